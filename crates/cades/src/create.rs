//! Making signatures: CAdES-B and CAdES-T (ETSI EN 319 122-1 §6.3).

use std::collections::{BTreeMap, BTreeSet};

use asn1::{Tag, Value, der};
use chrono::{DateTime, Utc};
use cms::{Attribute, SignedData, SignerIdentifier, SignerInfo, ess};
use crypto::{DigestAlgorithm, SignatureAlgorithm, Signer};
use timestamp::Token;
use x509::Certificate;

use crate::{Error, Result, oids};

/// Room kept for one time-stamp token when sizes are announced before tokens
/// are there. Tokens with a chain of three certificates take some 6 KiB.
const TOKEN_ROOM: u64 = 64 << 10;

/// Who signs: a key, its certificate and the certificates up to the root,
/// which is left out.
#[derive(Clone, Copy)]
pub struct Signatory<'a> {
    /// The key.
    pub key: &'a dyn Signer,
    /// Its certificate.
    pub certificate: &'a Certificate,
    /// Intermediate certificates to be embedded.
    pub chain: &'a [Certificate],
}

impl std::fmt::Debug for Signatory<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signatory").field("certificate", self.certificate).finish_non_exhaustive()
    }
}

/// Obtains a time-stamp over a digest.
pub type Stamp<'a> = dyn FnMut(DigestAlgorithm, &[u8]) -> timestamp::Result<Token> + 'a;

/// What is signed by whom and when: the same for every way of writing it.
pub struct Signing<'a> {
    /// The signers, in the order their SignerInfos are wanted.
    pub signatories: &'a [Signatory<'a>],
    /// Claimed signing time, in the signed attributes.
    pub signing_time: DateTime<Utc>,
    /// Makes CAdES-T: asked once for each signer.
    pub stamp: Option<&'a mut Stamp<'a>>,
}

impl std::fmt::Debug for Signing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signing")
            .field("signatories", &self.signatories)
            .field("signing_time", &self.signing_time)
            .finish_non_exhaustive()
    }
}

impl Signing<'_> {
    /// The digests of the content that the signers need.
    #[must_use]
    pub fn digests(&self) -> BTreeSet<DigestAlgorithm> {
        self.signatories.iter().map(|signatory| signatory.key.digest()).collect()
    }

    /// Adds to `data` what is known before the content: digest algorithms and certificates.
    pub(crate) fn announce(&self, data: &mut SignedData) {
        for signatory in self.signatories {
            data.announce_digest(signatory.key.digest());
            data.add_certificates([signatory.certificate]);
            data.add_certificates(signatory.chain.iter().filter(|c| !c.self_signed()));
        }
    }

    /// Octets the signers will take, at least roughly, for a first announcement.
    pub(crate) fn expected_size(&self) -> u64 {
        let one = |signatory: &Signatory<'_>| {
            let fixed = 400 + signatory.certificate.issuer().der().len() * 2;
            let stamp = if self.stamp.is_some() { TOKEN_ROOM } else { 0 };
            (fixed + signatory.key.max_signature_len()) as u64 + stamp
        };
        self.signatories.iter().map(one).sum()
    }

    /// Signs the content with these digests, once for each signatory.
    ///
    /// # Errors
    /// A digest is missing, a key fails, a time-stamp cannot be had.
    pub fn sign(
        &mut self,
        content_type: &asn1::Oid,
        digests: &BTreeMap<DigestAlgorithm, Vec<u8>>,
    ) -> Result<Vec<SignerInfo>> {
        let mut signers = Vec::with_capacity(self.signatories.len());
        for signatory in self.signatories {
            let algorithm = signatory.key.digest();
            let digest = digests.get(&algorithm).ok_or(Error::NotHashed { algorithm })?;
            let prepared = Prepared::new(
                signatory.certificate,
                algorithm,
                signatory.key.algorithm(),
                content_type,
                digest,
                self.signing_time,
            );
            let key_failed = |source| Error::Key {
                subject: signatory.certificate.subject().to_string(),
                source,
            };
            let signature = signatory.key.sign(prepared.to_be_signed()).map_err(key_failed)?;
            let mut signer = prepared.complete(signature)?;
            if let Some(stamp) = &mut self.stamp {
                signer = add_signature_time_stamp(&signer, stamp)?;
            }
            signers.push(signer);
        }
        Ok(signers)
    }
}

/// Adds a signature-time-stamp (EN 319 122-1 §5.3), over the octets of the
/// signature value.
///
/// # Errors
/// No time-stamp could be had.
pub fn add_signature_time_stamp(signer: &SignerInfo, stamp: &mut Stamp<'_>) -> Result<SignerInfo> {
    let message = DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok();
    // The stamp should not be the weaker of the two; SHA-3 and SHAKE are not
    // accepted by every authority, so SHA-2 of the same strength stands in.
    let algorithm = match message.map_or(32, DigestAlgorithm::output_len) {
        0..=32 => DigestAlgorithm::Sha256,
        33..=48 => DigestAlgorithm::Sha384,
        _ => DigestAlgorithm::Sha512,
    };
    let digest = crypto::digest(algorithm, &signer.signature);
    let token = stamp(algorithm, &digest).map_err(Error::Timestamp)?;
    let attribute = Attribute::single(&oids::SIGNATURE_TIME_STAMP, &token.raw);
    Ok(signer.with_unsigned(&attribute, &cms::Limits::default())?)
}

/// One signature that waits for its value: what is to be signed is fixed.
///
/// A card, a remote service or a person days later supplies the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    certificate: Certificate,
    digest: DigestAlgorithm,
    algorithm: SignatureAlgorithm,
    signed_attributes: Vec<u8>,
}

impl Prepared {
    /// Fixes the signed attributes of a CAdES-B signature: content-type,
    /// message-digest, signing-time, signing-certificate-v2.
    #[must_use]
    pub fn new(
        certificate: &Certificate,
        digest: DigestAlgorithm,
        algorithm: SignatureAlgorithm,
        content_type: &asn1::Oid,
        content_digest: &[u8],
        signing_time: DateTime<Utc>,
    ) -> Self {
        let reference = match digest {
            DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512 => digest,
            _ => DigestAlgorithm::Sha256,
        };
        let attributes = [
            Attribute::single(&cms::oids::CONTENT_TYPE, &der::oid(content_type)),
            Attribute::single(&cms::oids::MESSAGE_DIGEST, &der::octet_string(content_digest)),
            Attribute::single(&cms::oids::SIGNING_TIME, &der::time(signing_time)),
            ess::signing_certificate_v2(certificate, reference),
        ];
        Self {
            certificate: certificate.clone(),
            digest,
            algorithm,
            signed_attributes: der::set_of(&attributes),
        }
    }

    /// What the key signs: the signed attributes as a DER SET OF (RFC 5652 §5.4).
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.signed_attributes
    }

    /// Finishes the SignerInfo, if `signature` is one of the certificate's key.
    ///
    /// # Errors
    /// The value does not verify with the certificate.
    pub fn complete(self, signature: Vec<u8>) -> Result<SignerInfo> {
        let subject = || self.certificate.subject().to_string();
        let key_failed = |source| Error::Key { subject: subject(), source };
        let key = self.certificate.public_key().map_err(key_failed)?;
        match key.verify(&self.algorithm, &self.signed_attributes, &signature) {
            Ok(_) => {}
            Err(crypto::Error::SignatureInvalid) => {
                return Err(Error::KeyMismatch { subject: subject() });
            }
            Err(source) => return Err(key_failed(source)),
        }
        let raw = der::sequence(&[
            der::integer(1),
            SignerIdentifier::of(&self.certificate),
            self.digest.identifier().to_der(),
            der::retag(Tag::context_constructed(0), &self.signed_attributes),
            self.algorithm.identifier().to_der(),
            der::octet_string(&signature),
        ]);
        let value = Value::parse(&raw)
            .map_err(|source| cms::Error::Encoding { while_reading: "a SignerInfo", source })?;
        Ok(SignerInfo::parse(&value, &cms::Limits::default())?)
    }
}

/// A SignedData over plain data with nothing in it yet.
pub(crate) fn empty_signed_data() -> SignedData {
    SignedData {
        version: 1,
        digest_algorithms: Vec::new(),
        content_type: cms::oids::DATA,
        certificates: Vec::new(),
        crls: Vec::new(),
        signer_infos: Vec::new(),
    }
}

/// Appends signers. Signers of a new file are sorted as DER wants a SET OF;
/// those of an existing one keep their places.
pub(crate) fn append(data: &mut SignedData, mut signers: Vec<SignerInfo>) {
    if data.signer_infos.is_empty() {
        signers.sort_by(|a, b| a.raw.cmp(&b.raw));
    }
    data.signer_infos.append(&mut signers);
}

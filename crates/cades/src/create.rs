//! Making signatures (ETSI EN 319 122-1 §6.3): CAdES-B and CAdES-T, and further
//! levels for whoever brings them along as a [`Completion`].

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use asn1::{Tag, Value, der};
use chrono::{DateTime, Utc};
use cms::verify::ContentDigests;
use cms::{Attribute, SignedData, SignerIdentifier, SignerInfo, ess};
use crypto::{DigestAlgorithm, SignatureAlgorithm, Signer};
use timestamp::Token;
use x509::Certificate;

use crate::change::add_certificates;
use crate::properties::algorithm_protection;
use crate::{Error, Result, SignerProperties, oids};

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

/// Raises new signatures to a further level before they are written, with the
/// digests of the content at hand.
pub type Completion<'a> = dyn FnMut(&mut SignedData, &ContentDigests) -> Result<()> + 'a;

/// What is signed by whom and when: the same for every way of writing it.
pub struct Signing<'a> {
    /// The signers, in the order their SignerInfos are wanted.
    pub signatories: &'a [Signatory<'a>],
    /// Claimed signing time, in the signed attributes.
    pub signing_time: DateTime<Utc>,
    /// What else the signers say, the same for all of them.
    pub properties: SignerProperties,
    /// Makes CAdES-T: asked once for each signer. Content time-stamps come
    /// from here too.
    pub stamp: Option<&'a mut Stamp<'a>>,
    /// Makes CAdES-LT and LTA in the same pass: runs once all signers are in.
    /// The content is then hashed with what their archive time-stamps need.
    pub completion: Option<&'a mut Completion<'a>>,
}

impl std::fmt::Debug for Signing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signing")
            .field("signatories", &self.signatories)
            .field("signing_time", &self.signing_time)
            .field("properties", &self.properties)
            .finish_non_exhaustive()
    }
}

impl<'a> Signing<'a> {
    /// Signatures at level B that say nothing but their time.
    #[must_use]
    pub fn new(signatories: &'a [Signatory<'a>], signing_time: DateTime<Utc>) -> Self {
        let properties = SignerProperties::default();
        Self { signatories, signing_time, properties, stamp: None, completion: None }
    }

    /// The digests of the content that the signers need.
    #[must_use]
    pub fn digests(&self) -> BTreeSet<DigestAlgorithm> {
        let own = self.signatories.iter().map(|signatory| signatory.key.digest());
        let mut digests: BTreeSet<DigestAlgorithm> = own.collect();
        if self.properties.content_time_stamp || self.completion.is_some() {
            let stamps: Vec<_> = digests.iter().map(|own| strength(own.output_len())).collect();
            digests.extend(stamps);
        }
        digests
    }

    /// Says whether everything needed is there, before anything is read.
    pub(crate) fn check(&self) -> Result<()> {
        if self.signatories.is_empty() {
            return Err(Error::NoSigner);
        }
        if self.properties.content_time_stamp && self.stamp.is_none() {
            return Err(Error::NoAuthority);
        }
        self.properties.check()
    }

    /// The certificates to be embedded: of the signers, and up to their roots.
    pub(crate) fn certificates(&self) -> Vec<&'a Certificate> {
        let of = |signatory: &'a Signatory<'a>| {
            let chain = signatory.chain.iter().filter(|certificate| !certificate.self_signed());
            std::iter::once(signatory.certificate).chain(chain)
        };
        self.signatories.iter().flat_map(of).collect()
    }

    /// Adds to `data` what is known before the content: digest algorithms and certificates.
    pub(crate) fn announce(&self, data: &mut SignedData) -> Result<()> {
        self.digests().into_iter().for_each(|algorithm| data.announce_digest(algorithm));
        add_certificates(data, self.certificates())
    }

    /// Octets the signers will take, at least roughly, for a first announcement.
    pub(crate) fn expected_size(&self) -> u64 {
        let mut stamps = u64::from(self.stamp.is_some());
        stamps += u64::from(self.properties.content_time_stamp);
        stamps += if self.completion.is_some() { 4 } else { 0 };
        let one = |signatory: &Signatory<'_>| {
            let fixed = 400 + signatory.certificate.issuer().der().len() * 2;
            (fixed + signatory.key.max_signature_len()) as u64 + stamps * TOKEN_ROOM
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
        let mut content_stamps: BTreeMap<DigestAlgorithm, Token> = BTreeMap::new();
        if self.properties.content_time_stamp {
            let stamp = self.stamp.as_mut().ok_or(Error::NoAuthority)?;
            for signatory in self.signatories {
                let algorithm = strength(signatory.key.digest().output_len());
                if let Entry::Vacant(place) = content_stamps.entry(algorithm) {
                    let digest = digests.get(&algorithm).ok_or(Error::NotHashed { algorithm })?;
                    place.insert(stamp(algorithm, digest).map_err(Error::Timestamp)?);
                }
            }
        }
        let mut signers = Vec::with_capacity(self.signatories.len());
        for signatory in self.signatories {
            let algorithm = signatory.key.digest();
            let digest = digests.get(&algorithm).ok_or(Error::NotHashed { algorithm })?;
            let statement = Statement {
                content_type: Some(content_type),
                content_digest: digest,
                signing_time: self.signing_time,
                properties: &self.properties,
                content_time_stamp: content_stamps.get(&strength(algorithm.output_len())),
            };
            signers.push(sign_one(signatory, &statement, &mut self.stamp)?);
        }
        Ok(signers)
    }

    /// Signs a signature value, once for each signatory.
    pub(crate) fn countersign(&mut self, signature: &[u8]) -> Result<Vec<SignerInfo>> {
        if let Some(property) = self.properties.only_for_content() {
            return Err(Error::Property {
                property,
                problem: "is about content, which a countersignature has not",
            });
        }
        let mut signers = Vec::with_capacity(self.signatories.len());
        for signatory in self.signatories {
            let statement = Statement {
                content_type: None,
                content_digest: &crypto::digest(signatory.key.digest(), signature),
                signing_time: self.signing_time,
                properties: &self.properties,
                content_time_stamp: None,
            };
            signers.push(sign_one(signatory, &statement, &mut self.stamp)?);
        }
        Ok(signers)
    }
}

fn sign_one(
    signatory: &Signatory<'_>,
    statement: &Statement<'_>,
    stamp: &mut Option<&mut Stamp<'_>>,
) -> Result<SignerInfo> {
    let (digest, algorithm) = (signatory.key.digest(), signatory.key.algorithm());
    let prepared = Prepared::new(signatory.certificate, digest, algorithm, statement)?;
    let key_failed =
        |source| Error::Key { subject: signatory.certificate.subject().to_string(), source };
    let signature = signatory.key.sign(prepared.to_be_signed()).map_err(key_failed)?;
    let signer = prepared.complete(signature)?;
    match stamp {
        Some(stamp) => add_signature_time_stamp(&signer, stamp),
        None => Ok(signer),
    }
}

/// The SHA-2 digest for a time-stamp over what was hashed to `octets`. The
/// stamp should not be the weaker of the two; SHA-3 and SHAKE are not accepted
/// by every authority, so SHA-2 of the same strength stands in.
pub(crate) fn strength(octets: usize) -> DigestAlgorithm {
    match octets {
        0..=32 => DigestAlgorithm::Sha256,
        33..=48 => DigestAlgorithm::Sha384,
        _ => DigestAlgorithm::Sha512,
    }
}

/// Adds a signature-time-stamp (EN 319 122-1 §5.3), over the octets of the
/// signature value.
///
/// # Errors
/// No time-stamp could be had.
pub fn add_signature_time_stamp(signer: &SignerInfo, stamp: &mut Stamp<'_>) -> Result<SignerInfo> {
    let message = DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok();
    let algorithm = strength(message.map_or(32, DigestAlgorithm::output_len));
    let digest = crypto::digest(algorithm, &signer.signature);
    let token = stamp(algorithm, &digest).map_err(Error::Timestamp)?;
    let attribute = Attribute::single(&oids::SIGNATURE_TIME_STAMP, &token.raw);
    Ok(signer.with_unsigned(&attribute, &cms::Limits::default())?)
}

/// What a signature is about, and says.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// eContentType; `None` for a countersignature, which has no such attribute.
    pub content_type: Option<&'a asn1::Oid>,
    /// Digest of the content, or of the signature value countersigned.
    pub content_digest: &'a [u8],
    /// Claimed signing time.
    pub signing_time: DateTime<Utc>,
    /// What else is said.
    pub properties: &'a SignerProperties,
    /// A time-stamp over the content.
    pub content_time_stamp: Option<&'a Token>,
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
    /// message-digest, signing-time, signing-certificate-v2,
    /// CMSAlgorithmProtection, and what the properties say.
    ///
    /// # Errors
    /// A property that cannot be said.
    pub fn new(
        certificate: &Certificate,
        digest: DigestAlgorithm,
        algorithm: SignatureAlgorithm,
        statement: &Statement<'_>,
    ) -> Result<Self> {
        let reference = match digest {
            DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512 => digest,
            _ => DigestAlgorithm::Sha256,
        };
        let message_digest = der::octet_string(statement.content_digest);
        let mut attributes = statement.properties.attributes()?;
        attributes.extend([
            Attribute::single(&cms::oids::MESSAGE_DIGEST, &message_digest),
            Attribute::single(&cms::oids::SIGNING_TIME, &der::time(statement.signing_time)),
            ess::signing_certificate_v2(certificate, reference),
            algorithm_protection(&digest.identifier().to_der(), &algorithm.identifier().to_der()),
        ]);
        if let Some(content_type) = statement.content_type {
            attributes.push(Attribute::single(&cms::oids::CONTENT_TYPE, &der::oid(content_type)));
        }
        if let Some(token) = statement.content_time_stamp {
            attributes.push(Attribute::single(&oids::CONTENT_TIME_STAMP, &token.raw));
        }
        Ok(Self {
            certificate: certificate.clone(),
            digest,
            algorithm,
            signed_attributes: der::set_of(&attributes),
        })
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

/// Appends signers. Signers of a new file are sorted as DER wants a SET OF;
/// those of an existing one keep their places.
pub(crate) fn append(data: &mut SignedData, mut signers: Vec<SignerInfo>) {
    if data.signer_infos.is_empty() {
        signers.sort_by(|a, b| a.raw.cmp(&b.raw));
    }
    data.signer_infos.append(&mut signers);
}

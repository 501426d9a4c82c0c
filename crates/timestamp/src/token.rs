//! The time-stamp token: SignedData over a TSTInfo (RFC 3161 §2.4.2).

use asn1::{Cursor, Oid, Tag, Value};
use chrono::{DateTime, Utc};
use cms::ess::SigningCertificateRefs;
use cms::verify::{ContentDigests, SignerCheck, needed_digests, verify_signer};
use cms::{Limits, SignedData, SignerInfo};
use crypto::{AlgorithmIdentifier, DigestAlgorithm};
use x509::Certificate;

use crate::{Error, Result};

/// id-ct-TSTInfo (RFC 3161 §2.4.2).
pub const TST_INFO: Oid = Oid::new("1.2.840.113549.1.9.16.1.4");

/// What was stamped: a digest and its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageImprint {
    /// The algorithm as received.
    pub algorithm: AlgorithmIdentifier,
    /// The digest.
    pub digest: Vec<u8>,
}

impl MessageImprint {
    fn parse(value: &Value<'_>) -> asn1::Result<Self> {
        let mut fields = value.expect(Tag::SEQUENCE)?.children();
        let algorithm = fields.expect(Tag::SEQUENCE)?;
        let algorithm = AlgorithmIdentifier::parse(&algorithm).map_err(|_| {
            asn1::Error::BadContents { what: "AlgorithmIdentifier", at: algorithm.at() }
        })?;
        let digest = fields.any()?.octets()?.into_owned();
        fields.finish()?;
        Ok(Self { algorithm, digest })
    }

    /// The algorithm, if it is known.
    #[must_use]
    pub fn digest_algorithm(&self) -> Option<DigestAlgorithm> {
        DigestAlgorithm::from_identifier(&self.algorithm).ok()
    }

    /// Whether this is the imprint of `octets`.
    #[must_use]
    pub fn matches(&self, octets: &[u8]) -> bool {
        self.digest_algorithm().is_some_and(|alg| crypto::digest(alg, octets) == self.digest)
    }
}

/// How far `genTime` may be from the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    /// Whole seconds.
    pub seconds: u64,
    /// Milliseconds, 0..=999.
    pub millis: u64,
    /// Microseconds, 0..=999.
    pub micros: u64,
}

/// What the authority signed.
///
/// ```text
/// TSTInfo ::= SEQUENCE { version INTEGER, policy OID, messageImprint, serialNumber INTEGER,
///   genTime GeneralizedTime, accuracy OPTIONAL, ordering BOOLEAN DEFAULT FALSE,
///   nonce INTEGER OPTIONAL, tsa [0] GeneralName OPTIONAL, extensions [1] OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TstInfo {
    /// `version`; 1.
    pub version: u64,
    /// `policy`.
    pub policy: Oid,
    /// `messageImprint`.
    pub imprint: MessageImprint,
    /// Contents octets of `serialNumber`.
    pub serial: Vec<u8>,
    /// `genTime`.
    pub gen_time: DateTime<Utc>,
    /// `accuracy`.
    pub accuracy: Option<Accuracy>,
    /// `ordering`.
    pub ordering: bool,
    /// Contents octets of `nonce`.
    pub nonce: Option<Vec<u8>>,
    /// The GeneralName in `tsa`, as received.
    pub tsa: Option<Vec<u8>>,
}

impl TstInfo {
    /// Reads a TSTInfo.
    ///
    /// # Errors
    /// Malformed fields.
    pub fn parse(octets: &[u8]) -> Result<Self> {
        Self::fields(Value::parse(octets).map_err(Error::TstInfo)?).map_err(Error::TstInfo)
    }

    fn fields(value: Value<'_>) -> asn1::Result<Self> {
        let mut fields = value.expect(Tag::SEQUENCE)?.children();
        let version = fields.any()?.u64()?;
        let policy = fields.any()?.oid()?;
        let imprint = MessageImprint::parse(&fields.any()?)?;
        let serial = fields.any()?.integer()?.to_vec();
        let gen_time = fields.expect(Tag::GENERALIZED_TIME)?.time()?;
        let accuracy =
            fields.optional(Tag::SEQUENCE)?.map(|v| accuracy(v.children())).transpose()?;
        let ordering = fields.optional(Tag::BOOLEAN)?.map(|v| v.boolean()).transpose()?;
        let nonce = match fields.optional(Tag::INTEGER)? {
            Some(value) => Some(value.integer()?.to_vec()),
            None => None,
        };
        let tsa = fields.optional(Tag::context_constructed(0))?;
        let tsa = tsa.map(|v| v.contents().to_vec());
        fields.optional(Tag::context_constructed(1))?;
        fields.finish()?;
        let ordering = ordering.unwrap_or(false);
        Ok(Self { version, policy, imprint, serial, gen_time, accuracy, ordering, nonce, tsa })
    }
}

fn accuracy(mut fields: Cursor<'_>) -> asn1::Result<Accuracy> {
    let seconds = fields.optional(Tag::INTEGER)?.map(|v| v.u64()).transpose()?.unwrap_or(0);
    let mut small = |n| -> asn1::Result<u64> {
        let Some(value) = fields.optional(Tag::context(n))? else { return Ok(0) };
        let octets = value.contents();
        // 1..999 takes two octets.
        if octets.len() > 3 {
            return Err(asn1::Error::BadContents { what: "Accuracy", at: value.at() });
        }
        Ok(octets.iter().fold(0, |acc, octet| acc << 8 | u64::from(*octet)))
    };
    let (millis, micros) = (small(0)?, small(1)?);
    fields.finish()?;
    Ok(Accuracy { seconds, millis, micros })
}

/// A time-stamp token as received, with its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The ContentInfo as received.
    pub raw: Vec<u8>,
    /// Its SignedData.
    pub data: SignedData,
    /// What was signed, as received.
    pub content: Vec<u8>,
    /// What was signed, read.
    pub info: TstInfo,
}

impl Token {
    /// Reads a bare token; octets behind it are an error.
    ///
    /// # Errors
    /// Not SignedData over a TSTInfo, or not exactly one signer.
    pub fn parse(octets: &[u8]) -> Result<Self> {
        let (data, content) = cms::parse(octets, &Limits::default()).map_err(Error::Token)?;
        if data.content_type != TST_INFO {
            return Err(Error::NotATimestamp);
        }
        if data.signer_infos.len() != 1 {
            return Err(Error::Signers { found: data.signer_infos.len() });
        }
        let content = content.ok_or(Error::NotATimestamp)?;
        let info = TstInfo::parse(&content)?;
        Ok(Self { raw: octets.to_vec(), data, content, info })
    }

    /// The one signer.
    #[must_use]
    pub fn signer(&self) -> &SignerInfo {
        // `parse` lets no token through that has another number of signers.
        &self.data.signer_infos[0]
    }

    /// Finds the authority's certificate, in the token or in `pool`, and
    /// verifies the token with it.
    #[must_use]
    pub fn check(&self, pool: &[Certificate]) -> TokenCheck {
        let signer = self.signer();
        let refs =
            signer.signed_attributes.as_ref().map(SigningCertificateRefs::read).unwrap_or_default();
        let own = self.data.x509_certificates();
        let named = |certificate: &&Certificate| signer.sid.names(certificate);
        let candidates: Vec<&Certificate> = own.iter().chain(pool).filter(named).collect();
        // Several certificates may bear one name: the one the attribute means comes first.
        let certificate = candidates
            .iter()
            .find(|certificate| refs.names(certificate))
            .or(candidates.first())
            .map(|certificate| (*certificate).clone());
        let check = certificate.as_ref().map(|certificate| {
            let mut content = ContentDigests {
                length: Some(self.content.len() as u64),
                prefix: self.content.clone(),
                ..ContentDigests::default()
            };
            for algorithm in needed_digests(signer) {
                content.values.insert(algorithm, crypto::digest(algorithm, &self.content));
            }
            verify_signer(signer, certificate, Some(&self.data.content_type), Some(&content))
        });
        TokenCheck { certificate, check, refs }
    }
}

/// What a token proves by itself.
#[derive(Debug)]
pub struct TokenCheck {
    /// The authority's certificate, if it was found.
    pub certificate: Option<Certificate>,
    /// Its signature, checked with that certificate.
    pub check: Option<SignerCheck>,
    /// Which certificate the token says it was made with.
    pub refs: SigningCertificateRefs,
}

/// In what form a `.tsr` file holds its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// A TimeStampResp.
    Response,
    /// The token alone.
    Token,
}

/// Reads a `.tsr` or `.tst` file: a response or a bare token, DER or BER; text
/// wrapping must have been taken off. Octets behind it are not looked at.
///
/// # Errors
/// Neither a response with a token nor a token.
pub fn read_tsr(octets: &[u8]) -> Result<(Token, Container)> {
    let value = Value::parse_prefix(octets).map_err(|_| Error::NotATimestamp)?;
    match value.children().peek() {
        Some(Tag::OID) => Ok((Token::parse(value.raw())?, Container::Token)),
        Some(Tag::SEQUENCE) => {
            let token = crate::protocol::token_of_response(&value)?;
            Ok((Token::parse(token)?, Container::Response))
        }
        _ => Err(Error::NotATimestamp),
    }
}

/// Octets behind the response or token that [`read_tsr`] reads, which belong to nobody.
#[must_use]
pub fn trailing_octets(octets: &[u8]) -> usize {
    Value::parse_prefix(octets).map_or(0, |value| octets.len() - value.raw().len())
}

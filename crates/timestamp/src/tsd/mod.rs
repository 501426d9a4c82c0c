//! TimeStampedData (RFC 5544): a file, or where it is, with the time-stamps on it (`.tsd`).
//!
//! ```text
//! TimeStampedData ::= SEQUENCE { version INTEGER, dataUri IA5String OPTIONAL,
//!   metaData MetaData OPTIONAL, content OCTET STRING OPTIONAL, temporalEvidence Evidence }
//! MetaData ::= SEQUENCE { hashProtected BOOLEAN, fileName UTF8String OPTIONAL,
//!   mediaType IA5String OPTIONAL, otherMetaData SET OF Attribute OPTIONAL }
//! Evidence ::= CHOICE { tstEvidence [0] SEQUENCE OF TimeStampAndCRL,
//!   ersEvidence [1] EvidenceRecord, otherEvidence [2] SEQUENCE { OBJECT IDENTIFIER, ANY } }
//! TimeStampAndCRL ::= SEQUENCE { timeStamp TimeStampToken, crl CertificateList OPTIONAL }
//! ```
//!
//! The content flows through and is never held, whatever its size. `dataUri` is shown and never
//! followed. Whether a token is believed is judged elsewhere; what it must be over is said here.

mod canonical;
mod read;
mod write;

pub use read::{TsdReader, TsdSpans};
pub use write::{NewMetaData, TsdFinished, TsdWriter, renew_evidence};

use asn1::{Oid, Tag, Value, der};

use crate::{Error, Result, Token};

/// id-ct-timestampedData (RFC 5544 §2).
pub const TIMESTAMPED_DATA: Oid = Oid::new("1.2.840.113549.1.9.16.1.31");

/// Time-stamps of one file that are read. One every ten years makes ten in a century.
pub const MOST_TIME_STAMPS: usize = 256;

/// Everything of a TimeStampedData but the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStampedData {
    /// `version`; 1.
    pub version: u64,
    /// `dataUri`: where the content is said to be. Never followed, hashed by nothing.
    pub data_uri: Option<String>,
    /// `metaData`.
    pub metadata: Option<MetaData>,
    /// `temporalEvidence`.
    pub evidence: TemporalEvidence,
}

impl TimeStampedData {
    /// What stands before the content in the first imprint (RFC 5544 §3): nothing, or the metadata
    /// when they say so. In DER, as the RFC asks, and as stored where that is another thing: the
    /// first that fits decides.
    #[must_use]
    pub fn prefixes(&self) -> Vec<Vec<u8>> {
        self.metadata.as_ref().map_or_else(|| vec![Vec::new()], MetaData::prefixes)
    }

    /// The time-stamps, oldest first; none when the evidence is of another kind.
    #[must_use]
    pub fn time_stamps(&self) -> &[TimeStampAndCrl] {
        match &self.evidence {
            TemporalEvidence::TimeStamps(stamps) => stamps,
            _ => &[],
        }
    }
}

/// What is said about the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaData {
    /// The MetaData as received.
    pub raw: Vec<u8>,
    /// `hashProtected`: whether the first time-stamp covers the metadata too. Italian readers
    /// ignore it, and find such a file altered.
    pub hash_protected: bool,
    /// `fileName`.
    pub file_name: Option<String>,
    /// `mediaType`.
    pub media_type: Option<String>,
    /// Types of the attributes in `otherMetaData`.
    pub other: Vec<Oid>,
}

impl MetaData {
    /// Reads a MetaData.
    ///
    /// # Errors
    /// Malformed fields.
    pub fn parse(raw: &[u8]) -> asn1::Result<Self> {
        let mut fields = Value::parse(raw)?.expect(Tag::SEQUENCE)?.children();
        let hash_protected = fields.expect(Tag::BOOLEAN)?.boolean()?;
        let file_name = fields.optional(Tag::UTF8_STRING)?.map(|value| value.text());
        let media_type = fields.optional(Tag::IA5_STRING)?.map(|value| value.text());
        let mut other = Vec::new();
        if let Some(set) = fields.optional(Tag::SET)? {
            let mut attributes = set.children();
            while let Some(attribute) = attributes.next_value()? {
                // Shown and never needed: what goes beyond is left out.
                if other.len() < MOST_TIME_STAMPS {
                    other.push(attribute.expect(Tag::SEQUENCE)?.children().any()?.oid()?);
                }
            }
        }
        fields.finish()?;
        Ok(Self { raw: raw.to_vec(), hash_protected, file_name, media_type, other })
    }

    /// What stands before the content in the first imprint; see [`TimeStampedData::prefixes`].
    #[must_use]
    pub fn prefixes(&self) -> Vec<Vec<u8>> {
        if !self.hash_protected {
            return vec![Vec::new()];
        }
        let canonical = canonical::der(&self.raw);
        let mut prefixes: Vec<Vec<u8>> = canonical.into_iter().collect();
        if !prefixes.contains(&self.raw) {
            prefixes.push(self.raw.clone());
        }
        prefixes
    }
}

/// `temporalEvidence`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemporalEvidence {
    /// `tstEvidence`: time-stamps, each over the one before, oldest first.
    TimeStamps(Vec<TimeStampAndCrl>),
    /// `ersEvidence`: an evidence record (RFC 4998), as received under its tag `[1]`.
    EvidenceRecord(Vec<u8>),
    /// `otherEvidence`: of a kind only its type tells.
    Other(Oid),
}

/// One time-stamp of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStampAndCrl {
    /// The TimeStampAndCRL as received: what the next time-stamp is over.
    pub raw: Vec<u8>,
    /// `timeStamp`, as received.
    pub time_stamp: Vec<u8>,
    /// `crl`: a revocation list that covers the authority's certificate.
    pub crl: Option<Vec<u8>>,
}

impl TimeStampAndCrl {
    /// A time-stamp with the revocation list of its authority, in DER.
    #[must_use]
    pub fn new(token: &Token, crl: Option<&[u8]>) -> Self {
        let mut parts = vec![token.raw.as_slice()];
        parts.extend(crl);
        let raw = der::sequence(&parts);
        Self { raw, time_stamp: token.raw.clone(), crl: crl.map(<[u8]>::to_vec) }
    }

    fn parse(value: &Value<'_>) -> asn1::Result<Self> {
        let mut fields = value.expect(Tag::SEQUENCE)?.children();
        let time_stamp = fields.any()?.raw().to_vec();
        let crl = fields.optional(Tag::SEQUENCE)?.map(|crl| crl.raw().to_vec());
        fields.finish()?;
        Ok(Self { raw: value.raw().to_vec(), time_stamp, crl })
    }

    /// What the next time-stamp is over: this value in DER, as RFC 5544 asks, and as stored where
    /// that is another thing.
    #[must_use]
    pub fn covered(&self) -> Vec<Vec<u8>> {
        let mut forms: Vec<Vec<u8>> = canonical::der(&self.raw).into_iter().collect();
        if !forms.contains(&self.raw) {
            forms.push(self.raw.clone());
        }
        forms
    }
}

impl TemporalEvidence {
    fn parse(raw: &[u8]) -> Result<Self> {
        let value = Value::parse(raw).map_err(reading("the temporal evidence"))?;
        match value.tag() {
            tag if tag == Tag::context_constructed(0) => {
                let mut stamps = Vec::new();
                let mut members = value.children();
                while let Some(member) =
                    members.next_value().map_err(reading("the temporal evidence"))?
                {
                    if stamps.len() == MOST_TIME_STAMPS {
                        let (what, limit) = ("time-stamps", MOST_TIME_STAMPS);
                        return Err(Error::TooMany { what, limit });
                    }
                    let stamp = TimeStampAndCrl::parse(&member);
                    stamps.push(stamp.map_err(reading("a time-stamp of the chain"))?);
                }
                if stamps.is_empty() {
                    let (expected, at) = (Tag::SEQUENCE, value.at());
                    return Err(reading("the temporal evidence")(asn1::Error::Missing {
                        expected,
                        at,
                    }));
                }
                Ok(Self::TimeStamps(stamps))
            }
            tag if tag == Tag::context_constructed(1) => Ok(Self::EvidenceRecord(raw.to_vec())),
            tag if tag == Tag::context_constructed(2) => {
                let kind = value.children().any().and_then(|kind| kind.oid());
                Ok(Self::Other(kind.map_err(reading("the temporal evidence"))?))
            }
            found => {
                let (expected, at) = (Tag::context_constructed(0), value.at());
                Err(reading("the temporal evidence")(asn1::Error::UnexpectedTag {
                    expected,
                    found,
                    at,
                }))
            }
        }
    }
}

/// Puts an encoding error into the context of a structure.
fn reading(while_reading: &'static str) -> impl FnOnce(asn1::Error) -> Error {
    move |source| match source {
        asn1::Error::Io(error) => Error::Io(error),
        source => Error::Encoding { while_reading, source },
    }
}

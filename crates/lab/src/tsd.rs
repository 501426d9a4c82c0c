//! TimeStampedData (RFC 5544): `.tsd` files as the field has them, and as it
//! should not.

use asn1::{Tag, der};
use chrono::{DateTime, Utc};

use crate::{
    Result,
    cms::{Framing, attribute},
    key::Hash,
    oids,
    pki::Pki,
    tsa::Fault,
};

/// MetaData (RFC 5544 §2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetaData {
    /// Whether the first imprint covers it.
    pub hash_protected: bool,
    /// `fileName`.
    pub file_name: Option<String>,
    /// `mediaType`.
    pub media_type: Option<String>,
    /// Complete members of `otherMetaData`.
    pub other: Vec<Vec<u8>>,
}

impl MetaData {
    /// A name and a type.
    #[must_use]
    pub fn named(hash_protected: bool, file_name: &str, media_type: &str) -> Self {
        Self {
            hash_protected,
            file_name: Some(file_name.to_owned()),
            media_type: Some(media_type.to_owned()),
            other: Vec::new(),
        }
    }

    fn der(&self) -> Vec<u8> {
        let mut parts = vec![der::boolean(self.hash_protected)];
        parts.extend(self.file_name.as_deref().map(der::utf8_string));
        parts.extend(self.media_type.as_deref().map(der::ia5_string));
        if !self.other.is_empty() {
            parts.push(der::set_of(&self.other));
        }
        der::sequence(&parts)
    }
}

/// One TimeStampAndCRL.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The TSA.
    pub tsa: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The imprint's digest.
    pub hash: Hash,
    /// How the TSA misbehaves.
    pub fault: Fault,
    /// Whether the CRL of the TSA's authority, as of that instant, stands beside it.
    pub with_crl: bool,
}

impl Evidence {
    /// A time-stamp in order, without a CRL.
    #[must_use]
    pub fn new(tsa: &str, at: DateTime<Utc>) -> Self {
        Self { tsa: tsa.to_owned(), at, hash: Hash::Sha256, fault: Fault::None, with_crl: false }
    }
}

/// A TimeStampedData. [`Tsd::new`] is one as Italian readers expect it: no metadata, one stamp.
#[derive(Clone, Debug)]
pub struct Tsd<'a> {
    /// Where the TSAs are from.
    pub pki: &'a Pki,
    /// The content.
    pub content: Vec<u8>,
    /// Whether it stays outside.
    pub detached: bool,
    /// `dataUri`.
    pub data_uri: Option<String>,
    /// `metaData`.
    pub metadata: Option<MetaData>,
    /// Lengths and pieces.
    pub framing: Framing,
    /// The stamps: the first over the content, each further over the one before.
    pub evidence: Vec<Evidence>,
    /// Whether further stamps wrongly leave out the CRL of the one before.
    pub renewal_without_crl: bool,
    /// `version`.
    pub version: u64,
    /// Octets behind the end.
    pub trailing: Vec<u8>,
}

impl<'a> Tsd<'a> {
    /// One in order.
    #[must_use]
    pub fn new(pki: &'a Pki, content: &[u8], tsa: &str, at: DateTime<Utc>) -> Self {
        Self {
            pki,
            content: content.to_vec(),
            detached: false,
            data_uri: None,
            metadata: None,
            framing: Framing::Indefinite,
            evidence: vec![Evidence::new(tsa, at)],
            renewal_without_crl: false,
            version: 1,
            trailing: Vec::new(),
        }
    }

    /// The whole file.
    ///
    /// # Errors
    /// An unknown TSA.
    pub fn build(&self) -> Result<Vec<u8>> {
        let metadata = self.metadata.as_ref().map(MetaData::der);
        let protected = self.metadata.as_ref().is_some_and(|data| data.hash_protected);
        let covered = metadata.as_deref().filter(|_| protected).unwrap_or_default();
        let mut stamped = [covered, &self.content].concat();
        let mut elements = Vec::new();
        for evidence in &self.evidence {
            let imprint = evidence.hash.digest(&stamped)?;
            let token = self.pki.timestamp_token(
                &evidence.tsa,
                evidence.hash,
                &imprint,
                evidence.at,
                &evidence.fault,
            )?;
            let mut element = vec![token];
            if evidence.with_crl {
                let issuer = self.pki.tsa(&evidence.tsa)?.issuer.clone().unwrap_or_default();
                let next = evidence.at + chrono::TimeDelta::days(30);
                element.push(self.pki.crl(&issuer, evidence.at, next)?);
            }
            let whole = der::sequence(&element);
            stamped = match self.renewal_without_crl {
                true => der::sequence(&element[..1]),
                false => whole.clone(),
            };
            elements.push(whole);
        }
        let wrap = |tag, contents: &[u8]| self.framing.wrap(tag, contents);
        let mut parts = der::integer(self.version);
        parts.extend(self.data_uri.as_deref().map(der::ia5_string).unwrap_or_default());
        parts.extend(metadata.unwrap_or_default());
        if !self.detached {
            parts.extend(self.framing.string(&self.content));
        }
        // TSTEvidence, IMPLICIT.
        parts.extend(der::constructed(Tag::context_constructed(0), &elements));
        let data = wrap(Tag::SEQUENCE, &parts);
        let explicit = wrap(Tag::context_constructed(0), &data);
        let info = [der::oid(&oids::TIMESTAMPED_DATA), explicit].concat();
        let mut file = wrap(Tag::SEQUENCE, &info);
        file.extend_from_slice(&self.trailing);
        Ok(file)
    }
}

/// A member of `otherMetaData`: an Attribute with one text.
#[must_use]
pub fn other_metadata(oid: &asn1::Oid, text: &str) -> Vec<u8> {
    attribute(oid, &[der::utf8_string(text)])
}

//! Archive time-stamps: version 3 with each hash index, version 2 in both
//! readings, in order and in disorder (EN 319 122-1 §5.5, Annex A.2.4, A.2.6).
//!
//! The product writes version 3 with index version 3 only; the others are met
//! in archives. Nothing is judged here.

use asn1::{Oid, Tag, Value, der};
use chrono::{DateTime, Utc};

use crate::{
    Error, Result,
    error::Reading,
    key::Hash,
    oids,
    parts::{Parts, SignerParts, attribute_values},
    pki::Pki,
    tsa::Fault,
};

/// The ats-hash-index of a version 3 archive time-stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexVersion {
    /// `hashIndAlgorithm` left out for SHA-256, one entry for each Attribute.
    V1,
    /// `hashIndAlgorithm` always there, one entry for each Attribute.
    V2,
    /// One entry for each attribute value: the type's octets and the value's.
    V3,
}

impl IndexVersion {
    fn oid(self) -> Oid {
        match self {
            Self::V1 => oids::ATS_HASH_INDEX,
            Self::V2 => oids::ATS_HASH_INDEX_V2,
            Self::V3 => oids::ATS_HASH_INDEX_V3,
        }
    }
}

/// An ATSHashIndex before it is written: entries may be taken out, added or spoilt.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its version.
    pub version: IndexVersion,
    /// `hashIndAlgorithm`.
    pub hash: Hash,
    /// `certificatesHashIndex`.
    pub certificates: Vec<Vec<u8>>,
    /// `crlsHashIndex`.
    pub crls: Vec<Vec<u8>>,
    /// `unsignedAttrsHashIndex` or `unsignedAttrValuesHashIndex`.
    pub unsigned: Vec<Vec<u8>>,
}

impl Index {
    /// The index of everything a file holds for one signer now.
    ///
    /// # Errors
    /// The file cannot be taken apart.
    pub fn of(parts: &Parts, signer: usize, version: IndexVersion, hash: Hash) -> Result<Self> {
        let all = |members: Vec<Vec<u8>>| -> Result<Vec<Vec<u8>>> {
            members.iter().map(|member| hash.digest(member)).collect()
        };
        let mut unsigned = Vec::new();
        for attribute in &signer_of(parts, signer)?.unsigned {
            if version == IndexVersion::V3 {
                let value = Value::parse(attribute).reading("Attribute")?;
                let oid = value.children().any().reading("Attribute")?;
                for value in attribute_values(attribute)? {
                    unsigned.push(hash.digest(&[oid.raw(), &value].concat())?);
                }
            } else {
                unsigned.push(hash.digest(attribute)?);
            }
        }
        Ok(Self {
            version,
            hash,
            certificates: all(parts.certificates()?)?,
            crls: all(parts.crls()?)?,
            unsigned,
        })
    }

    /// The attribute's value.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        let entries = |all: &[Vec<u8>]| {
            let strings: Vec<_> = all.iter().map(|hash| der::octet_string(hash)).collect();
            der::sequence(&strings)
        };
        let default = self.version == IndexVersion::V1 && self.hash == Hash::Sha256;
        let algorithm = if default { Vec::new() } else { self.hash.algorithm(false) };
        der::sequence(&[
            algorithm,
            entries(&self.certificates),
            entries(&self.crls),
            entries(&self.unsigned),
        ])
    }
}

/// An archive time-stamp to be made.
#[derive(Clone, Debug)]
pub struct ArchiveStamp<'a> {
    /// The TSA.
    pub tsa: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// The imprint's digest.
    pub hash: Hash,
    /// How the TSA misbehaves.
    pub fault: Fault,
    /// The content, where it is not in the file.
    pub content: Option<&'a [u8]>,
}

impl<'a> ArchiveStamp<'a> {
    /// One in order, with SHA-256, over an attached content.
    #[must_use]
    pub fn new(tsa: &'a str, at: DateTime<Utc>) -> Self {
        Self { tsa, at, hash: Hash::Sha256, fault: Fault::None, content: None }
    }

    fn content(&self, parts: &Parts) -> Result<Vec<u8>> {
        let inside = parts.content()?;
        let given = self.content.map(<[u8]>::to_vec);
        inside.or(given).ok_or(Error::Unsupported { what: "there is no content to stamp" })
    }
}

/// How archive-time-stamp-v2 hashes the unsigned attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsignedForm {
    /// With the `[1]` and length around them (TS 101 733 from 1.8.3).
    Framed,
    /// One behind the other without it (TS 101 733 before 1.8.3).
    Bare,
}

impl Pki {
    /// Adds an archive-time-stamp-v3 over an index, which is usually [`Index::of`] the file.
    ///
    /// # Errors
    /// No such TSA or signer, or no content at hand.
    pub fn archive_v3(
        &self,
        parts: &mut Parts,
        signer: usize,
        index: &Index,
        stamp: &ArchiveStamp<'_>,
    ) -> Result<()> {
        let index_der = index.der();
        let content = stamp.hash.digest(&stamp.content(parts)?)?;
        let core = signer_of(parts, signer)?.core();
        let message = [&parts.content_type()?[..], &content, &core, &index_der].concat();
        let imprint = stamp.hash.digest(&message)?;
        let token =
            self.timestamp_token(stamp.tsa, stamp.hash, &imprint, stamp.at, &stamp.fault)?;
        let mut token = Parts::read(&token)?;
        for info in &mut token.signers {
            info.add(&index.version.oid(), index_der.clone());
        }
        signer_mut(parts, signer)?.add(&oids::ARCHIVE_TIME_STAMP_V3, token.build());
        Ok(())
    }

    /// Adds an archive-time-stamp-v2 over the stored octets of everything in the file.
    ///
    /// # Errors
    /// As [`Pki::archive_v3`].
    pub fn archive_v2(
        &self,
        parts: &mut Parts,
        signer: usize,
        form: UnsignedForm,
        stamp: &ArchiveStamp<'_>,
    ) -> Result<()> {
        let info = signer_of(parts, signer)?;
        let outside = match parts.content()? {
            Some(_) => Vec::new(),
            None => stamp.content(parts)?,
        };
        let unsigned = match form {
            UnsignedForm::Bare => info.unsigned.concat(),
            UnsignedForm::Framed if info.unsigned.is_empty() => Vec::new(),
            UnsignedForm::Framed => der::constructed(Tag::context_constructed(1), &info.unsigned),
        };
        let message = [
            &parts.encapsulated[..],
            &outside,
            parts.certificates.as_deref().unwrap_or_default(),
            parts.crls.as_deref().unwrap_or_default(),
            &info.core(),
            &unsigned,
        ]
        .concat();
        let imprint = stamp.hash.digest(&message)?;
        let token =
            self.timestamp_token(stamp.tsa, stamp.hash, &imprint, stamp.at, &stamp.fault)?;
        signer_mut(parts, signer)?.add(&oids::ARCHIVE_TIME_STAMP_V2, token);
        Ok(())
    }

    /// Adds a signature-time-stamp.
    ///
    /// # Errors
    /// No such TSA or signer.
    pub fn stamp_signature(
        &self,
        parts: &mut Parts,
        signer: usize,
        stamp: &ArchiveStamp<'_>,
    ) -> Result<()> {
        let imprint = stamp.hash.digest(&signer_of(parts, signer)?.value()?)?;
        let token =
            self.timestamp_token(stamp.tsa, stamp.hash, &imprint, stamp.at, &stamp.fault)?;
        signer_mut(parts, signer)?.add(&oids::SIGNATURE_TIME_STAMP, token);
        Ok(())
    }

    /// Adds the certificates and CRLs of signers and TSA of a file to its root fields, as level LT
    /// has them (EN 319 122-1 §5.4.2); CRLs are issued at `at`.
    ///
    /// # Errors
    /// An unknown entity.
    pub fn add_long_term(
        &self,
        parts: &mut Parts,
        ids: &[&str],
        at: DateTime<Utc>,
        next_update: DateTime<Utc>,
    ) -> Result<()> {
        for id in ids {
            for entity in self.path(id)? {
                parts.add_certificates(&[&entity.certificate.der])?;
                if let Some(issuer) = &entity.issuer {
                    parts.add_crls(&[self.crl(issuer, at, next_update)?])?;
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn signer_of(parts: &Parts, signer: usize) -> Result<&SignerParts> {
    parts.signers.get(signer).ok_or_else(|| Error::Unknown { id: format!("signer {signer}") })
}

pub(crate) fn signer_mut(parts: &mut Parts, signer: usize) -> Result<&mut SignerParts> {
    parts.signers.get_mut(signer).ok_or_else(|| Error::Unknown { id: format!("signer {signer}") })
}

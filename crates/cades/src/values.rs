//! Validation data kept in attributes by the older forms (EN 319 122-1 §A.1): values of
//! certificates and revocation data, and references to them.
//!
//! Says what is there and whether a reference and an object belong together; whether an object
//! can be believed is judged elsewhere.

use asn1::{Cursor, Oid, Tag, Value};
use cms::{RevocationInfo, SignedData, SignerInfo};
use crypto::{AlgorithmIdentifier, DigestAlgorithm};
use timestamp::Token;

use crate::oids;

/// Objects and references of one signature that are kept; as many as members of a SignedData.
const MOST: usize = 1024;

/// The contents of certificate-values (§A.1.1.2) and revocation-values (§A.1.2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// Certificates, as received.
    pub certificates: Vec<Vec<u8>>,
    /// CertificateLists, as received.
    pub crls: Vec<Vec<u8>>,
    /// BasicOCSPResponses (some writers put whole OCSPResponses), as received.
    pub ocsp: Vec<Vec<u8>>,
    /// There is revocation data of another form, which is not read.
    pub other: bool,
    /// Names of attributes that cannot be read.
    pub malformed: Vec<&'static str>,
}

impl Values {
    /// The values in the unsigned attributes of `signer`.
    #[must_use]
    pub fn read(signer: &SignerInfo) -> Self {
        let mut found = Self::default();
        for oid in [oids::CERTIFICATE_VALUES, oids::REVOCATION_VALUES] {
            signer.unsigned_values(&oid).for_each(|raw| found.add(&oid, raw));
        }
        found.malformed.dedup();
        found
    }

    /// Adds one value of certificate-values or revocation-values; others are passed over.
    pub fn add(&mut self, oid: &Oid, raw: &[u8]) {
        match *oid {
            oids::CERTIFICATE_VALUES => match list(raw) {
                Ok(certificates) => keep(&mut self.certificates, certificates),
                Err(_) => self.malformed.push("certificate-values"),
            },
            oids::REVOCATION_VALUES if self.read_revocation(raw).is_err() => {
                self.malformed.push("revocation-values");
            }
            _ => {}
        }
    }

    /// `{ crlVals [0] SEQ OF CertificateList, ocspVals [1] SEQ OF BasicOCSPResponse, otherRevVals [2] }`.
    fn read_revocation(&mut self, raw: &[u8]) -> asn1::Result<()> {
        let mut fields = Value::parse(raw)?.expect(Tag::SEQUENCE)?.children();
        if let Some(field) = fields.optional(Tag::context_constructed(0))? {
            keep(&mut self.crls, sequence_of(field.children())?);
        }
        if let Some(field) = fields.optional(Tag::context_constructed(1))? {
            keep(&mut self.ocsp, sequence_of(field.children())?);
        }
        self.other |= fields.optional(Tag::context_constructed(2))?.is_some();
        fields.finish()
    }

    /// The revocation data in the form SignedData has it in.
    pub fn revocation_infos(&self) -> impl Iterator<Item = RevocationInfo> {
        let crls = self.crls.iter().cloned().map(RevocationInfo::Crl);
        crls.chain(self.ocsp.iter().cloned().map(RevocationInfo::Ocsp))
    }

    /// There is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.ocsp.is_empty()
    }
}

/// Every certificate and revocation object of a file that is not a member of the root SignedData:
/// in values, and in the tokens of all kinds, those of countersignatures included. As stored, for
/// the entries of a hash index that name them.
#[must_use]
pub fn objects_elsewhere(data: &SignedData) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for signer in &data.signer_infos {
        visit(signer, &mut |values, token| {
            keep(&mut found, values.certificates.clone());
            keep(&mut found, values.crls.clone());
            keep(&mut found, values.ocsp.clone());
            if let Some(token) = token {
                keep(&mut found, token.data.certificates.clone());
                keep(&mut found, token.data.crls.clone());
            }
        });
    }
    found
}

/// Countersignatures on countersignatures that are looked into.
const DEPTH: usize = 4;

/// Calls `see` with the values of `signer` and no token, then with no values and each token of it;
/// the same for the countersignatures on it.
pub fn visit(signer: &SignerInfo, see: &mut dyn FnMut(&Values, Option<&Token>)) {
    visit_at(signer, see, 0);
}

fn visit_at(signer: &SignerInfo, see: &mut dyn FnMut(&Values, Option<&Token>), depth: usize) {
    let none = Values::default();
    see(&Values::read(signer), None);
    for token in tokens(signer) {
        see(&none, Some(&token));
    }
    if depth == DEPTH {
        return;
    }
    for raw in signer.unsigned_values(&cms::oids::COUNTERSIGNATURE) {
        if let Ok(value) = Value::parse(raw)
            && let Ok(counter) = SignerInfo::parse(&value, &cms::Limits::default())
        {
            visit_at(&counter, see, depth + 1);
        }
    }
}

/// The tokens in the attributes of a signature that can be read.
fn tokens(signer: &SignerInfo) -> impl Iterator<Item = Token> {
    let signed = signer.signed_attributes.iter().flat_map(|set| &set.entries);
    let unsigned = signer.unsigned_attributes.iter().flat_map(|set| &set.entries);
    let stamps = signed.chain(unsigned).filter(|entry| is_time_stamp(&entry.oid));
    stamps
        .flat_map(|entry| &entry.values)
        .filter_map(|raw| timestamp::read_tsr(raw).ok().map(|(token, _)| token))
}

/// Whether attributes of this type hold time-stamp tokens.
#[must_use]
pub fn is_time_stamp(oid: &Oid) -> bool {
    [
        oids::CONTENT_TIME_STAMP,
        oids::SIGNATURE_TIME_STAMP,
        oids::CADES_C_TIME_STAMP,
        oids::REFS_TIME_STAMP,
        oids::ARCHIVE_TIME_STAMP_V1,
        oids::ARCHIVE_TIME_STAMP_V2,
        oids::ARCHIVE_TIME_STAMP_V3,
    ]
    .contains(oid)
}

/// `OtherHash ::= CHOICE { OCTET STRING (SHA-1), SEQUENCE { AlgorithmIdentifier, OCTET STRING } }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherHash {
    /// The algorithm; `None` when it is not known.
    pub algorithm: Option<DigestAlgorithm>,
    /// The digest.
    pub digest: Vec<u8>,
}

impl OtherHash {
    fn read(value: &Value<'_>) -> asn1::Result<Self> {
        if value.tag().primitive() == Tag::OCTET_STRING {
            let digest = value.octets()?.into_owned();
            return Ok(Self { algorithm: Some(DigestAlgorithm::Sha1), digest });
        }
        let mut fields = value.expect(Tag::SEQUENCE)?.children();
        let algorithm = AlgorithmIdentifier::parse(&fields.any()?)
            .ok()
            .and_then(|algorithm| DigestAlgorithm::from_identifier(&algorithm).ok());
        let digest = fields.any()?.octets()?.into_owned();
        fields.finish()?;
        Ok(Self { algorithm, digest })
    }

    /// Whether it is the digest of `object`.
    #[must_use]
    pub fn matches(&self, object: &[u8]) -> bool {
        self.algorithm.is_some_and(|algorithm| crypto::digest(algorithm, object) == self.digest)
    }
}

/// One OCSP response that is referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRef {
    /// ResponderID as received.
    pub responder: Vec<u8>,
    /// producedAt.
    pub produced_at: chrono::DateTime<chrono::Utc>,
    /// ocspRepHash.
    pub hash: Option<OtherHash>,
}

/// References to validation data: complete-certificate-references, complete-revocation-references
/// and those for attribute certificates (§A.1.1.1, §A.1.2.1, §A.1.3, §A.1.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Digests of certificates.
    pub certificates: Vec<OtherHash>,
    /// Digests of CRLs.
    pub crls: Vec<OtherHash>,
    /// OCSP responses.
    pub ocsp: Vec<OcspRef>,
    /// Names of attributes that cannot be read.
    pub malformed: Vec<&'static str>,
}

impl References {
    /// The references in the unsigned attributes of `signer`.
    #[must_use]
    pub fn read(signer: &SignerInfo) -> Self {
        let mut found = Self::default();
        let kinds = [
            oids::CERTIFICATE_REFS,
            oids::ATTRIBUTE_CERTIFICATE_REFS,
            oids::REVOCATION_REFS,
            oids::ATTRIBUTE_REVOCATION_REFS,
        ];
        for oid in kinds {
            signer.unsigned_values(&oid).for_each(|raw| found.add(&oid, raw));
        }
        found.malformed.dedup();
        found
    }

    /// Adds one value of an attribute with references; others are passed over.
    pub fn add(&mut self, oid: &Oid, raw: &[u8]) {
        let name = match *oid {
            oids::CERTIFICATE_REFS => "complete-certificate-references",
            oids::ATTRIBUTE_CERTIFICATE_REFS => "attribute-certificate-references",
            oids::REVOCATION_REFS => "complete-revocation-references",
            oids::ATTRIBUTE_REVOCATION_REFS => "attribute-revocation-references",
            _ => return,
        };
        let certificates =
            matches!(*oid, oids::CERTIFICATE_REFS | oids::ATTRIBUTE_CERTIFICATE_REFS);
        let read = if certificates {
            certificate_refs(raw).map(|refs| keep(&mut self.certificates, refs))
        } else {
            self.read_revocation(raw)
        };
        if read.is_err() {
            self.malformed.push(name);
        }
    }

    /// `SEQUENCE OF CrlOcspRef { crlids [0], ocspids [1], otherRev [2] }`.
    fn read_revocation(&mut self, raw: &[u8]) -> asn1::Result<()> {
        let mut list = Value::parse(raw)?.expect(Tag::SEQUENCE)?.children();
        while let Some(one) = list.next_value()? {
            let mut fields = one.expect(Tag::SEQUENCE)?.children();
            if let Some(field) = fields.optional(Tag::context_constructed(0))? {
                // CRLListID ::= SEQUENCE { SEQUENCE OF CrlValidatedID { OtherHash, CrlIdentifier OPTIONAL } }
                let mut ids = field
                    .children()
                    .expect(Tag::SEQUENCE)?
                    .children()
                    .expect(Tag::SEQUENCE)?
                    .children();
                while let Some(id) = ids.next_value()? {
                    let hash = OtherHash::read(&id.expect(Tag::SEQUENCE)?.children().any()?)?;
                    keep(&mut self.crls, vec![hash]);
                }
            }
            if let Some(field) = fields.optional(Tag::context_constructed(1))? {
                // OcspListID ::= SEQUENCE { SEQUENCE OF { { ResponderID, producedAt }, OtherHash OPTIONAL } }
                let mut ids = field
                    .children()
                    .expect(Tag::SEQUENCE)?
                    .children()
                    .expect(Tag::SEQUENCE)?
                    .children();
                while let Some(id) = ids.next_value()? {
                    let mut parts = id.expect(Tag::SEQUENCE)?.children();
                    let mut identifier = parts.expect(Tag::SEQUENCE)?.children();
                    let responder = identifier.any()?.raw().to_vec();
                    let produced_at = identifier.any()?.time()?;
                    let hash =
                        parts.next_value()?.map(|value| OtherHash::read(&value)).transpose()?;
                    keep(&mut self.ocsp, vec![OcspRef { responder, produced_at, hash }]);
                }
            }
            fields.optional(Tag::context_constructed(2))?;
            fields.finish()?;
        }
        Ok(())
    }

    /// How many references there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.certificates.len() + self.crls.len() + self.ocsp.len()
    }

    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// `SEQUENCE OF OtherCertID { OtherHash, IssuerSerial OPTIONAL }`.
fn certificate_refs(raw: &[u8]) -> asn1::Result<Vec<OtherHash>> {
    let mut found = Vec::new();
    let mut list = Value::parse(raw)?.expect(Tag::SEQUENCE)?.children();
    while let Some(id) = list.next_value()? {
        let hash = OtherHash::read(&id.expect(Tag::SEQUENCE)?.children().any()?)?;
        keep(&mut found, vec![hash]);
    }
    Ok(found)
}

fn list(raw: &[u8]) -> asn1::Result<Vec<Vec<u8>>> {
    sequence_of(Cursor::new(raw))
}

/// The members of the one SEQUENCE a cursor stands before, as received.
fn sequence_of(mut cursor: Cursor<'_>) -> asn1::Result<Vec<Vec<u8>>> {
    let members = cursor.expect(Tag::SEQUENCE)?.children().collect_all()?;
    cursor.finish()?;
    members.iter().map(|member| Ok(member.expect(Tag::SEQUENCE)?.raw().to_vec())).collect()
}

fn keep<T>(list: &mut Vec<T>, more: Vec<T>) {
    let room = MOST.saturating_sub(list.len());
    list.extend(more.into_iter().take(room));
}

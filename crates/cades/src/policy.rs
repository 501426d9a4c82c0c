//! Signature policies (EN 319 122-1 §5.2.9, §5.2.10): which one a signer names, and whether a
//! document is that one.

use asn1::{Oid, Tag, Value};
use crypto::{AlgorithmIdentifier, DigestAlgorithm};

use crate::attributes::members;

/// id-spq-ets-uri: where the document can be had.
const QUALIFIER_URI: Oid = Oid::new("1.2.840.113549.1.9.16.5.1");
/// id-spq-ets-unotice: a notice for people.
const QUALIFIER_NOTICE: Oid = Oid::new("1.2.840.113549.1.9.16.5.2");
/// id-spq-ets-docspec: what the document is written to.
const QUALIFIER_SPECIFICATION: Oid = Oid::new("0.4.0.19122.2.1");

/// signature-policy-identifier.
///
/// ```text
/// SignaturePolicy ::= CHOICE { SignaturePolicyId, SignaturePolicyImplied NULL }
/// SignaturePolicyId ::= SEQUENCE { sigPolicyId OID, sigPolicyHash OtherHashAlgAndValue OPTIONAL,
///   sigPolicyQualifiers SEQUENCE OF SEQUENCE { OID, ANY } OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignaturePolicy {
    /// Implied by the content or by something outside (RFC 5126 §5.8.1; no longer made).
    Implied,
    /// Named.
    Explicit(Box<ExplicitPolicy>),
}

/// A policy that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplicitPolicy {
    /// sigPolicyId.
    pub identifier: Oid,
    /// sigPolicyHash; absent in files from before it was mandatory.
    pub hash: Option<PolicyHash>,
    /// Addresses of the document, in the signer's words. Never fetched by reading.
    pub uris: Vec<String>,
    /// Notices to be shown.
    pub notices: Vec<String>,
    /// The technical specification the document follows: identifier or address.
    pub specification: Option<String>,
}

/// sigPolicyHash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyHash {
    /// The digest algorithm as received.
    pub algorithm: AlgorithmIdentifier,
    /// The digest.
    pub digest: Vec<u8>,
}

/// A document against the hash of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyMatch {
    /// It is the document.
    Matches,
    /// It is another one.
    Differs,
    /// The hash says nothing: it is absent or the zero hash.
    Unknown,
    /// The digest algorithm is not known.
    Unsupported,
}

impl SignaturePolicy {
    pub(crate) fn read(value: &Value<'_>) -> asn1::Result<Self> {
        if value.tag() == Tag::NULL {
            return Ok(Self::Implied);
        }
        let mut fields = value.expect(Tag::SEQUENCE)?.children();
        let mut policy = ExplicitPolicy {
            identifier: fields.any()?.oid()?,
            hash: None,
            uris: Vec::new(),
            notices: Vec::new(),
            specification: None,
        };
        while let Some(field) = fields.next_value()? {
            // Both optional fields are SEQUENCEs; the qualifiers' first member is one too, and its
            // first an identifier, while a hash ends with an OCTET STRING.
            let parts = field.expect(Tag::SEQUENCE)?.children().collect_all()?;
            match parts.as_slice() {
                [algorithm, digest] if digest.tag().primitive() == Tag::OCTET_STRING => {
                    let identifier = AlgorithmIdentifier::parse(algorithm).map_err(|_| {
                        asn1::Error::BadContents { what: "AlgorithmIdentifier", at: algorithm.at() }
                    })?;
                    let digest = digest.octets()?.into_owned();
                    policy.hash = Some(PolicyHash { algorithm: identifier, digest });
                }
                _ => policy.qualifiers(&field)?,
            }
        }
        Ok(Self::Explicit(Box::new(policy)))
    }
}

impl ExplicitPolicy {
    fn qualifiers(&mut self, list: &Value<'_>) -> asn1::Result<()> {
        let read = members(list.children(), |one| {
            let mut parts = one.expect(Tag::SEQUENCE)?.children();
            let kind = parts.any()?.oid()?;
            Ok((kind, parts.next_value()?.map(|value| (value.tag(), value.text(), notice(&value)))))
        })?;
        for (kind, value) in read {
            let Some((tag, text, notice)) = value else { continue };
            match kind {
                QUALIFIER_URI => self.uris.push(text),
                QUALIFIER_NOTICE => self.notices.extend(notice),
                QUALIFIER_SPECIFICATION if tag != Tag::OID => self.specification = Some(text),
                QUALIFIER_SPECIFICATION => self.specification = notice,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether `document` is the one meant.
    #[must_use]
    pub fn check(&self, document: &[u8]) -> PolicyMatch {
        let Some(hash) = self.hash.as_ref().filter(|hash| !hash.is_zero()) else {
            return PolicyMatch::Unknown;
        };
        let Ok(algorithm) = DigestAlgorithm::from_identifier(&hash.algorithm) else {
            return PolicyMatch::Unsupported;
        };
        let matches = match AsnPolicy::read(document) {
            // The document must also be what it says of itself.
            Some(policy) => {
                policy.algorithm == Some(algorithm)
                    && policy.digest(algorithm) == hash.digest
                    && policy.own_hash.as_ref().is_none_or(|own| *own == hash.digest)
            }
            None => crypto::digest(algorithm, document) == hash.digest,
        };
        if matches { PolicyMatch::Matches } else { PolicyMatch::Differs }
    }
}

impl PolicyHash {
    /// The hash that says "not known": empty or zeros (EN 319 122-1 §5.2.9.1, RFC 5126 §5.8.1).
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.digest.iter().all(|octet| *octet == 0)
    }
}

/// The digest a signature names a policy document by, with its algorithm:
/// `preferred`, but for a policy in ASN.1 (TR 102 272), which says its own.
#[must_use]
pub fn document_digest(document: &[u8], preferred: DigestAlgorithm) -> (DigestAlgorithm, Vec<u8>) {
    match AsnPolicy::read(document) {
        Some(policy) => {
            let algorithm = policy.algorithm.unwrap_or(preferred);
            (algorithm, policy.digest(algorithm))
        }
        None => (preferred, crypto::digest(preferred, document)),
    }
}

/// explicitText of an SPUserNotice, or the identifier where one stands instead of a text.
fn notice(value: &Value<'_>) -> Option<String> {
    if value.tag() == Tag::OID {
        return value.oid().ok().map(|oid| oid.to_string());
    }
    let parts = value.children().collect_all().ok()?;
    parts.iter().find(|part| !part.tag().is_constructed()).map(Value::text)
}

/// A policy in ASN.1 (TR 102 272): its hash is over two of its three fields.
struct AsnPolicy<'a> {
    algorithm: Option<DigestAlgorithm>,
    hashed: &'a [u8],
    own_hash: Option<Vec<u8>>,
}

impl<'a> AsnPolicy<'a> {
    /// `SEQUENCE { signPolicyHashAlg, signPolicyInfo SEQUENCE, signPolicyHash OCTET STRING OPTIONAL }`.
    fn read(document: &'a [u8]) -> Option<Self> {
        let policy = Value::parse(document).ok()?.expect(Tag::SEQUENCE).ok()?;
        let mut fields = policy.children();
        let whole = fields.rest();
        let algorithm = AlgorithmIdentifier::parse(&fields.any().ok()?).ok()?;
        let info = fields.expect(Tag::SEQUENCE).ok()?;
        info.children().any().ok()?.oid().ok()?;
        let hashed = whole.get(..whole.len() - fields.rest().len())?;
        let own_hash = match fields.next_value().ok()? {
            None => None,
            Some(value) => Some(value.octets().ok()?.into_owned()),
        };
        fields.finish().ok()?;
        let algorithm = DigestAlgorithm::from_identifier(&algorithm).ok();
        Some(Self { algorithm, hashed, own_hash })
    }

    fn digest(&self, algorithm: DigestAlgorithm) -> Vec<u8> {
        crypto::digest(algorithm, self.hashed)
    }
}

/// signature-policy-store (EN 319 122-1 §5.2.10).
///
/// ```text
/// SignaturePolicyStore ::= SEQUENCE { spDocSpec CHOICE { OID, IA5String },
///   spDocument CHOICE { OCTET STRING, IA5String } }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStore {
    /// The technical specification of the document: identifier or address.
    pub specification: String,
    /// The document; `None` where the store only says where it is kept.
    pub document: Option<Vec<u8>>,
    /// Where the document is kept.
    pub place: Option<String>,
}

impl PolicyStore {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// It is malformed.
    pub fn read(raw: &[u8]) -> crate::Result<Self> {
        Self::parse(raw).map_err(|source| crate::Error::Attribute {
            attribute: "signature-policy-store",
            source,
        })
    }

    fn parse(raw: &[u8]) -> asn1::Result<Self> {
        let mut fields = Value::parse(raw)?.expect(Tag::SEQUENCE)?.children();
        let specification = fields.any()?;
        let specification = match specification.tag() {
            Tag::OID => specification.oid()?.to_string(),
            _ => specification.expect(Tag::IA5_STRING)?.text(),
        };
        let document = fields.any()?;
        fields.finish()?;
        if document.tag().primitive() == Tag::OCTET_STRING {
            let document = Some(document.octets()?.into_owned());
            return Ok(Self { specification, document, place: None });
        }
        let place = Some(document.expect(Tag::IA5_STRING)?.text());
        Ok(Self { specification, document: None, place })
    }
}

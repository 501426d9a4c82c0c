//! Facts about signatures and time-stamp tokens (RFC 5652, EN 319 122-1, RFC 3161).

use super::{AlgorithmFacts, Fingerprint, KeyFacts, StructuralFinding};
use crate::Time;
use serde::{Deserialize, Serialize};

/// One signature or countersignature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFacts {
    /// `1`, `2/1` (second layer), `1.1` (countersignature on 1).
    pub id: String,
    /// `CAdES`, `CMS`, later `PAdES`.
    pub format: String,
    /// The form its attributes add up to, as the format's own standard names it (`CAdES-BASELINE-B`, `CMS`, …); a description, not a verdict.
    pub level: String,
    /// The signature this one countersigns.
    pub countersigns: Option<String>,
    /// What the parser saw; a code whose row is at fail is a FORMAT_FAILURE.
    pub structure: Vec<StructuralFinding>,
    /// SignerIdentifier as text: issuer and serial number, or key identifier.
    pub signer_identifier: String,
    /// The signing certificate, if it is at hand.
    pub certificate: Option<Fingerprint>,
    /// The digest the signature is made with.
    pub digest_algorithm: String,
    /// The signature algorithm.
    pub algorithm: AlgorithmFacts,
    /// The verification key.
    pub key: Option<KeyFacts>,
    /// The signed content against its digest.
    pub content: ContentDigest,
    /// The signature value.
    pub value: SignatureValue,
    /// The signed attributes.
    pub attributes: AttributeFacts,
    /// References to the signing certificate.
    pub references: ReferenceFacts,
    /// signingTime as the signer claims it.
    pub claimed_signing_time: Option<Time>,
    /// The signature policy named by the signer (EN 319 122-1 §5.2.9).
    pub policy: Option<SignaturePolicyFacts>,
    /// What else the signer says in signed attributes.
    #[serde(default)]
    pub properties: SignedPropertyFacts,
    /// Type 1 or 2 of the extended forms (EN 319 122-1 §A.1.5), where its time-stamps make one.
    #[serde(default)]
    pub extended_type: Option<u8>,
    /// How many countersignatures it carries; each that could be read has facts of its own.
    pub countersignatures: u32,
    /// Its time-stamps, in the order found.
    pub timestamps: Vec<TimestampFacts>,
    /// Digests by which a manifest under it names files (EN 319 162-1 §A.4): as weak as a weak
    /// message-digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_digests: Vec<String>,
}

impl SignatureFacts {
    /// Facts for something that is recognised as a signature but cannot be read.
    pub fn unreadable(
        id: impl Into<String>,
        format: impl Into<String>,
        finding: StructuralFinding,
    ) -> Self {
        let format = format.into();
        Self {
            id: id.into(),
            level: format.clone(),
            format,
            countersigns: None,
            structure: vec![finding],
            signer_identifier: String::new(),
            certificate: None,
            digest_algorithm: String::new(),
            algorithm: AlgorithmFacts {
                scheme: super::Scheme::Other,
                digest: None,
                name: String::new(),
            },
            key: None,
            content: ContentDigest::NotComputed,
            value: SignatureValue::Unchecked,
            attributes: AttributeFacts::default(),
            references: ReferenceFacts::default(),
            claimed_signing_time: None,
            policy: None,
            properties: SignedPropertyFacts::default(),
            extended_type: None,
            countersignatures: 0,
            timestamps: Vec::new(),
            reference_digests: Vec::new(),
        }
    }
}

/// The signed content against the digest the signature carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentDigest {
    /// Equal. Without signed attributes: the content was at hand and entered the signature check itself.
    Intact,
    /// Different.
    Mismatch,
    /// The content is not at hand.
    ContentMissing,
    /// A digest of the content is at hand, but by another algorithm than the signed one.
    OtherAlgorithm,
    /// Signed attributes without message-digest: nothing binds the content.
    NoReference,
    /// Not computed: unreadable structure or unsupported digest.
    NotComputed,
}

/// The signature value against the verification key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureValue {
    /// It verifies.
    Valid {
        /// Over which octets.
        matched: MatchedForm,
        /// The name of the tolerance it needed (`docs/deviations.md`), if any.
        tolerance: Option<String>,
    },
    /// It does not verify.
    Invalid,
    /// The algorithm is not one we know.
    Unsupported {
        /// Its object identifier or name.
        algorithm: String,
    },
    /// Not checked: no key, no content where it is signed directly, or unreadable.
    Unchecked,
}

/// Which form of the signed attributes the signature value matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchedForm {
    /// The octets received.
    AsReceived,
    /// Their DER form, sorted (RFC 5652 §5.4).
    DerSorted,
    /// There are no signed attributes: the content itself is signed.
    NoSignedAttributes,
}

/// The signed attributes, as far as rules speak about them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeFacts {
    /// There are signed attributes at all.
    pub present: bool,
    /// Names of single-valued attributes that occur more than once or have not exactly one value.
    pub duplicated: Vec<String>,
    /// Names of attributes whose value has the wrong type.
    pub malformed: Vec<String>,
    /// content-type.
    pub content_type: AttributeCheck,
    /// message-digest is present.
    pub message_digest: AttributeCheck,
    /// CMSAlgorithmProtection (RFC 6211) names the algorithms used; `None` = it is absent.
    #[serde(default)]
    pub algorithm_protection: Option<bool>,
}

/// What a signer says in signed attributes beyond the mandatory ones (EN 319 122-1 §5.2): claims, in
/// the signer's words, cleaned for showing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignedPropertyFacts {
    /// content-hints: what the innermost content is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_hints: Option<ContentHintsFacts>,
    /// mime-type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// commitment-type-indication.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<CommitmentFacts>,
    /// Roles the signer claims.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claimed_roles: Vec<String>,
    /// Types of other attributes the signer claims.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claimed_attributes: Vec<String>,
    /// Certified attributes: attribute certificates, named and not verified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certified_attributes: Vec<String>,
    /// signer-location: where the signer says to have signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationFacts>,
    /// content-reference: the content identifier of what this signature refers to, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_reference: Option<String>,
    /// content-identifier, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_identifier: Option<String>,
    /// CMSAlgorithmProtection is there and names the algorithms used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm_protection: Option<bool>,
}

impl SignedPropertyFacts {
    /// Nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// content-hints (EN 319 122-1 §5.2.4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentHintsFacts {
    /// contentDescription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// contentType, as a dotted object identifier.
    pub content_type: String,
}

/// One commitment (EN 319 122-1 §5.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitmentFacts {
    /// `proofOfOrigin`, `proofOfApproval`, …; the object identifier of another one.
    #[serde(rename = "type")]
    pub kind: String,
    /// Object identifiers of its qualifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualifiers: Vec<String>,
}

/// signer-location (EN 319 122-1 §5.2.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LocationFacts {
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Locality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// Postal address, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub address: Vec<String>,
}

/// One mandatory attribute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeCheck {
    /// Present and as it must be.
    Ok,
    /// Absent.
    #[default]
    Absent,
    /// Present, with another value than it must have.
    Mismatch,
    /// Not to be present here (content-type of a countersignature, RFC 5652 §11.4).
    NotApplicable,
}

/// The ESS signing-certificate attributes (RFC 5035, EN 319 122-1 §5.2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceFacts {
    /// Which attribute is there.
    pub form: ReferenceForm,
    /// The references, in order.
    pub references: Vec<CertificateReference>,
}

/// Which signing-certificate attribute is present.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceForm {
    /// signing-certificate (SHA-1).
    V1,
    /// signing-certificate-v2.
    V2,
    /// Both.
    Both,
    /// Neither.
    #[default]
    Absent,
}

/// One certificate reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateReference {
    /// The attribute it stands in, [`ReferenceForm::V1`] or [`ReferenceForm::V2`].
    pub form: ReferenceForm,
    /// The digest it uses.
    pub digest_algorithm: String,
    /// The certificate at hand whose digest it is.
    pub certificate: Option<Fingerprint>,
    /// issuerSerial agrees with that certificate (or, none matching, with the signing one); `None` = absent.
    pub issuer_serial_matches: Option<bool>,
}

/// signature-policy-identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignaturePolicyFacts {
    /// The policy's object identifier; empty for the implied policy.
    pub identifier: String,
    /// The policy document against the hash in the attribute.
    pub document: PolicyDocument,
    /// A signature-policy-store attribute is present.
    pub store: bool,
    /// Where the signer says the document is. Never fetched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<String>,
    /// Notices the signer wants shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// The policy document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyDocument {
    /// Not at hand.
    NotAvailable,
    /// At hand, its hash agrees.
    Matches,
    /// At hand, its hash differs.
    Mismatch,
    /// The attribute carries the zero hash: nothing to compare.
    ZeroHash,
}

/// One time-stamp token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimestampFacts {
    /// Unique in the facts, for example `1/t1`.
    pub id: String,
    /// `signature-time-stamp`, `content-time-stamp`, `archive-time-stamp-v3`, `time-stamp` (stand-alone), …
    pub kind: TimestampKind,
    /// What the parser saw.
    pub structure: Vec<StructuralFinding>,
    /// genTime; `None` = TSTInfo unreadable.
    pub gen_time: Option<Time>,
    /// Accuracy in microseconds; `None` = not stated.
    pub accuracy_micros: Option<u64>,
    /// The ordering field.
    pub ordering: bool,
    /// The digest of the imprint.
    pub imprint_algorithm: String,
    /// The imprint against what it must cover; `None` = that is not at hand.
    pub imprint_matches: Option<bool>,
    /// The ats-hash-index resolves; `None` = not of that kind.
    pub hash_index_valid: Option<bool>,
    /// The authority's certificate, if it is at hand.
    pub certificate: Option<Fingerprint>,
    /// The digest the token is signed with.
    pub digest_algorithm: String,
    /// The token's signature algorithm.
    pub algorithm: AlgorithmFacts,
    /// The authority's key.
    pub key: Option<KeyFacts>,
    /// TSTInfo against the token's message-digest.
    pub content: ContentDigest,
    /// The token's signature value.
    pub value: SignatureValue,
    /// The token's signed attributes.
    pub attributes: AttributeFacts,
    /// The token's ESS references (RFC 5816).
    pub references: ReferenceFacts,
    /// TSTInfo.tsa as text.
    pub tsa_name: Option<String>,
    /// TSTInfo.tsa agrees with the certificate's names; `None` = absent.
    pub tsa_name_matches: Option<bool>,
    /// TSA policy.
    pub policy: Option<String>,
    /// The token's serial number, lowercase hex.
    pub serial_number: Option<String>,
    /// Ids of the signatures and time-stamps it covers, where the format says so beyond its place.
    pub covers: Vec<String>,
    /// What else it proves to have existed.
    #[serde(default)]
    pub proves: ProofFacts,
    /// Digests by which a manifest under it names files, as for a signature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_digests: Vec<String>,
}

/// Validation data a time-stamp covers (EN 319 102-1 §5.6.2.3): if the time-stamp is believed, it
/// existed at its genTime.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProofFacts {
    /// Certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Fingerprint>,
    /// Lists and OCSP responses, by their own digests ([`RevocationFacts::object`](super::RevocationFacts::object)).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation: Vec<Fingerprint>,
}

impl TimestampFacts {
    /// Facts for something that stands where a token belongs but cannot be read.
    pub fn unreadable(
        id: impl Into<String>,
        kind: TimestampKind,
        finding: StructuralFinding,
    ) -> Self {
        Self {
            id: id.into(),
            kind,
            structure: vec![finding],
            gen_time: None,
            accuracy_micros: None,
            ordering: false,
            imprint_algorithm: String::new(),
            imprint_matches: None,
            hash_index_valid: None,
            certificate: None,
            digest_algorithm: String::new(),
            algorithm: AlgorithmFacts {
                scheme: super::Scheme::Other,
                digest: None,
                name: String::new(),
            },
            key: None,
            content: ContentDigest::NotComputed,
            value: SignatureValue::Unchecked,
            attributes: AttributeFacts::default(),
            references: ReferenceFacts::default(),
            tsa_name: None,
            tsa_name_matches: None,
            policy: None,
            serial_number: None,
            covers: Vec::new(),
            proves: ProofFacts::default(),
            reference_digests: Vec::new(),
        }
    }
}

/// The kinds of time-stamp (EN 319 122-1 §5.3 to §5.5; RFC 5544).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimestampKind {
    /// Signed attribute: the content existed before the signature.
    #[serde(rename = "content-time-stamp")]
    Content,
    /// Unsigned attribute: the signature existed.
    #[serde(rename = "signature-time-stamp")]
    Signature,
    /// Over the references of CAdES-C.
    #[serde(rename = "CAdES-C-time-stamp")]
    CadesC,
    /// Over the references alone.
    #[serde(rename = "time-stamped-certs-crls-references")]
    References,
    /// The first archive time-stamp (RFC 3126).
    #[serde(rename = "archive-time-stamp")]
    ArchiveV1,
    /// The old archive time-stamp.
    #[serde(rename = "archive-time-stamp-v2")]
    ArchiveV2,
    /// The archive time-stamp with a hash index.
    #[serde(rename = "archive-time-stamp-v3")]
    ArchiveV3,
    /// PDF document time-stamp.
    #[serde(rename = "document-time-stamp")]
    Document,
    /// A token of its own, over a file.
    #[serde(rename = "time-stamp")]
    Standalone,
    /// A token over an ASiCArchiveManifest (EN 319 162-1 §4.4.5): over signatures, time-stamps and
    /// validation data of its container.
    #[serde(rename = "archive-manifest-time-stamp")]
    ArchiveManifest,
}

impl TimestampKind {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content-time-stamp",
            Self::Signature => "signature-time-stamp",
            Self::CadesC => "CAdES-C-time-stamp",
            Self::References => "time-stamped-certs-crls-references",
            Self::ArchiveV1 => "archive-time-stamp",
            Self::ArchiveV2 => "archive-time-stamp-v2",
            Self::ArchiveV3 => "archive-time-stamp-v3",
            Self::Document => "document-time-stamp",
            Self::Standalone => "time-stamp",
            Self::ArchiveManifest => "archive-manifest-time-stamp",
        }
    }

    /// The kind of that name in reports.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Content,
        Self::Signature,
        Self::CadesC,
        Self::References,
        Self::ArchiveV1,
        Self::ArchiveV2,
        Self::ArchiveV3,
        Self::Document,
        Self::Standalone,
        Self::ArchiveManifest,
    ];

    /// Whether it is taken over other time-stamps and validation data.
    pub const fn is_archive(self) -> bool {
        matches!(
            self,
            Self::ArchiveV1
                | Self::ArchiveV2
                | Self::ArchiveV3
                | Self::Document
                | Self::ArchiveManifest
        )
    }
}

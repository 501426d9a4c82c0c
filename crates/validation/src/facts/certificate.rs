//! Facts about certificates, chains and revocation data (RFC 5280, RFC 6960).

use super::Fingerprint;
use crate::{Time, catalogue::Code};
use serde::{Deserialize, Serialize};

/// One certificate, as far as a judgement needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// The subject.
    pub subject: NameFacts,
    /// The issuer.
    pub issuer: NameFacts,
    /// Serial number, lowercase hex without leading zeros.
    pub serial_number: String,
    /// Start of validity, inclusive.
    pub not_before: Time,
    /// End of validity, inclusive (RFC 5280 §4.1.2.5).
    pub not_after: Time,
    /// The certified key.
    pub key: KeyFacts,
    /// How the issuer signed it; the issuer's key size stands in the issuer's own facts.
    pub signature: AlgorithmFacts,
    /// Subject equals issuer and the signature verifies with its own key.
    pub self_signed: bool,
    /// Names of the key usage bits set (`digitalSignature`, `nonRepudiation`, …); `None` = no extension.
    pub key_usage: Option<Vec<String>>,
    /// The extended key usage extension.
    pub extended_key_usage: Option<ExtendedKeyUsageFacts>,
    /// id-pkix-ocsp-nocheck is present (RFC 6960 §4.2.2.2.1).
    pub ocsp_nocheck: bool,
    /// noRevAvail is present (RFC 9608), or the short-term assurance of EN 319 412-1 §5.2.
    pub no_revocation_available: bool,
    /// The QC statements (EN 319 412-5), empty if none.
    pub qc: QcFacts,
    /// Limits of use written in the certificate (userNotice, QcLimitValue), shown to people as they stand.
    pub usage_limits: Vec<String>,
}

/// The parts of a distinguished name that people read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameFacts {
    /// The whole name, RFC 4514.
    pub dn: String,
    /// commonName (2.5.4.3).
    pub common_name: Option<String>,
    /// surname (2.5.4.4).
    pub surname: Option<String>,
    /// givenName (2.5.4.42).
    pub given_name: Option<String>,
    /// serialNumber (2.5.4.5): `TINIT-…`, `IT:…`.
    pub serial_number: Option<String>,
    /// title (2.5.4.12).
    pub title: Option<String>,
    /// organizationName (2.5.4.10).
    pub organisation: Option<String>,
    /// countryName (2.5.4.6).
    pub country: Option<String>,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    /// `RSA`, `EC`, `DSA`, `Ed25519`, `Ed448`, or the OID of another kind.
    pub kind: String,
    /// Size of modulus or curve, in bits.
    pub bits: Option<u32>,
    /// The named curve.
    pub curve: Option<String>,
}

/// The signature scheme, as TS 119 312 sets its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    #[serde(rename = "RSA")]
    Rsa,
    /// RSASSA-PSS (RFC 8017 §8.1).
    #[serde(rename = "RSASSA-PSS")]
    RsaPss,
    /// DSA (FIPS 186-4).
    #[serde(rename = "DSA")]
    Dsa,
    /// ECDSA (SEC 1).
    #[serde(rename = "ECDSA")]
    Ecdsa,
    /// Ed25519 or Ed448 (RFC 8032).
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// Not one we know.
    #[serde(rename = "other")]
    Other,
}

impl Scheme {
    /// The name used in findings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::RsaPss => "RSASSA-PSS",
            Self::Dsa => "DSA",
            Self::Ecdsa => "ECDSA",
            Self::EdDsa => "EdDSA",
            Self::Other => "other",
        }
    }
}

/// A signature algorithm as used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlgorithmFacts {
    /// The scheme.
    pub scheme: Scheme,
    /// The digest (`SHA-256`, `SHA3-256`, `SHA-1`, `MD5` …); `None` where the scheme has it inside.
    pub digest: Option<String>,
    /// Object identifier or name as found, for the report.
    pub name: String,
}

/// extendedKeyUsage (RFC 5280 §4.2.1.12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendedKeyUsageFacts {
    /// The purposes, as dotted object identifiers.
    pub purposes: Vec<String>,
    /// The extension is marked critical.
    pub critical: bool,
}

/// QC statements (EN 319 412-5) as the certificate claims them; only a trusted list confirms them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QcFacts {
    /// esi4-qcStatement-1, the certificate claims to be qualified.
    pub compliance: bool,
    /// esi4-qcStatement-4, the key claims to be in a qualified device.
    pub device: bool,
    /// QcType values: `esign`, `eseal`, `web`.
    pub types: Vec<String>,
}

/// One prospective chain from a certificate up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainFacts {
    /// The chain, the certificate itself first, the anchor's certificate last if it has one.
    pub certificates: Vec<Fingerprint>,
    /// The anchor it reaches; `None` = the path stops short of one.
    pub anchor: Option<AnchorFacts>,
    /// What path validation found that no time can change (RFC 5280 §6.1).
    pub problems: Vec<PathProblem>,
    /// The issuer that is missing where the path stops short.
    pub missing_issuer: Option<String>,
}

impl ChainFacts {
    /// Whether `fingerprint` is the trust anchor of this chain.
    pub fn is_anchor(&self, fingerprint: &Fingerprint) -> bool {
        self.anchor.as_ref().is_some_and(|anchor| anchor.fingerprint.as_ref() == Some(fingerprint))
    }
}

/// What a trust anchor may vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorPurpose {
    /// Signers, and the revocation data about them.
    Signature,
    /// Time-stamp authorities, and the revocation data about them.
    TimeStamp,
    /// OCSP responders and CRL issuers, about any certificate.
    Revocation,
}

/// A trust anchor (RFC 5280 §6.1.1 d), with what its source says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorFacts {
    /// The anchor's name, for people.
    pub name: String,
    /// Its certificate, where the anchor is one.
    pub fingerprint: Option<Fingerprint>,
    /// What it may vouch for; an anchor the user gave has every purpose.
    pub purposes: Vec<AnchorPurpose>,
    /// Trust begins here.
    pub trusted_from: Option<Time>,
    /// Trust ends here, exclusive (EN 319 102-1 V1.4.1 sunset date).
    pub sunset: Option<Time>,
    /// The trusted-list service behind it (TS 119 612), where it comes from a list.
    pub service: Option<ServiceFacts>,
}

/// A service of a trusted list (TS 119 612 §5.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceFacts {
    /// Scheme territory, ISO 3166-1 alpha-2.
    pub territory: String,
    /// Service type URI.
    pub service_type: String,
    /// The status periods that count as granted.
    pub granted: Vec<Period>,
    /// The provider's name.
    pub provider: String,
}

/// A span of time, the end exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First moment.
    pub from: Time,
    /// End, `None` = still running.
    pub to: Option<Time>,
}

impl Period {
    /// Whether `time` lies inside.
    pub fn contains(&self, time: Time) -> bool {
        time >= self.from && self.to.is_none_or(|to| time < to)
    }
}

/// One flaw of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathProblem {
    /// Which check failed: one of the `CERTIFICATE_…` codes.
    pub code: Code,
    /// The certificate at fault.
    pub certificate: Option<Fingerprint>,
    /// The observed detail.
    pub detail: String,
}

/// A statement about a certificate's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationFacts {
    /// A name for the report, unique per object.
    pub id: String,
    /// OCSP response or list.
    pub kind: RevocationKind,
    /// Where it came from.
    pub source: RevocationSource,
    /// What it says about the certificate.
    pub status: CertificateStatus,
    /// thisUpdate.
    pub this_update: Option<Time>,
    /// nextUpdate.
    pub next_update: Option<Time>,
    /// producedAt (OCSP only).
    pub produced_at: Option<Time>,
    /// The certificate whose key signed it; `None` = not at hand.
    pub issuer: Option<Fingerprint>,
    /// Whether its signature verifies with that key.
    pub signature: SignatureCheck,
    /// The right of that issuer to speak about the certificate (RFC 6960 §4.2.2.2, RFC 5280 §6.3.3).
    pub authorisation: Authorisation,
    /// OCSP responderID names that issuer; `None` for lists.
    pub responder_id_matches: Option<bool>,
    /// The certHash extension equals the certificate's digest; `None` = absent.
    pub cert_hash_matches: Option<bool>,
    /// expiredCertsOnCRL or archiveCutoff: certificates expired since then are still listed.
    pub covers_expired_since: Option<Time>,
    /// How it was signed.
    pub algorithm: AlgorithmFacts,
    /// What makes it unusable whatever the time: one of the `RSI_…` codes each.
    pub problems: Vec<Code>,
    /// SHA-256 over the list or BasicOCSPResponse: what time-stamps are found to cover it by.
    #[serde(default)]
    pub object: Option<Fingerprint>,
    /// The complete list a delta list was combined with (RFC 5280 §5.2.4): acceptable as well, though
    /// not fresh, or this one says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Fingerprint>,
    /// Lists for the other reasons (RFC 5280 §6.3.3 d): acceptable and fresh as well, or this one
    /// says nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complements: Vec<Fingerprint>,
}

impl RevocationFacts {
    /// The moment it was made: producedAt, else thisUpdate.
    pub fn produced(&self) -> Option<Time> {
        self.produced_at.or(self.this_update)
    }
}

/// The kind of revocation data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RevocationKind {
    /// RFC 6960.
    Ocsp,
    /// RFC 5280 §5.
    Crl,
}

/// Where revocation data came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RevocationSource {
    /// Inside the signed file.
    Embedded,
    /// Given by the caller.
    Given,
    /// Fetched for this judgement.
    Online,
}

/// What revocation data says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CertificateStatus {
    /// Not revoked.
    Good,
    /// Revoked or on hold.
    Revoked {
        /// revocationDate.
        at: Time,
        /// The reason; absent in the data = unspecified.
        reason: RevocationReason,
    },
    /// The responder does not know it.
    Unknown,
}

/// CRLReason (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RevocationReason {
    /// 0, or no reason given.
    Unspecified,
    /// 1
    KeyCompromise,
    /// 2
    CaCompromise,
    /// 3
    AffiliationChanged,
    /// 4
    Superseded,
    /// 5
    CessationOfOperation,
    /// 6: suspended, may come back.
    CertificateHold,
    /// 8: was on hold and is good again.
    RemoveFromCrl,
    /// 9
    PrivilegeWithdrawn,
    /// 10
    AaCompromise,
}

/// The outcome of verifying a signature over a certificate, list or response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureCheck {
    /// It verifies.
    Valid,
    /// It does not.
    Invalid,
    /// The algorithm is not one we know.
    Unsupported,
    /// No key to check it with.
    Unchecked,
}

/// The right of an issuer to speak about a certificate's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authorisation {
    /// The CA that issued the certificate.
    Issuer,
    /// A delegate issued directly by that CA, with the OCSP signing purpose; or an indirect CRL's issuer so named.
    Delegate,
    /// A responder the caller trusts by configuration.
    Configured,
    /// None.
    None,
}

//! The validation policy: how much each check weighs, and until when each algorithm is trusted.
//!
//! Checks observe, the policy sets the level. Rows follow the constraints of EN 319 102-1 and the
//! practice of EU DSS; algorithms follow ETSI TS 119 312 V1.5.1. A policy is data: it serialises, and
//! may become a file. It may not look at a file or a clock.

use crate::{Time, catalogue::Code};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a failed check means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It decides the result.
    Fail,
    /// It is shown as a warning.
    Warn,
    /// It is shown.
    Info,
    /// It is not looked at.
    Ignore,
}

impl Level {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Ignore => "ignore",
        }
    }
}

/// One row of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What a failure means.
    pub level: Level,
    /// Where the check comes from.
    pub clause: String,
}

/// A validation policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name, shown in the report.
    pub name: String,
    /// The level of each check.
    pub rows: BTreeMap<Code, Row>,
    /// The algorithms and their end dates.
    pub algorithms: AlgorithmSuite,
    /// Signature policies accepted, by object identifier; empty = any and none.
    pub accepted_signature_policies: Vec<String>,
    /// Greatest age of revocation data in seconds when REVOCATION_NOT_FRESH is not ignored; `None` = nextUpdate − thisUpdate.
    pub revocation_freshness_seconds: Option<i64>,
    /// Greatest time between claimed signing time and its proof, in seconds; `None` = not looked at.
    pub timestamp_delay_seconds: Option<i64>,
    /// How far the clocks of others may be ahead of ours, in seconds; never used with a fixed time.
    pub clock_skew_seconds: i64,
    /// When each certificate of a chain has to be valid: all at one time, or each when its key was used
    /// (EN 319 102-1 §5.2.6 step 4). Chains of some trusted-list services are made for the latter.
    #[serde(default)]
    pub validity_model: x509::ValidityModel,
}

/// The names [`Policy::named`] knows.
pub const NAMES: &[&str] = &["default", "strict", "preservation"];

impl Default for Policy {
    fn default() -> Self {
        Self::build("default", |row| row.default)
    }
}

impl Policy {
    /// The stricter policy: no tolerance in encodings or structure, every attribute as the baseline profile asks.
    pub fn strict() -> Self {
        let mut policy = Self::build("strict", |row| row.strict);
        policy.clock_skew_seconds = 60;
        policy.algorithms.level_after_update = Level::Fail;
        policy
    }

    /// The default with the three relaxations of Italian preservation practice: signing time, its
    /// place within the certificate's validity, and expired issuers of revocation data only warn.
    pub fn preservation() -> Self {
        let mut policy = Self { name: "preservation".to_owned(), ..Self::default() };
        for code in
            [Code::SigningTimeMissing, Code::SigningTimeOutOfRange, Code::RevocationIssuerExpired]
        {
            policy.set(code, Level::Warn);
        }
        policy
    }

    /// A policy by its name, one of [`NAMES`].
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "default" => Some(Self::default()),
            "strict" => Some(Self::strict()),
            "preservation" => Some(Self::preservation()),
            _ => None,
        }
    }

    fn build(name: &str, level: impl Fn(&RowSource) -> Level) -> Self {
        let rows = ROWS
            .iter()
            .map(|row| (row.code, Row { level: level(row), clause: row.clause.to_owned() }))
            .collect();
        Self {
            name: name.to_owned(),
            rows,
            algorithms: AlgorithmSuite::ts_119_312(),
            accepted_signature_policies: Vec::new(),
            revocation_freshness_seconds: None,
            timestamp_delay_seconds: None,
            clock_skew_seconds: 300,
            validity_model: x509::ValidityModel::Shell,
        }
    }

    /// The level of a check; a row that is missing fails, so that a gap in a policy never helps a signature.
    pub fn level(&self, code: Code) -> Level {
        self.rows.get(&code).map_or(Level::Fail, |row| row.level)
    }

    /// The clause of a check.
    pub fn clause(&self, code: Code) -> &str {
        self.rows.get(&code).map_or("", |row| row.clause.as_str())
    }

    /// Sets the level of a check, keeping its clause.
    pub fn set(&mut self, code: Code, level: Level) {
        let clause = self.clause(code).to_owned();
        self.rows.insert(code, Row { level, clause });
    }
}

struct RowSource {
    code: Code,
    default: Level,
    strict: Level,
    clause: &'static str,
}

const fn row(code: Code, default: Level, strict: Level, clause: &'static str) -> RowSource {
    RowSource { code, default, strict, clause }
}

const FC: &str = "EN 319 102-1 §5.2.2";
const ISC: &str = "EN 319 102-1 §5.2.3";
const VCI: &str = "EN 319 102-1 §5.2.4";
const RFC: &str = "EN 319 102-1 §5.2.5";
const XCV: &str = "EN 319 102-1 §5.2.6";
const CV: &str = "EN 319 102-1 §5.2.7";
const SAV: &str = "EN 319 102-1 §5.2.8";
const BASIC: &str = "EN 319 102-1 §5.3";
const TST: &str = "EN 319 102-1 §5.4";
const LTVM: &str = "EN 319 102-1 §5.5";
const LTA: &str = "EN 319 102-1 §5.6";

use Level::{Fail, Ignore, Info, Warn};

/// Every check, with its level in the default and in the strict policy.
#[rustfmt::skip]
const ROWS: &[RowSource] = &[
    row(Code::StructureUnreadable, Fail, Fail, FC),
    row(Code::StructureAmbiguous, Fail, Fail, FC),
    row(Code::StructureDeviation, Warn, Fail, FC),
    row(Code::AlgorithmsDisagree, Warn, Fail, "RFC 5652 §5.3"),
    row(Code::SignedAttributesAsContent, Fail, Fail, "RFC 5652 §5.4"),
    row(Code::TrailingBytes, Warn, Fail, FC),
    row(Code::FetchFailed, Warn, Warn, XCV),
    row(Code::WrappingRemoved, Info, Info, FC),
    row(Code::ContainerUnsafe, Fail, Fail, "EN 319 162-1 §A.1"),
    row(Code::ContainerFilesCovered, Info, Info, "EN 319 162-1 §4.4.4"),
    // What these three mean for the signature is decided by the digest of the content.
    row(Code::ContainerFileAltered, Warn, Warn, "EN 319 162-1 §4.4.4"),
    row(Code::ContainerFileMissing, Warn, Warn, "EN 319 162-1 §4.4.4"),
    row(Code::ContainerFileUnchecked, Warn, Warn, "EN 319 162-1 §4.4.4"),
    row(Code::ContainerFileUncovered, Warn, Fail, "EN 319 162-1 §4.4.4"),
    row(Code::ContainerFileUnknown, Info, Warn, "EN 319 162-1 §4.4.3"),
    row(Code::ContainerSignatureMissing, Fail, Fail, "EN 319 162-1 §A.4"),
    row(Code::InnerFileNotJudged, Warn, Warn, FC),
    row(Code::ContainerManifestMissing, Warn, Warn, "EN 319 162-1 §4.4.4"),
    row(Code::ContainerManifestUnreadable, Warn, Fail, "EN 319 162-1 §A.4"),
    row(Code::ContainerCriticalExtension, Fail, Fail, "EN 319 162-1 §A.4"),
    row(Code::ContainerObjectAmbiguous, Warn, Fail, "EN 319 162-1 §4.3.3"),
    row(Code::ContainerDeviation, Info, Warn, "EN 319 162-1 §A.1"),
    row(Code::ContainerEvidenceRecord, Info, Info, "EN 319 162-1 §4.4.3"),
    row(Code::ContainerXmlSignature, Warn, Warn, "EN 319 162-1 §4.4.3"),
    row(Code::SigningCertificateNotFound, Fail, Fail, ISC),
    row(Code::SigningCertificateMismatch, Fail, Fail, ISC),
    row(Code::SigningCertificateIssuerSerialMismatch, Warn, Fail, ISC),
    row(Code::SignaturePolicyMissing, Ignore, Ignore, VCI),
    row(Code::SignaturePolicyNotAccepted, Fail, Fail, VCI),
    row(Code::SignaturePolicyUnavailable, Info, Fail, VCI),
    row(Code::SignaturePolicyStoreMissing, Ignore, Ignore, VCI),
    row(Code::SignaturePolicyHashMismatch, Warn, Fail, VCI),
    row(Code::ChainNotFound, Fail, Fail, XCV),
    row(Code::ChainIncomplete, Info, Info, XCV),
    row(Code::SearchLimited, Warn, Warn, XCV),
    row(Code::AnchorPurpose, Fail, Fail, XCV),
    row(Code::AnchorSunset, Fail, Fail, XCV),
    row(Code::CertificateSignatureInvalid, Fail, Fail, "RFC 5280 §6.1.3"),
    row(Code::CertificateNotCa, Fail, Fail, "RFC 5280 §6.1.4 k"),
    row(Code::CertificatePathLength, Fail, Fail, "RFC 5280 §6.1.4 l"),
    row(Code::CertificateIssuerName, Fail, Fail, "RFC 5280 §6.1.3 a"),
    row(Code::CertificateNameConstraints, Fail, Fail, "RFC 5280 §6.1.3 b"),
    row(Code::CertificatePolicyTree, Fail, Fail, "RFC 5280 §6.1.5 g"),
    row(Code::CertificateCriticalExtension, Fail, Fail, "RFC 5280 §6.1.4 o"),
    row(Code::CertificateCaKeyUsage, Fail, Fail, "RFC 5280 §6.1.4 n"),
    row(Code::CertificatePathInvalid, Fail, Fail, "RFC 5280 §6.1"),
    row(Code::CertificateForbiddenExtension, Fail, Fail, XCV),
    row(Code::CertificateKeyUsage, Warn, Fail, "EN 319 412-2 §4.3.2"),
    row(Code::CertificateSelfSigned, Warn, Fail, XCV),
    row(Code::CertificateNotQualified, Ignore, Ignore, "EN 319 412-5 §4.2.1"),
    row(Code::CertificateUsageLimit, Info, Info, "EN 319 412-5 §4.3.2"),
    row(Code::TsaKeyPurpose, Fail, Fail, "RFC 3161 §2.3"),
    row(Code::CertificateRevoked, Fail, Fail, XCV),
    row(Code::CaRevoked, Fail, Fail, XCV),
    row(Code::CertificateOnHold, Fail, Fail, XCV),
    row(Code::CertificateOutOfValidity, Fail, Fail, XCV),
    row(Code::CaOutOfValidity, Fail, Fail, "RFC 5280 §6.1.3 a"),
    row(Code::BestTimeBeforeCertificate, Fail, Fail, LTVM),
    row(Code::RevocationMissing, Fail, Fail, XCV),
    row(Code::RevocationUnacceptable, Fail, Fail, XCV),
    // Beyond the practice of DSS, which takes data of any age: nothing proves the status after nextUpdate.
    row(Code::RevocationExpired, Fail, Fail, RFC),
    row(Code::RevocationNotFresh, Warn, Fail, RFC),
    row(Code::RevocationIssuerExpired, Fail, Fail, XCV),
    row(Code::CrlNextUpdateMissing, Warn, Fail, "RFC 5280 §5.1.2.5"),
    row(Code::RsiStatusUnknown, Info, Info, "RFC 6960 §2.2"),
    row(Code::RsiIssuerUnknown, Info, Info, XCV),
    row(Code::RsiIssuerUntrusted, Info, Info, XCV),
    row(Code::RsiIssuerRevoked, Info, Info, XCV),
    row(Code::RsiIssuerStatusUnknown, Info, Info, XCV),
    row(Code::RsiSignatureInvalid, Info, Info, XCV),
    row(Code::RsiThisUpdateMissing, Info, Info, XCV),
    row(Code::RsiIssuerInvalidAtProduction, Info, Info, XCV),
    row(Code::RsiResponderIdMismatch, Info, Info, "RFC 6960 §4.2.1"),
    row(Code::RsiCertHashMismatch, Info, Info, XCV),
    row(Code::RsiNotAuthorised, Info, Info, "RFC 6960 §4.2.2.2"),
    row(Code::RsiBeforeCertificate, Info, Info, XCV),
    row(Code::RsiExpiredNotCovered, Info, Info, XCV),
    row(Code::RsiFromFuture, Info, Info, XCV),
    row(Code::RsiScope, Info, Info, "RFC 5280 §6.3.3 b"),
    row(Code::RsiUnusable, Info, Info, "RFC 5280 §5.2"),
    row(Code::ContentMissing, Fail, Fail, CV),
    row(Code::ContentDigestMismatch, Fail, Fail, CV),
    row(Code::ContentDigestOtherAlgorithm, Fail, Fail, CV),
    row(Code::ContentNotChecked, Fail, Fail, CV),
    row(Code::SignatureValueInvalid, Fail, Fail, CV),
    row(Code::SignatureValueUnchecked, Fail, Fail, CV),
    row(Code::SignatureAlgorithmUnsupported, Fail, Fail, CV),
    row(Code::SignedAttributesReordered, Warn, Fail, "RFC 5652 §5.4"),
    row(Code::SignatureTolerance, Warn, Fail, CV),
    row(Code::SignedAttributesMissing, Fail, Fail, SAV),
    row(Code::SigningCertificateAttributeMissing, Fail, Fail, SAV),
    row(Code::SigningCertificateAttributeTwice, Warn, Fail, "EN 319 122-1 §5.2.2"),
    row(Code::AttributeDuplicated, Fail, Fail, "RFC 5652 §11"),
    row(Code::AttributeMalformed, Fail, Fail, "RFC 5652 §11"),
    row(Code::ReferenceOutOfPath, Warn, Fail, SAV),
    row(Code::PathNotReferenced, Ignore, Ignore, SAV),
    row(Code::ReferenceWeakDigest, Warn, Fail, SAV),
    row(Code::SigningTimeMissing, Fail, Fail, SAV),
    row(Code::SigningTimeOutOfRange, Fail, Fail, SAV),
    row(Code::SigningTimeLate, Info, Warn, SAV),
    row(Code::ContentTypeMissing, Fail, Fail, "RFC 5652 §11.1"),
    row(Code::ContentTypeMismatch, Fail, Fail, "RFC 5652 §11.1"),
    row(Code::MessageDigestMissing, Fail, Fail, "RFC 5652 §11.2"),
    row(Code::AlgorithmProtectionMismatch, Fail, Fail, "RFC 6211 §2"),
    row(Code::ReferencedValueMissing, Warn, Fail, "EN 319 122-1 §A.1"),
    row(Code::AlgorithmNotAcceptable, Fail, Fail, "TS 119 312 §9"),
    row(Code::AlgorithmNeverAcceptable, Fail, Fail, "TS 119 312 §9"),
    // Its level is the suite's `level_after_update`; the row gives the clause.
    row(Code::AlgorithmAged, Warn, Fail, "TS 119 312 §9"),
    row(Code::ImprintMismatch, Fail, Fail, TST),
    row(Code::ImprintUnchecked, Fail, Fail, TST),
    row(Code::HashIndexInvalid, Fail, Fail, "EN 319 122-1 §5.5.2"),
    row(Code::HashIndexDetail, Info, Info, "EN 319 122-1 §5.5.2"),
    row(Code::HashIndexElsewhere, Warn, Fail, "EN 319 122-1 §5.5.2"),
    row(Code::HashIndexOld, Info, Info, "EN 319 122-1 §A.2.6"),
    row(Code::TsaNameMismatch, Warn, Fail, "RFC 3161 §2.4.2"),
    row(Code::TimestampFromFuture, Fail, Fail, TST),
    row(Code::TimestampOutsideTsaValidity, Fail, Fail, TST),
    row(Code::TimestampNotUsed, Warn, Warn, LTVM),
    row(Code::TimestampRequired, Ignore, Ignore, LTVM),
    row(Code::SignatureTimestampMissing, Ignore, Ignore, LTVM),
    row(Code::TimestampOrder, Warn, Fail, LTVM),
    row(Code::TimestampDelay, Fail, Fail, LTVM),
    row(Code::ContentTimestampAfterRevocation, Fail, Fail, BASIC),
    row(Code::ContentTimestampAfterExpiry, Fail, Fail, BASIC),
    row(Code::ArchiveProofUsed, Info, Info, LTA),
    row(Code::ArchiveProofMissing, Info, Info, LTA),
    row(Code::TimeReferenceUsed, Info, Info, LTVM),
    row(Code::TimeReferenceFromFuture, Warn, Warn, LTVM),
    row(Code::TimeReferenceMismatch, Warn, Warn, LTVM),
];

/// The end of an algorithm: a moment, or `None` = no end known.
pub type End = Option<Time>;

/// The acceptable algorithms (TS 119 312), with the dates they end at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlgorithmSuite {
    /// Which list this is.
    pub source: String,
    /// Digests; one that is not listed is not acceptable.
    pub digests: BTreeMap<String, End>,
    /// Schemes by name: smallest key size in bits, and the end of keys of at least that size.
    pub schemes: BTreeMap<String, Vec<KeyRow>>,
    /// Ends after this date are the list's forecast …
    pub update: Time,
    /// … and weigh this much once they are reached.
    pub level_after_update: Level,
}

/// One key size of a scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Smallest size in bits.
    pub bits: u32,
    /// The end of keys of at least this size.
    pub end: End,
}

/// What an algorithm suite says about one use of an algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// Acceptable.
    Good,
    /// Past a forecast end date, at the suite's level.
    Aged(Time),
    /// Past its end date.
    Ended(Time),
    /// Not in the list, or the key is below the smallest size.
    Never,
}

impl AlgorithmSuite {
    /// TS 119 312 V1.5.1, with the end dates European validators ship.
    pub fn ts_119_312() -> Self {
        // 1900 and 3000 instead of 2048 and 3072: moduli a few bits short are in use.
        let rsa_pkcs1 =
            [(786, "2010-08-01"), (1024, "2019-10-01"), (1900, "2029-01-01"), (3000, "2029-01-01")];
        let rsa_pss = [(786, "2010-08-01"), (1024, "2019-10-01"), (1900, "2029-01-01"), (3000, "")];
        let dsa = [(1024, "2015-12-01"), (1900, "2029-01-01"), (3000, "")];
        let ecdsa = [(160, "2012-08-01"), (224, "2021-10-01"), (256, "")];
        let digests = [
            ("MD5", "2004-08-01"),
            ("SHA-1", "2012-08-01"),
            ("RIPEMD-160", "2014-08-01"),
            ("WHIRLPOOL", "2020-12-01"),
            ("SHA-224", "2029-01-01"),
            ("SHA-256", ""),
            ("SHA-384", ""),
            ("SHA-512", ""),
            ("SHA3-256", ""),
            ("SHA3-384", ""),
            ("SHA3-512", ""),
        ];
        let rows = |list: &[(u32, &str)]| {
            list.iter().map(|(bits, end)| KeyRow { bits: *bits, end: date(end) }).collect()
        };
        Self {
            source: "ETSI TS 119 312 V1.5.1".to_owned(),
            digests: digests.iter().map(|(name, end)| ((*name).to_owned(), date(end))).collect(),
            schemes: BTreeMap::from([
                ("RSA".to_owned(), rows(&rsa_pkcs1)),
                ("RSASSA-PSS".to_owned(), rows(&rsa_pss)),
                ("DSA".to_owned(), rows(&dsa)),
                ("ECDSA".to_owned(), rows(&ecdsa)),
            ]),
            update: date("2024-10-13").unwrap_or_default(),
            level_after_update: Level::Warn,
        }
    }

    /// Whether a digest is acceptable at `at`.
    pub fn digest(&self, name: &str, at: Time) -> Acceptance {
        let wanted = canonical(name);
        match self.digests.iter().find(|(listed, _)| canonical(listed) == wanted) {
            Some((_, end)) => self.ended(*end, at),
            None => Acceptance::Never,
        }
    }

    /// Whether a key of `bits` is acceptable for a scheme at `at`. An unknown size is not.
    pub fn key(&self, scheme: &str, bits: Option<u32>, at: Time) -> Acceptance {
        let (Some(rows), Some(bits)) = (self.schemes.get(scheme), bits) else {
            return Acceptance::Never;
        };
        match rows.iter().filter(|row| row.bits <= bits).max_by_key(|row| row.bits) {
            Some(row) => self.ended(row.end, at),
            None => Acceptance::Never,
        }
    }

    fn ended(&self, end: End, at: Time) -> Acceptance {
        match end {
            Some(end) if at >= end && end > self.update && self.level_after_update != Fail => {
                Acceptance::Aged(end)
            }
            Some(end) if at >= end => Acceptance::Ended(end),
            _ => Acceptance::Good,
        }
    }
}

/// Letters and digits only, upper case, so that `sha256` and `SHA-256` are the same name.
fn canonical(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Midnight UTC of `yyyy-mm-dd`; the empty text is no date.
fn date(text: &str) -> End {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(DateTime::<Utc>::from_naive_utc_and_offset(day.and_time(NaiveTime::MIN), Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        date(text).expect("date")
    }

    #[test]
    fn every_code_has_a_row_with_a_clause() {
        for policy in NAMES.iter().map(|name| Policy::named(name).expect("known")) {
            for code in Code::ALL {
                let row = policy.rows.get(code);
                assert!(row.is_some_and(|row| !row.clause.is_empty()), "{}", code.as_str());
            }
            assert_eq!(policy.rows.len(), Code::ALL.len());
        }
    }

    #[test]
    fn strict_is_never_milder_than_default() {
        for row in ROWS {
            assert!(row.strict <= row.default, "{}", row.code.as_str());
        }
    }

    #[test]
    fn a_policy_survives_json() {
        let policy = Policy::strict();
        let json = serde_json::to_string(&policy).expect("json");
        assert_eq!(serde_json::from_str::<Policy>(&json).expect("policy"), policy);
    }

    #[test]
    fn a_missing_row_fails() {
        let mut policy = Policy::default();
        policy.rows.remove(&Code::StructureDeviation);
        assert_eq!(policy.level(Code::StructureDeviation), Level::Fail);
    }

    #[test]
    fn end_dates_are_those_of_the_list() {
        let suite = AlgorithmSuite::ts_119_312();
        let now = at("2026-01-01");
        assert_eq!(suite.digest("sha1", now), Acceptance::Ended(at("2012-08-01")));
        assert_eq!(suite.digest("SHA-1", at("2012-07-31")), Acceptance::Good);
        assert_eq!(suite.digest("SHA-1", at("2012-08-01")), Acceptance::Ended(at("2012-08-01")));
        assert_eq!(suite.digest("MD5", now), Acceptance::Ended(at("2004-08-01")));
        assert_eq!(suite.digest("MD2", now), Acceptance::Never);
        assert_eq!(suite.digest("SHA-256", now), Acceptance::Good);
        assert_eq!(suite.key("RSA", Some(2047), now), Acceptance::Good);
        assert_eq!(suite.key("RSA", Some(1024), now), Acceptance::Ended(at("2019-10-01")));
        assert_eq!(suite.key("RSA", Some(512), now), Acceptance::Never);
        assert_eq!(suite.key("RSA", None, now), Acceptance::Never);
        assert_eq!(suite.key("ECDSA", Some(256), now), Acceptance::Good);
        assert_eq!(suite.key("EdDSA", Some(256), now), Acceptance::Never);
        assert_eq!(
            suite.key("RSA", Some(2048), at("2029-01-01")),
            Acceptance::Aged(at("2029-01-01"))
        );
        assert_eq!(
            Policy::strict().algorithms.key("RSA", Some(2048), at("2029-01-01")),
            Acceptance::Ended(at("2029-01-01"))
        );
    }
}

//! Trust anchors (RFC 5280 §6.1.1 (d), ETSI EN 319 102-1 §5.2.6).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Certificate;

/// What an anchor may vouch for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AnchorPurpose {
    /// Certificates of signatures and seals.
    Signature,
    /// Certificates of time-stamp authorities.
    TimeStamp,
    /// Certificates of OCSP responders and CRL issuers.
    Revocation,
}

/// How far the anchor's own certificate binds the paths below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorConstraints {
    /// basicConstraints, keyUsage, name and policy constraints bind (RFC 5937).
    #[default]
    Enforced,
    /// Only its name and key count (RFC 5280 §6.1.1).
    Ignored,
}

/// A certificate somebody decided to trust, for what and since when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrustAnchor {
    /// The certificate.
    pub certificate: Certificate,
    /// What it may vouch for.
    pub purposes: BTreeSet<AnchorPurpose>,
    /// Where the trust comes from, for the report: a file, a trusted list.
    pub source: String,
    /// Trust begins here, when a trusted list says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_from: Option<DateTime<Utc>>,
    /// Trust ends here, itself excluded (EN 319 102-1 V1.4.1 sunset date).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sunset: Option<DateTime<Utc>>,
    /// How far the certificate binds the paths below it.
    #[serde(default)]
    pub constraints: AnchorConstraints,
}

impl TrustAnchor {
    /// An anchor for everything and for ever, as `--trust` gives it.
    #[must_use]
    pub fn new(certificate: Certificate, source: impl Into<String>) -> Self {
        use AnchorPurpose::{Revocation, Signature, TimeStamp};
        Self {
            certificate,
            purposes: BTreeSet::from([Signature, TimeStamp, Revocation]),
            source: source.into(),
            trusted_from: None,
            sunset: None,
            constraints: AnchorConstraints::Enforced,
        }
    }

    /// Whether it may vouch for this.
    #[must_use]
    pub fn serves(&self, purpose: AnchorPurpose) -> bool {
        self.purposes.contains(&purpose)
    }

    /// Whether it is trusted at this time.
    #[must_use]
    pub fn is_trusted_at(&self, at: DateTime<Utc>) -> bool {
        self.trusted_from.is_none_or(|from| from <= at) && self.sunset.is_none_or(|end| at < end)
    }
}

//! Indications and sub-indications (EN 319 102-1 §5.1.3, TS 119 102-2 §4.2.8).
//!
//! Names only; which of them applies is decided in [`crate::judge()`].

use serde::{Deserialize, Serialize};

/// The result of one signature (EN 319 102-1 §5.1.3 table 5), ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Indication {
    /// Every check of the policy passed.
    #[serde(rename = "TOTAL-PASSED")]
    TotalPassed,
    /// What is at hand does not suffice to say yes or no.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// The signature is not valid.
    #[serde(rename = "TOTAL-FAILED")]
    TotalFailed,
}

impl Indication {
    /// The name as reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::TotalFailed => "TOTAL-FAILED",
        }
    }
}

/// The result of one building block, time-stamp or piece of revocation data (§5.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// The block's checks passed.
    Passed,
    /// The block could not conclude.
    Indeterminate,
    /// The block's checks failed.
    Failed,
}

impl Status {
    /// The name as reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::Failed => "FAILED",
        }
    }
}

impl From<Status> for Indication {
    fn from(status: Status) -> Self {
        match status {
            Status::Passed => Self::TotalPassed,
            Status::Indeterminate => Self::Indeterminate,
            Status::Failed => Self::TotalFailed,
        }
    }
}

/// The verdict on a whole input: the worst of its signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Every signature passed.
    #[serde(rename = "TOTAL-PASSED")]
    TotalPassed,
    /// None failed, at least one could not be decided.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// At least one signature failed.
    #[serde(rename = "TOTAL-FAILED")]
    TotalFailed,
    /// Nothing to judge. Never a success.
    #[serde(rename = "NO-SIGNATURE")]
    NoSignature,
}

impl Verdict {
    /// The name as reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::TotalFailed => "TOTAL-FAILED",
            Self::NoSignature => "NO-SIGNATURE",
        }
    }
}

impl From<Indication> for Verdict {
    fn from(indication: Indication) -> Self {
        match indication {
            Indication::TotalPassed => Self::TotalPassed,
            Indication::Indeterminate => Self::Indeterminate,
            Indication::TotalFailed => Self::TotalFailed,
        }
    }
}

macro_rules! sub_indications {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// Why a result is not PASSED (§5.1.3 tables 6 and 7).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum SubIndication { $($(#[$doc])* #[serde(rename = $name)] $variant,)+ }

        impl SubIndication {
            /// Every sub-indication, in the order of the standard's table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name as the standard writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

sub_indications! {
    /// The object does not conform to a base format, or is ambiguous.
    FormatFailure = "FORMAT_FAILURE",
    /// A digest differs from the signed one.
    HashFailure = "HASH_FAILURE",
    /// The signature value does not verify.
    SigCryptoFailure = "SIG_CRYPTO_FAILURE",
    /// Proven to be made after the certificate was revoked.
    Revoked = "REVOKED",
    /// Proven to be made after the certificate expired.
    Expired = "EXPIRED",
    /// Proven to be made before the certificate began.
    NotYetValid = "NOT_YET_VALID",
    /// A constraint on the signature's elements is not met.
    SigConstraintsFailure = "SIG_CONSTRAINTS_FAILURE",
    /// The chain is valid but not of the kind the policy asks.
    ChainConstraintsFailure = "CHAIN_CONSTRAINTS_FAILURE",
    /// The chain does not validate, or has no acceptable revocation data.
    CertificateChainGeneralFailure = "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    /// An algorithm was no longer acceptable when the object was made.
    CryptoConstraintsFailure = "CRYPTO_CONSTRAINTS_FAILURE",
    /// An algorithm is no longer acceptable and nothing proves the object older.
    CryptoConstraintsFailureNoPoe = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    /// The signature policy is unusable.
    PolicyProcessingError = "POLICY_PROCESSING_ERROR",
    /// The signature policy is named but not at hand.
    SignaturePolicyNotAvailable = "SIGNATURE_POLICY_NOT_AVAILABLE",
    /// Time-stamps contradict each other.
    TimestampOrderFailure = "TIMESTAMP_ORDER_FAILURE",
    /// The signing certificate is not at hand or not the one referred to.
    NoSigningCertificateFound = "NO_SIGNING_CERTIFICATE_FOUND",
    /// No path to a trust anchor.
    NoCertificateChainFound = "NO_CERTIFICATE_CHAIN_FOUND",
    /// A path exists, but its anchor is no longer (or not yet) trusted.
    NoCertificateChainFoundNoPoe = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE",
    /// The certificate is revoked and nothing proves the signature older.
    RevokedNoPoe = "REVOKED_NO_POE",
    /// A CA is revoked and nothing proves the signature older.
    RevokedCaNoPoe = "REVOKED_CA_NO_POE",
    /// The certificate is out of its validity, known not to be revoked.
    OutOfBoundsNotRevoked = "OUT_OF_BOUNDS_NOT_REVOKED",
    /// The certificate is out of its validity and nothing proves the signature older.
    OutOfBoundsNoPoe = "OUT_OF_BOUNDS_NO_POE",
    /// The issuer of the revocation data is out of its validity.
    RevocationOutOfBoundsNoPoe = "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    /// A proof of existence is missing.
    NoPoe = "NO_POE",
    /// Later revocation data may decide: on hold, or data not fresh.
    TryLater = "TRY_LATER",
    /// Signed data is not at hand.
    SignedDataNotFound = "SIGNED_DATA_NOT_FOUND",
    /// Another reason, named by the findings.
    Generic = "GENERIC",
}

impl SubIndication {
    /// Whether the standard reports this one as FAILED; the others are INDETERMINATE.
    pub const fn is_failed(self) -> bool {
        matches!(
            self,
            Self::FormatFailure
                | Self::HashFailure
                | Self::SigCryptoFailure
                | Self::Revoked
                | Self::Expired
                | Self::NotYetValid
        )
    }

    /// The block-level status that goes with this sub-indication.
    pub const fn status(self) -> Status {
        if self.is_failed() { Status::Failed } else { Status::Indeterminate }
    }
}

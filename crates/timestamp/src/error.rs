//! What keeps a time-stamp from being read or obtained.

use crate::AuthorityError;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Errors of reading tokens and of asking authorities for them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The octets are neither a time-stamp response nor a token.
    #[error("this is not a time-stamp")]
    NotATimestamp,
    /// The token's SignedData cannot be read.
    #[error("the time-stamp token cannot be read")]
    Token(#[source] cms::Error),
    /// The TSTInfo cannot be read.
    #[error("the TSTInfo of the time-stamp cannot be read")]
    TstInfo(#[source] asn1::Error),
    /// The token does not have exactly one signer (RFC 3161 §2.4.2).
    #[error("the time-stamp has {found} signers where one is required")]
    Signers {
        /// How many it has.
        found: usize,
    },
    /// The authority refused (RFC 3161 §2.4.2 `PKIStatus`).
    #[error("the time-stamp authority refused the request: status {status}{}", reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default())]
    Refused {
        /// `status`.
        status: u64,
        /// `statusString` and the names of `failInfo`.
        reason: Option<String>,
    },
    /// The answer has no token.
    #[error("the time-stamp authority granted the request but sent no token")]
    NoToken,
    /// The token is over another digest than the one sent.
    #[error("the time-stamp is over another digest than the one sent")]
    WrongImprint,
    /// The token does not repeat the nonce: it may be an old one.
    #[error("the time-stamp does not repeat the nonce of the request")]
    WrongNonce,
    /// The token was made under another policy than the one asked for.
    #[error("the time-stamp was made under policy {found} instead of {expected}")]
    WrongPolicy {
        /// Policy asked for.
        expected: asn1::Oid,
        /// Policy of the token.
        found: asn1::Oid,
    },
    /// The signature of the token does not hold.
    #[error("the signature of the time-stamp does not verify: {what}")]
    BadSignature {
        /// What is wrong.
        what: &'static str,
    },
    /// The authority's certificate is not one for time-stamping.
    #[error("the certificate {subject} is not one for time-stamping: {what}")]
    NotForTimestamping {
        /// Subject of the certificate.
        subject: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The authority's certificate was not valid at the time it stamped.
    #[error("the certificate {subject} of the time-stamp authority is not valid at {at}")]
    CertificateNotValid {
        /// Subject of the certificate.
        subject: String,
        /// `genTime`.
        at: chrono::DateTime<chrono::Utc>,
    },
    /// The exchange with an authority failed.
    #[error("the time-stamp authority {authority} could not be reached")]
    Exchange {
        /// Its name.
        authority: String,
        /// Why.
        #[source]
        source: AuthorityError,
    },
    /// An authority answered with something that cannot be used.
    #[error("the answer of the time-stamp authority {authority} cannot be used")]
    Answer {
        /// Its name.
        authority: String,
        /// Why.
        #[source]
        source: Box<Error>,
    },
    /// No authority of the list gave a usable time-stamp; the reasons in order.
    #[error("none of the {} time-stamp authorities gave a usable time-stamp: {}", reasons.len(), describe(reasons))]
    AllFailed {
        /// One error for each authority, in order.
        reasons: Vec<Error>,
    },
    /// No random nonce could be had.
    #[error("no random octets for the nonce")]
    Random(#[source] crypto::Error),
    /// No authority was named.
    #[error("no time-stamp authority is named")]
    NoAuthority,
}

/// The errors with their causes, in one line.
fn describe(reasons: &[Error]) -> String {
    let line = |error: &Error| {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    };
    reasons.iter().map(line).collect::<Vec<_>>().join("; ")
}

impl Error {
    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotATimestamp => {
                Some("a .tsr file holds a TimeStampResp or a token, in DER, base64 or PEM")
            }
            Self::Refused { .. } => {
                Some("ask the authority, or name another one with a further --tsa")
            }
            Self::NoAuthority => Some("name one with --tsa URL"),
            Self::Exchange { .. } | Self::AllFailed { .. } => Some(
                "check the address and the network, or name another authority with a further --tsa",
            ),
            Self::WrongImprint
            | Self::WrongNonce
            | Self::WrongPolicy { .. }
            | Self::BadSignature { .. }
            | Self::NotForTimestamping { .. }
            | Self::CertificateNotValid { .. }
            | Self::NoToken
            | Self::Answer { .. } => {
                Some("nothing was written: name another authority with a further --tsa")
            }
            Self::Token(error) => error.hint(),
            Self::TstInfo(error) => error.hint(),
            Self::Signers { .. } | Self::Random(_) => None,
        }
    }
}

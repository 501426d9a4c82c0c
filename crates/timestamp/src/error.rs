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
    /// The octets are no TimeStampedData.
    #[error("this is not a TimeStampedData")]
    NotTimeStampedData,
    /// The encoding of a TimeStampedData is broken or over a limit.
    #[error("{while_reading} cannot be read")]
    Encoding {
        /// The structure at hand, in the words of RFC 5544.
        while_reading: &'static str,
        /// What is wrong.
        #[source]
        source: asn1::Error,
    },
    /// More time-stamps than anybody needs.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A time-stamp of a TimeStampedData is not over what it should be over, or its signature does
    /// not hold: a further one on top of it would prove nothing.
    #[error("time-stamp {number} of the file does not hold: {what}")]
    BrokenChain {
        /// Which, from 1.
        number: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A MIME message that is not one signature and one time-stamp.
    #[error("this message is no M7M: {what}")]
    NotM7m {
        /// What it lacks or has too much of.
        what: &'static str,
    },
    /// An M7M message that is cut or malformed.
    #[error("the M7M message is broken: {what}")]
    M7m {
        /// What is wrong.
        what: &'static str,
    },
    /// The content has another size than announced: it changed while it was read.
    #[error("the content has {found} octets where {expected} were announced")]
    ContentSize {
        /// Octets announced.
        expected: u64,
        /// Octets met.
        found: u64,
    },
    /// Reading or writing failed.
    #[error("reading or writing failed")]
    Io(#[from] std::io::Error),
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
            Self::Encoding { source, .. } => source.hint(),
            Self::NotTimeStampedData | Self::NotM7m { .. } => {
                Some("check that this is the time-stamped file and not another one")
            }
            Self::BrokenChain { .. } => Some("look at it with: ceralacca verify"),
            Self::M7m { .. } => Some("the file is incomplete or damaged: ask for it again"),
            Self::TooMany { .. } => Some("no honest file comes near this limit"),
            Self::ContentSize { .. } => Some(
                "the file changed while it was read: close the program that writes it and try again",
            ),
            Self::Signers { .. } | Self::Random(_) | Self::Io(_) => None,
        }
    }
}

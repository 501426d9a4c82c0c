//! What keeps a CAdES file from being made or read.

use crypto::DigestAlgorithm;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Errors of creating, changing and reading CAdES files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The SignedData cannot be read or written.
    #[error(transparent)]
    Cms(#[from] cms::Error),
    /// The key could not sign, or what it made does not verify.
    #[error("the key of {subject} did not make a signature")]
    Key {
        /// Subject of the signer's certificate.
        subject: String,
        /// Why.
        #[source]
        source: crypto::Error,
    },
    /// Key and certificate do not belong together.
    #[error("the key does not belong to the certificate of {subject}")]
    KeyMismatch {
        /// Subject of the certificate.
        subject: String,
    },
    /// No time-stamp could be had.
    #[error("the time-stamp could not be obtained")]
    Timestamp(#[source] timestamp::Error),
    /// No signer was named.
    #[error("no signer is named")]
    NoSigner,
    /// The content was not hashed with what a signer needs.
    #[error("the content was not hashed with {algorithm}")]
    NotHashed {
        /// The missing digest.
        algorithm: DigestAlgorithm,
    },
    /// The content is not the one the signatures are over.
    #[error("the content is not the one that signature {signer} is over")]
    WrongContent {
        /// Number of the signer, from 1.
        signer: usize,
    },
    /// The caller looked at what is in the file and refused to go on.
    #[error("refused")]
    Refused,
    /// The file has its content inside already.
    #[error("the signature has its content inside already")]
    AlreadyAttached,
    /// The file has no content inside.
    #[error("the signature has no content inside")]
    Detached,
    /// The file holds no signature at all.
    #[error("the file holds no signature")]
    NoSignature,
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

impl Error {
    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Cms(error) => error.hint(),
            Self::Key { source, .. } => source.hint(),
            Self::Timestamp(error) => error.hint(),
            Self::KeyMismatch { .. } => Some("give the certificate that was issued for this key"),
            Self::WrongContent { .. } => Some("give the very file that was signed, unchanged"),
            Self::AlreadyAttached => Some("give the .p7m alone, without --content"),
            Self::Detached => Some("name the signed file with --content"),
            Self::ContentSize { .. } => Some(
                "the file changed while it was read: close the program that writes it and try again",
            ),
            Self::Refused
            | Self::NoSigner
            | Self::NotHashed { .. }
            | Self::NoSignature
            | Self::Io(_) => None,
        }
    }
}

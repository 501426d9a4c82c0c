//! What keeps a CAdES file from being made or read.

use crypto::DigestAlgorithm;

use crate::SignatureId;

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
    /// A TimeStampedData or an M7M message cannot be read.
    #[error(transparent)]
    Stamped(timestamp::Error),
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
    /// An attribute has a value that cannot be read.
    #[error("the attribute {attribute} cannot be read")]
    Attribute {
        /// Its name.
        attribute: &'static str,
        /// Why.
        #[source]
        source: asn1::Error,
    },
    /// An archive time-stamp that needs an ats-hash-index has none (EN 319 122-1 §5.5.3).
    #[error("the archive time-stamp has no ats-hash-index")]
    NoHashIndex,
    /// An archive time-stamp has more than one ats-hash-index.
    #[error("the archive time-stamp has more than one ats-hash-index")]
    ManyHashIndexes,
    /// The digest of an ats-hash-index is not known.
    #[error("the digest of the ats-hash-index is not known")]
    HashIndexDigest {
        /// Why.
        #[source]
        source: crypto::Error,
    },
    /// The text names no signature.
    #[error(
        "{text:?} names no signature: they are numbered 1, 2, …, countersignatures 1.1, 1.2, …"
    )]
    SignatureId {
        /// What was given.
        text: String,
    },
    /// The file has no signature of this number.
    #[error("the file has no signature {id}")]
    NoSuchSignature {
        /// Which was meant.
        id: SignatureId,
    },
    /// Something present covers what would change.
    #[error("signature {id} cannot be changed here: {by} covers what would change")]
    Covered {
        /// The signature.
        id: SignatureId,
        /// What covers it.
        by: &'static str,
    },
    /// An evidence record is over the whole file (TS 119 122-3).
    #[error("the evidence record of signature {id} covers the whole file: nothing may be added")]
    EvidenceRecord {
        /// The signature it belongs to.
        id: SignatureId,
    },
    /// An archive time-stamp of an older kind covers content, certificates and revocation data as
    /// they are stored (EN 319 122-1 §A.2.4).
    #[error(
        "an archive time-stamp of an older kind covers this file: its content and certificates must stay as they are"
    )]
    Frozen,
    /// An archive time-stamp was wanted for a countersignature.
    #[error("countersignature {id} is archived with the signature it stands on")]
    ArchivedWithParent {
        /// The countersignature.
        id: SignatureId,
    },
    /// Something the signer is to say cannot be said.
    #[error("the {property} {problem}")]
    Property {
        /// Which.
        property: &'static str,
        /// What is wrong with it, after "the property".
        problem: &'static str,
    },
    /// A time-stamp is wanted, and there is no authority to ask.
    #[error("a time-stamp is wanted and no time-stamp authority is named")]
    NoAuthority,
    /// The content is no longer what it was when it was first read.
    #[error("the file changed while it was read")]
    ContentChanged,
    /// Reading or writing failed.
    #[error("reading or writing failed")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// An error met while content streamed: of the encoding, or of the file.
    pub(crate) fn from_content(error: std::io::Error) -> Self {
        match error.downcast::<cms::Error>() {
            Ok(error) => error.into(),
            Err(error) => match asn1::Error::from(error) {
                asn1::Error::Io(error) => error.into(),
                source => cms::Error::Encoding { while_reading: "the content", source }.into(),
            },
        }
    }

    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Cms(error) => error.hint(),
            Self::Key { source, .. } => source.hint(),
            Self::Timestamp(error) | Self::Stamped(error) => error.hint(),
            Self::KeyMismatch { .. } => Some("give the certificate that was issued for this key"),
            Self::WrongContent { .. } => Some("give the very file that was signed, unchanged"),
            Self::AlreadyAttached => Some("give the .p7m alone, without --content"),
            Self::Detached => Some("name the signed file with --content"),
            Self::SignatureId { .. } | Self::NoSuchSignature { .. } => {
                Some("`inspect` lists the signatures with their numbers")
            }
            Self::Covered { .. } => Some(
                "add it to a copy of the file from before the archive time-stamp, or extend the signature as it is",
            ),
            Self::EvidenceRecord { .. } => Some("only the evidence record itself can be renewed"),
            Self::Frozen => {
                Some("sign the whole file once more (sign FILE.p7m) to add a signature")
            }
            Self::ArchivedWithParent { .. } => Some("extend the signature it stands on"),
            Self::NoAuthority => Some("name a time-stamp authority with --tsa"),
            Self::ContentSize { .. } | Self::ContentChanged => Some(
                "the file changed while it was read: close the program that writes it and try again",
            ),
            Self::Refused
            | Self::Attribute { .. }
            | Self::NoHashIndex
            | Self::ManyHashIndexes
            | Self::HashIndexDigest { .. }
            | Self::NoSigner
            | Self::Property { .. }
            | Self::NotHashed { .. }
            | Self::NoSignature
            | Self::Io(_) => None,
        }
    }
}

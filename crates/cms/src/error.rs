//! What keeps a CMS file from being read or written.

use asn1::Oid;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Errors of reading and writing SignedData.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The encoding is broken or over a limit.
    #[error("{while_reading} cannot be read")]
    Encoding {
        /// The structure at hand, in the words of RFC 5652.
        while_reading: &'static str,
        /// What is wrong.
        #[source]
        source: asn1::Error,
    },
    /// The file is a CMS of another kind: encrypted, compressed, plain data.
    #[error("this CMS content is not SignedData but {found}")]
    NotSignedData {
        /// Its content type.
        found: Oid,
    },
    /// The octets are no ContentInfo at all.
    #[error("this is not a CMS file")]
    NotCms,
    /// An algorithm identifier that cannot be read.
    #[error("an algorithm identifier cannot be read")]
    Algorithm(#[source] crypto::Error),
    /// More signers, certificates or other members than anybody needs.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The content has another size than announced: it changed while it was read.
    #[error("the content has {found} octets where {expected} were announced")]
    ContentSize {
        /// Octets announced.
        expected: u64,
        /// Octets met.
        found: u64,
    },
    /// Wrapping deeper than anybody does by accident.
    #[error("more than {limit} layers of wrapping")]
    TooManyLayers {
        /// The limit.
        limit: usize,
    },
    /// A MIME message of a form that holds no SignedData this crate can reach.
    #[error("a MIME message whose {what} is not understood")]
    Mime {
        /// The header or part.
        what: &'static str,
    },
    /// Reading or writing failed.
    #[error("reading or writing failed")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// Puts an encoding error into the context of a structure.
    pub(crate) fn reading(while_reading: &'static str) -> impl FnOnce(asn1::Error) -> Self {
        move |source| match source {
            asn1::Error::Io(error) => Self::Io(error),
            source => Self::Encoding { while_reading, source },
        }
    }

    /// Takes an error of this crate back out of the [`std::io::Error`] that
    /// carried it through a [`std::io::Read`].
    pub(crate) fn from_read(while_reading: &'static str, error: std::io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(error) => Self::reading(while_reading)(asn1::Error::from(error)),
        }
    }

    /// This error as [`std::io::Read`] can return it.
    pub(crate) fn into_io(self) -> std::io::Error {
        match self {
            Self::Io(error) => error,
            other => std::io::Error::new(std::io::ErrorKind::InvalidData, other),
        }
    }

    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Encoding { source, .. } => source.hint(),
            Self::NotSignedData { found } if *found == crate::oids::ENVELOPED_DATA => {
                Some("the file is encrypted: it must be decrypted before it can be verified")
            }
            Self::NotSignedData { .. } | Self::NotCms | Self::Mime { .. } => {
                Some("check that this is the signed file and not another one")
            }
            Self::ContentSize { .. } => Some(
                "the file changed while it was read: close the program that writes it and try again",
            ),
            Self::TooMany { .. } | Self::TooManyLayers { .. } => {
                Some("no honest file comes near this limit")
            }
            Self::Algorithm(_) | Self::Io(_) => None,
        }
    }
}

//! What keeps a container from being read or made.

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Errors of reading and making containers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The ZIP is not read, or cannot be written.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The ZIP holds nothing that an ASiC container holds.
    #[error("the ZIP file is not an ASiC container")]
    NotAsic,
    /// Something is larger or more numerous than the limits allow.
    #[error("{what} pass the limit of {limit}")]
    Limit {
        /// What is too large or too many.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Reading failed.
    #[error("reading failed")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Archive(error) => error.hint(),
            Self::NotAsic => Some("check that this is the signed container"),
            Self::Limit { .. } | Self::Io(_) => None,
        }
    }
}

/// Why a manifest is not read as one. The container is read in spite of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not UTF-8 text.
    #[error("it is not UTF-8 text")]
    NotUtf8,
    /// A document type declaration, which could define entities.
    #[error("it has a document type declaration, which is not allowed")]
    Dtd,
    /// An entity beyond the five of XML.
    #[error("it refers to the entity “{0}”, which is not allowed")]
    Entity(String),
    /// Not well-formed XML.
    #[error("it is not well-formed XML: {0}")]
    Malformed(String),
    /// Deeper, or with more attributes, than any manifest.
    #[error("its XML is deeper or wider than that of any manifest")]
    Shape,
    /// Not an `ASiCManifest`.
    #[error("it is no ASiCManifest")]
    NotManifest,
    /// An element lacks what it must have, or has it twice.
    #[error("{0} is missing, repeated or not as it must be")]
    Element(&'static str),
    /// More references than the limits allow.
    #[error("it has more than {limit} references")]
    TooManyReferences {
        /// The limit.
        limit: usize,
    },
    /// The member is damaged in the ZIP or larger than the limits allow.
    #[error("its content is damaged")]
    Damaged,
}

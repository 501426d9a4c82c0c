//! What can keep the lab from doing its work.

use std::path::PathBuf;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the lab could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OpenSSL refused to make a key, a signature or a PKCS#12 file.
    #[error("OpenSSL could not {doing}")]
    Openssl {
        /// What was being done.
        doing: &'static str,
        /// OpenSSL's own words.
        #[source]
        source: openssl::error::ErrorStack,
    },
    /// A structure the lab was given is not the ASN.1 it should be.
    #[error("this is not a {what}")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// Where it went wrong.
        #[source]
        source: asn1::Error,
    },
    /// No entity has this name.
    #[error("the lab knows no {id:?}")]
    Unknown {
        /// The name asked for.
        id: String,
    },
    /// An entity with this name exists.
    #[error("the lab already has a {id:?}")]
    Duplicate {
        /// The name given twice.
        id: String,
    },
    /// The entity cannot do this: a signer does not issue, an authority does not stamp.
    #[error("{id:?} is not a {wanted}")]
    WrongRole {
        /// The entity.
        id: String,
        /// What it should have been.
        wanted: &'static str,
    },
    /// A combination of options that makes no sense.
    #[error("{what}")]
    Unsupported {
        /// What was asked for, as a sentence.
        what: &'static str,
    },
    /// A key kind that is not spelled as [`crate::KeyKind`] spells it.
    #[error("{text:?} is not a kind of key")]
    KeyKind {
        /// The spelling met.
        text: String,
    },
    /// The name does not give a codice fiscale.
    #[error("{surname} {given_name} does not give a codice fiscale")]
    TaxCode {
        /// Surname given.
        surname: String,
        /// Given name given.
        given_name: String,
    },
    /// A file or folder could not be read or written.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// A whole folder could not be put in place.
    #[error("the lab folder could not be written")]
    Files(#[from] files::Error),
    /// The port could not be taken.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port asked for; 0 is "any".
        port: u16,
        /// The system's answer.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// `lab.toml` cannot be read as such.
    #[error("{} is not the state of a lab", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Where it went wrong.
        #[source]
        source: toml::de::Error,
    },
    /// `lab.toml` could not be written.
    #[error("the state of the lab could not be written as TOML")]
    StateWrite(#[source] toml::ser::Error),
}

impl Error {
    /// What to do next, when there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Listen { .. } => {
                Some("another program, perhaps another lab, uses this port: choose one with --port")
            }
            Self::State { .. } => Some("make a new lab in another folder with `lab init`"),
            Self::Openssl { doing, .. } if doing.contains("legacy") => Some(
                "the legacy provider of OpenSSL is not installed; the other files are complete",
            ),
            _ => None,
        }
    }
}

/// Names what OpenSSL was doing when it failed.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T>;
}

impl<T> Doing<T> for std::result::Result<T, openssl::error::ErrorStack> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| Error::Openssl { doing, source })
    }
}

/// Names what a structure should have been.
pub(crate) trait Reading<T> {
    fn reading(self, what: &'static str) -> Result<T>;
}

impl<T> Reading<T> for std::result::Result<T, asn1::Error> {
    fn reading(self, what: &'static str) -> Result<T> {
        self.map_err(|source| Error::Malformed { what, source })
    }
}

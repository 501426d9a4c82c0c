//! What can be wrong with an encoding.

use crate::Tag;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A flaw of an encoding, or a limit it went over.
///
/// `at` is always an octet offset from the start of the input that was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input ends inside a value.
    #[error("the data end at octet {at}, inside a value")]
    Truncated {
        /// Offset of the end of the input.
        at: u64,
    },
    /// Another value stands where the structure asks for this one.
    #[error("at octet {at}: expected {expected}, found {found}")]
    UnexpectedTag {
        /// What the structure asks for.
        expected: Tag,
        /// What is there.
        found: Tag,
        /// Offset of the value found.
        at: u64,
    },
    /// A structure ends where one more value is required.
    #[error("at octet {at}: the structure ends where {expected} is required")]
    Missing {
        /// What the structure asks for.
        expected: Tag,
        /// Offset of the end.
        at: u64,
    },
    /// A structure holds more values than it may.
    #[error("at octet {at}: unexpected data after the last value of a structure")]
    TrailingData {
        /// Offset of the first octet too many.
        at: u64,
    },
    /// A length that X.690 forbids or that leaves the enclosing value.
    #[error("at octet {at}: a length is malformed or leaves the enclosing value")]
    BadLength {
        /// Offset of the value.
        at: u64,
    },
    /// Tag numbers above 30 occur nowhere in what this project reads.
    #[error("at octet {at}: a tag number above 30")]
    HighTagNumber {
        /// Offset of the value.
        at: u64,
    },
    /// Contents that do not fit the type: an INTEGER without octets, a malformed date.
    #[error("at octet {at}: malformed {what}")]
    BadContents {
        /// The ASN.1 type.
        what: &'static str,
        /// Offset of the value.
        at: u64,
    },
    /// A limit was reached.
    #[error("at octet {at}: more than {limit} {what}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// Where it was reached.
        at: u64,
    },
    /// The source or the sink failed.
    #[error("reading or writing failed")]
    Io(#[source] std::io::Error),
}

impl From<std::io::Error> for Error {
    /// Takes an encoding error back out of the [`std::io::Error`] that carried
    /// it through a [`std::io::Read`].
    fn from(error: std::io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Io)
    }
}

impl Error {
    /// This error as [`std::io::Read`] can return it.
    #[must_use]
    pub fn into_io(self) -> std::io::Error {
        match self {
            Self::Io(error) => error,
            other => std::io::Error::new(std::io::ErrorKind::InvalidData, other),
        }
    }

    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Truncated { .. } => {
                Some("the file is incomplete: ask for it again, or copy it again")
            }
            Self::Limit { .. } => {
                Some("no honest file comes near this limit; raise it in `Limits` if yours does")
            }
            Self::Io(_) => None,
            _ => Some("the file is damaged or of another kind"),
        }
    }
}

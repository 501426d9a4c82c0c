//! What keeps an archive from being read or written.

use crate::finding::Finding;
use crate::names::NameProblem;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Errors of reading and writing archives.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The archive was judged and is not read.
    #[error("the ZIP file is not read: {}", first(findings))]
    Refused {
        /// Everything found, at least one of which [refuses](crate::Problem::refuses).
        findings: Vec<Finding>,
    },
    /// The content of a member is not what the directory promises (length, CRC, compression).
    #[error("the content of “{member}” in the ZIP file is damaged")]
    Damaged {
        /// The member.
        member: String,
    },
    /// A member cannot be written under this name.
    #[error("“{name}” cannot be put into the ZIP file: {problem}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// Two members to be written would have the same name on some system.
    #[error("“{first}” and “{second}” are the same name on some systems")]
    Collision {
        /// The earlier one.
        first: String,
        /// The later one.
        second: String,
    },
    /// A content has another size than was announced.
    #[error("“{name}” has {found} octets where {expected} were announced")]
    ContentSize {
        /// The member.
        name: String,
        /// Octets announced.
        expected: u64,
        /// Octets met (one more than announced stands for any more).
        found: u64,
    },
    /// More members than an archive may have.
    #[error("an archive of more than {limit} files is not written")]
    TooManyMembers {
        /// The limit.
        limit: usize,
    },
    /// Reading or writing failed.
    #[error("reading or writing failed")]
    Io(#[from] std::io::Error),
}

fn first(findings: &[Finding]) -> String {
    let refusing = findings.iter().find(|finding| finding.problem.refuses());
    refusing.map(Finding::en).unwrap_or_default()
}

impl Error {
    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { .. } | Self::Damaged { .. } => {
                Some("ask whoever sent the file for another copy")
            }
            Self::Name { .. } => Some("rename the file"),
            Self::Collision { .. } => Some("rename one of the two files"),
            Self::ContentSize { .. } => Some(
                "the file changed while it was read: close the program that writes it and try again",
            ),
            Self::TooManyMembers { .. } => Some("make several containers"),
            Self::Io(_) => None,
        }
    }
}

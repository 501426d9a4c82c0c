//! What can go wrong between the program and a disk, sorted by what the person can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file could not be read, written or put in its place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The output exists and may not be replaced.
    #[error("{} exists already", .path.display())]
    Exists {
        /// The output's path.
        path: PathBuf,
    },
    /// No room is left on the disk, or the quota is used up (`ENOSPC`, `EDQUOT`, `EFBIG`).
    #[error("the disk is full: {operation} {} failed", .path.display())]
    DiskFull {
        /// What was being done.
        operation: &'static str,
        /// The file it was done to.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// The medium is read-only (`EROFS`).
    #[error("{} is on a read-only disk or folder", .path.display())]
    ReadOnly {
        /// The file or folder concerned.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// The system's permissions forbid it (`EACCES`, `EPERM`).
    #[error("no permission: {operation} {} was refused", .path.display())]
    Permission {
        /// What was being done.
        operation: &'static str,
        /// The file or folder concerned.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// The file or its folder is not there.
    #[error("{} does not exist", .path.display())]
    NotFound {
        /// The missing path.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// The input is a folder, a device, a socket or a pipe where a file is needed.
    #[error("{} is not a regular file", .path.display())]
    NotRegular {
        /// The path as given.
        path: PathBuf,
    },
    /// The input is a symbolic link where links are not followed.
    #[error("{} is a symbolic link", .path.display())]
    SymbolicLink {
        /// The path as given.
        path: PathBuf,
    },
    /// The input was altered, or another file took its name, between its opening and its end.
    #[error("{} changed while it was being read: its {what} is not the same", .path.display())]
    Changed {
        /// The path as given.
        path: PathBuf,
        /// What differs: `size`, `modification time`, or `identity` (another file has the name).
        what: &'static str,
    },
    /// Input and output are one file.
    #[error("{} is both the input and the output", .path.display())]
    SameFile {
        /// The path given as output.
        path: PathBuf,
    },
    /// The path names no file: it is empty, or ends in `..` or in a separator.
    #[error("{} is not the name of a file", .path.display())]
    NoName {
        /// The path as given.
        path: PathBuf,
    },
    /// A path inside a staged folder that would leave it, or is not plain.
    #[error("{} may not be written inside the package folder", .path.display())]
    OutsideFolder {
        /// The relative path as given.
        path: PathBuf,
    },
    /// Anything else the system answered.
    #[error("{operation} {} failed: {source}", .path.display())]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file or folder concerned.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
}

impl Error {
    /// Sorts a system error by what the person can do about it.
    #[must_use]
    pub fn from_io(operation: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull { operation, path, source },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path, source },
            io::ErrorKind::PermissionDenied => Self::Permission { operation, path, source },
            io::ErrorKind::NotFound => Self::NotFound { path, source },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::Io { operation, path, source },
        }
    }

    /// The path the error speaks of.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Exists { path }
            | Self::DiskFull { path, .. }
            | Self::ReadOnly { path, .. }
            | Self::Permission { path, .. }
            | Self::NotFound { path, .. }
            | Self::NotRegular { path }
            | Self::SymbolicLink { path }
            | Self::Changed { path, .. }
            | Self::SameFile { path }
            | Self::NoName { path }
            | Self::OutsideFolder { path }
            | Self::Io { path, .. } => path,
        }
    }

    /// The next step, for the person at the desk.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Exists { .. } => {
                "choose another name with -o, or allow replacing it with --overwrite"
            }
            Self::DiskFull { .. } => {
                "free some space or choose another disk with -o; nothing incomplete was left behind"
            }
            Self::ReadOnly { .. } => {
                "choose a folder on a writable disk with -o; the input itself is never written to"
            }
            Self::Permission { operation, .. } if is_reading(operation) => {
                "ask whoever runs the computer for the permission to read it, or name a copy of it"
            }
            Self::Permission { .. } => {
                "write to a folder where you may, or ask whoever runs the computer for the permission"
            }
            Self::NotFound { .. } => {
                "check the spelling of the path and that the disk or share is connected"
            }
            Self::NotRegular { .. } => "give the path of a file",
            Self::SymbolicLink { .. } => "give the path of the file itself instead of a link to it",
            Self::Changed { .. } => {
                "wait until the copy or recording that writes it has ended, then run again"
            }
            Self::SameFile { .. } => "choose another name with -o; an input is never overwritten",
            Self::NoName { .. } => "give the path of a file, not of a folder",
            Self::OutsideFolder { .. } => {
                "use a plain relative name without `..` and without a leading `/`"
            }
            Self::Io { .. } => return None,
        })
    }
}

/// Whether an operation, as [`Error`] names it, only reads.
#[must_use]
pub fn is_reading(operation: &str) -> bool {
    matches!(operation, "opening" | "reading" | "reading the folder" | "reading the state of")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_are_sorted_by_what_one_can_do() {
        let of =
            |kind: io::ErrorKind| Error::from_io("writing", Path::new("a"), io::Error::from(kind));
        assert!(matches!(of(io::ErrorKind::StorageFull), Error::DiskFull { .. }));
        assert!(matches!(of(io::ErrorKind::QuotaExceeded), Error::DiskFull { .. }));
        assert!(matches!(of(io::ErrorKind::ReadOnlyFilesystem), Error::ReadOnly { .. }));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), Error::Permission { .. }));
        assert!(of(io::ErrorKind::StorageFull).hint().is_some());
        let denied = |operation| {
            let denied = io::Error::from(io::ErrorKind::PermissionDenied);
            Error::from_io(operation, Path::new("a"), denied).hint()
        };
        assert!(denied("opening").is_some_and(|hint| hint.contains("read")));
        assert!(denied("creating").is_some_and(|hint| hint.contains("write")));
        assert_eq!(of(io::ErrorKind::NotFound).path(), Path::new("a"));
    }
}

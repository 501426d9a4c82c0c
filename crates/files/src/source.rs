//! Inputs, opened once.
//!
//! Between the digest and the signature, or the digest and the copy into a package, a file must be
//! the same file. [`SourceFile`] keeps one descriptor, remembers what the file was when it was
//! opened, and [`SourceFile::check_unchanged`] asks again at the end: the descriptor, and the
//! path, since another file may have taken the name meanwhile.
//!
//! Limits: a writer that puts old bytes and the old modification time back is not noticed; but what
//! was digested is always what was read.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::platform::{self, Identity};

/// Whether a symbolic link in the last component of a path is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowLinks {
    /// As most programs do: what the person typed may be a link.
    Follow,
    /// A link is refused: inside packages, and for what goes into one.
    Refuse,
}

/// A regular file open for reading, with the memory of what it was when it was opened.
#[derive(Debug)]
pub struct SourceFile {
    file: File,
    path: PathBuf,
    identity: Identity,
    follow: FollowLinks,
}

impl SourceFile {
    /// Opens `path` once. Pipes, devices, sockets and folders are refused without waiting on them.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Permission`], [`Error::NotRegular`], [`Error::SymbolicLink`].
    pub fn open(path: impl AsRef<Path>, follow: FollowLinks) -> Result<Self, Error> {
        let path = path.as_ref();
        // Looked at first: opening some devices has effects of its own.
        let look = match follow {
            FollowLinks::Follow => fs::metadata(path),
            FollowLinks::Refuse => fs::symlink_metadata(path),
        }
        .map_err(|e| Error::from_io("opening", path, e))?;
        if look.is_symlink() {
            return Err(Error::SymbolicLink { path: path.into() });
        }
        if !look.is_file() {
            return Err(Error::NotRegular { path: path.into() });
        }
        let file = platform::open_to_read(path, follow == FollowLinks::Follow)
            .map_err(|e| Error::from_io("opening", path, e))?;
        let meta = file.metadata().map_err(|e| Error::from_io("reading the state of", path, e))?;
        if !meta.is_file() {
            return Err(Error::NotRegular { path: path.into() });
        }
        platform::advise_sequential(&file);
        Ok(Self { file, path: path.to_owned(), identity: Identity::of(&meta), follow })
    }

    /// The path as given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The size in bytes when the file was opened.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.identity.size
    }

    /// Whether the file was empty when it was opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.identity.size == 0
    }

    /// What the file was when it was opened.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The open file, for calls this type does not offer.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Says whether the file is still what it was, to be asked after the last byte was read.
    ///
    /// # Errors
    /// [`Error::Changed`], or the system's answer when the file can no longer be asked.
    pub fn check_unchanged(&self) -> Result<(), Error> {
        let open = self
            .file
            .metadata()
            .map_err(|e| Error::from_io("reading the state of", &self.path, e))?;
        self.compare(Identity::of(&open))?;
        let named = match self.follow {
            FollowLinks::Follow => fs::metadata(&self.path),
            FollowLinks::Refuse => fs::symlink_metadata(&self.path),
        };
        match named {
            Ok(meta) if meta.is_file() => self.compare(Identity::of(&meta)),
            // The name is gone or is something else now.
            Ok(_) => Err(self.changed("identity")),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(self.changed("identity")),
            Err(e) => Err(Error::from_io("reading the state of", &self.path, e)),
        }
    }

    fn compare(&self, now: Identity) -> Result<(), Error> {
        if now.device_inode != self.identity.device_inode {
            Err(self.changed("identity"))
        } else if now.size != self.identity.size {
            Err(self.changed("size"))
        } else if now.modified != self.identity.modified {
            Err(self.changed("modification time"))
        } else {
            Ok(())
        }
    }

    fn changed(&self, what: &'static str) -> Error {
        Error::Changed { path: self.path.clone(), what }
    }
}

impl Read for SourceFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read(buf)
    }
}

impl Seek for SourceFile {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.file.seek(pos)
    }
}

/// Refuses an output that is the input itself, under this or another name (links included).
///
/// # Errors
/// [`Error::SameFile`].
pub fn refuse_same_file(input: &Path, output: &Path) -> Result<(), Error> {
    let same = || Error::SameFile { path: output.to_owned() };
    if let (Ok(a), Ok(b)) = (fs::metadata(input), fs::metadata(output)) {
        let (a, b) = (Identity::of(&a), Identity::of(&b));
        if a.device_inode != (0, 0) && a.device_inode == b.device_inode {
            return Err(same());
        }
    }
    // Where the system gives no inode, and for names that differ only in `.` and `..`.
    match (fs::canonicalize(input), fs::canonicalize(output)) {
        (Ok(a), Ok(b)) if a == b => Err(same()),
        _ => Ok(()),
    }
}

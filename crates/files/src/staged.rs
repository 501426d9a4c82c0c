//! Files that appear whole or not at all.
//!
//! The order is: temporary name in the target's own folder, write, flush, `fsync`, rename without
//! replacing, `fsync` of the folder. Killed at any moment, a run leaves the old file or the
//! complete new one. A temporary file left by a kill never blocks a later run, since each run makes
//! a fresh name; [`is_temporary_name`] recognises the leftovers.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, platform};

/// How every temporary name ends: `.NAME.XXXXXXXXXXXX.ceralacca-tmp`.
pub const TEMPORARY_SUFFIX: &str = ".ceralacca-tmp";

/// How many fresh names are tried before giving up; a second one is hardly ever needed.
const NAME_ATTEMPTS: u32 = 64;

/// Longest part of the target's name kept in a temporary one, so that the whole stays below the
/// 255 bytes most file systems allow a name.
const NAME_BYTES_KEPT: usize = 180;

/// Whether an existing output may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overwrite {
    /// An existing name is left untouched and reported ([`Error::Exists`]).
    #[default]
    Never,
    /// The complete new file takes the old one's place in one step.
    Replace,
}

/// When an output must have reached the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Each file before its rename: nothing is lost to a power cut.
    #[default]
    File,
    /// Not here: a kill still leaves old or complete, but only a [`Batch`] (or the caller's own
    /// sync of the group) makes it safe against a power cut.
    Batch,
}

/// Whether a name is one of our temporary names, left behind by a killed run.
#[must_use]
pub fn is_temporary_name(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") && name.ends_with(TEMPORARY_SUFFIX.as_bytes())
}

/// Says early that an output is in the way, before hours of work. The commit asks again.
///
/// # Errors
/// [`Error::Exists`].
pub fn refuse_existing(target: &Path, overwrite: Overwrite) -> Result<(), Error> {
    if overwrite == Overwrite::Never && fs::symlink_metadata(target).is_ok() {
        return Err(Error::Exists { path: target.to_owned() });
    }
    Ok(())
}

/// The folder a target lies in.
pub(crate) fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// A fresh temporary name beside the target.
///
/// The middle part comes from the standard library's randomly keyed hasher, the process number and
/// a counter: unpredictable enough that nobody can lie in wait, and the file is created exclusively
/// anyway. No signature or key depends on it.
pub(crate) fn temporary_beside(target: &Path) -> Result<PathBuf, Error> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().ok_or_else(|| Error::NoName { path: target.to_owned() })?;
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(COUNTER.fetch_add(1, Ordering::Relaxed));
    hasher.write_u32(std::process::id());
    let mut temporary = OsString::from(".");
    match name.to_str() {
        Some(text) => {
            let mut end = text.len().min(NAME_BYTES_KEPT);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            temporary.push(text.get(..end).unwrap_or_default());
        }
        None if name.len() <= NAME_BYTES_KEPT => temporary.push(name),
        None => temporary.push("file"),
    }
    temporary.push(format!(".{:012x}{TEMPORARY_SUFFIX}", hasher.finish() & 0xffff_ffff_ffff));
    Ok(folder_of(target).join(temporary))
}

/// Makes something under fresh temporary names until one is free.
pub(crate) fn with_fresh_name<T>(
    target: &Path,
    operation: &'static str,
    mut make: impl FnMut(&Path) -> io::Result<T>,
) -> Result<(T, PathBuf), Error> {
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..NAME_ATTEMPTS {
        let temporary = temporary_beside(target)?;
        match make(&temporary) {
            Ok(made) => return Ok((made, temporary)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => last = e,
            // The person knows the folder, not our temporary name.
            Err(e) => return Err(Error::from_io(operation, folder_of(target), e)),
        }
    }
    Err(Error::Io { operation, path: folder_of(target).to_owned(), source: last })
}

/// An output being written under a temporary name; dropped without [`commit`](Self::commit) it
/// disappears.
#[derive(Debug)]
#[must_use = "an output that is not committed is removed"]
pub struct StagedFile {
    // None only after `commit` took it.
    file: Option<File>,
    temporary: PathBuf,
    target: PathBuf,
}

impl StagedFile {
    /// Opens a temporary file in the target's folder. The target itself is not looked at yet
    /// (see [`refuse_existing`]).
    ///
    /// # Errors
    /// [`Error::NotFound`] (no such folder), [`Error::Permission`], [`Error::ReadOnly`],
    /// [`Error::DiskFull`], [`Error::NoName`].
    pub fn create(target: impl AsRef<Path>) -> Result<Self, Error> {
        let target = target.as_ref();
        let (file, temporary) = with_fresh_name(target, "creating a file in", |name| {
            OpenOptions::new().read(true).write(true).create_new(true).open(name)
        })?;
        Ok(Self { file: Some(file), temporary, target: target.to_owned() })
    }

    /// Where the file will be after [`commit`](Self::commit).
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Reserves room for `len` bytes, so that a full disk is said before the work begins. The
    /// file's length does not change; bytes reserved and not written are given back at commit.
    ///
    /// # Errors
    /// [`Error::DiskFull`], or what else the system answered.
    pub fn preallocate(&self, len: u64) -> Result<(), Error> {
        platform::preallocate(self.open()?, len)
            .map_err(|e| Error::from_io("reserving room for", &self.target, e))
    }

    /// Sets the file's length.
    ///
    /// # Errors
    /// What the system answered.
    pub fn set_len(&self, len: u64) -> Result<(), Error> {
        self.open()?
            .set_len(len)
            .map_err(|e| Error::from_io("setting the length of", &self.target, e))
    }

    /// Turns a failed write of this file into an [`Error`] that names the target.
    #[must_use]
    pub fn write_error(&self, source: io::Error) -> Error {
        Error::from_io("writing", &self.target, source)
    }

    /// Puts the complete file in its place and returns the target's path.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::DiskFull`] and the others; the temporary file is removed then,
    /// the target untouched.
    pub fn commit(
        mut self,
        overwrite: Overwrite,
        durability: Durability,
    ) -> Result<PathBuf, Error> {
        self.finish_content(durability)?;
        self.place(overwrite)?;
        if durability == Durability::File {
            let folder = folder_of(&self.target);
            platform::sync_folder(folder)
                .map_err(|e| Error::from_io("bringing to disk", folder, e))?;
        }
        Ok(self.target.clone())
    }

    /// Flushes and closes; with [`Durability::File`] the bytes have reached the disk.
    fn finish_content(&mut self, durability: Durability) -> Result<(), Error> {
        let Some(mut file) = self.file.take() else {
            return Err(self.closed());
        };
        let finish = || -> io::Result<()> {
            file.flush()?;
            // Gives reserved but unwritten blocks back.
            let len = file.metadata()?.len();
            file.set_len(len)?;
            if durability == Durability::File {
                file.sync_all()?;
            }
            Ok(())
        };
        let mut finish = finish;
        finish().map_err(|e| Error::from_io("writing", &self.target, e))
    }

    fn place(&mut self, overwrite: Overwrite) -> Result<(), Error> {
        match overwrite {
            Overwrite::Never => platform::rename_noclobber(&self.temporary, &self.target),
            Overwrite::Replace => fs::rename(&self.temporary, &self.target),
        }
        .map_err(|e| Error::from_io("renaming to", &self.target, e))?;
        // From here on Drop has nothing to remove.
        self.temporary.clear();
        Ok(())
    }

    fn open(&self) -> Result<&File, Error> {
        self.file.as_ref().ok_or_else(|| self.closed())
    }

    fn closed(&self) -> Error {
        Error::Io {
            operation: "writing",
            path: self.target.clone(),
            source: io::Error::from(io::ErrorKind::BrokenPipe),
        }
    }

    fn file_mut(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Write for StagedFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.file_mut()?.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file_mut()?.flush()
    }
}

impl Read for StagedFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.file_mut()?.read(buf)
    }
}

impl Seek for StagedFile {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.file_mut()?.seek(pos)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        // Closed first: Windows does not remove open files.
        self.file = None;
        if !self.temporary.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Many small outputs brought to the disk together: all their bytes first, then all the renames,
/// then each folder once.
///
/// What was pushed and not committed disappears with the batch.
#[derive(Debug, Default)]
pub struct Batch {
    waiting: Vec<(StagedFile, Overwrite)>,
}

impl Batch {
    /// Largest group: as many files as the command line contract lets wait for one sync.
    pub const LIMIT: usize = 64;

    /// An empty group.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a written file; a full group is committed at once and its targets returned, otherwise
    /// the list is empty.
    ///
    /// # Errors
    /// As [`Batch::commit`].
    pub fn push(&mut self, file: StagedFile, overwrite: Overwrite) -> Result<Vec<PathBuf>, Error> {
        self.waiting.push((file, overwrite));
        if self.waiting.len() >= Self::LIMIT {
            return self.commit();
        }
        Ok(Vec::new())
    }

    /// Puts the whole group in its place. Journal lines are due after this returns.
    ///
    /// # Errors
    /// The first file that could not be written or placed; those placed before it stay, those after
    /// it are removed.
    pub fn commit(&mut self) -> Result<Vec<PathBuf>, Error> {
        let mut group = std::mem::take(&mut self.waiting);
        for (file, _) in &mut group {
            file.finish_content(Durability::File)?;
        }
        let mut folders = BTreeSet::new();
        let mut placed = Vec::with_capacity(group.len());
        let mut outcome = Ok(());
        for (file, overwrite) in &mut group {
            outcome = file.place(*overwrite);
            if outcome.is_err() {
                break;
            }
            folders.insert(folder_of(&file.target).to_owned());
            placed.push(file.target.clone());
        }
        for folder in folders {
            platform::sync_folder(&folder)
                .map_err(|e| Error::from_io("bringing to disk", &folder, e))?;
        }
        outcome.map(|()| placed)
    }
}

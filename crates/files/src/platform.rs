//! The one small module of platform calls, without unsafe code of ours.
//!
//! Each call has a Linux (or Unix) way and a portable one made of the standard library, so that
//! the whole program builds on a clerk's Windows desk. What the portable way cannot promise is
//! said at the call. Nothing here knows about signatures or packages.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Brings a folder's list of names to the disk, so that a rename survives a power cut.
///
/// Windows has no such call and keeps renames in its journal; there this does nothing. File systems
/// that cannot do it (`EINVAL`: some network shares) are not an error either.
///
/// # Errors
/// What the system answered to opening the folder or to `fsync`.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match File::open(folder)?.sync_all() {
            Err(e)
                if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
            {
                Ok(())
            }
            other => other,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        Ok(())
    }
}

/// Renames a file or folder, never replacing an existing name.
///
/// Linux and macOS do it in one step (`RENAME_NOREPLACE`). Elsewhere, and on file systems that
/// lack it, a file is linked under its new name and the old name removed, which is as safe; where
/// links do not exist either, and for folders, the name is looked up first: two programs writing
/// the same name in the same instant could then collide.
///
/// # Errors
/// `AlreadyExists` if `to` is there; else what the system answered.
pub fn rename_noclobber(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(e) => return Err(e.into()),
        }
    }
    rename_noclobber_portable(from, to)
}

/// The way of [`rename_noclobber`] on systems without a call for it. Public for its tests.
///
/// # Errors
/// As [`rename_noclobber`].
pub fn rename_noclobber_portable(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(from)?.is_file() {
        match fs::hard_link(from, to) {
            Ok(()) => return fs::remove_file(from),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(e),
            // A file system without links (FAT, some shares): fall through.
            Err(_) => {}
        }
    }
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::Error::from(io::ErrorKind::AlreadyExists)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => fs::rename(from, to),
        Err(e) => Err(e),
    }
}

/// Swaps two names in one step where the system can (`RENAME_EXCHANGE` on Linux and macOS).
///
/// Returns `false`, nothing done, where it cannot.
///
/// # Errors
/// What the system answered.
pub fn exchange(a: &Path, b: &Path) -> io::Result<bool> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(true),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos")))]
    {
        let _ = (a, b);
        Ok(false)
    }
}

/// Reserves `len` bytes on the disk, so that "disk full" is said before hours of writing.
///
/// Systems that cannot reserve are not an error: the write itself will then say so.
///
/// # Errors
/// A full disk, or what else the system answered.
pub fn preallocate(file: &File, len: u64) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        match fallocate(file, FallocateFlags::KEEP_SIZE, 0, len) {
            Ok(()) | Err(Errno::NOTSUP | Errno::NOSYS | Errno::INVAL | Errno::PERM) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = (file, len);
        Ok(())
    }
}

/// Opens a file for reading without ever waiting for a pipe's other end.
///
/// With `follow` false a symbolic link in the last component is refused (`FilesystemLoop` on
/// Unix). On Windows the look at the link and the opening are two steps.
///
/// # Errors
/// What the system answered.
pub fn open_to_read(path: &Path, follow: bool) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::{Mode, OFlags, open};
        // NONBLOCK: opening a FIFO must not hang before we see that it is one; regular files
        // ignore it. NOCTTY: a terminal given by mistake must not become ours.
        let mut flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        if !follow {
            flags |= OFlags::NOFOLLOW;
        }
        Ok(File::from(open(path, flags, Mode::empty())?))
    }
    #[cfg(not(unix))]
    {
        if !follow && fs::symlink_metadata(path)?.is_symlink() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        File::open(path)
    }
}

/// Tells the system that a file will be read from start to end, so that it reads ahead.
///
/// Advice only: nothing happens where it is not known.
pub fn advise_sequential(file: &File) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Sequential);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = file;
    }
}

/// What tells one file from another, beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Device and inode; zero where the system does not say.
    pub device_inode: (u64, u64),
    /// Size in bytes.
    pub size: u64,
    /// Modification time in nanoseconds since 1970; zero where the system does not say.
    pub modified: i128,
}

impl Identity {
    /// Reads the identity out of the system's answer.
    #[must_use]
    pub fn of(meta: &fs::Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Self {
                device_inode: (meta.dev(), meta.ino()),
                size: meta.len(),
                modified: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
            }
        }
        #[cfg(not(unix))]
        {
            let modified = meta
                .modified()
                .ok()
                .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok())
                .and_then(|d| i128::try_from(d.as_nanos()).ok())
                .unwrap_or(0);
            Self { device_inode: (0, 0), size: meta.len(), modified }
        }
    }
}

/// Takes an advisory lock on an open file, released when the file is closed.
///
/// Returns `false` when another program holds it. Advisory: it keeps two runs of this program
/// apart (a batch journal, an archive's register), not a stranger's editor.
///
/// # Errors
/// What the system answered, other than "held".
pub fn try_lock_exclusive(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(e)) => Err(e),
    }
}

/// Whether the stream is a person's terminal (progress bars, prompts, colours).
#[must_use]
pub fn is_terminal(stream: &impl io::IsTerminal) -> bool {
    stream.is_terminal()
}

/// Keeps keys and PINs out of core dumps and away from other processes of the same user.
///
/// Unix: the core limit is set to zero; Linux besides marks the process as not dumpable. Windows:
/// nothing (crash dumps are a matter of the machine's policy).
///
/// # Errors
/// What the system answered; the caller may go on and say so.
pub fn forbid_core_dumps() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}

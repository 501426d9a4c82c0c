//! The container being written: a folder or a ZIP, under a temporary name until it is complete.
//!
//! The same inputs give the same bytes: members stand in the order they were added, ZIP times are
//! fixed at 1980-01-01 (the earliest DOS time), nothing is compressed (signed recordings do not
//! shrink, and a stored member can be read in place), permissions are 0644.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use files::{Durability, Overwrite, SourceFile, StagedDir, StagedFile};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::digest::Algorithm;
use crate::limits::Limits;
use crate::names::{NameSet, check_path};
use crate::{Error, Progress};

/// How a package is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Container {
    /// A folder.
    #[default]
    Dir,
    /// One ZIP file, with ZIP64 where it is needed, nothing compressed, one folder at its top.
    Zip,
}

/// Where a package goes, and how.
pub struct Output<'a, 'p> {
    /// The folder or ZIP file to be made.
    pub path: &'a Path,
    /// Folder or ZIP.
    pub container: Container,
    /// Whether an existing one may be replaced.
    pub overwrite: Overwrite,
    /// When it must have reached the disk.
    pub durability: Durability,
    /// Told of the bytes handled; may stop the work.
    pub progress: &'a mut Progress<'p>,
}

impl std::fmt::Debug for Output<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output")
            .field("path", &self.path)
            .field("container", &self.container)
            .field("overwrite", &self.overwrite)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

/// Bytes moved at a time: large enough that calls cost nothing, small beside everything else.
pub(crate) const CHUNK: usize = 256 << 10;

/// Above this size a ZIP member needs the 64-bit form (APPNOTE 4.4.8: four bytes, all ones
/// reserved). A little below, so that headers and rounding never reach it.
const ZIP64_FROM: u64 = 0xFFFF_0000;

/// A member as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sha256: Vec<u8>,
}

enum Inner {
    Dir {
        staged: StagedDir,
        current: Option<File>,
    },
    Zip {
        // Boxed and optional: the ZIP writer is large, and `commit` takes it out.
        writer: Option<Box<ZipWriter<BufWriter<Fuse>>>>,
        abandoned: Arc<AtomicBool>,
    },
}

/// A package being written. Dropped without [`commit`](Self::commit) nothing of it remains.
pub(crate) struct PackageWriter {
    inner: Inner,
    top: String,
    target: PathBuf,
    names: NameSet,
    count: usize,
    limits: Limits,
}

impl PackageWriter {
    /// Stages a package; `top` is the folder at the top of a ZIP.
    pub(crate) fn create(
        container: Container,
        target: &Path,
        top: &str,
        overwrite: Overwrite,
    ) -> Result<Self, Error> {
        files::refuse_existing(target, overwrite)?;
        let inner = match container {
            Container::Dir => Inner::Dir { staged: StagedDir::create(target)?, current: None },
            Container::Zip => {
                let abandoned = Arc::new(AtomicBool::new(false));
                let fuse = Fuse::new(StagedFile::create(target)?, Arc::clone(&abandoned));
                let writer = ZipWriter::new(BufWriter::with_capacity(CHUNK, fuse));
                Inner::Zip { writer: Some(Box::new(writer)), abandoned }
            }
        };
        Ok(Self {
            inner,
            top: top.to_owned(),
            target: target.to_owned(),
            names: NameSet::default(),
            count: 0,
            limits: Limits::default(),
        })
    }

    /// Adds a small member held in memory.
    pub(crate) fn add_bytes(&mut self, path: &str, bytes: &[u8]) -> Result<Written, Error> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.begin(path, size)?;
        self.write(path, bytes)?;
        self.end(path)?;
        Ok(Written { path: path.to_owned(), size, sha256: crate::digest::sha256(bytes) })
    }

    /// Copies a source, once, through the digest; the source must not change meanwhile.
    pub(crate) fn add_source(
        &mut self,
        path: &str,
        source: &mut SourceFile,
        progress: &mut Progress<'_>,
    ) -> Result<Written, Error> {
        self.begin(path, source.len())?;
        let mut hasher = Algorithm::Sha256.hasher();
        let mut buffer = vec![0; CHUNK];
        let mut size: u64 = 0;
        loop {
            let n = match source.read(&mut buffer) {
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(files::Error::from_io("reading", source.path(), e).into()),
            };
            let Some(bytes) = buffer.get(..n).filter(|b| !b.is_empty()) else {
                break;
            };
            size += u64::try_from(n).unwrap_or(u64::MAX);
            if size > source.len() {
                // Growing while it is read: the size in the headers is already wrong.
                source.check_unchanged()?;
                return Err(
                    files::Error::Changed { path: source.path().to_owned(), what: "size" }.into()
                );
            }
            hasher.update(bytes);
            self.write(path, bytes)?;
            if let ControlFlow::Break(()) = progress(u64::try_from(n).unwrap_or(0)) {
                return Err(Error::Interrupted);
            }
        }
        source.check_unchanged()?;
        self.end(path)?;
        Ok(Written { path: path.to_owned(), size, sha256: hasher.finish() })
    }

    /// Begins a member of known size.
    pub(crate) fn begin(&mut self, path: &str, size: u64) -> Result<(), Error> {
        check_path(path, self.limits.path_bytes)
            .map_err(|problem| Error::Name { path: PathBuf::from(path), problem })?;
        self.names
            .insert(path)
            .map_err(|first| Error::NameCollision { first, second: path.to_owned() })?;
        self.count += 1;
        if self.count > self.limits.files {
            return Err(Error::Limit {
                what: "the number of files in a package",
                limit: u64::try_from(self.limits.files).unwrap_or(u64::MAX),
            });
        }
        match &mut self.inner {
            Inner::Dir { staged, current } => {
                *current = Some(staged.create_file(Path::new(path))?);
            }
            Inner::Zip { writer, .. } => {
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Stored)
                    .last_modified_time(DateTime::default())
                    .unix_permissions(0o644)
                    .large_file(size >= ZIP64_FROM);
                let member = format!("{}/{path}", self.top);
                if let Some(writer) = writer {
                    writer
                        .start_file(member, options)
                        .map_err(|e| zip_error(&self.target, path, e))?;
                }
            }
        }
        Ok(())
    }

    /// Adds bytes to the member begun last.
    pub(crate) fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let written = match &mut self.inner {
            Inner::Dir { current: Some(file), .. } => file.write_all(bytes),
            Inner::Zip { writer: Some(writer), .. } => writer.write_all(bytes),
            _ => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
        };
        written.map_err(|e| self.write_error(path, e))
    }

    /// Ends the member begun last.
    pub(crate) fn end(&mut self, path: &str) -> Result<(), Error> {
        let ended = match &mut self.inner {
            Inner::Dir { current, .. } => match current.take() {
                Some(mut file) => file.flush(),
                None => Ok(()),
            },
            Inner::Zip { .. } => Ok(()),
        };
        ended.map_err(|e| self.write_error(path, e))
    }

    fn write_error(&self, path: &str, e: io::Error) -> Error {
        let path = match self.inner {
            Inner::Dir { .. } => self.target.join(path),
            Inner::Zip { .. } => self.target.clone(),
        };
        files::Error::from_io("writing", &path, e).into()
    }

    /// Puts the complete package in its place.
    pub(crate) fn commit(
        mut self,
        overwrite: Overwrite,
        durability: Durability,
    ) -> Result<PathBuf, Error> {
        match &mut self.inner {
            Inner::Dir { .. } => {}
            Inner::Zip { writer, abandoned } => {
                if let Some(writer) = writer.take() {
                    let buffered = writer.finish().map_err(|e| zip_error(&self.target, "", e))?;
                    let fuse = buffered.into_inner().map_err(|e| {
                        files::Error::from_io("writing", &self.target, e.into_error())
                    })?;
                    // A failure that the ZIP writer kept to itself must not become a package.
                    if abandoned.load(Ordering::Relaxed) {
                        return Err(Error::Interrupted);
                    }
                    return Ok(fuse.staged.commit(overwrite, durability)?);
                }
            }
        }
        // Taken out by value: the folder's own Drop must not run.
        let Inner::Dir { staged, .. } = std::mem::replace(
            &mut self.inner,
            Inner::Zip { writer: None, abandoned: Arc::new(AtomicBool::new(true)) },
        ) else {
            return Err(Error::Interrupted);
        };
        Ok(staged.commit(overwrite, durability)?)
    }
}

impl Drop for PackageWriter {
    fn drop(&mut self) {
        // The ZIP writer would otherwise try to complete an archive nobody wants, and complain on
        // standard error when the disk is full.
        if let Inner::Zip { abandoned, .. } = &self.inner {
            abandoned.store(true, Ordering::Relaxed);
        }
    }
}

fn zip_error(target: &Path, member: &str, e: zip::result::ZipError) -> Error {
    match e {
        zip::result::ZipError::Io(e) => files::Error::from_io("writing", target, e).into(),
        source => Error::Zip { member: member.to_owned(), source },
    }
}

/// A staged file that, after its first failure or once it is abandoned, swallows everything.
///
/// The ZIP writer tries to complete its archive when it is dropped and complains on standard error
/// if it cannot; behind this it always can, and the error that counts was returned already. Position
/// and length are kept going, since the ZIP writer asserts that they make sense.
#[derive(Debug)]
struct Fuse {
    staged: StagedFile,
    abandoned: Arc<AtomicBool>,
    position: u64,
    length: u64,
}

impl Fuse {
    fn new(staged: StagedFile, abandoned: Arc<AtomicBool>) -> Self {
        Self { staged, abandoned, position: 0, length: 0 }
    }

    fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Blows the fuse on an error worth the name.
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &result
            && e.kind() != io::ErrorKind::Interrupted
        {
            self.abandoned.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl Write for Fuse {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = if self.is_abandoned() {
            buf.len()
        } else {
            let written = self.staged.write(buf);
            self.note(written)?
        };
        self.position = self.position.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
        self.length = self.length.max(self.position);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_abandoned() {
            return Ok(());
        }
        let flushed = self.staged.flush();
        self.note(flushed)
    }
}

impl Seek for Fuse {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.position = if self.is_abandoned() {
            match pos {
                SeekFrom::Start(p) => p,
                SeekFrom::Current(d) => self.position.saturating_add_signed(d),
                SeekFrom::End(d) => self.length.saturating_add_signed(d),
            }
        } else {
            let sought = self.staged.seek(pos);
            self.note(sought)?
        };
        Ok(self.position)
    }
}

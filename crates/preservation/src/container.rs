//! The container being written: a folder or a ZIP, under a temporary name until it is complete.
//!
//! The same inputs give the same bytes: members stand in the order they were added, and a ZIP is
//! written as `archive::Writer` says.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use archive::Writer;
use archive::names::{NameSet, check_path};
use files::{Durability, Overwrite, SourceFile, StagedDir, StagedFile};

use crate::digest::Algorithm;
use crate::limits::Limits;
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

/// A member as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sha256: Vec<u8>,
}

enum Inner {
    Dir { staged: StagedDir, current: Option<File> },
    // Boxed: it is large beside the other.
    Zip(Box<Writer<StagedFile>>),
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
            Container::Zip => Inner::Zip(Box::new(Writer::new(StagedFile::create(target)?))),
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
            Inner::Zip(writer) => {
                let begun = writer.begin(&format!("{}/{path}", self.top), size);
                begun.map_err(|e| zip_error(&self.target, e))?;
            }
        }
        Ok(())
    }

    /// Adds bytes to the member begun last.
    pub(crate) fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.inner {
            Inner::Dir { current: Some(file), .. } => {
                file.write_all(bytes).map_err(|e| self.write_error(path, e))
            }
            Inner::Dir { .. } => {
                Err(self.write_error(path, io::Error::from(io::ErrorKind::BrokenPipe)))
            }
            Inner::Zip(writer) => writer.write(bytes).map_err(|e| zip_error(&self.target, e)),
        }
    }

    /// Ends the member begun last.
    pub(crate) fn end(&mut self, path: &str) -> Result<(), Error> {
        match &mut self.inner {
            Inner::Dir { current, .. } => match current.take() {
                Some(mut file) => file.flush().map_err(|e| self.write_error(path, e)),
                None => Ok(()),
            },
            Inner::Zip(writer) => writer.end().map_err(|e| zip_error(&self.target, e)),
        }
    }

    fn write_error(&self, path: &str, e: io::Error) -> Error {
        files::Error::from_io("writing", &self.target.join(path), e).into()
    }

    /// Puts the complete package in its place.
    pub(crate) fn commit(
        self,
        overwrite: Overwrite,
        durability: Durability,
    ) -> Result<PathBuf, Error> {
        match self.inner {
            Inner::Dir { staged, .. } => Ok(staged.commit(overwrite, durability)?),
            Inner::Zip(writer) => {
                let staged = writer.finish().map_err(|e| zip_error(&self.target, e))?;
                Ok(staged.commit(overwrite, durability)?)
            }
        }
    }
}

fn zip_error(target: &Path, e: archive::Error) -> Error {
    match e {
        archive::Error::Io(e) => files::Error::from_io("writing", target, e).into(),
        source => Error::Zip { source },
    }
}

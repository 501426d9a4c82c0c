//! A signature file as the verbs that change signatures need it: binary, and
//! readable from its start as often as they like.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use cms::{Limits, SignedData};
use files::{SourceFile, StagedFile};

use crate::{Error, FileKind, Result};

/// A signature file with its text wrapping taken off: itself if it has none,
/// a temporary binary copy otherwise.
pub(crate) enum Unwrapped {
    Binary(SourceFile),
    Copy { original: SourceFile, copy: StagedFile },
}

impl Unwrapped {
    /// Opens the file and makes sure that it is a signature. A binary copy, if
    /// one is needed, stands beside `output` and goes away by itself.
    pub(crate) fn open(mut source: SourceFile, output: &Path) -> Result<Self> {
        let path = source.path().to_owned();
        let failed = |error| files::Error::from_io("reading", &path, error);
        let found = FileKind::of(&mut source).map_err(failed)?;
        if source.is_empty() {
            return Err(Error::Empty { path });
        }
        if found != FileKind::SignedData {
            return Err(Error::Unsupported { path, found });
        }
        let opened = cms::armor::open(&mut source, Limits::default().layers);
        let mut opened = opened.map_err(|error| Error::cades(&path)(error.into()))?;
        if opened.armor.is_empty() {
            drop(opened);
            source.seek(SeekFrom::Start(0)).map_err(failed)?;
            return Ok(Self::Binary(source));
        }
        let mut copy = StagedFile::create(output)?;
        std::io::copy(&mut opened.source, &mut copy)
            .map_err(|error| Error::cades(&path)(error.into()))?;
        drop(opened);
        copy.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(Self::Copy { original: source, copy })
    }

    /// The SignedData, if it has no content inside, and how many octets stand
    /// behind it; the file stands at its start afterwards.
    pub(crate) fn detached_signature(
        &mut self,
        failed: &impl Fn(cades::Error) -> Error,
    ) -> Result<Option<(SignedData, u64)>> {
        let reader = cms::SignedDataReader::open(&mut *self, Limits::default());
        let reader = reader.map_err(|error| failed(error.into()))?;
        let detached = if reader.is_attached() {
            None
        } else {
            let (data, spans) = reader.finish().map_err(|error| failed(error.into()))?;
            Some((data, spans.trailing))
        };
        self.seek(SeekFrom::Start(0)).map_err(|error| failed(error.into()))?;
        Ok(detached)
    }

    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let (Self::Binary(original) | Self::Copy { original, .. }) = self;
        Ok(original.check_unchanged()?)
    }
}

impl Read for Unwrapped {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Binary(file) => file.read(out),
            Self::Copy { copy, .. } => copy.read(out),
        }
    }
}

impl Seek for Unwrapped {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match self {
            Self::Binary(file) => file.seek(to),
            Self::Copy { copy, .. } => copy.seek(to),
        }
    }
}

//! Telling how far a long run has come, without knowing who listens.

use std::io::{self, Read, Seek, SeekFrom};

/// Told how many octets of the input have been read so far.
pub type Progress<'p> = dyn Fn(u64) + Sync + 'p;

/// Counts what is read.
pub(crate) struct Counted<'p, R> {
    source: R,
    read: u64,
    progress: Option<&'p Progress<'p>>,
}

impl<'p, R> Counted<'p, R> {
    pub(crate) fn new(source: R, progress: Option<&'p Progress<'p>>) -> Self {
        Self { source, read: 0, progress }
    }

    /// What is counted.
    pub(crate) fn get_ref(&self) -> &R {
        &self.source
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out)?;
        self.read += read as u64;
        if let Some(progress) = self.progress {
            progress(self.read);
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.source.seek(to)?;
        // Whoever goes back reads again: what counts is how far this reading has come.
        self.read = self.read.min(at);
        Ok(at)
    }
}

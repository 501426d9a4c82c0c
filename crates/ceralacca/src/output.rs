//! Where results go: a file that appears whole or not at all.

use std::path::{Path, PathBuf};

use files::{Durability, FollowLinks, Overwrite, SourceFile, StagedFile};

use crate::Result;

/// How outputs are put in place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Placing {
    /// Whether an existing file may be replaced.
    pub overwrite: Overwrite,
    /// When it must have reached the disk.
    pub durability: Durability,
}

/// Opens an input, and an output beside it that is another file.
pub(crate) fn open(
    input: &Path,
    output: &Path,
    placing: Placing,
) -> Result<(SourceFile, StagedFile)> {
    files::refuse_existing(output, placing.overwrite)?;
    let source = SourceFile::open(input, FollowLinks::Follow)?;
    let staged = StagedFile::create(output)?;
    Ok((source, staged))
}

/// Writes a small result.
pub(crate) fn write(output: &Path, octets: &[u8], placing: Placing) -> Result<PathBuf> {
    use std::io::Write as _;
    files::refuse_existing(output, placing.overwrite)?;
    let mut staged = StagedFile::create(output)?;
    staged.write_all(octets).map_err(|error| staged.write_error(error))?;
    Ok(staged.commit(placing.overwrite, placing.durability)?)
}

//! Streams that must be files: a verb that reads its input twice, or writes its output in one step,
//! works on a temporary copy when the person says `-`.
//!
//! The copy lies in the system's folder for temporary files, in a folder of its own that goes away
//! with it. A stream of any size costs disk, never memory.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use files::StagedDir;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::Text;
use crate::paths::{Destination, is_dash};

/// A temporary folder with one file.
pub(crate) struct Spool {
    folder: StagedDir,
    file: PathBuf,
}

impl Spool {
    fn new(name: &str) -> Result<Self, Failure> {
        let folder = StagedDir::create(std::env::temp_dir().join("ceralacca"))?;
        restrict(folder.path());
        let file = folder.path().join(name);
        Ok(Self { folder, file })
    }

    /// The copy.
    pub(crate) fn path(&self) -> &Path {
        &self.file
    }

    /// Copies standard input to its end.
    pub(crate) fn stdin() -> Result<Self, Failure> {
        let spool = Self::new("stdin")?;
        let mut file = spool.folder.create_file(Path::new("stdin"))?;
        io::copy(&mut io::stdin().lock(), &mut file)
            .map_err(|e| files::Error::from_io("copying standard input to", &spool.file, e))?;
        Ok(spool)
    }
}

/// What is in the stream is nobody else's business.
fn restrict(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A file system without permissions has none to set.
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700));
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// An input that is a file: itself, or a copy of standard input.
pub(crate) enum Input<'a> {
    File(&'a Path),
    Copy(Spool),
}

impl<'a> Input<'a> {
    /// Takes a path, or standard input for `-`.
    pub(crate) fn of(path: &'a Path) -> Result<Self, Failure> {
        if is_dash(path) { Spool::stdin().map(Self::Copy) } else { Ok(Self::File(path)) }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Copy(spool) => &spool.file,
        }
    }
}

/// An output that is a file: the one asked for, or a copy on its way to standard output.
pub(crate) enum Output {
    File(PathBuf),
    Copy(Spool),
}

impl Output {
    /// Where the library is to write.
    pub(crate) fn to(destination: &Destination) -> Result<Self, Failure> {
        match destination.path() {
            Some(path) => Ok(Self::File(path.to_owned())),
            None => Spool::new("stdout").map(Self::Copy),
        }
    }

    /// As [`Output::to`], for what is not text: never onto a terminal, which it would confuse.
    pub(crate) fn to_file(destination: &Destination) -> Result<Self, Failure> {
        refuse_terminal(destination, files::platform::is_terminal(&io::stdout()))?;
        Self::to(destination)
    }

    /// The file to write.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Copy(spool) => &spool.file,
        }
    }

    /// The file is written: what is meant for standard output goes there.
    pub(crate) fn deliver(self) -> Result<(), Failure> {
        let Self::Copy(spool) = self else { return Ok(()) };
        let failed = |e| files::Error::from_io("writing", Path::new("-"), e);
        let mut file = File::open(&spool.file).map_err(failed)?;
        let mut out = io::stdout().lock();
        io::copy(&mut file, &mut out).and_then(|_| out.flush()).map_err(failed)?;
        Ok(())
    }
}

/// Refuses to write a signature onto a terminal.
///
/// # Errors
/// Exit 2.
pub(crate) fn refuse_terminal(destination: &Destination, terminal: bool) -> Result<(), Failure> {
    if destination.path().is_some() || !terminal {
        return Ok(());
    }
    Err(Failure::new(
        "TERMINAL",
        Exit::Usage,
        Text::fixed(
            "la firma è binaria e non si scrive sul terminale",
            "the signature is binary and is not written to the terminal",
        ),
    )
    .hint(Text::fixed(
        "indicare un file con -o, o inviare l'uscita a un altro programma",
        "name a file with -o, or send the output to another program",
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_do_not_go_to_a_terminal() {
        let file = Destination::Path(PathBuf::from("a.p7m"));
        assert_eq!(refuse_terminal(&file, true), Ok(()));
        assert_eq!(refuse_terminal(&Destination::Stdout, false), Ok(()));
        let refused = refuse_terminal(&Destination::Stdout, true).unwrap_err();
        assert_eq!((refused.code, refused.exit), ("TERMINAL", Exit::Usage));
        assert!(refused.hint.is_some_and(|hint| hint.get(crate::lang::Lang::En).contains("-o")));
    }
}

//! Where outputs go: the names of the contract, and the refusals that come before any work.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use files::Overwrite;

use crate::clean;
use crate::failure::Failure;
use crate::lang::{Text, both};

/// Where one output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// `-`.
    Stdout,
    /// A file or folder, under this name.
    Path(PathBuf),
}

impl Destination {
    /// The path; none for stdout.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::Path(path) => Some(path),
        }
    }

    /// As shown and as written in JSON.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Stdout => "-".to_owned(),
            Self::Path(path) => path.to_string_lossy().into_owned(),
        }
    }
}

/// Whether a path is `-`: stdin as input, stdout as output.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What the person said about outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// `-o`.
    pub(crate) output: Option<&'a Path>,
    /// `--overwrite`.
    pub(crate) overwrite: bool,
    /// How many outputs the run makes.
    pub(crate) outputs: usize,
}

impl Wish<'_> {
    /// Whether an existing output is replaced.
    pub(crate) fn replace(&self) -> Overwrite {
        if self.overwrite { Overwrite::Replace } else { Overwrite::Never }
    }

    /// Where an output goes whose name by default is `default`, beside its input.
    ///
    /// # Errors
    /// Exit 2: one file name or `-` for several outputs; exit 4: it exists, or it is an input.
    pub(crate) fn place(
        &self,
        default: Option<PathBuf>,
        inputs: &[&Path],
    ) -> Result<Destination, Failure> {
        let path = match self.output {
            Some(out) if is_dash(out) => {
                self.only_one(out)?;
                return Ok(Destination::Stdout);
            }
            Some(out) if is_folder(out) => match default.as_deref().and_then(Path::file_name) {
                Some(name) => out.join(name),
                None => return Err(no_name()),
            },
            Some(out) => {
                self.only_one(out)?;
                out.to_owned()
            }
            None => match default {
                Some(path) => path,
                // What came from stdin and has no name goes to stdout.
                None if inputs.iter().any(|i| is_dash(i)) => return Ok(Destination::Stdout),
                None => return Err(no_name()),
            },
        };
        for input in inputs.iter().filter(|i| !is_dash(i)) {
            files::refuse_same_file(input, &path)?;
        }
        files::refuse_existing(&path, self.replace())?;
        Ok(Destination::Path(path))
    }

    fn only_one(&self, out: &Path) -> Result<(), Failure> {
        if self.outputs <= 1 {
            return Ok(());
        }
        let shown = clean::path(out);
        Err(Failure::usage(both!(
            "-o {shown} indica un solo file, ma i file da scrivere sono {}",
            "-o {shown} names one file, but there are {} to write",
            self.outputs
        ))
        .hint(Text::fixed(
            "indicare con -o una cartella che esiste",
            "give an existing folder with -o",
        )))
    }
}

fn no_name() -> Failure {
    Failure::usage(Text::fixed(
        "non si sa come chiamare il file da scrivere",
        "there is no name for the output",
    ))
    .hint(Text::fixed("indicarlo con -o", "give it with -o"))
}

/// An existing folder, or a name that can only be one.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// `verbale.mp4` → `verbale.mp4.p7m`. None for stdin.
pub(crate) fn appended(input: &Path, suffix: &str) -> Option<PathBuf> {
    if is_dash(input) {
        return None;
    }
    let mut name = input.file_name()?.to_owned();
    name.push(suffix);
    Some(input.with_file_name(name))
}

/// `STEM.EXT` → `STEM-cosigned.EXT`. None for stdin.
pub(crate) fn marked(input: &Path, mark: &str) -> Option<PathBuf> {
    if is_dash(input) {
        return None;
    }
    let mut name = input.file_stem()?.to_owned();
    name.push(mark);
    if let Some(extension) = input.extension() {
        name.push(".");
        name.push(extension);
    }
    Some(input.with_file_name(name))
}

/// Extensions that say "something is wrapped around the content".
const WRAPPINGS: &[&str] = &[
    "p7m", "p7s", "p7", "p7x", "m7m", "tsd", "tst", "tsr", "b64", "base64", "pem", "eml", "asics",
    "asice", "scs", "sce",
];

/// The name less the extensions of its wrappings: `atto.pdf.p7m.p7m` → `atto.pdf`. A name without
/// any gets `.content`, since the output may not be the input.
pub(crate) fn unwrapped(input: &Path) -> Option<PathBuf> {
    if is_dash(input) {
        return None;
    }
    let mut name: OsString = input.file_name()?.to_owned();
    let mut removed = false;
    loop {
        let path = Path::new(&name);
        let wrapping = path
            .extension()
            .and_then(OsStr::to_str)
            .is_some_and(|e| WRAPPINGS.iter().any(|w| e.eq_ignore_ascii_case(w)));
        match path.file_stem() {
            Some(stem) if wrapping => {
                name = stem.to_owned();
                removed = true;
            }
            _ => break,
        }
    }
    if !removed {
        name.push(".content");
    }
    Some(input.with_file_name(name))
}

/// As [`unwrapped`], less the extensions of so many envelopes: `atto.pdf.p7m.p7m` → `atto.pdf.p7m`.
pub(crate) fn opened(input: &Path, layers: u8) -> Option<PathBuf> {
    if is_dash(input) {
        return None;
    }
    let mut name: OsString = input.file_name()?.to_owned();
    let mut left = layers;
    while left > 0 {
        let path = Path::new(&name);
        let extension = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
        let known = extension.as_deref().filter(|e| WRAPPINGS.contains(e));
        let (Some(known), Some(stem)) = (known, path.file_stem()) else { break };
        // Text wrapping is no envelope of its own.
        left -= u8::from(!["b64", "base64", "pem", "eml"].contains(&known));
        name = stem.to_owned();
    }
    if name == input.file_name()? {
        name.push(".content");
    }
    Some(input.with_file_name(name))
}

/// `DIR`, or `DIR-2`, `DIR-3`… where that is taken.
pub(crate) fn numbered(folder: &Path) -> PathBuf {
    let free = |p: &PathBuf| std::fs::symlink_metadata(p).is_err();
    std::iter::once(folder.to_owned())
        .chain((2u32..).map(|n| {
            let mut name = folder.as_os_str().to_owned();
            name.push(format!("-{n}"));
            PathBuf::from(name)
        }))
        .find(free)
        .unwrap_or_else(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn the_default_names() {
        let p = Path::new;
        assert_eq!(appended(p("d/verbale.mp4"), ".p7m"), Some("d/verbale.mp4.p7m".into()));
        assert_eq!(appended(p("-"), ".p7m"), None);
        assert_eq!(
            marked(p("d/atto.pdf.p7m"), "-cosigned"),
            Some("d/atto.pdf-cosigned.p7m".into())
        );
        assert_eq!(marked(p("atto"), "-t"), Some("atto-t".into()));
        for (input, output) in [
            ("atto.pdf.p7m", "atto.pdf"),
            ("d/atto.pdf.P7M.p7m", "d/atto.pdf"),
            ("atto.pdf.p7m.b64", "atto.pdf"),
            ("atto.pdf.tsd", "atto.pdf"),
            ("atto", "atto.content"),
            (".p7m", ".p7m.content"),
        ] {
            assert_eq!(unwrapped(p(input)), Some(output.into()), "{input}");
        }
    }

    #[test]
    fn envelopes_are_opened_one_by_one() {
        for (input, layers, output) in [
            ("atto.pdf.p7m.p7m", 1, "atto.pdf.p7m"),
            ("atto.pdf.p7m.p7m", 2, "atto.pdf"),
            ("atto.pdf.p7m.tsd", 1, "atto.pdf.p7m"),
            ("atto.pdf.p7m.b64", 1, "atto.pdf"),
            ("atto.pdf.p7m", 7, "atto.pdf"),
            ("atto.pdf", 1, "atto.pdf.content"),
        ] {
            assert_eq!(opened(Path::new(input), layers), Some(output.into()), "{input} {layers}");
        }
    }

    #[test]
    fn refusals_come_before_the_work() {
        let folder = tempfile::tempdir().expect("folder");
        let input = folder.path().join("a.mp4");
        std::fs::write(&input, "x").expect("written");
        let wish = |output, overwrite, outputs| Wish { output, overwrite, outputs };
        let default = || appended(&input, ".p7m");
        let here = wish(None, false, 1).place(default(), &[&input]).expect("free");
        assert_eq!(here.path(), default().as_deref());
        // Same file, also through another spelling.
        let again = folder.path().join(".").join("a.mp4");
        for overwrite in [false, true] {
            let failure =
                wish(Some(&again), overwrite, 1).place(None, &[&input]).expect_err("same");
            assert_eq!(failure.code, "SAME_FILE");
        }
        // Taken.
        std::fs::write(folder.path().join("a.mp4.p7m"), "old").expect("written");
        let failure = wish(None, false, 1).place(default(), &[&input]).expect_err("taken");
        assert_eq!((failure.code, failure.exit), ("EXISTS", Exit::Io));
        assert!(wish(None, true, 1).place(default(), &[&input]).is_ok());
        // A folder takes several, a name only one.
        let out = folder.path().join("out");
        let failure = wish(Some(&out), false, 2).place(default(), &[&input]).expect_err("one name");
        assert_eq!(failure.exit, Exit::Usage);
        std::fs::create_dir(&out).expect("folder");
        let there = wish(Some(&out), false, 2).place(default(), &[&input]).expect("folder");
        assert_eq!(there.path(), Some(out.join("a.mp4.p7m").as_path()));
        // Streams.
        let dash = Path::new("-");
        assert_eq!(wish(Some(dash), false, 1).place(None, &[&input]), Ok(Destination::Stdout));
        assert!(wish(Some(dash), false, 2).place(None, &[&input]).is_err());
        assert_eq!(wish(None, false, 1).place(None, &[dash]), Ok(Destination::Stdout));
    }

    #[test]
    fn the_demo_folder_is_numbered() {
        let folder = tempfile::tempdir().expect("folder");
        let demo = folder.path().join("ceralacca-demo");
        assert_eq!(numbered(&demo), demo);
        std::fs::create_dir(&demo).expect("folder");
        std::fs::create_dir(folder.path().join("ceralacca-demo-2")).expect("folder");
        assert_eq!(numbered(&demo), folder.path().join("ceralacca-demo-3"));
    }
}

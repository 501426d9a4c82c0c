//! The commands the demo prints: what a person types to do the same, and what runs as it stands.
//!
//! Every path is absolute, so a line works from any folder; every output goes below `prove/` and may
//! be made again, so a line works twice. None of them needs the network or the servers of the demo.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// One command: the program and its arguments.
pub(super) type Argv = Vec<String>;

/// Makes commands for one demo.
#[derive(Debug, Clone)]
pub(super) struct Script {
    program: String,
    dir: PathBuf,
}

impl Script {
    /// Commands of the running program, about the folder `dir`.
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            program: program(std::env::current_exe().ok(), std::env::var_os("PATH")),
            dir: dir.to_owned(),
        }
    }

    /// A command of plain words.
    pub(super) fn command(&self, words: &[&str]) -> Line {
        let mut argv = vec![self.program.clone()];
        argv.extend(words.iter().map(|word| (*word).to_owned()));
        Line { argv, dir: self.dir.clone() }
    }
}

/// A command being written.
#[derive(Debug, Clone)]
pub(super) struct Line {
    argv: Argv,
    dir: PathBuf,
}

impl Line {
    /// Adds a word.
    pub(super) fn word(mut self, word: &str) -> Self {
        self.argv.push(word.to_owned());
        self
    }

    /// Adds a path, seen from the demo's folder.
    pub(super) fn path(self, path: impl AsRef<Path>) -> Self {
        let path = self.dir.join(path);
        self.word(&path.to_string_lossy())
    }

    /// Adds a flag with a path.
    pub(super) fn flag(self, flag: &str, path: impl AsRef<Path>) -> Self {
        self.word(flag).path(path)
    }

    /// Adds a signer of the test PKI.
    pub(super) fn signer(self, id: &str) -> Self {
        let key = self.dir.join(format!("signers/{id}.p12"));
        let key = format!("p12:{}", key.to_string_lossy());
        self.word("--key").word(&key).flag("--password-file", format!("signers/{id}.pin"))
    }

    /// Adds an output below `prove/` that may be made again.
    pub(super) fn output(self, name: impl AsRef<Path>) -> Self {
        self.flag("-o", Path::new("prove").join(name)).word("--overwrite")
    }

    /// Adds what a judgement without network rests on.
    pub(super) fn evidence(self) -> Self {
        self.flag("--trust", "trust").flag("--crl", "revocation").flag("--ocsp", "revocation")
    }

    /// The whole command.
    pub(super) fn done(self) -> Argv {
        self.argv
    }
}

/// `ceralacca` where typing that runs this very program, else its path.
fn program(running: Option<PathBuf>, path: Option<std::ffi::OsString>) -> String {
    let name = "ceralacca";
    let Some(running) = running else { return name.to_owned() };
    let real = running.canonicalize().ok();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let found = path.as_deref().map(OsStr::to_owned).and_then(|path| {
        // The first one on the PATH is the one a shell takes.
        std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|p| p.is_file())
    });
    match found.and_then(|p| p.canonicalize().ok()) {
        Some(found) if Some(&found) == real.as_ref() => name.to_owned(),
        _ => running.to_string_lossy().into_owned(),
    }
}

/// A command as a shell reads it.
pub(super) fn shell(argv: &[String]) -> String {
    argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// One word, in single quotes where a POSIX shell would read it otherwise.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if cfg!(windows) && !word.contains('"') {
        return format!("\"{word}\"");
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_a_shell_would_break_are_quoted() {
        let argv = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(shell(&argv(&["c", "verify", "a/b.p7m"])), "c verify a/b.p7m");
        let line = shell(&argv(&["c", "la seduta di l'altro ieri", "$(x)", ""]));
        if cfg!(unix) {
            assert_eq!(line, r"c 'la seduta di l'\''altro ieri' '$(x)' ''");
        }
    }

    #[test]
    fn the_bare_name_only_where_it_runs_this_program() {
        let folder = tempfile::tempdir().expect("folder");
        let file = format!("ceralacca{}", std::env::consts::EXE_SUFFIX);
        let here = folder.path().join("bin").join(&file);
        std::fs::create_dir(folder.path().join("bin")).expect("made");
        std::fs::write(&here, "").expect("written");
        let path = || Some(folder.path().join("bin").into_os_string());
        assert_eq!(program(Some(here.clone()), path()), "ceralacca");
        assert_eq!(program(Some(here.clone()), None), here.to_string_lossy());
        let other = folder.path().join(&file);
        std::fs::write(&other, "").expect("written");
        assert_eq!(program(Some(other.clone()), path()), other.to_string_lossy());
    }
}

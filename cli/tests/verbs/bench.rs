//! A folder with a laboratory in it, and the program run inside.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::Utc;
use lab::{Config, Lab, Pki, Running};
use serde_json::Value;
use tempfile::TempDir;

/// What every judgement is given.
pub(crate) const TRUST: &str = "--trust lab/trust --crl lab/revocation";

/// A folder with `lab/` and `verbale.txt`, and the laboratory's servers.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) lab: Running,
}

/// What a run answered.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) const CONTENT: &[u8] = b"Verbale della seduta: voti favorevoli 12, contrari 3.\n";

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lab = Lab::start(&Config::quick(Utc::now()), Arc::new(Utc::now)).unwrap();
        lab::disk::write(&folder.path().join("lab"), &lab.pki(), lab::DEFAULT_PIN).unwrap();
        let bench = Self { folder, lab };
        bench.write("verbale.txt", CONTENT);
        bench
    }

    pub(crate) fn pki(&self) -> Pki {
        self.lab.pki()
    }

    pub(crate) fn tsa(&self, id: &str) -> String {
        self.lab.tsa_url(id)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, octets).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Names in the folder that are neither the laboratory nor the content.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n != "lab" && n != "verbale.txt")
            .collect();
        names.sort();
        names
    }

    /// Runs a command line; words are parted at spaces.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.feed(line, b"")
    }

    /// The same with something on standard input.
    pub(crate) fn feed(&self, line: &str, stdin: &[u8]) -> Ran {
        let mut child = command(self.folder.path())
            .args(line.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let octets = stdin.to_vec();
        let writer = std::thread::spawn(move || {
            // A program that does not read its input is no failure of the test.
            let _ = pipe.write_all(&octets);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout,
        }
    }

    /// Runs what must succeed.
    pub(crate) fn ok(&self, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "{line}\n{}{}", ran.out, ran.err);
        ran
    }
}

/// The program in a folder, without the person's own settings.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ceralacca"));
    command
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        // The laboratory's folder is looked past where outputs are counted.
        .env("XDG_CACHE_HOME", folder.join("lab/cache"))
        .env("LC_ALL", "C")
        .env("TMPDIR", folder)
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .env_remove("all_proxy")
        .env_remove("ALL_PROXY");
    command
}

/// `--key … --password-file …` of somebody in the laboratory.
pub(crate) fn key(id: &str) -> String {
    format!("--key p12:lab/signers/{id}.p12 --password-file lab/signers/{id}.pin")
}

impl Ran {
    /// Standard output as one JSON object.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Standard output as JSON lines.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    /// Exit code, code of the first error, and one word of its sentence or hint.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, error: &str, word: &str) {
        let told = self.json();
        let first = &told["errors"][0];
        assert_eq!((self.code, first["code"].as_str()), (code, Some(error)), "{told:#}");
        assert_eq!(told["ok"], false);
        let said = format!("{} {}", first["message"], first["hint"]);
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
}

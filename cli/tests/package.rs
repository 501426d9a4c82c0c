//! Packages on the command line: both legal models, several recordings, and every alteration
//! noticed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder with a lab, a sheet and some files.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = chrono::Utc::now();
        lab::disk::init(&dir.path().join("lab"), &lab::Config::quick(now)).unwrap();
        let sheet = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../crates/preservation/src/metadata/esempio.toml");
        std::fs::copy(sheet, dir.path().join("m.toml")).unwrap();
        for (name, text) in
            [("verbale.pdf", "minutes"), ("parte-1.mp4", "first"), ("parte-2.mp4", "second")]
        {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ceralacca"))
            .args(arguments)
            .args(["--lang", "it"])
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn code(&self, arguments: &[&str]) -> i32 {
        let output = self.run(arguments);
        let code = output.status.code().unwrap();
        if code != 0 {
            println!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        code
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Makes a deposit package; the recordings here are too short to be complete.
    fn sip(&self, out: &str, more: &[&str]) -> i32 {
        let fixed =
            ["package", "sip", "--metadata", "m.toml", "--allow", "incomplete-media", "-o", out];
        self.code(&[&fixed[..], more].concat())
    }
}

#[test]
fn both_models_and_several_recordings_in_folder_and_zip() {
    let desk = Desk::new();
    let recording_main = ["--main", "parte-1.mp4", "parte-2.mp4", "--attach", "verbale.pdf"];
    let text_main = ["--main", "verbale.pdf", "--attach", "parte-1.mp4", "--attach", "parte-2.mp4"];
    assert_eq!(desk.sip("a", &recording_main), 0);
    assert_eq!(desk.sip("b", &text_main), 0);
    assert_eq!(desk.sip("c.zip", &[&text_main[..], &["--container", "zip"]].concat()), 0);
    for package in ["a", "b", "c.zip"] {
        let (code, report) = desk.json(&["package", "verify", package]);
        assert_eq!(code, 0, "{report}");
        assert_eq!(report["data"]["kind"], "SIP");
        assert_eq!(report["data"]["verdict"], "VALID");
        assert!(report["data"]["files"]["count"].as_u64().unwrap() >= 6);
    }
    assert_eq!(desk.sip("a", &recording_main), 4, "nothing existing is replaced");
}

#[test]
fn the_archive_package_is_signed_and_judged() {
    let desk = Desk::new();
    assert_eq!(desk.sip("pdv", &["--main", "verbale.pdf"]), 0);
    let aip = [
        "package",
        "aip",
        "pdv",
        "--key",
        "p12:lab/signers/segretario.p12",
        "--password-file",
        "lab/signers/segretario.pin",
        "-o",
        "pda",
    ];
    assert_eq!(desk.code(&aip), 0);
    let trusted = ["package", "verify", "pda", "--trust", "lab/trust", "--crl", "lab/revocation"];
    let (code, report) = desk.json(&trusted);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["data"]["kind"], "AIP");
    assert_eq!(report["data"]["signatures"][0]["indication"], "TOTAL-PASSED");
    // Without trust nothing is altered, but nothing is proved either.
    assert_eq!(desk.code(&["package", "verify", "pda"]), 3);
    // The index with one octet changed is noticed, whichever copy it is.
    for file in ["pda/PIndex.xml", "pda/PIndex.xml.p7m", "pda/pdv/documenti/principale/verbale.pdf"]
    {
        let path = desk.path(file);
        let original = std::fs::read(&path).unwrap();
        let mut altered = original.clone();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        std::fs::write(&path, altered).unwrap();
        let (code, report) = desk.json(&trusted);
        assert_eq!((code, &report["data"]["verdict"]), (1, &"INVALID".into()), "{file}");
        std::fs::write(&path, original).unwrap();
    }
}

#[test]
fn alterations_and_absences_are_named() {
    let desk = Desk::new();
    assert_eq!(desk.sip("pdv", &["--main", "verbale.pdf", "--attach", "parte-1.mp4"]), 0);
    let main = desk.path("pdv/documenti/principale/verbale.pdf");
    let original = std::fs::read(&main).unwrap();
    std::fs::write(&main, "altered").unwrap();
    let output = desk.run(&["package", "verify", "pdv"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("verbale.pdf") && said.contains("NON è valido"), "{said}");
    std::fs::remove_file(&main).unwrap();
    assert_eq!(desk.json(&["package", "verify", "pdv"]).1["data"]["verdict"], "INCOMPLETE");
    std::fs::write(&main, original).unwrap();
    std::fs::write(desk.path("pdv/documenti/intruso.txt"), "x").unwrap();
    assert_eq!(desk.code(&["package", "verify", "pdv"]), 1);
    assert_eq!(desk.code(&["package", "verify", "verbale.pdf"]), 5, "not a package");
}

#[test]
fn everything_a_sheet_lacks_is_named_at_once_with_its_remedy() {
    let desk = Desk::new();
    assert_eq!(desk.code(&["package", "metadata", "init", "verbale.pdf", "-o", "vuota.toml"]), 0);
    let (code, report) = desk.json(&[
        "package",
        "sip",
        "--metadata",
        "vuota.toml",
        "--main",
        "verbale.pdf",
        "-o",
        "pdv",
    ]);
    assert_eq!(code, 4);
    let errors = report["errors"].as_array().unwrap();
    assert!(errors.len() > 5, "{errors:?}");
    assert!(errors.iter().all(|e| e["code"].as_str().unwrap().starts_with("META-")));
    assert!(errors.iter().all(|e| e["hint"].as_str().is_some_and(|hint| !hint.is_empty())));
    assert!(errors.iter().any(|e| e["message"].as_str().unwrap().contains("Manca il campo")));
    assert!(!desk.path("pdv").exists());
}

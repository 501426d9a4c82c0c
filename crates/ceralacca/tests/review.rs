//! Flaws that a review found, one test each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

use ceralacca::{
    Error, Evidence, Placing, Policy, Report, Times, VerifyOptions, extract_file, verify_file,
};
use chrono::{DateTime, Utc};
use lab::{Config, Pki};

fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn verify(path: &Path, content: Option<&Path>) -> Result<Report, Error> {
    verify_file(
        path,
        &VerifyOptions {
            evidence: &Evidence::default(),
            fetch: None,
            content,
            content_digest: None,
            policy: &Policy::default(),
            times: &Times::now(now()),
            progress: None,
        },
    )
}

struct Desk {
    dir: tempfile::TempDir,
    pki: Pki,
}

impl Desk {
    fn new() -> Self {
        let pki = Pki::create(&Config::quick(now())).unwrap();
        Self { dir: tempfile::tempdir().unwrap(), pki }
    }

    fn put(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, octets).unwrap();
        path
    }

    fn sign(&self, content: &[u8]) -> Vec<u8> {
        lab::cms::sign(&self.pki, "presidente", content, now()).unwrap()
    }
}

#[test]
fn text_that_only_starts_like_a_signature_is_content() {
    let desk = Desk::new();
    let mail = lab::wrap::base64(&desk.sign(b"verbale")) + "\nSi allega, perch\u{e9}...!\n";
    let path = desk.put("mail.p7m", &desk.sign(mail.as_bytes()));
    let report = verify(&path, None).unwrap();
    assert_eq!(report.signatures.len(), 1);
    assert_eq!(report.signatures[0].intact, Some(true));
    let out = desk.dir.path().join("mail.txt");
    extract_file(&path, &out, Placing::default(), None).unwrap();
    assert_eq!(std::fs::read_to_string(out).unwrap(), mail);
}

#[test]
fn layers_beyond_the_limit_are_refused_not_overlooked() {
    let desk = Desk::new();
    let mut file = b"verbale".to_vec();
    for _ in 0..10 {
        file = desk.sign(&file);
    }
    let path = desk.put("deep.p7m", &file);
    let error = verify(&path, None).unwrap_err();
    assert_eq!(error.family(), ceralacca::Family::Unsupported);
}

#[test]
fn a_content_named_beside_an_attached_file_is_compared() {
    let desk = Desk::new();
    let path = desk.put("a.p7m", &desk.sign(b"verbale"));
    let (right, wrong) = (desk.put("right", b"verbale"), desk.put("wrong", b"altro"));
    assert!(verify(&path, Some(&right)).is_ok());
    let error = verify(&path, Some(&wrong)).unwrap_err();
    assert_eq!(error.family(), ceralacca::Family::Judgement);
}

#[test]
fn base64_of_any_width_is_recognised() {
    let desk = Desk::new();
    let p7m = desk.sign(&vec![7; 100_000]);
    for width in [60, 64, 73, 76] {
        let text = lab::wrap::base64_lines(&p7m, width, "\n");
        let report = verify(&desk.put("a.p7m", text.as_bytes()), None).unwrap();
        assert_eq!(report.signatures[0].intact, Some(true), "{width}");
        let nested = desk.sign(text.as_bytes());
        let report = verify(&desk.put("b.p7m", &nested), None).unwrap();
        assert_eq!(report.signatures.len(), 2, "{width}");
    }
}

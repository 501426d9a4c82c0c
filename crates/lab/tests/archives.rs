//! What the lab makes of archives and containers, shown to programs that share nothing with it: the CAdES
//! judge of the shared folder, `openssl ts`, `unzip` and `7z`. One that is absent is said to be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use ceralacca_lab as lab;
use chrono::{DateTime, TimeDelta, Utc};
use lab::archive::{ArchiveStamp, Index, IndexVersion};
use lab::cms::{Framing, Odd, OddSigner};
use lab::parts::Parts;
use lab::zip::{Member, Zip};
use lab::{Config, Hash, Pki, asic};

/// The judges know no other clock than the machine's.
fn now() -> DateTime<Utc> {
    let now: DateTime<Utc> = std::time::SystemTime::now().into();
    DateTime::from_timestamp(now.timestamp(), 0).unwrap()
}

fn skipped(what: &str) {
    assert!(std::env::var_os("CERALACCA_REQUIRE_JUDGES").is_none(), "{what}");
    println!("skipped: {what}");
}

fn cades_judge() -> Option<[PathBuf; 2]> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("CERALACCA_SHARED").map_or_else(beside, PathBuf::from);
    let home =
        || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/ceralacca-judges/venv"));
    let venv = std::env::var_os("PEERS_VENV").map(PathBuf::from).or_else(home)?;
    let found = [venv.join("bin/python"), shared.join("judges/peers/verify_cades.py")];
    if found.iter().all(|path| path.is_file()) {
        return Some(found);
    }
    skipped("there is no CAdES judge");
    None
}

struct Desk {
    dir: tempfile::TempDir,
    pki: Pki,
}

impl Desk {
    fn new() -> Self {
        let pki = Pki::create(&Config::quick(now())).unwrap();
        let desk = Self { dir: tempfile::tempdir().unwrap(), pki };
        for root in desk.pki.roots() {
            desk.put(&format!("{}.pem", root.id), root.certificate.pem().as_bytes());
        }
        desk
    }

    fn put(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, octets).unwrap();
        path
    }

    fn run(&self, program: &Path, words: &[&str]) -> Option<(bool, String)> {
        let run = Command::new(program).args(words).current_dir(self.dir.path()).output();
        let Ok(out) = run else {
            skipped(&format!("there is no {}", program.display()));
            return None;
        };
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        Some((out.status.success(), said))
    }

    fn judged(&self, file: &str, octets: &[u8], level: &str) -> Option<(bool, String)> {
        let [python, script] = cades_judge()?;
        self.put(file, octets);
        let script = script.canonicalize().unwrap();
        let words = ["-B", script.to_str().unwrap(), file, "root.pem", "tsa-root.pem"];
        self.run(&python, &[&words[..], &["--min-level", level]].concat())
    }

    fn long_term(&self, framing: Framing) -> Parts {
        let at = now() - TimeDelta::minutes(50);
        let signer = OddSigner::at("presidente", at).stamped("tsa", at + TimeDelta::minutes(1));
        let odd =
            Odd { framing, signers: vec![signer], ..Odd::new(&self.pki, b"verbale", "presidente") };
        let mut parts = Parts::read(&odd.build().unwrap()).unwrap();
        let issued = now() - TimeDelta::minutes(40);
        let (ids, next) = (["presidente", "tsa", "tsa-b"], issued + TimeDelta::days(7));
        self.pki.add_long_term(&mut parts, &ids, issued, next).unwrap();
        parts
    }
}

#[test]
fn archive_time_stamps_as_others_read_them() {
    let desk = Desk::new();
    for version in [IndexVersion::V1, IndexVersion::V3] {
        for framing in [Framing::Definite, Framing::Chunked(3)] {
            let mut parts = desk.long_term(framing);
            let stamp = ArchiveStamp::new("tsa-b", now() - TimeDelta::minutes(30));
            let index = Index::of(&parts, 0, version, Hash::Sha256).unwrap();
            let Some((accepted, said)) = desk.judged("lt.p7m", &parts.build(), "LT") else {
                return;
            };
            assert!(accepted, "LT: {said}");
            let mut wrong = parts.clone();
            desk.pki.archive_v3(&mut parts, 0, &index, &stamp).unwrap();
            let (accepted, said) = desk.judged("lta.p7m", &parts.build(), "LTA").unwrap();
            assert!(accepted, "{version:?} {framing:?}: {said}");
            let mut index = index;
            index.certificates[0][5] ^= 1;
            desk.pki.archive_v3(&mut wrong, 0, &index, &stamp).unwrap();
            let (accepted, said) = desk.judged("wrong.p7m", &wrong.build(), "B").unwrap();
            assert!(!accepted, "{said}");
        }
    }
}

#[test]
fn archives_open_elsewhere() {
    let desk = Desk::new();
    let at = now() - TimeDelta::minutes(5);
    let zeros = vec![0; 100_000];
    let zip = Zip::new(vec![
        Member::new("uno.txt", b"uno"),
        Member::deflated("due.bin", &vec![7; 200_000]),
        Member::zeros("zeri", 100_000),
        Member { zip64: true, ..Member::new("città/tre.txt", b"tre") },
    ]);
    let files: [(&str, &[u8]); 2] = [("verbale.txt", b"verbale"), ("allegato città.bin", &zeros)];
    for (name, zip) in [
        ("a.zip", zip),
        ("a.asics", asic::simple(&desk.pki, "presidente", at, "verbale.txt", b"verbale").unwrap()),
        ("t.asics", asic::simple_stamped(&desk.pki, "tsa", at, "verbale.txt", b"verbale").unwrap()),
        ("a.asice", asic::extended(&desk.pki, "presidente", at, &files).unwrap()),
    ] {
        desk.put(name, &zip.build());
        for words in [["unzip", "-t"], ["7z", "t"]] {
            let Some((good, said)) = desk.run(Path::new(words[0]), &[words[1], name]) else {
                continue;
            };
            assert!(good, "{} {name}: {said}", words[0]);
        }
    }
    // More members than a short end record counts.
    let many = (0..70_000).map(|n| Member::new(&format!("f/{n}"), b"x")).collect();
    desk.put("many.zip", &Zip::new(many).build());
    if let Some((good, said)) = desk.run(Path::new("unzip"), &["-tqq", "many.zip"]) {
        assert!(good, "{said}");
    }
}

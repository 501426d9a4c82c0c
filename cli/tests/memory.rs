//! Peak resident memory of the verbs does not grow with the content.
//!
//! 64 MiB by default, against a limit of half of it; with CERALACCA_BIG=1 a sparse file of 6 GiB,
//! with the release binary where there is one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]
#![cfg(target_os = "linux")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Utc;
use lab::{Config, Lab};

/// What every verb keeps within, whatever the size of the file.
const LIMIT_KIB: u64 = 32 << 10;

fn program(big: bool) -> PathBuf {
    let debug = PathBuf::from(env!("CARGO_BIN_EXE_ceralacca"));
    let release = debug.with_file_name("").join("../release/ceralacca");
    if big && release.exists() { release } else { debug }
}

/// Runs the program and gives its peak resident memory in KiB (`ru_maxrss`).
///
/// GNU time measures it where it is there; elsewhere `VmHWM`, which only ever rises, is read while
/// the program runs, so that only the last instants can be missed.
fn peak(program: &Path, folder: &Path, line: &str) -> u64 {
    peak_of(program, folder, line, true)
}

/// The same of a run that need not succeed.
fn peak_of(program: &Path, folder: &Path, line: &str, succeeds: bool) -> u64 {
    let time = Path::new("/usr/bin/time");
    let measured = folder.join("peak");
    let mut command = if time.exists() {
        let mut command = Command::new(time);
        command.args(["-f", "%M", "-o"]).arg(&measured).arg(program);
        command
    } else {
        Command::new(program)
    };
    let mut child = command
        .args(line.split_whitespace())
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("XDG_CACHE_HOME", "/dev/null")
        .env("LC_ALL", "C")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut highest = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if !time.exists() {
            highest = highest.max(high_water(child.id()));
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    assert!(status.success() || !succeeds, "{line}: {status}");
    if time.exists() {
        let text = std::fs::read_to_string(&measured).unwrap();
        // A line before the last one tells of an exit code.
        highest = text.split_whitespace().last().unwrap().parse().unwrap();
    }
    assert!(highest > 1024, "{line}: nothing was measured");
    highest
}

fn high_water(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Files of several GiB: one scene at a time, or they fill the disk together.
static ROOM: Mutex<()> = Mutex::new(());

struct Scene {
    folder: tempfile::TempDir,
    lab: lab::Running,
    program: PathBuf,
    big: bool,
    _room: Option<MutexGuard<'static, ()>>,
}

/// A served lab in a folder.
fn scene() -> Scene {
    let big = std::env::var("CERALACCA_BIG").is_ok_and(|v| v == "1");
    let room = big.then(|| ROOM.lock().unwrap_or_else(PoisonError::into_inner));
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::start(&Config::quick(Utc::now()), Arc::new(Utc::now)).unwrap();
    lab::disk::write(&folder.path().join("lab"), &lab.pki(), lab::DEFAULT_PIN).unwrap();
    Scene { folder, lab, program: program(big), big, _room: room }
}

impl Scene {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of zeros that takes no room.
    fn sparse(&self, name: &str, size: u64) {
        File::create(self.path(name)).unwrap().set_len(size).unwrap();
    }

    /// Runs each line within the limit; then the file beside it is removed: room for the next, where
    /// files are large.
    #[track_caller]
    fn all_within(&self, lines: &[(String, Option<&str>)], size: u64) {
        self.all_below(LIMIT_KIB, lines, size);
    }

    #[track_caller]
    fn all_below(&self, limit: u64, lines: &[(String, Option<&str>)], size: u64) {
        for (line, done_with) in lines {
            let peak = peak(&self.program, self.folder.path(), line);
            println!("{peak:7} KiB  {line}");
            assert!(peak <= limit, "{line}: {peak} KiB at its peak, {size} bytes of content");
            if let Some(name) = done_with {
                std::fs::remove_file(self.path(name)).unwrap();
            }
        }
    }
}

fn key(id: &str) -> String {
    format!("--key p12:lab/signers/{id}.p12 --password-file lab/signers/{id}.pin")
}

const TRUST: &str = "--trust lab/trust --crl lab/revocation";
/// What lets a verb reach the lab.
const ONLINE: &str = "--trust lab/trust --allow-net 127.0.0.0/8";

#[test]
fn a_file_of_any_size_fits_into_32_mib() {
    let scene = scene();
    let size = if scene.big { 6 << 30 } else { 64 << 20 };
    scene.sparse("seduta.bin", size);
    let (one, two) = (key("presidente"), key("segretario"));
    let lines = [
        (format!("sign seduta.bin {one}"), None),
        (format!("sign seduta.bin --detached {one}"), None),
        (format!("verify seduta.bin.p7s --content seduta.bin {TRUST}"), Some("seduta.bin")),
        (format!("cosign seduta.bin.p7m {two}"), Some("seduta.bin.p7m")),
        (format!("verify seduta.bin-cosigned.p7m {TRUST}"), None),
        ("inspect seduta.bin-cosigned.p7m".to_owned(), None),
        ("extract seduta.bin-cosigned.p7m -o fuori.bin".to_owned(), Some("fuori.bin")),
        ("detach seduta.bin-cosigned.p7m --content dentro.bin".to_owned(), None),
        ("attach seduta.bin-cosigned.p7s --content dentro.bin -o di-nuovo.p7m".to_owned(), None),
    ];
    scene.all_within(&lines, size);
    let joined = std::fs::metadata(scene.path("di-nuovo.p7m")).unwrap().len();
    assert!(joined > size);
}

/// Beyond 4 GiB a length no longer fits into 32 bits: that run is `CERALACCA_BIG`'s.
#[test]
fn every_level_fits_into_32_mib() {
    let scene = scene();
    let size = if scene.big { (4 << 30) + 12_345 } else { 64 << 20 };
    scene.sparse("seduta.bin", size);
    let tsa = format!("--tsa {} {ONLINE}", scene.lab.tsa_url("tsa"));
    let lines = [
        (format!("sign seduta.bin {}", key("presidente")), Some("seduta.bin")),
        (format!("extend seduta.bin.p7m --level t {tsa} -o t.p7m"), Some("seduta.bin.p7m")),
        (format!("extend t.p7m --level lt {tsa} -o lt.p7m"), Some("t.p7m")),
        (format!("extend lt.p7m --level lta {tsa} -o lta.p7m"), Some("lt.p7m")),
        (format!("extend lta.p7m --level lta {tsa} -o ancora.p7m"), Some("lta.p7m")),
        ("verify ancora.p7m --trust lab/trust".to_owned(), None),
        (
            format!("countersign ancora.p7m --signature 1 {} -o contro.p7m", key("segretario")),
            Some("ancora.p7m"),
        ),
        (format!("verify contro.p7m {TRUST}"), Some("contro.p7m")),
    ];
    scene.all_within(&lines, size);
}

#[test]
fn a_stamped_file_of_any_size_fits_into_32_mib() {
    let scene = scene();
    let size = if scene.big { (4 << 30) + 12_345 } else { 64 << 20 };
    scene.sparse("seduta.bin", size);
    let tsa = scene.lab.tsa_url("tsa");
    let lines = [
        (format!("timestamp seduta.bin --format tsd --tsa {tsa} -o s.tsd"), Some("seduta.bin")),
        (format!("verify s.tsd {TRUST}"), None),
        ("inspect s.tsd".to_owned(), None),
        ("extract s.tsd -o fuori.bin".to_owned(), None),
    ];
    scene.all_within(&lines, size);
    assert_eq!(std::fs::metadata(scene.path("fuori.bin")).unwrap().len(), size);
}

/// The size of a member does not count. Their number does: name, digest and reference of each are kept.
#[test]
fn a_container_of_many_or_large_members_is_not_held() {
    let scene = scene();
    let pki = scene.lab.pki();
    let at = Utc::now() - chrono::TimeDelta::minutes(5);
    let contents: Vec<_> = (0..10_000).map(|n| (format!("atti/{n}.txt"), n.to_string())).collect();
    let files: Vec<(&str, &[u8])> =
        contents.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let zip = lab::asic::extended(&pki, "presidente", at, &files).unwrap();
    std::fs::write(scene.path("molti.asice"), zip.build()).unwrap();
    let lines =
        [(format!("verify molti.asice {TRUST}"), None), ("inspect molti.asice".to_owned(), None)];
    // 1.6 KiB for each of the 10,000.
    scene.all_below(LIMIT_KIB + (16 << 10), &lines, 0);
    let size = if scene.big { (4 << 30) + 12_345 } else { 64 << 20 };
    scene.sparse("seduta.bin", size);
    scene.sparse("altra.bin", 1 << 20);
    let sign =
        format!("sign seduta.bin altra.bin --format asic-e {} -o g.asice", key("presidente"));
    let lines = [
        (sign, Some("seduta.bin")),
        (format!("verify g.asice {TRUST}"), None),
        (format!("cosign g.asice {} -o due.asice", key("segretario")), Some("g.asice")),
        (format!("verify due.asice {TRUST}"), None),
    ];
    scene.all_within(&lines, size);
}

/// Class 16: a file of a few octets that promises gibibytes reserves none of them.
#[test]
fn class_16_a_declared_length_reserves_nothing() {
    let scene = scene();
    let signed = lab::cms::sign(&scene.lab.pki(), "presidente", b"verbale", Utc::now()).unwrap();
    let huge: [&[u8]; 3] = [
        &[0x84, 0x7f, 0xff, 0xff, 0xff],
        &[0x85, 0x7f, 0xff, 0xff, 0xff, 0xff],
        &[0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    for (n, length) in huge.into_iter().enumerate() {
        for at in [1, 60, signed.len() / 2, signed.len() - 90] {
            let mut octets = signed.clone();
            octets.splice(at..=at, length.iter().copied());
            std::fs::write(scene.path("promesse.p7m"), &octets).unwrap();
            for verb in ["verify", "inspect", "extract -o fuori"] {
                let (program, folder) = (&scene.program, scene.folder.path());
                let peak = peak_of(program, folder, &format!("{verb} promesse.p7m"), false);
                assert!(peak <= LIMIT_KIB, "{verb}, length {n} at {at}: {peak} KiB");
                let _ = std::fs::remove_file(scene.path("fuori"));
            }
        }
    }
}

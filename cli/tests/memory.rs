//! Peak resident memory of the verbs does not grow with the content.
//!
//! 64 MiB by default, against a limit of half of it; with CERALACCA_BIG=1 a sparse file of 6 GiB,
//! with the release binary where there is one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![cfg(target_os = "linux")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
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
    assert!(status.success(), "{line}: {status}");
    if time.exists() {
        let text = std::fs::read_to_string(&measured).unwrap();
        highest = text.trim().parse().unwrap();
    }
    assert!(highest > 1024, "{line}: nothing was measured");
    highest
}

fn high_water(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[test]
fn a_file_of_any_size_fits_into_32_mib() {
    let big = std::env::var("CERALACCA_BIG").is_ok_and(|v| v == "1");
    let size = if big { 6 << 30 } else { 64 << 20 };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lab = Lab::start(&Config::quick(Utc::now()), Arc::new(Utc::now)).unwrap();
    lab::disk::write(&folder.join("lab"), &lab.pki(), lab::DEFAULT_PIN).unwrap();
    File::create(folder.join("seduta.bin")).unwrap().set_len(size).unwrap();
    let key =
        |id: &str| format!("--key p12:lab/signers/{id}.p12 --password-file lab/signers/{id}.pin");
    let (one, two) = (key("presidente"), key("segretario"));
    let trust = "--trust lab/trust --crl lab/revocation";
    let program = program(big);
    for (line, done_with) in [
        (format!("sign seduta.bin {one}"), None),
        (format!("sign seduta.bin --detached {one}"), None),
        (format!("verify seduta.bin.p7s --content seduta.bin {trust}"), Some("seduta.bin")),
        (format!("cosign seduta.bin.p7m {two}"), Some("seduta.bin.p7m")),
        (format!("verify seduta.bin-cosigned.p7m {trust}"), None),
        ("inspect seduta.bin-cosigned.p7m".to_owned(), None),
        ("extract seduta.bin-cosigned.p7m -o fuori.bin".to_owned(), Some("fuori.bin")),
        ("detach seduta.bin-cosigned.p7m --content dentro.bin".to_owned(), None),
        ("attach seduta.bin-cosigned.p7s --content dentro.bin -o di-nuovo.p7m".to_owned(), None),
    ] {
        let peak = peak(&program, folder, &line);
        println!("{:7} KiB  {line}", peak);
        assert!(peak <= LIMIT_KIB, "{line}: {peak} KiB at its peak, {size} bytes of content");
        // Room for the next, where files are large.
        if let Some(name) = done_with {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
    }
    let joined = std::fs::metadata(folder.join("di-nuovo.p7m")).unwrap().len();
    assert!(joined > size);
}

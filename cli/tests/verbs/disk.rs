//! Full and read-only disks, files that change while they are read, runs that are killed.
#![cfg(unix)]

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use crate::bench::{Bench, TRUST, command, key};

/// A file that takes some time, without taking room.
fn large(bench: &Bench, name: &str, size: u64) {
    File::create(bench.path(name)).unwrap().set_len(size).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written() {
    let bench = Bench::new();
    let folder = bench.path("chiusa");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, Permissions::from_mode(0o555)).unwrap();
    if File::create(folder.join("prova")).is_ok() {
        println!("skipped: this user writes to read-only folders");
        return;
    }
    let line = format!("sign verbale.txt {} -o chiusa/x.p7m", key("presidente"));
    bench.run(&format!("{line} --json")).fails(4, "PERMISSION_DENIED", "write");
    let italian = bench.run(&format!("{line} --lang it"));
    assert!(italian.err.contains("permesso negato"), "{}", italian.err);
    std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_disk_that_is_full() {
    let bench = Bench::new();
    large(&bench, "seduta.bin", 4 << 20);
    // A limit on the size of files is what a full disk looks like to the program, for any user.
    let line = format!(
        "trap '' XFSZ; ulimit -f 2048; exec \"$0\" sign seduta.bin {} --json",
        key("presidente")
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &line, env!("CARGO_BIN_EXE_ceralacca")])
        .current_dir(bench.folder.path())
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(4), "{told:#}");
    assert_eq!(told["errors"][0]["code"], "DISK_FULL", "{told:#}");
    assert!(told["errors"][0]["hint"].as_str().unwrap().contains("nothing incomplete"));
    assert_eq!(bench.leftovers(), ["seduta.bin"]);
}

#[test]
fn a_file_that_changes_while_it_is_read() {
    let bench = Bench::new();
    let size = 96 << 20;
    large(&bench, "seduta.bin", size);
    let mut seen = false;
    // The moment cannot be chosen, so it is tried until one falls into the reading.
    for attempt in 0..20u64 {
        let child = command(bench.folder.path())
            .args(format!("sign seduta.bin {} --json --overwrite", key("presidente")).split(' '))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20 + 15 * attempt));
        let mut file = OpenOptions::new().write(true).open(bench.path("seduta.bin")).unwrap();
        file.seek(SeekFrom::Start(size - 1)).unwrap();
        file.write_all(&[attempt as u8 + 1]).unwrap();
        let output = child.wait_with_output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        if output.status.code() == Some(4) {
            let code = told["errors"][0]["code"].as_str().unwrap();
            assert!(["CHANGED_WHILE_READ", "CHANGED"].contains(&code), "{told:#}");
            seen = true;
            break;
        }
        assert_eq!(output.status.code(), Some(0), "{told:#}");
    }
    assert!(seen, "no change fell into the reading");
    assert!(!bench.leftovers().iter().any(|n| n.ends_with("ceralacca-tmp")));
}

#[test]
fn killed_at_any_moment_the_old_or_the_complete_new_stands() {
    let bench = Bench::new();
    large(&bench, "seduta.bin", 24 << 20);
    bench.ok(&format!("sign seduta.bin {} -o firmato.p7m", key("presidente")));
    let old = bench.read("firmato.p7m");
    let mut killed = 0;
    for attempt in 0..24u64 {
        let line = format!("cosign firmato.p7m {} --in-place --again", key("segretario"));
        let mut child = command(bench.folder.path())
            .args(line.split(' '))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(5 * attempt));
        // SIGKILL: nothing can be cleaned up.
        child.kill().unwrap();
        if !child.wait().unwrap().success() {
            killed += 1;
        }
        let now = bench.read("firmato.p7m");
        if now != old {
            let told = bench.ok(&format!("verify firmato.p7m {TRUST} --json")).json();
            assert!(told["data"]["signatures"].as_array().unwrap().len() >= 2);
            bench.write("firmato.p7m", &old);
        }
    }
    assert!(killed > 0, "every run was faster than the signal");
    // What a killed run leaves stands in nobody's way.
    bench.ok(&format!("cosign firmato.p7m {} --in-place", key("segretario")));
    for name in bench.leftovers() {
        let known = ["seduta.bin", "firmato.p7m"].contains(&name.as_str());
        assert!(known || name.ends_with(".ceralacca-tmp"), "{name}");
    }
}

#[test]
fn ctrl_c_ends_a_batch_between_two_files() {
    let bench = Bench::new();
    for n in 0..6 {
        large(&bench, &format!("seduta-{n}.bin"), 32 << 20);
    }
    let files: Vec<String> = (0..6).map(|n| format!("seduta-{n}.bin")).collect();
    let child = command(bench.folder.path())
        .args(format!("sign {} {} --jsonl", files.join(" "), key("presidente")).split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !bench.exists("seduta-0.bin.p7m") {
        std::thread::sleep(Duration::from_millis(2));
    }
    let sent = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let done = String::from_utf8(output.stdout).unwrap().lines().count();
    assert!((1..6).contains(&done), "{done} files done");
    let there: Vec<String> =
        bench.leftovers().into_iter().filter(|n| n.ends_with(".p7m")).collect();
    assert_eq!(there.len(), done);
    assert!(!bench.leftovers().iter().any(|n| n.ends_with("ceralacca-tmp")));
    bench.ok(&format!("verify {} {TRUST} --jsonl", there.join(" ")));
}

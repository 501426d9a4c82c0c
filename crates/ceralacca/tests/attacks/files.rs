//! Classes 39 and 40: files that change under the reader, and runs that end early.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ceralacca::validation::{SubIndication as S, Verdict};
use ceralacca::{Placing, Policy, Times, extract_file, verify_file};

use crate::common::*;

/// Octets that do not repeat soon.
fn octets(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 7 + n / 251 * 13) as u8).collect()
}

fn turn_a_bit(path: &Path, at: u64) {
    let mut file = std::fs::File::options().write(true).read(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[0xa5]).unwrap();
}

#[test]
fn class_39_a_file_that_changes_while_it_is_judged() {
    let desk = Desk::new();
    let content = octets(8 << 20);
    let p7m = desk.file(|file| file.content.clone_from(&content));
    type Change = fn(&Path, usize);
    let changes: [(&str, Change); 3] = [
        ("an octet behind the reader", |path, _| turn_a_bit(path, 1 << 20)),
        ("octets at the end", |path, _| {
            let mut file = std::fs::File::options().append(true).open(path).unwrap();
            file.write_all(b"coda").unwrap();
        }),
        ("a shorter file", |path, length| {
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_len(length as u64 - 100).unwrap();
        }),
    ];
    for (name, change) in changes {
        let path = desk.put("changing.p7m", &p7m);
        // Change times of some file systems count in hundredths of a second.
        std::thread::sleep(std::time::Duration::from_millis(30));
        let done = AtomicBool::new(false);
        let progress = |read: u64| {
            if read > 4 << 20 && !done.swap(true, Ordering::SeqCst) {
                change(&path, p7m.len());
            }
        };
        let (policy, times) = (Policy::default(), Times::now(now()));
        let mut options = desk.options(None, &policy, &times);
        options.progress = Some(&progress);
        let report = verify_file(&path, &options);
        assert!(done.load(Ordering::SeqCst), "{name}: nothing was changed");
        // Either the change is told as such, or what was read is judged for what it is.
        assert!(!matches!(report, Ok(r) if r.verdict == Verdict::TotalPassed), "{name}");

        let path = desk.put("changing.p7m", &p7m);
        std::thread::sleep(std::time::Duration::from_millis(30));
        let done = AtomicBool::new(false);
        let progress = |read: u64| {
            if read > 4 << 20 && !done.swap(true, Ordering::SeqCst) {
                change(&path, p7m.len());
            }
        };
        let out = desk.path("out");
        assert!(extract_file(&path, &out, Placing::default(), Some(&progress)).is_err(), "{name}");
        assert!(!out.exists(), "{name}: nothing is left of it");
    }
}

#[test]
fn class_39_the_content_beside_a_signature_changes() {
    let desk = Desk::new();
    let content = octets(8 << 20);
    let p7s = lab::cms::sign_detached(&desk.pki, "presidente", &content, then()).unwrap();
    let (signature, beside) = (desk.put("a.p7s", p7s), desk.put("a", &content));
    std::thread::sleep(std::time::Duration::from_millis(30));
    let done = AtomicBool::new(false);
    let progress = |read: u64| {
        if read > 4 << 20 && !done.swap(true, Ordering::SeqCst) {
            turn_a_bit(&beside, 100);
        }
    };
    let (policy, times) = (Policy::default(), Times::now(now()));
    let mut options = desk.options(Some(&beside), &policy, &times);
    options.progress = Some(&progress);
    assert!(verify_file(&signature, &options).is_err(), "the change is told");
    assert!(done.load(Ordering::SeqCst));
}

#[test]
fn class_40_every_octet_counts_however_long_the_file() {
    // Programs were seen that hashed the first 16 MiB and no more.
    let desk = Desk::new();
    let length = (17 << 20) + 333;
    let p7m = desk.file(|file| file.content = octets(length));
    let path = desk.put("long.p7m", &p7m);
    passed(&desk.judge(&path).unwrap());
    // The content begins within the first hundred octets.
    let length = length as u64;
    for at in [200, (16 << 20) - 1, (16 << 20) + 200, length - 1] {
        let path = desk.put("long.p7m", &p7m);
        turn_a_bit(&path, at);
        let report = desk.judge(&path).unwrap();
        expect(&report, Verdict::TotalFailed, Some(S::HashFailure));
    }
}

#[test]
fn class_40_an_error_leaves_what_was_there() {
    let desk = Desk::new();
    let old = desk.put("out", b"vecchio");
    let mut cut = desk.file(|file| file.content = octets(1 << 20));
    cut.truncate(cut.len() / 2);
    let path = desk.put("cut.p7m", &cut);
    let replace = Placing { overwrite: ceralacca::Overwrite::Replace, ..Placing::default() };
    for placing in [Placing::default(), replace] {
        assert!(extract_file(&path, &old, placing, None).is_err());
        assert_eq!(std::fs::read(&old).unwrap(), b"vecchio");
    }
    let mut left: Vec<_> =
        std::fs::read_dir(desk.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["cut.p7m", "out"]);
}

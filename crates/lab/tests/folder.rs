//! The lab as a folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{fs, path::Path};

use ceralacca_lab::{Config, Error, Pki, Reason, disk, exercise};
use chrono::{DateTime, Utc};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn tree(dir: &Path) -> Vec<String> {
    let mut out = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                out.push(path.strip_prefix(dir).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    out.sort();
    out
}

#[test]
fn everything_promised_is_there_and_reads_back() {
    let desk = tempfile::tempdir().unwrap();
    let dir = desk.path().join("lab");
    let pki = disk::init(&dir, &Config::quick(now())).unwrap();
    let files = tree(&dir);
    for wanted in [
        "LEGGIMI.txt",
        "lab.toml",
        "signers/presidente.p12",
        "signers/presidente.pin",
        "signers/presidente.cer.pem",
        "signers/segretario.p12",
        "trust/root.pem",
        "trust/tsa-root.pem",
        "chain/ca.pem",
        "chain/ocsp.pem",
        "revocation/root.crl",
        "revocation/ca.crl",
        "revocation/tsa-root.crl",
        "revocation/presidente.ocsp",
        "revocation/ca.ocsp",
        "revocation/tsa.ocsp",
        "tsa/tsa.pem",
        "tsa/url.txt",
        "esercizio/originale.txt",
        "esercizio/valido.txt.p7m",
        "esercizio/alterato.txt.p7m",
        "esercizio/scaduto.txt.p7m",
        "esercizio/sospeso.txt.p7m",
    ] {
        assert!(files.iter().any(|file| file == wanted), "{wanted} in {files:?}");
    }
    assert_eq!(files.iter().filter(|file| file.starts_with("trust/")).count(), 2);
    let readme = fs::read_to_string(dir.join("LEGGIMI.txt")).unwrap();
    assert!(readme.contains("TEST - NON VALIDO") && readme.contains("http://127.0.0.1:18318"));

    let again = disk::load(&dir).unwrap();
    assert_eq!(again.base_url, pki.base_url);
    assert_eq!(again.port(), 18318);
    assert_eq!(again.entities().len(), pki.entities().len());
    assert_eq!(again.certificate("presidente").unwrap(), pki.certificate("presidente").unwrap());
    assert_eq!(again.revocations().len(), 2);
    // The keys are the same: what one signs without randomness the other signs alike.
    let crl = |pki: &Pki| pki.crl("ca", now(), now()).unwrap().len();
    assert!(crl(&pki).abs_diff(crl(&again)) <= 4);
    let spki = |pki: &Pki| pki.entity("ca").unwrap().key.spki().unwrap();
    assert_eq!(spki(&pki), spki(&again));
}

#[cfg(unix)]
#[test]
fn private_keys_are_their_owners() {
    use std::os::unix::fs::PermissionsExt;
    let desk = tempfile::tempdir().unwrap();
    let dir = desk.path().join("lab");
    let mut pki = disk::init(&dir, &Config::quick(now())).unwrap();
    pki.revoke("segretario", now(), Reason::Superseded).unwrap();
    disk::save(&dir, &pki).unwrap();
    for file in tree(&dir) {
        let secret = file.ends_with(".p12") || file.ends_with(".pin") || file == "lab.toml";
        let mode = fs::metadata(dir.join(&file)).unwrap().permissions().mode() & 0o777;
        assert!(!secret || mode == 0o600, "{file}: {mode:o}");
    }
    assert_eq!(disk::load(&dir).unwrap().revocations().len(), 3);
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let desk = tempfile::tempdir().unwrap();
    let dir = desk.path().join("lab");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("mio.txt"), "mio").unwrap();
    let error = disk::init(&dir, &Config::quick(now())).unwrap_err();
    assert!(matches!(error, Error::Files(_)), "{error:?}");
    assert_eq!(tree(&dir), ["mio.txt"]);
    fs::remove_file(dir.join("mio.txt")).unwrap();
    disk::init(&dir, &Config::quick(now())).expect("an empty folder is welcome");
    assert_eq!(tree(desk.path()).iter().filter(|file| !file.starts_with("lab/")).count(), 0);
}

#[test]
fn a_broken_state_is_said_to_be_one() {
    let desk = tempfile::tempdir().unwrap();
    assert!(matches!(disk::load(desk.path()), Err(Error::Io { .. })));
    fs::write(desk.path().join("lab.toml"), "entity = 3").unwrap();
    let error = disk::load(desk.path()).unwrap_err();
    assert!(matches!(error, Error::State { .. }) && error.hint().is_some(), "{error:?}");
}

#[test]
fn the_altered_file_differs_in_one_figure_of_the_vote() {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let files = exercise::files(&pki, now()).unwrap();
    let get = |name: &str| &files.iter().find(|(file, _)| *file == name).unwrap().1;
    let (valid, altered) = (get("valido.txt.p7m"), get("alterato.txt.p7m"));
    let differing = valid.iter().zip(altered).filter(|(a, b)| a != b).count();
    assert_eq!((valid.len(), differing), (altered.len(), 1));
    let text = exercise::ORIGINAL.as_bytes();
    assert!(valid.windows(text.len()).any(|window| window == text));
}

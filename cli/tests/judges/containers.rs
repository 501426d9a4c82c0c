//! Files in files: ASiC containers and `.tsd`, opened and judged by programs that know only the parts.

use std::process::Command;

use crate::desk::{Desk, ONLINE, Verdict, accepts, has_openssl, refuses, run, skipped};
use crate::{CADES_NO, OPENSSL_NO};

/// A program that lists or tests archives, in the folder.
fn archiver(desk: &Desk, words: &[&str]) -> Option<Verdict> {
    if Command::new(words[0]).arg("--help").output().is_err() {
        skipped(&format!("there is no {}", words[0]));
        return None;
    }
    Some(run(Command::new(words[0]).args(&words[1..]).current_dir(desk.path(""))))
}

/// Three files as a sitting has them: `c.bin`, a text and an attachment in a folder.
fn files(desk: &Desk) -> [&'static str; 3] {
    desk.put("verbale città.txt", "Verbale della seduta.\n");
    desk.put("allegato.bin", crate::desk::octets(3000));
    ["c.bin", "verbale città.txt", "allegato.bin"]
}

/// Everything of the container in a folder of its own, by `unzip`.
#[track_caller]
fn unpacked(desk: &Desk, file: &str) -> Option<String> {
    let folder = format!("{file}.d");
    accepts("unzip -t", file, archiver(desk, &["unzip", "-t", file])?);
    if let Some(verdict) = archiver(desk, &["7z", "t", file]) {
        accepts("7z t", file, verdict);
    }
    let verdict = archiver(desk, &["unzip", "-q", "-o", file, "-d", &folder])?;
    accepts("unzip", file, verdict);
    Some(folder)
}

/// The members of a folder, by name, below `META-INF`.
fn inside(desk: &Desk, folder: &str, start: &str) -> Vec<String> {
    let all = std::fs::read_dir(desk.path(&format!("{folder}/META-INF"))).unwrap();
    let mut names: Vec<String> = all
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(start))
        .map(|name| format!("{folder}/META-INF/{name}"))
        .collect();
    names.sort();
    names
}

/// A detached signature by OpenSSL and the CAdES judge, over a member.
#[track_caller]
fn signature_over(desk: &Desk, p7s: &str, content: &str, level: &str, signers: usize) {
    if has_openssl() {
        let words = ["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", p7s];
        let given = ["-content", content, "-CAfile", "roots.pem", "-purpose", "any", "-out", "out"];
        accepts("openssl cms", p7s, desk.openssl(&[&words[..], &given].concat()));
        desk.put("altro", b"altro");
        let given = ["-content", "altro", "-CAfile", "roots.pem", "-purpose", "any", "-out", "out"];
        refuses("openssl cms", p7s, desk.openssl(&[&words[..], &given].concat()), OPENSSL_NO);
    }
    let count = signers.to_string();
    let words = ["--signers", &count, "--min-level", level, "--detached", content];
    accepts("cades", p7s, desk.cades(p7s, &words));
    desk.put("altro", b"altro");
    refuses("cades", p7s, desk.cades(p7s, &["--detached", "altro"]), CADES_NO);
}

/// The first member is `mimetype`, stored, with nothing around it (EN 319 162-1 A.1).
#[track_caller]
fn starts_with_mimetype(desk: &Desk, file: &str, media_type: &str) {
    let octets = desk.read(file);
    assert_eq!(&octets[..4], b"PK\x03\x04");
    assert_eq!(&octets[30..38], b"mimetype");
    assert_eq!(&octets[38..38 + media_type.len()], media_type.as_bytes());
    assert_eq!(&octets[38 + media_type.len()..][..2], b"PK");
}

#[test]
fn asic_s() {
    let desk = Desk::open();
    let tsa = desk.tsa();
    for (level, out) in [("b", "b.asics"), ("t", "t.asics"), ("lta", "lta.asics")] {
        let words = ["sign", "c.bin", "--format", "asic-s", "--level", level, "-o", out];
        let more = ["--tsa", &tsa];
        let words = match level {
            "b" => words.to_vec(),
            "t" => [&words[..], &more].concat(),
            _ => [&words[..], &more, &ONLINE].concat(),
        };
        desk.does(&words, &["rsa"]);
        starts_with_mimetype(&desk, out, "application/vnd.etsi.asic-s+zip");
        let (code, told) = desk.judged(out, &["--crl", "lab/revocation"]);
        assert_eq!((code, &told["data"]["format"]), (0, &"ASiC-S".into()), "{told:#}");
        let Some(folder) = unpacked(&desk, out) else { continue };
        assert!(desk.read(&format!("{folder}/c.bin")) == desk.read("c.bin"));
        let signatures = inside(&desk, &folder, "signature");
        assert_eq!(signatures.len(), 1, "{signatures:?}");
        signature_over(&desk, &signatures[0], "c.bin", &level.to_uppercase(), 1);
    }
}

#[test]
fn asic_e() {
    let desk = Desk::open();
    let files = files(&desk);
    let fixed = ["--format", "asic-e", "-o", "b.asice"];
    desk.does(&[&["sign"], &files[..], &fixed].concat(), &["p256"]);
    starts_with_mimetype(&desk, "b.asice", "application/vnd.etsi.asic-e+zip");
    let (code, told) = desk.judged("b.asice", &["--crl", "lab/revocation"]);
    assert_eq!((code, &told["data"]["format"]), (0, &"ASiC-E".into()), "{told:#}");
    if let Some(folder) = unpacked(&desk, "b.asice") {
        for file in files {
            assert!(desk.read(&format!("{folder}/{file}")) == desk.read(file), "{file}");
        }
        let (manifests, signatures) =
            (inside(&desk, &folder, "ASiCManifest"), inside(&desk, &folder, "signature"));
        assert_eq!((manifests.len(), signatures.len()), (1, 1), "{manifests:?} {signatures:?}");
        signature_over(&desk, &signatures[0], &manifests[0], "B", 1);
    }
    // A second signature, and the archive level.
    desk.does(&["cosign", "b.asice", "-o", "two.asice"], &["rsa"]);
    let (code, told) = desk.judged("two.asice", &["--crl", "lab/revocation"]);
    assert_eq!(code, 0, "{told:#}");
    assert_eq!(told["data"]["signatures"].as_array().unwrap().len(), 2, "{told:#}");
    if let Some(folder) = unpacked(&desk, "two.asice") {
        let (manifests, signatures) =
            (inside(&desk, &folder, "ASiCManifest"), inside(&desk, &folder, "signature"));
        assert_eq!(manifests.len(), signatures.len(), "{manifests:?} {signatures:?}");
        for (signature, manifest) in signatures.iter().zip(&manifests) {
            signature_over(&desk, signature, manifest, "B", 1);
        }
    }
    desk.extends("two.asice", "lta", "lta.asice", &[]);
    desk.we_accept_alone("lta.asice", 2, &[]);
    if let Some(folder) = unpacked(&desk, "lta.asice") {
        for file in files {
            assert!(desk.read(&format!("{folder}/{file}")) == desk.read(file), "{file}");
        }
        let stamps = inside(&desk, &folder, "timestamp");
        let archives = inside(&desk, &folder, "ASiCArchiveManifest");
        assert!(!stamps.is_empty() && stamps.len() == archives.len(), "{stamps:?} {archives:?}");
        if has_openssl() {
            let verdict = desk.ts(&stamps[0], &archives[0], &["-token_in"]);
            accepts("openssl ts", &stamps[0], verdict);
        }
    }
    // A member exchanged by a program that knows nothing of signatures.
    desk.put("allegato.bin", b"altro");
    let zip = ["zip", "-q", "b.asice", "allegato.bin"];
    if archiver(&desk, &zip).is_some_and(|verdict| verdict.accepts) {
        desk.we_refuse("b.asice", &[]);
    }
}

#[test]
fn tsd() {
    let desk = Desk::open();
    let tsa = desk.tsa();
    desk.does(&["sign", "c.bin", "-o", "c.p7m"], &["rsa"]);
    for (file, out) in [("c.p7m", "c.p7m.tsd"), ("c.bin", "c.bin.tsd")] {
        desk.does(&["timestamp", file, "--tsa", &tsa, "--format", "tsd", "-o", out], &[]);
        let (code, told) = desk.judged(out, &["--crl", "lab/revocation"]);
        assert_eq!((code, &told["data"]["format"]), (0, &"TSD".into()), "{told:#}");
        if desk.take_tsd(out) {
            assert!(desk.read("value") == desk.read(file), "the stamp is over the file alone");
            if has_openssl() {
                accepts("openssl ts", out, desk.ts("token", file, &["-token_in"]));
                let other = desk.altered(file, 50);
                refuses("openssl ts", out, desk.ts("token", &other, &["-token_in"]), &["imprint"]);
            }
        }
        desk.does(&["extract", out, "-o", &format!("{out}.out")], &[]);
        assert!(desk.read(&format!("{out}.out")) == desk.read("c.bin"), "through every layer");
        let altered = desk.altered(out, desk.inside(out));
        desk.we_refuse(&altered, &[]);
    }
}

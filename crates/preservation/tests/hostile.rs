//! Containers and indexes that lie: every lie is a finding, none is a panic, none improves a verdict.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use ceralacca_preservation as preservation;
use common::{Workshop, codes, unseal};
use preservation::verify::verify_zip;
use preservation::{Container, Error, Limits, PackageReport, Verdict, silent, sincro};
use proptest::prelude::*;

fn check(bytes: &[u8]) -> Result<PackageReport, Error> {
    verify_zip(
        Cursor::new(bytes),
        Path::new("test.zip"),
        &mut unseal,
        &Limits::default(),
        &mut silent,
    )
}

fn is_valid(bytes: &[u8]) -> bool {
    check(bytes).is_ok_and(|r| r.verdict == Verdict::Valid)
}

fn small_package(aip: bool) -> Vec<u8> {
    let w = Workshop::new();
    w.sip(&["verbale città.pdf.p7m"], &[], Container::Zip, "v.zip").unwrap();
    if aip {
        w.aip("v.zip", Container::Zip, "a.zip").unwrap();
        return fs::read(w.path("a.zip")).unwrap();
    }
    fs::read(w.path("v.zip")).unwrap()
}

/// A ZIP of stored members, written byte by byte so that it can lie.
struct Liar {
    out: Vec<u8>,
    central: Vec<u8>,
    count: u16,
}

#[derive(Clone, Copy)]
struct Lie<'a> {
    local_name: &'a str,
    flags: u16,
    method: u16,
    size: Option<u32>,
    made_by: u16,
    external: u32,
    at: Option<u32>,
}

impl Default for Lie<'_> {
    fn default() -> Self {
        Self {
            local_name: "",
            flags: 1 << 11,
            method: 0,
            size: None,
            made_by: 20,
            external: 0,
            at: None,
        }
    }
}

impl Liar {
    fn new() -> Self {
        Self { out: Vec::new(), central: Vec::new(), count: 0 }
    }

    fn add(mut self, name: &str, data: &[u8], lie: Lie<'_>) -> Self {
        let at = lie.at.unwrap_or(self.out.len() as u32);
        let local = if lie.local_name.is_empty() { name } else { lie.local_name };
        let size = data.len() as u32;
        let w16 = |v: &mut Vec<u8>, x: u16| v.extend(x.to_le_bytes());
        let w32 = |v: &mut Vec<u8>, x: u32| v.extend(x.to_le_bytes());
        let o = &mut self.out;
        w32(o, 0x0403_4b50);
        w16(o, 20);
        w16(o, lie.flags);
        w16(o, lie.method);
        w32(o, 0);
        w32(o, 0);
        w32(o, size);
        w32(o, lie.size.unwrap_or(size));
        w16(o, local.len() as u16);
        w16(o, 0);
        o.extend(local.as_bytes());
        o.extend(data);
        let c = &mut self.central;
        w32(c, 0x0201_4b50);
        w16(c, lie.made_by);
        w16(c, 20);
        w16(c, lie.flags);
        w16(c, lie.method);
        w32(c, 0);
        w32(c, 0);
        w32(c, size);
        w32(c, lie.size.unwrap_or(size));
        w16(c, name.len() as u16);
        w16(c, 0);
        w16(c, 0);
        w16(c, 0);
        w16(c, 0);
        w32(c, lie.external);
        w32(c, at);
        c.extend(name.as_bytes());
        self.count += 1;
        self
    }

    fn finish(self) -> Vec<u8> {
        let count = self.count;
        self.finish_counting(count)
    }

    fn finish_counting(mut self, count: u16) -> Vec<u8> {
        let at = self.out.len() as u32;
        let size = self.central.len() as u32;
        self.out.extend(&self.central);
        self.out.extend(0x0605_4b50_u32.to_le_bytes());
        self.out.extend([0; 4]);
        self.out.extend(count.to_le_bytes());
        self.out.extend(count.to_le_bytes());
        self.out.extend(size.to_le_bytes());
        self.out.extend(at.to_le_bytes());
        self.out.extend([0; 2]);
        self.out
    }
}

#[test]
fn each_lie_of_a_container_has_its_name() {
    let none = Lie::default();
    let code = |bytes: Vec<u8>| {
        let report = check(&bytes).unwrap();
        assert_eq!(report.verdict, Verdict::Invalid);
        codes(&report)
    };
    let one = |name: &str, lie: Lie<'_>| code(Liar::new().add(name, b"x", lie).finish());
    for name in ["../x", "/x", "C:/x", "a\\b", "a/../../x", "x\u{202e}y", "a//b", "nul"] {
        assert_eq!(one(name, none), ["ZIP-NAME"], "{name}");
    }
    let two = |a: &str, b: &str| code(Liar::new().add(a, b"x", none).add(b, b"y", none).finish());
    assert_eq!(two("indice-pdv.xml", "indice-pdv.xml"), ["ZIP-DUPLICATE"]);
    assert_eq!(two("a/X", "a/x"), ["ZIP-DUPLICATE"]);
    assert_eq!(two("a/città", "a/citta\u{300}"), ["ZIP-DUPLICATE"]);
    assert_eq!(two("a", "a/b"), ["ZIP-DUPLICATE"]);
    assert_eq!(one("a", Lie { local_name: "b", ..none }), ["ZIP-DISAGREE"]);
    assert_eq!(one("a", Lie { flags: 1, ..none }), ["ZIP-ENCRYPTED"]);
    assert_eq!(one("a", Lie { method: 12, ..none }), ["ZIP-METHOD"]);
    assert_eq!(one("a", Lie { method: 8, size: Some(1 << 30), ..none }), ["ZIP-SIZE"]);
    assert_eq!(one("a", Lie { size: Some(7), ..none }), ["ZIP-SIZE"]);
    let link = Lie { made_by: 0x0314, external: 0o120_777 << 16, ..none };
    assert_eq!(one("a", link), ["ZIP-LINK"]);
    // Two names for one place, and bytes nobody names.
    let overlap = Liar::new().add("a", b"x", none).add("b", b"y", Lie { at: Some(0), ..none });
    assert_eq!(code(overlap.finish()), ["ZIP-OVERLAP"]);
    let mut hidden = Liar::new();
    hidden.out.extend(b"PK\x03\x04hidden");
    assert_eq!(code(hidden.add("a", b"x", none).finish()), ["ZIP-OVERLAP"]);
    let mut after = Liar::new().add("a", b"x", none);
    after.out.extend(b"hidden");
    assert_eq!(code(after.finish()), ["ZIP-STRUCTURE"]);
    // More members than the directory has, and fewer.
    assert_eq!(code(Liar::new().add("a", b"x", none).finish_counting(2)), ["ZIP-STRUCTURE"]);
    assert_eq!(
        code(Liar::new().add("a", b"x", none).add("b", b"x", none).finish_counting(1)),
        ["ZIP-STRUCTURE"]
    );
    // Something after the end.
    let mut trailing = Liar::new().add("a", b"x", none).finish();
    trailing.push(0);
    assert_eq!(code(trailing), ["ZIP-STRUCTURE"]);
    // The honest one gets as far as "not a package".
    let honest = Liar::new().add("a", b"x", none).finish();
    assert!(matches!(check(&honest), Err(Error::NotAPackage { .. })));
}

/// Every byte of a small deposit and archive package, flipped one at a time, is noticed.
#[test]
fn no_flipped_byte_of_a_zip_is_valid() {
    for aip in [false, true] {
        let good = small_package(aip);
        assert!(is_valid(&good));
        let directory =
            u32::from_le_bytes(good[good.len() - 6..good.len() - 2].try_into().unwrap()) as usize;
        let mut bad = good.clone();
        // Every byte of every header, and one in eleven of the contents.
        let headers: Vec<usize> =
            (0..directory).filter(|p| good[*p..].starts_with(b"PK\x03\x04")).collect();
        for i in 0..good.len() {
            let in_header = i >= directory || headers.iter().any(|h| (*h..*h + 80).contains(&i));
            if !in_header && i % 11 != 0 {
                continue;
            }
            bad[i] ^= 0x20;
            if is_valid(&bad) {
                // The maker's version and the attributes of a member are no part of what is kept:
                // 4 version made by, 6 version needed, 36 internal and 38 external attributes.
                let entry = (directory..i).rev().find(|p| good[*p..].starts_with(b"PK\x01\x02"));
                let offset = entry.map(|e| i - e);
                assert!(
                    matches!(offset, Some(4..=7 | 34..=41)) || is_version_needed(&good, i),
                    "byte {i} of {} (directory at {directory}) can be changed unnoticed",
                    good.len()
                );
            }
            bad[i] = good[i];
        }
    }
}

fn is_version_needed(good: &[u8], i: usize) -> bool {
    [4, 5].iter().any(|d| i >= *d && good[i - d..].starts_with(b"PK\x03\x04"))
}

#[test]
fn no_truncated_zip_is_valid() {
    let good = small_package(true);
    for n in (0..good.len()).step_by(13).chain(good.len() - 100..good.len()) {
        assert!(!is_valid(&good[..n]), "{n}");
    }
}

/// A directory rewritten consistently: a member swapped for another of the same size.
#[test]
fn a_consistent_forgery_still_fails_its_digest() {
    let w = Workshop::new();
    w.sip(&["verbale città.pdf.p7m"], &[], Container::Zip, "v.zip").unwrap();
    let mut archive = zip::ZipArchive::new(fs::File::open(w.path("v.zip")).unwrap()).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..archive.len() {
        let mut member = archive.by_index(i).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut data = Vec::new();
        std::io::copy(&mut member, &mut data).unwrap();
        if name.ends_with(".pdf.p7m") {
            data[0] ^= 1;
        }
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        out.start_file(name, options).unwrap();
        out.write_all(&data).unwrap();
    }
    let bytes = out.finish().unwrap().into_inner();
    let report = check(&bytes).unwrap();
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(codes(&report).contains(&"PDV-FIXITY"), "{report:#?}");
}

#[test]
fn limits_hold() {
    let w = Workshop::new();
    w.sip(&["seduta-1.mp4.p7m"], &[], Container::Zip, "v.zip").unwrap();
    let bytes = fs::read(w.path("v.zip")).unwrap();
    let few = Limits { files: 3, ..Limits::default() };
    let report =
        verify_zip(Cursor::new(&bytes), Path::new("x"), &mut unseal, &few, &mut silent).unwrap();
    assert_eq!(codes(&report), ["ZIP-LIMIT"]);
    let small = Limits { index_bytes: 100, ..Limits::default() };
    let report =
        verify_zip(Cursor::new(&bytes), Path::new("x"), &mut unseal, &small, &mut silent).unwrap();
    assert_ne!(report.verdict, Verdict::Valid);
}

#[test]
fn hostile_indexes_are_findings() {
    let limits = Limits::default();
    let w = Workshop::new();
    w.sip(&["verbale città.pdf.p7m"], &[], Container::Dir, "v").unwrap();
    w.aip("v", Container::Dir, "a").unwrap();
    let good = fs::read_to_string(w.path("a/PIndex.xml")).unwrap();
    let (index, found) = sincro::read(good.as_bytes(), "PIndex.xml", &limits);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(index.unwrap().files.len(), 6);
    let code = |text: &str| {
        let (_, found) = sincro::read(text.as_bytes(), "PIndex.xml", &limits);
        found.first().map(|f| f.code)
    };
    let swap = |from: &str, to: &str| {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        code(&changed)
    };
    assert_eq!(
        swap("<sincro:Path>pdv/documenti", "<sincro:Path>../documenti"),
        Some("PDA-INDEX-PATH")
    );
    assert_eq!(
        swap("<sincro:Path>pdv/documenti", "<sincro:Path>file:///etc"),
        Some("PDA-INDEX-PATH")
    );
    assert_eq!(
        swap("<sincro:Path>pdv/documenti", "<sincro:Path>pdv%2Fdocumenti"),
        Some("PDA-INDEX-PATH")
    );
    assert_eq!(swap("sincro-v2/\"", "sincro-v3/\""), Some("PDA-INDEX-ROOT"));
    assert_eq!(swap("sincroVersion=\"2.0\"", "sincroVersion=\"3.0\""), Some("PDA-INDEX-MISSING"));
    assert_eq!(swap("<sincro:Submitter", "<sincro:Sender"), Some("PDA-INDEX-XML"));
    let doctype = good.replacen("?>", "?><!DOCTYPE a [<!ENTITY b \"c\">]>", 1);
    assert_eq!(code(&doctype), Some("PDA-INDEX-XML"));
    let at = good.find("<sincro:File ").unwrap();
    let end = good.find("</sincro:File>").unwrap() + "</sincro:File>".len();
    let twice = format!("{}{}{}", &good[..end], &good[at..end], &good[end..]);
    assert_eq!(code(&twice), Some("PDA-INDEX-DUPLICATE"));
    let md5 = good.replace("SHA-256", "MD5");
    assert_eq!(code(&md5), Some("PDA-INDEX-ALGORITHM"));
    let v1 = "<IdC xmlns=\"http://www.uni.com/U3011/sincro/\"/>";
    assert_eq!(code(v1), Some("PDA-INDEX-V1"));
    assert_eq!(code(&"<a>".repeat(50_000)), Some("PDA-INDEX-XML"));
    // In a small stack too.
    std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(move || {
            let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
            let (index, found) = sincro::read(deep.as_bytes(), "x", &Limits::default());
            assert!(index.is_none() && !found.is_empty());
        })
        .unwrap()
        .join()
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = sincro::read(&bytes, "x", &Limits::default());
        let _ = check(&bytes);
        // As if it were a ZIP.
        bytes.splice(0..0, *b"PK\x03\x04");
        bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0");
        let _ = check(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Several bytes changed at once: no panic, and never a better verdict.
    #[test]
    fn scattered_changes_never_pass(changes in proptest::collection::vec((any::<prop::sample::Index>(), 1u8..), 3..9)) {
        static GOOD: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let good = GOOD.get_or_init(|| small_package(true));
        let mut bad = good.clone();
        for (index, with) in &changes {
            let i = index.index(bad.len());
            bad[i] ^= with;
        }
        let _ = check(&bad);
    }
}

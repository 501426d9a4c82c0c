//! Security class 36: archives that lie. Every lie has its name, and nothing of such an archive is
//! read; the oddities of honest writers are told and do not stand in the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::io::{Cursor, Read, Write};

use ceralacca_archive::{Archive, Error, Limits, is_damage, scan};
use common::{Liar, Lie, NONE};
use proptest::prelude::*;

/// Codes of what refuses the archive.
fn refusals(bytes: &[u8]) -> Vec<&'static str> {
    let scanned = scan(&mut Cursor::new(bytes), &Limits::default()).unwrap();
    let findings = scanned.findings.iter().filter(|f| f.problem.refuses());
    let codes: Vec<_> = findings.map(|f| f.problem.code()).collect();
    assert_eq!(codes.is_empty(), Archive::open(Cursor::new(bytes), &Limits::default()).is_ok());
    for finding in &scanned.findings {
        assert!(!finding.it().is_empty() && !finding.en().is_empty());
    }
    codes
}

fn notes(bytes: &[u8]) -> Vec<&'static str> {
    let archive = Archive::open(Cursor::new(bytes), &Limits::default()).unwrap();
    archive.findings().iter().map(|f| f.problem.code()).collect()
}

fn one(name: &str, lie: Lie<'_>) -> Vec<&'static str> {
    refusals(&Liar::default().add(name, b"x", lie).finish())
}

fn two(a: &str, b: &str) -> Vec<&'static str> {
    refusals(&Liar::default().add(a, b"x", NONE).add(b, b"y", NONE).finish())
}

#[test]
fn class_36_names_that_escape() {
    let names = [
        "../x",
        "/x",
        "C:/x",
        "c:x",
        "a\\b",
        "..\\x",
        "a/../../x",
        "x\u{202e}y",
        "a//b",
        "..",
        "x\0y",
        "\\\\server\\x",
        "./x",
        "",
    ];
    for name in names {
        assert_eq!(one(name, NONE), ["ZIP-NAME"], "{name:?}");
    }
    assert_eq!(one(&"x".repeat(300), NONE), ["ZIP-NAME"]);
    assert_eq!(one(&"a/".repeat(20_000), NONE)[0], "ZIP-NAME");
    // Names that only some systems cannot store are told.
    for name in ["nul", "Seduta 10:30.mp4", "x.", "perché?"] {
        assert_eq!(notes(&Liar::default().add(name, b"x", NONE).finish()), ["ZIP-NAME"], "{name}");
    }
}

#[test]
fn class_36_two_members_of_one_name() {
    assert_eq!(two("verbale", "verbale"), ["ZIP-DUPLICATE"]);
    assert_eq!(two("a/X", "a/x"), ["ZIP-DUPLICATE"]);
    assert_eq!(two("META-INF/signature.p7s", "meta-inf/signature.p7s"), ["ZIP-DUPLICATE"]);
    assert_eq!(two("città", "citta\u{300}"), ["ZIP-DUPLICATE"]);
    assert_eq!(two("a", "a/b"), ["ZIP-DUPLICATE"]);
}

#[test]
fn class_36_directory_and_header_disagree() {
    assert_eq!(one("a", Lie { local_name: Some(b"b"), ..NONE }), ["ZIP-DISAGREE"]);
    assert_eq!(one("a", Lie { local_flags: Some(0), flags: 1 << 11, ..NONE }), ["ZIP-DISAGREE"]);
    // A second name that some readers prefer: version 1, CRC of the first name, the other name.
    let mut extra = vec![0x75, 0x70, 6, 0, 1];
    extra.extend(crc32fast::hash(b"a").to_le_bytes());
    extra.push(b'b');
    assert_eq!(one("a", Lie { extra: &extra, ..NONE }), ["ZIP-DISAGREE"]);
    // Written for another name, it means nothing.
    assert!(one("c", Lie { extra: &extra, ..NONE }).is_empty());
}

#[test]
fn class_36_overlaps_and_hidden_bytes() {
    let overlap =
        Liar::default().add("a", b"x", NONE).add("b", b"y", Lie { at: Some(0), ..NONE }).finish();
    assert_eq!(refusals(&overlap), ["ZIP-OVERLAP"]);
    let mut before = Liar::default();
    before.out.extend(b"MZ self-extracting");
    assert_eq!(refusals(&before.add("a", b"x", NONE).finish()), ["ZIP-OVERLAP"]);
    let mut behind = Liar::default().add("a", b"x", NONE);
    behind.out.extend(b"hidden");
    assert_eq!(refusals(&behind.finish()), ["ZIP-STRUCTURE"]);
    let mut trailing = Liar::default().add("a", b"x", NONE).finish();
    trailing.push(0);
    assert_eq!(refusals(&trailing), ["ZIP-STRUCTURE"]);
    for count in [1, 3] {
        let lying = Liar::default().add("a", b"x", NONE).add("b", b"x", NONE);
        assert_eq!(refusals(&lying.finish_with(count, b"")), ["ZIP-STRUCTURE"]);
    }
}

#[test]
fn class_36_two_ends() {
    // The comment holds an end of its own: which of the two directories counts?
    let inner = Liar::default().add("b", b"other", NONE).finish();
    let outer = Liar::default().add("a", b"x", NONE).finish_with(1, &inner);
    assert_eq!(refusals(&outer), ["ZIP-STRUCTURE"]);
    // A comment alone is told.
    let comment = Liar::default().add("a", b"x", NONE).finish_with(1, b"mimetype=x");
    assert_eq!(notes(&comment), ["ZIP-COMMENT"]);
    // A whole archive as a member is content like any other.
    let nested = Liar::default().add("package.zip", &inner, NONE).finish();
    assert!(notes(&nested).is_empty());
}

#[test]
fn class_36_links_encryption_methods() {
    let link = Lie { made_by: 0x0314, external: 0o120_777 << 16, ..NONE };
    assert_eq!(one("a", link), ["ZIP-LINK"]);
    let device = Lie { made_by: 0x0314, external: 0o020_666 << 16, ..NONE };
    assert_eq!(one("a", device), ["ZIP-LINK"]);
    assert_eq!(one("a", Lie { flags: 1, ..NONE }), ["ZIP-ENCRYPTED"]);
    assert_eq!(one("a", Lie { method: 12, ..NONE }), ["ZIP-METHOD"]);
}

#[test]
fn data_descriptors_are_compared() {
    let streamed = |descriptor: &[u8]| {
        let lie = Lie { flags: 1 << 11 | 1 << 3, descriptor: Some(descriptor), ..NONE };
        refusals(&Liar::default().add("a", b"x", lie).add("b", b"y", NONE).finish())
    };
    let crc = crc32fast::hash(b"x").to_le_bytes();
    let sizes32 = [1, 0, 0, 0, 1, 0, 0, 0];
    let sizes64 = [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    for sizes in [&sizes32[..], &sizes64] {
        assert!(streamed(&[&crc, sizes].concat()).is_empty());
        assert!(streamed(&[b"PK\x07\x08", &crc[..], sizes].concat()).is_empty());
        assert_eq!(streamed(&[&[0; 4], sizes].concat()), ["ZIP-STRUCTURE"]);
        assert_eq!(streamed(&[b"HIDE", &crc[..], sizes].concat()), ["ZIP-STRUCTURE"]);
    }
    assert_eq!(streamed(b"thirteen bytes"), ["ZIP-OVERLAP"]);
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn class_36_bombs() {
    // Sizes no compression reaches.
    assert_eq!(one("a", Lie { method: 8, size: Some(1 << 30), ..NONE }), ["ZIP-SIZE"]);
    assert_eq!(one("a", Lie { size: Some(7), ..NONE }), ["ZIP-SIZE"]);
    // Honest about its size, and still a bomb: 1000:1, many times over.
    let zeros = deflated(&vec![0; 64 << 20]);
    let mut bomb = Liar::default();
    for i in 0..8 {
        let lie = Lie { method: 8, size: Some(64 << 20), crc: Some(0), ..NONE };
        bomb = bomb.add(&format!("{i}"), &zeros, lie);
    }
    assert_eq!(refusals(&bomb.finish()), ["ZIP-EXPANSION"]);
    // More members than anybody needs.
    let mut many = Liar::default();
    for i in 0..11 {
        many = many.add(&format!("{i}"), b"", NONE);
    }
    let few = Limits { members: 10, ..Limits::default() };
    let scanned = scan(&mut Cursor::new(many.finish()), &few).unwrap();
    assert_eq!(scanned.findings[0].problem.code(), "ZIP-LIMIT");
    assert!(scanned.findings[0].problem.is_limit());
}

#[test]
fn content_that_breaks_the_promise() {
    let read = |bytes: Vec<u8>| {
        let mut archive = Archive::open(Cursor::new(bytes), &Limits::default()).unwrap();
        let member = archive.members()[0].clone();
        let mut content = Vec::new();
        archive.read(&member).unwrap().read_to_end(&mut content).map(|_| content)
    };
    let text = b"Il Consiglio approva. ".repeat(40);
    let good = deflated(&text);
    let size = text.len() as u32;
    let lie = Lie { method: 8, crc: Some(crc32fast::hash(&text)), ..NONE };
    let with = |size: u32, data: &[u8], lie: Lie<'_>| {
        read(Liar::default().add("a", data, Lie { size: Some(size), ..lie }).finish())
    };
    assert_eq!(with(size, &good, lie).unwrap(), text);
    // Longer, shorter, other CRC, cut, followed by something, not DEFLATE at all.
    assert!(is_damage(&with(size - 1, &good, lie).unwrap_err()));
    assert!(is_damage(&with(size + 1, &good, lie).unwrap_err()));
    assert!(is_damage(&with(size, &good, Lie { crc: Some(1), ..lie }).unwrap_err()));
    assert!(is_damage(&with(size, &good[..good.len() - 3], lie).unwrap_err()));
    assert!(is_damage(&with(size, &[&good[..], b"hidden"].concat(), lie).unwrap_err()));
    assert!(is_damage(&with(size, &[0xff; 40], lie).unwrap_err()));
    let stored = Liar::default().add("a", b"x", Lie { crc: Some(1), ..NONE }).finish();
    assert!(is_damage(&read(stored).unwrap_err()));
}

#[test]
fn names_of_other_days() {
    let raw = Liar::default().add_raw(b"citt\x85.txt", b"x", Lie { flags: 0, ..NONE }).finish();
    let archive = Archive::open(Cursor::new(raw), &Limits::default()).unwrap();
    assert_eq!(archive.members()[0].name, "città.txt");
    let utf8 = Liar::default().add("città", b"x", Lie { flags: 0, ..NONE }).finish();
    assert_eq!(notes(&utf8), ["ZIP-NAME-ENCODING"]);
    // The Unicode path of Info-ZIP, where it was written for this name.
    let mut extra = vec![0x75, 0x70, 11, 0, 1];
    extra.extend(crc32fast::hash(b"citt\xff").to_le_bytes());
    extra.extend("città".as_bytes());
    let lie = Lie { flags: 0, extra: &extra, ..NONE };
    let raw = Liar::default().add_raw(b"citt\xff", b"x", lie).finish();
    let archive = Archive::open(Cursor::new(raw), &Limits::default()).unwrap();
    assert_eq!(archive.members()[0].name, "città");
}

fn sound() -> Vec<u8> {
    let text = b"Il Consiglio approva. ".repeat(9);
    let crc = crc32fast::hash(&text);
    let lie = Lie { method: 8, size: Some(text.len() as u32), crc: Some(crc), ..NONE };
    Liar::default().add("a/b", b"x", NONE).add("verbale", &deflated(&text), lie).finish()
}

/// Everything the archive holds, or why not.
fn all(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut archive = Archive::open(Cursor::new(bytes), &Limits::default())?;
    let members = archive.members().to_vec();
    let mut found = Vec::new();
    for member in members {
        let content = archive.read_small(&member, 1 << 20)?;
        found.push((member.name, content));
    }
    Ok(found)
}

#[test]
fn every_truncation_and_flip_is_noticed_or_harmless() {
    let good = sound();
    let expected = all(&good).unwrap();
    for length in 0..good.len() {
        assert!(all(&good[..length]).is_err(), "cut at {length}");
    }
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            // What still opens holds the same contents: names and attributes may differ.
            if let Ok(found) = all(&bad) {
                let contents = |all: &[(String, Vec<u8>)]| {
                    all.iter().map(|(_, content)| content.clone()).collect::<Vec<_>>()
                };
                assert_eq!(contents(&found), contents(&expected), "bit {bit} of {at}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_octets_are_answered(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = all(&octets);
        let mut tailed = octets;
        tailed.extend(&sound()[sound().len() - 60..]);
        let _ = all(&tailed);
    }
}

//! Class 36: containers that lie. All names and sizes are judged before one octet is written.

use std::path::Path;

use ceralacca::validation::Verdict;
use ceralacca::{Error, Placing, Report, extract_file};
use lab::asic::{self, Manifest, Reference, SIGNATURE_TYPE};
use lab::zip::{Member, Zip};
use lab::{Hash, wrap};

use crate::common::*;

const FILES: [(&str, &[u8]); 2] = [("verbale.txt", CONTENT), ("allegato.bin", &[7; 3000])];

fn good(desk: &Desk) -> Zip {
    asic::extended(&desk.pki, "presidente", then(), &FILES).unwrap()
}

fn simple(desk: &Desk) -> Zip {
    asic::simple(&desk.pki, "presidente", then(), "verbale.txt", CONTENT).unwrap()
}

/// Neither passes nor writes anything outside the place it was given.
#[track_caller]
fn refused(desk: &Desk, name: &str, zip: &Zip) -> Result<Report, Error> {
    let report = desk.survives("lie.asice", zip.build());
    let passed = report.as_ref().is_ok_and(|report| report.verdict == Verdict::TotalPassed);
    assert!(!passed, "{name}: {report:#?}");
    nothing_escaped(desk, name);
    report
}

#[track_caller]
fn nothing_escaped(desk: &Desk, name: &str) {
    let out = desk.path("out");
    remove(&out);
    let extracted = extract_file(&desk.path("lie.asice"), &out, Placing::default(), None);
    let above = desk.dir.path().parent().unwrap().join("evil");
    for place in [desk.path("evil"), above, Path::new("/evil").to_owned()] {
        assert!(!place.exists(), "{name}: {}", place.display());
    }
    if extracted.is_err() {
        assert!(!out.exists(), "{name}: something was written before the refusal");
    }
}

#[test]
fn class_36_containers_in_order() {
    let desk = Desk::new();
    let report = desk.verdict("a.asice", good(&desk).build());
    passed(&report);
    assert_eq!(report.format, "ASiC-E");
    let report = desk.verdict("a.asics", simple(&desk).build());
    passed(&report);
    assert_eq!(report.format, "ASiC-S");
    let stamped = asic::simple_stamped(&desk.pki, "tsa", then(), "verbale.txt", CONTENT).unwrap();
    let report = desk.verdict("t.asics", stamped.build());
    assert_eq!(report.verdict, Verdict::TotalPassed, "{report:#?}");
    assert_eq!((report.signatures.len(), report.timestamps.len()), (0, 1));
    // ZIP64 fields, and members deflated by the program that packed it.
    let mut zip = good(&desk);
    for member in &mut zip.members[1..] {
        member.zip64 = true;
    }
    passed(&desk.verdict("64.asice", zip.build()));
    let mut zip = good(&desk);
    zip.members[2] = Member::deflated(FILES[1].0, FILES[1].1);
    passed(&desk.verdict("deflated.asice", zip.build()));
}

#[test]
fn class_36_names_that_lead_elsewhere() {
    let desk = Desk::new();
    for name in [
        "../evil",
        "a/../../evil",
        "/evil",
        "\\evil",
        "..\\evil",
        "C:evil",
        "C:/evil",
        "//host/evil",
        "evil\0.txt",
        "./evil",
        "a//evil",
        "evil/",
        "~/evil",
        "CON",
        "evil\u{202e}txt",
        "",
    ] {
        // Beside the signed files, and as one of them.
        let mut zip = good(&desk);
        zip.members.push(Member::new(name, b"evil"));
        let _ = desk.survives("lie.asice", zip.build());
        nothing_escaped(&desk, name);
        if name.is_empty() || name.ends_with('/') {
            continue;
        }
        let files: [(&str, &[u8]); 1] = [(name, b"evil")];
        let zip = asic::extended(&desk.pki, "presidente", then(), &files).unwrap();
        desk.put("lie.asice", zip.build());
        nothing_escaped(&desk, name);
    }
    let mut zip = good(&desk);
    zip.members.push(Member::link("evil", "/etc/passwd"));
    let _ = refused(&desk, "link", &zip);
    let mut zip = good(&desk);
    zip.members[1].external = 0o120_777 << 16;
    let _ = refused(&desk, "a signed link", &zip);
}

#[test]
fn class_36_names_that_are_the_same() {
    let desk = Desk::new();
    for name in
        ["verbale.txt", "Verbale.TXT", "VERBALE.txt", "mimetype", "META-INF/SIGNATURE001.p7s"]
    {
        for first in [true, false] {
            let mut zip = good(&desk);
            let at = if first { 1 } else { zip.members.len() };
            zip.members.insert(at, Member::new(name, b"altro"));
            let _ = refused(&desk, name, &zip);
        }
    }
    // One letter in two ways of writing it (Unicode NFC and NFD).
    let files: [(&str, &[u8]); 2] = [("citt\u{e0}.txt", b"uno"), ("citta\u{300}.txt", b"due")];
    let zip = asic::extended(&desk.pki, "presidente", then(), &files).unwrap();
    let _ = refused(&desk, "accents", &zip);
}

#[test]
fn class_36_headers_that_disagree() {
    let desk = Desk::new();
    let change = |name: &str, change: &dyn Fn(&mut Zip)| {
        let mut zip = good(&desk);
        change(&mut zip);
        let _ = refused(&desk, name, &zip);
    };
    change("another name in the directory", &|zip| {
        zip.members[1].central_name = Some(b"altro.txt".to_vec());
    });
    change("another name in front of the member", &|zip| {
        zip.members[1].central_name = Some(b"verbale.txt".to_vec());
        zip.members[1].name = b"Verbale.txt".to_vec();
    });
    change("another size in the directory", &|zip| zip.members[1].central_size = Some(5));
    change("another CRC", &|zip| zip.members[1].crc ^= 1);
    change("a place inside another member", &|zip| zip.members[2].at = Some(2));
    change("a place behind the end", &|zip| zip.members[2].at = Some(1 << 40));
    change("another count", &|zip| zip.count = Some(2));
    change("encrypted", &|zip| zip.members[1].flags |= 1);
    change("a method nobody knows", &|zip| zip.members[1].method = 99);
    // A member outside the directory is there for some readers and not for others.
    change("hidden", &|zip| {
        let hidden = Member { hidden: true, ..Member::new("verbale.txt", b"altro") };
        zip.members.insert(1, hidden);
    });
}

#[test]
fn class_36_bombs() {
    let desk = Desk::new();
    let begun = std::time::Instant::now();
    // A gibibyte of zeros in 7 MB, beside the signed files and as one of them.
    let bomb = Member::zeros("zeri.bin", 1 << 30);
    let mut zip = good(&desk);
    zip.members.push(bomb);
    let _ = desk.survives("lie.asice", zip.build());
    // Zeros that say they are few, and are signed as many.
    let zeros = vec![0; 64 << 20];
    let files: [(&str, &[u8]); 1] = [("zeri.bin", &zeros)];
    let mut zip = asic::extended(&desk.pki, "presidente", then(), &files).unwrap();
    zip.members[1] = Member::zeros("zeri.bin", 64 << 20);
    passed(&desk.verdict("a.asice", zip.build()));
    zip.members[1].size = 1000;
    let _ = refused(&desk, "more than it says", &zip);
    let out = desk.path("bombe");
    assert!(extract_file(&desk.path("lie.asice"), &out, Placing::default(), None).is_err());
    assert!(!out.exists());
    // A manifest, a signature, a mimetype of hundreds of megabytes.
    for name in
        ["META-INF/ASiCManifest002.xml", "META-INF/signature002.p7s", "META-INF/timestamp.tst"]
    {
        let mut zip = good(&desk);
        zip.members.push(Member::zeros(name, 512 << 20));
        let _ = refused(&desk, name, &zip);
    }
    // More members than anybody signs.
    let mut zip = good(&desk);
    zip.members.extend((0..150_000).map(|n| Member::new(&format!("f/{n}"), b"")));
    let _ = refused(&desk, "150,000 members", &zip);
    assert!(begun.elapsed().as_secs() < 120, "{:?}", begun.elapsed());
}

#[test]
fn class_36_nested_containers() {
    let desk = Desk::new();
    let mut octets = good(&desk).build();
    for level in 0..12 {
        let name = format!("dentro-{level}.asice");
        let files: [(&str, &[u8]); 1] = [(&name, &octets)];
        octets = asic::extended(&desk.pki, "presidente", then(), &files).unwrap().build();
    }
    // Each container is what it is; what is inside is content.
    let report = desk.survives("lie.asice", &octets).unwrap();
    assert!(!report.signatures.is_empty());
    let signed = lab::cms::sign(&desk.pki, "segretario", &octets, then()).unwrap();
    let _ = desk.survives("lie.asice.p7m", wrap::base64_lines(&signed, 76, "\n"));
}

#[test]
fn class_36_mimetype_and_manifest() {
    let desk = Desk::new();
    let tolerated = |name: &str, change: &dyn Fn(&mut Zip)| {
        let mut zip = good(&desk);
        change(&mut zip);
        let report = desk.verdict("a.asice", zip.build());
        passed(&report);
        assert!(!desk.strict("a.asice", zip.build()).findings.is_empty(), "{name} is told");
    };
    tolerated("mimetype last", &|zip| {
        let first = zip.members.remove(0);
        zip.members.push(first);
    });
    tolerated("mimetype with a line end", &|zip| {
        let text = format!("{}\n", asic::EXTENDED);
        zip.members[0] = Member::new("mimetype", text.as_bytes());
    });
    tolerated("a file nobody signed", &|zip| zip.members.push(Member::new("altro.txt", b"altro")));
    // Two different words for what it is.
    let mut zip = good(&desk);
    zip.members.push(Member::new("mimetype", asic::SIMPLE.as_bytes()));
    let _ = refused(&desk, "two mimetypes", &zip);

    // What the manifest names.
    let place = "META-INF/signature001.p7s";
    let manifest = || Manifest::of(place, SIGNATURE_TYPE, Hash::Sha256, &FILES).unwrap();
    let with = |manifest: &Manifest| {
        asic::extended_over(&desk.pki, "presidente", then(), &FILES, manifest).unwrap()
    };
    passed(&desk.verdict("a.asice", with(&manifest()).build()));
    let mut missing = manifest();
    missing.references.push(Reference {
        uri: "manca.txt".into(),
        digest: vec![0; 32],
        media_type: None,
        root_file: false,
    });
    let _ = refused(&desk, "a file that is not there", &with(&missing));
    let mut wrong = manifest();
    wrong.references[1].digest[0] ^= 1;
    let _ = refused(&desk, "another digest", &with(&wrong));
    let mut twice = manifest();
    let mut again = twice.references[0].clone();
    again.digest = vec![0; 32];
    twice.references.push(again);
    let _ = refused(&desk, "one file with two digests", &with(&twice));
    let mut outside = manifest();
    for uri in [
        "../verbale.txt",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://lab.invalid/a",
        "%2e%2e/evil",
        "verbale.txt%00",
    ] {
        outside.references[0].uri = uri.to_owned();
        let _ = refused(&desk, uri, &with(&outside));
    }
    let nothing = Manifest { references: Vec::new(), ..manifest() };
    let _ = refused(&desk, "a manifest of nothing", &with(&nothing));
    let other = Manifest { signature: "META-INF/signature009.p7s".into(), ..manifest() };
    let mut zip = with(&other);
    zip.members.last_mut().unwrap().name = place.into();
    let _ = refused(&desk, "a manifest of another signature", &zip);
    // A content altered after signing.
    let mut zip = good(&desk);
    zip.members[1] = Member::new(FILES[0].0, b"Verbale: voti favorevoli 15.\n");
    let report = refused(&desk, "altered", &zip).unwrap();
    assert_eq!(report.signatures[0].intact, Some(false));
    assert_eq!(report.verdict, Verdict::TotalFailed);
}

#[test]
fn class_15_and_36_manifests_made_to_break_readers() {
    let desk = Desk::new();
    let open = "<a>".repeat(100_000);
    let deep = format!("<?xml version=\"1.0\"?>{open}");
    let closed = format!("{deep}{}", "</a>".repeat(100_000));
    let doctype =
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>";
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY l \"ha\"><!ENTITY m \"&l;&l;&l;&l;\">]><a>&m;</a>";
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"\"")).collect();
    let attributes = format!("<a{attributes}/>");
    std::thread::scope(|scope| {
        let run = || {
            for xml in [&deep, &closed, doctype, laughs, &attributes, "", "\u{feff}", "<a", "\0"] {
                let signature =
                    lab::cms::sign_detached(&desk.pki, "presidente", xml.as_bytes(), then())
                        .unwrap();
                let mut zip = good(&desk);
                let end = zip.members.len();
                zip.members[end - 2] = Member::new("META-INF/ASiCManifest001.xml", xml.as_bytes());
                zip.members[end - 1] = Member::new("META-INF/signature001.p7s", &signature);
                let _ = refused(&desk, &xml[..xml.len().min(40)], &zip);
            }
        };
        std::thread::Builder::new().stack_size(512 << 10).spawn_scoped(scope, run).unwrap();
    });
}

#[test]
fn containers_cut_and_flipped_never_get_a_better_verdict() {
    let desk = Desk::new();
    for zip in [good(&desk), simple(&desk)] {
        let whole = zip.build();
        passed(&desk.verdict("a.asice", &whole));
        let mut cut = 1;
        while cut < whole.len() {
            for end in [cut - 1, cut, whole.len() - cut] {
                assert!(!desk.passes("a.asice", &whole[..end]), "cut at {end}");
            }
            cut *= 2;
        }
        for at in (0..whole.len()).step_by(whole.len() / 300 + 1) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            if desk.passes("a.asice", &flipped) {
                let report = desk.verdict("a.asice", &flipped);
                assert!(all_passed(&report) && report.signatures.len() == 1, "bit at {at}");
            }
        }
    }
}

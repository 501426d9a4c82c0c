//! Class 36 goes on: containers whose manifests say more, or less, than what was signed.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::{Cursor, Read, Seek, SeekFrom};

use ceralacca::validation::{Code, Indication, SubIndication, Verdict};
use ceralacca::{Error, Placing, Policy, extract_file};
use lab::archive::{ArchiveStamp, UnsignedForm};
use lab::asic::{self, Manifest, SIGNATURE_TYPE, TOKEN_TYPE};
use lab::parts::Parts;
use lab::tsa::Fault;
use lab::zip::{Member, Zip};
use lab::{Hash, wrap};

use crate::common::*;

const FILES: [(&str, &[u8]); 2] = [("verbale.txt", CONTENT), ("allegato.bin", &[7; 3000])];
const EVIL: (&str, &[u8]) = ("evil.txt", b"non firmato");
const PLACE: &str = "META-INF/signature001.p7s";

fn good(desk: &Desk) -> Zip {
    asic::extended(&desk.pki, "presidente", then(), &FILES).unwrap()
}

fn with(zip: &Zip, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = Zip::new(zip.members.clone());
    zip.members.extend(members.iter().map(|(name, content)| Member::new(name, content)));
    zip.build()
}

/// A manifest of everything in `files`, and its real time-stamp.
fn stamped(desk: &Desk, files: &[(&str, &[u8])], hash: Hash) -> (String, Vec<u8>) {
    let manifest = Manifest::of("META-INF/timestamp001.tst", TOKEN_TYPE, hash, files).unwrap();
    let xml = manifest.xml();
    let imprint = Hash::Sha256.digest(xml.as_bytes()).unwrap();
    let token = desk.pki.timestamp_token("tsa", Hash::Sha256, &imprint, then(), &Fault::None);
    (xml, token.unwrap())
}

#[test]
fn class_36_weak_digests_in_manifests() {
    let desk = Desk::new();
    let weak = Manifest::of(PLACE, SIGNATURE_TYPE, Hash::Sha1, &FILES).unwrap();
    let zip = asic::extended_over(&desk.pki, "presidente", then(), &FILES, &weak).unwrap();
    for policy in [Policy::default(), Policy::strict()] {
        let path = desk.put("sha1.asice", zip.build());
        let report = desk.judge_with(&path, None, &policy).unwrap();
        let own = &report.signatures[0];
        assert_eq!(own.indication, Indication::Indeterminate, "{report:#?}");
        assert_eq!(own.sub_indication, Some(SubIndication::CryptoConstraintsFailureNoPoe));
    }
    let xml = weak.xml();
    let (old, new) = ("2000/09/xmldsig#sha1\"", "2001/04/xmldsig-more#md5\"");
    let mut xml = xml.replace(old, new);
    for (_, content) in FILES {
        let digest = |hash: Hash| wrap::base64(&hash.digest(content).unwrap());
        xml = xml.replace(&digest(Hash::Sha1), &digest(Hash::Md5));
    }
    let signature = lab::cms::sign_detached(&desk.pki, "presidente", xml.as_bytes(), then());
    let mut md5 = good(&desk);
    md5.members[3] = Member::new("META-INF/ASiCManifest001.xml", xml.as_bytes());
    md5.members[4] = Member::new(PLACE, &signature.unwrap());
    let report = desk.verdict("md5.asice", md5.build());
    assert_eq!(report.signatures[0].intact, Some(true), "{report:#?}");
    assert_eq!(report.verdict, Verdict::Indeterminate);
}

/// What a time-stamp covers by a weak digest, it does not prove.
#[test]
fn class_36_weak_digests_prove_nothing() {
    let desk = Desk::new();
    let zip = good(&desk);
    let signature = wrap_of(&zip, PLACE);
    for (hash, covers) in [(Hash::Sha256, &["1"][..]), (Hash::Sha1, &[])] {
        let (xml, token) = stamped(&desk, &[(PLACE, &signature)], hash);
        let members: [(&str, &[u8]); 2] = [
            ("META-INF/ASiCArchiveManifest.xml", xml.as_bytes()),
            ("META-INF/timestamp001.tst", &token),
        ];
        let report = desk.verdict("a.asice", with(&zip, &members));
        passed(&report);
        assert_eq!(report.timestamps[0].covers, covers, "{report:#?}");
        let accepted = report.timestamps[0].sub_indication.is_none();
        assert_eq!(accepted, !covers.is_empty());
    }
}

fn wrap_of(zip: &Zip, name: &str) -> Vec<u8> {
    zip.members.iter().find(|member| member.name == name.as_bytes()).unwrap().stored.clone()
}

/// Neither a worthless time-stamp or signature nor a real time-stamp makes a file signed.
#[test]
fn class_36_files_that_only_look_covered() {
    let desk = Desk::new();
    let zip = good(&desk);
    let junk = Manifest::of("META-INF/timestamp001.tst", TOKEN_TYPE, Hash::Sha256, &[EVIL]);
    let junk = junk.unwrap().xml();
    let forged = Manifest::of("META-INF/signature002.p7s", SIGNATURE_TYPE, Hash::Sha256, &[EVIL]);
    let forged = forged.unwrap().xml();
    let (real, token) = stamped(&desk, &[FILES[0], FILES[1], EVIL], Hash::Sha256);
    let p7s = wrap_of(&zip, PLACE);
    let cases: [[(&str, &[u8]); 3]; 4] = [
        [
            EVIL,
            ("META-INF/ASiCManifest002.xml", junk.as_bytes()),
            ("META-INF/timestamp001.tst", b"j"),
        ],
        [
            EVIL,
            ("META-INF/ASiCManifest002.xml", forged.as_bytes()),
            ("META-INF/signature002.p7s", &p7s),
        ],
        [
            EVIL,
            ("META-INF/ASiCManifest002.xml", real.as_bytes()),
            ("META-INF/timestamp001.tst", &token),
        ],
        [
            EVIL,
            ("META-INF/ASiCArchiveManifest.xml", real.as_bytes()),
            ("META-INF/timestamp001.tst", &token),
        ],
    ];
    for members in &cases {
        let report = desk.verdict("a.asice", with(&zip, members));
        finds(&report, Code::ContainerFileUncovered);
        let of_evil = |finding: &&ceralacca::validation::report::Finding| {
            finding.code == Code::ContainerFileUncovered
        };
        let told: Vec<_> = findings(&report).into_iter().filter(of_evil).collect();
        assert!(told.iter().all(|one| one.message.contains("evil.txt")), "{told:#?}");
        let strict = desk.strict("a.asice", with(&zip, members));
        assert_ne!(strict.verdict, Verdict::TotalPassed, "{strict:#?}");
    }
    // Without signatures a time-stamp is all the cover there is.
    let mut alone = Zip::new(vec![Member::new("mimetype", asic::EXTENDED.as_bytes())]);
    alone.members.extend(FILES.iter().map(|(name, content)| Member::new(name, content)));
    let report = desk.verdict("a.asice", with(&alone, &cases[2]));
    assert_eq!(report.verdict, Verdict::TotalPassed, "{report:#?}");
    assert!(findings(&report).iter().all(|one| one.code != Code::ContainerFileUncovered));
}

/// A signature that a manifest names is judged under any name, and missed when it is gone.
#[test]
fn class_36_signatures_that_vanish() {
    let desk = Desk::new();
    let zip = good(&desk);
    let manifest =
        |place: &str| Manifest::of(place, SIGNATURE_TYPE, Hash::Sha256, &[FILES[0]]).unwrap().xml();
    let gone = manifest("META-INF/signature002.p7s");
    let second = [("META-INF/ASiCManifest002.xml", gone.as_bytes())];
    let report = desk.verdict("a.asice", with(&zip, &second));
    assert_eq!(report.verdict, Verdict::TotalFailed, "{report:#?}");
    assert_eq!(report.signatures[0].indication, Indication::TotalPassed);
    let missing = &report.signatures[1].findings;
    assert!(missing.iter().any(|one| one.code == Code::ContainerSignatureMissing), "{missing:#?}");

    for place in ["META-INF/firma.p7s", "META-INF/seconda.der", "META-INF/firma", "firma.p7s"] {
        let xml = manifest(place);
        let sign = |octets: &[u8]| {
            lab::cms::sign_detached(&desk.pki, "segretario", octets, then()).unwrap()
        };
        let members = |signature: &[u8]| {
            let own = [("META-INF/ASiCManifest002.xml", xml.as_bytes()), (place, signature)];
            with(&zip, &own)
        };
        let report = desk.verdict("a.asice", members(&sign(xml.as_bytes())));
        passed(&report);
        assert_eq!(report.signatures.len(), 2, "{place}");
        let report = desk.verdict("a.asice", members(&sign(b"altro")));
        assert_eq!(report.verdict, Verdict::TotalFailed, "{place}");
        let report = desk.verdict("a.asice", members(b"niente"));
        assert_eq!(report.verdict, Verdict::TotalFailed, "{place}");
    }

    let stamp = Manifest::of("META-INF/timestamp001.tst", TOKEN_TYPE, Hash::Sha256, &FILES);
    let stamp = stamp.unwrap().xml();
    let own = [("META-INF/ASiCArchiveManifest.xml", stamp.as_bytes())];
    finds(&desk.verdict("a.asice", with(&zip, &own)), Code::ContainerSignatureMissing);
}

#[test]
fn class_36_unknown_files_beside_the_signatures() {
    let desk = Desk::new();
    let report = desk.verdict("a.asice", with(&good(&desk), &[("META-INF/nota.bin", b"x")]));
    passed(&report);
    finds(&report, Code::ContainerFileUnknown);
    let clean = desk.verdict("a.asice", good(&desk).build());
    assert!(findings(&clean).iter().all(|one| one.code != Code::ContainerFileUnknown));
}

/// Layers across the border of a container: content, but never passed over in silence.
#[test]
fn class_36_signed_files_inside_signed_files() {
    let desk = Desk::new();
    let signed = lab::cms::sign(&desk.pki, "segretario", b"contenuto", then()).unwrap();
    let inner = good(&desk).build();
    let own: [(&str, &[u8]); 3] =
        [("delibera.pdf.p7m", &signed), ("altra.asice", &inner), ("testo.txt", b"testo")];
    let outer = asic::extended(&desk.pki, "presidente", then(), &own).unwrap().build();
    let simple = asic::simple(&desk.pki, "presidente", then(), "delibera.p7m", &signed).unwrap();
    let wrapped = lab::cms::sign(&desk.pki, "presidente", &inner, then()).unwrap();
    for (name, octets, names) in [
        ("a.asice", outer, &["delibera.pdf.p7m", "altra.asice"][..]),
        ("a.asics", simple.build(), &["delibera.p7m"]),
        ("a.asice.p7m", wrapped, &["fuori"]),
    ] {
        let report = desk.verdict(name, octets);
        passed(&report);
        let told: Vec<_> =
            report.findings.iter().filter(|one| one.code == Code::InnerFileNotJudged).collect();
        assert_eq!(told.len(), names.len(), "{name}: {:#?}", report.findings);
        let out = desk.path("fuori");
        remove(&out);
        let taken = extract_file(&desk.path(name), &out, Placing::default(), None).unwrap();
        assert_eq!(taken.signed_inside, names, "{name}");
    }
    let plain = desk.verdict("b.asice", good(&desk).build());
    assert!(plain.findings.iter().all(|one| one.code != Code::InnerFileNotJudged));
}

/// Time-stamps times certificates: what is worthless costs nothing, and there is an end to it.
#[test]
fn class_36_time_stamps_without_number() {
    let desk = Desk::new();
    let zip = good(&desk);
    let signature = wrap_of(&zip, PLACE);
    let many = |count: usize| {
        let mut lie = Zip::new(zip.members.clone());
        for n in 0..count {
            let mut place = String::new();
            let _ = write!(place, "META-INF/timestamp{n}.tst");
            let own = [(PLACE, signature.as_slice())];
            let manifest = Manifest::of(&place, TOKEN_TYPE, Hash::Sha256, &own).unwrap();
            let name = format!("META-INF/ASiCManifestT{n}.xml");
            lie.members.push(Member::new(&name, manifest.xml().as_bytes()));
            lie.members.push(Member::new(&place, b"j"));
        }
        desk.survives("lie.asice", lie.build())
    };
    let report = many(200).unwrap();
    assert_eq!(report.timestamps.len(), 200);
    assert!(report.timestamps.iter().all(|stamp| stamp.covers.is_empty()));
    assert!(matches!(many(300), Err(Error::Container { .. })));
}

/// A source that counts what is read of it.
struct Counting<'c>(Cursor<Vec<u8>>, &'c Cell<usize>);

impl Read for Counting<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(out)?;
        self.1.set(self.1.get() + read);
        Ok(read)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

/// The archive time-stamps of before 2013 are over the content: it is read once more for all of them.
#[test]
fn class_36_old_archive_stamps_share_one_pass() {
    let desk = Desk::new();
    let content = vec![7; 4 << 20];
    let detached = lab::cms::sign_detached(&desk.pki, "presidente", &content, then()).unwrap();
    let mut parts = Parts::read(&detached).unwrap();
    let mut stamp = ArchiveStamp::new("tsa-b", then() + minutes(5));
    stamp.content = Some(&content);
    desk.pki.archive_v2(&mut parts, 0, UnsignedForm::Framed, &stamp).unwrap();
    let signature = parts.build();
    let container = |count: usize| {
        let mut zip = Zip::new(vec![
            Member::new("mimetype", asic::SIMPLE.as_bytes()),
            Member::new("film.bin", &content),
        ]);
        let names = (0..count).map(|n| format!("META-INF/signature{n}.p7s"));
        zip.members.extend(names.map(|name| Member::new(&name, &signature)));
        zip.build()
    };
    let report = desk.verdict("a.asics", container(3));
    assert_eq!(report.signatures.len(), 3);
    for own in &report.signatures {
        let imprint = |code| own.timestamps[0].findings.iter().any(|one| one.code == code);
        assert!(!imprint(Code::ImprintMismatch) && !imprint(Code::ImprintUnchecked), "{own:#?}");
    }
    let limits = ::asic::Limits::default();
    let read = Cell::new(0);
    let source = Counting(Cursor::new(container(40)), &read);
    let mut archive = archive::Archive::open(source, &limits.archive).unwrap();
    let mut held = ::asic::Container::read(&mut archive, None, &limits).unwrap();
    read.set(0);
    held.digest(&mut archive, |_| ()).unwrap();
    assert!(read.get() < content.len() * 5 / 2, "{} octets", read.get());
}

//! Class 32: archive time-stamps and their hash index, version 3 and 2.

use asn1::der;
use ceralacca::validation::{Status, Verdict};
use chrono::TimeDelta;
use lab::archive::{ArchiveStamp, Index, IndexVersion, UnsignedForm};
use lab::parts::Parts;
use lab::{Hash, oids};

use crate::common::*;

/// What an index says that it should not.
type Change = fn(&mut Index);

/// A CAdES-LT of [`CONTENT`].
fn long_term(desk: &Desk) -> Parts {
    let octets = desk.odd(|signer| *signer = signer.clone().stamped("tsa", then() + minutes(1)));
    let mut parts = Parts::read(&octets).unwrap();
    let issued = then() + minutes(2);
    let next = issued + TimeDelta::days(7);
    desk.pki.add_long_term(&mut parts, &["presidente", "tsa"], issued, next).unwrap();
    parts
}

/// The same with an archive-time-stamp-v3 over an index made by `change`.
fn archived(desk: &Desk, change: impl FnOnce(&mut Index)) -> Vec<u8> {
    let mut parts = long_term(desk);
    let mut index = Index::of(&parts, 0, IndexVersion::V3, Hash::Sha256).unwrap();
    change(&mut index);
    let stamp = ArchiveStamp::new("tsa-b", then() + minutes(5));
    desk.pki.archive_v3(&mut parts, 0, &index, &stamp).unwrap();
    parts.build()
}

/// The archive time-stamp of the first signature: the last one made.
#[track_caller]
fn archive_stamp(report: &ceralacca::Report) -> (Option<bool>, Status) {
    let stamps = &report.signatures[0].timestamps;
    let found = stamps.iter().rfind(|stamp| stamp.kind.contains("archive"));
    let stamp = found.unwrap_or_else(|| panic!("no archive time-stamp: {stamps:#?}"));
    (stamp.intact, stamp.indication)
}

#[test]
fn class_32_an_index_in_order_in_every_version() {
    let desk = Desk::new();
    for version in [IndexVersion::V1, IndexVersion::V2, IndexVersion::V3] {
        for hash in [Hash::Sha256, Hash::Sha512] {
            let mut parts = long_term(&desk);
            let index = Index::of(&parts, 0, version, hash).unwrap();
            let stamp = ArchiveStamp { hash, ..ArchiveStamp::new("tsa-b", then() + minutes(5)) };
            desk.pki.archive_v3(&mut parts, 0, &index, &stamp).unwrap();
            let report = desk.verdict("lta.p7m", parts.build());
            passed(&report);
            assert_eq!(archive_stamp(&report).0, Some(true), "{version:?} {hash:?}: {report:#?}");
            assert_eq!(levels(&report), ["CAdES-BASELINE-LTA"], "{version:?} {hash:?}");
        }
    }
}

#[test]
fn class_32_an_entry_that_matches_nothing() {
    let desk = Desk::new();
    let changes: [(&str, Change); 8] = [
        ("certificate added", |i| i.certificates.push(vec![0x5a; 32])),
        ("list added", |i| i.crls.push(vec![0x5a; 32])),
        ("attribute added", |i| i.unsigned.push(vec![0x5a; 32])),
        ("certificate changed", |i| i.certificates[0][7] ^= 1),
        ("list changed", |i| i.crls[0][7] ^= 1),
        ("attribute changed", |i| i.unsigned[0][7] ^= 1),
        ("entry of no length", |i| i.certificates.push(Vec::new())),
        ("half an entry", |i| i.certificates[0].truncate(16)),
    ];
    for (name, change) in changes {
        let report = desk.verdict("index.p7m", archived(&desk, change));
        let (intact, status) = archive_stamp(&report);
        assert_eq!(intact, Some(false), "{name}: {report:#?}");
        assert_ne!(status, Status::Passed, "{name}");
    }
}

#[test]
fn class_32_what_the_index_leaves_out_is_not_protected() {
    let desk = Desk::new();
    let changes: [(&str, Change); 3] = [
        ("certificates", |i| i.certificates.clear()),
        ("lists", |i| i.crls.clear()),
        ("attributes", |i| i.unsigned.clear()),
    ];
    for (name, change) in changes {
        let report = desk.verdict("index.p7m", archived(&desk, change));
        // Every entry resolves: the stamp holds for what it names.
        assert_eq!(archive_stamp(&report).0, Some(true), "{name}: {report:#?}");
    }
}

#[test]
fn class_32_what_the_stamp_covers_is_changed_or_taken_away_afterwards() {
    let desk = Desk::new();
    let whole = archived(&desk, |_| ());
    passed(&desk.verdict("whole.p7m", &whole));
    let parts = || Parts::read(&whole).unwrap();
    let mut cases: Vec<(&str, Parts)> = Vec::new();
    let mut taken = parts();
    let certificates = taken.certificates().unwrap();
    taken.certificates = None;
    taken.add_certificates(&certificates[1..]).unwrap();
    cases.push(("a certificate taken away", taken));
    let mut taken = parts();
    let crls = taken.crls().unwrap();
    taken.crls = None;
    taken.add_crls(&crls[1..]).unwrap();
    cases.push(("a list taken away", taken));
    let mut taken = parts();
    taken.signers[0].unsigned.remove(0);
    cases.push(("the signature time-stamp taken away", taken));
    let mut other = parts();
    other.signers[0].digest_algorithm = Hash::Sha256.algorithm(true);
    cases.push(("the digest algorithm written otherwise", other));
    let mut other = parts();
    let stamp = ArchiveStamp::new("tsa", then() + minutes(1));
    let value = other.signers[0].value().unwrap();
    let imprint = Hash::Sha256.digest(&value).unwrap();
    let fresh = desk
        .pki
        .timestamp_token(stamp.tsa, Hash::Sha256, &imprint, then() + minutes(3), &stamp.fault)
        .unwrap();
    other.signers[0].unsigned[0] = lab::cms::attribute(&oids::SIGNATURE_TIME_STAMP, &[fresh]);
    cases.push(("another signature time-stamp in its place", other));
    for (name, parts) in cases {
        let report = desk.verdict("changed.p7m", parts.build());
        assert_eq!(archive_stamp(&report).0, Some(false), "{name}: {report:#?}");
    }
    // What came later is allowed, and not covered.
    let mut later = parts();
    later.add_certificates(&[desk.pki.certificate("segretario").unwrap()]).unwrap();
    later.add_crls(&[desk.pki.crl("ca", now(), now() + TimeDelta::days(7)).unwrap()]).unwrap();
    later.signers[0].add(&asn1::Oid::new("1.2.3.4"), der::null());
    let report = desk.verdict("later.p7m", later.build());
    passed(&report);
    assert_eq!(archive_stamp(&report).0, Some(true));
    assert_eq!(levels(&report), ["CAdES-BASELINE-LTA"]);
}

#[test]
fn class_32_a_stamp_of_another_file_or_signer() {
    let desk = Desk::new();
    let mine = Parts::read(&archived(&desk, |_| ())).unwrap();
    let last = mine.signers[0].unsigned.last().unwrap().clone();
    // The same attribute on another signature of the same content.
    let mut other = long_term(&desk);
    other.signers[0].unsigned.push(last.clone());
    let same = other.signers[0].signature == mine.signers[0].signature;
    assert!(!same, "ECDSA values differ each time");
    let report = desk.verdict("copied.p7m", other.build());
    assert_eq!(archive_stamp(&report).0, Some(false), "{report:#?}");
    // Without its index there is nothing it could be over.
    let mut bare = mine.clone();
    let values = bare.signers[0].values(&oids::ARCHIVE_TIME_STAMP_V3).unwrap();
    let mut token = Parts::read(&values[0]).unwrap();
    token.signers[0].unsigned.clear();
    *bare.signers[0].unsigned.last_mut().unwrap() =
        lab::cms::attribute(&oids::ARCHIVE_TIME_STAMP_V3, &[token.build()]);
    let report = desk.survives("bare.p7m", bare.build()).unwrap();
    assert_eq!(archive_stamp(&report).0, Some(false));
    // Two indexes: which of them was meant is anybody's guess.
    let mut two = mine.clone();
    let mut token = Parts::read(&values[0]).unwrap();
    let again = token.signers[0].unsigned[0].clone();
    token.signers[0].unsigned.push(again);
    *two.signers[0].unsigned.last_mut().unwrap() =
        lab::cms::attribute(&oids::ARCHIVE_TIME_STAMP_V3, &[token.build()]);
    let report = desk.survives("two.p7m", two.build()).unwrap();
    assert_ne!(archive_stamp(&report).0, Some(true));
    // An index that is none.
    let mut none = mine;
    let mut token = Parts::read(&values[0]).unwrap();
    let broken = der::sequence(&[der::boolean(true)]);
    token.signers[0].unsigned[0] = lab::cms::attribute(&oids::ATS_HASH_INDEX_V3, &[broken]);
    *none.signers[0].unsigned.last_mut().unwrap() =
        lab::cms::attribute(&oids::ARCHIVE_TIME_STAMP_V3, &[token.build()]);
    let report = desk.survives("none.p7m", none.build()).unwrap();
    assert_eq!(archive_stamp(&report).0, Some(false));
}

#[test]
fn class_32_version_2_covers_the_stored_octets() {
    let desk = Desk::new();
    for form in [UnsignedForm::Framed, UnsignedForm::Bare] {
        let mut parts = long_term(&desk);
        let stamp = ArchiveStamp::new("tsa-b", then() + minutes(5));
        desk.pki.archive_v2(&mut parts, 0, form, &stamp).unwrap();
        let report = desk.verdict("v2.p7m", parts.build());
        assert_eq!(archive_stamp(&report).0, Some(true), "{form:?}: {report:#?}");
        assert_eq!(levels(&report), ["CAdES-A"], "an archive, and of no baseline");
        // Nothing in the root fields may be added, let alone taken away.
        let mut more = parts.clone();
        more.add_certificates(&[desk.pki.certificate("segretario").unwrap()]).unwrap();
        let report = desk.verdict("v2.p7m", more.build());
        assert_eq!(archive_stamp(&report).0, Some(false), "{form:?}");
        let mut less = parts.clone();
        less.crls = None;
        let report = desk.verdict("v2.p7m", less.build());
        assert_eq!(archive_stamp(&report).0, Some(false), "{form:?}");
        // A further unsigned attribute cannot be told from one that was there before: nothing may be
        // added beside such a stamp but a later archive time-stamp.
        let mut beside = parts.clone();
        beside.signers[0].add(&asn1::Oid::new("1.2.3.4"), der::null());
        let report = desk.verdict("v2.p7m", beside.build());
        assert_eq!(archive_stamp(&report).0, Some(false), "{form:?}");
        let index = Index::of(&parts, 0, IndexVersion::V3, Hash::Sha256).unwrap();
        let stamp = ArchiveStamp::new("tsa", then() + minutes(9));
        desk.pki.archive_v3(&mut parts, 0, &index, &stamp).unwrap();
        let report = desk.verdict("v2-v3.p7m", parts.build());
        let stamps = report.signatures[0].timestamps.iter();
        let broken = stamps.filter(|stamp| stamp.intact != Some(true)).count();
        assert_eq!(broken, 0, "{form:?}: {report:#?}");
    }
}

#[test]
fn class_32_a_weaker_file_is_not_made_strong_by_a_stamp() {
    let desk = Desk::new();
    // The content changed under an archive time-stamp: both are broken.
    let whole = archived(&desk, |_| ());
    let at = whole.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    let mut altered = whole;
    altered[at] ^= 1;
    let report = desk.verdict("altered.p7m", altered);
    assert_eq!(report.verdict, Verdict::TotalFailed);
    assert_eq!(archive_stamp(&report).0, Some(false));
}

/// A stamp of something else proves nothing of what is here, and thousands of them would fill the
/// memory with what they might prove.
#[test]
fn class_32_a_version_2_of_something_else_proves_nothing() {
    let desk = Desk::new();
    let mut parts = long_term(&desk);
    let stamp = ArchiveStamp::new("tsa-b", then() + minutes(5));
    desk.pki.archive_v2(&mut parts, 0, UnsignedForm::Framed, &stamp).unwrap();
    let proves = |name: &str, parts: &Parts| {
        let path = desk.put(name, parts.build());
        let times = ceralacca::Times::now(now());
        let policy = ceralacca::Policy::default();
        let facts = ceralacca::gather_facts(&path, &desk.options(None, &policy, &times)).unwrap();
        let stamp = facts.signatures[0].timestamps.last().unwrap();
        (stamp.imprint_matches, stamp.proves.certificates.len(), stamp.proves.revocation.len())
    };
    let (matches, certificates, revocation) = proves("mine.p7m", &parts);
    assert_eq!(matches, Some(true));
    assert!(certificates > 0 && revocation > 0);
    let last = parts.signers[0].unsigned.last().unwrap().clone();
    let mut other = long_term(&desk);
    other.signers[0].unsigned.push(last);
    assert_eq!(proves("other.p7m", &other), (Some(false), 0, 0));
}

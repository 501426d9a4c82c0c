//! Archive time-stamps and the extended forms: what they cover, what they prove, and that nothing
//! proves more than it covers. Files are made by the lab, which shares no code with the reading.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use ceralacca_validation::{
    Code, Facts, Policy, Report, Status, SubIndication as S, Time, Times, Verdict,
    gather::{self, Evidence},
    judge,
    report::{TimeReference, TimestampReport},
};
use chrono::TimeDelta;
use lab::archive::{ArchiveStamp, Index, IndexVersion, UnsignedForm};
use lab::cms::{OddSigner, attribute, countersignature_at, countersignature_with, sign};
use lab::parts::Parts;
use lab::pki::{AuthoritySpec, Config, TsaSpec};
use lab::{Hash, Pki, SignerSpec, tsa::Fault};
use x509::{Certificate, Crl, TrustAnchor};

const CONTENT: &[u8] = b"Deliberazione di prova, da conservare a lungo";

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// The day everything is made.
fn made() -> Time {
    at("2026-06-01T12:00:00Z")
}

/// Signer, CA and the first authorities have expired; `tsa` and the roots have not.
fn later() -> Time {
    at("2031-06-01T12:00:00Z")
}

/// A lab whose signer ends in 2029, its CA in 2030, `tsa-short` in 2028, `tsa-middle` in 2030.
fn pki() -> Pki {
    let mut config = Config::quick(made());
    config.revocations.clear();
    let mut pki = Pki::empty(&config);
    pki.add_authority(&AuthoritySpec::root("root", "Radice", made())).unwrap();
    let ca = AuthoritySpec::issuing("ca", "CA Firma Qualificata", "root", made());
    pki.add_authority(&AuthoritySpec { not_after: at("2030-01-01T00:00:00Z"), ..ca }).unwrap();
    pki.add_authority(&AuthoritySpec::root("tsa-root", "Radice Marche", made())).unwrap();
    pki.add_tsa(&TsaSpec::new("tsa", made())).unwrap();
    for (id, end) in [("tsa-short", "2028-01-01T00:00:00Z"), ("tsa-middle", "2030-01-01T00:00:00Z")]
    {
        pki.add_tsa(&TsaSpec::expiring(id, made(), at(end))).unwrap();
    }
    for id in ["presidente", "segretario"] {
        pki.add_signer(&SignerSpec::new(id, "PROVADINI", "ADA", made())).unwrap();
    }
    pki
}

/// The values of a complete Attribute.
fn attribute_values(raw: &[u8]) -> Vec<Vec<u8>> {
    let mut fields = asn1::Value::parse(raw).unwrap().children();
    fields.any().unwrap();
    let values = fields.any().unwrap().children().collect_all().unwrap();
    values.iter().map(|value| value.raw().to_vec()).collect()
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

/// A CAdES-LT signature of 10:00, stamped at 11:00 by `tsa-short`, with the lists of 12:00.
fn lt(pki: &Pki) -> Parts {
    let file = sign(pki, "presidente", CONTENT, made() - minutes(120)).unwrap();
    let mut parts = Parts::read(&file).unwrap();
    let stamp = ArchiveStamp::new("tsa-short", made() - minutes(60));
    pki.stamp_signature(&mut parts, 0, &stamp).unwrap();
    pki.add_long_term(
        &mut parts,
        &["presidente", "tsa-short"],
        made(),
        made() + TimeDelta::days(7),
    )
    .unwrap();
    parts
}

fn archive(pki: &Pki, parts: &mut Parts, tsa: &str, time: Time) {
    let index = Index::of(parts, 0, IndexVersion::V3, Hash::Sha256).unwrap();
    pki.archive_v3(parts, 0, &index, &ArchiveStamp::new(tsa, time)).unwrap();
}

/// An LTA file: archived a minute after noon by `tsa`.
fn lta(pki: &Pki) -> Parts {
    let mut parts = lt(pki);
    // The list about `tsa` comes with the first renewal; here it is at hand with the others.
    pki.add_long_term(&mut parts, &["tsa"], made(), made() + TimeDelta::days(7)).unwrap();
    archive(pki, &mut parts, "tsa", made() + minutes(1));
    parts
}

fn facts_of(pki: &Pki, octets: &[u8], crls: &[Crl]) -> Facts {
    let der = |id: &str| Certificate::from_der(pki.certificate(id).unwrap()).unwrap();
    let anchors: Vec<_> =
        ["root", "tsa-root"].iter().map(|id| TrustAnchor::new(der(id), "lab")).collect();
    let evidence = Evidence { anchors: &anchors, crls, ..Evidence::default() };
    let file =
        cades::read_whole(&mut std::io::Cursor::new(octets), &cms::Limits::default()).unwrap();
    gather::signed_file(&file, &evidence)
}

fn judged_with(pki: &Pki, parts: &Parts, time: Time, crls: &[Crl]) -> Report {
    let facts = facts_of(pki, &parts.build(), crls);
    // Facts survive being written down, proofs and all.
    let again = Facts::from_json(&facts.to_json().unwrap()).unwrap();
    assert_eq!(again, facts);
    judge(&facts, &Policy::default(), &Times::now(time))
}

fn judged(pki: &Pki, parts: &Parts, time: Time) -> Report {
    judged_with(pki, parts, time, &[])
}

fn outcome(report: &Report) -> (Verdict, Option<S>) {
    (report.verdict, report.signatures[0].sub_indication)
}

fn stamp_of<'r>(report: &'r Report, kind: &str) -> &'r TimestampReport {
    report.signatures[0].timestamps.iter().find(|stamp| stamp.kind == kind).unwrap()
}

fn has(stamp: &TimestampReport, code: Code) -> bool {
    stamp.findings.iter().any(|finding| finding.code == code)
}

#[test]
fn an_archived_signature_outlives_its_certificates() {
    let pki = pki();
    let parts = lta(&pki);
    let report = judged(&pki, &parts, later());
    let signature = &report.signatures[0];
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{signature:#?}");
    assert_eq!(signature.level, "CAdES-BASELINE-LTA");
    assert_eq!(signature.best_signature_time, Some(made() - minutes(60)));
    assert_eq!(signature.time_reference, TimeReference::SignatureTimestamp);
    assert!(signature.findings.iter().any(|f| f.code == Code::ArchiveProofUsed));
    let first = stamp_of(&report, "signature-time-stamp");
    assert_eq!((first.indication, first.intact), (Status::Passed, Some(true)));
    assert!(has(first, Code::ArchiveProofUsed));
    let archive = stamp_of(&report, "archive-time-stamp-v3");
    assert_eq!((archive.indication, archive.intact), (Status::Passed, Some(true)));
    assert_eq!(archive.covers, ["1", "1/t1"]);

    // The same file without its archive time-stamp, and before anything expired.
    let bare = judged(&pki, &lt(&pki), later());
    assert_eq!(bare.verdict, Verdict::Indeterminate, "{:#?}", bare.signatures[0]);
    assert_eq!(outcome(&judged(&pki, &parts, made() + minutes(5))), (Verdict::TotalPassed, None));
    // At a time before the archive time-stamp it does not exist.
    let fixed = Times { at: Some(made() + TimeDelta::seconds(30)), ..Times::now(later()) };
    let early = judge(&facts_of(&pki, &parts.build(), &[]), &Policy::default(), &fixed);
    assert_ne!(stamp_of(&early, "archive-time-stamp-v3").indication, Status::Passed);
}

#[test]
fn without_a_signature_time_stamp_the_archive_gives_the_time() {
    let pki = pki();
    let file = sign(&pki, "presidente", CONTENT, made() - minutes(120)).unwrap();
    let mut parts = Parts::read(&file).unwrap();
    pki.add_long_term(&mut parts, &["presidente", "tsa"], made(), made() + TimeDelta::days(7))
        .unwrap();
    archive(&pki, &mut parts, "tsa", made() + minutes(1));
    let report = judged(&pki, &parts, later());
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    assert_eq!(report.signatures[0].time_reference, TimeReference::ArchiveTimestamp);
    assert_eq!(report.signatures[0].best_signature_time, Some(made() + minutes(1)));
    assert_eq!(report.signatures[0].level, "CAdES-BASELINE-B");
}

#[test]
fn renewal_carries_an_archive_beyond_its_authority() {
    let pki = pki();
    let mut parts = lt(&pki);
    archive(&pki, &mut parts, "tsa-middle", made() + minutes(1));
    let alone = judged(&pki, &parts, later());
    assert_eq!(alone.verdict, Verdict::Indeterminate, "its authority has expired");
    let renewed = at("2029-06-01T00:00:00Z");
    pki.add_long_term(&mut parts, &["tsa-middle", "tsa"], renewed, renewed + TimeDelta::days(7))
        .unwrap();
    archive(&pki, &mut parts, "tsa", renewed + minutes(1));
    let report = judged(&pki, &parts, later());
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    assert!(report.signatures[0].timestamps.iter().all(|s| s.indication == Status::Passed));
    // Renewed too late: the first authority had expired.
    let mut late = lt(&pki);
    archive(&pki, &mut late, "tsa-middle", made() + minutes(1));
    let after = at("2030-06-01T00:00:00Z");
    pki.add_long_term(&mut late, &["tsa-middle", "tsa"], after, after + TimeDelta::days(7))
        .unwrap();
    archive(&pki, &mut late, "tsa", after + minutes(1));
    assert_eq!(judged(&pki, &late, later()).verdict, Verdict::Indeterminate);
}

/// Only what the index names is proven (EN 319 122-1 §5.5.2).
#[test]
fn what_the_index_leaves_out_has_no_proof() {
    let pki = pki();
    let without = |change: &dyn Fn(&mut Index)| {
        let mut parts = lt(&pki);
        pki.add_long_term(&mut parts, &["tsa"], made(), made() + TimeDelta::days(7)).unwrap();
        let mut index = Index::of(&parts, 0, IndexVersion::V3, Hash::Sha256).unwrap();
        change(&mut index);
        pki.archive_v3(&mut parts, 0, &index, &ArchiveStamp::new("tsa", made() + minutes(1)))
            .unwrap();
        judged(&pki, &parts, later())
    };
    assert_eq!(without(&|_| ()).verdict, Verdict::TotalPassed);
    for change in [&(|index: &mut Index| index.crls.clear()) as &dyn Fn(&mut Index), &|index| {
        index.certificates.clear()
    }] {
        let report = without(change);
        assert_eq!(report.verdict, Verdict::Indeterminate, "{:#?}", report.signatures[0]);
        // The index is valid all the same, and so is the time-stamp.
        let stamp = stamp_of(&report, "archive-time-stamp-v3");
        assert_eq!((stamp.intact, stamp.indication), (Some(true), Status::Passed));
    }
    // Without the signature time-stamp the archive alone proves the time.
    let report = without(&|index| index.unsigned.clear());
    assert_eq!(report.signatures[0].time_reference, TimeReference::ArchiveTimestamp);
    assert_ne!(stamp_of(&report, "signature-time-stamp").indication, Status::Passed);
}

/// Class 32: missing, extra and wrong entries.
#[test]
fn class_32_a_wrong_index_is_found() {
    let pki = pki();
    let with = |change: &dyn Fn(&mut Index)| {
        let mut parts = lt(&pki);
        let mut index = Index::of(&parts, 0, IndexVersion::V3, Hash::Sha256).unwrap();
        change(&mut index);
        pki.archive_v3(&mut parts, 0, &index, &ArchiveStamp::new("tsa", made() + minutes(1)))
            .unwrap();
        judged(&pki, &parts, made() + minutes(5))
    };
    for change in [
        &(|index: &mut Index| index.certificates.push(vec![7; 32])) as &dyn Fn(&mut Index),
        &|index| index.crls.push(vec![7; 32]),
        &|index| index.unsigned.push(vec![7; 32]),
        &|index| index.crls[0][0] ^= 1,
        &|index| index.unsigned[0][31] ^= 0x80,
        &|index| index.certificates[0].truncate(31),
        &|index| std::mem::swap(&mut index.certificates, &mut index.unsigned),
    ] {
        let report = with(change);
        let stamp = stamp_of(&report, "archive-time-stamp-v3");
        assert_eq!((stamp.intact, stamp.sub_indication), (Some(false), Some(S::FormatFailure)));
        assert!(has(stamp, Code::HashIndexInvalid));
        // The signature itself is as good as before, and rests on its own time-stamp.
        assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    }
    // Another order, and an entry twice, are no fault.
    for change in
        [&(|index: &mut Index| index.certificates.reverse()) as &dyn Fn(&mut Index), &|index| {
            index.crls.push(index.crls[0].clone())
        }]
    {
        let report = with(change);
        assert_eq!(stamp_of(&report, "archive-time-stamp-v3").intact, Some(true));
    }
}

#[test]
fn an_index_of_another_digest_than_the_imprint_is_invalid() {
    let pki = pki();
    let mut parts = lt(&pki);
    let index = Index::of(&parts, 0, IndexVersion::V3, Hash::Sha512).unwrap();
    pki.archive_v3(&mut parts, 0, &index, &ArchiveStamp::new("tsa", made() + minutes(1))).unwrap();
    let report = judged(&pki, &parts, made() + minutes(5));
    let stamp = stamp_of(&report, "archive-time-stamp-v3");
    assert_eq!(stamp.intact, Some(false));
    assert!(has(stamp, Code::HashIndexDetail));
}

#[test]
fn every_version_of_the_index_is_read() {
    let pki = pki();
    for (version, hash) in [
        (IndexVersion::V1, Hash::Sha256),
        (IndexVersion::V1, Hash::Sha512),
        (IndexVersion::V2, Hash::Sha256),
        (IndexVersion::V3, Hash::Sha512),
    ] {
        let mut parts = lt(&pki);
        pki.add_long_term(&mut parts, &["tsa"], made(), made() + TimeDelta::days(7)).unwrap();
        let index = Index::of(&parts, 0, version, hash).unwrap();
        let stamp = ArchiveStamp { hash, ..ArchiveStamp::new("tsa", made() + minutes(1)) };
        pki.archive_v3(&mut parts, 0, &index, &stamp).unwrap();
        let report = judged(&pki, &parts, later());
        assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{version:?} {hash:?}");
        let stamp = stamp_of(&report, "archive-time-stamp-v3");
        assert_eq!(stamp.covers, ["1", "1/t1"], "{version:?}");
        assert_eq!(has(stamp, Code::HashIndexOld), version != IndexVersion::V3);
    }
}

#[test]
fn an_archive_without_or_with_two_indexes_is_invalid() {
    let pki = pki();
    let parts = lta(&pki);
    let oid = lab::oids::ARCHIVE_TIME_STAMP_V3;
    let rebuilt = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        let place = parts.signers[0].unsigned.len() - 1;
        let values = attribute_values(&parts.signers[0].unsigned[place]);
        let mut token = Parts::read(&values[0]).unwrap();
        change(&mut token);
        parts.signers[0].unsigned[place] = attribute(&oid, &[token.build()]);
        let report = judged(&pki, &parts, made() + minutes(5));
        let stamp = stamp_of(&report, "archive-time-stamp-v3");
        assert_eq!(stamp.intact, Some(false));
        assert!(has(stamp, Code::HashIndexInvalid), "{:?}", stamp.findings);
    };
    rebuilt(&|token| token.signers[0].unsigned.clear());
    rebuilt(&|token| {
        let twice = token.signers[0].unsigned[0].clone();
        token.signers[0].unsigned.push(twice);
    });
    // Class 5: something else under the name of an index.
    let index = lab::oids::ATS_HASH_INDEX_V3;
    rebuilt(&|token| token.signers[0].unsigned = vec![attribute(&index, &[vec![1, 1, 0xff]])]);
}

/// Class 30: a token of another place, another signature or another file.
#[test]
fn class_30_copied_tokens_prove_nothing() {
    let pki = pki();
    let parts = lta(&pki);
    let other = {
        let file = sign(&pki, "segretario", CONTENT, made() - minutes(120)).unwrap();
        let mut other = Parts::read(&file).unwrap();
        other.signers[0].unsigned = parts.signers[0].unsigned.clone();
        other.certificates = parts.certificates.clone();
        other.crls = parts.crls.clone();
        other.add_certificates(&[pki.certificate("segretario").unwrap()]).unwrap();
        other
    };
    let report = judged(&pki, &other, made() + minutes(5));
    for stamp in &report.signatures[0].timestamps {
        assert_eq!((stamp.intact, stamp.sub_indication), (Some(false), Some(S::HashFailure)));
    }
    assert_eq!(report.signatures[0].time_reference, TimeReference::Claimed);
    // A signature time-stamp under the name of an archive time-stamp, and the other way round.
    let swapped = |from: usize, oid: &asn1::Oid| {
        let mut parts = parts.clone();
        let values = attribute_values(&parts.signers[0].unsigned[from]);
        parts.signers[0].unsigned.push(attribute(oid, &values));
        let report = judged(&pki, &parts, made() + minutes(5));
        let odd = report.signatures[0].timestamps.iter().find(|s| s.intact == Some(false));
        assert!(odd.is_some(), "{:#?}", report.signatures[0].timestamps);
    };
    swapped(0, &lab::oids::ARCHIVE_TIME_STAMP_V3);
    swapped(0, &lab::oids::ARCHIVE_TIME_STAMP_V2);
    swapped(0, &lab::oids::ESC_TIME_STAMP);
    swapped(1, &lab::oids::SIGNATURE_TIME_STAMP);
}

#[test]
fn a_broken_archive_token_proves_nothing() {
    let pki = pki();
    for fault in [Fault::WrongImprint, Fault::BadSignature] {
        let mut parts = lt(&pki);
        pki.add_long_term(&mut parts, &["tsa"], made(), made() + TimeDelta::days(7)).unwrap();
        let index = Index::of(&parts, 0, IndexVersion::V3, Hash::Sha256).unwrap();
        let stamp =
            ArchiveStamp { fault: fault.clone(), ..ArchiveStamp::new("tsa", made() + minutes(1)) };
        pki.archive_v3(&mut parts, 0, &index, &stamp).unwrap();
        let report = judged(&pki, &parts, later());
        assert_eq!(report.verdict, Verdict::Indeterminate, "{fault:?}");
        assert_eq!(stamp_of(&report, "archive-time-stamp-v3").intact, Some(false), "{fault:?}");
    }
}

#[test]
fn a_signer_revoked_before_its_proof_stays_revoked() {
    let mut pki = pki();
    let parts = {
        let mut fresh = lt(&pki);
        pki.add_long_term(&mut fresh, &["tsa"], made(), made() + TimeDelta::days(7)).unwrap();
        archive(&pki, &mut fresh, "tsa", made() + minutes(1));
        fresh
    };
    // Revoked in 2027, after the proof of 2026: the archive saves it.
    pki.revoke("presidente", at("2027-01-01T00:00:00Z"), lab::Reason::KeyCompromise).unwrap();
    let issued = at("2028-01-01T00:00:00Z");
    let list = |pki: &Pki| {
        let der = pki.crl("ca", issued, issued + TimeDelta::days(7)).unwrap();
        Crl::from_der(&der).unwrap()
    };
    let report = judged_with(&pki, &parts, later(), &[list(&pki)]);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    // Revoked before the proof: nothing saves it.
    let mut other = self::pki();
    let parts = lta(&other);
    other.revoke("presidente", made() - minutes(90), lab::Reason::KeyCompromise).unwrap();
    let report = judged_with(&other, &parts, later(), &[list(&other)]);
    assert_eq!(report.verdict, Verdict::Indeterminate, "{:#?}", report.signatures[0]);
}

#[test]
fn archive_version_2_in_both_readings() {
    let pki = pki();
    for form in [UnsignedForm::Framed, UnsignedForm::Bare] {
        let mut parts = lt(&pki);
        pki.add_long_term(&mut parts, &["tsa"], made(), made() + TimeDelta::days(7)).unwrap();
        pki.archive_v2(&mut parts, 0, form, &ArchiveStamp::new("tsa", made() + minutes(1)))
            .unwrap();
        let report = judged(&pki, &parts, later());
        assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{form:?}");
        assert_eq!(report.signatures[0].level, "CAdES-A");
        let stamp = stamp_of(&report, "archive-time-stamp-v2");
        assert_eq!(
            (stamp.intact, &stamp.covers[..]),
            (Some(true), &["1".into(), "1/t1".into()][..])
        );
        // A second one over the first, later; and a version 3 over both.
        let stamp = ArchiveStamp::new("tsa", made() + minutes(3));
        pki.archive_v2(&mut parts, 0, form, &stamp).unwrap();
        archive(&pki, &mut parts, "tsa", made() + minutes(5));
        let report = judged(&pki, &parts, later());
        let stamps = &report.signatures[0].timestamps;
        assert!(stamps.iter().all(|stamp| stamp.intact == Some(true)), "{form:?} {stamps:#?}");
        assert_eq!(stamps[3].covers, ["1", "1/t1", "1/t2", "1/t3"]);
        // Whatever is added to the root afterwards breaks it.
        let mut touched = parts.clone();
        touched.add_certificates(&[pki.certificate("segretario").unwrap()]).unwrap();
        let report = judged(&pki, &touched, made() + minutes(9));
        assert_eq!(report.signatures[0].timestamps[1].intact, Some(false));
    }
}

#[test]
fn the_extended_forms_are_read_and_named() {
    let pki = pki();
    let ids = ["presidente", "tsa-short"];
    let base = || {
        let file = sign(&pki, "presidente", CONTENT, made() - minutes(120)).unwrap();
        let mut parts = Parts::read(&file).unwrap();
        let stamp = ArchiveStamp::new("tsa-short", made() - minutes(60));
        pki.stamp_signature(&mut parts, 0, &stamp).unwrap();
        parts
    };
    let level = |parts: &Parts| {
        let report = judged(&pki, parts, made() + minutes(30));
        let stamps = &report.signatures[0].timestamps;
        assert!(stamps.iter().all(|stamp| stamp.intact == Some(true)), "{stamps:#?}");
        (report.signatures[0].level.clone(), report.signatures[0].extended_type)
    };
    let material = pki.material(&ids, made()).unwrap();
    let mut c = base();
    material.add_references(&mut c, 0, Hash::Sha256).unwrap();
    assert_eq!(level(&c), ("CAdES-C".to_owned(), None));
    let mut x1 = c.clone();
    pki.stamp_x1(&mut x1, 0, &ArchiveStamp::new("tsa", made() + minutes(1))).unwrap();
    assert_eq!(level(&x1), ("CAdES-X".to_owned(), Some(1)));
    let mut x2 = c.clone();
    pki.stamp_x2(&mut x2, 0, &ArchiveStamp::new("tsa", made() + minutes(1))).unwrap();
    assert_eq!(level(&x2), ("CAdES-X".to_owned(), Some(2)));
    let mut xl = x1.clone();
    material.add_values(&mut xl, 0).unwrap();
    assert_eq!(level(&xl), ("CAdES-XL".to_owned(), Some(1)));
    // The values serve: nothing else is at hand.
    let report = judged(&pki, &xl, made() + minutes(30));
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    let mut a = xl.clone();
    archive(&pki, &mut a, "tsa", made() + minutes(5));
    assert_eq!(level(&a), ("CAdES-A".to_owned(), Some(1)));
    let report = judged(&pki, &a, later());
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);

    // References to something that is not among the values.
    let mut wrong = base();
    material.add_references(&mut wrong, 0, Hash::Sha256).unwrap();
    let mut fewer = material.clone();
    fewer.crls.truncate(1);
    fewer.add_values(&mut wrong, 0).unwrap();
    let report = judged(&pki, &wrong, made() + minutes(30));
    let found = &report.signatures[0].findings;
    assert!(found.iter().any(|one| one.code == Code::ReferencedValueMissing), "{found:#?}");
    assert_eq!(report.signatures[0].level, "CAdES-C");
}

#[test]
fn lt_needs_data_about_the_signer() {
    let pki = pki();
    let file = sign(&pki, "presidente", CONTENT, made() - minutes(120)).unwrap();
    let mut parts = Parts::read(&file).unwrap();
    let stamp = ArchiveStamp::new("tsa-short", made() - minutes(60));
    pki.stamp_signature(&mut parts, 0, &stamp).unwrap();
    let level = |parts: &Parts| judged(&pki, parts, made()).signatures[0].level.clone();
    assert_eq!(level(&parts), "CAdES-BASELINE-T");
    // A list of somebody else's is no LT.
    let list = pki.crl("tsa-root", made(), made() + TimeDelta::days(7)).unwrap();
    parts.add_crls(&[list]).unwrap();
    assert_eq!(level(&parts), "CAdES-BASELINE-T");
    assert_eq!(level(&lt(&pki)), "CAdES-BASELINE-LT");
}

#[test]
fn a_countersignature_is_covered_by_the_archive_of_what_it_is_on() {
    let pki = pki();
    let mut parts = lt(&pki);
    let value = parts.signers[0].value().unwrap();
    let counter = countersignature_at(&pki, "segretario", &value, made() - minutes(30)).unwrap();
    parts.signers[0].add(&lab::oids::COUNTERSIGNATURE, counter);
    pki.add_long_term(&mut parts, &["segretario", "tsa"], made(), made() + TimeDelta::days(7))
        .unwrap();
    archive(&pki, &mut parts, "tsa", made() + minutes(1));
    let report = judged(&pki, &parts, later());
    assert_eq!(report.verdict, Verdict::TotalPassed, "{:#?}", report.signatures);
    let counter = &report.signatures[1];
    assert_eq!(
        (counter.id.as_str(), counter.time_reference),
        ("1.1", TimeReference::ArchiveTimestamp)
    );
    assert!(stamp_of(&report, "archive-time-stamp-v3").covers.contains(&"1.1".to_owned()));
    // With a time-stamp of its own, whose authority has expired since.
    let mut parts = lt(&pki);
    let stamped = OddSigner::at("segretario", made() - minutes(30))
        .stamped("tsa-short", made() - minutes(20));
    let value = parts.signers[0].value().unwrap();
    let counter = countersignature_with(&pki, &value, stamped).unwrap();
    parts.signers[0].add(&lab::oids::COUNTERSIGNATURE, counter);
    pki.add_long_term(&mut parts, &["segretario", "tsa"], made(), made() + TimeDelta::days(7))
        .unwrap();
    archive(&pki, &mut parts, "tsa", made() + minutes(1));
    let report = judged(&pki, &parts, later());
    assert_eq!(report.verdict, Verdict::TotalPassed, "{:#?}", report.signatures[1]);
    let archive = stamp_of(&report, "archive-time-stamp-v3");
    assert_eq!(archive.covers, ["1", "1/t1", "1.1", "1.1/t1"]);
    assert_eq!(report.signatures[1].best_signature_time, Some(made() - minutes(20)));
    // Added behind the archive time-stamp it is proven by nothing.
    let mut behind = lta(&pki);
    let value = behind.signers[0].value().unwrap();
    let counter = countersignature_at(&pki, "segretario", &value, made() - minutes(30)).unwrap();
    behind.signers[0].add(&lab::oids::COUNTERSIGNATURE, counter);
    behind.add_certificates(&[pki.certificate("segretario").unwrap()]).unwrap();
    let report = judged(&pki, &behind, later());
    assert_eq!(report.signatures[0].sub_indication, None);
    assert_ne!(report.signatures[1].sub_indication, None);
}

/// No prefix of an archived file, and no flipped bit of it, panics or passes with other content.
#[test]
fn truncations_and_flipped_bits_never_help() {
    let pki = pki();
    let octets = lta(&pki).build();
    let report = |octets: &[u8]| {
        let facts = {
            let der = |id: &str| Certificate::from_der(pki.certificate(id).unwrap()).unwrap();
            let anchors: Vec<_> =
                ["root", "tsa-root"].iter().map(|id| TrustAnchor::new(der(id), "lab")).collect();
            let evidence = Evidence { anchors: &anchors, ..Evidence::default() };
            let mut source = std::io::Cursor::new(octets);
            let file = cades::read_whole(&mut source, &cms::Limits::default()).ok()?;
            gather::signed_file(&file, &evidence)
        };
        Some(judge(&facts, &Policy::default(), &Times::now(later())))
    };
    assert_eq!(report(&octets).unwrap().verdict, Verdict::TotalPassed);
    for end in (0..octets.len()).step_by(211) {
        let verdict = report(&octets[..end]).map(|report| report.verdict);
        assert_ne!(verdict, Some(Verdict::TotalPassed), "{end}");
    }
    // What passes with a flipped bit says the same of the same: the octets of certificates that
    // stand twice, versions and digestAlgorithms are covered by nothing.
    let whole = report(&octets).unwrap();
    let said = |report: &Report| {
        let signature = &report.signatures[0];
        let names = signature.signer.clone().map(|signer| (signer.name, signer.serial_number));
        (names, signature.best_signature_time, signature.claimed_signing_time, signature.intact)
    };
    for place in (0..octets.len()).step_by(61) {
        let mut altered = octets.clone();
        altered[place] ^= 1 << (place % 8);
        if let Some(report) = report(&altered)
            && report.verdict == Verdict::TotalPassed
        {
            assert_eq!(said(&report), said(&whole), "{place}");
        }
    }
}

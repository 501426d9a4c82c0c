//! Archives as others made them: the extended forms C, X, X-L and A, hash indexes of every version, and
//! renewals. Made by the lab, which shares no line with what reads them here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca::Report;
use ceralacca::validation::report::{TimeReference, TimestampReport};
use ceralacca::validation::{Status, Verdict};
use chrono::{DateTime, TimeDelta, Utc};
use common::*;
use lab::archive::{ArchiveStamp, Index, IndexVersion, UnsignedForm};
use lab::cms::{Framing, OddSigner};
use lab::parts::{Parts, ocsp_choice};
use lab::pki::TsaSpec;
use lab::{Config, Hash, Pki, oids};

fn date(text: &str) -> DateTime<Utc> {
    format!("{text}T10:00:00Z").parse().unwrap()
}

/// A CAdES-T of [`CONTENT`].
fn stamped(desk: &Desk, framing: Framing) -> Parts {
    let octets = desk.file(|file| {
        file.framing = framing;
        file.signers =
            vec![OddSigner::at("presidente", then()).stamped("tsa", then() + minutes(1))];
    });
    Parts::read(&octets).unwrap()
}

fn stamps(report: &Report) -> &[TimestampReport] {
    &report.signatures[0].timestamps
}

#[track_caller]
fn all_intact(report: &Report, count: usize) {
    let stamps = stamps(report);
    assert_eq!(stamps.len(), count, "{stamps:#?}");
    assert!(stamps.iter().all(|stamp| stamp.intact == Some(true)), "{stamps:#?}");
}

#[test]
fn c_x_and_x_long_are_named_and_hold() {
    let desk = Desk::new();
    for framing in [Framing::Definite, Framing::Chunked(7)] {
        for hash in [Hash::Sha1, Hash::Sha256] {
            let base = stamped(&desk, framing);
            let material = desk.pki.material(&["presidente", "tsa"], then() + minutes(2)).unwrap();
            let stamp = ArchiveStamp::new("tsa-b", then() + minutes(4));

            let mut c = base.clone();
            material.add_references(&mut c, 0, hash).unwrap();
            let report = desk.verdict("c.p7m", c.build());
            passed(&report);
            assert_eq!(levels(&report), ["CAdES-C"]);
            all_intact(&report, 1);

            let mut x1 = c.clone();
            desk.pki.stamp_x1(&mut x1, 0, &stamp).unwrap();
            let report = desk.verdict("x1.p7m", x1.build());
            passed(&report);
            assert_eq!(levels(&report), ["CAdES-X"]);
            all_intact(&report, 2);

            let mut x2 = c.clone();
            desk.pki.stamp_x2(&mut x2, 0, &stamp).unwrap();
            let report = desk.verdict("x2.p7m", x2.build());
            passed(&report);
            assert_eq!(levels(&report), ["CAdES-X"]);
            all_intact(&report, 2);

            let mut xl = x1.clone();
            material.add_values(&mut xl, 0).unwrap();
            let report = desk.verdict("xl.p7m", xl.build());
            passed(&report);
            assert_eq!(levels(&report), ["CAdES-XL"]);
            all_intact(&report, 2);

            for form in [UnsignedForm::Framed, UnsignedForm::Bare] {
                let mut a = xl.clone();
                let stamp = ArchiveStamp::new("tsa-b", then() + minutes(6));
                desk.pki.archive_v2(&mut a, 0, form, &stamp).unwrap();
                let report = desk.verdict("a.p7m", a.build());
                passed(&report);
                assert_eq!(levels(&report), ["CAdES-A"]);
                all_intact(&report, 3);
            }
        }
    }
}

#[test]
fn values_inside_suffice_without_anything_at_hand() {
    let mut desk = Desk::new();
    desk.evidence.crls.clear();
    let base = stamped(&desk, Framing::Definite);
    let material = desk.pki.material(&["presidente", "tsa"], now() - minutes(5)).unwrap();
    let report = desk.verdict("t.p7m", base.build());
    assert_eq!(report.verdict, Verdict::Indeterminate, "nothing is known of revocation");
    let mut xl = base.clone();
    material.add_references(&mut xl, 0, Hash::Sha256).unwrap();
    material.add_values(&mut xl, 0).unwrap();
    passed(&desk.verdict("xl.p7m", xl.build()));
    // In the root fields, as the baseline has it: lists, and an answer.
    let mut lt = base;
    let (issued, next) = (now() - minutes(5), now() + TimeDelta::days(7));
    desk.pki.add_long_term(&mut lt, &["tsa"], issued, next).unwrap();
    let root = desk.pki.crl("root", issued, next).unwrap();
    let answer = desk.pki.ocsp_response("presidente", issued, next).unwrap();
    lt.add_crls(&[root, ocsp_choice(&answer)]).unwrap();
    let report = desk.verdict("lt.p7m", lt.build());
    passed(&report);
    assert_eq!(levels(&report), ["CAdES-BASELINE-LT"]);
}

#[test]
fn what_a_stamp_of_the_extended_forms_covers_may_not_change() {
    let desk = Desk::new();
    let material = desk.pki.material(&["presidente", "tsa"], then() + minutes(2)).unwrap();
    let other = desk.pki.material(&["segretario", "tsa-b"], then() + minutes(3)).unwrap();
    let mut c = stamped(&desk, Framing::Definite);
    material.add_references(&mut c, 0, Hash::Sha256).unwrap();
    let stamp = ArchiveStamp::new("tsa-b", then() + minutes(4));
    for first in [true, false] {
        let mut x = c.clone();
        if first {
            desk.pki.stamp_x1(&mut x, 0, &stamp).unwrap();
        } else {
            desk.pki.stamp_x2(&mut x, 0, &stamp).unwrap();
        }
        all_intact(&desk.verdict("x.p7m", x.build()), 2);
        // Other references in the place of those that were stamped.
        let mut changed = x.clone();
        let place = changed.signers[0]
            .unsigned
            .iter()
            .position(|one| {
                *one == *c.signers[0].of_type(&oids::COMPLETE_REVOCATION_REFS).next().unwrap()
            })
            .unwrap();
        let value = other.revocation_references(Hash::Sha256).unwrap();
        changed.signers[0].unsigned[place] =
            lab::cms::attribute(&oids::COMPLETE_REVOCATION_REFS, &[value]);
        let report = desk.verdict("changed.p7m", changed.build());
        let broken = stamps(&report).iter().filter(|stamp| stamp.intact == Some(false)).count();
        assert_eq!(broken, 1, "{first}: {:#?}", stamps(&report));
        // Taken away altogether.
        let mut without = x;
        without.signers[0].unsigned.remove(place);
        let report = desk.verdict("without.p7m", without.build());
        let broken = stamps(&report).iter().filter(|stamp| stamp.intact == Some(false)).count();
        assert_eq!(broken, 1, "{first}: {:#?}", stamps(&report));
    }
}

/// A lab of 2016 whose signer and first TSA have long expired; the second TSA ended in 2024, the third is
/// good. Judged today.
fn old_desk() -> Desk {
    let made = date("2016-03-01");
    let mut config = Config::quick(made);
    config.signers.truncate(1);
    config.revocations.clear();
    config.signers[0].not_after = date("2019-03-01");
    let mut pki = Pki::create(&config).unwrap();
    for (id, from, to) in [
        ("tsa-1", made, date("2020-03-01")),
        ("tsa-2", date("2019-01-01"), date("2024-03-01")),
        ("tsa-3", date("2023-01-01"), date("2035-03-01")),
    ] {
        let spec =
            TsaSpec { not_before: from - TimeDelta::days(1), ..TsaSpec::expiring(id, from, to) };
        pki.add_tsa(&spec).unwrap();
    }
    let mut desk = Desk::of(pki, now());
    // Nothing of today about certificates that ended years ago: what is inside must do.
    desk.evidence.crls.clear();
    let fresh = desk.pki.crl("tsa-root", now() - minutes(10), now() + TimeDelta::days(7)).unwrap();
    desk.evidence.crls.push(x509::Crl::from_der(&fresh).unwrap());
    desk
}

/// Signed and stamped in 2017, archived in 2018; renewed in 2019 and 2023 as far as asked.
fn renewed(desk: &Desk, version: IndexVersion, times: usize) -> Parts {
    let signed = date("2017-03-01");
    let octets = desk.file(|file| {
        file.signers =
            vec![OddSigner::at("presidente", signed).stamped("tsa-1", signed + minutes(1))];
    });
    let mut parts = Parts::read(&octets).unwrap();
    let rounds: [(&[&str], &str, &str); 3] = [
        (&["presidente", "tsa-1"], "tsa-1", "2018-03-01"),
        (&["tsa-1"], "tsa-2", "2019-06-01"),
        (&["tsa-2"], "tsa-3", "2023-06-01"),
    ];
    for (needed, tsa, at) in rounds.into_iter().take(times) {
        let at = date(at);
        let next = at + TimeDelta::days(7);
        desk.pki.add_long_term(&mut parts, needed, at - minutes(10), next).unwrap();
        let index = Index::of(&parts, 0, version, Hash::Sha256).unwrap();
        desk.pki.archive_v3(&mut parts, 0, &index, &ArchiveStamp::new(tsa, at)).unwrap();
    }
    parts
}

#[test]
fn an_archive_renewed_in_time_outlives_its_certificates() {
    let desk = old_desk();
    for version in [IndexVersion::V1, IndexVersion::V3] {
        let parts = renewed(&desk, version, 3);
        let report = desk.verdict("renewed.p7m", parts.build());
        passed(&report);
        all_intact(&report, 4);
        assert_eq!(levels(&report), ["CAdES-BASELINE-LTA"]);
        let signature = &report.signatures[0];
        let proven = [TimeReference::SignatureTimestamp, TimeReference::ArchiveTimestamp];
        assert!(proven.contains(&signature.time_reference), "{:?}", signature.time_reference);
        assert!(signature.best_signature_time.unwrap() <= date("2018-03-01"));
        assert!(stamps(&report).iter().all(|stamp| stamp.indication == Status::Passed));
    }
}

#[test]
fn an_archive_renewed_too_late_proves_nothing() {
    let desk = old_desk();
    // Not since 2018, and not since 2019: the newest stamp's authority has ended.
    for times in [1, 2] {
        let parts = renewed(&desk, IndexVersion::V3, times);
        let report = desk.verdict("late.p7m", parts.build());
        assert_eq!(report.verdict, Verdict::Indeterminate, "{times}: {report:#?}");
        assert_eq!(report.signatures[0].intact, Some(true), "late, and not broken");
        all_intact(&report, 1 + times);
    }
    // Renewed after the authority had ended: a gap that nothing bridges.
    let mut parts = renewed(&desk, IndexVersion::V3, 1);
    let at = date("2025-06-01");
    desk.pki.add_long_term(&mut parts, &["tsa-1"], at, at + TimeDelta::days(7)).unwrap();
    let index = Index::of(&parts, 0, IndexVersion::V3, Hash::Sha256).unwrap();
    desk.pki.archive_v3(&mut parts, 0, &index, &ArchiveStamp::new("tsa-3", at)).unwrap();
    let report = desk.verdict("gap.p7m", parts.build());
    assert_eq!(report.verdict, Verdict::Indeterminate, "{report:#?}");
}

#[test]
fn a_broken_link_in_a_chain_of_renewals_is_found() {
    let desk = old_desk();
    let whole = renewed(&desk, IndexVersion::V3, 3);
    passed(&desk.verdict("whole.p7m", whole.build()));
    // The middle stamp taken away: the newest covers one that is not there.
    let mut without = whole.clone();
    without.signers[0].unsigned.remove(2);
    let report = desk.verdict("without.p7m", without.build());
    assert_ne!(report.verdict, Verdict::TotalPassed, "{report:#?}");
    // A bit of the first stamp's token turned.
    let mut turned = whole;
    let at = turned.signers[0].unsigned[1].len() - 300;
    turned.signers[0].unsigned[1][at] ^= 1;
    let report = desk.survives("turned.p7m", turned.build());
    assert!(!report.is_ok_and(|report| report.verdict == Verdict::TotalPassed));
}

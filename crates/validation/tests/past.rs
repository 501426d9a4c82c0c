//! Past validation on facts alone: the scenarios of archival data (EN 319 102-1 §5.6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_validation::{
    Code, Facts, Policy, Report, Status, SubIndication as S, Times, Verdict,
    facts::{CertificateStatus, ProofFacts, RevocationReason, TimestampFacts, TimestampKind},
    judge,
    report::TimeReference,
};
use common::*;

/// When the files are judged: signer, responder and first authority have expired.
const LATER: &str = "2030-06-01T12:00:00Z";

/// An LT signature: time-stamped an hour after signing, its revocation data a day later.
fn lt() -> Facts {
    let mut facts = b_level();
    facts.signatures[0].level = "CAdES-BASELINE-LT".into();
    let mut first = stamp("1/t1", TimestampKind::Signature, "2026-03-01T10:00:00Z");
    first.covers = vec!["1".into()];
    facts.signatures[0].timestamps.push(first);
    for data in facts.revocation.values_mut().flatten() {
        data.object = Some(fp(&data.id));
        data.this_update = Some(t("2026-03-02T00:00:00Z"));
        data.produced_at = data.produced_at.and(data.this_update);
    }
    facts
}

/// An archive time-stamp over everything in `facts`, by another authority than the first.
fn archive(facts: &Facts, id: &str, time: &str) -> TimestampFacts {
    let mut stamp = stamp(id, TimestampKind::ArchiveV3, time);
    stamp.hash_index_valid = Some(true);
    stamp.covers = vec!["1".into()];
    stamp.covers.extend(facts.signatures[0].timestamps.iter().map(|stamp| stamp.id.clone()));
    let objects = facts.revocation.values().flatten().filter_map(|data| data.object.clone());
    stamp.proves = ProofFacts {
        certificates: facts.certificates.keys().cloned().collect(),
        revocation: objects.collect(),
    };
    stamp
}

fn lta() -> Facts {
    let mut facts = lt();
    let stamp = archive(&facts, "1/t2", "2026-03-15T12:00:00Z");
    facts.signatures[0].timestamps.push(stamp);
    facts
}

fn at(facts: &Facts, time: &str) -> Report {
    judge(facts, &Policy::default(), &Times::now(t(time)))
}

/// Ends a certificate.
fn ends(facts: &mut Facts, name: &str, time: &str) {
    facts.certificates.get_mut(&fp(name)).unwrap().not_after = t(time);
}

fn outcome(report: &Report) -> (Verdict, Option<S>) {
    (report.verdict, report.signatures[0].sub_indication)
}

#[test]
fn scenario_53_and_54_signer_and_responder_expired() {
    let mut facts = lt();
    ends(&mut facts, "signer", "2028-01-01T00:00:00Z");
    ends(&mut facts, "ocsp", "2027-06-01T00:00:00Z");
    let report = at(&facts, LATER);
    assert_eq!(outcome(&report), (Verdict::Indeterminate, Some(S::OutOfBoundsNoPoe)));
    let stamp = archive(&facts, "1/t2", "2026-03-15T12:00:00Z");
    facts.signatures[0].timestamps.push(stamp);
    let report = at(&facts, LATER);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    assert!(report.signatures[0].findings.iter().any(|f| f.code == Code::ArchiveProofUsed));
    // The list about the authority is of the archive time-stamp's time, as one made then would have it.
    data(&mut facts, "tsa").next_update = Some(t("2027-08-01T00:00:00Z"));
    // Made too late: the responder's certificate had ended, so the data has no proof in its time.
    facts.signatures[0].timestamps[1].gen_time = Some(t("2027-07-01T00:00:00Z"));
    let report = at(&facts, LATER);
    assert_eq!(outcome(&report), (Verdict::Indeterminate, Some(S::OutOfBoundsNoPoe)));
    assert!(report.signatures[0].findings.iter().any(|f| f.code == Code::ArchiveProofMissing));
}

#[test]
fn scenario_55_and_56_only_the_responder_expired() {
    let mut facts = lt();
    ends(&mut facts, "ocsp", "2026-04-01T00:00:00Z");
    let judged = "2026-06-01T00:00:00Z";
    let report = at(&facts, judged);
    assert_eq!(outcome(&report), (Verdict::Indeterminate, Some(S::RevocationOutOfBoundsNoPoe)));
    let stamp = archive(&facts, "1/t2", "2026-03-15T12:00:00Z");
    facts.signatures[0].timestamps.push(stamp);
    let report = at(&facts, judged);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
}

#[test]
fn scenario_73_and_74_a_sunset_anchor() {
    let mut facts = lt();
    let sunset = |facts: &mut Facts| {
        for name in ["signer", "ocsp"] {
            for chain in facts.chains.get_mut(&fp(name)).into_iter().flatten() {
                chain.anchor.as_mut().unwrap().sunset = Some(t("2026-05-01T00:00:00Z"));
            }
        }
    };
    sunset(&mut facts);
    let judged = "2026-06-01T00:00:00Z";
    let report = at(&facts, judged);
    assert_eq!(outcome(&report), (Verdict::Indeterminate, Some(S::NoCertificateChainFoundNoPoe)));
    let stamp = archive(&facts, "1/t2", "2026-03-15T12:00:00Z");
    facts.signatures[0].timestamps.push(stamp);
    let after = at(&facts, judged);
    // The responder's own anchor has ended too: only data of an issuer on the path can be used.
    for data in facts.revocation.get_mut(&fp("signer")).into_iter().flatten() {
        data.issuer = Some(fp("ca"));
    }
    let report = at(&facts, judged);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    assert_ne!(outcome(&after).0, Verdict::TotalFailed);
    // Archived only after the sunset.
    facts.signatures[0].timestamps[0].gen_time = Some(t("2026-05-02T00:00:00Z"));
    facts.signatures[0].timestamps[1].gen_time = Some(t("2026-05-03T00:00:00Z"));
    let report = at(&facts, judged);
    assert_eq!(outcome(&report), (Verdict::Indeterminate, Some(S::NoCertificateChainFoundNoPoe)));
}

#[test]
fn scenario_72_and_77_a_broken_archive_proves_nothing() {
    for change in [
        &(|stamp: &mut TimestampFacts| stamp.imprint_matches = Some(false))
            as &dyn Fn(&mut TimestampFacts),
        &|stamp| stamp.imprint_matches = None,
        &|stamp| stamp.hash_index_valid = Some(false),
        &|stamp| stamp.value = ceralacca_validation::facts::SignatureValue::Invalid,
        &|stamp| stamp.covers.clear(),
        &|stamp| stamp.proves = ProofFacts::default(),
        &|stamp| stamp.kind = TimestampKind::Content,
        &|stamp| stamp.gen_time = Some(t("2031-01-01T00:00:00Z")),
    ] {
        let mut facts = lta();
        ends(&mut facts, "signer", "2028-01-01T00:00:00Z");
        ends(&mut facts, "ocsp", "2027-06-01T00:00:00Z");
        assert_eq!(at(&facts, LATER).verdict, Verdict::TotalPassed);
        change(&mut facts.signatures[0].timestamps[1]);
        assert_eq!(at(&facts, LATER).verdict, Verdict::Indeterminate);
    }
}

/// A chain of its own for the first authority, which ends or is revoked.
fn with_first_authority(facts: &mut Facts) {
    let root = facts.chains[&fp("tsa")][0].certificates[1].clone();
    let mut tsa = facts.certificates[&fp("tsa")].clone();
    tsa.subject.common_name = Some("TEST TSA 1".into());
    facts.certificates.insert(fp("tsa1"), tsa);
    let chain = chain(&["tsa1", &root.0]);
    facts.chains.insert(fp("tsa1"), vec![chain]);
    let mut data = facts.revocation[&fp("tsa")].clone();
    for one in &mut data {
        one.id = format!("{} 1", one.id);
        one.object = Some(fp(&one.id));
    }
    facts.revocation.insert(fp("tsa1"), data);
    let first = &mut facts.signatures[0].timestamps[0];
    first.certificate = Some(fp("tsa1"));
    first.references = references("tsa1");
}

#[test]
fn scenario_80_an_expired_authority_under_a_later_stamp() {
    let mut facts = lt();
    with_first_authority(&mut facts);
    ends(&mut facts, "tsa1", "2027-01-01T00:00:00Z");
    ends(&mut facts, "signer", "2028-01-01T00:00:00Z");
    let report = at(&facts, "2027-06-01T00:00:00Z");
    let stamp = &report.signatures[0].timestamps[0];
    assert_eq!(stamp.sub_indication, Some(S::OutOfBoundsNotRevoked));
    assert_eq!(report.signatures[0].time_reference, TimeReference::Claimed);
    let stamp = archive(&facts, "1/t2", "2026-03-15T12:00:00Z");
    facts.signatures[0].timestamps.push(stamp);
    let report = at(&facts, LATER);
    assert_eq!(report.signatures[0].timestamps[0].indication, Status::Passed);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    assert_eq!(report.signatures[0].best_signature_time, Some(t("2026-03-01T10:00:00Z")));
}

#[test]
fn scenario_82_an_authority_revoked_before_or_after_it_was_covered() {
    let mut facts = lt();
    with_first_authority(&mut facts);
    let revoked = |facts: &mut Facts, time: &str| {
        for data in facts.revocation.get_mut(&fp("tsa1")).into_iter().flatten() {
            data.status =
                CertificateStatus::Revoked { at: t(time), reason: RevocationReason::KeyCompromise };
        }
    };
    let stamp = archive(&facts, "1/t2", "2026-03-15T12:00:00Z");
    facts.signatures[0].timestamps.push(stamp);
    let judged = "2026-06-01T00:00:00Z";
    revoked(&mut facts, "2026-04-01T00:00:00Z");
    // The data that says so is younger than the archive; it needs no proof of its own.
    for data in facts.revocation.get_mut(&fp("tsa1")).into_iter().flatten() {
        data.this_update = Some(t("2026-04-02T00:00:00Z"));
        data.object = Some(fp("later list"));
    }
    let report = at(&facts, judged);
    let stamp = &report.signatures[0].timestamps[0];
    assert_eq!(stamp.indication, Status::Passed, "{:#?}", stamp.findings);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None));
    assert_eq!(report.signatures[0].best_signature_time, Some(t("2026-03-01T10:00:00Z")));
    // Revoked before it was covered: the first stamp proves nothing, the archive still does.
    revoked(&mut facts, "2026-03-10T00:00:00Z");
    let report = at(&facts, judged);
    assert_eq!(report.signatures[0].timestamps[0].sub_indication, Some(S::RevokedNoPoe));
    assert_eq!(report.signatures[0].best_signature_time, Some(t("2026-03-15T12:00:00Z")));
    assert_eq!(report.signatures[0].time_reference, TimeReference::ArchiveTimestamp);
}

#[test]
fn a_ca_revoked_after_the_proof_does_not_matter() {
    let mut facts = lta();
    let revoked_at = "2026-05-01T00:00:00Z";
    for data in facts.revocation.get_mut(&fp("ca")).into_iter().flatten() {
        data.status = CertificateStatus::Revoked {
            at: t(revoked_at),
            reason: RevocationReason::CaCompromise,
        };
    }
    let judged = "2026-06-01T00:00:00Z";
    let report = at(&facts, judged);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
}

#[test]
fn weak_algorithms_of_certificates_are_saved_by_proofs_from_before_their_end() {
    let mut facts = lta();
    // The signer's certificate is signed with a digest that ends after the archive time-stamp.
    let weak = "SHA-224";
    facts.certificates.get_mut(&fp("signer")).unwrap().signature.digest = Some(weak.into());
    let mut policy = Policy::default();
    let end = t("2026-04-01T00:00:00Z");
    policy.algorithms.update = t("2026-05-01T00:00:00Z");
    policy.algorithms.digests.insert(weak.into(), Some(end));
    let times = Times::now(t("2026-06-01T00:00:00Z"));
    let report = judge(&facts, &policy, &times);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    // Archived after the end, or never acceptable.
    facts.signatures[0].timestamps[1].gen_time = Some(t("2026-04-02T00:00:00Z"));
    let report = judge(&facts, &policy, &times);
    assert_eq!(outcome(&report).1, Some(S::CryptoConstraintsFailureNoPoe));
    facts.signatures[0].timestamps[1].gen_time = Some(t("2026-03-15T12:00:00Z"));
    policy.algorithms.digests.remove(weak);
    let report = judge(&facts, &policy, &times);
    assert_eq!(outcome(&report).1, Some(S::CryptoConstraintsFailureNoPoe));
}

#[test]
fn with_a_freshness_rule_old_data_slides_the_control_time_back() {
    let mut facts = lta();
    ends(&mut facts, "signer", "2028-01-01T00:00:00Z");
    ends(&mut facts, "ocsp", "2027-06-01T00:00:00Z");
    let mut policy = Policy::default();
    policy.set(Code::RevocationNotFresh, ceralacca_validation::Level::Fail);
    let times = Times::now(t(LATER));
    let mut strict = Policy::strict();
    strict.algorithms.level_after_update = ceralacca_validation::Level::Warn;
    for policy in [&policy, &strict] {
        let report = judge(&facts, policy, &times);
        assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
    }
    // The next list was due before the archive time-stamp, so that nothing is proven in its time.
    for name in ["signer", "ca"] {
        data(&mut facts, name).next_update = Some(t("2026-03-10T00:00:00Z"));
    }
    let report = judge(&facts, &policy, &times);
    assert_ne!(report.verdict, Verdict::TotalPassed, "data from before its proof slides too far");
    let report = at(&facts, LATER);
    assert_eq!(outcome(&report), (Verdict::TotalPassed, None), "{:#?}", report.signatures[0]);
}

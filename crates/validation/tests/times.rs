//! Times, tolerances, chains and the report around them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_validation::{
    Level, Policy, ReferenceKind, ReferenceTime, Status, SubIndication as S, Times,
    catalogue::Code, exit_code, facts::*, judge, report::TimeReference,
};
use common::*;

fn at(facts: &Facts, time: &str) -> ceralacca_validation::Report {
    judge(facts, &Policy::default(), &Times { at: Some(t(time)), ..Times::now(t(NOW)) })
}

#[test]
fn a_fixed_time_replaces_the_clock() {
    let facts = b_level();
    // The data at hand are of the end of May: on 1 April none exists.
    let report = at(&facts, "2026-04-01T00:00:00Z");
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RevocationMissing) && has(&report, Code::RsiFromFuture));
    assert_eq!(report.validation_time, t("2026-04-01T00:00:00Z"));
    passed(&at(&facts, "2026-05-31T00:00:00Z"));
    // One second before the youngest of them: with a fixed time there is no tolerance.
    undecided(&at(&facts, "2026-05-30T23:59:59Z"), S::CertificateChainGeneralFailure);
}

#[test]
fn a_stamp_from_the_future_does_not_exist() {
    let facts = t_level();
    let report = at(&facts, "2026-02-01T00:00:00Z");
    let stamp = &report.signatures[0].timestamps[0];
    assert_eq!((stamp.indication, stamp.sub_indication), (Status::Indeterminate, Some(S::NoPoe)));
    assert_eq!(report.signatures[0].time_reference, TimeReference::Claimed);
}

#[test]
fn a_live_clock_may_lag_a_little() {
    let mut facts = t_level();
    facts.signatures[0].timestamps[0].gen_time = Some(t("2026-06-01T12:04:00Z"));
    let report = judged(&facts);
    passed(&report);
    assert_eq!(report.signatures[0].best_signature_time, Some(t(NOW)));
    facts.signatures[0].timestamps[0].gen_time = Some(t("2026-06-01T12:06:00Z"));
    assert_eq!(judged(&facts).signatures[0].timestamps[0].sub_indication, Some(S::NoPoe));
}

fn with_reference(facts: &Facts, reference: ReferenceTime) -> ceralacca_validation::Report {
    let times = Times { reference_time: Some(reference), ..Times::now(t(NOW)) };
    judge(facts, &Policy::default(), &times)
}

#[test]
fn a_given_time_is_a_proof_and_the_verdict_without_it_is_shown() {
    let mut facts = b_level();
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::Superseded);
    let report = with_reference(&facts, ReferenceTime::given(t("2026-03-15T00:00:00Z")));
    passed(&report);
    let signature = &report.signatures[0];
    assert_eq!(signature.time_reference, TimeReference::Given);
    assert_eq!(signature.best_signature_time, Some(t("2026-03-15T00:00:00Z")));
    let without = signature.without_time_reference.as_ref().unwrap();
    assert_eq!(without.sub_indication, Some(S::RevokedNoPoe));
    assert_eq!(without.best_signature_time, Some(t(NOW)));
}

#[test]
fn a_reference_about_another_file_or_from_the_future_is_not_used() {
    let mut facts = b_level();
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::Superseded);
    let other = ReferenceTime {
        time: t("2026-03-15T00:00:00Z"),
        kind: ReferenceKind::Protocol,
        matches: false,
    };
    let report = with_reference(&facts, other.clone());
    undecided(&report, S::RevokedNoPoe);
    assert!(has(&report, Code::TimeReferenceMismatch));
    let matching = ReferenceTime { matches: true, ..other };
    let report = with_reference(&facts, matching);
    passed(&report);
    assert_eq!(report.signatures[0].time_reference, TimeReference::Protocol);
    let report = with_reference(&facts, ReferenceTime::given(t("2026-06-01T12:00:01Z")));
    undecided(&report, S::RevokedNoPoe);
    assert!(has(&report, Code::TimeReferenceFromFuture));
}

#[test]
fn the_earliest_proof_serves() {
    let report = with_reference(&t_level(), ReferenceTime::given(t("2026-04-01T00:00:00Z")));
    assert_eq!(report.signatures[0].time_reference, TimeReference::SignatureTimestamp);
    let report = with_reference(&t_level(), ReferenceTime::given(t("2026-02-01T00:00:00Z")));
    assert_eq!(report.signatures[0].time_reference, TimeReference::Given);
    assert!(has(&report, Code::SigningTimeLate));
}

#[test]
fn a_stamp_around_the_file_proves_the_signatures_it_covers() {
    let mut facts = b_level();
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::Superseded);
    let mut around = stamp("t1", TimestampKind::Standalone, "2026-03-01T10:00:00Z");
    facts.timestamps = vec![around.clone()];
    undecided(&judged(&facts), S::RevokedNoPoe);
    around.covers = vec!["1".into()];
    facts.timestamps = vec![around];
    let report = judged(&facts);
    passed(&report);
    assert_eq!(report.signatures[0].time_reference, TimeReference::Timestamp);
}

#[test]
fn stamps_must_come_from_an_authority_made_for_them() {
    let judged_stamp = |change: &dyn Fn(&mut CertificateFacts)| {
        let mut facts = t_level();
        change(cert(&mut facts, "tsa"));
        judged(&facts).signatures[0].timestamps[0].sub_indication
    };
    let constraint = Some(S::ChainConstraintsFailure);
    assert_eq!(judged_stamp(&|_| ()), None);
    assert_eq!(judged_stamp(&|tsa| tsa.extended_key_usage = None), constraint);
    assert_eq!(
        judged_stamp(&|tsa| tsa.extended_key_usage.as_mut().unwrap().critical = false),
        constraint
    );
    assert_eq!(
        judged_stamp(&|tsa| tsa
            .extended_key_usage
            .as_mut()
            .unwrap()
            .purposes
            .push("1.3.6.1.5.5.7.3.3".into())),
        constraint
    );
    // Dated when the authority's certificate had not begun.
    assert_eq!(
        judged_stamp(&|tsa| tsa.not_before = t("2026-03-02T00:00:00Z")),
        Some(S::SigConstraintsFailure)
    );
}

#[test]
fn flaws_of_a_token_are_named() {
    let judged_stamp = |change: &dyn Fn(&mut TimestampFacts)| {
        let mut facts = t_level();
        change(&mut facts.signatures[0].timestamps[0]);
        let report = judged(&facts);
        passed(&report);
        let stamp = &report.signatures[0].timestamps[0];
        (stamp.indication, stamp.sub_indication, stamp.intact)
    };
    let failed = |sub| (Status::Failed, Some(sub), Some(false));
    assert_eq!(judged_stamp(&|s| s.value = SignatureValue::Invalid), failed(S::SigCryptoFailure));
    assert_eq!(judged_stamp(&|s| s.content = ContentDigest::Mismatch), failed(S::HashFailure));
    assert_eq!(judged_stamp(&|s| s.hash_index_valid = Some(false)), failed(S::FormatFailure));
    let undecided = |sub, intact| (Status::Indeterminate, Some(sub), intact);
    assert_eq!(judged_stamp(&|s| s.imprint_matches = None), undecided(S::SignedDataNotFound, None));
    assert_eq!(
        judged_stamp(&|s| s.references.references[0].certificate = Some(fp("ca"))),
        undecided(S::NoSigningCertificateFound, Some(true))
    );
    assert_eq!(
        judged_stamp(&|s| s.references = ReferenceFacts::default()),
        undecided(S::SigConstraintsFailure, Some(true))
    );
    assert_eq!(
        judged_stamp(&|s| s.imprint_algorithm = "SHA-1".into()),
        undecided(S::CryptoConstraintsFailureNoPoe, Some(true))
    );
    assert_eq!(
        judged_stamp(&|s| s.attributes.content_type = AttributeCheck::Mismatch),
        undecided(S::SigConstraintsFailure, Some(true))
    );
}

#[test]
fn tolerances_warn_by_default_and_fail_when_strict() {
    for value in [
        SignatureValue::Valid { matched: MatchedForm::DerSorted, tolerance: None },
        SignatureValue::Valid {
            matched: MatchedForm::AsReceived,
            tolerance: Some("digest-info-without-null".into()),
        },
    ] {
        let mut facts = b_level();
        facts.signatures[0].value = value;
        let report = judged(&facts);
        passed(&report);
        assert!(report.signatures[0].findings.iter().any(|finding| finding.level == Level::Warn));
        let report = judged_with(&facts, &Policy::strict());
        failed(&report, S::SigCryptoFailure);
        assert_eq!(report.signatures[0].intact, Some(false));
    }
    passed(&judged_with(&b_level(), &Policy::strict()));
    passed(&judged_with(&t_level(), &Policy::strict()));
}

#[test]
fn bad_attributes_are_refused() {
    let judged_signature = |change: &dyn Fn(&mut SignatureFacts)| {
        let mut facts = b_level();
        change(&mut facts.signatures[0]);
        undecided(&judged(&facts), S::SigConstraintsFailure);
    };
    judged_signature(&|s| s.attributes.duplicated.push("signing-time".into()));
    judged_signature(&|s| s.attributes.malformed.push("signing-time".into()));
    judged_signature(&|s| s.attributes.content_type = AttributeCheck::Absent);
    judged_signature(&|s| s.attributes.content_type = AttributeCheck::Mismatch);
    judged_signature(&|s| {
        s.attributes = AttributeFacts::default();
        s.references = ReferenceFacts::default();
        s.claimed_signing_time = None;
        s.value =
            SignatureValue::Valid { matched: MatchedForm::NoSignedAttributes, tolerance: None };
    });
    let mut facts = b_level();
    facts.signatures[0].structure.push(StructuralFinding {
        code: Code::SignedAttributesAsContent,
        detail: String::new(),
        location: None,
    });
    failed(&judged(&facts), S::FormatFailure);
}

#[test]
fn what_cannot_be_checked_is_never_passed() {
    for value in
        [SignatureValue::Unchecked, SignatureValue::Unsupported { algorithm: "1.2.3".into() }]
    {
        let mut facts = b_level();
        facts.signatures[0].value = value;
        let report = judged(&facts);
        undecided(&report, S::Generic);
        assert_eq!(report.signatures[0].intact, None);
    }
    let mut facts = b_level();
    facts.signatures[0].content = ContentDigest::NotComputed;
    undecided(&judged(&facts), S::Generic);
    let mut facts = b_level();
    facts.signatures[0].certificate = None;
    undecided(&judged(&facts), S::NoSigningCertificateFound);
}

#[test]
fn among_several_chains_the_best_serves() {
    let mut facts = b_level();
    let mut broken = chain(&["signer", "ca", "root"]);
    broken.problems.push(PathProblem {
        code: Code::CertificateNotCa,
        certificate: Some(fp("ca")),
        detail: String::new(),
    });
    facts.chains.get_mut(&fp("signer")).unwrap().insert(0, broken);
    passed(&judged(&facts));
}

#[test]
fn an_expired_authority_certificate_is_healed_by_a_stamp() {
    let mut facts = t_level();
    cert(&mut facts, "ca").not_after = t("2026-05-31T12:00:00Z");
    // The root's list about the CA is of 30 May, while it was valid.
    passed(&judged(&facts));
    facts.signatures[0].timestamps.clear();
    undecided(&judged(&facts), S::OutOfBoundsNotRevoked);
}

#[test]
fn responders_that_vouch_for_each_other_prove_nothing() {
    let mut facts = b_level();
    cert(&mut facts, "ocsp").ocsp_nocheck = false;
    facts.revocation.insert(fp("ocsp"), vec![ocsp("self", "2026-05-31T00:00:00Z")]);
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiIssuerStatusUnknown));
}

#[test]
fn a_graph_of_responders_ends() {
    // 60 responders, each vouched for by all the others: 60^4 ways without a limit.
    let mut facts = b_level();
    let names: Vec<String> = (0..60).map(|n| format!("r{n}")).collect();
    for name in &names {
        let mut certificate = facts.certificates[&fp("ocsp")].clone();
        certificate.ocsp_nocheck = false;
        facts.certificates.insert(fp(name), certificate);
        facts.chains.insert(fp(name), vec![chain(&[name, "ca", "root"])]);
        let from = |other: &String| RevocationFacts {
            issuer: Some(fp(other)),
            ..ocsp(other, "2026-05-31T00:00:00Z")
        };
        facts.revocation.insert(fp(name), names.iter().map(from).collect());
    }
    let from = |other: &String| RevocationFacts {
        issuer: Some(fp(other)),
        ..ocsp(other, "2026-05-31T00:00:00Z")
    };
    facts.revocation.insert(fp("signer"), names.iter().map(from).collect());
    let started = std::time::Instant::now();
    undecided(&judged(&facts), S::CertificateChainGeneralFailure);
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn no_revocation_available_spares_signers_but_not_authorities() {
    let mut facts = b_level();
    facts.revocation.remove(&fp("signer"));
    cert(&mut facts, "signer").no_revocation_available = true;
    passed(&judged(&facts));
    cert(&mut facts, "ca").no_revocation_available = true;
    undecided(&judged(&facts), S::CertificateChainGeneralFailure);
    let mut facts = b_level();
    cert(&mut facts, "signer").ocsp_nocheck = true;
    undecided(&judged(&facts), S::CertificateChainGeneralFailure);
}

#[test]
fn a_directly_trusted_signer_needs_no_chain() {
    let mut facts = b_level();
    facts.revocation.clear();
    facts.chains.insert(fp("signer"), vec![chain(&["signer"])]);
    passed(&judged(&facts));
}

#[test]
fn law_counts_from_the_first_list_that_names_it() {
    let mut facts = t_level();
    // Revoked with a date after the stamp, but a list of before the stamp names it already.
    let named = CertificateStatus::Revoked {
        at: t("2026-03-01T12:00:00Z"),
        reason: RevocationReason::KeyCompromise,
    };
    data(&mut facts, "signer").status = named.clone();
    let mut first = crl("crl-ca", "ca", "2026-03-01T09:30:00Z");
    first.status = named;
    facts.revocation.get_mut(&fp("signer")).unwrap().push(first);
    let report = judged(&facts);
    passed(&report);
    let note = &report.signatures[0].legal_notes[0];
    assert_eq!(note.code, "IT-CAD-24-4BIS");
    assert!(note.message.contains("2026-03-01T09:30:00Z"), "{}", note.message);
}

#[test]
fn twenty_years_only_where_a_trusted_list_says_so() {
    let mut facts = t_level();
    assert!(judged(&facts).signatures[0].legal_notes.is_empty());
    let anchor = facts.chains.get_mut(&fp("tsa")).unwrap()[0].anchor.as_mut().unwrap();
    anchor.service = Some(ServiceFacts {
        territory: "IT".into(),
        service_type: "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST".into(),
        granted: vec![Period { from: t("2017-01-01T00:00:00Z"), to: None }],
        provider: "Prestatore di Prova".into(),
    });
    let note = judged(&facts).signatures[0].legal_notes[0].clone();
    assert_eq!(note.code, "IT-DPCM-53");
    assert!(note.message.contains("2046-03-01T10:00:00Z") && note.message.contains("Prova"));
    facts.signatures[0].timestamps[0].imprint_matches = Some(false);
    assert!(judged(&facts).signatures[0].legal_notes.is_empty());
}

#[test]
fn expected_signers() {
    let mut report = judged(&b_level());
    report.expect_signers([("rssmra80a01h501u", Some("segretario comunale"))]);
    assert_eq!(exit_code(&report), 0);
    assert_eq!(report.expected_signers[0].signature.as_deref(), Some("1"));
    report.expect_signers([("RSSMRA80A01H501U", None), ("VRDLGI70A01H501X", None)]);
    assert_eq!(exit_code(&report), 3);
    report.expect_signers([("RSSMRA80A01H501U", Some("Presidente"))]);
    assert_eq!(exit_code(&report), 3);
}

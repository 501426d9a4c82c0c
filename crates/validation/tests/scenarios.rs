//! The scenarios of the validation reference that basic validation and validation with time decide,
//! by their number there. Formats that do not exist yet (PDF, ASiC, evidence records) are left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_validation::{
    Indication, Level, Policy, Status, SubIndication as S, Verdict, catalogue::Code, exit_code,
    facts::*,
};
use common::*;

fn policy(rows: &[(Code, Level)]) -> Policy {
    let mut policy = Policy::default();
    for (code, level) in rows {
        policy.set(*code, *level);
    }
    policy
}

#[test]
fn scenario_01_everything_valid() {
    let report = judged(&b_level());
    passed(&report);
    assert_eq!(report.verdict, Verdict::TotalPassed);
    assert_eq!(exit_code(&report), 0);
    assert_eq!(report.signatures[0].best_signature_time, Some(t(NOW)));
    assert_eq!(report.signatures[0].intact, Some(true));
}

#[test]
fn scenario_02_content_changed() {
    let mut facts = b_level();
    facts.signatures[0].content = ContentDigest::Mismatch;
    let report = judged(&facts);
    failed(&report, S::HashFailure);
    assert_eq!(report.signatures[0].intact, Some(false));
    assert_eq!(exit_code(&report), 1);
}

#[test]
fn scenario_03_signature_value_changed() {
    let mut facts = b_level();
    facts.signatures[0].value = SignatureValue::Invalid;
    let report = judged(&facts);
    failed(&report, S::SigCryptoFailure);
    assert_eq!(report.signatures[0].intact, Some(false));
}

#[test]
fn scenario_04_content_not_supplied() {
    let mut facts = b_level();
    facts.signatures[0].content = ContentDigest::ContentMissing;
    let report = judged(&facts);
    undecided(&report, S::SignedDataNotFound);
    assert_eq!(report.signatures[0].intact, None);
    assert_eq!(exit_code(&report), 3);
}

#[test]
fn scenario_05_not_parseable() {
    let mut facts = b_level();
    facts.signatures = vec![SignatureFacts::unreadable(
        "1",
        "CAdES",
        StructuralFinding {
            code: Code::StructureUnreadable,
            detail: "SignedData ends early".into(),
            location: None,
        },
    )];
    let report = judged(&facts);
    failed(&report, S::FormatFailure);
    assert_eq!(report.signatures[0].intact, Some(false));
    assert_eq!(report.signatures[0].signer, None);
}

#[test]
fn scenario_06_ambiguous_structure() {
    let mut facts = b_level();
    facts.signatures[0].structure.push(StructuralFinding {
        code: Code::StructureAmbiguous,
        detail: "two SignedData".into(),
        location: Some("octet 12".into()),
    });
    failed(&judged(&facts), S::FormatFailure);
}

#[test]
fn scenario_13_reference_to_another_certificate() {
    let mut facts = b_level();
    facts.signatures[0].references.references[0].certificate = None;
    undecided(&judged(&facts), S::NoSigningCertificateFound);
}

#[test]
fn scenario_13_both_attributes_must_name_it() {
    let mut facts = b_level();
    let references = &mut facts.signatures[0].references;
    references.form = ReferenceForm::Both;
    references.references.push(CertificateReference {
        form: ReferenceForm::V1,
        digest_algorithm: "SHA-1".into(),
        certificate: Some(fp("ca")),
        issuer_serial_matches: None,
    });
    undecided(&judged(&facts), S::NoSigningCertificateFound);
}

#[test]
fn scenario_14_no_signing_certificate_attribute() {
    let mut facts = b_level();
    facts.signatures[0].references = ReferenceFacts::default();
    undecided(&judged(&facts), S::SigConstraintsFailure);
}

#[test]
fn scenario_15_reference_out_of_path() {
    let mut facts = b_level();
    facts.signatures[0].references.references.push(CertificateReference {
        form: ReferenceForm::V2,
        digest_algorithm: "SHA-256".into(),
        certificate: Some(fp("tsa")),
        issuer_serial_matches: None,
    });
    let report = judged(&facts);
    passed(&report);
    assert!(has(&report, Code::ReferenceOutOfPath));
    let report = judged_with(&facts, &policy(&[(Code::ReferenceOutOfPath, Level::Fail)]));
    undecided(&report, S::SigConstraintsFailure);
}

#[test]
fn scenario_16_path_not_referenced() {
    let report = judged_with(&b_level(), &policy(&[(Code::PathNotReferenced, Level::Fail)]));
    undecided(&report, S::SigConstraintsFailure);
}

#[test]
fn scenario_17_no_signing_time() {
    let mut facts = b_level();
    facts.signatures[0].claimed_signing_time = None;
    undecided(&judged(&facts), S::SigConstraintsFailure);
    passed(&judged_with(&facts, &Policy::preservation()));
}

#[test]
fn scenario_18_signing_time_outside_validity() {
    let mut facts = b_level();
    facts.signatures[0].claimed_signing_time = Some(t("2024-12-31T23:59:59Z"));
    undecided(&judged(&facts), S::SigConstraintsFailure);
}

#[test]
fn scenario_19_no_message_digest() {
    let mut facts = b_level();
    facts.signatures[0].attributes.message_digest = AttributeCheck::Absent;
    facts.signatures[0].content = ContentDigest::NoReference;
    let report = judged(&facts);
    // EU DSS says INDETERMINATE / SIG_CONSTRAINTS_FAILURE. Without a message-digest the block of
    // §5.2.7 has nothing to bind the content with, which is how §5.1.3 defines FORMAT_FAILURE.
    failed(&report, S::FormatFailure);
    assert_eq!(report.signatures[0].intact, Some(false));
}

fn with_policy(document: PolicyDocument) -> Facts {
    let mut facts = b_level();
    facts.signatures[0].policy = Some(SignaturePolicyFacts {
        identifier: "1.3.76.1".into(),
        document,
        store: false,
        uris: Vec::new(),
        notices: Vec::new(),
    });
    facts
}

#[test]
fn scenario_20_policy_document_unavailable() {
    let facts = with_policy(PolicyDocument::NotAvailable);
    passed(&judged(&facts));
    let strict = policy(&[(Code::SignaturePolicyUnavailable, Level::Fail)]);
    undecided(&judged_with(&facts, &strict), S::SignaturePolicyNotAvailable);
}

#[test]
fn scenario_21_policy_store_demanded() {
    let demanding = policy(&[(Code::SignaturePolicyStoreMissing, Level::Fail)]);
    let report = judged_with(&with_policy(PolicyDocument::Matches), &demanding);
    undecided(&report, S::SignaturePolicyNotAvailable);
}

#[test]
fn scenario_22_policy_hash_mismatch() {
    let facts = with_policy(PolicyDocument::Mismatch);
    passed(&judged(&facts));
    let strict = policy(&[(Code::SignaturePolicyHashMismatch, Level::Fail)]);
    undecided(&judged_with(&facts, &strict), S::PolicyProcessingError);
}

#[test]
fn scenario_23_policy_required() {
    let demanding = policy(&[(Code::SignaturePolicyMissing, Level::Fail)]);
    undecided(&judged_with(&b_level(), &demanding), S::PolicyProcessingError);
    let mut accepting = Policy::default();
    accepting.accepted_signature_policies.push("1.2.3".into());
    let report = judged_with(&with_policy(PolicyDocument::Matches), &accepting);
    undecided(&report, S::PolicyProcessingError);
}

#[test]
fn scenario_24_zero_hash_policy() {
    let strict = policy(&[
        (Code::SignaturePolicyHashMismatch, Level::Fail),
        (Code::SignaturePolicyUnavailable, Level::Fail),
    ]);
    passed(&judged_with(&with_policy(PolicyDocument::ZeroHash), &strict));
}

#[test]
fn scenario_25_root_not_trusted() {
    let mut facts = b_level();
    facts.chains.get_mut(&fp("signer")).unwrap()[0].anchor = None;
    undecided(&judged(&facts), S::NoCertificateChainFound);
    facts.chains.clear();
    undecided(&judged(&facts), S::NoCertificateChainFound);
}

#[test]
fn scenario_25_anchor_of_another_purpose() {
    let mut facts = b_level();
    facts.chains.get_mut(&fp("signer")).unwrap()[0].anchor.as_mut().unwrap().purposes =
        vec![AnchorPurpose::TimeStamp];
    undecided(&judged(&facts), S::NoCertificateChainFound);
}

#[test]
fn scenario_26_no_revocation_data() {
    for name in ["signer", "ca"] {
        let mut facts = b_level();
        facts.revocation.remove(&fp(name));
        let report = judged(&facts);
        undecided(&report, S::CertificateChainGeneralFailure);
        assert!(has(&report, Code::RevocationMissing));
    }
}

#[test]
fn scenario_27_ocsp_unknown() {
    let mut facts = b_level();
    data(&mut facts, "signer").status = CertificateStatus::Unknown;
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiStatusUnknown));
}

#[test]
fn scenario_28_ocsp_signature_broken() {
    let mut facts = b_level();
    data(&mut facts, "signer").signature = SignatureCheck::Invalid;
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiSignatureInvalid));
}

#[test]
fn scenario_29_untrusted_responder() {
    let mut facts = b_level();
    facts.chains.get_mut(&fp("ocsp")).unwrap()[0].anchor = None;
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiIssuerUntrusted));
}

#[test]
fn scenario_30_responder_id_of_another() {
    let mut facts = b_level();
    data(&mut facts, "signer").responder_id_matches = Some(false);
    undecided(&judged(&facts), S::CertificateChainGeneralFailure);
}

#[test]
fn scenario_31_produced_after_the_responder_expired() {
    let mut facts = b_level();
    cert(&mut facts, "ocsp").not_after = t("2026-05-30T00:00:00Z");
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiIssuerInvalidAtProduction));
}

#[test]
fn scenario_32_delegate_without_ocsp_signing() {
    let mut facts = b_level();
    data(&mut facts, "signer").authorisation = Authorisation::None;
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiNotAuthorised));
}

#[test]
fn scenario_33_responder_with_nocheck() {
    passed(&judged(&b_level()));
    let mut facts = b_level();
    cert(&mut facts, "ocsp").ocsp_nocheck = false;
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiIssuerStatusUnknown));
    facts.revocation.insert(fp("ocsp"), vec![crl("crl-ca", "ca", "2026-05-30T00:00:00Z")]);
    passed(&judged(&facts));
    revoke(&mut facts, "ocsp", "2026-05-29T00:00:00Z", RevocationReason::KeyCompromise);
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiIssuerRevoked));
}

fn expired_signer() -> Facts {
    let mut facts = b_level();
    cert(&mut facts, "signer").not_after = t("2026-04-01T00:00:00Z");
    facts
}

#[test]
fn scenario_34_data_issued_after_expiry() {
    let report = judged(&expired_signer());
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiExpiredNotCovered));
}

#[test]
fn scenario_35_list_keeps_expired_certificates() {
    let mut facts = t_level();
    cert(&mut facts, "signer").not_after = t("2026-04-01T00:00:00Z");
    data(&mut facts, "signer").covers_expired_since = Some(t("2020-01-01T00:00:00Z"));
    passed(&judged(&facts));
    data(&mut facts, "signer").covers_expired_since = Some(t("2026-04-02T00:00:00Z"));
    undecided(&judged(&facts), S::CertificateChainGeneralFailure);
}

#[test]
fn scenarios_38_to_41_path_errors() {
    for code in [
        Code::CertificateNotCa,
        Code::CertificatePathLength,
        Code::CertificateNameConstraints,
        Code::CertificateCaKeyUsage,
        Code::CertificateSignatureInvalid,
        Code::CertificateCriticalExtension,
        Code::CertificatePathInvalid,
    ] {
        let mut facts = b_level();
        problem(&mut facts, code, "ca");
        undecided(&judged(&facts), S::CertificateChainGeneralFailure);
        // An earlier proof of existence does not heal a broken path.
        let mut facts = t_level();
        problem(&mut facts, code, "ca");
        undecided(&judged(&facts), S::CertificateChainGeneralFailure);
    }
}

#[test]
fn scenario_42_no_non_repudiation() {
    let mut facts = b_level();
    cert(&mut facts, "signer").key_usage = Some(vec!["digitalSignature".into()]);
    let report = judged(&facts);
    passed(&report);
    assert!(has(&report, Code::CertificateKeyUsage));
    undecided(&judged_with(&facts, &Policy::strict()), S::ChainConstraintsFailure);
}

#[test]
fn scenario_43_qc_compliance_required() {
    let mut facts = b_level();
    cert(&mut facts, "signer").qc.compliance = false;
    passed(&judged(&facts));
    let demanding = policy(&[(Code::CertificateNotQualified, Level::Fail)]);
    undecided(&judged_with(&facts, &demanding), S::ChainConstraintsFailure);
}

#[test]
fn scenario_44_revoked_without_stamp() {
    let mut facts = b_level();
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::Unspecified);
    let report = judged(&facts);
    undecided(&report, S::RevokedNoPoe);
    assert_eq!(report.signatures[0].legal_notes[0].code, "IT-CAD-24-4BIS");
}

#[test]
fn scenario_45_revoked_after_the_stamp() {
    let mut facts = t_level();
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::KeyCompromise);
    let report = judged(&facts);
    passed(&report);
    assert_eq!(report.signatures[0].best_signature_time, Some(t("2026-03-01T10:00:00Z")));
    assert!(report.signatures[0].legal_notes.is_empty());
    let told = report.signatures[0].findings.iter().find(|f| f.code == Code::CertificateRevoked);
    assert_eq!(told.map(|finding| finding.level), Some(Level::Info));
}

#[test]
fn scenario_46_revoked_before_the_stamp() {
    let mut facts = t_level();
    revoke(&mut facts, "signer", "2026-02-01T00:00:00Z", RevocationReason::Unspecified);
    undecided(&judged(&facts), S::RevokedNoPoe);
    // At the very second of the stamp: not strictly later.
    revoke(&mut facts, "signer", "2026-03-01T10:00:00Z", RevocationReason::Unspecified);
    undecided(&judged(&facts), S::RevokedNoPoe);
}

#[test]
fn scenario_47_revoked_later_but_stamped_after_expiry() {
    let mut facts = t_level();
    cert(&mut facts, "signer").not_after = t("2026-02-01T00:00:00Z");
    facts.signatures[0].claimed_signing_time = Some(t("2026-01-15T00:00:00Z"));
    data(&mut facts, "signer").covers_expired_since = Some(t("2020-01-01T00:00:00Z"));
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::Unspecified);
    undecided(&judged(&facts), S::OutOfBoundsNotRevoked);
}

#[test]
fn scenario_48_revoked_later_but_stamped_before_the_certificate() {
    let mut facts = t_level();
    cert(&mut facts, "signer").not_before = t("2026-03-15T00:00:00Z");
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::Unspecified);
    failed(&judged(&facts), S::NotYetValid);
}

#[test]
fn scenario_49_ca_revoked() {
    let mut facts = b_level();
    revoke(&mut facts, "ca", "2026-04-01T00:00:00Z", RevocationReason::CaCompromise);
    undecided(&judged(&facts), S::RevokedCaNoPoe);
    let mut stamped = t_level();
    revoke(&mut stamped, "ca", "2026-02-01T00:00:00Z", RevocationReason::CaCompromise);
    undecided(&judged(&stamped), S::RevokedCaNoPoe);
}

#[test]
fn scenario_50_content_stamp_after_revocation() {
    let mut facts = content_stamped("2026-03-01T10:00:00Z");
    revoke(&mut facts, "signer", "2026-02-01T00:00:00Z", RevocationReason::Unspecified);
    failed(&judged(&facts), S::Revoked);
    // A content stamp is no proof of existence of the signature.
    let mut facts = content_stamped("2026-03-01T10:00:00Z");
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::Unspecified);
    undecided(&judged(&facts), S::RevokedNoPoe);
}

#[test]
fn scenario_51_content_stamp_after_expiry() {
    let mut facts = content_stamped("2026-04-02T00:00:00Z");
    cert(&mut facts, "signer").not_after = t("2026-04-01T00:00:00Z");
    data(&mut facts, "signer").covers_expired_since = Some(t("2020-01-01T00:00:00Z"));
    failed(&judged(&facts), S::Expired);
}

#[test]
fn scenario_52_expired_good_data_no_stamp() {
    let mut facts = expired_signer();
    data(&mut facts, "signer").covers_expired_since = Some(t("2020-01-01T00:00:00Z"));
    let report = judged(&facts);
    undecided(&report, S::OutOfBoundsNotRevoked);
    assert!(report.signatures[0].legal_notes[0].message.contains("expired"));
}

#[test]
fn scenario_53_signer_and_responder_expired() {
    let mut facts = t_level();
    cert(&mut facts, "signer").not_after = t("2026-04-01T00:00:00Z");
    cert(&mut facts, "ocsp").not_after = t("2026-04-01T00:00:00Z");
    facts.revocation.insert(fp("signer"), vec![ocsp("ocsp-1", "2026-03-02T00:00:00Z")]);
    undecided(&judged(&facts), S::OutOfBoundsNoPoe);
}

#[test]
fn scenario_55_responder_expired() {
    let mut facts = t_level();
    cert(&mut facts, "ocsp").not_after = t("2026-04-01T00:00:00Z");
    facts.revocation.insert(fp("signer"), vec![ocsp("ocsp-1", "2026-03-02T00:00:00Z")]);
    undecided(&judged(&facts), S::RevocationOutOfBoundsNoPoe);
    passed(&judged_with(&facts, &Policy::preservation()));
}

#[test]
fn scenario_56_responder_expired_fresh_data_at_hand() {
    let mut facts = t_level();
    cert(&mut facts, "ocsp").not_after = t("2026-04-01T00:00:00Z");
    let fresh = crl("crl-ca", "ca", "2026-05-31T00:00:00Z");
    facts.revocation.insert(fp("signer"), vec![ocsp("ocsp-1", "2026-03-02T00:00:00Z"), fresh]);
    passed(&judged(&facts));
}

#[test]
fn scenario_57_stamped_while_on_hold() {
    let mut facts = t_level();
    revoke(&mut facts, "signer", "2026-02-01T00:00:00Z", RevocationReason::CertificateHold);
    let report = judged(&facts);
    undecided(&report, S::TryLater);
    assert_eq!(report.signatures[0].try_again, Some(t("2026-07-01T00:00:00Z")));
    let note = &report.signatures[0].legal_notes[0];
    assert!(note.code == "IT-CAD-24-4BIS" && note.message.contains("on hold"));
}

#[test]
fn scenario_58_stamped_before_the_hold() {
    let mut facts = t_level();
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::CertificateHold);
    passed(&judged(&facts));
    // Without a stamp the hold counts; once lifted it heals.
    let mut facts = b_level();
    revoke(&mut facts, "signer", "2026-04-01T00:00:00Z", RevocationReason::CertificateHold);
    undecided(&judged(&facts), S::TryLater);
    let lifted = ocsp("ocsp-2", "2026-06-01T00:00:00Z");
    facts.revocation.get_mut(&fp("signer")).unwrap().push(lifted);
    let report = judged(&facts);
    passed(&report);
    assert!(report.signatures[0].legal_notes.is_empty());
}

fn fresh_policy(seconds: Option<i64>) -> Policy {
    let mut policy = policy(&[(Code::RevocationNotFresh, Level::Fail)]);
    policy.revocation_freshness_seconds = seconds;
    policy
}

#[test]
fn scenario_59_data_before_the_best_signature_time() {
    let mut facts = t_level();
    for name in ["signer", "ca", "tsa"] {
        data(&mut facts, name).this_update = Some(t("2026-02-28T00:00:00Z"));
    }
    let report = judged_with(&facts, &fresh_policy(Some(0)));
    undecided(&report, S::TryLater);
}

#[test]
fn scenario_60_the_same_with_freshness_off() {
    let mut facts = t_level();
    for name in ["signer", "ca", "tsa"] {
        data(&mut facts, name).this_update = Some(t("2026-02-28T00:00:00Z"));
    }
    passed(&judged(&facts));
}

#[test]
fn scenario_61_ocsp_without_next_update() {
    let mut facts = b_level();
    data(&mut facts, "signer").next_update = None;
    passed(&judged(&facts));
    undecided(&judged_with(&facts, &fresh_policy(None)), S::TryLater);
    passed(&judged_with(&b_level(), &fresh_policy(None)));
}

#[test]
fn scenario_62_imprint_wrong() {
    let mut facts = t_level();
    facts.signatures[0].timestamps[0].imprint_matches = Some(false);
    let report = judged(&facts);
    passed(&report);
    assert_eq!(report.signatures[0].best_signature_time, Some(t(NOW)));
    let stamp = &report.signatures[0].timestamps[0];
    assert_eq!((stamp.indication, stamp.sub_indication), (Status::Failed, Some(S::HashFailure)));
    assert_eq!(stamp.intact, Some(false));
    assert!(has(&report, Code::TimestampNotUsed));
}

#[test]
fn scenario_63_stamp_before_the_certificate() {
    let mut facts = t_level();
    cert(&mut facts, "signer").not_before = t("2026-03-01T10:00:01Z");
    facts.signatures[0].claimed_signing_time = Some(t("2026-03-02T00:00:00Z"));
    failed(&judged(&facts), S::NotYetValid);
}

#[test]
fn scenario_64_stamps_out_of_order() {
    let mut facts = t_level();
    facts.signatures[0].timestamps.push(stamp(
        "1/a1",
        TimestampKind::ArchiveV3,
        "2026-02-01T00:00:00Z",
    ));
    let report = judged(&facts);
    passed(&report);
    assert!(has(&report, Code::TimestampOrder));
    let strict = policy(&[(Code::TimestampOrder, Level::Fail)]);
    undecided(&judged_with(&facts, &strict), S::TimestampOrderFailure);
}

#[test]
fn scenario_64_accuracy_leaves_the_order_open() {
    let strict = policy(&[(Code::TimestampOrder, Level::Fail)]);
    let mut facts = t_level();
    let earlier = stamp("1/a1", TimestampKind::ArchiveV3, "2026-03-01T09:59:58Z");
    facts.signatures[0].timestamps.push(earlier);
    passed(&judged_with(&facts, &strict));
    facts.signatures[0].timestamps[1].accuracy_micros = None;
    undecided(&judged_with(&facts, &strict), S::TimestampOrderFailure);
}

#[test]
fn scenario_65_delay_exceeded() {
    let policy = Policy { timestamp_delay_seconds: Some(3600), ..Policy::default() };
    undecided(&judged_with(&t_level(), &policy), S::SigConstraintsFailure);
    let policy = Policy { timestamp_delay_seconds: Some(3601), ..policy };
    passed(&judged_with(&t_level(), &policy));
}

#[test]
fn scenario_66_time_stamp_validity_mandated() {
    let mut facts = t_level();
    facts.signatures[0].timestamps[0].value = SignatureValue::Invalid;
    let mandating = policy(&[(Code::TimestampRequired, Level::Fail)]);
    failed(&judged_with(&facts, &mandating), S::SigCryptoFailure);
    passed(&judged(&facts));
}

#[test]
fn scenario_67_t_level_mandated() {
    let mandating = policy(&[(Code::SignatureTimestampMissing, Level::Fail)]);
    undecided(&judged_with(&b_level(), &mandating), S::SigConstraintsFailure);
    let mut facts = t_level();
    facts.signatures[0].timestamps[0].imprint_matches = Some(false);
    undecided(&judged_with(&facts, &mandating), S::SigConstraintsFailure);
    passed(&judged_with(&t_level(), &mandating));
}

#[test]
fn scenario_68_sha1_signature() {
    let mut facts = b_level();
    facts.signatures[0].digest_algorithm = "SHA-1".into();
    facts.signatures[0].algorithm.digest = Some("SHA-1".into());
    let report = judged(&facts);
    undecided(&report, S::CryptoConstraintsFailureNoPoe);
    assert!(has(&report, Code::AlgorithmNotAcceptable));
}

#[test]
fn scenario_69_md5_short_keys() {
    let undecided_with = |change: &dyn Fn(&mut SignatureFacts)| {
        let mut facts = b_level();
        change(&mut facts.signatures[0]);
        undecided(&judged(&facts), S::CryptoConstraintsFailureNoPoe);
    };
    undecided_with(&|signature| signature.digest_algorithm = "MD5".into());
    undecided_with(&|signature| signature.key.as_mut().unwrap().bits = Some(1023));
    undecided_with(&|signature| signature.key = None);
    undecided_with(&|signature| {
        signature.algorithm.scheme = Scheme::Ecdsa;
        signature.key.as_mut().unwrap().bits = Some(160);
    });
    // The certificate's own signature and that of its revocation data count too.
    let mut facts = b_level();
    cert(&mut facts, "signer").signature.digest = Some("SHA-1".into());
    undecided(&judged(&facts), S::CryptoConstraintsFailureNoPoe);
    let mut facts = b_level();
    data(&mut facts, "ca").algorithm.digest = Some("MD5".into());
    undecided(&judged(&facts), S::CryptoConstraintsFailureNoPoe);
    let mut facts = b_level();
    cert(&mut facts, "ca").key.bits = Some(1024);
    undecided(&judged(&facts), S::CryptoConstraintsFailureNoPoe);
}

#[test]
fn scenario_70_weak_algorithm_known_to_be_late() {
    let mut facts = content_stamped("2026-03-01T08:00:00Z");
    facts.signatures[0].digest_algorithm = "SHA-1".into();
    undecided(&judged(&facts), S::CryptoConstraintsFailure);
}

/// A world of 2012: everything valid from 2010 to far ahead, SHA-1 still good.
fn old_world() -> Facts {
    let mut facts = t_level();
    for name in ["signer", "ca", "ocsp", "tsa", "root", "tsaroot"] {
        cert(&mut facts, name).not_before = t("2010-01-01T00:00:00Z");
    }
    facts.signatures[0].claimed_signing_time = Some(t("2012-07-01T09:00:00Z"));
    facts.signatures[0].timestamps[0].gen_time = Some(t("2012-07-01T10:00:00Z"));
    facts
}

#[test]
fn scenario_71_sha1_stamped_in_time() {
    let mut facts = old_world();
    facts.signatures[0].digest_algorithm = "SHA-1".into();
    let report = judged(&facts);
    passed(&report);
    facts.signatures[0].timestamps[0].gen_time = Some(t("2012-08-01T00:00:00Z"));
    undecided(&judged(&facts), S::CryptoConstraintsFailureNoPoe);
}

#[test]
fn scenario_71_a_stamp_does_not_heal_weak_certificates() {
    let mut facts = old_world();
    cert(&mut facts, "signer").signature.digest = Some("SHA-1".into());
    undecided(&judged(&facts), S::CryptoConstraintsFailureNoPoe);
}

#[test]
fn scenario_73_anchor_past_its_sunset() {
    let mut facts = t_level();
    facts.chains.get_mut(&fp("signer")).unwrap()[0].anchor.as_mut().unwrap().sunset = Some(t(NOW));
    undecided(&judged(&facts), S::NoCertificateChainFoundNoPoe);
    facts.chains.get_mut(&fp("signer")).unwrap()[0].anchor.as_mut().unwrap().sunset =
        Some(t("2026-06-01T12:00:01Z"));
    passed(&judged(&facts));
}

#[test]
fn scenario_80_lone_stamp() {
    let report = judged(&lone_stamp());
    assert_eq!(report.verdict, Verdict::TotalPassed);
    assert_eq!(report.timestamps[0].indication, Status::Passed);
    let mut facts = lone_stamp();
    cert(&mut facts, "tsa").not_after = t("2026-05-31T00:00:00Z");
    let report = judged(&facts);
    assert_eq!(report.verdict, Verdict::Indeterminate);
    assert_eq!(report.timestamps[0].sub_indication, Some(S::OutOfBoundsNotRevoked));
    let mut facts = lone_stamp();
    facts.timestamps[0].imprint_matches = Some(false);
    let report = judged(&facts);
    assert_eq!((report.verdict, exit_code(&report)), (Verdict::TotalFailed, 1));
}

#[test]
fn scenario_81_broken_countersignature() {
    let mut facts = b_level();
    let mut counter = signature();
    counter.id = "1.1".into();
    counter.countersigns = Some("1".into());
    counter.attributes.content_type = AttributeCheck::NotApplicable;
    facts.signatures.push(counter);
    passed(&judged(&facts));
    assert_eq!(judged(&facts).verdict, Verdict::TotalPassed);
    facts.signatures[1].content = ContentDigest::Mismatch;
    let report = judged(&facts);
    passed(&report);
    assert_eq!(report.signatures[1].sub_indication, Some(S::HashFailure));
    assert_eq!(report.verdict, Verdict::TotalFailed);
}

#[test]
fn scenario_82_authority_revoked_after_the_stamp() {
    let mut facts = t_level();
    revoke(&mut facts, "tsa", "2026-04-01T00:00:00Z", RevocationReason::CessationOfOperation);
    let report = judged(&facts);
    passed(&report);
    assert_eq!(report.signatures[0].best_signature_time, Some(t(NOW)));
    assert_eq!(report.signatures[0].timestamps[0].sub_indication, Some(S::RevokedNoPoe));
    // And so it cannot save a revoked signer.
    revoke(&mut facts, "signer", "2026-05-01T00:00:00Z", RevocationReason::Unspecified);
    undecided(&judged(&facts), S::RevokedNoPoe);
}

#[test]
fn cryptography_beats_doubts_about_the_certificate() {
    let mut facts = b_level();
    facts.chains.clear();
    facts.signatures[0].content = ContentDigest::Mismatch;
    failed(&judged(&facts), S::HashFailure);
}

#[test]
fn nothing_to_judge_is_no_success() {
    let mut facts = b_level();
    facts.signatures.clear();
    let report = judged(&facts);
    assert_eq!((report.verdict, exit_code(&report)), (Verdict::NoSignature, 9));
}

#[test]
fn the_worst_signature_gives_the_verdict() {
    let mut facts = b_level();
    let mut second = signature();
    second.id = "2".into();
    second.content = ContentDigest::ContentMissing;
    facts.signatures.push(second);
    let report = judged(&facts);
    assert_eq!((report.verdict, exit_code(&report)), (Verdict::Indeterminate, 3));
    assert_eq!(report.signatures[0].indication, Indication::TotalPassed);
}

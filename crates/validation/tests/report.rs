//! The report as JSON and as text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_validation::{Lang, Policy, Report, Times, facts::*, judge, text};
use common::*;

/// CAdES-T by two signers: one good, one stamped after its certificate was revoked.
fn two_signers() -> Facts {
    let mut facts = t_level();
    let mut verdi = facts.certificates[&fp("signer")].clone();
    verdi.subject.surname = Some("VERDI".into());
    verdi.subject.given_name = Some("LUIGI".into());
    verdi.subject.serial_number = Some("TINIT-VRDLGU70A01H501B".into());
    verdi.subject.title = Some("Presidente".into());
    verdi.serial_number = "1a2c".into();
    facts.certificates.insert(fp("verdi"), verdi);
    facts.chains.insert(fp("verdi"), vec![chain(&["verdi", "ca", "root"])]);
    let mut revoked = ocsp("ocsp-2", "2026-05-31T00:00:00Z");
    revoked.status = CertificateStatus::Revoked {
        at: t("2026-02-01T08:00:00Z"),
        reason: RevocationReason::KeyCompromise,
    };
    facts.revocation.insert(fp("verdi"), vec![revoked]);
    let mut second = facts.signatures[0].clone();
    second.id = "2".into();
    second.certificate = Some(fp("verdi"));
    second.references = references("verdi");
    second.timestamps[0].id = "2/t1".into();
    facts.signatures.push(second);
    facts
}

fn report() -> Report {
    judge(&two_signers(), &Policy::default(), &Times::now(t(NOW)))
}

#[test]
fn json_golden() {
    let json = serde_json::to_string_pretty(&report()).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report-two-signers.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &json).unwrap();
    }
    assert_eq!(json, std::fs::read_to_string(path).unwrap());
}

#[test]
fn json_has_the_keys_of_the_contract() {
    let value = serde_json::to_value(report()).unwrap();
    for key in ["format", "layers", "verdict", "signatures", "timestamps", "evidence_records"] {
        assert!(value.get(key).is_some(), "{key}");
    }
    let signature = &value["signatures"][0];
    for key in [
        "id",
        "format",
        "level",
        "intact",
        "indication",
        "sub_indication",
        "signer",
        "claimed_signing_time",
        "best_signature_time",
        "time_reference",
        "timestamps",
        "legal_notes",
        "findings",
    ] {
        assert!(signature.get(key).is_some(), "{key}");
    }
    for key in
        ["name", "tax_code", "title", "organisation", "issuer", "serial_number", "qualification"]
    {
        assert!(signature["signer"].get(key).is_some(), "{key}");
    }
    for key in ["kind", "time", "intact", "indication", "sub_indication", "tsa"] {
        assert!(signature["timestamps"][0].get(key).is_some(), "{key}");
    }
    for key in ["code", "level", "clause", "message", "where"] {
        assert!(value["signatures"][1]["findings"][0].get(key).is_some(), "{key}");
    }
    assert_eq!(signature["best_signature_time"], "2026-03-01T10:00:00Z");
    assert_eq!(signature["time_reference"], "signature-timestamp");
    assert_eq!(signature["signer"]["name"], "ROSSI MARIO");
    assert_eq!(signature["signer"]["title"], "Segretario comunale");
}

#[test]
fn messages_follow_the_language_and_codes_do_not() {
    let english = report();
    let mut italian = english.clone();
    italian.localise(Lang::It);
    let codes = |report: &Report| -> Vec<_> {
        report.signatures.iter().flat_map(|s| &s.findings).map(|f| f.code).collect()
    };
    assert_eq!(codes(&english), codes(&italian));
    let finding = &italian.signatures[1].findings[0];
    assert!(finding.message.starts_with("Il certificato VERDI LUIGI è revocato"));
    let mut back = italian;
    back.localise(Lang::En);
    assert_eq!(back, english);
}

#[test]
fn text_golden_in_both_languages() {
    for (lang, name) in
        [(Lang::It, "report-two-signers.it.txt"), (Lang::En, "report-two-signers.en.txt")]
    {
        let told = text::render(&report(), lang);
        let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &told).unwrap();
        }
        assert_eq!(told, std::fs::read_to_string(&path).unwrap());
    }
}

#[test]
fn the_verdict_comes_first() {
    let first_line = |facts: &Facts| {
        let report = judge(facts, &Policy::default(), &Times::now(t(NOW)));
        text::render(&report, Lang::It).lines().next().unwrap().to_owned()
    };
    assert_eq!(first_line(&b_level()), "Firma valida");
    assert_eq!(first_line(&lone_stamp()), "Marca temporale valida");
    let mut facts = b_level();
    facts.signatures[0].content = ContentDigest::Mismatch;
    assert_eq!(first_line(&facts), "Firma NON valida");
    let mut facts = b_level();
    facts.chains.clear();
    assert_eq!(first_line(&facts), "Non verificabile");
    facts.signatures.clear();
    assert_eq!(first_line(&facts), "Nessuna firma trovata");
}

#[test]
fn rome_times_have_their_offset() {
    assert_eq!(text::rome(t("2026-03-01T09:00:00Z"), Lang::It), "01/03/2026 10:00:00 +01:00");
    assert_eq!(text::rome(t("2026-07-01T09:00:00Z"), Lang::En), "2026-07-01 11:00:00 +02:00");
}

#[test]
fn hostile_names_drive_no_terminal() {
    let mut facts = b_level();
    let subject = &mut cert(&mut facts, "signer").subject;
    subject.surname = Some("ROSSI\u{1b}]0;owned\u{7}".into());
    subject.title = Some("\u{202e}etnediserP".into());
    subject.organisation = Some("a\nFirma valida".into());
    facts.signatures[0].certificate = Some(fp("signer"));
    facts.input.layers[0].name = Some("\u{1b}[2J".into());
    problem(&mut facts, ceralacca_validation::Code::CertificatePathInvalid, "ca");
    facts.chains.get_mut(&fp("signer")).unwrap()[0].problems[0].detail = "x\u{1b}[31m\ny".into();
    let report = judge(&facts, &Policy::default(), &Times::now(t(NOW)));
    let json = serde_json::to_string(&report).unwrap();
    for told in [text::render(&report, Lang::It), json] {
        assert!(!told.chars().any(|c| c != '\n' && c.is_control()), "{told:?}");
        assert!(!told.contains('\u{202e}') && !told.contains("\\u001b"), "{told:?}");
    }
}

//! Revocation data that are too old to prove anything (EN 319 102-1 §5.2.5), and what is told of times
//! that do not fit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_validation::{
    Code, Facts, Lang, Policy, Report, Status, SubIndication as S, Times, Verdict,
    facts::{AttributeCheck, ContentDigest, StructuralFinding, TimestampKind},
    judge, judge_certificate, text,
};
use common::*;

/// After the nextUpdate of every list and answer, within the validity of every certificate.
const LATE: &str = "2026-08-01T00:00:00Z";

fn at(facts: &Facts, policy: &Policy, time: &str) -> Report {
    judge(facts, policy, &Times::now(t(time)))
}

fn default_at(facts: &Facts, time: &str) -> Report {
    at(facts, &Policy::default(), time)
}

fn first_lines(report: &Report) -> String {
    text::render(report, Lang::It).lines().take(3).collect::<Vec<_>>().join("\n")
}

#[test]
fn data_past_their_next_update_prove_nothing_under_any_policy() {
    for name in ceralacca_validation::policy::NAMES {
        let policy = Policy::named(name).unwrap();
        let report = at(&b_level(), &policy, LATE);
        undecided(&report, S::TryLater);
        assert!(has(&report, Code::RevocationExpired), "{name}");
        // What was due in the past is not worth waiting for.
        assert_eq!(report.signatures[0].try_again, None);
        assert!(first_lines(&report).contains("troppo vecchia"), "{}", first_lines(&report));
    }
    let certificate = fp("signer");
    let times = Times::now(t(LATE));
    let report = judge_certificate(&b_level(), &certificate, &Policy::default(), &times);
    assert_eq!(
        (report.indication, report.sub_indication),
        (Status::Indeterminate, Some(S::TryLater))
    );
    // The last second still counts.
    let report = default_at(&b_level(), "2026-07-01T00:00:00Z");
    assert!(!has(&report, Code::RevocationExpired));
    passed(&report);
}

#[test]
fn what_was_young_when_the_signature_is_proven_stays_so() {
    for name in ceralacca_validation::policy::NAMES {
        let report = at(&t_level(), &Policy::named(name).unwrap(), LATE);
        passed(&report);
        for code in [Code::RevocationExpired, Code::RevocationNotFresh] {
            assert!(!has(&report, code), "{name} {}", code.as_str());
        }
        assert_eq!(report.signatures[0].timestamps[0].indication, Status::Passed);
    }
    // Proven only after the data ended.
    let mut facts = t_level();
    for name in ["signer", "ca"] {
        data(&mut facts, name).next_update = Some(t("2026-02-20T00:00:00Z"));
    }
    undecided(&default_at(&facts, NOW), S::TryLater);
}

#[test]
fn one_piece_that_still_serves_is_enough() {
    let mut facts = b_level();
    data(&mut facts, "signer").next_update = Some(t("2026-06-01T00:00:00Z"));
    undecided(&default_at(&facts, NOW), S::TryLater);
    let list = crl("crl-ca", "ca", "2026-05-20T00:00:00Z");
    facts.revocation.get_mut(&fp("signer")).unwrap().push(list);
    let report = default_at(&facts, NOW);
    passed(&report);
    assert!(!has(&report, Code::RevocationExpired));
}

#[test]
fn an_answer_that_names_no_next_update_is_young_only_when_it_is_made() {
    let mut facts = b_level();
    data(&mut facts, "signer").next_update = None;
    let report = default_at(&facts, NOW);
    passed(&report);
    assert!(has(&report, Code::RevocationNotFresh));
    undecided(&at(&facts, &Policy::strict(), NOW), S::TryLater);
    let made = Some(t("2026-06-01T11:59:30Z"));
    data(&mut facts, "signer").this_update = made;
    data(&mut facts, "signer").produced_at = made;
    for policy in [Policy::default(), Policy::strict()] {
        let report = at(&facts, &policy, NOW);
        passed(&report);
        assert!(!has(&report, Code::RevocationNotFresh));
    }
}

#[test]
fn of_an_expired_certificate_data_must_reach_to_its_end() {
    let mut facts = b_level();
    cert(&mut facts, "signer").not_after = t("2026-06-20T00:00:00Z");
    undecided(&default_at(&facts, LATE), S::OutOfBoundsNotRevoked);
    data(&mut facts, "signer").next_update = Some(t("2026-06-10T00:00:00Z"));
    let report = default_at(&facts, LATE);
    undecided(&report, S::OutOfBoundsNoPoe);
    assert!(has(&report, Code::RevocationExpired));
}

#[test]
fn a_certificate_that_has_not_begun_is_told_as_such() {
    let mut facts = b_level();
    facts.signatures[0].claimed_signing_time = None;
    let report = default_at(&facts, "2024-06-01T00:00:00Z");
    assert!(first_lines(&report).contains("non era ancora valido"), "{}", first_lines(&report));
    // The certificate had begun; only what is at hand is later.
    let report = default_at(&facts, "2025-06-01T00:00:00Z");
    assert!(first_lines(&report).contains("vengono dopo la data"), "{}", first_lines(&report));
    facts.signatures[0].claimed_signing_time = Some(t("2026-03-01T09:00:00Z"));
    let report = default_at(&facts, "2025-06-01T00:00:00Z");
    assert!(first_lines(&report).contains("La firma porta una data"), "{}", first_lines(&report));
}

#[test]
fn an_archive_that_was_not_renewed_is_told_as_such() {
    let mut facts = t_level();
    let archive = stamp("1/t2", TimestampKind::ArchiveV3, "2026-03-15T12:00:00Z");
    facts.signatures[0].timestamps.push(archive);
    let report = default_at(&facts, "2035-06-01T00:00:00Z");
    assert_eq!(report.verdict, Verdict::Indeterminate);
    assert!(first_lines(&report).contains("rinnovato in tempo"), "{}", first_lines(&report));
    // Without an archive there was nothing to renew.
    let report = default_at(&t_level(), "2035-06-01T00:00:00Z");
    assert!(!first_lines(&report).contains("rinnovato"), "{}", first_lines(&report));
}

#[test]
fn the_headline_tells_a_missing_signer() {
    let mut report = default_at(&b_level(), NOW);
    report.expect_signers([("RSSMRA80A01H501U", None)]);
    assert!(first_lines(&report).starts_with("Firma valida\n"));
    report.expect_signers([("VRDLGU70A01H501B", None)]);
    let told = first_lines(&report);
    assert!(told.starts_with("Firma valida, ma manca una firma attesa\n"), "{told}");
    assert!(!told.contains("Conserva il file"), "{told}");
}

#[test]
fn files_of_a_container_that_are_missing_or_not_signed() {
    let note = |code| StructuralFinding {
        code,
        detail: "allegato.txt".into(),
        location: Some("allegato.txt".into()),
    };
    let mut facts = b_level();
    facts.signatures[0].content = ContentDigest::ContentMissing;
    facts.signatures[0].structure.push(note(Code::ContainerFileMissing));
    let report = default_at(&facts, NOW);
    undecided(&report, S::SignedDataNotFound);
    let told = first_lines(&report);
    assert!(told.contains("contenitore manca") && !told.contains("--content"), "{told}");
    let mut facts = b_level();
    facts.signatures[0].structure.push(note(Code::ContainerFileUncovered));
    facts.input.notes.push(note(Code::ContainerFileUncovered));
    let report = default_at(&facts, NOW);
    passed(&report);
    assert!(first_lines(&report).contains("un file non firmato"), "{}", first_lines(&report));
    let told = text::render(&report, Lang::It);
    assert_eq!(told.matches("CONTAINER_FILE_UNCOVERED").count(), 1, "{told}");
}

#[test]
fn a_duplicated_message_digest_is_named_beside_the_missing_one() {
    let mut facts = b_level();
    facts.signatures[0].attributes.duplicated.push("message-digest".into());
    facts.signatures[0].attributes.message_digest = AttributeCheck::Absent;
    facts.signatures[0].content = ContentDigest::NoReference;
    let report = default_at(&facts, NOW);
    failed(&report, S::FormatFailure);
    let codes: Vec<_> = report.signatures[0].findings.iter().map(|one| one.code).collect();
    assert_eq!(codes[..2], [Code::MessageDigestMissing, Code::AttributeDuplicated]);
}

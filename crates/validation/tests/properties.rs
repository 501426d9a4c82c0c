//! Making a fact worse never improves a verdict.
//!
//! Two things the standard itself decides otherwise are left out by construction: evidence *against*
//! a signature (a stamp that shows it to be too early or too late, data that revokes) is not taken
//! away, because without it there is less to hold against the signature.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_validation::{Facts, Policy, Times, Verdict, catalogue::Code, facts::*, judge};
use common::*;

type Worsen = (&'static str, fn(&mut Facts));

fn each_stamp(facts: &mut Facts, change: impl Fn(&mut TimestampFacts)) {
    let signatures = facts.signatures.iter_mut().flat_map(|signature| &mut signature.timestamps);
    signatures.chain(&mut facts.timestamps).for_each(change);
}

fn each_signature(facts: &mut Facts, change: impl Fn(&mut SignatureFacts)) {
    facts.signatures.iter_mut().for_each(change);
}

fn each_data(facts: &mut Facts, change: impl Fn(&mut RevocationFacts)) {
    facts.revocation.values_mut().flatten().for_each(change);
}

fn note(code: Code) -> StructuralFinding {
    StructuralFinding { code, detail: "worse".into(), location: None }
}

const WORSE: &[Worsen] = &[
    ("content altered", |f| each_signature(f, |s| s.content = ContentDigest::Mismatch)),
    ("content missing", |f| {
        each_signature(f, |s| {
            if s.content == ContentDigest::Intact {
                s.content = ContentDigest::ContentMissing;
            }
        });
    }),
    ("value invalid", |f| each_signature(f, |s| s.value = SignatureValue::Invalid)),
    ("value unchecked", |f| {
        each_signature(f, |s| {
            if s.value != SignatureValue::Invalid {
                s.value = SignatureValue::Unchecked;
            }
        });
    }),
    ("value tolerated", |f| {
        each_signature(f, |s| {
            if matches!(s.value, SignatureValue::Valid { .. }) {
                s.value = SignatureValue::Valid {
                    matched: MatchedForm::DerSorted,
                    tolerance: Some("x".into()),
                };
            }
        });
    }),
    ("unreadable", |f| each_signature(f, |s| s.structure.push(note(Code::StructureUnreadable)))),
    ("ambiguous", |f| each_signature(f, |s| s.structure.push(note(Code::StructureAmbiguous)))),
    ("deviating", |f| each_signature(f, |s| s.structure.push(note(Code::StructureDeviation)))),
    ("no reference", |f| each_signature(f, |s| s.references = ReferenceFacts::default())),
    ("other reference", |f| {
        each_signature(f, |s| {
            s.references.references.iter_mut().for_each(|r| r.certificate = None)
        });
    }),
    ("duplicated attribute", |f| {
        each_signature(f, |s| s.attributes.duplicated.push("signing-time".into()));
    }),
    ("no content type", |f| {
        each_signature(f, |s| s.attributes.content_type = AttributeCheck::Absent);
    }),
    ("no signing time", |f| each_signature(f, |s| s.claimed_signing_time = None)),
    ("weak digest", |f| each_signature(f, |s| s.digest_algorithm = "MD5".into())),
    ("weak key", |f| each_signature(f, |s| s.key = None)),
    ("stamp imprint", |f| each_stamp(f, |s| s.imprint_matches = Some(false))),
    ("stamp imprint unknown", |f| each_stamp(f, |s| s.imprint_matches = None)),
    ("stamp value", |f| each_stamp(f, |s| s.value = SignatureValue::Invalid)),
    ("stamp reference", |f| each_stamp(f, |s| s.references = ReferenceFacts::default())),
    ("stamps gone", |f| f.signatures.iter_mut().for_each(|s| s.timestamps.clear())),
    ("chain gone", |f| f.chains.clear()),
    ("chain unanchored", |f| f.chains.values_mut().flatten().for_each(|c| c.anchor = None)),
    ("chain broken", |f| {
        f.chains.values_mut().flatten().for_each(|c| {
            c.problems.push(PathProblem {
                code: Code::CertificateSignatureInvalid,
                certificate: None,
                detail: String::new(),
            });
        });
    }),
    ("anchor for nothing", |f| {
        let anchors = f.chains.values_mut().flatten().filter_map(|c| c.anchor.as_mut());
        anchors.for_each(|a| a.purposes.clear());
    }),
    ("anchor sunset", |f| {
        let anchors = f.chains.values_mut().flatten().filter_map(|c| c.anchor.as_mut());
        anchors.for_each(|a| a.sunset = Some(t("2020-01-01T00:00:00Z")));
    }),
    ("certificates gone", |f| f.certificates.clear()),
    ("no data", |f| f.revocation.clear()),
    ("data unsigned", |f| each_data(f, |d| d.signature = SignatureCheck::Invalid)),
    ("data unauthorised", |f| each_data(f, |d| d.authorisation = Authorisation::None)),
    ("data of the future", |f| {
        each_data(f, |d| d.this_update = Some(t("2027-01-01T00:00:00Z")));
    }),
    ("data undated", |f| each_data(f, |d| d.this_update = None)),
    ("signer revoked", |f| {
        if let Some(list) = f.revocation.get_mut(&fp("signer")) {
            list.iter_mut().filter(|d| d.status == CertificateStatus::Good).for_each(|d| {
                d.status = CertificateStatus::Revoked {
                    at: t("2025-02-01T00:00:00Z"),
                    reason: RevocationReason::KeyCompromise,
                };
            });
        }
    }),
    ("authority revoked", |f| {
        if let Some(list) = f.revocation.get_mut(&fp("ca")) {
            list.iter_mut().for_each(|d| {
                d.status = CertificateStatus::Revoked {
                    at: t("2021-01-01T00:00:00Z"),
                    reason: RevocationReason::CaCompromise,
                };
            });
        }
    }),
    ("on hold", |f| {
        if let Some(list) = f.revocation.get_mut(&fp("signer")) {
            list.iter_mut().filter(|d| d.status == CertificateStatus::Good).for_each(|d| {
                d.status = CertificateStatus::Revoked {
                    at: t("2025-02-01T00:00:00Z"),
                    reason: RevocationReason::CertificateHold,
                };
            });
        }
    }),
];

/// Worlds whose stamps and data speak for the signature.
fn bases() -> Vec<(&'static str, Facts)> {
    let mut revoked_after = t_level();
    revoke(&mut revoked_after, "signer", "2026-04-01T00:00:00Z", RevocationReason::Superseded);
    let mut expired = t_level();
    cert(&mut expired, "signer").not_after = t("2026-04-01T00:00:00Z");
    data(&mut expired, "signer").covers_expired_since = Some(t("2020-01-01T00:00:00Z"));
    let mut revoked = b_level();
    revoke(&mut revoked, "signer", "2026-04-01T00:00:00Z", RevocationReason::Superseded);
    let mut held = t_level();
    revoke(&mut held, "signer", "2026-04-01T00:00:00Z", RevocationReason::CertificateHold);
    let mut missing = b_level();
    missing.signatures[0].content = ContentDigest::ContentMissing;
    let mut unanchored = b_level();
    unanchored.chains.clear();
    let mut two = t_level();
    two.signatures.push(SignatureFacts { id: "2".into(), ..signature() });
    vec![
        ("b", b_level()),
        ("t", t_level()),
        ("revoked after the stamp", revoked_after),
        ("expired after the stamp", expired),
        ("revoked", revoked),
        ("held after the stamp", held),
        ("content missing", missing),
        ("unanchored", unanchored),
        ("two", two),
        ("content stamped", content_stamped("2026-02-01T00:00:00Z")),
        ("lone stamp", lone_stamp()),
    ]
}

fn verdict(facts: &Facts, policy: &Policy) -> Verdict {
    judge(facts, policy, &Times::now(t(NOW))).verdict
}

#[test]
fn worse_facts_never_give_a_better_verdict() {
    for policy in [Policy::default(), Policy::strict(), Policy::preservation()] {
        for (base, facts) in bases() {
            let before = verdict(&facts, &policy);
            for (name, worsen) in WORSE {
                let mut worse = facts.clone();
                worsen(&mut worse);
                let after = verdict(&worse, &policy);
                assert!(after >= before, "{base}: {name} turned {before:?} into {after:?}");
            }
        }
    }
}

#[test]
fn two_flaws_never_make_a_pass() {
    let policy = Policy::default();
    for (base, facts) in bases() {
        for (first, worsen) in WORSE {
            let mut worse = facts.clone();
            worsen(&mut worse);
            if verdict(&worse, &policy) == Verdict::TotalPassed {
                continue;
            }
            for (second, worsen) in WORSE {
                let mut worst = worse.clone();
                worsen(&mut worst);
                let after = verdict(&worst, &policy);
                assert!(after > Verdict::TotalPassed, "{base}: {first} and {second}: {after:?}");
            }
        }
    }
}

#[test]
fn the_strict_policy_is_never_milder() {
    for (base, facts) in bases() {
        for (name, worsen) in WORSE {
            let mut worse = facts.clone();
            worsen(&mut worse);
            let (usual, strict) =
                (verdict(&worse, &Policy::default()), verdict(&worse, &Policy::strict()));
            assert!(strict >= usual, "{base}, {name}: {strict:?} after {usual:?}");
        }
    }
}

#[test]
fn the_same_arguments_give_the_same_report() {
    for (_, facts) in bases() {
        for (_, worsen) in WORSE {
            let mut worse = facts.clone();
            worsen(&mut worse);
            let read = Facts::from_json(&worse.to_json().unwrap()).unwrap();
            let times = Times::now(t(NOW));
            let policy = Policy::default();
            let report = judge(&worse, &policy, &times);
            assert_eq!(report, judge(&read, &policy, &times));
            let json = serde_json::to_string(&report).unwrap();
            assert_eq!(
                serde_json::from_str::<ceralacca_validation::Report>(&json).unwrap(),
                report
            );
        }
    }
}

#[test]
fn every_failure_is_told_and_every_pass_has_no_failure() {
    for (base, facts) in bases() {
        for (name, worsen) in WORSE {
            let mut worse = facts.clone();
            worsen(&mut worse);
            for signature in judge(&worse, &Policy::default(), &Times::now(t(NOW))).signatures {
                let fails = signature
                    .findings
                    .iter()
                    .filter(|f| f.level == ceralacca_validation::Level::Fail);
                assert_eq!(
                    signature.sub_indication.is_some(),
                    fails.count() > 0,
                    "{base}, {name}: {signature:#?}"
                );
            }
        }
    }
}

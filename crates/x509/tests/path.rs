//! Paths over synthetic certificates (RFC 5280 §6.1).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_x509::{
    self as x509, AnchorConstraints, CandidateFailure, Certificate, PathBudget, PathLimit,
    PathRule, PathSearch, PathValidator, SimplePathBuilder, TrustAnchor, ValidityState,
};
use common::*;

fn search(leaf: &Issued, pool: &[&Issued], anchors: &[TrustAnchor]) -> PathSearch {
    let pool: Vec<Certificate> = pool.iter().map(|one| one.certificate.clone()).collect();
    SimplePathBuilder::default().paths(&leaf.certificate, &pool, anchors, &PathBudget::default())
}

fn only_rule(search: &PathSearch) -> PathRule {
    assert!(search.paths.is_empty(), "{search:?}");
    assert_eq!(search.flawed.len(), 1);
    assert_eq!(search.flawed[0].flaws.len(), 1, "{:?}", search.flawed[0].flaws);
    search.flawed[0].flaws[0].rule.clone()
}

fn with(extensions: Vec<Vec<u8>>, issuer: &Issued, subject: &str) -> Issued {
    Spec { subject, serial: 2, from: 0, to: 2000, extensions }.issue(issuer)
}

#[test]
fn three_certificates_and_their_facts() {
    let root = root("Radice di prova");
    let sub = sub_ca("CA di prova", &root);
    let leaf = leaf("Firmatario di prova", &sub, vec![]);
    let found = search(&leaf, &[&sub, &root], &[anchor(&root)]);
    assert_eq!(found.paths.len(), 1);
    assert!(found.failed.is_empty() && found.flawed.is_empty() && found.limit.is_none());
    let path = &found.paths[0];
    assert_eq!(path.certificates().len(), 3);
    assert_eq!(path.links().len(), 2);
    assert!(path.links().iter().all(|link| link.signature.is_valid()));
    assert_eq!(path.links()[1].intermediates_below, 1);
    assert_eq!(path.links()[0].issuer_key_cert_sign, Some(true));
    assert_eq!(path.issuer_of(0), Some(&sub.certificate));
    assert_eq!(path.issuer_of(2), None);

    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<PathSearch>(&text).unwrap(), found);
    assert!(text.contains(&leaf.certificate.fingerprint().to_string()));
}

#[test]
fn time_is_reported_apart() {
    let root = root("R");
    let leaf = leaf("L", &root, vec![]);
    let found = search(&leaf, &[], &[anchor(&root)]);
    let path = &found.paths[0];
    let states = |at| path.check_at(at).certificates.iter().map(|c| c.state).collect::<Vec<_>>();
    use ValidityState::{Expired, NotYetValid, Valid};
    assert_eq!(states(day(9)), [NotYetValid, Valid]);
    assert_eq!(states(day(10)), [Valid, Valid]);
    assert_eq!(states(day(1000)), [Valid, Valid]);
    assert_eq!(states(day(1001)), [Expired, Valid]);
    assert!(path.check_at(day(1000)).is_valid() && !path.check_at(day(1001)).is_valid());

    let mut sunset = anchor(&root);
    sunset.sunset = Some(day(500));
    let found = search(&leaf, &[], &[sunset]);
    assert!(found.paths[0].check_at(day(499)).is_valid());
    assert!(!found.paths[0].check_at(day(500)).is_valid());
}

#[test]
fn issuers_that_may_not_issue() {
    let root = root("R");
    let cases = [
        (vec![usage(&[5, 6])], PathRule::NotCa),
        (vec![ca(None), usage(&[6])], PathRule::NoKeyCertSign),
        (
            vec![ca(None), usage(&[5]), extension("1.2.3.4", true, &[5, 0])],
            PathRule::UnprocessedCriticalExtension { oid: "1.2.3.4".into() },
        ),
        (
            vec![ca(None), ca(None), usage(&[5])],
            PathRule::RepeatedExtension { oid: BASIC_CONSTRAINTS.into() },
        ),
        (
            vec![ca(None), usage(&[5]), extension("2.5.29.30", true, &[0x30, 0])],
            PathRule::NotEvaluated { oid: "2.5.29.30".into() },
        ),
        (
            vec![ca(None), usage(&[5]), extension("2.5.29.36", true, &[0x30, 3, 0x80, 1, 0])],
            PathRule::NotEvaluated { oid: "2.5.29.36".into() },
        ),
        (
            vec![ca(None), usage(&[5]), purposes(&["1.3.6.1.5.5.7.3.2"], true)],
            PathRule::NotEvaluated { oid: "2.5.29.37".into() },
        ),
    ];
    for (extensions, rule) in cases {
        let sub = with(extensions, &root, "CA");
        let leaf = leaf("L", &sub, vec![]);
        assert_eq!(only_rule(&search(&leaf, &[&sub], &[anchor(&root)])), rule);
    }
}

#[test]
fn path_length_counts_no_self_issued_and_no_leaf() {
    let root = root("R");
    let one = with(vec![ca(Some(0)), usage(&[5])], &root, "CA 1");
    let rollover = with(vec![ca(None), usage(&[5])], &one, "CA 1");
    let two = sub_ca("CA 2", &one);
    let fine = leaf("L", &rollover, vec![]);
    let found = search(&fine, &[&rollover, &one], &[anchor(&root)]);
    assert_eq!(found.paths.len(), 1, "{found:?}");
    let long = leaf("L", &two, vec![]);
    let rule = only_rule(&search(&long, &[&two, &one], &[anchor(&root)]));
    assert_eq!(rule, PathRule::PathTooLong { allowed: 0, found: 1 });
}

#[test]
fn a_signer_given_as_anchor_issues_nothing() {
    let root = root("R");
    let signer = leaf("S", &root, vec![]);
    let forged = leaf("F", &signer, vec![]);
    let found = search(&forged, &[], &[anchor(&signer)]);
    assert_eq!(only_rule(&found), PathRule::NoKeyCertSign);
    // It vouches for itself, and for itself only.
    assert_eq!(search(&signer, &[], &[anchor(&signer)]).paths.len(), 1);

    let mut bare = anchor(&signer);
    bare.constraints = AnchorConstraints::Ignored;
    assert_eq!(search(&forged, &[], &[bare]).paths.len(), 1);
}

#[test]
fn purposes_of_issuers() {
    let root = root("R");
    let stamping = x509::KP_TIME_STAMPING;
    let sub =
        with(vec![ca(None), usage(&[5]), purposes(&["1.3.6.1.5.5.7.3.2"], false)], &root, "CA");
    let leaf = leaf("L", &sub, vec![]);
    assert_eq!(search(&leaf, &[&sub], &[anchor(&root)]).paths.len(), 1);
    let builder = SimplePathBuilder { key_purpose: Some(stamping) };
    let pool = [sub.certificate.clone()];
    let found = builder.paths(&leaf.certificate, &pool, &[anchor(&root)], &PathBudget::default());
    assert_eq!(only_rule(&found), PathRule::PurposeExcluded { oid: stamping.to_string() });
}

#[test]
fn every_failed_candidate_is_kept() {
    let root = root("R");
    let impostor = common::root("R");
    let sub = sub_ca("CA", &root);
    let other = sub_ca("CA", &root);
    let leaf = leaf("L", &sub, vec![]);
    let found = search(&leaf, &[&other, &sub], &[anchor(&impostor)]);
    assert!(found.paths.is_empty() && found.flawed.is_empty());
    let signatures = found.failed.iter().filter(|failed| {
        matches!(&failed.reason, CandidateFailure::Signature { check } if !check.is_valid())
    });
    let candidates: Vec<_> = signatures.filter_map(|failed| failed.candidate).collect();
    assert_eq!(candidates.len(), 2);
    assert!(candidates.contains(&other.certificate.fingerprint()));
    assert!(candidates.contains(&impostor.certificate.fingerprint()));

    let found = search(&leaf, &[], &[anchor(&root)]);
    assert_eq!(found.failed[0].reason, CandidateFailure::IssuerMissing);
    assert_eq!(found.failed[0].issuer_name, "CN=CA");
    let found = search(&impostor, &[], &[anchor(&root)]);
    assert!(found.paths.is_empty(), "{found:?}");
    let found = search(&impostor, &[], &[]);
    assert_eq!(found.failed[0].reason, CandidateFailure::RootNotTrusted);
}

#[test]
fn cross_certificates_give_several_paths() {
    let (one, two) = (root("R1"), root("R2"));
    let sub = sub_ca("CA", &one);
    let spec = Spec {
        subject: "CA",
        serial: 9,
        from: 0,
        to: 2000,
        extensions: vec![ca(None), usage(&[5, 6])],
    };
    let octets = two.key.sign(&spec.tbs("R2", &sub.key.spki), &[]);
    let cross = Certificate::from_der(&octets).unwrap();
    let leaf = leaf("L", &sub, vec![]);
    let pool = [cross, sub.certificate.clone()];
    let anchors = [anchor(&one), anchor(&two)];
    let budget = PathBudget::default();
    let found = SimplePathBuilder::default().paths(&leaf.certificate, &pool, &anchors, &budget);
    assert_eq!(found.paths.len(), 2);
    let budget = PathBudget { paths: 1, ..budget };
    let found = SimplePathBuilder::default().paths(&leaf.certificate, &pool, &anchors, &budget);
    assert_eq!((found.paths.len(), found.limit), (1, Some(PathLimit::Paths)));
}

#[test]
fn class_17_pools_made_to_branch_end_within_the_budget() {
    // Every CA certified by every other: paths grow as the factorial of their number.
    let issuers: Vec<Issued> = (0..12).map(|i| root(&format!("CA {i}"))).collect();
    let mut pool = Vec::new();
    for (i, one) in issuers.iter().enumerate() {
        for (j, two) in issuers.iter().enumerate().filter(|(j, _)| *j != i) {
            let spec = Spec {
                subject: &two.name,
                serial: (i * 100 + j) as u64,
                from: 0,
                to: 2000,
                extensions: vec![ca(None), usage(&[5])],
            };
            let octets = one.key.sign(&spec.tbs(&one.name, &two.key.spki), &[]);
            pool.push(Certificate::from_der(&octets).unwrap());
        }
    }
    let leaf = leaf("L", &issuers[0], vec![]);
    let anchors = [anchor(&root("Altra"))];
    let budget = PathBudget::default();
    let found = SimplePathBuilder::default().paths(&leaf.certificate, &pool, &anchors, &budget);
    assert!(found.paths.is_empty() && found.limit.is_some());
    assert!(found.signature_checks <= budget.signature_checks);
}

#[test]
fn depth_is_bounded() {
    let mut chain = vec![root("CA 0")];
    for i in 1..12 {
        let next = sub_ca(&format!("CA {i}"), chain.last().unwrap());
        chain.push(next);
    }
    let pool: Vec<&Issued> = chain.iter().collect();
    let short = search(chain.get(9).unwrap(), &pool, &[anchor(&chain[0])]);
    assert_eq!(short.paths.len(), 1);
    let long = search(chain.get(10).unwrap(), &pool, &[anchor(&chain[0])]);
    assert!(long.paths.is_empty());
    assert!(long.failed.iter().any(|failed| failed.reason == CandidateFailure::TooDeep));
}

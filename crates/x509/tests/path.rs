//! Paths over synthetic certificates (RFC 5280 §6.1).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_x509::{
    self as x509, AnchorConstraints, CandidateFailure, Certificate, PathBudget, PathBuilder,
    PathLimit, PathRule, PathSearch, PathValidator, SignatureChecks, TrustAnchor, ValidityModel,
    ValidityState,
};
use common::*;

fn search(leaf: &Issued, pool: &[&Issued], anchors: &[TrustAnchor]) -> PathSearch {
    let pool: Vec<Certificate> = pool.iter().map(|one| one.certificate.clone()).collect();
    PathBuilder::default().paths(&leaf.certificate, &pool, anchors, &PathBudget::default())
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
    let leaf = common::leaf("L", &root, vec![]);
    let found = search(&leaf, &[], &[anchor(&root)]);
    let path = &found.paths[0];
    let states = |at| {
        path.check_at(at, ValidityModel::Shell)
            .certificates
            .iter()
            .map(|c| c.state)
            .collect::<Vec<_>>()
    };
    use ValidityState::{Expired, NotYetValid, Valid};
    assert_eq!(states(day(9)), [NotYetValid, Valid]);
    assert_eq!(states(day(10)), [Valid, Valid]);
    assert_eq!(states(day(1000)), [Valid, Valid]);
    assert_eq!(states(day(1001)), [Expired, Valid]);
    assert!(
        path.check_at(day(1000), ValidityModel::Shell).is_valid()
            && !path.check_at(day(1001), ValidityModel::Shell).is_valid()
    );

    // A CA whose certificate has expired since: only the chain model passes over it.
    let sub =
        Spec { subject: "CA", serial: 2, from: 0, to: 50, extensions: vec![ca(None), usage(&[5])] };
    let sub = sub.issue(&root);
    let below = common::leaf("L", &sub, vec![]);
    let found = search(&below, &[&sub], &[anchor(&root)]);
    let valid = |at, model| found.paths[0].check_at(at, model).is_valid();
    assert!(valid(day(50), ValidityModel::Shell) && !valid(day(51), ValidityModel::Shell));
    assert!(valid(day(1000), ValidityModel::Chain) && !valid(day(1001), ValidityModel::Chain));
    // It had expired when it issued: neither model has it.
    let late = Spec { subject: "L", serial: 5, from: 60, to: 900, extensions: vec![] }.issue(&sub);
    let found = search(&late, &[&sub], &[anchor(&root)]);
    assert!(!found.paths[0].check_at(day(70), ValidityModel::Chain).is_valid());
    // The anchor is judged when it issued, not when the leaf was used.
    let mut ended = anchor(&root);
    ended.sunset = Some(day(5));
    let found = search(&below, &[&sub], &[ended]);
    assert!(found.paths[0].check_at(day(40), ValidityModel::Chain).is_valid());
    assert!(!found.paths[0].check_at(day(40), ValidityModel::Shell).is_valid());

    let mut sunset = anchor(&root);
    sunset.sunset = Some(day(500));
    let found = search(&leaf, &[], &[sunset]);
    assert!(found.paths[0].check_at(day(499), ValidityModel::Shell).is_valid());
    assert!(!found.paths[0].check_at(day(500), ValidityModel::Shell).is_valid());
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
            PathRule::MalformedExtension { oid: "2.5.29.30".into() },
        ),
        (
            vec![ca(None), usage(&[5]), extension("2.5.29.36", true, &[0x30, 0])],
            PathRule::MalformedExtension { oid: "2.5.29.36".into() },
        ),
        (
            vec![ca(None), usage(&[5]), extension("2.5.29.33", true, &[0x30, 0])],
            PathRule::MalformedExtension { oid: "2.5.29.33".into() },
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
    let builder = PathBuilder { key_purpose: Some(stamping), ..PathBuilder::default() };
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
    let found = PathBuilder::default().paths(&leaf.certificate, &pool, &anchors, &budget);
    assert_eq!(found.paths.len(), 2);
    let budget = PathBudget { paths: 1, ..budget };
    let found = PathBuilder::default().paths(&leaf.certificate, &pool, &anchors, &budget);
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
    let found = PathBuilder::default().paths(&leaf.certificate, &pool, &anchors, &budget);
    assert!(found.paths.is_empty() && found.limit.is_some());
    assert!(found.signature_checks <= budget.signature_checks);
}

#[test]
fn class_17_a_crowd_of_issuers_of_one_name() {
    // Two thousand certificates of the issuer's name and one key, none of which signed.
    let root = root("R");
    let crowd: Vec<Certificate> = (0..2_000)
        .map(|serial| {
            let extensions = vec![ca(None), usage(&[5])];
            let spec = Spec { subject: "CA", serial, from: 0, to: 2000, extensions };
            let tbs = spec.tbs("R", &root.key.spki);
            Certificate::from_der(&root.key.sign(&tbs, &[])).unwrap()
        })
        .collect();
    let signer = sub_ca("CA", &root);
    let leaf = leaf("L", &signer, vec![]);
    let began = std::time::Instant::now();
    let budget = PathBudget::default();
    let found = PathBuilder::default().paths(&leaf.certificate, &crowd, &[anchor(&root)], &budget);
    assert_eq!(found.limit, Some(PathLimit::SignatureChecks));
    assert_eq!(found.failed.len(), 100);
    assert!(found.failed.iter().all(|failed| failed.path == [leaf.certificate.fingerprint()]));
    assert!(began.elapsed().as_secs() < 10);
}

#[test]
fn checks_are_remembered_from_one_search_to_the_next() {
    let root = root("R");
    let sub = sub_ca("CA", &root);
    let leaves = [leaf("L1", &sub, vec![]), leaf("L2", &sub, vec![])];
    let pool = [sub.certificate.clone()];
    let checks = SignatureChecks::new(3);
    let builder = PathBuilder { checks: Some(&checks), ..PathBuilder::default() };
    let search = |leaf: &Issued| {
        builder.paths(&leaf.certificate, &pool, &[anchor(&root)], &PathBudget::default())
    };
    assert_eq!(search(&leaves[0]).signature_checks, 2);
    assert_eq!(search(&leaves[1]).signature_checks, 1);
    assert_eq!((search(&leaves[0]).paths.len(), checks.left()), (1, 0));
    let found = search(&common::leaf("L3", &sub, vec![]));
    assert_eq!((found.paths.len(), found.limit), (0, Some(PathLimit::SignatureChecks)));
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

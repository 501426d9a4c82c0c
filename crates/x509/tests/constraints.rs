//! Name constraints and certificate policies along a path (RFC 5280 §6.1).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::{collections::BTreeSet, time::Instant};

use asn1::{Oid, Tag, der};
use ceralacca_x509::{
    Certificate, PathBudget, PathBuilder, PathRule, PathSearch, PathValidator, PolicyInputs,
};
use common::*;

const ANY: &str = "2.5.29.32.0";

fn oid(text: &str) -> Vec<u8> {
    der::oid(&Oid::parse(text).unwrap())
}

fn policies(oids: &[&str]) -> Vec<u8> {
    let all: Vec<Vec<u8>> = oids.iter().map(|one| der::sequence(&[oid(one)])).collect();
    extension("2.5.29.32", false, &der::sequence(&all))
}

fn mappings(pairs: &[(&str, &str)]) -> Vec<u8> {
    let all: Vec<Vec<u8>> =
        pairs.iter().map(|(from, to)| der::sequence(&[oid(from), oid(to)])).collect();
    extension("2.5.29.33", true, &der::sequence(&all))
}

/// policyConstraints with requireExplicitPolicy and inhibitPolicyMapping.
fn limits(explicit: Option<u8>, mapping: Option<u8>) -> Vec<u8> {
    let part =
        |tag, skip: Option<u8>| skip.map_or(vec![], |skip| der::tlv(Tag::context(tag), &[skip]));
    extension("2.5.29.36", true, &der::sequence(&[part(0, explicit), part(1, mapping)]))
}

fn inhibit_any(skip: u64) -> Vec<u8> {
    extension("2.5.29.54", true, &der::integer(skip))
}

/// nameConstraints; each subtree is a GeneralName.
fn names(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let part = |tag, list: &[Vec<u8>]| {
        let subtrees: Vec<Vec<u8>> = list.iter().map(|name| der::sequence(&[name])).collect();
        match &subtrees[..] {
            [] => vec![],
            all => der::constructed(Tag::context_constructed(tag), all),
        }
    };
    extension("2.5.29.30", true, &der::sequence(&[part(0, permitted), part(1, excluded)]))
}

fn alternative(names: &[Vec<u8>]) -> Vec<u8> {
    extension("2.5.29.17", false, &der::sequence(names))
}

fn dns(text: &str) -> Vec<u8> {
    url(2, text)
}

fn directory(common_name: &str) -> Vec<u8> {
    der::tlv(Tag::context_constructed(4), &name(common_name))
}

fn issue(subject: &str, issuer: &Issued, extra: &[Vec<u8>]) -> Issued {
    let extensions = [&[ca(None), usage(&[5, 6])], extra].concat();
    Spec { subject, serial: 2, from: 0, to: 2000, extensions }.issue(issuer)
}

fn search(leaf: &Issued, pool: &[&Issued], root: &Issued, inputs: PolicyInputs) -> PathSearch {
    let pool: Vec<Certificate> = pool.iter().map(|one| one.certificate.clone()).collect();
    let builder = PathBuilder { policies: inputs, ..PathBuilder::default() };
    builder.paths(&leaf.certificate, &pool, &[anchor(root)], &PathBudget::default())
}

fn rules(search: &PathSearch) -> Vec<PathRule> {
    search.flawed.iter().flat_map(|one| &one.flaws).map(|flaw| flaw.rule.clone()).collect()
}

/// The policies of the only path, or `None` when there is no sound one.
fn valid_for(search: &PathSearch) -> Option<Vec<String>> {
    search.paths.first().map(|path| path.policies().to_vec())
}

fn accept(oids: &[&str]) -> PolicyInputs {
    let acceptable: BTreeSet<Oid> = oids.iter().map(|one| Oid::parse(one).unwrap()).collect();
    PolicyInputs { acceptable: Some(acceptable), explicit_policy: true, ..PolicyInputs::default() }
}

#[test]
fn names_below_a_constrained_issuer() {
    let root = root("R");
    let sub = issue("CA", &root, &[names(&[dns("comune.it")], &[dns("segreto.comune.it")])]);
    for (host, holds) in [
        ("comune.it", true),
        ("www.comune.it", true),
        ("altro.it", false),
        ("x.segreto.comune.it", false),
        ("*.comune.it", false),
    ] {
        let leaf = leaf("L", &sub, vec![alternative(&[dns(host)])]);
        let found = search(&leaf, &[&sub], &root, PolicyInputs::default());
        assert_eq!(found.paths.len() == 1, holds, "{host}: {:?}", rules(&found));
        if !holds {
            assert_eq!(rules(&found), [PathRule::NameNotAllowed { name: host.to_owned() }]);
        }
    }
    // Constraints stand in certificates of CAs only (§4.2.1.10).
    let odd = leaf("L", &root, vec![names(&[dns("comune.it")], &[])]);
    let found = search(&odd, &[], &root, PolicyInputs::default());
    assert_eq!(rules(&found), [PathRule::MisplacedExtension { oid: "2.5.29.30".into() }]);
    // A certificate without a name of the form is not constrained by it.
    let plain = leaf("L", &sub, vec![]);
    assert_eq!(search(&plain, &[&sub], &root, PolicyInputs::default()).paths.len(), 1);
}

#[test]
fn subjects_and_the_certificates_between_are_bound_as_well() {
    let root = root("R");
    let one = issue("CA 1", &root, &[names(&[], &[directory("CA 2"), directory("Altro")])]);
    let two = issue("CA 2", &one, &[]);
    let below = leaf("L", &two, vec![]);
    let found = search(&below, &[&two, &one], &root, PolicyInputs::default());
    assert_eq!(rules(&found), [PathRule::NameNotAllowed { name: "CN=CA 2".into() }]);
    assert_eq!(found.flawed[0].flaws[0].certificate, two.certificate.fingerprint());
    let direct = leaf("altro", &one, vec![]);
    let found = search(&direct, &[&one], &root, PolicyInputs::default());
    assert_eq!(rules(&found), [PathRule::NameNotAllowed { name: "CN=altro".into() }]);
    // Self-issued: the same authority under a new key (§6.1.3 (b)).
    let own = issue("CA", &root, &[names(&[directory("Ente")], &[])]);
    let again = issue("CA", &own, &[]);
    let fine = leaf("ENTE", &again, vec![]);
    let found = search(&fine, &[&again, &own], &root, PolicyInputs::default());
    assert_eq!(found.paths.len(), 1, "{:?}", rules(&found));
}

#[test]
fn an_explicit_policy_must_hold_all_along() {
    let root = root("R");
    let both = issue("CA", &root, &[policies(&["1.2.1", "1.2.2"]), limits(Some(0), None)]);
    let one = leaf("L", &both, vec![policies(&["1.2.2"])]);
    let found = search(&one, &[&both], &root, PolicyInputs::default());
    assert_eq!(valid_for(&found), Some(vec!["1.2.2".into()]));
    let other = leaf("L", &both, vec![policies(&["1.2.3"])]);
    let found = search(&other, &[&both], &root, PolicyInputs::default());
    assert_eq!(rules(&found), [PathRule::NoValidPolicy]);
    let none = leaf("L", &both, vec![]);
    let found = search(&none, &[&both], &root, PolicyInputs::default());
    assert_eq!(rules(&found), [PathRule::NoValidPolicy]);
    // Asked for by the caller rather than by an issuer.
    let free = sub_ca("CA", &root);
    let leaf = leaf("L", &free, vec![policies(&["1.2.2"])]);
    let found = search(&leaf, &[&free], &root, PolicyInputs::default());
    assert_eq!(valid_for(&found), Some(vec![]));
    let found = search(&leaf, &[&free], &root, accept(&["1.2.2"]));
    assert_eq!(rules(&found), [PathRule::NoValidPolicy]);
}

#[test]
fn mapped_policies_are_known_by_their_first_name() {
    let root = root("R");
    let mapped = [policies(&["1.2.1"]), mappings(&[("1.2.1", "1.3.1"), ("1.2.1", "1.3.2")])];
    let sub = issue("CA", &root, &mapped);
    let theirs = leaf("L", &sub, vec![policies(&["1.3.2"])]);
    let found = search(&theirs, &[&sub], &root, accept(&["1.2.1"]));
    assert_eq!(valid_for(&found), Some(vec!["1.2.1".into()]));
    let found = search(&theirs, &[&sub], &root, accept(&["1.3.2"]));
    assert_eq!(rules(&found), [PathRule::NoValidPolicy]);
    let ours = leaf("L", &sub, vec![policies(&["1.2.1"])]);
    let found = search(&ours, &[&sub], &root, accept(&["1.2.1"]));
    assert_eq!(rules(&found), [PathRule::NoValidPolicy], "mapped away");
    let inhibited = PolicyInputs { inhibit_mapping: true, ..accept(&["1.2.1"]) };
    let found = search(&theirs, &[&sub], &root, inhibited);
    assert_eq!(rules(&found), [PathRule::NoValidPolicy]);
    let odd = issue("CA", &root, &[policies(&["1.2.1"]), mappings(&[(ANY, "1.2.1")])]);
    let below = leaf("L", &odd, vec![]);
    let found = search(&below, &[&odd], &root, PolicyInputs::default());
    assert_eq!(rules(&found), [PathRule::AnyPolicyMapped]);
}

#[test]
fn any_policy_and_its_end() {
    let root = root("R");
    let any = issue("CA", &root, &[policies(&[ANY])]);
    let leaf_of = |issuer: &Issued| leaf("L", issuer, vec![policies(&["1.2.1"])]);
    let found = search(&leaf_of(&any), &[&any], &root, accept(&["1.2.1", "1.2.9"]));
    assert_eq!(valid_for(&found), Some(vec!["1.2.1".into()]));
    let inhibited = PolicyInputs { inhibit_any_policy: true, ..accept(&["1.2.1"]) };
    let found = search(&leaf_of(&any), &[&any], &root, inhibited);
    assert_eq!(rules(&found), [PathRule::NoValidPolicy]);
    let ends = issue("CA", &root, &[policies(&["1.2.1"]), inhibit_any(0)]);
    let below = leaf("L", &ends, vec![policies(&[ANY])]);
    let found = search(&below, &[&ends], &root, accept(&["1.2.1"]));
    assert_eq!(rules(&found), [PathRule::NoValidPolicy]);
    let last = leaf("L", &any, vec![policies(&[ANY])]);
    let found = search(&last, &[&any], &root, accept(&["1.2.7"]));
    assert_eq!(valid_for(&found), Some(vec!["1.2.7".into()]));
    let found = search(&last, &[&any], &root, PolicyInputs::default());
    assert_eq!(valid_for(&found), Some(vec![ANY.into()]));
}

#[test]
fn class_17_mappings_made_to_grow_without_end() {
    // CVE-2023-0464: in RFC 5280's tree each level multiplies its nodes by the number of policies.
    const POLICIES: u32 = 60;
    let root = root("R");
    let oids: Vec<String> = (0..POLICIES).map(|n| format!("1.2.{n}")).collect();
    let oids: Vec<&str> = oids.iter().map(String::as_str).collect();
    let pairs: Vec<(&str, &str)> =
        oids.iter().flat_map(|from| oids.iter().map(move |to| (*from, *to))).collect();
    let mut chain = vec![issue("CA 0", &root, &[policies(&oids), mappings(&pairs)])];
    for level in 1..8 {
        let extra = [policies(&oids), mappings(&pairs)];
        let next = issue(&format!("CA {level}"), chain.last().unwrap(), &extra);
        chain.push(next);
    }
    let leaf = leaf("L", chain.last().unwrap(), vec![policies(&["1.9"])]);
    let pool: Vec<&Issued> = chain.iter().collect();
    let began = Instant::now();
    let found = search(&leaf, &pool, &root, accept(&["1.9"]));
    assert_eq!(rules(&found), [PathRule::NoValidPolicy]);
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn class_17_names_and_constraints_by_the_thousand() {
    let root = root("R");
    let hosts = |count: usize, tail: &str| -> Vec<Vec<u8>> {
        (0..count).map(|n| dns(&format!("h{n}.{tail}"))).collect()
    };
    let began = Instant::now();
    for (count, refused) in [(1_000, false), (1_100, true), (10_000, true)] {
        let sub = issue("CA", &root, &[names(&[], &hosts(count, "vietato.it"))]);
        let leaf = leaf("L", &sub, vec![alternative(&hosts(count, "comune.it"))]);
        let found = search(&leaf, &[&sub], &root, PolicyInputs::default());
        let comparisons = (count * count) as u64;
        if refused {
            assert_eq!(rules(&found), [PathRule::TooManyNames { found: comparisons }]);
        } else {
            assert_eq!(found.paths.len(), 1, "{:?}", rules(&found));
        }
    }
    // Names of other forms cost nothing.
    let sub = issue("CA", &root, &[names(&[], &hosts(5_000, "vietato.it"))]);
    let mails: Vec<Vec<u8>> = (0..5_000).map(|n| url(1, &format!("u{n}@comune.it"))).collect();
    let leaf = leaf("L", &sub, vec![alternative(&mails)]);
    assert_eq!(search(&leaf, &[&sub], &root, PolicyInputs::default()).paths.len(), 1);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn damaged_constraints_never_help() {
    let root = root("R");
    let good = [
        names(&[dns("comune.it"), directory("Ente")], &[url(1, ".comune.it")]),
        policies(&["1.2.1"]),
        mappings(&[("1.2.1", "1.3.1")]),
        limits(Some(1), Some(0)),
        inhibit_any(0),
    ];
    for (index, extension) in good.iter().enumerate() {
        let flips = (0..extension.len() * 8).map(|bit| {
            let mut one = extension.clone();
            one[bit / 8] ^= 1 << (bit % 8);
            one
        });
        let cuts = (0..extension.len()).map(|end| {
            // Cut inside the value, the lengths around it made to fit.
            let value = asn1::Value::parse(extension).unwrap().children().collect_all().unwrap();
            let octets = value.last().unwrap().contents();
            let oid = value[0].raw().to_vec();
            der::sequence(&[oid, der::octet_string(&octets[..end.min(octets.len())])])
        });
        for damaged in flips.chain(cuts) {
            let mut extra = good.to_vec();
            extra[index] = damaged;
            let extensions = [vec![ca(None), usage(&[5, 6])], extra].concat();
            let spec = Spec { subject: "CA", serial: 2, from: 0, to: 2000, extensions };
            let octets = root.key.sign(&spec.tbs("R", &root.key.spki), &[]);
            let Ok(certificate) = Certificate::from_der(&octets) else { continue };
            let issuer = Issued { certificate, key: Key::new(), name: "CA".into() };
            let leaf = Spec {
                subject: "L",
                serial: 3,
                from: 0,
                to: 100,
                extensions: vec![alternative(&[dns("altro.it")]), policies(&["1.3.1"])],
            };
            let octets = root.key.sign(&leaf.tbs("CA", &root.key.spki), &[]);
            let leaf = Certificate::from_der(&octets).unwrap();
            let found = PathBuilder::default().paths(
                &leaf,
                &[issuer.certificate],
                &[anchor(&root)],
                &PathBudget::default(),
            );
            // The name is outside: nothing said elsewhere lets it in.
            assert!(index == 0 || found.paths.is_empty());
            assert!(found.paths.len() + found.flawed.len() <= 1);
        }
    }
}

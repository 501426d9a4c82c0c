//! Public cases of other projects: chains, CRLs, OCSP responses, NIST PKITS.
//!
//! Every case must agree, or be one on which we differ with a reason; one that
//! agrees in spite of its reason fails as well. Skipped where the corpus is
//! not at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![allow(clippy::print_stdout, reason = "a survey prints its counts")]

// The shared module names the crate as everybody else does.
extern crate ceralacca_x509 as x509;

#[path = "common/conformance.rs"]
mod conformance;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;
use x509::{Certificate, Crl, OcspResponse, SecondOpinion, second_opinion};

fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("CERALACCA_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let corpus = shared.join("corpus");
    if !corpus.join("cases.jsonl").exists() {
        println!("no corpus at {}: skipped", corpus.display());
        return None;
    }
    Some(corpus)
}

fn cases(corpus: &Path, kind: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(corpus.join("cases.jsonl")).unwrap();
    let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cases: Vec<Value> = all.into_iter().filter(|case| case["kind"] == kind).collect();
    assert!(!cases.is_empty(), "{kind}");
    cases
}

/// Cases on which we differ with a reason; each reason stands in `docs/known-divergences.toml`.
const DIFFER: [&str; 3] = [
    "intermediate-eku-mlsclientauth/chain.pem MLS_CLIENT_AUTH TRUSTED_ANCHOR",
    "root-lacks-basic-constraints/chain.pem SERVER_AUTH \
     TRUSTED_ANCHOR_WITH_CONSTRAINTS_REQUIRE_BASIC_CONSTRAINTS",
    "target-has-ca-basic-constraints/chain.pem SERVER_AUTH_STRICT TRUSTED_ANCHOR",
];

fn conform(kind: &str) {
    let Some(corpus) = corpus() else { return };
    let (mut agree, mut wrong) = (0, Vec::new());
    for case in cases(&corpus, kind) {
        let found = conformance::differences(&case, &corpus).unwrap();
        let file = case["files"]["file"].as_str().unwrap();
        let name = format!("{file} {}", conformance::variant(&case));
        let differs = DIFFER.iter().any(|known| name.ends_with(known));
        agree += u32::from(found.is_empty());
        if found.is_empty() == differs {
            wrong.push(format!("{name}: {}", found.join("; ")));
        }
    }
    println!("{kind}: {agree} agree");
    assert!(wrong.is_empty(), "{kind}: {agree} agree, but\n{}", wrong.join("\n"));
}

#[test]
fn chains() {
    conform("x509-chain");
}

#[test]
fn pkits() {
    conform("x509-path-pkits");
}

#[test]
fn crl_status() {
    conform("crl-status");
}

#[test]
fn ocsp_status() {
    conform("ocsp-status");
}

#[test]
fn two_readers_agree_on_every_certificate_at_hand() {
    let Some(corpus) = corpus() else { return };
    let mut files: Vec<PathBuf> = Vec::new();
    for kind in ["x509-path-pkits", "x509-chain", "crl-status", "ocsp-status"] {
        for case in cases(&corpus, kind) {
            for value in case["files"].as_object().unwrap().values() {
                let one = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                files.extend(one.iter().map(|file| corpus.join(file.as_str().unwrap())));
            }
        }
    }
    files.sort();
    files.dedup();
    let mut opinions = BTreeMap::new();
    for file in files {
        for certificate in
            Certificate::from_pem_or_der(&std::fs::read(&file).unwrap()).unwrap_or_default()
        {
            let opinion = second_opinion(&certificate);
            if let SecondOpinion::Differs { parts } = &opinion {
                panic!("{}: {parts:?}", file.display());
            }
            *opinions.entry(format!("{opinion:?}")).or_insert(0) += 1;
        }
    }
    println!("second opinions: {opinions:?}");
    assert!(opinions["Agrees"] > 300);
}

#[test]
fn robustness_seeds() {
    let Some(corpus) = corpus() else { return };
    let mut read = BTreeMap::new();
    for kind in ["x509", "crl", "cms", "asn1"] {
        for entry in std::fs::read_dir(corpus.join("fuzz-corpora").join(kind)).unwrap() {
            let octets = std::fs::read(entry.unwrap().path()).unwrap();
            let certificate = Certificate::from_pem_or_der(&octets);
            if let Ok(all) = &certificate {
                for one in all {
                    let shown = format!("{} {:?} {:?}", one.subject(), one.tax_code(), one);
                    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\n']));
                    let _ = (second_opinion(one), one.self_signed());
                }
            }
            let crl = Crl::from_pem_or_der(&octets);
            if let Ok(all) = &crl {
                for one in all {
                    one.lookup(&[1]).unwrap();
                }
            }
            let ocsp = OcspResponse::from_der(&octets);
            let count = [certificate.is_ok(), crl.is_ok(), ocsp.is_ok()];
            let sum = read.entry(kind).or_insert([0; 4]);
            sum[3] += 1;
            for (sum, ok) in sum.iter_mut().zip(count) {
                *sum += u32::from(ok);
            }
        }
    }
    println!("read as certificate, CRL, OCSP response, of: {read:?}");
}

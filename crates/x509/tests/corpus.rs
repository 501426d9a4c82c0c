//! Public cases of other projects: chains, CRLs, OCSP responses, NIST PKITS.
//!
//! Nothing invalid may pass; what is valid and refused is counted, and each
//! refusal must be one this version declares. Skipped where the corpus is not
//! at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![allow(clippy::print_stdout, reason = "a survey prints its counts")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ceralacca_x509::{
    AnchorConstraints, Certificate, Crl, OcspResponse, PathBudget, PathSearch, PathValidator,
    RevocationOrigin, RevocationSource, RevocationStatus, SecondOpinion, SimplePathBuilder,
    TrustAnchor, evaluate, second_opinion,
};
use chrono::{DateTime, TimeZone, Utc};
use serde_json::Value;

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

/// Every PEM block of a file, by label.
fn blocks(path: &Path) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let mut blocks = Vec::new();
    for part in text.split("-----BEGIN ").skip(1) {
        let (label, rest) = part.split_once("-----").unwrap();
        let body: String =
            rest.split("-----END").next().unwrap().split_ascii_whitespace().collect();
        blocks.push((label.to_owned(), BASE64_STANDARD.decode(body).unwrap()));
    }
    blocks
}

#[derive(Default)]
struct Tally {
    agree: u32,
    refused: Vec<String>,
    accepted: Vec<String>,
}

impl Tally {
    fn count(&mut self, name: &str, expected: bool, found: bool, why: impl FnOnce() -> String) {
        match (expected, found) {
            (true, false) => self.refused.push(format!("{name}: {}", why())),
            (false, true) => self.accepted.push(name.to_owned()),
            _ => self.agree += 1,
        }
    }

    fn close(&self, kind: &str, pending: &[&str]) {
        println!("{kind}: {} agree, {} valid ones refused", self.agree, self.refused.len());
        for line in &self.refused {
            println!("  refused {line}");
        }
        assert!(self.accepted.is_empty(), "{kind} accepted though invalid: {:#?}", self.accepted);
        let undeclared: Vec<_> =
            self.refused.iter().filter(|line| !pending.iter().any(|p| line.contains(p))).collect();
        assert!(undeclared.is_empty(), "{kind} refused without a declared reason: {undeclared:#?}");
    }
}

fn why(search: &PathSearch) -> String {
    let mut reasons: Vec<String> = search
        .flawed
        .iter()
        .flat_map(|flawed| &flawed.flaws)
        .map(|flaw| format!("{:?}", flaw.rule))
        .chain(search.failed.iter().map(|failed| format!("{:?}", failed.reason)))
        .collect();
    reasons.dedup();
    reasons.join(", ")
}

#[test]
fn chains() {
    let Some(corpus) = corpus() else { return };
    let mut tally = Tally::default();
    for case in cases(&corpus, "x509-chain") {
        let file = case["files"]["file"].as_str().unwrap();
        let expected = &case["expected"];
        let purpose = expected["key_purpose"].as_str().unwrap();
        let trust = expected["last_cert_trust"].as_str().unwrap();
        let name = format!("{} {purpose} {trust}", file.rsplit('/').nth(1).unwrap());
        let at = match expected["utc_time"].as_str().unwrap() {
            "DEFAULT" => Utc.with_ymd_and_hms(2021, 10, 5, 12, 0, 0).unwrap(),
            other => asn1_time(other),
        };
        let certificates: Vec<Certificate> = blocks(&corpus.join(file))
            .iter()
            .filter(|(label, _)| label == "CERTIFICATE")
            .map(|(_, der)| Certificate::from_der(der).unwrap())
            .collect();
        let (leaf, rest) = certificates.split_first().unwrap();
        let mut anchor = TrustAnchor::new(certificates.last().unwrap().clone(), "case");
        if !trust.contains("CONSTRAINTS") {
            anchor.constraints = AnchorConstraints::Ignored;
        }
        let wanted = match purpose {
            "SERVER_AUTH" | "SERVER_AUTH_STRICT" => Some(asn1::Oid::new("1.3.6.1.5.5.7.3.1")),
            "CLIENT_AUTH" => Some(asn1::Oid::new("1.3.6.1.5.5.7.3.2")),
            _ => None,
        };
        let builder = SimplePathBuilder { key_purpose: wanted };
        let anchors = [anchor];
        let search = builder.paths(leaf, rest, &anchors, &PathBudget::default());
        let purposes = leaf.extended_key_purposes();
        let fits = purposes.is_empty()
            || wanted.is_none_or(|oid| {
                purposes.contains(&oid) || purposes.contains(&ceralacca_x509::KP_ANY)
            });
        // Trust in a leaf itself binds it to its dates; an anchor's dates do not count.
        let own = certificates.len() > 1 || leaf.is_valid_at(at);
        let time = search.paths.iter().any(|path| path.check_at(at).is_valid());
        if purpose == "SERVER_AUTH_STRICT"
            || purpose == "MLS_CLIENT_AUTH"
            || trust.ends_with("REQUIRE_BASIC_CONSTRAINTS")
        {
            println!("x509-chain {name}: asks for a TLS or library rule, not for RFC 5280");
            continue;
        }
        let valid = expected["valid"].as_bool().unwrap();
        tally.count(&name, valid, fits && own && time, || why(&search));
    }
    assert!(tally.agree >= 31, "{}", tally.agree);
    tally.close("x509-chain", &["NotEvaluated"]);
}

fn asn1_time(text: &str) -> DateTime<Utc> {
    let octets = asn1::der::tlv(asn1::Tag::UTC_TIME, text.as_bytes());
    asn1::Value::parse(&octets).unwrap().time().unwrap()
}

fn crl_pool(corpus: &Path, files: &Value) -> Vec<RevocationSource> {
    let read = |file: &Value| {
        let octets = std::fs::read(corpus.join(file.as_str().unwrap())).unwrap();
        RevocationSource::crl(Crl::from_der(&octets).unwrap(), RevocationOrigin::Embedded)
    };
    files.as_array().unwrap().iter().map(read).collect()
}

/// Not revoked by fresh data whose signer is not revoked either.
fn unrevoked(
    certificate: &Certificate,
    issuer: &Certificate,
    at: DateTime<Utc>,
    crls: &[RevocationSource],
    pool: &[Certificate],
    anchors: &[TrustAnchor],
    depth: u32,
) -> bool {
    let facts = evaluate(certificate, issuer, crls, pool, anchors);
    if facts.iter().any(|fact| matches!(fact.status, RevocationStatus::Revoked { .. })) {
        return false;
    }
    facts.iter().any(|fact| {
        let fresh = fact.this_update <= at && fact.next_update.is_none_or(|next| at <= next);
        let Some(signer) = &fact.signer else { return false };
        let signer = &signer.certificate;
        let own_key = signer.spki() == issuer.spki();
        fact.status == RevocationStatus::Good
            && fresh
            && (own_key || depth > 0 && path_holds(signer, at, crls, pool, anchors, depth - 1))
    })
}

fn path_holds(
    leaf: &Certificate,
    at: DateTime<Utc>,
    crls: &[RevocationSource],
    pool: &[Certificate],
    anchors: &[TrustAnchor],
    depth: u32,
) -> bool {
    let search = SimplePathBuilder::default().paths(leaf, pool, anchors, &PathBudget::default());
    search.paths.iter().any(|path| {
        path.check_at(at).is_valid()
            && path
                .certificates()
                .windows(2)
                .all(|pair| unrevoked(&pair[0], &pair[1], at, crls, pool, anchors, depth))
    })
}

#[test]
fn pkits() {
    let Some(corpus) = corpus() else { return };
    let mut tally = Tally::default();
    for case in cases(&corpus, "x509-path-pkits") {
        let read = |file: &Value| {
            let octets = std::fs::read(corpus.join(file.as_str().unwrap())).unwrap();
            Certificate::from_der(&octets).unwrap()
        };
        let files = &case["files"];
        let at = format!("{}T00:00:00Z", case["params"]["at"].as_str().unwrap()).parse().unwrap();
        let leaf = read(&files["file"]);
        let pool: Vec<_> = files["intermediates"].as_array().unwrap().iter().map(read).collect();
        let anchors = [TrustAnchor::new(read(&files["trust_anchor"]), "PKITS")];
        let crls = crl_pool(&corpus, &files["crls"]);
        // There is no way yet to demand a policy, so such a case can not be asked.
        let demands = case["expected"]["params"]["initial_explicit_policy"] == true;
        let found = !demands && path_holds(&leaf, at, &crls, &pool, &anchors, 2);
        let name = case["expected"]["test"].as_str().unwrap();
        tally.count(name, case["expected"]["valid"].as_bool().unwrap(), found, || {
            if demands {
                return "initial-explicit-policy".to_owned();
            }
            let search =
                SimplePathBuilder::default().paths(&leaf, &pool, &anchors, &PathBudget::default());
            let facts = search.paths.first().map(|path| {
                let pairs = path.certificates().windows(2);
                let all = pairs.map(|p| evaluate(&p[0], &p[1], &crls, &pool, &anchors));
                let brief = |fact: &ceralacca_x509::RevocationFact| {
                    format!("{:?} {:?}", fact.unusable, fact.authorisation)
                };
                format!("{:?}", all.flatten().map(|fact| brief(&fact)).collect::<Vec<_>>())
            });
            format!("{} {facts:?}", why(&search))
        });
    }
    let pending = [
        "NotEvaluated",
        "Delta",
        "Indirect",
        "SomeReasons",
        "DSA parameters inherited",
        "initial-explicit-policy",
    ];
    assert!(tally.agree >= 180, "{}", tally.agree);
    tally.close("x509-path-pkits", &pending);
}

#[test]
fn crl_status() {
    let Some(corpus) = corpus() else { return };
    let mut tally = BTreeMap::new();
    for case in cases(&corpus, "crl-status") {
        let file = case["files"]["file"].as_str().unwrap();
        let blocks = blocks(&corpus.join(file));
        let der = |label: &str| blocks.iter().find(|(l, _)| l == label).map(|(_, der)| &der[..]);
        let certificate = |label: &str| der(label).map(|der| Certificate::from_der(der).unwrap());
        let leaf = certificate("CERTIFICATE").unwrap();
        let issuer = certificate("CA CERTIFICATE").unwrap();
        let pool: Vec<_> = certificate("CA CERTIFICATE 2").into_iter().collect();
        let anchors = [TrustAnchor::new(issuer.clone(), "case")];
        let found = match Crl::from_der(der("CRL").unwrap()) {
            Ok(crl) => {
                let source = RevocationSource::crl(crl, RevocationOrigin::Embedded);
                evaluate(&leaf, &issuer, &[source], &pool, &anchors).first().map(|f| f.status)
            }
            Err(_) => None,
        };
        let found = status(found);
        let expected = case["expected"]["status"].as_str().unwrap();
        *tally.entry(expected == found).or_insert(0) += 1;
        assert!(expected == found, "{file}: expected {expected}, found {found}");
    }
    println!("crl-status: {tally:?}");
}

#[test]
fn ocsp_status() {
    let Some(corpus) = corpus() else { return };
    let mut count = 0;
    for case in cases(&corpus, "ocsp-status") {
        let file = case["files"]["file"].as_str().unwrap();
        let blocks = blocks(&corpus.join(file));
        let der = |label: &str| &blocks.iter().find(|(l, _)| l == label).unwrap().1[..];
        let leaf = Certificate::from_der(der("CERTIFICATE")).unwrap();
        let issuer = Certificate::from_der(der("CA CERTIFICATE")).unwrap();
        let found = match OcspResponse::from_der(der("OCSP RESPONSE")) {
            Ok(response) => {
                let source = RevocationSource::ocsp(response, RevocationOrigin::Embedded);
                evaluate(&leaf, &issuer, &[source], &[], &[]).first().map(|fact| fact.status)
            }
            Err(_) => None,
        };
        let expected = case["expected"]["status"].as_str().unwrap();
        assert_eq!(expected, status(found), "{file}");
        count += 1;
    }
    println!("ocsp-status: {count} agree");
}

fn status(found: Option<RevocationStatus>) -> &'static str {
    match found {
        Some(RevocationStatus::Good) => "GOOD",
        Some(RevocationStatus::Revoked { .. }) => "REVOKED",
        Some(RevocationStatus::Unknown | RevocationStatus::Undetermined) | None => "UNKNOWN",
    }
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

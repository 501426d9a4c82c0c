//! Class 34: nothing is fetched that was not asked for, and nothing from inside the house.

use std::sync::Arc;

use ceralacca::online::{HttpClient, HttpConfig, HttpFetch};
use ceralacca::validation::Verdict;
use ceralacca::{Evidence, Policy, Times, TrustAnchor, VerifyOptions, verify_file};
use chrono::{DateTime, Utc};
use lab::cms::{Odd, OddSigner};
use lab::{Config, Lab, Pki, Running, SignerSpec};

use crate::common::CONTENT;

fn at() -> DateTime<Utc> {
    crate::common::now()
}

struct Scene {
    dir: tempfile::TempDir,
    lab: Running,
    evidence: Evidence,
}

fn scene() -> Scene {
    let mut config = Config::quick(at());
    // Somebody under an authority nobody trusts, whose certificates name URLs as well.
    config.signers.push(SignerSpec::new("estraneo", "ESTRANEI", "UGO", at()));
    let lab = Lab::start(&config, Arc::new(at)).unwrap();
    let mut evidence = Evidence::default();
    for root in lab.pki().roots() {
        let certificate = x509::Certificate::from_der(&root.certificate.der).unwrap();
        evidence.anchors.push(TrustAnchor::new(certificate, "lab"));
    }
    Scene { dir: tempfile::tempdir().unwrap(), lab, evidence }
}

fn signed(pki: &Pki) -> Vec<u8> {
    let signer = OddSigner::at("presidente", at()).stamped("tsa", at());
    Odd { signers: vec![signer], ..Odd::new(pki, CONTENT, "presidente") }.build().unwrap()
}

impl Scene {
    fn verify(&self, octets: &[u8], fetch: Option<&HttpFetch>, evidence: &Evidence) -> Verdict {
        let path = self.dir.path().join("a.p7m");
        std::fs::write(&path, octets).unwrap();
        let options = VerifyOptions {
            evidence,
            fetch: fetch.map(|fetch| fetch as &dyn ceralacca::Fetch),
            content: None,
            content_digest: None,
            policy: &Policy::default(),
            times: &Times::now(at()),
            progress: None,
        };
        verify_file(&path, &options).unwrap().verdict
    }
}

fn client(allow: &[&str]) -> HttpFetch {
    let allow_net = allow.iter().map(|net| net.parse().unwrap()).collect();
    HttpFetch::new(HttpClient::new(HttpConfig { allow_net, ..HttpConfig::default() }).unwrap())
}

#[test]
fn class_34_offline_nobody_is_asked() {
    let scene = scene();
    let p7m = signed(&scene.lab.pki());
    assert_eq!(scene.verify(&p7m, None, &scene.evidence), Verdict::Indeterminate);
    assert_eq!(scene.lab.requests(), Vec::<String>::new());
}

#[test]
fn class_34_addresses_inside_are_not_asked_unless_named() {
    let scene = scene();
    let p7m = signed(&scene.lab.pki());
    assert_eq!(scene.verify(&p7m, Some(&client(&[])), &scene.evidence), Verdict::Indeterminate);
    assert_eq!(scene.lab.requests(), Vec::<String>::new(), "loopback, and nobody allowed it");
    let elsewhere = client(&["10.0.0.0/8"]);
    assert_eq!(scene.verify(&p7m, Some(&elsewhere), &scene.evidence), Verdict::Indeterminate);
    assert_eq!(scene.lab.requests(), Vec::<String>::new());
    let allowed = client(&["127.0.0.0/8"]);
    assert_eq!(scene.verify(&p7m, Some(&allowed), &scene.evidence), Verdict::TotalPassed);
    assert!(!scene.lab.requests().is_empty());
}

#[test]
fn class_34_certificates_without_an_anchor_name_nobody_to_ask() {
    let scene = scene();
    let pki = scene.lab.pki();
    let p7m = signed(&pki);
    // Everything that leads to the anchors is in the file, and nobody trusts them.
    let fetch = client(&["127.0.0.0/8"]);
    let verdict = scene.verify(&p7m, Some(&fetch), &Evidence::default());
    assert_eq!(verdict, Verdict::Indeterminate);
    let asked = scene.lab.requests();
    let revocation = |line: &&String| line.contains("/ocsp") || line.contains("/crl/");
    assert_eq!(asked.iter().filter(revocation).count(), 0, "{asked:?}");

    // A certificate thrown in that no signature is of.
    let bystander = pki.certificate("estraneo").unwrap().to_vec();
    let alone =
        Odd { extra_certificates: vec![bystander], ..Odd::new(&pki, CONTENT, "presidente") };
    let before = scene.lab.requests().len();
    let fetch = client(&["127.0.0.0/8"]);
    scene.verify(&alone.build().unwrap(), Some(&fetch), &scene.evidence);
    let asked = scene.lab.requests().split_off(before);
    // One status for the signer and one for its authority, not three.
    assert!(asked.iter().filter(revocation).count() <= 3, "{asked:?}");
}

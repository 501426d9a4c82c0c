//! What a path costs beyond its signature checks: four certificates with an OCSP response for each
//! below the root, from their octets to the status that decides.
//!
//! `cargo bench -p ceralacca-benches --bench path`. The target is 0.3 ms for `four_with_ocsp` less
//! `its_signature_checks`, which makes the same nine checks over objects read before.
#![allow(clippy::unwrap_used, missing_docs)]

use chrono::{DateTime, TimeDelta, Utc};
use divan::Bencher;
use lab::pki::AuthoritySpec;
use lab::{Config, KeyKind, Pki, SignerSpec};
use x509::{
    Certificate, OcspResponse, PathBudget, PathBuilder, PathValidator, RevocationOrigin,
    RevocationSource, RevocationStatus, SignatureChecks, TrustAnchor, ValidityModel, deciding,
    evaluate_with,
};

fn main() {
    divan::main();
}

fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

/// The octets a judge is given.
struct Given {
    root: Vec<u8>,
    /// Leaf first, without the root.
    chain: Vec<Vec<u8>>,
    responses: Vec<Vec<u8>>,
}

fn given() -> Given {
    let mut pki = Pki::empty(&Config::quick(now()));
    let authority = |id: &str, issuer: Option<&str>, below: Option<u8>| AuthoritySpec {
        issuer: issuer.map(str::to_owned),
        key: KeyKind::P256,
        path_length: below,
        ..AuthoritySpec::root(id, id, now())
    };
    for (id, issuer, below) in [
        ("radice", None, None),
        ("nazionale", Some("radice"), Some(1)),
        ("ca", Some("nazionale"), Some(0)),
    ] {
        pki.add_authority(&authority(id, issuer, below)).unwrap();
        pki.add_responder(&format!("ocsp-{id}"), id, KeyKind::P256).unwrap();
    }
    pki.add_signer(&SignerSpec::new("firmatario", "PROVA", "ADA", now())).unwrap();
    let ids = ["firmatario", "ca", "nazionale"];
    let (at, next) = (now() - TimeDelta::hours(1), now() + TimeDelta::days(1));
    Given {
        root: pki.certificate("radice").unwrap().to_vec(),
        chain: ids.map(|id| pki.certificate(id).unwrap().to_vec()).to_vec(),
        responses: ids.map(|id| pki.ocsp_response(id, at, next).unwrap()).to_vec(),
    }
}

/// Reads everything, builds the path and asks for the status of each certificate: how many
/// signature checks that took.
fn validate(given: &Given) -> u32 {
    const CHECKS: u32 = 100;
    let read = |der: &Vec<u8>| Certificate::from_der(der).unwrap();
    let anchors = [TrustAnchor::new(read(&given.root), "bench")];
    let chain: Vec<Certificate> = given.chain.iter().map(read).collect();
    let sources: Vec<RevocationSource> = given
        .responses
        .iter()
        .map(|der| OcspResponse::from_der(der).unwrap())
        .map(|response| RevocationSource::ocsp(response, RevocationOrigin::Embedded))
        .collect();
    let checks = SignatureChecks::new(CHECKS);
    let builder = PathBuilder { checks: Some(&checks), ..PathBuilder::default() };
    let search = builder.paths(&chain[0], &chain[1..], &anchors, &PathBudget::default());
    let path = &search.paths[0];
    assert!(path.check_at(now(), ValidityModel::Shell).is_valid());
    assert_eq!(path.certificates().len(), 4);
    for pair in path.certificates().windows(2) {
        let facts = evaluate_with(&checks, &pair[0], &pair[1], &sources, &chain, &anchors);
        assert_eq!(deciding(&facts, now()).unwrap().status, RevocationStatus::Good);
    }
    CHECKS - checks.left()
}

#[divan::bench]
fn four_with_ocsp(bencher: Bencher<'_, '_>) {
    let given = given();
    assert_eq!(validate(&given), 9, "three certificates, three responses, three responders");
    bencher.bench_local(|| validate(&given));
}

#[divan::bench]
fn its_signature_checks(bencher: Bencher<'_, '_>) {
    let given = given();
    let read = |der: &Vec<u8>| Certificate::from_der(der).unwrap();
    let path: Vec<Certificate> = given.chain.iter().chain([&given.root]).map(read).collect();
    let responses: Vec<OcspResponse> =
        given.responses.iter().map(|der| OcspResponse::from_der(der).unwrap()).collect();
    bencher.bench_local(|| {
        for (pair, response) in path.windows(2).zip(&responses) {
            let responder = &response.certificates()[0];
            assert!(pair[0].verify_issued_by(&pair[1]).is_valid());
            assert!(responder.verify_issued_by(&pair[1]).is_valid());
            assert!(response.verify_signed_by(responder).is_valid());
        }
    });
}

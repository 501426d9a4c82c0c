//! Damaged octets: no panic, and no object that still verifies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_x509::{
    Certificate, Crl, OcspResponse, RevocationOrigin, RevocationSource, RevocationStatus, evaluate,
};
use common::*;

/// A seeded sequence, so that a failure can be repeated.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

fn damaged(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..octets.len()).map(|end| octets[..end].to_vec()).collect();
    for bit in 0..octets.len() * 8 {
        let mut one = octets.to_vec();
        one[bit / 8] ^= 1 << (bit % 8);
        all.push(one);
    }
    let mut seeded = Seeded(2026);
    for _ in 0..2000 {
        let mut one = octets.to_vec();
        for _ in 0..=seeded.next(4) {
            let at = seeded.next(one.len());
            one[at] = [0, 0x80, 0xff, 0x30, 0x84][seeded.next(5)];
        }
        all.push(one);
    }
    all.retain(|one| one != octets);
    all
}

#[test]
fn certificates() {
    let root = root("Radice");
    let extra = vec![
        access(&["http://ocsp.example"], &["http://ca.example"]),
        crl_point("http://crl.example"),
        purposes(&["1.3.6.1.5.5.7.3.4"], false),
    ];
    let leaf = leaf("Firmatario", &root, extra);
    for octets in damaged(leaf.certificate.der()) {
        if let Ok(one) = Certificate::from_der(&octets) {
            // A flip in the header of the outer SEQUENCE that changes nothing signed does not exist in DER.
            assert!(!one.verify_issued_by(&root.certificate).is_valid(), "{octets:02x?}");
            let _ = (one.subject().to_string(), one.self_signed());
            let _ = ceralacca_x509::second_opinion(&one);
        }
        let _ = Certificate::from_pem_or_der(&octets);
    }
}

#[test]
fn lists() {
    let root = root("Radice");
    let leaf = leaf("Firmatario", &root, vec![]);
    let entries = [crl_entry(5, 20, Some(1)), crl_entry(77, 20, Some(6))];
    let octets = crl_der(&root.key, &root.name, &entries, &[]);
    for octets in damaged(&octets) {
        let Ok(crl) = Crl::from_der(&octets) else { continue };
        let source = RevocationSource::crl(crl, RevocationOrigin::Embedded);
        for fact in evaluate(&leaf.certificate, &root.certificate, &[source], &[], &[]) {
            assert_eq!(fact.status, RevocationStatus::Undetermined, "{octets:02x?}");
        }
    }
}

#[test]
fn responses() {
    let root = root("Radice");
    let leaf = leaf("Firmatario", &root, vec![]);
    let answer = Answer::new(&leaf.certificate, &root.certificate, &revoked(50, 1));
    let octets = ocsp_der(&root, &[answer.single()]);
    for octets in damaged(&octets) {
        let Ok(response) = OcspResponse::from_der(&octets) else { continue };
        let source = RevocationSource::ocsp(response, RevocationOrigin::Embedded);
        for fact in evaluate(&leaf.certificate, &root.certificate, &[source], &[], &[]) {
            // The certificates sent along are not signed: damage there changes nothing.
            assert!(
                matches!(
                    fact.status,
                    RevocationStatus::Revoked { .. } | RevocationStatus::Undetermined
                ),
                "{octets:02x?}"
            );
        }
    }
}

#[test]
fn ten_thousand_levels_in_a_small_stack() {
    let run = || {
        for tag in [0x30u8, 0xa0, 0x24] {
            let nested = [tag, 0x80].repeat(10_000);
            assert!(Certificate::from_der(&nested).is_err());
            assert!(Crl::from_der(&nested).is_err());
            assert!(OcspResponse::from_der(&nested).is_err());
        }
    };
    std::thread::Builder::new().stack_size(128 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn indefinite_lengths_are_read_and_their_octets_kept() {
    let root = root("Radice");
    let leaf = leaf("Firmatario", &root, vec![]);
    let inner = asn1::Value::parse(leaf.certificate.der()).unwrap().contents();
    let octets = [&[0x30, 0x80][..], inner, &[0, 0]].concat();
    let one = Certificate::from_der(&octets).unwrap();
    assert_eq!(one.tbs(), leaf.certificate.tbs());
    assert!(one.verify_issued_by(&root.certificate).is_valid());
    assert_ne!(one.fingerprint(), leaf.certificate.fingerprint());
}

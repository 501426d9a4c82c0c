//! The rooms by themselves: how near the hash's own speed content flows, and what the structures
//! around it cost. `cargo bench -p ceralacca-benches`; the peers are in `peers.sh`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Cursor;

use cades::{Signatory, Signing};
use chrono::{DateTime, Utc};
use cms::Limits;
use crypto::{DigestAlgorithm, MultiHasher, Secret, SoftKey};
use divan::Bencher;
use divan::counter::BytesCount;
use lab::cms::{Framing, Odd};
use lab::{Config, Pki};
use validation::gather::{self, Evidence};
use validation::{Policy, Times};
use x509::{Certificate, Crl, TrustAnchor};

const CONTENT: usize = 64 << 20;

fn main() {
    divan::main();
}

fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn content() -> Vec<u8> {
    (0..CONTENT).map(|i| (i * 31 % 253) as u8).collect()
}

fn person(pki: &Pki, id: &str) -> (SoftKey, Certificate) {
    let p12 = pki.pkcs12(id, "prova", lab::pkcs12::Encryption::Modern).unwrap();
    let contents = crypto::pkcs12::open(&p12, &Secret::from("prova")).unwrap();
    (contents.key, Certificate::from_der(&contents.certificate).unwrap())
}

/// The floor: one digest of the content, as `openssl dgst` takes it.
#[divan::bench]
fn sha256(bencher: Bencher<'_, '_>) {
    let content = content();
    bencher
        .counter(BytesCount::of_slice(&content))
        .bench_local(|| crypto::digest(DigestAlgorithm::Sha256, &content));
}

/// Hashing beside copying, on two threads.
#[divan::bench]
fn hash_and_copy(bencher: Bencher<'_, '_>) {
    let content = content();
    bencher.counter(BytesCount::of_slice(&content)).bench_local(|| {
        let mut hasher = MultiHasher::new([DigestAlgorithm::Sha256]);
        crypto::stream::hash_and_copy(&content[..], &mut hasher, std::io::sink()).unwrap();
        hasher.finish()
    });
}

#[divan::bench(args = ["DER", "BER, 4096"])]
fn read_attached(bencher: Bencher<'_, '_>, framing: &str) {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let framing = if framing == "DER" { Framing::Definite } else { Framing::Chunked(4096) };
    let p7m = Odd { framing, ..Odd::new(&pki, &content(), "presidente") }.build().unwrap();
    bencher.counter(BytesCount::of_slice(&p7m)).bench_local(|| {
        cades::read(&p7m[..], &Limits::default(), &Default::default(), &mut std::io::sink())
            .unwrap()
    });
}

#[divan::bench]
fn sign_attached(bencher: Bencher<'_, '_>) {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let (key, certificate) = person(&pki, "segretario");
    let content = content();
    bencher.counter(BytesCount::of_slice(&content)).bench_local(|| {
        let signatories = [Signatory { key: &key, certificate: &certificate, chain: &[] }];
        let mut signing = Signing::new(&signatories, now());
        let mut out = Cursor::new(Vec::with_capacity(CONTENT + 65536));
        cades::sign_attached(Cursor::new(&content), CONTENT as u64, &mut out, &mut signing)
            .unwrap();
        out.into_inner()
    });
}

/// A small signature judged offline, its trust and revocation data at hand.
#[divan::bench]
fn judge_small(bencher: Bencher<'_, '_>) {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let p7m = lab::cms::sign(&pki, "presidente", b"Il Consiglio approva.", now()).unwrap();
    let anchors: Vec<TrustAnchor> = pki
        .roots()
        .map(|root| TrustAnchor::new(Certificate::from_der(&root.certificate.der).unwrap(), "lab"))
        .collect();
    let next = now() + chrono::TimeDelta::days(30);
    let crls: Vec<Crl> = ["root", "ca"]
        .iter()
        .map(|ca| Crl::from_der(&pki.crl(ca, now(), next).unwrap()).unwrap())
        .collect();
    bencher.bench_local(|| {
        let file =
            cades::read(&p7m[..], &Limits::default(), &Default::default(), &mut std::io::sink());
        let evidence = Evidence { anchors: &anchors, crls: &crls, ..Evidence::default() };
        let facts = gather::signed_file(&file.unwrap(), &evidence);
        validation::judge(&facts, &Policy::default(), &Times::now(now()))
    });
}

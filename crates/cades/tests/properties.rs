//! What a signer says: written by us, read back, and read by others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

use asn1::Oid;
use cades::attributes::SignedProperties;
use cades::{
    Commitment, ContentHints, SignaturePolicy, SignerLocation, SignerProperties, Signing, oids,
};
use ceralacca_cades as cades;
use common::*;
use crypto::DigestAlgorithm;

fn everything() -> SignerProperties {
    SignerProperties {
        media_type: Some("video/mp4".into()),
        content_hints: None,
        commitments: vec![
            Commitment::Approval,
            Commitment::ProofOfOrigin,
            Commitment::Other(Oid::new("1.3.76.99.7")),
        ],
        claimed_roles: vec![
            "Segretario comunale".into(),
            "Responsabile della conservazione".into(),
        ],
        location: Some(SignerLocation {
            country: Some("IT".into()),
            locality: Some("Forlì".into()),
            address: vec!["Piazza del Municipio, 1".into(), "00000 Prova".into()],
        }),
        policy: Some(SignaturePolicy {
            oid: Oid::new("1.3.76.99.1.1"),
            algorithm: DigestAlgorithm::Sha256,
            digest: crypto::digest(DigestAlgorithm::Sha256, b"la politica"),
            uri: Some("https://example.it/politica.pdf".into()),
        }),
        content_time_stamp: false,
    }
}

fn read(octets: &[u8], index: usize) -> SignedProperties {
    let data = parsed(octets);
    SignedProperties::read(data.signer_infos[index].signed_attributes.as_ref().unwrap())
}

#[test]
fn everything_said_is_read_back() {
    let pki = pki();
    for who in ["presidente", "rsa", "pss", "p384", "brainpool", "ed25519"] {
        let person = Person::of(&pki, who);
        let signatories = [person.signatory()];
        let mut signing = Signing { properties: everything(), ..Signing::new(&signatories, now()) };
        let content = content(5000);
        let file = sign_with(&mut signing, &content);
        let said = read(&file, 0);
        assert_eq!(said.malformed, Vec::<&str>::new());
        assert_eq!(said.mime_type.as_deref(), Some("video/mp4"));
        let mut kinds: Vec<Oid> = said.commitments.iter().map(|c| c.kind).collect();
        kinds.sort_unstable();
        let mut expected: Vec<Oid> = everything().commitments.iter().map(Commitment::oid).collect();
        expected.sort_unstable();
        assert_eq!(kinds, expected);
        assert_eq!(said.signer_attributes.unwrap().roles, everything().claimed_roles);
        assert_eq!(said.location, everything().location);
        let Some(cades::policy::SignaturePolicy::Explicit(policy)) = said.policy else { panic!() };
        assert_eq!(policy.uris, ["https://example.it/politica.pdf"]);
        assert_eq!(policy.hash.unwrap().digest, everything().policy.unwrap().digest);
        let data = parsed(&file);
        assert!(said.algorithm_protection.unwrap().protects(&data.signer_infos[0]));
        // DER: sorted, each type once.
        let signed = data.signer_infos[0].signed_attributes.as_ref().unwrap();
        assert_eq!(Some(signed.signed_octets()), signed.sorted_octets());
        for entry in &signed.entries {
            assert_eq!(signed.all(&entry.oid).count(), 1);
        }
        assert_signed(
            &data.signer_infos[0],
            &person.certificate,
            Some(&data.content_type),
            &content,
        );
        if who != "ed25519" {
            openssl(&file, None, &pki);
        }
    }
}

#[test]
fn content_hints_instead_of_a_media_type() {
    let pki = pki();
    let person = Person::of(&pki, "presidente");
    let signatories = [person.signatory()];
    let hints = ContentHints {
        description: Some("Verbale della seduta".into()),
        content_type: cms::oids::DATA,
    };
    let properties = SignerProperties { content_hints: Some(hints.clone()), ..Default::default() };
    let mut signing = Signing { properties, ..Signing::new(&signatories, now()) };
    let file = sign_with(&mut signing, b"x");
    assert_eq!(read(&file, 0).content_hints, Some(hints));
    openssl(&file, None, &pki);
    // What cannot be said is refused before anything is written.
    signing.properties.media_type = Some("text/plain".into());
    let mut out = std::io::Cursor::new(Vec::new());
    let result = cades::sign_attached(std::io::Cursor::new(b"x"), 1, &mut out, &mut signing);
    assert!(matches!(result, Err(cades::Error::Property { .. })), "{result:?}");
    assert!(out.into_inner().is_empty());
}

#[test]
fn a_content_time_stamp_for_all_that_hash_alike() {
    let pki = pki();
    let people: Vec<Person> = ["presidente", "rsa", "p384"].map(|id| Person::of(&pki, id)).into();
    let signatories: Vec<_> = people.iter().map(Person::signatory).collect();
    let content = content(100_000);
    let mut asked = Vec::new();
    let mut one = stamp(&pki, "tsa", now());
    let mut ask = |algorithm: DigestAlgorithm, digest: &[u8]| {
        asked.push((algorithm, digest.to_vec()));
        one(algorithm, digest)
    };
    let properties = SignerProperties { content_time_stamp: true, ..Default::default() };
    let mut signing =
        Signing { properties, stamp: Some(&mut ask), ..Signing::new(&signatories, now()) };
    let file = sign_with(&mut signing, &content);
    let contents: Vec<_> = asked
        .iter()
        .filter(|(algorithm, digest)| *digest == crypto::digest(*algorithm, &content))
        .collect();
    assert_eq!(contents.len(), 2, "SHA-256 once for two, SHA-384 once");
    assert_eq!(asked.len(), 5);
    let data = parsed(&file);
    for signer in &data.signer_infos {
        let raw = signer.signed_value(&oids::CONTENT_TIME_STAMP).unwrap();
        let token = timestamp::Token::parse(raw).unwrap();
        assert!(token.info.imprint.matches(&content));
        assert_token(&token);
    }
    openssl(&file, None, &pki);
    let properties = SignerProperties { content_time_stamp: true, ..Default::default() };
    let mut signing = Signing { properties, ..Signing::new(&signatories, now()) };
    let result = cades::sign_detached(&content[..], &mut signing);
    assert!(matches!(result, Err(cades::Error::NoAuthority)), "{result:?}");
}

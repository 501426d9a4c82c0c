//! Signed streams: what we write is read by OpenSSL and by us, and changing a
//! file changes nothing that was signed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::io::Cursor;

use ceralacca_cades as cades;
use ceralacca_cades::{Signing, read};
use cms::verify::{ContentCheck, SignedForm, ValueCheck, verify_signer};
use cms::{Limits, SignedData};
use common::*;
use crypto::Signer as _;

/// Every signature of the outermost layer, by our reading; returns the content.
fn verify(octets: &[u8], people: &[&Person], detached: Option<&[u8]>) -> Vec<u8> {
    let mut extracted = Vec::new();
    let file = read(octets, &Limits::default(), &Default::default(), &mut extracted).unwrap();
    assert!(file.broken.is_none(), "{:?}", file.broken);
    let layer = file.signed().next().unwrap();
    assert_eq!(layer.data.signer_infos.len(), people.len());
    let mut digests = layer.content.clone();
    if let Some(content) = detached {
        let mut hasher = crypto::MultiHasher::new(layer.data.announced_digests());
        crypto::stream::hash(content, &mut hasher).unwrap();
        digests =
            Some(cms::verify::ContentDigests { values: hasher.finish(), ..Default::default() });
    }
    for signer in &layer.data.signer_infos {
        let person = people.iter().find(|p| signer.sid.names(&p.certificate)).unwrap();
        let check = verify_signer(
            signer,
            &person.certificate,
            Some(&layer.data.content_type),
            digests.as_ref(),
        );
        assert_eq!(check.content, ContentCheck::Intact);
        assert_eq!(check.content_type_matches, Some(true));
        assert!(
            matches!(
                check.value,
                ValueCheck::Valid { form: SignedForm::AsReceived, tolerance: None }
            ),
            "{:?}",
            check.value
        );
        assert_eq!(
            cades::Level::of(&layer.data, &layer.certificates, signer),
            cades::Level::BaselineB,
            "{:?}",
            person.certificate.subject()
        );
    }
    extracted
}

#[test]
fn attached_of_every_size_and_key() {
    let pki = pki();
    let ids = ["presidente", "rsa", "pss", "p384", "brainpool", "ed25519"];
    let people: Vec<Person> = ids.iter().map(|id| Person::of(&pki, id)).collect();
    for size in [0, 1, 100, 30_000, 65_000, 1 << 20, (16 << 20) - 2000] {
        let content = content(size);
        let p7m = sign(&[&people[0]], &content);
        assert!(verify(&p7m, &[&people[0]], None) == content);
        if let Some(out) = openssl(&p7m, None, &pki) {
            assert!(out == content, "{size}");
        }
    }
    let content = content(5000);
    for person in &people {
        let p7m = sign(&[person], &content);
        verify(&p7m, &[person], None);
        // OpenSSL 3.0 knows no Ed25519 in CMS with SHA-512 announced; the others it does.
        if person.key.algorithm().digest().is_some() {
            openssl(&p7m, None, &pki);
        }
    }
    let all: Vec<&Person> = people.iter().collect();
    verify(&sign(&all, &content), &all, None);
}

#[test]
fn a_pipe_gets_ber() {
    let pki = pki();
    let person = Person::of(&pki, "presidente");
    let content = content(200_000);
    let signatories = [person.signatory()];
    let mut signing = Signing::new(&signatories, now());
    let mut out = Vec::new();
    cades::sign_piped(&content[..], &mut out, &mut signing).unwrap();
    assert_eq!(out[..2], [0x30, 0x80]);
    assert!(verify(&out, &[&person], None) == content);
    if let Some(extracted) = openssl(&out, None, &pki) {
        assert!(extracted == content);
    }
}

#[test]
fn cosigning_and_detaching_leave_signer_infos_alone() {
    let pki = pki();
    let (first, second) = (Person::of(&pki, "presidente"), Person::of(&pki, "p384"));
    let content = content(300_000);
    let by_lab = |framing| {
        let odd = lab::cms::Odd { framing, ..lab::cms::Odd::new(&pki, &content, "presidente") };
        odd.by(&["presidente"], now()).build().unwrap()
    };
    for original in [
        sign(&[&first], &content),
        by_lab(lab::cms::Framing::Definite),
        by_lab(lab::cms::Framing::Chunked(1000)),
    ] {
        let signatories = [second.signatory()];
        let mut signing = Signing::new(&signatories, now());
        let mut out = Cursor::new(Vec::new());
        let look = |data: &SignedData, _: Option<&cms::verify::ContentDigests>| {
            assert_eq!(data.signer_infos.len(), 1);
            Ok(())
        };
        cades::cosign(Cursor::new(&original), &mut out, &mut signing, &Limits::default(), look)
            .unwrap();
        let out = out.into_inner();
        assert!(verify(&out, &[&first, &second], None) == content);
        openssl(&out, None, &pki);
        let (before, after) = (parsed(&original), parsed(&out));
        assert_eq!(before.signer_infos[0].raw, after.signer_infos[0].raw);

        let p7s = cades::detach(&out[..], &Limits::default()).unwrap();
        verify(&p7s, &[&first, &second], Some(&content));
        openssl(&p7s, Some(&content), &pki);
        let detached = parsed(&p7s);
        assert_eq!(detached.signer_infos, after.signer_infos);

        let mut again = Cursor::new(Vec::new());
        let size = content.len() as u64;
        cades::attach(&detached, &content[..], size, &mut again).unwrap();
        assert!(verify(again.get_ref(), &[&first, &second], None) == content);
        assert_eq!(parsed(again.get_ref()).signer_infos, after.signer_infos);
        let mut wrong = content.clone();
        wrong[7] ^= 1;
        let result = cades::attach(&detached, &wrong[..], size, Cursor::new(Vec::new()));
        assert!(matches!(result, Err(cades::Error::WrongContent { signer: 1 })));
    }
}

#[test]
fn nested_and_wrapped_files_are_read_in_one_pass() {
    let pki = pki();
    let person = Person::of(&pki, "presidente");
    let content = content(100_000);
    let inner = sign(&[&person], &content);
    let outer = sign(&[&person], &inner);
    assert!(verify(&outer, &[&person], None) == content);
    let mut sink = Vec::new();
    let file = read(&outer[..], &Limits::default(), &Default::default(), &mut sink).unwrap();
    assert_eq!(file.envelopes.len(), 2);
    assert_eq!(file.envelopes[0].content().unwrap().length, Some(inner.len() as u64));
    let wrapped = lab::wrap::base64(&outer);
    assert!(verify(wrapped.as_bytes(), &[&person], None) == content);
}

#[test]
fn truncated_and_flipped_files_never_panic_and_never_verify_more() {
    let pki = pki();
    let person = Person::of(&pki, "presidente");
    let p7m = sign(&[&person], &content(50));
    for end in 0..p7m.len() {
        let result = read(&p7m[..end], &Limits::default(), &Default::default(), &mut Vec::new());
        if let Ok(file) = result {
            assert!(file.broken.is_some(), "{end}");
        }
    }
    for bit in 0..p7m.len() * 8 {
        let mut flipped = p7m.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let _ = read(&flipped[..], &Limits::default(), &Default::default(), &mut Vec::new());
    }
}

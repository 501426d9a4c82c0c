//! People, authorities and judges for the tests of this crate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    missing_docs,
    unreachable_pub
)]

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use cades::archive::{Entry, HashIndex, RootObjects, UnsignedObjects, v3_imprint};
use cades::{Signatory, Signing, ValidationData, oids};
use ceralacca_cades as cades;
use chrono::{DateTime, TimeDelta, Utc};
use cms::verify::{ContentCheck, ContentDigests, SignedForm, ValueCheck, verify_signer};
use cms::{Limits, SignedData, SignerInfo};
use crypto::{DigestAlgorithm, Secret, SoftKey};
use lab::{Config, Hash, KeyKind, Pki, SignerSpec};
use timestamp::Token;
use x509::{Certificate, Crl, OcspResponse};

pub fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

pub struct Person {
    pub key: SoftKey,
    pub certificate: Certificate,
    pub chain: Vec<Certificate>,
}

impl Person {
    pub fn of(pki: &Pki, id: &str) -> Self {
        let p12 = pki.pkcs12(id, "prova", lab::pkcs12::Encryption::Modern).unwrap();
        let contents = crypto::pkcs12::open(&p12, &Secret::from("prova")).unwrap();
        let read = |der: &Vec<u8>| Certificate::from_der(der).unwrap();
        Self {
            key: contents.key,
            certificate: read(&contents.certificate),
            chain: contents.chain.iter().map(read).collect(),
        }
    }

    pub fn signatory(&self) -> Signatory<'_> {
        Signatory { key: &self.key, certificate: &self.certificate, chain: &self.chain }
    }
}

pub fn pki() -> Pki {
    let mut pki = Pki::create(&Config::quick(now())).unwrap();
    let kinds = [
        ("rsa", KeyKind::Rsa(2048)),
        ("pss", KeyKind::RsaPss(2048)),
        ("p384", KeyKind::P384),
        ("brainpool", KeyKind::BrainpoolP256),
        ("ed25519", KeyKind::Ed25519),
    ];
    for (id, kind) in kinds {
        pki.add_signer(&SignerSpec::new(id, "Prova", "Anna", now()).key(kind)).unwrap();
    }
    pki
}

pub fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 31 % 253) as u8).collect()
}

/// A time-stamp by the lab's authority `tsa` at `at`.
pub fn stamp<'p>(
    pki: &'p Pki,
    tsa: &'p str,
    at: DateTime<Utc>,
) -> impl FnMut(DigestAlgorithm, &[u8]) -> timestamp::Result<Token> + 'p {
    move |algorithm, digest| {
        let hash = Hash::from_oid(&algorithm.oid()).unwrap();
        let fault = lab::tsa::Fault::None;
        Token::parse(&pki.timestamp_token(tsa, hash, digest, at, &fault).unwrap())
    }
}

/// What validating signatures of these people, and the lab's time-stamps, needs at `at`.
pub fn material(pki: &Pki, people: &[&str], at: DateTime<Utc>) -> ValidationData {
    let later = at + TimeDelta::days(30);
    let mut data = ValidationData::default();
    let certificate = |id: &str| Certificate::from_der(pki.certificate(id).unwrap()).unwrap();
    let ids = ["ca", "root", "tsa", "tsa-root", "ocsp"];
    data.certificates.extend(ids.map(certificate));
    for authority in ["root", "tsa-root"] {
        let crl = pki.crl(authority, at, later).unwrap();
        data.crls.push(Crl::from_der(&crl).unwrap());
    }
    for id in people {
        let response = pki.ocsp_response(id, at, later).unwrap();
        data.ocsp.push(OcspResponse::from_der(&response).unwrap());
    }
    data
}

pub fn sign(people: &[&Person], content: &[u8]) -> Vec<u8> {
    let signatories: Vec<_> = people.iter().map(|p| p.signatory()).collect();
    sign_with(&mut Signing::new(&signatories, now()), content)
}

pub fn sign_with(signing: &mut Signing<'_>, content: &[u8]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    cades::sign_attached(Cursor::new(content), content.len() as u64, &mut out, signing).unwrap();
    out.into_inner()
}

pub fn parsed(octets: &[u8]) -> SignedData {
    cms::parse(octets, &Limits::default()).unwrap().0
}

pub fn parsed_content(octets: &[u8]) -> Vec<u8> {
    cms::parse(octets, &Limits::default()).unwrap().1.unwrap()
}

pub fn digests(content: &[u8]) -> ContentDigests {
    let all = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];
    let mut hasher = crypto::MultiHasher::new(all);
    hasher.update(content);
    ContentDigests {
        values: hasher.finish(),
        prefix: content.iter().take(cms::verify::PREFIX).copied().collect(),
        length: Some(content.len() as u64),
    }
}

/// The signature is one of `certificate` over `content`; `content_type` is
/// `None` for a countersignature.
pub fn assert_signed(
    signer: &SignerInfo,
    certificate: &Certificate,
    content_type: Option<&asn1::Oid>,
    content: &[u8],
) {
    let check = verify_signer(signer, certificate, content_type, Some(&digests(content)));
    assert_eq!(check.content, ContentCheck::Intact);
    assert_eq!(check.content_type_matches, Some(true));
    assert!(
        matches!(check.value, ValueCheck::Valid { form: SignedForm::AsReceived, tolerance: None }),
        "{:?}",
        check.value
    );
}

/// Every archive-time-stamp-v3 of the signer is over what its index says, and
/// every entry is there; the last one covers every other unsigned attribute.
pub fn assert_archived(data: &SignedData, signer: &SignerInfo, content: &[u8], expected: usize) {
    let root = RootObjects::new(data, Vec::new());
    let objects = UnsignedObjects::new(signer);
    let stamps: Vec<&[u8]> = signer.unsigned_values(&oids::ARCHIVE_TIME_STAMP_V3).collect();
    assert_eq!(stamps.len(), expected);
    for (number, raw) in stamps.iter().enumerate() {
        let token = Token::parse(raw).unwrap();
        let algorithm = token.info.imprint.digest_algorithm().unwrap();
        let index = HashIndex::read(&token).unwrap();
        let digest = crypto::digest(algorithm, content);
        let imprint = v3_imprint(algorithm, &data.content_type, &digest, signer, &index.raw);
        assert_eq!(token.info.imprint.digest, imprint, "archive time-stamp {number}");
        assert_token(&token);
        let resolution = index.resolve(&root, &objects);
        assert!(resolution.is_valid(), "{resolution:?}");
        assert!(resolution.crls.iter().all(|entry| matches!(entry, Entry::Found(_))));
        if number + 1 == expected {
            assert!(index.certificates.len() <= data.certificates.len());
            assert!(index.crls.len() <= data.crls.len());
            let values: usize = signer
                .unsigned_attributes
                .iter()
                .flat_map(|set| &set.entries)
                .map(|entry| entry.values.len())
                .sum();
            assert_eq!(index.unsigned.len(), values - 1);
        }
    }
}

/// The last archive-time-stamp-v3 of the signer covers all certificates and
/// revocation data of the file.
pub fn assert_covers_root(data: &SignedData, signer: &SignerInfo) {
    let raw = signer.unsigned_values(&oids::ARCHIVE_TIME_STAMP_V3).last().unwrap();
    let index = HashIndex::read(&Token::parse(raw).unwrap()).unwrap();
    assert_eq!(index.certificates.len(), data.certificates.len());
    assert_eq!(index.crls.len(), data.crls.len());
}

/// The token's own signature verifies.
pub fn assert_token(token: &Token) {
    let check = token.check(&[]).check.unwrap();
    assert_eq!(check.content, ContentCheck::Intact);
    assert!(matches!(check.value, ValueCheck::Valid { .. }), "{:?}", check.value);
}

/// Everything of `before` is in `after`: its certificates and revocation data
/// in front of the new ones, its signatures with every unsigned attribute.
pub fn assert_kept(before: &[u8], after: &[u8]) {
    let (old, new) = (parsed(before), parsed(after));
    assert_eq!(old.certificates, new.certificates[..old.certificates.len()]);
    assert_eq!(old.crls, new.crls[..old.crls.len()]);
    assert!(old.digest_algorithms == new.digest_algorithms[..old.digest_algorithms.len()]);
    assert!(old.signer_infos.len() <= new.signer_infos.len());
    for (old, new) in old.signer_infos.iter().zip(&new.signer_infos) {
        let contents = asn1::Value::parse(&old.raw).unwrap().contents();
        let signed = contents.len() - old.unsigned_attributes.as_ref().map_or(0, |u| u.raw.len());
        let new_contents = asn1::Value::parse(&new.raw).unwrap().contents();
        assert!(contents[..signed] == new_contents[..signed]);
        let raw = |info: &SignerInfo| -> Vec<Vec<u8>> {
            let entries = info.unsigned_attributes.iter().flat_map(|set| &set.entries);
            entries.map(|entry| entry.raw.clone()).collect()
        };
        let (old, new) = (raw(old), raw(new));
        assert!(old == new[..old.len()]);
    }
    assert!(encapsulated(before) == encapsulated(after));
}

/// encapContentInfo as stored.
pub fn encapsulated(octets: &[u8]) -> Vec<u8> {
    lab::parts::Parts::read(octets).unwrap().encapsulated
}

/// Headers and fields around the content are what DER writes.
pub fn assert_outer_is_der(octets: &[u8]) {
    let parts = lab::parts::Parts::read(octets).unwrap();
    let fields = [
        Some(parts.version),
        Some(parts.digest_algorithms),
        Some(parts.encapsulated),
        parts.certificates,
        parts.crls,
        Some(asn1::der::constructed(
            asn1::Tag::SET,
            &parsed(octets).signer_infos.iter().map(|info| info.raw.clone()).collect::<Vec<_>>(),
        )),
    ];
    let fields: Vec<Vec<u8>> = fields.into_iter().flatten().collect();
    let written = asn1::der::sequence(&[
        asn1::der::oid(&cms::oids::SIGNED_DATA),
        asn1::der::explicit(0, &asn1::der::sequence(&fields)),
    ]);
    assert!(octets == written);
}

/// OpenSSL's verdict on the file; `None` where OpenSSL is not installed.
pub fn openssl(octets: &[u8], detached: Option<&[u8]>, pki: &Pki) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(path("f.p7m"), octets).unwrap();
    let roots: String = pki.roots().map(|root| root.certificate.pem()).collect();
    std::fs::write(path("roots.pem"), roots).unwrap();
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-binary", "-inform", "DER", "-cades"]);
    command.args(["-purpose", "any", "-attime", "1772360000"]);
    command.args(["-in", &path("f.p7m"), "-CAfile", &path("roots.pem"), "-out", &path("out")]);
    if let Some(content) = detached {
        std::fs::write(path("content"), content).unwrap();
        command.args(["-content", &path("content")]);
    }
    match command.output() {
        Ok(result) => {
            assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
            Some(std::fs::read(Path::new(&path("out"))).unwrap())
        }
        Err(_) => {
            assert!(std::env::var_os("CERALACCA_REQUIRE_JUDGES").is_none(), "openssl is missing");
            println!("skipped: openssl is not installed");
            None
        }
    }
}

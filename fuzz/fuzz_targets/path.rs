//! Paths whose certificates say anything at all: names and extensions are taken from up to three
//! certificates of the input and issued anew, root to leaf, so that signatures hold and policies, name
//! constraints and path lengths are what decides.

#![no_main]

use std::sync::OnceLock;

use asn1::{Oid, Tag, Value};
use lab::certificate::Spec;
use lab::{Hash, Key, KeyKind};
use libfuzzer_sys::fuzz_target;
use x509::{Certificate, PathBudget, PathBuilder, PathValidator, PolicyInputs, TrustAnchor};

fn keys() -> &'static [Key; 4] {
    static KEYS: OnceLock<[Key; 4]> = OnceLock::new();
    KEYS.get_or_init(|| [(); 4].map(|()| Key::generate(KeyKind::P256).expect("a key")))
}

/// Subject and extensions of a certificate, as far as it is one.
fn parts(value: &Value<'_>) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
    let tbs = value.children().next_value().ok()??;
    let fields = tbs.children().collect_all().ok()?;
    let names: Vec<_> = fields.iter().filter(|field| field.tag() == Tag::SEQUENCE).collect();
    // signature, issuer, validity, subject, subjectPublicKeyInfo.
    let subject = names.get(3)?.raw().to_vec();
    let explicit = fields.iter().find(|field| field.tag() == Tag::context_constructed(3))?;
    let extensions = explicit.inner().ok()?.children().collect_all().ok()?;
    Some((subject, extensions.iter().map(|extension| extension.raw().to_vec()).collect()))
}

fn issued(
    subject: &[u8],
    issuer: &[u8],
    level: usize,
    extensions: &[Vec<u8>],
) -> Option<Certificate> {
    let keys = keys();
    let signer = &keys[level.saturating_sub(1)];
    let spec = Spec {
        serial: vec![1 + level as u8],
        issuer: issuer.to_vec(),
        subject: subject.to_vec(),
        not_before: chrono::DateTime::from_timestamp(1_600_000_000, 0)?,
        not_after: chrono::DateTime::from_timestamp(1_900_000_000, 0)?,
        spki: keys[level].spki().ok()?,
        extensions: extensions.to_vec(),
    };
    Certificate::from_der(&spec.sign(signer, Hash::Sha256).ok()?.der).ok()
}

fuzz_target!(|data: &[u8]| {
    let mut given = Vec::new();
    let mut rest = data;
    while given.len() < 3 {
        let Ok(value) = Value::parse_prefix(rest) else { break };
        rest = &rest[value.raw().len()..];
        given.extend(parts(&value));
    }
    let Some(last) = given.last().cloned() else { return };
    while given.len() < 3 {
        given.push(last.clone());
    }
    let root_name = asn1::der::sequence::<&[u8]>(&[]);
    let root = lab::names::service_name("Radice");
    let constraints =
        [lab::certificate::authority_constraints(None), lab::certificate::usage(&[5, 6])];
    let Some(anchor) = issued(&root, &root, 0, &constraints) else { return };
    let mut chain = Vec::new();
    let mut issuer = root.clone();
    for (level, (subject, extensions)) in given.iter().enumerate() {
        let named = if *subject == root_name { &root } else { subject };
        let Some(certificate) = issued(named, &issuer, level + 1, extensions) else { return };
        issuer.clone_from(named);
        chain.push(certificate);
    }
    let leaf = chain.pop().expect("three");
    let anchors = [TrustAnchor::new(anchor, "lab")];
    let free = PathBuilder::default();
    let strict = PathBuilder {
        policies: PolicyInputs {
            acceptable: Some([Oid::new("2.16.840.1.101.3.2.1.48.1")].into()),
            explicit_policy: true,
            inhibit_mapping: true,
            inhibit_any_policy: true,
        },
        ..PathBuilder::default()
    };
    let search =
        |builder: &PathBuilder<'_>| builder.paths(&leaf, &chain, &anchors, &PathBudget::default());
    let (one, other) = (search(&free), search(&strict));
    assert!(one.signature_checks <= 100 && one.paths.len() + one.flawed.len() <= 8);
    assert!(other.paths.len() <= one.paths.len(), "asking for more never finds more");
    for path in &one.paths {
        assert_eq!(path.certificates().first(), Some(&leaf));
        let _ = (path.policies().len(), path.links().len());
    }
});

//! Manifests as others write them, and as nobody should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use ceralacca_asic::{DataReference, Manifest, ManifestError};
use crypto::DigestAlgorithm;
use proptest::prelude::*;

const HEAD: &str =
    "xmlns:a=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\"";
const METHOD: &str = "<d:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
const VALUE: &str = "<d:DigestValue>B/K97zTtFuOhug27fke4/Zgc4Myz4b/lZNgsQjy6fkc=</d:DigestValue>";

fn parse(xml: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(xml.as_bytes(), 1000)
}

fn around(inside: &str) -> String {
    format!("<a:ASiCManifest {HEAD}>{inside}</a:ASiCManifest>")
}

fn reference(inside: &str) -> String {
    around(&format!(
        "<a:SigReference URI=\"META-INF/signature001.p7s\"/><a:DataObjectReference URI=\"v.pdf\">{inside}</a:DataObjectReference>"
    ))
}

#[test]
fn prefixes_do_not_matter_and_namespaces_do() {
    let manifest = parse(&reference(&format!("{METHOD}\n  {VALUE}"))).unwrap();
    assert_eq!(manifest.target, "META-INF/signature001.p7s");
    assert_eq!(manifest.references[0].algorithm, Some(DigestAlgorithm::Sha256));
    assert_eq!(manifest.references[0].digest.len(), 32);
    // The default namespace, changed inside, as DSS writes it.
    let other = "<ASiCManifest xmlns=\"http://uri.etsi.org/02918/v1.2.1#\"><SigReference URI=\"s\"/><DataObjectReference URI=\"v\"><DigestMethod xmlns=\"http://www.w3.org/2000/09/xmldsig#\" Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><DigestValue xmlns=\"http://www.w3.org/2000/09/xmldsig#\">AAAA</DigestValue></DataObjectReference></ASiCManifest>";
    assert_eq!(parse(other).unwrap().references[0].digest, [0, 0, 0]);
    // The names of another namespace are not ours.
    let foreign = other.replace("http://uri.etsi.org/02918/v1.2.1#", "http://example.org/");
    assert_eq!(parse(&foreign).unwrap_err(), ManifestError::NotManifest);
    let undeclared = reference(&format!("{METHOD}{VALUE}")).replace("xmlns:d=", "xmlns:e=");
    assert!(matches!(parse(&undeclared).unwrap_err(), ManifestError::Malformed(_)));
}

#[test]
fn names_are_decoded_and_text_is_joined() {
    let xml = reference(&format!(
        "{METHOD}<d:DigestValue>B/K97zTtFuOhug27fke4\n/Zgc4Myz4b/lZNgsQjy6fkc&#61;</d:DigestValue>"
    ))
    .replace("URI=\"v.pdf\"", "URI=\"Seduta%20citt%C3%A0&amp;c.pdf\" Rootfile='true'");
    let manifest = parse(&xml).unwrap();
    assert_eq!(manifest.references[0].name, "Seduta città&c.pdf");
    assert_eq!(manifest.references[0].uri.as_deref(), Some("Seduta%20citt%C3%A0&c.pdf"));
    assert!(manifest.references[0].root_file);
    let bom = format!("\u{feff}<?xml version=\"1.0\"?><!-- x -->{xml}");
    assert_eq!(parse(&bom).unwrap(), manifest);
    let unknown = xml.replace("xmlenc#sha256", "xmlenc#whatever");
    assert_eq!(parse(&unknown).unwrap().references[0].algorithm, None);
}

#[test]
fn extensions_are_stepped_over_and_critical_ones_counted() {
    let body = format!(
        "{METHOD}{VALUE}<a:DataObjectReferenceExtensions><a:Extension Critical=\"false\"><x>text<d:DigestValue>AA==</d:DigestValue></x></a:Extension></a:DataObjectReferenceExtensions>"
    );
    let xml = reference(&body);
    assert_eq!(parse(&xml).unwrap().critical, 0);
    assert_eq!(parse(&xml.replace("\"false\"", "\"true\"")).unwrap().critical, 1);
    assert_eq!(parse(&xml).unwrap().references[0].digest.len(), 32);
}

/// Security class 38.
#[test]
fn class_38_hostile_xml() {
    let good = reference(&format!("{METHOD}{VALUE}"));
    let dtd = format!("<!DOCTYPE x [<!ENTITY e \"v.pdf\">]>{good}");
    assert_eq!(parse(&dtd).unwrap_err(), ManifestError::Dtd);
    let entity = good.replace("B/K97", "&e;K97");
    assert!(matches!(parse(&entity).unwrap_err(), ManifestError::Entity(_)));
    assert!(parse(&good.replace("v.pdf", "&e;")).is_err());
    let deep = format!("{}{}", "<x>".repeat(100_000), "</x>".repeat(100_000));
    assert_eq!(parse(&around(&deep)).unwrap_err(), ManifestError::Shape);
    let wide: String = (0..100_000).map(|i| format!(" b{i}=''")).collect();
    assert_eq!(parse(&around(&format!("<x{wide}/>"))).unwrap_err(), ManifestError::Shape);
    let bindings: String = (0..17).map(|i| format!(" xmlns:b{i}='u'")).collect();
    assert_eq!(parse(&around(&format!("<x{bindings}/>"))).unwrap_err(), ManifestError::Shape);
    let long = format!("<x y='{}'/>", "z".repeat(1 << 20));
    assert_eq!(parse(&around(&long)).unwrap_err(), ManifestError::Shape);
    let many = format!("{METHOD}<d:DigestValue>{}</d:DigestValue>", "AAAA".repeat(10_000));
    assert_eq!(parse(&reference(&many)).unwrap_err(), ManifestError::Element("DigestValue"));
    assert_eq!(Manifest::parse(b"<a>\xff</a>", 10).unwrap_err(), ManifestError::NotUtf8);
}

#[test]
fn what_must_be_there_once() {
    let target = "<a:SigReference URI=\"s\"/>";
    let data = format!("<a:DataObjectReference URI=\"v\">{METHOD}{VALUE}</a:DataObjectReference>");
    parse(&around(&format!("{target}{data}"))).unwrap();
    for wrong in [
        target.to_owned(),
        data.clone(),
        format!("{target}{target}{data}"),
        format!("{target}{}", data.replace(METHOD, "")),
        format!("{target}{}", data.replace(VALUE, "")),
        format!("{target}{}", data.replace(METHOD, &METHOD.repeat(2))),
        format!("{target}{}", data.replace(VALUE, &VALUE.repeat(2))),
        format!("{target}{}", data.replace(" URI=\"v\"", "")),
        format!("{target}{}", data.replace("kc=<", "kc<")),
        format!("{target}{data}text"),
        format!("{target}{}", data.replace("URI=\"v\"", "URI=\"v\" URI=\"w\"")),
    ] {
        assert!(parse(&around(&wrong)).is_err(), "{wrong}");
    }
    let two = format!("{}{}", around(&format!("{target}{data}")), around(target));
    assert!(parse(&two).is_err());
    let many = around(&format!("{target}{}", data.repeat(11)));
    let limited = Manifest::parse(many.as_bytes(), 10).unwrap_err();
    assert_eq!(limited, ManifestError::TooManyReferences { limit: 10 });
}

fn written(count: usize) -> Manifest {
    let reference = |i: usize| DataReference {
        name: format!("allegati/città \"{i}\" <&>.pdf"),
        uri: None,
        media_type: Some("application/pdf".to_owned()),
        root_file: i == 1,
        algorithm: Some(DigestAlgorithm::Sha512),
        digest: vec![i as u8; 64],
    };
    Manifest {
        target: "META-INF/signature001.p7s".to_owned(),
        target_type: Some("application/pkcs7-signature".to_owned()),
        references: (0..count).map(reference).collect(),
        critical: 0,
    }
}

fn without_uris(mut manifest: Manifest) -> Manifest {
    manifest.references.iter_mut().for_each(|reference| reference.uri = None);
    manifest
}

#[test]
fn what_is_written_is_read() {
    let manifest = written(10_000);
    let xml = manifest.to_xml();
    assert_eq!(without_uris(Manifest::parse(&xml, 10_000).unwrap()), manifest);
    assert_eq!(manifest.to_xml(), xml);
}

#[test]
fn every_truncation_and_flip_is_answered() {
    let good = written(2).to_xml();
    let end = good.len() - 1;
    for length in 0..end {
        assert!(Manifest::parse(&good[..length], 10).is_err(), "cut at {length}");
    }
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let _ = Manifest::parse(&bad, 10);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "[<>/a-d:=\"'&;! \\[\\]-]{0,200}") {
        let _ = Manifest::parse(text.as_bytes(), 10);
        let _ = parse(&around(&text));
    }
}

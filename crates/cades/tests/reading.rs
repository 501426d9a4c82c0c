//! Parsers of attributes and archive indexes: what they read, and that no input breaks them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use asn1::{Oid, Value, der};
use ceralacca_cades as cades;

use cades::archive::{
    Entry, HashIndex, HashIndexVersion, RootObjects, UnsignedObjects, v3_imprint,
};
use cades::attributes::SignedProperties;
use cades::policy::{PolicyStore, SignaturePolicy};
use cades::values::{References, Values};
use cades::{Level, oids};
use cms::{Attribute, Attributes, Limits, SignedData};
use crypto::DigestAlgorithm;
use lab::archive::{ArchiveStamp, Index, IndexVersion};
use lab::parts::Parts;
use lab::{Config, Hash, Pki};

fn pki() -> Pki {
    Pki::create(&Config::quick("2026-06-01T12:00:00Z".parse().unwrap())).unwrap()
}

/// A signature with a time-stamp, validation data and an archive time-stamp.
fn archived(pki: &Pki) -> Parts {
    let now = pki.created;
    let file = lab::cms::sign(pki, "presidente", b"contenuto", now).unwrap();
    let mut parts = Parts::read(&file).unwrap();
    pki.stamp_signature(&mut parts, 0, &ArchiveStamp::new("tsa", now)).unwrap();
    pki.add_long_term(&mut parts, &["presidente", "tsa"], now, now + chrono::TimeDelta::days(7))
        .unwrap();
    let index = Index::of(&parts, 0, IndexVersion::V3, Hash::Sha256).unwrap();
    pki.archive_v3(&mut parts, 0, &index, &ArchiveStamp::new("tsa", now)).unwrap();
    parts
}

fn read(parts: &Parts) -> (SignedData, Option<Vec<u8>>) {
    cms::parse(&parts.build(), &Limits::default()).unwrap()
}

fn token(data: &SignedData) -> timestamp::Token {
    let raw = data.signer_infos[0].unsigned_values(&oids::ARCHIVE_TIME_STAMP_V3).next().unwrap();
    timestamp::Token::parse(raw).unwrap()
}

/// The index and imprint made here are those the lab makes on its own.
#[test]
fn index_and_imprint_agree_with_another_hand() {
    let pki = pki();
    let archived = archived(&pki);
    let (data, content) = read(&archived);
    let token = token(&data);
    let found = HashIndex::read(&token).unwrap();
    // As it was before the archive time-stamp was added.
    let mut before = archived.clone();
    before.signers[0].unsigned.pop();
    let (earlier, _) = read(&before);
    let made = HashIndex::of(&earlier, &earlier.signer_infos[0], DigestAlgorithm::Sha256);
    assert_eq!(made, found);
    let digest = crypto::digest(DigestAlgorithm::Sha256, &content.unwrap());
    let imprint = v3_imprint(
        DigestAlgorithm::Sha256,
        &data.content_type,
        &digest,
        &earlier.signer_infos[0],
        &made.raw,
    );
    assert_eq!(imprint, token.info.imprint.digest);
    // Whatever is added to the unsigned attributes does not change it.
    let again = v3_imprint(
        DigestAlgorithm::Sha256,
        &data.content_type,
        &digest,
        &data.signer_infos[0],
        &made.raw,
    );
    assert_eq!(again, imprint);
    let attribute = Value::parse(&made.to_attribute()).unwrap().raw().to_vec();
    assert!(attribute.ends_with(&made.raw));
    assert_eq!(
        Level::of(&data, &data.x509_certificates(), &data.signer_infos[0]).to_string(),
        "CAdES-BASELINE-LTA"
    );
}

#[test]
fn every_entry_is_resolved_to_its_place() {
    let pki = pki();
    let (data, _) = read(&archived(&pki));
    let signer = &data.signer_infos[0];
    let index = HashIndex::read(&token(&data)).unwrap();
    let unsigned = UnsignedObjects::new(signer);
    let resolved = index.resolve(&RootObjects::new(&data, Vec::new()), &unsigned);
    assert!(resolved.is_valid());
    let places = |entries: &[Entry]| -> Vec<usize> {
        entries
            .iter()
            .map(|entry| match entry {
                Entry::Found(place) => *place,
                other => panic!("{other:?}"),
            })
            .collect()
    };
    assert_eq!(places(&resolved.certificates), (0..data.certificates.len()).collect::<Vec<_>>());
    assert_eq!(places(&resolved.crls), (0..data.crls.len()).collect::<Vec<_>>());
    // The archive time-stamp itself is not in its index.
    assert_eq!(resolved.values, [(0, 0)]);
    // A certificate that was moved into an attribute is found elsewhere.
    let mut moved = data.clone();
    let gone = moved.certificates.remove(0);
    let lost = index.resolve(&RootObjects::new(&moved, Vec::new()), &unsigned);
    assert_eq!((lost.is_valid(), lost.missing(), lost.elsewhere()), (false, 1, 0));
    let found = index.resolve(&RootObjects::new(&moved, vec![gone]), &unsigned);
    assert_eq!((found.is_valid(), found.missing(), found.elsewhere()), (true, 0, 1));
    assert_eq!(found.certificates[0], Entry::Elsewhere);
}

/// Calls `read` with every prefix of `whole` and with every bit of it flipped.
fn torment(whole: &[u8], read: &dyn Fn(&[u8])) {
    read(whole);
    for end in 0..whole.len() {
        read(&whole[..end]);
    }
    let mut altered = whole.to_vec();
    for place in 0..whole.len() {
        for bit in 0..8 {
            altered[place] ^= 1 << bit;
            read(&altered);
            altered[place] ^= 1 << bit;
        }
    }
}

#[test]
fn an_index_is_read_in_both_shapes_and_nothing_breaks_it() {
    let list = |entries: &[&[u8]]| {
        der::sequence(&entries.iter().map(|entry| der::octet_string(entry)).collect::<Vec<_>>())
    };
    let lists = [list(&[&[1; 32], &[2; 32]]), list(&[]), list(&[&[3; 32]])].concat();
    let short = der::sequence(std::slice::from_ref(&lists));
    let algorithm = DigestAlgorithm::Sha512.identifier().to_der();
    let long = der::sequence(&[algorithm, lists.clone()]);
    let read = HashIndex::parse(HashIndexVersion::V1, &short).unwrap();
    assert_eq!((read.algorithm, read.certificates.len()), (DigestAlgorithm::Sha256, 2));
    let read = HashIndex::parse(HashIndexVersion::V3, &long).unwrap();
    assert_eq!((read.algorithm, read.unsigned.len()), (DigestAlgorithm::Sha512, 1));
    for wrong in [
        der::sequence(&[list(&[]), list(&[])]),
        der::sequence(&[lists.clone(), lists.clone()]),
        der::sequence(&[der::sequence(&[der::oid(&Oid::new("1.2.3"))]), lists]),
        der::null(),
        Vec::new(),
    ] {
        assert!(HashIndex::parse(HashIndexVersion::V3, &wrong).is_err());
    }
    for whole in [short, long] {
        for end in 0..whole.len() {
            assert!(HashIndex::parse(HashIndexVersion::V2, &whole[..end]).is_err());
        }
        torment(&whole, &|octets| {
            let _ = HashIndex::parse(HashIndexVersion::V1, octets);
        });
    }
}

/// A set of signed attributes with every property in it.
fn properties() -> Vec<u8> {
    let oid = |dotted: &'static str| der::oid(&Oid::new(dotted));
    let utf8 = der::utf8_string;
    let sha256 = DigestAlgorithm::Sha256.identifier().to_der();
    let roles = der::sequence(&[oid("2.5.4.72"), der::set_of(&[utf8("Sindaco")])]);
    let claimed = der::explicit(0, &der::sequence(&[roles]));
    let certified =
        der::explicit(1, &der::sequence(&[der::explicit(0, &der::sequence(&[utf8("x")]))]));
    let asserted = der::explicit(2, &der::sequence(&[der::sequence(&[oid("1.2.3")])]));
    let location = der::sequence(&[
        der::explicit(0, &der::printable_string("IT")),
        der::explicit(1, &utf8("Esempio")),
        der::explicit(2, &der::sequence(&[utf8("Via di prova 1"), utf8("00000")])),
    ]);
    let qualifiers = der::sequence(&[
        der::sequence(&[oid("1.2.840.113549.1.9.16.5.1"), der::ia5_string("http://x.invalid")]),
        der::sequence(&[oid("1.2.840.113549.1.9.16.5.2"), der::sequence(&[utf8("avviso")])]),
        der::sequence(&[oid("0.4.0.19122.2.1"), oid("1.2.3.4")]),
    ]);
    let hash = der::sequence(&[sha256.clone(), der::octet_string(&[9; 32])]);
    let policy = der::sequence(&[oid("1.3.76.99"), hash, qualifiers]);
    let protection =
        der::sequence(&[sha256.clone(), der::retag(asn1::Tag::context_constructed(1), &sha256)]);
    let reference =
        der::sequence(&[oid("1.2.3"), der::octet_string(b"id"), der::octet_string(b"value")]);
    let commitment = der::sequence(&[
        oid("1.2.840.113549.1.9.16.6.1"),
        der::sequence(&[der::sequence(&[oid("1.2.3"), utf8("q")])]),
    ]);
    let members = [
        Attribute::single(&oids::CONTENT_HINTS, &der::sequence(&[utf8("d"), oid("1.2.3")])),
        Attribute::single(&oids::MIME_TYPE, &utf8("application/pdf")),
        Attribute::single(&oids::COMMITMENT_TYPE, &commitment),
        Attribute::single(&oids::SIGNER_ATTRIBUTES, &der::sequence(std::slice::from_ref(&claimed))),
        Attribute::single(
            &oids::SIGNER_ATTRIBUTES_V2,
            &der::sequence(&[claimed, certified, asserted]),
        ),
        Attribute::single(&oids::SIGNER_LOCATION, &location),
        Attribute::single(&oids::SIGNATURE_POLICY, &policy),
        Attribute::single(&oids::CONTENT_REFERENCE, &reference),
        Attribute::single(&oids::CONTENT_IDENTIFIER, &der::octet_string(b"1")),
        Attribute::single(&cms::oids::ALGORITHM_PROTECTION, &protection),
    ];
    der::set_of(&members)
}

fn said(octets: &[u8]) -> Option<SignedProperties> {
    let value = Value::parse(octets).ok()?;
    Some(SignedProperties::read(&Attributes::parse(&value, &Limits::default()).ok()?))
}

#[test]
fn every_property_is_read_and_nothing_breaks_the_reading() {
    let whole = properties();
    let read = said(&whole).unwrap();
    assert!(read.malformed.is_empty(), "{:?}", read.malformed);
    assert_eq!(read.mime_type.as_deref(), Some("application/pdf"));
    assert_eq!(read.commitments[0].name(), Some("proofOfOrigin"));
    let attributes = read.signer_attributes.unwrap();
    assert_eq!(attributes.roles, ["Sindaco", "Sindaco"]);
    assert_eq!((attributes.certified.len(), attributes.other.len()), (1, 1));
    assert!(read.signer_attributes_twice);
    let location = read.location.unwrap();
    assert_eq!((location.country.as_deref(), location.address.len()), (Some("IT"), 2));
    let Some(SignaturePolicy::Explicit(policy)) = read.policy else { panic!() };
    assert_eq!((policy.uris.len(), &policy.notices[..]), (1, &["avviso".to_owned()][..]));
    assert_eq!(policy.specification.as_deref(), Some("1.2.3.4"));
    assert_eq!(read.content_reference.unwrap().identifier, b"id");
    assert!(read.algorithm_protection.is_some());
    torment(&whole, &|octets| {
        let _ = said(octets);
    });
}

#[test]
fn nothing_breaks_the_reading_of_values_references_and_stores() {
    let pki = pki();
    let now = pki.created;
    let mut material = pki.material(&["presidente"], now).unwrap();
    let next = now + chrono::TimeDelta::days(1);
    material.ocsp.push(pki.ocsp_response("presidente", now, next).unwrap());
    let certificates = material.certificate_values();
    let revocation = material.revocation_values().unwrap();
    let mut values = Values::default();
    values.add(&oids::CERTIFICATE_VALUES, &certificates);
    values.add(&oids::REVOCATION_VALUES, &revocation);
    assert_eq!(values.certificates, material.certificates);
    assert_eq!((values.crls.len(), values.ocsp.len()), (material.crls.len(), 1));
    assert!(values.malformed.is_empty() && !values.other);
    for hash in [Hash::Sha1, Hash::Sha256] {
        let certificate_refs = material.certificate_references(hash).unwrap();
        let revocation_refs = material.revocation_references(hash).unwrap();
        let mut references = References::default();
        references.add(&oids::CERTIFICATE_REFS, &certificate_refs);
        references.add(&oids::REVOCATION_REFS, &revocation_refs);
        assert!(references.malformed.is_empty());
        assert_eq!(references.len(), material.certificates.len() + material.crls.len() + 1);
        let pairs = references.certificates.iter().zip(&material.certificates);
        assert!(pairs.into_iter().all(|(reference, der)| reference.matches(der)));
        let pairs = references.crls.iter().zip(&material.crls);
        assert!(pairs.into_iter().all(|(reference, der)| reference.matches(der)));
        assert!(references.ocsp[0].hash.as_ref().unwrap().matches(&values.ocsp[0]));
        for whole in [&certificate_refs, &revocation_refs] {
            torment(whole, &|octets| {
                let mut references = References::default();
                references.add(&oids::CERTIFICATE_REFS, octets);
                references.add(&oids::REVOCATION_REFS, octets);
            });
        }
    }
    for (oid, whole) in
        [(oids::CERTIFICATE_VALUES, &certificates), (oids::REVOCATION_VALUES, &revocation)]
    {
        for end in 0..whole.len() {
            let mut values = Values::default();
            values.add(&oid, &whole[..end]);
            assert_eq!(values.malformed.len(), 1, "{end}");
        }
        // Attributes of other types are none of these.
        let mut values = Values::default();
        values.add(&oids::SIGNATURE_TIME_STAMP, whole);
        assert!(values.is_empty() && values.malformed.is_empty());
    }
    let store = der::sequence(&[der::oid(&Oid::new("1.2.3")), der::octet_string(b"documento")]);
    assert_eq!(PolicyStore::read(&store).unwrap().document.as_deref(), Some(&b"documento"[..]));
    torment(&store, &|octets| {
        let _ = PolicyStore::read(octets);
    });
}

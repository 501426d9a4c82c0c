//! Raising signatures from level to level: every octet that was there stays,
//! what is added fits, and others verify the file after each step.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

use std::collections::BTreeSet;
use std::io::Cursor;

use cades::{Level, Signing, oids};
use ceralacca_cades as cades;
use chrono::{DateTime, TimeDelta, Utc};
use cms::{Limits, SignedData};
use common::*;
use crypto::DigestAlgorithm;
use lab::cms::{Framing, Odd};
use lab::parts::Parts;
use lab::{Hash, Pki};

fn rewrite(
    file: &[u8],
    digests: &[DigestAlgorithm],
    growth: u64,
    change: impl FnOnce(&mut SignedData, &cms::verify::ContentDigests) -> cades::Result<()>,
) -> cades::Result<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    let digests: BTreeSet<_> = digests.iter().copied().collect();
    let limits = Limits::default();
    cades::rewrite(Cursor::new(file), &mut out, &digests, growth, &limits, change)?;
    Ok(out.into_inner())
}

fn to_t(file: &[u8], pki: &Pki, at: DateTime<Utc>) -> Vec<u8> {
    rewrite(file, &[], 0, |data, _| {
        for index in 0..data.signer_infos.len() {
            let id = cades::SignatureId::top(index);
            let mut stamp = stamp(pki, "tsa", at);
            cades::edit_signer(data, &id, |signer| {
                cades::add_signature_time_stamp(signer, &mut stamp)
            })?;
        }
        Ok(())
    })
    .unwrap()
}

fn to_lt(file: &[u8], pki: &Pki, people: &[&str], at: DateTime<Utc>) -> Vec<u8> {
    rewrite(file, &[], 0, |data, _| material(pki, people, at).add_to(data)).unwrap()
}

fn archive_all(
    data: &mut SignedData,
    content: &cms::verify::ContentDigests,
    pki: &Pki,
    at: DateTime<Utc>,
) -> cades::Result<()> {
    for index in 0..data.signer_infos.len() {
        let id = cades::SignatureId::top(index);
        cades::add_archive_time_stamp(data, &id, content, &mut stamp(pki, "tsa", at))?;
    }
    Ok(())
}

fn to_lta(file: &[u8], pki: &Pki, at: DateTime<Utc>) -> Vec<u8> {
    let outline = cades::outline(Cursor::new(file), &Limits::default()).unwrap();
    let digests: Vec<_> = outline.data.signer_infos.iter().map(cades::archive_digest).collect();
    rewrite(file, &digests, 9000, |data, content| archive_all(data, content, pki, at)).unwrap()
}

fn levels(octets: &[u8]) -> Vec<Level> {
    let data = parsed(octets);
    let certificates = data.x509_certificates();
    data.signer_infos.iter().map(|signer| Level::of(&data, &certificates, signer)).collect()
}

/// From B to renewed LTA, with everything checked after each step.
fn climb(pki: &Pki, original: &[u8], people: &[&str], expected: &[u8]) -> Vec<u8> {
    let is_der = !cades::outline(Cursor::new(original), &Limits::default()).unwrap().spans.is_ber;
    let check = |before: &[u8], after: &[u8], level: Level, archived: usize| {
        assert!(levels(after).iter().all(|found| *found == level), "{:?} {level}", levels(after));
        assert_kept(before, after);
        assert!(parsed_content(after) == expected);
        if is_der {
            assert_outer_is_der(after);
        }
        let data = parsed(after);
        assert_eq!(data.version, data.required_version());
        let certificates = data.x509_certificates();
        for signer in &data.signer_infos {
            let certificate = signer.sid.named(&certificates)[0];
            assert_signed(signer, certificate, Some(&data.content_type), expected);
            assert_archived(&data, signer, expected, archived);
        }
        if let Some(out) = openssl(after, None, pki) {
            assert!(out == expected);
        }
    };
    let t = to_t(original, pki, now());
    check(original, &t, Level::BaselineT, 0);
    let material = material(pki, people, now());
    let lt = rewrite(&t, &[], 0, |data, _| material.add_to(data)).unwrap();
    check(&t, &lt, Level::BaselineLt, 0);
    assert_eq!(parsed(&lt).version, 5);
    // The same again adds nothing.
    assert!(rewrite(&lt, &[], 0, |data, _| material.add_to(data)).unwrap() == lt);
    let lta = to_lta(&lt, pki, now() + TimeDelta::hours(1));
    check(&lt, &lta, Level::BaselineLta, 1);
    let covered = |octets: &[u8]| {
        let data = parsed(octets);
        data.signer_infos.iter().for_each(|signer| assert_covers_root(&data, signer));
    };
    covered(&lta);
    let later = now() + TimeDelta::days(100);
    let fresh = to_lt(&lta, pki, people, later);
    check(&lta, &fresh, Level::BaselineLta, 1);
    let renewed = to_lta(&fresh, pki, later + TimeDelta::hours(1));
    check(&fresh, &renewed, Level::BaselineLta, 2);
    covered(&renewed);
    renewed
}

#[test]
fn every_level_of_der_and_ber() {
    let pki = pki();
    let people: Vec<Person> = ["presidente", "p384"].map(|id| Person::of(&pki, id)).into();
    let content = content(300_000);
    let ours = sign(&[&people[0], &people[1]], &content);
    climb(&pki, &ours, &["presidente", "p384"], &content);
    for framing in [Framing::Definite, Framing::Chunked(1000), Framing::Chunked(65_536)] {
        let odd = Odd { framing, ..Odd::new(&pki, &content, "presidente") };
        let file = odd.by(&["presidente"], now()).build().unwrap();
        climb(&pki, &file, &["presidente"], &content);
    }
    let mut piped = Vec::new();
    let signatories = [people[0].signatory()];
    cades::sign_piped(&content[..], &mut piped, &mut Signing::new(&signatories, now())).unwrap();
    climb(&pki, &piped, &["presidente"], &content);
}

#[test]
fn every_key_reaches_lta() {
    let pki = pki();
    for id in ["rsa", "pss", "brainpool"] {
        let content = content(100);
        let file = sign(&[&Person::of(&pki, id)], &content);
        climb(&pki, &file, &[id], &content);
    }
}

#[test]
fn lta_in_one_pass_with_the_signature() {
    let pki = pki();
    let person = Person::of(&pki, "presidente");
    for size in [0, 77, 60_000, 400_000] {
        let content = content(size);
        let signatories = [person.signatory()];
        let mut at_signing = stamp(&pki, "tsa", now());
        let mut complete = |data: &mut SignedData, content: &cms::verify::ContentDigests| {
            material(&pki, &["presidente"], now()).add_to(data)?;
            archive_all(data, content, &pki, now())
        };
        let mut signing = Signing {
            stamp: Some(&mut at_signing),
            completion: Some(&mut complete),
            ..Signing::new(&signatories, now())
        };
        let file = sign_with(&mut signing, &content);
        assert_eq!(levels(&file), [Level::BaselineLta]);
        let data = parsed(&file);
        assert_archived(&data, &data.signer_infos[0], &content, 1);
        assert_covers_root(&data, &data.signer_infos[0]);
        assert_outer_is_der(&file);
        openssl(&file, None, &pki);
    }
}

#[test]
fn detached_files_are_extended_in_memory() {
    let pki = pki();
    let person = Person::of(&pki, "presidente");
    let content = content(5000);
    let signatories = [person.signatory()];
    let p7s = cades::sign_detached(&content[..], &mut Signing::new(&signatories, now())).unwrap();
    let t = to_t(&p7s, &pki, now());
    let lt = to_lt(&t, &pki, &["presidente"], now());
    assert_kept(&t, &lt);
    assert!(matches!(
        rewrite(&lt, &[DigestAlgorithm::Sha256], 0, |_, _| Ok(())),
        Err(cades::Error::Detached)
    ));
    let digests = digests(&content);
    let lta = rewrite(&lt, &[], 0, |data, _| archive_all(data, &digests, &pki, now())).unwrap();
    assert_eq!(levels(&lta), [Level::BaselineLta]);
    let data = parsed(&lta);
    assert_archived(&data, &data.signer_infos[0], &content, 1);
    openssl(&lta, Some(&content), &pki);
    // Without the content, or with another one, there is no archive time-stamp.
    let nothing = Default::default();
    let result = rewrite(&lt, &[], 0, |data, _| archive_all(data, &nothing, &pki, now()));
    assert!(matches!(result, Err(cades::Error::NotHashed { .. })), "{result:?}");
    let other = common::digests(b"other");
    let result = rewrite(&lt, &[], 0, |data, _| archive_all(data, &other, &pki, now()));
    assert!(matches!(result, Err(cades::Error::WrongContent { signer: 1 })), "{result:?}");
}

#[test]
fn only_the_selected_signatures_change() {
    let pki = pki();
    let people: Vec<Person> =
        ["presidente", "segretario", "p384"].map(|id| Person::of(&pki, id)).into();
    let content = content(2000);
    let file = sign(&[&people[0], &people[1], &people[2]], &content);
    let before = parsed(&file);
    let second = "2".parse().unwrap();
    let extended =
        rewrite(&file, &[DigestAlgorithm::Sha512, DigestAlgorithm::Sha256], 0, |data, content| {
            let mut stamp = stamp(&pki, "tsa", now());
            cades::edit_signer(data, &second, |s| cades::add_signature_time_stamp(s, &mut stamp))?;
            material(&pki, &["segretario"], now()).add_to(data)?;
            cades::add_archive_time_stamp(data, &second, content, &mut stamp)
        });
    let after = parsed(&extended.unwrap());
    assert_eq!(before.signer_infos[0].raw, after.signer_infos[0].raw);
    assert_eq!(before.signer_infos[2].raw, after.signer_infos[2].raw);
    assert_archived(&after, &after.signer_infos[1], &content, 1);
    assert_eq!(after.signer_infos[0].unsigned_attributes, None);
    let fourth = "4".parse().unwrap();
    let result = rewrite(&file, &[], 0, |data, _| {
        cades::edit_signer(data, &fourth, |signer| Ok(signer.clone()))
    });
    assert!(matches!(result, Err(cades::Error::NoSuchSignature { .. })), "{result:?}");
}

#[test]
fn widths_are_crossed_at_every_size() {
    let pki = pki();
    let unsigned = cms::Attribute::single(&asn1::Oid::new("1.3.76.99.1"), &asn1::der::null());
    let add =
        |data: &mut SignedData, octets: &[u8]| {
            let id = "1".parse().unwrap();
            cades::edit_signer(data, &id, |signer| {
                Ok(signer.with_unsigned(octets, &Limits::default())?)
            })
        };
    // Everything beside the content has some 3 kB: these pass 127, 255 and 65535 of each length.
    let sizes = (0..300).chain(((65_536 - 4200)..(65_536 - 2400)).step_by(7)).chain(65_500..65_560);
    let lab = |framing, content: &[u8]| {
        let odd = Odd { framing, ..Odd::new(&pki, content, "presidente") };
        odd.by(&["presidente"], now()).build().unwrap()
    };
    let signed = parsed(&lab(Framing::Definite, b"x"));
    for size in sizes {
        let content = content(size);
        // A true signature is not needed here: only the frame is looked at.
        let mut out = Cursor::new(Vec::new());
        let mut data = signed.clone();
        data.signer_infos.truncate(1);
        let length = size as u64;
        let mut writer =
            cms::DerWriter::begin(&mut out, &data, length, data.size_behind_content()).unwrap();
        std::io::Write::write_all(&mut writer, &content).unwrap();
        assert!(matches!(writer.finish(&data).unwrap(), cms::Finished::Complete(_)));
        let file = out.into_inner();
        for (digests, growth) in
            [(&[][..], 0), (&[DigestAlgorithm::Sha256], 0), (&[DigestAlgorithm::Sha256], 5000)]
        {
            let out = rewrite(&file, digests, growth, |data, found| {
                if !digests.is_empty() {
                    assert_eq!(found, &{
                        let mut all = common::digests(&content);
                        all.values.retain(|algorithm, _| digests.contains(algorithm));
                        all
                    });
                }
                add(data, &unsigned)
            })
            .unwrap();
            assert_outer_is_der(&out);
            assert_kept(&file, &out);
            assert!(parsed_content(&out) == content, "{size}");
        }
    }
    for size in [0, 1, 100, 60_000, 62_500, 62_600, 65_000, 66_000, 2 << 20] {
        let content = content(size);
        for piece in [1000, 70_000] {
            let file = lab(Framing::Chunked(piece), &content);
            for growth in [0, 5000, 1 << 20] {
                for digests in [&[][..], &[DigestAlgorithm::Sha384]] {
                    let out = rewrite(&file, digests, growth, |data, _| add(data, &unsigned));
                    let out = out.unwrap();
                    assert_kept(&file, &out);
                    assert!(parsed_content(&out) == content, "{size}");
                }
            }
        }
    }
}

#[test]
fn what_stands_before_and_behind_the_file_is_left_alone() {
    let pki = pki();
    let person = Person::of(&pki, "presidente");
    let p7m = sign(&[&person], &content(700_000));
    let inner = [b"before".to_vec(), p7m.clone(), vec![0; 100_000]].concat();
    for digests in [&[][..], &[DigestAlgorithm::Sha256]] {
        let mut file = Cursor::new(&inner);
        file.set_position(6);
        let mut out = Cursor::new(b"already here".to_vec());
        out.set_position(12);
        let digests: BTreeSet<_> = digests.iter().copied().collect();
        cades::rewrite(file, &mut out, &digests, 0, &Limits::default(), |_, _| Ok(())).unwrap();
        let out = out.into_inner();
        assert!(out[..12] == *b"already here" && out[12..] == p7m);
    }
}

#[test]
fn cosigning_an_archived_file() {
    let pki = pki();
    let (first, second) = (Person::of(&pki, "presidente"), Person::of(&pki, "p384"));
    let content = content(3000);
    let archived = climb(&pki, &sign(&[&first], &content), &["presidente"], &content);
    let signatories = [second.signatory()];
    let mut out = Cursor::new(Vec::new());
    let mut signing = Signing::new(&signatories, now());
    let limits = Limits::default();
    cades::cosign(Cursor::new(&archived), &mut out, &mut signing, &limits, |_, _| Ok(())).unwrap();
    let both = out.into_inner();
    assert_kept(&archived, &both);
    let data = parsed(&both);
    let index = cades::archive::HashIndex::read(
        &timestamp::Token::parse(
            data.signer_infos[0].unsigned_values(&oids::ARCHIVE_TIME_STAMP_V3).last().unwrap(),
        )
        .unwrap(),
    )
    .unwrap();
    let root = cades::archive::RootObjects::new(&data, Vec::new());
    let unsigned = cades::archive::UnsignedObjects::new(&data.signer_infos[0]);
    assert!(index.resolve(&root, &unsigned).is_valid());
    openssl(&both, None, &pki);
    // The new one is raised alone, the old one stays as it is.
    let id = "2".parse().unwrap();
    let sha384 = [DigestAlgorithm::Sha384];
    let raised = rewrite(&both, &sha384, 0, |data, content| {
        let mut stamp = stamp(&pki, "tsa-b", now());
        cades::edit_signer(data, &id, |s| cades::add_signature_time_stamp(s, &mut stamp))?;
        material(&pki, &["p384"], now() + TimeDelta::days(1)).add_to(data)?;
        cades::add_archive_time_stamp(data, &id, content, &mut stamp)
    })
    .unwrap();
    let after = parsed(&raised);
    assert_eq!(after.signer_infos[0].raw, data.signer_infos[0].raw);
    assert_archived(&after, &after.signer_infos[1], &content, 1);
}

/// A file with an archive-time-stamp-v2 in order, by the lab's own hand.
fn archived_v2(pki: &Pki, content: &[u8]) -> Vec<u8> {
    archived_v2_in(pki, content, false)
}

/// As [`archived_v2`], with certificates and lists in indefinite lengths if `ber`.
fn archived_v2_in(pki: &Pki, content: &[u8], ber: bool) -> Vec<u8> {
    let p7m = lab::cms::sign(pki, "presidente", content, now()).unwrap();
    let mut parts = Parts::read(&p7m).unwrap();
    let stamp = lab::archive::ArchiveStamp::new("tsa", now());
    pki.stamp_signature(&mut parts, 0, &stamp).unwrap();
    let later = now() + TimeDelta::days(30);
    pki.add_long_term(&mut parts, &["presidente"], now(), later).unwrap();
    for field in [&mut parts.certificates, &mut parts.crls].into_iter().flatten() {
        if ber {
            let value = asn1::Value::parse(field).unwrap();
            let head = [value.tag().0, 0x80];
            *field = [&head, value.contents(), &[0, 0]].concat();
        }
    }
    let form = lab::archive::UnsignedForm::Framed;
    pki.archive_v2(&mut parts, 0, form, &stamp).unwrap();
    parts.build()
}

/// Whether the archive-time-stamp-v2 of the first signer is still over the file.
fn v2_holds(octets: &[u8]) -> bool {
    let data = parsed(octets);
    let signer = &data.signer_infos[0];
    let token = signer.unsigned_values(&oids::ARCHIVE_TIME_STAMP_V2).next().unwrap();
    let token = timestamp::Token::parse(token).unwrap();
    let mut encapsulated = crypto::Hasher::new(DigestAlgorithm::Sha256);
    encapsulated.update(&common::encapsulated(octets));
    let older = |entry: &cms::Attribute| {
        entry.oid != oids::ARCHIVE_TIME_STAMP_V2 && entry.oid != oids::ARCHIVE_TIME_STAMP_V3
    };
    let imprints = cades::archive::v2_imprints(&encapsulated, &data, signer, older);
    imprints.contains(&token.info.imprint.digest)
}

#[test]
fn a_frozen_file_takes_its_material_into_the_latest_archive_time_stamp() {
    let pki = pki();
    let content = content(3000);
    let frozen = archived_v2(&pki, &content);
    assert!(v2_holds(&frozen));
    let added = to_lt(&frozen, &pki, &["presidente"], now() + TimeDelta::days(10));
    assert!(v2_holds(&added));
    let (before, after) = (parsed(&frozen), parsed(&added));
    assert_eq!((&before.certificates, &before.crls), (&after.certificates, &after.crls));
    let token = |data: &SignedData, oid| {
        let raw = data.signer_infos[0].unsigned_values(oid).last().unwrap().to_vec();
        timestamp::Token::parse(&raw).unwrap()
    };
    let stamp_after = token(&after, &oids::ARCHIVE_TIME_STAMP_V2);
    assert_eq!(stamp_after.content, token(&before, &oids::ARCHIVE_TIME_STAMP_V2).content);
    assert_eq!(stamp_after.data.crls.len(), 3);
    assert_eq!(stamp_after.data.version, 5);
    assert_token(&stamp_after);
    // Renewal adds version 3; the next material goes into that one.
    let renewed = to_lta(&added, &pki, now() + TimeDelta::days(11));
    assert!(v2_holds(&renewed));
    let data = parsed(&renewed);
    assert_archived(&data, &data.signer_infos[0], &content, 1);
    let again = to_lt(&renewed, &pki, &["presidente"], now() + TimeDelta::days(20));
    assert!(v2_holds(&again));
    let data = parsed(&again);
    assert_eq!(data.certificates, before.certificates);
    assert_eq!(token(&data, &oids::ARCHIVE_TIME_STAMP_V3).data.crls.len(), 3);
    assert_archived(&data, &data.signer_infos[0], &content, 1);
    assert_eq!(
        token(&data, &oids::ARCHIVE_TIME_STAMP_V2).raw,
        token(&parsed(&renewed), &oids::ARCHIVE_TIME_STAMP_V2).raw
    );
    openssl(&again, None, &pki);
}

#[test]
fn what_an_older_archive_time_stamp_is_over_stays_to_the_octet() {
    let pki = pki();
    let frozen = archived_v2_in(&pki, &content(500), true);
    let before = Parts::read(&frozen).unwrap();
    assert_eq!(before.certificates.as_ref().unwrap()[..2], [0xa0, 0x80]);
    assert!(v2_holds(&frozen));
    let added = to_lt(&frozen, &pki, &["presidente"], now() + TimeDelta::days(10));
    let renewed = to_lta(&added, &pki, now() + TimeDelta::days(11));
    let after = Parts::read(&renewed).unwrap();
    assert_eq!(before.certificates, after.certificates);
    assert_eq!(before.crls, after.crls);
    assert_eq!(before.encapsulated, after.encapsulated);
    assert!(v2_holds(&renewed));
    // Elsewhere, what is added to is written in definite lengths.
    let odd = Odd::new(&pki, b"x", "presidente").by(&["presidente"], now()).build().unwrap();
    let mut parts = Parts::read(&odd).unwrap();
    let value = parts.certificates.unwrap();
    let contents = asn1::Value::parse(&value).unwrap().contents().to_vec();
    parts.certificates = Some([&[0xa0, 0x80][..], &contents, &[0, 0]].concat());
    let added = to_lt(&parts.build(), &pki, &["presidente"], now());
    assert_kept(&parts.build(), &added);
    assert_outer_is_der(&added);

    // A detached file keeps its empty encapContentInfo too.
    let content = content(40);
    let p7s = lab::cms::sign_detached(&pki, "presidente", &content, now()).unwrap();
    let mut parts = Parts::read(&p7s).unwrap();
    let inside = asn1::Value::parse(&parts.encapsulated).unwrap().contents().to_vec();
    for encapsulated in [
        [&[0x30, 0x80][..], &inside, &[0, 0]].concat(),
        [&[0x30, 0x82, 0, inside.len() as u8][..], &inside].concat(),
    ] {
        parts.encapsulated.clone_from(&encapsulated);
        let data = parsed(&parts.build());
        assert_eq!(Parts::read(&data.to_detached()).unwrap().encapsulated, encapsulated);
    }
}

/// OpenSSL's own files, in DER and as it streams, raised by us.
#[test]
fn what_openssl_writes_is_extended_and_still_verifies_there() {
    let pki = pki();
    let content = content(70_000);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let signer = pki.entity("rsa").unwrap();
    std::fs::write(path("key.pem"), signer.key.pem().unwrap()).unwrap();
    std::fs::write(path("cert.pem"), signer.certificate.pem()).unwrap();
    std::fs::write(path("ca.pem"), pki.entity("ca").unwrap().certificate.pem()).unwrap();
    std::fs::write(path("content"), &content).unwrap();
    for streamed in [false, true] {
        let mut command = std::process::Command::new("openssl");
        command.args(["cms", "-sign", "-binary", "-nodetach", "-cades", "-outform", "DER"]);
        command.args(["-in", &path("content"), "-signer", &path("cert.pem")]);
        command.args(["-inkey", &path("key.pem"), "-certfile", &path("ca.pem")]);
        command.args(["-out", &path("out.p7m")]);
        if streamed {
            command.arg("-stream");
        }
        match command.output() {
            Ok(result) => {
                assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
            }
            Err(_) => {
                assert!(std::env::var_os("CERALACCA_REQUIRE_JUDGES").is_none());
                println!("skipped: openssl is not installed");
                return;
            }
        }
        let file = std::fs::read(path("out.p7m")).unwrap();
        let data = parsed(&file);
        let spans = cades::outline(Cursor::new(&file), &Limits::default()).unwrap().spans;
        assert_eq!((spans.is_ber, data.signer_infos.len()), (streamed, 1));
        climb(&pki, &file, &["rsa"], &content);
    }
}

#[test]
fn what_is_covered_is_not_changed() {
    let pki = pki();
    let content = content(3000);
    let frozen = archived_v2(&pki, &content);
    let other = Person::of(&pki, "p384");
    let signatories = [other.signatory()];
    let signing = || Signing::new(&signatories, now());
    let limits = Limits::default();
    let first: cades::SignatureId = "1".parse().unwrap();
    // A certificate that the file has not would have to be added.
    let mut out = Cursor::new(Vec::new());
    let result =
        cades::cosign(Cursor::new(&frozen), &mut out, &mut signing(), &limits, |_, _| Ok(()));
    assert!(matches!(result, Err(cades::Error::Frozen)), "{result:?}");
    assert!(out.into_inner().is_empty());
    let again = Person::of(&pki, "presidente");
    let own = [again.signatory()];
    let mut out = Cursor::new(Vec::new());
    let mut own = Signing::new(&own, now());
    cades::cosign(Cursor::new(&frozen), &mut out, &mut own, &limits, |_, _| Ok(())).unwrap();
    assert!(v2_holds(out.get_ref()));
    // Time-stamps and countersignatures would enter the imprint.
    let result = rewrite(&frozen, &[], 0, |data, _| {
        let mut stamp = stamp(&pki, "tsa", now());
        cades::edit_signer(data, &first, |s| cades::add_signature_time_stamp(s, &mut stamp))
    });
    assert!(matches!(result, Err(cades::Error::Covered { .. })), "{result:?}");
    let result =
        rewrite(&frozen, &[], 0, |data, _| cades::countersign(data, &first, &mut own).map(drop));
    assert!(matches!(result, Err(cades::Error::Covered { .. })), "{result:?}");
    let result = rewrite(&frozen, &[], 0, |data, _| {
        cades::countersign(data, &first, &mut signing()).map(drop)
    });
    assert!(matches!(result, Err(cades::Error::Frozen)), "{result:?}");
    // The content may not move in or out.
    let result = cades::detach(&frozen[..], &limits);
    assert!(matches!(result, Err(cades::Error::Frozen)), "{result:?}");

    // Under an evidence record nothing moves at all.
    let mut parts = Parts::read(&sign(&[&again], &content)).unwrap();
    parts.signers[0].add(&oids::EVIDENCE_RECORD_INTERNAL, asn1::der::sequence::<&[u8]>(&[]));
    let recorded = parts.build();
    let evidence = |result: cades::Result<Vec<u8>>| {
        assert!(matches!(result, Err(cades::Error::EvidenceRecord { .. })), "{result:?}");
    };
    evidence(rewrite(&recorded, &[], 0, |data, _| {
        material(&pki, &["presidente"], now()).add_to(data)
    }));
    evidence(rewrite(&recorded, &[DigestAlgorithm::Sha256], 0, |data, content| {
        archive_all(data, content, &pki, now())
    }));
    evidence(rewrite(&recorded, &[], 0, |data, _| {
        cades::countersign(data, &first, &mut signing()).map(drop)
    }));
    evidence(cades::detach(&recorded[..], &limits));
    let mut out = Cursor::new(Vec::new());
    let result =
        cades::cosign(Cursor::new(&recorded), &mut out, &mut signing(), &limits, |_, _| Ok(()));
    evidence(result.map(|_| out.into_inner()));
}

#[test]
fn old_hash_indexes_cover_whole_attributes() {
    let pki = pki();
    let content = content(100);
    let p7m = lab::cms::sign(&pki, "presidente", &content, now()).unwrap();
    for version in [lab::archive::IndexVersion::V1, lab::archive::IndexVersion::V2] {
        let mut parts = Parts::read(&p7m).unwrap();
        let counter = |parts: &Parts| {
            let over = parts.signers[0].value().unwrap();
            lab::cms::countersignature(&pki, "segretario", &over).unwrap()
        };
        let new = counter(&parts);
        parts.signers[0].add(&cms::oids::COUNTERSIGNATURE, new);
        let index = lab::archive::Index::of(&parts, 0, version, Hash::Sha256).unwrap();
        let stamp_spec = lab::archive::ArchiveStamp::new("tsa", now());
        pki.archive_v3(&mut parts, 0, &index, &stamp_spec).unwrap();
        let file = parts.build();
        let inside = "1.1".parse().unwrap();
        let change = |id: &cades::SignatureId| {
            rewrite(&file, &[], 0, |data, _| {
                let mut stamp = stamp(&pki, "tsa", now());
                cades::edit_signer(data, id, |s| cades::add_signature_time_stamp(s, &mut stamp))
            })
        };
        assert!(matches!(change(&inside), Err(cades::Error::Covered { .. })));
        // Beside it there is room, and a renewal covers the attribute and the old stamp.
        change(&"1".parse().unwrap()).unwrap();
        let renewed = to_lta(&file, &pki, now());
        let data = parsed(&renewed);
        assert_kept(&file, &renewed);
        assert_eq!(data.signer_infos[0].unsigned_values(&oids::ARCHIVE_TIME_STAMP_V3).count(), 2);
    }
}

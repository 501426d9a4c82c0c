//! Countersignatures of any depth, at every level, and what forbids them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::io::Cursor;

use cades::{Level, SignatureId, SignerProperties, Signing, oids};
use ceralacca_cades as cades;
use cms::{Limits, SignedData};
use common::*;
use crypto::DigestAlgorithm;
use lab::Pki;

fn change(
    file: &[u8],
    change: impl FnOnce(&mut SignedData, &cms::verify::ContentDigests) -> cades::Result<()>,
) -> cades::Result<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    let digests = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384].into();
    cades::rewrite(Cursor::new(file), &mut out, &digests, 0, &Limits::default(), change)?;
    Ok(out.into_inner())
}

fn id(text: &str) -> SignatureId {
    text.parse().unwrap()
}

fn countersigned(file: &[u8], parent: &str, who: &[&Person], pki: Option<&Pki>) -> Vec<u8> {
    let signatories: Vec<_> = who.iter().map(|person| person.signatory()).collect();
    change(file, |data, _| {
        let known = cades::signature_ids(data);
        let parent = id(parent);
        let new = match pki {
            None => cades::countersign(data, &parent, &mut Signing::new(&signatories, now()))?,
            Some(pki) => {
                let mut stamp = stamp(pki, "tsa", now());
                let mut signing =
                    Signing { stamp: Some(&mut stamp), ..Signing::new(&signatories, now()) };
                cades::countersign(data, &parent, &mut signing)?
            }
        };
        assert_eq!(new.len(), who.len());
        assert!(new.iter().all(|id| !known.contains(id) && id.parent().as_ref() == Some(&parent)));
        let ids = cades::signature_ids(data);
        assert!(new.iter().all(|id| ids.contains(id)));
        Ok(())
    })
    .unwrap()
}

/// Every signature of the file, by the certificate it names, over what it should be over.
fn assert_all_signed(octets: &[u8], content: &[u8], expected: &[&str]) {
    let data = parsed(octets);
    let certificates = data.x509_certificates();
    let ids = cades::signature_ids(&data);
    assert_eq!(ids.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    for id in ids {
        let signer = cades::find_signer(&data, &id).unwrap();
        let certificate = signer.sid.named(&certificates)[0];
        match id.parent() {
            None => assert_signed(&signer, certificate, Some(&data.content_type), content),
            Some(parent) => {
                let over = cades::find_signer(&data, &parent).unwrap().signature;
                assert_signed(&signer, certificate, None, &over);
                let signed = signer.signed_attributes.as_ref().unwrap();
                assert_eq!(signed.all(&cms::oids::CONTENT_TYPE).count(), 0);
            }
        }
        let digest = DigestAlgorithm::from_identifier(&signer.digest_algorithm).unwrap();
        assert!(data.announced_digests().contains(&digest));
    }
}

#[test]
fn three_deep_with_siblings_to_lta() {
    let pki = pki();
    let people: Vec<Person> =
        ["presidente", "segretario", "p384", "rsa", "pss"].map(|id| Person::of(&pki, id)).into();
    let content = content(3000);
    let file = sign(&[&people[0], &people[1]], &content);
    let one = countersigned(&file, "2", &[&people[2], &people[3]], None);
    assert_all_signed(&one, &content, &["1", "2", "2.1", "2.2"]);
    let two = countersigned(&one, "2.2", &[&people[4]], None);
    let three = countersigned(&two, "2.2.1", &[&people[0]], Some(&pki));
    let all = ["1", "2", "2.1", "2.2", "2.2.1", "2.2.1.1"];
    assert_all_signed(&three, &content, &all);
    let (before, after) = (parsed(&file), parsed(&three));
    assert_eq!(before.signer_infos[0].raw, after.signer_infos[0].raw);
    assert_eq!(before.certificates, after.certificates[..before.certificates.len()]);
    openssl(&three, None, &pki);
    let deepest = cades::find_signer(&after, &id("2.2.1.1")).unwrap();
    let certificates = after.x509_certificates();
    let level = Level::of_countersignature(&after, &certificates, &deepest);
    assert_eq!(level, Level::BaselineT);

    // Extended one by one, then archived with the signature they stand on.
    let stamped = change(&three, |data, _| {
        for id in all {
            let mut stamp = stamp(&pki, "tsa", now());
            let id = id.parse().unwrap();
            cades::edit_signer(data, &id, |s| cades::add_signature_time_stamp(s, &mut stamp))?;
        }
        let people = ["presidente", "segretario", "p384", "rsa", "pss"];
        material(&pki, &people, now()).add_to(data)
    })
    .unwrap();
    assert_all_signed(&stamped, &content, &all);
    let lta = change(&stamped, |data, content| {
        let mut stamp = stamp(&pki, "tsa", now());
        let result = cades::add_archive_time_stamp(data, &id("2.1"), content, &mut stamp);
        assert!(matches!(result, Err(cades::Error::ArchivedWithParent { .. })), "{result:?}");
        cades::add_archive_time_stamp(data, &id("2"), content, &mut stamp)
    })
    .unwrap();
    assert_kept(&stamped, &lta);
    let data = parsed(&lta);
    assert_archived(&data, &data.signer_infos[1], &content, 1);
    assert_covers_root(&data, &data.signer_infos[1]);
    openssl(&lta, None, &pki);

    // Beside what the archive time-stamp covers there is room, inside it there is none.
    let beside = countersigned(&lta, "2", &[&people[1]], Some(&pki));
    assert_kept(&lta, &beside);
    let data = parsed(&beside);
    let with_new = ["1", "2", "2.1", "2.2", "2.2.1", "2.2.1.1", "2.3"];
    assert_all_signed(&beside, &content, &with_new);
    assert!(matches!(archived_still(&data, 1), Ok(())));
    for inside in ["2.1", "2.2.1.1"] {
        let signatories = [people[1].signatory()];
        let result = change(&lta, |data, _| {
            let mut signing = Signing::new(&signatories, now());
            cades::countersign(data, &id(inside), &mut signing).map(drop)
        });
        assert!(matches!(result, Err(cades::Error::Covered { .. })), "{result:?}");
        let result = change(&lta, |data, _| {
            let mut stamp = stamp(&pki, "tsa", now());
            cades::edit_signer(data, &id(inside), |s| {
                cades::add_signature_time_stamp(s, &mut stamp)
            })
        });
        assert!(matches!(result, Err(cades::Error::Covered { .. })), "{result:?}");
    }
    // The signature without an archive time-stamp takes them, and so does the new one.
    countersigned(&lta, "1", &[&people[2]], None);
    countersigned(&beside, "2.3", &[&people[2]], None);
}

/// The index of the last archive time-stamp still resolves.
fn archived_still(data: &SignedData, signer: usize) -> Result<(), usize> {
    let signer = &data.signer_infos[signer];
    let raw = signer.unsigned_values(&oids::ARCHIVE_TIME_STAMP_V3).last().unwrap();
    let token = timestamp::Token::parse(raw).unwrap();
    let index = cades::archive::HashIndex::read(&token).unwrap();
    let root = cades::archive::RootObjects::new(data, Vec::new());
    let resolution = index.resolve(&root, &cades::archive::UnsignedObjects::new(signer));
    if resolution.is_valid() { Ok(()) } else { Err(resolution.missing()) }
}

#[test]
fn several_values_in_one_attribute_are_told_apart() {
    let pki = pki();
    let content = content(10);
    let file = lab::cms::sign(&pki, "presidente", &content, now()).unwrap();
    let mut parts = lab::parts::Parts::read(&file).unwrap();
    let over = parts.signers[0].value().unwrap();
    let values =
        ["segretario", "rsa"].map(|who| lab::cms::countersignature(&pki, who, &over).unwrap());
    parts.signers[0].unsigned.push(lab::cms::attribute(&lab::oids::COUNTERSIGNATURE, &values));
    let people = [Person::of(&pki, "p384")];
    let signed = countersigned(&parts.build(), "1.2", &[&people[0]], Some(&pki));
    let data = parsed(&signed);
    let values: Vec<&[u8]> =
        data.signer_infos[0].unsigned_values(&cms::oids::COUNTERSIGNATURE).collect();
    assert_eq!(values.len(), 2);
    let ids: Vec<String> = cades::signature_ids(&data).iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["1", "1.1", "1.2", "1.2.1"]);
    openssl(&signed, None, &pki);
}

#[test]
fn nothing_is_changed_when_countersigning_fails() {
    let pki = pki();
    let (first, second) = (Person::of(&pki, "presidente"), Person::of(&pki, "p384"));
    let file = sign(&[&first], b"content");
    let mut data = parsed(&file);
    let before = data.clone();
    let signatories = [second.signatory()];
    let mut signing = Signing::new(&signatories, now());
    let missing = cades::countersign(&mut data, &id("1.1"), &mut signing);
    assert!(matches!(missing, Err(cades::Error::NoSuchSignature { .. })), "{missing:?}");
    signing.properties =
        SignerProperties { media_type: Some("video/mp4".into()), ..Default::default() };
    let result = cades::countersign(&mut data, &id("1"), &mut signing);
    assert!(matches!(result, Err(cades::Error::Property { .. })), "{result:?}");
    let mut refuses = |_: DigestAlgorithm, _: &[u8]| Err(timestamp::Error::NoAuthority);
    let mut signing = Signing { stamp: Some(&mut refuses), ..Signing::new(&signatories, now()) };
    let result = cades::countersign(&mut data, &id("1"), &mut signing);
    assert!(matches!(result, Err(cades::Error::Timestamp(_))), "{result:?}");
    let result = cades::countersign(&mut data, &id("1"), &mut Signing::new(&[], now()));
    assert!(matches!(result, Err(cades::Error::NoSigner)), "{result:?}");
    assert_eq!(data, before);
}

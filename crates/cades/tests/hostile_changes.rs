//! Changing files that are broken, cut, or changed by somebody else meanwhile
//! (classes 1 to 4 and 39).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use cades::Signing;
use ceralacca_cades as cades;
use cms::{Limits, SignedData};
use common::*;
use crypto::DigestAlgorithm;
use lab::Pki;
use lab::cms::{Framing, Odd};

fn files(pki: &Pki, size: usize) -> Vec<Vec<u8>> {
    let content = content(size);
    let person = Person::of(pki, "presidente");
    let by = |framing| {
        let odd = Odd { framing, ..Odd::new(pki, &content, "presidente") };
        odd.by(&["presidente"], now()).build().unwrap()
    };
    vec![sign(&[&person], &content), by(Framing::Definite), by(Framing::Chunked(33))]
}

/// One of each thing that can be done, with what it leaves.
fn change_everything(
    octets: impl Read + Seek,
    pki: &Pki,
    person: &Person,
    sha: bool,
) -> cades::Result<Vec<u8>> {
    let digests: BTreeSet<_> = sha.then_some(DigestAlgorithm::Sha256).into_iter().collect();
    let mut out = Cursor::new(Vec::new());
    cades::rewrite(octets, &mut out, &digests, 100, &Limits::default(), |data, content| {
        let mut stamp = stamp(pki, "tsa", now());
        let ids = cades::signature_ids(data);
        for id in &ids {
            cades::edit_signer(data, id, |signer| {
                cades::add_signature_time_stamp(signer, &mut stamp)
            })?;
        }
        let signatories = [person.signatory()];
        if let Some(id) = ids.first() {
            cades::countersign(data, id, &mut Signing::new(&signatories, now()))?;
            if sha {
                cades::add_archive_time_stamp(data, id, content, &mut stamp)?;
            }
        }
        Ok(())
    })?;
    Ok(out.into_inner())
}

#[test]
fn cut_anywhere_a_file_is_refused() {
    let pki = pki();
    let person = Person::of(&pki, "p384");
    for file in files(&pki, 100) {
        for end in 0..file.len() {
            // The signing itself is slow; it is never reached here.
            for sha in [false, true] {
                let result = change_everything(Cursor::new(&file[..end]), &pki, &person, sha);
                assert!(result.is_err(), "{end} of {}", file.len());
            }
            assert!(cades::outline(Cursor::new(&file[..end]), &Limits::default()).is_err());
        }
        change_everything(Cursor::new(&file), &pki, &person, true).unwrap();
    }
}

#[test]
fn flipped_bits_never_panic_and_never_lose_the_content() {
    let pki = pki();
    let nothing = |_: &mut SignedData, _: &cms::verify::ContentDigests| Ok(());
    for file in files(&pki, 100) {
        for bit in 0..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut out = Cursor::new(Vec::new());
            let digests = [DigestAlgorithm::Sha256].into();
            let limits = Limits::default();
            let result =
                cades::rewrite(Cursor::new(&flipped), &mut out, &digests, 0, &limits, nothing);
            if result.is_ok() {
                let out = out.into_inner();
                assert!(encapsulated(&flipped) == encapsulated(&out), "{bit}");
                let (before, after) = (parsed_leniently(&flipped), parsed(&out));
                assert_eq!(before.signer_infos, after.signer_infos);
                assert_eq!(before.certificates, after.certificates);
            }
        }
    }
}

/// What is in the file, whatever stands behind it.
fn parsed_leniently(octets: &[u8]) -> SignedData {
    cades::outline(Cursor::new(octets), &Limits::default()).unwrap().data
}

/// Signatures and countersignatures whose inside is random are still edited or refused.
#[test]
fn flipped_bits_in_what_is_edited_never_panic() {
    let pki = pki();
    let (first, second) = (Person::of(&pki, "presidente"), Person::of(&pki, "p384"));
    let file = sign(&[&first], b"x");
    let file = change_everything(Cursor::new(&file), &pki, &second, true).unwrap();
    for place in (0..file.len()).step_by(5) {
        let mut flipped = file.clone();
        flipped[place] ^= 0x21;
        let Ok((mut data, _)) = cms::parse(&flipped, &Limits::default()) else { continue };
        for id in cades::signature_ids(&data) {
            let _ = cades::find_signer(&data, &id);
            let _ = cades::edit_signer(&mut data, &id, |signer| {
                let attribute = cms::Attribute::single(&cms::oids::DATA, &asn1::der::null());
                Ok(signer.with_unsigned(&attribute, &Limits::default())?)
            });
        }
        let _ = cades::is_frozen(&data);
        let _ = material(&pki, &[], now()).add_to(&mut data);
        cms::parse(&data.to_detached(), &Limits::default()).unwrap();
    }
}

/// A file that is another one after so many octets were read.
struct Changing {
    before: Vec<u8>,
    after: Vec<u8>,
    left: usize,
    at: u64,
}

impl Read for Changing {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let source = if self.left == 0 { &self.after } else { &self.before };
        let rest = source.get(self.at as usize..).unwrap_or_default();
        let step = rest.len().min(out.len()).min(self.left.max(1));
        out[..step].copy_from_slice(&rest[..step]);
        self.at += step as u64;
        self.left = self.left.saturating_sub(step);
        Ok(step)
    }
}

impl Seek for Changing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.checked_add_signed(by).unwrap(),
            SeekFrom::End(by) => (self.before.len() as u64).checked_add_signed(by).unwrap(),
        };
        Ok(self.at)
    }
}

#[test]
fn class_39_a_file_that_changes_meanwhile() {
    let pki = pki();
    let mut noticed = 0;
    for file in files(&pki, 62_400) {
        let content_at = file.len() / 2;
        let mut altered = file.clone();
        altered[content_at] ^= 1;
        let cut = file[..content_at].to_vec();
        for after in [altered, cut] {
            let attribute =
                cms::Attribute::single(&cms::oids::DATA, &asn1::der::octet_string(&[0; 4000]));
            for left in
                [0, 1, 5000, content_at - 1, content_at + 1000, file.len(), file.len() + 9000]
            {
                let source = Changing { before: file.clone(), after: after.clone(), left, at: 0 };
                let mut out = Cursor::new(Vec::new());
                let digests = [DigestAlgorithm::Sha256].into();
                let limits = Limits::default();
                let mut found = None;
                let result =
                    cades::rewrite(source, &mut out, &digests, 0, &limits, |data, content| {
                        found = Some(content.clone());
                        let id = "1".parse().unwrap();
                        cades::edit_signer(data, &id, |signer| {
                            Ok(signer.with_unsigned(&attribute, &limits)?)
                        })
                    });
                noticed += usize::from(matches!(result, Err(cades::Error::ContentChanged)));
                // Either it was noticed, or what was written is what was hashed.
                if result.is_ok() {
                    let written = parsed_content(&out.into_inner());
                    let digest = crypto::digest(DigestAlgorithm::Sha256, &written);
                    assert_eq!(found.unwrap().values[&DigestAlgorithm::Sha256], digest);
                }
            }
        }
    }
    assert!(noticed >= 3, "{noticed}");
}

//! Classes 15, 16, 18, 19, 20: files that break parsers. Class 17 is in `cost`.

use asn1::{Oid, Tag, der};
use ceralacca::validation::{SubIndication as S, Verdict};
use ceralacca::{Error, Family, Secret, SigningKey};
use lab::cms::{Framing, attribute};
use lab::parts::Parts;
use lab::{oids, wrap};

use crate::common::*;

/// Runs on a stack as small as a thread of a service may have.
fn on_a_small_stack(run: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(512 << 10);
        builder.spawn_scoped(scope, run).unwrap().join().unwrap();
    });
}

/// So many definite-length values inside each other; `innermost` is complete.
fn nested(tag: Tag, levels: usize, innermost: &[u8]) -> Vec<u8> {
    let mut headers = Vec::with_capacity(levels);
    let mut length = innermost.len() as u64;
    for _ in 0..levels {
        let header = der::header(tag, length);
        length += header.len() as u64;
        headers.push(header);
    }
    let mut out = headers.iter().rev().flatten().copied().collect::<Vec<u8>>();
    out.extend(innermost);
    out
}

const LEVELS: [usize; 3] = [10_000, 100_000, 1_000_000];

#[test]
fn class_15_values_inside_values() {
    let desk = Desk::new();
    let head = [&der::oid(&oids::SIGNED_DATA)[..], &[0xa0, 0x80]].concat();
    on_a_small_stack(|| {
        for levels in LEVELS {
            for octets in [
                wrap::deep(levels),
                // Recognised as SignedData first.
                [&[0x30, 0x80][..], &head, &[0x30, 0x80].repeat(levels)].concat(),
                [&[0x30, 0x80][..], &head, &[0xa0, 0x80].repeat(levels)].concat(),
                [&[0x30, 0x80][..], &head, &[0x31, 0x80].repeat(levels)].concat(),
            ] {
                assert!(!matches!(
                    desk.survives("deep.p7m", octets),
                    Ok(report) if report.verdict == Verdict::TotalPassed
                ));
            }
        }
    });
}

#[test]
fn class_15_octet_strings_inside_octet_strings() {
    let desk = Desk::new();
    on_a_small_stack(|| {
        for levels in [7, 9, 100, 10_000, 100_000] {
            let octets = desk.file(|file| file.framing = Framing::Nested { piece: 9, levels });
            match desk.survives("strings.p7m", octets) {
                Ok(report) if levels <= 7 => passed(&report),
                Ok(report) => assert_ne!(report.verdict, Verdict::TotalPassed, "{levels}"),
                Err(error) => assert_eq!(error.family(), Family::Unsupported, "{levels}: {error}"),
            }
        }
        // With definite lengths the pieces are known from the outside in.
        for levels in LEVELS {
            let content =
                nested(Tag::OCTET_STRING_CONSTRUCTED, levels, &der::octet_string(CONTENT));
            let mut parts = Parts::read(&desk.signed()).unwrap();
            let content = der::explicit(0, &content);
            parts.encapsulated = der::sequence(&[der::oid(&oids::DATA), content]);
            assert!(!desk.passes("definite.p7m", parts.build()));
            let _ = desk.survives("definite.p7m", parts.build());
        }
    });
}

#[test]
fn class_15_inside_attributes_certificates_and_lists() {
    let desk = Desk::new();
    let signed = desk.signed();
    on_a_small_stack(|| {
        for levels in [100, 10_000, 100_000] {
            for tag in [Tag::SEQUENCE, Tag::SET, Tag::context_constructed(0)] {
                let deep = nested(tag, levels, &der::null());
                for oid in [
                    oids::SIGNATURE_TIME_STAMP,
                    oids::COUNTERSIGNATURE,
                    oids::ARCHIVE_TIME_STAMP_V3,
                    oids::ARCHIVE_TIME_STAMP_V2,
                    oids::CERTIFICATE_VALUES,
                    oids::REVOCATION_VALUES,
                    oids::COMPLETE_REVOCATION_REFS,
                ] {
                    let mut parts = Parts::read(&signed).unwrap();
                    parts.signers[0].add(&oid, deep.clone());
                    let report = desk.survives("attribute.p7m", parts.build());
                    if let Ok(report) = report {
                        assert_eq!(report.signatures.len().max(1), report.signatures.len());
                    }
                }
                let in_signed = desk.odd(|signer| {
                    signer.extra_signed =
                        vec![attribute(&Oid::new("1.2.3.4"), std::slice::from_ref(&deep))];
                });
                let _ = desk.survives("signed.p7m", in_signed);
                let mut parts = Parts::read(&signed).unwrap();
                parts.add_certificates(&[nested(Tag::SEQUENCE, levels, &der::null())]).unwrap();
                let _ = desk.survives("certificate.p7m", parts.build());
                let mut parts = Parts::read(&signed).unwrap();
                let other = [der::oid(&oids::RI_OCSP_RESPONSE), deep].concat();
                let other = der::tlv(Tag::context_constructed(1), &other);
                parts.add_crls(&[other, nested(Tag::SEQUENCE, levels, &der::null())]).unwrap();
                let _ = desk.survives("list.p7m", parts.build());
            }
        }
    });
}

/// A countersignature on a countersignature on … : each is a SignerInfo in an unsigned attribute.
#[test]
fn class_15_countersignatures_on_countersignatures() {
    let desk = Desk::new();
    let parts = Parts::read(&desk.signed()).unwrap();
    on_a_small_stack(|| {
        for levels in [3, 30, 300, 3_000] {
            let mut parts = parts.clone();
            let mut info = parts.signers[0].clone();
            for _ in 0..levels {
                let mut above = parts.signers[0].clone();
                above.add(&oids::COUNTERSIGNATURE, info.build());
                info = above;
            }
            parts.signers[0] = info;
            match desk.survives("counter.p7m", parts.build()) {
                // They are over other values: none of them holds, and the file does not pass.
                Ok(report) => assert_ne!(report.verdict, Verdict::TotalPassed, "{levels}"),
                Err(error) => assert_eq!(error.family(), Family::Unsupported, "{levels}: {error}"),
            }
        }
    });
}

#[test]
fn class_15_envelopes_and_wrappings_inside_each_other() {
    let desk = Desk::new();
    on_a_small_stack(|| {
        let mut file = CONTENT.to_vec();
        for level in 1..=40 {
            file = lab::cms::sign(&desk.pki, "presidente", &file, then()).unwrap();
            if [1, 8, 9, 40].contains(&level) {
                match desk.survives("layers.p7m", &file) {
                    Ok(report) => {
                        assert!(level <= 8);
                        assert_eq!(report.signatures.len(), level);
                        passed(&report);
                    }
                    Err(error) => {
                        assert!(level > 8);
                        assert_eq!(error.family(), Family::Unsupported);
                    }
                }
            }
        }
        let mut text = desk.signed();
        for level in 1..=30 {
            text = wrap::base64_lines(&text, 76, "\r\n").into_bytes();
            let report = desk.survives("text.p7m", &text);
            if level <= 2 {
                passed(&report.unwrap());
            } else if let Ok(report) = report {
                // What is taken off whole passes for what it is; nothing passes half unwrapped.
                let passed = report.verdict == Verdict::TotalPassed;
                assert!(!passed || report.signatures.len() == 1, "{level}");
            }
        }
        // A message inside a message, ten thousand times.
        let head = "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n";
        let mail = format!("MIME-Version: 1.0\r\n{}", head.repeat(10_000));
        assert!(!desk.passes("mail.m7m", mail));
    });
}

#[test]
fn class_16_lengths_beyond_what_is_there() {
    let desk = Desk::new();
    let whole = desk.signed();
    let lengths: [&[u8]; 7] = [
        &[0x82, 0xff, 0xff],
        &[0x83, 0xff, 0xff, 0xff],
        &[0x84, 0x7f, 0xff, 0xff, 0xff],
        &[0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    // Every length near the start, and every seventh later on, says more than there is.
    let places = (1..80).chain((80..whole.len()).step_by(7));
    for at in places {
        for length in lengths {
            let mut octets = whole.clone();
            octets.splice(at..=at, length.iter().copied());
            let report = desk.survives("long.p7m", &octets);
            let passed = report.is_ok_and(|report| report.verdict == Verdict::TotalPassed);
            assert!(!passed || desk.extracted("long.p7m") == CONTENT, "at {at}");
        }
    }
    // Alone: a header that promises everything, and nothing behind it.
    for length in lengths {
        let octets = [&[0x30][..], length].concat();
        assert!(!desk.passes("head.p7m", octets));
        let mut octets = [&[0x30][..], length, &der::oid(&oids::SIGNED_DATA), &[0xa0]].concat();
        octets.extend(length);
        octets.extend([0x30]);
        octets.extend(length);
        let _ = desk.survives("head.p7m", octets);
    }
}

#[test]
fn class_18_an_identifier_has_one_reading() {
    let desk = Desk::new();
    let signed = desk.signed();
    // id-data and id-signedData under readings that forget the high bits or skip padding.
    let padded = [0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x80, 0x01];
    let wrapped =
        [0x06, 0x0d, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x90, 0x80, 0x80, 0x80, 0x07, 0x01];
    for oid in [&padded[..], &wrapped] {
        let mut parts = Parts::read(&signed).unwrap();
        let content = der::explicit(0, &der::octet_string(CONTENT));
        parts.encapsulated = der::sequence(&[oid, &content]);
        assert!(!desk.passes("oid.p7m", parts.build()), "content type {oid:02x?}");
    }
    // An attribute under a padded identifier is another attribute, or nothing at all.
    let head = der::oid(&oids::MESSAGE_DIGEST);
    let set = Parts::read(&signed).unwrap().signers[0].signed.clone().unwrap();
    let at = set.windows(head.len()).position(|window| window == head).unwrap();
    let mut parts = Parts::read(&signed).unwrap();
    let mut altered = set;
    altered[at + head.len() - 1] |= 0x80;
    parts.signers[0].signed = Some(altered);
    assert!(!desk.passes("attribute.p7m", parts.build()));
    // Two values where one is expected: the second is not a second opinion.
    let mut parts = Parts::read(&signed).unwrap();
    let twice = [der::octet_string(CONTENT), der::octet_string(b"altro")].concat();
    let twice = der::explicit(0, &twice);
    parts.encapsulated = der::sequence(&[der::oid(&oids::DATA), twice]);
    assert!(!desk.passes("twice.p7m", parts.build()));
    let two = [signed.clone(), signed].concat();
    let report = desk.survives("two.p7m", two).unwrap();
    assert_eq!(report.signatures.len(), 1, "what stands behind is trailing octets");
}

#[test]
fn class_19_dates_that_do_not_exist() {
    let desk = Desk::new();
    let times: [(Tag, &str); 22] = [
        (Tag::UTC_TIME, "260230100000Z"),
        (Tag::UTC_TIME, "261301100000Z"),
        (Tag::UTC_TIME, "260001100000Z"),
        (Tag::UTC_TIME, "260301250000Z"),
        (Tag::UTC_TIME, "260301106000Z"),
        (Tag::UTC_TIME, "260301100060Z"),
        (Tag::UTC_TIME, "260301100099Z"),
        (Tag::UTC_TIME, "2603011000"),
        (Tag::UTC_TIME, "2603011000Z"),
        (Tag::UTC_TIME, "260301100000+9999"),
        (Tag::UTC_TIME, "260301100000-0000"),
        (Tag::UTC_TIME, ""),
        (Tag::UTC_TIME, "Z"),
        (Tag::UTC_TIME, "+++++++++++++"),
        (Tag::GENERALIZED_TIME, "00000000000000Z"),
        (Tag::GENERALIZED_TIME, "99999999999999Z"),
        (Tag::GENERALIZED_TIME, "99991231235959Z"),
        (Tag::GENERALIZED_TIME, "20260301100000.999999999999999999999999Z"),
        (Tag::GENERALIZED_TIME, "20260301100000.Z"),
        (Tag::GENERALIZED_TIME, "20260301100000,5Z"),
        (Tag::GENERALIZED_TIME, "2026030110"),
        (Tag::GENERALIZED_TIME, "-0260301100000Z"),
    ];
    let certificate = desk.pki.certificate("presidente").unwrap().to_vec();
    let crl = desk.pki.crl("ca", then(), now()).unwrap();
    for (tag, text) in times {
        let time = der::tlv(tag, text.as_bytes());
        let octets = desk.odd(|signer| {
            signer.signing_time = None;
            signer.extra_signed = vec![attribute(&oids::SIGNING_TIME, std::slice::from_ref(&time))];
        });
        let _ = desk.survives("time.p7m", octets);
        // In certificates and lists: put in place of a time of the same length or not.
        for (octets, is_certificate) in [(&certificate, true), (&crl, false)] {
            let at = octets.windows(2).position(|w| w[0] == 0x17 && w[1] == 13).unwrap();
            let mut altered = octets.clone();
            altered.splice(at..at + 15, time.iter().copied());
            if is_certificate {
                let _ = x509::Certificate::from_der(&altered);
            } else {
                let _ = x509::Crl::from_der(&altered);
            }
            let mut parts = Parts::read(&desk.signed()).unwrap();
            if is_certificate {
                parts.certificates = Some(der::tlv(Tag::context_constructed(0), &altered));
            } else {
                parts.crls = Some(der::tlv(Tag::context_constructed(1), &altered));
            }
            let _ = desk.survives("object.p7m", parts.build());
        }
    }
}

#[test]
fn class_20_a_key_file_does_not_set_its_own_price() {
    let desk = Desk::new();
    let certificate = desk.put("c.pem", desk.pki.entity("presidente").unwrap().certificate.pem());
    // PBES2 with PBKDF2 (RFC 8018 A.2, A.4) and two thousand million iterations.
    let sequence = |parts: &[Vec<u8>]| der::sequence(parts);
    let kdf = sequence(&[der::octet_string(&[1; 8]), der::integer(2_000_000_000)]);
    let kdf = sequence(&[der::oid(&Oid::new("1.2.840.113549.1.5.12")), kdf]);
    let aes = Oid::new("2.16.840.1.101.3.4.1.42");
    let cipher = sequence(&[der::oid(&aes), der::octet_string(&[2; 16])]);
    let pbes2 = sequence(&[der::oid(&Oid::new("1.2.840.113549.1.5.13")), sequence(&[kdf, cipher])]);
    let key = sequence(&[pbes2, der::octet_string(&[3; 64])]);
    let key = desk.put("k.pem", wrap::pem("ENCRYPTED PRIVATE KEY", &key));
    let begun = std::time::Instant::now();
    let opened = SigningKey::from_pem(&key, &certificate, Some(&Secret::from("esercizio")));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    let error = opened.expect_err("no key is worth that");
    assert!(matches!(error, Error::Key { .. }), "{error}");
    let told = ceralacca::describe(&error);
    assert!(told.contains("2000000000") || told.contains("10000000"), "the limit is named: {told}");
}

#[test]
fn class_13_and_15_a_broken_envelope_is_a_failure_not_an_absence() {
    let desk = Desk::new();
    let inner = desk.signed();
    let outer = lab::cms::sign(&desk.pki, "segretario", &inner[..inner.len() / 2], then()).unwrap();
    let report = desk.verdict("half.p7m.p7m", outer);
    assert_eq!(report.verdict, Verdict::TotalFailed);
    assert!(report.signatures.iter().any(|s| s.sub_indication == Some(S::FormatFailure)));
}

//! Class 17: four times the input may cost some four times the time. Each case is measured at two sizes,
//! the best of several runs each; work that grows with the square gives 16 and more.

use std::time::{Duration, Instant};

use asn1::{Oid, Tag, der};
use chrono::TimeDelta;
use lab::cms::{Framing, OddSigner, attribute};
use lab::parts::Parts;
use lab::{oids, wrap};

use crate::common::*;

/// The highest ratio that is still called linear: four, and as much again for a machine with other work.
const HIGHEST: f64 = 9.0;
/// Runs shorter than this say nothing about growth.
const FLOOR: Duration = Duration::from_millis(40);

#[track_caller]
fn linear(name: &str, desk: &Desk, small: usize, make: impl Fn(usize) -> Vec<u8>) {
    let best = |size: usize| {
        let path = desk.put("cost.p7m", make(size));
        let run = || {
            let begun = Instant::now();
            let _ = desk.judge(&path);
            let _ = ceralacca::inspect_file(&path, None);
            begun.elapsed()
        };
        let mut best = run();
        for _ in 0..3 {
            if best > Duration::from_secs(2) {
                break;
            }
            best = best.min(run());
        }
        best
    };
    let (one, four) = (best(small), best(small * 4));
    let ratio = four.as_secs_f64() / one.max(FLOOR).as_secs_f64();
    println!("{name}: {one:?} and {four:?} for four times as much: {ratio:.1}");
    assert!(ratio < HIGHEST, "{name}: {one:?} becomes {four:?}");
    assert!(four < Duration::from_secs(30), "{name}: {four:?}");
}

#[test]
fn class_17_one_long_value() {
    let desk = Desk::new();
    let signed = desk.signed();
    linear("an identifier of one arc after another", &desk, 1_000_000, |size| {
        let oid = der::tlv(Tag::OID, &vec![1; size]);
        let mut parts = Parts::read(&signed).unwrap();
        parts.signers[0].unsigned.push(der::sequence(&[oid, der::set_of(&[der::null()])]));
        parts.build()
    });
    linear("an identifier of one long arc", &desk, 1_000_000, |size| {
        let mut arc = vec![0xff; size];
        arc.push(1);
        let content = der::explicit(0, &der::octet_string(CONTENT));
        let mut parts = Parts::read(&signed).unwrap();
        parts.encapsulated = der::sequence(&[der::tlv(Tag::OID, &arc), content]);
        parts.build()
    });
    linear("an integer", &desk, 200_000, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        let serial = der::tlv(Tag::INTEGER, &vec![0x55; size]);
        let issuer = desk.pki.entity("ca").unwrap().certificate.subject.clone();
        parts.signers[0].sid = der::sequence(&[issuer, serial]);
        parts.build()
    });
    linear("a name of many parts", &desk, 5_000, |size| {
        let one = der::set_of(&[der::sequence(&[
            der::oid(&oids::COMMON_NAME),
            der::utf8_string("TEST - NON VALIDO"),
        ])]);
        let name = der::tlv(Tag::SEQUENCE, &one.repeat(size));
        let mut parts = Parts::read(&signed).unwrap();
        parts.signers[0].sid = der::sequence(&[name, der::integer(1)]);
        parts.build()
    });
}

#[test]
fn class_17_many_members() {
    let desk = Desk::new();
    let signed = desk.signed();
    let filler = |n: usize| der::sequence(&[der::integer(n as u64), der::null()]);
    linear("certificates that are none", &desk, 250, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        let all: Vec<_> = (0..size).map(filler).collect();
        parts.certificates = Some(der::constructed(Tag::context_constructed(0), &all));
        parts.build()
    });
    let ca = desk.pki.certificate("ca").unwrap().to_vec();
    linear("one certificate again and again", &desk, 250, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        parts.certificates = Some(der::tlv(Tag::context_constructed(0), &ca.repeat(size)));
        parts.build()
    });
    let crl = desk.pki.crl("ca", then(), now()).unwrap();
    linear("one list again and again", &desk, 250, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        parts.crls = Some(der::tlv(Tag::context_constructed(1), &crl.repeat(size)));
        parts.build()
    });
    linear("signers", &desk, 60, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        parts.signers = vec![parts.signers[0].clone(); size];
        parts.build()
    });
    linear("unsigned attributes", &desk, 250, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        let one = attribute(&Oid::new("1.2.3.4"), &[der::utf8_string("x")]);
        parts.signers[0].unsigned = vec![one; size];
        parts.build()
    });
    linear("signed attributes", &desk, 250, |size| {
        desk.odd(|signer| {
            signer.extra_signed = (0..size)
                .map(|n| attribute(&Oid::new("1.2.3.4"), &[der::integer(n as u64)]))
                .collect();
        })
    });
}

#[test]
fn class_17_time_stamps_and_countersignatures() {
    let desk = Desk::new();
    let signed = desk.signed();
    let stamp =
        Parts::read(&desk.odd(|s| s.stamps = OddSigner::new("").stamped("tsa", then()).stamps));
    let token = stamp.unwrap().signers[0].unsigned[0].clone();
    linear("time-stamps", &desk, 20, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        parts.signers[0].unsigned = vec![token.clone(); size];
        parts.build()
    });
    linear("archive time-stamps over each other", &desk, 10, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        for n in 0..size {
            let stamp = lab::archive::ArchiveStamp::new("tsa", then() + minutes(1 + n as i64 / 2));
            let version = lab::archive::IndexVersion::V3;
            let index = lab::archive::Index::of(&parts, 0, version, lab::Hash::Sha256).unwrap();
            desk.pki.archive_v3(&mut parts, 0, &index, &stamp).unwrap();
        }
        parts.build()
    });
    linear("countersignatures beside each other", &desk, 20, |size| {
        let mut parts = Parts::read(&signed).unwrap();
        let value = parts.signers[0].value().unwrap();
        let info = lab::cms::countersignature(&desk.pki, "segretario", &value).unwrap();
        let attribute = attribute(&oids::COUNTERSIGNATURE, &vec![info; size]);
        parts.signers[0].unsigned = vec![attribute];
        parts.build()
    });
}

/// Refused revocation data are told for every judged path: many of them times many signatures or
/// time-stamps must neither take minutes nor fill the report.
#[test]
fn class_17_refused_lists_times_signatures_and_stamps() {
    let desk = Desk::new();
    let stamped = desk.odd(|signer| *signer = signer.clone().stamped("tsa", then() + minutes(1)));
    let lists = |authority: &str, count: i64| -> Vec<Vec<u8>> {
        let list = |n| desk.pki.crl(authority, then() + TimeDelta::seconds(n), now()).unwrap();
        let spoilt = |mut list: Vec<u8>| {
            *list.last_mut().unwrap() ^= 1;
            list
        };
        (0..count).map(list).map(spoilt).collect()
    };
    let judged = |name: &str, parts: &Parts| {
        let begun = Instant::now();
        let report = desk.verdict(name, parts.build());
        let took = begun.elapsed();
        println!("{name}: {took:?}");
        assert!(took < Duration::from_secs(20), "{name}: {took:?}");
        let size = serde_json::to_vec(&report).unwrap().len();
        assert!(size < 12 << 20, "{name}: {size}");
        let most = report.signatures.iter().map(|signature| signature.findings.len()).max();
        assert!(most < Some(60), "{name}: {most:?}");
        report
    };
    let mut parts = Parts::read(&stamped).unwrap();
    parts.add_crls(&lists("ca", 400)).unwrap();
    parts.signers = vec![parts.signers[0].clone(); 100];
    let report = judged("signatures", &parts);
    let told = findings(&report).iter().any(|finding| finding.message.contains("(+"));
    assert!(told, "the rest is told by its number");

    let mut parts = Parts::read(&stamped).unwrap();
    parts.add_crls(&lists("tsa-root", 400)).unwrap();
    let token = parts.signers[0].unsigned[0].clone();
    parts.signers[0].unsigned = vec![token; 200];
    judged("time-stamps", &parts);
}

/// What is over a limit is no verdict: it is refused, and where the limit is reached it is judged.
#[test]
fn class_17_more_signatures_and_stamps_than_are_judged() {
    let desk = Desk::new();
    let signed = desk.signed();
    let counter = |count: usize| {
        let mut parts = Parts::read(&signed).unwrap();
        let value = parts.signers[0].value().unwrap();
        let info = lab::cms::countersignature(&desk.pki, "segretario", &value).unwrap();
        let attribute = |n| attribute(&oids::COUNTERSIGNATURE, &vec![info.clone(); n]);
        parts.signers[0].unsigned = vec![attribute(count / 2), attribute(count - count / 2)];
        desk.put("counter.p7m", parts.build())
    };
    let refused = |path: &std::path::Path| {
        let error = desk.judge(path).unwrap_err();
        assert_eq!(error.family(), ceralacca::Family::Unsupported, "{error}");
        assert!(error.to_string().contains("more than"), "{error}");
    };
    let report = desk.judge(&counter(cades::MOST_SIGNATURES - 1)).unwrap();
    assert_eq!(report.signatures.len(), cades::MOST_SIGNATURES);
    refused(&counter(cades::MOST_SIGNATURES));

    let stamped = desk.odd(|signer| *signer = signer.clone().stamped("tsa", then() + minutes(1)));
    let mut parts = Parts::read(&stamped).unwrap();
    let token = parts.signers[0].unsigned[0].clone();
    parts.signers[0].unsigned = vec![token; 206];
    parts.signers = vec![parts.signers[0].clone(); 5];
    refused(&desk.put("stamps.p7m", parts.build()));
}

#[test]
fn class_17_pieces_and_lines() {
    let desk = Desk::new();
    linear("pieces of one octet", &desk, 250_000, |size| {
        desk.file(|file| {
            file.framing = Framing::Chunked(1);
            file.content = vec![7; size];
        })
    });
    linear("pieces of none", &desk, 250_000, |size| {
        let mut parts = Parts::read(&desk.signed()).unwrap();
        let pieces = [&[4, 0].repeat(size)[..], &der::octet_string(CONTENT)].concat();
        let content = [&[0x24, 0x80][..], &pieces, &[0, 0]].concat();
        let content = der::explicit(0, &content);
        parts.encapsulated = der::sequence(&[der::oid(&oids::DATA), content]);
        parts.build()
    });
    let plain = |size: usize| desk.file(|file| file.content = vec![7; size]);
    for width in [1, 4, 76] {
        linear(&format!("base64 in lines of {width}"), &desk, 400_000, |size| {
            wrap::base64_lines(&plain(size), width, "\r\n").into_bytes()
        });
    }
    linear("empty lines before PEM", &desk, 1_000_000, |size| {
        ("\r\n".repeat(size) + &wrap::pem("PKCS7", &plain(10))).into_bytes()
    });
    linear("headers before S/MIME", &desk, 20_000, |size| {
        ("X-Riga: valore\r\n".repeat(size) + &wrap::smime(&plain(10))).into_bytes()
    });
}

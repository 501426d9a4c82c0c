//! Files with their time-stamps in one (`.tsd`, `.m7m`) and beside (`.tsr`): made, renewed, judged
//! and taken apart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::path::Path;

use ceralacca::validation::report::TimeReference;
use ceralacca::validation::{Code, Status, SubIndication, Verdict};
use ceralacca::{
    DigestAlgorithm, Error, NewMetaData, Placing, Policy, Report, StampOptions, Times,
    TimestampAuthority, extract_layers_file, gather_facts, inspect_file, renew_tsd, stamp_tsd,
};
use chrono::{DateTime, Utc};
use common::{CONTENT, Desk, minutes, now, passed, then};
use lab::cms::Framing;
use lab::key::Hash;
use lab::m7m::{Body, M7m, Over};
use lab::tsa::Fault;
use lab::tsd::{Evidence, MetaData, Tsd};

fn kinds(report: &Report) -> Vec<&str> {
    report.layers.iter().map(|layer| layer.kind.as_str()).collect()
}

fn stamps(report: &Report) -> Vec<(Status, Option<SubIndication>, Option<bool>)> {
    let stamps = report.timestamps.iter();
    stamps.map(|stamp| (stamp.indication, stamp.sub_indication, stamp.intact)).collect()
}

const GOOD: (Status, Option<SubIndication>, Option<bool>) = (Status::Passed, None, Some(true));

/// The lab's authority, without a network between.
struct Authority<'a> {
    pki: &'a lab::Pki,
    at: DateTime<Utc>,
}

impl TimestampAuthority for Authority<'_> {
    fn name(&self) -> &str {
        "lab"
    }

    fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, timestamp::AuthorityError> {
        Ok(self.pki.tsa_respond("tsa", request, self.at, &Fault::None)?)
    }
}

fn options<'a>(authorities: &'a [&'a dyn TimestampAuthority]) -> StampOptions<'a> {
    StampOptions {
        authorities,
        digest: DigestAlgorithm::Sha256,
        placing: Placing::default(),
        progress: None,
    }
}

#[test]
fn a_stamp_around_a_signature_proves_that_it_existed() {
    let desk = Desk::new();
    let p7m = desk.signed();
    let tsd = Tsd::new(&desk.pki, &p7m, "tsa", then() + minutes(5)).build().unwrap();
    let m7m = M7m::new(&desk.pki, &p7m, "tsa", then() + minutes(5)).build().unwrap();
    for (name, octets, format, kind) in
        [("a.p7m.tsd", &tsd, "TSD", "tsd"), ("a.p7m.m7m", &m7m, "M7M", "m7m")]
    {
        let report = desk.verdict(name, octets);
        passed(&report);
        assert_eq!((report.format.as_str(), kinds(&report)), (format, vec![kind, "cades"]));
        let signature = &report.signatures[0];
        assert_eq!(signature.id, "1");
        assert_eq!(signature.time_reference, TimeReference::Timestamp);
        assert_eq!(signature.best_signature_time, Some(then() + minutes(5)));
        assert_eq!(stamps(&report), [GOOD]);
        assert_eq!(report.timestamps[0].kind, "time-stamp");
        assert_eq!(desk.extracted(name), CONTENT);
    }
    // Signed envelopes are counted, time-stamped ones are not.
    let around = lab::cms::sign(&desk.pki, "segretario", &tsd, then() + minutes(9)).unwrap();
    let report = desk.verdict("a.p7m.tsd.p7m", &around);
    passed(&report);
    assert_eq!((report.format.as_str(), kinds(&report)), ("CAdES", vec!["cades", "tsd", "cades"]));
    let signatures: Vec<_> =
        report.signatures.iter().map(|s| (s.id.as_str(), s.time_reference)).collect();
    assert_eq!(
        signatures,
        [("1", TimeReference::Claimed), ("2/1", TimeReference::Timestamp)],
        "a stamp proves nothing for what stands around it"
    );
}

#[test]
fn a_signature_outlives_its_certificate_inside_a_stamp() {
    let mut desk = Desk::new();
    let p7m = desk.signed();
    let at = then() + minutes(5);
    let tsd = Tsd::new(&desk.pki, &p7m, "tsa", at).build().unwrap();
    let late = Tsd::new(&desk.pki, &p7m, "tsa", at + minutes(40)).build().unwrap();
    desk.pki.revoke("presidente", at + minutes(10), lab::pki::Reason::KeyCompromise).unwrap();
    desk.evidence.crls.clear();
    for id in ["root", "ca", "tsa-root"] {
        let crl = desk.pki.crl(id, now() - minutes(5), now() + minutes(600)).unwrap();
        desk.evidence.crls.push(x509::Crl::from_der(&crl).unwrap());
    }
    passed(&desk.verdict("a.tsd", &tsd));
    for (name, octets) in [("a.p7m", &p7m), ("late.tsd", &late)] {
        assert_ne!(desk.verdict(name, octets).verdict, Verdict::TotalPassed, "{name}");
    }
    // A stamp that does not hold heals nothing.
    let broken = Tsd {
        evidence: vec![Evidence { fault: Fault::BadSignature, ..Evidence::new("tsa", at) }],
        ..Tsd::new(&desk.pki, &p7m, "tsa", at)
    };
    let report = desk.verdict("broken.tsd", broken.build().unwrap());
    assert_ne!(report.verdict, Verdict::TotalPassed);
    assert_eq!(report.timestamps[0].indication, Status::Failed);
}

#[test]
fn class_30_a_stamp_of_something_else_fails() {
    let desk = Desk::new();
    let good = Tsd::new(&desk.pki, CONTENT, "tsa", then());
    let octets = good.build().unwrap();
    let report = desk.verdict("a.txt.tsd", &octets);
    assert_eq!((report.verdict, stamps(&report)), (Verdict::TotalPassed, vec![GOOD]));
    let place = octets.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    let mut altered = octets.clone();
    altered[place] ^= 1;
    let report = desk.verdict("altered.tsd", &altered);
    assert_eq!(report.verdict, Verdict::TotalFailed);
    let failed = (Status::Failed, Some(SubIndication::HashFailure), Some(false));
    assert_eq!(stamps(&report), [failed]);
    // A chain whose second stamp is over something else.
    let chain = Tsd {
        evidence: vec![
            Evidence { with_crl: true, ..Evidence::new("tsa", then()) },
            Evidence::new("tsa", then() + minutes(5)),
        ],
        ..good.clone()
    };
    let report = desk.verdict("chain.tsd", chain.build().unwrap());
    assert_eq!((report.verdict, stamps(&report)), (Verdict::TotalPassed, vec![GOOD, GOOD]));
    let wrong = Tsd { renewal_without_crl: true, ..chain };
    let report = desk.verdict("wrong.tsd", wrong.build().unwrap());
    assert_eq!((report.verdict, stamps(&report)), (Verdict::TotalFailed, vec![GOOD, failed]));
    // Over the transported octets or the decoded ones, nothing else.
    for over in [Over::Decoded, Over::Transported] {
        let m7m = M7m {
            envelope_body: Body::Base64,
            over,
            ..M7m::new(&desk.pki, &desk.signed(), "tsa", then() + minutes(5))
        };
        let report = desk.verdict("a.m7m", m7m.build().unwrap());
        passed(&report);
        assert_eq!(stamps(&report), [GOOD], "{over:?}");
    }
}

/// The chain of an older file put around a signature: its second stamp holds, but over a first one
/// that is about something else, and so it proves nothing for the signature.
#[test]
fn class_30_a_chain_borrowed_from_another_file_proves_nothing() {
    let desk = Desk::new();
    let p7m = desk.signed();
    let other: Vec<u8> = p7m.iter().map(|octet| !octet).collect();
    let borrowed = Tsd {
        framing: Framing::Definite,
        evidence: vec![
            Evidence::new("tsa", then() - minutes(9)),
            Evidence::new("tsa", then() - minutes(5)),
            Evidence::new("tsa", then() - minutes(3)),
        ],
        ..Tsd::new(&desk.pki, &other, "tsa", then())
    };
    let mut octets = borrowed.build().unwrap();
    let place = octets.windows(other.len()).position(|window| window == other).unwrap();
    octets[place..place + p7m.len()].copy_from_slice(&p7m);
    let report = desk.verdict("borrowed.tsd", &octets);
    assert_eq!(report.signatures[0].time_reference, TimeReference::Claimed);
    let failed = (Status::Failed, Some(SubIndication::HashFailure), Some(false));
    assert_eq!(stamps(&report), [failed, GOOD, GOOD]);
    let covers: Vec<_> = report.timestamps.iter().map(|stamp| stamp.covers.clone()).collect();
    assert_eq!(covers, [vec![], vec!["t1".to_owned()], vec!["t1".to_owned(), "t2".to_owned()]]);
}

#[test]
fn protected_metadata_are_part_of_what_is_stamped() {
    let desk = Desk::new();
    let tsd = Tsd {
        metadata: Some(MetaData::named(true, "verbale.txt", "text/plain")),
        ..Tsd::new(&desk.pki, CONTENT, "tsa", then())
    };
    let octets = tsd.build().unwrap();
    let report = desk.verdict("a.tsd", &octets);
    assert_eq!(stamps(&report), [GOOD]);
    assert_eq!(report.layers[0].name.as_deref(), Some("verbale.txt"));
    let place = octets.windows(11).position(|window| window == b"verbale.txt").unwrap();
    let mut renamed = octets.clone();
    renamed[place] = b'V';
    assert_eq!(desk.verdict("b.tsd", &renamed).verdict, Verdict::TotalFailed);
}

#[test]
fn content_elsewhere_is_named_and_never_fetched() {
    let desk = Desk::new();
    let tsd = Tsd {
        detached: true,
        data_uri: Some("http://127.0.0.1:1/verbale.txt".into()),
        metadata: Some(MetaData::named(true, "verbale.txt", "text/plain")),
        ..Tsd::new(&desk.pki, CONTENT, "tsa", then())
    };
    let path = desk.put("a.tsd", tsd.build().unwrap());
    let report = desk.judge(&path).unwrap();
    assert_eq!(report.verdict, Verdict::Indeterminate);
    assert_eq!(report.timestamps[0].sub_indication, Some(SubIndication::SignedDataNotFound));
    let content = desk.put("verbale.txt", CONTENT);
    let report = desk.judge_with(&path, Some(&content), &Policy::default()).unwrap();
    assert_eq!(stamps(&report), [GOOD]);
    let other = desk.put("altro.txt", b"altro");
    let report = desk.judge_with(&path, Some(&other), &Policy::default()).unwrap();
    assert_eq!(report.verdict, Verdict::TotalFailed);
    let seen = inspect_file(&path, None).unwrap();
    let stamped = seen.layers[0].stamped.as_ref().unwrap();
    assert_eq!(stamped.data_uri.as_deref(), Some("http://127.0.0.1:1/verbale.txt"));
    assert_eq!(stamped.hash_protected, Some(true));
}

#[test]
fn made_and_renewed_by_us() {
    let desk = Desk::new();
    let p7m = desk.put("verbale.txt.p7m", desk.signed());
    let (first, second) = (then() + minutes(5), then() + minutes(15));
    let authority = |at| Authority { pki: &desk.pki, at };
    let (early, later) = (authority(first), authority(second));
    let tsd = desk.path("verbale.txt.p7m.tsd");
    let metadata = NewMetaData::of(&p7m, Some("application/pkcs7-mime"));
    let stamped = stamp_tsd(&p7m, &tsd, &metadata, &options(&[&early])).unwrap();
    assert_eq!(stamped.gen_time, first);
    let report = desk.judge(&tsd).unwrap();
    passed(&report);
    assert_eq!((report.format.as_str(), stamps(&report)), ("TSD", vec![GOOD]));
    assert_eq!(desk.extracted("verbale.txt.p7m.tsd"), CONTENT);

    let crls: Vec<_> = ["tsa-root", "ca"]
        .map(|id| desk.pki.crl(id, first, first + minutes(9999)).unwrap())
        .iter()
        .map(|der| x509::Crl::from_der(der).unwrap())
        .collect();
    let renewed = desk.path("rinnovata.tsd");
    let stamped = renew_tsd(&tsd, &renewed, &crls, &options(&[&later])).unwrap();
    assert_eq!(stamped.gen_time, second);
    let report = desk.judge(&renewed).unwrap();
    passed(&report);
    assert_eq!(stamps(&report), [GOOD, GOOD]);
    assert_eq!(report.signatures[0].best_signature_time, Some(first));
    let (old, new) = (std::fs::read(&tsd).unwrap(), std::fs::read(&renewed).unwrap());
    let kept = old.windows(200).filter(|window| new.windows(200).any(|w| w == *window)).count();
    assert!(kept > 1000, "{kept}");
    let facts = gather_facts(&renewed, &desk.options(None, &Policy::default(), &Times::now(now())))
        .unwrap();
    assert_eq!(facts.timestamps[0].covers, ["1"]);
    assert_eq!(facts.timestamps[1].covers, ["1", "t1"]);
    let seen = inspect_file(&renewed, None).unwrap();
    assert_eq!(seen.layers[0].timestamps.len(), 2);
    // Beside the old stamp and beside the new one.
    assert_eq!(seen.layers[0].revocation_infos, 2);
    assert_eq!(seen.layers[0].stamped.as_ref().unwrap().hash_protected, Some(false));

    // A stamp on what does not hold would prove nothing; nothing is left behind.
    let mut broken = old.clone();
    let place = broken.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    broken[place] ^= 1;
    let broken = desk.put("broken.tsd", broken);
    let out = desk.path("out.tsd");
    let result = renew_tsd(&broken, &out, &[], &options(&[&later]));
    assert!(matches!(
        result,
        Err(Error::Timestamp { source: timestamp::Error::BrokenChain { number: 1, .. }, .. })
    ));
    assert!(!out.exists());
    // Neither would one on what is not here to be looked at.
    let detached = Tsd { detached: true, ..Tsd::new(&desk.pki, CONTENT, "tsa", then()) };
    let detached = desk.put("detached.tsd", detached.build().unwrap());
    let result = renew_tsd(&detached, &out, &[], &options(&[&later]));
    assert!(matches!(result, Err(Error::ContentNeeded { .. })), "{result:?}");
    assert!(!out.exists());
    assert!(matches!(
        renew_tsd(&p7m, &out, &[], &options(&[&later])),
        Err(Error::Unsupported { .. })
    ));
}

/// RFC 5544 §4: what renewal is for. The first authority's certificate ends, the second stamp was
/// taken before that.
#[test]
fn a_renewed_stamp_outlives_its_authority() {
    let mut pki = lab::Pki::create(&lab::Config::quick(now())).unwrap();
    let end = then() + minutes(20);
    pki.add_tsa(&lab::pki::TsaSpec::expiring("tsa-old", now(), end)).unwrap();
    let desk = Desk::of(pki, now());
    let evidence = |renewed_after| {
        let first = Evidence { with_crl: true, ..Evidence::new("tsa-old", then()) };
        vec![first, Evidence::new("tsa", then() + minutes(renewed_after))]
    };
    let tsd = |evidence| {
        Tsd { evidence, ..Tsd::new(&desk.pki, &desk.signed(), "tsa", then()) }.build().unwrap()
    };
    let report = desk.verdict("in-time.tsd", tsd(evidence(10)));
    assert_eq!(report.timestamps[1].indication, Status::Passed);
    assert_eq!(report.timestamps[0].indication, Status::Passed, "{:#?}", report.timestamps[0]);
    assert_eq!(report.signatures[0].best_signature_time, Some(then()));
    for late in [tsd(evidence(30)), tsd(vec![Evidence::new("tsa-old", then())])] {
        let report = desk.verdict("late.tsd", late);
        assert_ne!(report.timestamps[0].indication, Status::Passed);
        assert_ne!(report.signatures[0].best_signature_time, Some(then()));
    }
}

/// Evidence records are pending: nothing is judged by one, and the report says so.
#[test]
fn evidence_of_another_kind_is_told_and_proves_nothing() {
    use asn1::{Tag, der};
    let desk = Desk::new();
    let record = der::constructed(Tag::context_constructed(1), &[der::integer(1)]);
    let data = der::sequence(&[der::integer(1), der::octet_string(CONTENT), record]);
    let oid = der::oid(&timestamp::tsd::TIMESTAMPED_DATA);
    let report = desk.verdict("er.tsd", der::sequence(&[oid, der::explicit(0, &data)]));
    assert_eq!((report.verdict, report.format.as_str()), (Verdict::NoSignature, "TSD"));
    assert!(report.findings.iter().any(|found| found.message.contains("evidence record")));
    assert_eq!(desk.extracted("er.tsd"), CONTENT);
}

#[test]
fn layers_are_taken_off_one_by_one() {
    let desk = Desk::new();
    let p7m = desk.signed();
    let twice = lab::cms::sign(&desk.pki, "segretario", &p7m, then()).unwrap();
    let tsd = Tsd::new(&desk.pki, &twice, "tsa", then()).build().unwrap();
    let path = desk.put("a.tsd", &tsd);
    for (layers, expected) in [
        (Some(1), &twice[..]),
        (Some(2), &p7m),
        (Some(3), CONTENT),
        (Some(9), CONTENT),
        (None, CONTENT),
    ] {
        let out = desk.path("out");
        let _ = std::fs::remove_file(&out);
        let taken = extract_layers_file(&path, &out, layers, Placing::default(), None).unwrap();
        assert!(std::fs::read(&out).unwrap() == expected, "{layers:?}");
        let kinds: Vec<_> = taken.removed.iter().map(|layer| layer.kind()).collect();
        assert_eq!(kinds[..], ["tsd", "cades", "cades"][..layers.unwrap_or(3).min(3)]);
    }
    // What only starts like an envelope comes out whole, however deep it stands.
    let head = [0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 2, 0xa0, 0x80];
    let looks_signed = [&head[..], b"and then it is none"].concat();
    let message = b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: application/pkcs7-mime\n\n\n--x--\n";
    for content in [&looks_signed[..], message] {
        let inner = Tsd::new(&desk.pki, content, "tsa", then()).build().unwrap();
        let outer = lab::cms::sign(&desk.pki, "segretario", &inner, then()).unwrap();
        desk.put("looks.p7m", &outer);
        if content == message {
            assert_eq!(desk.extracted("looks.p7m"), content);
        }
        assert_eq!(desk.verdict("looks.tsd", &inner).timestamps[0].intact, Some(true));
    }
}

#[test]
fn responses_and_tokens_of_every_form() {
    let desk = Desk::new();
    let content = desk.put("verbale.txt", CONTENT);
    let digest = Hash::Sha256.digest(CONTENT).unwrap();
    let token =
        desk.pki.timestamp_token("tsa", Hash::Sha256, &digest, then(), &Fault::None).unwrap();
    let response = lab::tsa::granted(&token);
    let judge = |name: &str, octets: &[u8]| {
        let path = desk.put(name, octets);
        desk.judge_with(&path, Some(&content), &Policy::default()).unwrap()
    };
    let trailing = |octets: &[u8]| [octets, &[0, 0, 0]].concat();
    for octets in [&token, &response] {
        for wrapped in [
            octets.clone(),
            lab::wrap::base64(octets).into_bytes(),
            lab::wrap::pem("TIMESTAMP", octets).into_bytes(),
            trailing(octets),
        ] {
            let report = judge("verbale.txt.tsr", &wrapped);
            assert_eq!((report.verdict, report.format.as_str()), (Verdict::TotalPassed, "TST"));
            assert_eq!(stamps(&report), [GOOD]);
        }
        let report = judge("verbale.txt.tsr", &trailing(octets));
        let told = report.findings.iter().find(|f| f.code == Code::TrailingBytes).unwrap();
        assert!(told.message.contains("3 octets"), "{}", told.message);
    }
    let refused =
        desk.pki.tsa_respond("tsa", &request(&digest), then(), &Fault::Rejection(25)).unwrap();
    let report = judge("no.tsr", &refused);
    assert_eq!((report.verdict, report.format.as_str()), (Verdict::NoSignature, "TST"));
    assert!(report.findings[0].message.contains("systemFailure"), "{:?}", report.findings);
}

fn request(digest: &[u8]) -> Vec<u8> {
    timestamp::Request {
        algorithm: DigestAlgorithm::Sha256,
        digest: digest.to_vec(),
        policy: None,
        nonce: [7; 8],
    }
    .to_der()
}

#[test]
fn what_is_cut_or_no_message_at_all_never_passes() {
    let desk = Desk::new();
    let tsd = Tsd::new(&desk.pki, &desk.signed(), "tsa", then()).build().unwrap();
    let m7m = M7m::new(&desk.pki, &desk.signed(), "tsa", then()).build().unwrap();
    for (name, octets) in [("a.tsd", &tsd), ("a.m7m", &m7m)] {
        for end in (0..octets.len() - 2).step_by(97) {
            assert!(!desk.passes(name, &octets[..end]), "{name} {end}");
        }
        let report = desk.verdict(name, &octets[..octets.len() - 9]);
        assert_eq!(report.verdict, Verdict::TotalFailed, "{name}");
        assert!(!Path::new(&desk.path("out")).exists());
    }
    let two = M7m { stamps: 2, ..M7m::new(&desk.pki, &desk.signed(), "tsa", then()) };
    let result = desk.survives("two.m7m", two.build().unwrap());
    assert!(matches!(result, Err(Error::Cades { .. })), "{result:?}");
}

//! Classes 30, 31, 33: time-stamps of something else, by somebody else, and revocation data likewise.

use asn1::der;
use ceralacca::validation::report::TimeReference;
use ceralacca::validation::{Code, Status, SubIndication as S, Verdict};
use chrono::TimeDelta;
use lab::cms::{OddSigner, Stamp};
use lab::crl::CrlSpec;
use lab::crl_scope::{Scope, delta_indicator};
use lab::ocsp::{CertHash, OcspFault, OcspSpec};
use lab::parts::Parts;
use lab::pki::{AuthoritySpec, TsaSpec};
use lab::tsa::{Fault, granted, timestamp_request};
use lab::{Config, Hash, Pki, Reason, SignerSpec, oids};

use crate::common::*;

/// A CAdES-T of [`CONTENT`] with this token in the place of its signature-time-stamp.
fn with_token(desk: &Desk, token: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut parts = Parts::read(&desk.signed()).unwrap();
    let value = parts.signers[0].value().unwrap();
    parts.signers[0].add(&oids::SIGNATURE_TIME_STAMP, token(&value));
    parts.build()
}

fn token(desk: &Desk, over: &[u8]) -> Vec<u8> {
    let imprint = Hash::Sha256.digest(over).unwrap();
    let at = then() + minutes(1);
    desk.pki.timestamp_token("tsa", Hash::Sha256, &imprint, at, &Fault::None).unwrap()
}

/// The stamp counts for nothing: its status, and the time it does not prove.
#[track_caller]
fn unused(report: &ceralacca::Report, intact: Option<bool>, name: &str) {
    let signature = &report.signatures[0];
    let stamp = &signature.timestamps[0];
    assert_eq!(stamp.intact, intact, "{name}: {stamp:#?}");
    assert_ne!(stamp.indication, Status::Passed, "{name}");
    assert_ne!(signature.time_reference, TimeReference::SignatureTimestamp, "{name}");
    assert!(signature.findings.iter().any(|f| f.code == Code::TimestampNotUsed), "{name}");
}

#[test]
fn class_30_a_token_of_something_else() {
    let desk = Desk::new();
    let good = with_token(&desk, |value| token(&desk, value));
    let report = desk.verdict("good.p7m", &good);
    passed(&report);
    assert_eq!(report.signatures[0].time_reference, TimeReference::SignatureTimestamp);
    // Copied from another signature; over the content; over the whole OCTET STRING.
    let parts = Parts::read(&good).unwrap();
    let whole = parts.signers[0].signature.clone();
    let copied = token(&desk, b"another signature value");
    for (name, octets) in [
        ("copied", with_token(&desk, |_| copied.clone())),
        ("over the content", with_token(&desk, |_| token(&desk, CONTENT))),
        ("over tag and length", with_token(&desk, |_| token(&desk, &whole))),
        ("over nothing", with_token(&desk, |_| token(&desk, b""))),
    ] {
        unused(&desk.verdict("other.p7m", octets), Some(false), name);
    }
    // The same good token twice is one proof, and no contradiction.
    let mut twice = parts.clone();
    let again = twice.signers[0].unsigned[0].clone();
    twice.signers[0].unsigned.push(again);
    passed(&desk.verdict("twice.p7m", twice.build()));
}

#[test]
fn class_30_the_token_s_own_content_exchanged() {
    let desk = Desk::new();
    let good = with_token(&desk, |value| token(&desk, value));
    let value = Parts::read(&good).unwrap().signers[0].value().unwrap();
    let foreign = Parts::read(&token(&desk, b"another")).unwrap();
    let mine = Parts::read(&token(&desk, &value)).unwrap();
    // A TSTInfo about us under the attributes of a token about something else, and the reverse.
    for (name, body, info) in [("inside", &foreign, &mine), ("outside", &mine, &foreign)] {
        let mut mixed = body.clone();
        mixed.encapsulated.clone_from(&info.encapsulated);
        let octets = with_token(&desk, |_| mixed.build());
        unused(&desk.verdict("mixed.p7m", octets), Some(false), name);
    }
    // A SignedData over plain data that only looks like a TSTInfo.
    let info = mine.content().unwrap().unwrap();
    let plain = lab::cms::sign(&desk.pki, "presidente", &info, then()).unwrap();
    let octets = with_token(&desk, |_| plain);
    let report = desk.survives("plain.p7m", octets).unwrap();
    assert_ne!(report.signatures[0].time_reference, TimeReference::SignatureTimestamp);
    // By a signer's own key: no authority.
    let odd = lab::cms::Odd {
        content_type: oids::TST_INFO,
        ..lab::cms::Odd::new(&desk.pki, &info, "presidente").by(&["presidente"], then())
    };
    let octets = with_token(&desk, |_| odd.build().unwrap());
    let report = desk.verdict("self.p7m", octets);
    assert_ne!(report.signatures[0].time_reference, TimeReference::SignatureTimestamp);
}

#[test]
fn class_31_every_fault_of_an_authority() {
    let desk = Desk::new();
    for fault in Fault::IN_RESPONSE {
        let octets = desk.odd(|signer| {
            let stamp = Stamp { tsa: "tsa".into(), at: then() + minutes(1), fault: fault.clone() };
            signer.stamps.push(stamp);
        });
        let report = desk.survives("fault.p7m", octets).unwrap();
        let signature = &report.signatures[0];
        let proves = signature.time_reference == TimeReference::SignatureTimestamp;
        // Those that lie in the exchange leave a token in order when nobody asked anything.
        let harmless = matches!(
            fault,
            Fault::Rejection(_)
                | Fault::Waiting
                | Fault::MissingToken
                | Fault::BareToken
                | Fault::Truncated
                | Fault::TrailingData
                | Fault::WrongNonce
                | Fault::NoNonce
                | Fault::WrongPolicy
        );
        assert_eq!(proves, harmless, "{fault:?}: {:#?}", signature.timestamps);
        assert_eq!(signature.intact, Some(true), "{fault:?}");
    }
}

#[test]
fn class_31_a_response_where_a_token_belongs() {
    let desk = Desk::new();
    let octets = with_token(&desk, |value| granted(&token(&desk, value)));
    let report = desk.verdict("response.p7m", octets);
    // Read, named, and used: the token inside is in order.
    passed(&report);
    let stamp = &report.signatures[0].timestamps[0];
    assert_eq!(stamp.intact, Some(true), "{stamp:#?}");
    let told = stamp.findings.iter().chain(&report.signatures[0].findings);
    let told: Vec<_> = told.map(|finding| finding.code).collect();
    assert!(told.contains(&Code::StructureDeviation), "{told:?}");
    // A refusal in its place proves nothing.
    for response in [
        der::sequence(&[der::sequence(&[der::integer(2)])]),
        der::sequence(&[der::sequence(&[der::integer(3)])]),
    ] {
        let octets = with_token(&desk, |_| response);
        let report = desk.survives("refusal.p7m", octets).unwrap();
        assert_ne!(report.signatures[0].time_reference, TimeReference::SignatureTimestamp);
    }
    // A refusal with a token all the same: the status decides.
    let octets = with_token(&desk, |value| {
        der::sequence(&[der::sequence(&[der::integer(2)]), token(&desk, value)])
    });
    let report = desk.survives("refused.p7m", octets).unwrap();
    assert_ne!(report.signatures[0].time_reference, TimeReference::SignatureTimestamp);
}

#[test]
fn class_31_a_file_of_each_form_is_named_for_what_it_is() {
    let desk = Desk::new();
    let content = desk.put("c", CONTENT);
    let imprint = Hash::Sha256.digest(CONTENT).unwrap();
    let request = timestamp_request(Hash::Sha256, &imprint, Some(&[7; 8]));
    let response = desk.pki.tsa_respond("tsa", &request, then(), &Fault::None).unwrap();
    let bare = token(&desk, CONTENT);
    for (name, octets) in [
        ("response.tsr", response),
        ("bare.tsr", bare.clone()),
        ("base64.tsr", lab::wrap::base64_lines(&bare, 64, "\n").into_bytes()),
        ("pem.tsr", lab::wrap::pem("TIMESTAMP", &bare).into_bytes()),
    ] {
        let path = desk.put(name, octets);
        let report = desk.judge_with(&path, Some(&content), &Default::default()).unwrap();
        assert_eq!(report.verdict, Verdict::TotalPassed, "{name}: {report:#?}");
        assert_eq!((report.signatures.len(), report.timestamps.len()), (0, 1), "{name}");
        let other = desk.put("other", b"altro");
        let report = desk.judge_with(&path, Some(&other), &Default::default()).unwrap();
        assert_eq!(report.verdict, Verdict::TotalFailed, "{name}");
        assert_eq!(report.timestamps[0].intact, Some(false), "{name}");
    }
}

#[test]
fn class_31_the_authority_is_judged_at_its_time() {
    // Its certificate ended since; the stamp was made before that, and before the list we have.
    let mut pki = Pki::create(&Config::quick(now())).unwrap();
    let ended = now() - TimeDelta::days(10);
    pki.add_tsa(&TsaSpec::expiring("tsa-vecchia", now() - TimeDelta::days(300), ended)).unwrap();
    let desk = Desk::of(pki, now());
    let stamped = |at| {
        desk.odd(|signer| {
            *signer = OddSigner::at("presidente", then());
            signer.stamps.push(Stamp { tsa: "tsa-vecchia".into(), at, fault: Fault::None });
        })
    };
    // After its end: no proof, whatever else holds.
    let report = desk.verdict("after.p7m", stamped(then()));
    assert_ne!(report.signatures[0].time_reference, TimeReference::SignatureTimestamp);
    assert_eq!(report.signatures[0].timestamps[0].intact, Some(true));
}

/// Revocation data that must not count, given in the place of the authority's own.
#[test]
fn class_33_data_that_say_nothing_about_the_signer() {
    let mut config = Config::quick(now());
    config.revocations.clear();
    let mut pki = Pki::create(&config).unwrap();
    let other = AuthoritySpec::issuing("altra-ca", "Altra CA", "root", now());
    pki.add_authority(&other).unwrap();
    pki.add_signer(&SignerSpec::new("presso-altra", "ALTROVINI", "EVA", now())).unwrap();
    let mut desk = Desk::of(pki, now());
    let (issued, next) = (now() - minutes(10), now() + TimeDelta::days(7));
    let file = desk.signed();
    // The root's list, for the authority; the signer's status is what is in question.
    let root = desk.pki.crl("root", issued, next).unwrap();
    let stamps = desk.pki.crl("tsa-root", issued, next).unwrap();
    let lists = |octets: &[&Vec<u8>]| {
        octets.iter().map(|crl| x509::Crl::from_der(crl).unwrap()).collect::<Vec<_>>()
    };
    let good = desk.pki.crl("ca", issued, next).unwrap();
    desk.evidence.crls = lists(&[&root, &stamps, &good]);
    passed(&desk.verdict("a.p7m", &file));

    let spec = CrlSpec::new(issued, next);
    let with = |extension: Vec<u8>| CrlSpec { extensions: vec![extension], ..spec.clone() };
    let scope = |scope: Scope| with(scope.extension());
    let crls = [
        ("spoilt signature", CrlSpec { bad_signature: true, ..spec.clone() }),
        ("another's key", CrlSpec { signed_by: Some("altra-ca".into()), ..spec.clone() }),
        ("a signer's key", CrlSpec { signed_by: Some("segretario".into()), ..spec.clone() }),
        ("another's name", CrlSpec { issued_by: Some("altra-ca".into()), ..spec.clone() }),
        ("of tomorrow", CrlSpec::new(now() + TimeDelta::days(1), now() + TimeDelta::days(8))),
        ("a delta alone", with(delta_indicator(1))),
        ("authorities only", scope(Scope { only_authorities: true, ..Scope::default() })),
        ("attribute certificates only", scope(Scope { only_attributes: true, ..Scope::default() })),
        ("some reasons only", scope(Scope { only_reasons: vec![1], ..Scope::default() })),
        (
            "another distribution point",
            scope(Scope { url: Some("http://lab.invalid/other.crl".into()), ..Scope::default() }),
        ),
        (
            "an extension nobody knows, critical",
            with(lab::certificate::extension(
                &asn1::Oid::new("2.999.76.9"),
                lab::certificate::Criticality::Critical,
                &der::null(),
            )),
        ),
    ];
    for (name, spec) in crls {
        let crl = desk.pki.crl_with("ca", &spec).unwrap();
        desk.evidence.crls = lists(&[&root, &stamps, &crl]);
        let report = desk.verdict("a.p7m", &file);
        assert_eq!(report.verdict, Verdict::Indeterminate, "{name}: {report:#?}");
    }
    desk.evidence.crls = lists(&[&root, &stamps]);
    let spec = OcspSpec::new(issued, next);
    let answers = [
        ("another serial number", spec.clone().fault(OcspFault::WrongSerial)),
        ("a signer answers", spec.clone().fault(OcspFault::WrongResponder)),
        ("spoilt signature", spec.clone().fault(OcspFault::BadSignature)),
        ("unknown", spec.clone().fault(OcspFault::UnknownStatus)),
        ("of tomorrow", spec.clone().fault(OcspFault::Future)),
        ("its certificate is another", OcspSpec { cert_hash: CertHash::Wrong, ..spec.clone() }),
    ];
    for (name, spec) in answers {
        let answer = desk.pki.ocsp_response_with("presidente", &spec).unwrap();
        desk.evidence.ocsp = vec![x509::OcspResponse::from_der(&answer).unwrap()];
        let report = desk.verdict("a.p7m", &file);
        assert_eq!(report.verdict, Verdict::Indeterminate, "{name}: {report:#?}");
    }
    for cert_hash in [CertHash::Absent, CertHash::Right] {
        let spec = OcspSpec { cert_hash, ..spec.clone() };
        let answer = desk.pki.ocsp_response_with("presidente", &spec).unwrap();
        desk.evidence.ocsp = vec![x509::OcspResponse::from_der(&answer).unwrap()];
        passed(&desk.verdict("a.p7m", &file));
    }
}

#[test]
fn class_33_a_revocation_is_found_wherever_it_stands() {
    let mut config = Config::quick(now());
    config.revocations.clear();
    let mut pki = Pki::create(&config).unwrap();
    let (issued, next) = (now() - minutes(10), now() + TimeDelta::days(7));
    // Said before the revocation, with the same date; and after it.
    let before = pki.crl("ca", issued, next).unwrap();
    pki.revoke("presidente", now() - TimeDelta::days(2), Reason::KeyCompromise).unwrap();
    let after = pki.crl("ca", issued, next).unwrap();
    let answer = pki.ocsp_response("presidente", issued, next).unwrap();
    let mut desk = Desk::of(pki, now());
    let file = desk.signed();
    let base = desk.evidence.crls.clone();
    let crl = |octets: &[u8]| x509::Crl::from_der(octets).unwrap();
    let revoked = |desk: &Desk, name: &str| {
        let report = desk.verdict("a.p7m", &file);
        expect(&report, Verdict::Indeterminate, Some(S::RevokedNoPoe));
        assert!(!report.signatures[0].legal_notes.is_empty(), "{name}");
    };
    desk.evidence.crls = base[..1].iter().chain(&base[2..]).cloned().collect();
    let rest = desk.evidence.crls.clone();
    desk.evidence.crls.push(crl(&after));
    revoked(&desk, "a list");
    // Two lists of one instant that disagree: the worse counts, in either order.
    for lists in [[&before, &after], [&after, &before]] {
        desk.evidence.crls = rest.iter().cloned().chain(lists.map(|l| crl(l))).collect();
        revoked(&desk, "two lists");
    }
    desk.evidence.crls = rest.clone();
    desk.evidence.ocsp = vec![x509::OcspResponse::from_der(&answer).unwrap()];
    revoked(&desk, "an answer");
    // Inside the file, too.
    desk.evidence.ocsp.clear();
    let mut parts = Parts::read(&file).unwrap();
    parts.add_crls(&[lab::parts::ocsp_choice(&answer)]).unwrap();
    let report = desk.verdict("inside.p7m", parts.build());
    expect(&report, Verdict::Indeterminate, Some(S::RevokedNoPoe));
}

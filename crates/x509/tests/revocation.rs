//! Revocation facts over synthetic CRLs and OCSP responses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::cell::RefCell;

use asn1::{Oid, Tag, der};
use ceralacca_x509::{
    self as x509, AttemptOutcome, Authorisation, Certificate, Fetch, FetchError, Fetcher,
    OcspResponse, Purpose, Refusal, Request, RevocationFact, RevocationKind, RevocationOrigin,
    RevocationReason, RevocationSource, RevocationStatus, TrustAnchor, Unusable, evaluate,
    fetch_issuer, fetch_revocation,
};
use common::*;

const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

struct Scene {
    root: Issued,
    sub: Issued,
    leaf: Issued,
}

fn scene() -> Scene {
    let root = root("Radice");
    let sub = sub_ca("CA", &root);
    let leaf = leaf("Firmatario", &sub, vec![]);
    Scene { root, sub, leaf }
}

impl Scene {
    fn facts_with(&self, source: RevocationSource, pool: &[Certificate]) -> Vec<RevocationFact> {
        let anchors: [TrustAnchor; 1] = [anchor(&self.root)];
        let facts =
            evaluate(&self.leaf.certificate, &self.sub.certificate, &[source], pool, &anchors);
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Vec<RevocationFact>>(&text).unwrap(), facts);
        facts
    }

    fn crl(&self, crl: x509::Crl) -> RevocationFact {
        self.facts_with(RevocationSource::crl(crl, RevocationOrigin::Embedded), &[]).remove(0)
    }

    fn ocsp(&self, response: OcspResponse) -> RevocationFact {
        self.facts_with(RevocationSource::ocsp(response, RevocationOrigin::Embedded), &[]).remove(0)
    }

    fn answer(&self, status: &[u8]) -> Answer<'_> {
        Answer::new(&self.leaf.certificate, &self.sub.certificate, status)
    }

    fn responder(&self, issuer: &Issued, extra: Vec<Vec<u8>>) -> Issued {
        let spec = Spec { subject: "Risponditore", serial: 5, from: 0, to: 200, extensions: extra };
        spec.issue(issuer)
    }
}

#[test]
fn crl_good_revoked_suspended() {
    let scene = scene();
    let fact = scene.crl(crl(&scene.sub, &[crl_entry(78, 50, None)], &[]));
    assert_eq!(fact.status, RevocationStatus::Good);
    assert_eq!(fact.authorisation, Authorisation::Issuer);
    assert!(fact.is_usable() && fact.covers_certificate);
    assert_eq!((fact.this_update, fact.next_update), (day(100), Some(day(107))));

    let fact = scene.crl(crl(&scene.sub, &[crl_entry(77, 50, Some(6))], &[]));
    let reason = RevocationReason::CertificateHold;
    assert_eq!(fact.status, RevocationStatus::Revoked { at: day(50), reason, invalid_since: None });
}

#[test]
fn a_crl_of_somebody_else_is_no_fact() {
    let scene = scene();
    let source = RevocationSource::crl(crl(&scene.root, &[], &[]), RevocationOrigin::Embedded);
    assert!(scene.facts_with(source, &[]).is_empty());
}

#[test]
fn a_crl_signed_by_another_key_says_nothing() {
    let scene = scene();
    let octets = crl_der(&Key::new(), "CA", &[crl_entry(77, 50, None)], &[]);
    let fact = scene.crl(x509::Crl::from_der(&octets).unwrap());
    assert_eq!(fact.status, RevocationStatus::Undetermined);
    assert!(matches!(fact.claim, RevocationStatus::Revoked { .. }));
    assert!(!fact.signature.as_ref().unwrap().is_valid() && !fact.is_usable());
}

#[test]
fn a_crl_signed_by_another_key_of_the_issuer() {
    let scene = scene();
    let extensions = vec![usage(&[6])];
    let other = Spec { subject: "CA", serial: 3, from: 0, to: 2000, extensions }.issue(&scene.root);
    let list = x509::Crl::from_der(&crl_der(&other.key, "CA", &[], &[])).unwrap();
    let source = RevocationSource::crl(list.clone(), RevocationOrigin::Embedded);
    let fact = &scene.facts_with(source.clone(), std::slice::from_ref(&other.certificate))[0];
    assert_eq!(fact.authorisation, Authorisation::IssuerOtherKey);
    assert_eq!(fact.status, RevocationStatus::Good);

    for (extensions, issuer) in [
        (vec![usage(&[5])], &scene.root),
        (vec![], &scene.root),
        (vec![usage(&[6])], &root("Altra")),
    ] {
        let other = Spec { subject: "CA", serial: 3, from: 0, to: 2000, extensions }.issue(issuer);
        let list = x509::Crl::from_der(&crl_der(&other.key, "CA", &[], &[])).unwrap();
        let source = RevocationSource::crl(list, RevocationOrigin::Embedded);
        let fact = &scene.facts_with(source, std::slice::from_ref(&other.certificate))[0];
        assert!(matches!(fact.authorisation, Authorisation::Refused { .. }), "{fact:?}");
        assert_eq!(fact.status, RevocationStatus::Undetermined);
    }
}

#[test]
fn class_33_incomplete_crls_are_never_good() {
    let scene = scene();
    let idp = |parts: &[Vec<u8>]| extension("2.5.29.28", true, &der::sequence(parts));
    let uri = der::tlv(Tag::context_constructed(0), &url(6, "http://crl.example/altra"));
    let cases = [
        (extension("2.5.29.27", true, &der::integer(1)), Unusable::Delta),
        (idp(&[vec![0x83, 2, 1, 0x40]]), Unusable::SomeReasons),
        (idp(&[vec![0x82, 1, 0xff]]), Unusable::OtherCertificates),
        (idp(&[vec![0x85, 1, 0xff]]), Unusable::OtherCertificates),
        (idp(&[der::tlv(Tag::context_constructed(0), &uri)]), Unusable::OtherDistributionPoint),
        (idp(&[]), Unusable::MalformedExtension { oid: "2.5.29.28".into() }),
        (
            extension("1.2.3.4", true, &der::null()),
            Unusable::UnprocessedCriticalExtension { oid: "1.2.3.4".into() },
        ),
    ];
    for (extension, reason) in cases {
        let fact = scene.crl(crl(&scene.sub, &[], std::slice::from_ref(&extension)));
        assert_eq!(fact.unusable, std::slice::from_ref(&reason));
        assert_eq!(fact.status, RevocationStatus::Undetermined, "{reason:?}");
        // What a delta or partial list names is revoked all the same.
        let fact = scene.crl(crl(&scene.sub, &[crl_entry(77, 50, Some(1))], &[extension]));
        let counts = matches!(fact.status, RevocationStatus::Revoked { .. });
        assert_eq!(counts, matches!(reason, Unusable::Delta | Unusable::SomeReasons), "{reason:?}");
    }
    // For this kind of certificate, and for others besides its own: complete for it.
    for parts in [vec![0x81, 1, 0xff], vec![0x84, 1, 0xff]] {
        let fact = scene.crl(crl(&scene.sub, &[], &[idp(&[parts])]));
        assert_eq!(fact.status, RevocationStatus::Good);
    }
}

#[test]
fn expired_certificates_need_a_list_that_reaches_back() {
    let scene = scene();
    let short = Spec { subject: "Breve", serial: 9, from: 10, to: 50, extensions: vec![] };
    let short = short.issue(&scene.sub);
    let fact = |extensions: &[Vec<u8>]| {
        let source =
            RevocationSource::crl(crl(&scene.sub, &[], extensions), RevocationOrigin::Embedded);
        evaluate(&short.certificate, &scene.sub.certificate, &[source], &[], &[]).remove(0)
    };
    assert!(!fact(&[]).covers_certificate);
    let since = |at| extension("2.5.29.60", false, &der::generalized_time(day(at)));
    assert!(fact(&[since(40)]).covers_certificate);
    assert!(!fact(&[since(60)]).covers_certificate);
}

#[test]
fn ocsp_signed_by_the_issuer() {
    let scene = scene();
    let fact = scene.ocsp(ocsp(&scene.sub, &[scene.answer(&GOOD).single()]));
    assert_eq!(fact.status, RevocationStatus::Good);
    assert_eq!(fact.authorisation, Authorisation::Issuer);
    assert_eq!(fact.produced_at, Some(day(100)));
    let fact = scene.ocsp(ocsp(&scene.sub, &[scene.answer(&revoked(60, 1)).single()]));
    let reason = RevocationReason::KeyCompromise;
    assert_eq!(fact.status, RevocationStatus::Revoked { at: day(60), reason, invalid_since: None });
    let fact = scene.ocsp(ocsp(&scene.sub, &[scene.answer(&[0x82, 0]).single()]));
    assert_eq!(fact.status, RevocationStatus::Unknown);
    // The bare form older signatures embed, and wrapped again.
    let bare = basic(&scene.sub, &[scene.answer(&GOOD).single()], &[]);
    let bare = OcspResponse::from_der(&bare).unwrap();
    let wrapped = OcspResponse::from_der(&bare.wrapped()).unwrap();
    assert_eq!(wrapped.basic(), bare.der());
    assert_eq!(scene.ocsp(wrapped).status, RevocationStatus::Good);
    assert_eq!(scene.ocsp(bare).status, RevocationStatus::Good);
}

#[test]
fn class_33_ocsp_must_be_about_the_certificate() {
    let scene = scene();
    let other_ca = sub_ca("CA", &scene.root);
    let twin = Answer { issuer: &other_ca.certificate, ..scene.answer(&GOOD) };
    let other = leaf("Altro", &other_ca, vec![]);
    let serial = Answer { certificate: &scene.sub.certificate, ..scene.answer(&GOOD) };
    let key = Answer::new(&other.certificate, &other_ca.certificate, &GOOD);
    for answer in [twin, serial, key] {
        let response = ocsp(&scene.sub, &[answer.single()]);
        let source = RevocationSource::ocsp(response, RevocationOrigin::Embedded);
        assert!(scene.facts_with(source, &[]).is_empty());
    }
    let sha256 = Answer { hash: crypto::DigestAlgorithm::Sha256, ..scene.answer(&GOOD) };
    assert_eq!(scene.ocsp(ocsp(&scene.sub, &[sha256.single()])).status, RevocationStatus::Good);
}

#[test]
fn class_33_responders_need_authority() {
    let scene = scene();
    let single = [scene.answer(&GOOD).single()];
    let no_check = extension("1.3.6.1.5.5.7.48.1.5", false, &der::null());
    let delegate = scene.responder(&scene.sub, vec![purposes(&[OCSP_SIGNING], false), no_check]);
    let fact = scene.ocsp(ocsp(&delegate, &single));
    assert_eq!(fact.authorisation, Authorisation::Delegate);
    assert_eq!(fact.status, RevocationStatus::Good);
    let signer = fact.signer.unwrap();
    assert!(signer.no_check && signer.certificate == delegate.certificate);

    let signing = || purposes(&[OCSP_SIGNING], false);
    let odd = extension("1.2.3.4", true, &der::null());
    let cases = [
        (scene.responder(&scene.sub, vec![]), Refusal::NoOcspSigning),
        (
            scene.responder(&scene.sub, vec![purposes(&["2.5.29.37.0"], false)]),
            Refusal::NoOcspSigning,
        ),
        (scene.responder(&scene.root, vec![signing()]), Refusal::NotIssuedByIssuer),
        (scene.responder(&sub_ca("CA", &scene.root), vec![signing()]), Refusal::NotIssuedByIssuer),
        (scene.responder(&scene.sub, vec![signing(), odd]), Refusal::UnprocessedCriticalExtension),
        // The signer of a document answering about himself.
        (leaf("Firmatario", &scene.sub, vec![]), Refusal::NoOcspSigning),
    ];
    for (responder, reason) in cases {
        let fact = scene.ocsp(ocsp(&responder, &single));
        assert_eq!(fact.authorisation, Authorisation::Refused { reason });
        assert_eq!(fact.status, RevocationStatus::Undetermined);
        assert_eq!(fact.claim, RevocationStatus::Good);
    }

    let local = scene.responder(&scene.root, vec![]);
    let source = RevocationSource::ocsp(ocsp(&local, &single), RevocationOrigin::Embedded);
    let anchors = [anchor(&local)];
    let (leaf, sub) = (&scene.leaf.certificate, &scene.sub.certificate);
    let fact = evaluate(leaf, sub, &[source], &[], &anchors).remove(0);
    assert_eq!(fact.authorisation, Authorisation::Anchor);
    assert_eq!(fact.status, RevocationStatus::Good);
}

#[test]
fn of_several_answers_the_newest_counts_and_then_the_worst() {
    let scene = scene();
    let old = Answer { this_update: 90, ..scene.answer(&revoked(60, 1)) };
    let fact = scene.ocsp(ocsp(&scene.sub, &[scene.answer(&GOOD).single(), old.single()]));
    assert_eq!(fact.status, RevocationStatus::Good);
    let same = scene.answer(&revoked(60, 1));
    let fact = scene.ocsp(ocsp(&scene.sub, &[same.single(), scene.answer(&GOOD).single()]));
    assert!(matches!(fact.status, RevocationStatus::Revoked { .. }));
}

#[test]
fn extensions_of_answers() {
    let scene = scene();
    let sha256 = crypto::DigestAlgorithm::Sha256;
    let hash = |octets: &[u8]| {
        let algorithm = der::sequence(&[der::oid(&sha256.oid())]);
        let digest = der::octet_string(&crypto::digest(sha256, octets));
        extension("1.3.36.8.3.13", false, &der::sequence(&[algorithm, digest]))
    };
    let answer = |extension| Answer { extensions: vec![extension], ..scene.answer(&GOOD) }.single();
    let fact = scene.ocsp(ocsp(&scene.sub, &[answer(hash(scene.leaf.certificate.der()))]));
    assert_eq!((fact.cert_hash_matches, fact.status), (Some(true), RevocationStatus::Good));
    let fact = scene.ocsp(ocsp(&scene.sub, &[answer(hash(b"altro"))]));
    assert_eq!(fact.unusable, [Unusable::OtherCertHash]);
    assert_eq!(fact.status, RevocationStatus::Undetermined);
    let cutoff = extension("1.3.6.1.5.5.7.48.1.6", false, &der::generalized_time(day(3)));
    let fact = scene.ocsp(ocsp(&scene.sub, &[answer(cutoff)]));
    assert_eq!(fact.expired_since, Some(day(3)));
    let fact = scene.ocsp(ocsp(&scene.sub, &[answer(extension("1.2.3.4", true, &der::null()))]));
    assert_eq!(fact.status, RevocationStatus::Undetermined);
    let odd = [extension("1.2.3.4", true, &der::null())];
    let response = basic(&scene.sub, &[scene.answer(&GOOD).single()], &odd);
    let fact = scene.ocsp(OcspResponse::from_der(&response).unwrap());
    assert_eq!(fact.status, RevocationStatus::Undetermined);
    let nonce = extension("1.3.6.1.5.5.7.48.1.2", false, &der::octet_string(b"12345678"));
    let response = basic(&scene.sub, &[scene.answer(&GOOD).single()], &[nonce]);
    assert_eq!(OcspResponse::from_der(&response).unwrap().nonce(), Some(&b"12345678"[..]));
}

#[test]
fn the_request_is_what_openssl_reads() {
    let scene = scene();
    let (leaf, sub) = (&scene.leaf.certificate, &scene.sub.certificate);
    let nonce = [7u8; 16];
    let ours = x509::ocsp_request(leaf, sub, crypto::DigestAlgorithm::Sha1, Some(&nonce));
    let plain = x509::ocsp_request(leaf, sub, crypto::DigestAlgorithm::Sha1, None);
    let theirs = {
        use openssl::{
            hash::MessageDigest,
            ocsp::{OcspCertId, OcspRequest},
            x509::X509,
        };
        let (leaf, sub) = (X509::from_der(leaf.der()).unwrap(), X509::from_der(sub.der()).unwrap());
        let id = OcspCertId::from_cert(MessageDigest::sha1(), &leaf, &sub).unwrap();
        assert!(OcspRequest::from_der(&ours).is_ok());
        let mut request = OcspRequest::new().unwrap();
        request.add_id(id).unwrap();
        request.to_der().unwrap()
    };
    assert_eq!(plain, theirs);
}

#[test]
fn refusals_are_named() {
    let refused = der::sequence(&[der::enumerated(6)]);
    let error = OcspResponse::from_der(&refused).unwrap_err();
    assert!(matches!(error, x509::Error::OcspRefused { status: x509::OcspRefusal::Unauthorized }));
    assert!(error.hint().is_some());
    let bytes = der::sequence(&[der::oid(&Oid::new("1.2.3")), der::octet_string(b"")]);
    let odd = der::sequence(&[der::enumerated(0), der::explicit(0, &bytes)]);
    assert!(matches!(OcspResponse::from_der(&odd), Err(x509::Error::OcspType { .. })));
}

#[derive(Default)]
struct Net {
    answers: Vec<(&'static str, Vec<u8>)>,
    asked: RefCell<Vec<(String, Purpose, bool)>>,
}

impl Fetch for Net {
    fn fetch(&self, request: &Request<'_>) -> Result<Vec<u8>, FetchError> {
        self.asked.borrow_mut().push((
            request.url.to_owned(),
            request.purpose,
            request.body.is_some(),
        ));
        assert_eq!(request.origin, x509::Origin::Certificate);
        let answer = self.answers.iter().find(|(url, _)| *url == request.url);
        answer.map(|(_, octets)| octets.clone()).ok_or_else(|| "connection refused".into())
    }
}

#[test]
fn online_ocsp_then_crl_then_issuer() {
    let root = root("Radice");
    let sub = sub_ca("CA", &root);
    let extra = vec![
        access(&["http://ocsp.example/"], &["ldap://x/", "http://aia.example/ca.cer"]),
        crl_point("http://crl.example/ca.crl"),
    ];
    let leaf = leaf("Firmatario", &sub, extra);
    let answer = Answer::new(&leaf.certificate, &sub.certificate, &GOOD);
    let ocsp = ocsp_der(&sub, &[answer.single()]);
    let list = crl_der(&sub.key, "CA", &[], &[]);
    let ask = |net: &Net| fetch_revocation(&leaf.certificate, &sub.certificate, net);

    let net = Net { answers: vec![("http://ocsp.example/", ocsp)], ..Net::default() };
    let attempts = ask(&net);
    assert_eq!(attempts.len(), 1);
    assert!(attempts[0].outcome.obtained().is_some());
    assert_eq!(*net.asked.borrow(), [("http://ocsp.example/".to_owned(), Purpose::Ocsp, true)]);

    // Unknown to the responder: kept, and the CRL is asked as well.
    let unknown = Answer { status: vec![0x82, 0], ..answer };
    let net = Net {
        answers: vec![
            ("http://ocsp.example/", ocsp_der(&sub, &[unknown.single()])),
            ("http://crl.example/ca.crl", list.clone()),
        ],
        ..Net::default()
    };
    let attempts = ask(&net);
    let kinds: Vec<_> = attempts.iter().map(|attempt| attempt.kind).collect();
    assert_eq!(kinds, [RevocationKind::Ocsp, RevocationKind::Crl]);
    assert!(attempts.iter().all(|attempt| attempt.outcome.obtained().is_some()));

    let net = Net { answers: vec![("http://ocsp.example/", b"<html>".to_vec())], ..Net::default() };
    let attempts = ask(&net);
    assert_eq!(attempts.len(), 3);
    assert!(attempts.iter().all(|attempt| attempt.outcome.obtained().is_none()));
    assert!(
        matches!(&attempts[2].outcome, AttemptOutcome::Failed(why) if why == "connection refused")
    );

    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        openssl::base64::encode_block(sub.certificate.der())
    );
    for body in [sub.certificate.der().to_vec(), pem.into_bytes(), bag(&[&root, &sub])] {
        let net = Net { answers: vec![("http://aia.example/ca.cer", body)], ..Net::default() };
        let attempts = fetch_issuer(&leaf.certificate, &net);
        assert_eq!(attempts.len(), 1);
        assert!(attempts[0].outcome.obtained().unwrap().contains(&sub.certificate));
    }
}

#[test]
fn one_judgement_asks_for_a_thing_once_and_for_no_more_than_allowed() {
    let root = root("Radice");
    let sub = sub_ca("CA", &root);
    let delta = crl_point("http://crl.example/delta.crl");
    let parts = asn1::Value::parse(&delta).unwrap().children().collect_all().unwrap();
    let delta = extension("2.5.29.46", false, parts.last().unwrap().contents());
    let extra = vec![crl_point("http://crl.example/ca.crl"), delta];
    let leaves = [leaf("Uno", &sub, extra.clone()), leaf("Due", &sub, extra)];
    let list = crl_der(&sub.key, "CA", &[], &[]);
    let net = Net { answers: vec![("http://crl.example/ca.crl", list)], ..Net::default() };
    let fetcher = Fetcher::new(&net, 5);
    let ask =
        |leaf: &Issued| fetcher.revocation(&leaf.certificate, &sub.certificate, &[], &[]).len();
    // The list and, as it decides, its delta; for the second certificate both are at hand.
    assert_eq!((ask(&leaves[0]), ask(&leaves[1])), (2, 0));
    assert_eq!((net.asked.borrow().len(), fetcher.left()), (2, 3));

    let fetcher = Fetcher::new(&net, 0);
    let attempts = fetcher.revocation(&leaves[0].certificate, &sub.certificate, &[], &[]);
    assert!(
        matches!(&attempts[0].outcome, AttemptOutcome::Failed(why) if why.contains("no more than 0"))
    );
    assert_eq!(net.asked.borrow().len(), 2);
}

#[test]
fn class_33_an_answer_with_another_nonce_is_refused() {
    let root = root("Radice");
    let leaf = leaf("Firmatario", &root, vec![access(&["http://ocsp.example/"], &[])]);
    let single = [Answer::new(&leaf.certificate, &root.certificate, &GOOD).single()];
    let nonce =
        |octets: &[u8]| vec![extension("1.3.6.1.5.5.7.48.1.2", false, &der::octet_string(octets))];
    for (sent_back, taken) in [(nonce(b"domanda"), true), (nonce(b"altra"), false), (vec![], true)]
    {
        let answer = basic(&root, &single, &sent_back);
        let net = Net { answers: vec![("http://ocsp.example/", answer)], ..Net::default() };
        let fetcher = Fetcher::new(&net, 9).with_nonce(b"domanda".to_vec());
        let attempts = fetcher.revocation(&leaf.certificate, &root.certificate, &[], &[]);
        let obtained = attempts.iter().any(|attempt| attempt.outcome.obtained().is_some());
        assert_eq!(obtained, taken);
    }
}

/// A certificates-only SignedData.
fn bag(certificates: &[&Issued]) -> Vec<u8> {
    let all: Vec<&[u8]> = certificates.iter().map(|one| one.certificate.der()).collect();
    let data = der::oid(&Oid::new("1.2.840.113549.1.7.1"));
    let signed = der::sequence(&[
        der::integer(1),
        der::constructed::<&[u8]>(Tag::SET, &[]),
        der::sequence(&[data]),
        der::constructed(Tag::context_constructed(0), &all),
        der::constructed::<&[u8]>(Tag::SET, &[]),
    ]);
    let kind = der::oid(&Oid::new("1.2.840.113549.1.7.2"));
    der::sequence(&[kind, der::explicit(0, &signed)])
}

//! Every way an authority's answer may be wrong is refused before anything is embedded
//! (attack classes 30 and 31), and good answers of any form are read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::cell::RefCell;

use ceralacca_timestamp as timestamp;
use chrono::{DateTime, Utc};
use crypto::DigestAlgorithm;
use lab::tsa::Fault;
use lab::{Config, Pki};
use timestamp::{
    AuthorityError, Container, Error, Request, TimestampAuthority, obtain_from, read_tsr,
};

fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn request() -> Request {
    Request {
        algorithm: DigestAlgorithm::Sha256,
        digest: crypto::digest(DigestAlgorithm::Sha256, b"verbale"),
        policy: None,
        nonce: [0, 1, 2, 3, 4, 5, 6, 255],
    }
}

/// A lab's authority without the network between.
struct InProcess<'a> {
    pki: &'a Pki,
    fault: Fault,
    asked: RefCell<u32>,
}

impl<'a> InProcess<'a> {
    fn new(pki: &'a Pki, fault: Fault) -> Self {
        Self { pki, fault, asked: RefCell::new(0) }
    }
}

impl TimestampAuthority for InProcess<'_> {
    fn name(&self) -> &str {
        "lab"
    }

    fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        *self.asked.borrow_mut() += 1;
        Ok(self.pki.tsa_respond("tsa", request, now(), &self.fault)?)
    }
}

#[test]
fn a_good_answer_is_taken() {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let authority = InProcess::new(&pki, Fault::None);
    let (answer, token, failed) = obtain_from(&[&authority], &request()).unwrap();
    assert!(failed.is_empty());
    assert_eq!(token.info.gen_time, now());
    assert!(token.info.imprint.matches(b"verbale"));
    let (read, container) = read_tsr(&answer).unwrap();
    assert_eq!((read, container), (token.clone(), Container::Response));
    let (read, container) = read_tsr(&token.raw).unwrap();
    assert_eq!((read, container), (token, Container::Token));
}

#[test]
fn every_fault_is_refused_by_its_name() {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    for fault in Fault::IN_RESPONSE {
        let authority = InProcess::new(&pki, fault.clone());
        let mut request = request();
        if fault == Fault::WrongPolicy {
            // The lab answers under its own policy unless told to lie about it.
            request.policy = Some(asn1::Oid::new("1.2.3.4.5"));
        }
        let result = obtain_from(&[&authority], &request);
        // What the octets of the answer do not show is judged with its trust and time.
        if matches!(fault, Fault::TrailingData | Fault::FutureTime) {
            assert!(result.is_ok(), "{fault:?}");
            continue;
        }
        let Err(Error::Answer { source, .. }) = result else { panic!("{fault:?} was accepted") };
        let expected = match fault {
            Fault::Rejection(_) | Fault::Waiting => matches!(*source, Error::Refused { .. }),
            Fault::MissingToken => matches!(*source, Error::NoToken),
            Fault::BareToken | Fault::Truncated => matches!(*source, Error::NotATimestamp),
            Fault::WrongImprint | Fault::WrongImprintAlgorithm => {
                matches!(*source, Error::WrongImprint)
            }
            Fault::WrongNonce | Fault::NoNonce => matches!(*source, Error::WrongNonce),
            Fault::NoPurpose | Fault::PurposeNotCritical | Fault::PurposeNotAlone => {
                matches!(*source, Error::NotForTimestamping { .. })
            }
            Fault::ExpiredCertificate | Fault::PastTime => {
                matches!(*source, Error::CertificateNotValid { .. })
            }
            Fault::NoCertificate | Fault::WrongEss | Fault::NoEss | Fault::BadSignature => {
                matches!(*source, Error::BadSignature { .. })
            }
            Fault::TwoSigners => matches!(*source, Error::Signers { found: 2 }),
            Fault::WrongPolicy => {
                matches!(*source, Error::Refused { .. } | Error::WrongPolicy { .. })
            }
            _ => false,
        };
        assert!(expected, "{fault:?}: {source:?}");
    }
}

#[test]
fn authorities_are_asked_in_order() {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let (bad, good, never) = (
        InProcess::new(&pki, Fault::WrongNonce),
        InProcess::new(&pki, Fault::None),
        InProcess::new(&pki, Fault::None),
    );
    let (.., failed) = obtain_from(&[&bad, &good, &never], &request()).unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(*never.asked.borrow(), 0);
    let failed = obtain_from(&[&bad, &bad], &request());
    assert!(matches!(failed, Err(Error::AllFailed { reasons }) if reasons.len() == 2));
    assert!(matches!(obtain_from(&[], &request()), Err(Error::NoAuthority)));
}

#[test]
fn truncated_and_flipped_tokens_never_panic_and_never_verify() {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let request = request();
    let answer = pki.tsa_respond("tsa", &request.to_der(), now(), &Fault::None).unwrap();
    for end in 0..answer.len() {
        assert!(request.accept(&answer[..end]).is_err(), "{end}");
    }
    let token = request.accept(&answer).unwrap();
    for byte in 0..answer.len() {
        let mut flipped = answer.clone();
        flipped[byte] ^= 1 << (byte % 8);
        // A flip in an unsigned place (a certificate beside, a header's redundancy) may leave
        // the token as good as it was; it may never make it say something else.
        if let Ok(accepted) = request.accept(&flipped) {
            assert_eq!(accepted.content, token.content, "{byte}");
        }
    }
}

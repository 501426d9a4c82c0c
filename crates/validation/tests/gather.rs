//! Files made by the lab, gathered and judged: every step with real cryptography.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use asn1::Oid;
use cades::SignedFile;
use ceralacca_validation::{
    Code, Facts, Level, Policy, Report, Status, SubIndication as S, Time, Times, Verdict,
    facts::{RevocationSource, Scheme, SignatureCheck},
    gather::{self, Evidence, Stamped},
    judge,
    report::TimeReference,
};
use chrono::TimeDelta;
use lab::cms::{
    AttributeOrder, Certificates, DigestAlgorithms, DigestInfo, Ess, Odd, OddSigner, sign,
};
use lab::{Config, Hash, KeyKind, Pki, Reason, tsa::Fault};
use x509::{Certificate, Crl, OcspResponse, TrustAnchor};

const CONTENT: &[u8] = b"Verbale di prova della seduta";

fn now() -> Time {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn hour() -> TimeDelta {
    TimeDelta::hours(1)
}

fn pki() -> Pki {
    Pki::create(&Config::quick(now())).unwrap()
}

/// Trust and revocation data as a desk would have them.
struct Desk {
    anchors: Vec<TrustAnchor>,
    certificates: Vec<Certificate>,
    crls: Vec<Crl>,
    ocsp: Vec<OcspResponse>,
}

impl Desk {
    fn of(pki: &Pki) -> Self {
        let (issued, next) = (now() - TimeDelta::minutes(10), now() + TimeDelta::days(7));
        let der = |id: &str| Certificate::from_der(pki.certificate(id).unwrap()).unwrap();
        Self {
            anchors: pki.roots().map(|root| TrustAnchor::new(der(&root.id), "lab")).collect(),
            certificates: vec![der("ca")],
            crls: ["root", "tsa-root"]
                .map(|id| Crl::from_der(&pki.crl(id, issued, next).unwrap()).unwrap())
                .to_vec(),
            ocsp: ["presidente", "segretario", "sospeso", "revocato"]
                .map(|id| {
                    OcspResponse::from_der(&pki.ocsp_response(id, issued, next).unwrap()).unwrap()
                })
                .to_vec(),
        }
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            anchors: &self.anchors,
            certificates: &self.certificates,
            crls: &self.crls,
            ocsp: &self.ocsp,
            fetch: None,
            policies: &[],
        }
    }
}

fn read(octets: &[u8]) -> SignedFile {
    cades::read_whole(&mut std::io::Cursor::new(octets), &cms::Limits::default()).unwrap()
}

/// The outermost signed envelope.
fn outermost(file: &mut SignedFile) -> &mut cades::Layer {
    file.signed_mut().next().unwrap()
}

fn gathered(octets: &[u8], desk: &Desk) -> Facts {
    gather::signed_file(&read(octets), &desk.evidence())
}

fn judged(octets: &[u8], desk: &Desk) -> Report {
    judge(&gathered(octets, desk), &Policy::default(), &Times::now(now()))
}

#[track_caller]
fn expect(report: &Report, verdict: Verdict, sub: Option<S>) {
    let signature = &report.signatures[0];
    assert_eq!((report.verdict, signature.sub_indication), (verdict, sub), "{signature:#?}");
}

#[track_caller]
fn passed(report: &Report) {
    expect(report, Verdict::TotalPassed, None);
}

#[test]
fn a_signature_in_order_passes_and_its_facts_survive_json() {
    let pki = pki();
    let desk = Desk::of(&pki);
    let facts = gathered(&sign(&pki, "presidente", CONTENT, now() - hour()).unwrap(), &desk);
    let report = judge(&facts, &Policy::strict(), &Times::now(now()));
    passed(&report);
    assert_eq!((report.format.as_str(), report.layers[0].kind.as_str()), ("CAdES", "cades"));
    let signature = &report.signatures[0];
    assert_eq!(signature.level, "CAdES-BASELINE-B");
    assert_eq!(signature.intact, Some(true));
    assert_eq!(signature.time_reference, TimeReference::Claimed);
    let signer = signature.signer.as_ref().unwrap();
    assert_eq!(signer.name, "PROVADINI ADA");
    assert_eq!(signer.title.as_deref(), Some("Presidente del Consiglio comunale"));
    assert!(signer.tax_code.is_some() && signer.claims_qualified);
    assert!(signature.findings.iter().any(|found| found.code == Code::CertificateUsageLimit));
    assert_eq!(signature.chain.len(), 3);
    // Every piece of revocation data has its algorithm, so that it can age.
    for data in facts.revocation.values().flatten() {
        assert_eq!(data.algorithm.scheme, Scheme::Ecdsa, "{data:?}");
        assert!(data.algorithm.digest.is_some());
        assert_eq!(data.signature, SignatureCheck::Valid);
        assert_eq!(data.source, RevocationSource::Given);
    }
    let saved = Facts::from_json(&facts.to_json().unwrap()).unwrap();
    assert_eq!(saved, facts);
    assert_eq!(judge(&saved, &Policy::strict(), &Times::now(now())), report);
}

#[test]
fn every_exercise_file_gets_its_verdict() {
    let pki = pki();
    let mut desk = Desk::of(&pki);
    let issued = now() - TimeDelta::minutes(10);
    // The authority's list keeps expired certificates, as the Italian profile asks.
    let list = pki.crl("ca", issued, now() + TimeDelta::days(7)).unwrap();
    desk.crls.push(Crl::from_der(&list).unwrap());
    for (name, octets) in lab::exercise::files(&pki, now()).unwrap() {
        let expected = match name {
            "originale.txt" => continue,
            "valido.txt.p7m" => (Verdict::TotalPassed, None),
            "alterato.txt.p7m" => (Verdict::TotalFailed, Some(S::HashFailure)),
            "scaduto.txt.p7m" => (Verdict::Indeterminate, Some(S::OutOfBoundsNotRevoked)),
            "sospeso.txt.p7m" => (Verdict::Indeterminate, Some(S::TryLater)),
            other => panic!("{other}"),
        };
        expect(&judged(&octets, &desk), expected.0, expected.1);
    }
}

#[test]
fn without_trust_or_data_the_reason_is_named() {
    let pki = pki();
    let p7m = sign(&pki, "presidente", CONTENT, now() - hour()).unwrap();
    let mut desk = Desk::of(&pki);
    desk.ocsp.clear();
    let report = judged(&p7m, &desk);
    expect(&report, Verdict::Indeterminate, Some(S::CertificateChainGeneralFailure));
    desk.anchors.clear();
    let report = judged(&p7m, &desk);
    expect(&report, Verdict::Indeterminate, Some(S::NoCertificateChainFound));
    let empty = Desk { anchors: vec![], certificates: vec![], crls: vec![], ocsp: vec![] };
    let bare = Odd {
        certificates: Certificates::Signers,
        signers: vec![OddSigner::at("presidente", now() - hour())],
        ..Odd::new(&pki, CONTENT, "presidente")
    };
    let report = judged(&bare.build().unwrap(), &empty);
    expect(&report, Verdict::Indeterminate, Some(S::NoCertificateChainFound));
    assert!(report.signatures[0].findings.iter().any(|found| found.code == Code::ChainIncomplete));
    let nobody = Odd { certificates: Certificates::None, ..bare };
    let report = judged(&nobody.build().unwrap(), &empty);
    expect(&report, Verdict::Indeterminate, Some(S::NoSigningCertificateFound));
}

#[test]
fn a_stamp_before_the_revocation_saves_the_signature() {
    let mut pki = pki();
    pki.revoke("segretario", now() - TimeDelta::minutes(30), Reason::KeyCompromise).unwrap();
    let desk = Desk::of(&pki);
    let stamped = |at: Time| {
        let signer = OddSigner::at("segretario", now() - hour()).stamped("tsa", at);
        Odd { signers: vec![signer], ..Odd::new(&pki, CONTENT, "segretario") }.build().unwrap()
    };
    let report = judged(&stamped(now() - TimeDelta::minutes(50)), &desk);
    passed(&report);
    let signature = &report.signatures[0];
    assert_eq!(signature.level, "CAdES-BASELINE-T");
    assert_eq!(signature.time_reference, TimeReference::SignatureTimestamp);
    assert_eq!(signature.best_signature_time, Some(now() - TimeDelta::minutes(50)));
    assert_eq!(signature.timestamps[0].indication, Status::Passed);
    let report = judged(&stamped(now() - TimeDelta::minutes(20)), &desk);
    expect(&report, Verdict::Indeterminate, Some(S::RevokedNoPoe));
    assert_eq!(report.signatures[0].legal_notes[0].code, "IT-CAD-24-4BIS");
    let plain = sign(&pki, "segretario", CONTENT, now() - hour()).unwrap();
    expect(&judged(&plain, &desk), Verdict::Indeterminate, Some(S::RevokedNoPoe));
}

#[test]
fn stamps_out_of_order_are_named_and_not_used() {
    let pki = pki();
    let desk = Desk::of(&pki);
    for (fault, status, intact) in [
        (Fault::WrongImprint, Status::Failed, Some(false)),
        (Fault::BadSignature, Status::Failed, Some(false)),
        (Fault::NoPurpose, Status::Indeterminate, Some(true)),
        (Fault::PurposeNotCritical, Status::Indeterminate, Some(true)),
        (Fault::PurposeNotAlone, Status::Indeterminate, Some(true)),
        (Fault::ExpiredCertificate, Status::Indeterminate, Some(true)),
        (Fault::WrongEss, Status::Indeterminate, Some(true)),
        (Fault::NoEss, Status::Indeterminate, Some(true)),
        (Fault::FutureTime, Status::Indeterminate, Some(true)),
        (Fault::PastTime, Status::Indeterminate, Some(true)),
    ] {
        let mut signer = OddSigner::at("presidente", now() - hour());
        signer.stamps.push(lab::cms::Stamp {
            tsa: "tsa".to_owned(),
            at: now() - TimeDelta::minutes(50),
            fault: fault.clone(),
        });
        let p7m = Odd { signers: vec![signer], ..Odd::new(&pki, CONTENT, "presidente") };
        let report = judged(&p7m.build().unwrap(), &desk);
        passed(&report);
        let signature = &report.signatures[0];
        let stamp = &signature.timestamps[0];
        assert_eq!((stamp.indication, stamp.intact), (status, intact), "{fault:?}: {stamp:#?}");
        assert_eq!(signature.time_reference, TimeReference::Claimed, "{fault:?}");
        assert!(signature.findings.iter().any(|found| found.code == Code::TimestampNotUsed));
    }
}

#[test]
fn odd_signatures_get_the_reason_of_their_oddness() {
    let pki = pki();
    let desk = Desk::of(&pki);
    let odd = |change: &dyn Fn(&mut OddSigner)| {
        let mut signer = OddSigner::at("presidente", now() - hour());
        change(&mut signer);
        let odd = Odd { signers: vec![signer], ..Odd::new(&pki, CONTENT, "presidente") };
        let report = judged(&odd.build().unwrap(), &desk);
        (report.signatures[0].intact, report.signatures[0].sub_indication)
    };
    let constraints = Some(S::SigConstraintsFailure);
    assert_eq!(odd(&|_| ()), (Some(true), None));
    assert_eq!(odd(&|s| s.corrupt_signature = true), (Some(false), Some(S::SigCryptoFailure)));
    assert_eq!(odd(&|s| s.message_digest = Some(vec![0; 32])), (Some(false), Some(S::HashFailure)));
    assert_eq!(odd(&|s| s.signing_time = None), (Some(true), constraints));
    assert_eq!(odd(&|s| s.ess = Ess::Absent), (Some(true), constraints));
    assert_eq!(odd(&|s| s.ess = Ess::V1), (Some(true), None));
    assert_eq!(odd(&|s| s.ess = Ess::Both), (Some(true), None));
    assert_eq!(odd(&|s| s.ess = Ess::WrongSerial), (Some(true), None));
    let none = Some(S::NoSigningCertificateFound);
    assert_eq!(odd(&|s| s.ess = Ess::WrongHash), (Some(true), none));
    assert_eq!(odd(&|s| s.ess = Ess::OfOther("segretario".into())), (Some(true), none));
    assert_eq!(odd(&|s| s.duplicated = vec![lab::oids::SIGNING_TIME]), (Some(true), constraints));
    assert_eq!(odd(&|s| s.two_values = vec![lab::oids::SIGNING_TIME]), (Some(true), constraints));
    // Without exactly one message-digest nothing can be processed (EN 319 102-1 §5.2.2).
    let format = (Some(false), Some(S::FormatFailure));
    assert_eq!(odd(&|s| s.duplicated = vec![lab::oids::MESSAGE_DIGEST]), format);
    assert_eq!(odd(&|s| s.two_values = vec![lab::oids::MESSAGE_DIGEST]), format);
    assert_eq!(odd(&|s| s.omitted = vec![lab::oids::MESSAGE_DIGEST]), format);
    assert_eq!(odd(&|s| s.omitted = vec![lab::oids::CONTENT_TYPE]), (Some(true), constraints));
    assert_eq!(odd(&|s| s.content_type = Some(Oid::new("1.2.3.4"))), (Some(true), constraints));
    assert_eq!(odd(&|s| s.order = AttributeOrder::UnsortedSignedAsSent), (Some(true), None));
    assert_eq!(odd(&|s| s.order = AttributeOrder::UnsortedSignedSorted), (Some(true), None));
    assert_eq!(odd(&|s| s.signed_attributes = false), (Some(true), constraints));
    let weak = Some(S::CryptoConstraintsFailureNoPoe);
    assert_eq!(odd(&|s| s.hash = Some(Hash::Sha1)), (Some(true), weak));
}

#[test]
fn tolerances_and_deviations_pass_by_default_only() {
    let mut config = Config::quick(now());
    config.signers[0].key = KeyKind::Rsa(2048);
    let pki = Pki::create(&config).unwrap();
    let desk = Desk::of(&pki);
    let base = || Odd {
        signers: vec![OddSigner::at("presidente", now() - hour())],
        ..Odd::new(&pki, CONTENT, "presidente")
    };
    let mut without_null = base();
    without_null.signers[0].digest_info = DigestInfo::WithoutNull;
    let mut reordered = base();
    reordered.signers[0].order = AttributeOrder::UnsortedSignedSorted;
    for (name, odd, code) in [
        ("null", without_null, Code::SignatureTolerance),
        ("order", reordered, Code::SignedAttributesReordered),
        ("trailing", Odd { trailing: vec![0], ..base() }, Code::TrailingBytes),
        (
            "digests",
            Odd { digest_algorithms: DigestAlgorithms::Empty, ..base() },
            Code::StructureDeviation,
        ),
    ] {
        let facts = gathered(&odd.build().unwrap(), &desk);
        let report = judge(&facts, &Policy::default(), &Times::now(now()));
        passed(&report);
        let finding = report.signatures[0].findings.iter().find(|found| found.code == code);
        assert_eq!(finding.map(|finding| finding.level), Some(Level::Warn), "{name}");
        let strict = judge(&facts, &Policy::strict(), &Times::now(now()));
        assert_eq!(strict.verdict, Verdict::TotalFailed, "{name}");
    }
}

#[test]
fn attributes_as_content_are_refused() {
    let pki = pki();
    let desk = Desk::of(&pki);
    let file = read(&sign(&pki, "presidente", CONTENT, now() - hour()).unwrap());
    let signer = &file.signed().next().unwrap().data.signer_infos[0];
    // The signed attributes of a true signature, played back as content without attributes.
    let content = signer.signed_attributes.as_ref().unwrap().signed_octets();
    let mut forged = OddSigner::new("presidente");
    forged.signed_attributes = false;
    let forged = Odd { signers: vec![forged], ..Odd::new(&pki, &content, "presidente") };
    let report = judged(&forged.build().unwrap(), &desk);
    expect(&report, Verdict::TotalFailed, Some(S::FormatFailure));
    assert_eq!(report.signatures[0].intact, Some(false));
}

#[test]
fn detached_content_decides() {
    let pki = pki();
    let desk = Desk::of(&pki);
    let p7s = lab::cms::sign_detached(&pki, "presidente", CONTENT, now() - hour()).unwrap();
    let mut file = read(&p7s);
    let judged = |file: &SignedFile| {
        let facts = gather::signed_file(file, &desk.evidence());
        judge(&facts, &Policy::default(), &Times::now(now()))
    };
    let report = judged(&file);
    expect(&report, Verdict::Indeterminate, Some(S::SignedDataNotFound));
    assert_eq!(report.signatures[0].intact, None);
    let digests = |content: &[u8], algorithm| cms::verify::ContentDigests {
        values: [(algorithm, crypto::digest(algorithm, content))].into(),
        ..Default::default()
    };
    let sha256 = crypto::DigestAlgorithm::Sha256;
    outermost(&mut file).content = Some(digests(CONTENT, sha256));
    passed(&judged(&file));
    outermost(&mut file).content = Some(digests(b"another", sha256));
    expect(&judged(&file), Verdict::TotalFailed, Some(S::HashFailure));
    // A digest by another algorithm is no content.
    outermost(&mut file).content = Some(digests(CONTENT, crypto::DigestAlgorithm::Sha512));
    expect(&judged(&file), Verdict::Indeterminate, Some(S::SignedDataNotFound));
}

#[test]
fn countersignatures_are_judged_on_their_own() {
    let pki = pki();
    let desk = Desk::of(&pki);
    let p7s = lab::cms::sign_detached(&pki, "presidente", CONTENT, now() - hour()).unwrap();
    let counter = |over: &[u8]| {
        let signer = OddSigner {
            omitted: vec![lab::oids::CONTENT_TYPE],
            ..OddSigner::at("segretario", now() - hour())
        };
        let odd = Odd { detached: true, ..Odd::new(&pki, over, "segretario") };
        let info = odd.signer_info(&signer).unwrap();
        lab::cms::attribute(&Oid::new("1.2.840.113549.1.9.6"), &[info])
    };
    let with = |over: Option<&[u8]>| {
        let (mut data, _) = cms::parse(&p7s, &cms::Limits::default()).unwrap();
        let own = data.signer_infos[0].signature.clone();
        let attribute = counter(over.unwrap_or(&own));
        data.signer_infos[0] =
            data.signer_infos[0].with_unsigned(&attribute, &cms::Limits::default()).unwrap();
        data.add_certificates([
            &Certificate::from_der(pki.certificate("segretario").unwrap()).unwrap()
        ]);
        let mut file = read(&data.to_detached());
        let sha256 = crypto::DigestAlgorithm::Sha256;
        outermost(&mut file).content = Some(cms::verify::ContentDigests {
            values: [(sha256, crypto::digest(sha256, CONTENT))].into(),
            ..Default::default()
        });
        let facts = gather::signed_file(&file, &desk.evidence());
        judge(&facts, &Policy::default(), &Times::now(now()))
    };
    let report = with(None);
    passed(&report);
    assert_eq!(report.signatures.len(), 2);
    assert_eq!(report.signatures[1].id, "1.1");
    assert_eq!(report.signatures[1].signer.as_ref().unwrap().name, "FINTOLI LUCA");
    let report = with(Some(b"another signature value"));
    assert_eq!(report.signatures[0].sub_indication, None);
    assert_eq!(report.signatures[1].sub_indication, Some(S::HashFailure));
    assert_eq!(report.verdict, Verdict::TotalFailed);
}

#[test]
fn layers_are_numbered_from_outside() {
    let pki = pki();
    let desk = Desk::of(&pki);
    let inner = sign(&pki, "presidente", CONTENT, now() - hour()).unwrap();
    let outer = sign(&pki, "segretario", &inner, now() - hour()).unwrap();
    let report = judged(&outer, &desk);
    passed(&report);
    let ids: Vec<_> = report.signatures.iter().map(|signature| signature.id.as_str()).collect();
    assert_eq!(ids, ["1", "2/1"]);
    assert_eq!(report.signatures[0].signer.as_ref().unwrap().name, "FINTOLI LUCA");
    assert_eq!(report.layers.len(), 2);
    // A broken envelope inside a good one is told, and decides.
    let broken = sign(&pki, "segretario", &inner[..inner.len() - 5], now() - hour()).unwrap();
    let report = judged(&broken, &desk);
    assert_eq!(report.verdict, Verdict::TotalFailed);
    assert_eq!(report.signatures[1].sub_indication, Some(S::FormatFailure));
}

#[test]
fn embedded_data_suffice() {
    let pki = pki();
    let bare = Desk { crls: vec![], ocsp: vec![], certificates: vec![], ..Desk::of(&pki) };
    let (issued, next) = (now() - TimeDelta::minutes(10), now() + TimeDelta::days(7));
    let crls = ["root", "ca"].map(|id| pki.crl(id, issued, next).unwrap()).to_vec();
    let odd = Odd {
        crls,
        signers: vec![OddSigner::at("presidente", now() - hour())],
        ..Odd::new(&pki, CONTENT, "presidente")
    };
    let facts = gathered(&odd.build().unwrap(), &bare);
    passed(&judge(&facts, &Policy::default(), &Times::now(now())));
    let sources: Vec<_> = facts.revocation.values().flatten().map(|data| data.source).collect();
    assert!(!sources.is_empty() && sources.iter().all(|s| *s == RevocationSource::Embedded));
    // At a time before they were issued they do not exist.
    let times = Times { at: Some(now() - TimeDelta::minutes(30)), ..Times::now(now()) };
    let report = judge(&facts, &Policy::default(), &times);
    expect(&report, Verdict::Indeterminate, Some(S::CertificateChainGeneralFailure));
}

#[test]
fn stand_alone_stamps() {
    let pki = pki();
    let desk = Desk::of(&pki);
    let digest = Hash::Sha256.digest(CONTENT).unwrap();
    let token = |fault: &Fault| {
        let at = now() - hour();
        let octets = pki.timestamp_token("tsa", Hash::Sha256, &digest, at, fault).unwrap();
        timestamp::read_tsr(&octets).unwrap().0
    };
    let judged = |token: &timestamp::Token, stamped| {
        let facts = gather::token(token, stamped, &[], &desk.evidence());
        judge(&facts, &Policy::default(), &Times::now(now()))
    };
    let good = token(&Fault::None);
    let report = judged(&good, Stamped::Digest(&digest));
    assert_eq!((report.verdict, report.format.as_str()), (Verdict::TotalPassed, "TST"));
    assert_eq!(report.timestamps[0].intact, Some(true));
    let report = judged(&good, Stamped::Digest(b"another"));
    assert_eq!(report.verdict, Verdict::TotalFailed);
    let report = judged(&good, Stamped::Missing);
    assert_eq!(report.timestamps[0].sub_indication, Some(S::SignedDataNotFound));
    let report = judged(&token(&Fault::BadSignature), Stamped::Digest(&digest));
    assert_eq!(report.timestamps[0].sub_indication, Some(S::SigCryptoFailure));
    let unreadable = gather::unreadable_token("it ends early");
    let report = judge(&unreadable, &Policy::default(), &Times::now(now()));
    assert_eq!(report.verdict, Verdict::TotalFailed);
    let told: Vec<_> = report.timestamps[0].findings.iter().map(|found| found.code).collect();
    assert_eq!(told, [Code::StructureUnreadable]);
}

#[test]
fn no_flipped_bit_makes_an_altered_file_valid() {
    let pki = pki();
    let desk = Desk::of(&pki);
    let signer =
        OddSigner::at("presidente", now() - hour()).stamped("tsa", now() - TimeDelta::minutes(50));
    let odd = Odd { signers: vec![signer], ..Odd::new(&pki, CONTENT, "presidente") };
    let good = odd.build().unwrap();
    passed(&judged(&good, &desk));
    let place = good.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    let mut altered = good.clone();
    altered[place] ^= 1;
    expect(&judged(&altered, &desk), Verdict::TotalFailed, Some(S::HashFailure));
    let limits = cms::Limits::default();
    let mut sink = std::io::sink();
    let mut verdict = |octets: &[u8]| {
        // What is no longer recognised as signed is an error, and no verdict.
        let file = cades::read(octets, &limits, &cades::Wanted::default(), &mut sink).ok()?;
        let facts = gather::signed_file(&file, &desk.evidence());
        Some(judge(&facts, &Policy::default(), &Times::now(now())).verdict)
    };
    // Every seventh octet, another bit each: each run does real cryptography.
    for index in (0..altered.len()).step_by(7).filter(|index| *index != place) {
        let bit = 1 << (index % 8);
        altered[index] ^= bit;
        assert_ne!(verdict(&altered), Some(Verdict::TotalPassed), "bit at {index}");
        altered[index] ^= bit;
    }
    for end in (0..good.len()).step_by(11) {
        assert_ne!(verdict(&good[..end]), Some(Verdict::TotalPassed), "cut at {end}");
    }
}

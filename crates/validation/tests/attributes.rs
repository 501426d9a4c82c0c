//! What a signer says in signed attributes, from the octets to the text people read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use asn1::{Oid, Tag, der};
use ceralacca_validation::{
    Code, Facts, Lang, Policy, Report, SubIndication as S, Time, Times, Verdict,
    facts::PolicyDocument,
    gather::{self, Evidence},
    judge, text,
};
use chrono::TimeDelta;
use lab::cms::{Odd, OddSigner, attribute};
use lab::{Config, Hash, Pki};
use x509::{Certificate, Crl, OcspResponse, TrustAnchor};

const CONTENT: &[u8] = b"Verbale di prova";

fn now() -> Time {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn pki() -> Pki {
    Pki::create(&Config::quick(now())).unwrap()
}

fn gathered(pki: &Pki, octets: &[u8], policies: &[Vec<u8>]) -> Facts {
    let (issued, next) = (now() - TimeDelta::minutes(10), now() + TimeDelta::days(7));
    let der = |id: &str| Certificate::from_der(pki.certificate(id).unwrap()).unwrap();
    let anchors: Vec<_> = pki.roots().map(|root| TrustAnchor::new(der(&root.id), "lab")).collect();
    let certificates = [der("ca")];
    let crls = [Crl::from_der(&pki.crl("root", issued, next).unwrap()).unwrap()];
    let ocsp =
        [OcspResponse::from_der(&pki.ocsp_response("presidente", issued, next).unwrap()).unwrap()];
    let evidence = Evidence {
        anchors: &anchors,
        certificates: &certificates,
        crls: &crls,
        ocsp: &ocsp,
        policies,
        ..Evidence::default()
    };
    let file =
        cades::read_whole(&mut std::io::Cursor::new(octets), &cms::Limits::default()).unwrap();
    gather::signed_file(&file, &evidence)
}

fn signed(pki: &Pki, change: impl FnOnce(&mut OddSigner)) -> Vec<u8> {
    let mut signer = OddSigner::at("presidente", now() - TimeDelta::hours(1));
    change(&mut signer);
    Odd { signers: vec![signer], ..Odd::new(pki, CONTENT, "presidente") }.build().unwrap()
}

fn report(pki: &Pki, octets: &[u8], policies: &[Vec<u8>]) -> Report {
    judge(&gathered(pki, octets, policies), &Policy::default(), &Times::now(now()))
}

fn oid(dotted: &str) -> Oid {
    Oid::parse(dotted).unwrap()
}

fn utf8(text: &str) -> Vec<u8> {
    der::utf8_string(text)
}

fn has(report: &Report, code: Code) -> bool {
    report.signatures[0].findings.iter().any(|finding| finding.code == code)
}

const COMMITMENT: &str = "1.2.840.113549.1.9.16.2.16";
const POLICY: &str = "1.2.840.113549.1.9.16.2.15";
const STORE: &str = "0.4.0.19122.1.3";
const PROTECTION: &str = "1.2.840.113549.1.9.52";

/// A claimed role as signer-attributes-v2 has it.
fn role(text: &str) -> Vec<u8> {
    let claim = der::sequence(&[der::oid(&oid("2.5.4.72")), der::set_of(&[utf8(text)])]);
    der::sequence(&[der::explicit(0, &der::sequence(&[claim]))])
}

fn commitment(number: u8) -> Vec<u8> {
    let kind = der::oid(&oid(&format!("1.2.840.113549.1.9.16.6.{number}")));
    let qualifier = der::sequence(&[der::oid(&oid("1.2.3.4")), utf8("x")]);
    der::sequence(&[kind, der::sequence(&[qualifier])])
}

#[test]
fn everything_a_signer_says_reaches_the_report_and_the_text() {
    let pki = pki();
    let data = der::oid(&oid("1.2.840.113549.1.7.1"));
    let place = der::sequence(&[
        der::explicit(0, &der::printable_string("IT")),
        der::explicit(1, &utf8("Ceralacca Marittima\u{202e}")),
        der::explicit(2, &der::sequence(&[utf8("Piazza del Comune 1")])),
    ]);
    let octets = signed(&pki, |signer| {
        signer.extra_signed = vec![
            attribute(
                &oid("1.2.840.113549.1.9.16.2.4"),
                &[der::sequence(&[utf8("verbale"), data])],
            ),
            attribute(&oid("0.4.0.1733.2.1"), &[utf8("application/pdf")]),
            attribute(&oid(COMMITMENT), &[commitment(5), commitment(6)]),
            attribute(&oid("0.4.0.19122.1.1"), &[role("Sindaco facente funzioni")]),
            attribute(&oid("1.2.840.113549.1.9.16.2.17"), &[place]),
            attribute(&oid("1.2.840.113549.1.9.16.2.7"), &[der::octet_string(&[0xab, 1])]),
        ];
    });
    let mut report = report(&pki, &octets, &[]);
    assert_eq!(report.verdict, Verdict::TotalPassed, "{:#?}", report.signatures[0]);
    let said = report.signatures[0].signed_properties.clone();
    assert_eq!(said.mime_type.as_deref(), Some("application/pdf"));
    assert_eq!(said.content_hints.unwrap().description.as_deref(), Some("verbale"));
    let kinds: Vec<_> = said.commitments.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["proofOfApproval", "proofOfCreation"]);
    assert_eq!(said.commitments[0].qualifiers, ["1.2.3.4"]);
    assert_eq!(said.claimed_roles, ["Sindaco facente funzioni"]);
    let place = said.location.unwrap();
    // Class 43: what reorders the text on the screen is taken out.
    assert_eq!(place.locality.as_deref(), Some("Ceralacca Marittima"));
    assert_eq!((place.country.as_deref(), place.address.len()), (Some("IT"), 1));
    assert_eq!(said.content_identifier.as_deref(), Some("ab01"));
    assert_eq!(said.algorithm_protection, None);
    let json = serde_json::to_value(&report).unwrap();
    let said = &json["signatures"][0]["signed_properties"];
    assert_eq!(said["claimed_roles"][0], "Sindaco facente funzioni");
    assert_eq!(said["commitments"][0]["type"], "proofOfApproval");
    for (lang, words) in [
        (Lang::It, ["Ruolo dichiarato da chi firma: Sindaco", "approva il contenuto", "IT\n"]),
        (Lang::En, ["Role claimed by the signer: Sindaco", "approves the content", "IT\n"]),
    ] {
        report.localise(lang);
        let text = text::render(&report, lang);
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
    // Nothing said, nothing shown.
    let plain = self::report(&pki, &signed(&pki, |_| ()), &[]);
    assert!(plain.signatures[0].signed_properties.is_empty());
    assert!(serde_json::to_value(&plain).unwrap()["signatures"][0]["signed_properties"].is_null());
}

/// Class 5: values of the wrong type.
#[test]
fn class_5_wrong_types_are_found_and_harm_nobody() {
    let pki = pki();
    let wrong = [vec![1, 1, 0xff], vec![0x30, 0], vec![5, 0], utf8("?"), der::integer(1)];
    for name in [COMMITMENT, "0.4.0.19122.1.1", "1.2.840.113549.1.9.16.2.18", PROTECTION] {
        for value in &wrong {
            let octets = signed(&pki, |signer| {
                signer.extra_signed = vec![attribute(&oid(name), std::slice::from_ref(value))];
            });
            let report = report(&pki, &octets, &[]);
            // An empty SEQUENCE is a signer-attributes without any.
            let empty = value == &[0x30, 0] && name != COMMITMENT && name != PROTECTION;
            assert_eq!(report.verdict == Verdict::TotalPassed, empty, "{name} {value:x?}");
        }
    }
    // What describes the content misleads nobody: told, and a failure in the strict policy.
    for name in ["1.2.840.113549.1.9.16.2.4", "0.4.0.1733.2.1", "1.2.840.113549.1.9.16.2.17"] {
        let octets = signed(&pki, |signer| {
            signer.extra_signed = vec![attribute(&oid(name), &[der::integer(1)])];
        });
        let facts = gathered(&pki, &octets, &[]);
        let report = judge(&facts, &Policy::default(), &Times::now(now()));
        assert_eq!(report.verdict, Verdict::TotalPassed, "{name}");
        assert!(has(&report, Code::StructureDeviation), "{name}");
        let strict = judge(&facts, &Policy::strict(), &Times::now(now()));
        assert_eq!(strict.signatures[0].sub_indication, Some(S::FormatFailure), "{name}");
    }
}

/// Class 4: attributes that may stand once.
#[test]
fn class_4_repeated_attributes_are_refused() {
    let pki = pki();
    for (name, value) in [
        ("0.4.0.1733.2.1", utf8("text/plain")),
        ("0.4.0.19122.1.1", role("Sindaco")),
        (POLICY, der::null()),
        ("1.2.840.113549.1.9.16.2.7", der::octet_string(b"1")),
    ] {
        let twice = attribute(&oid(name), std::slice::from_ref(&value));
        for extra in [
            vec![twice.clone(), twice],
            vec![attribute(&oid(name), &[value.clone(), value.clone()])],
        ] {
            let octets = signed(&pki, |signer| signer.extra_signed = extra);
            let report = report(&pki, &octets, &[]);
            assert_eq!(report.signatures[0].sub_indication, Some(S::SigConstraintsFailure));
            assert!(has(&report, Code::AttributeDuplicated), "{name}");
        }
    }
}

fn algorithm(dotted: &str, null: bool) -> Vec<u8> {
    let mut parts = vec![der::oid(&oid(dotted))];
    if null {
        parts.push(der::null());
    }
    der::sequence(&parts)
}

/// RFC 6211: the comparison is of algorithms, not of octets; class 6.
#[test]
fn algorithm_protection_is_checked_by_meaning() {
    let pki = pki();
    let (sha256, sha384) = ("2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2");
    let (ecdsa256, ecdsa384) = ("1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3");
    let judged = |digest: &str, null: bool, tag: u8, signature: &str| {
        let field = der::retag(Tag::context_constructed(tag), &algorithm(signature, false));
        let value = der::sequence(&[algorithm(digest, null), field]);
        let octets = signed(&pki, |signer| {
            signer.hash = Some(Hash::Sha256);
            signer.extra_signed = vec![attribute(&oid(PROTECTION), &[value])];
        });
        report(&pki, &octets, &[])
    };
    for null in [false, true] {
        let report = judged(sha256, null, 1, ecdsa256);
        assert_eq!(report.verdict, Verdict::TotalPassed, "{:#?}", report.signatures[0]);
        assert_eq!(report.signatures[0].signed_properties.algorithm_protection, Some(true));
    }
    for wrong in [
        judged(sha384, false, 1, ecdsa256),
        judged(sha256, false, 1, ecdsa384),
        judged(sha256, false, 2, ecdsa256),
    ] {
        let signature = &wrong.signatures[0];
        assert_eq!(signature.intact, Some(false));
        assert_eq!(signature.sub_indication, Some(S::SigCryptoFailure));
        assert!(has(&wrong, Code::AlgorithmProtectionMismatch));
    }
}

/// A policy document in ASN.1 (TR 102 272) and its hash.
fn asn_policy() -> (Vec<u8>, Vec<u8>) {
    let info = der::sequence(&[der::oid(&oid("1.3.76.99.1")), utf8("regole di prova")]);
    let hashed = [algorithm("2.16.840.1.101.3.4.2.1", false), info].concat();
    let digest = crypto::digest(crypto::DigestAlgorithm::Sha256, &hashed);
    (der::sequence(&[hashed, der::octet_string(&digest)]), digest)
}

fn explicit(digest: &[u8]) -> Vec<u8> {
    let hash =
        der::sequence(&[algorithm("2.16.840.1.101.3.4.2.1", false), der::octet_string(digest)]);
    let uri = der::sequence(&[
        der::oid(&oid("1.2.840.113549.1.9.16.5.1")),
        der::ia5_string("http://esempio.invalid/politica"),
    ]);
    der::sequence(&[der::oid(&oid("1.3.76.99.1")), hash, der::sequence(&[uri])])
}

#[test]
fn the_policy_is_the_document_with_its_hash() {
    let pki = pki();
    let plain = b"Politica di firma di prova".to_vec();
    let digest = crypto::digest(crypto::DigestAlgorithm::Sha256, &plain);
    let (asn, asn_digest) = asn_policy();
    let judged = |value: &[u8], store: Option<&[u8]>, documents: &[Vec<u8>]| {
        let octets = signed(&pki, |signer| {
            signer.extra_signed = vec![attribute(&oid(POLICY), &[value.to_vec()])];
            signer.extra_unsigned = store
                .iter()
                .map(|document| {
                    let parts = [der::oid(&oid("1.2.3")), der::octet_string(document)];
                    attribute(&oid(STORE), &[der::sequence(&parts)])
                })
                .collect();
        });
        report(&pki, &octets, documents)
    };
    let document =
        |report: &Report| report.signatures[0].signature_policy.clone().unwrap().document;
    let plain_id = explicit(&digest);
    let nothing = judged(&plain_id, None, &[]);
    assert_eq!(document(&nothing), PolicyDocument::NotAvailable);
    assert_eq!(nothing.verdict, Verdict::TotalPassed);
    let named = nothing.signatures[0].signature_policy.clone().unwrap();
    assert_eq!((named.identifier.as_str(), named.uris.len()), ("1.3.76.99.1", 1));
    let given = judged(&plain_id, None, &[b"altro".to_vec(), plain.clone()]);
    assert_eq!(document(&given), PolicyDocument::Matches);
    let other = judged(&plain_id, None, &[b"altro".to_vec()]);
    assert_eq!(document(&other), PolicyDocument::Mismatch);
    assert!(has(&other, Code::SignaturePolicyHashMismatch));
    assert_eq!(document(&judged(&plain_id, Some(&plain), &[])), PolicyDocument::Matches);
    assert_eq!(document(&judged(&plain_id, Some(b"altro"), &[])), PolicyDocument::Mismatch);
    // In ASN.1 the hash is over two of three fields, not over the file.
    let by_rule = judged(&explicit(&asn_digest), None, std::slice::from_ref(&asn));
    assert_eq!(document(&by_rule), PolicyDocument::Matches);
    let whole = crypto::digest(crypto::DigestAlgorithm::Sha256, &asn);
    assert_eq!(document(&judged(&explicit(&whole), None, &[asn])), PolicyDocument::Mismatch);
    for zero in [&[][..], &[0], &[0; 32]] {
        assert_eq!(document(&judged(&explicit(zero), None, &[])), PolicyDocument::ZeroHash);
    }
    let implied = judged(&der::null(), None, &[]);
    assert_eq!(implied.signatures[0].signature_policy.clone().unwrap().identifier, "");
    assert_eq!(implied.verdict, Verdict::TotalPassed);
}

#[test]
fn versions_and_times_that_depart_are_told() {
    let pki = pki();
    let generalized = attribute(
        &oid("1.2.840.113549.1.9.5"),
        &[der::generalized_time(now() - TimeDelta::hours(1))],
    );
    for (name, change) in [
        (
            "version",
            &(|signer: &mut OddSigner| signer.version = Some(3)) as &dyn Fn(&mut OddSigner),
        ),
        ("signing-time", &|signer| {
            signer.signing_time = None;
            signer.extra_signed = vec![generalized.clone()];
        }),
    ] {
        let octets = signed(&pki, |signer| change(signer));
        let facts = gathered(&pki, &octets, &[]);
        let report = judge(&facts, &Policy::default(), &Times::now(now()));
        assert_eq!(report.verdict, Verdict::TotalPassed, "{name}: {:#?}", report.signatures[0]);
        assert!(has(&report, Code::StructureDeviation), "{name}");
        let strict = judge(&facts, &Policy::strict(), &Times::now(now()));
        assert_eq!(strict.signatures[0].sub_indication, Some(S::FormatFailure), "{name}");
    }
    let wrong_hash = signed(&pki, |signer| signer.signature_hash = Some(Hash::Sha384));
    let facts = gathered(&pki, &wrong_hash, &[]);
    let report = judge(&facts, &Policy::default(), &Times::now(now()));
    assert_eq!(report.verdict, Verdict::TotalPassed, "{:#?}", report.signatures[0]);
    assert!(has(&report, Code::AlgorithmsDisagree));
    let strict = judge(&facts, &Policy::strict(), &Times::now(now()));
    assert_eq!(strict.verdict, Verdict::TotalFailed);
}

#[test]
fn a_digest_by_another_algorithm_says_so() {
    let pki = pki();
    let octets =
        lab::cms::sign_detached(&pki, "presidente", CONTENT, now() - TimeDelta::hours(1)).unwrap();
    let mut file =
        cades::read_whole(&mut std::io::Cursor::new(&octets), &cms::Limits::default()).unwrap();
    let digest = crypto::digest(crypto::DigestAlgorithm::Sha512, CONTENT);
    let content = cms::verify::ContentDigests {
        values: [(crypto::DigestAlgorithm::Sha512, digest)].into(),
        ..Default::default()
    };
    file.signed_mut().next().unwrap().content = Some(content);
    let facts = gather::signed_file(&file, &Evidence::default());
    let report = judge(&facts, &Policy::default(), &Times::now(now()));
    assert!(has(&report, Code::ContentDigestOtherAlgorithm));
    assert!(!has(&report, Code::ContentMissing));
    assert_eq!(report.signatures[0].intact, None);
}

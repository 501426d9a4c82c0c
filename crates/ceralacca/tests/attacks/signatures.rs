//! Classes 1 to 14: what a SignedData claims, and what it may not get away with.

use asn1::{Oid, Tag, der};
use ceralacca::validation::report::TimeReference;
use ceralacca::validation::{Code, Level, SubIndication as S, Verdict};
use lab::cms::{
    AttributeOrder, Certificates, DigestAlgorithms, DigestInfo, Ess, Framing, Odd, OddSigner,
    SignerId, attribute,
};
use lab::parts::Parts;
use lab::{Config, Hash, KeyKind, Pki, SignerSpec, oids};

use crate::common::*;

/// The signed attributes of a true signature as the SET whose octets were signed.
fn attributes_of(p7m: &[u8]) -> Vec<u8> {
    let parts = Parts::read(p7m).unwrap();
    der::retag(Tag::SET, parts.signers[0].signed.as_ref().unwrap())
}

fn rsa_desk() -> Desk {
    let mut config = Config::quick(now());
    config.signers[0].key = KeyKind::Rsa(2048);
    Desk::of(Pki::create(&config).unwrap(), now())
}

#[test]
fn class_01_signed_attributes_replayed_as_content() {
    let desk = Desk::new();
    let honest = desk.signed();
    let attributes = attributes_of(&honest);
    let value = Parts::read(&honest).unwrap().signers[0].signature.clone();
    for framing in [Framing::Definite, Framing::Indefinite, Framing::Chunked(7)] {
        let mut bare = OddSigner::at("presidente", then());
        bare.signed_attributes = false;
        let file =
            Odd { framing, signers: vec![bare], ..Odd::new(&desk.pki, &attributes, "presidente") };
        // The honest signature's own value, over octets its signer never saw as a document.
        let mut parts = Parts::read(&file.build().unwrap()).unwrap();
        parts.signers[0].signature.clone_from(&value);
        let report = desk.verdict("forged.p7m", parts.build());
        expect(&report, Verdict::TotalFailed, Some(S::FormatFailure));
        finds(&report, Code::SignedAttributesAsContent);
        assert_eq!(report.signatures[0].intact, Some(false));
    }
    // The same apart: the "document" is the attributes.
    let mut parts = Parts::read(&honest).unwrap();
    parts.encapsulated = der::sequence(&[der::oid(&oids::DATA)]);
    parts.signers[0].signed = None;
    let p7s = desk.put("forged.p7s", parts.build());
    let document = desk.put("forged", &attributes);
    let report = desk.judge_with(&p7s, Some(&document), &Default::default()).unwrap();
    expect(&report, Verdict::TotalFailed, Some(S::FormatFailure));
}

#[test]
fn class_01_without_signed_attributes_it_is_cms_and_nothing_more() {
    let desk = Desk::new();
    let report = desk.verdict("bare.p7m", desk.odd(|s| s.signed_attributes = false));
    expect(&report, Verdict::Indeterminate, Some(S::SigConstraintsFailure));
    // Cryptographically it holds, and that is said.
    assert_eq!(report.signatures[0].intact, Some(true));
    assert_eq!(levels(&report), ["CMS"]);
}

#[test]
fn class_02_every_signer_must_name_its_certificate() {
    let desk = Desk::new();
    let good = || OddSigner::at("presidente", then());
    let bad = || OddSigner { ess: Ess::Absent, ..OddSigner::at("segretario", then()) };
    for signers in [vec![good(), bad()], vec![bad(), good()]] {
        let report = desk.verdict("two.p7m", desk.file(|file| file.signers = signers));
        assert_eq!(report.verdict, Verdict::Indeterminate, "{report:#?}");
        for signature in &report.signatures {
            let named = signature.signer.as_ref().is_some_and(|who| who.name == "PROVADINI ADA");
            let sub = (!named).then_some(S::SigConstraintsFailure);
            assert_eq!(signature.sub_indication, sub, "{signature:#?}");
            assert_eq!(signature.level == "CMS", !named);
        }
    }
}

#[test]
fn class_03_content_type_is_there_once_and_is_the_content_s() {
    let desk = Desk::new();
    let types: [&dyn Fn(&mut OddSigner); 4] = [
        &|s| s.omitted = vec![oids::CONTENT_TYPE],
        &|s| s.duplicated = vec![oids::CONTENT_TYPE],
        &|s| s.two_values = vec![oids::CONTENT_TYPE],
        &|s| s.content_type = Some(oids::SIGNED_DATA),
    ];
    for (n, change) in types.iter().enumerate() {
        let report = desk.verdict("type.p7m", desk.odd(change));
        assert_ne!(report.verdict, Verdict::TotalPassed, "{n}");
        assert_eq!(report.signatures[0].sub_indication, Some(S::SigConstraintsFailure), "{n}");
    }
    // The content relabelled, its attribute left as it was signed.
    let mut parts = Parts::read(&desk.signed()).unwrap();
    let content = der::explicit(0, &der::octet_string(CONTENT));
    parts.encapsulated = der::sequence(&[der::oid(&Oid::new("1.2.3.4")), content]);
    assert!(!desk.passes("relabelled.p7m", parts.build()));
}

#[test]
fn class_04_single_valued_attributes_twice() {
    let desk = Desk::new();
    for oid in
        [oids::CONTENT_TYPE, oids::MESSAGE_DIGEST, oids::SIGNING_TIME, oids::SIGNING_CERTIFICATE_V2]
    {
        for report in [
            desk.verdict("twice.p7m", desk.odd(|s| s.duplicated = vec![oid])),
            desk.verdict("values.p7m", desk.odd(|s| s.two_values = vec![oid])),
        ] {
            let found = (report.verdict, report.signatures[0].sub_indication.unwrap());
            let named = match oid {
                // Which of two digests is the content's nobody can tell: nothing is intact.
                oids::MESSAGE_DIGEST => [
                    (Verdict::TotalFailed, S::FormatFailure),
                    (Verdict::TotalFailed, S::SigConstraintsFailure),
                    (Verdict::Indeterminate, S::SigConstraintsFailure),
                ],
                // Two references to the certificate may name none: that comes first.
                _ => [
                    (Verdict::Indeterminate, S::SigConstraintsFailure),
                    (Verdict::Indeterminate, S::NoSigningCertificateFound),
                    (Verdict::TotalFailed, S::SigConstraintsFailure),
                ],
            };
            assert!(named.contains(&found), "{oid}: {found:?}");
        }
    }
    // Twice with different values is no better.
    let other = attribute(&oids::MESSAGE_DIGEST, &[der::octet_string(&[0; 32])]);
    assert!(!desk.passes("other.p7m", desk.odd(|s| s.extra_signed = vec![other])));
}

#[test]
fn class_05_values_of_another_type() {
    let desk = Desk::new();
    let odd_values = || {
        [
            der::boolean(true),
            der::null(),
            der::integer(7),
            der::octet_string(b""),
            der::sequence::<&[u8]>(&[]),
            der::utf8_string("2026-03-01"),
            der::bit_string(&[]),
            der::explicit(0, &der::null()),
            der::sequence(&[der::sequence(&[der::sequence(&[der::boolean(false)])])]),
        ]
    };
    for oid in [
        oids::CONTENT_TYPE,
        oids::MESSAGE_DIGEST,
        oids::SIGNING_TIME,
        oids::SIGNING_CERTIFICATE_V2,
        oids::SIGNING_CERTIFICATE,
    ] {
        for value in odd_values() {
            let octets = desk.odd(|signer| {
                signer.omitted = vec![oid];
                signer.extra_signed = vec![attribute(&oid, &[value])];
            });
            let report = desk.survives("typed.p7m", octets);
            let passed = report.is_ok_and(|report| report.verdict == Verdict::TotalPassed);
            // A signing-certificate of version 1 that says nothing leaves version 2 standing; the
            // others decide.
            assert!(!passed || oid == oids::SIGNING_CERTIFICATE, "{oid}");
        }
        // No value at all.
        let empty = attribute(&oid, &[]);
        let octets = desk.odd(|signer| {
            signer.omitted = vec![oid];
            signer.extra_signed = vec![empty];
        });
        let passed = desk.passes("empty.p7m", octets);
        assert!(!passed || oid == oids::SIGNING_CERTIFICATE, "{oid}");
    }
    // Unsigned ones may hold anything, and prove nothing by it.
    for oid in [
        oids::SIGNATURE_TIME_STAMP,
        oids::COUNTERSIGNATURE,
        oids::COMPLETE_CERTIFICATE_REFS,
        oids::COMPLETE_REVOCATION_REFS,
        oids::CERTIFICATE_VALUES,
        oids::REVOCATION_VALUES,
        oids::ESC_TIME_STAMP,
        oids::CERT_CRL_TIME_STAMP,
        oids::ARCHIVE_TIME_STAMP_V2,
        oids::ARCHIVE_TIME_STAMP_V3,
    ] {
        for value in odd_values() {
            let octets = desk.odd(|s| s.extra_unsigned = vec![attribute(&oid, &[value])]);
            let report = desk.survives("unsigned.p7m", octets).unwrap();
            let signature = &report.signatures[0];
            assert_eq!(signature.intact, Some(true), "{oid}");
            // A level tells the form; what a stamp is worth is told by the stamp.
            assert!(signature.timestamps.iter().all(|t| t.intact != Some(true)), "{oid}");
            assert_eq!(signature.time_reference, TimeReference::Claimed, "{oid}");
        }
    }
}

#[test]
fn class_06_digest_algorithms_empty_or_lying() {
    let desk = Desk::new();
    for digests in [DigestAlgorithms::Empty, DigestAlgorithms::Lying(Hash::Sha512)] {
        for framing in [Framing::Definite, Framing::Chunked(10)] {
            let octets = desk.file(|file| {
                file.digest_algorithms = digests;
                file.framing = framing;
            });
            let report = desk.survives("digests.p7m", &octets).unwrap();
            passed(&report);
            finds(&report, Code::StructureDeviation);
            assert_eq!(desk.strict("digests.p7m", octets).verdict, Verdict::TotalFailed);
        }
    }
    // The label of a signer exchanged after signing.
    let mut parts = Parts::read(&desk.signed()).unwrap();
    parts.signers[0].digest_algorithm = Hash::Sha512.algorithm(false);
    assert!(!desk.passes("label.p7m", parts.build()));
    parts.signers[0].digest_algorithm = der::sequence(&[der::oid(&Oid::new("1.2.3.4"))]);
    assert!(!desk.passes("label.p7m", parts.build()));
}

#[test]
fn class_06_the_signature_s_digest_is_another() {
    for desk in [Desk::new(), rsa_desk()] {
        let octets = desk.odd(|s| s.signature_hash = Some(Hash::Sha512));
        let report = desk.verdict("differ.p7m", &octets);
        // Verified as it is labelled, and said.
        assert_eq!(report.signatures[0].intact, Some(true), "{report:#?}");
        passed(&report);
        finds(&report, Code::AlgorithmsDisagree);
        let strict = desk.strict("differ.p7m", &octets);
        assert_ne!(strict.verdict, Verdict::TotalPassed);
        // Not as labelled: the value is over another digest.
        let mut parts = Parts::read(&octets).unwrap();
        let key = &desk.pki.entity("presidente").unwrap().key;
        parts.signers[0].signature_algorithm = key.algorithm(Hash::Sha384).unwrap();
        assert!(!desk.passes("relabelled.p7m", parts.build()));
    }
}

#[test]
fn class_08_attributes_unsorted_or_in_ber() {
    let desk = Desk::new();
    // Signed as they stand: nothing to tell, the octets received are the ones that verify.
    let order = AttributeOrder::UnsortedSignedAsSent;
    passed(&desk.verdict("order.p7m", desk.odd(|signer| signer.order = order)));
    let order = AttributeOrder::UnsortedSignedSorted;
    let report = desk.verdict("order.p7m", desk.odd(|signer| signer.order = order));
    passed(&report);
    finds(&report, Code::SignedAttributesReordered);
    let ber = desk.odd(|signer| signer.ber_attributes = true);
    let report = desk.verdict("ber.p7m", &ber);
    passed(&report);
    let warned = findings(&report).iter().any(|finding| finding.level == Level::Warn);
    assert!(warned, "which form matched is told: {report:#?}");
    assert_ne!(desk.strict("ber.p7m", &ber).verdict, Verdict::TotalPassed);
}

#[test]
fn class_09_what_is_stripped_is_not_claimed() {
    let desk = Desk::new();
    let stamped = |id: &str| OddSigner::at(id, then()).stamped("tsa", then());
    let whole = desk.file(|file| file.signers = vec![stamped("presidente"), stamped("segretario")]);
    let report = desk.verdict("whole.p7m", &whole);
    passed(&report);
    assert_eq!(levels(&report), ["CAdES-BASELINE-T"; 2]);

    let mut without_stamp = Parts::read(&whole).unwrap();
    without_stamp.signers[0].unsigned.clear();
    let report = desk.verdict("stripped.p7m", without_stamp.build());
    assert_eq!(levels(&report), ["CAdES-BASELINE-B", "CAdES-BASELINE-T"]);
    assert_eq!(report.signatures[0].timestamps.len(), 0);

    let mut without_signer = Parts::read(&whole).unwrap();
    let secretary = desk.pki.entity("segretario").unwrap().certificate.issuer_and_serial();
    without_signer.signers.retain(|signer| signer.sid != secretary);
    let mut report = desk.verdict("one.p7m", without_signer.build());
    assert_eq!(report.signatures.len(), 1, "one signature is what there is");
    passed(&report);
    // Who expects two is told that one is missing.
    let birth = lab::names::Birth { year: 1970, month: 5, day: 12, female: false };
    let secretary = lab::names::tax_code("FINTOLI", "LUCA", birth).unwrap();
    report.expect_signers([(secretary.as_str(), None)]);
    assert_ne!(ceralacca::validation::exit_code(&report), 0);
}

#[test]
fn class_10_another_certificate_for_the_same_key() {
    let mut pki = Pki::create(&Config::quick(now())).unwrap();
    let key = pki.entity("presidente").unwrap().key.clone();
    let twin = SignerSpec::new("gemella", "PROVADINI", "ADA", now()).title("Sindaca");
    pki.add_signer_with_key(&twin, key).unwrap();
    let desk = Desk::of(pki, now());
    let twin = desk.pki.certificate("gemella").unwrap().to_vec();
    for by in [SignerId::IssuerAndSerial, SignerId::KeyIdentifier] {
        let honest = desk.file(|file| file.signers[0].signer_id = by);
        passed(&desk.verdict("honest.p7m", &honest));
        // Both at hand: the attribute decides.
        let both = desk.file(|file| {
            file.signers[0].signer_id = by;
            file.extra_certificates.push(twin.clone());
        });
        let report = desk.verdict("both.p7m", &both);
        passed(&report);
        let title = report.signatures[0].signer.as_ref().unwrap().title.clone();
        assert_eq!(title.as_deref(), Some("Presidente del Consiglio comunale"));
        // Only the other one.
        let swapped = desk.file(|file| {
            file.signers[0].signer_id = by;
            file.certificates = Certificates::None;
            let ca = desk.pki.certificate("ca").unwrap().to_vec();
            file.extra_certificates = vec![twin.clone(), ca];
        });
        let report = desk.verdict("swapped.p7m", &swapped);
        assert_ne!(report.verdict, Verdict::TotalPassed, "{by:?}");
    }
    // The signer's identifier names the twin, the attribute does not.
    let honest = desk.file(|file| file.extra_certificates.push(twin.clone()));
    let mut parts = Parts::read(&honest).unwrap();
    parts.signers[0].sid = desk.pki.entity("gemella").unwrap().certificate.issuer_and_serial();
    let report = desk.verdict("named.p7m", parts.build());
    assert_ne!(report.verdict, Verdict::TotalPassed);
    // Right digest, another's issuer and serial number: told.
    let report = desk.verdict("serial.p7m", desk.odd(|s| s.ess = Ess::WrongSerial));
    assert!(findings(&report).iter().any(|finding| finding.level != Level::Info), "{report:#?}");
}

#[test]
fn class_11_rsa_blocks_are_compared_whole() {
    let desk = rsa_desk();
    let octets = desk.odd(|s| s.digest_info = DigestInfo::WithoutNull);
    let report = desk.verdict("null.p7m", &octets);
    passed(&report);
    finds(&report, Code::SignatureTolerance);
    assert_eq!(desk.strict("null.p7m", &octets).verdict, Verdict::TotalFailed);

    let key = &desk.pki.entity("presidente").unwrap().key;
    let mut parts = Parts::read(&desk.signed()).unwrap();
    let set = der::retag(Tag::SET, parts.signers[0].signed.as_ref().unwrap());
    let digest = Hash::Sha256.digest(&set).unwrap();
    let info = |digest: &[u8], null: bool| {
        der::sequence(&[Hash::Sha256.algorithm(null), der::octet_string(digest)])
    };
    let whole = info(&digest, true);
    // 00 01 FF … FF 00 DigestInfo, as long as the modulus, for a block put together by hand.
    let block = |fill: usize, info: &[u8], behind: usize| {
        let mut block = vec![0xff; 256];
        (block[0], block[1]) = (0, 1);
        block[2 + fill] = 0;
        let at = 3 + fill;
        block[at..at + info.len()].copy_from_slice(info);
        for octet in &mut block[at + info.len()..] {
            *octet = 0x5a;
        }
        assert_eq!(256 - at - info.len(), behind);
        block
    };
    let full = 256 - 3 - whole.len();
    let mut long_form = whole.clone();
    // The same with its outer length in two octets, which DER forbids.
    long_form.splice(1..2, [0x81, whole[1]]);
    let short = info(&digest[..30], false);
    let blocks = [
        ("garbage behind", block(8, &whole, full - 8)),
        ("little padding", block(200, &whole, full - 200)),
        ("length in long form", block(full - 1, &long_form, 0)),
        ("two octets short", block(256 - 3 - short.len(), &short, 0)),
        ("another block type", {
            let mut other = block(full, &whole, 0);
            other[1] = 2;
            other
        }),
        ("a zero in the padding", {
            let mut other = block(full, &whole, 0);
            other[20] = 0;
            other
        }),
    ];
    let good = key.private_block(&block(full, &whole, 0)).unwrap();
    parts.signers[0].signature = der::octet_string(&good);
    assert!(desk.passes("good.p7m", parts.build()), "a block in order verifies");
    for (name, block) in blocks {
        parts.signers[0].signature = der::octet_string(&key.private_block(&block).unwrap());
        let report = desk.verdict("block.p7m", parts.build());
        assert_eq!(report.signatures[0].intact, Some(false), "{name}");
        assert_eq!(report.verdict, Verdict::TotalFailed, "{name}");
    }
    // A value longer than the modulus, and one that is not below it.
    parts.signers[0].signature = der::octet_string(&[&[0][..], &good].concat());
    assert!(!desk.passes("long.p7m", parts.build()));
    parts.signers[0].signature = der::octet_string(&[0xff; 256]);
    assert!(!desk.passes("high.p7m", parts.build()));
}

#[test]
fn class_12_ecdsa_values_in_other_encodings() {
    let desk = Desk::new();
    let parts = Parts::read(&desk.signed()).unwrap();
    let value = parts.signers[0].value().unwrap();
    let pair = asn1::Value::parse(&value).unwrap().children().collect_all().unwrap();
    let (r, s) = (pair[0].contents().to_vec(), pair[1].contents().to_vec());
    let integer = |contents: &[u8]| der::tlv(Tag::INTEGER, contents);
    let sequence = |contents: &[u8]| {
        let mut long = vec![0x30, 0x81, u8::try_from(contents.len()).unwrap()];
        long.extend(contents);
        long
    };
    let both = [integer(&r), integer(&s)].concat();
    for (name, altered) in [
        ("a leading zero", der::sequence(&[integer(&[&[0][..], &r].concat()), integer(&s)])),
        ("a length in long form", sequence(&both)),
        ("octets behind", [&value[..], &[0]].concat()),
        ("octets inside", der::sequence(&[&both[..], &der::null()])),
        ("no second number", der::sequence(&[integer(&r)])),
        ("zero", der::sequence(&[integer(&[0]), integer(&s)])),
        ("both zero", der::sequence(&[integer(&[0]), integer(&[0])])),
        ("negative", der::sequence(&[integer(&[&[0xff][..], &r].concat()), integer(&s)])),
        ("larger than the order", der::sequence(&[integer(&[0x7f; 40]), integer(&s)])),
        ("indefinite", [&[0x30, 0x80][..], &both, &[0, 0]].concat()),
        ("empty", Vec::new()),
    ] {
        let mut parts = parts.clone();
        parts.signers[0].signature = der::octet_string(&altered);
        let report = desk.verdict("ecdsa.p7m", parts.build());
        assert_ne!(report.verdict, Verdict::TotalPassed, "{name}");
        assert_ne!(report.signatures[0].intact, Some(true), "{name}");
    }
}

#[test]
fn class_13_no_signer_is_no_signature() {
    let desk = Desk::new();
    for content in [CONTENT, b""] {
        let octets = desk.file(|file| {
            file.signers.clear();
            file.content = content.to_vec();
        });
        let report = desk.verdict("none.p7m", octets);
        assert_eq!(report.verdict, Verdict::NoSignature, "{report:#?}");
        assert_eq!(ceralacca::validation::exit_code(&report), 9);
    }
    // Around a signed file an empty envelope adds nothing and hides nothing.
    let altered = desk.odd(|signer| signer.corrupt_signature = true);
    let around = desk.file(|file| {
        file.signers.clear();
        file.content = altered;
    });
    let report = desk.verdict("around.p7m", around);
    assert_eq!(report.verdict, Verdict::TotalFailed);
    // An empty value is no signature either.
    let mut parts = Parts::read(&desk.signed()).unwrap();
    parts.signers[0].signature = der::octet_string(b"");
    assert!(!desk.passes("empty.p7m", parts.build()));
}

#[test]
fn class_14_weak_algorithms_do_not_pass_today() {
    for (key, hash) in [
        (KeyKind::Rsa(2048), Hash::Md5),
        (KeyKind::Rsa(2048), Hash::Sha1),
        (KeyKind::Rsa(1024), Hash::Sha256),
        (KeyKind::P256, Hash::Sha1),
    ] {
        let mut config = Config::quick(now());
        config.signers[0].key = key;
        let desk = Desk::of(Pki::create(&config).unwrap(), now());
        let octets = desk.odd(|signer| {
            signer.hash = Some(hash);
            signer.ess = Ess::V1;
        });
        let report = desk.verdict("weak.p7m", &octets);
        assert_eq!(report.verdict, Verdict::Indeterminate, "{key} {hash:?}: {report:#?}");
        let sub = report.signatures[0].sub_indication.unwrap();
        assert!(
            [S::CryptoConstraintsFailureNoPoe, S::CryptoConstraintsFailure].contains(&sub),
            "{sub:?}"
        );
        assert_eq!(report.signatures[0].intact, Some(true), "weak, and not broken");
    }
}

//! What Italian municipalities receive: one synthetic twin for each quirk met in the field, made here and
//! now by the lab, with the verdict it must get and why. No file of a real person is involved.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use asn1::{Tag, der};
use ceralacca::validation::report::TimeReference;
use ceralacca::validation::{Code, Level, Status, SubIndication as S, Verdict};
use ceralacca::{Evidence, FileKind, Removed, Report};
use chrono::{DateTime, Utc};
use common::*;
use lab::cms::{AttributeOrder, Certificates, DigestInfo, Ess, Framing, Odd, OddSigner};
use lab::m7m::{Body, M7m, Over};
use lab::pki::TsaSpec;
use lab::tsd::{MetaData, Tsd};
use lab::{Config, Hash, KeyKind, Pki, SignerSpec, wrap};

fn date(text: &str) -> DateTime<Utc> {
    format!("{text}T10:00:00Z").parse().unwrap()
}

/// A lab whose president has an RSA key, as Italian cards have had.
fn rsa_desk() -> Desk {
    let mut config = Config::quick(now());
    config.signers[0].key = KeyKind::Rsa(2048);
    Desk::of(Pki::create(&config).unwrap(), now())
}

/// A lab of years ago with one signer and a TSA that is still good, judged today.
fn old_desk(made: &str, key: KeyKind, until: &str) -> Desk {
    let made = date(made);
    let mut config = Config::quick(made);
    config.signers.truncate(1);
    config.revocations.clear();
    config.signers[0].key = key;
    config.signers[0].not_after = date(until);
    let mut pki = Pki::create(&config).unwrap();
    pki.add_tsa(&TsaSpec::expiring("tsa-lunga", made, date("2036-01-01"))).unwrap();
    Desk::of(pki, now())
}

/// A stand-alone time-stamp of a file, judged beside it.
fn stamp(desk: &Desk, file: &Path, content: &Path) -> Report {
    desk.judge_with(file, Some(content), &Default::default()).unwrap()
}

fn stamp_in(report: &Report) -> &ceralacca::validation::report::TimestampReport {
    let own = report.signatures.iter().flat_map(|signature| &signature.timestamps);
    own.chain(&report.timestamps).next().unwrap_or_else(|| panic!("no stamp: {report:#?}"))
}

#[test]
fn ber_indefinite_lengths_and_content_in_pieces() {
    // Real signers wrote 2 to 169 pieces. The digest is over what is in them, so it is intact; DER is
    // asked of the signed attributes only, so nothing is wrong with it.
    let desk = Desk::new();
    let content: Vec<u8> = CONTENT.iter().copied().cycle().take(20_000).collect();
    for framing in [
        Framing::Indefinite,
        Framing::Chunked(10_000),
        Framing::Chunked(119),
        Framing::DefiniteChunked(4096),
        Framing::Nested { piece: 500, levels: 1 },
    ] {
        let octets = desk.file(|file| {
            file.framing = framing;
            file.content.clone_from(&content);
        });
        passed(&desk.verdict("ber.p7m", octets));
        assert_eq!(desk.extracted("ber.p7m"), content, "{framing:?}");
    }
}

#[test]
fn a_p7m_that_is_base64_or_pem() {
    // Wrapping is no part of the signature; what was taken off is told as a layer.
    let desk = Desk::new();
    let p7m = desk.signed();
    for (text, kinds) in [
        (wrap::base64_lines(&p7m, 64, "\r\n"), vec!["base64", "cades"]),
        (wrap::base64_lines(&p7m, 76, "\n"), vec!["base64", "cades"]),
        (wrap::base64(&p7m), vec!["base64", "cades"]),
        (wrap::double_base64(&p7m), vec!["base64", "base64", "cades"]),
        (wrap::pem("PKCS7", &p7m), vec!["pem", "cades"]),
        (wrap::pem("CMS", &p7m).replace('\n', "\r\n"), vec!["pem", "cades"]),
    ] {
        let report = desk.verdict("fattura.xml.p7m", &text);
        passed(&report);
        let layers: Vec<_> = report.layers.iter().map(|layer| layer.kind.as_str()).collect();
        assert_eq!(layers, kinds);
        assert_eq!(desk.extracted("fattura.xml.p7m"), CONTENT);
    }
}

#[test]
fn one_byte_behind_the_end() {
    // It is under no signature and changes none: tolerated, told, and refused by the strict policy.
    let desk = Desk::new();
    for trailing in [vec![0], vec![b'\n'], vec![0; 16]] {
        let octets = desk.file(|file| file.trailing.clone_from(&trailing));
        let report = desk.verdict("coda.p7m", &octets);
        passed(&report);
        finds(&report, Code::TrailingBytes);
        assert_ne!(desk.strict("coda.p7m", octets).verdict, Verdict::TotalPassed);
    }
}

#[test]
fn a_bad_signature_for_openssl_that_italian_programs_accept() {
    // Attributes out of order, or a DigestInfo without NULL: the mathematics holds over one of the two
    // forms, and which one is told. Anything else stays a bad signature.
    let desk = rsa_desk();
    let form = |change: fn(&mut OddSigner)| desk.odd(change);
    passed(&desk.verdict("a.p7m", form(|s| s.order = AttributeOrder::UnsortedSignedAsSent)));
    let report = desk.verdict("a.p7m", form(|s| s.order = AttributeOrder::UnsortedSignedSorted));
    passed(&report);
    finds(&report, Code::SignedAttributesReordered);
    let report = desk.verdict("a.p7m", form(|s| s.digest_info = DigestInfo::WithoutNull));
    passed(&report);
    finds(&report, Code::SignatureTolerance);
    let report = desk.verdict("a.p7m", form(|s| s.ber_attributes = true));
    passed(&report);
    let both = form(|s| {
        s.order = AttributeOrder::UnsortedSignedSorted;
        s.digest_info = DigestInfo::WithoutNull;
    });
    passed(&desk.verdict("a.p7m", both));
    let report = desk.verdict("a.p7m", form(|s| s.corrupt_signature = true));
    expect(&report, Verdict::TotalFailed, Some(S::SigCryptoFailure));
}

#[test]
fn the_content_comes_out_even_when_the_signature_fails() {
    // Taking out says nothing about the verdict, and the verdict does not withhold the document.
    let desk = Desk::new();
    for (octets, sub) in [
        (desk.odd(|s| s.corrupt_signature = true), S::SigCryptoFailure),
        (desk.odd(|s| s.message_digest = Some(vec![0; 32])), S::HashFailure),
    ] {
        expect(&desk.verdict("rotto.p7m", octets), Verdict::TotalFailed, Some(sub));
        assert_eq!(desk.extracted("rotto.p7m"), CONTENT);
    }
}

#[test]
fn a_tsr_that_is_a_bare_token_in_ber() {
    // `.tsr` should hold a TimeStampResp; the token alone is the proof all the same. Indefinite lengths
    // around it are outside what its signature covers.
    let desk = Desk::new();
    let content = desk.put("verbale.pdf", CONTENT);
    let imprint = Hash::Sha256.digest(CONTENT).unwrap();
    let fault = lab::tsa::Fault::None;
    let token = desk.pki.timestamp_token("tsa", Hash::Sha256, &imprint, then(), &fault).unwrap();
    let outer = asn1::Value::parse(&token).unwrap().children().collect_all().unwrap();
    let signed_data = outer[1].inner().unwrap().contents();
    let open = |tag: u8, inside: &[u8]| [&[tag, 0x80][..], inside, &[0, 0]].concat();
    let ber = open(0x30, &[outer[0].raw(), &open(0xa0, &open(0x30, signed_data))].concat());
    for (name, octets) in [("bare.tsr", token.clone()), ("ber.tsr", ber)] {
        let report = stamp(&desk, &desk.put(name, octets), &content);
        assert_eq!(report.verdict, Verdict::TotalPassed, "{name}: {report:#?}");
        assert_eq!(stamp_in(&report).intact, Some(true));
    }
    let other = desk.put("altro.pdf", b"altro");
    let report = stamp(&desk, &desk.path("ber.tsr"), &other);
    assert_eq!(report.verdict, Verdict::TotalFailed);
}

#[test]
fn a_tsd_of_indefinite_length() {
    // The stamp is over the file inside, metadata left out unless it says otherwise; the signatures inside
    // are judged too, and the stamp proves that they existed.
    let desk = Desk::new();
    let p7m = desk.signed();
    let at = then() + minutes(5);
    for metadata in [
        None,
        Some(MetaData::named(false, "verbale.pdf.p7m", "application/pkcs7-mime")),
        Some(MetaData::named(true, "verbale.pdf.p7m", "application/pkcs7-mime")),
    ] {
        for framing in [Framing::Indefinite, Framing::Chunked(100), Framing::Definite] {
            let mut tsd = Tsd::new(&desk.pki, &p7m, "tsa", at);
            tsd.metadata.clone_from(&metadata);
            tsd.framing = framing;
            let octets = tsd.build().unwrap();
            let path = desk.put("verbale.tsd", &octets);
            let kind = FileKind::of(&mut std::fs::File::open(&path).unwrap()).unwrap();
            assert_eq!(kind, FileKind::TimestampedData);
            let report = desk.judge(&path).unwrap();
            passed(&report);
            assert_eq!(report.format, "TSD");
            let signature = &report.signatures[0];
            assert_eq!(signature.best_signature_time, Some(at), "{signature:#?}");
            assert_eq!(desk.extracted("verbale.tsd"), CONTENT);
            let mut altered = octets;
            let place = altered.windows(CONTENT.len()).position(|w| w == CONTENT);
            if let Some(place) = place {
                altered[place] ^= 1;
                let report = desk.verdict("alterato.tsd", altered);
                assert_eq!(report.verdict, Verdict::TotalFailed);
            }
        }
    }
    // A claim that metadata is hashed where it is not, as writers that ignore the flag make it: the stamp is
    // good for the content, and that the metadata is not under it is told.
    let flipped = |hashed: bool| {
        let mut tsd = Tsd::new(&desk.pki, &p7m, "tsa", at);
        tsd.metadata = Some(MetaData::named(hashed, "verbale.pdf.p7m", "application/pkcs7-mime"));
        let mut octets = tsd.build().unwrap();
        let flag = [0x01, 0x01, if hashed { 0xff } else { 0 }];
        let place = octets.windows(3).position(|window| window == flag).unwrap();
        octets[place + 2] ^= 0xff;
        octets
    };
    let report = desk.verdict("detto.tsd", flipped(false));
    assert_eq!(stamp_in(&report).intact, Some(true), "{report:#?}");
    let told = report.timestamps.iter().flat_map(|stamp| &stamp.findings);
    let told: Vec<_> = told.chain(findings(&report)).map(|finding| finding.code).collect();
    assert!(told.contains(&Code::StructureDeviation), "{told:?}");
    let strict = desk.strict("detto.tsd", flipped(false));
    assert_ne!(stamp_in(&strict).indication, Status::Passed, "{strict:#?}");
    // The other way round nobody who reads the flag finds the octets that were stamped.
    let report = desk.verdict("taciuto.tsd", flipped(true));
    assert_eq!(stamp_in(&report).intact, Some(false), "{report:#?}");
}

#[test]
fn an_m7m_whose_headers_do_not_say_what_is_in_it() {
    // The headers were never reliable: what is in a part decides. SHA-1 imprints were usual; what they are
    // worth today is the policy's to say, and they are intact.
    let desk = Desk::new();
    let p7m = desk.signed();
    let at = then() + minutes(5);
    let base = || M7m::new(&desk.pki, &p7m, "tsa", at);
    let variants = [
        ("as it should be", base()),
        ("base64 said to be binary", M7m { envelope_body: Body::Base64, ..base() }),
        (
            "over the base64 as transported",
            M7m { envelope_body: Body::Base64, over: Over::Transported, ..base() },
        ),
        ("PEM", M7m { envelope_body: Body::Pem, ..base() }),
        ("bare token", M7m { bare_token: true, ..base() }),
        ("token in binary", M7m { stamp_body: Body::Binary, stamp_claim: "base64", ..base() }),
        ("token in PEM", M7m { stamp_body: Body::Pem, bare_token: true, ..base() }),
        ("another media type", M7m { stamp_type: "application/timestamp", ..base() }),
        ("stamp first", M7m { stamp_first: true, ..base() }),
        ("LF alone", M7m { line: "\n", ..base() }),
    ];
    for (name, m7m) in variants {
        let octets = m7m.build().unwrap();
        let path = desk.put("verbale.m7m", &octets);
        let kind = FileKind::of(&mut std::fs::File::open(&path).unwrap()).unwrap();
        assert_eq!(kind, FileKind::M7m, "{name}");
        let report = desk.judge(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.verdict, Verdict::TotalPassed, "{name}: {report:#?}");
        assert_eq!(report.format, "M7M", "{name}");
        assert_eq!(report.signatures[0].best_signature_time, Some(at), "{name}");
        assert_eq!(desk.extracted("verbale.m7m"), CONTENT, "{name}");
    }
    let sha1 = M7m { hash: Hash::Sha1, ..base() }.build().unwrap();
    let report = desk.verdict("sha1.m7m", sha1);
    assert_eq!(stamp_in(&report).intact, Some(true), "{report:#?}");
    assert_ne!(stamp_in(&report).indication, Status::Passed, "SHA-1 ended in 2012");
    // A stamp of something else.
    let fault = lab::tsa::Fault::WrongImprint;
    let wrong = M7m { fault, ..base() }.build().unwrap();
    let report = desk.verdict("altro.m7m", wrong);
    assert_eq!(stamp_in(&report).intact, Some(false), "{report:#?}");
}

#[test]
fn an_m7m_with_two_stamps_is_none() {
    let desk = Desk::new();
    let p7m = desk.signed();
    let two = M7m { stamps: 2, ..M7m::new(&desk.pki, &p7m, "tsa", then()) }.build().unwrap();
    assert!(!desk.passes("due.m7m", two), "which of them was meant is anybody's guess");
}

#[test]
fn md5_and_sha1_of_years_ago() {
    // SHA-1 was acceptable to 1-8-2012: a signature of 2011 with a stamp of 2011 passes, the same without
    // one has no proof that it is so old. MD5 ended in 2004: a stamp of 2011 is no proof from before that.
    let desk = old_desk("2011-06-01", KeyKind::Rsa(2048), "2014-03-01");
    let at = date("2011-06-02");
    let made = |hash, stamped: bool| {
        desk.odd(|signer| {
            *signer = OddSigner::at("presidente", at);
            signer.hash = Some(hash);
            signer.ess = Ess::V1;
            if stamped {
                *signer = signer.clone().stamped("tsa-lunga", at + minutes(1));
            }
        })
    };
    let report = desk.verdict("sha1-t.p7m", made(Hash::Sha1, true));
    assert_eq!(report.signatures[0].intact, Some(true));
    passed(&report);
    assert_eq!(report.signatures[0].time_reference, TimeReference::SignatureTimestamp);
    let report = desk.verdict("sha1.p7m", made(Hash::Sha1, false));
    assert_eq!(report.verdict, Verdict::Indeterminate);
    let report = desk.verdict("md5.p7m", made(Hash::Md5, true));
    assert_eq!(report.verdict, Verdict::Indeterminate, "{report:#?}");
    assert_eq!(report.signatures[0].sub_indication, Some(S::CryptoConstraintsFailureNoPoe));
}

#[test]
fn pkcs7_of_the_years_before_cades() {
    // No signing-certificate, or no signed attributes at all: the mathematics holds and is said to, but
    // which certificate was meant is not signed (EN 319 122-1 6.3), so it is CMS and undecided.
    let desk = rsa_desk();
    let without_reference = desk.odd(|s| s.ess = Ess::Absent);
    let without_attributes = desk.odd(|s| s.signed_attributes = false);
    let without_null = desk.odd(|s| {
        s.signed_attributes = false;
        s.digest_info = DigestInfo::WithoutNull;
    });
    for octets in [without_reference, without_attributes, without_null] {
        let report = desk.verdict("vecchio.p7m", octets);
        expect(&report, Verdict::Indeterminate, Some(S::SigConstraintsFailure));
        assert_eq!(report.signatures[0].intact, Some(true));
        assert_eq!(levels(&report), ["CMS"], "named for what it is");
        assert_eq!(desk.extracted("vecchio.p7m"), CONTENT);
    }
}

#[test]
fn rsa_1024_and_expired_certificates_need_a_time_reference() {
    // RSA of 1024 bits was acceptable to October 2019 by the list; the certificate ended in 2015. A stamp of
    // 2013 proves the signature older than both; nothing else does.
    let desk = old_desk("2013-03-01", KeyKind::Rsa(1024), "2015-03-01");
    let at = date("2013-03-02");
    let bare = desk.odd(|signer| *signer = OddSigner::at("presidente", at));
    let stamped = |when| {
        desk.odd(|signer| *signer = OddSigner::at("presidente", at).stamped("tsa-lunga", when))
    };
    let report = desk.verdict("con.p7m", stamped(at + minutes(1)));
    passed(&report);
    let report = desk.verdict("senza.p7m", bare);
    assert_eq!(report.verdict, Verdict::Indeterminate);
    assert_eq!(report.signatures[0].intact, Some(true));
    let sub = report.signatures[0].sub_indication.unwrap();
    assert!(
        [S::CryptoConstraintsFailureNoPoe, S::OutOfBoundsNotRevoked, S::OutOfBoundsNoPoe]
            .contains(&sub),
        "{sub:?}"
    );
    assert!(!report.signatures[0].legal_notes.is_empty(), "art. 24 c. 4-bis: as if unsigned");
    // A stamp after the end of the certificate comes too late.
    let report = desk.verdict("tardi.p7m", stamped(date("2016-01-01")));
    assert_eq!(report.verdict, Verdict::Indeterminate);
}

#[test]
fn tax_codes_written_in_either_way_and_no_organisation() {
    // Before 2019 `IT:` stood before the codice fiscale, since then `TINIT-`; InfoCert wrote "NON PRESENTE"
    // for those without an organisation. Both name the same person.
    let mut config = Config::quick(now());
    for (id, prefix) in [("nuova", "TINIT-"), ("vecchia", "IT:")] {
        config.signers.push(SignerSpec {
            tax_code_prefix: prefix,
            organisation: Some("NON PRESENTE".to_owned()),
            ..SignerSpec::new(id, "PROVADINI", "ADA", now())
        });
    }
    let desk = Desk::of(Pki::create(&config).unwrap(), now());
    let code = config.signers.last().unwrap().tax_code().unwrap();
    for id in ["nuova", "vecchia"] {
        let octets = Odd::new(&desk.pki, CONTENT, id).by(&[id], then()).build().unwrap();
        let report = desk.verdict("cf.p7m", octets);
        passed(&report);
        let signer = report.signatures[0].signer.as_ref().unwrap();
        assert_eq!(signer.tax_code.as_deref(), Some(code.as_str()), "{id}");
    }
}

#[test]
fn only_the_signer_s_certificate_is_there() {
    // The issuer is the reader's to find: from what is given, or by the URL in the certificate when going
    // online is allowed. Without it the path is open, and nothing is said against the signature.
    let mut desk = Desk::new();
    let octets = desk.file(|file| file.certificates = Certificates::Signers);
    let report = desk.verdict("solo.p7m", &octets);
    expect(&report, Verdict::Indeterminate, Some(S::NoCertificateChainFound));
    finds(&report, Code::ChainIncomplete);
    let ca = x509::Certificate::from_der(desk.pki.certificate("ca").unwrap()).unwrap();
    desk.evidence.certificates.push(ca);
    passed(&desk.verdict("solo.p7m", octets));
}

/// A PDF with a signature in its own way, as far as recognising it goes.
fn signed_pdf() -> Vec<u8> {
    let mut pdf = b"%PDF-1.7\n1 0 obj\n<< /Type /Sig /SubFilter /adbe.pkcs7.detached\n".to_vec();
    pdf.extend(b"/ByteRange [0 10 20 30] /Contents <00> >>\nendobj\n%%EOF\n");
    pdf
}

#[test]
fn a_signed_pdf_inside_a_p7m() {
    // Two kinds of signature, one around the other. The outer is judged; that the document inside is signed
    // itself is for the reader of PDF signatures, and the document comes out untouched for it.
    let desk = Desk::new();
    let pdf = signed_pdf();
    let octets = desk.file(|file| file.content.clone_from(&pdf));
    let report = desk.verdict("atto.pdf.p7m", octets);
    passed(&report);
    assert_eq!(report.signatures.len(), 1, "the CAdES one");
    assert_eq!(desk.extracted("atto.pdf.p7m"), pdf);
    let inner = desk.put("atto.pdf", &pdf);
    let kind = FileKind::of(&mut std::fs::File::open(&inner).unwrap()).unwrap();
    assert_eq!(kind, FileKind::SignedPdf);
    assert!(desk.judge(&inner).is_err(), "named, not judged, and never passed over");
}

#[test]
fn a_pdf_stamped_by_the_protocol_after_signing() {
    // An update appended to a PDF may be harmless to a signature inside the PDF. To a CAdES signature around
    // or beside it every octet counts: the document is another one.
    let desk = Desk::new();
    let pdf = signed_pdf();
    let p7s = lab::cms::sign_detached(&desk.pki, "presidente", &pdf, then()).unwrap();
    let (signature, original) = (desk.put("atto.pdf.p7s", p7s), desk.put("atto.pdf", &pdf));
    passed(&desk.judge_with(&signature, Some(&original), &Default::default()).unwrap());
    let mut updated = pdf;
    updated.extend(b"2 0 obj\n(Prot. n. 1234 del 01/03/2026)\nendobj\n%%EOF\n");
    let updated = desk.put("protocollato.pdf", updated);
    let report = desk.judge_with(&signature, Some(&updated), &Default::default()).unwrap();
    expect(&report, Verdict::TotalFailed, Some(S::HashFailure));
    assert!(desk.judge(&updated).is_err(), "the PDF's own signatures are not judged here");
}

#[test]
fn nested_envelopes_with_a_detached_look() {
    // `.p7m.p7m`: each signer signed what the one before had made; every layer has its verdict.
    let desk = Desk::new();
    let inner = desk.signed();
    let text = wrap::base64_lines(&inner, 64, "\r\n");
    for middle in [inner, text.into_bytes()] {
        let outer = lab::cms::sign(&desk.pki, "segretario", &middle, then()).unwrap();
        let report = desk.verdict("atto.p7m.p7m", outer);
        passed(&report);
        let ids: Vec<_> = report.signatures.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["1", "2/1"]);
        let out = desk.path("fuori");
        let _ = std::fs::remove_file(&out);
        let path = desk.path("atto.p7m.p7m");
        let taken = ceralacca::extract_file(&path, &out, Default::default(), None).unwrap().removed;
        let signed = |r: &&Removed| matches!(r, Removed::Signature { .. });
        assert_eq!(taken.iter().filter(signed).count(), 2);
        assert_eq!(std::fs::read(out).unwrap(), CONTENT);
    }
}

/// A file of `head`, a hole of zeros and `tail`.
fn sparse(path: &Path, head: &[u8], hole: u64, tail: &[u8]) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(head).unwrap();
    file.seek(SeekFrom::Current(i64::try_from(hole).unwrap())).unwrap();
    file.write_all(tail).unwrap();
}

/// SHA-256 of so many zeros.
fn digest_of_zeros(length: u64) -> Vec<u8> {
    let algorithm = ceralacca::DigestAlgorithm::Sha256;
    let mut hasher = crypto::MultiHasher::new([algorithm]);
    let zeros = std::io::Read::take(std::io::repeat(0), length);
    crypto::stream::hash(zeros, &mut hasher).unwrap();
    hasher.finish().remove(&algorithm).unwrap()
}

#[test]
fn more_than_two_gibibytes() {
    // Readers that hold the content in an array of Java stop at 2^31 - 1 octets; a council's recording does
    // not. The same verdict as for a small file, and an altered octet far behind that limit is seen.
    if std::env::var_os("CERALACCA_BIG").is_none_or(|value| value != "1") {
        println!("skipped: files beyond 2 GiB (CERALACCA_BIG=1)");
        return;
    }
    let desk = Desk::new();
    let length = (1_u64 << 31) + 4097;
    let digest = digest_of_zeros(length);
    let mut signer = OddSigner::at("presidente", then());
    signer.message_digest = Some(digest.clone());
    let shell =
        Odd { detached: true, signers: vec![signer], ..Odd::new(&desk.pki, b"", "presidente") };
    let parts = lab::parts::Parts::read(&shell.build().unwrap()).unwrap();
    // Indefinite lengths around a definite string: nothing needs to be counted twice.
    let head = [
        &[0x30, 0x80][..],
        &der::oid(&lab::oids::SIGNED_DATA),
        &[0xa0, 0x80, 0x30, 0x80],
        &parts.version,
        &parts.digest_algorithms,
        &[0x30, 0x80],
        &der::oid(&lab::oids::DATA),
        &[0xa0, 0x80],
        &der::header(Tag::OCTET_STRING, length),
    ]
    .concat();
    let infos: Vec<_> = parts.signers.iter().map(lab::parts::SignerParts::build).collect();
    let tail = [
        &[0; 4][..],
        parts.certificates.as_deref().unwrap(),
        &der::constructed(Tag::SET, &infos),
        &[0; 6],
    ]
    .concat();
    let path = desk.path("seduta.mp4.p7m");
    sparse(&path, &head, length, &tail);
    passed(&desk.judge(&path).unwrap());
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(head.len() as u64 + length - 100)).unwrap();
    file.write_all(&[1]).unwrap();
    drop(file);
    expect(&desk.judge(&path).unwrap(), Verdict::TotalFailed, Some(S::HashFailure));

    // The same recording with a time-stamp around it.
    let fault = lab::tsa::Fault::None;
    let token = desk.pki.timestamp_token("tsa", Hash::Sha256, &digest, then(), &fault).unwrap();
    let head = [
        &[0x30, 0x80][..],
        &der::oid(&lab::oids::TIMESTAMPED_DATA),
        &[0xa0, 0x80, 0x30, 0x80],
        &der::integer(1),
        &der::header(Tag::OCTET_STRING, length),
    ]
    .concat();
    let evidence = der::constructed(Tag::context_constructed(0), &[der::sequence(&[token])]);
    let tail = [&evidence[..], &[0; 6]].concat();
    let path = desk.path("seduta.mp4.tsd");
    sparse(&path, &head, length, &tail);
    let report = desk.judge(&path).unwrap();
    assert_eq!(report.verdict, Verdict::TotalPassed, "{report:#?}");
    assert_eq!(stamp_in(&report).intact, Some(true));
}

#[test]
fn a_reader_without_any_trust_still_tells_what_is_there() {
    // The first thing a clerk sees, before any list of authorities is installed: intact, signed by whom,
    // and that nobody vouches yet.
    let mut desk = Desk::new();
    desk.evidence = Evidence::default();
    let report = desk.verdict("primo.p7m", desk.signed());
    expect(&report, Verdict::Indeterminate, Some(S::NoCertificateChainFound));
    assert_eq!(report.signatures[0].intact, Some(true));
    assert!(report.signatures[0].signer.is_some());
    let failing = findings(&report).iter().any(|finding| finding.level == Level::Fail);
    assert!(failing, "the reason is named");
}

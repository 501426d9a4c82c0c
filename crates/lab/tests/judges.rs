//! What the lab writes, judged by the `openssl` program: certificates, CRLs,
//! OCSP answers, time-stamps, signatures, PKCS#12 files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::SystemTime,
};

use ceralacca_lab::{
    Config, Hash, KeyKind, Lab, Pki, Reason, SignerSpec,
    cms::{self, RsaNaming},
    cms::{AttributeOrder, DigestAlgorithms, DigestInfo, Ess, Framing, Odd, OddSigner, SignerId},
    disk,
    ocsp::{OcspFault, OcspSpec},
    pkcs12::Encryption,
    tsa::Fault,
    wrap,
};
use chrono::{DateTime, TimeDelta, Utc};

/// `openssl ocsp` has no option for the time: these tests live now.
fn now() -> DateTime<Utc> {
    let now: DateTime<Utc> = SystemTime::now().into();
    DateTime::from_timestamp(now.timestamp(), 0).unwrap()
}

fn lab() -> Pki {
    Pki::create(&Config::quick(now())).unwrap()
}

struct Desk(tempfile::TempDir);

impl Desk {
    /// A folder and an `openssl`, or a printed word and nothing.
    fn open() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            assert_ne!(
                std::env::var("CERALACCA_REQUIRE_JUDGES").as_deref(),
                Ok("1"),
                "openssl is wanted"
            );
            println!("skipped: no openssl program here");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    fn put(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, octets).unwrap();
        path
    }

    fn pem(&self, pki: &Pki, id: &str) -> PathBuf {
        self.put(&format!("{id}.pem"), pki.entity(id).unwrap().certificate.pem())
    }

    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let out =
            Command::new("openssl").args(arguments).current_dir(self.0.path()).output().unwrap();
        let text = [out.stdout, out.stderr].concat();
        (out.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    #[track_caller]
    fn agrees(&self, arguments: &[&str]) -> String {
        let (ok, text) = self.run(arguments);
        assert!(ok, "openssl {}\n{text}", arguments.join(" "));
        text
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], why: &str) {
        let (ok, text) = self.run(arguments);
        assert!(!ok && text.contains(why), "openssl {} {ok}\n{text}", arguments.join(" "));
    }
}

fn s(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn paths_and_crls() {
    let Some(desk) = Desk::open() else { return };
    let pki = lab();
    let until = now() + TimeDelta::days(1);
    let [root, tsa_root, ca] = ["root", "tsa-root", "ca"].map(|id| desk.pem(&pki, id));
    let mut crls = String::new();
    for authority in ["root", "ca", "tsa-root"] {
        crls += &wrap::pem("X509 CRL", &pki.crl(authority, now(), until).unwrap());
    }
    let crls = desk.put("crls.pem", crls);
    for (authority, file) in [("root", &root), ("ca", &ca), ("tsa-root", &tsa_root)] {
        let crl = desk.put("one.crl", pki.crl(authority, now(), until).unwrap());
        let text =
            desk.agrees(&["crl", "-inform", "DER", "-in", s(&crl), "-CAfile", s(file), "-noout"]);
        assert!(text.contains("verify OK"), "{text}");
    }
    let check = |root: &Path, id: &str| {
        let certificate = desk.pem(&pki, id);
        let arguments: Vec<String> = [
            "verify",
            "-x509_strict",
            "-crl_check_all",
            "-CAfile",
            s(root),
            "-untrusted",
            s(&ca),
            "-CRLfile",
            s(&crls),
            s(&certificate),
        ]
        .map(str::to_owned)
        .to_vec();
        arguments
    };
    let run = |arguments: Vec<String>| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        desk.run(&arguments)
    };
    for id in ["presidente", "segretario", "senza-non-ripudio", "ocsp"] {
        let (ok, text) = run(check(&root, id));
        assert!(ok, "{id}: {text}");
    }
    for id in ["tsa", "tsa-b"] {
        let (ok, text) = run(check(&tsa_root, id));
        assert!(ok, "{id}: {text}");
    }
    for (id, why) in [
        ("scaduto", "certificate has expired"),
        ("non-ancora-valido", "certificate is not yet valid"),
        ("sospeso", "certificate revoked"),
        ("revocato", "certificate revoked"),
    ] {
        let (ok, text) = run(check(&root, id));
        assert!(!ok && text.contains(why), "{id}: {text}");
    }
    let crl = desk.put("ca.crl", pki.crl("ca", now(), until).unwrap());
    let text = desk.agrees(&["crl", "-inform", "DER", "-in", s(&crl), "-text", "-noout"]);
    assert!(text.contains("Certificate Hold") && text.contains("Key Compromise"), "{text}");
}

#[test]
fn the_qualified_profile_is_readable() {
    let Some(desk) = Desk::open() else { return };
    let pki = lab();
    let file = desk.pem(&pki, "presidente");
    let text =
        desk.agrees(&["x509", "-in", s(&file), "-noout", "-text", "-nameopt", "RFC2253,utf8"]);
    for wanted in [
        "serialNumber=TINIT-PRVDAA74S43X999",
        "SN=PROVADINI",
        "GN=ADA",
        "title=Presidente del Consiglio comunale",
        "TEST - NON VALIDO",
        "X509v3 Key Usage: critical\n                Non Repudiation\n",
        "Policy: 1.3.76.16.6",
        "qcStatements",
        "CA Issuers - URI:http://127.0.0.1:18318/ca/ca.cer",
        "OCSP - URI:http://127.0.0.1:18318/ocsp",
        "URI:http://127.0.0.1:18318/crl/ca.crl",
    ] {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
    let tsa = desk.pem(&pki, "tsa");
    let text = desk.agrees(&["x509", "-in", s(&tsa), "-noout", "-text"]);
    assert!(text.contains("X509v3 Extended Key Usage: critical\n                Time Stamping\n"));
    let text = desk.agrees(&["x509", "-in", s(&desk.pem(&pki, "ocsp")), "-noout", "-text"]);
    assert!(text.contains("OCSP No Check") && text.contains("OCSP Signing"));
}

#[test]
fn ocsp_answers() {
    let Some(desk) = Desk::open() else { return };
    let pki = lab();
    let [root, ca] = ["root", "ca"].map(|id| desk.pem(&pki, id));
    let ask = |id: &str, issuer: &Path, spec: &OcspSpec| {
        let certificate = desk.pem(&pki, id);
        let request = desk.0.path().join("request");
        desk.agrees(&[
            "ocsp",
            "-issuer",
            s(issuer),
            "-cert",
            s(&certificate),
            "-reqout",
            s(&request),
        ]);
        let answer = pki.ocsp_respond(&std::fs::read(&request).unwrap(), spec).unwrap();
        let answer = desk.put("answer", answer);
        desk.run(&[
            "ocsp",
            "-reqin",
            s(&request),
            "-respin",
            s(&answer),
            "-issuer",
            s(issuer),
            "-cert",
            s(&certificate),
            // Or it would put a nonce of its own into the request it reads.
            "-no_nonce",
            "-CAfile",
            s(&root),
            "-verify_other",
            s(&ca),
        ])
    };
    let good = OcspSpec::new(now(), now() + TimeDelta::days(1));
    for by_key in [true, false] {
        let spec = OcspSpec { by_key, ..good.clone() };
        let (ok, text) = ask("presidente", &ca, &spec);
        assert!(ok && text.contains("Response verify OK") && text.contains(": good"), "{text}");
    }
    // The root answers for itself.
    let (ok, text) = ask("ca", &root, &good);
    assert!(ok && text.contains("Response verify OK") && text.contains(": good"), "{text}");
    let (_, text) = ask("sospeso", &ca, &good);
    assert!(text.contains(": revoked") && text.contains("certificateHold"), "{text}");
    let (_, text) = ask("presidente", &ca, &good.clone().fault(OcspFault::UnknownStatus));
    assert!(text.contains(": unknown"), "{text}");
    for (fault, why) in [
        (OcspFault::BadSignature, "Response Verify Failure"),
        (OcspFault::WrongResponder, "Response Verify Failure"),
        (OcspFault::WrongSerial, "ERROR: No Status found"),
        (OcspFault::Stale, "Status times invalid"),
        (OcspFault::Future, "Status times invalid"),
        (OcspFault::TryLater, "trylater"),
        (OcspFault::Unauthorized, "unauthorized"),
        (OcspFault::Truncated, ""),
    ] {
        let (ok, text) = ask("presidente", &ca, &good.clone().fault(fault.clone()));
        let clean = ok
            && text.contains("Response verify OK")
            && !text.contains("WARNING")
            && !text.contains("No Status")
            && !text.contains("times invalid");
        assert!(!clean && text.contains(why), "{fault:?}: {text}");
    }
}

#[test]
fn openssl_as_a_client() {
    let Some(desk) = Desk::open() else { return };
    let lab = Lab::start(&Config::quick(now()), Arc::new(now)).unwrap();
    let pki = lab.pki();
    let [root, ca, signer] = ["root", "ca", "presidente"].map(|id| desk.pem(&pki, id));
    let url = pki.ocsp_url();
    let ask = || {
        let (ok, text) = desk.run(&[
            "ocsp",
            "-url",
            &url,
            "-issuer",
            s(&ca),
            "-cert",
            s(&signer),
            "-nonce",
            "-CAfile",
            s(&root),
            "-verify_other",
            s(&ca),
        ]);
        assert!(ok || text.contains("Nonce"), "{text}");
        text
    };
    let text = ask();
    assert!(text.contains("Response verify OK") && !text.contains("nonce"), "{text}");
    lab.set_ocsp_fault(OcspFault::WrongNonce);
    assert!(ask().contains("Nonce Verify error"));
    lab.set_ocsp_fault(OcspFault::NoNonce);
    assert!(ask().contains("no nonce in response"));
    lab.change(|pki| pki.suspend("presidente", now() - TimeDelta::hours(1))).unwrap();
    lab.set_ocsp_fault(OcspFault::None);
    assert!(ask().contains("Reason: certificateHold"));
}

#[test]
fn time_stamps() {
    let Some(desk) = Desk::open() else { return };
    let pki = lab();
    let data = desk.put("data", b"verbale");
    let root = desk.pem(&pki, "tsa-root");
    let query = desk.0.path().join("query");
    for hash in ["-sha256", "-sha512", "-sha3-256"] {
        desk.agrees(&["ts", "-query", "-data", s(&data), hash, "-cert", "-out", s(&query)]);
        let request = std::fs::read(&query).unwrap();
        for tsa in ["tsa", "tsa-b"] {
            let answer = pki.tsa_respond(tsa, &request, now(), &Fault::None).unwrap();
            let answer = desk.put("answer", answer);
            desk.agrees(&[
                "ts",
                "-verify",
                "-queryfile",
                s(&query),
                "-in",
                s(&answer),
                "-CAfile",
                s(&root),
            ]);
        }
    }
    let request = std::fs::read(&query).unwrap();
    for fault in Fault::IN_RESPONSE {
        // OpenSSL looks neither at the policy, the ESS attribute's absence, the time, nor
        // behind the answer; it demands the certificate and the purpose's criticality.
        let unseen = matches!(
            fault,
            Fault::WrongPolicy | Fault::FutureTime | Fault::PastTime | Fault::TrailingData
        );
        let answer = desk.put("answer", pki.tsa_respond("tsa", &request, now(), &fault).unwrap());
        let (ok, text) = desk.run(&[
            "ts",
            "-verify",
            "-queryfile",
            s(&query),
            "-in",
            s(&answer),
            "-CAfile",
            s(&root),
        ]);
        assert_eq!(ok, unseen, "{fault:?}: {text}");
    }
    desk.agrees(&["ts", "-query", "-data", s(&data), "-sha1", "-cert", "-out", s(&query)]);
    let answer = pki.tsa_respond("tsa", &std::fs::read(&query).unwrap(), now(), &Fault::None);
    let answer = desk.put("answer", answer.unwrap());
    let text = desk.agrees(&["ts", "-reply", "-in", s(&answer), "-text"]);
    assert!(text.contains("Rejected") && text.contains("algorithm"), "{text}");
}

#[test]
fn signatures_in_order_and_in_disorder() {
    let Some(desk) = Desk::open() else { return };
    let mut pki = lab();
    let root = desk.pem(&pki, "root");
    for kind in [
        KeyKind::Rsa(2048),
        KeyKind::RsaPss(2048),
        KeyKind::RsaPssOnly(2048),
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::BrainpoolP256,
        KeyKind::BrainpoolP384,
        KeyKind::BrainpoolP512,
    ] {
        let id = kind.to_string();
        pki.add_signer(&SignerSpec::new(&id, "CHIAVINI", "UGO", now()).key(kind)).unwrap();
        check(&desk, &root, &Odd::new(&pki, TEXT, &id), "");
    }
    let new = |signer: OddSigner| Odd { signers: vec![signer], ..Odd::new(&pki, TEXT, "x") };
    let base = || OddSigner::at("rsa-2048", now());
    for framing in [
        Framing::Definite,
        Framing::Indefinite,
        Framing::Chunked(7),
        Framing::DefiniteChunked(11),
        Framing::Nested { piece: 5, levels: 3 },
    ] {
        check(&desk, &root, &Odd { framing, ..new(base()) }, "");
        let several = Odd { framing, ..new(base()) };
        check(&desk, &root, &several.by(&["presidente", "segretario"], now()), "");
    }
    for signer in [
        OddSigner { rsa_naming: RsaNaming::KeyOnly, ..base() },
        OddSigner { signer_id: SignerId::KeyIdentifier, ..base() },
        OddSigner { order: AttributeOrder::UnsortedSignedAsSent, ..base() },
        OddSigner { signed_attributes: false, ..base() },
        OddSigner { ess: Ess::V1, ..base() },
        OddSigner { ess: Ess::Both, ..base() },
        OddSigner { ess: Ess::V2Explicit(Hash::Sha512), ..base() },
        OddSigner { ess: Ess::V2WithoutSerial, ..base() },
        OddSigner { hash: Some(Hash::Sha1), ..base() },
        OddSigner { hash: Some(Hash::Md5), ..base() },
        OddSigner { hash: Some(Hash::Sha3_256), ..base() },
        base().stamped("tsa", now()),
    ] {
        check(&desk, &root, &new(signer), "");
    }
    check(&desk, &root, &Odd { digest_algorithms: DigestAlgorithms::WithNull, ..new(base()) }, "");
    for (signer, why) in [
        (OddSigner { corrupt_signature: true, ..base() }, "erification failure"),
        (OddSigner { message_digest: Some(vec![7; 32]), ..base() }, "erification failure"),
        // OpenSSL 3 accepts one form only; RFC 8017 lets readers accept both.
        (OddSigner { digest_info: DigestInfo::WithoutNull, ..base() }, "erification failure"),
        (OddSigner { ess: Ess::WrongHash, ..base() }, "ess cert id not found"),
        (OddSigner { ess: Ess::OfOther("presidente".into()), ..base() }, "ess cert id not found"),
        (OddSigner { ess: Ess::Absent, ..base() }, "missing signing certificate attribute"),
        (
            OddSigner { order: AttributeOrder::UnsortedSignedSorted, ..base() },
            "erification failure",
        ),
    ] {
        check(&desk, &root, &new(signer), why);
    }
}

const TEXT: &[u8] = b"Verbale della seduta.\nTEST - NON VALIDO\n";

/// Asks `openssl cms -verify -cades`; with a `why`, it must refuse.
#[track_caller]
fn check(desk: &Desk, root: &Path, odd: &Odd<'_>, why: &str) {
    let file = desk.put("signed.p7m", odd.build().unwrap());
    let out = desk.0.path().join("out");
    let mut arguments = vec![
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        s(&file),
        "-CAfile",
        s(root),
        "-purpose",
        "any",
        "-out",
        s(&out),
    ];
    // Without an ESS version 2 attribute OpenSSL's CAdES mode has nothing to look at.
    if odd.signers.iter().all(|signer| signer.signed_attributes) {
        arguments.push("-cades");
    }
    if why.is_empty() {
        desk.agrees(&arguments);
        assert_eq!(std::fs::read(&out).unwrap(), odd.content, "content of {:?}", odd.framing);
    } else {
        desk.refuses(&arguments, why);
    }
}

/// The `cms` program of OpenSSL 3.0 knows no EdDSA: here only the mathematics is judged.
#[test]
fn edwards_keys() {
    let Some(desk) = Desk::open() else { return };
    for kind in [KeyKind::Ed25519, KeyKind::Ed448] {
        let config = Config { root_key: kind, ca_key: kind, ..Config::quick(now()) };
        let mut pki = Pki::create(&config).unwrap();
        pki.add_signer(&SignerSpec::new("ed", "CHIAVINI", "UGO", now()).key(kind)).unwrap();
        let [root, ca, signer] = ["root", "ca", "ed"].map(|id| desk.pem(&pki, id));
        desk.agrees(&["verify", "-CAfile", s(&root), "-untrusted", s(&ca), s(&signer)]);
        let odd = Odd::new(&pki, TEXT, "ed");
        let bare = OddSigner { signed_attributes: false, ..OddSigner::new("ed") };
        // Without signed attributes the signature is over the content itself.
        let info = odd.signer_info(&bare).unwrap();
        let length = if kind == KeyKind::Ed25519 { 64 } else { 114 };
        let value = desk.put("value", &info[info.len() - length..]);
        let content = desk.put("content", TEXT);
        desk.agrees(&[
            "pkeyutl",
            "-verify",
            "-rawin",
            "-certin",
            "-inkey",
            s(&signer),
            "-in",
            s(&content),
            "-sigfile",
            s(&value),
        ]);
        assert!(odd.build().is_ok());
    }
}

#[test]
fn the_exercise_of_the_default_lab() {
    let Some(desk) = Desk::open() else { return };
    let dir = desk.0.path().join("lab");
    disk::init(&dir, &Config::new(now(), [3; 32], 18318)).unwrap();
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let mut crls = String::new();
    for name in ["root", "ca"] {
        crls += &wrap::pem(
            "X509 CRL",
            &std::fs::read(file(&format!("revocation/{name}.crl"))).unwrap(),
        );
    }
    // `cms` takes CRLs from its trust file, and only there.
    let trust = desk.put("trust", crls + &std::fs::read_to_string(file("trust/root.pem")).unwrap());
    let verify = |name: &str| {
        let file = file(&format!("esercizio/{name}.txt.p7m"));
        desk.run(&[
            "cms",
            "-verify",
            "-binary",
            "-cades",
            "-inform",
            "DER",
            "-in",
            &file,
            "-CAfile",
            s(&trust),
            "-crl_check_all",
            "-purpose",
            "any",
        ])
    };
    let (ok, text) = verify("valido");
    assert!(ok && text.contains("voti favorevoli 12"), "{text}");
    for (name, why) in [
        ("alterato", "erification failure"),
        ("scaduto", "certificate has expired"),
        ("sospeso", "certificate revoked"),
    ] {
        let (ok, text) = verify(name);
        assert!(!ok && text.contains(why), "{name}: {text}");
    }
    for name in ["presidente", "segretario"] {
        let (p12, pin) =
            (file(&format!("signers/{name}.p12")), file(&format!("signers/{name}.pin")));
        desk.agrees(&["pkcs12", "-in", &p12, "-passin", &format!("file:{pin}"), "-noout"]);
        let answer = file(&format!("revocation/{name}.ocsp"));
        let text = desk.agrees(&[
            "ocsp",
            "-respin",
            &answer,
            "-issuer",
            &file("chain/ca.pem"),
            "-cert",
            &file(&format!("signers/{name}.cer.pem")),
            "-CAfile",
            &file("trust/root.pem"),
            "-verify_other",
            &file("chain/ca.pem"),
            "-no_nonce",
        ]);
        assert!(text.contains("Response verify OK"), "{text}");
    }
}

#[test]
fn detached_and_wrapped() {
    let Some(desk) = Desk::open() else { return };
    let pki = lab();
    let root = desk.pem(&pki, "root");
    let content = desk.put("content", TEXT);
    let p7s = cms::sign_detached(&pki, "segretario", TEXT, now()).unwrap();
    for (name, form, octets) in
        [("der.p7s", "DER", p7s.clone()), ("pem.p7s", "PEM", wrap::pem("CMS", &p7s).into_bytes())]
    {
        let file = desk.put(name, octets);
        desk.agrees(&[
            "cms",
            "-verify",
            "-binary",
            "-cades",
            "-inform",
            form,
            "-in",
            s(&file),
            "-content",
            s(&content),
            "-CAfile",
            s(&root),
            "-purpose",
            "any",
        ]);
    }
    let p7m = cms::sign(&pki, "segretario", TEXT, now()).unwrap();
    let file = desk.put("smime.p7m", wrap::smime(&p7m));
    desk.agrees(&[
        "cms",
        "-verify",
        "-inform",
        "SMIME",
        "-in",
        s(&file),
        "-CAfile",
        s(&root),
        "-purpose",
        "any",
    ]);
}

#[test]
fn pkcs12_files_and_keys() {
    let Some(desk) = Desk::open() else { return };
    let mut pki = lab();
    let rsa = SignerSpec::new("rsa", "CHIAVINI", "UGO", now()).key(KeyKind::Rsa(2048));
    pki.add_signer(&rsa).unwrap();
    for id in ["presidente", "rsa"] {
        let file = desk.put("key.p12", pki.pkcs12(id, "prova", Encryption::Modern).unwrap());
        let text = desk.agrees(&["pkcs12", "-in", s(&file), "-passin", "pass:prova", "-nodes"]);
        assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 2, "signer and authority");
        desk.refuses(&["pkcs12", "-in", s(&file), "-passin", "pass:x", "-nodes"], "verify error");
    }
    match pki.pkcs12("rsa", "prova", Encryption::Legacy) {
        Ok(file) => {
            let file = desk.put("old.p12", file);
            let passin = ["pkcs12", "-in", s(&file), "-passin", "pass:prova", "-nodes"];
            let text = desk.agrees(&[&passin[..], &["-legacy", "-info"]].concat());
            assert!(text.contains("pbeWithSHA1And40BitRC2-CBC"), "{text}");
        }
        Err(error) => println!("no legacy provider here: {error}"),
    }
}

#[test]
fn what_happens_later_shows_in_crls_of_its_time() {
    let Some(desk) = Desk::open() else { return };
    let mut pki = lab();
    let hour = TimeDelta::hours(1);
    pki.revoke("presidente", now() + hour, Reason::Superseded).unwrap();
    let serial: String = pki
        .entity("presidente")
        .unwrap()
        .certificate
        .serial
        .iter()
        .map(|o| format!("{o:02X}"))
        .collect();
    for (at, listed) in [(now(), false), (now() + hour * 2, true)] {
        let crl = desk.put("ca.crl", pki.crl("ca", at, at + hour).unwrap());
        let text = desk.agrees(&["crl", "-inform", "DER", "-in", s(&crl), "-text", "-noout"]);
        assert_eq!(text.contains(&serial), listed, "{text}");
    }
}

//! Every `signature-vectors` case of the shared corpus (Wycheproof): what is
//! valid verifies, what is invalid does not, what is acceptable verifies only
//! through a named tolerance.
//!
//! A file for a curve or a digest outside the supported lists must answer
//! "unsupported" to all of its vectors and accept none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use asn1::{Oid, der};
use ceralacca_crypto::{
    AlgorithmIdentifier, DigestAlgorithm, Error, KeyKind, PssParameters, PublicKey,
    SignatureAlgorithm, Signer, SoftKey,
};
use serde_json::Value;

fn corpus() -> Option<PathBuf> {
    let shared = env::var_os("CERALACCA_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let corpus = shared.join("corpus");
    corpus.join("cases.jsonl").is_file().then_some(corpus)
}

#[test]
fn every_vector_file_of_the_corpus() {
    let Some(corpus) = corpus() else {
        assert!(
            env::var_os("CERALACCA_REQUIRE_JUDGES").is_none_or(|value| value != "1"),
            "CERALACCA_REQUIRE_JUDGES=1 and no corpus"
        );
        println!("skipped: no corpus beside the repository (CERALACCA_SHARED)");
        return;
    };
    let cases = fs::read_to_string(corpus.join("cases.jsonl")).unwrap();
    let mut files = 0;
    let mut total = Tally::default();
    let mut failures = Vec::new();
    for line in cases.lines().filter(|line| line.contains("signature-vectors")) {
        let case: Value = serde_json::from_str(line).unwrap();
        if case["kind"] != "signature-vectors" {
            continue;
        }
        let name = case["files"]["file"].as_str().unwrap();
        let vectors: Value = serde_json::from_slice(&fs::read(corpus.join(name)).unwrap()).unwrap();
        let mut tally = Tally::default();
        for group in vectors["testGroups"].as_array().unwrap() {
            run_group(name, group, &mut tally, &mut failures);
        }
        // The manifest counts what the file holds: nothing was passed over.
        let seen = tally.valid + tally.acceptable + tally.invalid + tally.unsupported + tally.other;
        if failures.is_empty() {
            assert_eq!(Some(seen), case["expected"]["cases"].as_u64(), "{name}");
        }
        println!("{name}: {tally:?}");
        total.add(&tally);
        files += 1;
    }
    println!("{files} files: {total:?}");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(total.valid > 0 && total.invalid > 0, "{total:?}");
}

#[derive(Debug, Default)]
struct Tally {
    valid: u64,
    acceptable: u64,
    tolerated: u64,
    invalid: u64,
    unsupported: u64,
    /// Vectors of another primitive (RSAES decryption).
    other: u64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.valid += other.valid;
        self.acceptable += other.acceptable;
        self.tolerated += other.tolerated;
        self.invalid += other.invalid;
        self.unsupported += other.unsupported;
        self.other += other.other;
    }
}

fn run_group(file: &str, group: &Value, tally: &mut Tally, failures: &mut Vec<String>) {
    let kind = group["type"].as_str().unwrap();
    let tests = group["tests"].as_array().unwrap();
    if kind.starts_with("Rsaes") {
        // Known divergence: RSAES-PKCS1-v1_5 decrypts, and nothing here does.
        // What concerns signatures is the private key: it is read and signs.
        use_private_key(group);
        tally.other += tests.len() as u64;
        return;
    }
    if kind == "RsassaPkcs1Generate" {
        generate(file, group, tally);
        return;
    }
    let mut answers = BTreeMap::new();
    for test in tests {
        let id = test["tcId"].as_u64().unwrap();
        let (message, signature) = (hex(&test["msg"]), hex(&test["sig"]));
        let outcome = verifier(kind, group).and_then(|(key, algorithm)| {
            let outcome = key.verify(&algorithm, &message, &signature);
            // The road over a digest gives the same answer.
            if let Some(digest) = algorithm.digest() {
                let digest = ceralacca_crypto::digest(digest, &message);
                let other = key.verify_digest(&algorithm, &digest, &signature);
                assert_eq!(format!("{outcome:?}"), format!("{other:?}"), "{file} {id}");
            }
            outcome
        });
        let result = test["result"].as_str().unwrap();
        let right = match (&outcome, result) {
            (Ok(verified), "valid") => {
                tally.valid += 1;
                verified.tolerance.is_none()
            }
            (Ok(verified), "acceptable") => {
                tally.acceptable += 1;
                tally.tolerated += 1;
                verified.tolerance.is_some()
            }
            (Err(Error::SignatureInvalid), "acceptable") => {
                tally.acceptable += 1;
                true
            }
            (Err(Error::SignatureInvalid), "invalid") => {
                tally.invalid += 1;
                true
            }
            // A group is unsupported as a whole or not at all.
            (
                Err(
                    Error::UnsupportedAlgorithm { .. }
                    | Error::UnsupportedCurve { .. }
                    | Error::Unsupported { .. },
                ),
                _,
            ) => {
                tally.unsupported += 1;
                true
            }
            // A key that is malformed as such makes its vectors invalid.
            (Err(Error::Malformed { .. } | Error::Limit { .. }), "invalid" | "acceptable") => {
                tally.invalid += 1;
                true
            }
            _ => false,
        };
        let unsupported = matches!(
            outcome,
            Err(Error::UnsupportedAlgorithm { .. }
                | Error::UnsupportedCurve { .. }
                | Error::Unsupported { .. })
        );
        answers.insert(unsupported, id);
        if !right {
            failures.push(format!("{file} {id} ({}): {result}, {outcome:?}", test["comment"]));
        }
    }
    if answers.len() > 1 {
        failures.push(format!("{file}: one group half supported: {answers:?}"));
    }
}

/// The key of a group and the algorithm it names, through the identifiers a
/// file would carry.
fn verifier(kind: &str, group: &Value) -> Result<(PublicKey, SignatureAlgorithm), Error> {
    let key = || {
        let der = ["publicKeyDer", "keyDer"].iter().find_map(|name| group[*name].as_str());
        PublicKey::from_spki_der(&unhex(der.expect("a group without public key")))
    };
    let digest = || digest_named(group["sha"].as_str().unwrap());
    let algorithm = match kind {
        "EcdsaVerify" => SignatureAlgorithm::Ecdsa { digest: digest()? },
        "EcdsaP1363Verify" => SignatureAlgorithm::PlainEcdsa { digest: digest()? },
        "DsaVerify" => SignatureAlgorithm::Dsa { digest: digest()? },
        "EddsaVerify" if key()?.key_kind() == KeyKind::Ed448 => SignatureAlgorithm::Ed448,
        "EddsaVerify" => SignatureAlgorithm::Ed25519,
        "RsassaPkcs1Verify" => SignatureAlgorithm::RsaPkcs1 { digest: digest()? },
        "RsassaPssVerify" | "RsassaPssWithParametersVerify" => pss(group)?,
        // Encodings and rules no CMS signature has: DSA as r‖s, Bitcoin's low S.
        "DsaP1363Verify" | "EcdsaBitcoinVerify" => return Err(Error::Unsupported { what: "it" }),
        other if other.starts_with("Mldsa") || other.starts_with("MlDsa") => {
            return Err(Error::Unsupported { what: "ML-DSA" });
        }
        _ => panic!("unknown kind of vectors: {kind}"),
    };
    let read = SignatureAlgorithm::from_identifier(&algorithm.identifier(), algorithm.digest())?;
    assert!(read == algorithm || matches!(algorithm, SignatureAlgorithm::PlainEcdsa { .. }));
    Ok((key()?, algorithm))
}

fn digest_named(name: &str) -> Result<DigestAlgorithm, Error> {
    DigestAlgorithm::from_name(name)
        .ok_or(Error::UnsupportedAlgorithm { kind: "digest", oid: Oid::new("0.0") })
}

fn pss(group: &Value) -> Result<SignatureAlgorithm, Error> {
    let digest = digest_named(group["sha"].as_str().unwrap())?;
    let mgf_digest = match group["mgf"].as_str().unwrap() {
        "MGF1" => digest_named(group["mgfSha"].as_str().unwrap())?,
        other => digest_named(other)?,
    };
    let salt_len = u32::try_from(group["sLen"].as_u64().unwrap()).unwrap();
    let parameters = PssParameters { digest, mgf_digest, salt_len, trailer: 1 };
    // Through the DER, as from a file.
    Ok(SignatureAlgorithm::pss(PssParameters::from_der(&parameters.to_der())?))
}

/// RSA PKCS#1 v1.5 is deterministic: what we sign is the vector, to the octet.
/// What we do not sign with (SHA-1, short keys) is verified instead.
fn generate(file: &str, group: &Value, tally: &mut Tally) {
    let digest = digest_named(group["sha"].as_str().unwrap()).unwrap();
    let algorithm = SignatureAlgorithm::RsaPkcs1 { digest };
    let number = |name| der::unsigned_integer(&hex(&group["privateKey"][name]));
    let public = der::sequence(&[number("modulus"), number("publicExponent")]);
    let rsa = AlgorithmIdentifier::with_null(Oid::new("1.2.840.113549.1.1.1"));
    let public = der::sequence(&[rsa.to_der(), der::bit_string(&public)]);
    let public = PublicKey::from_spki_der(&public).unwrap();
    let key = SoftKey::from_pkcs8_der(&hex(&group["privateKeyPkcs8"]))
        .and_then(|key| key.with_algorithm(algorithm));
    for test in group["tests"].as_array().unwrap() {
        let (message, expected) = (hex(&test["msg"]), hex(&test["sig"]));
        let what = format!("{file} {}", test["tcId"]);
        public.verify(&algorithm, &message, &expected).expect(&what);
        match &key {
            Ok(key) => assert_eq!(key.sign(&message).unwrap(), expected, "{what}"),
            Err(error) => assert!(matches!(error, Error::TooWeakToSign { .. }), "{error:?}"),
        }
        tally.valid += 1;
    }
}

fn use_private_key(group: &Value) {
    let key = match SoftKey::from_pkcs8_der(&hex(&group["privateKeyPkcs8"])) {
        Err(Error::TooWeakToSign { .. }) => return,
        key => key.unwrap(),
    };
    let pem = group["privateKeyPem"].as_str().unwrap();
    let same = SoftKey::from_pem(pem.as_bytes(), None).unwrap();
    assert!(same.public_key().same_key(key.public_key()));
    let spki = key.public_key().spki().to_vec();
    let modulus = hex(&group["privateKey"]["modulus"]);
    assert!(spki.windows(modulus.len()).any(|window| window == modulus));
    let signature = key.sign(b"message").unwrap();
    let public = PublicKey::from_spki_der(&spki).unwrap();
    assert!(public.verify(&key.algorithm(), b"message", &signature).is_ok());
    assert!(public.verify(&key.algorithm(), b"massage", &signature).is_err());
}

/// The identifiers real files use lead to the same place.
#[test]
fn shake_pss_identifiers() {
    for (oid, digest) in [
        ("1.3.6.1.5.5.7.6.30", DigestAlgorithm::Shake128),
        ("1.3.6.1.5.5.7.6.31", DigestAlgorithm::Shake256),
    ] {
        let identifier = AlgorithmIdentifier::bare(Oid::parse(oid).unwrap());
        let read = SignatureAlgorithm::from_identifier(&identifier, None).unwrap();
        assert_eq!(read, SignatureAlgorithm::pss(PssParameters::of_digest(digest)));
        assert_eq!(read.identifier().to_der(), der::sequence(&[der::oid(&identifier.oid)]));
    }
}

fn hex(value: &Value) -> Vec<u8> {
    unhex(value.as_str().unwrap())
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

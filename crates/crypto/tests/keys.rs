//! Key files of every age (made by `data/make.py` with OpenSSL and by hand),
//! damaged ones, and signatures made with the keys and checked by OpenSSL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{fs, path::Path, time::Instant};

use asn1::{Tag, Value, der};
use ceralacca_crypto::{
    Curve, DigestAlgorithm, Error, KeyKind, NewKey, PssParameters, PublicKey, Secret,
    SignatureAlgorithm, Signer, SoftKey, pkcs12,
};

const PASSWORD: &str = "prova 123";

fn data(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn open(name: &str, password: impl Into<Secret>) -> Result<pkcs12::Pkcs12Contents, Error> {
    pkcs12::open(&data(name), &password.into())
}

/// All files hold the key of `plain.pem`.
fn expected() -> SoftKey {
    SoftKey::from_pem(&data("plain.pem"), None).unwrap()
}

fn check(name: &str, password: impl Into<Secret>) {
    let contents = open(name, password).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    assert!(contents.key.public_key().same_key(expected().public_key()), "{name}");
    assert_eq!(
        contents.key.algorithm(),
        SignatureAlgorithm::Ecdsa { digest: DigestAlgorithm::Sha256 }
    );
    let spki = contents.key.public_key().spki();
    assert!(contents.certificate.windows(spki.len()).any(|window| window == spki), "{name}");
    assert!(contents.chain.iter().all(|other| *other != contents.certificate));
    contents.key.sign(b"message").unwrap();
}

#[test]
fn pkcs12_of_every_age() {
    for name in [
        "modern.p12",
        "legacy-rc2-40.p12",
        "legacy-rc2-128.p12",
        "legacy-3des.p12",
        "legacy-2des.p12",
        "legacy-rc4-128.p12",
        "legacy-rc4-40.p12",
        "no-mac.p12",
        "plain-bags.p12",
        "sha512-mac.p12",
        "pbmac1.p12",
        "nested-bags.p12",
    ] {
        check(name, PASSWORD);
        for wrong in ["prova 124", "", "è"] {
            assert!(matches!(open(name, wrong), Err(Error::WrongPassword)), "{name} {wrong}");
        }
    }
    assert_eq!(open("modern.p12", PASSWORD).unwrap().chain.len(), 1);
}

/// Whatever the key file needed, the rest of the process sees no RC2.
#[test]
fn the_legacy_provider_stays_out_of_sight() {
    let threads: Vec<_> = (0..4)
        .map(|_| std::thread::spawn(|| (0..8).for_each(|_| check("legacy-rc2-40.p12", PASSWORD))))
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(openssl::cipher::Cipher::fetch(None, "RC2-40-CBC", None).is_err());
}

#[test]
fn passwords_with_accents_and_without_letters() {
    check("accents.p12", "perché€");
    check("accents-old-openssl.p12", "perché");
    check("accents-latin1.p12", "perché");
    check("accents-latin1.p12", "perché".chars().map(|c| c as u8).collect::<Vec<_>>());
    assert!(matches!(open("accents.p12", "perche€"), Err(Error::WrongPassword)));
    check("empty-password.p12", "");
    assert!(matches!(open("empty-password.p12", " "), Err(Error::WrongPassword)));
    // A NUL inside is a character like any other.
    assert!(matches!(open("modern.p12", "prova 123\0"), Err(Error::WrongPassword)));
}

#[test]
fn several_keys_none_or_another_ones() {
    let two = open("two-keys.p12", PASSWORD).unwrap();
    assert_eq!((two.other_keys, two.chain.len()), (1, 1));
    assert!(two.key.public_key().same_key(expected().public_key()));
    assert!(matches!(open("no-key.p12", PASSWORD), Err(Error::NoPrivateKey)));
    assert!(matches!(open("key-of-another.p12", PASSWORD), Err(Error::NoCertificate)));
    let other = open("two-keys.p12", PASSWORD).unwrap().key;
    let public = SoftKey::generate(NewKey::Ec(Curve::P256)).unwrap().public_key().clone();
    assert!(matches!(other.for_certified_key(public), Err(Error::KeyMismatch)));
}

#[test]
fn iteration_counts_are_added_up_before_they_are_spent() {
    for (name, found) in
        [("three-times-4-million.p12", 12_000_000), ("hidden-20-million.p12", 20_001_000)]
    {
        let start = Instant::now();
        match open(name, PASSWORD) {
            Err(Error::Limit { limit: 10_000_000, found: seen, .. }) => {
                // The hidden ones come after the honest part of the file.
                assert!(seen >= found, "{name}: {seen}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert!(start.elapsed().as_secs() < 3, "{name} cost {:?}", start.elapsed());
    }
    let secret = Secret::from(PASSWORD);
    let twelve = SoftKey::from_pem(&data("pkcs8-12-million.pem"), Some(&secret));
    assert!(matches!(twelve, Err(Error::Limit { found: 12_000_000, .. })));
    let armoured = pem("ENCRYPTED PRIVATE KEY", &data("pkcs8-greedy-scrypt.der"));
    assert!(matches!(SoftKey::from_pem(&armoured, Some(&secret)), Err(Error::Limit { .. })));
    assert!(matches!(open("nested-too-deep.p12", PASSWORD), Err(Error::Limit { .. })));
    let huge = vec![b' '; 17 << 20];
    assert!(matches!(SoftKey::from_pem(&huge, None), Err(Error::Limit { .. })));
    assert!(matches!(pkcs12::open(&huge, &secret), Err(Error::Limit { .. })));
}

#[test]
fn truncated_and_flipped_pkcs12() {
    let password = Secret::from(PASSWORD);
    let whole = data("plain-bags.p12");
    for end in 0..whole.len() {
        assert!(pkcs12::open(&whole[..end], &password).is_err(), "{end}");
    }
    // Nothing opens to something else under the MAC; nothing panics or hangs.
    for name in ["plain-bags.p12", "pbmac1.p12"] {
        let whole = data(name);
        let certificate = open(name, PASSWORD).unwrap().certificate;
        for bit in (0..whole.len() * 8).step_by(5) {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(contents) = pkcs12::open(&flipped, &password) {
                assert_eq!(contents.certificate, certificate, "{name} bit {bit}");
            }
        }
    }
    // A PDF, an empty file, a PEM.
    for other in [&b"%PDF-1.7"[..], b"", &data("plain.pem")] {
        let error = pkcs12::open(other, &password).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
        assert!(error.hint().is_some());
    }
}

/// Some writers use indefinite lengths outside (BER).
#[test]
fn ber_around_the_file() {
    let whole = data("modern.p12");
    let outer = Value::parse(&whole).unwrap();
    let mut fields = outer.children();
    let (version, info, mac) =
        (fields.any().unwrap(), fields.any().unwrap(), fields.any().unwrap());
    let mut inner = info.children();
    let kind = inner.any().unwrap();
    let safes = inner.any().unwrap().inner().unwrap();
    let (first, second) = safes.contents().split_at(100);
    let end = &[0, 0][..];
    let ber = [
        &[0x30, 0x80][..],
        version.raw(),
        &[0x30, 0x80],
        kind.raw(),
        &[0xa0, 0x80, 0x24, 0x80],
        &der::octet_string(first),
        &der::octet_string(second),
        end,
        end,
        end,
        mac.raw(),
        end,
    ]
    .concat();
    let contents = pkcs12::open(&ber, &Secret::from(PASSWORD)).unwrap();
    assert!(contents.key.public_key().same_key(expected().public_key()));
}

#[test]
fn pem_keys_of_every_age() {
    let secret = Secret::from(PASSWORD);
    let wrong = Secret::from("prova 124");
    for name in ["plain.pem", "sec1.pem"] {
        let key = SoftKey::from_pem(&data(name), Some(&secret)).unwrap();
        assert_eq!(key.public_key(), expected().public_key(), "{name}");
    }
    for name in [
        "dek-aes.pem",
        "dek-3des.pem",
        "pkcs8-pbes2.pem",
        "pkcs8-3des.pem",
        "pkcs8-scrypt.pem",
        "pkcs8-md5-des.pem",
        "pkcs8-sha1-rc2.pem",
    ] {
        let key = SoftKey::from_pem(&data(name), Some(&secret))
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(key.public_key(), expected().public_key(), "{name}");
        let failed = SoftKey::from_pem(&data(name), Some(&wrong));
        assert!(matches!(failed, Err(Error::WrongPassword)), "{name}: {failed:?}");
        let failed = SoftKey::from_pem(&data(name), None);
        assert!(matches!(failed, Err(Error::PasswordNeeded)), "{name}");
        let whole = data(name);
        for end in (0..whole.len() - 2).step_by(7) {
            assert!(SoftKey::from_pem(&whole[..end], Some(&secret)).is_err(), "{name} {end}");
        }
    }
    assert!(matches!(SoftKey::from_pem(b"", None), Err(Error::NoPrivateKey)));
    let crlf = String::from_utf8(data("plain.pem")).unwrap().replace('\n', "\r\n");
    assert!(SoftKey::from_pem(crlf.as_bytes(), None).is_ok());
}

#[test]
fn keys_go_out_and_come_back() {
    let secret = Secret::from("è una prova");
    for kind in [NewKey::Ec(Curve::BrainpoolP384r1), NewKey::Ed25519, NewKey::Ed448] {
        let key = SoftKey::generate(kind).unwrap();
        let open = key.to_pkcs8_pem(None).unwrap();
        assert_eq!(SoftKey::from_pem(&open, None).unwrap().public_key(), key.public_key());
        let closed = key.to_pkcs8_pem(Some(&secret)).unwrap();
        let again = SoftKey::from_pem(&closed, Some(&secret)).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        assert!(SoftKey::from_pem(&closed, Some(&Secret::from("e una prova"))).is_err());
    }
}

/// OneAsymmetricKey with the public key behind (RFC 5958 version 2).
#[test]
fn pkcs8_version_2() {
    let key = SoftKey::generate(NewKey::Ed25519).unwrap();
    let pem = key.to_pkcs8_pem(None).unwrap();
    let text = String::from_utf8(pem.to_vec()).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let one = openssl::base64::decode_block(&body).unwrap();
    let fields = Value::parse(&one).unwrap().children().collect_all().unwrap();
    let public = der::bit_string(key.public_key().subject_public_key());
    let public = der::retag(Tag::context(1), &public);
    let two = der::sequence(&[&der::integer(1)[..], fields[1].raw(), fields[2].raw(), &public[..]]);
    assert_eq!(SoftKey::from_pkcs8_der(&two).unwrap().public_key(), key.public_key());
}

/// What is broken is read, never signed with.
#[test]
fn too_weak_to_sign() {
    let weak = |result: Result<SoftKey, Error>| {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::TooWeakToSign { .. }), "{error:?}");
        assert!(error.hint().is_some());
    };
    weak(SoftKey::from_pem(&data("rsa-1024.pem"), None));
    weak(SoftKey::from_pem(&data("dsa.pem"), None));
    weak(SoftKey::generate(NewKey::Rsa(1024)));
    weak(SoftKey::generate(NewKey::Ec(Curve::P224)));
    let rsa = || SoftKey::from_pem(&data("rsa-2048.pem"), None).unwrap();
    for digest in [DigestAlgorithm::Md5, DigestAlgorithm::Sha1, DigestAlgorithm::Ripemd160] {
        weak(rsa().with_algorithm(SignatureAlgorithm::RsaPkcs1 { digest }));
        weak(rsa().with_algorithm(SignatureAlgorithm::pss(PssParameters::of_digest(digest))));
        let mixed = PssParameters {
            mgf_digest: digest,
            ..PssParameters::of_digest(DigestAlgorithm::Sha256)
        };
        weak(rsa().with_algorithm(SignatureAlgorithm::pss(mixed)));
        weak(expected().with_algorithm(SignatureAlgorithm::Ecdsa { digest }));
    }
    let ecdsa = SignatureAlgorithm::Ecdsa { digest: DigestAlgorithm::Sha256 };
    assert!(matches!(rsa().with_algorithm(ecdsa), Err(Error::AlgorithmMismatch { .. })));
    let sha512 = PssParameters::of_digest(DigestAlgorithm::Sha512);
    let long = PssParameters { salt_len: 191, ..sha512 };
    assert!(rsa().with_algorithm(SignatureAlgorithm::pss(long)).is_err());
    let longest = PssParameters { salt_len: 190, ..sha512 };
    let key = rsa().with_algorithm(SignatureAlgorithm::pss(longest)).unwrap();
    assert!(key.sign(b"message").is_ok());
}

#[test]
fn a_pss_key_keeps_to_its_own_parameters() {
    let key = SoftKey::from_pem(&data("rsa-pss.pem"), None).unwrap();
    assert_eq!(key.public_key().key_kind(), KeyKind::RsaPss);
    let sha384 =
        PssParameters { salt_len: 48, ..PssParameters::of_digest(DigestAlgorithm::Sha384) };
    assert_eq!(key.algorithm(), SignatureAlgorithm::pss(sha384));
    let signature = key.sign(b"message").unwrap();
    openssl_agrees(&key, b"message", &signature);
    let public = key.public_key().clone();
    let other = SignatureAlgorithm::pss(PssParameters::of_digest(DigestAlgorithm::Sha256));
    assert!(matches!(public.fits(&other), Err(Error::KeyConstraint { .. })));
    let short = SignatureAlgorithm::pss(PssParameters { salt_len: 19, ..sha384 });
    assert!(matches!(public.fits(&short), Err(Error::KeyConstraint { .. })));
    let pkcs1 = SignatureAlgorithm::RsaPkcs1 { digest: DigestAlgorithm::Sha384 };
    assert!(matches!(public.fits(&pkcs1), Err(Error::AlgorithmMismatch { .. })));
}

/// OpenSSL, asked on its own road, accepts what was signed.
fn openssl_agrees(key: &SoftKey, message: &[u8], signature: &[u8]) {
    use openssl::{hash::MessageDigest, pkey::PKey, rsa::Padding, sign::Verifier};
    let public = PKey::public_key_from_der(key.public_key().spki()).unwrap();
    let Some(digest) = key.algorithm().digest() else {
        let mut verifier = Verifier::new_without_digest(&public).unwrap();
        assert!(verifier.verify_oneshot(signature, message).unwrap());
        return;
    };
    let md = MessageDigest::from_name(&digest.code().to_uppercase()).unwrap();
    let mut verifier = Verifier::new(md, &public).unwrap();
    if let Some(parameters) = key.algorithm().pss_parameters() {
        verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        let salt = i32::try_from(parameters.salt_len).unwrap();
        verifier.set_rsa_pss_saltlen(openssl::sign::RsaPssSaltlen::custom(salt)).unwrap();
    }
    assert!(verifier.verify_oneshot(signature, message).unwrap(), "{key:?}");
}

#[test]
fn every_kind_of_key_signs_and_others_agree() {
    let rsa = || SoftKey::from_pem(&data("rsa-2048.pem"), None).unwrap();
    let mut keys = vec![
        rsa(),
        SoftKey::generate(NewKey::Ed25519).unwrap(),
        SoftKey::generate(NewKey::Ed448).unwrap(),
    ];
    for digest in [
        DigestAlgorithm::Sha384,
        DigestAlgorithm::Sha512,
        DigestAlgorithm::Sha512_256,
        DigestAlgorithm::Sha3_256,
        DigestAlgorithm::Sha3_512,
    ] {
        keys.push(rsa().with_algorithm(SignatureAlgorithm::RsaPkcs1 { digest }).unwrap());
        let pss = SignatureAlgorithm::pss(PssParameters::of_digest(digest));
        keys.push(rsa().with_algorithm(pss).unwrap());
        keys.push(expected().with_algorithm(SignatureAlgorithm::Ecdsa { digest }).unwrap());
    }
    for curve in Curve::all().filter(|curve| curve.bits() >= 256) {
        let key = SoftKey::generate(NewKey::Ec(curve)).unwrap();
        assert_eq!(key.public_key().bits(), curve.bits());
        keys.push(key);
    }
    for key in keys {
        let mut longest = 0;
        for round in 0..8u8 {
            let message = [round; 300];
            let signature = key.sign(&message).unwrap();
            openssl_agrees(&key, &message, &signature);
            longest = longest.max(signature.len());
            assert!(signature.len() <= key.max_signature_len(), "{key:?}");
            // A stranger's reading: identifiers only.
            let public = PublicKey::from_spki_der(key.public_key().spki()).unwrap();
            let identifier = key.algorithm().identifier();
            let algorithm =
                SignatureAlgorithm::from_identifier(&identifier, Some(key.digest())).unwrap();
            assert!(public.verify(&algorithm, &message, &signature).is_ok());
            let other = public.verify(&algorithm, &message[1..], &signature);
            assert!(matches!(other, Err(Error::SignatureInvalid)), "{key:?} {other:?}");
            for bit in [0, 77, signature.len() * 8 - 1] {
                let mut flipped = signature.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(public.verify(&algorithm, &message, &flipped).is_err(), "{key:?}");
            }
            assert!(public.verify(&algorithm, &message, &signature[1..]).is_err());
            assert!(public.verify(&algorithm, &message, &[&signature[..], &[0]].concat()).is_err());
            assert!(public.verify(&algorithm, &message, b"").is_err());
        }
        assert!(longest + 4 >= key.max_signature_len(), "{key:?}: {longest}");
    }
}

#[test]
fn plain_ecdsa_is_the_same_numbers() {
    for curve in [Curve::P256, Curve::P521, Curve::BrainpoolP320r1] {
        let digest = DigestAlgorithm::Sha256;
        let plain = SignatureAlgorithm::PlainEcdsa { digest };
        let key = SoftKey::generate(NewKey::Ec(curve)).unwrap().with_algorithm(plain).unwrap();
        let value = key.sign(b"message").unwrap();
        assert_eq!(value.len(), key.max_signature_len());
        let (r, s) = value.split_at(value.len() / 2);
        let encoded = der::sequence(&[der::unsigned_integer(r), der::unsigned_integer(s)]);
        let public = key.public_key();
        let ecdsa = SignatureAlgorithm::Ecdsa { digest };
        assert!(public.verify(&ecdsa, b"message", &encoded).is_ok());
        for wrong in [&encoded[..], &value[1..], &[&[0], r, &[0], s].concat()] {
            let other = public.verify(&plain, b"message", wrong);
            assert!(matches!(other, Err(Error::SignatureInvalid)));
        }
    }
}

/// Verification only, with keys OpenSSL makes.
#[test]
fn dsa_is_verified() {
    use openssl::{dsa::Dsa, hash::MessageDigest, pkey::PKey, sign::Signer};
    let private = PKey::from_dsa(Dsa::generate(1024).unwrap()).unwrap();
    let spki = private.public_key_to_der().unwrap();
    let key = PublicKey::from_spki_der(&spki).unwrap();
    assert_eq!((key.key_kind(), key.bits()), (KeyKind::Dsa, 1024));
    for (digest, md) in [
        (DigestAlgorithm::Sha1, MessageDigest::sha1()),
        (DigestAlgorithm::Sha256, MessageDigest::sha256()),
        (DigestAlgorithm::Sha512, MessageDigest::sha512()),
    ] {
        let algorithm = SignatureAlgorithm::Dsa { digest };
        for round in 0..20u8 {
            let mut signer = Signer::new(md, &private).unwrap();
            let signature = signer.sign_oneshot_to_vec(&[round]).unwrap();
            assert!(key.verify(&algorithm, &[round], &signature).is_ok());
            let other = key.verify(&algorithm, &[round + 1], &signature);
            assert!(matches!(other, Err(Error::SignatureInvalid)));
            for bit in 0..signature.len() * 8 {
                let mut flipped = signature.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(key.verify(&algorithm, &[round], &flipped).is_err(), "bit {bit}");
            }
        }
    }
    // Parameters left out are the issuer's, or missing.
    let bits = der::bit_string(key.subject_public_key());
    for algorithm in [
        der::sequence(&[der::oid(&asn1::Oid::new("1.2.840.10040.4.1"))]),
        der::sequence(&[der::oid(&asn1::Oid::new("1.2.840.10040.4.1")), der::null()]),
    ] {
        let bare = der::sequence(&[&algorithm, &bits]);
        assert!(matches!(PublicKey::from_spki_der(&bare), Err(Error::Unsupported { .. })));
        let strange = PublicKey::from_spki_der_issued_by(&bare, expected().public_key());
        assert!(matches!(strange, Err(Error::Unsupported { .. })));
        assert!(PublicKey::from_spki_der_issued_by(&bare, &key).unwrap().same_key(&key));
    }
    // y = 1 would verify r = g^k for everything.
    let outer = Value::parse(&spki).unwrap();
    let algorithm = outer.children().any().unwrap();
    for y in [0, 1] {
        let forged = der::sequence(&[algorithm.raw(), &der::bit_string(&der::integer(y))]);
        assert!(PublicKey::from_spki_der(&forged).is_err(), "y = {y}");
    }
}

#[test]
fn rsa_keys_out_of_bounds() {
    let spki = |n: &[u8], e: &[u8]| {
        let key = der::sequence(&[der::unsigned_integer(n), der::unsigned_integer(e)]);
        let algorithm =
            der::sequence(&[der::oid(&asn1::Oid::new("1.2.840.113549.1.1.1")), der::null()]);
        PublicKey::from_spki_der(&der::sequence(&[algorithm, der::bit_string(&key)]))
    };
    let three = [1, 0, 1];
    assert!(spki(&[0xff; 256], &three).is_ok());
    assert_eq!(spki(&[0xff; 2048], &three).unwrap().bits(), 16_384);
    assert!(matches!(spki(&[0xff; 2049], &three), Err(Error::Limit { limit: 16_384, .. })));
    assert!(spki(&[0xff; 63], &three).is_err());
    assert!(spki(&[0xfe; 256], &three).is_err(), "even modulus");
    for exponent in [&[1][..], &[2], &[0]] {
        assert!(spki(&[0xff; 256], exponent).is_err(), "exponent {exponent:?}");
    }
    assert!(spki(&[0xff; 256], &[0xff; 32]).is_ok());
    assert!(matches!(spki(&[0xff; 256], &[0xff; 33]), Err(Error::Limit { limit: 256, .. })));
    assert!(matches!(spki(&[0xff; 400], &[0xff; 9]), Err(Error::Limit { limit: 64, .. })));
}

/// The costliest RSA key that is accepted is verified with in little time.
#[test]
fn the_largest_rsa_key_costs_little() {
    let key =
        der::sequence(&[der::unsigned_integer(&[0xff; 2048]), der::unsigned_integer(&[0xff; 8])]);
    let algorithm =
        der::sequence(&[der::oid(&asn1::Oid::new("1.2.840.113549.1.1.1")), der::null()]);
    let spki = der::sequence(&[algorithm, der::bit_string(&key)]);
    let key = PublicKey::from_spki_der(&spki).unwrap();
    let start = Instant::now();
    let algorithm = SignatureAlgorithm::RsaPkcs1 { digest: DigestAlgorithm::Sha256 };
    let outcome = key.verify(&algorithm, b"", &[0x7f; 2048]);
    assert!(matches!(outcome, Err(Error::SignatureInvalid)));
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
}

#[test]
fn public_keys_damaged_or_strange() {
    for key in [
        SoftKey::from_pem(&data("rsa-2048.pem"), None).unwrap(),
        expected(),
        SoftKey::generate(NewKey::Ed25519).unwrap(),
    ] {
        let spki = key.public_key().spki().to_vec();
        for end in 0..spki.len() {
            assert!(PublicKey::from_spki_der(&spki[..end]).is_err());
        }
        let signature = key.sign(b"message").unwrap();
        for bit in 0..spki.len() * 8 {
            let mut flipped = spki.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(other) = PublicKey::from_spki_der(&flipped) {
                assert!(other.verify(&key.algorithm(), b"message", &signature).is_err(), "{bit}");
                assert!(!other.same_key(key.public_key()), "{bit}");
            }
        }
    }
    // Points: compressed is the same key; hybrid and infinity are none.
    let key = expected();
    let point = key.public_key().subject_public_key();
    let algorithm = Value::parse(key.public_key().spki()).unwrap().children().any().unwrap();
    let with = |octets: &[u8]| {
        PublicKey::from_spki_der(&der::sequence(&[algorithm.raw(), &der::bit_string(octets)]))
    };
    let parity = point[64] & 1;
    let compressed = with(&[&[2 + parity], &point[1..33]].concat()).unwrap();
    assert!(compressed.same_key(key.public_key()));
    assert_ne!(&compressed, key.public_key());
    assert!(with(&[&[6 + parity], &point[1..]].concat()).is_err());
    assert!(with(&[0]).is_err());
    assert!(with(&[&point[..64], &[point[64] ^ 1]].concat()).is_err());
    // Explicit curve parameters (CVE-2020-0601).
    let explicit = der::sequence(&[
        der::sequence(&[
            der::oid(&asn1::Oid::new("1.2.840.10045.2.1")),
            der::sequence(&[der::integer(1)]),
        ]),
        der::bit_string(point),
    ]);
    assert!(matches!(PublicKey::from_spki_der(&explicit), Err(Error::Unsupported { .. })));
}

#[test]
fn digests_of_the_wrong_length_and_for_eddsa() {
    let key = expected();
    let short = key.public_key().verify_digest(&key.algorithm(), &[0; 20], b"");
    assert!(matches!(short, Err(Error::DigestLength { expected: 32, found: 20 })));
    let ed = SoftKey::generate(NewKey::Ed25519).unwrap();
    assert_eq!(ed.digest(), DigestAlgorithm::Sha512);
    let outcome = ed.public_key().verify_digest(&ed.algorithm(), &[0; 64], &[0; 64]);
    assert!(matches!(outcome, Err(Error::NeedsMessage { .. })));
    assert_eq!(SoftKey::generate(NewKey::Ed448).unwrap().digest(), DigestAlgorithm::Shake256);
}

/// Secrets stay out of what is printed.
#[test]
fn debug_shows_no_secret() {
    let contents = open("modern.p12", PASSWORD).unwrap();
    let shown = format!("{:?} {:?}", contents.key, Secret::from(PASSWORD));
    assert!(!shown.contains("prova"));
    assert!(shown.contains("P-256"));
}

fn pem(label: &str, octets: &[u8]) -> Vec<u8> {
    let body = openssl::base64::encode_block(octets);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes()
}

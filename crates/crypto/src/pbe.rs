//! Password-based decryption of keys (RFC 8018, RFC 7292 §B and §C, RFC 7914).
//!
//! Every iteration count is read and added up before the first derivation, and
//! refused beyond [`limits::MAX_KDF_ITERATIONS`]. OpenSSL's own PKCS#12 and
//! PKCS#8 readers are not used for that reason: they begin deriving before all
//! counts are known, since some stand inside what is encrypted.

use std::sync::{Mutex, PoisonError};

use asn1::{Oid, Tag, Value};
use openssl::{
    cipher::{Cipher, CipherRef},
    cipher_ctx::CipherCtx,
    error::ErrorStack,
    hash::MessageDigest,
    lib_ctx::LibCtx,
    md_ctx::MdCtx,
    provider::Provider,
};
use zeroize::Zeroizing;

use crate::{
    AlgorithmIdentifier, DigestAlgorithm, Error, Result, Secret, digest::digest, error::Context,
    limits,
};

/// Octets that are wiped when dropped.
pub(crate) type Wiped = Zeroizing<Vec<u8>>;

/// Iterations one file may still ask for.
pub(crate) struct Budget {
    spent: u64,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { spent: 0 }
    }

    /// Counts iterations announced by the file.
    pub(crate) fn spend(&mut self, iterations: u64) -> Result<()> {
        let limit = limits::MAX_KDF_ITERATIONS;
        self.spent = self.spent.saturating_add(iterations);
        if self.spent > limit {
            let what = "key derivation iterations asked for by the file";
            return Err(Error::Limit { what, limit, found: self.spent });
        }
        Ok(())
    }
}

/// One way to turn what was typed into octets.
pub(crate) struct Encoding {
    /// As BMPString with two zero octets behind, for PKCS#12 (RFC 7292 §B.1).
    pub(crate) bmp: Wiped,
    /// As it stands, for PKCS#5.
    pub(crate) raw: Wiped,
}

/// The encodings a password may have had when the file was made, likeliest
/// first. Plain ASCII has one.
pub(crate) fn encodings(secret: &Secret) -> Vec<Encoding> {
    let octets = secret.expose();
    let latin1 = || -> Zeroizing<String> {
        Zeroizing::new(octets.iter().map(|octet| char::from(*octet)).collect())
    };
    let wiped = |octets: &[u8]| Zeroizing::new(octets.to_vec());
    if octets.is_empty() {
        // "No password" is the empty BMPString for some, nothing for others.
        return vec![
            Encoding { bmp: wiped(&[0, 0]), raw: wiped(b"") },
            Encoding { bmp: wiped(b""), raw: wiped(b"") },
        ];
    }
    let (text, utf8) = match std::str::from_utf8(octets) {
        Ok(text) => (Zeroizing::new(text.to_owned()), true),
        Err(_) => (latin1(), false),
    };
    let mut found = vec![Encoding { bmp: bmp(&text), raw: wiped(octets) }];
    if text.is_ascii() {
        return found;
    }
    if utf8 {
        // Before 1.1.0 OpenSSL took each UTF-8 octet for a Latin-1 character.
        found.push(Encoding { bmp: bmp(&latin1()), raw: wiped(octets) });
        // A Latin-1 desktop handed PKCS#5 its own octets.
        let narrow: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        if let Some(narrow) = narrow {
            found.push(Encoding { bmp: bmp(&text), raw: Zeroizing::new(narrow) });
        }
    } else {
        found.push(Encoding { bmp: bmp(&text), raw: wiped(text.as_bytes()) });
    }
    found
}

fn bmp(text: &str) -> Wiped {
    let mut octets = Zeroizing::new(Vec::with_capacity(4 * text.len() + 2));
    for unit in text.encode_utf16() {
        octets.extend(unit.to_be_bytes());
    }
    octets.extend([0, 0]);
    octets
}

/// A cipher of PKCS#5 or PKCS#12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CipherKind {
    /// OpenSSL's name.
    name: &'static str,
    key: usize,
    iv: usize,
    block: usize,
}

const fn cipher(name: &'static str, key: usize, iv: usize, block: usize) -> CipherKind {
    CipherKind { name, key, iv, block }
}
const AES_128: CipherKind = cipher("AES-128-CBC", 16, 16, 16);
const AES_192: CipherKind = cipher("AES-192-CBC", 24, 16, 16);
const AES_256: CipherKind = cipher("AES-256-CBC", 32, 16, 16);
const TRIPLE_DES: CipherKind = cipher("DES-EDE3-CBC", 24, 8, 8);
const DES: CipherKind = cipher("DES-CBC", 8, 8, 8);
const RC2_128: CipherKind = cipher("RC2-CBC", 16, 8, 8);
const RC2_64: CipherKind = cipher("RC2-64-CBC", 8, 8, 8);
const RC2_40: CipherKind = cipher("RC2-40-CBC", 5, 8, 8);
const RC4_128: CipherKind = cipher("RC4", 16, 0, 1);
const RC4_40: CipherKind = cipher("RC4-40", 5, 0, 1);

enum Kdf {
    /// RFC 7292 §B.2: gives the IV as well. `short` is the key length before
    /// two-key triple DES repeats its first part.
    Pkcs12 {
        short: usize,
    },
    /// RFC 8018 §5.1: gives the IV as well.
    Pbkdf1 {
        digest: DigestAlgorithm,
    },
    Pbkdf2 {
        prf: DigestAlgorithm,
        iv: Vec<u8>,
    },
    Scrypt {
        n: u64,
        r: u64,
        p: u64,
        iv: Vec<u8>,
    },
}

/// How something is encrypted with a password.
pub(crate) struct Scheme {
    kdf: Kdf,
    salt: Vec<u8>,
    iterations: u64,
    cipher: CipherKind,
}

const PBES2: Oid = Oid::new("1.2.840.113549.1.5.13");
const PBKDF2: Oid = Oid::new("1.2.840.113549.1.5.12");
const SCRYPT: Oid = Oid::new("1.3.6.1.4.1.11591.4.11");
pub(crate) const PBMAC1: Oid = Oid::new("1.2.840.113549.1.5.14");

/// RFC 7292 §C: cipher, octets of derived key.
const PKCS12_PBE: [(Oid, CipherKind, usize); 6] = [
    (Oid::new("1.2.840.113549.1.12.1.1"), RC4_128, 16),
    (Oid::new("1.2.840.113549.1.12.1.2"), RC4_40, 5),
    (Oid::new("1.2.840.113549.1.12.1.3"), TRIPLE_DES, 24),
    (Oid::new("1.2.840.113549.1.12.1.4"), TRIPLE_DES, 16),
    (Oid::new("1.2.840.113549.1.12.1.5"), RC2_128, 16),
    (Oid::new("1.2.840.113549.1.12.1.6"), RC2_40, 5),
];

/// RFC 8018 §A.3.
const PBES1: [(Oid, DigestAlgorithm, CipherKind); 4] = [
    (Oid::new("1.2.840.113549.1.5.3"), DigestAlgorithm::Md5, DES),
    (Oid::new("1.2.840.113549.1.5.6"), DigestAlgorithm::Md5, RC2_64),
    (Oid::new("1.2.840.113549.1.5.10"), DigestAlgorithm::Sha1, DES),
    (Oid::new("1.2.840.113549.1.5.11"), DigestAlgorithm::Sha1, RC2_64),
];

/// RFC 8018 §B.1.2.
const HMAC: [(Oid, DigestAlgorithm); 7] = [
    (Oid::new("1.2.840.113549.2.7"), DigestAlgorithm::Sha1),
    (Oid::new("1.2.840.113549.2.8"), DigestAlgorithm::Sha224),
    (Oid::new("1.2.840.113549.2.9"), DigestAlgorithm::Sha256),
    (Oid::new("1.2.840.113549.2.10"), DigestAlgorithm::Sha384),
    (Oid::new("1.2.840.113549.2.11"), DigestAlgorithm::Sha512),
    (Oid::new("1.2.840.113549.2.12"), DigestAlgorithm::Sha512_224),
    (Oid::new("1.2.840.113549.2.13"), DigestAlgorithm::Sha512_256),
];

const WHAT: &str = "password-based encryption parameters";

fn unsupported(oid: Oid) -> Error {
    Error::UnsupportedAlgorithm { kind: "password-based encryption", oid }
}

/// The digest of an HMAC identifier.
pub(crate) fn hmac_digest(identifier: &AlgorithmIdentifier) -> Result<DigestAlgorithm> {
    let found = HMAC.iter().find(|row| row.0 == identifier.oid).map(|row| row.1);
    found.filter(|digest| digest.is_available()).ok_or(unsupported(identifier.oid))
}

impl Scheme {
    /// Reads an encryption algorithm and charges its iterations.
    pub(crate) fn read(identifier: &AlgorithmIdentifier, budget: &mut Budget) -> Result<Self> {
        let oid = identifier.oid;
        if oid == PBES2 {
            return Self::read_pbes2(identifier, budget);
        }
        let (kdf, cipher) =
            if let Some((_, cipher, short)) = PKCS12_PBE.iter().find(|row| row.0 == oid) {
                (Kdf::Pkcs12 { short: *short }, *cipher)
            } else if let Some((_, digest, cipher)) = PBES1.iter().find(|row| row.0 == oid) {
                (Kdf::Pbkdf1 { digest: *digest }, *cipher)
            } else {
                return Err(unsupported(oid));
            };
        let mut fields = parameters(identifier)?.children();
        let salt = fields.expect(Tag::OCTET_STRING).context(WHAT)?.contents().to_vec();
        let iterations = count(&fields.any().context(WHAT)?, budget)?;
        fields.finish().context(WHAT)?;
        Ok(Self { kdf, salt, iterations, cipher })
    }

    fn read_pbes2(identifier: &AlgorithmIdentifier, budget: &mut Budget) -> Result<Self> {
        let mut fields = parameters(identifier)?.children();
        let kdf = AlgorithmIdentifier::parse(&fields.any().context(WHAT)?)?;
        let encryption = AlgorithmIdentifier::parse(&fields.any().context(WHAT)?)?;
        fields.finish().context(WHAT)?;
        let (cipher, iv) = cipher_and_iv(&encryption)?;
        if kdf.oid == SCRYPT {
            return Self::read_scrypt(&kdf, cipher, iv, budget);
        }
        let derivation = Pbkdf2::read(&kdf, budget)?;
        if derivation.key_len.is_some_and(|length| length != cipher.key as u64) {
            return Err(Error::malformed(WHAT));
        }
        let Pbkdf2 { salt, iterations, prf, .. } = derivation;
        Ok(Self { kdf: Kdf::Pbkdf2 { prf, iv }, salt, iterations, cipher })
    }

    /// scrypt-params (RFC 7914 §7.1). One of its N·r·p steps costs about what
    /// one iteration of PBKDF2 does, and is charged as one.
    fn read_scrypt(
        kdf: &AlgorithmIdentifier,
        cipher: CipherKind,
        iv: Vec<u8>,
        budget: &mut Budget,
    ) -> Result<Self> {
        let mut fields = parameters(kdf)?.children();
        let salt = fields.expect(Tag::OCTET_STRING).context(WHAT)?.contents().to_vec();
        let mut number = || fields.any().and_then(|value| value.u64()).context(WHAT);
        let (n, r, p) = (number()?, number()?, number()?);
        let memory = n.saturating_mul(r).saturating_mul(128);
        for (what, limit, found) in [
            ("octets of scrypt memory", limits::MAX_SCRYPT_MEMORY, memory),
            ("parallel scrypt lanes", limits::MAX_SCRYPT_PARALLEL, p),
        ] {
            if found > limit {
                return Err(Error::Limit { what, limit, found });
            }
        }
        budget.spend(n.saturating_mul(r).saturating_mul(p))?;
        if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
            return Err(Error::malformed(WHAT));
        }
        Ok(Self { kdf: Kdf::Scrypt { n, r, p, iv }, salt, iterations: 1, cipher })
    }

    /// Decrypts with one encoding of the password. `None`: the padding is
    /// wrong, hence the password.
    pub(crate) fn decrypt(&self, password: &Encoding, octets: &[u8]) -> Result<Option<Wiped>> {
        let (key, iv) = self.derive(password)?;
        decrypt(self.cipher, &key, &iv, octets)
    }

    fn derive(&self, password: &Encoding) -> Result<(Wiped, Wiped)> {
        let CipherKind { key: key_len, iv: iv_len, .. } = self.cipher;
        let mut key = Zeroizing::new(vec![0; key_len]);
        let doing = "key derivation";
        let iv = match &self.kdf {
            Kdf::Pkcs12 { short } => {
                let part = |id, length| {
                    let sha1 = DigestAlgorithm::Sha1;
                    pkcs12_kdf(sha1, id, &password.bmp, &self.salt, self.iterations, length)
                };
                let derived = part(1, *short)?;
                // Two-key triple DES: K1 K2 K1.
                for (to, from) in key.iter_mut().zip(derived.iter().cycle()) {
                    *to = *from;
                }
                part(2, iv_len)?
            }
            Kdf::Pbkdf1 { digest: algorithm } => {
                let start = Zeroizing::new([&password.raw[..], &self.salt].concat());
                let mut derived = Zeroizing::new(digest(*algorithm, &start));
                for _ in 1..self.iterations {
                    derived = Zeroizing::new(digest(*algorithm, &derived));
                }
                key.copy_from_slice(&derived[..key_len]);
                Zeroizing::new(derived[key_len..key_len + iv_len].to_vec())
            }
            Kdf::Pbkdf2 { prf, iv } => {
                pbkdf2(*prf, &password.raw, &self.salt, self.iterations, &mut key)?;
                Zeroizing::new(iv.clone())
            }
            Kdf::Scrypt { n, r, p, iv } => {
                // OpenSSL counts some working memory on top.
                let memory = 2 * limits::MAX_SCRYPT_MEMORY;
                openssl::pkcs5::scrypt(&password.raw, &self.salt, *n, *r, *p, memory, &mut key)
                    .context(doing)?;
                Zeroizing::new(iv.clone())
            }
        };
        Ok((key, iv))
    }
}

/// PBKDF2-params (RFC 8018 §A.2).
pub(crate) struct Pbkdf2 {
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u64,
    pub(crate) key_len: Option<u64>,
    pub(crate) prf: DigestAlgorithm,
}

impl Pbkdf2 {
    pub(crate) fn read(identifier: &AlgorithmIdentifier, budget: &mut Budget) -> Result<Self> {
        if identifier.oid != PBKDF2 {
            return Err(unsupported(identifier.oid));
        }
        let mut fields = parameters(identifier)?.children();
        let salt = fields.expect(Tag::OCTET_STRING).context(WHAT)?.contents().to_vec();
        let iterations = count(&fields.any().context(WHAT)?, budget)?;
        let key_len = fields.optional(Tag::INTEGER).context(WHAT)?;
        let key_len = key_len.map(|value| value.u64()).transpose().context(WHAT)?;
        let prf = match fields.next_value().context(WHAT)? {
            Some(value) => hmac_digest(&AlgorithmIdentifier::parse(&value)?)?,
            None => DigestAlgorithm::Sha1,
        };
        fields.finish().context(WHAT)?;
        Ok(Self { salt, iterations, key_len, prf })
    }
}

/// PBKDF2 (RFC 8018 §5.2).
pub(crate) fn pbkdf2(
    prf: DigestAlgorithm,
    password: &[u8],
    salt: &[u8],
    iterations: u64,
    key: &mut [u8],
) -> Result<()> {
    let iterations = usize::try_from(iterations).map_err(|_| Error::malformed(WHAT))?;
    let name = prf.code().to_ascii_uppercase();
    let prf = MessageDigest::from_name(&name).ok_or(unsupported(prf.oid()))?;
    openssl::pkcs5::pbkdf2_hmac(password, salt, iterations, prf, key).context("key derivation")
}

/// The derivation of RFC 7292 §B.2: `id` 1 for keys, 2 for IVs, 3 for MACs.
pub(crate) fn pkcs12_kdf(
    algorithm: DigestAlgorithm,
    id: u8,
    password: &[u8],
    salt: &[u8],
    iterations: u64,
    length: usize,
) -> Result<Wiped> {
    let v = algorithm.block_len();
    let fill = |octets: &[u8]| -> Wiped {
        let length = octets.len().div_ceil(v) * v;
        Zeroizing::new(octets.iter().copied().cycle().take(length).collect())
    };
    let mut input = fill(salt);
    input.extend_from_slice(&fill(password));
    let md = algorithm.md().ok_or(unsupported(algorithm.oid()))?;
    let diversifier = vec![id; v];
    let mut out: Wiped = Zeroizing::new(Vec::with_capacity(length + v));
    let mut round = || -> Result<(), ErrorStack> {
        let mut hashing = MdCtx::new()?;
        let mut a = Zeroizing::new(vec![0; algorithm.output_len()]);
        hashing.digest_init(md)?;
        hashing.digest_update(&diversifier)?;
        hashing.digest_update(&input)?;
        hashing.digest_final(&mut a)?;
        for _ in 1..iterations {
            hashing.digest_init(md)?;
            hashing.digest_update(&a)?;
            hashing.digest_final(&mut a)?;
        }
        out.extend_from_slice(&a);
        // Each block of the input becomes (block + B + 1) mod 2^(8v).
        let b: Wiped = Zeroizing::new(a.iter().copied().cycle().take(v).collect());
        for block in input.chunks_mut(v) {
            let mut carry = 1u16;
            for (to, add) in block.iter_mut().zip(b.iter()).rev() {
                carry += u16::from(*to) + u16::from(*add);
                *to = carry as u8;
                carry >>= 8;
            }
        }
        Ok(())
    };
    for _ in 0..length.div_ceil(algorithm.output_len()) {
        round().context("key derivation")?;
    }
    out.truncate(length);
    Ok(out)
}

fn parameters(identifier: &AlgorithmIdentifier) -> Result<Value<'_>> {
    let raw = identifier.parameters.as_deref().unwrap_or_default();
    Value::parse(raw).and_then(|value| value.expect(Tag::SEQUENCE)).context(WHAT)
}

/// An iteration count: at least 1, charged to the budget.
pub(crate) fn count(value: &Value<'_>, budget: &mut Budget) -> Result<u64> {
    // A count beyond 64 bits is over every limit, not malformed.
    let huge = value.integer().context(WHAT)?.first().is_some_and(|first| *first < 0x80);
    let iterations = match value.u64() {
        Ok(iterations) => iterations,
        Err(_) if huge => u64::MAX,
        Err(_) => return Err(Error::malformed(WHAT)),
    };
    budget.spend(iterations)?;
    if iterations == 0 { Err(Error::malformed(WHAT)) } else { Ok(iterations) }
}

fn cipher_and_iv(identifier: &AlgorithmIdentifier) -> Result<(CipherKind, Vec<u8>)> {
    const CBC: [(Oid, CipherKind); 5] = [
        (Oid::new("2.16.840.1.101.3.4.1.2"), AES_128),
        (Oid::new("2.16.840.1.101.3.4.1.22"), AES_192),
        (Oid::new("2.16.840.1.101.3.4.1.42"), AES_256),
        (Oid::new("1.2.840.113549.3.7"), TRIPLE_DES),
        (Oid::new("1.3.14.3.2.7"), DES),
    ];
    const RC2_CBC: Oid = Oid::new("1.2.840.113549.3.2");
    let raw = identifier.parameters.as_deref().unwrap_or_default();
    let value = Value::parse(raw).context(WHAT)?;
    let (cipher, iv) = if identifier.oid == RC2_CBC {
        // The version encodes the effective key bits (RFC 8018 §B.2.3).
        let mut fields = value.expect(Tag::SEQUENCE).context(WHAT)?.children();
        let version = fields.expect(Tag::INTEGER).and_then(|v| v.u64()).context(WHAT)?;
        let iv = fields.expect(Tag::OCTET_STRING).context(WHAT)?.contents().to_vec();
        let cipher = match version {
            160 => RC2_40,
            120 => RC2_64,
            58 => RC2_128,
            _ => return Err(unsupported(identifier.oid)),
        };
        (cipher, iv)
    } else {
        let found = CBC.iter().find(|row| row.0 == identifier.oid);
        let (_, cipher) = found.ok_or(unsupported(identifier.oid))?;
        (*cipher, value.expect(Tag::OCTET_STRING).context(WHAT)?.contents().to_vec())
    };
    if iv.len() == cipher.iv { Ok((cipher, iv)) } else { Err(Error::malformed(WHAT)) }
}

/// Decrypts a PEM block that names its cipher in a header: the key is
/// EVP_BytesToKey with MD5 and one iteration, the salt the start of the IV.
pub(crate) fn decrypt_pem(
    name: &str,
    iv: &[u8],
    password: &Encoding,
    octets: &[u8],
) -> Result<Option<Wiped>> {
    let known = [AES_128, AES_192, AES_256, TRIPLE_DES, DES];
    let Some(cipher) = known.into_iter().find(|cipher| cipher.name == name) else {
        return Err(Error::Unsupported { what: "the cipher this PEM file is encrypted with" });
    };
    if iv.len() != cipher.iv {
        return Err(Error::malformed("PEM file"));
    }
    let mut key: Wiped = Zeroizing::new(Vec::with_capacity(cipher.key + 16));
    let mut last: Wiped = Zeroizing::default();
    while key.len() < cipher.key {
        let input = Zeroizing::new([&last[..], &password.raw, &iv[..8]].concat());
        last = Zeroizing::new(digest(DigestAlgorithm::Md5, &input));
        key.extend_from_slice(&last);
    }
    key.truncate(cipher.key);
    decrypt(cipher, &key, iv, octets)
}

/// `None`: the padding is wrong.
fn decrypt(kind: CipherKind, key: &[u8], iv: &[u8], octets: &[u8]) -> Result<Option<Wiped>> {
    if octets.is_empty() || !octets.len().is_multiple_of(kind.block) {
        return Err(Error::malformed("encrypted data"));
    }
    if let Ok(cipher) = Cipher::fetch(None, kind.name, None) {
        return run(&cipher, kind, key, iv, octets);
    }
    // RC2, RC4 and single DES live in OpenSSL's legacy provider. It is loaded
    // for this one decryption, into a library context of its own, so that no
    // other code of the process ever sees it; the lock keeps the loading and
    // unloading of the module from overlapping.
    static LEGACY: Mutex<()> = Mutex::new(());
    let _guard = LEGACY.lock().unwrap_or_else(PoisonError::into_inner);
    let missing = |source| Error::LegacyProvider { cipher: kind.name, source };
    let library = LibCtx::new().context("library context")?;
    let _provider = Provider::try_load(Some(&library), "legacy", true).map_err(missing)?;
    let cipher = Cipher::fetch(Some(&library), kind.name, None).map_err(missing)?;
    run(&cipher, kind, key, iv, octets)
}

fn run(
    cipher: &CipherRef,
    kind: CipherKind,
    key: &[u8],
    iv: &[u8],
    octets: &[u8],
) -> Result<Option<Wiped>> {
    let doing = "decryption of a key file";
    if cipher.key_length() != key.len() || cipher.iv_length() != iv.len() {
        return Err(Error::Unsupported { what: "a cipher of this key length" });
    }
    let mut out = Zeroizing::new(vec![0; octets.len() + 2 * kind.block.max(16)]);
    let mut context = CipherCtx::new().context(doing)?;
    let iv = if iv.is_empty() { None } else { Some(iv) };
    context.decrypt_init(Some(cipher), Some(key), iv).context(doing)?;
    let first = context.cipher_update(octets, Some(&mut out)).context(doing)?;
    // The only way to fail here is padding that is none.
    let Ok(last) = context.cipher_final(&mut out[first..]) else { return Ok(None) };
    out.truncate(first + last);
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_has_one_encoding_and_accents_have_all() {
        let one = encodings(&Secret::from("ab"));
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].bmp[..], [0, b'a', 0, b'b', 0, 0]);
        let three = encodings(&Secret::from("è"));
        assert_eq!(three.len(), 3);
        assert_eq!(three[0].bmp[..], [0, 0xe8, 0, 0]);
        assert_eq!(three[1].bmp[..], [0, 0xc3, 0, 0xa8, 0, 0]);
        assert_eq!(three[2].raw[..], [0xe8]);
        let latin = encodings(&Secret::from(vec![0xe8]));
        assert_eq!(latin[0].bmp[..], [0, 0xe8, 0, 0]);
        assert_eq!(latin[1].raw[..], [0xc3, 0xa8]);
        assert_eq!(encodings(&Secret::from("€")).len(), 2);
        assert_eq!(encodings(&Secret::from("😀"))[0].bmp[..4], [0xd8, 0x3d, 0xde, 0]);
        assert_eq!(encodings(&Secret::from("")).len(), 2);
    }

    #[test]
    fn counts_add_up_over_a_file() {
        let mut budget = Budget::new();
        budget.spend(9_999_999).unwrap();
        budget.spend(1).unwrap();
        assert!(matches!(budget.spend(1), Err(Error::Limit { found: 10_000_001, .. })));
        let mut budget = Budget::new();
        let octets = asn1::der::unsigned_integer(&[1; 20]);
        let value = Value::parse(&octets).unwrap();
        assert!(matches!(count(&value, &mut budget), Err(Error::Limit { .. })));
        for odd in [[2, 1, 0], [2, 1, 0x81]] {
            let value = Value::parse(&odd).unwrap();
            assert!(matches!(count(&value, &mut Budget::new()), Err(Error::Malformed { .. })));
        }
    }

    /// The derivation of RFC 7292 §B over SHA-1, against values that other
    /// implementations publish in their tests (password "smeg", 1 iteration).
    #[test]
    fn pkcs12_derivation() {
        let password = bmp("smeg");
        let salt = [0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        let key = pkcs12_kdf(DigestAlgorithm::Sha1, 1, &password, &salt, 1, 24).unwrap();
        assert_eq!(key[..4], [0x8a, 0xaa, 0xe6, 0x29]);
        let iv_salt = [0x64, 0x2b, 0x99, 0xab, 0x44, 0xfb, 0x4b, 0x1f];
        let iv = pkcs12_kdf(DigestAlgorithm::Sha1, 2, &password, &salt, 1, 8).unwrap();
        assert_eq!(iv[..4], [0x79, 0x99, 0x3d, 0xfe]);
        let key = pkcs12_kdf(DigestAlgorithm::Sha1, 1, &password, &iv_salt, 1, 24).unwrap();
        assert_eq!(key[..4], [0xf3, 0xa9, 0x5f, 0xec]);
    }
}

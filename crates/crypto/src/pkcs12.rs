//! Keys and certificates out of PKCS#12 files (RFC 7292, RFC 9579).
//!
//! ```text
//! PFX ::= SEQUENCE { version INTEGER, authSafe ContentInfo, macData MacData OPTIONAL }
//! AuthenticatedSafe ::= SEQUENCE OF ContentInfo   -- data or encryptedData
//! SafeContents ::= SEQUENCE OF SafeBag            -- key, shrouded key, certificate, …
//! ```
//!
//! The file is walked here and only its ciphers and digests run in OpenSSL. So
//! every iteration count is known before it is spent, also those inside what is
//! encrypted; a wrong password (the MAC says so) is told from a damaged file;
//! passwords with accents are tried in the encodings of the years; and RC2 files
//! need the legacy provider for one decryption only, in a library context of
//! its own (see the `pbe` module).

use asn1::{Cursor, Oid, Tag, Value};
use zeroize::Zeroizing;

use crate::{
    AlgorithmIdentifier, DigestAlgorithm, Error, PublicKey, Result, Secret, Signer, SoftKey,
    digest::hmac,
    error::Context,
    limits,
    pbe::{self, Budget, Encoding, PBMAC1, Pbkdf2, Scheme, Wiped, encodings},
    soft_key::{check_size, read_encrypted_pkcs8},
};

const WHAT: &str = "PKCS#12 file";
const DATA: Oid = Oid::new("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: Oid = Oid::new("1.2.840.113549.1.7.6");
const KEY_BAG: Oid = Oid::new("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: Oid = Oid::new("1.2.840.113549.1.12.10.1.2");
const CERT_BAG: Oid = Oid::new("1.2.840.113549.1.12.10.1.3");
const SAFE_CONTENTS_BAG: Oid = Oid::new("1.2.840.113549.1.12.10.1.6");
const X509_CERTIFICATE: Oid = Oid::new("1.2.840.113549.1.9.22.1");

/// What a PKCS#12 file held.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pkcs12Contents {
    /// The first private key that has a certificate in the file.
    pub key: SoftKey,
    /// Its certificate, DER as found.
    pub certificate: Vec<u8>,
    /// The other certificates, DER as found, in the order of the file.
    pub chain: Vec<Vec<u8>>,
    /// How many further private keys the file holds.
    pub other_keys: usize,
}

/// Opens a PKCS#12 file that is protected with a password; an empty one is
/// tried as empty and as none.
///
/// ```
/// use ceralacca_crypto::{Error, Secret, Signer, pkcs12};
/// # let file = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/modern.p12"));
/// let contents = pkcs12::open(file, &Secret::from("prova 123"))?;
/// println!("{:?}, {} more certificates", contents.key.public_key(), contents.chain.len());
/// assert!(matches!(pkcs12::open(file, &Secret::from("provo 123")), Err(Error::WrongPassword)));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::WrongPassword`]; not a PKCS#12 file; no key, or none with its
/// certificate; a key that cannot sign; more iterations than
/// [`limits::MAX_KDF_ITERATIONS`]; an old cipher without the legacy provider.
pub fn open(octets: &[u8], password: &Secret) -> Result<Pkcs12Contents> {
    check_size(octets)?;
    let mut budget = Budget::new();
    let file = Pfx::read(octets, &mut budget)?;
    let mut opening = Opening { passwords: encodings(password), checked: false };
    if let Some(mac) = &file.mac {
        let mut right = Vec::new();
        for encoding in opening.passwords {
            if mac.matches(&encoding, &file.safes)? {
                right.push(encoding);
            }
        }
        if right.is_empty() {
            return Err(Error::WrongPassword);
        }
        opening = Opening { passwords: right, checked: true };
    }
    let mut bags = file.bags;
    for (scheme, data) in &file.encrypted {
        bags.collect(&opening.decrypt(scheme, data)?, &mut budget)?;
    }
    bags.choose(&opening)
}

/// The outer structure.
struct Pfx {
    /// The AuthenticatedSafe, over which the MAC goes.
    safes: Vec<u8>,
    /// What stands in the open.
    bags: Bags,
    /// SafeContents under a password.
    encrypted: Vec<(Scheme, Vec<u8>)>,
    mac: Option<Mac>,
}

impl Pfx {
    /// Reads everything that is not encrypted, charging every iteration count
    /// before any derivation.
    fn read(octets: &[u8], budget: &mut Budget) -> Result<Self> {
        let mut fields = Value::parse_prefix(octets)
            .and_then(|value| value.expect(Tag::SEQUENCE))
            .context(WHAT)?
            .children();
        if fields.expect(Tag::INTEGER).and_then(|v| v.u64()).context(WHAT)? != 3 {
            return Err(Error::Unsupported { what: "PKCS#12 of another version than 3" });
        }
        let (kind, content) = content_info(&fields.any().context(WHAT)?)?;
        if kind != DATA {
            return Err(Error::Unsupported { what: "PKCS#12 protected with a key" });
        }
        let safes = content.octets().context(WHAT)?.into_owned();
        let mac = match fields.next_value().context(WHAT)? {
            Some(value) => Some(Mac::read(&value, budget)?),
            None => None,
        };
        fields.finish().context(WHAT)?;
        let list =
            Value::parse_prefix(&safes).and_then(|v| v.expect(Tag::SEQUENCE)).context(WHAT)?;
        let mut bags = Bags::default();
        let mut encrypted = Vec::new();
        for info in list.children().collect_all().context(WHAT)? {
            let (kind, content) = content_info(&info)?;
            match kind {
                DATA => bags.collect(&content.octets().context(WHAT)?, budget)?,
                ENCRYPTED_DATA => encrypted.push(encrypted_data(&content, budget)?),
                _ => return Err(Error::Unsupported { what: "PKCS#12 encrypted to a key" }),
            }
        }
        Ok(Self { safes, bags, encrypted, mac })
    }
}

/// `SEQUENCE { contentType, [0] EXPLICIT content }`.
fn content_info<'a>(value: &Value<'a>) -> Result<(Oid, Value<'a>)> {
    let mut fields = value.expect(Tag::SEQUENCE).context(WHAT)?.children();
    let kind = fields.any().and_then(|value| value.oid()).context(WHAT)?;
    let content = fields.expect(Tag::context_constructed(0)).and_then(|v| v.inner());
    fields.finish().context(WHAT)?;
    Ok((kind, content.context(WHAT)?))
}

/// EncryptedData (RFC 5652 §8).
fn encrypted_data(value: &Value<'_>, budget: &mut Budget) -> Result<(Scheme, Vec<u8>)> {
    let mut fields = value.expect(Tag::SEQUENCE).context(WHAT)?.children();
    fields.expect(Tag::INTEGER).context(WHAT)?;
    let mut info = fields.expect(Tag::SEQUENCE).context(WHAT)?.children();
    info.expect(Tag::OID).context(WHAT)?;
    let identifier = AlgorithmIdentifier::parse(&info.any().context(WHAT)?)?;
    let data = info.any().context(WHAT)?;
    if data.tag().primitive() != Tag::context(0) {
        return Err(Error::malformed(WHAT));
    }
    Ok((Scheme::read(&identifier, budget)?, data.joined().context(WHAT)?.into_owned()))
}

/// MacData (RFC 7292 §4), or PBMAC1 in its place (RFC 9579 §4).
struct Mac {
    kind: MacKind,
    expected: Vec<u8>,
}

enum MacKind {
    Pkcs12 { digest: DigestAlgorithm, salt: Vec<u8>, iterations: u64 },
    Pbmac1 { derivation: Pbkdf2, key_len: usize, digest: DigestAlgorithm },
}

impl Mac {
    fn read(value: &Value<'_>, budget: &mut Budget) -> Result<Self> {
        let mut fields = value.expect(Tag::SEQUENCE).context(WHAT)?.children();
        let mut info = fields.expect(Tag::SEQUENCE).context(WHAT)?.children();
        let identifier = AlgorithmIdentifier::parse(&info.any().context(WHAT)?)?;
        let expected = info.expect(Tag::OCTET_STRING).context(WHAT)?.contents().to_vec();
        info.finish().context(WHAT)?;
        let salt = fields.expect(Tag::OCTET_STRING).context(WHAT)?.contents().to_vec();
        let iterations = fields.next_value().context(WHAT)?;
        fields.finish().context(WHAT)?;
        if identifier.oid == PBMAC1 {
            return Ok(Self { kind: MacKind::pbmac1(&identifier, budget)?, expected });
        }
        let iterations = match iterations {
            Some(value) => pbe::count(&value, budget)?,
            None => 1,
        };
        let digest = DigestAlgorithm::from_identifier(&identifier)?;
        if digest.is_shake() {
            return Err(Error::UnsupportedAlgorithm { kind: "MAC", oid: identifier.oid });
        }
        Ok(Self { kind: MacKind::Pkcs12 { digest, salt, iterations }, expected })
    }

    fn matches(&self, password: &Encoding, message: &[u8]) -> Result<bool> {
        let (digest, key) = match &self.kind {
            MacKind::Pkcs12 { digest, salt, iterations } => {
                let length = digest.output_len();
                let key = pbe::pkcs12_kdf(*digest, 3, &password.bmp, salt, *iterations, length)?;
                (*digest, key)
            }
            MacKind::Pbmac1 { derivation, key_len, digest } => {
                let mut key = Zeroizing::new(vec![0; *key_len]);
                let Pbkdf2 { salt, iterations, prf, .. } = derivation;
                pbe::pbkdf2(*prf, &password.raw, salt, *iterations, &mut key)?;
                (*digest, key)
            }
        };
        let found = hmac(digest, &key, message);
        Ok(found.len() == self.expected.len() && openssl::memcmp::eq(&found, &self.expected))
    }
}

impl MacKind {
    /// PBMAC1-params (RFC 8018 §A.5); the key length is stated (RFC 9579 §4).
    fn pbmac1(identifier: &AlgorithmIdentifier, budget: &mut Budget) -> Result<Self> {
        let raw = identifier.parameters.as_deref().unwrap_or_default();
        let mut fields = Value::parse(raw)
            .and_then(|value| value.expect(Tag::SEQUENCE))
            .context(WHAT)?
            .children();
        let kdf = AlgorithmIdentifier::parse(&fields.any().context(WHAT)?)?;
        let mac = AlgorithmIdentifier::parse(&fields.any().context(WHAT)?)?;
        fields.finish().context(WHAT)?;
        let derivation = Pbkdf2::read(&kdf, budget)?;
        // No HMAC profits from more than a block of key; 16 octets are the
        // least RFC 9579 §6 calls secure, and fewer would be a forged file.
        let key_len = derivation.key_len.and_then(|length| usize::try_from(length).ok());
        let key_len = key_len.filter(|length| (16..=128).contains(length));
        let key_len = key_len.ok_or(Error::malformed(WHAT))?;
        Ok(Self::Pbmac1 { derivation, key_len, digest: pbe::hmac_digest(&mac)? })
    }
}

/// What opens the encrypted parts.
struct Opening {
    passwords: Vec<Encoding>,
    /// The MAC has confirmed the password.
    checked: bool,
}

impl Opening {
    /// Encrypted SafeContents.
    fn decrypt(&self, scheme: &Scheme, data: &[u8]) -> Result<Wiped> {
        for password in &self.passwords {
            let Some(plain) = scheme.decrypt(password, data)? else { continue };
            // One wrong password in 256 leaves correct padding, not a SEQUENCE
            // of the right length.
            if Value::parse_prefix(&plain).is_ok_and(|value| value.tag() == Tag::SEQUENCE) {
                return Ok(plain);
            }
        }
        Err(self.failure())
    }

    fn failure(&self) -> Error {
        if self.checked {
            Error::malformed("encrypted part of a PKCS#12 file")
        } else {
            Error::WrongPassword
        }
    }
}

/// The bags that matter here; attributes, CRLs and secrets are passed over.
#[derive(Default)]
struct Bags {
    /// PrivateKeyInfo.
    keys: Vec<Wiped>,
    /// EncryptedPrivateKeyInfo, its iterations charged.
    shrouded: Vec<(Scheme, Wiped)>,
    certificates: Vec<Vec<u8>>,
}

impl Bags {
    /// Adds SafeContents; what its keys ask for is charged here, before any of
    /// them is decrypted.
    fn collect(&mut self, safe_contents: &[u8], budget: &mut Budget) -> Result<()> {
        let list = Value::parse_prefix(safe_contents).context(WHAT)?;
        let mut open: Vec<Cursor<'_>> = vec![list.expect(Tag::SEQUENCE).context(WHAT)?.children()];
        while let Some(cursor) = open.last_mut() {
            let Some(bag) = cursor.next_value().context(WHAT)? else {
                open.pop();
                continue;
            };
            let mut fields = bag.expect(Tag::SEQUENCE).context(WHAT)?.children();
            let kind = fields.any().and_then(|value| value.oid()).context(WHAT)?;
            let value = fields
                .expect(Tag::context_constructed(0))
                .and_then(|value| value.inner())
                .context(WHAT)?;
            match kind {
                KEY_BAG => self.keys.push(Zeroizing::new(value.raw().to_vec())),
                SHROUDED_KEY_BAG => self.shrouded.push(read_encrypted_pkcs8(value.raw(), budget)?),
                CERT_BAG => self.certificates.extend(certificate(&value)?),
                SAFE_CONTENTS_BAG if open.len() < limits::MAX_SAFE_BAG_DEPTH => {
                    open.push(value.expect(Tag::SEQUENCE).context(WHAT)?.children());
                }
                SAFE_CONTENTS_BAG => {
                    let (what, limit) = ("levels of bags", limits::MAX_SAFE_BAG_DEPTH as u64);
                    return Err(Error::Limit { what, limit, found: limit + 1 });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The first key with a certificate. A key that cannot be read matters only
    /// if there is no other.
    fn choose(self, opening: &Opening) -> Result<Pkcs12Contents> {
        let count = self.keys.len() + self.shrouded.len();
        let mut trouble = Error::NoPrivateKey;
        let plain = self.keys.iter().map(|key| SoftKey::from_pkcs8_der(key));
        let shrouded = self.shrouded.iter().map(|(scheme, data)| {
            for password in &opening.passwords {
                let Some(plain) = scheme.decrypt(password, data)? else { continue };
                match SoftKey::from_pkcs8_der(&plain) {
                    Err(Error::Malformed { .. }) => {}
                    read => return read,
                }
            }
            Err(opening.failure())
        });
        for key in plain.chain(shrouded) {
            let key = match key {
                Ok(key) => key,
                Err(error) => {
                    trouble = error;
                    continue;
                }
            };
            trouble = Error::NoCertificate;
            for (index, certificate) in self.certificates.iter().enumerate() {
                let Some(certified) = certified_key(certificate) else { continue };
                if !certified.same_key(key.public_key()) {
                    continue;
                }
                let mut chain = self.certificates.clone();
                let certificate = chain.remove(index);
                let key = key.for_certified_key(certified)?;
                return Ok(Pkcs12Contents { key, certificate, chain, other_keys: count - 1 });
            }
        }
        Err(trouble)
    }
}

/// CertBag: the certificate, if it is an X.509 one.
fn certificate(value: &Value<'_>) -> Result<Option<Vec<u8>>> {
    let mut fields = value.expect(Tag::SEQUENCE).context(WHAT)?.children();
    let kind = fields.any().and_then(|value| value.oid()).context(WHAT)?;
    let octets = fields
        .expect(Tag::context_constructed(0))
        .and_then(|value| value.inner()?.octets())
        .context(WHAT)?;
    Ok((kind == X509_CERTIFICATE).then(|| octets.into_owned()))
}

/// The public key of a certificate (RFC 5280 §4.1), and nothing else of it.
fn certified_key(certificate: &[u8]) -> Option<PublicKey> {
    let outer = Value::parse(certificate).ok()?.expect(Tag::SEQUENCE).ok()?;
    let mut fields = outer.children().any().ok()?.expect(Tag::SEQUENCE).ok()?.children();
    fields.optional(Tag::context_constructed(0)).ok()?;
    // serialNumber, signature, issuer, validity, subject.
    for _ in 0..5 {
        fields.any().ok()?;
    }
    PublicKey::from_spki_der(fields.any().ok()?.raw()).ok()
}

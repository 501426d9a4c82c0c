//! Signing: the trait, and keys that live in memory.

use std::fmt;

use asn1::{Tag, Value, der};
use openssl::{
    bn::BigNumRef,
    ec::EcKey,
    ecdsa::EcdsaSig,
    error::ErrorStack,
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::{Padding, Rsa},
    sign::RsaPssSaltlen,
};
use zeroize::Zeroizing;

use crate::{
    AlgorithmIdentifier, Curve, DigestAlgorithm, Error, KeyKind, PssParameters, PublicKey, Result,
    Secret, SignatureAlgorithm,
    digest::digest,
    error::Context,
    limits,
    pbe::{self, Budget, Encoding, Scheme, Wiped, encodings},
    pem, rsa,
};

/// Something that signs: a key in memory, a card, a remote service.
pub trait Signer {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// The algorithm [`Signer::sign`] uses.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// The digest of the content that goes with it into the signed attributes:
    /// the algorithm's own, or SHA-512 for Ed25519 and SHAKE256 for Ed448
    /// (RFC 8419 §3.1).
    fn digest(&self) -> DigestAlgorithm {
        match self.algorithm() {
            SignatureAlgorithm::Ed448 => DigestAlgorithm::Shake256,
            other => other.digest().unwrap_or(DigestAlgorithm::Sha512),
        }
    }

    /// The longest value [`Signer::sign`] can give, in octets: headers are
    /// written before it is known.
    fn max_signature_len(&self) -> usize {
        self.public_key().max_signature_len(&self.algorithm())
    }

    /// Signs a message: the DER of the signed attributes, a request, not the
    /// content of a large file.
    ///
    /// # Errors
    /// The key cannot be used, or the value does not verify.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;
}

/// A kind of key to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKey {
    /// RSA with a modulus of so many bits and exponent 65537.
    Rsa(u32),
    /// On a named curve.
    Ec(Curve),
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
}

/// A private key in memory. OpenSSL wipes it when it is dropped.
///
/// ```
/// use ceralacca_crypto::{Curve, NewKey, PublicKey, Signer, SoftKey};
/// let key = SoftKey::generate(NewKey::Ec(Curve::P256))?;
/// let signature = key.sign(b"seduta del 3 marzo")?;
///
/// let public = PublicKey::from_spki_der(key.public_key().spki())?;
/// assert!(public.verify(&key.algorithm(), b"seduta del 3 marzo", &signature)?.tolerance.is_none());
/// assert!(public.verify(&key.algorithm(), b"seduta del 4 marzo", &signature).is_err());
/// # Ok::<(), ceralacca_crypto::Error>(())
/// ```
#[derive(Clone)]
pub struct SoftKey {
    key: PKey<Private>,
    public: PublicKey,
    algorithm: SignatureAlgorithm,
}

impl SoftKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// Too weak to sign with, or OpenSSL fails.
    pub fn generate(kind: NewKey) -> Result<Self> {
        let doing = "key generation";
        if let NewKey::Rsa(bits) = kind
            && bits as usize > limits::MAX_RSA_BITS
        {
            let (what, limit) = ("bits of RSA modulus", limits::MAX_RSA_BITS as u64);
            return Err(Error::Limit { what, limit, found: bits.into() });
        }
        let key = match kind {
            NewKey::Rsa(bits) if (bits as usize) < limits::MIN_RSA_SIGNING_BITS => {
                return Err(Error::TooWeakToSign { what: SHORT_RSA });
            }
            NewKey::Rsa(bits) => Rsa::generate(bits).and_then(PKey::from_rsa),
            NewKey::Ec(curve) => {
                EcKey::generate(curve.group()?.as_ref()).and_then(PKey::from_ec_key)
            }
            NewKey::Ed25519 => PKey::generate_ed25519(),
            NewKey::Ed448 => PKey::generate_ed448(),
        };
        Self::from_openssl(key.context(doing)?)
    }

    /// The first private key of a PEM file: PKCS#8, PKCS#8 encrypted, or the
    /// old RSA and EC forms, encrypted or not.
    ///
    /// # Errors
    /// No key, a wrong password or none, a key that cannot sign.
    pub fn from_pem(text: &[u8], password: Option<&Secret>) -> Result<Self> {
        check_size(text)?;
        let mut blocks = pem::blocks(text)?.into_iter();
        let block = blocks.find(|block| block.label.ends_with("PRIVATE KEY"));
        let block = block.ok_or(Error::NoPrivateKey)?;
        let with_password = || password.map(encodings).ok_or(Error::PasswordNeeded);
        if block.label == "ENCRYPTED PRIVATE KEY" {
            return Self::from_encrypted_pkcs8(
                &block.octets,
                &with_password()?,
                &mut Budget::new(),
            );
        }
        let Some((cipher, iv)) = &block.encryption else {
            return Self::from_block(&block.label, &block.octets);
        };
        for encoding in with_password()? {
            let plain = pbe::decrypt_pem(cipher, iv, &encoding, &block.octets)?;
            // One wrong password in 256 leaves correct padding.
            let read = plain.map(|plain| Self::from_block(&block.label, &plain));
            match read {
                None | Some(Err(Error::Malformed { .. })) => {}
                Some(read) => return read,
            }
        }
        Err(Error::WrongPassword)
    }

    fn from_block(label: &str, octets: &[u8]) -> Result<Self> {
        let what = "private key";
        let key = match label {
            "PRIVATE KEY" => return Self::from_pkcs8_der(octets),
            "RSA PRIVATE KEY" => Rsa::private_key_from_der(octets).and_then(PKey::from_rsa),
            "EC PRIVATE KEY" => EcKey::private_key_from_der(octets).and_then(PKey::from_ec_key),
            "DSA PRIVATE KEY" => return Err(Error::TooWeakToSign { what: "DSA" }),
            _ => return Err(Error::Unsupported { what: "this kind of private key" }),
        };
        Self::from_openssl(key.map_err(|_| Error::malformed(what))?)
    }

    /// A key in PKCS#8 (RFC 5958), not encrypted.
    ///
    /// # Errors
    /// Malformed, or a key that cannot sign.
    pub fn from_pkcs8_der(octets: &[u8]) -> Result<Self> {
        let what = "private key";
        let mut fields = Value::parse_prefix(octets)
            .and_then(|value| value.expect(Tag::SEQUENCE))
            .context(what)?
            .children();
        fields.expect(Tag::INTEGER).context(what)?;
        let algorithm = fields.any().context(what)?;
        let identifier = AlgorithmIdentifier::parse(&algorithm)?;
        let key = fields.expect(Tag::OCTET_STRING).context(what)?;
        if identifier.oid == crate::algorithm::ID_DSA {
            return Err(Error::TooWeakToSign { what: "DSA" });
        }
        // Version 2 carries the public key as well, which OpenSSL 3.0 refuses.
        let parts = [&der::integer(0)[..], algorithm.raw(), key.raw()];
        let plain = Zeroizing::new(der::sequence(&parts));
        let key = PKey::private_key_from_pkcs8(&plain).map_err(|_| Error::malformed(what))?;
        Self::from_openssl(key)
    }

    /// EncryptedPrivateKeyInfo (RFC 5958 §3).
    pub(crate) fn from_encrypted_pkcs8(
        octets: &[u8],
        passwords: &[Encoding],
        budget: &mut Budget,
    ) -> Result<Self> {
        let (scheme, data) = read_encrypted_pkcs8(octets, budget)?;
        for password in passwords {
            let Some(plain) = scheme.decrypt(password, &data)? else { continue };
            match Self::from_pkcs8_der(&plain) {
                Err(Error::Malformed { .. }) => {}
                read => return read,
            }
        }
        Err(Error::WrongPassword)
    }

    fn from_openssl(key: PKey<Private>) -> Result<Self> {
        let spki = key.public_key_to_der().map_err(|_| Error::malformed("private key"))?;
        let public = PublicKey::from_spki_der(&spki)?;
        let algorithm = default_algorithm(&public)?;
        Ok(Self { key, public, algorithm })
    }

    /// Signs with this algorithm from now on.
    ///
    /// # Errors
    /// It does not fit the key, is too weak, or cannot be signed with.
    pub fn with_algorithm(self, algorithm: SignatureAlgorithm) -> Result<Self> {
        check_for_signing(&self.public, &algorithm)?;
        Ok(Self { algorithm, ..self })
    }

    /// Takes the public key of the certificate that goes with this key, whose
    /// restrictions (id-RSASSA-PSS) bind the signatures made.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`]; or no algorithm satisfies the restrictions.
    pub fn for_certified_key(self, certified: PublicKey) -> Result<Self> {
        if !certified.same_key(&self.public) {
            return Err(Error::KeyMismatch);
        }
        let algorithm = if certified.fits(&self.algorithm).is_ok() {
            self.algorithm
        } else {
            default_algorithm(&certified)?
        };
        Ok(Self { public: certified, algorithm, ..self })
    }

    /// The key as PKCS#8 PEM, encrypted (PBES2, AES-256) if there is a password.
    ///
    /// # Errors
    /// OpenSSL fails.
    pub fn to_pkcs8_pem(&self, password: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>> {
        let cipher = openssl::symm::Cipher::aes_256_cbc();
        let pem = match password {
            None => self.key.private_key_to_pem_pkcs8(),
            Some(secret) => self.key.private_key_to_pem_pkcs8_passphrase(cipher, secret.expose()),
        };
        pem.map(Zeroizing::new).context("writing a private key")
    }

    fn value(&self, message: &[u8]) -> Result<Vec<u8>> {
        use SignatureAlgorithm as A;
        let doing = "signing";
        match self.algorithm {
            A::RsaPkcs1 { digest } => {
                let sign = || -> Result<Vec<u8>, ErrorStack> {
                    let mut signer = openssl::sign::Signer::new(md(digest)?, &self.key)?;
                    signer.set_rsa_padding(Padding::PKCS1)?;
                    signer.sign_oneshot_to_vec(message)
                };
                sign().context(doing)
            }
            A::RsaPss { digest, mgf_digest, salt_len, .. } => {
                let salt = i32::try_from(salt_len).unwrap_or(i32::MAX);
                let sign = || -> Result<Vec<u8>, ErrorStack> {
                    let mut signer = openssl::sign::Signer::new(md(digest)?, &self.key)?;
                    signer.set_rsa_padding(Padding::PKCS1_PSS)?;
                    signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt))?;
                    signer.set_rsa_mgf1_md(md(mgf_digest)?)?;
                    signer.sign_oneshot_to_vec(message)
                };
                sign().context(doing)
            }
            A::Ecdsa { digest: used } | A::PlainEcdsa { digest: used } => {
                let hash = digest(used, message);
                let sign = || EcdsaSig::sign(&hash, self.key.ec_key()?.as_ref());
                let pair = sign().context(doing)?;
                let (r, s) = (pair.r(), pair.s());
                if matches!(self.algorithm, A::Ecdsa { .. }) {
                    let number = |n: &BigNumRef| der::unsigned_integer(&n.to_vec());
                    return Ok(der::sequence(&[number(r), number(s)]));
                }
                let length = self.public.order_len().unwrap_or_default();
                let halves = rsa::padded(r, length).and_then(|r| Ok([r, rsa::padded(s, length)?]));
                Ok(halves.context(doing)?.concat())
            }
            A::Ed25519 | A::Ed448 => {
                let sign = || {
                    openssl::sign::Signer::new_without_digest(&self.key)?
                        .sign_oneshot_to_vec(message)
                };
                sign().context(doing)
            }
            A::Dsa { .. } => Err(Error::TooWeakToSign { what: "DSA" }),
        }
    }
}

impl Signer for SoftKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The value is verified before it is given out: a fault while computing an
    /// RSA signature can betray the key (Boneh, DeMillo, Lipton 1997).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let value = self.value(message)?;
        match self.public.verify(&self.algorithm, message, &value) {
            Ok(verified) if verified.tolerance.is_none() => Ok(value),
            _ => Err(Error::SelfCheckFailed),
        }
    }
}

impl fmt::Debug for SoftKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftKey({:?}, {})", self.public, self.algorithm)
    }
}

pub(crate) fn check_size(octets: &[u8]) -> Result<()> {
    if octets.len() > limits::MAX_KEY_FILE {
        let (what, limit) = ("octets of key file", limits::MAX_KEY_FILE as u64);
        return Err(Error::Limit { what, limit, found: octets.len() as u64 });
    }
    Ok(())
}

/// EncryptedPrivateKeyInfo, its iterations charged.
pub(crate) fn read_encrypted_pkcs8(octets: &[u8], budget: &mut Budget) -> Result<(Scheme, Wiped)> {
    let what = "encrypted private key";
    let mut fields = Value::parse_prefix(octets)
        .and_then(|value| value.expect(Tag::SEQUENCE))
        .context(what)?
        .children();
    let identifier = AlgorithmIdentifier::parse(&fields.any().context(what)?)?;
    let data = fields.any().and_then(|value| value.octets()).context(what)?;
    fields.finish().context(what)?;
    Ok((Scheme::read(&identifier, budget)?, Zeroizing::new(data.into_owned())))
}

fn md(digest: DigestAlgorithm) -> Result<MessageDigest, ErrorStack> {
    MessageDigest::from_name(&digest.code().to_ascii_uppercase()).ok_or_else(ErrorStack::get)
}

const SHORT_RSA: &str = "an RSA key below 2048 bits";

/// What a key signs with unless asked otherwise.
fn default_algorithm(key: &PublicKey) -> Result<SignatureAlgorithm> {
    use SignatureAlgorithm as A;
    let digest = DigestAlgorithm::Sha256;
    let algorithm = match key.key_kind() {
        KeyKind::Rsa => A::RsaPkcs1 { digest },
        KeyKind::RsaPss => {
            let free = PssParameters::of_digest(digest);
            // The salt length of a key is the least it accepts.
            let bound = key.pss_constraint().map(|bound| PssParameters {
                salt_len: bound.salt_len.max(bound.digest.output_len() as u32),
                ..bound
            });
            A::pss(bound.unwrap_or(free))
        }
        KeyKind::Ec(curve) => A::Ecdsa { digest: curve.digest() },
        KeyKind::Ed25519 => A::Ed25519,
        KeyKind::Ed448 => A::Ed448,
        KeyKind::Dsa => A::Dsa { digest },
    };
    check_for_signing(key, &algorithm)?;
    Ok(algorithm)
}

fn check_for_signing(key: &PublicKey, algorithm: &SignatureAlgorithm) -> Result<()> {
    let weak = |what| Err(Error::TooWeakToSign { what });
    key.fits(algorithm)?;
    match key.key_kind() {
        KeyKind::Dsa => return weak("DSA"),
        KeyKind::Rsa | KeyKind::RsaPss if key.bits() < limits::MIN_RSA_SIGNING_BITS => {
            return weak(SHORT_RSA);
        }
        KeyKind::Ec(curve) if curve.bits() < limits::MIN_EC_SIGNING_BITS => {
            return weak("an elliptic curve below 256 bits");
        }
        _ => {}
    }
    let mgf = algorithm.pss_parameters().map(|parameters| parameters.mgf_digest);
    for digest in algorithm.digest().into_iter().chain(mgf) {
        match digest {
            DigestAlgorithm::Md5 => return weak("MD5"),
            DigestAlgorithm::Sha1 => return weak("SHA-1"),
            DigestAlgorithm::Ripemd160 => return weak("RIPEMD-160"),
            _ => {}
        }
        let rsa = matches!(key.key_kind(), KeyKind::Rsa | KeyKind::RsaPss);
        if rsa && digest.is_shake() {
            return Err(Error::Unsupported { what: "signing with RSA and SHAKE" });
        }
    }
    if let Some(parameters) = algorithm.pss_parameters() {
        // emLen >= hLen + sLen + 2 (RFC 8017 §9.1.1), one bit below the modulus.
        let room = (key.bits() - 1).div_ceil(8);
        let needed = parameters.digest.output_len() + 2;
        let fits =
            room.checked_sub(needed).is_some_and(|left| parameters.salt_len as usize <= left);
        if parameters.trailer != 1 || !fits {
            return Err(Error::Unsupported { what: "these RSASSA-PSS parameters with this key" });
        }
    }
    Ok(())
}

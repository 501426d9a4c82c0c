//! Keys, digests and raw signatures, made by OpenSSL.
//!
//! Only the mathematics is OpenSSL's; algorithm identifiers are written here
//! (RFC 3279, 4055, 5758, 8410, 8419). Key generation uses OpenSSL's own
//! generator: it is the one thing of the lab a seed does not decide.

use std::{fmt, str::FromStr};

use asn1::{Oid, Tag, Value, der};
use openssl::{
    ec::{EcGroup, EcKey},
    hash::{self, MessageDigest},
    nid::Nid,
    pkey::{PKey, Private},
    rsa::{Padding, Rsa},
    sign::{RsaPssSaltlen, Signer},
};

use crate::{
    Error, Result,
    error::{Doing, Reading},
    oids,
};

/// A digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    /// With 512 bits of output, for Ed448.
    Shake256,
}

impl Hash {
    /// The digest of `data`.
    ///
    /// # Errors
    /// OpenSSL does not have the algorithm.
    pub fn digest(self, data: &[u8]) -> Result<Vec<u8>> {
        if self == Self::Shake256 {
            let mut out = vec![0; 64];
            hash::hash_xof(self.message_digest(), data, &mut out).doing("compute a digest")?;
            return Ok(out);
        }
        Ok(hash::hash(self.message_digest(), data).doing("compute a digest")?.to_vec())
    }

    /// Octets of output.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Shake256 => 64,
        }
    }

    /// Its object identifier.
    #[must_use]
    pub fn oid(self) -> Oid {
        match self {
            Self::Md5 => oids::MD5,
            Self::Sha1 => oids::SHA1,
            Self::Sha256 => oids::SHA256,
            Self::Sha384 => oids::SHA384,
            Self::Sha512 => oids::SHA512,
            Self::Sha3_256 => oids::SHA3_256,
            Self::Sha3_384 => oids::SHA3_384,
            Self::Sha3_512 => oids::SHA3_512,
            Self::Shake256 => oids::SHAKE256,
        }
    }

    /// The digest an object identifier names.
    #[must_use]
    pub fn from_oid(oid: &Oid) -> Option<Self> {
        const ALL: [Hash; 9] = [
            Hash::Md5,
            Hash::Sha1,
            Hash::Sha256,
            Hash::Sha384,
            Hash::Sha512,
            Hash::Sha3_256,
            Hash::Sha3_384,
            Hash::Sha3_512,
            Hash::Shake256,
        ];
        ALL.into_iter().find(|hash| hash.oid() == *oid)
    }

    /// AlgorithmIdentifier with absent parameters (RFC 5754 §2), or with NULL.
    #[must_use]
    pub fn algorithm(self, with_null: bool) -> Vec<u8> {
        algorithm(&self.oid(), with_null.then(der::null).as_deref())
    }

    fn message_digest(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
            Self::Sha3_256 => MessageDigest::sha3_256(),
            Self::Sha3_384 => MessageDigest::sha3_384(),
            Self::Sha3_512 => MessageDigest::sha3_512(),
            Self::Shake256 => MessageDigest::shake_256(),
        }
    }
}

/// AlgorithmIdentifier (RFC 5280 §4.1.1.2).
pub(crate) fn algorithm(oid: &Oid, parameters: Option<&[u8]>) -> Vec<u8> {
    der::sequence(&[&der::oid(oid)[..], parameters.unwrap_or_default()])
}

/// What kind of key to make. Written as `rsa-3072`, `rsa-pss-3072`,
/// `rsa-pss-only-3072`, `p-256`, `brainpool-p256`, `ed25519`…
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA of so many bits, signing with PKCS#1 v1.5.
    Rsa(u16),
    /// RSA of so many bits, signing with PSS; the certificate says rsaEncryption.
    RsaPss(u16),
    /// RSA of so many bits, signing with PSS; the certificate says id-RSASSA-PSS.
    RsaPssOnly(u16),
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// ECDSA on brainpoolP256r1.
    BrainpoolP256,
    /// ECDSA on brainpoolP384r1.
    BrainpoolP384,
    /// ECDSA on brainpoolP512r1.
    BrainpoolP512,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
}

const CURVES: [(&str, KeyKind); 8] = [
    ("p-256", KeyKind::P256),
    ("p-384", KeyKind::P384),
    ("p-521", KeyKind::P521),
    ("brainpool-p256", KeyKind::BrainpoolP256),
    ("brainpool-p384", KeyKind::BrainpoolP384),
    ("brainpool-p512", KeyKind::BrainpoolP512),
    ("ed25519", KeyKind::Ed25519),
    ("ed448", KeyKind::Ed448),
];

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "rsa-{bits}"),
            Self::RsaPss(bits) => write!(f, "rsa-pss-{bits}"),
            Self::RsaPssOnly(bits) => write!(f, "rsa-pss-only-{bits}"),
            other => {
                let name = CURVES.iter().find(|(_, kind)| kind == other).map_or("", |(n, _)| *n);
                f.write_str(name)
            }
        }
    }
}

impl FromStr for KeyKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some((_, kind)) = CURVES.iter().find(|(name, _)| *name == text) {
            return Ok(*kind);
        }
        let forms = [
            ("rsa-pss-only-", Self::RsaPssOnly as fn(u16) -> Self),
            ("rsa-pss-", Self::RsaPss),
            ("rsa-", Self::Rsa),
        ];
        for (prefix, make) in forms {
            let bits = text.strip_prefix(prefix).and_then(|bits| bits.parse().ok());
            if let Some(bits) = bits.filter(|bits| (512..=16384).contains(bits)) {
                return Ok(make(bits));
            }
        }
        Err(Error::KeyKind { text: text.to_owned() })
    }
}

impl KeyKind {
    /// The digest that suits the key's strength (and, for EdDSA, the one RFC 8419 demands).
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::P384 | Self::BrainpoolP384 => Hash::Sha384,
            Self::P521 | Self::BrainpoolP512 | Self::Ed25519 => Hash::Sha512,
            Self::Ed448 => Hash::Shake256,
            _ => Hash::Sha256,
        }
    }

    fn curve(self) -> Option<Nid> {
        Some(match self {
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
            Self::BrainpoolP256 => Nid::BRAINPOOL_P256R1,
            Self::BrainpoolP384 => Nid::BRAINPOOL_P384R1,
            Self::BrainpoolP512 => Nid::BRAINPOOL_P512R1,
            _ => return None,
        })
    }
}

/// A private key and how it signs.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its kind, and with it the signature scheme.
    pub kind: KeyKind,
    pkey: PKey<Private>,
}

impl Key {
    /// A new key.
    ///
    /// # Errors
    /// OpenSSL cannot make this kind.
    pub fn generate(kind: KeyKind) -> Result<Self> {
        let doing = "make a key";
        let pkey = match kind {
            KeyKind::Rsa(bits) | KeyKind::RsaPss(bits) | KeyKind::RsaPssOnly(bits) => {
                PKey::from_rsa(Rsa::generate(u32::from(bits)).doing(doing)?).doing(doing)?
            }
            KeyKind::Ed25519 => PKey::generate_ed25519().doing(doing)?,
            KeyKind::Ed448 => PKey::generate_ed448().doing(doing)?,
            _ => {
                let nid = kind.curve().ok_or(Error::Unsupported { what: "No such curve" })?;
                let group = EcGroup::from_curve_name(nid).doing(doing)?;
                PKey::from_ec_key(EcKey::generate(&group).doing(doing)?).doing(doing)?
            }
        };
        Ok(Self { kind, pkey })
    }

    /// A key from PEM, as [`Key::pem`] writes it.
    ///
    /// # Errors
    /// Not a private key.
    pub fn from_pem(kind: KeyKind, pem: &[u8]) -> Result<Self> {
        let pkey = PKey::private_key_from_pem(pem).doing("read a private key")?;
        Ok(Self { kind, pkey })
    }

    /// PKCS#8 in PEM, unencrypted.
    ///
    /// # Errors
    /// OpenSSL refuses.
    pub fn pem(&self) -> Result<Vec<u8>> {
        self.pkey.private_key_to_pem_pkcs8().doing("write a private key")
    }

    /// PKCS#8 in DER; a key of kind [`KeyKind::RsaPssOnly`] under id-RSASSA-PSS.
    ///
    /// # Errors
    /// OpenSSL refuses.
    pub fn pkcs8(&self) -> Result<Vec<u8>> {
        let der = self.pkey.private_key_to_pkcs8().doing("write a private key")?;
        if !matches!(self.kind, KeyKind::RsaPssOnly(_)) {
            return Ok(der);
        }
        let mut fields = Value::parse(&der).reading("PrivateKeyInfo")?.children();
        let version = fields.any().reading("PrivateKeyInfo")?;
        fields.any().reading("PrivateKeyInfo")?;
        let pss = algorithm(&oids::RSA_PSS, None);
        Ok(der::sequence(&[version.raw(), &pss, fields.rest()]))
    }

    /// The key in OpenSSL's hands.
    #[must_use]
    pub fn openssl(&self) -> &PKey<Private> {
        &self.pkey
    }

    /// SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// OpenSSL refuses.
    pub fn spki(&self) -> Result<Vec<u8>> {
        let der = self.pkey.public_key_to_der().doing("write a public key")?;
        if !matches!(self.kind, KeyKind::RsaPssOnly(_)) {
            return Ok(der);
        }
        let mut fields = Value::parse(&der).reading("SubjectPublicKeyInfo")?.children();
        fields.any().reading("SubjectPublicKeyInfo")?;
        // Without parameters: any PSS parameters may be used (RFC 4055 §3.1).
        Ok(der::sequence(&[&algorithm(&oids::RSA_PSS, None)[..], fields.rest()]))
    }

    /// AlgorithmIdentifier of this key's signatures with `hash`.
    ///
    /// # Errors
    /// No identifier exists for the pair.
    pub fn algorithm(&self, hash: Hash) -> Result<Vec<u8>> {
        let none = Error::Unsupported { what: "No identifier for this key with this digest" };
        let oid = match self.kind {
            KeyKind::Ed25519 => return Ok(algorithm(&oids::ED25519, None)),
            KeyKind::Ed448 => return Ok(algorithm(&oids::ED448, None)),
            KeyKind::RsaPss(_) | KeyKind::RsaPssOnly(_) => return Ok(pss_algorithm(hash)),
            KeyKind::Rsa(_) => {
                let oid = match hash {
                    Hash::Md5 => oids::RSA_MD5,
                    Hash::Sha1 => oids::RSA_SHA1,
                    Hash::Sha256 => oids::RSA_SHA256,
                    Hash::Sha384 => oids::RSA_SHA384,
                    Hash::Sha512 => oids::RSA_SHA512,
                    Hash::Sha3_256 => oids::RSA_SHA3_256,
                    Hash::Sha3_384 => oids::RSA_SHA3_384,
                    Hash::Sha3_512 => oids::RSA_SHA3_512,
                    Hash::Shake256 => return Err(none),
                };
                return Ok(algorithm(&oid, Some(&der::null())));
            }
            _ => match hash {
                Hash::Sha1 => oids::ECDSA_SHA1,
                Hash::Sha256 => oids::ECDSA_SHA256,
                Hash::Sha384 => oids::ECDSA_SHA384,
                Hash::Sha512 => oids::ECDSA_SHA512,
                Hash::Sha3_256 => oids::ECDSA_SHA3_256,
                Hash::Sha3_384 => oids::ECDSA_SHA3_384,
                Hash::Sha3_512 => oids::ECDSA_SHA3_512,
                Hash::Md5 | Hash::Shake256 => return Err(none),
            },
        };
        Ok(algorithm(&oid, None))
    }

    /// Signs `data`: the digest is taken here, except for EdDSA which takes its own.
    ///
    /// # Errors
    /// OpenSSL refuses.
    pub fn sign(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>> {
        let doing = "sign";
        if matches!(self.kind, KeyKind::Ed25519 | KeyKind::Ed448) {
            let mut signer = Signer::new_without_digest(&self.pkey).doing(doing)?;
            return signer.sign_oneshot_to_vec(data).doing(doing);
        }
        let digest = hash.message_digest();
        let mut signer = Signer::new(digest, &self.pkey).doing(doing)?;
        if matches!(self.kind, KeyKind::RsaPss(_) | KeyKind::RsaPssOnly(_)) {
            signer.set_rsa_padding(Padding::PKCS1_PSS).doing(doing)?;
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).doing(doing)?;
            signer.set_rsa_mgf1_md(digest).doing(doing)?;
        }
        signer.update(data).doing(doing)?;
        signer.sign_to_vec().doing(doing)
    }

    /// PKCS#1 v1.5 over a DigestInfo whose AlgorithmIdentifier lacks the NULL
    /// (RFC 8017 §9.2 note 1 speaks of both forms).
    ///
    /// # Errors
    /// Not an RSA key.
    pub fn sign_digest_info_without_null(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>> {
        let doing = "sign a DigestInfo";
        let digest = hash.digest(data)?;
        let info = der::sequence(&[hash.algorithm(false), der::octet_string(&digest)]);
        let rsa = self.pkey.rsa().doing(doing)?;
        let mut out = vec![0; rsa.size() as usize];
        let written = rsa.private_encrypt(&info, &mut out, Padding::PKCS1).doing(doing)?;
        out.truncate(written);
        Ok(out)
    }

    /// The private operation of RSA on a whole block, which is as long as the modulus: paddings
    /// that no library would make.
    ///
    /// # Errors
    /// Not an RSA key, or a block of another length.
    pub fn private_block(&self, block: &[u8]) -> Result<Vec<u8>> {
        let doing = "sign a block";
        let rsa = self.pkey.rsa().doing(doing)?;
        let mut out = vec![0; rsa.size() as usize];
        let written = rsa.private_encrypt(block, &mut out, Padding::NONE).doing(doing)?;
        out.truncate(written);
        Ok(out)
    }
}

/// RSASSA-PSS-params with MGF1 of the same digest and a salt of its length (RFC 4055 §3.1).
fn pss_algorithm(hash: Hash) -> Vec<u8> {
    let digest = hash.algorithm(true);
    let parameters = der::sequence(&[
        der::explicit(0, &digest),
        der::explicit(1, &algorithm(&oids::MGF1, Some(&digest))),
        der::explicit(2, &der::integer(hash.length() as u64)),
    ]);
    algorithm(&oids::RSA_PSS, Some(&parameters))
}

/// The key bits of a SubjectPublicKeyInfo, which key identifiers are digests of.
pub(crate) fn key_bits(spki: &[u8]) -> Result<Vec<u8>> {
    let mut fields = Value::parse(spki).reading("SubjectPublicKeyInfo")?.children();
    fields.any().reading("SubjectPublicKeyInfo")?;
    let bits = fields.expect(Tag::BIT_STRING).reading("SubjectPublicKeyInfo")?;
    Ok(bits.bit_string().reading("SubjectPublicKeyInfo")?.1.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_written_and_read() {
        for kind in [KeyKind::Rsa(2048), KeyKind::RsaPss(3072), KeyKind::RsaPssOnly(2048)] {
            assert_eq!(kind.to_string().parse::<KeyKind>().unwrap(), kind);
        }
        for (name, kind) in CURVES {
            assert_eq!(name.parse::<KeyKind>().unwrap(), kind);
            assert_eq!(kind.to_string(), name);
        }
        for text in ["", "rsa", "rsa-", "rsa-1", "dsa", "p256"] {
            assert!(text.parse::<KeyKind>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pss_only_key_is_one_to_openssl_too() {
        let key = Key::generate(KeyKind::RsaPssOnly(2048)).unwrap();
        let public = PKey::public_key_from_der(&key.spki().unwrap()).unwrap();
        assert_eq!(public.id(), openssl::pkey::Id::RSA_PSS);
        let signature = key.sign(Hash::Sha256, b"verbale").unwrap();
        let mut verifier = openssl::sign::Verifier::new(MessageDigest::sha256(), &public).unwrap();
        verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::custom(32)).unwrap();
        assert!(verifier.verify_oneshot(&signature, b"verbale").unwrap());
        assert!(!verifier.verify_oneshot(&signature, b"Verbale").unwrap_or(false));
        let private = PKey::private_key_from_pkcs8(&key.pkcs8().unwrap()).unwrap();
        assert_eq!(private.id(), openssl::pkey::Id::RSA_PSS);
    }

    #[test]
    fn a_digest_info_without_null_is_two_octets_shorter() {
        let key = Key::generate(KeyKind::Rsa(2048)).unwrap();
        let open = |signature: &[u8]| {
            let rsa = key.openssl().rsa().unwrap();
            let mut out = vec![0; 256];
            let length = rsa.public_decrypt(signature, &mut out, Padding::PKCS1).unwrap();
            out.truncate(length);
            out
        };
        let with = open(&key.sign(Hash::Sha256, b"verbale").unwrap());
        let without = open(&key.sign_digest_info_without_null(Hash::Sha256, b"verbale").unwrap());
        assert_eq!(with.len(), without.len() + 2);
        assert_eq!(with[with.len() - 32..], without[without.len() - 32..]);
    }
}

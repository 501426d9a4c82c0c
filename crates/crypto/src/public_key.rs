//! Public keys out of SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) and what they
//! verify.

use std::fmt;

use asn1::{Cursor, Tag, Value};
use openssl::{
    pkey::{Id, PKey, Public},
    sign::Verifier,
};

use crate::{
    AlgorithmIdentifier, Curve, Error, PssParameters, Result, SignatureAlgorithm,
    algorithm::{EC_PUBLIC_KEY, ED448, ED25519, ID_DSA, RSA_ENCRYPTION, RSASSA_PSS},
    digest::digest,
    discrete_log::{DsaKey, EcPublic},
    error::Context,
    rsa::RsaKey,
};

/// What a key is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA, any padding.
    Rsa,
    /// RSA for RSASSA-PSS only (id-RSASSA-PSS, RFC 4055 §1.2).
    RsaPss,
    /// ECDSA on this curve.
    Ec(Curve),
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// DSA.
    Dsa,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rsa => "RSA",
            Self::RsaPss => "RSASSA-PSS",
            Self::Ec(curve) => curve.name(),
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::Dsa => "DSA",
        })
    }
}

/// A departure from the letter of a standard that was needed to accept a
/// signature. A strict caller refuses it; every caller reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tolerance {
    /// The DigestInfo inside an RSA PKCS#1 v1.5 signature names its algorithm
    /// without the NULL parameters it must have (RFC 8017 §A.2.4).
    DigestInfoWithoutNull,
}

impl Tolerance {
    /// Its stable name in reports.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::DigestInfoWithoutNull => "digest-info-without-null",
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::DigestInfoWithoutNull => {
                "the DigestInfo inside the RSA signature lacks its NULL parameters"
            }
        })
    }
}

/// A signature verified. Only this crate makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// What had to be tolerated, if anything.
    pub tolerance: Option<Tolerance>,
}

/// A public key.
#[derive(Clone)]
pub struct PublicKey {
    spki: Vec<u8>,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Rsa(RsaKey),
    RsaPss(RsaKey, Option<PssParameters>),
    Ec(EcPublic),
    Ed25519(PKey<Public>),
    Ed448(PKey<Public>),
    Dsa(DsaKey),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Malformed, of an unsupported kind, over a limit, or no sound key: a
    /// point off its curve, an even modulus.
    pub fn from_spki_der(octets: &[u8]) -> Result<Self> {
        Self::read(octets, None)
    }

    /// Reads a SubjectPublicKeyInfo that may leave out its DSA parameters, to
    /// take them from the key that certifies it (RFC 5280 §6.1.4 (d) to (f)).
    ///
    /// # Errors
    /// As [`Self::from_spki_der`]; parameters missing and `issuer` no DSA key.
    pub fn from_spki_der_issued_by(octets: &[u8], issuer: &Self) -> Result<Self> {
        Self::read(octets, Some(issuer))
    }

    fn read(octets: &[u8], issuer: Option<&Self>) -> Result<Self> {
        let what = "public key";
        let value = Value::parse(octets).context(what)?;
        let mut fields = value.expect(Tag::SEQUENCE).context(what)?.children();
        let algorithm = AlgorithmIdentifier::parse(&fields.any().context(what)?)?;
        let bits = fields.expect(Tag::BIT_STRING).and_then(|v| v.bit_string()).context(what)?;
        fields.finish().context(what)?;
        let (0, bits) = bits else { return Err(Error::malformed(what)) };
        let issuer = issuer.map(|issuer| &issuer.key);
        Ok(Self { spki: octets.to_vec(), key: Key::read(&algorithm, bits, issuer)? })
    }

    /// The SubjectPublicKeyInfo as received.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The octets of `subjectPublicKey`, of which key identifiers and OCSP's
    /// issuerKeyHash are digests (RFC 5280 §4.2.1.2, RFC 6960 §4.1.1).
    #[must_use]
    pub fn subject_public_key(&self) -> &[u8] {
        let bits = || -> asn1::Result<&[u8]> {
            let mut fields: Cursor<'_> = Value::parse(&self.spki)?.children();
            fields.any()?;
            Ok(fields.any()?.bit_string()?.1)
        };
        bits().unwrap_or_default()
    }

    /// Its kind.
    #[must_use]
    pub fn key_kind(&self) -> KeyKind {
        match &self.key {
            Key::Rsa(_) => KeyKind::Rsa,
            Key::RsaPss(..) => KeyKind::RsaPss,
            Key::Ec(key) => KeyKind::Ec(key.curve),
            Key::Ed25519(_) => KeyKind::Ed25519,
            Key::Ed448(_) => KeyKind::Ed448,
            Key::Dsa(_) => KeyKind::Dsa,
        }
    }

    /// Bits of the modulus, or of the curve's field.
    #[must_use]
    pub fn bits(&self) -> usize {
        match &self.key {
            Key::Rsa(key) | Key::RsaPss(key, _) => key.bits(),
            Key::Ec(key) => key.curve.bits(),
            Key::Ed25519(_) => 256,
            Key::Ed448(_) => 456,
            Key::Dsa(key) => key.bits(),
        }
    }

    /// The parameters an id-RSASSA-PSS key restricts its signatures to.
    #[must_use]
    pub fn pss_constraint(&self) -> Option<PssParameters> {
        match &self.key {
            Key::RsaPss(_, constraint) => *constraint,
            _ => None,
        }
    }

    /// Whether both are the same key, however encoded (a compressed point, or
    /// id-RSASSA-PSS against rsaEncryption).
    #[must_use]
    pub fn same_key(&self, other: &Self) -> bool {
        match (&self.key, &other.key) {
            (Key::Rsa(a) | Key::RsaPss(a, _), Key::Rsa(b) | Key::RsaPss(b, _)) => a == b,
            (Key::Ec(a), Key::Ec(b)) => {
                a.curve == b.curve
                    && a.point().ok().zip(b.point().ok()).is_some_and(|(a, b)| a == b)
            }
            (Key::Ed25519(_), Key::Ed25519(_)) | (Key::Ed448(_), Key::Ed448(_)) => {
                self.subject_public_key() == other.subject_public_key()
            }
            (Key::Dsa(a), Key::Dsa(b)) => a == b,
            _ => false,
        }
    }

    /// The longest signature value this key gives, in octets.
    pub(crate) fn max_signature_len(&self, algorithm: &SignatureAlgorithm) -> usize {
        match &self.key {
            Key::Rsa(key) | Key::RsaPss(key, _) => key.bits().div_ceil(8),
            Key::Ec(key) => {
                let length = key.order_len();
                if matches!(algorithm, SignatureAlgorithm::PlainEcdsa { .. }) {
                    return 2 * length;
                }
                // A zero octet in front where the highest bit can be set.
                let number = 2 + length + usize::from(key.order_bits().is_multiple_of(8));
                2 * number + if 2 * number < 128 { 2 } else { 3 }
            }
            Key::Ed25519(_) => 64,
            Key::Ed448(_) => 114,
            Key::Dsa(_) => 2 + 2 * (2 + 33),
        }
    }

    /// Octets of r and s in a plain ECDSA value.
    pub(crate) fn order_len(&self) -> Option<usize> {
        match &self.key {
            Key::Ec(key) => Some(key.order_len()),
            _ => None,
        }
    }

    /// Whether the algorithm can be used with this key at all.
    ///
    /// # Errors
    /// [`Error::AlgorithmMismatch`] or [`Error::KeyConstraint`].
    pub fn fits(&self, algorithm: &SignatureAlgorithm) -> Result<()> {
        use SignatureAlgorithm as A;
        let fits = match (&self.key, algorithm) {
            (Key::RsaPss(_, Some(constraint)), A::RsaPss { .. }) => {
                if !algorithm.pss_parameters().is_some_and(|used| constraint.permits(&used)) {
                    return Err(Error::KeyConstraint { algorithm: algorithm.name() });
                }
                true
            }
            (Key::Rsa(_), A::RsaPkcs1 { .. } | A::RsaPss { .. })
            | (Key::RsaPss(_, None), A::RsaPss { .. })
            | (Key::Ec(_), A::Ecdsa { .. } | A::PlainEcdsa { .. })
            | (Key::Ed25519(_), A::Ed25519)
            | (Key::Ed448(_), A::Ed448)
            | (Key::Dsa(_), A::Dsa { .. }) => true,
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(Error::AlgorithmMismatch { algorithm: algorithm.name(), key: self.key_kind() })
    }

    /// Verifies a signature over a message in memory.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`], or that algorithm and key do not fit or are
    /// not supported.
    pub fn verify(
        &self,
        algorithm: &SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Verified> {
        self.fits(algorithm)?;
        match (&self.key, algorithm.digest()) {
            (Key::Ed25519(key), None) => verify_eddsa(key, 64, message, signature),
            (Key::Ed448(key), None) => verify_eddsa(key, 114, message, signature),
            (_, Some(used)) => self.verify_digest(algorithm, &digest(used, message), signature),
            (_, None) => Err(Error::NeedsMessage { algorithm: algorithm.name() }),
        }
    }

    /// Verifies a signature over a message of which only the digest is at
    /// hand: content without signed attributes, of any size. Not for EdDSA.
    ///
    /// # Errors
    /// As [`Self::verify`], and [`Error::NeedsMessage`] or
    /// [`Error::DigestLength`].
    pub fn verify_digest(
        &self,
        algorithm: &SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<Verified> {
        use SignatureAlgorithm as A;
        self.fits(algorithm)?;
        let needs_message = || Error::NeedsMessage { algorithm: algorithm.name() };
        let used = algorithm.digest().ok_or_else(needs_message)?;
        if digest.len() != used.output_len() {
            return Err(Error::DigestLength { expected: used.output_len(), found: digest.len() });
        }
        match (&self.key, algorithm) {
            (Key::Rsa(key), A::RsaPkcs1 { digest: used }) => {
                key.verify_pkcs1(*used, digest, signature)
            }
            (Key::Rsa(key) | Key::RsaPss(key, _), _) => {
                let parameters = algorithm.pss_parameters().ok_or_else(needs_message)?;
                key.verify_pss(&parameters, digest, signature)
            }
            (Key::Ec(key), A::PlainEcdsa { .. }) => key.verify_plain(digest, signature),
            (Key::Ec(key), _) => key.verify_der(digest, signature),
            (Key::Dsa(key), _) => key.verify(digest, signature),
            (Key::Ed25519(_) | Key::Ed448(_), _) => Err(needs_message()),
        }
    }
}

impl Key {
    fn read(algorithm: &AlgorithmIdentifier, bits: &[u8], issuer: Option<&Self>) -> Result<Self> {
        let oid = algorithm.oid;
        if oid == RSA_ENCRYPTION {
            algorithm.require_no_parameters()?;
            return Ok(Self::Rsa(RsaKey::from_der(bits)?));
        }
        if oid == RSASSA_PSS {
            let constraint =
                algorithm.parameters.as_deref().map(PssParameters::from_der).transpose()?;
            return Ok(Self::RsaPss(RsaKey::from_der(bits)?, constraint));
        }
        if oid == EC_PUBLIC_KEY {
            let raw = algorithm.parameters.as_deref().unwrap_or_default();
            let named = Value::parse(raw).context("elliptic curve parameters")?;
            if named.tag() != Tag::OID {
                return Err(Error::Unsupported { what: "elliptic curves that are not named" });
            }
            let oid = named.oid().context("elliptic curve parameters")?;
            let curve = Curve::from_oid(&oid).ok_or(Error::UnsupportedCurve { oid })?;
            return Ok(Self::Ec(EcPublic::new(curve, bits)?));
        }
        if oid == ID_DSA {
            let issuer = match issuer {
                Some(Self::Dsa(issuer)) => Some(issuer),
                _ => None,
            };
            let parameters = algorithm.parameters.as_deref().filter(|raw| *raw != [5, 0]);
            return Ok(Self::Dsa(DsaKey::new(parameters, bits, issuer)?));
        }
        if oid == ED25519 || oid == ED448 {
            if algorithm.parameters.is_some() {
                return Err(Error::malformed("EdDSA public key: it has no parameters"));
            }
            let (id, length) = if oid == ED25519 { (Id::ED25519, 32) } else { (Id::ED448, 57) };
            if bits.len() != length {
                return Err(Error::malformed("EdDSA public key"));
            }
            let key = PKey::public_key_from_raw_bytes(bits, id)
                .map_err(|_| Error::UnsupportedAlgorithm { kind: "key", oid })?;
            return Ok(if oid == ED25519 { Self::Ed25519(key) } else { Self::Ed448(key) });
        }
        Err(Error::UnsupportedAlgorithm { kind: "key", oid })
    }
}

/// RFC 8032 §5.1.7 and §5.2.7, with OpenSSL: it refuses S beyond the order.
fn verify_eddsa(
    key: &PKey<Public>,
    length: usize,
    message: &[u8],
    signature: &[u8],
) -> Result<Verified> {
    if signature.len() != length {
        return Err(Error::SignatureInvalid);
    }
    let mut verifier = Verifier::new_without_digest(key).context("EdDSA")?;
    // OpenSSL answers a malformed point or S with an error, not with "no".
    match verifier.verify_oneshot(signature, message) {
        Ok(true) => Ok(Verified { tolerance: None }),
        Ok(false) | Err(_) => Err(Error::SignatureInvalid),
    }
}

impl PartialEq for PublicKey {
    /// Equal encodings; [`PublicKey::same_key`] looks at the key itself.
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {} bits)", self.key_kind(), self.bits())
    }
}

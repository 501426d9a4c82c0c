//! RSASSA-PSS-params (RFC 4055 §3.1, RFC 8017 §A.2.3).

use asn1::{Oid, Tag, Value, der};

use crate::{AlgorithmIdentifier, DigestAlgorithm, Error, Result, error::Context};

const MGF1: Oid = Oid::new("1.2.840.113549.1.1.8");

/// What an RSASSA-PSS signature, or a key made for them, says of its parts.
///
/// ```text
/// RSASSA-PSS-params ::= SEQUENCE {
///     hashAlgorithm    [0] HashAlgorithm    DEFAULT sha1,
///     maskGenAlgorithm [1] MaskGenAlgorithm DEFAULT mgf1SHA1,
///     saltLength       [2] INTEGER          DEFAULT 20,
///     trailerField     [3] TrailerField     DEFAULT trailerFieldBC }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PssParameters {
    /// The digest of the message.
    pub digest: DigestAlgorithm,
    /// The digest inside MGF1; a SHAKE stands for itself, used as the mask
    /// generation function directly (RFC 8702 §3.2).
    pub mgf_digest: DigestAlgorithm,
    /// Octets of the salt.
    pub salt_len: u32,
    /// The trailer field; only 1 (octet BC) is defined.
    pub trailer: u32,
}

impl PssParameters {
    /// What is written today: one digest for both, salt as long as it
    /// (RFC 4056 §3, RFC 8702 §3.2).
    #[must_use]
    pub fn of_digest(digest: DigestAlgorithm) -> Self {
        Self { digest, mgf_digest: digest, salt_len: digest.output_len() as u32, trailer: 1 }
    }

    /// Reads the parameters; what is left out has its default.
    ///
    /// # Errors
    /// Malformed parameters or an unknown algorithm in them.
    pub fn from_der(octets: &[u8]) -> Result<Self> {
        let what = "RSASSA-PSS parameters";
        let value = Value::parse(octets).context(what)?;
        let mut fields = value.expect(Tag::SEQUENCE).context(what)?.children();
        let mut field = |n: u8| -> Result<Option<Value<'_>>> {
            let tagged = fields.optional(Tag::context_constructed(n)).context(what)?;
            tagged.map(|value| value.inner()).transpose().context(what)
        };
        let mut read = Self {
            digest: DigestAlgorithm::Sha1,
            mgf_digest: DigestAlgorithm::Sha1,
            salt_len: 20,
            trailer: 1,
        };
        if let Some(value) = field(0)? {
            read.digest = DigestAlgorithm::from_identifier(&AlgorithmIdentifier::parse(&value)?)?;
        }
        if let Some(value) = field(1)? {
            read.mgf_digest = mask_digest(&AlgorithmIdentifier::parse(&value)?)?;
        }
        let small = |value: Value<'_>| {
            value.u64().ok().and_then(|n| u32::try_from(n).ok()).ok_or(Error::malformed(what))
        };
        if let Some(value) = field(2)? {
            read.salt_len = small(value)?;
        }
        if let Some(value) = field(3)? {
            read.trailer = small(value)?;
        }
        fields.finish().context(what)?;
        Ok(read)
    }

    /// The encoding; defaults are left out, as DER wants.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        if self.digest != DigestAlgorithm::Sha1 {
            fields.push(der::explicit(0, &self.digest.identifier().to_der()));
        }
        if self.mgf_digest.is_shake() {
            fields.push(der::explicit(1, &self.mgf_digest.identifier().to_der()));
        } else if self.mgf_digest != DigestAlgorithm::Sha1 {
            let inner = self.mgf_digest.identifier().to_der();
            let mgf = AlgorithmIdentifier { oid: MGF1, parameters: Some(inner) };
            fields.push(der::explicit(1, &mgf.to_der()));
        }
        if self.salt_len != 20 {
            fields.push(der::explicit(2, &der::integer(self.salt_len.into())));
        }
        if self.trailer != 1 {
            fields.push(der::explicit(3, &der::integer(self.trailer.into())));
        }
        der::sequence(&fields)
    }

    /// Whether a key with these parameters permits a signature with `used`:
    /// same digests and trailer, a salt at least as long (RFC 4055 §3.3).
    #[must_use]
    pub fn permits(&self, used: &Self) -> bool {
        self.digest == used.digest
            && self.mgf_digest == used.mgf_digest
            && self.trailer == used.trailer
            && self.salt_len <= used.salt_len
    }
}

fn mask_digest(identifier: &AlgorithmIdentifier) -> Result<DigestAlgorithm> {
    if identifier.oid == MGF1 {
        // MGF1 without its digest has no default of its own; the default of
        // the whole field is spelled by leaving the field out.
        let Some(raw) = &identifier.parameters else {
            return Err(Error::malformed("RSASSA-PSS parameters: MGF1 without a digest"));
        };
        let digest = DigestAlgorithm::from_identifier(&AlgorithmIdentifier::from_der(raw)?)?;
        if digest.is_shake() {
            return Err(Error::Unsupported { what: "MGF1 with SHAKE" });
        }
        return Ok(digest);
    }
    match DigestAlgorithm::from_identifier(identifier) {
        Ok(digest) if digest.is_shake() => Ok(digest),
        _ => Err(Error::UnsupportedAlgorithm { kind: "mask generation", oid: identifier.oid }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_left_out_and_read_back() {
        let defaults = PssParameters::of_digest(DigestAlgorithm::Sha1);
        assert_eq!(defaults.to_der(), [0x30, 0]);
        assert_eq!(PssParameters::from_der(&[0x30, 0]).unwrap(), defaults);
        for digest in DigestAlgorithm::ALL {
            let parameters = PssParameters::of_digest(digest);
            assert_eq!(PssParameters::from_der(&parameters.to_der()).unwrap(), parameters);
        }
        let odd = PssParameters {
            digest: DigestAlgorithm::Sha512,
            mgf_digest: DigestAlgorithm::Sha1,
            salt_len: 0,
            trailer: 7,
        };
        assert_eq!(PssParameters::from_der(&odd.to_der()).unwrap(), odd);
    }

    #[test]
    fn damage_is_refused_without_panic() {
        let whole = PssParameters::of_digest(DigestAlgorithm::Sha256).to_der();
        for end in 0..whole.len() {
            assert!(PssParameters::from_der(&whole[..end]).is_err(), "{end}");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = PssParameters::from_der(&flipped) {
                assert_ne!(read, PssParameters::of_digest(DigestAlgorithm::Sha256), "bit {bit}");
            }
        }
        // Fields out of order, a salt length that is negative or huge.
        let swapped =
            der::sequence(&[der::explicit(2, &der::integer(1)), der::explicit(0, &der::null())]);
        assert!(PssParameters::from_der(&swapped).is_err());
        for salt in [&[2, 1, 0xff][..], &[2, 5, 1, 0, 0, 0, 0]] {
            assert!(PssParameters::from_der(&der::sequence(&[der::explicit(2, salt)])).is_err());
        }
    }

    #[test]
    fn a_key_permits_longer_salts_only() {
        let key = PssParameters::of_digest(DigestAlgorithm::Sha256);
        assert!(key.permits(&key));
        assert!(key.permits(&PssParameters { salt_len: 64, ..key }));
        assert!(!key.permits(&PssParameters { salt_len: 31, ..key }));
        assert!(!key.permits(&PssParameters { mgf_digest: DigestAlgorithm::Sha1, ..key }));
        assert!(!key.permits(&PssParameters::of_digest(DigestAlgorithm::Sha512)));
    }
}

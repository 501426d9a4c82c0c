//! ECDSA and DSA verification (FIPS 186-5 §6.4.2, FIPS 186-4 §4.7).
//!
//! The encoding of a signature value is checked before any arithmetic: strict
//! DER with minimal positive integers, or two halves of exact length; both
//! numbers inside the group's order.

use asn1::{Cursor, Tag, Value, der};
use openssl::{
    bn::{BigNum, BigNumContext, BigNumRef},
    ec::{EcKey, EcPoint, PointConversionForm},
    ecdsa::EcdsaSig,
    error::ErrorStack,
    pkey::Public,
};

use crate::{
    Curve, Error, Result, Verified,
    error::Context,
    limits,
    rsa::{bits, unsigned},
};

/// A signature value as two numbers, each at least 1.
struct Pair<'a> {
    r: &'a [u8],
    s: &'a [u8],
}

impl<'a> Pair<'a> {
    /// `SEQUENCE { r INTEGER, s INTEGER }`, DER to the octet: what is read is
    /// written again and compared.
    fn from_der(signature: &'a [u8]) -> Result<Self> {
        let read = || -> asn1::Result<(&'a [u8], &'a [u8])> {
            let mut fields = Value::parse(signature)?.expect(Tag::SEQUENCE)?.children();
            let mut number = || fields.expect(Tag::INTEGER)?.integer();
            let pair = (number()?, number()?);
            fields.finish()?;
            Ok(pair)
        };
        let (r, s) = read().map_err(|_| Error::SignatureInvalid)?;
        let pair = Self {
            r: unsigned(r).ok_or(Error::SignatureInvalid)?,
            s: unsigned(s).ok_or(Error::SignatureInvalid)?,
        };
        let again = der::sequence(&[der::unsigned_integer(pair.r), der::unsigned_integer(pair.s)]);
        if again == signature { Ok(pair) } else { Err(Error::SignatureInvalid) }
    }

    /// Two halves of `length` octets each.
    fn from_plain(signature: &'a [u8], length: usize) -> Result<Self> {
        if signature.len() != 2 * length {
            return Err(Error::SignatureInvalid);
        }
        let (r, s) = signature.split_at(length);
        Ok(Self { r, s })
    }

    /// Both as numbers of 1 to `order` - 1.
    fn numbers(&self, order: &BigNumRef) -> Result<(BigNum, BigNum)> {
        let number = |octets: &[u8]| {
            let number = BigNum::from_slice(octets).context("big numbers")?;
            let inside = number.num_bits() > 0 && *number < *order;
            if inside { Ok(number) } else { Err(Error::SignatureInvalid) }
        };
        Ok((number(self.r)?, number(self.s)?))
    }
}

/// A point on a named curve.
#[derive(Clone)]
pub(crate) struct EcPublic {
    pub(crate) curve: Curve,
    key: EcKey<Public>,
    order: Vec<u8>,
}

impl EcPublic {
    /// Reads an ECPoint (SEC 1 §2.3.4): compressed or not, never hybrid, never
    /// the point at infinity, and on the curve. All curves here have cofactor
    /// 1, so that on the curve is in the group.
    pub(crate) fn new(curve: Curve, point: &[u8]) -> Result<Self> {
        if !matches!(point.first(), Some(2..=4)) {
            return Err(Error::malformed("elliptic curve public key"));
        }
        let group = curve.group()?;
        let mut context = BigNumContext::new().context("big numbers")?;
        let point = EcPoint::from_bytes(&group, point, &mut context)
            .map_err(|_| Error::malformed("elliptic curve public key"))?;
        let key = EcKey::from_public_key(&group, &point).context("elliptic curve key")?;
        let mut order = BigNum::new().context("big numbers")?;
        group.order(&mut order, &mut context).context("elliptic curve order")?;
        Ok(Self { curve, key, order: order.to_vec() })
    }

    /// Octets of r and s each.
    pub(crate) fn order_len(&self) -> usize {
        self.order.len()
    }

    /// Bits of the group order.
    pub(crate) fn order_bits(&self) -> usize {
        bits(&self.order)
    }

    /// The point, uncompressed.
    pub(crate) fn point(&self) -> Result<Vec<u8>> {
        let mut context = BigNumContext::new().context("big numbers")?;
        self.key
            .public_key()
            .to_bytes(self.key.group(), PointConversionForm::UNCOMPRESSED, &mut context)
            .context("elliptic curve point")
    }

    pub(crate) fn verify_der(&self, digest: &[u8], signature: &[u8]) -> Result<Verified> {
        self.verify(digest, &Pair::from_der(signature)?)
    }

    pub(crate) fn verify_plain(&self, digest: &[u8], signature: &[u8]) -> Result<Verified> {
        self.verify(digest, &Pair::from_plain(signature, self.order_len())?)
    }

    fn verify(&self, digest: &[u8], pair: &Pair<'_>) -> Result<Verified> {
        let order = BigNum::from_slice(&self.order).context("big numbers")?;
        let (r, s) = pair.numbers(&order)?;
        let signature = EcdsaSig::from_private_components(r, s).context("ECDSA")?;
        // OpenSSL takes the leftmost bits of a digest longer than the order.
        match signature.verify(digest, &self.key) {
            Ok(true) => Ok(Verified { tolerance: None }),
            Ok(false) => Err(Error::SignatureInvalid),
            // SEC 1 §4.1.4 step 6: the point at infinity is a "no", which
            // OpenSSL words as an error.
            Err(errors) if errors.errors().iter().any(at_infinity) => Err(Error::SignatureInvalid),
            Err(source) => Err(Error::OpenSsl { doing: "ECDSA", source }),
        }
    }
}

/// `EC_R_POINT_AT_INFINITY` of OpenSSL's `ecerr.h`.
fn at_infinity(error: &openssl::error::Error) -> bool {
    error.reason_code() == 106
}

/// A DSA public key with its domain.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DsaKey {
    p: Vec<u8>,
    q: Vec<u8>,
    g: Vec<u8>,
    y: Vec<u8>,
}

impl DsaKey {
    /// Reads Dss-Parms and DSAPublicKey (RFC 3279 §2.3.2). Without parameters
    /// those of the issuer's key hold.
    pub(crate) fn new(
        parameters: Option<&[u8]>,
        key: &[u8],
        issuer: Option<&Self>,
    ) -> Result<Self> {
        let what = "DSA public key";
        let number = |fields: &mut Cursor<'_>| -> Result<Vec<u8>> {
            let contents = fields.expect(Tag::INTEGER).and_then(|v| v.integer()).context(what)?;
            unsigned(contents).map(<[u8]>::to_vec).ok_or(Error::malformed(what))
        };
        let mut fields = Cursor::new(key);
        let y = number(&mut fields)?;
        fields.finish().context(what)?;
        let key = match (parameters, issuer) {
            (Some(parameters), _) => {
                let value = Value::parse(parameters).and_then(|value| value.expect(Tag::SEQUENCE));
                let mut fields = value.context(what)?.children();
                let (p, q, g) = (number(&mut fields)?, number(&mut fields)?, number(&mut fields)?);
                fields.finish().context(what)?;
                Self { p, q, g, y }
            }
            (None, Some(issuer)) => Self { y, ..issuer.clone() },
            (None, None) => {
                return Err(Error::Unsupported { what: "DSA parameters inherited from nobody" });
            }
        };
        key.check()?;
        Ok(key)
    }

    /// The checks of FIPS 186-4 §A.2.2 and SP 800-89 §5.3.1 that need no
    /// primality proof: enough that no forged domain verifies everything.
    fn check(&self) -> Result<()> {
        let (p, q) = (bits(&self.p), bits(&self.q));
        if p > limits::MAX_DSA_BITS {
            let (what, limit) = ("bits of DSA modulus", limits::MAX_DSA_BITS as u64);
            return Err(Error::Limit { what, limit, found: p as u64 });
        }
        if p < 512 || !matches!(q, 160 | 224 | 256) {
            return Err(Error::Unsupported { what: "a DSA domain of this size" });
        }
        let sound = || -> Result<bool, ErrorStack> {
            let number = |octets: &[u8]| BigNum::from_slice(octets);
            let (p, q, g, y) =
                (number(&self.p)?, number(&self.q)?, number(&self.g)?, number(&self.y)?);
            if !p.is_odd() || !q.is_odd() {
                return Ok(false);
            }
            let one = BigNum::from_u32(1)?;
            let mut context = BigNumContext::new()?;
            let mut below = p.to_owned()?;
            below.sub_word(1)?;
            let mut rest = BigNum::new()?;
            rest.checked_rem(&below, &q, &mut context)?;
            let mut in_group = rest.num_bits() == 0;
            for element in [&g, &y] {
                let mut power = BigNum::new()?;
                in_group = in_group && *element > one && *element < below;
                if in_group {
                    power.mod_exp(element, &q, &p, &mut context)?;
                    in_group = power == one;
                }
            }
            Ok(in_group)
        };
        if sound().context("DSA")? { Ok(()) } else { Err(Error::malformed("DSA public key")) }
    }

    pub(crate) fn bits(&self) -> usize {
        bits(&self.p)
    }

    /// FIPS 186-4 §4.7 in plain arithmetic: everything here is public, and
    /// OpenSSL's builds differ in whether they still offer DSA.
    pub(crate) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<Verified> {
        let pair = Pair::from_der(signature)?;
        let order = BigNum::from_slice(&self.q).context("big numbers")?;
        let (r, s) = pair.numbers(&order)?;
        let digest = &digest[..digest.len().min(self.q.len())];
        if self.matches(digest, &order, &r, &s).context("DSA")? {
            Ok(Verified { tolerance: None })
        } else {
            Err(Error::SignatureInvalid)
        }
    }

    fn matches(
        &self,
        digest: &[u8],
        q: &BigNumRef,
        r: &BigNumRef,
        s: &BigNumRef,
    ) -> Result<bool, ErrorStack> {
        let (p, g, y) = (
            BigNum::from_slice(&self.p)?,
            BigNum::from_slice(&self.g)?,
            BigNum::from_slice(&self.y)?,
        );
        let mut context = BigNumContext::new()?;
        let mut w = BigNum::new()?;
        // q need not be prime, for all we know; then there may be no inverse.
        if w.mod_inverse(s, q, &mut context).is_err() {
            return Ok(false);
        }
        let z = BigNum::from_slice(digest)?;
        let (mut u1, mut u2) = (BigNum::new()?, BigNum::new()?);
        u1.mod_mul(&z, &w, q, &mut context)?;
        u2.mod_mul(r, &w, q, &mut context)?;
        let (mut a, mut b) = (BigNum::new()?, BigNum::new()?);
        a.mod_exp(&g, &u1, &p, &mut context)?;
        b.mod_exp(&y, &u2, &p, &mut context)?;
        let (mut product, mut v) = (BigNum::new()?, BigNum::new()?);
        product.mod_mul(&a, &b, &p, &mut context)?;
        v.nnmod(&product, q, &mut context)?;
        Ok(*v == *r)
    }
}

//! RSA verification (RFC 8017 §8) over one modular exponentiation.
//!
//! Neither scheme parses what the exponentiation gives: PKCS#1 v1.5 rebuilds
//! the whole block and compares, PSS recomputes the mask and the digest. This
//! is what closes the leniency class of CVE-2006-4339 and its many children.

use asn1::{Tag, Value, der};
use openssl::bn::{BigNum, BigNumContext, BigNumRef};

use crate::{
    AlgorithmIdentifier, DigestAlgorithm, Error, PssParameters, Result, Tolerance, Verified,
    digest::{digest as hash, shake},
    error::Context,
    limits,
};

/// A public key: modulus and exponent, both odd and within limits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RsaKey {
    /// Big-endian, no leading zero.
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaKey {
    /// Reads RSAPublicKey (RFC 8017 §A.1.1).
    pub(crate) fn from_der(octets: &[u8]) -> Result<Self> {
        let what = "RSA public key";
        let mut fields = Value::parse(octets)
            .and_then(|value| value.expect(Tag::SEQUENCE))
            .context(what)?
            .children();
        let mut number = || -> Result<Vec<u8>> {
            let contents = fields.expect(Tag::INTEGER).and_then(|v| v.integer()).context(what)?;
            unsigned(contents).map(<[u8]>::to_vec).ok_or(Error::malformed(what))
        };
        let key = Self { modulus: number()?, exponent: number()? };
        fields.finish().context(what)?;
        key.check()?;
        Ok(key)
    }

    fn check(&self) -> Result<()> {
        let limit = |what, limit: usize, found: usize| {
            Err(Error::Limit { what, limit: limit as u64, found: found as u64 })
        };
        let (n, e) = (bits(&self.modulus), bits(&self.exponent));
        if n > limits::MAX_RSA_BITS {
            return limit("bits of RSA modulus", limits::MAX_RSA_BITS, n);
        }
        if n < limits::MIN_RSA_BITS {
            return Err(Error::Unsupported { what: "an RSA modulus below 512 bits" });
        }
        let most = if n > limits::RSA_SMALL_MODULUS_BITS {
            limits::MAX_LARGE_RSA_EXPONENT_BITS
        } else {
            limits::MAX_RSA_EXPONENT_BITS
        };
        if e > most {
            return limit("bits of RSA public exponent", most, e);
        }
        let odd = |octets: &[u8]| octets.last().is_some_and(|last| last & 1 == 1);
        // With exponent 1 every block signs itself.
        if !odd(&self.modulus) || !odd(&self.exponent) || self.exponent == [1] {
            return Err(Error::malformed("RSA public key: no such modulus or exponent"));
        }
        Ok(())
    }

    pub(crate) fn bits(&self) -> usize {
        bits(&self.modulus)
    }

    /// RSAVP1: signature to message representative, as long as the modulus.
    fn recover(&self, signature: &[u8]) -> Result<Vec<u8>> {
        // RFC 8017 §8.1.2 and §8.2.2, step 1: the length is exact.
        if signature.len() != self.modulus.len() {
            return Err(Error::SignatureInvalid);
        }
        let power = || -> Result<Option<Vec<u8>>, openssl::error::ErrorStack> {
            let modulus = BigNum::from_slice(&self.modulus)?;
            let value = BigNum::from_slice(signature)?;
            if value >= modulus {
                return Ok(None);
            }
            let exponent = BigNum::from_slice(&self.exponent)?;
            let mut result = BigNum::new()?;
            let mut context = BigNumContext::new()?;
            result.mod_exp(&value, &exponent, &modulus, &mut context)?;
            padded(&result, self.modulus.len()).map(Some)
        };
        power().context("RSA")?.ok_or(Error::SignatureInvalid)
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): the block rebuilt with NULL in the
    /// DigestInfo, then without (§A.2.4 asks readers to take both).
    pub(crate) fn verify_pkcs1(
        &self,
        algorithm: DigestAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<Verified> {
        if algorithm.is_shake() {
            return Err(Error::Unsupported { what: "RSA PKCS#1 v1.5 with SHAKE" });
        }
        let block = self.recover(signature)?;
        let with_null = AlgorithmIdentifier::with_null(algorithm.oid());
        for (identifier, tolerance) in
            [(with_null, None), (algorithm.identifier(), Some(Tolerance::DigestInfoWithoutNull))]
        {
            let info = der::sequence(&[identifier.to_der(), der::octet_string(digest)]);
            // EMSA-PKCS1-v1_5 wants eight octets of padding at least.
            let Some(fill) = block.len().checked_sub(info.len() + 3).filter(|fill| *fill >= 8)
            else {
                return Err(Error::SignatureInvalid);
            };
            let mut expected = vec![0xff; fill + 2];
            expected[..2].copy_from_slice(&[0, 1]);
            expected.push(0);
            expected.extend_from_slice(&info);
            if expected == block {
                return Ok(Verified { tolerance });
            }
        }
        Err(Error::SignatureInvalid)
    }

    /// RSASSA-PSS (RFC 8017 §8.1.2 and §9.1.2), salt length exact.
    pub(crate) fn verify_pss(
        &self,
        parameters: &PssParameters,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<Verified> {
        if parameters.trailer != 1 {
            return Err(Error::Unsupported { what: "an RSASSA-PSS trailer field other than 1" });
        }
        let block = self.recover(signature)?;
        let bits = self.bits() - 1;
        let length = bits.div_ceil(8);
        // With 8k+1 bits of modulus the block is one octet shorter than it.
        let (lead, encoded) = block.split_at(block.len() - length);
        let intact = lead.iter().all(|octet| *octet == 0)
            && pss_matches(parameters, digest, encoded, bits).unwrap_or(false);
        if intact { Ok(Verified { tolerance: None }) } else { Err(Error::SignatureInvalid) }
    }
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2), steps 3 to 14; `None` is "inconsistent".
fn pss_matches(
    parameters: &PssParameters,
    digest: &[u8],
    encoded: &[u8],
    bits: usize,
) -> Option<bool> {
    let salt_len = usize::try_from(parameters.salt_len).ok()?;
    let masked_len = encoded.len().checked_sub(digest.len() + 1)?;
    let zeros = masked_len.checked_sub(salt_len.checked_add(1)?)?;
    let (masked, rest) = encoded.split_at(masked_len);
    let (h, trailer) = rest.split_at(digest.len());
    if trailer != [0xbc] {
        return None;
    }
    let unused = 8 * encoded.len() - bits;
    let keep = 0xffu8.checked_shr(unused as u32)?;
    if masked.first()? & !keep != 0 {
        return None;
    }
    let mask = mask(parameters.mgf_digest, h, masked_len);
    let mut block: Vec<u8> = masked.iter().zip(&mask).map(|(a, b)| a ^ b).collect();
    *block.first_mut()? &= keep;
    let (padding, salt) = block.split_at(zeros + 1);
    let (one, fill) = padding.split_last()?;
    if *one != 1 || fill.iter().any(|octet| *octet != 0) {
        return None;
    }
    let message = [&[0; 8][..], digest, salt].concat();
    Some(hash(parameters.digest, &message) == h)
}

/// MGF1 (RFC 8017 §B.2.1), or a SHAKE as mask directly (RFC 8702 §3.2).
fn mask(algorithm: DigestAlgorithm, seed: &[u8], length: usize) -> Vec<u8> {
    if algorithm.is_shake() {
        return shake(algorithm, seed, length);
    }
    let mut mask = Vec::with_capacity(length + algorithm.output_len());
    for counter in 0u32.. {
        if mask.len() >= length {
            break;
        }
        mask.extend(hash(algorithm, &[seed, &counter.to_be_bytes()].concat()));
    }
    mask.truncate(length);
    mask
}

/// The magnitude of a positive, minimal INTEGER.
pub(crate) fn unsigned(contents: &[u8]) -> Option<&[u8]> {
    match contents {
        [] | [0x80..=0xff, ..] | [0] | [0, ..=0x7f, ..] => None,
        [0, rest @ ..] => Some(rest),
        all => Some(all),
    }
}

/// Bits of a big-endian number without leading zero octets.
pub(crate) fn bits(octets: &[u8]) -> usize {
    octets.first().map_or(0, |first| octets.len() * 8 - first.leading_zeros() as usize)
}

pub(crate) fn padded(
    number: &BigNumRef,
    length: usize,
) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    number.to_vec_padded(i32::try_from(length).unwrap_or(i32::MAX))
}

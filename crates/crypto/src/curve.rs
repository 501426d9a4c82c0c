//! Elliptic curves by name (RFC 5480 §2.1.1.1, SEC 2, RFC 5639).
//!
//! Only named curves: explicit parameters are where CVE-2020-0601 came from.

use std::fmt;

use asn1::Oid;
use openssl::{ec::EcGroup, nid::Nid};

use crate::{DigestAlgorithm, Error, Result};

macro_rules! curves {
    ($($variant:ident, $name:literal, $bits:literal, $oid:literal, $nid:ident;)*) => {
        /// A named curve over a prime field.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Curve { $(
            #[doc = concat!($name, ", ", $bits, " bits.")]
            $variant,
        )* }

        const ROWS: &[Row] = &[$(Row {
            curve: Curve::$variant, name: $name, bits: $bits,
            oid: Oid::new($oid), nid: Nid::$nid,
        }),*];
    };
}

struct Row {
    curve: Curve,
    name: &'static str,
    bits: usize,
    oid: Oid,
    nid: Nid,
}

curves! {
    P192, "P-192", 192, "1.2.840.10045.3.1.1", X9_62_PRIME192V1;
    P224, "P-224", 224, "1.3.132.0.33", SECP224R1;
    P256, "P-256", 256, "1.2.840.10045.3.1.7", X9_62_PRIME256V1;
    P384, "P-384", 384, "1.3.132.0.34", SECP384R1;
    P521, "P-521", 521, "1.3.132.0.35", SECP521R1;
    Secp160k1, "secp160k1", 160, "1.3.132.0.9", SECP160K1;
    Secp160r1, "secp160r1", 160, "1.3.132.0.8", SECP160R1;
    Secp160r2, "secp160r2", 160, "1.3.132.0.30", SECP160R2;
    Secp192k1, "secp192k1", 192, "1.3.132.0.31", SECP192K1;
    Secp224k1, "secp224k1", 224, "1.3.132.0.32", SECP224K1;
    Secp256k1, "secp256k1", 256, "1.3.132.0.10", SECP256K1;
    BrainpoolP192r1, "brainpoolP192r1", 192, "1.3.36.3.3.2.8.1.1.3", BRAINPOOL_P192R1;
    BrainpoolP192t1, "brainpoolP192t1", 192, "1.3.36.3.3.2.8.1.1.4", BRAINPOOL_P192T1;
    BrainpoolP224r1, "brainpoolP224r1", 224, "1.3.36.3.3.2.8.1.1.5", BRAINPOOL_P224R1;
    BrainpoolP224t1, "brainpoolP224t1", 224, "1.3.36.3.3.2.8.1.1.6", BRAINPOOL_P224T1;
    BrainpoolP256r1, "brainpoolP256r1", 256, "1.3.36.3.3.2.8.1.1.7", BRAINPOOL_P256R1;
    BrainpoolP256t1, "brainpoolP256t1", 256, "1.3.36.3.3.2.8.1.1.8", BRAINPOOL_P256T1;
    BrainpoolP320r1, "brainpoolP320r1", 320, "1.3.36.3.3.2.8.1.1.9", BRAINPOOL_P320R1;
    BrainpoolP320t1, "brainpoolP320t1", 320, "1.3.36.3.3.2.8.1.1.10", BRAINPOOL_P320T1;
    BrainpoolP384r1, "brainpoolP384r1", 384, "1.3.36.3.3.2.8.1.1.11", BRAINPOOL_P384R1;
    BrainpoolP384t1, "brainpoolP384t1", 384, "1.3.36.3.3.2.8.1.1.12", BRAINPOOL_P384T1;
    BrainpoolP512r1, "brainpoolP512r1", 512, "1.3.36.3.3.2.8.1.1.13", BRAINPOOL_P512R1;
    BrainpoolP512t1, "brainpoolP512t1", 512, "1.3.36.3.3.2.8.1.1.14", BRAINPOOL_P512T1;
}

impl Curve {
    /// Every curve, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.curve)
    }

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Its object identifier.
    #[must_use]
    pub fn oid(self) -> Oid {
        self.row().oid
    }

    /// The curve of an object identifier.
    #[must_use]
    pub fn from_oid(oid: &Oid) -> Option<Self> {
        ROWS.iter().find(|row| row.oid == *oid).map(|row| row.curve)
    }

    /// Its usual name: "P-256", "brainpoolP384r1".
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Bits of its field.
    #[must_use]
    pub fn bits(self) -> usize {
        self.row().bits
    }

    /// The SHA-2 digest of matching strength (RFC 5753 §7.1.3): what is signed
    /// with when nothing else is asked.
    #[must_use]
    pub fn digest(self) -> DigestAlgorithm {
        match self.bits() {
            ..=256 => DigestAlgorithm::Sha256,
            257..=384 => DigestAlgorithm::Sha384,
            _ => DigestAlgorithm::Sha512,
        }
    }

    /// OpenSSL's group; some distributions build OpenSSL without some curves.
    pub(crate) fn group(self) -> Result<EcGroup> {
        EcGroup::from_curve_name(self.row().nid)
            .map_err(|_| Error::UnsupportedCurve { oid: self.oid() })
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_identifiers_and_groups_agree() {
        for (index, curve) in Curve::all().enumerate() {
            assert_eq!(curve as usize, index);
            assert_eq!(Curve::from_oid(&curve.oid()), Some(curve));
            let group = curve.group().unwrap();
            assert_eq!(group.degree() as usize, curve.bits(), "{curve}");
            let oid = openssl::asn1::Asn1Object::from_str(&curve.oid().to_string()).unwrap();
            assert_eq!(Some(oid.nid()), group.curve_name(), "{curve}");
        }
    }
}

//! SHA-256 fingerprints, the names facts call certificates and CRLs by.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// SHA-256 of an object's octets as received; lowercase hex as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of these octets.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(crate::verify::sha256(octets))
    }

    /// The 32 octets.
    #[must_use]
    pub fn octets(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut octets = [0; 32];
        if digits.len() != 64 {
            return None;
        }
        for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
            let value = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
            *octet = value(pair[0])? << 4 | value(pair[1])?;
        }
        Some(Self(octets))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("64 hexadecimal digits expected"))
    }
}

/// Octets as lowercase hex.
#[must_use]
pub(crate) fn hex(octets: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    octets
        .iter()
        .flat_map(|octet| [DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]])
        .map(char::from)
        .collect()
}

/// Implements serde for a type that is its DER, written as base64.
macro_rules! serde_as_der {
    ($type:ty, $read:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use base64::Engine as _;
                serializer.serialize_str(&base64::prelude::BASE64_STANDARD.encode(self.der()))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use base64::Engine as _;
                use serde::de::Error as _;
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                let octets =
                    base64::prelude::BASE64_STANDARD.decode(text).map_err(D::Error::custom)?;
                $read(&octets).map_err(D::Error::custom)
            }
        }

        impl PartialEq for $type {
            /// Octet for octet.
            fn eq(&self, other: &Self) -> bool {
                self.der() == other.der()
            }
        }

        impl Eq for $type {}
    };
}
pub(crate) use serde_as_der;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trip() {
        let one = Fingerprint::of(b"abc");
        let text = one.to_string();
        assert_eq!(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Fingerprint::parse(&text), Some(one));
        assert_eq!(Fingerprint::parse(&text.to_uppercase()), Some(one));
        assert_eq!(Fingerprint::parse(&text[1..]), None);
        assert_eq!(Fingerprint::parse(&"g".repeat(64)), None);
    }
}

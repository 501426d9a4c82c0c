//! Object identifiers (X.690 §8.19), kept as their contents octets.

use std::fmt;

use crate::{Error, Result};

/// Longest contents octets kept. UUID-based OIDs take 20, the longest policy
/// OIDs met some 30; RFC 5280 sets no bound.
const CAPACITY: usize = 63;

/// An object identifier.
///
/// ```
/// use ceralacca_asn1::Oid;
/// const SIGNED_DATA: Oid = Oid::new("1.2.840.113549.1.7.2");
/// assert_eq!(SIGNED_DATA.to_string(), "1.2.840.113549.1.7.2");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid {
    octets: [u8; CAPACITY],
    length: u8,
}

impl Oid {
    /// An OID from its dotted form, at compile time.
    ///
    /// # Panics
    /// When the text is not a dotted OID; as a `const` this is a compile error.
    #[must_use]
    #[expect(clippy::panic, reason = "reached only while compiling a constant")]
    pub const fn new(dotted: &str) -> Self {
        match Self::parse_const(dotted.as_bytes()) {
            Some(oid) => oid,
            None => panic!("not a dotted object identifier"),
        }
    }

    /// An OID from its dotted form.
    #[must_use]
    pub fn parse(dotted: &str) -> Option<Self> {
        Self::parse_const(dotted.as_bytes())
    }

    const fn parse_const(text: &[u8]) -> Option<Self> {
        let mut octets = [0u8; CAPACITY];
        let mut length = 0usize;
        let mut arc: u128 = 0;
        let mut digits = 0;
        let mut arcs = 0;
        let mut first: u128 = 0;
        let mut i = 0;
        while i <= text.len() {
            if i < text.len() && text[i] != b'.' {
                if !text[i].is_ascii_digit() {
                    return None;
                }
                let Some(tenfold) = arc.checked_mul(10) else { return None };
                let Some(sum) = tenfold.checked_add((text[i] - b'0') as u128) else { return None };
                arc = sum;
                digits += 1;
            } else {
                if digits == 0 {
                    return None;
                }
                if arcs == 0 {
                    if arc > 2 {
                        return None;
                    }
                    first = arc;
                } else {
                    if arcs == 1 {
                        if first < 2 && arc > 39 {
                            return None;
                        }
                        let Some(sum) = arc.checked_add(first * 40) else { return None };
                        arc = sum;
                    }
                    let mut shift = 0u32;
                    while shift < 126 && (arc >> (shift + 7)) != 0 {
                        shift += 7;
                    }
                    loop {
                        if length == CAPACITY {
                            return None;
                        }
                        let more = if shift == 0 { 0 } else { 0x80 };
                        octets[length] = ((arc >> shift) & 0x7f) as u8 | more;
                        length += 1;
                        if shift == 0 {
                            break;
                        }
                        shift -= 7;
                    }
                }
                arcs += 1;
                arc = 0;
                digits = 0;
            }
            i += 1;
        }
        if arcs < 2 {
            return None;
        }
        Some(Self { octets, length: length as u8 })
    }

    /// An OID from contents octets.
    ///
    /// # Errors
    /// Empty, unfinished, padded or overlong contents.
    pub fn from_contents(contents: &[u8], at: u64) -> Result<Self> {
        let malformed = Error::BadContents { what: "OBJECT IDENTIFIER", at };
        let Some(last) = contents.last() else { return Err(malformed) };
        let padded = |i: usize| contents[i] == 0x80 && (i == 0 || contents[i - 1] & 0x80 == 0);
        if last & 0x80 != 0 || (0..contents.len()).any(padded) {
            return Err(malformed);
        }
        if contents.len() > CAPACITY {
            return Err(Error::Limit { what: "octets in an OID", limit: CAPACITY as u64, at });
        }
        let mut octets = [0; CAPACITY];
        octets[..contents.len()].copy_from_slice(contents);
        Ok(Self { octets, length: contents.len() as u8 })
    }

    /// The contents octets, without tag and length.
    #[must_use]
    pub fn contents(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arc: u128 = 0;
        let mut first = true;
        for octet in self.contents() {
            if arc >> 121 != 0 {
                // An arc beyond 128 bits: show that there is more than can be shown.
                return f.write_str(".…");
            }
            arc = arc << 7 | u128::from(octet & 0x7f);
            if octet & 0x80 != 0 {
                continue;
            }
            if first {
                let root = (arc / 40).min(2);
                write!(f, "{root}.{}", arc - root * 40)?;
                first = false;
            } else {
                write!(f, ".{arc}")?;
            }
            arc = 0;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_and_octets_agree() {
        let cases: [(&str, &[u8]); 4] = [
            ("1.2.840.113549.1.7.2", &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]),
            ("2.5.29.15", &[0x55, 0x1d, 0x0f]),
            ("0.4.0.1733.2.4", &[0x04, 0x00, 0x8d, 0x45, 2, 4]),
            ("2.999.3", &[0x88, 0x37, 3]),
        ];
        for (dotted, octets) in cases {
            let oid = Oid::parse(dotted).unwrap();
            assert_eq!(oid.contents(), octets);
            assert_eq!(Oid::from_contents(octets, 0).unwrap(), oid);
            assert_eq!(oid.to_string(), dotted);
        }
        let uuid = "2.25.329800735698586629295641978511506172918";
        assert_eq!(Oid::parse(uuid).map(|oid| oid.to_string()), Some(uuid.to_owned()));
    }

    #[test]
    fn malformed_is_refused() {
        for text in ["", "1", "1.", ".1", "3.1", "1.40", "1.2.x", "1..2"] {
            assert!(Oid::parse(text).is_none(), "{text}");
        }
        for octets in [&[][..], &[0x80], &[0x2a, 0x80, 0x01], &[0x2a, 0x86], &[1; 64]] {
            assert!(Oid::from_contents(octets, 0).is_err(), "{octets:02x?}");
        }
    }
}

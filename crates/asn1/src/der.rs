//! Writing DER (X.690 §10), bottom up: every function returns a complete value.

use chrono::{DateTime, Utc};

use crate::{Oid, Tag, time};

/// Identifier and length octets for contents of `length` octets.
#[must_use]
pub fn header(tag: Tag, length: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(10);
    out.push(tag.0);
    if let Ok(short) = u8::try_from(length)
        && short < 0x80
    {
        out.push(short);
    } else {
        let octets = length.to_be_bytes();
        let used = &octets[(length.leading_zeros() / 8) as usize..];
        out.push(0x80 | used.len() as u8);
        out.extend_from_slice(used);
    }
    out
}

/// A value with these contents.
#[must_use]
pub fn tlv(tag: Tag, contents: &[u8]) -> Vec<u8> {
    let mut out = header(tag, contents.len() as u64);
    out.extend_from_slice(contents);
    out
}

/// A constructed value of these parts, in this order.
#[must_use]
pub fn constructed<P: AsRef<[u8]>>(tag: Tag, parts: &[P]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.as_ref().len()).sum();
    let mut out = header(tag, length as u64);
    out.reserve(length);
    for part in parts {
        out.extend_from_slice(part.as_ref());
    }
    out
}

/// SEQUENCE or SEQUENCE OF.
#[must_use]
pub fn sequence<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    constructed(Tag::SEQUENCE, parts)
}

/// SET OF under `tag`, its members sorted as DER wants (X.690 §11.6).
#[must_use]
pub fn set_of_tagged<P: AsRef<[u8]>>(tag: Tag, parts: &[P]) -> Vec<u8> {
    let mut sorted: Vec<&[u8]> = parts.iter().map(AsRef::as_ref).collect();
    sorted.sort_unstable();
    constructed(tag, &sorted)
}

/// SET OF, sorted.
#[must_use]
pub fn set_of<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    set_of_tagged(Tag::SET, parts)
}

/// `[n] EXPLICIT` around a complete value.
#[must_use]
pub fn explicit(n: u8, value: &[u8]) -> Vec<u8> {
    tlv(Tag::context_constructed(n), value)
}

/// The value with another identifier octet, as IMPLICIT tagging asks.
///
/// # Panics
/// Never: an empty `value` is returned as it is.
#[must_use]
pub fn retag(tag: Tag, value: &[u8]) -> Vec<u8> {
    let mut out = value.to_vec();
    if let Some(first) = out.first_mut() {
        *first = tag.0;
    }
    out
}

/// OBJECT IDENTIFIER.
#[must_use]
pub fn oid(oid: &Oid) -> Vec<u8> {
    tlv(Tag::OID, oid.contents())
}

/// OCTET STRING.
#[must_use]
pub fn octet_string(octets: &[u8]) -> Vec<u8> {
    tlv(Tag::OCTET_STRING, octets)
}

/// BIT STRING of whole octets.
#[must_use]
pub fn bit_string(octets: &[u8]) -> Vec<u8> {
    constructed(Tag::BIT_STRING, &[&[0][..], octets])
}

/// BIT STRING of named bits, bit 0 first, trailing zero bits removed (X.690 §11.2.2).
#[must_use]
pub fn named_bits(bits: &[u8]) -> Vec<u8> {
    let Some(highest) = bits.iter().max() else { return tlv(Tag::BIT_STRING, &[0]) };
    let mut contents = vec![0u8; usize::from(highest / 8) + 2];
    contents[0] = 7 - highest % 8;
    for bit in bits {
        contents[usize::from(bit / 8) + 1] |= 0x80 >> (bit % 8);
    }
    tlv(Tag::BIT_STRING, &contents)
}

/// INTEGER from a small number.
#[must_use]
pub fn integer(value: u64) -> Vec<u8> {
    unsigned_integer(&value.to_be_bytes())
}

/// Non-negative INTEGER from big-endian octets of any length.
#[must_use]
pub fn unsigned_integer(magnitude: &[u8]) -> Vec<u8> {
    let zeros = magnitude.iter().take_while(|octet| **octet == 0).count();
    let used = &magnitude[zeros..];
    let lead: &[u8] = if used.first().is_none_or(|octet| octet & 0x80 != 0) { &[0] } else { &[] };
    constructed(Tag::INTEGER, &[lead, used])
}

/// BOOLEAN.
#[must_use]
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(Tag::BOOLEAN, &[if value { 0xff } else { 0 }])
}

/// NULL.
#[must_use]
pub fn null() -> Vec<u8> {
    tlv(Tag::NULL, &[])
}

/// ENUMERATED below 128.
#[must_use]
pub fn enumerated(value: u8) -> Vec<u8> {
    tlv(Tag::ENUMERATED, &[value & 0x7f])
}

/// UTF8String.
#[must_use]
pub fn utf8_string(text: &str) -> Vec<u8> {
    tlv(Tag::UTF8_STRING, text.as_bytes())
}

/// PrintableString; the caller keeps to its alphabet.
#[must_use]
pub fn printable_string(text: &str) -> Vec<u8> {
    tlv(Tag::PRINTABLE_STRING, text.as_bytes())
}

/// IA5String; the caller keeps to ASCII.
#[must_use]
pub fn ia5_string(text: &str) -> Vec<u8> {
    tlv(Tag::IA5_STRING, text.as_bytes())
}

/// `Time` as RFC 5280 §4.1.2.5 and RFC 5652 §11.3 choose it: UTCTime for
/// 1950..2049, GeneralizedTime otherwise, to the second.
#[must_use]
pub fn time(at: DateTime<Utc>) -> Vec<u8> {
    let (tag, text) = time::format(at);
    tlv(tag, text.as_bytes())
}

/// GeneralizedTime to the second, or to the millisecond when there is one
/// (RFC 3161 §2.4.2: no trailing zeros in a fraction).
#[must_use]
pub fn generalized_time(at: DateTime<Utc>) -> Vec<u8> {
    let mut text = at.format("%Y%m%d%H%M%S").to_string();
    let millis = at.timestamp_subsec_millis();
    if millis > 0 {
        let fraction = format!(".{millis:03}");
        text.push_str(fraction.trim_end_matches('0'));
    }
    text.push('Z');
    tlv(Tag::GENERALIZED_TIME, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        assert_eq!(header(Tag::SEQUENCE, 0), [0x30, 0]);
        assert_eq!(header(Tag::SEQUENCE, 127), [0x30, 127]);
        assert_eq!(header(Tag::SEQUENCE, 128), [0x30, 0x81, 128]);
        assert_eq!(header(Tag::SEQUENCE, 0x1_0000_0000), [0x30, 0x85, 1, 0, 0, 0, 0]);
        assert_eq!(header(Tag::SEQUENCE, u64::MAX).len(), 10);
    }

    #[test]
    fn integers() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(127), [2, 1, 127]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(unsigned_integer(&[0, 0, 0xff]), [2, 2, 0, 0xff]);
        assert_eq!(named_bits(&[1]), [3, 2, 6, 0x40]);
        assert_eq!(named_bits(&[5, 6]), [3, 2, 1, 0x06]);
    }
}

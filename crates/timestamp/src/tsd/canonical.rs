//! One value of any BER form in DER (X.690 §10 and §11), for the two things RFC 5544 §3 has hashed
//! in DER wherever they may stand in BER: the metadata and the time-stamp before.
//!
//! Nothing anybody signed goes through here: inside a token the octets stay as they are verified.

use asn1::{Tag, Value, der};

/// Levels followed; a token with time-stamps inside needs fewer than 40.
const DEPTH: usize = 64;

/// `raw` in DER; `None` when it is nested too deeply or malformed.
pub(super) fn der(raw: &[u8]) -> Option<Vec<u8>> {
    encode(&Value::parse(raw).ok()?, DEPTH)
}

fn encode(value: &Value<'_>, depth: usize) -> Option<Vec<u8>> {
    let depth = depth.checked_sub(1)?;
    let tag = value.tag();
    // Strings in pieces become one; so does only what is a string by its universal tag.
    if tag.is_constructed() && is_string(tag.primitive()) {
        return Some(der::tlv(tag.primitive(), &value.joined().ok()?));
    }
    if !tag.is_constructed() {
        return Some(match tag {
            Tag::BOOLEAN => der::boolean(value.boolean().ok()?),
            _ => der::tlv(tag, value.contents()),
        });
    }
    let mut members = Vec::new();
    let mut cursor = value.children();
    while let Some(member) = cursor.next_value().ok()? {
        members.push(encode(&member, depth)?);
    }
    Some(if tag == Tag::SET { der::set_of(&members) } else { der::constructed(tag, &members) })
}

fn is_string(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::OCTET_STRING
            | Tag::UTF8_STRING
            | Tag::PRINTABLE_STRING
            | Tag::TELETEX_STRING
            | Tag::IA5_STRING
            | Tag::VISIBLE_STRING
            | Tag::UNIVERSAL_STRING
            | Tag::BMP_STRING
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_becomes_one() {
        let expected = [0x30, 0x0f, 1, 1, 0xff, 4, 2, b'a', b'b', 0x31, 6, 2, 1, 1, 2, 1, 2];
        let ber = [
            0x30, 0x80, 1, 1, 1, 0x24, 0x80, 4, 1, b'a', 4, 1, b'b', 0, 0, 0x31, 0x81, 6, 2, 1, 2,
            2, 1, 1, 0, 0,
        ];
        assert_eq!(der(&ber).unwrap(), expected);
        assert_eq!(der(&expected).unwrap(), expected);
    }

    #[test]
    fn deep_nesting_ends() {
        let mut octets = Vec::new();
        for _ in 0..100_000 {
            octets.extend([0x30, 0x80]);
        }
        octets.extend(vec![0; 200_000]);
        assert_eq!(der(&octets), None);
    }
}

//! Names of members as the URIs of a manifest (RFC 3986 §2.1, EN 319 162-1 §4.4.4: relative to the
//! root of the container).

use std::fmt::Write as _;

/// A member's name as a URI: everything but unreserved characters and `/` percent-encoded as UTF-8.
pub(crate) fn encode(name: &str) -> String {
    let mut uri = String::with_capacity(name.len() + 16);
    for octet in name.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~/".contains(&octet) {
            uri.push(char::from(octet));
        } else {
            // Writing into a String does not fail.
            let _ = write!(uri, "%{octet:02X}");
        }
    }
    uri
}

/// The name a URI means; `None` when what it encodes is not UTF-8. A `%` that encodes nothing stands
/// for itself, since some writers do not encode at all.
pub(crate) fn decode(uri: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let encoded = (*first == b'%').then(|| tail.split_at_checked(2)).flatten();
        let value = encoded.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            Some((u8::from_str_radix(digits, 16).ok().filter(|_| plain)?, after))
        });
        let (octet, after) = value.unwrap_or((*first, tail));
        octets.push(octet);
        rest = after;
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let encoded = [
            ("verbale.mp4", "verbale.mp4"),
            ("Seduta città 1.mp4", "Seduta%20citt%C3%A0%201.mp4"),
            ("a/100%.txt", "a/100%25.txt"),
            ("a%2Fb", "a%252Fb"),
            ("x&\"<'>#?", "x%26%22%3C%27%3E%23%3F"),
        ];
        for (name, uri) in encoded {
            assert_eq!(encode(name), uri);
            assert_eq!(decode(uri).as_deref(), Some(name));
        }
        assert_eq!(decode("100% sicuro").as_deref(), Some("100% sicuro"));
        assert_eq!(decode("%+1").as_deref(), Some("%+1"));
        assert_eq!(decode("%").as_deref(), Some("%"));
        assert_eq!(decode("città").as_deref(), Some("città"));
        assert_eq!(decode("%FF"), None);
    }
}

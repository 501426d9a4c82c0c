//! The digests packages use. Writing is SHA-256 (AgID Allegato 5 and the side files); reading also
//! takes SHA-384 and SHA-512, which an index of others may name.

pub(crate) use crypto::Hasher;

/// A digest algorithm an index may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// The name written into indexes.
    pub(crate) const WRITTEN: &'static str = "SHA-256";

    /// Reads the spellings met in practice: `SHA-256`, `SHA256`, `sha-256`, the XML URIs.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let tail = name.trim().rsplit(['#', '/']).next().unwrap_or_default();
        let plain: String = tail
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match plain.as_str() {
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Begins a digest.
    pub(crate) fn hasher(self) -> Hasher {
        Hasher::new(match self {
            Self::Sha256 => crypto::DigestAlgorithm::Sha256,
            Self::Sha384 => crypto::DigestAlgorithm::Sha384,
            Self::Sha512 => crypto::DigestAlgorithm::Sha512,
        })
    }
}

/// SHA-256 of a small value.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    crypto::digest(crypto::DigestAlgorithm::Sha256, bytes)
}

/// Lowercase hex, as everywhere in this program.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Reads hex of either case; `None` for anything else.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            if !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            u8::from_str_radix(pair, 16).ok()
        })
        .collect()
}

/// Base64 as xs:base64Binary wants it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Reads base64, line breaks and blanks allowed as in xs:base64Binary.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(plain).ok()
}

/// Reads a digest of a known length written as hex or base64: SInCRO's `Hash` is a free string.
pub(crate) fn from_text(text: &str, algorithm: Algorithm) -> Option<Vec<u8>> {
    let text = text.trim();
    from_hex(text)
        .filter(|d| d.len() == algorithm.size())
        .or_else(|| from_base64(text).filter(|d| d.len() == algorithm.size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_and_spellings() {
        // FIPS 180-4, "abc".
        assert_eq!(
            hex(&sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        for name in ["SHA-256", "sha256", "http://www.w3.org/2001/04/xmlenc#sha256"] {
            assert_eq!(Algorithm::from_name(name), Some(Algorithm::Sha256));
        }
        assert_eq!(Algorithm::from_name("MD5"), None);
        assert_eq!(Algorithm::from_name("SHA-1"), None);
        let d = sha256(b"abc");
        assert_eq!(from_text(&hex(&d), Algorithm::Sha256), Some(d.clone()));
        assert_eq!(from_text(&base64(&d), Algorithm::Sha256), Some(d.clone()));
        assert_eq!(from_text(&hex(&d), Algorithm::Sha512), None);
        assert_eq!(from_hex("+1"), None);
        assert_eq!(from_hex("abc"), None);
    }
}

//! PEM blocks (RFC 7468), and the encryption old OpenSSL put into their
//! headers (RFC 1421 style `DEK-Info`).

use zeroize::Zeroizing;

use crate::{Error, Result};

/// One block.
pub(crate) struct Block {
    /// "PRIVATE KEY", "EC PRIVATE KEY", …
    pub(crate) label: String,
    /// Cipher name and initialisation vector of `DEK-Info`, if it is encrypted.
    pub(crate) encryption: Option<(String, Vec<u8>)>,
    /// What the text encodes.
    pub(crate) octets: Zeroizing<Vec<u8>>,
}

/// The blocks of a text, in order; text around them is passed over.
///
/// # Errors
/// A block without end or with damaged base64.
pub(crate) fn blocks(text: &[u8]) -> Result<Vec<Block>> {
    let malformed = || Error::malformed("PEM file");
    let mut found = Vec::new();
    let mut lines = text.split(|octet| *octet == b'\n' || *octet == b'\r');
    while let Some(line) = lines.next() {
        let Some(label) = boundary(line, b"-----BEGIN ") else { continue };
        let mut body = Zeroizing::new(Vec::new());
        let mut encryption = None;
        loop {
            let line = lines.next().ok_or_else(malformed)?.trim_ascii();
            if let Some(end) = boundary(line, b"-----END ") {
                if end != label {
                    return Err(malformed());
                }
                break;
            }
            if let Some(value) = line.strip_prefix(b"DEK-Info:") {
                encryption = Some(dek_info(value).ok_or_else(malformed)?);
            } else if !line.contains(&b':') {
                body.extend(line.iter().filter(|octet| !octet.is_ascii_whitespace()));
            }
        }
        let label = String::from_utf8_lossy(label).into_owned();
        let octets = Zeroizing::new(base64(&body).ok_or_else(malformed)?);
        found.push(Block { label, encryption, octets });
    }
    Ok(found)
}

fn boundary<'a>(line: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    line.trim_ascii().strip_prefix(start)?.strip_suffix(b"-----")
}

fn dek_info(value: &[u8]) -> Option<(String, Vec<u8>)> {
    let (name, iv) = std::str::from_utf8(value).ok()?.trim().split_once(',')?;
    let iv = iv.trim();
    let octets = iv.as_bytes().chunks(2).map(|pair| {
        let text = std::str::from_utf8(pair).ok()?;
        if pair.len() == 2 { u8::from_str_radix(text, 16).ok() } else { None }
    });
    Some((name.trim().to_owned(), octets.collect::<Option<_>>()?))
}

/// Base64 (RFC 4648 §4) with its padding.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut buffer = 0u32;
    let mut held = 0;
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        buffer = (buffer << 6 | u32::from(value)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((buffer >> held) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_among_other_text() {
        let text = b"Bag Attributes\r\n-----BEGIN A-----\r\nAQID\r\nBA==\r\n-----END A-----\r\n\
            junk: x\n-----BEGIN B KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00Ff\n\n\
            /+8=\n-----END B KEY-----";
        let found = blocks(text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].label, "A");
        assert_eq!(found[0].octets[..], [1, 2, 3, 4]);
        assert!(found[0].encryption.is_none());
        assert_eq!(found[1].octets[..], [0xff, 0xef]);
        assert_eq!(found[1].encryption, Some(("AES-128-CBC".to_owned(), vec![0, 0xff])));
    }

    #[test]
    fn damage_is_refused() {
        for text in [
            &b"-----BEGIN A-----\nAQID\n"[..],
            b"-----BEGIN A-----\nAQID\n-----END B-----",
            b"-----BEGIN A-----\nAQI\n-----END A-----",
            b"-----BEGIN A-----\nA*ID\n-----END A-----",
            b"-----BEGIN A-----\nDEK-Info: AES-128-CBC,0\n-----END A-----",
        ] {
            assert!(blocks(text).is_err());
        }
        assert!(blocks(b"").unwrap().is_empty());
    }
}

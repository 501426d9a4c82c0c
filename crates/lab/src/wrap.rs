//! What files are wrapped in on their way: PEM, base64 once or twice, S/MIME.

use std::fmt::Write as _;

/// Base64 on one line.
#[must_use]
pub fn base64(octets: &[u8]) -> String {
    openssl::base64::encode_block(octets)
}

/// Base64 in lines of so many characters, each ended by `end`. A width of 0 counts as 64.
#[must_use]
pub fn base64_lines(octets: &[u8], width: usize, end: &str) -> String {
    let text = base64(octets);
    let width = if width == 0 { 64 } else { width };
    let mut out = String::with_capacity(text.len() + text.len() / width * end.len() + 2);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(width.min(rest.len()));
        let _ = write!(out, "{line}{end}");
        rest = tail;
    }
    out
}

/// Base64 of base64, as mail gateways make it.
#[must_use]
pub fn double_base64(octets: &[u8]) -> String {
    base64_lines(base64_lines(octets, 76, "\r\n").as_bytes(), 76, "\r\n")
}

/// PEM (RFC 7468) with a label such as `CERTIFICATE`, `PKCS7` or `CMS`.
#[must_use]
pub fn pem(label: &str, octets: &[u8]) -> String {
    let body = base64_lines(octets, 64, "\n");
    format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
}

/// An opaque S/MIME entity (RFC 8551 §3.5.2): headers, an empty line, base64.
#[must_use]
pub fn smime(octets: &[u8]) -> String {
    let body = base64_lines(octets, 76, "\r\n");
    format!(
        "MIME-Version: 1.0\r\n\
         Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\
         Content-Type: application/pkcs7-mime; smime-type=signed-data; name=\"smime.p7m\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{body}"
    )
}

/// `depth` SEQUENCEs of indefinite length inside each other, all closed: what stacks break on.
#[must_use]
pub fn deep(depth: usize) -> Vec<u8> {
    let mut out = [0x30, 0x80].repeat(depth);
    out.resize(depth * 4, 0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_join_to_the_same_octets() {
        let octets: Vec<u8> = (0..=255).collect();
        let joined = base64_lines(&octets, 76, "\r\n").replace("\r\n", "");
        assert_eq!(joined, base64(&octets));
        assert_eq!(openssl::base64::decode_block(&joined).unwrap(), octets);
        let outer = double_base64(&octets).replace("\r\n", "");
        let inner = openssl::base64::decode_block(&outer).unwrap();
        assert_eq!(inner, base64_lines(&octets, 76, "\r\n").into_bytes());
        assert!(pem("CMS", &octets).starts_with("-----BEGIN CMS-----\n"));
        assert_eq!(base64_lines(b"", 0, "\n"), "");
    }
}

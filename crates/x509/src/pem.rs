//! PEM blocks (RFC 7468), read leniently: text around them, CRLF, headers and
//! missing padding are all met in files people send.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::{Error, Result, clean_text};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One block.
pub(crate) struct Block {
    /// What stands between `-----BEGIN ` and `-----`.
    pub(crate) label: String,
    /// The decoded body.
    pub(crate) der: Vec<u8>,
}

/// Whether the octets may hold a PEM block.
pub(crate) fn is_pem(octets: &[u8]) -> bool {
    octets.windows(11).any(|window| window == b"-----BEGIN ")
}

/// Every complete block whose label is among `labels`, in order.
pub(crate) fn blocks(octets: &[u8], labels: &[&str]) -> Result<Vec<Block>> {
    let mut found = Vec::new();
    let mut open: Option<(String, Vec<u8>)> = None;
    for line in octets.split(|octet| *octet == b'\n' || *octet == b'\r') {
        let line = line.trim_ascii();
        if let Some(label) = boundary(line, b"-----BEGIN ") {
            open = labels.contains(&label.as_str()).then(|| (label, Vec::new()));
        } else if let Some(label) = boundary(line, b"-----END ") {
            let Some((opened, body)) = open.take() else { continue };
            if opened == label {
                let der = LENIENT
                    .decode(&body)
                    .map_err(|source| Error::Base64 { label: clean_text(&label), source })?;
                found.push(Block { label, der });
            }
        } else if let Some((_, body)) = &mut open
            && !line.contains(&b':')
        {
            body.extend(line.iter().filter(|octet| !octet.is_ascii_whitespace()));
        }
    }
    Ok(found)
}

fn boundary(line: &[u8], start: &[u8]) -> Option<String> {
    let label = line.strip_prefix(start)?.strip_suffix(b"-----")?;
    std::str::from_utf8(label).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_headers_and_line_ends_are_passed_over() {
        let text =
            b"subject=x\r\n-----BEGIN A-----\r\nProc-Type: 4\r\n\r\nAQ ID\r\n-----END A-----\r\n\
            -----BEGIN B-----\nBAU\n-----END B-----\n-----BEGIN A-----\nAQ\n";
        let blocks = blocks(text, &["A", "B"]).unwrap();
        let bodies: Vec<_> = blocks.iter().map(|b| (b.label.as_str(), &b.der[..])).collect();
        assert_eq!(bodies, [("A", &[1u8, 2, 3][..]), ("B", &[4, 5][..])]);
        assert!(matches!(
            super::blocks(b"-----BEGIN A-----\n*\n-----END A-----", &["A"]),
            Err(Error::Base64 { .. })
        ));
    }
}

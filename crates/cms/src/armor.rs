//! Text wrapping around a binary file: base64, PEM and S/MIME.
//!
//! Italian mail and document systems hand out `.p7m` files in any of these,
//! sometimes twice. [`open`] looks at the first octets, takes the wrapping off
//! while reading, and says what it took off.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::{Error, Result};

/// One layer of text around a binary file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Armor {
    /// Plain base64 (RFC 4648 §4).
    Base64,
    /// With `-----BEGIN …-----` lines (RFC 7468).
    Pem,
    /// A MIME entity `application/pkcs7-mime` (RFC 8551).
    Smime,
}

/// Octets looked at to tell what a file is.
const SNIFF: usize = 4096;

/// Longest header of a MIME entity, in octets.
const MIME_HEADER: usize = 64 << 10;

/// A source with its wrapping taken off.
pub struct Opened<'s> {
    /// The binary octets.
    pub source: Box<dyn BufRead + 's>,
    /// What was taken off, outside in.
    pub armor: Vec<Armor>,
}

impl std::fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("armor", &self.armor).finish_non_exhaustive()
    }
}

/// Takes off all text wrapping, at most `layers` deep.
///
/// What is not recognised as text wrapping is handed on as it is.
///
/// # Errors
/// The source fails, the wrapping is deeper than the limit, or a MIME entity
/// of an unknown form.
pub fn open<'s>(source: impl Read + 's, layers: usize) -> Result<Opened<'s>> {
    let mut source: Box<dyn BufRead + 's> = Box::new(BufReader::with_capacity(128 << 10, source));
    let mut armor = Vec::new();
    loop {
        let start = peek(&mut source)?;
        let Some(kind) = detect(start.get_ref()) else {
            let source = Box::new(start.chain(source));
            return Ok(Opened { source, armor });
        };
        if armor.len() == layers {
            return Err(Error::TooManyLayers { limit: layers });
        }
        armor.push(kind);
        let mut whole: Box<dyn BufRead + 's> = Box::new(start.chain(source));
        source = match kind {
            Armor::Base64 => decoded(whole),
            Armor::Pem => {
                skip_line(&mut whole)?;
                decoded(whole)
            }
            Armor::Smime => match read_mime_header(&mut whole)? {
                Transfer::Base64 => decoded(whole),
                Transfer::Binary => whole,
            },
        };
    }
}

/// The content type of the ContentInfo that starts like this, under any text
/// wrapping; `None` when no ContentInfo does.
///
/// A few hundred octets suffice. Nothing is decoded beyond the content type.
#[must_use]
pub fn content_type(start: &[u8]) -> Option<asn1::Oid> {
    let mut opened = open(start, SNIFF_LAYERS).ok()?;
    let mut octets = [0; 80];
    let mut filled = 0;
    while filled < octets.len() {
        // A cut piece of base64 may end in an error behind the octets we need.
        match opened.source.read(&mut octets[filled..]) {
            Ok(read) if read > 0 => filled += read,
            _ => break,
        }
    }
    let limits = asn1::Limits::default();
    let mut reader = asn1::Reader::with_buffer(&octets[..filled], limits, octets.len());
    reader.open(asn1::Tag::SEQUENCE).ok()?;
    let oid = reader.capture().ok()?;
    let oid = asn1::Value::parse(&oid.octets).ok()?.oid().ok()?;
    let explicit = reader.peek().ok()??;
    (explicit.tag == asn1::Tag::context_constructed(0)).then_some(oid)
}

/// Layers of text wrapping looked through by [`content_type`].
const SNIFF_LAYERS: usize = 4;

/// The first octets of a source, taken out of it.
fn peek(source: &mut dyn BufRead) -> Result<Cursor<Vec<u8>>> {
    let mut start = Vec::new();
    source
        .take(SNIFF as u64)
        .read_to_end(&mut start)
        .map_err(|e| Error::from_read("the file", e))?;
    Ok(Cursor::new(start))
}

/// What wrapping starts like this, if any.
fn detect(start: &[u8]) -> Option<Armor> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let start = start.trim_ascii_start();
    let lower: Vec<u8> = start.iter().take(SNIFF).map(u8::to_ascii_lowercase).collect();
    if lower.starts_with(b"-----begin ") {
        return Some(Armor::Pem);
    }
    let headers: [&[u8]; 4] = [
        b"mime-version:",
        b"content-type:",
        b"content-transfer-encoding:",
        b"content-disposition:",
    ];
    if headers.iter().any(|header| lower.starts_with(header)) {
        return Some(Armor::Smime);
    }
    // A DER file starts with '0' (0x30), which is a base64 digit too; what
    // follows it is not, or the length would not fit the file.
    let text = start.iter().all(|c| is_base64(*c) || c.is_ascii_whitespace() || *c == b'=');
    let digits = start.iter().filter(|c| is_base64(**c)).count();
    (text && digits >= 16).then_some(Armor::Base64)
}

fn is_base64(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/')
}

fn skip_line(source: &mut dyn BufRead) -> Result<()> {
    // Leading blank lines and a byte order mark are part of what is skipped.
    for _ in 0..64 {
        let mut line = Vec::new();
        source.take(SNIFF as u64).read_until(b'\n', &mut line)?;
        if line.windows(5).any(|dashes| dashes == b"-----") {
            return Ok(());
        }
    }
    Err(Error::NotCms)
}

enum Transfer {
    Base64,
    Binary,
}

/// Reads the header of a MIME entity and says how its body is written.
fn read_mime_header(source: &mut dyn BufRead) -> Result<Transfer> {
    let mut transfer = Transfer::Binary;
    let mut is_pkcs7 = false;
    let mut field = String::new();
    let mut left = MIME_HEADER;
    let mut started = false;
    loop {
        let mut line = Vec::new();
        let read = source.take(left as u64).read_until(b'\n', &mut line)?;
        left -= read;
        if read == 0 {
            return Err(Error::Mime { what: "header" });
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_ascii_lowercase();
        if line.is_empty() && !started {
            continue;
        }
        started = true;
        if line.starts_with([' ', '\t']) {
            field.push_str(&line);
            continue;
        }
        let (name, value) = field.split_once(':').unwrap_or((&field, ""));
        match (name.trim_start_matches('\u{feff}'), value.trim()) {
            ("content-transfer-encoding", "base64") => transfer = Transfer::Base64,
            ("content-transfer-encoding", "binary" | "8bit" | "7bit" | "") => {}
            ("content-transfer-encoding", _) => {
                return Err(Error::Mime { what: "transfer encoding" });
            }
            ("content-type", value) => {
                is_pkcs7 = [
                    "application/pkcs7-mime",
                    "application/x-pkcs7-mime",
                    "application/octet-stream",
                ]
                .iter()
                .any(|kind| value.starts_with(kind));
            }
            _ => {}
        }
        if line.is_empty() {
            break;
        }
        field = line;
    }
    if is_pkcs7 { Ok(transfer) } else { Err(Error::Mime { what: "content type" }) }
}

fn decoded<'s>(source: Box<dyn BufRead + 's>) -> Box<dyn BufRead + 's> {
    Box::new(Base64Reader { source, digits: Vec::new(), out: Vec::new(), read: 0, ended: false })
}

/// Whitespace of any kind between digits, padding or none: all of it is met.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Digits decoded at a time; a multiple of four.
const CHUNK: usize = 64 << 10;

/// Decodes base64 with whitespace, up to its padding or the first `-`.
struct Base64Reader<'s> {
    source: Box<dyn BufRead + 's>,
    digits: Vec<u8>,
    out: Vec<u8>,
    read: usize,
    ended: bool,
}

impl Base64Reader<'_> {
    fn refill(&mut self) -> io::Result<()> {
        while !self.ended && self.digits.len() < CHUNK {
            let ready = self.source.fill_buf()?;
            if ready.is_empty() {
                self.ended = true;
                break;
            }
            let mut used = 0;
            for c in ready {
                if is_base64(*c) {
                    if self.digits.len() == CHUNK {
                        break;
                    }
                    self.digits.push(*c);
                } else if matches!(c, b'=' | b'-') {
                    self.ended = true;
                    break;
                } else if !c.is_ascii_whitespace() && *c != 0xef && *c != 0xbb && *c != 0xbf {
                    let error = Error::Mime { what: "base64 text" };
                    return Err(error.into_io());
                }
                used += 1;
            }
            self.source.consume(used);
        }
        // At the end one digit may be left over, of a text that was cut: it makes no octet.
        let digits = self.digits.len();
        let whole = if self.ended { digits - usize::from(digits % 4 == 1) } else { digits / 4 * 4 };
        self.out.clear();
        self.read = 0;
        ENGINE
            .decode_vec(&self.digits[..whole], &mut self.out)
            .map_err(|_| Error::Mime { what: "base64 text" }.into_io())?;
        self.digits.drain(..if self.ended { digits } else { whole });
        Ok(())
    }
}

impl BufRead for Base64Reader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.read == self.out.len() && !(self.ended && self.digits.is_empty()) {
            self.refill()?;
        }
        Ok(&self.out[self.read..])
    }

    fn consume(&mut self, octets: usize) {
        self.read += octets;
    }
}

impl Read for Base64Reader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let step = ready.len().min(out.len());
        out[..step].copy_from_slice(&ready[..step]);
        self.consume(step);
        Ok(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &[u8] =
        &[0x30, 0x82, 0x01, 0x00, 0x06, 9, 0xff, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 200];

    fn base64(octets: &[u8]) -> String {
        ENGINE.encode(octets)
    }

    fn unwrap(octets: &[u8]) -> Result<(Vec<u8>, Vec<Armor>)> {
        let mut opened = open(octets, 4)?;
        let mut out = Vec::new();
        opened.source.read_to_end(&mut out)?;
        Ok((out, opened.armor))
    }

    #[test]
    fn every_wrapping_met_in_the_field() {
        let text = base64(DER);
        let lines = format!("{}\r\n{}\r\n", &text[..10], &text[10..]);
        let cases: [(String, Vec<Armor>); 7] = [
            (text.clone(), vec![Armor::Base64]),
            (format!("\n  {lines}"), vec![Armor::Base64]),
            (base64(lines.as_bytes()), vec![Armor::Base64, Armor::Base64]),
            (format!("-----BEGIN PKCS7-----\n{lines}-----END PKCS7-----\n"), vec![Armor::Pem]),
            (format!("\u{feff}-----BEGIN CMS-----\r\n{lines}-----END CMS-----"), vec![Armor::Pem]),
            (
                format!(
                    "MIME-Version: 1.0\nContent-Type: application/pkcs7-mime;\n name=\"a.p7m\"\nContent-Transfer-Encoding: base64\n\n{lines}"
                ),
                vec![Armor::Smime],
            ),
            (String::new(), vec![]),
        ];
        for (wrapped, armor) in cases {
            let expected = if armor.is_empty() { &[][..] } else { DER };
            assert_eq!(unwrap(wrapped.as_bytes()).unwrap(), (expected.to_vec(), armor));
        }
        assert_eq!(unwrap(DER).unwrap(), (DER.to_vec(), vec![]));
    }

    #[test]
    fn the_content_type_is_seen_whatever_the_line_width() {
        let mut der = vec![0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 2, 0xa0, 0x80];
        der.resize(50_000, 0xa5);
        let text = base64(&der);
        for width in 50..90 {
            for end in ["\n", "\r\n"] {
                let lines: Vec<&str> = text
                    .as_bytes()
                    .chunks(width)
                    .map(|line| std::str::from_utf8(line).unwrap())
                    .collect();
                let lines = lines.join(end);
                let pem = format!("-----BEGIN PKCS7-----{end}{lines}{end}-----END PKCS7-----{end}");
                for wrapped in [lines.clone(), pem, base64(lines.as_bytes())] {
                    for cut in [1024, 4096] {
                        let found = content_type(&wrapped.as_bytes()[..cut]);
                        assert_eq!(found, Some(crate::oids::SIGNED_DATA), "{width} {cut}");
                    }
                    assert_eq!(unwrap(wrapped.as_bytes()).unwrap().0, der);
                }
            }
        }
    }

    #[test]
    fn hostile_wrapping_is_refused() {
        let mut text = DER.to_vec();
        for _ in 0..6 {
            text = base64(&text).into_bytes();
        }
        assert!(matches!(unwrap(&text), Err(Error::TooManyLayers { limit: 4 })));
        assert!(unwrap(b"Content-Type: multipart/mixed; boundary=x\n\n--x").is_err());
        assert!(unwrap(b"Content-Type: application/pkcs7-mime\n").is_err());
    }
}

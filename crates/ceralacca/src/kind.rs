//! What a file is, as far as its first octets and a glance inside tell.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};

use asn1::Oid;

/// Octets looked at from the start.
const START: usize = 4096;

/// Kinds of files told apart before anything is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A CMS signature (`.p7m`, `.p7s`), under text wrapping or not.
    SignedData,
    /// A time-stamp response or token (`.tsr`, `.tst`).
    Timestamp,
    /// A TimeStampedData (`.tsd`, RFC 5544).
    TimestampedData,
    /// An encrypted CMS file.
    Encrypted,
    /// Another CMS content type.
    OtherCms,
    /// A PDF with at least one signature.
    SignedPdf,
    /// An XML document with a signature (XMLDSig, XAdES).
    SignedXml,
    /// An ASiC container.
    Asic,
    /// A MIME message of a signature and its time-stamp (`.m7m`).
    M7m,
    /// A mail message with a detached signature.
    SignedMail,
    /// None of these: an ordinary file, without a signature.
    Other,
}

impl FileKind {
    /// Looks at a file; leaves it at its start.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of(file: &mut (impl Read + Seek)) -> std::io::Result<Self> {
        let start = first(file)?;
        let kind = if let Some(content_type) = cms::armor::content_type(&start) {
            Self::of_cms(content_type)
        } else if is_timestamp_response(&start) {
            Self::Timestamp
        } else {
            Self::of_document(&start, file)?
        };
        file.seek(SeekFrom::Start(0))?;
        Ok(kind)
    }

    fn of_cms(content_type: Oid) -> Self {
        const AUTH_ENVELOPED_DATA: Oid = Oid::new("1.2.840.113549.1.9.16.1.23");
        match content_type {
            cms::oids::SIGNED_DATA => Self::SignedData,
            cms::oids::ENVELOPED_DATA | AUTH_ENVELOPED_DATA => Self::Encrypted,
            timestamp::tsd::TIMESTAMPED_DATA => Self::TimestampedData,
            _ => Self::OtherCms,
        }
    }

    fn of_document(start: &[u8], file: &mut impl Read) -> std::io::Result<Self> {
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
        let lower = text.to_ascii_lowercase();
        let has = |needle: &[u8]| find(&lower, needle);
        // A ZIP first: a PDF that stands in it as it is has its head within the first octets, too.
        Ok(if start.starts_with(b"PK\x03\x04") {
            let named = find(start, b"application/vnd.etsi.asic");
            let parts: [&[u8]; 3] =
                [b"META-INF/signature", b"META-INF/timestamp", b"META-INF/evidencerecord"];
            if named || contains(start, file, &parts)? { Self::Asic } else { Self::Other }
        } else if find(&start[..start.len().min(1024)], b"%PDF-") {
            if contains(start, file, &[b"/ByteRange"])? { Self::SignedPdf } else { Self::Other }
        } else if text.starts_with(b"<") {
            let namespace: &[u8] = b"http://www.w3.org/2000/09/xmldsig#";
            if contains(start, file, &[namespace])? { Self::SignedXml } else { Self::Other }
        } else if timestamp::m7m::starts_like(start) {
            // The signed part may come first and be as long as it likes.
            let stamp: &[&[u8]] = &[b"application/timestamp", b"application/x-timestamp"];
            if contains(start, file, stamp)? { Self::M7m } else { Self::Other }
        } else if has(b"content-type: multipart/signed") {
            Self::SignedMail
        } else {
            Self::Other
        })
    }

    /// The name of the format in the machine contract.
    #[must_use]
    pub fn format(self) -> &'static str {
        match self {
            Self::SignedData | Self::OtherCms => "CMS",
            Self::Timestamp => "TST",
            Self::TimestampedData => "TSD",
            Self::Encrypted => "CMS-ENCRYPTED",
            Self::SignedPdf => "PAdES",
            Self::SignedXml => "XML",
            Self::Asic => "ASiC",
            Self::M7m => "M7M",
            Self::SignedMail => "SMIME",
            Self::Other => "UNKNOWN",
        }
    }

    /// The next step for the person who meets this kind where it cannot be used.
    #[must_use]
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Self::Encrypted => Some("decrypt it first, with the program and key it was made for"),
            Self::Timestamp => Some(
                "a time-stamp stands beside its file: name the file itself, or judge the time-stamp \
                 with: ceralacca verify STAMP --content FILE",
            ),
            Self::SignedData | Self::TimestampedData | Self::M7m => None,
            Self::Other => Some("check that this is the signed file and not the original"),
            Self::Asic => {
                Some("containers are signed, cosigned, extended, verified, inspected and extracted")
            }
            _ => Some(
                "this release reads .p7m, .p7s, .tsd, .m7m, .tsr, .tst, .asics and .asice; see `ceralacca --help`",
            ),
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignedData => "a CMS signature",
            Self::Timestamp => "a time-stamp",
            Self::TimestampedData => "a TimeStampedData (.tsd)",
            Self::Encrypted => "an encrypted CMS file, which cannot be judged",
            Self::OtherCms => "a CMS file of a kind that holds no signature",
            Self::SignedPdf => "a signed PDF, which this release does not judge yet",
            Self::SignedXml => "an XML signature, which is recognised but not judged here",
            Self::Asic => "an ASiC container",
            Self::M7m => "an M7M message (signature and time-stamp)",
            Self::SignedMail => {
                "a mail message with a detached signature, which is not judged here"
            }
            Self::Other => "no signature and no time-stamp",
        })
    }
}

/// `TimeStampResp ::= SEQUENCE { PKIStatusInfo SEQUENCE { status INTEGER … } …`, in binary or
/// under text wrapping.
fn is_timestamp_response(start: &[u8]) -> bool {
    let Ok(mut opened) = cms::armor::open(start, 4) else { return false };
    let mut octets = Vec::new();
    // A cut piece of base64 may end in an error behind what we need.
    let _ = (&mut opened.source).take(64).read_to_end(&mut octets);
    let mut reader = asn1::Reader::with_buffer(&octets[..], asn1::Limits::default(), 512);
    let mut status = || -> asn1::Result<u64> {
        reader.open(asn1::Tag::SEQUENCE)?;
        reader.open(asn1::Tag::SEQUENCE)?;
        let status = reader.capture()?;
        asn1::Value::parse(&status.octets)?.u64()
    };
    status().is_ok_and(|status| status <= 5)
}

fn first(file: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(START);
    file.take(START as u64).read_to_end(&mut start)?;
    Ok(start)
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Whether any of `needles` stands in `start` or in what follows it in `file`.
/// Reads in blocks that overlap; memory does not grow with the file.
fn contains(start: &[u8], file: &mut impl Read, needles: &[&[u8]]) -> std::io::Result<bool> {
    let longest = needles.iter().map(|needle| needle.len()).max().unwrap_or(0);
    let mut block = start.to_vec();
    loop {
        if needles.iter().any(|needle| find(&block, needle)) {
            return Ok(true);
        }
        let keep = block.len().saturating_sub(longest);
        block.drain(..keep);
        if file.take(64 << 10).read_to_end(&mut block)? == 0 {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn kinds_are_told_apart() {
        let mut pdf = b"%PDF-1.7\n".to_vec();
        pdf.extend(vec![b' '; 100_000]);
        let plain = pdf.clone();
        pdf.extend(b"/ByteRange [0 1 2 3]");
        let cases: [(&[u8], FileKind); 9] = [
            (&pdf, FileKind::SignedPdf),
            (&plain, FileKind::Other),
            (b"<a xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>", FileKind::SignedXml),
            (b"PK\x03\x04 mimetypeapplication/vnd.etsi.asic-e+zip", FileKind::Asic),
            (b"PK\x03\x04 mimetypeapplication/vnd.etsi.asic-e+zip %PDF-1.7", FileKind::Asic),
            (b"", FileKind::Other),
            (b"un testo qualunque", FileKind::Other),
            (&[0x30, 0x80, 0x30, 0x03, 2, 1, 0, 0, 0], FileKind::Timestamp),
            (
                &[0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 3, 0xa0, 0x80],
                FileKind::Encrypted,
            ),
        ];
        for (octets, kind) in cases {
            assert_eq!(FileKind::of(&mut Cursor::new(octets)).unwrap(), kind);
        }
    }
}

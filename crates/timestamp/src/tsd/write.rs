//! TimeStampedData written around streamed content, and renewed (RFC 5544 §2 and §4).
//!
//! What is written is DER, with `hashProtected` false: readers in use in Italy hash the content
//! alone, whatever that field says.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use asn1::{DefiniteEnvelope, Layer, Tag, der};

use super::{TIMESTAMPED_DATA, TimeStampAndCrl};
use crate::{Error, Result};

/// The layer of [`envelope`] that the evidence stands in.
const DATA_LAYER: usize = 2;

/// What a new file says about its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMetaData {
    /// The content's own name, without folders.
    pub file_name: Option<String>,
    /// Its media type, in ASCII.
    pub media_type: Option<String>,
}

impl NewMetaData {
    /// Those of a file, by its name.
    #[must_use]
    pub fn of(file: &Path, media_type: Option<&str>) -> Self {
        Self {
            file_name: file.file_name().map(|name| name.to_string_lossy().into_owned()),
            media_type: media_type.map(str::to_owned),
        }
    }

    /// The MetaData; `None` when there is nothing to say.
    fn to_der(&self) -> Option<Vec<u8>> {
        let media_type = self.media_type.as_deref().filter(|text| text.is_ascii());
        if self.file_name.is_none() && media_type.is_none() {
            return None;
        }
        let mut fields = vec![der::boolean(false)];
        fields.extend(self.file_name.as_deref().map(der::utf8_string));
        fields.extend(media_type.map(der::ia5_string));
        Some(der::sequence(&fields))
    }
}

/// How [`TsdWriter::finish`] ended.
#[derive(Debug)]
pub enum TsdFinished<W> {
    /// The output is complete.
    Complete(W),
    /// The size of the time-stamp moved a header across a power of 256, so that the content stands
    /// at the wrong place: write again with `evidence` octets announced.
    Again {
        /// The output, to be written anew from where it started.
        out: W,
        /// Exact size of the evidence.
        evidence: u64,
    },
}

/// Writes a TimeStampedData in DER in one pass: headers with an expected size, the content, the
/// evidence, and the headers again with the real size.
#[derive(Debug)]
pub struct TsdWriter<W> {
    out: W,
    start: u64,
    head: usize,
    before: Vec<u8>,
    expected: u64,
    written: u64,
}

impl<W: Write + Seek> TsdWriter<W> {
    /// Writes the head for `content` octets; `evidence` is the expected size of the evidence.
    ///
    /// # Errors
    /// The output failed.
    pub fn begin(mut out: W, metadata: &NewMetaData, content: u64, evidence: u64) -> Result<Self> {
        let before = [der::integer(1), metadata.to_der().unwrap_or_default()].concat();
        let head = envelope(&before, Some(content), evidence).head();
        let start = out.stream_position()?;
        out.write_all(&head)?;
        Ok(Self { out, start, head: head.len(), before, expected: content, written: 0 })
    }

    /// Writes the evidence and corrects the head.
    ///
    /// # Errors
    /// Another number of content octets than announced; the output failed.
    pub fn finish(mut self, stamps: &[TimeStampAndCrl]) -> Result<TsdFinished<W>> {
        if self.written != self.expected {
            let (expected, found) = (self.expected, self.written);
            return Err(Error::ContentSize { expected, found });
        }
        let evidence = evidence(stamps);
        let head = envelope(&self.before, Some(self.expected), evidence.len() as u64).head();
        if head.len() != self.head {
            let evidence = evidence.len() as u64;
            return Ok(TsdFinished::Again { out: self.out, evidence });
        }
        self.out.write_all(&evidence)?;
        self.out.seek(SeekFrom::Start(self.start))?;
        self.out.write_all(&head)?;
        self.out.seek(SeekFrom::End(0))?;
        self.out.flush()?;
        Ok(TsdFinished::Complete(self.out))
    }
}

impl<W: Write> Write for TsdWriter<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.out.write(octets)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a file anew with `stamps` as its evidence. `file` is the old one from its start; what
/// stands in `body` (`version` to `content`, see [`super::TsdSpans`]) is copied as it is, BER pieces
/// included, and the headers around it get definite lengths. Returns the size of the new file.
///
/// # Errors
/// Reading or writing failed.
pub fn renew_evidence(
    mut file: impl Read,
    body: &Range<u64>,
    stamps: &[TimeStampAndCrl],
    mut out: impl Write,
) -> Result<u64> {
    let evidence = evidence(stamps);
    let length = body.end - body.start;
    let mut around = envelope(&[], None, evidence.len() as u64);
    around.content = length;
    let head = around.head();
    out.write_all(&head)?;
    crypto::stream::copy_exact(&mut file, &mut io::sink(), body.start)?;
    crypto::stream::copy_exact(&mut file, &mut out, length)?;
    out.write_all(&evidence)?;
    out.flush()?;
    Ok(head.len() as u64 + length + evidence.len() as u64)
}

fn evidence(stamps: &[TimeStampAndCrl]) -> Vec<u8> {
    let parts: Vec<&[u8]> = stamps.iter().map(|stamp| stamp.raw.as_slice()).collect();
    der::constructed(Tag::context_constructed(0), &parts)
}

/// The headers around `content` octets, or, without them, around what is copied.
fn envelope(before: &[u8], content: Option<u64>, evidence: u64) -> DefiniteEnvelope {
    let layer = |tag, before| Layer { tag, before, after: 0 };
    let mut layers = vec![
        layer(Tag::SEQUENCE, der::oid(&TIMESTAMPED_DATA)),
        layer(Tag::context_constructed(0), Vec::new()),
        layer(Tag::SEQUENCE, before.to_vec()),
    ];
    layers[DATA_LAYER].after = evidence;
    if content.is_some() {
        layers.push(layer(Tag::OCTET_STRING, Vec::new()));
    }
    DefiniteEnvelope { layers, content: content.unwrap_or(0) }
}

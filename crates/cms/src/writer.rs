//! Attached SignedData written around streamed content.

use std::io::{self, Seek, SeekFrom, Write};

use asn1::{DefiniteEnvelope, Layer, Tag, der};

use crate::{Error, Result, SignedData, oids};

/// The SignedData layer of [`envelope`]: what stands behind the content is in it.
const SIGNED_DATA_LAYER: usize = 2;

/// Octets of one piece of content in BER output; OpenSSL reads any size.
const PIECE: usize = 64 << 10;

/// The definite-length headers around `content` octets signed by `data`.
fn envelope(data: &SignedData, content: u64, after: u64) -> DefiniteEnvelope {
    let layer = |tag, before| Layer { tag, before, after: 0 };
    let mut layers = vec![
        layer(Tag::SEQUENCE, der::oid(&oids::SIGNED_DATA)),
        layer(Tag::context_constructed(0), Vec::new()),
        layer(Tag::SEQUENCE, data.before_content()),
        layer(Tag::SEQUENCE, der::oid(&data.content_type)),
        layer(Tag::context_constructed(0), Vec::new()),
        layer(Tag::OCTET_STRING, Vec::new()),
    ];
    layers[SIGNED_DATA_LAYER].after = after;
    DefiniteEnvelope { layers, content }
}

/// How [`DerWriter::finish`] ended.
#[derive(Debug)]
pub enum Finished<W> {
    /// The output is complete.
    Complete(W),
    /// The size of the signatures moved a header across a power of 256, so
    /// that the content stands at the wrong place: write again with
    /// `after_content` octets announced.
    Again {
        /// The output, to be written anew from where it started.
        out: W,
        /// Exact size of what stands behind the content.
        after_content: u64,
    },
}

/// Writes attached SignedData as DER in one pass: headers with an expected
/// size, the content, the signatures, and the headers again with the real size.
#[derive(Debug)]
pub struct DerWriter<W> {
    out: W,
    start: u64,
    head: usize,
    expected: u64,
    written: u64,
}

impl<W: Write + Seek> DerWriter<W> {
    /// Writes the head for `content` octets. `data` needs its digest algorithms
    /// and SignerInfo versions as they will be; `after_content` is the expected
    /// size of its certificates, revocation data and signers.
    ///
    /// # Errors
    /// The output failed.
    pub fn begin(mut out: W, data: &SignedData, content: u64, after_content: u64) -> Result<Self> {
        let head = envelope(data, content, after_content).head();
        let start = out.stream_position()?;
        out.write_all(&head)?;
        Ok(Self { out, start, head: head.len(), expected: content, written: 0 })
    }

    /// Writes what stands behind the content and corrects the head.
    ///
    /// # Errors
    /// Another number of content octets than announced; the output failed.
    pub fn finish(mut self, data: &SignedData) -> Result<Finished<W>> {
        if self.written != self.expected {
            return Err(Error::ContentSize { expected: self.expected, found: self.written });
        }
        let after = data.after_content();
        let head = envelope(data, self.expected, after.len() as u64).head();
        if head.len() != self.head {
            return Ok(Finished::Again { out: self.out, after_content: after.len() as u64 });
        }
        self.out.write_all(&after)?;
        self.out.seek(SeekFrom::Start(self.start))?;
        self.out.write_all(&head)?;
        self.out.seek(SeekFrom::End(0))?;
        self.out.flush()?;
        Ok(Finished::Complete(self.out))
    }
}

impl<W: Write> Write for DerWriter<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.out.write(octets)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes attached SignedData to a pipe: indefinite lengths, content in pieces
/// (BER). For content of unknown size, or output that cannot be corrected.
#[derive(Debug)]
pub struct BerWriter<W> {
    out: W,
    piece: Vec<u8>,
}

impl<W: Write> BerWriter<W> {
    /// Writes the head.
    ///
    /// # Errors
    /// The output failed.
    pub fn begin(mut out: W, data: &SignedData) -> Result<Self> {
        let parts: [&[u8]; 7] = [
            &[Tag::SEQUENCE.0, 0x80],
            &der::oid(&oids::SIGNED_DATA),
            &[Tag::context_constructed(0).0, 0x80, Tag::SEQUENCE.0, 0x80],
            &data.before_content(),
            &[Tag::SEQUENCE.0, 0x80],
            &der::oid(&data.content_type),
            &[Tag::context_constructed(0).0, 0x80, Tag::OCTET_STRING_CONSTRUCTED.0, 0x80],
        ];
        out.write_all(&parts.concat())?;
        Ok(Self { out, piece: Vec::with_capacity(PIECE) })
    }

    /// Writes what stands behind the content.
    ///
    /// # Errors
    /// The output failed.
    pub fn finish(mut self, data: &SignedData) -> Result<W> {
        self.write_piece()?;
        // Ends of: the string, [0], encapContentInfo.
        self.out.write_all(&[0; 6])?;
        self.out.write_all(&data.after_content())?;
        // Ends of: SignedData, [0], ContentInfo.
        self.out.write_all(&[0; 6])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn write_piece(&mut self) -> io::Result<()> {
        if !self.piece.is_empty() {
            self.out.write_all(&der::header(Tag::OCTET_STRING, self.piece.len() as u64))?;
            self.out.write_all(&self.piece)?;
            self.piece.clear();
        }
        Ok(())
    }
}

impl<W: Write> Write for BerWriter<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let step = octets.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&octets[..step]);
        if self.piece.len() == PIECE {
            self.write_piece()?;
        }
        Ok(step)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A short piece is cut only at the end: pieces of one size read faster.
        self.out.flush()
    }
}

/// The octets around an `encapContentInfo` that is taken over as it stands:
/// what is written before it and behind it when signers or unsigned
/// attributes are added to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrap {
    /// To be written before `encapContentInfo`.
    pub before: Vec<u8>,
    /// To be written behind it.
    pub after: Vec<u8>,
}

impl Rewrap {
    /// Wraps `encapsulated` octets of `encapContentInfo` in definite lengths,
    /// whatever lengths are used inside it.
    #[must_use]
    pub fn new(data: &SignedData, encapsulated: u64) -> Self {
        let after = data.after_content();
        let inside = encapsulated.saturating_add(after.len() as u64);
        Self { before: Self::head(data, inside), after }
    }

    /// What is written before `encapContentInfo` when it and everything behind
    /// it have `inside` octets together.
    ///
    /// As many octets for every `inside` until it crosses a power of 256, and
    /// for every `data` with the same digest algorithms.
    #[must_use]
    pub fn head(data: &SignedData, inside: u64) -> Vec<u8> {
        let layer = |tag, before| Layer { tag, before, after: 0 };
        let layers = vec![
            layer(Tag::SEQUENCE, der::oid(&oids::SIGNED_DATA)),
            layer(Tag::context_constructed(0), Vec::new()),
            layer(Tag::SEQUENCE, data.before_content()),
        ];
        DefiniteEnvelope { layers, content: inside }.head()
    }
}

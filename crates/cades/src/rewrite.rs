//! Changing a signed file of any size in one pass.
//!
//! `encapContentInfo` is taken over octet for octet, whatever its encoding;
//! what stands around it is written anew in definite lengths. Which changes
//! are permitted is known in [`change`](crate::edit_signer) and its users;
//! here nothing is said about signatures.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use cms::verify::{ContentDigests, PREFIX};
use cms::{Limits, Rewrap, SignedData, SignedDataReader, Spans};
use crypto::{DigestAlgorithm, MultiHasher, stream};

use crate::{Error, Result};

/// Octets kept back while content in pieces is read and copied at once: more
/// than the reader ever takes in advance, so that nothing behind the content
/// is copied with it.
const HELD: usize = 256 << 10;

/// Octets of signatures assumed behind content whose end is not known yet,
/// where the file is too short to tell.
const LEAST_INSIDE: u64 = 4 << 10;

/// Everything of a signed file but its content, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Everything but the content.
    pub data: SignedData,
    /// Where its parts stand, from where the file stood.
    pub spans: Spans,
    /// Whether the content is inside.
    pub attached: bool,
}

/// Reads what is around the content of the outermost envelope. Content that is
/// one primitive string, as DER has it, is not read at all.
///
/// # Errors
/// The file cannot be read or is no SignedData.
pub fn outline(mut file: impl Read + Seek, limits: &Limits) -> Result<Outline> {
    let mut reader = SignedDataReader::open(&mut file, *limits)?;
    let attached = reader.is_attached();
    reader.skip_content()?;
    let (data, spans) = reader.finish()?;
    Ok(Outline { data, spans, attached })
}

/// Copies the signed file `file` to `out` with its signatures changed by
/// `change`. Both begin where they stand.
///
/// The content is read once, while it is copied, and hashed meanwhile with
/// `digests`, which are announced in `digestAlgorithms`; with none of them it
/// is only copied. `change` gets what is around the content and the digests;
/// where the content is one primitive string and nothing is hashed, it runs
/// before anything is copied. `growth` is by how many octets it will lengthen
/// the signatures, roughly: a wrong guess costs a second copy only where it
/// moves a length across a power of 256.
///
/// Octets behind the signature are not taken over.
///
/// # Errors
/// The file is no SignedData, or a detached one when digests are asked for;
/// reading or writing failed; `change` refused; the content changed meanwhile.
pub fn rewrite<F: Read + Seek, W: Write + Seek>(
    file: F,
    out: W,
    digests: &BTreeSet<DigestAlgorithm>,
    growth: u64,
    limits: &Limits,
    change: impl FnOnce(&mut SignedData, &ContentDigests) -> Result<()>,
) -> Result<()> {
    rewrite_after_look(file, out, digests, growth, limits, |_| Ok(()), change).map(drop)
}

/// As [`rewrite`]; `look` sees the signatures as they are, as soon as they are
/// known, and may refuse. Says how many octets stand behind the signature.
pub(crate) fn rewrite_after_look<F: Read + Seek, W: Write + Seek>(
    mut file: F,
    mut out: W,
    digests: &BTreeSet<DigestAlgorithm>,
    growth: u64,
    limits: &Limits,
    look: impl FnOnce(&SignedData) -> Result<()>,
    change: impl FnOnce(&mut SignedData, &ContentDigests) -> Result<()>,
) -> Result<u64> {
    let start = file.stream_position()?;
    let out_start = out.stream_position()?;
    let mut reader = SignedDataReader::open(&mut file, *limits)?;
    let (attached, content) = (reader.is_attached(), reader.skip_content()?);
    if attached && content.is_none() {
        let mut head = reader.head().clone();
        let from = reader.encapsulated_start();
        drop(reader);
        announce(&mut head, digests);
        let end = file.seek(SeekFrom::End(0))?;
        let rest = end.saturating_sub(start).saturating_sub(from).max(LEAST_INSIDE);
        let head = Rewrap::head(&head, rest.saturating_add(growth));
        out.write_all(&head)?;
        let pass = |file: &mut F, out: &mut W| in_pieces(file, out, start, from, digests, limits);
        let (mut data, spans, found) = pass(&mut file, &mut out)?;
        look(&data)?;
        announce(&mut data, digests);
        change(&mut data, &found)?;
        let around = Rewrap::new(&data, length(&spans.encapsulated));
        if around.before.len() != head.len() {
            out.seek(SeekFrom::Start(out_start))?;
            out.write_all(&around.before)?;
            let (_, spans_again, again) = pass(&mut file, &mut out)?;
            if again != found || spans_again != spans {
                return Err(Error::ContentChanged);
            }
        }
        return close(out, out_start, &around).map(|()| spans.trailing);
    }
    let (mut data, spans) = reader.finish()?;
    look(&data)?;
    let (whole, trailing) = (spans.encapsulated, spans.trailing);
    let inside = length(&whole);
    let Some(content) = content.filter(|_| !digests.is_empty()) else {
        if !digests.is_empty() {
            return Err(Error::Detached);
        }
        let known = ContentDigests::default();
        change(&mut data, &known)?;
        let around = Rewrap::new(&data, inside);
        out.write_all(&around.before)?;
        file.seek(SeekFrom::Start(start + whole.start))?;
        copy_all(&mut file, &mut out, inside)?;
        out.write_all(&around.after)?;
        out.flush()?;
        return Ok(trailing);
    };
    announce(&mut data, digests);
    let expected = inside.saturating_add(data.size_behind_content()).saturating_add(growth);
    let head = Rewrap::head(&data, expected);
    out.write_all(&head)?;
    let pass = |file: &mut F, out: &mut W| in_one(file, out, start, &whole, &content, digests);
    let found = pass(&mut file, &mut out)?;
    change(&mut data, &found)?;
    let around = Rewrap::new(&data, inside);
    if around.before.len() != head.len() {
        out.seek(SeekFrom::Start(out_start))?;
        out.write_all(&around.before)?;
        if pass(&mut file, &mut out)? != found {
            return Err(Error::ContentChanged);
        }
    }
    close(out, out_start, &around).map(|()| trailing)
}

fn announce(data: &mut SignedData, digests: &BTreeSet<DigestAlgorithm>) {
    digests.iter().for_each(|algorithm| data.announce_digest(*algorithm));
}

fn length(span: &Range<u64>) -> u64 {
    span.end.saturating_sub(span.start)
}

/// Writes what stands behind the content, and the head once more where it stood.
fn close(mut out: impl Write + Seek, out_start: u64, around: &Rewrap) -> Result<()> {
    out.write_all(&around.after)?;
    out.seek(SeekFrom::Start(out_start))?;
    out.write_all(&around.before)?;
    out.seek(SeekFrom::End(0))?;
    Ok(out.flush()?)
}

fn copy_all(file: &mut impl Read, out: &mut impl Write, octets: u64) -> Result<()> {
    stream::copy_exact(file, out, octets).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::ContentChanged,
        _ => error.into(),
    })
}

/// Copies `whole`, the octets of `encapContentInfo`, in which `content` is one
/// primitive string, hashing it meanwhile.
fn in_one(
    mut file: impl Read + Seek,
    mut out: impl Write,
    start: u64,
    whole: &Range<u64>,
    content: &Range<u64>,
    digests: &BTreeSet<DigestAlgorithm>,
) -> Result<ContentDigests> {
    file.seek(SeekFrom::Start(start + whole.start))?;
    copy_all(&mut file, &mut out, content.start - whole.start)?;
    let size = length(content);
    let mut octets = (&mut file).take(size);
    let prefix = prefix_of(&mut octets)?;
    let mut hasher = MultiHasher::new(digests.iter().copied());
    let copied = stream::hash_and_copy((&prefix[..]).chain(octets), &mut hasher, &mut out)?;
    if copied != size {
        return Err(Error::ContentChanged);
    }
    copy_all(&mut file, &mut out, whole.end - content.end)?;
    Ok(ContentDigests { values: hasher.finish(), prefix, length: Some(size) })
}

fn prefix_of(content: impl Read) -> io::Result<Vec<u8>> {
    let mut prefix = Vec::new();
    content.take(PREFIX as u64).read_to_end(&mut prefix)?;
    Ok(prefix)
}

/// Copies `encapContentInfo` with content in pieces, hashing it meanwhile if
/// anything is to be hashed. Its end is found on the way.
fn in_pieces(
    file: &mut (impl Read + Seek),
    out: &mut impl Write,
    start: u64,
    from: u64,
    digests: &BTreeSet<DigestAlgorithm>,
    limits: &Limits,
) -> Result<(SignedData, Spans, ContentDigests)> {
    file.seek(SeekFrom::Start(start))?;
    let ended = Cell::new(false);
    let mut copier = Copier {
        file: &mut *file,
        out: &mut *out,
        ended: &ended,
        at: 0,
        from,
        held: Vec::new(),
        written: from,
    };
    let mut reader = SignedDataReader::open(&mut copier, *limits)?;
    let mut found = ContentDigests::default();
    if let Some(mut content) = reader.content()? {
        if digests.is_empty() {
            loop {
                let ready = content.fill_buf().map_err(Error::from_content)?.len();
                if ready == 0 {
                    break;
                }
                content.consume(ready);
            }
        } else {
            found.prefix = prefix_of(&mut content).map_err(Error::from_content)?;
            let mut hasher = MultiHasher::new(digests.iter().copied());
            let whole = (&found.prefix[..]).chain(content);
            let size = stream::hash_and_copy(whole, &mut hasher, io::sink());
            found.length = Some(size.map_err(Error::from_content)?);
            found.values = hasher.finish();
        }
    }
    ended.set(true);
    let (data, spans) = reader.finish()?;
    let written = copier.written;
    let left = spans.encapsulated.end.checked_sub(written).ok_or(Error::ContentChanged)?;
    file.seek(SeekFrom::Start(start + written))?;
    copy_all(file, out, left)?;
    Ok((data, spans, found))
}

/// Writes what is read through it, [`HELD`] octets behind, from offset `from`
/// on and until the content has ended.
struct Copier<'c, F, W> {
    file: &'c mut F,
    out: &'c mut W,
    ended: &'c Cell<bool>,
    /// Offset of the next octet read.
    at: u64,
    from: u64,
    held: Vec<u8>,
    /// Offset of the first octet not written.
    written: u64,
}

impl<F: Read, W: Write> Read for Copier<'_, F, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if !self.ended.get() {
            let before = self.from.saturating_sub(self.at).min(read as u64) as usize;
            self.held.extend_from_slice(&buffer[before..read]);
            if self.held.len() >= 4 * HELD {
                let ready = self.held.len() - HELD;
                self.out.write_all(&self.held[..ready])?;
                self.held.drain(..ready);
                self.written += ready as u64;
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

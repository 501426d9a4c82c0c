//! The walk through a file's envelopes, outside in, in one pass.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use cms::armor;
use cms::verify::{ContentDigests, PREFIX};
use cms::{Limits, SignedDataReader};
use crypto::{DigestAlgorithm, MultiHasher, stream};
use timestamp::m7m::{self, MessageReader, PartKind};
use timestamp::tsd::{TIMESTAMPED_DATA, TsdReader};

use super::stamped::{Container, Covered, Imprint, M7m, StampedLayer};
use super::{
    Encapsulated, Envelope, EnvelopeKind, Layer, LayerError, SignedFile, Wanted, Wrapping,
};
use crate::{Error, Result};

/// Octets looked at to tell what a file is.
const SNIFF: usize = 4096;

/// Largest time-stamp part of a message read into memory. Tokens have some KiB; those with
/// long revocation lists inside were seen with some MB.
const LARGEST_TIME_STAMP: u64 = 64 << 20;

/// Digests taken of a content before its time-stamp is seen: what new stamps use, and those of the
/// years before 2011.
const USUAL: [DigestAlgorithm; 2] = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha1];

/// Passes [`read_whole`] makes at most: the second knows all that the first asked for.
const PASSES: usize = 3;

/// Reads a signed or time-stamped file to its end.
///
/// Every envelope's content is hashed with the algorithms it announces, and with those `wanted`.
/// The innermost content goes to `sink`; whoever gives one must not take what arrives for verified.
///
/// # Errors
/// The source or the sink failed, a limit was reached, or the file is not recognised as an envelope
/// at all. An envelope that is broken is no error but [`SignedFile::broken`].
pub fn read(
    mut source: impl Read,
    limits: &Limits,
    wanted: &Wanted,
    sink: &mut dyn Write,
) -> Result<SignedFile> {
    let mut walk =
        Walk { limits: *limits, wanted, opaque: false, broken: None, envelopes: Vec::new() };
    match walk.envelope(&mut source, Vec::new(), sink, 1) {
        Ok(()) => {}
        Err(failed) if is_broken(&failed.error) => walk.broken = Some(failed),
        Err(failed) => return Err(failed.error),
    }
    // Envelopes are found outside in but finished inside out.
    walk.envelopes.reverse();
    Ok(SignedFile { envelopes: walk.envelopes, opaque: walk.opaque, broken: walk.broken })
}

/// Reads a file until everything is hashed that its signatures and time-stamps are over: once, and
/// once more if one of them needs a digest that could not be known before the content was read.
///
/// # Errors
/// As [`read()`].
pub fn read_whole(source: &mut (impl Read + Seek), limits: &Limits) -> Result<SignedFile> {
    let start = source.stream_position()?;
    let mut wanted = Wanted::default();
    let mut passes = 1;
    loop {
        let file = read(&mut *source, limits, &wanted, &mut std::io::sink())?;
        let missing = file.missing();
        if missing.is_empty() || passes == PASSES {
            return Ok(file);
        }
        passes += 1;
        wanted.add(missing);
        source.seek(SeekFrom::Start(start))?;
    }
}

/// Whether this error says that something recognised as an envelope is broken.
/// What goes over a limit may be sound; it is an error and not a verdict.
fn is_broken(error: &Error) -> bool {
    let limit = |source: &asn1::Error| matches!(source, asn1::Error::Limit { .. });
    match error {
        Error::Cms(cms::Error::Encoding { source, .. }) => !limit(source),
        Error::Cms(cms::Error::Algorithm(_)) => true,
        Error::Stamped(timestamp::Error::Encoding { source, .. }) => !limit(source),
        Error::Stamped(timestamp::Error::M7m { .. }) => true,
        _ => false,
    }
}

/// Whether this error says that what starts like an envelope is none.
fn is_none(error: &Error) -> bool {
    matches!(
        error,
        Error::Cms(cms::Error::NotCms | cms::Error::NotSignedData { .. } | cms::Error::Mime { .. })
            | Error::Stamped(
                timestamp::Error::NotTimeStampedData | timestamp::Error::NotM7m { .. }
            )
    )
}

struct Walk<'w> {
    limits: Limits,
    wanted: &'w Wanted,
    opaque: bool,
    broken: Option<LayerError>,
    /// Innermost first.
    envelopes: Vec<Envelope>,
}

/// The digests of one content.
struct Hashed {
    content: ContentDigests,
    /// The same with something before it, in the order given.
    prefixed: Vec<MultiHasher>,
}

impl Walk<'_> {
    /// One envelope of whatever kind; `wrapping` was taken off before.
    fn envelope(
        &mut self,
        source: &mut dyn Read,
        wrapping: Vec<Wrapping>,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<(), LayerError> {
        // What was found inside a broken envelope is not judged without it.
        self.recognised(source, wrapping, sink, depth).inspect_err(|_| {
            self.envelopes.clear();
            self.broken = None;
            self.opaque = false;
        })
    }

    fn recognised(
        &mut self,
        source: &mut dyn Read,
        mut wrapping: Vec<Wrapping>,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<(), LayerError> {
        let as_cms = |error: Error| LayerError { kind: EnvelopeKind::SignedData, error };
        let mut start = Vec::new();
        let read = (&mut *source).take(SNIFF as u64).read_to_end(&mut start);
        read.map_err(|error| as_cms(from_content(error)))?;
        if m7m::starts_like(&start) {
            let kind = EnvelopeKind::M7m;
            let mut whole = Cursor::new(start).chain(source);
            let message = self.message(&mut whole, wrapping, sink, depth);
            return message.map_err(|error| LayerError { kind, error: carried(error) });
        }
        let whole = Cursor::new(start).chain(source);
        let mut opened =
            armor::open(whole, self.limits.layers).map_err(|error| as_cms(error.into()))?;
        wrapping.append(&mut opened.armor);
        let ready = opened.source.fill_buf().map_err(|error| as_cms(from_content(error)))?;
        if armor::content_type(&ready[..ready.len().min(SNIFF)]) == Some(TIMESTAMPED_DATA) {
            let kind = EnvelopeKind::TimeStampedData;
            let data = self.time_stamped_data(&mut opened.source, wrapping, sink, depth);
            return data.map_err(|error| LayerError { kind, error });
        }
        self.signed_data(&mut opened.source, wrapping, sink, depth).map_err(as_cms)
    }

    fn signed_data(
        &mut self,
        source: &mut dyn Read,
        wrapping: Vec<Wrapping>,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<()> {
        let none = (0..0, BTreeSet::new());
        let (span, algorithms) = self.wanted.encapsulated.get(&(depth - 1)).unwrap_or(&none);
        let mut encapsulated = Encapsulated::new(algorithms);
        let source = Section { source, at: 0, span: span.clone(), encapsulated: &mut encapsulated };
        let mut reader = SignedDataReader::open(source, self.limits)?;
        let mut digests: BTreeSet<_> = reader.head().announced_digests().into_iter().collect();
        if digests.is_empty() {
            digests.insert(DigestAlgorithm::Sha256);
        }
        digests.extend(&self.wanted.digests);
        let content = match reader.content()? {
            None => None,
            Some(mut content) => {
                Some(self.content(&mut content, digests, Vec::new(), sink, depth)?.content)
            }
        };
        let attached = reader.is_attached();
        let (data, spans) = reader.finish()?;
        if attached {
            encapsulated.complete();
        }
        let certificates = data.x509_certificates();
        self.envelopes.push(Envelope::Signed(Layer {
            wrapping,
            data,
            certificates,
            spans,
            attached,
            content,
            encapsulated,
        }));
        Ok(())
    }

    fn time_stamped_data(
        &mut self,
        source: &mut dyn Read,
        wrapping: Vec<Wrapping>,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<()> {
        let mut reader = TsdReader::open(source, self.limits.encoding).map_err(Error::Stamped)?;
        // The time-stamp stands behind the content: its digest is guessed, and asked for if it was
        // another one.
        let mut digests: BTreeSet<_> = self.wanted.digests.clone();
        digests.insert(DigestAlgorithm::Sha256);
        let prefixes = reader.metadata().map_or_else(Vec::new, |metadata| metadata.prefixes());
        let attached = reader.has_content();
        let hashed = match reader.content().map_err(Error::Stamped)? {
            None => None,
            Some(mut content) => {
                let before = prefixes.iter().filter(|prefix| !prefix.is_empty()).map(|prefix| {
                    let mut hasher = MultiHasher::new(digests.iter().copied());
                    hasher.update(prefix);
                    hasher
                });
                let before = before.collect();
                Some(self.content(&mut content, digests, before, sink, depth)?)
            }
        };
        let (data, spans) = reader.finish().map_err(Error::Stamped)?;
        let (content, imprints) = match hashed {
            None => (None, Vec::new()),
            Some(Hashed { content, prefixed }) => {
                let mut imprints: Vec<_> = prefixed
                    .into_iter()
                    .map(|hasher| Imprint {
                        over: Covered::MetadataAndContent,
                        values: hasher.finish(),
                    })
                    .collect();
                // What is not protected by the metadata's own word is over the content alone;
                // and so is, against that word, what writers made that do not know it.
                imprints.push(Imprint { over: Covered::Content, values: content.values.clone() });
                (Some(content), imprints)
            }
        };
        self.envelopes.push(Envelope::Stamped(StampedLayer {
            wrapping,
            container: Container::Tsd(data),
            attached,
            content,
            imprints,
            body: spans.body,
            is_ber: spans.is_ber,
            trailing: spans.trailing,
        }));
        Ok(())
    }

    fn message(
        &mut self,
        source: &mut dyn Read,
        wrapping: Vec<Wrapping>,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<()> {
        let mut message = MessageReader::open(source).map_err(Error::Stamped)?;
        let mut signed = None;
        let mut stamp: Option<(Vec<u8>, Vec<Wrapping>)> = None;
        let none = |what| Error::Stamped(timestamp::Error::NotM7m { what });
        while let Some(part) = message.next_part().map_err(Error::Stamped)? {
            match part.kind {
                PartKind::Other => {}
                PartKind::TimeStamp if stamp.is_some() => {
                    return Err(none("it has more than one time-stamp"));
                }
                PartKind::Signature if signed.is_some() => {
                    return Err(none("it has more than one signed file"));
                }
                PartKind::TimeStamp => {
                    let mut opened = armor::open(message.body(), self.limits.layers)?;
                    let mut octets = Vec::new();
                    let read =
                        (&mut opened.source).take(LARGEST_TIME_STAMP).read_to_end(&mut octets);
                    read.map_err(from_content)?;
                    let wrapping = std::mem::take(&mut opened.armor);
                    drop(opened);
                    stamp = Some((octets, wrapping));
                }
                PartKind::Signature => {
                    let known = stamp.as_ref().and_then(|(octets, _)| {
                        let (token, _) = timestamp::read_tsr(octets).ok()?;
                        token.info.imprint.digest_algorithm()
                    });
                    let mut digests = self.wanted.digests.clone();
                    match known {
                        Some(algorithm) => _ = digests.insert(algorithm),
                        None => digests.extend(USUAL),
                    }
                    let hashed = self.transported(&mut message.body(), digests, sink, depth)?;
                    signed = Some((hashed, part.name));
                }
            }
        }
        let trailing = message.drain().map_err(Error::Stamped)?;
        let (Some(((content, imprints), file_name)), Some((time_stamp, stamp_wrapping))) =
            (signed, stamp)
        else {
            return Err(none("it has not one signed file and one time-stamp"));
        };
        let container = Container::M7m(M7m { time_stamp, wrapping: stamp_wrapping, file_name });
        self.envelopes.push(Envelope::Stamped(StampedLayer {
            wrapping,
            container,
            attached: true,
            content: Some(content),
            imprints,
            body: 0..0,
            is_ber: false,
            trailing,
        }));
        Ok(())
    }

    /// The signed part of a message. Stamps were met over its octets as transported and, where
    /// those are base64, over the file they stand for.
    fn transported(
        &mut self,
        body: &mut dyn Read,
        digests: BTreeSet<DigestAlgorithm>,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<(ContentDigests, Vec<Imprint>)> {
        let mut outside = MultiHasher::new(digests.iter().copied());
        let mut tee = Tee { source: body, hashers: std::slice::from_mut(&mut outside), length: 0 };
        let (content, is_text) = {
            let mut opened = armor::open(&mut tee, self.limits.layers)?;
            let wrapping = std::mem::take(&mut opened.armor);
            let (source, is_text) = (&mut opened.source, !wrapping.is_empty());
            let hashed = self.content_of(source, digests, Vec::new(), wrapping, sink, depth)?;
            std::io::copy(source, &mut std::io::sink()).map_err(from_content)?;
            (hashed.content, is_text)
        };
        // Behind the padding of base64 there may be octets that were transported too.
        std::io::copy(&mut tee, &mut std::io::sink()).map_err(from_content)?;
        let mut imprints = vec![Imprint { over: Covered::Transported, values: outside.finish() }];
        if is_text {
            imprints.push(Imprint { over: Covered::Decoded, values: content.values.clone() });
        }
        Ok((content, imprints))
    }

    fn content(
        &mut self,
        content: &mut dyn Read,
        digests: BTreeSet<DigestAlgorithm>,
        prefixed: Vec<MultiHasher>,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<Hashed> {
        self.content_of(content, digests, prefixed, Vec::new(), sink, depth)
    }

    /// The content of an envelope, to its end: a further envelope, or what goes to `sink`.
    /// `prefixed` hashers have seen what stands before it; `wrapping` was taken off it.
    fn content_of(
        &mut self,
        content: &mut dyn Read,
        digests: BTreeSet<DigestAlgorithm>,
        mut prefixed: Vec<MultiHasher>,
        wrapping: Vec<Wrapping>,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<Hashed> {
        let mut hasher = MultiHasher::new(digests);
        let mut prefix = Vec::new();
        let mut content = Tee { source: content, hashers: &mut prefixed, length: 0 };
        let read = (&mut content).take(PREFIX as u64).read_to_end(&mut prefix);
        read.map_err(from_content)?;
        let nested = self.wanted.envelopes.is_none_or(|most| depth < most)
            && starts_like_envelope(&prefix[..prefix.len().min(SNIFF)]);
        if nested && depth == self.limits.layers {
            let limit = self.limits.layers;
            return Err(cms::Error::TooManyLayers { limit }.into());
        }
        let mut whole = Cursor::new(&prefix).chain(&mut content);
        let length = if nested {
            let hashers = std::slice::from_mut(&mut hasher);
            let mut tee = Tee { source: &mut whole, hashers, length: 0 };
            match self.envelope(&mut tee, wrapping, sink, depth + 1) {
                Ok(()) => {}
                // The outer envelope is judged whatever is wrong with the inner one.
                Err(failed) if is_broken(&failed.error) => self.broken = Some(failed),
                // What only starts like an envelope is content like any other.
                Err(failed) if is_none(&failed.error) => self.opaque = true,
                Err(failed) => return Err(failed.error),
            }
            std::io::copy(&mut tee, &mut std::io::sink()).map_err(from_content)?;
            tee.length
        } else {
            stream::hash_and_copy(whole, &mut hasher, sink).map_err(from_content)?
        };
        let content = ContentDigests { values: hasher.finish(), prefix, length: Some(length) };
        Ok(Hashed { content, prefixed })
    }
}

fn starts_like_envelope(start: &[u8]) -> bool {
    let kind = armor::content_type(start);
    kind == Some(cms::oids::SIGNED_DATA)
        || kind == Some(TIMESTAMPED_DATA)
        || m7m::starts_like(start)
}

/// The error of a message that went through readers inside it as one of reading.
fn carried(error: Error) -> Error {
    match error {
        Error::Io(error)
        | Error::Cms(cms::Error::Io(error))
        | Error::Stamped(timestamp::Error::Io(error)) => from_content(error),
        other => other,
    }
}

/// An error met while the content streamed: of the encoding, or of the file.
fn from_content(error: std::io::Error) -> Error {
    let error = match error.downcast::<cms::Error>() {
        Ok(error) => return error.into(),
        Err(error) => error,
    };
    let error = match error.downcast::<timestamp::Error>() {
        Ok(error) => return Error::Stamped(error),
        Err(error) => error,
    };
    match asn1::Error::from(error) {
        asn1::Error::Io(error) => error.into(),
        source => cms::Error::Encoding { while_reading: "the content", source }.into(),
    }
}

/// Hashes what passes through.
struct Tee<'h, R> {
    source: R,
    hashers: &'h mut [MultiHasher],
    length: u64,
}

impl<R: Read> Read for Tee<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(out)?;
        for hasher in &mut *self.hashers {
            hasher.update(&out[..read]);
        }
        self.length += read as u64;
        Ok(read)
    }
}

/// Hashes one span of what passes through.
struct Section<'h, R> {
    source: R,
    at: u64,
    span: Range<u64>,
    encapsulated: &'h mut Encapsulated,
}

impl<R: Read> Read for Section<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(out)?;
        let end = self.at + read as u64;
        let (from, to) = (self.span.start.max(self.at), self.span.end.min(end));
        if from < to {
            self.encapsulated.update(&out[(from - self.at) as usize..(to - self.at) as usize]);
        }
        self.at = end;
        Ok(read)
    }
}

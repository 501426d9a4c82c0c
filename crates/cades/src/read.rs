//! Reading signed files of any wrapping and nesting in one pass.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};

use cms::armor::{self, Armor};
use cms::verify::{ContentDigests, PREFIX, needed_digests};
use cms::{Limits, SignedData, SignedDataReader, SignerInfo, Spans};
use crypto::{DigestAlgorithm, MultiHasher, stream};
use timestamp::Token;
use x509::Certificate;

use crate::{Error, Result, oids};

/// Text wrapping taken off before a layer.
pub type Wrapping = Armor;

/// Why a layer that is recognised as signed could not be read.
#[derive(Debug)]
pub struct LayerError(pub cms::Error);

/// One signed envelope of a file.
#[derive(Debug)]
pub struct Layer {
    /// Text wrapping around it, outside in.
    pub wrapping: Vec<Wrapping>,
    /// Everything but the content.
    pub data: SignedData,
    /// The X.509 certificates of `data`, read once.
    pub certificates: Vec<Certificate>,
    /// Where its parts stand in this layer's stream.
    pub spans: Spans,
    /// Whether the content is inside.
    pub attached: bool,
    /// Digests of the content: of the content inside, or of content supplied
    /// from elsewhere. `None` when there is none at hand.
    pub content: Option<ContentDigests>,
}

impl Layer {
    /// Digests a signer needs and the pass over the content did not take.
    #[must_use]
    pub fn missing_digests(&self) -> BTreeSet<DigestAlgorithm> {
        let Some(content) = &self.content else { return BTreeSet::new() };
        let needed = self.needed_digests().into_iter();
        needed.filter(|algorithm| !content.values.contains_key(algorithm)).collect()
    }

    /// Digests of the content that its signers, and time-stamps on it, are over.
    #[must_use]
    pub fn needed_digests(&self) -> BTreeSet<DigestAlgorithm> {
        let stamped = |signer: &SignerInfo| {
            let stamps = signer.signed_attributes.iter().flat_map(|set| {
                set.values(&oids::CONTENT_TIME_STAMP).filter_map(|raw| Token::parse(raw).ok())
            });
            stamps.filter_map(|token| token.info.imprint.digest_algorithm()).collect::<Vec<_>>()
        };
        let signers = &self.data.signer_infos;
        signers
            .iter()
            .flat_map(|signer| [needed_digests(signer), stamped(signer)].concat())
            .collect()
    }
}

/// A signed file: its envelopes, outside in.
#[derive(Debug)]
pub struct SignedFile {
    /// The envelopes that could be read.
    pub layers: Vec<Layer>,
    /// The content of the last of `layers` starts as a further envelope would,
    /// but is none: to whom takes the content out, [`read_outer`] gives it whole.
    pub opaque: bool,
    /// Why the envelope inside the last of `layers` (or the file itself, when
    /// there is none) could not be read, if it could not.
    pub broken: Option<LayerError>,
}

impl SignedFile {
    /// Digests that some signer needs and the pass did not take: read the file
    /// again with these as `extra`.
    #[must_use]
    pub fn missing_digests(&self) -> BTreeSet<DigestAlgorithm> {
        self.layers.iter().flat_map(Layer::missing_digests).collect()
    }
}

/// Reads a signed file to its end.
///
/// Every layer's content is hashed with the algorithms it announces, and with
/// `extra`. The innermost content goes to `sink`; whoever gives one must not
/// take what arrives for verified.
///
/// # Errors
/// The source or the sink failed, or the file is not recognised as SignedData
/// at all. A SignedData that is broken is no error but [`SignedFile::broken`].
pub fn read(
    source: impl Read,
    limits: &Limits,
    extra: &BTreeSet<DigestAlgorithm>,
    sink: &mut dyn Write,
) -> Result<SignedFile> {
    walk(source, limits, extra, sink, true)
}

/// As [`read`], taking whatever the outermost envelope holds for its content.
///
/// # Errors
/// As [`read`].
pub fn read_outer(
    source: impl Read,
    limits: &Limits,
    extra: &BTreeSet<DigestAlgorithm>,
    sink: &mut dyn Write,
) -> Result<SignedFile> {
    walk(source, limits, extra, sink, false)
}

fn walk(
    mut source: impl Read,
    limits: &Limits,
    extra: &BTreeSet<DigestAlgorithm>,
    sink: &mut dyn Write,
    nesting: bool,
) -> Result<SignedFile> {
    let mut walk = Walk { limits: *limits, extra, nesting, opaque: false, layers: Vec::new() };
    let broken = match walk.layer(&mut source, sink) {
        Ok(()) => None,
        Err(Error::Cms(error)) if is_broken(&error) => Some(LayerError(error)),
        Err(error) => return Err(error),
    };
    // Layers are found outside in but finished inside out.
    walk.layers.reverse();
    Ok(SignedFile { layers: walk.layers, opaque: walk.opaque, broken })
}

/// Whether this error says that something recognised as SignedData is broken.
/// What goes over a limit may be sound; it is an error and not a verdict.
fn is_broken(error: &cms::Error) -> bool {
    match error {
        cms::Error::Encoding { source, .. } => !matches!(source, asn1::Error::Limit { .. }),
        cms::Error::Algorithm(_) => true,
        _ => false,
    }
}

struct Walk<'e> {
    limits: Limits,
    extra: &'e BTreeSet<DigestAlgorithm>,
    /// Whether envelopes inside envelopes are opened.
    nesting: bool,
    opaque: bool,
    /// Innermost first.
    layers: Vec<Layer>,
}

impl Walk<'_> {
    fn layer(&mut self, source: &mut dyn Read, sink: &mut dyn Write) -> Result<()> {
        self.layer_at(source, sink, 1)
    }

    fn layer_at(
        &mut self,
        source: &mut dyn Read,
        sink: &mut dyn Write,
        depth: usize,
    ) -> Result<()> {
        let opened = armor::open(source, self.limits.layers)?;
        let wrapping = opened.armor;
        let mut reader = SignedDataReader::open(opened.source, self.limits)?;
        let mut digests: BTreeSet<_> = reader.head().announced_digests().into_iter().collect();
        if digests.is_empty() {
            digests.insert(DigestAlgorithm::Sha256);
        }
        digests.extend(self.extra);
        let mut hasher = MultiHasher::new(digests);
        let mut inner_failed = None;
        let content = match reader.content()? {
            None => None,
            Some(mut content) => {
                let mut prefix = Vec::new();
                let read = (&mut content).take(PREFIX as u64).read_to_end(&mut prefix);
                read.map_err(from_content)?;
                let nested = self.nesting
                    && armor::content_type(&prefix[..prefix.len().min(4096)])
                        == Some(cms::oids::SIGNED_DATA);
                if nested && depth == self.limits.layers {
                    let limit = self.limits.layers;
                    return Err(cms::Error::TooManyLayers { limit }.into());
                }
                let whole = Cursor::new(&prefix).chain(content);
                let length = if nested {
                    let mut tee = Tee { source: whole, hasher: &mut hasher, length: 0 };
                    match self.layer_at(&mut tee, sink, depth + 1) {
                        Ok(()) => {}
                        // The outer envelope is judged whatever is wrong with the inner one.
                        Err(Error::Cms(error)) if is_broken(&error) => inner_failed = Some(error),
                        // What only starts like an envelope is content like any other.
                        Err(Error::Cms(
                            cms::Error::NotCms
                            | cms::Error::NotSignedData { .. }
                            | cms::Error::Mime { .. },
                        )) => {
                            self.opaque = true;
                            self.layers.clear();
                        }
                        Err(error) => return Err(error),
                    }
                    std::io::copy(&mut tee, &mut std::io::sink()).map_err(from_content)?;
                    tee.length
                } else {
                    stream::hash_and_copy(whole, &mut hasher, sink).map_err(from_content)?
                };
                Some(ContentDigests { values: hasher.finish(), prefix, length: Some(length) })
            }
        };
        let attached = reader.is_attached();
        let (data, spans) = reader.finish().inspect_err(|_| {
            // What was found inside a broken envelope is not judged without it.
            self.layers.clear();
        })?;
        let certificates = data.x509_certificates();
        self.layers.push(Layer { wrapping, data, certificates, spans, attached, content });
        match inner_failed {
            None => Ok(()),
            Some(error) => Err(error.into()),
        }
    }
}

/// An error met while the content streamed: of the encoding, or of the file.
fn from_content(error: std::io::Error) -> Error {
    match error.downcast::<cms::Error>() {
        Ok(error) => error.into(),
        Err(error) => match asn1::Error::from(error) {
            asn1::Error::Io(error) => error.into(),
            source => cms::Error::Encoding { while_reading: "the content", source }.into(),
        },
    }
}

/// Hashes what passes through.
struct Tee<'h, R> {
    source: R,
    hasher: &'h mut MultiHasher,
    length: u64,
}

impl<R: Read> Read for Tee<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(out)?;
        self.hasher.update(&out[..read]);
        self.length += read as u64;
        Ok(read)
    }
}

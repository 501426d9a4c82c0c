//! Reading signed and time-stamped files of any wrapping and nesting as streams: signed envelopes
//! (CMS), TimeStampedData (RFC 5544) and M7M messages, one inside the other.

mod stamped;
mod walk;

pub use stamped::{Container, Covered, Imprint, M7m, NotAtHand, StampedLayer};
pub use walk::{read, read_whole};

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use cms::armor::Armor;
use cms::verify::{ContentDigests, needed_digests};
use cms::{SignedData, SignerInfo, Spans};
use crypto::{DigestAlgorithm, Hasher};
use timestamp::Token;
use x509::Certificate;

use crate::{Error, oids};

/// Text wrapping taken off before a layer.
pub type Wrapping = Armor;

/// The kinds of envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// A CMS SignedData.
    SignedData,
    /// A TimeStampedData (RFC 5544).
    TimeStampedData,
    /// An M7M message.
    M7m,
}

/// Why an envelope that is recognised as one could not be read.
#[derive(Debug)]
pub struct LayerError {
    /// What it was recognised as.
    pub kind: EnvelopeKind,
    /// What is wrong with it.
    pub error: Error,
}

/// One envelope of a file.
#[derive(Debug)]
pub enum Envelope {
    /// Signatures around a content.
    Signed(Layer),
    /// Time-stamps around a content.
    Stamped(StampedLayer),
}

impl Envelope {
    /// Text wrapping around it, outside in.
    #[must_use]
    pub fn wrapping(&self) -> &[Wrapping] {
        match self {
            Self::Signed(layer) => &layer.wrapping,
            Self::Stamped(layer) => &layer.wrapping,
        }
    }

    /// Whether the content is inside.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        match self {
            Self::Signed(layer) => layer.attached,
            Self::Stamped(layer) => layer.attached,
        }
    }

    /// Digests of the content, if it is at hand.
    #[must_use]
    pub fn content(&self) -> Option<&ContentDigests> {
        match self {
            Self::Signed(layer) => layer.content.as_ref(),
            Self::Stamped(layer) => layer.content.as_ref(),
        }
    }

    /// Octets behind its end, which belong to nobody.
    #[must_use]
    pub fn trailing(&self) -> u64 {
        match self {
            Self::Signed(layer) => layer.spans.trailing,
            Self::Stamped(layer) => layer.trailing,
        }
    }

    fn missing_digests(&self) -> BTreeSet<DigestAlgorithm> {
        match self {
            Self::Signed(layer) => layer.missing_digests(),
            Self::Stamped(layer) => layer.missing_digests(),
        }
    }
}

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
    /// What archive-time-stamp-v2 starts with.
    pub encapsulated: Encapsulated,
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
            // An archive time-stamp has the content's digest in its imprint (EN 319 122-1 §5.5.3).
            let archived = stamp_digests(signer, &[oids::ARCHIVE_TIME_STAMP_V3]);
            let stamped = stamps.filter_map(|token| token.info.imprint.digest_algorithm());
            stamped.chain(archived).collect::<Vec<_>>()
        };
        let signers = &self.data.signer_infos;
        signers
            .iter()
            .flat_map(|signer| [needed_digests(signer), stamped(signer)].concat())
            .collect()
    }

    /// Digests of the stored octets of `encapContentInfo` that older archive time-stamps are over.
    #[must_use]
    pub fn needed_encapsulated(&self) -> BTreeSet<DigestAlgorithm> {
        let kinds = [oids::ARCHIVE_TIME_STAMP_V1, oids::ARCHIVE_TIME_STAMP_V2];
        let signers = &self.data.signer_infos;
        signers.iter().flat_map(|signer| stamp_digests(signer, &kinds)).collect()
    }
}

/// Imprint digests of the time-stamps of these kinds on a signer.
fn stamp_digests(signer: &SignerInfo, kinds: &[asn1::Oid]) -> Vec<DigestAlgorithm> {
    let values = kinds.iter().flat_map(|kind| signer.unsigned_values(kind));
    let tokens = values.filter_map(|raw| timestamp::read_tsr(raw).ok());
    tokens.filter_map(|(token, _)| token.info.imprint.digest_algorithm()).collect()
}

/// Running digests over the octets of `encapContentInfo` as they are stored, BER headers and
/// end-of-contents octets included, and over the content behind them where that is detached: what
/// an archive-time-stamp-v2 (EN 319 122-1 §A.2.4) starts with.
#[derive(Clone, Debug, Default)]
pub struct Encapsulated {
    states: BTreeMap<DigestAlgorithm, Hasher>,
    complete: bool,
}

impl Encapsulated {
    fn new(algorithms: &BTreeSet<DigestAlgorithm>) -> Self {
        let states = algorithms.iter().map(|algorithm| (*algorithm, Hasher::new(*algorithm)));
        Self { states: states.collect(), complete: false }
    }

    /// The digest as it runs, to be gone on with. `None` when it was not taken, or when the content
    /// of a detached signature is not at hand.
    #[must_use]
    pub fn running(&self, algorithm: DigestAlgorithm) -> Option<Hasher> {
        self.complete.then(|| self.states.get(&algorithm).cloned()).flatten()
    }

    /// Whether no digest runs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Says that everything has been seen: nothing is detached, or the content went through
    /// [`Write`](std::io::Write).
    pub fn complete(&mut self) {
        self.complete = true;
    }

    fn update(&mut self, octets: &[u8]) {
        for state in self.states.values_mut() {
            state.update(octets);
        }
    }

    fn has(&self, algorithm: DigestAlgorithm) -> bool {
        self.states.contains_key(&algorithm)
    }
}

/// The content of a detached signature, from its first octet to its last.
impl std::io::Write for Encapsulated {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a pass over a file is to take along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Digests of every envelope's content, beside those it announces.
    pub digests: BTreeSet<DigestAlgorithm>,
    /// Digests of the stored octets of `encapContentInfo`, by the envelope's place in
    /// [`SignedFile::envelopes`]: where it stands, as a pass before has found, and the algorithms.
    pub encapsulated: BTreeMap<usize, (Range<u64>, BTreeSet<DigestAlgorithm>)>,
    /// How many envelopes are opened; `None` = all there are. What the last one holds is its
    /// content, whatever it looks like.
    pub envelopes: Option<usize>,
}

impl Wanted {
    /// These digests.
    #[must_use]
    pub fn digests(algorithms: impl IntoIterator<Item = DigestAlgorithm>) -> Self {
        Self { digests: algorithms.into_iter().collect(), ..Self::default() }
    }

    /// The outermost envelopes only.
    #[must_use]
    pub fn outermost(envelopes: usize) -> Self {
        Self { envelopes: Some(envelopes), ..Self::default() }
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty() && self.encapsulated.is_empty()
    }

    /// Asks for the digests `other` asks for, too.
    pub fn add(&mut self, other: Self) {
        self.digests.extend(other.digests);
        for (index, (span, algorithms)) in other.encapsulated {
            let own = self.encapsulated.entry(index).or_insert((span, BTreeSet::new()));
            own.1.extend(algorithms);
        }
    }
}

/// A signed or time-stamped file: its envelopes, outside in.
#[derive(Debug)]
pub struct SignedFile {
    /// The envelopes that could be read.
    pub envelopes: Vec<Envelope>,
    /// The content of the last of `envelopes` starts as a further envelope would, but is none: to
    /// whom takes the content out, a pass with [`Wanted::envelopes`] gives it whole.
    pub opaque: bool,
    /// Why the envelope inside the last of `envelopes` (or the file itself, when
    /// there is none) could not be read, if it could not.
    pub broken: Option<LayerError>,
}

impl SignedFile {
    /// The signed envelopes, outside in.
    pub fn signed(&self) -> impl DoubleEndedIterator<Item = &Layer> {
        self.envelopes.iter().filter_map(|envelope| match envelope {
            Envelope::Signed(layer) => Some(layer),
            Envelope::Stamped(_) => None,
        })
    }

    /// As [`signed`](Self::signed), to supply what is not inside.
    pub fn signed_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Layer> {
        self.envelopes.iter_mut().filter_map(|envelope| match envelope {
            Envelope::Signed(layer) => Some(layer),
            Envelope::Stamped(_) => None,
        })
    }

    /// The time-stamped envelopes, outside in.
    pub fn stamped(&self) -> impl DoubleEndedIterator<Item = &StampedLayer> {
        self.envelopes.iter().filter_map(|envelope| match envelope {
            Envelope::Signed(_) => None,
            Envelope::Stamped(layer) => Some(layer),
        })
    }

    /// What some signature or time-stamp needs and the pass did not take: read
    /// the file again with this, as [`read_whole`] does.
    #[must_use]
    pub fn missing(&self) -> Wanted {
        let digests = self.envelopes.iter().flat_map(Envelope::missing_digests).collect();
        let encapsulated = self.envelopes.iter().enumerate().filter_map(|(index, envelope)| {
            let Envelope::Signed(layer) = envelope else { return None };
            let needed = layer.needed_encapsulated().into_iter();
            let missing: BTreeSet<_> = needed.filter(|a| !layer.encapsulated.has(*a)).collect();
            (!missing.is_empty()).then(|| (index, (layer.spans.encapsulated.clone(), missing)))
        });
        Wanted { digests, encapsulated: encapsulated.collect(), envelopes: None }
    }
}

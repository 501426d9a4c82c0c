//! Envelopes that hold time-stamps on their content: TimeStampedData (RFC 5544) and M7M.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use cms::verify::ContentDigests;
use crypto::DigestAlgorithm;
use timestamp::Token;
use timestamp::tsd::TimeStampedData;

use super::Wrapping;

/// One time-stamped envelope of a file.
#[derive(Debug)]
pub struct StampedLayer {
    /// Text wrapping around it, outside in.
    pub wrapping: Vec<Wrapping>,
    /// Everything but the content.
    pub container: Container,
    /// Whether the content is inside.
    pub attached: bool,
    /// Digests of the content: of the content inside, or of content supplied
    /// from elsewhere. `None` when there is none at hand.
    pub content: Option<ContentDigests>,
    /// What the first time-stamp may be over, in the order of trying; empty when the content is
    /// not at hand.
    pub imprints: Vec<Imprint>,
    /// Where a TimeStampedData has what a renewal keeps, in this layer's stream: from its version to
    /// the end of the content. Empty in a message.
    pub body: Range<u64>,
    /// Whether lengths are indefinite or the content comes in pieces.
    pub is_ber: bool,
    /// Octets behind its end, which belong to nobody.
    pub trailing: u64,
}

/// The form of a time-stamped envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Container {
    /// TimeStampedData.
    Tsd(TimeStampedData),
    /// An M7M message.
    M7m(M7m),
}

/// The time-stamp part of an M7M message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct M7m {
    /// The part with its text wrapping taken off: a response or a token.
    pub time_stamp: Vec<u8>,
    /// The text wrapping taken off it.
    pub wrapping: Vec<Wrapping>,
    /// The name the message gives the signed part.
    pub file_name: Option<String>,
}

/// One thing a first time-stamp may be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imprint {
    /// What it is.
    pub over: Covered,
    /// Its digests.
    pub values: BTreeMap<DigestAlgorithm, Vec<u8>>,
}

/// What a time-stamp was found to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// The content.
    Content,
    /// The metadata, and the content behind them.
    MetadataAndContent,
    /// The part of the message as transported, text wrapping included.
    Transported,
    /// The part of the message with its text wrapping taken off.
    Decoded,
    /// The time-stamp before, and its revocation list.
    Previous,
}

impl StampedLayer {
    /// The time-stamps as received, oldest first.
    #[must_use]
    pub fn time_stamps(&self) -> Vec<&[u8]> {
        match &self.container {
            Container::Tsd(data) => {
                data.time_stamps().iter().map(|stamp| stamp.time_stamp.as_slice()).collect()
            }
            Container::M7m(message) => vec![&message.time_stamp],
        }
    }

    /// Revocation lists that stand beside the time-stamps.
    pub fn crls(&self) -> impl Iterator<Item = &[u8]> {
        let stamps = match &self.container {
            Container::Tsd(data) => data.time_stamps(),
            Container::M7m(_) => &[],
        };
        stamps.iter().filter_map(|stamp| stamp.crl.as_deref())
    }

    /// What `token`, the time-stamp at `index`, is over: `Ok(None)` nothing it should be over,
    /// `Err` that what it should be over is not at hand.
    ///
    /// # Errors
    /// [`NotAtHand`].
    pub fn covered(&self, index: usize, token: &Token) -> Result<Option<Covered>, NotAtHand> {
        let imprint = &token.info.imprint;
        if index > 0 {
            let Container::Tsd(data) = &self.container else { return Ok(None) };
            let Some(previous) = data.time_stamps().get(index - 1) else { return Ok(None) };
            let fits = previous.covered().iter().any(|octets| imprint.matches(octets));
            return Ok(fits.then_some(Covered::Previous));
        }
        let Some(algorithm) = imprint.digest_algorithm() else { return Err(NotAtHand) };
        let mut known = false;
        for candidate in &self.imprints {
            let Some(value) = candidate.values.get(&algorithm) else { continue };
            known = true;
            if *value == imprint.digest {
                return Ok(Some(candidate.over));
            }
        }
        if known { Ok(None) } else { Err(NotAtHand) }
    }

    /// The digest of the first time-stamp's imprint.
    #[must_use]
    pub fn imprint_algorithm(&self) -> Option<DigestAlgorithm> {
        let (token, _) = timestamp::read_tsr(self.time_stamps().first()?).ok()?;
        token.info.imprint.digest_algorithm()
    }

    /// What stands before the content in what is hashed, one for each way of hashing it.
    #[must_use]
    pub fn prefixes(&self) -> Vec<Vec<u8>> {
        match &self.container {
            Container::Tsd(data) => data.prefixes(),
            Container::M7m(_) => vec![Vec::new()],
        }
    }

    pub(super) fn missing_digests(&self) -> BTreeSet<DigestAlgorithm> {
        let hashed = |algorithm| self.imprints.iter().all(|i| i.values.contains_key(&algorithm));
        let needed = self.imprint_algorithm().filter(|algorithm| !hashed(*algorithm));
        needed.into_iter().filter(|_| self.content.is_some()).collect()
    }
}

/// What a time-stamp should be over is not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAtHand;

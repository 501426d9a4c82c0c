//! Facts about the time-stamps of TimeStampedData (RFC 5544) and M7M messages.
//!
//! The first time-stamp is over the content, each further one over the one before. A time-stamp proves
//! that whatever stands inside existed, every signature and time-stamp in there, if each link of the
//! chain down to the content holds: behind a broken one, or one by a digest that collides, it proves
//! the earlier time-stamps alone.

use super::stamp;
use super::trust::Gatherer;
use crate::catalogue::Code;
use crate::facts::{Facts, ProofFacts, StructuralFinding, TimestampKind};
use cades::{Container, Covered, Envelope, SignedFile, StampedLayer};
use crypto::DigestAlgorithm;
use timestamp::tsd::TemporalEvidence;

/// How many time-stamps the readable envelopes of a file have.
pub(super) fn count(file: &SignedFile) -> usize {
    file.stamped().map(|layer| layer.time_stamps().len()).sum()
}

/// Adds the facts of every such time-stamp, outside in. The signatures must have been gathered.
pub(super) fn gather(file: &SignedFile, trust: &mut Gatherer<'_>, facts: &mut Facts) {
    for layer in file.stamped() {
        trust.offer_crls(layer.crls());
    }
    let mut number = 0;
    let mut signed = 0;
    // Inside out, what an envelope covers is known once everything inside it is.
    let mut layers: Vec<(usize, usize, &StampedLayer)> = Vec::new();
    for envelope in &file.envelopes {
        match envelope {
            Envelope::Signed(_) => signed += 1,
            Envelope::Stamped(layer) => {
                layers.push((number, signed, layer));
                number += layer.time_stamps().len();
            }
        }
    }
    for (before, signed_outside, layer) in layers {
        let inside: Vec<String> = facts
            .signatures
            .iter()
            .filter(|signature| envelope_of(&signature.id) > signed_outside)
            .flat_map(|signature| {
                let stamps = signature.timestamps.iter().map(|stamp| stamp.id.clone());
                std::iter::once(signature.id.clone()).chain(stamps)
            })
            .collect();
        let mut proves = ProofFacts::default();
        for signed in file.signed().skip(signed_outside) {
            let proof = super::asic::proof(signed);
            proves.certificates.extend(proof.certificates);
            proves.revocation.extend(proof.revocation);
        }
        let stamps = layer.time_stamps();
        let deeper = before + stamps.len()..number;
        // The first of the unbroken chain that ends at the time-stamp at hand.
        let mut chain_start = 0;
        let mut reaches_content = true;
        for (index, raw) in stamps.iter().enumerate() {
            let id = format!("t{}", before + index + 1);
            let over = |token: &timestamp::Token| match layer.covered(index, token) {
                Ok(covered) => Some(covered.is_some()),
                Err(cades::NotAtHand) => None,
            };
            let mut stamp = stamp::gather(&id, TimestampKind::Standalone, raw, over, trust);
            let holds = stamp.imprint_matches == Some(true);
            reaches_content &= holds;
            if reaches_content {
                stamp.covers.clone_from(&inside);
                stamp.proves = proves.clone();
                stamp.covers.extend(deeper.clone().map(|inner| format!("t{}", inner + 1)));
            }
            if !holds {
                chain_start = index;
            }
            let earlier = before + chain_start..before + index;
            stamp.covers.extend(earlier.map(|earlier| format!("t{}", earlier + 1)));
            if links_weakly(raw) {
                (chain_start, reaches_content) = (index + 1, false);
            }
            stamp.structure.extend(deviation(layer, index, raw, &id));
            facts.timestamps.push(stamp);
        }
    }
}

/// Whether a later time-stamp over this one says nothing of the content: digests that collide tie it
/// to more than one.
fn links_weakly(raw: &[u8]) -> bool {
    let algorithm =
        timestamp::read_tsr(raw).ok().and_then(|(token, _)| token.info.imprint.digest_algorithm());
    algorithm.is_none_or(DigestAlgorithm::is_legacy)
}

/// The signed envelope a signature stands in, counted from outside.
fn envelope_of(id: &str) -> usize {
    id.split_once('/').and_then(|(envelope, _)| envelope.parse().ok()).unwrap_or(1)
}

/// What a time-stamp is over where writers and standard differ.
fn deviation(
    layer: &StampedLayer,
    index: usize,
    raw: &[u8],
    id: &str,
) -> Option<StructuralFinding> {
    let (token, _) = timestamp::read_tsr(raw).ok()?;
    let detail = match (layer.covered(index, &token), &layer.container) {
        (Ok(Some(Covered::Content)), Container::Tsd(data))
            if data.metadata.as_ref().is_some_and(|metadata| metadata.hash_protected) =>
        {
            "hashProtected is true, but the time-stamp is over the content alone"
        }
        (Ok(Some(Covered::Decoded)), _) => {
            "the time-stamp is over the decoded part of the message, not over the part as transported"
        }
        _ => return None,
    };
    let (code, location) = (Code::StructureDeviation, Some(id.to_owned()));
    Some(StructuralFinding { code, detail: detail.to_owned(), location })
}

/// What is to be said of the envelope itself.
pub(super) fn notes(envelope: &Envelope) -> Vec<StructuralFinding> {
    let Envelope::Stamped(layer) = envelope else { return Vec::new() };
    let mut notes = Vec::new();
    if layer.trailing > 0 {
        notes.push(StructuralFinding {
            code: Code::TrailingBytes,
            detail: format!("{} octets", layer.trailing),
            location: None,
        });
    }
    let mut note = |detail: String| {
        let (code, location) = (Code::StructureDeviation, None);
        notes.push(StructuralFinding { code, detail, location });
    };
    if let Container::Tsd(data) = &layer.container {
        if data.version != 1 {
            note(format!("TimeStampedData of version {}", data.version));
        }
        match &data.evidence {
            TemporalEvidence::TimeStamps(_) => {}
            TemporalEvidence::EvidenceRecord(_) => {
                note("its evidence is an evidence record, which is not judged yet".to_owned());
            }
            TemporalEvidence::Other(kind) => {
                note(format!("its evidence is of a kind that is not known: {kind}"));
            }
        }
    }
    notes
}

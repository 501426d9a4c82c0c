//! From files to facts: the only step of this crate that touches formats and does cryptography.
//!
//! What is gathered here is what the octets say. Nothing is dropped because it looks wrong, and
//! nothing is judged: that is for [`crate::judge()`].

mod countersignature;
mod signature;
mod stamp;
mod trust;

pub use trust::Evidence;

use crate::catalogue::Code;
use crate::facts::{
    Facts, Fingerprint, InputFacts, LayerFacts, SignatureFacts, StructuralFinding, TimestampFacts,
};
use cades::{Layer, SignedFile};
use cms::armor::Armor;
use timestamp::Token;

/// Facts about a signed file.
#[must_use]
pub fn signed_file(file: &SignedFile, evidence: &Evidence<'_>) -> Facts {
    let mut facts = Facts { input: input(file), ..Facts::default() };
    let mut trust = trust::Gatherer::new(evidence);
    for layer in &file.layers {
        trust.offer_certificates(layer.certificates.clone());
        trust.offer_revocation(&layer.data);
    }
    for (index, layer) in file.layers.iter().enumerate() {
        let nested = index > 0;
        for (position, signer) in layer.data.signer_infos.iter().enumerate() {
            let number = position + 1;
            let id = if nested { format!("{}/{number}", index + 1) } else { number.to_string() };
            signature::gather(&id, layer, signer, &mut trust, &mut facts);
        }
    }
    if let Some(broken) = &file.broken {
        let id = match file.layers.len() {
            0 => "1".to_owned(),
            outer => format!("{}/1", outer + 1),
        };
        let finding = StructuralFinding {
            code: Code::StructureUnreadable,
            detail: describe(&broken.0),
            location: None,
        };
        facts.signatures.push(SignatureFacts::unreadable(id, "CMS", finding));
    }
    trust.finish(&mut facts);
    facts
}

/// What a stand-alone time-stamp is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Stamped<'a> {
    /// The digest of the file, by the token's own imprint algorithm.
    Digest(&'a [u8]),
    /// The file is not at hand.
    Missing,
}

/// Facts about a stand-alone time-stamp (`.tsr`, `.tst`).
#[must_use]
pub fn token(
    token: &Token,
    stamped: Stamped<'_>,
    wrapping: &[Armor],
    evidence: &Evidence<'_>,
) -> Facts {
    let mut facts = Facts {
        input: InputFacts {
            format: "TST".to_owned(),
            layers: wrapping.iter().map(|armor| wrapping_layer(*armor)).collect(),
            notes: wrapping.iter().map(|armor| wrapping_note(*armor)).collect(),
        },
        ..Facts::default()
    };
    facts.input.layers.push(LayerFacts { kind: "tst".to_owned(), name: None });
    let mut trust = trust::Gatherer::new(evidence);
    let matches = match stamped {
        Stamped::Digest(digest) => Some(token.info.imprint.digest == digest),
        Stamped::Missing => None,
    };
    let facts_of_token = stamp::gather(
        "t1",
        crate::facts::TimestampKind::Standalone,
        &token.raw,
        |_| matches,
        &mut trust,
    );
    facts.timestamps.push(facts_of_token);
    trust.finish(&mut facts);
    facts
}

/// Facts about one certificate: its chains and revocation data.
#[must_use]
pub fn certificate(certificate: &x509::Certificate, evidence: &Evidence<'_>) -> Facts {
    let mut facts = Facts::default();
    let mut trust = trust::Gatherer::new(evidence);
    trust.need(certificate);
    trust.finish(&mut facts);
    facts
}

/// Facts about something recognised as a time-stamp that cannot be read.
#[must_use]
pub fn unreadable_token(detail: &str) -> Facts {
    let finding = StructuralFinding {
        code: Code::StructureUnreadable,
        detail: detail.to_owned(),
        location: None,
    };
    Facts {
        input: InputFacts { format: "TST".to_owned(), ..InputFacts::default() },
        timestamps: vec![TimestampFacts::unreadable(
            "t1",
            crate::facts::TimestampKind::Standalone,
            finding,
        )],
        ..Facts::default()
    }
}

fn input(file: &SignedFile) -> InputFacts {
    let mut layers = Vec::new();
    let mut notes = Vec::new();
    for layer in &file.layers {
        layers.extend(layer.wrapping.iter().map(|armor| wrapping_layer(*armor)));
        notes.extend(layer.wrapping.iter().map(|armor| wrapping_note(*armor)));
        layers.push(LayerFacts { kind: format_of(layer).1.to_owned(), name: None });
    }
    let format = file.layers.first().map_or("CMS", |layer| format_of(layer).0);
    InputFacts { format: format.to_owned(), layers, notes }
}

/// Format and layer kind in the words of the machine contract.
fn format_of(layer: &Layer) -> (&'static str, &'static str) {
    let cades = layer.data.signer_infos.iter().any(|signer| {
        cades::Level::of(&layer.data, &layer.certificates, signer) != cades::Level::Cms
    });
    if cades { ("CAdES", "cades") } else { ("CMS", "cms") }
}

fn wrapping_layer(armor: Armor) -> LayerFacts {
    let kind = match armor {
        Armor::Base64 => "base64",
        Armor::Pem => "pem",
        Armor::Smime => "smime",
    };
    LayerFacts { kind: kind.to_owned(), name: None }
}

fn wrapping_note(armor: Armor) -> StructuralFinding {
    let detail = wrapping_layer(armor).kind;
    StructuralFinding { code: Code::WrappingRemoved, detail, location: None }
}

/// An error with its causes in one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<x509::Fingerprint> for Fingerprint {
    fn from(fingerprint: x509::Fingerprint) -> Self {
        Self(fingerprint.to_string())
    }
}

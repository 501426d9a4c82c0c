//! From files to facts: the only step of this crate that touches formats and does cryptography.
//!
//! What is gathered here is what the octets say. Nothing is dropped because it looks wrong, and
//! nothing is judged: that is for [`crate::judge()`].

pub mod asic;
mod countersignature;
mod covered;
mod pki;
mod properties;
mod signature;
mod stamp;
mod stamped;
mod trust;

pub use trust::Evidence;

use crate::catalogue::Code;
use crate::facts::{
    Facts, Fingerprint, InputFacts, LayerFacts, SignatureFacts, StructuralFinding, TimestampFacts,
};
use cades::{Container, Envelope, EnvelopeKind, Layer, SignedFile};
use cms::armor::Armor;
use timestamp::Token;

/// Facts about a signed file.
#[must_use]
pub fn signed_file(file: &SignedFile, evidence: &Evidence<'_>) -> Facts {
    let mut facts = Facts { input: input(file), ..Facts::default() };
    let mut trust = trust::Gatherer::new(evidence);
    for layer in file.signed() {
        signature::offer(layer, &mut trust);
    }
    // Signatures are numbered by the signed envelopes alone, whatever stands between them.
    let mut signed = 0;
    for envelope in &file.envelopes {
        let Envelope::Signed(layer) = envelope else { continue };
        signed += 1;
        let context = signature::Context::new(layer);
        for (position, signer) in layer.data.signer_infos.iter().enumerate() {
            let id = signature_id(signed, position + 1);
            signature::gather(&id, &context, signer, &mut trust, &mut facts);
        }
    }
    if let Some(broken) = &file.broken {
        let finding = StructuralFinding {
            code: Code::StructureUnreadable,
            detail: describe(&broken.error),
            location: None,
        };
        if broken.kind == EnvelopeKind::SignedData {
            let id = signature_id(signed + 1, 1);
            facts.signatures.push(SignatureFacts::unreadable(id, "CMS", finding));
        } else {
            let id = format!("t{}", stamped::count(file) + 1);
            let kind = crate::facts::TimestampKind::Standalone;
            facts.timestamps.push(TimestampFacts::unreadable(id, kind, finding));
        }
    }
    stamped::gather(file, &mut trust, &mut facts);
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

/// `1` in the outermost signed envelope, `2/1` in the next one.
fn signature_id(envelope: usize, number: usize) -> String {
    if envelope > 1 { format!("{envelope}/{number}") } else { number.to_string() }
}

fn input(file: &SignedFile) -> InputFacts {
    let mut layers = Vec::new();
    let mut notes = Vec::new();
    for envelope in &file.envelopes {
        layers.extend(envelope.wrapping().iter().map(|armor| wrapping_layer(*armor)));
        notes.extend(envelope.wrapping().iter().map(|armor| wrapping_note(*armor)));
        layers.push(LayerFacts { kind: names(envelope).1.to_owned(), name: file_name(envelope) });
        notes.extend(stamped::notes(envelope));
    }
    // A container inside an envelope is content: what is signed in it is another matter.
    let content = file.envelopes.last().and_then(Envelope::content);
    let inner = content.and_then(|content| ::asic::Inner::of(&content.prefix));
    if inner == Some(::asic::Inner::Container) {
        let (detail, location) = (::asic::Inner::Container.name().to_owned(), None);
        notes.push(StructuralFinding { code: Code::InnerFileNotJudged, detail, location });
    }
    let format = match (file.envelopes.first(), &file.broken) {
        (Some(envelope), _) => names(envelope).0,
        (None, Some(broken)) => match broken.kind {
            EnvelopeKind::SignedData => "CMS",
            EnvelopeKind::TimeStampedData => "TSD",
            EnvelopeKind::M7m => "M7M",
        },
        (None, None) => "CMS",
    };
    InputFacts { format: format.to_owned(), layers, notes }
}

/// Format and layer kind of an envelope in the words of the machine contract.
fn names(envelope: &Envelope) -> (&'static str, &'static str) {
    match envelope {
        Envelope::Signed(layer) => format_of(layer),
        Envelope::Stamped(layer) => match layer.container {
            Container::Tsd(_) => ("TSD", "tsd"),
            Container::M7m(_) => ("M7M", "m7m"),
        },
    }
}

/// The name an envelope gives its content.
fn file_name(envelope: &Envelope) -> Option<String> {
    let Envelope::Stamped(layer) = envelope else { return None };
    match &layer.container {
        Container::Tsd(data) => data.metadata.as_ref()?.file_name.clone(),
        Container::M7m(message) => message.file_name.clone(),
    }
}

/// Format and layer kind in the words of the machine contract.
fn format_of(layer: &Layer) -> (&'static str, &'static str) {
    let mut signers = layer.data.signer_infos.iter();
    let cades = signers.any(|signer| cades::Level::is_cades(&layer.certificates, signer));
    if cades { ("CAdES", "cades") } else { ("CMS", "cms") }
}

/// Facts about an authority's answer that holds no time-stamp: what it said instead.
#[must_use]
pub fn refused_response(detail: &str) -> Facts {
    let note = StructuralFinding {
        code: Code::StructureDeviation,
        detail: detail.to_owned(),
        location: None,
    };
    let input = InputFacts { format: "TST".to_owned(), notes: vec![note], ..InputFacts::default() };
    Facts { input, ..Facts::default() }
}

/// What is to be said of octets behind the end of a stand-alone time-stamp.
#[must_use]
pub fn trailing_note(octets: usize) -> Option<StructuralFinding> {
    (octets > 0).then(|| StructuralFinding {
        code: Code::TrailingBytes,
        detail: format!("{octets} octets"),
        location: None,
    })
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

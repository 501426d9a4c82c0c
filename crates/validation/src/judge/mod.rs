//! The judgement: facts, a policy and the times in; a report out (EN 319 102-1).
//!
//! Pure: no cryptography, clock, network or file. Building blocks stand in their own modules, named
//! as the standard names them; the processes that join them are `timestamp` (§5.4), `signature`
//! (§5.3 and §5.5) and `past` (§5.6.2), which takes over where §5.5 ends if there are archive
//! time-stamps. Evidence records (§5.6.3 step 1) will add proofs to it.

mod blocks;
mod certificate;
mod ledger;
mod legal;
mod names;
mod past;
mod path;
mod revocation;
mod signature;
mod timestamp;

use crate::{
    Time,
    catalogue::{Code, Lang, Value, Values, fill, utc},
    facts::{CertificateFacts, Facts, Fingerprint, StructuralFinding},
    indication::{Indication, Verdict},
    policy::{Level, Policy},
    report::{Finding, Layer, Report},
};
pub use certificate::{CertificateReport, judge_certificate};
use chrono::TimeDelta;
use ledger::Stamps;
use serde::{Deserialize, Serialize};

/// The times of a judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The clock.
    pub now: Time,
    /// A time that replaces the clock: what was issued after it does not exist.
    pub at: Option<Time>,
    /// A proof of existence from outside the file.
    pub reference_time: Option<ReferenceTime>,
}

impl Times {
    /// The clock alone.
    pub const fn now(now: Time) -> Self {
        Self { now, at: None, reference_time: None }
    }
}

/// A time at which the file is known, from outside, to have existed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceTime {
    /// The time.
    pub time: Time,
    /// What it rests on.
    pub kind: ReferenceKind,
    /// The evidence's digest agrees with this file; a bare time has nothing to compare and says `true`.
    pub matches: bool,
}

impl ReferenceTime {
    /// A bare time, on the word of whoever gives it.
    pub const fn given(time: Time) -> Self {
        Self { time, kind: ReferenceKind::Given, matches: true }
    }
}

/// The kinds of outside time reference (DPCM 22-2-2013 art. 41).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceKind {
    /// A bare time.
    Given,
    /// The protocol register of an administration.
    Protocol,
    /// Certified mail.
    Pec,
    /// A deposit receipt of a preservation service.
    Receipt,
    /// A detached time-stamp.
    Timestamp,
}

impl ReferenceKind {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Protocol => "protocol",
            Self::Pec => "pec",
            Self::Receipt => "receipt",
            Self::Timestamp => "timestamp",
        }
    }
}

/// Judges facts under a policy at the given times. The same arguments give the same report; its
/// messages are English until [`Report::localise`].
pub fn judge(facts: &Facts, policy: &Policy, times: &Times) -> Report {
    let engine = Engine::new(facts, policy, times);
    let mut stamps = Stamps::new();
    for stamp in
        facts.signatures.iter().flat_map(|signature| &signature.timestamps).chain(&facts.timestamps)
    {
        stamps.insert(stamp.id.as_str(), engine.judge_timestamp(stamp));
    }
    let proofs = engine.prove(&mut stamps);

    let signatures: Vec<_> = facts
        .signatures
        .iter()
        .map(|signature| {
            let reference = times.reference_time.as_ref();
            engine.report_signature(signature, &stamps, &proofs, reference)
        })
        .collect();
    let timestamps: Vec<_> =
        facts.timestamps.iter().map(|stamp| engine.report_timestamp(stamp, &stamps)).collect();

    let worst_signature = signatures.iter().map(|signature| signature.indication).max();
    let worst_stamp = timestamps.iter().map(|stamp| Indication::from(stamp.indication)).max();
    let verdict = worst_signature.or(worst_stamp).map_or(Verdict::NoSignature, Verdict::from);

    Report {
        format: facts.input.format.clone(),
        layers: facts
            .input
            .layers
            .iter()
            .map(|layer| Layer {
                kind: layer.kind.clone(),
                name: layer.name.as_deref().map(crate::clean::clean),
            })
            .collect(),
        verdict,
        signatures,
        timestamps,
        evidence_records: Vec::new(),
        findings: facts.input.notes.iter().filter_map(|note| engine.note(note)).collect(),
        policy: policy.name.clone(),
        validation_time: engine.now,
        expected_signers: Vec::new(),
    }
}

/// What every building block reads.
struct Engine<'a> {
    facts: &'a Facts,
    policy: &'a Policy,
    /// The time of the judgement: `at`, else the clock.
    now: Time,
    /// How far ahead somebody else's clock may be.
    skew: TimeDelta,
    selections: revocation::Selections<'a>,
}

impl<'a> Engine<'a> {
    fn new(facts: &'a Facts, policy: &'a Policy, times: &Times) -> Self {
        // A fixed time means exactly that; only a live clock may lag behind other clocks.
        let skew = if times.at.is_some() { 0 } else { policy.clock_skew_seconds.max(0) };
        Self {
            facts,
            policy,
            now: times.at.unwrap_or(times.now),
            skew: TimeDelta::try_seconds(skew).unwrap_or_default(),
            selections: revocation::Selections::default(),
        }
    }

    /// Whether something dated `time` exists at the time of the judgement.
    fn exists(&self, time: Time) -> bool {
        self.now.checked_add_signed(self.skew).is_none_or(|limit| time <= limit)
    }

    fn certificate(&self, fingerprint: &Fingerprint) -> Option<&'a CertificateFacts> {
        self.facts.certificate(fingerprint)
    }

    /// The name of a certificate in messages.
    fn name(&self, fingerprint: &Fingerprint) -> String {
        match self.certificate(fingerprint) {
            Some(certificate) => names::display(&certificate.subject),
            None => fingerprint.0.chars().take(16).collect(),
        }
    }

    /// A finding at the level its row has; `None` = the row is at ignore.
    fn finding<const N: usize>(
        &self,
        code: Code,
        location: Option<&str>,
        values: [(&str, Value); N],
    ) -> Option<Finding> {
        self.finding_at(self.policy.level(code), code, location, values)
    }

    fn finding_at<const N: usize>(
        &self,
        level: Level,
        code: Code,
        location: Option<&str>,
        values: [(&str, Value); N],
    ) -> Option<Finding> {
        if level == Level::Ignore {
            return None;
        }
        let values: Values =
            values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Some(Finding {
            code,
            level,
            clause: self.policy.clause(code).to_owned(),
            message: fill(code.text(Lang::En), &values, utc),
            location: location.map(crate::clean::clean),
            values,
        })
    }

    /// A finding about the input as a whole; it decides nothing, so it is never at fail.
    fn note(&self, note: &StructuralFinding) -> Option<Finding> {
        let level = self.policy.level(note.code).max(Level::Warn);
        let values = [("detail", (&note.detail).into())];
        self.finding_at(level, note.code, note.location.as_deref(), values)
    }
}

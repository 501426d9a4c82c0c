//! What a building block leaves behind: the failures in their order, and the findings beside them.

use super::{Engine, timestamp::StampJudgement};
use crate::{
    Time,
    catalogue::{Code, Value},
    indication::SubIndication,
    policy::Level,
    report::Finding,
};
use std::collections::HashMap;

/// The judged time-stamps, by id.
pub(super) type Stamps<'a> = HashMap<&'a str, StampJudgement<'a>>;

/// One check that failed at level fail.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// The sub-indication it gives.
    pub(super) sub: SubIndication,
    /// What an earlier time could change about it.
    pub(super) kind: Kind,
    /// How it is told.
    pub(super) finding: Finding,
}

/// What a proof of existence at an earlier time could change about a failure (§5.5 step 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Fixed,
    /// Revoked since `at`.
    Revoked { at: Time },
    /// On hold since.
    Hold { since: Time },
    /// A certificate of the chain out of its validity.
    OutOfBounds { not_before: Time, not_after: Time, status: KnownStatus },
    /// An algorithm of the signature itself, ended at (`None` = never good).
    Algorithm { ended: Option<Time> },
}

/// What is known of the revocation status of a certificate that is out of its validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownStatus {
    /// Not revoked, on the word of an issuer that is itself valid or an anchor; or no data is needed.
    Good,
    /// Revoked; the time of revocation stands in a failure of its own.
    Revoked,
    /// Nothing that can be relied on now.
    Unknown,
}

/// Failures in the order they were met, and everything else worth telling.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    pub(super) failures: Vec<Failure>,
    pub(super) notes: Vec<Finding>,
}

impl Ledger {
    /// Raises a check: a failure if its row is at fail, else a note or nothing.
    pub(super) fn raise<const N: usize>(
        &mut self,
        engine: &Engine<'_>,
        code: Code,
        sub: SubIndication,
        location: &str,
        values: [(&str, Value); N],
    ) {
        self.raise_kind(engine, code, sub, Kind::Fixed, location, values);
    }

    /// The same for a check that an earlier time could change.
    pub(super) fn raise_kind<const N: usize>(
        &mut self,
        engine: &Engine<'_>,
        code: Code,
        sub: SubIndication,
        kind: Kind,
        location: &str,
        values: [(&str, Value); N],
    ) {
        match engine.finding(code, Some(location), values) {
            Some(finding) if finding.level == Level::Fail => {
                self.failures.push(Failure { sub, kind, finding });
            }
            Some(finding) => self.notes.push(finding),
            None => {}
        }
    }

    /// Adds a finding that never decides.
    pub(super) fn note<const N: usize>(
        &mut self,
        engine: &Engine<'_>,
        code: Code,
        location: &str,
        values: [(&str, Value); N],
    ) {
        // A code used here is information even if somebody set its row to fail.
        let level = engine.policy.level(code).max(Level::Warn);
        self.notes.extend(engine.finding_at(level, code, Some(location), values));
    }

    /// The first failure's sub-indication; `None` = passed.
    pub(super) fn conclusion(&self) -> Option<SubIndication> {
        self.failures.first().map(|failure| failure.sub)
    }

    /// Everything of another ledger, after what is here.
    pub(super) fn append(&mut self, mut other: Self) {
        self.failures.append(&mut other.failures);
        self.notes.append(&mut other.notes);
    }

    /// All findings, failures first.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut findings: Vec<_> =
            self.failures.into_iter().map(|failure| failure.finding).collect();
        let mut notes = self.notes;
        notes.sort_by_key(|note| note.level);
        findings.append(&mut notes);
        // By what tells most findings apart; those that share it are compared as a whole.
        let mut known: HashMap<(Code, String), Vec<usize>> = HashMap::new();
        let mut unique: Vec<Finding> = Vec::with_capacity(findings.len());
        for finding in findings {
            let alike = known.entry((finding.code, finding.message.clone())).or_default();
            if !alike.iter().any(|index| unique.get(*index) == Some(&finding)) {
                alike.push(unique.len());
                unique.push(finding);
            }
        }
        unique
    }
}

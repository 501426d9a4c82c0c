//! The judgement of one certificate's path on its own (EN 319 102-1 §5.2.6).

use super::{Engine, Times};
use crate::facts::{AnchorPurpose, Facts, Fingerprint};
use crate::indication::{Status, SubIndication};
use crate::policy::Policy;
use crate::report::Finding;
use serde::Serialize;

/// How a certificate stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CertificateReport {
    /// The outcome.
    pub indication: Status,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_indication: Option<SubIndication>,
    /// Subjects of the chain that was judged, the certificate first; empty when there is none.
    pub chain: Vec<String>,
    /// Everything found, failures first.
    pub findings: Vec<Finding>,
}

/// Judges the paths of `certificate` at the given times: the best one counts.
#[must_use]
pub fn judge_certificate(
    facts: &Facts,
    certificate: &Fingerprint,
    policy: &Policy,
    times: &Times,
) -> CertificateReport {
    let engine = Engine::new(facts, policy, times);
    let paths =
        engine.judge_paths(certificate, AnchorPurpose::Signature, "certificate", engine.now);
    let best = paths.into_iter().min_by_key(|path| path.ledger.conclusion().is_some());
    // What concerns the search as a whole: a limit reached, a proof not fetched.
    let notes = facts.input.notes.iter().filter_map(|note| engine.note(note));
    let Some(best) = best else {
        return CertificateReport {
            indication: Status::Indeterminate,
            sub_indication: Some(SubIndication::NoCertificateChainFound),
            chain: Vec::new(),
            findings: notes.collect(),
        };
    };
    let sub = best.ledger.conclusion();
    CertificateReport {
        indication: sub.map_or(Status::Passed, SubIndication::status),
        sub_indication: sub,
        chain: best
            .chain
            .iter()
            .flat_map(|chain| &chain.certificates)
            .map(|fingerprint| engine.name(fingerprint))
            .collect(),
        findings: best.ledger.into_findings().into_iter().chain(notes).collect(),
    }
}

//! Time-stamp validation (§5.4): the basic process on a token, in the time-stamp context.
//!
//! Judged at the time of the judgement, as the standard does: a key whose certificate has expired or
//! was revoked could date anything back, so such a token proves nothing until a later one covers it
//! (see `past`). Beside that, genTime must lie in the authority's own validity (RFC 3161 §4).

use super::{
    Engine,
    blocks::Signed,
    ledger::{Ledger, Stamps},
    legal,
    path::AlgorithmUse,
    revocation::within,
};
use crate::{
    catalogue::Code,
    facts::{AnchorPurpose, ChainFacts, TimestampFacts},
    indication::{Status, SubIndication},
    report::TimestampReport,
};

/// A judged time-stamp.
#[derive(Debug, Clone)]
pub(super) struct StampJudgement<'a> {
    /// The token.
    pub(super) facts: &'a TimestampFacts,
    /// Why it is not PASSED; `None` = it is.
    pub(super) sub: Option<SubIndication>,
    /// Imprint, signature and hash index agree.
    pub(super) intact: Option<bool>,
    /// The authority's chain.
    pub(super) chain: Option<&'a ChainFacts>,
    /// Nothing but its chain and the age of its algorithms stands against it: what proofs of
    /// existence may still overcome.
    pub(super) only_path: bool,
    /// What was found.
    pub(super) ledger: Ledger,
}

impl<'a> Engine<'a> {
    /// The basic validation of one token.
    pub(super) fn judge_timestamp(&self, facts: &'a TimestampFacts) -> StampJudgement<'a> {
        let signed = Signed::from(facts);
        let mut ledger = Ledger::default();
        self.check_format(&signed, &mut ledger);
        if facts.structure.iter().any(|note| note.code == Code::StructureUnreadable)
            && ledger.conclusion().is_some()
        {
            // Nothing more can be said of what cannot be read.
            return StampJudgement {
                facts,
                sub: ledger.conclusion(),
                intact: Some(false),
                chain: None,
                only_path: false,
                ledger,
            };
        }
        self.check_token(facts, &mut ledger);
        let mut chain = None;
        let mut of_path = 0;
        self.check_signing_certificate(&signed, &mut ledger);
        self.check_cryptography(&signed, &mut ledger);
        if let Some(time) = facts.gen_time.filter(|time| !self.exists(*time)) {
            let value = [("time", time.into())];
            ledger.raise(self, Code::TimestampFromFuture, SubIndication::NoPoe, &facts.id, value);
        }
        if let Some(certificate) = &facts.certificate {
            // What was said of the authority when it stamped serves: revocation data grow old in every
            // archive, and those of its root would have to be renewed for ever.
            let proven = facts.gen_time.map_or(self.now, |time| time.min(self.now));
            let purpose = AnchorPurpose::TimeStamp;
            let paths = self.judge_paths(certificate, purpose, &facts.id, proven);
            let best = paths.into_iter().min_by_key(|path| path.ledger.conclusion().is_some());
            if let Some(path) = best {
                chain = path.chain;
                of_path = path.ledger.failures.len();
                ledger.append(path.ledger);
            }
            self.check_own_time(facts, &mut ledger);
        }
        self.accept_attributes(&signed, chain, &mut ledger);
        if facts.tsa_name_matches == Some(false) {
            let sub = SubIndication::SigConstraintsFailure;
            ledger.raise(self, Code::TsaNameMismatch, sub, &facts.id, []);
        }
        let only_path = ledger.failures.len() == of_path;
        let imprint = AlgorithmUse {
            object: facts.id.clone(),
            key: None,
            digest: Some(&facts.imprint_algorithm),
        };
        self.raise_weaknesses(&[imprint], self.now, true, &facts.id, &mut ledger);
        self.accept_algorithms(&signed, self.now, &mut ledger);

        let intact = match (facts.imprint_matches, self.intact(&signed), facts.hash_index_valid) {
            (Some(false), _, _) | (_, Some(false), _) | (_, _, Some(false)) => Some(false),
            (Some(true), Some(true), _) => Some(true),
            _ => None,
        };
        StampJudgement { facts, sub: ledger.conclusion(), intact, chain, only_path, ledger }
    }

    /// The token against what it covers; before anything else, since a stamp of another object says nothing here.
    fn check_token(&self, facts: &TimestampFacts, ledger: &mut Ledger) {
        match facts.imprint_matches {
            Some(false) => {
                let sub = SubIndication::HashFailure;
                ledger.raise(self, Code::ImprintMismatch, sub, &facts.id, []);
            }
            None => {
                let sub = SubIndication::SignedDataNotFound;
                ledger.raise(self, Code::ImprintUnchecked, sub, &facts.id, []);
            }
            Some(true) => {}
        }
        if facts.hash_index_valid == Some(false) {
            let sub = SubIndication::FormatFailure;
            ledger.raise(self, Code::HashIndexInvalid, sub, &facts.id, []);
        }
        if facts.gen_time.is_none() {
            let detail = [("detail", "TSTInfo".into())];
            let sub = SubIndication::FormatFailure;
            ledger.raise(self, Code::StructureUnreadable, sub, &facts.id, detail);
        }
    }

    fn check_own_time(&self, facts: &TimestampFacts, ledger: &mut Ledger) {
        let (Some(time), Some(fingerprint)) = (facts.gen_time, &facts.certificate) else { return };
        let outside =
            self.certificate(fingerprint).is_some_and(|certificate| !within(certificate, time));
        if outside {
            ledger.raise(
                self,
                Code::TimestampOutsideTsaValidity,
                SubIndication::SigConstraintsFailure,
                &facts.id,
                [("time", time.into()), ("certificate", self.name(fingerprint).into())],
            );
        }
    }

    /// The report on one token.
    pub(super) fn report_timestamp(
        &self,
        facts: &'a TimestampFacts,
        stamps: &Stamps<'a>,
    ) -> TimestampReport {
        let judged = match stamps.get(facts.id.as_str()) {
            // Two tokens under one id would be the gatherer's mistake; each is judged by what it is.
            Some(judged) if std::ptr::eq(judged.facts, facts) => judged.clone(),
            _ => self.judge_timestamp(facts),
        };
        let certificate =
            facts.certificate.as_ref().and_then(|fingerprint| self.certificate(fingerprint));
        TimestampReport {
            id: facts.id.clone(),
            kind: facts.kind.as_str().to_owned(),
            time: facts.gen_time,
            intact: judged.intact,
            indication: judged.sub.map_or(Status::Passed, SubIndication::status),
            sub_indication: judged.sub,
            tsa: certificate
                .map(|certificate| super::names::display(&certificate.subject))
                .or_else(|| facts.tsa_name.as_deref().map(crate::clean::clean)),
            tsa_valid_until: certificate.map(|certificate| certificate.not_after),
            covers: facts.covers.clone(),
            legal_notes: legal::stamp_notes(&judged),
            findings: judged.ledger.into_findings(),
        }
    }
}

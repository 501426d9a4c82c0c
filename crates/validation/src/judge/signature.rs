//! The processes for signatures: basic (§5.3), with time (§5.5) and with archives (§5.6.3).
//!
//! The failures of the basic process, found at the time of the judgement, are asked one by one whether
//! the best signature time changes them; the first that stands decides. Where several chains lead to
//! anchors, the best outcome serves.

use super::{
    Engine, ReferenceKind, ReferenceTime,
    blocks::Signed,
    ledger::{Failure, Kind, KnownStatus, Ledger, Stamps},
    legal, names,
    past::{Proofs, recoverable},
    path::PathJudgement,
    timestamp::StampJudgement,
};
use crate::{
    Time,
    catalogue::Code,
    facts::{AnchorPurpose, ChainFacts, SignatureFacts, TimestampKind},
    indication::{Indication, Status, SubIndication},
    policy::Level,
    report::{ChainLink, Finding, PlainVerdict, SignatureReport, TimeReference},
};
use chrono::TimeDelta;

/// The outcome of the processes on one signature.
struct Decision<'a> {
    sub: Option<SubIndication>,
    findings: Vec<Finding>,
    best_time: Time,
    reference: TimeReference,
    chain: Option<&'a ChainFacts>,
    try_again: Option<Time>,
}

/// The best signature time and what it rests on.
#[derive(Clone, Copy)]
struct Proof {
    time: Time,
    reference: TimeReference,
}

impl Decision<'_> {
    fn indication(&self) -> Indication {
        self.sub.map_or(Indication::TotalPassed, |sub| Indication::from(sub.status()))
    }
}

impl<'a> Engine<'a> {
    /// The report on one signature.
    pub(super) fn report_signature(
        &self,
        facts: &'a SignatureFacts,
        stamps: &Stamps<'a>,
        proofs: &Proofs<'a>,
        reference: Option<&ReferenceTime>,
    ) -> SignatureReport {
        let decision = self.decide(facts, stamps, proofs, reference);
        let without_time_reference = reference.map(|_| {
            let plain = self.decide(facts, stamps, proofs, None);
            PlainVerdict {
                indication: plain.indication(),
                sub_indication: plain.sub,
                best_signature_time: Some(plain.best_time),
                time_reference: plain.reference,
            }
        });
        let certificate =
            facts.certificate.as_ref().and_then(|fingerprint| self.certificate(fingerprint));
        let mut legal_notes = self.signature_notes(facts, decision.chain, decision.best_time);
        legal_notes.extend(
            facts
                .timestamps
                .iter()
                .filter_map(|stamp| stamps.get(stamp.id.as_str()))
                .flat_map(legal::stamp_notes),
        );
        let unreadable = self.is_unreadable(facts);
        SignatureReport {
            id: facts.id.clone(),
            format: facts.format.clone(),
            level: facts.level.clone(),
            intact: self.intact(&Signed::from(facts)),
            indication: decision.indication(),
            sub_indication: decision.sub,
            signer: certificate.map(names::signer),
            claimed_signing_time: facts.claimed_signing_time,
            signed_properties: names::properties(&facts.properties),
            signature_policy: facts.policy.as_ref().map(names::policy),
            extended_type: facts.extended_type,
            best_signature_time: (!unreadable).then_some(decision.best_time),
            time_reference: decision.reference,
            without_time_reference,
            try_again: decision.try_again,
            chain: self.chain_links(facts, decision.chain),
            timestamps: facts
                .timestamps
                .iter()
                .map(|stamp| self.report_timestamp(stamp, stamps))
                .collect(),
            coverage: None,
            legal_notes,
            findings: decision.findings,
        }
    }

    fn is_unreadable(&self, facts: &SignatureFacts) -> bool {
        facts.structure.iter().any(|note| note.code == Code::StructureUnreadable)
    }

    fn chain_links(&self, facts: &SignatureFacts, chain: Option<&ChainFacts>) -> Vec<ChainLink> {
        let alone: Vec<_> = facts.certificate.iter().cloned().collect();
        let links = chain.map_or(alone.as_slice(), |chain| chain.certificates.as_slice());
        links
            .iter()
            .map(|fingerprint| {
                let certificate = self.certificate(fingerprint);
                ChainLink {
                    fingerprint: fingerprint.0.clone(),
                    name: self.name(fingerprint),
                    not_before: certificate.map(|certificate| certificate.not_before),
                    not_after: certificate.map(|certificate| certificate.not_after),
                    anchor: chain.is_some_and(|chain| chain.is_anchor(fingerprint)),
                }
            })
            .collect()
    }

    /// §5.3 and §5.5 on one signature.
    fn decide(
        &self,
        facts: &'a SignatureFacts,
        stamps: &Stamps<'a>,
        proofs: &Proofs<'a>,
        reference: Option<&ReferenceTime>,
    ) -> Decision<'a> {
        let signed = Signed::from(facts);
        let own_stamps = collect_stamps(facts, stamps, self.facts);
        let mut notes = Ledger::default();
        let archives = archives(facts, stamps);
        let proof = self.best_time(facts, &own_stamps, &archives, reference, &mut notes);
        let mut early = Ledger::default();
        self.check_format(&signed, &mut early);
        let format_failed = early.conclusion().is_some();
        self.check_signing_certificate(&signed, &mut early);
        self.check_signature_policy(facts, &mut early);
        let mut cryptography = Ledger::default();
        self.check_cryptography(&signed, &mut cryptography);

        let decision = |ledger: Ledger, path: Option<&PathJudgement<'a>>| Decision {
            sub: ledger.conclusion(),
            findings: ledger.into_findings(),
            best_time: proof.time,
            reference: proof.reference,
            chain: path.and_then(|path| path.chain),
            try_again: path.and_then(|path| path.try_again),
        };

        if format_failed || early.conclusion().is_some() {
            // Nothing after this can be said for sure; what cryptography found is still told.
            if !self.is_unreadable(facts) {
                early.append(cryptography);
            }
            early.append(notes);
            return decision(early, None);
        }
        let Some(certificate) = &facts.certificate else {
            // The row of a missing certificate was turned off: there is still nothing to judge with.
            early.append(cryptography);
            let mut unjudged = decision(early, None);
            unjudged.sub = unjudged.sub.or(Some(SubIndication::NoSigningCertificateFound));
            return unjudged;
        };
        let mut best: Option<(PathJudgement<'a>, Ledger)> = None;
        // §5.5 step 6: revocation data must be young at the best signature time, not today.
        let purpose = AnchorPurpose::Signature;
        for path in self.judge_paths(certificate, purpose, &facts.id, proof.time) {
            let ledger = if cryptography.conclusion().is_some() {
                // §5.3 step 5: broken cryptography is worse than any doubt about the certificate.
                let mut ledger = cryptography.clone();
                ledger.append(path.ledger.clone());
                ledger
            } else {
                let ledger = self.with_time(facts, &signed, &path, &own_stamps, proof);
                if archives.is_empty() {
                    ledger
                } else {
                    self.with_archives(facts, &signed, &path, ledger, &own_stamps, proof, proofs)
                }
            };
            let better = best.as_ref().is_none_or(|(_, chosen)| rank(&ledger) < rank(chosen));
            if better {
                best = Some((path, ledger));
            }
        }
        let (path, mut ledger) = match best {
            Some((path, ledger)) => (Some(path), ledger),
            None => (None, Ledger::default()),
        };
        ledger.notes.append(&mut early.notes);
        ledger.notes.append(&mut cryptography.notes);
        ledger.append(notes);
        decision(ledger, path.as_ref())
    }

    /// §5.5 step 3: the earliest time something valid proves the signature existed.
    fn best_time(
        &self,
        facts: &SignatureFacts,
        stamps: &[&StampJudgement<'_>],
        archives: &[&StampJudgement<'_>],
        reference: Option<&ReferenceTime>,
        notes: &mut Ledger,
    ) -> Proof {
        let mut proof = Proof {
            time: self.now,
            reference: if facts.claimed_signing_time.is_some() {
                TimeReference::Claimed
            } else {
                TimeReference::None
            },
        };
        let mut consider = |time: Time, reference: TimeReference| {
            if time < proof.time
                || (time == proof.time
                    && matches!(proof.reference, TimeReference::Claimed | TimeReference::None))
            {
                proof = Proof { time, reference };
            }
        };
        for stamp in stamps {
            match (stamp.sub, stamp.facts.gen_time, stamp.facts.kind) {
                (None, Some(time), TimestampKind::Signature | TimestampKind::CadesC) => {
                    consider(time, TimeReference::SignatureTimestamp);
                }
                (None, Some(time), TimestampKind::Standalone) => {
                    consider(time, TimeReference::Timestamp);
                }
                (None, _, _) => {}
                (Some(sub), _, _) => notes.note(
                    self,
                    Code::TimestampNotUsed,
                    &stamp.facts.id,
                    [("stamp", (&stamp.facts.id).into()), ("reason", sub.as_str().into())],
                ),
            }
        }
        // §5.6.3 step 6: an archive time-stamp over the signature proves it, too.
        for time in archives.iter().filter_map(|stamp| stamp.facts.gen_time) {
            consider(time, TimeReference::ArchiveTimestamp);
        }
        if let Some(given) = reference {
            let kind = ("kind", given.kind.as_str().into());
            let time = ("time", given.time.into());
            if !given.matches {
                notes.note(self, Code::TimeReferenceMismatch, &facts.id, [kind]);
            } else if given.time > self.now {
                notes.note(self, Code::TimeReferenceFromFuture, &facts.id, [time]);
            } else {
                notes.note(self, Code::TimeReferenceUsed, &facts.id, [kind, time]);
                consider(
                    given.time,
                    match given.kind {
                        ReferenceKind::Given => TimeReference::Given,
                        ReferenceKind::Protocol => TimeReference::Protocol,
                        ReferenceKind::Pec => TimeReference::Pec,
                        ReferenceKind::Receipt => TimeReference::Receipt,
                        ReferenceKind::Timestamp => TimeReference::Timestamp,
                    },
                );
            }
        }
        proof
    }

    /// §5.3 from step 4 on and §5.5, along one chain. The first failure of the result decides.
    fn with_time(
        &self,
        facts: &SignatureFacts,
        signed: &Signed<'_>,
        path: &PathJudgement<'a>,
        stamps: &[&StampJudgement<'_>],
        proof: Proof,
    ) -> Ledger {
        let mut acceptance = Ledger::default();
        self.accept_attributes(signed, path.chain, &mut acceptance);
        self.accept_signing_time(facts, &mut acceptance);
        let mut algorithms = Ledger::default();
        self.accept_algorithms(signed, self.now, &mut algorithms);

        let mut result = Ledger { failures: Vec::new(), notes: path.ledger.notes.clone() };
        // §5.3 steps 4 and 6: a content time-stamp proves the signature younger, not older.
        self.content_stamps(&path.ledger, &algorithms, stamps, &facts.id, &mut result);
        let basic_ends = match path.ledger.failures.first() {
            Some(first) => !continues(first.sub),
            None => acceptance.conclusion().is_some_and(|sub| !continues(sub)),
        };
        if basic_ends || !result.failures.is_empty() {
            result.failures.extend(path.ledger.failures.clone());
            result.append(acceptance);
            result.append(algorithms);
            return result;
        }
        self.mandated_stamps(facts, stamps, &mut result);
        self.compare(facts, &path.ledger, proof.time, &mut result);
        self.check_order(stamps, &facts.id, &mut result);
        self.check_delay(facts, proof, &mut result);
        result.append(acceptance);
        // Steps 8 and 9: the signature's own algorithms at the best signature time.
        let mut at_best_time = Ledger::default();
        self.accept_algorithms(signed, proof.time, &mut at_best_time);
        if at_best_time.failures.is_empty() {
            heal(&algorithms.failures, &mut result);
        } else {
            result.failures.extend(algorithms.failures);
        }
        result.notes.append(&mut algorithms.notes);
        result
    }

    /// §5.6.3 steps 5 to 9, where archive time-stamps cover the signature: what stands against its
    /// chain today is overcome if the chain was good when the signature is proven to have existed.
    #[expect(clippy::too_many_arguments, reason = "the process with time, and what came of it")]
    fn with_archives(
        &self,
        facts: &SignatureFacts,
        signed: &Signed<'_>,
        path: &PathJudgement<'a>,
        mut ledger: Ledger,
        stamps: &[&StampJudgement<'_>],
        proof: Proof,
        proofs: &Proofs<'a>,
    ) -> Ledger {
        let (Some(chain), true) = (path.chain, ledger.conclusion().is_some_and(recoverable)) else {
            return ledger;
        };
        match self.past_chain(chain, AnchorPurpose::Signature, proof.time, proofs) {
            Ok(()) => {
                let mut overcome = path.clone();
                self.heal(&mut overcome.ledger, proof.time, &facts.id);
                self.with_time(facts, signed, &overcome, stamps, proof)
            }
            Err(why) => {
                self.note_missing(&mut ledger, why, &facts.id);
                ledger
            }
        }
    }

    /// §5.5 step 4: which failures of the basic process does the best signature time heal?
    fn compare(&self, facts: &SignatureFacts, path: &Ledger, best_time: Time, result: &mut Ledger) {
        let (healed, standing): (Vec<_>, Vec<_>) =
            path.failures.iter().cloned().partition(|failure| heals(&failure.kind, best_time));
        let revoked_first =
            standing.first().is_some_and(|failure| matches!(failure.kind, Kind::Revoked { .. }));
        let early = facts.certificate.as_ref().and_then(|fingerprint| {
            let certificate = self.certificate(fingerprint)?;
            (best_time < certificate.not_before).then_some((fingerprint, certificate))
        });
        if let (Some((fingerprint, certificate)), false) = (early, revoked_first) {
            result.raise(
                self,
                Code::BestTimeBeforeCertificate,
                SubIndication::NotYetValid,
                &facts.id,
                [
                    ("time", best_time.into()),
                    ("certificate", self.name(fingerprint).into()),
                    ("from", certificate.not_before.into()),
                ],
            );
        }
        heal(&healed, result);
        result.failures.extend(standing.into_iter().map(|failure| {
            // Revoked later, but already expired at the best signature time: step 4a ends so.
            let expired =
                matches!(failure.kind, Kind::OutOfBounds { status: KnownStatus::Revoked, .. });
            if expired && failure.sub == SubIndication::OutOfBoundsNoPoe {
                Failure { sub: SubIndication::OutOfBoundsNotRevoked, ..failure }
            } else {
                failure
            }
        }));
    }

    /// §5.3 steps 4a, 4b and 6.
    fn content_stamps(
        &self,
        path: &Ledger,
        algorithms: &Ledger,
        stamps: &[&StampJudgement<'_>],
        location: &str,
        result: &mut Ledger,
    ) {
        let latest = stamps
            .iter()
            .filter(|stamp| stamp.facts.kind == TimestampKind::Content && stamp.sub.is_none())
            .filter_map(|stamp| stamp.facts.gen_time)
            .max();
        let Some(time) = latest else { return };
        for failure in path.failures.iter().take(1) {
            match (&failure.kind, failure.finding.code) {
                (Kind::Revoked { at }, Code::CertificateRevoked) if time > *at => result.raise(
                    self,
                    Code::ContentTimestampAfterRevocation,
                    SubIndication::Revoked,
                    location,
                    [("time", time.into()), ("revoked", (*at).into())],
                ),
                (Kind::OutOfBounds { not_after, .. }, Code::CertificateOutOfValidity)
                    if time > *not_after =>
                {
                    result.raise(
                        self,
                        Code::ContentTimestampAfterExpiry,
                        SubIndication::Expired,
                        location,
                        [("time", time.into()), ("to", (*not_after).into())],
                    );
                }
                _ => {}
            }
        }
        if path.failures.is_empty() {
            let known_late = algorithms.failures.iter().find(|failure| match failure.kind {
                Kind::Algorithm { ended } => ended.is_none_or(|end| time > end),
                _ => false,
            });
            result.failures.extend(known_late.map(|failure| Failure {
                sub: SubIndication::CryptoConstraintsFailure,
                ..failure.clone()
            }));
        }
    }

    /// §5.5 step 3b, where the policy mandates time-stamps.
    fn mandated_stamps(
        &self,
        facts: &SignatureFacts,
        stamps: &[&StampJudgement<'_>],
        result: &mut Ledger,
    ) {
        let signature_stamps =
            || stamps.iter().filter(|stamp| stamp.facts.kind == TimestampKind::Signature);
        for stamp in signature_stamps() {
            if let Some(sub) = stamp.sub {
                result.raise(
                    self,
                    Code::TimestampRequired,
                    sub,
                    &stamp.facts.id,
                    [("stamp", (&stamp.facts.id).into()), ("reason", sub.as_str().into())],
                );
            }
        }
        if !signature_stamps().any(|stamp| stamp.sub.is_none()) {
            let sub = SubIndication::SigConstraintsFailure;
            result.raise(self, Code::SignatureTimestampMissing, sub, &facts.id, []);
        }
    }

    /// §5.5 step 4e: content before signature before archive, and what covers after what is covered.
    fn check_order(&self, stamps: &[&StampJudgement<'_>], location: &str, result: &mut Ledger) {
        let valid: Vec<_> = stamps.iter().filter(|stamp| stamp.sub.is_none()).collect();
        for first in &valid {
            for second in &valid {
                let by_kind = match (order(first.facts.kind), order(second.facts.kind)) {
                    (Some(first), Some(second)) => first < second,
                    _ => false,
                };
                let must_precede = by_kind || second.facts.covers.contains(&first.facts.id);
                if must_precede && certainly_after(first, second) {
                    result.raise(
                        self,
                        Code::TimestampOrder,
                        SubIndication::TimestampOrderFailure,
                        location,
                        [
                            ("first", (&first.facts.id).into()),
                            ("second", (&second.facts.id).into()),
                        ],
                    );
                }
            }
        }
    }

    /// §5.5 step 5, and the claimed time against its proof.
    fn check_delay(&self, facts: &SignatureFacts, proof: Proof, result: &mut Ledger) {
        let sub = SubIndication::SigConstraintsFailure;
        let proven = !matches!(proof.reference, TimeReference::Claimed | TimeReference::None);
        if let Some(seconds) = self.policy.timestamp_delay_seconds {
            match facts.claimed_signing_time {
                None => result.raise(self, Code::SigningTimeMissing, sub, &facts.id, []),
                Some(claimed) => {
                    let limit = TimeDelta::try_seconds(seconds)
                        .and_then(|delay| claimed.checked_add_signed(delay));
                    if limit.is_some_and(|limit| limit <= proof.time) {
                        result.raise(
                            self,
                            Code::TimestampDelay,
                            sub,
                            &facts.id,
                            [("time", claimed.into()), ("proof", proof.time.into())],
                        );
                    }
                }
            }
        }
        if let (Some(claimed), true) = (facts.claimed_signing_time, proven) {
            let tolerance =
                TimeDelta::try_seconds(self.policy.clock_skew_seconds).unwrap_or_default();
            if proof.time.checked_add_signed(tolerance).is_some_and(|limit| claimed > limit) {
                result.raise(
                    self,
                    Code::SigningTimeLate,
                    sub,
                    &facts.id,
                    [("time", claimed.into()), ("proof", proof.time.into())],
                );
            }
        }
    }
}

/// The time-stamps that speak about a signature: its own, and those elsewhere that say they cover it.
fn collect_stamps<'s, 'a>(
    signature: &SignatureFacts,
    stamps: &'s Stamps<'a>,
    facts: &crate::facts::Facts,
) -> Vec<&'s StampJudgement<'a>> {
    signature
        .timestamps
        .iter()
        .chain(facts.timestamps.iter().filter(|stamp| stamp.covers.contains(&signature.id)))
        .filter_map(|stamp| stamps.get(stamp.id.as_str()))
        .collect()
}

/// The archive time-stamps over a signature that are believed, those over a signature it
/// countersigns among them, and those around the file that cover its validation data with it.
fn archives<'s, 'a>(
    signature: &SignatureFacts,
    stamps: &'s Stamps<'a>,
) -> Vec<&'s StampJudgement<'a>> {
    stamps
        .values()
        .filter(|stamp| {
            stamp.sub.is_none()
                && (stamp.facts.kind.is_archive()
                    || (stamp.facts.kind == TimestampKind::Standalone
                        && !stamp.facts.proves.certificates.is_empty()))
                && stamp.facts.imprint_matches == Some(true)
                && stamp.facts.covers.contains(&signature.id)
        })
        .collect()
}

/// §5.5 step 2: the results of the basic process that time may still change.
fn continues(sub: SubIndication) -> bool {
    matches!(
        sub,
        SubIndication::CryptoConstraintsFailureNoPoe
            | SubIndication::RevokedNoPoe
            | SubIndication::RevokedCaNoPoe
            | SubIndication::TryLater
            | SubIndication::OutOfBoundsNoPoe
            | SubIndication::OutOfBoundsNotRevoked
    )
}

/// §5.5 steps 4 and 7: whether a proof of existence at `time` heals a failure.
fn heals(kind: &Kind, time: Time) -> bool {
    match kind {
        Kind::Revoked { at } => *at > time,
        Kind::Hold { since } => time < *since,
        Kind::OutOfBounds { not_before, not_after, status } => {
            *status != KnownStatus::Unknown && *not_before <= time && time <= *not_after
        }
        // The signature's own algorithms are asked again at that time; those of certificates never heal here.
        Kind::Algorithm { .. } | Kind::Fixed => false,
    }
}

/// Keeps healed failures as information.
fn heal(failures: &[Failure], result: &mut Ledger) {
    result.notes.extend(
        failures.iter().map(|failure| Finding { level: Level::Info, ..failure.finding.clone() }),
    );
}

/// The order the standard asks of the kinds of time-stamp; `None` = only what each of them covers says.
fn order(kind: TimestampKind) -> Option<u8> {
    match kind {
        TimestampKind::Content => Some(0),
        TimestampKind::Signature => Some(1),
        TimestampKind::CadesC | TimestampKind::References => Some(2),
        TimestampKind::ArchiveV1 | TimestampKind::ArchiveV2 | TimestampKind::ArchiveV3 => Some(3),
        TimestampKind::Document | TimestampKind::Standalone | TimestampKind::ArchiveManifest => {
            None
        }
    }
}

/// Whether `first` is later than `second` beyond what their accuracies leave open (RFC 3161 §2.4.2).
fn certainly_after(first: &StampJudgement<'_>, second: &StampJudgement<'_>) -> bool {
    let (Some(a), Some(b)) = (first.facts.gen_time, second.facts.gen_time) else { return false };
    let slack = [first, second]
        .iter()
        .filter_map(|stamp| i64::try_from(stamp.facts.accuracy_micros.unwrap_or(0)).ok())
        .fold(0_i64, i64::saturating_add);
    a.signed_duration_since(b) > TimeDelta::microseconds(slack)
}

/// Passed before undecided before failed; among undecided, those that time may still change first.
fn rank(ledger: &Ledger) -> (Status, bool) {
    match ledger.conclusion() {
        None => (Status::Passed, false),
        Some(sub) => (sub.status(), !continues(sub)),
    }
}

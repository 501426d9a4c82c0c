//! Proofs of existence and past validation (§5.6.2): what a chain of time-stamps can still show
//! when certificates have expired, were revoked or use algorithms that have ended since.
//!
//! Time-stamps are judged from the newest to the oldest; each that is believed proves that what it
//! covers existed at its genTime, and the next older one may rest on that. What has no proof exists
//! since the time of the judgement. A certificate is then judged backwards along its chain: from an
//! anchor down, the control time slides to the latest moment at which nothing spoke against it
//! (§5.6.2.2), and whatever the certificate made must be proven to be older than that.
//!
//! Three choices, each within the standard: whether revocation data must be fresh at the control
//! time follows the policy's row REVOCATION_NOT_FRESH, where it is at fail: it then slides to the
//! last moment at which they were, as before their issue no archive could ever have been stamped; a proof must lie within the validity of every
//! certificate of the chain (shell model at the proven time); and revocation data whose issuer has
//! expired must itself be proven to be older than that expiry. Evidence records will add proofs here.

use super::{
    Engine,
    ledger::{Ledger, Stamps},
    path::AlgorithmUse,
    revocation::within,
};
use crate::{
    Time,
    catalogue::Code,
    facts::{
        AnchorPurpose, CertificateStatus, ChainFacts, Fingerprint, RevocationFacts,
        RevocationReason, TimestampFacts, TimestampKind,
    },
    indication::SubIndication,
    policy::{Acceptance, Level},
};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Since when objects are proven to exist; those that are not listed, since the judgement.
#[derive(Debug, Default)]
pub(super) struct Proofs<'a> {
    certificates: HashMap<&'a Fingerprint, Time>,
    revocation: HashMap<&'a Fingerprint, Time>,
    /// Signatures and time-stamps by id.
    objects: HashMap<&'a str, Time>,
}

impl<'a> Proofs<'a> {
    /// Takes over what a time-stamp that is believed proves (§5.6.2.3).
    fn add(&mut self, stamp: &'a TimestampFacts) {
        let Some(time) = stamp.gen_time else { return };
        // Whatever the policy tolerates, only what is really covered is proven.
        if stamp.imprint_matches != Some(true) || stamp.hash_index_valid == Some(false) {
            return;
        }
        // A content time-stamp is older than the signature, and proves nothing of it.
        if stamp.kind == TimestampKind::Content {
            return;
        }
        fn earliest<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Time>, key: K, time: Time) {
            let known = map.entry(key).or_insert(time);
            *known = time.min(*known);
        }
        for id in &stamp.covers {
            earliest(&mut self.objects, id.as_str(), time);
        }
        for certificate in &stamp.proves.certificates {
            earliest(&mut self.certificates, certificate, time);
        }
        for data in &stamp.proves.revocation {
            earliest(&mut self.revocation, data, time);
        }
    }

    fn certificate(&self, fingerprint: &Fingerprint, now: Time) -> Time {
        self.certificates.get(fingerprint).map_or(now, |time| now.min(*time))
    }

    /// Of lists that decide together, the youngest proof counts.
    fn revocation(&self, data: &RevocationFacts, now: Time) -> Time {
        let proven =
            |object: &Fingerprint| self.revocation.get(object).map_or(now, |time| now.min(*time));
        let parts = data.object.iter().chain(&data.base).chain(&data.complements);
        parts.map(proven).max().unwrap_or(now)
    }

    fn object(&self, id: &str) -> Option<Time> {
        self.objects.get(id).copied()
    }
}

/// The results past validation may still change (§5.4 step 2, §5.6.3 step 3).
pub(super) fn recoverable(sub: SubIndication) -> bool {
    matches!(
        sub,
        SubIndication::RevokedNoPoe
            | SubIndication::RevokedCaNoPoe
            | SubIndication::OutOfBoundsNoPoe
            | SubIndication::OutOfBoundsNotRevoked
            | SubIndication::CryptoConstraintsFailureNoPoe
            | SubIndication::RevocationOutOfBoundsNoPoe
            | SubIndication::NoCertificateChainFoundNoPoe
    )
}

impl<'a> Engine<'a> {
    /// Judges time-stamps with the proofs of newer ones (§5.6.3 step 5), and gathers those proofs.
    pub(super) fn prove(&self, stamps: &mut Stamps<'a>) -> Proofs<'a> {
        let mut order: Vec<&'a TimestampFacts> = stamps
            .values()
            .map(|judged| judged.facts)
            .filter(|one| one.gen_time.is_some())
            .collect();
        // Of one second, what covers more is the newer; ids make the order the same every time.
        order.sort_by_key(|one| {
            (Reverse(one.gen_time), Reverse(one.kind), Reverse(one.covers.len()), one.id.as_str())
        });
        let mut proofs = Proofs::default();
        for facts in order {
            let Some(judged) = stamps.get_mut(facts.id.as_str()) else { continue };
            if let Some(sub) = judged.sub.filter(|sub| recoverable(*sub) && judged.only_path)
                && let Some(proof) = proofs.object(&facts.id)
            {
                match self.past_stamp(facts, proof, &proofs) {
                    Ok(chain) => {
                        judged.sub = None;
                        judged.chain = Some(chain);
                        self.heal(&mut judged.ledger, proof, &facts.id);
                    }
                    Err(missing) => {
                        self.note_missing(&mut judged.ledger, missing, &facts.id);
                        judged.sub = Some(sub);
                    }
                }
            }
            if judged.sub.is_none() {
                proofs.add(facts);
            }
        }
        proofs
    }

    fn past_stamp(
        &self,
        facts: &'a TimestampFacts,
        proof: Time,
        proofs: &Proofs<'a>,
    ) -> Result<&'a ChainFacts, SubIndication> {
        let certificate = facts.certificate.as_ref().ok_or(SubIndication::NoPoe)?;
        let imprint = AlgorithmUse {
            object: facts.id.clone(),
            key: None,
            digest: Some(&facts.imprint_algorithm),
        };
        let signed = super::blocks::Signed::from(facts);
        let mut uses = signed.algorithm_uses();
        uses.push(imprint);
        if self.ended(&uses, proof) {
            return Err(SubIndication::CryptoConstraintsFailureNoPoe);
        }
        let mut missing = SubIndication::NoCertificateChainFound;
        for chain in self.facts.chains.get(certificate).into_iter().flatten() {
            match self.past_chain(chain, AnchorPurpose::TimeStamp, proof, proofs) {
                Ok(()) => return Ok(chain),
                Err(why) => missing = why,
            }
        }
        Err(missing)
    }

    /// Whether something made with the first certificate of `chain`, and proven to exist at
    /// `proof`, was made while the chain was good: past certificate validation (§5.6.2.1) and the
    /// conditions of past signature validation (§5.6.2.4).
    pub(super) fn past_chain(
        &self,
        chain: &ChainFacts,
        purpose: AnchorPurpose,
        proof: Time,
        proofs: &Proofs<'a>,
    ) -> Result<(), SubIndication> {
        let anchor = chain.anchor.as_ref().ok_or(SubIndication::NoCertificateChainFound)?;
        if !anchor.purposes.contains(&purpose) {
            return Err(SubIndication::NoCertificateChainFound);
        }
        if anchor.trusted_from.is_some_and(|from| proof < from) {
            return Err(SubIndication::NoCertificateChainFoundNoPoe);
        }
        // What no time changes: broken links and constraints.
        let mut constraints = Ledger::default();
        self.judge_constraints(chain, purpose, "", &mut constraints);
        if let Some(sub) = constraints.conclusion() {
            return Err(sub);
        }
        // §5.6.2.2: from the anchor down.
        let mut control = anchor.sunset.map_or(self.now, |sunset| sunset.min(self.now));
        let below = chain.certificates.iter().position(|link| chain.is_anchor(link));
        let below = below.unwrap_or(chain.certificates.len());
        for position in (0..below).rev() {
            let Some(link) = chain.certificates.get(position) else { continue };
            control = self.slide(position, link, chain, purpose, control, proofs)?;
            let certificate = self.certificate(link).ok_or(SubIndication::NoPoe)?;
            if !within(certificate, proof) {
                return Err(SubIndication::OutOfBoundsNotRevoked);
            }
        }
        if proof <= control { Ok(()) } else { Err(SubIndication::NoPoe) }
    }

    /// One step of the sliding: the control time after looking at one certificate.
    fn slide(
        &self,
        position: usize,
        link: &Fingerprint,
        chain: &ChainFacts,
        purpose: AnchorPurpose,
        control: Time,
        proofs: &Proofs<'a>,
    ) -> Result<Time, SubIndication> {
        let certificate = self.certificate(link).ok_or(SubIndication::NoPoe)?;
        let mut control = control;
        let issuer_bits = chain
            .certificates
            .get(position + 1)
            .and_then(|issuer| self.certificate(issuer))
            .map(|issuer| issuer.key.bits);
        let mut uses = vec![AlgorithmUse {
            object: String::new(),
            key: issuer_bits.map(|bits| (certificate.signature.scheme, bits)),
            digest: certificate.signature.digest.as_deref(),
        }];
        let mut spoken: Option<&RevocationFacts> = None;
        if super::path::needs_revocation(position > 0, certificate) {
            let known = proofs.certificate(link, self.now) <= control;
            let selection = self.select_revocation(link, chain, purpose);
            let all = self.facts.revocation.get(link).into_iter().flatten();
            let refused: HashSet<*const RevocationFacts> =
                selection.refused.iter().map(|(one, _)| std::ptr::from_ref(*one)).collect();
            let accepted: Vec<&RevocationFacts> = all
                .filter(|data| !refused.contains(&std::ptr::from_ref(*data)))
                .filter(|data| {
                    data.this_update.is_some_and(|time| time < control)
                        && proofs.revocation(data, self.now) <= control
                })
                .collect();
            if !known || accepted.is_empty() {
                return Err(SubIndication::NoPoe);
            }
            // §5.6.2.4 step 1: data whose issuer was valid when it is proven to have existed.
            let usable = |data: &&&RevocationFacts| self.issuer_proven(data, chain, proofs);
            let revoked = accepted.iter().filter_map(|data| match data.status {
                CertificateStatus::Revoked { at, reason }
                    if reason != RevocationReason::RemoveFromCrl =>
                {
                    Some(at)
                }
                _ => None,
            });
            if let Some(at) = revoked.min() {
                control = control.min(at);
            }
            let latest = accepted
                .iter()
                .filter(usable)
                .max_by_key(|data| (data.produced(), data.this_update))
                .ok_or(SubIndication::RevocationOutOfBoundsNoPoe)?;
            if self.policy.level(Code::RevocationNotFresh) == Level::Fail
                && !self.is_fresh(latest, control)
            {
                control = control.min(self.fresh_until(latest).ok_or(SubIndication::NoPoe)?);
            }
            let bits = latest
                .issuer
                .as_ref()
                .and_then(|issuer| self.certificate(issuer))
                .and_then(|issuer| issuer.key.bits);
            uses.push(AlgorithmUse {
                object: String::new(),
                key: Some((latest.algorithm.scheme, bits)),
                digest: latest.algorithm.digest.as_deref(),
            });
            spoken = Some(latest);
        }
        let mut strong = control;
        for weakness in self.weaknesses(&uses, control) {
            match weakness.acceptance {
                Acceptance::Good | Acceptance::Aged(_) => {}
                Acceptance::Ended(end) => strong = strong.min(end),
                Acceptance::Never => return Err(SubIndication::CryptoConstraintsFailureNoPoe),
            }
        }
        // What became weak must be proven to be older than that.
        let old = proofs.certificate(link, self.now) <= strong
            && spoken.is_none_or(|data| proofs.revocation(data, self.now) <= strong);
        if strong < control && !old { Err(SubIndication::NoPoe) } else { Ok(strong) }
    }

    /// Whether the issuer of `data` is an anchor, or it and the data are proven to have existed
    /// before its certificate expired.
    fn issuer_proven(
        &self,
        data: &RevocationFacts,
        chain: &ChainFacts,
        proofs: &Proofs<'a>,
    ) -> bool {
        data.issuer.as_ref().is_some_and(|issuer| {
            chain.is_anchor(issuer)
                || self.certificate(issuer).is_some_and(|certificate| {
                    proofs.certificate(issuer, self.now) <= certificate.not_after
                        && proofs.revocation(data, self.now) <= certificate.not_after
                })
        })
    }

    /// Whether one of `uses` was no longer acceptable at `at`.
    fn ended(&self, uses: &[AlgorithmUse<'_>], at: Time) -> bool {
        self.weaknesses(uses, at)
            .iter()
            .any(|weakness| matches!(weakness.acceptance, Acceptance::Ended(_) | Acceptance::Never))
    }

    /// Turns failures that a proof has overcome into information.
    pub(super) fn heal(&self, ledger: &mut Ledger, proof: Time, location: &str) {
        let failures = std::mem::take(&mut ledger.failures);
        ledger.notes.extend(failures.into_iter().map(|mut failure| {
            failure.finding.level = Level::Info;
            failure.finding
        }));
        let time = [("time", proof.into())];
        ledger.note(self, Code::ArchiveProofUsed, location, time);
    }

    /// Tells why proofs did not suffice.
    pub(super) fn note_missing(&self, ledger: &mut Ledger, why: SubIndication, location: &str) {
        let detail = [("detail", why.as_str().into())];
        ledger.note(self, Code::ArchiveProofMissing, location, detail);
    }
}

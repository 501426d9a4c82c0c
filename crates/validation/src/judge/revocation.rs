//! Acceptance of revocation data (§5.2.6 with RFC 5280 §6.3.3 and RFC 6960 §3.2), and its freshness (§5.2.5).
//!
//! One acceptable piece suffices; the latest one made speaks. Says nothing about what a status means
//! for a signature.

use super::Engine;
use crate::{
    Time,
    catalogue::Code,
    facts::{
        AnchorPurpose, Authorisation, CertificateFacts, CertificateStatus, ChainFacts, Fingerprint,
        RevocationFacts, RevocationKind, RevocationReason, SignatureCheck,
    },
    policy::Level,
};
use chrono::TimeDelta;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Deepest nesting of responders vouching for responders; two is met in practice, the rest is a loop.
const MAX_RESPONDER_DEPTH: usize = 4;

/// Most pieces of revocation data looked at for one certificate, responders' own included. A real
/// file has a handful; a hostile one could make them vouch for each other without end.
const MAX_ACCEPTANCE_CHECKS: u32 = 10_000;

/// The responders on the way down, and how many checks are left.
struct Visited {
    path: Vec<Fingerprint>,
    left: u32,
}

/// The certificate revocation data is about, and where it stands.
struct Subject<'s> {
    fingerprint: &'s Fingerprint,
    certificate: &'s CertificateFacts,
    chain: &'s ChainFacts,
    purpose: AnchorPurpose,
}

/// Choices made, by certificate, chain and purpose: the same for every signature and time-stamp of
/// one certificate. A chain is known by its place in the facts, which stay as they are.
pub(super) type Selections<'a> =
    RefCell<HashMap<(Fingerprint, *const ChainFacts, AnchorPurpose), Rc<Selection<'a>>>>;

/// The choice among the revocation data about one certificate.
pub(super) struct Selection<'a> {
    /// The piece that speaks.
    pub(super) chosen: Option<&'a RevocationFacts>,
    /// Every piece that could speak, it among them.
    accepted: Vec<&'a RevocationFacts>,
    /// Those refused, with why.
    pub(super) refused: Vec<(&'a RevocationFacts, Code)>,
}

impl<'a> Engine<'a> {
    /// Chooses among the data about `fingerprint`, a certificate of `chain`.
    pub(super) fn select_revocation(
        &self,
        fingerprint: &Fingerprint,
        chain: &ChainFacts,
        purpose: AnchorPurpose,
    ) -> Rc<Selection<'a>> {
        let key = (fingerprint.clone(), std::ptr::from_ref(chain), purpose);
        if let Some(known) = self.selections.borrow().get(&key) {
            return Rc::clone(known);
        }
        let mut visited = Visited { path: Vec::new(), left: MAX_ACCEPTANCE_CHECKS };
        let chosen = Rc::new(self.select(fingerprint, chain, purpose, &mut visited));
        self.selections.borrow_mut().insert(key, Rc::clone(&chosen));
        chosen
    }

    fn select(
        &self,
        fingerprint: &Fingerprint,
        chain: &ChainFacts,
        purpose: AnchorPurpose,
        visited: &mut Visited,
    ) -> Selection<'a> {
        let mut selection = Selection { chosen: None, accepted: Vec::new(), refused: Vec::new() };
        let Some(certificate) = self.certificate(fingerprint) else { return selection };
        let subject = Subject { fingerprint, certificate, chain, purpose };
        for data in self.facts.revocation.get(fingerprint).into_iter().flatten() {
            match self.refusal(data, &subject, visited) {
                Some(code) => selection.refused.push((data, code)),
                None => {
                    selection.accepted.push(data);
                    // Of one instant, the worse word counts, whatever the order.
                    let order = |one: &RevocationFacts| {
                        let revoked = matches!(one.status, CertificateStatus::Revoked { .. });
                        (one.produced(), one.this_update, revoked)
                    };
                    let later = |chosen: &RevocationFacts| order(data) > order(chosen);
                    if selection.chosen.is_none_or(later) {
                        selection.chosen = Some(data);
                    }
                }
            }
        }
        selection
    }

    /// Why `data` cannot be accepted about its subject; `None` = it can. A list that decides together
    /// with others stands or falls with each of them.
    fn refusal(
        &self,
        data: &RevocationFacts,
        subject: &Subject<'_>,
        visited: &mut Visited,
    ) -> Option<Code> {
        if let Some(code) = self.defect(data, subject, visited).or(data.problems.first().copied()) {
            return Some(code);
        }
        for object in data.base.iter().chain(&data.complements) {
            let about = self.facts.revocation.get(subject.fingerprint).into_iter().flatten();
            let Some(part) = about.into_iter().find(|one| one.object.as_ref() == Some(object))
            else {
                return Some(Code::RsiScope);
            };
            // Alone it does not reach far enough: that is what the others are for.
            let only_scope = part.problems.iter().all(|code| *code == Code::RsiScope);
            let base = part.base.iter().find_map(|base| {
                let about = self.facts.revocation.get(subject.fingerprint)?;
                about.iter().find(|one| one.object.as_ref() == Some(base))
            });
            let sound = only_scope
                && self.defect(part, subject, visited).is_none()
                && (part.base.is_none()
                    || base.is_some_and(|base| self.defect(base, subject, visited).is_none()));
            if !sound {
                return Some(Code::RsiScope);
            }
        }
        None
    }

    /// What keeps `data` from being believed, whatever it covers.
    fn defect(
        &self,
        data: &RevocationFacts,
        subject: &Subject<'_>,
        visited: &mut Visited,
    ) -> Option<Code> {
        let certificate = subject.certificate;
        let Some(left) = visited.left.checked_sub(1) else {
            return Some(Code::RsiIssuerStatusUnknown);
        };
        visited.left = left;
        let Some(this_update) = data.this_update else { return Some(Code::RsiThisUpdateMissing) };
        // What was issued after the time of the judgement does not exist.
        if !self.exists(this_update) || data.produced_at.is_some_and(|time| !self.exists(time)) {
            return Some(Code::RsiFromFuture);
        }
        if data.status == CertificateStatus::Unknown {
            return Some(Code::RsiStatusUnknown);
        }
        let Some(issuer) = &data.issuer else { return Some(Code::RsiIssuerUnknown) };
        let Some(issuer_certificate) = self.certificate(issuer) else {
            return Some(Code::RsiIssuerUnknown);
        };
        if data.signature != SignatureCheck::Valid {
            return Some(Code::RsiSignatureInvalid);
        }
        if data.responder_id_matches == Some(false) {
            return Some(Code::RsiResponderIdMismatch);
        }
        if data.authorisation == Authorisation::None {
            return Some(Code::RsiNotAuthorised);
        }
        let produced = data.produced_at.unwrap_or(this_update);
        if !within(issuer_certificate, produced) {
            return Some(Code::RsiIssuerInvalidAtProduction);
        }
        if this_update < certificate.not_before {
            return Some(Code::RsiBeforeCertificate);
        }
        if data.cert_hash_matches == Some(false) {
            return Some(Code::RsiCertHashMismatch);
        }
        // A list may drop certificates that expired, unless it says since when it keeps them.
        let covered_since = data.covers_expired_since.map_or(this_update, |k| k.min(this_update));
        if data.cert_hash_matches != Some(true) && certificate.not_after < covered_since {
            return Some(Code::RsiExpiredNotCovered);
        }
        let as_issuer = visited.path.last() == Some(issuer);
        if data.kind == RevocationKind::Crl && issuer == subject.fingerprint && as_issuer {
            // Of a certificate that only issues lists its own list is the last word: no other may
            // name it (PKITS 4.5.6, 4.14.30). Nobody else vouches for himself.
            return None;
        }
        self.issuer_refusal(issuer, subject, data.kind, visited)
    }

    /// Whether the issuer of revocation data is itself to be believed.
    fn issuer_refusal(
        &self,
        issuer: &Fingerprint,
        subject: &Subject<'_>,
        kind: RevocationKind,
        visited: &mut Visited,
    ) -> Option<Code> {
        let above = above(subject.fingerprint, subject.chain);
        // Above it on the path: its own status is judged there. Nobody vouches for himself or for
        // who stands above him.
        if above.contains(issuer) || subject.chain.is_anchor(issuer) {
            return None;
        }
        if visited.path.contains(issuer) || visited.path.len() >= MAX_RESPONDER_DEPTH {
            return Some(Code::RsiIssuerStatusUnknown);
        }
        visited.path.push(issuer.clone());
        let mut refusal = Code::RsiIssuerUntrusted;
        for own in self.facts.chains.get(issuer).into_iter().flatten() {
            match self.responder_chain_refusal(own, above, subject.purpose, kind, visited) {
                None => {
                    visited.path.pop();
                    return None;
                }
                Some(code) => refusal = code,
            }
        }
        visited.path.pop();
        Some(refusal)
    }

    fn responder_chain_refusal(
        &self,
        own: &ChainFacts,
        above: &[Fingerprint],
        purpose: AnchorPurpose,
        kind: RevocationKind,
        visited: &mut Visited,
    ) -> Option<Code> {
        let usable = own.anchor.as_ref().is_some_and(|anchor| {
            anchor
                .purposes
                .iter()
                .any(|allowed| *allowed == purpose || *allowed == AnchorPurpose::Revocation)
                && anchor.trusted_from.is_none_or(|from| self.now >= from)
                && anchor.sunset.is_none_or(|sunset| self.now < sunset)
        });
        let sound =
            own.problems.iter().all(|problem| self.policy.level(problem.code) != Level::Fail);
        if !usable || !sound {
            return Some(Code::RsiIssuerUntrusted);
        }
        for (position, link) in own.certificates.iter().enumerate() {
            if own.is_anchor(link) || above.contains(link) {
                return None;
            }
            let certificate = match self.certificate(link) {
                Some(certificate) => certificate,
                None => return Some(Code::RsiIssuerUntrusted),
            };
            // ocsp-nocheck speaks of responders (RFC 6960 §4.2.2.2.1), not of issuers of lists.
            let unchecked = certificate.ocsp_nocheck && kind == RevocationKind::Ocsp;
            if position == 0 && (unchecked || certificate.no_revocation_available) {
                continue;
            }
            match self.select(link, own, purpose, visited).chosen.map(|data| &data.status) {
                Some(CertificateStatus::Good) => {}
                Some(CertificateStatus::Revoked { reason, .. })
                    if *reason == RevocationReason::RemoveFromCrl => {}
                // A responder whose key may be in other hands proves nothing, whatever the date.
                Some(CertificateStatus::Revoked { .. }) => return Some(Code::RsiIssuerRevoked),
                Some(CertificateStatus::Unknown) | None => {
                    return Some(Code::RsiIssuerStatusUnknown);
                }
            }
        }
        None
    }

    /// `data` and the lists it decides together with, itself first.
    pub(super) fn parts(&self, data: &'a RevocationFacts) -> Vec<&'a RevocationFacts> {
        let others = data.base.iter().chain(&data.complements);
        std::iter::once(data).chain(others.filter_map(|object| self.part(object))).collect()
    }

    /// The list of this digest; what is asked of it is the same for every certificate it is about.
    fn part(&self, object: &Fingerprint) -> Option<&'a RevocationFacts> {
        let mut all = self.facts.revocation.values().flatten();
        all.find(|one| one.object.as_ref() == Some(object))
    }

    /// Whether `data` is fresh enough at `time` (§5.2.5); always, where the policy does not look.
    pub(super) fn is_fresh(&self, data: &RevocationFacts, time: Time) -> bool {
        let complements = data.complements.iter().map(|object| self.part(object));
        self.is_fresh_alone(data, time)
            && complements
                .into_iter()
                .all(|part| part.is_some_and(|part| self.is_fresh_alone(part, time)))
    }

    /// Why none of the accepted pieces is young enough to prove the status at `time`: the mildest
    /// reason, with the piece it is about. One that still serves is enough, whichever is the latest.
    pub(super) fn staleness(
        &self,
        selection: &Selection<'a>,
        time: Time,
    ) -> Option<(&'a RevocationFacts, Code)> {
        let rest = selection
            .accepted
            .iter()
            .filter(|one| selection.chosen.is_none_or(|chosen| !std::ptr::eq(**one, chosen)));
        let mut mildest = None;
        // The one that speaks comes last, so that of equal reasons its own is told.
        for data in rest.copied().chain(selection.chosen) {
            let found = self.stale_part(data, time)?;
            let milder = |known: &(&RevocationFacts, Code)| {
                self.policy.level(found.1) >= self.policy.level(known.1)
            };
            if mildest.as_ref().is_none_or(milder) {
                mildest = Some(found);
            }
        }
        mildest
    }

    /// What is too old at `time`: `data`, or a list for other reasons beside it. The base of a delta
    /// list need not be young.
    fn stale_part(
        &self,
        data: &'a RevocationFacts,
        time: Time,
    ) -> Option<(&'a RevocationFacts, Code)> {
        let complements = data.complements.iter().filter_map(|object| self.part(object));
        let parts = std::iter::once(data).chain(complements);
        let found = parts.filter_map(|part| Some((part, self.age_defect(part, time)?)));
        found.min_by_key(|(_, code)| self.policy.level(*code))
    }

    /// Past its nextUpdate, or older than the policy allows: of both the row that weighs more.
    fn age_defect(&self, data: &RevocationFacts, time: Time) -> Option<Code> {
        let (expired, old) = (Code::RevocationExpired, Code::RevocationNotFresh);
        let is_expired = self.policy.level(expired) != Level::Ignore
            && data.next_update.is_some_and(|next| next < time);
        match (is_expired, !self.is_fresh_alone(data, time)) {
            (true, true) if self.policy.level(old) < self.policy.level(expired) => Some(old),
            (true, _) => Some(expired),
            (false, true) => Some(old),
            (false, false) => None,
        }
    }

    fn is_fresh_alone(&self, data: &RevocationFacts, time: Time) -> bool {
        self.policy.level(Code::RevocationNotFresh) == Level::Ignore
            || data.this_update.is_some_and(|issued| fresh(issued, self.greatest_age(data), time))
    }

    /// The last moment at which `data` and the lists beside it are fresh.
    pub(super) fn fresh_until(&self, data: &RevocationFacts) -> Option<Time> {
        let until = |data: &RevocationFacts| {
            let age = TimeDelta::try_seconds(self.greatest_age(data)?)?;
            data.this_update?.checked_add_signed(age)
        };
        let complements = data.complements.iter().map(|object| until(self.part(object)?));
        let mut earliest = until(data)?;
        for part in complements {
            earliest = earliest.min(part?);
        }
        Some(earliest)
    }

    /// The age in seconds `data` may have; `None` = no age is acceptable. Where nothing says when the
    /// next is due, only what was made at the very time serves, as far as clocks agree.
    fn greatest_age(&self, data: &RevocationFacts) -> Option<i64> {
        self.policy.revocation_freshness_seconds.or_else(|| match data.next_update {
            Some(next) => Some(next.signed_duration_since(data.this_update?).num_seconds()),
            None => Some(self.skew.num_seconds()),
        })
    }

    /// Whether the issuer of `data` is an anchor of `chain` or within its validity at `time`.
    pub(super) fn revocation_issuer_valid(
        &self,
        data: &RevocationFacts,
        chain: &ChainFacts,
        time: Time,
    ) -> bool {
        let valid = |data: &RevocationFacts| {
            data.issuer.as_ref().is_some_and(|issuer| {
                chain.is_anchor(issuer)
                    || self.certificate(issuer).is_some_and(|issuer| within(issuer, time))
            })
        };
        let others = data.base.iter().chain(&data.complements).map(|object| self.part(object));
        valid(data) && others.into_iter().all(|part| part.is_some_and(valid))
    }

    /// A list that does not say when the next one is due.
    pub(super) fn lacks_next_update(data: &RevocationFacts) -> bool {
        data.kind == RevocationKind::Crl && data.next_update.is_none()
    }
}

/// The certificates above `subject` in `chain`.
fn above<'c>(subject: &Fingerprint, chain: &'c ChainFacts) -> &'c [Fingerprint] {
    let position = chain.certificates.iter().position(|link| link == subject);
    position.and_then(|position| chain.certificates.get(position + 1..)).unwrap_or_default()
}

/// Whether data issued at `issued` is fresh at `time`: strictly later than `time` less its greatest age.
fn fresh(issued: Time, greatest_age_seconds: Option<i64>, time: Time) -> bool {
    greatest_age_seconds
        .and_then(TimeDelta::try_seconds)
        .and_then(|age| time.checked_sub_signed(age))
        .is_some_and(|oldest| issued > oldest)
}

/// Whether `time` lies in a certificate's validity, both ends included.
pub(super) fn within(certificate: &CertificateFacts, time: Time) -> bool {
    certificate.not_before <= time && time <= certificate.not_after
}

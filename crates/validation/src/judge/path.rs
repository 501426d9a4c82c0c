//! X.509 certificate validation (§5.2.6): is there a chain to an anchor, sound, not revoked, in its time?
//!
//! Every failure is collected, in the order of the standard; the first is the block's result, and the
//! process with time (§5.5) asks of each whether an earlier time would change it. Paths were built and
//! their signatures verified before (`x509`); nothing here does cryptography.

use super::{
    Engine,
    ledger::{Kind, KnownStatus, Ledger},
    revocation::within,
};
use crate::{
    Time,
    catalogue::{Code, Value},
    facts::{
        AnchorPurpose, CertificateFacts, CertificateStatus, ChainFacts, Fingerprint,
        RevocationFacts, RevocationReason, Scheme,
    },
    indication::SubIndication,
    policy::{Acceptance, Level},
};
use std::collections::BTreeMap;
use x509::ValidityModel;

/// id-kp-timeStamping (RFC 3161 §2.3).
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

/// Refused revocation data of one certificate that are told one by one. Every judged path of every
/// signature and time-stamp tells them; a real file has a handful.
const MOST_REFUSALS_TOLD: usize = 16;

/// One chain, judged at the time of the judgement.
#[derive(Debug, Clone)]
pub(super) struct PathJudgement<'a> {
    /// The chain; `None` = there is none.
    pub(super) chain: Option<&'a ChainFacts>,
    /// What was found.
    pub(super) ledger: Ledger,
    /// When newer revocation data is due, where that could help.
    pub(super) try_again: Option<Time>,
    /// When what the certificate made is known to have existed.
    proven: Time,
}

/// One certificate below the anchor.
struct Link<'l> {
    is_ca: bool,
    fingerprint: &'l Fingerprint,
    certificate: &'l CertificateFacts,
    /// When its key was used.
    used: Time,
}

/// One use of an algorithm.
pub(super) struct AlgorithmUse<'a> {
    /// What it protects, as messages name it.
    pub(super) object: String,
    /// The scheme with the key size; `None` = a digest alone.
    pub(super) key: Option<(Scheme, Option<u32>)>,
    /// The digest.
    pub(super) digest: Option<&'a str>,
}

/// An algorithm that is not acceptable.
pub(super) struct Weakness {
    pub(super) object: String,
    pub(super) algorithm: String,
    pub(super) acceptance: Acceptance,
}

impl<'a> Engine<'a> {
    /// Judges every prospective chain of `certificate`; never empty. `proven` is when what the
    /// certificate made is known to have existed: revocation data must not be too old then (§5.2.5).
    pub(super) fn judge_paths(
        &self,
        certificate: &Fingerprint,
        purpose: AnchorPurpose,
        location: &str,
        proven: Time,
    ) -> Vec<PathJudgement<'a>> {
        let chains = self.facts.chains.get(certificate).map_or(&[][..], Vec::as_slice);
        let mut paths: Vec<_> = chains
            .iter()
            .filter(|chain| chain.anchor.is_some())
            .map(|chain| self.judge_chain(chain, purpose, location, proven))
            .collect();
        if paths.is_empty() {
            let mut ledger = Ledger::default();
            ledger.raise(
                self,
                Code::ChainNotFound,
                SubIndication::NoCertificateChainFound,
                location,
                [("certificate", self.name(certificate).into())],
            );
            for chain in chains {
                if let Some(issuer) = &chain.missing_issuer {
                    ledger.note(self, Code::ChainIncomplete, location, [("issuer", issuer.into())]);
                }
                for problem in &chain.problems {
                    let certificate =
                        problem.certificate.as_ref().map(|certificate| self.name(certificate));
                    let values = [
                        ("certificate", certificate.unwrap_or_default().into()),
                        ("detail", (&problem.detail).into()),
                    ];
                    ledger.note(self, problem.code, location, values);
                }
            }
            paths.push(PathJudgement { chain: None, ledger, try_again: None, proven });
        }
        paths
    }

    fn judge_chain(
        &self,
        chain: &'a ChainFacts,
        purpose: AnchorPurpose,
        location: &str,
        proven: Time,
    ) -> PathJudgement<'a> {
        let ledger = Ledger::default();
        let mut path = PathJudgement { chain: Some(chain), ledger, try_again: None, proven };
        self.judge_anchor(chain, purpose, location, &mut path.ledger);
        self.judge_constraints(chain, purpose, location, &mut path.ledger);
        for (position, fingerprint) in chain.certificates.iter().enumerate() {
            if chain.is_anchor(fingerprint) {
                break;
            }
            self.judge_link(position, fingerprint, purpose, location, &mut path);
        }
        path
    }

    /// What no time changes: the constraints on the end entity, and the flaws path building found.
    pub(super) fn judge_constraints(
        &self,
        chain: &ChainFacts,
        purpose: AnchorPurpose,
        location: &str,
        ledger: &mut Ledger,
    ) {
        if let Some(end_entity) = chain.certificates.first() {
            self.judge_end_entity(end_entity, chain, purpose, location, ledger);
        }
        for problem in &chain.problems {
            let certificate =
                problem.certificate.as_ref().map(|certificate| self.name(certificate));
            ledger.raise(
                self,
                problem.code,
                path_sub_indication(problem.code),
                location,
                [
                    ("certificate", certificate.unwrap_or_default().into()),
                    ("detail", (&problem.detail).into()),
                ],
            );
        }
    }

    /// Steps 1 and 3: the anchor, its purpose and its dates.
    fn judge_anchor(
        &self,
        chain: &ChainFacts,
        purpose: AnchorPurpose,
        location: &str,
        ledger: &mut Ledger,
    ) {
        let Some(anchor) = &chain.anchor else { return };
        if !anchor.purposes.contains(&purpose) {
            ledger.raise(
                self,
                Code::AnchorPurpose,
                SubIndication::NoCertificateChainFound,
                location,
                [("anchor", (&anchor.name).into())],
            );
        }
        let used = self.used_at(chain.certificates.len().saturating_sub(1), chain);
        let ended = anchor.sunset.is_some_and(|sunset| used >= sunset);
        let not_begun = anchor.trusted_from.is_some_and(|from| used < from);
        if ended || not_begun {
            ledger.raise(
                self,
                Code::AnchorSunset,
                SubIndication::NoCertificateChainFoundNoPoe,
                location,
                [("anchor", (&anchor.name).into())],
            );
        }
    }

    /// The X.509 constraints on the signer's or authority's certificate.
    fn judge_end_entity(
        &self,
        fingerprint: &Fingerprint,
        chain: &ChainFacts,
        purpose: AnchorPurpose,
        location: &str,
        ledger: &mut Ledger,
    ) {
        let Some(certificate) = self.certificate(fingerprint) else { return };
        let name = || Value::from(self.name(fingerprint));
        match purpose {
            AnchorPurpose::TimeStamp => {
                let sole = certificate.extended_key_usage.as_ref().is_some_and(|usage| {
                    usage.critical && usage.purposes.iter().eq([TIME_STAMPING])
                });
                if !sole {
                    ledger.raise(
                        self,
                        Code::TsaKeyPurpose,
                        SubIndication::ChainConstraintsFailure,
                        location,
                        [("certificate", name())],
                    );
                }
            }
            AnchorPurpose::Revocation => {}
            AnchorPurpose::Signature => {
                let may_sign = certificate.key_usage.as_ref().is_some_and(|usage| {
                    usage.iter().any(|bit| bit == "nonRepudiation" || bit == "contentCommitment")
                });
                if !may_sign {
                    ledger.raise(
                        self,
                        Code::CertificateKeyUsage,
                        SubIndication::ChainConstraintsFailure,
                        location,
                        [("certificate", name())],
                    );
                }
                if certificate.self_signed {
                    ledger.raise(
                        self,
                        Code::CertificateSelfSigned,
                        SubIndication::ChainConstraintsFailure,
                        location,
                        [("certificate", name())],
                    );
                }
                if !certificate.qc.compliance {
                    ledger.raise(
                        self,
                        Code::CertificateNotQualified,
                        SubIndication::ChainConstraintsFailure,
                        location,
                        [("certificate", name())],
                    );
                }
                for limit in &certificate.usage_limits {
                    ledger.note(
                        self,
                        Code::CertificateUsageLimit,
                        location,
                        [("detail", limit.into())],
                    );
                }
            }
        }
        // A responder's own certificate is never judged here (see `revocation`).
        if certificate.ocsp_nocheck && !chain.is_anchor(fingerprint) {
            ledger.raise(
                self,
                Code::CertificateForbiddenExtension,
                SubIndication::CertificateChainGeneralFailure,
                location,
                [("certificate", name()), ("detail", "ocsp-nocheck".into())],
            );
        }
    }

    /// Steps 4 and 5 for one certificate below the anchor.
    fn judge_link(
        &self,
        position: usize,
        fingerprint: &Fingerprint,
        purpose: AnchorPurpose,
        location: &str,
        path: &mut PathJudgement<'a>,
    ) {
        let Some(chain) = path.chain else { return };
        let Some(certificate) = self.certificate(fingerprint) else {
            path.ledger.raise(
                self,
                Code::CertificatePathInvalid,
                SubIndication::CertificateChainGeneralFailure,
                location,
                [
                    ("certificate", self.name(fingerprint).into()),
                    ("detail", "certificate not at hand".into()),
                ],
            );
            return;
        };
        let is_ca = position > 0;
        if is_ca && certificate.no_revocation_available {
            path.ledger.raise(
                self,
                Code::CertificateForbiddenExtension,
                SubIndication::CertificateChainGeneralFailure,
                location,
                [("certificate", self.name(fingerprint).into()), ("detail", "noRevAvail".into())],
            );
        }
        let used = self.used_at(position, chain);
        let link = Link { is_ca, fingerprint, certificate, used };
        let (chosen, stale) = match self.judge_status(&link, purpose, location, path) {
            Some((data, stale)) => (Some(data), stale),
            None => (None, None),
        };
        // The standard asks for the age first; but where the certificate is out of its validity that
        // is what has to be told, and old data then leave its status unknown.
        let timely = within(certificate, used);
        if let Some(stale) = stale.filter(|_| timely) {
            self.raise_stale(&link, stale, location, path);
        }
        let mut uses = vec![AlgorithmUse {
            object: self.name(fingerprint),
            key: None,
            digest: certificate.signature.digest.as_deref(),
        }];
        // The key that signed the certificate is its issuer's, and is told of him.
        let issuer = chain.certificates.get(position + 1);
        if let Some((issuer, found)) =
            issuer.and_then(|issuer| Some((issuer, self.certificate(issuer)?)))
        {
            uses.push(AlgorithmUse {
                object: self.name(issuer),
                key: Some((certificate.signature.scheme, found.key.bits)),
                digest: None,
            });
        }
        for data in chosen.into_iter().flat_map(|data| self.parts(data)) {
            let bits = data
                .issuer
                .as_ref()
                .and_then(|issuer| self.certificate(issuer))
                .and_then(|issuer| issuer.key.bits);
            uses.push(AlgorithmUse {
                object: data.id.clone(),
                key: Some((data.algorithm.scheme, bits)),
                digest: data.algorithm.digest.as_deref(),
            });
        }
        self.raise_weaknesses(&uses, self.now, false, location, &mut path.ledger);
        let known =
            chosen.filter(|_| timely || !matches!(stale, Some((_, Code::RevocationExpired))));
        self.judge_validity(&link, known, chain, location, path);
        if let Some(stale) = stale.filter(|_| !timely) {
            self.raise_stale(&link, stale, location, path);
        }
    }

    /// When revocation data must still serve: when the key was used, or the certificate ended.
    fn needed_at(link: &Link<'_>, proven: Time) -> Time {
        link.used.min(proven).min(link.certificate.not_after)
    }

    fn raise_stale(
        &self,
        link: &Link<'_>,
        (data, code): (&RevocationFacts, Code),
        location: &str,
        path: &mut PathJudgement<'a>,
    ) {
        let certificate = ("certificate", self.name(link.fingerprint).into());
        let sub = SubIndication::TryLater;
        match data.next_update.filter(|_| code == Code::RevocationExpired) {
            Some(next) => {
                let time = ("time", Self::needed_at(link, path.proven).into());
                let values = [certificate, ("until", next.into()), time];
                path.ledger.raise(self, code, sub, location, values);
            }
            None => {
                let issued = ("issued", data.this_update.unwrap_or_default().into());
                path.ledger.raise(self, code, sub, location, [certificate, issued]);
            }
        }
        let due = data.next_update.filter(|next| *next > self.now);
        path.try_again = path.try_again.max(due);
    }

    /// When the key of a certificate was used: at the time of the judgement under the shell model;
    /// under the chain model an authority's when it issued the certificate below.
    fn used_at(&self, position: usize, chain: &ChainFacts) -> Time {
        let below = position
            .checked_sub(1)
            .filter(|_| self.policy.validity_model == ValidityModel::Chain)
            .and_then(|below| self.certificate(chain.certificates.get(below)?));
        below.map_or(self.now, |below| below.not_before)
    }

    /// Revocation: needed? present? acceptable? revoked? on hold? fresh? Returns the data that spoke,
    /// and what is too old to prove anything.
    fn judge_status(
        &self,
        link: &Link<'_>,
        purpose: AnchorPurpose,
        location: &str,
        path: &mut PathJudgement<'a>,
    ) -> Option<(&'a RevocationFacts, Option<(&'a RevocationFacts, Code)>)> {
        let Link { is_ca, fingerprint, certificate, used } = *link;
        if !needs_revocation(is_ca, certificate) {
            return None;
        }
        let chain = path.chain?;
        let name = || ("certificate", Value::from(self.name(fingerprint)));
        let selection = self.select_revocation(fingerprint, chain, purpose);
        let stale = self.staleness(&selection, Self::needed_at(link, path.proven));
        let Some(data) = selection.chosen else {
            // What does not exist at the time of the judgement was not refused, it is not there.
            let code = if selection.refused.iter().all(|(_, why)| *why == Code::RsiFromFuture) {
                Code::RevocationMissing
            } else {
                Code::RevocationUnacceptable
            };
            path.ledger.raise(
                self,
                code,
                SubIndication::CertificateChainGeneralFailure,
                location,
                [name()],
            );
            self.note_refused(&selection.refused, location, &mut path.ledger);
            return None;
        };
        self.note_refused(&selection.refused, location, &mut path.ledger);
        if Self::lacks_next_update(data) {
            path.ledger.raise(
                self,
                Code::CrlNextUpdateMissing,
                SubIndication::CertificateChainGeneralFailure,
                location,
                [name()],
            );
        }
        match data.status {
            CertificateStatus::Revoked { at, reason: RevocationReason::CertificateHold }
                if used >= at =>
            {
                path.ledger.raise_kind(
                    self,
                    Code::CertificateOnHold,
                    SubIndication::TryLater,
                    self.healed_by_time(used, Kind::Hold { since: at }),
                    location,
                    [name(), ("revoked", at.into())],
                );
                path.try_again = path.try_again.max(data.next_update);
            }
            CertificateStatus::Revoked { at, reason }
                if used >= at && reason != RevocationReason::RemoveFromCrl =>
            {
                let (code, sub) = if is_ca {
                    (Code::CaRevoked, SubIndication::RevokedCaNoPoe)
                } else {
                    (Code::CertificateRevoked, SubIndication::RevokedNoPoe)
                };
                path.ledger.raise_kind(
                    self,
                    code,
                    sub,
                    self.healed_by_time(used, Kind::Revoked { at }),
                    location,
                    [name(), ("revoked", at.into()), ("reason", reason_name(reason).into())],
                );
            }
            _ => {}
        }
        Some((data, stale))
    }

    /// Tells which revocation data were refused, and why. Where there are many, those of one reason
    /// are told together by the first of them and how many more there are.
    fn note_refused(
        &self,
        refused: &[(&RevocationFacts, Code)],
        location: &str,
        ledger: &mut Ledger,
    ) {
        let (told, more) = refused.split_at(refused.len().min(MOST_REFUSALS_TOLD));
        for (data, why) in told {
            ledger.note(self, *why, location, [("rsi", (&data.id).into())]);
        }
        let mut by_reason: BTreeMap<Code, (&RevocationFacts, usize)> = BTreeMap::new();
        for (data, why) in more {
            by_reason.entry(*why).or_insert((data, 0)).1 += 1;
        }
        for (why, (data, count)) in by_reason {
            let id = match count {
                1 => data.id.clone(),
                _ => format!("{} (+{})", data.id, count - 1),
            };
            ledger.note(self, why, location, [("rsi", id.into())]);
        }
    }

    /// Step 5: the validity of the certificate, then that of the issuer of its revocation data. An
    /// expired CA is treated like an expired signer, so that a proof of existence can heal both.
    fn judge_validity(
        &self,
        link: &Link<'_>,
        chosen: Option<&RevocationFacts>,
        chain: &ChainFacts,
        location: &str,
        path: &mut PathJudgement<'a>,
    ) {
        let Link { is_ca, fingerprint, certificate, used } = *link;
        let issuer_valid =
            chosen.is_some_and(|data| self.revocation_issuer_valid(data, chain, self.now));
        if within(certificate, used) {
            if chosen.is_some() && !issuer_valid && !is_ca {
                path.ledger.raise(
                    self,
                    Code::RevocationIssuerExpired,
                    SubIndication::RevocationOutOfBoundsNoPoe,
                    location,
                    [("certificate", self.name(fingerprint).into())],
                );
            }
            return;
        }
        let revoked = chosen.is_some_and(|data| {
            matches!(data.status, CertificateStatus::Revoked { at, reason }
                if used >= at && reason != RevocationReason::RemoveFromCrl)
        });
        let status = if revoked {
            KnownStatus::Revoked
        } else if issuer_valid || !needs_revocation(is_ca, certificate) {
            KnownStatus::Good
        } else {
            KnownStatus::Unknown
        };
        let sub = match status {
            KnownStatus::Good => SubIndication::OutOfBoundsNotRevoked,
            KnownStatus::Revoked | KnownStatus::Unknown => SubIndication::OutOfBoundsNoPoe,
        };
        path.ledger.raise_kind(
            self,
            if is_ca { Code::CaOutOfValidity } else { Code::CertificateOutOfValidity },
            sub,
            self.healed_by_time(
                used,
                Kind::OutOfBounds {
                    not_before: certificate.not_before,
                    not_after: certificate.not_after,
                    status,
                },
            ),
            location,
            [
                ("certificate", self.name(fingerprint).into()),
                ("from", certificate.not_before.into()),
                ("to", certificate.not_after.into()),
                ("time", used.into()),
            ],
        );
    }

    /// What an earlier time could change: nothing about a key that was used at a time of its own.
    fn healed_by_time(&self, used: Time, kind: Kind) -> Kind {
        if used == self.now { kind } else { Kind::Fixed }
    }

    /// The uses among `uses` that are not acceptable at `at` (TS 119 312).
    pub(super) fn weaknesses(&self, uses: &[AlgorithmUse<'_>], at: Time) -> Vec<Weakness> {
        let suite = &self.policy.algorithms;
        let mut found = Vec::new();
        for one in uses {
            let mut push = |algorithm: String, acceptance: Acceptance| {
                if acceptance != Acceptance::Good {
                    found.push(Weakness { object: one.object.clone(), algorithm, acceptance });
                }
            };
            if let Some(digest) = one.digest {
                push(digest.to_owned(), suite.digest(digest, at));
            }
            if let Some((scheme, bits)) = one.key {
                let size = bits.map_or_else(|| "?".to_owned(), |bits| bits.to_string());
                push(format!("{} {size}", scheme.as_str()), suite.key(scheme.as_str(), bits, at));
            }
        }
        found
    }

    /// Raises CRYPTO_CONSTRAINTS_FAILURE_NO_POE for each unacceptable use. `own` = the signature's own
    /// algorithms, which an earlier time can save; those of certificates need an archive (§5.5 step 10).
    pub(super) fn raise_weaknesses(
        &self,
        uses: &[AlgorithmUse<'_>],
        at: Time,
        own: bool,
        location: &str,
        ledger: &mut Ledger,
    ) {
        for weakness in self.weaknesses(uses, at) {
            let object = ("object", Value::from(weakness.object));
            let algorithm = ("algorithm", Value::from(weakness.algorithm));
            let sub = SubIndication::CryptoConstraintsFailureNoPoe;
            let kind = |ended| if own { Kind::Algorithm { ended } } else { Kind::Fixed };
            match weakness.acceptance {
                Acceptance::Good => {}
                Acceptance::Aged(end) => ledger.notes.extend(self.finding_at(
                    self.policy.algorithms.level_after_update.max(Level::Warn),
                    Code::AlgorithmAged,
                    Some(location),
                    [object, algorithm, ("end", end.into())],
                )),
                Acceptance::Ended(end) => ledger.raise_kind(
                    self,
                    Code::AlgorithmNotAcceptable,
                    sub,
                    kind(Some(end)),
                    location,
                    [object, algorithm, ("end", end.into())],
                ),
                Acceptance::Never => ledger.raise_kind(
                    self,
                    Code::AlgorithmNeverAcceptable,
                    sub,
                    kind(None),
                    location,
                    [object, algorithm],
                ),
            }
        }
    }
}

/// Revocation data is needed for all but anchors, self-signed certificates and those that say there is none.
pub(super) fn needs_revocation(is_ca: bool, certificate: &CertificateFacts) -> bool {
    !certificate.self_signed && (is_ca || !certificate.no_revocation_available)
}

/// The sub-indication of a flaw of the path: RFC 5280 errors are general failures, constraints of the policy are their own kind.
fn path_sub_indication(code: Code) -> SubIndication {
    match code {
        Code::CertificateKeyUsage
        | Code::CertificateSelfSigned
        | Code::CertificateNotQualified
        | Code::TsaKeyPurpose => SubIndication::ChainConstraintsFailure,
        _ => SubIndication::CertificateChainGeneralFailure,
    }
}

/// The reason as RFC 5280 names it.
fn reason_name(reason: RevocationReason) -> &'static str {
    match reason {
        RevocationReason::Unspecified => "unspecified",
        RevocationReason::KeyCompromise => "keyCompromise",
        RevocationReason::CaCompromise => "cACompromise",
        RevocationReason::AffiliationChanged => "affiliationChanged",
        RevocationReason::Superseded => "superseded",
        RevocationReason::CessationOfOperation => "cessationOfOperation",
        RevocationReason::CertificateHold => "certificateHold",
        RevocationReason::RemoveFromCrl => "removeFromCRL",
        RevocationReason::PrivilegeWithdrawn => "privilegeWithdrawn",
        RevocationReason::AaCompromise => "aACompromise",
    }
}

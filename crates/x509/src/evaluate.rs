//! From CRLs and OCSP responses at hand to facts about one certificate
//! (RFC 5280 §6.3, RFC 6960 §3.2, §4.2.2.2).
//!
//! Pure over its arguments. Each object becomes one fact; a delta CRL is then
//! combined with its base, and CRLs for some reasons with those for the
//! others. What stays incomplete never says "good".

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use chrono::{DateTime, Utc};

use crate::{
    AnchorPurpose, Authorisation, Certificate, CertificatePath, Crl, Fingerprint, GeneralName,
    Name, OcspResponse, OcspStatus, PathBudget, PathBuilder, PathValidator, ReasonSet, Refusal,
    RevocationFact, RevocationKind, RevocationObject, RevocationOrigin, RevocationReason,
    RevocationSigner, RevocationSource, RevocationStatus, SignatureCheck, SignatureChecks,
    SingleResponse, TrustAnchor, Unusable, ocsp::may_sign_ocsp,
};

/// Certificates tried as signer of one object, against sets made of many
/// certificates of one name; issuers met have up to 3 keys in use at a time.
const SIGNER_CANDIDATES: usize = 8;

/// Signature checks one [`evaluate()`] makes: a certificate has a handful of
/// lists and responses about it.
const CHECKS: u32 = 1_000;

/// CRLs of one certificate looked at for combining; those met have one base,
/// one delta and at most two sets of reasons.
const COMBINED: usize = 32;

/// One fact for each source that speaks of `certificate`, in the order given.
///
/// `issuer` is the certificate above it in the path. `pool` and `anchors` may
/// hold signers of CRLs and OCSP responses.
#[must_use]
pub fn evaluate(
    certificate: &Certificate,
    issuer: &Certificate,
    sources: &[RevocationSource],
    pool: &[Certificate],
    anchors: &[TrustAnchor],
) -> Vec<RevocationFact> {
    evaluate_with(&SignatureChecks::new(CHECKS), certificate, issuer, sources, pool, anchors)
}

/// The same, with signature checks remembered and counted for a whole
/// judgement. Once they are spent, an object is refused as [`Refusal::Limit`].
#[must_use]
pub fn evaluate_with(
    checks: &SignatureChecks,
    certificate: &Certificate,
    issuer: &Certificate,
    sources: &[RevocationSource],
    pool: &[Certificate],
    anchors: &[TrustAnchor],
) -> Vec<RevocationFact> {
    let case = Case { checks, certificate, issuer, pool, anchors, anchors_of: RefCell::default() };
    let mut facts = Vec::new();
    let mut lists = Vec::new();
    for source in sources {
        match &source.object {
            RevocationObject::Crl(crl) => {
                if let Some(fact) = case.crl(crl, &source.origin) {
                    lists.push((facts.len(), crl));
                    facts.push(fact);
                }
            }
            RevocationObject::Ocsp(response) => facts.extend(case.ocsp(response, &source.origin)),
        }
    }
    combine_deltas(&mut facts, &lists);
    combine_reasons(&mut facts);
    facts.into_iter().map(RevocationFact::settle).collect()
}

/// RFC 5280 §5.2.4: a delta list with the newest base it extends, signed with
/// the same key, says what both say together.
fn combine_deltas(facts: &mut [RevocationFact], lists: &[(usize, &Crl)]) {
    let only = |fact: &RevocationFact, allowed: &[Unusable]| {
        fact.is_trustworthy() && fact.unusable.iter().all(|reason| allowed.contains(reason))
    };
    let key = |fact: &RevocationFact| fact.signer.as_ref().map(|s| s.certificate.spki().to_vec());
    let (mut bases, mut deltas) = (Vec::new(), Vec::new());
    for (place, crl) in lists {
        let Some(fact) = facts.get(*place) else { continue };
        if crl.scope().delta && only(fact, &[Unusable::Delta, Unusable::SomeReasons]) {
            deltas.push((*place, *crl));
        } else if !crl.scope().delta && only(fact, &[Unusable::SomeReasons]) {
            bases.push((*place, *crl));
        }
    }
    for list in [&mut bases, &mut deltas] {
        list.sort_by_key(|(_, crl)| std::cmp::Reverse(crl.this_update()));
        list.truncate(COMBINED);
    }
    for (place, delta) in deltas {
        let base = bases
            .iter()
            .find_map(|(place, crl)| facts.get(*place).filter(|_| delta.extends(crl)).cloned());
        let Some(fact) = facts.get_mut(place) else { continue };
        let Some(base) = base.filter(|base| key(base) == key(fact)) else { continue };
        fact.claim = match fact.claim {
            RevocationStatus::Good => base.claim,
            // Released from hold, or expired since (§5.3.1).
            RevocationStatus::Revoked { reason: RevocationReason::RemoveFromCrl, .. } => {
                RevocationStatus::Good
            }
            claim => claim,
        };
        fact.unusable.retain(|reason| *reason != Unusable::Delta);
        fact.base = Some(base.object);
        if fact.expired_since.is_none() {
            fact.expired_since = base.expired_since;
            fact.covers_certificate |= base.covers_certificate && base.expired_since.is_some();
        }
    }
}

/// RFC 5280 §6.3.3 (d), (e): lists for some reasons decide together once no
/// reason is missing. Each is completed by the newest that are not newer.
fn combine_reasons(facts: &mut [RevocationFact]) {
    let mut partial: Vec<usize> = (0..facts.len())
        .filter(|place| {
            facts.get(*place).is_some_and(|fact| {
                fact.is_trustworthy() && fact.unusable == [Unusable::SomeReasons]
            })
        })
        .collect();
    let issued = |place: &usize| facts.get(*place).map(|fact| fact.this_update);
    partial.sort_by_key(|place| std::cmp::Reverse(issued(place)));
    partial.truncate(COMBINED);
    let mut complete = Vec::new();
    for (position, place) in partial.iter().enumerate() {
        let Some(first) = facts.get(*place) else { continue };
        let mut reasons = first.reasons;
        let mut good = first.claim == RevocationStatus::Good;
        let mut others = Vec::new();
        for other in partial.iter().skip(position + 1).filter_map(|place| facts.get(*place)) {
            if reasons.or(other.reasons) != reasons {
                reasons = reasons.or(other.reasons);
                good &= other.claim == RevocationStatus::Good;
                others.push(other.object);
            }
        }
        if good && reasons.is_all() {
            complete.push((*place, others));
        }
    }
    for (place, others) in complete {
        if let Some(fact) = facts.get_mut(place) {
            fact.unusable.clear();
            fact.complements = others;
        }
    }
}

struct Case<'a> {
    checks: &'a SignatureChecks,
    certificate: &'a Certificate,
    issuer: &'a Certificate,
    pool: &'a [Certificate],
    anchors: &'a [TrustAnchor],
    /// Anchors that paths lead to, by certificate: asked for each list.
    anchors_of: RefCell<BTreeMap<Fingerprint, Anchors>>,
}

/// Anchors that the paths of one certificate lead to.
#[derive(Clone, Default)]
struct Anchors {
    /// By paths that break no rule.
    sound: BTreeSet<Fingerprint>,
    /// By any path whose signatures hold.
    all: BTreeSet<Fingerprint>,
}

/// Who signed an object, and with what right.
type Signer<'a> = (Option<SignatureCheck>, Option<&'a Certificate>, Authorisation);

/// What a CRL can say about the certificate (RFC 5280 §6.3.3 (b), (d)).
#[derive(Default)]
struct Reach {
    /// Reasons by the distribution points it fits.
    reasons: Option<ReasonSet>,
    /// It is of another issuer and does not say it is an indirect list.
    not_indirect: bool,
}

impl<'a> Case<'a> {
    fn crl(&self, crl: &'a Crl, origin: &RevocationOrigin) -> Option<RevocationFact> {
        let own = crl.issuer().matches(self.certificate.issuer());
        // A list by somebody else is about this certificate only where it says so.
        if !own && !self.points().any(|point| names(&point.crl_issuer, crl.issuer())) {
            return None;
        }
        let reach = self.reach(crl, own);
        let entry = crl.lookup_issued_by(self.certificate.issuer(), self.certificate.serial());
        let claim = match entry {
            Ok(Some(entry)) => RevocationStatus::Revoked {
                at: entry.revoked_at,
                reason: entry.reason,
                invalid_since: entry.invalid_since,
            },
            Ok(None) => RevocationStatus::Good,
            Err(_) => RevocationStatus::Undetermined,
        };
        let (signature, signer, authorisation) = self.crl_signer(crl, own);
        let expired_since = crl.expired_certs_on_crl();
        Some(RevocationFact {
            certificate: self.certificate.fingerprint(),
            issuer: self.issuer.fingerprint(),
            kind: RevocationKind::Crl,
            origin: origin.clone(),
            object: crl.fingerprint(),
            status: RevocationStatus::Undetermined,
            claim,
            this_update: crl.this_update(),
            next_update: crl.next_update(),
            produced_at: None,
            signature,
            signer: signer.map(describe),
            authorisation,
            expired_since,
            cert_hash_matches: None,
            covers_certificate: self.covers(crl.this_update(), expired_since),
            reasons: reach.reasons.unwrap_or(ReasonSet::NONE),
            base: None,
            complements: Vec::new(),
            unusable: self.crl_unusable(crl, &reach),
        })
    }

    fn points(&self) -> impl Iterator<Item = &'a crate::DistributionPoint> {
        self.certificate.extensions().crl_distribution_points.iter()
    }

    /// The distribution points the list fits, the implicit one included: the
    /// name of the certificate's issuer (RFC 5280 §6.3.3).
    fn reach(&self, crl: &Crl, own: bool) -> Reach {
        let scope = crl.scope();
        let listed = scope.only_some_reasons.unwrap_or(ReasonSet::ALL);
        let point = scope.distribution_point.as_ref().map(|point| point.names(crl.issuer()));
        let fits = |names: &[GeneralName]| match &point {
            None => true,
            Some(point) => point.iter().any(|one| names.iter().any(|two| one.matches(two))),
        };
        let issuer = self.certificate.issuer();
        let mut reach = Reach::default();
        let mut add = |reasons: Option<ReasonSet>| {
            let reasons = listed.and(reasons.unwrap_or(ReasonSet::ALL));
            let sum = reach.reasons.unwrap_or(ReasonSet::NONE).or(reasons);
            reach.reasons = Some(sum);
        };
        if own && fits(&[GeneralName::Directory(issuer.clone())]) {
            add(None);
        }
        let mut not_indirect = false;
        for named in self.points() {
            let delegated = !named.crl_issuer.is_empty();
            if delegated && !names(&named.crl_issuer, crl.issuer()) || !delegated && !own {
                continue;
            }
            if delegated && !scope.indirect {
                not_indirect |= !own;
                continue;
            }
            let base = named.crl_issuer.iter().find_map(|name| match name {
                GeneralName::Directory(name) => Some(name),
                _ => None,
            });
            let all = named.names(base.unwrap_or(issuer));
            // A point without a name is known by its CRL issuer.
            if fits(if all.is_empty() { &named.crl_issuer } else { &all }) {
                add(named.reasons);
            }
        }
        reach.not_indirect = not_indirect && reach.reasons.is_none();
        reach
    }

    fn crl_unusable(&self, crl: &Crl, reach: &Reach) -> Vec<Unusable> {
        let scope = crl.scope();
        let is_ca = self.certificate.is_ca();
        let wrong_kind = scope.only_attribute_certificates
            || scope.only_user_certificates && is_ca
            || scope.only_ca_certificates && !is_ca;
        let other_point = reach.reasons.is_none() && !reach.not_indirect;
        let some_reasons = reach.reasons.is_some_and(|reasons| !reasons.is_all());
        let mut all: Vec<Unusable> = [
            (scope.delta, Unusable::Delta),
            (reach.not_indirect, Unusable::NotIndirect),
            (some_reasons, Unusable::SomeReasons),
            (wrong_kind, Unusable::OtherCertificates),
            (other_point, Unusable::OtherDistributionPoint),
            (!crl.algorithms_agree(), Unusable::AlgorithmsDiffer),
        ]
        .into_iter()
        .filter_map(|(applies, reason)| applies.then_some(reason))
        .collect();
        for oid in crl.unprocessed_critical() {
            all.push(Unusable::UnprocessedCriticalExtension { oid: oid.to_string() });
        }
        for oid in crl.malformed() {
            all.push(Unusable::MalformedExtension { oid: oid.to_string() });
        }
        all
    }

    fn crl_signer(&self, crl: &Crl, own: bool) -> Signer<'a> {
        let mut candidates = self.everybody(&[], |candidate| {
            candidate.subject().matches(crl.issuer()) || own && *candidate == *self.issuer
        });
        let differs = |candidate: &Certificate| {
            let key = candidate.extensions().subject_key_identifier.as_deref();
            crl.authority_key().is_some() && key.is_some() && key != crl.authority_key()
        };
        // Stable: among equals the path's own issuer stays first.
        candidates.sort_by_key(|candidate| differs(candidate));
        candidates.truncate(SIGNER_CANDIDATES);
        self.best(
            candidates,
            crl.fingerprint(),
            |candidate| crl.verify_signed_by(candidate),
            |candidate| !differs(candidate),
            |candidate| self.may_sign_crl(candidate, own),
        )
    }

    fn may_sign_crl(&self, signer: &Certificate, own: bool) -> Authorisation {
        let refused = |reason| Authorisation::Refused { reason };
        if signer.key_usage().is_some_and(|usage| !usage.crl_sign()) {
            return refused(Refusal::NoCrlSign);
        }
        if own && signer.spki() == self.issuer.spki() {
            return Authorisation::Issuer;
        }
        if self.is_anchor(signer) {
            return Authorisation::Anchor;
        }
        if signer.key_usage().is_none() && !signer.is_ca() {
            // RFC 5280 §4.2.1.3: a certificate for checking CRLs says so. Without it
            // anybody certified under the issuer's name could sign its CRLs.
            return refused(Refusal::NoCrlSign);
        }
        // The path of the certificate is judged where it is used; taken for itself its issuer may
        // break a rule that a certificate further down does not, as self-issued ones do.
        if self.anchors_of(signer).sound.is_disjoint(&self.anchors_of(self.issuer).all) {
            refused(Refusal::NotUnderSameAnchor)
        } else if own {
            Authorisation::IssuerOtherKey
        } else {
            Authorisation::CrlIssuer
        }
    }

    /// RFC 5280 §6.3.3 (f): the anchors a certificate leads to.
    fn anchors_of(&self, certificate: &Certificate) -> Anchors {
        let fingerprint = certificate.fingerprint();
        if let Some(known) = self.anchors_of.borrow().get(&fingerprint) {
            return known.clone();
        }
        let builder = PathBuilder { checks: Some(self.checks), ..PathBuilder::default() };
        let search = builder.paths(certificate, self.pool, self.anchors, &PathBudget::default());
        let anchor = |path: &CertificatePath| path.anchor().certificate.fingerprint();
        let sound: BTreeSet<_> = search.paths.iter().map(|path| anchor(path)).collect();
        let flawed = search.flawed.iter().map(|flawed| anchor(&flawed.path));
        let found = Anchors { all: flawed.chain(sound.iter().copied()).collect(), sound };
        self.anchors_of.borrow_mut().insert(fingerprint, found.clone());
        found
    }

    fn ocsp(
        &self,
        response: &'a OcspResponse,
        origin: &RevocationOrigin,
    ) -> Option<RevocationFact> {
        let single = response.about(self.certificate, self.issuer)?;
        let claim = match single.status {
            OcspStatus::Good => RevocationStatus::Good,
            OcspStatus::Revoked { at, reason } => {
                RevocationStatus::Revoked { at, reason, invalid_since: None }
            }
            OcspStatus::Unknown => RevocationStatus::Unknown,
        };
        let mut candidates =
            self.everybody(response.certificates(), |c| response.responder().matches(c));
        candidates.truncate(SIGNER_CANDIDATES);
        let (signature, signer, authorisation) = self.best(
            candidates,
            response.fingerprint(),
            |candidate| response.verify_signed_by(candidate),
            |_| true,
            |candidate| self.may_sign_ocsp(candidate),
        );
        let cert_hash_matches = single.cert_hash_matches(self.certificate);
        let expired_since = single.archive_cutoff;
        Some(RevocationFact {
            certificate: self.certificate.fingerprint(),
            issuer: self.issuer.fingerprint(),
            kind: RevocationKind::Ocsp,
            origin: origin.clone(),
            object: response.fingerprint(),
            status: RevocationStatus::Undetermined,
            claim,
            this_update: single.this_update,
            next_update: single.next_update,
            produced_at: Some(response.produced_at()),
            signature,
            signer: signer.map(describe),
            authorisation,
            expired_since,
            cert_hash_matches,
            covers_certificate: cert_hash_matches == Some(true)
                || self.covers(single.this_update, expired_since),
            reasons: ReasonSet::ALL,
            base: None,
            complements: Vec::new(),
            unusable: ocsp_unusable(response, single, cert_hash_matches),
        })
    }

    fn may_sign_ocsp(&self, signer: &Certificate) -> Authorisation {
        let refused = |reason| Authorisation::Refused { reason };
        if signer.spki() == self.issuer.spki() {
            return Authorisation::Issuer;
        }
        if self.is_anchor(signer) {
            return Authorisation::Anchor;
        }
        if !signer.issuer().matches(self.issuer.subject()) {
            return refused(Refusal::NotIssuedByIssuer);
        }
        let direct = self
            .checks
            .check(signer.fingerprint(), self.issuer, || signer.verify_issued_by(self.issuer));
        let extensions = signer.extensions();
        let odd = !extensions.unprocessed_critical.is_empty() || !extensions.repeated.is_empty();
        match direct {
            None => refused(Refusal::Limit),
            Some(check) if !check.is_valid() => refused(Refusal::NotIssuedByIssuer),
            _ if !may_sign_ocsp(extensions) => refused(Refusal::NoOcspSigning),
            _ if odd || !signer.algorithms_agree() => {
                refused(Refusal::UnprocessedCriticalExtension)
            }
            _ => Authorisation::Delegate,
        }
    }

    fn is_anchor(&self, signer: &Certificate) -> bool {
        self.anchors.iter().any(|a| a.certificate == *signer && a.serves(AnchorPurpose::Revocation))
    }

    /// Every distinct certificate at hand that `fits`, the issuer first.
    fn everybody(
        &self,
        sent: &'a [Certificate],
        fits: impl Fn(&Certificate) -> bool,
    ) -> Vec<&'a Certificate> {
        let mut seen = BTreeSet::new();
        let anchors = self.anchors.iter().map(|anchor| &anchor.certificate);
        std::iter::once(self.issuer)
            .chain(sent)
            .chain(self.pool)
            .chain(anchors)
            .filter(|candidate| fits(candidate) && seen.insert(candidate.fingerprint()))
            .collect()
    }

    /// The candidate that signed and may; else one that signed; else the first
    /// that is `named` by the object, so that a spoilt signature is told from
    /// a signer nobody knows.
    fn best(
        &self,
        candidates: Vec<&'a Certificate>,
        object: Fingerprint,
        verify: impl Fn(&Certificate) -> SignatureCheck,
        named: impl Fn(&Certificate) -> bool,
        authorise: impl Fn(&Certificate) -> Authorisation,
    ) -> Signer<'a> {
        let refused = |reason| Authorisation::Refused { reason };
        let mut best: Signer<'a> = (None, None, refused(Refusal::SignerUnknown));
        for candidate in candidates {
            let Some(check) = self.checks.check(object, candidate, || verify(candidate)) else {
                return (None, None, refused(Refusal::Limit));
            };
            if check.is_valid() {
                let authorisation = authorise(candidate);
                let accepted = !matches!(authorisation, Authorisation::Refused { .. });
                let first = !best.0.as_ref().is_some_and(SignatureCheck::is_valid);
                if accepted || first {
                    best = (Some(check), Some(candidate), authorisation);
                }
                if accepted {
                    break;
                }
            } else if best.1.is_none() && named(candidate) {
                best = (Some(check), Some(candidate), refused(Refusal::SignatureInvalid));
            } else if best.0.is_none() {
                best = (Some(check), None, refused(Refusal::SignerUnknown));
            }
        }
        best
    }

    /// EN 319 102-1 §5.2.6: data issued after the certificate expired count
    /// only when they reach back to its expiry.
    fn covers(&self, this_update: DateTime<Utc>, expired_since: Option<DateTime<Utc>>) -> bool {
        let reach = expired_since.map_or(this_update, |since| since.min(this_update));
        self.certificate.not_after() >= reach
    }
}

/// Whether `name` is among the directory names.
fn names(list: &[GeneralName], name: &Name) -> bool {
    list.iter().any(|one| matches!(one, GeneralName::Directory(one) if one.matches(name)))
}

fn ocsp_unusable(
    response: &OcspResponse,
    single: &SingleResponse,
    cert_hash_matches: Option<bool>,
) -> Vec<Unusable> {
    let critical = response.unprocessed_critical().iter().chain(&single.unprocessed_critical);
    let mut all: Vec<Unusable> = critical
        .map(|oid| Unusable::UnprocessedCriticalExtension { oid: oid.to_string() })
        .collect();
    if cert_hash_matches == Some(false) {
        all.push(Unusable::OtherCertHash);
    }
    all
}

fn describe(certificate: &Certificate) -> RevocationSigner {
    RevocationSigner {
        fingerprint: certificate.fingerprint(),
        certificate: certificate.clone(),
        no_check: certificate.extensions().ocsp_no_check,
    }
}

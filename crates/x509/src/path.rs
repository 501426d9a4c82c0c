//! Certification paths: from a certificate to a trust anchor (RFC 5280 §6).
//!
//! [`PathValidator`] is the door; [`PathBuilder`] stands behind it. It searches
//! by name, prefers what the key identifiers say, checks every signature and
//! tries on after a failure, within a budget. Everything it saw is in the
//! answer: the paths, the paths that reach an anchor but break a rule, and
//! each candidate that failed.
//!
//! Time is not judged during the search: [`CertificatePath::check_at`] says how
//! each certificate stands at a time, under the shell or the chain model.
//! Revocation is [`crate::evaluate()`]'s.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use asn1::Oid;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Certificate, Fingerprint, PolicyInputs, SignatureCheck, SignatureChecks, TrustAnchor,
    path_rules::judge,
};

/// Characters kept of a name in a failure; longer ones are made to fill memory.
const SHOWN_NAME: usize = 256;

/// What one search may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathBudget {
    /// Signature verifications made, remembered ones apart; 100 is what rustls-webpki allows.
    pub signature_checks: u32,
    /// Certificates in a path, both ends included. Qualified chains have 2 or
    /// 3, national bridges reached 6.
    pub depth: usize,
    /// Candidates looked at, against pools made to branch (RUSTSEC-2023-0053).
    pub candidates: u32,
    /// Paths kept, flawed ones included: revocation is judged on each.
    pub paths: usize,
}

impl Default for PathBudget {
    fn default() -> Self {
        Self { signature_checks: 100, depth: 10, candidates: 2_000, paths: 8 }
    }
}

/// Finds paths from a certificate to trust anchors.
pub trait PathValidator {
    /// Searches paths from `leaf` through `pool` to `anchors`; which anchors
    /// serve the purpose is the caller's choice.
    fn paths(
        &self,
        leaf: &Certificate,
        pool: &[Certificate],
        anchors: &[TrustAnchor],
        budget: &PathBudget,
    ) -> PathSearch;
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PathSearch {
    /// Paths without a flaw, best candidates first.
    pub paths: Vec<ValidatedPath>,
    /// Paths that reach an anchor with every signature good, but break a rule.
    pub flawed: Vec<FlawedPath>,
    /// Every candidate that led nowhere.
    pub failed: Vec<FailedCandidate>,
    /// The limit that ended the search early, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<PathLimit>,
    /// Signature verifications made.
    pub signature_checks: u32,
}

/// Which part of the budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathLimit {
    /// [`PathBudget::signature_checks`].
    SignatureChecks,
    /// [`PathBudget::candidates`].
    Candidates,
    /// [`PathBudget::paths`].
    Paths,
}

/// Certificates from a leaf to an anchor, each signed by the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificatePath {
    certificates: Vec<Certificate>,
    links: Vec<LinkFact>,
    anchor: TrustAnchor,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    policies: Vec<String>,
}

/// A path that keeps every rule evaluated. Only a search makes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValidatedPath(CertificatePath);

impl Deref for ValidatedPath {
    type Target = CertificatePath;
    fn deref(&self) -> &CertificatePath {
        &self.0
    }
}

/// A path to an anchor that must not be relied on, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlawedPath {
    /// The path.
    pub path: CertificatePath,
    /// Every rule it breaks.
    pub flaws: Vec<PathFlaw>,
}

/// A rule of RFC 5280 §6.1 a path breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathFlaw {
    /// The certificate it breaks at.
    pub certificate: Fingerprint,
    /// The rule.
    #[serde(flatten)]
    pub rule: PathRule,
}

/// The rules a path may break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PathRule {
    /// An issuer is no CA (§6.1.4 (k)).
    NotCa,
    /// An issuer's keyUsage lacks keyCertSign (§6.1.4 (n)).
    NoKeyCertSign,
    /// More certificates below an issuer than its pathLenConstraint allows (§6.1.4 (m)).
    PathTooLong {
        /// pathLenConstraint.
        allowed: u64,
        /// Certificates below it that count.
        found: u64,
    },
    /// A critical extension that is not processed (§4.2).
    UnprocessedCriticalExtension {
        /// Its object identifier.
        oid: String,
    },
    /// An extension given twice (§4.2).
    RepeatedExtension {
        /// Its object identifier.
        oid: String,
    },
    /// An extension decisions rest on that can not be read.
    MalformedExtension {
        /// Its object identifier.
        oid: String,
    },
    /// The signed and the outer signature algorithm differ (§4.1.1.2).
    AlgorithmsDiffer,
    /// anyPolicy is mapped (§6.1.4 (a)).
    AnyPolicyMapped,
    /// A certificate policy is required, by an issuer or by the caller, and
    /// none holds along the path (§6.1.3 (f), §6.1.5 (g)).
    NoValidPolicy,
    /// A name outside what an issuer above may certify (§6.1.3 (b), (c)).
    NameNotAllowed {
        /// The name, for people.
        name: String,
    },
    /// An extension only CAs may have, in a certificate that is none (§4.2.1.10).
    MisplacedExtension {
        /// Its object identifier.
        oid: String,
    },
    /// More comparisons of names with constraints than are made.
    TooManyNames {
        /// How many it would take.
        found: u64,
    },
    /// An issuer's extKeyUsage excludes the purpose asked for.
    PurposeExcluded {
        /// The purpose.
        oid: String,
    },
    /// A key anybody can break, whatever the policy: RSA or DSA below 1024 bits.
    BreakableKey {
        /// Its size in bits.
        bits: u32,
    },
    /// A constraint this version can not evaluate: refused, not ignored.
    NotEvaluated {
        /// The object identifier of the extension.
        oid: String,
    },
}

/// What was seen between a certificate and the one that issued it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFact {
    /// The certificate.
    pub certificate: Fingerprint,
    /// The certificate that issued it.
    pub issuer: Fingerprint,
    /// The signature on it. In a path it is always valid; a tolerance may have been needed.
    pub signature: SignatureCheck,
    /// What the key identifiers say.
    pub key_identifiers: KeyIdentifiers,
    /// cA of the issuer; `None` without basicConstraints.
    pub issuer_ca: Option<bool>,
    /// pathLenConstraint of the issuer.
    pub issuer_path_len: Option<u64>,
    /// Certificates between the issuer and the leaf that count against it.
    pub intermediates_below: u64,
    /// keyCertSign of the issuer; `None` without keyUsage.
    pub issuer_key_cert_sign: Option<bool>,
    /// extKeyUsage of the issuer, dotted; `None` when absent.
    pub issuer_key_purposes: Option<Vec<String>>,
}

/// authorityKeyIdentifier of a certificate beside subjectKeyIdentifier of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyIdentifiers {
    /// The same.
    Match,
    /// One of them is absent.
    Absent,
    /// Different: a hint against the issuer, no proof (RFC 5280 §4.2.1.1).
    Differ,
}

impl KeyIdentifiers {
    pub(crate) fn compare(certificate: &Certificate, issuer: &Certificate) -> Self {
        let authority = certificate.extensions().authority_key_identifier.as_ref();
        let authority = authority.and_then(|identifier| identifier.key_identifier.as_ref());
        match (authority, &issuer.extensions().subject_key_identifier) {
            (Some(one), Some(two)) if one == two => Self::Match,
            (Some(_), Some(_)) => Self::Differ,
            _ => Self::Absent,
        }
    }
}

/// A step of the search that led nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCandidate {
    /// The certificate an issuer was sought for.
    pub certificate: Fingerprint,
    /// From the leaf to that certificate, itself included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Fingerprint>,
    /// The issuer it names, for people.
    pub issuer_name: String,
    /// The candidate; `None` when there was none.
    pub candidate: Option<Fingerprint>,
    /// Why it led nowhere.
    #[serde(flatten)]
    pub reason: CandidateFailure,
}

/// Why a candidate led nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum CandidateFailure {
    /// No certificate of the issuer's name is at hand.
    IssuerMissing,
    /// The certificate is self-issued and no anchor.
    RootNotTrusted,
    /// The signature is not the candidate's, or could not be checked.
    Signature {
        /// What the check brought.
        check: SignatureCheck,
    },
    /// The path would be longer than [`PathBudget::depth`].
    TooDeep,
}

/// When each certificate of a path has to be valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidityModel {
    /// All at the same time, as RFC 5280 §6.1.3 (a) (2) has it.
    #[default]
    Shell,
    /// Each when its key made the signature below it: an issuer when it issued
    /// the next certificate, whose notBefore stands for that moment.
    Chain,
}

/// How a path stands at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathAtTime {
    /// The time.
    pub at: DateTime<Utc>,
    /// The model it was judged under.
    #[serde(default)]
    pub model: ValidityModel,
    /// Each certificate, leaf first.
    pub certificates: Vec<CertificateAtTime>,
    /// Whether the anchor is trusted at its time.
    pub anchor_trusted: bool,
}

impl PathAtTime {
    /// Whether every certificate below the anchor is valid and the anchor trusted.
    /// The validity of the anchor's own certificate does not count (RFC 5280 §6.1).
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.anchor_trusted
            && self.certificates.iter().all(|certificate| {
                certificate.state == ValidityState::Valid || certificate.role == PathRole::Anchor
            })
    }
}

/// One certificate at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAtTime {
    /// Which one.
    pub certificate: Fingerprint,
    /// Where it stands in the path.
    pub role: PathRole,
    /// First moment of its validity.
    pub not_before: DateTime<Utc>,
    /// Last moment of its validity.
    pub not_after: DateTime<Utc>,
    /// The time it is judged at.
    pub at: DateTime<Utc>,
    /// Where that time lies.
    pub state: ValidityState,
}

/// Where a certificate stands in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathRole {
    /// The certificate the path is for.
    Leaf,
    /// A CA between.
    Intermediate,
    /// The trust anchor, also when it is the leaf.
    Anchor,
}

/// A time beside a validity, whose both ends are included (RFC 5280 §4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidityState {
    /// Before notBefore.
    NotYetValid,
    /// Within.
    Valid,
    /// After notAfter.
    Expired,
}

impl CertificatePath {
    /// Leaf first, anchor last; one certificate when the leaf is the anchor.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// What was seen between each certificate and the next.
    #[must_use]
    pub fn links(&self) -> &[LinkFact] {
        &self.links
    }

    /// The anchor.
    #[must_use]
    pub fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }

    /// The issuer of the certificate at `index`, if there is one in the path.
    #[must_use]
    pub fn issuer_of(&self, index: usize) -> Option<&Certificate> {
        self.certificates.get(index.checked_add(1)?)
    }

    /// The policies the path is valid for, dotted: the user-constrained-policy-set
    /// of RFC 5280 §6.1.5 (g). Empty where no policy holds and none was required.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// The time each certificate is judged at, leaf first: `at` under the shell
    /// model, the moment it was used under the chain model.
    #[must_use]
    pub fn times(&self, at: DateTime<Utc>, model: ValidityModel) -> Vec<DateTime<Utc>> {
        let used = self.certificates.iter().map(Certificate::not_before);
        let chain = std::iter::once(at).chain(used);
        let shell = std::iter::repeat(at);
        match model {
            ValidityModel::Shell => shell.take(self.certificates.len()).collect(),
            ValidityModel::Chain => chain.take(self.certificates.len()).collect(),
        }
    }

    /// How each certificate stands when the leaf was used at this time.
    #[must_use]
    pub fn check_at(&self, at: DateTime<Utc>, model: ValidityModel) -> PathAtTime {
        let last = self.certificates.len().saturating_sub(1);
        let times = self.times(at, model);
        let stands = |(index, (certificate, at)): (usize, (&Certificate, &DateTime<Utc>))| {
            CertificateAtTime {
                certificate: certificate.fingerprint(),
                role: match index {
                    index if index == last => PathRole::Anchor,
                    0 => PathRole::Leaf,
                    _ => PathRole::Intermediate,
                },
                not_before: certificate.not_before(),
                not_after: certificate.not_after(),
                at: *at,
                state: if *at < certificate.not_before() {
                    ValidityState::NotYetValid
                } else if *at > certificate.not_after() {
                    ValidityState::Expired
                } else {
                    ValidityState::Valid
                },
            }
        };
        PathAtTime {
            at,
            model,
            certificates: self.certificates.iter().zip(&times).enumerate().map(stands).collect(),
            anchor_trusted: times.last().is_some_and(|at| self.anchor.is_trusted_at(*at)),
        }
    }
}

/// Depth-first search by issuer name, signatures checked as it climbs; each
/// path that reaches an anchor goes through RFC 5280 §6.1 from the anchor down.
#[derive(Clone, Debug, Default)]
pub struct PathBuilder<'m> {
    /// A key purpose every CA with extKeyUsage must list, or any. RFC 5280
    /// does not ask for it; without one, only a *critical* extKeyUsage in a CA is refused.
    pub key_purpose: Option<Oid>,
    /// What is asked about certificate policies; by default nothing.
    pub policies: PolicyInputs,
    /// Remembers signature checks from one search to the next; without it
    /// each search makes its own.
    pub checks: Option<&'m SignatureChecks>,
}

impl PathValidator for PathBuilder<'_> {
    fn paths(
        &self,
        leaf: &Certificate,
        pool: &[Certificate],
        anchors: &[TrustAnchor],
        budget: &PathBudget,
    ) -> PathSearch {
        let mut seen = BTreeSet::new();
        let pool = pool
            .iter()
            // A self-issued anchor needs no issuer: seen from the pool it would only lead nowhere.
            .filter(|one| !one.self_issued() || anchors.iter().all(|a| a.certificate != **one))
            .filter(|one| seen.insert(one.fingerprint()))
            .collect();
        let own = SignatureChecks::new(budget.signature_checks);
        let mut search = Search {
            builder: self,
            pool,
            anchors,
            budget,
            checks: self.checks.unwrap_or(&own),
            candidates: 0,
            failures: BTreeSet::new(),
            found: PathSearch::default(),
        };
        for anchor in anchors.iter().filter(|anchor| anchor.certificate == *leaf) {
            search.keep(vec![leaf.clone()], anchor);
        }
        search.climb(&mut vec![leaf.clone()]);
        search.found
    }
}

struct Search<'a> {
    builder: &'a PathBuilder<'a>,
    pool: Vec<&'a Certificate>,
    anchors: &'a [TrustAnchor],
    budget: &'a PathBudget,
    checks: &'a SignatureChecks,
    candidates: u32,
    /// Certificates and candidates that failed, each told once.
    failures: BTreeSet<(Fingerprint, Option<Fingerprint>)>,
    found: PathSearch,
}

impl<'a> Search<'a> {
    /// Seeks the issuers of the last certificate of `path`. Recursion ends at
    /// the budget's depth.
    fn climb(&mut self, path: &mut Vec<Certificate>) {
        let Some(certificate) = path.last().cloned() else { return };
        let anchors = self.anchors.iter().filter(|a| is_candidate(&certificate, &a.certificate));
        let mut anchors: Vec<&'a TrustAnchor> = anchors.collect();
        anchors.sort_by_key(|a| KeyIdentifiers::compare(&certificate, &a.certificate));
        let pool = self.pool.iter().filter(|c| is_candidate(&certificate, c));
        let mut pool: Vec<&'a Certificate> =
            pool.copied().filter(|c| !path.iter().any(|p| p.same_key_and_name(c))).collect();
        pool.sort_by_key(|c| KeyIdentifiers::compare(&certificate, c));

        let is_anchor = self.anchors.iter().any(|anchor| anchor.certificate == certificate);
        if anchors.is_empty() && pool.is_empty() && !is_anchor {
            let reason = if certificate.self_issued() {
                CandidateFailure::RootNotTrusted
            } else {
                CandidateFailure::IssuerMissing
            };
            self.fail(path, None, reason);
        }
        for anchor in anchors {
            if anchor.certificate != certificate && self.step(path, &anchor.certificate) {
                let mut whole = path.clone();
                whole.push(anchor.certificate.clone());
                self.keep(whole, anchor);
            }
        }
        for candidate in pool {
            if self.step(path, candidate) {
                path.push(candidate.clone());
                self.climb(path);
                path.pop();
            }
        }
    }

    /// Whether `issuer` signed the last certificate of `path` and may follow it.
    fn step(&mut self, path: &[Certificate], issuer: &Certificate) -> bool {
        let Some(certificate) = path.last() else { return false };
        self.candidates += 1;
        if self.candidates > self.budget.candidates {
            self.found.limit.get_or_insert(PathLimit::Candidates);
        }
        if self.found.limit.is_some() {
            return false;
        }
        if path.len() >= self.budget.depth {
            self.fail(path, Some(issuer), CandidateFailure::TooDeep);
            return false;
        }
        if issuer.lacks_key_parameters() {
            // Its key is known only with the one above it: checked when the path is whole.
            return true;
        }
        match self.check(certificate, issuer) {
            Some(check) if check.is_valid() => true,
            Some(check) => {
                self.fail(path, Some(issuer), CandidateFailure::Signature { check });
                false
            }
            None => false,
        }
    }

    /// The signature of `issuer` on `certificate`; `None` when the budget is spent.
    fn check(&mut self, certificate: &Certificate, issuer: &Certificate) -> Option<SignatureCheck> {
        let object = certificate.fingerprint();
        if let Some(known) = self.checks.known(object, issuer) {
            return Some(known);
        }
        if self.found.signature_checks >= self.budget.signature_checks || self.checks.left() == 0 {
            self.found.limit = Some(PathLimit::SignatureChecks);
            return None;
        }
        self.found.signature_checks += 1;
        self.checks.check(object, issuer, || certificate.verify_issued_by(issuer))
    }

    fn fail(
        &mut self,
        path: &[Certificate],
        candidate: Option<&Certificate>,
        reason: CandidateFailure,
    ) {
        let Some(certificate) = path.last() else { return };
        let candidate = candidate.map(Certificate::fingerprint);
        if !self.failures.insert((certificate.fingerprint(), candidate)) {
            return;
        }
        self.found.failed.push(FailedCandidate {
            certificate: certificate.fingerprint(),
            path: path.iter().map(Certificate::fingerprint).collect(),
            issuer_name: certificate.issuer().to_string().chars().take(SHOWN_NAME).collect(),
            candidate,
            reason,
        });
    }

    /// Keeps a path that reaches an anchor, among the good or the flawed ones.
    fn keep(&mut self, certificates: Vec<Certificate>, anchor: &TrustAnchor) {
        if self.found.limit.is_some() {
            return;
        }
        let Some((certificates, signatures)) = self.complete(certificates) else { return };
        let builder = self.builder;
        let (flaws, policies) = judge(
            &certificates,
            anchor.constraints,
            builder.key_purpose.as_ref(),
            &builder.policies,
        );
        let path = CertificatePath {
            links: links(&certificates, signatures),
            certificates,
            anchor: anchor.clone(),
            policies: policies.iter().map(Oid::to_string).collect(),
        };
        if flaws.is_empty() {
            self.found.paths.push(ValidatedPath(path));
        } else {
            self.found.flawed.push(FlawedPath { path, flaws });
        }
        if self.found.paths.len() + self.found.flawed.len() >= self.budget.paths {
            self.found.limit = Some(PathLimit::Paths);
        }
    }

    /// The signature of each certificate but the last, and the certificates
    /// with their key parameters handed down from the anchor (§6.1.4 (d) to (f)).
    fn complete(
        &mut self,
        mut certificates: Vec<Certificate>,
    ) -> Option<(Vec<Certificate>, Vec<SignatureCheck>)> {
        let mut signatures = BTreeMap::new();
        for index in (0..certificates.len().saturating_sub(1)).rev() {
            let (below, above) = certificates.split_at_mut(index + 1);
            let (Some(certificate), Some(issuer)) = (below.last_mut(), above.first()) else {
                continue;
            };
            let check = self.check(certificate, issuer)?;
            if !check.is_valid() {
                let issuer = issuer.clone();
                self.fail(below, Some(&issuer), CandidateFailure::Signature { check });
                return None;
            }
            signatures.insert(index, check);
            if certificate.lacks_key_parameters() {
                *certificate = certificate.with_parameters_of(issuer);
            }
        }
        Some((certificates, signatures.into_values().collect()))
    }
}

fn links(certificates: &[Certificate], signatures: Vec<SignatureCheck>) -> Vec<LinkFact> {
    let mut below = 0;
    let mut links = Vec::new();
    for (index, (pair, signature)) in certificates.windows(2).zip(signatures).enumerate() {
        let [certificate, issuer] = pair else { continue };
        below += u64::from(index > 0 && !certificate.self_issued());
        let purposes = issuer.extensions().extended_key_usage.as_ref();
        links.push(LinkFact {
            certificate: certificate.fingerprint(),
            issuer: issuer.fingerprint(),
            signature,
            key_identifiers: KeyIdentifiers::compare(certificate, issuer),
            issuer_ca: issuer.basic_constraints().map(|constraints| constraints.ca),
            issuer_path_len: issuer.basic_constraints().and_then(|c| c.path_len),
            intermediates_below: below,
            issuer_key_cert_sign: issuer.key_usage().map(|usage| usage.key_cert_sign()),
            issuer_key_purposes: purposes
                .map(|usage| usage.purposes.iter().map(Oid::to_string).collect()),
        });
    }
    links
}

/// Whether the names chain; an empty name issues nothing.
fn is_candidate(certificate: &Certificate, issuer: &Certificate) -> bool {
    !issuer.subject().is_empty() && certificate.issuer().matches(issuer.subject())
}

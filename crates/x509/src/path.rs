//! Certification paths: from a certificate to a trust anchor (RFC 5280 §6).
//!
//! [`PathValidator`] is the door; [`SimplePathBuilder`] stands behind it for
//! now. It searches by name, prefers what the key identifiers say, checks
//! every signature and tries on after a failure, within a budget. Everything
//! it saw is in the answer: the paths, the paths that reach an anchor but
//! break a rule, and each candidate that failed.
//!
//! Not evaluated yet, and therefore refused where they occur: name constraints
//! and policy constraints. Time is not judged during the search:
//! [`CertificatePath::check_at`] says how each certificate stands at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use asn1::Oid;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Certificate, Fingerprint, SignatureCheck, TrustAnchor, path_rules::flaws};

/// What one search may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathBudget {
    /// Signature verifications; 100 is what rustls-webpki allows.
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

/// How a path stands at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathAtTime {
    /// The time.
    pub at: DateTime<Utc>,
    /// Each certificate, leaf first.
    pub certificates: Vec<CertificateAtTime>,
    /// Whether the anchor is trusted at this time.
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
    /// Where the time lies.
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

    /// How each certificate stands at this time.
    #[must_use]
    pub fn check_at(&self, at: DateTime<Utc>) -> PathAtTime {
        let last = self.certificates.len().saturating_sub(1);
        let stands = |(index, certificate): (usize, &Certificate)| CertificateAtTime {
            certificate: certificate.fingerprint(),
            role: match index {
                index if index == last => PathRole::Anchor,
                0 => PathRole::Leaf,
                _ => PathRole::Intermediate,
            },
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            state: if at < certificate.not_before() {
                ValidityState::NotYetValid
            } else if at > certificate.not_after() {
                ValidityState::Expired
            } else {
                ValidityState::Valid
            },
        };
        PathAtTime {
            at,
            certificates: self.certificates.iter().enumerate().map(stands).collect(),
            anchor_trusted: self.anchor.is_trusted_at(at),
        }
    }
}

/// Depth-first search by issuer name, signatures checked as it climbs.
#[derive(Clone, Debug, Default)]
pub struct SimplePathBuilder {
    /// A key purpose every CA with extKeyUsage must list, or any. RFC 5280
    /// does not ask for it; without one, only a *critical* extKeyUsage in a CA is refused.
    pub key_purpose: Option<Oid>,
}

impl PathValidator for SimplePathBuilder {
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
        let mut search = Search {
            pool,
            anchors,
            budget,
            key_purpose: self.key_purpose.as_ref(),
            checked: BTreeMap::new(),
            candidates: 0,
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
    pool: Vec<&'a Certificate>,
    anchors: &'a [TrustAnchor],
    budget: &'a PathBudget,
    key_purpose: Option<&'a Oid>,
    checked: BTreeMap<(Fingerprint, Fingerprint), SignatureCheck>,
    candidates: u32,
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
            self.fail(&certificate, None, reason);
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
            self.fail(certificate, Some(issuer), CandidateFailure::TooDeep);
            return false;
        }
        let key = (certificate.fingerprint(), issuer.fingerprint());
        if let Some(check) = self.checked.get(&key) {
            return check.is_valid();
        }
        if self.found.signature_checks >= self.budget.signature_checks {
            self.found.limit = Some(PathLimit::SignatureChecks);
            return false;
        }
        self.found.signature_checks += 1;
        let check = certificate.verify_issued_by(issuer);
        let valid = check.is_valid();
        if !valid {
            let check = check.clone();
            self.fail(certificate, Some(issuer), CandidateFailure::Signature { check });
        }
        self.checked.insert(key, check);
        valid
    }

    fn fail(
        &mut self,
        certificate: &Certificate,
        candidate: Option<&Certificate>,
        reason: CandidateFailure,
    ) {
        let failed = FailedCandidate {
            certificate: certificate.fingerprint(),
            issuer_name: certificate.issuer().to_string(),
            candidate: candidate.map(Certificate::fingerprint),
            reason,
        };
        if !self.found.failed.contains(&failed) {
            self.found.failed.push(failed);
        }
    }

    /// Keeps a path that reaches an anchor, among the good or the flawed ones.
    fn keep(&mut self, certificates: Vec<Certificate>, anchor: &TrustAnchor) {
        if self.found.limit.is_some() {
            return;
        }
        let flaws = flaws(&certificates, anchor.constraints, self.key_purpose);
        let path = CertificatePath {
            links: self.links(&certificates),
            certificates,
            anchor: anchor.clone(),
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

    fn links(&self, certificates: &[Certificate]) -> Vec<LinkFact> {
        let mut below = 0;
        let mut links = Vec::new();
        for (index, pair) in certificates.windows(2).enumerate() {
            let [certificate, issuer] = pair else { continue };
            below += u64::from(index > 0 && !certificate.self_issued());
            let key = (certificate.fingerprint(), issuer.fingerprint());
            let purposes = issuer.extensions().extended_key_usage.as_ref();
            links.push(LinkFact {
                certificate: key.0,
                issuer: key.1,
                // Every pair of a path was checked on the way up.
                signature: self.checked.get(&key).cloned().unwrap_or(SignatureCheck::Invalid),
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
}

/// Whether the names chain; an empty name issues nothing.
fn is_candidate(certificate: &Certificate, issuer: &Certificate) -> bool {
    !issuer.subject().is_empty() && certificate.issuer().matches(issuer.subject())
}

//! Facts about certificates, their chains and their revocation data (RFC 5280, RFC 6960).

use super::pki;
pub(super) use super::pki::{algorithm_facts, key_facts};
use crate::catalogue::Code;
use crate::clean::clean;
use crate::facts::{Facts, Fingerprint, PathProblem, StructuralFinding};
use cms::ess::CertificateRef;
use cms::{RevocationInfo, SignedData};
use crypto::DigestAlgorithm;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use x509::{
    AttemptOutcome, Certificate, CertificatePath, Crl, Fetch, Fetcher, OcspResponse, PathBudget,
    PathBuilder, PathSearch, PathValidator, RevocationFact, RevocationObject, RevocationOrigin,
    SignatureChecks, TrustAnchor,
};

/// An object nobody looked at.
const LIMITED: x509::Authorisation = x509::Authorisation::Refused { reason: x509::Refusal::Limit };

/// Certificates whose paths and revocation data are gathered for one file: signers, authorities
/// and responders. A deliberation signed by sixty councillors needs some eighty.
const MAX_SUBJECTS: usize = 512;

/// Signature verifications spent on the paths and revocation data of one file, each made once. A
/// chain with its data takes six; the sixty signers of a council with their stamps some five hundred.
const MAX_CHECKS: u32 = 4_000;

/// Requests made for one file: one or two for each certificate.
const MAX_FETCHES: u32 = 512;

/// Candidates of failed chains kept for one file; a real one has a handful for each signer.
const MAX_FAILED: usize = 1_000;

/// Rounds of fetching missing issuers for one certificate; chains have fewer levels.
const MAX_ISSUER_FETCHES: usize = 4;

/// What a judgement rests on besides the file.
#[derive(Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Trust anchors.
    pub anchors: &'a [TrustAnchor],
    /// Further certificates to build chains from.
    pub certificates: &'a [Certificate],
    /// Lists given by the caller.
    pub crls: &'a [Crl],
    /// OCSP responses given by the caller.
    pub ocsp: &'a [OcspResponse],
    /// Fetches missing issuers and revocation data; `None` stays offline.
    pub fetch: Option<&'a dyn Fetch>,
    /// Documents of signature policies, compared with the hash a signature names one by.
    pub policies: &'a [Vec<u8>],
}

impl std::fmt::Debug for Evidence<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evidence")
            .field("anchors", &self.anchors.len())
            .field("certificates", &self.certificates.len())
            .field("crls", &self.crls.len())
            .field("ocsp", &self.ocsp.len())
            .field("online", &self.fetch.is_some())
            .finish()
    }
}

/// Digests of the certificates of a pool by one algorithm.
#[derive(Default)]
struct DigestIndex {
    /// How many of the pool are in it.
    covered: usize,
    /// Places in the pool.
    places: BTreeMap<Vec<u8>, usize>,
}

/// Collects what the file offers, then answers for every certificate that matters.
pub(super) struct Gatherer<'a> {
    evidence: &'a Evidence<'a>,
    pool: Vec<Certificate>,
    sources: Vec<x509::RevocationSource>,
    needed: VecDeque<(Certificate, Option<asn1::Oid>)>,
    fetched: BTreeSet<x509::Fingerprint>,
    /// What the network did not bring, for the report.
    failures: Vec<StructuralFinding>,
    /// Digests of the pool.
    digests: RefCell<BTreeMap<DigestAlgorithm, DigestIndex>>,
    /// Digests of the revocation data at hand.
    revocation_digests: RefCell<BTreeMap<DigestAlgorithm, DigestIndex>>,
    /// Signature verifications made for this file, and how many are left.
    checks: SignatureChecks,
    /// Requests made for this file.
    fetcher: Option<Fetcher<'a>>,
    /// Failed candidates that may still be kept.
    failed_left: usize,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(evidence: &'a Evidence<'a>) -> Self {
        let given = || RevocationOrigin::Given { name: String::new() };
        let crls =
            evidence.crls.iter().map(|crl| x509::RevocationSource::crl(crl.clone(), given()));
        let ocsp =
            evidence.ocsp.iter().map(|one| x509::RevocationSource::ocsp(one.clone(), given()));
        let mut this = Self {
            evidence,
            pool: Vec::new(),
            sources: crls.chain(ocsp).collect(),
            needed: VecDeque::new(),
            fetched: BTreeSet::new(),
            failures: Vec::new(),
            digests: RefCell::default(),
            revocation_digests: RefCell::default(),
            checks: SignatureChecks::new(MAX_CHECKS),
            fetcher: evidence.fetch.map(|fetch| Fetcher::new(fetch, MAX_FETCHES)),
            failed_left: MAX_FAILED,
        };
        this.offer_certificates(evidence.certificates.to_vec());
        this.offer_certificates(evidence.anchors.iter().map(|a| a.certificate.clone()).collect());
        for response in evidence.ocsp {
            this.offer_certificates(response.certificates().to_vec());
        }
        this
    }

    /// Certificates chains may be built from; nobody trusts them for being here.
    pub(super) fn offer_certificates(&mut self, certificates: Vec<Certificate>) {
        for certificate in certificates {
            if !self.pool.contains(&certificate) {
                self.pool.push(certificate);
            }
        }
    }

    /// Revocation lists that stand beside time-stamps (RFC 5544 §2).
    pub(super) fn offer_crls<'c>(&mut self, crls: impl Iterator<Item = &'c [u8]>) {
        for crl in crls.filter_map(|der| Crl::from_der(der).ok()) {
            self.sources.push(x509::RevocationSource::crl(crl, RevocationOrigin::Embedded));
        }
    }

    /// Revocation data inside a SignedData.
    pub(super) fn offer_revocation(&mut self, data: &SignedData) {
        self.offer_revocation_infos(data.revocation_infos());
    }

    /// Revocation data from wherever else a signature keeps it.
    pub(super) fn offer_revocation_infos(
        &mut self,
        infos: impl IntoIterator<Item = RevocationInfo>,
    ) {
        for info in infos {
            match info {
                RevocationInfo::Crl(der) => {
                    if let Ok(crl) = Crl::from_der(&der) {
                        let source = x509::RevocationSource::crl(crl, RevocationOrigin::Embedded);
                        self.sources.push(source);
                    }
                }
                RevocationInfo::Ocsp(der) => {
                    if let Ok(response) = OcspResponse::from_der(&der) {
                        self.offer_certificates(response.certificates().to_vec());
                        self.sources.push(x509::RevocationSource::ocsp(
                            response,
                            RevocationOrigin::Embedded,
                        ));
                    }
                }
                RevocationInfo::Other(_) | RevocationInfo::Unknown => {}
            }
        }
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.pool.iter()
    }

    /// The certificate at hand with the digest of a reference; each certificate is hashed once.
    pub(super) fn by_digest(&self, reference: &CertificateRef) -> Option<Certificate> {
        let algorithm = reference.algorithm?;
        let mut digests = self.digests.borrow_mut();
        let index = digests.entry(algorithm).or_default();
        for (place, certificate) in self.pool.iter().enumerate().skip(index.covered) {
            index.places.entry(crypto::digest(algorithm, certificate.der())).or_insert(place);
        }
        index.covered = self.pool.len();
        index.places.get(&reference.digest).and_then(|place| self.pool.get(*place)).cloned()
    }

    /// The fingerprint of the certificate at hand with this digest.
    pub(super) fn certificate_by_digest(
        &self,
        algorithm: Option<DigestAlgorithm>,
        digest: &[u8],
    ) -> Option<Fingerprint> {
        let digest = digest.to_vec();
        let reference = CertificateRef { algorithm, digest, issuer_serial: None };
        self.by_digest(&reference).map(|certificate| certificate.fingerprint().into())
    }

    /// The fingerprint of the list or response at hand with this digest; references to responses
    /// are met over the whole OCSPResponse and over the BasicOCSPResponse in it.
    pub(super) fn revocation_by_digest(
        &self,
        algorithm: Option<DigestAlgorithm>,
        digest: &[u8],
    ) -> Option<Fingerprint> {
        let algorithm = algorithm?;
        let mut tables = self.revocation_digests.borrow_mut();
        let index = tables.entry(algorithm).or_default();
        for (place, source) in self.sources.iter().enumerate().skip(index.covered) {
            let mut add = |octets: &[u8]| {
                index.places.entry(crypto::digest(algorithm, octets)).or_insert(place);
            };
            match &source.object {
                RevocationObject::Crl(crl) => add(crl.der()),
                RevocationObject::Ocsp(response) => {
                    add(response.basic());
                    add(&response.wrapped());
                }
            }
        }
        index.covered = self.sources.len();
        let source = index.places.get(digest).and_then(|place| self.sources.get(*place))?;
        Some(match &source.object {
            RevocationObject::Crl(crl) => crl.fingerprint().into(),
            RevocationObject::Ocsp(response) => response.fingerprint().into(),
        })
    }

    /// Documents of signature policies the caller has.
    pub(super) fn policy_documents(&self) -> &'a [Vec<u8>] {
        self.evidence.policies
    }

    /// Asks for chains and revocation data of a certificate.
    pub(super) fn need(&mut self, certificate: &Certificate) {
        self.need_for(certificate, None);
    }

    /// The same for a time-stamp authority, whose issuers may be made for stamping alone.
    pub(super) fn need_authority(&mut self, certificate: &Certificate) {
        self.need_for(certificate, Some(x509::KP_TIME_STAMPING));
    }

    fn need_for(&mut self, certificate: &Certificate, purpose: Option<asn1::Oid>) {
        if !self.needed.iter().any(|(known, _)| known == certificate) {
            self.needed.push_back((certificate.clone(), purpose));
        }
    }

    /// Answers for every certificate asked for, and for those that signed the answers.
    pub(super) fn finish(mut self, facts: &mut Facts) {
        let mut done = BTreeSet::new();
        while let Some((subject, purpose)) = self.needed.pop_front() {
            if done.len() == MAX_SUBJECTS || !done.insert(subject.fingerprint()) {
                continue;
            }
            let search = self.search(&subject, purpose);
            if let Some(limit) = search.limit {
                self.note_limit(&subject, pki::limit_name(limit));
            }
            let mut chains = Vec::new();
            for path in search.paths.iter().map(|path| &**path) {
                chains.push(pki::chain_facts(path, Vec::new()));
                self.revocation(path, facts);
            }
            for flawed in &search.flawed {
                let problems = flawed.flaws.iter().map(|flaw| PathProblem {
                    code: pki::code_of(&flaw.rule),
                    certificate: Some(flaw.certificate.into()),
                    detail: pki::detail_of(&flaw.rule),
                });
                chains.push(pki::chain_facts(&flawed.path, problems.collect()));
                self.revocation(&flawed.path, facts);
            }
            if search.failed.len() > self.failed_left {
                self.note_limit(&subject, "failed chains");
            }
            let failed = search.failed.iter().take(self.failed_left);
            chains.extend(failed.map(pki::failed_chain));
            self.failed_left = self.failed_left.saturating_sub(search.failed.len());
            if chains.is_empty() {
                chains.push(pki::no_chain(&subject));
            }
            self.describe(&subject, facts);
            facts.chains.insert(subject.fingerprint().into(), chains);
        }
        facts.input.notes.append(&mut self.failures);
    }

    fn note_failure(&mut self, url: &str, why: &str) {
        self.note(Code::FetchFailed, format!("{}: {}", clean(url), clean(why)));
    }

    /// That not everything was looked at: nobody may take what was not seen for not there.
    fn note_limit(&mut self, subject: &Certificate, limit: &str) {
        let name: String = clean(&subject.subject().to_string()).chars().take(120).collect();
        self.note(Code::SearchLimited, format!("{limit} ({name})"));
    }

    fn note(&mut self, code: Code, detail: String) {
        let note = StructuralFinding { code, detail, location: None };
        if !self.failures.contains(&note) {
            self.failures.push(note);
        }
    }

    fn search(&mut self, subject: &Certificate, key_purpose: Option<asn1::Oid>) -> PathSearch {
        let paths = |this: &Self| {
            let checks = Some(&this.checks);
            let builder = PathBuilder { key_purpose, checks, ..PathBuilder::default() };
            builder.paths(subject, &this.pool, this.evidence.anchors, &PathBudget::default())
        };
        let mut search = paths(self);
        for _ in 0..MAX_ISSUER_FETCHES {
            if !search.paths.is_empty() || self.fetcher.is_none() {
                break;
            }
            let missing: Vec<Certificate> = search
                .failed
                .iter()
                .filter(|failed| matches!(failed.reason, x509::CandidateFailure::IssuerMissing))
                .filter_map(|failed| {
                    let known = self.pool.iter().chain([subject]);
                    known.into_iter().find(|c| c.fingerprint() == failed.certificate).cloned()
                })
                .collect();
            let before = self.pool.len();
            for certificate in missing {
                let attempts = self.fetcher.as_ref().map(|fetcher| fetcher.issuer(&certificate));
                for attempt in attempts.into_iter().flatten() {
                    match attempt.outcome {
                        AttemptOutcome::Obtained(found) => self.offer_certificates(found),
                        AttemptOutcome::Failed(why) => self.note_failure(&attempt.url, &why),
                    }
                }
            }
            if self.pool.len() == before {
                break;
            }
            search = paths(self);
        }
        search
    }

    /// Revocation data about every certificate of a path that is no anchor.
    fn revocation(&mut self, path: &CertificatePath, facts: &mut Facts) {
        for (index, certificate) in path.certificates().iter().enumerate() {
            self.describe(certificate, facts);
            let Some(issuer) = path.issuer_of(index) else { continue };
            let mut found = self.evaluate(certificate, issuer);
            if self.fetcher.is_some()
                && !found.iter().any(|fact| fact.is_usable() && fact.covers_certificate)
                && x509::revocation_exemption(certificate).is_none()
                && self.fetched.insert(certificate.fingerprint())
            {
                let anchors = self.evidence.anchors;
                let attempts = self
                    .fetcher
                    .as_ref()
                    .map(|fetcher| fetcher.revocation(certificate, issuer, &self.pool, anchors));
                for attempt in attempts.into_iter().flatten() {
                    match attempt.outcome {
                        AttemptOutcome::Obtained(source) => {
                            if let RevocationObject::Ocsp(response) = &source.object {
                                self.offer_certificates(response.certificates().to_vec());
                            }
                            self.sources.push(source);
                        }
                        AttemptOutcome::Failed(why) => self.note_failure(&attempt.url, &why),
                    }
                }
                found = self.evaluate(certificate, issuer);
            }
            let known = facts.revocation.entry(certificate.fingerprint().into()).or_default();
            let mut signers = Vec::new();
            let mut limited = false;
            for fact in found {
                limited |= fact.authorisation == LIMITED;
                let converted = pki::revocation_facts(&fact, self.object(&fact));
                if !known.contains(&converted) {
                    known.push(converted);
                    let authorised =
                        !matches!(fact.authorisation, x509::Authorisation::Refused { .. });
                    signers.extend(fact.signer.map(|signer| (signer.certificate, authorised)));
                }
            }
            for (signer, authorised) in signers {
                // Who only is named by a spoilt object is shown, but his own chain matters to nobody.
                self.describe(&signer, facts);
                if authorised {
                    self.need(&signer);
                }
            }
            if limited {
                self.note_limit(certificate, "signature checks of revocation data");
            }
        }
    }

    /// The object a fact was read from.
    fn object(&self, fact: &RevocationFact) -> Option<&RevocationObject> {
        self.sources.iter().map(|source| &source.object).find(|object| match object {
            RevocationObject::Crl(crl) => crl.fingerprint() == fact.object,
            RevocationObject::Ocsp(response) => response.fingerprint() == fact.object,
        })
    }

    fn evaluate(&self, certificate: &Certificate, issuer: &Certificate) -> Vec<RevocationFact> {
        let anchors = self.evidence.anchors;
        let (sources, pool) = (&self.sources, &self.pool);
        x509::evaluate_with(&self.checks, certificate, issuer, sources, pool, anchors)
    }

    fn describe(&self, certificate: &Certificate, facts: &mut Facts) {
        facts
            .certificates
            .entry(certificate.fingerprint().into())
            .or_insert_with(|| pki::certificate_facts(certificate));
    }
}

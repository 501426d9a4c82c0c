//! Everything a signature needs to be verified later without asking anybody:
//! certificates up to an anchor and revocation data for each (ETSI EN 319 122-1
//! §5.4, EN 319 102-1 §5.5).
//!
//! One bounded loop. A certificate is looked for in what the caller gives, in
//! the file, and then where certificates say their issuer is; revocation data
//! in the file, in what the caller gives, and then by OCSP and CRL. Whoever
//! signed revocation data is a certificate that needs the same. What is found
//! is complete or an error that names the certificate and the step: there is no
//! half of it.
//!
//! Nothing is judged here beyond what the choice among several objects needs.
//! The network is an argument; what one run may cost of it is [`Budget`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cms::{RevocationInfo, SignedData};
use online::Within;
use x509::{
    AnchorPurpose, AttemptOutcome, CandidateFailure, Certificate, CertificatePath, Crl, Fetch,
    Fetcher, Fingerprint, OcspResponse, PathBudget, PathBuilder, PathSearch, PathValidator,
    RevocationFact, RevocationKind, RevocationObject, RevocationOrigin, RevocationSource,
    RevocationStatus, SignatureChecks, TrustAnchor, ValidityModel,
};

use crate::Evidence;
use crate::keys::holder;

/// How far two honest clocks may differ: data issued so long before a stamp
/// still count as issued after it.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

/// What one file may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Certificates looked after: signers, authorities, responders. A
    /// deliberation signed by sixty councillors needs some eighty.
    pub certificates: usize,
    /// Signature verifications, each made once. A chain with its revocation
    /// data takes six.
    pub signature_checks: u32,
    /// Rounds of fetching issuers for one certificate; chains have fewer levels.
    pub issuer_rounds: usize,
    /// Requests made: one or two for each certificate.
    pub fetches: u32,
    /// Octets fetched: four lists of the longest kind.
    pub octets: u64,
    /// Time for all requests together; one answers within seconds.
    pub time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            certificates: 512,
            signature_checks: 4_000,
            issuer_rounds: 4,
            fetches: 512,
            octets: 256 << 20,
            time: Duration::from_secs(600),
        }
    }
}

/// What a certificate is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Signs or countersigns a document.
    Signer,
    /// Stamps time.
    Authority,
    /// Signs revocation data.
    Informer,
}

impl Role {
    fn purpose(self) -> AnchorPurpose {
        match self {
            Self::Signer => AnchorPurpose::Signature,
            Self::Authority => AnchorPurpose::TimeStamp,
            Self::Informer => AnchorPurpose::Revocation,
        }
    }
}

/// A certificate that must be verifiable.
#[derive(Clone, Debug)]
struct Need {
    certificate: Certificate,
    role: Role,
    /// When it was used: its path must have been valid then.
    used: DateTime<Utc>,
    /// Revocation data are best issued after this.
    proven: DateTime<Utc>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Material {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) crls: Vec<Crl>,
    pub(crate) ocsp: Vec<OcspResponse>,
    pub(crate) notes: Vec<Note>,
}

/// Something about the data found that the person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The certificate is revoked, or suspended.
    Revoked {
        /// Its subject.
        subject: String,
        /// Since when.
        at: DateTime<Utc>,
        /// Suspended only.
        on_hold: bool,
    },
    /// The data on a signer were issued before the signature was stamped: they
    /// cannot know of what happened in between.
    IssuedBefore {
        /// Subject of the certificate.
        subject: String,
        /// When they were issued.
        issued: DateTime<Utc>,
        /// When the signature is known to have existed.
        proven: DateTime<Utc>,
    },
    /// A signature that names no certificate among what it signs is no CAdES
    /// signature: whatever is added to it, no CAdES level is reached.
    PlainCms {
        /// Its id, as `verify` shows it.
        id: String,
        /// Who signed.
        subject: String,
    },
    /// Somebody countersigned a signature of their own.
    OwnSignature {
        /// Its id, as `verify` shows it.
        id: String,
        /// Who it is.
        subject: String,
    },
    /// A time-stamp in the file proves nothing, and was passed over.
    StampIgnored {
        /// The signature it is on, as `verify` shows it.
        id: String,
        /// The authority that made it.
        subject: String,
        /// It is over something else; otherwise its authority is not trusted.
        other: bool,
    },
    /// Octets behind the end of the signature were not taken over.
    TrailingOctets {
        /// How many.
        octets: u64,
    },
    /// The newest time-stamp of a TimeStampedData has no revocation data beside it.
    StampWithoutData {
        /// The authority that made it.
        subject: String,
    },
    /// Files of a container are not signed: what goes over the container now does not change that.
    Unsigned {
        /// Their names, of many the first ones.
        files: Vec<String>,
        /// How many there are beyond those.
        more: usize,
    },
}

impl Note {
    /// A stable name for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Revoked { on_hold: false, .. } => "CERTIFICATE_REVOKED",
            Self::Revoked { on_hold: true, .. } => "CERTIFICATE_SUSPENDED",
            Self::IssuedBefore { .. } => "REVOCATION_DATA_EARLY",
            Self::Unsigned { .. } => "CONTAINER_FILE_UNCOVERED",
            Self::PlainCms { .. } => "PLAIN_CMS",
            Self::OwnSignature { .. } => "OWN_SIGNATURE",
            Self::StampIgnored { .. } => "TIMESTAMP_NOT_USED",
            Self::TrailingOctets { .. } => "TRAILING_BYTES",
            Self::StampWithoutData { .. } => "NO_REVOCATION_DATA",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revoked { subject, at, on_hold } => {
                let what = if *on_hold { "suspended" } else { "revoked" };
                write!(f, "the certificate of {subject} is {what} since {}", at.format("%F %T UTC"))
            }
            Self::Unsigned { files, more } => {
                write!(f, "files of the container are not signed: {}", files.join(", "))?;
                if *more > 0 { write!(f, " (+{more})") } else { Ok(()) }
            }
            Self::IssuedBefore { subject, issued, proven } => write!(
                f,
                "the revocation data on {subject} were issued on {}, before the time-stamp of {}",
                issued.format("%F %T UTC"),
                proven.format("%F %T UTC")
            ),
            Self::PlainCms { id, subject } => write!(
                f,
                "signature {id} of {subject} is a plain CMS signature: it does not name its \
                 certificate, so no CAdES level is reached, whatever is added"
            ),
            Self::OwnSignature { id, subject } => {
                write!(f, "{subject} countersigned a signature of their own, {id}")
            }
            Self::StampIgnored { id, subject, other: true } => write!(
                f,
                "a time-stamp of {subject} on signature {id} is over something else: it proves \
                 nothing and was not counted"
            ),
            Self::StampIgnored { id, subject, other: false } => write!(
                f,
                "a time-stamp on signature {id} is of {subject}, which leads to no trusted \
                 authority: it was not counted"
            ),
            Self::TrailingOctets { octets } => write!(
                f,
                "{octets} octets behind the end of the signature belong to no part of it and are \
                 not in the new file"
            ),
            Self::StampWithoutData { subject } => write!(
                f,
                "the newest time-stamp, of {subject}, has no revocation list beside it: once its \
                 certificate has ended it may not be provable any more"
            ),
        }
    }
}

/// What could not be found, for whom, and what was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Subject of the certificate.
    pub subject: String,
    /// The step that failed.
    pub step: Step,
    /// Each fetch that failed, with its reason.
    pub attempts: Vec<String>,
}

/// Steps on the way to a signature that can be verified later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Nobody is trusted: no chain can end anywhere.
    Trust,
    /// The certificate of an issuer is not at hand.
    Issuer {
        /// The name of the issuer.
        name: String,
    },
    /// Chains were found, and none reaches an anchor keeping every rule.
    Path,
    /// The chain was not valid when the certificate was used.
    Validity {
        /// When that was.
        at: DateTime<Utc>,
    },
    /// No revocation data that decide.
    Revocation,
    /// A limit of [`Budget`].
    Limit {
        /// Of what.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match &self.step {
            Step::Trust => {
                write!(f, "nobody is trusted, so no chain of {subject} can be completed")
            }
            Step::Issuer { name } => {
                write!(f, "the chain of {subject} lacks the certificate of its issuer {name}")
            }
            Step::Path => write!(f, "the certificate of {subject} leads to no trusted authority"),
            Step::Validity { at } => {
                write!(f, "the chain of {subject} was not valid on {}", at.format("%F %T UTC"))
            }
            Step::Revocation => write!(f, "there are no usable revocation data on {subject}"),
            Step::Limit { what, limit } => {
                write!(f, "over the limit of {limit} {what}, at the certificate of {subject}")
            }
        }?;
        for attempt in self.attempts.iter().take(SHOWN_ATTEMPTS) {
            write!(f, "; {attempt}")?;
        }
        Ok(())
    }
}

/// Failed attempts shown in one sentence.
const SHOWN_ATTEMPTS: usize = 3;

impl Missing {
    /// The next step for the person.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.step {
            Step::Trust => "name the authorities you trust with --trust FILE or folder",
            Step::Issuer { .. } => {
                "give the issuer's certificate with --chain, and the authority's with --trust"
            }
            Step::Path => "give the authority's certificate with --trust",
            Step::Validity { .. } => {
                "a certificate that had expired cannot be proven valid; look at it with: ceralacca verify"
            }
            Step::Revocation if self.attempts.is_empty() => {
                "give a list with --crl or an answer with --ocsp"
            }
            Step::Revocation => {
                "try again later, or give a list with --crl or an answer with --ocsp; \
                 addresses on your own network need --allow-net"
            }
            Step::Limit { .. } => "no honest file comes near this limit",
        }
    }
}

/// Gathers, for one file, what its certificates need.
pub(crate) struct Finder<'a> {
    anchors: &'a [TrustAnchor],
    network: Option<Network<'a>>,
    budget: Budget,
    now: DateTime<Utc>,
    pool: Vec<Certificate>,
    known: BTreeSet<Fingerprint>,
    sources: Vec<RevocationSource>,
    checks: SignatureChecks,
    queue: VecDeque<Need>,
    /// Certificates whose revocation data were fetched already.
    asked: BTreeSet<Fingerprint>,
    /// What was fetched in vain, by its URL.
    failures: BTreeMap<String, String>,
    /// URLs tried for the certificate at hand.
    tried: Vec<String>,
    found: Material,
}

impl<'a> Finder<'a> {
    /// Starts with what the caller gives. `now` is when data must be in force
    /// that were issued before what they shall prove.
    pub(crate) fn new(
        evidence: &'a Evidence,
        fetch: Option<&'a dyn Fetch>,
        budget: Budget,
        now: DateTime<Utc>,
    ) -> Self {
        let given = || RevocationOrigin::Given { name: String::new() };
        let crls = evidence.crls.iter().map(|crl| RevocationSource::crl(crl.clone(), given()));
        let ocsp = evidence.ocsp.iter().map(|one| RevocationSource::ocsp(one.clone(), given()));
        let mut this = Self {
            anchors: &evidence.anchors,
            network: fetch.map(|fetch| Network::new(fetch, &budget)),
            budget,
            now,
            pool: Vec::new(),
            known: BTreeSet::new(),
            sources: crls.chain(ocsp).collect(),
            checks: SignatureChecks::new(budget.signature_checks),
            queue: VecDeque::new(),
            asked: BTreeSet::new(),
            failures: BTreeMap::new(),
            tried: Vec::new(),
            found: Material::default(),
        };
        this.offer(evidence.certificates.iter().cloned());
        this.offer(evidence.anchors.iter().map(|anchor| anchor.certificate.clone()));
        for response in &evidence.ocsp {
            this.offer(response.certificates().iter().cloned());
        }
        this
    }

    /// Certificates chains may be built from; nobody trusts them for being here.
    pub(crate) fn offer(&mut self, certificates: impl IntoIterator<Item = Certificate>) {
        for certificate in certificates {
            if self.known.insert(certificate.fingerprint()) {
                self.pool.push(certificate);
            }
        }
    }

    /// What a SignedData brings along: of the file, or of a token in it.
    pub(crate) fn offer_data(&mut self, data: &SignedData) {
        self.offer(data.x509_certificates());
        for info in data.revocation_infos() {
            let source = match info {
                RevocationInfo::Crl(der) => Crl::from_der(&der)
                    .map(|crl| RevocationSource::crl(crl, RevocationOrigin::Embedded)),
                RevocationInfo::Ocsp(der) => OcspResponse::from_der(&der)
                    .map(|one| RevocationSource::ocsp(one, RevocationOrigin::Embedded)),
                RevocationInfo::Other(_) | RevocationInfo::Unknown => continue,
            };
            // What cannot be read serves nobody; something else may.
            if let Ok(source) = source {
                self.offer_source(source);
            }
        }
    }

    /// Revocation data found elsewhere in the file.
    pub(crate) fn offer_source(&mut self, source: RevocationSource) {
        if let RevocationObject::Ocsp(response) = &source.object {
            self.offer(response.certificates().to_vec());
        }
        if !self.sources.iter().any(|known| known.object == source.object) {
            self.sources.push(source);
        }
    }

    /// Certificates at hand.
    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.pool
    }

    /// Whether an authority may lead to somebody who is trusted, if anybody is. Unless `ask` says
    /// so nobody is asked for issuers that are missing, and one that could be asked for may come.
    pub(crate) fn may_trust(&mut self, authority: &Certificate, ask: bool) -> bool {
        if self.anchors.is_empty() {
            return true;
        }
        let (used, proven) = (self.now, self.now);
        let need = Need { certificate: authority.clone(), role: Role::Authority, used, proven };
        let network = if ask { None } else { self.network.take() };
        let search = self.search(&need);
        let missing =
            |one: &x509::FailedCandidate| matches!(one.reason, CandidateFailure::IssuerMissing);
        let may_come = network.is_some() && search.failed.iter().any(missing);
        if !ask {
            self.network = network;
        }
        // At a limit nothing is known; it is told where the chain is needed.
        !search.paths.is_empty() || may_come || search.limit.is_some() || self.checks.left() == 0
    }

    /// Asks for everything about a certificate that was used at `used`, which a
    /// stamp proves to have been before `proven`.
    pub(crate) fn need(
        &mut self,
        certificate: &Certificate,
        role: Role,
        used: DateTime<Utc>,
        proven: DateTime<Utc>,
    ) {
        let same = |need: &&mut Need| need.role == role && need.certificate == *certificate;
        match self.queue.iter_mut().find(same) {
            // One authority stamped several times: the earliest use, the latest proof.
            Some(need) => {
                need.used = need.used.min(used);
                need.proven = need.proven.max(proven);
            }
            None => {
                let certificate = certificate.clone();
                self.queue.push_back(Need { certificate, role, used, proven });
            }
        }
    }

    /// Finds it all.
    ///
    /// # Errors
    /// The first thing that cannot be found.
    pub(crate) fn complete(mut self) -> Result<Material, Missing> {
        let mut done: BTreeSet<Fingerprint> = BTreeSet::new();
        while let Some(need) = self.queue.pop_front() {
            if !done.insert(need.certificate.fingerprint()) {
                continue;
            }
            if done.len() > self.budget.certificates {
                let limit = self.budget.certificates as u64;
                let step = Step::Limit { what: "certificates", limit };
                return Err(self.missing(&need.certificate, step));
            }
            self.satisfy(&need)?;
        }
        Ok(self.found)
    }

    /// The revocation list that decides about the certificate of an authority that stamped at
    /// `used`: RFC 5544 has a place for a list beside a time-stamp, and for nothing else.
    ///
    /// # Errors
    /// No path to an anchor, or no such list.
    pub(crate) fn list(
        &mut self,
        authority: &Certificate,
        used: DateTime<Utc>,
    ) -> Result<Crl, Missing> {
        self.tried.clear();
        if self.anchors.is_empty() {
            return Err(self.missing(authority, Step::Trust));
        }
        let (certificate, proven) = (authority.clone(), self.now.max(used));
        let need = Need { certificate, role: Role::Authority, used, proven };
        let search = self.search(&need);
        let issuers: Vec<Certificate> = search
            .paths
            .iter()
            .filter(|path| path.check_at(used, ValidityModel::Shell).is_valid())
            .filter_map(|path| path.issuer_of(0).cloned())
            .collect();
        if issuers.is_empty() {
            let step =
                if search.paths.is_empty() { Step::Path } else { Step::Validity { at: used } };
            return Err(self.missing(authority, step));
        }
        for issuer in &issuers {
            let mut best = self.best_list(&need, issuer);
            // OCSP comes first where there is any; each request is made once, so that the next
            // round goes on to the lists.
            while best.as_ref().is_none_or(|(standing, _)| *standing < Standing::Current)
                && self.fetch_revocation(authority, issuer)
            {
                best = self.best_list(&need, issuer);
            }
            if let Some((_, crl)) = best {
                return Ok(crl);
            }
        }
        Err(self.missing(authority, Step::Revocation))
    }

    /// The best complete list at hand about the certificate of `need`.
    fn best_list(&self, need: &Need, issuer: &Certificate) -> Option<(Standing, Crl)> {
        let lists = self.sources.iter().filter(|source| match &source.object {
            RevocationObject::Crl(crl) => crl.base_number_hex().is_none(),
            RevocationObject::Ocsp(_) => false,
        });
        lists
            .filter_map(|source| {
                let RevocationObject::Crl(crl) = &source.object else { return None };
                let facts = x509::evaluate_with(
                    &self.checks,
                    &need.certificate,
                    issuer,
                    std::slice::from_ref(source),
                    &self.pool,
                    self.anchors,
                );
                let standings = facts.iter().filter_map(|fact| self.standing(fact, need));
                Some((standings.max()?, crl.clone()))
            })
            .max_by_key(|(standing, crl)| (*standing, crl.this_update()))
    }

    fn missing(&self, certificate: &Certificate, step: Step) -> Missing {
        let subject = holder(certificate);
        let extensions = certificate.extensions();
        let own = extensions.ocsp_urls.iter().map(String::as_str).chain(extensions.crl_urls());
        // A list that several certificates name is asked for once, and fails all of them.
        let mut attempts: Vec<String> = Vec::new();
        for url in self.tried.iter().map(String::as_str).chain(own) {
            attempts
                .extend(self.failures.get(url).filter(|line| !attempts.contains(line)).cloned());
        }
        let spent = match &self.network {
            Some(network) => network.spent(&self.budget),
            None => None,
        };
        let spent = spent.or_else(|| {
            let limit = u64::from(self.budget.signature_checks);
            let what = "signature checks";
            (self.checks.left() == 0).then_some(Step::Limit { what, limit })
        });
        // That a limit was reached explains whatever is missing.
        Missing { subject, step: spent.unwrap_or(step), attempts }
    }

    fn failed(&mut self, url: &str, why: &str) {
        // Errors of the client name the URL themselves.
        let line = if why.contains(url) { why.to_owned() } else { format!("{url}: {why}") };
        self.failures.insert(url.to_owned(), line);
        self.tried.push(url.to_owned());
    }

    /// Takes the first path whose every certificate has what it needs.
    fn satisfy(&mut self, need: &Need) -> Result<(), Missing> {
        self.tried.clear();
        if self.anchors.is_empty() {
            return Err(self.missing(&need.certificate, Step::Trust));
        }
        let search = self.search(need);
        let mut first_failure = None;
        for path in &search.paths {
            if !path.check_at(need.used, ValidityModel::Shell).is_valid() {
                let step = Step::Validity { at: need.used };
                first_failure.get_or_insert(self.missing(&need.certificate, step));
                continue;
            }
            match self.revocation(path, need) {
                Ok(chosen) => {
                    self.take(path, chosen, need);
                    return Ok(());
                }
                Err(missing) => {
                    first_failure.get_or_insert(missing);
                }
            }
        }
        let lacking = search.failed.iter().find_map(|failed| match failed.reason {
            CandidateFailure::IssuerMissing => Some(failed.issuer_name.clone()),
            _ => None,
        });
        Err(first_failure.unwrap_or_else(|| {
            let step = lacking.map_or(Step::Path, |name| Step::Issuer { name });
            self.missing(&need.certificate, step)
        }))
    }

    /// Paths to the anchors that serve, with issuers fetched where none is at hand.
    fn search(&mut self, need: &Need) -> PathSearch {
        let key_purpose = (need.role == Role::Authority).then_some(x509::KP_TIME_STAMPING);
        let purpose = need.role.purpose();
        let anchors: Vec<TrustAnchor> = self
            .anchors
            .iter()
            // A responder is certified by whoever certifies signers or authorities.
            .filter(|anchor| need.role == Role::Informer || anchor.serves(purpose))
            .cloned()
            .collect();
        let mut rounds = self.budget.issuer_rounds;
        loop {
            let checks = Some(&self.checks);
            let builder = PathBuilder { key_purpose, checks, ..PathBuilder::default() };
            let search =
                builder.paths(&need.certificate, &self.pool, &anchors, &PathBudget::default());
            if !search.paths.is_empty() || rounds == 0 || !self.fetch_issuers(need, &search) {
                return search;
            }
            rounds -= 1;
        }
    }

    /// Whether a certificate came that was not there before.
    fn fetch_issuers(&mut self, need: &Need, search: &PathSearch) -> bool {
        let Some(network) = self.network.as_ref().filter(|one| one.is_open(&self.budget)) else {
            return false;
        };
        let missing = search
            .failed
            .iter()
            .filter(|failed| matches!(failed.reason, CandidateFailure::IssuerMissing))
            .filter_map(|failed| {
                let known = self.pool.iter().chain([&need.certificate]);
                known.into_iter().find(|c| c.fingerprint() == failed.certificate)
            });
        let attempts: Vec<_> =
            missing.flat_map(|certificate| network.fetcher.issuer(certificate)).collect();
        let before = self.pool.len();
        for attempt in attempts {
            match attempt.outcome {
                AttemptOutcome::Obtained(found) => {
                    let octets = found.iter().map(|one| one.der().len()).sum();
                    self.fetched(octets);
                    self.offer(found);
                }
                AttemptOutcome::Failed(why) => self.failed(&attempt.url, &why),
            }
        }
        self.pool.len() > before
    }

    fn fetched(&mut self, octets: usize) {
        if let Some(network) = &mut self.network {
            network.octets += octets as u64;
        }
    }

    /// The objects that decide about each certificate of a path but its anchor.
    fn revocation(
        &mut self,
        path: &CertificatePath,
        need: &Need,
    ) -> Result<Vec<RevocationFact>, Missing> {
        let mut chosen = Vec::new();
        for (index, certificate) in path.certificates().iter().enumerate() {
            let Some(issuer) = path.issuer_of(index) else { continue };
            // RFC 6960 §4.2.2.2.1: a responder that says so need not be asked about.
            let trusted_responder =
                need.role == Role::Informer && certificate.extensions().ocsp_no_check;
            if x509::revocation_exemption(certificate).is_some() || trusted_responder {
                continue;
            }
            chosen.push(self.decide(certificate, issuer, need)?);
        }
        Ok(chosen)
    }

    /// The object that decides about one certificate, fetched if none at hand does.
    fn decide(
        &mut self,
        certificate: &Certificate,
        issuer: &Certificate,
        need: &Need,
    ) -> Result<RevocationFact, Missing> {
        let serves = |best: &Option<(Standing, RevocationFact)>| {
            best.as_ref().is_some_and(|(standing, _)| *standing >= Standing::Current)
        };
        let mut best = self.best(certificate, issuer, need);
        if !serves(&best) && self.asked.insert(certificate.fingerprint()) {
            let before = self.tried.len();
            // What decides ends a round, each request is made once: if it is too old, the next
            // round goes on behind it.
            while !serves(&best) && self.fetch_revocation(certificate, issuer) {
                best = self.best(certificate, issuer, need);
            }
            if best.is_some() {
                self.tried.truncate(before);
            }
        }
        best.map(|(_, fact)| fact).ok_or_else(|| self.missing(certificate, Step::Revocation))
    }

    /// Whether anything came.
    fn fetch_revocation(&mut self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let Some(network) = self.network.as_ref().filter(|one| one.is_open(&self.budget)) else {
            return false;
        };
        let attempts = network.fetcher.revocation(certificate, issuer, &self.pool, self.anchors);
        let mut came = false;
        for attempt in attempts {
            match attempt.outcome {
                AttemptOutcome::Obtained(source) => {
                    came = true;
                    self.fetched(match &source.object {
                        RevocationObject::Crl(crl) => crl.der().len(),
                        RevocationObject::Ocsp(response) => response.basic().len(),
                    });
                    // Said only where nothing else decides either.
                    self.failed(&attempt.url, "what it answers does not decide");
                    self.offer_source(source);
                }
                AttemptOutcome::Failed(why) => self.failed(&attempt.url, &why),
            }
        }
        came
    }

    /// The best object at hand about one certificate.
    fn best(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        need: &Need,
    ) -> Option<(Standing, RevocationFact)> {
        let facts = x509::evaluate_with(
            &self.checks,
            certificate,
            issuer,
            &self.sources,
            &self.pool,
            self.anchors,
        );
        let own = certificate.fingerprint();
        facts
            .into_iter()
            // Nobody vouches for himself.
            .filter(|fact| fact.signer.as_ref().is_some_and(|signer| signer.fingerprint != own))
            .filter_map(|fact| Some((self.standing(&fact, need)?, fact)))
            .max_by_key(|(standing, fact)| {
                let embedded = fact.origin == RevocationOrigin::Embedded;
                let ocsp = fact.kind == RevocationKind::Ocsp;
                (*standing, embedded, ocsp, fact.this_update)
            })
    }

    /// How far an object can be relied on; `None` for one that decides nothing here.
    fn standing(&self, fact: &RevocationFact, need: &Need) -> Option<Standing> {
        let latest = self.now.max(need.proven);
        if fact.this_update > latest + CLOCKS {
            return None;
        }
        match fact.status {
            RevocationStatus::Revoked { .. } => return Some(Standing::Revoked),
            RevocationStatus::Good if fact.covers_certificate => {}
            _ => return None,
        }
        if fact.this_update + CLOCKS >= need.proven {
            Some(Standing::After)
        } else if fact.next_update.is_some_and(|next| next >= self.now) {
            Some(Standing::Current)
        } else if fact.next_update.is_some_and(|next| next >= need.proven) {
            Some(Standing::InForce)
        } else {
            None
        }
    }

    /// Keeps a path and what decides about it, and asks for whoever signed that.
    fn take(&mut self, path: &CertificatePath, chosen: Vec<RevocationFact>, need: &Need) {
        let below_anchor = path.certificates().split_last().map_or(&[][..], |(_, rest)| rest);
        for certificate in below_anchor {
            self.keep(certificate);
        }
        for fact in chosen {
            let subject = || {
                let about = |c: &&Certificate| c.fingerprint() == fact.certificate;
                path.certificates().iter().find(about).map(holder)
            };
            let note = match fact.status {
                RevocationStatus::Revoked { at, reason, .. } => subject().map(|subject| {
                    let on_hold = reason == x509::RevocationReason::CertificateHold;
                    Note::Revoked { subject, at, on_hold }
                }),
                _ if need.role == Role::Signer
                    && fact.certificate == need.certificate.fingerprint()
                    && fact.this_update + CLOCKS < need.proven =>
                {
                    let (issued, proven) = (fact.this_update, need.proven);
                    subject().map(|subject| Note::IssuedBefore { subject, issued, proven })
                }
                _ => None,
            };
            self.found.notes.extend(note.filter(|note| !self.found.notes.contains(note)));
            // A delta list needs the complete one, a list for some reasons those for the others.
            let needed = [fact.object].into_iter().chain(fact.base).chain(fact.complements);
            for fingerprint in needed {
                self.keep_object(fingerprint);
            }
            if let Some(signer) = fact.signer
                && !path.certificates().contains(&signer.certificate)
            {
                let issued = fact.produced_at.unwrap_or(fact.this_update);
                self.need(&signer.certificate, Role::Informer, issued, issued);
            }
        }
    }

    fn keep_object(&mut self, fingerprint: Fingerprint) {
        let object = self.sources.iter().map(|source| &source.object).find(|object| {
            let own = match object {
                RevocationObject::Crl(crl) => crl.fingerprint(),
                RevocationObject::Ocsp(response) => response.fingerprint(),
            };
            own == fingerprint
        });
        match object.cloned() {
            Some(RevocationObject::Crl(crl)) if !self.found.crls.contains(&crl) => {
                self.found.crls.push(crl);
            }
            Some(RevocationObject::Ocsp(one)) if !self.found.ocsp.contains(&one) => {
                self.found.ocsp.push(one);
            }
            _ => {}
        }
    }

    fn keep(&mut self, certificate: &Certificate) {
        if !self.found.certificates.contains(certificate) {
            self.found.certificates.push(certificate.clone());
        }
    }
}

/// How far revocation data can be relied on, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// In force when the certificate was used, replaced by now.
    InForce,
    /// In force now, though issued before the use is proven.
    Current,
    /// Issued after the use is proven.
    After,
    /// They say that the certificate is revoked, which nothing takes back.
    Revoked,
}

/// The caller's network, with what one run took of it. Requests are counted,
/// and made once each, by the [`Fetcher`].
struct Network<'a> {
    fetcher: Fetcher<'a>,
    /// Since the run began.
    time: Within<'a>,
    /// Octets that came.
    octets: u64,
}

impl<'a> Network<'a> {
    fn new(fetch: &'a dyn Fetch, budget: &Budget) -> Self {
        Self {
            fetcher: Fetcher::new(fetch, budget.fetches),
            time: Within::new(fetch, budget.time),
            octets: 0,
        }
    }

    /// The limit that was reached.
    fn spent(&self, budget: &Budget) -> Option<Step> {
        let (what, limit) = if self.fetcher.left() == 0 {
            ("fetches", u64::from(budget.fetches))
        } else if self.octets >= budget.octets {
            ("octets fetched", budget.octets)
        } else if self.time.is_over() {
            ("seconds of fetching", budget.time.as_secs())
        } else {
            return None;
        };
        Some(Step::Limit { what, limit })
    }

    fn is_open(&self, budget: &Budget) -> bool {
        self.spent(budget).is_none()
    }
}

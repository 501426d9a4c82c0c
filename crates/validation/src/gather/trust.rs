//! Facts about certificates, their chains and their revocation data (RFC 5280, RFC 6960).

use crate::catalogue::Code;
use crate::clean::clean;
use crate::facts::{
    AlgorithmFacts, AnchorFacts, AnchorPurpose, Authorisation, CertificateFacts, CertificateStatus,
    ChainFacts, ExtendedKeyUsageFacts, Facts, KeyFacts, NameFacts, PathProblem, QcFacts,
    RevocationFacts, RevocationKind, RevocationReason, RevocationSource, Scheme, SignatureCheck,
    StructuralFinding,
};
use cms::ess::CertificateRef;
use cms::{RevocationInfo, SignedData, SignerInfo};
use crypto::{DigestAlgorithm, KeyKind, SignatureAlgorithm};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use x509::{
    AttemptOutcome, Certificate, CertificatePath, Crl, Fetch, OcspResponse, PathBudget, PathRule,
    PathSearch, PathValidator, RevocationFact, RevocationObject, RevocationOrigin,
    RevocationStatus, SimplePathBuilder, TrustAnchor, Unusable,
};

/// Certificates whose paths and revocation data are gathered for one file: signers, authorities
/// and responders. A deliberation signed by sixty councillors needs some eighty.
const MAX_SUBJECTS: usize = 512;

/// Signature verifications spent on the paths of one file. A chain takes three; the sixty
/// signers of a council with their stamps and responders some five hundred.
const MAX_PATH_CHECKS: u32 = 2_000;

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
    /// Signature verifications left for paths in this file.
    checks_left: u32,
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
            checks_left: MAX_PATH_CHECKS,
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

    /// Revocation data inside a SignedData.
    pub(super) fn offer_revocation(&mut self, data: &SignedData) {
        for info in data.revocation_infos() {
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
            let mut chains = Vec::new();
            for path in search.paths.iter().map(|path| &**path) {
                chains.push(chain_facts(path, Vec::new()));
                self.revocation(path, facts);
            }
            for flawed in &search.flawed {
                let problems = flawed.flaws.iter().map(|flaw| PathProblem {
                    code: code_of(&flaw.rule),
                    certificate: Some(flaw.certificate.into()),
                    detail: detail_of(&flaw.rule),
                });
                chains.push(chain_facts(&flawed.path, problems.collect()));
                self.revocation(&flawed.path, facts);
            }
            if chains.is_empty() {
                chains.push(incomplete(&subject, &search));
            }
            self.describe(&subject, facts);
            facts.chains.insert(subject.fingerprint().into(), chains);
        }
        facts.input.notes.append(&mut self.failures);
    }

    fn note_failure(&mut self, url: &str, why: &str) {
        let detail = format!("{}: {}", clean(url), clean(why));
        let note = StructuralFinding { code: Code::FetchFailed, detail, location: None };
        if !self.failures.contains(&note) {
            self.failures.push(note);
        }
    }

    fn search(&mut self, subject: &Certificate, key_purpose: Option<asn1::Oid>) -> PathSearch {
        let builder = SimplePathBuilder { key_purpose };
        let budget = PathBudget::default();
        let signature_checks = budget.signature_checks.min(self.checks_left);
        let budget = PathBudget { signature_checks, ..budget };
        let mut search = builder.paths(subject, &self.pool, self.evidence.anchors, &budget);
        self.checks_left = self.checks_left.saturating_sub(search.signature_checks);
        let Some(fetch) = self.evidence.fetch else { return search };
        for _ in 0..MAX_ISSUER_FETCHES {
            if !search.paths.is_empty() {
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
                for attempt in x509::fetch_issuer(&certificate, fetch) {
                    match attempt.outcome {
                        AttemptOutcome::Obtained(found) => self.offer_certificates(found),
                        AttemptOutcome::Failed(why) => self.note_failure(&attempt.url, &why),
                    }
                }
            }
            if self.pool.len() == before {
                break;
            }
            search = builder.paths(subject, &self.pool, self.evidence.anchors, &budget);
        }
        search
    }

    /// Revocation data about every certificate of a path that is no anchor.
    fn revocation(&mut self, path: &CertificatePath, facts: &mut Facts) {
        for (index, certificate) in path.certificates().iter().enumerate() {
            self.describe(certificate, facts);
            let Some(issuer) = path.issuer_of(index) else { continue };
            let mut found = self.evaluate(certificate, issuer);
            if let Some(fetch) = self.evidence.fetch
                && !found.iter().any(|fact| fact.is_usable() && fact.covers_certificate)
                && x509::revocation_exemption(certificate).is_none()
                && self.fetched.insert(certificate.fingerprint())
            {
                for attempt in x509::fetch_revocation(certificate, issuer, fetch) {
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
            for fact in found {
                let converted = revocation_facts(&fact, self.object(&fact));
                if !known.contains(&converted) {
                    known.push(converted);
                    signers.extend(fact.signer.map(|signer| signer.certificate));
                }
            }
            for signer in signers {
                self.need(&signer);
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
        x509::evaluate(certificate, issuer, &self.sources, &self.pool, self.evidence.anchors)
    }

    fn describe(&self, certificate: &Certificate, facts: &mut Facts) {
        facts
            .certificates
            .entry(certificate.fingerprint().into())
            .or_insert_with(|| certificate_facts(certificate));
    }
}

fn chain_facts(path: &CertificatePath, mut problems: Vec<PathProblem>) -> ChainFacts {
    let anchor = path.anchor();
    for link in path.links() {
        if let x509::SignatureCheck::Valid { tolerance: Some(tolerance) } = &link.signature {
            problems.push(PathProblem {
                code: Code::SignatureTolerance,
                certificate: Some(link.certificate.into()),
                detail: tolerance.clone(),
            });
        }
    }
    let purposes = anchor.purposes.iter().filter_map(|purpose| match purpose {
        x509::AnchorPurpose::Signature => Some(AnchorPurpose::Signature),
        x509::AnchorPurpose::TimeStamp => Some(AnchorPurpose::TimeStamp),
        x509::AnchorPurpose::Revocation => Some(AnchorPurpose::Revocation),
        _ => None,
    });
    ChainFacts {
        certificates: path.certificates().iter().map(|c| c.fingerprint().into()).collect(),
        anchor: Some(AnchorFacts {
            name: anchor.certificate.subject().to_string(),
            fingerprint: Some(anchor.certificate.fingerprint().into()),
            purposes: purposes.collect(),
            trusted_from: anchor.trusted_from,
            sunset: anchor.sunset,
            service: None,
        }),
        problems,
        missing_issuer: None,
    }
}

/// A chain that reaches no anchor: why, as far as the search saw.
fn incomplete(subject: &Certificate, search: &PathSearch) -> ChainFacts {
    let missing = search.failed.iter().find(|failed| {
        matches!(
            failed.reason,
            x509::CandidateFailure::IssuerMissing | x509::CandidateFailure::RootNotTrusted
        )
    });
    let forged = search
        .failed
        .iter()
        .filter(|failed| matches!(failed.reason, x509::CandidateFailure::Signature { .. }))
        .map(|failed| PathProblem {
            code: Code::CertificateSignatureInvalid,
            certificate: Some(failed.certificate.into()),
            detail: failed.issuer_name.clone(),
        });
    let problems = if missing.is_some() { Vec::new() } else { forged.collect() };
    let issuer = missing.map_or_else(|| subject.issuer().to_string(), |f| f.issuer_name.clone());
    ChainFacts {
        certificates: vec![subject.fingerprint().into()],
        anchor: None,
        problems,
        missing_issuer: Some(issuer),
    }
}

fn code_of(rule: &PathRule) -> Code {
    match rule {
        PathRule::NotCa => Code::CertificateNotCa,
        PathRule::NoKeyCertSign => Code::CertificateCaKeyUsage,
        PathRule::PathTooLong { .. } => Code::CertificatePathLength,
        PathRule::UnprocessedCriticalExtension { .. } => Code::CertificateCriticalExtension,
        PathRule::AnyPolicyMapped => Code::CertificatePolicyTree,
        _ => Code::CertificatePathInvalid,
    }
}

/// The observed detail of a broken rule.
fn detail_of(rule: &PathRule) -> String {
    match rule {
        PathRule::NotCa => "not a CA".to_owned(),
        PathRule::NoKeyCertSign => "no keyCertSign".to_owned(),
        PathRule::PathTooLong { allowed, found } => format!("{found} below, {allowed} allowed"),
        PathRule::UnprocessedCriticalExtension { oid } => oid.clone(),
        PathRule::RepeatedExtension { oid } => format!("extension {oid} is repeated"),
        PathRule::MalformedExtension { oid } => format!("extension {oid} cannot be read"),
        PathRule::AlgorithmsDiffer => "its two signature algorithms differ".to_owned(),
        PathRule::AnyPolicyMapped => "anyPolicy is mapped".to_owned(),
        PathRule::PurposeExcluded { oid } => format!("purpose {oid} is excluded"),
        PathRule::BreakableKey { bits } => format!("a key of {bits} bits can be broken"),
        PathRule::NotEvaluated { oid } => format!("extension {oid} is not evaluated"),
        _ => "another rule".to_owned(),
    }
}

/// The named parts of a certificate, as facts.
fn certificate_facts(certificate: &Certificate) -> CertificateFacts {
    let extensions = certificate.extensions();
    let qc = extensions.qc_statements.as_ref();
    let qc_type = |oid: &asn1::Oid| match oid.to_string().as_str() {
        "0.4.0.1862.1.6.1" => "esign".to_owned(),
        "0.4.0.1862.1.6.2" => "eseal".to_owned(),
        "0.4.0.1862.1.6.3" => "web".to_owned(),
        other => other.to_owned(),
    };
    let mut limits: Vec<String> =
        extensions.policies.iter().flat_map(|policy| policy.notices.clone()).collect();
    if let Some((currency, amount, exponent)) = qc.and_then(|qc| qc.limit_value.clone()) {
        limits.push(format!("{amount}E{exponent} {currency}"));
    }
    CertificateFacts {
        subject: name_facts(certificate.subject()),
        issuer: name_facts(certificate.issuer()),
        serial_number: certificate.serial_hex(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        key: key_facts(certificate),
        signature: certificate_algorithm(certificate.signature_algorithm()),
        self_signed: certificate.self_signed(),
        key_usage: certificate
            .key_usage()
            .map(|usage| usage.names().into_iter().map(str::to_owned).collect()),
        extended_key_usage: extensions.extended_key_usage.as_ref().map(|usage| {
            ExtendedKeyUsageFacts {
                purposes: usage.purposes.iter().map(ToString::to_string).collect(),
                critical: usage.critical,
            }
        }),
        ocsp_nocheck: extensions.ocsp_no_check,
        no_revocation_available: x509::revocation_exemption(certificate).is_some(),
        qc: qc.map_or_else(QcFacts::default, |qc| QcFacts {
            // A list of countries says that another law than the Union's is meant.
            compliance: qc.compliance && qc.legislation.is_empty(),
            device: qc.sscd,
            types: qc.types.iter().map(qc_type).collect(),
        }),
        usage_limits: limits,
    }
}

fn name_facts(name: &x509::Name) -> NameFacts {
    NameFacts {
        dn: name.to_string(),
        common_name: name.common_name(),
        surname: name.surname(),
        given_name: name.given_name(),
        serial_number: name.serial_number(),
        title: name.title(),
        organisation: name.organization(),
        country: name.country(),
    }
}

/// Kind and size of a certificate's key.
pub(super) fn key_facts(certificate: &Certificate) -> KeyFacts {
    let Ok(key) = certificate.public_key() else {
        return KeyFacts { kind: "unknown".to_owned(), bits: None, curve: None };
    };
    let (kind, curve) = match key.key_kind() {
        KeyKind::Rsa | KeyKind::RsaPss => ("RSA", None),
        KeyKind::Ec(curve) => ("EC", Some(curve.name().to_owned())),
        KeyKind::Ed25519 => ("Ed25519", None),
        KeyKind::Ed448 => ("Ed448", None),
        KeyKind::Dsa => ("DSA", None),
        _ => ("unknown", None),
    };
    KeyFacts { kind: kind.to_owned(), bits: u32::try_from(key.bits()).ok(), curve }
}

fn scheme_facts(algorithm: &SignatureAlgorithm, name: String) -> AlgorithmFacts {
    let scheme = match algorithm {
        SignatureAlgorithm::RsaPkcs1 { .. } => Scheme::Rsa,
        SignatureAlgorithm::RsaPss { .. } => Scheme::RsaPss,
        SignatureAlgorithm::Ecdsa { .. } | SignatureAlgorithm::PlainEcdsa { .. } => Scheme::Ecdsa,
        SignatureAlgorithm::Dsa { .. } => Scheme::Dsa,
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => Scheme::EdDsa,
    };
    let digest = algorithm.digest().map(|digest| digest.name().to_owned());
    AlgorithmFacts { scheme, digest, name }
}

/// The signature algorithm of a SignerInfo, once it was understood.
pub(super) fn algorithm_facts(
    algorithm: Option<&SignatureAlgorithm>,
    signer: &SignerInfo,
) -> AlgorithmFacts {
    let name = signer.signature_algorithm.oid.to_string();
    match algorithm {
        Some(algorithm) => scheme_facts(algorithm, name),
        None => AlgorithmFacts { scheme: Scheme::Other, digest: None, name },
    }
}

/// The algorithm a certificate, list or response is signed with.
fn certificate_algorithm(der: &[u8]) -> AlgorithmFacts {
    let unknown = |name| AlgorithmFacts { scheme: Scheme::Other, digest: None, name };
    let Some(identifier) = asn1::Value::parse(der)
        .ok()
        .and_then(|value| crypto::AlgorithmIdentifier::parse(&value).ok())
    else {
        return unknown(String::new());
    };
    let name = identifier.oid.to_string();
    match SignatureAlgorithm::from_identifier(&identifier, None) {
        Ok(algorithm) => scheme_facts(&algorithm, name),
        Err(_) => unknown(name),
    }
}

fn revocation_facts(fact: &RevocationFact, object: Option<&RevocationObject>) -> RevocationFacts {
    let mut problems: BTreeMap<&str, Code> = BTreeMap::new();
    // A list that is not complete still revokes what it names: `x509` settled that.
    let settled = matches!(fact.status, RevocationStatus::Revoked { .. });
    for reason in fact.unusable.iter().filter(|_| !settled) {
        let code = match reason {
            Unusable::OtherCertificates
            | Unusable::OtherDistributionPoint
            | Unusable::SomeReasons
            | Unusable::Delta
            | Unusable::Indirect => Code::RsiScope,
            Unusable::OtherCertHash => Code::RsiCertHashMismatch,
            _ => Code::RsiUnusable,
        };
        problems.insert(code.as_str(), code);
    }
    let (kind, label) = match fact.kind {
        x509::RevocationKind::Crl => (RevocationKind::Crl, "CRL"),
        x509::RevocationKind::Ocsp => (RevocationKind::Ocsp, "OCSP"),
    };
    let digest = fact.object.to_string();
    RevocationFacts {
        // Long enough to find the object again, short enough to be read.
        id: format!("{label} {}", digest.get(..16).unwrap_or(&digest)),
        kind,
        source: match &fact.origin {
            RevocationOrigin::Embedded => RevocationSource::Embedded,
            RevocationOrigin::Fetched { .. } => RevocationSource::Online,
            _ => RevocationSource::Given,
        },
        status: status(fact),
        this_update: Some(fact.this_update),
        next_update: fact.next_update,
        produced_at: fact.produced_at,
        issuer: fact.signer.as_ref().map(|signer| signer.fingerprint.into()),
        signature: match &fact.signature {
            None => SignatureCheck::Unchecked,
            Some(x509::SignatureCheck::Valid { .. }) => SignatureCheck::Valid,
            Some(x509::SignatureCheck::Invalid) => SignatureCheck::Invalid,
            Some(x509::SignatureCheck::Unsupported { .. }) => SignatureCheck::Unsupported,
        },
        authorisation: match &fact.authorisation {
            x509::Authorisation::Issuer | x509::Authorisation::IssuerOtherKey => {
                Authorisation::Issuer
            }
            x509::Authorisation::Delegate => Authorisation::Delegate,
            x509::Authorisation::Anchor => Authorisation::Configured,
            x509::Authorisation::Refused { .. } => Authorisation::None,
        },
        // The signer was found by the responderID, or not at all.
        responder_id_matches: fact.produced_at.map(|_| fact.signer.is_some()),
        cert_hash_matches: fact.cert_hash_matches,
        covers_expired_since: fact.expired_since,
        algorithm: object.map_or_else(|| certificate_algorithm(&[]), object_algorithm),
        problems: problems.into_values().collect(),
    }
}

/// The second field of a CertificateList or BasicOCSPResponse: both are
/// `SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING, … }`.
fn object_algorithm(object: &RevocationObject) -> AlgorithmFacts {
    let octets = match object {
        RevocationObject::Crl(crl) => crl.der(),
        RevocationObject::Ocsp(response) => response.basic(),
    };
    let second = || {
        let mut fields = asn1::Value::parse(octets).ok()?.children();
        fields.any().ok()?;
        fields.any().ok()
    };
    certificate_algorithm(second().map_or(&[], |value| value.raw()))
}

/// What the object says, whoever signed it: whether it counts is judged from the other facts. An
/// object that does not decide knows nothing of the certificate.
fn status(fact: &RevocationFact) -> CertificateStatus {
    match fact.claim {
        RevocationStatus::Good => CertificateStatus::Good,
        RevocationStatus::Revoked { at, reason, .. } => {
            CertificateStatus::Revoked { at, reason: reason_of(reason) }
        }
        RevocationStatus::Unknown | RevocationStatus::Undetermined => CertificateStatus::Unknown,
    }
}

fn reason_of(reason: x509::RevocationReason) -> RevocationReason {
    use x509::RevocationReason as R;
    match reason {
        R::KeyCompromise => RevocationReason::KeyCompromise,
        R::CaCompromise => RevocationReason::CaCompromise,
        R::AffiliationChanged => RevocationReason::AffiliationChanged,
        R::Superseded => RevocationReason::Superseded,
        R::CessationOfOperation => RevocationReason::CessationOfOperation,
        R::CertificateHold => RevocationReason::CertificateHold,
        R::RemoveFromCrl => RevocationReason::RemoveFromCrl,
        R::PrivilegeWithdrawn => RevocationReason::PrivilegeWithdrawn,
        R::AaCompromise => RevocationReason::AaCompromise,
        R::Unspecified | R::Unknown => RevocationReason::Unspecified,
    }
}

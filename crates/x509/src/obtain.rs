//! Bringing what is missing through a [`Fetch`]: revocation data named in a
//! certificate, and the certificate of its issuer (RFC 5280 §4.2.1.13, §4.2.2.1).
//!
//! Which certificates deserve a fetch is the caller's choice; only those on a
//! path to an anchor do. Every attempt is recorded, failures with their reason.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fmt,
};

use crypto::DigestAlgorithm;
use serde::{Deserialize, Serialize};

use crate::{
    Certificate, Crl, Fetch, Fingerprint, OcspResponse, Origin, Purpose, Request, RevocationFact,
    RevocationKind, RevocationObject, RevocationOrigin, RevocationSource, RevocationStatus,
    TrustAnchor, evaluate, ocsp_request,
};

/// URLs of one kind tried for one certificate; those met name up to 3.
const MAX_URLS: usize = 4;

/// One attempt to bring revocation data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevocationAttempt {
    /// The URL asked.
    pub url: String,
    /// What was asked for.
    pub kind: RevocationKind,
    /// What came.
    pub outcome: AttemptOutcome<RevocationSource>,
}

/// One attempt to bring an issuer's certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssuerAttempt {
    /// The URL asked.
    pub url: String,
    /// What came.
    pub outcome: AttemptOutcome<Vec<Certificate>>,
}

/// What an attempt brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome<T> {
    /// An object that could be read; whether it decides is for [`evaluate()`] to say.
    Obtained(T),
    /// Nothing, and why: the error and its causes, in one line.
    Failed(String),
}

impl<T> AttemptOutcome<T> {
    /// What was obtained.
    #[must_use]
    pub fn obtained(&self) -> Option<&T> {
        match self {
            Self::Obtained(it) => Some(it),
            Self::Failed(_) => None,
        }
    }
}

/// The fetches of one judgement: no more than allowed, and the same thing
/// never twice, however many certificates name it.
pub struct Fetcher<'a> {
    fetch: &'a dyn Fetch,
    nonce: Option<Vec<u8>>,
    limit: u32,
    left: Cell<u32>,
    asked: RefCell<BTreeSet<(String, Fingerprint)>>,
}

impl fmt::Debug for Fetcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<'a> Fetcher<'a> {
    /// Allows `limit` requests through `fetch`.
    #[must_use]
    pub fn new(fetch: &'a dyn Fetch, limit: u32) -> Self {
        Self { fetch, nonce: None, limit, left: Cell::new(limit), asked: RefCell::default() }
    }

    /// Sends this nonce with every OCSP request and refuses a response with
    /// another one; one without is taken (RFC 6960 §4.4.1). Random, 1 to 128
    /// octets (RFC 9654 §2.1). Without a nonce stored responses serve, which
    /// is right for what is kept as evidence.
    #[must_use]
    pub fn with_nonce(self, nonce: Vec<u8>) -> Self {
        Self { nonce: Some(nonce), ..self }
    }

    /// How many requests are left.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.left.get()
    }

    /// Brings revocation data for `certificate`: OCSP first, its request
    /// naming the issuer by SHA-1 and, should that fail, by SHA-256; then the
    /// CRLs of its distribution points. Stops at the first object that
    /// decides; after a CRL its newest delta is asked for as well. `pool` and
    /// `anchors` may hold signers that are neither the issuer nor sent along.
    #[must_use]
    pub fn revocation(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        pool: &[Certificate],
        anchors: &[TrustAnchor],
    ) -> Vec<RevocationAttempt> {
        let mut attempts = Vec::new();
        let decides = |outcome: &AttemptOutcome<RevocationSource>| {
            outcome.obtained().is_some_and(|source| {
                let source = std::slice::from_ref(source);
                let facts = evaluate(certificate, issuer, source, pool, anchors);
                let told = |fact: &RevocationFact| fact.status != RevocationStatus::Unknown;
                facts.iter().any(|fact| fact.is_usable() && told(fact))
            })
        };
        for url in certificate.extensions().ocsp_urls.iter().take(MAX_URLS) {
            for hash in [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256] {
                let Some(outcome) = self.ocsp(certificate, issuer, url, hash) else { continue };
                let (done, obtained) = (decides(&outcome), outcome.obtained().is_some());
                let url = url.clone();
                attempts.push(RevocationAttempt { url, kind: RevocationKind::Ocsp, outcome });
                if done {
                    return attempts;
                }
                if obtained {
                    break;
                }
            }
        }
        for url in certificate.extensions().crl_urls().take(MAX_URLS) {
            let Some(outcome) = self.crl(url) else { continue };
            let done = decides(&outcome);
            let mut deltas: Vec<String> =
                certificate.extensions().delta_crl_urls().map(str::to_owned).collect();
            if let Some(RevocationSource { object: RevocationObject::Crl(crl), .. }) =
                outcome.obtained()
            {
                deltas.extend(crl.delta_urls().map(str::to_owned));
            }
            let url = url.to_owned();
            attempts.push(RevocationAttempt { url, kind: RevocationKind::Crl, outcome });
            if done {
                for url in deltas.into_iter().take(1) {
                    let kind = RevocationKind::Crl;
                    let outcome = self.crl(&url);
                    attempts.extend(outcome.map(|o| RevocationAttempt { url, kind, outcome: o }));
                }
                return attempts;
            }
        }
        attempts
    }

    /// Brings the certificates `caIssuers` names: DER, PEM or a `.p7c`. Stops
    /// at the first answer that holds one whose key signed `certificate`.
    #[must_use]
    pub fn issuer(&self, certificate: &Certificate) -> Vec<IssuerAttempt> {
        let mut attempts = Vec::new();
        let urls = certificate.extensions().ca_issuers_urls.iter();
        for url in urls.filter(|url| url.starts_with("http")).take(MAX_URLS) {
            let Some(found) = self.get(url, Purpose::CaIssuers, None) else { continue };
            let found = found.and_then(|octets| {
                Certificate::from_pem_or_der(&octets).map_err(|error| line(&error))
            });
            let done = found.as_ref().is_ok_and(|found| {
                found.iter().take(MAX_URLS).any(|one| certificate.verify_issued_by(one).is_valid())
            });
            attempts.push(IssuerAttempt { url: url.clone(), outcome: outcome(found) });
            if done {
                break;
            }
        }
        attempts
    }

    fn ocsp(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        url: &str,
        hash: DigestAlgorithm,
    ) -> Option<AttemptOutcome<RevocationSource>> {
        let body = ocsp_request(certificate, issuer, hash, self.nonce.as_deref());
        let body = Some(("application/ocsp-request", &body[..]));
        let found = self.get(url, Purpose::Ocsp, body)?.and_then(|octets| {
            let response = OcspResponse::from_der(&octets).map_err(|error| line(&error))?;
            if response.about(certificate, issuer).is_none() {
                return Err("the response is about another certificate".to_owned());
            }
            if self.nonce.as_deref().and_then(|sent| response.nonce_matches(sent)) == Some(false) {
                return Err("the response answers another request: its nonce differs".to_owned());
            }
            Ok(RevocationSource::ocsp(response, RevocationOrigin::Fetched { url: url.to_owned() }))
        });
        Some(outcome(found))
    }

    fn crl(&self, url: &str) -> Option<AttemptOutcome<RevocationSource>> {
        let found = self.get(url, Purpose::Crl, None)?.and_then(|octets| {
            let crls = Crl::from_pem_or_der(&octets).map_err(|error| line(&error))?;
            let crl = crls.into_iter().next().ok_or_else(|| "no CRL in the answer".to_owned())?;
            Ok(RevocationSource::crl(crl, RevocationOrigin::Fetched { url: url.to_owned() }))
        });
        Some(outcome(found))
    }

    /// One request; `None` when it was made before.
    fn get(
        &self,
        url: &str,
        purpose: Purpose,
        body: Option<(&str, &[u8])>,
    ) -> Option<Result<Vec<u8>, String>> {
        let of = Fingerprint::of(body.map_or(&[], |(_, octets)| octets));
        if !self.asked.borrow_mut().insert((url.to_owned(), of)) {
            return None;
        }
        let Some(left) = self.left.get().checked_sub(1) else {
            return Some(Err(format!(
                "no more than {} requests are made for one file",
                self.limit
            )));
        };
        self.left.set(left);
        let request = Request { url, purpose, origin: Origin::Certificate, body };
        Some(self.fetch.fetch(&request).map_err(|error| line(error.as_ref())))
    }
}

/// Brings revocation data for one certificate, see [`Fetcher::revocation`].
#[must_use]
pub fn fetch_revocation(
    certificate: &Certificate,
    issuer: &Certificate,
    fetch: &dyn Fetch,
) -> Vec<RevocationAttempt> {
    Fetcher::new(fetch, u32::MAX).revocation(certificate, issuer, &[], &[])
}

/// Brings the issuer of one certificate, see [`Fetcher::issuer`].
#[must_use]
pub fn fetch_issuer(certificate: &Certificate, fetch: &dyn Fetch) -> Vec<IssuerAttempt> {
    Fetcher::new(fetch, u32::MAX).issuer(certificate)
}

fn outcome<T>(result: Result<T, String>) -> AttemptOutcome<T> {
    match result {
        Ok(it) => AttemptOutcome::Obtained(it),
        Err(reason) => AttemptOutcome::Failed(reason),
    }
}

/// An error and its causes, in one line.
fn line(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    crate::clean_text(&text)
}

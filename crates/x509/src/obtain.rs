//! Bringing what is missing through a [`Fetch`]: revocation data named in a
//! certificate, and the certificate of its issuer (RFC 5280 §4.2.1.13, §4.2.2.1).
//!
//! Which certificates deserve a fetch is the caller's choice; only those on a
//! path to an anchor do. Every attempt is recorded, failures with their reason.

use crypto::DigestAlgorithm;
use serde::{Deserialize, Serialize};

use crate::{
    Certificate, Crl, Fetch, OcspResponse, Origin, Purpose, Request, RevocationKind,
    RevocationOrigin, RevocationSource, evaluate, ocsp_request,
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
    /// An object that could be read; whether it decides is for [`evaluate`] to say.
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

/// Brings revocation data for `certificate`: OCSP first, its request naming
/// the issuer by SHA-1 and, should that fail, by SHA-256; then the CRLs of its
/// distribution points. Stops at the first object that decides.
///
/// Requests carry no nonce: what is fetched is kept as evidence, and stored
/// responses serve as well.
#[must_use]
pub fn fetch_revocation(
    certificate: &Certificate,
    issuer: &Certificate,
    fetch: &dyn Fetch,
) -> Vec<RevocationAttempt> {
    let mut attempts = Vec::new();
    let ocsp = |url: &str, hash| {
        let body = ocsp_request(certificate, issuer, hash, None);
        let octets = get(fetch, url, Purpose::Ocsp, Some(("application/ocsp-request", &body)))?;
        let response = OcspResponse::from_der(&octets).map_err(|error| line(&error))?;
        if response.about(certificate, issuer).is_none() {
            return Err("the response is about another certificate".to_owned());
        }
        Ok(RevocationSource::ocsp(response, RevocationOrigin::Fetched { url: url.to_owned() }))
    };
    for url in certificate.extensions().ocsp_urls.iter().take(MAX_URLS) {
        for hash in [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256] {
            let outcome = outcome(ocsp(url, hash));
            let (done, obtained) =
                (decides(certificate, issuer, &outcome), outcome.obtained().is_some());
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
    let crl = |url: &str| {
        let octets = get(fetch, url, Purpose::Crl, None)?;
        let crl = Crl::from_pem_or_der(&octets).map_err(|error| line(&error))?.into_iter().next();
        let crl = crl.ok_or_else(|| "no CRL in the answer".to_owned())?;
        Ok(RevocationSource::crl(crl, RevocationOrigin::Fetched { url: url.to_owned() }))
    };
    for url in certificate.extensions().crl_urls().take(MAX_URLS) {
        let outcome = outcome(crl(url));
        let done = decides(certificate, issuer, &outcome);
        let url = url.to_owned();
        attempts.push(RevocationAttempt { url, kind: RevocationKind::Crl, outcome });
        if done {
            return attempts;
        }
    }
    attempts
}

/// Brings the certificates `caIssuers` names: DER, PEM or a `.p7c`. Stops at
/// the first answer that holds one whose key signed `certificate`.
#[must_use]
pub fn fetch_issuer(certificate: &Certificate, fetch: &dyn Fetch) -> Vec<IssuerAttempt> {
    let mut attempts = Vec::new();
    let urls = certificate.extensions().ca_issuers_urls.iter();
    for url in urls.filter(|url| url.starts_with("http")).take(MAX_URLS) {
        let found = get(fetch, url, Purpose::CaIssuers, None)
            .and_then(|octets| Certificate::from_pem_or_der(&octets).map_err(|error| line(&error)));
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

fn decides(
    certificate: &Certificate,
    issuer: &Certificate,
    outcome: &AttemptOutcome<RevocationSource>,
) -> bool {
    outcome.obtained().is_some_and(|source| {
        let facts = evaluate(certificate, issuer, std::slice::from_ref(source), &[], &[]);
        facts.iter().any(|fact| fact.is_usable() && fact.status != crate::RevocationStatus::Unknown)
    })
}

fn outcome<T>(result: Result<T, String>) -> AttemptOutcome<T> {
    match result {
        Ok(it) => AttemptOutcome::Obtained(it),
        Err(reason) => AttemptOutcome::Failed(reason),
    }
}

fn get(
    fetch: &dyn Fetch,
    url: &str,
    purpose: Purpose,
    body: Option<(&str, &[u8])>,
) -> Result<Vec<u8>, String> {
    let request = Request { url, purpose, origin: Origin::Certificate, body };
    fetch.fetch(&request).map_err(|error| line(error.as_ref()))
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

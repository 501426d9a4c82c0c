//! Revocation data and issuers' certificates by HTTP (RFC 6960 Appendix A,
//! RFC 5280 §4.2.1.13 and §4.2.2.1), as [`x509::Fetch`].
//!
//! Answers are not parsed here. What a GET brought, or failed to, is
//! remembered as long as the value lives: make one for each run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use x509::{Fetch, FetchError, Origin, Purpose, Request};

use crate::client::{Call, HttpClient};
use crate::error::{Error, start_of};

/// Octets remembered at most: two CRLs of the longest kind.
const CACHE_OCTETS: usize = 128 * 1024 * 1024;
/// URLs remembered at most, failures included.
const CACHE_ENTRIES: usize = 4096;

/// Fetches for certificate paths.
#[derive(Debug)]
pub struct HttpFetch {
    client: HttpClient,
    cache: Mutex<Cache>,
}

type Key = (String, Purpose, Origin);

#[derive(Debug, Default)]
struct Cache {
    entries: HashMap<Key, Result<Arc<[u8]>, Error>>,
    octets: usize,
}

impl HttpFetch {
    /// Fetches through `client`.
    #[must_use]
    pub fn new(client: HttpClient) -> Self {
        Self { client, cache: Mutex::default() }
    }

    /// [`Fetch::fetch`] with this crate's error.
    ///
    /// # Errors
    /// What [`HttpClient::send`] says, and [`Error::MediaType`] for a web page:
    /// other media types pass, since servers label CRLs and certificates in
    /// many ways and the parser decides.
    pub fn get(&self, request: &Request<'_>) -> Result<Vec<u8>, Error> {
        if request.body.is_some() {
            return self.ask(request);
        }
        // The origin is part of the key: what the user may reach, a
        // certificate may not get out of the cache.
        let key = (request.url.to_owned(), request.purpose, request.origin);
        if let Some(known) = self.lock().entries.get(&key) {
            return known.as_ref().map(|octets| octets.to_vec()).map_err(Error::clone);
        }
        let answer = self.ask(request);
        let stored =
            answer.as_ref().map(|octets| Arc::from(octets.as_slice())).map_err(Error::clone);
        let size = answer.as_ref().map_or(0, Vec::len);
        let mut cache = self.lock();
        if cache.entries.len() < CACHE_ENTRIES && cache.octets + size <= CACHE_OCTETS {
            cache.octets += size;
            cache.entries.insert(key, stored);
        }
        answer
    }

    fn ask(&self, request: &Request<'_>) -> Result<Vec<u8>, Error> {
        let expected = match request.purpose {
            Purpose::Ocsp => "application/ocsp-response",
            Purpose::Crl => "application/pkix-crl",
            Purpose::CaIssuers => "application/pkix-cert",
        };
        let answer = self.client.send(&Call {
            url: request.url,
            origin: request.origin,
            body: request.body,
            accept: match request.purpose {
                Purpose::Ocsp => "application/ocsp-response",
                Purpose::Crl => "application/pkix-crl, */*;q=0.5",
                Purpose::CaIssuers => "application/pkix-cert, application/pkcs7-mime, */*;q=0.5",
            },
            cap: self.client.config().caps.of(request.purpose),
            credentials: None,
        })?;
        match answer.media_type {
            Some(found) if matches!(found.as_str(), "text/html" | "application/xhtml+xml") => {
                Err(Error::MediaType {
                    url: answer.url,
                    expected,
                    found: Some(found),
                    start: start_of(&answer.body),
                })
            }
            _ => Ok(answer.body),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        // A panic elsewhere leaves the map whole: entries are added in one step.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetch for HttpFetch {
    fn fetch(&self, request: &Request<'_>) -> Result<Vec<u8>, FetchError> {
        self.get(request).map_err(Into::into)
    }
}

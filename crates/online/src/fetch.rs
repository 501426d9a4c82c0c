//! Revocation data and issuers' certificates by HTTP (RFC 6960 Appendix A,
//! RFC 5280 §4.2.1.13 and §4.2.2.1), as [`x509::Fetch`].
//!
//! Answers are not parsed here. What a GET brought, or failed to, is
//! remembered as long as the value lives: make one for each run. With a
//! [`Store`], what earlier runs brought serves as well, as long as the caller
//! says so.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use x509::{Fetch, FetchError, Origin, Purpose, Request};

use crate::client::{Call, HttpClient};
use crate::error::{Error, Phase, shown_url, start_of};
use crate::store::{Store, Stored};

/// Octets remembered at most: two CRLs of the longest kind.
const CACHE_OCTETS: usize = 128 * 1024 * 1024;
/// URLs remembered at most, failures included.
const CACHE_ENTRIES: usize = 4096;

/// Says whether an answer of an earlier run, or one just fetched, may serve
/// for this request now.
pub type Serves = dyn Fn(&Request<'_>, &Stored) -> bool + Send + Sync;

/// Fetches for certificate paths.
pub struct HttpFetch {
    client: HttpClient,
    cache: Mutex<Cache>,
    store: Option<(Store, Box<Serves>)>,
}

impl fmt::Debug for HttpFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.store.as_ref().map(|(store, _)| store);
        f.debug_struct("HttpFetch").field("client", &self.client).field("store", &store).finish()
    }
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
        Self { client, cache: Mutex::default(), store: None }
    }

    /// Keeps answers in `store`, and takes them from there while they serve.
    /// What does not serve is never kept.
    #[must_use]
    pub fn with_store(
        self,
        store: Store,
        serves: impl Fn(&Request<'_>, &Stored) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { store: Some((store, Box::new(serves))), ..self }
    }

    /// [`Fetch::fetch`] with this crate's error.
    ///
    /// # Errors
    /// What [`HttpClient::send`] says, and [`Error::MediaType`] for a web page:
    /// other media types pass, since servers label CRLs and certificates in
    /// many ways and the parser decides.
    pub fn get(&self, request: &Request<'_>) -> Result<Vec<u8>, Error> {
        if request.body.is_some() {
            return self.stored(request);
        }
        // The origin is part of the key: what the user may reach, a
        // certificate may not get out of the cache.
        let key = (request.url.to_owned(), request.purpose, request.origin);
        if let Some(known) = self.lock().entries.get(&key) {
            return known.as_ref().map(|octets| octets.to_vec()).map_err(Error::clone);
        }
        let answer = self.stored(request);
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

    /// An earlier run's answer while it serves, or a new one.
    fn stored(&self, request: &Request<'_>) -> Result<Vec<u8>, Error> {
        let Some((store, serves)) = &self.store else { return self.ask(request) };
        if let Some(stored) = store.get(request).filter(|stored| serves(request, stored)) {
            return Ok(stored.octets);
        }
        let octets = self.ask(request)?;
        let new = Stored { octets, fetched: store.now() };
        if serves(request, &new) {
            store.put(request, &new.octets);
        }
        Ok(new.octets)
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

/// A [`Fetch`] that gives up once its time has passed: many calls, each within
/// its own limit, may still take hours together.
pub struct Within<'a> {
    fetch: &'a dyn Fetch,
    began: Instant,
    limit: Duration,
}

impl<'a> Within<'a> {
    /// Gives `fetch` so much time from now on. A call that is under way when
    /// the time is over still ends by its own limit.
    #[must_use]
    pub fn new(fetch: &'a dyn Fetch, limit: Duration) -> Self {
        Self { fetch, began: Instant::now(), limit }
    }

    /// Whether the time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.began.elapsed() >= self.limit
    }
}

impl fmt::Debug for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Fetch for Within<'_> {
    fn fetch(&self, request: &Request<'_>) -> Result<Vec<u8>, FetchError> {
        if self.is_over() {
            let url = shown_url(request.url);
            return Err(Error::Timeout { url, after: self.limit, phase: Phase::Total }.into());
        }
        self.fetch.fetch(request)
    }
}

//! One HTTP call with every cap: the only place that sends requests.
//!
//! Redirects are followed here and not by ureq, so that each target passes the
//! same checks as the first. Answers are brought, not understood.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, LOCATION,
};
use ureq::http::{HeaderValue, Method, Request, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector as _, NativeTlsConnector, TcpConnector,
};
use ureq::{Agent, Body, Proxy, ProxyProtocol};
use x509::Origin;

use crate::config::{Credentials, HttpConfig};
use crate::error::{Error, Phase, SHOWN_TEXT, clean, shown_url, start_of};
use crate::forward::ForwardConnector;
use crate::resolver::{Failure, Guard, GuardedResolver};
use crate::target::Target;

/// Behind a proxy the name is looked up here for the check alone; a desk
/// without outside name service should not wait long for nothing.
const PROXIED_LOOKUP: Duration = Duration::from_secs(2);

/// Octets of an unsuccessful answer read for its first words.
const DETAIL_OCTETS: u64 = 2048;

/// One thing to ask for.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Absolute `http` or `https` URL without credentials.
    pub url: &'a str,
    /// Who named the URL.
    pub origin: Origin,
    /// Body of a POST with its media type; `None` is a GET.
    pub body: Option<(&'a str, &'a [u8])>,
    /// Value of `Accept`.
    pub accept: &'static str,
    /// Longest answer, in octets.
    pub cap: u64,
    /// Sent to the URL's own host only.
    pub credentials: Option<&'a Credentials>,
}

/// What a successful call (status 200) brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The octets, within the cap.
    pub body: Vec<u8>,
    /// Media type in lower case without parameters, cleaned.
    pub media_type: Option<String>,
    /// Where the answer came from, after redirects.
    pub url: String,
}

/// The client; clones share it. Its `Debug` shows no credentials.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    config: HttpConfig,
    system: Agents,
    extra: Option<Agents>,
}

/// One agent for each way out, over one set of roots.
struct Agents {
    open: Agent,
    guarded: Agent,
    http_proxy: Option<Agent>,
    https_proxy: Option<Agent>,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl HttpClient {
    /// Prepares a client; nothing is connected yet.
    ///
    /// # Errors
    /// [`Error::BadProxy`] and [`Error::BadRoots`] for settings that cannot be
    /// used.
    pub fn new(config: HttpConfig) -> Result<Self, Error> {
        let http = config.proxy.http.as_deref().map(parse_proxy).transpose()?;
        let https = config.proxy.https.as_deref().map(parse_proxy).transpose()?;
        // Roots of the caller count beside the system's: the TLS library takes
        // one set or the other, so each has its agents, tried in turn.
        let system =
            Agents::new(&config, RootCerts::PlatformVerifier, http.as_ref(), https.as_ref());
        let extra = match &config.extra_roots {
            None => None,
            Some(octets) => {
                let roots = RootCerts::from(read_roots(octets)?);
                Some(Agents::new(&config, roots, http.as_ref(), https.as_ref()))
            }
        };
        Ok(Self { inner: Arc::new(Inner { config, system, extra }) })
    }

    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> &HttpConfig {
        &self.inner.config
    }

    /// Makes the call and follows its redirects.
    ///
    /// A GET follows 301, 302, 303, 307 and 308; a POST is repeated for all of
    /// these but 303, which would turn it into a GET (RFC 9110 §15.4).
    ///
    /// # Errors
    /// Any variant of [`Error`] but those of settings.
    pub fn send(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let config = &self.inner.config;
        let deadline = Instant::now() + config.total_timeout;
        let first = Target::parse(call.url)?;
        let mut target = first.clone();
        let mut origin = call.origin;
        let mut credentials = call.credentials;
        let mut seen = vec![target.uri.clone()];
        loop {
            let response =
                self.hop(call, &target, origin, credentials, deadline, seen.len() == 1)?;
            let Some(next) = redirect(call, &target, &response)? else {
                return self.answer(call, &target, response);
            };
            if seen.len() > usize::from(config.max_redirects) {
                return Err(Error::TooManyRedirects {
                    url: first.shown(),
                    limit: config.max_redirects,
                });
            }
            if seen.contains(&next.uri) {
                return Err(Error::RedirectLoop { url: next.shown() });
            }
            if next.host != first.host {
                // The user named the first host and not this one; from here on
                // nothing counts as the user's word.
                origin = Origin::Certificate;
            }
            if !keeps_credentials(&target, &next) {
                credentials = None;
            }
            seen.push(next.uri.clone());
            target = next;
        }
    }

    /// One request, without following.
    fn hop(
        &self,
        call: &Call<'_>,
        target: &Target,
        origin: Origin,
        credentials: Option<&Credentials>,
        deadline: Instant,
        first: bool,
    ) -> Result<Response<Body>, Error> {
        let inner = &*self.inner;
        let proxied = inner.config.proxy.serves(target);
        let checked = proxied && origin == Origin::Certificate;
        if checked {
            self.check_before_proxy(target)?;
        }
        let attempt = |agents: &Agents, whole_time: bool| {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ureq::Error::Timeout(ureq::Timeout::Global));
            }
            // An agent's own settings say the total time. Whatever has less
            // left must say so, and costs ureq a new TLS set-up.
            let left = (!whole_time).then_some(left);
            run(agents.choose(target, proxied, origin), call, target, credentials, left)
        };
        let outcome = match (attempt(&inner.system, first && !checked), &inner.extra) {
            // Nothing of a request is sent before TLS is agreed.
            (Err(ureq::Error::NativeTls(_)), Some(extra)) => attempt(extra, false),
            (outcome, _) => outcome,
        };
        outcome.map_err(|error| self.explain(error, target, proxied))
    }

    /// What can be checked here of a target that a proxy will resolve.
    fn check_before_proxy(&self, target: &Target) -> Result<(), Error> {
        let config = &self.inner.config;
        let timeout = config.connect_timeout.min(PROXIED_LOOKUP);
        let every = GuardedResolver { lookup: config.lookup.clone(), guard: Guard::Open, timeout };
        match every.addresses(&target.host, target.port, timeout) {
            Ok(found) => {
                // The proxy chooses among the addresses, so all must be good.
                for socket in found {
                    if let Some(kind) = crate::address::refused(socket.ip(), &config.allow_net) {
                        return Err(Error::RefusedAddress {
                            host: target.host.clone(),
                            address: socket.ip().to_canonical(),
                            kind,
                        });
                    }
                }
                Ok(())
            }
            Err(Failure::TimedOut | Failure::Told(_)) if target.is_local_name() => {
                Err(Error::RefusedName { host: target.host.clone() })
            }
            Err(Failure::TimedOut | Failure::Told(_)) => Ok(()),
        }
    }

    /// Reads the body of what is not a redirect.
    fn answer(
        &self,
        call: &Call<'_>,
        target: &Target,
        response: Response<Body>,
    ) -> Result<Answer, Error> {
        let (parts, mut body) = response.into_parts();
        let code = parts.status.as_u16();
        let header = |name| parts.headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()));
        let media_type = header(CONTENT_TYPE).map(|value| {
            let essence = value.split(';').next().unwrap_or_default();
            clean(essence.trim(), SHOWN_TEXT).to_ascii_lowercase()
        });
        if code != 200 {
            // Some authorities say in words why they refuse. HTML is left out:
            // its first words are never the reason.
            let detail = match media_type.as_deref() {
                Some("text/plain" | "application/json") => body
                    .with_config()
                    .limit(DETAIL_OCTETS)
                    .read_to_vec()
                    .map(|octets| start_of(&octets))
                    .unwrap_or_default(),
                _ => String::new(),
            };
            return Err(Error::Status { url: target.shown(), code, detail });
        }
        if let Some(coding) = header(CONTENT_ENCODING)
            && !coding.trim().eq_ignore_ascii_case("identity")
            && !coding.trim().is_empty()
        {
            return Err(Error::ContentCoding {
                url: target.shown(),
                found: clean(&coding, SHOWN_TEXT),
            });
        }
        let too_large = || Error::TooLarge { url: target.shown(), limit: call.cap };
        if body.content_length().is_some_and(|length| length > call.cap) {
            return Err(too_large());
        }
        match body.with_config().limit(call.cap).read_to_vec() {
            Ok(body) => Ok(Answer { body, media_type, url: target.shown() }),
            Err(ureq::Error::BodyExceedsLimit(_)) => Err(too_large()),
            Err(ureq::Error::Io(error)) => {
                Err(Error::Interrupted { url: target.shown(), source: Arc::new(error) })
            }
            Err(error) => Err(self.explain(error, target, false)),
        }
    }

    fn timeout(&self, target: &Target, phase: Phase) -> Error {
        let config = &self.inner.config;
        let after = match phase {
            Phase::Resolve | Phase::Connect => config.connect_timeout.min(config.total_timeout),
            Phase::Total => config.total_timeout,
        };
        Error::Timeout { url: target.shown(), after, phase }
    }

    /// ureq's words in ours.
    fn explain(&self, error: ureq::Error, target: &Target, proxied: bool) -> Error {
        let host = || target.host.clone();
        let proxy = || {
            let settings = &self.inner.config.proxy;
            let set = if target.https { &settings.https } else { &settings.http };
            shown_url(set.as_deref().unwrap_or_default())
        };
        let peer = || if proxied { proxy() } else { host() };
        match error {
            ureq::Error::Other(inner) => match inner.downcast::<Error>() {
                Ok(own) => *own,
                Err(inner) => Error::Connect { host: peer(), source: Arc::from(inner) },
            },
            ureq::Error::Timeout(ureq::Timeout::Resolve) => self.timeout(target, Phase::Resolve),
            ureq::Error::Timeout(ureq::Timeout::Connect) => self.timeout(target, Phase::Connect),
            ureq::Error::Timeout(_) => self.timeout(target, Phase::Total),
            ureq::Error::Io(source) => Error::Connect { host: peer(), source: Arc::new(source) },
            ureq::Error::HostNotFound => Error::Resolve {
                host: peer(),
                source: Arc::new(std::io::ErrorKind::NotFound.into()),
            },
            ureq::Error::ConnectProxyFailed(reason) => {
                Error::Proxy { proxy: proxy(), host: host(), reason: clean(&reason, SHOWN_TEXT) }
            }
            error
            @ (ureq::Error::NativeTls(_) | ureq::Error::Tls(_) | ureq::Error::TlsRequired) => {
                Error::Tls { host: host(), source: Arc::new(error) }
            }
            error @ ureq::Error::ConnectionFailed => {
                Error::Connect { host: peer(), source: Arc::new(error) }
            }
            error => Error::Protocol { url: target.shown(), source: Arc::new(error) },
        }
    }
}

impl Agents {
    fn new(
        config: &HttpConfig,
        roots: RootCerts,
        http: Option<&Proxy>,
        https: Option<&Proxy>,
    ) -> Self {
        let direct = settings(config, &roots, None);
        let open = || resolver(config, Guard::Open);
        let through = |proxy: &Proxy| {
            // The proxy's own name is the user's word, hence the open resolver;
            // the target's name is not resolved on this way.
            let connector =
                ().chain(ForwardConnector { direct: direct.clone() })
                    .chain(ConnectProxyConnector::default())
                    .chain(TcpConnector::default())
                    .chain(NativeTlsConnector::default());
            Agent::with_parts(settings(config, &roots, Some(proxy)), connector, open())
        };
        let plain = |resolver| {
            let connector = ().chain(TcpConnector::default()).chain(NativeTlsConnector::default());
            Agent::with_parts(direct.clone(), connector, resolver)
        };
        Self {
            open: plain(open()),
            guarded: plain(resolver(config, Guard::PublicAnd(config.allow_net.clone()))),
            http_proxy: http.map(through),
            https_proxy: https.map(through),
        }
    }

    fn choose(&self, target: &Target, proxied: bool, origin: Origin) -> &Agent {
        let direct = match origin {
            Origin::User => &self.open,
            Origin::Certificate => &self.guarded,
        };
        let proxy = if target.https { &self.https_proxy } else { &self.http_proxy };
        proxy.as_ref().filter(|_| proxied).unwrap_or(direct)
    }
}

fn resolver(config: &HttpConfig, guard: Guard) -> GuardedResolver {
    GuardedResolver { lookup: config.lookup.clone(), guard, timeout: config.connect_timeout }
}

/// ureq's settings. Redirects and statuses are ours; connections are not kept,
/// since each call may be checked differently.
fn settings(config: &HttpConfig, roots: &RootCerts, proxy: Option<&Proxy>) -> Config {
    let tls =
        TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(roots.clone()).build();
    // ureq panics on a header value that is not ASCII.
    let user_agent: String =
        config.user_agent.chars().filter(|c| matches!(c, ' '..='~')).take(SHOWN_TEXT).collect();
    Agent::config_builder()
        // Set in any case: ureq would look into the environment on its own.
        .proxy(proxy.cloned())
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .max_idle_connections_per_host(0)
        .user_agent(user_agent)
        .timeout_resolve(Some(config.connect_timeout))
        .timeout_connect(Some(config.connect_timeout))
        .timeout_global(Some(config.total_timeout))
        .build()
}

fn parse_proxy(text: &str) -> Result<Proxy, Error> {
    let bad = || Error::BadProxy { proxy: shown_url(text) };
    let proxy = Proxy::new(text.trim()).map_err(|_| bad())?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https if !proxy.host().is_empty() => Ok(proxy),
        _ => Err(bad()),
    }
}

fn read_roots(octets: &[u8]) -> Result<Vec<Certificate<'static>>, Error> {
    // PEM is text; DER of a certificate starts with SEQUENCE.
    if octets.first() == Some(&0x30) {
        return Ok(vec![Certificate::from_der(octets).to_owned()]);
    }
    let roots: Vec<_> = parse_pem(octets)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if roots.is_empty() { Err(Error::BadRoots) } else { Ok(roots) }
}

/// Sends one request.
fn run(
    agent: &Agent,
    call: &Call<'_>,
    target: &Target,
    credentials: Option<&Credentials>,
    left: Option<Duration>,
) -> Result<Response<Body>, ureq::Error> {
    let mut builder = Request::builder()
        .uri(target.uri.clone())
        .header(ACCEPT, call.accept)
        .header(CONNECTION, "close");
    if let Some(credentials) = credentials {
        let mut value = HeaderValue::from_str(&credentials.header())
            .map_err(|error| ureq::Error::Http(error.into()))?;
        value.set_sensitive(true);
        builder = builder.header(AUTHORIZATION, value);
    }
    match call.body {
        Some((media_type, octets)) => {
            let request = builder
                .method(Method::POST)
                .header(CONTENT_TYPE, media_type)
                .body(octets)
                .map_err(ureq::Error::Http)?;
            match left {
                None => agent.run(request),
                Some(left) => {
                    agent.run(agent.configure_request(request).timeout_global(Some(left)).build())
                }
            }
        }
        None => {
            let request = builder.method(Method::GET).body(()).map_err(ureq::Error::Http)?;
            match left {
                None => agent.run(request),
                Some(left) => {
                    agent.run(agent.configure_request(request).timeout_global(Some(left)).build())
                }
            }
        }
    }
}

/// The next target, if the answer is a redirect this call follows.
fn redirect(
    call: &Call<'_>,
    target: &Target,
    response: &Response<Body>,
) -> Result<Option<Target>, Error> {
    match (response.status().as_u16(), call.body) {
        (301 | 302 | 307 | 308, _) | (303, None) => {}
        _ => return Ok(None),
    }
    let bad = |source| Error::BadRedirect { url: target.shown(), source };
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| bad(None))?;
    target.join(location).map(Some).map_err(|error| match error {
        // These two say by themselves what was attempted.
        Error::RefusedScheme { .. } | Error::CredentialsInUrl { .. } => error,
        error => bad(Some(Box::new(error))),
    })
}

/// Whether a password may go on: the same host and port, or the same host's
/// step from http to https.
fn keeps_credentials(from: &Target, to: &Target) -> bool {
    let same = from.https == to.https && from.port == to.port;
    let upgrade = !from.https && to.https && from.port == 80 && to.port == 443;
    from.host == to.host && (same || upgrade)
}

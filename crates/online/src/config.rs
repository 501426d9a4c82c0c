//! What the client is told: caps, times, proxies, networks, credentials.
//!
//! Values only. Nothing here reads the environment or a file; the caller does
//! and passes in what it found.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use x509::Purpose;
use zeroize::Zeroizing;

use crate::error::{Error, shown_url};
use crate::resolver::{Lookup, SystemLookup};
use crate::target::Target;

/// Cap of a CRL: an entry with reason code takes some 40 octets, so this is
/// about 1.6 million revoked certificates.
pub const CRL_CAP: u64 = 64 * 1024 * 1024;
/// Cap of an OCSP answer: a usual one has 500 to 5000 octets with its
/// responder's certificate; the rest is room for answers about many at once.
pub const OCSP_CAP: u64 = 1024 * 1024;
/// Cap of a `caIssuers` answer: one certificate, or a `certs-only` PKCS#7 with
/// an authority's whole set of cross certificates, some 2000 octets each.
pub const CA_ISSUERS_CAP: u64 = 1024 * 1024;
/// Cap of a time-stamp answer: a token with its chain has 3000 to 10000 octets.
pub const TIMESTAMP_CAP: u64 = 1024 * 1024;

/// Longest answers, in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyCaps {
    /// Default [`CRL_CAP`].
    pub crl: u64,
    /// Default [`OCSP_CAP`].
    pub ocsp: u64,
    /// Default [`CA_ISSUERS_CAP`].
    pub ca_issuers: u64,
    /// Default [`TIMESTAMP_CAP`].
    pub timestamp: u64,
}

impl Default for BodyCaps {
    fn default() -> Self {
        Self { crl: CRL_CAP, ocsp: OCSP_CAP, ca_issuers: CA_ISSUERS_CAP, timestamp: TIMESTAMP_CAP }
    }
}

impl BodyCaps {
    /// The cap for what a path needs.
    #[must_use]
    pub fn of(&self, purpose: Purpose) -> u64 {
        match purpose {
            Purpose::Ocsp => self.ocsp,
            Purpose::Crl => self.crl,
            Purpose::CaIssuers => self.ca_issuers,
        }
    }
}

/// Settings of an [`HttpClient`](crate::HttpClient). Its `Debug` shows no
/// credentials.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Time for looking a name up, and again for connecting (TLS and proxy
    /// included). Default 10 s: three retransmissions of a lost SYN (RFC 6298:
    /// after 1, 3 and 7 s) with some room.
    pub connect_timeout: Duration,
    /// Time for the whole call, redirects and body included. Default 60 s, as
    /// EU DSS's loaders have for one step.
    pub total_timeout: Duration,
    /// Redirects followed. Default 5: one to https, one to a new name, and as
    /// many again (the limit RFC 2068 §10.3 once recommended).
    pub max_redirects: u8,
    /// Longest answers.
    pub caps: BodyCaps,
    /// Networks that URLs from certificates may reach although they are
    /// local (`--allow-net`).
    pub allow_net: Vec<IpNet>,
    /// Proxies; none by default.
    pub proxy: ProxySettings,
    /// Certificates (PEM, or one in DER) accepted as TLS roots **beside** the
    /// system's (`--ca-file`).
    pub extra_roots: Option<Vec<u8>>,
    /// `User-Agent`. Default: name and version of this library.
    pub user_agent: String,
    /// Who looks names up. Default: the system.
    pub lookup: Arc<dyn Lookup>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(60),
            max_redirects: 5,
            caps: BodyCaps::default(),
            allow_net: Vec::new(),
            proxy: ProxySettings::default(),
            extra_roots: None,
            user_agent: concat!("ceralacca/", env!("CARGO_PKG_VERSION")).to_owned(),
            lookup: Arc::new(SystemLookup),
        }
    }
}

/// Proxies by the scheme of the URL asked for, and who is asked without.
///
/// A proxy is `http://[user:password@]host[:port]` (or `https://…`). `http`
/// URLs go to it in absolute form (RFC 9112 §3.2.2), since many proxies allow
/// CONNECT to port 443 only; `https` URLs go through CONNECT (RFC 9110 §9.3.6).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// Proxy for `http` URLs.
    pub http: Option<String>,
    /// Proxy for `https` URLs.
    pub https: Option<String>,
    /// Hosts asked directly: a name (itself and below it; a leading dot or
    /// `*.` changes nothing), an address, a network as `10.0.0.0/8`, or `*`.
    pub no_proxy: Vec<String>,
}

impl ProxySettings {
    /// One proxy for every URL.
    #[must_use]
    pub fn all(url: impl Into<String>) -> Self {
        let url = url.into();
        Self { http: Some(url.clone()), https: Some(url), no_proxy: Vec::new() }
    }

    /// Reads the customary variables (`http_proxy`, `https_proxy`,
    /// `all_proxy`, `no_proxy`, and their upper-case forms) through `lookup`.
    ///
    /// `HTTP_PROXY` in capitals is ignored where `REQUEST_METHOD` is set: a CGI
    /// server fills it from a header of the request (CVE-2016-5385).
    #[must_use]
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&str]| {
            names.iter().filter_map(|name| lookup(name)).find(|value| !value.trim().is_empty())
        };
        let all = first(&["all_proxy", "ALL_PROXY"]);
        let http = match lookup("REQUEST_METHOD") {
            Some(_) => first(&["http_proxy"]),
            None => first(&["http_proxy", "HTTP_PROXY"]),
        };
        Self {
            http: http.or_else(|| all.clone()),
            https: first(&["https_proxy", "HTTPS_PROXY"]).or(all),
            no_proxy: first(&["no_proxy", "NO_PROXY"])
                .map(|list| list.split(',').map(|e| e.trim().to_owned()).collect())
                .unwrap_or_default(),
        }
    }

    /// Whether a proxy serves this target.
    pub(crate) fn serves(&self, target: &Target) -> bool {
        let set = if target.https { &self.https } else { &self.http };
        set.is_some() && !target.is_loopback() && !self.no_proxy.iter().any(|e| bypasses(e, target))
    }
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings")
            .field("http", &self.http.as_deref().map(shown_url))
            .field("https", &self.https.as_deref().map(shown_url))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

fn bypasses(entry: &str, target: &Target) -> bool {
    let entry = entry.trim().to_ascii_lowercase();
    if entry == "*" {
        return true;
    }
    if let Some(address) = target.literal() {
        let bare = entry.trim_start_matches('[').trim_end_matches(']');
        return bare.parse::<IpNet>().is_ok_and(|net| net.contains(&address))
            || bare.parse::<IpAddr>().is_ok_and(|ip| ip == address);
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) => (name, port.parse::<u16>().ok()),
        None => (entry.as_str(), None),
    };
    let name = name.trim_start_matches('*').trim_start_matches('.');
    !name.is_empty()
        && port.is_none_or(|p| p == target.port)
        && (target.host == name
            || target.host.strip_suffix(name).is_some_and(|head| head.ends_with('.')))
}

/// User name and password for basic authentication (RFC 7617).
///
/// The password is wiped from memory when dropped, and is in no `Debug` or
/// error; the copy the HTTP library sends is beyond our reach.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    password: Zeroizing<String>,
}

impl Credentials {
    /// Takes both; the password as the caller read it, without its line end.
    ///
    /// # Errors
    /// [`Error::BadCredentials`] for a colon in the user name or a control
    /// character in either (RFC 7617 §2).
    pub fn new(user: impl Into<String>, password: Zeroizing<String>) -> Result<Self, Error> {
        let user = user.into();
        if user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
            return Err(Error::BadCredentials);
        }
        Ok(Self { user, password })
    }

    /// The user name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The value of `Authorization`.
    pub(crate) fn header(&self) -> Zeroizing<String> {
        let pair = Zeroizing::new(format!("{}:{}", self.user, self.password.as_str()));
        let coded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        Zeroizing::new(format!("Basic {}", coded.as_str()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url).unwrap()
    }

    #[test]
    fn no_proxy_entries() {
        for (entry, url, bypass) in [
            ("example.it", "http://example.it/", true),
            ("example.it", "http://a.example.it/", true),
            (".example.it", "http://a.example.it/", true),
            ("*.example.it", "http://a.example.it/", true),
            ("example.it", "http://badexample.it/", false),
            ("EXAMPLE.it", "http://example.it/", true),
            ("example.it:8080", "http://example.it:8080/", true),
            ("example.it:8080", "http://example.it/", false),
            ("10.0.0.0/8", "http://10.1.2.3/", true),
            ("10.0.0.0/8", "http://11.1.2.3/", false),
            ("10.1.2.3", "http://10.1.2.3/", true),
            ("[2a00::1]", "http://[2a00::1]/", true),
            ("*", "https://anything.example/", true),
            ("", "http://example.it/", false),
        ] {
            let mut settings = ProxySettings::all("http://proxy:3128");
            settings.no_proxy = vec![entry.to_owned()];
            assert_eq!(settings.serves(&target(url)), !bypass, "{entry} {url}");
        }
    }

    #[test]
    fn loopback_is_never_proxied() {
        let settings = ProxySettings::all("http://proxy:3128");
        for url in ["http://localhost:1/", "http://127.0.0.1/", "https://[::1]/"] {
            assert!(!settings.serves(&target(url)), "{url}");
        }
        assert!(settings.serves(&target("http://example.it/")));
        assert!(!ProxySettings::default().serves(&target("http://example.it/")));
    }

    #[test]
    fn variables() {
        let read = |pairs: &'static [(&str, &str)]| {
            ProxySettings::from_variables(|name| {
                pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
            })
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read(&[]), ProxySettings::default());
        let both =
            read(&[("http_proxy", "http://a"), ("HTTPS_PROXY", "http://b"), ("no_proxy", "x, y")]);
        assert_eq!((both.http, both.https), (some("http://a"), some("http://b")));
        assert_eq!(both.no_proxy, ["x", "y"]);
        let all = read(&[("ALL_PROXY", "http://a"), ("https_proxy", "")]);
        assert_eq!((all.http, all.https), (some("http://a"), some("http://a")));
        let cgi = read(&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://evil")]);
        assert_eq!(cgi.http, None);
    }

    #[test]
    fn secrets_are_not_in_debug() {
        let password = Zeroizing::new("hunter2".to_owned());
        let credentials = Credentials::new("comune", password).unwrap();
        assert!(!format!("{credentials:?}").contains("hunter2"));
        let config = HttpConfig {
            proxy: ProxySettings::all("http://clerk:hunter2@proxy:3128"),
            ..HttpConfig::default()
        };
        let text = format!("{config:?}");
        assert!(!text.contains("hunter2") && text.contains("proxy:3128"), "{text}");
    }

    #[test]
    fn basic_authentication_of_rfc_7617() {
        // The example of RFC 7617 §2, and its UTF-8 example of §2.1.
        let value = |user: &str, password: &str| {
            Credentials::new(user, Zeroizing::new(password.to_owned())).unwrap().header()
        };
        assert_eq!(value("Aladdin", "open sesame").as_str(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(value("test", "123\u{a3}").as_str(), "Basic dGVzdDoxMjPCow==");
        assert!(Credentials::new("a:b", Zeroizing::new(String::new())).is_err());
        assert!(Credentials::new("a", Zeroizing::new("b\n".to_owned())).is_err());
    }
}

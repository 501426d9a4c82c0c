//! URLs as the client uses them: absolute `http` or `https` (RFC 9110 §4.2),
//! without credentials, and references to them (RFC 3986 §4.2).
//!
//! Nothing here resolves or connects.

use std::net::{IpAddr, Ipv6Addr};

use ureq::http::Uri;

use crate::error::{Error, UrlFault, shown_host, shown_url};

/// Longest URL accepted, in octets: what RFC 9110 §4.1 asks every party to
/// support at least.
pub(crate) const MAX_URL: usize = 8000;

/// A checked URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) uri: Uri,
    /// Lower case, IPv6 without brackets, no trailing dot.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) https: bool,
}

impl Target {
    /// Checks a URL from the command line, a certificate or a `Location`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        let fault = |reason| Error::BadUrl { url: shown_url(text), reason };
        if text.len() > MAX_URL {
            return Err(fault(UrlFault::TooLong));
        }
        let (scheme, rest) = split_scheme(text).ok_or_else(|| fault(UrlFault::NotAbsolute))?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => {
                return Err(Error::RefusedScheme {
                    url: shown_url(text),
                    scheme: scheme.to_ascii_lowercase(),
                });
            }
        };
        // A backslash is a slash to some parsers and not to others: the host
        // checked and the host reached could differ.
        if text.bytes().any(|b| b <= b' ' || b == 0x7f || b == b'\\') {
            return Err(fault(UrlFault::Character));
        }
        let authority = rest
            .strip_prefix("//")
            .ok_or_else(|| fault(UrlFault::NotAbsolute))?
            .split(['/', '?', '#'])
            .next()
            .unwrap_or_default();
        if let Some((_, host)) = authority.rsplit_once('@') {
            return Err(Error::CredentialsInUrl { host: shown_host(host) });
        }
        let uri: Uri = text.parse().map_err(|_| fault(UrlFault::Syntax))?;
        let authority = uri.authority().ok_or_else(|| fault(UrlFault::NoHost))?;
        let written = authority.host();
        // `Authority` gives no port for one that is out of range or empty; it
        // must not pass for the default one.
        let port = match authority.as_str().get(written.len()..).unwrap_or(":") {
            "" if https => 443,
            "" => 80,
            colon => match colon.strip_prefix(':').map(str::parse) {
                Some(Ok(port)) if port != 0 => port,
                _ => return Err(fault(UrlFault::Port)),
            },
        };
        let host = written.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(written);
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        if host.is_empty() {
            return Err(fault(UrlFault::NoHost));
        }
        // Written one way only, so that a host cannot look new to the checks of
        // a redirect by a capital or a trailing dot.
        let uri = format!(
            "{}://{}{}",
            if https { "https" } else { "http" },
            authority.as_str().to_ascii_lowercase().replacen(&format!("{host}."), &host, 1),
            uri.path_and_query().map_or("/", |p| p.as_str()),
        );
        let uri = uri.parse().map_err(|_| fault(UrlFault::Syntax))?;
        Ok(Self { uri, host, port, https })
    }

    /// Resolves the `Location` of a redirect against this URL. Dot segments
    /// are left to the server.
    pub(crate) fn join(&self, location: &str) -> Result<Self, Error> {
        let location = location.trim_matches([' ', '\t']);
        let location = location.split('#').next().unwrap_or_default();
        if split_scheme(location).is_some() {
            return Self::parse(location);
        }
        let scheme = if self.https { "https" } else { "http" };
        if let Some(rest) = location.strip_prefix("//") {
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        let authority = self.uri.authority().map_or("", |a| a.as_str());
        let path = self.uri.path();
        let joined = if location.is_empty() {
            self.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned()
        } else if location.starts_with('/') {
            location.to_owned()
        } else if location.starts_with('?') {
            format!("{path}{location}")
        } else {
            let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
            format!("{folder}{location}")
        };
        Self::parse(&format!("{scheme}://{authority}{joined}"))
    }

    /// The host as an address, if it is written as one.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        self.host.parse().ok().or_else(|| self.host.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
    }

    /// This machine by its usual names: never asked through a proxy.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.literal().is_some_and(|ip| ip.to_canonical().is_loopback())
    }

    /// A name that means something only inside a network: RFC 6761
    /// `localhost`, RFC 6762 `local`, RFC 8375 `home.arpa`, `internal`
    /// (reserved by ICANN in 2024), or a single label.
    pub(crate) fn is_local_name(&self) -> bool {
        const LOCAL: [&str; 6] =
            [".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet"];
        self.literal().is_none()
            && (!self.host.contains('.') || LOCAL.iter().any(|end| self.host.ends_with(end)))
    }

    /// How messages name this URL; there are no credentials in it.
    pub(crate) fn shown(&self) -> String {
        shown_url(&self.uri.to_string())
    }
}

/// `scheme` and what follows its colon, if the text starts like RFC 3986 §3.1.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let mut bytes = scheme.bytes();
    let good = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    good.then_some((scheme, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    #[test]
    fn hosts_and_ports() {
        for (text, host, port, https) in [
            ("http://crl.example.it/a.crl", "crl.example.it", 80, false),
            ("HTTPS://TSA.Example.IT./tsr?x=1", "tsa.example.it", 443, true),
            ("http://[2001:DB8::1]:8080/", "2001:db8::1", 8080, false),
            ("http://[::1]/", "::1", 80, false),
            (" http://127.0.0.1:8318 ", "127.0.0.1", 8318, false),
        ] {
            let t = target(text);
            assert_eq!((t.host.as_str(), t.port, t.https), (host, port, https), "{text}");
        }
    }

    #[test]
    fn a_url_is_written_one_way() {
        for (text, want) in [
            ("HTTP://Tsa.Example.IT./Path?Q", "http://tsa.example.it/Path?Q"),
            ("http://a.a./", "http://a.a/"),
            ("http://example.it", "http://example.it/"),
            ("http://example.it:80#part", "http://example.it:80/"),
            ("https://[2001:DB8::1]:1/", "https://[2001:db8::1]:1/"),
        ] {
            assert_eq!(target(text).uri.to_string(), want);
        }
    }

    #[test]
    fn what_is_not_a_web_address_is_refused() {
        for text in [
            "ldap://ldap.example.it/cn=CA",
            "file:///etc/passwd",
            "ftp://example.it/",
            "gopher://example.it/",
            "javascript:alert(1)",
        ] {
            assert!(matches!(Target::parse(text), Err(Error::RefusedScheme { .. })), "{text}");
        }
        for text in [
            "",
            "crl.example.it/a.crl",
            "//example.it/",
            "/a.crl",
            "http:/example.it/",
            "http:example.it",
            "http://",
            "http:///a",
            "http://:80/",
            "http://example.it:0/",
            "http://example.it:/",
            "http://example.it:99999/",
            "http://example.it:8a/",
            "http://exa mple.it/",
            "http://example.it/a b",
            "http://example.it\\@evil.example/",
            "http://example.it/\r\nX: y",
            "http://[::1/",
            "http://è.example/",
        ] {
            assert!(matches!(Target::parse(text), Err(Error::BadUrl { .. })), "{text:?}");
        }
        let long = format!("http://example.it/{}", "a".repeat(MAX_URL));
        assert!(matches!(
            Target::parse(&long),
            Err(Error::BadUrl { reason: UrlFault::TooLong, .. })
        ));
    }

    #[test]
    fn credentials_in_a_url_are_refused_and_not_repeated() {
        for text in [
            "http://user:hunter2@example.it/",
            "http://hunter2@example.it/",
            "http://a@b:hunter2@example.it/",
        ] {
            let error = Target::parse(text).unwrap_err();
            assert!(matches!(error, Error::CredentialsInUrl { .. }), "{text}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        let error = Target::parse("ldap://user:hunter2@example.it/").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn locations_resolve_against_the_request() {
        let base = target("http://a.example/one/two?q=1");
        for (location, want) in [
            ("https://b.example/x", "https://b.example/x"),
            ("//b.example/x", "http://b.example/x"),
            ("/x/y", "http://a.example/x/y"),
            ("three", "http://a.example/one/three"),
            ("?q=2", "http://a.example/one/two?q=2"),
            ("three#part", "http://a.example/one/three"),
            ("", "http://a.example/one/two?q=1"),
        ] {
            assert_eq!(base.join(location).unwrap().uri.to_string(), want, "{location}");
        }
        assert!(matches!(base.join("file:///etc/passwd"), Err(Error::RefusedScheme { .. })));
        assert!(matches!(base.join("http://u:p@b.example/"), Err(Error::CredentialsInUrl { .. })));
    }

    #[test]
    fn local_names() {
        for (text, local) in [
            ("http://localhost/", true),
            ("http://ca.localhost/", true),
            ("http://intranet/", true),
            ("http://metadata.google.internal/", true),
            ("http://printer.local/", true),
            ("http://crl.example.it/", false),
            ("http://127.0.0.1/", false),
        ] {
            assert_eq!(target(text).is_local_name(), local, "{text}");
        }
        assert!(target("http://[::ffff:127.0.0.1]/").is_loopback());
        assert!(target("http://127.8.9.1/").is_loopback());
        assert!(!target("http://example.it/").is_loopback());
    }
}

//! What can keep an answer away, as facts; and how foreign text is cleaned
//! before it stands in one.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::address::AddressKind;

/// Text from outside kept in an error, at most this many characters: enough
/// to recognise a login page or an out-of-credit notice.
pub(crate) const SHOWN_TEXT: usize = 160;

/// Why a call brought nothing. Never holds a password; URLs in it are without
/// credentials and control characters.
///
/// Cloning is cheap: sources are shared, so that an unreachable server can be
/// remembered for the length of a run.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL cannot be used.
    #[error("the address {url:?} cannot be used: {reason}")]
    BadUrl {
        /// As given, cleaned.
        url: String,
        /// What is wrong with it.
        reason: UrlFault,
    },
    /// Neither `http` nor `https`.
    #[error("{url} is of kind {scheme}, and only http and https are fetched")]
    RefusedScheme {
        /// As given, cleaned.
        url: String,
        /// Lower case.
        scheme: String,
    },
    /// `user:password@` stands inside the URL.
    #[error("the address of {host} carries a user name or password inside")]
    CredentialsInUrl {
        /// Host the URL names.
        host: String,
    },
    /// User name or password that HTTP cannot carry.
    #[error("the user name for basic authentication contains a colon or a control character")]
    BadCredentials,
    /// A certificate, or a redirect, points inside a network.
    #[error("{}, where URLs from files may lead only if --allow-net names it", place(host, *address, *kind))]
    RefusedAddress {
        /// Host as the URL names it.
        host: String,
        /// The address it stands for.
        address: IpAddr,
        /// What kind of address that is.
        kind: AddressKind,
    },
    /// A certificate names a host only a local network knows, and a proxy
    /// would be the one to look it up.
    #[error(
        "{host} is a name of a local network, where URLs from files may lead only if --allow-net names it"
    )]
    RefusedName {
        /// Host as the URL names it.
        host: String,
    },
    /// The name has no address.
    #[error("the name {host} could not be resolved")]
    Resolve {
        /// Host looked up.
        host: String,
        /// What the resolver said.
        source: Arc<io::Error>,
    },
    /// No connection, or one that broke before the answer began.
    #[error("no connection to {host}")]
    Connect {
        /// Host, or the proxy that was to lead to it.
        host: String,
        /// What the system said.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// TLS was not agreed, or the server's certificate is not trusted.
    #[error("no secure connection to {host}")]
    Tls {
        /// Host.
        host: String,
        /// What the TLS library said.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The proxy setting cannot be used.
    #[error("the proxy setting {proxy:?} cannot be used")]
    BadProxy {
        /// As given, without credentials.
        proxy: String,
    },
    /// The proxy did not open the way.
    #[error("the proxy {proxy} did not open the way to {host}: {reason}")]
    Proxy {
        /// Proxy, without credentials.
        proxy: String,
        /// Host asked for.
        host: String,
        /// The proxy's answer, cleaned.
        reason: String,
    },
    /// Extra roots without a certificate in them.
    #[error("the file of additional TLS roots holds no readable certificate")]
    BadRoots,
    /// The time is over.
    #[error("{url} did not answer in full within {} s", after.as_secs_f32())]
    Timeout {
        /// URL.
        url: String,
        /// The limit that passed.
        after: Duration,
        /// What was going on.
        phase: Phase,
    },
    /// An answer other than 200.
    #[error("{url} answered with HTTP status {code}{}", after_colon(detail))]
    Status {
        /// URL.
        url: String,
        /// HTTP status (RFC 9110 §15).
        code: u16,
        /// First words of a plain-text answer, cleaned; often empty.
        detail: String,
    },
    /// Redirects that come back to a URL already asked.
    #[error("{url} leads back to itself")]
    RedirectLoop {
        /// The URL met twice.
        url: String,
    },
    /// Too many redirects.
    #[error("{url} leads on through more than {limit} redirects")]
    TooManyRedirects {
        /// The first URL.
        url: String,
        /// [`crate::HttpConfig::max_redirects`].
        limit: u8,
    },
    /// A redirect whose target is unusable or not for this request.
    #[error("{url} redirects to an unusable place")]
    BadRedirect {
        /// URL that redirects.
        url: String,
        /// Why its target is not followed.
        source: Option<Box<Error>>,
    },
    /// The answer is, or would be, longer than allowed.
    #[error("the answer of {url} is longer than {limit} bytes")]
    TooLarge {
        /// URL.
        url: String,
        /// Cap in octets.
        limit: u64,
    },
    /// The answer is something else than asked for.
    #[error("{url} answered with {}, not with {expected}", found.as_deref().unwrap_or("no media type"))]
    MediaType {
        /// URL.
        url: String,
        /// Media type the protocol prescribes.
        expected: &'static str,
        /// Media type of the answer, cleaned.
        found: Option<String>,
        /// First characters of the answer if they are text, cleaned.
        start: String,
    },
    /// The answer is compressed although that was not offered.
    #[error("{url} sent a body in the coding {found}, which was not asked for")]
    ContentCoding {
        /// URL.
        url: String,
        /// `Content-Encoding`, cleaned.
        found: String,
    },
    /// What came is not HTTP/1.1.
    #[error("{url} did not answer in HTTP")]
    Protocol {
        /// URL.
        url: String,
        /// What the HTTP parser said.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The connection broke inside the answer.
    #[error("the answer of {url} broke off")]
    Interrupted {
        /// URL.
        url: String,
        /// What the system said.
        source: Arc<dyn StdError + Send + Sync>,
    },
}

/// Where a host is; an address as host is not told twice.
fn place(host: &str, address: IpAddr, kind: AddressKind) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse() == Ok(address) {
        format!("{host} is a {kind} address")
    } else {
        format!("{host} is at {address}, a {kind} address")
    }
}

fn after_colon(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

impl Error {
    /// A stable name for translations and JSON.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "BAD_URL",
            Self::RefusedScheme { .. } => "REFUSED_SCHEME",
            Self::CredentialsInUrl { .. } => "CREDENTIALS_IN_URL",
            Self::BadCredentials => "BAD_CREDENTIALS",
            Self::RefusedAddress { .. } => "REFUSED_ADDRESS",
            Self::RefusedName { .. } => "REFUSED_NAME",
            Self::Resolve { .. } => "NAME_NOT_RESOLVED",
            Self::Connect { .. } => "NO_CONNECTION",
            Self::Tls { .. } => "TLS",
            Self::BadProxy { .. } => "BAD_PROXY",
            Self::Proxy { .. } => "PROXY",
            Self::BadRoots => "BAD_CA_FILE",
            Self::Timeout { .. } => "TIMEOUT",
            Self::Status { .. } => "HTTP_STATUS",
            Self::RedirectLoop { .. } => "REDIRECT_LOOP",
            Self::TooManyRedirects { .. } => "TOO_MANY_REDIRECTS",
            Self::BadRedirect { .. } => "BAD_REDIRECT",
            Self::TooLarge { .. } => "ANSWER_TOO_LARGE",
            Self::MediaType { .. } => "MEDIA_TYPE",
            Self::ContentCoding { .. } => "CONTENT_CODING",
            Self::Protocol { .. } => "NOT_HTTP",
            Self::Interrupted { .. } => "INTERRUPTED",
        }
    }

    /// The next step for the person at the keyboard, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::BadUrl { .. } => "write it whole, as in https://tsa.example.it/tsr",
            Self::RefusedScheme { .. } => {
                "name an http or https address; revocation data and certificates may come by file as well (--crl, --ocsp, --chain)"
            }
            Self::CredentialsInUrl { .. } => {
                "give them apart: --tsa-user NAME --tsa-password-file FILE"
            }
            Self::BadCredentials => "check the user name for a colon or a stray line end",
            Self::RefusedAddress { .. } | Self::RefusedName { .. } => {
                "if this is a service of your own network, name the network with --allow-net"
            }
            Self::Resolve { .. } => {
                "check the name and the network; behind a proxy set https_proxy and http_proxy"
            }
            Self::Connect { .. } => {
                "check the network and whether the service is up; behind a proxy set https_proxy and http_proxy"
            }
            Self::Tls { .. } => {
                "if a service or proxy of your own network uses its own authority, name its certificate with --ca-file"
            }
            Self::BadProxy { .. } => {
                "write it as http://HOST:PORT; SOCKS proxies are not supported"
            }
            Self::Proxy { .. } => "ask the proxy's administrator to let this host through",
            Self::BadRoots => "give a PEM file with at least one CERTIFICATE block",
            Self::Timeout { .. } => "try again later, or name another authority as well",
            Self::Status { code: 401 | 403, .. } => {
                "check user name and password (--tsa-user, --tsa-password-file) and that the contract has stamps left"
            }
            Self::Status { code: 407, .. } => {
                "the proxy asks for a user name and password: put them in the proxy setting"
            }
            Self::Status { code: 404 | 405, .. } => "check the path of the address",
            Self::Status { code: 429 | 500..=599, .. } => {
                "the service has a problem of its own: try again later"
            }
            Self::MediaType { .. } => {
                "something else answered, perhaps a login page or a proxy: open the address in a browser"
            }
            Self::TooLarge { .. } => "fetch it by other means and give it by file",
            Self::RedirectLoop { .. }
            | Self::TooManyRedirects { .. }
            | Self::BadRedirect { .. } => "use the final address of the service",
            Self::Interrupted { .. } => "try again",
            Self::Status { .. } | Self::ContentCoding { .. } | Self::Protocol { .. } => {
                return None;
            }
        })
    }
}

/// What is wrong with a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlFault {
    /// No scheme, or no `//` after it.
    NotAbsolute,
    /// No host in it.
    NoHost,
    /// The port is not a number from 1 to 65535.
    Port,
    /// A space, control character or backslash in it.
    Character,
    /// Longer than 8000 octets.
    TooLong,
    /// Something else RFC 3986 does not allow.
    Syntax,
}

impl fmt::Display for UrlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "it does not start with http:// or https://",
            Self::NoHost => "it names no host",
            Self::Port => "its port is not a number from 1 to 65535",
            Self::Character => "it contains a space, a control character or a backslash",
            Self::TooLong => "it is too long",
            Self::Syntax => "it is not written as RFC 3986 asks",
        })
    }
}

/// What was going on when the time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Looking the name up.
    Resolve,
    /// Connecting, TLS and proxy included.
    Connect,
    /// Anything else within the total time.
    Total,
}

/// Removes control and bidirectional characters, so that foreign text cannot
/// rewrite what stands around it on a terminal, and cuts it.
pub(crate) fn clean(text: &str, characters: usize) -> String {
    text.chars()
        .filter(|c| {
            !c.is_control()
                && !matches!(c,
                    '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        })
        .take(characters)
        .collect()
}

/// The first characters of an answer, if they look like text.
pub(crate) fn start_of(body: &[u8]) -> String {
    let head = &body[..body.len().min(4 * SHOWN_TEXT)];
    let printable = head.iter().filter(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()).count();
    if printable * 10 < head.len() * 9 {
        return String::new();
    }
    let text = String::from_utf8_lossy(head);
    clean(&text.split_whitespace().collect::<Vec<_>>().join(" "), SHOWN_TEXT)
}

/// A URL for messages: cleaned, cut, and without credentials.
pub(crate) fn shown_url(text: &str) -> String {
    let end_of_scheme = text.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at(end_of_scheme);
    // Everything before an @ may be a secret: with a malformed URL it is not
    // certain where the authority ends, so the last @ counts.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    clean(&format!("{scheme}{rest}"), SHOWN_TEXT)
}

/// A host for messages.
pub(crate) fn shown_host(text: &str) -> String {
    clean(text, SHOWN_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_secrets_and_control_characters() {
        assert_eq!(shown_url("http://u:p@h/x"), "http://h/x");
        assert_eq!(shown_url("http://u:p@q@h/x"), "http://h/x");
        assert_eq!(shown_url("u:p@h:80"), "h:80");
        assert_eq!(shown_url("http://h/\u{1b}[2J\u{202e}x"), "http://h/[2Jx");
        assert_eq!(shown_url(&"x".repeat(1000)).len(), SHOWN_TEXT);
    }

    #[test]
    fn only_text_is_quoted() {
        assert_eq!(start_of(b"<html>\n  <title>Login</title>"), "<html> <title>Login</title>");
        assert_eq!(start_of(&[0x30, 0x82, 1, 2, 3, 4]), "");
        assert_eq!(start_of(b""), "");
    }
}

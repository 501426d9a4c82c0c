//! The network as ceralacca uses it: revocation data and certificates by
//! HTTP (RFC 5280 §4.2.1.13 and §4.2.2.1, RFC 6960 Appendix A), time-stamps
//! by HTTP (RFC 3161 §3.4).
//!
//! This crate alone opens sockets. It implements [`x509::Fetch`]
//! ([`HttpFetch`]) and [`timestamp::TimestampAuthority`]
//! ([`HttpTimestampAuthority`]) on one [`HttpClient`]. It judges nothing of
//! what it brings: signatures, freshness and relevance belong to its callers.
//! Environment and files are not read here either: proxies and extra roots
//! are arguments ([`HttpConfig`]). The one exception is a [`Store`], a folder
//! the caller may give for what is worth keeping until the next run.
//!
//! # What the client promises
//!
//! * `http` and `https` only; credentials inside a URL are refused, so that
//!   they can never come back in a message.
//! * Every call ends within [`HttpConfig::total_timeout`], redirects, TLS and
//!   a server that drips one octet a second included.
//! * No answer is longer than the cap of its purpose ([`BodyCaps`]).
//! * At most [`HttpConfig::max_redirects`] redirects, each checked as if it
//!   were a new URL. Credentials do not follow to another host, and a host the
//!   user did not name loses the user's privilege (below).
//! * TLS is the system's, with the system's roots; roots given by the caller
//!   are accepted beside them.
//!
//! # Server-side request forgery
//!
//! A URL read from a certificate ([`x509::Origin::Certificate`]) is chosen by
//! whoever made the file. Its name is resolved once, addresses that are not
//! globally reachable (table in [`address`]) are removed, and the connection
//! goes to one of the addresses that remain: what was checked is what is
//! connected to, so a name server that changes its mind in between (DNS
//! rebinding) changes nothing. [`HttpConfig::allow_net`] lets chosen networks
//! through. What the user typed ([`x509::Origin::User`]) is not restricted.
//!
//! **Behind a proxy** the proxy resolves the name and connects, so the promise
//! is weaker. Literal addresses are checked as always. A name is
//! resolved here too, and *one* refused address among its addresses refuses
//! the call, since the choice is the proxy's. A name unknown here goes to the
//! proxy unless it is of a local kind (`localhost`, a single label, `.local`,
//! `.internal`…): machines behind proxies often have no outside name service,
//! and what the proxy may reach is its administrator's rule. Loopback targets
//! never go through a proxy.
//!
//! # Example
//!
//! ```no_run
//! use ceralacca_online::{HttpClient, HttpConfig, HttpTimestampAuthority, ProxySettings};
//! use timestamp::TimestampAuthority;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let request = vec![];
//! let client = HttpClient::new(HttpConfig {
//!     proxy: ProxySettings::from_variables(|name| std::env::var(name).ok()),
//!     ..HttpConfig::default()
//! })?;
//! let authority = HttpTimestampAuthority::new(client, "https://tsa.example.it/tsr", None)?;
//! let answer: Vec<u8> = authority.exchange(&request).map_err(|e| e.to_string())?;
//! # Ok(()) }
//! ```

pub mod address;
mod authority;
mod client;
mod config;
mod error;
mod fetch;
mod forward;
mod resolver;
mod store;
mod target;

pub use address::AddressKind;
pub use authority::HttpTimestampAuthority;
pub use client::{Answer, Call, HttpClient};
pub use config::{
    BodyCaps, CA_ISSUERS_CAP, CRL_CAP, Credentials, HttpConfig, OCSP_CAP, ProxySettings,
    TIMESTAMP_CAP,
};
pub use error::{Error, Phase, UrlFault};
pub use fetch::{HttpFetch, Serves, Within};
pub use resolver::{Lookup, SystemLookup};
pub use store::{STORE_CAP, Store, Stored};

//! The network as an argument: what path building may ask for, and nothing else.
//!
//! This crate never opens a socket; `online` implements the trait.

use std::error::Error as StdError;

/// Why a URL is fetched; decides size caps and the `Accept` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// An OCSP request (RFC 6960 Appendix A), sent by POST.
    Ocsp,
    /// A certificate revocation list (RFC 5280 §4.2.1.13).
    Crl,
    /// The issuer's certificate named by `caIssuers` (RFC 5280 §4.2.2.1).
    CaIssuers,
}

/// Who named the URL. What stands inside a file somebody sent is not trusted
/// to point at loopback or private addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Read from a certificate or another signed object.
    Certificate,
    /// Typed or configured by the user.
    User,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Absolute `http` or `https` URL.
    pub url: &'a str,
    /// What it is for.
    pub purpose: Purpose,
    /// Who named the URL.
    pub origin: Origin,
    /// Body of a POST with its media type; `None` is a GET.
    pub body: Option<(&'a str, &'a [u8])>,
}

/// A fetch that did not bring octets.
pub type FetchError = Box<dyn StdError + Send + Sync>;

/// Brings octets for a URL, within caps of size and time.
pub trait Fetch {
    /// Returns the body of a successful answer.
    ///
    /// # Errors
    /// Whatever kept the octets away: refused address, time-out, status, size.
    fn fetch(&self, request: &Request<'_>) -> Result<Vec<u8>, FetchError>;
}

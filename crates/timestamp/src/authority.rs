//! The time-stamp authority as an argument (RFC 3161 §3.4 is its HTTP form).
//!
//! This crate builds requests and verifies answers; `online` carries them.

use std::error::Error as StdError;

/// An exchange that brought no answer.
pub type AuthorityError = Box<dyn StdError + Send + Sync>;

/// Carries one `TimeStampReq` to an authority and its answer back.
pub trait TimestampAuthority {
    /// How messages name this authority, usually its URL without credentials.
    fn name(&self) -> &str;

    /// Sends the DER `TimeStampReq`, returns the octets of the answer unverified.
    ///
    /// # Errors
    /// Whatever kept the answer away: connection, time-out, status, media type, size.
    fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, AuthorityError>;
}

//! X.509 certificates, CRLs and OCSP responses (RFC 5280, RFC 6960), and the
//! paths between them.

pub mod fetch;
pub use fetch::{Fetch, FetchError, Origin, Purpose, Request};

//! CAdES signatures (ETSI EN 319 122-1): made, changed and read as streams.
//!
//! This crate says what a file holds and whether the octets fit together.
//! Whom a signature binds, and since when, is judged in `validation`.

mod create;
mod error;
mod level;
pub mod oids;
mod read;
mod stream;

pub use create::{Prepared, Signatory, Signing, Stamp, add_signature_time_stamp};
pub use error::{Error, Result};
pub use level::Level;
pub use read::{Layer, LayerError, SignedFile, Wrapping, read, read_outer};
pub use stream::{
    attach, cosign, cosign_detached, detach, sign_attached, sign_detached, sign_piped,
};

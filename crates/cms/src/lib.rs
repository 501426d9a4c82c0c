//! Cryptographic Message Syntax: SignedData of any size (RFC 5652).
//!
//! Reading keeps every member as received; writing puts new members beside
//! them. Content flows through and is never held. What a signature is worth,
//! whom its key belongs to and when it was made is not judged here.

pub mod armor;
mod attributes;
mod error;
pub mod ess;
mod limits;
pub mod oids;
mod reader;
mod signed_data;
mod signer_info;
pub mod verify;
mod writer;

pub use attributes::{Attribute, Attributes};
pub use error::{Error, Result};
pub use limits::Limits;
pub use reader::{Content, SignedDataReader, Spans, parse};
pub use signed_data::{RevocationInfo, SignedData};
pub use signer_info::{SignerIdentifier, SignerInfo};
pub use writer::{BerWriter, DerWriter, Finished, Rewrap};

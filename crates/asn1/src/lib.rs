//! BER and DER for files of any size (ITU-T X.690).
//!
//! Three tools, one idea: the octets somebody signed are never re-encoded.
//!
//! * [`Value`] and [`Cursor`] read structures that are in memory and remember
//!   the exact span of every value, header and end-of-contents included.
//! * [`Reader`] pulls the same structures out of any [`std::io::Read`], with
//!   64-bit lengths, and streams OCTET STRINGs of any size and nesting.
//! * [`der`] writes values; [`DefiniteEnvelope`] wraps content of a known size
//!   in definite-length headers before the size of what follows it is known.
//!
//! This crate knows no signature, certificate or attribute.

pub mod der;
mod envelope;
mod error;
mod limits;
mod oid;
mod reader;
mod tag;
mod time;
mod value;

pub use envelope::{DefiniteEnvelope, Layer};
pub use error::{Error, Result};
pub use limits::Limits;
pub use oid::Oid;
pub use reader::{Captured, Header, Octets, Reader};
pub use tag::Tag;
pub use value::{Cursor, Value};

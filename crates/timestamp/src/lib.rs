//! RFC 3161 and RFC 5816 time-stamps: request, response, token; and the files that hold them beside
//! what they are over: TimeStampedData (RFC 5544) and M7M.
//!
//! Whether a token is believed depends on its authority's certificate and on
//! the time of judgement; that is judged elsewhere. Here stands what the token
//! itself proves: that it is over this digest, and who signed it.

mod authority;
mod error;
pub mod m7m;
mod protocol;
mod token;
pub mod tsd;

pub use authority::{AuthorityError, TimestampAuthority};
pub use error::{Error, Result};
pub use protocol::{Request, obtain, obtain_from};
pub use token::{
    Accuracy, Container, MessageImprint, TST_INFO, Token, TokenCheck, TstInfo, read_tsr,
    trailing_octets,
};

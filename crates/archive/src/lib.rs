//! ZIP archives that can be read in one way only.
//!
//! A ZIP says everything twice, and readers that believe different halves see different files. Here
//! the whole directory is judged first ([`scan()`]); an [`Archive`] exists only when nothing in it
//! refuses the reading, and only what was judged is ever read. Members are read and written as
//! streams, in memory that does not depend on their size. APPNOTE 6.3.10, §4.3 (layout), §4.4
//! (fields), §4.5.3 (ZIP64).
//!
//! This crate touches no disk of its own: what it reads and writes is given to it. It knows neither
//! signatures nor packages.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod code_page;
mod error;
mod finding;
mod limits;
pub mod names;
mod read;
mod scan;
mod write;

pub use error::{Error, Result};
pub use finding::{Damage, Finding, Problem};
pub use limits::Limits;
pub use read::{Archive, MemberReader, is_damage};
pub use scan::{Member, Method, Scan, scan};
pub use write::{Writer, Written};

//! Validation of advanced electronic signatures: facts first, judgement after.
//!
//! [`facts`] says what was found in a file and what its cryptography gave; gathering them is the only
//! step that touches formats. [`judge()`] turns facts, a [`Policy`] and the [`Times`] into a [`Report`]
//! by the rules of EN 319 102-1, with no cryptography, clock or network: the same facts give the same
//! report, today or years later. [`text`] tells it to a person, in Italian or English.
//!
//! Today: basic signatures (§5.3), time-stamps (§5.4) and signatures with time (§5.5). Archival data
//! (§5.6.3), trusted lists and qualification (TS 119 615) come behind the same types.

pub mod catalogue;
pub mod clean;
pub mod explain;
pub mod facts;
pub mod gather;
pub mod indication;
pub mod judge;
pub mod policy;
pub mod report;
pub mod text;

pub use catalogue::{Code, Lang};
pub use facts::Facts;
pub use indication::{Indication, Status, SubIndication, Verdict};
pub use judge::{CertificateReport, ReferenceKind, ReferenceTime, Times, judge, judge_certificate};
pub use policy::{Level, Policy};
pub use report::{Report, exit_code};

/// A point in time; always UTC inside, Europe/Rome only where people read it.
pub type Time = chrono::DateTime<chrono::Utc>;

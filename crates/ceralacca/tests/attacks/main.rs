//! What attackers and broken programs send, by class: the number in a test's name is that of the class.
//!
//! | classes | here | and |
//! |---|---|---|
//! | 1 to 14, signatures | `signatures` | `cli/tests/verbs/odd.rs`; 11 and 12 also `crates/crypto/tests/wycheproof.rs` |
//! | 15 to 20, parsers | `parsers`, `cost` | 15 also `crates/x509/tests/robustness.rs`; 17 also `crates/x509/tests/path.rs`; 20 also `crates/crypto/tests/keys.rs`; `fuzz/` |
//! | 30 to 33, time-stamps and revocation | `stamps`, `archive` | 31 also `crates/timestamp/tests/faults.rs`, `cli/tests/verbs/stamps.rs`; 33 also `crates/x509/tests/revocation.rs` |
//! | 34, network | `network` | `crates/online/tests/ssrf.rs` |
//! | 36, containers | `containers` | `crates/preservation/tests/hostile.rs` |
//! | 39, 40, files | `files` | `crates/files/tests/staging.rs`, `cli/tests/verbs/disk.rs` |
//! | 43, 44, words and verdicts | `words` | `cli/tests/verbs/forms.rs` |
//! | every kind of file cut and flipped, and the public corpus | `damage`, `corpus` | each parser's own test |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;

mod archive;
mod containers;
mod corpus;
mod cost;
mod damage;
mod files;
mod manifests;
mod network;
mod parsers;
mod signatures;
mod stamps;
mod words;

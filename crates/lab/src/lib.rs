//! A complete test PKI, in-process and on loopback HTTP: authorities, qualified
//! signers, TSAs, an OCSP responder, CRLs — and every way they can be wrong.
//!
//! Everything is written value by value with [`asn1::der`]; OpenSSL does the
//! mathematics. No line is shared with the crates under test, so that agreeing
//! with them means something. Every name carries `TEST - NON VALIDO`, nobody
//! named exists, and nothing enters a trust store.
//!
//! Time and the seed of numbers are arguments; keys come from OpenSSL's own
//! generator. Only [`serve`] opens sockets, and only on 127.0.0.1; only
//! [`disk`] touches files. Never use any of this for anything real.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod archive;
pub mod asic;
pub mod certificate;
pub mod cms;
pub mod crl;
pub mod crl_scope;
pub mod disk;
mod error;
pub mod exercise;
pub mod extended;
pub mod key;
pub mod m7m;
pub mod names;
pub mod ocsp;
pub mod oids;
pub mod parts;
pub mod pkcs12;
pub mod pki;
pub mod serve;
mod spec;
pub mod tsa;
pub mod tsd;
pub mod wrap;
pub mod zip;

pub use error::{Error, Result};
pub use key::{Hash, Key, KeyKind};
pub use pki::{Config, DEFAULT_PIN, DEFAULT_PORT, Entity, Pki, Reason, Role, SignerSpec};
pub use serve::{Clock, Lab, Running};

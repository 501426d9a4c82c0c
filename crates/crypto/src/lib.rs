//! Digests, signature algorithms and keys, over OpenSSL and `sha2`.
//!
//! * [`DigestAlgorithm`], [`Hasher`], [`MultiHasher`]: one read, every digest
//!   its signers need (FIPS 180-4, FIPS 202).
//! * [`AlgorithmIdentifier`], [`SignatureAlgorithm`]: what the identifiers of
//!   RFC 5280 §4.1.1.2 mean. Parameters are read, never assumed.
//! * [`PublicKey`]: verification of RSA PKCS#1 v1.5 and PSS (RFC 8017), ECDSA
//!   (SEC 1, BSI TR-03111), EdDSA (RFC 8032) and, for old files, DSA.
//!   [`Verified`] says which [`Tolerance`] was needed, if any.
//! * [`Signer`], implemented by [`SoftKey`] for PEM and PKCS#12 keys and
//!   elsewhere by cards and remote services.
//! * [`pkcs12`]: key and certificates out of a PKCS#12 file (RFC 7292).
//!
//! What it may not do: touch files, network, clock or environment, judge
//! whether an algorithm is still good enough for a verdict (that is policy), or
//! know certificates, beyond finding which one in a PKCS#12 file holds the key.
//! It does refuse to *sign* with what is broken: MD5, SHA-1, RIPEMD-160, DSA,
//! short keys.

mod algorithm;
mod curve;
mod digest;
mod discrete_log;
mod error;
mod identifier;
pub mod limits;
mod pbe;
mod pem;
pub mod pkcs12;
mod pss;
mod public_key;
pub mod random;
mod rsa;
mod secret;
mod soft_key;
pub mod stream;

pub use algorithm::SignatureAlgorithm;
pub use curve::Curve;
pub use digest::{DigestAlgorithm, Hasher, MultiHasher, digest};
pub use error::{Error, Result};
pub use identifier::AlgorithmIdentifier;
pub use pss::PssParameters;
pub use public_key::{KeyKind, PublicKey, Tolerance, Verified};
pub use secret::Secret;
pub use soft_key::{NewKey, Signer, SoftKey};

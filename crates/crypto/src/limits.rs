//! Bounds on what a hostile key or signature may cost, each with its source.

/// Longest RSA modulus, in bits. Larger ones buy nothing but time; it is
/// OpenSSL's own bound (`OPENSSL_RSA_MAX_MODULUS_BITS`).
pub const MAX_RSA_BITS: usize = 16_384;

/// Shortest RSA modulus that is read, in bits: what the oldest signed files
/// hold. Whether it is *enough* is policy.
pub const MIN_RSA_BITS: usize = 512;

/// Longest RSA public exponent, in bits (FIPS 186-5 §A.1.1: e < 2^256).
pub const MAX_RSA_EXPONENT_BITS: usize = 256;

/// Longest public exponent of a modulus above [`RSA_SMALL_MODULUS_BITS`]
/// (`OPENSSL_RSA_MAX_PUBEXP_BITS`): cost grows with both.
pub const MAX_LARGE_RSA_EXPONENT_BITS: usize = 64;

/// Where [`MAX_LARGE_RSA_EXPONENT_BITS`] begins
/// (`OPENSSL_RSA_SMALL_MODULUS_BITS`).
pub const RSA_SMALL_MODULUS_BITS: usize = 3_072;

/// Longest DSA modulus, in bits (`OPENSSL_DSA_MAX_MODULUS_BITS`).
pub const MAX_DSA_BITS: usize = 10_000;

/// Shortest RSA modulus to sign with, in bits (SOG-IS Agreed
/// Cryptographic Mechanisms 1.3 §4.1; ETSI TS 119 312 §9).
pub const MIN_RSA_SIGNING_BITS: usize = 2_048;

/// Smallest curve to sign with, in bits (same sources).
pub const MIN_EC_SIGNING_BITS: usize = 256;

/// Iterations of all key derivations of one PKCS#12 or PKCS#8 file together.
/// Honest files hold 2,048 to 600,000 each (OWASP 2023 advises 600,000);
/// CVE-2026-13586 and CVE-2026-15055 are files that asked for billions.
pub const MAX_KDF_ITERATIONS: u64 = 10_000_000;

/// Memory of one scrypt derivation (RFC 7914: 128·N·r), in octets. OpenSSL
/// writes files of 16 MiB.
pub const MAX_SCRYPT_MEMORY: u64 = 128 << 20;

/// Parallelism of scrypt: multiplies its time. OpenSSL writes 1.
pub const MAX_SCRYPT_PARALLEL: u64 = 16;

/// Size of a PKCS#12 or PEM key file, in octets. A key with a long chain is
/// below 64 KiB.
pub const MAX_KEY_FILE: usize = 16 << 20;

/// Nesting of SafeContents bags inside one another (RFC 7292 §4.2.6): nobody
/// was seen to nest them at all.
pub const MAX_SAFE_BAG_DEPTH: usize = 4;

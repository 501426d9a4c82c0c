//! Digests (FIPS 180-4, FIPS 202; RFC 1321, ISO/IEC 10118-3 for old files).
//!
//! SHA-256 runs in `sha2`, everything else in OpenSSL: measured equal for the
//! former, 1.4 times faster for SHA-512.

use std::{collections::BTreeMap, fmt, io, sync::OnceLock};

use asn1::{Oid, Value, der};
use openssl::{
    hash::MessageDigest,
    md::{Md, MdRef},
};
use sha2::Digest as _;

use crate::{AlgorithmIdentifier, Error, Result};

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DigestAlgorithm {
    /// MD5 (RFC 1321). Broken: for reading old files only.
    Md5,
    /// SHA-1. Broken: for reading old files only.
    Sha1,
    /// RIPEMD-160. For reading old files only.
    Ripemd160,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA-512/224.
    Sha512_224,
    /// SHA-512/256.
    Sha512_256,
    /// SHA3-224.
    Sha3_224,
    /// SHA3-256.
    Sha3_256,
    /// SHA3-384.
    Sha3_384,
    /// SHA3-512.
    Sha3_512,
    /// SHAKE128 with 32 octets of output (RFC 8702).
    Shake128,
    /// SHAKE256 with 64 octets of output (RFC 8702, RFC 8419 §2.3).
    Shake256,
}

use DigestAlgorithm::{
    Md5, Ripemd160, Sha1, Sha3_224, Sha3_256, Sha3_384, Sha3_512, Sha224, Sha256, Sha384, Sha512,
    Sha512_224, Sha512_256, Shake128, Shake256,
};

struct Row {
    algorithm: DigestAlgorithm,
    oid: Oid,
    name: &'static str,
    code: &'static str,
    openssl: &'static str,
    /// Octets of output.
    output: usize,
    /// Octets of a block, as HMAC and PKCS#12 count them.
    block: usize,
}

macro_rules! rows {
    ($(($algorithm:ident, $oid:literal, $name:literal, $code:literal, $openssl:literal, $output:literal, $block:literal),)*) => {
        /// In the order of the enum: indexed by it.
        static ROWS: [Row; 15] = [$(Row {
            algorithm: $algorithm, oid: Oid::new($oid), name: $name, code: $code,
            openssl: $openssl, output: $output, block: $block,
        }),*];
    };
}
rows! {
    (Md5, "1.2.840.113549.2.5", "MD5", "md5", "MD5", 16, 64),
    (Sha1, "1.3.14.3.2.26", "SHA-1", "sha1", "SHA1", 20, 64),
    (Ripemd160, "1.3.36.3.2.1", "RIPEMD-160", "ripemd160", "RIPEMD160", 20, 64),
    (Sha224, "2.16.840.1.101.3.4.2.4", "SHA-224", "sha224", "SHA224", 28, 64),
    (Sha256, "2.16.840.1.101.3.4.2.1", "SHA-256", "sha256", "SHA256", 32, 64),
    (Sha384, "2.16.840.1.101.3.4.2.2", "SHA-384", "sha384", "SHA384", 48, 128),
    (Sha512, "2.16.840.1.101.3.4.2.3", "SHA-512", "sha512", "SHA512", 64, 128),
    (Sha512_224, "2.16.840.1.101.3.4.2.5", "SHA-512/224", "sha512-224", "SHA512-224", 28, 128),
    (Sha512_256, "2.16.840.1.101.3.4.2.6", "SHA-512/256", "sha512-256", "SHA512-256", 32, 128),
    (Sha3_224, "2.16.840.1.101.3.4.2.7", "SHA3-224", "sha3-224", "SHA3-224", 28, 144),
    (Sha3_256, "2.16.840.1.101.3.4.2.8", "SHA3-256", "sha3-256", "SHA3-256", 32, 136),
    (Sha3_384, "2.16.840.1.101.3.4.2.9", "SHA3-384", "sha3-384", "SHA3-384", 48, 104),
    (Sha3_512, "2.16.840.1.101.3.4.2.10", "SHA3-512", "sha3-512", "SHA3-512", 64, 72),
    (Shake128, "2.16.840.1.101.3.4.2.11", "SHAKE128", "shake128", "SHAKE128", 32, 168),
    (Shake256, "2.16.840.1.101.3.4.2.12", "SHAKE256", "shake256", "SHAKE256", 64, 136),
}

/// id-shake128-len and id-shake256-len: the output length is their parameter
/// (RFC 8419 §2.3 uses the second with 512 bits).
const SHAKE_LEN: [(Oid, DigestAlgorithm, u64); 2] = [
    (Oid::new("2.16.840.1.101.3.4.2.17"), Shake128, 256),
    (Oid::new("2.16.840.1.101.3.4.2.18"), Shake256, 512),
];

impl DigestAlgorithm {
    /// Every algorithm, in order.
    pub const ALL: [Self; 15] = [
        Md5, Sha1, Ripemd160, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256, Sha3_224,
        Sha3_256, Sha3_384, Sha3_512, Shake128, Shake256,
    ];

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Its object identifier.
    #[must_use]
    pub fn oid(self) -> Oid {
        self.row().oid
    }

    /// The algorithm of an object identifier, if it is known and OpenSSL, as
    /// built and configured on this machine, offers it.
    #[must_use]
    pub fn from_oid(oid: &Oid) -> Option<Self> {
        ROWS.iter()
            .find(|row| row.oid == *oid)
            .map(|row| row.algorithm)
            .filter(|a| a.is_available())
    }

    /// The algorithm of an identifier; parameters absent or NULL, or the output
    /// length for id-shake128-len and id-shake256-len.
    ///
    /// # Errors
    /// Unknown algorithm, or parameters it does not have.
    pub fn from_identifier(identifier: &AlgorithmIdentifier) -> Result<Self> {
        let unsupported = || Error::UnsupportedAlgorithm { kind: "digest", oid: identifier.oid };
        if let Some((_, algorithm, bits)) = SHAKE_LEN.iter().find(|row| row.0 == identifier.oid) {
            let raw = identifier.parameters.as_deref().unwrap_or_default();
            let length = Value::parse(raw).and_then(|value| value.u64());
            return match length {
                Ok(length) if length == *bits && algorithm.is_available() => Ok(*algorithm),
                Ok(_) => Err(unsupported()),
                Err(source) => {
                    Err(Error::Malformed { what: "SHAKE output length", source: Some(source) })
                }
            };
        }
        let algorithm = Self::from_oid(&identifier.oid).ok_or_else(unsupported)?;
        identifier.require_no_parameters()?;
        Ok(algorithm)
    }

    /// The identifier as it is written today: without parameters (RFC 5754 §2).
    #[must_use]
    pub fn identifier(self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::bare(self.oid())
    }

    /// The identifier of the message digest that goes with an EdDSA signature
    /// over signed attributes: as [`Self::identifier`], but id-shake256-len with
    /// its length for SHAKE256 (RFC 8419 §3.1).
    #[must_use]
    pub fn identifier_with_length(self) -> AlgorithmIdentifier {
        match SHAKE_LEN.iter().find(|row| row.1 == self) {
            Some((oid, _, bits)) => {
                AlgorithmIdentifier { oid: *oid, parameters: Some(der::integer(*bits)) }
            }
            None => self.identifier(),
        }
    }

    /// Its name in the standards: "SHA-256".
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its name in machine-readable output: "sha256".
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// The algorithm a person means: case, hyphens, slashes, blanks and
    /// underscores make no difference ("sha256", "SHA-256", "SHA2-256").
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain = |text: &str| -> String {
            text.chars()
                .filter(|c| !matches!(c, '-' | '_' | '/' | ' '))
                .map(|c| c.to_ascii_lowercase())
                .collect()
        };
        let wanted = plain(name);
        let wanted = match wanted.as_str() {
            "rmd160" => "ripemd160",
            "sha2224" => "sha224",
            "sha2256" => "sha256",
            "sha2384" => "sha384",
            "sha2512" => "sha512",
            other => other,
        };
        ROWS.iter().find(|row| plain(row.code) == wanted).map(|row| row.algorithm)
    }

    /// Octets of its output.
    #[must_use]
    pub fn output_len(self) -> usize {
        self.row().output
    }

    pub(crate) fn block_len(self) -> usize {
        self.row().block
    }

    /// Broken or abandoned: old files are read with it, nothing new is made.
    #[must_use]
    pub fn is_legacy(self) -> bool {
        matches!(self, Md5 | Sha1 | Ripemd160)
    }

    pub(crate) fn is_shake(self) -> bool {
        matches!(self, Shake128 | Shake256)
    }

    /// Whether this machine can compute it. False only where OpenSSL was built
    /// or configured without it (FIPS mode refuses MD5).
    #[must_use]
    pub fn is_available(self) -> bool {
        self == Sha256 || self.md().is_some()
    }

    pub(crate) fn md(self) -> Option<&'static MdRef> {
        static FETCHED: [OnceLock<Option<Md>>; 15] = [const { OnceLock::new() }; 15];
        FETCHED[self as usize]
            .get_or_init(|| Md::fetch(None, self.row().openssl, None).ok())
            .as_deref()
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A digest under way.
///
/// ```
/// use ceralacca_crypto::{DigestAlgorithm, Hasher};
/// let mut hasher = Hasher::new(DigestAlgorithm::Sha3_256);
/// hasher.update(b"ab");
/// let before = hasher.clone();
/// hasher.update(b"c");
/// assert_eq!(hasher.finish()[..4], [0x3a, 0x98, 0x5d, 0xa7]);
/// assert_ne!(before.finish()[..4], [0x3a, 0x98, 0x5d, 0xa7]);
/// ```
#[derive(Clone)]
pub struct Hasher {
    algorithm: DigestAlgorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    OpenSsl(openssl::hash::Hasher),
}

impl Hasher {
    /// A digest of nothing yet.
    ///
    /// # Panics
    /// When this machine does not offer the algorithm
    /// ([`DigestAlgorithm::is_available`], which whatever reads an identifier
    /// has asked), or memory is exhausted.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        if algorithm == Sha256 {
            return Self { algorithm, state: State::Sha256(sha2::Sha256::new()) };
        }
        // Of OpenSSL's two interfaces the one whose state can be copied.
        let state = MessageDigest::from_name(algorithm.row().openssl)
            .and_then(|digest| openssl::hash::Hasher::new(digest).ok());
        Self { algorithm, state: State::OpenSsl(state.unwrap_or_else(|| unable(algorithm))) }
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// More of the message.
    pub fn update(&mut self, octets: &[u8]) {
        match &mut self.state {
            State::Sha256(state) => state.update(octets),
            State::OpenSsl(context) => {
                context.update(octets).unwrap_or_else(|_| unable(self.algorithm));
            }
        }
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let length = self.algorithm.output_len();
        self.finish_octets(length)
    }

    /// `length` octets of a SHAKE; for the others `length` is their own.
    fn finish_octets(self, length: usize) -> Vec<u8> {
        match self.state {
            State::Sha256(state) => state.finalize().to_vec(),
            State::OpenSsl(mut context) => {
                let mut output = vec![0; length];
                let done = if self.algorithm.is_shake() {
                    context.finish_xof(&mut output)
                } else {
                    context.finish().map(|digest| output.copy_from_slice(&digest))
                };
                done.unwrap_or_else(|_| unable(self.algorithm));
                output
            }
        }
    }
}

/// A digest cannot be wrong quietly: an empty or partial one would compare
/// equal to what a forger writes. It cannot fail either, once OpenSSL has given
/// the algorithm, but for exhausted memory, where Rust aborts as well.
#[expect(clippy::panic, reason = "as for failed allocations; see above")]
fn unable(algorithm: DigestAlgorithm) -> ! {
    panic!("OpenSSL cannot compute {algorithm} on this machine")
}

impl io::Write for Hasher {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hasher({})", self.algorithm)
    }
}

/// The digest of octets in memory.
///
/// # Panics
/// As [`Hasher::new`].
#[must_use]
pub fn digest(algorithm: DigestAlgorithm, octets: &[u8]) -> Vec<u8> {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(octets);
    hasher.finish()
}

/// `length` octets of SHAKE128 or SHAKE256 over `octets`.
pub(crate) fn shake(algorithm: DigestAlgorithm, octets: &[u8], length: usize) -> Vec<u8> {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(octets);
    hasher.finish_octets(length)
}

/// HMAC (RFC 2104).
pub(crate) fn hmac(algorithm: DigestAlgorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = zeroize::Zeroizing::new(vec![0u8; algorithm.block_len()]);
    if key.len() > block.len() {
        let short = zeroize::Zeroizing::new(digest(algorithm, key));
        block[..short.len()].copy_from_slice(&short);
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pass = |pad: u8, message: &[u8]| {
        let mut hasher = Hasher::new(algorithm);
        let padded: zeroize::Zeroizing<Vec<u8>> =
            block.iter().map(|o| o ^ pad).collect::<Vec<_>>().into();
        hasher.update(&padded);
        hasher.update(message);
        hasher.finish()
    };
    pass(0x5c, &pass(0x36, message))
}

/// Several digests of one message in one pass.
#[derive(Debug)]
pub struct MultiHasher(Vec<Hasher>);

impl MultiHasher {
    /// Starts a digest for each algorithm; one named twice runs once.
    ///
    /// # Panics
    /// As [`Hasher::new`].
    #[must_use]
    pub fn new(algorithms: impl IntoIterator<Item = DigestAlgorithm>) -> Self {
        let set: std::collections::BTreeSet<_> = algorithms.into_iter().collect();
        Self(set.into_iter().map(Hasher::new).collect())
    }

    /// The algorithms, in order.
    pub fn algorithms(&self) -> impl Iterator<Item = DigestAlgorithm> + '_ {
        self.0.iter().map(Hasher::algorithm)
    }

    /// More of the message.
    pub fn update(&mut self, octets: &[u8]) {
        if let [only] = &mut self.0[..] {
            return only.update(octets);
        }
        // Piece by piece through every digest, so that each piece is read from
        // memory once and from the first-level cache afterwards.
        for piece in octets.chunks(16 << 10) {
            for hasher in &mut self.0 {
                hasher.update(piece);
            }
        }
    }

    /// The digests.
    #[must_use]
    pub fn finish(self) -> BTreeMap<DigestAlgorithm, Vec<u8>> {
        self.0.into_iter().map(|hasher| (hasher.algorithm(), hasher.finish())).collect()
    }
}

impl io::Write for MultiHasher {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// "abc": RFC 1321 §A.5, the RIPEMD-160 paper, FIPS 180-4 and 202 examples.
    #[test]
    fn known_answers() {
        let start = [
            (Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Ripemd160, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
            (Sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Sha384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"),
            (Sha512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"),
            (Sha512_224, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
            (Sha512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
            (Sha3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
            (Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
            (Sha3_384, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"),
            (Sha3_512, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"),
            (Shake128, "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8"),
            (Shake256, "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739"),
        ];
        for (algorithm, expected) in start {
            let found = digest(algorithm, b"abc");
            assert_eq!(found.len(), algorithm.output_len(), "{algorithm}");
            assert!(hex(&found).starts_with(expected), "{algorithm}: {}", hex(&found));
        }
    }

    #[test]
    fn the_table_is_in_order_and_found_again() {
        for (index, algorithm) in DigestAlgorithm::ALL.into_iter().enumerate() {
            assert_eq!(algorithm as usize, index);
            assert_eq!(algorithm.row().algorithm, algorithm);
            assert!(algorithm.is_available());
            assert_eq!(DigestAlgorithm::from_oid(&algorithm.oid()), Some(algorithm));
            for identifier in [algorithm.identifier(), algorithm.identifier_with_length()] {
                assert_eq!(DigestAlgorithm::from_identifier(&identifier).unwrap(), algorithm);
            }
            let null = AlgorithmIdentifier::with_null(algorithm.oid());
            assert_eq!(DigestAlgorithm::from_identifier(&null).unwrap(), algorithm);
            let odd = AlgorithmIdentifier { oid: algorithm.oid(), parameters: Some(vec![2, 1, 1]) };
            assert!(DigestAlgorithm::from_identifier(&odd).is_err());
            for name in [algorithm.name(), algorithm.code(), &algorithm.name().to_lowercase()] {
                assert_eq!(DigestAlgorithm::from_name(name), Some(algorithm), "{name}");
            }
        }
        assert_eq!(DigestAlgorithm::from_name("SHA2-256"), Some(Sha256));
        assert_eq!(DigestAlgorithm::from_name("sha1024"), None);
        let shake = DigestAlgorithm::Shake256.identifier_with_length();
        assert_eq!(shake.parameters.as_deref(), Some(&[2, 2, 2, 0][..]));
        for parameters in [None, Some(vec![5, 0]), Some(vec![2, 2, 4, 0])] {
            let other = AlgorithmIdentifier { oid: shake.oid, parameters };
            assert!(DigestAlgorithm::from_identifier(&other).is_err());
        }
    }

    #[test]
    fn pieces_and_company_change_nothing() {
        let message: Vec<u8> = (0..100_003u32).map(|i| (i * 7) as u8).collect();
        let mut all = MultiHasher::new(DigestAlgorithm::ALL.into_iter().chain([Sha256]));
        assert_eq!(all.algorithms().count(), 15);
        for piece in message.chunks(4_999) {
            all.update(piece);
        }
        for (algorithm, found) in all.finish() {
            assert_eq!(found, digest(algorithm, &message), "{algorithm}");
        }
        let mut one = MultiHasher::new([Sha512]);
        one.update(&message);
        assert_eq!(one.finish()[&Sha512], digest(Sha512, &message));
        assert!(MultiHasher::new([]).finish().is_empty());
    }

    /// RFC 4231 §4.3 and §4.7 (key longer than a block).
    #[test]
    fn hmac_known_answers() {
        let short = hmac(Sha256, b"Jefe", b"what do ya want for nothing?");
        assert!(hex(&short).starts_with("5bdcc146bf60754e6a042426089575c7"));
        let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert!(
            hex(&hmac(Sha512, &[0xaa; 131], message))
                .starts_with("80b24263c7c1a3ebb71493c1dd7be8b4")
        );
    }
}

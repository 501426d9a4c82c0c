//! What can go wrong with a digest, a key or a signature.

use asn1::Oid;
use openssl::error::ErrorStack;

use crate::KeyKind;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a cryptographic operation gave no positive answer.
///
/// [`Error::SignatureInvalid`] is the one answer about the signature itself:
/// everything was understood, and it does not verify. All others say that the
/// question could not be put.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The signature does not belong to this message and key.
    #[error("the signature value does not verify with this key")]
    SignatureInvalid,
    /// An algorithm this crate does not know or OpenSSL does not offer.
    #[error("unsupported {kind} algorithm {oid}")]
    UnsupportedAlgorithm {
        /// What it would be for: "digest", "signature", "key", "encryption".
        kind: &'static str,
        /// Its identifier.
        oid: Oid,
    },
    /// An elliptic curve outside the list of [`crate::Curve`].
    #[error("unsupported elliptic curve {oid}")]
    UnsupportedCurve {
        /// Its identifier.
        oid: Oid,
    },
    /// Something of a known algorithm that is not supported.
    #[error("not supported: {what}")]
    Unsupported {
        /// What it is.
        what: &'static str,
    },
    /// The algorithm cannot be used with this kind of key.
    #[error("{algorithm} does not fit a key of kind {key}")]
    AlgorithmMismatch {
        /// Name of the signature algorithm.
        algorithm: String,
        /// Kind of the key.
        key: KeyKind,
    },
    /// The key forbids these RSASSA-PSS parameters (RFC 4055 §3.3).
    #[error("the key restricts RSASSA-PSS to other parameters than {algorithm}")]
    KeyConstraint {
        /// Name of the signature algorithm.
        algorithm: String,
    },
    /// A bare key algorithm was named and no digest algorithm with it.
    #[error("the signature algorithm {oid} names no digest algorithm, and none was given")]
    DigestNotStated {
        /// The signature algorithm.
        oid: Oid,
    },
    /// A digest of another length than its algorithm gives.
    #[error("the digest has {found} octets instead of {expected}")]
    DigestLength {
        /// Octets the algorithm gives.
        expected: usize,
        /// Octets given.
        found: usize,
    },
    /// The algorithm signs messages, not digests (EdDSA, RFC 8032 §5.1).
    #[error("{algorithm} needs the whole message, not its digest")]
    NeedsMessage {
        /// Name of the signature algorithm.
        algorithm: String,
    },
    /// A structure that does not follow its definition.
    #[error("malformed {what}")]
    Malformed {
        /// The structure.
        what: &'static str,
        /// What the reader met.
        source: Option<asn1::Error>,
    },
    /// A limit of [`crate::limits`] was passed.
    #[error("{found} {what}, where at most {limit} are accepted")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// What was found.
        found: u64,
    },
    /// The password does not open the key.
    #[error("wrong password for the key file")]
    WrongPassword,
    /// The key is encrypted and no password was given.
    #[error("the key file is encrypted and no password was given")]
    PasswordNeeded,
    /// There is no private key in the file.
    #[error("the file holds no private key")]
    NoPrivateKey,
    /// There is no certificate of the private key in the file.
    #[error("the file holds no certificate of its private key")]
    NoCertificate,
    /// A private key and a public key that do not belong together.
    #[error("the private key does not belong to this public key")]
    KeyMismatch,
    /// Reading this is supported, signing with it is not.
    #[error("too weak to sign with: {what}")]
    TooWeakToSign {
        /// What is too weak.
        what: &'static str,
    },
    /// The fresh signature did not verify: a fault, and nothing was given out.
    #[error("the new signature did not verify with its own key and was discarded")]
    SelfCheckFailed,
    /// An old cipher that needs OpenSSL's legacy provider, which is not there.
    #[error("the key file uses the old cipher {cipher}, and OpenSSL's legacy provider is missing")]
    LegacyProvider {
        /// OpenSSL's name of the cipher.
        cipher: &'static str,
        /// What OpenSSL says.
        #[source]
        source: ErrorStack,
    },
    /// OpenSSL failed at something that should not fail.
    #[error("OpenSSL failed at {doing}")]
    OpenSsl {
        /// What was being done.
        doing: &'static str,
        /// What OpenSSL says.
        #[source]
        source: ErrorStack,
    },
}

impl Error {
    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::SignatureInvalid => {
                "the file or the signature was altered, or the certificate is another signer's"
            }
            Self::WrongPassword => {
                "check capitals and keyboard layout; an accented letter may have been typed \
                 in another encoding when the file was made"
            }
            Self::PasswordNeeded => "give its password through a file, a descriptor or the prompt",
            Self::NoPrivateKey => {
                "export the key again, together with its certificate (PKCS#12, .p12 or .pfx)"
            }
            Self::NoCertificate => "export key and certificate together, or give the certificate",
            Self::KeyMismatch => "give the certificate that was issued for this key",
            Self::TooWeakToSign { .. } => {
                "use an RSA key of at least 2048 bits, an elliptic curve of at least 256 bits \
                 or an EdDSA key, with SHA-256 or better"
            }
            Self::LegacyProvider { .. } => {
                "install OpenSSL's legacy module, or export the key again with AES encryption"
            }
            Self::Limit { .. } => {
                "no honest file comes near this limit: ask who made it for another one"
            }
            Self::Malformed { .. } => "the file is damaged or of another kind",
            Self::UnsupportedCurve { .. }
            | Self::UnsupportedAlgorithm { .. }
            | Self::Unsupported { .. } => {
                "this algorithm is outside the supported list in the documentation"
            }
            Self::SelfCheckFailed => "try again; if it repeats, the machine or the key is faulty",
            _ => return None,
        })
    }

    pub(crate) fn malformed(what: &'static str) -> Self {
        Self::Malformed { what, source: None }
    }
}

/// Names the structure or the step a lower error came from.
pub(crate) trait Context<T> {
    fn context(self, what: &'static str) -> Result<T>;
}

impl<T> Context<T> for Result<T, asn1::Error> {
    fn context(self, what: &'static str) -> Result<T> {
        self.map_err(|source| Error::Malformed { what, source: Some(source) })
    }
}

impl<T> Context<T> for Result<T, ErrorStack> {
    fn context(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| Error::OpenSsl { doing, source })
    }
}

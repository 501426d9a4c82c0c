//! The one place where signatures on certificates, CRLs and OCSP responses
//! are checked, over the octets received.

use crypto::{AlgorithmIdentifier, DigestAlgorithm, PublicKey, SignatureAlgorithm};
use serde::{Deserialize, Serialize};

/// What checking one signature value brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum SignatureCheck {
    /// It verifies.
    Valid {
        /// The named leniency it needed, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tolerance: Option<String>,
    },
    /// It does not verify with this key.
    Invalid,
    /// The algorithm, its parameters or the key can not be used.
    Unsupported {
        /// Why, in one sentence.
        reason: String,
    },
}

impl SignatureCheck {
    /// Whether it verifies.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid { .. })
    }
}

/// Contents of a signature BIT STRING.
pub(crate) struct SignatureValue<'a> {
    /// The octets.
    pub(crate) octets: &'a [u8],
    /// Whether every bit of them counts.
    pub(crate) whole: bool,
}

/// Checks `signature` over `message` with the key and algorithm received.
pub(crate) fn check(
    spki: &[u8],
    algorithm: &[u8],
    message: &[u8],
    signature: &SignatureValue<'_>,
) -> SignatureCheck {
    if !signature.whole {
        return SignatureCheck::Invalid;
    }
    let run = || {
        let identifier = AlgorithmIdentifier::from_der(algorithm)?;
        let algorithm = SignatureAlgorithm::from_identifier(&identifier, None)?;
        PublicKey::from_spki_der(spki)?.verify(&algorithm, message, signature.octets)
    };
    match run() {
        Ok(verified) => SignatureCheck::Valid {
            tolerance: verified.tolerance.map(|tolerance| tolerance.code().to_owned()),
        },
        Err(crypto::Error::SignatureInvalid) => SignatureCheck::Invalid,
        Err(error) => SignatureCheck::Unsupported { reason: error.to_string() },
    }
}

/// SHA-256.
pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let digest = crypto::digest(DigestAlgorithm::Sha256, octets);
    for (to, from) in out.iter_mut().zip(digest) {
        *to = from;
    }
    out
}

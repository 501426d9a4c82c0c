//! The one place where signatures on certificates, CRLs and OCSP responses
//! are checked, over the octets received.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use crypto::{AlgorithmIdentifier, DigestAlgorithm, SignatureAlgorithm};
use serde::{Deserialize, Serialize};

use crate::{Certificate, Fingerprint};

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

/// Signature checks made for one judgement: each is made once, and no more of
/// them than allowed, however many certificates and lists a file brings.
///
/// ```
/// use ceralacca_x509::{PathBuilder, SignatureChecks};
///
/// let checks = SignatureChecks::new(2_000);
/// let builder = PathBuilder { checks: Some(&checks), ..PathBuilder::default() };
/// assert_eq!(checks.left(), 2_000);
/// # let _ = builder;
/// ```
#[derive(Debug)]
pub struct SignatureChecks {
    /// By the object signed and the certificate of its signer.
    made: RefCell<BTreeMap<(Fingerprint, Fingerprint), SignatureCheck>>,
    left: Cell<u32>,
}

impl SignatureChecks {
    /// None made yet, `limit` allowed.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self { made: RefCell::default(), left: Cell::new(limit) }
    }

    /// How many may still be made.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.left.get()
    }

    /// The check of `object` by `signer`, if it was made.
    pub(crate) fn known(
        &self,
        object: Fingerprint,
        signer: &Certificate,
    ) -> Option<SignatureCheck> {
        // With parameters from above its key is another one on each path: never remembered.
        let whole = !signer.has_inherited_parameters();
        self.made.borrow().get(&(object, signer.fingerprint())).filter(|_| whole).cloned()
    }

    /// Makes the check with `run`, or remembers it; `None` when no more are allowed.
    pub(crate) fn check(
        &self,
        object: Fingerprint,
        signer: &Certificate,
        run: impl FnOnce() -> SignatureCheck,
    ) -> Option<SignatureCheck> {
        if let Some(known) = self.known(object, signer) {
            return Some(known);
        }
        self.left.set(self.left.get().checked_sub(1)?);
        let made = run();
        if !signer.has_inherited_parameters() {
            self.made.borrow_mut().insert((object, signer.fingerprint()), made.clone());
        }
        Some(made)
    }
}

/// Contents of a signature BIT STRING.
pub(crate) struct SignatureValue<'a> {
    /// The octets.
    pub(crate) octets: &'a [u8],
    /// Whether every bit of them counts.
    pub(crate) whole: bool,
}

/// Checks `signature` over `message` with the key of `signer` and the algorithm received.
pub(crate) fn check(
    signer: &Certificate,
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
        signer.public_key()?.verify(&algorithm, message, signature.octets)
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

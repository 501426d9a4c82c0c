//! What was found, with its cryptography done: the input of every judgement.
//!
//! Facts serialise to JSON and back without loss, so that a verdict can be reproduced years later
//! without the file, the network or a cryptographic library. They hold no opinion: whether a key is
//! too short, a time too late or an anchor trusted for this purpose is for [`crate::judge()`] to say.

mod certificate;
mod signature;

pub use certificate::*;
pub use signature::*;

use crate::catalogue::Code;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything known about one input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The input itself: format, layers, wrapping.
    pub input: InputFacts,
    /// Every certificate met, by SHA-256 fingerprint.
    pub certificates: BTreeMap<Fingerprint, CertificateFacts>,
    /// Prospective chains (EN 319 102-1 §5.2.6) of each signer, authority and responder, most plausible first.
    pub chains: BTreeMap<Fingerprint, Vec<ChainFacts>>,
    /// Revocation data at hand about each certificate, in any order.
    pub revocation: BTreeMap<Fingerprint, Vec<RevocationFacts>>,
    /// The signatures, countersignatures included, outermost layer first.
    pub signatures: Vec<SignatureFacts>,
    /// The time-stamps that belong to no signature (`.tsr`, `.tsd`).
    pub timestamps: Vec<TimestampFacts>,
}

impl Facts {
    /// The certificate of that fingerprint.
    pub fn certificate(&self, fingerprint: &Fingerprint) -> Option<&CertificateFacts> {
        self.certificates.get(fingerprint)
    }

    /// The facts as JSON, pretty-printed.
    ///
    /// # Errors
    /// None that facts themselves can cause; the serialiser's own.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Facts saved by [`Facts::to_json`].
    ///
    /// # Errors
    /// The text is not JSON, or not facts.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// SHA-256 over a DER certificate, lowercase hex: the name of a certificate inside [`Facts`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

impl Fingerprint {
    /// A fingerprint from its hex digits.
    pub fn new(hex: impl Into<String>) -> Self {
        Self(hex.into())
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The input as a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFacts {
    /// The outermost format as the report names it: `CAdES`, `CMS`, `TST`, `TSD`, …
    pub format: String,
    /// The layers, outside in.
    pub layers: Vec<LayerFacts>,
    /// What was removed or tolerated on the way in (base64, PEM, trailing bytes).
    pub notes: Vec<StructuralFinding>,
}

/// One layer of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerFacts {
    /// `base64`, `pem`, `smime`, `cades`, `tsd`, `pades`, `asic`, …
    pub kind: String,
    /// The name of the file or part at this layer, if it has one.
    pub name: Option<String>,
}

/// Something about structure that a parser saw; the policy row of its code says how bad it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StructuralFinding {
    /// What kind of deviation.
    pub code: Code,
    /// The observed detail, in English, without personal data.
    pub detail: String,
    /// The place: an octet span, an attribute, a layer.
    pub location: Option<String>,
}

//! Digital signatures, time-stamps and preservation packages for services and
//! programs: the verbs of the command line as functions.
//!
//! Everything a verb depends on is an argument: keys, authorities, trust,
//! revocation data, the network and the time. Nothing is printed, no
//! environment is read, no clock is asked.
//!
//! ```
//! use ceralacca::{
//!     Evidence, Packaging, Policy, Secret, SignOptions, SigningKey, Times, VerifyOptions,
//!     sign_file, verify_file,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let now = "2026-03-01T10:00:00Z".parse()?;
//! # let lab = dir.path().join("lab");
//! # ::lab::disk::init(&lab, &::lab::Config::quick(now))?;
//! # let file = dir.path().join("verbale.txt");
//! # std::fs::write(&file, "Il Consiglio approva.")?;
//! let pin = Secret::from_file_contents(std::fs::read(lab.join("signers/presidente.pin"))?);
//! let president = SigningKey::from_pkcs12(&lab.join("signers/presidente.p12"), &pin)?;
//! let signed = sign_file(&file, &dir.path().join("verbale.txt.p7m"), &SignOptions {
//!     keys: &[president],
//!     packaging: Packaging::Attached,
//!     signing_time: now,
//!     authorities: &[], // name some for CAdES-T
//!     ..SignOptions::default()
//! })?;
//!
//! let mut evidence = Evidence::default();
//! evidence.add_trust(&lab.join("trust"))?;
//! evidence.add_crls(&lab.join("revocation"))?;
//! let report = verify_file(&signed.output, &VerifyOptions {
//!     evidence: &evidence,
//!     fetch: None, // offline
//!     content: None,
//!     content_digest: None,
//!     policy: &Policy::default(),
//!     times: &Times::now(now),
//!     progress: None,
//! })?;
//! assert_eq!(report.signatures[0].level, "CAdES-BASELINE-B");
//! assert_eq!(report.signatures[0].intact, Some(true));
//! assert_eq!(ceralacca::validation::exit_code(&report), 0);
//! # Ok(()) }
//! ```

mod container;
mod countersign;
mod error;
mod extend;
mod extract;
mod inspect;
mod keys;
mod kind;
mod material;
mod output;
mod package;
mod present;
mod progress;
mod proof;
mod raise;
mod reuse;
mod sign;
mod stamp;
mod trust;
mod tsd;
mod unwrapped;
mod verify;

pub use container::{
    ContainerView, ExtractedContainer, ExtractedObject, ManifestView, MemberView, StampView,
    container_name, cosign_container, extend_container, extract_container, extract_object_to,
    sign_container, sole_object_name, stamp_container,
};
pub use countersign::{Countersigned, check_countersign, countersign_file};
pub use error::{Error, Family, Result};
pub use extend::{ExtendOptions, Extended, ExtendedSignature, check_extend, extend_file};
pub use extract::{
    Extracted, Removed, default_output as extracted_name, extract_file, extract_layers_file,
    extract_layers_to, extract_to,
};
pub use inspect::{
    CertificateView, Inspection, LayerView, SignerView, StampedView, TimestampView, inspect_file,
};
pub use keys::{Obstacle, SigningKey, load_certificates};
pub use kind::FileKind;
pub use material::{Budget, Missing, Note, Step};
pub use output::Placing;
pub use package::{build_aip, verify_package};
pub use progress::Progress;
pub use raise::{Added, NewStamp, TargetLevel};
pub use reuse::serves;
pub use sign::{
    LongTerm, Packaging, SignOptions, Signed, attach_file, check_cosign, cosign_file,
    default_output, detach_file, sign_file, sign_octets, sign_stream,
};
pub use stamp::{StampOptions, Stamped, stamp_file};
pub use trust::Evidence;
pub use tsd::{renew_tsd, stamp_tsd};
pub use verify::{
    VerifyOptions, certificate_facts, gather_facts, verify_certificate, verify_file, verify_reader,
};

// What the arguments are made of.
pub use archive::names::check_component as check_name;
pub use asic::ContainerType;
pub use asn1::Oid;
pub use cades::{Commitment, SignatureId, SignaturePolicy, SignerLocation, SignerProperties};
pub use cms::Limits;
pub use crypto::{DigestAlgorithm, Secret, Signer};
pub use files::{Durability, Overwrite};
pub use online;
pub use preservation;
pub use timestamp::TimestampAuthority;
pub use timestamp::tsd::NewMetaData;
pub use validation::{self, Lang, Policy, ReferenceTime, Report, Times};
pub use x509::{Certificate, Fetch, TrustAnchor};

/// An error with all its causes in one line.
#[must_use]
pub fn describe(error: &(impl std::error::Error + ?Sized)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors show their cause themselves.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

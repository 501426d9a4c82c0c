//! X.509 certificates, CRLs and OCSP responses (RFC 5280, RFC 6960), and the
//! paths between them.
//!
//! * [`Certificate`], [`Crl`], [`OcspResponse`] read what was received, DER or
//!   BER, and keep its octets: signatures are always checked over those.
//! * [`PathValidator`] finds paths from a certificate to [`TrustAnchor`]s.
//! * [`evaluate()`] says what revocation data at hand tell about a certificate,
//!   [`deciding`] which of them counts at a time.
//! * [`Fetcher`] brings what is missing through the [`Fetch`] it is given.
//!
//! Answers are facts: plain data that serialise, without a verdict in them.
//! ```
//! use ceralacca_x509::{
//!     Certificate, PathBudget, PathBuilder, PathValidator, RevocationSource, RevocationStatus,
//!     TrustAnchor, ValidityModel, deciding, evaluate,
//! };
//!
//! /// Whether one path to an anchor holds at `at`, every certificate known to be good.
//! fn holds(
//!     leaf: &Certificate,
//!     pool: &[Certificate],
//!     anchors: &[TrustAnchor],
//!     sources: &[RevocationSource],
//!     at: chrono::DateTime<chrono::Utc>,
//! ) -> bool {
//!     let search = PathBuilder::default().paths(leaf, pool, anchors, &PathBudget::default());
//!     search.paths.iter().any(|path| {
//!         let timely = path.check_at(at, ValidityModel::Shell).is_valid();
//!         timely && path.certificates().windows(2).all(|pair| {
//!             let facts = evaluate(&pair[0], &pair[1], sources, pool, anchors);
//!             deciding(&facts, at).is_some_and(|fact| fact.status == RevocationStatus::Good)
//!         })
//!     })
//! }
//! ```
//!
//! This crate reads no clock, opens no socket and trusts nothing on its own.

mod certificate;
mod constraints;
mod crl;
mod crl_index;
mod error;
mod evaluate;
mod extensions;
pub mod fetch;
mod fingerprint;
mod name;
mod obtain;
mod ocsp;
mod oids;
mod path;
mod path_rules;
mod pem;
mod policies;
mod reasons;
mod revocation;
mod second_opinion;
mod text;
mod trust;
mod verify;

pub use certificate::Certificate;
pub use constraints::NameConstraints;
pub use crl::{Crl, CrlEntry, CrlScope};
pub use error::{Error, Result};
pub use evaluate::{evaluate, evaluate_with};
pub use extensions::{
    AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, ExtendedKeyUsage, Extensions,
    GeneralName, KeyUsage, Policy, QcStatements,
};
pub use fetch::{Fetch, FetchError, Origin, Purpose, Request};
pub use fingerprint::Fingerprint;
pub use name::{Attribute, Name, PersonName};
pub use obtain::{
    AttemptOutcome, Fetcher, IssuerAttempt, RevocationAttempt, fetch_issuer, fetch_revocation,
};
pub use ocsp::{OcspRefusal, OcspResponse, OcspStatus, ResponderId, SingleResponse, ocsp_request};
pub use oids::{KP_ANY, KP_OCSP_SIGNING, KP_TIME_STAMPING, POLICY_AGID};
pub use path::{
    CandidateFailure, CertificateAtTime, CertificatePath, FailedCandidate, FlawedPath,
    KeyIdentifiers, LinkFact, PathAtTime, PathBudget, PathBuilder, PathFlaw, PathLimit, PathRole,
    PathRule, PathSearch, PathValidator, ValidatedPath, ValidityModel, ValidityState,
};
pub use policies::{PolicyConstraints, PolicyInputs};
pub use reasons::{ReasonSet, RevocationReason};
pub use revocation::{
    Authorisation, Refusal, RevocationExemption, RevocationFact, RevocationKind, RevocationObject,
    RevocationOrigin, RevocationSigner, RevocationSource, RevocationStatus, Unusable, deciding,
    revocation_exemption,
};
pub use second_opinion::{SecondOpinion, second_opinion};
pub use text::clean_text;
pub use trust::{AnchorConstraints, AnchorPurpose, TrustAnchor};
pub use verify::{SignatureCheck, SignatureChecks};

//! X.509 certificates, CRLs and OCSP responses (RFC 5280, RFC 6960), and the
//! paths between them.
//!
//! * [`Certificate`], [`Crl`], [`OcspResponse`] read what was received, DER or
//!   BER, and keep its octets: signatures are always checked over those.
//! * [`PathValidator`] finds paths from a certificate to [`TrustAnchor`]s.
//! * [`evaluate`] says what revocation data at hand tell about a certificate.
//! * [`fetch_revocation`] and [`fetch_issuer`] bring what is missing through
//!   the [`Fetch`] they are given.
//!
//! Answers are facts: plain data that serialise, without a verdict in them.
//! ```
//! use ceralacca_x509::{
//!     Certificate, PathBudget, PathValidator, RevocationSource, RevocationStatus,
//!     SimplePathBuilder, TrustAnchor, evaluate,
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
//!     let search =
//!         SimplePathBuilder::default().paths(leaf, pool, anchors, &PathBudget::default());
//!     search.paths.iter().filter(|path| path.check_at(at).is_valid()).any(|path| {
//!         path.certificates().windows(2).all(|pair| {
//!             let facts = evaluate(&pair[0], &pair[1], sources, pool, anchors);
//!             !facts.is_empty() && facts.iter().all(|fact| fact.status == RevocationStatus::Good)
//!         })
//!     })
//! }
//! ```
//!
//! This crate reads no clock, opens no socket and trusts nothing on its own.

mod certificate;
mod crl;
mod error;
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
mod revocation;
mod second_opinion;
mod text;
mod trust;
mod verify;

pub use certificate::Certificate;
pub use crl::{Crl, CrlEntry, CrlScope, RevocationReason};
pub use error::{Error, Result};
pub use extensions::{
    AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, ExtendedKeyUsage, Extensions,
    GeneralName, KeyUsage, Policy, QcStatements,
};
pub use fetch::{Fetch, FetchError, Origin, Purpose, Request};
pub use fingerprint::Fingerprint;
pub use name::{Attribute, Name, PersonName};
pub use obtain::{
    AttemptOutcome, IssuerAttempt, RevocationAttempt, fetch_issuer, fetch_revocation,
};
pub use ocsp::{OcspRefusal, OcspResponse, OcspStatus, ResponderId, SingleResponse, ocsp_request};
pub use oids::{KP_ANY, KP_OCSP_SIGNING, KP_TIME_STAMPING, POLICY_AGID};
pub use path::{
    CandidateFailure, CertificateAtTime, CertificatePath, FailedCandidate, FlawedPath,
    KeyIdentifiers, LinkFact, PathAtTime, PathBudget, PathFlaw, PathLimit, PathRole, PathRule,
    PathSearch, PathValidator, SimplePathBuilder, ValidatedPath, ValidityState,
};
pub use revocation::{
    Authorisation, Refusal, RevocationExemption, RevocationFact, RevocationKind, RevocationObject,
    RevocationOrigin, RevocationSigner, RevocationSource, RevocationStatus, Unusable, evaluate,
    revocation_exemption,
};
pub use second_opinion::{SecondOpinion, second_opinion};
pub use text::clean_text;
pub use trust::{AnchorConstraints, AnchorPurpose, TrustAnchor};
pub use verify::SignatureCheck;

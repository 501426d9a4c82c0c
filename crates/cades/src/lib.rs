//! CAdES signatures (ETSI EN 319 122-1): made, changed and read as streams.
//!
//! This crate says what a file holds and whether the octets fit together.
//! Whom a signature binds, and since when, is judged in `validation`.

pub mod archive;
mod archiving;
pub mod attributes;
mod change;
mod countersign;
mod create;
mod error;
mod level;
mod material;
pub mod oids;
pub mod policy;
mod properties;
mod read;
mod rewrite;
mod signature_id;
mod stream;
pub mod values;

pub use archiving::{add_archive_time_stamp, archive_digest};
pub use attributes::{ContentHints, SignerLocation};
pub use change::{
    DEEPEST, MOST_SIGNATURES, MOST_TIME_STAMPS, edit_signer, find_signer, is_frozen, refuse_excess,
    signature_ids, signers,
};
pub use countersign::countersign;
pub use create::{
    Completion, Prepared, Signatory, Signing, Stamp, Statement, add_signature_time_stamp,
};
pub use error::{Error, Result};
pub use level::{Level, Levels, extended_type};
pub use material::ValidationData;
pub use properties::{Commitment, SignaturePolicy, SignerProperties};
pub use read::{
    Container, Covered, Encapsulated, Envelope, EnvelopeKind, Imprint, Layer, LayerError, M7m,
    NotAtHand, SignedFile, StampedLayer, Wanted, Wrapping, read, read_whole,
};
pub use rewrite::{Outline, outline, rewrite};
pub use signature_id::SignatureId;
pub use stream::{
    attach, cosign, cosign_detached, detach, sign_attached, sign_detached, sign_piped,
};

//! ASiC containers with CAdES signatures and time-stamps (ETSI EN 319 162-1).
//!
//! * **ASiC-S** (§4.3): one data object, and in `META-INF/` a detached signature or a time-stamp over
//!   it.
//! * **ASiC-E with CAdES** (§4.4): any number of data objects; a manifest lists them with their
//!   digests, and the signature or time-stamp is over the octets of the manifest. `ASiCArchiveManifest`
//!   lists everything, signatures included, for an archive time-stamp (§4.4.5, A.7).
//!
//! A container is read from an [`archive::Archive`], whose directory was judged first. Members are
//! digested as they stream by, so memory does not grow with them; only what stands in `META-INF/` is
//! held. What is read says what refers to what and which digests agree: whom a signature binds is
//! judged in `validation`.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod container;
mod digest_uri;
mod error;
mod evidence;
mod inner;
mod limits;
mod manifest;
mod names;
mod uri;

pub use container::{
    Container, ContainerType, ManifestFile, MissingTarget, Note, ReferenceState, Signature,
    Subject, TimeStamp,
};
pub use error::{Error, ManifestError, Result};
pub use inner::Inner;
pub use limits::Limits;
pub use manifest::{DataReference, Manifest};
pub use names::{
    ARCHIVE_MANIFEST, MIMETYPE, Role, SIGNATURE_TYPE, SIMPLE_SIGNATURE, SIMPLE_TIMESTAMP,
    TIMESTAMP_TYPE, manifest_name, next_number, numbered_archive_manifest, role, signature_name,
    timestamp_name,
};

//! What the time-stamps over unsigned attributes are over (EN 319 122-1 §5.5, §A.1.5, §A.2.4).
//!
//! The octets are taken as stored, never re-encoded. Whether a token's imprint is one of those
//! computed here is compared by the caller; what a token is worth is judged elsewhere.

mod imprint;
mod index;

pub use imprint::{cades_c_imprints, references_imprints, v2_imprints, v3_imprint};
pub use index::{Entry, HashIndex, HashIndexVersion, Resolution, RootObjects, UnsignedObjects};

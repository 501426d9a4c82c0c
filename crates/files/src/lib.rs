//! File system primitives: the lowest room of the house that touches a disk.
//!
//! Three promises are kept here, once, for every other crate:
//!
//! * **Outputs appear whole or not at all** ([`StagedFile`], [`StagedDir`]): written under a
//!   temporary name in the target's own folder, brought to the disk, renamed without replacing
//!   what is there, and the folder's entry brought to the disk too. An interrupted run leaves the
//!   old file or the complete new one; what it may leave besides is a temporary name that never
//!   stands in the way ([`is_temporary_name`]).
//! * **Inputs are opened once** ([`SourceFile`]): what was digested is what was signed, and a file
//!   that changes while it is read is reported, not trusted.
//! * **Platform calls sit in one small module** ([`platform`]), with a portable way beside each.
//!
//! This crate may not look into files, and it reads neither clock nor environment nor network.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod error;
pub mod platform;
mod source;
mod staged;
mod staged_dir;

pub use error::{Error, is_reading};
pub use source::{FollowLinks, SourceFile, refuse_same_file};
pub use staged::{
    Batch, Durability, Overwrite, StagedFile, TEMPORARY_SUFFIX, is_temporary_name, refuse_existing,
};
pub use staged_dir::StagedDir;

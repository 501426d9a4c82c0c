//! Preservation packages for Italian public bodies: what goes to the archive, and what stays there.
//!
//! * [`metadata`]: the AgID Allegato 5 record of an administrative document
//!   (`DocumentoAmministrativoInformatico`), written from a short TOML sheet in Italian; every
//!   missing field is named together with its remedy.
//! * [`sip`]: the deposit package (*pacchetto di versamento*, PdV), as folder or ZIP.
//! * [`aip`]: the archive package (*pacchetto di archiviazione*, PdA) with its signed
//!   UNI 11386:2020 index ([`sincro`]).
//! * [`verify`]: the judgement of both, without unpacking anything to disk.
//!
//! The legal model is the caller's choice and never asserted here: the recording may be the main
//! document, or the text minutes with the recording attached; either way it is one unit.
//!
//! This crate touches files only through the staging of the `files` crate, and it knows neither
//! signatures nor trust: the index is signed by a callback and judged by a callback. It reads no
//! clock, no environment, no network, and it prints nothing.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod aip;
mod container;
mod digest;
mod error;
pub mod fiscal;
mod format;
mod limits;
pub mod metadata;
mod names;
mod report;
pub mod sincro;
pub mod sip;
mod tree;
pub mod verify;
mod xml;

use std::ops::ControlFlow;

pub use container::{Container, Output};
pub use error::Error;
pub use files::{Durability, Overwrite};
pub use format::mime_of;
pub use limits::Limits;
pub use report::{
    FileCount, FindingView, Lang, Level, Message, PackageFinding, PackageKind, PackageReport,
    ReportView, Verdict,
};

/// Called with the bytes handled since the last call, for progress bars; it answers whether to go
/// on. [`ControlFlow::Break`] ends the work with [`Error::Interrupted`] and removes what was staged.
pub type Progress<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;

/// A [`Progress`] that shows nothing and never stops.
pub fn silent(_bytes: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The program that makes a package, as it stands in the indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The program's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who makes it.
    pub producer: String,
}

impl Default for Application {
    fn default() -> Self {
        Self {
            name: "ceralacca".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            producer: "ceralacca".into(),
        }
    }
}

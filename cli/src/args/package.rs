//! The verbs on preservation packages (OAIS: SIP, AIP, DIP; CAD and AgID: PdV, PdA, PdD).

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{AllowArgs, ChainArgs, KeyArgs, OutputArgs, TrustArgs, TsaArgs};

/// `package`.
#[derive(Debug, Subcommand)]
pub(crate) enum Package {
    /// The metadata a package needs
    #[command(visible_alias = "metadati", subcommand)]
    Metadata(Metadata),
    /// Make a deposit package (SIP, pacchetto di versamento)
    #[command(visible_aliases = ["versamento", "pdv"])]
    Sip(Sip),
    /// Make an archive package (AIP, pacchetto di archiviazione), its index signed and stamped
    #[command(visible_aliases = ["archiviazione", "pda"])]
    Aip(Box<Aip>),
    /// Make a dissemination package (DIP, pacchetto di distribuzione)
    #[command(visible_aliases = ["distribuzione", "pdd"])]
    Dip(Dip),
    /// Deposit receipts (rapporto di versamento)
    #[command(visible_alias = "ricevuta", subcommand)]
    Receipt(Receipt),
    /// Judge packages: every file, the index, its signatures
    #[command(visible_alias = "verifica")]
    Verify(PackageVerify),
}

/// `package metadata`.
#[derive(Debug, Subcommand)]
pub(crate) enum Metadata {
    /// Write a TOML file to fill in, with what the file itself tells
    #[command(visible_alias = "crea")]
    Init(MetadataInit),
}

/// `package metadata init`.
#[derive(Debug, Args)]
pub(crate) struct MetadataInit {
    /// The main document
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `package sip`.
#[derive(Debug, Args)]
pub(crate) struct Sip {
    /// The metadata, as package metadata init writes them
    #[arg(long, value_name = "M.toml", required_unless_present = "manifest")]
    pub(crate) metadata: Option<PathBuf>,
    /// The main document; several are its components, in order
    #[arg(long, value_name = "FILE", required_unless_present = "manifest", num_args = 1..)]
    pub(crate) main: Vec<PathBuf>,
    /// An attachment; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,
    /// Kind of package: generic (default); parer, eark and bagit come with a later release
    #[arg(long, value_name = "KIND")]
    pub(crate) profile: Option<SipProfile>,
    /// Container: dir (default) or zip; tar comes with a later release
    #[arg(long, value_name = "FORM")]
    pub(crate) container: Option<Container>,
    /// A batch: the packages listed in this file; comes with a later release
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allow: AllowArgs,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// Kinds of deposit package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SipProfile {
    Generic,
    Parer,
    Eark,
    Bagit,
}

/// What a package is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Container {
    Dir,
    Zip,
    Tar,
}

/// `package aip`.
#[derive(Debug, Args)]
pub(crate) struct Aip {
    /// Deposit package
    #[arg(value_name = "SIP")]
    pub(crate) sip: PathBuf,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    #[command(flatten)]
    pub(crate) tsa: TsaArgs,
    /// Kind of package: sincro (default); eark and ocfl come with a later release
    #[arg(long, value_name = "KIND")]
    pub(crate) profile: Option<AipProfile>,
    /// Container: dir (default) or zip; tar comes with a later release
    #[arg(long, value_name = "FORM")]
    pub(crate) container: Option<Container>,
    #[command(flatten)]
    pub(crate) allow: AllowArgs,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// Kinds of archive package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AipProfile {
    Sincro,
    Eark,
    Ocfl,
}

/// `package dip`.
#[derive(Debug, Args)]
pub(crate) struct Dip {
    /// Archive packages
    #[arg(value_name = "AIP", required = true)]
    pub(crate) aip: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `package receipt`.
#[derive(Debug, Subcommand)]
pub(crate) enum Receipt {
    /// Write the receipt of a deposit package
    #[command(visible_alias = "crea")]
    Create(ReceiptCreate),
    /// Hold a receipt against its deposit package
    #[command(visible_alias = "controlla")]
    Check(ReceiptCheck),
}

/// `package receipt create`.
#[derive(Debug, Args)]
pub(crate) struct ReceiptCreate {
    /// Deposit package
    #[arg(value_name = "SIP")]
    pub(crate) sip: PathBuf,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `package receipt check`.
#[derive(Debug, Args)]
pub(crate) struct ReceiptCheck {
    /// Deposit package
    #[arg(value_name = "SIP")]
    pub(crate) sip: PathBuf,
    /// Its receipt
    #[arg(value_name = "RECEIPT")]
    pub(crate) receipt: PathBuf,
}

/// `package verify`.
#[derive(Debug, Args)]
pub(crate) struct PackageVerify {
    /// Packages: folders or containers
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
}

//! The literal command line: what was typed, before any of it means something.
//!
//! One clap tree gives parsing, help, manual pages and completions. The doc comment of a flag is
//! its English help; its Italian help stands in [`italian`], and a test holds the two together.
//! Nothing here reads the environment or opens a file: `settings` and the verbs do.

pub(crate) mod italian;
pub(crate) mod later;
mod package;
mod parts;
pub(crate) mod tree;
mod verbs;

pub(crate) use package::*;
pub(crate) use parts::*;
pub(crate) use verbs::*;

use clap::{Parser, Subcommand};

/// Digital signatures, time-stamps and preservation packages
#[derive(Debug, Parser)]
#[command(name = "ceralacca", bin_name = "ceralacca", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Use the settings of this profile of the configuration file
    ///
    /// With `package sip` and `package aip` give it before the verb: there --profile names the kind of package.
    // Not `global`: `package sip` and `package aip` have a --profile of their own. `tree` adds it
    // to every other verb, and `tree::config_profile` reads whichever was given.
    #[arg(long, value_name = "NAME", help_heading = "General options")]
    pub(crate) profile: Option<String>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Sign each file: CAdES, attached, level B unless told otherwise
    #[command(visible_alias = "firma")]
    Sign(Sign),
    /// Add a parallel signature; those present stay unchanged to the octet
    #[command(visible_alias = "cofirma")]
    Cosign(Cosign),
    /// Sign a signature
    #[command(visible_alias = "controfirma")]
    Countersign(Countersign),
    /// Part an attached signature into content and detached signature
    #[command(visible_alias = "separa")]
    Detach(Detach),
    /// Join a detached signature and its content into one file
    #[command(visible_alias = "unisci")]
    Attach(Attach),
    /// First half of a signature made elsewhere: what is to be signed
    #[command(visible_alias = "prepara")]
    Prepare(Prepare),
    /// Second half of a signature made elsewhere: put the value in its place
    #[command(visible_alias = "completa")]
    Complete(Complete),
    /// Raise signatures to level T, LT or LTA, or renew them
    #[command(visible_alias = "estendi")]
    Extend(Extend),
    /// Time-stamp a file without signing it
    #[command(visible_alias = "marca")]
    Timestamp(Timestamp),
    /// Judge signatures and time-stamps
    #[command(visible_alias = "verifica")]
    Verify(Box<Verify>),
    /// Show structure, layers and certificates; never a verdict
    #[command(visible_alias = "ispeziona")]
    Inspect(Inspect),
    /// Show or judge one certificate
    #[command(visible_alias = "certificato", subcommand)]
    Cert(Cert),
    /// Take out the innermost content, through every layer; nothing is verified
    #[command(visible_alias = "estrai")]
    Extract(Extract),
    /// Trusted lists and trust anchors
    #[command(visible_alias = "fiducia", subcommand)]
    Trust(Trust),
    /// Smart cards, readers and their certificates
    #[command(visible_alias = "carta", subcommand)]
    Token(Token),
    /// Preservation packages: deposit (SIP), archive (AIP), dissemination (DIP)
    #[command(visible_alias = "pacchetto", subcommand)]
    Package(Package),
    /// Make the playable content, its signature and a page for the public
    #[command(visible_alias = "pubblica")]
    Publish(Publish),
    /// Take a file through its whole life with test certificates
    #[command(visible_alias = "esempio")]
    Demo(Demo),
    /// A complete test PKI: authorities, signers, time-stamps (not valid in law)
    #[command(visible_alias = "laboratorio", subcommand)]
    Lab(Lab),
    /// Print the completions of a shell
    #[command(visible_alias = "completamenti")]
    Completions(Completions),
    /// Print the manual pages
    #[command(visible_alias = "manuale")]
    Man(Man),
    /// The settings in force
    #[command(visible_alias = "configurazione", subcommand)]
    Config(Config),
    /// Print the JSON Schema of what --json prints
    #[command(visible_alias = "schemi")]
    Schema(Schema),
    /// Print the help of a verb
    #[command(visible_alias = "aiuto")]
    Help(Help),
    /// Evidence records (reserved)
    #[command(visible_alias = "prova")]
    Evidence(Reserved),
    /// Archives (reserved)
    #[command(visible_alias = "archivio")]
    Archive(Reserved),
    /// Certified mail (reserved)
    Pec(Reserved),
}

impl Verb {
    /// The English verb, as the envelope names it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sign(_) => "sign",
            Self::Cosign(_) => "cosign",
            Self::Countersign(_) => "countersign",
            Self::Detach(_) => "detach",
            Self::Attach(_) => "attach",
            Self::Prepare(_) => "prepare",
            Self::Complete(_) => "complete",
            Self::Extend(_) => "extend",
            Self::Timestamp(_) => "timestamp",
            Self::Verify(_) => "verify",
            Self::Inspect(_) => "inspect",
            Self::Cert(Cert::Show(_)) => "cert show",
            Self::Cert(Cert::Verify(_)) => "cert verify",
            Self::Extract(_) => "extract",
            Self::Trust(Trust::Update(_)) => "trust update",
            Self::Trust(Trust::Import(_)) => "trust import",
            Self::Trust(Trust::Export(_)) => "trust export",
            Self::Trust(Trust::List(_)) => "trust list",
            Self::Token(Token::List(_)) => "token list",
            Self::Token(Token::Doctor(_)) => "token doctor",
            Self::Package(Package::Metadata(Metadata::Init(_))) => "package metadata init",
            Self::Package(Package::Sip(_)) => "package sip",
            Self::Package(Package::Aip(_)) => "package aip",
            Self::Package(Package::Dip(_)) => "package dip",
            Self::Package(Package::Receipt(Receipt::Create(_))) => "package receipt create",
            Self::Package(Package::Receipt(Receipt::Check(_))) => "package receipt check",
            Self::Package(Package::Verify(_)) => "package verify",
            Self::Publish(_) => "publish",
            Self::Demo(_) => "demo",
            Self::Lab(Lab::Init(_)) => "lab init",
            Self::Lab(Lab::Serve(_)) => "lab serve",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Config(Config::Check(_)) => "config check",
            Self::Schema(_) => "schema",
            Self::Help(_) => "help",
            Self::Evidence(_) => "evidence",
            Self::Archive(_) => "archive",
            Self::Pec(_) => "pec",
        }
    }
}

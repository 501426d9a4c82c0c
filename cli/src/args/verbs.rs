//! The verbs on files, certificates and the program itself.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{
    AllowArgs, ChainArgs, ContentArgs, DigestArgs, EvidenceArgs, KeyArgs, OutputArgs,
    StatementArgs, TrustArgs, TsaArgs,
};

/// `sign`.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// Files to sign; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// Format: cades (default); asic-s (one file in a container), asic-e (all files in one container); pades comes with a later release
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Level: b (default), t (with a time-stamp), lt (with the data to verify it later), lta (with an archive time-stamp)
    #[arg(long, value_name = "LEVEL")]
    pub(crate) level: Option<Level>,
    /// Keep the signature apart from the content (.p7s)
    #[arg(long)]
    pub(crate) detached: bool,
    /// Sign again although this key has signed the file already
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) statement: StatementArgs,
    #[command(flatten)]
    pub(crate) about: ContentArgs,
    #[command(flatten)]
    pub(crate) digest: DigestArgs,
    #[command(flatten)]
    pub(crate) allow: AllowArgs,
    #[command(flatten)]
    pub(crate) tsa: TsaArgs,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// Signature formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Cades,
    Pades,
    AsicS,
    AsicE,
}

/// Baseline levels (EN 319 122-1 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    B,
    T,
    Lt,
    Lta,
}

/// `cosign`.
#[derive(Debug, Args)]
pub(crate) struct Cosign {
    /// Signed files (.p7m, .p7s)
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// The content, when the signature is detached
    #[arg(long, value_name = "FILE")]
    pub(crate) content: Option<PathBuf>,
    /// Add the signature only if those present are valid now
    #[arg(long)]
    pub(crate) require_valid: bool,
    /// Level of the new signature: b (default), t, lt or lta
    #[arg(long, value_name = "LEVEL")]
    pub(crate) level: Option<Level>,
    /// Write over the signed file, in one step
    #[arg(long, conflicts_with = "output")]
    pub(crate) in_place: bool,
    /// Sign again although this key has signed the file already
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) statement: StatementArgs,
    #[command(flatten)]
    pub(crate) about: ContentArgs,
    #[command(flatten)]
    pub(crate) digest: DigestArgs,
    #[command(flatten)]
    pub(crate) allow: AllowArgs,
    #[command(flatten)]
    pub(crate) tsa: TsaArgs,
    /// Fetch nothing: what is missing must be at hand
    #[arg(long, conflicts_with = "online")]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `countersign`.
#[derive(Debug, Args)]
pub(crate) struct Countersign {
    /// Signed file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Which signature to sign, as verify numbers them
    #[arg(long, value_name = "N", required = true, value_delimiter = ',')]
    pub(crate) signature: Vec<String>,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// The content, when the signature is detached and --level is lta
    #[arg(long, value_name = "FILE")]
    pub(crate) content: Option<PathBuf>,
    /// Level of the countersignature: b (default), t, lt or lta
    #[arg(long, value_name = "LEVEL")]
    pub(crate) level: Option<Level>,
    /// Write over the signed file, in one step
    #[arg(long, conflicts_with = "output")]
    pub(crate) in_place: bool,
    /// Countersign again although this key has countersigned the signature already
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) statement: StatementArgs,
    #[command(flatten)]
    pub(crate) digest: DigestArgs,
    #[command(flatten)]
    pub(crate) allow: AllowArgs,
    #[command(flatten)]
    pub(crate) tsa: TsaArgs,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `detach`.
#[derive(Debug, Args)]
pub(crate) struct Detach {
    /// File with an attached signature
    #[arg(value_name = "FILE.p7m")]
    pub(crate) file: PathBuf,
    /// Where the content goes (default: the name without .p7m)
    #[arg(long, value_name = "FILE", conflicts_with = "no_content")]
    pub(crate) content: Option<PathBuf>,
    /// Write the signature only
    #[arg(long)]
    pub(crate) no_content: bool,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `attach`.
#[derive(Debug, Args)]
pub(crate) struct Attach {
    /// Detached signature
    #[arg(value_name = "FILE.p7s")]
    pub(crate) file: PathBuf,
    /// The content it signs
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) content: PathBuf,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `prepare`.
#[derive(Debug, Args)]
pub(crate) struct Prepare {
    /// File to sign
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The signer's certificate
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) cert: PathBuf,
    /// Intermediate certificates to embed; the root is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `complete`.
#[derive(Debug, Args)]
pub(crate) struct Complete {
    /// The job written by prepare
    #[arg(value_name = "job.json")]
    pub(crate) job: PathBuf,
    /// The signature value: base64, @FILE, or - for standard input
    #[arg(long, value_name = "VALUE", required = true, allow_hyphen_values = true)]
    pub(crate) signature_value: String,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `extend`.
#[derive(Debug, Args)]
pub(crate) struct Extend {
    /// Signed files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Level to reach: t (time-stamp), lt (data to verify it later), lta (archive time-stamp, or its renewal)
    #[arg(long, value_name = "LEVEL", required = true)]
    pub(crate) level: Level,
    /// Only this signature, as verify numbers them; repeatable
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) signature: Vec<String>,
    /// The content, when the signature is detached
    #[arg(long, value_name = "FILE")]
    pub(crate) content: Option<PathBuf>,
    /// Write over the signed file, in one step
    #[arg(long, conflicts_with = "output")]
    pub(crate) in_place: bool,
    #[command(flatten)]
    pub(crate) tsa: TsaArgs,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) allow: AllowArgs,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `timestamp`.
#[derive(Debug, Args)]
pub(crate) struct Timestamp {
    /// Files to time-stamp
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) tsa: TsaArgs,
    /// Format: tsr, the time-stamp alone (default), or tsd, the file and its time-stamp in one
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<StampFormat>,
    #[command(flatten)]
    pub(crate) digest: DigestArgs,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// Time-stamp files (RFC 3161 response, RFC 5544 TimeStampedData).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StampFormat {
    Tsr,
    Tsd,
}

/// `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Signed or time-stamped files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The content, when the signature is detached; the N-th belongs to the N-th file, one serves all
    #[arg(long, value_name = "FILE")]
    pub(crate) content: Vec<PathBuf>,
    /// The digest of the content, when the content is not at hand
    #[arg(long, value_name = "ALG:HEX", conflicts_with = "content")]
    pub(crate) content_digest: Option<String>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    /// The signatures existed at this instant, on your word
    #[arg(long, value_name = "T")]
    pub(crate) reference_time: Option<String>,
    /// The signatures existed at an instant that this evidence proves
    ///
    /// protocollo:FILE, pec:FILE, rdv:FILE, tsr:FILE; all come with a later release.
    #[arg(long, value_name = "KIND:EVIDENCE")]
    pub(crate) time_reference: Vec<String>,
    /// Document of a signature policy, checked against the hash a signature names it by; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) signature_policy_file: Vec<PathBuf>,
    /// Tax codes (with their role) that must be among the signers
    #[arg(long, value_name = "CF[:ROLE]", value_delimiter = ',')]
    pub(crate) expect: Vec<String>,
    /// Policy: default, strict or preservation; a policy file comes with a later release
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<PathBuf>,
    /// Report: text (default) or json; html and etsi come with a later release
    #[arg(long, value_name = "KIND")]
    pub(crate) report: Option<Report>,
    /// Write the report to this file
    #[arg(long, value_name = "OUT")]
    pub(crate) report_file: Option<PathBuf>,
    /// Who reads the report: internal (default) or public; public comes with a later release
    #[arg(long, value_name = "WHO")]
    pub(crate) report_audience: Option<Audience>,
    /// Replace an existing report file
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// Kinds of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    Text,
    Json,
    Html,
    Etsi,
}

/// Who a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Audience {
    Internal,
    Public,
}

/// `inspect`.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Files to look into; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// `cert`.
#[derive(Debug, Subcommand)]
pub(crate) enum Cert {
    /// Show one certificate
    #[command(visible_alias = "mostra")]
    Show(CertShow),
    /// Judge one certificate's path to a trust anchor
    #[command(visible_alias = "verifica")]
    Verify(CertVerify),
}

/// `cert show`.
#[derive(Debug, Args)]
pub(crate) struct CertShow {
    /// Certificate, DER or PEM
    #[arg(value_name = "CERT")]
    pub(crate) cert: PathBuf,
}

/// `cert verify`.
#[derive(Debug, Args)]
pub(crate) struct CertVerify {
    /// Certificate, DER or PEM
    #[arg(value_name = "CERT")]
    pub(crate) cert: PathBuf,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

/// `extract`.
#[derive(Debug, Args)]
pub(crate) struct Extract {
    /// Signed, stamped or wrapped files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Open only the N outermost envelopes (.p7m, .tsd, .m7m) instead of all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) layers: Option<u8>,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `trust`.
#[derive(Debug, Subcommand)]
pub(crate) enum Trust {
    /// Download and check the trusted lists
    #[command(visible_alias = "aggiorna")]
    Update(Nothing),
    /// Put anchors into the trust store
    #[command(visible_alias = "importa")]
    Import(Paths),
    /// Write the trust store to a folder
    #[command(visible_alias = "esporta")]
    Export(OutputArgs),
    /// Show the trust store
    #[command(visible_alias = "elenca")]
    List(Nothing),
}

/// `token`.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Show readers, cards and their certificates
    #[command(visible_alias = "elenca")]
    List(Nothing),
    /// Find out why a card is not seen
    #[command(visible_alias = "diagnosi")]
    Doctor(Nothing),
}

/// A verb without arguments of its own.
#[derive(Debug, Args)]
pub(crate) struct Nothing {}

/// A verb that takes paths.
#[derive(Debug, Args)]
pub(crate) struct Paths {
    /// Files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// `publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// Signed file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) out: OutputArgs,
}

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The file to use (default: a short test recording)
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Folder to make (default: ./ceralacca-demo, numbered if present)
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}

/// `lab`.
#[derive(Debug, Subcommand)]
pub(crate) enum Lab {
    /// Write a test PKI to a folder
    #[command(visible_alias = "crea")]
    Init(LabInit),
    /// Run its time-stamp authority, OCSP responder and lists on this machine until Ctrl-C
    #[command(visible_alias = "avvia")]
    Serve(LabServe),
}

/// `lab init`.
#[derive(Debug, Args)]
pub(crate) struct LabInit {
    /// Folder to make
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Port of its servers (default: 18318)
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
}

/// `lab serve`.
#[derive(Debug, Args)]
pub(crate) struct LabServe {
    /// Folder made by lab init
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// `completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Shell: bash, zsh, fish, elvish, powershell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The verb whose page to print (default: the program's own)
    #[arg(value_name = "VERB")]
    pub(crate) verb: Vec<String>,
    /// Write all pages to this folder
    #[arg(long, short, value_name = "DIR", conflicts_with = "verb")]
    pub(crate) output: Option<PathBuf>,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print the settings in force and where each comes from; secrets stay hidden
    #[command(visible_alias = "controlla")]
    Check(Nothing),
}

/// `schema`.
#[derive(Debug, Args)]
pub(crate) struct Schema {}

/// `help`.
#[derive(Debug, Args)]
pub(crate) struct Help {
    /// The verb
    #[arg(value_name = "VERB")]
    pub(crate) verb: Vec<String>,
}

/// A verb whose name is kept for later: whatever follows is taken and not looked at.
#[derive(Debug, Args)]
pub(crate) struct Reserved {
    /// Not looked at
    #[arg(value_name = "…", trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub(crate) rest: Vec<OsString>,
}

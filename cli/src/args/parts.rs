//! Groups of flags that several verbs share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Flags every verb takes, before it or after it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "General options")]
pub(crate) struct Common {
    /// Print one JSON object (schema ceralacca/1); with several inputs use --jsonl
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print one JSON object a line, one for each input, in input order
    #[arg(long, global = true, conflicts_with = "json")]
    pub(crate) jsonl: bool,
    /// Language of messages: it or en (default: from the locale)
    #[arg(long, global = true, value_name = "it|en")]
    pub(crate) lang: Option<Lang>,
    /// Say nothing but results and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// No colours (NO_COLOR does the same)
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Never ask anything: fail where a password would have to be typed
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// Say what would be done and written, and do nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Work on so many files at once (default: 1)
    #[arg(long, global = true, value_name = "N")]
    pub(crate) jobs: Option<u16>,
    /// When outputs are brought to disk: file (each, the default) or batch (in groups of 64)
    #[arg(long, global = true, value_name = "file|batch")]
    pub(crate) durability: Option<Durability>,
    /// Use this configuration file instead of the one in the XDG folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Let URLs found inside certificates reach this private network too; repeatable
    #[arg(long, global = true, value_name = "CIDR")]
    pub(crate) allow_net: Vec<String>,
    /// Longest time one network call may take (default: 60)
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) timeout: Option<u16>,
    /// Trust these HTTPS authorities besides the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Neither use nor keep what earlier runs fetched
    #[arg(long, global = true)]
    pub(crate) no_cache: bool,
}

/// The language of messages; codes are never translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    It,
    En,
}

/// When outputs reach the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Durability {
    File,
    Batch,
}

/// Keys, with the N-th certificate, chain and password belonging to the N-th key.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct KeyArgs {
    /// Signing key: p12:FILE, or pem:FILE with --cert; several keys are several signers
    ///
    /// pkcs11: (smart card) and csc: (remote signature) come with a later release.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,
    /// The signer's certificate, for a pem: key
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Vec<PathBuf>,
    /// Intermediate certificates to embed; the root is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Vec<PathBuf>,
    /// Read the key's password from the first line of this file
    #[arg(long, alias = "pin-file", value_name = "FILE")]
    pub(crate) password_file: Vec<PathBuf>,
    /// Read the key's password from this open file descriptor
    #[arg(long, visible_alias = "pin-fd", value_name = "N")]
    pub(crate) password_fd: Vec<u32>,
}

/// What a refused certificate may be used for all the same, by name.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AllowArgs {
    /// Override a refusal: expired, not-yet-valid, no-nr, automatic, incomplete-media
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) allow: Vec<Allow>,
}

/// Refusals of `sign` that can be overridden by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Allow {
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate lacks non-repudiation (content commitment).
    NoNr,
    /// The certificate is for automatic signatures.
    Automatic,
    /// The recording is cut short or has no index.
    IncompleteMedia,
}

/// Time-stamp authorities.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TsaArgs {
    /// Time-stamp authority; repeat it in fallback order
    #[arg(long, value_name = "URL")]
    pub(crate) tsa: Vec<String>,
    /// User name at the time-stamp authority
    #[arg(long, value_name = "USER")]
    pub(crate) tsa_user: Option<String>,
    /// File with the password at the time-stamp authority
    #[arg(long, value_name = "FILE")]
    pub(crate) tsa_password_file: Option<PathBuf>,
}

/// The digest that is signed or stamped.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct DigestArgs {
    /// Digest: sha256 (default), sha384, sha512
    #[arg(long, value_name = "ALG")]
    pub(crate) digest: Option<Digest>,
}

/// Digests that may be used to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Digest {
    #[default]
    Sha256,
    Sha384,
    Sha512,
}

/// Where the output goes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OutputArgs {
    /// Output file, or an existing folder; - is standard output
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Replace an existing output
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// What a signer says with the signature.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StatementArgs {
    /// What is committed to: approval, creation, sender, proof-of-origin, delivery, receipt, or an identifier
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub(crate) commitment: Vec<String>,
    /// Role claimed by the signer, such as "Segretario comunale"; repeatable
    #[arg(long, value_name = "TEXT")]
    pub(crate) role: Vec<String>,
    /// Place of signing: TOWN or TOWN,COUNTRY, the country as two letters
    #[arg(long, value_name = "PLACE")]
    pub(crate) location: Option<String>,
    /// Identifier of the signature policy, with --signature-policy-file
    #[arg(long, value_name = "OID", requires = "signature_policy_file")]
    pub(crate) signature_policy: Option<String>,
    /// The document of the signature policy; its digest is signed
    #[arg(long, value_name = "FILE", requires = "signature_policy")]
    pub(crate) signature_policy_file: Option<PathBuf>,
    /// Where the signature policy can be read
    #[arg(long, value_name = "URI", requires = "signature_policy")]
    pub(crate) signature_policy_uri: Option<String>,
}

/// What a signer says of the content.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ContentArgs {
    /// Media type of the content, such as video/mp4
    #[arg(long, value_name = "TYPE")]
    pub(crate) media_type: Option<String>,
    /// Time-stamp the content too, before it is signed
    #[arg(long)]
    pub(crate) content_timestamp: bool,
}

/// What data for later verification are built from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct EvidenceArgs {
    /// Trust anchor: a file of certificates or a folder of them; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) trust: Vec<PathBuf>,
    /// Revocation list at hand (CRL), or a folder of them; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) crl: Vec<PathBuf>,
    /// Revocation answer at hand (OCSP), or a folder of them; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) ocsp: Vec<PathBuf>,
    /// Fetch nothing: what is missing must be at hand
    #[arg(long)]
    pub(crate) offline: bool,
}

/// What a judgement rests on.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TrustArgs {
    /// Trust anchor: a file of certificates or a folder of them; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) trust: Vec<PathBuf>,
    /// Revocation list at hand (CRL), or a folder of them; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) crl: Vec<PathBuf>,
    /// Revocation answer at hand (OCSP), or a folder of them; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) ocsp: Vec<PathBuf>,
    /// Judge as of this instant; data issued later does not exist
    #[arg(long, value_name = "T")]
    pub(crate) at: Option<String>,
    /// Fetch missing certificates and revocation data
    #[arg(long)]
    pub(crate) online: bool,
}

/// Further certificates to build paths with; not trusted.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ChainArgs {
    /// Further certificates to build the path with; not trusted; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Vec<PathBuf>,
}

//! The verbs that make signatures: sign, cosign, detach, attach.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use cades::{Signatory, Signing};
use chrono::{DateTime, Utc};
use cms::{Limits, SignedData};
use crypto::DigestAlgorithm;
use files::{FollowLinks, SourceFile, StagedFile};
use timestamp::{Request, TimestampAuthority, Token};
use x509::Certificate;

use crate::output::{self, Placing};
use crate::progress::{Counted, Progress};
use crate::{Error, FileKind, Obstacle, Result, SigningKey};

/// Where the content goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packaging {
    /// Into the signature file (`.p7m`).
    #[default]
    Attached,
    /// It stays where it is; the signature stands beside it (`.p7s`).
    Detached,
}

/// Everything a signature needs besides the file.
#[derive(Clone, Copy)]
pub struct SignOptions<'a> {
    /// The signers; all of them sign in one reading of the file.
    pub keys: &'a [SigningKey],
    /// Where the content goes.
    pub packaging: Packaging,
    /// The claimed signing time.
    pub signing_time: DateTime<Utc>,
    /// Asked in order for a time-stamp on every signature (CAdES-T); none
    /// for CAdES-B.
    pub authorities: &'a [&'a dyn TimestampAuthority],
    /// Obstacles of the certificate to be overlooked, by [`Obstacle::name`].
    pub allow: &'a [String],
    /// Whether a certificate that has signed the file already may sign again.
    pub again: bool,
    /// How outputs are put in place.
    pub placing: Placing,
    /// Told how far reading has come.
    pub progress: Option<&'a Progress<'a>>,
}

impl std::fmt::Debug for SignOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignOptions")
            .field("keys", &self.keys)
            .field("packaging", &self.packaging)
            .field("signing_time", &self.signing_time)
            .finish_non_exhaustive()
    }
}

/// What signing left behind.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The signature file.
    pub output: PathBuf,
    /// Who signed, in the order of the keys.
    pub signers: Vec<Certificate>,
    /// When each signature was stamped, if it was.
    pub stamped: Vec<DateTime<Utc>>,
    /// Why authorities asked before the one that answered did not serve.
    pub failed_authorities: Vec<String>,
}

/// The name a signature of `input` gets: `verbale.mp4.p7m` or `.p7s`.
#[must_use]
pub fn default_output(input: &Path, packaging: Packaging) -> PathBuf {
    let mut name = input.as_os_str().to_owned();
    name.push(match packaging {
        Packaging::Attached => ".p7m",
        Packaging::Detached => ".p7s",
    });
    name.into()
}

/// Signs a file of any size, reading it once.
///
/// # Errors
/// A certificate that must not sign, a key or an authority that fails, an
/// output that is in the way, a file that changes meanwhile. Nothing is left
/// behind then.
pub fn sign_file(input: &Path, output: &Path, options: &SignOptions<'_>) -> Result<Signed> {
    refuse_obstacles(options)?;
    files::refuse_same_file(input, output)?;
    let (mut source, mut staged) = output::open(input, output, options.placing)?;
    refuse_signing_again(input, &mut source, options)?;
    let failed = Error::cades(output);
    let size = source.len();
    let stamps = with_signing(options, |signing| match options.packaging {
        Packaging::Attached => {
            let content = Counted::new(&mut source, options.progress);
            cades::sign_attached(content, size, &mut staged, signing).map_err(&failed)
        }
        Packaging::Detached => {
            let content = Counted::new(&mut source, options.progress);
            let octets = cades::sign_detached(content, signing).map_err(&failed)?;
            staged.write_all(&octets).map_err(|error| staged.write_error(error).into())
        }
    })?;
    source.check_unchanged()?;
    stamps.signed(staged.commit(options.placing.overwrite, options.placing.durability)?, options)
}

/// Signs what a pipe brings into a pipe: attached, in BER; or detached.
///
/// # Errors
/// As [`sign_file`].
pub fn sign_stream(
    content: impl Read,
    mut out: impl Write,
    options: &SignOptions<'_>,
) -> Result<Signed> {
    refuse_obstacles(options)?;
    let name = Path::new("-");
    let failed = Error::cades(name);
    let content = Counted::new(content, options.progress);
    let stamps = with_signing(options, |signing| match options.packaging {
        Packaging::Attached => cades::sign_piped(content, &mut out, signing).map_err(&failed),
        Packaging::Detached => {
            let octets = cades::sign_detached(content, signing).map_err(&failed)?;
            out.write_all(&octets).map_err(|error| failed(error.into()))
        }
    })?;
    stamps.signed(name.to_owned(), options)
}

/// Signs a small content that is in memory: attached, in DER.
///
/// # Errors
/// As [`sign_file`].
pub fn sign_octets(content: &[u8], options: &SignOptions<'_>) -> Result<Vec<u8>> {
    refuse_obstacles(options)?;
    let failed = Error::cades(Path::new("-"));
    let mut out = std::io::Cursor::new(Vec::new());
    with_signing(options, |signing| {
        let size = content.len() as u64;
        cades::sign_attached(std::io::Cursor::new(content), size, &mut out, signing)
            .map_err(&failed)
    })?;
    Ok(out.into_inner())
}

/// Adds parallel signatures to a signed file, leaving those in it as they are
/// to the octet. `content` is the signed file of a detached signature.
///
/// ```
/// use ceralacca::{SigningKey, SignOptions, cosign_file, sign_file};
/// # use ceralacca::{Packaging, Placing, Secret};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let now = "2026-03-01T10:00:00Z".parse()?;
/// # let pki = dir.path().join("lab");
/// # lab::disk::init(&pki, &lab::Config::quick(now))?;
/// # let pin = Secret::from_file_contents(std::fs::read(pki.join("signers/presidente.pin"))?);
/// # let president = SigningKey::from_pkcs12(&pki.join("signers/presidente.p12"), &pin)?;
/// # let file = dir.path().join("verbale.txt");
/// # std::fs::write(&file, "Il Consiglio approva.")?;
/// # let options = SignOptions {
/// #     keys: std::slice::from_ref(&president), packaging: Packaging::Attached, signing_time: now,
/// #     authorities: &[], allow: &[], again: false, placing: Placing::default(), progress: None,
/// # };
/// # let p7m = sign_file(&file, &dir.path().join("verbale.txt.p7m"), &options)?.output;
/// let secretary = SigningKey::from_pkcs12(&pki.join("signers/segretario.p12"), &pin)?;
/// let both = dir.path().join("verbale.txt-cosigned.p7m");
/// let signed = cosign_file(&p7m, None, &both, &SignOptions { keys: &[secretary], ..options })?;
/// assert_eq!(ceralacca::inspect_file(&both, None)?.layers[0].signers.len(), 2);
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`sign_file`]; also a file that is no signature, and a certificate that
/// has signed already unless [`SignOptions::again`] says otherwise.
pub fn cosign_file(
    input: &Path,
    content: Option<&Path>,
    output: &Path,
    options: &SignOptions<'_>,
) -> Result<Signed> {
    refuse_obstacles(options)?;
    let (source, mut staged) = output::open(input, output, options.placing)?;
    let failed = Error::cades(input);
    let mut opened = Unwrapped::open(source, output)?;
    let detached = opened.detached_signature(&failed)?;
    let stamps = match detached {
        None => with_signing(options, |signing| {
            let file = Counted::new(&mut opened, options.progress);
            let mut refusal = None;
            cades::cosign(file, &mut staged, signing, &Limits::default(), |data| {
                refuse_present(input, data, options).map_err(|error| {
                    refusal = Some(error);
                    cades::Error::Refused
                })
            })
            .map_err(|error| refusal.take().unwrap_or_else(|| failed(error)))
        }),
        Some(data) => {
            refuse_present(input, &data, options)?;
            let content = content.ok_or_else(|| Error::ContentNeeded { path: input.to_owned() })?;
            let mut content = SourceFile::open(content, FollowLinks::Follow)?;
            let stamps = with_signing(options, |signing| {
                let file = Counted::new(&mut content, options.progress);
                let octets = cades::cosign_detached(data, file, signing).map_err(&failed)?;
                staged.write_all(&octets).map_err(|error| staged.write_error(error).into())
            })?;
            content.check_unchanged()?;
            Ok(stamps)
        }
    }?;
    opened.check_unchanged()?;
    stamps.signed(staged.commit(options.placing.overwrite, options.placing.durability)?, options)
}

/// Takes the content out of a `.p7m`, leaving a `.p7s` with the same
/// SignerInfos to the octet.
///
/// ```
/// use ceralacca::{attach_file, detach_file};
/// # use ceralacca::{Packaging, Placing, Secret, SigningKey, SignOptions, sign_file};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let now = "2026-03-01T10:00:00Z".parse()?;
/// # let pki = dir.path().join("lab");
/// # lab::disk::init(&pki, &lab::Config::quick(now))?;
/// # let pin = Secret::from_file_contents(std::fs::read(pki.join("signers/presidente.pin"))?);
/// # let president = SigningKey::from_pkcs12(&pki.join("signers/presidente.p12"), &pin)?;
/// # let file = dir.path().join("verbale.txt");
/// # std::fs::write(&file, "Il Consiglio approva.")?;
/// # let options = SignOptions {
/// #     keys: std::slice::from_ref(&president), packaging: Packaging::Attached, signing_time: now,
/// #     authorities: &[], allow: &[], again: false, placing: Placing::default(), progress: None,
/// # };
/// # let p7m = sign_file(&file, &dir.path().join("verbale.txt.p7m"), &options)?.output;
/// let p7s = detach_file(&p7m, &dir.path().join("verbale.txt.p7s"), Placing::default())?;
/// // … the recording is published, the signature beside it; somebody puts them together again:
/// let again = attach_file(&p7s, &file, &dir.path().join("again.p7m"), Placing::default())?;
/// assert_eq!(std::fs::read(again)?, std::fs::read(p7m)?);
/// # Ok(()) }
/// ```
///
/// # Errors
/// The file is no signature or has no content; an output in the way.
pub fn detach_file(input: &Path, output: &Path, placing: Placing) -> Result<PathBuf> {
    files::refuse_existing(output, placing.overwrite)?;
    let source = SourceFile::open(input, FollowLinks::Follow)?;
    let mut opened = Unwrapped::open(source, output)?;
    let octets = cades::detach(&mut opened, &Limits::default()).map_err(Error::cades(input))?;
    opened.check_unchanged()?;
    output::write(output, &octets, placing)
}

/// Puts the content back into a `.p7s`, after making sure that every
/// signature is over it.
///
/// # Errors
/// The content is another one, or the signature has its content already; an
/// output in the way.
pub fn attach_file(
    input: &Path,
    content: &Path,
    output: &Path,
    placing: Placing,
) -> Result<PathBuf> {
    let failed = Error::cades(input);
    files::refuse_same_file(content, output)?;
    let (mut source, mut staged) = output::open(content, output, placing)?;
    let signature = SourceFile::open(input, FollowLinks::Follow)?;
    let mut opened = Unwrapped::open(signature, output)?;
    let data = opened.detached_signature(&failed)?;
    let data = data.ok_or_else(|| failed(cades::Error::AlreadyAttached))?;
    let size = source.len();
    cades::attach(&data, &mut source, size, &mut staged).map_err(&failed)?;
    source.check_unchanged()?;
    Ok(staged.commit(placing.overwrite, placing.durability)?)
}

/// A signature file with its text wrapping taken off: itself if it has none,
/// a temporary binary copy otherwise.
enum Unwrapped {
    Binary(SourceFile),
    Copy { original: SourceFile, copy: StagedFile },
}

impl Unwrapped {
    /// Opens the file and makes sure that it is a signature. A binary copy, if
    /// one is needed, stands beside `output` and goes away by itself.
    fn open(mut source: SourceFile, output: &Path) -> Result<Self> {
        let path = source.path().to_owned();
        let failed = |error| files::Error::from_io("reading", &path, error);
        let found = FileKind::of(&mut source).map_err(failed)?;
        if found != FileKind::SignedData {
            return Err(Error::Unsupported { path, found });
        }
        let opened = cms::armor::open(&mut source, Limits::default().layers);
        let mut opened = opened.map_err(|error| Error::cades(&path)(error.into()))?;
        if opened.armor.is_empty() {
            drop(opened);
            source.seek(SeekFrom::Start(0)).map_err(failed)?;
            return Ok(Self::Binary(source));
        }
        let mut copy = StagedFile::create(output)?;
        std::io::copy(&mut opened.source, &mut copy)
            .map_err(|error| Error::cades(&path)(error.into()))?;
        drop(opened);
        copy.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(Self::Copy { original: source, copy })
    }

    /// The SignedData, if it has no content inside; the file stands at its
    /// start afterwards.
    fn detached_signature(
        &mut self,
        failed: &impl Fn(cades::Error) -> Error,
    ) -> Result<Option<SignedData>> {
        let reader = cms::SignedDataReader::open(&mut *self, Limits::default());
        let reader = reader.map_err(|error| failed(error.into()))?;
        let detached = if reader.is_attached() {
            None
        } else {
            Some(reader.finish().map_err(|error| failed(error.into()))?.0)
        };
        self.seek(SeekFrom::Start(0)).map_err(|error| failed(error.into()))?;
        Ok(detached)
    }

    fn check_unchanged(&self) -> Result<()> {
        let (Self::Binary(original) | Self::Copy { original, .. }) = self;
        Ok(original.check_unchanged()?)
    }
}

impl Read for Unwrapped {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Binary(file) => file.read(out),
            Self::Copy { copy, .. } => copy.read(out),
        }
    }
}

impl Seek for Unwrapped {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match self {
            Self::Binary(file) => file.seek(to),
            Self::Copy { copy, .. } => copy.seek(to),
        }
    }
}

/// What the authorities answered during one signing.
#[derive(Default)]
struct Stamps {
    times: Vec<DateTime<Utc>>,
    failed: Vec<String>,
}

impl Stamps {
    fn signed(self, output: PathBuf, options: &SignOptions<'_>) -> Result<Signed> {
        let signers = options.keys.iter().map(|key| key.certificate.clone()).collect();
        Ok(Signed { output, signers, stamped: self.times, failed_authorities: self.failed })
    }
}

/// Runs `work` with what the options say about signers, time and stamps.
fn with_signing(
    options: &SignOptions<'_>,
    work: impl FnOnce(&mut Signing<'_>) -> Result<()>,
) -> Result<Stamps> {
    let signatories: Vec<Signatory<'_>> = options
        .keys
        .iter()
        .map(|key| Signatory {
            key: key.key.as_ref(),
            certificate: &key.certificate,
            chain: &key.chain,
        })
        .collect();
    let mut stamps = Stamps::default();
    let mut stamp = |algorithm: DigestAlgorithm, digest: &[u8]| -> timestamp::Result<Token> {
        let (_, token, failed) = request_stamp(options.authorities, algorithm, digest)?;
        stamps.times.push(token.info.gen_time);
        stamps.failed.extend(failed.iter().map(crate::describe));
        Ok(token)
    };
    let mut signing = Signing {
        signatories: &signatories,
        signing_time: options.signing_time,
        stamp: (!options.authorities.is_empty()).then_some(&mut stamp),
    };
    work(&mut signing)?;
    Ok(stamps)
}

/// Asks the authorities, in order, for a stamp over a digest, with a fresh nonce.
pub(crate) fn request_stamp(
    authorities: &[&dyn TimestampAuthority],
    algorithm: DigestAlgorithm,
    digest: &[u8],
) -> timestamp::Result<(Vec<u8>, Token, Vec<timestamp::Error>)> {
    let mut nonce = [0; 8];
    crypto::random::fill(&mut nonce).map_err(timestamp::Error::Random)?;
    let request = Request { algorithm, digest: digest.to_vec(), policy: None, nonce };
    timestamp::obtain_from(authorities, &request)
}

pub(crate) fn refuse_obstacles(options: &SignOptions<'_>) -> Result<()> {
    for key in options.keys {
        if let Some(obstacle) = Obstacle::of(&key.certificate, options.signing_time, options.allow)
        {
            let subject = key.certificate.subject().to_string();
            return Err(Error::Certificate { subject, obstacle });
        }
    }
    Ok(())
}

/// Refuses to wrap a file that one of the keys has signed already into one
/// more signature of the same key.
fn refuse_signing_again(
    path: &Path,
    source: &mut SourceFile,
    options: &SignOptions<'_>,
) -> Result<()> {
    let failed = |error| files::Error::from_io("reading", path, error);
    if options.again || FileKind::of(source).map_err(failed)? != FileKind::SignedData {
        return Ok(());
    }
    let read =
        cades::read(&mut *source, &Limits::default(), &Default::default(), &mut std::io::sink());
    // What cannot be read can still be signed, as any file can.
    if let Ok(file) = read
        && let Some(layer) = file.layers.first()
    {
        refuse_present(path, &layer.data, options)?;
    }
    source.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(())
}

fn refuse_present(path: &Path, data: &SignedData, options: &SignOptions<'_>) -> Result<()> {
    if options.again {
        return Ok(());
    }
    for key in options.keys {
        if data.signer_infos.iter().any(|signer| signer.sid.names(&key.certificate)) {
            let subject = key.certificate.subject().to_string();
            return Err(Error::AlreadySigned { path: path.to_owned(), subject });
        }
    }
    Ok(())
}

//! The verbs that make signatures: sign, cosign, detach, attach.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use cades::{Signatory, SignatureId, SignerProperties, Signing};
use chrono::{DateTime, Utc};
use cms::verify::ContentDigests;
use cms::{Limits, SignedData};
use crypto::DigestAlgorithm;
use files::{FollowLinks, SourceFile};
use timestamp::{Request, TimestampAuthority, Token};
use x509::{Certificate, Fetch};

use crate::keys::holder;
use crate::material::{Budget, Note};
use crate::output::{self, Placing};
use crate::present::refuse_broken;
use crate::progress::{Counted, Progress};
use crate::raise::{Added, Raise, Raised};
use crate::unwrapped::Unwrapped;
use crate::{Error, Evidence, FileKind, Obstacle, Result, SigningKey, TargetLevel};

/// Where the content goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packaging {
    /// Into the signature file (`.p7m`).
    #[default]
    Attached,
    /// It stays where it is; the signature stands beside it (`.p7s`).
    Detached,
}

/// What a signature needs beyond level T: data to verify it with later.
#[derive(Clone, Copy)]
pub struct LongTerm<'a> {
    /// Whether an archive time-stamp goes over it all (LTA), or not (LT).
    pub archive: bool,
    /// Trust, chains and revocation data at hand.
    pub evidence: &'a Evidence,
    /// Fetches what is missing; `None` stays offline.
    pub fetch: Option<&'a dyn Fetch>,
    /// What fetching may cost.
    pub budget: Budget,
}

impl std::fmt::Debug for LongTerm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LongTerm")
            .field("archive", &self.archive)
            .field("online", &self.fetch.is_some())
            .finish_non_exhaustive()
    }
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
    /// What the signers say besides the time: commitments, roles, a policy.
    pub properties: Option<&'a SignerProperties>,
    /// Goes on to CAdES-LT or LTA, in the same reading of the file.
    pub long_term: Option<LongTerm<'a>>,
    /// Revocation data at hand: who is revoked there does not sign.
    pub evidence: Option<&'a Evidence>,
    /// Obstacles of the certificate to be overlooked, by [`Obstacle::name`].
    pub allow: &'a [String],
    /// Whether a certificate that has signed the file already may sign again, or
    /// sign twice at once.
    pub again: bool,
    /// How outputs are put in place.
    pub placing: Placing,
    /// Told how far reading has come.
    pub progress: Option<&'a Progress<'a>>,
}

impl Default for SignOptions<'_> {
    /// Nobody signs, attached, at the beginning of Unix time: to be filled in.
    fn default() -> Self {
        Self {
            keys: &[],
            packaging: Packaging::Attached,
            signing_time: DateTime::UNIX_EPOCH,
            authorities: &[],
            properties: None,
            long_term: None,
            evidence: None,
            allow: &[],
            again: false,
            placing: Placing::default(),
            progress: None,
        }
    }
}

impl std::fmt::Debug for SignOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignOptions")
            .field("keys", &self.keys)
            .field("packaging", &self.packaging)
            .field("signing_time", &self.signing_time)
            .field("properties", &self.properties)
            .field("long_term", &self.long_term)
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
    /// When the content was stamped before it was signed, if it was.
    pub content_stamped: Vec<DateTime<Utc>>,
    /// Why authorities asked before the one that answered did not serve.
    pub failed_authorities: Vec<String>,
    /// When an archive time-stamp was put on each signature, if it was.
    pub archived: Vec<DateTime<Utc>>,
    /// What was put in to verify the signatures with later.
    pub added: Added,
    /// What the person should know about it.
    pub notes: Vec<Note>,
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
    let stamps = with_signing(input, options, |signing| match options.packaging {
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
    let placed = staged.commit(options.placing.overwrite, options.placing.durability)?;
    Ok(stamps.signed(placed, options))
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
    let stamps = with_signing(name, options, |signing| match options.packaging {
        Packaging::Attached => cades::sign_piped(content, &mut out, signing).map_err(&failed),
        Packaging::Detached => {
            let octets = cades::sign_detached(content, signing).map_err(&failed)?;
            out.write_all(&octets).map_err(|error| failed(error.into()))
        }
    })?;
    Ok(stamps.signed(name.to_owned(), options))
}

/// Signs a small content that is in memory: attached, in DER.
///
/// # Errors
/// As [`sign_file`].
pub fn sign_octets(content: &[u8], options: &SignOptions<'_>) -> Result<Vec<u8>> {
    refuse_obstacles(options)?;
    let failed = Error::cades(Path::new("-"));
    let mut out = std::io::Cursor::new(Vec::new());
    with_signing(Path::new("-"), options, |signing| {
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
/// # use ceralacca::{Packaging, Secret};
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
/// #     ..SignOptions::default()
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
/// As [`sign_file`]; also a file that is no signature, a signature in it that
/// is broken or over another content, and a certificate that has signed already
/// unless [`SignOptions::again`] says otherwise.
pub fn cosign_file(
    input: &Path,
    content: Option<&Path>,
    output: &Path,
    options: &SignOptions<'_>,
) -> Result<Signed> {
    if crate::container::is_container(input)? {
        return crate::cosign_container(input, output, options);
    }
    refuse_obstacles(options)?;
    let (source, mut staged) = output::open(input, output, options.placing)?;
    let failed = Error::cades(input);
    let mut opened = Unwrapped::open(source, output)?;
    let detached = opened.detached_signature(&failed)?;
    let refusal = std::cell::RefCell::new(None);
    let look = |data: &SignedData, over: Option<&ContentDigests>| {
        let looked = match over {
            None => refuse_present(input, data, options),
            Some(_) => Ok(()),
        };
        looked.and_then(|()| refuse_broken(input, data, over, 0)).map_err(|error| {
            refusal.replace(Some(error));
            cades::Error::Refused
        })
    };
    let mut trailing = 0;
    let stamps = match detached {
        None => with_signing(input, options, |signing| {
            let file = Counted::new(&mut opened, options.progress);
            trailing = cades::cosign(file, &mut staged, signing, &Limits::default(), look)
                .map_err(|error| refusal.take().unwrap_or_else(|| failed(error)))?;
            Ok(())
        }),
        Some((data, behind)) => {
            trailing = behind;
            let content = content.ok_or_else(|| Error::ContentNeeded { path: input.to_owned() })?;
            let mut content = SourceFile::open(content, FollowLinks::Follow)?;
            let stamps = with_signing(input, options, |signing| {
                let file = Counted::new(&mut content, options.progress);
                let octets = cades::cosign_detached(data, file, signing, look)
                    .map_err(|error| refusal.take().unwrap_or_else(|| failed(error)))?;
                staged.write_all(&octets).map_err(|error| staged.write_error(error).into())
            })?;
            content.check_unchanged()?;
            Ok(stamps)
        }
    }?;
    opened.check_unchanged()?;
    let placed = staged.commit(options.placing.overwrite, options.placing.durability)?;
    let mut signed = stamps.signed(placed, options);
    signed.notes.extend(crate::extend::trailing(trailing));
    Ok(signed)
}

/// Refuses what [`cosign_file`] would refuse, as far as can be said without
/// reading the content. Nothing is written.
///
/// # Errors
/// As [`cosign_file`].
pub fn check_cosign(
    input: &Path,
    content: Option<&Path>,
    output: &Path,
    options: &SignOptions<'_>,
) -> Result<()> {
    if crate::container::is_container(input)? {
        return crate::container::check_cosign(input, options);
    }
    refuse_obstacles(options)?;
    let source = SourceFile::open(input, FollowLinks::Follow)?;
    let failed = Error::cades(input);
    let mut opened = Unwrapped::open(source, output)?;
    let outline = cades::outline(&mut opened, &Limits::default()).map_err(&failed)?;
    refuse_present(input, &outline.data, options)?;
    refuse_broken(input, &outline.data, None, 0)?;
    match content {
        None if !outline.attached => Err(Error::ContentNeeded { path: input.to_owned() }),
        None => Ok(()),
        Some(content) => Ok(SourceFile::open(content, FollowLinks::Follow).map(drop)?),
    }
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
/// #     ..SignOptions::default()
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
    let (data, _) = data.ok_or_else(|| failed(cades::Error::AlreadyAttached))?;
    let size = source.len();
    cades::attach(&data, &mut source, size, &mut staged).map_err(&failed)?;
    source.check_unchanged()?;
    Ok(staged.commit(placing.overwrite, placing.durability)?)
}

/// What the authorities answered during one signing, and what else was done.
#[derive(Default)]
pub(crate) struct Stamps {
    times: Vec<DateTime<Utc>>,
    failed: Vec<String>,
    raised: Raised,
}

impl Stamps {
    pub(crate) fn signed(self, output: PathBuf, options: &SignOptions<'_>) -> Signed {
        let signers = options.keys.iter().map(|key| key.certificate.clone()).collect();
        let Self { mut times, mut failed, raised } = self;
        // A time-stamp on the content comes before those on the signatures.
        let content_stamped = times.drain(..times.len().saturating_sub(options.keys.len()));
        let content_stamped = content_stamped.collect();
        failed.extend(raised.failed_authorities);
        let archived = raised.stamps.iter().filter(|stamp| stamp.archive);
        Signed {
            output,
            signers,
            stamped: times,
            content_stamped,
            failed_authorities: failed,
            archived: archived.map(|stamp| stamp.time).collect(),
            added: raised.added,
            notes: raised.notes,
        }
    }

    /// Adds what raising did by itself.
    pub(crate) fn add(&mut self, raised: Raised) {
        self.raised = raised;
    }
}

/// How a long-term signature is raised, if one is wanted.
pub(crate) fn raise_of<'o>(path: &'o Path, options: &SignOptions<'o>) -> Option<Raise<'o>> {
    let long_term = options.long_term?;
    Some(Raise {
        path,
        level: if long_term.archive { TargetLevel::Lta } else { TargetLevel::Lt },
        authorities: options.authorities,
        evidence: long_term.evidence,
        fetch: long_term.fetch,
        budget: long_term.budget,
        now: options.signing_time,
        allow_expired: options.allow.iter().any(|name| name == "expired"),
    })
}

/// Runs `work` with what the options say about signers, time and stamps.
pub(crate) fn with_signing(
    path: &Path,
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
    let raise = raise_of(path, options);
    if raise.is_some() && options.authorities.is_empty() {
        return Err(Error::cades(path)(cades::Error::NoAuthority));
    }
    let mut stamps = Stamps::default();
    let (mut raised, mut refusal) = (Raised::default(), None);
    let mut stamp = |algorithm: DigestAlgorithm, digest: &[u8]| -> timestamp::Result<Token> {
        let (_, token, failed) = request_stamp(options.authorities, algorithm, digest)?;
        stamps.times.push(token.info.gen_time);
        stamps.failed.extend(failed.iter().map(crate::describe));
        Ok(token)
    };
    let mut completion = |data: &mut SignedData, content: &ContentDigests| -> cades::Result<()> {
        let Some(raise) = &raise else { return Ok(()) };
        let done = raise_new(raise, data, content, options);
        raised = done.map_err(|error| {
            refusal = Some(error);
            cades::Error::Refused
        })?;
        Ok(())
    };
    let mut signing = Signing {
        signatories: &signatories,
        signing_time: options.signing_time,
        properties: options.properties.cloned().unwrap_or_default(),
        stamp: (!options.authorities.is_empty()).then_some(&mut stamp),
        completion: raise.is_some().then_some(&mut completion),
    };
    let worked = work(&mut signing);
    match (worked, refusal) {
        (Err(_), Some(refusal)) => return Err(refusal),
        (worked, _) => worked?,
    }
    stamps.raised = raised;
    Ok(stamps)
}

/// Raises the signatures that were just made: the last ones.
fn raise_new(
    raise: &Raise<'_>,
    data: &mut SignedData,
    content: &ContentDigests,
    options: &SignOptions<'_>,
) -> Result<Raised> {
    let count = data.signer_infos.len();
    let first = count.saturating_sub(options.keys.len());
    let chosen: Vec<SignatureId> = (first..count).map(SignatureId::top).collect();
    let raised = raise.run(data, content, &chosen)?;
    refuse_revoked_notes(&raised.notes, options)?;
    Ok(raised)
}

/// Who turned out to be revoked does not sign.
pub(crate) fn refuse_revoked_notes(notes: &[Note], options: &SignOptions<'_>) -> Result<()> {
    for note in notes {
        let Note::Revoked { subject, at, on_hold } = note else { continue };
        if options.keys.iter().any(|key| holder(&key.certificate) == *subject) {
            let obstacle = Obstacle::Revoked { at: *at, on_hold: *on_hold };
            return Err(Error::Certificate { subject: subject.clone(), obstacle });
        }
    }
    Ok(())
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
    for (place, key) in options.keys.iter().enumerate() {
        let before = options.keys.get(..place).unwrap_or_default();
        if !options.again && before.iter().any(|other| other.certificate == key.certificate) {
            return Err(Error::SameSigner { subject: holder(&key.certificate) });
        }
    }
    for key in options.keys {
        if let Some(obstacle) = Obstacle::of(&key.certificate, options.signing_time, options.allow)
        {
            let subject = crate::keys::holder(&key.certificate);
            return Err(Error::Certificate { subject, obstacle });
        }
    }
    let Some(evidence) = options.evidence else { return Ok(()) };
    for key in options.keys {
        let chain = evidence.certificates.iter().chain(&key.chain).cloned();
        if let Some(obstacle) = Obstacle::revoked(&key.certificate, chain.collect(), evidence) {
            let subject = holder(&key.certificate);
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
        && let Some(cades::Envelope::Signed(layer)) = file.envelopes.first()
    {
        refuse_present(path, &layer.data, options)?;
    }
    source.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(())
}

pub(crate) fn refuse_present(
    path: &Path,
    data: &SignedData,
    options: &SignOptions<'_>,
) -> Result<()> {
    if options.again {
        return Ok(());
    }
    for key in options.keys {
        if data.signer_infos.iter().any(|signer| signer.sid.names(&key.certificate)) {
            let subject = crate::keys::holder(&key.certificate);
            return Err(Error::AlreadySigned { path: path.to_owned(), subject });
        }
    }
    Ok(())
}

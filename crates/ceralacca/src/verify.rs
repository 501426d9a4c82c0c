//! The verb that judges.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use cades::{Covered, Encapsulated, Envelope, Imprint, SignedFile, StampedLayer, Wanted};
use cms::verify::{ContentDigests, PREFIX};
use cms::{Limits, armor};
use crypto::{DigestAlgorithm, MultiHasher};
use files::{FollowLinks, SourceFile};
use validation::facts::Facts;
use validation::gather::{self, Stamped};
use validation::{Policy, Report, Times};
use x509::Fetch;

use crate::progress::{Counted, Progress};
use crate::{Error, Evidence, FileKind, Result};

/// Largest time-stamp file read into memory. Tokens have some KiB; those with
/// long revocation lists inside were seen with some MB.
const LARGEST_TIMESTAMP: u64 = 64 << 20;

/// What a judgement rests on.
#[derive(Clone, Copy)]
pub struct VerifyOptions<'a> {
    /// Trust, chains and revocation data from elsewhere.
    pub evidence: &'a Evidence,
    /// Fetches what is missing; `None` stays offline.
    pub fetch: Option<&'a dyn Fetch>,
    /// The file a detached signature or a time-stamp is over.
    pub content: Option<&'a Path>,
    /// Its digest, where the file itself is elsewhere.
    pub content_digest: Option<(DigestAlgorithm, &'a [u8])>,
    /// The rules.
    pub policy: &'a Policy,
    /// The times.
    pub times: &'a Times,
    /// Told how far reading has come.
    pub progress: Option<&'a Progress<'a>>,
}

impl std::fmt::Debug for VerifyOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyOptions")
            .field("online", &self.fetch.is_some())
            .field("content", &self.content)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

/// Judges every signature and time-stamp of a file.
///
/// # Errors
/// The file cannot be read, or is of a kind that is not judged. A broken or
/// forged signature is no error but a verdict.
pub fn verify_file(path: &Path, options: &VerifyOptions<'_>) -> Result<Report> {
    let facts = gather_facts(path, options)?;
    Ok(validation::judge(&facts, options.policy, options.times))
}

/// Gathers the facts [`verify_file`] judges; they can be saved and judged
/// again later, under another policy or time, without the file.
///
/// # Errors
/// As [`verify_file`].
pub fn gather_facts(path: &Path, options: &VerifyOptions<'_>) -> Result<Facts> {
    let mut source = SourceFile::open(path, FollowLinks::Follow)?;
    let kind =
        FileKind::of(&mut source).map_err(|error| files::Error::from_io("reading", path, error))?;
    let facts = match kind {
        FileKind::SignedData | FileKind::TimestampedData | FileKind::M7m => {
            enveloped(&mut source, options)?
        }
        FileKind::Timestamp => timestamp(&mut source, options)?,
        FileKind::Asic => {
            let found = crate::container::facts(&mut source, &evidence(options), options.progress)?;
            found.unwrap_or_else(unsigned)
        }
        FileKind::Other if !claims_signature(path) => unsigned(),
        found => return Err(Error::Unsupported { path: path.to_owned(), found }),
    };
    source.check_unchanged()?;
    Ok(facts)
}

/// Judges a signature that is in memory or comes from anywhere else that can
/// be read twice. `name` is what errors call it.
///
/// # Errors
/// As [`verify_file`].
pub fn verify_reader(
    source: &mut (impl Read + Seek),
    name: &Path,
    options: &VerifyOptions<'_>,
) -> Result<Report> {
    let file = read_whole(source, name, options)?;
    let facts = gather::signed_file(&file, &evidence(options));
    Ok(validation::judge(&facts, options.policy, options.times))
}

/// Judges the path of one certificate; `content`, `content_digest` and
/// `progress` of the options are not used.
#[must_use]
pub fn verify_certificate(
    certificate: &x509::Certificate,
    options: &VerifyOptions<'_>,
) -> validation::CertificateReport {
    let facts = certificate_facts(certificate, options);
    let fingerprint = certificate.fingerprint().into();
    validation::judge_certificate(&facts, &fingerprint, options.policy, options.times)
}

/// Gathers the facts [`verify_certificate`] judges: every path that was tried
/// and what became of it, and the revocation data about each certificate.
#[must_use]
pub fn certificate_facts(certificate: &x509::Certificate, options: &VerifyOptions<'_>) -> Facts {
    gather::certificate(certificate, &evidence(options))
}

/// Judges a signature in memory and hands out its content, whatever the verdict.
pub(crate) fn judge_octets(
    octets: &[u8],
    name: &Path,
    options: &VerifyOptions<'_>,
) -> Result<(Report, Vec<u8>)> {
    let report = verify_reader(&mut std::io::Cursor::new(octets), name, options)?;
    let mut content = Vec::new();
    cades::read(octets, &Limits::default(), &Wanted::default(), &mut content)
        .map_err(Error::cades(name))?;
    Ok((report, content))
}

fn evidence<'a>(options: &VerifyOptions<'a>) -> gather::Evidence<'a> {
    gather::Evidence {
        anchors: &options.evidence.anchors,
        certificates: &options.evidence.certificates,
        crls: &options.evidence.crls,
        ocsp: &options.evidence.ocsp,
        policies: &options.evidence.policies,
        fetch: options.fetch,
    }
}

/// Facts about a file without any signature.
fn unsigned() -> Facts {
    let mut facts = Facts::default();
    FileKind::Other.format().clone_into(&mut facts.input.format);
    facts
}

/// A name that promises a signature: an ordinary file has none, this one should.
fn claims_signature(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["p7m", "p7s", "tsr", "tst", "tsd", "m7m"].iter().any(|e| extension.eq_ignore_ascii_case(e))
}

fn enveloped(source: &mut SourceFile, options: &VerifyOptions<'_>) -> Result<Facts> {
    let path = source.path().to_owned();
    let mut file = read_whole(source, &path, options)?;
    let is_token = match file.envelopes.first() {
        Some(Envelope::Signed(layer)) => {
            layer.data.content_type == timestamp::TST_INFO && layer.attached
        }
        _ => false,
    };
    if is_token {
        source
            .seek(SeekFrom::Start(0))
            .map_err(|error| files::Error::from_io("reading", &path, error))?;
        return timestamp(source, options);
    }
    supply_content(&mut file, options)?;
    Ok(gather::signed_file(&file, &evidence(options)))
}

/// Reads the file, and once more if something in it needs a digest that could
/// not be known before the content was read.
pub(crate) fn read_whole(
    source: &mut (impl Read + Seek),
    path: &Path,
    options: &VerifyOptions<'_>,
) -> Result<SignedFile> {
    let mut counted = Counted::new(source, options.progress);
    let failed = Error::cades(path);
    let file = cades::read_whole(&mut counted, &Limits::default()).map_err(&failed)?;
    cades::refuse_excess(file.signed().map(|layer| &layer.data)).map_err(failed)?;
    Ok(file)
}

/// Gives what is detached, a signature or a time-stamp, the digests of its content.
fn supply_content(file: &mut SignedFile, options: &VerifyOptions<'_>) -> Result<()> {
    match file.envelopes.last_mut() {
        Some(Envelope::Signed(layer)) if !layer.attached => {
            if let Some(path) = options.content {
                let needed = layer.needed_digests();
                layer.content = Some(digest_into(path, needed, &mut layer.encapsulated, options)?);
                layer.encapsulated.complete();
            } else if let Some((algorithm, digest)) = options.content_digest {
                layer.content = Some(known_digest(algorithm, digest));
            }
            Ok(())
        }
        Some(Envelope::Stamped(layer)) if !layer.attached => supply_stamped(layer, options),
        _ => compare_content(file, options),
    }
}

/// Gives a time-stamped envelope whose content is elsewhere what its first stamp may be over.
fn supply_stamped(layer: &mut StampedLayer, options: &VerifyOptions<'_>) -> Result<()> {
    let over = |prefix: &[u8]| {
        if prefix.is_empty() { Covered::Content } else { Covered::MetadataAndContent }
    };
    if let Some(path) = options.content {
        let algorithms: Vec<_> = layer.imprint_algorithm().into_iter().collect();
        let mut prefixes = layer.prefixes();
        if !prefixes.iter().any(Vec::is_empty) {
            prefixes.push(Vec::new());
        }
        for prefix in prefixes {
            let mut hasher = MultiHasher::new(algorithms.iter().copied());
            hasher.update(&prefix);
            let content = digest_with(path, hasher, None, options)?;
            layer.imprints.push(Imprint { over: over(&prefix), values: content.values.clone() });
            if prefix.is_empty() {
                layer.content = Some(content);
            }
        }
    } else if let Some((algorithm, digest)) = options.content_digest {
        let content = known_digest(algorithm, digest);
        // A digest cannot be gone on with: what stands before the content leaves it undecided.
        if layer.prefixes().iter().all(Vec::is_empty) {
            let values = content.values.clone();
            layer.imprints.push(Imprint { over: Covered::Content, values });
        }
        layer.content = Some(content);
    }
    Ok(())
}

fn known_digest(algorithm: DigestAlgorithm, digest: &[u8]) -> ContentDigests {
    let mut content = ContentDigests::default();
    content.values.insert(algorithm, digest.to_vec());
    content
}

/// Makes sure that a content named beside a file that has its own inside is
/// that content: whoever names one wants it checked.
fn compare_content(file: &SignedFile, options: &VerifyOptions<'_>) -> Result<()> {
    let inside = || file.envelopes.iter().filter_map(Envelope::content);
    let equal = match (options.content, options.content_digest) {
        (Some(path), _) => {
            let algorithms: BTreeSet<_> =
                inside().flat_map(|content| content.values.keys().copied()).collect();
            let given = digest_file(path, algorithms, options)?;
            let same = |content: &ContentDigests| {
                let mut values = content.values.iter();
                values.all(|(algorithm, value)| given.values.get(algorithm) == Some(value))
            };
            inside().any(same)
        }
        (None, Some((algorithm, digest))) => {
            let mut hashed =
                inside().filter_map(|content| content.values.get(&algorithm)).peekable();
            hashed.peek().is_none() || hashed.any(|value| value == digest)
        }
        (None, None) => true,
    };
    if equal {
        return Ok(());
    }
    let path = options.content.unwrap_or(Path::new("-")).to_owned();
    Err(Error::Cades { path, source: cades::Error::WrongContent { signer: 1 } })
}

pub(crate) fn digest_file(
    path: &Path,
    algorithms: impl IntoIterator<Item = DigestAlgorithm>,
    options: &VerifyOptions<'_>,
) -> Result<ContentDigests> {
    digest_with(path, MultiHasher::new(algorithms), None, options)
}

/// As [`digest_file`], and what stands before a detached content goes on with it.
fn digest_into(
    path: &Path,
    algorithms: BTreeSet<DigestAlgorithm>,
    encapsulated: &mut Encapsulated,
    options: &VerifyOptions<'_>,
) -> Result<ContentDigests> {
    let hasher = MultiHasher::new(algorithms);
    if encapsulated.is_empty() {
        return digest_with(path, hasher, None, options);
    }
    digest_with(path, hasher, Some(encapsulated), options)
}

/// Hashes a file, going on with `hasher`, while it is copied to `sink` if there is one.
fn digest_with(
    path: &Path,
    mut hasher: MultiHasher,
    sink: Option<&mut dyn Write>,
    options: &VerifyOptions<'_>,
) -> Result<ContentDigests> {
    let mut source = SourceFile::open(path, FollowLinks::Follow)?;
    let failed = |error| files::Error::from_io("reading", path, error);
    let mut prefix = Vec::new();
    (&mut source).take(PREFIX as u64).read_to_end(&mut prefix).map_err(failed)?;
    let whole = (&prefix[..]).chain(&mut source);
    let counted = Counted::new(whole, options.progress);
    let length = match sink {
        None => crypto::stream::hash(counted, &mut hasher),
        Some(sink) => crypto::stream::hash_and_copy(counted, &mut hasher, sink),
    };
    let length = length.map_err(failed)?;
    source.check_unchanged()?;
    Ok(ContentDigests { values: hasher.finish(), prefix, length: Some(length) })
}

fn timestamp(source: &mut SourceFile, options: &VerifyOptions<'_>) -> Result<Facts> {
    let path = source.path().to_owned();
    let opened = armor::open(source, Limits::default().layers);
    let mut opened = opened.map_err(|error| Error::cades(&path)(error.into()))?;
    let mut octets = Vec::new();
    (&mut opened.source)
        .take(LARGEST_TIMESTAMP)
        .read_to_end(&mut octets)
        .map_err(|error| files::Error::from_io("reading", &path, error))?;
    let token = match timestamp::read_tsr(&octets) {
        Ok((token, _)) => token,
        // An authority's refusal is a file without a time-stamp.
        Err(error @ (timestamp::Error::Refused { .. } | timestamp::Error::NoToken)) => {
            return Ok(gather::refused_response(&crate::describe(&error)));
        }
        Err(error) => return Ok(gather::unreadable_token(&crate::describe(&error))),
    };
    let trailing = timestamp::trailing_octets(&octets);
    let algorithm = token.info.imprint.digest_algorithm();
    let digest = match (options.content, options.content_digest, algorithm) {
        (Some(content), _, Some(algorithm)) => {
            digest_file(content, [algorithm], options)?.values.remove(&algorithm)
        }
        (_, Some((given, digest)), Some(algorithm)) if given == algorithm => Some(digest.to_vec()),
        _ => None,
    };
    let stamped = digest.as_deref().map_or(Stamped::Missing, Stamped::Digest);
    let mut facts = gather::token(&token, stamped, &opened.armor, &evidence(options));
    facts.input.notes.extend(gather::trailing_note(trailing));
    Ok(facts)
}

//! The verb that judges.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use cades::SignedFile;
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
        FileKind::SignedData => signed_data(&mut source, options)?,
        FileKind::Timestamp => timestamp(&mut source, options)?,
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
    let file = read_twice(source, name, options)?;
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
    let facts = gather::certificate(certificate, &evidence(options));
    let fingerprint = certificate.fingerprint().into();
    validation::judge_certificate(&facts, &fingerprint, options.policy, options.times)
}

/// Judges a signature in memory and hands out its content, whatever the verdict.
pub(crate) fn judge_octets(
    octets: &[u8],
    name: &Path,
    options: &VerifyOptions<'_>,
) -> Result<(Report, Vec<u8>)> {
    let report = verify_reader(&mut std::io::Cursor::new(octets), name, options)?;
    let mut content = Vec::new();
    cades::read(octets, &Limits::default(), &BTreeSet::new(), &mut content)
        .map_err(Error::cades(name))?;
    Ok((report, content))
}

fn evidence<'a>(options: &VerifyOptions<'a>) -> gather::Evidence<'a> {
    gather::Evidence {
        anchors: &options.evidence.anchors,
        certificates: &options.evidence.certificates,
        crls: &options.evidence.crls,
        ocsp: &options.evidence.ocsp,
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

fn signed_data(source: &mut SourceFile, options: &VerifyOptions<'_>) -> Result<Facts> {
    let path = source.path().to_owned();
    let mut file = read_twice(source, &path, options)?;
    let is_token = file
        .layers
        .first()
        .is_some_and(|layer| layer.data.content_type == timestamp::TST_INFO && layer.attached);
    if is_token {
        source
            .seek(SeekFrom::Start(0))
            .map_err(|error| files::Error::from_io("reading", &path, error))?;
        return timestamp(source, options);
    }
    supply_content(&mut file, options)?;
    Ok(gather::signed_file(&file, &evidence(options)))
}

/// Reads the file, and once more if a signer needs a digest that was not
/// announced before the content.
fn read_twice(
    source: &mut (impl Read + Seek),
    path: &Path,
    options: &VerifyOptions<'_>,
) -> Result<SignedFile> {
    let failed = Error::cades(path);
    let limits = Limits::default();
    let mut extra = BTreeSet::new();
    loop {
        let counted = Counted::new(&mut *source, options.progress);
        let file = cades::read(counted, &limits, &extra, &mut std::io::sink()).map_err(&failed)?;
        let missing = file.missing_digests();
        if missing.is_subset(&extra) {
            return Ok(file);
        }
        extra.extend(missing);
        source.seek(SeekFrom::Start(0)).map_err(|error| failed(error.into()))?;
    }
}

/// Gives a detached signature the digests of its content.
fn supply_content(file: &mut SignedFile, options: &VerifyOptions<'_>) -> Result<()> {
    let Some(layer) = file.layers.last_mut().filter(|layer| !layer.attached) else {
        return compare_content(file, options);
    };
    if let Some(path) = options.content {
        let needed = layer.needed_digests();
        layer.content = Some(digest_file(path, needed, options)?);
    } else if let Some((algorithm, digest)) = options.content_digest {
        let mut content = ContentDigests::default();
        content.values.insert(algorithm, digest.to_vec());
        layer.content = Some(content);
    }
    Ok(())
}

/// Makes sure that a content named beside a file that has its own inside is
/// that content: whoever names one wants it checked.
fn compare_content(file: &SignedFile, options: &VerifyOptions<'_>) -> Result<()> {
    let inside = || file.layers.iter().filter_map(|layer| layer.content.as_ref());
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

fn digest_file(
    path: &Path,
    algorithms: impl IntoIterator<Item = DigestAlgorithm>,
    options: &VerifyOptions<'_>,
) -> Result<ContentDigests> {
    let mut source = SourceFile::open(path, FollowLinks::Follow)?;
    let failed = |error| files::Error::from_io("reading", path, error);
    let mut prefix = Vec::new();
    (&mut source).take(PREFIX as u64).read_to_end(&mut prefix).map_err(failed)?;
    let mut hasher = MultiHasher::new(algorithms);
    let whole = (&prefix[..]).chain(&mut source);
    let length =
        crypto::stream::hash(Counted::new(whole, options.progress), &mut hasher).map_err(failed)?;
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
        Err(timestamp::Error::Refused { .. } | timestamp::Error::NoToken) => {
            return Ok(unsigned());
        }
        Err(error) => return Ok(gather::unreadable_token(&crate::describe(&error))),
    };
    let algorithm = token.info.imprint.digest_algorithm();
    let digest = match (options.content, options.content_digest, algorithm) {
        (Some(content), _, Some(algorithm)) => {
            digest_file(content, [algorithm], options)?.values.remove(&algorithm)
        }
        (_, Some((given, digest)), Some(algorithm)) if given == algorithm => Some(digest.to_vec()),
        _ => None,
    };
    let stamped = digest.as_deref().map_or(Stamped::Missing, Stamped::Digest);
    Ok(gather::token(&token, stamped, &opened.armor, &evidence(options)))
}

//! The verb that raises signatures to a further level, or renews them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use cades::{Level, Levels, SignatureId};
use chrono::{DateTime, Utc};
use cms::verify::{ContentDigests, PREFIX};
use cms::{Limits, SignedData};
use crypto::{DigestAlgorithm, MultiHasher};
use files::{FollowLinks, SourceFile};
use timestamp::{TimestampAuthority, Token};
use x509::{Certificate, Crl, Fetch, RevocationOrigin, RevocationSource};

use crate::keys::holder;
use crate::material::{Budget, Finder, Missing, Note, Step};
use crate::output::{self, Placing};
use crate::progress::{Counted, Progress};
use crate::raise::{Added, NewStamp, Raise, Raised, TargetLevel, certificate_of};
use crate::unwrapped::Unwrapped;
use crate::{Error, Evidence, FileKind, Result, StampOptions};

/// Octets one new time-stamp lengthens a file by, roughly.
const STAMP_ROOM: u64 = 16 << 10;

/// Octets of certificates and revocation data, roughly: only a list of tens of
/// thousands of entries has more.
const DATA_ROOM: u64 = 256 << 10;

/// What raising signatures takes.
#[derive(Clone, Copy)]
pub struct ExtendOptions<'a> {
    /// How far.
    pub level: TargetLevel,
    /// Which signatures, with the countersignatures on them; all if none is named.
    pub signatures: &'a [SignatureId],
    /// Asked in order until one gives a usable stamp.
    pub authorities: &'a [&'a dyn TimestampAuthority],
    /// Trust, chains and revocation data at hand.
    pub evidence: &'a Evidence,
    /// Fetches what is missing; `None` stays offline.
    pub fetch: Option<&'a dyn Fetch>,
    /// What fetching may cost.
    pub budget: Budget,
    /// The file a detached signature is over. Needed for an archive time-stamp;
    /// compared with the signatures whenever it is given.
    pub content: Option<&'a Path>,
    /// The time: revocation data must be in force at it.
    pub now: DateTime<Utc>,
    /// Obstacles to be overlooked, by name: `expired`, for signatures whose
    /// certificate ended before anything proved that they existed.
    pub allow: &'a [String],
    /// How outputs are put in place.
    pub placing: Placing,
    /// Told how far reading has come.
    pub progress: Option<&'a Progress<'a>>,
}

impl std::fmt::Debug for ExtendOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExtendOptions")
            .field("level", &self.level)
            .field("signatures", &self.signatures)
            .field("online", &self.fetch.is_some())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// What extending left behind.
#[derive(Clone, Debug)]
pub struct Extended {
    /// The new file.
    pub output: PathBuf,
    /// Every signature of the file, before and after.
    pub signatures: Vec<ExtendedSignature>,
    /// The time-stamps that were added.
    pub stamps: Vec<NewStamp>,
    /// Certificates and revocation data that were added.
    pub added: Added,
    /// What the person should know.
    pub notes: Vec<Note>,
    /// Why authorities asked before the one that answered did not serve.
    pub failed_authorities: Vec<String>,
}

/// One signature before and after.
#[derive(Clone, Debug)]
pub struct ExtendedSignature {
    /// Its id, as `verify` shows it.
    pub id: String,
    /// Who signed, if the certificate is at hand.
    pub signer: Option<Certificate>,
    /// Its level before.
    pub before: Level,
    /// Its level now.
    pub after: Level,
}

/// Raises signatures to a level, keeping every octet of what is there. What a
/// level needs of those below is added too. On a file that is at LTA already
/// this is its renewal: the data of the last archive time-stamp go in, and a
/// new one over everything.
///
/// The content is read once, while it is copied.
///
/// ```
/// use ceralacca::online::{HttpClient, HttpConfig, HttpFetch, HttpTimestampAuthority};
/// use ceralacca::{Budget, Evidence, ExtendOptions, Placing, TargetLevel, extend_file};
/// # use ceralacca::{Secret, SignOptions, SigningKey, sign_file};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let now: chrono::DateTime<chrono::Utc> = "2026-03-01T10:00:00Z".parse()?;
/// # let running = lab::Lab::start(&lab::Config::quick(now), std::sync::Arc::new(move || now))?;
/// # let pki = dir.path().join("lab");
/// # lab::disk::write(&pki, &running.pki(), lab::DEFAULT_PIN)?;
/// # let pin = Secret::from_file_contents(std::fs::read(pki.join("signers/presidente.pin"))?);
/// # let key = SigningKey::from_pkcs12(&pki.join("signers/presidente.p12"), &pin)?;
/// # let file = dir.path().join("verbale.txt");
/// # std::fs::write(&file, "Il Consiglio approva.")?;
/// # let options =
/// #     SignOptions { keys: &[key], signing_time: now, ..SignOptions::default() };
/// # let p7m = sign_file(&file, &dir.path().join("verbale.txt.p7m"), &options)?.output;
/// # let url = running.tsa_url("tsa");
/// let mut evidence = Evidence::default();
/// evidence.add_trust(&pki.join("trust"))?;
/// // URLs inside certificates may not lead to this machine unless that is said.
/// let allow_net = vec!["127.0.0.1/32".parse()?];
/// let client = HttpClient::new(HttpConfig { allow_net, ..HttpConfig::default() })?;
/// let authority = HttpTimestampAuthority::new(client.clone(), &url, None)?;
/// let extended = extend_file(&p7m, &dir.path().join("verbale.txt-lta.p7m"), &ExtendOptions {
///     level: TargetLevel::Lta,
///     signatures: &[], // all
///     authorities: &[&authority],
///     evidence: &evidence,
///     fetch: Some(&HttpFetch::new(client)),
///     budget: Budget::default(),
///     content: None,
///     now,
///     allow: &[],
///     placing: Placing::default(),
///     progress: None,
/// })?;
/// assert_eq!(extended.signatures[0].after.to_string(), "CAdES-BASELINE-LTA");
/// assert_eq!(extended.stamps.len(), 2);
/// # Ok(()) }
/// ```
///
/// # Errors
/// A signature that is broken, or stands inside something that must not
/// change; an authority that does not answer; anything missing that later
/// verification needs; an output in the way. Nothing is left behind then.
pub fn extend_file(input: &Path, output: &Path, options: &ExtendOptions<'_>) -> Result<Extended> {
    if crate::container::is_container(input)? {
        return crate::extend_container(input, output, options);
    }
    let (mut source, mut staged) = output::open(input, output, options.placing)?;
    let kind = FileKind::of(&mut source);
    let kind = kind.map_err(|error| files::Error::from_io("reading", input, error))?;
    if kind == FileKind::TimestampedData {
        return renew_tsd(input, output, options);
    }
    let mut opened = Unwrapped::open(source, output)?;
    let failed = Error::cades(input);
    let limits = Limits::default();
    let outline = cades::outline(&mut opened, &limits).map_err(&failed)?;
    opened.seek(SeekFrom::Start(0)).map_err(|error| failed(error.into()))?;
    let raise = raise_of(input, options);
    let before = levels(&outline.data);
    let needed = raise.digests(&outline.data, options.signatures)?;
    let digests: BTreeSet<DigestAlgorithm> = needed.into_iter().collect();
    let outside = match (outline.attached, options.content) {
        (true, Some(_)) => return Err(failed(cades::Error::AlreadyAttached)),
        (true, None) => None,
        (false, Some(path)) => Some(digest_file(path, &digests, options.progress)?),
        (false, None) if options.level == TargetLevel::Lta => {
            return Err(Error::ContentNeeded { path: input.to_owned() });
        }
        (false, None) => Some(ContentDigests::default()),
    };
    raise.examine(&outline.data, options.signatures)?;
    let inside = if outside.is_some() { BTreeSet::new() } else { digests };
    let growth = growth(&outline.data, options.level);
    let (mut raised, mut after, mut refusal) = (Raised::default(), Vec::new(), None);
    let change = |data: &mut SignedData, content: &ContentDigests| {
        let content = outside.as_ref().unwrap_or(content);
        raised = raise.run(data, content, options.signatures).map_err(|error| {
            refusal = Some(error);
            cades::Error::Refused
        })?;
        after = levels(data);
        Ok(())
    };
    let file = Counted::new(&mut opened, options.progress);
    let rewritten = cades::rewrite(file, &mut staged, &inside, growth, &limits, change);
    match (rewritten, refusal) {
        (Err(_), Some(refusal)) => return Err(refusal),
        (rewritten, _) => rewritten.map_err(&failed)?,
    }
    opened.check_unchanged()?;
    let signatures = before
        .into_iter()
        .zip(after)
        .map(|((id, signer, before), (_, _, after))| ExtendedSignature {
            id: id.to_string(),
            signer,
            before,
            after,
        })
        .collect();
    Ok(Extended {
        output: staged.commit(options.placing.overwrite, options.placing.durability)?,
        signatures,
        stamps: raised.stamps,
        added: raised.added,
        notes: trailing(outline.spans.trailing).into_iter().chain(raised.notes).collect(),
        failed_authorities: raised.failed_authorities,
    })
}

fn raise_of<'o>(path: &'o Path, options: &ExtendOptions<'o>) -> Raise<'o> {
    Raise {
        path,
        level: options.level,
        authorities: options.authorities,
        evidence: options.evidence,
        fetch: options.fetch,
        budget: options.budget,
        now: options.now,
        allow_expired: options.allow.iter().any(|name| name == "expired"),
    }
}

/// Refuses what [`extend_file`] would refuse, as far as can be said without
/// reading the content and asking anybody. Nothing is written.
///
/// # Errors
/// As [`extend_file`].
pub fn check_extend(input: &Path, output: &Path, options: &ExtendOptions<'_>) -> Result<()> {
    if crate::container::is_container(input)? {
        return crate::container::check_extend(input, options);
    }
    let mut source = SourceFile::open(input, FollowLinks::Follow)?;
    let kind = FileKind::of(&mut source);
    let kind = kind.map_err(|error| files::Error::from_io("reading", input, error))?;
    if kind == FileKind::TimestampedData {
        return refuse_ids(input, options);
    }
    let mut opened = Unwrapped::open(source, output)?;
    let outline = cades::outline(&mut opened, &Limits::default()).map_err(Error::cades(input))?;
    let raise = raise_of(input, options);
    raise.digests(&outline.data, options.signatures)?;
    match (outline.attached, options.content) {
        (true, Some(_)) => return Err(Error::cades(input)(cades::Error::AlreadyAttached)),
        (false, None) if options.level == TargetLevel::Lta => {
            return Err(Error::ContentNeeded { path: input.to_owned() });
        }
        (false, Some(content)) => {
            SourceFile::open(content, FollowLinks::Follow)?;
        }
        _ => {}
    }
    raise.examine(&outline.data, options.signatures)
}

/// A TimeStampedData has no signatures of its own to be named.
fn refuse_ids(input: &Path, options: &ExtendOptions<'_>) -> Result<()> {
    match options.signatures.first() {
        None => Ok(()),
        Some(id) => {
            let error = cades::Error::NoSuchSignature { id: id.clone() };
            Err(Error::cades(input)(error))
        }
    }
}

/// A TimeStampedData has stamps and no signatures of its own: each level is
/// one more of them. Beyond T every stamp that nothing covers yet, the new one
/// too, gets the revocation list for its authority beside it first.
fn renew_tsd(input: &Path, output: &Path, options: &ExtendOptions<'_>) -> Result<Extended> {
    refuse_ids(input, options)?;
    let stamping = StampOptions {
        authorities: options.authorities,
        digest: DigestAlgorithm::Sha256,
        placing: options.placing,
        progress: options.progress,
    };
    let mut finder = (options.level > TargetLevel::T)
        .then(|| Finder::new(options.evidence, options.fetch, options.budget, options.now));
    let lists = Cell::new(0);
    let mut notes = Vec::new();
    let find = |token: &Token, present: Option<&Crl>| -> Result<Option<Crl>> {
        let authority = token.check(&[]).certificate;
        let Some(finder) = &mut finder else {
            let at_hand = crate::tsd::list_for(token, &options.evidence.crls).cloned();
            let subject = authority.as_ref().map(holder).unwrap_or_default();
            // Only the newest stamp is of interest: what is said last.
            notes = match at_hand.as_ref().or(present) {
                None => vec![Note::StampWithoutData { subject }],
                Some(_) => Vec::new(),
            };
            return Ok(at_hand);
        };
        let missing = |missing| Error::Material { path: input.to_owned(), missing };
        let Some(authority) = authority else {
            let (subject, step) = (token.info.gen_time.to_string(), Step::Path);
            return Err(missing(Box::new(Missing { subject, step, attempts: Vec::new() })));
        };
        finder.offer_data(&token.data);
        if let Some(present) = present {
            let embedded = RevocationOrigin::Embedded;
            finder.offer_source(RevocationSource::crl(present.clone(), embedded));
        }
        let found = finder.list(&authority, token.info.gen_time);
        let found = found.map_err(|one| missing(Box::new(one)))?;
        if present != Some(&found) {
            lists.set(lists.get() + 1);
        }
        Ok(Some(found))
    };
    let stamped = crate::tsd::renew(input, options.content, output, find, &stamping)?;
    let stamp = NewStamp { signature: String::new(), archive: true, time: stamped.gen_time };
    Ok(Extended {
        output: stamped.output,
        signatures: Vec::new(),
        stamps: vec![stamp],
        added: Added { crls: lists.get(), ..Added::default() },
        notes,
        failed_authorities: stamped.failed_authorities,
    })
}

/// By how much the signatures will grow, so that the head of a large file need
/// not be written with another width afterwards.
pub(crate) fn growth(data: &SignedData, level: TargetLevel) -> u64 {
    let stamps = cades::signature_ids(data).len() as u64 * 2;
    let material = if level > TargetLevel::T { DATA_ROOM } else { 0 };
    stamps * STAMP_ROOM + material
}

/// That octets behind the end of a signature are left behind: whoever put them there may miss them.
pub(crate) fn trailing(octets: u64) -> Option<Note> {
    (octets > 0).then_some(Note::TrailingOctets { octets })
}

/// Every signature with its signer and level.
pub(crate) fn levels(data: &SignedData) -> Vec<(SignatureId, Option<Certificate>, Level)> {
    let certificates = data.x509_certificates();
    let levels = Levels::new(data, &certificates);
    let of = |(id, signer): (SignatureId, cms::SignerInfo)| {
        let level = match id.parent() {
            None => levels.of(&signer),
            Some(_) => levels.of_countersignature(&signer),
        };
        (id, certificate_of(&signer, &certificates), level)
    };
    cades::signers(data).into_iter().map(of).collect()
}

/// The digests of the content of a detached signature, in one reading.
pub(crate) fn digest_file(
    path: &Path,
    algorithms: &BTreeSet<DigestAlgorithm>,
    progress: Option<&Progress<'_>>,
) -> Result<ContentDigests> {
    use std::io::Read as _;
    let mut source = SourceFile::open(path, FollowLinks::Follow)?;
    let failed = |error| files::Error::from_io("reading", path, error);
    let mut prefix = Vec::new();
    (&mut source).take(PREFIX as u64).read_to_end(&mut prefix).map_err(failed)?;
    let mut hasher = MultiHasher::new(algorithms.iter().copied());
    let whole = (&prefix[..]).chain(&mut source);
    let length =
        crypto::stream::hash(Counted::new(whole, progress), &mut hasher).map_err(failed)?;
    source.check_unchanged()?;
    Ok(ContentDigests { values: hasher.finish(), prefix, length: Some(length) })
}

//! The verbs that put a file and its time-stamps into one (`.tsd`, RFC 5544), and renew them.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use cades::{Container, Covered, Envelope, Imprint, NotAtHand, StampedLayer};
use cms::verify::{ContentCheck, ValueCheck};
use cms::{Limits, armor};
use crypto::MultiHasher;
use files::{FollowLinks, SourceFile};
use timestamp::Token;
use timestamp::tsd::{NewMetaData, TimeStampAndCrl, TsdFinished, TsdWriter, renew_evidence};
use x509::Crl;

use crate::output;
use crate::progress::Counted;
use crate::sign::request_stamp;
use crate::{Error, FileKind, Result, StampOptions, Stamped};

/// What a time-stamp with its authority's chain takes; only an expectation.
const USUAL_STAMP: u64 = 8 << 10;

/// Stamps a file and writes both as one TimeStampedData, reading the file once. The metadata, its
/// name and media type as far as they are given, are not covered by the stamp: readers in use in
/// Italy hash the content alone.
///
/// ```
/// use ceralacca::online::{HttpClient, HttpConfig, HttpTimestampAuthority};
/// use ceralacca::{DigestAlgorithm, NewMetaData, Placing, StampOptions, extract_file, stamp_tsd};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let now: chrono::DateTime<chrono::Utc> = "2026-03-01T10:00:00Z".parse()?;
/// # let running = lab::Lab::start(&lab::Config::quick(now), std::sync::Arc::new(move || now))?;
/// # let file = dir.path().join("verbale.txt");
/// # std::fs::write(&file, "Il Consiglio approva.")?;
/// # let url = running.tsa_url("tsa");
/// let client = HttpClient::new(HttpConfig::default())?;
/// let authority = HttpTimestampAuthority::new(client, &url, None)?;
/// let tsd = dir.path().join("verbale.txt.tsd");
/// let metadata = NewMetaData::of(&file, Some("text/plain"));
/// let stamped = stamp_tsd(&file, &tsd, &metadata, &StampOptions {
///     authorities: &[&authority],
///     digest: DigestAlgorithm::Sha256,
///     placing: Placing::default(),
///     progress: None,
/// })?;
/// assert_eq!(stamped.gen_time, now);
/// let back = extract_file(&tsd, &dir.path().join("di nuovo.txt"), Placing::default(), None)?;
/// assert_eq!(std::fs::read_to_string(back.output)?, "Il Consiglio approva.");
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`crate::stamp_file`].
pub fn stamp_tsd(
    input: &Path,
    output: &Path,
    metadata: &NewMetaData,
    options: &StampOptions<'_>,
) -> Result<Stamped> {
    files::refuse_same_file(input, output)?;
    let (mut source, mut staged) = output::open(input, output, options.placing)?;
    let size = source.len();
    let stamp_failed = |source| Error::Timestamp { path: input.to_owned(), source };
    let io = |error| files::Error::from_io("reading or writing", input, error);

    let mut hasher = MultiHasher::new([options.digest]);
    let mut writer =
        TsdWriter::begin(&mut staged, metadata, size, USUAL_STAMP).map_err(stamp_failed)?;
    let counted = Counted::new(&mut source, options.progress);
    crypto::stream::hash_and_copy(counted, &mut hasher, &mut writer).map_err(io)?;
    source.check_unchanged()?;
    let digest = hasher.finish().remove(&options.digest).unwrap_or_default();
    let (_, token, failed) =
        request_stamp(options.authorities, options.digest, &digest).map_err(stamp_failed)?;
    let stamps = [TimeStampAndCrl::new(&token, None)];
    if let TsdFinished::Again { out, evidence } = writer.finish(&stamps).map_err(stamp_failed)? {
        // Small files only: the stamp moved a length across a power of 256.
        source.seek(SeekFrom::Start(0)).map_err(io)?;
        out.seek(SeekFrom::Start(0)).map_err(io)?;
        let mut again = MultiHasher::new([options.digest]);
        let mut writer = TsdWriter::begin(out, metadata, size, evidence).map_err(stamp_failed)?;
        crypto::stream::hash_and_copy(&mut source, &mut again, &mut writer).map_err(io)?;
        let unchanged = again.finish().remove(&options.digest).as_ref() == Some(&digest);
        let done = writer.finish(&stamps).map_err(stamp_failed)?;
        if !unchanged || !matches!(done, TsdFinished::Complete(_)) {
            let (expected, found) = (size, size);
            return Err(stamp_failed(timestamp::Error::ContentSize { expected, found }));
        }
        source.check_unchanged()?;
    }
    let output = staged.commit(options.placing.overwrite, options.placing.durability)?;
    Ok(Stamped {
        output,
        gen_time: token.info.gen_time,
        authority: token.check(&[]).certificate,
        digest: (options.digest, digest),
        failed_authorities: failed.iter().map(crate::describe).collect(),
    })
}

/// Renews a TimeStampedData (RFC 5544 §4): a further time-stamp over the newest one. Both get the
/// newest of `crls` that is for their authority's certificate beside them. The content and every
/// stamp stay as they are, to the octet.
///
/// The stamps present are checked first, without trust: a stamp on a broken one proves nothing.
///
/// # Errors
/// The file is no TimeStampedData with time-stamps, its content is not inside, one of them does not
/// hold, no authority gives a
/// usable stamp, or the output is in the way.
pub fn renew_tsd(
    input: &Path,
    output: &Path,
    crls: &[Crl],
    options: &StampOptions<'_>,
) -> Result<Stamped> {
    let find = |token: &Token, present: Option<&Crl>| {
        let found = list_for(token, crls).filter(|_| present.is_none());
        Ok(found.cloned())
    };
    renew(input, None, output, find, options)
}

/// As [`renew_tsd`]; `find` brings the list for a token that nothing covers, the newest one and the
/// one that is new, and is told what stands beside it already.
/// `content` is the stamped file, where it is not inside.
pub(crate) fn renew(
    input: &Path,
    content: Option<&Path>,
    output: &Path,
    mut find: impl FnMut(&Token, Option<&Crl>) -> Result<Option<Crl>>,
    options: &StampOptions<'_>,
) -> Result<Stamped> {
    files::refuse_same_file(input, output)?;
    files::refuse_existing(output, options.placing.overwrite)?;
    let mut source = SourceFile::open(input, FollowLinks::Follow)?;
    let io = |error| files::Error::from_io("reading or writing", input, error);
    let stamp_failed = |source| Error::Timestamp { path: input.to_owned(), source };
    let cades_failed = Error::cades(input);
    let found = FileKind::of(&mut source).map_err(io)?;
    let unsupported = || Error::Unsupported { path: input.to_owned(), found };
    if found != FileKind::TimestampedData {
        return Err(unsupported());
    }
    let mut counted = Counted::new(&mut source, options.progress);
    let mut file = cades::read_whole(&mut counted, &Limits::default()).map_err(&cades_failed)?;
    if let Some(Envelope::Stamped(layer)) = file.envelopes.first_mut() {
        match (layer.attached, content) {
            (true, Some(_)) => return Err(cades_failed(cades::Error::AlreadyAttached)),
            (true, None) => {}
            // What cannot be checked is not renewed: the new stamp would only make it look good.
            (false, None) => return Err(Error::ContentNeeded { path: input.to_owned() }),
            (false, Some(content)) => supply(layer, content, options)?,
        }
    }
    if let (None, Some(broken)) = (file.envelopes.first(), file.broken) {
        return Err(cades_failed(broken.error));
    }
    let Some(Envelope::Stamped(layer)) = file.envelopes.first() else { return Err(unsupported()) };
    let Container::Tsd(data) = &layer.container else { return Err(unsupported()) };
    refuse_broken(layer).map_err(stamp_failed)?;
    let mut stamps = data.time_stamps().to_vec();
    let Some(newest) = stamps.last_mut() else {
        let what = "there is none, but evidence of another kind";
        return Err(stamp_failed(timestamp::Error::BrokenChain { number: 1, what }));
    };
    let (token, _) = timestamp::read_tsr(&newest.time_stamp).map_err(stamp_failed)?;
    let present = newest.crl.as_deref().and_then(|der| Crl::from_der(der).ok());
    // Nothing covers it yet: it may give way to a newer one.
    if let Some(crl) = find(&token, present.as_ref())?.filter(|crl| Some(crl) != present.as_ref()) {
        *newest = TimeStampAndCrl::new(&token, Some(crl.der()));
    }
    let covered = newest.covered().into_iter().next().unwrap_or_default();
    let digest = crypto::digest(options.digest, &covered);
    let (_, token, failed) =
        request_stamp(options.authorities, options.digest, &digest).map_err(stamp_failed)?;
    // So that the file is complete by itself; the next renewal covers it.
    let crl = find(&token, None)?;
    stamps.push(TimeStampAndCrl::new(&token, crl.as_ref().map(Crl::der)));

    counted.seek(SeekFrom::Start(0)).map_err(io)?;
    let opened = armor::open(&mut counted, Limits::default().layers);
    let mut opened = opened.map_err(|error| cades_failed(error.into()))?;
    let mut staged = files::StagedFile::create(output)?;
    renew_evidence(opened.source.by_ref(), &layer.body, &stamps, &mut staged)
        .map_err(stamp_failed)?;
    staged.flush().map_err(io)?;
    drop(opened);
    source.check_unchanged()?;
    let output = staged.commit(options.placing.overwrite, options.placing.durability)?;
    Ok(Stamped {
        output,
        gen_time: token.info.gen_time,
        authority: token.check(&[]).certificate,
        digest: (options.digest, digest),
        failed_authorities: failed.iter().map(crate::describe).collect(),
    })
}

/// The newest complete list by the issuer of the authority's certificate.
pub(crate) fn list_for<'c>(token: &Token, crls: &'c [Crl]) -> Option<&'c Crl> {
    let authority = token.check(&[]).certificate?;
    crls.iter()
        .filter(|crl| crl.base_number_hex().is_none() && crl.issuer().matches(authority.issuer()))
        .max_by_key(|crl| crl.this_update())
}

/// Gives a stamped envelope the digests of its content, which stands elsewhere.
fn supply(layer: &mut StampedLayer, content: &Path, options: &StampOptions<'_>) -> Result<()> {
    let algorithm = layer.imprint_algorithm();
    for prefix in layer.prefixes() {
        let mut source = SourceFile::open(content, FollowLinks::Follow)?;
        let mut hasher = MultiHasher::new(algorithm);
        hasher.update(&prefix);
        crypto::stream::hash(Counted::new(&mut source, options.progress), &mut hasher)
            .map_err(|error| files::Error::from_io("reading", content, error))?;
        source.check_unchanged()?;
        let over = if prefix.is_empty() { Covered::Content } else { Covered::MetadataAndContent };
        layer.imprints.push(Imprint { over, values: hasher.finish() });
    }
    Ok(())
}

/// Every stamp must be over what it should be over, and its signature must hold where the
/// certificate is at hand.
fn refuse_broken(layer: &StampedLayer) -> timestamp::Result<()> {
    for (index, raw) in layer.time_stamps().into_iter().enumerate() {
        let broken = |what| timestamp::Error::BrokenChain { number: index + 1, what };
        let (token, _) = timestamp::read_tsr(raw)?;
        match layer.covered(index, &token) {
            Ok(Some(_)) => {}
            Err(NotAtHand) => return Err(broken("what it is over cannot be checked")),
            Ok(None) if index == 0 => return Err(broken("it is over another content")),
            Ok(None) => return Err(broken("it is not over the one before")),
        }
        if !signature_holds(&token) {
            return Err(broken("its signature is wrong"));
        }
    }
    Ok(())
}

fn signature_holds(token: &Token) -> bool {
    token.check(&[]).check.is_none_or(|check| {
        matches!(check.value, ValueCheck::Valid { .. })
            && matches!(check.content, ContentCheck::Intact | ContentCheck::Direct)
    })
}

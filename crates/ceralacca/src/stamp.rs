//! The verb that stamps a file without signing it.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use crypto::{DigestAlgorithm, MultiHasher};
use files::{FollowLinks, SourceFile};
use timestamp::TimestampAuthority;
use x509::Certificate;

use crate::output::{self, Placing};
use crate::progress::{Counted, Progress};
use crate::{Error, Result};

/// What a stamp on a file needs.
#[derive(Clone, Copy)]
pub struct StampOptions<'a> {
    /// Asked in order until one gives a usable stamp.
    pub authorities: &'a [&'a dyn TimestampAuthority],
    /// Digest of the file that is stamped.
    pub digest: DigestAlgorithm,
    /// How the output is put in place.
    pub placing: Placing,
    /// Told how far reading has come.
    pub progress: Option<&'a Progress<'a>>,
}

impl std::fmt::Debug for StampOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StampOptions").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// What stamping left behind.
#[derive(Clone, Debug)]
pub struct Stamped {
    /// The `.tsr` or `.tsd` file.
    pub output: PathBuf,
    /// When the file was stamped.
    pub gen_time: DateTime<Utc>,
    /// The certificate of the authority.
    pub authority: Option<Certificate>,
    /// Algorithm and value of the digest that was stamped.
    pub digest: (DigestAlgorithm, Vec<u8>),
    /// Why authorities asked before the one that answered did not serve.
    pub failed_authorities: Vec<String>,
}

/// Stamps a file: the answer of the authority, a TimeStampResp, is written as
/// received once it has been examined.
///
/// ```
/// use ceralacca::online::{HttpClient, HttpConfig, HttpTimestampAuthority};
/// use ceralacca::{DigestAlgorithm, Placing, StampOptions, stamp_file};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let now: chrono::DateTime<chrono::Utc> = "2026-03-01T10:00:00Z".parse()?;
/// # let running = lab::Lab::start(&lab::Config::quick(now), std::sync::Arc::new(move || now))?;
/// # let file = dir.path().join("verbale.txt");
/// # std::fs::write(&file, "Il Consiglio approva.")?;
/// # let url = running.tsa_url("tsa");
/// let client = HttpClient::new(HttpConfig::default())?;
/// let authority = HttpTimestampAuthority::new(client, &url, None)?;
/// let stamped = stamp_file(&file, &dir.path().join("verbale.txt.tsr"), &StampOptions {
///     authorities: &[&authority],
///     digest: DigestAlgorithm::Sha256,
///     placing: Placing::default(),
///     progress: None,
/// })?;
/// assert_eq!(stamped.gen_time, now);
/// # Ok(()) }
/// ```
///
/// # Errors
/// No authority gives a usable stamp, the file cannot be read or changes
/// meanwhile, the output is in the way.
pub fn stamp_file(input: &Path, output: &Path, options: &StampOptions<'_>) -> Result<Stamped> {
    files::refuse_same_file(input, output)?;
    files::refuse_existing(output, options.placing.overwrite)?;
    let mut source = SourceFile::open(input, FollowLinks::Follow)?;
    let mut hasher = MultiHasher::new([options.digest]);
    crypto::stream::hash(Counted::new(&mut source, options.progress), &mut hasher)
        .map_err(|error| files::Error::from_io("reading", input, error))?;
    source.check_unchanged()?;
    let digest = hasher.finish().remove(&options.digest).unwrap_or_default();
    let (answer, token, failed) =
        crate::sign::request_stamp(options.authorities, options.digest, &digest)
            .map_err(|source| Error::Timestamp { path: input.to_owned(), source })?;
    Ok(Stamped {
        output: output::write(output, &answer, options.placing)?,
        gen_time: token.info.gen_time,
        authority: token.check(&[]).certificate,
        digest: (options.digest, digest),
        failed_authorities: failed.iter().map(crate::describe).collect(),
    })
}

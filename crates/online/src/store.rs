//! What was fetched, kept on disk for later runs.
//!
//! Bodies stand under their own SHA-256 and are hashed again when they are
//! read: what does not match its name is not there. A small file for each
//! request says which body it brought and when. Whether a body still serves is
//! the caller's to say: nothing is parsed here. The store is a convenience:
//! what cannot be read or written is fetched again, and nobody is told.
//!
//! Several programs may share one folder: files appear whole by renaming, and
//! a file that vanishes meanwhile is a miss.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crypto::DigestAlgorithm;
use x509::{Origin, Purpose, Request};

/// Octets kept at most unless told otherwise: four lists of the longest kind.
pub const STORE_CAP: u64 = 256 << 20;

/// Files kept at most, of either kind: some thousand authorities.
const MOST_FILES: usize = 4096;

/// Longest file about a request: two numbers and a digest.
const LONGEST_ENTRY: u64 = 256;

/// First line of a file about a request.
const MAGIC: &str = "ceralacca-fetched-1";

/// A folder of answers.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    cap: u64,
    now: SystemTime,
}

/// An answer of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its octets, of which the digest was checked.
    pub octets: Vec<u8>,
    /// When it was fetched, by the clock of that run.
    pub fetched: SystemTime,
}

impl Store {
    /// Uses `folder`, which is made when something is kept. `now` is the time
    /// new answers are marked with; `cap` bounds the octets kept.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, cap: u64, now: SystemTime) -> Self {
        Self { folder: folder.into(), cap, now }
    }

    /// The time of this run.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// What the same request brought before.
    #[must_use]
    pub fn get(&self, request: &Request<'_>) -> Option<Stored> {
        let entry = read(&self.entry(request), LONGEST_ENTRY)?;
        let entry = String::from_utf8(entry).ok()?;
        let mut fields = entry.split_ascii_whitespace();
        if fields.next() != Some(MAGIC) {
            return None;
        }
        let fetched = UNIX_EPOCH.checked_add(Duration::from_secs(fields.next()?.parse().ok()?))?;
        let name = fields.next()?;
        // The digest becomes a file name: nothing but a digest may.
        if name.len() != 64 || !name.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return None;
        }
        let octets = read(&self.folder.join(BODIES).join(name), self.cap)?;
        (hex(&crypto::digest(DigestAlgorithm::Sha256, &octets)) == name)
            .then_some(Stored { octets, fetched })
    }

    /// Keeps an answer; the oldest ones go where there is no room.
    pub fn put(&self, request: &Request<'_>, octets: &[u8]) {
        if octets.len() as u64 > self.cap {
            return;
        }
        let name = hex(&crypto::digest(DigestAlgorithm::Sha256, octets));
        let fetched = self.now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let entry = format!("{MAGIC} {fetched} {name}\n");
        // The body first: an entry without its body would be a miss for ever.
        if self.write(&self.folder.join(BODIES).join(&name), octets).is_ok() {
            let _ = self.write(&self.entry(request), entry.as_bytes());
            self.make_room();
        }
    }

    fn entry(&self, request: &Request<'_>) -> PathBuf {
        let purpose = match request.purpose {
            Purpose::Ocsp => "ocsp",
            Purpose::Crl => "crl",
            Purpose::CaIssuers => "ca-issuers",
        };
        // What the user may reach, a certificate may not get out of the store.
        let origin = match request.origin {
            Origin::Certificate => "certificate",
            Origin::User => "user",
        };
        let mut key = format!("{purpose}\0{origin}\0{}\0", request.url).into_bytes();
        if let Some((media_type, body)) = request.body {
            key.extend_from_slice(media_type.as_bytes());
            key.push(0);
            key.extend_from_slice(body);
        }
        let name = hex(&crypto::digest(DigestAlgorithm::Sha256, &key));
        self.folder.join(REQUESTS).join(name)
    }

    /// A file that appears whole, over whatever stood there.
    fn write(&self, path: &Path, octets: &[u8]) -> std::io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let folder = path.parent().unwrap_or(&self.folder);
        make_folder(folder)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".new-{}-{number}", std::process::id()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .and_then(|mut file| file.write_all(octets))
            .and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Removes the oldest files until the rest fits.
    fn make_room(&self) {
        for kind in [BODIES, REQUESTS] {
            let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(self.folder.join(kind))
                .into_iter()
                .flatten()
                .filter_map(|entry| {
                    let entry = entry.ok()?;
                    let meta = entry.metadata().ok()?;
                    Some((meta.modified().ok()?, meta.len(), entry.path()))
                })
                .collect();
            files.sort();
            let mut octets: u64 = files.iter().map(|(_, size, _)| size).sum();
            let mut count = files.len();
            for (_, size, path) in files {
                if octets <= self.cap && count <= MOST_FILES {
                    break;
                }
                let _ = fs::remove_file(path);
                octets = octets.saturating_sub(size);
                count -= 1;
            }
        }
    }
}

const BODIES: &str = "bodies";
const REQUESTS: &str = "requests";

/// A folder for its owner alone: which authorities somebody asks about whom is
/// nobody else's business.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// A file no longer than `longest`.
fn read(path: &Path, longest: u64) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(longest.saturating_add(1)).read_to_end(&mut octets).ok()?;
    (octets.len() as u64 <= longest).then_some(octets)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

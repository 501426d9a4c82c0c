//! Reading the members of an archive that was judged.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};

use flate2::bufread::DeflateDecoder;

use crate::finding::Finding;
use crate::limits::Limits;
use crate::scan::{Member, Method, Scan, scan};
use crate::{Error, Result};

/// Compressed octets read at a time.
const BUFFER: usize = 64 << 10;

/// An archive whose directory passed. There is no other way to one than [`Archive::open`].
pub struct Archive<R> {
    reader: R,
    members: Vec<Member>,
    comment: Vec<u8>,
    findings: Vec<Finding>,
    /// Name -> place in `members`.
    places: HashMap<String, usize>,
}

impl<R> fmt::Debug for Archive<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("members", &self.members.len()).finish_non_exhaustive()
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Judges the directory.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything found; the disk's own errors.
    pub fn open(mut reader: R, limits: &Limits) -> Result<Self> {
        let scanned = scan(&mut reader, limits)?;
        Self::of(reader, scanned)
    }

    /// As [`Archive::open`], where the same reader was judged already.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub(crate) fn of(reader: R, scanned: Scan) -> Result<Self> {
        let refused = scanned.is_refused();
        let Scan { members, comment, findings } = scanned;
        if refused {
            return Err(Error::Refused { findings });
        }
        let named = members.iter().enumerate().map(|(place, member)| (member.name.clone(), place));
        let places = named.collect();
        Ok(Self { reader, members, comment, findings, places })
    }

    /// The members, in the order of the directory.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The archive's comment.
    #[must_use]
    pub fn comment(&self) -> &[u8] {
        &self.comment
    }

    /// What is unusual about the archive; nothing among it refuses the reading.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The member of a name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.get(*self.places.get(name)?)
    }

    /// Reads one member as a stream. Its length and CRC are checked when it is read to its end:
    /// what was read before that is not yet what the directory promises.
    ///
    /// # Errors
    /// The disk's own.
    pub fn read(&mut self, member: &Member) -> io::Result<MemberReader<'_, R>> {
        self.reader.seek(SeekFrom::Start(member.data_offset))?;
        let raw = (&mut self.reader).take(member.compressed);
        let inner = match member.method {
            Method::Stored => Inner::Stored(raw),
            Method::Deflated => {
                Inner::Deflated(DeflateDecoder::new(BufReader::with_capacity(BUFFER, raw)))
            }
        };
        Ok(MemberReader {
            inner,
            left: member.size,
            crc: crc32fast::Hasher::new(),
            expected_crc: member.crc32,
            compressed: member.compressed,
        })
    }

    /// Reads a small member whole.
    ///
    /// # Errors
    /// [`Error::Damaged`], also for a member of more than `limit` octets; the disk's own.
    pub fn read_small(&mut self, member: &Member, limit: u64) -> Result<Vec<u8>> {
        let damaged = || Error::Damaged { member: member.name.clone() };
        if member.size > limit {
            return Err(damaged());
        }
        let mut octets = Vec::new();
        match self.read(member)?.read_to_end(&mut octets) {
            Ok(_) => Ok(octets),
            Err(e) if is_damage(&e) => Err(damaged()),
            Err(e) => Err(e.into()),
        }
    }

    /// The octets of a member as they stand in the archive, compressed or not.
    pub(crate) fn raw(&mut self, member: &Member) -> io::Result<Take<&mut R>> {
        self.reader.seek(SeekFrom::Start(member.data_offset))?;
        Ok((&mut self.reader).take(member.compressed))
    }

    /// The file behind the archive.
    #[must_use]
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// Gives the file back.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.reader
    }
}

enum Inner<'a, R> {
    Stored(Take<&'a mut R>),
    Deflated(DeflateDecoder<BufReader<Take<&'a mut R>>>),
}

/// The content of a member.
pub struct MemberReader<'a, R> {
    inner: Inner<'a, R>,
    /// Octets still promised.
    left: u64,
    crc: crc32fast::Hasher,
    expected_crc: u32,
    compressed: u64,
}

impl<R> fmt::Debug for MemberReader<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberReader").field("left", &self.left).finish_non_exhaustive()
    }
}

/// What a [`MemberReader`] says of content that is not what the directory promises.
#[derive(Debug, thiserror::Error)]
#[error("the content is damaged")]
struct Damaged;

fn damage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Damaged)
}

/// Whether an error met while a member was read says that its content is damaged, as opposed to a
/// disk that fails.
#[must_use]
pub fn is_damage(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Damaged>())
}

/// Broken compression or an early end, as opposed to a failing disk.
fn told(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            damage()
        }
        _ => error,
    }
}

impl<R: Read> MemberReader<'_, R> {
    /// Says at the promised end whether the promise was kept.
    fn finish(&mut self) -> io::Result<usize> {
        let whole = match &mut self.inner {
            Inner::Stored(_) => true,
            Inner::Deflated(decoder) => {
                // One octet more than promised is enough to know that the promise was a lie; so are
                // octets after the end of the compressed data.
                let more = decoder.read(&mut [0]).map_err(told)?;
                let rest = decoder.get_mut().fill_buf()?.len();
                more == 0 && rest == 0 && decoder.total_in() == self.compressed
            }
        };
        let crc = std::mem::take(&mut self.crc).finalize();
        if !whole || crc != self.expected_crc {
            return Err(damage());
        }
        // Asked again, it answers the same.
        self.expected_crc = 0;
        self.crc = crc32fast::Hasher::new();
        Ok(0)
    }
}

impl<R: Read> Read for MemberReader<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            return self.finish();
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let out = out.get_mut(..most).unwrap_or_default();
        let read = match &mut self.inner {
            Inner::Stored(raw) => raw.read(out)?,
            Inner::Deflated(decoder) => decoder.read(out).map_err(told)?,
        };
        if read == 0 {
            return Err(damage());
        }
        self.crc.update(out.get(..read).unwrap_or_default());
        self.left -= u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read)
    }
}

//! Writing an archive as a stream: nothing compressed, every size known before its content.
//!
//! Signed recordings do not shrink, and a stored member can be read in place. The same inputs give
//! the same octets: members stand in the order they were added, times are fixed at 1980-01-01 (the
//! earliest DOS time), permissions are 0644. No member has a data descriptor; extra fields only
//! where ZIP64 needs them.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::limits::Limits;
use crate::names::{NameSet, check_path};
use crate::read::Archive;
use crate::scan::{
    CENTRAL, END, END64, END64_LOCATOR, EXTRA_ZIP64, LOCAL, Member, Method, UTF8_FLAG,
};
use crate::{Error, Result};

/// Octets moved at a time: large enough that calls cost nothing, small beside everything else.
const CHUNK: usize = 256 << 10;
/// 1980-01-01, 00:00: date in the upper half (APPNOTE 4.4.6).
const TIME: u32 = 0x0021_0000;
/// Version 2.0 for plain members, 4.5 for ZIP64 (APPNOTE 4.4.3.2).
const VERSION: u16 = 20;
const VERSION_ZIP64: u16 = 45;
/// Made on Unix (APPNOTE 4.4.2), so that the permissions mean something.
const MADE_BY: u16 = 3 << 8 | VERSION_ZIP64;
/// A regular file, readable by all.
const MODE: u32 = 0o100_644 << 16;
/// From here on four bytes do not serve.
const WIDE: u64 = 0xFFFF_FFFF;

/// A member as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// Octets of its content in the archive.
    pub compressed: u64,
    /// Octets of its content.
    pub size: u64,
    /// Where its local header begins.
    pub offset: u64,
    /// Where its content begins.
    pub data_offset: u64,
    crc: u32,
    method: u16,
}

/// An archive being written. Until [`finish`](Self::finish) it is none.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    position: u64,
    written: Vec<Written>,
    names: NameSet,
    limits: Limits,
    /// The member begun and not ended yet, with its CRC so far and the octets still to come.
    current: Option<(Written, crc32fast::Hasher, u64)>,
}

impl<W: Write + Seek> Writer<W> {
    /// Begins an archive at the start of `out`.
    #[must_use]
    pub fn new(out: W) -> Self {
        Self {
            out,
            position: 0,
            written: Vec::new(),
            names: NameSet::default(),
            limits: Limits::default(),
            current: None,
        }
    }

    /// What was written so far.
    #[must_use]
    pub fn written(&self) -> &[Written] {
        &self.written
    }

    /// Adds a small member held in memory.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn add_bytes(&mut self, name: &str, octets: &[u8]) -> Result<()> {
        let crc = crc32fast::hash(octets);
        let size = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        let member = self.head(name, size, size, crc, 0)?;
        self.put(octets)?;
        self.written.push(member);
        Ok(())
    }

    /// Adds a member of known size from a stream; `seen` is told every octet on its way.
    ///
    /// # Errors
    /// As [`Writer::begin`]; [`Error::ContentSize`].
    pub fn add(
        &mut self,
        name: &str,
        size: u64,
        mut content: impl Read,
        mut seen: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<()> {
        self.begin(name, size)?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e.into()),
            };
            let octets = buffer.get(..read).unwrap_or_default();
            seen(octets)?;
            self.write(octets)?;
        }
        self.end()
    }

    /// Begins a member of known size; its content follows by [`write`](Self::write).
    ///
    /// # Errors
    /// A name that may not stand in an archive, or stands in it already; too many members.
    pub fn begin(&mut self, name: &str, size: u64) -> Result<()> {
        let member = self.head(name, size, size, 0, 0)?;
        self.current = Some((member, crc32fast::Hasher::new(), size));
        Ok(())
    }

    /// Adds octets to the member begun last.
    ///
    /// # Errors
    /// [`Error::ContentSize`] when they are more than announced.
    pub fn write(&mut self, octets: &[u8]) -> Result<()> {
        let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        if let Some((member, crc, left)) = &mut self.current {
            let Some(rest) = left.checked_sub(length) else {
                let (expected, name) = (member.size, member.name.clone());
                return Err(Error::ContentSize { name, expected, found: expected + 1 });
            };
            *left = rest;
            crc.update(octets);
        }
        self.put(octets)
    }

    /// Ends the member begun last.
    ///
    /// # Errors
    /// [`Error::ContentSize`] when less than announced was written.
    pub fn end(&mut self) -> Result<()> {
        let Some((mut member, crc, left)) = self.current.take() else { return Ok(()) };
        if left > 0 {
            let Written { name, size, .. } = member;
            return Err(Error::ContentSize { name, expected: size, found: size - left });
        }
        member.crc = crc.finalize();
        self.out.seek(SeekFrom::Start(member.offset + 14))?;
        self.out.write_all(&member.crc.to_le_bytes())?;
        self.out.seek(SeekFrom::Start(self.position))?;
        self.written.push(member);
        Ok(())
    }

    /// Copies a member of another archive octet by octet, compressed as it is there.
    ///
    /// # Errors
    /// As [`Writer::begin`]; [`Error::Damaged`] when the other archive ends early.
    pub fn copy<R: Read + Seek>(&mut self, from: &mut Archive<R>, member: &Member) -> Result<()> {
        self.copy_as(from, member, &member.name)
    }

    /// As [`Writer::copy`], under another name.
    ///
    /// # Errors
    /// As [`Writer::copy`].
    pub fn copy_as<R: Read + Seek>(
        &mut self,
        from: &mut Archive<R>,
        member: &Member,
        name: &str,
    ) -> Result<()> {
        let method = match member.method {
            Method::Stored => 0,
            Method::Deflated => 8,
        };
        let head = self.head(name, member.compressed, member.size, member.crc32, method)?;
        let mut raw = from.raw(member)?;
        let mut buffer = vec![0; CHUNK];
        let mut copied = 0;
        loop {
            let read = match raw.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e.into()),
            };
            self.put(buffer.get(..read).unwrap_or_default())?;
            copied += u64::try_from(read).unwrap_or(u64::MAX);
        }
        if copied != member.compressed {
            return Err(Error::Damaged { member: member.name.clone() });
        }
        self.written.push(head);
        Ok(())
    }

    /// Writes the directory and gives the file back, at its end.
    ///
    /// # Errors
    /// What the file answers; [`Error::ContentSize`] for a member not ended.
    pub fn finish(mut self) -> Result<W> {
        self.end()?;
        let start = self.position;
        let written = std::mem::take(&mut self.written);
        for member in &written {
            let record = central(member);
            self.put(&record)?;
        }
        let size = self.position - start;
        let count = u64::try_from(written.len()).unwrap_or(u64::MAX);
        let mut end = Vec::with_capacity(98);
        if count >= 0xFFFF || size >= WIDE || start >= WIDE {
            end.extend(END64.to_le_bytes());
            end.extend(44_u64.to_le_bytes());
            end.extend(MADE_BY.to_le_bytes());
            end.extend(VERSION_ZIP64.to_le_bytes());
            end.extend([0; 8]);
            for value in [count, count, size, start] {
                end.extend(value.to_le_bytes());
            }
            end.extend(END64_LOCATOR.to_le_bytes());
            end.extend([0; 4]);
            end.extend(self.position.to_le_bytes());
            end.extend(1_u32.to_le_bytes());
        }
        end.extend(END.to_le_bytes());
        end.extend([0; 4]);
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        end.extend(count.to_le_bytes());
        end.extend(count.to_le_bytes());
        end.extend(narrow(size).to_le_bytes());
        end.extend(narrow(start).to_le_bytes());
        end.extend([0; 2]);
        self.put(&end)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn head(
        &mut self,
        name: &str,
        compressed: u64,
        size: u64,
        crc: u32,
        method: u16,
    ) -> Result<Written> {
        self.end()?;
        let plain = name.strip_suffix('/').unwrap_or(name);
        check_path(plain, self.limits.path_bytes)
            .map_err(|problem| Error::Name { name: name.to_owned(), problem })?;
        if plain.len() == name.len() {
            self.names
                .insert(name)
                .map_err(|first| Error::Collision { first, second: name.to_owned() })?;
        }
        if self.written.len() >= self.limits.members {
            return Err(Error::TooManyMembers { limit: self.limits.members });
        }
        let offset = self.position;
        let wide = size >= WIDE || compressed >= WIDE;
        let mut header = Vec::with_capacity(64 + name.len());
        header.extend(LOCAL.to_le_bytes());
        common(&mut header, wide, name, method, crc);
        let (four, eight) = if wide { (WIDE, WIDE) } else { (compressed, size) };
        header.extend(narrow(four).to_le_bytes());
        header.extend(narrow(eight).to_le_bytes());
        header.extend(length(name.len()).to_le_bytes());
        header.extend((if wide { 20_u16 } else { 0 }).to_le_bytes());
        header.extend(name.as_bytes());
        if wide {
            header.extend(EXTRA_ZIP64.to_le_bytes());
            header.extend(16_u16.to_le_bytes());
            header.extend(size.to_le_bytes());
            header.extend(compressed.to_le_bytes());
        }
        self.put(&header)?;
        let data_offset = self.position;
        Ok(Written { name: name.to_owned(), compressed, size, offset, data_offset, crc, method })
    }

    fn put(&mut self, octets: &[u8]) -> Result<()> {
        self.out.write_all(octets)?;
        self.position += u64::try_from(octets.len()).unwrap_or(u64::MAX);
        Ok(())
    }
}

/// The fields from "version needed" to the CRC, the same in both headers.
fn common(header: &mut Vec<u8>, wide: bool, name: &str, method: u16, crc: u32) {
    let version = if wide { VERSION_ZIP64 } else { VERSION };
    let flags = if name.is_ascii() { 0 } else { UTF8_FLAG };
    header.extend(version.to_le_bytes());
    header.extend(flags.to_le_bytes());
    header.extend(method.to_le_bytes());
    header.extend(TIME.to_le_bytes());
    header.extend(crc.to_le_bytes());
}

fn central(member: &Written) -> Vec<u8> {
    let Written { name, compressed, size, offset, crc, method, .. } = member;
    let mut extra = Vec::new();
    let wide_size = *size >= WIDE || *compressed >= WIDE;
    if wide_size {
        extra.extend(size.to_le_bytes());
        extra.extend(compressed.to_le_bytes());
    }
    if *offset >= WIDE {
        extra.extend(offset.to_le_bytes());
    }
    let mut record = Vec::with_capacity(80 + name.len());
    record.extend(CENTRAL.to_le_bytes());
    record.extend(MADE_BY.to_le_bytes());
    common(&mut record, wide_size, name, *method, *crc);
    for value in if wide_size { [WIDE, WIDE] } else { [*compressed, *size] } {
        record.extend(narrow(value).to_le_bytes());
    }
    record.extend(length(name.len()).to_le_bytes());
    let extra_length = if extra.is_empty() { 0 } else { extra.len() + 4 };
    record.extend(length(extra_length).to_le_bytes());
    // Comment length, disk, internal attributes.
    record.extend([0; 6]);
    record.extend((if name.ends_with('/') { 0o040_755 << 16 | 0x10 } else { MODE }).to_le_bytes());
    record.extend(narrow(*offset).to_le_bytes());
    record.extend(name.as_bytes());
    if !extra.is_empty() {
        record.extend(EXTRA_ZIP64.to_le_bytes());
        record.extend(length(extra.len()).to_le_bytes());
        record.extend(extra);
    }
    record
}

/// A value in four bytes, all ones where it does not fit.
fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn length(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

//! The directory of a ZIP, judged before one byte of content is used (security class 36).
//!
//! An archive is accepted only if it can be read in one way: the central directory and the local
//! headers agree, members follow each other without overlap and without hidden bytes between them,
//! nothing stands before the first or after the last. Only headers are looked at, in memory bounded
//! by [`Limits`].

use std::io::{self, Read, Seek, SeekFrom};

use crate::code_page;
use crate::finding::{Damage, Finding, Problem};
use crate::limits::Limits;
use crate::names::{NameProblem, NameSet, check_path};

pub(crate) const END: u32 = 0x0605_4b50;
pub(crate) const END64: u32 = 0x0606_4b50;
pub(crate) const END64_LOCATOR: u32 = 0x0706_4b50;
pub(crate) const CENTRAL: u32 = 0x0201_4b50;
pub(crate) const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
/// A data descriptor has 12 or 20 bytes, and 4 more with its usual signature (APPNOTE 4.3.9).
const DESCRIPTOR_SIZES: [u64; 4] = [12, 16, 20, 24];

pub(crate) const UTF8_FLAG: u16 = 1 << 11;
const DESCRIPTOR_FLAG: u16 = 1 << 3;
const ENCRYPTED_FLAGS: u16 = 1 | 1 << 6 | 1 << 13;
/// How hard the compressor tried, which only it knows (APPNOTE 4.4.4, bits 1 and 2).
const EFFORT_FLAGS: u16 = 1 << 1 | 1 << 2;
/// The extra fields that mean something here: ZIP64 (4.5.3) and Info-ZIP's Unicode path (4.6.9).
pub(crate) const EXTRA_ZIP64: u16 = 1;
const EXTRA_UNICODE_PATH: u16 = 0x7075;

/// How a member is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored,
    /// By DEFLATE (RFC 1951).
    Deflated,
}

/// A member of an archive that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, `/` between components; folders end in `/`.
    pub name: String,
    /// Its size once read.
    pub size: u64,
    /// Its size in the archive.
    pub compressed: u64,
    /// The CRC-32 of its content.
    pub crc32: u32,
    /// How it is stored.
    pub method: Method,
    /// Where its local header begins.
    pub offset: u64,
    /// Where its content begins.
    pub data_offset: u64,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether its local header has extra fields.
    pub has_extra: bool,
    /// Whether its sizes stand behind its content.
    pub has_descriptor: bool,
}

/// What a directory holds: members in directory order, and what was found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The members. Incomplete, and not to be used, when something [refuses](Self::is_refused).
    pub members: Vec<Member>,
    /// The archive's comment (APPNOTE 4.4.26).
    pub comment: Vec<u8>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Scan {
    /// Whether something found keeps the archive from being read.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.problem.refuses())
    }

    fn find(&mut self, member: &str, problem: Problem) {
        self.findings.push(Finding { member: shown(member), problem });
    }
}

/// Judges the directory of an archive.
///
/// # Errors
/// The disk's own errors only; everything about the archive is a finding.
pub fn scan<R: Read + Seek>(reader: &mut R, limits: &Limits) -> io::Result<Scan> {
    let mut scan = Scan::default();
    match read(reader, limits, &mut scan) {
        Ok(()) => {}
        Err(Stop::Io(e)) => return Err(e),
        Err(Stop::Finding(f)) => scan.findings.push(f),
    }
    Ok(scan)
}

enum Stop {
    Io(io::Error),
    Finding(Finding),
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Self {
        if e.kind() == io::ErrorKind::UnexpectedEof {
            damaged("", Damage::Short)
        } else {
            Self::Io(e)
        }
    }
}

fn damaged(member: &str, damage: Damage) -> Stop {
    Stop::Finding(Finding { member: shown(member), problem: Problem::Structure(damage) })
}

/// A name without what could forge a terminal's output, and not longer than a person reads.
fn shown(name: &str) -> String {
    const LONGEST: usize = 300;
    let clean = |c| if crate::names::is_hostile(c) { '\u{fffd}' } else { c };
    name.chars().take(LONGEST).map(clean).collect()
}

/// Little-endian fields of a header held in memory.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], Stop> {
        let (head, tail) = self.0.split_at_checked(n).ok_or_else(|| damaged("", Damage::Header))?;
        self.0 = tail;
        Ok(head)
    }

    fn number(&mut self, n: usize) -> Result<u64, Stop> {
        Ok(self.take(n)?.iter().rev().fold(0, |value, &b| value << 8 | u64::from(b)))
    }

    fn u16(&mut self) -> Result<u16, Stop> {
        Ok(u16::try_from(self.number(2)?).unwrap_or(u16::MAX))
    }

    fn u32(&mut self) -> Result<u32, Stop> {
        Ok(u32::try_from(self.number(4)?).unwrap_or(u32::MAX))
    }
}

/// The fields that a member has twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Twice {
    version_needed: u16,
    flags: u16,
    method: u16,
    time: u32,
    crc: u32,
    compressed: u64,
    size: u64,
}

struct Entry {
    /// The octets of the name.
    raw: Vec<u8>,
    /// What they say.
    name: String,
    fields: Twice,
    offset: u64,
    unix_type: u32,
}

fn read<R: Read + Seek>(reader: &mut R, limits: &Limits, scan: &mut Scan) -> Result<(), Stop> {
    let length = reader.seek(SeekFrom::End(0))?;
    let directory = locate(reader, length, limits)?;
    let mut bytes = vec![0; usize::try_from(directory.size).unwrap_or(usize::MAX)];
    reader.seek(SeekFrom::Start(directory.offset))?;
    reader.read_exact(&mut bytes)?;
    let mut rest = Bytes(&bytes);
    let mut entries = Vec::new();
    for _ in 0..directory.count {
        entries.push(central(&mut rest, scan)?);
    }
    if !rest.0.is_empty() {
        return Err(damaged("", Damage::DirectoryRest));
    }
    if !directory.comment.is_empty() {
        scan.find("", Problem::Comment);
        scan.comment = directory.comment;
    }
    judge(&entries, limits, length, scan);
    if !scan.is_refused() {
        layout(reader, &entries, directory.offset, scan)?;
    }
    Ok(())
}

struct Directory {
    offset: u64,
    size: u64,
    count: u64,
    comment: Vec<u8>,
}

const END_SIZE: u64 = 22;

/// Finds the end record. It and its comment must be the last thing in the file, and no second
/// reading of the last octets may find another one.
fn find_end<R: Read + Seek>(reader: &mut R, length: u64) -> Result<(u64, Vec<u8>), Stop> {
    let window = length.min(END_SIZE + u64::from(u16::MAX));
    let start = length - window;
    let mut tail = vec![0; usize::try_from(window).unwrap_or(0)];
    reader.seek(SeekFrom::Start(start))?;
    reader.read_exact(&mut tail)?;
    let mut found = None;
    for (at, record) in tail.windows(22).enumerate() {
        if !record.starts_with(&END.to_le_bytes()) {
            continue;
        }
        let mut comment = Bytes(record.get(20..).unwrap_or_default());
        let comment = usize::from(comment.u16()?);
        if at + 22 + comment != tail.len() {
            continue;
        }
        if found.replace(at).is_some() {
            return Err(damaged("", Damage::End));
        }
    }
    let at = found.ok_or_else(|| damaged("", Damage::End))?;
    let record = tail.split_off(at);
    Ok((start + u64::try_from(at).unwrap_or(u64::MAX), record))
}

fn locate<R: Read + Seek>(reader: &mut R, length: u64, limits: &Limits) -> Result<Directory, Stop> {
    const LOCATOR_SIZE: u64 = 20;
    const END64_SIZE: u64 = 56;
    let no_end = || damaged("", Damage::End);
    let (end_at, record) = find_end(reader, length)?;
    let mut end = Bytes(&record);
    end.take(4)?;
    let disks = (end.u16()?, end.u16()?);
    let counts = (end.u16()?, end.u16()?);
    let (size, offset) = (end.u32()?, end.u32()?);
    end.take(2)?;
    let mut directory = Directory {
        offset: u64::from(offset),
        size: u64::from(size),
        count: u64::from(counts.1),
        comment: end.0.to_vec(),
    };
    let mut directory_end = end_at;
    let mut split = disks != (0, 0) || counts.0 != counts.1;
    let locator_at = end_at.checked_sub(LOCATOR_SIZE);
    let locator = match locator_at {
        Some(position) => Some(at::<R, 20>(reader, position)?),
        None => None,
    };
    if let (Some(locator_at), Some(raw)) = (locator_at, locator)
        && raw.starts_with(&END64_LOCATOR.to_le_bytes())
    {
        let mut fields = Bytes(&raw);
        fields.take(4)?;
        let disk = fields.u32()?;
        let end64_at = fields.number(8)?;
        let total = fields.u32()?;
        if end64_at.checked_add(END64_SIZE) != Some(locator_at) || disk != 0 || total != 1 {
            return Err(no_end());
        }
        let raw = at::<R, 56>(reader, end64_at)?;
        let mut fields = Bytes(&raw);
        if fields.u32()? != END64 || fields.number(8)? != END64_SIZE - 12 {
            return Err(no_end());
        }
        fields.take(4)?;
        let wide_disks = (fields.u32()?, fields.u32()?);
        split = wide_disks != (0, 0) || !matches!(disks, (0, 0) | (0xFFFF, 0xFFFF));
        let here = fields.number(8)?;
        let wide = Directory {
            count: fields.number(8)?,
            size: fields.number(8)?,
            offset: fields.number(8)?,
            comment: std::mem::take(&mut directory.comment),
        };
        // What the narrow record does say must not contradict the wide one.
        let agrees = (directory.count == 0xFFFF || directory.count == wide.count)
            && (directory.size == 0xFFFF_FFFF || directory.size == wide.size)
            && (directory.offset == 0xFFFF_FFFF || directory.offset == wide.offset);
        if !agrees || here != wide.count {
            return Err(no_end());
        }
        directory = wide;
        directory_end = end64_at;
    }
    if split {
        return Err(damaged("", Damage::Split));
    }
    if directory.size > limits.directory_bytes
        || directory.count > u64::try_from(limits.members).unwrap_or(u64::MAX)
    {
        let problem = Problem::TooManyMembers { limit: limits.members };
        return Err(Stop::Finding(Finding { member: String::new(), problem }));
    }
    if directory.offset.checked_add(directory.size) != Some(directory_end) {
        return Err(no_end());
    }
    Ok(directory)
}

fn at<R: Read + Seek, const N: usize>(reader: &mut R, position: u64) -> io::Result<[u8; N]> {
    let mut raw = [0; N];
    reader.seek(SeekFrom::Start(position))?;
    reader.read_exact(&mut raw)?;
    Ok(raw)
}

fn central(rest: &mut Bytes<'_>, scan: &mut Scan) -> Result<Entry, Stop> {
    if rest.u32()? != CENTRAL {
        return Err(damaged("", Damage::Directory));
    }
    let made_by = rest.u16()?;
    let version_needed = rest.u16()?;
    let flags = rest.u16()?;
    let method = rest.u16()?;
    let time = rest.u32()?;
    let crc = rest.u32()?;
    let mut compressed = u64::from(rest.u32()?);
    let mut size = u64::from(rest.u32()?);
    let name_length = rest.u16()?;
    let extra_length = rest.u16()?;
    let comment_length = rest.u16()?;
    let disk = rest.u16()?;
    let _internal = rest.u16()?;
    let external = rest.u32()?;
    let mut offset = u64::from(rest.u32()?);
    let raw = rest.take(usize::from(name_length))?.to_vec();
    let extra = rest.take(usize::from(extra_length))?;
    rest.take(usize::from(comment_length))?;
    if disk != 0 {
        return Err(damaged("", Damage::Split));
    }
    widen(extra, &mut [&mut size, &mut compressed, &mut offset])?;
    let name = name_of(&raw, flags, extra, scan)?;
    Ok(Entry {
        raw,
        name,
        fields: Twice { version_needed, flags, method, time, crc, compressed, size },
        offset,
        // The upper half holds the Unix mode when the maker says so (APPNOTE 4.4.2, 4.4.15).
        unix_type: if made_by >> 8 == 3 { external >> 16 & 0o170_000 } else { 0 },
    })
}

/// What the octets of a name say: UTF-8 where they are, else Info-ZIP's Unicode path where it
/// belongs to them, else code page 437.
fn name_of(raw: &[u8], flags: u16, extra: &[u8], scan: &mut Scan) -> Result<String, Stop> {
    let unicode = unicode_path(raw, extra)?;
    match std::str::from_utf8(raw) {
        Ok(name) => {
            // A second name for readers that prefer it is a second archive.
            if unicode.is_some_and(|other| other != name) {
                scan.find(name, Problem::Disagreement);
            }
            if flags & UTF8_FLAG == 0 && !name.is_ascii() {
                scan.find(name, Problem::UndeclaredEncoding);
            }
            Ok(name.to_owned())
        }
        Err(_) => {
            let name = unicode.unwrap_or_else(|| code_page::decode(raw));
            scan.find(&name, Problem::Name(NameProblem::NotUnicode));
            Ok(name)
        }
    }
}

/// The name in Info-ZIP's Unicode path extra field, if it was written for this name.
fn unicode_path(raw: &[u8], extra: &[u8]) -> Result<Option<String>, Stop> {
    let Some(field) = extra_field(extra, EXTRA_UNICODE_PATH)? else { return Ok(None) };
    let mut body = Bytes(field);
    let version = body.number(1)?;
    let crc = body.u32()?;
    let meant = version == 1 && crc == crc32fast::hash(raw);
    Ok(meant.then(|| String::from_utf8(body.0.to_vec()).ok()).flatten())
}

/// The body of the first extra field of a kind.
fn extra_field(extra: &[u8], wanted: u16) -> Result<Option<&[u8]>, Stop> {
    let mut rest = Bytes(extra);
    while rest.0.len() >= 4 {
        let id = rest.u16()?;
        let length = rest.u16()?;
        let body = rest.take(usize::from(length))?;
        if id == wanted {
            return Ok(Some(body));
        }
    }
    Ok(None)
}

/// Replaces fields of all ones by the ZIP64 extra field's values, in its fixed order.
fn widen(extra: &[u8], fields: &mut [&mut u64]) -> Result<(), Stop> {
    if let Some(body) = extra_field(extra, EXTRA_ZIP64)? {
        let mut body = Bytes(body);
        for field in fields.iter_mut().filter(|f| ***f == 0xFFFF_FFFF) {
            **field = body.number(8)?;
        }
    }
    Ok(())
}

/// Names, kinds, methods, ratios: everything one can say from the directory alone.
fn judge(entries: &[Entry], limits: &Limits, length: u64, scan: &mut Scan) {
    let mut names = NameSet::default();
    let mut total: u64 = 0;
    for entry in entries {
        let name = entry.name.as_str();
        let is_folder = name.ends_with('/');
        let plain = name.strip_suffix('/').unwrap_or(name);
        let named = check_path(plain, limits.path_bytes);
        if let Err(problem) = named {
            scan.find(name, Problem::Name(problem));
        }
        // Folders may be named by their files already; only files can collide.
        if !is_folder
            && named.is_ok_or_harmless()
            && let Err(other) = names.insert(plain)
        {
            scan.find(name, Problem::Collision { other: shown(&other) });
        }
        let wrong_kind = match entry.unix_type {
            0 => false,
            0o040_000 => !is_folder,
            0o100_000 => is_folder,
            _ => true,
        };
        if wrong_kind {
            scan.find(name, Problem::SpecialFile);
        }
        let f = entry.fields;
        if f.flags & ENCRYPTED_FLAGS != 0 {
            scan.find(name, Problem::Encrypted);
        }
        let method = match f.method {
            0 => Method::Stored,
            8 => Method::Deflated,
            other => {
                scan.find(name, Problem::Method(other));
                continue;
            }
        };
        let impossible = match method {
            Method::Stored => f.compressed != f.size,
            Method::Deflated => f.size / limits.ratio.max(1) > f.compressed,
        };
        if impossible || (is_folder && f.size != 0) {
            scan.find(name, Problem::Size);
        }
        total = total.saturating_add(f.size);
        scan.members.push(Member {
            name: name.to_owned(),
            size: f.size,
            compressed: f.compressed,
            crc32: f.crc,
            method,
            offset: entry.offset,
            // The layout says where.
            data_offset: 0,
            is_folder,
            has_extra: false,
            has_descriptor: false,
        });
    }
    // What is impossible for one member was told already.
    let told = scan.findings.iter().any(|finding| finding.problem == Problem::Size);
    if !told && total > limits.expansion_from && total / limits.expansion.max(1) > length {
        scan.find("", Problem::Expansion { size: total });
    }
}

/// Whether a name may be compared with others: it passed, or is only not portable.
trait Harmless {
    fn is_ok_or_harmless(&self) -> bool;
}

impl Harmless for Result<(), NameProblem> {
    fn is_ok_or_harmless(&self) -> bool {
        self.as_ref().err().is_none_or(|problem| !problem.is_dangerous())
    }
}

/// A local header, and how many octets it has.
struct Local {
    fields: Twice,
    name: Vec<u8>,
    has_extra: bool,
    length: u64,
}

fn local<R: Read + Seek>(reader: &mut R, entry: &Entry) -> Result<Local, Stop> {
    let raw = at::<R, 30>(reader, entry.offset)?;
    let mut fields = Bytes(&raw);
    if fields.u32()? != LOCAL {
        return Err(damaged(&entry.name, Damage::LocalHeader));
    }
    let version_needed = fields.u16()?;
    let flags = fields.u16()?;
    let method = fields.u16()?;
    let time = fields.u32()?;
    let crc = fields.u32()?;
    let mut compressed = u64::from(fields.u32()?);
    let mut size = u64::from(fields.u32()?);
    let name_length = usize::from(fields.u16()?);
    let extra_length = usize::from(fields.u16()?);
    let mut name = vec![0; name_length + extra_length];
    reader.read_exact(&mut name)?;
    let extra = name.split_off(name_length);
    widen(&extra, &mut [&mut size, &mut compressed])?;
    // The Unicode path, where there is one, was judged in the directory: here it must be the same.
    if unicode_path(&name, &extra)?.is_some_and(|other| other != entry.name) {
        name.clear();
    }
    Ok(Local {
        fields: Twice { version_needed, flags, method, time, crc, compressed, size },
        name,
        has_extra: !extra.is_empty(),
        length: 30 + u64::try_from(name_length + extra_length).unwrap_or(u64::MAX),
    })
}

/// Compares each local header with the directory and sees that members fill the file exactly.
fn layout<R: Read + Seek>(
    reader: &mut R,
    entries: &[Entry],
    directory_at: u64,
    scan: &mut Scan,
) -> Result<(), Stop> {
    let mut order: Vec<(usize, &Entry)> = entries.iter().enumerate().collect();
    order.sort_by_key(|(_, entry)| entry.offset);
    let mut position = 0;
    let mut streamed: Option<&Entry> = None;
    for (index, entry) in order {
        let gap = entry.offset.checked_sub(position);
        if !gap.is_some_and(|gap| gap == 0 || (streamed.is_some() && is_descriptor(gap))) {
            scan.find(&entry.name, Problem::Overlap);
            return Ok(());
        }
        descriptor(reader, streamed, position, gap.unwrap_or(0))?;
        let local = local(reader, entry)?;
        let has_descriptor = local.fields.flags & DESCRIPTOR_FLAG != 0;
        let mut expected = entry.fields;
        let Twice { crc, compressed, size, .. } = local.fields;
        if has_descriptor && (crc, compressed, size) == (0, 0, 0) {
            // Written to a stream: the values stand in the descriptor after the data.
            (expected.crc, expected.compressed, expected.size) = (0, 0, 0);
        }
        // Some writers put a lower version into one of the two headers; it decides nothing, and
        // neither does the effort of the compressor.
        expected.version_needed = local.fields.version_needed;
        expected.flags ^= (expected.flags ^ local.fields.flags) & EFFORT_FLAGS;
        if local.fields != expected || local.name != entry.raw {
            scan.find(&entry.name, Problem::Disagreement);
            return Ok(());
        }
        let data = entry.offset.checked_add(local.length);
        let end = data.and_then(|p| p.checked_add(entry.fields.compressed));
        let (Some(data), Some(end)) = (data, end.filter(|end| *end <= directory_at)) else {
            return Err(damaged(&entry.name, Damage::Outside));
        };
        if let Some(member) = scan.members.get_mut(index) {
            member.data_offset = data;
            member.has_extra = local.has_extra;
            member.has_descriptor = has_descriptor;
        }
        position = end;
        streamed = has_descriptor.then_some(entry);
    }
    let gap = directory_at.checked_sub(position);
    if !gap.is_some_and(|gap| gap == 0 || (streamed.is_some() && is_descriptor(gap))) {
        return Err(damaged("", Damage::HiddenBeforeDirectory));
    }
    descriptor(reader, streamed, position, gap.unwrap_or(0))
}

fn is_descriptor(gap: u64) -> bool {
    DESCRIPTOR_SIZES.contains(&gap)
}

/// Sees that the octets between two members say of the first what the directory says.
fn descriptor<R: Read + Seek>(
    reader: &mut R,
    entry: Option<&Entry>,
    position: u64,
    gap: u64,
) -> Result<(), Stop> {
    let Some(entry) = entry.filter(|_| gap > 0) else { return Ok(()) };
    let mut raw = vec![0; usize::try_from(gap).unwrap_or(0)];
    reader.seek(SeekFrom::Start(position))?;
    reader.read_exact(&mut raw)?;
    let mut fields = Bytes(&raw);
    let marked = matches!(gap, 16 | 24);
    let signed = !marked || fields.u32()? == DESCRIPTOR;
    let width = if gap >= 20 { 8 } else { 4 };
    let crc = fields.u32()?;
    let (compressed, size) = (fields.number(width)?, fields.number(width)?);
    let f = entry.fields;
    if !signed || (crc, compressed, size) != (f.crc, f.compressed, f.size) {
        return Err(damaged(&entry.name, Damage::Descriptor));
    }
    Ok(())
}

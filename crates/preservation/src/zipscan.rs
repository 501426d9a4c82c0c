//! The directory of a ZIP, judged before one byte of content is used.
//!
//! A ZIP says everything twice, and readers that believe different halves see different files
//! (security class 36). Here an archive is accepted only if it can be read in one way: the central
//! directory and the local headers agree, members follow each other without overlap and without
//! hidden bytes between them, nothing stands before the first or after the last. APPNOTE 6.3.10,
//! §4.3 (layout), §4.4 (fields), §4.5.3 (ZIP64).
//!
//! Content itself is read by the ZIP library; this module only looks at headers, in memory bounded
//! by [`Limits`].

use std::io::{self, Read, Seek, SeekFrom};

use crate::limits::Limits;
use crate::names::{NameSet, check_path};
use crate::report::PackageFinding;

const RULE: &str = "ZIP APPNOTE 6.3";
const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const END64_LOCATOR: u32 = 0x0706_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
/// A data descriptor has 12 or 20 bytes, and 4 more with its usual signature (APPNOTE 4.3.9).
const DESCRIPTOR_SIZES: [u64; 4] = [12, 16, 20, 24];

/// A member of an archive that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its name, `/` between components; folders end in `/`.
    pub(crate) name: String,
    /// Its size once read.
    pub(crate) size: u64,
    /// Where its local header begins.
    pub(crate) offset: u64,
    /// Whether it is a folder.
    pub(crate) is_folder: bool,
}

/// What a directory holds: members in directory order, or the reasons not to read it.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) members: Vec<Member>,
    pub(crate) findings: Vec<PackageFinding>,
}

/// Judges the directory of an archive.
///
/// # Errors
/// The disk's own errors only; everything about the archive is a finding.
pub(crate) fn scan<R: Read + Seek>(reader: &mut R, limits: &Limits) -> io::Result<Scan> {
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
    Finding(PackageFinding),
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Self {
        if e.kind() == io::ErrorKind::UnexpectedEof {
            Self::Finding(broken("finisce prima del previsto", "it ends too early"))
        } else {
            Self::Io(e)
        }
    }
}

fn broken(it: &str, en: &str) -> PackageFinding {
    PackageFinding::fail(
        "ZIP-STRUCTURE",
        RULE,
        "",
        format!("Il file ZIP è danneggiato o alterato: {it}."),
        format!("The ZIP file is damaged or altered: {en}."),
    )
}

fn member_broken(name: &str, it: &str, en: &str) -> PackageFinding {
    PackageFinding::fail(
        "ZIP-STRUCTURE",
        RULE,
        name,
        format!("Il file ZIP è danneggiato o alterato in «{name}»: {it}."),
        format!("The ZIP file is damaged or altered at “{name}”: {en}."),
    )
}

/// Little-endian fields of a header held in memory.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], Stop> {
        let (head, tail) = self.0.split_at_checked(n).ok_or_else(|| {
            Stop::Finding(broken("un'intestazione è troncata", "a header is cut short"))
        })?;
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
    name: Vec<u8>,
    fields: Twice,
    offset: u64,
    unix_type: u32,
}

const UTF8_FLAG: u16 = 1 << 11;
const DESCRIPTOR_FLAG: u16 = 1 << 3;
const ENCRYPTED_FLAGS: u16 = 1 | 1 << 6 | 1 << 13;

fn read<R: Read + Seek>(reader: &mut R, limits: &Limits, scan: &mut Scan) -> Result<(), Stop> {
    let length = reader.seek(SeekFrom::End(0))?;
    let directory = locate(reader, length, limits)?;
    let mut bytes = vec![0; usize::try_from(directory.size).unwrap_or(usize::MAX)];
    reader.seek(SeekFrom::Start(directory.offset))?;
    reader.read_exact(&mut bytes)?;
    let mut rest = Bytes(&bytes);
    let mut entries = Vec::new();
    for _ in 0..directory.count {
        entries.push(central(&mut rest)?);
    }
    if !rest.0.is_empty() {
        return Err(Stop::Finding(broken(
            "il suo elenco contiene più di quanto dichiara",
            "its directory holds more than it says",
        )));
    }
    judge(&entries, limits, scan);
    if scan.findings.is_empty() {
        layout(reader, &entries, directory.offset, scan)?;
    }
    Ok(())
}

struct Directory {
    offset: u64,
    size: u64,
    count: u64,
}

/// Finds the central directory from the end: the end record must be the last thing in the file.
fn locate<R: Read + Seek>(reader: &mut R, length: u64, limits: &Limits) -> Result<Directory, Stop> {
    const END_SIZE: u64 = 22;
    const LOCATOR_SIZE: u64 = 20;
    const END64_SIZE: u64 = 56;
    let no_end = || {
        Stop::Finding(broken(
            "la sua fine manca o è seguita da altro",
            "its end is missing or something follows it",
        ))
    };
    let end_at = length.checked_sub(END_SIZE).ok_or_else(no_end)?;
    let raw = at::<R, 22>(reader, end_at)?;
    let mut end = Bytes(&raw);
    if end.u32()? != END {
        return Err(no_end());
    }
    let disks = (end.u16()?, end.u16()?);
    let counts = (end.u16()?, end.u16()?);
    let (size, offset) = (end.u32()?, end.u32()?);
    if end.u16()? != 0 {
        return Err(no_end());
    }
    let mut directory =
        Directory { offset: u64::from(offset), size: u64::from(size), count: u64::from(counts.1) };
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
        return Err(Stop::Finding(broken("è diviso in più parti", "it is split into parts")));
    }
    if directory.size > limits.zip_directory_bytes
        || directory.count > u64::try_from(limits.files).unwrap_or(u64::MAX)
    {
        return Err(Stop::Finding(PackageFinding::fail(
            "ZIP-LIMIT",
            RULE,
            "",
            format!("Il file ZIP elenca più di {} file.", limits.files),
            format!("The ZIP file lists more than {} files.", limits.files),
        )));
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

fn central(rest: &mut Bytes<'_>) -> Result<Entry, Stop> {
    if rest.u32()? != CENTRAL {
        return Err(Stop::Finding(broken(
            "il suo elenco è illeggibile",
            "its directory cannot be read",
        )));
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
    let _disk = rest.u16()?;
    let _internal = rest.u16()?;
    let external = rest.u32()?;
    let mut offset = u64::from(rest.u32()?);
    let name = rest.take(usize::from(name_length))?.to_vec();
    let extra = rest.take(usize::from(extra_length))?;
    rest.take(usize::from(comment_length))?;
    widen(extra, &mut [&mut size, &mut compressed, &mut offset])?;
    Ok(Entry {
        name,
        fields: Twice { version_needed, flags, method, time, crc, compressed, size },
        offset,
        // The upper half holds the Unix mode when the maker says so (APPNOTE 4.4.2, 4.4.15).
        unix_type: if made_by >> 8 == 3 { external >> 16 & 0o170_000 } else { 0 },
    })
}

/// Replaces fields of all ones by the ZIP64 extra field's values, in its fixed order.
fn widen(extra: &[u8], fields: &mut [&mut u64]) -> Result<(), Stop> {
    let mut rest = Bytes(extra);
    while rest.0.len() >= 4 {
        let id = rest.u16()?;
        let length = rest.u16()?;
        let mut body = Bytes(rest.take(usize::from(length))?);
        if id == 1 {
            for field in fields.iter_mut().filter(|f| ***f == 0xFFFF_FFFF) {
                **field = body.number(8)?;
            }
            return Ok(());
        }
    }
    Ok(())
}

/// Names, kinds, methods, ratios: everything one can say from the directory alone.
fn judge(entries: &[Entry], limits: &Limits, scan: &mut Scan) {
    let mut names = NameSet::default();
    for entry in entries {
        let Ok(name) = std::str::from_utf8(&entry.name) else {
            let name = String::from_utf8_lossy(&entry.name);
            scan.findings.push(PackageFinding::fail(
                "ZIP-NAME",
                RULE,
                &name,
                format!("Nello ZIP il nome «{name}» non è testo Unicode."),
                format!("In the ZIP the name “{name}” is not Unicode text."),
            ));
            continue;
        };
        let is_folder = name.ends_with('/');
        let plain = name.strip_suffix('/').unwrap_or(name);
        if let Err(problem) = check_path(plain, limits.path_bytes) {
            scan.findings.push(PackageFinding::fail(
                "ZIP-NAME",
                RULE,
                name,
                format!("Nello ZIP il nome «{name}» è pericoloso o non ammesso: {}.", problem.it()),
                format!("In the ZIP the name “{name}” is dangerous or not allowed: {problem}."),
            ));
        }
        // Folders may be named by their files already; only files can collide.
        if !is_folder && let Err(other) = names.insert(plain) {
            scan.findings.push(PackageFinding::fail(
                "ZIP-DUPLICATE",
                RULE,
                name,
                format!(
                    "Nello ZIP i nomi «{other}» e «{name}» sono lo stesso nome per qualche sistema."
                ),
                format!(
                    "In the ZIP the names “{other}” and “{name}” are the same name on some systems."
                ),
            ));
        }
        let wrong_kind = match entry.unix_type {
            0 => false,
            0o040_000 => !is_folder,
            0o100_000 => is_folder,
            _ => true,
        };
        if wrong_kind {
            scan.findings.push(PackageFinding::fail(
                "ZIP-LINK",
                RULE,
                name,
                format!("Nello ZIP «{name}» è un collegamento o un file speciale."),
                format!("In the ZIP “{name}” is a link or a special file."),
            ));
        }
        let f = entry.fields;
        if f.flags & ENCRYPTED_FLAGS != 0 {
            scan.findings.push(PackageFinding::fail(
                "ZIP-ENCRYPTED",
                RULE,
                name,
                format!("Nello ZIP «{name}» è cifrato e non si può controllare."),
                format!("In the ZIP “{name}” is encrypted and cannot be checked."),
            ));
        }
        if !matches!(f.method, 0 | 8) {
            scan.findings.push(PackageFinding::fail(
                "ZIP-METHOD",
                RULE,
                name,
                format!("Nello ZIP «{name}» è compresso con un metodo non ammesso ({}).", f.method),
                format!(
                    "In the ZIP “{name}” is compressed by a method not allowed ({}).",
                    f.method
                ),
            ));
        }
        let impossible = match f.method {
            0 => f.compressed != f.size,
            _ => f.size / limits.zip_ratio.max(1) > f.compressed,
        };
        if impossible || (is_folder && f.size != 0) {
            scan.findings.push(PackageFinding::fail(
                "ZIP-SIZE",
                RULE,
                name,
                format!("Nello ZIP la dimensione dichiarata di «{name}» è impossibile."),
                format!("In the ZIP the declared size of “{name}” is impossible."),
            ));
        }
        scan.members.push(Member {
            name: name.to_owned(),
            size: f.size,
            offset: entry.offset,
            is_folder,
        });
    }
}

/// Compares each local header with the directory and sees that members fill the file exactly.
fn layout<R: Read + Seek>(
    reader: &mut R,
    entries: &[Entry],
    directory_at: u64,
    scan: &mut Scan,
) -> Result<(), Stop> {
    let mut order: Vec<&Entry> = entries.iter().collect();
    order.sort_by_key(|e| e.offset);
    let mut position = 0;
    let mut descriptor = false;
    for entry in order {
        let name = String::from_utf8_lossy(&entry.name);
        let gap = entry.offset.checked_sub(position);
        let gap_is_explained =
            gap.is_some_and(|g| g == 0 || (descriptor && DESCRIPTOR_SIZES.contains(&g)));
        if !gap_is_explained {
            scan.findings.push(PackageFinding::fail(
                "ZIP-OVERLAP",
                RULE,
                &name,
                format!("Nello ZIP prima di «{name}» ci sono byte nascosti o sovrapposti."),
                format!("In the ZIP there are hidden or overlapping bytes before “{name}”."),
            ));
            return Ok(());
        }
        let raw = at::<R, 30>(reader, entry.offset)?;
        let mut fields = Bytes(&raw);
        if fields.u32()? != LOCAL {
            scan.findings.push(member_broken(
                &name,
                "l'intestazione non è dove l'elenco dice",
                "its header is not where the directory says",
            ));
            return Ok(());
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
        let mut variable = vec![0; name_length + extra_length];
        reader.read_exact(&mut variable)?;
        let (local_name, extra) = variable.split_at_checked(name_length).unwrap_or((&[], &[]));
        widen(extra, &mut [&mut size, &mut compressed])?;
        descriptor = flags & DESCRIPTOR_FLAG != 0;
        let mut expected = entry.fields;
        if descriptor && (crc, compressed, size) == (0, 0, 0) {
            // Written to a stream: the values stand in the descriptor after the data.
            (expected.crc, expected.compressed, expected.size) = (0, 0, 0);
        }
        let local = Twice { version_needed, flags, method, time, crc, compressed, size };
        // Some writers put a lower version into one of the two headers; it decides nothing.
        expected.version_needed = local.version_needed;
        let names_agree = local_name == entry.name.as_slice();
        if local != expected || !names_agree {
            scan.findings.push(PackageFinding::fail(
                "ZIP-DISAGREE",
                RULE,
                &name,
                format!("Nello ZIP l'elenco e l'intestazione di «{name}» si contraddicono."),
                format!(
                    "In the ZIP the directory and the header of “{name}” contradict each other."
                ),
            ));
            return Ok(());
        }
        let has_flag = flags & UTF8_FLAG != 0;
        if !has_flag && !entry.name.is_ascii() {
            scan.findings.push(PackageFinding::warn(
                "ZIP-NAME-ENCODING",
                RULE,
                &name,
                format!("Nello ZIP il nome «{name}» non dichiara la codifica UTF-8."),
                format!("In the ZIP the name “{name}” does not declare its UTF-8 encoding."),
            ));
        }
        let header = 30 + u64::try_from(variable.len()).unwrap_or(u64::MAX);
        let end =
            entry.offset.checked_add(header).and_then(|p| p.checked_add(entry.fields.compressed));
        match end.filter(|e| *e <= directory_at) {
            Some(end) => position = end,
            None => {
                scan.findings.push(member_broken(
                    &name,
                    "il contenuto esce dal file",
                    "its content runs out of the file",
                ));
                return Ok(());
            }
        }
    }
    let gap = directory_at.checked_sub(position);
    if !gap.is_some_and(|g| g == 0 || (descriptor && DESCRIPTOR_SIZES.contains(&g))) {
        scan.findings.push(broken(
            "prima del suo elenco ci sono byte nascosti",
            "there are hidden bytes before its directory",
        ));
    }
    Ok(())
}

//! A package being read: a folder or a ZIP behind one face, nothing unpacked to disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use files::{FollowLinks, SourceFile};
use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};

use crate::container::CHUNK;
use crate::limits::Limits;
use crate::names::{NameSet, check_path};
use crate::report::PackageFinding;
use crate::zipscan;
use crate::{Error, Progress};

/// How the reading of one member ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadEnd {
    /// To its last byte.
    Whole,
    /// The container itself says that it is damaged (CRC, broken compression).
    Damaged,
}

/// Takes the bytes of a member as they come.
pub(crate) type Sink<'a> = dyn FnMut(&[u8]) -> Result<(), Error> + 'a;

/// A package being read.
pub(crate) trait Tree {
    /// The files, path to size, `/` between components, without the ZIP's top folder.
    fn files(&self) -> &BTreeMap<String, u64>;
    /// What is wrong with the container itself; with a failure among them nothing is read.
    fn take_findings(&mut self) -> Vec<PackageFinding>;
    /// Reads one file from start to end.
    fn read(&mut self, path: &str, sink: &mut Sink<'_>) -> Result<ReadEnd, Error>;

    /// Reads a small file whole; `None` when it is larger than `limit` or damaged.
    fn read_small(&mut self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        if self.files().get(path).is_none_or(|size| *size > limit) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let end = self.read(path, &mut |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok((end == ReadEnd::Whole).then_some(bytes))
    }
}

/// Moves all bytes of a reader to a sink, telling damage from a failing disk.
fn pump(
    reader: &mut dyn Read,
    member: &str,
    sink: &mut Sink<'_>,
    damage: fn(&io::Error) -> bool,
) -> Result<ReadEnd, Error> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(ReadEnd::Whole),
            Ok(n) => sink(buffer.get(..n).unwrap_or_default())?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if damage(&e) => return Ok(ReadEnd::Damaged),
            Err(source) => {
                return Err(Error::Read { member: member.to_owned(), source });
            }
        }
    }
}

/// Tells the progress of bytes and turns its refusal into an error.
pub(crate) fn tell(progress: &mut Progress<'_>, bytes: &[u8]) -> Result<(), Error> {
    match progress(u64::try_from(bytes.len()).unwrap_or(0)) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Interrupted),
    }
}

/// A folder.
pub(crate) struct DirTree {
    root: PathBuf,
    files: BTreeMap<String, u64>,
    findings: Vec<PackageFinding>,
}

impl DirTree {
    /// Lists a folder; links and special files are findings, not followed.
    pub(crate) fn open(root: &Path, limits: &Limits) -> Result<Self, Error> {
        let mut tree = Self { root: root.to_owned(), files: BTreeMap::new(), findings: Vec::new() };
        let mut names = NameSet::default();
        let mut pending = vec![(root.to_owned(), String::new(), 0_usize)];
        while let Some((folder, prefix, depth)) = pending.pop() {
            if depth > limits.depth {
                return Err(Error::Limit {
                    what: "the depth of folders in a package",
                    limit: u64::try_from(limits.depth).unwrap_or(u64::MAX),
                });
            }
            let reading = |e: io::Error| files::Error::from_io("reading the folder", &folder, e);
            for entry in fs::read_dir(&folder).map_err(reading)? {
                let entry = entry.map_err(reading)?;
                let Ok(name) = entry.file_name().into_string() else {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    tree.name_finding(
                        &format!("{prefix}{name}"),
                        crate::names::NameProblem::NotUnicode,
                    );
                    continue;
                };
                let path = format!("{prefix}{name}");
                let meta = fs::symlink_metadata(entry.path())
                    .map_err(|e| files::Error::from_io("reading the state of", &entry.path(), e))?;
                if meta.is_dir() {
                    pending.push((entry.path(), format!("{path}/"), depth + 1));
                    continue;
                }
                if !meta.is_file() {
                    tree.findings.push(PackageFinding::fail(
                        "PKG-LINK",
                        "PKG",
                        &path,
                        format!("«{path}» è un collegamento o un file speciale: in un pacchetto non è ammesso."),
                        format!("“{path}” is a link or a special file, which a package may not hold."),
                    ));
                    continue;
                }
                if let Err(problem) = check_path(&path, limits.path_bytes) {
                    tree.name_finding(&path, problem);
                    continue;
                }
                if let Err(other) = names.insert(&path) {
                    tree.findings.push(PackageFinding::fail(
                        "PKG-DUPLICATE",
                        "PKG",
                        &path,
                        format!(
                            "I nomi «{other}» e «{path}» sono lo stesso nome per qualche sistema."
                        ),
                        format!(
                            "The names “{other}” and “{path}” are the same name on some systems."
                        ),
                    ));
                    continue;
                }
                tree.files.insert(path, meta.len());
                if tree.files.len() > limits.files {
                    return Err(Error::Limit {
                        what: "the number of files in a package",
                        limit: u64::try_from(limits.files).unwrap_or(u64::MAX),
                    });
                }
            }
        }
        Ok(tree)
    }

    fn name_finding(&mut self, path: &str, problem: crate::names::NameProblem) {
        self.findings.push(PackageFinding::fail(
            "PKG-NAME",
            "PKG",
            path,
            format!("Il nome «{path}» non è ammesso in un pacchetto: {}.", problem.it()),
            format!("The name “{path}” is not allowed in a package: {problem}."),
        ));
    }
}

impl Tree for DirTree {
    fn files(&self) -> &BTreeMap<String, u64> {
        &self.files
    }

    fn take_findings(&mut self) -> Vec<PackageFinding> {
        std::mem::take(&mut self.findings)
    }

    fn read(&mut self, path: &str, sink: &mut Sink<'_>) -> Result<ReadEnd, Error> {
        let mut source = SourceFile::open(self.root.join(path), FollowLinks::Refuse)?;
        let end = pump(&mut source, path, sink, |_| false)?;
        source.check_unchanged()?;
        Ok(end)
    }
}

/// A ZIP.
pub(crate) struct ZipTree<R> {
    archive: Option<ZipArchive<R>>,
    files: BTreeMap<String, u64>,
    // Path without the top folder -> the library's index.
    indexes: BTreeMap<String, usize>,
    findings: Vec<PackageFinding>,
}

impl<R: Read + Seek> ZipTree<R> {
    /// Judges the directory; the library opens the archive only when that found nothing.
    pub(crate) fn open(mut reader: R, limits: &Limits) -> Result<Self, Error> {
        let failed = |source| Error::Read { member: "ZIP".into(), source };
        let scan = zipscan::scan(&mut reader, limits).map_err(failed)?;
        let mut tree = Self {
            archive: None,
            files: BTreeMap::new(),
            indexes: BTreeMap::new(),
            findings: scan.findings,
        };
        if tree.findings.iter().any(|f| f.level == crate::report::Level::Fail) {
            return Ok(tree);
        }
        let config = Config { archive_offset: ArchiveOffset::Known(0) };
        let archive = match ZipArchive::with_config(config, reader) {
            Ok(archive) => archive,
            Err(zip::result::ZipError::Io(e)) if !is_damage(&e) => return Err(failed(e)),
            Err(_) => {
                tree.refuse();
                return Ok(tree);
            }
        };
        let top = top_folder(&scan.members);
        for member in scan.members.iter().filter(|m| !m.is_folder) {
            // Two readers of one directory must see the same; else nothing is read.
            let Some(index) = archive.index_for_name_raw(member.name.as_bytes()) else {
                tree.refuse();
                return Ok(tree);
            };
            let path = member.name.get(top..).unwrap_or_default().to_owned();
            tree.files.insert(path.clone(), member.size);
            tree.indexes.insert(path, index);
        }
        if archive.len() != scan.members.len() {
            tree.refuse();
        }
        tree.archive = Some(archive);
        Ok(tree)
    }

    fn refuse(&mut self) {
        self.findings.push(PackageFinding::fail(
            "ZIP-STRUCTURE",
            "ZIP APPNOTE 6.3",
            "",
            "Il file ZIP è danneggiato o alterato: il suo elenco si può leggere in due modi.",
            "The ZIP file is damaged or altered: its directory can be read in two ways.",
        ));
    }
}

/// Length of the one folder that holds everything, its slash included; 0 when there is none.
fn top_folder(members: &[zipscan::Member]) -> usize {
    let Some(first) = members.first() else {
        return 0;
    };
    let Some(slash) = first.name.find('/') else {
        return 0;
    };
    let prefix = first.name.get(..=slash).unwrap_or_default();
    // A layout's own folders are not the top: `pdv/` and `documenti/` at the root stay.
    let own = matches!(prefix, "pdv/" | "documenti/" | "metadati/");
    let all = members
        .iter()
        .all(|m| m.name.starts_with(prefix) && (m.name.len() > prefix.len() || m.is_folder));
    if all && !own { prefix.len() } else { 0 }
}

/// What the ZIP library answers to broken content, as opposed to a failing disk.
fn is_damage(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Other
    )
}

impl<R: Read + Seek> Tree for ZipTree<R> {
    fn files(&self) -> &BTreeMap<String, u64> {
        &self.files
    }

    fn take_findings(&mut self) -> Vec<PackageFinding> {
        std::mem::take(&mut self.findings)
    }

    fn read(&mut self, path: &str, sink: &mut Sink<'_>) -> Result<ReadEnd, Error> {
        let (Some(archive), Some(index)) = (self.archive.as_mut(), self.indexes.get(path)) else {
            return Ok(ReadEnd::Damaged);
        };
        let size = self.files.get(path).copied().unwrap_or(0);
        let member = match archive.by_index(*index) {
            Ok(member) => member,
            Err(zip::result::ZipError::Io(source)) if !is_damage(&source) => {
                return Err(Error::Read { member: path.to_owned(), source });
            }
            Err(_) => return Ok(ReadEnd::Damaged),
        };
        // One byte more than promised is enough to know that the promise was a lie.
        let mut count: u64 = 0;
        let mut limited = member.take(size.saturating_add(1));
        let end = pump(
            &mut limited,
            path,
            &mut |bytes| {
                count += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                sink(bytes)
            },
            is_damage,
        )?;
        Ok(if count == size { end } else { ReadEnd::Damaged })
    }
}

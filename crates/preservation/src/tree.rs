//! A package being read: a folder or a ZIP behind one face, nothing unpacked to disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use archive::names::{NameProblem, NameSet, check_path};
use archive::{Archive, Member, Problem};
use files::{FollowLinks, SourceFile};

use crate::container::CHUNK;
use crate::limits::Limits;
use crate::report::PackageFinding;
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
                    tree.name_finding(&format!("{prefix}{name}"), NameProblem::NotUnicode);
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

    fn name_finding(&mut self, path: &str, problem: NameProblem) {
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
    archive: Option<Archive<R>>,
    files: BTreeMap<String, u64>,
    // Path without the top folder -> the member.
    members: BTreeMap<String, Member>,
    findings: Vec<PackageFinding>,
}

impl<R: Read + Seek> ZipTree<R> {
    /// Judges the directory; without an archive that passed nothing is read.
    pub(crate) fn open(reader: R, limits: &Limits) -> Result<Self, Error> {
        let mut tree = Self {
            archive: None,
            files: BTreeMap::new(),
            members: BTreeMap::new(),
            findings: Vec::new(),
        };
        let archive = match Archive::open(reader, &limits.archive()) {
            Ok(archive) => archive,
            Err(archive::Error::Refused { findings }) => {
                tree.findings = findings.iter().map(finding).collect();
                return Ok(tree);
            }
            Err(archive::Error::Io(source)) => {
                return Err(Error::Read { member: "ZIP".into(), source });
            }
            Err(source) => return Err(Error::Zip { source }),
        };
        tree.findings = archive.findings().iter().map(finding).collect();
        if tree.findings.iter().any(|f| f.level == crate::report::Level::Fail) {
            return Ok(tree);
        }
        let top = top_folder(archive.members());
        for member in archive.members().iter().filter(|m| !m.is_folder) {
            let path = member.name.get(top..).unwrap_or_default().to_owned();
            tree.files.insert(path.clone(), member.size);
            tree.members.insert(path, member.clone());
        }
        tree.archive = Some(archive);
        Ok(tree)
    }
}

/// What the look at the directory found, weighed as packages need: they travel to other systems and
/// stay for decades, so a name that some system cannot store is a failure too, and so is a comment.
fn finding(found: &archive::Finding) -> PackageFinding {
    const RULE: &str = "ZIP APPNOTE 6.3";
    let Problem::UndeclaredEncoding = found.problem else {
        let code = found.problem.code();
        return PackageFinding::fail(code, RULE, &found.member, found.it(), found.en());
    };
    PackageFinding::warn(found.problem.code(), RULE, &found.member, found.it(), found.en())
}

/// Length of the one folder that holds everything, its slash included; 0 when there is none.
fn top_folder(members: &[Member]) -> usize {
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

impl<R: Read + Seek> Tree for ZipTree<R> {
    fn files(&self) -> &BTreeMap<String, u64> {
        &self.files
    }

    fn take_findings(&mut self) -> Vec<PackageFinding> {
        std::mem::take(&mut self.findings)
    }

    fn read(&mut self, path: &str, sink: &mut Sink<'_>) -> Result<ReadEnd, Error> {
        let (Some(archive), Some(member)) = (self.archive.as_mut(), self.members.get(path)) else {
            return Ok(ReadEnd::Damaged);
        };
        let failed = |source| Error::Read { member: path.to_owned(), source };
        let mut content = archive.read(member).map_err(failed)?;
        pump(&mut content, path, sink, archive::is_damage)
    }
}

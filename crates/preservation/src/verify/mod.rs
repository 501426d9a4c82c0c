//! The judgement of deposit and archive packages, as folder or ZIP, nothing unpacked to disk.
//!
//! What is checked: the container's own structure and names, the index and its shape, the presence
//! and the digest of every file it promises, files nobody promised, the record of Allegato 5 and its
//! agreement with the files; for an archive package also the inner deposit package. Each file is
//! read once.
//!
//! Whether the *signature* of an archive package's index passes is not decided here: a callback of
//! the caller gets the signed octets and answers with an outcome ([`Judge`]). Without an answer the
//! package is [`Verdict::Incomplete`].

mod aip;
mod sip;

use std::io::{Read, Seek};
use std::path::Path;

use files::{FollowLinks, SourceFile};

pub(crate) use sip::{
    Digests, altered, judge as judge_sip, judge_unlisted, measure, missing, read_index,
};

use crate::aip::{PINDEX, PINDEX_SIGNED, SIP_FOLDER};
use crate::report::{
    FileCount, Level, Message, PackageFinding, PackageKind, PackageReport, Verdict,
};
use crate::sip::{INDEX, INDEX_DIGEST, RECORD};
use crate::tree::{DirTree, Tree, ZipTree};
use crate::{Error, Limits, Progress, silent};

/// The signed index of an archive package, for the caller to judge.
#[derive(Debug, Clone, Copy)]
pub struct IndexToVerify<'a> {
    /// Its path in the package.
    pub path: &'a str,
    /// The attached CAdES signature, DER or BER.
    pub p7m: &'a [u8],
    /// The unsigned copy beside it, if there is one.
    pub plain: Option<&'a [u8]>,
}

/// How the signature on the index was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureOutcome {
    /// Every signature passed.
    Passed,
    /// At least one failed.
    Failed,
    /// None failed, but some could not be decided (no trust anchor, no revocation data).
    Indeterminate,
    /// Nobody looked.
    NotChecked,
}

/// The caller's answer about the index's signature.
#[derive(Debug, Clone)]
pub struct IndexJudgement {
    /// The outcome.
    pub outcome: SignatureOutcome,
    /// The octets that were signed, taken out of the signature; `None` if they could not be.
    pub content: Option<Vec<u8>>,
    /// A sentence about it, shown with the finding.
    pub message: Option<Message>,
}

impl IndexJudgement {
    /// The answer of a caller that does not judge signatures.
    #[must_use]
    pub fn not_checked() -> Self {
        Self { outcome: SignatureOutcome::NotChecked, content: None, message: None }
    }
}

/// Judges the signature on an index.
pub type Judge<'a> = dyn FnMut(IndexToVerify<'_>) -> IndexJudgement + 'a;

/// Checks a package, folder or ZIP.
///
/// # Errors
/// [`Error::NotAPackage`] for anything else; [`Error::Files`] and [`Error::Read`] when the disk
/// fails or a file changes meanwhile; [`Error::Limit`]. All that is wrong *with the package* is in
/// the report.
pub fn verify(path: &Path, judge: &mut Judge<'_>) -> Result<PackageReport, Error> {
    verify_with(path, judge, &Limits::default(), &mut silent)
}

/// [`verify`] with limits and progress of one's own.
///
/// # Errors
/// As [`verify`]; [`Error::Interrupted`].
pub fn verify_with(
    path: &Path,
    judge: &mut Judge<'_>,
    limits: &Limits,
    progress: &mut Progress<'_>,
) -> Result<PackageReport, Error> {
    with_tree(path, limits, |tree| check(tree, path, judge, limits, progress))
}

/// Checks a ZIP from any reader, such as one held in memory. `name` is only for messages.
///
/// # Errors
/// As [`verify_with`].
pub fn verify_zip<R: Read + Seek>(
    mut reader: R,
    name: &Path,
    judge: &mut Judge<'_>,
    limits: &Limits,
    progress: &mut Progress<'_>,
) -> Result<PackageReport, Error> {
    require_zip(&mut reader, name)?;
    let mut tree = ZipTree::open(reader, limits)?;
    check(&mut tree, name, judge, limits, progress)
}

/// Opens a folder or ZIP, hands it to `work`, and sees at the end that a ZIP did not change.
pub(crate) fn with_tree<T>(
    path: &Path,
    limits: &Limits,
    work: impl FnOnce(&mut dyn Tree) -> Result<T, Error>,
) -> Result<T, Error> {
    let meta = std::fs::metadata(path).map_err(|e| files::Error::from_io("opening", path, e))?;
    if meta.is_dir() {
        return work(&mut DirTree::open(path, limits)?);
    }
    let mut source = SourceFile::open(path, FollowLinks::Follow)?;
    require_zip(&mut source, path)?;
    let outcome = {
        let mut tree = ZipTree::open(&mut source, limits)?;
        work(&mut tree)
    };
    source.check_unchanged()?;
    outcome
}

/// What does not begin like a ZIP is no damaged package but something else.
fn require_zip<R: Read + Seek>(reader: &mut R, path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Read { member: path.display().to_string(), source };
    let mut start = [0; 4];
    reader.rewind().map_err(failed)?;
    let is_zip = match reader.read_exact(&mut start) {
        Ok(()) => matches!(&start, b"PK\x03\x04" | b"PK\x05\x06"),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => false,
        Err(e) => return Err(failed(e)),
    };
    reader.rewind().map_err(failed)?;
    if is_zip { Ok(()) } else { Err(Error::NotAPackage { path: path.to_owned() }) }
}

fn check(
    tree: &mut dyn Tree,
    path: &Path,
    judge: &mut Judge<'_>,
    limits: &Limits,
    progress: &mut Progress<'_>,
) -> Result<PackageReport, Error> {
    let mut findings = tree.take_findings();
    let files = FileCount {
        count: u64::try_from(tree.files().len()).unwrap_or(u64::MAX),
        bytes: tree.files().values().sum(),
    };
    let kind = kind_of(tree);
    let container_fails =
        findings.iter().any(|f| f.level == Level::Fail && f.code.starts_with("ZIP-"));
    if container_fails {
        // Nothing inside a container that can be read in two ways is worth reading.
        return Ok(PackageReport {
            kind: kind.unwrap_or(PackageKind::Unknown),
            verdict: Verdict::Invalid,
            files,
            identifier: None,
            findings,
        });
    }
    let Some(kind) = kind else {
        return Err(Error::NotAPackage { path: path.to_owned() });
    };
    let (identifier, undecided) = match kind {
        PackageKind::Aip => aip::check(tree, judge, limits, progress, &mut findings)?,
        PackageKind::Sip | PackageKind::Unknown => {
            (check_sip(tree, limits, progress, &mut findings)?, false)
        }
    };
    Ok(PackageReport { kind, verdict: verdict(&findings, undecided), files, identifier, findings })
}

/// By what is there, also when the index itself is what is missing.
fn kind_of(tree: &dyn Tree) -> Option<PackageKind> {
    let has = |p: &str| tree.files().contains_key(p);
    let inner = format!("{SIP_FOLDER}{INDEX}");
    if has(PINDEX) || has(PINDEX_SIGNED) || has(&inner) {
        Some(PackageKind::Aip)
    } else if has(INDEX) || has(INDEX_DIGEST) || has(RECORD) {
        Some(PackageKind::Sip)
    } else {
        None
    }
}

fn check_sip(
    tree: &mut dyn Tree,
    limits: &Limits,
    progress: &mut Progress<'_>,
    findings: &mut Vec<PackageFinding>,
) -> Result<Option<String>, Error> {
    let Some(index) = read_index(tree, "", limits, findings)? else {
        return Ok(None);
    };
    let mut digests = Digests::new();
    for item in index.items() {
        // A file of another size is altered already; its bytes tell nothing more.
        if tree.files().get(&item.path) == Some(&item.size) {
            let (measured, _) = measure(tree, &item.path, None, progress, &mut |_| Ok(()))?;
            digests.insert(item.path.clone(), measured);
        }
    }
    judge_sip(tree, "", &index, &digests, limits, findings)?;
    let listed: std::collections::BTreeSet<&str> = index.items().map(|i| i.path.as_str()).collect();
    judge_unlisted(
        tree,
        |p| p == INDEX || p == INDEX_DIGEST || listed.contains(p),
        "PDV-UNLISTED",
        "PdV indice 1.0",
        findings,
    );
    Ok(Some(index.identifier))
}

/// The verdict out of the findings; `undecided` when the index's signature could not be judged.
pub(crate) fn verdict(findings: &[PackageFinding], undecided: bool) -> Verdict {
    let mut failures = findings.iter().filter(|f| f.level == Level::Fail).peekable();
    if failures.peek().is_some() {
        if failures.all(PackageFinding::is_absence) {
            Verdict::Incomplete
        } else {
            Verdict::Invalid
        }
    } else if undecided {
        Verdict::Incomplete
    } else {
        Verdict::Valid
    }
}

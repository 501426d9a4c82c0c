//! The archive package (*pacchetto di archiviazione*, PdA) with its index of UNI 11386:2020.
//!
//! ```text
//! PIndex.xml          the index (UNI 11386:2020), for people and schema validators
//! PIndex.xml.p7m      the same octets, signed (attached CAdES, with time-stamp where one was asked)
//! pdv/…               the deposit package, octet for octet
//! ```
//!
//! Each file below `pdv/` stands in the index with its SHA-256, the deposit package's own index and
//! metadata included. The record of Allegato 5 is pointed to as metadata of the volume. As a ZIP the
//! same lies below one top folder named after the package's identifier.
//!
//! The deposit package is checked while it is copied: each file is read once, and a package that is
//! not valid becomes no archive package. The index is signed by a callback of the caller, who owns
//! keys and time-stamping.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::container::{Output, PackageWriter};
use crate::digest::hex;
use crate::metadata::{Preservation, parse_preservation};
use crate::names::safe_stem;
use crate::report::{FileCount, PackageFinding, PackageKind, PackageReport};
use crate::sincro::{FileEntry, FileGroup, WritePlan, write as write_pindex};
use crate::sip::{INDEX, INDEX_DIGEST, Item, SHEET, SipIndex, refuse_inside};
use crate::tree::Tree;
use crate::verify::{Digests, judge_unlisted, measure, read_index, verdict, with_tree};
use crate::{Application, Error, Limits, Progress};

/// The unsigned index.
pub const PINDEX: &str = "PIndex.xml";
/// The signed index.
pub const PINDEX_SIGNED: &str = "PIndex.xml.p7m";
/// The folder of the deposit package.
pub const SIP_FOLDER: &str = "pdv/";

/// What signing may answer when it fails.
pub type SignError = Box<dyn std::error::Error + Send + Sync>;

/// Signs the index: from its octets to an attached CAdES signature (DER).
pub type SignIndex<'a> = dyn FnMut(&[u8]) -> Result<Vec<u8>, SignError> + 'a;

/// What an archive package is made of.
#[derive(Debug, Clone)]
pub struct AipPlan<'a> {
    /// The deposit package, folder or ZIP.
    pub sip: &'a Path,
    /// The agents; `None` takes them from the sheet inside the deposit package.
    pub preservation: Option<Preservation>,
    /// The archive package's identifier; `None` makes `PDA-` and the deposit package's.
    pub identifier: Option<String>,
    /// When the package is made.
    pub created_at: DateTime<Utc>,
    /// Whether the signature will carry a time-stamp.
    pub attached_timestamp: bool,
    /// The program that makes it.
    pub application: Application,
}

/// An archive package that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AipBuilt {
    /// Where it is.
    pub path: PathBuf,
    /// Its identifier.
    pub identifier: String,
    /// What it holds.
    pub files: FileCount,
    /// SHA-256 of the index, lowercase hex.
    pub index_sha256: String,
    /// What was noticed about the deposit package, short of a failure.
    pub warnings: Vec<PackageFinding>,
}

/// Makes an archive package.
///
/// ```
/// use ceralacca_preservation::{aip, metadata, sip, verify};
/// use ceralacca_preservation::{Application, Container, Durability, Output, Overwrite, silent};
/// # let dir = tempfile::tempdir()?;
/// # let (recording, pdv, pda) = (dir.path().join("a.mp4"), dir.path().join("PdV"), dir.path().join("PdA.zip"));
/// # std::fs::write(&recording, b"x")?;
/// let sheet = metadata::parse(metadata::EXAMPLE)?;
/// let now = "2026-03-13T08:00:00Z".parse()?;
/// # let (mut quiet, mut still) = (silent, silent);
/// sip::build(
///     &sip::SipPlan {
///         metadata: &sheet,
///         main: vec![recording],
///         attachments: vec![],
///         created_at: now,
///         application: Application::default(),
///         spacing: metadata::Spacing::Clean,
///     },
///     Output {
///         path: &pdv,
///         container: Container::Dir,
///         overwrite: Overwrite::Never,
///         durability: Durability::File,
///         progress: &mut quiet,
///     },
/// )?;
/// let plan = aip::AipPlan {
///     sip: &pdv,
///     preservation: None, // the agents stand in the sheet
///     identifier: None,
///     created_at: now,
///     attached_timestamp: true,
///     application: Application::default(),
/// };
/// // The caller owns the key: here a stand-in for the CAdES signature on the index.
/// let mut sign = |index: &[u8]| Ok([b"signed:", index].concat());
/// let built = aip::build(&plan, &mut sign, Output {
///         path: &pda,
///         container: Container::Zip,
///         overwrite: Overwrite::Never,
///         durability: Durability::File,
///         progress: &mut still,
///     })?;
/// assert_eq!(built.identifier, "PDA-VCC-2026-0012");
///
/// let report = verify::verify(&pda, &mut |index| verify::IndexJudgement {
///     outcome: verify::SignatureOutcome::Passed,
///     content: Some(index.p7m["signed:".len()..].to_vec()),
///     message: None,
/// })?;
/// assert_eq!(report.verdict, ceralacca_preservation::Verdict::Valid);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::InvalidSip`] with the report; [`Error::Metadata`] naming the agents that lack;
/// [`Error::Sign`] with the callback's own error; [`Error::Files`]. Nothing is left behind then.
pub fn build(
    plan: &AipPlan<'_>,
    sign: &mut SignIndex<'_>,
    output: Output<'_, '_>,
) -> Result<AipBuilt, Error> {
    refuse_inside(plan.sip, output.path)?;
    refuse_within(plan.sip, output.path)?;
    files::refuse_existing(output.path, output.overwrite)?;
    let limits = Limits::default();
    let Output { path, container, overwrite, durability, progress } = output;
    with_tree(plan.sip, &limits, |tree| {
        let (index, mut findings) = open_sip(tree, plan.sip, &limits)?;
        let preservation = agents(plan, tree, &limits)?;
        let identifier = plan.identifier.clone().unwrap_or_else(|| {
            let base = index.identifier.strip_prefix("PDV-").unwrap_or(&index.identifier);
            format!("PDA-{base}")
        });
        let mut writer =
            PackageWriter::create(container, path, &safe_stem(&identifier), overwrite)?;
        let mut digests = Digests::new();
        let mut count = FileCount::default();
        let own = [INDEX, INDEX_DIGEST];
        let paths = index.items().map(|i| i.path.as_str()).chain(own);
        for path in paths.collect::<Vec<_>>() {
            copy(tree, path, &mut writer, &mut digests, &mut count, progress)?;
        }
        crate::verify::judge_sip(tree, "", &index, &digests, &limits, &mut findings)?;
        refuse_invalid(findings.clone(), Some(&index), count)?;

        let groups = groups(&index, &digests)?;
        let record = entry(&index.record, &digests)?;
        let pindex = write_pindex(&WritePlan {
            identifier: &identifier,
            application: &plan.application,
            label: &index.title,
            record: &record,
            groups: &groups,
            preservation: &preservation,
            time: &plan.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            attached_timestamp: plan.attached_timestamp,
        })?;
        let signed = sign(&pindex).map_err(|source| Error::Sign { source })?;
        if signed.is_empty() {
            return Err(Error::EmptySignature);
        }
        for written in
            [writer.add_bytes(PINDEX, &pindex)?, writer.add_bytes(PINDEX_SIGNED, &signed)?]
        {
            count.count += 1;
            count.bytes += written.size;
        }
        let path = writer.commit(overwrite, durability)?;
        Ok(AipBuilt {
            path,
            identifier,
            files: count,
            index_sha256: hex(&crate::digest::sha256(&pindex)),
            warnings: findings,
        })
    })
}

/// An archive package inside the deposit package it is made of would add a file to that.
fn refuse_within(sip: &Path, output: &Path) -> Result<(), Error> {
    let folder = match output.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    match (sip.canonicalize(), folder.canonicalize()) {
        (Ok(sip), Ok(folder)) if folder.starts_with(&sip) => {
            Err(files::Error::SameFile { path: output.to_owned() }.into())
        }
        _ => Ok(()),
    }
}

/// Reads and judges what can be judged before a long copy.
fn open_sip(
    tree: &mut dyn Tree,
    path: &Path,
    limits: &Limits,
) -> Result<(SipIndex, Vec<PackageFinding>), Error> {
    let mut findings = tree.take_findings();
    refuse_invalid(findings.clone(), None, FileCount::default())?;
    if !tree.files().contains_key(INDEX) && !tree.files().contains_key(INDEX_DIGEST) {
        return Err(Error::NotAPackage { path: path.to_owned() });
    }
    let index = read_index(tree, "", limits, &mut findings)?;
    if let Some(index) = &index {
        let listed: BTreeSet<&str> = index.items().map(|i| i.path.as_str()).collect();
        judge_unlisted(
            tree,
            |p| p == INDEX || p == INDEX_DIGEST || listed.contains(p),
            "PDV-UNLISTED",
            "PdV indice 1.0",
            &mut findings,
        );
        // A wrong size is known without reading: better said before a hundred gigabytes.
        for item in index.items() {
            match tree.files().get(&item.path) {
                None => findings.push(crate::verify::missing(&item.path)),
                Some(size) if *size != item.size => {
                    findings.push(crate::verify::altered(
                        "PDV-FIXITY",
                        "PdV indice 1.0",
                        &item.path,
                    ));
                }
                Some(_) => {}
            }
        }
    }
    refuse_invalid(findings.clone(), index.as_ref(), FileCount::default())?;
    match index {
        Some(index) => Ok((index, findings)),
        None => Err(Error::NotAPackage { path: path.to_owned() }),
    }
}

fn refuse_invalid(
    findings: Vec<PackageFinding>,
    index: Option<&SipIndex>,
    files: FileCount,
) -> Result<(), Error> {
    let report = PackageReport {
        kind: PackageKind::Sip,
        verdict: verdict(&findings, false),
        files,
        identifier: index.map(|i| i.identifier.clone()),
        findings,
    };
    if report.has_failures() {
        return Err(Error::InvalidSip { report: Box::new(report) });
    }
    Ok(())
}

/// The agents of the plan, or those the clerk wrote into the sheet of the deposit package.
fn agents(plan: &AipPlan<'_>, tree: &mut dyn Tree, limits: &Limits) -> Result<Preservation, Error> {
    if let Some(preservation) = &plan.preservation {
        return Ok(preservation.clone());
    }
    let limit = u64::try_from(limits.sheet_bytes).unwrap_or(u64::MAX);
    let sheet =
        if tree.files().contains_key(SHEET) { tree.read_small(SHEET, limit)? } else { None };
    let text = sheet.and_then(|b| String::from_utf8(b).ok());
    parse_preservation(text.as_deref().unwrap_or_default())
}

fn copy(
    tree: &mut dyn Tree,
    path: &str,
    writer: &mut PackageWriter,
    digests: &mut Digests,
    count: &mut FileCount,
    progress: &mut Progress<'_>,
) -> Result<(), Error> {
    let Some(size) = tree.files().get(path).copied() else {
        return Ok(());
    };
    let target = format!("{SIP_FOLDER}{path}");
    writer.begin(&target, size)?;
    let (measured, _) =
        measure(tree, path, None, progress, &mut |bytes| writer.write(&target, bytes))?;
    writer.end(&target)?;
    count.count += 1;
    count.bytes += measured.size;
    digests.insert(path.to_owned(), measured);
    Ok(())
}

/// One group for the main document, one for each attachment, one for the rest.
fn groups(index: &SipIndex, digests: &Digests) -> Result<Vec<FileGroup>, Error> {
    let entries = |items: &mut dyn Iterator<Item = &Item>| {
        items.map(|i| entry(i, digests)).collect::<Result<Vec<_>, _>>()
    };
    let mut groups = vec![FileGroup {
        label: "Documento principale".into(),
        description: index
            .components
            .as_ref()
            .map(|_| format!("{} file, componenti nell'ordine dell'elenco", index.main.len())),
        files: entries(&mut index.main.iter().chain(&index.components))?,
    }];
    for (i, (description, item)) in index.attachments.iter().enumerate() {
        groups.push(FileGroup {
            label: format!("Allegato {}", i + 1),
            description: Some(description.clone()).filter(|d| !d.is_empty()),
            files: vec![entry(item, digests)?],
        });
    }
    let mut rest = entries(&mut std::iter::once(&index.record).chain(&index.service))?;
    for path in [INDEX, INDEX_DIGEST] {
        rest.push(FileEntry {
            path: format!("{SIP_FOLDER}{path}"),
            format: crate::format::mime_of(path).to_owned(),
            sha256: sha256_of(path, digests)?,
        });
    }
    groups.push(FileGroup {
        label: "Pacchetto di versamento".into(),
        description: Some("Indice, metadati e impronte del pacchetto di versamento".into()),
        files: rest,
    });
    Ok(groups)
}

fn entry(item: &Item, digests: &Digests) -> Result<FileEntry, Error> {
    Ok(FileEntry {
        path: format!("{SIP_FOLDER}{}", item.path),
        format: item.format.clone(),
        sha256: sha256_of(&item.path, digests)?,
    })
}

/// The digest of the octets that were copied, never one taken on trust from the index.
fn sha256_of(path: &str, digests: &Digests) -> Result<Vec<u8>, Error> {
    digests.get(path).map(|m| m.sha256.clone()).ok_or_else(|| Error::Read {
        member: path.to_owned(),
        source: std::io::Error::from(std::io::ErrorKind::NotFound),
    })
}

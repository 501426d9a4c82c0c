//! The deposit package (*pacchetto di versamento*, PdV), generic profile.
//!
//! There is no national schema for it: only the archive package is standardised (UNI 11386), so the
//! layout is ours, plain, and fixed. As a folder it is the folder named by the caller; as a ZIP the
//! same lies below one top folder named after the package's identifier.
//!
//! ```text
//! indice-pdv.xml                         the index: every file with role, size and SHA-256
//! indice-pdv.xml.sha256                  its digest: 64 lowercase hex characters, nothing else
//! metadati/documento.xml                 AgID Allegato 5, DocumentoAmministrativoInformatico
//! metadati/scheda.toml                   the sheet it was written from, as given
//! documenti/principale/NAME              the main document: one file, or several in order
//! documenti/principale/NAME.sha256       its digest (AgID Allegato 2, §5 of the digests)
//! documenti/principale/componenti.txt    only with several: their digests and names, in order
//! documenti/allegati/NAME, NAME.sha256   the attachments
//! ```
//!
//! **Several recordings of one sitting** are components of one main document, in the order given.
//! `componenti.txt` lists them as `sha256sum` does (so `sha256sum -c componenti.txt` checks them),
//! and its digest is the `Impronta` of the record: one digest that binds all of them and their
//! order. The record's `Note` says so.
//!
//! **The index** (`indice-pdv.xml`, namespace `urn:ceralacca:indice-pdv:1`):
//!
//! ```text
//! IndicePdV @versione="1.0"
//!   Identificativo · Oggetto · DataCreazione (UTC) · Applicazione @nome @versione @produttore · Profilo
//!   Metadati        File
//!   DocumentoPrincipale   Componente+ (@ordine) · ElencoComponenti?
//!   Allegati        Allegato* (@numero, @descrizione)
//!   FileDiServizio  File*
//! each file: @percorso @formato @dimensione @algoritmo="SHA-256" @impronta (lowercase hex)
//! ```
//!
//! Every file is read once, through its digest, while it is copied. The same inputs give the same
//! bytes.

mod index;

use std::path::{Path, PathBuf};

use archive::names::{NameProblem, check_component};
use chrono::{DateTime, SecondsFormat, Utc};
use files::{FollowLinks, Overwrite, SourceFile};

pub(crate) use index::{Item, SipIndex};

use crate::container::{Output, PackageWriter, Written};
use crate::digest::hex;
use crate::format::mime_of;
use crate::metadata::{DocumentId, FileNote, Metadata, Spacing, WriteFacts, write as write_record};
use crate::names::safe_stem;
use crate::report::FileCount;
use crate::{Application, Error};

/// The index's path in the package.
pub const INDEX: &str = "indice-pdv.xml";
/// The index's digest.
pub const INDEX_DIGEST: &str = "indice-pdv.xml.sha256";
/// The record of Allegato 5.
pub const RECORD: &str = "metadati/documento.xml";
/// The sheet the record was written from.
pub const SHEET: &str = "metadati/scheda.toml";
/// The list of the components of a main document with several.
pub const COMPONENTS: &str = "documenti/principale/componenti.txt";

const MAIN: &str = "documenti/principale";
const ATTACHMENTS: &str = "documenti/allegati";

/// What a deposit package is made of.
#[derive(Debug, Clone)]
pub struct SipPlan<'a> {
    /// The checked sheet.
    pub metadata: &'a Metadata,
    /// The main document: one file, or several recordings in their order.
    pub main: Vec<PathBuf>,
    /// The attachments, in their order.
    pub attachments: Vec<PathBuf>,
    /// When the package is made.
    pub created_at: DateTime<Utc>,
    /// The program that makes it.
    pub application: Application,
    /// The spacing of the fixed sentences of Allegato 5.
    pub spacing: Spacing,
}

/// A deposit package that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipBuilt {
    /// Where it is.
    pub path: PathBuf,
    /// Its identifier.
    pub identifier: String,
    /// What it holds.
    pub files: FileCount,
    /// SHA-256 of its index, lowercase hex.
    pub index_sha256: String,
}

/// Makes a deposit package.
///
/// # Errors
/// [`Error::NoMain`]; [`Error::Files`] for links, devices, files that change meanwhile, a full disk
/// or an existing output; [`Error::NameCollision`] and [`Error::Name`]; [`Error::DigestMismatch`]
/// and [`Error::UnknownFile`] where the sheet contradicts the files. Nothing is left behind then.
pub fn build(plan: &SipPlan<'_>, output: Output<'_, '_>) -> Result<SipBuilt, Error> {
    if plan.main.is_empty() {
        return Err(Error::NoMain);
    }
    let mut main = open_all(&plan.main, output.path)?;
    let mut attachments = open_all(&plan.attachments, output.path)?;
    for note in &plan.metadata.files {
        if !main.iter().chain(&attachments).any(|s| s.name == note.name) {
            return Err(Error::UnknownFile { name: note.name.clone() });
        }
    }
    let identifier = plan
        .metadata
        .package_identifier
        .clone()
        .unwrap_or_else(|| format!("PDV-{}", plan.metadata.identifier));
    let mut writer = PackageWriter::create(
        output.container,
        output.path,
        &safe_stem(&identifier),
        output.overwrite,
    )?;
    let mut all = FileCount::default();
    let mut count = |w: &Written| {
        all.count += 1;
        all.bytes += w.size;
    };

    let mut copy = |input: &mut Input, folder: &str, writer: &mut PackageWriter| {
        let path = format!("{folder}/{}", input.name);
        let written = writer.add_source(&path, &mut input.source, output.progress)?;
        check_note(&plan.metadata.files, &input.name, &written)?;
        Ok::<_, Error>(written)
    };
    let mut main_written = Vec::new();
    for input in &mut main {
        main_written.push(copy(input, MAIN, &mut writer)?);
    }
    let mut attached_written = Vec::new();
    for input in &mut attachments {
        attached_written.push(copy(input, ATTACHMENTS, &mut writer)?);
    }

    let components = match main_written.as_slice() {
        [_] => None,
        several => Some(writer.add_bytes(COMPONENTS, components_text(several).as_bytes())?),
    };
    let record = write_record(
        plan.metadata,
        &record_facts(plan.metadata, &main_written, &attached_written, components.as_ref()),
        plan.spacing,
    )?;
    let record = writer.add_bytes(RECORD, &record)?;
    let mut service = vec![writer.add_bytes(SHEET, plan.metadata.source.as_bytes())?];
    for document in main_written.iter().chain(&attached_written) {
        let path = format!("{}.sha256", document.path);
        service.push(writer.add_bytes(&path, hex(&document.sha256).as_bytes())?);
    }

    let index = SipIndex {
        identifier: identifier.clone(),
        title: plan.metadata.title.clone(),
        created: plan.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        application: plan.application.clone(),
        profile: "generico".into(),
        record: Item::of(&record),
        main: main_written.iter().map(Item::of).collect(),
        components: components.as_ref().map(Item::of),
        attachments: attached_written
            .iter()
            .map(|w| (description(plan.metadata, w), Item::of(w)))
            .collect(),
        service: service.iter().map(Item::of).collect(),
    };
    let index = writer.add_bytes(INDEX, &index.write()?)?;
    let index_sha256 = hex(&index.sha256);
    let digest = writer.add_bytes(INDEX_DIGEST, index_sha256.as_bytes())?;

    main_written.iter().for_each(&mut count);
    attached_written.iter().for_each(&mut count);
    service.iter().for_each(&mut count);
    [&record, &index, &digest].into_iter().for_each(&mut count);
    components.iter().for_each(&mut count);
    let path = writer.commit(output.overwrite, output.durability)?;
    Ok(SipBuilt { path, identifier, files: all, index_sha256 })
}

/// A file to be packed.
struct Input {
    name: String,
    source: SourceFile,
}

fn open_all(paths: &[PathBuf], output: &Path) -> Result<Vec<Input>, Error> {
    paths.iter().map(|path| open(path, output)).collect()
}

fn open(path: &Path, output: &Path) -> Result<Input, Error> {
    refuse_inside(path, output)?;
    let source = SourceFile::open(path, FollowLinks::Refuse)?;
    let refuse = |problem| Error::Name { path: path.to_owned(), problem };
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or_else(|| refuse(NameProblem::NotUnicode))?
        .to_owned();
    check_component(&name).map_err(refuse)?;
    Ok(Input { name, source })
}

/// An output that is the input or holds it would destroy it when it is replaced.
pub(crate) fn refuse_inside(input: &Path, output: &Path) -> Result<(), Error> {
    files::refuse_same_file(input, output)?;
    if let (Ok(a), Ok(b)) = (input.canonicalize(), output.canonicalize())
        && a.starts_with(&b)
    {
        return Err(files::Error::SameFile { path: output.to_owned() }.into());
    }
    Ok(())
}

fn note_of<'a>(notes: &'a [FileNote], name: &str) -> Option<&'a FileNote> {
    notes.iter().find(|n| n.name == name)
}

fn check_note(notes: &[FileNote], name: &str, written: &Written) -> Result<(), Error> {
    let expected = note_of(notes, name).and_then(|n| n.sha256.as_ref());
    match expected {
        Some(expected) if *expected != written.sha256 => Err(Error::DigestMismatch {
            name: name.to_owned(),
            expected: hex(expected),
            found: hex(&written.sha256),
        }),
        _ => Ok(()),
    }
}

fn name_of(written: &Written) -> &str {
    written.path.rsplit('/').next().unwrap_or(&written.path)
}

fn description(metadata: &Metadata, written: &Written) -> String {
    note_of(&metadata.files, name_of(written))
        .and_then(|n| n.description.clone())
        .unwrap_or_else(|| name_of(written).to_owned())
}

/// The list of components, as `sha256sum` writes it.
pub(crate) fn components_text(components: &[Written]) -> String {
    components.iter().map(|w| format!("{}  {}\n", hex(&w.sha256), name_of(w))).collect()
}

fn record_facts(
    metadata: &Metadata,
    main: &[Written],
    attachments: &[Written],
    components: Option<&Written>,
) -> WriteFacts {
    let first = main.first();
    let main_name = first.map(|w| name_of(w).to_owned()).unwrap_or_default();
    let extra_note = components.map(|_| {
        let names: Vec<_> = main.iter().map(name_of).collect();
        format!(
            "Documento principale composto da {} file, nell'ordine: {}. L'impronta è quella del loro elenco ({COMPONENTS}).",
            main.len(),
            names.join(", ")
        )
    });
    WriteFacts {
        main_sha256: components.or(first).map(|w| w.sha256.clone()).unwrap_or_default(),
        main_format: mime_of(&main_name).to_owned(),
        main_name,
        attachments: attachments
            .iter()
            .enumerate()
            .map(|(i, w)| {
                let note = note_of(&metadata.files, name_of(w));
                let identifier = note
                    .and_then(|n| n.identifier.clone())
                    .unwrap_or_else(|| format!("{}-ALL-{}", metadata.identifier, i + 1));
                let id = DocumentId { sha256: w.sha256.clone(), identifier, mark: None };
                (id, description(metadata, w))
            })
            .collect(),
        extra_note,
    }
}

/// Whether an output may be made at all, asked before long work: not in the way, not over an input.
///
/// # Errors
/// [`files::Error::Exists`] or [`files::Error::SameFile`], wrapped.
pub fn check_output(plan: &SipPlan<'_>, path: &Path, overwrite: Overwrite) -> Result<(), Error> {
    files::refuse_existing(path, overwrite)?;
    plan.main.iter().chain(&plan.attachments).try_for_each(|input| refuse_inside(input, path))
}

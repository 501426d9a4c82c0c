//! Taking the files out of a container.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use archive::names::check_path;
use archive::{Archive, Member};
use files::{StagedDir, StagedFile};

use super::{Opened, open_file};
use crate::output::Placing;
use crate::progress::Progress;
use crate::{Error, Result};

/// A file that was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractedObject {
    /// Its name in the container.
    pub name: String,
    /// Its size in octets.
    pub length: u64,
}

/// What was taken out of a container.
#[derive(Clone, Debug)]
pub struct ExtractedContainer {
    /// The folder, or the one file.
    pub output: PathBuf,
    /// Whether `output` is a folder.
    pub is_folder: bool,
    /// The files, in the order of the container.
    pub objects: Vec<ExtractedObject>,
    /// `ASiC-S` or `ASiC-E`.
    pub format: &'static str,
    /// How many signatures stand beside them.
    pub signers: usize,
    /// Those of the files that are themselves signed files, whose signatures are left as they are.
    pub signed_inside: Vec<String>,
}

/// Writes the files of a container, whatever its signatures are worth: a single one to `output`,
/// several into the new folder `output`. All names are looked at before one octet is written, and a
/// file whose content is damaged leaves nothing behind.
///
/// # Errors
/// A name that this or another system could not store safely; damaged content; an output in the way.
pub fn extract_container(
    input: &Path,
    output: &Path,
    placing: Placing,
    progress: Option<&Progress<'_>>,
) -> Result<ExtractedContainer> {
    files::refuse_existing(output, placing.overwrite)?;
    files::refuse_same_file(input, output)?;
    let Opened { mut archive, container } = open_file(input, progress)?;
    let failed = Error::container(input);
    let objects: Vec<Member> = container.data_objects().cloned().collect();
    let limits = archive::Limits::default();
    for member in &objects {
        check_path(&member.name, limits.path_bytes).map_err(|problem| {
            failed(archive::Error::Name { name: member.name.clone(), problem }.into())
        })?;
    }
    let mut taken = ExtractedContainer {
        output: output.to_owned(),
        is_folder: objects.len() != 1,
        objects: Vec::with_capacity(objects.len()),
        format: container.kind.name(),
        signers: signers(&container),
        signed_inside: container.signed_inside(&mut archive).map_err(Error::container(input))?,
    };
    if let [member] = objects.as_slice() {
        let mut staged = StagedFile::create(output)?;
        copy(&mut archive, member, &mut staged, input, output)?;
        archive.get_ref().get_ref().check_unchanged()?;
        taken.output = staged.commit(placing.overwrite, placing.durability)?;
    } else {
        if objects.is_empty() {
            return Err(Error::cades(input)(cades::Error::Detached));
        }
        let staged = StagedDir::create(output)?;
        for member in &objects {
            let path = Path::new(&member.name);
            let mut file = staged.create_file(path)?;
            copy(&mut archive, member, &mut file, input, &output.join(path))?;
        }
        archive.get_ref().get_ref().check_unchanged()?;
        taken.output = staged.commit(placing.overwrite, placing.durability)?;
    }
    taken.objects = objects.into_iter().map(object).collect();
    Ok(taken)
}

/// Writes the one file of a container into a pipe.
///
/// # Errors
/// As [`extract_container`]; a container of several files. What was written before an error is worth
/// nothing.
pub fn extract_object_to(input: &Path, out: &mut dyn Write) -> Result<(ExtractedObject, usize)> {
    let Opened { mut archive, container } = open_file(input, None)?;
    let objects: Vec<Member> = container.data_objects().cloned().collect();
    let [member] = objects.as_slice() else {
        let (path, files) = (input.to_owned(), objects.len());
        return Err(Error::ContainerSeveral { path, files });
    };
    copy(&mut archive, member, out, input, Path::new("-"))?;
    archive.get_ref().get_ref().check_unchanged()?;
    Ok((object(member.clone()), signers(&container)))
}

/// The name of the one file in a container; `None` for any other file, and for several.
///
/// # Errors
/// The file cannot be read, or its ZIP is not safe.
pub fn sole_object_name(input: &Path) -> Result<Option<String>> {
    if !super::is_container(input)? {
        return Ok(None);
    }
    let Opened { container, .. } = open_file(input, None)?;
    let mut objects = container.data_objects();
    let (Some(one), None) = (objects.next(), objects.next()) else { return Ok(None) };
    let name = one.name.rsplit('/').next().unwrap_or(&one.name);
    Ok(archive::names::check_component(name).is_ok().then(|| name.to_owned()))
}

fn signers(container: &asic::Container) -> usize {
    super::change::signed_data(container).map(|data| data.signer_infos.len()).sum()
}

impl From<ExtractedContainer> for crate::Extracted {
    fn from(taken: ExtractedContainer) -> Self {
        Self {
            output: taken.output,
            length: taken.objects.iter().map(|object| object.length).sum(),
            removed: vec![crate::Removed::Asic { signers: taken.signers }],
            objects: taken.objects,
            signed_inside: taken.signed_inside,
        }
    }
}

fn object(member: Member) -> ExtractedObject {
    ExtractedObject { name: member.name, length: member.size }
}

fn copy<R: io::Read + io::Seek>(
    archive: &mut Archive<R>,
    member: &Member,
    mut out: impl Write,
    input: &Path,
    output: &Path,
) -> Result<()> {
    let failed = Error::container(input);
    let mut content = archive.read(member).map_err(|error| failed(error.into()))?;
    io::copy(&mut content, &mut out).map_err(|error| {
        if archive::is_damage(&error) {
            failed(archive::Error::Damaged { member: member.name.clone() }.into())
        } else {
            files::Error::from_io("reading or writing", output, error).into()
        }
    })?;
    Ok(())
}

//! What stands in a container, without any judgement.

use std::path::Path;

use archive::Archive;
use asic::{Container, Limits, Note};
use files::SourceFile;
use serde::Serialize;
use validation::facts::TimestampKind;

use crate::inspect::{Inspection, LayerView, TimestampView, layer_view, timestamp_view};
use crate::progress::{Counted, Progress};
use crate::{Error, FileKind, Result};

/// What an ASiC container holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ContainerView {
    /// The media type of its kind.
    pub media_type: String,
    /// Every member, in the order of the directory.
    pub members: Vec<MemberView>,
    /// The signature files, in the order of [`Inspection::layers`].
    pub signatures: Vec<String>,
    /// The manifests.
    pub manifests: Vec<ManifestView>,
    /// The time-stamps that are files of their own.
    pub timestamps: Vec<StampView>,
    /// What is unusual about it, in English.
    pub notes: Vec<String>,
}

/// A member of a container.
#[derive(Clone, Debug, Serialize)]
pub struct MemberView {
    /// Its name.
    pub name: String,
    /// Its size in octets.
    pub size: u64,
    /// Its size in the container.
    pub compressed: u64,
    /// Whether it is a data object: what is signed, as opposed to what signs.
    pub data_object: bool,
}

/// A manifest in a container.
#[derive(Clone, Debug, Serialize)]
pub struct ManifestView {
    /// Its member.
    pub name: String,
    /// The signature or time-stamp over it.
    pub target: Option<String>,
    /// The members it covers.
    pub covers: Vec<String>,
    /// Why it cannot be read, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// A time-stamp in a container.
#[derive(Clone, Debug, Serialize)]
pub struct StampView {
    /// Its member.
    pub name: String,
    /// The time-stamp, if it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<TimestampView>,
}

/// Looks into a container.
pub(crate) fn inspect(
    path: &Path,
    source: SourceFile,
    progress: Option<&Progress<'_>>,
    empty: Inspection,
) -> Result<Inspection> {
    let limits = Limits::default();
    let failed = Error::container(path);
    let extension = path.extension().and_then(|extension| extension.to_str());
    let mut archive = match Archive::open(Counted::new(source, progress), &limits.archive) {
        Ok(archive) => archive,
        // Never read further, but said.
        Err(error @ archive::Error::Refused { .. }) => {
            return Ok(Inspection { broken: Some(error.to_string()), ..empty });
        }
        Err(error) => return Err(failed(error.into())),
    };
    let container = match Container::read(&mut archive, extension, &limits) {
        Err(asic::Error::NotAsic) => {
            let (path, found) = (path.to_owned(), FileKind::Other);
            return Err(Error::Unsupported { path, found });
        }
        other => other.map_err(&failed)?,
    };
    archive.get_ref().get_ref().check_unchanged()?;
    let readable = container.signatures.iter().filter_map(|s| Some((s, s.layer.as_ref().ok()?)));
    let broken = container.signatures.iter().find_map(|signature| {
        let error = signature.layer.as_ref().err()?;
        Some(format!("{}: {}", signature.name, crate::describe(error)))
    });
    // Numbered through all signature files, an unreadable one included.
    let mut number = 0;
    let mut layers = Vec::new();
    for signature in &container.signatures {
        let Ok(layer) = &signature.layer else {
            number += 1;
            continue;
        };
        let before = number;
        number += layer.data.signer_infos.len();
        let view = layer_view(layer, |own| (before + own).to_string());
        layers.push(LayerView { member: Some(signature.name.clone()), ..view });
    }
    Ok(Inspection {
        format: container.kind.name(),
        layers,
        container: Some(view(&container, readable.map(|(s, _)| s.name.clone()).collect())),
        broken,
        ..empty
    })
}

fn view(container: &Container, signatures: Vec<String>) -> ContainerView {
    let files = container.members.iter().filter(|member| !member.is_folder);
    ContainerView {
        media_type: container.kind.media_type().to_owned(),
        members: files
            .map(|member| MemberView {
                name: member.name.clone(),
                size: member.size,
                compressed: member.compressed,
                data_object: asic::role(&member.name) == asic::Role::DataObject,
            })
            .collect(),
        signatures,
        manifests: container
            .manifests
            .iter()
            .map(|manifest| {
                let content = manifest.content.as_ref();
                let references = content.ok().into_iter().flat_map(|content| &content.references);
                ManifestView {
                    name: manifest.name.clone(),
                    target: content.ok().map(|content| content.target.clone()),
                    covers: references.map(|reference| reference.name.clone()).collect(),
                    broken: content.err().map(ToString::to_string),
                }
            })
            .collect(),
        timestamps: container
            .timestamps
            .iter()
            .enumerate()
            .map(|(index, stamp)| StampView {
                name: stamp.name.clone(),
                timestamp: stamp.token.as_ref().ok().map(|token| {
                    timestamp_view(&format!("t{}", index + 1), TimestampKind::Standalone, token)
                }),
            })
            .collect(),
        notes: container.notes.iter().map(Note::to_string).collect(),
    }
}

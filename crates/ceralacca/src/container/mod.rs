//! ASiC containers (ETSI EN 319 162-1): several files signed together, in one ZIP.
//!
//! Made from files, signed once more, time-stamped, extended, taken apart and judged. Whatever is
//! changed, members that stay are copied octet by octet, and what is covered by something is never
//! changed.

mod change;
mod create;
mod extend;
mod extract;
mod inspect;

pub(crate) use change::check_cosign;
pub(crate) use extend::check_extend;
pub(crate) use inspect::inspect;

use std::io::{Read, Seek};
use std::path::Path;

use archive::Archive;
use asic::{Container, Limits};
use files::{FollowLinks, SourceFile};
use validation::facts::Facts;
use validation::gather::{self, Evidence};

use crate::progress::{Counted, Progress};
use crate::{Error, FileKind, Result};

pub use change::{cosign_container, stamp_container};
pub use create::{default_output as container_name, sign_container};
pub use extend::extend_container;
pub use extract::{
    ExtractedContainer, ExtractedObject, extract_container, extract_object_to, sole_object_name,
};
pub use inspect::{ContainerView, ManifestView, MemberView, StampView};

/// A container that is open: its ZIP passed, and everything but the data objects was read.
pub(crate) struct Opened<R> {
    pub(crate) archive: Archive<R>,
    pub(crate) container: Container,
}

/// Judges the ZIP and reads what stands beside the data objects.
pub(crate) fn open<R: Read + Seek>(path: &Path, source: R) -> Result<Opened<R>> {
    let limits = Limits::default();
    let extension = path.extension().and_then(|extension| extension.to_str());
    let failed = Error::container(path);
    let archive = Archive::open(source, &limits.archive).map_err(|error| failed(error.into()))?;
    let mut archive = archive;
    let container = Container::read(&mut archive, extension, &limits).map_err(&failed)?;
    Ok(Opened { archive, container })
}

/// Opens a container file for a verb that works on containers only.
pub(crate) fn open_file<'p>(
    path: &Path,
    progress: Option<&'p Progress<'p>>,
) -> Result<Opened<Counted<'p, SourceFile>>> {
    let mut source = SourceFile::open(path, FollowLinks::Follow)?;
    let found =
        FileKind::of(&mut source).map_err(|error| files::Error::from_io("reading", path, error))?;
    if found != FileKind::Asic {
        return Err(Error::Unsupported { path: path.to_owned(), found });
    }
    let opened = open(path, Counted::new(source, progress))?;
    if is_xml_only(&opened.container) {
        let found = FileKind::SignedXml;
        return Err(Error::Unsupported { path: path.to_owned(), found });
    }
    Ok(opened)
}

/// Whether a file is an ASiC container. What is no ZIP is told by its first octets.
pub(crate) fn is_container(path: &Path) -> Result<bool> {
    let mut source = SourceFile::open(path, FollowLinks::Follow)?;
    let io = |error| files::Error::from_io("reading", path, error);
    let mut start = [0; 4];
    let read = source.read_exact(&mut start);
    if read.is_err() || start != *b"PK\x03\x04" {
        return Ok(false);
    }
    source.rewind().map_err(io)?;
    Ok(FileKind::of(&mut source).map_err(io)? == FileKind::Asic)
}

/// Whether everything in it that signs is XML, which is named and not worked on.
fn is_xml_only(container: &Container) -> bool {
    let cms = !container.signatures.is_empty() || !container.timestamps.is_empty();
    !cms && container.evidence_records.is_empty() && !container.xml_signatures.is_empty()
}

/// What is known of a container, for the judgement. `None` when the ZIP is no container after all.
pub(crate) fn facts(
    source: &mut SourceFile,
    evidence: &Evidence<'_>,
    progress: Option<&Progress<'_>>,
) -> Result<Option<Facts>> {
    let path = source.path().to_owned();
    let counted = Counted::new(source, progress);
    let Opened { mut archive, mut container } = match open(&path, counted) {
        Ok(opened) => opened,
        Err(Error::Container { source: asic::Error::NotAsic, .. }) => return Ok(None),
        // An unsafe ZIP is a verdict; one over a limit of ours is an error.
        Err(Error::Container {
            source: asic::Error::Archive(archive::Error::Refused { findings }),
            ..
        }) if findings.iter().any(|f| f.problem.refuses() && !f.problem.is_limit()) => {
            return Ok(Some(gather::asic::unsafe_container(&findings)));
        }
        Err(error) => return Err(error),
    };
    if is_xml_only(&container) {
        return Err(Error::Unsupported { path, found: FileKind::SignedXml });
    }
    container.digest(&mut archive, |_| ()).map_err(Error::container(&path))?;
    Ok(Some(gather::asic::container(&container, evidence)))
}

//! Adding to a container: a signature, a time-stamp. Every member that stays is copied octet by
//! octet.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use archive::{Member, Writer};
use asic::{Container, ContainerType, DataReference, Manifest, Role, SIGNATURE_TYPE};
use cms::SignedData;
use cms::verify::ContentDigests;
use crypto::{DigestAlgorithm, MultiHasher};
use files::StagedFile;

use super::create::{reference, strongest};
use super::extend::{archive_change, refuse_altered};
use super::{Opened, open_file};
use crate::extend::ExtendOptions;
use crate::output::Placing;
use crate::present::refuse_broken;
use crate::sign::{
    LongTerm, SignOptions, Signed, refuse_obstacles, refuse_present, request_stamp, with_signing,
};
use crate::stamp::{StampOptions, Stamped};
use crate::{Error, Result};

/// Adds signatures to a container: to an ASiC-S parallel ones in its signature file, to an ASiC-E a
/// new manifest over all files and a new signature file. What is there stays as it is.
///
/// # Errors
/// As [`sign_file`](crate::sign_file); also a container without a signature that can be added to, a
/// signature in it that is broken, a file in it that is not as it was signed, and a certificate that
/// has signed already unless [`SignOptions::again`] says otherwise.
pub fn cosign_container(input: &Path, output: &Path, options: &SignOptions<'_>) -> Result<Signed> {
    refuse_obstacles(options)?;
    files::refuse_existing(output, options.placing.overwrite)?;
    let mut opened = open_file(input, options.progress)?;
    refuse_before(input, &opened, options)?;
    if opened.container.kind == ContainerType::Extended {
        // The one signature of an ASiC-S is compared with its file while that is read for signing.
        refuse_unsound(input, &mut opened)?;
    }
    let mut change = Change::default();
    let (inner, archive) = without_archive(opened.container.kind, options);
    let options = &inner;
    let stamps = match opened.container.kind {
        ContainerType::Simple => cosign_simple(input, &mut opened, options, &mut change)?,
        ContainerType::Extended => {
            let number = next(&opened.container, &[Role::Manifest, Role::Signature]);
            let target = asic::signature_name(number);
            let references = digest_objects(input, &mut opened, strongest(options))?;
            let xml = manifest(&target, SIGNATURE_TYPE, references);
            let mut octets = Vec::new();
            let stamps = with_signing(input, options, |signing| {
                octets = cades::sign_detached(&xml[..], signing).map_err(Error::cades(input))?;
                Ok(())
            })?;
            change.add.push((asic::manifest_name(number), xml));
            change.add.push((target, octets));
            stamps
        }
    };
    let mut times = Vec::new();
    if let Some(long_term) = archive {
        let extend = ExtendOptions {
            level: crate::TargetLevel::Lta,
            signatures: &[],
            authorities: options.authorities,
            evidence: long_term.evidence,
            fetch: long_term.fetch,
            budget: long_term.budget,
            content: None,
            now: options.signing_time,
            allow: options.allow,
            placing: options.placing,
            progress: None,
        };
        let (sealed, raised) = archive_change(input, &mut opened, change, &extend)?;
        times.extend(raised.stamps.iter().map(|stamp| stamp.time));
        change = sealed;
    }
    let placed = change.write(input, output, opened, options.placing)?;
    let mut signed = stamps.signed(placed, options);
    signed.archived.extend(times);
    Ok(signed)
}

/// Refuses what [`cosign_container`] would refuse, as far as can be said without reading the files.
pub(crate) fn check_cosign(input: &Path, options: &SignOptions<'_>) -> Result<()> {
    refuse_obstacles(options)?;
    let opened = open_file(input, None)?;
    refuse_before(input, &opened, options)?;
    if opened.container.kind == ContainerType::Simple {
        let signature = opened.container.signatures.first();
        let signature = signature.ok_or_else(|| Error::cades(input)(cades::Error::NoSignature))?;
        refuse_sealed(input, &opened.container, &signature.name)?;
    }
    Ok(())
}

/// Looks at the signatures present without what they are over.
fn refuse_before<R>(input: &Path, opened: &Opened<R>, options: &SignOptions<'_>) -> Result<()> {
    let mut first = 0;
    for data in signed_data(&opened.container) {
        refuse_present(input, data, options)?;
        refuse_broken(input, data, None, first)?;
        first += data.signer_infos.len();
    }
    Ok(())
}

/// Refuses a container whose files are not as the manifests say, or whose signatures are over other
/// manifests.
fn refuse_unsound<R: Read + Seek>(input: &Path, opened: &mut Opened<R>) -> Result<()> {
    opened.container.digest(&mut opened.archive, |_| ()).map_err(Error::container(input))?;
    refuse_altered(input, opened)?;
    let mut first = 0;
    let layers = opened.container.signatures.iter().filter_map(|one| one.layer.as_ref().ok());
    for layer in layers {
        refuse_broken(input, &layer.data, layer.content.as_ref(), first)?;
        first += layer.data.signer_infos.len();
    }
    Ok(())
}

/// In an ASiC-E the archive time-stamp goes over the container and not into the signature: the
/// options for the signature itself, and what the archive time-stamp needs, if one is wanted.
pub(super) fn without_archive<'o>(
    kind: ContainerType,
    options: &SignOptions<'o>,
) -> (SignOptions<'o>, Option<LongTerm<'o>>) {
    let wanted = kind == ContainerType::Extended;
    let archive = options.long_term.filter(|long_term| wanted && long_term.archive);
    let mut inner = *options;
    if let (Some(_), Some(long_term)) = (archive, &mut inner.long_term) {
        long_term.archive = false;
    }
    (inner, archive)
}

/// A parallel signature in the one signature file of an ASiC-S.
fn cosign_simple<R: Read + Seek>(
    input: &Path,
    opened: &mut Opened<R>,
    options: &SignOptions<'_>,
    change: &mut Change,
) -> Result<crate::sign::Stamps> {
    let failed = Error::cades(input);
    let container = &opened.container;
    let no_signature = || failed(cades::Error::NoSignature);
    let signature = container.signatures.first().ok_or_else(no_signature)?;
    refuse_sealed(input, container, &signature.name)?;
    let layer = signature.layer.as_ref().map_err(|_| no_signature())?;
    let asic::Subject::DataObject(object) = &signature.subject else {
        return Err(Error::ContentNeeded { path: input.to_owned() });
    };
    if signature.has_content {
        return Err(failed(cades::Error::AlreadyAttached));
    }
    let data = layer.data.clone();
    let member = container.member(object).cloned();
    let member = member.ok_or_else(|| Error::ContentNeeded { path: input.to_owned() })?;
    let mut octets = Vec::new();
    let stamps = with_signing(input, options, |signing| {
        let content = opened.archive.read(&member).map_err(|error| failed(error.into()))?;
        let mut refusal = None;
        let look = |data: &SignedData, over: Option<&ContentDigests>| {
            refuse_broken(input, data, over, 0).map_err(|error| {
                refusal = Some(error);
                cades::Error::Refused
            })
        };
        let signed = cades::cosign_detached(data, content, signing, look);
        octets = signed.map_err(|error| match error {
            cades::Error::Refused => refusal.take().unwrap_or_else(|| failed(error)),
            cades::Error::WrongContent { .. } => {
                Error::ContainerAltered { path: input.to_owned(), member: member.name.clone() }
            }
            cades::Error::Io(error) if archive::is_damage(&error) => {
                let damaged = archive::Error::Damaged { member: member.name.clone() };
                Error::container(input)(damaged.into())
            }
            error => failed(error),
        })?;
        Ok(())
    })?;
    change.replace.insert(signature.name.clone(), octets);
    Ok(stamps)
}

/// Adds a time-stamp over all files of an ASiC-E, with a manifest of its own.
///
/// # Errors
/// The container is no ASiC-E; no authority gives a usable stamp; an output in the way.
pub fn stamp_container(input: &Path, output: &Path, options: &StampOptions<'_>) -> Result<Stamped> {
    files::refuse_existing(output, options.placing.overwrite)?;
    let mut opened = open_file(input, options.progress)?;
    if opened.container.kind == ContainerType::Simple {
        return Err(Error::ContainerKind { path: input.to_owned(), kind: ContainerType::Simple });
    }
    let number = next(&opened.container, &[Role::Manifest, Role::TimeStamp]);
    let target = asic::timestamp_name(number);
    let references = digest_objects(input, &mut opened, options.digest)?;
    let xml = manifest(&target, asic::TIMESTAMP_TYPE, references);
    let digest = crypto::digest(options.digest, &xml);
    let stamp = request_stamp(options.authorities, options.digest, &digest);
    let (_, token, failed) =
        stamp.map_err(|source| Error::Timestamp { path: input.to_owned(), source })?;
    let mut change = Change::default();
    change.add.push((asic::manifest_name(number), xml));
    change.add.push((target, token.raw.clone()));
    let output = change.write(input, output, opened, options.placing)?;
    Ok(Stamped {
        output,
        gen_time: token.info.gen_time,
        authority: token.check(&[]).certificate,
        digest: (options.digest, digest),
        failed_authorities: failed.iter().map(crate::describe).collect(),
    })
}

/// The SignedData of every signature that could be read.
pub(super) fn signed_data(container: &Container) -> impl Iterator<Item = &SignedData> {
    container.signatures.iter().filter_map(|signature| Some(&signature.layer.as_ref().ok()?.data))
}

/// Refuses to change a member that a manifest covers.
pub(super) fn refuse_sealed(path: &Path, container: &Container, name: &str) -> Result<()> {
    if is_sealed(container, name) {
        return Err(Error::ContainerSealed { path: path.to_owned(), member: name.to_owned() });
    }
    Ok(())
}

/// Whether some manifest covers a member.
pub(super) fn is_sealed(container: &Container, name: &str) -> bool {
    let manifests = container.manifests.iter().filter_map(|file| file.content.as_ref().ok());
    let mut references = manifests.flat_map(|manifest| &manifest.references);
    references.any(|reference| reference.name == name)
}

pub(super) fn next(container: &Container, roles: &[Role]) -> u32 {
    asic::next_number(container.members.iter().map(|member| member.name.as_str()), roles)
}

pub(super) fn manifest(target: &str, media_type: &str, references: Vec<DataReference>) -> Vec<u8> {
    let target_type = Some(media_type.to_owned());
    Manifest { target: target.to_owned(), target_type, references, critical: 0 }.to_xml()
}

/// Entries for every data object, each read to its end.
fn digest_objects<R: Read + Seek>(
    path: &Path,
    opened: &mut Opened<R>,
    algorithm: DigestAlgorithm,
) -> Result<Vec<DataReference>> {
    let objects: Vec<Member> = opened.container.data_objects().cloned().collect();
    digest_members(path, opened, objects, algorithm)
}

/// Entries for members as they stand in the container.
pub(super) fn digest_members<R: Read + Seek>(
    path: &Path,
    opened: &mut Opened<R>,
    members: Vec<Member>,
    algorithm: DigestAlgorithm,
) -> Result<Vec<DataReference>> {
    let failed = Error::container(path);
    let mut references = Vec::with_capacity(members.len());
    for member in members {
        let content = opened.archive.read(&member).map_err(|error| failed(error.into()))?;
        let mut hasher = MultiHasher::new([algorithm]);
        crypto::stream::hash(content, &mut hasher).map_err(|error| {
            if archive::is_damage(&error) {
                failed(archive::Error::Damaged { member: member.name.clone() }.into())
            } else {
                failed(error.into())
            }
        })?;
        let digest = hasher.finish().remove(&algorithm).unwrap_or_default();
        references.push(reference(member.name, algorithm, digest));
    }
    Ok(references)
}

/// What becomes of a container; everything not named stays.
#[derive(Default)]
pub(super) struct Change {
    /// Member -> its new octets.
    pub(super) replace: BTreeMap<String, Vec<u8>>,
    /// Member -> its new name.
    pub(super) rename: BTreeMap<String, String>,
    /// New members, in order.
    pub(super) add: Vec<(String, Vec<u8>)>,
}

impl Change {
    /// Writes the changed container beside the old one, whole or not at all.
    pub(super) fn write<R: Read + Seek + SourceState>(
        self,
        input: &Path,
        output: &Path,
        opened: Opened<R>,
        placing: Placing,
    ) -> Result<PathBuf> {
        let Opened { mut archive, container } = opened;
        let failed = Error::container(output);
        let written = |error: archive::Error| failed(error.into());
        let mut writer = Writer::new(StagedFile::create(output)?);
        // The type comes first and as it is: its octets may be covered.
        let octets = match container.member(asic::MIMETYPE) {
            Some(member) => archive
                .read_small(member, 1 << 16)
                .map_err(|error| Error::container(input)(error.into()))?,
            None => container.kind.media_type().as_bytes().to_vec(),
        };
        writer.add_bytes(asic::MIMETYPE, &octets).map_err(written)?;
        for member in container.members.iter().filter(|member| member.name != asic::MIMETYPE) {
            if let Some(octets) = self.replace.get(&member.name) {
                writer.add_bytes(&member.name, octets).map_err(written)?;
                continue;
            }
            let name = self.rename.get(&member.name).unwrap_or(&member.name);
            writer.copy_as(&mut archive, member, name).map_err(written)?;
        }
        for (name, octets) in &self.add {
            writer.add_bytes(name, octets).map_err(written)?;
        }
        archive.get_ref().check_unchanged()?;
        let staged = writer.finish().map_err(written)?;
        Ok(staged.commit(placing.overwrite, placing.durability)?)
    }
}

/// A source that can say whether it is still what it was.
pub(super) trait SourceState {
    fn check_unchanged(&self) -> Result<()>;
}

impl SourceState for crate::progress::Counted<'_, files::SourceFile> {
    fn check_unchanged(&self) -> Result<()> {
        Ok(self.get_ref().check_unchanged()?)
    }
}

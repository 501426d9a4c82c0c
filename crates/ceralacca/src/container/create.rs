//! Signing files into a new container.

use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use archive::Writer;
use asic::{ContainerType, DataReference, Manifest, SIGNATURE_TYPE, SIMPLE_SIGNATURE};
use crypto::{DigestAlgorithm, MultiHasher};
use files::{FollowLinks, SourceFile, StagedFile};

use super::change::without_archive;
use super::extend::seal;
use crate::progress::Progress;
use crate::sign::{SignOptions, Signed, refuse_obstacles, with_signing};
use crate::{Error, Result};

/// The name a container of `input` gets: `verbale.mp4.asics`, or `.asice`.
#[must_use]
pub fn default_output(input: &Path, kind: ContainerType) -> PathBuf {
    let mut name = input.as_os_str().to_owned();
    name.push(match kind {
        ContainerType::Simple => ".asics",
        ContainerType::Extended => ".asice",
    });
    name.into()
}

/// Signs files of any size into one container, reading each once.
///
/// An ASiC-S takes one file and the signature is over the file itself. An ASiC-E takes any number:
/// the signature is over a manifest that lists them with their digests, which is the natural way to
/// sign a recording, its minutes and the attachments together. Several keys make parallel signatures
/// over the same manifest.
///
/// ```
/// use ceralacca::{ContainerType, sign_container};
/// # use ceralacca::{Secret, SignOptions, SigningKey};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let now = "2026-03-01T10:00:00Z".parse()?;
/// # let pki = dir.path().join("lab");
/// # lab::disk::init(&pki, &lab::Config::quick(now))?;
/// # let pin = Secret::from_file_contents(std::fs::read(pki.join("signers/presidente.pin"))?);
/// # let president = SigningKey::from_pkcs12(&pki.join("signers/presidente.p12"), &pin)?;
/// # let (recording, minutes) = (dir.path().join("seduta.mp4"), dir.path().join("verbale.pdf"));
/// # std::fs::write(&recording, "film")?;
/// # std::fs::write(&minutes, "Il Consiglio approva.")?;
/// # let options = SignOptions { keys: &[president], signing_time: now, ..SignOptions::default() };
/// let output = dir.path().join("seduta.asice");
/// let signed =
///     sign_container(&[&recording, &minutes], &output, ContainerType::Extended, &options)?;
/// assert_eq!(signed.signers.len(), 1);
/// # Ok(()) }
/// ```
///
/// # Errors
/// Several files for an ASiC-S; names that may not stand in a container, or twice; as
/// [`sign_file`](crate::sign_file). Nothing is left behind then.
pub fn sign_container(
    inputs: &[&Path],
    output: &Path,
    kind: ContainerType,
    options: &SignOptions<'_>,
) -> Result<Signed> {
    let [first, ..] = inputs else {
        return Err(Error::ContainerFiles { kind, files: 0 });
    };
    if kind == ContainerType::Simple && inputs.len() > 1 {
        return Err(Error::ContainerFiles { kind, files: inputs.len() });
    }
    refuse_obstacles(options)?;
    for input in inputs {
        files::refuse_same_file(input, output)?;
    }
    files::refuse_existing(output, options.placing.overwrite)?;
    let names: Vec<String> =
        inputs.iter().map(|input| member_name(input)).collect::<Result<_>>()?;
    let failed = Error::container(output);
    let written = |error: archive::Error| failed(error.into());
    let mut writer = Writer::new(StagedFile::create(output)?);
    writer.add_bytes(asic::MIMETYPE, kind.media_type().as_bytes()).map_err(written)?;
    let (mut archived, mut failed_authorities) = (Vec::new(), Vec::new());
    let (stamps, writer) = match kind {
        ContainerType::Simple => {
            let name = names.first().map(String::as_str).unwrap_or_default();
            let mut source = SourceFile::open(first, FollowLinks::Follow)?;
            writer.begin(name, source.len()).map_err(written)?;
            let mut octets = Vec::new();
            let stamps = with_signing(output, options, |signing| {
                let content = Tee { source: &mut source, writer: &mut writer, read: 0, options };
                octets = cades::sign_detached(content, signing).map_err(unmixed(first, output))?;
                Ok(())
            })?;
            source.check_unchanged()?;
            writer.end().map_err(written)?;
            writer.add_bytes(SIMPLE_SIGNATURE, &octets).map_err(written)?;
            (stamps, writer)
        }
        ContainerType::Extended => {
            let algorithm = strongest(options);
            let mut references = Vec::with_capacity(inputs.len());
            let mut done = 0;
            for (input, name) in inputs.iter().zip(names) {
                let mut source = SourceFile::open(input, FollowLinks::Follow)?;
                writer.begin(&name, source.len()).map_err(written)?;
                let mut hasher = MultiHasher::new([algorithm]);
                let progress = options.progress;
                let told = |read| {
                    if let Some(progress) = progress {
                        progress(done + read);
                    }
                };
                let counted = crate::progress::Counted::new(&mut source, Some(&told));
                let copied = crypto::stream::hash_and_copy(counted, &mut hasher, Sink(&mut writer));
                done += copied.map_err(|error| mixed(error, input, output))?;
                source.check_unchanged()?;
                writer.end().map_err(written)?;
                let digest = hasher.finish().remove(&algorithm).unwrap_or_default();
                references.push(reference(name, algorithm, digest));
            }
            let target = asic::signature_name(1);
            let manifest = Manifest {
                target: target.clone(),
                target_type: Some(SIGNATURE_TYPE.to_owned()),
                references,
                critical: 0,
            };
            let xml = manifest.to_xml();
            let (inner, archive) = without_archive(kind, options);
            let options = &inner;
            let mut octets = Vec::new();
            let stamps = with_signing(output, options, |signing| {
                octets = cades::sign_detached(&xml[..], signing).map_err(Error::cades(output))?;
                Ok(())
            })?;
            let mut members = vec![(asic::manifest_name(1), xml), (target, octets)];
            if archive.is_some() {
                let mut covered = manifest.references;
                covered.extend(members.iter().map(|(name, octets)| {
                    reference(name.clone(), algorithm, crypto::digest(algorithm, octets))
                }));
                let stamp = asic::timestamp_name(1);
                let seal = seal(output, stamp, covered, algorithm, options.authorities)?;
                archived.push(seal.time);
                failed_authorities = seal.failed_authorities;
                members.extend(seal.members);
            }
            for (name, octets) in &members {
                writer.add_bytes(name, octets).map_err(written)?;
            }
            (stamps, writer)
        }
    };
    let staged = writer.finish().map_err(written)?;
    let placed = staged.commit(options.placing.overwrite, options.placing.durability)?;
    let mut signed = stamps.signed(placed, options);
    signed.archived.extend(archived);
    signed.failed_authorities.extend(failed_authorities);
    Ok(signed)
}

/// The name a file gets in a container: its own, without folders.
fn member_name(input: &Path) -> Result<String> {
    let refused = |problem| {
        let name = input.display().to_string();
        Error::container(input)(archive::Error::Name { name, problem }.into())
    };
    let name = input.file_name().ok_or_else(|| refused(archive::names::NameProblem::Empty))?;
    let name = name.to_str().ok_or_else(|| refused(archive::names::NameProblem::NotUnicode))?;
    // Said before anything is read.
    archive::names::check_component(name).map_err(refused)?;
    Ok(name.to_owned())
}

/// An entry of a manifest.
pub(super) fn reference(
    name: String,
    algorithm: DigestAlgorithm,
    digest: Vec<u8>,
) -> DataReference {
    DataReference {
        media_type: Some(media_type(&name)),
        name,
        uri: None,
        root_file: false,
        algorithm: Some(algorithm),
        digest,
    }
}

fn media_type(name: &str) -> String {
    match asic::role(name) {
        asic::Role::Signature => SIGNATURE_TYPE.to_owned(),
        asic::Role::TimeStamp => asic::TIMESTAMP_TYPE.to_owned(),
        _ => preservation::mime_of(name).to_owned(),
    }
}

/// The digest of a manifest's entries: no weaker than what the signers sign with, and one that XML
/// has a name for.
pub(super) fn strongest(options: &SignOptions<'_>) -> DigestAlgorithm {
    let length = options.keys.iter().map(|key| key.key.digest().output_len()).max();
    match length.unwrap_or(0) {
        0..=32 => DigestAlgorithm::Sha256,
        33..=48 => DigestAlgorithm::Sha384,
        _ => DigestAlgorithm::Sha512,
    }
}

/// A member of an archive as something to write into.
pub(super) struct Sink<'w, W>(pub(super) &'w mut Writer<W>);

impl<W: Write + Seek> Write for Sink<'_, W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets).map_err(carried)?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is read goes into a member of an archive, too.
struct Tee<'w, 'o, W> {
    source: &'w mut SourceFile,
    writer: &'w mut Writer<W>,
    read: u64,
    options: &'w SignOptions<'o>,
}

impl<W: Write + Seek> Read for Tee<'_, '_, W> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out)?;
        self.writer.write(out.get(..read).unwrap_or_default()).map_err(carried)?;
        self.read += read as u64;
        if let Some(progress) = self.options.progress {
            let progress: &Progress<'_> = progress;
            progress(self.read);
        }
        Ok(read)
    }
}

/// An archive's error on its way through a reader or writer.
fn carried(error: archive::Error) -> io::Error {
    match error {
        archive::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// What failed while one file was read and another written: the archive's own words if it said any.
pub(super) fn mixed(error: io::Error, input: &Path, output: &Path) -> Error {
    match error.downcast::<archive::Error>() {
        Ok(error) => Error::container(output)(error.into()),
        Err(error) => files::Error::from_io("reading or writing", input, error).into(),
    }
}

fn unmixed<'p>(input: &'p Path, output: &'p Path) -> impl Fn(cades::Error) -> Error + 'p {
    move |error| match error {
        cades::Error::Io(error) => mixed(error, input, output),
        error => Error::cades(output)(error),
    }
}

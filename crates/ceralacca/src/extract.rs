//! The verb that takes the content out, through every layer.

use std::io::{Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use cades::{Container, Envelope, SignedFile, Wanted};
use cms::Limits;
use cms::armor::Armor;
use files::{FollowLinks, SourceFile, StagedFile};

use crate::output::{self, Placing};
use crate::progress::{Counted, Progress};
use crate::{Error, ExtractedObject, FileKind, Result};

/// One layer taken off, outside in. That it was taken off does not say that
/// its signatures or time-stamps hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Text wrapping.
    Wrapping(Armor),
    /// A signed envelope with this many signatures.
    Signature {
        /// How many SignerInfos it has.
        signers: usize,
    },
    /// A TimeStampedData (RFC 5544) with this many time-stamps.
    TimeStampedData {
        /// How many time-stamps it has.
        stamps: usize,
    },
    /// An M7M message: a signed file and its time-stamp.
    M7m,
    /// An ASiC container with this many signatures.
    Asic {
        /// How many SignerInfos stand in it.
        signers: usize,
    },
}

impl Removed {
    /// The name of the layer in the machine contract.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Wrapping(Armor::Base64) => "base64",
            Self::Wrapping(Armor::Pem) => "pem",
            Self::Wrapping(Armor::Smime) => "smime",
            Self::Signature { .. } => "cades",
            Self::TimeStampedData { .. } => "tsd",
            Self::M7m => "m7m",
            Self::Asic { .. } => "asic",
        }
    }

    /// The layers of one envelope: its wrapping, and itself.
    fn of(envelope: &Envelope) -> impl Iterator<Item = Self> {
        let own = match envelope {
            Envelope::Signed(layer) => Self::Signature { signers: layer.data.signer_infos.len() },
            Envelope::Stamped(layer) => match &layer.container {
                Container::Tsd(data) => Self::TimeStampedData { stamps: data.time_stamps().len() },
                Container::M7m(_) => Self::M7m,
            },
        };
        envelope.wrapping().iter().map(|armor| Self::Wrapping(*armor)).chain([own])
    }
}

/// What extraction left behind.
#[derive(Clone, Debug)]
pub struct Extracted {
    /// The content.
    pub output: PathBuf,
    /// Its size in octets.
    pub length: u64,
    /// What was taken off, outside in.
    pub removed: Vec<Removed>,
    /// The files of a container; of several, `output` is the folder.
    pub objects: Vec<ExtractedObject>,
    /// What of that is itself a signed file: their names in a container, else the file's.
    pub signed_inside: Vec<String>,
}

/// Extensions of signatures, time-stamped files and text wrapping.
const EXTENSIONS: [&str; 10] =
    ["p7m", "p7s", "tsd", "m7m", "b64", "pem", "asics", "asice", "scs", "sce"];

/// The name of the content: the file's name less the extensions of signatures
/// and time-stamps.
#[must_use]
pub fn default_output(input: &Path) -> PathBuf {
    let mut path = input.to_owned();
    while let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        let known = EXTENSIONS.iter().any(|e| extension.eq_ignore_ascii_case(e));
        if !known {
            break;
        }
        path.set_extension("");
    }
    if path == input {
        let mut name = input.as_os_str().to_owned();
        name.push(".content");
        return name.into();
    }
    path
}

/// Writes the innermost content of a signed file, whatever its signatures are
/// worth.
///
/// ```
/// use ceralacca::extract_file;
/// # use ceralacca::{Packaging, Placing, Secret, SigningKey, SignOptions, sign_file};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let now = "2026-03-01T10:00:00Z".parse()?;
/// # let pki = dir.path().join("lab");
/// # lab::disk::init(&pki, &lab::Config::quick(now))?;
/// # let pin = Secret::from_file_contents(std::fs::read(pki.join("signers/presidente.pin"))?);
/// # let president = SigningKey::from_pkcs12(&pki.join("signers/presidente.p12"), &pin)?;
/// # let file = dir.path().join("verbale.txt");
/// # std::fs::write(&file, "Il Consiglio approva.")?;
/// # let options = SignOptions {
/// #     keys: std::slice::from_ref(&president), packaging: Packaging::Attached, signing_time: now,
/// #     ..SignOptions::default()
/// # };
/// # let p7m = sign_file(&file, &dir.path().join("verbale.txt.p7m"), &options)?.output;
/// let extracted = extract_file(&p7m, &dir.path().join("contenuto.txt"), Placing::default(), None)?;
/// assert_eq!(extracted.removed[0].kind(), "cades");
/// assert_eq!(std::fs::read_to_string(extracted.output)?, "Il Consiglio approva.");
/// # Ok(()) }
/// ```
///
/// # Errors
/// The file is no signature, is broken, or has no content; the output is in
/// the way.
pub fn extract_file(
    input: &Path,
    output: &Path,
    placing: Placing,
    progress: Option<&Progress<'_>>,
) -> Result<Extracted> {
    extract_layers_file(input, output, None, placing, progress)
}

/// As [`extract_file`], opening only the outermost `layers` envelopes: what
/// stands inside the last of them is written, whatever it is. `None` opens all.
///
/// # Errors
/// As [`extract_file`].
pub fn extract_layers_file(
    input: &Path,
    output: &Path,
    layers: Option<usize>,
    placing: Placing,
    progress: Option<&Progress<'_>>,
) -> Result<Extracted> {
    if crate::container::is_container(input)? {
        return Ok(crate::extract_container(input, output, placing, progress)?.into());
    }
    files::refuse_same_file(input, output)?;
    let (mut source, mut staged) = output::open(input, output, placing)?;
    let mut taken = through_layers(&mut source, &mut staged, progress, layers)?;
    if taken.opaque {
        // The content only looked like a further envelope: what was taken off it goes back on.
        staged = StagedFile::create(output)?;
        let failed = |error| files::Error::from_io("reading", input, error);
        source.seek(SeekFrom::Start(0)).map_err(failed)?;
        taken = through_layers(&mut source, &mut staged, progress, Some(taken.envelopes))?;
    }
    let Taken { length, removed, inner, .. } = taken;
    source.check_unchanged()?;
    let output = staged.commit(placing.overwrite, placing.durability)?;
    let name = || output.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let signed_inside = if inner { vec![name()] } else { Vec::new() };
    Ok(Extracted { output, length, removed, objects: Vec::new(), signed_inside })
}

/// As [`extract_file`], into a pipe.
///
/// # Errors
/// As [`extract_file`]; what was written before an error is worth nothing.
pub fn extract_to(input: &Path, out: &mut dyn Write) -> Result<(u64, Vec<Removed>)> {
    extract_layers_to(input, None, out)
}

/// As [`extract_layers_file`], into a pipe.
///
/// # Errors
/// As [`extract_file`]; what was written before an error is worth nothing.
pub fn extract_layers_to(
    input: &Path,
    layers: Option<usize>,
    out: &mut dyn Write,
) -> Result<(u64, Vec<Removed>)> {
    if crate::container::is_container(input)? {
        let (object, signers) = crate::extract_object_to(input, out)?;
        return Ok((object.length, vec![Removed::Asic { signers }]));
    }
    let mut source = SourceFile::open(input, FollowLinks::Follow)?;
    let taken = through_layers(&mut source, out, None, layers)?;
    if taken.opaque {
        let source = cades::Error::Cms(cms::Error::NotCms);
        return Err(Error::Cades { path: input.to_owned(), source });
    }
    source.check_unchanged()?;
    Ok((taken.length, taken.removed))
}

/// What was written, and what was taken off it.
struct Taken {
    length: u64,
    removed: Vec<Removed>,
    /// How many envelopes were opened.
    envelopes: usize,
    /// What was written is an ASiC container.
    inner: bool,
    /// What was written is of no use: read again with that many envelopes.
    opaque: bool,
}

fn through_layers(
    source: &mut SourceFile,
    out: &mut dyn Write,
    progress: Option<&Progress<'_>>,
    layers: Option<usize>,
) -> Result<Taken> {
    let path = source.path().to_owned();
    let failed = Error::cades(&path);
    let found =
        FileKind::of(source).map_err(|error| files::Error::from_io("reading", &path, error))?;
    if !matches!(found, FileKind::SignedData | FileKind::TimestampedData | FileKind::M7m) {
        return Err(Error::Unsupported { path, found });
    }
    let wanted = Wanted { envelopes: layers, ..Wanted::default() };
    let file = cades::read(Counted::new(source, progress), &Limits::default(), &wanted, out);
    let SignedFile { envelopes, opaque, broken } = file.map_err(&failed)?;
    if let Some(broken) = broken {
        return Err(failed(broken.error));
    }
    let Some(content) = envelopes.last().and_then(Envelope::content) else {
        return Err(failed(cades::Error::Detached));
    };
    let removed = envelopes.iter().flat_map(Removed::of).collect();
    let length = content.length.unwrap_or(0);
    let inner = asic::Inner::of(&content.prefix) == Some(asic::Inner::Container);
    Ok(Taken { length, removed, envelopes: envelopes.len(), inner, opaque })
}

//! The verb that takes the content out, through every layer.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use cades::SignedFile;
use cms::Limits;
use cms::armor::Armor;
use crypto::DigestAlgorithm;
use files::{FollowLinks, SourceFile, StagedFile};

use crate::output::{self, Placing};
use crate::progress::{Counted, Progress};
use crate::{Error, FileKind, Result};

/// One layer taken off, outside in. That it was taken off does not say that
/// its signatures hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Text wrapping.
    Wrapping(Armor),
    /// A signed envelope with this many signatures.
    Signature {
        /// How many SignerInfos it has.
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
        }
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
}

/// The name of the content: the file's name less the extensions of signatures.
#[must_use]
pub fn default_output(input: &Path) -> PathBuf {
    let mut path = input.to_owned();
    while let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        let known = ["p7m", "p7s", "b64", "pem"].iter().any(|e| extension.eq_ignore_ascii_case(e));
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
/// #     authorities: &[], allow: &[], again: false, placing: Placing::default(), progress: None,
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
    files::refuse_same_file(input, output)?;
    let (mut source, mut staged) = output::open(input, output, placing)?;
    let mut taken = through_layers(&mut source, &mut staged, progress, cades::read)?;
    if taken.opaque {
        // The content only looked like a further envelope: what was taken off it goes back on.
        staged = StagedFile::create(output)?;
        taken = through_layers(&mut source, &mut staged, progress, cades::read_outer)?;
    }
    let Taken { length, removed, .. } = taken;
    source.check_unchanged()?;
    let output = staged.commit(placing.overwrite, placing.durability)?;
    Ok(Extracted { output, length, removed })
}

/// As [`extract_file`], into a pipe.
///
/// # Errors
/// As [`extract_file`]; what was written before an error is worth nothing.
pub fn extract_to(input: &Path, out: &mut dyn Write) -> Result<(u64, Vec<Removed>)> {
    let mut source = SourceFile::open(input, FollowLinks::Follow)?;
    let taken = through_layers(&mut source, out, None, cades::read)?;
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
    /// What was written is of no use: read again with [`cades::read_outer`].
    opaque: bool,
}

/// How the envelopes of a file are opened.
type Open<'r, 's> = fn(
    Counted<'r, &'s mut SourceFile>,
    &Limits,
    &BTreeSet<DigestAlgorithm>,
    &mut dyn Write,
) -> cades::Result<SignedFile>;

fn through_layers<'p, 's>(
    source: &'s mut SourceFile,
    out: &mut dyn Write,
    progress: Option<&'p Progress<'p>>,
    open: Open<'p, 's>,
) -> Result<Taken> {
    let path = source.path().to_owned();
    let failed = Error::cades(&path);
    let found =
        FileKind::of(source).map_err(|error| files::Error::from_io("reading", &path, error))?;
    if found != FileKind::SignedData {
        return Err(Error::Unsupported { path, found });
    }
    let file = open(Counted::new(source, progress), &Limits::default(), &BTreeSet::new(), out);
    let SignedFile { layers, opaque, broken } = file.map_err(&failed)?;
    if let Some(broken) = broken {
        return Err(failed(broken.0.into()));
    }
    let Some(content) = layers.last().and_then(|layer| layer.content.as_ref()) else {
        return Err(failed(cades::Error::Detached));
    };
    let removed = layers.iter().flat_map(|layer| {
        let wrapping = layer.wrapping.iter().map(|armor| Removed::Wrapping(*armor));
        wrapping.chain([Removed::Signature { signers: layer.data.signer_infos.len() }])
    });
    Ok(Taken { length: content.length.unwrap_or(0), removed: removed.collect(), opaque })
}

//! The verb that signs a signature (RFC 5652 §11.4).

use std::collections::BTreeSet;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use cades::SignatureId;
use cms::verify::{ContentDigests, ValueCheck, needed_digests, verify_signer};
use cms::{Limits, SignedData};

use crate::extend::{digest_file, growth};
use crate::output;
use crate::progress::Counted;
use crate::raise::{Raised, TargetLevel, certificate_of};
use crate::sign::{
    SignOptions, Signed, raise_of, refuse_obstacles, refuse_revoked_notes, with_signing,
};
use crate::unwrapped::Unwrapped;
use crate::{Error, Result};

/// Countersigns signatures of a file: each key signs the value of each of them.
/// Every octet that is there stays as it is. `content` is the signed file of a
/// detached signature, which only an archive time-stamp needs.
///
/// A countersignature says something about a signature, not about the content;
/// what it says of the content it owes to the signature below it. With
/// [`SignOptions::long_term`] the data of the countersigner go in too, and the
/// archive time-stamp onto the signature that everything stands on.
///
/// ```
/// use ceralacca::{SignOptions, SigningKey, countersign_file, sign_file};
/// # use ceralacca::Secret;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let now = "2026-03-01T10:00:00Z".parse()?;
/// # let pki = dir.path().join("lab");
/// # lab::disk::init(&pki, &lab::Config::quick(now))?;
/// # let pin = Secret::from_file_contents(std::fs::read(pki.join("signers/presidente.pin"))?);
/// # let president = SigningKey::from_pkcs12(&pki.join("signers/presidente.p12"), &pin)?;
/// # let file = dir.path().join("verbale.txt");
/// # std::fs::write(&file, "Il Consiglio approva.")?;
/// # let options =
/// #     SignOptions { keys: &[president], signing_time: now, ..SignOptions::default() };
/// # let p7m = sign_file(&file, &dir.path().join("verbale.txt.p7m"), &options)?.output;
/// let secretary = SigningKey::from_pkcs12(&pki.join("signers/segretario.p12"), &pin)?;
/// let options = SignOptions { keys: &[secretary], ..options };
/// let output = dir.path().join("verbale.txt-countersigned.p7m");
/// let (signed, ids) = countersign_file(&p7m, None, &output, &["1".parse()?], &options)?;
/// assert_eq!(ids[0].to_string(), "1.1");
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`cosign_file`](crate::cosign_file); also a signature that is not there,
/// is broken, or is covered by something that must not change.
pub fn countersign_file(
    input: &Path,
    content: Option<&Path>,
    output: &Path,
    signatures: &[SignatureId],
    options: &SignOptions<'_>,
) -> Result<(Signed, Vec<SignatureId>)> {
    refuse_obstacles(options)?;
    let (source, mut staged) = output::open(input, output, options.placing)?;
    let mut opened = Unwrapped::open(source, output)?;
    let failed = Error::cades(input);
    let limits = Limits::default();
    let outline = cades::outline(&mut opened, &limits).map_err(&failed)?;
    opened.seek(SeekFrom::Start(0)).map_err(|error| failed(error.into()))?;
    for id in signatures {
        examine(input, &outline.data, id, options)?;
    }
    let raise = raise_of(input, options);
    // Only an archive time-stamp needs to know the content.
    let digests: BTreeSet<_> = match &raise {
        Some(raise) if raise.level == TargetLevel::Lta => {
            raise.digests(&outline.data, signatures)?.into_iter().collect()
        }
        _ => BTreeSet::new(),
    };
    let outside = match (outline.attached, content) {
        (true, Some(_)) => return Err(failed(cades::Error::AlreadyAttached)),
        (true, None) => None,
        (false, Some(path)) => Some(digest_file(path, &digests, options.progress)?),
        (false, None) if !digests.is_empty() => {
            return Err(Error::ContentNeeded { path: input.to_owned() });
        }
        (false, None) => Some(ContentDigests::default()),
    };
    let inside = if outside.is_some() { BTreeSet::new() } else { digests };
    let level = raise.map_or(TargetLevel::T, |raise| raise.level);
    let growth = growth(&outline.data, level);
    let (mut ids, mut raised, mut refusal) = (Vec::new(), Raised::default(), None);
    // The completion is for signatures over content: these are raised by hand.
    let plain = SignOptions { long_term: None, ..*options };
    let mut stamps = with_signing(input, &plain, |signing| {
        let change = |data: &mut SignedData, content: &ContentDigests| {
            for id in signatures {
                ids.extend(cades::countersign(data, id, signing)?);
            }
            let Some(raise) = &raise else { return Ok(()) };
            let content = outside.as_ref().unwrap_or(content);
            let done = raise.run(data, content, &ids).and_then(|raised| {
                refuse_revoked_notes(&raised.notes, options)?;
                Ok(raised)
            });
            raised = done.map_err(|error| {
                refusal = Some(error);
                cades::Error::Refused
            })?;
            Ok(())
        };
        let file = Counted::new(&mut opened, options.progress);
        let done = cades::rewrite(file, &mut staged, &inside, growth, &limits, change);
        done.map_err(|error| refusal.take().unwrap_or_else(|| failed(error)))
    })?;
    stamps.add(raised);
    opened.check_unchanged()?;
    let placed = staged.commit(options.placing.overwrite, options.placing.durability)?;
    Ok((stamps.signed(placed, options), ids))
}

/// Makes sure that a signature is there, is sound, and was not countersigned
/// by the same person yet.
fn examine(
    path: &Path,
    data: &SignedData,
    id: &SignatureId,
    options: &SignOptions<'_>,
) -> Result<()> {
    let signer = cades::find_signer(data, id).map_err(Error::cades(path))?;
    let broken = |what| Error::Broken { path: path.to_owned(), id: id.to_string(), what };
    // Whoever countersigns says that the value is good; without its certificate nobody can.
    let certificate = certificate_of(&signer, &data.x509_certificates())
        .ok_or_else(|| broken("its certificate is not at hand"))?;
    let over;
    let content = match id.parent() {
        None => None,
        Some(parent) => {
            let parent = cades::find_signer(data, &parent).map_err(Error::cades(path))?;
            let digest = |algorithm| (algorithm, crypto::digest(algorithm, &parent.signature));
            over = ContentDigests {
                values: needed_digests(&signer).into_iter().map(digest).collect(),
                length: Some(parent.signature.len() as u64),
                prefix: parent.signature,
            };
            Some(&over)
        }
    };
    let content_type = id.parent().is_none().then_some(&data.content_type);
    let check = verify_signer(&signer, &certificate, content_type, content);
    if matches!(check.value, ValueCheck::Invalid)
        || check.content == cms::verify::ContentCheck::Altered
    {
        return Err(broken("its value does not verify"));
    }
    if options.again {
        return Ok(());
    }
    for raw in signer.unsigned_values(&cms::oids::COUNTERSIGNATURE) {
        let Ok(value) = asn1::Value::parse(raw) else { continue };
        let Ok(present) = cms::SignerInfo::parse(&value, &Limits::default()) else { continue };
        for key in options.keys {
            if present.sid.names(&key.certificate) {
                let subject = key.certificate.subject().to_string();
                return Err(Error::AlreadySigned { path: path.to_owned(), subject });
            }
        }
    }
    Ok(())
}

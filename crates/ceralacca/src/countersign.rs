//! The verb that signs a signature (RFC 5652 §11.4).

use std::collections::BTreeSet;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use cades::SignatureId;
use cms::verify::{ContentDigests, check_content, needed_digests, verify_signer};
use cms::{Limits, SignedData};
use files::{FollowLinks, SourceFile};
use x509::Certificate;

use crate::extend::{digest_file, growth, trailing};
use crate::keys::holder;
use crate::material::Note;
use crate::output;
use crate::present::problem;
use crate::progress::Counted;
use crate::raise::{Raised, TargetLevel, certificate_of};
use crate::sign::{
    SignOptions, Signed, raise_of, refuse_obstacles, refuse_revoked_notes, with_signing,
};
use crate::unwrapped::Unwrapped;
use crate::{Error, Result};

/// Countersigns signatures of a file: each key signs the value of each of them.
/// Every octet that is there stays as it is. `content` is the signed file of a
/// detached signature; without it the signatures are taken at their value, and no
/// archive time-stamp can be had.
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
/// let (signed, made) = countersign_file(&p7m, None, &output, &["1".parse()?], &options)?;
/// assert_eq!(made[0].id.to_string(), "1.1");
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
) -> Result<(Signed, Vec<Countersigned>)> {
    refuse_obstacles(options)?;
    let (source, mut staged) = output::open(input, output, options.placing)?;
    let mut opened = Unwrapped::open(source, output)?;
    let failed = Error::cades(input);
    let limits = Limits::default();
    let outline = cades::outline(&mut opened, &limits).map_err(&failed)?;
    opened.seek(SeekFrom::Start(0)).map_err(|error| failed(error.into()))?;
    let notes = examine_all(input, &outline.data, signatures, options)?;
    let raise = raise_of(input, options);
    // What the signatures below are over, to see that it is still that; and what an archive
    // time-stamp needs.
    let mut digests: BTreeSet<_> = signatures
        .iter()
        .filter_map(|id| outline.data.signer_infos.get(id.signer()))
        .flat_map(needed_digests)
        .collect();
    let archive = raise.filter(|raise| raise.level == TargetLevel::Lta);
    if let Some(raise) = &archive {
        digests.extend(raise.digests(&outline.data, signatures)?);
    }
    let outside = match (outline.attached, content) {
        (true, Some(_)) => return Err(failed(cades::Error::AlreadyAttached)),
        (true, None) => None,
        (false, Some(path)) => Some(digest_file(path, &digests, options.progress)?),
        (false, None) if archive.is_some() => {
            return Err(Error::ContentNeeded { path: input.to_owned() });
        }
        (false, None) => Some(ContentDigests::default()),
    };
    // A detached signature whose content is elsewhere is taken at its value.
    let at_hand = outline.attached || content.is_some();
    let inside = if outside.is_some() { BTreeSet::new() } else { digests };
    let level = raise.map_or(TargetLevel::T, |raise| raise.level);
    let growth = growth(&outline.data, level);
    let (mut ids, mut made) = (Vec::new(), Vec::new());
    let (mut raised, mut refusal) = (Raised::default(), None);
    // The completion is for signatures over content: these are raised by hand.
    let plain = SignOptions { long_term: None, ..*options };
    let mut stamps = with_signing(input, &plain, |signing| {
        let change = |data: &mut SignedData, content: &ContentDigests| {
            let content = outside.as_ref().unwrap_or(content);
            if at_hand {
                refuse_other_content(input, data, signatures, content).map_err(|error| {
                    refusal = Some(error);
                    cades::Error::Refused
                })?;
            }
            for id in signatures {
                let signer = cades::find_signer(data, id)?;
                let of = certificate_of(&signer, &data.x509_certificates());
                let new = cades::countersign(data, id, signing)?;
                made.extend(new.iter().cloned().zip(options.keys).map(|(new, key)| {
                    let (by, of) = (key.certificate.clone(), of.clone());
                    Countersigned { id: new, on: id.clone(), by, of }
                }));
                ids.extend(new);
            }
            let Some(raise) = &raise else { return Ok(()) };
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
    let mut signed = stamps.signed(placed, options);
    signed.notes.splice(..0, trailing(outline.spans.trailing).into_iter().chain(notes));
    Ok((signed, made))
}

/// One countersignature that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countersigned {
    /// Its id, as `verify` shows it.
    pub id: SignatureId,
    /// The signature it is on.
    pub on: SignatureId,
    /// Who countersigned.
    pub by: Certificate,
    /// Whose signature it is on.
    pub of: Option<Certificate>,
}

/// Refuses what [`countersign_file`] would refuse, as far as can be said
/// without reading the content. Nothing is written.
///
/// # Errors
/// As [`countersign_file`].
pub fn check_countersign(
    input: &Path,
    content: Option<&Path>,
    output: &Path,
    signatures: &[SignatureId],
    options: &SignOptions<'_>,
) -> Result<()> {
    refuse_obstacles(options)?;
    let source = SourceFile::open(input, FollowLinks::Follow)?;
    let mut opened = Unwrapped::open(source, output)?;
    let outline = cades::outline(&mut opened, &Limits::default()).map_err(Error::cades(input))?;
    examine_all(input, &outline.data, signatures, options)?;
    if let Some(content) = content {
        SourceFile::open(content, FollowLinks::Follow)?;
    }
    Ok(())
}

/// Examines every signature to be countersigned; notes those of the
/// countersigners themselves.
fn examine_all(
    path: &Path,
    data: &SignedData,
    signatures: &[SignatureId],
    options: &SignOptions<'_>,
) -> Result<Vec<Note>> {
    let mut notes = Vec::new();
    for id in signatures {
        let certificate = examine(path, data, id, options)?;
        if options.keys.iter().any(|key| same_person(&key.certificate, &certificate)) {
            let subject = holder(&certificate);
            notes.push(Note::OwnSignature { id: id.to_string(), subject });
        }
    }
    Ok(notes)
}

/// Whether two certificates are one person's: the same one, or with the same tax code.
fn same_person(one: &Certificate, other: &Certificate) -> bool {
    one == other || one.tax_code().is_some_and(|code| other.tax_code() == Some(code))
}

/// A countersignature under something altered would only make it look respectable.
fn refuse_other_content(
    path: &Path,
    data: &SignedData,
    signatures: &[SignatureId],
    content: &ContentDigests,
) -> Result<()> {
    let pool = data.x509_certificates();
    for id in signatures {
        let top = SignatureId::top(id.signer());
        let signer = cades::find_signer(data, &top).map_err(Error::cades(path))?;
        let (value, over) = match certificate_of(&signer, &pool) {
            Some(certificate) => {
                let kind = Some(&data.content_type);
                let check = verify_signer(&signer, &certificate, kind, Some(content));
                (Some(check.value), check.content)
            }
            None => (None, check_content(&signer, Some(content))),
        };
        if let Some(what) = problem(value.as_ref(), &over) {
            return Err(Error::Broken { path: path.to_owned(), id: top.to_string(), what });
        }
    }
    Ok(())
}

/// Makes sure that a signature is there, is sound, and was not countersigned
/// by the same person yet; gives the certificate it was made with.
fn examine(
    path: &Path,
    data: &SignedData,
    id: &SignatureId,
    options: &SignOptions<'_>,
) -> Result<Certificate> {
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
    if let Some(what) = problem(Some(&check.value), &check.content) {
        return Err(broken(what));
    }
    if options.again {
        return Ok(certificate);
    }
    for raw in signer.unsigned_values(&cms::oids::COUNTERSIGNATURE) {
        let Ok(value) = asn1::Value::parse(raw) else { continue };
        let Ok(present) = cms::SignerInfo::parse(&value, &Limits::default()) else { continue };
        for key in options.keys {
            if present.sid.names(&key.certificate) {
                let subject = crate::keys::holder(&key.certificate);
                return Err(Error::AlreadySigned { path: path.to_owned(), subject });
            }
        }
    }
    Ok(certificate)
}

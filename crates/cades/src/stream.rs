//! Signing content as it flows: attached as DER or BER, detached, and changes
//! to files that are signed already.

use std::io::{Read, Seek, SeekFrom, Write};

use cms::verify::{ContentCheck, ContentDigests, check_content};
use cms::{BerWriter, DerWriter, Finished, Limits, SignedData, SignedDataReader};
use crypto::{MultiHasher, stream};

use crate::change::{add_certificates, refuse_evidence_record, refuse_moving_content};
use crate::create::append;
use crate::rewrite::rewrite_after_look;
use crate::{Error, Result, Signing};

/// Signs `content` into a detached signature (`.p7s`), reading it once.
///
/// # Errors
/// Reading, a key or a time-stamp failed.
pub fn sign_detached(content: impl Read, signing: &mut Signing<'_>) -> Result<Vec<u8>> {
    signing.check()?;
    let mut hasher = MultiHasher::new(signing.digests());
    stream::hash(content, &mut hasher)?;
    let mut data = SignedData::new(cms::oids::DATA);
    finish(&mut data, signing, &digests_of(hasher))?;
    Ok(data.to_detached())
}

/// Signs `content` of `size` octets into an attached signature in DER
/// (`.p7m`), reading it once while it is written.
///
/// A second reading is needed only when the size of the signatures moves a
/// length across a power of 256, which happens to small files, and to large
/// ones hardly ever.
///
/// # Errors
/// Reading, writing, a key or a time-stamp failed; the content has another
/// size than announced.
pub fn sign_attached(
    mut content: impl Read + Seek,
    size: u64,
    mut out: impl Write + Seek,
    signing: &mut Signing<'_>,
) -> Result<()> {
    signing.check()?;
    let mut data = SignedData::new(cms::oids::DATA);
    signing.announce(&mut data)?;
    let start = content.stream_position()?;
    let out_start = out.stream_position()?;
    let mut hasher = MultiHasher::new(signing.digests());
    let expected = data.size_behind_content() + signing.expected_size();
    let mut writer = DerWriter::begin(out, &data, size, expected)?;
    stream::hash_and_copy(&mut content, &mut hasher, &mut writer)?;
    finish(&mut data, signing, &digests_of(hasher))?;
    let after_content = match writer.finish(&data)? {
        Finished::Complete(_) => return Ok(()),
        Finished::Again { out: again, after_content } => {
            out = again;
            after_content
        }
    };
    content.seek(SeekFrom::Start(start))?;
    out.seek(SeekFrom::Start(out_start))?;
    write_again(&mut content, size, out, &data, after_content)
}

/// Writes the content once more, under a head whose width is now certain, and
/// makes sure that it is still the content that was signed.
fn write_again(
    content: &mut (impl Read + Seek),
    size: u64,
    out: impl Write + Seek,
    data: &SignedData,
    after_content: u64,
) -> Result<()> {
    let mut hasher = MultiHasher::new(data.announced_digests());
    let mut writer = DerWriter::begin(out, data, size, after_content)?;
    stream::hash_and_copy(content, &mut hasher, &mut writer)?;
    covered_by_all(data, &digests_of(hasher))?;
    match writer.finish(data)? {
        Finished::Complete(_) => Ok(()),
        Finished::Again { .. } => Err(Error::ContentSize { expected: size, found: size }),
    }
}

/// Signs content of unknown size into a pipe: attached, in BER.
///
/// # Errors
/// Reading, writing, a key or a time-stamp failed.
pub fn sign_piped(content: impl Read, out: impl Write, signing: &mut Signing<'_>) -> Result<()> {
    signing.check()?;
    let mut data = SignedData::new(cms::oids::DATA);
    signing.announce(&mut data)?;
    let mut hasher = MultiHasher::new(signing.digests());
    let mut writer = BerWriter::begin(out, &data)?;
    stream::hash_and_copy(content, &mut hasher, &mut writer)?;
    finish(&mut data, signing, &digests_of(hasher))?;
    writer.finish(&data)?;
    Ok(())
}

/// Adds parallel signatures to a signed file, keeping every octet of the
/// signatures in it. The content is read once, while it is copied.
///
/// `before_signing` sees what is in the file and may refuse; where the content
/// is one primitive string, as DER has it, it is asked before anything is copied.
///
/// # Errors
/// The file is no signed file with its content inside; reading, writing, a key
/// or a time-stamp failed; `before_signing` refused; an evidence record or an
/// archive time-stamp forbids it.
pub fn cosign(
    file: impl Read + Seek,
    out: impl Write + Seek,
    signing: &mut Signing<'_>,
    limits: &Limits,
    before_signing: impl FnOnce(&SignedData) -> Result<()>,
) -> Result<()> {
    signing.check()?;
    let digests = signing.digests();
    let certificates = signing.certificates();
    let room: usize = certificates.iter().map(|certificate| certificate.der().len()).sum();
    let growth = signing.expected_size() + room as u64;
    let look = |data: &SignedData| {
        // What forbids signing is found out before hours of copying, if it can be.
        refuse_evidence_record(data)?;
        add_certificates(&mut data.clone(), certificates)?;
        before_signing(data)
    };
    let sign = |data: &mut SignedData, content: &ContentDigests| finish(data, signing, content);
    rewrite_after_look(file, out, &digests, growth, limits, look, sign)
}

/// Adds parallel signatures to a detached signature.
///
/// # Errors
/// As [`cosign`]; the content must be the one the present signatures are over.
pub fn cosign_detached(
    mut data: SignedData,
    content: impl Read,
    signing: &mut Signing<'_>,
) -> Result<Vec<u8>> {
    signing.check()?;
    let algorithms = data.announced_digests().into_iter().chain(signing.digests());
    let mut hasher = MultiHasher::new(algorithms);
    stream::hash(content, &mut hasher)?;
    let digests = digests_of(hasher);
    covered_by_all(&data, &digests)?;
    refuse_evidence_record(&data)?;
    finish(&mut data, signing, &digests)?;
    Ok(data.to_detached())
}

/// Takes the content out of a signed file: what is left is a detached
/// signature, every SignerInfo unchanged to the octet.
///
/// # Errors
/// The file is no signed file, or has no content inside; an older archive
/// time-stamp or an evidence record is over the file as it stands.
pub fn detach(file: impl Read, limits: &Limits) -> Result<Vec<u8>> {
    let reader = SignedDataReader::open(file, *limits)?;
    if !reader.is_attached() {
        return Err(Error::Detached);
    }
    let (data, _) = reader.finish()?;
    if data.signer_infos.is_empty() {
        return Err(Error::NoSignature);
    }
    refuse_moving_content(&data)?;
    Ok(data.to_detached())
}

/// Puts content of `size` octets back into a detached signature, in DER,
/// after making sure that it is the content every signature is over.
///
/// # Errors
/// The content is another one; reading or writing failed; as [`detach`].
pub fn attach(
    data: &SignedData,
    content: impl Read,
    size: u64,
    out: impl Write + Seek,
) -> Result<()> {
    if data.signer_infos.is_empty() {
        return Err(Error::NoSignature);
    }
    refuse_moving_content(data)?;
    let needed = data.signer_infos.iter().flat_map(cms::verify::needed_digests);
    let mut hasher = MultiHasher::new(needed);
    let mut writer = DerWriter::begin(out, data, size, data.size_behind_content())?;
    stream::hash_and_copy(content, &mut hasher, &mut writer)?;
    covered_by_all(data, &digests_of(hasher))?;
    match writer.finish(data)? {
        Finished::Complete(_) => Ok(()),
        Finished::Again { .. } => Err(Error::ContentSize { expected: size, found: size }),
    }
}

fn finish(
    data: &mut SignedData,
    signing: &mut Signing<'_>,
    content: &ContentDigests,
) -> Result<()> {
    signing.announce(data)?;
    let signers = signing.sign(&data.content_type, &content.values)?;
    append(data, signers);
    match &mut signing.completion {
        Some(complete) => complete(data, content),
        None => Ok(()),
    }
}

fn digests_of(hasher: MultiHasher) -> ContentDigests {
    ContentDigests { values: hasher.finish(), ..Default::default() }
}

/// Makes sure that every signature is over the content with these digests, as
/// far as their algorithms are known.
fn covered_by_all(data: &SignedData, content: &ContentDigests) -> Result<()> {
    for (index, signer) in data.signer_infos.iter().enumerate() {
        if check_content(signer, Some(content)) == ContentCheck::Altered {
            return Err(Error::WrongContent { signer: index + 1 });
        }
    }
    Ok(())
}

//! Signing content as it flows: attached as DER or BER, detached, and changes
//! to files that are signed already.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom, Write};

use cms::verify::{ContentCheck, ContentDigests, PREFIX, check_content};
use cms::{BerWriter, DerWriter, Finished, Limits, SignedData, SignedDataReader};
use crypto::{DigestAlgorithm, MultiHasher, stream};

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
/// `look` sees what is in the file and may refuse. It is asked twice: without
/// the content, as soon as the signatures are known (where the content is one
/// primitive string, as DER has it, before anything is copied); and once more,
/// before anything is signed, with the digests of the content that the
/// signatures present need.
///
/// Returns how many octets stand behind the signed file: they are not taken over.
///
/// # Errors
/// The file is no signed file with its content inside; reading, writing, a key
/// or a time-stamp failed; `look` refused; an evidence record or an archive
/// time-stamp forbids it.
pub fn cosign(
    mut file: impl Read + Seek,
    mut out: impl Write + Seek,
    signing: &mut Signing<'_>,
    limits: &Limits,
    mut look: impl FnMut(&SignedData, Option<&ContentDigests>) -> Result<()>,
) -> Result<u64> {
    signing.check()?;
    let (start, out_start) = (file.stream_position()?, out.stream_position()?);
    let mut digests = signing.digests();
    digests.extend(digests_present(&mut file, limits)?);
    // Content in pieces stands before signatures that may need what nothing announced: it is read
    // once more then, which only a malformed file takes.
    let (mut lacking, mut trailing) =
        cosign_with(&mut file, &mut out, signing, &digests, limits, &mut look)?;
    if !lacking.is_empty() {
        digests.append(&mut lacking);
        file.seek(SeekFrom::Start(start))?;
        out.seek(SeekFrom::Start(out_start))?;
        (_, trailing) = cosign_with(&mut file, &mut out, signing, &digests, limits, &mut look)?;
    }
    Ok(trailing)
}

/// The digests that the signatures present need of the content, as far as they
/// can be known before it is read. `file` stands where it stood.
fn digests_present(
    mut file: impl Read + Seek,
    limits: &Limits,
) -> Result<BTreeSet<DigestAlgorithm>> {
    let start = file.stream_position()?;
    let mut reader = SignedDataReader::open(&mut file, *limits)?;
    let digests = if reader.is_attached() && reader.skip_content()?.is_none() {
        reader.head().announced_digests().into_iter().collect()
    } else {
        needed(&reader.finish()?.0)
    };
    file.seek(SeekFrom::Start(start))?;
    Ok(digests)
}

fn needed(data: &SignedData) -> BTreeSet<DigestAlgorithm> {
    data.signer_infos.iter().flat_map(cms::verify::needed_digests).collect()
}

/// One pass of [`cosign`]. Where the content was not hashed with everything the
/// signatures present need, nothing is signed, and what lacks is returned.
fn cosign_with(
    file: impl Read + Seek,
    out: impl Write + Seek,
    signing: &mut Signing<'_>,
    digests: &BTreeSet<DigestAlgorithm>,
    limits: &Limits,
    look: &mut impl FnMut(&SignedData, Option<&ContentDigests>) -> Result<()>,
) -> Result<(BTreeSet<DigestAlgorithm>, u64)> {
    let certificates = signing.certificates();
    let room: usize = certificates.iter().map(|certificate| certificate.der().len()).sum();
    let growth = signing.expected_size() + room as u64;
    let look = std::cell::RefCell::new(look);
    let before = |data: &SignedData| {
        // What forbids signing is found out before hours of copying, if it can be.
        refuse_evidence_record(data)?;
        add_certificates(&mut data.clone(), certificates)?;
        (look.borrow_mut())(data, None)
    };
    let mut lacking = BTreeSet::new();
    let sign = |data: &mut SignedData, content: &ContentDigests| {
        lacking = needed(data).difference(digests).copied().collect();
        if !lacking.is_empty() {
            return Err(Error::Refused);
        }
        (look.borrow_mut())(data, Some(content))?;
        finish(data, signing, content)
    };
    match rewrite_after_look(file, out, digests, growth, limits, before, sign) {
        Err(Error::Refused) if !lacking.is_empty() => Ok((lacking, 0)),
        done => done.map(|trailing| (BTreeSet::new(), trailing)),
    }
}

/// Adds parallel signatures to a detached signature.
///
/// # Errors
/// As [`cosign`]; the content must be the one the present signatures are over.
pub fn cosign_detached(
    mut data: SignedData,
    mut content: impl Read,
    signing: &mut Signing<'_>,
    mut look: impl FnMut(&SignedData, Option<&ContentDigests>) -> Result<()>,
) -> Result<Vec<u8>> {
    signing.check()?;
    refuse_evidence_record(&data)?;
    look(&data, None)?;
    let mut algorithms = needed(&data);
    algorithms.extend(signing.digests());
    let mut prefix = Vec::new();
    (&mut content).take(PREFIX as u64).read_to_end(&mut prefix)?;
    let mut hasher = MultiHasher::new(algorithms);
    let length = stream::hash((&prefix[..]).chain(content), &mut hasher)?;
    let digests = ContentDigests { values: hasher.finish(), prefix, length: Some(length) };
    covered_by_all(&data, &digests)?;
    look(&data, Some(&digests))?;
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

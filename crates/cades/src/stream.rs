//! Signing content as it flows: attached as DER or BER, detached, and changes
//! to files that are signed already.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};

use cms::{BerWriter, DerWriter, Finished, Limits, Rewrap, SignedData, SignedDataReader};
use crypto::{DigestAlgorithm, MultiHasher, stream};

use crate::create::{append, empty_signed_data};
use crate::{Error, Result, Signing};

/// Signs `content` into a detached signature (`.p7s`), reading it once.
///
/// # Errors
/// Reading, a key or a time-stamp failed.
pub fn sign_detached(content: impl Read, signing: &mut Signing<'_>) -> Result<Vec<u8>> {
    check(signing)?;
    let mut hasher = MultiHasher::new(signing.digests());
    stream::hash(content, &mut hasher)?;
    let mut data = empty_signed_data();
    finish(&mut data, signing, &hasher.finish())?;
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
    check(signing)?;
    let mut data = empty_signed_data();
    signing.announce(&mut data);
    let start = content.stream_position()?;
    let out_start = out.stream_position()?;
    let mut hasher = MultiHasher::new(signing.digests());
    let expected = data.size_behind_content() + signing.expected_size();
    let mut writer = DerWriter::begin(out, &data, size, expected)?;
    stream::hash_and_copy(&mut content, &mut hasher, &mut writer)?;
    finish(&mut data, signing, &hasher.finish())?;
    let after_content = match writer.finish(&data)? {
        Finished::Complete(_) => return Ok(()),
        Finished::Again { out: again, after_content } => {
            out = again;
            after_content
        }
    };
    content.seek(SeekFrom::Start(start))?;
    out.seek(SeekFrom::Start(out_start))?;
    rewrite(&mut content, size, out, &data, after_content)
}

/// Writes the content once more, under a head whose width is now certain, and
/// makes sure that it is still the content that was signed.
fn rewrite(
    content: &mut (impl Read + Seek),
    size: u64,
    out: impl Write + Seek,
    data: &SignedData,
    after_content: u64,
) -> Result<()> {
    let mut hasher = MultiHasher::new(data.announced_digests());
    let mut writer = DerWriter::begin(out, data, size, after_content)?;
    stream::hash_and_copy(content, &mut hasher, &mut writer)?;
    covered_by_all(data, &hasher.finish())?;
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
    check(signing)?;
    let mut data = empty_signed_data();
    signing.announce(&mut data);
    let mut hasher = MultiHasher::new(signing.digests());
    let mut writer = BerWriter::begin(out, &data)?;
    stream::hash_and_copy(content, &mut hasher, &mut writer)?;
    finish(&mut data, signing, &hasher.finish())?;
    writer.finish(&data)?;
    Ok(())
}

/// Adds parallel signatures to a signed file, keeping every octet of the
/// signatures in it. The file is read once for its digests and once more to be
/// copied.
///
/// `before_signing` sees what is in the file, with the digests of its content,
/// and may refuse.
///
/// # Errors
/// The file is no signed file with its content inside; reading, writing, a key
/// or a time-stamp failed; `before_signing` refused.
pub fn cosign(
    mut file: impl Read + Seek,
    mut out: impl Write,
    signing: &mut Signing<'_>,
    limits: &Limits,
    before_signing: impl FnOnce(&SignedData) -> Result<()>,
) -> Result<()> {
    check(signing)?;
    let start = file.stream_position()?;
    let mut reader = SignedDataReader::open(&mut file, *limits)?;
    let mut hasher = MultiHasher::new(signing.digests());
    match reader.content()? {
        None => return Err(Error::Detached),
        Some(content) => stream::hash(content, &mut hasher)?,
    };
    let (mut data, spans) = reader.finish()?;
    before_signing(&data)?;
    finish(&mut data, signing, &hasher.finish())?;
    let length = spans.encapsulated.end - spans.encapsulated.start;
    let around = Rewrap::new(&data, length);
    out.write_all(&around.before)?;
    file.seek(SeekFrom::Start(start + spans.encapsulated.start))?;
    stream::copy_exact(&mut file, &mut out, length)?;
    out.write_all(&around.after)?;
    Ok(out.flush()?)
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
    check(signing)?;
    let algorithms = data.announced_digests().into_iter().chain(signing.digests());
    let mut hasher = MultiHasher::new(algorithms);
    stream::hash(content, &mut hasher)?;
    let digests = hasher.finish();
    covered_by_all(&data, &digests)?;
    finish(&mut data, signing, &digests)?;
    Ok(data.to_detached())
}

/// Takes the content out of a signed file: what is left is a detached
/// signature, every SignerInfo unchanged to the octet.
///
/// # Errors
/// The file is no signed file, or has no content inside.
pub fn detach(file: impl Read, limits: &Limits) -> Result<Vec<u8>> {
    let reader = SignedDataReader::open(file, *limits)?;
    if !reader.is_attached() {
        return Err(Error::Detached);
    }
    let (data, _) = reader.finish()?;
    if data.signer_infos.is_empty() {
        return Err(Error::NoSignature);
    }
    Ok(data.to_detached())
}

/// Puts content of `size` octets back into a detached signature, in DER,
/// after making sure that it is the content every signature is over.
///
/// # Errors
/// The content is another one; reading or writing failed.
pub fn attach(
    data: &SignedData,
    content: impl Read,
    size: u64,
    out: impl Write + Seek,
) -> Result<()> {
    if data.signer_infos.is_empty() {
        return Err(Error::NoSignature);
    }
    let needed = data.signer_infos.iter().flat_map(cms::verify::needed_digests);
    let mut hasher = MultiHasher::new(needed);
    let mut writer = DerWriter::begin(out, data, size, data.size_behind_content())?;
    stream::hash_and_copy(content, &mut hasher, &mut writer)?;
    covered_by_all(data, &hasher.finish())?;
    match writer.finish(data)? {
        Finished::Complete(_) => Ok(()),
        Finished::Again { .. } => Err(Error::ContentSize { expected: size, found: size }),
    }
}

fn check(signing: &Signing<'_>) -> Result<()> {
    if signing.signatories.is_empty() { Err(Error::NoSigner) } else { Ok(()) }
}

fn finish(
    data: &mut SignedData,
    signing: &mut Signing<'_>,
    digests: &BTreeMap<DigestAlgorithm, Vec<u8>>,
) -> Result<()> {
    signing.announce(data);
    let signers = signing.sign(&data.content_type, digests)?;
    append(data, signers);
    Ok(())
}

/// Makes sure that every signature is over the content with these digests, as
/// far as their algorithms are known.
fn covered_by_all(data: &SignedData, digests: &BTreeMap<DigestAlgorithm, Vec<u8>>) -> Result<()> {
    let content = cms::verify::ContentDigests { values: digests.clone(), ..Default::default() };
    for (index, signer) in data.signer_infos.iter().enumerate() {
        use cms::verify::ContentCheck;
        if cms::verify::check_content(signer, Some(&content)) == ContentCheck::Altered {
            return Err(Error::WrongContent { signer: index + 1 });
        }
    }
    Ok(())
}

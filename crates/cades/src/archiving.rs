//! Making archive time-stamps (EN 319 122-1 §5.5.3).

use cms::verify::{ContentCheck, ContentDigests, check_content};
use cms::{Attribute, Limits, SignedData, SignerInfo};
use crypto::DigestAlgorithm;
use timestamp::Token;

use crate::archive::{HashIndex, v3_imprint};
use crate::change::{edit_signer, edit_token, refuse_evidence_record};
use crate::create::{Stamp, strength};
use crate::{Error, Result, SignatureId, oids};

/// The digest an archive time-stamp on `signer` is made with: of SHA-2, and not
/// weaker than those of the signature and of the archive time-stamps it has.
/// [`add_archive_time_stamp`] needs the content hashed with it.
#[must_use]
pub fn archive_digest(signer: &SignerInfo) -> DigestAlgorithm {
    let own = DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok();
    let older = signer
        .unsigned_values(&oids::ARCHIVE_TIME_STAMP_V3)
        .filter_map(|raw| Token::parse(raw).ok()?.info.imprint.digest_algorithm());
    let strongest = own.into_iter().chain(older).map(DigestAlgorithm::output_len).max();
    strength(strongest.unwrap_or_default())
}

/// Adds an archive-time-stamp-v3 with its ats-hash-index-v3 to a signature,
/// over everything the file holds now: what the time-stamp shall protect, the
/// validation data of the time-stamps before it too, must be there already.
/// The same again is a renewal.
///
/// # Errors
/// There is no such signature, or it is a countersignature, which the archive
/// time-stamp of the signature it stands on protects; the content was not
/// hashed with [`archive_digest`], or is not the one that was signed; no
/// time-stamp could be had; an evidence record forbids every change.
pub fn add_archive_time_stamp(
    data: &mut SignedData,
    id: &SignatureId,
    content: &ContentDigests,
    stamp: &mut Stamp<'_>,
) -> Result<()> {
    if id.is_countersignature() {
        return Err(Error::ArchivedWithParent { id: id.clone() });
    }
    refuse_evidence_record(data)?;
    let missing = || Error::NoSuchSignature { id: id.clone() };
    let signer = data.signer_infos.get(id.signer()).ok_or_else(missing)?;
    if check_content(signer, Some(content)) == ContentCheck::Altered {
        return Err(Error::WrongContent { signer: id.signer() + 1 });
    }
    let algorithm = archive_digest(signer);
    let digest = content.values.get(&algorithm).ok_or(Error::NotHashed { algorithm })?;
    let index = HashIndex::of(data, signer, algorithm);
    let imprint = v3_imprint(algorithm, &data.content_type, digest, signer, &index.raw);
    let token = stamp(algorithm, &imprint).map_err(Error::Timestamp)?;
    let token = edit_token(&token.raw, |token| {
        let limits = Limits::default();
        for signer in &mut token.signer_infos {
            *signer = signer.with_unsigned(&index.to_attribute(), &limits)?;
        }
        Ok(())
    })?;
    let attribute = Attribute::single(&oids::ARCHIVE_TIME_STAMP_V3, &token);
    edit_signer(data, id, |signer| Ok(signer.with_unsigned(&attribute, &Limits::default())?))?;
    data.announce_digest(algorithm);
    Ok(())
}

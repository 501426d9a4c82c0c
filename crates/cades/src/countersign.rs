//! Making countersignatures (RFC 5652 §11.4, EN 319 122-1 §5.2.7).

use cms::{Attribute, Limits, SignedData};

use crate::change::{
    edit_signer, find_signer, refuse_evidence_record, refuse_excess, signature_ids,
};
use crate::create::Signing;
use crate::{Result, SignatureId};

/// Countersigns a signature, once for each signatory: signatures over its
/// signature value, in an unsigned attribute each, with a time-stamp if
/// `signing` has one. Their certificates go to those of the file.
///
/// Returns the ids of the new countersignatures.
///
/// # Errors
/// There is no such signature; a key or a time-stamp failed; the properties
/// are for signatures over content; an archive time-stamp or an evidence
/// record covers the place; there would be more signatures, or more of them on
/// one another, than anybody judges.
pub fn countersign(
    data: &mut SignedData,
    parent: &SignatureId,
    signing: &mut Signing<'_>,
) -> Result<Vec<SignatureId>> {
    signing.check()?;
    refuse_evidence_record(data)?;
    let signature = find_signer(data, parent)?.signature;
    // The file is changed as a whole or not at all.
    let mut changed = data.clone();
    signing.announce(&mut changed)?;
    let new = signing.countersign(&signature)?;
    edit_signer(&mut changed, parent, |signer| {
        let mut countersigned = signer.clone();
        for new in &new {
            let attribute = Attribute::single(&cms::oids::COUNTERSIGNATURE, &new.raw);
            countersigned = countersigned.with_unsigned(&attribute, &Limits::default())?;
        }
        Ok(countersigned)
    })?;
    // Nobody would judge what is beyond.
    refuse_excess([&changed])?;
    let is_child = |id: &SignatureId| id.parent().as_ref() == Some(parent);
    let before = signature_ids(data).into_iter().filter(is_child).count();
    *data = changed;
    Ok((before..before + new.len()).map(|index| parent.child(index)).collect())
}

//! Message imprints of the time-stamps in unsigned attributes.

use asn1::{Oid, Tag, Value, der};
use cms::{Attribute, SignedData, SignerInfo};
use crypto::{DigestAlgorithm, Hasher};

use crate::oids;

/// The imprint of an archive-time-stamp-v3 (EN 319 122-1 §5.5.3): the digest over
/// `TLV(eContentType) || content_digest || fields of the SignerInfo before unsignedAttrs ||
/// index_raw`.
///
/// `content_digest` is that of the content (of a countersignature: of the signature value it is
/// on) by the same `algorithm`; `index_raw` is [`HashIndex::raw`](super::HashIndex::raw).
#[must_use]
pub fn v3_imprint(
    algorithm: DigestAlgorithm,
    content_type: &Oid,
    content_digest: &[u8],
    signer: &SignerInfo,
    index_raw: &[u8],
) -> Vec<u8> {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(&der::oid(content_type));
    hasher.update(content_digest);
    hasher.update(signer.fields_before_unsigned());
    hasher.update(index_raw);
    hasher.finish()
}

/// The imprints an archive-time-stamp-v2 may have (EN 319 122-1 §A.2.4, TS 101 733 §6.4.1): over
/// the stored octets of encapContentInfo, the content if detached, certificates, crls, the
/// fields of the SignerInfo, and its unsigned attributes of before.
///
/// `encapsulated` has taken the stored octets of encapContentInfo, and of the content if it is
/// detached. `before` says which unsigned attributes were there when the token was made. The
/// second imprint leaves the header of unsignedAttrs out, as TS 101 733 did up to V1.8.3.
#[must_use]
pub fn v2_imprints(
    encapsulated: &Hasher,
    data: &SignedData,
    signer: &SignerInfo,
    before: impl Fn(&Attribute) -> bool,
) -> Vec<Vec<u8>> {
    let kept: Vec<&[u8]> = signer
        .unsigned_attributes
        .iter()
        .flat_map(|set| &set.entries)
        .filter(|entry| before(entry))
        .map(|entry| entry.raw.as_slice())
        .collect();
    let mut fields = encapsulated.clone();
    fields.update(&data.certificates_field().unwrap_or_default());
    fields.update(&data.crls_field().unwrap_or_default());
    fields.update(signer.fields_before_unsigned());
    if kept.is_empty() {
        return vec![fields.finish()];
    }
    let mut headed = fields.clone();
    headed.update(&der::constructed(Tag::context_constructed(1), &kept));
    kept.iter().for_each(|attribute| fields.update(attribute));
    vec![headed.finish(), fields.finish()]
}

/// The imprints a CAdES-C-time-stamp may have (EN 319 122-1 §A.1.5.2): over the signature value,
/// the signature time-stamps and the references; then with the attributes in their stored order,
/// as was met.
///
/// `before` says which attributes were there when the token was made. None where there are no
/// references.
#[must_use]
pub fn cades_c_imprints(
    algorithm: DigestAlgorithm,
    signer: &SignerInfo,
    before: impl Fn(&Attribute) -> bool,
) -> Vec<Vec<u8>> {
    let order = [oids::SIGNATURE_TIME_STAMP, oids::CERTIFICATE_REFS, oids::REVOCATION_REFS];
    attribute_imprints(algorithm, &signer.signature, signer, &order, before)
}

/// The imprints a time-stamp on the references alone may have (EN 319 122-1 §A.1.5.1); in
/// stored order second. None where there are no references.
#[must_use]
pub fn references_imprints(algorithm: DigestAlgorithm, signer: &SignerInfo) -> Vec<Vec<u8>> {
    let order = [oids::CERTIFICATE_REFS, oids::REVOCATION_REFS];
    attribute_imprints(algorithm, &[], signer, &order, |_| true)
}

fn attribute_imprints(
    algorithm: DigestAlgorithm,
    first: &[u8],
    signer: &SignerInfo,
    order: &[Oid],
    before: impl Fn(&Attribute) -> bool,
) -> Vec<Vec<u8>> {
    let stored: Vec<&Attribute> = signer
        .unsigned_attributes
        .iter()
        .flat_map(|set| &set.entries)
        .filter(|entry| order.contains(&entry.oid) && before(entry))
        .collect();
    if !stored.iter().any(|entry| entry.oid != oids::SIGNATURE_TIME_STAMP) {
        // Without references there is nothing these time-stamps are made for.
        return Vec::new();
    }
    let mut by_type = stored.clone();
    // Stable: attributes of one type stay in their order.
    by_type.sort_by_key(|entry| order.iter().position(|oid| *oid == entry.oid));
    let imprint = |entries: &[&Attribute]| {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(first);
        // Type and values of each attribute, without the header of its SEQUENCE.
        for entry in entries {
            hasher.update(Value::parse(&entry.raw).map_or(&[][..], |value| value.contents()));
        }
        hasher.finish()
    };
    let mut imprints = vec![imprint(&by_type), imprint(&stored)];
    imprints.dedup();
    imprints
}

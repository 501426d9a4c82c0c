//! Changing signatures that are there, and what forbids it.
//!
//! Unsigned attributes may be added to a signature at any time, unless
//! something present covers the place: an evidence record covers the whole file
//! (TS 119 122-3), the first two kinds of archive time-stamp every unsigned
//! attribute, all certificates and all revocation data (EN 319 122-1 §A.2.4),
//! the third kind what its index lists (§5.5.2). Whatever is covered stays as
//! it is, to the octet; what is not covered is only ever added to.

use std::collections::{BTreeMap, BTreeSet};

use asn1::{Oid, Value};
use cms::{Attribute, Limits, SignedData, SignerInfo};
use timestamp::Token;
use x509::Certificate;

use crate::archive::{HashIndex, HashIndexVersion};
use crate::rewrite::rewrite;
use crate::{Error, Result, SignatureId, oids};

/// Signatures on one another, the one over the content included, that are made, changed and
/// judged. Two levels of countersignatures are met.
pub const DEEPEST: usize = 16;

/// Signatures of one file, countersignatures included, that are made, changed and judged.
pub const MOST_SIGNATURES: usize = 1024;

/// Time-stamps on the signatures of one file that are looked at. Sixty signers with a time-stamp
/// each, archived every year for fifteen years, stay below.
pub const MOST_TIME_STAMPS: usize = 1024;

/// The archive time-stamps under which certificates and revocation data of the
/// file may not change any more.
const FREEZING: [Oid; 3] =
    [oids::ARCHIVE_TIME_STAMP_V1, oids::ARCHIVE_TIME_STAMP_V2, oids::LONG_TERM_VALIDATION];

/// The archive time-stamps, which may follow one another.
const ARCHIVE: [Oid; 3] =
    [oids::ARCHIVE_TIME_STAMP_V1, oids::ARCHIVE_TIME_STAMP_V2, oids::ARCHIVE_TIME_STAMP_V3];

/// The signature with this id. For many of them see [`signers`].
///
/// # Errors
/// There is none, or a countersignature on the way cannot be read.
pub fn find_signer(data: &SignedData, id: &SignatureId) -> Result<SignerInfo> {
    let missing = || Error::NoSuchSignature { id: id.clone() };
    let top = data.signer_infos.get(id.signer()).ok_or_else(missing)?;
    let mut inner: Option<SignerInfo> = None;
    for index in id.countersignatures() {
        let around = inner.as_ref().unwrap_or(top);
        inner = Some(countersignature(around, *index).ok_or_else(missing)?.2?);
    }
    Ok(inner.unwrap_or_else(|| top.clone()))
}

/// One walk through all signatures: every SignerInfo followed by its countersignatures.
struct Walk<'w> {
    /// Told each signature; a countersignature that cannot be read is an error, and not looked into.
    see: &'w mut dyn FnMut(SignatureId, Result<&SignerInfo>),
    /// Whether there are more levels than [`DEEPEST`].
    too_deep: bool,
}

impl Walk<'_> {
    fn at(&mut self, id: &SignatureId, signer: &SignerInfo, depth: usize) {
        (self.see)(id.clone(), Ok(signer));
        for (index, raw) in signer.unsigned_values(&cms::oids::COUNTERSIGNATURE).enumerate() {
            if depth == DEEPEST {
                self.too_deep = true;
                return;
            }
            let id = id.child(index);
            match parse(raw) {
                Ok(child) => self.at(&id, &child, depth + 1),
                Err(error) => (self.see)(id, Err(error)),
            }
        }
    }

    fn over(&mut self, data: &SignedData) {
        for (index, signer) in data.signer_infos.iter().enumerate() {
            self.at(&SignatureId::top(index), signer, 1);
        }
    }
}

/// Ids of all signatures: every SignerInfo followed by its countersignatures.
/// A countersignature that cannot be read is named, but not looked into.
#[must_use]
pub fn signature_ids(data: &SignedData) -> Vec<SignatureId> {
    let mut ids = Vec::new();
    Walk { see: &mut |id, _| ids.push(id), too_deep: false }.over(data);
    ids
}

/// All signatures that can be read with their ids, in the order of [`signature_ids`], found in one
/// walk.
#[must_use]
pub fn signers(data: &SignedData) -> BTreeMap<SignatureId, SignerInfo> {
    let mut found = BTreeMap::new();
    let mut see = |id, signer: Result<&SignerInfo>| {
        found.extend(signer.ok().map(|signer| (id, signer.clone())));
    };
    Walk { see: &mut see, too_deep: false }.over(data);
    found
}

/// Refuses a file with more than anybody looks at: [`DEEPEST`], [`MOST_SIGNATURES`],
/// [`MOST_TIME_STAMPS`]. What is not looked at must not pass for judged.
///
/// # Errors
/// It is over one of these limits.
pub fn refuse_excess<'d>(layers: impl IntoIterator<Item = &'d SignedData>) -> Result<()> {
    let (mut signatures, mut stamps, mut too_deep) = (0, 0, false);
    for data in layers {
        let mut see = |_, signer: Result<&SignerInfo>| {
            signatures += 1;
            let Ok(signer) = signer else { return };
            let signed = signer.signed_attributes.iter().flat_map(|set| &set.entries);
            let all = signed.chain(entries(signer));
            let tokens = all.filter(|entry| crate::values::is_time_stamp(&entry.oid));
            stamps += tokens.map(|entry| entry.values.len()).sum::<usize>();
        };
        let mut walk = Walk { see: &mut see, too_deep: false };
        walk.over(data);
        too_deep |= walk.too_deep;
    }
    let too_many = |what, limit| Err(cms::Error::TooMany { what, limit }.into());
    if too_deep {
        too_many("signatures on one another", DEEPEST)
    } else if signatures > MOST_SIGNATURES {
        too_many("signatures and countersignatures", MOST_SIGNATURES)
    } else if stamps > MOST_TIME_STAMPS {
        too_many("time-stamps of signatures", MOST_TIME_STAMPS)
    } else {
        Ok(())
    }
}

/// Changes the unsigned attributes of one signature, a countersignature too:
/// those around it are rebuilt with every other octet kept.
///
/// # Errors
/// There is no such signature; `edit` refused; what it did, or the place where
/// it did it, is forbidden by something that covers it.
pub fn edit_signer(
    data: &mut SignedData,
    id: &SignatureId,
    edit: impl FnOnce(&SignerInfo) -> Result<SignerInfo>,
) -> Result<()> {
    refuse_evidence_record(data)?;
    let missing = Error::NoSuchSignature { id: id.clone() };
    let signer = data.signer_infos.get_mut(id.signer()).ok_or(missing)?;
    *signer = edit_inside(signer, id, id.countersignatures(), edit)?;
    Ok(())
}

fn edit_inside(
    signer: &SignerInfo,
    id: &SignatureId,
    path: &[usize],
    edit: impl FnOnce(&SignerInfo) -> Result<SignerInfo>,
) -> Result<SignerInfo> {
    let edited = match path {
        [] => edit(signer)?,
        [index, path @ ..] => {
            let missing = || Error::NoSuchSignature { id: id.clone() };
            let (attribute, value, child) = countersignature(signer, *index).ok_or_else(missing)?;
            let child = edit_inside(&child?, id, path, edit)?;
            signer.with_replaced(attribute, value, &child.raw, &Limits::default())?
        }
    };
    permit(signer, &edited, id)?;
    Ok(edited)
}

/// The countersignature at `index` on a signer, with the places of its
/// attribute and of its value there.
fn countersignature(
    signer: &SignerInfo,
    index: usize,
) -> Option<(usize, usize, Result<SignerInfo>)> {
    let entries = signer.unsigned_attributes.iter().flat_map(|set| set.entries.iter().enumerate());
    let mut values = entries
        .filter(|(_, entry)| entry.oid == cms::oids::COUNTERSIGNATURE)
        .flat_map(|(attribute, entry)| {
            entry.values.iter().enumerate().map(move |(value, raw)| (attribute, value, raw))
        });
    let (attribute, value, raw) = values.nth(index)?;
    Some((attribute, value, parse(raw)))
}

fn parse(raw: &[u8]) -> Result<SignerInfo> {
    let malformed = |source| Error::Attribute { attribute: "countersignature", source };
    let value = Value::parse(raw).map_err(malformed)?;
    Ok(SignerInfo::parse(&value, &Limits::default())?)
}

/// Says whether `after` may take the place of `before`.
fn permit(before: &SignerInfo, after: &SignerInfo, id: &SignatureId) -> Result<()> {
    let covered = |by| Error::Covered { id: id.clone(), by };
    if before.fields_before_unsigned() != after.fields_before_unsigned() {
        return Err(covered("the signature"));
    }
    let (old, new) = (entries(before), entries(after));
    if has(before, &FREEZING) {
        // Every unsigned attribute of before goes into the imprint, in order.
        let kept = new.len() >= old.len() && old.iter().zip(new).all(|(a, b)| a.raw == b.raw);
        let only_archive = new.iter().skip(old.len()).all(|entry| ARCHIVE.contains(&entry.oid));
        if !kept || !only_archive {
            return Err(covered("an archive time-stamp of an older kind"));
        }
    }
    // Some verifiers take all time-stamps and references into these imprints.
    if has(before, &[oids::CADES_C_TIME_STAMP, oids::REFS_TIME_STAMP]) {
        let stamped = |entries: &[Attribute]| -> Vec<Vec<u8>> {
            let types = [oids::SIGNATURE_TIME_STAMP, oids::CERTIFICATE_REFS, oids::REVOCATION_REFS];
            let stamped = entries.iter().filter(|entry| types.contains(&entry.oid));
            stamped.map(|entry| entry.raw.clone()).collect()
        };
        if stamped(old) != stamped(new) {
            return Err(covered("a time-stamp over references"));
        }
    }
    let values = |entries: &[Attribute]| -> BTreeSet<Vec<u8>> {
        let of = |entry: &Attribute| {
            let kind = asn1::der::oid(&entry.oid);
            entry.values.iter().map(|value| [kind.as_slice(), value].concat()).collect::<Vec<_>>()
        };
        entries.iter().flat_map(of).collect()
    };
    let whole = |entries: &[Attribute]| -> BTreeSet<Vec<u8>> {
        entries.iter().map(|entry| entry.raw.clone()).collect()
    };
    for raw in before.unsigned_values(&oids::ARCHIVE_TIME_STAMP_V3) {
        let index = Token::parse(raw).ok().and_then(|token| HashIndex::read(&token).ok());
        let gone: Vec<Vec<u8>> = match index.as_ref().map(|index| index.version) {
            Some(HashIndexVersion::V3) => values(old).difference(&values(new)).cloned().collect(),
            // Without a readable index anything may be covered.
            _ => whole(old).difference(&whole(new)).cloned().collect(),
        };
        let listed = |object: &Vec<u8>| {
            index.as_ref().is_none_or(|index| {
                index.unsigned.contains(&crypto::digest(index.algorithm, object))
            })
        };
        if gone.iter().any(listed) {
            return Err(covered("an archive time-stamp"));
        }
    }
    Ok(())
}

fn entries(signer: &SignerInfo) -> &[Attribute] {
    signer.unsigned_attributes.as_ref().map_or(&[], |set| &set.entries)
}

fn has(signer: &SignerInfo, types: &[Oid]) -> bool {
    entries(signer).iter().any(|entry| types.contains(&entry.oid))
}

/// Whether a signature or a countersignature on it has an attribute of these types.
fn has_inside(signer: &SignerInfo, types: &[Oid], depth: usize) -> bool {
    has(signer, types)
        || depth < DEEPEST
            && signer
                .unsigned_values(&cms::oids::COUNTERSIGNATURE)
                .filter_map(|raw| parse(raw).ok())
                .any(|child| has_inside(&child, types, depth + 1))
}

/// Whether certificates and revocation data of the file are covered as a whole
/// by an archive time-stamp of an older kind, and must not change any more.
#[must_use]
pub fn is_frozen(data: &SignedData) -> bool {
    data.signer_infos.iter().any(|signer| has_inside(signer, &FREEZING, 1))
}

/// Refuses any change under an evidence record, which is over the whole file.
pub(crate) fn refuse_evidence_record(data: &SignedData) -> Result<()> {
    let types = [oids::EVIDENCE_RECORD_INTERNAL, oids::EVIDENCE_RECORD_EXTERNAL];
    match data.signer_infos.iter().position(|signer| has_inside(signer, &types, 1)) {
        Some(index) => Err(Error::EvidenceRecord { id: SignatureId::top(index) }),
        None => Ok(()),
    }
}

/// Refuses to move the content in or out where an evidence record or an older
/// archive time-stamp is over `encapContentInfo` as it stands.
pub(crate) fn refuse_moving_content(data: &SignedData) -> Result<()> {
    refuse_evidence_record(data)?;
    if is_frozen(data) { Err(Error::Frozen) } else { Ok(()) }
}

/// Adds certificates of new signers, if the file may take them.
pub(crate) fn add_certificates<'c>(
    data: &mut SignedData,
    certificates: impl IntoIterator<Item = &'c Certificate>,
) -> Result<()> {
    let before = data.certificates.len();
    data.add_certificates(certificates);
    if data.certificates.len() > before && is_frozen(data) {
        data.certificates.truncate(before);
        return Err(Error::Frozen);
    }
    Ok(())
}

/// The latest archive time-stamp of the file: its signer, attribute and value.
pub(crate) fn latest_archive_time_stamp(data: &SignedData) -> Option<(usize, usize, usize, Token)> {
    let mut latest: Option<(usize, usize, usize, Token)> = None;
    for (signer, info) in data.signer_infos.iter().enumerate() {
        for (attribute, entry) in entries(info).iter().enumerate() {
            if !ARCHIVE.contains(&entry.oid) {
                continue;
            }
            for (value, raw) in entry.values.iter().enumerate() {
                let Ok(token) = Token::parse(raw) else { continue };
                let time = |token: &Token| token.info.gen_time;
                // Of two with one time the one that was added later.
                if latest.as_ref().is_none_or(|(.., known)| time(known) <= time(&token)) {
                    latest = Some((signer, attribute, value, token));
                }
            }
        }
    }
    latest
}

/// A token with what is around its content changed, every other octet kept.
pub(crate) fn edit_token(
    token: &[u8],
    change: impl FnOnce(&mut SignedData) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut out = std::io::Cursor::new(Vec::with_capacity(token.len() + 1024));
    let file = std::io::Cursor::new(token);
    let change = |data: &mut SignedData, _: &_| change(data);
    rewrite(file, &mut out, &BTreeSet::new(), 0, &Limits::default(), change)?;
    Ok(out.into_inner())
}

//! Time-stamps that are in a file already, as whoever raises it must look at them: which of them
//! prove that a signature existed, and which are worth nothing.
//!
//! What proves nothing must neither keep a signature from getting a stamp of its own, nor stand in
//! the way because nobody can verify it. Whether a chain is good at its time is judged elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use asn1::Oid;
use cades::archive::{HashIndex, RootObjects, UnsignedObjects, v3_imprint};
use cades::{SignatureId, oids};
use chrono::{DateTime, Utc};
use cms::verify::{ContentCheck, ContentDigests, ValueCheck, message_digest};
use cms::{SignedData, SignerInfo};
use crypto::DigestAlgorithm;
use timestamp::Token;
use x509::Certificate;

use crate::material::Note;

/// The stamps of a file that count.
pub(crate) struct Proofs {
    signers: BTreeMap<SignatureId, SignerInfo>,
    /// Of each signature, outermost ones included: its stamps, and who made them.
    stamps: BTreeMap<SignatureId, Vec<Stamp>>,
    /// Stamps worth nothing, as stored.
    ignored: BTreeSet<Vec<u8>>,
    notes: Vec<Note>,
}

/// A stamp whose authority's signature on it verifies, and that is over something that is here.
pub(crate) struct Stamp {
    pub(crate) kind: Oid,
    pub(crate) token: Token,
    pub(crate) authority: Certificate,
    /// Whether it is known to be over the signature it stands on; `None` = that cannot be seen here.
    over: Option<bool>,
    /// What an archive time-stamp is over.
    index: Option<HashIndex>,
}

impl Proofs {
    /// Looks at every stamp once. `trusts` says whether an authority leads to somebody who is
    /// trusted; stamps that were `known` to be worth nothing stay so.
    pub(crate) fn new(
        data: &SignedData,
        content: Option<&ContentDigests>,
        pool: &[Certificate],
        known: BTreeSet<Vec<u8>>,
        mut trusts: impl FnMut(&Certificate) -> bool,
    ) -> Self {
        let signers = cades::signers(data);
        let mut this = Self {
            signers: BTreeMap::new(),
            stamps: BTreeMap::new(),
            ignored: known,
            notes: Vec::new(),
        };
        let mut root = None;
        for (id, signer) in &signers {
            let mut unsigned = None;
            for (kind, token) in tokens(signer) {
                if this.ignored.contains(&token.raw) {
                    continue;
                }
                // A broken stamp proves nothing, and nothing is needed to see that.
                let Some(authority) = sound(&token, pool) else { continue };
                let index = (kind == oids::ARCHIVE_TIME_STAMP_V3)
                    .then(|| HashIndex::read(&token).ok())
                    .flatten();
                let over = if kind == oids::SIGNATURE_TIME_STAMP {
                    Some(token.info.imprint.matches(&signer.signature))
                } else if kind == oids::ARCHIVE_TIME_STAMP_V3 {
                    let root = root.get_or_insert_with(|| {
                        RootObjects::new(data, cades::values::objects_elsewhere(data))
                    });
                    let unsigned = unsigned.get_or_insert_with(|| UnsignedObjects::new(signer));
                    index.as_ref().map_or(Some(false), |index| {
                        if !index.resolve(root, unsigned).is_valid() {
                            return Some(false);
                        }
                        is_over(data, content, signer, &token, index)
                    })
                } else {
                    None
                };
                let trusted = over != Some(false) && trusts(&authority);
                if !trusted {
                    this.ignored.insert(token.raw.clone());
                    this.notes.push(Note::StampIgnored {
                        id: id.to_string(),
                        subject: crate::keys::holder(&authority),
                        other: over == Some(false),
                    });
                    continue;
                }
                let stamp = Stamp { kind, token, authority, over, index };
                this.stamps.entry(id.clone()).or_default().push(stamp);
            }
        }
        this.signers = signers;
        this
    }

    /// The signature of this id.
    pub(crate) fn signer(&self, id: &SignatureId) -> Option<&SignerInfo> {
        self.signers.get(id)
    }

    /// The stamps on a signature that are worth something.
    pub(crate) fn stamps(&self, id: &SignatureId) -> &[Stamp] {
        self.stamps.get(id).map_or(&[], Vec::as_slice)
    }

    /// The archive time-stamps among those of the signature that `id` stands on.
    pub(crate) fn archives(&self, id: &SignatureId) -> impl Iterator<Item = &Stamp> {
        let archive =
            [oids::ARCHIVE_TIME_STAMP_V1, oids::ARCHIVE_TIME_STAMP_V2, oids::ARCHIVE_TIME_STAMP_V3];
        let all = self.stamps(&SignatureId::top(id.signer())).iter();
        all.filter(move |stamp| archive.contains(&stamp.kind))
    }

    /// Whether an archive time-stamp is over a signature.
    pub(crate) fn is_archived(&self, id: &SignatureId) -> bool {
        self.archives(id).any(|stamp| stamp.over == Some(true))
    }

    /// The earliest time a stamp proves a signature to have existed at. An archive time-stamp of an
    /// older kind is over what only its imprint knows: it is not counted.
    pub(crate) fn existed(&self, id: &SignatureId) -> Option<DateTime<Utc>> {
        let own = self.stamps(id).iter().filter(|stamp| stamp.kind == oids::SIGNATURE_TIME_STAMP);
        let around = self.signer(&SignatureId::top(id.signer()));
        let archive = self.archives(id).filter(|stamp| {
            !id.is_countersignature()
                || around
                    .zip(stamp.index.as_ref())
                    .is_some_and(|(around, index)| covers(index, around, id))
        });
        let over = own.chain(archive).filter(|stamp| stamp.over == Some(true));
        over.map(|stamp| stamp.token.info.gen_time).min()
    }

    /// What was found to be worth nothing, and what is to be said of it.
    pub(crate) fn into_ignored(self) -> (BTreeSet<Vec<u8>>, Vec<Note>) {
        (self.ignored, self.notes)
    }
}

/// Every token in the attributes of a signature that can be read, with its attribute's type.
pub(crate) fn tokens(signer: &SignerInfo) -> impl Iterator<Item = (Oid, Token)> + use<'_> {
    let signed = signer.signed_attributes.iter().flat_map(|set| &set.entries);
    let unsigned = signer.unsigned_attributes.iter().flat_map(|set| &set.entries);
    let stamps = signed.chain(unsigned).filter(|entry| cades::values::is_time_stamp(&entry.oid));
    stamps.flat_map(|entry| {
        let tokens = entry.values.iter().filter_map(|raw| timestamp::read_tsr(raw).ok());
        tokens.map(|(token, _)| (entry.oid, token))
    })
}

/// Whether an archive time-stamp is over this signature (EN 319 122-1 §5.5.3); `None` = the digest
/// of the content that it takes is not known.
fn is_over(
    data: &SignedData,
    content: Option<&ContentDigests>,
    signer: &SignerInfo,
    token: &Token,
    index: &HashIndex,
) -> Option<bool> {
    let algorithm = token.info.imprint.digest_algorithm()?;
    if index.algorithm != algorithm {
        return Some(false);
    }
    let digest =
        content.and_then(|content| content.values.get(&algorithm).cloned()).or_else(|| {
            // The content agrees with its signed digest: that was seen before, or is seen later.
            let own = DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok()?;
            let signed = signer.signed_attributes.as_ref().and_then(message_digest);
            signed.filter(|_| own == algorithm)
        })?;
    let kind = &data.content_type;
    let imprint = v3_imprint(algorithm, kind, &digest, signer, &index.raw);
    Some(imprint == token.info.imprint.digest)
}

/// Whether an archive time-stamp on `around` covers the countersignature `id` of it.
fn covers(index: &HashIndex, around: &SignerInfo, id: &SignatureId) -> bool {
    let mut first = id.clone();
    while let Some(parent) = first.parent().filter(SignatureId::is_countersignature) {
        first = parent;
    }
    let place = first.to_string().rsplit('.').next().and_then(|n| n.parse::<usize>().ok());
    let kind = asn1::der::oid(&cms::oids::COUNTERSIGNATURE);
    let entries = around.unsigned_attributes.iter().flat_map(|set| &set.entries);
    let countersignatures = entries
        .filter(|entry| entry.oid == cms::oids::COUNTERSIGNATURE)
        .flat_map(|entry| entry.values.iter().map(move |value| (entry, value)));
    let place = place.and_then(|n| n.checked_sub(1));
    let Some((entry, value)) = place.and_then(|n| countersignatures.into_iter().nth(n)) else {
        return false;
    };
    let listed = |octets: &[u8]| index.unsigned.contains(&crypto::digest(index.algorithm, octets));
    listed(&[kind.as_slice(), value].concat()) || listed(&entry.raw)
}

/// The authority's certificate, if its signature on the token verifies.
fn sound(token: &Token, pool: &[Certificate]) -> Option<Certificate> {
    let result = token.check(pool);
    let check = result.check?;
    let good =
        matches!(check.value, ValueCheck::Valid { .. }) && check.content == ContentCheck::Intact;
    result.certificate.filter(|_| good)
}

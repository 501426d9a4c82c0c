//! From one level to the next, on a SignedData in memory (ETSI EN 319 122-1
//! §5.3 to §5.5, §6): a time-stamp on the signature, the data to verify it
//! with, an archive time-stamp over it all.
//!
//! The same for a new signature before it is written and for one of years ago.
//! What a signature holds is only ever added to; what forbids an addition is
//! known to `cades`. Countersignatures are raised with the signature they stand
//! on, whose archive time-stamps protect them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cades::{Level, Levels, SignatureId, ValidationData};
use chrono::{DateTime, Utc};
use cms::verify::{ContentCheck, ContentDigests, ValueCheck, needed_digests, verify_signer};
use cms::{RevocationInfo, SignedData, SignerInfo};
use crypto::DigestAlgorithm;
use timestamp::{TimestampAuthority, Token};
use x509::{Certificate, Crl, Fetch, OcspResponse, RevocationOrigin, RevocationSource};

use crate::material::{Budget, Finder, Note, Role};
use crate::proof::{Proofs, tokens};
use crate::{Error, Evidence, Result};

/// How far signatures are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetLevel {
    /// A time-stamp proves when the signature existed.
    T,
    /// Certificates and revocation data are in the file.
    Lt,
    /// An archive time-stamp protects them; once more, and it is renewed.
    Lta,
}

/// What raising rests on.
#[derive(Clone, Copy)]
pub(crate) struct Raise<'a> {
    /// What errors call the file.
    pub(crate) path: &'a Path,
    pub(crate) level: TargetLevel,
    pub(crate) authorities: &'a [&'a dyn TimestampAuthority],
    pub(crate) evidence: &'a Evidence,
    pub(crate) fetch: Option<&'a dyn Fetch>,
    pub(crate) budget: Budget,
    pub(crate) now: DateTime<Utc>,
    /// Whether a signature counts whose certificate expired before any stamp.
    pub(crate) allow_expired: bool,
}

/// What raising did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Raised {
    pub(crate) stamps: Vec<NewStamp>,
    /// Why authorities asked before the one that answered did not serve.
    pub(crate) failed_authorities: Vec<String>,
    pub(crate) notes: Vec<Note>,
    pub(crate) added: Added,
}

/// A time-stamp that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStamp {
    /// The signature it is on, as `verify` numbers it.
    pub signature: String,
    /// Whether it is over everything (archive-time-stamp-v3), or over the
    /// signature value alone.
    pub archive: bool,
    /// Its time.
    pub time: DateTime<Utc>,
}

/// How much was put into the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Certificates.
    pub certificates: usize,
    /// Revocation lists.
    pub crls: usize,
    /// OCSP responses.
    pub ocsp: usize,
}

/// One signature to be raised.
struct Part {
    id: SignatureId,
    /// Named by the caller himself, not only by what stands around it.
    named: bool,
    certificate: Certificate,
}

impl Raise<'_> {
    /// The digests of the content that raising these signatures needs.
    pub(crate) fn digests(
        &self,
        data: &SignedData,
        chosen: &[SignatureId],
    ) -> Result<Vec<DigestAlgorithm>> {
        cades::refuse_excess([data]).map_err(Error::cades(self.path))?;
        let mut digests = Vec::new();
        let tops: BTreeSet<usize> =
            self.expand(data, chosen)?.iter().map(|(id, _)| id.signer()).collect();
        for signer in tops.into_iter().filter_map(|top| data.signer_infos.get(top)) {
            // What archive time-stamps that are there are over.
            let archive = signer.unsigned_values(&cades::oids::ARCHIVE_TIME_STAMP_V3);
            let tokens = archive.filter_map(|raw| Token::parse(raw).ok());
            digests.extend(tokens.filter_map(|token| token.info.imprint.digest_algorithm()));
            digests.extend(needed_digests(signer));
            if self.level == TargetLevel::Lta {
                digests.push(cades::archive_digest(signer));
            }
        }
        Ok(digests)
    }

    /// Makes sure that these signatures are worth it, as far as can be said
    /// without the content: before a large file is read for nothing.
    pub(crate) fn examine(&self, data: &SignedData, chosen: &[SignatureId]) -> Result<()> {
        let mut finder = self.finder(data);
        let parts = self.parts(data, None, chosen, &finder)?;
        let proofs = proofs(data, None, &mut finder, false);
        let unstamped = |part: &Part| proofs.existed(&part.id).is_none();
        let needs = self.level == TargetLevel::Lta || parts.iter().any(unstamped);
        if needs && self.authorities.is_empty() {
            return Err(Error::cades(self.path)(cades::Error::NoAuthority));
        }
        if self.level >= TargetLevel::Lt && self.evidence.anchors.is_empty() {
            finder.complete().map_err(|missing| self.lacks(missing))?;
        }
        Ok(())
    }

    /// Takes the chosen signatures (all, if none is named) to the level.
    pub(crate) fn run(
        &self,
        data: &mut SignedData,
        content: &ContentDigests,
        chosen: &[SignatureId],
    ) -> Result<Raised> {
        let mut raised = Raised::default();
        let mut finder = self.finder(data);
        let parts = self.parts(data, Some(content), chosen, &finder)?;
        let proofs = proofs(data, Some(content), &mut finder, true);
        for part in &parts {
            if proofs.existed(&part.id).is_none() {
                self.stamp(data, part, &mut raised)?;
            }
        }
        let archived: BTreeSet<usize> = parts
            .iter()
            .map(|part| part.id.signer())
            .filter(|top| proofs.is_archived(&SignatureId::top(*top)))
            .collect();
        let (ignored, notes) = proofs.into_ignored();
        raised.notes.extend(notes);
        let ignored = Ignored { content, stamps: ignored };
        raised.notes.extend(plain(data, &parts));
        if self.level >= TargetLevel::Lt {
            self.add_data(data, &parts, &[], &ignored, &mut raised)?;
        }
        if self.level == TargetLevel::Lta {
            // One signature's time-stamp may be over another's data: none is added before the
            // last data are in.
            let mut tops: Vec<SignatureId> =
                parts.iter().map(|part| SignatureId::top(part.id.signer())).collect();
            tops.sort();
            tops.dedup();
            for id in &tops {
                let id = id.clone();
                let mut times = Vec::new();
                {
                    let mut stamp = stamper(self.authorities, &mut times, &mut raised);
                    cades::add_archive_time_stamp(data, &id, content, &mut stamp)
                        .map_err(Error::cades(self.path))?;
                }
                raised.stamps.extend(times.into_iter().map(|time| NewStamp {
                    signature: id.to_string(),
                    archive: true,
                    time,
                }));
            }
            // Nothing covers these data yet; the next renewal will. Until then the file is
            // complete by itself, and an authority nobody could verify is noticed today.
            self.add_data(data, &[], &tops, &ignored, &mut raised)?;
        }
        cades::refuse_excess([&*data]).map_err(Error::cades(self.path))?;
        self.refuse_less(data, &parts, &archived)?;
        Ok(raised)
    }

    /// Whoever asks for a level gets that level, or is told that he does not. A signature that an
    /// archive time-stamp was over already is proven, whatever its form is called.
    fn refuse_less(
        &self,
        data: &SignedData,
        parts: &[Part],
        archived: &BTreeSet<usize>,
    ) -> Result<()> {
        let certificates = data.x509_certificates();
        let levels = Levels::new(data, &certificates);
        let tops: BTreeSet<usize> = parts.iter().map(|part| part.id.signer()).collect();
        for top in tops {
            let Some(signer) = data.signer_infos.get(top) else { continue };
            let level = levels.of(signer);
            let chosen = parts.iter().any(|part| part.id == SignatureId::top(top));
            if chosen && !archived.contains(&top) && !reaches(level, self.level) {
                let (path, id) = (self.path.to_owned(), SignatureId::top(top).to_string());
                return Err(Error::LevelNotReached { path, id, level });
            }
        }
        Ok(())
    }

    fn lacks(&self, missing: crate::Missing) -> Error {
        Error::Material { path: self.path.to_owned(), missing: Box::new(missing) }
    }

    fn broken(&self, id: &SignatureId, what: &'static str) -> Error {
        Error::Broken { path: self.path.to_owned(), id: id.to_string(), what }
    }

    /// A finder that knows everything the file holds.
    fn finder(&self, data: &SignedData) -> Finder<'_> {
        let mut finder = Finder::new(self.evidence, self.fetch, self.budget, self.now);
        finder.offer_data(data);
        for signer in cades::signers(data).values() {
            for (_, token) in tokens(signer) {
                finder.offer_data(&token.data);
            }
            let values = cades::values::Values::read(signer);
            let certificates = values.certificates.iter();
            finder.offer(certificates.filter_map(|der| Certificate::from_der(der).ok()));
            for info in values.revocation_infos() {
                let embedded = RevocationOrigin::Embedded;
                let source = match info {
                    RevocationInfo::Crl(der) => {
                        Crl::from_der(&der).map(|crl| RevocationSource::crl(crl, embedded))
                    }
                    RevocationInfo::Ocsp(der) => OcspResponse::from_der(&der)
                        .map(|response| RevocationSource::ocsp(response, embedded)),
                    RevocationInfo::Other(_) | RevocationInfo::Unknown => continue,
                };
                if let Ok(source) = source {
                    finder.offer_source(source);
                }
            }
        }
        finder
    }

    /// The signatures meant: those named with the countersignatures on them, or all. An archive
    /// time-stamp belongs to the signature everything stands on: that one is meant too.
    fn expand(
        &self,
        data: &SignedData,
        chosen: &[SignatureId],
    ) -> Result<Vec<(SignatureId, bool)>> {
        let ids = cades::signature_ids(data);
        for id in chosen {
            if !ids.contains(id) {
                let error = cades::Error::NoSuchSignature { id: id.clone() };
                return Err(Error::cades(self.path)(error));
            }
        }
        if ids.is_empty() {
            return Err(Error::cades(self.path)(cades::Error::NoSignature));
        }
        let below = |id: &SignatureId| {
            let mut at = Some(id.clone());
            while let Some(id) = at {
                if chosen.contains(&id) {
                    return true;
                }
                at = id.parent();
            }
            false
        };
        let around = |id: &SignatureId| {
            let mut inside = chosen.iter().filter(|one| one.is_countersignature());
            self.level == TargetLevel::Lta
                && inside.any(|one| {
                    let parents = std::iter::successors(one.parent(), SignatureId::parent);
                    parents.into_iter().any(|parent| parent == *id)
                })
        };
        let meant = ids.into_iter().filter(|id| chosen.is_empty() || below(id) || around(id));
        Ok(meant.map(|id| (id.clone(), chosen.contains(&id))).collect())
    }

    /// The signatures meant, each found sound. A broken one gets no better by
    /// a stamp, which would only make it look respectable. Without `content`
    /// only what needs none is checked.
    fn parts(
        &self,
        data: &SignedData,
        content: Option<&ContentDigests>,
        chosen: &[SignatureId],
        finder: &Finder<'_>,
    ) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        let signers = cades::signers(data);
        let find = |id: &SignatureId| match signers.get(id) {
            Some(signer) => Ok(signer),
            // Says why it cannot be read.
            None => Err(cades::find_signer(data, id).err().unwrap_or(cades::Error::NoSignature)),
        };
        for (id, named) in self.expand(data, chosen)? {
            let signer = find(&id).map_err(Error::cades(self.path))?;
            let pool = finder.certificates();
            let Some(certificate) = certificate_of(signer, pool) else {
                return Err(self.broken(&id, "its certificate is not at hand"));
            };
            let over;
            let (content_type, content) = match id.parent() {
                None => (Some(&data.content_type), content),
                Some(parent) => {
                    let parent = find(&parent).map_err(Error::cades(self.path))?;
                    over = digests_of(&parent.signature, &needed_digests(signer));
                    (None, Some(&over))
                }
            };
            let known = content.filter(|content| !content.values.is_empty());
            let check = verify_signer(signer, &certificate, content_type, known);
            match check.value {
                ValueCheck::Valid { .. } => {}
                ValueCheck::Invalid => {
                    return Err(self.broken(&id, "its value does not verify"));
                }
                // Without signed attributes the value is over the content itself.
                ValueCheck::ContentMissing | ValueCheck::NotHashed(_) if content.is_none() => {}
                ValueCheck::ContentMissing | ValueCheck::NotHashed(_) => {
                    return Err(Error::ContentNeeded { path: self.path.to_owned() });
                }
                ValueCheck::Unsupported(_) => {
                    return Err(self.broken(&id, "its algorithm cannot be checked"));
                }
            }
            match check.content {
                ContentCheck::Altered => {
                    return Err(self.broken(&id, "it is over another content"));
                }
                ContentCheck::NoMessageDigest => {
                    return Err(self.broken(&id, "it does not say what it is over"));
                }
                _ => {}
            }
            parts.push(Part { id, named, certificate });
        }
        Ok(parts)
    }

    fn stamp(&self, data: &mut SignedData, part: &Part, raised: &mut Raised) -> Result<()> {
        let failed = Error::cades(self.path);
        let Part { id, named, certificate } = part;
        if self.now > certificate.not_after() && !self.allow_expired {
            return Err(Error::TooLate {
                path: self.path.to_owned(),
                subject: crate::keys::holder(certificate),
                not_after: certificate.not_after(),
            });
        }
        if id.is_countersignature() {
            // Before a stamp is paid for: whether there is room for it.
            let probe = cms::Attribute::single(&cades::oids::SIGNATURE_TIME_STAMP, &[5, 0]);
            let limits = cms::Limits::default();
            let room = cades::edit_signer(&mut data.clone(), id, |signer| {
                Ok(signer.with_unsigned(&probe, &limits)?)
            });
            match room {
                Ok(()) => {}
                // What covers it proves its existence too.
                Err(cades::Error::Covered { .. }) if !named => return Ok(()),
                Err(error) => return Err(failed(error)),
            }
        }
        let mut times = Vec::new();
        {
            let mut stamp = stamper(self.authorities, &mut times, raised);
            cades::edit_signer(data, id, |signer| {
                cades::add_signature_time_stamp(signer, &mut stamp)
            })
            .map_err(&failed)?;
        }
        raised.stamps.extend(times.into_iter().map(|time| NewStamp {
            signature: id.to_string(),
            archive: false,
            time,
        }));
        Ok(())
    }

    /// Everything that verifying these signatures and the stamps on them takes,
    /// or the newest archive time-stamps of these.
    fn add_data(
        &self,
        data: &mut SignedData,
        parts: &[Part],
        archived: &[SignatureId],
        ignored: &Ignored<'_>,
        raised: &mut Raised,
    ) -> Result<()> {
        let mut finder = self.finder(data);
        let (content, known) = (Some(ignored.content), ignored.stamps.clone());
        let proofs = Proofs::new(data, content, finder.certificates(), known, |_| true);
        for id in archived {
            let newest = proofs.archives(id).max_by_key(|stamp| stamp.token.info.gen_time);
            let Some(newest) = newest else { continue };
            let used = newest.token.info.gen_time;
            finder.need(&newest.authority, Role::Authority, used, self.now.max(used));
        }
        for part in parts {
            let proven = proofs.existed(&part.id).unwrap_or(self.now);
            let used =
                if self.allow_expired { proven.min(part.certificate.not_after()) } else { proven };
            finder.need(&part.certificate, Role::Signer, used, proven);
            let archives = proofs.archives(&part.id).map(|stamp| stamp.token.info.gen_time);
            let archived: Vec<DateTime<Utc>> = archives.collect();
            for stamp in proofs.stamps(&part.id) {
                let used = stamp.token.info.gen_time;
                let later = archived.iter().copied().filter(|time| *time > used);
                let proven = later.min().unwrap_or_else(|| self.now.max(used));
                finder.need(&stamp.authority, Role::Authority, used, proven);
            }
        }
        let material = finder.complete().map_err(|missing| self.lacks(missing))?;
        let found = ValidationData {
            certificates: material.certificates,
            crls: material.crls,
            ocsp: material.ocsp,
        };
        let new = found.missing_in(data);
        raised.added.certificates += new.certificates.len();
        raised.added.crls += new.crls.len();
        raised.added.ocsp += new.ocsp.len();
        raised.notes.extend(material.notes);
        new.add_to(data).map_err(Error::cades(self.path))
    }
}

/// Says which of these signatures are no CAdES signatures, and never will be.
fn plain(data: &SignedData, parts: &[Part]) -> Vec<Note> {
    let certificates = data.x509_certificates();
    let levels = Levels::new(data, &certificates);
    let signers = cades::signers(data);
    let is_plain = |part: &&Part| {
        let level = signers.get(&part.id).map(|signer| match part.id.parent() {
            None => levels.of(signer),
            Some(_) => levels.of_countersignature(signer),
        });
        level == Some(Level::Cms)
    };
    let note = |part: &Part| Note::PlainCms {
        id: part.id.to_string(),
        subject: crate::keys::holder(&part.certificate),
    };
    parts.iter().filter(is_plain).map(note).collect()
}

/// Whether a signature is at least of a level. Those beside the baseline have other names for what
/// is beyond a time-stamp; plain CMS signatures have none at all.
fn reaches(level: Level, target: TargetLevel) -> bool {
    match level {
        Level::Bes | Level::Epes | Level::BaselineB => false,
        Level::BaselineT => target <= TargetLevel::T,
        Level::BaselineLt => target <= TargetLevel::Lt,
        _ => true,
    }
}

/// What stamps found to be worth nothing were, and what the others are over.
struct Ignored<'c> {
    content: &'c ContentDigests,
    stamps: BTreeSet<Vec<u8>>,
}

/// The stamps present that count. Nobody is asked about their authorities unless `ask` says so.
fn proofs(
    data: &SignedData,
    content: Option<&ContentDigests>,
    finder: &mut Finder<'_>,
    ask: bool,
) -> Proofs {
    let pool = finder.certificates().to_vec();
    let mut known: BTreeMap<x509::Fingerprint, bool> = BTreeMap::new();
    Proofs::new(data, content, &pool, BTreeSet::new(), |authority| {
        let fingerprint = authority.fingerprint();
        *known.entry(fingerprint).or_insert_with(|| finder.may_trust(authority, ask))
    })
}

/// Asks the authorities in order and remembers what they answered.
fn stamper<'s>(
    authorities: &'s [&'s dyn TimestampAuthority],
    times: &'s mut Vec<DateTime<Utc>>,
    raised: &'s mut Raised,
) -> impl FnMut(DigestAlgorithm, &[u8]) -> timestamp::Result<Token> + 's {
    move |algorithm, digest| {
        let (_, token, failed) = crate::sign::request_stamp(authorities, algorithm, digest)?;
        times.push(token.info.gen_time);
        raised.failed_authorities.extend(failed.iter().map(crate::describe));
        Ok(token)
    }
}

/// The certificate a SignerInfo means: named by it, and among those the one its
/// signed attribute names.
pub(crate) fn certificate_of(signer: &SignerInfo, pool: &[Certificate]) -> Option<Certificate> {
    let refs = signer.signed_attributes.as_ref().map(cms::ess::SigningCertificateRefs::read);
    let named = signer.sid.named(pool);
    let meant = refs.and_then(|refs| named.iter().find(|one| refs.names(one)).copied());
    meant.or(named.first().copied()).cloned()
}

/// The digests of a signature value, as a countersignature is over it.
fn digests_of(octets: &[u8], algorithms: &[DigestAlgorithm]) -> ContentDigests {
    let digest = |algorithm: &DigestAlgorithm| (*algorithm, crypto::digest(*algorithm, octets));
    ContentDigests {
        values: algorithms.iter().map(digest).collect(),
        prefix: octets.to_vec(),
        length: Some(octets.len() as u64),
    }
}

//! Extending the signatures of a container: to T and LT in their own files, to LTA by an archive
//! time-stamp in the signature of an ASiC-S, by an archive manifest over everything in an ASiC-E
//! (EN 319 162-1 §4.4.5, A.7).
//!
//! What an archive manifest covers never changes again: the newest time-stamp, which nothing covers
//! yet, gets its own validation data before the next one goes over it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Seek};
use std::path::Path;

use archive::Member;
use asic::{ContainerType, DataReference, ReferenceState, Role, Subject};
use cades::{Level, SignatureId, ValidationData};
use chrono::{DateTime, Utc};
use cms::verify::ContentDigests;
use cms::{Limits, SignedData};
use crypto::{DigestAlgorithm, MultiHasher};
use timestamp::TimestampAuthority;

use super::change::{Change, digest_members, is_sealed, manifest, next};
use super::create::reference;
use super::{Opened, open_file};
use crate::extend::{ExtendOptions, Extended, ExtendedSignature, levels};
use crate::material::{Finder, Note, Role as Need};
use crate::raise::{NewStamp, Raise, Raised, TargetLevel};
use crate::sign::request_stamp;
use crate::{Error, Result};

/// By how much a time-stamp may grow, roughly, so that its head is written once.
const ROOM: u64 = 64 << 10;

/// Unsigned files named one by one.
const NAMED: usize = 20;

/// Raises the signatures of a container to a level, keeping every octet of what is there. On an
/// ASiC-E at LTA already this is its renewal.
///
/// An archive time-stamp of an ASiC-E goes over the whole container: signatures that are not named
/// in [`ExtendOptions::signatures`] stay at their level for good.
///
/// # Errors
/// As [`extend_file`](crate::extend_file); also a file in the container that is not as it was signed,
/// and a signature, named, that something covers already.
pub fn extend_container(
    input: &Path,
    output: &Path,
    options: &ExtendOptions<'_>,
) -> Result<Extended> {
    files::refuse_existing(output, options.placing.overwrite)?;
    let mut opened = open_file(input, options.progress)?;
    opened.container.digest(&mut opened.archive, |_| ()).map_err(Error::container(input))?;
    if opened.container.signatures.is_empty() && opened.container.timestamps.is_empty() {
        return Err(Error::cades(input)(cades::Error::NoSignature));
    }
    refuse_altered(input, &opened)?;
    let mut work = Work {
        input,
        options,
        change: Change::default(),
        raised: Raised::default(),
        signatures: Vec::new(),
    };
    let whole =
        opened.container.kind == ContainerType::Extended && options.level == TargetLevel::Lta;
    work.raise(&mut opened, whole)?;
    if whole {
        work.archive(&mut opened)?;
    }
    let unsigned = opened.container.unsigned();
    if !opened.container.signatures.is_empty() && !unsigned.is_empty() {
        // An archive manifest lists them like the others: it does not make them signed.
        let files = unsigned.iter().take(NAMED).map(|&name| name.to_owned()).collect();
        let more = unsigned.len().saturating_sub(NAMED);
        work.raised.notes.push(Note::Unsigned { files, more });
    }
    let Work { change, raised, signatures, .. } = work;
    Ok(Extended {
        output: change.write(input, output, opened, options.placing)?,
        signatures,
        stamps: raised.stamps,
        added: raised.added,
        notes: raised.notes,
        failed_authorities: raised.failed_authorities,
    })
}

/// Refuses what [`extend_container`] would refuse, as far as can be said without reading the files.
pub(crate) fn check_extend(input: &Path, options: &ExtendOptions<'_>) -> Result<()> {
    let opened = open_file(input, None)?;
    let container = &opened.container;
    if container.signatures.is_empty() && container.timestamps.is_empty() {
        return Err(Error::cades(input)(cades::Error::NoSignature));
    }
    let mut ids = Vec::new();
    let mut first = 0;
    for data in super::change::signed_data(container) {
        ids.extend(cades::signature_ids(data).iter().map(|id| moved(id, first, true)));
        first += data.signer_infos.len();
    }
    if let Some(id) = options.signatures.iter().find(|id| !ids.contains(id)) {
        let error = cades::Error::NoSuchSignature { id: id.clone() };
        return Err(Error::cades(input)(error));
    }
    Ok(())
}

/// A stamp on something altered, or bereft of a signature, would only make it look respectable.
pub(super) fn refuse_altered<R>(input: &Path, opened: &Opened<R>) -> Result<()> {
    if let Some(missing) = opened.container.missing.first() {
        let (path, member) = (input.to_owned(), missing.name.clone());
        return Err(Error::ContainerAltered { path, member });
    }
    let manifests = opened.container.manifests.iter().filter_map(|m| m.content.as_ref().ok());
    for reference in manifests.flat_map(|manifest| &manifest.references) {
        if matches!(
            opened.container.state(reference),
            ReferenceState::Altered | ReferenceState::Damaged | ReferenceState::Missing
        ) {
            let (path, member) = (input.to_owned(), reference.name.clone());
            return Err(Error::ContainerAltered { path, member });
        }
    }
    Ok(())
}

struct Work<'w> {
    input: &'w Path,
    options: &'w ExtendOptions<'w>,
    change: Change,
    raised: Raised,
    signatures: Vec<ExtendedSignature>,
}

impl Work<'_> {
    /// Raises what stands in signature files that nothing covers.
    fn raise<R: Read + Seek>(&mut self, opened: &mut Opened<R>, whole: bool) -> Result<()> {
        let options = self.options;
        let level = if whole { TargetLevel::Lt } else { options.level };
        let raise = Raise {
            path: self.input,
            level,
            authorities: options.authorities,
            evidence: options.evidence,
            fetch: options.fetch,
            budget: options.budget,
            now: options.now,
            allow_expired: options.allow.iter().any(|name| name == "expired"),
        };
        let mut first = 0;
        let mut met = BTreeSet::new();
        let mut raised_any = false;
        for place in 0..opened.container.signatures.len() {
            let Some(signature) = opened.container.signatures.get(place) else { continue };
            let name = signature.name.clone();
            let subject = signature.subject.clone();
            let Ok(layer) = &signature.layer else {
                let what = "it cannot be read";
                return Err(Error::Broken {
                    path: self.input.to_owned(),
                    id: (first + 1).to_string(),
                    what,
                });
            };
            let mut data = layer.data.clone();
            let here = first;
            first += data.signer_infos.len();
            let before = levels(&data);
            let named: Vec<SignatureId> = options
                .signatures
                .iter()
                .filter(|id| (here..first).contains(&id.signer()))
                .inspect(|id| {
                    met.insert((*id).clone());
                })
                .map(|id| moved(id, here, false))
                .collect();
            let wanted = options.signatures.is_empty() || !named.is_empty();
            let sealed = is_sealed(&opened.container, &name);
            if sealed && !named.is_empty() {
                let path = self.input.to_owned();
                return Err(Error::ContainerSealed { path, member: name });
            }
            if wanted && !sealed {
                let digests: BTreeSet<_> = raise.digests(&data, &named)?.into_iter().collect();
                let content = self.content(opened, &subject, &digests)?;
                raise.examine(&data, &named)?;
                let raised = raise.run(&mut data, &content, &named)?;
                let changed = !raised.stamps.is_empty() || raised.added != Default::default();
                self.add(raised, here);
                if changed {
                    self.change.replace.insert(name, data.to_detached());
                }
                raised_any = true;
            }
            for ((id, signer, before), (_, _, after)) in before.into_iter().zip(levels(&data)) {
                let archived = |level| if sealed { lifted(level) } else { level };
                let after = if whole { lifted(after) } else { archived(after) };
                self.signatures.push(ExtendedSignature {
                    id: moved(&id, here, true).to_string(),
                    signer,
                    before: archived(before),
                    after,
                });
            }
        }
        if let Some(unknown) = options.signatures.iter().find(|id| !met.contains(*id)) {
            let error = cades::Error::NoSuchSignature { id: unknown.clone() };
            return Err(Error::cades(self.input)(error));
        }
        if !raised_any && !whole {
            // All of them are covered, and this level would have to change them.
            let first = opened.container.signatures.first();
            let member = first.map(|signature| signature.name.clone()).unwrap_or_default();
            return Err(Error::ContainerSealed { path: self.input.to_owned(), member });
        }
        Ok(())
    }

    /// What raising one signature file did, with the numbers of the container.
    fn add(&mut self, raised: Raised, first: usize) {
        let Raised { stamps, failed_authorities, notes, added } = raised;
        self.raised.stamps.extend(stamps.into_iter().map(|stamp| {
            let id = stamp.signature.parse().map(|id| moved(&id, first, true).to_string());
            NewStamp { signature: id.unwrap_or(stamp.signature), ..stamp }
        }));
        self.raised.failed_authorities.extend(failed_authorities);
        let number = |id: String| match id.parse() {
            Ok(id) => moved(&id, first, true).to_string(),
            Err(_) => id,
        };
        self.raised.notes.extend(notes.into_iter().map(|note| match note {
            Note::PlainCms { id, subject } => Note::PlainCms { id: number(id), subject },
            Note::StampIgnored { id, subject, other } => {
                Note::StampIgnored { id: number(id), subject, other }
            }
            note => note,
        }));
        self.raised.added.certificates += added.certificates;
        self.raised.added.crls += added.crls;
        self.raised.added.ocsp += added.ocsp;
    }

    /// The digests of what a signature is over.
    fn content<R: Read + Seek>(
        &self,
        opened: &mut Opened<R>,
        subject: &Subject,
        digests: &BTreeSet<DigestAlgorithm>,
    ) -> Result<ContentDigests> {
        let needed = || Error::ContentNeeded { path: self.input.to_owned() };
        let failed = Error::container(self.input);
        let name = match subject {
            Subject::DataObject(name) => name.clone(),
            Subject::Manifest(place) => {
                opened.container.manifests.get(*place).ok_or_else(needed)?.name.clone()
            }
            Subject::Ambiguous { .. } | Subject::Unreferenced => return Err(needed()),
        };
        let member = opened.container.member(&name).cloned().ok_or_else(needed)?;
        let content = opened.archive.read(&member).map_err(|error| failed(error.into()))?;
        let mut hasher = MultiHasher::new(digests.iter().copied());
        let length = crypto::stream::hash(content, &mut hasher).map_err(|error| {
            if archive::is_damage(&error) {
                failed(archive::Error::Damaged { member: name.clone() }.into())
            } else {
                failed(error.into())
            }
        })?;
        let values = hasher.finish();
        Ok(ContentDigests { values, prefix: Vec::new(), length: Some(length) })
    }

    /// Puts an archive manifest with a time-stamp over everything.
    fn archive<R: Read + Seek>(&mut self, opened: &mut Opened<R>) -> Result<()> {
        self.complete_stamps(opened)?;
        let algorithm = self.algorithm(opened);
        // Entries of what is written anew, or under another name, are of what will be written.
        let container = &opened.container;
        if container.member(asic::ARCHIVE_MANIFEST).is_some() {
            let number = next(container, &[Role::ArchiveManifest]);
            let name = asic::numbered_archive_manifest(number);
            self.change.rename.insert(asic::ARCHIVE_MANIFEST.to_owned(), name);
        }
        let covered: Vec<Member> = container
            .members
            .iter()
            .filter(|member| !member.is_folder && asic::role(&member.name) != Role::Mimetype)
            .cloned()
            .collect();
        let mut known: BTreeMap<String, DataReference> = BTreeMap::new();
        let manifests = container.manifests.iter().filter_map(|m| m.content.as_ref().ok());
        for entry in manifests.flat_map(|manifest| &manifest.references) {
            let same = entry.algorithm == Some(algorithm);
            if same && container.state(entry) == ReferenceState::Intact {
                let (name, digest) = (entry.name.clone(), entry.digest.clone());
                known.insert(name.clone(), reference(name, algorithm, digest));
            }
        }
        let mut references = Vec::with_capacity(covered.len());
        for member in covered {
            let name = member.name.clone();
            let entry = match (self.change.replace.get(&name), known.remove(&name)) {
                (Some(octets), _) => {
                    reference(name.clone(), algorithm, crypto::digest(algorithm, octets))
                }
                (None, Some(entry)) => entry,
                (None, None) => digest_members(self.input, opened, vec![member], algorithm)?
                    .pop()
                    .ok_or_else(|| Error::ContentNeeded { path: self.input.to_owned() })?,
            };
            references.push(match self.change.rename.get(&name) {
                Some(new) => DataReference { name: new.clone(), root_file: true, ..entry },
                None => entry,
            });
        }
        references.extend(self.change.add.iter().map(|(name, octets)| {
            reference(name.clone(), algorithm, crypto::digest(algorithm, octets))
        }));
        let target = asic::timestamp_name(next(&opened.container, &[Role::TimeStamp]));
        let seal = seal(self.input, target, references, algorithm, self.options.authorities)?;
        self.raised.failed_authorities.extend(seal.failed_authorities);
        let ids: Vec<_> = self.signatures.iter().map(|signature| signature.id.as_str()).collect();
        let (signature, time) = (ids.join(", "), seal.time);
        self.raised.stamps.push(NewStamp { signature, archive: true, time });
        self.change.add.extend(seal.members);
        Ok(())
    }

    /// The digest of the archive manifest: no weaker than what the signatures are made with.
    fn algorithm<R>(&self, opened: &Opened<R>) -> DigestAlgorithm {
        let signers = super::change::signed_data(&opened.container).flat_map(|d| &d.signer_infos);
        let digests = signers
            .filter_map(|signer| DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok());
        match digests.map(DigestAlgorithm::output_len).max().unwrap_or(0) {
            0..=32 => DigestAlgorithm::Sha256,
            33..=48 => DigestAlgorithm::Sha384,
            _ => DigestAlgorithm::Sha512,
        }
    }

    /// Gives every time-stamp that nothing covers yet the data to verify it with, in its own
    /// SignedData.
    fn complete_stamps<R>(&mut self, opened: &Opened<R>) -> Result<()> {
        for stamp in &opened.container.timestamps {
            if is_sealed(&opened.container, &stamp.name) {
                continue;
            }
            let Ok(token) = &stamp.token else { continue };
            let Some(authority) = token.check(&[]).certificate else { continue };
            let options = self.options;
            let mut finder =
                Finder::new(options.evidence, options.fetch, options.budget, options.now);
            for data in super::change::signed_data(&opened.container) {
                finder.offer_data(data);
            }
            finder.offer_data(&token.data);
            let used = token.info.gen_time;
            finder.need(&authority, Need::Authority, used, options.now.max(used));
            let found = finder.complete().map_err(|missing| Error::Material {
                path: self.input.to_owned(),
                missing: Box::new(missing),
            })?;
            let data = ValidationData {
                certificates: found.certificates,
                crls: found.crls,
                ocsp: found.ocsp,
            };
            let new = data.missing_in(&token.data);
            self.raised.notes.extend(found.notes);
            if new.is_empty() {
                continue;
            }
            self.raised.added.certificates += new.certificates.len();
            self.raised.added.crls += new.crls.len();
            self.raised.added.ocsp += new.ocsp.len();
            let mut out = Cursor::new(Vec::new());
            let change = |data: &mut SignedData, _: &ContentDigests| new.add_to(data);
            cades::rewrite(
                Cursor::new(&token.raw),
                &mut out,
                &BTreeSet::new(),
                new.size() + ROOM,
                &Limits::default(),
                change,
            )
            .map_err(Error::cades(self.input))?;
            self.change.replace.insert(stamp.name.clone(), out.into_inner());
        }
        Ok(())
    }
}

/// An archive manifest and the time-stamp over it.
pub(super) struct Seal {
    /// The two members.
    pub(super) members: [(String, Vec<u8>); 2],
    /// The time of the stamp.
    pub(super) time: DateTime<Utc>,
    /// Why authorities asked before the one that answered did not serve.
    pub(super) failed_authorities: Vec<String>,
}

/// Makes an archive manifest over `references`, and has it stamped into the member `target`.
pub(super) fn seal(
    path: &Path,
    target: String,
    references: Vec<DataReference>,
    algorithm: DigestAlgorithm,
    authorities: &[&dyn TimestampAuthority],
) -> Result<Seal> {
    let xml = manifest(&target, asic::TIMESTAMP_TYPE, references);
    let digest = crypto::digest(algorithm, &xml);
    let stamp = request_stamp(authorities, algorithm, &digest);
    let (_, token, failed) =
        stamp.map_err(|error| Error::cades(path)(cades::Error::Timestamp(error)))?;
    Ok(Seal {
        time: token.info.gen_time,
        members: [(asic::ARCHIVE_MANIFEST.to_owned(), xml), (target, token.raw)],
        failed_authorities: failed.iter().map(crate::describe).collect(),
    })
}

/// Puts an archive manifest over a container to which `change` was just made; gives its time.
pub(super) fn archive_change<R: Read + Seek>(
    input: &Path,
    opened: &mut Opened<R>,
    change: Change,
    options: &ExtendOptions<'_>,
) -> Result<(Change, Raised)> {
    let (raised, signatures) = (Raised::default(), Vec::new());
    let mut work = Work { input, options, change, raised, signatures };
    work.archive(opened)?;
    Ok((work.change, work.raised))
}

/// A signature's number in its own file made one of the container, or back.
fn moved(id: &SignatureId, first: usize, into_container: bool) -> SignatureId {
    let top = if into_container { id.signer() + first } else { id.signer().saturating_sub(first) };
    let text = id.to_string();
    let below = text.split('.').skip(1).filter_map(|part| part.parse::<usize>().ok());
    below.fold(SignatureId::top(top), |id, number| id.child(number.saturating_sub(1)))
}

/// The level under an archive time-stamp of the container.
fn lifted(level: Level) -> Level {
    if level == Level::BaselineLt { Level::BaselineLta } else { level }
}

//! Reading what stands beside the data objects: manifests, and what was made over them, by whatever
//! name. May not touch a data object, and may not say what covers what.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};

use archive::{Archive, Member};
use cades::{Envelope, Layer};

use crate::container::{Container, ManifestFile, MissingTarget, Signature, Subject, TimeStamp};
use crate::names::{Role, role};
use crate::{Error, Limits, Manifest, ManifestError, Result};

impl Container {
    /// Reads the manifests, then the signatures and time-stamps: those known by their names, and those
    /// that a manifest names. Each in the order of the names.
    pub(crate) fn read_evidence<R: Read + Seek>(
        &mut self,
        archive: &mut Archive<R>,
        limits: &Limits,
    ) -> Result<()> {
        let mut reading = Reading { limits, count: 0, total: 0 };
        let mut references = limits.references;
        for (member, role) in self.with_roles(|_, role| is_manifest(role).then_some(role)) {
            let content = reading.octets(archive, &member)?.ok_or(ManifestError::Damaged);
            let content = content.and_then(|octets| Manifest::parse(&octets, references));
            if let Err(ManifestError::TooManyReferences { .. }) = content {
                let limit = u64::try_from(limits.references).unwrap_or(u64::MAX);
                return Err(Error::Limit { what: "references of manifests", limit });
            }
            references -= content.as_ref().map_or(0, |m| m.references.len());
            self.manifests.push(ManifestFile { name: member.name, role, content });
        }
        self.find_targets();
        for (member, role) in self.with_roles(|name, role| self.evidence(name, role)) {
            match role {
                Role::Signature => {
                    let octets = reading.octets(archive, &member)?;
                    self.add_signature(&member, octets, limits)?;
                }
                Role::TimeStamp => {
                    let octets = reading.octets(archive, &member)?;
                    if self.timestamps.len() == limits.timestamps {
                        let limit = u64::try_from(limits.timestamps).unwrap_or(u64::MAX);
                        return Err(Error::Limit { what: "time-stamps", limit });
                    }
                    self.add_timestamp(&member, octets);
                }
                Role::EvidenceRecord => {
                    reading.one_more()?;
                    self.evidence_records.push(member.name);
                }
                _ => {
                    reading.one_more()?;
                    self.xml_signatures.push(member.name);
                }
            }
        }
        Ok(())
    }

    /// The members for which `wanted` gives a role, by name.
    fn with_roles(&self, wanted: impl Fn(&str, Role) -> Option<Role>) -> Vec<(Member, Role)> {
        let files = self.members.iter().filter(|member| !member.is_folder);
        let mut found: Vec<_> = files
            .filter_map(|member| Some((member.clone(), wanted(&member.name, role(&member.name))?)))
            .collect();
        found.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        found
    }

    /// What a member is as evidence, by its name or by the word of a manifest.
    fn evidence(&self, name: &str, role: Role) -> Option<Role> {
        match role {
            Role::Signature | Role::TimeStamp | Role::EvidenceRecord | Role::XmlSignature => {
                Some(role)
            }
            Role::DataObject | Role::Other => self.targets.get(name).copied(),
            Role::Mimetype
            | Role::Manifest
            | Role::ArchiveManifest
            | Role::EvidenceRecordManifest => None,
        }
    }

    /// Looks for what each manifest says was made over it (A.4: SigReference): nothing of that may
    /// vanish, or hide under a name that nobody looks at.
    fn find_targets(&mut self) {
        let mut missing = BTreeMap::new();
        for file in &self.manifests {
            let Ok(manifest) = &file.content else { continue };
            let name = &manifest.target;
            let present = self.member(name).is_some_and(|member| !member.is_folder);
            match role(name) {
                Role::DataObject | Role::Other if present => {
                    self.targets.entry(name.clone()).or_insert_with(|| expected(file, manifest));
                }
                Role::Signature | Role::TimeStamp | Role::EvidenceRecord | Role::XmlSignature
                    if present => {}
                _ => {
                    missing.entry(name.clone()).or_insert_with(|| MissingTarget {
                        name: name.clone(),
                        role: expected(file, manifest),
                        manifest: file.name.clone(),
                    });
                }
            }
        }
        self.missing = missing.into_values().collect();
    }

    fn add_signature(
        &mut self,
        member: &Member,
        octets: Option<Vec<u8>>,
        limits: &Limits,
    ) -> Result<()> {
        let layer = match octets {
            None => Err(archive::Error::Damaged { member: member.name.clone() }.into()),
            Some(octets) => read_layer(&octets, &limits.cms),
        };
        let layer = match layer {
            Err(Unread::Io(error)) => return Err(error.into()),
            Err(Unread::Cades(error)) => Err(error),
            Ok(layer) => Ok(layer),
        };
        let signers = |layer: &Layer| layer.data.signer_infos.len();
        let present = self.signatures.iter().filter_map(|s| s.layer.as_ref().ok()).map(signers);
        if present.sum::<usize>() + layer.as_ref().map_or(0, signers) > limits.signers {
            let limit = u64::try_from(limits.signers).unwrap_or(u64::MAX);
            return Err(Error::Limit { what: "signatures", limit });
        }
        let has_content = layer.as_ref().is_ok_and(|layer| layer.attached);
        let (name, subject) = (member.name.clone(), Subject::Unreferenced);
        self.signatures.push(Signature { name, layer, has_content, subject });
        Ok(())
    }

    fn add_timestamp(&mut self, member: &Member, octets: Option<Vec<u8>>) {
        let octets = octets.unwrap_or_default();
        let token = timestamp::read_tsr(&octets).map(|(token, _)| token);
        let (name, subject) = (member.name.clone(), Subject::Unreferenced);
        self.timestamps.push(TimeStamp { name, octets, token, subject });
    }
}

/// What was read of the evidence so far.
struct Reading<'l> {
    limits: &'l Limits,
    count: usize,
    total: u64,
}

impl Reading<'_> {
    fn one_more(&mut self) -> Result<()> {
        self.count += 1;
        if self.count > self.limits.evidence {
            let limit = u64::try_from(self.limits.evidence).unwrap_or(u64::MAX);
            return Err(Error::Limit { what: "signatures and manifests", limit });
        }
        Ok(())
    }

    /// The octets of one more member; `None` = it is damaged.
    fn octets<R: Read + Seek>(
        &mut self,
        archive: &mut Archive<R>,
        member: &Member,
    ) -> Result<Option<Vec<u8>>> {
        self.one_more()?;
        self.total = self.total.saturating_add(member.size);
        if member.size > self.limits.evidence_bytes || self.total > self.limits.evidence_total {
            let limit = self.limits.evidence_total;
            return Err(Error::Limit { what: "signatures and manifests", limit });
        }
        match archive.read_small(member, self.limits.evidence_bytes) {
            Ok(octets) => Ok(Some(octets)),
            Err(archive::Error::Damaged { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_manifest(role: Role) -> bool {
    matches!(role, Role::Manifest | Role::ArchiveManifest | Role::EvidenceRecordManifest)
}

/// What the target of a manifest should be.
fn expected(file: &ManifestFile, manifest: &Manifest) -> Role {
    let media_type = manifest.target_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let extension = manifest.target.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is = |known: &[&str]| known.iter().any(|one| extension.eq_ignore_ascii_case(one));
    match role(&manifest.target) {
        known @ (Role::Signature | Role::TimeStamp | Role::EvidenceRecord | Role::XmlSignature) => {
            known
        }
        _ if file.role == Role::EvidenceRecordManifest => Role::EvidenceRecord,
        _ if file.role == Role::ArchiveManifest
            || media_type.contains("timestamp")
            || is(&["tst", "tsr"]) =>
        {
            Role::TimeStamp
        }
        _ => Role::Signature,
    }
}

/// Why a signature was not read.
enum Unread {
    Io(std::io::Error),
    Cades(cades::Error),
}

impl From<archive::Error> for Unread {
    fn from(_: archive::Error) -> Self {
        // Damage in the ZIP is, to the signature, an encoding that ends where it should not.
        Self::Cades(cades::Error::Cms(cms::Error::NotCms))
    }
}

/// The outermost envelope of a signature in memory.
fn read_layer(octets: &[u8], limits: &cms::Limits) -> Result<Layer, Unread> {
    let file = match cades::read_whole(&mut Cursor::new(octets), limits) {
        Ok(file) => file,
        Err(cades::Error::Io(error)) => return Err(Unread::Io(error)),
        Err(error) => return Err(Unread::Cades(error)),
    };
    match (file.envelopes.into_iter().next(), file.broken) {
        (Some(Envelope::Signed(layer)), _) => Ok(layer),
        (None, Some(broken)) => Err(Unread::Cades(broken.error)),
        _ => Err(Unread::Cades(cades::Error::NoSignature)),
    }
}

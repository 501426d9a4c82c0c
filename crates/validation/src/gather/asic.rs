//! Facts about ASiC containers (EN 319 162-1): the signatures and time-stamps in them, each with what
//! its manifest lists.

use super::signature::{self, Context};
use super::trust::Gatherer;
use super::{describe, format_of, stamp};
use crate::catalogue::Code;
use crate::facts::{
    ContentDigest, Facts, Fingerprint, InputFacts, LayerFacts, ProofFacts, SignatureFacts,
    SignatureValue, StructuralFinding, TimestampFacts, TimestampKind,
};
use crate::gather::Evidence;
use asic::{Container, ContainerType, Manifest, Note, ReferenceState, Role, Subject};
use cades::Layer;
use cms::{RevocationInfo, SignedData};
use crypto::DigestAlgorithm;
use std::collections::{BTreeMap, BTreeSet};
use x509::{Certificate, Crl, OcspResponse};

/// Files named one by one in findings of one kind; of more only the number is told.
const NAMED: usize = 20;

/// Signatures, time-stamps and validation data that all time-stamps together are said to cover: a
/// thousand signatures with ten proofs each, in sixty yearly renewals, stay below.
const PROOFS: usize = 1 << 20;

/// Facts about a container whose members were [digested](Container::digest).
#[must_use]
pub fn container(container: &Container, evidence: &Evidence<'_>) -> Facts {
    let mut facts = Facts { input: input(container), ..Facts::default() };
    let mut trust = Gatherer::new(evidence);
    for layer in container.signatures.iter().filter_map(|one| one.layer.as_ref().ok()) {
        signature::offer(layer, &mut trust);
    }
    for token in container.timestamps.iter().filter_map(|one| one.token.as_ref().ok()) {
        trust.offer_certificates(token.data.x509_certificates());
        trust.offer_revocation(&token.data);
    }
    // Member -> the ids of what stands in it.
    let mut ids: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    // What an intact signature is over.
    let mut signed: Vec<&Subject> = Vec::new();
    let mut number = 0;
    for one in &container.signatures {
        let start = facts.signatures.len();
        let first = number + 1;
        match &one.layer {
            Ok(layer) => {
                let context = Context::new(layer);
                for signer in &layer.data.signer_infos {
                    number += 1;
                    let id = number.to_string();
                    signature::gather(&id, &context, signer, &mut trust, &mut facts);
                }
            }
            Err(error) => {
                number += 1;
                let finding = finding(Code::StructureUnreadable, describe(error), Some(&one.name));
                let id = number.to_string();
                facts.signatures.push(SignatureFacts::unreadable(id, "CMS", finding));
            }
        }
        let covered = under(container, &one.subject, &one.name);
        let added = facts.signatures.iter_mut().skip(start);
        for own in added.filter(|own| own.countersigns.is_none()) {
            let valid = matches!(own.value, SignatureValue::Valid { .. });
            if valid && own.content == ContentDigest::Intact {
                signed.push(&one.subject);
            }
            covered.weigh(own);
            if own.content == ContentDigest::Intact {
                own.structure.extend(covered.named(&one.name));
            }
            if one.has_content {
                let detail = "the signature in the container has a content of its own".to_owned();
                own.structure.push(finding(Code::StructureDeviation, detail, Some(&one.name)));
            }
        }
        let own = facts.signatures.iter().skip(start);
        let stamps = |own: &SignatureFacts| -> Vec<String> {
            own.timestamps.iter().map(|stamp| stamp.id.clone()).collect()
        };
        let all = own.flat_map(|own| [vec![own.id.clone()], stamps(own)].concat());
        let all: Vec<String> = all.collect();
        // A file without signers has nothing that could be covered.
        if number >= first {
            ids.insert(&one.name, all);
        }
    }
    for (index, one) in container.timestamps.iter().enumerate() {
        ids.insert(&one.name, vec![format!("t{}", index + 1)]);
    }
    // By time-stamp, the members it proves to have been as they are.
    let mut proven: Vec<BTreeSet<String>> = Vec::new();
    let mut stamped: Vec<&Subject> = Vec::new();
    for (index, one) in container.timestamps.iter().enumerate() {
        let id = format!("t{}", index + 1);
        let kind = kind(container, &one.subject);
        let imprint = container.imprint(one);
        let mut own = stamp::gather(&id, kind, &one.octets, |_| imprint, &mut trust);
        let covered = under(container, &one.subject, &one.name);
        // A token that is not over the manifest says nothing of what the manifest lists.
        let valid = matches!(own.value, SignatureValue::Valid { .. });
        let over = imprint == Some(true) && valid && own.content == ContentDigest::Intact;
        stamped.extend(over.then_some(&one.subject));
        covered.weigh_stamp(&mut own);
        proven.push(if over { covered.proven } else { BTreeSet::new() });
        facts.timestamps.push(own);
    }
    add_missing(container, number, &mut facts);
    if container.signatures.is_empty() {
        signed = stamped;
    } else if signed.is_empty() {
        // None is worth anything, which is told; their claims tell what nobody even claims.
        signed = container.signatures.iter().map(|one| &one.subject).collect();
    }
    name_uncovered(container, &signed, &mut facts);
    trust.finish(&mut facts);
    add_proofs(container, &ids, &proven, &mut facts);
    raise_levels(&mut facts);
    facts
}

/// Says what each time-stamp covers and proves. Of the validation data only what the judgement knows
/// is named: a file may hold any number of certificates that nobody asks for.
fn add_proofs(
    container: &Container,
    ids: &BTreeMap<&str, Vec<String>>,
    proven: &[BTreeSet<String>],
    facts: &mut Facts,
) {
    let revocation = facts.revocation.values().flatten();
    let revocation: BTreeSet<Fingerprint> = revocation
        .flat_map(|one| one.object.iter().chain(&one.base).chain(&one.complements))
        .cloned()
        .collect();
    let known = |mut proof: ProofFacts| {
        proof.certificates.retain(|one| facts.certificates.contains_key(one));
        proof.revocation.retain(|one| revocation.contains(one));
        proof
    };
    let wanted = |name: &String| proven.iter().any(|names| names.contains(name));
    let mut proofs: BTreeMap<&str, ProofFacts> = BTreeMap::new();
    for one in container.signatures.iter().filter(|one| wanted(&one.name)) {
        let Ok(layer) = &one.layer else { continue };
        proofs.insert(&one.name, known(proof(layer)));
    }
    for one in container.timestamps.iter().filter(|one| wanted(&one.name)) {
        let Ok(token) = &one.token else { continue };
        let mut own = ProofFacts::default();
        add_fields(&mut own, &token.data, token.data.x509_certificates().iter());
        proofs.insert(&one.name, known(own));
    }
    let mut left = PROOFS;
    for (stamp, names) in facts.timestamps.iter_mut().zip(proven) {
        let (mut certificates, mut revocation) = (BTreeSet::new(), BTreeSet::new());
        for name in names {
            let own = ids.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
            let proof = proofs.get(name.as_str());
            let inside = proof.map_or(0, |proof| proof.certificates.len() + proof.revocation.len());
            let Some(rest) = left.checked_sub(own.len() + inside) else {
                // Less proven is never better for whoever made the file.
                let detail = "what a time-stamp covers".to_owned();
                facts.input.notes.push(finding(Code::SearchLimited, detail, Some(&stamp.id)));
                break;
            };
            left = rest;
            stamp.covers.extend_from_slice(own);
            if let Some(proof) = proof {
                certificates.extend(&proof.certificates);
                revocation.extend(&proof.revocation);
            }
        }
        stamp.proves.certificates = certificates.into_iter().cloned().collect();
        stamp.proves.revocation = revocation.into_iter().cloned().collect();
    }
}

/// A signature or time-stamp that a manifest names and that is not there is judged as one that cannot
/// be read: it was taken away, or lost, and nobody may take what is left for all there was.
fn add_missing(container: &Container, mut number: usize, facts: &mut Facts) {
    let mut stamps = container.timestamps.len();
    for missing in &container.missing {
        let finding = finding(
            Code::ContainerSignatureMissing,
            missing.name.clone(),
            Some(missing.manifest.as_str()),
        );
        match missing.role {
            Role::TimeStamp => {
                stamps += 1;
                let (id, kind) = (format!("t{stamps}"), TimestampKind::Standalone);
                facts.timestamps.push(TimestampFacts::unreadable(id, kind, finding.clone()));
                facts.input.notes.push(finding);
            }
            // Records are not judged here, present or not.
            Role::EvidenceRecord => facts.input.notes.push(finding),
            _ => {
                number += 1;
                let id = number.to_string();
                facts.signatures.push(SignatureFacts::unreadable(id, "CMS", finding));
            }
        }
    }
}

/// Facts about a container whose ZIP is not read: it holds signatures, and none can be believed.
#[must_use]
pub fn unsafe_container(findings: &[archive::Finding]) -> Facts {
    let told = findings.iter().filter(|finding| finding.problem.refuses()).take(NAMED);
    let mut structure = told.map(|found| {
        let detail = format!("{} ({})", found.en(), found.problem.code());
        let location = Some(found.member.as_str()).filter(|member| !member.is_empty());
        finding(Code::ContainerUnsafe, detail, location)
    });
    let first = structure.next().unwrap_or_else(|| {
        finding(Code::ContainerUnsafe, "its directory is not sound".to_owned(), None)
    });
    let mut unreadable = SignatureFacts::unreadable("1", "CMS", first);
    unreadable.structure.extend(structure);
    Facts {
        input: InputFacts {
            format: "ASiC".to_owned(),
            layers: vec![LayerFacts { kind: "asic".to_owned(), name: None }],
            notes: Vec::new(),
        },
        signatures: vec![unreadable],
        ..Facts::default()
    }
}

fn finding(code: Code, detail: String, location: Option<&str>) -> StructuralFinding {
    StructuralFinding { code, detail, location: location.map(str::to_owned) }
}

fn input(container: &Container) -> InputFacts {
    let mut notes: Vec<StructuralFinding> = container.notes.iter().map(note).collect();
    for manifest in &container.manifests {
        if let Err(error) = &manifest.content {
            let detail = describe(error);
            let location = Some(manifest.name.as_str());
            notes.push(finding(Code::ContainerManifestUnreadable, detail, location));
        }
    }
    let named = [
        (Code::ContainerEvidenceRecord, &container.evidence_records),
        (Code::ContainerXmlSignature, &container.xml_signatures),
    ];
    for (code, names) in named {
        let names = names.iter().take(NAMED);
        notes.extend(names.map(|name| finding(code, name.clone(), Some(name))));
    }
    let inner = container.inner.iter().take(NAMED);
    notes.extend(inner.map(|(name, inner)| {
        let detail = format!("{name} ({})", inner.name());
        finding(Code::InnerFileNotJudged, detail, Some(name))
    }));
    if container.inner.len() > NAMED {
        notes.push(many(Code::InnerFileNotJudged, container.inner.len()));
    }
    let records = container.manifests.iter().filter(|m| m.role == Role::EvidenceRecordManifest);
    for manifest in records.filter_map(|manifest| manifest.content.as_ref().ok()) {
        // The record is not judged, but that it cannot be over these files is plain to see.
        notes.extend(compare(container, manifest).findings);
    }
    let outer =
        LayerFacts { kind: "asic".to_owned(), name: Some(container.kind.media_type().to_owned()) };
    let layer =
        |kind: &str, name: &str| LayerFacts { kind: kind.to_owned(), name: Some(name.to_owned()) };
    let signatures = container.signatures.iter().map(|one| {
        let kind = one.layer.as_ref().map_or("cms", |layer| format_of(layer).1);
        layer(kind, &one.name)
    });
    let stamps = container.timestamps.iter().map(|one| layer("tst", &one.name));
    InputFacts {
        format: container.kind.name().to_owned(),
        layers: std::iter::once(outer).chain(signatures).chain(stamps).collect(),
        notes,
    }
}

fn note(note: &Note) -> StructuralFinding {
    let location = match note {
        Note::Archive(found) => found.member.as_str(),
        _ => asic::MIMETYPE,
    };
    let location = Some(location).filter(|location| !location.is_empty());
    finding(Code::ContainerDeviation, note.to_string(), location)
}

/// The kind of a time-stamp file: one over an ASiCArchiveManifest is an archive time-stamp.
fn kind(container: &Container, subject: &Subject) -> TimestampKind {
    let manifest = match subject {
        Subject::Manifest(index) => container.manifests.get(*index),
        _ => None,
    };
    match manifest.map(|manifest| manifest.role) {
        Some(Role::ArchiveManifest) => TimestampKind::ArchiveManifest,
        _ => TimestampKind::Standalone,
    }
}

/// What a signature or time-stamp covers, and how that compares with what is there.
#[derive(Default)]
struct Covered {
    /// Members as they should be, by a digest that stands for them: nobody can make another of the
    /// same digest.
    proven: BTreeSet<String>,
    /// The digests the manifest uses.
    digests: BTreeSet<&'static str>,
    /// The data objects it is over, as far as they are as they should be.
    objects: Vec<String>,
    altered: bool,
    missing: bool,
    unchecked: bool,
    findings: Vec<StructuralFinding>,
}

fn under(container: &Container, subject: &Subject, name: &str) -> Covered {
    let mut covered = Covered::default();
    match subject {
        Subject::DataObject(object) => {
            covered.objects.push(object.clone());
        }
        Subject::Ambiguous { objects } => {
            let code = Code::ContainerObjectAmbiguous;
            covered.findings.push(finding(code, objects.to_string(), Some(name)));
        }
        Subject::Unreferenced => {
            let code = match container.kind {
                ContainerType::Simple => Code::ContainerObjectAmbiguous,
                ContainerType::Extended => Code::ContainerManifestMissing,
            };
            covered.findings.push(finding(code, name.to_owned(), Some(name)));
        }
        Subject::Manifest(_) => {}
    }
    let Some(manifest) = container.manifest(subject) else { return covered };
    if manifest.critical > 0 {
        covered.findings.push(finding(Code::ContainerCriticalExtension, String::new(), Some(name)));
    }
    let mut compared = compare(container, manifest);
    compared.findings.splice(0..0, covered.findings);
    compared
}

/// Compares what a manifest lists with what is there.
fn compare(container: &Container, manifest: &Manifest) -> Covered {
    let mut covered = Covered::default();
    let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
    for reference in &manifest.references {
        covered.digests.extend(reference.algorithm.map(DigestAlgorithm::name));
        let code = match container.state(reference) {
            ReferenceState::Intact => {
                if reference.algorithm.is_some_and(|algorithm| !algorithm.is_legacy()) {
                    covered.proven.insert(reference.name.clone());
                }
                if asic::role(&reference.name) == Role::DataObject {
                    covered.objects.push(reference.name.clone());
                }
                continue;
            }
            ReferenceState::Altered | ReferenceState::Damaged => {
                covered.altered = true;
                Code::ContainerFileAltered
            }
            ReferenceState::Missing => {
                covered.missing = true;
                Code::ContainerFileMissing
            }
            ReferenceState::UnknownAlgorithm | ReferenceState::NotDigested => {
                covered.unchecked = true;
                Code::ContainerFileUnchecked
            }
        };
        let count = counts.entry(code).or_default();
        *count += 1;
        if *count <= NAMED {
            covered.findings.push(finding(code, reference.name.clone(), Some(&reference.name)));
        }
    }
    let more = counts.into_iter().filter(|(_, count)| *count > NAMED);
    covered.findings.extend(more.map(|(code, count)| many(code, count)));
    covered
}

/// Says of how many more files than those named the same is true.
fn many(code: Code, count: usize) -> StructuralFinding {
    finding(code, format!("+{}", count - NAMED), None)
}

impl Covered {
    /// Names what is covered, for whoever asks what was signed.
    fn named(&self, signature: &str) -> Option<StructuralFinding> {
        let mut names: Vec<&str> = self.objects.iter().map(String::as_str).take(NAMED).collect();
        let more = self.objects.len().saturating_sub(NAMED);
        let rest = format!("+{more}");
        if more > 0 {
            names.push(&rest);
        }
        let (code, detail) = (Code::ContainerFilesCovered, names.join(", "));
        (!names.is_empty()).then(|| finding(code, detail, Some(signature)))
    }

    /// The manifest was signed as it is; what it lists must be as it says, too.
    fn weigh(&self, signature: &mut SignatureFacts) {
        signature.structure.extend(self.findings.iter().cloned());
        signature.reference_digests = self.digests.iter().map(|&name| name.to_owned()).collect();
        if signature.content == ContentDigest::Intact {
            signature.content = if self.altered {
                ContentDigest::Mismatch
            } else if self.missing {
                ContentDigest::ContentMissing
            } else if self.unchecked {
                ContentDigest::NotComputed
            } else {
                ContentDigest::Intact
            };
        }
    }

    fn weigh_stamp(&self, stamp: &mut TimestampFacts) {
        stamp.structure.extend(self.findings.iter().cloned());
        stamp.reference_digests = self.digests.iter().map(|&name| name.to_owned()).collect();
        if stamp.imprint_matches == Some(true) {
            if self.altered {
                stamp.imprint_matches = Some(false);
            } else if self.missing || self.unchecked {
                stamp.imprint_matches = None;
            }
        }
    }
}

/// A signature of level LT under an archive time-stamp of the container is one of level LTA
/// (EN 319 162-1 §4.4.5).
fn raise_levels(facts: &mut Facts) {
    const LT: &str = "CAdES-BASELINE-LT";
    const LTA: &str = "CAdES-BASELINE-LTA";
    let archived: BTreeSet<&String> = facts
        .timestamps
        .iter()
        .filter(|stamp| stamp.imprint_matches == Some(true))
        .flat_map(|stamp| &stamp.covers)
        .collect();
    for signature in &mut facts.signatures {
        if signature.level == LT && archived.contains(&signature.id) {
            LTA.clone_into(&mut signature.level);
        }
    }
}

/// Says which files are under none of `covering`: of every signature, since whoever reads only one of
/// them must learn it too.
fn name_uncovered(container: &Container, covering: &[&Subject], facts: &mut Facts) {
    let uncovered = container.uncovered(covering.iter().copied());
    let findings = each(Code::ContainerFileUncovered, &uncovered);
    let signatures = facts.signatures.iter_mut().filter(|own| own.countersigns.is_none());
    for signature in signatures {
        signature.structure.extend(findings.iter().cloned());
    }
    facts.input.notes.extend(findings);
    let unknown = container.unknown(covering.iter().copied());
    facts.input.notes.extend(each(Code::ContainerFileUnknown, &unknown));
}

/// One finding per file, and one for all beyond the first.
fn each(code: Code, files: &[&str]) -> Vec<StructuralFinding> {
    let named = files.iter().take(NAMED);
    let mut findings: Vec<_> =
        named.map(|name| finding(code, (*name).to_owned(), Some(name))).collect();
    if files.len() > NAMED {
        findings.push(many(code, files.len()));
    }
    findings
}

/// The validation data a signature file holds: what covers the file covers them.
pub(super) fn proof(layer: &Layer) -> ProofFacts {
    let mut proof = ProofFacts::default();
    add_fields(&mut proof, &layer.data, layer.certificates.iter());
    for signer in &layer.data.signer_infos {
        cades::values::visit(signer, &mut |values, token| match token {
            Some(token) => {
                let certificates = token.data.x509_certificates();
                add_fields(&mut proof, &token.data, certificates.iter());
            }
            None => {
                let certificates = values.certificates.iter();
                let certificates = certificates.filter_map(|der| Certificate::from_der(der).ok());
                let fingerprints = certificates.map(|one| one.fingerprint().into());
                proof.certificates.extend(fingerprints);
                proof.revocation.extend(values.revocation_infos().filter_map(object));
            }
        });
    }
    proof
}

fn add_fields<'a>(
    proof: &mut ProofFacts,
    data: &SignedData,
    certificates: impl Iterator<Item = &'a Certificate>,
) {
    proof.certificates.extend(certificates.map(|one| one.fingerprint().into()));
    proof.revocation.extend(data.revocation_infos().into_iter().filter_map(object));
}

/// The name of a list or response among the facts.
fn object(info: RevocationInfo) -> Option<Fingerprint> {
    let fingerprint = match info {
        RevocationInfo::Crl(der) => Crl::from_der(&der).ok()?.fingerprint(),
        RevocationInfo::Ocsp(der) => OcspResponse::from_der(&der).ok()?.fingerprint(),
        RevocationInfo::Other(_) | RevocationInfo::Unknown => return None,
    };
    Some(fingerprint.into())
}

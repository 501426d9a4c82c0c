//! What each time-stamp of a signature is over, and what it therefore proves to have existed
//! (EN 319 122-1 §5.2.8, §5.3, §5.5, §A.1.5, §A.2.4; EN 319 102-1 §5.6.2.3).

use super::signature::{Subject, hex};
use super::stamp;
use super::trust::Gatherer;
use crate::catalogue::Code;
use crate::facts::{
    Fingerprint, ProofFacts, SignatureFacts, StructuralFinding, TimestampFacts, TimestampKind,
};
use asn1::Oid;
use cades::archive::{
    Entry, HashIndex, HashIndexVersion, RootObjects, UnsignedObjects, cades_c_imprints,
    references_imprints, v2_imprints, v3_imprint,
};
use cades::values::{OtherHash, References, Values};
use cades::{Layer, oids};
use cms::ess::SigningCertificateRefs;
use cms::verify::{ContentDigests, message_digest};
use cms::{Attribute, RevocationInfo, SignedData, SignerInfo};
use crypto::DigestAlgorithm;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use timestamp::Token;
use x509::{Certificate, Crl, OcspResponse};

/// What time-stamps over references are over.
const REFERENCES: [Oid; 2] = [oids::CERTIFICATE_REFS, oids::REVOCATION_REFS];

/// Octets hashed for the imprints of one envelope's archive time-stamps, which are each over most
/// of the file's tail. Sixty years of yearly renewals over a tail of 10 MiB fit.
const IMPRINT_BUDGET: u64 = 1 << 30;

/// Time-stamps of one signature that are looked at; each archive time-stamp is over those before it.
const MOST_STAMPS: usize = 256;

/// The fields of a SignedData that archive time-stamps are over; each read at most once.
pub(super) struct Root<'a> {
    layer: &'a Layer,
    objects: OnceCell<RootObjects>,
    certificates: OnceCell<Vec<Option<Fingerprint>>>,
    revocation: OnceCell<Vec<Option<Fingerprint>>>,
    budget: Cell<u64>,
}

impl<'a> Root<'a> {
    pub(super) fn new(layer: &'a Layer) -> Self {
        Self {
            layer,
            objects: OnceCell::new(),
            certificates: OnceCell::new(),
            revocation: OnceCell::new(),
            budget: Cell::new(IMPRINT_BUDGET),
        }
    }

    fn objects(&self) -> &RootObjects {
        self.objects.get_or_init(|| {
            let elsewhere = cades::values::objects_elsewhere(&self.layer.data);
            RootObjects::new(&self.layer.data, elsewhere)
        })
    }

    /// What each member of `certificates` is, by place.
    fn certificates(&self) -> &[Option<Fingerprint>] {
        let one = |raw: &Vec<u8>| Certificate::from_der(raw).ok().map(|c| c.fingerprint().into());
        self.certificates.get_or_init(|| self.layer.data.certificates.iter().map(one).collect())
    }

    /// What each member of `crls` is, by place.
    fn revocation(&self) -> &[Option<Fingerprint>] {
        self.revocation.get_or_init(|| {
            self.layer.data.revocation_infos().iter().map(revocation_fingerprint).collect()
        })
    }

    /// Takes `octets` from what may still be hashed.
    fn spend(&self, octets: u64) -> Option<()> {
        self.budget.set(self.budget.get().checked_sub(octets)?);
        Some(())
    }
}

/// The digest revocation facts name their object by.
fn revocation_fingerprint(info: &RevocationInfo) -> Option<Fingerprint> {
    match info {
        RevocationInfo::Crl(der) => Some(Crl::from_der(der).ok()?.fingerprint().into()),
        RevocationInfo::Ocsp(der) => Some(OcspResponse::from_der(der).ok()?.fingerprint().into()),
        RevocationInfo::Other(_) | RevocationInfo::Unknown => None,
    }
}

/// A time-stamp in its place.
struct Placed<'a> {
    id: String,
    kind: TimestampKind,
    raw: &'a [u8],
    /// Place of its unsigned attribute, place in it; `None` = a signed attribute.
    place: Option<(usize, usize)>,
    token: Option<Token>,
    /// The certificates and revocation data inside the token.
    inside: OnceCell<Proof>,
}

/// What a time-stamp was found to be over.
#[derive(Default)]
struct Covered {
    imprint: Option<bool>,
    index_valid: Option<bool>,
    structure: Vec<StructuralFinding>,
    covers: Vec<String>,
    proves: Proof,
}

#[derive(Default)]
struct Proof {
    certificates: BTreeSet<Fingerprint>,
    revocation: BTreeSet<Fingerprint>,
}

/// The time-stamps of a signature, those in its signed attributes first.
pub(super) fn timestamps(
    id: &str,
    subject: &Subject<'_>,
    signer: &SignerInfo,
    refs: &SigningCertificateRefs,
    trust: &mut Gatherer<'_>,
) -> Vec<TimestampFacts> {
    let (stamps, left) = place(id, signer);
    let scene = Scene {
        id,
        subject,
        signer,
        refs,
        places: stamps.iter().filter_map(|one| Some((one.place?, one))).collect(),
        stamps: &stamps,
        unsigned: OnceCell::new(),
        held: RefCell::default(),
    };
    let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
    let mut found = Vec::with_capacity(stamps.len());
    for one in &stamps {
        let covered = match &one.token {
            Some(token) => scene.covered(one, token, trust),
            None => Covered::default(),
        };
        let mut facts = stamp::gather(&one.id, one.kind, one.raw, |_| covered.imprint, trust);
        // Nobody believes what it would prove, and of thousands it fills the memory.
        let proves = if covered.imprint == Some(true) { covered.proves } else { Proof::default() };
        facts.hash_index_valid = covered.index_valid;
        facts.structure.extend(covered.structure);
        facts.covers = covered.covers;
        facts.proves = ProofFacts {
            certificates: proves.certificates.into_iter().collect(),
            revocation: proves.revocation.into_iter().collect(),
        };
        if !seen.insert(one.raw) {
            facts.structure.push(deviation("the same time-stamp stands here twice", &one.id));
        }
        found.push(facts);
    }
    if left > 0
        && let Some(last) = found.last_mut()
    {
        let detail = format!("{left} more time-stamps were not looked at");
        last.structure.push(deviation(&detail, id));
    }
    found
}

/// The time-stamps in their places, and how many more there are.
fn place<'a>(id: &str, signer: &'a SignerInfo) -> (Vec<Placed<'a>>, usize) {
    let kinds = [
        (oids::SIGNATURE_TIME_STAMP, TimestampKind::Signature),
        (oids::CADES_C_TIME_STAMP, TimestampKind::CadesC),
        (oids::REFS_TIME_STAMP, TimestampKind::References),
        (oids::ARCHIVE_TIME_STAMP_V1, TimestampKind::ArchiveV1),
        (oids::ARCHIVE_TIME_STAMP_V2, TimestampKind::ArchiveV2),
        (oids::ARCHIVE_TIME_STAMP_V3, TimestampKind::ArchiveV3),
    ];
    let content = signer
        .signed_attributes
        .iter()
        .flat_map(|set| set.values(&oids::CONTENT_TIME_STAMP))
        .map(|raw| (TimestampKind::Content, raw, None));
    let entries: Vec<&Attribute> =
        signer.unsigned_attributes.iter().flat_map(|set| &set.entries).collect();
    let unsigned = kinds.iter().flat_map(|(oid, kind)| {
        entries.iter().enumerate().filter(|(_, entry)| entry.oid == *oid).flat_map(
            move |(attribute, entry)| {
                let values = entry.values.iter().enumerate();
                values.map(move |(value, raw)| (*kind, raw.as_slice(), Some((attribute, value))))
            },
        )
    });
    let mut all = content.chain(unsigned);
    let stamps = all.by_ref().take(MOST_STAMPS).enumerate();
    let stamps = stamps.map(|(index, (kind, raw, place))| Placed {
        id: format!("{id}/t{}", index + 1),
        kind,
        raw,
        place,
        token: stamp::read(raw).ok().map(|(token, _)| token),
        inside: OnceCell::new(),
    });
    let stamps = stamps.collect();
    (stamps, all.count())
}

/// One signature with everything its time-stamps may be over.
struct Scene<'s> {
    id: &'s str,
    subject: &'s Subject<'s>,
    signer: &'s SignerInfo,
    refs: &'s SigningCertificateRefs,
    stamps: &'s [Placed<'s>],
    /// The time-stamps by the place of their attribute and in it.
    places: BTreeMap<(usize, usize), &'s Placed<'s>>,
    unsigned: OnceCell<UnsignedObjects>,
    /// What the values of attributes with validation data or references hold, by place.
    held: RefCell<BTreeMap<(usize, usize), Rc<Proof>>>,
}

impl Scene<'_> {
    fn covered(&self, one: &Placed<'_>, token: &Token, trust: &Gatherer<'_>) -> Covered {
        let Some(algorithm) = token.info.imprint.digest_algorithm() else {
            return Covered::default();
        };
        match one.kind {
            TimestampKind::Content => {
                let digest = digest_of(self.subject.content, algorithm);
                let imprint = digest.map(|digest| digest == token.info.imprint.digest);
                Covered { imprint, ..Covered::default() }
            }
            TimestampKind::Signature => {
                let imprint = Some(token.info.imprint.matches(&self.signer.signature));
                let mut covered = Covered { imprint, ..Covered::default() };
                self.add_signature(&mut covered, trust);
                covered
            }
            TimestampKind::CadesC => self.cades_c(one, token, algorithm, trust),
            TimestampKind::References => {
                let imprints = references_imprints(algorithm, self.signer);
                let mut covered = attempt(one, token, &imprints);
                let places = self.places_of(&REFERENCES, &BTreeSet::new());
                self.add_values_at(places, &mut covered, trust);
                covered
            }
            TimestampKind::ArchiveV1 | TimestampKind::ArchiveV2 => {
                self.archive_v2(one, token, algorithm, trust)
            }
            TimestampKind::ArchiveV3 => self.archive_v3(one, token, algorithm, trust),
            TimestampKind::Document
            | TimestampKind::Standalone
            | TimestampKind::ArchiveManifest => Covered::default(),
        }
    }

    /// The places of the attributes that were not there when `one` was made: its own, and those
    /// of time-stamps that are `later`.
    fn added_since(
        &self,
        one: &Placed<'_>,
        later: impl Fn(&Placed<'_>) -> bool,
    ) -> BTreeSet<usize> {
        let others = self.stamps.iter().filter(|other| later(other));
        others.chain([one]).filter_map(|other| other.place.map(|(place, _)| place)).collect()
    }

    /// Whether an attribute is none of those.
    fn but<'b>(&'b self, added: &'b BTreeSet<usize>) -> impl Fn(&Attribute) -> bool + 'b {
        let entries = self.signer.unsigned_attributes.iter().flat_map(|set| &set.entries);
        let dropped: BTreeSet<*const Attribute> = entries
            .enumerate()
            .filter(|(place, _)| added.contains(place))
            .map(|(_, entry)| std::ptr::from_ref(entry))
            .collect();
        move |attribute| !dropped.contains(&std::ptr::from_ref(attribute))
    }

    fn cades_c(
        &self,
        one: &Placed<'_>,
        token: &Token,
        algorithm: DigestAlgorithm,
        trust: &Gatherer<'_>,
    ) -> Covered {
        let all = cades_c_imprints(algorithm, self.signer, |_| true);
        let mut covered = attempt(one, token, &all);
        // A signature time-stamp added later is not in it.
        let added = self.added_since(one, |other| is_later(other, token));
        if covered.imprint == Some(false) {
            let imprints = cades_c_imprints(algorithm, self.signer, self.but(&added));
            covered = attempt(one, token, &imprints);
        }
        self.add_signature(&mut covered, trust);
        let mut places = self.places_of(&REFERENCES, &added);
        places.extend(self.places_of(&[oids::SIGNATURE_TIME_STAMP], &added));
        self.add_values_at(places, &mut covered, trust);
        covered
    }

    fn archive_v2(
        &self,
        one: &Placed<'_>,
        token: &Token,
        algorithm: DigestAlgorithm,
        trust: &Gatherer<'_>,
    ) -> Covered {
        let context = self.subject.context;
        let data = &context.layer.data;
        let later =
            self.added_since(one, |other| other.kind.is_archive() && is_later(other, token));
        let behind =
            self.added_since(one, |other| other.kind.is_archive() && other.place >= one.place);
        let mut covered = Covered::default();
        let running = context.layer.encapsulated.running(algorithm);
        let cost = self.signer.raw.len() + size(&data.certificates) + size(&data.crls);
        if let Some(running) = running
            && context.root.spend(2 * cost as u64).is_some()
        {
            let mut imprints = v2_imprints(&running, data, self.signer, self.but(&later));
            // Stamps of one second are told apart by their places.
            imprints.extend(v2_imprints(&running, data, self.signer, self.but(&behind)));
            let matches = imprints.contains(&token.info.imprint.digest);
            // The imprint of the first version was specified otherwise (RFC 3126 §3.12.1); what is
            // met under its name is the second, and one that is not cannot be called wrong.
            let decided = matches || one.kind == TimestampKind::ArchiveV2;
            covered.imprint = decided.then_some(matches);
        }
        self.add_signature(&mut covered, trust);
        if covered.imprint != Some(true) {
            // It is over nothing that is here: it proves nothing, however much there is.
            return covered;
        }
        let root = &context.root;
        covered.proves.certificates.extend(root.certificates().iter().flatten().cloned());
        covered.proves.revocation.extend(root.revocation().iter().flatten().cloned());
        let entries = self.signer.unsigned_attributes.iter().flat_map(|set| &set.entries);
        let kept = entries.enumerate().filter(|(place, _)| {
            // What either reading leaves out is not proven.
            !later.contains(place) && !behind.contains(place)
        });
        let values =
            kept.flat_map(|(place, entry)| (0..entry.values.len()).map(move |v| (place, v)));
        self.add_values_at(values, &mut covered, trust);
        covered
    }

    fn archive_v3(
        &self,
        one: &Placed<'_>,
        token: &Token,
        algorithm: DigestAlgorithm,
        trust: &Gatherer<'_>,
    ) -> Covered {
        let context = self.subject.context;
        let invalid = |detail: String| Covered {
            index_valid: Some(false),
            structure: vec![index_finding(Code::HashIndexDetail, detail, &one.id)],
            ..Covered::default()
        };
        if context.root.spend(self.signer.raw.len() as u64).is_none() {
            return Covered::default();
        }
        let index = match HashIndex::read(token) {
            Ok(index) => index,
            Err(error) => return invalid(super::describe(&error)),
        };
        let mut covered = Covered::default();
        let content = digest_of(self.subject.content, algorithm).or_else(|| {
            // Without the content its signed digest serves, if it is by the same algorithm.
            let own = DigestAlgorithm::from_identifier(&self.signer.digest_algorithm).ok()?;
            let signed = self.signer.signed_attributes.as_ref().and_then(message_digest);
            signed.filter(|_| self.subject.content.is_none() && own == algorithm)
        });
        if let Some(content) = content {
            let imprint = v3_imprint(
                algorithm,
                &context.layer.data.content_type,
                &content,
                self.signer,
                &index.raw,
            );
            covered.imprint = Some(imprint == token.info.imprint.digest);
        }
        let unsigned = self.unsigned.get_or_init(|| UnsignedObjects::new(self.signer));
        let resolution = index.resolve(context.root.objects(), unsigned);
        covered.index_valid = Some(resolution.is_valid() && index.algorithm == algorithm);
        if index.algorithm != algorithm {
            let detail = format!("its digest is {}, the imprint's {algorithm}", index.algorithm);
            covered.structure.push(index_finding(Code::HashIndexDetail, detail, &one.id));
        }
        if resolution.missing() > 0 {
            let detail = format!("{} entries are of no object in the file", resolution.missing());
            covered.structure.push(index_finding(Code::HashIndexDetail, detail, &one.id));
        }
        if resolution.elsewhere() > 0 {
            let detail = resolution.elsewhere().to_string();
            covered.structure.push(index_finding(Code::HashIndexElsewhere, detail, &one.id));
        }
        if index.version != HashIndexVersion::V3 {
            let detail = match index.version {
                HashIndexVersion::V1 => "ats-hash-index",
                HashIndexVersion::V2 | HashIndexVersion::V3 => "ats-hash-index-v2",
            };
            covered.structure.push(index_finding(Code::HashIndexOld, detail.to_owned(), &one.id));
        }
        self.add_signature(&mut covered, trust);
        let places = |entries: &[Entry], known: &[Option<Fingerprint>]| -> Vec<Fingerprint> {
            let found = entries.iter().filter_map(|entry| match entry {
                Entry::Found(place) => known.get(*place).cloned().flatten(),
                Entry::Elsewhere | Entry::Missing => None,
            });
            found.collect()
        };
        let root = &context.root;
        let certificates = places(&resolution.certificates, root.certificates());
        covered.proves.certificates.extend(certificates);
        covered.proves.revocation.extend(places(&resolution.crls, root.revocation()));
        self.add_values_at(resolution.values, &mut covered, trust);
        covered
    }

    /// Covers the signature value: with it the signed attributes, the content time-stamps among
    /// them, and the certificate they name.
    fn add_signature(&self, covered: &mut Covered, trust: &Gatherer<'_>) {
        covered.covers.push(self.id.to_owned());
        for reference in self.refs.signer() {
            // The digest stands for the certificate only while nobody can make another of the same digest.
            let strong = reference.algorithm.is_some_and(|algorithm| !algorithm.is_legacy());
            if let Some(named) = trust.by_digest(reference).filter(|_| strong) {
                covered.proves.certificates.insert(named.fingerprint().into());
            }
        }
        for other in self.stamps.iter().filter(|other| other.kind == TimestampKind::Content) {
            self.add_stamp(other, covered);
        }
    }

    /// Covers a time-stamp, and what is inside it.
    fn add_stamp(&self, other: &Placed<'_>, covered: &mut Covered) {
        covered.covers.push(other.id.clone());
        let inside = other.inside.get_or_init(|| {
            let mut proof = Proof::default();
            if let Some(token) = &other.token {
                add_signed_data(&mut proof, &token.data);
            }
            proof
        });
        covered.proves.certificates.extend(inside.certificates.iter().cloned());
        covered.proves.revocation.extend(inside.revocation.iter().cloned());
    }

    /// What one value with validation data or references to it holds; looked into once.
    fn held(
        &self,
        place: (usize, usize),
        oid: &Oid,
        raw: &[u8],
        trust: &Gatherer<'_>,
    ) -> Rc<Proof> {
        if let Some(known) = self.held.borrow().get(&place) {
            return Rc::clone(known);
        }
        let mut proof = Proof::default();
        let mut values = Values::default();
        values.add(oid, raw);
        let certificates = values.certificates.iter();
        let certificates = certificates.filter_map(|der| Certificate::from_der(der).ok());
        proof.certificates.extend(certificates.map(|one| Fingerprint::from(one.fingerprint())));
        let infos: Vec<_> = values.revocation_infos().collect();
        proof.revocation.extend(infos.iter().filter_map(revocation_fingerprint));
        let mut references = References::default();
        references.add(oid, raw);
        // A digest stands for its object only while nobody can make another of the same digest.
        let strong = |hash: &&OtherHash| hash.algorithm.is_some_and(|one| !one.is_legacy());
        for hash in references.certificates.iter().filter(strong) {
            proof.certificates.extend(trust.certificate_by_digest(hash.algorithm, &hash.digest));
        }
        let responses = references.ocsp.iter().filter_map(|one| one.hash.as_ref());
        for hash in references.crls.iter().chain(responses).filter(strong) {
            proof.revocation.extend(trust.revocation_by_digest(hash.algorithm, &hash.digest));
        }
        let proof = Rc::new(proof);
        self.held.borrow_mut().insert(place, Rc::clone(&proof));
        proof
    }

    /// The places of the values of attributes of these types.
    fn places_of(&self, kinds: &[Oid], but: &BTreeSet<usize>) -> Vec<(usize, usize)> {
        let entries = self.signer.unsigned_attributes.iter().flat_map(|set| &set.entries);
        entries
            .enumerate()
            .filter(|(place, entry)| kinds.contains(&entry.oid) && !but.contains(place))
            .flat_map(|(place, entry)| (0..entry.values.len()).map(move |value| (place, value)))
            .collect()
    }

    /// Covers unsigned attribute values, by place, with everything inside them.
    fn add_values_at(
        &self,
        places: impl IntoIterator<Item = (usize, usize)>,
        covered: &mut Covered,
        trust: &Gatherer<'_>,
    ) {
        let Some(set) = &self.signer.unsigned_attributes else { return };
        // Countersignatures are numbered through all attributes that hold them.
        let mut numbers = Vec::with_capacity(set.entries.len());
        let mut counted = 0;
        for entry in &set.entries {
            numbers.push(counted);
            if entry.oid == cms::oids::COUNTERSIGNATURE {
                counted += entry.values.len();
            }
        }
        for place in places {
            if let Some(other) = self.places.get(&place) {
                self.add_stamp(other, covered);
                continue;
            }
            let Some(entry) = set.entries.get(place.0) else { continue };
            match entry.oid {
                cms::oids::COUNTERSIGNATURE => {
                    // Its own time-stamps and countersignatures are inside: their ids begin with its own.
                    let number = numbers.get(place.0).unwrap_or(&0) + place.1 + 1;
                    covered.covers.push(format!("{}.{number}", self.id));
                }
                oids::CERTIFICATE_VALUES
                | oids::REVOCATION_VALUES
                | oids::CERTIFICATE_REFS
                | oids::REVOCATION_REFS => {
                    let Some(raw) = entry.values.get(place.1) else { continue };
                    let held = self.held(place, &entry.oid, raw, trust);
                    covered.proves.certificates.extend(held.certificates.iter().cloned());
                    covered.proves.revocation.extend(held.revocation.iter().cloned());
                }
                _ => {}
            }
        }
    }
}

fn add_signed_data(proof: &mut Proof, data: &SignedData) {
    let certificates = data.x509_certificates();
    proof.certificates.extend(certificates.iter().map(|one| Fingerprint::from(one.fingerprint())));
    proof.revocation.extend(data.revocation_infos().iter().filter_map(revocation_fingerprint));
}

/// Completes what time-stamps over countersignatures cover: a countersignature is covered with
/// its own time-stamps and countersignatures. `signatures` are those of one member of signerInfos.
pub(super) fn complete(signatures: &mut [SignatureFacts]) {
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for signature in signatures.iter() {
        ids.insert(signature.id.clone());
        ids.extend(signature.timestamps.iter().map(|stamp| stamp.id.clone()));
    }
    for signature in signatures {
        let below = format!("{}.", signature.id);
        for stamp in &mut signature.timestamps {
            let counters = stamp.covers.iter().filter(|id| id.starts_with(&below));
            let inside: Vec<String> = counters
                .flat_map(|id| [format!("{id}."), format!("{id}/")])
                .flat_map(|prefix| {
                    let from = ids.range(prefix.clone()..);
                    from.take_while(move |id| id.starts_with(&prefix)).cloned()
                })
                .collect();
            stamp.covers.extend(inside);
        }
    }
}

/// Compares with the imprint of the standard, then with the one over attributes as they are stored.
fn attempt(one: &Placed<'_>, token: &Token, imprints: &[Vec<u8>]) -> Covered {
    let found = imprints.iter().position(|imprint| *imprint == token.info.imprint.digest);
    let structure = match found {
        Some(1..) => {
            vec![deviation("its imprint takes the attributes in stored order", &one.id)]
        }
        _ => Vec::new(),
    };
    Covered { imprint: Some(found.is_some()), structure, ..Covered::default() }
}

/// Whether `other` cannot be something `token` is over, by its time.
fn is_later(other: &Placed<'_>, token: &Token) -> bool {
    other.token.as_ref().is_some_and(|other| other.info.gen_time >= token.info.gen_time)
}

/// The digest of the content by any algorithm: taken in the pass over it, or now, if it is short.
fn digest_of(content: Option<&ContentDigests>, algorithm: DigestAlgorithm) -> Option<Vec<u8>> {
    let content = content?;
    let whole = content.length == Some(content.prefix.len() as u64);
    content
        .values
        .get(&algorithm)
        .cloned()
        .or_else(|| whole.then(|| crypto::digest(algorithm, &content.prefix)))
}

fn size(members: &[Vec<u8>]) -> usize {
    members.iter().map(Vec::len).sum()
}

fn deviation(detail: &str, id: &str) -> StructuralFinding {
    index_finding(Code::StructureDeviation, detail.to_owned(), id)
}

fn index_finding(code: Code, detail: String, id: &str) -> StructuralFinding {
    StructuralFinding { code, detail, location: Some(id.to_owned()) }
}

/// References whose object is not among the values beside them (EN 319 122-1 §A.1.1, §A.1.2), and
/// such attributes that cannot be read.
pub(super) fn references_against_values(
    signer: &SignerInfo,
    trust: &Gatherer<'_>,
) -> Vec<StructuralFinding> {
    let has = |oid| signer.unsigned_values(oid).next().is_some();
    let (references, values) = (References::read(signer), Values::read(signer));
    let mut found: Vec<StructuralFinding> = references
        .malformed
        .iter()
        .chain(&values.malformed)
        .map(|name| deviation("the attribute cannot be read", name))
        .collect();
    let mut missing = Vec::new();
    if has(&oids::CERTIFICATE_VALUES) {
        let at_hand =
            |hash: &&OtherHash| trust.certificate_by_digest(hash.algorithm, &hash.digest).is_none();
        missing.extend(references.certificates.iter().filter(at_hand).map(|hash| &hash.digest));
    }
    if has(&oids::REVOCATION_VALUES) {
        let responses = references.ocsp.iter().filter_map(|one| one.hash.as_ref());
        let lost =
            |hash: &&OtherHash| trust.revocation_by_digest(hash.algorithm, &hash.digest).is_none();
        missing.extend(references.crls.iter().chain(responses).filter(lost).map(|h| &h.digest));
    }
    found.extend(missing.first().map(|digest| {
        let detail = format!("{} ({}, …)", missing.len(), hex(digest.get(..8).unwrap_or(digest)));
        index_finding(Code::ReferencedValueMissing, detail, "complete-references")
    }));
    found
}

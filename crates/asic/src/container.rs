//! Reading a container: what is in it, what refers to what, and which digests agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Read, Seek, Write as _};

use archive::{Archive, Member, Method};
use cades::Layer;
use cms::verify::{ContentCheck, ContentDigests, PREFIX, check_content};
use crypto::{DigestAlgorithm, MultiHasher};
use timestamp::Token;

use crate::inner::{Inner, START};
use crate::names::{MIMETYPE, Role, role};
use crate::{Error, Limits, Manifest, ManifestError, Result};

/// Octets read of the `mimetype` member: the longest value has 31.
const MIMETYPE_OCTETS: u64 = 256;
/// Octets of a member hashed at a time.
const BLOCK: usize = 128 << 10;
/// Signatures whose old archive time-stamps go over one and the same member. An ASiC-S has one
/// signature file, a manifest one signature: more of them are made to keep a reader busy.
const OLD_STAMPS: usize = 8;

/// The two kinds of container (EN 319 162-1 §4.3, §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerType {
    /// ASiC-S: one data object.
    Simple,
    /// ASiC-E: any number of data objects.
    Extended,
}

impl ContainerType {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Simple => "ASiC-S",
            Self::Extended => "ASiC-E",
        }
    }

    /// The media type, as it stands in `mimetype`.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Simple => "application/vnd.etsi.asic-s+zip",
            Self::Extended => "application/vnd.etsi.asic-e+zip",
        }
    }

    fn of_media_type(text: &str) -> Option<Self> {
        [Self::Simple, Self::Extended].into_iter().find(|kind| kind.media_type() == text)
    }

    /// EN 319 162-1 §4.3.2, §4.4.2: `.asics`, `.scs`; `.asice`, `.sce`.
    fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "asics" | "scs" => Some(Self::Simple),
            "asice" | "sce" => Some(Self::Extended),
            _ => None,
        }
    }
}

/// Something about the container that honest writers do and the standard does not want.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The ZIP directory has an oddity.
    Archive(archive::Finding),
    /// There is no `mimetype` member and no comment in its place (A.1).
    NoMimetype,
    /// `mimetype` names neither kind of container.
    UnknownMimetype(String),
    /// `mimetype` is not the first member, not stored, has an extra field or sizes behind it: a file
    /// manager cannot find it at its place (A.1).
    MimetypePlace,
    /// `mimetype` ends with a line end or blanks.
    MimetypeBlanks,
    /// The comment names another type than `mimetype`.
    CommentDisagrees(String),
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Archive(found) => f.write_str(found.en().trim_end_matches('.')),
            Self::NoMimetype => f.write_str("nothing in it names its type"),
            Self::UnknownMimetype(found) => write!(f, "its mimetype is “{found}”"),
            Self::MimetypePlace => {
                f.write_str("its mimetype is not the first member, stored as it is")
            }
            Self::MimetypeBlanks => f.write_str("its mimetype has blanks or a line end behind it"),
            Self::CommentDisagrees(found) => {
                write!(f, "its comment names another type, “{found}”")
            }
        }
    }
}

/// What a signature or time-stamp is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The data object of an ASiC-S.
    DataObject(String),
    /// A manifest, by its place in [`Container::manifests`].
    Manifest(usize),
    /// An ASiC-S has no data object, or no telling which of several it is.
    Ambiguous {
        /// How many there are.
        objects: usize,
    },
    /// No manifest of the ASiC-E refers to it.
    Unreferenced,
}

/// One signature file.
#[derive(Debug)]
pub struct Signature {
    /// Its member.
    pub name: String,
    /// Its SignedData; after [`Container::digest`] with the digests of what it is over. An error
    /// where a member that should be a signature cannot be read as one.
    pub layer: Result<Layer, cades::Error>,
    /// Whether the SignedData has a content of its own, which no signature in a container may have.
    pub has_content: bool,
    /// What it is over. Where several manifests claim it, [`Container::digest`] finds the one it was
    /// made for.
    pub subject: Subject,
}

/// One time-stamp file.
#[derive(Debug)]
pub struct TimeStamp {
    /// Its member.
    pub name: String,
    /// Its octets.
    pub octets: Vec<u8>,
    /// What they read as.
    pub token: Result<Token, timestamp::Error>,
    /// What it is over, as for a signature.
    pub subject: Subject,
}

/// A manifest with the member it stands in.
#[derive(Debug)]
pub struct ManifestFile {
    /// Its member.
    pub name: String,
    /// Its role: of signatures, archive or evidence record.
    pub role: Role,
    /// What it says.
    pub content: Result<Manifest, ManifestError>,
}

/// A signature, time-stamp or evidence record that a manifest names and that is not in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingTarget {
    /// The member it should be.
    pub name: String,
    /// What it should be.
    pub role: Role,
    /// The manifest that names it.
    pub manifest: String,
}

/// How a reference compares with the member it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceState {
    /// The digests agree.
    Intact,
    /// They do not.
    Altered,
    /// There is no such member.
    Missing,
    /// The member is damaged in the ZIP.
    Damaged,
    /// The digest algorithm is not known.
    UnknownAlgorithm,
    /// Nothing was digested yet.
    NotDigested,
}

/// The digests of a member, or that its content is not what the ZIP promises.
#[derive(Debug)]
enum Digested {
    Whole(ContentDigests),
    Damaged,
}

/// A container that was read.
#[derive(Debug)]
pub struct Container {
    /// Its kind.
    pub kind: ContainerType,
    /// What is unusual about it.
    pub notes: Vec<Note>,
    /// Its members, in the order of the directory.
    pub members: Vec<Member>,
    /// Its manifests, by name.
    pub manifests: Vec<ManifestFile>,
    /// Its signatures, by name.
    pub signatures: Vec<Signature>,
    /// Its time-stamps, by name.
    pub timestamps: Vec<TimeStamp>,
    /// Evidence records (RFC 4998, RFC 6283), which are named and not read here.
    pub evidence_records: Vec<String>,
    /// XML signatures, which are named and not read here.
    pub xml_signatures: Vec<String>,
    /// What manifests name as made over them and is not there, by name.
    pub missing: Vec<MissingTarget>,
    /// Data objects that are themselves signed files; known after [`Container::digest`].
    pub inner: Vec<(String, Inner)>,
    /// Members that are evidence by the word of a manifest alone, whatever their names.
    pub(crate) targets: BTreeMap<String, Role>,
    /// Name -> place in `members`.
    places: HashMap<String, usize>,
    digests: HashMap<String, Digested>,
}

impl Container {
    /// Reads everything but the data objects. `extension` is that of the file's name, the last
    /// resort where nothing inside says what kind of container it is.
    ///
    /// # Errors
    /// Not a container; a limit; reading failed. A signature or manifest that cannot be read is no
    /// error but said in its place.
    pub fn read<R: Read + Seek>(
        archive: &mut Archive<R>,
        extension: Option<&str>,
        limits: &Limits,
    ) -> Result<Self> {
        let members = archive.members().to_vec();
        let notes = archive.findings().iter().cloned().map(Note::Archive).collect();
        let places = members.iter().enumerate().map(|(place, m)| (m.name.clone(), place)).collect();
        let mut container = Self {
            kind: ContainerType::Extended,
            notes,
            members,
            manifests: Vec::new(),
            signatures: Vec::new(),
            timestamps: Vec::new(),
            evidence_records: Vec::new(),
            xml_signatures: Vec::new(),
            missing: Vec::new(),
            inner: Vec::new(),
            targets: BTreeMap::new(),
            places,
            digests: HashMap::new(),
        };
        let named = container.named_type(archive)?;
        container.read_evidence(archive, limits)?;
        let holds = !container.signatures.is_empty()
            || !container.timestamps.is_empty()
            || !container.evidence_records.is_empty()
            || !container.xml_signatures.is_empty()
            || !container.missing.is_empty();
        if named.is_none() && !holds {
            return Err(Error::NotAsic);
        }
        container.kind = named.unwrap_or_else(|| container.guessed_type(extension));
        container.find_subjects();
        Ok(container)
    }

    /// The names of the data objects, in the order of the directory.
    pub fn data_objects(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| role(&member.name) == Role::DataObject)
    }

    /// The member of a name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.get(*self.places.get(name)?)
    }

    /// The member a reference means: by the name its URI encodes, else by the URI as it stands.
    fn referred(&self, reference: &crate::DataReference) -> Option<&Member> {
        let written = reference.uri.as_deref();
        self.member(&reference.name).or_else(|| self.member(written?))
    }

    /// The type that `mimetype` or the comment names (A.1).
    fn named_type<R: Read + Seek>(
        &mut self,
        archive: &mut Archive<R>,
    ) -> Result<Option<ContainerType>> {
        let comment = String::from_utf8_lossy(archive.comment()).into_owned();
        let comment = comment.strip_prefix("mimetype=").map(str::trim).map(str::to_owned);
        let by_comment = comment.as_deref().and_then(ContainerType::of_media_type);
        if comment.is_some() {
            // A comment that names the type is as the standard has it.
            self.notes.retain(
                |note| !matches!(note, Note::Archive(f) if f.problem == archive::Problem::Comment),
            );
        }
        let Some(member) = self.member(MIMETYPE).cloned() else {
            if comment.is_none() {
                self.notes.push(Note::NoMimetype);
            }
            return Ok(by_comment);
        };
        let octets = match archive.read_small(&member, MIMETYPE_OCTETS) {
            Ok(octets) => octets,
            Err(archive::Error::Damaged { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let text = String::from_utf8_lossy(&octets).into_owned();
        let kind = ContainerType::of_media_type(text.trim());
        if kind.is_none() {
            self.notes.push(Note::UnknownMimetype(text.trim().to_owned()));
        } else if text.trim() != text {
            self.notes.push(Note::MimetypeBlanks);
        }
        let plain = member.offset == 0
            && member.method == Method::Stored
            && !member.has_extra
            && !member.has_descriptor;
        if !plain {
            self.notes.push(Note::MimetypePlace);
        }
        if let (Some(kind), Some(comment)) = (kind, comment)
            && by_comment != Some(kind)
        {
            self.notes.push(Note::CommentDisagrees(comment));
        }
        Ok(kind.or(by_comment))
    }

    /// The kind of a container that does not name it: several files at the root, or a manifest, make
    /// an ASiC-E; then the file's extension; one file makes an ASiC-S.
    fn guessed_type(&self, extension: Option<&str>) -> ContainerType {
        let at_root = self.data_objects().filter(|member| !member.name.contains('/')).count();
        let manifest = self.manifests.iter().any(|m| m.role != Role::EvidenceRecordManifest);
        if at_root > 1 || manifest {
            return ContainerType::Extended;
        }
        let by_extension = extension.and_then(ContainerType::of_extension);
        by_extension.unwrap_or(if at_root == 1 {
            ContainerType::Simple
        } else {
            ContainerType::Extended
        })
    }

    /// The data objects that are themselves signed files, in the order of the directory: what
    /// [`Container::inner`] says, without reading more than their first octets.
    ///
    /// # Errors
    /// Reading failed. Damaged members are no error.
    pub fn signed_inside<R: Read + Seek>(&self, archive: &mut Archive<R>) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for member in self.data_objects() {
            if Inner::of(&beginning(archive, member)?).is_some() {
                found.push(member.name.clone());
            }
        }
        Ok(found)
    }

    /// Says for each signature and time-stamp what it is over, as far as names say it.
    fn find_subjects(&mut self) {
        let subjects = |name: &str| self.subjects(name).first().cloned();
        let of = |name: &str| subjects(name).unwrap_or(Subject::Unreferenced);
        let signatures: Vec<Subject> = self.signatures.iter().map(|s| of(&s.name)).collect();
        let timestamps: Vec<Subject> = self.timestamps.iter().map(|s| of(&s.name)).collect();
        for (signature, subject) in self.signatures.iter_mut().zip(signatures) {
            signature.subject = subject;
        }
        for (stamp, subject) in self.timestamps.iter_mut().zip(timestamps) {
            stamp.subject = subject;
        }
    }

    /// All that a signature or time-stamp may be over.
    fn subjects(&self, name: &str) -> Vec<Subject> {
        match self.kind {
            ContainerType::Simple => {
                let at_root: Vec<&Member> =
                    self.data_objects().filter(|member| !member.name.contains('/')).collect();
                let all: Vec<&Member> = self.data_objects().collect();
                let objects = if at_root.is_empty() { all } else { at_root };
                vec![match objects.as_slice() {
                    [one] => Subject::DataObject(one.name.clone()),
                    several => Subject::Ambiguous { objects: several.len() },
                }]
            }
            ContainerType::Extended => {
                let claims = |manifest: &ManifestFile| {
                    manifest.content.as_ref().is_ok_and(|content| content.target == name)
                };
                let manifests = self.manifests.iter().enumerate();
                manifests.filter(|(_, m)| claims(m)).map(|(i, _)| Subject::Manifest(i)).collect()
            }
        }
    }

    fn subject_place(&self, subject: &Subject) -> Option<usize> {
        self.places.get(self.subject_name(subject)?).copied()
    }

    fn subject_name<'a>(&'a self, subject: &'a Subject) -> Option<&'a str> {
        match subject {
            Subject::DataObject(name) => Some(name),
            Subject::Manifest(place) => self.manifests.get(*place).map(|m| m.name.as_str()),
            Subject::Ambiguous { .. } | Subject::Unreferenced => None,
        }
    }

    /// Digests every member that something refers to, each once, as a stream, by the algorithms that
    /// are needed; then every signature knows the digests of what it is over. `seen` is told of the
    /// octets read.
    ///
    /// # Errors
    /// Reading failed. Damaged members are no error.
    pub fn digest<R: Read + Seek>(
        &mut self,
        archive: &mut Archive<R>,
        mut seen: impl FnMut(u64),
    ) -> Result<()> {
        let mut needed: BTreeMap<usize, BTreeSet<DigestAlgorithm>> = BTreeMap::new();
        let mut need = |name: &str, algorithm: DigestAlgorithm| {
            if let Some(place) = self.places.get(name) {
                needed.entry(*place).or_default().insert(algorithm);
            }
        };
        for manifest in self.manifests.iter().filter_map(|manifest| manifest.content.as_ref().ok())
        {
            for reference in &manifest.references {
                if let (Some(member), Some(algorithm)) =
                    (self.referred(reference), reference.algorithm)
                {
                    need(&member.name, algorithm);
                }
            }
        }
        for signature in &self.signatures {
            let Ok(layer) = &signature.layer else { continue };
            for subject in self.subjects(&signature.name) {
                for algorithm in layer.needed_digests() {
                    if let Some(name) = self.subject_name(&subject) {
                        need(name, algorithm);
                    }
                }
            }
        }
        for stamp in &self.timestamps {
            let imprint = stamp.token.as_ref().ok().map(|token| &token.info.imprint);
            let Some(algorithm) = imprint.and_then(|imprint| imprint.digest_algorithm()) else {
                continue;
            };
            for subject in self.subjects(&stamp.name) {
                if let Some(name) = self.subject_name(&subject) {
                    need(name, algorithm);
                }
            }
        }
        // The beginning of a content is kept only where a signature may be over it directly.
        let signed: BTreeSet<&str> = self
            .signatures
            .iter()
            .flat_map(|signature| self.subjects(&signature.name))
            .filter_map(|subject| self.subject_place(&subject))
            .filter_map(|place| Some(self.members.get(place)?.name.as_str()))
            .collect();
        let mut order: Vec<_> = needed.into_iter().collect();
        order.sort_by_key(|(place, _)| self.members.get(*place).map(|member| member.data_offset));
        let mut block = vec![0; BLOCK];
        let mut digests = HashMap::with_capacity(order.len());
        let mut inner = Vec::new();
        for (place, algorithms) in order {
            let Some(member) = self.members.get(place) else { continue };
            let is_object = role(&member.name) == Role::DataObject;
            let whole = signed.contains(member.name.as_str());
            let prefix = if whole { PREFIX } else { usize::from(is_object) * START };
            let hasher = MultiHasher::new(algorithms);
            let mut digested =
                digest_member(archive, member, hasher, prefix, &mut block, &mut seen)?;
            if let Digested::Whole(content) = &mut digested {
                let start = content.prefix.get(..START).unwrap_or(&content.prefix);
                let found = is_object.then(|| Inner::of(start)).flatten();
                inner.extend(found.map(|found| (member.name.clone(), found)));
                if !whole {
                    content.prefix = Vec::new();
                }
            }
            digests.insert(member.name.clone(), digested);
        }
        // What nothing refers to is not read, but for a glance.
        for member in self.data_objects().filter(|member| !digests.contains_key(&member.name)) {
            let found = Inner::of(&beginning(archive, member)?);
            inner.extend(found.map(|found| (member.name.clone(), found)));
        }
        drop(signed);
        inner.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.inner = inner;
        self.digests = digests;
        self.resolve();
        self.go_on_with_old_stamps(archive, &mut block)
    }

    /// The archive time-stamps of before 2013 are over the content itself: it goes once more through
    /// the digests they run with, all of one member's together, for the rare signature that has one.
    fn go_on_with_old_stamps<R: Read + Seek>(
        &mut self,
        archive: &mut Archive<R>,
        block: &mut [u8],
    ) -> Result<()> {
        let mut running: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, signature) in self.signatures.iter().enumerate() {
            let old = signature.layer.as_ref().is_ok_and(|layer| !layer.encapsulated.is_empty());
            if let Some(member) = self.subject_place(&signature.subject).filter(|_| old) {
                running.entry(member).or_default().push(place);
            }
        }
        for (member, mut places) in running {
            let Some(member) = self.members.get(member) else { continue };
            places.truncate(OLD_STAMPS);
            let signatures = self.signatures.iter_mut().enumerate();
            let mut states: Vec<_> = signatures
                .filter(|(place, _)| places.contains(place))
                .filter_map(|(_, signature)| Some(&mut signature.layer.as_mut().ok()?.encapsulated))
                .collect();
            let mut content = archive.read(member)?;
            let whole = loop {
                match content.read(block) {
                    Ok(0) => break true,
                    Ok(read) => {
                        let octets = block.get(..read).unwrap_or_default();
                        for state in &mut states {
                            state.write_all(octets)?;
                        }
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) if archive::is_damage(&error) => break false,
                    Err(error) => return Err(error.into()),
                }
            };
            if whole {
                states.into_iter().for_each(cades::Encapsulated::complete);
            }
        }
        Ok(())
    }

    /// Gives each signature the digests of what it is over: of several manifests that claim it, the
    /// one it was made for.
    fn resolve(&mut self) {
        let signatures: Vec<_> = self
            .signatures
            .iter()
            .map(|signature| {
                let subjects = self.subjects(&signature.name);
                let content = |subject: &Subject| self.content_of(subject);
                let fits = |subject: &&Subject| {
                    let Ok(layer) = &signature.layer else { return false };
                    let content = content(subject);
                    layer.data.signer_infos.iter().any(|signer| {
                        check_content(signer, content.as_ref()) == ContentCheck::Intact
                    })
                };
                let subject = subjects.iter().find(fits).or(subjects.first()).cloned();
                let content = subject.as_ref().and_then(content);
                (subject, content)
            })
            .collect();
        for (signature, (subject, content)) in self.signatures.iter_mut().zip(signatures) {
            signature.subject = subject.unwrap_or(Subject::Unreferenced);
            if let Ok(layer) = &mut signature.layer {
                layer.content = content;
            }
        }
        let timestamps: Vec<_> = self
            .timestamps
            .iter()
            .map(|stamp| {
                let subjects = self.subjects(&stamp.name);
                let fits = |subject: &&Subject| self.imprint_matches(stamp, subject) == Some(true);
                subjects.iter().find(fits).or(subjects.first()).cloned()
            })
            .collect();
        for (stamp, subject) in self.timestamps.iter_mut().zip(timestamps) {
            stamp.subject = subject.unwrap_or(Subject::Unreferenced);
        }
    }

    /// The digests of what a signature or time-stamp is over.
    fn content_of(&self, subject: &Subject) -> Option<ContentDigests> {
        match self.digests.get(self.subject_name(subject)?)? {
            Digested::Whole(content) => Some(content.clone()),
            // What can be read of it is certainly not what was signed.
            Digested::Damaged => Some(ContentDigests {
                values: DigestAlgorithm::ALL.into_iter().map(|a| (a, Vec::new())).collect(),
                ..ContentDigests::default()
            }),
        }
    }

    /// Whether the imprint of a time-stamp is the digest of what it is over; `None` when that is not
    /// at hand.
    #[must_use]
    pub fn imprint(&self, stamp: &TimeStamp) -> Option<bool> {
        self.imprint_matches(stamp, &stamp.subject)
    }

    fn imprint_matches(&self, stamp: &TimeStamp, subject: &Subject) -> Option<bool> {
        let imprint = &stamp.token.as_ref().ok()?.info.imprint;
        match self.digests.get(self.subject_name(subject)?)? {
            Digested::Whole(content) => {
                Some(*content.values.get(&imprint.digest_algorithm()?)? == imprint.digest)
            }
            Digested::Damaged => Some(false),
        }
    }

    /// How a reference compares with the member it means.
    #[must_use]
    pub fn state(&self, reference: &crate::DataReference) -> ReferenceState {
        let Some(member) = self.referred(reference) else { return ReferenceState::Missing };
        let Some(algorithm) = reference.algorithm else { return ReferenceState::UnknownAlgorithm };
        match self.digests.get(&member.name) {
            None => ReferenceState::NotDigested,
            Some(Digested::Damaged) => ReferenceState::Damaged,
            Some(Digested::Whole(content)) => match content.values.get(&algorithm) {
                None => ReferenceState::NotDigested,
                Some(found) if *found == reference.digest => ReferenceState::Intact,
                Some(_) => ReferenceState::Altered,
            },
        }
    }

    /// The manifest under a subject, if it can be read.
    #[must_use]
    pub fn manifest(&self, subject: &Subject) -> Option<&Manifest> {
        let Subject::Manifest(place) = subject else { return None };
        self.manifests.get(*place)?.content.as_ref().ok()
    }

    /// The members that are under one of `subjects`: the data object itself, and what manifests list.
    fn under<'a>(&'a self, subjects: impl IntoIterator<Item = &'a Subject>) -> BTreeSet<&'a str> {
        let mut covered: BTreeSet<&str> = BTreeSet::new();
        for subject in subjects {
            if let Subject::DataObject(name) = subject {
                covered.insert(name);
            }
            let references = self.manifest(subject).into_iter().flat_map(|m| &m.references);
            covered.extend(references.filter_map(|reference| {
                self.referred(reference).map(|member| member.name.as_str())
            }));
        }
        covered
    }

    /// The data objects under none of `subjects`, in the order of the directory. Which signatures and
    /// time-stamps count is for the caller to say: anybody can put a manifest beside a worthless one.
    #[must_use]
    pub fn uncovered<'a>(
        &'a self,
        subjects: impl IntoIterator<Item = &'a Subject>,
    ) -> Vec<&'a str> {
        let covered = self.under(subjects);
        let objects = self.data_objects();
        objects.map(|member| member.name.as_str()).filter(|name| !covered.contains(name)).collect()
    }

    /// The files in `META-INF/` of no known role, under none of `subjects` and named by no manifest.
    #[must_use]
    pub fn unknown<'a>(&'a self, subjects: impl IntoIterator<Item = &'a Subject>) -> Vec<&'a str> {
        let covered = self.under(subjects);
        let files = self.members.iter().filter(|member| !member.is_folder);
        let names = files.map(|member| member.name.as_str());
        names
            .filter(|name| role(name) == Role::Other && !self.targets.contains_key(*name))
            .filter(|name| !covered.contains(name))
            .collect()
    }

    /// The data objects that no signature is over, as far as that is told without verifying any: by
    /// the manifests that the signatures were made for.
    #[must_use]
    pub fn unsigned(&self) -> Vec<&str> {
        self.uncovered(self.signatures.iter().filter_map(|signature| {
            let layer = signature.layer.as_ref().ok()?;
            let fits =
                |signer| check_content(signer, layer.content.as_ref()) == ContentCheck::Intact;
            layer.data.signer_infos.iter().any(fits).then_some(&signature.subject)
        }))
    }
}

/// Reads a member to its end through its digests.
fn digest_member<R: Read + Seek>(
    archive: &mut Archive<R>,
    member: &Member,
    mut hasher: MultiHasher,
    keep: usize,
    block: &mut [u8],
    seen: &mut impl FnMut(u64),
) -> Result<Digested> {
    let mut content = archive.read(member)?;
    let mut prefix = Vec::new();
    let mut length = 0;
    loop {
        let read = match content.read(block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) if archive::is_damage(&error) => return Ok(Digested::Damaged),
            Err(error) => return Err(error.into()),
        };
        let octets = block.get(..read).unwrap_or_default();
        hasher.update(octets);
        let room = keep.saturating_sub(prefix.len()).min(read);
        prefix.extend_from_slice(octets.get(..room).unwrap_or_default());
        let count = u64::try_from(read).unwrap_or(u64::MAX);
        length += count;
        seen(count);
    }
    let values = hasher.finish();
    Ok(Digested::Whole(ContentDigests { values, prefix, length: Some(length) }))
}

/// The first octets of a member; of a damaged one, as many as there are.
fn beginning<R: Read + Seek>(archive: &mut Archive<R>, member: &Member) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    let mut content = archive.read(member)?.take(START as u64);
    match content.read_to_end(&mut start) {
        Err(error) if !archive::is_damage(&error) => Err(error.into()),
        _ => Ok(start),
    }
}

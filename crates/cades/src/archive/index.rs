//! The ats-hash-index: which objects an archive-time-stamp-v3 covers (EN 319 122-1 §5.5.2, §A.2.6).
//!
//! ```text
//! ATSHashIndexV3 ::= SEQUENCE { hashIndAlgorithm AlgorithmIdentifier,
//!   certificatesHashIndex SEQUENCE OF OCTET STRING, crlsHashIndex SEQUENCE OF OCTET STRING,
//!   unsignedAttrValuesHashIndex SEQUENCE OF OCTET STRING }
//! ```
//!
//! The first version leaves hashIndAlgorithm out for SHA-256. The first two index whole unsigned
//! attributes, the third each of their values with its type.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use asn1::{Oid, Tag, Value, der};
use cms::{Attribute, SignedData, SignerInfo};
use crypto::{AlgorithmIdentifier, DigestAlgorithm};
use timestamp::Token;

use crate::{Error, Result, oids};

/// The three versions of the attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashIndexVersion {
    /// ats-hash-index, deprecated.
    V1,
    /// ats-hash-index-v2, deprecated.
    V2,
    /// ats-hash-index-v3.
    V3,
}

impl HashIndexVersion {
    const ALL: [Self; 3] = [Self::V1, Self::V2, Self::V3];

    /// The attribute's object identifier.
    #[must_use]
    pub fn oid(self) -> Oid {
        match self {
            Self::V1 => oids::ATS_HASH_INDEX_V1,
            Self::V2 => oids::ATS_HASH_INDEX_V2,
            Self::V3 => oids::ATS_HASH_INDEX_V3,
        }
    }
}

/// An ats-hash-index of any version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashIndex {
    /// Which version.
    pub version: HashIndexVersion,
    /// The digest of every entry; it must be that of the token's imprint.
    pub algorithm: DigestAlgorithm,
    /// One digest for each certificate covered.
    pub certificates: Vec<Vec<u8>>,
    /// One digest for each member of `crls` covered; an OCSP response with its `[1]` around it.
    pub crls: Vec<Vec<u8>>,
    /// One digest for each unsigned attribute (versions 1 and 2) or value of one (version 3).
    pub unsigned: Vec<Vec<u8>>,
    /// The attribute's value as stored: the SEQUENCE that enters the imprint.
    pub raw: Vec<u8>,
}

impl HashIndex {
    /// The index (version 3) of everything `data` and its member `signer` hold now: what a new
    /// archive time-stamp on `signer` covers. One entry for each
    /// member, in the order of storage.
    #[must_use]
    pub fn of(data: &SignedData, signer: &SignerInfo, algorithm: DigestAlgorithm) -> Self {
        let digests = |objects: &[Vec<u8>]| -> Vec<Vec<u8>> {
            objects.iter().map(|object| crypto::digest(algorithm, object)).collect()
        };
        let certificates = digests(&data.certificates);
        let crls = digests(&data.crls);
        let unsigned = digests(&values_with_types(signer));
        let list = |entries: &[Vec<u8>]| {
            let entries: Vec<_> = entries.iter().map(|entry| der::octet_string(entry)).collect();
            der::sequence(&entries)
        };
        let raw = der::sequence(&[
            algorithm.identifier().to_der(),
            list(&certificates),
            list(&crls),
            list(&unsigned),
        ]);
        Self { version: HashIndexVersion::V3, algorithm, certificates, crls, unsigned, raw }
    }

    /// The unsigned attribute of the token that carries this index, in DER.
    #[must_use]
    pub fn to_attribute(&self) -> Vec<u8> {
        Attribute::single(&self.version.oid(), &self.raw)
    }

    /// The index in the unsigned attributes of a token's own SignerInfo.
    ///
    /// # Errors
    /// There is none, or more than one; it is malformed or of an unknown digest.
    pub fn read(token: &Token) -> Result<Self> {
        let signer = token.signer();
        let of_version = |version: HashIndexVersion| {
            signer.unsigned_attributes.iter().flat_map(move |set| &set.entries).filter_map(
                move |entry| (entry.oid == version.oid()).then_some((version, &entry.values)),
            )
        };
        let mut found = HashIndexVersion::ALL
            .into_iter()
            .flat_map(of_version)
            .flat_map(|(version, values)| values.iter().map(move |raw| (version, raw)));
        match (found.next(), found.next()) {
            (None, _) => Err(Error::NoHashIndex),
            (Some((version, raw)), None) => Self::parse(version, raw),
            (Some(_), Some(_)) => Err(Error::ManyHashIndexes),
        }
    }

    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// It is malformed, or of a digest that is not known.
    pub fn parse(version: HashIndexVersion, raw: &[u8]) -> Result<Self> {
        let read = |source| Error::Attribute { attribute: "ats-hash-index", source };
        let value =
            Value::parse(raw).and_then(|value| value.expect(Tag::SEQUENCE)).map_err(read)?;
        let parts = value.children().collect_all().map_err(read)?;
        let (algorithm, lists) = match parts.as_slice() {
            [algorithm, lists @ ..] if parts.len() == 4 => (Some(algorithm), lists),
            lists => (None, lists),
        };
        let algorithm = match algorithm {
            None => DigestAlgorithm::Sha256,
            Some(value) => {
                let identifier = AlgorithmIdentifier::parse(value)
                    .map_err(|source| Error::HashIndexDigest { source })?;
                DigestAlgorithm::from_identifier(&identifier)
                    .map_err(|source| Error::HashIndexDigest { source })?
            }
        };
        let [certificates, crls, unsigned] = lists else {
            return Err(read(asn1::Error::BadContents { what: "ATSHashIndex", at: value.at() }));
        };
        let list = |value: &Value<'_>| -> asn1::Result<Vec<Vec<u8>>> {
            let entries = value.expect(Tag::SEQUENCE)?.children().collect_all()?;
            entries.iter().map(|entry| Ok(entry.octets()?.into_owned())).collect()
        };
        Ok(Self {
            version,
            algorithm,
            certificates: list(certificates).map_err(read)?,
            crls: list(crls).map_err(read)?,
            unsigned: list(unsigned).map_err(read)?,
            raw: raw.to_vec(),
        })
    }

    /// Looks every entry up (EN 319 122-1 §5.5.2: one that is nobody's makes the index invalid).
    #[must_use]
    pub fn resolve(&self, root: &RootObjects, unsigned: &UnsignedObjects) -> Resolution {
        let lookup = |entries: &[Vec<u8>], table: &Table| -> Vec<Entry> {
            let place = |entry: &Vec<u8>| match table.find(self.algorithm, entry) {
                Some(place) => Entry::Found(place),
                None if root.elsewhere.find(self.algorithm, entry).is_some() => Entry::Elsewhere,
                None => Entry::Missing,
            };
            entries.iter().map(place).collect()
        };
        let unsigned_table = match self.version {
            HashIndexVersion::V1 | HashIndexVersion::V2 => &unsigned.attributes,
            HashIndexVersion::V3 => &unsigned.values,
        };
        let own = |entry: &Vec<u8>| match unsigned_table.find(self.algorithm, entry) {
            Some(place) => Entry::Found(place),
            None => Entry::Missing,
        };
        let unsigned_entries: Vec<Entry> = self.unsigned.iter().map(own).collect();
        let found: BTreeSet<usize> = unsigned_entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Found(place) => Some(*place),
                Entry::Elsewhere | Entry::Missing => None,
            })
            .collect();
        let mut values: Vec<(usize, usize)> = match self.version {
            HashIndexVersion::V1 | HashIndexVersion::V2 => {
                unsigned.places.iter().filter(|(place, _)| found.contains(place)).copied().collect()
            }
            HashIndexVersion::V3 => {
                found.iter().filter_map(|place| unsigned.places.get(*place)).copied().collect()
            }
        };
        values.sort_unstable();
        Resolution {
            certificates: lookup(&self.certificates, &root.certificates),
            crls: lookup(&self.crls, &root.crls),
            unsigned: unsigned_entries,
            values,
        }
    }
}

/// Where the object of an entry was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Where it should stand, at this place.
    Found(usize),
    /// In another part of the file.
    Elsewhere,
    /// Nowhere.
    Missing,
}

/// What became of the entries of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Of `certificates`; places are those in [`SignedData::certificates`].
    pub certificates: Vec<Entry>,
    /// Of `crls`; places are those in [`SignedData::crls`].
    pub crls: Vec<Entry>,
    /// Of `unsigned`; places are those of attributes or of values, by version.
    pub unsigned: Vec<Entry>,
    /// The unsigned attribute values that are covered: place of the attribute, place of the value.
    pub values: Vec<(usize, usize)>,
}

impl Resolution {
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.certificates.iter().chain(&self.crls).chain(&self.unsigned)
    }

    /// Every entry has its object somewhere in the file.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.missing() == 0
    }

    /// Entries that are nobody's.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.entries().filter(|entry| **entry == Entry::Missing).count()
    }

    /// Entries whose object stands in another part of the file.
    #[must_use]
    pub fn elsewhere(&self) -> usize {
        self.entries().filter(|entry| **entry == Entry::Elsewhere).count()
    }
}

/// Objects by digest; each is hashed once for each algorithm that is asked for.
#[derive(Debug, Default)]
struct Table {
    objects: Vec<Vec<u8>>,
    places: RefCell<BTreeMap<DigestAlgorithm, HashMap<Vec<u8>, usize>>>,
}

impl Table {
    fn new(objects: Vec<Vec<u8>>) -> Self {
        Self { objects, places: RefCell::default() }
    }

    fn find(&self, algorithm: DigestAlgorithm, digest: &[u8]) -> Option<usize> {
        let mut places = self.places.borrow_mut();
        let table = places.entry(algorithm).or_insert_with(|| {
            let mut table = HashMap::with_capacity(self.objects.len());
            for (place, object) in self.objects.iter().enumerate() {
                table.entry(crypto::digest(algorithm, object)).or_insert(place);
            }
            table
        });
        table.get(digest).copied()
    }
}

/// The objects of a SignedData that indexes speak of. Built once for a file.
#[derive(Debug, Default)]
pub struct RootObjects {
    certificates: Table,
    crls: Table,
    elsewhere: Table,
}

impl RootObjects {
    /// The members of `data`; `elsewhere` are certificates and revocation objects, as stored, that
    /// were found in attributes and tokens instead.
    #[must_use]
    pub fn new(data: &SignedData, elsewhere: Vec<Vec<u8>>) -> Self {
        Self {
            certificates: Table::new(data.certificates.clone()),
            crls: Table::new(data.crls.clone()),
            elsewhere: Table::new(elsewhere),
        }
    }
}

/// The unsigned attributes of a SignerInfo that indexes speak of. Built once for a signer.
#[derive(Debug, Default)]
pub struct UnsignedObjects {
    attributes: Table,
    values: Table,
    /// Of each value: place of its attribute, place in it.
    places: Vec<(usize, usize)>,
}

impl UnsignedObjects {
    /// Those of `signer`.
    #[must_use]
    pub fn new(signer: &SignerInfo) -> Self {
        let entries = signer.unsigned_attributes.iter().flat_map(|set| &set.entries);
        let places = entries.clone().enumerate().flat_map(|(attribute, entry)| {
            (0..entry.values.len()).map(move |value| (attribute, value))
        });
        Self {
            places: places.collect(),
            attributes: Table::new(entries.map(|entry| entry.raw.clone()).collect()),
            values: Table::new(values_with_types(signer)),
        }
    }
}

/// `TLV(attrType) || TLV(value)` of every value of every unsigned attribute, in order.
fn values_with_types(signer: &SignerInfo) -> Vec<Vec<u8>> {
    let entries = signer.unsigned_attributes.iter().flat_map(|set| &set.entries);
    entries
        .flat_map(|entry| {
            let kind = der::oid(&entry.oid);
            entry.values.iter().map(move |value| [kind.as_slice(), value].concat())
        })
        .collect()
}

//! What archive forms keep in unsigned attributes: hash indexes of every version, references and values,
//! on arbitrary octets; and the imprints of archive time-stamps on an arbitrary SignedData.

#![no_main]

use cades::archive::{
    HashIndex, HashIndexVersion, RootObjects, UnsignedObjects, cades_c_imprints,
    references_imprints, v2_imprints, v3_imprint,
};
use cades::values::{References, Values, objects_elsewhere};
use crypto::{DigestAlgorithm, Hasher};
use libfuzzer_sys::fuzz_target;

const KINDS: [&str; 8] = [
    "1.2.840.113549.1.9.16.2.21",
    "1.2.840.113549.1.9.16.2.22",
    "1.2.840.113549.1.9.16.2.23",
    "1.2.840.113549.1.9.16.2.24",
    "1.2.840.113549.1.9.16.2.44",
    "1.2.840.113549.1.9.16.2.45",
    "0.4.0.1733.2.2",
    "1.2.840.113549.1.9.16.2.14",
];

const VERSIONS: [HashIndexVersion; 3] =
    [HashIndexVersion::V1, HashIndexVersion::V2, HashIndexVersion::V3];

fn values(data: &[u8]) {
    for version in VERSIONS {
        if let Ok(index) = HashIndex::parse(version, data) {
            let again = HashIndex::parse(version, &index.raw).expect("its own octets");
            assert_eq!(again, index);
        }
    }
    for kind in KINDS {
        let oid = asn1::Oid::parse(kind).expect("an identifier");
        let (mut held, mut named) = (Values::default(), References::default());
        held.add(&oid, data);
        named.add(&oid, data);
        let _ = (held.revocation_infos().count(), held.is_empty(), named.len(), named.is_empty());
    }
}

fn file(data: &[u8]) {
    let limits = cms::Limits { signers: 4, members: 32, ..cms::Limits::default() };
    let Ok((data, content)) = cms::parse(data, &limits) else { return };
    let algorithm = DigestAlgorithm::Sha256;
    let content = crypto::digest(algorithm, &content.unwrap_or_default());
    let root = RootObjects::new(&data, objects_elsewhere(&data));
    for signer in &data.signer_infos {
        // What an index of everything covers is there to be covered.
        let index = HashIndex::of(&data, signer, algorithm);
        let resolution = index.resolve(&root, &UnsignedObjects::new(signer));
        assert!(resolution.is_valid(), "{resolution:?}");
        assert_eq!(HashIndex::parse(HashIndexVersion::V3, &index.raw).expect("ours"), index);
        let _ = v3_imprint(algorithm, &data.content_type, &content, signer, &index.raw);
        let mut hasher = Hasher::new(algorithm);
        hasher.update(&content);
        let before = v2_imprints(&hasher, &data, signer, |_| true);
        let none = v2_imprints(&hasher, &data, signer, |_| false);
        assert!((1..=2).contains(&before.len()) && none.len() == 1);
        let _ = cades_c_imprints(algorithm, signer, |_| true);
        let _ = (references_imprints(algorithm, signer), References::read(signer));
        cades::values::visit(signer, &mut |held, _| {
            let _ = held.is_empty();
        });
    }
}

fuzz_target!(|data: &[u8]| {
    values(data);
    file(data);
});

//! ASiCManifest and ASiCArchiveManifest on arbitrary text: what is read, written again, means the same.

#![no_main]

use asic::{DataReference, Manifest};
use libfuzzer_sys::fuzz_target;

/// A reference but for the spelling of its URI, which is written in one way only.
fn meaning(manifest: &Manifest) -> Vec<DataReference> {
    let plain = |one: &DataReference| DataReference { uri: None, ..one.clone() };
    manifest.references.iter().map(plain).collect()
}

fuzz_target!(|data: &[u8]| {
    let Ok(manifest) = Manifest::parse(data, 10_000) else { return };
    let xml = manifest.to_xml();
    // A digest whose name is not known cannot be named again.
    if manifest.references.iter().any(|one| one.algorithm.is_none()) {
        return;
    }
    let again = Manifest::parse(&xml, 10_000).expect("what we write can be read");
    assert_eq!(meaning(&again), meaning(&manifest));
    assert_eq!(again.target, manifest.target);
    assert_eq!(again.to_xml(), xml, "the same manifest gives the same octets");
});

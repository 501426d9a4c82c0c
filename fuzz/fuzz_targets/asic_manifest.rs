//! ASiCManifest and ASiCArchiveManifest on arbitrary text: what is read, written again, reads the same.

#![no_main]

use asic::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(manifest) = Manifest::parse(data, 10_000) else { return };
    let xml = manifest.to_xml();
    let again = Manifest::parse(&xml, 10_000).expect("what we write can be read");
    assert_eq!(again.references, manifest.references);
    assert_eq!(again.target, manifest.target);
    assert_eq!(again.to_xml(), xml, "the same manifest gives the same octets");
});

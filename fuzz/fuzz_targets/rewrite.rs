//! A signed file copied with its signatures changed: nothing that was there moves by an octet, whatever
//! the encoding, and a change of nothing is no change.

#![no_main]

use std::collections::BTreeSet;
use std::io::Cursor;

use cades::rewrite;
use cms::{Limits, SignedData};
use crypto::DigestAlgorithm;
use libfuzzer_sys::fuzz_target;

fn parsed(octets: &[u8]) -> Option<(SignedData, Option<Vec<u8>>)> {
    cms::parse(octets, &Limits::default()).ok()
}

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let digests = match data.len() % 3 {
        0 => BTreeSet::new(),
        1 => BTreeSet::from([DigestAlgorithm::Sha256]),
        _ => BTreeSet::from([DigestAlgorithm::Sha256, DigestAlgorithm::Sha512]),
    };
    // A guess that is wrong by far costs a second copy and nothing else.
    let growth = [0, 100, 70_000][data.len() % 3];
    let mut out = Cursor::new(Vec::new());
    let certificate = asn1::der::sequence(&[asn1::der::octet_string(&[7; 300])]);
    let changed =
        rewrite(Cursor::new(data), &mut out, &digests, growth, &limits, |signed, content| {
            for algorithm in digests.iter().filter(|_| !content.values.is_empty()) {
                assert!(content.values.contains_key(algorithm));
            }
            if data.len() % 2 == 0 {
                signed.certificates.push(certificate.clone());
            }
            Ok(())
        });
    let Some((before, content)) = parsed(data) else { return };
    if changed.is_err() {
        return;
    }
    let out = out.into_inner();
    let (after, same) = parsed(&out).expect("what we write can be read");
    assert_eq!(same, content, "the content");
    let raw = |data: &SignedData| -> Vec<Vec<u8>> {
        data.signer_infos.iter().map(|signer| signer.raw.clone()).collect()
    };
    assert_eq!(raw(&after), raw(&before), "the signatures");
    assert_eq!(after.crls, before.crls);
    assert!(before.certificates.iter().all(|one| after.certificates.contains(one)));
    if let Some(content) = &content {
        for algorithm in &digests {
            assert!(after.announced_digests().contains(algorithm), "{algorithm:?} is announced");
            let _ = crypto::digest(*algorithm, content);
        }
    }
});

//! TimeStampedData from a stranger: what is read is written and read back the same, and no walk
//! through envelopes goes on for ever.

#![no_main]

use std::io::Read as _;

use libfuzzer_sys::fuzz_target;
use timestamp::tsd::{TsdReader, renew_evidence};

fuzz_target!(|data: &[u8]| {
    let limits = cms::Limits { signers: 4, members: 16, ..cms::Limits::default() };
    if let Ok(file) = cades::read_whole(&mut std::io::Cursor::new(data), &limits) {
        for layer in file.stamped() {
            for (index, raw) in layer.time_stamps().into_iter().enumerate() {
                if let Ok((token, _)) = timestamp::read_tsr(raw) {
                    let _ = layer.covered(index, &token);
                }
            }
        }
    }
    let Ok(mut reader) = TsdReader::open(data, asn1::Limits::default()) else { return };
    let mut content = Vec::new();
    if let Ok(Some(mut octets)) = reader.content()
        && octets.read_to_end(&mut content).is_err()
    {
        return;
    }
    let Ok((first, spans)) = reader.finish() else { return };
    if first.time_stamps().is_empty() {
        return;
    }
    let mut out = Vec::new();
    renew_evidence(data, &spans.body, first.time_stamps(), &mut out).expect("memory takes it");
    let again = TsdReader::open(&out[..], asn1::Limits::default()).expect("what was written");
    let (second, _) = again.finish().expect("what was written");
    assert_eq!(first, second);
});

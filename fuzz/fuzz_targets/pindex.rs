//! An index of UNI 11386 on arbitrary octets: an index, or a finding that says
//! why there is none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use preservation::{Level, Limits, sincro};

fuzz_target!(|data: &[u8]| {
    let (index, findings) = sincro::read(data, "IPdA.xml", &Limits::default());
    assert!(index.is_some() || findings.iter().any(|finding| finding.level == Level::Fail));
});

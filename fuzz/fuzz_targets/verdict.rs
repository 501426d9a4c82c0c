//! From a stranger's file to its verdict: nothing passes without an anchor, the same facts give
//! the same report, and facts survive being saved.

#![no_main]

use libfuzzer_sys::fuzz_target;
use validation::facts::Facts;
use validation::gather::{self, Evidence};
use validation::{Policy, Times, Verdict, judge};

fuzz_target!(|data: &[u8]| {
    let limits = cms::Limits { signers: 4, members: 16, ..cms::Limits::default() };
    let Ok(file) = cades::read_whole(&mut std::io::Cursor::new(data), &limits) else {
        return;
    };
    let facts = gather::signed_file(&file, &Evidence::default());
    let times = Times::now(chrono::DateTime::from_timestamp(1_790_000_000, 0).expect("a time"));
    let report = judge(&facts, &Policy::default(), &times);
    assert_ne!(report.verdict, Verdict::TotalPassed, "passed without an anchor");
    let saved = Facts::from_json(&facts.to_json().expect("facts are JSON")).expect("read back");
    assert_eq!(saved, facts);
    assert_eq!(judge(&saved, &Policy::default(), &times), report);
});

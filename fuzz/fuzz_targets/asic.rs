//! A whole ASiC container on arbitrary octets, from the ZIP to the verdict: nothing passes without an
//! anchor, and memory stays within the limits.

#![no_main]

use std::io::Cursor;

use archive::Archive;
use asic::{Container, Limits};
use libfuzzer_sys::fuzz_target;
use validation::gather::{self, Evidence};
use validation::{Policy, Times, Verdict, judge};

fuzz_target!(|data: &[u8]| {
    let limits = Limits {
        archive: archive::Limits { members: 200, expansion_from: 1 << 20, ..Default::default() },
        cms: cms::Limits { signers: 4, members: 16, ..Default::default() },
        evidence: 16,
        evidence_bytes: 1 << 20,
        evidence_total: 4 << 20,
        references: 1000,
        ..Limits::default()
    };
    let Ok(mut archive) = Archive::open(Cursor::new(data), &limits.archive) else { return };
    let Ok(mut container) = Container::read(&mut archive, Some("asice"), &limits) else { return };
    let Ok(()) = container.digest(&mut archive, |_| ()) else { return };
    let _ = (container.uncovered().len(), container.data_objects().count());
    let facts = gather::asic::container(&container, &Evidence::default());
    let times = Times::now(chrono::DateTime::from_timestamp(1_790_000_000, 0).expect("a time"));
    let report = judge(&facts, &Policy::default(), &times);
    assert_ne!(report.verdict, Verdict::TotalPassed, "passed without an anchor");
});

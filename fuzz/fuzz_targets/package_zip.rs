//! A package in a ZIP on arbitrary octets; the signed index is taken apart as
//! the real judge does, and believed.

#![no_main]

use std::io::Cursor;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use preservation::verify::{IndexJudgement, SignatureOutcome, verify_zip};
use preservation::{Limits, silent};

fuzz_target!(|data: &[u8]| {
    let mut judge = |index: preservation::verify::IndexToVerify<'_>| {
        let content = cms::parse(index.p7m, &cms::Limits::default()).ok().and_then(|(_, c)| c);
        let outcome = match content {
            Some(_) => SignatureOutcome::Passed,
            None => SignatureOutcome::Failed,
        };
        IndexJudgement { outcome, content, message: None }
    };
    let limits = Limits::default();
    let name = Path::new("pacchetto.zip");
    if let Ok(report) = verify_zip(Cursor::new(data), name, &mut judge, &limits, &mut silent) {
        let _ = (report.summary(), report.has_failures());
    }
});

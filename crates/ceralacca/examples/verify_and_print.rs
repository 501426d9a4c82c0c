//! Judges signed files and prints the report, as a service would keep it.
//!
//! ```text
//! cargo run -p ceralacca --example verify_and_print -- TRUST FILE…
//! ```
#![allow(clippy::print_stdout, reason = "an example speaks to a person")]

use std::path::Path;

use ceralacca::validation::text;
use ceralacca::{Evidence, Lang, Policy, Times, VerifyOptions, verify_file};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let trust = arguments.next().ok_or("usage: verify_and_print TRUST FILE…")?;

    // Whom we trust is our decision, never the file's.
    let mut evidence = Evidence::default();
    evidence.add_trust(Path::new(&trust))?;

    // The clock is ours to read; the library never does.
    let times = Times::now(std::time::SystemTime::now().into());
    let policy = Policy::default();
    for file in arguments {
        let options = VerifyOptions {
            evidence: &evidence,
            fetch: None,
            content: None,
            content_digest: None,
            policy: &policy,
            times: &times,
            progress: None,
        };
        let report = verify_file(Path::new(&file), &options)?;
        println!("{}", text::render(&report, Lang::It));
        println!("{}", serde_json::to_string_pretty(&report)?);
    }
    Ok(())
}

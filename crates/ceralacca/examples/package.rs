//! From a recording and its metadata sheet to a deposit package, and from that to an archive
//! package with a signed index; then both are checked.
//!
//! ```text
//! cargo run -p ceralacca --example package -- SHEET.toml KEY.p12 PASSWORD-FILE OUT-FOLDER FILE…
//! ```
#![allow(clippy::print_stdout, reason = "an example speaks to a person")]

use std::path::{Path, PathBuf};

use ceralacca::preservation::aip::AipPlan;
use ceralacca::preservation::metadata::{Spacing, parse};
use ceralacca::preservation::sip::{self, SipPlan};
use ceralacca::preservation::{Application, Container, Lang, Output, silent};
use ceralacca::{
    Durability, Evidence, Overwrite, Policy, Secret, SignOptions, SigningKey, Times, VerifyOptions,
    build_aip, verify_package,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: package SHEET.toml KEY.p12 PASSWORD-FILE OUT-FOLDER FILE…";
    let (Some(sheet), Some(key), Some(password), Some(folder)) =
        (arguments.next(), arguments.next(), arguments.next(), arguments.next())
    else {
        return Err(usage.into());
    };
    let now = std::time::SystemTime::now().into();

    // Everything that lacks in the sheet is named at once, in Italian, with its remedy.
    let metadata = parse(&std::fs::read_to_string(sheet)?)?;
    let deposit = sip::build(
        &SipPlan {
            metadata: &metadata,
            main: arguments.collect(),
            attachments: Vec::new(),
            created_at: now,
            application: Application::default(),
            spacing: Spacing::default(),
        },
        into(&folder.join("pdv"), &mut silent),
    )?;
    println!("{}: {} files", deposit.path.display(), deposit.files.count);

    let password = Secret::from_file_contents(std::fs::read(password)?);
    let keys = [SigningKey::from_pkcs12(&key, &password)?];
    let archive = build_aip(
        &AipPlan {
            sip: &deposit.path,
            preservation: None, // the agents stand in the sheet
            identifier: None,
            created_at: now,
            attached_timestamp: false,
            application: Application::default(),
        },
        &SignOptions { keys: &keys, signing_time: now, ..SignOptions::default() },
        into(&folder.join("pda"), &mut silent),
    )?;

    let (evidence, times) = (Evidence::default(), Times::now(now));
    for package in [&deposit.path, &archive.path] {
        let options = VerifyOptions {
            evidence: &evidence,
            fetch: None,
            content: None,
            content_digest: None,
            policy: &Policy::default(),
            times: &times,
            progress: None,
        };
        let (report, _signatures) = verify_package(package, &options, &mut silent)?;
        println!("{}", report.summary().text(Lang::It));
    }
    Ok(())
}

/// A folder that appears whole or not at all.
fn into<'a, 'p>(
    path: &'a Path,
    progress: &'a mut ceralacca::preservation::Progress<'p>,
) -> Output<'a, 'p> {
    Output {
        path,
        container: Container::Dir,
        overwrite: Overwrite::Never,
        durability: Durability::File,
        progress,
    }
}

//! `cosign`: a parallel signature beside those present, which stay unchanged to the octet.

use std::path::Path;

use ceralacca::{SignOptions, Signed};
use chrono::{DateTime, Utc};
use files::Overwrite;
use serde_json::Value;

use crate::args::Cosign;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::judging::{self, Content, Grounds};
use crate::lang::both;
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, marked};
use crate::raising::Given;
use crate::spool::{Input, Output};

use super::hand::{Flags, Hand};
use super::{Run, share, sign};

struct Job<'a> {
    input: &'a Path,
    output: Result<Destination, Failure>,
}

/// Adds a signature to each file.
///
/// # Errors
/// As `sign`.
pub(crate) fn run(args: &Cosign, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let flags = Flags {
        keys: &args.keys,
        level: args.level,
        statement: &args.statement,
        about: Some(&args.about),
        digest: &args.digest,
        allow: &args.allow.allow,
        again: args.again,
        given: Given {
            crl: &args.trust.crl,
            ocsp: &args.trust.ocsp,
            chain: &[],
            offline: args.offline,
        },
    };
    let specs = flags.check(run)?;
    let wish = Wish {
        output: args.out.output.as_deref(),
        overwrite: args.out.overwrite,
        outputs: args.files.len(),
    };
    let jobs: Vec<Job<'_>> = args
        .files
        .iter()
        .map(|input| {
            let output = share::in_place_or(input, args.in_place, || {
                wish.place(marked(input, "-cosigned"), &[input])
            });
            Job { input, output }
        })
        .collect();
    let grounds = if args.require_valid {
        let grounds = Grounds::load(run.settings, run.now, &args.trust, &args.keys.chain)?;
        Some(grounds)
    } else {
        None
    };
    if run.dry_run {
        let hand = flags.open_unasked(&specs, run)?;
        for job in &jobs {
            let output = job.output.clone().and_then(|destination| {
                dry(job.input, &destination, args, hand.as_ref(), run.now)?;
                Ok(destination)
            });
            let outcome = share::dry(job.input, &output);
            run.emit(&outcome);
        }
        return Ok(run.exit());
    }
    if jobs.iter().all(|job| job.output.is_err()) {
        for job in &jobs {
            let outcome = share::dry(job.input, &job.output);
            run.emit(&outcome);
        }
        return Ok(run.exit());
    }
    let hand = flags.open(&specs, run)?;
    let (now, lang, settings) = (run.now, run.lang(), run.settings);
    let overwrite = if args.in_place { Overwrite::Replace } else { wish.replace() };
    let placing = share::placing(settings, overwrite);
    let durable = share::Durable::new(settings);
    let work = |job: &Job<'_>| -> Outcome {
        let destination = match &job.output {
            Ok(destination) => destination,
            Err(failure) => return Outcome::of(job.input).failure(failure.clone()),
        };
        let bar = share::bar(job.input, settings);
        let progress = |done| bar.set(done);
        let (keys_here, list) = (hand.keys.signing(), hand.authorities.list());
        let options = SignOptions {
            again: args.again,
            placing,
            progress: Some(&progress),
            ..hand.options(&keys_here, &list, now)
        };
        let content = args.content.as_deref();
        let result = cosign(job.input, destination, content, grounds.as_ref(), &options)
            .and_then(|signed| durable.done(destination.path()).map(|()| signed));
        match result {
            Err(failure) => Outcome::of(job.input).failure(failure),
            Ok(Cosigned::Refused(mut report)) => {
                let mut outcome = Outcome::of(job.input);
                judging::tell(&mut outcome, &report, lang);
                let data = judging::data(&mut report, lang);
                let path = job.input.to_owned();
                let error = ceralacca::Error::PresentSignatures { path, report };
                outcome.data(data).failure(error.into())
            }
            Ok(Cosigned::Done(signed)) => {
                let mut outcome = Outcome::of(job.input);
                let (shown, output) = (clean::path(job.input), share::shown(destination));
                outcome.say(
                    Tone::Good,
                    0,
                    both!(
                        "{shown}: firma aggiunta in {output}",
                        "{shown}: signature added in {output}"
                    ),
                );
                sign::add_signers(&mut outcome, &signed);
                let mut data = sign::signatures(&signed, &options, &hand.keys);
                if let Value::Object(map) = &mut data {
                    map.insert("output".to_owned(), destination.shown().into());
                }
                outcome.warnings.extend(hand.authorities.warnings.iter().cloned());
                sign::add_remarks(outcome.data(data), &signed)
            }
        }
    };
    let exit = run.each(&jobs, share::stops, work);
    durable.finish()?;
    Ok(exit)
}

/// What a dry run sees: all that is refused before a file is read through.
fn dry(
    input: &Path,
    destination: &Destination,
    args: &Cosign,
    hand: Option<&Hand>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let Some(output) = share::dry_output(input, destination) else { return Ok(()) };
    let keys = hand.map(|hand| hand.keys.signing()).unwrap_or_default();
    let options = match hand {
        Some(hand) => SignOptions { again: args.again, ..hand.options(&keys, &[], now) },
        None => SignOptions { again: args.again, signing_time: now, ..SignOptions::default() },
    };
    Ok(ceralacca::check_cosign(input, args.content.as_deref(), output, &options)?)
}

enum Cosigned {
    Done(Signed),
    Refused(Box<ceralacca::Report>),
}

fn cosign(
    input: &Path,
    destination: &Destination,
    content: Option<&Path>,
    grounds: Option<&Grounds>,
    options: &SignOptions<'_>,
) -> Result<Cosigned, Failure> {
    let input = Input::of(input)?;
    if let Some(grounds) = grounds {
        let content = Content { file: content, digest: None };
        let report = ceralacca::verify_file(input.path(), &grounds.options(content, None))?;
        // A file with nothing in it is refused by what signs it, in its own words.
        if !matches!(judging::exit(&report), Exit::Done | Exit::Nothing) {
            return Ok(Cosigned::Refused(Box::new(report)));
        }
    }
    let output = Output::to_file(destination)?;
    let signed = ceralacca::cosign_file(input.path(), content, output.path(), options)?;
    output.deliver()?;
    Ok(Cosigned::Done(signed))
}

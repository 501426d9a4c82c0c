//! `timestamp`: a time-stamp on a file, without a signature.

use std::path::Path;

use ceralacca::{StampOptions, Stamped};
use serde_json::json;

use crate::args::Timestamp;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant;
use crate::lang::{Lang, both};
use crate::network;
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, appended};
use crate::signing;
use crate::spool::{Input, Output};

use super::{Run, share};

/// Stamps each file.
///
/// # Errors
/// No authority, a wrong address, a password that cannot be read.
pub(crate) fn run(args: &Timestamp, run: &mut Run<'_>) -> Result<Exit, Failure> {
    if run.settings.tsa.value.is_empty() {
        return Err(network::no_authority());
    }
    let wish = Wish {
        output: args.out.output.as_deref(),
        overwrite: args.out.overwrite,
        outputs: args.files.len(),
    };
    let jobs: Vec<(&Path, Result<Destination, Failure>)> = args
        .files
        .iter()
        .map(|input| (input.as_path(), wish.place(appended(input, ".tsr"), &[input])))
        .collect();
    if run.dry_run || jobs.iter().all(|(_, output)| output.is_err()) {
        for (input, output) in &jobs {
            let outcome = match output {
                Err(failure) => Outcome::of(input).failure(failure.clone()),
                Ok(destination) => share::would_write(input, &[destination]),
            };
            run.emit(&outcome);
        }
        return Ok(run.exit());
    }
    let authorities = network::authorities(run.settings, &mut run.secrets)?;
    let settings = run.settings;
    let placing = share::placing(settings, wish.replace());
    let durable = share::Durable::new(settings);
    let digest = signing::digest(args.digest.digest);
    let work = |(input, output): &(&Path, Result<Destination, Failure>)| -> Outcome {
        let destination = match output {
            Ok(destination) => destination,
            Err(failure) => return Outcome::of(input).failure(failure.clone()),
        };
        let bar = share::bar(input, settings);
        let progress = |done| bar.set(done);
        let options = StampOptions {
            authorities: &authorities.list(),
            digest,
            placing,
            progress: Some(&progress),
        };
        let result = stamp(input, destination, &options)
            .and_then(|stamped| durable.done(destination.path()).map(|()| stamped));
        match result {
            Err(failure) => Outcome::of(input).failure(failure),
            Ok(stamped) => {
                let mut outcome = told(input, destination, &stamped);
                outcome.warnings.extend(authorities.warnings.iter().cloned());
                outcome
            }
        }
    };
    let exit = run.each(&jobs, |_| false, work);
    durable.finish()?;
    Ok(exit)
}

fn stamp(
    input: &Path,
    destination: &Destination,
    options: &StampOptions<'_>,
) -> Result<Stamped, Failure> {
    let input = Input::of(input)?;
    let output = Output::to(destination)?;
    let stamped = ceralacca::stamp_file(input.path(), output.path(), options)?;
    output.deliver()?;
    Ok(stamped)
}

fn told(input: &Path, destination: &Destination, stamped: &Stamped) -> Outcome {
    let mut outcome = Outcome::of(input);
    let (shown, output) = (clean::path(input), share::shown(destination));
    outcome.say(
        Tone::Good,
        0,
        both!(
            "{shown}: la marca temporale è in {output}",
            "{shown}: the time-stamp is in {output}"
        ),
    );
    let when = instant::shown(stamped.gen_time);
    let (it, en) = (when.get(Lang::It), when.get(Lang::En));
    let authority = stamped.authority.as_ref().map(signing::name);
    let by = authority.as_deref().unwrap_or("?");
    outcome.say(Tone::Plain, 1, both!("{it}, {by}", "{en}, {by}"));
    let (algorithm, value) = &stamped.digest;
    let hex: String = value.iter().map(|octet| format!("{octet:02x}")).collect();
    outcome = outcome.data(json!({
        "output": destination.shown(),
        "format": "TSR",
        "time": instant::json(stamped.gen_time),
        "tsa": authority,
        "digest": { "algorithm": algorithm.name(), "value": hex },
    }));
    for failed in &stamped.failed_authorities {
        outcome = outcome.warning(share::failed_authority(failed));
    }
    outcome
}

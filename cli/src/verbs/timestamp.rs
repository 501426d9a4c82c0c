//! `timestamp`: a time-stamp on a file, without a signature.

use std::path::Path;

use ceralacca::{NewMetaData, StampOptions, Stamped};
use serde_json::json;

use crate::args::{StampFormat, Timestamp};
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant;
use crate::lang::{Lang, both};
use crate::network;
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, appended, is_dash};
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
    let format = args.format.unwrap_or(StampFormat::Tsr);
    let extension = match format {
        StampFormat::Tsr => ".tsr",
        StampFormat::Tsd => ".tsd",
    };
    let jobs: Vec<(&Path, Result<Destination, Failure>)> = args
        .files
        .iter()
        .map(|input| (input.as_path(), wish.place(appended(input, extension), &[input])))
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
        let result = stamp(input, destination, format, &options)
            .and_then(|stamped| durable.done(destination.path()).map(|()| stamped));
        match result {
            Err(failure) => Outcome::of(input).failure(failure),
            Ok(stamped) => {
                let mut outcome = told(input, destination, format, &stamped);
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
    format: StampFormat,
    options: &StampOptions<'_>,
) -> Result<Stamped, Failure> {
    // Standard input has no name.
    let metadata = match is_dash(input) {
        true => NewMetaData::default(),
        false => NewMetaData::of(input, media_type(input)),
    };
    let input = Input::of(input)?;
    let output = Output::to(destination)?;
    let (from, to) = (input.path(), output.path());
    let stamped = match format {
        StampFormat::Tsr => ceralacca::stamp_file(from, to, options)?,
        StampFormat::Tsd => ceralacca::stamp_tsd(from, to, &metadata, options)?,
    };
    output.deliver()?;
    Ok(stamped)
}

/// The media type of what municipalities stamp, by extension; where none is known, none is written.
fn media_type(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "p7m" => "application/pkcs7-mime",
        "p7s" => "application/pkcs7-signature",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        "txt" => "text/plain",
        "mp4" => "video/mp4",
        "mkv" => "video/x-matroska",
        "mp3" => "audio/mpeg",
        "wav" => "audio/x-wav",
        "zip" => "application/zip",
        "odt" => "application/vnd.oasis.opendocument.text",
        _ => return None,
    })
}

fn told(
    input: &Path,
    destination: &Destination,
    format: StampFormat,
    stamped: &Stamped,
) -> Outcome {
    let mut outcome = Outcome::of(input);
    let (shown, output) = (clean::path(input), share::shown(destination));
    outcome.say(
        Tone::Good,
        0,
        match format {
            StampFormat::Tsr => both!(
                "{shown}: la marca temporale è in {output}",
                "{shown}: the time-stamp is in {output}"
            ),
            StampFormat::Tsd => both!(
                "{shown}: il file e la sua marca temporale sono in {output}",
                "{shown}: the file and its time-stamp are in {output}"
            ),
        },
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
        "format": match format {
            StampFormat::Tsr => "TSR",
            StampFormat::Tsd => "TSD",
        },
        "time": instant::json(stamped.gen_time),
        "tsa": authority,
        "digest": { "algorithm": algorithm.name(), "value": hex },
    }));
    for failed in &stamped.failed_authorities {
        outcome = outcome.warning(share::failed_authority(failed));
    }
    outcome
}

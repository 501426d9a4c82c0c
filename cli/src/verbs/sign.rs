//! `sign`: CAdES-B and CAdES-T, attached or detached, one or several signers in one reading.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ceralacca::{Packaging, SignOptions, Signed};
use files::{FollowLinks, SourceFile, StagedFile};
use serde_json::{Value, json};

use crate::args::{Allow, Level, Sign};
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::instant;
use crate::keys;
use crate::lang::{Lang, Text, both};
use crate::media;
use crate::network::{self, Authorities};
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, appended, is_dash};
use crate::signing::{self, Keys, Terms};

use super::{Run, share};

/// One file and where its signature goes.
struct Job<'a> {
    input: &'a Path,
    output: Result<Destination, Failure>,
}

/// Signs each file.
///
/// # Errors
/// What keeps the run from beginning: keys, passwords, authorities, a wrong command.
pub(crate) fn run(args: &Sign, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let specs = keys::resolve(run.settings, &args.keys, run.matches)?;
    let stamped = args.level == Some(Level::T);
    if stamped && run.settings.tsa.value.is_empty() {
        return Err(network::no_authority());
    }
    let packaging = if args.detached { Packaging::Detached } else { Packaging::Attached };
    let wish = Wish {
        output: args.out.output.as_deref(),
        overwrite: args.out.overwrite,
        outputs: args.files.len(),
    };
    // Everything that can be refused without a password is refused before one is asked for.
    let jobs: Vec<Job<'_>> = args
        .files
        .iter()
        .map(|input| Job { input, output: prepare(input, &wish, packaging, &args.allow.allow) })
        .collect();
    if run.dry_run || jobs.iter().all(|job| job.output.is_err()) {
        for job in &jobs {
            let outcome = dry(job);
            run.emit(&outcome);
        }
        return Ok(run.exit());
    }
    let terms = Terms { digest: args.digest.digest, allow: &args.allow.allow, at: run.now };
    let keys = Keys::open(&specs, &mut run.secrets, &terms)?;
    let authorities = if stamped {
        network::authorities(run.settings, &mut run.secrets)?
    } else {
        Authorities::none()
    };
    let allow = signing::names(&args.allow.allow);
    let (now, settings) = (run.now, run.settings);
    let placing = share::placing(settings, wish.replace());
    let durable = share::Durable::new(settings);
    let ignored_tsa = !stamped && !args.tsa.tsa.is_empty();
    let work = |job: &Job<'_>| -> Outcome {
        let destination = match &job.output {
            Ok(destination) => destination,
            Err(failure) => return Outcome::of(job.input).failure(failure.clone()),
        };
        let bar = share::bar(job.input, settings);
        let progress = |done| bar.set(done);
        let keys_here = keys.signing();
        let options = SignOptions {
            keys: &keys_here,
            packaging,
            signing_time: now,
            authorities: &authorities.list(),
            allow: &allow,
            again: args.again,
            placing,
            progress: Some(&progress),
        };
        let result = sign(job.input, destination, &options).and_then(|signed| {
            durable.done(destination.path())?;
            Ok(signed)
        });
        let mut outcome = match result {
            Err(failure) => return Outcome::of(job.input).failure(failure),
            Ok(signed) => told(job.input, destination, &signed, &options, &keys),
        };
        outcome.warnings.extend(authorities.warnings.iter().cloned());
        if args.format.is_none() && is_pdf(job.input) {
            outcome = outcome.warning(Warning::new(
                "PDF_AS_CADES",
                Text::fixed(
                    "questo PDF è stato firmato come .p7m; la firma dentro il PDF (--format pades) arriverà con una versione successiva",
                    "this PDF was signed as .p7m; a signature inside the PDF (--format pades) comes with a later release",
                ),
            ));
        }
        if ignored_tsa {
            outcome = outcome.warning(Warning::new(
                "TSA_NOT_USED",
                Text::fixed(
                    "--tsa non ha effetto senza --level t: nessuna marca temporale è stata chiesta",
                    "--tsa has no effect without --level t: no time-stamp was asked for",
                ),
            ));
        }
        outcome
    };
    let exit = run.each(&jobs, share::stops, work);
    durable.finish()?;
    Ok(exit)
}

/// What can be known of one file before it is signed.
fn prepare(
    input: &Path,
    wish: &Wish<'_>,
    packaging: Packaging,
    allow: &[Allow],
) -> Result<Destination, Failure> {
    let extension = match packaging {
        Packaging::Attached => ".p7m",
        Packaging::Detached => ".p7s",
    };
    if !is_dash(input) {
        // Also says that it is not there, or not a file.
        if allow.contains(&Allow::IncompleteMedia) {
            SourceFile::open(input, FollowLinks::Follow)?;
        } else {
            media::refuse_incomplete(input)?;
        }
    }
    wish.place(appended(input, extension), &[input])
}

fn dry(job: &Job<'_>) -> Outcome {
    match &job.output {
        Err(failure) => Outcome::of(job.input).failure(failure.clone()),
        Ok(destination) => share::would_write(job.input, &[destination]),
    }
}

fn sign(
    input: &Path,
    destination: &Destination,
    options: &SignOptions<'_>,
) -> Result<Signed, Failure> {
    match (is_dash(input), destination) {
        (false, Destination::Path(output)) => Ok(ceralacca::sign_file(input, output, options)?),
        (true, Destination::Path(output)) => to_file(io::stdin().lock(), output, options),
        (true, Destination::Stdout) => {
            Ok(ceralacca::sign_stream(io::stdin().lock(), io::stdout().lock(), options)?)
        }
        (false, Destination::Stdout) => {
            let mut source = SourceFile::open(input, FollowLinks::Follow)?;
            let signed = ceralacca::sign_stream(&mut source, io::stdout().lock(), options)?;
            source.check_unchanged()?;
            Ok(signed)
        }
    }
}

/// A stream into a file that appears whole or not at all.
fn to_file(
    content: impl Read,
    output: &Path,
    options: &SignOptions<'_>,
) -> Result<Signed, Failure> {
    let mut staged = StagedFile::create(output)?;
    let signed = ceralacca::sign_stream(content, io::BufWriter::new(&mut staged), options)?;
    staged.flush().map_err(|error| staged.write_error(error))?;
    let placed: PathBuf = staged.commit(options.placing.overwrite, options.placing.durability)?;
    Ok(Signed { output: placed, ..signed })
}

fn told(
    input: &Path,
    destination: &Destination,
    signed: &Signed,
    options: &SignOptions<'_>,
    keys: &Keys,
) -> Outcome {
    let mut outcome = Outcome::of(input);
    let detached = options.packaging == Packaging::Detached;
    let (shown, output) = (clean::path(input), share::shown(destination));
    outcome.say(
        Tone::Good,
        0,
        if detached {
            both!(
                "{shown}: firmato; la firma separata è in {output}",
                "{shown}: signed; the detached signature is in {output}"
            )
        } else {
            both!("{shown}: firmato in {output}", "{shown}: signed into {output}")
        },
    );
    add_signers(&mut outcome, signed);
    let mut data = signatures(signed, options, keys);
    if let Value::Object(map) = &mut data {
        map.insert("output".to_owned(), destination.shown().into());
        map.insert("packaging".to_owned(), if detached { "detached" } else { "attached" }.into());
    }
    add_failed_authorities(outcome.data(data), signed)
}

/// The data that every verb that signs gives.
pub(super) fn signatures(signed: &Signed, options: &SignOptions<'_>, keys: &Keys) -> Value {
    let stamped = !options.authorities.is_empty();
    json!({
        "format": "CAdES",
        "level": if stamped { "CAdES-BASELINE-T" } else { "CAdES-BASELINE-B" },
        "signers": signed.signers.iter().map(signing::signer).collect::<Vec<_>>(),
        "signing_time": instant::json(options.signing_time),
        "timestamps": signed
            .stamped
            .iter()
            .map(|time| json!({ "time": instant::json(*time) }))
            .collect::<Vec<_>>(),
        "digest_algorithms": keys.digests(),
    })
}

/// One line for each signer, with the time of its stamp.
pub(super) fn add_signers(outcome: &mut Outcome, signed: &Signed) {
    for (n, certificate) in signed.signers.iter().enumerate() {
        let name = signing::name(certificate);
        let name = match certificate.tax_code() {
            Some(code) => format!("{name} (CF {code})"),
            None => name,
        };
        outcome.say(Tone::Plain, 1, both!("firma di {name}", "signature of {name}"));
        if let Some(time) = signed.stamped.get(n) {
            let when = instant::shown(*time);
            let (it, en) = (when.get(Lang::It), when.get(Lang::En));
            outcome.say(Tone::Plain, 2, both!("marca temporale del {it}", "time-stamp of {en}"));
        }
    }
}

/// Authorities that were asked in vain before one answered.
pub(super) fn add_failed_authorities(mut outcome: Outcome, signed: &Signed) -> Outcome {
    for failed in &signed.failed_authorities {
        outcome = outcome.warning(share::failed_authority(failed));
    }
    outcome
}

/// ISO 32000-1 §7.5.2 and the practice of readers: the header within the first 1024 bytes.
fn is_pdf(input: &Path) -> bool {
    if is_dash(input) {
        return false;
    }
    let mut start = Vec::new();
    let read = std::fs::File::open(input).and_then(|f| f.take(1024).read_to_end(&mut start));
    read.is_ok() && start.windows(5).any(|w| w == b"%PDF-")
}

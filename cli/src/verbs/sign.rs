//! `sign`: CAdES of every level, attached or detached, or several files in one container; one or
//! several signers in one reading.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ceralacca::{ContainerType, Packaging, SignOptions, Signed, TargetLevel};
use files::{FollowLinks, SourceFile, StagedFile};
use serde_json::{Value, json};

use crate::args::{Allow, Format, Sign};
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::instant;
use crate::lang::{Lang, Text, both};
use crate::media;
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, appended, is_dash};
use crate::raising::{self, Given};
use crate::signing::{self, Keys};
use crate::spool::{self, Output};

use super::hand::Flags;
use super::{Run, share};

/// One file, or the files of one container, and where the signature goes.
struct Job<'a> {
    /// The first file.
    input: &'a Path,
    inputs: &'a [PathBuf],
    output: Result<Destination, Failure>,
}

/// Signs each file.
///
/// # Errors
/// What keeps the run from beginning: keys, passwords, authorities, a wrong command.
pub(crate) fn run(args: &Sign, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let flags = Flags {
        keys: &args.keys,
        level: args.level,
        statement: &args.statement,
        about: Some(&args.about),
        digest: &args.digest,
        allow: &args.allow.allow,
        again: args.again,
        given: Given {
            crl: &args.evidence.crl,
            ocsp: &args.evidence.ocsp,
            chain: &[],
            offline: args.evidence.offline,
        },
    };
    let specs = flags.check(run)?;
    let container = container(args)?;
    let packaging = if args.detached { Packaging::Detached } else { Packaging::Attached };
    let wish = Wish {
        output: args.out.output.as_deref(),
        overwrite: args.out.overwrite,
        outputs: if container.is_some() { 1 } else { args.files.len() },
    };
    let terminal = files::platform::is_terminal(&io::stdout());
    // Everything that can be refused without a password is refused before one is asked for.
    // A container is one job with all the files.
    let groups = args.files.chunks(if container.is_some() { args.files.len() } else { 1 });
    let jobs: Vec<Job<'_>> = groups
        .filter_map(|inputs| {
            let input = inputs.first()?;
            let output = prepare(inputs, &wish, packaging, container, &args.allow.allow).and_then(
                |destination| spool::refuse_terminal(&destination, terminal).map(|()| destination),
            );
            Some(Job { input, inputs, output })
        })
        .collect();
    if run.dry_run || jobs.iter().all(|job| job.output.is_err()) {
        for job in &jobs {
            let outcome = dry(job);
            run.emit(&outcome);
        }
        return Ok(run.exit());
    }
    let hand = flags.open(&specs, run)?;
    let (now, settings) = (run.now, run.settings);
    let placing = share::placing(settings, wish.replace());
    let durable = share::Durable::new(settings);
    let ignored_tsa = !flags.stamped() && !args.tsa.tsa.is_empty();
    let work = |job: &Job<'_>| -> Outcome {
        let destination = match &job.output {
            Ok(destination) => destination,
            Err(failure) => return Outcome::of(job.input).failure(failure.clone()),
        };
        let bar = share::bar(job.input, settings);
        let progress = |done| bar.set(done);
        let (keys_here, list) = (hand.keys.signing(), hand.authorities.list());
        let options = SignOptions {
            packaging,
            again: args.again,
            placing,
            progress: Some(&progress),
            ..hand.options(&keys_here, &list, now)
        };
        let result = match container {
            None => sign(job.input, destination, &options),
            Some(kind) => sign_together(job.inputs, destination, kind, &options),
        };
        let result = result.and_then(|signed| {
            durable.done(destination.path())?;
            Ok(signed)
        });
        let mut outcome = match (result, container) {
            (Err(failure), _) => return Outcome::of(job.input).failure(failure),
            (Ok(signed), None) => told(job.input, destination, &signed, &options, &hand.keys),
            (Ok(signed), Some(kind)) => {
                told_together(job.inputs, destination, kind, &signed, &options, &hand.keys)
            }
        };
        outcome.warnings.extend(hand.authorities.warnings.iter().cloned());
        if args.format.is_none() && is_pdf(job.input) {
            outcome = outcome.warning(Warning::new(
                "PDF_AS_CADES",
                Text::fixed(
                    "questo PDF è stato firmato come .p7m; la firma dentro il PDF (--format pades) arriverà con una versione successiva",
                    "this PDF was signed as .p7m; a signature inside the PDF (--format pades) comes with a later release",
                ),
            ));
        }
        if container.is_none() && unpackageable(job.input) {
            outcome = outcome.warning(Warning::new(
                "NAME_NOT_PACKAGEABLE",
                Text::fixed(
                    "il nome del file contiene caratteri che un pacchetto di conservazione non ammette (come : o \"): conviene rinominarlo prima di versarlo",
                    "the file's name has characters that no preservation package takes (such as : or \"): better rename it before depositing it",
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

/// The container asked for, if one is.
fn container(args: &Sign) -> Result<Option<ContainerType>, Failure> {
    let kind = match args.format {
        Some(Format::AsicS) => ContainerType::Simple,
        Some(Format::AsicE) => ContainerType::Extended,
        Some(Format::Cades | Format::Pades) | None => return Ok(None),
    };
    if args.detached {
        return Err(Failure::usage(Text::fixed(
            "--detached non si combina con --format asic-s o asic-e: in un contenitore la firma sta accanto ai file",
            "--detached does not go with --format asic-s or asic-e: in a container the signature stands beside the files",
        )));
    }
    if args.files.iter().any(|file| is_dash(file)) {
        return Err(Failure::usage(Text::fixed(
            "i file di un contenitore hanno un nome: lo standard input non ne ha",
            "files in a container have names: standard input has none",
        )));
    }
    if kind == ContainerType::Simple && args.files.len() > 1 {
        return Err(ceralacca::Error::ContainerFiles { kind, files: args.files.len() }.into());
    }
    Ok(Some(kind))
}

/// What can be known of one file, or of those of one container, before they are signed.
fn prepare(
    inputs: &[PathBuf],
    wish: &Wish<'_>,
    packaging: Packaging,
    container: Option<ContainerType>,
    allow: &[Allow],
) -> Result<Destination, Failure> {
    let extension = match (container, packaging) {
        (Some(ContainerType::Simple), _) => ".asics",
        (Some(ContainerType::Extended), _) => ".asice",
        (None, Packaging::Attached) => ".p7m",
        (None, Packaging::Detached) => ".p7s",
    };
    for input in inputs.iter().filter(|input| !is_dash(input)) {
        // Also says that it is not there, or not a file.
        if allow.contains(&Allow::IncompleteMedia) {
            SourceFile::open(input, FollowLinks::Follow)?;
        } else {
            media::refuse_incomplete(input)?;
        }
    }
    let all: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    wish.place(inputs.first().and_then(|first| appended(first, extension)), &all)
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

/// All files into one container.
fn sign_together(
    inputs: &[PathBuf],
    destination: &Destination,
    kind: ContainerType,
    options: &SignOptions<'_>,
) -> Result<Signed, Failure> {
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    let output = Output::to(destination)?;
    let signed = ceralacca::sign_container(&inputs, output.path(), kind, options)?;
    output.deliver()?;
    Ok(signed)
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
    add_remarks(outcome.data(data), signed)
}

/// Files of a container told one by one.
const LISTED: usize = 40;

fn told_together(
    inputs: &[PathBuf],
    destination: &Destination,
    kind: ContainerType,
    signed: &Signed,
    options: &SignOptions<'_>,
    keys: &Keys,
) -> Outcome {
    let first = inputs.first().map(PathBuf::as_path).unwrap_or(Path::new("-"));
    let mut outcome = Outcome::of(first);
    let (count, output) = (inputs.len(), share::shown(destination));
    outcome.say(
        Tone::Good,
        0,
        if count == 1 {
            let shown = clean::path(first);
            both!("{shown}: firmato in {output}", "{shown}: signed into {output}")
        } else {
            both!(
                "{count} file firmati insieme in {output}",
                "{count} files signed together into {output}"
            )
        },
    );
    if count > 1 {
        for input in inputs.iter().take(LISTED) {
            outcome.say(Tone::Plain, 1, Text::same(clean::path(input)));
        }
        let more = count.saturating_sub(LISTED);
        if more > 0 {
            outcome.say(Tone::Faint, 1, both!("… e altri {more}", "… and {more} more"));
        }
    }
    add_signers(&mut outcome, signed);
    let mut data = signatures(signed, options, keys);
    if let Value::Object(map) = &mut data {
        map.insert("format".to_owned(), kind.name().into());
        map.insert("output".to_owned(), destination.shown().into());
        map.insert("packaging".to_owned(), "container".into());
        let files = inputs.iter().map(|input| input.to_string_lossy().into_owned());
        map.insert("files".to_owned(), files.collect::<Vec<_>>().into());
    }
    add_remarks(outcome.data(data), signed)
}

/// The data that every verb that signs gives.
pub(super) fn signatures(signed: &Signed, options: &SignOptions<'_>, keys: &Keys) -> Value {
    let level = match options.long_term {
        Some(long_term) if long_term.archive => Some(TargetLevel::Lta),
        Some(_) => Some(TargetLevel::Lt),
        None => (!options.authorities.is_empty()).then_some(TargetLevel::T),
    };
    json!({
        "format": "CAdES",
        "level": raising::level_name(level),
        "signers": signed.signers.iter().map(signing::signer).collect::<Vec<_>>(),
        "signing_time": instant::json(options.signing_time),
        "timestamps": signed
            .stamped
            .iter()
            .map(|time| json!({ "kind": "signature-time-stamp", "time": instant::json(*time) }))
            .chain(signed.archived.iter().map(|time| {
                json!({ "kind": "archive-time-stamp-v3", "time": instant::json(*time) })
            }))
            .chain(signed.content_stamped.iter().map(|time| {
                json!({ "kind": "content-time-stamp", "time": instant::json(*time) })
            }))
            .collect::<Vec<_>>(),
        "added": raising::added(signed.added),
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
        if let Some(time) = signed.archived.get(n) {
            let when = instant::shown(*time);
            let (it, en) = (when.get(Lang::It), when.get(Lang::En));
            outcome.say(
                Tone::Plain,
                2,
                both!("marca temporale d'archivio del {it}", "archive time-stamp of {en}"),
            );
        }
    }
}

/// What went in for later, and what is worth knowing: about the certificates, and about
/// authorities that were asked in vain before one answered.
pub(super) fn add_remarks(mut outcome: Outcome, signed: &Signed) -> Outcome {
    raising::tell_added(&mut outcome, signed.added);
    for note in &signed.notes {
        outcome = outcome.warning(raising::warning(note));
    }
    for failed in &signed.failed_authorities {
        outcome = outcome.warning(share::failed_authority(failed));
    }
    outcome
}

/// Whether the name can be signed but not put into a package.
fn unpackageable(input: &Path) -> bool {
    let name = input.file_name().and_then(|name| name.to_str());
    !is_dash(input) && name.is_none_or(|name| ceralacca::check_name(name).is_err())
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

//! `extend`: signatures raised to T, LT or LTA, or renewed, with every octet of them kept.

use std::path::Path;

use ceralacca::{Budget, ExtendOptions, Extended, TargetLevel, extend_file};
use files::Overwrite;
use serde_json::json;

use crate::args::Extend;
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::instant;
use crate::lang::{Lang, Text, both};
use crate::network::{self, Authorities};
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, marked};
use crate::raising::{self, Given, Ground};
use crate::signing;
use crate::spool::{Input, Output};

use super::{Run, share};

/// Extends each file.
///
/// # Errors
/// What keeps the run from beginning: a wrong command, authorities, trust.
pub(crate) fn run(args: &Extend, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let Some(level) = raising::target(Some(args.level)) else {
        return Err(Failure::usage(Text::fixed(
            "--level b: ogni firma è già almeno di livello B",
            "--level b: every signature is of level B already",
        ))
        .hint(Text::fixed("scegliere t, lt o lta", "choose t, lt or lta")));
    };
    let signatures = raising::ids(&args.signature)?;
    let mark = match level {
        TargetLevel::T => "-t",
        TargetLevel::Lt => "-lt",
        TargetLevel::Lta => "-lta",
    };
    let wish = Wish {
        output: args.out.output.as_deref(),
        overwrite: args.out.overwrite,
        outputs: args.files.len(),
    };
    let jobs: Vec<(&Path, Result<Destination, Failure>)> = args
        .files
        .iter()
        .map(|input| {
            let output = share::in_place_or(input, args.in_place, || {
                wish.place(marked(input, mark), &[input])
            });
            (input.as_path(), output)
        })
        .collect();
    let given = Given {
        crl: &args.evidence.crl,
        ocsp: &args.evidence.ocsp,
        chain: &args.chain.chain,
        offline: args.evidence.offline,
    };
    let ground = Ground::load(run.settings, run.now, Some(args.level), &given)?;
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
    let authorities = if run.settings.tsa.value.is_empty() {
        // What is stamped already may be raised without one.
        Authorities::none()
    } else {
        network::authorities(run.settings, &mut run.secrets)?
    };
    let allow = signing::names(&args.allow.allow);
    let (now, settings) = (run.now, run.settings);
    let overwrite = if args.in_place { Overwrite::Replace } else { wish.replace() };
    let placing = share::placing(settings, overwrite);
    let durable = share::Durable::new(settings);
    let work = |(input, output): &(&Path, Result<Destination, Failure>)| -> Outcome {
        let destination = match output {
            Ok(destination) => destination,
            Err(failure) => return Outcome::of(input).failure(failure.clone()),
        };
        let bar = share::bar(input, settings);
        let progress = |done| bar.set(done);
        let options = ExtendOptions {
            level,
            signatures: &signatures,
            authorities: &authorities.list(),
            evidence: &ground.evidence,
            fetch: ground.fetch(),
            budget: Budget::default(),
            content: args.content.as_deref(),
            now,
            allow: &allow,
            placing,
            progress: Some(&progress),
        };
        let result = extend(input, destination, &options)
            .and_then(|extended| durable.done(destination.path()).map(|()| extended));
        match result {
            Err(failure) => Outcome::of(input).failure(failure),
            Ok(extended) => {
                let mut outcome = told(input, destination, &extended);
                outcome.warnings.extend(authorities.warnings.iter().cloned());
                outcome
            }
        }
    };
    let exit = run.each(&jobs, |_| false, work);
    durable.finish()?;
    Ok(exit)
}

fn extend(
    input: &Path,
    destination: &Destination,
    options: &ExtendOptions<'_>,
) -> Result<Extended, Failure> {
    let input = Input::of(input)?;
    let output = Output::to(destination)?;
    let extended = extend_file(input.path(), output.path(), options)?;
    output.deliver()?;
    Ok(extended)
}

fn told(input: &Path, destination: &Destination, extended: &Extended) -> Outcome {
    let mut outcome = Outcome::of(input);
    let (shown, output) = (clean::path(input), share::shown(destination));
    outcome.say(
        Tone::Good,
        0,
        both!("{shown}: esteso in {output}", "{shown}: extended into {output}"),
    );
    for signature in &extended.signatures {
        let name = signature.signer.as_ref().map(signing::name).unwrap_or_else(|| "?".to_owned());
        let (id, before, after) = (&signature.id, signature.before, signature.after);
        let text = if before == after {
            both!("firma {id} di {name}: {after}", "signature {id} of {name}: {after}")
        } else {
            both!(
                "firma {id} di {name}: da {before} a {after}",
                "signature {id} of {name}: from {before} to {after}"
            )
        };
        outcome.say(Tone::Plain, 1, text);
        for stamp in extended.stamps.iter().filter(|stamp| stamp.signature == *id) {
            let when = instant::shown(stamp.time);
            let (it, en) = (when.get(Lang::It), when.get(Lang::En));
            let text = if stamp.archive {
                both!("marca temporale d'archivio del {it}", "archive time-stamp of {en}")
            } else {
                both!("marca temporale del {it}", "time-stamp of {en}")
            };
            outcome.say(Tone::Plain, 2, text);
        }
    }
    for stamp in extended.stamps.iter().filter(|stamp| stamp.signature.is_empty()) {
        let when = instant::shown(stamp.time);
        let (it, en) = (when.get(Lang::It), when.get(Lang::En));
        outcome.say(
            Tone::Plain,
            1,
            both!("marca temporale sul file, del {it}", "time-stamp on the file, of {en}"),
        );
    }
    raising::tell_added(&mut outcome, extended.added);
    let signatures: Vec<_> = extended
        .signatures
        .iter()
        .map(|signature| {
            json!({
                "id": signature.id,
                "signer": signature.signer.as_ref().map(signing::signer),
                "level_before": signature.before.to_string(),
                "level": signature.after.to_string(),
                "timestamps": extended
                    .stamps
                    .iter()
                    .filter(|stamp| stamp.signature == signature.id)
                    .map(|stamp| json!({
                        "kind": if stamp.archive { "archive-timestamp" } else { "signature-timestamp" },
                        "time": instant::json(stamp.time),
                    }))
                    .collect::<Vec<_>>(),
            })
        })
        .collect();
    outcome = outcome.data(json!({
        "output": destination.shown(),
        "signatures": signatures,
        "timestamps": extended
            .stamps
            .iter()
            .filter(|stamp| stamp.signature.is_empty())
            .map(|stamp| json!({ "time": instant::json(stamp.time) }))
            .collect::<Vec<_>>(),
        "added": raising::added(extended.added),
    }));
    if extended.stamps.is_empty() && extended.added == ceralacca::Added::default() {
        outcome = outcome.warning(Warning::new(
            "NOTHING_ADDED",
            Text::fixed(
                "non c'era niente da aggiungere: le firme avevano già tutto",
                "there was nothing to add: the signatures had everything already",
            ),
        ));
    }
    for note in &extended.notes {
        outcome = outcome.warning(raising::warning(note));
    }
    for failed in &extended.failed_authorities {
        outcome = outcome.warning(share::failed_authority(failed));
    }
    outcome
}

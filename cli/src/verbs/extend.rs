//! `extend`: signatures raised to T, LT or LTA, or renewed, with every octet of them kept.

use std::path::Path;

use ceralacca::{
    Budget, ExtendOptions, Extended, ExtendedSignature, NewStamp, SignatureId, TargetLevel,
    extend_file,
};
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
    if jobs.iter().all(|(_, output)| output.is_err()) {
        for (input, output) in &jobs {
            run.emit(&share::dry(input, output));
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
    if run.dry_run {
        let list = authorities.list();
        for (input, output) in &jobs {
            let output = output.clone().and_then(|destination| {
                let Some(beside) = share::dry_output(input, &destination) else {
                    return Ok(destination);
                };
                let options = ExtendOptions {
                    level,
                    signatures: &signatures,
                    authorities: &list,
                    evidence: &ground.evidence,
                    fetch: None,
                    budget: Budget::default(),
                    content: args.content.as_deref(),
                    now,
                    allow: &allow,
                    placing,
                    progress: None,
                };
                ceralacca::check_extend(input, beside, &options)?;
                Ok(destination)
            });
            run.emit(&share::dry(input, &output));
        }
        return Ok(run.exit());
    }
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
                let mut outcome = told(input, destination, &extended, level, &signatures);
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
    let output = Output::to_file(destination)?;
    let extended = extend_file(input.path(), output.path(), options)?;
    output.deliver()?;
    Ok(extended)
}

/// Whether a time-stamp is over the whole file and not on one of its signatures.
fn is_of_file(stamp: &NewStamp, extended: &Extended) -> bool {
    extended.signatures.iter().all(|signature| signature.id != stamp.signature)
}

/// Why a signature was raised that nobody named.
fn unasked(
    signature: &ExtendedSignature,
    named: &[SignatureId],
    extended: &Extended,
) -> Option<Text> {
    let id: SignatureId = signature.id.parse().ok()?;
    let stamped = extended.stamps.iter().any(|stamp| stamp.signature == signature.id);
    let raised = stamped || signature.before != signature.after;
    if named.is_empty() || named.contains(&id) || !raised {
        return None;
    }
    let above = |one: &SignatureId| std::iter::successors(one.parent(), SignatureId::parent);
    if named.iter().any(|one| above(one).any(|parent| parent == id)) {
        Some(Text::fixed(
            "non era indicata: una controfirma si archivia con la firma su cui sta",
            "not named: a countersignature is archived with the signature it stands on",
        ))
    } else if above(&id).any(|parent| named.contains(&parent)) {
        Some(Text::fixed(
            "non era indicata: sta su una firma indicata, e si estende con essa",
            "not named: it stands on one that is, and is extended with it",
        ))
    } else {
        Some(Text::fixed(
            "non era indicata: i dati aggiunti al file servono anche a questa",
            "not named: the data added to the file serve this one too",
        ))
    }
}

/// The level reached, no higher than the one asked for, and the one that data present before make
/// of it.
fn reached(signature: &ExtendedSignature, asked: TargetLevel) -> (String, Option<String>) {
    let after = signature.after.to_string();
    let beyond: &[&str] = match asked {
        TargetLevel::T => &["CAdES-BASELINE-LT", "CAdES-BASELINE-LTA"],
        TargetLevel::Lt => &["CAdES-BASELINE-LTA"],
        TargetLevel::Lta => &[],
    };
    if signature.before == signature.after || !beyond.contains(&after.as_str()) {
        return (after, None);
    }
    (raising::level_name(Some(asked)).to_owned(), Some(after))
}

fn told(
    input: &Path,
    destination: &Destination,
    extended: &Extended,
    level: TargetLevel,
    named: &[SignatureId],
) -> Outcome {
    let mut outcome = Outcome::of(input);
    let (shown, output) = (clean::path(input), share::shown(destination));
    outcome.say(
        Tone::Good,
        0,
        both!("{shown}: esteso in {output}", "{shown}: extended into {output}"),
    );
    for signature in &extended.signatures {
        let name = signature.signer.as_ref().map(signing::name).unwrap_or_else(|| "?".to_owned());
        let (id, before) = (&signature.id, signature.before);
        let (after, already) = reached(signature, level);
        let text = if signature.before == signature.after {
            both!("firma {id} di {name}: {after}", "signature {id} of {name}: {after}")
        } else {
            both!(
                "firma {id} di {name}: da {before} a {after}",
                "signature {id} of {name}: from {before} to {after}"
            )
        };
        outcome.say(Tone::Plain, 1, text);
        if let Some(level) = already {
            outcome.say(
                Tone::Faint,
                2,
                both!(
                    "i dati di revoca erano già nel file: vale come {level}",
                    "the revocation data were in the file already: it counts as {level}"
                ),
            );
        }
        if let Some(why) = unasked(signature, named, extended) {
            outcome.say(Tone::Faint, 2, why);
        }
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
    for stamp in extended.stamps.iter().filter(|stamp| is_of_file(stamp, extended)) {
        let when = instant::shown(stamp.time);
        let (it, en) = (when.get(Lang::It), when.get(Lang::En));
        outcome.say(
            Tone::Plain,
            1,
            if extended.signatures.is_empty() {
                both!("marca temporale sul file, del {it}", "time-stamp on the file, of {en}")
            } else {
                both!(
                    "marca temporale d'archivio sul contenitore, del {it}",
                    "archive time-stamp on the container, of {en}"
                )
            },
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
                        "kind": if stamp.archive { "archive-time-stamp-v3" } else { "signature-time-stamp" },
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
            .filter(|stamp| is_of_file(stamp, extended))
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

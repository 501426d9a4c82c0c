//! `countersign`: a signature on a signature.

use std::path::Path;

use ceralacca::{Countersigned, SignOptions, SignatureId, Signed, countersign_file};
use files::Overwrite;
use serde_json::{Value, json};

use crate::args::Countersign;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant;
use crate::lang::{Lang, both};
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, marked};
use crate::raising::{self, Given};
use crate::signing;
use crate::spool::{Input, Output};

use super::hand::Flags;
use super::{Run, share, sign};

/// Countersigns the signatures named.
///
/// # Errors
/// As `sign`; a signature that is not there, is broken, or must not change.
pub(crate) fn run(args: &Countersign, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let flags = Flags {
        keys: &args.keys,
        level: args.level,
        statement: &args.statement,
        about: None,
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
    let signatures = raising::ids(&args.signature)?;
    let input = args.file.as_path();
    let wish =
        Wish { output: args.out.output.as_deref(), overwrite: args.out.overwrite, outputs: 1 };
    let destination = share::in_place_or(input, args.in_place, || {
        wish.place(marked(input, "-countersigned"), &[input])
    })?;
    let content = args.content.as_deref();
    if run.dry_run {
        let hand = flags.open_unasked(&specs, run)?;
        if let Some(output) = share::dry_output(input, &destination) {
            let keys = hand.as_ref().map(|hand| hand.keys.signing()).unwrap_or_default();
            let options = match &hand {
                Some(hand) => {
                    SignOptions { again: args.again, ..hand.options(&keys, &[], run.now) }
                }
                None => SignOptions { again: args.again, ..SignOptions::default() },
            };
            ceralacca::check_countersign(input, content, output, &signatures, &options)?;
        }
        run.emit(&share::would_write(input, &[&destination]));
        return Ok(run.exit());
    }
    let hand = flags.open(&specs, run)?;
    let overwrite = if args.in_place { Overwrite::Replace } else { wish.replace() };
    let bar = share::bar(input, run.settings);
    let progress = |done| bar.set(done);
    let (keys_here, list) = (hand.keys.signing(), hand.authorities.list());
    let options = SignOptions {
        again: args.again,
        placing: share::placing(run.settings, overwrite),
        progress: Some(&progress),
        ..hand.options(&keys_here, &list, run.now)
    };
    let (signed, made) = countersign(input, content, &destination, &signatures, &options)?;
    let durable = share::Durable::new(run.settings);
    durable.done(destination.path())?;
    durable.finish()?;
    let mut outcome = Outcome::of(input);
    let (shown, output) = (clean::path(input), share::shown(&destination));
    outcome.say(
        Tone::Good,
        0,
        both!("{shown}: controfirmato in {output}", "{shown}: countersigned into {output}"),
    );
    for one in &made {
        let (id, on, by) = (&one.id, &one.on, signing::name(&one.by));
        let of = one.of.as_ref().map(signing::name).unwrap_or_else(|| "?".to_owned());
        outcome.say(
            Tone::Plain,
            1,
            both!(
                "controfirma {id} di {by} sulla firma {on} di {of}",
                "countersignature {id} of {by} on signature {on} of {of}"
            ),
        );
    }
    add_stamps(&mut outcome, &signed);
    let mut data = sign::signatures(&signed, &options, &hand.keys);
    if let Value::Object(map) = &mut data {
        map.insert("output".to_owned(), destination.shown().into());
        let ids: Vec<String> = made.iter().map(|one| one.id.to_string()).collect();
        map.insert("ids".to_owned(), ids.into());
        let made = made.iter().map(|one| {
            json!({
                "id": one.id.to_string(),
                "on": one.on.to_string(),
                "signer": signing::signer(&one.by),
                "on_signer": one.of.as_ref().map(signing::signer),
            })
        });
        map.insert("countersignatures".to_owned(), made.collect::<Vec<_>>().into());
    }
    outcome.warnings.extend(hand.authorities.warnings.iter().cloned());
    let outcome = sign::add_remarks(outcome.data(data), &signed);
    run.emit(&outcome);
    Ok(run.exit())
}

/// When the countersignatures were stamped, and what they stand on archived.
fn add_stamps(outcome: &mut Outcome, signed: &Signed) {
    for (times, archive) in [(&signed.stamped, false), (&signed.archived, true)] {
        for time in times {
            let when = instant::shown(*time);
            let (it, en) = (when.get(Lang::It), when.get(Lang::En));
            let text = if archive {
                both!("marca temporale d'archivio del {it}", "archive time-stamp of {en}")
            } else {
                both!("marca temporale del {it}", "time-stamp of {en}")
            };
            outcome.say(Tone::Plain, 2, text);
        }
    }
}

fn countersign(
    input: &Path,
    content: Option<&Path>,
    destination: &Destination,
    signatures: &[SignatureId],
    options: &SignOptions<'_>,
) -> Result<(Signed, Vec<Countersigned>), Failure> {
    let input = Input::of(input)?;
    let output = Output::to_file(destination)?;
    let done = countersign_file(input.path(), content, output.path(), signatures, options)?;
    output.deliver()?;
    Ok(done)
}

//! `countersign`: a signature on a signature.

use std::path::Path;

use ceralacca::{SignOptions, SignatureId, Signed, countersign_file};
use files::Overwrite;
use serde_json::Value;

use crate::args::Countersign;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::both;
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, marked};
use crate::raising::{self, Given};
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
    if run.dry_run {
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
    let content = args.content.as_deref();
    let (signed, ids) = countersign(input, content, &destination, &signatures, &options)?;
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
    let named = join(&signatures);
    let new = join(&ids);
    outcome.say(
        Tone::Plain,
        1,
        both!(
            "controfirme {new} sulle firme {named}",
            "countersignatures {new} on signatures {named}"
        ),
    );
    sign::add_signers(&mut outcome, &signed);
    let mut data = sign::signatures(&signed, &options, &hand.keys);
    if let Value::Object(map) = &mut data {
        map.insert("output".to_owned(), destination.shown().into());
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        map.insert("ids".to_owned(), ids.into());
    }
    outcome.warnings.extend(hand.authorities.warnings.iter().cloned());
    let outcome = sign::add_remarks(outcome.data(data), &signed);
    run.emit(&outcome);
    Ok(run.exit())
}

fn join(ids: &[SignatureId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn countersign(
    input: &Path,
    content: Option<&Path>,
    destination: &Destination,
    signatures: &[SignatureId],
    options: &SignOptions<'_>,
) -> Result<(Signed, Vec<SignatureId>), Failure> {
    let input = Input::of(input)?;
    let output = Output::to(destination)?;
    let done = countersign_file(input.path(), content, output.path(), signatures, options)?;
    output.deliver()?;
    Ok(done)
}

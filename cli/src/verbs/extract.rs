//! `extract`: the innermost content, through every layer. Nothing is verified.

use std::io::{self, Write};
use std::path::Path;

use ceralacca::{Extracted, Placing, Removed};
use serde_json::{Value, json};

use crate::args::Extract;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Text, both};
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, unwrapped};
use crate::settings::Settings;
use crate::spool::Input;

use super::{Run, share};

/// Takes the content out of each file.
///
/// # Errors
/// None: each file has its own outcome.
pub(crate) fn run(args: &Extract, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let wish = Wish {
        output: args.out.output.as_deref(),
        overwrite: args.out.overwrite,
        outputs: args.files.len(),
    };
    let jobs: Vec<(&Path, Result<Destination, Failure>)> = args
        .files
        .iter()
        .map(|input| (input.as_path(), wish.place(unwrapped(input), &[input])))
        .collect();
    if run.dry_run {
        for (input, output) in &jobs {
            let outcome = match output {
                Err(failure) => Outcome::of(input).failure(failure.clone()),
                Ok(destination) => share::would_write(input, &[destination]),
            };
            run.emit(&outcome);
        }
        return Ok(run.exit());
    }
    let settings = run.settings;
    let placing = share::placing(settings, wish.replace());
    let durable = share::Durable::new(settings);
    let work = |(input, output): &(&Path, Result<Destination, Failure>)| -> Outcome {
        let result = output.as_ref().map_err(Clone::clone).and_then(|destination| {
            let (size, removed) = extract(input, destination, placing, settings)?;
            durable.done(destination.path())?;
            Ok(told(input, destination, size, &removed))
        });
        result.unwrap_or_else(|failure| Outcome::of(input).failure(failure))
    };
    let exit = run.each(&jobs, |_| false, work);
    durable.finish()?;
    Ok(exit)
}

fn extract(
    input: &Path,
    destination: &Destination,
    placing: Placing,
    settings: &Settings,
) -> Result<(u64, Vec<Removed>), Failure> {
    let source = Input::of(input)?;
    match destination {
        Destination::Stdout => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            let result = ceralacca::extract_to(source.path(), &mut out)?;
            out.flush().map_err(|e| files::Error::from_io("writing", Path::new("-"), e))?;
            Ok(result)
        }
        Destination::Path(output) => {
            let bar = share::bar(source.path(), settings);
            let progress = |done| bar.set(done);
            let Extracted { length, removed, .. } =
                ceralacca::extract_file(source.path(), output, placing, Some(&progress))?;
            Ok((length, removed))
        }
    }
}

fn told(input: &Path, destination: &Destination, size: u64, removed: &[Removed]) -> Outcome {
    let mut outcome = Outcome::of(input);
    let (shown, output) = (clean::path(input), share::shown(destination));
    outcome.say(
        Tone::Good,
        0,
        both!("{shown}: contenuto estratto in {output}", "{shown}: content extracted to {output}"),
    );
    let layers: Vec<Text> = removed.iter().map(|layer| named(*layer)).collect();
    let list = |lang| layers.iter().map(|l| l.get(lang)).collect::<Vec<_>>().join(" > ");
    let (it, en) = (list(crate::lang::Lang::It), list(crate::lang::Lang::En));
    outcome.say(Tone::Plain, 1, both!("tolto: {it}", "removed: {en}"));
    outcome.say(
        Tone::Faint,
        1,
        Text::fixed(
            "le firme tolte non sono state verificate: lo fa «ceralacca verifica»",
            "the signatures removed were not verified: `ceralacca verify` does that",
        ),
    );
    let removed: Vec<Value> = removed
        .iter()
        .map(|layer| match layer {
            Removed::Signature { signers } => json!({ "kind": layer.kind(), "signers": signers }),
            Removed::Wrapping(_) => json!({ "kind": layer.kind() }),
        })
        .collect();
    outcome.data(json!({
        "output": destination.shown(),
        "size": size,
        "removed": removed,
        "verified": false,
    }))
}

fn named(layer: Removed) -> Text {
    match layer {
        Removed::Wrapping(_) => Text::same(layer.kind()),
        Removed::Signature { signers: 1 } => {
            Text::fixed("busta con 1 firma", "envelope with 1 signature")
        }
        Removed::Signature { signers } => {
            both!("busta con {signers} firme", "envelope with {signers} signatures")
        }
    }
}

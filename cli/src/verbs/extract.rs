//! `extract`: the innermost content, through every layer. Nothing is verified.

use std::io::{self, Write};
use std::path::Path;

use ceralacca::{Extracted, Placing, Removed};
use serde_json::{Value, json};

use crate::args::Extract;
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::lang::{Text, both};
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, is_dash, opened, unwrapped};
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
        .map(|input| {
            let name = match args.layers {
                None if !is_dash(input) => match ceralacca::sole_object_name(input) {
                    // The one file of a container goes by its own name.
                    Ok(Some(name)) => Some(input.with_file_name(name)),
                    // What is wrong is said when the file's turn comes.
                    Ok(None) | Err(_) => unwrapped(input),
                },
                None => unwrapped(input),
                Some(layers) => opened(input, layers),
            };
            (input.as_path(), wish.place(name, &[input]))
        })
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
            let layers = args.layers.map(usize::from);
            let extracted = extract(input, destination, layers, placing, settings)?;
            durable.done(destination.path())?;
            Ok(told(input, destination, &extracted))
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
    layers: Option<usize>,
    placing: Placing,
    settings: &Settings,
) -> Result<Extracted, Failure> {
    let source = Input::of(input)?;
    match destination {
        Destination::Stdout => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            let (length, removed) = ceralacca::extract_layers_to(source.path(), layers, &mut out)?;
            out.flush().map_err(|e| files::Error::from_io("writing", Path::new("-"), e))?;
            Ok(Extracted {
                output: "-".into(),
                length,
                removed,
                objects: Vec::new(),
                signed_inside: Vec::new(),
            })
        }
        Destination::Path(output) => {
            let bar = share::bar(source.path(), settings);
            let progress = |done| bar.set(done);
            let (path, progress) = (source.path(), Some(&progress as &ceralacca::Progress<'_>));
            Ok(ceralacca::extract_layers_file(path, output, layers, placing, progress)?)
        }
    }
}

fn told(input: &Path, destination: &Destination, extracted: &Extracted) -> Outcome {
    let Extracted { length: size, removed, objects, .. } = extracted;
    let mut outcome = Outcome::of(input);
    let (shown, output) = (clean::path(input), share::shown(destination));
    outcome.say(
        Tone::Good,
        0,
        match objects.len() {
            0 | 1 if matches!(destination, Destination::Stdout) => both!(
                "{shown}: contenuto scritto sull'uscita standard",
                "{shown}: content written to standard output"
            ),
            0 | 1 => both!(
                "{shown}: contenuto estratto in {output}",
                "{shown}: content extracted to {output}"
            ),
            count => both!(
                "{shown}: {count} file estratti nella cartella {output}",
                "{shown}: {count} files extracted into the folder {output}"
            ),
        },
    );
    let layers: Vec<Text> = removed.iter().map(|layer| named(*layer)).collect();
    let list = |lang| layers.iter().map(|l| l.get(lang)).collect::<Vec<_>>().join(" > ");
    let (it, en) = (list(crate::lang::Lang::It), list(crate::lang::Lang::En));
    outcome.say(Tone::Plain, 1, both!("tolto: {it}", "removed: {en}"));
    outcome.say(
        Tone::Faint,
        1,
        Text::fixed(
            "le firme e le marche tolte non sono state verificate: lo fa «ceralacca verifica»",
            "the signatures and time-stamps removed were not verified: `ceralacca verify` does that",
        ),
    );
    if !extracted.signed_inside.is_empty() {
        let names: Vec<&str> =
            extracted.signed_inside.iter().take(20).map(String::as_str).collect();
        let names = clean::line(&names.join(", ")).into_owned();
        let count = extracted.signed_inside.len();
        outcome = outcome.warning(Warning::new(
            "INNER_FILE_NOT_JUDGED",
            both!(
                "quanto estratto contiene {count} file a loro volta firmati, da estrarre o verificare da soli: {names}",
                "what was extracted holds {count} files that are themselves signed, to be extracted or verified by themselves: {names}"
            ),
        ));
    }
    let removed: Vec<Value> = removed
        .iter()
        .map(|layer| match layer {
            Removed::Signature { signers } => json!({ "kind": layer.kind(), "signers": signers }),
            Removed::TimeStampedData { stamps } => {
                json!({ "kind": layer.kind(), "timestamps": stamps })
            }
            Removed::Asic { signers } => json!({ "kind": layer.kind(), "signers": signers }),
            Removed::M7m => json!({ "kind": layer.kind(), "timestamps": 1 }),
            Removed::Wrapping(_) => json!({ "kind": layer.kind() }),
        })
        .collect();
    outcome.data(json!({
        "output": destination.shown(),
        "size": size,
        "removed": removed,
        "verified": false,
        "files": objects
            .iter()
            .map(|object| json!({ "name": object.name, "size": object.length }))
            .collect::<Vec<_>>(),
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
        Removed::TimeStampedData { stamps: 1 } => {
            Text::fixed("busta TSD con 1 marca temporale", "TSD envelope with 1 time-stamp")
        }
        Removed::TimeStampedData { stamps } => both!(
            "busta TSD con {stamps} marche temporali",
            "TSD envelope with {stamps} time-stamps"
        ),
        Removed::Asic { signers: 1 } => {
            Text::fixed("contenitore ASiC con 1 firma", "ASiC container with 1 signature")
        }
        Removed::Asic { signers } => both!(
            "contenitore ASiC con {signers} firme",
            "ASiC container with {signers} signatures"
        ),
        Removed::M7m => {
            Text::fixed("messaggio M7M con 1 marca temporale", "M7M message with 1 time-stamp")
        }
    }
}

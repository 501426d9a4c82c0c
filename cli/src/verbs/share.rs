//! What several verbs do in the same way.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ceralacca::Placing;
use files::{Overwrite, platform};
use serde_json::json;

use crate::args::Durability;
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::lang::both;
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, is_dash};
use crate::progress::Progress;
use crate::settings::Settings;

/// How the outputs of this run are put in place.
pub(crate) fn placing(settings: &Settings, overwrite: Overwrite) -> Placing {
    let durability = match settings.durability.value {
        Durability::File => files::Durability::File,
        Durability::Batch => files::Durability::Batch,
    };
    Placing { overwrite, durability }
}

/// A progress bar for an input; silent where several files are worked on at once, whose bars would
/// write over each other.
pub(crate) fn bar(input: &Path, settings: &Settings) -> Progress {
    let total = std::fs::metadata(input).map(|meta| meta.len()).unwrap_or(0);
    let quiet = settings.quiet.value || settings.jobs.value > 1;
    Progress::bytes(&clean::path(input), total, quiet)
}

/// The input itself for `--in-place`, else what `place` says.
///
/// # Errors
/// Exit 2: there is no file to write over; what `place` answers.
pub(crate) fn in_place_or(
    input: &Path,
    in_place: bool,
    place: impl FnOnce() -> Result<Destination, Failure>,
) -> Result<Destination, Failure> {
    if !in_place {
        return place();
    }
    if is_dash(input) {
        return Err(Failure::usage(both!(
            "--in-place ha bisogno di un file, non dell'ingresso standard",
            "--in-place needs a file, not standard input"
        )));
    }
    Ok(Destination::Path(input.to_owned()))
}

/// A destination as people read it.
pub(crate) fn shown(destination: &Destination) -> String {
    match destination.path() {
        Some(path) => clean::path(path),
        None => "-".to_owned(),
    }
}

/// Whether nothing more should be tried: a key that fails once may lock itself if asked again.
pub(crate) fn stops(outcome: &Outcome) -> bool {
    outcome.errors.iter().any(|error| error.exit == Exit::Key && error.code != "ALREADY_SIGNED")
}

/// An authority that did not serve, while another one did.
pub(crate) fn failed_authority(why: &str) -> Warning {
    let why = clean::line(why).into_owned();
    Warning::new(
        "TSA_FAILED",
        both!(
            "un'autorità di marcatura non è servita, è stata usata la successiva: {why}",
            "a time-stamp authority did not serve, the next one was used: {why}"
        ),
    )
}

/// The outcome of `--dry-run`.
pub(crate) fn would_write(input: &Path, destinations: &[&Destination]) -> Outcome {
    let mut outcome = Outcome::of(input);
    let source = clean::path(input);
    for destination in destinations {
        let output = shown(destination);
        outcome.say(
            Tone::Plain,
            0,
            both!("{source}: scriverei {output}", "{source}: would write {output}"),
        );
    }
    let outputs: Vec<String> = destinations.iter().map(|d| d.shown()).collect();
    outcome.data(json!({ "dry_run": true, "output": outputs.first(), "outputs": outputs }))
}

/// The outcome of `--dry-run`, or why the file would be refused.
pub(crate) fn dry(input: &Path, output: &Result<Destination, Failure>) -> Outcome {
    match output {
        Err(failure) => Outcome::of(input).failure(failure.clone()),
        Ok(destination) => would_write(input, &[destination]),
    }
}

/// Beside what a dry run may unwrap an input for a moment; none for standard input, which is left
/// for the run that does the work.
pub(crate) fn dry_output<'a>(input: &'a Path, destination: &'a Destination) -> Option<&'a Path> {
    (!is_dash(input)).then(|| destination.path().unwrap_or(input))
}

/// Brings outputs to disk in groups, for `--durability batch`.
pub(crate) struct Durable {
    batch: bool,
    waiting: Mutex<Vec<PathBuf>>,
}

impl Durable {
    /// Nothing waits yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        let batch = settings.durability.value == Durability::Batch;
        Self { batch, waiting: Mutex::default() }
    }

    /// An output is in its place; a full group is brought to disk.
    ///
    /// # Errors
    /// What the system answered.
    pub(crate) fn done(&self, output: Option<&Path>) -> Result<(), Failure> {
        let Some(output) = output.filter(|_| self.batch) else { return Ok(()) };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(output.to_owned());
        if waiting.len() < files::Batch::LIMIT {
            return Ok(());
        }
        sync(std::mem::take(&mut *waiting))
    }

    /// The last group.
    ///
    /// # Errors
    /// As [`Durable::done`].
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        sync(std::mem::take(&mut *waiting))
    }
}

fn sync(outputs: Vec<PathBuf>) -> Result<(), Failure> {
    let mut folders = std::collections::BTreeSet::new();
    for output in outputs {
        OpenOptions::new()
            .write(true)
            .open(&output)
            .and_then(|file| file.sync_all())
            .map_err(|e| files::Error::from_io("bringing to disk", &output, e))?;
        let folder = output.parent().filter(|p| !p.as_os_str().is_empty());
        folders.insert(folder.unwrap_or(Path::new(".")).to_owned());
    }
    for folder in folders {
        platform::sync_folder(&folder)
            .map_err(|e| files::Error::from_io("bringing to disk", &folder, e))?;
    }
    Ok(())
}

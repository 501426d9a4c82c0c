//! `demo`: the whole main job on one file, as a service would do it, with test certificates.
//!
//! Two people sign, an authority stamps, anyone verifies, the clerk makes the deposit package, the
//! archive package gets its signed and stamped index; then one byte is changed in copies, and
//! everything that must notice says so. The folder that is left holds all outputs and all that is
//! needed to verify them without the servers, which end with the demo.
//!
//! ```text
//! NAME.p7m NAME-cosigned.p7m NAME.p7s NAME.tsr    signatures (CAdES-T) and time-stamp
//! metadati.toml  PdV/  PdV.zip  PdA/              metadata sheet, deposit and archive package
//! alterati/                                       copies with one byte changed
//! comandi.sh  prove/                              the commands shown; what they write
//! trust/ revocation/ signers/ chain/ tsa/ …       the test PKI, as `lab init` writes it
//! ```
//!
//! FILE itself is only read. It may have any size: five copies of it are written (two signatures,
//! three packages), and above [`LARGE`] the altered copies are removed once they were looked at.

mod acts;
mod alter;
mod script;
mod stage;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ceralacca::preservation::metadata;
use serde_json::{Value, json};

use crate::args::Demo;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Text, both};
use crate::media;
use crate::outcome::{Outcome, Tone};
use crate::paths;

use super::Run;
use acts::Alteration;
use script::{Argv, Script, shell};
use stage::Stage;

/// The recording used without FILE: four seconds of a test card (`test-vectors/media`).
const RECORDING: &[u8] = include_bytes!("../../../../test-vectors/media/seduta-consiglio.mp4");
/// Its name.
const RECORDING_NAME: &str = "seduta-consiglio.mp4";

/// What `cosign` puts behind the name by default.
const COSIGNED: &str = "-cosigned.p7m";

/// Above this size altered copies are removed once they were looked at: 64 MiB are written in a
/// second or two and are no matter on any disk, a sitting of hours is.
const LARGE: u64 = 64 << 20;

/// Plays the demo.
///
/// # Errors
/// FILE cannot serve, the folder is in the way, the disk refuses. That something was not noticed
/// that must be is an outcome, exit 1.
pub(crate) fn run(args: &Demo, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let folder = match &args.output {
        Some(dir) if paths::is_dash(dir) => {
            return Err(Failure::usage(Text::fixed(
                "la dimostrazione scrive una cartella, non l'uscita standard",
                "the demo writes a folder, not standard output",
            )));
        }
        Some(dir) => dir.clone(),
        None => paths::numbered(Path::new("ceralacca-demo")),
    };
    if let Some(file) = &args.file {
        refuse_unfit(file)?;
    }
    if run.dry_run {
        let shown = clean::path(&folder);
        let mut outcome = outcome_of(args);
        outcome.say(
            Tone::Plain,
            0,
            both!(
                "farei tutta la dimostrazione nella cartella {shown}",
                "would play the whole demo in the folder {shown}"
            ),
        );
        run.emit(&outcome.data(json!({ "dry_run": true, "output": folder.to_string_lossy() })));
        return Ok(run.exit());
    }
    let mut play = Play::begin(args, &folder, run)?;
    play.perform()?;
    let outcome = play.end(outcome_of(args))?;
    run.emit(&outcome);
    Ok(run.exit())
}

fn outcome_of(args: &Demo) -> Outcome {
    args.file.as_deref().map_or_else(Outcome::without_input, Outcome::of)
}

/// Refuses what the demo cannot take through its whole life, before anything is made.
fn refuse_unfit(file: &Path) -> Result<(), Failure> {
    if paths::is_dash(file) {
        return Err(Failure::usage(Text::fixed(
            "la dimostrazione legge il file più volte: dall'ingresso standard non si può",
            "the demo reads the file several times: standard input cannot serve",
        )));
    }
    let mut source = files::SourceFile::open(file, files::FollowLinks::Follow)?;
    let shown = clean::path(file);
    if source.is_empty() {
        return Err(Failure::new(
            "EMPTY",
            Exit::Io,
            both!(
                "{shown} è vuoto: non c'è un byte da cambiare",
                "{shown} is empty: it has no byte to change"
            ),
        )
        .hint(Text::fixed("indicare un altro file", "give another file")));
    }
    let kind = ceralacca::FileKind::of(&mut source)
        .map_err(|e| files::Error::from_io("reading", file, e))?;
    if kind == ceralacca::FileKind::SignedData {
        return Err(Failure::new(
            "ALREADY_SIGNED",
            Exit::Unsupported,
            both!("{shown} è già firmato", "{shown} is signed already"),
        )
        .hint(Text::fixed(
            "indicare il documento originale, prima della firma",
            "give the original document, as it was before it was signed",
        )));
    }
    refuse_name(file)?;
    media::refuse_incomplete(file).map_err(|failure| match failure.code {
        // There is no override here: nobody needs a demo on a broken recording.
        "MEDIA_INCOMPLETE" => failure.hint(Text::fixed(
            "copiare di nuovo il file dall'originale, o indicarne un altro",
            "copy the file from its original again, or give another one",
        )),
        _ => failure,
    })
}

/// Refuses a name that cannot stand in a package everywhere, now rather than after a long signature.
fn refuse_name(file: &Path) -> Result<(), Failure> {
    let name = file.file_name().and_then(OsStr::to_str);
    let fits = name.is_some_and(|name| {
        let name = toml::Value::String(format!("{name}{COSIGNED}"));
        // The rule is the packages' own: a sheet that is in order but for this name.
        metadata::parse(&format!("{}\n[[file]]\nnome = {name}\n", metadata::EXAMPLE)).is_ok()
    });
    if fits {
        return Ok(());
    }
    let shown = clean::path(file);
    Err(Failure::new(
        "NAME_NOT_ALLOWED",
        Exit::Io,
        both!(
            "{shown} ha un nome che non può stare in un pacchetto su ogni sistema",
            "{shown} has a name that cannot stand in a package on every system"
        ),
    )
    .hint(Text::fixed(
        "rinominare il file: niente virgolette, barre, due punti, asterischi e simili",
        "rename the file: no quotation marks, bars, colons, asterisks and the like",
    )))
}

/// A demo being played.
struct Play<'r, 'a> {
    run: &'r mut Run<'a>,
    stage: Stage,
    script: Script,
    /// The file, absolute.
    file: PathBuf,
    /// Its name, and its size.
    name: String,
    size: u64,
    steps: Vec<Value>,
    commands: Vec<Argv>,
    alterations: Vec<Alteration>,
    /// What did not come out as it must.
    wrong: Vec<Failure>,
}

impl<'r, 'a> Play<'r, 'a> {
    fn begin(args: &Demo, folder: &Path, run: &'r mut Run<'a>) -> Result<Self, Failure> {
        let absolute = |path: &Path| {
            std::path::absolute(path)
                .map_err(|e| Failure::io("leggere il percorso", "read the path", path, &e))
        };
        let dir = absolute(folder)?;
        let given = args.file.as_deref().map(absolute).transpose()?;
        let shown = clean::path(folder);
        run.printer.now(
            Tone::Strong,
            0,
            &both!("Dimostrazione nella cartella {shown}", "Demo in the folder {shown}"),
        );
        run.printer.now(
            Tone::Doubt,
            0,
            &Text::fixed(
                "Persone, certificati e marche sono di prova: niente di questo ha valore legale.",
                "People, certificates and time-stamps are for tests: nothing of this is valid in law.",
            ),
        );
        let stage = Stage::set(dir, run.now, super::lab::seed()?)?;
        let file = match given {
            Some(file) => file,
            None => {
                let file = stage.at(RECORDING_NAME);
                stage::write(&file, RECORDING, ceralacca::Overwrite::Never)?;
                file
            }
        };
        for folder in ["alterati", "prove"] {
            let path = stage.at(folder);
            std::fs::create_dir(&path).map_err(|e| Failure::io("creare", "make", &path, &e))?;
        }
        let size =
            std::fs::metadata(&file).map_err(|e| files::Error::from_io("reading", &file, e))?.len();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let script = Script::new(&stage.dir);
        Ok(Self {
            run,
            stage,
            script,
            file,
            name,
            size,
            steps: Vec::new(),
            commands: Vec::new(),
            alterations: Vec::new(),
            wrong: Vec::new(),
        })
    }

    /// Says a step that was done, and the commands a person types for the same.
    fn step(
        &mut self,
        name: &'static str,
        verdict: Option<&str>,
        outputs: &[&Path],
        text: &Text,
        commands: Vec<Argv>,
    ) {
        let lang = self.run.lang();
        let number = self.steps.len() + 1;
        let (it, en) = (text.get(crate::args::Lang::It), text.get(crate::args::Lang::En));
        self.run.printer.now(Tone::Good, 0, &both!("{number}. {it}", "{number}. {en}"));
        for command in &commands {
            self.run.printer.now(Tone::Plain, 2, &Text::same(shell(command)));
        }
        let outputs: Vec<_> = outputs.iter().map(|p| p.to_string_lossy().into_owned()).collect();
        self.steps.push(json!({
            "step": name,
            "message": text.get(lang),
            "verdict": verdict,
            "outputs": outputs,
            "commands": commands,
        }));
        self.commands.extend(commands);
    }

    /// Holds an expectation; what fails it is said and decides the exit code.
    fn expect(&mut self, met: bool, what: Text) {
        if !met {
            self.run.printer.now(Tone::Bad, 1, &what);
            self.wrong.push(Failure::new("DEMO", Exit::Failed, what));
        }
    }

    /// Stops where the person wants to.
    fn pause(&self) -> Result<(), Failure> {
        if self.run.interrupt.requested() { Err(Failure::interrupted()) } else { Ok(()) }
    }

    /// Leaves the commands as a file, and gives the outcome.
    fn end(self, mut outcome: Outcome) -> Result<Outcome, Failure> {
        let path = self.stage.at("comandi.sh");
        let lines: String = self.commands.iter().map(|c| format!("{}\n", shell(c))).collect();
        let text = format!(
            "#!/bin/sh\n# I comandi della dimostrazione: valgono anche senza rete e si possono ripetere.\n\
             # The commands of the demo: they need no network and may be repeated.\nset -e\n{lines}"
        );
        stage::write(&path, text.as_bytes(), ceralacca::Overwrite::Never)?;
        let noticed = self.alterations.iter().filter(|a| a.noticed).count();
        let total = self.alterations.len();
        if self.wrong.is_empty() {
            self.run.printer.now(
                Tone::Good,
                0,
                &both!(
                    "Tutto come deve: le firme e i pacchetti sono validi, e {noticed} alterazioni su {total} sono state scoperte.",
                    "All as it must be: signatures and packages are valid, and {noticed} of {total} alterations were noticed."
                ),
            );
        }
        self.run.printer.now(
            Tone::Faint,
            0,
            &Text::fixed(
                "I comandi mostrati funzionano ora e senza rete; sono anche in comandi.sh.",
                "The commands shown work now and without network; they are in comandi.sh too.",
            ),
        );
        for failure in self.wrong {
            outcome = outcome.failure(failure);
        }
        let alterations: Vec<Value> = self.alterations.iter().map(Alteration::json).collect();
        Ok(outcome.data(json!({
            "output": self.stage.dir.to_string_lossy(),
            "file": self.file.to_string_lossy(),
            "steps": self.steps,
            "commands": self.commands,
            "alterations": alterations,
        })))
    }
}

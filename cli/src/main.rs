//! `ceralacca`: digital signatures, time-stamps and preservation packages from the command line.
//!
//! The way of a run: `args` (what was typed) → `settings` (what it means, with the environment and
//! the configuration file) → `verbs` (which call the `ceralacca` library) → `printer`. Clock,
//! environment, terminal and signals are read in this crate and in no other.

mod args;
mod clean;
mod envelope;
mod exit;
mod failure;
mod instant;
mod judging;
mod keys;
mod lang;
mod media;
mod network;
mod outcome;
mod paths;
mod printer;
mod progress;
mod raising;
mod secrets;
mod settings;
mod signals;
mod signing;
mod spool;
mod translate;
mod usage;
mod verbs;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches};

use crate::args::{Cli, Verb, tree};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Lang, Text};
use crate::outcome::Outcome;
use crate::printer::{Form, Manner, Printer};
use crate::secrets::{Secrets, Terminal};
use crate::settings::{Layer, Naming, Settings, World};
use crate::signals::Interrupt;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    ExitCode::from(run(&args).code())
}

fn run(args: &[OsString]) -> Exit {
    let matches = match tree::bare().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => return usage::answer(&error, args, early_lang(args)),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage::answer(&error, args, early_lang(args)),
    };
    let world = World::process();
    let naming =
        Naming { file: cli.common.config.clone(), profile: tree::config_profile(&matches) };
    let mut flags = Layer::from_common(&cli.common);
    add_own(&cli.verb, &mut flags);
    // A reserved verb takes whatever follows, these flags too.
    flags.lang = flags.lang.or_else(|| lang::from_arguments(args));
    let settings = Settings::resolve(flags, &naming, &world);
    // Without settings the language is what it would be without a configuration file.
    let lang = settings.as_ref().map_or_else(|_| early_lang(args), |s| s.lang.value);
    let manner = manner(&cli, usage::form(args), settings.as_ref().ok(), lang);
    let mut printer = Printer::new(cli.verb.name(), manner);
    let refusal = match &settings {
        Err(failure) => Some(failure.clone()),
        Ok(_) => refuse(&cli, manner),
    };
    if let Some(failure) = refusal {
        return refused(&mut printer, &cli.verb, failure);
    }
    let Ok(settings) = settings else { return Exit::Usage };
    let mut run = verbs::Run {
        settings: &settings,
        dry_run: cli.common.dry_run,
        matches: leaf(&matches),
        now: chrono::Utc::now(),
        secrets: Secrets::new(settings.no_input.value, lang, Box::new(Terminal)),
        interrupt: Interrupt::watch(),
        printer,
        exits: Vec::new(),
    };
    let inputs = if manner.form == Form::JsonLines && cli.verb.inputs().len() > 1 {
        cli.verb.inputs().iter().map(|i| Some(i.to_string_lossy().into_owned())).collect()
    } else {
        vec![only_input(&cli.verb)]
    };
    match verbs::run(cli.verb, &mut run) {
        Ok(exit) => exit,
        Err(failure) => {
            let outcome = Outcome::from(failure);
            // One object for each input, also where none could be begun.
            for input in inputs {
                run.printer.emit(&Outcome { input, ..outcome.clone() });
            }
            outcome.exit
        }
    }
}

/// The language before the settings are known.
fn early_lang(args: &[OsString]) -> Lang {
    let variable = |name: &str| std::env::var(name).ok();
    lang::from_arguments(args)
        .or_else(|| variable("CERALACCA_LANG").as_deref().and_then(lang::parse))
        .unwrap_or_else(|| lang::from_locale(variable))
}

/// Lays the flags that only some verbs have into the layer of flags.
fn add_own(verb: &Verb, flags: &mut Layer) {
    let own = match verb {
        Verb::Sign(a) => keys::layer(&a.keys),
        Verb::Cosign(a) => keys::layer(&a.keys),
        Verb::Countersign(a) => keys::layer(&a.keys),
        Verb::Package(args::Package::Aip(a)) => keys::layer(&a.keys),
        _ => Layer::default(),
    };
    (flags.key, flags.cert, flags.chain) = (own.key, own.cert, own.chain);
    let tsa = match verb {
        Verb::Sign(a) => Some(&a.tsa),
        Verb::Cosign(a) => Some(&a.tsa),
        Verb::Countersign(a) => Some(&a.tsa),
        Verb::Extend(a) => Some(&a.tsa),
        Verb::Timestamp(a) => Some(&a.tsa),
        Verb::Package(args::Package::Aip(a)) => Some(&a.tsa),
        _ => None,
    };
    if let Some(tsa) = tsa {
        flags.tsa = settings::some(&tsa.tsa);
        flags.tsa_user.clone_from(&tsa.tsa_user);
        flags.tsa_password_file.clone_from(&tsa.tsa_password_file);
    }
    let trust = match verb {
        Verb::Sign(a) => Some(&a.evidence.trust),
        Verb::Countersign(a) => Some(&a.evidence.trust),
        Verb::Extend(a) => Some(&a.evidence.trust),
        Verb::Cosign(a) => Some(&a.trust.trust),
        Verb::Verify(a) => Some(&a.trust.trust),
        Verb::Cert(args::Cert::Verify(a)) => Some(&a.trust.trust),
        Verb::Package(args::Package::Verify(a)) => Some(&a.trust.trust),
        _ => None,
    };
    flags.trust = trust.and_then(|trust| settings::some(trust));
    if let Verb::Verify(a) = verb {
        flags.policy.clone_from(&a.policy);
    }
}

fn manner(cli: &Cli, form: Form, settings: Option<&Settings>, lang: Lang) -> Manner {
    let (common, verb) = (&cli.common, &cli.verb);
    let named = verb.output().is_some_and(|o| paths::is_dash(o));
    // What came from stdin and is not told where to go, goes to stdout.
    let piped = verb.output().is_none()
        && matches!(
            verb,
            Verb::Sign(_)
                | Verb::Extract(_)
                | Verb::Cosign(_)
                | Verb::Countersign(_)
                | Verb::Extend(_)
        )
        && verb.inputs().iter().any(|i| paths::is_dash(i));
    Manner {
        form,
        lang,
        quiet: settings.map_or(common.quiet, |s| s.quiet.value),
        no_color: settings.map_or(common.no_color, |s| s.no_color.value),
        payload_on_stdout: named || piped,
    }
}

/// Combinations that no verb takes.
fn refuse(cli: &Cli, manner: Manner) -> Option<Failure> {
    if manner.form == Form::Json && cli.verb.inputs().len() > 1 {
        let failure = Failure::usage(Text::fixed(
            "--json scrive un solo oggetto, ma i file sono più di uno",
            "--json prints one object, but there are several inputs",
        ));
        return Some(failure.hint(Text::fixed("usare --jsonl", "use --jsonl")));
    }
    if manner.form != Form::Text && manner.payload_on_stdout {
        let failure = Failure::usage(Text::fixed(
            "il contenuto e il JSON non possono uscire entrambi dall'uscita standard",
            "content and JSON cannot both go to standard output",
        ));
        return Some(failure.hint(Text::fixed("indicare un file con -o", "give a file with -o")));
    }
    if cli.verb.inputs().iter().filter(|i| paths::is_dash(i)).count() > 1 {
        return Some(Failure::usage(Text::fixed(
            "l'ingresso standard (-) si può leggere una volta sola",
            "standard input (-) can be read once only",
        )));
    }
    if cli.common.jobs == Some(0) {
        return Some(Failure::usage(Text::fixed(
            "--jobs 0: serve almeno un lavoro",
            "--jobs 0: at least one job is needed",
        )));
    }
    None
}

fn refused(printer: &mut Printer, verb: &Verb, failure: Failure) -> Exit {
    let outcome = Outcome { input: only_input(verb), ..Outcome::from(failure) };
    printer.emit(&outcome);
    outcome.exit
}

/// The input a failure that concerns the whole run is shown with.
fn only_input(verb: &Verb) -> Option<String> {
    match verb.inputs() {
        [one] => Some(one.to_string_lossy().into_owned()),
        _ => None,
    }
}

/// The matches of the verb itself.
fn leaf(matches: &ArgMatches) -> &ArgMatches {
    let mut leaf = matches;
    while let Some((_, inner)) = leaf.subcommand() {
        leaf = inner;
    }
    leaf
}

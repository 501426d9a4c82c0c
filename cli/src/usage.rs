//! Wrong commands, help and version: what the parser answers instead of arguments.
//!
//! clap speaks English only; here its findings become sentences in both languages, and the envelope
//! when JSON was asked for.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::tree;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Lang, Text, both};
use crate::outcome::Outcome;
use crate::printer::{Form, Manner, Printer};

/// Answers for the parser and gives the exit code.
pub(crate) fn answer(error: &clap::Error, args: &[OsString], lang: Lang) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // The bare tree was parsed; what is shown comes from the dressed one.
            match tree::shown(lang).try_get_matches_from(args) {
                Err(shown) => print(&shown),
                Ok(_) => print(error),
            }
            Exit::Done
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if form(args) == Form::Text => {
            match tree::shown(lang).try_get_matches_from(args) {
                Err(shown) => print(&shown),
                Ok(_) => print(error),
            }
            Exit::Usage
        }
        _ => {
            let (path, failure) = (verb(args), failure(error, &verb(args)));
            let manner = Manner {
                form: form(args),
                lang,
                quiet: false,
                no_color: args.iter().any(|a| a == "--no-color"),
                payload_on_stdout: false,
            };
            let command = if path.is_empty() { "ceralacca" } else { &path };
            Printer::new(command, manner).emit(&Outcome::from(failure));
            Exit::Usage
        }
    }
}

/// Prints what clap made: help and version on stdout, help on a missing verb on stderr.
fn print(error: &clap::Error) {
    // A reader that went away is no error.
    let _ = error.print();
}

/// Text or JSON, as far as a command that could not be parsed says.
pub(crate) fn form(args: &[OsString]) -> Form {
    let before_dashes = || args.iter().take_while(|a| *a != "--");
    if before_dashes().any(|a| a == "--jsonl") {
        Form::JsonLines
    } else if before_dashes().any(|a| a == "--json") {
        Form::Json
    } else {
        Form::Text
    }
}

/// The English path of the verb that was meant; empty if there is none.
fn verb(args: &[OsString]) -> String {
    let root = tree::bare();
    let mut command = &root;
    let mut path: Vec<&str> = Vec::new();
    for arg in args.iter().skip(1) {
        let Some(name) = arg.to_str() else { break };
        if name == "--" {
            break;
        }
        if let Some(next) = command.find_subcommand(name) {
            command = next;
            path.push(next.get_name());
        } else if !path.is_empty() && !command.has_subcommands() {
            break;
        }
    }
    path.join(" ")
}

/// The parser's finding as a failure.
fn failure(error: &clap::Error, verb: &str) -> Failure {
    let context = |kind| error.get(kind).map(said).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let message = match error.kind() {
        ErrorKind::UnknownArgument => both!(
            "l'argomento «{argument}» non esiste per questo comando",
            "the argument `{argument}` does not exist for this verb"
        ),
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand);
            both!("il comando «{name}» non esiste", "there is no verb `{name}`")
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Text::fixed("manca il comando", "no verb was given")
        }
        ErrorKind::MissingRequiredArgument => {
            both!("manca {argument}", "{argument} is missing")
        }
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg);
            if other.is_empty() || other == argument {
                both!(
                    "{argument} può essere dato una volta sola",
                    "{argument} can be given once only"
                )
            } else {
                both!(
                    "{argument} e {other} non possono stare insieme",
                    "{argument} and {other} cannot be given together"
                )
            }
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            both!("{argument} richiede un valore", "{argument} needs a value")
        }
        ErrorKind::InvalidValue => {
            let valid = context(ContextKind::ValidValue);
            if valid.is_empty() {
                both!(
                    "«{value}» non è un valore per {argument}",
                    "`{value}` is no value for {argument}"
                )
            } else {
                both!(
                    "«{value}» non è un valore per {argument}: può essere {valid}",
                    "`{value}` is no value for {argument}: it can be {valid}"
                )
            }
        }
        ErrorKind::ValueValidation => both!(
            "«{value}» non è un valore per {argument}",
            "`{value}` is no value for {argument}"
        ),
        ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::NoEquals => both!(
            "{argument} non ha il numero giusto di valori",
            "{argument} has the wrong number of values"
        ),
        ErrorKind::InvalidUtf8 => Text::fixed(
            "un argomento contiene caratteri che non si possono leggere",
            "an argument holds characters that cannot be read",
        ),
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            let first = clean::line(first).into_owned();
            both!("comando sbagliato: {first}", "wrong command: {first}")
        }
    };
    Failure::usage(message).hint(hint(error, &argument, verb))
}

fn hint(error: &clap::Error, argument: &str, verb: &str) -> Text {
    let secret = ["--pin", "--pass", "--pwd", "-p"].iter().any(|s| argument.starts_with(s));
    if error.kind() == ErrorKind::UnknownArgument && secret {
        return Text::fixed(
            "una password non si scrive mai nel comando: viene chiesta, o letta con --password-file o --password-fd",
            "a password is never given on the command line: it is asked for, or read with --password-file or --password-fd",
        );
    }
    let near =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
            .into_iter()
            .find_map(|kind| error.get(kind))
            .map(said)
            .filter(|s| !s.is_empty());
    let help = format!("ceralacca {verb} --help").replace("  ", " ");
    match near {
        Some(near) => {
            both!("forse {near}; «{help}» spiega tutto", "perhaps {near}; `{help}` tells all")
        }
        None => both!("«{help}» spiega il comando", "`{help}` explains the verb"),
    }
}

/// A context value as words.
fn said(value: &ContextValue) -> String {
    let text = match value {
        ContextValue::String(s) => s.clone(),
        ContextValue::Strings(list) => list.join(", "),
        ContextValue::StyledStr(s) => s.to_string(),
        ContextValue::StyledStrs(list) => {
            list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        ContextValue::Number(n) => n.to_string(),
        ContextValue::Bool(b) => b.to_string(),
        _ => String::new(),
    };
    clean::line(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn of(line: &str) -> Failure {
        let args = args(line);
        let error = tree::bare().try_get_matches_from(&args).expect_err(line);
        failure(&error, &verb(&args))
    }

    #[test]
    fn wrong_commands_are_explained_in_both_languages() {
        for (line, word) in [
            ("ceralacca frima f", "frima"),
            ("ceralacca sign", "FILE"),
            ("ceralacca sign f --frobnicate", "--frobnicate"),
            ("ceralacca sign f --level z", "z"),
            ("ceralacca sign f --key", "--key"),
            ("ceralacca verify f --json --jsonl", "--jsonl"),
            ("ceralacca sign f --jobs many", "many"),
            ("ceralacca cert", ""),
            ("ceralacca attach f", "--content"),
            ("ceralacca sign f --detached --detached", "--detached"),
        ] {
            let failure = of(line);
            assert_eq!(failure.exit, Exit::Usage, "{line}");
            for lang in [Lang::It, Lang::En] {
                assert!(failure.say(lang).contains(word), "{line}: {}", failure.say(lang));
            }
            assert_ne!(failure.say(Lang::It), failure.say(Lang::En), "{line}");
            assert!(failure.hint.is_some());
        }
    }

    #[test]
    fn a_password_on_the_command_line_is_refused_and_not_repeated() {
        for line in [
            "ceralacca sign f --password=hunter2",
            "ceralacca sign f --pin hunter2",
            "ceralacca sign f -phunter2",
        ] {
            let failure = of(line);
            let hint = failure.hint.expect("hint");
            assert!(hint.get(Lang::En).contains("--password-file"), "{line}");
            for text in [failure.message.get(Lang::En), hint.get(Lang::It)] {
                assert!(!text.contains("hunter2"), "{line}: {text}");
            }
        }
    }

    #[test]
    fn the_verb_is_found_for_the_envelope() {
        assert_eq!(verb(&args("ceralacca --json verifica")), "verify");
        assert_eq!(verb(&args("ceralacca pacchetto versamento --bogus")), "package sip");
        assert_eq!(verb(&args("ceralacca bogus")), "");
        assert_eq!(verb(&args("ceralacca sign verify")), "sign");
    }
}

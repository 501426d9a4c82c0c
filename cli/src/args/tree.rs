//! The clap tree: as parsed, and as shown in a person's language.
//!
//! Parsing uses the bare tree, so that a run that asks for no help pays for none.

use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory};

use super::{Cli, Lang, italian};

/// Verbs that later releases bring, by English path; a run of them says so and exits 5.
pub(crate) const LATER: &[&str] = &[
    "prepare",
    "complete",
    "trust",
    "trust update",
    "trust import",
    "trust export",
    "trust list",
    "token",
    "token list",
    "token doctor",
    "package dip",
    "package receipt",
    "package receipt create",
    "package receipt check",
    "publish",
    "evidence",
    "archive",
    "pec",
];

/// The tree that is parsed.
pub(crate) fn bare() -> Command {
    with_profile(Cli::command())
}

/// Gives every verb without a --profile of its own the one that names a configuration profile.
fn with_profile(root: Command) -> Command {
    fn walk(command: Command, profile: &Arg) -> Command {
        let command = command.mut_subcommands(|c| walk(c, profile));
        if !command.get_arguments().any(|a| a.get_id() == "profile") {
            return command.arg(profile.clone());
        }
        command
    }
    let profile = root.get_arguments().find(|a| a.get_id() == "profile").cloned();
    match profile {
        Some(profile) => walk(root, &profile),
        None => root,
    }
}

/// The configuration profile that was named, wherever it stood; the one nearest the verb wins.
pub(crate) fn config_profile(matches: &ArgMatches) -> Option<String> {
    let mut found = None;
    let mut level = Some(matches);
    while let Some(matches) = level {
        // A kind of package has another type and is not taken.
        if let Ok(Some(name)) = matches.try_get_one::<String>("profile") {
            found = Some(name.clone());
        }
        level = matches.subcommand().map(|(_, inner)| inner);
    }
    found
}

/// The tree that is shown: help, manual pages, completions.
pub(crate) fn shown(lang: Lang) -> Command {
    let mut root = dress(bare(), "", lang);
    let after = match lang {
        Lang::En => {
            "Exit status: 0 all done (verify: every signature passed) · 1 something failed its judgement · 2 usage · \
             3 indeterminate · 4 input or output · 5 not recognised, unsupported or over a limit · 6 network or \
             time-stamp authority · 7 key, token or PIN · 8 part of a batch not processed · 9 nothing to judge"
        }
        Lang::It => {
            "Codice di uscita: 0 tutto fatto (verifica: ogni firma è valida) · 1 qualcosa non ha superato la verifica · \
             2 comando sbagliato · 3 esito indeterminato · 4 lettura o scrittura · 5 non riconosciuto, non gestito o oltre \
             un limite · 6 rete o autorità di marcatura · 7 chiave, carta o PIN · 8 parte dei file non elaborata · \
             9 niente da verificare"
        }
    };
    root = root.after_help(after);
    root
}

/// Puts one command and all below it into the language, and marks what comes later.
fn dress(mut command: Command, path: &str, lang: Lang) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names {
        let below = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(name, |c| dress(c, &below, lang));
    }
    let ids: Vec<String> = command.get_arguments().map(|a| a.get_id().to_string()).collect();
    for id in ids {
        command = command.mut_arg(id, |arg| dress_arg(arg, path, lang));
    }
    let mut about = match lang {
        Lang::En => command.get_about().map(ToString::to_string).unwrap_or_default(),
        Lang::It => italian::of(path, "").unwrap_or_default().to_owned(),
    };
    if LATER.contains(&path) {
        about.push_str(match lang {
            Lang::En => " [comes with a later release]",
            Lang::It => " [arriverà con una versione successiva]",
        });
    }
    let help = match lang {
        Lang::En => "Print help",
        Lang::It => "Mostra questo aiuto",
    };
    command = command.about(about).long_about(None::<&str>).disable_help_flag(true).arg(dress_arg(
        Arg::new("help").short('h').long("help").action(ArgAction::Help).help(help),
        path,
        Lang::En,
    ));
    if path.is_empty() {
        let version = match lang {
            Lang::En => "Print version",
            Lang::It => "Mostra la versione",
        };
        command = command.disable_version_flag(true).arg(
            Arg::new("version").short('V').long("version").action(ArgAction::Version).help(version),
        );
    }
    if lang == Lang::It {
        command = italian_frame(command, path);
    }
    command
}

/// The Italian help of one argument; value lists and defaults stand in the text itself.
fn dress_arg(mut arg: Arg, path: &str, lang: Lang) -> Arg {
    if arg.get_action().takes_values() {
        arg = arg.hide_possible_values(true).hide_default_value(true);
    }
    if lang == Lang::It {
        let name = arg_name(&arg);
        if let Some(text) = italian::of(path, &name) {
            let short = text.split_once("\n\n").map_or(text, |(short, _)| short);
            arg = arg.help(short).long_help(if short == text { None } else { Some(text) });
        }
    }
    arg
}

/// How the Italian table names an argument: `--flag`, or the value name of a positional.
pub(crate) fn arg_name(arg: &Arg) -> String {
    match arg.get_long() {
        Some(long) => format!("--{long}"),
        None => arg
            .get_value_names()
            .and_then(|names| names.first())
            .map_or_else(|| arg.get_id().to_string(), ToString::to_string),
    }
}

/// Headings and usage line in Italian, which clap itself does not speak.
fn italian_frame(mut command: Command, path: &str) -> Command {
    let name = if path.is_empty() { "ceralacca".to_owned() } else { format!("ceralacca {path}") };
    let ids: Vec<String> = command.get_arguments().map(|a| a.get_id().to_string()).collect();
    for id in ids {
        command = command.mut_arg(id, |arg| {
            let heading = match (arg.get_help_heading(), arg.is_positional()) {
                (None, true) => "Argomenti",
                (None, false) => "Opzioni",
                (Some(_), _) => "Opzioni generali",
            };
            arg.help_heading(heading)
        });
    }
    let usage = command
        .clone()
        .subcommand_value_name("COMANDO")
        .bin_name(&name)
        .render_usage()
        .to_string()
        .trim_start_matches("Usage: ")
        .replace("[OPTIONS]", "[OPZIONI]");
    command
        .override_usage(usage)
        .subcommand_help_heading("Comandi")
        .subcommand_value_name("COMANDO")
        .help_template("{about-with-newline}\nUso: {usage}\n\n{all-args}{after-help}")
}

/// What an English command reads in Italian: `package sip --profile parer` → `pacchetto versamento …`.
pub(crate) fn in_italian(english: &str) -> String {
    let root = bare();
    let mut command = Some(&root);
    let words = english.split(' ').map(|word| {
        command = command.and_then(|c| c.find_subcommand(word));
        let alias = command.and_then(|c| c.get_visible_aliases().next());
        alias.unwrap_or(word).to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The command at a path of English or Italian names, with the English path; `None` if there is no such verb.
pub(crate) fn find<'a>(root: &'a Command, names: &[String]) -> Option<(&'a Command, String)> {
    let mut command = root;
    let mut path = String::new();
    for name in names {
        command = command.find_subcommand(name)?;
        if !path.is_empty() {
            path.push(' ');
        }
        path.push_str(command.get_name());
    }
    Some((command, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(command: &Command, path: &str, visit: &mut impl FnMut(&Command, &str)) {
        visit(command, path);
        for c in command.get_subcommands() {
            let below = if path.is_empty() {
                c.get_name().into()
            } else {
                format!("{path} {}", c.get_name())
            };
            walk(c, &below, visit);
        }
    }

    #[test]
    fn the_tree_is_sound() {
        bare().debug_assert();
        shown(Lang::It).debug_assert();
        shown(Lang::En).debug_assert();
    }

    #[test]
    fn every_verb_and_flag_has_its_italian_help_and_no_help_is_left_over() {
        let mut used = std::collections::BTreeSet::new();
        let mut missing = Vec::new();
        walk(&bare(), "", &mut |command, path| {
            let mut ask = |name: &str| match italian::key(path, name) {
                Some(key) => {
                    used.insert(key);
                }
                None => missing.push(format!("{path} {name}")),
            };
            ask("");
            for arg in command.get_arguments().filter(|a| !a.is_hide_set()) {
                ask(&arg_name(arg));
                assert!(arg.get_help().is_some(), "{path} {}: no English help", arg.get_id());
            }
            assert!(command.get_about().is_some(), "{path}: no English help");
        });
        assert!(missing.is_empty(), "no Italian help for {missing:#?}");
        let left: Vec<_> = italian::keys().filter(|k| !used.contains(k)).collect();
        assert!(left.is_empty(), "Italian help for nothing: {left:#?}");
    }

    #[test]
    fn every_verb_of_the_contract_has_its_italian_alias() {
        let root = bare();
        for (english, italian) in [
            ("sign", "firma"),
            ("cosign", "cofirma"),
            ("countersign", "controfirma"),
            ("detach", "separa"),
            ("attach", "unisci"),
            ("prepare", "prepara"),
            ("complete", "completa"),
            ("extend", "estendi"),
            ("timestamp", "marca"),
            ("verify", "verifica"),
            ("inspect", "ispeziona"),
            ("cert", "certificato"),
            ("extract", "estrai"),
            ("trust", "fiducia"),
            ("token", "carta"),
            ("package", "pacchetto"),
            ("publish", "pubblica"),
            ("demo", "esempio"),
            ("lab", "laboratorio"),
            ("evidence", "prova"),
            ("archive", "archivio"),
        ] {
            let (command, _) = find(&root, &[italian.to_owned()]).expect(italian);
            assert_eq!(command.get_name(), english);
        }
        assert!(find(&root, &["pec".to_owned()]).is_some());
    }

    #[test]
    fn what_comes_later_exists_and_is_marked_in_both_languages() {
        for path in LATER {
            let names: Vec<String> = path.split(' ').map(str::to_owned).collect();
            for (lang, mark) in [(Lang::En, "later release"), (Lang::It, "versione successiva")] {
                let root = shown(lang);
                let (command, _) = find(&root, &names).expect(path);
                let about = command.get_about().expect(path).to_string();
                assert!(about.contains(mark), "{path}: {about}");
            }
        }
    }

    #[test]
    fn help_is_wholly_in_the_asked_language() {
        let mut root = shown(Lang::It);
        root.build();
        walk(&root.clone(), "", &mut |command, path| {
            let help = command.clone().render_long_help().to_string();
            for english in
                ["Usage:", "Options:", "Arguments:", "Commands:", "OPTIONS", "General", "Print "]
            {
                assert!(!help.contains(english), "{path}: `{english}` in\n{help}");
            }
        });
    }

    #[test]
    fn commands_read_in_italian() {
        assert_eq!(in_italian("countersign"), "controfirma");
        assert_eq!(
            in_italian("package sip --profile parer"),
            "pacchetto versamento --profile parer"
        );
        assert_eq!(in_italian("--level lt"), "--level lt");
        assert_eq!(in_italian("pec"), "pec");
    }

    #[test]
    fn a_profile_is_found_before_and_after_the_verb_but_not_in_package_sip() {
        let of = |line: &str| {
            let matches = bare().try_get_matches_from(line.split(' ')).expect(line);
            config_profile(&matches)
        };
        assert_eq!(of("ceralacca --profile a inspect f").as_deref(), Some("a"));
        assert_eq!(of("ceralacca inspect f --profile b").as_deref(), Some("b"));
        assert_eq!(of("ceralacca --profile a inspect f --profile b").as_deref(), Some("b"));
        let sip = "package sip --metadata m --main f --profile generic";
        assert_eq!(of(&format!("ceralacca {sip}")), None);
        assert_eq!(of(&format!("ceralacca --profile a {sip}")).as_deref(), Some("a"));
    }
}

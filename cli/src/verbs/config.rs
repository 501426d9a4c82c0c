//! `config check`: the settings in force and where each comes from.
//!
//! Secrets are not settings and never stand here; what may hide one all the same (a password in a
//! URL, a PIN in a key's URI) is masked.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::args::{Durability, Lang};
use crate::clean;
use crate::exit::Exit;
use crate::failure::Warning;
use crate::lang::{Text, both};
use crate::outcome::{Outcome, Tone};
use crate::settings::{Origin, Setting, Settings};

use super::Run;

/// Prints them.
pub(crate) fn check(run: &mut Run<'_>) -> Exit {
    let outcome = outcome(run.settings);
    run.emit(&outcome);
    run.exit()
}

fn outcome(settings: &Settings) -> Outcome {
    let mut outcome = Outcome::without_input();
    let file = settings.config_file.as_ref().map(|p| p.to_string_lossy().into_owned());
    let shown = file.as_deref().unwrap_or("-").to_owned();
    outcome.say(
        Tone::Strong,
        0,
        if settings.config_file_found {
            both!("file di configurazione: {shown}", "configuration file: {shown}")
        } else {
            both!(
                "file di configurazione: {shown} (non c'è)",
                "configuration file: {shown} (not there)"
            )
        },
    );
    if let Some(profile) = &settings.profile {
        outcome.say(Tone::Strong, 0, both!("profilo: {profile}", "profile: {profile}"));
    }
    let mut map = Map::new();
    for (key, value, origin) in rows(settings) {
        let text = match &value {
            Value::Null => "-".to_owned(),
            Value::Array(items) if items.is_empty() => "-".to_owned(),
            Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
            other => plain(other),
        };
        let from = source(origin);
        let (it, en) = (from.get(Lang::It).to_owned(), from.get(Lang::En).to_owned());
        outcome.say(
            if origin == Origin::Default { Tone::Faint } else { Tone::Plain },
            1,
            both!("{key} = {text}  ({it})", "{key} = {text}  ({en})"),
        );
        map.insert(key.to_owned(), json!({ "value": value, "origin": origin.word() }));
    }
    for (key, path) in paths(settings) {
        if !path.exists() {
            let shown = clean::path(path);
            outcome = outcome.warning(Warning::new(
                "NOT_FOUND",
                both!("{key}: {shown} non esiste", "{key}: {shown} does not exist"),
            ));
        }
    }
    outcome.data(json!({
        "config_file": file,
        "config_file_found": settings.config_file_found,
        "profile": settings.profile,
        "settings": map,
    }))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn source(origin: Origin) -> Text {
    match origin {
        Origin::Flag => Text::fixed("dal comando", "from the command line"),
        Origin::Environment => Text::fixed("dall'ambiente", "from the environment"),
        Origin::Profile => Text::fixed("dal profilo", "from the profile"),
        Origin::File => Text::fixed("dal file", "from the file"),
        Origin::Default => Text::fixed("predefinito", "default"),
    }
}

/// Every setting, by its name in the configuration file.
fn rows(s: &Settings) -> Vec<(&'static str, Value, Origin)> {
    fn row<T>(
        key: &'static str,
        setting: &Setting<T>,
        show: impl Fn(&T) -> Value,
    ) -> (&'static str, Value, Origin) {
        (key, show(&setting.value), setting.origin)
    }
    let path = |p: &Option<PathBuf>| p.as_ref().map_or(Value::Null, |p| p.to_string_lossy().into());
    let paths = |l: &Vec<PathBuf>| l.iter().map(|p| Value::from(p.to_string_lossy())).collect();
    let urls = |l: &Vec<String>| l.iter().map(|u| Value::from(clean::url(u))).collect();
    let keys = |l: &Vec<String>| l.iter().map(|k| Value::from(masked(k))).collect();
    let flag = |b: &bool| Value::from(*b);
    vec![
        row("lang", &s.lang, |l| if *l == Lang::It { "it" } else { "en" }.into()),
        row("quiet", &s.quiet, flag),
        row("no-color", &s.no_color, flag),
        row("no-input", &s.no_input, flag),
        row("jobs", &s.jobs, |n| Value::from(*n)),
        row("durability", &s.durability, |d| {
            if *d == Durability::File { "file" } else { "batch" }.into()
        }),
        row("allow-net", &s.allow_net, |l| l.clone().into()),
        row("timeout", &s.timeout, |n| Value::from(*n)),
        row("ca-file", &s.ca_file, path),
        row("no-cache", &s.no_cache, flag),
        row("trust", &s.trust, paths),
        row("policy", &s.policy, path),
        row("tsa", &s.tsa, urls),
        row("tsa-user", &s.tsa_user, |u| u.clone().into()),
        row("tsa-password-file", &s.tsa_password_file, path),
        row("key", &s.key, keys),
        row("cert", &s.cert, paths),
        row("chain", &s.chain, paths),
        row("password-file", &s.password_file, paths),
    ]
}

/// A key as shown: of a card's or a remote key's URI only the scheme, since it may hold a PIN
/// (RFC 7512 §2.4).
fn masked(key: &str) -> String {
    match key.split_once(':') {
        Some(("p12" | "pem", _)) => key.to_owned(),
        Some((scheme, _)) => format!("{scheme}:***"),
        None => key.to_owned(),
    }
}

fn paths(s: &Settings) -> Vec<(&'static str, &PathBuf)> {
    let mut found: Vec<(&'static str, &PathBuf)> = Vec::new();
    found.extend(s.ca_file.value.iter().map(|p| ("ca-file", p)));
    found.extend(s.policy.value.iter().map(|p| ("policy", p)));
    found.extend(s.tsa_password_file.value.iter().map(|p| ("tsa-password-file", p)));
    found.extend(s.trust.value.iter().map(|p| ("trust", p)));
    found.extend(s.cert.value.iter().map(|p| ("cert", p)));
    found.extend(s.chain.value.iter().map(|p| ("chain", p)));
    found.extend(s.password_file.value.iter().map(|p| ("password-file", p)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Layer;
    use crate::settings::tests::of_flags;

    #[test]
    fn secrets_stay_hidden() {
        let settings = of_flags(Layer {
            tsa: Some(vec!["https://u:hunter2@tsa.example/".into()]),
            key: Some(vec!["pkcs11:token=a?pin-value=hunter2".into(), "p12:a.p12".into()]),
            ..Layer::default()
        });
        let outcome = outcome(&settings);
        let text = format!("{:?} {}", outcome.lines, outcome.data);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("p12:a.p12") && text.contains("tsa.example"), "{text}");
    }

    #[test]
    fn every_setting_has_its_row() {
        let settings = of_flags(Layer::default());
        // One for each field of a layer: a new one must show here too.
        let fields = format!("{:?}", Layer::default()).matches(": None").count();
        assert_eq!(rows(&settings).len(), fields);
    }
}

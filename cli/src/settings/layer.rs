//! One layer of settings: what the flags, the environment, a profile or the file say, before they
//! are laid over each other.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::args::{Common, Durability, Lang};
use crate::clean;
use crate::failure::Failure;
use crate::lang::{self, Text, both};

/// What one source says; `None` is silence. The names are the keys of the configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Layer {
    /// `it` or `en`.
    #[serde(deserialize_with = "lang_value")]
    pub(crate) lang: Option<Lang>,
    pub(crate) quiet: Option<bool>,
    pub(crate) no_color: Option<bool>,
    pub(crate) no_input: Option<bool>,
    pub(crate) jobs: Option<u16>,
    /// `file` or `batch`.
    #[serde(deserialize_with = "durability_value")]
    pub(crate) durability: Option<Durability>,
    pub(crate) allow_net: Option<Vec<String>>,
    pub(crate) timeout: Option<u16>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) no_cache: Option<bool>,
    pub(crate) trust: Option<Vec<PathBuf>>,
    pub(crate) policy: Option<PathBuf>,
    pub(crate) tsa: Option<Vec<String>>,
    pub(crate) tsa_user: Option<String>,
    pub(crate) tsa_password_file: Option<PathBuf>,
    pub(crate) key: Option<Vec<String>>,
    pub(crate) cert: Option<Vec<PathBuf>>,
    pub(crate) chain: Option<Vec<PathBuf>>,
    pub(crate) password_file: Option<Vec<PathBuf>>,
}

fn lang_value<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Lang>, D::Error> {
    let text = String::deserialize(d)?;
    lang::parse(&text).map(Some).ok_or_else(|| {
        serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &"it or en")
    })
}

fn durability_value<'de, D: serde::Deserializer<'de>>(
    d: D,
) -> Result<Option<Durability>, D::Error> {
    let text = String::deserialize(d)?;
    durability(&text).map(Some).ok_or_else(|| {
        serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &"file or batch")
    })
}

fn durability(text: &str) -> Option<Durability> {
    match text {
        "file" => Some(Durability::File),
        "batch" => Some(Durability::Batch),
        _ => None,
    }
}

impl Layer {
    /// What the flags every verb takes say.
    pub(crate) fn from_common(common: &Common) -> Self {
        // A flag that is absent is silence, not `false`.
        let set = |flag: bool| flag.then_some(true);
        Self {
            lang: common.lang,
            quiet: set(common.quiet),
            no_color: set(common.no_color),
            no_input: set(common.no_input),
            jobs: common.jobs,
            durability: common.durability,
            allow_net: some(&common.allow_net),
            timeout: common.timeout,
            ca_file: common.ca_file.clone(),
            no_cache: set(common.no_cache),
            ..Self::default()
        }
    }

    /// What `CERALACCA_…` and `NO_COLOR` say. No secret is ever read from the environment.
    pub(crate) fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let set = |name: &str| get(&format!("CERALACCA_{name}")).filter(|v| !v.is_empty());
        let refuse = |name: &str, value: &str, expected: &str| {
            let value = clean::line(value).into_owned();
            Failure::usage(both!(
                "la variabile d'ambiente CERALACCA_{name} vale «{value}»: ci si aspetta {expected}",
                "the environment variable CERALACCA_{name} is `{value}`: expected {expected}"
            ))
        };
        let switch = |name: &str| match set(name).as_deref() {
            None => Ok(None),
            Some("1" | "true") => Ok(Some(true)),
            Some("0" | "false") => Ok(Some(false)),
            Some(other) => Err(refuse(name, other, "1/0")),
        };
        let list = |name: &str, separator: char| {
            set(name).map(|v| {
                v.split(separator).filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>()
            })
        };
        let paths = |name: &str| {
            set(name).map(|v| {
                std::env::split_paths(&v).filter(|p| !p.as_os_str().is_empty()).collect::<Vec<_>>()
            })
        };
        Ok(Self {
            lang: match set("LANG").as_deref() {
                None => None,
                Some(value) => {
                    Some(lang::parse(value).ok_or_else(|| refuse("LANG", value, "it/en"))?)
                }
            },
            quiet: switch("QUIET")?,
            // https://no-color.org: any value but the empty one.
            no_color: match get("NO_COLOR").filter(|v| !v.is_empty()) {
                Some(_) => Some(true),
                None => switch("NO_COLOR")?,
            },
            no_input: switch("NO_INPUT")?,
            jobs: match set("JOBS") {
                None => None,
                Some(v) => Some(v.parse().map_err(|_| refuse("JOBS", &v, "1…65535"))?),
            },
            durability: match set("DURABILITY") {
                None => None,
                Some(v) => {
                    Some(durability(&v).ok_or_else(|| refuse("DURABILITY", &v, "file/batch"))?)
                }
            },
            allow_net: list("ALLOW_NET", ','),
            timeout: match set("TIMEOUT") {
                None => None,
                Some(v) => Some(
                    v.parse()
                        .ok()
                        .filter(|seconds| *seconds > 0)
                        .ok_or_else(|| refuse("TIMEOUT", &v, "1…65535"))?,
                ),
            },
            ca_file: set("CA_FILE").map(PathBuf::from),
            no_cache: switch("NO_CACHE")?,
            trust: paths("TRUST"),
            policy: set("POLICY").map(PathBuf::from),
            tsa: list("TSA", ' '),
            tsa_user: set("TSA_USER"),
            tsa_password_file: set("TSA_PASSWORD_FILE").map(PathBuf::from),
            key: list("KEY", ' '),
            cert: paths("CERT"),
            chain: paths("CHAIN"),
            password_file: paths("PASSWORD_FILE"),
        })
    }

    /// Paths in a configuration file are relative to its folder, not to where the clerk stands.
    fn anchored_at(mut self, folder: &Path) -> Self {
        let anchor = |p: &mut PathBuf| *p = folder.join(&*p);
        for one in [&mut self.ca_file, &mut self.policy, &mut self.tsa_password_file] {
            one.iter_mut().for_each(anchor);
        }
        for many in [&mut self.trust, &mut self.cert, &mut self.chain, &mut self.password_file] {
            many.iter_mut().flatten().for_each(anchor);
        }
        for key in self.key.iter_mut().flatten() {
            for scheme in ["p12:", "pem:"] {
                if let Some(path) = key.strip_prefix(scheme) {
                    *key = format!("{scheme}{}", folder.join(path).display());
                    break;
                }
            }
        }
        self
    }
}

/// `None` for an empty list: a flag not given.
pub(crate) fn some<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// What the configuration file says: its common part, and the part of the profile asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FileLayers {
    /// Under `[profile.NAME]`.
    pub(crate) profile: Layer,
    /// Outside any profile.
    pub(crate) common: Layer,
}

impl FileLayers {
    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// A [`Failure`] with exit 2: what cannot be understood is named, never skipped.
    pub(crate) fn parse(text: &str, path: &Path, profile: Option<&str>) -> Result<Self, Failure> {
        let shown = clean::path(path);
        let refuse = |error: &toml::de::Error| {
            let what = clean::line(error.message()).into_owned();
            let place = error
                .span()
                .and_then(|s| text.get(..s.start))
                .map(|before| format!("{shown}:{}", before.matches('\n').count() + 1))
                .unwrap_or_else(|| shown.clone());
            config(both!(
                "il file di configurazione non è corretto ({place}): {what}",
                "the configuration file is not right ({place}): {what}"
            ))
        };
        let mut table: toml::Table = toml::from_str(text).map_err(|e| refuse(&e))?;
        let profiles = match table.remove("profile") {
            None => toml::Table::new(),
            Some(toml::Value::Table(profiles)) => profiles,
            Some(_) => {
                return Err(config(both!(
                    "{shown}: «profile» deve essere una tabella, [profile.NOME]",
                    "{shown}: `profile` must be a table, [profile.NAME]"
                )));
            }
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let layer = |table: toml::Table| {
            table.try_into::<Layer>().map(|l| l.anchored_at(folder)).map_err(|e| refuse(&e))
        };
        let mut wanted = Layer::default();
        let mut names = Vec::new();
        for (name, value) in profiles {
            let toml::Value::Table(inner) = value else {
                let name = clean::line(&name).into_owned();
                return Err(config(both!(
                    "{shown}: il profilo «{name}» deve essere una tabella, [profile.{name}]",
                    "{shown}: the profile `{name}` must be a table, [profile.{name}]"
                )));
            };
            // Every profile is read, so that a mistake shows before the day it is needed.
            let parsed = layer(inner)?;
            if profile == Some(name.as_str()) {
                wanted = parsed;
            }
            names.push(name);
        }
        if let Some(name) = profile
            && !names.iter().any(|n| n == name)
        {
            return Err(unknown_profile(name, Some((&shown, &names))));
        }
        Ok(Self { profile: wanted, common: layer(table)? })
    }
}

/// A profile that stands nowhere.
pub(crate) fn unknown_profile(name: &str, file: Option<(&str, &[String])>) -> Failure {
    let name = clean::line(name).into_owned();
    let failure = config(both!(
        "il profilo «{name}» non esiste nella configurazione",
        "there is no profile `{name}` in the configuration"
    ));
    match file {
        Some((path, names)) if !names.is_empty() => {
            let names = clean::line(&names.join(", ")).into_owned();
            failure.hint(both!("{path} ha i profili: {names}", "{path} has the profiles: {names}"))
        }
        Some((path, _)) => failure
            .hint(both!("aggiungere [profile.{name}] a {path}", "add [profile.{name}] to {path}")),
        None => failure.hint(Text::fixed(
            "`ceralacca config check` dice dove va il file di configurazione",
            "`ceralacca config check` says where the configuration file goes",
        )),
    }
}

fn config(message: Text) -> Failure {
    Failure::new("CONFIG", crate::exit::Exit::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_profiles() {
        let text = r#"
lang = "it"
tsa = ["https://tsa.example/tsr"]
[profile.protocollo]
key = ["p12:chiavi/sindaco.p12"]
password-file = ["/segreti/pin"]
trust = ["radici"]
[profile.altro]
jobs = 2
"#;
        let path = Path::new("/etc/c/config.toml");
        let layers = FileLayers::parse(text, path, Some("protocollo")).expect("parses");
        assert_eq!(layers.common.lang, Some(Lang::It));
        assert_eq!(layers.common.jobs, None);
        let profile = layers.profile;
        assert_eq!(profile.key, Some(vec!["p12:/etc/c/chiavi/sindaco.p12".to_owned()]));
        assert_eq!(profile.password_file, Some(vec![PathBuf::from("/segreti/pin")]));
        assert_eq!(profile.trust, Some(vec![PathBuf::from("/etc/c/radici")]));
    }

    #[test]
    fn mistakes_in_the_file_are_named() {
        let of = |text: &str, profile: Option<&str>| {
            FileLayers::parse(text, Path::new("c.toml"), profile).expect_err(text)
        };
        for (text, word) in [
            ("lang = \"fr\"", "fr"),
            ("durability = \"never\"", "never"),
            ("passwrod-file = [\"a\"]", "passwrod-file"),
            ("password = \"hunter2\"", "password"),
            ("profile = 3", "profile"),
            ("[profile.a]\nbogus = 1", "bogus"),
            ("lang = ", "c.toml:1"),
        ] {
            let failure = of(text, None);
            assert_eq!(failure.exit, crate::exit::Exit::Usage);
            assert!(failure.say(Lang::En).contains(word), "{text}: {}", failure.say(Lang::En));
            assert!(!failure.say(Lang::En).contains("hunter2"), "{}", failure.say(Lang::En));
        }
        let failure = of("[profile.a]\njobs = 1", Some("b"));
        assert!(failure.hint.expect("hint").get(Lang::En).contains('a'));
    }

    #[test]
    fn the_environment() {
        let of = |vars: &[(&str, &str)]| {
            Layer::from_environment(|name| {
                vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
            })
        };
        let layer = of(&[
            ("CERALACCA_TSA", "http://a http://b"),
            ("CERALACCA_ALLOW_NET", "10.0.0.0/8,192.168.0.0/16"),
            ("CERALACCA_JOBS", "3"),
            ("NO_COLOR", "1"),
            ("CERALACCA_PASSWORD", "hunter2"),
        ])
        .expect("right");
        assert_eq!(layer.tsa, Some(vec!["http://a".to_owned(), "http://b".to_owned()]));
        assert_eq!(layer.allow_net.map(|l| l.len()), Some(2));
        assert_eq!(layer.jobs, Some(3));
        assert_eq!(layer.no_color, Some(true));
        assert!(of(&[("CERALACCA_JOBS", "many")]).is_err());
        assert!(of(&[("CERALACCA_LANG", "fr")]).is_err());
        assert_eq!(of(&[("CERALACCA_LANG", "")]).expect("silence"), Layer::default());
    }
}

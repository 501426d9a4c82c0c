//! The settings in force: flag before environment before profile before file before default.
//!
//! This is the second of two stages: `args` says what was typed, this says what it means. The
//! environment and the configuration file are read here and only here.

mod layer;

use std::path::{Path, PathBuf};

use ceralacca::online::ProxySettings;

use crate::args::{Durability, Lang};
use crate::failure::Failure;
use crate::lang;

pub(crate) use layer::{FileLayers, Layer, some, unknown_profile};

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    Flag,
    Environment,
    Profile,
    File,
    Default,
}

impl Origin {
    /// The stable word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::Profile => "profile",
            Self::File => "file",
            Self::Default => "default",
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    /// The value.
    pub(crate) value: T,
    /// Its source.
    pub(crate) origin: Origin,
}

/// The settings in force for one run.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) config_file_found: bool,
    pub(crate) profile: Option<String>,
    pub(crate) lang: Setting<Lang>,
    pub(crate) quiet: Setting<bool>,
    pub(crate) no_color: Setting<bool>,
    pub(crate) no_input: Setting<bool>,
    pub(crate) jobs: Setting<u16>,
    pub(crate) durability: Setting<Durability>,
    pub(crate) allow_net: Setting<Vec<String>>,
    /// Seconds one network call may take.
    pub(crate) timeout: Setting<u16>,
    pub(crate) ca_file: Setting<Option<PathBuf>>,
    pub(crate) no_cache: Setting<bool>,
    pub(crate) trust: Setting<Vec<PathBuf>>,
    pub(crate) policy: Setting<Option<PathBuf>>,
    pub(crate) tsa: Setting<Vec<String>>,
    pub(crate) tsa_user: Setting<Option<String>>,
    pub(crate) tsa_password_file: Setting<Option<PathBuf>>,
    pub(crate) key: Setting<Vec<String>>,
    pub(crate) cert: Setting<Vec<PathBuf>>,
    pub(crate) chain: Setting<Vec<PathBuf>>,
    pub(crate) password_file: Setting<Vec<PathBuf>>,
    /// The proxies of the environment (`https_proxy` and its like).
    pub(crate) proxy: ProxySettings,
    /// Where what was fetched is kept, `~/.cache/ceralacca` or its like.
    pub(crate) cache_folder: Option<PathBuf>,
}

/// What a run is given besides its arguments.
pub(crate) struct World<'a> {
    /// An environment variable.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The folder of the configuration, `~/.config/ceralacca` or its like.
    pub(crate) config_folder: &'a dyn Fn() -> Option<PathBuf>,
}

impl World<'_> {
    /// The environment of the process.
    pub(crate) fn process() -> World<'static> {
        World {
            variable: &|name| std::env::var(name).ok(),
            config_folder: &|| {
                use etcetera::BaseStrategy;
                etcetera::choose_base_strategy().ok().map(|s| s.config_dir().join("ceralacca"))
            },
        }
    }
}

/// How a run names its configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naming {
    /// `--config`.
    pub(crate) file: Option<PathBuf>,
    /// `--profile`.
    pub(crate) profile: Option<String>,
}

impl Settings {
    /// Lays the layers over each other.
    ///
    /// # Errors
    /// A named configuration file that is not there, a mistake in it, an unknown profile, or a
    /// senseless environment variable: all exit 2 or 4.
    pub(crate) fn resolve(
        flags: Layer,
        naming: &Naming,
        world: &World<'_>,
    ) -> Result<Self, Failure> {
        let variable = |name: &str| (world.variable)(name).filter(|v| !v.is_empty());
        let environment = Layer::from_environment(world.variable)?;
        let profile = naming.profile.clone().or_else(|| variable("CERALACCA_PROFILE"));
        let named = naming.file.clone().or_else(|| variable("CERALACCA_CONFIG").map(PathBuf::from));
        let must_exist = named.is_some();
        let config_file = named.or_else(|| (world.config_folder)().map(|f| f.join("config.toml")));
        let read = match &config_file {
            None => None,
            Some(path) => read(path, must_exist)?,
        };
        let config_file_found = read.is_some();
        let file = match (&read, &config_file, &profile) {
            (Some(text), Some(path), _) => FileLayers::parse(text, path, profile.as_deref())?,
            (_, _, Some(name)) => return Err(unknown_profile(name, None)),
            _ => FileLayers::default(),
        };
        let layers = [
            (Origin::Flag, flags),
            (Origin::Environment, environment),
            (Origin::Profile, file.profile),
            (Origin::File, file.common),
        ];
        Ok(Self::over(&layers, config_file, config_file_found, profile, world))
    }

    fn over(
        layers: &[(Origin, Layer)],
        config_file: Option<PathBuf>,
        config_file_found: bool,
        profile: Option<String>,
        world: &World<'_>,
    ) -> Self {
        // Certificates, chains and passwords belong to the keys beside which they stand: those of a
        // lower layer than the keys' own would belong to other keys.
        let keys_at = layers.iter().find(|(_, l)| l.key.is_some()).map(|(o, _)| *o);
        let of_keys: Vec<(Origin, Layer)> =
            layers.iter().filter(|(o, _)| keys_at.is_none_or(|at| *o <= at)).cloned().collect();
        Self {
            config_file,
            config_file_found,
            profile,
            lang: pick(layers, |l| l.lang, || lang::from_locale(world.variable)),
            quiet: pick(layers, |l| l.quiet, || false),
            no_color: pick(layers, |l| l.no_color, || false),
            no_input: pick(layers, |l| l.no_input, || false),
            jobs: pick(layers, |l| l.jobs, || 1),
            durability: pick(layers, |l| l.durability, || Durability::File),
            allow_net: pick(layers, |l| l.allow_net.clone(), Vec::new),
            timeout: pick(layers, |l| l.timeout, || 60),
            ca_file: pick(layers, |l| l.ca_file.clone().map(Some), || None),
            no_cache: pick(layers, |l| l.no_cache, || false),
            trust: pick(layers, |l| l.trust.clone(), Vec::new),
            policy: pick(layers, |l| l.policy.clone().map(Some), || None),
            tsa: pick(layers, |l| l.tsa.clone(), Vec::new),
            tsa_user: pick(layers, |l| l.tsa_user.clone().map(Some), || None),
            tsa_password_file: pick(layers, |l| l.tsa_password_file.clone().map(Some), || None),
            key: pick(layers, |l| l.key.clone(), Vec::new),
            cert: pick(&of_keys, |l| l.cert.clone(), Vec::new),
            chain: pick(&of_keys, |l| l.chain.clone(), Vec::new),
            password_file: pick(&of_keys, |l| l.password_file.clone(), Vec::new),
            proxy: ProxySettings::from_variables(world.variable),
            cache_folder: cache_folder(world.variable),
        }
    }
}

/// XDG Base Directory Specification: relative paths are to be ignored. Elsewhere than on Unix the
/// system's own folder for what can be made again.
fn cache_folder(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| if cfg!(windows) { absolute("LOCALAPPDATA") } else { None })
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|folder| folder.join("ceralacca"))
}

fn pick<T>(
    layers: &[(Origin, Layer)],
    get: impl Fn(&Layer) -> Option<T>,
    default: impl FnOnce() -> T,
) -> Setting<T> {
    layers
        .iter()
        .find_map(|(origin, layer)| get(layer).map(|value| Setting { value, origin: *origin }))
        .unwrap_or_else(|| Setting { value: default(), origin: Origin::Default })
}

/// The configuration file's text; `None` if nobody named it and it is not there.
fn read(path: &Path, must_exist: bool) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(None),
        // A home that cannot be entered (a service account) has no configuration.
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory && !must_exist => Ok(None),
        Err(e) => Err(Failure::io("leggere la configurazione", "read the configuration", path, &e)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Settings from flags alone, in an empty world.
    pub(crate) fn of_flags(flags: Layer) -> Settings {
        let world = World { variable: &|_| None, config_folder: &|| None };
        Settings::resolve(flags, &Naming::default(), &world).expect("resolves")
    }

    #[test]
    fn flag_before_environment_before_profile_before_file_before_default() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(
            folder.path().join("config.toml"),
            "jobs = 2\nquiet = true\ntsa-user = \"file\"\n[profile.p]\njobs = 3\ntsa-user = \"profile\"\n",
        )
        .expect("written");
        let at = folder.path().to_owned();
        let config_folder = move || Some(at.clone());
        let resolve = |flags: Layer, vars: &[(&str, &str)], profile: Option<&str>| {
            let variable =
                |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            let world = World { variable: &variable, config_folder: &config_folder };
            let naming = Naming { file: None, profile: profile.map(str::to_owned) };
            Settings::resolve(flags, &naming, &world).expect("resolves")
        };
        let jobs = |s: Settings| (s.jobs.value, s.jobs.origin);
        let flag = || Layer { jobs: Some(5), ..Layer::default() };
        let env = [("CERALACCA_JOBS", "4")];
        assert_eq!(jobs(resolve(flag(), &env, Some("p"))), (5, Origin::Flag));
        assert_eq!(jobs(resolve(Layer::default(), &env, Some("p"))), (4, Origin::Environment));
        assert_eq!(jobs(resolve(Layer::default(), &[], Some("p"))), (3, Origin::Profile));
        assert_eq!(jobs(resolve(Layer::default(), &[], None)), (2, Origin::File));
        let by_environment = [("CERALACCA_PROFILE", "p")];
        let settings = resolve(Layer::default(), &by_environment, None);
        assert_eq!(settings.tsa_user.value.as_deref(), Some("profile"));
        assert_eq!((settings.quiet.value, settings.quiet.origin), (true, Origin::File));
        assert_eq!(settings.durability.origin, Origin::Default);
        assert!(settings.config_file_found);
    }

    #[test]
    fn keys_bring_their_own_certificates_and_passwords() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "key = [\"p12:a\"]\npassword-file = [\"pin\"]\n").expect("written");
        let world = World { variable: &|_| None, config_folder: &|| None };
        let naming = Naming { file: Some(file), profile: None };
        let with_key = Layer { key: Some(vec!["p12:b".into()]), ..Layer::default() };
        let settings = Settings::resolve(with_key, &naming, &world).expect("resolves");
        assert_eq!(settings.key.value, ["p12:b"]);
        assert!(settings.password_file.value.is_empty(), "the password of another key");
        let settings = Settings::resolve(Layer::default(), &naming, &world).expect("resolves");
        assert_eq!(settings.password_file.value, [folder.path().join("pin")]);
    }

    #[test]
    fn a_named_file_must_exist_and_a_named_profile_too() {
        let world = World { variable: &|_| None, config_folder: &|| None };
        let naming = Naming { file: Some("/nonexistent/c.toml".into()), profile: None };
        let failure = Settings::resolve(Layer::default(), &naming, &world).expect_err("missing");
        assert_eq!(failure.exit, crate::exit::Exit::Io);
        let naming = Naming { file: None, profile: Some("p".into()) };
        let failure = Settings::resolve(Layer::default(), &naming, &world).expect_err("missing");
        assert_eq!(failure.exit, crate::exit::Exit::Usage);
    }
}

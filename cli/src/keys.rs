//! Which keys sign: `--key`, with the N-th certificate, chain and password belonging to the N-th
//! key, and one given once serving all.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::args::KeyArgs;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Text, both};
use crate::secrets::Source;
use crate::settings::{Layer, Settings, some};

/// Where a private key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyUri {
    /// A PKCS#12 file (RFC 7292), with the certificate in it.
    Pkcs12(PathBuf),
    /// A PEM private key; the certificate stands beside it.
    Pem(PathBuf),
}

impl KeyUri {
    /// Reads `p12:FILE` or `pem:FILE`.
    ///
    /// # Errors
    /// Exit 5 for cards and remote keys, which come later; exit 2 for what is no key at all.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let path = |rest: &str| match rest {
            "" => Err(Failure::usage(both!(
                "«{text}» non dice quale file: scrivere p12:FILE o pem:FILE",
                "`{text}` names no file: write p12:FILE or pem:FILE"
            ))),
            rest => Ok(PathBuf::from(rest)),
        };
        match text.split_once(':') {
            Some(("p12", rest)) => path(rest).map(Self::Pkcs12),
            Some(("pem", rest)) => path(rest).map(Self::Pem),
            // What follows may hold a PIN (RFC 7512 §2.3): it is not shown.
            Some((scheme @ ("pkcs11" | "csc"), _)) => {
                Err(Failure::later(&format!("--key {scheme}:")))
            }
            _ => {
                let extension = Path::new(text).extension().and_then(OsStr::to_str).unwrap_or("");
                let guess = match extension.to_ascii_lowercase().as_str() {
                    "p12" | "pfx" => "p12",
                    _ => "pem",
                };
                let shown = clean::line(text).into_owned();
                Err(Failure::usage(both!(
                    "«{shown}» non è una chiave: va scritta come p12:FILE o pem:FILE",
                    "`{shown}` is not a key: write it as p12:FILE or pem:FILE"
                ))
                .hint(both!(
                    "per esempio: --key {guess}:{shown}",
                    "for example: --key {guess}:{shown}"
                )))
            }
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Pkcs12(path) | Self::Pem(path) => path,
        }
    }
}

/// One key with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeySpec {
    /// Where it is.
    pub(crate) uri: KeyUri,
    /// The certificate given beside it.
    pub(crate) cert: Option<PathBuf>,
    /// The chain given beside it.
    pub(crate) chain: Vec<PathBuf>,
    /// Where its password comes from; none means the prompt.
    pub(crate) secret: Option<Source>,
}

/// What the key flags say, as a layer of settings.
pub(crate) fn layer(keys: &KeyArgs) -> Layer {
    Layer {
        key: some(&keys.key),
        cert: some(&keys.cert),
        chain: some(&keys.chain),
        ..Layer::default()
    }
}

/// The keys of this run.
///
/// # Errors
/// Exit 2 when there is no key or the counts do not fit; what [`KeyUri::parse`] refuses.
pub(crate) fn resolve(
    settings: &Settings,
    flags: &KeyArgs,
    matches: &ArgMatches,
) -> Result<Vec<KeySpec>, Failure> {
    let typed = in_typed_order(flags, matches);
    let secrets = if typed.is_empty() {
        settings.password_file.value.iter().cloned().map(Source::File).collect()
    } else {
        typed
    };
    pair(&settings.key.value, &settings.cert.value, &settings.chain.value, &secrets)
}

/// Password files and descriptors in the order in which they were typed, whichever flag named them.
fn in_typed_order(flags: &KeyArgs, matches: &ArgMatches) -> Vec<Source> {
    let indices = |id: &str| matches.indices_of(id).into_iter().flatten();
    let files = indices("password_file").zip(flags.password_file.iter().cloned().map(Source::File));
    let descriptors =
        indices("password_fd").zip(flags.password_fd.iter().copied().map(Source::Descriptor));
    let mut all: Vec<(usize, Source)> = files.chain(descriptors).collect();
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, source)| source).collect()
}

fn pair(
    keys: &[String],
    certs: &[PathBuf],
    chains: &[PathBuf],
    secrets: &[Source],
) -> Result<Vec<KeySpec>, Failure> {
    if keys.is_empty() {
        return Err(Failure::usage(Text::fixed(
            "manca la chiave di firma",
            "no signing key was given",
        ))
        .hint(Text::fixed(
            "aggiungere --key p12:FILE, o `key` nel file di configurazione",
            "add --key p12:FILE, or `key` in the configuration file",
        )));
    }
    let uris = keys.iter().map(|k| KeyUri::parse(k)).collect::<Result<Vec<_>, _>>()?;
    let pem = uris.iter().filter(|u| matches!(u, KeyUri::Pem(_))).count();
    // A certificate belongs to one key: given once among several keys, it is that of the only pem:
    // key, since a PKCS#12 file brings its own.
    let sole_cert_for_pem = certs.len() == 1 && uris.len() > 1 && pem == 1;
    if !sole_cert_for_pem {
        fits("--cert", certs.len(), uris.len())?;
    }
    // For a single key every --chain is part of its chain.
    if uris.len() > 1 {
        fits("--chain", chains.len(), uris.len())?;
    }
    fits("--password-file/--password-fd", secrets.len(), uris.len())?;
    let several = uris.len() > 1;
    let specs: Vec<KeySpec> = uris
        .into_iter()
        .enumerate()
        .map(|(n, uri)| KeySpec {
            cert: match &uri {
                KeyUri::Pkcs12(_) if sole_cert_for_pem => None,
                _ => nth(certs, n).cloned(),
            },
            chain: if several {
                nth(chains, n).cloned().into_iter().collect()
            } else {
                chains.to_vec()
            },
            secret: nth(secrets, n).cloned(),
            uri,
        })
        .collect();
    if let Some(bare) = specs.iter().find(|s| matches!(s.uri, KeyUri::Pem(_)) && s.cert.is_none()) {
        let path = clean::path(bare.uri.path());
        return Err(Failure::usage(both!(
            "la chiave pem:{path} non ha il suo certificato",
            "the key pem:{path} has no certificate"
        ))
        .hint(Text::fixed("aggiungere --cert FILE", "add --cert FILE")));
    }
    Ok(specs)
}

/// One serves all; else there must be one for each key.
fn fits(flag: &str, given: usize, keys: usize) -> Result<(), Failure> {
    if given <= 1 || given == keys {
        return Ok(());
    }
    Err(Failure::new(
        "USAGE",
        Exit::Usage,
        both!(
            "{flag} è dato {given} volte per {keys} chiavi: uno solo per tutte, o uno per ciascuna",
            "{flag} is given {given} times for {keys} keys: give one for all, or one for each"
        ),
    ))
}

fn nth<T>(list: &[T], n: usize) -> Option<&T> {
    if list.len() == 1 { list.first() } else { list.get(n) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Verb, tree};
    use crate::lang::Lang;
    use crate::settings::tests::of_flags;
    use clap::FromArgMatches;

    fn of(line: &str) -> Result<Vec<KeySpec>, Failure> {
        let matches = tree::bare().try_get_matches_from(line.split(' ')).expect(line);
        let cli = Cli::from_arg_matches(&matches).expect(line);
        let Verb::Sign(sign) = cli.verb else { panic!("not sign") };
        let leaf = matches.subcommand().expect("verb").1;
        resolve(&of_flags(layer(&sign.keys)), &sign.keys, leaf)
    }

    #[test]
    fn the_nth_belongs_to_the_nth() {
        let specs =
            of("ceralacca sign f --key p12:a --key pem:b --cert ca --cert cb --chain x --chain y \
             --password-fd 5 --password-file pb")
            .expect("pairs");
        assert_eq!(specs[0].secret, Some(Source::Descriptor(5)));
        assert_eq!(specs[1].secret, Some(Source::File("pb".into())));
        assert_eq!(specs[1].cert, Some("cb".into()));
        assert_eq!(specs[1].chain, [PathBuf::from("y")]);
        let specs =
            of("ceralacca sign f --password-file pa --key p12:a --password-fd 5 --key p12:b")
                .expect("pairs");
        assert_eq!(specs[0].secret, Some(Source::File("pa".into())));
        assert_eq!(specs[1].secret, Some(Source::Descriptor(5)));
    }

    #[test]
    fn one_given_once_serves_all() {
        let specs =
            of("ceralacca sign f --key p12:a --key p12:b --chain x --pin-fd 3").expect("pairs");
        for spec in &specs {
            assert_eq!(spec.secret, Some(Source::Descriptor(3)));
            assert_eq!(spec.chain, [PathBuf::from("x")]);
        }
        let specs = of("ceralacca sign f --key p12:a --key pem:b --cert c").expect("pairs");
        assert_eq!((specs[0].cert.clone(), specs[1].cert.clone()), (None, Some("c".into())));
        let specs = of("ceralacca sign f --key p12:a --chain x --chain y").expect("pairs");
        assert_eq!(specs[0].chain.len(), 2);
    }

    #[test]
    fn what_does_not_fit_is_a_usage_error() {
        for line in [
            "ceralacca sign f",
            "ceralacca sign f --key p12:a --password-file x --password-file y",
            "ceralacca sign f --key p12:a --key p12:b --key p12:c --chain x --chain y",
            "ceralacca sign f --key pem:a",
            "ceralacca sign f --key sindaco.p12",
            "ceralacca sign f --key p12:",
        ] {
            assert_eq!(of(line).expect_err(line).exit, Exit::Usage, "{line}");
        }
        let hint = of("ceralacca sign f --key sindaco.pfx").expect_err("bare").hint.expect("hint");
        assert!(hint.get(Lang::En).contains("p12:sindaco.pfx"));
    }

    #[test]
    fn cards_and_remote_keys_come_later_and_their_pin_is_not_shown() {
        for key in ["pkcs11:token=x?pin-value=1234", "csc:aruba"] {
            let failure = of(&format!("ceralacca sign f --key {key}")).expect_err(key);
            assert_eq!(failure.exit, Exit::Unsupported);
            assert!(!failure.say(Lang::En).contains("1234"));
        }
    }
}

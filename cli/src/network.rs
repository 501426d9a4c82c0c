//! The network as this run may use it: one client from the settings, authorities, fetching.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ceralacca::TimestampAuthority;
use ceralacca::online::{
    Credentials, HttpClient, HttpConfig, HttpFetch, HttpTimestampAuthority, STORE_CAP, Store,
};
use chrono::{DateTime, Utc};
use x509::Purpose;
use zeroize::Zeroizing;

use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::lang::{Text, both};
use crate::secrets::{Secrets, Source};
use crate::settings::Settings;

/// Time-stamp authorities in fallback order.
pub(crate) struct Authorities {
    list: Vec<HttpTimestampAuthority>,
    /// What is worth knowing about them.
    pub(crate) warnings: Vec<Warning>,
}

impl Authorities {
    /// As the library takes them.
    pub(crate) fn list(&self) -> Vec<&dyn TimestampAuthority> {
        self.list.iter().map(|a| a as &dyn TimestampAuthority).collect()
    }

    /// None at all: a signature of level B.
    pub(crate) fn none() -> Self {
        Self { list: Vec::new(), warnings: Vec::new() }
    }
}

/// The authorities named by `--tsa` or the configuration.
///
/// # Errors
/// Exit 2: none is named, or one cannot be an address; what reading the password answers.
pub(crate) fn authorities(
    settings: &Settings,
    secrets: &mut Secrets,
) -> Result<Authorities, Failure> {
    let urls = &settings.tsa.value;
    if urls.is_empty() {
        return Err(no_authority());
    }
    let client = client(settings)?;
    let password_file = settings.tsa_password_file.value.as_ref();
    let credentials = match (&settings.tsa_user.value, password_file) {
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Failure::usage(Text::fixed(
                "c'è --tsa-password-file ma manca --tsa-user",
                "--tsa-password-file is given without --tsa-user",
            )));
        }
        (Some(user), file) => {
            let source = file.map(|file| Source::File(file.clone()));
            let name = format!("{user} ({})", clean::url(&urls[0]));
            let secret = secrets.of(source.as_ref(), &name)?;
            let password = Zeroizing::new(String::from_utf8_lossy(secret.expose()).into_owned());
            Some(Credentials::new(user.clone(), password)?)
        }
    };
    let mut list = Vec::with_capacity(urls.len());
    let mut warnings = Vec::new();
    for url in urls {
        let authority = HttpTimestampAuthority::new(client.clone(), url, credentials.clone())?;
        if authority.sends_password_in_clear() {
            let url = clean::url(url);
            warnings.push(Warning::new(
                "PASSWORD_IN_CLEAR",
                both!(
                    "la password per {url} viaggia in chiaro: usare un indirizzo https",
                    "the password for {url} travels in the clear: use an https address"
                ),
            ));
        }
        list.push(authority);
    }
    Ok(Authorities { list, warnings })
}

/// No authority where one is needed.
pub(crate) fn no_authority() -> Failure {
    Failure::usage(Text::fixed(
        "manca l'autorità di marcatura temporale",
        "no time-stamp authority was given",
    ))
    .hint(Text::fixed(
        "aggiungere --tsa URL, o `tsa` nel file di configurazione",
        "add --tsa URL, or `tsa` in the configuration file",
    ))
}

/// What of earlier runs may serve again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// Lists, certificates and OCSP answers: for a judgement.
    All,
    /// Not OCSP answers: a new signature wants one that is newer than itself.
    Lists,
}

/// Fetches what certificates point to, and keeps it in the cache folder unless told otherwise.
///
/// # Errors
/// As [`authorities`].
pub(crate) fn fetch(
    settings: &Settings,
    now: DateTime<Utc>,
    reuse: Reuse,
) -> Result<HttpFetch, Failure> {
    fetch_noting(settings, now, reuse, &Remembered::default())
}

/// The same, taking note of what earlier runs had fetched.
///
/// # Errors
/// As [`authorities`].
pub(crate) fn fetch_noting(
    settings: &Settings,
    now: DateTime<Utc>,
    reuse: Reuse,
    remembered: &Remembered,
) -> Result<HttpFetch, Failure> {
    let fetch = HttpFetch::new(client(settings)?);
    Ok(match &settings.cache_folder {
        Some(folder) if !settings.no_cache.value => {
            let store = Store::new(folder.join("fetched"), STORE_CAP, now.into());
            let serves = ceralacca::serves(now, reuse == Reuse::All);
            let (remembered, now) = (remembered.clone(), store.now());
            fetch.with_store(store, move |request, stored| {
                let serves = serves(request, stored);
                if serves && stored.fetched != now {
                    remembered.note(request.purpose, &stored.octets);
                }
                serves
            })
        }
        _ => fetch,
    })
}

/// Revocation data that came from the cache folder, by the digest reports know them by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered(Arc<Mutex<BTreeSet<String>>>);

impl Remembered {
    fn note(&self, purpose: Purpose, octets: &[u8]) {
        let fingerprint = match purpose {
            Purpose::Crl => x509::Crl::from_der(octets).ok().map(|crl| crl.fingerprint()),
            Purpose::Ocsp => {
                x509::OcspResponse::from_der(octets).ok().map(|ocsp| ocsp.fingerprint())
            }
            Purpose::CaIssuers => None,
        };
        if let (Some(fingerprint), Ok(mut known)) = (fingerprint, self.0.lock()) {
            known.insert(fingerprint.to_string());
        }
    }

    /// Whether the object with this fingerprint is one of them.
    pub(crate) fn has(&self, fingerprint: &str) -> bool {
        self.0.lock().is_ok_and(|known| known.contains(fingerprint))
    }
}

fn client(settings: &Settings) -> Result<HttpClient, Failure> {
    let mut config = HttpConfig {
        total_timeout: Duration::from_secs(settings.timeout.value.into()),
        proxy: settings.proxy.clone(),
        extra_roots: settings.ca_file.value.as_deref().map(roots).transpose()?,
        ..HttpConfig::default()
    };
    config.connect_timeout = config.connect_timeout.min(config.total_timeout);
    for network in &settings.allow_net.value {
        let parsed = network.parse().map_err(|_| {
            let shown = clean::line(network).into_owned();
            Failure::usage(both!(
                "--allow-net: «{shown}» non è una rete",
                "--allow-net: `{shown}` is not a network"
            ))
            .hint(Text::fixed("per esempio 10.20.0.0/16", "for example 10.20.0.0/16"))
        })?;
        config.allow_net.push(parsed);
    }
    Ok(HttpClient::new(config)?)
}

/// Largest file of TLS roots read: the Mozilla set has some 250 KiB.
const MAX_ROOTS: u64 = 16 << 20;

fn roots(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |e: &std::io::Error| {
        Failure::io("leggere le autorità HTTPS da", "read the HTTPS authorities from", path, e)
    };
    let size = std::fs::metadata(path).map_err(|e| failed(&e))?.len();
    if size > MAX_ROOTS {
        let shown = clean::path(path);
        return Err(Failure::new(
            "BAD_CA_FILE",
            Exit::Unsupported,
            both!(
                "{shown} è troppo grande per un file di certificati",
                "{shown} is too large for a file of certificates"
            ),
        ));
    }
    std::fs::read(path).map_err(|e| failed(&e))
}

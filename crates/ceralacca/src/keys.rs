//! Signers: a key with its certificate and chain, and whether it should sign.

use std::fmt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use crypto::{Secret, Signer, SoftKey};
use x509::{Certificate, RevocationOrigin, RevocationSource, RevocationStatus};

use crate::{Error, Evidence, Result};

/// Someone who can sign: key, certificate, and the certificates above it.
pub struct SigningKey {
    /// The key.
    pub key: Box<dyn Signer>,
    /// Its certificate.
    pub certificate: Certificate,
    /// Certificates above it, as far as they are known; a root is not embedded.
    pub chain: Vec<Certificate>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("certificate", &self.certificate)
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Opens a PKCS#12 file (RFC 7292).
    ///
    /// # Errors
    /// The file cannot be read, the password is wrong, it holds no key.
    pub fn from_pkcs12(path: &Path, password: &Secret) -> Result<Self> {
        let failed = |source| Error::Key { path: path.to_owned(), source };
        let contents = crypto::pkcs12::open(&read_small(path)?, password).map_err(failed)?;
        let certificate = |der: &[u8]| {
            Certificate::from_der(der)
                .map_err(|source| Error::X509 { path: path.to_owned(), source })
        };
        let chain = contents.chain.iter().map(|der| certificate(der)).collect::<Result<_>>()?;
        let own = certificate(&contents.certificate)?;
        Self { key: Box::new(contents.key), certificate: own, chain }.paired(path)
    }

    /// Opens a PEM key and the certificate that goes with it; certificates
    /// that follow it in `certificate` become the chain.
    ///
    /// # Errors
    /// A file cannot be read, the password is wrong, key and certificate do
    /// not belong together.
    pub fn from_pem(path: &Path, certificate: &Path, password: Option<&Secret>) -> Result<Self> {
        let failed = |source| Error::Key { path: path.to_owned(), source };
        let key = SoftKey::from_pem(&read_small(path)?, password).map_err(failed)?;
        let mut chain = load_certificates(certificate)?;
        if chain.is_empty() {
            return Err(Error::NoCertificate { path: path.to_owned() });
        }
        let certificate = chain.remove(0);
        Self { key: Box::new(key), certificate, chain }.paired(path)
    }

    /// Takes another certificate for the same key.
    ///
    /// # Errors
    /// It belongs to another key.
    pub fn with_certificate(mut self, certificate: Certificate, path: &Path) -> Result<Self> {
        self.certificate = certificate;
        self.paired(path)
    }

    fn paired(self, path: &Path) -> Result<Self> {
        let own = self.certificate.public_key();
        if own.is_ok_and(|own| own.same_key(self.key.public_key())) {
            return Ok(self);
        }
        let subject = self.certificate.subject().to_string();
        Err(Error::KeyMismatch { path: path.to_owned(), subject })
    }
}

/// Why a certificate should not sign now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// Its validity has ended.
    Expired {
        /// When.
        not_after: DateTime<Utc>,
    },
    /// Its validity has not begun.
    NotYetValid {
        /// When it does.
        not_before: DateTime<Utc>,
    },
    /// Its key usage lacks non-repudiation (content commitment), which
    /// signatures of persons need (EN 319 412-2 §4.3.2).
    NoNonRepudiation,
    /// It says itself that it is for automatic signatures only, and a person
    /// signs each file here.
    AutomaticOnly,
    /// Revocation data say that it is revoked, or suspended. Nothing overrides
    /// this: such a signature has the effect of none (CAD art. 24 c. 4-bis).
    Revoked {
        /// Since when.
        at: DateTime<Utc>,
        /// Suspended only.
        on_hold: bool,
    },
}

impl Obstacle {
    /// The word that overrides this obstacle.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::NoNonRepudiation => "no-nr",
            Self::AutomaticOnly => "automatic",
            Self::Revoked { .. } => "revoked",
        }
    }

    pub(crate) fn hint(self) -> String {
        if let Self::Revoked { .. } = self {
            return "sign with another certificate: a signature with this one has no effect"
                .to_owned();
        }
        let name = self.name();
        format!("use the certificate made for signing; if this is meant, say --allow {name}")
    }

    /// Whether the revocation data at hand, put there by somebody entitled to,
    /// say that `certificate` is revoked. Data that say nothing are no obstacle.
    #[must_use]
    pub fn revoked(
        certificate: &Certificate,
        chain: Vec<Certificate>,
        evidence: &Evidence,
    ) -> Option<Self> {
        let given = || RevocationOrigin::Given { name: String::new() };
        let crls = evidence.crls.iter().map(|crl| RevocationSource::crl(crl.clone(), given()));
        let ocsp = evidence.ocsp.iter().map(|one| RevocationSource::ocsp(one.clone(), given()));
        let sources: Vec<RevocationSource> = crls.chain(ocsp).collect();
        if sources.is_empty() {
            return None;
        }
        let anchors = evidence.anchors.iter().map(|anchor| anchor.certificate.clone());
        let pool: Vec<Certificate> = chain.into_iter().chain(anchors).collect();
        let issuers = pool.iter().filter(|issuer| {
            certificate.issuer().matches(issuer.subject())
                && certificate.verify_issued_by(issuer).is_valid()
        });
        issuers
            .flat_map(|issuer| {
                x509::evaluate(certificate, issuer, &sources, &pool, &evidence.anchors)
            })
            .find_map(|fact| match fact.status {
                RevocationStatus::Revoked { at, reason, .. } => {
                    let on_hold = reason == x509::RevocationReason::CertificateHold;
                    Some(Self::Revoked { at, on_hold })
                }
                _ => None,
            })
    }

    /// The first obstacle to signing with `certificate` at `at` that is not in `allowed`.
    #[must_use]
    pub fn of(certificate: &Certificate, at: DateTime<Utc>, allowed: &[String]) -> Option<Self> {
        let mut obstacles = Vec::new();
        if at > certificate.not_after() {
            obstacles.push(Self::Expired { not_after: certificate.not_after() });
        }
        if at < certificate.not_before() {
            obstacles.push(Self::NotYetValid { not_before: certificate.not_before() });
        }
        if !certificate.key_usage().is_some_and(|usage| usage.non_repudiation()) {
            obstacles.push(Self::NoNonRepudiation);
        }
        let limits = certificate.extensions().policies.iter().flat_map(|p| &p.notices);
        if limits.into_iter().any(|text| speaks_of_automatic(text)) {
            obstacles.push(Self::AutomaticOnly);
        }
        obstacles.into_iter().find(|obstacle| !allowed.iter().any(|name| name == obstacle.name()))
    }
}

/// Italian providers write the limit in words (LG AgID 147/2019 §4.1).
fn speaks_of_automatic(text: &str) -> bool {
    let text = text.to_lowercase();
    [
        "procedura automatica",
        "firma automatica",
        "procedure automatiche",
        "automatic procedure",
        "automatic signature",
    ]
    .iter()
    .any(|phrase| text.contains(phrase))
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { not_after } => {
                write!(f, "expired on {}", not_after.format("%F %T UTC"))
            }
            Self::NotYetValid { not_before } => {
                write!(f, "is valid only from {}", not_before.format("%F %T UTC"))
            }
            Self::NoNonRepudiation => {
                f.write_str("is not one for signing documents: its key usage lacks non-repudiation")
            }
            Self::AutomaticOnly => f.write_str("is limited to automatic signature procedures"),
            Self::Revoked { at, on_hold } => {
                let what = if *on_hold { "suspended" } else { "revoked" };
                write!(f, "is {what} since {}", at.format("%F %T UTC"))
            }
        }
    }
}

/// Who holds a certificate, as people say it: surname and name, else what
/// names the holder best.
pub(crate) fn holder(certificate: &Certificate) -> String {
    let name = certificate.subject();
    let person = match (name.surname(), name.given_name()) {
        (Some(surname), Some(given)) => Some(format!("{surname} {given}")),
        _ => None,
    };
    let shown = person.or_else(|| name.common_name()).or_else(|| name.organization());
    shown.unwrap_or_else(|| name.to_string())
}

/// Largest key, certificate or revocation file read into memory. The largest
/// CRLs met in the field have some tens of MB.
const SMALL: u64 = 256 << 20;

/// Reads a file that belongs in memory: a key, a certificate, a list.
pub(crate) fn read_small(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let file = files::SourceFile::open(path, files::FollowLinks::Follow)?;
    if file.len() > SMALL {
        let error = std::io::Error::from(std::io::ErrorKind::FileTooLarge);
        return Err(files::Error::from_io("reading", path, error).into());
    }
    let mut octets = Vec::new();
    file.take(SMALL)
        .read_to_end(&mut octets)
        .map_err(|error| files::Error::from_io("reading", path, error))?;
    Ok(octets)
}

/// The certificates in a PEM or DER file, in their order.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn load_certificates(path: &Path) -> Result<Vec<Certificate>> {
    Certificate::from_pem_or_der(&read_small(path)?)
        .map_err(|source| Error::X509 { path: path.to_owned(), source })
}

/// The files in a folder, sorted by name; the file itself if it is one.
pub(crate) fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |error| files::Error::from_io("reading", path, error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?.path();
        if entry.is_file() {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}

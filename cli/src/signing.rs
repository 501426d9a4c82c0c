//! Keys made ready to sign: opened with their secrets, paired with their certificates, refused if
//! they must not sign, before any file is touched.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ceralacca::{Certificate, DigestAlgorithm, Error, Obstacle, SigningKey, load_certificates};
use chrono::{DateTime, Utc};
use crypto::{PublicKey, Secret, SignatureAlgorithm, Signer, SoftKey};
use files::{FollowLinks, SourceFile};
use serde_json::{Value, json};
use x509::SignatureCheck;

use crate::args::{Allow, Digest};
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant;
use crate::keys::{KeySpec, KeyUri};
use crate::lang::both;
use crate::secrets::Secrets;

/// Largest key file read: PKCS#12 files have some KiB.
const MAX_KEY_FILE: u64 = 16 << 20;

/// The keys of one run. Shared by all files of a batch, on any thread.
pub(crate) struct Keys(Vec<Ready>);

struct Ready {
    key: Arc<SoftKey>,
    certificate: Certificate,
    chain: Vec<Certificate>,
}

/// One key, used from several places.
struct Shared(Arc<SoftKey>);

impl Signer for Shared {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }

    fn digest(&self) -> DigestAlgorithm {
        self.0.digest()
    }

    fn max_signature_len(&self) -> usize {
        self.0.max_signature_len()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, crypto::Error> {
        self.0.sign(message)
    }
}

/// What the person says about the signatures to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// The digest asked for.
    pub(crate) digest: Option<Digest>,
    /// Refusals overridden by name.
    pub(crate) allow: &'a [Allow],
    /// The claimed signing time.
    pub(crate) at: DateTime<Utc>,
}

impl Keys {
    /// Opens every key, asking each secret once.
    ///
    /// # Errors
    /// Exit 7: a wrong password, a key without its certificate, a certificate that must not sign
    /// now; exit 4: a file that cannot be read.
    pub(crate) fn open(
        specs: &[KeySpec],
        secrets: &mut Secrets,
        terms: &Terms<'_>,
    ) -> Result<Self, Failure> {
        let allowed = names(terms.allow);
        let mut ready = Vec::with_capacity(specs.len());
        for spec in specs {
            let one = open(spec, secrets, terms.digest)?;
            if let Some(obstacle) = Obstacle::of(&one.certificate, terms.at, &allowed) {
                let subject = name(&one.certificate);
                return Err(Error::Certificate { subject, obstacle }.into());
            }
            ready.push(one);
        }
        Ok(Self(ready))
    }

    /// The keys as the library takes them.
    pub(crate) fn signing(&self) -> Vec<SigningKey> {
        self.0
            .iter()
            .map(|ready| SigningKey {
                key: Box::new(Shared(Arc::clone(&ready.key))),
                certificate: ready.certificate.clone(),
                chain: ready.chain.clone(),
            })
            .collect()
    }

    /// The digests of the content that are signed, without repetition.
    pub(crate) fn digests(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.iter().map(|ready| ready.key.digest().name()).collect();
        names.dedup();
        names
    }
}

/// The names of overridden refusals, as the library knows them.
pub(crate) fn names(allow: &[Allow]) -> Vec<String> {
    allow
        .iter()
        .filter_map(|allow| match allow {
            Allow::Expired => Some("expired"),
            Allow::NotYetValid => Some("not-yet-valid"),
            Allow::NoNr => Some("no-nr"),
            Allow::Automatic => Some("automatic"),
            // A matter of the recording, not of the certificate.
            Allow::IncompleteMedia => None,
        })
        .map(str::to_owned)
        .collect()
}

/// The digest of `--digest`.
pub(crate) fn digest(digest: Option<Digest>) -> DigestAlgorithm {
    match digest.unwrap_or_default() {
        Digest::Sha256 => DigestAlgorithm::Sha256,
        Digest::Sha384 => DigestAlgorithm::Sha384,
        Digest::Sha512 => DigestAlgorithm::Sha512,
    }
}

fn open(spec: &KeySpec, secrets: &mut Secrets, wanted: Option<Digest>) -> Result<Ready, Failure> {
    let path = spec.uri.path();
    let octets = read(path)?;
    let name = clean::path(path);
    let failed = |source| Error::Key { path: path.to_owned(), source };
    let (key, own, mut chain) = match &spec.uri {
        KeyUri::Pkcs12(_) => {
            let secret = secrets.of(spec.secret.as_ref(), &name)?;
            let contents = crypto::pkcs12::open(&octets, &secret).map_err(failed)?;
            let parse = |der: &[u8]| {
                Certificate::from_der(der)
                    .map_err(|source| Error::X509 { path: path.to_owned(), source })
            };
            let own = parse(&contents.certificate)?;
            let chain =
                contents.chain.iter().map(|der| parse(der)).collect::<Result<Vec<_>, _>>()?;
            (contents.key, own, chain)
        }
        KeyUri::Pem(_) => {
            let key = pem(&octets, spec, secrets, &name)?.map_err(failed)?;
            // `keys::resolve` refuses a PEM key without --cert.
            let file = spec.cert.as_deref().unwrap_or(path);
            let mut found = load_certificates(file)?;
            if found.is_empty() {
                return Err(Error::NoCertificate { path: path.to_owned() }.into());
            }
            let own = found.remove(0);
            (key, own, found)
        }
    };
    let own = match (&spec.uri, &spec.cert) {
        (KeyUri::Pkcs12(_), Some(given)) => load_certificates(given)?
            .into_iter()
            .next()
            .ok_or_else(|| Error::NoCertificate { path: given.clone() })?,
        _ => own,
    };
    for path in &spec.chain {
        let mut evidence = ceralacca::Evidence::default();
        evidence.add_chain(path)?;
        chain.extend(evidence.certificates);
    }
    let mismatch =
        || Error::KeyMismatch { path: path.to_owned(), subject: own.subject().to_string() };
    let certified = own.public_key().map_err(|_| mismatch())?;
    let key = match key.for_certified_key(certified) {
        Err(crypto::Error::KeyMismatch) => return Err(mismatch().into()),
        other => other.map_err(failed)?,
    };
    let key = match wanted {
        Some(wanted) => with_digest(key, wanted, &name)?.map_err(failed)?,
        None => key,
    };
    let chain = above(&own, chain);
    Ok(Ready { key: Arc::new(key), certificate: own, chain })
}

/// A PEM key may stand there in the clear: a password is asked for only when one is needed.
fn pem(
    octets: &[u8],
    spec: &KeySpec,
    secrets: &mut Secrets,
    name: &str,
) -> Result<Result<SoftKey, crypto::Error>, Failure> {
    Ok(match SoftKey::from_pem(octets, None) {
        Err(crypto::Error::PasswordNeeded) => {
            let secret: Secret = secrets.of(spec.secret.as_ref(), name)?;
            SoftKey::from_pem(octets, Some(&secret))
        }
        other => other,
    })
}

/// The key with another digest in its algorithm, the rest of it unchanged.
fn with_digest(
    key: SoftKey,
    wanted: Digest,
    name: &str,
) -> Result<Result<SoftKey, crypto::Error>, Failure> {
    let digest = digest(Some(wanted));
    let algorithm = match key.algorithm() {
        SignatureAlgorithm::RsaPkcs1 { .. } => SignatureAlgorithm::RsaPkcs1 { digest },
        SignatureAlgorithm::Ecdsa { .. } => SignatureAlgorithm::Ecdsa { digest },
        SignatureAlgorithm::RsaPss { trailer, .. } => SignatureAlgorithm::RsaPss {
            digest,
            mgf_digest: digest,
            salt_len: u32::try_from(digest.output_len()).unwrap_or(32),
            trailer,
        },
        other => {
            let algorithm = other.name();
            return Err(Failure::new(
                "DIGEST",
                Exit::Usage,
                both!(
                    "la chiave {name} firma con {algorithm}, che ha la sua impronta: --digest non si può scegliere",
                    "the key {name} signs with {algorithm}, whose digest is fixed: --digest cannot be chosen"
                ),
            ));
        }
    };
    Ok(key.with_algorithm(algorithm))
}

/// The certificates above `own` among those at hand, in order; the root is left out.
fn above(own: &Certificate, at_hand: Vec<Certificate>) -> Vec<Certificate> {
    let mut chain: Vec<Certificate> = Vec::new();
    loop {
        let last = chain.last().unwrap_or(own);
        let next = at_hand.iter().find(|candidate| {
            candidate.subject().matches(last.issuer())
                && !candidate.self_signed()
                // An authority that renewed its key has several certificates of one name.
                && matches!(last.verify_issued_by(candidate), SignatureCheck::Valid { .. })
                && candidate.der() != own.der()
                && chain.iter().all(|known| known.der() != candidate.der())
        });
        match next {
            Some(next) => chain.push(next.clone()),
            None => return chain,
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error| files::Error::from_io("reading", path, error);
    let file = SourceFile::open(path, FollowLinks::Follow)?;
    let mut octets = Vec::new();
    file.take(MAX_KEY_FILE).read_to_end(&mut octets).map_err(failed)?;
    Ok(octets)
}

/// A signer as programs read it.
pub(crate) fn signer(certificate: &Certificate) -> Value {
    let subject = certificate.subject();
    json!({
        "name": name(certificate),
        "tax_code": certificate.tax_code(),
        "title": subject.title(),
        "organisation": subject.organization(),
        "issuer": display(certificate.issuer()),
        "serial_number": certificate.serial_hex(),
        "valid_until": instant::json(certificate.not_after()),
    })
}

/// `PROVADINI ADA`, or what else names the holder.
pub(crate) fn name(certificate: &Certificate) -> String {
    display(certificate.subject())
}

fn display(name: &x509::Name) -> String {
    let person = match (name.surname(), name.given_name()) {
        (Some(surname), Some(given)) => Some(format!("{surname} {given}")),
        _ => None,
    };
    let shown = person.or_else(|| name.common_name()).or_else(|| name.organization());
    clean::line(&shown.unwrap_or_else(|| name.to_string())).into_owned()
}

//! A lab as a folder: what `lab init` writes and `lab serve` reads.
//!
//! ```text
//! LEGGIMI.txt               all of this is fake; what to do with it
//! lab.toml                  the whole state: keys, certificates, register (0600)
//! signers/NAME.p12 .pin .cer.pem    presidente-legacy.p12 if OpenSSL can
//! trust/ROOT.pem            what --trust reads
//! chain/ca.pem ocsp.pem
//! revocation/CA.crl NAME.ocsp       DER, valid for a year
//! tsa/NAME.pem url.txt
//! esercizio/                the half-hour exercise
//! ```
//! The folder appears whole or not at all. Private keys are readable by their owner only.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use files::{Durability, Overwrite, StagedDir, StagedFile};
use serde::{Deserialize, Serialize};

use crate::{
    Config, Entity, Error, Key, Pki, Result, Role, certificate, exercise, pkcs12::Encryption,
    pki::Revocation,
};

const STATE: &str = "lab.toml";

#[derive(Serialize, Deserialize)]
struct State {
    warning: String,
    base_url: String,
    created: DateTime<Utc>,
    revocation_days: i64,
    seed: String,
    #[serde(default)]
    revocation: Vec<Revocation>,
    entity: Vec<EntityState>,
}

#[derive(Serialize, Deserialize)]
struct EntityState {
    id: String,
    role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    kind: String,
    certificate: String,
    key: String,
}

/// Makes a lab and writes it to a folder that must not exist, or be empty.
///
/// # Errors
/// As [`Pki::create`]; a folder with something in it; what the system answers.
pub fn init(dir: &Path, config: &Config) -> Result<Pki> {
    if !is_empty_folder(dir) {
        files::refuse_existing(dir, Overwrite::Never)?;
    }
    let pki = Pki::create(config)?;
    write(dir, &pki, &config.pin)?;
    Ok(pki)
}

/// Whether there is such a folder and nothing in it.
fn is_empty_folder(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

/// Writes a lab to a folder that must not exist, or be empty. `pin` protects the PKCS#12 files.
///
/// # Errors
/// A folder with something in it; what the system answers.
pub fn write(dir: &Path, pki: &Pki, pin: &str) -> Result<()> {
    let folder = Folder(StagedDir::create(dir)?);
    let until = pki.created + pki.revocation_validity;
    for signer in pki.with_role(Role::Signer) {
        let id = &signer.id;
        folder.secret(&format!("signers/{id}.p12"), &pki.pkcs12(id, pin, Encryption::Modern)?)?;
        folder.secret(&format!("signers/{id}.pin"), format!("{pin}\n").as_bytes())?;
        folder.text(&format!("signers/{id}.cer.pem"), &signer.certificate.pem())?;
    }
    // Without the legacy provider there is no legacy file; nothing else depends on it.
    if pki.entity("presidente").is_ok()
        && let Ok(legacy) = pki.pkcs12("presidente", pin, Encryption::Legacy)
    {
        folder.secret("signers/presidente-legacy.p12", &legacy)?;
        folder.secret("signers/presidente-legacy.pin", format!("{pin}\n").as_bytes())?;
    }
    for root in pki.roots() {
        folder.text(&format!("trust/{}.pem", root.id), &root.certificate.pem())?;
    }
    for entity in pki.entities() {
        let in_chain = matches!(entity.role, Role::Authority | Role::Responder);
        if in_chain && entity.issuer.is_some() {
            folder.text(&format!("chain/{}.pem", entity.id), &entity.certificate.pem())?;
        }
        if entity.role == Role::Authority {
            let crl = pki.crl(&entity.id, pki.created, until)?;
            folder.file(&format!("revocation/{}.crl", entity.id), &crl)?;
        }
        if entity.issuer.is_some() && entity.role != Role::Responder {
            let response = pki.ocsp_response(&entity.id, pki.created, until)?;
            folder.file(&format!("revocation/{}.ocsp", entity.id), &response)?;
        }
        if entity.role == Role::Tsa {
            folder.text(&format!("tsa/{}.pem", entity.id), &entity.certificate.pem())?;
        }
    }
    folder.text("tsa/url.txt", &format!("{}\n", pki.tsa_url("tsa")))?;
    // A lab filled by hand may lack the people of the exercise.
    match exercise::files(pki, pki.created) {
        Ok(files) => {
            for (name, octets) in files {
                folder.file(&format!("esercizio/{name}"), &octets)?;
            }
        }
        Err(Error::Unknown { .. }) => {}
        Err(other) => return Err(other),
    }
    folder.text("LEGGIMI.txt", &readme(pki))?;
    folder.secret(STATE, state(pki)?.as_bytes())?;
    // Removes it only while it is empty; what is in it by now stops the commit.
    let _ = fs::remove_dir(dir);
    folder.0.commit(Overwrite::Never, Durability::File)?;
    Ok(())
}

/// Reads a lab from the folder [`init`] wrote.
///
/// # Errors
/// No `lab.toml`, or one that is not the state of a lab.
pub fn load(dir: &Path) -> Result<Pki> {
    let path = dir.join(STATE);
    let text = fs::read_to_string(&path).map_err(|source| Error::Io {
        doing: "read",
        path: path.clone(),
        source,
    })?;
    let state: State =
        toml::from_str(&text).map_err(|source| Error::State { path: path.clone(), source })?;
    let mut entities = Vec::new();
    for one in state.entity {
        let key = Key::from_pem(one.kind.parse()?, one.key.as_bytes())?;
        let certificate = certificate::from_pem(&one.certificate)?;
        entities.push(Entity { id: one.id, role: one.role, issuer: one.issuer, key, certificate });
    }
    // The seed only spreads serial numbers: one that was edited away is no reason to stop.
    let mut seed = [0; 32];
    for (octet, pair) in seed.iter_mut().zip(state.seed.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(pair).unwrap_or_default();
        *octet = u8::from_str_radix(digits, 16).unwrap_or(0);
    }
    let days = state.revocation_days.clamp(1, 36_500);
    Ok(Pki {
        base_url: state.base_url,
        created: state.created,
        revocation_validity: TimeDelta::days(days),
        seed,
        entities,
        revocations: state.revocation,
    })
}

/// Writes the state of a lab again, after somebody was revoked or added.
/// The other files of the folder stay as they are.
///
/// # Errors
/// What the system answers.
pub fn save(dir: &Path, pki: &Pki) -> Result<()> {
    let path = dir.join(STATE);
    let io = |doing: &'static str| {
        let path = path.clone();
        move |source| Error::Io { doing, path, source }
    };
    let mut file = StagedFile::create(&path)?;
    file.write_all(state(pki)?.as_bytes()).map_err(io("write"))?;
    file.commit(Overwrite::Replace, Durability::File)?;
    private(&path).map_err(io("protect"))
}

fn state(pki: &Pki) -> Result<String> {
    let mut entity = Vec::new();
    for one in &pki.entities {
        entity.push(EntityState {
            id: one.id.clone(),
            role: one.role,
            issuer: one.issuer.clone(),
            kind: one.key.kind.to_string(),
            certificate: one.certificate.pem(),
            key: String::from_utf8_lossy(&one.key.pem()?).into_owned(),
        });
    }
    let state = State {
        warning: "TEST - NON VALIDO. Chiavi di prova: non usarle per nulla di vero.".to_owned(),
        base_url: pki.base_url.clone(),
        created: pki.created,
        revocation_days: pki.revocation_validity.num_days(),
        seed: pki.seed.iter().map(|octet| format!("{octet:02x}")).collect(),
        revocation: pki.revocations.clone(),
        entity,
    };
    toml::to_string(&state).map_err(Error::StateWrite)
}

struct Folder(StagedDir);

impl Folder {
    fn file(&self, name: &str, octets: &[u8]) -> Result<PathBuf> {
        let relative = Path::new(name);
        let mut file = self.0.create_file(relative)?;
        let path = self.0.path().join(relative);
        file.write_all(octets).map_err(|source| Error::Io {
            doing: "write",
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }

    fn text(&self, name: &str, text: &str) -> Result<PathBuf> {
        self.file(name, text.as_bytes())
    }

    /// A file its owner alone can read, from before its first octet is written.
    fn secret(&self, name: &str, octets: &[u8]) -> Result<()> {
        let path = self.file(name, &[])?;
        let io = |doing: &'static str| {
            let path = path.clone();
            move |source| Error::Io { doing, path, source }
        };
        private(&path).map_err(io("protect"))?;
        fs::write(&path, octets).map_err(io("write"))
    }
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// Elsewhere the folder's own rights decide.
#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn readme(pki: &Pki) -> String {
    let (base, tsa) = (&pki.base_url, pki.tsa_url("tsa"));
    format!(
        "\
LABORATORIO DI PROVA - TEST - NON VALIDO

Tutto quello che sta in questa cartella è finto: le autorità, le persone, i
codici fiscali, le marche temporali. Nessuna firma fatta con queste chiavi ha
valore. Niente di tutto questo entra negli archivi di fiducia del computer.

  signers/     le chiavi dei firmatari (.p12) e il loro PIN (.pin)
  trust/       le radici: si indicano con --trust
  chain/       le autorità intermedie
  revocation/  CRL e risposte OCSP, buone per un anno: si indicano con --crl e --ocsp
  tsa/         i certificati delle marche temporali
  esercizio/   un file valido, uno alterato, uno scaduto, uno sospeso

Per avviare i servizi ({base}, solo su questo computer):
  ceralacca lab serve .
Per firmare e marcare, con i servizi avviati:
  ceralacca sign FILE --key p12:signers/presidente.p12 \\
    --password-file signers/presidente.pin --level t --tsa {tsa}
Per portare una firma ai livelli LT e LTA si leggono gli indirizzi scritti nei
certificati, che qui sono di questo computer, e vanno ammessi:
  ceralacca extend FILE.p7m --level lta --tsa {tsa} \\
    --trust trust --allow-net 127.0.0.0/8
Per verificare, anche senza servizi:
  ceralacca verify FILE.p7m --trust trust --crl revocation/ca.crl \\
    --crl revocation/root.crl --crl revocation/tsa-root.crl

----------------------------------------------------------------------------
TEST LABORATORY - TEST - NON VALIDO

Everything in this folder is fake: authorities, people, tax codes, time-stamps.
No signature made with these keys is worth anything. Nothing here enters the
trust stores of the computer. The commands above start the services on this
computer only, sign and stamp a file, raise a signature to LTA (the addresses
in these certificates are on this computer: --allow-net 127.0.0.0/8 admits
them), and verify it without any service.
"
    )
}

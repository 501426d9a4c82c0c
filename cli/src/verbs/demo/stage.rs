//! Where the demo plays: a folder with a test PKI in it, whose servers run in this process.
//!
//! What is signed, stamped and judged here goes the same way as for any service: keys from PKCS#12
//! files, RFC 3161, OCSP and CRLs over HTTP. Only the addresses are the loopback's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ceralacca::online::{HttpClient, HttpConfig, HttpFetch, HttpTimestampAuthority};
use ceralacca::{
    Durability, Evidence, Overwrite, Placing, Policy, Progress, Report, Secret, SignOptions,
    SigningKey, StampOptions, Times, TimestampAuthority, VerifyOptions, preservation,
};
use chrono::{DateTime, Utc};
use lab::{Config, Running, SignerSpec};

use crate::failure::Failure;

/// The folder and its running servers.
pub(super) struct Stage {
    /// The folder, absolute.
    pub(super) dir: PathBuf,
    config: Config,
    running: Option<Running>,
    authority: HttpTimestampAuthority,
    fetch: HttpFetch,
}

impl Stage {
    /// Makes the PKI for a free port, serves it and writes it to `dir`.
    ///
    /// # Errors
    /// The folder holds something, the disk refuses, no port can be had.
    pub(super) fn set(dir: PathBuf, now: DateTime<Utc>, seed: [u8; 32]) -> Result<Self, Failure> {
        files::refuse_existing(&dir, Overwrite::Never).or_else(|error| {
            // An empty folder may be filled.
            let empty = std::fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_none());
            if empty { Ok(()) } else { Err(error) }
        })?;
        // The clock of the servers: stamps and answers carry the time at which they are given.
        let clock: lab::Clock = Arc::new(Utc::now);
        let mut config = Config::new(now, seed, 0);
        // One of the two signers is looked up in a CRL, the other asks OCSP: both ways are walked.
        for signer in config.signers.iter_mut().filter(|signer| signer.id == "segretario") {
            signer.pointers = lab::pki::Pointers::CrlOnly;
        }
        let running = lab::Lab::start(&config, clock)?;
        lab::disk::write(&dir, &running.pki(), &config.pin)?;
        let client = HttpClient::new(HttpConfig {
            // The URLs inside the test certificates are on the loopback, which is refused otherwise.
            allow_net: "127.0.0.0/8".parse().into_iter().collect(),
            ..HttpConfig::default()
        })
        .map_err(ceralacca::Error::from)?;
        let url = running.tsa_url("tsa");
        let authority = HttpTimestampAuthority::new(client.clone(), &url, None)
            .map_err(ceralacca::Error::from)?;
        Ok(Self { dir, config, running: Some(running), authority, fetch: HttpFetch::new(client) })
    }

    /// A path below the folder.
    pub(super) fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.join(name)
    }

    /// Where the servers are.
    pub(super) fn url(&self) -> String {
        self.running.as_ref().map(|running| running.base_url().to_owned()).unwrap_or_default()
    }

    /// How many requests for OCSP answers and for CRLs the servers have had.
    pub(super) fn asked(&self) -> (usize, usize) {
        let log = self.running.as_ref().map(Running::requests).unwrap_or_default();
        let count = |what: &str| log.iter().filter(|request| request.contains(what)).count();
        (count(" /ocsp"), count(" /crl/"))
    }

    /// A person of the test PKI.
    pub(super) fn person(&self, id: &str) -> Option<&SignerSpec> {
        self.config.signers.iter().find(|signer| signer.id == id)
    }

    /// Stops the servers, after leaving revocation data behind that were issued after everything
    /// that was signed and stamped here, and are good for a year.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn strike(&mut self) -> Result<(), Failure> {
        let Some(running) = self.running.take() else { return Ok(()) };
        let pki = running.pki();
        let (from, until) = (Utc::now(), Utc::now() + pki.revocation_validity);
        for entity in pki.entities() {
            if entity.role == lab::Role::Authority {
                let crl = pki.crl(&entity.id, from, until)?;
                self.replace(&format!("revocation/{}.crl", entity.id), &crl)?;
            }
            if entity.issuer.is_some() && entity.role != lab::Role::Responder {
                let answer = pki.ocsp_response(&entity.id, from, until)?;
                self.replace(&format!("revocation/{}.ocsp", entity.id), &answer)?;
            }
        }
        running.stop();
        Ok(())
    }

    fn replace(&self, name: &str, octets: &[u8]) -> Result<(), Failure> {
        write(&self.at(name), octets, Overwrite::Replace)
    }

    /// The key of a signer, from its PKCS#12 file.
    ///
    /// # Errors
    /// The file or its password does not serve.
    pub(super) fn key(&self, id: &str) -> Result<SigningKey, Failure> {
        let pin = Secret::from(self.config.pin.as_bytes().to_vec());
        Ok(SigningKey::from_pkcs12(&self.at(format!("signers/{id}.p12")), &pin)?)
    }

    /// Signs with a time-stamp, now.
    pub(super) fn sign<T>(
        &self,
        key: SigningKey,
        progress: Option<&Progress<'_>>,
        work: impl FnOnce(&SignOptions<'_>) -> ceralacca::Result<T>,
    ) -> Result<T, Failure> {
        let authorities: [&dyn TimestampAuthority; 1] = [&self.authority];
        let keys = [key];
        Ok(work(&SignOptions {
            keys: &keys,
            signing_time: Utc::now(),
            authorities: &authorities,
            placing: placing(),
            progress,
            ..SignOptions::default()
        })?)
    }

    /// Stamps a file.
    pub(super) fn stamp(
        &self,
        input: &Path,
        output: &Path,
        progress: Option<&Progress<'_>>,
    ) -> Result<ceralacca::Stamped, Failure> {
        let authorities: [&dyn TimestampAuthority; 1] = [&self.authority];
        let options = StampOptions {
            authorities: &authorities,
            digest: ceralacca::DigestAlgorithm::Sha256,
            placing: placing(),
            progress,
        };
        Ok(ceralacca::stamp_file(input, output, &options)?)
    }

    /// Judges a file now: over the network while the servers run, from the folder's own files after.
    pub(super) fn verify(
        &self,
        file: &Path,
        content: Option<&Path>,
        progress: Option<&Progress<'_>>,
    ) -> Result<Report, Failure> {
        self.judge(content, progress, |options| ceralacca::verify_file(file, options))
    }

    /// Judges a package now, in the same way.
    pub(super) fn verify_package(
        &self,
        package: &Path,
        progress: &mut preservation::Progress<'_>,
    ) -> Result<(preservation::PackageReport, Option<Report>), Failure> {
        self.judge(None, None, |options| ceralacca::verify_package(package, options, progress))
    }

    fn judge<T>(
        &self,
        content: Option<&Path>,
        progress: Option<&Progress<'_>>,
        work: impl FnOnce(&VerifyOptions<'_>) -> ceralacca::Result<T>,
    ) -> Result<T, Failure> {
        let mut evidence = Evidence::default();
        evidence.add_trust(&self.at("trust"))?;
        let online = self.running.is_some();
        if !online {
            evidence.add_crls(&self.at("revocation"))?;
            evidence.add_ocsp(&self.at("revocation"))?;
        }
        let (policy, times) = (Policy::default(), Times::now(Utc::now()));
        Ok(work(&VerifyOptions {
            evidence: &evidence,
            fetch: online.then_some(&self.fetch as &dyn ceralacca::Fetch),
            content,
            content_digest: None,
            policy: &policy,
            times: &times,
            progress,
        })?)
    }
}

/// Nothing is replaced; each output reaches the disk before it gets its name.
pub(super) fn placing() -> Placing {
    Placing { overwrite: Overwrite::Never, durability: Durability::File }
}

/// Writes a small file, whole or not at all.
pub(super) fn write(path: &Path, octets: &[u8], overwrite: Overwrite) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut staged = files::StagedFile::create(path)?;
    staged.write_all(octets).map_err(|error| staged.write_error(error))?;
    staged.commit(overwrite, Durability::File)?;
    Ok(())
}

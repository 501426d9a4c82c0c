//! Trust anchors, intermediate certificates and revocation data from files.

use std::path::Path;

use x509::{Certificate, Crl, OcspResponse, TrustAnchor};

use crate::keys::{files_of, load_certificates, read_small};
use crate::{Error, Result};

/// What a judgement rests on besides the file itself.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Whom the user trusts.
    pub anchors: Vec<TrustAnchor>,
    /// Further certificates, trusted by nobody.
    pub certificates: Vec<Certificate>,
    /// Certificate revocation lists.
    pub crls: Vec<Crl>,
    /// OCSP responses.
    pub ocsp: Vec<OcspResponse>,
    /// Documents of signature policies, compared with the hash a signature names one by.
    pub policies: Vec<Vec<u8>>,
}

impl Evidence {
    /// Adds every certificate of a file, or of the files of a folder, as an
    /// anchor for signers, time-stamps and responders alike.
    ///
    /// # Errors
    /// A file named cannot be read. Files of a folder that hold no
    /// certificate are passed over.
    pub fn add_trust(&mut self, path: &Path) -> Result<()> {
        let source = path.display().to_string();
        each(path, load_certificates, |certificate| {
            self.anchors.push(TrustAnchor::new(certificate, source.clone()));
        })
    }

    /// Adds the certificates of a file or folder to build chains from.
    ///
    /// # Errors
    /// As [`add_trust`](Self::add_trust).
    pub fn add_chain(&mut self, path: &Path) -> Result<()> {
        each(path, load_certificates, |certificate| self.certificates.push(certificate))
    }

    /// Adds the CRLs of a file or folder.
    ///
    /// # Errors
    /// As [`add_trust`](Self::add_trust).
    pub fn add_crls(&mut self, path: &Path) -> Result<()> {
        let load = |path: &Path| {
            Crl::from_pem_or_der(&read_small(path)?)
                .map_err(|source| Error::X509 { path: path.to_owned(), source })
        };
        each(path, load, |crl| self.crls.push(crl))
    }

    /// Adds a file as the document of a signature policy.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn add_policy_document(&mut self, path: &Path) -> Result<()> {
        self.policies.push(read_small(path)?);
        Ok(())
    }

    /// Adds the OCSP responses of a file or folder.
    ///
    /// # Errors
    /// As [`add_trust`](Self::add_trust).
    pub fn add_ocsp(&mut self, path: &Path) -> Result<()> {
        let load = |path: &Path| {
            OcspResponse::from_der(&read_small(path)?)
                .map(|response| vec![response])
                .map_err(|source| Error::X509 { path: path.to_owned(), source })
        };
        each(path, load, |response| self.ocsp.push(response))
    }
}

/// Loads a file, or all files of a folder that can be loaded.
fn each<T>(
    path: &Path,
    load: impl Fn(&Path) -> Result<Vec<T>>,
    mut add: impl FnMut(T),
) -> Result<()> {
    if !path.is_dir() {
        load(path)?.into_iter().for_each(add);
        return Ok(());
    }
    for file in files_of(path)? {
        match load(&file) {
            Ok(found) => found.into_iter().for_each(&mut add),
            // A folder may hold a README or another kind of evidence.
            Err(Error::X509 { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

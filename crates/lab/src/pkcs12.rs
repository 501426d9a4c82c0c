//! PKCS#12 files (RFC 7292), modern and as old Italian readers wrote them.

use std::sync::{Mutex, PoisonError};

use openssl::{hash::MessageDigest, nid::Nid, pkcs12, pkey::PKey, provider::Provider, stack, x509};

use crate::{Pki, Result, error::Doing};

/// How the file is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// PBES2 with AES-256 and a SHA-256 MAC: OpenSSL 3's own default.
    Modern,
    /// RC2-40 for certificates, 3DES for the key, SHA-1 MAC: needs OpenSSL's legacy provider.
    Legacy,
}

/// Providers are the process's: one legacy file at a time.
static LEGACY: Mutex<()> = Mutex::new(());

impl Pki {
    /// Key, certificate and chain without root of somebody, under a password.
    ///
    /// # Errors
    /// Nobody of this name; for [`Encryption::Legacy`] also a missing legacy provider.
    pub fn pkcs12(&self, id: &str, password: &str, encryption: Encryption) -> Result<Vec<u8>> {
        let doing = match encryption {
            Encryption::Modern => "write a PKCS#12 file",
            Encryption::Legacy => "write a legacy PKCS#12 file",
        };
        let guard = LEGACY.lock().unwrap_or_else(PoisonError::into_inner);
        let provider = match encryption {
            Encryption::Modern => None,
            Encryption::Legacy => Some(Provider::try_load(None, "legacy", true).doing(doing)?),
        };
        let entity = self.entity(id)?;
        let key = PKey::private_key_from_pkcs8(&entity.key.pkcs8()?).doing(doing)?;
        let certificate = x509::X509::from_der(&entity.certificate.der).doing(doing)?;
        let mut chain = stack::Stack::new().doing(doing)?;
        for issuer in self.path(id)?.iter().skip(1).filter(|entity| entity.issuer.is_some()) {
            let issuer = x509::X509::from_der(&issuer.certificate.der).doing(doing)?;
            chain.push(issuer).doing(doing)?;
        }
        let mut builder = pkcs12::Pkcs12::builder();
        builder.name(id).pkey(&key).cert(&certificate).ca(chain);
        if encryption == Encryption::Legacy {
            builder
                .key_algorithm(Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC)
                .cert_algorithm(Nid::PBE_WITHSHA1AND40BITRC2_CBC)
                .mac_md(MessageDigest::sha1());
        }
        let file = builder.build2(password).and_then(|p12| p12.to_der()).doing(doing);
        drop(provider);
        drop(guard);
        file
    }
}

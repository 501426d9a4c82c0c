//! Certificates and revocation data put into a file (EN 319 122-1 §5.4.2).

use asn1::{Tag, der};
use cms::{Limits, RevocationInfo, SignedData};
use x509::{Certificate, Crl, OcspResponse};

use crate::change::{edit_token, is_frozen, latest_archive_time_stamp, refuse_evidence_record};
use crate::{Error, Result};

/// What a later reader needs to validate signatures without asking anybody:
/// certificates up to the roots, and their revocation status.
#[derive(Clone, Debug, Default)]
pub struct ValidationData {
    /// Certificates of signers, authorities, responders and their issuers.
    pub certificates: Vec<Certificate>,
    /// Revocation lists.
    pub crls: Vec<Crl>,
    /// OCSP responses.
    pub ocsp: Vec<OcspResponse>,
}

impl ValidationData {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.ocsp.is_empty()
    }

    /// Octets it will take in a file, roughly.
    #[must_use]
    pub fn size(&self) -> u64 {
        let certificates = self.certificates.iter().map(|certificate| certificate.der().len());
        let crls = self.crls.iter().map(|crl| crl.der().len());
        let ocsp = self.ocsp.iter().map(|response| response.basic().len() + 64);
        certificates.chain(crls).chain(ocsp).sum::<usize>() as u64
    }

    /// Adds what is not in the file yet: to `certificates` and `crls` of the
    /// SignedData, or, where an archive time-stamp of an older kind has frozen
    /// these (EN 319 122-1 §5.4.2, second strategy), to those of the token of the latest
    /// archive time-stamp. Lists stand there as they are, OCSP responses whole
    /// as `id-ri-ocsp-response` (RFC 5940 §2.1).
    ///
    /// # Errors
    /// An evidence record forbids every change; the file is frozen and has no
    /// archive time-stamp that could take anything.
    pub fn add_to(&self, data: &mut SignedData) -> Result<()> {
        let missing = self.missing_in(data);
        if missing.is_empty() {
            return Ok(());
        }
        refuse_evidence_record(data)?;
        if !is_frozen(data) {
            missing.append_to(data);
            return Ok(());
        }
        let (signer, attribute, value, token) =
            latest_archive_time_stamp(data).ok_or(Error::Frozen)?;
        let missing = missing.missing_in(&token.data);
        if missing.is_empty() {
            return Ok(());
        }
        let token = edit_token(&token.raw, |data| {
            missing.append_to(data);
            Ok(())
        })?;
        if let Some(signer) = data.signer_infos.get_mut(signer) {
            *signer = signer.with_replaced(attribute, value, &token, &Limits::default())?;
        }
        Ok(())
    }

    /// What of it is not among the certificates and revocation data of `data`.
    #[must_use]
    pub fn missing_in(&self, data: &SignedData) -> Self {
        let known: Vec<Vec<u8>> = data
            .revocation_infos()
            .into_iter()
            .filter_map(|info| match info {
                RevocationInfo::Crl(raw) => Some(raw),
                RevocationInfo::Ocsp(raw) => {
                    OcspResponse::from_der(&raw).ok().map(|response| response.basic().to_vec())
                }
                RevocationInfo::Other(_) | RevocationInfo::Unknown => None,
            })
            .collect();
        let has = |raw: &[u8]| known.iter().any(|known| known == raw);
        let mut missing = Self::default();
        for certificate in &self.certificates {
            let there = data.certificates.iter().any(|raw| raw == certificate.der());
            if !there && !missing.certificates.contains(certificate) {
                missing.certificates.push(certificate.clone());
            }
        }
        for crl in &self.crls {
            if !has(crl.der()) && !missing.crls.iter().any(|other| other.der() == crl.der()) {
                missing.crls.push(crl.clone());
            }
        }
        for response in &self.ocsp {
            let listed = missing.ocsp.iter().any(|other| other.basic() == response.basic());
            if !has(response.basic()) && !listed {
                missing.ocsp.push(response.clone());
            }
        }
        missing
    }

    fn append_to(&self, data: &mut SignedData) {
        data.certificates.extend(self.certificates.iter().map(|c| c.der().to_vec()));
        data.crls.extend(self.crls.iter().map(|crl| crl.der().to_vec()));
        data.crls.extend(self.ocsp.iter().map(|response| {
            let format = der::oid(&cms::oids::RI_OCSP_RESPONSE);
            der::constructed(Tag::context_constructed(1), &[format, response.wrapped()])
        }));
    }
}

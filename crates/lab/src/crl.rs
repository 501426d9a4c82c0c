//! Certificate revocation lists (RFC 5280 §5).

use asn1::{Tag, der};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Result,
    certificate::{self, Criticality::NonCritical, extension},
    oids,
    pki::{Pki, Reason},
};

/// What stands in a CRL. [`CrlSpec::new`] is one in order.
#[derive(Clone, Debug)]
pub struct CrlSpec {
    /// Issued at; the register is read as of this instant.
    pub this_update: DateTime<Utc>,
    /// Next one promised for; `None` leaves it out.
    pub next_update: Option<DateTime<Utc>>,
    /// Whether expired certificates stay listed (expiredCertsOnCRL, X.509 §9.5.2.8),
    /// as Italian qualified authorities do.
    pub keeps_expired: bool,
    /// Whether the signature is spoilt.
    pub bad_signature: bool,
    /// Signed with the key of this entity instead of the authority's.
    pub signed_by: Option<String>,
    /// Issued under the name of this entity instead of the authority's: what an indirect CRL is.
    pub issued_by: Option<String>,
    /// `cRLNumber`; `None` counts seconds.
    pub number: Option<u64>,
    /// Whether the register's lines are left out.
    pub without_register: bool,
    /// Further complete revoked entries, in front of the register's.
    pub entries: Vec<Vec<u8>>,
    /// Further complete Extension values.
    pub extensions: Vec<Vec<u8>>,
}

impl CrlSpec {
    /// A CRL in order.
    #[must_use]
    pub fn new(this_update: DateTime<Utc>, next_update: DateTime<Utc>) -> Self {
        Self {
            this_update,
            next_update: Some(next_update),
            keeps_expired: true,
            bad_signature: false,
            signed_by: None,
            issued_by: None,
            number: None,
            without_register: false,
            entries: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// A CRL whose next one was due a day ago.
    #[must_use]
    pub fn stale(now: DateTime<Utc>) -> Self {
        Self::new(now - TimeDelta::days(8), now - TimeDelta::days(1))
    }
}

impl Pki {
    /// The CRL of an authority, DER.
    ///
    /// # Errors
    /// No such authority.
    pub fn crl(
        &self,
        authority: &str,
        this_update: DateTime<Utc>,
        next_update: DateTime<Utc>,
    ) -> Result<Vec<u8>> {
        self.crl_with(authority, &CrlSpec::new(this_update, next_update))
    }

    /// The CRL of an authority, in order or not.
    ///
    /// # Errors
    /// No such authority.
    pub fn crl_with(&self, authority: &str, spec: &CrlSpec) -> Result<Vec<u8>> {
        let issuer = self.authority(authority)?;
        let named = match &spec.issued_by {
            Some(other) => self.entity(other)?,
            None => issuer,
        };
        let key = match &spec.signed_by {
            Some(other) => &self.entity(other)?.key,
            None => &named.key,
        };
        let hash = key.kind.hash();
        let mut revoked = spec.entries.clone();
        for entity in &self.entities {
            if spec.without_register || entity.issuer.as_deref() != Some(authority) {
                continue;
            }
            let Some(line) = self.status(&entity.id, spec.this_update) else { continue };
            let mut entry =
                vec![der::tlv(Tag::INTEGER, &entity.certificate.serial), der::time(line.at)];
            if line.reason != Reason::Unspecified {
                let reason = der::enumerated(line.reason as u8);
                let reason = extension(&oids::REASON_CODE, NonCritical, &reason);
                entry.push(der::sequence(&[reason]));
            }
            revoked.push(der::sequence(&entry));
        }
        let seconds = u64::try_from(spec.this_update.timestamp()).unwrap_or(0);
        let number = spec.number.unwrap_or(seconds);
        let mut extensions = vec![
            certificate::authority_key_identifier(&named.certificate.spki)?,
            extension(&oids::CRL_NUMBER, NonCritical, &der::integer(number)),
        ];
        if spec.keeps_expired {
            let since = der::generalized_time(issuer.certificate.not_before);
            extensions.push(extension(&oids::EXPIRED_CERTS_ON_CRL, NonCritical, &since));
        }
        extensions.extend(spec.extensions.iter().cloned());
        let mut tbs = vec![
            der::integer(1),
            key.algorithm(hash)?,
            named.certificate.subject.clone(),
            der::time(spec.this_update),
        ];
        tbs.extend(spec.next_update.map(der::time));
        if !revoked.is_empty() {
            tbs.push(der::sequence(&revoked));
        }
        tbs.push(der::explicit(0, &der::sequence(&extensions)));
        let mut crl = certificate::signed(&der::sequence(&tbs), key, hash)?;
        if spec.bad_signature {
            spoil(&mut crl);
        }
        Ok(crl)
    }
}

/// Changes one bit near the end, where the signature's value is.
pub(crate) fn spoil(octets: &mut [u8]) {
    if let Some(octet) = octets.len().checked_sub(5).and_then(|at| octets.get_mut(at)) {
        *octet ^= 1;
    }
}

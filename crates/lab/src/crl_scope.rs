//! What narrows a CRL: deltas, indirect lists and distribution points
//! (RFC 5280 §5.2.4 to §5.2.6, §5.3.3). Complete Extension values and entries,
//! to be put into a [`CrlSpec`](crate::crl::CrlSpec).

use asn1::{Tag, der};
use chrono::{DateTime, Utc};

use crate::{
    Result,
    certificate::{
        Criticality::{Critical, NonCritical},
        extension,
    },
    oids,
    pki::{Entity, Pki, Reason},
};

/// issuingDistributionPoint.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `distributionPoint`: a URL as fullName.
    pub url: Option<String>,
    /// `onlyContainsUserCerts`.
    pub only_users: bool,
    /// `onlyContainsCACerts`.
    pub only_authorities: bool,
    /// `onlySomeReasons`, by bit.
    pub only_reasons: Vec<u8>,
    /// `indirectCRL`.
    pub indirect: bool,
    /// `onlyContainsAttributeCerts`.
    pub only_attributes: bool,
}

impl Scope {
    /// The extension, critical as RFC 5280 wants it.
    #[must_use]
    pub fn extension(&self) -> Vec<u8> {
        let flag = |n: u8, set: bool| match set {
            true => der::tlv(Tag::context(n), &[0xff]),
            false => Vec::new(),
        };
        let point = self.url.as_deref().map(|url| {
            let name = der::constructed(Tag::context_constructed(0), &[uri(url)]);
            der::explicit(0, &name)
        });
        let reasons = match self.only_reasons.as_slice() {
            [] => Vec::new(),
            some => der::retag(Tag::context(3), &der::named_bits(some)),
        };
        let value = der::sequence(&[
            point.unwrap_or_default(),
            flag(1, self.only_users),
            flag(2, self.only_authorities),
            reasons,
            flag(4, self.indirect),
            flag(5, self.only_attributes),
        ]);
        extension(&oids::ISSUING_DISTRIBUTION_POINT, Critical, &value)
    }
}

/// deltaCRLIndicator: this list only says what changed since the list with number `base`.
#[must_use]
pub fn delta_indicator(base: u64) -> Vec<u8> {
    extension(&oids::DELTA_CRL_INDICATOR, Critical, &der::integer(base))
}

/// freshestCRL: where the deltas are.
#[must_use]
pub fn freshest(url: &str) -> Vec<u8> {
    let full_name = der::constructed(Tag::context_constructed(0), &[uri(url)]);
    let point = der::sequence(&[der::explicit(0, &full_name)]);
    extension(&oids::FRESHEST_CRL, NonCritical, &der::sequence(&[point]))
}

impl Pki {
    /// A revoked entry about somebody; with `named`, its certificateIssuer says whose it is, as an
    /// indirect list needs.
    ///
    /// # Errors
    /// An unknown entity.
    pub fn revoked_entry(
        &self,
        id: &str,
        at: DateTime<Utc>,
        reason: Option<Reason>,
        named: bool,
    ) -> Result<Vec<u8>> {
        let entity = self.entity(id)?;
        let mut extensions = Vec::new();
        if let Some(reason) = reason {
            let code = der::enumerated(reason as u8);
            extensions.push(extension(&oids::REASON_CODE, NonCritical, &code));
        }
        if named {
            extensions.push(certificate_issuer(entity));
        }
        Ok(entry(entity, at, &extensions))
    }

    /// The entry that takes somebody off a list again, as deltas have it (removeFromCRL).
    ///
    /// # Errors
    /// An unknown entity.
    pub fn removed_entry(&self, id: &str, at: DateTime<Utc>) -> Result<Vec<u8>> {
        let code = extension(&oids::REASON_CODE, NonCritical, &der::enumerated(8));
        Ok(entry(self.entity(id)?, at, &[code]))
    }
}

fn entry(entity: &Entity, at: DateTime<Utc>, extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = vec![der::tlv(Tag::INTEGER, &entity.certificate.serial), der::time(at)];
    if !extensions.is_empty() {
        parts.push(der::sequence(extensions));
    }
    der::sequence(&parts)
}

fn certificate_issuer(entity: &Entity) -> Vec<u8> {
    let names = der::sequence(&[der::explicit(4, &entity.certificate.issuer)]);
    extension(&oids::CERTIFICATE_ISSUER, Critical, &names)
}

fn uri(url: &str) -> Vec<u8> {
    der::tlv(Tag::context(6), url.as_bytes())
}

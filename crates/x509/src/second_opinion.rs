//! What another reader makes of the same certificate.
//!
//! A file that two programs read differently is a known attack and a known
//! cause of trouble at other people's desks. `x509-parser` reads the octets a
//! second time; its answer is shown and never decides.

use serde::{Deserialize, Serialize};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::Certificate;

/// What the other reader made of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "opinion", rename_all = "snake_case")]
pub enum SecondOpinion {
    /// It reads the same.
    Agrees,
    /// It can not read the certificate: other programs may refuse it as well.
    Refuses,
    /// It reads these parts differently.
    Differs {
        /// Names of the parts, as RFC 5280 spells them.
        parts: Vec<String>,
    },
}

/// Reads the certificate with `x509-parser` and compares what decisions rest on.
#[must_use]
pub fn second_opinion(certificate: &Certificate) -> SecondOpinion {
    let Ok((rest, other)) = X509Certificate::from_der(certificate.der()) else {
        return SecondOpinion::Refuses;
    };
    let validity = other.validity();
    let list = other.extensions().iter().map(|e| (e.oid.as_bytes().to_vec(), e.critical));
    let own = certificate.extensions().list.iter().map(|(oid, c)| (oid.contents().to_vec(), *c));
    let parts = [
        ("certificate", rest.is_empty()),
        ("tbsCertificate", other.tbs_certificate.as_ref() == certificate.tbs()),
        ("serialNumber", other.raw_serial() == certificate.serial()),
        ("issuer", other.issuer().as_raw() == certificate.issuer().der()),
        ("notBefore", validity.not_before.timestamp() == certificate.not_before().timestamp()),
        ("notAfter", validity.not_after.timestamp() == certificate.not_after().timestamp()),
        ("subject", other.subject().as_raw() == certificate.subject().der()),
        ("subjectPublicKeyInfo", other.public_key().raw == certificate.spki()),
        ("extensions", list.eq(own)),
        ("cA", other.is_ca() == certificate.is_ca()),
        ("keyUsage", key_usage_agrees(certificate, &other)),
        ("signature", other.signature_value.data.as_ref() == certificate.signature()),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(_, same)| !same).map(|(part, _)| (*part).to_owned()).collect();
    if parts.is_empty() { SecondOpinion::Agrees } else { SecondOpinion::Differs { parts } }
}

fn key_usage_agrees(certificate: &Certificate, other: &X509Certificate<'_>) -> bool {
    match (certificate.key_usage(), other.key_usage()) {
        (None, Ok(None) | Err(_)) => true,
        (Some(own), Ok(Some(other))) => {
            own.digital_signature() == other.value.digital_signature()
                && own.non_repudiation() == other.value.non_repudiation()
                && own.key_cert_sign() == other.value.key_cert_sign()
                && own.crl_sign() == other.value.crl_sign()
        }
        _ => false,
    }
}

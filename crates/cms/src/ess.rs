//! Which certificate the signer meant: signing-certificate attributes
//! (RFC 2634 §5.4, RFC 5035 §4).
//!
//! Without them a signature says which key made it, not which certificate,
//! and certificates of one key can be exchanged.

use asn1::{Oid, Tag, Value, der};
use crypto::{AlgorithmIdentifier, DigestAlgorithm};
use x509::Certificate;

use crate::{Attribute, Attributes};

/// id-aa-signingCertificate: digests by SHA-1 only.
pub const SIGNING_CERTIFICATE: Oid = Oid::new("1.2.840.113549.1.9.16.2.12");
/// id-aa-signingCertificateV2: digests by any algorithm.
pub const SIGNING_CERTIFICATE_V2: Oid = Oid::new("1.2.840.113549.1.9.16.2.47");

/// One `ESSCertID` or `ESSCertIDv2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRef {
    /// The digest algorithm; `None` when it is not known.
    pub algorithm: Option<DigestAlgorithm>,
    /// The digest of the certificate.
    pub digest: Vec<u8>,
    /// The issuer's `Name` as received, when it is one directory name, and the
    /// contents octets of the serial number.
    pub issuer_serial: Option<(Vec<u8>, Vec<u8>)>,
}

impl CertificateRef {
    /// Whether the digest is that of `certificate`.
    #[must_use]
    pub fn digest_matches(&self, certificate: &Certificate) -> bool {
        self.algorithm.is_some_and(|alg| crypto::digest(alg, certificate.der()) == self.digest)
    }

    /// Whether issuer and serial number are those of `certificate`; `None`
    /// when they are not given.
    #[must_use]
    pub fn issuer_serial_matches(&self, certificate: &Certificate) -> Option<bool> {
        let (issuer, serial) = self.issuer_serial.clone()?;
        Some(crate::SignerIdentifier::IssuerAndSerial { issuer, serial }.names(certificate))
    }
}

/// What the signed attributes say of the signing certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigningCertificateRefs {
    /// References of the SHA-1 attribute, the signer's first; `None` if absent.
    pub v1: Option<Vec<CertificateRef>>,
    /// References of the v2 attribute, the signer's first; `None` if absent.
    pub v2: Option<Vec<CertificateRef>>,
    /// One of the attributes is repeated, has several values or cannot be read.
    pub malformed: bool,
}

impl SigningCertificateRefs {
    /// Reads both attributes.
    #[must_use]
    pub fn read(attributes: &Attributes) -> Self {
        let mut malformed = false;
        let mut read = |oid: &Oid, version| {
            attributes.all(oid).next()?;
            let refs = attributes.single(oid).and_then(|value| parse(value, version).ok());
            malformed |= refs.as_ref().is_none_or(Vec::is_empty);
            refs
        };
        let v1 = read(&SIGNING_CERTIFICATE, Version::V1);
        let v2 = read(&SIGNING_CERTIFICATE_V2, Version::V2);
        Self { v1, v2, malformed }
    }

    /// Neither attribute is there.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.v1.is_none() && self.v2.is_none() && !self.malformed
    }

    /// The signer's reference of each attribute that is there. Where both
    /// are, both must match (RFC 5035 §5.4).
    pub fn signer(&self) -> impl Iterator<Item = &CertificateRef> {
        [&self.v1, &self.v2].into_iter().flatten().filter_map(|refs| refs.first())
    }

    /// Whether every attribute that is there names `certificate` by digest,
    /// and at least one is there.
    #[must_use]
    pub fn names(&self, certificate: &Certificate) -> bool {
        !self.malformed
            && self.signer().next().is_some()
            && self.signer().all(|reference| reference.digest_matches(certificate))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

fn parse(value: &[u8], version: Version) -> asn1::Result<Vec<CertificateRef>> {
    let mut fields = Value::parse(value)?.expect(Tag::SEQUENCE)?.children();
    let ids = fields.expect(Tag::SEQUENCE)?.children().collect_all()?;
    ids.iter().map(|id| parse_id(id, version)).collect()
}

fn parse_id(id: &Value<'_>, version: Version) -> asn1::Result<CertificateRef> {
    let mut fields = id.expect(Tag::SEQUENCE)?.children();
    let algorithm = match version {
        Version::V1 => Some(DigestAlgorithm::Sha1),
        Version::V2 => match fields.optional(Tag::SEQUENCE)? {
            None => Some(DigestAlgorithm::Sha256),
            Some(value) => AlgorithmIdentifier::parse(&value)
                .ok()
                .and_then(|algorithm| DigestAlgorithm::from_identifier(&algorithm).ok()),
        },
    };
    let digest = fields.any()?.octets()?.into_owned();
    let issuer_serial = match fields.optional(Tag::SEQUENCE)? {
        None => None,
        Some(value) => {
            let mut parts = value.children();
            let names = parts.expect(Tag::SEQUENCE)?.children().collect_all()?;
            let serial = parts.any()?.integer()?.to_vec();
            match names.as_slice() {
                [name] if name.tag() == Tag::context_constructed(4) => {
                    Some((name.contents().to_vec(), serial))
                }
                _ => None,
            }
        }
    };
    Ok(CertificateRef { algorithm, digest, issuer_serial })
}

/// The signing-certificate-v2 attribute naming `certificate`, in DER.
#[must_use]
pub fn signing_certificate_v2(certificate: &Certificate, algorithm: DigestAlgorithm) -> Vec<u8> {
    let mut id = Vec::new();
    // DEFAULT values are not encoded in DER.
    if algorithm != DigestAlgorithm::Sha256 {
        id.push(algorithm.identifier().to_der());
    }
    id.push(der::octet_string(&crypto::digest(algorithm, certificate.der())));
    let issuer = der::explicit(4, certificate.issuer().der());
    let serial = der::tlv(Tag::INTEGER, certificate.serial());
    id.push(der::sequence(&[der::sequence(&[issuer]), serial]));
    let certs = der::sequence(&[der::sequence(&id)]);
    Attribute::single(&SIGNING_CERTIFICATE_V2, &der::sequence(&[certs]))
}

//! Certificates, written value by value (RFC 5280 §4, EN 319 412-2, AgID rules).
//!
//! Nothing is checked: the lab must be able to issue what no authority should.

use asn1::{Cursor, Oid, Tag, Value, der};
use chrono::{DateTime, Utc};

use crate::{
    Error, Result,
    error::Reading,
    key::{Hash, Key, key_bits},
    oids,
};

/// Bits of KeyUsage (RFC 5280 §4.2.1.3).
pub mod key_usage {
    /// digitalSignature.
    pub const DIGITAL_SIGNATURE: u8 = 0;
    /// nonRepudiation, later named contentCommitment.
    pub const NON_REPUDIATION: u8 = 1;
    /// keyCertSign.
    pub const KEY_CERT_SIGN: u8 = 5;
    /// cRLSign.
    pub const CRL_SIGN: u8 = 6;
}

/// A certificate and the parts of it other structures quote.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The whole certificate.
    pub der: Vec<u8>,
    /// Contents octets of the serial number.
    pub serial: Vec<u8>,
    /// Issuer, a complete Name.
    pub issuer: Vec<u8>,
    /// Subject, a complete Name.
    pub subject: Vec<u8>,
    /// Start of validity.
    pub not_before: DateTime<Utc>,
    /// End of validity.
    pub not_after: DateTime<Utc>,
    /// SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// The bits in it, which key identifiers are digests of.
    pub key_bits: Vec<u8>,
}

impl Certificate {
    /// Takes a certificate apart.
    ///
    /// # Errors
    /// Not a certificate.
    pub fn parse(octets: &[u8]) -> Result<Self> {
        let what = "certificate";
        let mut outer = Value::parse(octets).reading(what)?.children();
        let mut tbs = outer.expect(Tag::SEQUENCE).reading(what)?.children();
        tbs.optional(Tag::context_constructed(0)).reading(what)?;
        let serial = tbs.any().and_then(|v| v.integer().map(<[u8]>::to_vec)).reading(what)?;
        tbs.expect(Tag::SEQUENCE).reading(what)?;
        let sequence = |tbs: &mut Cursor<'_>| -> Result<Vec<u8>> {
            Ok(tbs.expect(Tag::SEQUENCE).reading(what)?.raw().to_vec())
        };
        let issuer = sequence(&mut tbs)?;
        let mut validity = tbs.expect(Tag::SEQUENCE).reading(what)?.children();
        let not_before = validity.any().and_then(|v| v.time()).reading(what)?;
        let not_after = validity.any().and_then(|v| v.time()).reading(what)?;
        let subject = sequence(&mut tbs)?;
        let spki = sequence(&mut tbs)?;
        let key_bits = key_bits(&spki)?;
        let der = octets.to_vec();
        Ok(Self { der, serial, issuer, subject, not_before, not_after, spki, key_bits })
    }

    /// PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        crate::wrap::pem("CERTIFICATE", &self.der)
    }

    /// The key identifier: SHA-1 of the key bits (RFC 5280 §4.2.1.2 method 1).
    ///
    /// # Errors
    /// OpenSSL does not have SHA-1.
    pub fn key_identifier(&self) -> Result<Vec<u8>> {
        Hash::Sha1.digest(&self.key_bits)
    }

    /// IssuerAndSerialNumber (RFC 5652 §10.2.4).
    #[must_use]
    pub fn issuer_and_serial(&self) -> Vec<u8> {
        der::sequence(&[&self.issuer[..], &der::tlv(Tag::INTEGER, &self.serial)])
    }

    /// IssuerSerial with one directoryName (RFC 5035 §4).
    #[must_use]
    pub fn issuer_serial(&self) -> Vec<u8> {
        let general_names = der::sequence(&[der::explicit(4, &self.issuer)]);
        der::sequence(&[general_names, der::tlv(Tag::INTEGER, &self.serial)])
    }
}

/// What stands in a certificate to be made.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Magnitude of the serial number.
    pub serial: Vec<u8>,
    /// Issuer, a complete Name.
    pub issuer: Vec<u8>,
    /// Subject, a complete Name.
    pub subject: Vec<u8>,
    /// Start of validity.
    pub not_before: DateTime<Utc>,
    /// End of validity.
    pub not_after: DateTime<Utc>,
    /// SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// Complete Extension values, in order.
    pub extensions: Vec<Vec<u8>>,
}

impl Spec {
    /// Signs it.
    ///
    /// # Errors
    /// The key cannot sign with this digest.
    pub fn sign(&self, key: &Key, hash: Hash) -> Result<Certificate> {
        let algorithm = key.algorithm(hash)?;
        let validity = der::sequence(&[der::time(self.not_before), der::time(self.not_after)]);
        let mut tbs = vec![
            der::explicit(0, &der::integer(2)),
            der::unsigned_integer(&self.serial),
            algorithm,
            self.issuer.clone(),
            validity,
            self.subject.clone(),
            self.spki.clone(),
        ];
        if !self.extensions.is_empty() {
            tbs.push(der::explicit(3, &der::sequence(&self.extensions)));
        }
        Certificate::parse(&signed(&der::sequence(&tbs), key, hash)?)
    }
}

/// `SIGNED{}`: the octets, the algorithm, the signature. Certificates and CRLs have this shape.
pub(crate) fn signed(tbs: &[u8], key: &Key, hash: Hash) -> Result<Vec<u8>> {
    let signature = key.sign(hash, tbs)?;
    Ok(der::sequence(&[tbs, &key.algorithm(hash)?, &der::bit_string(&signature)]))
}

/// Whether an extension is critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Criticality {
    Critical,
    NonCritical,
}

/// Extension (RFC 5280 §4.1).
#[must_use]
pub fn extension(oid: &Oid, criticality: Criticality, value: &[u8]) -> Vec<u8> {
    let critical = match criticality {
        Criticality::Critical => der::boolean(true),
        Criticality::NonCritical => Vec::new(),
    };
    der::sequence(&[der::oid(oid), critical, der::octet_string(value)])
}

use Criticality::{Critical, NonCritical};

/// basicConstraints of an authority.
#[must_use]
pub fn authority_constraints(path_length: Option<u8>) -> Vec<u8> {
    let length = path_length.map(|n| der::integer(u64::from(n))).unwrap_or_default();
    let value = der::sequence(&[der::boolean(true), length]);
    extension(&oids::BASIC_CONSTRAINTS, Critical, &value)
}

/// keyUsage, critical.
#[must_use]
pub fn usage(bits: &[u8]) -> Vec<u8> {
    extension(&oids::KEY_USAGE, Critical, &der::named_bits(bits))
}

/// extKeyUsage.
#[must_use]
pub fn extended_usage(criticality: Criticality, purposes: &[Oid]) -> Vec<u8> {
    let purposes: Vec<_> = purposes.iter().map(der::oid).collect();
    extension(&oids::EXTENDED_KEY_USAGE, criticality, &der::sequence(&purposes))
}

/// subjectKeyIdentifier of a SubjectPublicKeyInfo.
///
/// # Errors
/// Not a SubjectPublicKeyInfo.
pub fn subject_key_identifier(spki: &[u8]) -> Result<Vec<u8>> {
    let identifier = Hash::Sha1.digest(&key_bits(spki)?)?;
    Ok(extension(&oids::SUBJECT_KEY_IDENTIFIER, NonCritical, &der::octet_string(&identifier)))
}

/// authorityKeyIdentifier naming the key with these SubjectPublicKeyInfo.
///
/// # Errors
/// Not a SubjectPublicKeyInfo.
pub fn authority_key_identifier(issuer_spki: &[u8]) -> Result<Vec<u8>> {
    let identifier = Hash::Sha1.digest(&key_bits(issuer_spki)?)?;
    let value = der::sequence(&[der::tlv(Tag::context(0), &identifier)]);
    Ok(extension(&oids::AUTHORITY_KEY_IDENTIFIER, NonCritical, &value))
}

/// A GeneralName of kind URI.
fn uri(url: &str) -> Vec<u8> {
    der::tlv(Tag::context(6), url.as_bytes())
}

/// authorityInfoAccess with the responder and the issuer's certificate.
#[must_use]
pub fn information_access(ocsp: Option<&str>, ca_issuers: Option<&str>) -> Vec<u8> {
    let description = |method: &Oid, url: &str| der::sequence(&[der::oid(method), uri(url)]);
    let mut access = Vec::new();
    access.extend(ocsp.map(|url| description(&oids::OCSP, url)));
    access.extend(ca_issuers.map(|url| description(&oids::CA_ISSUERS, url)));
    extension(&oids::AUTHORITY_INFO_ACCESS, NonCritical, &der::sequence(&access))
}

/// cRLDistributionPoints with one URL.
#[must_use]
pub fn distribution_point(url: &str) -> Vec<u8> {
    let full_name = der::tlv(Tag::context_constructed(0), &uri(url));
    let point = der::sequence(&[der::explicit(0, &full_name)]);
    extension(&oids::CRL_DISTRIBUTION_POINTS, NonCritical, &der::sequence(&[point]))
}

/// certificatePolicies of a qualified signer: agIDcert, QCP-n-qscd, and the
/// lab's own with its statement and, as userNotice, the limits of use.
#[must_use]
pub fn signer_policies(statement_url: &str, notice: &str) -> Vec<u8> {
    let bare = |oid: &Oid| der::sequence(&[der::oid(oid)]);
    let cps = der::sequence(&[der::oid(&oids::CPS), der::ia5_string(statement_url)]);
    let notice = der::sequence(&[der::utf8_string(notice)]);
    let notice = der::sequence(&[der::oid(&oids::USER_NOTICE), notice]);
    let own = der::sequence(&[der::oid(&oids::LAB_POLICY), der::sequence(&[cps, notice])]);
    let policies = der::sequence(&[bare(&oids::AGID_CERT), bare(&oids::QCP_N_QSCD), own]);
    extension(&oids::CERTIFICATE_POLICIES, NonCritical, &policies)
}

/// qcStatements of a qualified signature certificate (EN 319 412-5).
#[must_use]
pub fn qc_statements(disclosure_url: &str) -> Vec<u8> {
    let bare = |oid: &Oid| der::sequence(&[der::oid(oid)]);
    let with = |oid: &Oid, info: Vec<u8>| der::sequence(&[der::oid(oid), info]);
    let disclosure = |language: &str| {
        der::sequence(&[der::ia5_string(disclosure_url), der::printable_string(language)])
    };
    let statements = der::sequence(&[
        bare(&oids::QC_COMPLIANCE),
        bare(&oids::QC_SSCD),
        with(&oids::QC_TYPE, der::sequence(&[der::oid(&oids::QC_TYPE_ESIGN)])),
        with(&oids::QC_RETENTION, der::integer(20)),
        with(&oids::QC_PDS, der::sequence(&[disclosure("it"), disclosure("en")])),
        with(&oids::QCS_SYNTAX_V2, der::sequence(&[der::oid(&oids::SEMANTICS_NATURAL)])),
    ]);
    extension(&oids::QC_STATEMENTS, NonCritical, &statements)
}

/// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
#[must_use]
pub fn ocsp_nocheck() -> Vec<u8> {
    extension(&oids::OCSP_NOCHECK, NonCritical, &der::null())
}

/// A certificate in PEM.
///
/// # Errors
/// Not PEM, or not a certificate.
pub(crate) fn from_pem(pem: &str) -> Result<Certificate> {
    let octets = openssl::x509::X509::from_pem(pem.as_bytes())
        .and_then(|certificate| certificate.to_der())
        .map_err(|source| Error::Openssl { doing: "read a certificate", source })?;
    Certificate::parse(&octets)
}

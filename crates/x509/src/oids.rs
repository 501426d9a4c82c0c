//! Object identifiers this crate knows (RFC 5280, RFC 6960, ETSI EN 319 412-5).

use asn1::Oid;

// Attributes of names (RFC 5280 Appendix A.1, ITU-T X.520).
pub(crate) const COMMON_NAME: Oid = Oid::new("2.5.4.3");
pub(crate) const SURNAME: Oid = Oid::new("2.5.4.4");
pub(crate) const SERIAL_NUMBER: Oid = Oid::new("2.5.4.5");
pub(crate) const COUNTRY: Oid = Oid::new("2.5.4.6");
pub(crate) const LOCALITY: Oid = Oid::new("2.5.4.7");
pub(crate) const STATE: Oid = Oid::new("2.5.4.8");
pub(crate) const STREET: Oid = Oid::new("2.5.4.9");
pub(crate) const ORGANIZATION: Oid = Oid::new("2.5.4.10");
pub(crate) const ORGANIZATIONAL_UNIT: Oid = Oid::new("2.5.4.11");
pub(crate) const TITLE: Oid = Oid::new("2.5.4.12");
pub(crate) const GIVEN_NAME: Oid = Oid::new("2.5.4.42");
pub(crate) const DN_QUALIFIER: Oid = Oid::new("2.5.4.46");
pub(crate) const PSEUDONYM: Oid = Oid::new("2.5.4.65");
pub(crate) const ORGANIZATION_IDENTIFIER: Oid = Oid::new("2.5.4.97");
pub(crate) const DOMAIN_COMPONENT: Oid = Oid::new("0.9.2342.19200300.100.1.25");
pub(crate) const USER_ID: Oid = Oid::new("0.9.2342.19200300.100.1.1");
pub(crate) const EMAIL: Oid = Oid::new("1.2.840.113549.1.9.1");

// Certificate extensions (RFC 5280 §4.2, RFC 9608, EN 319 412-1 §5.2).
pub(crate) const SUBJECT_KEY_IDENTIFIER: Oid = Oid::new("2.5.29.14");
pub(crate) const KEY_USAGE: Oid = Oid::new("2.5.29.15");
pub(crate) const SUBJECT_ALT_NAME: Oid = Oid::new("2.5.29.17");
pub(crate) const BASIC_CONSTRAINTS: Oid = Oid::new("2.5.29.19");
pub(crate) const NAME_CONSTRAINTS: Oid = Oid::new("2.5.29.30");
pub(crate) const CRL_DISTRIBUTION_POINTS: Oid = Oid::new("2.5.29.31");
pub(crate) const CERTIFICATE_POLICIES: Oid = Oid::new("2.5.29.32");
pub(crate) const ANY_POLICY: Oid = Oid::new("2.5.29.32.0");
pub(crate) const POLICY_MAPPINGS: Oid = Oid::new("2.5.29.33");
pub(crate) const AUTHORITY_KEY_IDENTIFIER: Oid = Oid::new("2.5.29.35");
pub(crate) const POLICY_CONSTRAINTS: Oid = Oid::new("2.5.29.36");
pub(crate) const EXTENDED_KEY_USAGE: Oid = Oid::new("2.5.29.37");
pub(crate) const FRESHEST_CRL: Oid = Oid::new("2.5.29.46");
pub(crate) const INHIBIT_ANY_POLICY: Oid = Oid::new("2.5.29.54");
pub(crate) const NO_REV_AVAIL: Oid = Oid::new("2.5.29.56");
pub(crate) const AUTHORITY_INFO_ACCESS: Oid = Oid::new("1.3.6.1.5.5.7.1.1");
pub(crate) const QC_STATEMENTS: Oid = Oid::new("1.3.6.1.5.5.7.1.3");
pub(crate) const VALIDITY_ASSURED_SHORT_TERM: Oid = Oid::new("0.4.0.194121.2.1");

// Inside those extensions.
pub(crate) const AIA_OCSP: Oid = Oid::new("1.3.6.1.5.5.7.48.1");
pub(crate) const AIA_CA_ISSUERS: Oid = Oid::new("1.3.6.1.5.5.7.48.2");
pub(crate) const QUALIFIER_CPS: Oid = Oid::new("1.3.6.1.5.5.7.2.1");
pub(crate) const QUALIFIER_USER_NOTICE: Oid = Oid::new("1.3.6.1.5.5.7.2.2");
pub(crate) const QC_COMPLIANCE: Oid = Oid::new("0.4.0.1862.1.1");
pub(crate) const QC_LIMIT_VALUE: Oid = Oid::new("0.4.0.1862.1.2");
pub(crate) const QC_RETENTION: Oid = Oid::new("0.4.0.1862.1.3");
pub(crate) const QC_SSCD: Oid = Oid::new("0.4.0.1862.1.4");
pub(crate) const QC_PDS: Oid = Oid::new("0.4.0.1862.1.5");
pub(crate) const QC_TYPE: Oid = Oid::new("0.4.0.1862.1.6");
pub(crate) const QC_CC_LEGISLATION: Oid = Oid::new("0.4.0.1862.1.7");

// CRLs (RFC 5280 §5.2, §5.3; ITU-T X.509 for 2.5.29.60).
pub(crate) const CRL_NUMBER: Oid = Oid::new("2.5.29.20");
pub(crate) const CRL_REASON: Oid = Oid::new("2.5.29.21");
pub(crate) const INVALIDITY_DATE: Oid = Oid::new("2.5.29.24");
pub(crate) const DELTA_CRL_INDICATOR: Oid = Oid::new("2.5.29.27");
pub(crate) const ISSUING_DISTRIBUTION_POINT: Oid = Oid::new("2.5.29.28");
pub(crate) const CERTIFICATE_ISSUER: Oid = Oid::new("2.5.29.29");
pub(crate) const EXPIRED_CERTS_ON_CRL: Oid = Oid::new("2.5.29.60");

// OCSP (RFC 6960 §4).
pub(crate) const OCSP_BASIC: Oid = Oid::new("1.3.6.1.5.5.7.48.1.1");
pub(crate) const OCSP_NONCE: Oid = Oid::new("1.3.6.1.5.5.7.48.1.2");
pub(crate) const OCSP_NO_CHECK: Oid = Oid::new("1.3.6.1.5.5.7.48.1.5");
pub(crate) const OCSP_ARCHIVE_CUTOFF: Oid = Oid::new("1.3.6.1.5.5.7.48.1.6");
/// Common PKI certHash, used by European responders as a positive statement.
pub(crate) const CERT_HASH: Oid = Oid::new("1.3.36.8.3.13");

/// id-dsa (RFC 3279 §2.3.2), whose parameters a certificate may leave out.
pub(crate) const DSA: Oid = Oid::new("1.2.840.10040.4.1");

/// id-signedData (RFC 5652 §5.1), for certificates in a `.p7c`.
pub(crate) const SIGNED_DATA: Oid = Oid::new("1.2.840.113549.1.7.2");

// Extended key purposes (RFC 5280 §4.2.1.12).
/// id-kp-timeStamping (RFC 3161 §2.3).
pub const KP_TIME_STAMPING: Oid = Oid::new("1.3.6.1.5.5.7.3.8");
/// id-kp-OCSPSigning (RFC 6960 §4.2.2.2).
pub const KP_OCSP_SIGNING: Oid = Oid::new("1.3.6.1.5.5.7.3.9");
/// anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
pub const KP_ANY: Oid = Oid::new("2.5.29.37.0");
/// Policy `agIDcert`: the certificate follows the AgID rules on signature certificates.
pub const POLICY_AGID: Oid = Oid::new("1.3.76.16.6");

/// The short name RFC 4514 §3 and X.520 give an attribute of a name.
pub(crate) fn attribute_keyword(oid: &Oid) -> Option<&'static str> {
    let table = [
        (COMMON_NAME, "CN"),
        (SURNAME, "SN"),
        (SERIAL_NUMBER, "serialNumber"),
        (COUNTRY, "C"),
        (LOCALITY, "L"),
        (STATE, "ST"),
        (STREET, "STREET"),
        (ORGANIZATION, "O"),
        (ORGANIZATIONAL_UNIT, "OU"),
        (TITLE, "title"),
        (GIVEN_NAME, "GN"),
        (DN_QUALIFIER, "dnQualifier"),
        (PSEUDONYM, "pseudonym"),
        (ORGANIZATION_IDENTIFIER, "organizationIdentifier"),
        (DOMAIN_COMPONENT, "DC"),
        (USER_ID, "UID"),
        (EMAIL, "emailAddress"),
    ];
    table.iter().find(|(known, _)| known == oid).map(|(_, keyword)| *keyword)
}

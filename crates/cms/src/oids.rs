//! Object identifiers of RFC 5652 and its attributes.

use asn1::Oid;

/// id-data (RFC 5652 §4).
pub const DATA: Oid = Oid::new("1.2.840.113549.1.7.1");
/// id-signedData (RFC 5652 §5.1).
pub const SIGNED_DATA: Oid = Oid::new("1.2.840.113549.1.7.2");
/// id-envelopedData (RFC 5652 §6.1): encrypted, which this project does not open.
pub const ENVELOPED_DATA: Oid = Oid::new("1.2.840.113549.1.7.3");
/// id-contentType (RFC 5652 §11.1).
pub const CONTENT_TYPE: Oid = Oid::new("1.2.840.113549.1.9.3");
/// id-messageDigest (RFC 5652 §11.2).
pub const MESSAGE_DIGEST: Oid = Oid::new("1.2.840.113549.1.9.4");
/// id-signingTime (RFC 5652 §11.3).
pub const SIGNING_TIME: Oid = Oid::new("1.2.840.113549.1.9.5");
/// id-countersignature (RFC 5652 §11.4).
pub const COUNTERSIGNATURE: Oid = Oid::new("1.2.840.113549.1.9.6");
/// id-aa-CMSAlgorithmProtect (RFC 6211).
pub const ALGORITHM_PROTECTION: Oid = Oid::new("1.2.840.113549.1.9.52");
/// id-ri-ocsp-response (RFC 5940 §2.1).
pub const RI_OCSP_RESPONSE: Oid = Oid::new("1.3.6.1.5.5.7.16.2");
/// id-pkix-ocsp-basic (RFC 6960 §4.2.1), met as a revocation info format.
pub const OCSP_BASIC: Oid = Oid::new("1.3.6.1.5.5.7.48.1.1");

//! Attributes of CAdES (ETSI EN 319 122-1, RFC 5126) that are told apart by name.

use asn1::Oid;

/// id-aa-signatureTimeStampToken (EN 319 122-1 §5.3).
pub const SIGNATURE_TIME_STAMP: Oid = Oid::new("1.2.840.113549.1.9.16.2.14");
/// id-aa-ets-contentTimestamp (§5.2.8).
pub const CONTENT_TIME_STAMP: Oid = Oid::new("1.2.840.113549.1.9.16.2.20");
/// id-aa-ets-sigPolicyId (§5.2.9).
pub const SIGNATURE_POLICY: Oid = Oid::new("1.2.840.113549.1.9.16.2.15");
/// id-aa-ets-certificateRefs (§A.1.1.1).
pub const CERTIFICATE_REFS: Oid = Oid::new("1.2.840.113549.1.9.16.2.21");
/// id-aa-ets-revocationRefs (§A.1.2.1).
pub const REVOCATION_REFS: Oid = Oid::new("1.2.840.113549.1.9.16.2.22");
/// id-aa-ets-certValues (§A.1.1.2).
pub const CERTIFICATE_VALUES: Oid = Oid::new("1.2.840.113549.1.9.16.2.23");
/// id-aa-ets-revocationValues (§A.1.2.2).
pub const REVOCATION_VALUES: Oid = Oid::new("1.2.840.113549.1.9.16.2.24");
/// id-aa-ets-escTimeStamp, the CAdES-C-timestamp (§A.1.5.2).
pub const CADES_C_TIME_STAMP: Oid = Oid::new("1.2.840.113549.1.9.16.2.25");
/// id-aa-ets-certCRLTimestamp (§A.1.5.1).
pub const REFS_TIME_STAMP: Oid = Oid::new("1.2.840.113549.1.9.16.2.26");
/// id-aa-ets-archiveTimestamp, first form (RFC 3126).
pub const ARCHIVE_TIME_STAMP_V1: Oid = Oid::new("1.2.840.113549.1.9.16.2.27");
/// id-aa-ets-archiveTimestampV2 (§A.2.4).
pub const ARCHIVE_TIME_STAMP_V2: Oid = Oid::new("1.2.840.113549.1.9.16.2.48");
/// id-aa-ets-archiveTimestampV3 (§5.5.3).
pub const ARCHIVE_TIME_STAMP_V3: Oid = Oid::new("0.4.0.1733.2.4");
/// id-aa-er-internal (TS 119 122-3).
pub const EVIDENCE_RECORD_INTERNAL: Oid = Oid::new("1.2.840.113549.1.9.16.2.49");
/// id-aa-er-external (TS 119 122-3).
pub const EVIDENCE_RECORD_EXTERNAL: Oid = Oid::new("1.2.840.113549.1.9.16.2.50");
/// ats-hash-index, first version (§A.2.6), inside the token of an archive-time-stamp-v3.
pub const ATS_HASH_INDEX_V1: Oid = Oid::new("0.4.0.1733.2.5");
/// ats-hash-index-v2 (§A.2.6).
pub const ATS_HASH_INDEX_V2: Oid = Oid::new("0.4.0.19122.1.4");
/// ats-hash-index-v3 (§5.5.2).
pub const ATS_HASH_INDEX_V3: Oid = Oid::new("0.4.0.19122.1.5");
/// long-term-validation (§A.2.5), an obsolete form of archive.
pub const LONG_TERM_VALIDATION: Oid = Oid::new("0.4.0.1733.2.2");
/// id-aa-ets-attrCertificateRefs (§A.1.3).
pub const ATTRIBUTE_CERTIFICATE_REFS: Oid = Oid::new("1.2.840.113549.1.9.16.2.44");
/// id-aa-ets-attrRevocationRefs (§A.1.4).
pub const ATTRIBUTE_REVOCATION_REFS: Oid = Oid::new("1.2.840.113549.1.9.16.2.45");
/// id-aa-ets-commitmentType (§5.2.3).
pub const COMMITMENT_TYPE: Oid = Oid::new("1.2.840.113549.1.9.16.2.16");
/// id-aa-contentHint (§5.2.4.1).
pub const CONTENT_HINTS: Oid = Oid::new("1.2.840.113549.1.9.16.2.4");
/// id-aa-ets-mimeType (§5.2.4.2).
pub const MIME_TYPE: Oid = Oid::new("0.4.0.1733.2.1");
/// id-aa-ets-signerLocation (§5.2.5).
pub const SIGNER_LOCATION: Oid = Oid::new("1.2.840.113549.1.9.16.2.17");
/// id-aa-ets-signerAttr, the older form of signer-attributes (RFC 5126 §5.11.3).
pub const SIGNER_ATTRIBUTES: Oid = Oid::new("1.2.840.113549.1.9.16.2.18");
/// id-aa-ets-signerAttrV2 (§5.2.6.1).
pub const SIGNER_ATTRIBUTES_V2: Oid = Oid::new("0.4.0.19122.1.1");
/// id-aa-contentReference (§5.2.11).
pub const CONTENT_REFERENCE: Oid = Oid::new("1.2.840.113549.1.9.16.2.10");
/// id-aa-contentIdentifier (§5.2.12).
pub const CONTENT_IDENTIFIER: Oid = Oid::new("1.2.840.113549.1.9.16.2.7");
/// id-aa-ets-sigPolicyStore (§5.2.10).
pub const SIGNATURE_POLICY_STORE: Oid = Oid::new("0.4.0.19122.1.3");
/// id-at-role (X.520 §5.12), the type of a claimed role.
pub const ROLE: Oid = Oid::new("2.5.4.72");

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

//! The object identifiers the lab writes, each with the norm that names it.

use asn1::Oid;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $dotted:literal;)*) => {
        $($(#[$doc])* pub const $name: Oid = Oid::new($dotted);)*
    };
}

oids! {
    /// id-data (RFC 5652 §4).
    DATA = "1.2.840.113549.1.7.1";
    /// id-signedData (RFC 5652 §5.1).
    SIGNED_DATA = "1.2.840.113549.1.7.2";
    /// id-contentType (RFC 5652 §11.1).
    CONTENT_TYPE = "1.2.840.113549.1.9.3";
    /// id-messageDigest (RFC 5652 §11.2).
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    /// id-signingTime (RFC 5652 §11.3).
    SIGNING_TIME = "1.2.840.113549.1.9.5";
    /// id-aa-signingCertificate (RFC 2634 §5.4).
    SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
    /// id-aa-signingCertificateV2 (RFC 5035 §3).
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
    /// id-aa-timeStampToken (RFC 3161 Appendix A).
    SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14";
    /// id-aa-ets-certificateRefs: complete-certificate-references (EN 319 122-1 A.1.1.1).
    COMPLETE_CERTIFICATE_REFS = "1.2.840.113549.1.9.16.2.21";
    /// id-aa-ets-revocationRefs: complete-revocation-references (A.1.2.1).
    COMPLETE_REVOCATION_REFS = "1.2.840.113549.1.9.16.2.22";
    /// id-aa-ets-certValues: certificate-values (A.1.1.2).
    CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23";
    /// id-aa-ets-revocationValues: revocation-values (A.1.2.2).
    REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24";
    /// id-aa-ets-escTimeStamp: CAdES-C-timestamp (A.1.5.2).
    ESC_TIME_STAMP = "1.2.840.113549.1.9.16.2.25";
    /// id-aa-ets-certCRLTimestamp: time-stamped-certs-crls-references (A.1.5.1).
    CERT_CRL_TIME_STAMP = "1.2.840.113549.1.9.16.2.26";
    /// id-aa-ets-archiveTimestampV2: archive-time-stamp-v2 (A.2.4).
    ARCHIVE_TIME_STAMP_V2 = "1.2.840.113549.1.9.16.2.48";
    /// archive-time-stamp-v3 (EN 319 122-1 §5.5.3).
    ARCHIVE_TIME_STAMP_V3 = "0.4.0.1733.2.4";
    /// ats-hash-index (A.2.6).
    ATS_HASH_INDEX = "0.4.0.1733.2.5";
    /// ats-hash-index-v2 (A.2.6).
    ATS_HASH_INDEX_V2 = "0.4.0.19122.1.4";
    /// ats-hash-index-v3 (EN 319 122-1 §5.5.2).
    ATS_HASH_INDEX_V3 = "0.4.0.19122.1.5";
    /// id-countersignature (RFC 5652 §11.4).
    COUNTERSIGNATURE = "1.2.840.113549.1.9.6";
    /// CMSAlgorithmProtection (RFC 6211).
    ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52";
    /// id-aa-ets-contentTimestamp (EN 319 122-1 §5.2.8).
    CONTENT_TIME_STAMP = "1.2.840.113549.1.9.16.2.20";
    /// id-ri-ocsp-response (RFC 5940 §2.1).
    RI_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2";
    /// id-ct-timestampedData (RFC 5544 §3).
    TIMESTAMPED_DATA = "1.2.840.113549.1.9.16.1.31";
    /// id-ct-TSTInfo (RFC 3161 §2.4.2).
    TST_INFO = "1.2.840.113549.1.9.16.1.4";

    /// MD5.
    MD5 = "1.2.840.113549.2.5";
    /// SHA-1.
    SHA1 = "1.3.14.3.2.26";
    /// SHA-256.
    SHA256 = "2.16.840.1.101.3.4.2.1";
    /// SHA-384.
    SHA384 = "2.16.840.1.101.3.4.2.2";
    /// SHA-512.
    SHA512 = "2.16.840.1.101.3.4.2.3";
    /// SHA3-256.
    SHA3_256 = "2.16.840.1.101.3.4.2.8";
    /// SHA3-384.
    SHA3_384 = "2.16.840.1.101.3.4.2.9";
    /// SHA3-512.
    SHA3_512 = "2.16.840.1.101.3.4.2.10";
    /// SHAKE256 with 512 bits, as Ed448 in CMS has it (RFC 8419 §2.3).
    SHAKE256 = "2.16.840.1.101.3.4.2.12";

    /// rsaEncryption (RFC 8017).
    RSA = "1.2.840.113549.1.1.1";
    /// id-RSASSA-PSS (RFC 4055 §3.1).
    RSA_PSS = "1.2.840.113549.1.1.10";
    /// id-mgf1 (RFC 4055 §2.2).
    MGF1 = "1.2.840.113549.1.1.8";
    /// md5WithRSAEncryption.
    RSA_MD5 = "1.2.840.113549.1.1.4";
    /// sha1WithRSAEncryption.
    RSA_SHA1 = "1.2.840.113549.1.1.5";
    /// sha256WithRSAEncryption.
    RSA_SHA256 = "1.2.840.113549.1.1.11";
    /// sha384WithRSAEncryption.
    RSA_SHA384 = "1.2.840.113549.1.1.12";
    /// sha512WithRSAEncryption.
    RSA_SHA512 = "1.2.840.113549.1.1.13";
    /// id-rsassa-pkcs1-v1-5-with-sha3-256.
    RSA_SHA3_256 = "2.16.840.1.101.3.4.3.14";
    /// id-rsassa-pkcs1-v1-5-with-sha3-384.
    RSA_SHA3_384 = "2.16.840.1.101.3.4.3.15";
    /// id-rsassa-pkcs1-v1-5-with-sha3-512.
    RSA_SHA3_512 = "2.16.840.1.101.3.4.3.16";
    /// ecdsa-with-SHA1.
    ECDSA_SHA1 = "1.2.840.10045.4.1";
    /// ecdsa-with-SHA256 (RFC 5758 §3.2).
    ECDSA_SHA256 = "1.2.840.10045.4.3.2";
    /// ecdsa-with-SHA384.
    ECDSA_SHA384 = "1.2.840.10045.4.3.3";
    /// ecdsa-with-SHA512.
    ECDSA_SHA512 = "1.2.840.10045.4.3.4";
    /// id-ecdsa-with-sha3-256.
    ECDSA_SHA3_256 = "2.16.840.1.101.3.4.3.10";
    /// id-ecdsa-with-sha3-384.
    ECDSA_SHA3_384 = "2.16.840.1.101.3.4.3.11";
    /// id-ecdsa-with-sha3-512.
    ECDSA_SHA3_512 = "2.16.840.1.101.3.4.3.12";
    /// id-Ed25519 (RFC 8410 §3).
    ED25519 = "1.3.101.112";
    /// id-Ed448 (RFC 8410 §3).
    ED448 = "1.3.101.113";

    /// countryName.
    COUNTRY = "2.5.4.6";
    /// organizationName.
    ORGANISATION = "2.5.4.10";
    /// commonName.
    COMMON_NAME = "2.5.4.3";
    /// surname.
    SURNAME = "2.5.4.4";
    /// givenName.
    GIVEN_NAME = "2.5.4.42";
    /// serialNumber of a subject: `TINIT-` and the codice fiscale (EN 319 412-1 §5.1.3).
    SERIAL_NUMBER = "2.5.4.5";
    /// dnQualifier: the holder's number at the authority.
    DN_QUALIFIER = "2.5.4.46";
    /// title: the office held.
    TITLE = "2.5.4.12";

    /// subjectKeyIdentifier (RFC 5280 §4.2.1.2).
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    /// keyUsage (RFC 5280 §4.2.1.3).
    KEY_USAGE = "2.5.29.15";
    /// basicConstraints (RFC 5280 §4.2.1.9).
    BASIC_CONSTRAINTS = "2.5.29.19";
    /// cRLNumber (RFC 5280 §5.2.3).
    CRL_NUMBER = "2.5.29.20";
    /// reasonCode (RFC 5280 §5.3.1).
    REASON_CODE = "2.5.29.21";
    /// deltaCRLIndicator (RFC 5280 §5.2.4).
    DELTA_CRL_INDICATOR = "2.5.29.27";
    /// issuingDistributionPoint (RFC 5280 §5.2.5).
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    /// certificateIssuer (RFC 5280 §5.3.3).
    CERTIFICATE_ISSUER = "2.5.29.29";
    /// freshestCRL (RFC 5280 §5.2.6).
    FRESHEST_CRL = "2.5.29.46";
    /// certHash of an OCSP answer (Common PKI, EN 319 411-2).
    OCSP_CERT_HASH = "1.3.36.8.3.13";
    /// cRLDistributionPoints (RFC 5280 §4.2.1.13).
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    /// certificatePolicies (RFC 5280 §4.2.1.4).
    CERTIFICATE_POLICIES = "2.5.29.32";
    /// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    /// extKeyUsage (RFC 5280 §4.2.1.12).
    EXTENDED_KEY_USAGE = "2.5.29.37";
    /// expiredCertsOnCRL (X.509 §9.5.2.8).
    EXPIRED_CERTS_ON_CRL = "2.5.29.60";
    /// authorityInfoAccess (RFC 5280 §4.2.2.1).
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    /// qcStatements (RFC 3739 §3.2.6).
    QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";
    /// id-qt-cps.
    CPS = "1.3.6.1.5.5.7.2.1";
    /// id-qt-unotice.
    USER_NOTICE = "1.3.6.1.5.5.7.2.2";
    /// id-kp-timeStamping.
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    /// id-kp-OCSPSigning.
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    /// id-kp-emailProtection: a purpose that is none of a TSA's.
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
    /// id-ad-ocsp.
    OCSP = "1.3.6.1.5.5.7.48.1";
    /// id-pkix-ocsp-basic.
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    /// id-pkix-ocsp-nonce.
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    /// id-pkix-ocsp-nocheck.
    OCSP_NOCHECK = "1.3.6.1.5.5.7.48.1.5";
    /// id-pkix-ocsp-archive-cutoff.
    ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6";
    /// id-ad-caIssuers.
    CA_ISSUERS = "1.3.6.1.5.5.7.48.2";

    /// id-qcs-pkixQCSyntax-v2 (RFC 3739 §3.2.6.1).
    QCS_SYNTAX_V2 = "1.3.6.1.5.5.7.11.2";
    /// id-etsi-qcs-QcCompliance (EN 319 412-5 §4.2.1).
    QC_COMPLIANCE = "0.4.0.1862.1.1";
    /// id-etsi-qcs-QcRetentionPeriod (EN 319 412-5 §4.3.3).
    QC_RETENTION = "0.4.0.1862.1.3";
    /// id-etsi-qcs-QcSSCD (EN 319 412-5 §4.2.2).
    QC_SSCD = "0.4.0.1862.1.4";
    /// id-etsi-qcs-QcPDS (EN 319 412-5 §4.3.4).
    QC_PDS = "0.4.0.1862.1.5";
    /// id-etsi-qcs-QcType (EN 319 412-5 §4.2.3).
    QC_TYPE = "0.4.0.1862.1.6";
    /// id-etsi-qct-esign.
    QC_TYPE_ESIGN = "0.4.0.1862.1.6.1";
    /// id-etsi-qcs-semanticsId-Natural (EN 319 412-1 §5.1.3).
    SEMANTICS_NATURAL = "0.4.0.194121.1.1";
    /// QCP-n-qscd (EN 319 411-2 §5.3).
    QCP_N_QSCD = "0.4.0.194112.1.2";
    /// agIDcert: the certificate follows the AgID rules.
    AGID_CERT = "1.3.76.16.6";
    /// The lab's own certificate policy, from the arc set aside for examples.
    LAB_POLICY = "2.999.76.1";
    /// The lab's time-stamping policy, from the arc set aside for examples.
    LAB_TSA_POLICY = "2.999.76.2";
    /// A policy nobody asked for, for [`crate::tsa::Fault::WrongPolicy`].
    OTHER_TSA_POLICY = "2.999.76.3";
}

//! Which level a signature has, by what it holds (EN 319 122-1 §6, TS 101 733).
//!
//! A level names a form. That the form is there says nothing of its worth: a
//! broken time-stamp still makes a T, and the report says that it is broken.

use std::fmt;

use cms::ess::SigningCertificateRefs;
use cms::{SignedData, SignerInfo};
use x509::Certificate;

use crate::oids;

/// The levels told apart, weakest first within a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// A CMS signature that is no CAdES: no usable signing-certificate attribute.
    Cms,
    /// CAdES-BES: names its certificate, but breaks a rule of the baseline.
    Bes,
    /// CAdES-EPES: as BES, under an explicit policy.
    Epes,
    /// CAdES-T beside the baseline.
    T,
    /// CAdES-C: references to certificates and revocation data.
    C,
    /// CAdES-X: time-stamps over those references.
    X,
    /// CAdES-X long: the values referred to are there too.
    Xl,
    /// CAdES-A: archive time-stamps.
    A,
    /// An evidence record.
    Ers,
    /// CAdES-BASELINE-B.
    BaselineB,
    /// CAdES-BASELINE-T.
    BaselineT,
    /// CAdES-BASELINE-LT.
    BaselineLt,
    /// CAdES-BASELINE-LTA.
    BaselineLta,
}

impl Level {
    /// The level of `signer`, one of the SignerInfos of `data`, whose X.509
    /// certificates are `certificates`.
    #[must_use]
    pub fn of(data: &SignedData, certificates: &[Certificate], signer: &SignerInfo) -> Self {
        let typed = signer
            .signed_attributes
            .as_ref()
            .is_some_and(|signed| signed.single(&cms::oids::CONTENT_TYPE).is_some());
        Self::detect(data, certificates, signer, typed && data.content_type == cms::oids::DATA)
    }

    /// The level of a countersignature on a SignerInfo of `data`; its content
    /// is a signature value and has no type (RFC 5652 §11.4).
    #[must_use]
    pub fn of_countersignature(
        data: &SignedData,
        certificates: &[Certificate],
        signer: &SignerInfo,
    ) -> Self {
        let typed = signer
            .signed_attributes
            .as_ref()
            .is_some_and(|signed| signed.all(&cms::oids::CONTENT_TYPE).next().is_some());
        Self::detect(data, certificates, signer, !typed)
    }

    /// `type_fits`: the content-type attribute is as the baseline wants it.
    fn detect(
        data: &SignedData,
        certificates: &[Certificate],
        signer: &SignerInfo,
        type_fits: bool,
    ) -> Self {
        let Some(signed) = &signer.signed_attributes else { return Self::Cms };
        let refs = SigningCertificateRefs::read(signed);
        let candidates = signer.sid.named(certificates);
        let meant = candidates.iter().find(|certificate| refs.names(certificate));
        let certificate = meant.or(candidates.first()).copied();
        let named = match certificate {
            Some(certificate) => refs.names(certificate),
            // A certificate outside the file may still be the one that is named.
            None => refs.signer().any(|reference| reference.algorithm.is_some()),
        };
        // signing-certificate-v2 is for digests other than SHA-1 (EN 319 122-1 §5.2.2.3).
        let misused = refs
            .v2
            .iter()
            .flatten()
            .any(|reference| reference.algorithm == Some(crypto::DigestAlgorithm::Sha1));
        if !named || misused || cms::verify::message_digest(signed).is_none() {
            return Self::Cms;
        }
        let has = |oid: &asn1::Oid| signer.unsigned_values(oid).next().is_some();
        let any = |oids: &[&asn1::Oid]| oids.iter().any(|oid| has(oid));
        let references = has(&oids::CERTIFICATE_REFS) && has(&oids::REVOCATION_REFS);
        let values = has(&oids::CERTIFICATE_VALUES) && has(&oids::REVOCATION_VALUES);
        let stamped = has(&oids::SIGNATURE_TIME_STAMP);
        let archived_v3 = has(&oids::ARCHIVE_TIME_STAMP_V3);
        let archived_before = any(&[&oids::ARCHIVE_TIME_STAMP_V1, &oids::ARCHIVE_TIME_STAMP_V2]);
        let extended = any(&[
            &oids::CERTIFICATE_REFS,
            &oids::REVOCATION_REFS,
            &oids::CERTIFICATE_VALUES,
            &oids::REVOCATION_VALUES,
            &oids::REFS_TIME_STAMP,
            &oids::CADES_C_TIME_STAMP,
        ]);
        let baseline = certificate.is_some()
            && type_fits
            && signed.single(&cms::oids::SIGNING_TIME).is_some()
            && (refs.v1.is_some() != refs.v2.is_some());

        if any(&[&oids::EVIDENCE_RECORD_INTERNAL, &oids::EVIDENCE_RECORD_EXTERNAL]) {
            return Self::Ers;
        }
        if baseline && !extended && !archived_before {
            return match (stamped, !data.crls.is_empty(), archived_v3) {
                (true, true, true) => Self::BaselineLta,
                (true, true, false) => Self::BaselineLt,
                (true, false, _) => Self::BaselineT,
                (false, ..) => Self::BaselineB,
            };
        }
        if archived_v3 || archived_before {
            Self::A
        } else if references && values {
            Self::Xl
        } else if references && any(&[&oids::REFS_TIME_STAMP, &oids::CADES_C_TIME_STAMP]) {
            Self::X
        } else if references {
            Self::C
        } else if stamped {
            Self::T
        } else if signed.all(&oids::SIGNATURE_POLICY).next().is_some() {
            Self::Epes
        } else {
            Self::Bes
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cms => "CMS",
            Self::Bes => "CAdES-BES",
            Self::Epes => "CAdES-EPES",
            Self::T => "CAdES-T",
            Self::C => "CAdES-C",
            Self::X => "CAdES-X",
            Self::Xl => "CAdES-XL",
            Self::A => "CAdES-A",
            Self::Ers => "CAdES-ERS",
            Self::BaselineB => "CAdES-BASELINE-B",
            Self::BaselineT => "CAdES-BASELINE-T",
            Self::BaselineLt => "CAdES-BASELINE-LT",
            Self::BaselineLta => "CAdES-BASELINE-LTA",
        })
    }
}

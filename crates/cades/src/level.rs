//! Which level a signature has, by what it holds (EN 319 122-1 §6, TS 101 733).
//!
//! A level names a form. That the form is there says nothing of its worth: a
//! broken time-stamp still makes a T, and the report says that it is broken.
//! But LT and X long are claims about contents: revocation data about the
//! signer's chain must be there, or the file is less with something beside it.

use std::cell::OnceCell;
use std::fmt;

use cms::ess::SigningCertificateRefs;
use cms::{RevocationInfo, SignedData, SignerInfo};
use x509::{Certificate, Crl, OcspResponse};

use crate::oids;
use crate::values::Values;

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
    /// certificates are `certificates`. For several signers see [`Levels`].
    #[must_use]
    pub fn of(data: &SignedData, certificates: &[Certificate], signer: &SignerInfo) -> Self {
        Levels::new(data, certificates).of(signer)
    }

    /// The level of a countersignature on a SignerInfo of `data`; its content
    /// is a signature value and has no type (RFC 5652 §11.4).
    #[must_use]
    pub fn of_countersignature(
        data: &SignedData,
        certificates: &[Certificate],
        signer: &SignerInfo,
    ) -> Self {
        Levels::new(data, certificates).of_countersignature(signer)
    }

    /// Whether `signer` is a CAdES signature of any level at all.
    #[must_use]
    pub fn is_cades(certificates: &[Certificate], signer: &SignerInfo) -> bool {
        named_certificate(certificates, signer).is_some()
    }
}

/// The type of CAdES-X, or of X long, that the time-stamps over references
/// make (EN 319 122-1 §A.1.5): 1 is over the whole signature, 2 over the
/// references alone.
#[must_use]
pub fn extended_type(signer: &SignerInfo) -> Option<u8> {
    let has = |oid: &asn1::Oid| signer.unsigned_values(oid).next().is_some();
    if has(&oids::CADES_C_TIME_STAMP) { Some(1) } else { has(&oids::REFS_TIME_STAMP).then_some(2) }
}

/// Tells the levels of the signers of one SignedData; its revocation data is
/// read once.
#[derive(Debug)]
pub struct Levels<'d> {
    data: &'d SignedData,
    certificates: &'d [Certificate],
    revocation: OnceCell<Revocation>,
}

impl<'d> Levels<'d> {
    /// For the signers of `data`, whose X.509 certificates are `certificates`.
    #[must_use]
    pub fn new(data: &'d SignedData, certificates: &'d [Certificate]) -> Self {
        Self { data, certificates, revocation: OnceCell::new() }
    }

    /// The level of a member of `signerInfos`.
    #[must_use]
    pub fn of(&self, signer: &SignerInfo) -> Level {
        let typed = signer
            .signed_attributes
            .as_ref()
            .is_some_and(|signed| signed.single(&cms::oids::CONTENT_TYPE).is_some());
        self.detect(signer, typed && self.data.content_type == cms::oids::DATA)
    }

    /// The level of a countersignature.
    #[must_use]
    pub fn of_countersignature(&self, signer: &SignerInfo) -> Level {
        let typed = signer
            .signed_attributes
            .as_ref()
            .is_some_and(|signed| signed.all(&cms::oids::CONTENT_TYPE).next().is_some());
        self.detect(signer, !typed)
    }

    /// `type_fits`: the content-type attribute is as the baseline wants it.
    fn detect(&self, signer: &SignerInfo, type_fits: bool) -> Level {
        let Some(signed) = &signer.signed_attributes else { return Level::Cms };
        let Some((certificate, refs)) = named_certificate(self.certificates, signer) else {
            return Level::Cms;
        };
        let has = |oid: &asn1::Oid| signer.unsigned_values(oid).next().is_some();
        let any = |oids: &[&asn1::Oid]| oids.iter().any(|oid| has(oid));
        let references = has(&oids::CERTIFICATE_REFS) && has(&oids::REVOCATION_REFS);
        let values = has(&oids::CERTIFICATE_VALUES) && has(&oids::REVOCATION_VALUES);
        let stamped = has(&oids::SIGNATURE_TIME_STAMP);
        let archived_v3 = has(&oids::ARCHIVE_TIME_STAMP_V3);
        let archived_before = any(&[
            &oids::ARCHIVE_TIME_STAMP_V1,
            &oids::ARCHIVE_TIME_STAMP_V2,
            &oids::LONG_TERM_VALIDATION,
        ]);
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
            return Level::Ers;
        }
        if baseline && !extended && !archived_before {
            let complete = || certificate.is_some_and(|one| self.is_complete(one, signer));
            return match (stamped, archived_v3) {
                (false, _) => Level::BaselineB,
                (true, _) if !complete() => Level::BaselineT,
                (true, true) => Level::BaselineLta,
                (true, false) => Level::BaselineLt,
            };
        }
        // X long is about having the data, not the attributes for it; A keeps what X long has.
        let complete =
            !references || (values && certificate.is_none_or(|one| self.is_complete(one, signer)));
        if (archived_v3 || archived_before) && complete {
            Level::A
        } else if references && complete {
            Level::Xl
        } else if references && any(&[&oids::REFS_TIME_STAMP, &oids::CADES_C_TIME_STAMP]) {
            Level::X
        } else if references {
            Level::C
        } else if stamped {
            Level::T
        } else if signed.all(&oids::SIGNATURE_POLICY).next().is_some() {
            Level::Epes
        } else {
            Level::Bes
        }
    }

    /// Whether the validation data of LT or X long is there (EN 319 122-1 §6.3, §A.1): about the
    /// signer and the certificates above it in the file. Whether that of the authorities is there
    /// is told with each time-stamp.
    fn is_complete(&self, certificate: &Certificate, signer: &SignerInfo) -> bool {
        let root = self.revocation.get_or_init(|| Revocation::read(self.data));
        let values = Values::read(signer);
        let attached = Revocation::of(values.revocation_infos());
        let mut pool = self.certificates.to_vec();
        pool.extend(values.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()));
        is_covered(certificate, &pool, &[root, &attached])
    }
}

/// The certificate the signed attributes name, where it is at hand; `None`
/// altogether where they name none in a way CAdES knows.
fn named_certificate<'c>(
    certificates: &'c [Certificate],
    signer: &SignerInfo,
) -> Option<(Option<&'c Certificate>, SigningCertificateRefs)> {
    let signed = signer.signed_attributes.as_ref()?;
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
    let usable = named && !misused && cms::verify::message_digest(signed).is_some();
    usable.then_some((certificate, refs))
}

/// Revocation data of a SignedData, read.
#[derive(Debug)]
struct Revocation {
    crls: Vec<Crl>,
    ocsp: Vec<OcspResponse>,
}

impl Revocation {
    fn read(data: &SignedData) -> Self {
        Self::of(data.revocation_infos())
    }

    fn of(infos: impl IntoIterator<Item = RevocationInfo>) -> Self {
        let (mut crls, mut ocsp) = (Vec::new(), Vec::new());
        for info in infos {
            match info {
                RevocationInfo::Crl(der) => crls.extend(Crl::from_der(&der)),
                RevocationInfo::Ocsp(der) => ocsp.extend(OcspResponse::from_der(&der)),
                RevocationInfo::Other(_) | RevocationInfo::Unknown => {}
            }
        }
        Self { crls, ocsp }
    }

    /// Whether something here speaks of `certificate`; what it says, and whether it may be
    /// believed, is judged elsewhere.
    fn is_about(&self, certificate: &Certificate, issuers: &[&Certificate]) -> bool {
        self.crls.iter().any(|crl| crl.issuer().matches(certificate.issuer()))
            || self.ocsp.iter().flat_map(OcspResponse::responses).any(|single| {
                issuers.iter().any(|issuer| single.is_about(certificate, issuer))
                    || (issuers.is_empty() && single.serial == certificate.serial())
            })
    }
}

/// Longest chain followed.
const LONGEST_CHAIN: usize = 16;

/// Whether there is revocation data about `first` and the certificates above it that need some, up
/// to a self-issued one or to one whose issuer is not in the file and may be the anchor.
fn is_covered(first: &Certificate, pool: &[Certificate], data: &[&Revocation]) -> bool {
    let mut certificate = first;
    for _ in 0..LONGEST_CHAIN {
        if certificate.self_issued() {
            return true;
        }
        // A CA may have several certificates of one name.
        let issuers: Vec<&Certificate> =
            pool.iter().filter(|one| one.subject().matches(certificate.issuer())).collect();
        let exempt = x509::revocation_exemption(certificate).is_some();
        if !exempt && !data.iter().any(|one| one.is_about(certificate, &issuers)) {
            return false;
        }
        let Some(issuer) = issuers.first() else { return true };
        certificate = issuer;
    }
    false
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

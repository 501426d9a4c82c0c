//! Certificates, chains and revocation data as `x509` has them, in the words of [`crate::facts`].
//!
//! Conversions only: what to look for is [`super::trust`]'s.

use crate::catalogue::Code;
use crate::facts::{
    AlgorithmFacts, AnchorFacts, AnchorPurpose, Authorisation, CertificateFacts, CertificateStatus,
    ChainFacts, ExtendedKeyUsageFacts, KeyFacts, NameFacts, PathProblem, QcFacts, RevocationFacts,
    RevocationKind, RevocationReason, RevocationSource, Scheme, SignatureCheck,
};
use cms::SignerInfo;
use crypto::{KeyKind, SignatureAlgorithm};
use std::collections::BTreeMap;
use x509::{
    CandidateFailure, Certificate, CertificatePath, FailedCandidate, PathLimit, PathRule,
    RevocationFact, RevocationObject, RevocationOrigin, RevocationStatus, Unusable,
};

/// A chain to an anchor, with what is wrong with it.
pub(super) fn chain_facts(path: &CertificatePath, mut problems: Vec<PathProblem>) -> ChainFacts {
    let anchor = path.anchor();
    for link in path.links() {
        if let x509::SignatureCheck::Valid { tolerance: Some(tolerance) } = &link.signature {
            problems.push(PathProblem {
                code: Code::SignatureTolerance,
                certificate: Some(link.certificate.into()),
                detail: tolerance.clone(),
            });
        }
    }
    let purposes = anchor.purposes.iter().filter_map(|purpose| match purpose {
        x509::AnchorPurpose::Signature => Some(AnchorPurpose::Signature),
        x509::AnchorPurpose::TimeStamp => Some(AnchorPurpose::TimeStamp),
        x509::AnchorPurpose::Revocation => Some(AnchorPurpose::Revocation),
        _ => None,
    });
    ChainFacts {
        certificates: path.certificates().iter().map(|c| c.fingerprint().into()).collect(),
        anchor: Some(AnchorFacts {
            name: anchor.certificate.subject().to_string(),
            fingerprint: Some(anchor.certificate.fingerprint().into()),
            purposes: purposes.collect(),
            trusted_from: anchor.trusted_from,
            sunset: anchor.sunset,
            service: None,
        }),
        problems,
        missing_issuer: None,
    }
}

/// A candidate that led nowhere: the chain up to it and why it ends there.
pub(super) fn failed_chain(failed: &FailedCandidate) -> ChainFacts {
    let missing =
        matches!(failed.reason, CandidateFailure::IssuerMissing | CandidateFailure::RootNotTrusted);
    let problem = match &failed.reason {
        CandidateFailure::IssuerMissing | CandidateFailure::RootNotTrusted => None,
        CandidateFailure::Signature { .. } => {
            Some((Code::CertificateSignatureInvalid, failed.issuer_name.clone()))
        }
        CandidateFailure::TooDeep => {
            let detail = format!("more than {} certificates", failed.path.len());
            Some((Code::CertificatePathInvalid, detail))
        }
    };
    let certificate = Some(failed.certificate.into());
    ChainFacts {
        certificates: failed.path.iter().map(|one| (*one).into()).collect(),
        anchor: None,
        problems: problem
            .map(|(code, detail)| PathProblem { code, certificate, detail })
            .into_iter()
            .collect(),
        missing_issuer: missing.then(|| failed.issuer_name.clone()),
    }
}

/// Nothing was found, not even a candidate that failed.
pub(super) fn no_chain(subject: &Certificate) -> ChainFacts {
    ChainFacts {
        certificates: vec![subject.fingerprint().into()],
        anchor: None,
        problems: Vec::new(),
        missing_issuer: Some(subject.issuer().to_string()),
    }
}

/// The limit that ended a search, in words.
pub(super) fn limit_name(limit: PathLimit) -> &'static str {
    match limit {
        PathLimit::SignatureChecks => "signature checks",
        PathLimit::Candidates => "candidates",
        PathLimit::Paths => "chains",
    }
}

/// The finding for a broken rule.
pub(super) fn code_of(rule: &PathRule) -> Code {
    match rule {
        PathRule::NotCa => Code::CertificateNotCa,
        PathRule::NoKeyCertSign => Code::CertificateCaKeyUsage,
        PathRule::PathTooLong { .. } => Code::CertificatePathLength,
        PathRule::UnprocessedCriticalExtension { .. } => Code::CertificateCriticalExtension,
        PathRule::AnyPolicyMapped | PathRule::NoValidPolicy => Code::CertificatePolicyTree,
        PathRule::NameNotAllowed { .. } => Code::CertificateNameConstraints,
        PathRule::MisplacedExtension { .. } => Code::CertificateForbiddenExtension,
        _ => Code::CertificatePathInvalid,
    }
}

/// The observed detail of a broken rule.
pub(super) fn detail_of(rule: &PathRule) -> String {
    match rule {
        PathRule::NotCa => "not a CA".to_owned(),
        PathRule::NoKeyCertSign => "no keyCertSign".to_owned(),
        PathRule::PathTooLong { allowed, found } => format!("{found} below, {allowed} allowed"),
        PathRule::UnprocessedCriticalExtension { oid } => oid.clone(),
        PathRule::RepeatedExtension { oid } => format!("extension {oid} is repeated"),
        PathRule::MalformedExtension { oid } => format!("extension {oid} cannot be read"),
        PathRule::AlgorithmsDiffer => "its two signature algorithms differ".to_owned(),
        PathRule::AnyPolicyMapped => "anyPolicy is mapped".to_owned(),
        PathRule::MisplacedExtension { oid } => oid.clone(),
        PathRule::NoValidPolicy => "no certificate policy holds along the chain".to_owned(),
        PathRule::NameNotAllowed { name } => name.clone(),
        PathRule::TooManyNames { found } => {
            format!("{found} comparisons of names with constraints are too many")
        }
        PathRule::PurposeExcluded { oid } => format!("purpose {oid} is excluded"),
        PathRule::BreakableKey { bits } => format!("a key of {bits} bits can be broken"),
        PathRule::NotEvaluated { oid } => format!("extension {oid} is not evaluated"),
        _ => "another rule".to_owned(),
    }
}

/// The named parts of a certificate, as facts.
pub(super) fn certificate_facts(certificate: &Certificate) -> CertificateFacts {
    let extensions = certificate.extensions();
    let qc = extensions.qc_statements.as_ref();
    let qc_type = |oid: &asn1::Oid| match oid.to_string().as_str() {
        "0.4.0.1862.1.6.1" => "esign".to_owned(),
        "0.4.0.1862.1.6.2" => "eseal".to_owned(),
        "0.4.0.1862.1.6.3" => "web".to_owned(),
        other => other.to_owned(),
    };
    let mut limits: Vec<String> =
        extensions.policies.iter().flat_map(|policy| policy.notices.clone()).collect();
    if let Some((currency, amount, exponent)) = qc.and_then(|qc| qc.limit_value.clone()) {
        limits.push(format!("{amount}E{exponent} {currency}"));
    }
    CertificateFacts {
        subject: name_facts(certificate.subject()),
        issuer: name_facts(certificate.issuer()),
        serial_number: certificate.serial_hex(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        key: key_facts(certificate),
        signature: certificate_algorithm(certificate.signature_algorithm()),
        self_signed: certificate.self_signed(),
        key_usage: certificate
            .key_usage()
            .map(|usage| usage.names().into_iter().map(str::to_owned).collect()),
        extended_key_usage: extensions.extended_key_usage.as_ref().map(|usage| {
            ExtendedKeyUsageFacts {
                purposes: usage.purposes.iter().map(ToString::to_string).collect(),
                critical: usage.critical,
            }
        }),
        ocsp_nocheck: extensions.ocsp_no_check,
        no_revocation_available: x509::revocation_exemption(certificate).is_some(),
        qc: qc.map_or_else(QcFacts::default, |qc| QcFacts {
            // A list of countries says that another law than the Union's is meant.
            compliance: qc.compliance && qc.legislation.is_empty(),
            device: qc.sscd,
            types: qc.types.iter().map(qc_type).collect(),
        }),
        usage_limits: limits,
    }
}

fn name_facts(name: &x509::Name) -> NameFacts {
    NameFacts {
        dn: name.to_string(),
        common_name: name.common_name(),
        surname: name.surname(),
        given_name: name.given_name(),
        serial_number: name.serial_number(),
        title: name.title(),
        organisation: name.organization(),
        country: name.country(),
    }
}

/// Kind and size of a certificate's key.
pub(super) fn key_facts(certificate: &Certificate) -> KeyFacts {
    let Ok(key) = certificate.public_key() else {
        return KeyFacts { kind: "unknown".to_owned(), bits: None, curve: None };
    };
    let (kind, curve) = match key.key_kind() {
        KeyKind::Rsa | KeyKind::RsaPss => ("RSA", None),
        KeyKind::Ec(curve) => ("EC", Some(curve.name().to_owned())),
        KeyKind::Ed25519 => ("Ed25519", None),
        KeyKind::Ed448 => ("Ed448", None),
        KeyKind::Dsa => ("DSA", None),
        _ => ("unknown", None),
    };
    KeyFacts { kind: kind.to_owned(), bits: u32::try_from(key.bits()).ok(), curve }
}

fn scheme_facts(algorithm: &SignatureAlgorithm, name: String) -> AlgorithmFacts {
    let scheme = match algorithm {
        SignatureAlgorithm::RsaPkcs1 { .. } => Scheme::Rsa,
        SignatureAlgorithm::RsaPss { .. } => Scheme::RsaPss,
        SignatureAlgorithm::Ecdsa { .. } | SignatureAlgorithm::PlainEcdsa { .. } => Scheme::Ecdsa,
        SignatureAlgorithm::Dsa { .. } => Scheme::Dsa,
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => Scheme::EdDsa,
    };
    let digest = algorithm.digest().map(|digest| digest.name().to_owned());
    AlgorithmFacts { scheme, digest, name }
}

/// The signature algorithm of a SignerInfo, once it was understood.
pub(super) fn algorithm_facts(
    algorithm: Option<&SignatureAlgorithm>,
    signer: &SignerInfo,
) -> AlgorithmFacts {
    let name = signer.signature_algorithm.oid.to_string();
    match algorithm {
        Some(algorithm) => scheme_facts(algorithm, name),
        None => AlgorithmFacts { scheme: Scheme::Other, digest: None, name },
    }
}

/// The algorithm a certificate, list or response is signed with.
fn certificate_algorithm(der: &[u8]) -> AlgorithmFacts {
    let unknown = |name| AlgorithmFacts { scheme: Scheme::Other, digest: None, name };
    let Some(identifier) = asn1::Value::parse(der)
        .ok()
        .and_then(|value| crypto::AlgorithmIdentifier::parse(&value).ok())
    else {
        return unknown(String::new());
    };
    let name = identifier.oid.to_string();
    match SignatureAlgorithm::from_identifier(&identifier, None) {
        Ok(algorithm) => scheme_facts(&algorithm, name),
        Err(_) => unknown(name),
    }
}

/// What one list or response says, as facts.
pub(super) fn revocation_facts(
    fact: &RevocationFact,
    object: Option<&RevocationObject>,
) -> RevocationFacts {
    let mut problems: BTreeMap<&str, Code> = BTreeMap::new();
    // A list that is not complete still revokes what it names: `x509` settled that.
    let settled = matches!(fact.status, RevocationStatus::Revoked { .. });
    for reason in fact.unusable.iter().filter(|_| !settled) {
        let code = match reason {
            Unusable::OtherCertificates
            | Unusable::OtherDistributionPoint
            | Unusable::SomeReasons
            | Unusable::Delta
            | Unusable::NotIndirect => Code::RsiScope,
            Unusable::OtherCertHash => Code::RsiCertHashMismatch,
            _ => Code::RsiUnusable,
        };
        problems.insert(code.as_str(), code);
    }
    let (kind, label) = match fact.kind {
        x509::RevocationKind::Crl => (RevocationKind::Crl, "CRL"),
        x509::RevocationKind::Ocsp => (RevocationKind::Ocsp, "OCSP"),
    };
    let digest = fact.object.to_string();
    RevocationFacts {
        // Long enough to find the object again, short enough to be read.
        id: format!("{label} {}", digest.get(..16).unwrap_or(&digest)),
        kind,
        source: match &fact.origin {
            RevocationOrigin::Embedded => RevocationSource::Embedded,
            RevocationOrigin::Fetched { .. } => RevocationSource::Online,
            _ => RevocationSource::Given,
        },
        status: status(fact),
        this_update: Some(fact.this_update),
        next_update: fact.next_update,
        produced_at: fact.produced_at,
        issuer: fact.signer.as_ref().map(|signer| signer.fingerprint.into()),
        signature: match &fact.signature {
            None => SignatureCheck::Unchecked,
            Some(x509::SignatureCheck::Valid { .. }) => SignatureCheck::Valid,
            Some(x509::SignatureCheck::Invalid) => SignatureCheck::Invalid,
            Some(x509::SignatureCheck::Unsupported { .. }) => SignatureCheck::Unsupported,
        },
        authorisation: match &fact.authorisation {
            x509::Authorisation::Issuer | x509::Authorisation::IssuerOtherKey => {
                Authorisation::Issuer
            }
            x509::Authorisation::CrlIssuer | x509::Authorisation::Delegate => {
                Authorisation::Delegate
            }
            x509::Authorisation::Anchor => Authorisation::Configured,
            x509::Authorisation::Refused { .. } => Authorisation::None,
        },
        // The signer was found by the responderID, or not at all.
        responder_id_matches: fact.produced_at.map(|_| fact.signer.is_some()),
        cert_hash_matches: fact.cert_hash_matches,
        covers_expired_since: fact.expired_since,
        algorithm: object.map_or_else(|| certificate_algorithm(&[]), object_algorithm),
        problems: problems.into_values().collect(),
        object: Some(fact.object.into()),
        base: fact.base.map(Into::into),
        complements: fact.complements.iter().map(|one| (*one).into()).collect(),
    }
}

/// The second field of a CertificateList or BasicOCSPResponse: both are
/// `SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING, … }`.
fn object_algorithm(object: &RevocationObject) -> AlgorithmFacts {
    let octets = match object {
        RevocationObject::Crl(crl) => crl.der(),
        RevocationObject::Ocsp(response) => response.basic(),
    };
    let second = || {
        let mut fields = asn1::Value::parse(octets).ok()?.children();
        fields.any().ok()?;
        fields.any().ok()
    };
    certificate_algorithm(second().map_or(&[], |value| value.raw()))
}

/// What the object says, whoever signed it: whether it counts is judged from the other facts. An
/// object that does not decide knows nothing of the certificate.
fn status(fact: &RevocationFact) -> CertificateStatus {
    match fact.claim {
        RevocationStatus::Good => CertificateStatus::Good,
        RevocationStatus::Revoked { at, reason, .. } => {
            CertificateStatus::Revoked { at, reason: reason_of(reason) }
        }
        RevocationStatus::Unknown | RevocationStatus::Undetermined => CertificateStatus::Unknown,
    }
}

fn reason_of(reason: x509::RevocationReason) -> RevocationReason {
    use x509::RevocationReason as R;
    match reason {
        R::KeyCompromise => RevocationReason::KeyCompromise,
        R::CaCompromise => RevocationReason::CaCompromise,
        R::AffiliationChanged => RevocationReason::AffiliationChanged,
        R::Superseded => RevocationReason::Superseded,
        R::CessationOfOperation => RevocationReason::CessationOfOperation,
        R::CertificateHold => RevocationReason::CertificateHold,
        R::RemoveFromCrl => RevocationReason::RemoveFromCrl,
        R::PrivilegeWithdrawn => RevocationReason::PrivilegeWithdrawn,
        R::AaCompromise => RevocationReason::AaCompromise,
        R::Unspecified | R::Unknown => RevocationReason::Unspecified,
    }
}

//! Facts about one time-stamp token (RFC 3161).

use super::describe;
use super::signature::{
    attribute_facts, digest_name, disagreement, find_certificate, hex, reference_facts,
    signature_value,
};
use super::trust::{Gatherer, algorithm_facts, key_facts};
use crate::catalogue::Code;
use crate::facts::{ContentDigest, ProofFacts, StructuralFinding, TimestampFacts, TimestampKind};
use cms::ess::SigningCertificateRefs;
use cms::verify::ContentCheck;
use timestamp::Token;

/// Reads and verifies a token; `imprint` says whether it is over what it should be over.
pub(super) fn gather(
    id: &str,
    kind: TimestampKind,
    raw: &[u8],
    imprint: impl Fn(&Token) -> Option<bool>,
    trust: &mut Gatherer<'_>,
) -> TimestampFacts {
    let (token, mut structure) = match read(raw) {
        Ok((token, deviation)) => {
            let finding = |detail: &str| StructuralFinding {
                code: Code::StructureDeviation,
                detail: detail.to_owned(),
                location: Some(id.to_owned()),
            };
            // A file of its own may well be the authority's whole answer.
            let deviation = deviation.filter(|_| {
                !matches!(kind, TimestampKind::Standalone | TimestampKind::ArchiveManifest)
            });
            (token, deviation.map(finding).into_iter().collect::<Vec<_>>())
        }
        Err(error) => {
            let finding = StructuralFinding {
                code: Code::StructureUnreadable,
                detail: describe(&error),
                location: Some(id.to_owned()),
            };
            return TimestampFacts::unreadable(id, kind, finding);
        }
    };
    trust.offer_certificates(token.data.x509_certificates());
    trust.offer_revocation(&token.data);
    let signer = token.signer();
    // Authorities in use sign with a longer digest than the one of the message: noted, not refused.
    structure.extend(disagreement(signer).map(|finding| StructuralFinding {
        code: Code::StructureDeviation,
        detail: format!("the token names two digests: {}", finding.detail),
        location: Some(id.to_owned()),
    }));
    let refs = signer
        .signed_attributes
        .as_ref()
        .map_or_else(SigningCertificateRefs::default, SigningCertificateRefs::read);
    let certificate = find_certificate(signer, &refs, trust);
    let result = token.check(certificate.as_slice());
    let check = result.check.as_ref();
    if let Some(certificate) = &certificate {
        trust.need_authority(certificate);
    }
    let info = &token.info;
    // Saturating: the numbers are whatever the token says.
    let micros = |a: timestamp::Accuracy| {
        let whole = a.seconds.saturating_mul(1_000_000);
        whole.saturating_add(a.millis.saturating_mul(1000)).saturating_add(a.micros)
    };
    TimestampFacts {
        id: id.to_owned(),
        kind,
        structure,
        gen_time: Some(info.gen_time),
        accuracy_micros: info.accuracy.map(micros),
        ordering: info.ordering,
        imprint_algorithm: info.imprint.digest_algorithm().map_or_else(
            || info.imprint.algorithm.oid.to_string(),
            |algorithm| algorithm.name().to_owned(),
        ),
        imprint_matches: imprint(&token),
        hash_index_valid: None,
        certificate: certificate.as_ref().map(|c| c.fingerprint().into()),
        digest_algorithm: digest_name(signer),
        algorithm: algorithm_facts(check.and_then(|c| c.algorithm.as_ref()), signer),
        key: certificate.as_ref().map(key_facts),
        content: match check.map(|check| &check.content) {
            Some(ContentCheck::Intact | ContentCheck::Direct) => ContentDigest::Intact,
            Some(ContentCheck::Altered) => ContentDigest::Mismatch,
            Some(ContentCheck::NoMessageDigest) => ContentDigest::NoReference,
            _ => ContentDigest::NotComputed,
        },
        value: signature_value(check),
        attributes: attribute_facts(
            signer.signed_attributes.as_ref(),
            check,
            Some(&token.data.content_type),
        ),
        references: reference_facts(&refs, certificate.as_ref(), trust),
        tsa_name: info.tsa.as_deref().and_then(directory_name).map(|name| name.to_string()),
        tsa_name_matches: info
            .tsa
            .as_deref()
            .and_then(directory_name)
            .and_then(|name| Some(name.matches(certificate.as_ref()?.subject()))),
        policy: Some(info.policy.to_string()),
        serial_number: Some(hex(&info.serial)),
        covers: Vec::new(),
        proves: ProofFacts::default(),
        reference_digests: Vec::new(),
    }
}

/// A token as it should stand, or as writers were seen to put it: the whole answer of the
/// authority, or the token inside an OCTET STRING. Says what deviates.
pub(super) fn read(raw: &[u8]) -> Result<(Token, Option<&'static str>), timestamp::Error> {
    let value = asn1::Value::parse(raw).ok();
    if let Some(wrapped) = value.filter(|value| value.tag() == asn1::Tag::OCTET_STRING) {
        let (token, _) = timestamp::read_tsr(wrapped.contents())?;
        return Ok((token, Some("the time-stamp token is wrapped in an OCTET STRING")));
    }
    let (token, container) = timestamp::read_tsr(raw)?;
    let response = container == timestamp::Container::Response;
    Ok((token, response.then_some("a TimeStampResp stands where a token belongs")))
}

/// The Name in a GeneralName `directoryName [4]`.
fn directory_name(general: &[u8]) -> Option<x509::Name> {
    let value = asn1::Value::parse(general).ok()?;
    (value.tag() == asn1::Tag::context_constructed(4))
        .then(|| x509::Name::from_der(value.contents()).ok())
        .flatten()
}

//! Facts about one SignerInfo (RFC 5652 §5.3, EN 319 122-1).

use super::trust::{Gatherer, algorithm_facts, key_facts};
use super::{countersignature, covered, describe, properties};
use crate::catalogue::Code;
use crate::facts::{
    AttributeCheck, AttributeFacts, CertificateReference, ContentDigest, Facts, MatchedForm,
    ReferenceFacts, ReferenceForm, SignatureFacts, SignatureValue, StructuralFinding,
};
use asn1::{Oid, Value};
use cades::attributes::SignedProperties;
use cades::{Layer, Level, Levels, oids};
use cms::ess::{
    CertificateRef, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SigningCertificateRefs,
};
use cms::verify::{
    ContentCheck, ContentDigests, SignedForm, SignerCheck, ValueCheck, check_content, verify_signer,
};
use cms::{Attributes, SignerIdentifier, SignerInfo};
use crypto::{DigestAlgorithm, SignatureAlgorithm};
use x509::Certificate;

/// Signed attributes that may occur once with one value (RFC 5652 §11, EN 319 122-1 §5.2).
const SINGLE: [(Oid, &str); 14] = [
    (cms::oids::CONTENT_TYPE, "content-type"),
    (cms::oids::MESSAGE_DIGEST, "message-digest"),
    (cms::oids::SIGNING_TIME, "signing-time"),
    (SIGNING_CERTIFICATE, "signing-certificate"),
    (SIGNING_CERTIFICATE_V2, "signing-certificate-v2"),
    (cms::oids::ALGORITHM_PROTECTION, "CMSAlgorithmProtection"),
    (oids::SIGNATURE_POLICY, "signature-policy-identifier"),
    (oids::CONTENT_HINTS, "content-hints"),
    (oids::MIME_TYPE, "mime-type"),
    (oids::SIGNER_LOCATION, "signer-location"),
    (oids::SIGNER_ATTRIBUTES, "signer-attributes"),
    (oids::SIGNER_ATTRIBUTES_V2, "signer-attributes-v2"),
    (oids::CONTENT_REFERENCE, "content-reference"),
    (oids::CONTENT_IDENTIFIER, "content-identifier"),
];

/// References to certificates that are looked up; a chain has fewer than ten.
const MAX_REFERENCES: usize = 64;

/// What the signatures of one envelope have in common, looked up once.
pub(super) struct Context<'a> {
    pub(super) layer: &'a Layer,
    pub(super) levels: Levels<'a>,
    pub(super) root: covered::Root<'a>,
}

impl<'a> Context<'a> {
    pub(super) fn new(layer: &'a Layer) -> Self {
        let levels = Levels::new(&layer.data, &layer.certificates);
        Self { layer, levels, root: covered::Root::new(layer) }
    }
}

/// What a signature is over.
pub(super) struct Subject<'a> {
    /// The envelope the SignerInfo stands in.
    pub(super) context: &'a Context<'a>,
    /// eContentType; `None` for a countersignature.
    pub(super) content_type: Option<&'a Oid>,
    /// The content; for a countersignature the signature value below it.
    pub(super) content: Option<&'a ContentDigests>,
}

/// Offers everything an envelope has to build chains and judge revocation with: its own fields, and
/// the values and tokens in attributes of its signatures and countersignatures.
pub(super) fn offer(layer: &Layer, trust: &mut Gatherer<'_>) {
    trust.offer_certificates(layer.certificates.clone());
    trust.offer_revocation(&layer.data);
    for signer in &layer.data.signer_infos {
        cades::values::visit(signer, &mut |values, token| {
            if let Some(token) = token {
                trust.offer_certificates(token.data.x509_certificates());
                trust.offer_revocation(&token.data);
            } else {
                let certificates = values.certificates.iter();
                let certificates = certificates.filter_map(|der| Certificate::from_der(der).ok());
                trust.offer_certificates(certificates.collect());
                trust.offer_revocation_infos(values.revocation_infos());
            }
        });
    }
}

/// Adds the facts of one signature and of the countersignatures on it.
pub(super) fn gather(
    id: &str,
    context: &Context<'_>,
    signer: &SignerInfo,
    trust: &mut Gatherer<'_>,
    facts: &mut Facts,
) {
    let layer = context.layer;
    let subject = Subject {
        context,
        content_type: Some(&layer.data.content_type),
        content: layer.content.as_ref(),
    };
    let mut own = signer_facts(id, &subject, signer, trust);
    if layer.spans.trailing > 0 {
        own.structure.push(StructuralFinding {
            code: Code::TrailingBytes,
            detail: format!("{} octets", layer.spans.trailing),
            location: Some(format!("octet {}", layer.spans.end)),
        });
    }
    let announced = layer.data.announced_digests();
    if let Ok(digest) = DigestAlgorithm::from_identifier(&signer.digest_algorithm)
        && !announced.contains(&digest)
    {
        own.structure.push(StructuralFinding {
            code: Code::StructureDeviation,
            detail: format!("digestAlgorithms does not list {digest}"),
            location: Some("digestAlgorithms".to_owned()),
        });
    }
    let required = layer.data.required_version();
    if layer.data.version != required {
        own.structure.push(StructuralFinding {
            code: Code::StructureDeviation,
            detail: format!(
                "SignedData has version {} where RFC 5652 asks for {required}",
                layer.data.version
            ),
            location: Some("version".to_owned()),
        });
    }
    let first = facts.signatures.len();
    facts.signatures.push(own);
    countersignature::gather(id, context, signer, 0, trust, facts);
    covered::complete(facts.signatures.get_mut(first..).unwrap_or_default());
}

/// The facts of one SignerInfo.
pub(super) fn signer_facts(
    id: &str,
    subject: &Subject<'_>,
    signer: &SignerInfo,
    trust: &mut Gatherer<'_>,
) -> SignatureFacts {
    let empty = SigningCertificateRefs::default();
    let refs = signer.signed_attributes.as_ref().map_or(empty, SigningCertificateRefs::read);
    let certificate = find_certificate(signer, &refs, trust);
    let content = subject.content;
    let check =
        certificate.as_ref().map(|cert| verify_signer(signer, cert, subject.content_type, content));
    let levels = &subject.context.levels;
    let level = match subject.content_type {
        Some(_) => levels.of(signer),
        None => levels.of_countersignature(signer),
    };
    let mut structure = properties::deviations(signer);
    if check.as_ref().is_some_and(|check| check.content_looks_like_attributes) {
        structure.push(finding(Code::SignedAttributesAsContent, "content"));
    }
    structure.extend(disagreement(signer));
    if let Some(attributes) = &signer.signed_attributes
        && attributes.sorted_octets().is_none_or(|sorted| sorted != attributes.signed_octets())
    {
        structure.push(StructuralFinding {
            code: Code::StructureDeviation,
            detail: "the signed attributes are not stored as DER orders them".to_owned(),
            location: Some("signedAttrs".to_owned()),
        });
    }
    let attributes = signer.signed_attributes.as_ref();
    let said = attributes.map(SignedProperties::read).unwrap_or_default();
    structure.extend(covered::references_against_values(signer, trust));
    let timestamps = covered::timestamps(id, subject, signer, &refs, trust);
    let mut attribute_facts = attribute_facts(attributes, check.as_ref(), subject.content_type);
    for name in &said.malformed {
        // What only describes the content or the place misleads nobody by being unreadable.
        if properties::is_descriptive(name) {
            structure.push(StructuralFinding {
                code: Code::StructureDeviation,
                detail: "the attribute cannot be read".to_owned(),
                location: Some((*name).to_owned()),
            });
        } else {
            attribute_facts.malformed.push((*name).to_owned());
        }
    }
    attribute_facts.algorithm_protection = properties::protection(signer, &said);
    if let Some(certificate) = &certificate {
        trust.need(certificate);
    }
    SignatureFacts {
        id: id.to_owned(),
        format: if level == Level::Cms { "CMS" } else { "CAdES" }.to_owned(),
        level: level.to_string(),
        countersigns: None,
        structure,
        signer_identifier: identifier_text(&signer.sid),
        certificate: certificate.as_ref().map(|c| c.fingerprint().into()),
        digest_algorithm: digest_name(signer),
        algorithm: algorithm_facts(check.as_ref().and_then(|c| c.algorithm.as_ref()), signer),
        key: certificate.as_ref().map(key_facts),
        content: content_digest(signer, check.as_ref(), content),
        value: signature_value(check.as_ref()),
        properties: properties::facts(&said, attribute_facts.algorithm_protection),
        extended_type: (level != Level::Cms).then(|| cades::extended_type(signer)).flatten(),
        attributes: attribute_facts,
        references: reference_facts(&refs, certificate.as_ref(), trust),
        claimed_signing_time: signer
            .signed_value(&cms::oids::SIGNING_TIME)
            .and_then(|value| Value::parse(value).ok()?.time().ok()),
        policy: properties::policy(signer, &said, trust.policy_documents()),
        countersignatures: u32::try_from(
            signer.unsigned_values(&cms::oids::COUNTERSIGNATURE).count(),
        )
        .unwrap_or(u32::MAX),
        timestamps,
        reference_digests: Vec::new(),
    }
}

/// The certificate the signer means: named by the SignerInfo, and among those
/// the one the signed attribute names.
pub(super) fn find_certificate(
    signer: &SignerInfo,
    refs: &SigningCertificateRefs,
    trust: &Gatherer<'_>,
) -> Option<Certificate> {
    let named = signer.sid.named(trust.certificates());
    let meant = named.iter().find(|certificate| refs.names(certificate));
    meant.or(named.first()).map(|certificate| (*certificate).clone())
}

/// Digest and signature algorithm that name two different hashes.
pub(super) fn disagreement(signer: &SignerInfo) -> Option<StructuralFinding> {
    let message = DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok()?;
    let algorithm =
        SignatureAlgorithm::from_identifier(&signer.signature_algorithm, Some(message)).ok()?;
    let signed = algorithm.digest()?;
    (signed != message).then(|| StructuralFinding {
        code: Code::AlgorithmsDisagree,
        detail: format!("{message}, {signed}"),
        location: Some("signatureAlgorithm".to_owned()),
    })
}

fn finding(code: Code, location: &str) -> StructuralFinding {
    StructuralFinding { code, detail: String::new(), location: Some(location.to_owned()) }
}

pub(super) fn digest_name(signer: &SignerInfo) -> String {
    match DigestAlgorithm::from_identifier(&signer.digest_algorithm) {
        Ok(algorithm) => algorithm.name().to_owned(),
        Err(_) => signer.digest_algorithm.oid.to_string(),
    }
}

fn identifier_text(sid: &SignerIdentifier) -> String {
    match sid {
        SignerIdentifier::IssuerAndSerial { issuer, serial } => {
            let issuer = x509::Name::from_der(issuer).map(|name| name.to_string());
            format!("{}, {}", issuer.unwrap_or_default(), hex(serial))
        }
        SignerIdentifier::KeyIdentifier(id) => hex(id),
    }
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The content against what the signature says of it.
fn content_digest(
    signer: &SignerInfo,
    check: Option<&SignerCheck>,
    content: Option<&ContentDigests>,
) -> ContentDigest {
    let checked = match check {
        Some(check) => check.content.clone(),
        None => check_content(signer, content),
    };
    match checked {
        ContentCheck::Intact => ContentDigest::Intact,
        ContentCheck::Altered => ContentDigest::Mismatch,
        ContentCheck::Missing => ContentDigest::ContentMissing,
        ContentCheck::NotHashed(_) => ContentDigest::OtherAlgorithm,
        ContentCheck::NoMessageDigest => ContentDigest::NoReference,
        ContentCheck::UnknownDigest(_) => ContentDigest::NotComputed,
        ContentCheck::Direct if content.is_some_and(|content| content.length.is_some()) => {
            ContentDigest::Intact
        }
        ContentCheck::Direct => ContentDigest::ContentMissing,
    }
}

pub(super) fn signature_value(check: Option<&SignerCheck>) -> SignatureValue {
    match check.map(|check| &check.value) {
        None | Some(ValueCheck::ContentMissing | ValueCheck::NotHashed(_)) => {
            SignatureValue::Unchecked
        }
        Some(ValueCheck::Invalid) => SignatureValue::Invalid,
        Some(ValueCheck::Unsupported(error)) => {
            SignatureValue::Unsupported { algorithm: describe(error) }
        }
        Some(ValueCheck::Valid { form, tolerance }) => SignatureValue::Valid {
            matched: match form {
                SignedForm::AsReceived => MatchedForm::AsReceived,
                SignedForm::DerSorted => MatchedForm::DerSorted,
                SignedForm::Content => MatchedForm::NoSignedAttributes,
            },
            tolerance: tolerance.map(|tolerance| tolerance.code().to_owned()),
        },
    }
}

/// Whether a value is of the type its attribute has.
type Readable = fn(&Value<'_>) -> bool;

pub(super) fn attribute_facts(
    attributes: Option<&Attributes>,
    check: Option<&SignerCheck>,
    content_type: Option<&Oid>,
) -> AttributeFacts {
    let Some(attributes) = attributes else { return AttributeFacts::default() };
    let repeated =
        |oid: &Oid| attributes.all(oid).next().is_some() && attributes.single(oid).is_none();
    let malformed = |oid: &Oid, readable: Readable| {
        attributes
            .single(oid)
            .is_some_and(|value| !Value::parse(value).is_ok_and(|value| readable(&value)))
    };
    let typed: [(&Oid, &str, Readable); 3] = [
        (&cms::oids::CONTENT_TYPE, "content-type", |value| value.oid().is_ok()),
        (&cms::oids::MESSAGE_DIGEST, "message-digest", |value| value.octets().is_ok()),
        (&cms::oids::SIGNING_TIME, "signing-time", |value| value.time().is_ok()),
    ];
    let present = |oid: &Oid| attributes.all(oid).next().is_some();
    AttributeFacts {
        present: true,
        duplicated: SINGLE
            .iter()
            .filter(|(oid, _)| repeated(oid))
            .map(|(_, name)| (*name).to_owned())
            .collect(),
        malformed: typed
            .iter()
            .filter(|(oid, _, readable)| malformed(oid, *readable))
            .map(|(_, name, _)| (*name).to_owned())
            .collect(),
        content_type: match (content_type, check.and_then(|check| check.content_type_matches)) {
            // RFC 5652 §11.4: a countersignature has none.
            (None, _) if present(&cms::oids::CONTENT_TYPE) => AttributeCheck::Mismatch,
            (None, _) => AttributeCheck::NotApplicable,
            _ if !present(&cms::oids::CONTENT_TYPE) => AttributeCheck::Absent,
            (_, Some(true)) => AttributeCheck::Ok,
            (_, Some(false)) => AttributeCheck::Mismatch,
            // Without a certificate nothing was verified, but this needs none.
            (Some(expected), None) => {
                let found = attributes.single(&cms::oids::CONTENT_TYPE);
                let equal = found
                    .and_then(|value| Value::parse(value).ok()?.oid().ok())
                    .is_some_and(|oid| oid == *expected);
                if equal { AttributeCheck::Ok } else { AttributeCheck::Mismatch }
            }
        },
        algorithm_protection: None,
        message_digest: if !present(&cms::oids::MESSAGE_DIGEST) {
            AttributeCheck::Absent
        } else if cms::verify::message_digest(attributes).is_some() {
            AttributeCheck::Ok
        } else {
            AttributeCheck::Mismatch
        },
    }
}

pub(super) fn reference_facts(
    refs: &SigningCertificateRefs,
    certificate: Option<&Certificate>,
    trust: &Gatherer<'_>,
) -> ReferenceFacts {
    let form = match (&refs.v1, &refs.v2, refs.malformed) {
        (Some(_), Some(_), _) => ReferenceForm::Both,
        (Some(_), None, _) => ReferenceForm::V1,
        (None, Some(_), _) | (None, None, true) => ReferenceForm::V2,
        (None, None, false) => ReferenceForm::Absent,
    };
    let fact = |(form, reference): (ReferenceForm, &CertificateRef)| {
        let own = certificate.filter(|certificate| reference.digest_matches(certificate));
        let named = own.cloned().or_else(|| trust.by_digest(reference));
        let named = named.as_ref();
        CertificateReference {
            form,
            digest_algorithm: reference
                .algorithm
                .map_or_else(|| "unknown".to_owned(), |algorithm| algorithm.name().to_owned()),
            certificate: named.map(|certificate| certificate.fingerprint().into()),
            issuer_serial_matches: named
                .or(certificate)
                .and_then(|certificate| reference.issuer_serial_matches(certificate)),
        }
    };
    let v1 = refs.v1.iter().flatten().map(|reference| (ReferenceForm::V1, reference));
    let v2 = refs.v2.iter().flatten().map(|reference| (ReferenceForm::V2, reference));
    let mut references: Vec<CertificateReference> =
        v1.chain(v2).take(MAX_REFERENCES).map(fact).collect();
    if refs.malformed {
        // An attribute that names nothing readable names no certificate at hand.
        references.insert(
            0,
            CertificateReference {
                form,
                digest_algorithm: "unknown".to_owned(),
                certificate: None,
                issuer_serial_matches: None,
            },
        );
    }
    ReferenceFacts { form, references }
}

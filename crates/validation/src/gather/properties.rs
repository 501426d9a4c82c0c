//! Facts about what a signer says in signed attributes (EN 319 122-1 §5.2), and about small
//! departures from RFC 5652 in a SignerInfo.

use super::signature::hex;
use crate::catalogue::Code;
use crate::clean::clean;
use crate::facts::{
    CommitmentFacts, ContentHintsFacts, LocationFacts, PolicyDocument, SignaturePolicyFacts,
    SignedPropertyFacts, StructuralFinding,
};
use asn1::{Tag, Value};
use cades::attributes::SignedProperties;
use cades::oids;
use cades::policy::{PolicyMatch, PolicyStore, SignaturePolicy};
use chrono::Datelike;
use cms::{SignerIdentifier, SignerInfo};

/// Longest object identifier or digest shown of something nobody reads whole.
const SHOWN: usize = 64;

/// The properties, cleaned for showing.
pub(super) fn facts(said: &SignedProperties, protection: Option<bool>) -> SignedPropertyFacts {
    let shown = |octets: &[u8]| hex(octets.get(..SHOWN).unwrap_or(octets));
    let attributes = said.signer_attributes.clone().unwrap_or_default();
    let certified = attributes.certified.iter().map(|_| "attribute certificate".to_owned());
    SignedPropertyFacts {
        content_hints: said.content_hints.as_ref().map(|hints| ContentHintsFacts {
            description: hints.description.as_deref().map(clean),
            content_type: hints.content_type.to_string(),
        }),
        mime_type: said.mime_type.as_deref().map(clean),
        commitments: said
            .commitments
            .iter()
            .map(|commitment| CommitmentFacts {
                kind: commitment.name().map_or_else(|| commitment.kind.to_string(), str::to_owned),
                qualifiers: commitment.qualifiers.iter().map(|(oid, _)| oid.to_string()).collect(),
            })
            .collect(),
        claimed_roles: attributes.roles.iter().map(|role| clean(role)).collect(),
        claimed_attributes: attributes.claimed.iter().map(ToString::to_string).collect(),
        certified_attributes: certified
            .chain(attributes.other.iter().map(ToString::to_string))
            .collect(),
        location: said.location.as_ref().map(|location| LocationFacts {
            country: location.country.as_deref().map(clean),
            locality: location.locality.as_deref().map(clean),
            address: location.address.iter().map(|line| clean(line)).collect(),
        }),
        content_reference: said.content_reference.as_ref().map(|one| shown(&one.identifier)),
        content_identifier: said.content_identifier.as_deref().map(shown),
        algorithm_protection: protection,
    }
}

/// CMSAlgorithmProtection against the SignerInfo; `None` = it is absent, one that cannot be read
/// protects nothing.
pub(super) fn protection(signer: &SignerInfo, said: &SignedProperties) -> Option<bool> {
    let set = signer.signed_attributes.as_ref()?;
    set.all(&cms::oids::ALGORITHM_PROTECTION).next()?;
    Some(said.algorithm_protection.as_ref().is_some_and(|one| one.protects(signer)))
}

/// The explicit or implied policy (EN 319 122-1 §5.2.9). Its document is looked for in the
/// signature-policy-store and among `documents`; nothing is fetched.
pub(super) fn policy(
    signer: &SignerInfo,
    said: &SignedProperties,
    documents: &[Vec<u8>],
) -> Option<SignaturePolicyFacts> {
    let stored: Vec<_> = signer
        .unsigned_values(&oids::SIGNATURE_POLICY_STORE)
        .filter_map(|raw| PolicyStore::read(raw).ok())
        .collect();
    let store = signer.unsigned_values(&oids::SIGNATURE_POLICY_STORE).next().is_some();
    let explicit = match said.policy.as_ref()? {
        SignaturePolicy::Implied => {
            return Some(SignaturePolicyFacts {
                identifier: String::new(),
                document: PolicyDocument::NotAvailable,
                store,
                uris: Vec::new(),
                notices: Vec::new(),
            });
        }
        SignaturePolicy::Explicit(explicit) => explicit,
    };
    let at_hand = stored.iter().filter_map(|one| one.document.as_ref()).chain(documents);
    let checks: Vec<_> = at_hand.map(|document| explicit.check(document)).collect();
    let has = |wanted| checks.contains(&wanted);
    let document = if explicit.hash.as_ref().is_some_and(cades::policy::PolicyHash::is_zero) {
        PolicyDocument::ZeroHash
    } else if has(PolicyMatch::Matches) {
        PolicyDocument::Matches
    } else if has(PolicyMatch::Differs) {
        PolicyDocument::Mismatch
    } else {
        PolicyDocument::NotAvailable
    };
    Some(SignaturePolicyFacts {
        identifier: explicit.identifier.to_string(),
        document,
        store,
        uris: explicit.uris.iter().map(|uri| clean(uri)).collect(),
        notices: explicit.notices.iter().map(|notice| clean(notice)).collect(),
    })
}

/// Attributes that describe, and bind the signer to nothing.
pub(super) fn is_descriptive(name: &str) -> bool {
    matches!(
        name,
        "content-hints"
            | "mime-type"
            | "signer-location"
            | "content-reference"
            | "content-identifier"
    )
}

/// Where a SignerInfo departs from RFC 5652 without anybody being misled.
pub(super) fn deviations(signer: &SignerInfo) -> Vec<StructuralFinding> {
    let mut found = Vec::new();
    let mut tell = |detail: String, location: &str| {
        found.push(StructuralFinding {
            code: Code::StructureDeviation,
            detail,
            location: Some(location.to_owned()),
        });
    };
    let version = match signer.sid {
        SignerIdentifier::IssuerAndSerial { .. } => 1,
        SignerIdentifier::KeyIdentifier(_) => 3,
    };
    if signer.version != version {
        let detail =
            format!("SignerInfo has version {} where RFC 5652 asks for {version}", signer.version);
        tell(detail, "SignerInfo.version");
    }
    let time = signer.signed_value(&cms::oids::SIGNING_TIME).and_then(|raw| Value::parse(raw).ok());
    if let Some(value) = time.filter(|value| value.tag() == Tag::GENERALIZED_TIME)
        && value.time().is_ok_and(|time| (1950..2050).contains(&time.year()))
    {
        tell("signing-time is a GeneralizedTime before 2050".to_owned(), "signing-time");
    }
    let both = |one, other| {
        signer
            .signed_attributes
            .as_ref()
            .is_some_and(|set| set.all(one).next().is_some() && set.all(other).next().is_some())
    };
    if both(&oids::SIGNER_ATTRIBUTES, &oids::SIGNER_ATTRIBUTES_V2) {
        tell("both versions of signer-attributes are there".to_owned(), "signer-attributes");
    }
    found
}

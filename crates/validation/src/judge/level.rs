//! The level of a CAdES signature, from what is present in it (EN 319 122-1 §6, EN 319 122-2).
//!
//! A description, not a verdict: a level says which attributes are there, not that they are good.

use crate::facts::{
    AttributeCheck, ReferenceForm, SignatureFacts, SignaturePolicyFacts, TimestampKind,
};

/// What the attributes outside the signature add up to.
struct Unsigned {
    signature_stamp: bool,
    references: bool,
    references_stamp: bool,
    values: bool,
    archive_v2: bool,
    archive_v3: bool,
    evidence: bool,
}

/// The level. `revocation_embedded` = the file holds revocation data for the chains of signer and authorities.
pub(super) fn level(facts: &SignatureFacts, revocation_embedded: bool) -> String {
    let attributes = &facts.attributes;
    let bound = attributes.present
        && facts.references.form != ReferenceForm::Absent
        && !attributes
            .duplicated
            .iter()
            .chain(&attributes.malformed)
            .any(|name| name.starts_with("signing-certificate"))
        && facts.certificate.as_ref().is_none_or(|certificate| {
            facts
                .references
                .references
                .iter()
                .any(|reference| reference.certificate.as_ref() == Some(certificate))
        });
    if !bound {
        return "CMS".to_owned();
    }
    let has = |name: &str| facts.unsigned_attributes.iter().any(|present| present == name);
    let stamped = |kind: TimestampKind| facts.timestamps.iter().any(|stamp| stamp.kind == kind);
    let unsigned = Unsigned {
        signature_stamp: stamped(TimestampKind::Signature),
        references: has("complete-certificate-references")
            || has("complete-revocation-references"),
        references_stamp: stamped(TimestampKind::CadesC) || stamped(TimestampKind::References),
        values: has("certificate-values") || has("revocation-values"),
        archive_v2: stamped(TimestampKind::ArchiveV2),
        archive_v3: stamped(TimestampKind::ArchiveV3),
        evidence: has("evidence-records") || has("evidence-record"),
    };
    let well_formed = attributes.duplicated.is_empty()
        && attributes.malformed.is_empty()
        && matches!(attributes.content_type, AttributeCheck::Ok | AttributeCheck::NotApplicable)
        && attributes.message_digest == AttributeCheck::Ok;
    let baseline = well_formed
        && facts.claimed_signing_time.is_some()
        && facts.certificate_embedded
        && !unsigned.references
        && !unsigned.references_stamp
        && !unsigned.values
        && !unsigned.archive_v2;
    if baseline {
        baseline_level(&unsigned, revocation_embedded).to_owned()
    } else {
        extended_level(&unsigned, facts.policy.as_ref()).to_owned()
    }
}

/// EN 319 122-1 §6.1.
fn baseline_level(unsigned: &Unsigned, revocation_embedded: bool) -> &'static str {
    match (unsigned.signature_stamp, revocation_embedded, unsigned.archive_v3) {
        (true, true, true) => "CAdES-BASELINE-LTA",
        (true, true, false) => "CAdES-BASELINE-LT",
        (true, false, _) => "CAdES-BASELINE-T",
        (false, _, _) => "CAdES-BASELINE-B",
    }
}

/// EN 319 122-2 §4.
fn extended_level(unsigned: &Unsigned, policy: Option<&SignaturePolicyFacts>) -> &'static str {
    if unsigned.evidence {
        "CAdES-ERS"
    } else if unsigned.archive_v2 || unsigned.archive_v3 {
        "CAdES-A"
    } else if unsigned.values && unsigned.references {
        "CAdES-XL"
    } else if unsigned.references_stamp {
        "CAdES-X"
    } else if unsigned.references {
        "CAdES-C"
    } else if unsigned.signature_stamp {
        "CAdES-T"
    } else if policy.is_some() {
        "CAdES-EPES"
    } else {
        "CAdES-BES"
    }
}

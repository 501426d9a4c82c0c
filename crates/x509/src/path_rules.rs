//! The rules of RFC 5280 §6.1 for a path whose signatures hold, as a list of
//! what it breaks. No cryptography and no time here.

use asn1::Oid;
use crypto::KeyKind;

use crate::{AnchorConstraints, Certificate, Extensions, PathFlaw, PathRule, oids};

/// Below this RSA and DSA keys were factored in public; no policy allows them.
const BREAKABLE_BITS: u32 = 1024;

/// Extensions whose meaning decides here: unreadable, they refuse the path.
const DECISIVE: [Oid; 8] = [
    oids::BASIC_CONSTRAINTS,
    oids::KEY_USAGE,
    oids::EXTENDED_KEY_USAGE,
    oids::NAME_CONSTRAINTS,
    oids::CERTIFICATE_POLICIES,
    oids::POLICY_CONSTRAINTS,
    oids::POLICY_MAPPINGS,
    oids::INHIBIT_ANY_POLICY,
];

/// Every rule the path breaks; `certificates` is leaf first, anchor last.
pub(crate) fn flaws(
    certificates: &[Certificate],
    anchor: AnchorConstraints,
    purpose: Option<&Oid>,
) -> Vec<PathFlaw> {
    let mut all = Vec::new();
    let last = certificates.len().saturating_sub(1);
    if last == 0 {
        // The leaf is trusted itself: nothing is derived from anything.
        return all;
    }
    let mut below = 0;
    for (index, certificate) in certificates.iter().enumerate() {
        let mut rules = Vec::new();
        if index < last {
            own_rules(certificate, &mut rules);
        }
        let binds = index < last || anchor == AnchorConstraints::Enforced;
        if index > 0 && binds {
            issuer_rules(certificate, below, index == last, purpose, &mut rules);
        }
        if index > 0 && !certificate.self_issued() {
            below += 1;
        }
        let flaw = |rule| PathFlaw { certificate: certificate.fingerprint(), rule };
        all.extend(rules.into_iter().map(flaw));
    }
    all
}

/// Rules for every certificate below the anchor.
fn own_rules(certificate: &Certificate, rules: &mut Vec<PathRule>) {
    let extensions = certificate.extensions();
    for oid in &extensions.unprocessed_critical {
        rules.push(PathRule::UnprocessedCriticalExtension { oid: oid.to_string() });
    }
    for oid in &extensions.repeated {
        rules.push(PathRule::RepeatedExtension { oid: oid.to_string() });
    }
    for oid in extensions.malformed.iter().filter(|oid| decides(extensions, oid)) {
        rules.push(PathRule::MalformedExtension { oid: oid.to_string() });
    }
    if !certificate.algorithms_agree() {
        rules.push(PathRule::AlgorithmsDiffer);
    }
    if extensions.policy_constraints {
        rules.push(not_evaluated(&oids::POLICY_CONSTRAINTS));
    }
    if let Some(bits) = breakable(certificate) {
        rules.push(PathRule::BreakableKey { bits });
    }
}

/// Rules for a certificate that issued another one of the path.
fn issuer_rules(
    issuer: &Certificate,
    below: u64,
    is_anchor: bool,
    purpose: Option<&Oid>,
    rules: &mut Vec<PathRule>,
) {
    let extensions = issuer.extensions();
    match issuer.basic_constraints() {
        Some(constraints) if constraints.ca => {
            if let Some(allowed) = constraints.path_len
                && below > allowed
            {
                rules.push(PathRule::PathTooLong { allowed, found: below });
            }
        }
        // Roots older than version 3 have no basicConstraints to show.
        None if is_anchor => {}
        _ => rules.push(PathRule::NotCa),
    }
    if issuer.key_usage().is_some_and(|usage| !usage.key_cert_sign()) {
        rules.push(PathRule::NoKeyCertSign);
    }
    if extensions.name_constraints {
        rules.push(not_evaluated(&oids::NAME_CONSTRAINTS));
    }
    if is_anchor && extensions.policy_constraints {
        rules.push(not_evaluated(&oids::POLICY_CONSTRAINTS));
    }
    if extensions.maps_any_policy {
        rules.push(PathRule::AnyPolicyMapped);
    }
    if is_anchor && let Some(bits) = breakable(issuer) {
        rules.push(PathRule::BreakableKey { bits });
    }
    match (&extensions.extended_key_usage, purpose) {
        (Some(usage), Some(purpose)) if !usage.lists(purpose) && !usage.lists(&oids::KP_ANY) => {
            rules.push(PathRule::PurposeExcluded { oid: purpose.to_string() });
        }
        (Some(usage), None) if usage.critical && !usage.lists(&oids::KP_ANY) => {
            rules.push(not_evaluated(&oids::EXTENDED_KEY_USAGE));
        }
        _ => {}
    }
}

fn not_evaluated(oid: &Oid) -> PathRule {
    PathRule::NotEvaluated { oid: oid.to_string() }
}

/// Whether an unreadable extension can not be passed over.
fn decides(extensions: &Extensions, oid: &Oid) -> bool {
    DECISIVE.contains(oid) || extensions.list.contains(&(*oid, true))
}

/// Size of a key that can be broken by anybody, if it is one.
fn breakable(certificate: &Certificate) -> Option<u32> {
    let key = certificate.public_key().ok()?;
    let bits = u32::try_from(key.bits()).ok()?;
    let factored = matches!(key.key_kind(), KeyKind::Rsa | KeyKind::RsaPss | KeyKind::Dsa);
    (factored && bits < BREAKABLE_BITS).then_some(bits)
}

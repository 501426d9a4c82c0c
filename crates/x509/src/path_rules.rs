//! The rules of RFC 5280 §6.1 for a path whose signatures hold, as a list of
//! what it breaks. No cryptography and no time here.

use asn1::Oid;
use crypto::KeyKind;

use crate::{
    AnchorConstraints, Certificate, Extensions, PathFlaw, PathRule, PolicyInputs,
    constraints::{Breach, PATH_COMPARISONS},
    oids,
    policies::{PolicyFlaw, PolicyState},
};

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

/// Every rule the path breaks, and the policies it is valid for (the
/// user-constrained-policy-set); `certificates` is leaf first, anchor last.
pub(crate) fn judge(
    certificates: &[Certificate],
    anchor: AnchorConstraints,
    purpose: Option<&Oid>,
    inputs: &PolicyInputs,
) -> (Vec<PathFlaw>, Vec<Oid>) {
    let mut all = Vec::new();
    let last = certificates.len().saturating_sub(1);
    if last == 0 {
        // The leaf is trusted itself: nothing is derived from anything.
        return (all, Vec::new());
    }
    let enforced = anchor == AnchorConstraints::Enforced;
    let flaw =
        |certificate: &Certificate, rule| PathFlaw { certificate: certificate.fingerprint(), rule };
    let mut below = 0;
    for (index, certificate) in certificates.iter().enumerate() {
        let mut rules = Vec::new();
        if index < last || enforced {
            extension_rules(certificate, &mut rules);
        }
        if index < last {
            own_rules(certificate, &mut rules);
        }
        if index > 0 && (index < last || enforced) {
            issuer_rules(certificate, below, index == last, purpose, &mut rules);
        }
        if index > 0 && !certificate.self_issued() {
            below += 1;
        }
        all.extend(rules.into_iter().map(|rule| flaw(certificate, rule)));
    }
    // What binds below the anchor: the anchor itself too when its constraints are enforced,
    // as RFC 5937 §3.2 has it.
    let binding = certificates.get(..last + usize::from(enforced)).unwrap_or(certificates);
    let names = name_rules(binding);
    all.extend(names.into_iter().map(|(certificate, rule)| flaw(certificate, rule)));
    match policies(binding, last, inputs) {
        Ok(policies) => (all, policies),
        Err((index, rule)) => {
            all.extend(binding.get(index).map(|certificate| flaw(certificate, rule)));
            (all, Vec::new())
        }
    }
}

/// §6.1.3 (b), (c) with §6.1.4 (g): the names below each CA that constrains them.
fn name_rules(certificates: &[Certificate]) -> Vec<(&Certificate, PathRule)> {
    let mut rules = Vec::new();
    let mut budget = PATH_COMPARISONS;
    for (index, issuer) in certificates.iter().enumerate().skip(1) {
        let Some(constraints) = &issuer.extensions().name_constraints else { continue };
        for (position, certificate) in certificates.iter().enumerate().take(index) {
            if position > 0 && certificate.self_issued() {
                continue;
            }
            match constraints.check(certificate, &mut budget) {
                Ok(()) => {}
                Err(Breach::Name(name)) => {
                    rules.push((certificate, PathRule::NameNotAllowed { name }));
                }
                Err(Breach::TooMany(found)) => {
                    rules.push((certificate, PathRule::TooManyNames { found }));
                }
            }
        }
    }
    rules
}

/// The policy processing of §6.1.2 to §6.1.5, from the anchor down.
fn policies(
    certificates: &[Certificate],
    below_anchor: usize,
    inputs: &PolicyInputs,
) -> Result<Vec<Oid>, (usize, PathRule)> {
    let rule = |flaw| match flaw {
        PolicyFlaw::AnyPolicyMapped(index) => (index, PathRule::AnyPolicyMapped),
        PolicyFlaw::NoPolicy(index) => (index, PathRule::NoValidPolicy),
    };
    let mut state = PolicyState::new(inputs, certificates.len());
    for (index, certificate) in certificates.iter().enumerate().rev() {
        // An anchor without policies asks for none, where a CA without them has none.
        if index < below_anchor || !certificate.extensions().policies.is_empty() {
            state.process(certificate, index == 0, index).map_err(rule)?;
        }
        if index > 0 {
            state.prepare(certificate, index).map_err(rule)?;
        }
    }
    let Some(leaf) = certificates.first() else { return Ok(Vec::new()) };
    Ok(state.finish(leaf, 0).map_err(rule)?.into_iter().collect())
}

/// Extensions as a whole (§4.2): for every certificate that binds.
fn extension_rules(certificate: &Certificate, rules: &mut Vec<PathRule>) {
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
}

/// Rules for every certificate below the anchor.
fn own_rules(certificate: &Certificate, rules: &mut Vec<PathRule>) {
    if !certificate.algorithms_agree() {
        rules.push(PathRule::AlgorithmsDiffer);
    }
    if certificate.extensions().name_constraints.is_some() && !certificate.is_ca() {
        rules.push(PathRule::MisplacedExtension { oid: oids::NAME_CONSTRAINTS.to_string() });
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

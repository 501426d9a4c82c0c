//! Certificate policies along a path (RFC 5280 §6.1, the graph of RFC 9618 §5).
//!
//! RFC 5280's tree grows exponentially with mappings made for it
//! (CVE-2023-0464). The graph holds each policy of a depth once, so its size
//! is bounded by what the certificates say and the work by its size.

use std::collections::{BTreeMap, BTreeSet};

use asn1::{Oid, Tag, Value};

use crate::{Certificate, oids::ANY_POLICY};

/// What a path is asked about policies (RFC 5280 §6.1.1 (c), (e) to (g)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyInputs {
    /// user-initial-policy-set; `None` is any-policy.
    pub acceptable: Option<BTreeSet<Oid>>,
    /// initial-explicit-policy: the path must be valid for a policy.
    pub explicit_policy: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any_policy: bool,
}

/// policyConstraints (RFC 5280 §4.2.1.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy: certificates that may follow before a policy is needed.
    pub require_explicit_policy: Option<u64>,
    /// inhibitPolicyMapping: certificates that may follow before mapping ends.
    pub inhibit_policy_mapping: Option<u64>,
}

impl PolicyConstraints {
    pub(crate) fn read(value: Value<'_>) -> asn1::Result<Self> {
        let at = value.at();
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        let mut all = Self::default();
        if parts.is_empty() {
            return Err(asn1::Error::BadContents { what: "PolicyConstraints", at });
        }
        if let Some(skip) = parts.optional(Tag::context(0))? {
            all.require_explicit_policy = Some(skip_certificates(skip)?);
        }
        if let Some(skip) = parts.optional(Tag::context(1))? {
            all.inhibit_policy_mapping = Some(skip_certificates(skip)?);
        }
        parts.finish()?;
        Ok(all)
    }
}

/// SkipCerts, an INTEGER under an implicit tag. A number too large to count
/// with skips every certificate there can be.
fn skip_certificates(value: Value<'_>) -> asn1::Result<u64> {
    let bad = || asn1::Error::BadContents { what: "SkipCerts", at: value.at() };
    let number = match value.contents() {
        [first, ..] if first & 0x80 != 0 => return Err(bad()),
        [] => return Err(bad()),
        [0, rest @ ..] => rest,
        all => all,
    };
    let fold = |sum: u64, octet: &u8| sum.checked_mul(256)?.checked_add(u64::from(*octet));
    Ok(number.iter().try_fold(0, fold).unwrap_or(u64::MAX))
}

/// Reads `PolicyMappings`: pairs of issuerDomainPolicy and subjectDomainPolicy.
pub(crate) fn read_mappings(value: Value<'_>) -> asn1::Result<Vec<(Oid, Oid)>> {
    let at = value.at();
    let mut all = Vec::new();
    let mut pairs = value.expect(Tag::SEQUENCE)?.children();
    while let Some(pair) = pairs.next_value()? {
        let mut sides = pair.expect(Tag::SEQUENCE)?.children();
        all.push((sides.any()?.oid()?, sides.any()?.oid()?));
        sides.finish()?;
    }
    if all.is_empty() {
        return Err(asn1::Error::BadContents { what: "PolicyMappings", at });
    }
    Ok(all)
}

/// Nodes of one depth, each policy once.
#[derive(Default)]
struct Level {
    /// Each policy with the policies above it that expect it.
    nodes: BTreeMap<Oid, BTreeSet<Oid>>,
    /// Each policy expected below, with the nodes of this level that expect it.
    expected: BTreeMap<Oid, BTreeSet<Oid>>,
}

impl Level {
    /// The level above the first certificate: anyPolicy, which expects itself.
    fn root() -> Self {
        let mut level = Self::default();
        level.nodes.insert(ANY_POLICY, BTreeSet::new());
        level.expect_themselves(&BTreeSet::new());
        level
    }

    /// Every node expects its own policy, except those mapped elsewhere.
    fn expect_themselves(&mut self, mapped: &BTreeSet<Oid>) {
        for policy in self.nodes.keys().filter(|policy| !mapped.contains(policy)) {
            self.expected.entry(*policy).or_default().insert(*policy);
        }
    }
}

/// What the path breaks, if anything.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PolicyFlaw {
    /// anyPolicy is mapped, at this index (§6.1.4 (a)).
    AnyPolicyMapped(usize),
    /// A policy is required and none is left, at this index (§6.1.3 (f), §6.1.5 (g)).
    NoPolicy(usize),
}

/// The state of RFC 5280 §6.1.2 that concerns policies.
pub(crate) struct PolicyState<'a> {
    inputs: &'a PolicyInputs,
    /// `None` is the empty graph.
    levels: Option<Vec<Level>>,
    explicit_policy: u64,
    policy_mapping: u64,
    inhibit_any_policy: u64,
}

impl<'a> PolicyState<'a> {
    /// `length` is the number of certificates that will be processed.
    pub(crate) fn new(inputs: &'a PolicyInputs, length: usize) -> Self {
        let start = |now: bool| if now { 0 } else { length as u64 + 1 };
        Self {
            inputs,
            levels: Some(vec![Level::root()]),
            explicit_policy: start(inputs.explicit_policy),
            policy_mapping: start(inputs.inhibit_mapping),
            inhibit_any_policy: start(inputs.inhibit_any_policy),
        }
    }

    /// §6.1.3 (d) to (f) for one certificate; `index` is given back in a flaw.
    pub(crate) fn process(
        &mut self,
        certificate: &Certificate,
        is_last: bool,
        index: usize,
    ) -> Result<(), PolicyFlaw> {
        let policies = &certificate.extensions().policies;
        let any_allowed = self.inhibit_any_policy > 0 || !is_last && certificate.self_issued();
        self.levels = self.levels.take().filter(|_| !policies.is_empty()).and_then(|mut levels| {
            let above = levels.last()?;
            let mut level = Level::default();
            let any_above = above.nodes.contains_key(&ANY_POLICY);
            for policy in policies.iter().map(|policy| policy.oid) {
                if policy == ANY_POLICY || level.nodes.contains_key(&policy) {
                    continue;
                }
                let parents = above.expected.get(&policy).cloned();
                let parents = parents.or_else(|| any_above.then(|| BTreeSet::from([ANY_POLICY])));
                if let Some(parents) = parents {
                    level.nodes.insert(policy, parents);
                }
            }
            if any_allowed && policies.iter().any(|policy| policy.oid == ANY_POLICY) {
                for (policy, parents) in &above.expected {
                    level.nodes.entry(*policy).or_insert_with(|| parents.clone());
                }
            }
            // No node at this depth: pruning would empty the graph.
            let any = !level.nodes.is_empty();
            levels.push(level);
            any.then_some(levels)
        });
        self.required(index)
    }

    /// §6.1.4 (a), (b), (h) to (j): what one certificate asks of those below.
    pub(crate) fn prepare(
        &mut self,
        certificate: &Certificate,
        index: usize,
    ) -> Result<(), PolicyFlaw> {
        let extensions = certificate.extensions();
        let mappings = &extensions.policy_mappings;
        if mappings.iter().any(|(one, two)| *one == ANY_POLICY || *two == ANY_POLICY) {
            return Err(PolicyFlaw::AnyPolicyMapped(index));
        }
        self.map(mappings);
        if !certificate.self_issued() {
            for counter in
                [&mut self.explicit_policy, &mut self.policy_mapping, &mut self.inhibit_any_policy]
            {
                *counter = counter.saturating_sub(1);
            }
        }
        let constraints = extensions.policy_constraints.unwrap_or_default();
        let lower = |counter: &mut u64, limit: Option<u64>| {
            *counter = limit.map_or(*counter, |limit| limit.min(*counter));
        };
        lower(&mut self.explicit_policy, constraints.require_explicit_policy);
        lower(&mut self.policy_mapping, constraints.inhibit_policy_mapping);
        lower(&mut self.inhibit_any_policy, extensions.inhibit_any_policy);
        Ok(())
    }

    fn map(&mut self, mappings: &[(Oid, Oid)]) {
        let Some(levels) = &mut self.levels else { return };
        let Some(level) = levels.last_mut() else { return };
        let mut mapped = BTreeSet::new();
        if self.policy_mapping == 0 {
            for (from, _) in mappings {
                level.nodes.remove(from);
            }
        } else {
            let any = level.nodes.get(&ANY_POLICY).cloned();
            for (from, to) in mappings {
                if !level.nodes.contains_key(from) {
                    let Some(parents) = &any else { continue };
                    level.nodes.insert(*from, parents.clone());
                }
                mapped.insert(*from);
                level.expected.entry(*to).or_default().insert(*from);
            }
        }
        level.expect_themselves(&mapped);
        if level.nodes.is_empty() {
            self.levels = None;
        }
    }

    /// §6.1.5 (a), (b), (g): the user-constrained-policy-set.
    pub(crate) fn finish(
        mut self,
        last: &Certificate,
        index: usize,
    ) -> Result<BTreeSet<Oid>, PolicyFlaw> {
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        let constraints = last.extensions().policy_constraints.unwrap_or_default();
        if constraints.require_explicit_policy == Some(0) {
            self.explicit_policy = 0;
        }
        let set = self.user_constrained();
        if self.explicit_policy == 0 && set.is_empty() {
            return Err(PolicyFlaw::NoPolicy(index));
        }
        Ok(set)
    }

    /// RFC 9618 §5.4: the policies in the anchor's own terms that lead down to
    /// the last certificate, as far as the user accepts them.
    fn user_constrained(&self) -> BTreeSet<Oid> {
        let Some(levels) = &self.levels else { return BTreeSet::new() };
        let mut found = BTreeSet::new();
        let Some(last) = levels.last() else { return found };
        let mut reached: BTreeSet<Oid> = last.nodes.keys().copied().collect();
        let any_at_end = reached.contains(&ANY_POLICY);
        for level in levels.iter().rev() {
            let mut next = BTreeSet::new();
            for policy in &reached {
                let Some(parents) = level.nodes.get(policy) else { continue };
                if *policy != ANY_POLICY && parents.contains(&ANY_POLICY) {
                    found.insert(*policy);
                }
                next.extend(parents);
            }
            reached = next;
        }
        match &self.inputs.acceptable {
            None if any_at_end => found.extend([ANY_POLICY]),
            None => {}
            Some(acceptable) if any_at_end => found.clone_from(acceptable),
            Some(acceptable) => found.retain(|policy| acceptable.contains(policy)),
        }
        found
    }

    fn required(&self, index: usize) -> Result<(), PolicyFlaw> {
        if self.explicit_policy == 0 && self.levels.is_none() {
            return Err(PolicyFlaw::NoPolicy(index));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use asn1::der;

    use super::*;

    #[test]
    fn skips() {
        let read = |octets: &[u8]| {
            let all = der::sequence(&[der::tlv(Tag::context(0), octets)]);
            PolicyConstraints::read(Value::parse(&all).unwrap())
                .map(|one| one.require_explicit_policy)
        };
        assert_eq!(read(&[5]).unwrap(), Some(5));
        assert_eq!(read(&[0, 0xff]).unwrap(), Some(255));
        assert_eq!(read(&[1; 9]).unwrap(), Some(u64::MAX));
        assert!(read(&[0xff]).is_err() && read(&[]).is_err());
        let empty = der::sequence::<&[u8]>(&[]);
        assert!(PolicyConstraints::read(Value::parse(&empty).unwrap()).is_err());
        assert!(read_mappings(Value::parse(&empty).unwrap()).is_err());
    }
}

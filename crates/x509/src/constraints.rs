//! Name constraints (RFC 5280 §4.2.1.10): which names a CA may certify.
//!
//! Reads the extension and says whether the names of one certificate keep
//! within it. Knows nothing of paths; what it can not compare it refuses.

use asn1::{Tag, Value};

use crate::{Certificate, GeneralName, Name, oids};

/// The names below a CA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// permittedSubtrees: of each form named here, a name must lie in one.
    pub permitted: Vec<GeneralName>,
    /// excludedSubtrees: a name may lie in none.
    pub excluded: Vec<GeneralName>,
}

/// How a certificate breaks name constraints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    /// This name is outside the permitted subtrees, inside an excluded one, or
    /// of a form that is constrained and can not be compared.
    Name(String),
    /// More comparisons than are allowed.
    TooMany(u64),
}

impl NameConstraints {
    /// Reads `NameConstraints ::= SEQUENCE { permitted [0], excluded [1] }`.
    pub(crate) fn read(value: Value<'_>) -> asn1::Result<Self> {
        let at = value.at();
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        let permitted = parts.optional(Tag::context_constructed(0))?;
        let excluded = parts.optional(Tag::context_constructed(1))?;
        parts.finish()?;
        if permitted.is_none() && excluded.is_none() {
            return Err(asn1::Error::BadContents { what: "NameConstraints", at });
        }
        Ok(Self {
            permitted: permitted.map(subtrees).transpose()?.unwrap_or_default(),
            excluded: excluded.map(subtrees).transpose()?.unwrap_or_default(),
        })
    }

    /// Whether the names of `certificate` keep within, after at most `budget`
    /// comparisons, which are taken off it.
    pub(crate) fn check(&self, certificate: &Certificate, budget: &mut u64) -> Result<(), Breach> {
        let subtrees = (self.permitted.len() + self.excluded.len()) as u64;
        let names = names_of(certificate);
        // Only names of a form constrained here cost a comparison with each subtree.
        let cost = |name: &GeneralName| {
            let same = |base: &&GeneralName| base.form() == name.form();
            self.permitted.iter().chain(&self.excluded).filter(same).count() as u64
        };
        let mut by_form = std::collections::BTreeMap::new();
        let mut found = 0u64;
        for name in &names {
            found += *by_form.entry(name.form()).or_insert_with(|| cost(name));
        }
        if found > MAX_COMPARISONS || found > *budget {
            return Err(Breach::TooMany(found.max(subtrees)));
        }
        *budget -= found;
        match names.iter().find(|name| !self.allows(name)) {
            Some(name) => Err(Breach::Name(name.to_string())),
            None => Ok(()),
        }
    }

    fn allows(&self, name: &GeneralName) -> bool {
        let form = name.form();
        let mut permitted = self.permitted.iter().filter(|base| base.form() == form).peekable();
        let inside =
            permitted.peek().is_none() || permitted.any(|base| lies_in(name, base) == Some(true));
        let excluded = self.excluded.iter().filter(|base| base.form() == form);
        inside && excluded.into_iter().all(|base| lies_in_excluded(name, base) == Some(false))
    }
}

/// Comparisons of one certificate's names with one extension's subtrees;
/// another validator allows as many.
const MAX_COMPARISONS: u64 = 1 << 20;

/// Comparisons for one whole path.
pub(crate) const PATH_COMPARISONS: u64 = 1 << 22;

fn subtrees(list: Value<'_>) -> asn1::Result<Vec<GeneralName>> {
    let bad = |what| asn1::Error::BadContents { what, at: list.at() };
    let mut all = Vec::new();
    let mut items = list.children();
    while let Some(item) = items.next_value()? {
        let mut parts = item.expect(Tag::SEQUENCE)?.children();
        let base = parts.any()?;
        // RFC 5280 profile: minimum is 0, which DER leaves out, and maximum absent.
        if let Some(minimum) = parts.optional(Tag::context(0))?
            && minimum.contents() != [0]
        {
            return Err(bad("GeneralSubtree minimum"));
        }
        parts.finish()?;
        let base = GeneralName::read(base)?;
        if let GeneralName::Ip(octets) = &base
            && !matches!(octets.len(), 8 | 32)
        {
            return Err(bad("GeneralSubtree iPAddress"));
        }
        all.push(base);
    }
    if all.is_empty() {
        return Err(bad("GeneralSubtrees"));
    }
    Ok(all)
}

/// Every name of a certificate that constraints speak of: its subject, its
/// alternative names, and the mail address in the subject where no
/// alternative name gives one.
fn names_of(certificate: &Certificate) -> Vec<GeneralName> {
    let mut names = certificate.extensions().subject_alternative_names.clone();
    let subject = certificate.subject();
    if !names.iter().any(|name| matches!(name, GeneralName::Email(_))) {
        let mails = subject.attributes().iter().filter(|one| one.oid == oids::EMAIL);
        names.extend(mails.map(|one| GeneralName::Email(one.text.clone())));
    }
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    names
}

/// Whether `name` lies in the subtree of `base`, which is of the same form;
/// `None` when that can not be said.
fn lies_in(name: &GeneralName, base: &GeneralName) -> Option<bool> {
    match (name, base) {
        (GeneralName::Directory(name), GeneralName::Directory(base)) => Some(name.is_below(base)),
        (GeneralName::Dns(name), GeneralName::Dns(base)) => dns_in(name, base),
        (GeneralName::Email(name), GeneralName::Email(base)) => mail_in(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => uri_in(name, base),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => ip_in(name, base),
        _ => None,
    }
}

/// The same for an excluded subtree: a wildcard is inside as soon as one of
/// the hosts it stands for is.
fn lies_in_excluded(name: &GeneralName, base: &GeneralName) -> Option<bool> {
    if let (GeneralName::Dns(name), GeneralName::Dns(base)) = (name, base)
        && let Some(parent) = name.strip_prefix("*.")
    {
        let within = dns_in(name, base)?;
        return Some(within || dns_in(base, parent)?);
    }
    lies_in(name, base)
}

/// Lower case, without the root's dot; `None` when it is no host name.
fn host(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '@' | '/' | ':' | '\\');
    text.chars().all(plain).then(|| text.to_ascii_lowercase())
}

/// `example.it` holds itself and every host below. A point in front, which
/// other programs read in two ways, is none of RFC 5280's.
fn dns_in(name: &str, base: &str) -> Option<bool> {
    let (name, base) = (host(name)?, host(base)?);
    if name.is_empty() {
        return None;
    }
    if base.is_empty() {
        return Some(true);
    }
    if base.starts_with('.') {
        return None;
    }
    let Some(prefix) = name.strip_suffix(&base) else { return Some(false) };
    Some(prefix.is_empty() || prefix.ends_with('.'))
}

/// A host as mail and URI constraints name it: `host` is that host alone,
/// `.domain` every host below.
fn host_in(name: &str, base: &str) -> Option<bool> {
    let (name, base) = (host(name)?, host(base)?);
    if name.is_empty() {
        return None;
    }
    Some(match base.starts_with('.') {
        true => name.strip_suffix(&base).is_some_and(|prefix| !prefix.is_empty()),
        false => name == base,
    })
}

fn mail_in(name: &str, base: &str) -> Option<bool> {
    let (mailbox, at) = name.rsplit_once('@')?;
    if mailbox.is_empty() {
        return None;
    }
    match base.rsplit_once('@') {
        // The part before the @ belongs to the host: its case counts (RFC 5280 §7.5).
        Some((only, host)) => Some(mailbox == only && host_in(at, host)?),
        None => host_in(at, base),
    }
}

/// A URI without a host, or with an address for one, is refused where URIs are
/// constrained (RFC 5280 §4.2.1.10).
fn uri_in(name: &str, base: &str) -> Option<bool> {
    let (_, rest) = name.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => host,
        _ => host,
    };
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next()?;
    if last.bytes().all(|c| c.is_ascii_digit()) || host.contains(['[', '%']) {
        return None;
    }
    host_in(host, base)
}

fn ip_in(name: &[u8], base: &[u8]) -> Option<bool> {
    if !matches!(name.len(), 4 | 16) {
        return None;
    }
    let (address, mask) = base.split_at(base.len() / 2);
    let same = name.iter().zip(address).zip(mask).all(|((n, a), m)| n & m == a & m);
    Some(name.len() == address.len() && same)
}

impl Name {
    /// Whether the first RDNs of this name are those of `base`.
    fn is_below(&self, base: &Self) -> bool {
        // Each RDN stands behind its length, so whole RDNs are compared.
        self.canonical().starts_with(base.canonical())
    }
}

#[cfg(test)]
mod tests {
    use asn1::der;

    use super::*;

    fn subtree(name: &[u8]) -> Vec<u8> {
        der::sequence(&[name])
    }

    fn dns(text: &str) -> Vec<u8> {
        der::tlv(Tag::context(2), text.as_bytes())
    }

    fn read(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> asn1::Result<NameConstraints> {
        let part = |n, list: &[Vec<u8>]| match list {
            [] => vec![],
            list => der::constructed(Tag::context_constructed(n), list),
        };
        let octets = der::sequence(&[part(0, permitted), part(1, excluded)]);
        NameConstraints::read(Value::parse(&octets).unwrap())
    }

    #[test]
    fn what_rfc_5280_forbids_is_refused() {
        assert!(read(&[], &[]).is_err());
        assert!(read(&[subtree(&dns("a.it"))], &[]).is_ok());
        let with = |tail: Vec<u8>| der::sequence(&[dns("a.it"), tail]);
        assert!(read(&[with(der::tlv(Tag::context(0), &[0]))], &[]).is_ok());
        assert!(read(&[with(der::tlv(Tag::context(0), &[1]))], &[]).is_err());
        assert!(read(&[], &[with(der::tlv(Tag::context(1), &[5]))]).is_err());
        assert!(read(&[subtree(&der::tlv(Tag::context(7), &[10, 0, 0, 0]))], &[]).is_err());
        let empty = der::sequence(&[der::constructed::<&[u8]>(Tag::context_constructed(0), &[])]);
        assert!(NameConstraints::read(Value::parse(&empty).unwrap()).is_err());
    }

    #[test]
    fn hosts() {
        for (name, base, expected) in [
            ("a.it", "a.it", Some(true)),
            ("X.A.it", "a.IT", Some(true)),
            ("xa.it", "a.it", Some(false)),
            ("a.it.", "a.it", Some(true)),
            ("x.a.it", ".a.it", None),
            ("anything", "", Some(true)),
            ("", "a.it", None),
            ("a\u{fffd}.it", "a.it", None),
            ("*.a.it", "a.it", Some(true)),
        ] {
            assert_eq!(dns_in(name, base), expected, "{name} in {base}");
        }
    }

    #[test]
    fn a_wildcard_that_may_stand_for_an_excluded_host_is_excluded() {
        let excluded = read(&[], &[subtree(&dns("segreto.a.it"))]).unwrap();
        let allows = |name: &str| excluded.allows(&GeneralName::Dns(name.to_owned()));
        assert!(!allows("*.a.it") && !allows("segreto.a.it") && !allows("x.segreto.a.it"));
        assert!(allows("*.b.it") && allows("a.it"));
        assert!(!allows("a\u{fffd}.it"), "a name nobody can compare is not let through");
    }

    #[test]
    fn mail_and_uris() {
        for (name, base, expected) in [
            ("u@a.it", "a.it", Some(true)),
            ("u@x.a.it", "a.it", Some(false)),
            ("u@x.a.it", ".a.it", Some(true)),
            ("u@a.it", ".a.it", Some(false)),
            ("u@a.it", "u@A.it", Some(true)),
            ("U@a.it", "u@a.it", Some(false)),
            ("\"u@b\"@a.it", "a.it", Some(true)),
            ("nobody", "a.it", None),
        ] {
            assert_eq!(mail_in(name, base), expected, "{name} in {base}");
        }
        for (name, base, expected) in [
            ("http://a.it/x", "a.it", Some(true)),
            ("http://u@a.it:80?x@b.it", "a.it", Some(true)),
            ("http://x.a.it", "a.it", Some(false)),
            ("http://x.a.it", ".a.it", Some(true)),
            ("urn:isbn:1", "a.it", None),
            ("http://10.0.0.1/", "a.it", None),
            ("http://[::1]/", ".a.it", None),
        ] {
            assert_eq!(uri_in(name, base), expected, "{name} in {base}");
        }
    }

    #[test]
    fn addresses() {
        let base = [10, 1, 0, 0, 255, 255, 0, 0];
        assert_eq!(ip_in(&[10, 1, 9, 9], &base), Some(true));
        assert_eq!(ip_in(&[10, 2, 9, 9], &base), Some(false));
        assert_eq!(ip_in(&[0; 16], &base), Some(false));
        assert_eq!(ip_in(&[10, 1, 9], &base), None);
    }

    #[test]
    fn a_form_nobody_can_compare_is_refused_where_it_is_constrained() {
        let other = der::constructed(Tag::context_constructed(0), &[der::null()]);
        let constraints = read(&[subtree(&other)], &[]).unwrap();
        assert!(!constraints.allows(&GeneralName::read(Value::parse(&other).unwrap()).unwrap()));
        assert!(constraints.allows(&GeneralName::Dns("a.it".to_owned())));
    }
}

//! What a signer says with the signature: the optional signed attributes of
//! EN 319 122-1 §5.2, as values that are checked before anything is signed.

use std::fmt;
use std::str::FromStr;

use asn1::{Oid, Tag, der};
use cms::Attribute;
use crypto::DigestAlgorithm;

use crate::attributes::{ContentHints, SignerLocation};
use crate::{Error, Result, oids};

/// Longest text of a property, in characters. X.520 gave names 64 to 128.
const LONGEST_TEXT: usize = 256;

/// Most commitments or roles of one signature. More says nothing.
const MOST: usize = 16;

/// Lines of a postal address (EN 319 122-1 §5.2.5: SIZE (1..6)).
const ADDRESS_LINES: usize = 6;

/// Longest address of a policy document, in octets.
const LONGEST_URI: usize = 2048;

/// id-spq-ets-uri (EN 319 122-1 §5.2.9): where the policy can be read.
const POLICY_URI: Oid = Oid::new("1.2.840.113549.1.9.16.5.1");

/// What a signer commits to (EN 319 122-1 §5.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commitment {
    /// Having created, approved and sent the content.
    ProofOfOrigin,
    /// Having received the content.
    Receipt,
    /// Having delivered the content.
    Delivery,
    /// Having sent the content, not necessarily having created it.
    Sender,
    /// Having approved the content.
    Approval,
    /// Having created the content, not necessarily having approved it.
    Creation,
    /// Another, by its identifier.
    Other(Oid),
}

impl Commitment {
    const NAMED: [(Self, &'static str, Oid); 6] = [
        (Self::ProofOfOrigin, "proof-of-origin", Oid::new("1.2.840.113549.1.9.16.6.1")),
        (Self::Receipt, "receipt", Oid::new("1.2.840.113549.1.9.16.6.2")),
        (Self::Delivery, "delivery", Oid::new("1.2.840.113549.1.9.16.6.3")),
        (Self::Sender, "sender", Oid::new("1.2.840.113549.1.9.16.6.4")),
        (Self::Approval, "approval", Oid::new("1.2.840.113549.1.9.16.6.5")),
        (Self::Creation, "creation", Oid::new("1.2.840.113549.1.9.16.6.6")),
    ];

    /// Those that have a name.
    pub fn named() -> impl Iterator<Item = Self> {
        Self::NAMED.iter().map(|row| row.0)
    }

    /// Its object identifier.
    #[must_use]
    pub fn oid(&self) -> Oid {
        match self {
            Self::Other(oid) => *oid,
            named => {
                Self::NAMED.iter().find(|row| row.0 == *named).map_or(Self::NAMED[0].2, |row| row.2)
            }
        }
    }

    /// The commitment of an object identifier.
    #[must_use]
    pub fn from_oid(oid: Oid) -> Self {
        Self::NAMED.iter().find(|row| row.2 == oid).map_or(Self::Other(oid), |row| row.0)
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMED.iter().find(|row| row.0 == *self) {
            Some((_, name, _)) => f.write_str(name),
            None => write!(f, "{}", self.oid()),
        }
    }
}

impl FromStr for Commitment {
    type Err = Error;

    /// A name ("approval", "proof-of-origin") or a dotted object identifier.
    fn from_str(text: &str) -> Result<Self> {
        if let Some((commitment, ..)) = Self::NAMED.iter().find(|row| row.1 == text) {
            return Ok(*commitment);
        }
        let oid = Oid::parse(text).ok_or(Error::Property {
            property: "commitment",
            problem: "is neither a known name nor an object identifier",
        });
        oid.map(Self::from_oid)
    }
}

/// An explicit signature policy (EN 319 122-1 §5.2.9): CAdES-EPES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignaturePolicy {
    /// The policy's identifier.
    pub oid: Oid,
    /// With what it was hashed.
    pub algorithm: DigestAlgorithm,
    /// Digest of the policy document.
    pub digest: Vec<u8>,
    /// Where it can be read.
    pub uri: Option<String>,
}

/// The optional signed attributes of a signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignerProperties {
    /// MIME type of the content (§5.2.4.2); not together with content hints.
    pub media_type: Option<String>,
    /// Hints at the content (§5.2.4.1).
    pub content_hints: Option<ContentHints>,
    /// Commitments.
    pub commitments: Vec<Commitment>,
    /// Roles the signer claims (§5.2.6.1): "Segretario comunale".
    pub claimed_roles: Vec<String>,
    /// The place of signing.
    pub location: Option<SignerLocation>,
    /// The policy the signature is made under.
    pub policy: Option<SignaturePolicy>,
    /// A time-stamp on the content among the signed attributes (§5.2.8): the
    /// content is older than the signature. One serves all signers that hash
    /// alike; it comes from the same place as those on the signatures.
    pub content_time_stamp: bool,
}

impl SignerProperties {
    /// Whether one is for content that has a type: a countersignature, which
    /// is over a signature value, must have none of these.
    pub(crate) fn only_for_content(&self) -> Option<&'static str> {
        [
            (self.media_type.is_some(), "media type"),
            (self.content_hints.is_some(), "content hints"),
            (self.content_time_stamp, "content time-stamp"),
        ]
        .into_iter()
        .find_map(|(wanted, name)| wanted.then_some(name))
    }

    /// Says what is wrong with them, if anything is.
    ///
    /// # Errors
    /// A value that the attribute cannot hold, or that contradicts another.
    pub fn check(&self) -> Result<()> {
        self.attributes().map(drop)
    }

    /// The attributes, in DER, but for the content time-stamp.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn attributes(&self) -> Result<Vec<Vec<u8>>> {
        let mut attributes = Vec::new();
        let mut add = |oid: &Oid, value: Vec<u8>| attributes.push(Attribute::single(oid, &value));
        if let Some(media_type) = &self.media_type {
            if self.content_hints.is_some() {
                return wrong("media type", "cannot stand beside content hints");
            }
            if !is_media_type(media_type) {
                return wrong("media type", "is not of the form type/subtype");
            }
            add(&oids::MIME_TYPE, der::utf8_string(media_type));
        }
        if let Some(hints) = &self.content_hints {
            let mut fields = Vec::new();
            if let Some(description) = &hints.description {
                fields.push(text("content description", description)?);
            }
            fields.push(der::oid(&hints.content_type));
            add(&oids::CONTENT_HINTS, der::sequence(&fields));
        }
        if !self.claimed_roles.is_empty() {
            add(&oids::SIGNER_ATTRIBUTES_V2, self.signer_attributes()?);
        }
        if let Some(location) = &self.location {
            add(&oids::SIGNER_LOCATION, signer_location(location)?);
        }
        if let Some(policy) = &self.policy {
            add(&oids::SIGNATURE_POLICY, policy.to_der()?);
        }
        if !self.commitments.is_empty() {
            attributes.push(self.commitment_attribute()?);
        }
        Ok(attributes)
    }

    /// One attribute with a value for each commitment.
    fn commitment_attribute(&self) -> Result<Vec<u8>> {
        if self.commitments.len() > MOST {
            return wrong("commitment", "is given more often than anybody commits");
        }
        let mut values: Vec<Vec<u8>> = self
            .commitments
            .iter()
            .map(|commitment| der::sequence(&[der::oid(&commitment.oid())]))
            .collect();
        values.sort_unstable();
        values.dedup();
        if values.len() < self.commitments.len() {
            return wrong("commitment", "is given twice");
        }
        Ok(Attribute::with_values(&oids::COMMITMENT_TYPE, &values))
    }

    /// `SignerAttributeV2 ::= SEQUENCE { claimedAttributes [0] … }`, a role in
    /// an attribute each.
    fn signer_attributes(&self) -> Result<Vec<u8>> {
        if self.claimed_roles.len() > MOST {
            return wrong("role", "is given more often than anybody has roles");
        }
        let roles: Vec<Vec<u8>> = self
            .claimed_roles
            .iter()
            .map(|role| Ok(Attribute::single(&oids::ROLE, &text("role", role)?)))
            .collect::<Result<_>>()?;
        Ok(der::sequence(&[der::explicit(0, &der::sequence(&roles))]))
    }
}

fn signer_location(location: &SignerLocation) -> Result<Vec<u8>> {
    let mut fields = Vec::new();
    if let Some(country) = &location.country {
        if country.len() != 2 || !country.bytes().all(|octet| octet.is_ascii_uppercase()) {
            return wrong("country", "is not a code of two capital letters, such as IT");
        }
        fields.push(der::explicit(0, &der::utf8_string(country)));
    }
    if let Some(locality) = &location.locality {
        fields.push(der::explicit(1, &text("locality", locality)?));
    }
    if location.address.len() > ADDRESS_LINES {
        return wrong("postal address", "has more than six lines");
    }
    if !location.address.is_empty() {
        let lines = location.address.iter().map(|line| text("postal address", line));
        let lines: Vec<Vec<u8>> = lines.collect::<Result<_>>()?;
        fields.push(der::explicit(2, &der::sequence(&lines)));
    }
    if fields.is_empty() {
        return wrong("location", "says nothing");
    }
    Ok(der::sequence(&fields))
}

impl SignaturePolicy {
    fn to_der(&self) -> Result<Vec<u8>> {
        if self.digest.len() != self.algorithm.output_len() {
            return wrong("policy digest", "has not the length of its algorithm");
        }
        if self.algorithm.is_legacy() {
            return wrong("policy digest", "is of an algorithm that is no longer used");
        }
        let hash =
            der::sequence(&[self.algorithm.identifier().to_der(), der::octet_string(&self.digest)]);
        let mut fields = vec![der::oid(&self.oid), hash];
        if let Some(uri) = &self.uri {
            let printable = uri.bytes().all(|octet| octet.is_ascii_graphic());
            if !printable || uri.len() > LONGEST_URI || !uri.contains(':') {
                return wrong("policy address", "is not a URI");
            }
            let qualifier = der::sequence(&[der::oid(&POLICY_URI), der::ia5_string(uri)]);
            fields.push(der::sequence(&[qualifier]));
        }
        Ok(der::sequence(&fields))
    }
}

/// `CMSAlgorithmProtection` (RFC 6211 §2): the algorithms of the SignerInfo,
/// signed, in the very octets they have there.
pub(crate) fn algorithm_protection(digest: &[u8], signature: &[u8]) -> Vec<u8> {
    let signature = der::retag(Tag::context_constructed(1), signature);
    let value = der::sequence(&[digest, &signature]);
    Attribute::single(&cms::oids::ALGORITHM_PROTECTION, &value)
}

fn wrong<T>(property: &'static str, problem: &'static str) -> Result<T> {
    Err(Error::Property { property, problem })
}

fn text(property: &'static str, text: &str) -> Result<Vec<u8>> {
    if text.trim().is_empty() {
        return wrong(property, "is empty");
    }
    if text.chars().count() > LONGEST_TEXT {
        return wrong(property, "is longer than 256 characters");
    }
    if text.chars().any(char::is_control) {
        return wrong(property, "has control characters in it");
    }
    Ok(der::utf8_string(text))
}

/// `type/subtype` of RFC 6838 §4.2, with parameters of RFC 2045 §5.1 that need no quotes.
fn is_media_type(text: &str) -> bool {
    let name = |text: &str| {
        let special = |octet: u8| b"!#$&-^_.+".contains(&octet);
        (1..=127).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || special(octet))
    };
    let mut parts = text.split(';');
    let kind = parts.next().and_then(|kind| kind.split_once('/'));
    text.len() <= LONGEST_TEXT
        && kind.is_some_and(|(kind, subtype)| name(kind) && name(subtype))
        && parts.all(|parameter| {
            let pair = parameter.trim_start_matches(' ').split_once('=');
            pair.is_some_and(|(attribute, value)| name(attribute) && name(value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commitments_have_names() {
        for (commitment, name, oid) in Commitment::NAMED {
            assert_eq!(name.parse::<Commitment>().unwrap(), commitment);
            assert_eq!(oid.to_string().parse::<Commitment>().unwrap(), commitment);
            assert_eq!(commitment.to_string(), name);
            assert_eq!(commitment.oid(), oid);
        }
        let other: Commitment = "1.3.76.99".parse().unwrap();
        assert_eq!(other, Commitment::Other(Oid::new("1.3.76.99")));
        assert_eq!(other.to_string(), "1.3.76.99");
        assert!("approvato".parse::<Commitment>().is_err());
    }

    #[test]
    fn media_types() {
        for good in
            ["video/mp4", "application/vnd.oasis.opendocument.text", "text/plain; charset=utf-8"]
        {
            assert!(is_media_type(good), "{good}");
        }
        for bad in
            ["", "video", "video/", "/mp4", "a/b/c", "a b/c", "text/plain;", "text/plain; x", "à/b"]
        {
            assert!(!is_media_type(bad), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let refused = |properties: SignerProperties, name: &str| match properties.check() {
            Err(Error::Property { property, .. }) => assert_eq!(property, name),
            other => panic!("{name}: {other:?}"),
        };
        let new = SignerProperties::default;
        new().check().unwrap();
        refused(SignerProperties { media_type: Some("mp4".into()), ..new() }, "media type");
        let hints =
            ContentHints { description: Some("verbale".into()), content_type: cms::oids::DATA };
        let both = SignerProperties {
            media_type: Some("video/mp4".into()),
            content_hints: Some(hints),
            ..new()
        };
        refused(both, "media type");
        for role in ["", " ", "a\nb", &"x".repeat(257)] {
            refused(SignerProperties { claimed_roles: vec![role.into()], ..new() }, "role");
        }
        refused(SignerProperties { claimed_roles: vec!["x".into(); 17], ..new() }, "role");
        let twice = vec![Commitment::Approval, Commitment::Approval];
        refused(SignerProperties { commitments: twice, ..new() }, "commitment");
        let at = |location| SignerProperties { location: Some(location), ..new() };
        refused(at(SignerLocation::default()), "location");
        for country in ["Italia", "it", "I", "I1", ""] {
            let country = Some(country.to_owned());
            refused(at(SignerLocation { country, ..Default::default() }), "country");
        }
        let lines = vec!["riga".to_owned(); 7];
        refused(at(SignerLocation { address: lines, ..Default::default() }), "postal address");
        let policy = SignaturePolicy {
            oid: Oid::new("1.3.76.24.1.1.10"),
            algorithm: DigestAlgorithm::Sha256,
            digest: vec![1; 32],
            uri: Some("https://example.it/politica.pdf".into()),
        };
        let under = |policy| SignerProperties { policy: Some(policy), ..new() };
        under(policy.clone()).check().unwrap();
        refused(under(SignaturePolicy { digest: vec![1; 31], ..policy.clone() }), "policy digest");
        refused(under(SignaturePolicy { uri: Some("è".into()), ..policy }), "policy address");
    }
}

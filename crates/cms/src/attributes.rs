//! Attribute sets, as received (RFC 5652 §5.3).

use asn1::{Oid, Tag, Value, der};

use crate::{Error, Limits, Result};

/// One `Attribute ::= SEQUENCE { attrType OID, attrValues SET OF ANY }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute as received.
    pub raw: Vec<u8>,
    /// Its type.
    pub oid: Oid,
    /// Its values as received, in their order.
    pub values: Vec<Vec<u8>>,
}

impl Attribute {
    fn parse(value: &Value<'_>, limits: &Limits) -> Result<Self> {
        let read = Error::reading("an attribute");
        let parts = (|| {
            let mut fields = value.expect(Tag::SEQUENCE)?.children();
            let oid = fields.expect(Tag::OID)?.oid()?;
            let values = fields.expect(Tag::SET)?.children().collect_all()?;
            fields.finish()?;
            Ok((oid, values))
        })();
        let (oid, values) = parts.map_err(read)?;
        if values.len() > limits.attributes {
            return Err(Error::TooMany {
                what: "values of one attribute",
                limit: limits.attributes,
            });
        }
        let values = values.iter().map(|value| value.raw().to_vec()).collect();
        Ok(Self { raw: value.raw().to_vec(), oid, values })
    }

    /// A new attribute with one value, in DER.
    #[must_use]
    pub fn single(oid: &Oid, value: &[u8]) -> Vec<u8> {
        Self::with_values(oid, &[value])
    }

    /// A new attribute with several values, in DER.
    #[must_use]
    pub fn with_values<V: AsRef<[u8]>>(oid: &Oid, values: &[V]) -> Vec<u8> {
        der::sequence(&[der::oid(oid), der::set_of(values)])
    }
}

/// `SET OF Attribute` under the tag it is stored with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// The whole set as received, with its implicit tag.
    pub raw: Vec<u8>,
    /// The attributes in their stored order.
    pub entries: Vec<Attribute>,
}

impl Attributes {
    /// Reads a set stored under any tag.
    ///
    /// # Errors
    /// Malformed attributes, or more than the limit.
    pub fn parse(value: &Value<'_>, limits: &Limits) -> Result<Self> {
        let entries =
            value.children().collect_all().map_err(Error::reading("a set of attributes"))?;
        if entries.len() > limits.attributes {
            return Err(Error::TooMany { what: "attributes", limit: limits.attributes });
        }
        let entries = entries.iter().map(|entry| Attribute::parse(entry, limits));
        Ok(Self { raw: value.raw().to_vec(), entries: entries.collect::<Result<_>>()? })
    }

    /// All attributes of one type.
    pub fn all(&self, oid: &Oid) -> impl Iterator<Item = &Attribute> {
        self.entries.iter().filter(move |entry| entry.oid == *oid)
    }

    /// All values of all attributes of one type.
    pub fn values(&self, oid: &Oid) -> impl Iterator<Item = &[u8]> {
        self.all(oid).flat_map(|entry| entry.values.iter().map(Vec::as_slice))
    }

    /// The one value of an attribute that may occur once and have one value;
    /// `None` when it is absent, repeated or multi-valued.
    #[must_use]
    pub fn single(&self, oid: &Oid) -> Option<&[u8]> {
        let mut all = self.all(oid);
        match (all.next(), all.next()) {
            (Some(attribute), None) => match attribute.values.as_slice() {
                [value] => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the signature is computed over: the stored octets with the tag of
    /// a SET OF (RFC 5652 §5.4), nothing sorted or re-encoded.
    #[must_use]
    pub fn signed_octets(&self) -> Vec<u8> {
        der::retag(Tag::SET, &self.raw)
    }

    /// The same set as DER wants it: definite lengths and sorted members.
    ///
    /// Some signers hash this form and store another one; verifying over it is
    /// the second try, and the report says so. `None` when the set cannot be
    /// brought into DER.
    #[must_use]
    pub fn sorted_octets(&self) -> Option<Vec<u8>> {
        let definite: Option<Vec<Vec<u8>>> =
            self.entries.iter().map(|entry| definite(&entry.raw, 0)).collect();
        Some(der::set_of(&definite?))
    }
}

/// Deepest nesting re-encoded. Attribute values hold names and times, not trees.
const DEEPEST: usize = 32;

/// One value with definite lengths, strings joined, its SETs sorted.
fn definite(raw: &[u8], depth: usize) -> Option<Vec<u8>> {
    let value = Value::parse(raw).ok()?;
    let tag = value.tag();
    if tag == Tag::OCTET_STRING_CONSTRUCTED {
        return Some(der::octet_string(&value.octets().ok()?));
    }
    if !tag.is_constructed() {
        return Some(der::tlv(tag, value.contents()));
    }
    if depth == DEEPEST {
        return None;
    }
    let children = value.children().collect_all().ok()?;
    let children: Option<Vec<_>> = children.iter().map(|v| definite(v.raw(), depth + 1)).collect();
    Some(if tag == Tag::SET { der::set_of(&children?) } else { der::constructed(tag, &children?) })
}

//! SignerInfo, kept as received (RFC 5652 §5.3).

use asn1::{Oid, Tag, Value, der};
use crypto::AlgorithmIdentifier;
use x509::Certificate;

use crate::{Attributes, Error, Limits, Result};

/// How a SignerInfo names its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerIdentifier {
    /// By issuer name and serial number, both as received.
    IssuerAndSerial {
        /// The `Name`, DER as received.
        issuer: Vec<u8>,
        /// Contents octets of the INTEGER.
        serial: Vec<u8>,
    },
    /// By subject key identifier.
    KeyIdentifier(Vec<u8>),
}

impl SignerIdentifier {
    fn parse(value: &Value<'_>) -> asn1::Result<Self> {
        if value.tag().primitive() == Tag::context(0) {
            return Ok(Self::KeyIdentifier(value.joined()?.into_owned()));
        }
        let mut fields = value.expect(Tag::SEQUENCE)?.children();
        let issuer = fields.expect(Tag::SEQUENCE)?.raw().to_vec();
        let serial = fields.any()?.integer()?.to_vec();
        fields.finish()?;
        Ok(Self::IssuerAndSerial { issuer, serial })
    }

    /// Names `certificate` by issuer and serial number, in DER.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Vec<u8> {
        der::sequence(&[
            certificate.issuer().der().to_vec(),
            der::tlv(Tag::INTEGER, certificate.serial()),
        ])
    }

    /// Whether this identifier names `certificate`.
    #[must_use]
    pub fn names(&self, certificate: &Certificate) -> bool {
        !self.named([certificate]).is_empty()
    }

    /// The certificates this identifier names; the issuer's name is read once.
    pub fn named<'c>(
        &self,
        certificates: impl IntoIterator<Item = &'c Certificate>,
    ) -> Vec<&'c Certificate> {
        let mut name = None;
        let mut is_named = |certificate: &&Certificate| match self {
            Self::IssuerAndSerial { issuer, serial } => {
                trim(serial) == trim(certificate.serial())
                    && (issuer == certificate.issuer().der()
                        || name
                            .get_or_insert_with(|| x509::Name::from_der(issuer).ok())
                            .as_ref()
                            .is_some_and(|name| name.matches(certificate.issuer())))
            }
            Self::KeyIdentifier(id) => {
                certificate.extensions().subject_key_identifier.as_ref() == Some(id)
            }
        };
        certificates.into_iter().filter(|certificate| is_named(certificate)).collect()
    }
}

/// Serial numbers with needless leading zeros occur; they number the same.
fn trim(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    &serial[zeros.min(serial.len().saturating_sub(1))..]
}

/// One signer's part of a SignedData.
///
/// ```text
/// SignerInfo ::= SEQUENCE {
///   version CMSVersion, sid SignerIdentifier, digestAlgorithm AlgorithmIdentifier,
///   signedAttrs [0] IMPLICIT OPTIONAL, signatureAlgorithm AlgorithmIdentifier,
///   signature OCTET STRING, unsignedAttrs [1] IMPLICIT OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerInfo {
    /// The whole structure as received.
    pub raw: Vec<u8>,
    /// `version`: 1 or 3.
    pub version: u64,
    /// `sid`.
    pub sid: SignerIdentifier,
    /// `digestAlgorithm`.
    pub digest_algorithm: AlgorithmIdentifier,
    /// `signedAttrs`.
    pub signed_attributes: Option<Attributes>,
    /// `signatureAlgorithm`.
    pub signature_algorithm: AlgorithmIdentifier,
    /// `signature`: the value, without tag and length.
    pub signature: Vec<u8>,
    /// `unsignedAttrs`.
    pub unsigned_attributes: Option<Attributes>,
    /// Every field before `unsignedAttrs`, as received.
    before_unsigned: Vec<u8>,
}

impl SignerInfo {
    /// Reads one SignerInfo.
    ///
    /// # Errors
    /// Malformed fields or too many attributes.
    pub fn parse(value: &Value<'_>, limits: &Limits) -> Result<Self> {
        let read = || Error::reading("a SignerInfo");
        let mut fields = value.expect(Tag::SEQUENCE).map_err(read())?.children();
        let start = fields.rest();
        let version = fields.any().and_then(|v| v.u64()).map_err(read())?;
        let sid = fields.any().and_then(|v| SignerIdentifier::parse(&v)).map_err(read())?;
        let algorithm = |value: asn1::Result<Value<'_>>| {
            AlgorithmIdentifier::parse(&value.map_err(read())?).map_err(Error::Algorithm)
        };
        let digest_algorithm = algorithm(fields.any())?;
        let signed = fields.optional(Tag::context_constructed(0)).map_err(read())?;
        let signed_attributes = signed.map(|set| Attributes::parse(&set, limits)).transpose()?;
        let signature_algorithm = algorithm(fields.any())?;
        let signature = fields.any().and_then(|v| Ok(v.octets()?.into_owned())).map_err(read())?;
        let before_unsigned = start[..start.len() - fields.rest().len()].to_vec();
        let unsigned = fields.optional(Tag::context_constructed(1)).map_err(read())?;
        let unsigned_attributes =
            unsigned.map(|set| Attributes::parse(&set, limits)).transpose()?;
        fields.finish().map_err(read())?;
        Ok(Self {
            raw: value.raw().to_vec(),
            version,
            sid,
            digest_algorithm,
            signed_attributes,
            signature_algorithm,
            signature,
            unsigned_attributes,
            before_unsigned,
        })
    }

    /// The one value of a signed attribute that may occur once.
    #[must_use]
    pub fn signed_value(&self, oid: &Oid) -> Option<&[u8]> {
        self.signed_attributes.as_ref()?.single(oid)
    }

    /// All values of unsigned attributes of one type.
    pub fn unsigned_values(&self, oid: &Oid) -> impl Iterator<Item = &[u8]> {
        self.unsigned_attributes.iter().flat_map(move |set| set.values(oid))
    }

    /// Every field before `unsignedAttrs`, as received: what archive
    /// time-stamps are over, and what no change may touch.
    #[must_use]
    pub fn fields_before_unsigned(&self) -> &[u8] {
        &self.before_unsigned
    }

    /// This SignerInfo with one more unsigned attribute; every octet of what
    /// was there is kept, and so is the order.
    ///
    /// # Errors
    /// Never for an attribute made by [`Attribute::single`](crate::Attribute::single).
    pub fn with_unsigned(&self, attribute: &[u8], limits: &Limits) -> Result<Self> {
        let mut members = self.unsigned_members();
        members.push(attribute);
        self.rebuilt(&members, limits)
    }

    /// This SignerInfo with one value of its unsigned attributes put in
    /// another's place: value `value` of attribute `attribute`, both counted
    /// from 0. Every octet of the others is kept, and so is the order.
    ///
    /// # Errors
    /// There is no such value, or `new` is no value.
    pub fn with_replaced(
        &self,
        attribute: usize,
        value: usize,
        new: &[u8],
        limits: &Limits,
    ) -> Result<Self> {
        let mut members = self.unsigned_members();
        let entry = self.unsigned_attributes.iter().flat_map(|set| set.entries.get(attribute));
        let changed: Vec<u8> = entry
            .map(|entry| {
                let mut values: Vec<&[u8]> = entry.values.iter().map(Vec::as_slice).collect();
                if let Some(place) = values.get_mut(value) {
                    *place = new;
                }
                der::sequence(&[der::oid(&entry.oid), der::constructed(Tag::SET, &values)])
            })
            .next()
            .unwrap_or_default();
        if let Some(place) = members.get_mut(attribute) {
            *place = &changed;
        }
        self.rebuilt(&members, limits)
    }

    fn unsigned_members(&self) -> Vec<&[u8]> {
        let entries = self.unsigned_attributes.iter().flat_map(|set| &set.entries);
        entries.map(|entry| entry.raw.as_slice()).collect()
    }

    fn rebuilt(&self, members: &[&[u8]], limits: &Limits) -> Result<Self> {
        let set = der::constructed(Tag::context_constructed(1), members);
        let raw = der::sequence(&[&self.before_unsigned, &set]);
        let value = Value::parse(&raw).map_err(Error::reading("a SignerInfo"))?;
        Self::parse(&value, limits)
    }
}

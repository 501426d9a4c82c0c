//! Signed attributes that say what a signature means (ETSI EN 319 122-1 §5.2), read.
//!
//! Reading refuses nothing: an attribute whose value is not of its type is named in
//! [`SignedProperties::malformed`], and the others are still there. What an attribute claims is a
//! claim; only `validation` says what it weighs.

use asn1::{Cursor, Oid, Tag, Value};
use cms::{Attributes, SignerInfo};
use crypto::{AlgorithmIdentifier, SignatureAlgorithm};

use crate::oids;
use crate::policy::SignaturePolicy;

/// Members of one list that are kept: commitments, roles, lines of an address. Real signatures
/// have a handful.
const MOST: usize = 64;

/// content-hints (RFC 2634 §2.9, EN 319 122-1 §5.2.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentHints {
    /// contentDescription, as received.
    pub description: Option<String>,
    /// contentType: what the innermost content is.
    pub content_type: Oid,
}

/// One commitment of a commitment-type-indication (§5.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// commitmentTypeId.
    pub kind: Oid,
    /// Identifier and value, as received, of each qualifier.
    pub qualifiers: Vec<(Oid, Vec<u8>)>,
}

impl Commitment {
    /// The name EN 319 122-1 §5.2.3 gives its kind; `None` for another one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        const NAMES: [(Oid, &str); 6] = [
            (Oid::new("1.2.840.113549.1.9.16.6.1"), "proofOfOrigin"),
            (Oid::new("1.2.840.113549.1.9.16.6.2"), "proofOfReceipt"),
            (Oid::new("1.2.840.113549.1.9.16.6.3"), "proofOfDelivery"),
            (Oid::new("1.2.840.113549.1.9.16.6.4"), "proofOfSender"),
            (Oid::new("1.2.840.113549.1.9.16.6.5"), "proofOfApproval"),
            (Oid::new("1.2.840.113549.1.9.16.6.6"), "proofOfCreation"),
        ];
        NAMES.iter().find(|(oid, _)| *oid == self.kind).map(|(_, name)| *name)
    }
}

/// signer-attributes of either version (§5.2.6.1, RFC 5126 §5.11.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignerAttributes {
    /// Claimed roles (attribute type 2.5.4.72), in the signer's words.
    pub roles: Vec<String>,
    /// Types of other claimed attributes.
    pub claimed: Vec<Oid>,
    /// Attribute certificates, as received: certified attributes. Not verified.
    pub certified: Vec<Vec<u8>>,
    /// Certified attributes of other forms, and signed assertions, by type. Not read.
    pub other: Vec<Oid>,
}

/// signer-location (§5.2.5): where the signer says the signature was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignerLocation {
    /// countryName.
    pub country: Option<String>,
    /// localityName.
    pub locality: Option<String>,
    /// postalAddress, line by line.
    pub address: Vec<String>,
}

/// content-reference (RFC 2634 §2.11): the signed content another signature refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentReference {
    /// contentType of what is referred to.
    pub content_type: Oid,
    /// signedContentIdentifier.
    pub identifier: Vec<u8>,
    /// originatorSignatureValue.
    pub signature: Vec<u8>,
}

/// CMSAlgorithmProtection (RFC 6211).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlgorithmProtection {
    /// digestAlgorithm.
    pub digest: AlgorithmIdentifier,
    /// signatureAlgorithm; `None` when the attribute protects a MAC instead.
    pub signature: Option<AlgorithmIdentifier>,
}

impl AlgorithmProtection {
    /// Whether both algorithms mean those of `signer` (RFC 6211 §2: the comparison is of the
    /// algorithms, so absent parameters are as good as NULL).
    #[must_use]
    pub fn protects(&self, signer: &SignerInfo) -> bool {
        let message = crypto::DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok();
        let meaning = |identifier: &AlgorithmIdentifier| {
            SignatureAlgorithm::from_identifier(identifier, message).ok()
        };
        let same = |own: &AlgorithmIdentifier| {
            own.same_meaning(&signer.signature_algorithm)
                // Parameters of RSASSA-PSS may spell out their defaults.
                || (own.oid == signer.signature_algorithm.oid
                    && meaning(own).is_some()
                    && meaning(own) == meaning(&signer.signature_algorithm))
        };
        self.digest.same_meaning(&signer.digest_algorithm)
            && self.signature.as_ref().is_some_and(same)
    }
}

/// What the signed attributes say beyond the mandatory ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedProperties {
    /// content-hints.
    pub content_hints: Option<ContentHints>,
    /// mime-type (§5.2.4.2).
    pub mime_type: Option<String>,
    /// commitment-type-indication: several attributes and several values are both met.
    pub commitments: Vec<Commitment>,
    /// signer-attributes and signer-attributes-v2, taken together.
    pub signer_attributes: Option<SignerAttributes>,
    /// Both versions of signer-attributes are there (§5.2.6.1 allows one of them).
    pub signer_attributes_twice: bool,
    /// signer-location.
    pub location: Option<SignerLocation>,
    /// signature-policy-identifier.
    pub policy: Option<SignaturePolicy>,
    /// content-reference.
    pub content_reference: Option<ContentReference>,
    /// content-identifier (RFC 2634 §2.7).
    pub content_identifier: Option<Vec<u8>>,
    /// CMSAlgorithmProtection.
    pub algorithm_protection: Option<AlgorithmProtection>,
    /// content-time-stamp attributes (§5.2.8), as received.
    pub content_time_stamps: Vec<Vec<u8>>,
    /// Names of attributes whose value is not of their type.
    pub malformed: Vec<&'static str>,
}

impl SignedProperties {
    /// Reads them all.
    #[must_use]
    pub fn read(attributes: &Attributes) -> Self {
        let mut malformed = Vec::new();
        let mut single = Single { attributes, malformed: &mut malformed };
        let content_hints = single.read(&oids::CONTENT_HINTS, "content-hints", content_hints);
        let mime_type = single.read(&oids::MIME_TYPE, "mime-type", utf8);
        let v1 = single.read(&oids::SIGNER_ATTRIBUTES, "signer-attributes", signer_attributes_v1);
        let v2 =
            single.read(&oids::SIGNER_ATTRIBUTES_V2, "signer-attributes-v2", signer_attributes_v2);
        let location = single.read(&oids::SIGNER_LOCATION, "signer-location", location);
        let policy = single.read(
            &oids::SIGNATURE_POLICY,
            "signature-policy-identifier",
            SignaturePolicy::read,
        );
        let content_reference =
            single.read(&oids::CONTENT_REFERENCE, "content-reference", content_reference);
        let content_identifier =
            single.read(&oids::CONTENT_IDENTIFIER, "content-identifier", |value| {
                Ok(value.octets()?.into_owned())
            });
        let algorithm_protection = single.read(
            &cms::oids::ALGORITHM_PROTECTION,
            "CMSAlgorithmProtection",
            algorithm_protection,
        );
        let mut commitments = Vec::new();
        for raw in attributes.values(&oids::COMMITMENT_TYPE).take(MOST) {
            match Value::parse(raw).and_then(|value| commitment(&value)) {
                Ok(commitment) => commitments.push(commitment),
                Err(_) => malformed.push("commitment-type-indication"),
            }
        }
        malformed.dedup();
        let signer_attributes_twice = v1.is_some() && v2.is_some();
        let signer_attributes = match (v1, v2) {
            (Some(mut one), Some(two)) => {
                one.roles.extend(two.roles);
                one.claimed.extend(two.claimed);
                one.certified.extend(two.certified);
                one.other.extend(two.other);
                Some(one)
            }
            (one, two) => one.or(two),
        };
        let stamps = attributes.values(&oids::CONTENT_TIME_STAMP);
        Self {
            content_hints,
            mime_type,
            commitments,
            signer_attributes,
            signer_attributes_twice,
            location,
            policy,
            content_reference,
            content_identifier,
            algorithm_protection,
            content_time_stamps: stamps.map(<[u8]>::to_vec).collect(),
            malformed,
        }
    }
}

/// Reads attributes that may stand once with one value; whether they do is judged elsewhere.
struct Single<'a> {
    attributes: &'a Attributes,
    malformed: &'a mut Vec<&'static str>,
}

impl Single<'_> {
    fn read<T>(
        &mut self,
        oid: &Oid,
        name: &'static str,
        parse: impl Fn(&Value<'_>) -> asn1::Result<T>,
    ) -> Option<T> {
        let raw = self.attributes.single(oid)?;
        let read = Value::parse(raw).and_then(|value| parse(&value));
        if read.is_err() {
            self.malformed.push(name);
        }
        read.ok()
    }
}

fn utf8(value: &Value<'_>) -> asn1::Result<String> {
    Ok(value.expect(Tag::UTF8_STRING)?.text())
}

/// DirectoryString: any of the string types.
fn directory_string(value: &Value<'_>) -> asn1::Result<String> {
    match value.tag() {
        Tag::UTF8_STRING
        | Tag::PRINTABLE_STRING
        | Tag::TELETEX_STRING
        | Tag::BMP_STRING
        | Tag::UNIVERSAL_STRING
        | Tag::IA5_STRING
        | Tag::VISIBLE_STRING => Ok(value.text()),
        found => {
            Err(asn1::Error::UnexpectedTag { expected: Tag::UTF8_STRING, found, at: value.at() })
        }
    }
}

fn content_hints(value: &Value<'_>) -> asn1::Result<ContentHints> {
    let mut fields = value.expect(Tag::SEQUENCE)?.children();
    let description = fields.optional(Tag::UTF8_STRING)?.map(|text| text.text());
    let content_type = fields.any()?.oid()?;
    fields.finish()?;
    Ok(ContentHints { description, content_type })
}

fn commitment(value: &Value<'_>) -> asn1::Result<Commitment> {
    let mut fields = value.expect(Tag::SEQUENCE)?.children();
    let kind = fields.any()?.oid()?;
    let qualifiers = match fields.optional(Tag::SEQUENCE)? {
        None => Vec::new(),
        Some(list) => members(list.children(), |one| {
            let mut parts = one.expect(Tag::SEQUENCE)?.children();
            Ok((parts.any()?.oid()?, parts.rest().to_vec()))
        })?,
    };
    fields.finish()?;
    Ok(Commitment { kind, qualifiers })
}

/// `SEQUENCE OF CHOICE { claimedAttributes [0], certifiedAttributes [1] }`.
fn signer_attributes_v1(value: &Value<'_>) -> asn1::Result<SignerAttributes> {
    let mut read = SignerAttributes::default();
    let mut choices = value.expect(Tag::SEQUENCE)?.children();
    while let Some(choice) = choices.next_value()? {
        if choice.tag() == Tag::context_constructed(0) {
            claimed(&choice.children().expect(Tag::SEQUENCE)?, &mut read)?;
        } else {
            let certificate = choice.expect(Tag::context_constructed(1))?.children().any()?;
            push(&mut read.certified, certificate.raw().to_vec());
        }
    }
    Ok(read)
}

/// `SEQUENCE { claimedAttributes [0], certifiedAttributesV2 [1], signedAssertions [2] }`.
fn signer_attributes_v2(value: &Value<'_>) -> asn1::Result<SignerAttributes> {
    let mut read = SignerAttributes::default();
    let mut fields = value.expect(Tag::SEQUENCE)?.children();
    if let Some(list) = fields.optional(Tag::context_constructed(0))? {
        claimed(&list.children().expect(Tag::SEQUENCE)?, &mut read)?;
    }
    if let Some(list) = fields.optional(Tag::context_constructed(1))? {
        let mut choices = list.children().expect(Tag::SEQUENCE)?.children();
        while let Some(choice) = choices.next_value()? {
            if choice.tag() == Tag::context_constructed(0) {
                push(&mut read.certified, choice.children().any()?.raw().to_vec());
            } else {
                let other = choice.expect(Tag::context_constructed(1))?.children().any()?;
                push(&mut read.other, other.children().any()?.oid()?);
            }
        }
    }
    if let Some(list) = fields.optional(Tag::context_constructed(2))? {
        let mut assertions = list.children().expect(Tag::SEQUENCE)?.children();
        while let Some(assertion) = assertions.next_value()? {
            push(&mut read.other, assertion.expect(Tag::SEQUENCE)?.children().any()?.oid()?);
        }
    }
    fields.finish()?;
    Ok(read)
}

/// `SEQUENCE OF Attribute`.
fn claimed(list: &Value<'_>, read: &mut SignerAttributes) -> asn1::Result<()> {
    let mut attributes = list.expect(Tag::SEQUENCE)?.children();
    while let Some(attribute) = attributes.next_value()? {
        let mut fields = attribute.expect(Tag::SEQUENCE)?.children();
        let kind = fields.any()?.oid()?;
        let mut values = fields.expect(Tag::SET)?.children();
        fields.finish()?;
        if kind != oids::ROLE {
            push(&mut read.claimed, kind);
            continue;
        }
        while let Some(value) = values.next_value()? {
            push(&mut read.roles, directory_string(&value)?);
        }
    }
    Ok(())
}

fn location(value: &Value<'_>) -> asn1::Result<SignerLocation> {
    let mut fields = value.expect(Tag::SEQUENCE)?.children();
    let mut text = |n| -> asn1::Result<Option<String>> {
        let Some(field) = fields.optional(Tag::context_constructed(n))? else { return Ok(None) };
        directory_string(&field.children().any()?).map(Some)
    };
    let (country, locality) = (text(0)?, text(1)?);
    let address = match fields.optional(Tag::context_constructed(2))? {
        None => Vec::new(),
        Some(field) => {
            members(field.children().expect(Tag::SEQUENCE)?.children(), directory_string)?
        }
    };
    fields.finish()?;
    Ok(SignerLocation { country, locality, address })
}

fn content_reference(value: &Value<'_>) -> asn1::Result<ContentReference> {
    let mut fields = value.expect(Tag::SEQUENCE)?.children();
    let content_type = fields.any()?.oid()?;
    let identifier = fields.any()?.octets()?.into_owned();
    let signature = fields.any()?.octets()?.into_owned();
    fields.finish()?;
    Ok(ContentReference { content_type, identifier, signature })
}

/// `SEQUENCE { digestAlgorithm, signatureAlgorithm [1] IMPLICIT OPTIONAL, macAlgorithm [2]
/// IMPLICIT OPTIONAL }`, one of the two.
fn algorithm_protection(value: &Value<'_>) -> asn1::Result<AlgorithmProtection> {
    let bad = |at| asn1::Error::BadContents { what: "CMSAlgorithmProtection", at };
    let identifier = |octets: &[u8], at| AlgorithmIdentifier::from_der(octets).map_err(|_| bad(at));
    let mut fields = value.expect(Tag::SEQUENCE)?.children();
    let digest = fields.expect(Tag::SEQUENCE)?;
    let digest = identifier(digest.raw(), digest.at())?;
    let signature = fields.optional(Tag::context_constructed(1))?;
    let mac = fields.optional(Tag::context_constructed(2))?;
    fields.finish()?;
    if signature.is_some() == mac.is_some() {
        return Err(bad(value.at()));
    }
    let signature = signature
        .map(|field| identifier(&asn1::der::retag(Tag::SEQUENCE, field.raw()), field.at()))
        .transpose()?;
    Ok(AlgorithmProtection { digest, signature })
}

/// The members of a list, at most [`MOST`] of them.
pub(crate) fn members<T>(
    mut list: Cursor<'_>,
    read: impl Fn(&Value<'_>) -> asn1::Result<T>,
) -> asn1::Result<Vec<T>> {
    let mut found = Vec::new();
    while let Some(value) = list.next_value()? {
        push(&mut found, read(&value)?);
    }
    Ok(found)
}

fn push<T>(list: &mut Vec<T>, one: T) {
    if list.len() < MOST {
        list.push(one);
    }
}

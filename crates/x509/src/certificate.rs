//! X.509 certificates (RFC 5280 §4).
//!
//! One reader feeds every decision: the `asn1` cursor. It keeps the span of
//! each part in the octets received, takes the BER and the odd serial numbers
//! met in old signatures, and is the reader the signatures around the
//! certificates are read with, so two readers can not be played against each
//! other. `x509-parser` reads the same octets a second time in
//! [`crate::second_opinion()`], whose answer is shown to people and never feeds
//! a decision.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
};

use asn1::{Cursor, Oid, Tag, Value};
use chrono::{DateTime, Utc};
use crypto::PublicKey;

use crate::{
    BasicConstraints, Error, Extensions, Fingerprint, KeyUsage, Name, Result, SignatureCheck,
    fingerprint::{hex, serde_as_der},
    oids, pem,
    verify::{self, SignatureValue},
};

const OBJECT: &str = "certificate";
const LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
const BAG_LABELS: [&str; 3] = ["PKCS7", "CMS", "CERTIFICATE CHAIN"];

/// A certificate; cloning it is cheap.
///
/// ```text
/// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
/// ```
#[derive(Clone)]
pub struct Certificate(Arc<Inner>, Option<Arc<PublicKey>>);

struct Inner {
    der: Vec<u8>,
    fingerprint: Fingerprint,
    version: u8,
    tbs: Range<usize>,
    serial: Range<usize>,
    inner_algorithm: Range<usize>,
    issuer: Name,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    subject: Name,
    spki: Range<usize>,
    public_key_bits: Range<usize>,
    /// Read on first use: many certificates of a file are never asked.
    key: OnceLock<Option<PublicKey>>,
    extensions: Extensions,
    algorithm: Range<usize>,
    signature: Bits,
}

serde_as_der!(Certificate, Certificate::from_der);

impl Certificate {
    /// Reads one certificate that fills `octets`, DER or BER.
    ///
    /// # Errors
    /// [`Error::Encoding`] or [`Error::Structure`].
    pub fn from_der(octets: &[u8]) -> Result<Self> {
        let inner = read(octets).map_err(Error::encoding(OBJECT))?;
        if inner.version > 3 {
            let rule = "version is 1, 2 or 3 (RFC 5280 §4.1.2.1)";
            return Err(Error::Structure { object: OBJECT, rule, at: 0 });
        }
        Ok(Self(Arc::new(inner), None))
    }

    /// Reads every certificate of a file: DER, PEM with any text around it,
    /// or a certificates-only PKCS#7 (`.p7b`, `.p7c`) in either form.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or the first one that can not be read.
    pub fn from_pem_or_der(octets: &[u8]) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        if pem::is_pem(octets) {
            for block in pem::blocks(octets, &[LABELS, BAG_LABELS].concat())? {
                if BAG_LABELS.contains(&block.label.as_str()) {
                    all.extend(Self::from_bag(&block.der)?);
                } else {
                    // OpenSSL's trusted form carries its own data behind the certificate.
                    let value = Value::parse_prefix(&block.der).map_err(Error::encoding(OBJECT))?;
                    all.push(Self::from_der(value.raw())?);
                }
            }
        } else if is_bag(octets) {
            all = Self::from_bag(octets)?;
        } else if octets.first() == Some(&Tag::SEQUENCE.0) {
            all.push(Self::from_der(without_padding(octets))?);
        }
        if all.is_empty() {
            return Err(Error::NotFound { object: OBJECT, octets: octets.len() });
        }
        Ok(all)
    }

    /// Reads the certificates of a SignedData; attribute certificates and
    /// other formats among them are passed over.
    fn from_bag(octets: &[u8]) -> Result<Vec<Self>> {
        let encoding = Error::encoding("PKCS#7");
        let mut all = Vec::new();
        for raw in bag(octets).map_err(encoding)? {
            all.push(Self::from_der(raw)?);
        }
        Ok(all)
    }

    /// The octets as received.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// tbsCertificate as received: what the issuer signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.part(&self.0.tbs)
    }

    /// SHA-256 of the octets as received.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// 1, 2 or 3.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.0.version
    }

    /// Contents octets of serialNumber: two's complement, as received.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.part(&self.0.serial)
    }

    /// serialNumber as lowercase hex.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        hex(self.serial())
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Whom it names.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// First moment of validity, itself included.
    #[must_use]
    pub fn not_before(&self) -> DateTime<Utc> {
        self.0.not_before
    }

    /// Last moment of validity, itself included.
    #[must_use]
    pub fn not_after(&self) -> DateTime<Utc> {
        self.0.not_after
    }

    /// SubjectPublicKeyInfo as received.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        self.part(&self.0.spki)
    }

    /// The octets of subjectPublicKey, which OCSP hashes (RFC 6960 §4.1.1).
    #[must_use]
    pub fn public_key_bits(&self) -> &[u8] {
        self.part(&self.0.public_key_bits)
    }

    /// The public key; in a path, one that leaves out its DSA parameters has
    /// those of the key above it (RFC 5280 §6.1.4 (d) to (f)).
    ///
    /// # Errors
    /// A kind of key, or parameters, that `crypto` does not know.
    pub fn public_key(&self) -> Result<PublicKey, crypto::Error> {
        if let Some(key) = &self.1 {
            return Ok(PublicKey::clone(key));
        }
        match self.0.key.get_or_init(|| PublicKey::from_spki_der(self.spki()).ok()) {
            Some(key) => Ok(key.clone()),
            // Errors are not kept: the second reading says the same again.
            None => PublicKey::from_spki_der(self.spki()),
        }
    }

    /// Whether the key leaves out its DSA parameters (RFC 3279 §2.3.2).
    pub(crate) fn lacks_key_parameters(&self) -> bool {
        let algorithm = || {
            let mut parts = Value::parse(self.spki())?.children().any()?.children();
            Ok::<_, asn1::Error>((parts.any()?.oid()?, parts.is_empty()))
        };
        self.1.is_none() && algorithm().is_ok_and(|found| found == (oids::DSA, true))
    }

    /// Whether its key works with parameters of the one above it.
    pub(crate) fn has_inherited_parameters(&self) -> bool {
        self.1.is_some()
    }

    /// The same certificate, its key completed with the parameters of `issuer`'s.
    pub(crate) fn with_parameters_of(&self, issuer: &Self) -> Self {
        let key = issuer
            .public_key()
            .and_then(|above| PublicKey::from_spki_der_issued_by(self.spki(), &above));
        Self(Arc::clone(&self.0), key.ok().map(Arc::new))
    }

    /// AlgorithmIdentifier of the issuer's signature, as received.
    #[must_use]
    pub fn signature_algorithm(&self) -> &[u8] {
        self.part(&self.0.algorithm)
    }

    /// The issuer's signature value.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.0.signature.of(&self.0.der).octets
    }

    /// Whether the algorithm the issuer signed and the one beside the
    /// signature are the same octets (RFC 5280 §4.1.1.2).
    #[must_use]
    pub fn algorithms_agree(&self) -> bool {
        self.part(&self.0.inner_algorithm) == self.signature_algorithm()
    }

    /// The extensions.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// keyUsage, if present.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.extensions.key_usage
    }

    /// basicConstraints, if present.
    #[must_use]
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.0.extensions.basic_constraints
    }

    /// Whether basicConstraints says it is a CA.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.basic_constraints().is_some_and(|constraints| constraints.ca)
    }

    /// Purposes of extKeyUsage; empty when absent.
    #[must_use]
    pub fn extended_key_purposes(&self) -> &[Oid] {
        self.0.extensions.extended_key_usage.as_ref().map_or(&[], |usage| &usage.purposes)
    }

    /// Codice fiscale of the subject.
    #[must_use]
    pub fn tax_code(&self) -> Option<String> {
        self.subject().tax_code()
    }

    /// Issuer and subject are the same name (RFC 5280 §6.1).
    #[must_use]
    pub fn self_issued(&self) -> bool {
        self.issuer().matches(self.subject())
    }

    /// Self-issued, and the signature verifies with its own key: costs one verification.
    #[must_use]
    pub fn self_signed(&self) -> bool {
        self.self_issued() && self.verify_issued_by(self).is_valid()
    }

    /// Checks the issuer's signature with the key of `issuer`. Names are not compared.
    #[must_use]
    pub fn verify_issued_by(&self, issuer: &Self) -> SignatureCheck {
        let (algorithm, tbs) = (self.signature_algorithm(), self.tbs());
        verify::check(issuer, algorithm, tbs, &self.0.signature.of(&self.0.der))
    }

    /// Whether both hold the same key under the same name.
    #[must_use]
    pub fn same_key_and_name(&self, other: &Self) -> bool {
        self.spki() == other.spki() && self.subject().matches(other.subject())
    }

    /// Whether `at` lies within the validity, both ends included.
    #[must_use]
    pub fn is_valid_at(&self, at: DateTime<Utc>) -> bool {
        self.not_before() <= at && at <= self.not_after()
    }

    fn part(&self, span: &Range<usize>) -> &[u8] {
        self.0.der.get(span.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.subject(), self.fingerprint())
    }
}

fn read(octets: &[u8]) -> asn1::Result<Inner> {
    let mut outer = Value::parse(octets)?.expect(Tag::SEQUENCE)?.children();
    let tbs = outer.expect(Tag::SEQUENCE)?;
    let algorithm = outer.expect(Tag::SEQUENCE)?;
    let signature = outer.expect(Tag::BIT_STRING)?;
    outer.finish()?;

    let mut parts = tbs.children();
    let version = match parts.optional(Tag::context_constructed(0))? {
        // Kept small here; more than 3 is refused by the caller.
        Some(version) => u8::try_from(version.inner()?.u64()?.saturating_add(1)).unwrap_or(u8::MAX),
        None => 1,
    };
    let serial = parts.expect(Tag::INTEGER)?;
    serial.integer()?;
    let inner_algorithm = parts.expect(Tag::SEQUENCE)?;
    let issuer = Name::read(parts.any()?)?;
    let mut validity = parts.expect(Tag::SEQUENCE)?.children();
    let (not_before, not_after) = (validity.any()?.time()?, validity.any()?.time()?);
    validity.finish()?;
    let subject = Name::read(parts.any()?)?;
    let spki = parts.expect(Tag::SEQUENCE)?;
    let mut key = spki.children();
    key.expect(Tag::SEQUENCE)?;
    let key = key.expect(Tag::BIT_STRING)?;
    for unique_id in [1, 2] {
        parts.optional(Tag::context(unique_id))?;
    }
    let extensions = match parts.optional(Tag::context_constructed(3))? {
        Some(extensions) => Extensions::read(extensions.inner()?)?,
        None => Extensions::default(),
    };
    parts.finish()?;

    Ok(Inner {
        fingerprint: Fingerprint::of(octets),
        version,
        tbs: span(&tbs),
        serial: contents_span(&serial),
        inner_algorithm: span(&inner_algorithm),
        issuer,
        not_before,
        not_after,
        subject,
        spki: span(&spki),
        public_key_bits: Bits::of_value(&key)?.span,
        key: OnceLock::new(),
        extensions,
        algorithm: span(&algorithm),
        signature: Bits::of_value(&signature)?,
        der: octets.to_vec(),
    })
}

/// Whether the octets look like a ContentInfo of SignedData (RFC 5652 §3).
fn is_bag(octets: &[u8]) -> bool {
    let first = || Value::parse_prefix(octets)?.children().any()?.oid();
    first().is_ok_and(|oid| oid == oids::SIGNED_DATA)
}

/// The certificates of a SignedData, as received.
fn bag(octets: &[u8]) -> asn1::Result<Vec<&[u8]>> {
    let mut content_info = Value::parse_prefix(octets)?.expect(Tag::SEQUENCE)?.children();
    content_info.any()?.oid()?;
    let content = content_info.expect(Tag::context_constructed(0))?;
    let mut parts = content.inner()?.expect(Tag::SEQUENCE)?.children();
    parts.expect(Tag::INTEGER)?;
    parts.expect(Tag::SET)?;
    parts.expect(Tag::SEQUENCE)?;
    let Some(certificates) = parts.optional(Tag::context_constructed(0))? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    let mut certificates = certificates.children();
    while let Some(certificate) = certificates.next_value()? {
        if certificate.tag() == Tag::SEQUENCE {
            all.push(certificate.raw());
        }
    }
    Ok(all)
}

/// The octets without line ends or zeros behind their first value: files are
/// met that a transfer padded.
pub(crate) fn without_padding(octets: &[u8]) -> &[u8] {
    let end = Value::parse_prefix(octets).map_or(octets.len(), |value| value.raw().len());
    let (value, rest) = octets.split_at(end);
    let padding = rest.iter().all(|octet| matches!(octet, 0 | b'\n' | b'\r' | b' ' | b'\t'));
    if padding { value } else { octets }
}

/// Where a value stands in the buffer first given to its cursor.
pub(crate) fn span(value: &Value<'_>) -> Range<usize> {
    // The buffer is in memory, so its offsets fit a usize.
    let start = usize::try_from(value.at()).unwrap_or(usize::MAX);
    start..start.saturating_add(value.raw().len())
}

/// Where the contents of a primitive value stand.
pub(crate) fn contents_span(value: &Value<'_>) -> Range<usize> {
    let whole = span(value);
    whole.end.saturating_sub(value.contents().len())..whole.end
}

/// Where the octets of a BIT STRING stand.
pub(crate) struct Bits {
    span: Range<usize>,
    /// A signature that is no whole number of octets is kept and never verifies.
    whole: bool,
}

impl Bits {
    pub(crate) fn of_value(value: &Value<'_>) -> asn1::Result<Self> {
        let (unused, octets) = value.bit_string()?;
        let end = span(value).end;
        Ok(Self { span: end.saturating_sub(octets.len())..end, whole: unused == 0 })
    }

    /// The signature value in the buffer it was read from.
    pub(crate) fn of<'a>(&self, buffer: &'a [u8]) -> SignatureValue<'a> {
        let octets = buffer.get(self.span.clone()).unwrap_or_default();
        SignatureValue { octets, whole: self.whole }
    }
}

/// Numbers are compared as numbers: padding octets in front change nothing.
pub(crate) fn same_integer(one: &[u8], two: &[u8]) -> bool {
    minimal(one) == minimal(two)
}

/// Which of two numbers that are not negative is greater; a negative one counts as 0.
pub(crate) fn integer_order(one: &[u8], two: &[u8]) -> std::cmp::Ordering {
    let magnitude = |contents: &'_ [u8]| -> Vec<u8> {
        match contents.first() {
            Some(first) if first & 0x80 != 0 => Vec::new(),
            _ => contents.iter().copied().skip_while(|octet| *octet == 0).collect(),
        }
    };
    let (one, two) = (magnitude(one), magnitude(two));
    one.len().cmp(&two.len()).then(one.cmp(&two))
}

pub(crate) fn minimal(mut contents: &[u8]) -> &[u8] {
    while let [first, second, ..] = contents
        && matches!((first, second >> 7), (0, 0) | (0xff, 1))
    {
        contents = &contents[1..];
    }
    contents
}

/// Reads a cursor's next value if it is a UTCTime or GeneralizedTime.
pub(crate) fn optional_time(parts: &mut Cursor<'_>) -> asn1::Result<Option<DateTime<Utc>>> {
    match parts.peek() {
        Some(Tag::UTC_TIME | Tag::GENERALIZED_TIME) => parts.any()?.time().map(Some),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_numbers() {
        assert!(same_integer(&[0, 0, 0x12], &[0x12]));
        assert!(same_integer(&[0xff, 0xff], &[0xff]));
        // 255 and -1 are two serial numbers (PKITS 4.4.14).
        assert!(!same_integer(&[0, 0xff], &[0xff]));
        assert!(same_integer(&[0], &[0, 0]));
    }
}

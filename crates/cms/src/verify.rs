//! Verifying one SignerInfo: RFC 5652 §5.4 and §5.6, nothing of trust or time.

use std::collections::BTreeMap;

use asn1::{Tag, Value};
use crypto::{DigestAlgorithm, SignatureAlgorithm, Tolerance};
use x509::Certificate;

use crate::{Attributes, SignerInfo, oids};

/// Longest content kept beside its digests. Signatures without signed
/// attributes are over the content itself, and for those we must look whether
/// it could be a set of attributes, and EdDSA needs all of it.
pub const PREFIX: usize = 64 << 10;

/// What one pass over the content leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentDigests {
    /// Digests by algorithm.
    pub values: BTreeMap<DigestAlgorithm, Vec<u8>>,
    /// The first [`PREFIX`] octets.
    pub prefix: Vec<u8>,
    /// Size of the content in octets; `None` when only digests of it are known.
    pub length: Option<u64>,
}

/// Whether the content is the one that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentCheck {
    /// Its digest is the one in the message-digest attribute.
    Intact,
    /// Its digest is another one.
    Altered,
    /// No content is at hand.
    Missing,
    /// The content was not hashed with this algorithm: read it again.
    NotHashed(DigestAlgorithm),
    /// The digest algorithm is not known.
    UnknownDigest(asn1::Oid),
    /// There are signed attributes, but not exactly one message-digest among them.
    NoMessageDigest,
    /// Without signed attributes the signature itself is over the content.
    Direct,
}

/// Which octets the signature value was found to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedForm {
    /// The signed attributes as stored.
    AsReceived,
    /// The signed attributes sorted as DER wants, which are stored otherwise.
    DerSorted,
    /// The content itself; there are no signed attributes.
    Content,
}

/// Whether the signature value verifies.
#[derive(Debug)]
pub enum ValueCheck {
    /// It verifies.
    Valid {
        /// Over these octets.
        form: SignedForm,
        /// With this leniency, if any was needed.
        tolerance: Option<Tolerance>,
    },
    /// It does not.
    Invalid,
    /// The content it is over is not at hand.
    ContentMissing,
    /// The content was not hashed with this algorithm: read it again.
    NotHashed(DigestAlgorithm),
    /// The algorithm or the key cannot be used.
    Unsupported(crypto::Error),
}

/// Everything RFC 5652 lets one say about a SignerInfo and its certificate.
#[derive(Debug)]
pub struct SignerCheck {
    /// The content against the message-digest attribute.
    pub content: ContentCheck,
    /// The signature value.
    pub value: ValueCheck,
    /// The signature algorithm, once the identifiers are understood.
    pub algorithm: Option<SignatureAlgorithm>,
    /// Whether the content-type attribute is there once and equals
    /// eContentType; `None` without signed attributes.
    pub content_type_matches: Option<bool>,
    /// There are no signed attributes and the content reads as a set of them:
    /// somebody may have turned one into the other.
    pub content_looks_like_attributes: bool,
}

/// Digests that verifying `signer` needs of the content.
#[must_use]
pub fn needed_digests(signer: &SignerInfo) -> Vec<DigestAlgorithm> {
    let message = DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok();
    let mut needed: Vec<_> = message.into_iter().collect();
    if signer.signed_attributes.is_none()
        && let Ok(algorithm) =
            SignatureAlgorithm::from_identifier(&signer.signature_algorithm, message)
        && let Some(digest) = algorithm.digest()
        && !needed.contains(&digest)
    {
        needed.push(digest);
    }
    needed
}

/// Compares the content with what the signed attributes say of it.
#[must_use]
pub fn check_content(signer: &SignerInfo, content: Option<&ContentDigests>) -> ContentCheck {
    let Some(attributes) = &signer.signed_attributes else { return ContentCheck::Direct };
    let Some(expected) = message_digest(attributes) else { return ContentCheck::NoMessageDigest };
    let Ok(algorithm) = DigestAlgorithm::from_identifier(&signer.digest_algorithm) else {
        return ContentCheck::UnknownDigest(signer.digest_algorithm.oid);
    };
    let Some(content) = content else { return ContentCheck::Missing };
    match content.values.get(&algorithm) {
        None => ContentCheck::NotHashed(algorithm),
        Some(found) if *found == expected => ContentCheck::Intact,
        Some(_) => ContentCheck::Altered,
    }
}

/// The octets of the message-digest attribute, if there is exactly one.
#[must_use]
pub fn message_digest(attributes: &Attributes) -> Option<Vec<u8>> {
    let value = attributes.single(&oids::MESSAGE_DIGEST)?;
    Some(Value::parse(value).ok()?.octets().ok()?.into_owned())
}

/// Verifies `signer` with the key of `certificate`.
///
/// `content_type` is the eContentType of the SignedData; `None` for a
/// countersignature, which must not have a content-type attribute.
#[must_use]
pub fn verify_signer(
    signer: &SignerInfo,
    certificate: &Certificate,
    content_type: Option<&asn1::Oid>,
    content: Option<&ContentDigests>,
) -> SignerCheck {
    let message = DigestAlgorithm::from_identifier(&signer.digest_algorithm).ok();
    let algorithm = SignatureAlgorithm::from_identifier(&signer.signature_algorithm, message);
    let key = certificate.public_key();
    let value = match (&algorithm, key) {
        (Err(_), _) => {
            // Re-read for an owned error: the reason goes into the report.
            match SignatureAlgorithm::from_identifier(&signer.signature_algorithm, message) {
                Err(error) => ValueCheck::Unsupported(error),
                Ok(_) => ValueCheck::Invalid,
            }
        }
        (_, Err(error)) => ValueCheck::Unsupported(error),
        (Ok(algorithm), Ok(key)) => match &signer.signed_attributes {
            Some(attributes) => verify_attributes(&key, algorithm, attributes, &signer.signature),
            None => verify_direct(&key, algorithm, content, &signer.signature),
        },
    };
    let content_type_matches = signer.signed_attributes.as_ref().map(|attributes| {
        let found = attributes.single(&oids::CONTENT_TYPE).map(Value::parse);
        match (found, content_type) {
            (Some(Ok(value)), Some(expected)) => value.oid().is_ok_and(|oid| oid == *expected),
            (None, None) => attributes.all(&oids::CONTENT_TYPE).next().is_none(),
            _ => false,
        }
    });
    SignerCheck {
        content: check_content(signer, content),
        value,
        algorithm: algorithm.ok(),
        content_type_matches,
        content_looks_like_attributes: signer.signed_attributes.is_none()
            && content.is_some_and(looks_like_attributes),
    }
}

fn verify_attributes(
    key: &crypto::PublicKey,
    algorithm: &SignatureAlgorithm,
    attributes: &Attributes,
    signature: &[u8],
) -> ValueCheck {
    let received = attributes.signed_octets();
    match key.verify(algorithm, &received, signature) {
        Ok(verified) => {
            return ValueCheck::Valid {
                form: SignedForm::AsReceived,
                tolerance: verified.tolerance,
            };
        }
        Err(crypto::Error::SignatureInvalid) => {}
        Err(error) => return ValueCheck::Unsupported(error),
    }
    if let Some(sorted) = attributes.sorted_octets()
        && sorted != received
        && let Ok(verified) = key.verify(algorithm, &sorted, signature)
    {
        return ValueCheck::Valid { form: SignedForm::DerSorted, tolerance: verified.tolerance };
    }
    ValueCheck::Invalid
}

fn verify_direct(
    key: &crypto::PublicKey,
    algorithm: &SignatureAlgorithm,
    content: Option<&ContentDigests>,
    signature: &[u8],
) -> ValueCheck {
    // A digest somebody gives may be that of anything: signed directly, the octets must be seen.
    let Some(content) = content.filter(|content| content.length.is_some()) else {
        return ValueCheck::ContentMissing;
    };
    let result = match algorithm.digest() {
        Some(digest) => match content.values.get(&digest) {
            Some(value) => key.verify_digest(algorithm, value, signature),
            None => return ValueCheck::NotHashed(digest),
        },
        // EdDSA is over the content itself, which must be small enough to be kept.
        None if content.length == Some(content.prefix.len() as u64) => {
            key.verify(algorithm, &content.prefix, signature)
        }
        None => return ValueCheck::ContentMissing,
    };
    match result {
        Ok(verified) => {
            ValueCheck::Valid { form: SignedForm::Content, tolerance: verified.tolerance }
        }
        Err(crypto::Error::SignatureInvalid) => ValueCheck::Invalid,
        Err(error) => ValueCheck::Unsupported(error),
    }
}

/// Whether the content is `SET OF Attribute` with a message-digest in it: the
/// signed attributes of another signature, played back as content.
fn looks_like_attributes(content: &ContentDigests) -> bool {
    // Content longer than the prefix cannot be checked whole; its first value
    // still tells, because a set of attributes starts with its own header.
    let Ok(value) = Value::parse_prefix(&content.prefix) else { return false };
    value.tag() == Tag::SET
        && Attributes::parse(&value, &crate::Limits::default())
            .is_ok_and(|set| set.all(&oids::MESSAGE_DIGEST).next().is_some())
}

//! OCSP requests and responses (RFC 6960).
//!
//! A response is read here and its signature can be checked; which
//! certificate it speaks of and whether its signer was entitled to speak is
//! decided in [`crate::revocation`].

use std::{fmt, ops::Range, sync::Arc};

use asn1::{Oid, Tag, Value, der};
use chrono::{DateTime, Utc};
use crypto::DigestAlgorithm;
use serde::{Deserialize, Serialize};

use crate::{
    Certificate, Error, Fingerprint, Name, Result, RevocationReason, SignatureCheck,
    certificate::{Bits, same_integer, span},
    extensions::{self, Extensions},
    fingerprint::serde_as_der,
    oids, verify,
};

const OBJECT: &str = "OCSP response";

/// Encodes an unsigned request for one certificate (RFC 6960 §4.1).
///
/// `hash` identifies the issuer in it; SHA-1 is what every responder knows,
/// and nothing is trusted because of it. `nonce` is random, 1 to 128 octets
/// (RFC 9654), or absent when a stored response will do.
#[must_use]
pub fn ocsp_request(
    certificate: &Certificate,
    issuer: &Certificate,
    hash: DigestAlgorithm,
    nonce: Option<&[u8]>,
) -> Vec<u8> {
    let cert_id = der::sequence(&[
        der::sequence(&[der::oid(&hash.oid()), der::null()]),
        der::octet_string(&crypto::digest(hash, certificate.issuer().der())),
        der::octet_string(&crypto::digest(hash, issuer.public_key_bits())),
        der::tlv(Tag::INTEGER, certificate.serial()),
    ]);
    let request_list = der::sequence(&[der::sequence(&[cert_id])]);
    let extensions = nonce.map_or(Vec::new(), |nonce| {
        let value = der::octet_string(&der::octet_string(nonce));
        let extension = der::sequence(&[der::oid(&oids::OCSP_NONCE), value]);
        der::explicit(2, &der::sequence(&[extension]))
    });
    der::sequence(&[der::sequence(&[request_list, extensions])])
}

/// Why a responder gave no response (RFC 6960 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OcspRefusal {
    /// malformedRequest.
    MalformedRequest,
    /// internalError.
    InternalError,
    /// tryLater.
    TryLater,
    /// sigRequired: it answers signed requests only.
    SigRequired,
    /// unauthorized: it does not serve this certificate or this client.
    Unauthorized,
    /// A number RFC 6960 does not assign, or "successful" without a response.
    Other,
}

impl fmt::Display for OcspRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SigRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
            Self::Other => "an unassigned status",
        })
    }
}

/// A basic OCSP response; cloning it is cheap.
///
/// ```text
/// OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, [0] SEQUENCE { OID, OCTET STRING } }
/// BasicOCSPResponse ::= SEQUENCE { tbsResponseData, signatureAlgorithm, signature, certs [0] }
/// ```
#[derive(Clone)]
pub struct OcspResponse(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    fingerprint: Fingerprint,
    /// BasicOCSPResponse, its octet string pieces joined.
    basic: Vec<u8>,
    wrapped: bool,
    tbs: Range<usize>,
    algorithm: Range<usize>,
    signature: Bits,
    responder: ResponderId,
    produced_at: DateTime<Utc>,
    responses: Vec<SingleResponse>,
    nonce: Option<Vec<u8>>,
    certificates: Vec<Certificate>,
    unprocessed_critical: Vec<Oid>,
}

serde_as_der!(OcspResponse, OcspResponse::from_der);

/// Who signed the response (RFC 6960 §4.2.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponderId {
    /// byName.
    Name(Name),
    /// byKey: SHA-1 of the public key's octets.
    KeyHash(Vec<u8>),
}

impl ResponderId {
    /// Whether the certificate is the one named.
    #[must_use]
    pub fn matches(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Name(name) => name.matches(certificate.subject()),
            Self::KeyHash(hash) => {
                *hash == crypto::digest(DigestAlgorithm::Sha1, certificate.public_key_bits())
            }
        }
    }
}

/// Status of one certificate (RFC 6960 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OcspStatus {
    /// good.
    Good,
    /// revoked.
    Revoked {
        /// revocationTime.
        at: DateTime<Utc>,
        /// revocationReason; `Unspecified` when absent.
        reason: RevocationReason,
    },
    /// unknown: the responder does not know the certificate.
    Unknown,
}

/// One SingleResponse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleResponse {
    /// Hash algorithm of the CertID; `None` when unknown or with odd parameters.
    pub hash: Option<DigestAlgorithm>,
    /// issuerNameHash.
    pub issuer_name_hash: Vec<u8>,
    /// issuerKeyHash.
    pub issuer_key_hash: Vec<u8>,
    /// serialNumber, contents octets.
    pub serial: Vec<u8>,
    /// certStatus.
    pub status: OcspStatus,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: Option<DateTime<Utc>>,
    /// archiveCutoff (RFC 6960 §4.4.4): certificates that expired since then are still answered for.
    pub archive_cutoff: Option<DateTime<Utc>>,
    /// certHash: hash algorithm and digest of the very certificate meant.
    pub cert_hash: Option<(Option<DigestAlgorithm>, Vec<u8>)>,
    /// Critical extensions not processed here.
    pub unprocessed_critical: Vec<Oid>,
}

impl SingleResponse {
    /// Whether it speaks of `certificate` as issued by `issuer`, under the
    /// CertID's own hash algorithm.
    #[must_use]
    pub fn is_about(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let Some(hash) = self.hash else { return false };
        let names = [certificate.issuer(), issuer.subject()];
        same_integer(&self.serial, certificate.serial())
            && names.iter().any(|name| crypto::digest(hash, name.der()) == self.issuer_name_hash)
            && crypto::digest(hash, issuer.public_key_bits()) == self.issuer_key_hash
    }

    /// Whether certHash, if present, is that of `certificate`; `None` without one.
    #[must_use]
    pub fn cert_hash_matches(&self, certificate: &Certificate) -> Option<bool> {
        let (hash, digest) = self.cert_hash.as_ref()?;
        Some(hash.is_some_and(|hash| crypto::digest(hash, certificate.der()) == *digest))
    }
}

impl OcspResponse {
    /// Reads an OCSPResponse, or the bare BasicOCSPResponse older signatures embed.
    ///
    /// # Errors
    /// [`Error::OcspRefused`], [`Error::OcspType`], [`Error::Encoding`].
    pub fn from_der(octets: &[u8]) -> Result<Self> {
        let encoding = Error::encoding(OBJECT);
        let outer = Value::parse(octets).and_then(|v| v.expect(Tag::SEQUENCE)).map_err(encoding)?;
        let wrapped = outer.children().peek() == Some(Tag::ENUMERATED);
        let basic = if wrapped { unwrap(outer)? } else { octets.to_vec() };
        let inner = read(octets, basic, wrapped).map_err(encoding)?;
        Ok(Self(Arc::new(inner)))
    }

    /// The octets as received.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the octets as received.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// The BasicOCSPResponse, as CAdES embeds it.
    #[must_use]
    pub fn basic(&self) -> &[u8] {
        &self.0.basic
    }

    /// The OCSPResponse, as CMS (RFC 5940) and PAdES embed it: the octets
    /// received, or a wrapping around a bare response.
    #[must_use]
    pub fn wrapped(&self) -> Vec<u8> {
        if self.0.wrapped {
            return self.0.der.clone();
        }
        let bytes = der::sequence(&[der::oid(&oids::OCSP_BASIC), der::octet_string(&self.0.basic)]);
        der::sequence(&[der::enumerated(0), der::explicit(0, &bytes)])
    }

    /// Who signed it.
    #[must_use]
    pub fn responder(&self) -> &ResponderId {
        &self.0.responder
    }

    /// producedAt.
    #[must_use]
    pub fn produced_at(&self) -> DateTime<Utc> {
        self.0.produced_at
    }

    /// Every status in it.
    #[must_use]
    pub fn responses(&self) -> &[SingleResponse] {
        &self.0.responses
    }

    /// The nonce, if any.
    #[must_use]
    pub fn nonce(&self) -> Option<&[u8]> {
        self.0.nonce.as_deref()
    }

    /// Whether the nonce is the one sent; `None` when the responder left it
    /// out, as those that answer from stored responses do (RFC 6960 §4.4.1,
    /// RFC 9654 §2.1). A wrong one means an answer to somebody else.
    #[must_use]
    pub fn nonce_matches(&self, sent: &[u8]) -> Option<bool> {
        self.nonce().map(|nonce| nonce == sent)
    }

    /// Certificates sent along.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.0.certificates
    }

    /// Critical responseExtensions not processed here.
    #[must_use]
    pub fn unprocessed_critical(&self) -> &[Oid] {
        &self.0.unprocessed_critical
    }

    /// The response about `certificate` that counts: of several the newest,
    /// and of equally new ones the worst.
    #[must_use]
    pub fn about(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Option<&SingleResponse> {
        let severity = |status: OcspStatus| match status {
            OcspStatus::Good => 0,
            OcspStatus::Unknown => 1,
            OcspStatus::Revoked { .. } => 2,
        };
        self.0
            .responses
            .iter()
            .filter(|response| response.is_about(certificate, issuer))
            .max_by_key(|response| (response.this_update, severity(response.status)))
    }

    /// Checks the signature with the key of `signer`.
    #[must_use]
    pub fn verify_signed_by(&self, signer: &Certificate) -> SignatureCheck {
        verify::check(
            signer,
            self.part(&self.0.algorithm),
            self.part(&self.0.tbs),
            &self.0.signature.of(&self.0.basic),
        )
    }

    fn part(&self, span: &Range<usize>) -> &[u8] {
        self.0.basic.get(span.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({}, {})", self.produced_at(), self.fingerprint())
    }
}

/// Takes the BasicOCSPResponse out of an OCSPResponse.
fn unwrap(outer: Value<'_>) -> Result<Vec<u8>> {
    let encoding = Error::encoding(OBJECT);
    let mut parts = outer.children();
    let status = parts.expect(Tag::ENUMERATED).map_err(encoding)?;
    let bytes = parts.optional(Tag::context_constructed(0)).map_err(encoding)?;
    parts.finish().map_err(encoding)?;
    let Some(bytes) = bytes.filter(|_| status.contents() == [0]) else {
        let status = match status.contents() {
            [1] => OcspRefusal::MalformedRequest,
            [2] => OcspRefusal::InternalError,
            [3] => OcspRefusal::TryLater,
            [5] => OcspRefusal::SigRequired,
            [6] => OcspRefusal::Unauthorized,
            _ => OcspRefusal::Other,
        };
        return Err(Error::OcspRefused { status });
    };
    let mut bytes =
        bytes.inner().and_then(|v| v.expect(Tag::SEQUENCE)).map_err(encoding)?.children();
    let kind = bytes.any().and_then(|v| v.oid()).map_err(encoding)?;
    if kind != oids::OCSP_BASIC {
        return Err(Error::OcspType { found: kind });
    }
    let basic = bytes.any().and_then(|v| v.octets()).map_err(encoding)?.into_owned();
    bytes.finish().map_err(encoding)?;
    Ok(basic)
}

fn read(octets: &[u8], basic: Vec<u8>, wrapped: bool) -> asn1::Result<Inner> {
    let mut outer = Value::parse(&basic)?.expect(Tag::SEQUENCE)?.children();
    let tbs = outer.expect(Tag::SEQUENCE)?;
    let algorithm = outer.expect(Tag::SEQUENCE)?;
    let signature = outer.expect(Tag::BIT_STRING)?;
    let mut certificates = Vec::new();
    if let Some(list) = outer.optional(Tag::context_constructed(0))? {
        let mut list = list.inner()?.expect(Tag::SEQUENCE)?.children();
        while let Some(certificate) = list.next_value()? {
            // One that can not be read can not be the responder's; the others may.
            certificates.extend(Certificate::from_der(certificate.raw()));
        }
    }
    outer.finish()?;

    let mut parts = tbs.children();
    if let Some(version) = parts.optional(Tag::context_constructed(0))? {
        // RFC 6960 §4.2.1: v1, which need not be said.
        let version = version.inner()?;
        if version.u64()? != 0 {
            return Err(asn1::Error::BadContents { what: "OCSP version", at: version.at() });
        }
    }
    let id = parts.any()?;
    let responder = match id.tag() {
        Tag(0xa1) => ResponderId::Name(Name::read(id.inner()?)?),
        Tag(0xa2) => ResponderId::KeyHash(id.inner()?.octets()?.into_owned()),
        found => {
            let expected = Tag::context_constructed(1);
            return Err(asn1::Error::UnexpectedTag { expected, found, at: id.at() });
        }
    };
    let produced_at = parts.any()?.time()?;
    let mut responses = Vec::new();
    let mut list = parts.expect(Tag::SEQUENCE)?.children();
    while let Some(response) = list.next_value()? {
        responses.push(SingleResponse::read(response)?);
    }
    let mut nonce = None;
    let mut unprocessed_critical = Vec::new();
    if let Some(list) = parts.optional(Tag::context_constructed(1))? {
        each_extension(list, |oid, critical, octets| {
            if oid == oids::OCSP_NONCE {
                // Some responders leave out the inner OCTET STRING.
                let inner = Value::parse(octets).ok().and_then(|v| Some(v.octets().ok()?.to_vec()));
                nonce = Some(inner.unwrap_or_else(|| octets.to_vec()));
            } else if critical {
                unprocessed_critical.push(oid);
            }
            Ok(())
        })?;
    }
    parts.finish()?;

    Ok(Inner {
        der: octets.to_vec(),
        fingerprint: Fingerprint::of(octets),
        wrapped,
        tbs: span(&tbs),
        algorithm: span(&algorithm),
        signature: Bits::of_value(&signature)?,
        responder,
        produced_at,
        responses,
        nonce,
        certificates,
        unprocessed_critical,
        basic,
    })
}

impl SingleResponse {
    fn read(value: Value<'_>) -> asn1::Result<Self> {
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        let mut cert_id = parts.expect(Tag::SEQUENCE)?.children();
        let hash = read_hash(cert_id.expect(Tag::SEQUENCE)?);
        let issuer_name_hash = cert_id.any()?.octets()?.into_owned();
        let issuer_key_hash = cert_id.any()?.octets()?.into_owned();
        let serial = cert_id.any()?.integer()?.to_vec();
        cert_id.finish()?;
        let status = read_status(parts.any()?)?;
        let this_update = parts.any()?.time()?;
        let next_update = parts
            .optional(Tag::context_constructed(0))?
            .map(|value| value.inner()?.time())
            .transpose()?;
        let mut single = Self {
            hash,
            issuer_name_hash,
            issuer_key_hash,
            serial,
            status,
            this_update,
            next_update,
            archive_cutoff: None,
            cert_hash: None,
            unprocessed_critical: Vec::new(),
        };
        if let Some(list) = parts.optional(Tag::context_constructed(1))? {
            each_extension(list, |oid, critical, octets| {
                match oid {
                    oids::OCSP_ARCHIVE_CUTOFF => {
                        single.archive_cutoff = Some(Value::parse(octets)?.time()?);
                    }
                    oids::CERT_HASH => {
                        let mut hash = Value::parse(octets)?.expect(Tag::SEQUENCE)?.children();
                        let algorithm = read_hash(hash.expect(Tag::SEQUENCE)?);
                        let digest = hash.any()?.octets()?.into_owned();
                        single.cert_hash = Some((algorithm, digest));
                    }
                    _ if critical => single.unprocessed_critical.push(oid),
                    _ => {}
                }
                Ok(())
            })?;
        }
        parts.finish()?;
        Ok(single)
    }
}

fn read_hash(value: Value<'_>) -> Option<DigestAlgorithm> {
    let identifier = crypto::AlgorithmIdentifier::from_der(value.raw()).ok()?;
    DigestAlgorithm::from_identifier(&identifier).ok()
}

fn read_status(value: Value<'_>) -> asn1::Result<OcspStatus> {
    match value.tag() {
        Tag(0x80) => Ok(OcspStatus::Good),
        Tag(0xa1) => {
            let mut parts = value.children();
            let at = parts.any()?.time()?;
            let reason = match parts.optional(Tag::context_constructed(0))? {
                Some(reason) => {
                    let code = reason.inner()?.expect(Tag::ENUMERATED)?;
                    RevocationReason::from_code(code.contents())
                }
                None => RevocationReason::Unspecified,
            };
            parts.finish()?;
            Ok(OcspStatus::Revoked { at, reason })
        }
        Tag(0x82) => Ok(OcspStatus::Unknown),
        found => {
            let expected = Tag::context(0);
            Err(asn1::Error::UnexpectedTag { expected, found, at: value.at() })
        }
    }
}

/// Calls `take` with each extension of an explicitly tagged list.
fn each_extension(
    list: Value<'_>,
    mut take: impl FnMut(Oid, bool, &[u8]) -> asn1::Result<()>,
) -> asn1::Result<()> {
    let mut list = list.inner()?.expect(Tag::SEQUENCE)?.children();
    while let Some(extension) = list.next_value()? {
        let (oid, critical, octets) = extensions::split(extension)?;
        take(oid, critical, &octets)?;
    }
    Ok(())
}

/// Whether the extensions are those of a delegated responder (RFC 6960 §4.2.2.2).
pub(crate) fn may_sign_ocsp(extensions: &Extensions) -> bool {
    extensions.extended_key_usage.as_ref().is_some_and(|usage| usage.lists(&oids::KP_OCSP_SIGNING))
}

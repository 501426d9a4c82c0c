//! The time-stamp authority (RFC 3161, 5816, EN 319 422), as a pure function
//! of a request and a time.

use std::{borrow::Cow, time::Duration};

use asn1::{Oid, Tag, Value, der};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Result,
    cms::{Certificates, Ess, Odd, OddSigner},
    crl::spoil,
    error::Reading,
    key::Hash,
    oids,
    pki::Pki,
};

/// How a TSA misbehaves. The first group happens on the wire, the second in the
/// response, the third in the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It does not.
    #[default]
    None,

    /// HTTP 503. (A connection refused needs no lab: take a port nobody listens on.)
    Down,
    /// The answer comes after so long.
    Slow(Duration),
    /// Headers and half a body come, and then nothing until the client gives up.
    Stalls,
    /// HTTP with this status and a page of text.
    Status(u16),
    /// HTTP 200 with a page of text, as a proxy's log-in page is.
    Garbage,
    /// HTTP 200 without a body.
    Empty,
    /// HTTP 200 with so many octets of nothing.
    Huge(u64),
    /// A good answer sent as `text/html`.
    WrongMediaType,

    /// Status `rejection` with this bit of PKIFailureInfo.
    Rejection(u8),
    /// Status `waiting`.
    Waiting,
    /// Status `granted` and no token.
    MissingToken,
    /// The token without the response around it.
    BareToken,
    /// Half of a good answer.
    Truncated,
    /// Octets behind a good answer.
    TrailingData,

    /// The imprint of something else.
    WrongImprint,
    /// The right octets under another digest's name.
    WrongImprintAlgorithm,
    /// A nonce nobody sent.
    WrongNonce,
    /// The nonce sent is not returned.
    NoNonce,
    /// A policy nobody asked for.
    WrongPolicy,
    /// A certificate without extKeyUsage.
    NoPurpose,
    /// A certificate whose extKeyUsage is not critical.
    PurposeNotCritical,
    /// A certificate with a second purpose.
    PurposeNotAlone,
    /// A certificate that expired before the time-stamp.
    ExpiredCertificate,
    /// No certificate in the token, although asked for.
    NoCertificate,
    /// The ESS attribute names another certificate.
    WrongEss,
    /// No ESS attribute.
    NoEss,
    /// The signature is spoilt.
    BadSignature,
    /// Two SignerInfos.
    TwoSigners,
    /// A time a day ahead.
    FutureTime,
    /// A time ten years back.
    PastTime,
}

impl Fault {
    /// Every fault that shows in the octets of the answer, for tests that try them all.
    pub const IN_RESPONSE: [Self; 22] = [
        Self::Rejection(25),
        Self::Waiting,
        Self::MissingToken,
        Self::BareToken,
        Self::Truncated,
        Self::TrailingData,
        Self::WrongImprint,
        Self::WrongImprintAlgorithm,
        Self::WrongNonce,
        Self::NoNonce,
        Self::WrongPolicy,
        Self::NoPurpose,
        Self::PurposeNotCritical,
        Self::PurposeNotAlone,
        Self::ExpiredCertificate,
        Self::NoCertificate,
        Self::WrongEss,
        Self::NoEss,
        Self::BadSignature,
        Self::TwoSigners,
        Self::FutureTime,
        Self::PastTime,
    ];
}

/// What a TimeStampReq asks for.
struct Asked<'a> {
    algorithm: &'a [u8],
    hash: Option<Hash>,
    imprint: Cow<'a, [u8]>,
    policy: Option<Oid>,
    nonce: Option<&'a [u8]>,
    certificates: bool,
}

impl Pki {
    /// Answers a `TimeStampReq` as the TSA `id` at `now`: DER `TimeStampResp`.
    ///
    /// # Errors
    /// No such TSA, or OpenSSL cannot sign.
    pub fn tsa_respond(
        &self,
        id: &str,
        request: &[u8],
        now: DateTime<Utc>,
        fault: &Fault,
    ) -> Result<Vec<u8>> {
        self.tsa(id)?;
        let Ok(asked) = read_request(request) else { return Ok(refused(2, 5)) };
        let refusal = match (fault, asked.hash) {
            (Fault::Rejection(bit), _) => Some(refused(2, *bit)),
            (Fault::Waiting, _) => Some(response(3, None, &[])),
            (Fault::MissingToken, _) => Some(response(0, None, &[])),
            // Old digests are not stamped any more (TS 119 312).
            (_, None | Some(Hash::Md5 | Hash::Sha1)) => Some(refused(2, 0)),
            (_, Some(hash)) if hash.length() != asked.imprint.len() => Some(refused(2, 5)),
            _ if asked.policy.is_some_and(|policy| policy != oids::LAB_TSA_POLICY) => {
                Some(refused(2, 15))
            }
            _ => None,
        };
        if let Some(refusal) = refusal {
            return Ok(refusal);
        }
        let token = self.token(id, &asked, request, now, fault)?;
        let mut out = match fault {
            Fault::BareToken => token,
            _ => response(0, None, &token),
        };
        match fault {
            Fault::Truncated => out.truncate(out.len() / 2),
            Fault::TrailingData => out.extend_from_slice(b"\r\n\0\0"),
            _ => {}
        }
        Ok(out)
    }

    /// A token over an imprint, without a request: what a signature or a `.tsr` embeds.
    ///
    /// # Errors
    /// As [`Pki::tsa_respond`].
    pub fn timestamp_token(
        &self,
        id: &str,
        hash: Hash,
        imprint: &[u8],
        at: DateTime<Utc>,
        fault: &Fault,
    ) -> Result<Vec<u8>> {
        self.tsa(id)?;
        let request = timestamp_request(hash, imprint, None);
        let asked = read_request(&request)?;
        self.token(id, &asked, &request, at, fault)
    }

    fn token(
        &self,
        id: &str,
        asked: &Asked<'_>,
        request: &[u8],
        now: DateTime<Utc>,
        fault: &Fault,
    ) -> Result<Vec<u8>> {
        let time = match fault {
            Fault::FutureTime => now + TimeDelta::days(1),
            Fault::PastTime => now - TimeDelta::days(3650),
            _ => now,
        };
        let mut imprint = asked.imprint.to_vec();
        if *fault == Fault::WrongImprint {
            spoil(&mut imprint);
        }
        let wrong_algorithm = if asked.hash == Some(Hash::Sha256) {
            Hash::Sha3_256.algorithm(false)
        } else {
            Hash::Sha256.algorithm(false)
        };
        let algorithm = match fault {
            Fault::WrongImprintAlgorithm => &wrong_algorithm[..],
            _ => asked.algorithm,
        };
        let nonce = match (fault, asked.nonce) {
            (Fault::WrongNonce, _) => der::integer(0x5eed),
            (Fault::NoNonce, _) | (_, None) => Vec::new(),
            (_, Some(nonce)) => der::tlv(Tag::INTEGER, nonce),
        };
        let policy = match fault {
            Fault::WrongPolicy => oids::OTHER_TSA_POLICY,
            _ => oids::LAB_TSA_POLICY,
        };
        // The certificate at fault shares the key of `tsa`.
        let signer = match fault {
            Fault::NoPurpose => "tsa-no-purpose",
            Fault::PurposeNotCritical => "tsa-not-critical",
            Fault::PurposeNotAlone => "tsa-not-alone",
            Fault::ExpiredCertificate => "tsa-expired",
            _ => id,
        };
        let subject = &self.tsa(signer)?.certificate.subject;
        let request = Hash::Sha256.digest(request)?;
        let serial: String = request.iter().map(|octet| format!("{octet:02x}")).collect();
        let serial = self.number(&format!("token {id} {} {serial}", now.timestamp_micros()))?;
        let info = der::sequence(&[
            der::integer(1),
            der::oid(&policy),
            der::sequence(&[algorithm, &der::octet_string(&imprint)]),
            der::unsigned_integer(&serial),
            der::generalized_time(time),
            der::sequence(&[der::integer(1)]),
            nonce,
            der::explicit(0, &der::explicit(4, subject)),
        ]);
        let other = if id == "tsa-b" { "tsa" } else { "tsa-b" };
        let mut stamp = OddSigner::new(signer);
        stamp.signing_time = Some(time);
        stamp.corrupt_signature = *fault == Fault::BadSignature;
        match fault {
            Fault::WrongEss => stamp.ess = Ess::OfOther(other.to_owned()),
            Fault::NoEss => stamp.ess = Ess::Absent,
            _ => {}
        }
        let mut signers = vec![stamp];
        if *fault == Fault::TwoSigners {
            signers.push(OddSigner { signing_time: Some(time), ..OddSigner::new(other) });
        }
        let with = asked.certificates && *fault != Fault::NoCertificate;
        let certificates = if with { Certificates::Chains } else { Certificates::None };
        Odd { content_type: oids::TST_INFO, certificates, signers, ..Odd::new(self, &info, signer) }
            .build()
    }
}

/// A `TimeStampReq` asking for the certificate (RFC 3161 §2.4.1); `nonce` is a magnitude.
#[must_use]
pub fn timestamp_request(hash: Hash, imprint: &[u8], nonce: Option<&[u8]>) -> Vec<u8> {
    der::sequence(&[
        der::integer(1),
        der::sequence(&[hash.algorithm(true), der::octet_string(imprint)]),
        nonce.map(der::unsigned_integer).unwrap_or_default(),
        der::boolean(true),
    ])
}

fn read_request(request: &[u8]) -> Result<Asked<'_>> {
    let what = "time-stamp request";
    let mut fields = Value::parse(request).reading(what)?.children();
    fields.expect(Tag::INTEGER).reading(what)?;
    let mut imprint = fields.expect(Tag::SEQUENCE).reading(what)?.children();
    let algorithm = imprint.expect(Tag::SEQUENCE).reading(what)?;
    let oid = algorithm.children().any().and_then(|v| v.oid()).reading(what)?;
    let octets = imprint.any().and_then(|v| v.octets()).reading(what)?;
    let policy = match fields.optional(Tag::OID).reading(what)? {
        Some(policy) => Some(policy.oid().reading(what)?),
        None => None,
    };
    let nonce = match fields.optional(Tag::INTEGER).reading(what)? {
        Some(nonce) => Some(nonce.integer().reading(what)?),
        None => None,
    };
    let certificates = match fields.optional(Tag::BOOLEAN).reading(what)? {
        Some(wanted) => wanted.boolean().reading(what)?,
        None => false,
    };
    let (algorithm, hash) = (algorithm.raw(), Hash::from_oid(&oid));
    Ok(Asked { algorithm, hash, imprint: octets, policy, nonce, certificates })
}

/// A token with the response a TSA gives around it, status `granted`.
#[must_use]
pub fn granted(token: &[u8]) -> Vec<u8> {
    response(0, None, token)
}

fn refused(status: u64, failure: u8) -> Vec<u8> {
    response(status, Some(failure), &[])
}

/// `TimeStampResp` (RFC 3161 §2.4.2).
fn response(status: u64, failure: Option<u8>, token: &[u8]) -> Vec<u8> {
    let mut info = vec![der::integer(status)];
    if let Some(bit) = failure {
        info.push(der::sequence(&[der::utf8_string("Richiesta respinta dal laboratorio")]));
        info.push(der::named_bits(&[bit]));
    }
    der::sequence(&[&der::sequence(&info)[..], token])
}

//! Asking an authority (RFC 3161 §2.4, §3.4) and examining its answer.

use asn1::{Oid, Tag, Value, der};
use cms::verify::{ContentCheck, ValueCheck};
use crypto::DigestAlgorithm;
use x509::Certificate;

use crate::{Error, Result, TimestampAuthority, Token};

/// id-kp-timeStamping (RFC 5280 §4.2.1.12).
const TIME_STAMPING: Oid = Oid::new("1.3.6.1.5.5.7.3.8");

/// Names of the bits of PKIFailureInfo an authority may set (RFC 3161 §2.4.2).
const FAILURES: [(usize, &str); 8] = [
    (0, "badAlg"),
    (2, "badRequest"),
    (5, "badDataFormat"),
    (14, "timeNotAvailable"),
    (15, "unacceptedPolicy"),
    (16, "unacceptedExtension"),
    (17, "addInfoNotAvailable"),
    (25, "systemFailure"),
];

/// A `TimeStampReq`, asking for the authority's certificate too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Algorithm of the digest.
    pub algorithm: DigestAlgorithm,
    /// The digest to be stamped.
    pub digest: Vec<u8>,
    /// The policy wanted, if any.
    pub policy: Option<Oid>,
    /// Random octets that the answer must repeat.
    pub nonce: [u8; 8],
}

impl Request {
    /// The request in DER.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let imprint =
            der::sequence(&[self.algorithm.identifier().to_der(), der::octet_string(&self.digest)]);
        let mut fields = vec![der::integer(1), imprint];
        fields.extend(self.policy.as_ref().map(der::oid));
        fields.push(der::unsigned_integer(&self.nonce));
        fields.push(der::boolean(true));
        der::sequence(&fields)
    }

    /// Examines an answer: granted, over this digest, with this nonce and
    /// policy, and signed by a certificate made for time-stamping that was
    /// valid at the time. Whether the authority is trusted is judged elsewhere.
    ///
    /// # Errors
    /// The first condition that does not hold.
    pub fn accept(&self, answer: &[u8]) -> Result<Token> {
        let response = Value::parse_prefix(answer).map_err(|_| Error::NotATimestamp)?;
        let token = Token::parse(token_of_response(&response)?)?;
        let info = &token.info;
        if info.imprint.digest != self.digest
            || info.imprint.digest_algorithm() != Some(self.algorithm)
        {
            return Err(Error::WrongImprint);
        }
        let nonce = der::unsigned_integer(&self.nonce);
        if info.nonce.as_ref().map(|octets| der::tlv(Tag::INTEGER, octets)) != Some(nonce) {
            return Err(Error::WrongNonce);
        }
        if let Some(expected) = self.policy
            && expected != info.policy
        {
            return Err(Error::WrongPolicy { expected, found: info.policy });
        }
        examine_signature(&token)?;
        Ok(token)
    }
}

/// RFC 3161 §2.2 and §2.3: the token's own signature and certificate.
fn examine_signature(token: &Token) -> Result<()> {
    let result = token.check(&[]);
    let bad = |what| Err(Error::BadSignature { what });
    let (Some(certificate), Some(check)) = (&result.certificate, &result.check) else {
        return bad("the authority's certificate is not in the token");
    };
    if !matches!(check.value, ValueCheck::Valid { .. }) {
        return bad("the signature value is wrong");
    }
    if check.content != ContentCheck::Intact {
        return bad("the message digest is wrong");
    }
    if check.content_type_matches != Some(true) {
        return bad("the content type is wrong");
    }
    if !result.refs.names(certificate) {
        return bad("the signing-certificate attribute names another certificate");
    }
    for_timestamping(certificate).map_err(|what| Error::NotForTimestamping {
        subject: certificate.subject().to_string(),
        what,
    })?;
    let at = token.info.gen_time;
    if !(certificate.not_before()..=certificate.not_after()).contains(&at) {
        return Err(Error::CertificateNotValid { subject: certificate.subject().to_string(), at });
    }
    Ok(())
}

/// RFC 3161 §2.3: one purpose, time-stamping, in a critical extension.
fn for_timestamping(certificate: &Certificate) -> Result<(), &'static str> {
    match &certificate.extensions().extended_key_usage {
        None => Err("it has no extended key usage"),
        Some(usage) if !usage.purposes.contains(&TIME_STAMPING) => {
            Err("time-stamping is not among its purposes")
        }
        Some(usage) if usage.purposes.len() != 1 => Err("it has other purposes too"),
        Some(usage) if !usage.critical => Err("its extended key usage is not critical"),
        Some(_) => Ok(()),
    }
}

/// The token inside a `TimeStampResp` that was granted.
pub(crate) fn token_of_response<'a>(response: &Value<'a>) -> Result<&'a [u8]> {
    let not_a_timestamp = |_| Error::NotATimestamp;
    let mut fields = response.expect(Tag::SEQUENCE).map_err(not_a_timestamp)?.children();
    let mut info = fields.expect(Tag::SEQUENCE).map_err(not_a_timestamp)?.children();
    let status = info.any().and_then(|v| v.u64()).map_err(not_a_timestamp)?;
    if status > 1 {
        let mut reasons = Vec::new();
        if let Ok(Some(texts)) = info.optional(Tag::SEQUENCE) {
            reasons
                .extend(texts.children().collect_all().unwrap_or_default().iter().map(Value::text));
        }
        if let Ok(Some(bits)) = info.optional(Tag::BIT_STRING)
            && let Ok((_, octets)) = bits.bit_string()
        {
            let set =
                |bit: usize| octets.get(bit / 8).is_some_and(|o| o & (0x80 >> (bit % 8)) != 0);
            reasons
                .extend(FAILURES.iter().filter(|(bit, _)| set(*bit)).map(|(_, n)| (*n).to_owned()));
        }
        let reason = (!reasons.is_empty()).then(|| reasons.join(", "));
        return Err(Error::Refused { status, reason });
    }
    match fields.next_value() {
        Ok(Some(token)) => Ok(token.raw()),
        Ok(None) => Err(Error::NoToken),
        Err(_) => Err(Error::NotATimestamp),
    }
}

/// Asks one authority and examines its answer. Returns the answer as received
/// (a `TimeStampResp`) beside the token in it.
///
/// # Errors
/// The exchange failed, or the answer cannot be used.
pub fn obtain(authority: &dyn TimestampAuthority, request: &Request) -> Result<(Vec<u8>, Token)> {
    let name = || authority.name().to_owned();
    let answer = authority
        .exchange(&request.to_der())
        .map_err(|source| Error::Exchange { authority: name(), source })?;
    match request.accept(&answer) {
        Ok(token) => {
            // Octets behind the answer belong to nobody.
            let length = Value::parse_prefix(&answer).map_or(answer.len(), |v| v.raw().len());
            Ok((answer[..length].to_vec(), token))
        }
        Err(error) => Err(Error::Answer { authority: name(), source: Box::new(error) }),
    }
}

/// Asks the authorities in order until one gives a usable time-stamp. Also
/// returns why those before it did not.
///
/// # Errors
/// [`Error::AllFailed`] with one reason for each.
pub fn obtain_from(
    authorities: &[&dyn TimestampAuthority],
    request: &Request,
) -> Result<(Vec<u8>, Token, Vec<Error>)> {
    let mut reasons = Vec::new();
    for authority in authorities {
        match obtain(*authority, request) {
            Ok((answer, token)) => return Ok((answer, token, reasons)),
            Err(error) => reasons.push(error),
        }
    }
    Err(match reasons.len() {
        0 => Error::NoAuthority,
        1 => reasons.remove(0),
        _ => Error::AllFailed { reasons },
    })
}

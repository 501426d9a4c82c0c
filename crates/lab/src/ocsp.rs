//! OCSP: the responder (RFC 6960), as a pure function of a request and a time.

use asn1::{Tag, Value, der};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Result,
    certificate::{Criticality::NonCritical, extension},
    crl::spoil,
    error::Reading,
    key::Hash,
    oids,
    pki::{Entity, Pki, Reason, Role},
};

/// How a responder misbehaves. `Down`, `Slow`, `Status` and `Garbage` happen on the
/// wire; the others stand in the answer itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OcspFault {
    /// It does not.
    #[default]
    None,
    /// HTTP 503.
    Down,
    /// The answer comes after so long.
    Slow(std::time::Duration),
    /// HTTP with this status and no useful body.
    Status(u16),
    /// HTTP 200 with text that is no OCSP response.
    Garbage,
    /// `tryLater`.
    TryLater,
    /// `unauthorized`.
    Unauthorized,
    /// `malformedRequest`.
    MalformedRequest,
    /// Half of a good answer.
    Truncated,
    /// A nonce nobody sent.
    WrongNonce,
    /// The nonce sent is not returned.
    NoNonce,
    /// The answer is about another serial number.
    WrongSerial,
    /// Status `unknown`.
    UnknownStatus,
    /// The signature is spoilt.
    BadSignature,
    /// Signed by a signer of the same authority, who may not answer OCSP.
    WrongResponder,
    /// The delegate's certificate is left out.
    NoCertificate,
    /// Valid until a day ago.
    Stale,
    /// Issued tomorrow.
    Future,
}

/// Whether and how an answer names the certificate it is about by digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertHash {
    /// Not at all.
    #[default]
    Absent,
    /// SHA-256 of the certificate.
    Right,
    /// A digest that is nobody's.
    Wrong,
}

/// What stands in an OCSP answer besides the register.
#[derive(Clone, Debug)]
pub struct OcspSpec {
    /// `producedAt`; the register is read as of this instant.
    pub at: DateTime<Utc>,
    /// `thisUpdate`.
    pub this_update: DateTime<Utc>,
    /// `nextUpdate`; `None` leaves it out.
    pub next_update: Option<DateTime<Utc>>,
    /// Whether the responder names itself by key, else by name.
    pub by_key: bool,
    /// Whether the archive cutoff (RFC 6960 §4.4.4) says expired certificates are answered for.
    pub archive_cutoff: bool,
    /// The certHash extension (EN 319 411-2), the positive statement that the certificate exists:
    /// over the right certificate or over another.
    pub cert_hash: CertHash,
    /// How it misbehaves; faults of the wire have no effect here.
    pub fault: OcspFault,
}

impl OcspSpec {
    /// An answer in order, valid from `at` on.
    #[must_use]
    pub fn new(at: DateTime<Utc>, next_update: DateTime<Utc>) -> Self {
        Self {
            at,
            this_update: at,
            next_update: Some(next_update),
            by_key: true,
            archive_cutoff: true,
            cert_hash: CertHash::Absent,
            fault: OcspFault::None,
        }
    }

    /// With a fault; the times change where the fault is about them.
    #[must_use]
    pub fn fault(mut self, fault: OcspFault) -> Self {
        let day = TimeDelta::days(1);
        match fault {
            OcspFault::Stale => {
                self.this_update = self.at - day * 8;
                self.next_update = Some(self.at - day);
                self.at = self.this_update;
            }
            OcspFault::Future => {
                self.at += day;
                self.this_update = self.at;
                self.next_update = Some(self.at + day);
            }
            _ => {}
        }
        self.fault = fault;
        self
    }
}

/// One certificate asked about, as the request names it.
struct Asked {
    /// CertID, complete.
    id: Vec<u8>,
    hash: Option<Hash>,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    serial: Vec<u8>,
}

impl Pki {
    /// The answer about somebody, as the responder in order gives it: DER `OCSPResponse`.
    ///
    /// # Errors
    /// [`crate::Error::Unknown`]; a root, about which nobody answers.
    pub fn ocsp_response(
        &self,
        id: &str,
        at: DateTime<Utc>,
        next_update: DateTime<Utc>,
    ) -> Result<Vec<u8>> {
        self.ocsp_response_with(id, &OcspSpec::new(at, next_update))
    }

    /// The answer about somebody, in order or not.
    ///
    /// # Errors
    /// As [`Pki::ocsp_response`].
    pub fn ocsp_response_with(&self, id: &str, spec: &OcspSpec) -> Result<Vec<u8>> {
        self.ocsp_respond(&self.ocsp_request(id, Hash::Sha1, None)?, spec)
    }

    /// A request about somebody (RFC 6960 §4.1).
    ///
    /// # Errors
    /// As [`Pki::ocsp_response`].
    pub fn ocsp_request(&self, id: &str, hash: Hash, nonce: Option<&[u8]>) -> Result<Vec<u8>> {
        let entity = self.entity(id)?;
        let issuer = self.authority(entity.issuer.as_deref().unwrap_or_default())?;
        let cert_id = der::sequence(&[
            hash.algorithm(true),
            der::octet_string(&hash.digest(&issuer.certificate.subject)?),
            der::octet_string(&hash.digest(&issuer.certificate.key_bits)?),
            der::tlv(Tag::INTEGER, &entity.certificate.serial),
        ]);
        let list = der::sequence(&[der::sequence(&[cert_id])]);
        let extensions = nonce.map(|nonce| der::explicit(2, &der::sequence(&[nonce_of(nonce)])));
        Ok(der::sequence(&[der::sequence(&[list, extensions.unwrap_or_default()])]))
    }

    /// Answers a request. A request that cannot be read is answered `malformedRequest`.
    ///
    /// # Errors
    /// OpenSSL cannot sign.
    pub fn ocsp_respond(&self, request: &[u8], spec: &OcspSpec) -> Result<Vec<u8>> {
        match spec.fault {
            OcspFault::TryLater => return Ok(status_only(3)),
            OcspFault::Unauthorized => return Ok(status_only(6)),
            OcspFault::MalformedRequest => return Ok(status_only(1)),
            _ => {}
        }
        let Ok((asked, nonce)) = read_request(request) else { return Ok(status_only(1)) };
        let Some(authority) = self.authority_asked(&asked)? else { return Ok(status_only(6)) };

        let mut singles = Vec::new();
        for one in &asked {
            singles.push(self.single(authority, one, spec)?);
        }
        let responder = self.responder(authority, &spec.fault);
        let certificate = &responder.certificate;
        let responder_id = if spec.by_key {
            der::explicit(2, &der::octet_string(&certificate.key_identifier()?))
        } else {
            der::explicit(1, &certificate.subject)
        };
        let nonce = match spec.fault {
            OcspFault::WrongNonce => Some(nonce_of(&[0x5a; 16])),
            OcspFault::NoNonce => None,
            _ => nonce,
        };
        let extensions = nonce.map(|nonce| der::explicit(1, &der::sequence(&[nonce])));
        let data = der::sequence(&[
            responder_id,
            der::generalized_time(whole(spec.at)),
            der::sequence(&singles),
            extensions.unwrap_or_default(),
        ]);
        let hash = responder.key.kind.hash();
        let mut signature = responder.key.sign(hash, &data)?;
        if spec.fault == OcspFault::BadSignature {
            spoil(&mut signature);
        }
        let mut basic = vec![data, responder.key.algorithm(hash)?, der::bit_string(&signature)];
        if responder.role != Role::Authority && spec.fault != OcspFault::NoCertificate {
            basic.push(der::explicit(0, &der::sequence(&[&certificate.der])));
        }
        let bytes = der::sequence(&[
            der::oid(&oids::OCSP_BASIC),
            der::octet_string(&der::sequence(&basic)),
        ]);
        let mut response = der::sequence(&[der::enumerated(0), der::explicit(0, &bytes)]);
        if spec.fault == OcspFault::Truncated {
            response.truncate(response.len() / 2);
        }
        Ok(response)
    }

    /// The authority all the certificates asked about are of, by name and key.
    fn authority_asked(&self, asked: &[Asked]) -> Result<Option<&Entity>> {
        for authority in self.with_role(Role::Authority) {
            let mut all = !asked.is_empty();
            for one in asked {
                let Some(hash) = one.hash else { return Ok(None) };
                all &= hash.digest(&authority.certificate.subject)? == one.name_hash
                    && hash.digest(&authority.certificate.key_bits)? == one.key_hash;
            }
            if all {
                return Ok(Some(authority));
            }
        }
        Ok(None)
    }

    /// Who signs for an authority: its delegate if it has one, else itself.
    fn responder<'a>(&'a self, authority: &'a Entity, fault: &OcspFault) -> &'a Entity {
        let of = |role| {
            self.with_role(role).find(|e| e.issuer.as_deref() == Some(authority.id.as_str()))
        };
        let role = if *fault == OcspFault::WrongResponder { Role::Signer } else { Role::Responder };
        of(role).unwrap_or(authority)
    }

    /// SingleResponse.
    fn single(&self, authority: &Entity, asked: &Asked, spec: &OcspSpec) -> Result<Vec<u8>> {
        let entity = self.entities.iter().find(|entity| {
            entity.issuer.as_deref() == Some(authority.id.as_str())
                && entity.certificate.serial == asked.serial
        });
        let mut cert_id = asked.id.clone();
        if spec.fault == OcspFault::WrongSerial
            && let Some(last) = cert_id.last_mut()
        {
            *last ^= 1;
        }
        let status = match entity {
            _ if spec.fault == OcspFault::UnknownStatus => der::tlv(Tag::context(2), &[]),
            None => der::tlv(Tag::context(2), &[]),
            Some(entity) => match self.status(&entity.id, spec.at) {
                None => der::tlv(Tag::context(0), &[]),
                Some(line) => {
                    let mut info = vec![der::generalized_time(whole(line.at))];
                    if line.reason != Reason::Unspecified {
                        info.push(der::explicit(0, &der::enumerated(line.reason as u8)));
                    }
                    der::constructed(Tag::context_constructed(1), &info)
                }
            },
        };
        let mut single = vec![cert_id, status, der::generalized_time(whole(spec.this_update))];
        single
            .extend(spec.next_update.map(|at| der::explicit(0, &der::generalized_time(whole(at)))));
        let mut extensions = Vec::new();
        if spec.archive_cutoff {
            let since = der::generalized_time(whole(authority.certificate.not_before));
            extensions.push(extension(&oids::ARCHIVE_CUTOFF, NonCritical, &since));
        }
        if spec.cert_hash != CertHash::Absent {
            let mut digest = match entity {
                Some(entity) => Hash::Sha256.digest(&entity.certificate.der)?,
                None => vec![0; 32],
            };
            if spec.cert_hash == CertHash::Wrong {
                digest.fill(0xa5);
            }
            let named = der::sequence(&[Hash::Sha256.algorithm(false), der::octet_string(&digest)]);
            extensions.push(extension(&oids::OCSP_CERT_HASH, NonCritical, &named));
        }
        if !extensions.is_empty() {
            single.push(der::explicit(1, &der::sequence(&extensions)));
        }
        Ok(der::sequence(&single))
    }
}

/// RFC 6960 wants its times to the second.
fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}

fn status_only(status: u8) -> Vec<u8> {
    der::sequence(&[der::enumerated(status)])
}

/// The nonce extension: an OCTET STRING inside the extension's own (RFC 8954).
fn nonce_of(nonce: &[u8]) -> Vec<u8> {
    extension(&oids::OCSP_NONCE, NonCritical, &der::octet_string(nonce))
}

/// The certificates asked about and the nonce extension, complete.
fn read_request(request: &[u8]) -> Result<(Vec<Asked>, Option<Vec<u8>>)> {
    let what = "OCSP request";
    let mut tbs = Value::parse(request)
        .and_then(|request| request.children().expect(Tag::SEQUENCE))
        .reading(what)?
        .children();
    tbs.optional(Tag::context_constructed(0)).reading(what)?;
    tbs.optional(Tag::context_constructed(1)).reading(what)?;
    let mut asked = Vec::new();
    let list = tbs.expect(Tag::SEQUENCE).reading(what)?.children();
    for one in list.collect_all().reading(what)? {
        let id = one.children().expect(Tag::SEQUENCE).reading(what)?;
        let mut fields = id.children();
        let algorithm = fields.expect(Tag::SEQUENCE).reading(what)?;
        let oid = algorithm.children().any().and_then(|v| v.oid()).reading(what)?;
        let mut octets = || fields.any().and_then(|v| v.octets()).reading(what);
        let (name_hash, key_hash) = (octets()?.into_owned(), octets()?.into_owned());
        let serial = fields.any().and_then(|v| v.integer().map(<[u8]>::to_vec)).reading(what)?;
        let (id, hash) = (id.raw().to_vec(), Hash::from_oid(&oid));
        asked.push(Asked { id, hash, name_hash, key_hash, serial });
    }
    let mut nonce = None;
    if let Some(extensions) = tbs.optional(Tag::context_constructed(2)).reading(what)? {
        let extensions = extensions.inner().reading(what)?.children();
        for extension in extensions.collect_all().reading(what)? {
            if extension.children().any().and_then(|v| v.oid()).reading(what)? == oids::OCSP_NONCE {
                nonce = Some(extension.raw().to_vec());
            }
        }
    }
    Ok((asked, nonce))
}

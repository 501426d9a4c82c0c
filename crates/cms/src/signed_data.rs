//! SignedData without its content (RFC 5652 §5.1).

use asn1::{Oid, Tag, Value, der};
use crypto::AlgorithmIdentifier;
use x509::Certificate;

use crate::{Error, Limits, Result, SignerInfo, oids};

/// One member of `crls`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevocationInfo {
    /// A CertificateList.
    Crl(Vec<u8>),
    /// An OCSP response: OCSPResponse or BasicOCSPResponse (RFC 5940).
    Ocsp(Vec<u8>),
    /// Another format, not understood.
    Other(Oid),
    /// Neither; not understood.
    Unknown,
}

/// Everything of a SignedData but the content, each member as received.
///
/// ```text
/// SignedData ::= SEQUENCE {
///   version CMSVersion, digestAlgorithms SET OF AlgorithmIdentifier,
///   encapContentInfo EncapsulatedContentInfo, certificates [0] IMPLICIT OPTIONAL,
///   crls [1] IMPLICIT OPTIONAL, signerInfos SET OF SignerInfo }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedData {
    /// `version` as stored.
    pub version: u64,
    /// Members of `digestAlgorithms`, as received.
    pub digest_algorithms: Vec<Vec<u8>>,
    /// `eContentType`.
    pub content_type: Oid,
    /// Members of `certificates`, as received: certificates and other choices.
    pub certificates: Vec<Vec<u8>>,
    /// Members of `crls`, as received.
    pub crls: Vec<Vec<u8>>,
    /// `signerInfos` in their stored order.
    pub signer_infos: Vec<SignerInfo>,
    /// How the outer fields were framed when they were read.
    pub(crate) stored: Stored,
}

/// Octets around the fields as they were read.
///
/// The first two kinds of archive time-stamp are over `encapContentInfo`,
/// `certificates` and `crls` with their headers (EN 319 122-1 §A.2.4), which
/// may be BER. What nobody changes is written again as it stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    /// `encapContentInfo` of a detached signature.
    pub(crate) encapsulated: Option<Vec<u8>>,
    pub(crate) certificates: Option<Frame>,
    pub(crate) crls: Option<Frame>,
}

/// Header and end-of-contents of a set, and what it held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    header: Vec<u8>,
    indefinite: bool,
    /// Digest of the members: whether they are still the same.
    members: Vec<u8>,
}

impl Frame {
    /// The frame of a captured set; `None` when it is the one DER would write.
    pub(crate) fn of(captured: &[u8], members: &[Vec<u8>]) -> Option<Self> {
        let value = Value::parse(captured).ok()?;
        let indefinite = value.is_indefinite();
        let behind = value.contents().len() + if indefinite { 2 } else { 0 };
        let header = captured.get(..captured.len().checked_sub(behind)?)?.to_vec();
        let plain = header == der::header(value.tag(), value.contents().len() as u64);
        let written = plain && !members.is_empty();
        (!written).then(|| Self { header, indefinite, members: digest_of(members) })
    }
}

fn digest_of(members: &[Vec<u8>]) -> Vec<u8> {
    let mut hasher = crypto::Hasher::new(crypto::DigestAlgorithm::Sha256);
    members.iter().for_each(|member| hasher.update(member));
    hasher.finish()
}

impl SignedData {
    /// A SignedData over content of this type with nothing in it yet.
    #[must_use]
    pub fn new(content_type: Oid) -> Self {
        Self {
            version: 1,
            digest_algorithms: Vec::new(),
            content_type,
            certificates: Vec::new(),
            crls: Vec::new(),
            signer_infos: Vec::new(),
            stored: Stored::default(),
        }
    }

    /// The `certificates` field with its tag, octet for octet as it was read
    /// while nothing was added to it; `None` when there is none.
    #[must_use]
    pub fn certificates_field(&self) -> Option<Vec<u8>> {
        field(0, &self.certificates, self.stored.certificates.as_ref())
    }

    /// The `crls` field, as [`certificates_field`](Self::certificates_field).
    #[must_use]
    pub fn crls_field(&self) -> Option<Vec<u8>> {
        field(1, &self.crls, self.stored.crls.as_ref())
    }

    /// The X.509 certificates among `certificates`, without repetitions.
    /// Members that cannot be read are left out: whoever needs one of them
    /// will find it missing.
    #[must_use]
    pub fn x509_certificates(&self) -> Vec<Certificate> {
        let mut found: Vec<Certificate> = Vec::new();
        for raw in &self.certificates {
            if raw.first() == Some(&Tag::SEQUENCE.0)
                && let Ok(certificate) = Certificate::from_der(raw)
                && !found.contains(&certificate)
            {
                found.push(certificate);
            }
        }
        found
    }

    /// The CRLs and OCSP responses among `crls`.
    #[must_use]
    pub fn revocation_infos(&self) -> Vec<RevocationInfo> {
        self.crls
            .iter()
            .map(|raw| revocation_info(raw).unwrap_or(RevocationInfo::Unknown))
            .collect()
    }

    /// The algorithms named in `digestAlgorithms` that are known. Readers hash
    /// with these in the first pass but do not depend on the list.
    #[must_use]
    pub fn announced_digests(&self) -> Vec<crypto::DigestAlgorithm> {
        let identifier = |raw: &Vec<u8>| {
            let value = Value::parse(raw).ok()?;
            let algorithm = AlgorithmIdentifier::parse(&value).ok()?;
            crypto::DigestAlgorithm::from_identifier(&algorithm).ok()
        };
        self.digest_algorithms.iter().filter_map(identifier).collect()
    }

    /// The version RFC 5652 §5.1 asks for, from what the structure holds.
    #[must_use]
    pub fn required_version(&self) -> u64 {
        let certificate_tag = |n: u8| {
            move |raw: &Vec<u8>| raw.first().is_some_and(|t| Tag(*t) == Tag::context_constructed(n))
        };
        let any = |n| self.certificates.iter().any(certificate_tag(n));
        if any(3) || self.crls.iter().any(certificate_tag(1)) {
            5
        } else if any(2) {
            4
        } else if any(1)
            || self.content_type != oids::DATA
            || self.signer_infos.iter().any(|signer| signer.version == 3)
        {
            3
        } else {
            1
        }
    }

    /// Adds a digest algorithm unless it is announced already.
    pub fn announce_digest(&mut self, algorithm: crypto::DigestAlgorithm) {
        if !self.announced_digests().contains(&algorithm) {
            self.digest_algorithms.push(algorithm.identifier().to_der());
        }
    }

    /// Adds certificates that are not there yet, behind those that are.
    pub fn add_certificates<'c>(
        &mut self,
        certificates: impl IntoIterator<Item = &'c Certificate>,
    ) {
        for certificate in certificates {
            if !self.certificates.iter().any(|raw| raw == certificate.der()) {
                self.certificates.push(certificate.der().to_vec());
            }
        }
    }

    /// What stands before `encapContentInfo`: version and digest algorithms.
    pub(crate) fn before_content(&self) -> Vec<u8> {
        let mut octets = der::integer(self.required_version());
        octets.extend(der::constructed(Tag::SET, &self.digest_algorithms));
        octets
    }

    /// Octets of what stands behind `encapContentInfo`, with the members that
    /// are there now.
    #[must_use]
    pub fn size_behind_content(&self) -> u64 {
        self.after_content().len() as u64
    }

    /// What stands behind `encapContentInfo`.
    pub(crate) fn after_content(&self) -> Vec<u8> {
        let mut octets = self.certificates_field().unwrap_or_default();
        octets.extend(self.crls_field().unwrap_or_default());
        let signers: Vec<&[u8]> =
            self.signer_infos.iter().map(|signer| signer.raw.as_slice()).collect();
        octets.extend(der::constructed(Tag::SET, &signers));
        octets
    }

    /// The ContentInfo without content: a detached signature. One that was
    /// read without content keeps its `encapContentInfo` to the octet.
    #[must_use]
    pub fn to_detached(&self) -> Vec<u8> {
        let encapsulated = match &self.stored.encapsulated {
            Some(stored) => stored.clone(),
            None => der::sequence(&[der::oid(&self.content_type)]),
        };
        let signed_data =
            der::sequence(&[self.before_content(), encapsulated, self.after_content()]);
        der::sequence(&[der::oid(&oids::SIGNED_DATA), der::explicit(0, &signed_data)])
    }
}

/// One of the two optional sets.
fn field(n: u8, members: &[Vec<u8>], stored: Option<&Frame>) -> Option<Vec<u8>> {
    if let Some(frame) = stored
        && frame.members == digest_of(members)
    {
        let end: &[u8] = if frame.indefinite { &[0, 0] } else { &[] };
        return Some([&frame.header, &members.concat(), end].concat());
    }
    let written = || der::constructed(Tag::context_constructed(n), members);
    (!members.is_empty()).then(written)
}

fn revocation_info(raw: &[u8]) -> asn1::Result<RevocationInfo> {
    let value = Value::parse(raw)?;
    if value.tag() == Tag::SEQUENCE {
        // Some writers put a bare OCSPResponse here: its first field is ENUMERATED.
        return Ok(match value.children().peek() {
            Some(Tag::ENUMERATED) => RevocationInfo::Ocsp(raw.to_vec()),
            _ => RevocationInfo::Crl(raw.to_vec()),
        });
    }
    let mut fields = value.expect(Tag::context_constructed(1))?.children();
    let format = fields.any()?.oid()?;
    let info = fields.any()?;
    Ok(match format {
        oids::RI_OCSP_RESPONSE | oids::OCSP_BASIC => RevocationInfo::Ocsp(info.raw().to_vec()),
        other => RevocationInfo::Other(other),
    })
}

/// The members of a captured SET, bounded.
pub(crate) fn members(captured: &[u8], what: &'static str, limit: usize) -> Result<Vec<Vec<u8>>> {
    let value = Value::parse(captured).map_err(Error::reading(what))?;
    let mut cursor = value.children();
    let mut members = Vec::new();
    while let Some(member) = cursor.next_value().map_err(Error::reading(what))? {
        if members.len() == limit {
            return Err(Error::TooMany { what, limit });
        }
        members.push(member.raw().to_vec());
    }
    Ok(members)
}

/// The SignerInfos of a captured SET.
pub(crate) fn signer_infos(captured: &[u8], limits: &Limits) -> Result<Vec<SignerInfo>> {
    let members = members(captured, "signers", limits.signers)?;
    let parse = |raw: &Vec<u8>| {
        let value = Value::parse(raw).map_err(Error::reading("a SignerInfo"))?;
        SignerInfo::parse(&value, limits)
    };
    members.iter().map(parse).collect()
}

//! CMS and CAdES signatures, in order and in every disorder tests need
//! (RFC 5652, RFC 5035, EN 319 122-1).
//!
//! This writer shares no line with the product's own: what it writes and the
//! product reads were understood twice. It holds everything in memory and
//! judges nothing; [`Odd`] may describe signatures nobody should accept.

use asn1::{Oid, Tag, der};
use chrono::{DateTime, Utc};

use crate::{
    Result,
    crl::spoil,
    key::{Hash, KeyKind, algorithm},
    oids,
    pki::{Entity, Pki, Role},
    tsa::Fault,
};

/// How lengths are written and the content is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// DER.
    Definite,
    /// Indefinite lengths outside, one primitive OCTET STRING inside.
    Indefinite,
    /// Indefinite lengths, content in pieces of so many octets, as `openssl -stream` writes.
    Chunked(usize),
    /// Definite lengths, content in pieces of so many octets.
    DefiniteChunked(usize),
    /// Indefinite lengths, pieces of so many octets inside so many further levels of OCTET STRINGs.
    Nested {
        /// Octets of a piece.
        piece: usize,
        /// Levels between the outermost string and the pieces.
        levels: usize,
    },
}

/// What `digestAlgorithms` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestAlgorithms {
    /// Those of the signers, parameters absent.
    Listed,
    /// Those of the signers, with NULL parameters.
    WithNull,
    /// Nothing.
    Empty,
    /// Only this one, whatever the signers used.
    Lying(Hash),
}

/// Which certificates are embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificates {
    /// Signers' chains without their roots.
    Chains,
    /// Signers' chains with their roots.
    ChainsWithRoots,
    /// The signers' own: the issuer is missing.
    Signers,
    /// None.
    None,
}

/// The ESS signing-certificate attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ess {
    /// Version 2 with SHA-256 left to its default, as DER wants.
    V2,
    /// Version 2 with this digest named, SHA-256 included.
    V2Explicit(Hash),
    /// Version 2 without issuerSerial.
    V2WithoutSerial,
    /// Version 1, SHA-1.
    V1,
    /// Both versions.
    Both,
    /// Version 2 naming another entity's certificate.
    OfOther(String),
    /// Version 2 with a digest that is nobody's.
    WrongHash,
    /// Version 2 with the right digest and another's issuerSerial.
    WrongSerial,
    /// Neither.
    Absent,
}

/// In which order the signed attributes stand, and over which the signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeOrder {
    /// Sorted as DER wants.
    Sorted,
    /// Unsorted, signed as they stand.
    UnsortedSignedAsSent,
    /// Unsorted, signed over the sorted form.
    UnsortedSignedSorted,
}

/// The DigestInfo inside an RSA PKCS#1 v1.5 signature (RFC 8017 §9.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestInfo {
    /// With NULL parameters.
    WithNull,
    /// Without parameters.
    WithoutNull,
}

/// How `signatureAlgorithm` names PKCS#1 v1.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaNaming {
    /// sha256WithRSAEncryption and its brothers.
    Combined,
    /// rsaEncryption, as older signers do (RFC 3370 §3.2).
    KeyOnly,
}

/// How the SignerInfo names its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerId {
    /// Issuer and serial number.
    IssuerAndSerial,
    /// Key identifier.
    KeyIdentifier,
}

/// A signature time-stamp to be added.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The TSA.
    pub tsa: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How the TSA misbehaves.
    pub fault: Fault,
}

/// One signer. [`OddSigner::new`] is a CAdES-B signature in order.
#[derive(Clone, Debug)]
pub struct OddSigner {
    /// Who signs.
    pub id: String,
    /// The digest; `None` is the one that suits the key.
    pub hash: Option<Hash>,
    /// `signing-time`; `None` leaves the attribute out.
    pub signing_time: Option<DateTime<Utc>>,
    /// Whether there are signed attributes at all.
    pub signed_attributes: bool,
    /// The binding of the certificate.
    pub ess: Ess,
    /// The digest inside the signature algorithm, when it shall differ from `hash`.
    pub signature_hash: Option<Hash>,
    /// The order of the signed attributes.
    pub order: AttributeOrder,
    /// Whether the signed attributes are sent with an indefinite length (BER) and signed as DER.
    pub ber_attributes: bool,
    /// Signed attributes of these types appear twice.
    pub duplicated: Vec<Oid>,
    /// Signed attributes of these types hold their value twice.
    pub two_values: Vec<Oid>,
    /// Signed attributes of these types are left out.
    pub omitted: Vec<Oid>,
    /// Complete further signed Attribute values.
    pub extra_signed: Vec<Vec<u8>>,
    /// Complete unsigned Attribute values.
    pub extra_unsigned: Vec<Vec<u8>>,
    /// `content-type` attribute, when it shall differ from the content's type.
    pub content_type: Option<Oid>,
    /// `message-digest`, when it shall differ from the content's.
    pub message_digest: Option<Vec<u8>>,
    /// The DigestInfo of a PKCS#1 v1.5 signature.
    pub digest_info: DigestInfo,
    /// The name of a PKCS#1 v1.5 signature.
    pub rsa_naming: RsaNaming,
    /// How the certificate is named.
    pub signer_id: SignerId,
    /// Whether one bit of the signature is wrong.
    pub corrupt_signature: bool,
    /// `version`, when it shall be another.
    pub version: Option<u64>,
    /// Signature time-stamps.
    pub stamps: Vec<Stamp>,
}

impl OddSigner {
    /// A CAdES-B signature in order, without signing-time.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            hash: None,
            signing_time: None,
            signed_attributes: true,
            ess: Ess::V2,
            signature_hash: None,
            order: AttributeOrder::Sorted,
            ber_attributes: false,
            duplicated: Vec::new(),
            two_values: Vec::new(),
            omitted: Vec::new(),
            extra_signed: Vec::new(),
            extra_unsigned: Vec::new(),
            content_type: None,
            message_digest: None,
            digest_info: DigestInfo::WithNull,
            rsa_naming: RsaNaming::Combined,
            signer_id: SignerId::IssuerAndSerial,
            corrupt_signature: false,
            version: None,
            stamps: Vec::new(),
        }
    }

    /// In order, claiming to be made at `at`.
    #[must_use]
    pub fn at(id: &str, at: DateTime<Utc>) -> Self {
        Self { signing_time: Some(at), ..Self::new(id) }
    }

    /// With a signature time-stamp in order.
    #[must_use]
    pub fn stamped(mut self, tsa: &str, at: DateTime<Utc>) -> Self {
        self.stamps.push(Stamp { tsa: tsa.to_owned(), at, fault: Fault::None });
        self
    }
}

/// A signed file. [`Odd::new`] is an attached CAdES-B in DER.
///
/// ```
/// # fn main() -> Result<(), ceralacca_lab::Error> {
/// use ceralacca_lab::{Config, Pki, cms::{Framing, Odd}};
/// let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
/// let pki = Pki::create(&Config::quick(now))?;
/// let p7m = Odd { framing: Framing::Chunked(1000), ..Odd::new(&pki, b"verbale", "presidente") };
/// assert_eq!(p7m.build()?[..2], [0x30, 0x80]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Odd<'a> {
    /// Where the signers are from.
    pub pki: &'a Pki,
    /// The content.
    pub content: Vec<u8>,
    /// `eContentType`.
    pub content_type: Oid,
    /// Whether the content stays outside.
    pub detached: bool,
    /// Lengths and pieces.
    pub framing: Framing,
    /// `digestAlgorithms`.
    pub digest_algorithms: DigestAlgorithms,
    /// Certificates embedded.
    pub certificates: Certificates,
    /// Further complete members of `certificates`.
    pub extra_certificates: Vec<Vec<u8>>,
    /// CRLs embedded, complete.
    pub crls: Vec<Vec<u8>>,
    /// `version`, when it shall be another.
    pub version: Option<u64>,
    /// Octets behind the end.
    pub trailing: Vec<u8>,
    /// The signers, in this order.
    pub signers: Vec<OddSigner>,
    /// Complete further SignerInfo values.
    pub extra_signer_infos: Vec<Vec<u8>>,
}

/// An attached CAdES-B in DER claiming to be made at `at`.
///
/// # Errors
/// No such signer.
pub fn sign(pki: &Pki, id: &str, content: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>> {
    Odd { signers: vec![OddSigner::at(id, at)], ..Odd::new(pki, content, id) }.build()
}

/// A detached CAdES-B in DER claiming to be made at `at`.
///
/// # Errors
/// No such signer.
pub fn sign_detached(pki: &Pki, id: &str, content: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>> {
    let signers = vec![OddSigner::at(id, at)];
    Odd { detached: true, signers, ..Odd::new(pki, content, id) }.build()
}

impl<'a> Odd<'a> {
    /// An attached CAdES-B in DER, by one signer.
    #[must_use]
    pub fn new(pki: &'a Pki, content: &[u8], signer: &str) -> Self {
        Self {
            pki,
            content: content.to_vec(),
            content_type: oids::DATA,
            detached: false,
            framing: Framing::Definite,
            digest_algorithms: DigestAlgorithms::Listed,
            certificates: Certificates::Chains,
            extra_certificates: Vec::new(),
            crls: Vec::new(),
            version: None,
            trailing: Vec::new(),
            signers: vec![OddSigner::new(signer)],
            extra_signer_infos: Vec::new(),
        }
    }

    /// Several signers in order, all claiming to be made at `at`.
    #[must_use]
    pub fn by(mut self, signers: &[&str], at: DateTime<Utc>) -> Self {
        self.signers = signers.iter().map(|id| OddSigner::at(id, at)).collect();
        self
    }

    /// The whole file.
    ///
    /// # Errors
    /// An unknown signer, or a key and digest that do not go together.
    pub fn build(&self) -> Result<Vec<u8>> {
        let mut infos = Vec::new();
        for signer in &self.signers {
            infos.push(self.signer_info(signer)?);
        }
        infos.extend(self.extra_signer_infos.iter().cloned());
        // Indefinite lengths mean BER, where nothing is sorted.
        let set = |tag, parts: &[Vec<u8>]| match self.framing {
            Framing::Definite => der::set_of_tagged(tag, parts),
            _ => der::constructed(tag, parts),
        };
        let by_key = self.signers.iter().any(|s| s.signer_id == SignerId::KeyIdentifier);
        let version = if by_key || self.content_type != oids::DATA { 3 } else { 1 };
        let mut parts = vec![
            der::integer(self.version.unwrap_or(version)),
            set(Tag::SET, &self.listed_digests()?),
            self.encapsulated(),
        ];
        let certificates = self.embedded_certificates()?;
        if !certificates.is_empty() {
            parts.push(set(Tag::context_constructed(0), &certificates));
        }
        if !self.crls.is_empty() {
            parts.push(set(Tag::context_constructed(1), &self.crls));
        }
        parts.push(set(Tag::SET, &infos));
        let signed_data = self.wrap(Tag::SEQUENCE, &parts.concat());
        let content = self.wrap(Tag::context_constructed(0), &signed_data);
        let content_info = [der::oid(&oids::SIGNED_DATA), content].concat();
        let mut file = self.wrap(Tag::SEQUENCE, &content_info);
        file.extend_from_slice(&self.trailing);
        Ok(file)
    }

    /// One SignerInfo of this file, complete.
    ///
    /// # Errors
    /// As [`Odd::build`].
    pub fn signer_info(&self, signer: &OddSigner) -> Result<Vec<u8>> {
        let entity = self.pki.entity(&signer.id)?;
        let hash = signer.hash.unwrap_or(entity.key.kind.hash());
        let mut attributes = Vec::new();
        let mut signed = self.content.clone();
        if signer.signed_attributes {
            attributes = self.attributes(signer, entity, hash)?;
            let mut sorted = attributes.clone();
            sorted.sort_unstable();
            if signer.order == AttributeOrder::Sorted {
                attributes.clone_from(&sorted);
            } else {
                // Backwards: certainly not sorted.
                attributes = sorted.iter().rev().cloned().collect();
            }
            let over = match signer.order {
                AttributeOrder::UnsortedSignedAsSent => &attributes,
                _ => &sorted,
            };
            signed = der::constructed(Tag::SET, over);
        }
        let within = signer.signature_hash.unwrap_or(hash);
        let without_null = signer.digest_info == DigestInfo::WithoutNull;
        let mut value = if without_null {
            entity.key.sign_digest_info_without_null(within, &signed)?
        } else {
            entity.key.sign(within, &signed)?
        };
        if signer.corrupt_signature {
            spoil(&mut value);
        }
        let key_only = signer.rsa_naming == RsaNaming::KeyOnly;
        let signature_algorithm = match entity.key.kind {
            KeyKind::Rsa(_) if key_only => algorithm(&oids::RSA, Some(&der::null())),
            _ => entity.key.algorithm(within)?,
        };
        let (version, sid) = match signer.signer_id {
            SignerId::IssuerAndSerial => (1, entity.certificate.issuer_and_serial()),
            SignerId::KeyIdentifier => {
                (3, der::tlv(Tag::context(0), &entity.certificate.key_identifier()?))
            }
        };
        let mut parts = vec![
            der::integer(signer.version.unwrap_or(version)),
            sid,
            hash.algorithm(self.digest_algorithms == DigestAlgorithms::WithNull),
        ];
        if signer.signed_attributes {
            let tag = Tag::context_constructed(0);
            parts.push(if signer.ber_attributes {
                indefinite(tag, &attributes.concat())
            } else {
                der::constructed(tag, &attributes)
            });
        }
        parts.push(signature_algorithm);
        parts.push(der::octet_string(&value));
        let unsigned = self.unsigned(signer, &value)?;
        if !unsigned.is_empty() {
            parts.push(der::set_of_tagged(Tag::context_constructed(1), &unsigned));
        }
        Ok(der::sequence(&parts))
    }

    fn attributes(&self, signer: &OddSigner, entity: &Entity, hash: Hash) -> Result<Vec<Vec<u8>>> {
        let content_type = signer.content_type.unwrap_or(self.content_type);
        let digest = match &signer.message_digest {
            Some(digest) => digest.clone(),
            None => hash.digest(&self.content)?,
        };
        let mut values = vec![
            (oids::CONTENT_TYPE, der::oid(&content_type)),
            (oids::MESSAGE_DIGEST, der::octet_string(&digest)),
        ];
        values.extend(signer.signing_time.map(|at| (oids::SIGNING_TIME, der::time(at))));
        values.extend(self.ess(&signer.ess, entity)?);
        let mut out = Vec::new();
        for (oid, value) in values {
            if signer.omitted.contains(&oid) {
                continue;
            }
            let twice = signer.two_values.contains(&oid);
            let set = if twice { vec![value.clone(), value] } else { vec![value] };
            let attribute = attribute(&oid, &set);
            if signer.duplicated.contains(&oid) {
                out.push(attribute.clone());
            }
            out.push(attribute);
        }
        out.extend(signer.extra_signed.iter().cloned());
        Ok(out)
    }

    fn ess(&self, ess: &Ess, entity: &Entity) -> Result<Vec<(Oid, Vec<u8>)>> {
        let own = &entity.certificate;
        let wrap = |id: Vec<u8>| der::sequence(&[der::sequence(&[id])]);
        let v2 = |named: Option<Hash>, digest: &[u8], serial: &[u8]| {
            let algorithm = named.map(|hash| hash.algorithm(false)).unwrap_or_default();
            let id = der::sequence(&[&algorithm[..], &der::octet_string(digest), serial]);
            (oids::SIGNING_CERTIFICATE_V2, wrap(id))
        };
        let sha256 = Hash::Sha256.digest(&own.der)?;
        let serial = own.issuer_serial();
        let v1 = || -> Result<(Oid, Vec<u8>)> {
            let digest = der::octet_string(&Hash::Sha1.digest(&own.der)?);
            Ok((oids::SIGNING_CERTIFICATE, wrap(der::sequence(&[digest, serial.clone()]))))
        };
        Ok(match ess {
            Ess::V2 => vec![v2(None, &sha256, &serial)],
            Ess::V2Explicit(hash) => vec![v2(Some(*hash), &hash.digest(&own.der)?, &serial)],
            Ess::V2WithoutSerial => vec![v2(None, &sha256, &[])],
            Ess::V1 => vec![v1()?],
            Ess::Both => vec![v1()?, v2(None, &sha256, &serial)],
            Ess::OfOther(id) => {
                let other = &self.pki.entity(id)?.certificate;
                vec![v2(None, &Hash::Sha256.digest(&other.der)?, &other.issuer_serial())]
            }
            Ess::WrongHash => vec![v2(None, &[0xa5; 32], &serial)],
            Ess::WrongSerial => {
                let issuer = entity.issuer.as_deref().unwrap_or(&entity.id);
                let other = self.pki.entity(issuer)?.certificate.issuer_serial();
                vec![v2(None, &sha256, &other)]
            }
            Ess::Absent => Vec::new(),
        })
    }

    fn unsigned(&self, signer: &OddSigner, value: &[u8]) -> Result<Vec<Vec<u8>>> {
        let mut out = signer.extra_unsigned.clone();
        for stamp in &signer.stamps {
            let imprint = Hash::Sha256.digest(value)?;
            let token = self.pki.timestamp_token(
                &stamp.tsa,
                Hash::Sha256,
                &imprint,
                stamp.at,
                &stamp.fault,
            )?;
            out.push(attribute(&oids::SIGNATURE_TIME_STAMP, &[token]));
        }
        Ok(out)
    }

    fn listed_digests(&self) -> Result<Vec<Vec<u8>>> {
        let with_null = self.digest_algorithms == DigestAlgorithms::WithNull;
        let mut listed: Vec<Vec<u8>> = Vec::new();
        match self.digest_algorithms {
            DigestAlgorithms::Empty => {}
            DigestAlgorithms::Lying(hash) => listed.push(hash.algorithm(false)),
            DigestAlgorithms::Listed | DigestAlgorithms::WithNull => {
                for signer in &self.signers {
                    let kind = self.pki.entity(&signer.id)?.key.kind;
                    listed.push(signer.hash.unwrap_or(kind.hash()).algorithm(with_null));
                }
                listed.sort_unstable();
                listed.dedup();
            }
        }
        Ok(listed)
    }

    fn embedded_certificates(&self) -> Result<Vec<Vec<u8>>> {
        let mut out: Vec<Vec<u8>> = Vec::new();
        for signer in &self.signers {
            for (depth, entity) in self.pki.path(&signer.id)?.into_iter().enumerate() {
                let root = entity.issuer.is_none() && entity.role == Role::Authority;
                let wanted = match self.certificates {
                    Certificates::Chains => depth == 0 || !root,
                    Certificates::ChainsWithRoots => true,
                    Certificates::Signers => depth == 0,
                    Certificates::None => false,
                };
                if wanted && !out.contains(&entity.certificate.der) {
                    out.push(entity.certificate.der.clone());
                }
            }
        }
        out.extend(self.extra_certificates.iter().cloned());
        Ok(out)
    }

    fn encapsulated(&self) -> Vec<u8> {
        let mut parts = der::oid(&self.content_type);
        if !self.detached {
            let string = self.framing.string(&self.content);
            parts.extend(self.wrap(Tag::context_constructed(0), &string));
        }
        self.wrap(Tag::SEQUENCE, &parts)
    }

    fn wrap(&self, tag: Tag, contents: &[u8]) -> Vec<u8> {
        self.framing.wrap(tag, contents)
    }
}

impl Framing {
    /// A content as an OCTET STRING.
    #[must_use]
    pub fn string(self, content: &[u8]) -> Vec<u8> {
        let pieces = |size: usize| -> Vec<u8> {
            content.chunks(size.max(1)).flat_map(der::octet_string).collect()
        };
        let string = Tag::OCTET_STRING_CONSTRUCTED;
        match self {
            Self::Definite | Self::Indefinite => der::octet_string(content),
            Self::DefiniteChunked(size) => der::tlv(string, &pieces(size)),
            Self::Chunked(size) => indefinite(string, &pieces(size)),
            Self::Nested { piece, levels } => {
                let inside = (0..levels).fold(pieces(piece), |inner, _| indefinite(string, &inner));
                indefinite(string, &inside)
            }
        }
    }

    /// A value around others.
    #[must_use]
    pub fn wrap(self, tag: Tag, contents: &[u8]) -> Vec<u8> {
        match self {
            Self::Definite | Self::DefiniteChunked(_) => der::tlv(tag, contents),
            _ => indefinite(tag, contents),
        }
    }
}

/// A value of indefinite length.
fn indefinite(tag: Tag, contents: &[u8]) -> Vec<u8> {
    [&[tag.0, 0x80][..], contents, &[0, 0]].concat()
}

/// Attribute (RFC 5652 §5.3) with these complete values.
#[must_use]
pub fn attribute(oid: &Oid, values: &[Vec<u8>]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::set_of(values)])
}

/// The SignerInfo of a countersignature over a signature value (RFC 5652 §11.4),
/// to be put into an unsigned [`attribute`].
///
/// # Errors
/// No such signer.
pub fn countersignature(pki: &Pki, id: &str, over: &[u8]) -> Result<Vec<u8>> {
    countersignature_with(pki, over, OddSigner::new(id))
}

/// The same, claiming to be made at `at`.
///
/// # Errors
/// No such signer.
pub fn countersignature_at(pki: &Pki, id: &str, over: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>> {
    countersignature_with(pki, over, OddSigner::at(id, at))
}

/// The same by a signer out of order.
///
/// # Errors
/// No such signer.
pub fn countersignature_with(pki: &Pki, over: &[u8], mut signer: OddSigner) -> Result<Vec<u8>> {
    // The content is the signature value, and content-type must be absent.
    signer.omitted.push(oids::CONTENT_TYPE);
    Odd { detached: true, ..Odd::new(pki, over, &signer.id) }.signer_info(&signer)
}

//! A small PKI built octet by octet, so that every flaw can be made.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use asn1::{Oid, Tag, der};
use ceralacca_x509::{Certificate, Crl, OcspResponse, TrustAnchor};
use chrono::{DateTime, TimeZone, Utc};
use openssl::{
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    sign::Signer,
};

pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub const KEY_USAGE: &str = "2.5.29.15";

pub fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 10, 0, 0).unwrap() + chrono::TimeDelta::days(day.into())
}

pub struct Key {
    key: PKey<Private>,
    pub spki: Vec<u8>,
}

impl Key {
    pub fn new() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let spki = key.public_key_to_der().unwrap();
        Self { key, spki }
    }

    pub fn sign(&self, tbs: &[u8], tail: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        let value = signer.sign_oneshot_to_vec(tbs).unwrap();
        der::sequence(&[tbs, &algorithm(), &der::bit_string(&value), tail])
    }
}

pub fn algorithm() -> Vec<u8> {
    der::sequence(&[der::oid(&Oid::new("1.2.840.10045.4.3.2"))])
}

pub fn name(common_name: &str) -> Vec<u8> {
    let pair = der::sequence(&[der::oid(&Oid::new("2.5.4.3")), der::utf8_string(common_name)]);
    der::sequence(&[der::set_of(&[pair])])
}

pub fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { der::boolean(true) } else { vec![] };
    der::sequence(&[der::oid(&Oid::parse(oid).unwrap()), flag, der::octet_string(value)])
}

pub fn ca(path_len: Option<u64>) -> Vec<u8> {
    let limit = path_len.map(der::integer).unwrap_or_default();
    extension(BASIC_CONSTRAINTS, true, &der::sequence(&[der::boolean(true), limit]))
}

pub fn usage(bits: &[u8]) -> Vec<u8> {
    extension(KEY_USAGE, true, &der::named_bits(bits))
}

pub fn purposes(oids: &[&str], critical: bool) -> Vec<u8> {
    let oids: Vec<Vec<u8>> = oids.iter().map(|oid| der::oid(&Oid::parse(oid).unwrap())).collect();
    extension("2.5.29.37", critical, &der::sequence(&oids))
}

pub fn url(tag: u8, url: &str) -> Vec<u8> {
    der::tlv(Tag::context(tag), url.as_bytes())
}

pub fn access(ocsp: &[&str], issuers: &[&str]) -> Vec<u8> {
    let item = |oid, at| der::sequence(&[der::oid(&Oid::parse(oid).unwrap()), url(6, at)]);
    let mut all: Vec<Vec<u8>> = ocsp.iter().map(|at| item("1.3.6.1.5.5.7.48.1", at)).collect();
    all.extend(issuers.iter().map(|at| item("1.3.6.1.5.5.7.48.2", at)));
    extension("1.3.6.1.5.5.7.1.1", false, &der::sequence(&all))
}

pub fn crl_point(at: &str) -> Vec<u8> {
    let full = der::tlv(Tag::context_constructed(0), &url(6, at));
    let point = der::sequence(&[der::tlv(Tag::context_constructed(0), &full)]);
    extension("2.5.29.31", false, &der::sequence(&[point]))
}

pub struct Issued {
    pub certificate: Certificate,
    pub key: Key,
    pub name: String,
}

pub struct Spec<'a> {
    pub subject: &'a str,
    pub serial: u64,
    pub from: u32,
    pub to: u32,
    pub extensions: Vec<Vec<u8>>,
}

impl Spec<'_> {
    pub fn tbs(&self, issuer: &str, spki: &[u8]) -> Vec<u8> {
        der::sequence(&[
            der::explicit(0, &der::integer(2)),
            der::integer(self.serial),
            algorithm(),
            name(issuer),
            der::sequence(&[der::time(day(self.from)), der::time(day(self.to))]),
            name(self.subject),
            spki.to_vec(),
            der::explicit(3, &der::sequence(&self.extensions)),
        ])
    }

    pub fn issue(&self, issuer: &Issued) -> Issued {
        let key = Key::new();
        let octets = issuer.key.sign(&self.tbs(&issuer.name, &key.spki), &[]);
        self.finish(&octets, key)
    }

    pub fn root(&self) -> Issued {
        let key = Key::new();
        let octets = key.sign(&self.tbs(self.subject, &key.spki), &[]);
        self.finish(&octets, key)
    }

    fn finish(&self, octets: &[u8], key: Key) -> Issued {
        let certificate = Certificate::from_der(octets).unwrap();
        Issued { certificate, key, name: self.subject.to_owned() }
    }
}

pub fn root(subject: &str) -> Issued {
    let extensions = vec![ca(None), usage(&[5, 6])];
    Spec { subject, serial: 1, from: 0, to: 3000, extensions }.root()
}

pub fn sub_ca(subject: &str, issuer: &Issued) -> Issued {
    let extensions = vec![ca(None), usage(&[5, 6])];
    Spec { subject, serial: 2, from: 0, to: 2000, extensions }.issue(issuer)
}

pub fn leaf(subject: &str, issuer: &Issued, extra: Vec<Vec<u8>>) -> Issued {
    let extensions = [vec![usage(&[1])], extra].concat();
    Spec { subject, serial: 77, from: 10, to: 1000, extensions }.issue(issuer)
}

pub fn anchor(issued: &Issued) -> TrustAnchor {
    TrustAnchor::new(issued.certificate.clone(), "test")
}

pub fn crl_entry(serial: u64, at: u32, reason: Option<u8>) -> Vec<u8> {
    let list = reason
        .map(|reason| der::sequence(&[extension("2.5.29.21", false, &der::enumerated(reason))]));
    let list = list.unwrap_or_default();
    der::sequence(&[der::integer(serial), der::time(day(at)), list])
}

pub fn crl_der(signer: &Key, issuer: &str, entries: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let list = if entries.is_empty() { vec![] } else { der::sequence(entries) };
    let number = extension("2.5.29.20", false, &der::integer(5));
    let extensions = der::sequence(&[&[number], extensions].concat());
    let tbs = der::sequence(&[
        der::integer(1),
        algorithm(),
        name(issuer),
        der::time(day(100)),
        der::time(day(107)),
        list,
        der::explicit(0, &extensions),
    ]);
    signer.sign(&tbs, &[])
}

pub fn crl(issuer: &Issued, entries: &[Vec<u8>], extensions: &[Vec<u8>]) -> Crl {
    Crl::from_der(&crl_der(&issuer.key, &issuer.name, entries, extensions)).unwrap()
}

pub struct Answer<'a> {
    pub certificate: &'a Certificate,
    pub issuer: &'a Certificate,
    pub hash: crypto::DigestAlgorithm,
    pub status: Vec<u8>,
    pub this_update: u32,
    pub extensions: Vec<Vec<u8>>,
}

pub const GOOD: [u8; 2] = [0x80, 0];

pub fn revoked(at: u32, reason: u8) -> Vec<u8> {
    let reason = der::explicit(0, &der::enumerated(reason));
    der::constructed(Tag::context_constructed(1), &[der::generalized_time(day(at)), reason])
}

impl<'a> Answer<'a> {
    pub fn new(certificate: &'a Certificate, issuer: &'a Certificate, status: &[u8]) -> Self {
        Self {
            certificate,
            issuer,
            hash: crypto::DigestAlgorithm::Sha1,
            status: status.to_vec(),
            this_update: 100,
            extensions: vec![],
        }
    }

    pub fn single(&self) -> Vec<u8> {
        let id = der::sequence(&[
            der::sequence(&[der::oid(&self.hash.oid()), der::null()]),
            der::octet_string(&crypto::digest(self.hash, self.certificate.issuer().der())),
            der::octet_string(&crypto::digest(self.hash, self.issuer.public_key_bits())),
            der::tlv(Tag::INTEGER, self.certificate.serial()),
        ]);
        let list = if self.extensions.is_empty() {
            vec![]
        } else {
            der::explicit(1, &der::sequence(&self.extensions))
        };
        let next = der::explicit(0, &der::generalized_time(day(self.this_update + 7)));
        let this = der::generalized_time(day(self.this_update));
        der::sequence(&[id, self.status.clone(), this, next, list])
    }
}

/// A BasicOCSPResponse.
pub fn basic(signer: &Issued, singles: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let list =
        if extensions.is_empty() { vec![] } else { der::explicit(1, &der::sequence(extensions)) };
    let tbs = der::sequence(&[
        der::explicit(1, &name(&signer.name)),
        der::generalized_time(day(100)),
        der::sequence(singles),
        list,
    ]);
    let certificates = der::explicit(0, &der::sequence(&[signer.certificate.der()]));
    signer.key.sign(&tbs, &certificates)
}

pub fn ocsp_der(signer: &Issued, singles: &[Vec<u8>]) -> Vec<u8> {
    let oid = der::oid(&Oid::new("1.3.6.1.5.5.7.48.1.1"));
    let bytes = der::sequence(&[oid, der::octet_string(&basic(signer, singles, &[]))]);
    der::sequence(&[der::enumerated(0), der::explicit(0, &bytes)])
}

pub fn ocsp(signer: &Issued, singles: &[Vec<u8>]) -> OcspResponse {
    OcspResponse::from_der(&ocsp_der(signer, singles)).unwrap()
}

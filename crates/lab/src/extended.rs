//! The extended forms of CAdES: references (C), time-stamps on them (X), and
//! values in unsigned attributes (X-L), as archives hold them
//! (EN 319 122-1 Annex A.1; EN 319 122-2).
//!
//! The baseline forbids all of it at LT, and the product never writes it.

use asn1::{Tag, Value, der};

use crate::{
    Result,
    archive::{ArchiveStamp, signer_mut, signer_of},
    error::Reading,
    key::Hash,
    oids,
    parts::Parts,
    pki::Pki,
};

/// What the attributes of an extended form refer to or hold.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// Certificates of the chain but the signer's own, DER.
    pub certificates: Vec<Vec<u8>>,
    /// CRLs, DER.
    pub crls: Vec<Vec<u8>>,
    /// OCSPResponses, DER.
    pub ocsp: Vec<Vec<u8>>,
}

impl Material {
    /// complete-certificate-references (A.1.1.1). SHA-1 takes the short form of OtherHash.
    ///
    /// # Errors
    /// A certificate cannot be taken apart.
    pub fn certificate_references(&self, hash: Hash) -> Result<Vec<u8>> {
        let mut references = Vec::new();
        for octets in &self.certificates {
            let serial = crate::certificate::Certificate::parse(octets)?.issuer_serial();
            references.push(der::sequence(&[other_hash(hash, octets)?, serial]));
        }
        Ok(der::sequence(&references))
    }

    /// complete-revocation-references (A.1.2.1): one CrlOcspRef for each object, and an empty one
    /// where there is none.
    ///
    /// # Errors
    /// An object cannot be taken apart.
    pub fn revocation_references(&self, hash: Hash) -> Result<Vec<u8>> {
        let mut references = Vec::new();
        for crl in &self.crls {
            let (issuer, this_update) = issuer_and_time(crl)?;
            let id = der::sequence(&[issuer, this_update]);
            let validated = der::sequence(&[other_hash(hash, crl)?, id]);
            let list = der::sequence(&[der::sequence(&[validated])]);
            references.push(der::sequence(&[der::explicit(0, &list)]));
        }
        for response in &self.ocsp {
            let basic = basic_response(response)?;
            let (responder, produced) = responder_and_time(&basic)?;
            let id = der::sequence(&[responder, produced]);
            let one = der::sequence(&[id, other_hash(hash, &basic)?]);
            let list = der::sequence(&[der::sequence(&[one])]);
            references.push(der::sequence(&[der::explicit(1, &list)]));
        }
        Ok(der::sequence(&references))
    }

    /// certificate-values (A.1.1.2).
    #[must_use]
    pub fn certificate_values(&self) -> Vec<u8> {
        der::sequence(&self.certificates)
    }

    /// revocation-values (A.1.2.2): OCSP as BasicOCSPResponse.
    ///
    /// # Errors
    /// A response cannot be taken apart.
    pub fn revocation_values(&self) -> Result<Vec<u8>> {
        let mut parts = Vec::new();
        if !self.crls.is_empty() {
            parts.push(der::explicit(0, &der::sequence(&self.crls)));
        }
        if !self.ocsp.is_empty() {
            let basic: Vec<_> =
                self.ocsp.iter().map(|r| basic_response(r)).collect::<Result<_>>()?;
            parts.push(der::explicit(1, &der::sequence(&basic)));
        }
        Ok(der::sequence(&parts))
    }

    /// Adds both reference attributes: CAdES-C, once there is a signature-time-stamp.
    ///
    /// # Errors
    /// As the parts.
    pub fn add_references(&self, parts: &mut Parts, signer: usize, hash: Hash) -> Result<()> {
        let certificates = self.certificate_references(hash)?;
        let revocation = self.revocation_references(hash)?;
        let info = signer_mut(parts, signer)?;
        info.add(&oids::COMPLETE_CERTIFICATE_REFS, certificates);
        info.add(&oids::COMPLETE_REVOCATION_REFS, revocation);
        Ok(())
    }

    /// Adds both value attributes: the L of X-L.
    ///
    /// # Errors
    /// As the parts.
    pub fn add_values(&self, parts: &mut Parts, signer: usize) -> Result<()> {
        let revocation = self.revocation_values()?;
        let info = signer_mut(parts, signer)?;
        info.add(&oids::CERTIFICATE_VALUES, self.certificate_values());
        info.add(&oids::REVOCATION_VALUES, revocation);
        Ok(())
    }
}

impl Pki {
    /// What an extended form needs for some entities, as of the time-stamp's instant.
    ///
    /// # Errors
    /// An unknown entity.
    pub fn material(&self, ids: &[&str], at: chrono::DateTime<chrono::Utc>) -> Result<Material> {
        let mut material = Material::default();
        let later = at + chrono::TimeDelta::days(30);
        for id in ids {
            for (depth, entity) in self.path(id)?.into_iter().enumerate() {
                let certificate = &entity.certificate.der;
                if depth > 0 && !material.certificates.contains(certificate) {
                    material.certificates.push(certificate.clone());
                }
                if let Some(issuer) = &entity.issuer {
                    let crl = self.crl(issuer, at, later)?;
                    if !material.crls.iter().any(|known| known.starts_with(&crl[..64])) {
                        material.crls.push(crl);
                    }
                }
            }
        }
        Ok(material)
    }

    /// Adds a CAdES-C-timestamp, type 1 of X (A.1.5.2), over signature, stamps and references.
    ///
    /// # Errors
    /// No such TSA or signer.
    pub fn stamp_x1(
        &self,
        parts: &mut Parts,
        signer: usize,
        stamp: &ArchiveStamp<'_>,
    ) -> Result<()> {
        let info = signer_of(parts, signer)?;
        let mut message = info.value()?;
        for oid in [
            oids::SIGNATURE_TIME_STAMP,
            oids::COMPLETE_CERTIFICATE_REFS,
            oids::COMPLETE_REVOCATION_REFS,
        ] {
            for attribute in info.of_type(&oid) {
                message.extend(Value::parse(attribute).reading("Attribute")?.contents());
            }
        }
        let imprint = stamp.hash.digest(&message)?;
        let token =
            self.timestamp_token(stamp.tsa, stamp.hash, &imprint, stamp.at, &stamp.fault)?;
        signer_mut(parts, signer)?.add(&oids::ESC_TIME_STAMP, token);
        Ok(())
    }

    /// Adds a time-stamped-certs-crls-references, type 2 of X (A.1.5.1), over the references.
    ///
    /// # Errors
    /// No such TSA or signer.
    pub fn stamp_x2(
        &self,
        parts: &mut Parts,
        signer: usize,
        stamp: &ArchiveStamp<'_>,
    ) -> Result<()> {
        let info = signer_of(parts, signer)?;
        let mut message = Vec::new();
        for oid in [oids::COMPLETE_CERTIFICATE_REFS, oids::COMPLETE_REVOCATION_REFS] {
            for attribute in info.of_type(&oid) {
                message.extend(Value::parse(attribute).reading("Attribute")?.contents());
            }
        }
        let imprint = stamp.hash.digest(&message)?;
        let token =
            self.timestamp_token(stamp.tsa, stamp.hash, &imprint, stamp.at, &stamp.fault)?;
        signer_mut(parts, signer)?.add(&oids::CERT_CRL_TIME_STAMP, token);
        Ok(())
    }
}

/// OtherHash: SHA-1 is a bare OCTET STRING, all others name their algorithm.
fn other_hash(hash: Hash, octets: &[u8]) -> Result<Vec<u8>> {
    let digest = der::octet_string(&hash.digest(octets)?);
    Ok(match hash {
        Hash::Sha1 => digest,
        _ => der::sequence(&[hash.algorithm(false), digest]),
    })
}

fn issuer_and_time(crl: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let what = "CRL";
    let list = Value::parse(crl).reading(what)?.children().any().reading(what)?;
    let mut fields = list.children();
    fields.optional(Tag::INTEGER).reading(what)?;
    fields.expect(Tag::SEQUENCE).reading(what)?;
    let issuer = fields.expect(Tag::SEQUENCE).reading(what)?.raw().to_vec();
    Ok((issuer, fields.any().reading(what)?.raw().to_vec()))
}

/// The BasicOCSPResponse inside an OCSPResponse.
///
/// # Errors
/// Not a response, or one without.
pub fn basic_response(response: &[u8]) -> Result<Vec<u8>> {
    let what = "OCSP response";
    let mut fields = Value::parse(response).reading(what)?.children();
    fields.any().reading(what)?;
    let bytes = fields.any().and_then(|explicit| explicit.inner()).reading(what)?;
    let mut fields = bytes.children();
    fields.any().reading(what)?;
    Ok(fields.any().and_then(|string| string.octets()).reading(what)?.into_owned())
}

fn responder_and_time(basic: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let what = "OCSP response";
    let data = Value::parse(basic).reading(what)?.children().any().reading(what)?;
    let mut fields = data.children();
    let responder = fields.any().reading(what)?.raw().to_vec();
    Ok((responder, fields.any().reading(what)?.raw().to_vec()))
}

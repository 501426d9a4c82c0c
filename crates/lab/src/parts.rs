//! A signed file taken apart into its stored octets and put together again,
//! so that something can be added to it or spoilt (RFC 5652 §5.1, §5.3).
//!
//! Nothing is understood beyond the frame and nothing is judged: members stay
//! as they were, octet for octet.

use asn1::{Oid, Tag, Value, der};

use crate::{Result, cms::attribute, error::Reading, oids};

const WHAT: &str = "SignedData";

/// A SignedData in its parts, each a complete value unless said otherwise.
#[derive(Clone, Debug)]
pub struct Parts {
    /// `version`.
    pub version: Vec<u8>,
    /// `digestAlgorithms`.
    pub digest_algorithms: Vec<u8>,
    /// `encapContentInfo`, as stored.
    pub encapsulated: Vec<u8>,
    /// `certificates` with its `[0]`, as stored.
    pub certificates: Option<Vec<u8>>,
    /// `crls` with its `[1]`, as stored.
    pub crls: Option<Vec<u8>>,
    /// `signerInfos`.
    pub signers: Vec<SignerParts>,
}

/// A SignerInfo in its parts, each a complete value.
#[derive(Clone, Debug)]
pub struct SignerParts {
    /// `version`.
    pub version: Vec<u8>,
    /// `sid`.
    pub sid: Vec<u8>,
    /// `digestAlgorithm`.
    pub digest_algorithm: Vec<u8>,
    /// `signedAttrs` with its `[0]`, as stored.
    pub signed: Option<Vec<u8>>,
    /// `signatureAlgorithm`.
    pub signature_algorithm: Vec<u8>,
    /// `signature`.
    pub signature: Vec<u8>,
    /// The members of `unsignedAttrs`, in their order.
    pub unsigned: Vec<Vec<u8>>,
}

impl Parts {
    /// Takes a SignedData apart; it must be binary.
    ///
    /// # Errors
    /// Not a SignedData.
    pub fn read(file: &[u8]) -> Result<Self> {
        let mut outer = Value::parse_prefix(file).reading(WHAT)?.children();
        outer.expect(Tag::OID).reading(WHAT)?;
        let signed_data = outer.any().and_then(|explicit| explicit.inner()).reading(WHAT)?;
        let mut fields = signed_data.children();
        let mut next = || fields.any().reading(WHAT).map(|value| value.raw().to_vec());
        let (version, digest_algorithms, encapsulated) = (next()?, next()?, next()?);
        let mut optional = |n| -> Result<Option<Vec<u8>>> {
            let found = fields.optional(Tag::context_constructed(n)).reading(WHAT)?;
            Ok(found.map(|value| value.raw().to_vec()))
        };
        let (certificates, crls) = (optional(0)?, optional(1)?);
        let infos = fields.expect(Tag::SET).reading(WHAT)?;
        let infos = infos.children().collect_all().reading(WHAT)?;
        let read = infos.iter().map(|info| SignerParts::read(info.raw()));
        let signers = read.collect::<Result<_>>()?;
        Ok(Self { version, digest_algorithms, encapsulated, certificates, crls, signers })
    }

    /// The whole file: definite lengths around members as they are.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let infos: Vec<Vec<u8>> = self.signers.iter().map(SignerParts::build).collect();
        let signed_data = der::sequence(&[
            &self.version[..],
            &self.digest_algorithms,
            &self.encapsulated,
            self.certificates.as_deref().unwrap_or_default(),
            self.crls.as_deref().unwrap_or_default(),
            &der::constructed(Tag::SET, &infos),
        ]);
        der::sequence(&[der::oid(&oids::SIGNED_DATA), der::explicit(0, &signed_data)])
    }

    /// `eContentType`, complete.
    ///
    /// # Errors
    /// The encapsulated content has none.
    pub fn content_type(&self) -> Result<Vec<u8>> {
        let value = Value::parse(&self.encapsulated).reading(WHAT)?;
        Ok(value.children().any().reading(WHAT)?.raw().to_vec())
    }

    /// The content's octets, pieces joined; `None` when it is elsewhere.
    ///
    /// # Errors
    /// It is no OCTET STRING.
    pub fn content(&self) -> Result<Option<Vec<u8>>> {
        let mut fields = Value::parse(&self.encapsulated).reading(WHAT)?.children();
        fields.any().reading(WHAT)?;
        let Some(explicit) = fields.optional(Tag::context_constructed(0)).reading(WHAT)? else {
            return Ok(None);
        };
        let string = explicit.inner().reading(WHAT)?;
        Ok(Some(string.octets().reading(WHAT)?.into_owned()))
    }

    /// The members of `certificates`.
    ///
    /// # Errors
    /// They cannot be told apart.
    pub fn certificates(&self) -> Result<Vec<Vec<u8>>> {
        members(self.certificates.as_deref())
    }

    /// The members of `crls`.
    ///
    /// # Errors
    /// They cannot be told apart.
    pub fn crls(&self) -> Result<Vec<Vec<u8>>> {
        members(self.crls.as_deref())
    }

    /// Adds certificates behind those that are there.
    ///
    /// # Errors
    /// Those that are there cannot be told apart.
    pub fn add_certificates<I: AsRef<[u8]>>(&mut self, new: &[I]) -> Result<()> {
        add(&mut self.certificates, 0, new)
    }

    /// Adds CRLs, or other revocation data already in their [`ocsp_choice`], behind those that are
    /// there, and sets the version they ask for (RFC 5652 §5.1).
    ///
    /// # Errors
    /// Those that are there cannot be told apart.
    pub fn add_crls<I: AsRef<[u8]>>(&mut self, new: &[I]) -> Result<()> {
        add(&mut self.crls, 1, new)?;
        if self.crls()?.iter().any(|member| member.first() == Some(&0xa1)) {
            self.version = der::integer(5);
        }
        Ok(())
    }
}

impl SignerParts {
    /// Takes a SignerInfo apart.
    ///
    /// # Errors
    /// Not a SignerInfo.
    pub fn read(info: &[u8]) -> Result<Self> {
        let what = "SignerInfo";
        let mut fields = Value::parse(info).reading(what)?.children();
        let mut next = || fields.any().reading(what).map(|value| value.raw().to_vec());
        let (version, sid, digest_algorithm) = (next()?, next()?, next()?);
        let signed = fields.optional(Tag::context_constructed(0)).reading(what)?;
        let signed = signed.map(|value| value.raw().to_vec());
        let mut next = || fields.any().reading(what).map(|value| value.raw().to_vec());
        let (signature_algorithm, signature) = (next()?, next()?);
        let unsigned = match fields.optional(Tag::context_constructed(1)).reading(what)? {
            Some(set) => members(Some(set.raw()))?,
            None => Vec::new(),
        };
        Ok(Self {
            version,
            sid,
            digest_algorithm,
            signed,
            signature_algorithm,
            signature,
            unsigned,
        })
    }

    /// The whole SignerInfo; unsigned attributes keep their order.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let unsigned = match self.unsigned.as_slice() {
            [] => Vec::new(),
            some => der::constructed(Tag::context_constructed(1), some),
        };
        der::sequence(&[self.core(), unsigned])
    }

    /// Everything but the unsigned attributes: what archive time-stamps hash of a signer.
    #[must_use]
    pub fn core(&self) -> Vec<u8> {
        [
            &self.version[..],
            &self.sid,
            &self.digest_algorithm,
            self.signed.as_deref().unwrap_or_default(),
            &self.signature_algorithm,
            &self.signature,
        ]
        .concat()
    }

    /// The octets of the signature value.
    ///
    /// # Errors
    /// `signature` is no OCTET STRING.
    pub fn value(&self) -> Result<Vec<u8>> {
        let value = Value::parse(&self.signature).reading("signature")?;
        Ok(value.octets().reading("signature")?.into_owned())
    }

    /// Adds an unsigned attribute with one value, behind the others.
    pub fn add(&mut self, oid: &Oid, value: Vec<u8>) {
        self.unsigned.push(attribute(oid, &[value]));
    }

    /// The unsigned attributes of a type, complete.
    pub fn of_type<'a>(&'a self, oid: &Oid) -> impl Iterator<Item = &'a Vec<u8>> {
        let head = der::oid(oid);
        self.unsigned.iter().filter(move |attribute| {
            let value = Value::parse(attribute).map(|value| value.contents().to_vec());
            value.is_ok_and(|contents| contents.starts_with(&head))
        })
    }

    /// The values of the unsigned attributes of a type.
    ///
    /// # Errors
    /// One of them is no Attribute.
    pub fn values(&self, oid: &Oid) -> Result<Vec<Vec<u8>>> {
        let mut out = Vec::new();
        for attribute in self.of_type(oid) {
            out.extend(attribute_values(attribute)?);
        }
        Ok(out)
    }
}

/// The values of an Attribute, each complete.
pub(crate) fn attribute_values(attribute: &[u8]) -> Result<Vec<Vec<u8>>> {
    let what = "Attribute";
    let mut fields = Value::parse(attribute).reading(what)?.children();
    fields.any().reading(what)?;
    members(Some(fields.expect(Tag::SET).reading(what)?.raw()))
}

/// An OCSPResponse as a member of `crls` (RFC 5940 §2.1).
#[must_use]
pub fn ocsp_choice(response: &[u8]) -> Vec<u8> {
    let format = der::oid(&oids::RI_OCSP_RESPONSE);
    der::constructed(Tag::context_constructed(1), &[&format[..], response])
}

fn members(set: Option<&[u8]>) -> Result<Vec<Vec<u8>>> {
    let Some(set) = set else { return Ok(Vec::new()) };
    let children = Value::parse(set).reading("SET")?.children().collect_all();
    Ok(children.reading("SET")?.iter().map(|value| value.raw().to_vec()).collect())
}

fn add<I: AsRef<[u8]>>(field: &mut Option<Vec<u8>>, n: u8, new: &[I]) -> Result<()> {
    let mut all = members(field.as_deref())?;
    for member in new {
        if !all.iter().any(|known| known == member.as_ref()) {
            all.push(member.as_ref().to_vec());
        }
    }
    *field = Some(der::constructed(Tag::context_constructed(n), &all));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Config, Pki,
        cms::{Framing, Odd},
    };

    #[test]
    fn what_is_taken_apart_goes_together_again() {
        let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let pki = Pki::create(&Config::quick(now)).unwrap();
        let file = Odd::new(&pki, b"verbale", "presidente").by(&["presidente"], now);
        let der = file.build().unwrap();
        let mut parts = Parts::read(&der).unwrap();
        assert_eq!(parts.build(), der);
        assert_eq!(parts.content().unwrap().unwrap(), b"verbale");
        let response = pki.ocsp_response("presidente", now, now).unwrap();
        parts.add_crls(&[ocsp_choice(&response)]).unwrap();
        parts.signers[0].add(&oids::SIGNATURE_TIME_STAMP, der::null());
        let again = Parts::read(&parts.build()).unwrap();
        assert_eq!(again.crls().unwrap().len(), 1);
        assert_eq!(again.signers[0].values(&oids::SIGNATURE_TIME_STAMP).unwrap(), [der::null()]);
        let ber = Odd { framing: Framing::Chunked(3), ..file }.build().unwrap();
        assert_eq!(Parts::read(&ber).unwrap().content().unwrap().unwrap(), b"verbale");
    }
}

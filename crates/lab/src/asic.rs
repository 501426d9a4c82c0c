//! ASiC containers with CAdES (EN 319 162-1 §4.3, §4.4), simple and extended.
//!
//! The manifest is written as text and signed as its octets; ZIP is
//! [`crate::zip`]'s. Nothing is judged.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::{
    Result, cms,
    key::Hash,
    pki::Pki,
    tsa::Fault,
    wrap,
    zip::{Member, Zip},
};

/// Media type of an ASiC-S.
pub const SIMPLE: &str = "application/vnd.etsi.asic-s+zip";
/// Media type of an ASiC-E.
pub const EXTENDED: &str = "application/vnd.etsi.asic-e+zip";

/// One reference of a manifest.
#[derive(Clone, Debug)]
pub struct Reference {
    /// `URI`, percent-encoded where needed.
    pub uri: String,
    /// The digest's octets.
    pub digest: Vec<u8>,
    /// `MimeType`.
    pub media_type: Option<String>,
    /// `Rootfile`.
    pub root_file: bool,
}

/// An ASiCManifest or ASiCArchiveManifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// `SigReference`: the member that signs or stamps this manifest.
    pub signature: String,
    /// Its `MimeType`.
    pub signature_type: &'static str,
    /// The digest of the references.
    pub hash: Hash,
    /// What it covers.
    pub references: Vec<Reference>,
}

/// `MimeType` of a CAdES signature.
pub const SIGNATURE_TYPE: &str = "application/pkcs7-signature";
/// `MimeType` of a time-stamp token.
pub const TOKEN_TYPE: &str = "application/vnd.etsi.timestamp-token";

impl Manifest {
    /// A manifest of members, by name and content.
    ///
    /// # Errors
    /// A digest fails.
    pub fn of(
        signature: &str,
        signature_type: &'static str,
        hash: Hash,
        files: &[(&str, &[u8])],
    ) -> Result<Self> {
        let reference = |(name, content): &(&str, &[u8])| -> Result<Reference> {
            let (uri, digest) = (escaped(name), hash.digest(content)?);
            Ok(Reference { uri, digest, media_type: None, root_file: false })
        };
        let references = files.iter().map(reference).collect::<Result<_>>()?;
        Ok(Self { signature: signature.to_owned(), signature_type, hash, references })
    }

    /// The XML.
    #[must_use]
    pub fn xml(&self) -> String {
        let algorithm = match self.hash {
            Hash::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Hash::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Hash::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
            _ => "http://www.w3.org/2001/04/xmlenc#sha256",
        };
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n\
             <asic:SigReference URI=\"{}\" MimeType=\"{}\"/>\n",
            self.signature, self.signature_type
        );
        for reference in &self.references {
            let media = reference.media_type.iter().map(|m| format!(" MimeType=\"{m}\""));
            let media: String = media.collect();
            let root = if reference.root_file { " Rootfile=\"true\"" } else { "" };
            let digest = wrap::base64(&reference.digest);
            let _ = writeln!(
                out,
                "<asic:DataObjectReference URI=\"{}\"{media}{root}>\
                 <ds:DigestMethod Algorithm=\"{algorithm}\"/>\
                 <ds:DigestValue>{digest}</ds:DigestValue>\
                 </asic:DataObjectReference>",
                reference.uri
            );
        }
        out.push_str("</asic:ASiCManifest>\n");
        out
    }
}

/// The members of an ASiC-S: `mimetype`, the file, `META-INF/signature.p7s`.
///
/// # Errors
/// No such signer.
pub fn simple(
    pki: &Pki,
    signer: &str,
    at: DateTime<Utc>,
    name: &str,
    content: &[u8],
) -> Result<Zip> {
    let signature = cms::sign_detached(pki, signer, content, at)?;
    Ok(Zip::new(vec![
        Member::new("mimetype", SIMPLE.as_bytes()),
        Member::new(name, content),
        Member::new("META-INF/signature.p7s", &signature),
    ]))
}

/// The members of an ASiC-S with a time-stamp only: `META-INF/timestamp.tst`.
///
/// # Errors
/// No such TSA.
pub fn simple_stamped(
    pki: &Pki,
    tsa: &str,
    at: DateTime<Utc>,
    name: &str,
    content: &[u8],
) -> Result<Zip> {
    let imprint = Hash::Sha256.digest(content)?;
    let token = pki.timestamp_token(tsa, Hash::Sha256, &imprint, at, &Fault::None)?;
    Ok(Zip::new(vec![
        Member::new("mimetype", SIMPLE.as_bytes()),
        Member::new(name, content),
        Member::new("META-INF/timestamp.tst", &token),
    ]))
}

/// The members of an ASiC-E with one signature over all files.
///
/// # Errors
/// No such signer.
pub fn extended(
    pki: &Pki,
    signer: &str,
    at: DateTime<Utc>,
    files: &[(&str, &[u8])],
) -> Result<Zip> {
    let place = "META-INF/signature001.p7s";
    let manifest = Manifest::of(place, SIGNATURE_TYPE, Hash::Sha256, files)?;
    extended_over(pki, signer, at, files, &manifest)
}

/// The same over a manifest of choice.
///
/// # Errors
/// No such signer.
pub fn extended_over(
    pki: &Pki,
    signer: &str,
    at: DateTime<Utc>,
    files: &[(&str, &[u8])],
    manifest: &Manifest,
) -> Result<Zip> {
    let xml = manifest.xml();
    let signature = cms::sign_detached(pki, signer, xml.as_bytes(), at)?;
    let mut members = vec![Member::new("mimetype", EXTENDED.as_bytes())];
    members.extend(files.iter().map(|(name, content)| Member::new(name, content)));
    members.push(Member::new("META-INF/ASiCManifest001.xml", xml.as_bytes()));
    members.push(Member::new(&manifest.signature, &signature));
    Ok(Zip::new(members))
}

/// A name as a URI reference (RFC 3986): everything but the unreserved and `/` is escaped.
#[must_use]
pub fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for octet in name.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(octet));
            }
            _ => {
                let _ = write!(out, "%{octet:02X}");
            }
        }
    }
    out
}

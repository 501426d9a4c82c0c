//! `ASiCManifest` (EN 319 162-1 A.4): which members a signature or time-stamp is over.
//!
//! ```text
//! ASiCManifest( SigReference @URI @MimeType?,
//!               DataObjectReference+ @URI @MimeType? @Rootfile?
//!                 ( ds:DigestMethod @Algorithm, ds:DigestValue, DataObjectReferenceExtensions? ),
//!               ASiCManifestExtensions? )
//! ```
//!
//! Elements are known by namespace and local name, whatever their prefix. No document type, no
//! entity beyond the five of XML, nothing fetched (security class 38).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::DigestAlgorithm;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};

use crate::{ManifestError, digest_uri, uri};

const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// A manifest has four levels; what extensions hold has a few more.
const DEPTH: usize = 16;
/// Attributes of one element, namespace declarations included. With [`DEPTH`] it bounds what the
/// resolution of a prefix may cost.
const ATTRIBUTES: usize = 16;
/// Octets of one tag: a URI of 1024 octets, each percent-encoded, and as much again.
const TAG: usize = 8 << 10;
/// Characters of a digest in base64, blanks and line ends included.
const DIGEST_TEXT: usize = 1 << 10;

type Result<T> = std::result::Result<T, ManifestError>;

/// One data object under a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataReference {
    /// The member it means.
    pub name: String,
    /// The URI as written, where it differs from the name.
    pub uri: Option<String>,
    /// Its media type.
    pub media_type: Option<String>,
    /// The file one should look at first; in an archive manifest, the manifest before it.
    pub root_file: bool,
    /// The digest algorithm; `None` when its name is not known.
    pub algorithm: Option<DigestAlgorithm>,
    /// The digest.
    pub digest: Vec<u8>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manifest {
    /// The member that is the signature or time-stamp over this manifest.
    pub target: String,
    /// Its media type.
    pub target_type: Option<String>,
    /// What it covers, in order.
    pub references: Vec<DataReference>,
    /// Extensions marked critical that nothing here understands.
    pub critical: usize,
}

impl Manifest {
    /// Reads a manifest of at most `limit` references.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(octets: &[u8], limit: usize) -> Result<Self> {
        let text = std::str::from_utf8(octets).map_err(|_| ManifestError::NotUtf8)?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let mut reader = NsReader::from_str(text);
        reader.config_mut().check_end_names = true;
        let mut state = State { limit, ..State::default() };
        loop {
            let (namespace, event) = reader.read_resolved_event().map_err(malformed)?;
            let space = space(&namespace)?;
            match event {
                Event::Start(start) => state.open(space, &start, false)?,
                Event::Empty(start) => state.open(space, &start, true)?,
                Event::End(_) => state.close()?,
                Event::Text(text) => state.text(&text.xml10_content())?,
                Event::CData(text) => state.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let known = match reference.resolve_char_ref().map_err(malformed)? {
                        Some(c) => Some(c),
                        None => predefined(&reference),
                    };
                    let c = known.ok_or_else(|| ManifestError::Entity(reference.to_string()))?;
                    state.text(c.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => return Err(ManifestError::Dtd),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => return state.finish(),
            }
        }
    }

    /// The manifest as XML. The same manifest gives the same octets.
    #[must_use]
    pub fn to_xml(&self) -> Vec<u8> {
        let mut xml = String::with_capacity(256 + self.references.len() * 400);
        xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n");
        xml.push_str("<asic:ASiCManifest xmlns:asic=\"");
        xml.push_str(ASIC);
        xml.push_str("\" xmlns:ds=\"");
        xml.push_str(DS);
        xml.push_str("\">\n  <asic:SigReference");
        attribute(&mut xml, "MimeType", self.target_type.as_deref());
        attribute(&mut xml, "URI", Some(&uri::encode(&self.target)));
        xml.push_str("/>\n");
        for reference in &self.references {
            xml.push_str("  <asic:DataObjectReference");
            attribute(&mut xml, "MimeType", reference.media_type.as_deref());
            attribute(&mut xml, "URI", Some(&uri::encode(&reference.name)));
            attribute(&mut xml, "Rootfile", reference.root_file.then_some("true"));
            xml.push_str(">\n    <ds:DigestMethod");
            let algorithm = reference.algorithm.and_then(digest_uri::uri);
            attribute(&mut xml, "Algorithm", algorithm);
            xml.push_str("/>\n    <ds:DigestValue>");
            xml.push_str(&STANDARD.encode(&reference.digest));
            xml.push_str("</ds:DigestValue>\n  </asic:DataObjectReference>\n");
        }
        xml.push_str("</asic:ASiCManifest>\n");
        xml.into_bytes()
    }
}

fn attribute(xml: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        xml.push(' ');
        xml.push_str(name);
        xml.push_str("=\"");
        xml.push_str(&quick_xml::escape::escape(value));
        xml.push('"');
    }
}

fn malformed(error: impl std::fmt::Display) -> ManifestError {
    ManifestError::Malformed(error.to_string())
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// The namespaces that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Asic,
    Signature,
    Other,
}

fn space(namespace: &ResolveResult<'_>) -> Result<Space> {
    Ok(match namespace {
        ResolveResult::Bound(namespace) if namespace.0 == ASIC => Space::Asic,
        ResolveResult::Bound(namespace) if namespace.0 == DS => Space::Signature,
        ResolveResult::Unknown(prefix) => {
            return Err(ManifestError::Malformed(format!("the prefix {prefix:?} is not declared")));
        }
        _ => Space::Other,
    })
}

/// Where in the document the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Manifest,
    SigReference,
    Reference,
    Method,
    Value,
    /// An extension, or anything else that is not looked into.
    Aside,
}

#[derive(Default)]
struct State {
    limit: usize,
    open: Vec<Place>,
    manifest: Manifest,
    seen_root: bool,
    seen_target: bool,
    /// The reference being read, with what of it was seen.
    current: Option<(DataReference, bool, Option<String>)>,
}

impl State {
    fn open(&mut self, space: Space, start: &BytesStart<'_>, empty: bool) -> Result<()> {
        if self.open.len() >= DEPTH || start.len() > TAG {
            return Err(ManifestError::Shape);
        }
        let attributes = attributes(start)?;
        let name = start.local_name();
        let name: &str = name.as_ref();
        let place = match (self.open.last(), space, name) {
            (None, Space::Asic, "ASiCManifest") if !self.seen_root => {
                self.seen_root = true;
                Place::Manifest
            }
            (None, ..) => return Err(ManifestError::NotManifest),
            (Some(Place::Manifest), Space::Asic, "SigReference") => {
                self.target(&attributes)?;
                Place::SigReference
            }
            (Some(Place::Manifest), Space::Asic, "DataObjectReference") => {
                self.reference(&attributes)?;
                Place::Reference
            }
            (Some(Place::Reference), Space::Signature, "DigestMethod") => {
                self.method(&attributes)?;
                Place::Method
            }
            (Some(Place::Reference), Space::Signature, "DigestValue") => {
                let (_, _, value) = self.reading()?;
                if value.replace(String::new()).is_some() {
                    return Err(ManifestError::Element("DigestValue"));
                }
                Place::Value
            }
            _ => {
                let critical = find(&attributes, "Critical");
                if space == Space::Asic
                    && name == "Extension"
                    && critical.is_some_and(|value| matches!(value.trim(), "true" | "1"))
                {
                    self.manifest.critical += 1;
                }
                Place::Aside
            }
        };
        self.open.push(place);
        if empty { self.close() } else { Ok(()) }
    }

    fn target(&mut self, attributes: &[(String, String)]) -> Result<()> {
        let uri = find(attributes, "URI");
        let name = uri.and_then(uri::decode).filter(|name| !name.is_empty());
        match name {
            Some(name) if !self.seen_target => {
                self.seen_target = true;
                self.manifest.target = name;
                self.manifest.target_type = find(attributes, "MimeType").map(str::to_owned);
                Ok(())
            }
            _ => Err(ManifestError::Element("SigReference")),
        }
    }

    fn reference(&mut self, attributes: &[(String, String)]) -> Result<()> {
        if self.manifest.references.len() >= self.limit {
            return Err(ManifestError::TooManyReferences { limit: self.limit });
        }
        let written = find(attributes, "URI").filter(|uri| !uri.is_empty());
        let written = written.ok_or(ManifestError::Element("DataObjectReference"))?;
        let name = uri::decode(written).unwrap_or_else(|| written.to_owned());
        let root_file = find(attributes, "Rootfile");
        let reference = DataReference {
            uri: (name != written).then(|| written.to_owned()),
            name,
            media_type: find(attributes, "MimeType").map(str::to_owned),
            root_file: root_file.is_some_and(|value| matches!(value.trim(), "true" | "1")),
            algorithm: None,
            digest: Vec::new(),
        };
        self.current = Some((reference, false, None));
        Ok(())
    }

    fn method(&mut self, attributes: &[(String, String)]) -> Result<()> {
        let algorithm = find(attributes, "Algorithm").map(digest_uri::algorithm);
        let (reference, method, _) = self.reading()?;
        match algorithm {
            Some(algorithm) if !*method => {
                *method = true;
                reference.algorithm = algorithm;
                Ok(())
            }
            _ => Err(ManifestError::Element("DigestMethod")),
        }
    }

    fn reading(&mut self) -> Result<&mut (DataReference, bool, Option<String>)> {
        self.current.as_mut().ok_or(ManifestError::Element("DataObjectReference"))
    }

    fn text(&mut self, text: &str) -> Result<()> {
        match self.open.last() {
            Some(Place::Value) => {
                let (_, _, value) = self.reading()?;
                let value = value.get_or_insert_default();
                value.extend(text.chars().filter(|c| !c.is_ascii_whitespace()));
                if value.len() > DIGEST_TEXT {
                    return Err(ManifestError::Element("DigestValue"));
                }
                Ok(())
            }
            Some(Place::Aside) => Ok(()),
            _ if text.trim().is_empty() => Ok(()),
            _ => Err(ManifestError::Malformed("text where none belongs".to_owned())),
        }
    }

    fn close(&mut self) -> Result<()> {
        if self.open.pop() != Some(Place::Reference) {
            return Ok(());
        }
        let Some((mut reference, method, Some(value))) = self.current.take() else {
            return Err(ManifestError::Element("DigestValue"));
        };
        if !method {
            return Err(ManifestError::Element("DigestMethod"));
        }
        reference.digest =
            STANDARD.decode(&value).map_err(|_| ManifestError::Element("DigestValue"))?;
        self.manifest.references.push(reference);
        Ok(())
    }

    fn finish(self) -> Result<Manifest> {
        if !self.seen_root || !self.open.is_empty() {
            return Err(ManifestError::NotManifest);
        }
        if !self.seen_target {
            return Err(ManifestError::Element("SigReference"));
        }
        if self.manifest.references.is_empty() {
            return Err(ManifestError::Element("DataObjectReference"));
        }
        Ok(self.manifest)
    }
}

/// The attributes without a prefix, each at most once.
fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for (count, attribute) in start.attributes().enumerate() {
        if count >= ATTRIBUTES {
            return Err(ManifestError::Shape);
        }
        let attribute = attribute.map_err(malformed)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
        let name: &str = attribute.key.as_ref();
        if !name.contains(':') {
            found.push((name.to_owned(), value.into_owned()));
        }
    }
    Ok(found)
}

fn find<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

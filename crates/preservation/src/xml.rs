//! XML for packages: a writer that escapes everything and cannot write what XML 1.0 forbids, and a
//! reader without DTD, entities or fetching.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::Error;
use crate::limits::Limits;

/// An XML document being written into memory.
pub(crate) struct XmlWriter {
    inner: Writer<Vec<u8>>,
    open: Vec<String>,
}

impl XmlWriter {
    /// Begins a UTF-8 document, indented by two blanks.
    pub(crate) fn new() -> Result<Self, Error> {
        let mut inner = Writer::new_with_indent(Vec::new(), b' ', 2);
        inner
            .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
            .map_err(failed)?;
        Ok(Self { inner, open: Vec::new() })
    }

    /// Opens an element.
    pub(crate) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<(), Error> {
        let start = start(name, attributes)?;
        self.inner.write_event(Event::Start(start)).map_err(failed)?;
        self.open.push(name.to_owned());
        Ok(())
    }

    /// Closes the element opened last.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        if let Some(name) = self.open.pop() {
            self.inner.write_event(Event::End(BytesEnd::new(name))).map_err(failed)?;
        }
        Ok(())
    }

    /// Writes an element with text.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.text_with(name, &[], text)
    }

    /// Writes an element with attributes and text.
    pub(crate) fn text_with(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> Result<(), Error> {
        require_xml(name, text)?;
        let start = start(name, attributes)?;
        let end = BytesEnd::new(name.to_owned());
        for event in [Event::Start(start), Event::Text(BytesText::new(text)), Event::End(end)] {
            self.inner.write_event(event).map_err(failed)?;
        }
        Ok(())
    }

    /// Writes an element with text if there is one.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) -> Result<(), Error> {
        text.map_or(Ok(()), |t| self.text(name, t))
    }

    /// Writes an element with attributes only.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<(), Error> {
        let start = start(name, attributes)?;
        self.inner.write_event(Event::Empty(start)).map_err(failed)
    }

    /// Closes what is open and gives the document, with a line end at its end.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Error> {
        while !self.open.is_empty() {
            self.close()?;
        }
        let mut bytes = self.inner.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> Result<BytesStart<'a>, Error> {
    let mut start = BytesStart::new(name);
    for (key, value) in attributes {
        require_xml(key, value)?;
        start.push_attribute((*key, *value));
    }
    Ok(start)
}

fn failed(source: io::Error) -> Error {
    Error::XmlWrite { source }
}

fn require_xml(element: &str, text: &str) -> Result<(), Error> {
    if text.chars().all(is_xml_char) {
        Ok(())
    } else {
        Err(Error::NotXmlText { element: element.to_owned() })
    }
}

/// XML 1.0 §2.2 `Char`.
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Why bytes could not be read as XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum XmlProblem {
    NotUtf8,
    Dtd,
    Malformed(String),
}

impl XmlProblem {
    /// What is wrong, in Italian and English.
    pub(crate) fn words(&self) -> (String, String) {
        match self {
            Self::NotUtf8 => ("non è testo UTF-8".into(), "it is not UTF-8 text".into()),
            Self::Dtd => (
                "contiene una DTD, che non è ammessa".into(),
                "it contains a DTD, which is not allowed".into(),
            ),
            Self::Malformed(e) => {
                (format!("non è XML ben formato ({e})"), format!("it is not well-formed XML ({e})"))
            }
        }
    }
}

/// Deepest nesting read. The indexes here need about ten levels; the limit keeps hostile depth
/// away from whatever walks the tree.
const MAX_DEPTH: usize = 64;

/// Parses a small document; no DTD, no entities beyond the five of XML, nothing fetched.
pub(crate) fn parse<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<roxmltree::Document<'a>, XmlProblem> {
    let text = std::str::from_utf8(bytes).map_err(|_| XmlProblem::NotUtf8)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    check_depth(text)?;
    let options = roxmltree::ParsingOptions {
        allow_dtd: false,
        nodes_limit: limits.xml_nodes,
        ..Default::default()
    };
    let document = roxmltree::Document::parse_with_options(text, options).map_err(|e| match e {
        roxmltree::Error::DtdDetected => XmlProblem::Dtd,
        other => XmlProblem::Malformed(other.to_string()),
    })?;
    Ok(document)
}

/// Counts open tags before the tree is built. Coarse on purpose: a `<` in a comment or CDATA may
/// count, so the indexes written here have neither deep comments nor CDATA.
fn check_depth(text: &str) -> Result<(), XmlProblem> {
    let bytes = text.as_bytes();
    let mut depth: usize = 0;
    let mut i = 0;
    while let Some(offset) = bytes.get(i..).and_then(|r| r.iter().position(|&b| b == b'<')) {
        i += offset + 1;
        match bytes.get(i) {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(b'!' | b'?') | None => {}
            Some(_) => {
                let end =
                    bytes.get(i..).and_then(|r| r.iter().position(|&b| b == b'>')).map(|p| i + p);
                let self_closed =
                    end.is_some_and(|e| e > 0 && bytes.get(e - 1).is_some_and(|&b| b == b'/'));
                if !self_closed {
                    depth += 1;
                }
                if let Some(end) = end {
                    i = end;
                }
            }
        }
        if depth > MAX_DEPTH {
            return Err(XmlProblem::Malformed(format!("elements nested deeper than {MAX_DEPTH}")));
        }
    }
    Ok(())
}

/// Element children of a node.
pub(crate) fn children<'a, 'input>(
    node: roxmltree::Node<'a, 'input>,
) -> impl Iterator<Item = roxmltree::Node<'a, 'input>> {
    node.children().filter(roxmltree::Node::is_element)
}

/// The first child element of a local name.
pub(crate) fn child<'a, 'input>(
    node: roxmltree::Node<'a, 'input>,
    name: &str,
) -> Option<roxmltree::Node<'a, 'input>> {
    children(node).find(|n| n.tag_name().name() == name)
}

/// All text directly inside a node, trimmed.
pub(crate) fn text_of(node: roxmltree::Node<'_, '_>) -> String {
    node.children()
        .filter(roxmltree::Node::is_text)
        .filter_map(|n| n.text())
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_escaped_and_refuses_control_characters() {
        let mut w = XmlWriter::new().unwrap();
        w.open("a", &[("k", "<\"&'>")]).unwrap();
        w.text("b", "1 < 2 & \"3\"").unwrap();
        assert!(matches!(w.text("c", "\u{1}"), Err(Error::NotXmlText { .. })));
        let bytes = w.finish().unwrap();
        let doc = parse(&bytes, &Limits::default()).unwrap();
        assert_eq!(doc.root_element().attribute("k"), Some("<\"&'>"));
        assert_eq!(text_of(child(doc.root_element(), "b").unwrap()), "1 < 2 & \"3\"");
    }

    #[test]
    fn hostile_documents_are_refused() {
        let limits = Limits::default();
        let dtd = b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
        assert_eq!(parse(dtd, &limits).unwrap_err(), XmlProblem::Dtd);
        assert_eq!(parse(b"<a>\xff</a>", &limits).unwrap_err(), XmlProblem::NotUtf8);
        assert!(parse(b"<a>&undefined;</a>", &limits).is_err());
        let deep = "<a>".repeat(100_000);
        assert!(parse(deep.as_bytes(), &limits).is_err());
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert!(parse(deep.as_bytes(), &limits).is_err());
        let many = format!("<a>{}</a>", "<b/>".repeat(1000));
        let few = Limits { xml_nodes: 100, ..limits };
        assert!(parse(many.as_bytes(), &few).is_err());
        parse(many.as_bytes(), &limits).unwrap();
    }
}

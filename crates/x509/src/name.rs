//! Distinguished names (RFC 5280 §4.1.2.4) and the people in them.
//!
//! A name keeps its octets as received; comparing works on a canonical form
//! beside them and never changes them.

use std::{fmt, sync::Arc};

use asn1::{Oid, Tag, Value};
use serde::{Deserialize, Serialize};

use crate::{clean_text, oids};

/// A distinguished name.
///
/// ```text
/// Name ::= SEQUENCE OF RelativeDistinguishedName   -- SET OF AttributeTypeAndValue
/// ```
#[derive(Clone)]
pub struct Name(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    attributes: Vec<Attribute>,
    canonical: Vec<u8>,
}

/// One attribute of a name, as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its type.
    pub oid: Oid,
    /// Its text, not cleaned; empty when the value is no string.
    pub text: String,
    /// Which RelativeDistinguishedName it stands in, from 0.
    pub rdn: usize,
}

impl Name {
    /// Reads a `Name`.
    ///
    /// # Errors
    /// Anything but a SEQUENCE OF SET OF AttributeTypeAndValue.
    pub(crate) fn read(value: Value<'_>) -> asn1::Result<Self> {
        let mut attributes = Vec::new();
        let mut canonical = Vec::new();
        let mut rdns = value.expect(Tag::SEQUENCE)?.children();
        let mut rdn = 0;
        while let Some(set) = rdns.next_value()? {
            let mut members = Vec::new();
            let mut pairs = set.expect(Tag::SET)?.children();
            while let Some(pair) = pairs.next_value()? {
                let mut parts = pair.expect(Tag::SEQUENCE)?.children();
                let oid = parts.any()?.oid()?;
                let inner = parts.any()?;
                parts.finish()?;
                members.push(canonical_member(&oid, inner));
                let text = if is_string(inner.tag()) { inner.text() } else { String::new() };
                attributes.push(Attribute { oid, text, rdn });
            }
            members.sort_unstable();
            push_counted(&mut canonical, &members.concat());
            rdn += 1;
        }
        Ok(Self(Arc::new(Inner { der: value.raw().to_vec(), attributes, canonical })))
    }

    /// Reads a `Name` that fills `octets`.
    ///
    /// # Errors
    /// [`crate::Error::Encoding`].
    pub fn from_der(octets: &[u8]) -> crate::Result<Self> {
        Value::parse(octets).and_then(Self::read).map_err(crate::Error::encoding("name"))
    }

    /// The octets as received.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Whether the name has no attribute at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.attributes.is_empty()
    }

    /// Every attribute, in the order received.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.0.attributes
    }

    /// Whether two names name the same thing: the same octets, or equal after
    /// case folding and removal of insignificant white space (RFC 5280 §7.1,
    /// RFC 4518 §2.2, §2.6). Unicode normal forms are not applied: names that
    /// differ in them do not match, which fails closed.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.der == other.0.der || self.0.canonical == other.0.canonical
    }

    /// The form names are compared in: each RDN behind its length.
    pub(crate) fn canonical(&self) -> &[u8] {
        &self.0.canonical
    }

    /// The first attribute of this type, cleaned for display.
    #[must_use]
    pub fn attribute(&self, oid: &Oid) -> Option<String> {
        self.0
            .attributes
            .iter()
            .find(|attribute| attribute.oid == *oid && !attribute.text.is_empty())
            .map(|attribute| clean_text(&attribute.text))
    }

    /// commonName.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.attribute(&oids::COMMON_NAME)
    }

    /// surname.
    #[must_use]
    pub fn surname(&self) -> Option<String> {
        self.attribute(&oids::SURNAME)
    }

    /// givenName.
    #[must_use]
    pub fn given_name(&self) -> Option<String> {
        self.attribute(&oids::GIVEN_NAME)
    }

    /// serialNumber of the person or organisation, for example `TINIT-…`.
    #[must_use]
    pub fn serial_number(&self) -> Option<String> {
        self.attribute(&oids::SERIAL_NUMBER)
    }

    /// organizationName.
    #[must_use]
    pub fn organization(&self) -> Option<String> {
        self.attribute(&oids::ORGANIZATION)
    }

    /// organizationIdentifier, for example `CF:IT-…`.
    #[must_use]
    pub fn organization_identifier(&self) -> Option<String> {
        self.attribute(&oids::ORGANIZATION_IDENTIFIER)
    }

    /// title: the role, in Italian certificates sometimes with `::` and an ISTAT code.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        self.attribute(&oids::TITLE)
    }

    /// countryName.
    #[must_use]
    pub fn country(&self) -> Option<String> {
        self.attribute(&oids::COUNTRY)
    }

    /// dnQualifier: in Italian certificates the holder's number at the issuer.
    #[must_use]
    pub fn dn_qualifier(&self) -> Option<String> {
        self.attribute(&oids::DN_QUALIFIER)
    }

    /// Codice fiscale of a natural person out of serialNumber: `TINIT-…` (ETSI
    /// EN 319 412-1 §5.1.3) or `IT:…` of the years before it. The form is
    /// checked, the check letter is not.
    #[must_use]
    pub fn tax_code(&self) -> Option<String> {
        let number = self.serial_number()?.trim().to_ascii_uppercase();
        let code = ["TINIT-", "IT:"].iter().find_map(|prefix| number.strip_prefix(prefix))?;
        is_tax_code(code).then(|| code.to_owned())
    }

    /// The person, or organisation, this name describes.
    #[must_use]
    pub fn person(&self) -> PersonName {
        PersonName {
            surname: self.surname(),
            given_name: self.given_name(),
            common_name: self.common_name(),
            pseudonym: self.attribute(&oids::PSEUDONYM),
            tax_code: self.tax_code(),
            title: self.title(),
            organization: self.organization(),
            organization_identifier: self.organization_identifier(),
            country: self.country(),
            dn_qualifier: self.dn_qualifier(),
        }
    }
}

impl PartialEq for Name {
    /// Octet for octet; [`Name::matches`] is the comparison of RFC 5280.
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Name {}

impl fmt::Display for Name {
    /// RFC 4514 order and escapes, control and bidirectional characters removed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, attribute) in self.0.attributes.iter().rev().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match oids::attribute_keyword(&attribute.oid) {
                Some(keyword) => f.write_str(keyword)?,
                None => write!(f, "{}", attribute.oid)?,
            }
            f.write_str("=")?;
            for c in clean_text(&attribute.text).chars() {
                if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
                    f.write_str("\\")?;
                }
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// Who a certificate names, ready for a screen: every text is cleaned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// surname.
    pub surname: Option<String>,
    /// givenName.
    pub given_name: Option<String>,
    /// commonName.
    pub common_name: Option<String>,
    /// pseudonym, where the person is not named.
    pub pseudonym: Option<String>,
    /// Codice fiscale.
    pub tax_code: Option<String>,
    /// title.
    pub title: Option<String>,
    /// organizationName.
    pub organization: Option<String>,
    /// organizationIdentifier.
    pub organization_identifier: Option<String>,
    /// countryName.
    pub country: Option<String>,
    /// dnQualifier.
    pub dn_qualifier: Option<String>,
}

impl fmt::Display for PersonName {
    /// Surname and given name, as Italian registers have it; failing those the
    /// common name, the pseudonym or the organisation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.surname, &self.given_name) {
            (Some(surname), Some(given)) => write!(f, "{surname} {given}"),
            _ => {
                let next = [&self.common_name, &self.pseudonym, &self.organization];
                f.write_str(next.into_iter().flatten().next().map_or("", String::as_str))
            }
        }
    }
}

/// Whether the tag is one of the character string types of a DirectoryString.
fn is_string(tag: Tag) -> bool {
    const NUMERIC_STRING: Tag = Tag(0x12);
    [
        Tag::UTF8_STRING,
        Tag::PRINTABLE_STRING,
        Tag::TELETEX_STRING,
        Tag::IA5_STRING,
        Tag::VISIBLE_STRING,
        Tag::UNIVERSAL_STRING,
        Tag::BMP_STRING,
        NUMERIC_STRING,
    ]
    .contains(&tag)
}

/// One attribute in the form names are compared in.
fn canonical_member(oid: &Oid, value: Value<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    push_counted(&mut out, oid.contents());
    if is_string(value.tag()) {
        let folded: String = value
            .text()
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !c.is_control())
            .flat_map(char::to_lowercase)
            .collect();
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        out.push(b's');
        push_counted(&mut out, words.join(" ").as_bytes());
    } else {
        out.push(b'o');
        push_counted(&mut out, value.raw());
    }
    out
}

/// Appends the octets behind their count, so that joined parts stay apart.
fn push_counted(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(&(octets.len() as u64).to_be_bytes());
    out.extend_from_slice(octets);
}

/// `LLLLLL NN L NN L NNN L`, digits also as the letters that tell people of
/// equal data apart (omocodia, DM 23 December 1976).
fn is_tax_code(code: &str) -> bool {
    let digit = |c: u8| c.is_ascii_digit() || b"LMNPQRSTUV".contains(&c);
    let kinds = b"LLLLLLNNMNNLNNNL";
    code.len() == kinds.len()
        && code.bytes().zip(kinds).all(|(c, kind)| match kind {
            b'L' => c.is_ascii_uppercase(),
            b'M' => b"ABCDEHLMPRST".contains(&c),
            _ => digit(c),
        })
}

#[cfg(test)]
mod tests {
    use asn1::der;

    use super::*;

    fn name(parts: &[(&Oid, Vec<u8>)]) -> Name {
        let rdns: Vec<Vec<u8>> = parts
            .iter()
            .map(|(oid, value)| der::set_of(&[der::sequence(&[der::oid(oid), value.clone()])]))
            .collect();
        Name::from_der(&der::sequence(&rdns)).unwrap()
    }

    #[test]
    fn comparison_ignores_case_space_and_string_type() {
        let one = name(&[(&oids::COMMON_NAME, der::utf8_string("Comune  di Prova "))]);
        let two = name(&[(&oids::COMMON_NAME, der::printable_string("COMUNE DI PROVA"))]);
        let three = name(&[(&oids::COMMON_NAME, der::printable_string("COMUNE DI PROVE"))]);
        let other = name(&[(&oids::ORGANIZATION, der::printable_string("COMUNE DI PROVA"))]);
        assert!(one.matches(&two) && one != two);
        assert!(!one.matches(&three) && !one.matches(&other));
    }

    #[test]
    fn parts_do_not_run_together() {
        let one = name(&[
            (&oids::COMMON_NAME, der::utf8_string("a")),
            (&oids::COMMON_NAME, der::utf8_string("b")),
        ]);
        let joined = der::sequence(&[der::set_of(&[
            der::sequence(&[der::oid(&oids::COMMON_NAME), der::utf8_string("a")]),
            der::sequence(&[der::oid(&oids::COMMON_NAME), der::utf8_string("b")]),
        ])]);
        assert!(!one.matches(&Name::from_der(&joined).unwrap()));
    }

    #[test]
    fn people() {
        let signer = name(&[
            (&oids::COUNTRY, der::printable_string("IT")),
            (&oids::SURNAME, der::utf8_string("ROSSI")),
            (&oids::GIVEN_NAME, der::utf8_string("MARIO\u{202e}")),
            (&oids::SERIAL_NUMBER, der::printable_string("TINIT-RSSMRA80A01H501U")),
        ]);
        assert_eq!(signer.person().to_string(), "ROSSI MARIO");
        assert_eq!(signer.tax_code().as_deref(), Some("RSSMRA80A01H501U"));
        assert_eq!(
            signer.to_string(),
            "serialNumber=TINIT-RSSMRA80A01H501U, GN=MARIO, SN=ROSSI, C=IT"
        );
        for (text, expected) in [
            ("IT:RSSMRA80A01H501U", Some("RSSMRA80A01H501U")),
            ("TINIT-RSSMRA80A01H50", None),
            ("IDCIT-AA12345", None),
            ("TINDE-RSSMRA80A01H501U", None),
            ("IT:RSSMRA80Z01H501U", None),
        ] {
            let name = name(&[(&oids::SERIAL_NUMBER, der::printable_string(text))]);
            assert_eq!(name.tax_code().as_deref(), expected, "{text}");
        }
    }
}

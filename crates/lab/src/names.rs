//! Distinguished names and the codici fiscali of people who do not exist.
//!
//! A codice fiscale made here has a right check letter and the right shape,
//! and can belong to nobody: its place of birth, `X999`, was never assigned.

use asn1::{Oid, der};

use crate::{Error, Result, oids};

/// What every name of the lab carries.
pub const MARK: &str = "TEST - NON VALIDO";

/// Place code of everybody's birth; the Belfiore letters end at M, and Z is abroad.
const NOWHERE: &str = "X999";

/// One attribute of a name: PrintableString for what RFC 5280 and X.520 want so, UTF8String otherwise.
fn attribute(oid: &Oid, text: &str) -> Vec<u8> {
    let printable = [oids::COUNTRY, oids::SERIAL_NUMBER, oids::DN_QUALIFIER].contains(oid);
    let value = if printable { der::printable_string(text) } else { der::utf8_string(text) };
    der::set_of(&[der::sequence(&[der::oid(oid), value])])
}

/// A Name of single-valued RDNs, in this order.
#[must_use]
pub fn name(attributes: &[(Oid, &str)]) -> Vec<u8> {
    let rdns: Vec<_> = attributes.iter().map(|(oid, text)| attribute(oid, text)).collect();
    der::sequence(&rdns)
}

/// The name of an authority, a TSA or a responder.
#[must_use]
pub fn service_name(common_name: &str) -> Vec<u8> {
    let common_name = format!("{common_name} - {MARK}");
    let organisation = format!("Ceralacca Laboratorio - {MARK}");
    name(&[
        (oids::COUNTRY, "IT"),
        (oids::ORGANISATION, &organisation),
        (oids::COMMON_NAME, &common_name),
    ])
}

/// Date of birth and sex, as a codice fiscale holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Year.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
    /// 40 is added to a woman's day.
    pub female: bool,
}

/// The codice fiscale of somebody born nowhere (D.M. 23-12-1976).
///
/// # Errors
/// A name without letters or an impossible date.
pub fn tax_code(surname: &str, given_name: &str, birth: Birth) -> Result<String> {
    let refused =
        || Error::TaxCode { surname: surname.to_owned(), given_name: given_name.to_owned() };
    let months = b"ABCDEHLMPRST";
    let month = usize::from(birth.month).checked_sub(1).and_then(|m| months.get(m));
    let month = char::from(*month.ok_or_else(refused)?);
    let letters = |text: &str| text.chars().any(|c| c.is_ascii_alphabetic());
    if !(1..=31).contains(&birth.day) || !letters(surname) || !letters(given_name) {
        return Err(refused());
    }
    let day = birth.day + if birth.female { 40 } else { 0 };
    let stem = format!(
        "{}{}{:02}{month}{day:02}{NOWHERE}",
        three(surname, false),
        three(given_name, true),
        birth.year % 100
    );
    let check = check_letter(&stem).ok_or_else(refused)?;
    Ok(format!("{stem}{check}"))
}

/// Consonants, then vowels, then X. Of a given name with four consonants the second is left out.
fn three(text: &str, given_name: bool) -> String {
    let letters = || text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase());
    let vowel = |c: &char| "AEIOU".contains(*c);
    let mut consonants: Vec<char> = letters().filter(|c| !vowel(c)).collect();
    if given_name && consonants.len() > 3 {
        consonants.remove(1);
    }
    consonants.into_iter().chain(letters().filter(vowel)).chain("XXX".chars()).take(3).collect()
}

/// The check letter of the first fifteen characters; `None` for another shape.
#[must_use]
pub fn check_letter(stem: &str) -> Option<char> {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    if stem.len() != 15 {
        return None;
    }
    let mut sum = 0;
    for (index, octet) in stem.bytes().enumerate() {
        let value = match octet {
            b'0'..=b'9' => octet - b'0',
            b'A'..=b'Z' => octet - b'A',
            _ => return None,
        };
        sum += if index % 2 == 0 { ODD[usize::from(value)] } else { u32::from(value) };
    }
    char::from_u32(u32::from(b'A') + sum % 26)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_letters_agree_with_published_samples() {
        // Specimens found in every description of the codice fiscale.
        assert_eq!(check_letter("RSSMRA80A01H501"), Some('U'));
        assert_eq!(check_letter("MRTMTT91D08F205"), Some('J'));
        assert_eq!(check_letter("rssmra80a01h501"), None);
        assert_eq!(check_letter(""), None);
    }

    #[test]
    fn letters_are_chosen_as_the_decree_says() {
        let birth = Birth { year: 1971, month: 3, day: 9, female: true };
        let code = tax_code("Provadini", "Francesca", birth).unwrap();
        assert!(code.starts_with("PRVFNC71C49X999"), "{code}");
        assert_eq!(code.len(), 16);
        assert!(tax_code("Fo", "Al", birth).unwrap().starts_with("FOXLAX"));
        assert!(tax_code("", "Al", birth).is_err());
        assert!(tax_code("Fo", "Al", Birth { month: 13, ..birth }).is_err());
    }
}

//! Reading single fields of the sheet, collecting what is wrong instead of stopping at it.

use toml::Table;
use toml::value::{Datetime, Value};

use super::{Ipa, Problem};
use crate::Error;
use crate::digest::from_hex;
use crate::limits::Limits;
use crate::report::{Message, clean};
use crate::xml::is_xml_char;

/// A remedy in Italian and English.
pub(super) type Fix = (&'static str, &'static str);

/// One section of the sheet; `table` is `None` when the sheet lacks it, and then every mandatory
/// field in it is missing.
pub(super) struct Section<'a> {
    prefix: String,
    table: Option<&'a Table>,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a Table) -> Self {
        Self { prefix: String::new(), table: Some(table) }
    }

    /// The full key of a field, as messages name it.
    pub(super) fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }

    pub(super) fn is_present(&self) -> bool {
        self.table.is_some()
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.table?.get(name)
    }
}

/// What was found wrong so far.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

/// Parses the sheet's TOML.
pub(super) fn read_toml(text: &str) -> Result<Table, Error> {
    let limit = Limits::default().sheet_bytes;
    if text.len() > limit {
        return Err(Error::Limit {
            what: "the size in bytes of the metadata sheet",
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
        });
    }
    text.parse::<Table>().map_err(|e| {
        let line = e
            .span()
            .map_or(0, |span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count());
        let why = clean(e.message());
        Error::Metadata {
            problems: vec![Problem {
                code: "META-SYNTAX",
                key: String::new(),
                element: "TOML",
                message: Message::new(
                    format!("La scheda non è TOML corretto alla riga {line}: {why}."),
                    format!("The sheet is not correct TOML at line {line}: {why}."),
                ),
                fix: Message::new(
                    "controllare virgolette, parentesi e uguali in quella riga",
                    "check quotes, brackets and equal signs in that line",
                ),
            }],
        }
    })
}

impl Reader {
    /// Ends the reading: the value, or all problems.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Error> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(Error::Metadata { problems: self.problems }),
        }
    }

    /// A sub-section, with its allowed keys.
    pub(super) fn section<'a>(
        &mut self,
        parent: &Section<'a>,
        name: &str,
        known: &[&str],
    ) -> Section<'a> {
        let prefix = parent.key(name);
        let table = match parent.get(name) {
            None => None,
            Some(Value::Table(t)) => Some(t),
            Some(_) => {
                self.wrong_shape(&prefix);
                None
            }
        };
        let section = Section { prefix, table };
        self.refuse_unknown(&section, known);
        section
    }

    /// A list of sub-sections (`[[name]]`), each with its number in messages.
    pub(super) fn sections<'a>(
        &mut self,
        parent: &Section<'a>,
        name: &str,
        known: &[&str],
    ) -> Vec<Section<'a>> {
        let prefix = parent.key(name);
        let mut list = Vec::new();
        match parent.get(name) {
            None => {}
            Some(Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    let prefix = format!("{prefix}[{}]", i + 1);
                    if let Value::Table(table) = item {
                        let section = Section { prefix, table: Some(table) };
                        self.refuse_unknown(&section, known);
                        list.push(section);
                    } else {
                        self.wrong_shape(&prefix);
                    }
                }
            }
            Some(_) => self.wrong_shape(&prefix),
        }
        list
    }

    fn wrong_shape(&mut self, key: &str) {
        self.problems.push(Problem::value(
            key,
            "TOML",
            "non è una sezione / not a section",
            (
                "scrivere una sezione `[nome]`, o `[[nome]]` per le sezioni che si ripetono",
                "write a section `[name]`, or `[[name]]` for sections that repeat",
            ),
        ));
    }

    /// A misspelt key would lose its value silently, so it is refused.
    pub(super) fn refuse_unknown(&mut self, section: &Section<'_>, known: &[&str]) {
        let Some(table) = section.table else { return };
        for name in table.keys().filter(|k| !known.contains(&k.as_str())) {
            let key = clean(&section.key(name));
            self.problems.push(Problem {
                code: "META-UNKNOWN",
                element: "",
                message: Message::new(
                    format!("Il campo `{key}` non esiste."),
                    format!("There is no field `{key}`."),
                ),
                fix: Message::new(
                    format!("campi ammessi qui: {}", known.join(", ")),
                    format!("fields allowed here: {}", known.join(", ")),
                ),
                key,
            });
        }
    }

    /// A text if present; blanks only count as absent.
    pub(super) fn optional(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
    ) -> Option<String> {
        let text = match section.get(name)? {
            Value::String(s) => s.trim().to_owned(),
            // A number written without quotes is what a clerk means by it.
            Value::Integer(i) => i.to_string(),
            other => {
                self.problems.push(Problem::value(
                    &section.key(name),
                    element,
                    &other.to_string(),
                    ("scrivere un testo tra virgolette", "write a text in quotes"),
                ));
                return None;
            }
        };
        if let Some(bad) = text.chars().find(|&c| !is_xml_char(c)) {
            self.problems.push(Problem::value(
                &section.key(name),
                element,
                &format!("U+{:04X}", u32::from(bad)),
                ("togliere il carattere di controllo", "remove the control character"),
            ));
            return None;
        }
        (!text.is_empty()).then_some(text)
    }

    /// A mandatory text.
    pub(super) fn text(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
        fix: Fix,
    ) -> Option<String> {
        let before = self.problems.len();
        let text = self.optional(section, name, element);
        if text.is_none() && self.problems.len() == before {
            self.missing(section, name, element, fix);
        }
        text
    }

    pub(super) fn missing(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
        fix: Fix,
    ) {
        self.problems.push(Problem::missing(&section.key(name), element, fix));
    }

    pub(super) fn wrong(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
        found: &str,
        fix: Fix,
    ) {
        self.problems.push(Problem::value(&section.key(name), element, found, fix));
    }

    /// A mandatory yes or no.
    pub(super) fn boolean(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
    ) -> Option<bool> {
        const FIX: Fix = ("scrivere true (sì) o false (no)", "write true or false");
        match section.get(name) {
            Some(Value::Boolean(b)) => return Some(*b),
            None => self.missing(section, name, element, FIX),
            Some(Value::String(s)) if s.trim().is_empty() => {
                self.missing(section, name, element, FIX);
            }
            Some(other) => self.wrong(section, name, element, &other.to_string(), FIX),
        }
        None
    }

    /// A mandatory choice from a short list, compared without regard to case.
    pub(super) fn choice<T: Copy>(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
        choices: &[(&str, T)],
        fix: Fix,
    ) -> Option<T> {
        let text = self.text(section, name, element, fix)?;
        let found = choices
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(&text))
            .map(|(_, value)| *value);
        if found.is_none() {
            self.wrong(section, name, element, &text, fix);
        }
        found
    }

    /// A list of texts, possibly absent.
    pub(super) fn list(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
    ) -> Vec<String> {
        const FIX: Fix = (
            "scrivere una lista di testi, come [\"uno\", \"due\"]",
            "write a list of texts, such as [\"one\", \"two\"]",
        );
        match section.get(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                let mut list = Vec::new();
                for item in items {
                    match item.as_str().map(str::trim) {
                        Some("") => {}
                        Some(s) if s.chars().all(is_xml_char) => list.push(s.to_owned()),
                        _ => self.wrong(section, name, element, &item.to_string(), FIX),
                    }
                }
                list
            }
            Some(other) => {
                self.wrong(section, name, element, &other.to_string(), FIX);
                Vec::new()
            }
        }
    }

    /// A date, as `xs:date`.
    pub(super) fn date(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
    ) -> Option<String> {
        const FIX: Fix = ("scrivere la data come 2026-03-12", "write the date as 2026-03-12");
        let found = match self.moment(section, name) {
            Found::Absent => {
                self.missing(section, name, element, FIX);
                return None;
            }
            Found::Wrong(text) => Err(text),
            Found::Is(d) => match (d.date, d.time) {
                (Some(date), None) => Ok(date.to_string()),
                _ => Err(d.to_string()),
            },
        };
        found.map_err(|text| self.wrong(section, name, element, &text, FIX)).ok()
    }

    /// A time of day if present, as `xs:time` with its seconds.
    pub(super) fn time(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
    ) -> Option<String> {
        const FIX: Fix = ("scrivere l'ora come 21:45:00", "write the time as 21:45:00");
        let found = match self.moment(section, name) {
            Found::Absent => return None,
            Found::Wrong(text) => Err(text),
            Found::Is(d) => match (d.date, d.time, d.offset) {
                (None, Some(t), None) => {
                    Ok(format!("{:02}:{:02}:{:02}", t.hour, t.minute, t.second.unwrap_or(0)))
                }
                _ => Err(d.to_string()),
            },
        };
        found.map_err(|text| self.wrong(section, name, element, &text, FIX)).ok()
    }

    fn moment(&self, section: &Section<'_>, name: &str) -> Found {
        match section.get(name) {
            None => Found::Absent,
            Some(Value::Datetime(d)) => Found::Is(*d),
            Some(Value::String(s)) if s.trim().is_empty() => Found::Absent,
            Some(Value::String(s)) => {
                s.trim().parse::<Datetime>().map_or_else(|_| Found::Wrong(s.clone()), Found::Is)
            }
            Some(other) => Found::Wrong(other.to_string()),
        }
    }

    /// A SHA-256 in hex, if present.
    pub(super) fn sha256(
        &mut self,
        section: &Section<'_>,
        name: &str,
        element: &'static str,
    ) -> Option<Vec<u8>> {
        let text = self.optional(section, name, element)?;
        let digest = from_hex(&text).filter(|d| d.len() == 32);
        if digest.is_none() {
            self.wrong(
                section,
                name,
                element,
                &text,
                (
                    "scrivere i 64 caratteri esadecimali dell'impronta SHA-256",
                    "write the 64 hexadecimal characters of the SHA-256 digest",
                ),
            );
        }
        digest
    }

    /// An entry of the index of public bodies, `{ denominazione = …, codice = … }`.
    pub(super) fn ipa(
        &mut self,
        parent: &Section<'_>,
        name: &str,
        element: &'static str,
        mandatory: bool,
    ) -> Option<Ipa> {
        const FIX: Fix = (
            "scrivere { denominazione = \"Comune di …\", codice = \"c_x000\" }, il codice come in indicepa.gov.it",
            "write { denominazione = \"Comune di …\", codice = \"c_x000\" }, the code as in indicepa.gov.it",
        );
        let section = self.section(parent, name, &["denominazione", "codice"]);
        if !section.is_present() {
            if mandatory && parent.get(name).is_none() {
                self.missing(parent, name, element, FIX);
            }
            return None;
        }
        let body = self.text(&section, "denominazione", element, FIX);
        let code = self.text(&section, "codice", element, FIX);
        Some(Ipa { name: body?, code: code? })
    }
}

enum Found {
    Absent,
    Wrong(String),
    Is(Datetime),
}

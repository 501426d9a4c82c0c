//! What is wrong with a sheet, said so that a clerk can mend it.

use crate::report::{Message, clean};

/// One thing wrong (or, among the warnings, unusual) in a metadata sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable name: `META-MISSING`, `META-VALUE`, `META-UNKNOWN`, `META-RULE`, `META-SYNTAX`.
    pub code: &'static str,
    /// The key in the sheet, such as `documento.oggetto`.
    pub key: String,
    /// The element of Allegato 5 (or of UNI 11386) it fills, such as `ChiaveDescrittiva/Oggetto`.
    pub element: &'static str,
    /// What is wrong.
    pub message: Message,
    /// What to write.
    pub fix: Message,
}

impl Problem {
    pub(super) fn missing(key: &str, element: &'static str, fix: (&str, &str)) -> Self {
        Self {
            code: "META-MISSING",
            key: clean(key),
            element,
            message: Message::new(
                format!("Manca il campo obbligatorio `{key}` ({element})."),
                format!("The mandatory field `{key}` ({element}) is missing."),
            ),
            fix: Message::new(fix.0, fix.1),
        }
    }

    pub(super) fn value(key: &str, element: &'static str, found: &str, fix: (&str, &str)) -> Self {
        let found = clean(found);
        Self {
            code: "META-VALUE",
            key: clean(key),
            element,
            message: Message::new(
                format!("Il campo `{key}` ({element}) ha un valore non ammesso: {found}."),
                format!("The field `{key}` ({element}) has a value that is not allowed: {found}."),
            ),
            fix: Message::new(fix.0, fix.1),
        }
    }

    pub(super) fn rule(
        key: &str,
        element: &'static str,
        message: (&str, &str),
        fix: (&str, &str),
    ) -> Self {
        Self {
            code: "META-RULE",
            key: clean(key),
            element,
            message: Message::new(clean(message.0), clean(message.1)),
            fix: Message::new(fix.0, fix.1),
        }
    }
}

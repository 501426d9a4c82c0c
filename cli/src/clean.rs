//! What is shown of other people's text.
//!
//! Names in certificates and files are written by whoever made them. Before a terminal, a log or a
//! report sees them, control characters (which move cursors and forge lines) and bidirectional
//! marks (which make one name look like another, UTR #36) are taken out. Nothing else changes.

use std::borrow::Cow;
use std::path::Path;

/// Whether a character may not be shown.
fn forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}'                  // Arabic letter mark
            | '\u{200B}'                // zero width space
            | '\u{200E}' | '\u{200F}'   // left-to-right and right-to-left marks
            | '\u{2028}' | '\u{2029}'   // line and paragraph separators
            | '\u{202A}'..='\u{202E}'   // embeddings and overrides
            | '\u{2060}'                // word joiner
            | '\u{2066}'..='\u{2069}'   // isolates
            | '\u{FEFF}'                // zero width no-break space
        )
}

/// One line of text without control and bidi characters.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if text.chars().any(forbidden) {
        Cow::Owned(text.chars().filter(|&c| !forbidden(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A path as shown: cleaned, and lossy where it is not Unicode.
pub(crate) fn path(path: &Path) -> String {
    line(&path.to_string_lossy()).into_owned()
}

/// A URL as shown: cleaned, and without the password that may stand in it.
pub(crate) fn url(url: &str) -> String {
    let clean = line(url);
    let Some((scheme, rest)) = clean.split_once("://") else { return clean.into_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}{tail}"),
        None => clean.into_owned(),
    }
}

/// Cleans every string of a JSON value, line breaks excepted: JSON escapes those, and reports have them.
pub(crate) fn json(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::String(s) => {
            if s.chars().any(|c| c != '\n' && forbidden(c)) {
                *s = s.chars().filter(|&c| c == '\n' || !forbidden(c)).collect();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(json),
        Value::Object(map) => map.values_mut().for_each(json),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_are_taken_out() {
        assert_eq!(line("ROSSI\u{1b}[2J MARIO\r\n"), "ROSSI[2J MARIO");
        assert_eq!(line("fattura\u{202E}fdp.exe"), "fatturafdp.exe");
        assert_eq!(line("a\u{2066}b\u{2069}\u{200F}c\u{9b}d"), "abcd");
        assert_eq!(line("Città di Forlì — è qui"), "Città di Forlì — è qui");
    }

    #[test]
    fn json_is_cleaned_at_every_depth() {
        let mut value = serde_json::json!({"a": ["x\u{1b}y", {"b": "p\nq\u{202E}"}], "n": 1});
        json(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["xy", {"b": "p\nq"}], "n": 1}));
    }

    #[test]
    fn passwords_in_urls_are_hidden() {
        assert_eq!(url("https://u:s3@tsa.example/tsr?x=@1"), "https://***@tsa.example/tsr?x=@1");
        assert_eq!(url("https://u:p@ss@tsa.example"), "https://***@tsa.example");
        assert_eq!(url("https://tsa.example/a@b"), "https://tsa.example/a@b");
    }
}

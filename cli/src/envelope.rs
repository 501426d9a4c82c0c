//! The JSON envelope, `ceralacca/1`: one object for each input.

use serde::Serialize;
use serde_json::Value;

use crate::clean;
use crate::exit::Exit;
use crate::lang::Lang;
use crate::outcome::Outcome;

/// The name and version of the envelope; keys may be added, never renamed.
pub(crate) const SCHEMA: &str = "ceralacca/1";

/// One object as printed.
#[derive(Debug, Serialize)]
pub(crate) struct Envelope {
    schema: &'static str,
    command: String,
    ok: bool,
    input: Option<String>,
    data: Value,
    warnings: Vec<Notice>,
    errors: Vec<Notice>,
}

#[derive(Debug, Serialize)]
struct Notice {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<Option<String>>,
}

impl Envelope {
    /// Puts an outcome into its envelope; every string is cleaned of control and bidi characters.
    pub(crate) fn of(command: &str, outcome: &Outcome, lang: Lang) -> Self {
        let say = |text: &crate::lang::Text| clean::line(text.get(lang)).into_owned();
        let mut data = outcome.data.clone();
        if data.is_null() {
            data = Value::Object(serde_json::Map::new());
        }
        clean::json(&mut data);
        Self {
            schema: SCHEMA,
            command: command.to_owned(),
            ok: outcome.exit == Exit::Done,
            input: outcome.input.as_deref().map(|i| clean::line(i).into_owned()),
            data,
            warnings: outcome
                .warnings
                .iter()
                .map(|w| Notice { code: w.code, message: say(&w.message), hint: None })
                .collect(),
            errors: outcome
                .errors
                .iter()
                .map(|e| Notice {
                    code: e.code,
                    message: say(&e.message),
                    hint: Some(e.hint.as_ref().map(say)),
                })
                .collect(),
        }
    }

    /// The object over several lines, for one input.
    pub(crate) fn pretty(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The object on one line, for a stream of them.
    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Failure, Warning};
    use crate::lang::Text;

    #[test]
    fn the_keys_are_the_contract() {
        let outcome = Outcome::new("a\u{202E}b.p7m")
            .data(serde_json::json!({"name": "X\u{1b}Y"}))
            .warning(Warning::new("W", Text::fixed("attento", "careful")))
            .failure(Failure::later("token"));
        let line = Envelope::of("verify", &outcome, Lang::En).line();
        let value: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(value["schema"], "ceralacca/1");
        assert_eq!(value["command"], "verify");
        assert_eq!(value["ok"], false);
        assert_eq!(value["input"], "ab.p7m");
        assert_eq!(value["data"]["name"], "XY");
        assert_eq!(value["warnings"][0], serde_json::json!({"code": "W", "message": "careful"}));
        assert_eq!(value["errors"][0]["code"], "NOT_YET_AVAILABLE");
        assert!(value["errors"][0]["hint"].is_string());
        let keys: Vec<&String> = value.as_object().expect("object").keys().collect();
        assert_eq!(keys.len(), 7, "{keys:?}");
        assert!(!line.contains('\n'));
    }
}

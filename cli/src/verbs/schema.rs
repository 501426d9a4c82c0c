//! `schema`: the JSON Schema of what --json prints.

use crate::exit::Exit;

use super::Run;

/// The schema as shipped; a test holds it against the envelope.
pub(crate) const SCHEMA: &str = include_str!("../schema.json");

/// Prints it.
pub(crate) fn run(run: &mut Run<'_>) -> Exit {
    run.printer.raw(SCHEMA);
    Exit::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{self, Envelope};
    use crate::failure::{Failure, Warning};
    use crate::lang::{Lang, Text};
    use crate::outcome::Outcome;
    use serde_json::Value;

    #[test]
    fn the_schema_names_what_the_envelope_has() {
        let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
        assert_eq!(schema["properties"]["schema"]["const"], envelope::SCHEMA);
        let outcome = Outcome::new("f")
            .warning(Warning::new("W", Text::same("w")))
            .failure(Failure::later("x"));
        let printed: Value =
            serde_json::from_str(&Envelope::of("sign", &outcome, Lang::En).line()).expect("JSON");
        let keys = |v: &Value| -> Vec<String> {
            let mut keys: Vec<String> = v.as_object().expect("object").keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&printed), keys(&schema["properties"]));
        assert_eq!(keys(&printed["errors"][0]), keys(&schema["$defs"]["error"]["properties"]));
        assert_eq!(keys(&printed["warnings"][0]), keys(&schema["$defs"]["warning"]["properties"]));
    }

    #[test]
    fn every_reference_of_the_schema_resolves() {
        let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
        fn walk(value: &Value, root: &Value) {
            match value {
                Value::Object(map) => {
                    if let Some(Value::String(reference)) = map.get("$ref") {
                        let pointer = reference.strip_prefix('#').expect("local");
                        assert!(root.pointer(pointer).is_some(), "{reference}");
                    }
                    map.values().for_each(|v| walk(v, root));
                }
                Value::Array(items) => items.iter().for_each(|v| walk(v, root)),
                _ => {}
            }
        }
        walk(&schema, &schema);
    }
}

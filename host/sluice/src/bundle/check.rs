//! Field names and fixed words of a bundle against the API's own description, so that every slip of a file is told at once, with the
//! word that was probably meant. Values, references and rules are the server's to judge; what the description leaves open passes.

use serde_json::{Map, Value};

use super::{merge::KINDS, suggest, token};

/// The schema of one object of each of [`KINDS`].
const SCHEMAS: [&str; KINDS.len()] = ["Source", "Model", "Segment", "Destination", "Activation"];

type Found = Vec<(String, String)>;

/// Pointer and cause of every slip.
pub(super) fn check(bundle: &Value) -> Found {
    let description = serde_json::to_value(sluice_api::openapi()).expect("a description is plain data");
    let known = Known { schemas: &description["components"]["schemas"] };
    let mut found = Vec::new();
    for (kind, schema) in KINDS.iter().zip(SCHEMAS) {
        for (at, object) in bundle[kind].as_array().into_iter().flatten().enumerate() {
            // Secrets stand beside a destination or source in a bundle, and nowhere else in the interface.
            let extra: &[&str] = if matches!(*kind, "sources" | "destinations") { &["credentials"] } else { &[] };
            known.value(object, &known.schemas[schema], extra, &format!("/{kind}/{at}"), &mut found);
        }
    }
    found
}

struct Known<'a> {
    schemas: &'a Value,
}

impl<'a> Known<'a> {
    /// What a schema comes down to: references followed, alternatives side by side.
    fn alternatives(&self, schema: &'a Value, out: &mut Vec<&'a Value>) {
        if let Some(name) = schema["$ref"].as_str().and_then(|text| text.rsplit('/').next()) {
            self.alternatives(&self.schemas[name], out);
        } else if let Some(several) = schema["oneOf"].as_array() {
            several.iter().for_each(|one| self.alternatives(one, out));
        } else {
            out.push(schema);
        }
    }

    fn value(&self, value: &Value, schema: &'a Value, extra: &[&str], pointer: &str, found: &mut Found) {
        let mut alternatives = Vec::new();
        self.alternatives(schema, &mut alternatives);
        match value {
            Value::Object(fields) => self.object(fields, &alternatives, extra, pointer, found),
            Value::Array(items) => {
                if let Some(schema) = alternatives.iter().map(|one| &one["items"]).find(|schema| !schema.is_null()) {
                    for (at, item) in items.iter().enumerate() {
                        self.value(item, schema, &[], &format!("{pointer}/{at}"), found);
                    }
                }
            }
            Value::String(text) => word(text, &alternatives, pointer, found),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(&self, fields: &Map<String, Value>, alternatives: &[&'a Value], extra: &[&str], pointer: &str, found: &mut Found) {
        let shapes: Vec<&Map<String, Value>> = alternatives.iter().filter_map(|one| one["properties"].as_object()).collect();
        // Something without fixed fields is allowed here: whatever it is, it is not ours to judge.
        if shapes.is_empty()
            || alternatives.iter().any(|one| one["type"].is_null() || (is_object(one) && one["properties"].is_null()))
        {
            return;
        }
        let names: Vec<&str> =
            shapes.iter().flat_map(|shape| shape.keys().map(String::as_str)).chain(extra.iter().copied()).collect();
        let mut meant = Vec::new();
        for (key, field) in fields {
            let pointer = format!("{pointer}/{}", token(key));
            match shapes.iter().find_map(|shape| shape.get(key)) {
                Some(schema) => self.value(field, schema, &[], &pointer, found),
                None if extra.contains(&key.as_str()) => {}
                None => {
                    meant.extend(suggest::nearest(key, names.iter().copied()));
                    found.push((pointer, format!("There is no field `{key}` here; {}", suggest::or_list(key, &names))));
                }
            }
        }
        // Of several shapes each field is one; which of them is meant is only known when there is one.
        if let [one] = alternatives {
            let required = one["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            // A field that was mistyped is told once.
            for name in required.filter(|name| !fields.contains_key(*name) && !meant.contains(name)) {
                found.push((pointer.to_owned(), format!("The field `{name}` is missing.")));
            }
        }
    }
}

fn is_object(schema: &Value) -> bool {
    schema["type"] == "object"
}

/// A text where only certain words may stand.
fn word(text: &str, alternatives: &[&Value], pointer: &str, found: &mut Found) {
    let mut words = Vec::new();
    for one in alternatives {
        match one["enum"].as_array() {
            Some(list) => words.extend(list.iter().filter_map(Value::as_str)),
            None if is_object(one) || one["type"] == "null" => {}
            None => return,
        }
    }
    // `${NAME}` is filled in later.
    if !words.is_empty() && !words.contains(&text) && !text.contains("${") {
        found.push((pointer.to_owned(), format!("`{text}` is not one of the words here; {}", suggest::or_list(text, &words))));
    }
}

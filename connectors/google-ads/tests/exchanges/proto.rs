//! Google's published definitions as far as JSON bodies can be held against them: names, repetition, types, words of enumerations, what is
//! required, and what excludes each other. Definitions are read from the text that Google publishes; none is copied here.

use std::collections::BTreeMap;

use serde_json::Value;

/// Messages and enumerations by their own names, which are unique among the files that are read.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    messages: BTreeMap<String, BTreeMap<String, Field>>,
    enums: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone)]
struct Field {
    ty: String,
    repeated: bool,
    required: bool,
    /// Of fields that exclude each other.
    oneof: Option<usize>,
}

/// `adUserData` of `ad_user_data`: the name in JSON (protobuf.dev/programming-guides/json).
fn in_json(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
}

impl Definitions {
    /// What a file defines joins what others did.
    pub(crate) fn read(&mut self, text: &str) {
        let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
        // Addresses in options hold `//`, too: what follows is of no interest.
        let text = lines.collect::<Vec<_>>().join(" ");
        let (mut blocks, mut statement, mut oneofs, mut depth) = (Vec::<(String, String)>::new(), String::new(), 0, 0);
        for c in text.chars() {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            match c {
                '{' if depth == 0 => {
                    let mut words = statement.split_whitespace();
                    let (kind, name) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
                    match kind.as_str() {
                        "message" => drop(self.messages.entry(name.clone()).or_default()),
                        "enum" => drop(self.enums.entry(name.clone()).or_default()),
                        "oneof" => oneofs += 1,
                        _ => {}
                    }
                    blocks.push((kind, name));
                    statement.clear();
                }
                '}' if depth == 0 => {
                    blocks.pop();
                    statement.clear();
                }
                ';' if depth == 0 => {
                    self.stated(&blocks, &statement, oneofs);
                    statement.clear();
                }
                _ => statement.push(c),
            }
        }
    }

    fn stated(&mut self, blocks: &[(String, String)], statement: &str, oneofs: usize) {
        let Some((head, options)) = statement.split_once('=') else { return };
        // A long name of a type is broken before one of its dots.
        let head = head.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".");
        let mut words: Vec<&str> = head.split(' ').collect();
        match blocks.last().map(|(kind, name)| (kind.as_str(), name)) {
            Some(("enum", name)) => self.enums.entry(name.clone()).or_default().push(words[0].to_owned()),
            Some((kind @ ("message" | "oneof"), _)) if words[0] != "option" => {
                let repeated = words[0] == "repeated";
                words.retain(|word| !matches!(*word, "repeated" | "optional"));
                let [ty, name] = words[..] else { return };
                let ty = ty.rsplit('.').next().unwrap_or_default().to_owned();
                let required = options.replace(' ', "").contains("(google.api.field_behavior)=REQUIRED");
                let field = Field { ty, repeated, required, oneof: (kind == "oneof").then_some(oneofs) };
                let message = blocks.iter().rev().find(|(kind, _)| kind == "message");
                self.messages.entry(message.unwrap().1.clone()).or_default().insert(in_json(name), field);
            }
            _ => {}
        }
    }

    /// The names of a message's fields in JSON. Panics where there is no such message.
    pub(crate) fn names(&self, message: &str) -> Vec<&str> {
        self.messages[message].keys().map(String::as_str).collect()
    }

    /// What a body has that the message has not. `elsewhere`: required fields that stand in the address.
    pub(crate) fn faults(&self, message: &str, body: &Value, elsewhere: &[&str]) -> Vec<String> {
        let mut faults = Vec::new();
        self.message(message, body, elsewhere, message, &mut faults);
        faults
    }

    fn message(&self, message: &str, body: &Value, elsewhere: &[&str], at: &str, faults: &mut Vec<String>) {
        let Some(fields) = self.messages.get(message) else { return faults.push(format!("{at}: `{message}` is not described")) };
        let Some(members) = body.as_object() else { return faults.push(format!("{at}: is an object")) };
        let mut set = Vec::new();
        for (name, value) in members {
            let at = format!("{at}.{name}");
            let Some(field) = fields.get(name) else {
                faults.push(format!("{at}: is not described"));
                continue;
            };
            if let Some(oneof) = field.oneof {
                if set.contains(&oneof) {
                    faults.push(format!("{at}: another of its kind is set"));
                }
                set.push(oneof);
            }
            match (field.repeated, value) {
                (false, value) => self.value(field, value, &at, faults),
                (true, Value::Array(items)) => items.iter().for_each(|item| self.value(field, item, &at, faults)),
                (true, _) => faults.push(format!("{at}: is an array")),
            }
        }
        let missing = fields.iter().filter(|(name, field)| field.required && !members.contains_key(*name));
        faults.extend(
            missing.filter(|(name, _)| !elsewhere.contains(&name.as_str())).map(|(name, _)| format!("{at}: has no {name}")),
        );
    }

    fn value(&self, field: &Field, value: &Value, at: &str, faults: &mut Vec<String>) {
        let text = value.as_str();
        let fits = match field.ty.as_str() {
            "string" => text.is_some(),
            "bool" => value.is_boolean(),
            "double" => value.is_number(),
            "int32" => value.is_i64(),
            "int64" => text.is_some_and(|text| text.parse::<i64>().is_ok()),
            "Timestamp" => text.is_some_and(|text| text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z')),
            "Duration" => text.and_then(|text| text.strip_suffix('s')).is_some_and(|seconds| seconds.parse::<f64>().is_ok()),
            name => match self.enums.get(name) {
                Some(words) => text.is_some_and(|text| words.iter().any(|word| word == text)),
                None => return self.message(name, value, &[], at, faults),
            },
        };
        if !fits {
            faults.push(format!("{at}: {value} is no {}", field.ty));
        }
    }
}

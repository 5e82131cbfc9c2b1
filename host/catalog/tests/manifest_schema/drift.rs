//! Member by member and word by word: a change of the types without the schema, or of the schema without the types, fails here.
//!
//! The parser is asked by its errors: serde names every member and every word that it would have taken.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{parses, schema, text, whole, with};

/// A place of [`whole`] and what the schema says about it.
struct Place<'a> {
    at: String,
    rule: &'a Value,
}

impl Place<'_> {
    /// Whether only the named members may stand there.
    fn closed(&self) -> bool {
        self.rule["additionalProperties"] == false
    }

    fn members(&self) -> BTreeSet<String> {
        self.rule["properties"].as_object().into_iter().flat_map(|p| p.keys().cloned()).collect()
    }
}

fn places(schema: &Value) -> Vec<Place<'_>> {
    let mut out = Vec::new();
    walk(schema, schema, &whole(), String::new(), &mut out);
    out
}

fn walk<'a>(schema: &'a Value, rule: &'a Value, value: &Value, at: String, out: &mut Vec<Place<'a>>) {
    let mut rule = rule;
    while let Some(name) = rule["$ref"].as_str() {
        rule = schema.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name} leads nowhere"));
    }
    if let Some(kinds) = rule["oneOf"].as_array() {
        rule = kinds.iter().find(|k| k["properties"]["kind"]["const"] == value["kind"]).expect("one of the kinds");
    }
    out.push(Place { at: at.clone(), rule });
    if rule["additionalProperties"] == false {
        for (name, rule) in rule["properties"].as_object().expect("members") {
            let value = value.get(name).unwrap_or_else(|| panic!("the whole manifest has no {at}/{name}"));
            walk(schema, rule, value, format!("{at}/{name}"), out);
        }
    } else if rule["additionalProperties"].is_object() {
        for (name, value) in value.as_object().expect("an object") {
            walk(schema, &rule["additionalProperties"], value, format!("{at}/{name}"), out);
        }
    }
    if rule["items"].is_object() {
        let items = value.as_array().expect("a list");
        assert!(!items.is_empty(), "the whole manifest has nothing in {at}");
        for (i, value) in items.iter().enumerate() {
            walk(schema, &rule["items"], value, format!("{at}/{i}"), out);
        }
    }
}

/// The names that stand in back quotes after the first one, which is the refused name.
fn expected(error: &str) -> BTreeSet<String> {
    error.split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect()
}

#[test]
fn schema_and_parser_know_the_same_members_and_demand_the_same() {
    let (rules, validator) = (text(), schema());
    let mut seen = 0;
    for place in places(&rules).into_iter().filter(Place::closed) {
        let at = &place.at;
        let mut extended = whole();
        extended.pointer_mut(at).expect("a place")["surprise"] = json!(1);
        assert!(!validator.is_valid(&extended), "the schema takes {at}/surprise");
        let error = parses(&extended).expect_err("the parser takes a surprise");
        assert!(error.contains("unknown field `surprise`"), "{at}: {error}");
        let mut known = expected(&error);
        if at.ends_with("/write") {
            known.insert("kind".into()); // read before the members of its kind
        }
        assert_eq!(known, place.members(), "{at}");

        let demanded: Vec<&str> = place.rule["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for member in place.members() {
            let mut without = whole();
            without.pointer_mut(at).expect("a place").as_object_mut().expect("an object").remove(&member);
            let missing = parses(&without).is_err_and(|e| e.contains(&format!("missing field `{member}`")));
            assert_eq!(demanded.contains(&member.as_str()), missing, "{at}/{member}");
            assert!(!missing || !validator.is_valid(&without), "the schema does without {at}/{member}");
        }
        seen += 1;
    }
    assert!(seen >= 15, "{seen} objects");
}

#[test]
fn schema_and_parser_know_the_same_words() {
    let (rules, validator) = (text(), schema());
    let mut seen = 0;
    for place in places(&rules) {
        let words: BTreeSet<String> = if place.at.ends_with("/write/kind") {
            let kinds = rules["properties"]["credentials"]["items"]["properties"]["write"]["oneOf"].as_array().expect("kinds");
            kinds.iter().filter_map(|k| k["properties"]["kind"]["const"].as_str().map(str::to_owned)).collect()
        } else if let Some(words) = place.rule["enum"].as_array() {
            words.iter().filter_map(|w| w.as_str().map(str::to_owned)).collect()
        } else {
            continue;
        };
        let changed = with(&place.at, &json!("surprise"));
        assert!(!validator.is_valid(&changed), "the schema takes a surprise at {}", place.at);
        let error = parses(&changed).expect_err("the parser takes a surprise");
        if place.at.contains("/methods/") {
            // A text to serde; the parser's own sentence has the list.
            let known = error.split("is not one of ").nth(1).and_then(|t| t.split('"').next()).expect("the list of methods");
            assert_eq!(known.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), words, "{}", place.at);
        } else {
            assert!(error.contains("unknown variant `surprise`"), "{}: {error}", place.at);
            assert_eq!(expected(&error), words, "{}", place.at);
        }
        seen += 1;
    }
    assert!(seen >= 15, "{seen} lists of words");
}

#[test]
fn schema_and_parser_refuse_the_same_types_and_numbers() {
    let (rules, validator) = (text(), schema());
    let mut seen = 0;
    for place in places(&rules) {
        let (wrong, right) = match place.rule["type"].as_str() {
            Some("string") => (vec![json!(1), json!(true)], vec![]),
            // What a connection refers to must be optional: a rule between places.
            Some("boolean") if place.at.ends_with("/optional") => (vec![json!("true"), json!(1)], vec![json!(true)]),
            Some("boolean") => (vec![json!("true"), json!(1)], vec![json!(true), json!(false)]),
            Some("array" | "object") => (vec![json!("text"), json!(1)], vec![]),
            Some("integer") => {
                let least = place.rule["minimum"].as_i64().expect("every number has a least value");
                let mut wrong = vec![json!("1"), json!(1.5), json!(-1), json!(least - 1)];
                let mut right = vec![json!(least)];
                if let Some(most) = place.rule["maximum"].as_i64() {
                    wrong.push(json!(most + 1));
                    right.push(json!(most));
                }
                (wrong, right)
            }
            None => (vec![json!(1), json!([])], vec![]),
            Some(other) => panic!("{}: {other}", place.at),
        };
        if place.at.is_empty() {
            continue; // a TOML file is a table
        }
        for value in wrong {
            let changed = with(&place.at, &value);
            assert!(!validator.is_valid(&changed), "the schema takes {} = {value}", place.at);
            assert!(parses(&changed).is_err(), "the parser takes {} = {value}", place.at);
        }
        for value in right {
            let changed = with(&place.at, &value);
            assert!(validator.is_valid(&changed), "the schema refuses {} = {value}", place.at);
            parses(&changed).unwrap_or_else(|e| panic!("{} = {value}: {e}", place.at));
        }
        seen += 1;
    }
    assert!(seen >= 80, "{seen} places");
}

use serde_json::json;

use super::*;

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => panic!("{value} is no object"),
    }
}

fn schema_of(first: Value) -> Schema {
    let mut schema = Schema::default();
    let admitted = schema.admit(map(json!({ "a": first })), true).unwrap();
    schema.learn(&admitted);
    schema
}

#[test]
fn the_first_value_fixes_the_type_and_only_a_wider_one_takes_another() {
    let values = [
        ("boolean", json!(true)),
        ("long", json!(1)),
        ("double", json!(1.5)),
        ("date", json!("2021-07-01 18:08:09 +00:00")),
        ("string", json!("x")),
        ("list of strings", json!(["x"])),
        ("list of longs", json!([1])),
        ("object", json!({ "x": 1 })),
        ("list of objects", json!([{ "x": 1 }])),
    ];
    for (first, value) in &values {
        let schema = schema_of(value.clone());
        for (next, value) in &values {
            let taken = schema.admit(map(json!({ "a": value })), true).is_ok();
            let wider = matches!((*first, *next), ("double", "long") | ("string", "date"));
            assert_eq!(taken, first == next || wider, "{first} then {next}");
        }
        assert!(schema.admit(map(json!({ "a": null })), true).is_ok(), "null has no type");
    }
}

#[test]
fn an_empty_list_waits_for_its_first_element() {
    let mut schema = schema_of(json!([]));
    for (value, taken) in [(json!("x"), false), (json!([1]), true), (json!(["x"]), false), (json!([]), true)] {
        let admitted = schema.admit(map(json!({ "a": value })), false);
        assert_eq!(admitted.is_ok(), taken, "{value}");
        if let Ok(admitted) = admitted {
            schema.learn(&admitted);
        }
    }
}

#[test]
fn nested_fields_are_fields_of_their_own() {
    let schema = schema_of(json!({ "b": { "c": 1 }, "d": [{ "e": true }] }));
    let paths: Vec<_> = schema.iter().map(|(path, ty)| (path, ty.word())).collect();
    let want = [("a", "object"), ("a.b", "object"), ("a.b.c", "long"), ("a.d", "object"), ("a.d.e", "boolean")];
    assert_eq!(paths, want);
    assert_eq!(
        schema.admit(map(json!({ "a": { "b": { "c": "x" } } })), true),
        Err(BadData::Clash("'a.b.c' is of type long, not string".into()))
    );
}

#[test]
fn fields_that_are_not_taken_are_dropped_where_they_stand() {
    let schema = schema_of(json!({ "b": 1 }));
    let admitted = schema.admit(map(json!({ "a": { "b": 2, "new": 3 }, "z": [1] })), false).unwrap();
    assert_eq!(Value::from(admitted.data), json!({ "a": { "b": 2 } }));
    assert_eq!((admitted.created, admitted.filtered), (vec![], vec!["a.new".to_owned(), "z".to_owned()]));
}

#[test]
fn what_is_no_name_and_no_list_is_refused() {
    for bad in [
        json!({ "": 1 }),
        json!({ "a.b": 1 }),
        json!({ " a": 1 }),
        json!({ "a": { "b ": 1 } }),
        json!({ "a": [1, "x"] }),
        json!({ "a": [null] }),
        json!({ "a": [[1]] }),
        json!({ "a": [{ "b": 1 }, 2] }),
        json!({ "a": [1, { "b": 1 }] }),
    ] {
        let refused = Schema::default().admit(map(bad.clone()), true);
        assert!(matches!(refused, Err(BadData::Wrong(_))), "{bad}: {refused:?}");
    }
    assert!(Schema::default().admit(map(json!({ "a": [1, 1.5], "b": ["2026-04-30", "x"] })), true).is_ok());
}

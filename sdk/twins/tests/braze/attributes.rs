//! Custom attributes, and answers about several objects.

use serde_json::{Value, json};
use sluice_twins::braze::Options;

use crate::client::{Bench, options};

#[tokio::test]
async fn good_objects_are_applied_and_bad_ones_named_by_index() {
    let bench = Bench::start().await;
    let (status, answer) = bench
        .track(json!({ "attributes": [
            { "external_id": "C-0", "rank": 1 },
            { "rank": 2 },
            { "external_id": "C-2", "$rank": 3, "other": 1 },
            { "external_id": "C-3", "rank": 4 }
        ] }))
        .await;
    assert_eq!(status, 201);
    assert_eq!(
        answer,
        json!({ "message": "success", "attributes_processed": 2, "errors": [
            { "type": "'external_id' is required", "input_array": "attributes", "index": 1 },
            { "type": "custom attribute names must not start with '$'", "input_array": "attributes", "index": 2 }
        ] })
    );
    assert_eq!(bench.attributes("C-0"), json!({ "rank": 1 }));
    assert_eq!(bench.attributes("C-2"), Value::Null, "a partly bad object is refused whole");
    assert_eq!(bench.attributes("C-3"), json!({ "rank": 4 }));
}

#[tokio::test]
async fn when_no_object_is_good_the_request_is_400() {
    let bench = Bench::start().await;
    let (status, answer) = bench.track(json!({ "attributes": [{ "rank": 1 }, { "rank": 2 }] })).await;
    assert_eq!(status, 400);
    assert_ne!(answer["message"], "success");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn absent_keys_stay_and_null_removes() {
    let bench = Bench::start().await;
    bench.refusal(json!({ "external_id": "C-1", "a": 1, "b": true, "c": "x", "first_name": "Léa" })).await;
    bench.refusal(json!({ "external_id": "C-1", "b": null, "first_name": null, "never": null })).await;
    assert_eq!(bench.attributes("C-1"), json!({ "a": 1, "c": "x" }));
}

#[tokio::test]
async fn names_of_attributes_have_their_rules() {
    let bench = Bench::start().await;
    for (name, good) in [
        ("a".repeat(255), true),
        ("é".repeat(255), true),
        ("a".repeat(256), false),
        (String::new(), false),
        ("$a".to_owned(), false),
        ("a$".to_owned(), true),
        (" a".to_owned(), false),
        ("a ".to_owned(), false),
        ("a b".to_owned(), true),
    ] {
        let mut object = json!({ "external_id": "C-1" });
        object[&name] = json!(1);
        assert_eq!(bench.refusal(object).await.is_none(), good, "{name:?}");
    }
}

#[tokio::test]
async fn a_text_has_at_most_255_characters() {
    let bench = Bench::start().await;
    for (value, good) in [
        (json!("é".repeat(255)), true),
        (json!("x".repeat(256)), false),
        (json!(["x".repeat(255)]), true),
        (json!(["x".repeat(256)]), false),
    ] {
        let name = if value.is_array() { "list" } else { "text" };
        let mut object = json!({ "external_id": "C-1" });
        object[name] = value;
        assert_eq!(bench.refusal(object).await.is_none(), good);
    }
}

#[tokio::test]
async fn an_array_is_replaced_or_changed_as_a_set() {
    let bench = Bench::start().await;
    let list = |value: Value| json!({ "external_id": "C-1", "list": value });
    for (value, want) in [
        (json!(["a", "b"]), json!(["a", "b"])),
        (json!({ "add": ["c", "a"] }), json!(["a", "b", "c"])),
        (json!({ "remove": ["a", "z"] }), json!(["b", "c"])),
        (json!({ "add": ["d"], "remove": ["b"] }), json!(["c", "d"])),
        (json!(["x"]), json!(["x"])),
        (json!([]), json!([])),
    ] {
        assert_eq!(bench.refusal(list(value.clone())).await, None);
        assert_eq!(bench.attributes("C-1")["list"], want, "{value}");
    }
    let mixed = bench.refusal(json!({ "external_id": "C-1", "mixed": [{ "a": 1 }, "a"] })).await;
    assert_eq!(mixed.as_deref(), Some("'mixed' mixes objects with other values"));
    for value in [json!(["a", null]), json!([["a"]]), json!(["a", {}]), json!([{ "a": 1 }, "a"]), json!({ "add": [null] })] {
        assert!(bench.refusal(list(value.clone())).await.is_some(), "{value}");
    }
}

#[tokio::test]
async fn an_array_holds_25_and_loses_its_oldest() {
    let bench = Bench::start().await;
    let numbers = |from: u32, to: u32| json!((from..=to).collect::<Vec<_>>());
    bench.refusal(json!({ "external_id": "C-1", "list": numbers(1, 25) })).await;
    assert_eq!(bench.attributes("C-1")["list"], numbers(1, 25));
    assert_eq!(bench.warnings(), []);
    bench.refusal(json!({ "external_id": "C-1", "list": { "add": [26] } })).await;
    assert_eq!(bench.attributes("C-1")["list"], numbers(2, 26));
    assert_eq!(bench.warnings(), [("array-overflow", "attributes[0].list".to_owned())]);
    let raised = Bench::with(Options { array_elements_max: 100, ..options() }).await;
    raised.refusal(json!({ "external_id": "C-1", "list": numbers(1, 101) })).await;
    assert_eq!(raised.attributes("C-1")["list"], numbers(2, 101));
}

#[tokio::test]
async fn an_increment_is_of_integers_and_counts_every_time() {
    let bench = Bench::start().await;
    let by = |value: Value| json!({ "external_id": "C-1", "visits": { "inc": value } });
    assert_eq!(bench.refusal(by(json!(5))).await, None);
    assert_eq!(bench.refusal(by(json!(-2))).await, None);
    assert_eq!(bench.attributes("C-1")["visits"], 3);
    assert!(bench.refusal(by(json!(1.5))).await.is_some());
    assert!(bench.refusal(by(json!("1"))).await.is_some());
    bench.refusal(json!({ "external_id": "C-1", "name": "x" })).await;
    let why = bench.refusal(json!({ "external_id": "C-1", "name": { "inc": 1 } })).await;
    assert_eq!(why.as_deref(), Some("'name' must be of type string, not number"));
}

#[tokio::test]
async fn the_first_value_fixes_the_type_for_everybody() {
    let values = |ty: &str| match ty {
        "boolean" => json!(true),
        "number" => json!(1.5),
        "string" => json!("x"),
        "date" => json!("2026-03-02T08:15:00Z"),
        "array" => json!(["x"]),
        "object" => json!({ "x": 1 }),
        _ => json!([{ "x": 1 }]),
    };
    let types = ["boolean", "number", "string", "date", "array", "object", "object array"];
    for first in types {
        let bench = Bench::start().await;
        bench.refusal(json!({ "external_id": "C-1", "a": values(first) })).await;
        for next in types {
            let why = bench.refusal(json!({ "external_id": "C-2", "a": values(next) })).await;
            if next == first || (first, next) == ("string", "date") {
                assert_eq!(why, None, "{first} then {next}");
            } else {
                assert_eq!(why, Some(format!("'a' must be of type {first}, not {next}")));
            }
        }
        assert_eq!(bench.refusal(json!({ "external_id": "C-1", "a": null })).await, None);
        assert_eq!(bench.attributes("C-1"), json!({}));
    }
}

#[tokio::test]
async fn something_null_or_too_long_inside_drops_a_nested_update_and_nothing_else() {
    let bench = Bench::start().await;
    bench.refusal(json!({ "external_id": "C-1", "car": { "make": "R" }, "cars": [{ "make": "R" }] })).await;
    let bad = json!({ "external_id": "C-1", "rank": 1, "car": { "make": "P", "year": null },
        "cars": [{ "make": "x".repeat(256) }] });
    assert_eq!(bench.refusal(bad).await, None);
    assert_eq!(bench.attributes("C-1"), json!({ "rank": 1, "car": { "make": "R" }, "cars": [{ "make": "R" }] }));
    assert_eq!(bench.warnings().iter().map(|w| w.1.as_str()).collect::<Vec<_>>(), ["attributes[0].car", "attributes[0].cars"]);
    assert!(bench.warnings().iter().all(|w| w.0 == "nested-update-dropped"));
}

#[tokio::test]
async fn the_state_tells_what_each_request_touched() {
    let bench = Bench::start().await;
    bench.track(json!({ "attributes": [{ "external_id": "C-1", "a": 1 }, { "external_id": "C-2", "a": 1 }] })).await;
    bench.track(json!({ "attributes": [{ "external_id": "C-1", "a": 2 }] })).await;
    let state = bench.twin.state();
    assert_eq!(state.profile("C-1").unwrap().attribute_writes(), 2);
    assert!(state.profile("C-1").unwrap().written_after(1));
    assert!(!state.profile("C-2").unwrap().written_after(1));
    assert_eq!(state.profile("C-2").unwrap().created_by, 1);
    assert_eq!(state.attributes().keys().copied().collect::<Vec<_>>(), ["C-1", "C-2"]);
}

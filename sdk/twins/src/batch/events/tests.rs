use serde_json::json;

use super::*;

const NOW: &str = "2026-03-02T08:15:01Z";

fn lost(event: Value) -> Option<String> {
    read(event, "e", NOW.parse().unwrap()).unwrap().1.err()
}

fn with(attributes: Value) -> bool {
    lost(json!({ "name": "order_placed", "attributes": attributes })).is_none()
}

/// "only events of the LAST 24 HOURS are accepted and none in the future"; "absent = reception time".
#[test]
fn a_time_is_at_most_24_hours_old_and_not_of_the_future() {
    for (time, good) in [
        (json!("2026-03-02T08:15:01Z"), true),
        (json!("2026-03-02T08:15:01.001Z"), false),
        (json!("2026-03-02T09:15:01+01:00"), true),
        (json!("2026-03-01T08:15:01Z"), true),
        (json!("2026-03-01T08:15:00.999Z"), false),
        (json!("2026-03-02 08:15:00Z"), false),
        (json!("2026-03-02"), false),
        (json!(1_772_439_300), false),
        (json!(null), false),
    ] {
        assert_eq!(lost(json!({ "name": "order_placed", "time": time })).is_none(), good, "{time}");
    }
    let (_, received) = read(json!({ "name": "order_placed" }), "e", NOW.parse().unwrap()).unwrap();
    assert_eq!(received.unwrap().time, NOW);
}

#[test]
fn a_name_is_that_of_an_attribute() {
    for (name, good) in [("order_placed", true), ("Order_placed", false), ("order placed", false), ("$x", false), ("", false)] {
        assert_eq!(lost(json!({ "name": name })).is_none(), good, "{name}");
    }
}

#[test]
fn an_event_that_cannot_be_named_refuses_the_call() {
    for (event, code) in [
        (json!(1), "MALFORMED_PARAMETER"),
        (json!({}), "MISSING_PARAMETER"),
        (json!({ "name": 1 }), "MALFORMED_PARAMETER"),
        (json!({ "name": null }), "MALFORMED_PARAMETER"),
    ] {
        assert_eq!(read(event.clone(), "e", NOW.parse().unwrap()).unwrap_err().code, code, "{event}");
    }
}

#[test]
fn attributes_have_their_types() {
    for (attributes, good) in [
        (json!({}), true),
        (json!(null), false),
        (json!([]), false),
        (json!({ "amount": 59.9, "currency": "EUR", "gift": true, "items": [{ "sku": "TS-1", "qty": 2 }] }), true),
        (json!({ "a": null }), false),
        (json!({ "a": { "b": null } }), false),
        (json!({ "a": [{ "b": null }] }), false),
        (json!({ "a": "x".repeat(300) }), true),
        (json!({ "a": "x".repeat(301) }), false),
        (json!({ "a": "" }), false),
        (json!({ "A": 1 }), false),
        (json!({ "a": { "B": 1 } }), false),
        (json!({ "date(a)": "2026-03-02T08:15:00Z", "url(b)": "https://example.com" }), true),
        (json!({ "date(a)": "2026-03-02" }), false),
        (json!({ "date(a)": {} }), false),
        (json!({ "a": ["x", "y"] }), true),
        (json!({ "a": ["x", {}] }), false),
        (json!({ "a": [1] }), false),
        (json!({ "a": vec!["x"; 25] }), true),
        (json!({ "a": vec!["x"; 26] }), false),
        (json!({ "a": [] }), true),
    ] {
        assert_eq!(with(attributes.clone()), good, "{attributes}");
    }
}

/// "up to 20 attributes, 10 arrays, 25 items per array, nesting depth 3".
#[test]
fn attributes_are_counted_in_width_and_depth() {
    let wide = |singles: usize, arrays: usize| -> Value {
        let singles = (0..singles).map(|n| (format!("s{n}"), json!(n)));
        singles.chain((0..arrays).map(|n| (format!("a{n}"), json!(["x"])))).collect::<Map<_, _>>().into()
    };
    assert!(with(wide(20, 0)) && !with(wide(21, 0)));
    assert!(with(wide(10, 10)) && !with(wide(9, 11)));
    assert!(with(json!({ "o": wide(20, 0) })) && !with(json!({ "o": wide(21, 0) })));
    assert!(with(json!({ "a": { "b": { "c": 1 } } })) && !with(json!({ "a": { "b": { "c": { "d": 1 } } } })));
    assert!(with(json!({ "a": [{ "b": [{ "c": 1 }] }] })) && !with(json!({ "a": [{ "b": [{ "c": [{}] }] }] })));
}

/// "reserved $label (string, max 200) and $tags (array of strings, 64 chars each, 10 max)".
#[test]
fn reserved_attributes_have_their_forms() {
    for (attributes, good) in [
        (json!({ "$label": "x".repeat(200) }), true),
        (json!({ "$label": "x".repeat(201) }), false),
        (json!({ "$label": 1 }), false),
        (json!({ "$tags": vec!["x".repeat(64); 10] }), true),
        (json!({ "$tags": vec!["x"; 11] }), false),
        (json!({ "$tags": ["x".repeat(65)] }), false),
        (json!({ "$tags": "x" }), false),
        (json!({ "a": { "$label": "x" } }), false),
        (json!({ "$other": "x" }), false),
    ] {
        assert_eq!(with(attributes.clone()), good, "{attributes}");
    }
}

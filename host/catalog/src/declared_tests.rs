use serde_json::{Value, json};

use crate::{condition::Context, model::Model, segment::Segment, source::Source};

fn model(change: impl FnOnce(&mut Value)) -> Model {
    let mut text = json!({
        "name": "customers", "source": "src_01J9ZK4M8QW3V5T7R2N6P0XYCD", "definition": { "table": "customers" }, "kind": "users",
        "fields": [
            { "id": "id", "type": "integer" },
            { "id": "email", "column": "E-Mail", "type": "string", "semantic": "email", "pii": true },
            { "id": "total", "type": { "decimal": { "precision": 12, "scale": 2 } } },
            { "id": "seen", "type": "timestamp" },
            { "id": "score", "type": "float" },
        ],
        "primary_key": ["id"],
    });
    change(&mut text);
    serde_json::from_value(text).unwrap()
}

fn problems(change: impl FnOnce(&mut Value)) -> Vec<String> {
    model(change).validate().iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_model_has_no_problems() {
    assert_eq!(problems(|_| ()), Vec::<String>::new());
    let model = model(|_| ());
    assert_eq!((model.fields[0].column(), model.fields[1].column(), model.fields[1].label()), ("id", "E-Mail", "email"));
}

#[test]
fn a_model_tells_all_that_is_wrong_with_it() {
    let found = problems(|text| {
        text["name"] = json!(" customers");
        text["tags"] = json!(["ok", ""]);
        text["definition"] = json!({ "sql": " " });
        text["kind"] = json!("events");
        text["fields"][1]["id"] = json!("id");
        text["fields"][2]["id"] = json!("2total");
        text["fields"][2]["type"] = json!({ "decimal": { "precision": 39, "scale": 2 } });
        text["fields"][3]["column"] = json!("id");
        text["fields"][4]["column"] = json!("sc\"ore");
        text["primary_key"] = json!(["id", "nobody", "score", "id", "seen"]);
    });
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn a_default_country_stands_beside_phone_numbers_alone() {
    let of = |semantic: Value| {
        problems(|text| {
            text["fields"][1]["semantic"] = semantic;
            text["fields"][1]["default_country"] = json!("FR");
        })
    };
    assert_eq!(of(json!("phone")), Vec::<String>::new());
    let refused = ["/fields/1/default_country: field-invalid: A default country belongs to the semantic type phone."];
    assert_eq!(of(json!("email")), refused);
    assert_eq!(of(json!(null)), refused);
}

#[test]
fn personal_data_is_shown_by_the_rule_of_its_semantic_type_and_not_at_all_without_one() {
    let shown = |at: usize, meaning: Value, pii: bool, value: Value| {
        let model = model(|text| (text["fields"][at]["semantic"], text["fields"][at]["pii"]) = (meaning, json!(pii)));
        model.fields[at].shown(value)
    };
    for (at, meaning, value, want) in [
        (1, json!("email"), json!("jo.martin@shop.example"), json!("j…@s….example")),
        (1, json!(null), json!("jo.martin@shop.example"), json!("•••")),
        (1, json!("email"), json!(null), json!(null)),
        (0, json!("user-id"), json!(1_234_567_890), json!("…90")),
        (0, json!(null), json!(7), json!("•••")),
        (3, json!("birth-date"), json!("1984-02-29"), json!("198…")),
        (1, json!({ "consent": "ads" }), json!(true), json!("•••")),
        (1, json!("email"), json!(["jo@shop.example"]), json!("•••")),
    ] {
        assert_eq!(shown(at, meaning.clone(), true, value.clone()), want, "{meaning} {value}");
        assert_eq!(shown(at, meaning, false, value.clone()), value);
    }
    let json = model(|text| {
        text["fields"][1]["type"] = json!("json");
    });
    assert_eq!(json.fields[1].shown(json!("jo@shop.example")), "•••");
}

#[test]
fn limits_hold_on_both_sides() {
    for (chars, ok) in [(120, true), (121, false)] {
        assert_eq!(problems(|text| text["name"] = json!("é".repeat(chars))).is_empty(), ok, "{chars}");
    }
    for (chars, ok) in [(65_535, true), (65_536, false)] {
        let sql = format!("SELECT 1 AS id{}", " ".repeat(chars - 14));
        assert_eq!(problems(|text| text["definition"] = json!({ "sql": sql })).is_empty(), ok, "{chars}");
    }
    for (keys, ok) in [(json!([]), false), (json!(["id", "email", "total", "seen"]), true)] {
        assert_eq!(problems(|text| text["primary_key"] = keys.clone()).is_empty(), ok, "{keys}");
    }
}

#[test]
fn events_name_their_time() {
    let events = |time: Value| problems(|text| (text["kind"], text["time_field"]) = (json!("events"), time));
    assert_eq!(events(json!("seen")), Vec::<String>::new());
    assert_eq!(events(json!(null)), ["/time_field: field-invalid: A model of events must name its time field."]);
    assert_eq!(
        events(json!("email")),
        ["/time_field: field-invalid: The time field must be a timestamp or a date; email is string."]
    );
}

#[test]
fn a_source_says_what_is_wrong_with_it() {
    let source = |path: &str, delimiter: &str, zone: &str| -> Vec<String> {
        let text = json!({ "name": "shop", "kind": { "files": { "path": path, "delimiter": delimiter } }, "zone": zone });
        serde_json::from_value::<Source>(text).unwrap().validate().iter().map(ToString::to_string).collect()
    };
    assert_eq!(source("data", ";", "Europe/Paris"), Vec::<String>::new());
    insta::assert_snapshot!(source("", "x", "Europe/Parys").join("\n"));
    let strict = json!({ "name": "shop", "kind": { "files": { "path": "data", "format": "csv" } } });
    assert!(serde_json::from_value::<Source>(strict).unwrap_err().to_string().contains("unknown field `format`"));
}

#[test]
fn a_segment_points_into_its_condition() {
    let text = json!({ "name": "", "model": "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCD", "condition": { "version": 1, "root": { "op": "and",
        "children": [{ "field": "land", "operator": "is", "value": "x" }] } } });
    let segment: Segment = serde_json::from_value(text).unwrap();
    let found: Vec<String> = segment.validate(&model(|_| ()), &Context::default()).iter().map(|p| p.pointer.clone()).collect();
    assert_eq!(found, ["/name", "/condition/root/children/0/field"]);
}

#[test]
fn a_relationship_tells_what_is_wrong_with_it_alone_and_beside_the_other_model() {
    let itself = "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCD";
    let join = |field: &str, other: &str| json!({ "field": field, "other": other });
    let model = model(|text| {
        text["relationships"] = json!([
            { "name": "parent", "kind": "belongs-to", "model": itself, "on": [join("total", "total")] },
            { "name": "parent", "kind": "has-many", "model": itself, "on": [join("id", "id")] },
            { "name": "2nd", "kind": "has-one", "model": itself, "on": [] },
            { "name": "score", "kind": "has-one", "model": itself, "on": [join("score", "score")] },
            { "name": "types", "kind": "has-one", "model": itself, "on": [join("id", "email"), join("town", "city")] },
            { "name": "gone", "kind": "has-one", "model": "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCE", "on": vec![join("id", "id"); 5] },
        ]);
    });
    let mut found = model.validate();
    found.extend(model.relationship_problems(|id| (id.to_string() == itself).then_some(&model)));
    insta::assert_snapshot!(found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    let four = |n| json!([{ "name": "four", "kind": "has-one", "model": itself, "on": vec![join("id", "id"); n] }]);
    assert_eq!(problems(|text| text["relationships"] = four(4)), Vec::<String>::new());
    assert_eq!(problems(|text| text["relationships"] = four(5)).len(), 1);
}

#[test]
fn a_size_limit_holds_on_both_sides_of_its_lines() {
    let found = |limit: Value| -> Vec<String> {
        let text = json!({ "name": "some", "model": "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCD", "limit": limit,
            "condition": { "version": 1, "root": { "op": "and" } } });
        let segment: Segment = serde_json::from_value(text).unwrap();
        segment.validate(&model(|_| ()), &Context::default()).iter().map(ToString::to_string).collect()
    };
    let by = |keep: Value, order: Value| found(json!({ "keep": keep, "order": order }));
    let field = |id: &str| json!({ "field": { "id": id } });
    for keep in [json!({ "rows": 1 }), json!({ "rows": 1_000_000_000 }), json!({ "percent": 1 }), json!({ "percent": 100 })] {
        assert_eq!(by(keep.clone(), field("total")), Vec::<String>::new(), "{keep}");
    }
    let mut lines = Vec::new();
    for keep in [json!({ "rows": 0 }), json!({ "rows": 1_000_000_001 }), json!({ "percent": 0 }), json!({ "percent": 101 })] {
        lines.extend(by(keep, field("seen")));
    }
    for order in [field("email"), field("nobody"), json!({ "random": "" }), json!({ "random": "é".repeat(121) })] {
        lines.extend(by(json!({ "rows": 5 }), order));
    }
    assert_eq!(by(json!({ "rows": 5 }), json!({ "random": "é".repeat(120) })), Vec::<String>::new());
    insta::assert_snapshot!(lines.join("\n"));
}

use arrow::array::AsArray;
use serde_json::json;

use super::*;

fn service() -> Service {
    serde_json::from_value(json!({
        "title": "Users", "record": "users", "modes": ["upsert", "update-only"],
        "identifiers": { "any-of": ["external_id"] },
        "fields": [
            { "name": "external_id", "type": "utf8", "role": "identifier", "bytes-max": 988 },
            { "name": "country", "type": "utf8" },
            { "name": "email", "type": "utf8", "normalise": ["trim", "lower"], "hash": "sha256" },
            { "name": "consent", "type": "utf8", "one-of": ["granted", "denied"], "normalise": ["lower"] },
            { "name": "phone", "type": "utf8", "normalise": ["e164"], "chars-max": 16 },
            { "name": "joined", "type": "date32", "required": true },
        ],
        "custom-fields": { "name-chars-max": 10, "name-not-starting-with": ["$"], "names-reserved": ["alias"], "types": ["int64", "utf8"] },
        "unit": { "rows": 75, "bytes": 4000000, "row-bytes-max": 100000 },
        "repeat": { "class": "overwrites" },
        "options": { "type": "object", "additionalProperties": false, "properties": { "n": { "type": "integer" } } },
        "source": { "page": "x", "read": "2026-11-24" },
    }))
    .unwrap()
}

fn model() -> Model {
    serde_json::from_value(json!({
        "name": "customers", "source": "src_01J9ZK4M8QW3V5T7R2N6P0XYCD", "definition": { "table": "customers" }, "kind": "users",
        "fields": [
            { "id": "customer_id", "type": "integer" },
            { "id": "country", "type": "string" },
            { "id": "since", "type": "date" },
            { "id": "total", "type": { "decimal": { "precision": 12, "scale": 2 } } },
            { "id": "active", "type": "boolean" },
        ],
        "primary_key": ["customer_id"],
    }))
    .unwrap()
}

fn activation(fields: serde_json::Value) -> Activation {
    serde_json::from_value(json!({
        "name": "a", "from": { "model": "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCD" }, "destination": "dst_01J9ZK4M8QW3V5T7R2N6P0XYCD",
        "service": "users", "mode": "upsert", "mapping": { "fields": fields },
    }))
    .unwrap()
}

fn sound() -> serde_json::Value {
    json!([
        { "target": "joined", "value": { "field": "since" } },
        { "target": "external_id", "role": "identifier", "value": { "field": "customer_id" } },
        { "target": "country", "value": { "field": "country" }, "null": "clear" },
    ])
}

#[test]
fn targets_stand_in_the_ledgers_order_and_each_field_is_selected_once() {
    let plan = plan(&activation(sound()), &model(), &service()).expect("sound");
    assert_eq!(plan.targets.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["country", "external_id", "joined"]);
    assert_eq!(plan.null_is_absent, [false, true, true]);
    assert_eq!(plan.select, ["since", "customer_id", "country"]);
    assert_eq!(plan.moves.removed, None);
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let bad = [
        (json!([sound()[0], sound()[1], sound()[1]]), "/mapping/fields/2/target", Code::MappingTargetTwice),
        (json!([sound()[1]]), "/mapping/fields", Code::MappingRequiredField),
        (json!([sound()[0]]), "/mapping/fields", Code::MappingIdentifierMissing),
        (
            json!([sound()[0], sound()[1], { "target": "x", "value": { "field": "nope" } }]),
            "/mapping/fields/2/value/field",
            Code::FieldUnknown,
        ),
        (
            json!([sound()[0], sound()[1], { "target": "$x", "value": { "field": "country" } }]),
            "/mapping/fields/2/target",
            Code::MappingTargetIllegal,
        ),
        (
            json!([sound()[0], sound()[1], { "target": "alias", "value": { "field": "country" } }]),
            "/mapping/fields/2/target",
            Code::MappingTargetIllegal,
        ),
        (
            json!([sound()[0], sound()[1], { "target": "elevenchars", "value": { "field": "country" } }]),
            "/mapping/fields/2/target",
            Code::MappingTargetIllegal,
        ),
        (
            json!([sound()[0], sound()[1], { "target": "x", "value": { "field": "active" } }]),
            "/mapping/fields/2/value/field",
            Code::MappingTypeMismatch,
        ),
        (
            json!([{ "target": "joined", "value": { "field": "active" } }, sound()[1]]),
            "/mapping/fields/0/value/field",
            Code::MappingTypeMismatch,
        ),
        (
            json!([{ "target": "joined", "value": { "constant": "soon" } }, sound()[1]]),
            "/mapping/fields/0/value/constant",
            Code::MappingTypeMismatch,
        ),
        (
            json!([sound()[0], sound()[1], { "target": "consent", "value": { "constant": "perhaps" } }]),
            "/mapping/fields/2/value/constant",
            Code::MappingTypeMismatch,
        ),
        (
            json!([sound()[0], sound()[1], { "target": "phone", "value": { "field": "country" }, "null": { "default": "none" } }]),
            "/mapping/fields/2/null/default",
            Code::MappingTypeMismatch,
        ),
    ];
    for (fields, pointer, code) in bad {
        let problems = plan(&activation(fields), &model(), &service()).expect_err(pointer);
        assert!(problems.iter().any(|p| p.pointer == pointer && p.code == code), "{pointer} {code}: {problems:?}");
    }
}

#[test]
fn a_value_of_the_mapping_gets_the_platforms_form_before_it_leaves() {
    let fields = json!([
        sound()[0],
        sound()[1],
        { "target": "email", "value": { "constant": " Lea@Example.org" } },
        { "target": "consent", "value": { "field": "country" }, "null": { "default": "GRANTED" } },
    ]);
    let plan = plan(&activation(fields), &model(), &service()).expect("sound");
    let of = |name: &str| plan.targets.iter().find(|target| target.name == name).expect("mapped");
    let text = |array: &ArrayRef| array.as_string::<i32>().value(0).to_owned();
    let Filling::Constant(email) = &of("email").filling else { panic!("a constant") };
    assert_eq!(text(email), sluice_catalog::semantic::sha256("lea@example.org"));
    assert_eq!(text(of("consent").default.as_ref().expect("a default")), "granted");
}

#[test]
fn a_mode_or_an_option_that_the_service_does_not_have_is_refused() {
    let mut a = activation(sound());
    a.mode = Mode::Mirror;
    a.options = json!({ "n": "three", "m": 1 });
    let problems = plan(&a, &model(), &service()).expect_err("wrong");
    let at: Vec<_> = problems.iter().map(|p| p.pointer.as_str()).collect();
    assert!(at.contains(&"/mode") && at.contains(&"/options/n") && at.contains(&"/options"), "{problems:?}");
}

#[test]
fn a_boolean_attribute_is_named_by_its_option() {
    let mut service = service();
    service.modes = vec![Mode::BooleanAttribute];
    service.options = json!({ "type": "object" });
    let mut a = activation(sound());
    a.mode = Mode::BooleanAttribute;
    assert!(plan(&a, &model(), &service).is_err());
    a.options = json!({ "attribute": "in_segment" });
    let plan = plan(&a, &model(), &service).expect("sound");
    assert_eq!(plan.extra, [Extra::Flag { name: "in_segment".into() }]);
    assert!(plan.moves.members);
}

#[test]
fn who_left_is_taken_away_by_a_removal_or_by_a_session_without_them() {
    let removes: Vec<_> = Mode::ALL.iter().filter(|mode| Moves::of(**mode).removes()).map(|mode| mode.as_str()).collect();
    assert_eq!(removes, ["mirror", "list", "boolean-attribute", "clear-fields-on-exit", "replace"]);
}

use sluice_sdk::serde_json::{Value as Json, from_slice, json};
use sluice_sdk::testing::{Input, Rows as Made, absent, null};
use sluice_sdk::{PhysicalType, Written};

use super::*;

/// A profile's object from its `attributes` on, or the refusal's code and field.
fn profile(made: &Made, row: usize) -> Result<Json, (String, String)> {
    let rows = made.view();
    let attributes = Attributes::of(&rows).expect("legal names");
    let mut body = Writer::default();
    body.begin_object();
    body.name("attributes");
    body.begin_object();
    attributes.end(&mut body, row).map_err(|r| (r.code, r.field.unwrap_or_default()))?;
    body.end_object();
    Ok(from_slice(body.as_bytes()).expect("JSON"))
}

#[test]
fn klaviyos_own_fields_a_location_and_the_customers_properties_have_their_places() {
    let made = Made::new()
        .column("first_name", PhysicalType::Utf8, ["Léa".into(), absent()])
        .column("location.city", PhysicalType::Utf8, ["Lyon".into(), absent()])
        .column("location.latitude", PhysicalType::Float64, [45.75.into(), absent()])
        .column("ltv", PhysicalType::Decimal128, [41250.into(), absent()])
        .attr("scale", "2")
        .column("last_order_at", PhysicalType::TimestampMicros, [1_777_543_200_000_000.into(), absent()])
        .column("vip", PhysicalType::Boolean, [true.into(), absent()]);
    let whole = json!({ "attributes": {
        "first_name": "Léa", "location": { "city": "Lyon", "latitude": 45.75 },
        "properties": { "ltv": 412.50, "last_order_at": "2026-04-30T10:00:00Z", "vip": true },
    }});
    assert_eq!(profile(&made, 0), Ok(whole));
    assert_eq!(profile(&made, 1), Ok(json!({ "attributes": {} })), "what did not change is not mentioned");
}

#[test]
fn a_null_empties_a_property_and_is_noted_where_an_import_cannot() {
    let made = Made::new()
        .column("title", PhysicalType::Utf8, [null(), "Dr".into()])
        .column("location.zip", PhysicalType::Utf8, ["69001".into(), absent()])
        .column("tier", PhysicalType::Utf8, [null(), absent()])
        .column("plan", PhysicalType::Utf8, [null(), "gold".into()]);
    let unset =
        json!({ "attributes": { "location": { "zip": "69001" } }, "meta": { "patch_properties": { "unset": ["tier", "plan"] } } });
    assert_eq!(profile(&made, 0), Ok(unset));
    assert_eq!(profile(&made, 1), Ok(json!({ "attributes": { "title": "Dr", "properties": { "plan": "gold" } } })));
    let rows = made.view();
    let noted: Written = Attributes::of(&rows).expect("legal").noted(2, Receipts::accepted()).written();
    let notes: Vec<_> = noted.receipt.notes.iter().map(|(row, r)| (*row, r.code.as_str(), r.field.as_deref())).collect();
    assert_eq!(notes, [(0, code::DEST_FIELD_INVALID, Some("title"))]);
}

#[test]
fn names_that_steer_a_profile_are_no_attributes() {
    for name in RESERVED.iter().copied().chain(["location.planet", "location."]) {
        let made = Made::new().column(name, PhysicalType::Utf8, ["x".into()]);
        let told = Attributes::of(&made.view()).map(|_| ());
        assert!(matches!(&told, Err(Halt::Config(r)) if r.message.contains(name)), "{name}: {told:?}");
    }
}

#[test]
fn both_sides_of_what_klaviyo_ingests() {
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let array = |items: usize| format!("[{}]", vec!["1"; items].join(","));
    for (text, good) in [
        (nested(LEVELS_MAX), true),
        (nested(LEVELS_MAX + 1), false),
        (array(ARRAY_ITEMS_MAX), true),
        (array(ARRAY_ITEMS_MAX + 1), false),
        (format!(r#"{{"a":{}}}"#, nested(LEVELS_MAX - 1)), true),
        (format!(r#"{{"a":{}}}"#, nested(LEVELS_MAX)), false),
        ("not JSON".to_owned(), false),
    ] {
        let made = Made::new().column("tags", PhysicalType::Json, [Input::from(text.as_str())]);
        let wanted = (!good).then(|| (code::BAD_FORMAT.to_owned(), "tags".to_owned()));
        assert_eq!(profile(&made, 0).err(), wanted, "{}", &text[..text.len().min(30)]);
    }
}

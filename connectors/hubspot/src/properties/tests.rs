use sluice_sdk::PhysicalType::{Boolean, Date32, Decimal128, Float64, Int64, Json as JsonText, TimestampMicros, Utf8};
use sluice_sdk::code;
use sluice_sdk::testing::{Input, Rows as Made, absent, null};

use super::*;

/// The object of the only row, or the code and the field of its refusal.
fn written(made: &Made) -> Result<String, (String, Option<String>)> {
    let properties = of(made.view().columns().to_vec(), None).expect("names that can be");
    let mut body = Writer::default();
    body.begin_object();
    write(&properties, &mut body, 0).map_err(|reason| (reason.code, reason.field))?;
    body.end_object();
    Ok(body.into_text())
}

#[test]
fn every_value_is_text_and_the_empty_text_clears() {
    let made = Made::new()
        .column("firstname", Utf8, ["Léa".into()])
        .column("is_vip", Boolean, [true.into()])
        .column("orders", Int64, [12.into()])
        .column("lifetime_value", Float64, [412.5.into()])
        .column("balance", Decimal128, [Input::Int(-1050)])
        .attr("scale", "2")
        .column("last_order_date", Date32, [20_573.into()])
        .column("seen_at", TimestampMicros, [Input::Int(1_777_543_200_000_000)])
        .column("interests", JsonText, [r#"["golf","tennis"]"#.into()])
        .column("city", Utf8, [null()])
        .column("zip", Utf8, [absent()]);
    let wanted = r#"{"firstname":"Léa","is_vip":"true","orders":"12","lifetime_value":"412.5","balance":"-10.50","last_order_date":"2026-04-30","seen_at":"2026-04-30T10:00:00Z","interests":"golf;tennis","city":""}"#;
    assert_eq!(written(&made), Ok(wanted.to_owned()));
}

#[test]
fn a_value_without_a_text_is_refused_by_its_field() {
    for (ty, value) in [
        (Float64, Input::Float(f64::INFINITY)),
        (JsonText, r#"{"a":1}"#.into()),
        (JsonText, "[1]".into()),
        (JsonText, r#"["a;b"]"#.into()),
        (JsonText, "no JSON".into()),
    ] {
        let refused = Err((code::BAD_FORMAT.to_owned(), Some("plan".to_owned())));
        assert_eq!(written(&Made::new().column("plan", ty, [value.clone()])), refused, "{value:?}");
    }
    assert_eq!(written(&Made::new().column("plan", JsonText, ["[]".into()])), Ok(r#"{"plan":""}"#.to_owned()));
}

#[test]
fn a_name_that_can_be_none_or_finds_the_record_is_the_operators_to_mend() {
    for (name, identifier, good) in [
        ("plan_2", None, true),
        ("Plan", None, false),
        ("my plan", None, false),
        ("email", Some("email"), false),
        ("email", Some("customer_no"), true),
        ("email", None, true),
    ] {
        let made = Made::new().column(name, Utf8, ["x".into()]);
        let told = of(made.view().columns().to_vec(), identifier).map(|_| ());
        assert_eq!(told.is_ok(), good, "{name}: {told:?}");
    }
}

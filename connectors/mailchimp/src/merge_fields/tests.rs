use sluice_sdk::PhysicalType;
use sluice_sdk::testing::{Input, Rows as Made, absent, null};

use super::*;

/// Each row's object, or the code and the field of its refusal.
fn objects(made: &Made) -> Vec<String> {
    let rows = made.view();
    let fields = of(&rows);
    let object = |row| {
        let mut body = Writer::default();
        body.begin_object();
        match write(&fields, &mut body, row) {
            Ok(()) => body.end_object(),
            Err(reason) => return format!("{} {}", reason.code, reason.field.unwrap_or_default()),
        }
        String::from_utf8(body.into_bytes()).expect("JSON is UTF-8")
    };
    (0..rows.len()).map(object).collect()
}

fn one(ty: PhysicalType, cells: impl IntoIterator<Item = Input>) -> Vec<String> {
    objects(&Made::new().column("F", ty, cells))
}

#[test]
fn a_field_is_set_emptied_or_not_mentioned_by_its_tag_in_upper_case() {
    let told = objects(&Made::new().column("fname", PhysicalType::Utf8, ["Léa".into(), null(), absent(), "".into()]));
    let empty = r#"{"merge_fields":{"FNAME":""}}"#;
    assert_eq!(told, [r#"{"merge_fields":{"FNAME":"Léa"}}"#, empty, r#"{"merge_fields":{}}"#, empty]);
    let nothing = Made::new().column("email", PhysicalType::Utf8, ["a@b".into()]).attr("role", "identifier");
    assert_eq!(objects(&nothing), ["{}"]);
}

#[test]
fn booleans_are_texts_and_numbers_and_days_are_themselves() {
    assert_eq!(
        one(PhysicalType::Boolean, [true.into(), false.into(), null()]),
        [r#"{"merge_fields":{"F":"true"}}"#, r#"{"merge_fields":{"F":"false"}}"#, r#"{"merge_fields":{"F":""}}"#]
    );
    assert_eq!(
        one(PhysicalType::Float64, [412.5.into(), f64::NAN.into(), f64::INFINITY.into()]),
        [r#"{"merge_fields":{"F":412.5}}"#, "bad-format F", "bad-format F"]
    );
    assert_eq!(one(PhysicalType::Int64, [7.into()]), [r#"{"merge_fields":{"F":7}}"#]);
    assert_eq!(one(PhysicalType::Date32, [20_573.into()]), [r#"{"merge_fields":{"F":"2026-04-30"}}"#]);
}

#[test]
fn an_object_is_a_whole_address() {
    let whole = r#"{"addr1":"1 rue X","city":"Lyon","state":"","zip":"69001"}"#;
    let longer = r#"{"addr1":"1","addr2":"b","city":"Lyon","state":"ARA","zip":"69001","country":"FR"}"#;
    for (text, good) in [
        (whole, true),
        (longer, true),
        (r#"{"addr1":"1","city":"Lyon","state":""}"#, false),
        (r#"{"addr1":"1","city":"Lyon","state":"","zip":69001}"#, false),
        (r#"{"addr1":"1","city":"Lyon","state":"","zip":"69001","street":"x"}"#, false),
        (r#"["1","Lyon","","69001x","",""]x"#, false),
        (r#""Lyon""#, false),
        ("null", false),
        ("", false),
    ] {
        let wanted = if good { format!(r#"{{"merge_fields":{{"F":{text}}}}}"#) } else { "bad-format F".to_owned() };
        assert_eq!(one(PhysicalType::Json, [text.into()]), [wanted], "{text}");
    }
}

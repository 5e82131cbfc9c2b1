//! What a sample of rows says about a field.

use serde_json::{Value, json};

use super::*;
use crate::{model::Field, types::DataType};

fn field(semantic: Option<Semantic>, default_country: Option<Country>) -> Field {
    Field { semantic, default_country, ..Field::plain("it", DataType::String) }
}

fn surveyed(field: &Field, values: &[Value]) -> Value {
    let mut survey = Survey::of(field).unwrap();
    values.iter().for_each(|value| survey.take(value));
    serde_json::to_value(survey.report()).unwrap()
}

#[test]
fn rows_pass_or_fail_or_have_no_value() {
    let values = [json!("jo@shop.example"), json!(" JO@shop.example"), json!(null), json!("Jo Martin"), json!("Li"), json!("")];
    let report = surveyed(&field(Some(Semantic::Email), None), &values);
    let email = "is not an e-mail address";
    let wanted = json!({
        "semantic": "email", "rows": 6, "without": 1, "passed": 2,
        "flaws": [{ "flaw": email, "rows": 2 }, { "flaw": "is empty", "rows": 1 }],
        "samples": [{ "value": "•••", "flaw": email }, { "value": "•••", "flaw": "is empty" }],
        "suggestion": Flaw::Email.advice(),
    });
    assert_eq!(report, wanted, "the field is not marked as personal data, and its samples are masked");
}

#[test]
fn numbers_are_read_with_the_default_country_of_the_field() {
    let values = [json!("06 12 34 56 78"), json!("+44 20 7946 0958")];
    let phone = || Some(Semantic::Phone);
    assert_eq!(surveyed(&field(phone(), country("FR")), &values)["passed"], 2);
    let report = surveyed(&field(phone(), None), &values);
    assert_eq!((&report["passed"], &report["samples"][0]["value"]), (&json!(1), &json!("…78")));
    assert!(report["suggestion"].as_str().unwrap().contains("default country"));
}

#[test]
fn a_field_whose_values_are_right_needs_no_advice_and_one_without_values_does() {
    let id = field(Some(Semantic::UserId), None);
    assert_eq!(surveyed(&id, &[json!(7), json!("a-1"), json!(null)])["suggestion"], json!(null));
    assert_eq!(surveyed(&id, &[])["suggestion"], json!(null));
    assert!(surveyed(&id, &[json!(null)])["suggestion"].as_str().unwrap().contains("no row has a value"));
    assert!(Survey::of(&field(None, None)).is_none());
}

#[test]
fn at_most_five_samples_are_kept_and_no_two_alike() {
    let values: Vec<Value> = (0..20).map(|at| json!(format!("{}x-not-an-address", 100 + at))).collect();
    let report = surveyed(&field(Some(Semantic::ZipCode), None), &values);
    assert_eq!(report["samples"].as_array().unwrap().len(), 2, "10… and 11…");
    let values: Vec<Value> = (10..30).map(|at| json!(format!("{at}x-not-an-address"))).collect();
    let report = surveyed(&field(Some(Semantic::ZipCode), None), &values);
    assert_eq!((report["samples"].as_array().unwrap().len(), &report["passed"]), (5, &json!(0)));
}

use sluice_sdk::testing::{Input, Rows as Made, absent, null};
use sluice_sdk::{Operation, PhysicalType, code};

use super::*;

fn by(name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    Made::new().column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

/// What the object of each row begins with, or the code of the refusal.
fn written(made: &Made, label: Option<&str>) -> Vec<String> {
    let rows = made.view();
    let identity = Identity::of(&rows, label).expect("one identifier");
    let object = |row| {
        let mut body = Writer::default();
        body.begin_object();
        match identity.write(&mut body, row) {
            Ok(()) => body.end_object(),
            Err(reason) => return reason.code,
        }
        String::from_utf8(body.into_bytes()).expect("JSON is UTF-8")
    };
    (0..rows.len()).map(object).collect()
}

#[test]
fn an_identifier_is_written_as_it_is_and_an_alias_as_an_object() {
    assert_eq!(written(&by("external_id", ["C \"1\"".into()]), None), [r#"{"external_id":"C \"1\""}"#]);
    assert_eq!(written(&by("email", ["a@example.com".into()]), Some("unused")), [r#"{"email":"a@example.com"}"#]);
    let alias = r#"{"user_alias":{"alias_name":"lea","alias_label":"crm"}}"#;
    assert_eq!(written(&by("user_alias_name", ["lea".into()]), Some("crm")), [alias]);
}

#[test]
fn a_row_without_an_identifier_is_refused_by_name() {
    let refused = written(&by("external_id", [null(), Input::Absent, "".into()]), None);
    assert_eq!(refused, [code::NO_IDENTIFIER; 3]);
}

#[test]
fn a_phone_number_is_e164() {
    for (text, good) in [
        ("+1234567", true),
        ("+123456", false),
        ("+123456789012345", true),
        ("+1234567890123456", false),
        ("+0123456789", false),
        ("33612345678", false),
        ("+33 612345678", false),
        ("+3361234567a", false),
    ] {
        assert_eq!(sluice_sdk::form::is_e164(text), good, "{text}");
    }
    assert_eq!(written(&by("phone", ["0612345678".into()]), None), [code::BAD_FORMAT]);
}

#[test]
fn exactly_one_known_identifier_is_taken() {
    let none = Made::new().column("plan", PhysicalType::Utf8, ["gold".into()]);
    let two =
        by("external_id", ["C-1".into()]).column("email", PhysicalType::Utf8, ["a@example.com".into()]).attr("role", "identifier");
    for (made, label) in [
        (none, None),
        (two, None),
        (by("cookie", ["x".into()]), None),
        (by("user_alias_name", ["lea".into()]), None),
        (by("user_alias_name", ["lea".into()]), Some("")),
    ] {
        let halt = Identity::of(&made.view(), label).expect_err("nobody to write about");
        assert!(matches!(halt, Halt::Config(_)), "{halt:?}");
    }
}

#[test]
fn the_name_of_the_column_may_differ_from_the_identifier() {
    let made =
        Made::new().column("id", PhysicalType::Utf8, ["C-1".into()]).attr("role", "identifier").attr("identifier", "external_id");
    assert_eq!(written(&made, None), [r#"{"external_id":"C-1"}"#]);
    let script = sluice_sdk::testing::Script::new();
    let kind = script
        .rows(Operation::Upsert, &made, |_, rows| Identity::of(rows, None).map(|identity| identity.kinds().collect::<Vec<_>>()));
    assert_eq!(kind.expect("one identifier"), [Kind::ExternalId]);
}

#[test]
fn a_leaver_goes_by_the_identifier_that_braze_last_took() {
    let made = by("external_id", ["C-1".into(), absent(), null(), "".into()])
        .column("email", PhysicalType::Utf8, [absent(), "b@example.com".into(), null(), "d@example.com".into()])
        .attr("role", "identifier")
        .attr("identifier", "email");
    let rows = made.view();
    let identity = Identity::of_members(&rows, None).expect("two identifiers");
    let told: Vec<_> = (0..rows.len()).map(|row| identity.value(row).map_err(|reason| reason.code)).collect();
    assert_eq!(
        told,
        [
            Ok((Kind::ExternalId, "C-1")),
            Ok((Kind::Email, "b@example.com")),
            Err(code::NO_IDENTIFIER.to_owned()),
            Ok((Kind::Email, "d@example.com")),
        ]
    );
}

#[test]
fn of_rows_about_one_user_the_first_goes_and_the_others_are_for_another_request() {
    let of = |made: &Made| Identity::of(&made.view(), None).expect("one identifier").again(3).into_keys().collect::<Vec<_>>();
    assert_eq!(of(&by("external_id", ["C-1".into(), "c-1".into(), "C-1".into()])), [2], "the case of an id matters");
    assert_eq!(of(&by("email", ["a@example.com".into(), "A@example.com".into(), null()])), [1]);
}

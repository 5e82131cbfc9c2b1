use sluice_sdk::PhysicalType;
use sluice_sdk::code;
use sluice_sdk::testing::{Input, Rows as Made, absent, null};

use super::*;

/// Rows that go by one identifier.
fn by(name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    also(Made::new(), name, values)
}

/// And by another one.
fn also(made: Made, name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

#[test]
fn a_profile_has_every_identifier_that_its_row_has() {
    let made = by("email", ["a@x.example".into(), null(), "c@x.example".into(), absent()]);
    let made = also(made, "external_id", ["C-1".into(), "C-2".into(), "".into(), null()]);
    let made = also(made, "id", [absent(), "01GD".into(), absent(), absent()]);
    let rows = made.view();
    let people = People::of(&rows).expect("three identifiers");
    let begun = |row: usize, id: Option<&str>| {
        let mut body = Writer::default();
        body.begin_object();
        match people.begin(&mut body, row, id) {
            Ok(()) => String::from_utf8(body.into_bytes()).expect("JSON is UTF-8"),
            Err(reason) => reason.code,
        }
    };
    assert_eq!(begun(0, None), r#"{"type":"profile","attributes":{"email":"a@x.example","external_id":"C-1""#);
    assert_eq!(begun(1, None), r#"{"type":"profile","id":"01GD","attributes":{"external_id":"C-2""#);
    assert_eq!(begun(2, Some("01XY")), r#"{"type":"profile","id":"01XY","attributes":{"email":"c@x.example""#);
    assert_eq!(begun(3, None), code::NO_IDENTIFIER);
}

#[test]
fn what_klaviyo_surely_refuses_is_refused_alone_and_without_its_value() {
    let long = "x".repeat(EXTERNAL_ID_CHARS_MAX);
    for (kind, value, good) in [
        (Kind::Email, "a@x.example", true),
        (Kind::Email, "a@", false),
        (Kind::Phone, "+33612345678", true),
        (Kind::Phone, "0612345678", false),
        (Kind::ExternalId, "C 1/é", true),
        (Kind::ExternalId, &long, true),
        (Kind::ExternalId, &format!("{long}x"), false),
        (Kind::Id, "01GDDKASAP8TKDDA2GRZDSVP4H", true),
        (Kind::Id, "a\"b", false),
    ] {
        let made = by(kind.name(), [value.into()]);
        let named = People::of(&made.view()).expect("one identifier").named(0).map(Iterator::count);
        match named {
            Ok(count) => assert_eq!((count, good), (1, true), "{kind:?} {value}"),
            Err(reason) => {
                assert_eq!((reason.code.as_str(), reason.field.as_deref(), good), (code::BAD_FORMAT, Some(kind.name()), false));
                assert!(!reason.message.contains(value), "no value of a row in our words");
            }
        }
    }
}

#[test]
fn a_batch_without_an_identifier_of_klaviyos_is_the_operators_to_mend() {
    for made in [by("_kx", ["x".into()]), Made::new().column("plan", PhysicalType::Utf8, ["gold".into()])] {
        assert!(matches!(People::of(&made.view()), Err(Halt::Config(_))));
    }
}

#[test]
fn addresses_are_compared_as_klaviyo_keeps_them_and_ids_as_they_are() {
    assert_eq!(KNOWN[1].folded(" Lea@X.Example "), "lea@x.example");
    assert_eq!(KNOWN[3].folded(" C-1"), " C-1");
}

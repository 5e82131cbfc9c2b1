use sluice_sdk::PhysicalType;
use sluice_sdk::code;
use sluice_sdk::testing::{Input, Rows as Made, null};

use super::*;

fn by(made: Made, name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

#[test]
fn an_identifier_is_a_value_of_a_property_and_hubspots_id_of_none() {
    let unique = "customer_no";
    for (identifier, value, property) in
        [("email", "lea@example.org", Some("email")), ("unique_value", "C-1", Some("customer_no")), ("hs_object_id", "101", None)]
    {
        let made = by(Made::new(), identifier, [value.into()]);
        let rows = made.view();
        let records = Records::of(&rows, Some(unique)).expect("an identifier");
        let kind = records.only().expect("one");
        assert_eq!((records.named(0).expect("named"), records.property(kind)), ((kind, value), property));
    }
    let made = by(Made::new(), "unique_value", ["C-1".into()]);
    let told = Records::of(&made.view(), None).map(|_| ());
    assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("unique_property")), "{told:?}");
    let two = by(by(Made::new(), "email", ["a@b".into()]), "hs_object_id", ["1".into()]);
    assert!(matches!(Records::of(&two.view(), None).expect("two").only(), Err(Halt::Config(_))));
    let strange = by(Made::new(), "phone", ["1".into()]);
    assert!(matches!(Records::of(&strange.view(), None).map(|_| ()), Err(Halt::Config(_))));
}

#[test]
fn malformed_identifiers_are_refused_before_they_are_sent() {
    for (identifier, value, refused) in [
        ("email", "a@b", None),
        ("email", "nobody", Some(code::BAD_FORMAT)),
        ("hs_object_id", "12345678901234567890", None),
        ("hs_object_id", "123456789012345678901", Some(code::BAD_FORMAT)),
        ("hs_object_id", "0x1", Some(code::BAD_FORMAT)),
        ("hs_object_id", "", Some(code::NO_IDENTIFIER)),
        ("unique_value", "any thing", None),
    ] {
        let made = by(Made::new(), identifier, [value.into(), null()]);
        let (rows, unique) = (made.view(), "k");
        let records = Records::of(&rows, Some(unique)).expect("an identifier");
        assert_eq!(records.named(0).err().map(|r| r.code).as_deref(), refused, "{identifier} {value}");
        assert_eq!(records.named(1).expect_err("nobody").code, code::NO_IDENTIFIER);
    }
}

#[test]
fn the_second_row_of_a_record_follows_in_another_batch() {
    let made = by(Made::new(), "email", ["a@b".into(), "bad".into(), "A@B".into(), "bad".into()]);
    assert_eq!(Records::of(&made.view(), None).expect("one").again(4).into_keys().collect::<Vec<_>>(), [2]);
}

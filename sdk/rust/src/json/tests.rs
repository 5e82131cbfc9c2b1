use proptest::prelude::*;

use super::*;

fn read(writer: Writer) -> serde_json::Value {
    serde_json::from_slice(&writer.into_bytes()).expect("JSON")
}

#[test]
fn commas_stand_between_members_and_nowhere_else() {
    let mut w = Writer::default();
    w.begin_object();
    w.name("empty");
    w.begin_array();
    w.end_array();
    w.key(&Key::new("two \"quoted\""));
    w.begin_array();
    w.int(1);
    w.begin_object();
    w.end_object();
    w.null();
    w.end_array();
    w.name("last");
    w.bool(true);
    w.end_object();
    assert_eq!(String::from_utf8(w.into_bytes()).expect("text"), r#"{"empty":[],"two \"quoted\"":[1,{},null],"last":true}"#);
}

#[test]
fn the_three_states_of_a_cell_are_nothing_null_and_a_value() {
    let key = Key::new("k");
    for (cell, want) in [(Cell::Absent, "{}"), (Cell::Null, r#"{"k":null}"#), (Cell::Value(Value::Text("")), r#"{"k":""}"#)] {
        let mut w = Writer::default();
        w.begin_object();
        w.cell(&key, cell);
        w.end_object();
        assert_eq!(w.as_bytes(), want.as_bytes());
    }
}

#[test]
fn values_have_the_text_that_vendors_expect() {
    for (value, want) in [
        (Value::Int(i64::MIN), "-9223372036854775808"),
        (Value::Float(0.1), "0.1"),
        (Value::Float(f64::NAN), "null"),
        (Value::Decimal { unscaled: -1999, scale: 2 }, "-19.99"),
        (Value::Date(0), "\"1970-01-01\""),
        (Value::Timestamp(0), "\"1970-01-01T00:00:00Z\""),
        (Value::Bytes(b"f"), "\"Zg==\""),
        (Value::Json("[1,2]"), "[1,2]"),
    ] {
        let mut w = Writer::default();
        w.value(value);
        assert_eq!(String::from_utf8_lossy(w.as_bytes()), want);
    }
}

proptest! {
    #[test]
    fn every_string_reads_back(text in any::<String>(), pad in 0_usize..9) {
        let text = format!("{}{text}", "x".repeat(pad));
        let mut w = Writer::default();
        w.string(&text);
        prop_assert_eq!(read(w), serde_json::Value::String(text));
    }

    #[test]
    fn strings_full_of_escapes_read_back(bytes in proptest::collection::vec(0_u8..0x80, 0..40)) {
        let text = String::from_utf8(bytes).expect("ascii");
        let mut w = Writer::default();
        w.string(&text);
        prop_assert_eq!(read(w), serde_json::Value::String(text));
    }

    #[test]
    fn every_finite_float_reads_back(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
        let mut w = Writer::default();
        w.float(value);
        let text = String::from_utf8(w.into_bytes()).expect("text");
        prop_assert_eq!(text.parse::<f64>().expect("number"), value);
    }
}

#[test]
fn a_plain_value_is_a_string_without_looking_for_escapes() {
    let mut w = Writer::default();
    w.begin_array();
    ["", "a", "0123456789abcdef0123456789abcdef"].iter().for_each(|text| w.plain(text));
    w.end_array();
    assert_eq!(read(w), serde_json::json!(["", "a", "0123456789abcdef0123456789abcdef"]));
}

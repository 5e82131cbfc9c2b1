use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray, TimestampMicrosecondArray},
    datatypes::{DataType as Arrow, Field as Column, TimestampMicrosecondType},
};
use datafusion::{
    common::config::ConfigOptions,
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, col},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{nfc, utc};

fn call(function: Expr, array: ArrayRef) -> ArrayRef {
    let Expr::ScalarFunction(function) = function else { panic!("{function}") };
    let returned = function.func.return_type(&[array.data_type().clone()]).unwrap();
    let args = ScalarFunctionArgs {
        number_rows: array.len(),
        arg_fields: vec![Arc::new(Column::new("x", array.data_type().clone(), true))],
        args: vec![ColumnarValue::Array(array)],
        return_field: Arc::new(Column::new("x", returned, true)),
        config_options: Arc::new(ConfigOptions::default()),
    };
    match function.func.invoke_with_args(args).unwrap() {
        ColumnarValue::Array(array) => array,
        ColumnarValue::Scalar(scalar) => scalar.to_array().unwrap(),
    }
}

#[test]
fn texts_become_composed_and_plain_ones_are_not_copied() {
    let plain: ArrayRef = Arc::new(StringArray::from(vec![Some("abc"), None, Some("Caf\u{e9}")]));
    assert!(Arc::ptr_eq(&call(nfc(col("x")), Arc::clone(&plain)), &plain));
    let slice = StringArray::from(vec![Some("skipped e\u{301}"), Some("Cafe\u{301}"), None, Some("")]).slice(1, 3);
    let got = call(nfc(col("x")), Arc::new(slice));
    assert_eq!(got.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("Caf\u{e9}"), None, Some("")]);
    let none: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
    assert_eq!(call(nfc(col("x")), none).len(), 0);
}

#[test]
fn wall_time_becomes_the_instant_of_its_zone() {
    let micros = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
    let paris = TimeZone::get("Europe/Paris").unwrap();
    let walls = ["2026-07-01T12:00:00Z", "2026-03-29T02:30:00Z", "2026-10-25T02:30:00Z", "1969-12-31T23:59:59.999999Z"];
    let instants = ["2026-07-01T10:00:00Z", "2026-03-29T01:30:00Z", "2026-10-25T00:30:00Z", "1969-12-31T22:59:59.999999Z"];
    let naive: ArrayRef = Arc::new(TimestampMicrosecondArray::from(walls.map(micros).to_vec()));
    let shifted = call(utc(col("x"), &paris, "at", "at"), Arc::clone(&naive));
    assert_eq!(shifted.as_primitive::<TimestampMicrosecondType>().values().to_vec(), instants.map(micros).to_vec());
    assert!(matches!(shifted.data_type(), Arrow::Timestamp(_, None)));
    // With a zone of its own the value is an instant already.
    let zoned = naive.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("+05:00");
    let kept = call(utc(col("x"), &paris, "at", "at"), Arc::new(zoned));
    assert_eq!(kept.as_primitive::<TimestampMicrosecondType>().values(), naive.as_primitive::<TimestampMicrosecondType>().values());
}

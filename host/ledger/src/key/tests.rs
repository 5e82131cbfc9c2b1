use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, StringArray};
use proptest::prelude::*;

use super::*;

fn key(columns: &[ArrayRef]) -> Vec<u8> {
    let mut out = Vec::new();
    for column in columns {
        put(&mut out, &Cells::of(column), 0, 2);
    }
    out
}

fn texts(texts: &[&str]) -> Vec<u8> {
    key(&texts.iter().map(|t| Arc::new(StringArray::from(vec![*t])) as ArrayRef).collect::<Vec<_>>())
}

#[test]
fn keys_with_the_same_letters_in_other_parts_differ() {
    assert_ne!(texts(&["a", "bc"]), texts(&["ab", "c"]));
    assert_ne!(texts(&["1"]), key(&[Arc::new(Int64Array::from(vec![1]))]));
}

#[test]
fn a_key_reads_as_a_person_expects() {
    let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
    assert_eq!(texts(&[uuid]).len(), 17);
    assert_eq!(key_text(&texts(&[uuid, "x"])), format!("{uuid} / x"));
    assert_eq!(texts(&["0F8FAD5B-d9cb-469f-a165-70867728950e"]).len(), 38, "another spelling is another text");
    assert_eq!(key_text(&key(&[Arc::new(Int64Array::from(vec![-7]))])), "-7");
    let decimal = Decimal128Array::from(vec![-5]).with_precision_and_scale(38, 2).unwrap();
    assert_eq!(key_text(&key(&[Arc::new(decimal)])), "-0.05");
    assert_eq!((date(0), date(-1), date(19_000)), ("1970-01-01".into(), "1969-12-31".into(), "2022-01-08".into()));
}

proptest! {
    #[test]
    fn different_keys_have_different_bytes_and_read_back(a in proptest::collection::vec("[a-c0-9-]{0,4}", 1..4), b in proptest::collection::vec("[a-c0-9-]{0,4}", 1..4)) {
        let (ka, kb) = (texts(&a.iter().map(String::as_str).collect::<Vec<_>>()), texts(&b.iter().map(String::as_str).collect::<Vec<_>>()));
        prop_assert_eq!(ka == kb, a == b);
        prop_assert_eq!(key_text(&ka), a.join(" / "));
    }
}

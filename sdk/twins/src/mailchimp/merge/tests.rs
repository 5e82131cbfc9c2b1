use super::*;

fn field(r#type: MergeType) -> MergeField {
    let choices = match r#type {
        MergeType::Radio | MergeType::Dropdown => vec!["red".to_owned()],
        _ => Vec::new(),
    };
    MergeField { merge_id: 1, tag: "A".to_owned(), name: "a".to_owned(), r#type, required: false, choices }
}

/// *Attributes*, each type on both sides of its line.
#[test]
fn each_type_takes_its_values_alone() {
    use MergeType::{Address, Birthday, Date, Dropdown, ImageUrl, Number, Phone, Radio, Text, Url, Zip};
    let whole = json!({ "addr1": "1 rue A", "city": "Paris", "state": "IDF", "zip": "75001" });
    for (r#type, value, kept) in [
        (Text, json!("Léa"), Some(json!("Léa"))),
        (Text, json!("x".repeat(255)), Some(json!("x".repeat(255)))),
        (Text, json!("x".repeat(256)), None),
        (Text, json!("é".repeat(128)), None),
        (Text, json!(412.5), Some(json!("412.5"))),
        (Text, json!(true), None),
        (Text, json!(null), None),
        (Text, json!(["a"]), None),
        (Phone, json!("+33612345678"), Some(json!("+33612345678"))),
        (Zip, json!("75001"), Some(json!("75001"))),
        (Number, json!(412.5), Some(json!(412.5))),
        (Number, json!("412.5"), Some(json!(412.5))),
        (Number, json!("AAAAA"), None),
        (Number, json!("true"), None),
        (Number, json!(false), None),
        (Date, json!("2026-03-27"), Some(json!("2026-03-27"))),
        (Date, json!("2026-03-27T00:00:00Z"), None),
        (Date, json!("03/27/2026"), None),
        (Birthday, json!("03/27"), Some(json!("03/27"))),
        (Birthday, json!("02/29"), Some(json!("02/29"))),
        (Birthday, json!("02/30"), None),
        (Birthday, json!("3/27"), None),
        (Birthday, json!("1990-03-27"), None),
        (Birthday, json!("é3/27"), None),
        (Url, json!("https://example.org"), Some(json!("https://example.org"))),
        (ImageUrl, json!("example.org/a.png"), None),
        (Radio, json!("red"), Some(json!("red"))),
        (Dropdown, json!("blue"), None),
        (Address, whole.clone(), Some(whole.clone())),
        (Address, json!({ "addr1": "1 rue A", "city": "Paris", "zip": "75001" }), None),
        (Address, json!({ "addr1": "1 rue A", "city": "Paris", "state": "", "zip": "75001" }), None),
        (Address, json!({ "addr1": "1 rue A", "city": "Paris", "state": "IDF", "zip": 75001 }), None),
        (Address, json!("1 rue A, Paris"), None),
    ] {
        let read = field(r#type).read(&value);
        assert_eq!(read.ok(), kept.map(Some), "{type:?} {value}");
    }
}

/// *Attributes*: "empty string clears a value whatever its type; null is not accepted as a clearing value".
#[test]
fn an_empty_text_clears_and_null_does_not() {
    for word in MergeType::WORDS.split(", ") {
        let field = field(MergeType::read(word).unwrap());
        assert_eq!(field.read(&json!("")), Ok(None), "{word}");
        assert!(field.read(&Value::Null).is_err(), "{word}");
    }
    assert_eq!(MergeType::read("boolean"), None);
}

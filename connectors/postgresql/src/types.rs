//! Which of the product's types a column of PostgreSQL becomes. The host decodes by a table of its own; a test with a real server
//! compares the two.
//!
//! Numbers of types: `src/include/catalog/pg_type.dat` of PostgreSQL, read 2026-11-24; they are the same in every version.

use serde_json::{Value, json};

/// The product's type for a base type (of a domain: the type below it) with its modifier; and a warning where that is not the whole
/// truth. Null: no field can hold it.
pub(crate) fn product(base: i64, element: i64, kind: &str, modifier: i64) -> (Value, Option<&'static str>) {
    if element != 0 && kind == "A" {
        let (inner, _) = product(element, 0, "", -1);
        return if inner.is_null() {
            (Value::Null, Some("cast it to text or unfold it in a model's SQL"))
        } else {
            (json!("array"), None)
        };
    }
    match base {
        16 => (json!("boolean"), None),
        20 | 21 | 23 | 26 => (json!("integer"), None),
        700 | 701 => (json!("float"), None),
        1700 => numeric(modifier),
        18 | 19 | 25 | 1042 | 1043 | 2950 => (json!("string"), None),
        1082 => (json!("date"), None),
        1083 => (json!("string"), Some("a time of day is read as text")),
        1114 => (json!("timestamp"), Some("it has no zone: it is meant in the zone of the source")),
        1184 => (json!("timestamp"), None),
        114 | 3802 => (json!("json"), None),
        _ if kind == "E" => (json!("string"), None),
        _ => (Value::Null, Some("cast it to text in a model's SQL")),
    }
}

/// `((precision << 16) | scale) + 4`, the scale of 11 bits with a sign; -1: nothing declared.
fn numeric(modifier: i64) -> (Value, Option<&'static str>) {
    let packed = modifier - 4;
    let (precision, scale) = ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024);
    if modifier < 4 {
        return (json!("string"), Some("a numeric of no declared size is read as text; declare the field as a decimal or a float"));
    }
    if precision > 38 || !(0..=precision).contains(&scale) {
        return (json!("string"), Some("a numeric of more than 38 digits is read as text"));
    }
    (json!({ "decimal": { "precision": precision, "scale": scale } }), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_becomes_the_type_that_holds_its_values() {
        for (base, element, kind, modifier, want) in [
            (23, 0, "N", -1, json!("integer")),
            (1700, 0, "N", (12 << 16) + 4 + 4, json!({ "decimal": { "precision": 12, "scale": 4 } })),
            (1700, 0, "N", -1, json!("string")),
            (1700, 0, "N", (39 << 16) + 4, json!("string")),
            (1009, 25, "A", -1, json!("array")),
            (1187, 1186, "A", -1, Value::Null),
            (90_001, 0, "E", -1, json!("string")),
            (1186, 0, "T", -1, Value::Null),
            (17, 0, "U", -1, Value::Null),
        ] {
            assert_eq!(product(base, element, kind, modifier).0, want, "{base}");
        }
    }
}

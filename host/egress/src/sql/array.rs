//! An array of scalars in its binary form, as JSON text: numbers stay numbers, times and UUIDs are texts, a null is a null.
//!
//! Layout (`src/backend/utils/adt/arrayfuncs.c`, `array_send`): dimensions, a flag, the elements' type, length and lower bound of each
//! dimension, then the elements, the last dimension fastest.

use super::{
    copy::{Bad, Cursor, text_of},
    shape::Scalar,
};

/// Most dimensions of the server (`MAXDIM`).
const DIMENSIONS_MAX: i32 = 6;

/// The array as JSON text.
pub(super) fn to_json(bytes: &[u8], element: Scalar) -> Result<String, Bad> {
    let mut cursor = Cursor(bytes);
    let dimensions = cursor.int()?;
    let (_flags, _type) = (cursor.int()?, cursor.int()?);
    if !(0..=DIMENSIONS_MAX).contains(&dimensions) {
        return Err(Bad::Form);
    }
    let mut lengths = Vec::new();
    for _ in 0..dimensions {
        lengths.push(usize::try_from(cursor.int()?).map_err(|_| Bad::Form)?);
        cursor.int()?; // the lower bound, which JSON has no place for
    }
    let mut json = String::with_capacity(bytes.len() + 2);
    if lengths.is_empty() {
        json.push_str("[]");
    } else {
        level(&mut cursor, &lengths, element, &mut json)?;
    }
    if cursor.0.is_empty() { Ok(json) } else { Err(Bad::Form) }
}

fn level(cursor: &mut Cursor<'_>, lengths: &[usize], element: Scalar, json: &mut String) -> Result<(), Bad> {
    let Some((length, inner)) = lengths.split_first() else {
        return match cursor.value()? {
            None => {
                json.push_str("null");
                Ok(())
            }
            Some(bytes) => scalar(bytes, element, json),
        };
    };
    json.push('[');
    for at in 0..*length {
        if at > 0 {
            json.push(',');
        }
        level(cursor, inner, element, json)?;
    }
    json.push(']');
    Ok(())
}

fn scalar(bytes: &[u8], element: Scalar, json: &mut String) -> Result<(), Bad> {
    let text = text_of(bytes, element)?;
    match element {
        Scalar::Bool
        | Scalar::Int2
        | Scalar::Int4
        | Scalar::Int8
        | Scalar::Oid
        | Scalar::Decimal { .. }
        | Scalar::Numeric
        | Scalar::Json
        | Scalar::Jsonb => json.push_str(&text),
        // JSON has no word for these three.
        Scalar::Float4 | Scalar::Float8 if matches!(&*text, "NaN" | "inf" | "-inf") => json.push_str("null"),
        Scalar::Float4 | Scalar::Float8 => json.push_str(&text),
        Scalar::Text | Scalar::Uuid | Scalar::Bytes | Scalar::Date | Scalar::Time | Scalar::Timestamp | Scalar::Instant => {
            json.push_str(&serde_json::to_string(&*text).expect("a text is always JSON"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(lengths: &[i32], elements: &[Option<&[u8]>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [lengths.len() as i32, 0, 25] {
            bytes.extend(number.to_be_bytes());
        }
        for length in lengths {
            bytes.extend(length.to_be_bytes());
            bytes.extend(1_i32.to_be_bytes());
        }
        for element in elements {
            bytes.extend(element.map_or(-1, |e| e.len() as i32).to_be_bytes());
            bytes.extend(element.unwrap_or_default());
        }
        bytes
    }

    #[test]
    fn an_array_is_json_with_its_dimensions_and_nulls() {
        let one = 1_i32.to_be_bytes();
        let two = 2_i32.to_be_bytes();
        for (bytes, element, want) in [
            (array(&[], &[]), Scalar::Text, Ok("[]")),
            (array(&[2], &[Some(b"a\"b"), None]), Scalar::Text, Ok(r#"["a\"b",null]"#)),
            (array(&[2, 1], &[Some(&one), Some(&two)]), Scalar::Int4, Ok("[[1],[2]]")),
            (array(&[1], &[Some(&f64::NAN.to_be_bytes())]), Scalar::Float8, Ok("[null]")),
            (array(&[2], &[Some(b"a")]), Scalar::Text, Err(Bad::Form)),
            (array(&[1], &[Some(b"a"), Some(b"b")]), Scalar::Text, Err(Bad::Form)),
            (array(&[-1], &[]), Scalar::Text, Err(Bad::Form)),
        ] {
            assert_eq!(to_json(&bytes, element).as_deref(), want.as_ref().map(|s| *s));
        }
    }
}

//! Values as strings, for platforms (most CRMs) whose properties are text whatever their type.

use super::Writer;
use crate::rows::Value;
use crate::text;

impl Writer {
    /// A value as a string: numbers and booleans stand in quotes, a JSON value is the string that holds its text, and the rest is as
    /// [`Writer::value`] has it. A number that is not finite is the empty string: look at it before.
    pub fn value_as_text(&mut self, value: Value<'_>) {
        match value {
            Value::Bool(yes) => self.string(if yes { "true" } else { "false" }),
            Value::Int(number) => self.quoted(|out| text::int(out, number)),
            Value::Float(number) => self.quoted(|out| {
                text::float(out, number);
            }),
            Value::Decimal { unscaled, scale } => self.quoted(|out| text::decimal(out, unscaled, scale)),
            Value::Json(text) => self.string(text),
            Value::Text(_) | Value::Bytes(_) | Value::Date(_) | Value::Timestamp(_) => self.value(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_a_string() {
        for (value, text) in [
            (Value::Bool(true), r#""true""#),
            (Value::Bool(false), r#""false""#),
            (Value::Int(-7), r#""-7""#),
            (Value::Float(412.5), r#""412.5""#),
            (Value::Float(f64::NAN), r#""""#),
            (Value::Decimal { unscaled: -1050, scale: 2 }, r#""-10.50""#),
            (Value::Text("a\"b"), r#""a\"b""#),
            (Value::Json(r#"{"a":1}"#), r#""{\"a\":1}""#),
            (Value::Date(0), r#""1970-01-01""#),
            (Value::Timestamp(0), r#""1970-01-01T00:00:00Z""#),
            (Value::Bytes(b"ab"), r#""YWI=""#),
        ] {
            let mut body = Writer::default();
            body.value_as_text(value);
            assert_eq!(body.into_text(), text, "{value:?}");
        }
    }
}

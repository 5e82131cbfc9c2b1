//! Small trees of values, as `json!` makes them: heads of bodies and tokens. Rows are written without a tree.

use serde_json::Value;

use super::{Writer, string};
use crate::text;

impl Writer {
    /// A value with everything in it. Numbers are written as [`Writer::int`] and [`Writer::float`] do.
    ///
    /// `serde_json` would bring its whole serializer into the component for it, twice and with a printer of numbers of its own.
    pub fn tree(&mut self, value: &Value) {
        match value {
            Value::Null => self.null(),
            Value::Bool(yes) => self.bool(*yes),
            Value::String(text) => self.string(text),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => self.int(number),
                (None, Some(number)) => {
                    self.next();
                    text::decimal(&mut self.out, i128::from(number), 0);
                }
                (None, None) => self.float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::Array(items) => {
                self.begin_array();
                items.iter().for_each(|item| self.tree(item));
                self.end_array();
            }
            Value::Object(members) => {
                self.begin_object();
                for (name, value) in members {
                    self.next();
                    string(&mut self.out, name);
                    self.out.push(b':');
                    self.comma = false;
                    self.tree(value);
                }
                self.end_object();
            }
        }
    }

    /// The text of one tree.
    pub fn of_tree(value: &Value) -> Self {
        let mut writer = Self::default();
        writer.tree(value);
        writer
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tree_is_written_as_it_reads() {
        for tree in [
            json!(null),
            json!({ "a\"b": [1, -2, 3.5, 1e300, u64::MAX, i64::MIN, true, null, "é\n", {}, []], "c": { "d": "e" } }),
            json!([[], [{}], ""]),
        ] {
            let text = Writer::of_tree(&tree).into_text();
            assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), tree, "{text}");
        }
        let mut body = Writer::default();
        body.begin_object();
        body.name("a");
        body.tree(&json!([1]));
        body.name("b");
        body.tree(&json!({}));
        body.end_object();
        assert_eq!(body.into_text(), r#"{"a":[1],"b":{}}"#);
    }
}

//! What an attribute of an event may hold beyond a plain value: objects, lists of texts, lists of objects; nothing null.

use sluice_sdk::Reason;
use sluice_sdk::serde_json::{self, Value};

use super::{Place, URL_CHARS_MAX, is_name, length};

/// Items of a list.
const ITEMS_MAX: usize = 25;
/// Objects in objects.
const DEPTH_MAX: usize = 3;

/// Whether JSON text is a value that an event may hold.
pub(super) fn check(text: &str) -> Result<(), Reason> {
    let value = serde_json::from_slice(text.as_bytes()).map_err(|_| Reason::bad("the value is not JSON"))?;
    walk(&value, 0, Place::Event.chars_max())
}

/// `depth`: objects around the value. Lists add none.
fn walk(value: &Value, depth: usize, chars_max: usize) -> Result<(), Reason> {
    match value {
        Value::Null => Err(Reason::bad("an event holds no null")),
        Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => length(text, chars_max),
        Value::Array(items) => {
            if items.len() > ITEMS_MAX {
                return Err(Reason::bad("a list has at most 25 items"));
            }
            if !(items.iter().all(Value::is_string) || items.iter().all(Value::is_object)) {
                return Err(Reason::bad("a list has texts or objects, of one kind"));
            }
            items.iter().try_for_each(|item| walk(item, depth, chars_max))
        }
        Value::Object(_) if depth == DEPTH_MAX => Err(Reason::bad("objects stand in objects at most three deep")),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            let url = inside(name, "url(");
            if !is_name(url.or(inside(name, "date(")).unwrap_or(name)) {
                return Err(Reason::bad("a name within the value has 1 to 30 letters `a` to `z`, digits and `_`"));
            }
            walk(value, depth + 1, if url.is_some() { URL_CHARS_MAX } else { chars_max })
        }),
    }
}

/// The name in `date(name)` or `url(name)`.
fn inside<'n>(name: &'n str, open: &str) -> Option<&'n str> {
    name.strip_prefix(open)?.strip_suffix(')')
}

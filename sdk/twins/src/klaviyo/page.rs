//! Pages of a read, and resources as JSON:API shows them: `data`, `links` with `next` until it is null (*Remote segment*,
//! "Pagination"). A cursor is opaque to clients: it holds the place of the last one shown, so that what comes and goes between two
//! pages neither repeats nor hides anybody else.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{
    question::{CURSOR, Question},
    words::{Refusal, answer},
};
use crate::vendor::{Call, Reply};

/// Where somebody is in an order: the value sorted by, then the age.
pub(super) trait Place: Ord + Sized {
    fn write(&self) -> String;
    fn read(text: &str) -> Option<Self>;
}

impl Place for (i64, usize) {
    fn write(&self) -> String {
        format!("{}.{}", self.0, self.1)
    }

    fn read(text: &str) -> Option<Self> {
        let (value, age) = text.split_once('.')?;
        Some((value.parse().ok()?, age.parse().ok()?))
    }
}

impl Place for (String, usize) {
    fn write(&self) -> String {
        format!("{}.{}", self.1, self.0)
    }

    fn read(text: &str) -> Option<Self> {
        let (age, value) = text.split_once('.')?;
        Some((value.to_owned(), age.parse().ok()?))
    }
}

/// One page of `rows`, which need not be in order.
pub(super) fn page<P: Place, T>(
    question: &Question<'_>,
    mut rows: Vec<(P, T)>,
    backwards: bool,
    size: usize,
    show: impl Fn(&T) -> Value,
) -> Result<Reply, Refusal> {
    let order = |a: &P, b: &P| if backwards { b.cmp(a) } else { a.cmp(b) };
    if let Some(cursor) = question.cursor() {
        let place = from_hex(cursor).and_then(|text| P::read(&text));
        let place = place.ok_or_else(|| Refusal::parameter(CURSOR, "The cursor is not valid."))?;
        rows.retain(|(at, _)| order(at, &place) == Ordering::Greater);
    }
    let more = rows.len() > size;
    if more {
        rows.select_nth_unstable_by(size - 1, |a, b| order(&a.0, &b.0));
        rows.truncate(size);
    }
    rows.sort_unstable_by(|a, b| order(&a.0, &b.0));
    let next = rows.last().filter(|_| more).map(|(place, _)| question.link(Some(&to_hex(&place.write()))));
    let data: Vec<Value> = rows.iter().map(|(_, row)| show(row)).collect();
    Ok(answer(200, &json!({ "data": data, "links": { "self": question.link(None), "next": next, "prev": null } })))
}

fn to_hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<String> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let bytes = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// A resource: `links.self` is where it is.
pub(super) fn resource(call: &Call, kind: &str, collection: &str, id: &str, attributes: Map<String, Value>) -> Value {
    let link = format!("{}/api/{collection}/{id}", Question::origin(call));
    json!({ "type": kind, "id": id, "attributes": attributes, "links": { "self": link } })
}

/// A document of one resource.
pub(super) fn document(status: u16, resource: &Value) -> Reply {
    answer(status, &json!({ "data": resource }))
}

/// The fields that were asked for, `a.b` for one of an object; `always` is shown whatever was asked.
pub(super) fn pick(mut shown: Map<String, Value>, fields: Option<&[String]>, always: &[&str]) -> Map<String, Value> {
    let Some(fields) = fields else { return shown };
    let mut picked = Map::new();
    for name in fields.iter().map(String::as_str).chain(always.iter().copied()) {
        match name.split_once('.') {
            Some((outer, inner)) => {
                let value = shown.get(outer).and_then(|outer| outer.get(inner)).cloned();
                let object = picked.entry(outer.to_owned()).or_insert_with(|| json!({}));
                if let (Some(value), Some(object)) = (value, object.as_object_mut()) {
                    object.insert(inner.to_owned(), value);
                }
            }
            None => {
                if let Some(value) = shown.remove(name) {
                    picked.insert(name.to_owned(), value);
                }
            }
        }
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        for place in [("é@x.fr".to_owned(), 7), ("a.b".to_owned(), 0), (String::new(), 1)] {
            assert_eq!(from_hex(&to_hex(&place.write())).and_then(|text| <(String, usize)>::read(&text)), Some(place));
        }
        let place = (-5_i64, 3_usize);
        assert_eq!(from_hex(&to_hex(&place.write())).and_then(|text| <(i64, usize)>::read(&text)), Some(place));
        for text in ["", "zz", "3", "é1", "ff", "352e"] {
            assert_eq!(from_hex(text).and_then(|text| <(i64, usize)>::read(&text)), None, "{text}");
        }
    }

    #[test]
    fn fields_are_picked_by_name_and_by_the_name_inside() {
        let shown = json!({ "email": "a", "location": { "city": "Lyon", "zip": "1" }, "title": null, "joined_group_at": "t" });
        let fields: Vec<String> = ["email", "location.city", "id"].map(str::to_owned).to_vec();
        let picked = pick(shown.as_object().unwrap().clone(), Some(&fields), &["joined_group_at"]);
        assert_eq!(Value::from(picked), json!({ "email": "a", "location": { "city": "Lyon" }, "joined_group_at": "t" }));
    }
}

//! Members in a line, and objects and arrays that close themselves: what a body has beside the cells of rows.

use serde_json::Value as Tree;

use super::Writer;
use crate::rows::Value;

/// What can be written as one value.
pub trait Write {
    /// Writes it where a value may stand.
    fn write(self, body: &mut Writer);
}

impl Write for &str {
    #[inline]
    fn write(self, body: &mut Writer) {
        body.string(self);
    }
}

impl Write for &String {
    fn write(self, body: &mut Writer) {
        body.string(self);
    }
}

impl Write for bool {
    fn write(self, body: &mut Writer) {
        body.bool(self);
    }
}

impl Write for i64 {
    fn write(self, body: &mut Writer) {
        body.int(self);
    }
}

impl Write for Value<'_> {
    #[inline]
    fn write(self, body: &mut Writer) {
        body.value(self);
    }
}

impl Write for &Tree {
    fn write(self, body: &mut Writer) {
        body.tree(self);
    }
}

impl Writer {
    /// A member with its value. `name`: as of [`Writer::name`].
    #[inline]
    pub fn member(&mut self, name: &'static str, value: impl Write) {
        self.name(name);
        value.write(self);
    }

    /// A member that is an object of what `members` writes.
    #[inline]
    pub fn object<R>(&mut self, name: &'static str, members: impl FnOnce(&mut Self) -> R) -> R {
        self.name(name);
        self.item(members)
    }

    /// The same where a value may stand, as in an array.
    #[inline]
    pub fn item<R>(&mut self, members: impl FnOnce(&mut Self) -> R) -> R {
        self.begin_object();
        let wrote = members(self);
        self.end_object();
        wrote
    }

    /// A member that is an array of what `items` writes.
    #[inline]
    pub fn array<R>(&mut self, name: &'static str, items: impl FnOnce(&mut Self) -> R) -> R {
        self.name(name);
        self.begin_array();
        let wrote = items(self);
        self.end_array();
        wrote
    }

    /// An object as of [`Writer::object`], and nothing at all where no member is written. Whether one was.
    pub fn object_if_any<E>(&mut self, name: &'static str, members: impl FnOnce(&mut Self) -> Result<(), E>) -> Result<bool, E> {
        let start = self.mark();
        self.name(name);
        self.begin_object();
        let empty = self.mark();
        members(self)?;
        let any = self.len_since(empty) > 0;
        if any {
            self.end_object();
        } else {
            self.rewind(start);
        }
        Ok(any)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_objects_and_arrays_close_themselves_and_set_their_commas() {
        let mut body = Writer::default();
        body.item(|body| {
            body.member("text", "a\"b");
            body.member("yes", true);
            body.member("number", -7);
            body.member("day", Value::Date(0));
            body.member("tree", &json!({ "n": [1, null] }));
            body.object("empty", |_| ());
            body.array("list", |body| {
                body.item(|body| body.member("first", 1));
                body.item(|body| body.member("second", 2));
            });
            body.member("last", false);
        });
        let want = concat!(
            r#"{"text":"a\"b","yes":true,"number":-7,"day":"1970-01-01","tree":{"n":[1,null]},"empty":{},"#,
            r#""list":[{"first":1},{"second":2}],"last":false}"#
        );
        assert_eq!(body.into_text(), want);
    }

    #[test]
    fn an_object_without_members_leaves_no_trace_where_that_is_wanted() {
        let mut body = Writer::default();
        body.item(|body| {
            body.member("a", 1);
            assert_eq!(body.object_if_any("none", |_| Ok::<_, ()>(())), Ok(false));
            let nested = |body: &mut Writer| body.object_if_any("inner", |_| Ok::<_, ()>(())).map(|_| ());
            assert_eq!(body.object_if_any("outer", nested), Ok(false), "nothing but an object that was taken back");
            let some = |body: &mut Writer| {
                body.member("b", 2);
                Ok::<_, ()>(())
            };
            assert_eq!(body.object_if_any("some", some), Ok(true));
        });
        assert_eq!(body.into_text(), r#"{"a":1,"some":{"b":2}}"#);
        assert_eq!(Writer::default().object_if_any("x", |_| Err("no")), Err("no"));
    }
}

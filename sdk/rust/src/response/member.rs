//! One member of an answer that is an object: where the others do not matter, no shape has to be written down for it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::Response;
use crate::contract::{Halt, Reason};

impl Response {
    /// The member `name` of an answer that is an object, of this shape; the others are passed over. An answer that does not have it is as
    /// one that does not read: see [`Response::json`].
    pub fn json_member<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Reason> {
        self.parsed(|body| {
            let mut text = serde_json::Deserializer::from_slice(body);
            let value = text.deserialize_map(Member { name, shape: PhantomData })?;
            text.end().map(|()| value)
        })
    }

    /// The same of a request that changed nothing: see [`Response::read`].
    pub fn read_member<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Halt> {
        self.json_member(name).map_err(Halt::Unavailable)
    }
}

struct Member<T> {
    name: &'static str,
    shape: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Member<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the member {}", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<T, A::Error> {
        let mut found = None;
        while let Some(name) = members.next_key::<String>()? {
            match &found {
                _ if name != self.name => drop(members.next_value::<IgnoredAny>()?),
                None => found = Some(members.next_value()?),
                Some(_) => return Err(A::Error::duplicate_field(self.name)),
            }
        }
        found.ok_or_else(|| A::Error::missing_field(self.name))
    }
}

#[cfg(test)]
mod tests {
    use crate::code;
    use crate::contract::Halt;
    use crate::testing::answer;

    #[test]
    fn a_member_is_read_and_its_neighbours_are_passed_over() {
        let told = answer(200, r#"{"a":[{"id":1}],"\u0069d":"7","b":null}"#).response();
        assert_eq!(told.json_member("id"), Ok("7".to_owned()));
        assert_eq!(told.json_member("b"), Ok(None::<String>));
        assert_eq!(told.read_member::<String>("id"), Ok("7".to_owned()));
    }

    #[test]
    fn what_has_no_such_member_does_not_read() {
        for body in [r#"{"id":7}"#, r#"{"other":"7"}"#, r#"{"id":"7"} x"#, r#"{"id":"7","id":"8"}"#, r#"["7"]"#, "\"7\"", "", "<p>"]
        {
            let told = answer(200, body).response();
            let reason = told.json_member::<String>("id").expect_err(body);
            assert_eq!(reason.code, code::DEST_PROTOCOL, "{body}");
            assert_eq!(told.read_member::<String>("id"), Err(Halt::Unavailable(reason)), "{body}");
        }
    }
}

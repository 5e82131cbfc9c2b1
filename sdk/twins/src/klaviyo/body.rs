//! A JSON:API body, taken apart name by name. All that is wrong with it is gathered, since one request says all at once where it
//! is wrong (*Errors*: a list, each with a pointer); what is left of an object at its end is unknown to the vendor, which refuses
//! it (recorded). Null is the same as absent except among attributes (inferred).

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::words::{Problem, Refusal};
use crate::vendor::{Call, Reply};

/// All that is wrong with a body.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(super) fn add(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    pub(super) fn invalid(&self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.add(Problem::invalid(pointer, detail));
    }

    pub(super) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// Refuses the body when anything is wrong with it.
    pub(super) fn none(&self) -> Result<(), Refusal> {
        let problems = self.0.take();
        if problems.is_empty() { Ok(()) } else { Err(Refusal::invalid(problems)) }
    }
}

/// One object of a body.
pub(super) struct Node<'a> {
    map: Map<String, Value>,
    /// Where it is.
    pub(super) at: String,
    /// The resource that its names are of.
    resource: &'static str,
    problems: &'a Problems,
}

impl<'a> Node<'a> {
    /// `data` of the whole body.
    pub(super) fn data(call: &Call, problems: &'a Problems) -> Result<Value, Refusal> {
        let Some(map) = call.object() else {
            return Err(Problem::invalid("/", "The request body is not a JSON object.").into());
        };
        let mut top = Self { map, at: String::new(), resource: "document", problems };
        let data = top.map.remove("data");
        top.finish();
        data.ok_or_else(|| Problem::invalid("/data", "The field 'data' is required.").into())
    }

    /// `data` of a body whose data is one resource of this type.
    pub(super) fn resource(call: &Call, problems: &'a Problems, kind: &'static str) -> Result<Self, Refusal> {
        let data = Self::data(call, problems)?;
        match Self::of(data, "/data".to_owned(), kind, problems) {
            Some(mut node) => {
                node.is(kind);
                Ok(node)
            }
            None => Err(problems.none().err().unwrap_or_else(|| Refusal::of_status(400))),
        }
    }

    pub(super) fn of(value: Value, at: String, resource: &'static str, problems: &'a Problems) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self { map, at, resource, problems }),
            _ => {
                problems.invalid(at, "An object is required.");
                None
            }
        }
    }

    /// The type says so.
    pub(super) fn is(&mut self, kind: &str) {
        match self.map.remove("type") {
            Some(Value::String(said)) if said == kind => {}
            _ => self.problems.invalid(format!("{}/type", self.at), format!("The type must be '{kind}'.")),
        }
    }

    fn take<T>(&mut self, name: &str, kind: &str, read: impl FnOnce(Value) -> Option<T>) -> Option<T> {
        let value = self.map.remove(name).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            self.problems.invalid(format!("{}/{name}", self.at), format!("'{name}' must be {kind}."));
        }
        read
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, "a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.take(name, "a boolean", |value| value.as_bool())
    }

    pub(super) fn map(&mut self, name: &str) -> Option<Map<String, Value>> {
        self.take(name, "an object", |value| match value {
            Value::Object(map) => Some(map),
            _ => None,
        })
    }

    pub(super) fn array(&mut self, name: &str) -> Option<Vec<Value>> {
        self.take(name, "an array", |value| match value {
            Value::Array(items) => Some(items),
            _ => None,
        })
    }

    /// Takes a name away whose value is null, and says whether it was.
    pub(super) fn raw_is_null(&mut self, name: &str) -> bool {
        let null = self.map.get(name).is_some_and(Value::is_null);
        if null {
            self.map.remove(name);
        }
        null
    }

    /// What the twin looks at itself, null too.
    pub(super) fn raw(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name)
    }

    pub(super) fn node(&mut self, name: &str) -> Option<Self> {
        let at = format!("{}/{name}", self.at);
        let map = self.map(name)?;
        Some(Self { map, at, resource: self.resource, problems: self.problems })
    }

    /// The same, of a field that must be there.
    pub(super) fn need(&mut self, name: &str) -> Option<Self> {
        self.must(name).then(|| self.node(name)).flatten()
    }

    /// Whether a field is there; a problem when it is not.
    pub(super) fn must(&self, name: &str) -> bool {
        let there = self.map.get(name).is_some_and(|value| !value.is_null());
        if !there {
            self.problems.invalid(format!("{}/{name}", self.at), format!("The field '{name}' is required."));
        }
        there
    }

    pub(super) fn problems(&self) -> &'a Problems {
        self.problems
    }

    /// Nothing more is asked for.
    pub(super) fn finish(self) {
        for name in self.map.keys() {
            self.problems.add(Problem::no_field(format!("{}/{name}", self.at), name, self.resource));
        }
    }
}

/// `{"data": {"type": "list", "id": …}}` of a relationship.
pub(super) fn list_id(value: Value, at: String, problems: &Problems) -> Option<String> {
    let mut node = Node::of(value, at, "list", problems)?;
    node.is("list");
    let id = if node.must("id") { node.text("id") } else { None };
    node.finish();
    id
}

/// Whether a name is one under which clients send their key.
pub(super) fn is_key(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "api_key" | "apikey" | "api-key" | "private_key" | "authorization")
}

/// Warns of a key outside of its header, which is then not kept. A body with a name like that at its top is always refused.
pub(super) fn stray_keys(reply: &mut Reply, call: &Call, refused: bool) {
    let in_query = call.pairs().unwrap_or_default().iter().any(|(name, _)| is_key(name));
    let in_body = refused && call.object().is_some_and(|body| body.keys().any(|name| is_key(name)));
    for (found, place) in [(in_query, "query"), (in_body, "body")] {
        if found {
            reply.warnings.push(call.warning("key-outside-header", place));
            reply.withhold = true;
        }
    }
}

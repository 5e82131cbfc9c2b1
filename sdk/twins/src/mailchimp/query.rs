//! A request's query: flags, pages, and the fields that an answer is reduced to. What a query says wrongly is 400 (inferred).

use serde_json::{Map, Value};

use super::{limits, words::Refusal};
use crate::vendor::Call;

pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        call.pairs().map(Self).ok_or_else(|| Refusal::invalid("The query could not be read."))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Refusal::field(name, "Schema describes boolean, string found instead")),
        }
    }

    /// `count` and `offset` (*Remote segment*: 10 when not said, at most 1,000).
    pub(super) fn page(&self) -> Result<(usize, usize), Refusal> {
        let number = |name, default| match self.get(name).map(str::parse::<usize>) {
            None => Ok(default),
            Some(Ok(number)) => Ok(number),
            Some(Err(_)) => Err(Refusal::field(name, "Schema describes integer, string found instead")),
        };
        let (count, offset) = (number("count", limits::PAGE_DEFAULT)?, number("offset", 0)?);
        if count > limits::PAGE_MAX {
            return Err(Refusal::field("count", format!("Value must be at most {}", limits::PAGE_MAX)));
        }
        Ok((count, offset))
    }

    /// The answer without what was not asked for: `fields` and `exclude_fields`, sub-objects by dots (*Connection check*, *Step 2*).
    pub(super) fn reduce(&self, mut answer: Value) -> Value {
        if let Some(paths) = self.get("fields").map(paths) {
            answer = only(answer, &paths.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        if let Some(paths) = self.get("exclude_fields").map(paths) {
            answer = without(answer, &paths.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        answer
    }
}

/// `a.b,c` as paths.
fn paths(text: &str) -> Vec<Vec<String>> {
    text.split(',').map(|path| path.trim().split('.').map(str::to_owned).collect()).collect()
}

/// Paths that go on below `name`.
fn below<'a>(paths: &[&'a [String]], name: &str) -> Vec<&'a [String]> {
    paths.iter().filter(|path| path.len() > 1 && path[0] == name).map(|path| &path[1..]).collect()
}

fn ends(paths: &[&[String]], name: &str) -> bool {
    paths.iter().any(|path| path.len() == 1 && path[0] == name)
}

fn only(value: Value, paths: &[&[String]]) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter_map(|(name, value)| {
                if ends(paths, &name) {
                    return Some((name, value));
                }
                let below = below(paths, &name);
                (!below.is_empty()).then(|| {
                    let value = only(value, &below);
                    (name, value)
                })
            });
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(|item| only(item, paths)).collect(),
        other => other,
    }
}

fn without(value: Value, paths: &[&[String]]) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(name, _)| !ends(paths, name)).map(|(name, value)| {
                let below = below(paths, &name);
                (name, without(value, &below))
            });
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(|item| without(item, paths)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_reduced_to_the_fields_asked_for() {
        let answer =
            json!({ "id": "a", "stats": { "member_count": 1, "open_rate": 2 }, "members": [{ "id": "m", "status": "s" }] });
        for (fields, exclude, want) in [
            (Some("id,stats.member_count"), None, json!({ "id": "a", "stats": { "member_count": 1 } })),
            (Some("members.id"), None, json!({ "members": [{ "id": "m" }] })),
            (Some("members"), Some("members.status"), json!({ "members": [{ "id": "m" }] })),
            (Some("nothing"), None, json!({})),
            (None, Some("members,stats"), json!({ "id": "a" })),
            (None, None, answer.clone()),
        ] {
            let pairs = [("fields", fields), ("exclude_fields", exclude)];
            let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
            assert_eq!(Query(pairs.collect()).reduce(answer.clone()), want, "{fields:?} {exclude:?}");
        }
    }
}

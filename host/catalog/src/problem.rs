//! What is wrong with a declared object: every place at once, each with the pointer, the code and the cause.
//!
//! Validation returns a list and never stops at the first finding, so that a person corrects a form in one go.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::Code;

/// One place that must change before the object can be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the culprit inside the object; empty for the object as a whole.
    pub pointer: String,
    /// What kind of problem it is.
    #[schema(value_type = String)]
    pub code: Code,
    /// One sentence with a full stop; names fields and limits, never a value of a row.
    pub cause: String,
}

impl Problem {
    /// A problem at `pointer`.
    pub fn new(pointer: impl Into<String>, code: Code, cause: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, cause: cause.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{place}: {}: {}", self.code, self.cause)
    }
}

/// The rule for names, descriptions and tags, which every object shares (features 1.1).
pub(crate) fn naming(name: &str, description: &str, tags: &[String], problems: &mut Vec<Problem>) {
    use crate::limits::{DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX, TAG_CHARS_MAX, TAGS_MAX};
    let mut bound = |pointer: String, text: &str, min: usize, max: usize| {
        let chars = text.chars().count();
        if chars < min || chars > max {
            problems.push(Problem::new(pointer, Code::FieldInvalid, format!("It must have {min} to {max} characters.")));
        } else if min > 0 && (text.trim() != text || text.chars().any(char::is_control)) {
            let cause = "It must not begin or end with a space, or contain control characters.";
            problems.push(Problem::new(pointer, Code::FieldInvalid, cause));
        }
    };
    bound("/name".into(), name, 1, NAME_CHARS_MAX);
    bound("/description".into(), description, 0, DESCRIPTION_CHARS_MAX);
    for (at, tag) in tags.iter().take(TAGS_MAX).enumerate() {
        bound(format!("/tags/{at}"), tag, 1, TAG_CHARS_MAX);
    }
    if tags.len() > TAGS_MAX {
        problems.push(Problem::new("/tags", Code::FieldInvalid, format!("There are at most {TAGS_MAX} tags.")));
    }
}

//! Texts: parts of them, by characters, separators and patterns.

use std::borrow::Cow;

use datafusion::common::{DataFusionError, Result};
use sluice_catalog::formula::Call;

use super::{Operation, value::Value};

/// The pattern of an operation that has one, ready to be used for all rows.
pub(super) fn pattern(operation: &Operation) -> Result<Option<regex::Regex>> {
    match operation {
        Operation::Call(Call::RegexExtract(pattern)) => {
            let compiled = regex::RegexBuilder::new(pattern).size_limit(crate::limits::PATTERN_BYTES_MAX).build();
            let refuse = |_| DataFusionError::Plan("a pattern of a formula is too large to be used".into());
            compiled.map(Some).map_err(refuse)
        }
        Operation::Call(_) | Operation::Arithmetic(_) | Operation::Convert | Operation::Json(_) => Ok(None),
    }
}

/// One row.
pub(super) fn call<'v>(call: &Call, args: &[Value<'v>], pattern: Option<&regex::Regex>) -> Value<'v> {
    let Value::Text(text) = &args[0] else { return Value::Null };
    match call {
        Call::Substring => {
            let number = |at: usize| match args.get(at) {
                Some(Value::Exact(number, _)) => Some(*number),
                _ => None,
            };
            let from = number(1).unwrap_or(1);
            // The window of characters, counted from 1; what lies before the text is left out, as SQL has it.
            let end = number(2).map_or(i128::MAX, |length| from.saturating_add(length.max(0)));
            let skip = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
            let take = usize::try_from((end - from.max(1)).max(0)).unwrap_or(usize::MAX);
            Value::Text(Cow::Owned(text.chars().skip(skip).take(take).collect()))
        }
        Call::Replace => match (&args[1], &args[2]) {
            (Value::Text(what), Value::Text(by)) if !what.is_empty() => {
                Value::Text(Cow::Owned(text.replace(what.as_ref(), by.as_ref())))
            }
            _ => Value::Text(text.clone()),
        },
        Call::SplitPart(separator, n) => {
            let part = text.split(separator.as_str()).nth(*n as usize - 1).unwrap_or_default();
            Value::Text(Cow::Owned(part.to_owned()))
        }
        Call::RegexExtract(_) => {
            let found = pattern.and_then(|pattern| pattern.captures(text));
            let found = found.and_then(|found| if found.len() > 1 { found.get(1) } else { found.get(0) }.map(|m| m.range()));
            found.map_or(Value::Null, |range| Value::Text(Cow::Owned(text[range].to_owned())))
        }
        _ => unreachable!("the caller passes functions of texts only"),
    }
}

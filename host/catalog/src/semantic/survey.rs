//! How well the values of a field fit its semantic type: how many rows of a sample pass the check, and what is wrong with the others.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Flaw, Semantic};
use crate::{limits::FLAWED_SAMPLES_MAX, model::Field};

/// What a sample of rows says about a field and its semantic type.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SemanticReport {
    /// What the values are held for.
    pub semantic: Semantic,
    /// Rows of the sample.
    pub rows: u64,
    /// Rows without a value; they neither pass nor fail.
    pub without: u64,
    /// Rows whose value passes the check.
    pub passed: u64,
    /// What is wrong with the others, the most frequent first.
    pub flaws: Vec<FlawCount>,
    /// At most five values that fail, each unlike the others. They are masked whether or not the field is marked as personal data.
    pub samples: Vec<FlawedSample>,
    /// What to do; null where every value passes.
    pub suggestion: Option<String>,
}

/// How many rows have a flaw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FlawCount {
    /// What is wrong, as the end of a sentence about a value.
    pub flaw: String,
    /// Rows of the sample.
    pub rows: u64,
}

/// A value that fails.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FlawedSample {
    /// Its mask.
    pub value: Value,
    /// What is wrong with it.
    pub flaw: String,
}

/// A count under way. Memory does not grow with the rows.
#[derive(Debug)]
pub struct Survey<'f> {
    field: &'f Field,
    semantic: &'f Semantic,
    rows: u64,
    without: u64,
    flawed: BTreeMap<Flaw, u64>,
    samples: Vec<(Flaw, Value)>,
}

impl<'f> Survey<'f> {
    /// Of a field; none where it has no semantic type.
    pub fn of(field: &'f Field) -> Option<Self> {
        let semantic = field.semantic.as_ref()?;
        Some(Self { field, semantic, rows: 0, without: 0, flawed: BTreeMap::new(), samples: Vec::new() })
    }

    /// Takes a row's value in, as JSON and unmasked.
    pub fn take(&mut self, value: &Value) {
        self.rows += 1;
        let text = match value {
            Value::Null => {
                self.without += 1;
                return;
            }
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
        };
        let Err(flaw) = self.semantic.check(&text, self.field.default_country) else { return };
        *self.flawed.entry(flaw).or_default() += 1;
        if self.samples.len() < FLAWED_SAMPLES_MAX {
            let sample = (flaw, self.field.masked(value));
            if !self.samples.contains(&sample) {
                self.samples.push(sample);
            }
        }
    }

    /// What was seen.
    pub fn report(self) -> SemanticReport {
        let mut flaws: Vec<(Flaw, u64)> = self.flawed.into_iter().collect();
        flaws.sort_by_key(|(flaw, rows)| (std::cmp::Reverse(*rows), *flaw));
        let failed: u64 = flaws.iter().map(|(_, rows)| rows).sum();
        let suggestion = match flaws.first() {
            Some((flaw, _)) => Some(flaw.advice()),
            None if self.rows > 0 && self.rows == self.without => {
                Some("Look whether the field reads the right column: no row has a value.")
            }
            None => None,
        };
        SemanticReport {
            semantic: self.semantic.clone(),
            rows: self.rows,
            without: self.without,
            passed: self.rows - self.without - failed,
            flaws: flaws.into_iter().map(|(flaw, rows)| FlawCount { flaw: flaw.to_string(), rows }).collect(),
            samples: self.samples.into_iter().map(|(flaw, value)| FlawedSample { value, flaw: flaw.to_string() }).collect(),
            suggestion: suggestion.map(str::to_owned),
        }
    }
}

//! The size limit of a segment: at most so many of its members, or such a share of them, in an order that repeats (features 5.7).

use serde::{Deserialize, Serialize};

use crate::{
    code::Code,
    limits::{NAME_CHARS_MAX, SEGMENT_ROWS_MAX},
    model::{Model, unknown_field},
    problem::Problem,
};

/// How many members are kept, and which come first. Applied last; members without a primary key are never kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SizeLimit {
    /// How many.
    pub keep: Keep,
    /// Which come first. Ties are broken by the primary key, smallest first.
    pub order: KeepOrder,
}

/// How many members are kept. JSON: `{"rows": 1000}` or `{"percent": 10}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// So many; 1 to 1,000,000,000.
    Rows(u64),
    /// Such a share of the members, rounded down; 1 to 100.
    Percent(u8),
}

/// Which members come first. JSON: `{"field": {"id": "total", "descending": true}}` or `{"random": "spring"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeepOrder {
    /// By a number or a time; members without a value come last.
    Field(KeepField),
    /// By a hash of this text and the primary key, so that the same members stay from run to run; another text draws others.
    Random(String),
}

/// A field to order by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepField {
    /// Its id.
    pub id: String,
    /// The largest first; the smallest unless said.
    #[serde(default)]
    pub descending: bool,
}

impl SizeLimit {
    /// The field that it orders by.
    pub fn field(&self) -> Option<&str> {
        match &self.order {
            KeepOrder::Field(field) => Some(&field.id),
            KeepOrder::Random(_) => None,
        }
    }

    /// What is wrong with it, with pointers relative to the limit.
    pub fn validate(&self, model: &Model) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |pointer: &str, cause: String| problems.push(Problem::new(pointer, Code::FieldInvalid, cause));
        match self.keep {
            Keep::Rows(rows) if !(1..=SEGMENT_ROWS_MAX).contains(&rows) => {
                wrong("/keep/rows", format!("It must be between 1 and {SEGMENT_ROWS_MAX}."));
            }
            Keep::Percent(percent) if !(1..=100).contains(&percent) => {
                wrong("/keep/percent", "It must be between 1 and 100.".into());
            }
            Keep::Rows(_) | Keep::Percent(_) => {}
        }
        match &self.order {
            KeepOrder::Random(seed) => {
                let chars = seed.chars().count();
                if chars == 0 || chars > NAME_CHARS_MAX {
                    wrong("/order/random", format!("It must have 1 to {NAME_CHARS_MAX} characters."));
                }
            }
            KeepOrder::Field(field) => match model.field(&field.id) {
                None => problems.push(unknown_field("/order/field/id".into(), &field.id, model)),
                Some(found) if !found.ty.is_number() && !found.ty.is_time() => {
                    let cause =
                        format!("Only numbers and times have an order that all engines share; {} is {}.", found.id, found.ty);
                    wrong("/order/field/id", cause);
                }
                Some(_) => {}
            },
        }
        problems
    }

    /// In words: `at most 1000 of them, the largest total first`.
    pub fn words(&self, model: &Model) -> String {
        let keep = match self.keep {
            Keep::Rows(rows) => format!("at most {rows} of them"),
            Keep::Percent(percent) => format!("{percent} percent of them"),
        };
        match &self.order {
            KeepOrder::Random(_) => format!("{keep}, drawn at random"),
            KeepOrder::Field(field) => {
                let label = model.field(&field.id).map_or(field.id.as_str(), |found| found.label());
                format!("{keep}, the {} {label} first", if field.descending { "largest" } else { "smallest" })
            }
        }
    }
}

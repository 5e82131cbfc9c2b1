//! The stored form of sequences (features 5.5): related rows in an order of time, some of them missing.
//!
//! A sequence holds for a record that has a row of the first step after which every other step holds, one after the other. Each step is
//! seen from the row of the last step before it that was done; "later" is strictly later, so two things of one instant have no order.

use serde::{Deserialize, Serialize};

use super::{
    related::Inside,
    tree::{Group, WeekStart},
    typed::{Rolling, Unit},
};
use crate::types::DataType;

/// Steps one after another. JSON: `{"steps": [{"path": ["orders"]}, {"path": ["visits"], "did": "no", "within": {"amount": 2, "unit":
/// "days"}}]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SequenceCondition)]
pub struct Sequence {
    /// 2 to 5; the first one was done.
    pub steps: Vec<Step>,
}

/// One step: a related row that is there, or is not, after the step before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SequenceStep)]
pub struct Step {
    /// 1 to 6 names of relationships, as in a condition on related rows.
    pub path: Vec<String>,
    /// Which rows; all of them unless said.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub filter: Option<Group>,
    /// Whether there is such a row; there is unless said.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub did: Inside,
    /// How long after the last step that was done. A step that was not done holds only once that time has passed. Without it: ever
    /// after, and of a step that was not done: before the next one that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// Fields that are equal to fields of earlier steps' rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<Same>,
    /// Id of the date or timestamp that says when; the model's time field unless said. Rows without a time are passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// A length of time: minutes, hours, days of 24 hours, weeks of seven such days. Of dates: whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SequenceWithin)]
pub struct Within {
    /// How many; at least 1.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
}

/// A field that is equal to one of an earlier step's row. A null equals nothing; texts are compared as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SequenceSame)]
pub struct Same {
    /// Id of a field of this step's rows.
    pub field: String,
    /// Number of an earlier step that was done, counted from 1.
    pub step: usize,
    /// Id of a field of that step's rows, of the same type.
    pub other: String,
}

fn yes() -> Inside {
    Inside::Yes
}

fn is_yes(did: &Inside) -> bool {
    *did == Inside::Yes
}

impl Within {
    /// Microseconds; `None` for months and more, which are no lengths.
    pub fn micros(self) -> Option<i64> {
        let minutes = match self.unit {
            Unit::Minutes => 1,
            Unit::Hours => 60,
            Unit::Days => 24 * 60,
            Unit::Weeks => 7 * 24 * 60,
            Unit::Months | Unit::Quarters | Unit::Years => return None,
        };
        Some(i64::from(self.amount) * minutes * 60_000_000)
    }

    /// Whole days; `None` for units that are no number of days.
    pub fn days(self) -> Option<u32> {
        match self.unit {
            Unit::Days => Some(self.amount),
            Unit::Weeks => self.amount.checked_mul(7),
            Unit::Minutes | Unit::Hours | Unit::Months | Unit::Quarters | Unit::Years => None,
        }
    }

    /// The same distance back from now, for a field of this type.
    pub fn back(self, ty: DataType) -> Rolling {
        let week = WeekStart::Monday;
        match (ty, self.days()) {
            (DataType::Date, Some(days)) => Rolling { amount: days, unit: Unit::Days, exact: false, week },
            _ => Rolling { amount: self.amount, unit: self.unit, exact: true, week },
        }
    }
}

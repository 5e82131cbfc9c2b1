//! An activation: (segment or model) × destination service × mapping × mode × schedule.

use serde::{Deserialize, Serialize};

use crate::{
    code::Code,
    ids::{DestinationId, ModelId, SegmentId},
    limits::{BATCH_ROWS_MAX, CONFIRM_HOURS_MAX, INTERVAL_SECONDS_MAX, INTERVAL_SECONDS_MIN},
    manifest::Mode,
    mapping::Mapping,
    problem::{Problem, naming},
};

/// A declared activation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// 1 to 120 characters, unique among the workspace's activations.
    pub name: String,
    /// What is sent: `{"segment": "seg_…"}` or `{"model": "mdl_…"}`.
    pub from: From,
    /// Where it goes.
    pub destination: DestinationId,
    /// Which service of the destination's connector.
    pub service: String,
    /// How the platform is kept in step.
    pub mode: Mode,
    /// Which field fills which target.
    pub mapping: Mapping,
    /// Checked against the service's options schema.
    #[serde(default = "empty_object")]
    pub options: serde_json::Value,
    /// When it runs by itself.
    #[serde(default)]
    pub schedule: Schedule,
    /// When a person must look first.
    #[serde(default)]
    pub guards: Guards,
    /// Rows per batch below the service's limit; the service's own unless said.
    #[serde(default)]
    pub batch_rows_max: Option<u32>,
    /// For appending services: what to do with rows of unknown outcome.
    #[serde(default)]
    pub unknown_appends: UnknownAppends,
    /// For appending services: whether the first run sends what is there already.
    #[serde(default)]
    pub history: History,
    /// Whether due runs start by themselves; manual runs are always possible.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn empty_object() -> serde_json::Value {
    serde_json::json!({})
}

fn yes() -> bool {
    true
}

impl Activation {
    /// Every rule that needs neither the model nor the connector; the rest is found when the plan is made.
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        naming(&self.name, "", &[], &mut problems);
        let mut within = |pointer: &str, value: u64, min: u64, max: u64| {
            if !(min..=max).contains(&value) {
                problems.push(Problem::new(pointer, Code::FieldInvalid, format!("It must be between {min} and {max}.")));
            }
        };
        if let Schedule::EverySeconds(seconds) = self.schedule {
            within("/schedule/every-seconds", seconds, INTERVAL_SECONDS_MIN, INTERVAL_SECONDS_MAX);
        }
        if let Some(rows) = self.batch_rows_max {
            within("/batch_rows_max", rows.into(), 1, BATCH_ROWS_MAX);
        }
        within("/guards/removed_percent_max", self.guards.removed_percent_max.into(), 0, 100);
        within("/guards/changed_percent_max", self.guards.changed_percent_max.into(), 0, 100);
        within("/guards/rejected_percent_max", self.guards.rejected_percent_max.into(), 0, 100);
        within("/guards/confirm_hours", self.guards.confirm_hours.into(), 1, CONFIRM_HOURS_MAX);
        problems
    }
}

/// What an activation sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ActivationFrom)]
pub enum From {
    /// Every row of a model.
    Model(ModelId),
    /// The members of a segment.
    Segment(SegmentId),
}

/// When an activation runs by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Only when asked.
    #[default]
    Manual,
    /// Every so many seconds, at least 60, counted from the end of the last run.
    EverySeconds(u64),
}

/// Guards against accidents (features 7.9, design I6). Shares are percentages of the rows that the ledger holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// Hold when more than this share would be removed …
    pub removed_percent_max: u32,
    /// … and at least so many rows, of this run or summed over 24 h since the last approval.
    pub removed_rows_min: u64,
    /// Hold when more than this share changed …
    pub changed_percent_max: u32,
    /// … and at least so many rows.
    pub changed_rows_min: u64,
    /// Hold while sending when more than this share is refused, after the first 1,000 rows sent.
    pub rejected_percent_max: u32,
    /// Hours that a held diff waits for a person; 1 to 168.
    pub confirm_hours: u32,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            removed_percent_max: 30,
            removed_rows_min: 20,
            changed_percent_max: 50,
            changed_rows_min: 1_001,
            rejected_percent_max: 20,
            confirm_hours: 24,
        }
    }
}

/// What to do with an event that may or may not have arrived, where a repeat would count twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownAppends {
    /// Keep it visible as unknown until a person decides.
    #[default]
    Hold,
    /// Count it as arrived.
    AssumeSent,
    /// Send it again with the next run.
    Repeat,
}

/// What the first run of an appending activation does with rows that exist already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum History {
    /// They are taken as sent; only later rows go out.
    #[default]
    FromNowOn,
    /// They are sent.
    Send,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(change: serde_json::Value) -> Vec<String> {
        let mut json = serde_json::json!({
            "name": "a", "from": { "model": ModelId::new(1, 1) }, "destination": DestinationId::new(1, 1),
            "service": "s", "mode": "upsert", "mapping": { "fields": [] },
        });
        json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value::<Activation>(json).unwrap().validate().into_iter().map(|p| p.pointer).collect()
    }

    #[test]
    fn both_sides_of_each_line_of_an_activation() {
        use serde_json::json;
        for (change, want) in [
            (json!({ "schedule": { "every-seconds": 60 } }), vec![]),
            (json!({ "schedule": { "every-seconds": 59 } }), vec!["/schedule/every-seconds"]),
            (json!({ "batch_rows_max": 1 }), vec![]),
            (json!({ "batch_rows_max": 0 }), vec!["/batch_rows_max"]),
            (json!({ "guards": { "confirm_hours": 168, "removed_percent_max": 100 } }), vec![]),
            (
                json!({ "guards": { "confirm_hours": 169, "removed_percent_max": 101 } }),
                vec!["/guards/removed_percent_max", "/guards/confirm_hours"],
            ),
            (json!({ "guards": { "confirm_hours": 0 } }), vec!["/guards/confirm_hours"]),
            (json!({ "name": " a" }), vec!["/name"]),
        ] {
            assert_eq!(problems(change.clone()), want, "{change}");
        }
    }
}

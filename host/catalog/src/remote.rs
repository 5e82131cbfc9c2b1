//! A segment that lives on a platform: which one, and what its members have in common with the rows of a model (features 5.10).
//!
//! Only identifiers are taken from the platform; everything else that is known of a member comes from the model.

use serde::{Deserialize, Serialize};

use crate::{
    activation::Schedule,
    code::Code,
    ids::DestinationId,
    limits::{INTERVAL_SECONDS_MAX, INTERVAL_SECONDS_MIN, REMOTE_MATCHES_MAX, REMOTE_SEGMENT_CHARS_MAX},
    manifest::{Capability, Manifest},
    model::{Model, unknown_field},
    problem::Problem,
    types::DataType,
};

/// Where a remote segment's members come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RemoteSegment)]
pub struct Remote {
    /// Where it lives: a destination whose connector lists members.
    pub destination: DestinationId,
    /// The platform's own id of it; 1 to 256 characters.
    pub segment: String,
    /// What a row and a member have in common, 1 to 4: a row is a member when it shares one of these with one.
    pub matches: Vec<Match>,
    /// When the members are read anew; only when asked, unless said.
    #[serde(default)]
    pub schedule: Schedule,
}

/// A field of the model that is an identifier of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RemoteMatch)]
pub struct Match {
    /// The field's id: a string or an integer. Where it has a meaning (`email`, `phone`, …), both sides are brought into its normal form.
    pub field: String,
    /// The platform's name of the identifier.
    pub identifier: String,
}

impl Remote {
    /// What is wrong with the connector of its destination; the pointer is relative to this.
    pub fn unsupported(&self, manifest: &Manifest) -> Option<Problem> {
        let cause = format!("{} does not list the members of a segment.", manifest.title);
        (!manifest.can(Capability::ListMembers)).then(|| Problem::new("/destination", Code::RemoteNotSupported, cause))
    }

    /// Every rule that needs the model alone; pointers are relative to this. Whether the destination lists members is found beside it.
    pub fn validate(&self, model: &Model) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.segment.trim().is_empty() || self.segment.chars().count() > REMOTE_SEGMENT_CHARS_MAX {
            let cause = format!("The platform's id of the segment has 1 to {REMOTE_SEGMENT_CHARS_MAX} characters.");
            problems.push(Problem::new("/segment", Code::FieldInvalid, cause));
        }
        if self.matches.is_empty() || self.matches.len() > REMOTE_MATCHES_MAX {
            let cause = format!(
                "Members are found by 1 to {REMOTE_MATCHES_MAX} identifiers that the model shares with the platform; there are {}.",
                self.matches.len()
            );
            problems.push(Problem::new("/matches", Code::MappingIdentifierMissing, cause));
        }
        for (at, shared) in self.matches.iter().enumerate() {
            match model.field(&shared.field) {
                None => problems.push(unknown_field(format!("/matches/{at}/field"), &shared.field, model)),
                Some(field) if !matches!(field.ty, DataType::String | DataType::Integer) => {
                    let cause = format!("An identifier is a string or an integer; {} is {}.", field.id, field.ty);
                    problems.push(Problem::new(format!("/matches/{at}/field"), Code::FieldInvalid, cause));
                }
                Some(_) => {}
            }
            if shared.identifier.trim().is_empty() || shared.identifier.chars().count() > REMOTE_SEGMENT_CHARS_MAX {
                let cause = format!("The name of an identifier has 1 to {REMOTE_SEGMENT_CHARS_MAX} characters.");
                problems.push(Problem::new(format!("/matches/{at}/identifier"), Code::FieldInvalid, cause));
            }
            if self.matches[..at].iter().any(|other| other == shared) {
                let cause = format!("{} and {} stand there already.", shared.field, shared.identifier);
                problems.push(Problem::new(format!("/matches/{at}"), Code::FieldInvalid, cause));
            }
        }
        if let Schedule::EverySeconds(seconds) = self.schedule
            && !(INTERVAL_SECONDS_MIN..=INTERVAL_SECONDS_MAX).contains(&seconds)
        {
            let cause = format!("It must be between {INTERVAL_SECONDS_MIN} and {INTERVAL_SECONDS_MAX}.");
            problems.push(Problem::new("/schedule/every-seconds", Code::FieldInvalid, cause));
        }
        problems
    }
}

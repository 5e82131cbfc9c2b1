//! One call of a project: an array with an operation for each custom id. Profiles and events differ in what an operation holds.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Object, Rows, Written};

use crate::outcomes;
use crate::settings::Settings;
use crate::wire;

/// Where operations go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Small deltas, in near real time.
    Update,
    /// Large loads.
    MassUpdate,
}

impl Endpoint {
    /// Its path, and its bucket in the manifest.
    fn path_and_pace(self) -> (&'static str, &'static str) {
        match self {
            Self::Update => (wire::UPDATE, "profile-updates"),
            Self::MassUpdate => (wire::MASS_UPDATE, "mass-updates"),
        }
    }
}

/// Sends the rows of a batch. Batch counts an update for each custom id, whatever stands in it.
pub(crate) fn send<O: Object>(
    call: &Call<'_>,
    rows: &Rows<'_>,
    endpoint: Endpoint,
    effect: Effect,
    object: &O,
) -> Result<Written, Halt> {
    let settings = Settings::of(call)?;
    let project = settings.project()?;
    let mut body = Writer::with_capacity(64 + rows.len() * (96 + rows.columns().len() * 40));
    let groups = call.grouped(&mut body, rows.len(), object)?;
    let (path, pace) = endpoint.path_and_pace();
    let request = project.post(call, path, body).pace_by(pace, groups.objects() as u32).effect(effect);
    groups.places().send(request, |answer| outcomes::of_operations(&groups, answer))
}

/// Writes the member that says whom an operation is about.
pub(crate) fn identifiers(body: &mut Writer, id: &str) {
    body.object("identifiers", |body| body.member("custom_id", id));
}

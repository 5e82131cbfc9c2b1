//! `POST /2.x/profiles/update` and `/profiles/mass-update`: an array of operations, refused whole when its shape is wrong,
//! otherwise applied one by one; what was lost is named by the position of its operation (*Synchronize profiles*, *Send
//! events*). The two differ in size and pace alone.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    limits,
    operation::{Operation, Target},
    profile::Installation,
    service::{Pace, Service, items},
    words::{Lost, Refusal, taken},
};
use crate::vendor::{Call, Portion, Reply, SeedError};

pub(super) fn update(service: &Service, call: &Call, portion: Portion<'_>, minor: u32) -> Result<Reply, Refusal> {
    write(service, call, portion, minor, limits::UPDATE_OPERATIONS_MAX, Pace::Update)
}

pub(super) fn mass_update(service: &Service, call: &Call, portion: Portion<'_>, minor: u32) -> Result<Reply, Refusal> {
    write(service, call, portion, minor, limits::MASS_UPDATE_OPERATIONS_MAX, Pace::MassUpdate)
}

fn write(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    minor: u32,
    operations_max: usize,
    pace: Pace,
) -> Result<Reply, Refusal> {
    let items = items(call, operations_max)?;
    service.spend(pace, items.len(), call.now)?;
    let read = items.into_iter().enumerate().map(|(index, item)| Operation::read(item, index, minor, call.now));
    let operations = read.collect::<Result<Vec<_>, _>>()?;
    let most = portion.of(operations.len());
    let mut errors = Vec::new();
    let mut name = |index: usize, lost: &[Lost]| errors.extend(lost.iter().map(|lost| lost.to_json(index)));
    let (mut applied, mut warnings, mut people) = (Vec::new(), Vec::new(), HashSet::new());
    let (mut count, mut ignored, mut refused) = (0, 0, 0);
    let mut state = service.state();
    for (index, operation) in operations.iter().enumerate() {
        name(index, &operation.lost);
        warnings.extend(operation.hints.iter().map(|(code, place)| call.warning(code, place.as_str())));
        if let Target::CustomId(id) = &operation.target
            && !people.insert(id.as_str())
        {
            warnings.push(call.warning("same-custom-id-twice", format!("[{index}]")));
        }
        if index >= most {
            if let Some(text) = portion.rest {
                name(index, &operation.all_lost(text));
                refused += 1;
            }
            continue;
        }
        let Some(landed) = state.apply(operation, call.number) else {
            ignored += 1;
            continue;
        };
        count += 1;
        applied.extend(landed.applied);
        let dropped = landed.dropped.into_iter();
        warnings.extend(dropped.map(|key| call.warning("attribute-dropped", format!("[{index}].attributes.{key}"))));
    }
    // While the state is locked, so that the ledger has the order of application.
    service.ledger.append(call.number, applied);
    drop(state);
    let mut reply = taken(errors);
    reply.tally.objects = u32::try_from(operations.len()).unwrap_or(u32::MAX);
    reply.tally.applied = count;
    reply.tally.ignored = ignored;
    reply.tally.refused = refused;
    reply.warnings = warnings;
    Ok(reply)
}

/// `POST /2.x/segments/list`: ids and names (the shape is inferred).
pub(super) fn segments(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    service.spend(Pace::Others, 1, call.now)?;
    Ok(Reply::json(200, &json!({ "segments": service.state().segments() })))
}

/// `GET /2.x/orchestrations/list`: the project has none (the shape is inferred).
pub(super) fn orchestrations(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    service.spend(Pace::Others, 1, call.now)?;
    Ok(Reply::json(200, &json!({ "orchestrations": [] })))
}

/// Puts profiles in place, given as operations: as request 0, neither in the ledger nor in the log. What a call would lose is
/// refused.
pub(super) fn seed(service: &Service, items: Vec<Value>) -> Result<usize, SeedError> {
    let count = items.len();
    let now = (service.options.clock)();
    let mut state = service.state();
    for (index, item) in items.into_iter().enumerate() {
        let refused = |refusal: String| SeedError::Item { index, refusal };
        let operation = Operation::read(item, index, *limits::MINOR_VERSIONS.end(), now).map_err(|no| refused(no.message))?;
        if let Some(lost) = operation.lost.first() {
            return Err(refused(lost.to_string()));
        }
        let landed = state.apply(&operation, 0).ok_or_else(|| refused("the installation is not known".to_owned()))?;
        if let Some(key) = landed.dropped.first() {
            return Err(refused(format!("{key}: the profile does not hold it")));
        }
    }
    Ok(count)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallationSeed {
    apikey: String,
    installation_id: String,
    #[serde(default)]
    custom_id: Option<String>,
}

/// Lets installations be known.
pub(super) fn install(service: &Service, seeds: Vec<InstallationSeed>) -> usize {
    let mut state = service.state();
    let count = seeds.len();
    for InstallationSeed { apikey, installation_id, custom_id } in seeds {
        state.install(Installation { apikey, installation_id }, custom_id.as_deref());
    }
    count
}

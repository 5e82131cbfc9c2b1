//! Asynchronous rows: `PUT` upserts, `POST` inserts (*Endpoint A*). A request is checked as a whole here, and its rows one by one, so
//! that what is wrong with them is known when the job runs. What a job does is `jobs`'.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    extension::{DataExtension, no_column},
    jobs::{Job, Plan},
    limits,
    oauth::Grant,
    options::{Harm, UnknownColumns},
    route::Named,
    service::Service,
    words::{NO_KEYS, Refusal, request_id},
};
use crate::{
    log::{Tally, Warning},
    vendor::{Call, Part, Portion, Reply},
};

pub(super) fn rows(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    grant: &Grant,
    (named, insert): (&Named, bool),
) -> Result<Reply, Refusal> {
    let mut state = service.state(call.now);
    let at = state
        .find(named, grant)
        .ok_or_else(|| Refusal::result("NotFound", format!("Unable to find the data extension {}.", named.shown())))?;
    let mut body = call.object().ok_or_else(|| Refusal::result("InvalidJson", "The body is not a JSON object."))?;
    let items = match body.remove("items") {
        Some(Value::Array(items)) if !items.is_empty() => items,
        _ => return Err(Refusal::result("Required", "items must be a list of at least one row.")),
    };
    let most = service.options.async_rows_max;
    if items.len() > most {
        return Err(Refusal::result("TooMany", format!("items may hold {most} rows at most.")));
    }
    let rows: Option<Vec<Map<String, Value>>> = items
        .into_iter()
        .map(|item| match item {
            Value::Object(row) => Some(row),
            _ => None,
        })
        .collect();
    let rows = rows.ok_or_else(|| Refusal::result("InvalidJson", "Each of items must be an object of columns."))?;
    let id = request_id(call.number);
    let extension = &state.extensions[at];
    if service.options.unknown_columns == UnknownColumns::FailTheRequest
        && let Some(name) = rows.iter().find_map(|row| extension.unknown(row.keys()))
    {
        let message = no_column(name);
        return Err(Refusal::Result { request_id: Some(id), code: "InvalidColumn", message });
    }
    let mut warnings = Vec::new();
    for name in body.keys() {
        warnings.push(call.warning("unknown-key", name));
    }
    let mut plans = planned(call, extension, &rows, insert, &mut warnings);
    let tally = kept(&mut plans, portion);
    let job = Job {
        id: id.clone(),
        data_extension: extension.id.clone(),
        insert,
        request: call.number,
        status: None,
        call_at: call.now,
        pickup_at: None,
        completion_at: None,
        errors: Vec::new(),
        message: None,
        lost: false,
        polls: 0,
        plans,
    };
    // A fault that lets nothing through leaves no job: nobody ever picks it up.
    if portion.part != Part::Nothing || portion.rest.is_some() {
        let lost = state.harm(|harm| *harm == Harm::JobLost).is_some();
        let failing = if lost { None } else { state.harm(|harm| matches!(harm, Harm::JobError { .. })) };
        let message = match failing {
            Some(Harm::JobError { message }) => Some(message),
            _ => None,
        };
        if state.jobs.len() >= limits::JOBS_MAX {
            let ended = state.jobs.iter().position(Job::has_ended).unwrap_or_default();
            state.jobs.remove(ended);
        }
        state.jobs.push_back(Job { lost, message, ..job });
    }
    let mut reply = Reply::json(202, &json!({ "requestId": id, "resultMessages": [] }));
    reply.tally = tally;
    reply.warnings = warnings;
    Ok(reply)
}

/// What is to become of each row, when all is applied.
fn planned(
    call: &Call,
    extension: &DataExtension,
    rows: &[Map<String, Value>],
    insert: bool,
    warnings: &mut Vec<Warning>,
) -> Vec<Plan> {
    let mut seen = BTreeSet::new();
    let mut converted = BTreeSet::new();
    let plans = rows.iter().enumerate().map(|(index, row)| {
        if !insert && !extension.has_keys() {
            return Plan::Refuse(NO_KEYS.to_owned());
        }
        let fit = match extension.fit(row) {
            Ok(fit) => fit,
            Err(why) => return Plan::Refuse(why),
        };
        for name in &fit.converted {
            if converted.insert(name.clone()) {
                warnings.push(call.warning("value-of-another-type", format!("items[{index}].{name}")));
            }
        }
        if let Some(key) = &fit.key
            && !seen.insert(key.clone())
        {
            warnings.push(call.warning("same-row-twice", format!("items[{index}]")));
        }
        Plan::Save(fit)
    });
    plans.collect()
}

/// Leaves as many rows to be saved as a fault lets through.
fn kept(plans: &mut [Plan], portion: Portion<'_>) -> Tally {
    let good = plans.iter().filter(|plan| matches!(plan, Plan::Save(_))).count();
    let applied = portion.of(good);
    let mut refused = plans.len() - good;
    for plan in plans.iter_mut().filter(|plan| matches!(plan, Plan::Save(_))).skip(applied) {
        *plan = match portion.rest {
            Some(text) => Plan::Refuse(text.to_owned()),
            None => Plan::Pretend,
        };
        refused += usize::from(portion.rest.is_some());
    }
    let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
    Tally { objects: count(plans.len()), applied: count(applied), refused: count(refused), ignored: 0 }
}

//! Synchronous rows: a rowset, and one row (*Endpoint B*). Rows before the first bad one are saved, rows after it are not, and the
//! errors have no index.

use serde_json::{Map, Value, json};

use super::{
    extension::{DataExtension, Fit},
    limits,
    oauth::Grant,
    options::Harm,
    route::{Named, text},
    service::Service,
    state::State,
    words::Refusal,
};
use crate::{
    ledger::Kind,
    log::Tally,
    vendor::{Call, Portion, Reply},
};

type Object = Map<String, Value>;

/// `POST /hub/v1/dataevents/…/rowset`.
pub(super) fn many(service: &Service, call: &Call, portion: Portion<'_>, grant: &Grant, named: &Named) -> Result<Reply, Refusal> {
    let mut state = service.state(call.now);
    let at = found(&state, named, grant)?;
    let body: Option<Value> = std::str::from_utf8(&call.body).ok().and_then(|text| text.parse().ok());
    let Some(Value::Array(items)) = body else { return Err(Refusal::invalid("The body must be a list of rows.")) };
    if items.is_empty() {
        return Err(Refusal::invalid("The body must be a list of at least one row."));
    }
    let pairs: Option<Vec<(Object, Object)>> = items.iter().map(pair).collect();
    let pairs = pairs.ok_or_else(|| Refusal::invalid("Each row must be an object of keys and values."))?;
    let mut reply = save(service, &mut state, call, portion, at, &pairs, &Value::Array(items.clone()))?;
    let columns = pairs.iter().map(|(keys, values)| keys.len() + values.len()).max().unwrap_or_default();
    if pairs.len() > limits::SYNC_ROWS_GOOD || columns > limits::SYNC_ROWS_GOOD {
        reply.warnings.push(call.warning("large-rowset", format!("{} rows of {columns} columns", pairs.len())));
    }
    Ok(reply)
}

/// `PUT /hub/v1/dataevents/…/rows/{pk}:{value}`.
pub(super) fn one(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    grant: &Grant,
    (named, key): (&Named, &str),
) -> Result<Reply, Refusal> {
    let mut state = service.state(call.now);
    let at = found(&state, named, grant)?;
    let extension = &state.extensions[at];
    let keys = keys_in(extension, key).ok_or_else(|| Refusal::invalid("The path must name the primary key as name:value."))?;
    let body = call.object().ok_or_else(|| Refusal::invalid("The body is not a JSON object."))?;
    let Some(Value::Object(values)) = body.get("values") else {
        return Err(Refusal::invalid("The body must be an object of values."));
    };
    let echo = json!({ "keys": keys, "values": values });
    let mut reply = save(service, &mut state, call, portion, at, &[(keys, values.clone())], &echo)?;
    for name in body.keys().filter(|name| *name != "values") {
        reply.warnings.push(call.warning("unknown-key", name));
    }
    Ok(reply)
}

fn found(state: &State, named: &Named, grant: &Grant) -> Result<usize, Refusal> {
    state
        .find(named, grant)
        .ok_or_else(|| Refusal::api(400, 10_002, format!("Unable to find the data extension {}.", named.shown())))
}

fn pair(item: &Value) -> Option<(Object, Object)> {
    let item = item.as_object()?;
    Some((item.get("keys")?.as_object()?.clone(), item.get("values")?.as_object()?.clone()))
}

/// `pk1:v1,pk2:v2`, each part encoded; a text that says a number is one where the column is.
fn keys_in(extension: &DataExtension, path: &str) -> Option<Object> {
    let path = if path.contains(':') { path.to_owned() } else { text(path)? };
    let pairs = path.split(',').map(|part| {
        let (name, value) = part.split_once(':')?;
        let (name, value) = (text(name)?, text(value)?);
        let taken = extension.field(&name).and_then(|field| super::value::take(field, &value.clone().into()).ok());
        Some((name, taken.map_or(value.into(), |taken| taken.value)))
    });
    pairs.collect()
}

/// Checks a row as it is saved: its `keys` are the primary key, all of it and no more.
fn fit(extension: &DataExtension, (keys, values): &(Object, Object)) -> Result<Fit, String> {
    if !extension.has_keys() {
        return Err(super::words::NO_KEYS.to_owned());
    }
    if let Some(name) = keys.keys().find(|name| !extension.field(name).is_some_and(|field| field.is_primary_key)) {
        return Err(format!("Column '{name}' is not part of the primary key."));
    }
    if let Some(field) = extension.keys().find(|field| !keys.contains_key(&field.name)) {
        return Err(format!("The primary key column '{}' is missing.", field.name));
    }
    if let Some((name, _)) = values.iter().find(|(name, value)| keys.get(*name).is_some_and(|key| key != *value)) {
        return Err(format!("Column '{name}' has another value in keys."));
    }
    let row: Object = keys.iter().chain(values).map(|(name, value)| (name.clone(), value.clone())).collect();
    extension.fit(&row)
}

/// Saves rows up to the first bad one, or as many of them as a fault lets through.
fn save(
    service: &Service,
    state: &mut State,
    call: &Call,
    portion: Portion<'_>,
    at: usize,
    pairs: &[(Object, Object)],
    echo: &Value,
) -> Result<Reply, Refusal> {
    if state.harm(|harm| *harm == Harm::SaveFailure).is_some() {
        return Err(Refusal::not_saved(&state.extensions[at].id, Vec::new()));
    }
    let extension = &mut state.extensions[at];
    let (mut good, mut why) = (Vec::new(), None);
    for pair in pairs {
        match fit(extension, pair) {
            Ok(fit) => good.push(fit),
            Err(error) => {
                why = Some(error);
                break;
            }
        }
    }
    let kept = portion.of(good.len());
    if kept < good.len() {
        why = portion.rest.map(str::to_owned).or(why);
    }
    let mut warnings = Vec::new();
    // A key in a path is always a text, which is no defect.
    for name in good.iter().flat_map(|fit| &fit.converted) {
        warnings.push(call.warning("value-of-another-type", name));
    }
    good.truncate(kept);
    let entries = good.into_iter().map(|fit| {
        let text = extension.entry(&fit.row);
        (Kind::Attributes, extension.put(fit), text)
    });
    let entries: Vec<_> = entries.collect();
    service.ledger.append(call.number, entries);
    let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
    let refused = if why.is_some() { 1 } else { 0 };
    let mut reply = match why {
        Some(why) => Refusal::not_saved(&extension.id, vec![why]).reply(),
        None => Reply::json(200, echo),
    };
    let ignored = if refused == 0 { 0 } else { pairs.len() - kept - refused };
    reply.tally = Tally { objects: count(pairs.len()), applied: count(kept), refused: count(refused), ignored: count(ignored) };
    reply.warnings = warnings;
    Ok(reply)
}

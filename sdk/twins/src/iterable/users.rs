//! `POST /api/users/bulkUpdate`, `POST /api/users/update`, looking one user up, and the list of fields (*Synchronize user
//! attributes*). Neither update has a switch for existing users only.

use serde_json::{Map, Value, json};

use super::{
    batch::{Batch, Done, too_many_fields},
    body::{Body, unknown},
    failure::Failure,
    object::Order,
    own,
    report::Unknown,
    service::Service,
    state::{Landed, Manner, State},
    user::Way,
    words::{Refusal, success},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Part, Portion, Reply, SeedError},
};

pub(super) fn bulk(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let mut body = Body::of(call)?;
    let new_fields = body.flag("createNewFields")?.unwrap_or(service.options.create_new_fields);
    let batch = Batch::take(service, call, &mut body, "users", true)?;
    let manner = manner(call, new_fields, Way::Bulk);
    let mut state = service.state();
    batch.foresee(&state, new_fields)?;
    let mut reply = batch.run(&mut state, portion, Unknown::Invalid, |state, order| {
        let landed = state.apply(order, manner)?;
        Ok(done(state, order, landed))
    });
    unknown(&mut reply, call, body.rest());
    Ok(reply)
}

/// What an update of fields did.
pub(super) fn done(state: &mut State, order: &Order, landed: Landed) -> Done {
    let mut warnings = Vec::new();
    if landed.mixed {
        warnings.push("single-and-bulk");
    }
    if landed.lists {
        warnings.push("list-ids-in-profile");
    }
    let key = state.user_mut(landed.at).key();
    let applied = vec![(Kind::Attributes, order.text.clone())];
    Done { key, applied, created: landed.created, filtered: landed.filtered, warnings }
}

pub(super) fn manner(call: &Call, new_fields: bool, way: Way) -> Manner {
    Manner { new_fields, existing_only: false, way, request: call.number, now: call.now }
}

/// One user: errors are the call's (*Synchronize user attributes*: "errors per call, 409 for GDPR-forgotten or identity
/// conflict").
pub(super) fn update(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let mut body = Body::of(call)?;
    let new_fields = body.flag("createNewFields")?.unwrap_or(service.options.create_new_fields);
    let order = Order::take(&mut body, "user", service.options.project, true)?;
    let mut reply = success();
    reply.tally.objects = 1;
    if order.capitals {
        reply.warnings.push(call.warning("email-not-lower-case", "email"));
    }
    order.check(service.options.project).map_err(|failure| failure.refusal())?;
    let mut state = service.state();
    let orders = std::slice::from_ref(&order);
    let (clash, fields) = state.foresee(orders, new_fields);
    if let Some(clash) = clash {
        return Err(clash.refusal());
    }
    if fields > service.options.fields_max && fields > state.schema.len() {
        return Err(too_many_fields());
    }
    if portion.part == Part::All {
        let landed = state.apply(&order, manner(call, new_fields, Way::Single)).map_err(|failure| failure.refusal())?;
        let done = done(&mut state, &order, landed);
        reply.warnings.extend(done.warnings.into_iter().map(|code| call.warning(code, "user")));
        service.ledger.append(call.number, done.applied.into_iter().map(|(kind, text)| (kind, done.key.clone(), text)));
        reply.tally.applied = 1;
    }
    unknown(&mut reply, call, body.rest());
    Ok(reply)
}

/// `getByEmail?email=` and `byUserId?userId=`: an unknown user is 200 with an empty object (inferred).
pub(super) fn look_up(service: &Service, call: &Call, name: &str) -> Result<Reply, Refusal> {
    let pairs = call.pairs().ok_or_else(|| Refusal::bad_params("the query is not valid"))?;
    let value = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    if value.is_empty() {
        return Err(Refusal::bad_params(format!("'{name}' is required")));
    }
    let state = service.state();
    let user = if name == "email" { state.by_email(&value.to_lowercase()) } else { state.by_user_id(value) };
    Ok(Reply::json(200, &user.map_or(json!({}), |user| json!({ "user": user.to_json() }))))
}

/// `getFields`: every field with its type, the vendor's own too (inferred).
pub(super) fn fields(service: &Service) -> Reply {
    let state = service.state();
    let own = own::FIELDS.iter().map(|(name, ty)| ((*name).to_owned(), Value::from(*ty)));
    let made = state.fields().into_iter().map(|(path, ty)| (path.to_owned(), ty.into()));
    Reply::json(200, &json!({ "fields": own.chain(made).collect::<Map<_, _>>() }))
}

/// Puts users in place, given as user objects: as request 0, neither in the ledger nor in the log. `emailListIds` puts them on
/// lists of every type.
pub(super) fn seed(service: &Service, items: Vec<Value>, now: jiff::Timestamp) -> Result<usize, SeedError> {
    let count = items.len();
    let mut state = service.state();
    let manner = Manner { new_fields: true, existing_only: false, way: Way::Bulk, request: 0, now };
    for (index, item) in items.into_iter().enumerate() {
        let refused = |refusal: Refusal| SeedError::Item { index, refusal: refusal.msg };
        let mut body = Body::object(item, "user").map_err(refused)?;
        let order = Order::take(&mut body, "user", service.options.project, true).map_err(refused)?;
        state.apply(&order, manner).map_err(|failure: Failure| refused(failure.refusal()))?;
    }
    Ok(count)
}

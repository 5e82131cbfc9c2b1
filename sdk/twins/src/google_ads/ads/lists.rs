//! `userLists:mutate` (the notes, *Setup objects*, GA): lists of Customer Match made, changed and removed, in one transaction unless
//! partial failure is asked for.

use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{Customer, KeyType, NewUserList},
        limits,
        service::Service,
        shape::{camel, flag, list, object, text},
        state::State,
        user_list::UserList,
        words::{AdsError, Refusal, partial_failure},
    },
    rows::{id_of, required},
};
use crate::{
    ledger::Kind,
    log::Tally,
    vendor::{Call, Portion, Reply},
};

enum Change {
    Put(Box<UserList>),
    Remove(String),
}

/// `POST /v25/customers/{id}/userLists:mutate`.
pub(in super::super) fn mutate(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
    customer: &Customer,
) -> Result<Reply, Refusal> {
    let sent = list(body, "operations");
    if sent.is_empty() {
        return Err(Refusal::ads(400, &[required().at(&[("operations", None)])], call.number));
    }
    let mut state = service.state();
    // What the operations before it leave behind is what an operation meets.
    let mut after = State { user_lists: state.user_lists.clone(), lists_made: state.lists_made, ..State::default() };
    let (mut errors, mut changes, mut results) = (Vec::new(), Vec::new(), Vec::new());
    for (index, operation) in sent.iter().filter_map(Value::as_object).enumerate() {
        match change(&mut after, operation, customer).map_err(|error| error.at(&[("operations", Some(index))])) {
            Err(error) => {
                errors.push(error);
                results.push(json!({}));
            }
            Ok(change) => {
                let id = match &change {
                    Change::Put(list) => list.id.clone(),
                    Change::Remove(id) => id.clone(),
                };
                results.push(json!({ "resourceName": format!("customers/{}/userLists/{id}", customer.id) }));
                apply(&mut after, &change);
                changes.push((id, change));
            }
        }
    }
    if !errors.is_empty() && !flag(body, "partialFailure") {
        return Err(Refusal::ads(400, &errors, call.number));
    }
    let mut tally = Tally { objects: sent.len() as u32, refused: errors.len() as u32, ..Tally::default() };
    let mut answer = json!({});
    if flag(body, "validateOnly") {
        tally.ignored = changes.len() as u32;
    } else {
        answer["results"] = results.into();
        changes.truncate(portion.of(changes.len()));
        tally.applied = changes.len() as u32;
        state.lists_made = after.lists_made;
        let mut entries = Vec::new();
        for (id, change) in changes {
            apply(&mut state, &change);
            let applied = match change {
                Change::Put(list) => json!({ "display_name": list.display_name, "membership_status": list.membership_status }),
                Change::Remove(_) => json!({ "deleted": true }),
            };
            entries.push((Kind::List, id, applied.to_string().into()));
        }
        service.ledger.append(call.number, entries);
    }
    if let Some(failure) = partial_failure(&errors, call.number) {
        answer["partialFailureError"] = failure;
    }
    Ok(Reply { tally, ..Reply::json(200, &answer) })
}

fn apply(state: &mut State, change: &Change) {
    match change {
        Change::Put(list) => {
            state.user_lists.insert(list.id.clone(), (**list).clone());
        }
        Change::Remove(id) => drop(state.user_lists.remove(id)),
    }
}

fn of_list(code: &'static str, message: &str) -> AdsError {
    AdsError::new("userListError", code, message)
}

fn held<'a>(state: &'a State, resource: &str, customer: &Customer) -> Result<&'a UserList, AdsError> {
    let held = id_of(resource, "userLists").and_then(|id| state.user_lists.get(id)).filter(|list| list.customer_id == customer.id);
    held.ok_or_else(|| AdsError::new("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found."))
}

fn change(state: &mut State, operation: &Map<String, Value>, customer: &Customer) -> Result<Change, AdsError> {
    if let Some(resource) = text(operation, "remove") {
        return Ok(Change::Remove(held(state, resource, customer)?.id.clone()));
    }
    if let Some(new) = object(operation, "create") {
        let name =
            name(state, new, customer, None)?.ok_or_else(|| of_list("INVALID_NAME", "User list name is empty or invalid."))?;
        let crm = object(new, "crmBasedUserList");
        let crm = crm.ok_or_else(|| of_list("USER_LIST_MUTATE_NOT_SUPPORTED", "The type of the user list is required."))?;
        let app = text(crm, "appId");
        let key_type = match text(crm, "uploadKeyType") {
            Some("CRM_ID") => KeyType::UserId,
            Some("MOBILE_ADVERTISING_ID") if app.is_none() => {
                return Err(of_list("APP_ID_NOT_SET", "app_id must be set when upload_key_type is MOBILE_ADVERTISING_ID."));
            }
            Some("MOBILE_ADVERTISING_ID") => KeyType::MobileId,
            Some("CONTACT_INFO") => KeyType::ContactId,
            _ => return Err(required()),
        };
        if app.is_some() && key_type != KeyType::MobileId {
            return Err(of_list("APP_ID_NOT_ALLOWED", "app_id can only be set when upload_key_type is MOBILE_ADVERTISING_ID."));
        }
        let id = state.list_id();
        let mut list = UserList::new(NewUserList { id, customer_id: customer.id.clone(), display_name: name, key_type });
        write(&mut list, new, |_| true)?;
        return Ok(Change::Put(Box::new(list)));
    }
    let update = object(operation, "update").ok_or_else(required)?;
    let resource = text(update, "resourceName").ok_or_else(required)?;
    let mut list = held(state, resource, customer)?.clone();
    let mask = text(operation, "updateMask").ok_or_else(|| {
        AdsError::new("fieldMaskError", "FIELD_MASK_MISSING", "The field mask must be provided for update operations.")
    })?;
    let mask: Vec<String> = mask.split(',').map(camel).collect();
    let known = ["name", "description", "integrationCode", "membershipLifeSpan", "membershipStatus"];
    if mask.iter().any(|path| !known.contains(&path.as_str())) {
        return Err(AdsError::new("fieldMaskError", "FIELD_NOT_FOUND", "The field mask contained an invalid field."));
    }
    if mask.iter().any(|path| path == "name") {
        list.display_name = name(state, update, customer, Some(&list.id))?
            .ok_or_else(|| of_list("INVALID_NAME", "User list name is empty or invalid."))?;
    }
    write(&mut list, update, |path| mask.iter().any(|known| known == path))?;
    Ok(Change::Put(Box::new(list)))
}

fn name(state: &State, sent: &Map<String, Value>, customer: &Customer, but: Option<&str>) -> Result<Option<String>, AdsError> {
    let Some(name) = text(sent, "name") else { return Ok(None) };
    let taken = state
        .user_lists
        .values()
        .any(|list| list.customer_id == customer.id && list.display_name == name && Some(list.id.as_str()) != but);
    let used = || of_list("NAME_ALREADY_USED", "Name is already being used for another user list for the account.");
    if taken { Err(used()) } else { Ok(Some(name.to_owned())) }
}

fn write(list: &mut UserList, sent: &Map<String, Value>, asked: impl Fn(&str) -> bool) -> Result<(), AdsError> {
    let own = |name: &str| text(sent, name).map(str::to_owned);
    if asked("description") {
        list.description = own("description");
    }
    if asked("integrationCode") {
        list.integration_code = own("integrationCode");
    }
    if asked("membershipStatus")
        && let Some(status) = own("membershipStatus").filter(|status| status == "OPEN" || status == "CLOSED")
    {
        list.membership_status = status;
    }
    let days = sent.get("membershipLifeSpan").filter(|days| asked("membershipLifeSpan") && !days.is_null());
    if let Some(days) = days {
        let days = days.as_u64().or_else(|| days.as_str()?.parse().ok()).filter(|days| *days <= limits::MEMBERSHIP_DAYS_MAX);
        // "between 0 and 540 inclusive" (*Google Ads protos*, `UserList`).
        let days = days.ok_or_else(|| AdsError::new("rangeError", "TOO_HIGH", "Too high."))?;
        list.membership_duration_s = days * 86_400;
    }
    Ok(())
}

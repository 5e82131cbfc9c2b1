//! `userLists` of an account: read, listed with a filter, made, changed, deleted (the notes, *Setup objects*; *Data Manager protos*,
//! `UserListService`). Fields that are the vendor's to say are passed over when they are sent.

use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{Customer, KeyType, Lack, NewUserList},
        limits,
        route::Account,
        service::Service,
        shape::{list, object, seconds, text},
        state::State,
        user_list::UserList,
        words::{Refusal, Violation},
    },
    filter::Filter,
};
use crate::{
    ledger::Kind,
    log::Tally,
    vendor::{Call, Portion, Reply},
};

/// The account of a path, as the header `login-account` reaches it.
fn customer(state: &State, call: &Call, account: &Account) -> Result<Customer, Refusal> {
    let named = |field: &str| Refusal::field("INVALID_RESOURCE_NAME", field, call.number);
    // The spelling in capitals is inferred in the notes; another one is another kind of account.
    if account.kind != "GOOGLE_ADS" || account.id.is_empty() || !account.id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(named("parent"));
    }
    let mut login = None;
    for header in ["login-account", "linked-account"] {
        let Some(value) = call.headers.get(header) else { continue };
        let id = value.to_str().ok().and_then(|value| value.strip_prefix("accountTypes/GOOGLE_ADS/accounts/"));
        let id = id.filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())).ok_or_else(|| named(header))?;
        if header == "linked-account" {
            let reason = "LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT";
            return Err(Refusal::field(reason, header, call.number));
        }
        login = Some(id);
    }
    let customer = state.reach(&account.id, login).filter(|customer| !customer.lacks(Lack::Enabled));
    customer.cloned().ok_or_else(|| Refusal::manager(403, "PERMISSION_DENIED", call.number))
}

fn held<'a>(state: &'a State, call: &Call, account: &Account, id: &str) -> Result<&'a UserList, Refusal> {
    let customer = customer(state, call, account)?;
    let list = state.user_lists.get(id).filter(|list| list.customer_id == customer.id);
    list.ok_or_else(|| Refusal::manager(404, "NOT_FOUND", call.number))
}

/// One parameter of the query, and that there are no others than these.
fn parameters(call: &Call, known: &[&str]) -> Result<Vec<(String, String)>, Refusal> {
    let pairs = call.pairs().ok_or_else(Refusal::no_json)?;
    match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(pairs),
        Some((name, _)) => {
            let description = format!(
                "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. Field '{name}' could not be found in request message."
            );
            Err(Refusal::unfit(&[super::super::shape::Unfit { field: String::new(), description }]))
        }
    }
}

fn of<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// `GET …/userLists/{id}`.
pub(in super::super) fn one(service: &Service, call: &Call, account: &Account, id: &str) -> Result<Reply, Refusal> {
    parameters(call, &[])?;
    Ok(Reply::json(200, &held(&service.state(), call, account, id)?.shown()))
}

/// `GET …/userLists`, by pages.
pub(in super::super) fn all(service: &Service, call: &Call, account: &Account) -> Result<Reply, Refusal> {
    let pairs = parameters(call, &["pageSize", "pageToken", "filter"])?;
    let state = service.state();
    let customer = customer(&state, call, account)?;
    let refused = |reason, field: &str| Refusal::field(reason, field, call.number);
    let size = match of(&pairs, "pageSize").map(str::parse::<usize>) {
        None | Some(Ok(0)) => limits::PAGE_DEFAULT,
        // "values above 1000 will be coerced to 1000".
        Some(Ok(size)) => size.min(limits::PAGE_MAX),
        Some(Err(_)) => return Err(refused("INVALID_ARGUMENT", "page_size")),
    };
    let text = of(&pairs, "filter");
    let filter = match text.map(Filter::read) {
        Some(None) => return Err(refused("INVALID_FILTER", "filter")),
        Some(filter) => filter,
        None => None,
    };
    // A token is the place it leads to and the filter it belongs to: "all other parameters must match".
    let after = match of(&pairs, "pageToken") {
        None => None,
        Some(token) => match token.split_once('.') {
            Some((id, of)) if of == mark(text) => Some(id.to_owned()),
            _ => return Err(refused("INVALID_PAGE_TOKEN", "page_token")),
        },
    };
    let mut found = state.user_lists.values().filter(|list| {
        list.customer_id == customer.id
            && after.as_ref().is_none_or(|after| list.id > *after)
            && filter.as_ref().is_none_or(|filter| filter.fits(list))
    });
    let page: Vec<&UserList> = found.by_ref().take(size).collect();
    let mut answer = json!({});
    if let Some(last) = page.last() {
        answer["userLists"] = page.iter().map(|list| list.shown()).collect();
        if found.next().is_some() {
            answer["nextPageToken"] = format!("{}.{}", last.id, mark(text)).into();
        }
    }
    Ok(Reply::json(200, &answer))
}

fn mark(filter: Option<&str>) -> String {
    let sum = filter.unwrap_or_default().bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{sum:08x}")
}

/// What a body says of a list.
#[derive(Default)]
struct Written {
    display_name: Option<String>,
    description: Option<String>,
    integration_code: Option<String>,
    membership_status: Option<String>,
    duration_s: Option<u64>,
    key: Option<(KeyType, Map<String, Value>)>,
}

fn written(body: &Map<String, Value>, found: &mut Vec<Violation>) -> Written {
    let own = |name: &str| text(body, name).map(str::to_owned);
    let duration_s = text(body, "membershipDuration").and_then(seconds);
    match duration_s {
        Some(duration) if duration % 86_400 != 0 => found.push(Violation::new("INVALID_ARGUMENT", "user_list.membership_duration")),
        Some(duration) if duration / 86_400 > limits::MEMBERSHIP_DAYS_MAX => {
            found.push(Violation::new("MEMBERSHIP_DURATION_TOO_LONG", "user_list.membership_duration"));
        }
        _ => {}
    }
    Written {
        display_name: own("displayName"),
        description: own("description"),
        integration_code: own("integrationCode"),
        membership_status: own("membershipStatus").filter(|status| status != "MEMBERSHIP_STATUS_UNSPECIFIED"),
        duration_s,
        key: object(body, "ingestedUserListInfo").and_then(|info| key(info, found)),
    }
}

/// The one key of a list, and what it needs beside it.
fn key(info: &Map<String, Value>, found: &mut Vec<Violation>) -> Option<(KeyType, Map<String, Value>)> {
    let at = "user_list.ingested_user_list_info";
    let types: Vec<&str> = list(info, "uploadKeyTypes").iter().filter_map(Value::as_str).collect();
    let (key, name) = match types.as_slice() {
        [] => {
            found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.upload_key_types")));
            return None;
        }
        ["CONTACT_ID"] => (KeyType::ContactId, "contactIdInfo"),
        ["MOBILE_ID"] => (KeyType::MobileId, "mobileIdInfo"),
        ["USER_ID"] => (KeyType::UserId, "userIdInfo"),
        // "one list has one key type" (the notes, *Quirks*); the others are for data partners.
        _ => {
            found.push(Violation::new("UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES", format!("{at}.upload_key_types")));
            return None;
        }
    };
    let others = ["contactIdInfo", "mobileIdInfo", "userIdInfo", "pairIdInfo", "pseudonymousIdInfo", "partnerAudienceInfo"];
    if others.iter().any(|other| *other != name && object(info, other).is_some()) {
        found.push(Violation::new("UNSUPPORTED_INGESTED_USER_LIST_INFO_CONFIG", at));
    }
    let mut of_key = object(info, name).cloned().unwrap_or_default();
    of_key.remove("matchRatePercentage");
    if key == KeyType::MobileId {
        let space = text(&of_key, "keySpace").filter(|space| *space != "KEY_SPACE_UNSPECIFIED");
        for (missing, field) in [(space.is_none(), "key_space"), (text(&of_key, "appId").is_none(), "app_id")] {
            if missing {
                found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.mobile_id_info.{field}")));
            }
        }
    }
    Some((key, Map::from_iter([(name.to_owned(), of_key.into())])))
}

fn name_is_taken(state: &State, customer: &str, name: &str, but: Option<&str>) -> bool {
    state.user_lists.values().any(|list| list.customer_id == customer && list.display_name == name && Some(list.id.as_str()) != but)
}

/// Answers without the list being written, where a test of the query says so.
fn validates(pairs: &[(String, String)]) -> bool {
    of(pairs, "validateOnly") == Some("true")
}

/// `POST …/userLists`.
pub(in super::super) fn create(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
    account: &Account,
) -> Result<Reply, Refusal> {
    let pairs = parameters(call, &["validateOnly"])?;
    let mut state = service.state();
    let customer = customer(&state, call, account)?;
    let mut found = Vec::new();
    if customer.lacks(Lack::CustomerMatchTerms) {
        found.push(Violation::new("TERMS_AND_CONDITIONS_NOT_SIGNED", "parent"));
    }
    let written = written(body, &mut found);
    match &written.display_name {
        None => found.push(Violation::new("REQUIRED_FIELD_MISSING", "user_list.display_name")),
        Some(name) if name_is_taken(&state, &customer.id, name, None) => {
            found.push(Violation::new("DISPLAY_NAME_ALREADY_USED", "user_list.display_name"));
        }
        Some(_) => {}
    }
    if object(body, "ingestedUserListInfo").is_none() {
        found.push(Violation::new("REQUIRED_FIELD_MISSING", "user_list.ingested_user_list_info"));
    }
    let (Some((key_type, info)), Some(display_name), true) = (written.key, written.display_name, found.is_empty()) else {
        return Err(Refusal::violations(&found, call.number));
    };
    let new = NewUserList { id: state.list_id(), customer_id: customer.id, display_name, key_type };
    let mut list = UserList::new(new);
    list.info = info;
    list.description = written.description;
    list.integration_code = written.integration_code;
    list.membership_status = written.membership_status.unwrap_or(list.membership_status);
    list.membership_duration_s = written.duration_s.unwrap_or(list.membership_duration_s);
    Ok(finish(service, &mut state, call, list, portion, validates(&pairs)))
}

fn finish(service: &Service, state: &mut State, call: &Call, list: UserList, portion: Portion<'_>, validates: bool) -> Reply {
    let mut reply = Reply::json(200, &list.shown());
    reply.tally = Tally { objects: 1, ..Tally::default() };
    if validates {
        reply.tally.ignored = 1;
    } else if portion.of(1) == 1 {
        reply.tally.applied = 1;
        let applied = json!({ "display_name": list.display_name, "membership_status": list.membership_status }).to_string();
        service.ledger.append(call.number, [(Kind::List, list.id.clone(), applied.into())]);
        state.user_lists.insert(list.id.clone(), list);
    }
    reply
}

/// `PATCH …/userLists/{id}`.
pub(in super::super) fn patch(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
    account: &Account,
    id: &str,
) -> Result<Reply, Refusal> {
    let pairs = parameters(call, &["updateMask", "validateOnly"])?;
    let mut state = service.state();
    let mut list = held(&state, call, account, id)?.clone();
    let mut found = Vec::new();
    let mask: Vec<&str> = match of(&pairs, "updateMask") {
        Some(mask) => mask.split(',').collect(),
        // Without a mask every field that is there is written.
        None => body.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str()).collect(),
    };
    let written = written(body, &mut found);
    for path in mask {
        match path {
            "displayName" | "display_name" => match &written.display_name {
                None => found.push(Violation::new("INVALID_DISPLAY_NAME", "user_list.display_name")),
                Some(name) if name_is_taken(&state, &list.customer_id, name, Some(id)) => {
                    found.push(Violation::new("DISPLAY_NAME_ALREADY_USED", "user_list.display_name"));
                }
                Some(name) => list.display_name.clone_from(name),
            },
            "description" => list.description.clone_from(&written.description),
            "integrationCode" | "integration_code" => list.integration_code.clone_from(&written.integration_code),
            "membershipStatus" | "membership_status" => {
                list.membership_status = written.membership_status.clone().unwrap_or_else(|| "OPEN".to_owned());
            }
            "membershipDuration" | "membership_duration" => {
                list.membership_duration_s = written.duration_s.unwrap_or(list.membership_duration_s);
            }
            path if path.starts_with("ingestedUserListInfo") || path.starts_with("ingested_user_list_info") => {
                // The same key again changes nothing.
                if written.key.as_ref().is_none_or(|(key, info)| *key != list.key_type || *info != list.info) {
                    found.push(Violation::new("IMMUTABLE_FIELD_FOR_UPDATE", "user_list.ingested_user_list_info.upload_key_types"));
                }
            }
            // The list's name, and what the vendor says of it.
            "name"
            | "id"
            | "readOnly"
            | "accessReason"
            | "closingReason"
            | "sizeInfo"
            | "accountAccessStatus"
            | "targetNetworkInfo" => {}
            _ => found.push(Violation::new("INVALID_UPDATE_MASK", "update_mask")),
        }
    }
    if text(body, "name").is_some_and(|name| name != list.resource()) {
        found.push(Violation::new("INVALID_RESOURCE_NAME", "user_list.name"));
    }
    if !found.is_empty() {
        return Err(Refusal::violations(&found, call.number));
    }
    Ok(finish(service, &mut state, call, list, portion, validates(&pairs)))
}

/// `DELETE …/userLists/{id}`, with everybody on it.
pub(in super::super) fn delete(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    account: &Account,
    id: &str,
) -> Result<Reply, Refusal> {
    let pairs = parameters(call, &["validateOnly"])?;
    let mut state = service.state();
    let id = held(&state, call, account, id)?.id.clone();
    let mut reply = Reply::json(200, &json!({}));
    reply.tally = Tally { objects: 1, ..Tally::default() };
    if validates(&pairs) {
        reply.tally.ignored = 1;
    } else if portion.of(1) == 1 {
        state.user_lists.remove(&id);
        reply.tally.applied = 1;
        service.ledger.append(call.number, [(Kind::List, id, r#"{"deleted":true}"#.into())]);
    }
    Ok(reply)
}

//! `googleAds:search`, for what the notes ask of it: how a job is, who owns the conversion actions of a customer, what lists and actions
//! there are.

use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{Customer, Lack},
        limits,
        service::Service,
        shape::{camel, text},
        state::State,
        words::{AdsError, Refusal},
    },
    query::Query,
};
use crate::vendor::{Call, Reply};

/// `POST /v25/customers/{id}/googleAds:search`.
pub(in super::super) fn search(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    customer: &Customer,
) -> Result<Reply, Refusal> {
    let refused = |code, message: &str| {
        let error = AdsError::new("queryError", code, message).at(&[("query", None)]);
        Err(Refusal::ads(400, &[error], call.number))
    };
    let Some(query) = Query::read(text(body, "query").unwrap_or_default()) else {
        return refused("UNEXPECTED_INPUT", "Error in query: unexpected input.");
    };
    let mut state = service.state();
    if query.from == "offline_user_data_job" {
        // Whoever asks for a job by its name, or for all, moves them on.
        let name = query.conditions.iter().find(|(field, _)| field == "offline_user_data_job.resource_name").map(|(_, name)| name);
        let jobs = state.jobs.values_mut().filter(|job| name.is_none_or(|name| job.resource_name == *name));
        jobs.for_each(|job| job.asked(call.now));
    }
    let Some(rows) = rows(&state, &query.from, customer) else {
        return refused("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", "The resource of the query is not one that can be asked for.");
    };
    let known = |field: &String| is_known(&query.from, field);
    if let Some(field) = query.fields.iter().find(|field| !known(field)) {
        return refused("UNRECOGNIZED_FIELD", &format!("Unrecognized field in the query: '{field}'."));
    }
    if !query.conditions.iter().map(|(field, _)| field).all(known) {
        return refused("BAD_FIELD_NAME", "A field of the condition is not known.");
    }
    let fits = |row: &Value| query.conditions.iter().all(|(field, value)| is(found(row, field), value));
    let results: Vec<Value> =
        rows.iter().filter(|row| fits(row)).take(query.limit.unwrap_or(limits::PAGE_MAX)).map(|row| shown(row, &query)).collect();
    let mask: Vec<String> = query.fields.iter().map(|field| path(field).join(".")).collect();
    let mut answer = json!({ "fieldMask": mask.join(",") });
    if !results.is_empty() {
        answer["results"] = results.into();
    }
    Ok(Reply::json(200, &answer))
}

fn path(field: &str) -> Vec<String> {
    field.split('.').map(camel).collect()
}

/// The fields of each resource; those of the customer may be asked for beside them.
fn is_known(from: &str, field: &str) -> bool {
    let of_customer = ["id", "resource_name", "descriptive_name", "status", "manager"];
    let tracking = ["google_ads_conversion_customer", "accepted_customer_data_terms", "enhanced_conversions_for_leads_enabled"];
    let Some((resource, rest)) = field.split_once('.') else { return false };
    match resource {
        "customer" => {
            of_customer.contains(&rest)
                || rest.strip_prefix("conversion_tracking_setting.").is_some_and(|rest| tracking.contains(&rest))
        }
        "offline_user_data_job" if from == resource => {
            ["resource_name", "id", "type", "status", "failure_reason"].contains(&rest)
                || rest == "customer_match_user_list_metadata.user_list"
        }
        "user_list" if from == resource => [
            "resource_name",
            "id",
            "name",
            "description",
            "membership_status",
            "membership_life_span",
            "size_for_display",
            "size_for_search",
            "match_rate_percentage",
            "type",
            "crm_based_user_list.upload_key_type",
        ]
        .contains(&rest),
        "conversion_action" if from == resource => {
            ["resource_name", "id", "name", "type", "status", "owner_customer"].contains(&rest)
        }
        _ => false,
    }
}

fn rows(state: &State, from: &str, customer: &Customer) -> Option<Vec<Value>> {
    let id = &customer.id;
    let owner = customer.conversion_customer.as_ref().unwrap_or(id);
    let about = json!({
        "resourceName": format!("customers/{id}"), "id": id, "descriptiveName": format!("Twin {id}"), "status": "ENABLED",
        "manager": state.customers.values().any(|other| other.managers.contains(id)),
        "conversionTrackingSetting": {
            "googleAdsConversionCustomer": format!("customers/{owner}"),
            "acceptedCustomerDataTerms": !customer.lacks(Lack::EnhancedConversionsTerms),
            "enhancedConversionsForLeadsEnabled": !customer.lacks(Lack::EnhancedConversionsForLeads),
        },
    });
    let of = |name: &str, value: Value| json!({ "customer": about, name: value });
    Some(match from {
        "customer" => vec![json!({ "customer": about })],
        "offline_user_data_job" => {
            let mine = format!("customers/{id}/");
            let jobs = state.jobs.iter().filter(|(_, job)| job.resource_name.starts_with(&mine));
            jobs.map(|(job_id, job)| {
                let shown = json!({
                    "resourceName": job.resource_name, "id": job_id, "type": "CUSTOMER_MATCH_USER_LIST", "status": job.status,
                    "customerMatchUserListMetadata": { "userList": format!("customers/{id}/userLists/{}", job.user_list) },
                });
                of("offlineUserDataJob", shown)
            })
            .collect()
        }
        "user_list" => {
            let mine = state.user_lists.values().filter(|list| list.customer_id == *id);
            mine.map(|list| {
                let size = list.members().len().to_string();
                let key = match list.key_type.as_str() {
                    "CONTACT_ID" => "CONTACT_INFO",
                    "MOBILE_ID" => "MOBILE_ADVERTISING_ID",
                    _ => "CRM_ID",
                };
                let shown = json!({
                    "resourceName": format!("customers/{id}/userLists/{}", list.id), "id": list.id, "name": list.display_name,
                    "description": list.description.clone().unwrap_or_default(), "membershipStatus": list.membership_status,
                    "membershipLifeSpan": (list.membership_duration_s / 86_400).to_string(), "sizeForDisplay": size,
                    "sizeForSearch": size, "matchRatePercentage": if list.members().is_empty() { Value::Null } else { 60.into() },
                    "type": "CRM_BASED", "crmBasedUserList": { "uploadKeyType": key },
                });
                of("userList", shown)
            })
            .collect()
        }
        "conversion_action" => {
            let owned = state.actions.values().filter(|action| action.customer_id == *owner);
            owned
                .map(|action| {
                    let shown = json!({
                        "resourceName": format!("customers/{id}/conversionActions/{}", action.id), "id": action.id,
                        "name": format!("Action {}", action.id), "type": action.r#type.as_str(), "status": "ENABLED",
                        "ownerCustomer": format!("customers/{owner}"),
                    });
                    of("conversionAction", shown)
                })
                .collect()
        }
        _ => return None,
    })
}

fn found<'a>(row: &'a Value, field: &str) -> &'a Value {
    path(field).iter().fold(row, |value, part| &value[part.as_str()])
}

fn is(held: &Value, wanted: &str) -> bool {
    match held {
        Value::String(text) => text == wanted,
        Value::Bool(truth) => wanted.parse() == Ok(*truth),
        _ => false,
    }
}

/// The fields that were asked for, and the names of the resource that are always there.
fn shown(row: &Value, query: &Query) -> Value {
    let mut shown = json!({});
    let always = format!("{}.resource_name", query.from);
    for field in query.fields.iter().chain([&always]) {
        let value = found(row, field);
        if !value.is_null() {
            let place = path(field).iter().fold(&mut shown, |place, part| &mut place[part.as_str()]);
            *place = value.clone();
        }
    }
    shown
}

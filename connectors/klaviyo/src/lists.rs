//! Lists: found by name or made once, to which profiles are added and from which they are removed. Consent is not touched.
//!
//! `GET` and `POST /api/lists`, `POST` and `DELETE /api/lists/{id}/relationships/profiles` of Klaviyo's description (klaviyo/openapi at
//! f0a30ba of 2026-07-23, read 2026-11).

use std::collections::{BTreeMap, BTreeSet};

use sluice_sdk::json::{self, Writer};
use sluice_sdk::serde_json::{Value, json};
use sluice_sdk::{Call, Effect, Halt, Named, Operation, Outcome, Places, Rows, Written, form, text};

use crate::attributes::Attributes;
use crate::people::People;
use crate::settings::{ListName, ListsOptions};
use crate::wire::{DATA, LISTS, PROFILES, Resource};
use crate::{api, imports, known, outcomes};

const NAMED: Named = Named { option: "list", several: "lists", place: "Klaviyo", unfit: "" };

/// The id of the list of the activation. Two of one name are a person's to tell apart; a list whose making got no answer is found by the
/// next try.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let ListName { list: name } = call.options()?;
    let mut path = format!("{LISTS}?fields[list]=name&filter=");
    text::percent(&mut path, &format!("equals(name,{})", json::quoted(&name)));
    let page = api::page(api::get(call, &path, "lists"))?;
    let lists = api::all(call, page, "lists")?;
    let of_the_name = lists.into_iter().filter(|list| list.text("name") == Some(name.as_str()));
    match NAMED.found(of_the_name, |_| true)? {
        Some(list) => Ok(list.id.into_bytes()),
        None => made(call, &name),
    }
}

/// A new list. Who confirms before being subscribed (double opt-in) is for the account's default to say.
fn made(call: &Call<'_>, name: &str) -> Result<Vec<u8>, Halt> {
    let body = json!({ "data": { "type": "list", "attributes": { "name": name } } });
    // A second list of the name would be made by a repeat.
    let answer = api::write(call, "POST", LISTS, "list-write", Writer::of_tree(&body).into_bytes()).effect(Effect::Once).send();
    let made: Resource = outcomes::of_making(answer)?.read_member(DATA)?;
    Ok(made.id.into_bytes())
}

/// Adds members to the list, or removes them from it.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: ListsOptions = call.options()?;
    let (people, list) = (People::of(rows)?, call.kept_id("a list", form::is_alphanumeric)?);
    match call.operation()? {
        Operation::Add if options.create_profiles => {
            imports::send(call, (&people, &Attributes::of(rows)?), &BTreeMap::new(), BTreeMap::new(), Some(list))
        }
        Operation::Add => by_ids(call, &people, "POST", list, known::skipped()),
        // Who is not there is not on the list.
        Operation::Remove => by_ids(call, &people, "DELETE", list, Outcome::Accepted),
        _ => Err(call.unsupported()),
    }
}

/// Adds or removes profiles that Klaviyo knows; whom it does not know has the outcome given.
fn by_ids(call: &Call<'_>, people: &People<'_>, method: &str, list: &str, unknown: Outcome) -> Result<Written, Halt> {
    let ids = known::ids(call, people, PROFILES, "profiles")?;
    let places = Places::new(people.len(), known::strangers(people, &ids, unknown).into_iter().collect());
    let each_once: BTreeSet<&str> = ids.values().map(String::as_str).collect();
    let profiles: Vec<Value> = each_once.into_iter().map(|id| json!({ "type": "profile", "id": id })).collect();
    let body = Writer::of_tree(&json!({ "data": profiles })).into_bytes();
    let path = format!("{LISTS}/{list}/relationships/profiles");
    places.send(api::write(call, method, &path, "list-write", body), |answer| outcomes::of_all(&places, 204, answer))
}

#[cfg(test)]
mod tests;

//! The user list of an activation: found by name, or made once. What its members are known by is said when it is made and stays.
//!
//! `user_list_service.proto` and `user_list.proto` of the Data Manager API (googleapis at f8291d2 of 2026-08-22, read 2026-11).

use sluice_sdk::json::{self, Writer};
use sluice_sdk::serde_json::{Value, json};
use sluice_sdk::{Call, Effect, Halt, Named, form, text};

use crate::outcomes::GOOGLE;
use crate::settings::{AudiencesOptions, KeyType, Settings};
use crate::wire::{UserList, UserLists};

const NAMED: Named = Named { option: "list", several: "lists", place: "Google Ads", unfit: "" };

/// The id of the activation's list. A list whose making got no answer is found by the next try.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let (settings, options): (_, AudiencesOptions) = (Settings::of(call)?, call.options()?);
    let mut path = format!("{}?filter=", settings.user_lists());
    text::percent(&mut path, &format!("display_name = {}", json::quoted(&options.list)));
    let lists: UserLists = asked(&settings, call, &path)?;
    match NAMED.found(lists.user_lists.into_iter().filter(|list| list.display_name == options.list), |_| true)? {
        Some(list) => found(list, &options),
        None => made(call, &settings, &options),
    }
}

/// User lists, as the account shows them.
pub(crate) fn asked(settings: &Settings, call: &Call<'_>, path: &str) -> Result<UserLists, Halt> {
    let question = settings.through_login(settings.get(call, path, "lists"));
    GOOGLE.of_read(question.send())?.read()
}

fn found(list: UserList, options: &AudiencesOptions) -> Result<Vec<u8>, Halt> {
    if list.read_only {
        return Err(Halt::setting("list", "the list of this name is another account's, or Google's own: choose another name"));
    }
    if !list.ingested_user_list_info.upload_key_types.iter().any(|word| word == options.key_type.word()) {
        return Err(Halt::setting(
            "key_type",
            "the list of this name has members of another kind: choose its kind, or another name",
        ));
    }
    id(list)
}

fn made(call: &Call<'_>, settings: &Settings, options: &AudiencesOptions) -> Result<Vec<u8>, Halt> {
    let body = json!({
        "displayName": options.list,
        "membershipDuration": format!("{}s", u64::from(options.membership_days) * 86_400),
        "ingestedUserListInfo": info(options)?,
    });
    let request = settings.post(call, &settings.user_lists(), "lists", Writer::of_tree(&body));
    // Names are unique, but nobody says that a repeat is answered with the list that is there.
    let answer = GOOGLE.of_read(settings.through_login(request.effect(Effect::Once)).send())?;
    id(answer.read()?)
}

fn info(options: &AudiencesOptions) -> Result<Value, Halt> {
    let source = "DATA_SOURCE_TYPE_FIRST_PARTY";
    let mut info = json!({ "uploadKeyTypes": [options.key_type.word()] });
    let (name, of_kind) = match options.key_type {
        KeyType::Contact => ("contactIdInfo", json!({ "dataSourceType": source })),
        KeyType::UserId => ("userIdInfo", json!({ "dataSourceType": source })),
        KeyType::MobileId => {
            let need = |name: &str, option: &Option<String>| {
                option
                    .clone()
                    .ok_or_else(|| Halt::setting(name, &format!("a list of mobile ids is made with `{name}`: set the option")))
            };
            let (space, app) = (need("key_space", &options.key_space)?, need("app_id", &options.app_id)?);
            ("mobileIdInfo", json!({ "appId": app, "dataSourceType": source, "keySpace": space }))
        }
    };
    info[name] = of_kind;
    Ok(info)
}

impl KeyType {
    /// Google's word.
    fn word(self) -> &'static str {
        match self {
            Self::Contact => "CONTACT_ID",
            Self::MobileId => "MOBILE_ID",
            Self::UserId => "USER_ID",
        }
    }
}

fn id(list: UserList) -> Result<Vec<u8>, Halt> {
    if form::is_digits(&list.id) {
        return Ok(list.id.into_bytes());
    }
    Err(Halt::protocol("Google names the list without an id"))
}

#[cfg(test)]
mod tests;

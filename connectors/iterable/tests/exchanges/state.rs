//! What a twin's project holds, and how it is filled before a test begins: all that these tests know of the twin's inside.

use serde_json::{Value, json};
use sluice_twins::iterable::Running;

/// Puts users in place, each as in `users[]` of `bulkUpdate`.
pub(crate) fn have_users(twin: &Running, users: Value) {
    twin.seed("users", users).unwrap();
}

/// Puts a list in place, with members by `email` or `userId`, who become users.
pub(crate) fn have_list(twin: &Running, id: i64, name: &str, list_type: &str, members: Value) {
    twin.seed("lists", json!([{ "id": id, "name": name, "listType": list_type }])).unwrap();
    let on = members.as_array().unwrap().iter().map(|member| {
        let mut user = member.clone();
        user["dataFields"] = json!({ "emailListIds": [id] });
        user
    });
    twin.seed("users", on.collect()).unwrap();
}

/// Users of the project, by what they are called, in order.
pub(crate) fn users(twin: &Running) -> Vec<String> {
    let called = |u: &sluice_twins::iterable::User| u.user_id.clone().or_else(|| u.email.clone()).unwrap_or_default();
    let mut all: Vec<String> = twin.with_state(|state| state.users().iter().map(called).collect());
    all.sort();
    all
}

/// The `dataFields` of a user, by e-mail address or id.
pub(crate) fn fields(twin: &Running, name: &str) -> Option<Value> {
    let is = |u: &&sluice_twins::iterable::User| u.email.as_deref() == Some(name) || u.user_id.as_deref() == Some(name);
    twin.with_state(|state| state.users().iter().find(is).map(|user| Value::Object(user.data.clone())))
}

/// Members of a list by what they are called, in order; none where there is no such list.
pub(crate) fn members(twin: &Running, list: i64) -> Option<Vec<String>> {
    let named = |name: String| name.strip_prefix("email:").map_or(name.clone(), str::to_owned);
    twin.with_state(|state| state.lists().contains_key(&list).then(|| state.members(list).into_iter().map(named).collect()))
}

/// Ids of the lists of a name.
pub(crate) fn lists(twin: &Running, name: &str) -> Vec<i64> {
    twin.with_state(|state| state.lists().values().filter(|list| list.name == name).map(|list| list.id).collect())
}

/// Whether anybody has left a whole channel.
pub(crate) fn somebody_left_a_channel(twin: &Running) -> bool {
    twin.with_state(|state| state.users().iter().any(|user| user.channel_unsubscribed))
}

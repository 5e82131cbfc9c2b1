//! User attributes. Upsert is `POST /api/users/bulkUpdate`, which has no switch against making users. Update-only is therefore an
//! addition to a list of ours with `updateExistingUsersOnly` where the project's type respects that, and a question for each user
//! before the update where it does not.
//!
//! Only what changed is sent: fields that are not mentioned stay as they are.

use sluice_sdk::{Call, Halt, Operation, Rows, Written};

use crate::lists;
use crate::outcomes::Strangers;
use crate::settings::{AttributesOptions, ProjectType, Settings};
use crate::users::{self, Request};
use crate::wire;

/// The list that known users are added to while they are updated. Nobody needs to look at it; no campaign should go to it.
const KNOWN_USERS: &str = "Sluice: known users";

/// The list of update-only, in projects whose type respects `updateExistingUsersOnly`.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    match (call.mode(), Settings::of(call)?.project_type) {
        ("update-only", ProjectType::UserId | ProjectType::Hybrid) => lists::found_or_made(call, KNOWN_USERS),
        _ => Ok(Vec::new()),
    }
}

/// Sends a batch of users.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: AttributesOptions = call.options()?;
    let strangers = match call.operation()? {
        Operation::Upsert => Strangers::Made,
        Operation::Update => Strangers::LeftAlone,
        _ => return Err(call.unsupported()),
    };
    let merges = options.merge_nested_objects;
    match (strangers, Settings::of(call)?.project_type) {
        (Strangers::LeftAlone, ProjectType::UserId | ProjectType::Hybrid) => lists::add(call, rows, strangers, merges),
        _ => {
            let request = Request { path: wire::BULK_UPDATE, pace: "bulk-update", array: "users", strangers, merges };
            users::send(call, rows, request, |body| {
                body.member("createNewFields", options.create_new_fields);
            })
        }
    }
}

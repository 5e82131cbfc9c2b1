//! User attributes: `POST /users/track` with `attributes`. Upsert creates unknown users, update-only leaves them alone.
//!
//! Only what changed is sent (each attribute written is billed), so a cell has three states: not mentioned, removed, set.
//! "User attributes object" of braze.com/docs/api/objects_filters/user_attributes_object, read 2026-11.

use std::collections::BTreeMap;

use sluice_sdk::{Call, ColumnView, Effect, Halt, Null, Operation, Outcome, Rows, Written, not_among};

use crate::cells;
use crate::identity::{Identity, Kind};
use crate::settings::AttributesOptions;
use crate::track::{self, Request};
use crate::wire::Array;

/// Names that steer an object instead of filling it; an attribute of such a name would change whom the object is about.
const RESERVED: &[&str] = &["external_id", "braze_id", "user_alias", "user_alias_name", "_update_existing_only"];

/// Sends a batch of attribute objects.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: AttributesOptions = call.options()?;
    let existing_only = match call.operation()? {
        Operation::Upsert => false,
        Operation::Update => true,
        _ => return Err(call.unsupported()),
    };
    let identity = Identity::of(rows, options.user_alias_label.as_deref())?;
    let columns = rows.attributes(|name| RESERVED.contains(&name))?;
    legal(&columns, &identity)?;
    // "Several objects for one user in one request may be applied in any order": the second follows in another request.
    let again = identity.again(rows.len());
    objects(call, rows, (&identity, &again), &columns, existing_only)
}

/// One object per row: who, whether the user may be created, and the mapped attributes. Rows that are for another request are left out.
pub(crate) fn objects(
    call: &Call<'_>,
    rows: &Rows<'_>,
    (identity, again): (&Identity<'_>, &BTreeMap<u32, Outcome>),
    columns: &[ColumnView<'_>],
    existing_only: bool,
) -> Result<Written, Halt> {
    let cells = cells::attributes(columns.iter().copied());
    let request = Request { array: Array::Attributes, effect: Effect::Repeatable, object_bytes_guess: 96 + cells.bytes_guess() };
    track::send(call, rows, request, |body, row| {
        not_among(again, row)?;
        identity.write(body, row)?;
        body.member("_update_existing_only", existing_only);
        cells.write(body, row, Null::Written).map_err(Outcome::from)
    })
}

fn legal(columns: &[ColumnView<'_>], identity: &Identity<'_>) -> Result<(), Halt> {
    for column in columns {
        let name = column.name();
        if identity.kinds().any(|kind| matches!((kind, name), (Kind::Email, "email") | (Kind::Phone, "phone"))) {
            return Err(Halt::config(&format!("`{name}` is the identifier already, so it cannot be an attribute as well")));
        }
    }
    Ok(())
}

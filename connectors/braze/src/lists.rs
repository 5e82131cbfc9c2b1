//! Lists: Braze has no list that an ordinary key can write, so membership is a boolean attribute, true on entry and false on exit.
//! Users that Braze does not know are not created. The operator makes the Braze segment on the attribute by hand.
//!
//! The pattern of the name is that of a peer's connector (segmentio/action-destinations, `braze`), read 2026-11.

use std::collections::BTreeMap;

use sluice_sdk::{Call, ColumnView, Halt, Operation, PhysicalType, Rows, Written};

use crate::attributes;
use crate::identity::Identity;
use crate::settings::ListsOptions;

/// Sends a batch of members and former members; the host has added the attribute's column.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: ListsOptions = call.options()?;
    call.only(Operation::Update)?;
    let identity = Identity::of_members(rows, options.user_alias_label.as_deref())?;
    let columns: Vec<ColumnView<'_>> = rows.with_role("attribute").copied().collect();
    let sound = matches!(&columns[..], [flag] if flag.name() == options.attribute && flag.field().ty == PhysicalType::Boolean);
    if !sound {
        return Err(Halt::config(
            "a list maps its identifier and nothing else; membership is the attribute of the option `attribute`",
        ));
    }
    // A batch has members or leavers, so two objects of one user say the same and their order is no matter.
    attributes::objects(call, rows, (&identity, &BTreeMap::new()), &columns, true)
}

//! Merge fields: attributes of a contact, by their tags. Mailchimp has no booleans and no nulls for them, and addresses are objects.
//!
//! "Attributes / custom fields" of the vendor sheet of 2026-11; for `""` and booleans grouparoo's plugin at a453a40.

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json;
use sluice_sdk::{Call, Cells, Halt, Null, Reason, Rows, Value, code};

use crate::outcomes::MAILCHIMP;
use crate::settings::Settings;
use crate::wire::MergeField;

/// One page has all of them: "max 30 to 80 merge fields by plan (inferred)".
const TAGS: &str = "/merge-fields?count=1000&fields=merge_fields.tag";

/// Whether the audience has the mapped merge fields: "unknown tags are ignored", and the rest of the contact is taken.
pub(crate) fn check(call: &Call<'_>) -> Result<(), Halt> {
    let mut mapped = call.schema().iter().filter(|field| field.attr("role").is_none_or(|role| role == "attribute")).peekable();
    if mapped.peek().is_none() {
        return Ok(());
    }
    let there: Vec<MergeField> = MAILCHIMP.of_read(Settings::of(call)?.get(call, TAGS).send())?.read_member("merge_fields")?;
    match mapped.find(|field| there.iter().all(|there| !there.tag.eq_ignore_ascii_case(&field.name))) {
        None => Ok(()),
        Some(field) => Err(unknown(&field.name)),
    }
}

#[cold]
fn unknown(tag: &str) -> Halt {
    let message =
        format!("the audience has no merge field `{tag}`: make it in the audience's settings, or take it out of the mapping");
    Halt::Config(Reason::new(code::DEST_CONFIG, &message).field(tag))
}

/// The mapped merge fields of a batch. Tags are compared in any case and come back in upper case, so that is how they are sent.
pub(crate) fn of<'a>(rows: &Rows<'a>) -> Cells<'a> {
    Cells::named(rows.with_role("attribute").copied(), str::to_ascii_uppercase)
}

/// Writes the member with the fields of a row, where any is mapped; or says which value Mailchimp would refuse.
pub(crate) fn write(fields: &Cells<'_>, body: &mut Writer, row: usize) -> Result<(), Reason> {
    if fields.is_empty() {
        return Ok(());
    }
    // "Clears a value whatever its type; null is not accepted".
    body.object("merge_fields", |body| fields.write_by(body, row, Null::Empty, value))
}

fn value(body: &mut Writer, value: Value<'_>) -> Result<(), Reason> {
    match value {
        Value::Bool(_) => body.value_as_text(value),
        Value::Json(text) if !is_address(text) => {
            return Err(Reason::bad("an address is an object of texts: addr1, city, state and zip, perhaps addr2 and country"));
        }
        value => body.value(value),
    }
    Ok(())
}

/// Whether it is the only value that is an object: "`addr1`, `city`, `state`, `zip` all mandatory (`addr2`, `country` optional) and all
/// strings".
fn is_address(text: &str) -> bool {
    let Ok(parts) = serde_json::from_slice::<BTreeMap<String, String>>(text.as_bytes()) else { return false };
    let needed = ["addr1", "city", "state", "zip"];
    let legal = |part: &String| needed.contains(&part.as_str()) || part == "addr2" || part == "country";
    needed.iter().all(|part| parts.contains_key(*part)) && parts.keys().all(legal)
}

#[cfg(test)]
mod tests;

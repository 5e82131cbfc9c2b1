//! Data extensions: found by external key or id, and written by asynchronous jobs.
//!
//! `setup` finds the table and keeps its id; `prepare` holds the mapping against the columns that it has now, and leaves them to the
//! writes. `GET /data/v1/customobjects`, `/{id}`, `/{id}/fields`; `PUT` and `POST /data/v1/async/dataextensions/{id}/rows`
//! (developer.salesforce.com, read 2026-11-27).

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::json;
use sluice_sdk::{Call, Halt, Operation, Places, Response, Rows, Written, connected, text};

use crate::columns::Columns;
use crate::jobs;
use crate::outcomes::MARKETING_CLOUD;
use crate::settings::{Options, Settings, asked};
use crate::wire::{DataExtension, Fields, Found};

/// Tables.
const OBJECTS: &str = "/customobjects";

/// The connection check: a search, which takes the token and the right to read.
pub(crate) fn check(call: &Call<'_>) -> Result<String, Halt> {
    let settings = Settings::of(call)?;
    let _: Found = asked(call, &format!("{OBJECTS}?$search=sluice"))?.read()?;
    let message = format!("Connected to {}: data extensions can be read.", settings.rest_tenant);
    Ok(connected(&message, &[]))
}

/// The columns that can be mapped.
pub(crate) fn discover(call: &Call<'_>, kind: &str, _cursor: Option<&str>) -> Result<String, Halt> {
    if kind != "columns" {
        return Err(Halt::config(&format!("there is nothing of the kind `{kind}` to choose from; there are `columns`")));
    }
    let columns = Columns::of(fields(call)?.1);
    let items: Vec<_> = columns.described().map(|(name, title)| json!({ "id": name, "title": title })).collect();
    Ok(Writer::of_tree(&json!({ "items": items, "next": null })).into_text())
}

/// The id of the data extension of the activation.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    found(call).map(String::into_bytes)
}

/// The answer with the columns, once the mapping fits them. A dry run has no id yet, and looks for it here.
pub(crate) fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let options: Options = call.options()?;
    let (answer, fields) = fields(call)?;
    let flag = options.attribute.as_deref().filter(|_| call.mode() == "boolean-attribute");
    Columns::of(fields).check(call.schema(), flag)?;
    Ok(answer.body().to_vec())
}

/// Sends a batch as a job.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let columns = Columns::kept(call)?;
    let (body, places) = body(call, &columns, rows)?;
    let method = match (call.operation()?, call.mode()) {
        (Operation::Upsert, _) | (Operation::Update, "boolean-attribute") => "PUT",
        (Operation::Insert, _) => "POST",
        _ => return Err(call.unsupported()),
    };
    let path = format!("/async/dataextensions/{}/rows", columns.id);
    let request = Settings::of(call)?.request(call, method, &path).json(body);
    places.send(request, |answer| places.answered(MARKETING_CLOUD.of_write(answer), jobs::queued))
}

/// `{"items": [row, …]}`, and which rows stand in it: the same for the same rows and columns.
pub(crate) fn body(call: &Call<'_>, columns: &Columns, rows: &Rows<'_>) -> Result<(Writer, Places), Halt> {
    let members = columns.members(rows)?;
    let row = |body: &mut Writer, row| members.iter().try_for_each(|member| member.write(body, row));
    call.body(|_| (), ("items", rows.len(), members.len() * 24), row)
}

/// The columns of the activation's data extension, as told and as read.
fn fields(call: &Call<'_>) -> Result<(Response, Fields), Halt> {
    let id = match call.keep() {
        [] => found(call)?,
        _ => call.kept_id("a data extension", is_id)?.to_owned(),
    };
    let answer = asked(call, &format!("{OBJECTS}/{id}/fields"))?;
    let fields: Fields = answer.read()?;
    if !fields.id.eq_ignore_ascii_case(&id) {
        return Err(Halt::unavailable("the answer is about another data extension"));
    }
    Ok((answer, fields))
}

/// The data extension by its external key; where none has it, by its id. Keys may look like ids: a new data extension gets such a one.
fn found(call: &Call<'_>) -> Result<String, Halt> {
    let Options { data_extension: wanted, .. } = call.options()?;
    let mut path = format!("{OBJECTS}?$search=");
    text::percent(&mut path, &wanted);
    let Found { count, items } = asked(call, &path)?.read()?;
    let shown = items.len() as u64;
    if let Some(found) = items.into_iter().find(|found| found.key == wanted && is_id(&found.id)) {
        return Ok(found.id);
    }
    if is_id(&wanted) && wanted.len() == ID_LEN {
        match asked(call, &format!("{OBJECTS}/{wanted}")) {
            Ok(answer) => {
                let found: DataExtension = answer.read()?;
                return if is_id(&found.id) { Ok(found.id) } else { Err(Halt::unavailable("the data extension has no id")) };
            }
            Err(Halt::Missing(_)) => {}
            Err(halt) => return Err(halt),
        }
    }
    let why =
        if count > shown { "more data extensions are found by it than are shown" } else { "no data extension is found by it" };
    let message = format!("{why}: give the external key, or the id that stands in the address of its page in Contact Builder");
    Err(Halt::setting("data_extension", &message))
}

/// Characters of an id: a GUID with its hyphens.
const ID_LEN: usize = 36;

/// Whether this can stand in a path as it is.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_LEN && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests;

//! `POST /users/export/segment` and the file it leads to (*Users by segment*, read 2026-11): a ZIP of text files, one JSON
//! object a line, on the storage's own host, where the API key has no business. The file has the members of the moment it
//! became ready. A callback is noted and never called: a twin opens no connection.
//!
//! Inferred: 404 until the file is ready; 429 for a second export of a segment whose first is not ready, which counts as
//! one question after the first, so that a client that lost the URL gets on.

use std::io::Write;

use serde_json::{Map, Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    limits,
    profile::Profile,
    service::{Service, message, object},
    state::State,
};
use crate::vendor::{Call, Part, Portion, Reply};

/// An export that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Export {
    prefix: String,
    segment: String,
    fields: Vec<String>,
    polls_left: u32,
    file: Option<bytes::Bytes>,
}

/// Fields that the twin knows to export; others are left out and warned of.
const FIELDS: [&str; 17] = [
    "external_id",
    "braze_id",
    "user_aliases",
    "custom_attributes",
    "email",
    "phone",
    "first_name",
    "last_name",
    "country",
    "language",
    "dob",
    "gender",
    "home_city",
    "time_zone",
    "image_url",
    "email_subscribe",
    "push_subscribe",
];

pub(super) fn start(service: &Service, call: &Call, portion: Portion<'_>) -> Reply {
    let body = match object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let fields = match fields(&body) {
        Ok(fields) => fields,
        Err(why) => return message(400, why),
    };
    let mut state = service.state();
    let Some(segment) = body.get("segment_id").and_then(Value::as_str).filter(|id| has(&state, id)) else {
        return message(400, "'segment_id' is not valid");
    };
    if let Some(running) = state.exports.iter_mut().find(|export| export.segment == segment && export.polls_left > 0) {
        running.polls_left -= 1;
        return message(429, "An export of this segment is running");
    }
    if state.exports.iter().filter(|export| export.polls_left > 0).count() >= limits::EXPORTS_RUNNING_MAX {
        return message(429, "Too many exports are running");
    }
    state.exports_made += 1;
    // Unlike the vendor's no time is in it: a number of this twin is as unique, and the same in each run of a test.
    let prefix = format!("{segment}-{:010}", state.exports_made);
    let unknown: Vec<_> = fields.iter().filter(|field| !FIELDS.contains(&field.as_str())).cloned().collect();
    let mut answer = json!({ "message": "success", "object_prefix": prefix });
    if !service.options.own_bucket {
        let storage = service.options.files_named.as_deref().unwrap_or(&service.files_url);
        answer["url"] = format!("{storage}/exports/{prefix}.zip").into();
    }
    if portion.part == Part::All {
        let polls_left = service.options.export_polls_before_ready;
        state.exports.push(Export { prefix, segment: segment.to_owned(), fields, polls_left, file: None });
    }
    let mut reply = Reply::json(201, &answer);
    reply.warnings = unknown.into_iter().map(|name| call.warning("unknown-export-field", name)).collect();
    reply
}

fn has(state: &State, segment: &str) -> bool {
    state.segments().iter().any(|known| known.id == segment)
}

fn fields(body: &Map<String, Value>) -> Result<Vec<String>, &'static str> {
    const REQUIRED: &str = "'fields_to_export' is required";
    let list = body.get("fields_to_export").and_then(Value::as_array).ok_or(REQUIRED)?;
    let names: Option<Vec<String>> = list.iter().map(|name| name.as_str().map(str::to_owned)).collect();
    let names = names.filter(|names| !names.is_empty()).ok_or(REQUIRED)?;
    if !matches!(body.get("output_format").map(Value::as_str), None | Some(Some("zip" | "gzip"))) {
        return Err("'output_format' must be 'zip' or 'gzip'");
    }
    if body.get("callback_endpoint").is_some_and(|url| !url.is_string()) {
        return Err("'callback_endpoint' must be a string");
    }
    Ok(names)
}

/// The storage's side. It knows no key: one that is sent to it is a leak, refused (inferred: storage refuses two kinds of
/// authorisation) and warned of.
pub(super) fn download(service: &Service, call: &Call) -> Reply {
    if call.headers.contains_key(http::header::AUTHORIZATION) {
        let mut reply = xml(400, "InvalidArgument");
        reply.warnings.push(call.warning("key-sent-to-storage", "authorization"));
        return reply;
    }
    let prefix = call.path.strip_prefix("/exports/").and_then(|name| name.strip_suffix(".zip"));
    let mut state = service.state();
    let Some(at) = state.exports.iter().position(|export| Some(export.prefix.as_str()) == prefix) else {
        return xml(404, "NoSuchKey");
    };
    if call.method != http::Method::GET {
        return xml(405, "MethodNotAllowed");
    }
    if state.exports[at].polls_left > 0 {
        state.exports[at].polls_left -= 1;
        return xml(404, "NoSuchKey");
    }
    if state.exports[at].file.is_none() {
        match archive(&state, &state.exports[at]) {
            Ok(file) => state.exports[at].file = Some(file.into()),
            Err(error) => {
                tracing::error!(%error, "the twin cannot write its export");
                return xml(500, "InternalError");
            }
        }
    }
    Reply::bytes(200, "application/zip", state.exports[at].file.clone().unwrap_or_default())
}

fn xml(status: u16, code: &str) -> Reply {
    Reply::bytes(status, "application/xml", format!("<Error><Code>{code}</Code></Error>").into())
}

fn archive(state: &State, export: &Export) -> zip::result::ZipResult<Vec<u8>> {
    let members: Vec<&Profile> = match state.segments().iter().find(|segment| segment.id == export.segment) {
        Some(segment) => state.members(segment).collect(),
        None => Vec::new(),
    };
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (number, users) in members.chunks(limits::EXPORT_USERS_PER_FILE).enumerate() {
        zip.start_file(format!("{}-{number}.txt", export.prefix), SimpleFileOptions::default())?;
        for user in users {
            writeln!(zip, "{}", line(user, &export.fields))?;
        }
    }
    Ok(zip.finish()?.into_inner())
}

/// One user: the fields asked for that he has.
fn line(user: &Profile, fields: &[String]) -> Value {
    let value = |field: &str| match field {
        "external_id" => user.external_id.as_deref().map(Value::from),
        "braze_id" => Some(user.braze_id.as_str().into()),
        "user_aliases" => user.alias.as_ref().map(|(label, name)| json!([{ "alias_name": name, "alias_label": label }])),
        "custom_attributes" => {
            let custom = user.attributes.iter().filter(|(name, _)| !super::standard::is_standard(name));
            Some(Value::Object(custom.map(|(name, value)| (name.clone(), value.clone())).collect()))
                .filter(|custom| custom.as_object().is_some_and(|custom| !custom.is_empty()))
        }
        standard if FIELDS.contains(&standard) => user.attributes.get(standard).cloned(),
        _ => None,
    };
    Value::Object(fields.iter().filter_map(|field| Some((field.clone(), value(field)?))).collect())
}

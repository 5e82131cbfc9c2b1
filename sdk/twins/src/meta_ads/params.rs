//! Parameters of a call: of the query and of the body, which is JSON or a form whose structured values are JSON texts (the notes:
//! "JSON (or form fields with JSON strings)"). Whoever needs one takes it; what is left at the end is unknown to the twin. The vendor
//! passes over such names in silence, so they are warned of.

use std::collections::BTreeMap;

use http::{Method, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::words::Refusal;
use crate::{log::Warning, vendor::Call};

#[derive(Debug, Default)]
pub(super) struct Params {
    values: BTreeMap<String, Value>,
    /// Found in the query or in the body, not in the header.
    pub(super) stray_token: Option<&'static str>,
}

impl Params {
    /// Parameters of the query, and over them those of the body. A body that is neither JSON nor a form is refused (inferred).
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        let pairs = call.pairs().ok_or_else(|| Refusal::parameter("The query cannot be read"))?;
        let mut params = Self { values: pairs.into_iter().map(|(name, value)| (name, value.into())).collect(), stray_token: None };
        if params.values.contains_key(TOKEN) {
            params.stray_token = Some("query");
        }
        if call.method == Method::GET || call.body.is_empty() {
            return Ok(params);
        }
        let body: Map<String, Value> = if call.is_json() {
            call.object().ok_or_else(|| Refusal::parameter("The request body is not a JSON object"))?
        } else if is_form(call) {
            form(&call.body).ok_or_else(|| Refusal::parameter("The request body is not a form"))?
        } else {
            return Err(Refusal::parameter("The content type of the request body is not supported"));
        };
        if body.contains_key(TOKEN) {
            params.stray_token = Some("body");
        }
        params.values.extend(body);
        Ok(params)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(wrong(name, "a string")),
        }
    }

    /// The same of one that must be there.
    pub(super) fn need(&mut self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| Refusal::required(name))
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        self.take(name).map(|value| as_flag(&value).ok_or_else(|| wrong(name, "a boolean"))).transpose()
    }

    pub(super) fn whole(&mut self, name: &str) -> Result<Option<u64>, Refusal> {
        self.take(name).map(|value| as_whole(&value).ok_or_else(|| wrong(name, "a non-negative integer"))).transpose()
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
        match self.structured(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(wrong(name, "an object")),
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, Refusal> {
        match self.structured(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(wrong(name, "an array")),
        }
    }

    /// A text is JSON inside.
    fn structured(&mut self, name: &str) -> Option<Value> {
        match self.take(name)? {
            Value::String(text) => Some(text.parse().unwrap_or(Value::String(text))),
            value => Some(value),
        }
    }

    /// Names that nobody asked for.
    pub(super) fn warnings(&self, call: &Call) -> Vec<Warning> {
        self.values.keys().map(|name| call.warning("unknown-parameter", name.clone())).collect()
    }
}

pub(super) const TOKEN: &str = "access_token";

pub(super) fn wrong(name: &str, kind: &str) -> Refusal {
    Refusal::parameter(format_args!("Param {name} must be {kind}."))
}

/// Forms have texts for all.
pub(super) fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The same of a whole number.
pub(super) fn as_whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

fn is_form(call: &Call) -> bool {
    let content_type = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn form(body: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(body).ok()?;
    let decoded = |piece: &str| percent_decode_str(&piece.replace('+', " ")).decode_utf8().ok().map(|text| text.into_owned());
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            Some((decoded(name)?, Value::String(decoded(value)?)))
        })
        .collect()
}

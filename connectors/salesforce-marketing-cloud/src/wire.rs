//! Shapes of Marketing Cloud's answers: data extensions and their columns ("Data Extension API"), asynchronous rows ("Data Extension Rows
//! (Asynchronous)"), refusals ("Rate Limiting Errors"); developer.salesforce.com, read 2026-11-27.

use serde::Deserialize;
use sluice_sdk::serde_json::Value;

/// What a search finds.
#[derive(Debug, Deserialize)]
pub(crate) struct Found {
    pub(crate) count: u64,
    pub(crate) items: Vec<DataExtension>,
}

/// A data extension: a table.
#[derive(Debug, Deserialize)]
pub(crate) struct DataExtension {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) key: String,
}

/// Its columns.
#[derive(Debug, Deserialize)]
pub(crate) struct Fields {
    pub(crate) id: String,
    pub(crate) fields: Vec<Field>,
}

/// One of them. What is said beside name, type and primary key is (inferred): what is not said restricts nothing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    #[serde(default)]
    pub(crate) is_primary_key: bool,
    pub(crate) is_nullable: Option<bool>,
    pub(crate) length: Option<usize>,
    #[serde(default)]
    pub(crate) ordinal: i64,
}

/// How far a job is. No `status`: it was not picked up, or is not known any more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    pub(crate) status: Option<Status>,
    #[serde(default)]
    pub(crate) result_messages: Vec<Message>,
}

/// The state itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) request_status: String,
    pub(crate) result_status: Option<String>,
    pub(crate) has_errors: Option<bool>,
}

/// A page of what became of rows, in the order in which they were sent.
#[derive(Debug, Deserialize)]
pub(crate) struct Results {
    pub(crate) page: Option<u64>,
    /// On all pages.
    pub(crate) count: usize,
    pub(crate) items: Vec<Item>,
}

/// One row.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) status: String,
    /// A number, a text, or nothing.
    #[serde(default)]
    pub(crate) error_code: Value,
    pub(crate) message: Option<String>,
}

/// A refusal of either form.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refusal {
    #[serde(default, rename = "errorcode")]
    pub(crate) error_code: Value,
    #[serde(default)]
    pub(crate) result_messages: Vec<Message>,
}

/// What is said of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    #[serde(default)]
    pub(crate) result_code: Value,
    #[serde(default)]
    pub(crate) message: String,
}

/// A code, which is a number here and a text there.
pub(crate) fn code(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

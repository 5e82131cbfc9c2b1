//! HubSpot's response shapes and the areas of its paths, nothing else.
//!
//! `BatchResponseSimplePublicUpsertObjectWithErrors`, `StandardError`, `Error`, `PublicObjectList`, `MembershipsUpdateResponse`,
//! `ApiCollectionResponseJoinTimeAndRecordId` and `PortalInformationResponse` of HubSpot's descriptions of 2026-03
//! (HubSpot-public-api-spec-collection at 99893791 of 2026-08-21, read 2026-11-27).

use serde::Deserialize;
use sluice_sdk::serde_json::{Map, Value};

/// Records, before the version.
pub(crate) const OBJECTS: &str = "/crm/objects";
/// Associations, before the version.
pub(crate) const ASSOCIATIONS: &str = "/crm/associations";
/// Lists, before the version.
pub(crate) const LISTS: &str = "/crm/lists";
/// The type of contacts where types are numbers (inferred).
pub(crate) const CONTACTS: &str = "0-1";

/// The answer to a batch; with a 207, `errors` has what was not done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Batch<T> {
    /// What was done, in no promised order; always there, which tells the answer from anything else.
    pub(crate) results: Vec<T>,
    /// How many were not.
    #[serde(default)]
    pub(crate) num_errors: u64,
    /// Why.
    #[serde(default)]
    pub(crate) errors: Vec<Fault>,
}

/// A record that was written or found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// HubSpot's id.
    pub(crate) id: String,
    /// Its properties, texts or null.
    #[serde(default)]
    pub(crate) properties: Map<String, Value>,
    /// What the input was called.
    pub(crate) object_write_trace_id: Option<String>,
}

/// An association that was made: a default one has `from` and `to`, a labelled one the two ids.
#[derive(Debug, Deserialize)]
pub(crate) struct Pair(Map<String, Value>);

impl Pair {
    /// The record that has the association, and the other one.
    pub(crate) fn ids(&self) -> Option<(String, String)> {
        let text = |value: &Value| value.as_str().map(str::to_owned).or_else(|| Some(value.as_u64()?.to_string()));
        let id = |object: &str, flat: &str| {
            let nested = self.0.get(object).and_then(|object| object.get("id"));
            text(nested.or_else(|| self.0.get(flat))?)
        };
        Some((id("from", "fromObjectId")?, id("to", "toObjectId")?))
    }
}

/// What is wrong: with a request, with an input of a batch, or, inside of either, with a part of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fault {
    category: String,
    code: String,
    /// In words.
    pub(crate) message: String,
    /// The property.
    #[serde(rename = "in")]
    place: String,
    /// Lists of texts by a name: ids, values, properties.
    context: Value,
    errors: Vec<Self>,
    /// Which limit a 429 is about.
    #[serde(rename = "policyName")]
    pub(crate) policy: String,
}

impl Fault {
    /// The most precise code that there is; empty where there is none.
    pub(crate) fn code(&self) -> &str {
        let inner = self.errors.iter().map(Self::code).find(|code| !code.is_empty());
        inner.unwrap_or(if self.code.is_empty() { &self.category } else { &self.code })
    }

    /// The property that is to blame.
    pub(crate) fn field(&self) -> Option<&str> {
        let named = || self.context.get("propertyName").and_then(|names| names.get(0)).and_then(Value::as_str);
        let own = Some(self.place.as_str()).filter(|place| !place.is_empty()).or_else(named);
        own.or_else(|| self.errors.iter().find_map(Self::field))
    }

    /// Itself where nothing is inside of it, else what is.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Self> {
        let itself = self.errors.is_empty().then_some(self);
        itself.into_iter().chain(&self.errors)
    }

    /// Every text of its context and of those inside: ids, trace ids and values among them.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        collect(&self.context, &mut texts);
        self.errors.iter().for_each(|inner| texts.extend(inner.texts()));
        texts
    }
}

fn collect<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        // Names of properties are no names of rows.
        Value::Object(members) => {
            members.iter().filter(|(name, _)| !name.starts_with("property")).for_each(|(_, member)| collect(member, texts));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The member with the list that was found or made.
pub(crate) const LISTED: &str = "list";

/// A list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct List {
    /// Its id, digits.
    pub(crate) list_id: String,
    /// `MANUAL` and `SNAPSHOT` can be written, `DYNAMIC` cannot.
    #[serde(default)]
    pub(crate) processing_type: String,
    /// The type of its records.
    #[serde(default)]
    pub(crate) object_type_id: String,
}

/// A page of the members of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct MemberPage {
    /// The members.
    pub(crate) results: Vec<Member>,
    /// Whether there are more.
    #[serde(default)]
    pub(crate) paging: Paging,
}

/// A member of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    /// The record.
    pub(crate) record_id: String,
}

/// Where further pages are.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    /// None on the last page.
    pub(crate) next: Option<Next>,
}

/// The next page.
#[derive(Debug, Deserialize)]
pub(crate) struct Next {
    /// Where it begins.
    pub(crate) after: String,
}

//! One object type and its records: which properties it has, by which values records are found, and that no two have the same. Keeps
//! the index of those values in step; whether a change is allowed is `write`'s.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::property::{self, Property};

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The vendor's id of it.
    pub id: u64,
    /// What clients and seeds wrote, as it is kept; those that are empty are not here.
    pub properties: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
    /// The request that made it; 0 of a seed.
    pub created_by: u64,
    /// The request that changed it last.
    pub updated_by: u64,
    /// How often it was written.
    pub writes: u64,
}

/// Other addresses of a contact, joined by `;`.
pub(super) const MORE_EMAILS: &str = "hs_additional_emails";

/// One object type and its records.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// `0-1`, `2-101`, …
    pub(super) type_id: String,
    /// `contacts`, `cars`, …
    pub(super) name: String,
    /// `p62515_cars`, of a custom object.
    pub(super) full_name: Option<String>,
    /// What the vendor calls one of them in its messages.
    pub(super) singular: String,
    pub(super) properties: BTreeMap<String, Property>,
    pub(super) groups: BTreeSet<String>,
    pub(super) required: Vec<String>,
    records: BTreeMap<u64, Record>,
    archived: BTreeMap<u64, Record>,
    names: HashMap<(String, String), u64>,
}

impl Shelf {
    pub(super) fn new(type_id: &str, name: &str, singular: &str, full_name: Option<String>) -> Self {
        let group = match name {
            "contacts" => "contactinformation".to_owned(),
            "companies" => "companyinformation".to_owned(),
            "deals" => "dealinformation".to_owned(),
            "tickets" => "ticketinformation".to_owned(),
            _ => format!("{name}_information"),
        };
        let properties = property::vendors(if full_name.is_some() { "" } else { name });
        Self {
            type_id: type_id.to_owned(),
            name: name.to_owned(),
            full_name,
            singular: singular.to_uppercase(),
            properties: properties.into_iter().map(|it| (it.name.clone(), it.complete(&group))).collect(),
            groups: [group].into(),
            required: Vec::new(),
            records: BTreeMap::new(),
            archived: BTreeMap::new(),
            names: HashMap::new(),
        }
    }

    /// Where properties go that do not say it.
    pub(super) fn group(&self) -> String {
        self.groups.first().cloned().unwrap_or_default()
    }

    /// Whether a path means this type.
    pub(super) fn answers_to(&self, word: &str) -> bool {
        word == self.type_id || self.full_name.as_deref().unwrap_or(&self.name) == word
    }

    /// Contacts, with addresses for keys.
    pub(super) fn is_contacts(&self) -> bool {
        self.type_id == "0-1"
    }

    /// Whether records are found by the values of this property (*Identifiers*).
    pub(super) fn is_key(&self, property: &str) -> bool {
        (self.is_contacts() && property == "email") || self.properties.get(property).is_some_and(|it| it.has_unique_value)
    }

    /// Records that are not archived, oldest first.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.records.values()
    }

    /// Records that were archived.
    pub fn archived(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.archived.values()
    }

    /// The record of an id.
    pub fn record(&self, id: u64) -> Option<&Record> {
        self.records.get(&id)
    }

    /// The type's properties by name.
    pub fn properties(&self) -> &BTreeMap<String, Property> {
        &self.properties
    }

    /// The record of a value of a key property, as it is kept.
    pub(super) fn named(&self, property: &str, value: &str) -> Option<u64> {
        self.names.get(&(property.to_owned(), value.to_owned())).copied()
    }

    /// Another record that has one of this one's names.
    pub(super) fn taken(&self, record: &Record) -> Option<((String, String), u64)> {
        self.names_of(record).into_iter().find_map(|name| {
            let holder = *self.names.get(&name)?;
            (holder != record.id).then_some((name, holder))
        })
    }

    fn names_of(&self, record: &Record) -> Vec<(String, String)> {
        let mut names: Vec<(String, String)> = record
            .properties
            .iter()
            .filter(|(name, _)| self.is_key(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if self.is_contacts()
            && let Some(more) = record.properties.get(MORE_EMAILS)
        {
            names.extend(more.split(';').map(|email| ("email".to_owned(), email.to_owned())));
        }
        names
    }

    /// Puts a record in place of what it was; gives that.
    pub(super) fn put(&mut self, record: Record) -> Option<Record> {
        let before = self.take(record.id);
        for name in self.names_of(&record) {
            self.names.insert(name, record.id);
        }
        self.records.insert(record.id, record);
        before
    }

    /// Takes a record away.
    pub(super) fn take(&mut self, id: u64) -> Option<Record> {
        let record = self.records.remove(&id)?;
        for name in self.names_of(&record) {
            self.names.remove(&name);
        }
        Some(record)
    }

    pub(super) fn archive(&mut self, id: u64) {
        if let Some(record) = self.take(id) {
            self.archived.insert(id, record);
        }
    }

    /// The ledger's name of a record: `contacts/email:…`, else by the first unique property that it has, else `deals/id:…`.
    pub(super) fn key(&self, record: &Record) -> String {
        let email = record.properties.get_key_value("email").filter(|_| self.is_contacts());
        let unique = || record.properties.iter().find(|(name, _)| self.is_key(name));
        match email.or_else(unique) {
            Some((name, value)) => format!("{}/{name}:{value}", self.name),
            None => format!("{}/id:{}", self.name, record.id),
        }
    }

    /// A property as the vendor shows it: the vendor's own from the record itself.
    fn value(&self, record: &Record, name: &str) -> Option<String> {
        let (made, changed) = property::times(if self.full_name.is_some() { "" } else { &self.name });
        match name {
            "hs_object_id" => Some(record.id.to_string()),
            _ if name == made => Some(format!("{:.3}", record.created_at)),
            _ if name == changed => Some(format!("{:.3}", record.updated_at)),
            // "Newly created contacts are non-marketing by default" (*Quirks*, inferred there).
            "hs_marketable_status" if self.is_contacts() => {
                Some(record.properties.get(name).cloned().unwrap_or_else(|| "false".to_owned()))
            }
            _ => record.properties.get(name).cloned(),
        }
    }

    /// A record as it is shown, with these properties and the vendor's own three; null where it has none.
    pub(super) fn shown<'a>(&self, record: &Record, names: impl IntoIterator<Item = &'a str>) -> Value {
        let (made, changed) = property::times(if self.full_name.is_some() { "" } else { &self.name });
        let names = names.into_iter().chain(["hs_object_id", made, changed]);
        let properties: Map<String, Value> = names.map(|name| (name.to_owned(), json!(self.value(record, name)))).collect();
        json!({
            "id": record.id.to_string(), "properties": properties, "createdAt": format!("{:.3}", record.created_at),
            "updatedAt": format!("{:.3}", record.updated_at), "archived": false,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "objectTypeId": self.type_id, "name": self.name, "properties": self.properties.keys().collect::<Vec<_>>(),
            "records": self.records.values().collect::<Vec<_>>(), "archived": self.archived.values().collect::<Vec<_>>(),
        })
    }
}

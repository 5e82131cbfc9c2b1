//! A data extension: a table of rows by their primary key. What a row may hold is checked here; when it is put in place is the
//! callers'.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    field::{Field, FieldType},
    options::NewDataExtension,
    value,
    words::duplicate,
};

/// A row, by the names of its columns.
pub type Row = Map<String, Value>;

/// A data extension.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataExtension {
    /// The vendor's id of it.
    pub id: String,
    /// Its external key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What people read of it.
    pub description: String,
    /// Its folder.
    pub category_id: i64,
    /// The business unit that sees it; each of them when absent.
    pub account_id: Option<String>,
    /// Whether it is an audience as well.
    pub is_sendable: bool,
    /// The column of the send relationship.
    pub sendable_custom_object_field: Option<String>,
    /// What that column is of a subscriber.
    pub sendable_subscriber_field: Option<String>,
    /// Its columns, in their order.
    pub fields: Vec<Field>,
    /// Its rows by primary key, values joined by `,`; by their place (`#1`) when it has none.
    pub rows: BTreeMap<String, Arc<Row>>,
    /// Rows ever put in place without a primary key.
    #[serde(skip)]
    unnamed: u64,
}

/// A row that its columns take.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    /// The primary key, values joined by `,`; none when the extension has no key.
    pub(super) key: Option<String>,
    pub(super) row: Row,
    /// Columns whose value was sent as another type.
    pub(super) converted: Vec<String>,
}

impl DataExtension {
    /// One that is new; without rows.
    pub(super) fn new(id: String, new: NewDataExtension) -> Self {
        let NewDataExtension { key, name, account_id, mut fields, .. } = new;
        for field in &mut fields {
            field.is_nullable &= !field.is_primary_key;
        }
        Self {
            id,
            key,
            name,
            description: String::new(),
            category_id: 0,
            account_id,
            is_sendable: false,
            sendable_custom_object_field: None,
            sendable_subscriber_field: None,
            fields,
            rows: BTreeMap::new(),
            unnamed: 0,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_primary_key)
    }

    pub(super) fn has_keys(&self) -> bool {
        self.keys().next().is_some()
    }

    /// The first of these names that is no column.
    pub(super) fn unknown<'a>(&self, mut names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
        names.find(|name| self.field(name).is_none())
    }

    /// Checks a row: "must hold every primary-key and every non-nullable column" (*Endpoint A*), on updates too.
    pub(super) fn fit(&self, sent: &Row) -> Result<Fit, String> {
        if let Some(name) = self.unknown(sent.keys()) {
            return Err(no_column(name));
        }
        if let Some(field) = self.fields.iter().find(|field| !field.is_nullable && !sent.contains_key(&field.name)) {
            return Err(format!("Column '{}' is required.", field.name));
        }
        let mut fit = Fit { key: None, row: Row::new(), converted: Vec::new() };
        for field in &self.fields {
            let Some(sent) = sent.get(&field.name) else { continue };
            let taken = value::take(field, sent)?;
            if taken.converted {
                fit.converted.push(field.name.clone());
            }
            fit.row.insert(field.name.clone(), taken.value);
        }
        let keys: Vec<String> = self.keys().filter_map(|field| fit.row.get(&field.name)).map(shown).collect();
        if keys.iter().any(String::is_empty) {
            return Err("A primary key may not be empty.".to_owned());
        }
        fit.key = (!keys.is_empty()).then(|| keys.join(","));
        Ok(fit)
    }

    /// Whether an insert of this row is refused.
    pub(super) fn collides(&self, fit: &Fit) -> Result<(), String> {
        match &fit.key {
            Some(key) if self.rows.contains_key(key) => Err(duplicate(key)),
            _ => Ok(()),
        }
    }

    /// Puts a row in place: "columns left out keep their value on update". Gives the key it is under.
    pub(super) fn put(&mut self, fit: Fit) -> String {
        let key = fit.key.unwrap_or_else(|| {
            self.unnamed += 1;
            format!("#{}", self.unnamed)
        });
        let row = self.rows.entry(key.clone()).or_default();
        Arc::make_mut(row).extend(fit.row);
        key
    }

    /// What the ledger has of a row: where it is, and its values without the key.
    pub(super) fn entry(&self, row: &Row) -> Arc<str> {
        let values: Row = row
            .iter()
            .filter(|(name, _)| self.field(name).is_none_or(|field| !field.is_primary_key))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        json!({ "dataExtension": self.key, "values": values }).to_string().into()
    }

    /// `{id,name,key,...}` (*Connection check*).
    pub(super) fn shown(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "key": self.key, "description": self.description, "categoryId": self.category_id,
            "isActive": true, "isSendable": self.is_sendable, "sendableCustomObjectField": self.sendable_custom_object_field,
            "sendableSubscriberField": self.sendable_subscriber_field, "rowCount": self.rows.len(),
            "fieldCount": self.fields.len(),
        })
    }

    /// `{id, fields:[{name,type,isPrimaryKey,...}]}` (*Setup objects*).
    pub(super) fn shown_fields(&self) -> Value {
        let fields = self.fields.iter().enumerate().map(|(ordinal, field)| {
            let mut shown = json!(field);
            shown["ordinal"] = ordinal.into();
            shown
        });
        json!({ "id": self.id, "fields": fields.collect::<Vec<_>>() })
    }

    /// Whether a definition holds together: names once each, each column sound, the send relationship's column there.
    pub(super) fn sound(&self) -> Result<(), String> {
        if self.fields.is_empty() {
            return Err("A data extension needs a field.".to_owned());
        }
        for (index, field) in self.fields.iter().enumerate() {
            field.sound().map_err(|what| format!("Field {}: {what}", field.name))?;
            // Names that differ in capitals are one name (inferred).
            if self.fields.iter().take(index).any(|other| other.name.eq_ignore_ascii_case(&field.name)) {
                return Err(format!("Field {}: the name is there already.", field.name));
            }
        }
        match &self.sendable_custom_object_field {
            Some(name) if self.field(name).is_none() => Err(format!("sendableCustomObjectField: there is no field {name}.")),
            _ => Ok(()),
        }
    }

    /// Columns that should not be part of a key (*Identifiers*).
    pub(super) fn date_keys(&self) -> impl Iterator<Item = &Field> {
        self.keys().filter(|field| field.r#type == FieldType::Date)
    }
}

pub(super) fn no_column(name: &str) -> String {
    format!("Column '{name}' does not exist in the data extension.")
}

/// A value as a part of a key.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

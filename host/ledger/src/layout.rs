//! The layout: which fields a row has, in which types, and what is kept of them. Everything canonical is relative to it.

use serde::{Deserialize, Serialize};
use sluice_catalog::columnar::{Field, PhysicalType};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::{
    error::LedgerError,
    limits::{FIELDS_MAX, KEY_COLUMNS_MAX},
};

/// What a null in a column does at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NullMeans {
    /// The field is not mentioned.
    Absent,
    /// The field is cleared.
    Null,
}

/// A mapped field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutField {
    /// As the connector sees it. Its id is the name and the `role` attr together; `form` (the normaliser and its version) counts as
    /// part of the meaning, so a new form is a new fingerprint.
    pub field: Field,
    /// Digits after the point, of a decimal; else 0.
    pub scale: i8,
    /// What a null does.
    pub null: NullMeans,
    /// Whether it identifies the record at the platform: sent with every change and with removals.
    pub identifier: bool,
}

impl LayoutField {
    /// The target field id: name and role.
    pub fn id(&self) -> (&str, &str) {
        (&self.field.name, self.field.attr("role").unwrap_or_default())
    }

    fn describe(&self, out: &mut Vec<u8>) {
        let (name, role) = self.id();
        for text in [name, role, self.field.attr("form").unwrap_or_default()] {
            crate::codec::put_bytes(out, text.as_bytes());
        }
        out.push(type_tag(self.field.ty));
        out.push(self.scale as u8);
    }

    /// Seed of the field's fingerprints: its id, form and type, keyed by the workspace.
    pub(crate) fn seed(&self, seed: u64) -> u64 {
        let mut bytes = Vec::new();
        self.describe(&mut bytes);
        xxh3_64_with_seed(&bytes, seed)
    }
}

/// A column of the primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyColumn {
    /// How the values are read.
    pub ty: PhysicalType,
    /// Digits after the point, of a decimal; else 0.
    pub scale: i8,
}

/// The fields of an activation's rows, sorted by target field id, and what the ledger keeps of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    keys: Vec<KeyColumn>,
    fields: Vec<LayoutField>,
    field_fingerprints: bool,
    members: bool,
    /// The column in which the platform's own ids are handed back, where the service has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remote_id: Option<Field>,
}

impl Layout {
    /// * `keys`: 1 to 4 columns.
    /// * `fields`: sorted by id ([`LayoutField::id`]), each id once, at least one identifier when `members`.
    /// * `field_fingerprints`: whether only changed fields are sent (`sends = changed-fields`); 8 bytes a row and field.
    /// * `members`: whether members are identifiers (list modes), so that an index of their holders is kept.
    pub fn new(
        keys: Vec<KeyColumn>,
        fields: Vec<LayoutField>,
        field_fingerprints: bool,
        members: bool,
    ) -> Result<Self, LedgerError> {
        if keys.is_empty() || keys.len() > KEY_COLUMNS_MAX {
            return Err(LedgerError::Layout { cause: "a key has 1 to 4 columns" });
        }
        if !fields.windows(2).all(|pair| pair[0].id() < pair[1].id()) {
            return Err(LedgerError::Layout { cause: "fields are sorted by name and role, each once" });
        }
        if members && !fields.iter().any(|f| f.identifier) {
            return Err(LedgerError::Layout { cause: "members need an identifier" });
        }
        if fields.len() > FIELDS_MAX {
            return Err(LedgerError::Layout { cause: "too many fields" });
        }
        Ok(Self { keys, fields, field_fingerprints, members, remote_id: None })
    }

    /// With a text column `name` in which the platform's own id of each record is handed back: the last one of every phase, of the
    /// role `remote-id`, absent where the platform has told none.
    #[must_use]
    pub fn with_remote_ids(self, name: &str) -> Self {
        let attrs = vec![("role".to_owned(), "remote-id".to_owned())];
        Self { remote_id: Some(Field { name: name.to_owned(), ty: PhysicalType::Utf8, nullable: true, attrs }), ..self }
    }

    /// The column of the platform's own ids, where there is one.
    pub fn remote_id(&self) -> Option<&Field> {
        self.remote_id.as_ref()
    }

    /// The key's columns.
    pub fn keys(&self) -> &[KeyColumn] {
        &self.keys
    }

    /// The fields, sorted by id.
    pub fn fields(&self) -> &[LayoutField] {
        &self.fields
    }

    /// Whether field fingerprints are kept.
    pub fn field_fingerprints(&self) -> bool {
        self.field_fingerprints
    }

    /// Whether an index of identifiers' holders is kept.
    pub fn members(&self) -> bool {
        self.members
    }

    /// A hash of everything above; equal ids mean comparable rows.
    pub fn id(&self) -> u64 {
        let mut bytes = Vec::new();
        for key in &self.keys {
            bytes.extend([type_tag(key.ty), key.scale as u8]);
        }
        bytes.push(0xff);
        for field in &self.fields {
            field.describe(&mut bytes);
            bytes.extend([field.null as u8, u8::from(field.identifier)]);
        }
        bytes.extend([u8::from(self.field_fingerprints), u8::from(self.members)]);
        if let Some(field) = &self.remote_id {
            crate::codec::put_bytes(&mut bytes, field.name.as_bytes());
        }
        xxh3_64(&bytes)
    }

    /// Seed of payload hashes: the ids of all fields in order, keyed by the workspace; the hash itself then runs over the values.
    pub(crate) fn payload_seed(&self, seed: u64) -> u64 {
        let mut bytes = Vec::new();
        self.fields.iter().for_each(|field| field.describe(&mut bytes));
        xxh3_64_with_seed(&bytes, seed ^ 0x7061_796c_6f61_6431)
    }

    pub(crate) fn identifiers(&self) -> impl Iterator<Item = &LayoutField> {
        self.fields.iter().filter(|f| f.identifier)
    }

    /// Fingerprints kept per row.
    pub(crate) fn fingerprints(&self) -> usize {
        if self.field_fingerprints { self.fields.len() } else { 0 }
    }
}

pub(crate) fn type_tag(ty: PhysicalType) -> u8 {
    match ty {
        PhysicalType::Boolean => 1,
        PhysicalType::Int64 => 2,
        PhysicalType::Float64 => 3,
        PhysicalType::Decimal128 => 4,
        PhysicalType::Utf8 => 5,
        PhysicalType::Binary => 6,
        PhysicalType::Date32 => 7,
        PhysicalType::TimestampMicros => 8,
        PhysicalType::Json => 9,
    }
}

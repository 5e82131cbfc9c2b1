//! Columns of a data extension: their types, and what a definition must say. What a value may be is `value`'s.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::limits;

/// What a column holds (*Attributes*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldType {
    /// Text of at most `length` characters.
    Text,
    /// A whole number of 32 bits (inferred).
    Number,
    /// A time, kept as the platform does: US Central, without daylight saving.
    Date,
    /// True or false.
    Boolean,
    /// An address.
    EmailAddress,
    /// A phone number.
    Phone,
    /// A number of `length` digits, `scale` of them after the point.
    Decimal,
    /// A language and a country, `en-US`.
    Locale,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Field {
    /// Its name, exactly as rows must say it.
    pub name: String,
    /// What it holds.
    pub r#type: FieldType,
    /// Rows may leave it out or send null.
    #[serde(default = "yes")]
    pub is_nullable: bool,
    /// It is part of the primary key, which is never null.
    #[serde(default)]
    pub is_primary_key: bool,
    /// Characters, or digits of a `Decimal`, at most.
    #[serde(default)]
    pub length: Option<u32>,
    /// Digits after the point of a `Decimal`; none when absent.
    #[serde(default)]
    pub scale: Option<u32>,
}

fn yes() -> bool {
    true
}

/// What is required of each field of a request besides its name and type (*Setup objects*: "the seven last are required").
const REQUIRED: [&str; 7] =
    ["ordinal", "isTemplateField", "isHidden", "isReadOnly", "isInheritable", "isOverridable", "mustOverride"];
const KNOWN: [&str; 8] = ["name", "type", "isNullable", "isPrimaryKey", "length", "scale", "description", "defaultValue"];

impl Field {
    /// A column that may be null, of the type's own length.
    pub fn new(name: impl Into<String>, r#type: FieldType) -> Self {
        Self { name: name.into(), r#type, is_nullable: true, is_primary_key: false, length: None, scale: None }
    }

    /// A column of the primary key.
    pub fn key(name: impl Into<String>, r#type: FieldType) -> Self {
        Self { is_nullable: false, is_primary_key: true, ..Self::new(name, r#type) }
    }

    /// Of at most so many characters or digits.
    #[must_use]
    pub fn length(mut self, length: u32) -> Self {
        self.length = Some(length);
        self
    }

    /// With so many digits after the point.
    #[must_use]
    pub fn scale(mut self, scale: u32) -> Self {
        self.scale = Some(scale);
        self
    }

    /// Never null.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.is_nullable = false;
        self
    }

    /// Characters that a value may have.
    pub(super) fn chars_max(&self) -> u32 {
        self.length.unwrap_or(match self.r#type {
            FieldType::EmailAddress => limits::EMAIL_CHARS_MAX,
            FieldType::Phone => limits::PHONE_CHARS_MAX,
            FieldType::Locale => 5,
            FieldType::Text | FieldType::Number | FieldType::Date | FieldType::Boolean | FieldType::Decimal => {
                limits::TEXT_CHARS_MAX
            }
        })
    }

    /// A field as a request describes it, or what is wrong with it; names that mean nothing are put into `unknown`.
    pub(super) fn of(item: &Value, unknown: &mut Vec<String>) -> Result<Self, String> {
        let item: &Map<String, Value> = item.as_object().ok_or("A field must be an object.")?;
        let name =
            item.get("name").and_then(Value::as_str).filter(|name| !name.trim().is_empty()).ok_or("A field needs a name.")?;
        let wrong = |what: &str| format!("Field {name}: {what}");
        let r#type = item.get("type").cloned().unwrap_or_default();
        let r#type: FieldType = serde_json::from_value(r#type)
            .map_err(|_| wrong("type must be one of Text, Number, Date, Boolean, EmailAddress, Phone, Decimal, Locale."))?;
        if let Some(missing) = REQUIRED.iter().find(|name| !item.contains_key(**name)) {
            return Err(wrong(&format!("{missing} is required.")));
        }
        if !item["ordinal"].is_u64() {
            return Err(wrong("ordinal must be a number."));
        }
        for flag in REQUIRED.iter().skip(1).chain(&["isNullable", "isPrimaryKey"]) {
            if item.get(*flag).is_some_and(|value| !value.is_boolean()) {
                return Err(wrong(&format!("{flag} must be true or false.")));
            }
        }
        let number = |name: &str| match item.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().and_then(|value| u32::try_from(value).ok()) {
                Some(value) => Ok(Some(value)),
                None => Err(wrong(&format!("{name} must be a number."))),
            },
        };
        let (length, scale) = (number("length")?, number("scale")?);
        let flag = |name: &str| item.get(name).and_then(Value::as_bool).unwrap_or_default();
        let field = Self {
            name: name.to_owned(),
            r#type,
            is_nullable: flag("isNullable"),
            is_primary_key: flag("isPrimaryKey"),
            length,
            scale,
        };
        // "length mandatory except for Boolean, scale for Decimal" (*Quirks*).
        if field.length.is_none() && r#type != FieldType::Boolean {
            return Err(wrong("length is required."));
        }
        if field.scale.is_none() && r#type == FieldType::Decimal {
            return Err(wrong("scale is required."));
        }
        field.sound().map_err(|what| wrong(&what))?;
        let known = |name: &&String| REQUIRED.contains(&name.as_str()) || KNOWN.contains(&name.as_str());
        unknown.extend(item.keys().filter(|name| !known(name)).cloned());
        Ok(field)
    }

    /// Whether what the definition says goes together (inferred).
    pub(super) fn sound(&self) -> Result<(), String> {
        let length_max = match self.r#type {
            FieldType::Text => limits::TEXT_CHARS_MAX,
            FieldType::EmailAddress => limits::EMAIL_CHARS_MAX,
            FieldType::Phone => limits::PHONE_CHARS_MAX,
            FieldType::Decimal => limits::DECIMAL_DIGITS_MAX,
            FieldType::Locale | FieldType::Number | FieldType::Date | FieldType::Boolean => u32::MAX,
        };
        if self.length.is_some_and(|length| length > length_max) {
            return Err(format!("length may be {length_max} at most."));
        }
        if self.length == Some(0) && matches!(self.r#type, FieldType::Text | FieldType::EmailAddress | FieldType::Phone) {
            return Err("length must be above 0.".to_owned());
        }
        if self.scale.unwrap_or_default() > self.length.unwrap_or(limits::DECIMAL_DIGITS_MAX) {
            return Err("scale may not be above length.".to_owned());
        }
        if self.is_primary_key && self.is_nullable {
            return Err("a primary key may not be nullable.".to_owned());
        }
        Ok(())
    }
}

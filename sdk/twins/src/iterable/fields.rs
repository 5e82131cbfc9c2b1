//! The project's fields: a name gets its type from the first value ever sent, over all users, and another type is refused
//! (*Synchronize user attributes*). Nested fields are fields of their own, named by their path with dots.
//!
//! Inferred: an integer fits a field of decimals, not the other way round; a date fits a text; a list keeps the type of its
//! elements and is no single value; a list inside a list, a null or mixed types inside a list are refused, and so are names
//! that are empty, hold a dot (paths have them) or begin or end with a blank. No depth is written anywhere, so none is checked.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::dates;

/// The type of a single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Boolean,
    Long,
    Double,
    Date,
    String,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldType {
    One(Scalar),
    /// A list; of nothing yet when it was only seen empty.
    Many(Option<Scalar>),
    Object,
    Objects,
}

impl Scalar {
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Double,
            Value::Number(_) => Self::Long,
            Value::String(text) if dates::is_date(text) => Self::Date,
            Value::String(_) => Self::String,
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        })
    }

    fn takes(self, next: Self) -> bool {
        self == next || matches!((self, next), (Self::Double, Self::Long) | (Self::String, Self::Date))
    }
}

impl FieldType {
    /// The word of `getFields` (the vendor's for `string` and `double`, the others inferred).
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::One(Scalar::Boolean) => "boolean",
            Self::One(Scalar::Long) => "long",
            Self::One(Scalar::Double) => "double",
            Self::One(Scalar::Date) => "date",
            Self::One(Scalar::String) => "string",
            Self::Many(_) => "array",
            Self::Object | Self::Objects => "object",
        }
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "boolean" => Self::One(Scalar::Boolean),
            "long" => Self::One(Scalar::Long),
            "double" => Self::One(Scalar::Double),
            "date" => Self::One(Scalar::Date),
            "string" => Self::One(Scalar::String),
            "array" => Self::Many(None),
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// The type once a value of type `next` was written; none when it may not be.
    fn after(self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::One(kept), Self::One(next)) if kept.takes(next) => Some(self),
            (Self::Many(None), Self::Many(_)) => Some(next),
            (Self::Many(Some(_)), Self::Many(None)) => Some(self),
            (Self::Many(Some(kept)), Self::Many(Some(next))) if kept.takes(next) => Some(self),
            (Self::Objects, Self::Many(None)) => Some(self),
            (Self::Many(None), Self::Objects) => Some(next),
            _ if self == next => Some(self),
            _ => None,
        }
    }
}

/// Why data is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BadData {
    /// A value of another type than its field's.
    Clash(String),
    /// Anything else.
    Wrong(String),
}

/// Data that may be written.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Admitted {
    pub(super) data: Map<String, Value>,
    /// Fields that are new by it, or whose type is known better.
    types: BTreeMap<String, FieldType>,
    pub(super) created: Vec<String>,
    /// Fields that were dropped because new ones are not taken.
    pub(super) filtered: Vec<String>,
}

/// All fields of a project.
#[derive(Debug, Clone, Default)]
pub(super) struct Schema(BTreeMap<String, FieldType>);

impl Schema {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, FieldType)> {
        self.0.iter().map(|(path, &ty)| (path.as_str(), ty))
    }

    pub(super) fn set(&mut self, path: String, ty: FieldType) {
        self.0.insert(path, ty);
    }

    /// Checks data against the fields without changing them. Null is no value and makes no field.
    pub(super) fn admit(&self, data: Map<String, Value>, create: bool) -> Result<Admitted, BadData> {
        let mut admitted = Admitted::default();
        admitted.data = Walk { schema: self, create, out: &mut admitted }.object("", data)?;
        Ok(admitted)
    }

    /// Makes the fields that admitted data brings.
    pub(super) fn learn(&mut self, admitted: &Admitted) {
        self.0.extend(admitted.types.iter().map(|(path, &ty)| (path.clone(), ty)));
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    create: bool,
    out: &'a mut Admitted,
}

impl Walk<'_> {
    fn object(&mut self, prefix: &str, data: Map<String, Value>) -> Result<Map<String, Value>, BadData> {
        let mut kept = Map::new();
        for (name, value) in data {
            if name.is_empty() || name.contains('.') || name.trim() != name {
                return Err(BadData::Wrong(format!("'{prefix}{name}' is no name of a field")));
            }
            let path = format!("{prefix}{name}");
            if let Some(value) = self.field(path, value)? {
                kept.insert(name, value);
            }
        }
        Ok(kept)
    }

    /// One value; none when it is dropped.
    fn field(&mut self, path: String, value: Value) -> Result<Option<Value>, BadData> {
        let ty = match &value {
            Value::Null => return Ok(Some(value)),
            Value::Object(_) => FieldType::Object,
            Value::Array(items) => list_type(&path, items)?,
            single => FieldType::One(Scalar::of(single).expect("null, lists and objects are handled above")),
        };
        if !self.allow(&path, ty)? {
            return Ok(None);
        }
        let prefix = format!("{path}.");
        Ok(Some(match value {
            Value::Object(nested) => self.object(&prefix, nested)?.into(),
            Value::Array(items) if ty == FieldType::Objects => {
                let items = items.into_iter().map(|item| match item {
                    Value::Object(nested) => Ok(Value::Object(self.object(&prefix, nested)?)),
                    other => Ok(other),
                });
                items.collect::<Result<Vec<_>, _>>()?.into()
            }
            other => other,
        }))
    }

    /// Whether a field takes this type; false when it is dropped.
    fn allow(&mut self, path: &str, ty: FieldType) -> Result<bool, BadData> {
        match self.out.types.get(path).or_else(|| self.schema.0.get(path)).copied() {
            Some(kept) => match kept.after(ty) {
                Some(after) => {
                    if after != kept {
                        self.out.types.insert(path.to_owned(), after);
                    }
                    Ok(true)
                }
                None => Err(BadData::Clash(format!("'{path}' is of type {}, not {}", kept.word(), ty.word()))),
            },
            None if self.create => {
                self.out.types.insert(path.to_owned(), ty);
                self.out.created.push(path.to_owned());
                Ok(true)
            }
            None => {
                self.out.filtered.push(path.to_owned());
                Ok(false)
            }
        }
    }
}

fn list_type(path: &str, items: &[Value]) -> Result<FieldType, BadData> {
    let mixed = || BadData::Wrong(format!("'{path}' mixes types"));
    if items.first().is_some_and(Value::is_object) {
        return if items.iter().all(Value::is_object) { Ok(FieldType::Objects) } else { Err(mixed()) };
    }
    let mut all: Option<Scalar> = None;
    for item in items {
        let next = Scalar::of(item).ok_or_else(mixed)?;
        all = match all {
            None => Some(next),
            Some(kept) if kept.takes(next) => Some(kept),
            Some(kept) if next.takes(kept) => Some(next),
            Some(_) => return Err(mixed()),
        };
    }
    Ok(FieldType::Many(all))
}

#[cfg(test)]
mod tests;

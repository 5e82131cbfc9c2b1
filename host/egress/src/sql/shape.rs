//! From the server's types to ours: how each column's binary form is read, and which Arrow column it becomes.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use sluice_catalog::{
    columnar::{HOLDS, SOURCE_TYPE},
    types::DECIMAL_DIGITS_MAX,
};
use tokio_postgres::{
    Column,
    types::{Kind, Type},
};

/// How one value's bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool,
    Int2,
    Int4,
    Int8,
    /// An unsigned number of 32 bits.
    Oid,
    Float4,
    Float8,
    /// Exact, with a declared precision and scale that fit 38 digits.
    Decimal {
        precision: u8,
        scale: u8,
    },
    /// Exact, of no declared size: as text.
    Numeric,
    Text,
    Uuid,
    Json,
    Jsonb,
    Bytes,
    Date,
    Time,
    /// Without a zone.
    Timestamp,
    /// An instant.
    Instant,
}

/// How one column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Scalar(Scalar),
    /// As JSON text.
    Array(Scalar),
    /// No field can hold it. A statement with such a column is described, and not read.
    Unreadable,
}

/// The columns of a statement.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) schema: SchemaRef,
    pub(super) readers: Vec<Reader>,
}

impl Shape {
    pub(super) fn of(columns: &[Column]) -> Self {
        let readers: Vec<Reader> = columns.iter().map(|c| reader(c.type_(), c.type_modifier())).collect();
        let fields: Vec<Field> = columns.iter().zip(&readers).map(|(column, reader)| field(column, *reader)).collect();
        Self { schema: Arc::new(Schema::new(fields)), readers }
    }
}

fn reader(ty: &Type, modifier: i32) -> Reader {
    match ty.kind() {
        Kind::Array(element) => scalar(element, modifier).map_or(Reader::Unreadable, Reader::Array),
        _ => scalar(ty, modifier).map_or(Reader::Unreadable, Reader::Scalar),
    }
}

fn scalar(ty: &Type, modifier: i32) -> Option<Scalar> {
    match ty.kind() {
        Kind::Enum(_) => return Some(Scalar::Text),
        Kind::Domain(inner) => return scalar(inner, modifier),
        _ => {}
    }
    Some(match *ty {
        Type::BOOL => Scalar::Bool,
        Type::INT2 => Scalar::Int2,
        Type::INT4 => Scalar::Int4,
        Type::INT8 => Scalar::Int8,
        Type::OID => Scalar::Oid,
        Type::FLOAT4 => Scalar::Float4,
        Type::FLOAT8 => Scalar::Float8,
        Type::NUMERIC => numeric(modifier),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => Scalar::Text,
        Type::UUID => Scalar::Uuid,
        Type::JSON => Scalar::Json,
        Type::JSONB => Scalar::Jsonb,
        Type::BYTEA => Scalar::Bytes,
        Type::DATE => Scalar::Date,
        Type::TIME => Scalar::Time,
        Type::TIMESTAMP => Scalar::Timestamp,
        Type::TIMESTAMPTZ => Scalar::Instant,
        // An extension's type, so that its number differs from server to server.
        ref other if other.name() == "citext" => Scalar::Text,
        _ => return None,
    })
}

/// `numeric(p, s)` is `((p << 16) | s) + 4`, with 11 bits of scale, which may be negative from version 15 on; -1: nothing declared
/// (`src/backend/utils/adt/numeric.c`, `make_numeric_typmod`).
fn numeric(modifier: i32) -> Scalar {
    if modifier < 4 {
        return Scalar::Numeric;
    }
    let packed = modifier - 4;
    let (precision, scale) = ((packed >> 16) & 0xffff, (packed & 0x7ff) ^ 1024);
    let scale = scale - 1024;
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision), Ok(scale)) if precision <= DECIMAL_DIGITS_MAX && scale <= precision => Scalar::Decimal { precision, scale },
        _ => Scalar::Numeric,
    }
}

fn field(column: &Column, reader: Reader) -> Field {
    let holds = match reader {
        Reader::Scalar(Scalar::Json | Scalar::Jsonb) => Some("json"),
        Reader::Array(_) => Some("array"),
        Reader::Unreadable => Some("unreadable"),
        Reader::Scalar(_) => None,
    };
    let mut metadata = HashMap::from([(SOURCE_TYPE.to_owned(), name(column.type_(), reader))]);
    metadata.extend(holds.map(|holds| (HOLDS.to_owned(), holds.to_owned())));
    Field::new(column.name(), arrow(reader), true).with_metadata(metadata)
}

fn name(ty: &Type, reader: Reader) -> String {
    match (ty.kind(), reader) {
        (Kind::Array(element), _) => format!("{}[]", element.name()),
        (_, Reader::Scalar(Scalar::Decimal { precision, scale })) => format!("numeric({precision},{scale})"),
        _ => ty.name().to_owned(),
    }
}

pub(super) fn arrow(reader: Reader) -> DataType {
    let scalar = match reader {
        Reader::Scalar(scalar) => scalar,
        Reader::Array(_) => return DataType::Utf8,
        Reader::Unreadable => return DataType::Binary,
    };
    match scalar {
        Scalar::Bool => DataType::Boolean,
        Scalar::Int2 | Scalar::Int4 | Scalar::Int8 | Scalar::Oid => DataType::Int64,
        Scalar::Float4 | Scalar::Float8 => DataType::Float64,
        Scalar::Decimal { precision, scale } => DataType::Decimal128(precision, scale.cast_signed()),
        Scalar::Numeric | Scalar::Text | Scalar::Uuid | Scalar::Json | Scalar::Jsonb | Scalar::Time => DataType::Utf8,
        Scalar::Bytes => DataType::Binary,
        Scalar::Date => DataType::Date32,
        Scalar::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        Scalar::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_keeps_its_declared_size_where_128_bits_hold_it() {
        let declared = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        for (modifier, want) in [
            (declared(12, 2), Scalar::Decimal { precision: 12, scale: 2 }),
            (declared(38, 38), Scalar::Decimal { precision: 38, scale: 38 }),
            (declared(39, 2), Scalar::Numeric),
            (declared(5, -2), Scalar::Numeric),
            (declared(3, 5), Scalar::Numeric),
            (-1, Scalar::Numeric),
        ] {
            assert_eq!(numeric(modifier), want, "{modifier}");
        }
    }
}

//! Rows as the host hands them in: the kit's hand-made columns, in the host's types.

use sluice_catalog::columnar::{Batch, Column, Field, PhysicalType};
use sluice_sdk::{contract, testing};

pub use sluice_sdk::testing::Input as Cell;

/// A batch under construction. Every column has as many cells as the first.
#[derive(Debug, Clone, Default)]
pub struct Table(testing::Rows);

impl Table {
    /// Rows that are known by an identifier, one each.
    pub fn by<T: Into<Cell>>(identifier: &str, values: impl IntoIterator<Item = T>) -> Self {
        let rows = testing::Rows::new().column(identifier, contract::PhysicalType::Utf8, values.into_iter().map(Into::into));
        Self(rows.attr("role", "identifier").attr("identifier", identifier))
    }

    /// One more column with a role.
    #[must_use]
    pub fn with<T: Into<Cell>>(self, name: &str, ty: PhysicalType, role: &str, cells: impl IntoIterator<Item = T>) -> Self {
        Self(self.0.column(name, guests(ty), cells.into_iter().map(Into::into)).attr("role", role))
    }

    /// One more identifier.
    #[must_use]
    pub fn and_by<T: Into<Cell>>(self, identifier: &str, values: impl IntoIterator<Item = T>) -> Self {
        let table = self.with(identifier, PhysicalType::Utf8, "identifier", values);
        table.attr("identifier", identifier)
    }

    /// One more fact about the last column.
    #[must_use]
    pub fn attr(self, key: &str, value: &str) -> Self {
        Self(self.0.attr(key, value))
    }

    pub(crate) fn column(self, field: &Field, cells: impl IntoIterator<Item = Cell>) -> Self {
        let column = self.0.column(&field.name, guests(field.ty), cells);
        Self(field.attrs.iter().fold(column, |column, (key, value)| column.attr(key, value)))
    }

    /// As the host has it.
    pub fn into_parts(self) -> (Vec<Field>, Batch) {
        let fields = self.0.schema.into_iter().map(|field| {
            let (ty, _) = KINDS.into_iter().find(|(_, guest)| *guest == field.ty).expect("every type stands in the table");
            Field { name: field.name, ty, nullable: field.nullable, attrs: field.attrs }
        });
        let columns = self.0.batch.columns.into_iter().map(|column| {
            let contract::Column { present, validity, offsets, data } = column;
            Column { present, validity, offsets, data }
        });
        (fields.collect(), Batch { rows: self.0.batch.rows, columns: columns.collect() })
    }
}

fn guests(ty: PhysicalType) -> contract::PhysicalType {
    KINDS.into_iter().find(|(host, _)| *host == ty).map(|(_, guest)| guest).expect("every type stands in the table")
}

/// The host's types and the guest's.
const KINDS: [(PhysicalType, contract::PhysicalType); 9] = [
    (PhysicalType::Boolean, contract::PhysicalType::Boolean),
    (PhysicalType::Int64, contract::PhysicalType::Int64),
    (PhysicalType::Float64, contract::PhysicalType::Float64),
    (PhysicalType::Decimal128, contract::PhysicalType::Decimal128),
    (PhysicalType::Utf8, contract::PhysicalType::Utf8),
    (PhysicalType::Binary, contract::PhysicalType::Binary),
    (PhysicalType::Date32, contract::PhysicalType::Date32),
    (PhysicalType::TimestampMicros, contract::PhysicalType::TimestampMicros),
    (PhysicalType::Json, contract::PhysicalType::Json),
];

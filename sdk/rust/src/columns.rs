//! Columns to give back: pages of a source, members of a segment, remote ids.

use crate::contract::{Column, Field, PhysicalType};
use crate::rows::Value;

/// Builds one column, a cell at a time, `None` for null.
#[derive(Debug, Clone)]
pub struct ColumnBuilder {
    ty: PhysicalType,
    rows: usize,
    column: Column,
    nulls: bool,
}

impl ColumnBuilder {
    /// An empty column of this type.
    pub fn new(ty: PhysicalType) -> Self {
        let variable = matches!(ty, PhysicalType::Utf8 | PhysicalType::Json | PhysicalType::Binary);
        let offsets = if variable { vec![0; 4] } else { Vec::new() };
        let column = Column { present: Vec::new(), validity: Vec::new(), offsets, data: Vec::new() };
        Self { ty, rows: 0, column, nulls: false }
    }

    /// Appends a cell. `false`, and a null in its place, when the value is of another type than the column.
    pub fn push(&mut self, value: Option<Value<'_>>) -> bool {
        let start = self.column.data.len();
        let data = &mut self.column.data;
        let fits = match (self.ty, value) {
            (PhysicalType::Boolean, Some(Value::Bool(v))) => {
                set_bit(data, self.rows, v);
                true
            }
            (PhysicalType::Int64, Some(Value::Int(v))) | (PhysicalType::TimestampMicros, Some(Value::Timestamp(v))) => {
                data.extend(v.to_le_bytes());
                true
            }
            (PhysicalType::Float64, Some(Value::Float(v))) => {
                data.extend(v.to_le_bytes());
                true
            }
            (PhysicalType::Decimal128, Some(Value::Decimal { unscaled, .. })) => {
                data.extend(unscaled.to_le_bytes());
                true
            }
            (PhysicalType::Date32, Some(Value::Date(v))) => {
                data.extend(v.to_le_bytes());
                true
            }
            (PhysicalType::Utf8, Some(Value::Text(v))) | (PhysicalType::Json, Some(Value::Json(v))) => {
                data.extend(v.as_bytes());
                true
            }
            (PhysicalType::Binary, Some(Value::Bytes(v))) => {
                data.extend(v);
                true
            }
            _ => false,
        };
        if !fits {
            self.nulls = true;
            match self.ty {
                PhysicalType::Boolean => set_bit(data, self.rows, false),
                PhysicalType::Int64 | PhysicalType::TimestampMicros | PhysicalType::Float64 => data.resize(start + 8, 0),
                PhysicalType::Decimal128 => data.resize(start + 16, 0),
                PhysicalType::Date32 => data.resize(start + 4, 0),
                PhysicalType::Utf8 | PhysicalType::Json | PhysicalType::Binary => {}
            }
        }
        if !self.column.offsets.is_empty() {
            // A page of more than 2 GiB cannot exist in a 32-bit guest, so the offset fits.
            let end = i32::try_from(data.len()).unwrap_or(i32::MAX);
            self.column.offsets.extend(end.to_le_bytes());
        }
        set_bit(&mut self.column.validity, self.rows, fits);
        self.rows += 1;
        fits || value.is_none()
    }

    /// Cells so far.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// No cells yet.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The column.
    pub fn finish(mut self) -> Column {
        if !self.nulls {
            self.column.validity.clear();
        }
        self.column
    }
}

fn set_bit(bits: &mut Vec<u8>, at: usize, value: bool) {
    if bits.len() <= at / 8 {
        bits.push(0);
    }
    bits[at / 8] |= u8::from(value) << (at % 8);
}

impl Field {
    /// A nullable field without further facts.
    pub fn new(name: &str, ty: PhysicalType) -> Self {
        Self { name: name.into(), ty, nullable: true, attrs: Vec::new() }
    }

    /// The same with a fact more (`role`, `identifier`, `scale`).
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.attrs.push((key.into(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Batch;
    use crate::rows::{Cell, Rows};

    #[test]
    fn what_is_built_is_read_back() {
        let cells = [
            (PhysicalType::Boolean, Value::Bool(true)),
            (PhysicalType::Int64, Value::Int(-7)),
            (PhysicalType::Float64, Value::Float(0.25)),
            (PhysicalType::Decimal128, Value::Decimal { unscaled: 5, scale: 0 }),
            (PhysicalType::Date32, Value::Date(3)),
            (PhysicalType::TimestampMicros, Value::Timestamp(9)),
            (PhysicalType::Utf8, Value::Text("é")),
            (PhysicalType::Json, Value::Json("{}")),
            (PhysicalType::Binary, Value::Bytes(&[0xff])),
        ];
        for (ty, value) in cells {
            let mut built = ColumnBuilder::new(ty);
            for _ in 0..9 {
                assert!(built.push(Some(value)));
            }
            assert!(built.push(None));
            let wrong = if ty == PhysicalType::Utf8 { Value::Int(1) } else { Value::Text("x") };
            assert!(!built.push(Some(wrong)), "a value of another type");
            let schema = [Field::new("c", ty)];
            let batch = Batch { rows: 11, columns: vec![built.finish()] };
            let rows = Rows::new(&schema, &batch).expect("fits");
            let column = &rows.columns()[0];
            assert_eq!((column.cell(0), column.cell(8)), (Cell::Value(value), Cell::Value(value)));
            assert_eq!((column.cell(9), column.cell(10)), (Cell::Null, Cell::Null));
        }
    }
}

//! Rows by hand: a column at a time, cells from Rust values.

use crate::contract::{Batch, Column, Field, PhysicalType};
use crate::rows;

/// A cell of a hand-made column.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Not mentioned.
    Absent,
    /// Cleared.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer: also days, microseconds and a decimal's digits.
    Int(i64),
    /// A double.
    Float(f64),
    /// Text: also JSON, and bytes.
    Text(String),
}

/// A cell that is not mentioned.
pub fn absent() -> Input {
    Input::Absent
}

/// A cell that is cleared.
pub fn null() -> Input {
    Input::Null
}

impl From<bool> for Input {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}

impl From<i64> for Input {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}

impl From<f64> for Input {
    fn from(v: f64) -> Self {
        Self::Float(v)
    }
}

impl From<&str> for Input {
    fn from(v: &str) -> Self {
        Self::Text(v.into())
    }
}

/// A batch with its schema.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The columns' fields.
    pub schema: Vec<Field>,
    /// The columns' buffers.
    pub batch: Batch,
}

impl Default for Rows {
    fn default() -> Self {
        Self { schema: Vec::new(), batch: Batch { rows: 0, columns: Vec::new() } }
    }
}

impl Rows {
    /// No columns yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// So many rows without their columns, as a poll gets them first where the manifest says `poll-rows = "on-demand"`.
    #[must_use]
    pub fn unread(&self) -> Self {
        Self { schema: Vec::new(), batch: Batch { rows: self.batch.rows, columns: Vec::new() } }
    }

    /// Adds a column; the first one says how many rows there are. Panics when a value does not fit the type: it is a test's mistake.
    #[must_use]
    pub fn column(mut self, name: &str, ty: PhysicalType, cells: impl IntoIterator<Item = Input>) -> Self {
        let cells: Vec<Input> = cells.into_iter().collect();
        if self.schema.is_empty() {
            self.batch.rows = u32::try_from(cells.len()).expect("few rows");
        }
        assert_eq!(self.batch.rows as usize, cells.len(), "column `{name}` has another number of rows");
        let bits = |f: &dyn Fn(&Input) -> bool| {
            let mut out = vec![0_u8; cells.len().div_ceil(8)];
            for (i, cell) in cells.iter().enumerate() {
                out[i / 8] |= u8::from(f(cell)) << (i % 8);
            }
            out
        };
        let variable = matches!(ty, PhysicalType::Utf8 | PhysicalType::Json | PhysicalType::Binary);
        let mut column = Column { present: Vec::new(), validity: Vec::new(), offsets: Vec::new(), data: Vec::new() };
        if cells.contains(&Input::Absent) {
            column.present = bits(&|c| *c != Input::Absent);
        }
        if cells.iter().any(|c| matches!(c, Input::Absent | Input::Null)) {
            column.validity = bits(&|c| !matches!(c, Input::Absent | Input::Null));
        }
        if ty == PhysicalType::Boolean {
            column.data = bits(&|c| *c == Input::Bool(true));
        }
        if variable {
            column.offsets.extend(0_i32.to_le_bytes());
        }
        for cell in &cells {
            let int = match cell {
                Input::Int(v) => *v,
                _ => 0,
            };
            match (ty, cell) {
                (PhysicalType::Boolean, _) => {}
                (PhysicalType::Float64, Input::Float(v)) => column.data.extend(v.to_le_bytes()),
                (PhysicalType::Float64, _) => column.data.extend([0; 8]),
                (PhysicalType::Int64 | PhysicalType::TimestampMicros, _) => column.data.extend(int.to_le_bytes()),
                (PhysicalType::Decimal128, _) => column.data.extend(i128::from(int).to_le_bytes()),
                (PhysicalType::Date32, _) => column.data.extend(i32::try_from(int).expect("a day").to_le_bytes()),
                (PhysicalType::Utf8 | PhysicalType::Json | PhysicalType::Binary, _) => {
                    if let Input::Text(text) = cell {
                        column.data.extend(text.as_bytes());
                    }
                    column.offsets.extend(i32::try_from(column.data.len()).expect("short").to_le_bytes());
                }
            }
        }
        self.schema.push(Field { name: name.into(), ty, nullable: true, attrs: Vec::new() });
        self.batch.columns.push(column);
        self
    }

    /// Adds a fact to the last column (`role`, `identifier`, `form`, `scale`).
    #[must_use]
    pub fn attr(mut self, key: &str, value: &str) -> Self {
        self.schema.last_mut().expect("a column stands before its attr").attrs.push((key.into(), value.into()));
        self
    }

    /// The view that a connector gets.
    pub fn view(&self) -> rows::Rows<'_> {
        rows::Rows::new(&self.schema, &self.batch).expect("a hand-made batch fits its schema")
    }
}

//! Columns as they cross out of a component, as Arrow arrays. Nothing in them is believed: buffers of the wrong length, offsets out of
//! order and text that is none are refused here.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{ArrayData, RecordBatch, RecordBatchOptions, make_array},
    buffer::Buffer,
    datatypes::{Field as ArrowField, Schema},
};
use sluice_catalog::columnar::{Batch, Column, Field, PhysicalType};

use crate::shape::arrow_type;

/// The rows; a cell that is not mentioned is null. An error ends the sentence "a page of members …".
pub(super) fn record_batch(schema: &[Field], batch: Batch) -> Result<RecordBatch, String> {
    if schema.len() != batch.columns.len() {
        return Err(format!("has {} columns and speaks of {}", batch.columns.len(), schema.len()));
    }
    let rows = batch.rows as usize;
    let mut fields = Vec::with_capacity(schema.len());
    let mut arrays = Vec::with_capacity(schema.len());
    for (at, (field, column)) in schema.iter().zip(batch.columns).enumerate() {
        let data = array(field, column, rows).map_err(|_| format!("has a column {at} that is not what its type says"))?;
        let metadata: HashMap<String, String> = field.attrs.iter().cloned().collect();
        fields.push(ArrowField::new(&field.name, data.data_type().clone(), true).with_metadata(metadata));
        arrays.push(make_array(data));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options);
    batch.map_err(|_| "does not fit together".to_owned())
}

fn array(field: &Field, column: Column, rows: usize) -> Result<ArrayData, arrow::error::ArrowError> {
    let scale = field.attr("scale").and_then(|scale| scale.parse().ok()).unwrap_or(0);
    let Column { present, validity, offsets, data } = column;
    let variable = matches!(field.ty, PhysicalType::Utf8 | PhysicalType::Binary | PhysicalType::Json);
    let mut builder = ArrayData::builder(arrow_type(field.ty, scale)).len(rows).align_buffers(true);
    if let Some(there) = both(present, validity) {
        builder = builder.null_bit_buffer(Some(Buffer::from_vec(there)));
    }
    if variable {
        builder = builder.add_buffer(Buffer::from_vec(offsets));
    }
    // `build` looks at every length, offset and text.
    builder.add_buffer(Buffer::from_vec(data)).build()
}

/// The bits of cells that have a value; none when all have one.
fn both(present: Vec<u8>, validity: Vec<u8>) -> Option<Vec<u8>> {
    match (present.is_empty(), validity.is_empty()) {
        (true, true) => None,
        (true, false) => Some(validity),
        (false, true) => Some(present),
        (false, false) => Some(present.iter().zip(&validity).map(|(p, v)| p & v).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray};

    fn field(name: &str, ty: PhysicalType) -> Field {
        Field { name: name.into(), ty, nullable: true, attrs: vec![("role".into(), "identifier".into())] }
    }

    fn texts(texts: &[&str]) -> Column {
        let mut column = Column { offsets: 0i32.to_le_bytes().to_vec(), ..Column::default() };
        for text in texts {
            column.data.extend_from_slice(text.as_bytes());
            column.offsets.extend_from_slice(&(column.data.len() as i32).to_le_bytes());
        }
        column
    }

    #[test]
    fn a_cell_that_is_absent_or_cleared_is_null_and_the_meaning_of_a_column_stays_with_it() {
        let ids = Column { present: vec![0b011], validity: vec![0b101], ..texts(&["a", "b", "c"]) };
        let numbers = Column { data: [7i64, 8, 9].iter().flat_map(|n| n.to_le_bytes()).collect(), ..Column::default() };
        let schema = [field("id", PhysicalType::Utf8), field("n", PhysicalType::Int64)];
        let batch = record_batch(&schema, Batch { rows: 3, columns: vec![ids, numbers] }).expect("sound");
        let ids = batch.column(0).as_string::<i32>();
        assert_eq!(((0..3).map(|row| ids.is_valid(row)).collect::<Vec<_>>(), ids.value(0)), (vec![true, false, false], "a"));
        assert_eq!(batch.column(1).as_primitive::<arrow::datatypes::Int64Type>().values(), &[7, 8, 9]);
        assert_eq!(batch.schema().field(0).metadata()["role"], "identifier");
    }

    #[test]
    fn buffers_that_do_not_fit_are_refused() {
        let two = |column: Column| Batch { rows: 2, columns: vec![column] };
        let wrong_offsets = Column { offsets: [0i32, 2, 1].iter().flat_map(|at| at.to_le_bytes()).collect(), ..texts(&["a", "b"]) };
        let not_text = Column { data: vec![0xFF, b'b'], ..texts(&["a", "b"]) };
        let short_bits = Column { validity: vec![], present: vec![], ..texts(&["a"]) };
        for column in [wrong_offsets, not_text, short_bits, Column::default()] {
            assert!(record_batch(&[field("id", PhysicalType::Utf8)], two(column)).is_err());
        }
        let short = Column { data: vec![0; 15], ..Column::default() };
        assert!(record_batch(&[field("n", PhysicalType::Int64)], two(short)).is_err());
        assert!(record_batch(&[], two(texts(&["a", "b"]))).is_err(), "a column that nobody speaks of");
        assert!(record_batch(&[field("id", PhysicalType::Utf8)], two(texts(&["a", "b"]))).is_ok());
    }
}

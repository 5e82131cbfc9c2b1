//! A batch as it crosses into a component: the same buffers, in the contract's columns. For discovery and checks; rows that are
//! streamed onward stay as they are.

use arrow::{
    array::{Array, RecordBatch},
    buffer::BooleanBuffer,
    datatypes::{DataType, SchemaRef},
};
use sluice_catalog::columnar::{Batch, Column, Field, HOLDS, PhysicalType, SOURCE_TYPE};

/// The columns of a statement in the contract's words.
pub(super) fn fields(schema: &SchemaRef) -> Vec<Field> {
    schema
        .fields()
        .iter()
        .map(|field| {
            let holds = field.metadata().get(HOLDS).map(String::as_str);
            let mut attrs: Vec<_> = [SOURCE_TYPE, HOLDS]
                .into_iter()
                .filter_map(|key| field.metadata().get(key).map(|value| (key.to_owned(), value.clone())))
                .collect();
            if let DataType::Decimal128(_, scale) = field.data_type() {
                attrs.push(("scale".to_owned(), scale.to_string()));
            }
            Field { name: field.name().clone(), ty: physical(field.data_type(), holds), nullable: true, attrs }
        })
        .collect()
}

fn physical(ty: &DataType, holds: Option<&str>) -> PhysicalType {
    match ty {
        DataType::Boolean => PhysicalType::Boolean,
        DataType::Int64 => PhysicalType::Int64,
        DataType::Float64 => PhysicalType::Float64,
        DataType::Decimal128(_, _) => PhysicalType::Decimal128,
        DataType::Date32 => PhysicalType::Date32,
        DataType::Timestamp(_, _) => PhysicalType::TimestampMicros,
        DataType::Binary => PhysicalType::Binary,
        _ if holds.is_some() => PhysicalType::Json,
        _ => PhysicalType::Utf8,
    }
}

/// The rows of a batch.
pub(super) fn batch(batch: &RecordBatch) -> Batch {
    let columns = batch.columns().iter().map(|array| column(array.as_ref())).collect();
    Batch { rows: u32::try_from(batch.num_rows()).expect("a fetch asks for a u32 of rows"), columns }
}

/// Arrays come fresh from their builders, so that no buffer begins in the middle.
fn column(array: &dyn Array) -> Column {
    let data = array.to_data();
    debug_assert_eq!(data.offset(), 0, "a fresh array");
    let bits = |buffer: &BooleanBuffer| buffer.sliced().as_slice().to_vec();
    let validity = data.nulls().map(|nulls| bits(nulls.inner())).unwrap_or_default();
    let buffers: Vec<&[u8]> = data.buffers().iter().map(|buffer| buffer.as_slice()).collect();
    let (offsets, values) = match buffers.as_slice() {
        [offsets, values] => (offsets.to_vec(), values.to_vec()),
        [values] => (Vec::new(), values.to_vec()),
        _ => unreachable!("columns of a statement have one buffer of values, and perhaps one of offsets"),
    };
    Column { present: Vec::new(), validity, offsets, data: values }
}

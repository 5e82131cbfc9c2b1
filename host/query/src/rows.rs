//! Rows under way: record batches of exactly the promised columns and types.
//!
//! The engine's batches are checked against the promise; a column of another type is an error, never a silent conversion.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch},
    datatypes::{Field as ArrowField, Schema, SchemaRef, TimestampMicrosecondType},
};
use datafusion::{execution::SendableRecordBatchStream, physical_plan::ExecutionPlan};
use futures::{Stream, ready};
use sluice_catalog::{model::Field, types::DataType};

use crate::{
    Evaluation, QueryError,
    error::classify,
    limits::BATCH_ROWS_MAX,
    push::bytes_read,
    types::{arrow_type, plan_type},
};

/// A stream of record batches of at most [`BATCH_ROWS_MAX`] rows. Ends after the first error. Dropping it ends the work.
pub struct Rows {
    inner: SendableRecordBatchStream,
    /// Per column of `inner`.
    types: Vec<DataType>,
    /// Which column of `inner` each output column is.
    places: Vec<usize>,
    schema: SchemaRef,
    tables: String,
    plan: Arc<dyn ExecutionPlan>,
    evaluation: Evaluation,
    /// A batch of the engine that is longer than ours may be, and how much of it has been given.
    rest: Option<(RecordBatch, usize)>,
    ended: bool,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Rows {
    pub(crate) fn new(
        inner: SendableRecordBatchStream,
        fields: &[&Field],
        places: Vec<usize>,
        tables: String,
        plan: Arc<dyn ExecutionPlan>,
        evaluation: Evaluation,
    ) -> Self {
        let column = |place: &usize| ArrowField::new(&fields[*place].id, arrow_type(fields[*place].ty), true);
        let schema = Arc::new(Schema::new(places.iter().map(column).collect::<Vec<_>>()));
        let types = fields.iter().map(|field| field.ty).collect();
        Self { inner, types, places, schema, tables, plan, evaluation, rest: None, ended: false }
    }

    /// The columns: ids of fields and the types of [`arrow_type`], all nullable.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Where they are evaluated, by which statements, and what has been read until now.
    pub fn evaluation(&self) -> Evaluation {
        Evaluation { bytes_read: bytes_read(self.plan.as_ref()), ..self.evaluation.clone() }
    }

    fn promised(&self, batch: &RecordBatch) -> Result<RecordBatch, QueryError> {
        let surprise = || QueryError::Failed { why: "the engine gave other columns than planned".into() };
        if batch.num_columns() != self.types.len() {
            return Err(surprise());
        }
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.types.len());
        for (array, ty) in batch.columns().iter().zip(&self.types) {
            if array.data_type() != &plan_type(*ty) {
                return Err(surprise());
            }
            columns.push(match ty {
                DataType::Timestamp => Arc::new(array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC")),
                _ => Arc::clone(array),
            });
        }
        let columns = self.places.iter().map(|place| Arc::clone(&columns[*place])).collect();
        RecordBatch::try_new(self.schema(), columns).map_err(|_| surprise())
    }

    fn next_piece(&mut self) -> Option<RecordBatch> {
        let (batch, given) = self.rest.take()?;
        let length = BATCH_ROWS_MAX.min(batch.num_rows() - given);
        let piece = batch.slice(given, length);
        if given + length < batch.num_rows() {
            self.rest = Some((batch, given + length));
        }
        Some(piece)
    }
}

impl Stream for Rows {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(piece) = self.next_piece() {
                return Poll::Ready(Some(Ok(piece)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let checked = match ready!(self.inner.as_mut().poll_next(cx)) {
                None => {
                    self.ended = true;
                    return Poll::Ready(None);
                }
                Some(Ok(batch)) if batch.num_rows() == 0 => continue,
                Some(Ok(batch)) => self.promised(&batch),
                Some(Err(error)) => Err(classify(&error, &self.tables)),
            };
            match checked {
                Ok(batch) => self.rest = Some((batch, 0)),
                Err(error) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

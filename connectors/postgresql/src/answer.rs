//! The rows of a small statement, read to their end: for catalogs and checks, never for data.

use sluice_sdk::{
    Call, Halt, Rows,
    contract::{Batch, Field, sql::Failure},
};

use crate::{MAIN, outcomes};

/// Rows asked for at once.
const FETCH_ROWS: u32 = 4_096;

/// A whole answer.
pub(crate) struct Answer {
    schema: Vec<Field>,
    batches: Vec<Batch>,
}

impl Answer {
    /// Runs a statement; the failure as the host tells it, for checks that go on.
    pub(crate) fn or_failure(call: &Call<'_>, statement: &str) -> Result<Self, Failure> {
        let rows = call.sql(MAIN, statement)?;
        let mut batches = Vec::new();
        while let Some(batch) = call.sql_fetch(rows.id, FETCH_ROWS)? {
            batches.push(batch);
        }
        call.sql_close(rows.id);
        Ok(Self { schema: rows.schema, batches })
    }

    /// The same where nothing goes on without it.
    pub(crate) fn of(call: &Call<'_>, statement: &str) -> Result<Self, Halt> {
        Self::or_failure(call, statement).map_err(outcomes::halt)
    }

    /// Every row, in order.
    pub(crate) fn each(&self, mut row: impl FnMut(Row<'_, '_>)) -> Result<(), Halt> {
        for batch in &self.batches {
            let rows = Rows::new(&self.schema, batch)?;
            (0..rows.len()).for_each(|at| row(Row { rows: &rows, at }));
        }
        Ok(())
    }
}

/// One row, by the names of its columns.
pub(crate) struct Row<'r, 'a> {
    rows: &'r Rows<'a>,
    at: usize,
}

impl<'a> Row<'_, 'a> {
    fn value(&self, column: &str) -> Option<sluice_sdk::Value<'a>> {
        self.rows.column(column)?.cell(self.at).value()
    }

    /// A text; empty for a null.
    pub(crate) fn text(&self, column: &str) -> &'a str {
        match self.value(column) {
            Some(sluice_sdk::Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A number; 0 for a null.
    pub(crate) fn int(&self, column: &str) -> i64 {
        match self.value(column) {
            Some(sluice_sdk::Value::Int(number)) => number,
            _ => 0,
        }
    }

    /// Whether it is true.
    pub(crate) fn is(&self, column: &str) -> bool {
        matches!(self.value(column), Some(sluice_sdk::Value::Bool(true)))
    }
}

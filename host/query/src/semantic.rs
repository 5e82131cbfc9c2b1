//! How well the values of a field fit its semantic type (features 3.4): some rows, each value checked by the catalog's rules.
//!
//! Any rows, as the source gives them: which a sample has is not promised, and a source is not sorted for it.

use futures::TryStreamExt;
use sluice_catalog::semantic::{SemanticReport, Survey};

use crate::{Query, QueryError, limits::SEMANTIC_ROWS_MAX, preview::bare};

impl Query {
    /// Checks the values of a field in at most [`SEMANTIC_ROWS_MAX`] rows of the query; none where the field has no semantic type.
    /// Errors: [`QueryError::FieldUnknown`].
    pub async fn semantic(&self, field: &str) -> Result<Option<SemanticReport>, QueryError> {
        let selection = self.select(&[field])?;
        // The key fields come first.
        let at = self.model.primary_key.len();
        let Some(declared) = self.model.field(field) else { return Ok(None) };
        let Some(mut survey) = Survey::of(declared) else { return Ok(None) };
        let mut rows = selection.limited(Some(SEMANTIC_ROWS_MAX)).await?;
        while let Some(batch) = rows.try_next().await? {
            (0..batch.num_rows()).for_each(|row| survey.take(&bare(batch.column(at), row, declared)));
        }
        Ok(Some(survey.report()))
    }
}

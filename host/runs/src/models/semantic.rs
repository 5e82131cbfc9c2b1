//! How well the values of a field fit its semantic type, asked when somebody wants to know (features 3.4).

use sluice_catalog::{
    Code,
    ids::{ModelId, WorkspaceId},
    problem::Problem,
    semantic::SemanticReport,
};

use super::look::unknown;
use crate::{SourceAt, declared::Rows, error::RunError, host::Host};

impl Host {
    /// Checks the values of a field in a sample of rows, now; nothing is kept. Refused for a field without a semantic type.
    pub async fn check_semantic(&self, ws: WorkspaceId, model: ModelId, field: &str) -> Result<SemanticReport, RunError> {
        let rows = Rows::of_model(self.store(), ws, model).await?;
        let model = &rows.model.value;
        let Some(declared) = model.field(field) else { return Err(unknown(model, field, "/field")) };
        let without = || {
            let cause = format!("The field {field} has no semantic type; there is nothing to check it by.");
            RunError::Problems(vec![Problem::new("/semantic", Code::FieldInvalid, cause)])
        };
        if declared.semantic.is_none() {
            return Err(without());
        }
        let now = self.store().now();
        let query = self.asking(ws, SourceAt::stored(&rows.source), model, (None, &rows.context), &[field], now).await?;
        query.semantic(field).await?.ok_or_else(without)
    }
}

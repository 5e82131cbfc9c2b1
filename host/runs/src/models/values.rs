//! What is counted once a day and kept: how unique a model's key is, and the values of its categorical fields (features 3.6, 3.9).

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    ids::{ModelId, WorkspaceId},
    model::Model,
    problem::Problem,
};
use sluice_query::{KeyReport, Values};
use sluice_store::Fact;

use super::look::unknown;
use crate::{SourceAt, around, declared::Rows, error::RunError, host::Host, limits::FACTS_EVERY_HOURS};

/// The kind of the fact about a model's key.
pub(super) const KEYS: &str = "keys";

/// The values of a field, and the revision of the model that they were counted over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    revision: u64,
    values: Values,
}

impl Host {
    /// Duplicate and null keys of a saved model: counted now, and kept.
    pub async fn check_keys(&self, ws: WorkspaceId, model: ModelId) -> Result<KeyReport, RunError> {
        let rows = Rows::of_model(self.store(), ws, model).await?;
        let (source, columns) = (SourceAt::stored(&rows.source), rows.model.value.without_calculated());
        let report = self.query(ws, source, &columns, None, self.store().now()).await?.keys().await?;
        self.store().keep_fact(ws, model, KEYS, &report).await?;
        Ok(report)
    }

    /// The last count of a model's keys.
    pub async fn last_keys(&self, ws: WorkspaceId, model: ModelId) -> Result<Option<Fact<KeyReport>>, RunError> {
        self.store().get::<Model>(ws, model).await?;
        Ok(self.store().fact(ws, model, KEYS).await?)
    }

    /// The values of a categorical field: the kept ones, or counted anew where there are none of this revision or `fresh` is asked for.
    pub async fn field_values(&self, ws: WorkspaceId, model: ModelId, field: &str, fresh: bool) -> Result<Fact<Values>, RunError> {
        let rows = Rows::of_model(self.store(), ws, model).await?;
        let Some(declared) = rows.model.value.field(field) else { return Err(unknown(&rows.model.value, field, "/field")) };
        if !declared.categorical {
            let cause = format!("The field {field} is not marked as categorical; its values are not listed.");
            return Err(RunError::Problems(vec![Problem::new("/categorical", Code::FieldInvalid, cause)]));
        }
        let kind = format!("values/{field}");
        if !fresh
            && let Some(fact) = self.store().fact::<Kept>(ws, model, &kind).await?
            && fact.value.revision == rows.model.revision
        {
            return Ok(Fact { at: fact.at, value: fact.value.values });
        }
        let now = self.store().now();
        let query =
            self.asking(ws, SourceAt::stored(&rows.source), &rows.model.value, (None, &rows.context), &[field], now).await?;
        let values = query.values(field).await?;
        self.store().keep_fact(ws, model, &kind, &Kept { revision: rows.model.revision, values: values.clone() }).await?;
        Ok(Fact { at: now, value: values })
    }

    /// Fields that are newly marked as categorical and have too many values for it.
    pub async fn category_problems(
        &self,
        ws: WorkspaceId,
        id: Option<ModelId>,
        model: &Model,
        before: Option<&Model>,
    ) -> Result<Vec<Problem>, RunError> {
        let new = |id: &str| before.and_then(|before| before.field(id)).is_none_or(|before| !before.categorical);
        let marked: Vec<usize> =
            (0..model.fields.len()).filter(|at| model.fields[*at].categorical && new(&model.fields[*at].id)).collect();
        let mut problems = Vec::new();
        if marked.is_empty() {
            return Ok(problems);
        }
        let source = self.store().get::<sluice_catalog::source::Source>(ws, model.source).await?;
        let context = around::around_model(self.store(), ws, id, model).await?;
        for at in marked {
            let field = &model.fields[at].id;
            let now = self.store().now();
            let query = self.asking(ws, SourceAt::stored(&source), model, (None, &context), &[field], now).await?;
            let values = query.values(field).await?;
            if !values.are_few() {
                let most = sluice_query::limits::CATEGORY_VALUES_MAX;
                let cause = format!("{field} has {} different values; a categorical field has at most {most}.", values.distinct);
                problems.push(Problem::new(format!("/fields/{at}/categorical"), Code::FieldInvalid, cause));
            }
        }
        Ok(problems)
    }

    /// Looks after every model of a workspace whose facts are older than a day: its source, its key, its values. What fails is logged
    /// and tried again the next time; the scans are never more often than once a day.
    pub async fn look_after_models(&self, ws: WorkspaceId) -> Result<(), RunError> {
        let old = self.store().now().saturating_sub(FACTS_EVERY_HOURS.hours()).unwrap_or(Timestamp::MIN);
        for (id, model) in self.objects(ws).await?.models {
            let due = |at: Option<Timestamp>| at.is_none_or(|at| at <= old);
            if due(self.last_look(ws, id).await?.map(|fact| fact.at)) {
                self.look(ws, id).await?;
            }
            if due(self.last_keys(ws, id).await?.map(|fact| fact.at))
                && let Err(error) = self.check_keys(ws, id).await
            {
                tracing::warn!(model = %id, %error, "the keys of a model could not be counted");
            }
            for field in model.fields.iter().filter(|field| field.categorical) {
                let kept = self.store().fact::<Kept>(ws, id, &format!("values/{}", field.id)).await?;
                if due(kept.map(|fact| fact.at))
                    && let Err(error) = self.field_values(ws, id, &field.id, true).await
                {
                    tracing::warn!(model = %id, %error, "the values of a field could not be counted");
                }
            }
        }
        Ok(())
    }
}

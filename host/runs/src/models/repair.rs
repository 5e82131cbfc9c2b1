//! Repairing a model whose source has lost columns: a field is linked to another column, or dropped (features 3.10).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_catalog::{
    ids::{ModelId, WorkspaceId},
    model::Model,
};
use sluice_query::Preview;

use super::{ObjectHealth, look::unknown};
use crate::{SourceAt, error::RunError, host::Host};

/// What is done with one field. JSON: `{"field": "email", "relink": "e_mail"}` or `{"field": "email", "drop": true}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// Its id.
    pub field: String,
    /// The column that it reads from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relink: Option<String>,
    /// Takes the field out of the model.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drop: bool,
}

/// What a repair would make.
#[derive(Debug, Clone, PartialEq)]
pub struct RepairPlan {
    /// The model afterwards.
    pub model: Model,
    /// Its rows then.
    pub preview: Preview,
    /// What would be broken that is healthy now.
    pub breaks: Vec<ObjectHealth>,
}

impl Host {
    /// The model with these repairs, or what is wrong with them; checked beside its source and the objects that use it.
    pub async fn plan_repair(
        &self,
        ws: WorkspaceId,
        id: ModelId,
        repairs: &[Repair],
        sample: usize,
    ) -> Result<RepairPlan, RunError> {
        let stored = self.store().get::<Model>(ws, id).await?;
        let model = repaired(&stored.value, repairs)?;
        let source = self.store().get::<sluice_catalog::source::Source>(ws, model.source).await?;
        let mut problems = self.model_problems_in(ws, SourceAt::stored(&source), &model).await?;
        problems.extend(self.relationship_problems(ws, Some(id), &model).await?);
        problems.extend(self.calculated_problems(ws, Some(id), &model).await?);
        if !problems.is_empty() {
            return Err(RunError::Problems(problems));
        }
        let breaks = self.breaks(ws, &BTreeMap::from([(id, model.clone())])).await?;
        let preview = self.query(ws, SourceAt::stored(&source), &model, None, self.store().now()).await?.preview(sample).await?;
        Ok(RepairPlan { model, preview, breaks })
    }
}

fn repaired(model: &Model, repairs: &[Repair]) -> Result<Model, RunError> {
    let mut model = model.clone();
    for (at, repair) in repairs.iter().enumerate() {
        let Some(place) = model.fields.iter().position(|field| field.id == repair.field) else {
            return Err(unknown(&model, &repair.field, &format!("/repairs/{at}/field")));
        };
        match (&repair.relink, repair.drop) {
            (Some(column), false) => model.fields[place].column = column.clone(),
            (None, true) => drop(model.fields.remove(place)),
            _ => {
                let cause = "A repair is either a column to read from now on (`relink`) or the field's end (`drop`).";
                let problem = sluice_catalog::Problem::new(format!("/repairs/{at}"), sluice_catalog::Code::FieldInvalid, cause);
                return Err(RunError::Problems(vec![problem]));
            }
        }
    }
    Ok(model)
}

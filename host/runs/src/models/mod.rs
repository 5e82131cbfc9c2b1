//! Questions about models beside the other objects of their workspace and beside their source: do relationships and calculated fields
//! hold, how well do relationships match, what has the source lost, which values does a field have, and do they fit its semantic type.
//! What was seen is kept as facts.

mod look;
mod objects;
mod relate;
mod repair;
mod semantic;
mod values;

use std::collections::BTreeMap;

use sluice_catalog::{
    ids::{ModelId, WorkspaceId},
    model::Model,
    problem::Problem,
};
use sluice_store::StoreError;

pub use look::{Look, Lost, SeenColumn, Suggested};
pub use objects::{Condition, ObjectHealth};
pub use relate::{Measured, Pair};
pub use repair::{Repair, RepairPlan};

use crate::{around, error::RunError, host::Host};

impl Host {
    /// What is wrong with a model's relationships beside the models that they lead to. `id` is the model's own, once it has one.
    pub async fn relationship_problems(
        &self,
        ws: WorkspaceId,
        id: Option<ModelId>,
        model: &Model,
    ) -> Result<Vec<Problem>, RunError> {
        let mut others = BTreeMap::new();
        for relationship in &model.relationships {
            if Some(relationship.model) == id || others.contains_key(&relationship.model) {
                continue;
            }
            match self.store().get::<Model>(ws, relationship.model).await {
                Ok(other) => drop(others.insert(relationship.model, other.value)),
                Err(StoreError::NotFound { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(model.relationship_problems(|other| if Some(other) == id { Some(model) } else { others.get(&other) }))
    }

    /// What is wrong with a model's calculated fields beside the models that they reach, circles among them.
    pub async fn calculated_problems(&self, ws: WorkspaceId, id: Option<ModelId>, model: &Model) -> Result<Vec<Problem>, RunError> {
        let context = around::around_model(self.store(), ws, id, model).await?;
        Ok(model.calculated_problems(&context))
    }
}

//! Relationships made and unmade in pairs, and measured: how many rows find none, and how many find several (features 3.8).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    ids::{ModelId, WorkspaceId},
    model::Model,
    problem::Problem,
    relationship::Relationship,
};
use sluice_query::{MatchReport, Query};
use sluice_store::{Actor, StoreError, Stored};

use crate::{SourceAt, around, declared::Rows, error::RunError, host::Host};

/// A relationship with its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The relationship of the model.
    pub relationship: Relationship,
    /// Name of the way back, a relationship of the other model.
    pub inverse: String,
}

/// A relationship, measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The relationship.
    pub relationship: Relationship,
    /// What the model's rows find.
    pub report: MatchReport,
    /// What the other model's rows find on the way back.
    pub back: MatchReport,
    /// Where the rows do not keep what the kind promises.
    pub warnings: Vec<Problem>,
}

fn no_relationship(model: &Model, name: &str) -> RunError {
    let known: Vec<&str> = model.relationships.iter().map(|known| known.name.as_str()).collect();
    let known = if known.is_empty() { "none".into() } else { known.join(", ") };
    let cause = format!("The model {} has no relationship {name}; it has {known}.", model.name);
    RunError::Problems(vec![Problem::new("/name", Code::RelationshipUnknown, cause)])
}

impl Host {
    /// Makes a relationship of a model and its way back in one transaction, and measures it. `expected` is the model's revision.
    pub async fn relate(
        &self,
        ws: WorkspaceId,
        actor: &Actor,
        (id, expected): (ModelId, u64),
        pair: Pair,
    ) -> Result<(Stored<Model>, Measured), RunError> {
        let (model, other) = self.related(ws, id, pair.relationship.model, pair.relationship.name.as_str()).await?;
        let forth = Relationship { inverse: Some(pair.inverse.clone()), ..pair.relationship };
        let back = forth.back(&pair.inverse, id);
        let mut changed = BTreeMap::from([(id, model.value.clone())]);
        if let Some(other) = &other {
            changed.insert(other.id, other.value.clone());
        }
        let add = |changed: &mut BTreeMap<ModelId, Model>, id: ModelId, relationship: &Relationship| {
            changed.get_mut(&id).expect("both models are in").relationships.push(relationship.clone());
        };
        add(&mut changed, id, &forth);
        add(&mut changed, forth.model, &back);
        let mut problems = Vec::new();
        for model in changed.values() {
            let own = model.validate().into_iter().chain(model.relationship_problems(|id| changed.get(&id)));
            // Other relationships lead to models that are not at hand here; they were checked when they were made.
            let names = [forth.name.as_str(), back.name.as_str()];
            let new = |pointer: &str| {
                let at = pointer.strip_prefix("/relationships/").and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
                at.is_some_and(|at| model.relationships.get(at).is_some_and(|r| names.contains(&r.name.as_str())))
            };
            problems.extend(own.filter(|problem| new(&problem.pointer)).map(|p| Problem { pointer: within(&p.pointer), ..p }));
        }
        if !problems.is_empty() {
            return Err(RunError::Problems(problems));
        }
        let measured = self.measure_between(ws, id, &changed, &forth).await?;
        self.put(ws, actor, (model.id, expected), other.as_ref(), &changed).await?;
        Ok((self.store().get(ws, id).await?, measured))
    }

    /// Takes a relationship and its way back out; refused where something would break. Gives the model, or what would break.
    pub async fn unrelate(
        &self,
        ws: WorkspaceId,
        actor: &Actor,
        (id, expected): (ModelId, u64),
        name: &str,
    ) -> Result<Result<Stored<Model>, Vec<super::ObjectHealth>>, RunError> {
        let model = self.store().get::<Model>(ws, id).await?;
        if model.revision != expected {
            return Err(StoreError::Stale { expected, actual: model.revision }.into());
        }
        let Some(found) = model.value.relationship(name).cloned() else { return Err(no_relationship(&model.value, name)) };
        let (model, other) = self.related(ws, id, found.model, name).await?;
        let mut changed = BTreeMap::from([(id, model.value.clone())]);
        if let Some(other) = &other {
            changed.insert(other.id, other.value.clone());
        }
        changed.get_mut(&id).expect("put in above").relationships.retain(|known| known.name != name);
        if let Some(back) = &found.inverse {
            changed.get_mut(&found.model).expect("put in above").relationships.retain(|known| known.name != *back);
        }
        let breaks = self.breaks(ws, &changed).await?;
        if !breaks.is_empty() {
            return Ok(Err(breaks));
        }
        self.put(ws, actor, (model.id, expected), other.as_ref(), &changed).await?;
        Ok(Ok(self.store().get(ws, id).await?))
    }

    /// Measures a saved relationship, both ways.
    pub async fn measure(&self, ws: WorkspaceId, id: ModelId, name: &str) -> Result<Measured, RunError> {
        let model = self.store().get::<Model>(ws, id).await?;
        let Some(found) = model.value.relationship(name).cloned() else { return Err(no_relationship(&model.value, name)) };
        let mut models = BTreeMap::from([(id, model.value)]);
        if found.model != id {
            models.insert(found.model, self.store().get::<Model>(ws, found.model).await?.value);
        }
        self.measure_between(ws, id, &models, &found).await
    }

    async fn measure_between(
        &self,
        ws: WorkspaceId,
        id: ModelId,
        models: &BTreeMap<ModelId, Model>,
        forth: &Relationship,
    ) -> Result<Measured, RunError> {
        let back = forth.back(&format!("{}_back", forth.name), id);
        let report = self.matches(ws, id, models, forth).await?;
        let back = self.matches(ws, forth.model, models, &back).await?;
        let mut warnings = report.warnings(forth);
        if forth.kind == sluice_catalog::relationship::RelationshipKind::HasOne {
            warnings.extend(back.warnings(&Relationship { name: format!("the way back of {}", forth.name), ..forth.clone() }));
        }
        Ok(Measured { relationship: forth.clone(), report, back, warnings })
    }

    async fn matches(
        &self,
        ws: WorkspaceId,
        id: ModelId,
        models: &BTreeMap<ModelId, Model>,
        relationship: &Relationship,
    ) -> Result<MatchReport, RunError> {
        let model = &models[&id];
        let mut context = around::around_model(self.store(), ws, Some(id), model).await?;
        context.models.extend(models.iter().map(|(id, model)| (*id, model.clone())));
        let source = self.store().get::<sluice_catalog::source::Source>(ws, model.source).await?;
        let source = self.open_source(ws, SourceAt::stored(&source)).await?;
        let around = self.surroundings(ws, &context, Some((model.source, source.clone()))).await?;
        let zone = self.zone(ws).await?;
        Ok(Query::matches(&around, &source, model, relationship, self.store().now(), &zone).await?)
    }

    /// Both models of a relationship; the other one only where it is another.
    async fn related(
        &self,
        ws: WorkspaceId,
        id: ModelId,
        other: ModelId,
        name: &str,
    ) -> Result<(Stored<Model>, Option<Stored<Model>>), RunError> {
        let model = Rows::of_model(self.store(), ws, id).await?.model;
        if other == id {
            return Ok((model, None));
        }
        match self.store().get::<Model>(ws, other).await {
            Ok(other) => Ok((model, Some(other))),
            Err(sluice_store::StoreError::NotFound { .. }) => {
                let cause = format!("There is no model {other} in this workspace, where {name} leads.");
                Err(RunError::Problems(vec![Problem::new("/model", Code::RelationshipInvalid, cause)]))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Saves both models; the other one as it was read.
    async fn put(
        &self,
        ws: WorkspaceId,
        actor: &Actor,
        (id, expected): (ModelId, u64),
        other: Option<&Stored<Model>>,
        changed: &BTreeMap<ModelId, Model>,
    ) -> Result<(), RunError> {
        let mut changes = self.store().changes(ws, actor);
        changes.update(id, expected, &changed[&id]);
        if let Some(other) = other {
            changes.update(other.id, other.revision, &changed[&other.id]);
        }
        Ok(changes.commit().await?)
    }
}

/// The pointer inside of the relationship, whose place in the model the sender does not know.
fn within(pointer: &str) -> String {
    let rest = pointer.strip_prefix("/relationships/").unwrap_or(pointer);
    rest.split_once('/').map_or_else(String::new, |(_, rest)| format!("/{rest}"))
}

//! A workspace's objects read together: their health, and what a change of a model would break.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sluice_catalog::{
    activation::Activation,
    health::{Finding, Findings, Object, Objects, Seen},
    ids::{ModelId, WorkspaceId},
    model::Model,
    segment::Segment,
    variables::Variables,
};
use sluice_query::{KeyReport, Verdict};
use sluice_store::{Declared, PageRequest, Store, Stored};

use super::look::Look;
use crate::{error::RunError, host::Host};

/// How an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = HealthState)]
pub enum Condition {
    /// It works.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Broken,
}

/// An object and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ObjectHealth {
    /// `model`, `segment` or `activation`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The worst of the findings.
    pub health: Condition,
    /// Why.
    pub findings: Vec<Finding>,
}

/// Every object of a kind.
async fn every<T: Declared>(store: &Store, ws: WorkspaceId) -> Result<Vec<Stored<T>>, RunError> {
    let mut page = PageRequest { after: None, limit: sluice_store::limits::PAGE_ROWS_MAX };
    let mut all = Vec::new();
    loop {
        let got = store.list::<T>(ws, &page).await?;
        all.extend(got.items);
        match got.next {
            Some(next) => page.after = Some(next),
            None => return Ok(all),
        }
    }
}

impl Host {
    /// Every model, segment and activation of a workspace.
    pub(crate) async fn objects(&self, ws: WorkspaceId) -> Result<Objects, RunError> {
        Ok(Objects {
            models: every::<Model>(self.store(), ws).await?.into_iter().map(|stored| (stored.id, stored.value)).collect(),
            segments: every::<Segment>(self.store(), ws).await?.into_iter().map(|stored| (stored.id, stored.value)).collect(),
            activations: every::<Activation>(self.store(), ws).await?.into_iter().map(|stored| (stored.id, stored.value)).collect(),
            variables: self.store().workspace(ws).await?.variables,
        })
    }

    /// The health of every model, segment and activation, by what was last seen at the sources.
    pub async fn health(&self, ws: WorkspaceId) -> Result<Vec<ObjectHealth>, RunError> {
        let objects = self.objects(ws).await?;
        let mut seen = Seen::new();
        let mut warnings = Findings::new();
        for (id, model) in &objects.models {
            if let Some(look) = self.store().fact::<Look>(ws, *id, Look::KIND).await? {
                seen.insert(*id, look.value.broken_now(model));
            }
            if let Some(keys) = self.store().fact::<KeyReport>(ws, *id, super::values::KEYS).await? {
                let problems = keys.value.problems();
                let told = problems.into_iter().map(|problem| Finding {
                    code: problem.code,
                    pointer: problem.pointer,
                    cause: problem.cause,
                    culprit: String::new(),
                });
                match keys.value.verdict {
                    Verdict::Unique => {}
                    Verdict::Warning => warnings.entry(Object::Model(*id)).or_default().extend(told),
                    Verdict::Refused => {
                        let problems = keys.value.problems().into_iter().take(1);
                        seen.entry(*id).or_default().extend(problems.map(|problem| (String::new(), problem)));
                    }
                }
            }
        }
        let mut broken = objects.findings(&seen);
        let every = objects
            .models
            .keys()
            .map(|id| Object::Model(*id))
            .chain(objects.segments.keys().map(|id| Object::Segment(*id)))
            .chain(objects.activations.keys().map(|id| Object::Activation(*id)));
        Ok(every
            .map(|object| {
                let (health, findings) = match (broken.remove(&object), warnings.remove(&object)) {
                    (Some(mut findings), more) => {
                        findings.extend(more.into_iter().flatten());
                        (Condition::Broken, findings)
                    }
                    (None, Some(findings)) => (Condition::Warning, findings),
                    (None, None) => (Condition::Ok, Vec::new()),
                };
                told(&objects, object, health, findings)
            })
            .collect())
    }

    /// What is healthy now and would be broken if these models were as given.
    pub async fn breaks(&self, ws: WorkspaceId, changed: &BTreeMap<ModelId, Model>) -> Result<Vec<ObjectHealth>, RunError> {
        let before = self.objects(ws).await?;
        let mut after = before.clone();
        after.models.extend(changed.iter().map(|(id, model)| (*id, model.clone())));
        Ok(broken_by(&before, &after, &changed.keys().map(|id| Object::Model(*id)).collect()))
    }

    /// What is healthy now and would be broken if the workspace kept these variables.
    pub async fn breaks_with(&self, ws: WorkspaceId, variables: &Variables) -> Result<Vec<ObjectHealth>, RunError> {
        let before = self.objects(ws).await?;
        let after = Objects { variables: variables.clone(), ..before.clone() };
        Ok(broken_by(&before, &after, &BTreeSet::new()))
    }
}

fn broken_by(before: &Objects, after: &Objects, own: &BTreeSet<Object>) -> Vec<ObjectHealth> {
    let found = before.breaks(after, own).into_iter();
    found.map(|(object, findings)| told(before, object, Condition::Broken, findings)).collect()
}

fn told(objects: &Objects, object: Object, health: Condition, findings: Vec<Finding>) -> ObjectHealth {
    let (kind, id, name) = (object.kind().to_owned(), object.id(), objects.name(object).to_owned());
    ObjectHealth { kind, id, name, health, findings }
}

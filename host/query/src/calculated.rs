//! The plans of a query's models, with the calculated fields that it needs and no others.
//!
//! First it is worked out which fields of which models are needed, calculated fields followed down to columns; then the models are
//! opened; then their plans are put together from the bottom up. A calculated field that nothing asks for is neither planned nor does it
//! touch a source, so one that is broken breaks only what uses it.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::logical_expr::LogicalPlan;
use jiff::Timestamp;
use sluice_catalog::{
    calculated::{Aggregation, Checked as Calculated},
    condition::{At, Checked, Place},
    ids::{ModelId, SegmentId},
    limits::CALCULATED_DEPTH_MAX,
    model::Model,
};

use crate::{
    QueryError, Source, Surroundings,
    compile::{self, Calculation, Others},
    error::classify,
    lists::List,
    model::{self, Relation},
};

/// The models of a query, opened, and what is needed of them.
pub(crate) struct Models<'a> {
    around: &'a Surroundings,
    record: &'a Model,
    at: &'a At,
    /// The checked calculated fields that are needed.
    checked: BTreeMap<Place, Calculated>,
    /// What each of them is made of directly.
    parts: BTreeMap<Place, BTreeSet<Place>>,
    /// Columns of each model; of the record's under none.
    bases: BTreeMap<Option<ModelId>, LogicalPlan>,
    /// For errors.
    pub(crate) tables: String,
    /// What the engine's plans show before the files' names.
    pub(crate) folders: Vec<String>,
}

impl<'a> Models<'a> {
    /// Opens what `condition` and the record's fields at `wanted` need.
    pub(crate) async fn open(
        around: &'a Surroundings,
        source: &Source,
        record: &'a Model,
        condition: Option<&Checked>,
        wanted: BTreeSet<usize>,
        at: &'a At,
        now: Timestamp,
    ) -> Result<Models<'a>, QueryError> {
        let mut models = Models {
            around,
            record,
            at,
            checked: BTreeMap::new(),
            parts: BTreeMap::new(),
            bases: BTreeMap::new(),
            tables: String::new(),
            folders: Vec::new(),
        };
        let mut needed: BTreeSet<Place> = wanted.into_iter().map(|field| (None, field)).collect();
        let mut ids: BTreeSet<ModelId> = BTreeSet::new();
        if let Some(condition) = condition {
            needed.extend(condition.uses(record, &around.context));
            ids.extend(compile::models(condition));
        }
        ids.extend(models.follow(needed)?);
        let Relation { plan, tables } = model::fields(source, record, &source.engine().session(now)).await?;
        models.bases.insert(None, plan);
        models.tables = tables;
        models.folders.push(source.shown_folder());
        for id in ids {
            let (source, other) = around.of(id)?;
            // A session of its own: tables of two sources may have one name.
            let relation = model::fields(source, other, &source.engine().session(now)).await?;
            models.tables = format!("{}, {}", models.tables, relation.tables);
            models.folders.push(source.shown_folder());
            models.bases.insert(Some(id), relation.plan);
        }
        Ok(models)
    }

    fn model(&self, id: Option<ModelId>) -> Result<&'a Model, QueryError> {
        match id {
            None => Ok(self.record),
            Some(id) => self.around.of(id).map(|(_, model)| model),
        }
    }

    /// Checks the calculated fields among these, and those that they are made of; gives the models that they reach.
    fn follow(&mut self, needed: BTreeSet<Place>) -> Result<BTreeSet<ModelId>, QueryError> {
        let mut ids = BTreeSet::new();
        let mut open: Vec<Place> = needed.into_iter().collect();
        while let Some(place) = open.pop() {
            let model = self.model(place.0)?;
            if self.checked.contains_key(&place) || model.fields[place.1].calculated.is_none() {
                continue;
            }
            let context = &self.around.context;
            let Some(checked) = model.calculated(place.1, context).map_err(|problems| broken(model, place.1, problems))? else {
                continue;
            };
            let parts: BTreeSet<Place> = match &checked {
                Calculated::Formula(term) => term.fields().into_iter().map(|field| (place.0, field)).collect(),
                Calculated::Aggregate(aggregate) => {
                    ids.extend(aggregate.hops.iter().map(|hop| hop.model));
                    ids.extend(compile::models(&aggregate.condition));
                    aggregate.uses(place.0, model, context)
                }
            };
            open.extend(parts.iter().copied());
            self.parts.insert(place, parts);
            self.checked.insert(place, checked);
        }
        Ok(ids)
    }

    /// The plan of the record's model with the fields at these positions and those that they are made of.
    pub(crate) fn record(&self, fields: BTreeSet<usize>) -> Result<LogicalPlan, QueryError> {
        self.plan(None, fields, 0)
    }

    /// The model of the records, in which fields that are made of personal data are marked as such.
    pub(crate) fn marked(&self) -> Model {
        let mut model = self.record.clone();
        for (at, field) in model.fields.iter_mut().enumerate() {
            field.pii = field.pii || self.personal((None, at), 0);
        }
        model
    }

    /// Whether a field is personal data, or tells a value of a field that is. How many and how long ago tell none.
    fn personal(&self, place: Place, depth: usize) -> bool {
        let declared = self.model(place.0).is_ok_and(|model| model.fields[place.1].pii);
        if declared || depth > CALCULATED_DEPTH_MAX {
            return declared;
        }
        match self.checked.get(&place) {
            None => false,
            Some(Calculated::Formula(term)) => term.fields().into_iter().any(|field| self.personal((place.0, field), depth + 1)),
            Some(Calculated::Aggregate(aggregate)) => {
                let last = aggregate.hops.last().map(|hop| hop.model);
                let told = match aggregate.aggregation {
                    Aggregation::Count | Aggregation::CountDistinct(_) | Aggregation::Exists | Aggregation::DaysSinceLast(_) => {
                        None
                    }
                    Aggregation::First { value, .. } | Aggregation::Last { value, .. } => Some(value),
                    Aggregation::Sum(field)
                    | Aggregation::Avg(field)
                    | Aggregation::Min(field)
                    | Aggregation::Max(field)
                    | Aggregation::MostFrequent(field)
                    | Aggregation::List(field) => Some(field),
                };
                told.is_some_and(|field| self.personal((last, field), depth + 1))
            }
        }
    }

    /// What a condition about a model reads beside it.
    pub(crate) fn others(&self, of: Option<ModelId>, condition: &Checked) -> Result<Others, QueryError> {
        let uses = condition.uses(self.model(of)?, &self.around.context);
        Ok(Others { models: self.reached(compile::models(condition), &uses, 0)?, lists: self.lists()? })
    }

    /// Lists are read when they are asked for, so that all of them cost nothing here.
    fn lists(&self) -> Result<BTreeMap<SegmentId, (String, LogicalPlan)>, QueryError> {
        let plan = |(id, list): (&SegmentId, &List)| {
            let plan = list.plan().map_err(|error| classify(&error, &self.tables))?;
            Ok((*id, (list.seed.clone(), plan)))
        };
        self.around.lists.iter().map(plan).collect()
    }

    fn reached(
        &self,
        ids: impl IntoIterator<Item = ModelId>,
        uses: &BTreeSet<Place>,
        depth: usize,
    ) -> Result<BTreeMap<ModelId, LogicalPlan>, QueryError> {
        let of = |id: ModelId| uses.iter().filter(move |place| place.0 == Some(id)).map(|place| place.1).collect();
        ids.into_iter().map(|id| Ok((id, self.plan(Some(id), of(id), depth + 1)?))).collect()
    }

    /// A model's plan with some of its fields, layer by layer: a calculated field stands above those that it is made of.
    fn plan(&self, id: Option<ModelId>, fields: BTreeSet<usize>, depth: usize) -> Result<LogicalPlan, QueryError> {
        // Saving refuses circles; this one came about by a change of another model since.
        if depth > CALCULATED_DEPTH_MAX + 1 {
            return Err(QueryError::Failed {
                why: "calculated fields are made of each other in a circle, or nest too deep".into(),
            });
        }
        let model = self.model(id)?;
        let base = self.bases.get(&id).cloned();
        let mut plan = base.ok_or_else(|| QueryError::Failed { why: "a model was not opened".into() })?;
        let mut waiting: BTreeSet<usize> = self.within(id, fields);
        while !waiting.is_empty() {
            let ready = |field: &usize| self.parts[&(id, *field)].iter().all(|part| part.0 != id || !waiting.contains(&part.1));
            let layer: BTreeSet<usize> = waiting.iter().copied().filter(ready).collect();
            if layer.is_empty() {
                return Err(QueryError::Failed { why: "calculated fields are made of each other in a circle".into() });
            }
            let mut others = Others { models: BTreeMap::new(), lists: self.lists()? };
            let mut calculations = Vec::with_capacity(layer.len());
            for field in &layer {
                let checked = &self.checked[&(id, *field)];
                calculations.push(Calculation { field: &model.fields[*field], checked });
                if let Calculated::Aggregate(aggregate) = checked {
                    let ids: BTreeSet<ModelId> =
                        aggregate.hops.iter().map(|hop| hop.model).chain(compile::models(&aggregate.condition)).collect();
                    // Several fields may reach one model: its plan has what any of them needs.
                    let uses: BTreeSet<Place> = layer.iter().flat_map(|field| self.parts[&(id, *field)].iter().copied()).collect();
                    others.models.extend(self.reached(ids, &uses, depth)?);
                }
            }
            let (at, context) = (self.at, &self.around.context);
            plan = compile::calculated(plan, model, &calculations, at, context, &others)
                .map_err(|error| classify(&error, &self.tables))?;
            waiting.retain(|field| !layer.contains(field));
        }
        Ok(plan)
    }

    /// The calculated fields of one model among these and those that they are made of in the same model.
    fn within(&self, id: Option<ModelId>, fields: BTreeSet<usize>) -> BTreeSet<usize> {
        let (mut found, mut open) = (BTreeSet::new(), fields.into_iter().collect::<Vec<_>>());
        while let Some(field) = open.pop() {
            if let Some(parts) = self.parts.get(&(id, field))
                && found.insert(field)
            {
                open.extend(parts.iter().filter(|part| part.0 == id).map(|part| part.1));
            }
        }
        found
    }
}

/// A calculated field that does not check any more.
fn broken(model: &Model, field: usize, problems: Vec<sluice_catalog::Problem>) -> QueryError {
    let why = problems.into_iter().map(|problem| problem.cause).next().unwrap_or_default();
    QueryError::CalculatedBroken { model: model.name.clone(), field: model.fields[field].id.clone(), why }
}

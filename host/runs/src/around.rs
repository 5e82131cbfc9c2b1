//! What a condition reaches beyond its own model, read from the store and opened.

use std::collections::{BTreeSet, btree_map::Entry};

use sluice_catalog::{
    Code,
    condition::{Context, Named},
    ids::{SegmentId, SourceId, WorkspaceId},
    model::Model,
    problem::Problem,
    segment::Segment,
    source::Source,
};
use sluice_query::Surroundings;
use sluice_store::{Declared, Store, StoreError, Stored};

use crate::{SourceAt, error::RunError, host::Host, limits::REACHED_OBJECTS_MAX};

impl Host {
    /// The models and segments that the condition of a segment reaches. `id` is the segment's own, once it has one. What is not there
    /// is left out: the check of the segment says where it is named.
    pub async fn context(
        &self,
        ws: WorkspaceId,
        id: Option<SegmentId>,
        segment: &Segment,
        model: &Model,
    ) -> Result<Context, RunError> {
        context(self.store(), ws, id, segment, model).await
    }

    /// The sources of these models, opened; one of them may be already.
    pub(crate) async fn surroundings(
        &self,
        ws: WorkspaceId,
        context: &Context,
        opened: Option<(SourceId, sluice_query::Source)>,
    ) -> Result<Surroundings, RunError> {
        let mut around = Surroundings { context: context.clone(), sources: opened.into_iter().collect() };
        for id in context.models.values().map(|model| model.source) {
            if let Entry::Vacant(place) = around.sources.entry(id) {
                let source = self.store().get::<Source>(ws, id).await?;
                place.insert(self.open_source(ws, SourceAt::stored(&source)).await?);
            }
        }
        Ok(around)
    }
}

/// As [`Host::context`].
pub(crate) async fn context(
    store: &Store,
    ws: WorkspaceId,
    id: Option<SegmentId>,
    segment: &Segment,
    model: &Model,
) -> Result<Context, RunError> {
    let mut context = Context { model: Some(segment.model), segment: id, ..Context::default() };
    let mut asked = BTreeSet::new();
    loop {
        let missing: Vec<Named> =
            context.missing(&segment.condition.root, model).into_iter().filter(|named| asked.insert(*named)).collect();
        if missing.is_empty() {
            return Ok(context);
        }
        if asked.len() > REACHED_OBJECTS_MAX {
            let cause = format!("A condition reaches at most {REACHED_OBJECTS_MAX} models and segments.");
            return Err(RunError::Problems(vec![Problem::new("/condition/root", Code::ConditionTooDeep, cause)]));
        }
        for named in missing {
            match named {
                Named::Model(id) => context.models.extend(found(store.get::<Model>(ws, id).await)?.map(|m| (id, m.value))),
                Named::Segment(id) => context.segments.extend(found(store.get::<Segment>(ws, id).await)?.map(|s| (id, s.value))),
            }
        }
    }
}

fn found<T: Declared>(answer: Result<Stored<T>, StoreError>) -> Result<Option<Stored<T>>, StoreError> {
    match answer {
        Ok(stored) => Ok(Some(stored)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

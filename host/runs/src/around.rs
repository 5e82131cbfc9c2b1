//! What a condition reaches beyond its own model, read from the store and opened.

use std::collections::{BTreeSet, btree_map::Entry};

use sluice_catalog::{
    Code,
    condition::{Context, Group, Named},
    ids::{ModelId, SegmentId, SourceId, WorkspaceId},
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
        let mut around = Surroundings::new(context.clone(), opened.into_iter().collect());
        for id in context.models.values().map(|model| model.source) {
            if let Entry::Vacant(place) = around.sources.entry(id) {
                let source = self.store().get::<Source>(ws, id).await?;
                place.insert(self.open_source(ws, SourceAt::stored(&source)).await?);
            }
        }
        around.lists = self.lists(ws, context).await?;
        Ok(around)
    }
}

/// Makes a saved remote segment one that is evaluated by its list: a member of itself.
pub(crate) fn by_list(segment: &mut Segment, id: SegmentId, context: &mut Context) {
    if segment.remote.is_some() {
        context.segment = None;
        context.segments.insert(id, segment.clone());
        segment.condition.root = segment.asked(id);
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
    let context = Context { model: Some(segment.model), segment: id, ..Context::default() };
    filled(store, ws, context, &segment.condition.root, model).await
}

/// What a model's calculated fields reach. `id` is the model's own, once it has one; under it stands this version.
pub(crate) async fn around_model(store: &Store, ws: WorkspaceId, id: Option<ModelId>, model: &Model) -> Result<Context, RunError> {
    let mut context = Context { model: id, ..Context::default() };
    context.models.extend(id.map(|id| (id, model.clone())));
    filled(store, ws, context, &Group::default(), model).await
}

async fn filled(store: &Store, ws: WorkspaceId, mut context: Context, root: &Group, model: &Model) -> Result<Context, RunError> {
    context.variables = store.workspace(ws).await?.variables;
    let mut asked = BTreeSet::new();
    loop {
        let missing: Vec<Named> = context.missing(root, model).into_iter().filter(|named| asked.insert(*named)).collect();
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

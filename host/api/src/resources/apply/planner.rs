//! From a bundle to a plan: names become ids, each object is checked against what it will refer to, and compared with what is there.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use sluice_catalog::{
    Code, Problem,
    activation::{Activation, From},
    condition::{Context, Group},
    destination::Destination,
    ids::SourceId,
    manifest::Manifest,
    model::Model,
    seal::Secret,
    segment::Segment,
    source::Source,
};
use sluice_runs::{SourceAt, plan};
use sluice_store::{Declared, ObjectKind};

use super::{
    Action, Bundle, StepView,
    bundle::Item,
    commit::{Commit, Put},
    dependants,
    known::Known,
};
use crate::{
    auth::Caller,
    error::{ApiError, FieldProblem},
    json::read_value,
    limits::BUNDLE_OBJECTS_MAX,
    resources::destinations::manifest_of,
    state::Api,
};

/// What would happen, and the means to make it happen.
pub(crate) struct Plan {
    pub(crate) steps: Vec<StepView>,
    pub(crate) problems: Vec<FieldProblem>,
    pub(crate) commit: Commit,
}

pub(super) struct Planner<'a> {
    pub(super) api: &'a Api,
    pub(super) caller: &'a Caller,
    steps: Vec<StepView>,
    problems: Vec<FieldProblem>,
}

/// Makes the plan; `may_break`: what the bundle breaks beside itself is no problem. Refused as a whole only when it is too large, or asks for what the role may not.
pub(crate) async fn plan(api: &Api, caller: &Caller, bundle: Bundle, may_break: bool) -> Result<Plan, ApiError> {
    if bundle.len() > BUNDLE_OBJECTS_MAX {
        return Err(ApiError::invalid_at("", format!("A bundle has at most {BUNDLE_OBJECTS_MAX} objects.")));
    }
    let mut p = Planner { api, caller, steps: Vec::new(), problems: Vec::new() };
    let mut commit = Commit::default();
    let mut sources = Known::<Source>::load(api, caller.ws).await?;
    let mut models = Known::<Model>::load(api, caller.ws).await?;
    let mut segments = Known::<Segment>::load(api, caller.ws).await?;
    let mut destinations = Known::<Destination>::load(api, caller.ws).await?;
    let mut activations = Known::<Activation>::load(api, caller.ws).await?;
    let variables = api.store().workspace(caller.ws).await?.variables;
    let mut new_secrets = HashMap::<SourceId, Vec<(String, Secret)>>::new();

    for (at, mut item) in bundle.sources.into_iter().enumerate() {
        let place = format!("/sources/{at}");
        let secrets = p.secrets(&place, &mut item);
        if let Some(value) = p.read::<Source>(&place, item, &mut sources) {
            p.source(&place, &value, &sources, &secrets).await?;
            let names = secrets.iter().map(|(name, _)| name.clone()).collect();
            let (name, put) = (value.name.clone(), p.step(value, &mut sources, names));
            if let Some((id, _)) = sources.find(&name) {
                new_secrets.insert(*id, secrets);
            }
            commit.sources.extend(put);
        }
    }
    models.promise(api, &bundle.models);
    segments.promise(api, &bundle.segments);
    let mut related = Vec::new();
    for (at, mut item) in bundle.models.into_iter().enumerate() {
        let place = format!("/models/{at}");
        p.name_to_id(&place, &mut item, &["source"], &sources);
        p.related_to_ids(&place, &mut item, &models);
        p.calculated_to_ids(&place, &mut item, &segments);
        if let Some(value) = p.read::<Model>(&place, item, &mut models) {
            p.model(&place, &value, &models, &sources, &new_secrets).await?;
            related.push((place, value.name().to_owned()));
            commit.models.extend(p.step(value, &mut models, Vec::new()));
        }
    }
    // Only now is each model known as the bundle makes it.
    for (place, name) in &related {
        let found = models.by_name[name].1.relationship_problems(|id| models.of(id));
        p.found_anew(place, found);
    }
    for (at, mut item) in bundle.destinations.into_iter().enumerate() {
        let place = format!("/destinations/{at}");
        let secrets = p.secrets(&place, &mut item);
        if let Some(value) = p.read::<Destination>(&place, item, &mut destinations) {
            p.destination(&place, &value, &destinations, &secrets).await?;
            let names = secrets.iter().map(|(name, _)| name.clone()).collect();
            let id = destinations.find(value.name()).map(|(id, _)| *id);
            let put = p.step(value, &mut destinations, names);
            if let Some(id) = put.as_ref().map(|put| put.id).or(id) {
                commit.credentials.extend(secrets.into_iter().map(|(name, secret)| (id.into(), name, secret)));
            }
            commit.destinations.extend(put);
        }
    }
    let (mut read, mut written) = (Vec::new(), Vec::new());
    for (at, mut item) in bundle.segments.into_iter().enumerate() {
        let place = format!("/segments/{at}");
        p.name_to_id(&place, &mut item, &["model"], &models);
        p.name_to_id(&place, &mut item, &["remote", "destination"], &destinations);
        if let Some(root) = item.get_mut("condition").and_then(|condition| condition.get_mut("root")) {
            p.members_to_ids(format!("{place}/condition/root"), root, &segments);
        }
        if let Some(value) = p.read::<Segment>(&place, item, &mut segments) {
            segments.note(api, &value);
            written.push((place.clone(), value.name().to_owned()));
            read.push((place, value));
        }
    }
    let places = [related.as_slice(), written.as_slice()].concat();
    for (place, name) in &related {
        let (id, model) = &models.by_name[name];
        let mut context = Context { model: Some(*id), variables: variables.clone(), ..Context::default() };
        context.gather(&Group::default(), model, |id| models.of(id).cloned(), |id| segments.of(id).cloned());
        p.found_anew(place, model.calculated_problems(&context));
    }
    // A segment may be made of one that stands below it.
    for (place, mut value) in read {
        if let Some(model) = models.of(value.model) {
            let segment = segments.id_of(value.name());
            let mut context = Context { model: Some(value.model), segment, variables: variables.clone(), ..Context::default() };
            let root = &value.condition.root;
            context.gather(root, model, |id| models.of(id).cloned(), |id| segments.of(id).cloned());
            let found = value.validate(model, &context);
            if found.is_empty() {
                value.tidy(model, &context);
            }
            p.found_anew(&place, found);
        }
        if let Some(to) = value.remote.as_ref().and_then(|remote| destinations.of(remote.destination)) {
            p.remote(&place, &value, to).await;
        }
        commit.segments.extend(p.step(value, &mut segments, Vec::new()));
    }
    for (at, mut item) in bundle.activations.into_iter().enumerate() {
        let place = format!("/activations/{at}");
        p.name_to_id(&place, &mut item, &["from", "model"], &models);
        p.name_to_id(&place, &mut item, &["from", "segment"], &segments);
        p.name_to_id(&place, &mut item, &["destination"], &destinations);
        if let Some(value) = p.read::<Activation>(&place, item, &mut activations) {
            let model = match value.from {
                From::Model(id) => models.of(id),
                From::Segment(id) => segments.of(id).and_then(|segment| models.of(segment.model)),
            };
            if let From::Segment(id) = value.from {
                p.found(&place, segments.of(id).and_then(Segment::unsent).into_iter().collect());
            }
            p.activation(&place, &value, model, destinations.of(value.destination)).await;
            commit.activations.extend(p.step(value, &mut activations, Vec::new()));
        }
    }
    // What is wrong with the bundle itself comes first: it may be the same mistake.
    if !may_break && p.problems.is_empty() {
        p.problems = dependants::broken(&models, &segments, &activations, &places, &variables);
    }
    for (id, secrets) in new_secrets {
        commit.credentials.extend(secrets.into_iter().map(|(name, secret)| (id.into(), name, secret)));
    }
    p.rest(&sources);
    p.rest(&models);
    p.rest(&segments);
    p.rest(&destinations);
    p.rest(&activations);
    Ok(Plan { steps: p.steps, problems: p.problems, commit })
}

impl Planner<'_> {
    pub(super) fn problem(&mut self, pointer: String, code: Code, detail: impl Into<String>) {
        self.problems.push(FieldProblem { pointer, code, detail: detail.into() });
    }

    pub(super) fn found(&mut self, place: &str, problems: Vec<Problem>) {
        let placed =
            problems.into_iter().map(|p| FieldProblem { pointer: format!("{place}{}", p.pointer), code: p.code, detail: p.cause });
        self.problems.extend(placed);
    }

    /// The same without places that were told before: a name that is nothing is told once, as a name.
    fn found_anew(&mut self, place: &str, mut problems: Vec<Problem>) {
        problems.retain(|found| {
            let pointer = format!("{place}{}", found.pointer);
            !self.problems.iter().any(|told| told.pointer == pointer)
        });
        self.found(place, problems);
    }

    /// Replaces the name at `path` by the id of the object. What is not a text is left for the reader to refuse.
    fn name_to_id<T: Declared + Clone>(&mut self, place: &str, item: &mut Item, path: &[&str], known: &Known<T>) {
        let mut slot = item.get_mut(path[0]);
        for key in &path[1..] {
            slot = slot.and_then(|value| value.get_mut(*key));
        }
        let Some(Value::String(text)) = slot else { return };
        self.resolve(format!("{place}/{}", path.join("/")), text, known);
    }

    /// Replaces the names of other models in a model's relationships.
    fn related_to_ids(&mut self, place: &str, item: &mut Item, models: &Known<Model>) {
        let relationships = item.get_mut("relationships").and_then(Value::as_array_mut);
        for (at, relationship) in relationships.into_iter().flatten().enumerate() {
            if let Some(Value::String(text)) = relationship.get_mut("model") {
                self.resolve(format!("{place}/relationships/{at}/model"), text, models);
            }
        }
    }

    /// Replaces the names of segments in the conditions of aggregated fields.
    fn calculated_to_ids(&mut self, place: &str, item: &mut Item, segments: &Known<Segment>) {
        let fields = item.get_mut("fields").and_then(Value::as_array_mut);
        for (at, field) in fields.into_iter().flatten().enumerate() {
            if let Some(filter) = field.pointer_mut("/calculated/aggregate/where") {
                self.members_to_ids(format!("{place}/fields/{at}/calculated/aggregate/where"), filter, segments);
            }
        }
    }

    /// Replaces the names of other segments in a condition, however deep.
    fn members_to_ids(&mut self, pointer: String, node: &mut Value, segments: &Known<Segment>) {
        if let Some(inner) = node.get_mut("disabled") {
            return self.members_to_ids(format!("{pointer}/disabled"), inner, segments);
        }
        for (at, step) in node.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
            self.members_to_ids(format!("{pointer}/steps/{at}"), step, segments);
        }
        if let Some(Value::String(text)) = node.get_mut("segment") {
            self.resolve(format!("{pointer}/segment"), text, segments);
        }
        if let Some(filter) = node.get_mut("where") {
            self.members_to_ids(format!("{pointer}/where"), filter, segments);
        }
        let children = node.get_mut("children").and_then(Value::as_array_mut);
        for (at, child) in children.into_iter().flatten().enumerate() {
            self.members_to_ids(format!("{pointer}/children/{at}"), child, segments);
        }
    }

    fn resolve<T: Declared + Clone>(&mut self, pointer: String, text: &mut String, known: &Known<T>) {
        match known.id_of(text) {
            Some(id) => *text = id.to_string(),
            None => {
                let detail = format!("There is no {} named `{text}`, here or in the workspace.", T::KIND.as_str());
                self.problem(pointer, Code::ApiInvalid, detail);
                // A well-formed id that nothing has: reading goes on, so that every other problem is found, too.
                *text = T::new_id(0, 0).to_string();
            }
        }
    }

    /// The object, if it can be read; its name is taken from then on.
    fn read<T: Declared + Clone>(&mut self, place: &str, item: Item, known: &mut Known<T>) -> Option<T> {
        let value: T = match read_value(Value::Object(item)) {
            Ok(value) => value,
            Err((pointer, detail)) => {
                self.problem(format!("{place}{pointer}"), Code::ApiInvalid, detail);
                return None;
            }
        };
        if !known.in_bundle.insert(value.name().to_owned()) {
            let detail = format!("Another {} of the bundle has this name.", T::KIND.as_str());
            self.problem(format!("{place}/name"), Code::ApiNameTaken, detail);
            return None;
        }
        Some(value)
    }

    /// Notes what happens to the object; gives the change, if there is one.
    fn step<T: Declared + Clone + PartialEq>(
        &mut self,
        value: T,
        known: &mut Known<T>,
        credentials: Vec<String>,
    ) -> Option<Put<T>> {
        let name = value.name().to_owned();
        let before = known.before.get(&name);
        let (action, fields) = match before {
            None => (Action::Create, Vec::new()),
            Some(before) if before.value == value && credentials.is_empty() => (Action::Unchanged, Vec::new()),
            Some(before) => (Action::Change, changed_fields(&before.value, &value)),
        };
        let id = before.map_or_else(|| known.new_id(self.api, &name), |b| b.id);
        self.steps.push(StepView {
            kind: T::KIND.as_str(),
            name: name.clone(),
            id: before.map(|b| b.id.to_string()),
            action,
            fields,
            credentials,
        });
        let expected = before.map(|b| b.revision);
        let same = before.is_some_and(|b| b.value == value);
        known.by_name.insert(name, (id, value.clone()));
        if same { None } else { Some(Put { id, expected, value }) }
    }

    /// Names what the bundle does not mention.
    fn rest<T: Declared + Clone>(&mut self, known: &Known<T>) {
        for (name, stored) in known.before.iter().filter(|(name, _)| !known.in_bundle.contains(*name)) {
            self.steps.push(StepView {
                kind: T::KIND.as_str(),
                name: name.clone(),
                id: Some(stored.id.to_string()),
                action: Action::NotInBundle,
                fields: Vec::new(),
                credentials: Vec::new(),
            });
        }
    }

    /// A model's own rules, its columns and its keys; an unchanged one was checked when it was saved.
    async fn model(
        &mut self,
        place: &str,
        value: &Model,
        models: &Known<Model>,
        sources: &Known<Source>,
        secrets: &HashMap<SourceId, Vec<(String, Secret)>>,
    ) -> Result<(), ApiError> {
        let before = models.before.get(value.name());
        if before.is_some_and(|b| b.value == *value) {
            return Ok(());
        }
        if before.is_some_and(|b| b.value.primary_key != value.primary_key) {
            let detail = "The primary key is fixed after creation; make another model.";
            self.problem(format!("{place}/primary_key"), Code::FieldInvalid, detail);
        }
        let Some(source) = sources.of(value.source).filter(|source| source.validate().is_empty()) else {
            self.found(place, value.validate());
            return Ok(());
        };
        let secrets = secrets.get(&value.source).map(Vec::as_slice).unwrap_or_default();
        let at = SourceAt { id: Some(value.source), declared: source, secrets };
        match self.api.host().model_problems_in(self.caller.ws, at, value).await {
            Ok(found) => self.found(place, found),
            Err(error) => {
                let why = ApiError::from(error);
                self.problem(place.to_owned(), why.code, why.detail);
            }
        }
        Ok(())
    }

    /// An activation's own rules, and its mapping against model and service where both are known.
    async fn remote(&mut self, place: &str, value: &Segment, to: &Destination) {
        let (Some(remote), Ok(manifest)) = (&value.remote, manifest_of(self.api, self.caller.ws, &to.connector).await) else {
            return;
        };
        self.found(&format!("{place}/remote"), remote.unsupported(&manifest).into_iter().collect());
    }

    async fn activation(&mut self, place: &str, value: &Activation, model: Option<&Model>, to: Option<&Destination>) {
        self.found(place, value.validate());
        let (Some(model), Some(to)) = (model, to) else { return };
        let Ok(manifest) = manifest_of(self.api, self.caller.ws, &to.connector).await else { return };
        match service(&manifest, value) {
            Ok(service) => self.found(place, plan::plan(value, model, service).err().unwrap_or_default()),
            Err(problem) => self.found(place, vec![problem]),
        }
    }
}

fn service<'m>(manifest: &'m Manifest, value: &Activation) -> Result<&'m sluice_catalog::manifest::Service, Problem> {
    manifest.service(&value.service).ok_or_else(|| {
        let have: Vec<_> = manifest.services.keys().map(String::as_str).collect();
        Problem::new("/service", Code::ServiceUnknown, format!("The connector has: {}.", have.join(", ")))
    })
}

/// Names of the fields at the top that differ.
fn changed_fields<T: Declared>(before: &T, after: &T) -> Vec<String> {
    let json = |value: &T| serde_json::to_value(value).unwrap_or_default();
    let (before, after) = (json(before), json(after));
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return Vec::new() };
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

const _: () = assert!(ObjectKind::ALL.len() == 5, "a new kind of object needs its place in the bundle");

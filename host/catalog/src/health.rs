//! Health through the dependency graph: what is broken among a workspace's objects, and because of what (features 1.1, 3.10).
//!
//! A column that is gone breaks its field; a broken field breaks the calculated fields, relationships and segments that read it, and the
//! activations that map it or send what is broken. The same walk over two versions of a model says what a change would break. Pure: the
//! objects, and what was seen at the sources, are given.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    activation::{Activation, From},
    calculated::{Calculated, Checked},
    code::Code,
    condition::{Context, Group, Place},
    formula::Formula,
    ids::{ActivationId, ModelId, SegmentId},
    mapping::Value,
    model::Model,
    problem::Problem,
    segment::Segment,
    variables::Variables,
};

/// The objects of a workspace between which health travels.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Objects {
    pub models: BTreeMap<ModelId, Model>,
    pub segments: BTreeMap<SegmentId, Segment>,
    pub activations: BTreeMap<ActivationId, Activation>,
    pub variables: Variables,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Object {
    Model(ModelId),
    Segment(SegmentId),
    Activation(ActivationId),
}

impl Object {
    /// The word for its kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Model(_) => "model",
            Self::Segment(_) => "segment",
            Self::Activation(_) => "activation",
        }
    }

    /// Its id as text.
    pub fn id(self) -> String {
        match self {
            Self::Model(id) => id.to_string(),
            Self::Segment(id) => id.to_string(),
            Self::Activation(id) => id.to_string(),
        }
    }
}

/// What was seen to be wrong at the sources: by model and field id; under the empty id what concerns the model as a whole.
pub type Seen = BTreeMap<ModelId, BTreeMap<String, Problem>>;

/// Why an object is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// What kind of problem it is.
    #[schema(value_type = String)]
    pub code: Code,
    /// JSON pointer to the place inside the object, where one is known.
    pub pointer: String,
    /// One sentence with a full stop.
    pub cause: String,
    /// What it comes from: the name of a model and field, of a segment; empty where it is the object itself.
    pub culprit: String,
}

impl Finding {
    fn of(problem: Problem) -> Self {
        Self { code: problem.code, pointer: problem.pointer, cause: problem.cause, culprit: String::new() }
    }
}

/// What is wrong, by object; healthy objects are not in it.
pub type Findings = BTreeMap<Object, Vec<Finding>>;

impl Objects {
    /// The name of an object.
    pub fn name(&self, object: Object) -> &str {
        match object {
            Object::Model(id) => self.models.get(&id).map(|model| model.name.as_str()),
            Object::Segment(id) => self.segments.get(&id).map(|segment| segment.name.as_str()),
            Object::Activation(id) => self.activations.get(&id).map(|activation| activation.name.as_str()),
        }
        .unwrap_or_default()
    }

    /// What conditions about a model, and its calculated fields, reach.
    fn around(&self, id: ModelId, segment: Option<SegmentId>, group: &Group, model: &Model) -> Context {
        let mut context = Context { model: Some(id), segment, variables: self.variables.clone(), ..Context::default() };
        context.gather(group, model, |id| self.models.get(&id).cloned(), |id| self.segments.get(&id).cloned());
        context
    }

    /// Everything that is wrong with these objects, given what was seen at the sources.
    pub fn findings(&self, seen: &Seen) -> Findings {
        let mut walk = Walk { objects: self, broken: BTreeMap::new(), findings: Findings::new() };
        walk.columns(seen);
        walk.calculated();
        walk.models();
        walk.segments();
        walk.activations();
        walk.findings
    }

    /// What is healthy among these objects and broken among `after`, without the objects in `but`.
    pub fn breaks(&self, after: &Self, but: &BTreeSet<Object>) -> Findings {
        let before = self.findings(&Seen::new());
        let mut found = after.findings(&Seen::new());
        found.retain(|object, _| !before.contains_key(object) && !but.contains(object));
        found
    }
}

struct Walk<'a> {
    objects: &'a Objects,
    /// Broken fields: why, and the field at the root of it.
    broken: BTreeMap<(ModelId, usize), (Finding, String)>,
    findings: Findings,
}

impl Walk<'_> {
    fn report(&mut self, object: Object, finding: Finding) {
        let list = self.findings.entry(object).or_default();
        if !list.contains(&finding) {
            list.push(finding);
        }
    }

    fn label(&self, model: ModelId, field: usize) -> String {
        let model = &self.objects.models[&model];
        format!("{}.{}", model.name, model.fields[field].id)
    }

    /// Fields whose column was seen to be gone.
    fn columns(&mut self, seen: &Seen) {
        for (id, fields) in seen {
            let Some(model) = self.objects.models.get(id) else { continue };
            for (field, problem) in fields {
                let at = model.fields.iter().position(|known| known.id == *field);
                let lost: Vec<usize> = match at {
                    Some(at) => vec![at],
                    None if field.is_empty() => {
                        (0..model.fields.len()).filter(|at| model.fields[*at].calculated.is_none()).collect()
                    }
                    None => continue,
                };
                self.report(Object::Model(*id), Finding::of(problem.clone()));
                for at in lost {
                    let finding = Finding { culprit: self.label(*id, at), ..Finding::of(problem.clone()) };
                    self.broken.insert((*id, at), (finding, self.label(*id, at)));
                }
            }
        }
    }

    /// The fields that a field is made of directly; what does not check any more is the error.
    fn parts(&self, id: ModelId, at: usize) -> Result<BTreeSet<Place>, Problem> {
        let model = &self.objects.models[&id];
        match &model.fields[at].calculated {
            None => Ok(BTreeSet::new()),
            Some(Calculated::Formula(text)) => {
                let first = |problems: Vec<Problem>| problems.into_iter().next().expect("an error says what is wrong");
                model.calculated(at, &Context::default()).map_err(first)?;
                let formula = Formula::parse(text).expect("it was checked just now");
                let position = |id: &str| model.fields.iter().position(|field| field.id == id);
                Ok(formula.fields().into_iter().filter_map(position).map(|at| (Some(id), at)).collect())
            }
            Some(Calculated::Aggregate(_)) => {
                let context = self.objects.around(id, None, &Group::default(), model);
                let first = |problems: Vec<Problem>| problems.into_iter().next().expect("an error says what is wrong");
                match model.calculated(at, &context).map_err(first)? {
                    Some(Checked::Aggregate(checked)) => Ok(checked.uses(Some(id), model, &context)),
                    _ => Ok(BTreeSet::new()),
                }
            }
        }
    }

    /// Calculated fields that are broken themselves, or made of broken fields, until nothing more follows.
    fn calculated(&mut self) {
        let mut open: Vec<((ModelId, usize), BTreeSet<Place>)> = Vec::new();
        for (id, model) in &self.objects.models {
            for at in (0..model.fields.len()).filter(|at| model.fields[*at].calculated.is_some()) {
                match self.parts(*id, at) {
                    Ok(parts) => open.push(((*id, at), parts)),
                    Err(problem) => {
                        let pointer = format!("/fields/{at}/calculated{}", problem.pointer);
                        let finding = Finding { pointer, ..Finding::of(problem) };
                        self.report(Object::Model(*id), finding.clone());
                        self.broken.insert((*id, at), (finding, self.label(*id, at)));
                    }
                }
            }
        }
        loop {
            let place = |place: &Place| place.0.map(|id| (id, place.1));
            let next = open.iter().enumerate().find_map(|(at, (_, parts))| {
                let culprit = parts.iter().filter_map(place).find_map(|part| self.broken.get(&part))?.1.clone();
                Some((at, culprit))
            });
            let Some((at, culprit)) = next else { return };
            let ((id, field), _) = open.swap_remove(at);
            let cause = format!("The calculated field {} is made of {culprit}, which is broken.", self.label(id, field));
            let pointer = format!("/fields/{field}/calculated");
            let finding = Finding { code: Code::ModelBroken, pointer, cause, culprit: culprit.clone() };
            self.report(Object::Model(id), finding.clone());
            self.broken.insert((id, field), (finding, culprit));
        }
    }

    /// Declarations, relationships and circles.
    fn models(&mut self) {
        for (id, model) in &self.objects.models {
            let mut problems = model.validate();
            problems.extend(model.relationship_problems(|other| self.objects.models.get(&other)));
            problems.retain(|problem| !problem.pointer.contains("/calculated/"));
            problems.into_iter().for_each(|problem| self.report(Object::Model(*id), Finding::of(problem)));
            for (at, relationship) in model.relationships.iter().enumerate() {
                let Some(other) = self.objects.models.get(&relationship.model) else { continue };
                let pairs = relationship.joins(model, other).unwrap_or_default();
                let parts = pairs.into_iter().flat_map(|(here, there)| [(*id, here), (relationship.model, there)]);
                let culprits: Vec<String> = parts.filter_map(|part| Some(self.broken.get(&part)?.1.clone())).collect();
                for culprit in culprits {
                    let cause = format!("The relationship {} joins {culprit}, which is broken.", relationship.name);
                    let pointer = format!("/relationships/{at}/on");
                    self.report(Object::Model(*id), Finding { code: Code::ModelBroken, pointer, cause, culprit });
                }
            }
        }
    }

    fn segments(&mut self) {
        for (id, segment) in &self.objects.segments {
            let object = Object::Segment(*id);
            let Some(model) = self.objects.models.get(&segment.model) else {
                let cause = "The model of the segment is not there.".to_owned();
                let pointer = "/model".to_owned();
                self.report(object, Finding { code: Code::SegmentBroken, pointer, cause, culprit: segment.model.to_string() });
                continue;
            };
            let context = self.objects.around(segment.model, Some(*id), &segment.condition.root, model);
            let problems = segment.validate(model, &context);
            if !problems.is_empty() {
                problems.into_iter().for_each(|problem| self.report(object, Finding::of(problem)));
                continue;
            }
            let checked = segment.condition.check(model, &context).expect("it was validated just now");
            let mut read: BTreeSet<Place> = checked.uses(model, &context);
            if let Some(limit) = &segment.limit {
                read.extend(limit.field().and_then(|id| model.fields.iter().position(|f| f.id == id)).map(|at| (None, at)));
            }
            read.extend(
                model.primary_key.iter().filter_map(|id| model.fields.iter().position(|f| f.id == *id)).map(|at| (None, at)),
            );
            for (of, at) in read {
                if let Some((finding, culprit)) = self.broken.get(&(of.unwrap_or(segment.model), at)).cloned() {
                    let cause = format!("The segment reads {culprit}, which is broken. {}", finding.cause);
                    let finding = Finding { code: Code::SegmentBroken, pointer: "/condition".into(), cause, culprit };
                    self.report(object, finding);
                }
            }
        }
    }

    fn activations(&mut self) {
        for (id, activation) in &self.objects.activations {
            let object = Object::Activation(*id);
            let model = match activation.from {
                From::Model(id) => id,
                From::Segment(segment) => {
                    if let Some(first) = self.findings.get(&Object::Segment(segment)).and_then(|list| list.first()).cloned() {
                        let culprit = self.objects.name(Object::Segment(segment)).to_owned();
                        let cause = format!("The segment {culprit} is broken. {}", first.cause);
                        self.report(object, Finding { code: Code::SegmentBroken, pointer: "/from/segment".into(), cause, culprit });
                    }
                    let Some(declared) = self.objects.segments.get(&segment) else { continue };
                    if let Some(problem) = declared.unsent() {
                        let finding = Finding { culprit: declared.name.clone(), ..Finding::of(problem) };
                        self.report(object, finding);
                    }
                    declared.model
                }
            };
            let Some(declared) = self.objects.models.get(&model) else { continue };
            let position = |id: &str| declared.fields.iter().position(|field| field.id == id);
            let keys = declared.primary_key.iter().map(|id| ("/from".to_owned(), id.as_str()));
            let mapped = activation.mapping.fields.iter().enumerate().filter_map(|(at, mapped)| match &mapped.value {
                Value::Field(id) => Some((format!("/mapping/fields/{at}/value"), id.as_str())),
                Value::Constant(_) => None,
            });
            let used: Vec<(String, &str)> = keys.chain(mapped).collect();
            for (pointer, field) in used {
                let finding = match position(field) {
                    None => {
                        let cause = format!("The model {} has no field {field} any more.", declared.name);
                        Finding { code: Code::FieldUnknown, pointer, cause, culprit: declared.name.clone() }
                    }
                    Some(at) => match self.broken.get(&(model, at)) {
                        None => continue,
                        Some((finding, culprit)) => {
                            let cause = format!("The activation needs {culprit}, which is broken. {}", finding.cause);
                            Finding { code: Code::ModelBroken, pointer, cause, culprit: culprit.clone() }
                        }
                    },
                };
                self.report(object, finding);
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! What a bundle would break beside itself: objects of the workspace that are sound now, are not in the bundle, and read what it takes away.

use std::collections::BTreeSet;

use sluice_catalog::{
    Code,
    activation::Activation,
    health::{Object, Objects},
    ids::{ActivationId, ModelId, SegmentId},
    model::Model,
    segment::Segment,
    variables::Variables,
};
use sluice_store::Declared;

use super::known::Known;
use crate::error::FieldProblem;

/// Each broken object and why, at the place of what in the bundle is to blame. `places` are the bundle's models and segments by name.
pub(super) fn broken(
    models: &Known<Model>,
    segments: &Known<Segment>,
    activations: &Known<Activation>,
    places: &[(String, String)],
    variables: &Variables,
) -> Vec<FieldProblem> {
    let kept = variables.clone();
    let before = Objects { models: models.were(), segments: segments.were(), activations: activations.were(), variables: kept };
    let kept = variables.clone();
    let after = Objects { models: models.are(), segments: segments.are(), activations: activations.are(), variables: kept };
    let own: BTreeSet<Object> = in_bundle(models, |id: ModelId| Object::Model(id))
        .chain(in_bundle(segments, |id: SegmentId| Object::Segment(id)))
        .chain(in_bundle(activations, |id: ActivationId| Object::Activation(id)))
        .collect();
    let found = before.breaks(&after, &own);
    let problems = found.into_iter().flat_map(|(object, findings)| {
        let (kind, name) = (object.kind(), before.name(object).to_owned());
        findings.into_iter().map(move |finding| {
            let to_blame = |name: &str| finding.culprit == *name || finding.culprit.starts_with(&format!("{name}."));
            let only = if let [one] = places { Some(one) } else { None };
            let place = places.iter().find(|(_, name)| to_blame(name)).or(only).map_or("", |(place, _)| place);
            FieldProblem {
                pointer: place.to_owned(),
                code: Code::ApiInUse,
                detail: format!(
                    "The {kind} `{name}`, which is not in the bundle, would be broken at {}: {}",
                    finding.pointer, finding.cause
                ),
            }
        })
    });
    problems.collect()
}

fn in_bundle<'k, T: Declared + Clone>(
    known: &'k Known<T>,
    object: impl Fn(T::Id) -> Object + 'k,
) -> impl Iterator<Item = Object> + 'k {
    known.in_bundle.iter().filter_map(move |name| known.by_name.get(name).map(|(id, _)| object(*id)))
}

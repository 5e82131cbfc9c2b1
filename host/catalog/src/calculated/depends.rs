//! What calculated fields are made of, over all the models that they reach: circles and depth.

use std::collections::{BTreeMap, BTreeSet};

use super::{Calculated, Checked};
use crate::{
    code::Code,
    condition::{Context, Place, Seat, hops},
    formula::Formula,
    ids::ModelId,
    limits::CALCULATED_DEPTH_MAX,
    model::Model,
    problem::Problem,
};

/// The fields of any model that a calculated field is made of directly.
fn parts(model: &Model, of: Option<ModelId>, field: usize, context: &Context) -> BTreeSet<Place> {
    match model.fields[field].calculated.as_ref() {
        None => BTreeSet::new(),
        // Names are enough here: what does not check is told elsewhere, and a circle is one all the same.
        Some(Calculated::Formula(text)) => match Formula::parse(text) {
            Err(_) => BTreeSet::new(),
            Ok(formula) => {
                let position = |id: &str| model.fields.iter().position(|field| field.id == id);
                formula.fields().into_iter().filter_map(position).map(|at| (of, at)).collect()
            }
        },
        Some(Calculated::Aggregate(_)) => match model.calculated(field, context) {
            Ok(Some(Checked::Aggregate(checked))) => checked.uses(of, model, context),
            _ => BTreeSet::new(),
        },
    }
}

/// The walk from one field down.
struct Walk<'a> {
    model: &'a Model,
    id: Option<ModelId>,
    context: &'a Context,
    depths: BTreeMap<Place, usize>,
}

impl Walk<'_> {
    fn of(&self, place: Place) -> Option<&Model> {
        match place.0 {
            None => Some(self.model),
            Some(id) => self.context.models.get(&id),
        }
    }

    fn name(&self, place: Place) -> String {
        match self.of(place) {
            Some(model) => format!("{}.{}", model.name, model.fields[place.1].id),
            None => "…".into(),
        }
    }

    /// How many calculated fields stand one upon the other; a circle is told with its path.
    fn depth(&mut self, place: Place, path: &mut Vec<Place>) -> Result<usize, String> {
        if let Some(depth) = self.depths.get(&place) {
            return Ok(*depth);
        }
        if let Some(start) = path.iter().position(|known| *known == place) {
            let circle: Vec<String> = path[start..].iter().chain([&place]).map(|place| self.name(*place)).collect();
            return Err(format!("Calculated fields are made of each other: {}.", circle.join(" → ")));
        }
        let Some(model) = self.of(place).filter(|model| model.fields[place.1].calculated.is_some()) else { return Ok(0) };
        let inner = parts(model, place.0, place.1, self.context);
        path.push(place);
        let mut deepest = 0;
        for part in inner {
            // The model in question may be reached by its id, too.
            let part = if part.0 == self.id { (None, part.1) } else { part };
            deepest = deepest.max(self.depth(part, path)?);
        }
        path.pop();
        self.depths.insert(place, deepest + 1);
        Ok(deepest + 1)
    }
}

impl Model {
    /// Circles and depth of this model's calculated fields.
    pub(super) fn circles(&self, context: &Context) -> Vec<Problem> {
        let mut walk = Walk { model: self, id: context.model, context, depths: BTreeMap::new() };
        let mut problems = Vec::new();
        for (at, field) in self.fields.iter().enumerate().filter(|(_, field)| field.calculated.is_some()) {
            let pointer = format!("/fields/{at}/calculated");
            match walk.depth((None, at), &mut Vec::new()) {
                Err(cause) => problems.push(Problem::new(pointer, Code::CalculatedCycle, cause)),
                Ok(depth) if depth > CALCULATED_DEPTH_MAX => {
                    let cause = format!(
                        "{} stands on {depth} calculated fields one upon the other; {CALCULATED_DEPTH_MAX} are allowed.",
                        field.id
                    );
                    problems.push(Problem::new(pointer, Code::CalculatedCycle, cause));
                }
                Ok(_) => {}
            }
        }
        problems
    }
}

impl super::CheckedAggregate {
    /// The fields that it reads, of `model` (whose id is `of`) and of the models on its path.
    pub fn uses(&self, of: Option<ModelId>, model: &Model, context: &Context) -> BTreeSet<Place> {
        let mut found = BTreeSet::new();
        let last = hops(&self.hops, of, &mut found);
        found.extend(self.aggregation.fields().into_iter().map(|field| (last, field)));
        let end = last.and_then(|id| context.models.get(&id)).unwrap_or(model);
        let seat = Seat { id: last, model: end };
        self.condition.walk(seat, seat, context, &mut found);
        found
    }
}

//! Random schemas, rows and trees, from a seed: small numbers of everything, so that rows meet, and every kind of edge.

use jiff::{SignedDuration, Span, Timestamp, civil::Date};
use serde_json::{Value, json};
use sluice_catalog::{
    ids::{ModelId, SegmentId},
    model::{Field, Model},
    relationship::{Join, Relationship, RelationshipKind},
    types::DataType,
};

use super::naive::{Cell, Row};

/// SplitMix64: the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

pub(crate) const FIELDS: [&str; 8] = ["id", "a", "b", "c", "d", "e", "f", "g"];
pub(crate) const MONEY: DataType = DataType::Decimal { precision: 10, scale: 2 };
const TEXTS: [&str; 8] = ["", "x", "X", "xy", "Cafe\u{301}", "Caf\u{e9}", "it's \\ \"%_", "\u{1f600}"];
const DAYS: [&str; 4] = ["2026-11-24", "2026-03-29", "2026-10-25", "2024-02-29"];
/// Now, the changes of clocks in Paris and around midnights there.
const EDGES: [&str; 5] =
    ["2026-11-24T08:30:00Z", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-11-23T22:59:59.999999Z", "2026-11-23T23:00:00Z"];

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// From `low` to `high`, both included.
    pub(super) fn within(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// Models that lead to each other and to themselves, by one to three pairs of fields. The tables of both sources have the same names.
    pub(crate) fn models(&mut self) -> Vec<(ModelId, Model)> {
        let types =
            [DataType::Integer, DataType::String, DataType::Boolean, MONEY, DataType::Float, DataType::Date, DataType::Timestamp];
        let count = self.below(3) + 2;
        let mut models: Vec<Model> = (0..count)
            .map(|at| {
                let mut fields = vec![DataType::Integer, DataType::Integer, DataType::String];
                fields.extend((0..self.below(5) + 1).map(|_| self.of(&types)));
                let fields: Vec<_> = FIELDS.into_iter().zip(fields).collect();
                let mut model = super::support::table(&format!("t{}", at / 2), &fields);
                model.name = format!("m{at}");
                model.source = source(at);
                let time = model.fields.iter().find(|field| field.ty.is_time()).map(|field| field.id.clone());
                model.time_field = time.filter(|_| self.percent(80));
                model
            })
            .collect();
        for at in 0..count {
            for name in 0..self.below(3) + 1 {
                let to = self.below(count);
                let pairs = self.of(&[1, 1, 1, 2, 3]);
                let on = (0..pairs).map(|_| self.join(&models[at], &models[to])).collect();
                let kind = self.of(&[RelationshipKind::HasMany, RelationshipKind::BelongsTo, RelationshipKind::HasOne]);
                models[at].relationships.push(Relationship {
                    name: format!("r{name}"),
                    kind,
                    model: model_id(to),
                    on,
                    inverse: None,
                });
            }
        }
        models.into_iter().enumerate().map(|(at, model)| (model_id(at), model)).collect()
    }

    fn join(&mut self, model: &Model, other: &Model) -> Join {
        loop {
            let (field, other) = (self.of(&model.fields), self.of(&other.fields));
            if field.ty == other.ty && field.ty != DataType::Float {
                return Join { field: field.id, other: other.id };
            }
        }
    }

    pub(crate) fn rows(&mut self, model: &Model) -> Vec<Row> {
        let rows = self.of(&[0, 4, 7, 7, 11, 11, 15, 15]);
        (0..rows)
            .map(|at| FIELDS.into_iter().zip(&model.fields).map(|(name, field)| (name, self.cell(field, at))).collect())
            .collect()
    }

    fn cell(&mut self, field: &Field, row: usize) -> Cell {
        if field.id == "id" {
            return Cell::Integer(row as i64);
        }
        if self.percent(15) {
            return Cell::None;
        }
        match field.ty {
            DataType::Integer => Cell::Integer(self.within(-2, 3)),
            DataType::String => Cell::Text(self.of(&TEXTS).into()),
            DataType::Boolean => Cell::Boolean(self.percent(50)),
            DataType::Float => Cell::Float(self.within(-3, 3) as f64 / 2.0),
            DataType::Date => {
                let day: Date = self.of(&DAYS).parse().unwrap();
                Cell::Day(day + Span::new().days(self.within(-2, 2)))
            }
            DataType::Timestamp => {
                let edge: Timestamp = self.of(&EDGES).parse().unwrap();
                let reach = self.of(&[0, 1, 3_600, 200_000]);
                Cell::Instant(edge + SignedDuration::from_secs(self.within(-reach, reach)))
            }
            _ => Cell::Decimal(i128::from(self.within(-3, 3) * 50)),
        }
    }

    /// Perhaps a limit by one of the fields.
    pub(crate) fn limit(&mut self, model: &Model) -> Option<Value> {
        let fields: Vec<&Field> = model.fields.iter().filter(|field| field.ty.is_number() || field.ty.is_time()).collect();
        let keep = if self.percent(50) { json!({ "rows": self.within(1, 6) }) } else { json!({ "percent": self.within(1, 100) }) };
        let field = json!({ "id": self.of(&fields).id, "descending": self.percent(50) });
        self.percent(30).then(|| json!({ "keep": keep, "order": { "field": field } }))
    }

    /// A group of at most `depth` levels, about the model at `at`, inside a condition about the rows of the model at `parent`.
    pub(crate) fn group(
        &mut self,
        models: &[(ModelId, Model)],
        at: usize,
        parent: Option<usize>,
        members: &[(SegmentId, usize)],
        depth: usize,
    ) -> Value {
        // Mostly one: what stands beside it would hide its answer.
        let count = self.of(&[1, 1, 1, 1, 2, 2, 3, 0]);
        let children: Vec<Value> = (0..count).map(|_| self.node(models, at, parent, members, depth)).collect();
        json!({ "op": self.of(&["and", "or"]), "not": self.percent(20), "children": children })
    }

    fn node(
        &mut self,
        models: &[(ModelId, Model)],
        at: usize,
        parent: Option<usize>,
        members: &[(SegmentId, usize)],
        depth: usize,
    ) -> Value {
        let node = self.asked(models, at, parent, members, depth);
        if self.percent(3) { json!({ "disabled": node }) } else { node }
    }

    fn asked(
        &mut self,
        models: &[(ModelId, Model)],
        at: usize,
        parent: Option<usize>,
        members: &[(SegmentId, usize)],
        depth: usize,
    ) -> Value {
        let model = &models[at].1;
        match self.below(10) {
            0 if depth > 1 => self.group(models, at, parent, members, depth - 1),
            1 | 2 if depth > 1 => match self.sequence(models, at, members, depth - 1) {
                Some(node) => node,
                None => self.related(models, at, members, depth - 1),
            },
            3..=7 if depth > 1 => self.related(models, at, members, depth - 1),
            8 => match members.iter().find(|(_, of)| *of == at) {
                Some((segment, _)) => json!({ "segment": segment, "in": self.of(&["yes", "no"]) }),
                None => self.property(model, None),
            },
            _ => self.property(model, parent.map(|parent| &models[parent].1)),
        }
    }

    pub(super) fn path(&mut self, models: &[(ModelId, Model)], at: usize, hops: usize) -> (Vec<String>, usize) {
        let (mut path, mut last) = (Vec::new(), at);
        for _ in 0..hops {
            let step = self.of(&models[last].1.relationships);
            last = models.iter().position(|(id, _)| *id == step.model).unwrap();
            path.push(step.name);
        }
        (path, last)
    }

    fn related(&mut self, models: &[(ModelId, Model)], at: usize, members: &[(SegmentId, usize)], depth: usize) -> Value {
        let hops = self.of(&[1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 6]);
        let (path, last) = self.path(models, at, hops);
        let model = &models[last].1;
        let mut node = json!({ "path": path });
        if self.percent(50) {
            node["where"] = self.group(models, last, Some(at), members, depth);
        }
        let times: Vec<&Field> = model.fields.iter().filter(|field| field.ty.is_time()).collect();
        let mut timed = model.time_field.is_some();
        if !times.is_empty() && self.percent(25) {
            let field = self.of(&times);
            node["window"] = self.test(field, true);
            if !timed || self.percent(50) {
                node["window"]["field"] = field.id.as_str().into();
                timed = true;
            } else if model.time_field.as_ref() != Some(&field.id) {
                let own = model.field(model.time_field.as_ref().unwrap()).unwrap();
                node["window"] = self.test(own, true);
            }
        }
        if self.percent(35) {
            node["measure"] = self.measure(model);
            return node;
        }
        let n = self.below(3);
        node["quantifier"] = match self.below(if timed { 11 } else { 7 }) {
            0 => json!("any"),
            1 => json!("none"),
            2 => json!({ "at-least": n + 1 }),
            3 => json!({ "exactly": n }),
            4 => json!({ "at-most": n }),
            5 | 6 => {
                node["empty_counts"] = self.percent(50).into();
                json!("all")
            }
            7 => json!({ "at-least-days": n + 1 }),
            8 | 9 => json!("first-ever"),
            _ => json!("last-ever"),
        };
        node
    }

    fn measure(&mut self, model: &Model) -> Value {
        let field = self.of(&model.fields);
        let mut functions = vec!["count-distinct"];
        if field.ty.is_number() {
            functions.extend(["sum", "avg", "min", "max"]);
        } else if field.ty.is_time() {
            functions.extend(["min", "max"]);
        }
        let function = self.of(&functions);
        let integer = Field::plain("n", DataType::Integer);
        let (mut node, function, field) = match function {
            "count-distinct" if self.percent(40) => (self.test(&integer, true), "count", None),
            "count-distinct" => (self.test(&integer, true), function, Some(field.id)),
            // Averages are compared to halves, as text or number.
            "avg" => (self.test(&Field::plain("n", MONEY), true), function, Some(field.id)),
            _ => (self.test(&field, true), function, Some(field.id)),
        };
        if function == "avg" && model.field(field.as_ref().unwrap()).unwrap().ty == DataType::Float {
            node = self.test(&Field::plain("n", DataType::Float), true);
        }
        node.as_object_mut().unwrap().remove("options");
        node["function"] = function.into();
        if let Some(field) = field {
            node["field"] = field.into();
        }
        node
    }

    fn property(&mut self, model: &Model, parent: Option<&Model>) -> Value {
        let field = self.of(&model.fields);
        let compares = match field.ty {
            DataType::Boolean => &["is", "is-not"][..],
            DataType::String => &["is", "is-not", "contains", "starts-with", "does-not-end-with"],
            DataType::Date | DataType::Timestamp => &["is", "is-not", "before", "on-or-after"],
            _ => &["is", "is-not", "greater-than", "at-most"],
        };
        let of_type = |model: &Model| -> Vec<String> {
            model.fields.iter().filter(|other| other.ty == field.ty).map(|other| other.id.clone()).collect()
        };
        if let Some(parent) = parent
            && self.percent(35)
            && let others = of_type(parent)
            && !others.is_empty()
        {
            let other = self.of(&others);
            return json!({ "field": field.id, "operator": self.of(compares), "value_ref": { "parent": other } });
        }
        if self.percent(10) {
            return json!({ "field": field.id, "operator": self.of(compares), "value_ref": self.of(&of_type(model)) });
        }
        let mut node = self.test(&field, false);
        node["field"] = field.id.into();
        node
    }

    /// Operator and value for a field; `compared`: only what measures and windows allow.
    fn test(&mut self, field: &Field, compared: bool) -> Value {
        if !compared && self.percent(8) {
            return json!({ "operator": self.of(&["has-any-value", "has-no-value"]) });
        }
        if !compared && field.ty.is_number() && self.percent(8) {
            return json!({ "operator": self.of(&["in-top-percent", "in-bottom-percent"]), "value": self.within(1, 100) });
        }
        let number = |this: &mut Self, ty| match ty {
            DataType::Integer => json!(this.within(-2, 3)),
            DataType::Float => json!(this.within(-3, 3) as f64 / 2.0),
            _ => json!(format!("{}.{}", this.within(0, 2), this.of(&["00", "50"]))),
        };
        match field.ty {
            DataType::Boolean => json!({ "operator": self.of(&["is", "is-not"]), "value": self.percent(50) }),
            DataType::String => {
                let options = if self.percent(30) { json!({ "case_insensitive": true }) } else { json!({}) };
                if self.percent(25) {
                    let list: Vec<_> = (0..self.below(3) + 1).map(|_| self.of(&TEXTS)).collect();
                    return json!({ "operator": self.of(&["is-any-of", "is-none-of", "contains-any-of"]), "value": list, "options": options });
                }
                let operator = self.of(&["is", "is-not", "contains", "does-not-contain", "starts-with", "ends-with"]);
                json!({ "operator": operator, "value": self.of(&TEXTS), "options": options })
            }
            DataType::Date | DataType::Timestamp => self.time_test(field.ty, compared),
            ty if self.percent(15) => {
                let list: Vec<_> = (0..self.below(3) + 1).map(|_| number(self, ty)).collect();
                json!({ "operator": self.of(&["is-any-of", "is-none-of"]), "value": list })
            }
            ty => {
                let operator = self.of(&["is", "is-not", "greater-than", "at-least", "less-than", "at-most"]);
                json!({ "operator": operator, "value": number(self, ty) })
            }
        }
    }

    fn time_test(&mut self, ty: DataType, compared: bool) -> Value {
        let amount = self.within(1, 3);
        match self.below(6) {
            0 if !compared => json!({ "operator": "anniversary", "value": self.within(0, 10) }),
            0 | 1 => json!({ "operator": self.of(&["in-the-past", "in-the-future"]) }),
            2 | 3 => {
                let operator = self.of(&["is", "is-not", "before", "after", "on-or-before", "on-or-after"]);
                json!({ "operator": operator, "value": self.of(&DAYS) })
            }
            4 => {
                let operator = self.of(&["in-the-last", "not-in-the-last", "in-the-next", "more-than-ago"]);
                let units: &[&str] = if ty == DataType::Date {
                    &["days", "weeks", "months"]
                } else {
                    &["hours", "days", "weeks", "months", "years"]
                };
                json!({ "operator": operator, "value": { "amount": amount, "unit": self.of(units) } })
            }
            _ => {
                let from = self.within(0, 2);
                json!({ "operator": "between-ago", "value": { "from": from, "to": from + amount, "unit": self.of(&["days", "weeks"]) } })
            }
        }
    }
}

pub(crate) fn source(at: usize) -> sluice_catalog::ids::SourceId {
    sluice_catalog::ids::SourceId::new(at as u64 % 2 + 1, 1)
}

pub(crate) fn model_id(at: usize) -> ModelId {
    ModelId::new(at as u64 + 1, 1)
}

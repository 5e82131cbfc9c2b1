//! Why a record is in a segment, or why not: every condition with its answer for the rows of one key, and the related rows that it found.

use std::collections::BTreeSet;

use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use futures::TryStreamExt;
use serde_json::{Map, Value};
use sluice_catalog::{
    condition::{At, Checked, Group, Node, Operator, Options, Property, Quantifier, Reach, Related, sentence},
    model::Field,
    size::SizeLimit,
};

use super::{Analysis, joined};
use crate::{Query, QueryError, calculated::Models, compile, limits::MATCHED_ROWS_SHOWN, preview};

/// What the conditions say about a key.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Why {
    /// Rows of the model with this key; none when there is no such record.
    pub rows: u64,
    /// Whether one of them is in the segment.
    pub inside: bool,
    /// Every group and condition about the record, from the outside in, and the size limit at last.
    pub reasons: Vec<Reason>,
}

/// A condition and its answer.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Reason {
    /// JSON pointer to the condition, in the segment.
    pub pointer: String,
    /// In words.
    pub words: String,
    /// Whether it holds for one of the rows.
    pub holds: bool,
    /// For a condition on related rows: those that satisfy window and `where`. For a sequence: those of each step, whatever their order.
    pub matched: Vec<Matched>,
}

/// Related rows that satisfy a condition.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Matched {
    /// JSON pointer to the condition or step, in the segment.
    pub pointer: String,
    /// How many.
    pub rows: u64,
    /// The first five by their primary key: field id to value. Hidden and calculated fields are left out, personal data
    /// is masked.
    pub sample: Vec<Map<String, Value>>,
}

impl Analysis {
    /// Why the record with this key is in the segment, or why not. `key`: a value for each field of the primary key, in its order, as in
    /// a condition. Errors: [`QueryError::Condition`] where a value does not fit its field.
    pub async fn why(&self, condition: &Group, limit: Option<&SizeLimit>, key: &[Value]) -> Result<Why, QueryError> {
        let key = key_condition(&self.model.primary_key, key);
        let mut found = Vec::new();
        nodes(condition, "/condition/root", &mut found);
        let asked: Vec<Group> = std::iter::once(key.clone())
            .chain(found.iter().map(|(_, node)| joined([Node::Group(key.clone()), node.clone()])))
            .collect();
        let (counts, _) = self.counts(&asked).await?;
        let (rows, counts) = counts.split_first().map_or((0, [].as_slice()), |(rows, counts)| (*rows, counts));
        let mut inside = counts.first().is_some_and(|count| *count > 0);
        let mut reasons = Vec::with_capacity(found.len() + 1);
        for ((pointer, node), count) in found.into_iter().zip(counts) {
            let words = match &node {
                Node::Group(group) => sentence(group, &self.model, &self.around.context),
                other => sentence(&joined([other.clone()]), &self.model, &self.around.context),
            };
            let mut matched = Vec::new();
            for (place, related) in related(&node) {
                matched.push(self.matched(format!("{pointer}{place}"), related, &key).await?);
            }
            reasons.push(Reason { pointer, words, holds: *count > 0, matched });
        }
        if let Some(limit) = limit {
            let kept = self.query(Some(condition), Some(limit)).await?;
            let test = self.query(Some(&key), None).await?.condition;
            let plan = kept.filtered()?;
            let plan = match test {
                None => Ok(plan),
                Some(test) => LogicalPlanBuilder::from(plan).filter(test).and_then(LogicalPlanBuilder::build),
            };
            inside = kept.rows_of(plan.map_err(|error| kept.explain_error(&error))?).await? > 0;
            let words = limit.words(&self.model);
            reasons.push(Reason { pointer: "/limit".into(), words, holds: inside, matched: Vec::new() });
        }
        Ok(Why { rows, inside, reasons })
    }

    /// The related rows of the records with a key that satisfy a condition.
    async fn matched(&self, pointer: String, related: Related, key: &Group) -> Result<Matched, QueryError> {
        let group = joined([Node::Related(related)]);
        let query = self.query(Some(&joined([Node::Group(key.clone()), Node::Group(group.clone())])), None).await?;
        let checked = group.check(&self.model, &self.around.context).map_err(QueryError::Condition)?;
        let Some(reach) = reach(&checked) else { return Err(surprise()) };
        let last = reach.hops.last().and_then(|hop| self.around.context.models.get(&hop.model)).ok_or_else(surprise)?;
        let joined_by: Vec<&str> = checked
            .uses(&self.model, &self.around.context)
            .into_iter()
            .filter(|place| place.0.is_none())
            .map(|place| self.model.fields[place.1].id.as_str())
            .collect();
        let records = self.asking(Some(key), None, &joined_by).await?.filtered()?;
        let at = At::new(self.now, &self.zone);
        let models =
            Box::pin(Models::open(&self.around, &self.source, &self.model, Some(&checked), BTreeSet::new(), &at, self.now)).await?;
        let others = models.others(None, &checked)?;
        let plan = compile::matched(records, &self.model, reach, &at, &self.around.context, &others)
            .map_err(|error| query.explain_error(&error))?;
        let rows = query.rows_of(plan.clone()).await?;
        let shown: Vec<&Field> = last.fields.iter().filter(|field| !field.hidden && field.calculated.is_none()).collect();
        let sample = query.first_rows(plan, &last.primary_key, &shown).await?;
        Ok(Matched { pointer, rows, sample })
    }
}

impl Query {
    /// The first rows of a plan by its primary key.
    async fn first_rows(
        &self,
        plan: LogicalPlan,
        key: &[String],
        fields: &[&Field],
    ) -> Result<Vec<Map<String, Value>>, QueryError> {
        let order = key.iter().map(|id| compile::column_named(id).sort(true, false));
        let plan = LogicalPlanBuilder::from(plan)
            .sort_with_limit(order, Some(MATCHED_ROWS_SHOWN))
            .and_then(|plan| plan.project(fields.iter().map(|field| compile::column_named(&field.id))))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let mut rows = self.run(&plan, fields, (0..fields.len()).collect()).await?;
        let mut sample = Vec::new();
        while let Some(batch) = rows.try_next().await? {
            sample.extend((0..batch.num_rows()).map(|row| preview::object(&batch, row, fields, 0)));
        }
        Ok(sample)
    }
}

/// That a record has this key.
pub(super) fn key_condition(fields: &[String], key: &[Value]) -> Group {
    joined(fields.iter().zip(key).map(|(field, value)| {
        Node::Property(Property {
            field: field.clone(),
            operator: Operator::Is,
            value: Some(value.clone()),
            value_ref: None,
            options: Options::default(),
        })
    }))
}

/// A group and what stands in it, about the record itself; what is disabled is left out.
fn nodes(group: &Group, at: &str, found: &mut Vec<(String, Node)>) {
    found.push((at.to_owned(), Node::Group(group.clone())));
    for (index, child) in group.children.iter().enumerate() {
        let at = format!("{at}/children/{index}");
        match child {
            Node::Group(group) => nodes(group, &at, found),
            Node::Property(_) | Node::Related(_) | Node::Member(_) | Node::Sequence(_) => found.push((at, child.clone())),
            Node::Disabled(_) => {}
        }
    }
}

/// The conditions of a node that related rows satisfy, each with its place inside of the node.
fn related(node: &Node) -> Vec<(String, Related)> {
    let any = |path: &[String], filter: &Option<Group>| Related {
        path: path.to_vec(),
        quantifier: Some(Quantifier::Any),
        measure: None,
        filter: filter.clone(),
        window: None,
        empty_counts: false,
    };
    match node {
        Node::Related(related) => {
            let window = related.window.clone();
            vec![(String::new(), Related { window, ..any(&related.path, &related.filter) })]
        }
        Node::Sequence(sequence) => {
            let steps = sequence.steps.iter().enumerate();
            steps.map(|(at, step)| (format!("/steps/{at}"), any(&step.path, &step.filter))).collect()
        }
        Node::Group(_) | Node::Property(_) | Node::Member(_) | Node::Disabled(_) => Vec::new(),
    }
}

/// The one condition on related rows of a group made for it.
fn reach(checked: &Checked) -> Option<&Reach> {
    match checked {
        Checked::All(children) => children.iter().find_map(reach),
        Checked::Reach(reach) => Some(reach),
        Checked::Any(_) | Checked::Not(_) | Checked::Leaf(_) | Checked::Member(_) | Checked::Listed(_) | Checked::Sequence(_) => {
            None
        }
    }
}

fn surprise() -> QueryError {
    QueryError::Failed { why: "a condition on related rows was not one".into() }
}

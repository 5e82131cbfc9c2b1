//! The funnel: how many rows remain after each condition of a list that is joined by "and".

use sluice_catalog::{
    condition::{Conjunction, Group, Node, Operator, Options, Property, sentence},
    size::SizeLimit,
};

use super::{Analysis, joined};
use crate::QueryError;

/// What each condition leaves.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Funnel {
    /// Rows of the model.
    pub total: u64,
    /// In the order of the conditions. Of a tree whose outermost group is not a plain "and", the tree as a whole is the one stage.
    pub stages: Vec<Stage>,
}

/// One condition, and what is left after it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stage {
    /// JSON pointer to the condition, in the segment.
    pub pointer: String,
    /// In words.
    pub words: String,
    /// Rows that satisfy it and every condition before it; exact.
    pub remaining: u64,
    /// Of a negative condition on a field: rows among these that have no value there, and are in because of that.
    pub without_value: Option<u64>,
}

impl Analysis {
    /// The funnel of a condition, with the size limit as its last stage. Conditions about the row alone take one pass together; each
    /// other one takes a pass of its own.
    pub async fn funnel(&self, condition: &Group, limit: Option<&SizeLimit>) -> Result<Funnel, QueryError> {
        let children: Vec<(String, Node)> = if condition.op == Conjunction::And && !condition.not {
            let places = condition.children.iter().enumerate();
            let asked = places.filter(|(_, child)| !matches!(child, Node::Disabled(_)));
            asked.map(|(at, child)| (format!("/condition/root/children/{at}"), child.clone())).collect()
        } else {
            vec![("/condition/root".into(), Node::Group(condition.clone()))]
        };
        let before = |end: usize| joined(children[..end].iter().map(|(_, child)| child.clone()));
        let mut asked = Vec::new();
        for (at, (_, child)) in children.iter().enumerate() {
            asked.push(before(at + 1));
            if let Some(nothing) = nothing(child) {
                asked.push(joined([Node::Group(before(at + 1)), Node::Property(nothing)]));
            }
        }
        let (counts, total) = self.counts(&asked).await?;
        let mut counts = counts.into_iter();
        let mut stages = Vec::with_capacity(children.len() + 1);
        for (pointer, child) in &children {
            let words = match child {
                Node::Group(group) => sentence(group, &self.model, &self.around.context),
                other => sentence(&joined([other.clone()]), &self.model, &self.around.context),
            };
            let remaining = counts.next().unwrap_or(0);
            let without_value = nothing(child).and_then(|_| counts.next());
            stages.push(Stage { pointer: pointer.clone(), words, remaining, without_value });
        }
        if let Some(limit) = limit {
            let query = self.query(Some(condition), Some(limit)).await?;
            let remaining = query.rows_of(query.filtered()?).await?;
            let words = limit.words(&self.model);
            stages.push(Stage { pointer: "/limit".into(), words, remaining, without_value: None });
        }
        Ok(Funnel { total, stages })
    }
}

/// For a negative condition on a field: that the field has no value.
fn nothing(child: &Node) -> Option<Property> {
    let Node::Property(property) = child else { return None };
    let negative = matches!(
        property.operator,
        Operator::IsNot
            | Operator::IsNoneOf
            | Operator::DoesNotContain
            | Operator::ContainsNoneOf
            | Operator::DoesNotStartWith
            | Operator::DoesNotEndWith
            | Operator::NotBetween
            | Operator::NotInTheLast
    );
    negative.then(|| Property {
        field: property.field.clone(),
        operator: Operator::HasNoValue,
        value: None,
        value_ref: None,
        options: Options::default(),
    })
}

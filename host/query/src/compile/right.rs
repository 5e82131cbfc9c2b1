//! Right sides: sub-plans that list the keys of the records for which something holds, and the expression that looks a record up.
//!
//! Always alias(project(filter(alias(rows)))), never with a null in a key. One key field is looked up by `k IS NOT NULL AND k IN (…)`,
//! which is two-valued and uncorrelated; several, or fields of the record beside them, by EXISTS with one equality each.

use std::sync::Arc;

use datafusion::{
    common::{Column, Result, ScalarValue},
    functions::core::expr_fn::coalesce,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, exists, in_subquery, lit, out_ref_col},
};
use sluice_catalog::{model::Model, types::DataType};

use super::leaf;
use crate::types::plan_type;

/// What a right side lists: fields of the record.
pub(super) struct Key<'a> {
    pub(super) model: &'a Model,
    /// Positions of the fields that identify; never null in a right side.
    pub(super) fields: Vec<usize>,
    /// Positions of fields that were compared with; null is a value like others here.
    pub(super) parents: Vec<usize>,
}

/// Name of a key's part in links and right sides.
pub(super) fn key_name(at: usize) -> String {
    format!("__key_{at}")
}

/// Name of a field of the record in links, by its position in the record's model.
pub(super) fn parent_name(field: usize) -> String {
    format!("__parent_{field}")
}

/// A column of ours, or a field, in the plan at hand.
pub(crate) fn own(name: impl Into<String>) -> Expr {
    Expr::Column(Column::new_unqualified(name.into()))
}

/// No part of a key is null.
pub(crate) fn keyed(keys: &[Expr]) -> Expr {
    let mut parts: Vec<Expr> = Vec::with_capacity(keys.len());
    for part in keys.iter().map(|key| key.clone().is_not_null()) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.into_iter().reduce(Expr::and).expect("a key has at least one part")
}

/// No part of a key is null, and a condition holds; of a filter.
pub(super) fn keyed_and(keys: &[Expr], met: Expr) -> Expr {
    if met == lit(true) { keyed(keys) } else { keyed(keys).and(leaf::asked(met)) }
}

impl Key<'_> {
    /// The right side: `plan` is filtered; `keys` and `parents` are its columns for the parts of this key.
    pub(super) fn right(&self, plan: LogicalPlan, keys: Vec<Expr>, parents: Vec<Expr>, name: String) -> Result<LogicalPlan> {
        let mut columns: Vec<Expr> = keys.into_iter().enumerate().map(|(at, key)| key.alias(key_name(at))).collect();
        for (parent, field) in parents.into_iter().zip(&self.parents) {
            columns.push(coalesce(vec![parent.clone(), self.nothing(*field)]).alias(value_name(*field)));
            columns.push(parent.is_null().alias(null_name(*field)));
        }
        LogicalPlanBuilder::from(plan).project(columns)?.alias(name)?.build()
    }

    /// Whether the record of `plan` is listed in `right`; true or false, never null.
    pub(super) fn listed(&self, right: LogicalPlan, plan: &LogicalPlan) -> Result<Expr> {
        if let ([field], true) = (self.fields.as_slice(), self.parents.is_empty()) {
            let key = leaf::column(self.model, *field);
            return Ok(key.clone().is_not_null().and(in_subquery(key, Arc::new(right))));
        }
        let outer = |field: usize| -> Result<Expr> {
            let (qualifier, found) = plan.schema().qualified_field_with_unqualified_name(&self.model.fields[field].id)?;
            Ok(out_ref_col(found.data_type().clone(), Column::new(qualifier.cloned(), found.name())))
        };
        let mut equal = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            equal.push(own(key_name(at)).eq(outer(*field)?));
        }
        for field in &self.parents {
            equal.push(own(value_name(*field)).eq(coalesce(vec![outer(*field)?, self.nothing(*field)])));
            equal.push(own(null_name(*field)).eq(outer(*field)?.is_null()));
        }
        let equal = equal.into_iter().reduce(Expr::and).expect("a key has at least one part");
        Ok(exists(Arc::new(LogicalPlanBuilder::from(right).filter(equal)?.build()?)))
    }

    /// What stands for null in a comparison that also compares whether there is a value.
    pub(super) fn nothing(&self, field: usize) -> Expr {
        let ty = plan_type(self.model.fields[field].ty);
        let value = match self.model.fields[field].ty {
            DataType::String | DataType::Json | DataType::Array => Ok(ScalarValue::from("")),
            DataType::Boolean => Ok(ScalarValue::from(false)),
            DataType::Date => Ok(ScalarValue::Date32(Some(0))),
            DataType::Integer | DataType::Decimal { .. } | DataType::Float | DataType::Timestamp => ScalarValue::new_zero(&ty),
        };
        Expr::Literal(value.expect("every type of a plan has a zero"), None)
    }
}

fn value_name(field: usize) -> String {
    format!("__value_{field}")
}

fn null_name(field: usize) -> String {
    format!("__null_{field}")
}

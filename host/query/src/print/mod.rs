//! A plan as one SELECT, for plans that lie wholly in one warehouse: the second back end of the one compiler.
//!
//! The plan is printed as built, before any optimiser has touched it. Every node becomes a SELECT over derived tables, so that no rule
//! about what may stand beside what is needed; the server flattens them again. Nothing is printed by halves: a node, an expression, a
//! type or a name that this module does not know for certain to mean the same at the server is refused, and that part of a plan runs in
//! process. What differs between databases stands in [`spoken`]; all else is written once.
//! Why a printer of our own: docs/decisions/0010.

mod call;
mod expr;
mod leaf;
mod literal;
mod plan;
mod spoken;

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::{
    common::Column,
    logical_expr::{Expr, LogicalPlan},
};

use crate::warehouse::Leaf;
use leaf::Written;
use plan::Printer;

/// Why a plan is not printed. A sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) String);

impl Refused {
    fn because<T>(why: impl Into<String>) -> Result<T, Self> {
        Err(Self(why.into()))
    }
}

impl From<datafusion::error::DataFusionError> for Refused {
    /// The engine's own words may hold names only; a person is told that the plan is at fault, not the condition.
    fn from(_: datafusion::error::DataFusionError) -> Self {
        Self("the plan names a column that is not there".into())
    }
}

/// A statement that gives what a plan gives.
#[derive(Debug, Clone)]
pub(crate) struct Printed {
    /// One SELECT.
    pub(crate) text: String,
    /// What it gives, in order.
    pub(crate) columns: Vec<FieldRef>,
    /// The columns of the plan, made of those of the statement: most are one of them.
    pub(crate) outputs: Vec<Expr>,
    /// One of the tables that it reads; the others are of the same source.
    pub(crate) table: Leaf,
}

/// The plan as one SELECT. Refused when it reads two sources, a source that runs no SQL, or what has no certain form in SQL.
pub(crate) fn select(plan: &LogicalPlan) -> Result<Printed, Refused> {
    let printer = Printer::new(plan)?;
    let selected = printer.select(plan, None)?;
    let Some(table) = printer.table() else { return Refused::because("it reads nothing of a source that runs SQL") };
    let names = printer.names(plan.schema())?;
    let (mut columns, mut outputs): (Vec<FieldRef>, Vec<Expr>) = (Vec::new(), Vec::new());
    for ((written, name), field) in selected.columns.into_iter().zip(names).zip(plan.schema().fields()) {
        let first = columns.len();
        let output = match written {
            Written::Not(why) => return Refused::because(why),
            Written::Later(later) => {
                columns.extend(later.inputs.iter().map(|input| named(&input.field, &input.text)));
                leaf::over(later.expr, &columns[first..])?
            }
            Written::As(_) | Written::Number(_) | Written::Zoned(_) | Written::Carried { .. } => {
                columns.push(named(field, &name));
                Expr::Column(Column::new_unqualified(name))
            }
        };
        outputs.push(output);
    }
    Ok(Printed { text: printer.sized(selected.text, &columns)?, columns, outputs, table })
}

fn named(field: &FieldRef, name: &str) -> FieldRef {
    Arc::new(field.as_ref().clone().with_name(name))
}

impl Printer {
    /// Through a group or a window a number loses its declared size, which says what it is to be read as.
    fn sized(&self, text: String, columns: &[FieldRef]) -> Result<String, Refused> {
        if !columns.iter().any(|column| matches!(column.data_type(), DataType::Decimal128(..))) {
            return Ok(text);
        }
        let column = |column: &FieldRef| {
            let name = self.spoken.name(column.name())?;
            match column.data_type() {
                ty @ DataType::Decimal128(..) => Ok(format!("{} AS {name}", self.cast_to(&name, ty)?)),
                _ => Ok(name),
            }
        };
        let columns: Vec<String> = columns.iter().map(column).collect::<Result<_, Refused>>()?;
        Ok(format!("SELECT {} FROM ({text}) AS result", columns.join(", ")))
    }
}

/// Whether a filter over a plan has a form in SQL. Of the plan's columns only those that it names matter.
pub(crate) fn filters(input: &LogicalPlan, predicate: &Expr) -> bool {
    Printer::new(input).is_ok_and(|printer| printer.filter(input, predicate).is_ok())
}

#[cfg(test)]
mod tests;

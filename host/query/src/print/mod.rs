//! A plan as one SELECT of PostgreSQL, for plans that lie wholly in one warehouse: the second back end of the one compiler.
//!
//! The plan is printed as built, before any optimiser has touched it. Every node becomes a SELECT over derived tables, so that no rule
//! about what may stand beside what is needed; the server flattens them again. Nothing is printed by halves: a node, an expression, a
//! type or a name that this module does not know for certain to mean the same at the server is refused, and the plan runs in process.
//! Why a printer of our own: docs/decisions/0010.

mod call;
mod expr;
mod leaf;
mod literal;
mod plan;
mod quote;

use arrow::datatypes::DataType;
use datafusion::logical_expr::LogicalPlan;

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

/// The plan as one SELECT. Refused when it reads two sources, a source that runs no SQL, or what has no certain form in SQL.
pub(crate) fn select(plan: &LogicalPlan) -> Result<String, Refused> {
    let printer = plan::Printer::default();
    let mut text = printer.select(plan, None)?;
    let fields = plan.schema().fields();
    // Through a group or a window a number loses its declared size, which says what it is to be read as.
    if fields.iter().any(|field| matches!(field.data_type(), DataType::Decimal128(..))) {
        let names = plan::names(plan.schema())?;
        let column = |(name, field): (&String, &arrow::datatypes::FieldRef)| match field.data_type() {
            ty @ DataType::Decimal128(..) => Ok(format!("CAST({name} AS {}) AS {name}", literal::type_name(ty)?)),
            _ => Ok(name.clone()),
        };
        let columns: Vec<String> = names.iter().zip(fields).map(column).collect::<Result<_, Refused>>()?;
        text = format!("SELECT {} FROM ({text}) AS \"result\"", columns.join(", "));
    }
    if !printer.reads() {
        return Refused::because("it reads nothing of a source that runs SQL");
    }
    Ok(text)
}

#[cfg(test)]
mod tests;

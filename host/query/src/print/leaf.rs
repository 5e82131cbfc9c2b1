//! Columns of a warehouse's table as the plan means them. Only types whose comparison at the server is known to be the plan's.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::{
    common::{
        Column, ExprSchema,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::Expr,
};
use sluice_catalog::columnar::SOURCE_TYPE;

use super::{Refused, plan::Scope, spoken::Spoken};

/// How a column of a plan is written. All but the first are what the server's own operators do not treat as the plan does: such a
/// column goes through a SELECT as it is, and nothing else is done with it there.
#[derive(Debug, Clone)]
pub(super) enum Written {
    /// An expression of the column's type in the plan.
    As(String),
    /// An exact number without a declared size, which the plan knows as a text that is cast.
    Number(String),
    /// An instant with a zone.
    Zoned(String),
    /// Of a type that compares in a way of its own there.
    Carried { text: String, ty: String },
    /// By the host, of what the SELECT gives.
    Later(Later),
    /// Not at all, and why.
    Not(String),
}

/// A column that the host makes of others, row by row: what has no form in SQL and is not asked for there.
#[derive(Debug, Clone)]
pub(super) struct Later {
    /// Over columns that are called by the positions of the inputs.
    pub(super) expr: Expr,
    pub(super) inputs: Vec<Input>,
    /// Why it has no form in SQL.
    pub(super) why: String,
}

/// A column that something is made of.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) text: String,
    pub(super) field: FieldRef,
}

impl Written {
    /// What stands in a SELECT list.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::As(text) | Self::Number(text) | Self::Zoned(text) | Self::Carried { text, .. } => Some(text),
            Self::Later(_) | Self::Not(_) => None,
        }
    }

    /// What may be compared, counted and computed with.
    pub(super) fn plain(&self) -> Result<String, Refused> {
        match self {
            Self::As(text) => Ok(text.clone()),
            Self::Number(_) => Refused::because("a number without a declared size is read as text in process"),
            Self::Zoned(_) => Refused::because("an instant with a zone is not compared as it is"),
            Self::Carried { ty, .. } => Refused::because(format!("a column of type {ty} is compared in process")),
            Self::Later(Later { why, .. }) | Self::Not(why) => Refused::because(why),
        }
    }

    /// The same under another name.
    fn called(self, name: String) -> Self {
        match self {
            Self::As(_) => Self::As(name),
            Self::Number(_) => Self::Number(name),
            Self::Zoned(_) => Self::Zoned(name),
            Self::Carried { ty, .. } => Self::Carried { text: name, ty },
            Self::Later(_) | Self::Not(_) => self,
        }
    }

    /// The items of a SELECT list that stand for the column at `at`, which is called `name`, and how it is found in that list.
    pub(super) fn item(self, at: usize, name: String) -> (Vec<String>, Self) {
        match self {
            Self::Later(Later { expr, inputs, why }) => {
                let called = |part| format!("input_{at}_{part}");
                let items = inputs.iter().enumerate().map(|(part, input)| format!("{} AS {}", input.text, called(part))).collect();
                let inputs = inputs.into_iter().enumerate().map(|(part, input)| Input { text: called(part), ..input }).collect();
                (items, Self::Later(Later { expr, inputs, why }))
            }
            other => {
                let items = other.text().map(|text| format!("{text} AS {name}")).into_iter().collect();
                (items, other.called(name))
            }
        }
    }

    /// A column of a derived table.
    pub(super) fn of(self, table: &str) -> Self {
        match self {
            Self::Later(Later { expr, inputs, why }) => {
                let of = |input: Input| Input { text: format!("{table}.{}", input.text), ..input };
                Self::Later(Later { expr, inputs: inputs.into_iter().map(of).collect(), why })
            }
            other => {
                let name = other.text().map(|name| format!("{table}.{name}")).unwrap_or_default();
                other.called(name)
            }
        }
    }
}

impl Later {
    /// The expression, if it is made of nothing but columns of the row at hand that go through a SELECT.
    pub(super) fn of(expr: &Expr, why: &str, scope: &Scope<'_>) -> Option<Self> {
        let mut inputs: Vec<Input> = Vec::new();
        let mut possible = true;
        let made = expr.clone().transform_down(|part| {
            Ok(match part {
                Expr::Column(column) => match scope.column(&column) {
                    Ok(Written::Later(inner)) => {
                        let first = inputs.len();
                        inputs.extend(inner.inputs.iter().cloned());
                        let shifted = inner.expr.clone().transform(|part| shifted(part, first))?;
                        Transformed::new(shifted.data, true, TreeNodeRecursion::Jump)
                    }
                    Ok(written) => {
                        possible &= written.text().is_some();
                        let text = written.text().unwrap_or_default().to_owned();
                        inputs.push(Input { text, field: Arc::clone(scope.schema.field_from_column(&column)?) });
                        Transformed::new(place(inputs.len() - 1), true, TreeNodeRecursion::Jump)
                    }
                    Err(_) => {
                        possible = false;
                        Transformed::no(Expr::Column(column))
                    }
                },
                Expr::OuterReferenceColumn(..)
                | Expr::InSubquery(_)
                | Expr::Exists(_)
                | Expr::ScalarSubquery(_)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_) => {
                    possible = false;
                    Transformed::no(part)
                }
                other => Transformed::no(other),
            })
        });
        let expr = made.ok().filter(|_| possible)?.data.unalias();
        Some(Self { expr, inputs, why: why.to_owned() })
    }
}

/// The column that stands for an input.
pub(super) fn place(at: usize) -> Expr {
    Expr::Column(Column::new_unqualified(at.to_string()))
}

/// An expression of [`Later`] over the columns that its inputs have become.
pub(super) fn over(expr: Expr, columns: &[FieldRef]) -> Result<Expr, Refused> {
    let made = expr.transform(|part| {
        let at = match &part {
            Expr::Column(column) => column.name.parse::<usize>().ok(),
            _ => None,
        };
        Ok(match at.and_then(|at| columns.get(at)) {
            Some(column) => Transformed::yes(Expr::Column(Column::new_unqualified(column.name()))),
            None => Transformed::no(part),
        })
    });
    Ok(made?.data)
}

fn shifted(part: Expr, by: usize) -> datafusion::common::Result<Transformed<Expr>> {
    Ok(match &part {
        Expr::Column(column) => match column.name.parse::<usize>() {
            Ok(at) => Transformed::yes(place(at + by)),
            Err(_) => Transformed::no(part),
        },
        _ => Transformed::no(part),
    })
}

/// A column of the table that goes by `alias` there.
pub(super) fn column(spoken: &dyn Spoken, alias: &str, field: &Field) -> Written {
    let source_type = field.metadata().get(SOURCE_TYPE).map_or("", String::as_str);
    match spoken.name(field.name()) {
        Err(Refused(why)) => Written::Not(why),
        Ok(_) if *field.data_type() == DataType::Binary => Written::Not(format!("a column of type {source_type} is not read")),
        Ok(name) => spoken.column(format!("{alias}.{name}"), source_type, field),
    }
}

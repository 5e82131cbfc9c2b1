//! Nodes of a plan. A node is either a SELECT of its own or a body, from which the SELECT above it reads: filters, aliases and inner
//! joins add to a body, everything else is a derived table in it.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    sync::Arc,
};

use datafusion::{
    catalog::default_table_source::source_as_provider,
    common::{Column, DFSchema, DFSchemaRef, JoinType, NullEquality},
    logical_expr::{Aggregate, Distinct, Expr, FetchType, Join, LogicalPlan, Projection, SkipType, TableScan, Window},
};

use super::{
    Refused,
    leaf::{self, Written},
    quote,
};
use crate::warehouse::{Leaf, Warehouse};

/// The columns that an expression may name.
pub(super) struct Scope<'a> {
    pub(super) schema: DFSchemaRef,
    columns: Vec<Written>,
    /// Of the SELECT around, inside of IN and EXISTS.
    pub(super) outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    pub(super) fn column(&self, column: &Column) -> Result<&Written, Refused> {
        Ok(&self.columns[self.schema.index_of_column(column)?])
    }
}

/// What stands behind FROM and WHERE.
struct Body<'a> {
    from: String,
    filters: Vec<String>,
    scope: Scope<'a>,
}

impl Body<'_> {
    fn selecting(&self, columns: &str) -> String {
        let filters = if self.filters.is_empty() { String::new() } else { format!(" WHERE {}", self.filters.join(" AND ")) };
        format!("SELECT {columns} FROM {}{filters}", self.from)
    }
}

/// State of one printing.
#[derive(Default)]
pub(super) struct Printer {
    aliases: Cell<usize>,
    warehouse: RefCell<Option<Arc<dyn Warehouse>>>,
}

/// The quoted names of a node's columns in its SELECT: their own where those are different.
pub(super) fn names(schema: &DFSchema) -> Result<Vec<String>, Refused> {
    let names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    let different = names.iter().collect::<HashSet<_>>().len() == names.len();
    let name = |(at, name): (usize, &&String)| match quote::name(name) {
        Ok(name) if different => name,
        _ => format!("\"column_{at}\""),
    };
    let quoted: Vec<String> = names.iter().enumerate().map(name).collect();
    if quoted.iter().collect::<HashSet<_>>().len() != quoted.len() {
        return Refused::because("two columns would have one name");
    }
    Ok(quoted)
}

impl Printer {
    /// Whether there was a table in what was printed.
    pub(super) fn reads(&self) -> bool {
        self.warehouse.borrow().is_some()
    }

    fn alias(&self) -> String {
        self.aliases.set(self.aliases.get() + 1);
        format!("\"t{}\"", self.aliases.get())
    }

    /// The node as a SELECT whose columns have the [`names`] of its schema. `outer`: what the SELECT around offers.
    pub(super) fn select(&self, plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Result<String, Refused> {
        match plan {
            LogicalPlan::Projection(Projection { expr, input, schema, .. }) => {
                let body = self.body(input, outer)?;
                Ok(body.selecting(&self.listed(expr, &body.scope, schema)?))
            }
            LogicalPlan::Aggregate(Aggregate { input, group_expr, aggr_expr, schema, .. }) => {
                let body = self.body(input, outer)?;
                let all: Vec<Expr> = group_expr.iter().chain(aggr_expr).cloned().collect();
                let selected = body.selecting(&self.listed(&all, &body.scope, schema)?);
                let places: Vec<String> = (1..=group_expr.len()).map(|at| at.to_string()).collect();
                Ok(if places.is_empty() { selected } else { format!("{selected} GROUP BY {}", places.join(", ")) })
            }
            LogicalPlan::Window(Window { input, window_expr, schema }) => {
                let body = self.body(input, outer)?;
                let all: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).chain(window_expr.clone()).collect();
                Ok(body.selecting(&self.listed(&all, &body.scope, schema)?))
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let body = self.body(input, outer)?;
                Ok(body.selecting(&format!("DISTINCT {}", self.everything(&body.scope)?)))
            }
            LogicalPlan::Sort(sort) => {
                let body = self.body(&sort.input, outer)?;
                let order = self.order(&sort.expr, &body.scope)?;
                let selected = body.selecting(&self.everything(&body.scope)?);
                let limit = sort.fetch.map_or_else(String::new, |rows| format!(" LIMIT {rows}"));
                Ok(format!("{selected} ORDER BY {order}{limit}"))
            }
            LogicalPlan::Limit(limit) => match (limit.get_skip_type()?, limit.get_fetch_type()?) {
                (SkipType::Literal(0), FetchType::Literal(Some(rows))) => {
                    // Below a sort the order has to stand in the same SELECT as the limit.
                    Ok(format!("{} LIMIT {rows}", self.select(&limit.input, outer)?))
                }
                _ => Refused::because("only the first rows are asked for"),
            },
            LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::TableScan(_) | LogicalPlan::Join(_) => {
                let body = self.body(plan, outer)?;
                Ok(body.selecting(&self.everything(&body.scope)?))
            }
            other => Refused::because(format!("{} has no form in SQL here", kind(other))),
        }
    }

    /// The node as rows that something above reads; one that gives nothing but what is asked for.
    pub(super) fn present(&self, plan: &LogicalPlan, outer: &Scope<'_>) -> Result<String, Refused> {
        Ok(self.body(plan, Some(outer))?.selecting("1"))
    }

    fn body<'a>(&self, plan: &LogicalPlan, outer: Option<&'a Scope<'a>>) -> Result<Body<'a>, Refused> {
        match plan {
            LogicalPlan::SubqueryAlias(alias) => {
                let mut body = self.body(&alias.input, outer)?;
                body.scope.schema = Arc::clone(&alias.schema);
                Ok(body)
            }
            LogicalPlan::Filter(filter) => {
                let mut body = self.body(&filter.input, outer)?;
                body.filters.push(self.truth(&filter.predicate, &body.scope)?);
                Ok(body)
            }
            LogicalPlan::TableScan(scan) => self.scan(scan, outer),
            LogicalPlan::Join(join) => self.join(join, outer),
            _ => {
                let alias = self.alias();
                let from = format!("({}) AS {alias}", self.select(plan, outer)?);
                let columns = names(plan.schema())?.into_iter().map(|name| Written::As(format!("{alias}.{name}"))).collect();
                let scope = Scope { schema: Arc::clone(plan.schema()), columns, outer };
                Ok(Body { from, filters: Vec::new(), scope })
            }
        }
    }

    fn scan<'a>(&self, scan: &TableScan, outer: Option<&'a Scope<'a>>) -> Result<Body<'a>, Refused> {
        let provider = source_as_provider(&scan.source)?;
        let Some(leaf) = provider.downcast_ref::<Leaf>() else {
            return Refused::because("a source of files runs no SQL");
        };
        let known = self.warehouse.borrow_mut().get_or_insert_with(|| Arc::clone(leaf.warehouse())).clone();
        if !Arc::ptr_eq(&known, leaf.warehouse()) {
            return Refused::because("it reads more than one source");
        }
        if !scan.filters.is_empty() || scan.fetch.is_some() {
            return Refused::because("the plan was optimised, and such plans are not printed");
        }
        let alias = self.alias();
        let schema = &scan.projected_schema;
        let columns = schema.fields().iter().map(|field| leaf::column(&alias, field)).collect();
        let scope = Scope { schema: Arc::clone(schema), columns, outer };
        Ok(Body { from: leaf.named(&alias), filters: Vec::new(), scope })
    }

    /// Inner joins only: what is asked of one side may then be asked of both together.
    fn join<'a>(&self, join: &Join, outer: Option<&'a Scope<'a>>) -> Result<Body<'a>, Refused> {
        if join.join_type != JoinType::Inner || join.null_equality != NullEquality::NullEqualsNothing {
            return Refused::because("only inner joins are printed");
        }
        let (left, right) = (self.body(&join.left, outer)?, self.body(&join.right, outer)?);
        let columns = left.scope.columns.into_iter().chain(right.scope.columns).collect();
        let scope = Scope { schema: Arc::clone(&join.schema), columns, outer };
        let mut filters = left.filters;
        filters.extend(right.filters);
        for (here, there) in &join.on {
            filters.push(format!("{} = {}", self.expr(here, &scope)?, self.expr(there, &scope)?));
        }
        filters.extend(join.filter.as_ref().map(|filter| self.truth(filter, &scope)).transpose()?);
        Ok(Body { from: format!("{} CROSS JOIN {}", left.from, right.from), filters, scope })
    }

    /// Expressions under the names of a node's columns.
    fn listed(&self, exprs: &[Expr], scope: &Scope<'_>, schema: &DFSchema) -> Result<String, Refused> {
        let names = names(schema)?;
        if names.len() != exprs.len() {
            return Refused::because("the plan lists other columns than it has");
        }
        let listed = exprs.iter().zip(names).map(|(expr, name)| Ok(format!("{} AS {name}", self.expr(expr, scope)?)));
        nothing_or(listed.collect::<Result<Vec<_>, Refused>>()?)
    }

    /// Every column of a body.
    fn everything(&self, scope: &Scope<'_>) -> Result<String, Refused> {
        let columns: Vec<Expr> = scope.schema.columns().into_iter().map(Expr::Column).collect();
        self.listed(&columns, scope, &scope.schema)
    }
}

/// A SELECT list of no columns counts its rows all the same.
fn nothing_or(listed: Vec<String>) -> Result<String, Refused> {
    Ok(if listed.is_empty() { "1 AS \"row\"".into() } else { listed.join(", ") })
}

fn kind(plan: &LogicalPlan) -> String {
    let shown = plan.display().to_string();
    shown.split([':', ' ']).next().unwrap_or_default().to_owned()
}

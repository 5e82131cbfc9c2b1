//! Nodes of a plan. A node is either a SELECT of its own or a body, from which the SELECT above it reads: filters, aliases and inner
//! joins add to a body, everything else is a derived table in it.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    sync::Arc,
};

use datafusion::{
    catalog::default_table_source::source_as_provider,
    common::{Column, DFSchema, DFSchemaRef, JoinType, NullEquality, tree_node::TreeNodeRecursion},
    logical_expr::{Aggregate, Distinct, Expr, FetchType, Join, LogicalPlan, Projection, SkipType, TableScan, Window},
};

use super::{
    Refused,
    leaf::{self, Later, Written},
    spoken::{self, Spoken},
};
use crate::warehouse::Leaf;

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
    fn selecting(&self, listed: &str) -> String {
        let filters = if self.filters.is_empty() { String::new() } else { format!(" WHERE {}", self.filters.join(" AND ")) };
        // A SELECT list of no columns counts its rows all the same.
        let listed = if listed.is_empty() { "1 AS one" } else { listed };
        format!("SELECT {listed} FROM {}{filters}", self.from)
    }
}

/// A SELECT, and its columns as another SELECT finds them in it: by their quoted names. A column that could not be written is not in
/// it, and matters only to those who ask for it.
pub(super) struct Selected {
    pub(super) text: String,
    pub(super) columns: Vec<Written>,
}

/// Expressions of a SELECT list under their columns' names.
struct Listed {
    text: String,
    columns: Vec<Written>,
}

impl Listed {
    /// The list, if the server computes all of it.
    fn plain(self) -> Result<Self, Refused> {
        self.columns.iter().try_for_each(|column| column.plain().map(drop))?;
        Ok(self)
    }
}

/// State of one printing.
pub(super) struct Printer {
    /// How the database is spoken to.
    pub(super) spoken: &'static dyn Spoken,
    aliases: Cell<usize>,
    /// The first table that was read; all others are of the same warehouse.
    table: RefCell<Option<Leaf>>,
}

impl Printer {
    /// For the database of the first table that the plan reads.
    pub(super) fn new(plan: &LogicalPlan) -> Result<Self, Refused> {
        let mut table: Option<Leaf> = None;
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                table = source_as_provider(&scan.source)?.downcast_ref::<Leaf>().cloned();
                return Ok(TreeNodeRecursion::Stop);
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        let Some(table) = table else { return Refused::because("its rows lie in files") };
        let Some(dialect) = table.dialect() else {
            return Refused::because("the source is no database whose SQL is printed: PostgreSQL from version 14 on, in UTF-8");
        };
        Ok(Self { spoken: spoken::of(dialect), aliases: Cell::new(0), table: RefCell::new(None) })
    }

    /// The names of a node's columns in its SELECT: their own where those are different, also to who does not tell capital letters
    /// from small ones.
    pub(super) fn names(&self, schema: &DFSchema) -> Result<Vec<String>, Refused> {
        let own: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
        let different =
            |names: &[&String]| names.iter().map(|name| name.to_lowercase()).collect::<HashSet<_>>().len() == names.len();
        let as_they_are = different(&own);
        let name = |(at, name): (usize, &&String)| match self.spoken.name(name) {
            Ok(_) if as_they_are => (*name).clone(),
            _ => format!("column_{at}"),
        };
        let names: Vec<String> = own.iter().enumerate().map(name).collect();
        if !different(&names.iter().collect::<Vec<_>>()) || names.iter().any(|name| name.starts_with("input_")) {
            return Refused::because("two columns would have one name");
        }
        Ok(names)
    }

    /// A table of what was printed; none was read without one.
    pub(super) fn table(&self) -> Option<Leaf> {
        self.table.borrow().clone()
    }

    fn alias(&self) -> String {
        self.aliases.set(self.aliases.get() + 1);
        format!("t{}", self.aliases.get())
    }

    /// The node as a SELECT whose columns have the [`names`] of its schema. `outer`: what the SELECT around offers.
    pub(super) fn select(&self, plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Result<Selected, Refused> {
        match plan {
            LogicalPlan::Projection(Projection { expr, input, schema, .. }) => {
                let body = self.body(input, outer)?;
                let listed = self.listed(expr, &body.scope, schema)?;
                Ok(Selected { text: body.selecting(&listed.text), columns: listed.columns })
            }
            LogicalPlan::Aggregate(Aggregate { input, group_expr, aggr_expr, schema, .. }) => {
                let body = self.body(input, outer)?;
                let all: Vec<Expr> = group_expr.iter().chain(aggr_expr).cloned().collect();
                let listed = self.listed(&all, &body.scope, schema)?.plain()?;
                let mut text = body.selecting(&listed.text);
                if !group_expr.is_empty() {
                    let places: Vec<String> = (1..=group_expr.len()).map(|at| at.to_string()).collect();
                    text += &format!(" GROUP BY {}", places.join(", "));
                }
                Ok(Selected { text, columns: listed.columns })
            }
            LogicalPlan::Window(Window { input, window_expr, schema }) => {
                let body = self.body(input, outer)?;
                let all: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).chain(window_expr.clone()).collect();
                let listed = self.listed(&all, &body.scope, schema)?;
                Ok(Selected { text: body.selecting(&listed.text), columns: listed.columns })
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let body = self.body(input, outer)?;
                let listed = self.everything(&body.scope)?.plain()?;
                Ok(Selected { text: body.selecting(&format!("DISTINCT {}", listed.text)), columns: listed.columns })
            }
            LogicalPlan::Union(union) => {
                let names: Vec<String> =
                    self.names(&union.schema)?.iter().map(|name| self.spoken.name(name)).collect::<Result<_, Refused>>()?;
                let parts = union.inputs.iter().map(|input| self.part(input, &union.schema, &names, outer));
                let text = parts.collect::<Result<Vec<_>, Refused>>()?.join(" UNION ALL ");
                Ok(Selected { text, columns: names.into_iter().map(Written::As).collect() })
            }
            LogicalPlan::Sort(sort) => {
                let body = self.body(&sort.input, outer)?;
                let order = self.order(&sort.expr, &body.scope)?;
                let listed = self.everything(&body.scope)?;
                let limit = sort.fetch.map_or_else(String::new, |rows| format!(" LIMIT {rows}"));
                Ok(Selected { text: format!("{} ORDER BY {order}{limit}", body.selecting(&listed.text)), columns: listed.columns })
            }
            LogicalPlan::Limit(limit) => match (limit.get_skip_type()?, limit.get_fetch_type()?) {
                (SkipType::Literal(0), FetchType::Literal(Some(rows))) => {
                    // Below a sort the order has to stand in the same SELECT as the limit.
                    if !matches!(&*limit.input, LogicalPlan::Sort(_)) && cut_or_ordered(&limit.input) {
                        return Refused::because("a limit stands directly above what it cuts");
                    }
                    let Selected { text, columns } = self.select(&limit.input, outer)?;
                    Ok(Selected { text: format!("{text} LIMIT {rows}"), columns })
                }
                _ => Refused::because("only the first rows are asked for"),
            },
            LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::TableScan(_) | LogicalPlan::Join(_) => {
                let body = self.body(plan, outer)?;
                let listed = self.everything(&body.scope)?;
                Ok(Selected { text: body.selecting(&listed.text), columns: listed.columns })
            }
            other => Refused::because(format!("{} has no form in SQL here", kind(other))),
        }
    }

    /// One SELECT of a union, each column an expression of the union's type.
    fn part(&self, plan: &LogicalPlan, union: &DFSchema, names: &[String], outer: Option<&Scope<'_>>) -> Result<String, Refused> {
        let types = |schema: &DFSchema| schema.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<_>>();
        if types(plan.schema()) != types(union) {
            return Refused::because("the parts of a union differ in types");
        }
        let body = self.body(plan, outer)?;
        let item = |(column, name): (&Written, &String)| Ok(format!("{} AS {name}", column.plain()?));
        let items = body.scope.columns.iter().zip(names).map(item).collect::<Result<Vec<_>, Refused>>()?;
        Ok(body.selecting(&items.join(", ")))
    }

    /// The node as a SELECT of one column that is compared.
    pub(super) fn single(&self, plan: &LogicalPlan, outer: &Scope<'_>) -> Result<String, Refused> {
        let Selected { text, columns } = self.select(plan, Some(outer))?;
        match columns.as_slice() {
            [column] => column.plain().map(|_| text),
            _ => Refused::because("a list of keys has one column"),
        }
    }

    /// The node as rows that something above reads; one that gives nothing but what is asked for.
    pub(super) fn present(&self, plan: &LogicalPlan, outer: &Scope<'_>) -> Result<String, Refused> {
        Ok(self.body(plan, Some(outer))?.selecting("1"))
    }

    /// Whether a predicate over a node can be printed; nothing is said about the node's columns.
    pub(super) fn filter(&self, input: &LogicalPlan, predicate: &Expr) -> Result<(), Refused> {
        let body = self.body(input, None)?;
        self.truth(predicate, &body.scope).map(drop)
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
                let Selected { text, columns } = self.select(plan, outer)?;
                let columns = columns.into_iter().map(|column| column.of(&alias)).collect();
                let scope = Scope { schema: Arc::clone(plan.schema()), columns, outer };
                Ok(Body { from: format!("({text}) AS {alias}"), filters: Vec::new(), scope })
            }
        }
    }

    fn scan<'a>(&self, scan: &TableScan, outer: Option<&'a Scope<'a>>) -> Result<Body<'a>, Refused> {
        let provider = source_as_provider(&scan.source)?;
        let Some(leaf) = provider.downcast_ref::<Leaf>() else {
            return Refused::because("its rows lie in files");
        };
        if !self.table.borrow_mut().get_or_insert_with(|| leaf.clone()).is_beside(leaf) {
            return Refused::because("it reads more than one source");
        }
        if !scan.filters.is_empty() || scan.fetch.is_some() {
            return Refused::because("the plan was optimised, and such plans are not printed");
        }
        let alias = self.alias();
        let schema = &scan.projected_schema;
        let columns = schema.fields().iter().map(|field| leaf::column(self.spoken, &alias, field)).collect();
        let scope = Scope { schema: Arc::clone(schema), columns, outer };
        let from = leaf.from().named(&alias, |name| self.spoken.name(name))?;
        Ok(Body { from, filters: Vec::new(), scope })
    }

    /// Of an inner join, what is asked of one side may be asked of both together.
    fn join<'a>(&self, join: &Join, outer: Option<&'a Scope<'a>>) -> Result<Body<'a>, Refused> {
        match join.join_type {
            _ if join.null_equality != NullEquality::NullEqualsNothing => {
                return Refused::because("a join in which nulls are equal is not printed");
            }
            JoinType::Inner => {}
            JoinType::Left => return self.left_join(join, outer),
            _ => return Refused::because("only inner and left joins are printed"),
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

    /// The right side is a table of its own, so that what is asked of it is asked before the join.
    fn left_join<'a>(&self, join: &Join, outer: Option<&'a Scope<'a>>) -> Result<Body<'a>, Refused> {
        let left = self.body(&join.left, outer)?;
        let alias = self.alias();
        let right = self.select(&join.right, outer)?;
        // Where no row is found all of its columns are null, which only the server's own are by themselves.
        let column = |column: Written| match column.of(&alias) {
            column @ Written::As(_) => column,
            other => Written::Not(other.plain().err().map_or_else(String::new, |Refused(why)| why)),
        };
        let columns = left.scope.columns.into_iter().chain(right.columns.into_iter().map(column)).collect();
        let scope = Scope { schema: Arc::clone(&join.schema), columns, outer };
        let mut on = Vec::with_capacity(join.on.len() + 1);
        for (here, there) in &join.on {
            on.push(format!("{} = {}", self.expr(here, &scope)?, self.expr(there, &scope)?));
        }
        on.extend(join.filter.as_ref().map(|filter| self.truth(filter, &scope)).transpose()?);
        let from = format!("{} LEFT JOIN ({}) AS {alias} ON {}", left.from, right.text, on.join(" AND "));
        Ok(Body { from, filters: left.filters, scope })
    }

    /// Expressions under the names of a node's columns. Of one that has no form in SQL its inputs are listed, if they have.
    fn listed(&self, exprs: &[Expr], scope: &Scope<'_>, schema: &DFSchema) -> Result<Listed, Refused> {
        let names = self.names(schema)?;
        if names.len() != exprs.len() {
            return Refused::because("the plan lists other columns than it has");
        }
        let (mut items, mut columns) = (Vec::with_capacity(exprs.len()), Vec::with_capacity(exprs.len()));
        for (at, (expr, name)) in exprs.iter().zip(names).enumerate() {
            let written = self.written(expr, scope).unwrap_or_else(|Refused(why)| match Later::of(expr, &why, scope) {
                Some(later) => Written::Later(later),
                None => Written::Not(why),
            });
            let (of_column, written) = written.item(at, self.spoken.name(&name)?);
            items.extend(of_column);
            columns.push(written);
        }
        Ok(Listed { text: items.join(", "), columns })
    }

    /// Every column of a body.
    fn everything(&self, scope: &Scope<'_>) -> Result<Listed, Refused> {
        let columns: Vec<Expr> = scope.schema.columns().into_iter().map(Expr::Column).collect();
        self.listed(&columns, scope, &scope.schema)
    }
}

/// Whether the order of a node's rows is that of a sort below, or the node ends with a limit of its own.
fn cut_or_ordered(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(_) | LogicalPlan::Limit(_) => true,
        LogicalPlan::Projection(_) | LogicalPlan::Filter(_) => plan.inputs().into_iter().any(cut_or_ordered),
        _ => false,
    }
}

fn kind(plan: &LogicalPlan) -> String {
    let shown = plan.display().to_string();
    shown.split([':', ' ']).next().unwrap_or_default().to_owned()
}

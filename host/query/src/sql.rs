//! A model's SQL: exactly one SELECT or WITH, found by parsing, with a name of its own for every column.
//!
//! Nothing else gets near the planner: no second statement, no writing, no files, no settings. Which tables it may name is decided by
//! what the session has registered. What makes more than it is given, without an end that a limit could meet, is refused by name.

use std::{collections::HashSet, ops::ControlFlow};

use datafusion::sql::{
    parser::{DFParserBuilder, Statement},
    sqlparser::{
        ast::{
            self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, Query, SelectItem, SetExpr,
            TableFactor, Value, Visit, Visitor,
        },
        dialect::{Dialect, GenericDialect, PostgreSqlDialect},
    },
};
use sluice_catalog::limits::SQL_CHARS_MAX;

use crate::{
    QueryError,
    error::classify,
    limits::{PAD_CHARS_MAX, SQL_DEPTH_MAX},
};

/// Functions whose result has the size that a number asks for, in one piece that no memory limit counts; with their aliases.
pub(crate) const UNBOUNDED: [&str; 7] =
    ["array_repeat", "array_resize", "generate_series", "list_repeat", "list_resize", "range", "repeat"];
/// Functions of the same kind that fill keys and numbers up; a width that is written out bounds them.
const PADDING: [&str; 2] = ["lpad", "rpad"];

/// The one statement of `text` for the embedded engine, or why it is refused.
pub(crate) fn parse(text: &str) -> Result<Statement, QueryError> {
    let statement = in_dialect(text, &GenericDialect {})?;
    if let Statement::Statement(inner) = &statement
        && let ControlFlow::Break(why) = inner.visit(&mut Bounded)
    {
        return Err(QueryError::SqlInvalid { why });
    }
    Ok(statement)
}

/// The same for a warehouse that runs the text itself: the operator's own words, without the semicolon at their end.
pub(crate) fn one_select(text: &str) -> Result<String, QueryError> {
    in_dialect(text, &PostgreSqlDialect {})?;
    Ok(text.trim().trim_end_matches(';').trim_end().to_owned())
}

fn in_dialect(text: &str, dialect: &dyn Dialect) -> Result<Statement, QueryError> {
    if text.chars().count() > SQL_CHARS_MAX {
        return Err(QueryError::SqlInvalid { why: format!("the text has more than {SQL_CHARS_MAX} characters") });
    }
    let mut statements = DFParserBuilder::new(text)
        .with_dialect(dialect)
        .with_recursion_limit(SQL_DEPTH_MAX)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| classify(&error, "the query"))?;
    if statements.len() > 1 {
        return Err(QueryError::MultipleStatements { count: statements.len() });
    }
    let Some(statement) = statements.pop_front() else {
        return Err(QueryError::SqlInvalid { why: "there is no statement".into() });
    };
    match &statement {
        Statement::Statement(inner) => match inner.as_ref() {
            ast::Statement::Query(query) => {
                only_reads(query, true)?;
                named(query)?;
            }
            other => return Err(not_a_select(&other.to_string())),
        },
        other => return Err(not_a_select(&other.to_string())),
    }
    Ok(statement)
}

fn not_a_select(text: &str) -> QueryError {
    let words: Vec<&str> = text.split_whitespace().take(2).filter(|word| word.bytes().all(|b| b.is_ascii_alphabetic())).collect();
    let found = if words.is_empty() { "this".to_owned() } else { words.join(" ").to_ascii_uppercase() };
    QueryError::NotASelect { found }
}

/// The outermost body is a SELECT (or several joined by UNION and the like), and no part of it writes.
fn only_reads(query: &Query, outermost: bool) -> Result<(), QueryError> {
    if let Some(with) = &query.with {
        for table in &with.cte_tables {
            only_reads(&table.query, false)?;
        }
    }
    if !query.locks.is_empty() {
        return Err(QueryError::NotASelect { found: "SELECT … FOR UPDATE".into() });
    }
    body_reads(&query.body, outermost)
}

fn body_reads(body: &SetExpr, outermost: bool) -> Result<(), QueryError> {
    match body {
        SetExpr::Select(select) if select.into.is_some() => Err(QueryError::NotASelect { found: "SELECT INTO".into() }),
        SetExpr::Select(_) => Ok(()),
        SetExpr::Query(query) => only_reads(query, outermost),
        SetExpr::SetOperation { left, right, .. } => {
            body_reads(left, outermost)?;
            body_reads(right, outermost)
        }
        SetExpr::Values(_) if outermost => Err(not_a_select("VALUES")),
        SetExpr::Table(_) if outermost => Err(not_a_select("TABLE")),
        SetExpr::Values(_) | SetExpr::Table(_) => Ok(()),
        SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) | SetExpr::Merge(inner) => {
            Err(not_a_select(&inner.to_string()))
        }
    }
}

/// Stops at the first thing in a statement whose result nothing bounds, with why.
struct Bounded;

impl Visitor for Bounded {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        match &query.with {
            Some(with) if with.recursive => {
                ControlFlow::Break("WITH RECURSIVE is not offered: nothing bounds how many rows it makes".into())
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<String> {
        match table {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => offered(name),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        let Expr::Function(call) = expr else { return ControlFlow::Continue(()) };
        let name = last(&call.name);
        if PADDING.contains(&name.as_str()) && !narrow(call) {
            return ControlFlow::Break(format!(
                "the function {name} is offered with a width of at most {PAD_CHARS_MAX}, written out"
            ));
        }
        offered(&call.name)
    }
}

fn offered(name: &ObjectName) -> ControlFlow<String> {
    let name = last(name);
    if UNBOUNDED.contains(&name.as_str()) {
        return ControlFlow::Break(format!("the function {name} is not offered: nothing bounds how much it makes"));
    }
    ControlFlow::Continue(())
}

fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_ascii_lowercase()).unwrap_or_default()
}

/// Whether the width, the second argument, is a number within the limit.
fn narrow(call: &Function) -> bool {
    let FunctionArguments::List(list) = &call.args else { return false };
    let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(width)))) = list.args.get(1) else { return false };
    matches!(&width.value, Value::Number(width, _) if width.parse::<u32>().is_ok_and(|width| width <= PAD_CHARS_MAX))
}

/// Every output column that is an expression has an alias. Doubled names are found after planning, where stars are unfolded.
fn named(query: &Query) -> Result<(), QueryError> {
    let mut body = query.body.as_ref();
    loop {
        match body {
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(inner) => body = inner.body.as_ref(),
            SetExpr::Select(select) => {
                for (at, item) in select.projection.iter().enumerate() {
                    match item {
                        SelectItem::UnnamedExpr(Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {}
                        SelectItem::UnnamedExpr(_) => return Err(QueryError::UnnamedColumn { position: at + 1 }),
                        _ => {}
                    }
                }
                return Ok(());
            }
            _ => return Ok(()),
        }
    }
}

/// The first name that stands twice.
pub(crate) fn doubled<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), QueryError> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(QueryError::DuplicateColumn { name: name.clone() });
        }
    }
    Ok(())
}

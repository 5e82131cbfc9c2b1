//! A model's SQL: exactly one SELECT or WITH, found by parsing, with a name of its own for every column.
//!
//! Nothing else gets near the planner: no second statement, no writing, no files, no settings. Which tables it may name is decided by
//! what the session has registered.

use std::collections::HashSet;

use datafusion::sql::{
    parser::{DFParserBuilder, Statement},
    sqlparser::{
        ast::{self, Expr, Query, SelectItem, SetExpr},
        dialect::{Dialect, GenericDialect, PostgreSqlDialect},
    },
};
use sluice_catalog::limits::SQL_CHARS_MAX;

use crate::{QueryError, error::classify, limits::SQL_DEPTH_MAX};

/// The one statement of `text` for the embedded engine, or why it is refused.
pub(crate) fn parse(text: &str) -> Result<Statement, QueryError> {
    in_dialect(text, &GenericDialect {})
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

//! The SQL of a leaf: a SELECT list of quoted columns over a table, or over an operator's SELECT as a sub-query.

use std::fmt::Write as _;

/// What stands behind FROM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    /// Schema and name, or a name alone.
    Table(Vec<String>),
    /// A SELECT that was parsed.
    Statement(String),
}

/// Column of a statement that is asked for its number of rows only.
pub(super) const NO_COLUMN: &str = "row";

/// The name of a statement's rows.
const MODEL: &str = "\"model\"";

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl From {
    /// A table by the name that the list of tables has: schema and name around the first dot, or a name alone.
    pub(crate) fn table(name: &str) -> Self {
        Self::Table(name.splitn(2, '.').map(str::to_owned).collect())
    }

    /// A SELECT that was parsed.
    pub(crate) fn statement(text: &str) -> Self {
        Self::Statement(text.to_owned())
    }

    /// The rows under a name, where `quote` puts names between quotes. The line break ends a comment at the end of a statement.
    pub(crate) fn named<E>(&self, alias: &str, quote: impl Fn(&str) -> Result<String, E>) -> Result<String, E> {
        Ok(match self {
            Self::Table(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| quote(part)).collect::<Result<_, E>>()?;
                format!("{} AS {alias}", parts.join("."))
            }
            Self::Statement(text) => format!("({text}\n) AS {alias}"),
        })
    }

    fn item(&self) -> String {
        match self {
            Self::Table(parts) => parts.iter().map(|part| quoted(part)).collect::<Vec<_>>().join("."),
            Self::Statement(text) => format!("({text}\n) AS {MODEL}"),
        }
    }

    /// Every column, to learn what they are.
    pub(super) fn everything(&self) -> String {
        format!("SELECT * FROM {}", self.item())
    }

    /// These columns, and at most so many rows.
    pub(crate) fn columns<'c>(&self, columns: impl Iterator<Item = &'c str>, limit: Option<usize>) -> String {
        let mut list = columns.map(quoted).collect::<Vec<_>>().join(", ");
        if list.is_empty() {
            let _ = write!(list, "1 AS {}", quoted(NO_COLUMN));
        }
        let mut statement = format!("SELECT {list} FROM {}", self.item());
        if let Some(limit) = limit {
            let _ = write!(statement, " LIMIT {limit}");
        }
        statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_wherever_they_come_from() {
        for (from, columns, limit, want) in [
            (From::table("public.orders"), vec!["id", "E-Mail"], None, r#"SELECT "id", "E-Mail" FROM "public"."orders""#),
            (From::table("orders"), vec![], Some(5), r#"SELECT 1 AS "row" FROM "orders" LIMIT 5"#),
            (
                From::table(r#"a"b.c"; DROP TABLE d; --"#),
                vec![r#"x""#],
                None,
                r#"SELECT "x""" FROM "a""b"."c""; DROP TABLE d; --""#,
            ),
            (From::statement("SELECT 1 AS a -- one"), vec!["a"], None, "SELECT \"a\" FROM (SELECT 1 AS a -- one\n) AS \"model\""),
        ] {
            assert_eq!(from.columns(columns.into_iter(), limit), want);
        }
    }
}

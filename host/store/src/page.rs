//! Keyset pages: the next page starts after the last row of this one, so rows that come and go never shift a list.

use crate::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};

/// Which page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// The key that the last page ended with; none for the first page.
    pub after: Option<String>,
    /// Rows wished; cut to [`PAGE_ROWS_MAX`], [`PAGE_ROWS_DEFAULT`] when 0.
    pub limit: u32,
}

impl PageRequest {
    /// The rows that this page may hold.
    pub fn rows(&self) -> usize {
        let rows = if self.limit == 0 { PAGE_ROWS_DEFAULT } else { self.limit.min(PAGE_ROWS_MAX) };
        rows as usize
    }

    /// What to ask the database for: one row more than the page, which tells whether there is a next one.
    pub(crate) fn sql_limit(&self) -> i64 {
        self.rows() as i64 + 1
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// The key to ask the next page with; none when this is the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts the extra row off and says where the next page starts.
    pub(crate) fn cut(mut items: Vec<T>, request: &PageRequest, key: impl Fn(&T) -> String) -> Self {
        let rows = request.rows();
        let more = items.len() > rows;
        items.truncate(rows);
        let next = if more { items.last().map(key) } else { None };
        Self { items, next }
    }
}

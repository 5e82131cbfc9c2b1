//! What is wrong with a formula, and where: byte, line and column of the text, and what was expected there.

use std::fmt;

use super::tree::Span;

/// One thing that is wrong with a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaError {
    /// Bytes before the place.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// Characters before the place in its line, plus 1.
    pub column: usize,
    /// What is wrong, or what was expected; without a full stop.
    pub message: String,
}

impl FormulaError {
    pub(super) fn new(text: &str, at: Span, message: impl Into<String>) -> Self {
        let offset = at.from.min(text.len());
        let before = &text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { offset, line, column, message: message.into() }
    }
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {}): {}", self.line, self.column, self.offset, self.message)
    }
}

impl std::error::Error for FormulaError {}

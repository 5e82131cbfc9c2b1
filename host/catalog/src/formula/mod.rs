//! The language of formula fields: from text to a typed term, with the position of whatever is wrong (features 3.7).
//!
//! A closed list of functions, no user functions, no side effects. [`Formula::parse`] reads a text, [`Formula::check`] gives every
//! part its type against a model's fields, and printing a formula gives a text that reads back as the same formula. How a term is
//! evaluated is the query room's work; what it means is said here and in `docs/formulas.md`.

mod check;
mod constant;
mod error;
mod function;
mod parse;
mod print;
mod rules;
mod token;
mod tree;
mod typed;

#[cfg(test)]
mod tests;

pub use constant::constant;
pub use error::FormulaError;
pub use function::Function;
pub(crate) use rules::holds;
pub use tree::{Binary, Expr, Formula, Node, Span};
pub use typed::{Arithmetic, Calendar, Call, Comparison, Part, Period, Term, TermNode};

//! The condition tree: which rows of a model a segment means, as stored JSON, as checked tests and as one English sentence.
//!
//! [`Tree`] is the stored form (features 5.2), strict and versioned. [`Tree::check`] turns it into [`Checked`], where every value has
//! its field's type and nothing is left to refuse; the query room lowers that, and only that. What a condition reaches beyond its own
//! model is given as a [`Context`].

mod check;
mod context;
mod element;
mod operator;
mod ordered;
mod pattern;
mod related;
mod sentence;
mod sequence;
mod tree;
mod typed;
mod uses;
mod value;
mod window;

#[cfg(test)]
mod related_tests;
#[cfg(test)]
mod sequence_tests;
#[cfg(test)]
mod tests;

pub(crate) use check::sentence_case;
pub use context::{Context, Named};
pub use operator::Operator;
pub use ordered::{Ordered, OrderedStep, SameAs};
pub(crate) use pattern::rewrite as constant_pattern;
pub use related::{Function, Inside, Measure, Member, ParentField, Quantifier, Related, ValueRef, Variable, Window};
pub use sentence::sentence;
pub use sequence::{Same, Sequence, Step, Within};
pub use tree::{Conjunction, Disabled, Group, Node, Options, Property, Tree, Version, WeekStart};
pub use typed::{
    Aggregate, Checked, Element, Hop, Leaf, ListTest, Measured, Members, Moment, Operand, Order, Quantity, Reach, Rolling, Scalar,
    Test, TextTest, TimeTest, Unit,
};
pub use uses::Place;
pub(crate) use uses::{Seat, hops};
pub(crate) use value::{moment as constant_moment, scalar as constant_scalar, text as constant_text};
pub use window::{At, Interval, anniversary_days};

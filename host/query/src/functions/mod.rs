//! Functions of our own inside a plan: Unicode normal form, strict casts that name their field, local time to UTC, instants that
//! texts spell, the operations of formulas, lists of values, and what is in an array.
//!
//! Each is immutable and row-wise. None is registered in a session, so a model's SQL cannot call them.

mod array;
mod formula;
mod instant;
mod list;
mod nfc;
mod strict;
mod written;

#[cfg(test)]
mod tests;

pub(crate) use array::{Named, list_has_all, list_has_any, list_length};
pub(crate) use formula::{Operation, formula};
pub(crate) use instant::{Utc, utc};
pub(crate) use list::list;
pub(crate) use nfc::{nfc, origins};
pub(crate) use strict::{Strict, strict};
pub(crate) use written::written;

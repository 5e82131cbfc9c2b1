//! Functions of our own inside a plan: Unicode normal form, strict casts that name their field, local time to UTC,
//! and what is in an array.
//!
//! Each is immutable and row-wise. None is registered in a session, so a model's SQL cannot call them.

mod instant;
mod list;
mod nfc;
mod strict;

#[cfg(test)]
mod tests;

pub(crate) use instant::utc;
pub(crate) use list::{Named, list_has_all, list_has_any, list_length};
pub(crate) use nfc::nfc;
pub(crate) use strict::strict;

//! Functions of our own inside a plan: Unicode normal form, strict casts that name their field, and local time to UTC.
//!
//! Each is immutable and row-wise. None is registered in a session, so a model's SQL cannot call them.

mod instant;
mod nfc;
mod strict;

#[cfg(test)]
mod tests;

pub(crate) use instant::{Utc, utc};
pub(crate) use nfc::nfc;
pub(crate) use strict::{Strict, strict};

//! What a segment's conditions do beyond counting: sequences and arrays rule by rule, funnels, reasons, breakdowns, overlaps; on a handful
//! of rows and on the real shop.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../support/mod.rs"]
mod support;

mod breakdowns;
mod lists;
mod overlaps;
mod real;
mod reasons;
mod sequences;
mod shop;

//! One binary for the rules of the house: each file holds one of them.

mod arrows;
mod connectors;
mod documents;
mod errors;
mod files;
mod templates;
mod tree;

//! A component read without running any of it: what it is, what it asks for, whether it keeps to the contract.
//!
//! [`Component::read`] refuses what the engine would refuse later, and what the contract does not know, each with the name of the
//! thing: an import of `wasi:*`, another version, a missing or changed function, a feature that the sandbox is without. [`inspect`]
//! says what a security team has to approve, on one page. Compiling and calling belong to [`crate::Program`].

mod features;
mod inspection;
mod limits;
mod read;
mod refusal;
mod world;

pub use inspection::{Inspection, inspect};
pub use read::Component;
pub use refusal::Refusal;

#[cfg(test)]
mod tests;

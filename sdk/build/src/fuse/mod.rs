//! Linked once, before it is shipped: a component of many core modules becomes one core module of the contract.
//!
//! Toolchains of interpreted languages give a component of a dozen to forty modules that share a memory, with stand-ins for WASI beside
//! them, and with an export of the toolchain's own. The sandbox runs one memory, few tables and the contract alone. What is instantiated
//! when is fixed in the component, so it can be worked out here: [`fuse`] follows the instantiation, joins the modules in its order and
//! names what is left as wit-component names it. Tables become one, each behind the one before. Functions of the contract stay imports; every other function that the component wants
//! from outside (WASI, a module loader of build time) ends the guest when it is called. Nothing of this runs any code.
//!
//! It leaves to others: the wrapping as a component, and whether that is one the sandbox takes.
//!
//! | file | idea |
//! |---|---|
//! | `component` | the instantiation of a component, followed through its index spaces |
//! | `module` | one core module: its index spaces, and what it exports |
//! | `join` | all of them written as one |

mod component;
mod join;
mod module;

use std::collections::BTreeMap;

/// The contract's package: what is imported and exported under it is kept.
const CONTRACT: &str = "sluice:connector/";

/// A core function, before the number of imports is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Func {
    /// One of the contract, by its place among those that are used.
    Host(u32),
    /// One with a body, by its place among those.
    Own(u32),
    /// One that nobody gives. Calling it is a trap.
    Absent,
}

/// What a core instance exports under a name, in the index spaces of the joined module.
#[derive(Debug, Clone, Copy)]
enum Item {
    Func(Func),
    /// How many elements stand before its own in the one table.
    Table(u32),
    Memory(u32),
    Global(u32),
}

/// Core items by name.
type Items<'a> = BTreeMap<&'a str, Item>;

/// Why a component cannot be joined.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the toolchain's component cannot be read: {0}")]
    Read(#[from] wasmparser::BinaryReaderError),
    #[error("the toolchain's component cannot be written again: {0}")]
    Write(#[from] wasm_encoder::reencode::Error<Untold>),
    #[error("the toolchain's component has no core module that exports the contract")]
    NoContract,
    #[error("the toolchain's component {0}")]
    Shape(String),
}

/// A constant that has to be known beforehand and is not.
#[derive(Debug, thiserror::Error)]
#[error("a constant depends on a global whose value is not a plain number")]
pub(crate) struct Untold;

fn shape(what: impl Into<String>) -> Unfit {
    Unfit::Shape(what.into())
}

/// The core module that does what `component` does, without the sections that tell its world.
pub(crate) fn fuse(component: &[u8]) -> Result<Vec<u8>, Unfit> {
    join::join(&component::follow(component)?.ok_or(Unfit::NoContract)?)
}

#[cfg(test)]
mod tests;

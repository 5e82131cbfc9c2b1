//! wasmtime's bindings for the contract in `wit/v0`, generated at compile time from the one normative text.
//!
//! Nothing is written by hand here: the generated types stay inside this crate, and `convert.rs` moves them to and from
//! `sluice_catalog::contract`.

#![allow(unsafe_code, reason = "wasmtime's macro implements its own unsafe marker traits for the types that it generates")]
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../wit/v0",
    world: "destination-connector",
    imports: { default: trappable },
});

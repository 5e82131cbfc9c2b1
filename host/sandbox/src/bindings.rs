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

/// The world of destinations that can list the members of a segment. Of it only the export `membership` is used: what else it has
/// is a destination's, and generated above.
pub(crate) mod membership {
    wasmtime::component::bindgen!({
        path: "../../wit/v0",
        world: "destination-with-membership",
        imports: { default: trappable },
        with: {
            "sluice:connector/types@0.1.0": crate::bindings::sluice::connector::types,
            "sluice:connector/http@0.1.0": crate::bindings::sluice::connector::http,
            "sluice:connector/spool@0.1.0": crate::bindings::sluice::connector::spool,
            "sluice:connector/log@0.1.0": crate::bindings::sluice::connector::log,
        },
    });
}

/// The world of sources: the same imports and `sql`, and an export of its own. What both worlds have is generated once, above.
pub(crate) mod source {
    wasmtime::component::bindgen!({
        path: "../../wit/v0",
        world: "source-connector",
        imports: { default: trappable },
        with: {
            "sluice:connector/types@0.1.0": crate::bindings::sluice::connector::types,
            "sluice:connector/http@0.1.0": crate::bindings::sluice::connector::http,
            "sluice:connector/spool@0.1.0": crate::bindings::sluice::connector::spool,
            "sluice:connector/log@0.1.0": crate::bindings::sluice::connector::log,
        },
    });
}

//! The contract's text, for toolchains that read it and for modules that do not carry it: which world a manifest means, and the section
//! that tells a module's world.

use sluice_catalog::manifest::{Capability, Kind, Manifest};
use wit_component::StringEncoding;
use wit_parser::Resolve;

use crate::BuildError;

/// What `wit/v0` says, in one file.
pub(crate) const TEXT: &str = include_str!("../../../wit/v0/sluice.wit");

/// The world of a connector.
pub(crate) fn world(manifest: &Manifest) -> &'static str {
    match manifest.kind {
        Kind::Source => "source-connector",
        Kind::Destination if manifest.can(Capability::ListMembers) => "destination-with-membership",
        Kind::Destination => "destination-connector",
    }
}

/// The core module with the section from which it is wrapped as a component of this world.
pub(crate) fn tell(mut module: Vec<u8>, world: &str) -> Result<Vec<u8>, BuildError> {
    let failed = |error: &dyn std::fmt::Display| BuildError::Encode { cause: error.to_string() };
    let mut resolve = Resolve::default();
    let package = resolve.push_str("sluice.wit", TEXT).map_err(|e| failed(&format!("{e:#}")))?;
    let world = resolve.select_world(&[package], Some(world)).map_err(|e| failed(&format!("{e:#}")))?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .map_err(|e| failed(&format!("{e:#}")))?;
    Ok(module)
}

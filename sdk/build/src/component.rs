//! From a core module to a component: encoded without adapters, stripped of names and producers, the manifest inside.

use sluice_catalog::manifest::SECTION;
use wasm_encoder::{CustomSection, Section as _};
use wasmparser::BinaryReader;
use wit_component::ComponentEncoder;

use crate::BuildError;

/// Wraps `module`, whose custom sections tell its world, and embeds `manifest`.
pub(crate) fn encode(module: &[u8], manifest: &str) -> Result<Vec<u8>, BuildError> {
    let failed = |error: &dyn std::fmt::Display| BuildError::Encode { cause: error.to_string() };
    let lean = without(module, |name| matches!(name, "name" | "producers" | "target_features")).map_err(|e| failed(&e))?;
    let component = ComponentEncoder::default()
        .module(&lean)
        .map_err(|e| failed(&format!("{e:#}")))?
        .validate(true)
        .encode()
        .map_err(|e| failed(&format!("{e:#}")))?;
    let out = without(&component, |name| matches!(name, "component-name" | "producers")).map_err(|e| failed(&e))?;
    with_manifest(&out, manifest)
}

/// The same component with another manifest: for a platform whose limits are not the vendor's (a sink, a sandbox account). It is
/// another component, with another digest, and what it says is checked where it is installed.
pub fn with_manifest(component: &[u8], manifest: &str) -> Result<Vec<u8>, BuildError> {
    let mut out = without(component, |name| name == SECTION).map_err(|e| BuildError::Encode { cause: e.to_string() })?;
    CustomSection { name: SECTION.into(), data: manifest.as_bytes().into() }.append_to(&mut out);
    Ok(out)
}

/// The same binary without the custom sections that `drop` names. Works on modules and components; what is nested stays as it is.
fn without(binary: &[u8], drop: impl Fn(&str) -> bool) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    const HEADER_BYTES: usize = 8;
    let mut reader = BinaryReader::new(binary, 0);
    reader.read_bytes(HEADER_BYTES)?;
    let mut out = binary[..HEADER_BYTES].to_vec();
    while !reader.eof() {
        let start = reader.original_position();
        let id = reader.read_u8()?;
        let size = reader.read_var_u32()?;
        let body = reader.read_bytes(size as usize)?;
        let dropped = id == 0 && drop(BinaryReader::new(body, 0).read_string()?);
        if !dropped {
            out.extend_from_slice(&binary[start..reader.original_position()]);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_sections_are_dropped_and_the_rest_stays_byte_for_byte() {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        CustomSection { name: "keep".into(), data: b"1".as_slice().into() }.append_to(&mut bytes);
        let want = bytes.clone();
        CustomSection { name: "name".into(), data: b"2".as_slice().into() }.append_to(&mut bytes);
        assert_eq!(without(&bytes, |n| n == "name").expect("sound"), want);
        assert!(without(&bytes[..bytes.len() - 1], |n| n == "name").is_err(), "cut short");
        assert!(without(b"\0asm", |_| true).is_err());
    }
}

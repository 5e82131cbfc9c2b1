//! The reading itself: size, kind of file, validity, manifest, then the world.

use sluice_catalog::manifest::{Manifest, SECTION};
use wasmparser::{Encoding, Parser, Payload, Validator};

use super::{features::ALLOWED, limits::MANIFEST_SECTIONS, refusal::Refusal, world};
use crate::{Digest, limits::COMPONENT_BYTES_MAX};

/// A file that is a connector of the contract, as far as can be known without running it.
#[derive(Debug, Clone)]
pub struct Component {
    pub(super) digest: Digest,
    pub(super) manifest: Manifest,
    pub(super) manifest_text: String,
    pub(super) imports: Vec<String>,
    pub(super) exports: Vec<String>,
    pub(super) size: usize,
}

impl Component {
    /// Reads and checks. Work and memory are bounded by the size of the file, which is bounded first.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > COMPONENT_BYTES_MAX {
            return Err(Refusal::TooLarge { bytes: bytes.len(), max: COMPONENT_BYTES_MAX });
        }
        let seen = scan(bytes)?;
        // Names come before validity, so that a component of another world is refused for what it wants, in its own words.
        for name in &seen.imports {
            world::import_known(name)?;
        }
        Validator::new_with_features(ALLOWED).validate_all(bytes).map_err(|e| Refusal::Invalid { cause: e.to_string() })?;
        let (manifest, manifest_text) = manifest(&seen.manifests)?;
        let names = world::check(bytes, manifest.kind)?;
        let world::Names { imports, exports } = names;
        world::capabilities(&exports, &manifest)?;
        Ok(Self { digest: Digest::of(bytes), manifest, manifest_text, imports, exports, size: bytes.len() })
    }

    /// SHA-256 of the whole file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The same as it was written: the TOML text inside.
    pub fn manifest_text(&self) -> &str {
        &self.manifest_text
    }

    /// The interfaces it imports, with their version, sorted.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The interfaces it exports, with their version, sorted.
    pub fn exports(&self) -> &[String] {
        &self.exports
    }

    /// Bytes of the file.
    pub fn size(&self) -> usize {
        self.size
    }
}

struct Seen<'a> {
    imports: Vec<String>,
    manifests: Vec<&'a [u8]>,
}

/// The outermost level only: a section inside a nested module or component is not the file's.
fn scan(bytes: &[u8]) -> Result<Seen<'_>, Refusal> {
    let mut seen = Seen { imports: Vec::new(), manifests: Vec::new() };
    let mut depth = 0_usize;
    for (at, payload) in Parser::new(0).parse_all(bytes).enumerate() {
        let payload = match payload {
            Ok(payload) => payload,
            Err(_) if at == 0 => return Err(Refusal::NotWasm),
            Err(e) => return Err(Refusal::Invalid { cause: e.to_string() }),
        };
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 && at == 0 => return Err(Refusal::Module),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    let import = import.map_err(|e| Refusal::Invalid { cause: e.to_string() })?;
                    seen.imports.push(import.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => seen.manifests.push(section.data()),
            _ => {}
        }
    }
    Ok(seen)
}

fn manifest(sections: &[&[u8]]) -> Result<(Manifest, String), Refusal> {
    let [text] = sections else {
        debug_assert_eq!(MANIFEST_SECTIONS, 1);
        return Err(if sections.is_empty() { Refusal::ManifestMissing } else { Refusal::ManifestTwice { count: sections.len() } });
    };
    let text = std::str::from_utf8(text).map_err(|_| Refusal::ManifestText)?;
    let manifest = Manifest::parse(text).map_err(|problems| Refusal::Manifest { problems })?;
    Ok((manifest, text.to_owned()))
}

//! What the reading of a component may cost, each number with its reason and what happens at the edge.

/// Custom sections named [`sluice_catalog::manifest::SECTION`]: exactly one, so that no reader can take another for the manifest.
pub(super) const MANIFEST_SECTIONS: usize = 1;
/// Depth of a type that is written out for comparison; the contract's deepest has 6. Deeper is refused as not of the contract.
pub(super) const TYPE_DEPTH_MAX: usize = 16;

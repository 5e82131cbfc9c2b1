//! The rehearsal guests: each vendor's shape compiles against the contract and becomes a component.

use std::path::{Path, PathBuf};

use sluice_build::{Built, Options, build};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn built(name: &str) -> Built {
    let options = Options { offline: false, ..Options::beside(Path::new(env!("CARGO_MANIFEST_DIR"))) };
    build(&root().join("tests/rehearsal").join(name), &options).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn every_rehearsal_guest_becomes_a_small_component_with_its_manifest_inside() {
    let mut names = Vec::new();
    for folder in std::fs::read_dir(root().join("tests/rehearsal")).expect("the folder is there") {
        let name = folder.expect("readable").file_name().into_string().expect("a plain name");
        let built = built(&name);
        assert_eq!(built.manifest.id, format!("rehearsal-{name}"));
        assert!(built.size() < 400_000, "{name} has {} bytes", built.size());
        assert!(built.bytes.windows(15).any(|w| w == b"sluice:manifest"), "{name} carries no manifest");
        let again = self::built(&name);
        assert!(again.fresh && again.bytes == built.bytes, "{name} was built again without a change");
        names.push(name);
    }
    names.sort();
    // The shapes that the contract was rehearsed with before anything was built on it.
    assert_eq!(names, ["batch", "braze-export", "databricks", "google-ads", "klaviyo", "meta", "sfmc"]);
}

//! The promise behind a component's digest: whoever builds the same sources gets the same bytes, wherever they lie.

#![allow(missing_docs)]

use std::path::Path;

use sluice_build::{Options, build};

const GUEST: &str = "tests/rehearsal/batch";

/// The sources as a clone has them: everything but what was built, and git's own folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let name = entry.file_name();
        let kind = entry.file_type().expect("a kind");
        if name == "target" || name == ".git" || name == ".sluice" {
            continue;
        }
        if kind.is_dir() {
            copy(&entry.path(), &to.join(&name));
        } else if kind.is_file() {
            std::fs::copy(entry.path(), to.join(&name)).expect("copied");
        }
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn a_clone_in_another_folder_gives_the_same_component_byte_for_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace");
    let here = build(&root.join(GUEST), &Options::beside(Path::new(env!("CARGO_MANIFEST_DIR")))).expect("built here");

    let elsewhere = tempfile::tempdir().expect("a folder");
    // A blank and another depth: nothing may depend on how the path is written or how long it is.
    let clone = elsewhere.path().join("some where/else/sluice");
    copy(&root, &clone);
    // A target folder of its own, so nothing of the first build is used again.
    let there = build(&clone.join(GUEST), &Options::new(elsewhere.path().join("built"))).expect("built there");

    assert!(!there.fresh, "the second build compiled nothing, so it shows nothing");
    assert_ne!(here.path, there.path);
    for folder in [&root, elsewhere.path()] {
        let name = folder.to_str().expect("a plain path");
        assert!(!has(&here.bytes, name) && !has(&there.bytes, name), "the component tells where it was built: {name}");
    }
    let differs = here.bytes.iter().zip(&there.bytes).position(|(a, b)| a != b);
    assert!(here.bytes == there.bytes, "{} and {} bytes, first difference at {differs:?}", here.size(), there.size());
    assert_eq!(here.digest, there.digest);
}

//! The files of the project as they lie on disk, without what cargo and people make beside them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that are not the project's own.
const PASSED_OVER: [&str; 2] = ["target", "node_modules"];

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is two folders up")
}

/// Every file whose path from the root ends with `ending`, with `/` between its parts, sorted. Hidden folders are passed over.
pub(crate) fn files(ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(&root(), "", ending, &mut found);
    assert!(!found.is_empty(), "no file ends with {ending}: the walk looks in the wrong place");
    found.sort();
    found
}

fn walk(folder: &Path, from_root: &str, ending: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the project's folders can be read") {
        let entry = entry.expect("the project's folders can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || PASSED_OVER.contains(&name.as_str()) {
            continue;
        }
        let path = if from_root.is_empty() { name.clone() } else { format!("{from_root}/{name}") };
        if entry.file_type().expect("a kind").is_dir() {
            walk(&entry.path(), &path, ending, found);
        } else if path.ends_with(ending) {
            found.push(path);
        }
    }
}

/// The text of a file of the project.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

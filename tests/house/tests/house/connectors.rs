//! The shape of a connector's folder: who has read one finds everything in the next.

use std::collections::BTreeSet;

use crate::tree;

/// In every folder.
const ALL: &[&str] =
    &["Cargo.toml", "CHANGELOG.md", "README.md", "connector.toml", "src/lib.rs", "src/settings.rs", "src/outcomes.rs"];

/// In the folder of a destination besides: its requests' shapes, what the suite tries it with, exchanges with its twin.
const DESTINATIONS: &[&str] = &["src/wire.rs", "conformance.toml", "tests/conformance.rs", "tests/exchanges/main.rs"];

fn folders() -> BTreeSet<String> {
    let manifests = tree::files("connector.toml").into_iter();
    manifests
        .filter_map(|path| path.strip_prefix("connectors/").and_then(|rest| rest.split('/').next()).map(str::to_owned))
        .collect()
}

fn is_destination(folder: &str) -> bool {
    tree::text(&format!("connectors/{folder}/connector.toml")).lines().any(|line| line == "kind = \"destination\"")
}

#[test]
fn a_connectors_folder_has_the_shape_of_all_others() {
    let mut missing = Vec::new();
    for folder in folders() {
        let more = if is_destination(&folder) { DESTINATIONS } else { &[] };
        let files = ALL.iter().chain(more).map(|file| format!("connectors/{folder}/{file}"));
        missing.extend(files.filter(|file| !tree::root().join(file).is_file()));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn each_service_of_a_destination_is_a_file_or_a_folder_of_its_own() {
    let mut missing = Vec::new();
    for folder in folders().into_iter().filter(|folder| is_destination(folder)) {
        let manifest = tree::text(&format!("connectors/{folder}/connector.toml"));
        let headers = manifest.lines().filter_map(|line| line.strip_prefix("[services.")?.strip_suffix(']'));
        for service in headers.filter(|name| !name.contains('.')) {
            let file = service.trim_matches('"').replace('-', "_");
            let sources = tree::root().join("connectors").join(&folder).join("src");
            if !sources.join(format!("{file}.rs")).is_file() && !sources.join(&file).is_dir() {
                missing.push(format!("connectors/{folder}/src/{file}.rs"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_library_of_a_connector_exports_and_no_more() {
    for folder in folders() {
        let path = format!("connectors/{folder}/src/lib.rs");
        let lines = tree::text(&path).lines().count();
        assert!(lines <= 80, "{path} has {lines} lines: what a service does stands in its own file");
    }
}

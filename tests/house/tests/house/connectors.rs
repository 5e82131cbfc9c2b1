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

/// The ports of this machine that a text leads to.
fn ports(text: &str) -> BTreeSet<&str> {
    text.split("127.0.0.1:").skip(1).map(|rest| &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())]).collect()
}

#[test]
fn a_readme_leads_to_the_port_where_the_twin_listens() {
    for folder in folders().into_iter().filter(|folder| is_destination(folder)) {
        let twin = tree::text(&format!("host/sluice/src/commands/twin/{}.rs", folder.replace('-', "_")));
        let listens = twin.split("self.usual.listen(").nth(1).and_then(|rest| rest.split(')').next());
        let listens = listens.unwrap_or_else(|| panic!("the twin of {folder} says no port"));
        assert_eq!(ports(&tree::text(&format!("connectors/{folder}/README.md"))), BTreeSet::from([listens]), "{folder}");
    }
}

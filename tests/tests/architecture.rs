//! The arrows between the rooms point down, and nobody adds a new one unseen (ARCHITECTURE.md).

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// Which rooms a room may use, as the design draws them: any lower one. A line that is not used is fine; a use that is not here fails.
const ARROWS: &[(&str, &[&str])] = &[
    ("sluice-catalog", &[]),
    ("sluice-query", &["sluice-catalog"]),
    ("sluice-sandbox", &["sluice-catalog"]),
    ("sluice-egress", &["sluice-catalog"]),
    ("sluice-ledger", &["sluice-catalog"]),
    ("sluice-store", &["sluice-catalog"]),
    ("sluice-runs", &["sluice-catalog", "sluice-query", "sluice-sandbox", "sluice-egress", "sluice-ledger", "sluice-store"]),
    (
        "sluice-api",
        &["sluice-catalog", "sluice-query", "sluice-sandbox", "sluice-egress", "sluice-ledger", "sluice-store", "sluice-runs"],
    ),
    // The build code for connectors stands beside the host, for authors' tools and tests; it knows the manifest and nothing else.
    ("sluice-build", &["sluice-catalog"]),
    ("sluice-sdk", &[]),
    ("sluice-twins", &[]),
];

/// The binary and the tests are above everything.
const ABOVE: &[&str] = &["sluice", "sluice-tests"];

/// `host/…` for the rooms, so that a new folder is noticed.
const ROOMS: &[&str] = &["api", "catalog", "egress", "ledger", "query", "runs", "sandbox", "sluice", "store"];

struct Package {
    folder: String,
    uses: BTreeSet<String>,
    tests_use: BTreeSet<String>,
}

fn workspace() -> BTreeMap<String, Package> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let root = metadata["workspace_root"].as_str().expect("a root").to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|p| {
            let name = p["name"].as_str().expect("a name").to_owned();
            let manifest = p["manifest_path"].as_str().expect("a path");
            let folder = manifest.trim_start_matches(&root).trim_start_matches('/').trim_end_matches("/Cargo.toml").to_owned();
            let of = |dev: bool| {
                let dependencies = p["dependencies"].as_array().expect("dependencies").iter();
                let ours = dependencies.filter(|d| !d["path"].is_null() && (d["kind"] == "dev") == dev);
                ours.map(|d| d["name"].as_str().expect("a name").to_owned()).collect()
            };
            (name, Package { folder, uses: of(false), tests_use: of(true) })
        })
        .collect()
}

#[test]
fn arrows_between_rooms_point_down() {
    for (name, package) in workspace() {
        if ABOVE.contains(&name.as_str()) {
            continue;
        }
        if package.folder.starts_with("connectors/") || package.folder.starts_with("tests/") {
            let foreign: Vec<_> = package.uses.iter().filter(|d| *d != "sluice-sdk").collect();
            assert!(foreign.is_empty(), "{name} is guest code and sees the SDK alone; it uses {foreign:?}");
            continue;
        }
        let allowed = ARROWS.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("{name} is not on the map of arrows")).1;
        let wrong: Vec<_> = package.uses.iter().filter(|d| !allowed.contains(&d.as_str())).collect();
        assert!(wrong.is_empty(), "new arrow: {name} -> {wrong:?}");
    }
}

#[test]
fn tests_of_a_room_may_build_and_stand_in_but_not_reach_up() {
    for (name, package) in workspace() {
        let Some((_, allowed)) = ARROWS.iter().find(|(n, _)| *n == name) else { continue };
        for used in package.tests_use {
            let helper = matches!(used.as_str(), "sluice-build" | "sluice-twins" | "sluice-sandbox" | "sluice-catalog");
            assert!(helper || allowed.contains(&used.as_str()), "the tests of {name} reach up to {used}");
        }
    }
}

#[test]
fn every_room_is_one_of_the_design() {
    let rooms: BTreeSet<_> = workspace().into_values().filter_map(|p| p.folder.strip_prefix("host/").map(str::to_owned)).collect();
    assert_eq!(rooms, ROOMS.iter().map(|r| (*r).to_owned()).collect());
}

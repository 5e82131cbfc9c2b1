//! The arrows between the rooms point down, and are exactly those that ARCHITECTURE.md draws.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use crate::tree;

/// The floors of the host, from the ground up; a room may use rooms of lower floors only, so rooms of one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &["sluice-catalog"],
    &["sluice-query", "sluice-sandbox", "sluice-egress", "sluice-ledger", "sluice-store"],
    &["sluice-runs"],
    &["sluice-api"],
    &["sluice"],
];

/// What stands beside the host for authors of connectors. The build code knows the manifest, the suite calls components through the
/// host's own sandbox and gate; the others know nothing of ours.
const BESIDE: &[(&str, &str, &[&str])] = &[
    ("sluice-build", "sdk/build", &["sluice-catalog"]),
    ("sluice-conformance", "sdk/conformance", &["sluice-build", "sluice-catalog", "sluice-egress", "sluice-sandbox", "sluice-sdk"]),
    ("sluice-sdk", "sdk/rust", &[]),
    ("sluice-twins", "sdk/twins", &[]),
];

/// Crates outside of the project that a guest may be made of: text and numbers, nothing that asks for a system.
const GUESTS_MAY_USE: &[&str] = &["sluice-sdk", "serde", "serde_json"];

/// Workspace crates that only hold tests.
const TESTS: &[&str] = &["sluice-tests", "sluice-house"];

struct Package {
    folder: String,
    /// Workspace crates, in normal and build dependencies.
    uses: BTreeSet<String>,
    /// Everything in normal and build dependencies.
    all: BTreeSet<String>,
    /// Workspace crates, in dependencies of tests.
    tests_use: BTreeSet<String>,
}

impl Package {
    fn is_guest(&self) -> bool {
        ["connectors/", "tests/rehearsal/", "tests/guests/"].iter().any(|start| self.folder.starts_with(start))
    }
}

fn workspace() -> BTreeMap<String, Package> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let out = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(tree::root())
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout).expect("cargo speaks JSON");
    let root = metadata["workspace_root"].as_str().expect("a root").to_owned();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let folder = text(&package["manifest_path"]);
            let folder = folder.trim_start_matches(&root).trim_start_matches('/').trim_end_matches("/Cargo.toml").to_owned();
            let of = |dev: bool, ours: bool| -> BTreeSet<String> {
                let all = package["dependencies"].as_array().expect("dependencies").iter();
                let some = all.filter(|d| (d["kind"] == "dev") == dev && (!ours || !d["path"].is_null()));
                some.map(|d| text(&d["name"])).collect()
            };
            let package = (text(&package["name"]), of(false, true), of(false, false), of(true, true));
            let (name, uses, all, tests_use) = package;
            (name, Package { folder, uses, all, tests_use })
        })
        .collect()
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&name))
}

/// `sluice-runs` as the drawing calls it: `runs`. The binary's room keeps its name.
fn short(name: &str) -> &str {
    name.strip_prefix("sluice-").unwrap_or(name)
}

/// The block of ARCHITECTURE.md whose lines read `room -> room room`.
fn drawn() -> BTreeMap<String, BTreeSet<String>> {
    let text = tree::text("ARCHITECTURE.md");
    let block = text.split("```arrows\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of arrows");
    let line = |line: &str| {
        let (from, to) = line.split_once("->").unwrap_or_else(|| panic!("`{line}` is not `room -> room room`"));
        (from.trim().to_owned(), to.split_whitespace().filter(|word| *word != "(nothing)").map(str::to_owned).collect())
    };
    block.lines().filter(|text| !text.trim().is_empty()).map(line).collect()
}

#[test]
fn arrows_between_rooms_point_down() {
    for (name, package) in workspace() {
        let Some(own) = floor(&name) else { continue };
        for used in &package.uses {
            match floor(used) {
                Some(other) => assert!(other < own, "{name} -> {used} does not point down"),
                None => assert!(name == "sluice", "{name} -> {used}: only the binary uses what stands beside the host"),
            }
        }
    }
}

#[test]
fn arrows_are_exactly_those_that_the_architecture_draws() {
    let real: BTreeMap<String, BTreeSet<String>> = workspace()
        .into_iter()
        .filter(|(name, package)| !package.is_guest() && !TESTS.contains(&name.as_str()))
        .map(|(name, package)| (short(&name).to_owned(), package.uses.iter().map(|used| short(used).to_owned()).collect()))
        .collect();
    let drawn = drawn();
    for name in real.keys().chain(drawn.keys()) {
        assert_eq!(real.get(name), drawn.get(name), "arrows of `{name}` (in the code, in ARCHITECTURE.md)");
    }
}

#[test]
fn every_crate_stands_in_a_known_place() {
    let packages = workspace();
    for (name, package) in &packages {
        let known = package.is_guest()
            || TESTS.contains(&name.as_str())
            || floor(name).is_some() && package.folder == format!("host/{}", short(name))
            || BESIDE.iter().any(|(beside, folder, _)| beside == name && package.folder == *folder);
        assert!(known, "{name} in {} is not on the map", package.folder);
    }
    for name in FLOORS.iter().copied().flatten().chain(BESIDE.iter().map(|(name, ..)| name)) {
        assert!(packages.contains_key(*name), "{name} is on the map and not in the workspace");
    }
}

#[test]
fn a_guest_is_made_of_the_kit_and_nothing_of_the_host() {
    for (name, package) in workspace().iter().filter(|(_, package)| package.is_guest()) {
        let foreign: Vec<_> = package.all.iter().filter(|used| !GUESTS_MAY_USE.contains(&used.as_str())).collect();
        assert!(foreign.is_empty(), "{name} is guest code: {foreign:?} is not for guests");
    }
}

#[test]
fn what_stands_beside_the_host_knows_no_more_of_it_than_it_needs() {
    let packages = workspace();
    for (name, _, allowed) in BESIDE {
        let uses: Vec<_> = packages[*name].uses.iter().map(String::as_str).collect();
        assert_eq!(uses, *allowed, "{name}");
    }
}

#[test]
fn nothing_depends_on_the_command_line() {
    for (name, package) in workspace() {
        let uses = package.uses.contains("sluice") || package.tests_use.contains("sluice");
        assert!(!uses || TESTS.contains(&name.as_str()), "{name} depends on the command line");
    }
}

#[test]
fn tests_of_a_room_do_not_reach_up() {
    for (name, package) in workspace() {
        let Some(own) = floor(&name) else { continue };
        for used in &package.tests_use {
            let fine = floor(used).is_none_or(|other| other < own);
            assert!(fine, "the tests of {name} reach up to {used}");
        }
    }
}

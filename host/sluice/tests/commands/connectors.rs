//! `sluice connector …` on files that are no connectors, and on folders.

use serde_json::Value;

use crate::rig::{Done, component, sluice};

fn said(args: &[&str]) -> Done {
    Done::of(&sluice().arg("--json").args(args).output().unwrap())
}

fn refusal(args: &[&str]) -> Value {
    serde_json::from_str(&said(args).refused()).unwrap()
}

#[test]
fn what_is_no_connector_is_refused_by_its_own_fault() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, if text.starts_with('(') { wat::parse_str(text).unwrap() } else { text.into() }).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let wasi = r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#;
    for (file, code, named) in [
        (file("wasi.wasm", wasi), "connector-import-refused", "wasi:cli/environment@0.2.0"),
        (file("module.wasm", "(module)"), "connector-not-a-component", "core module"),
        (file("text.wasm", "hello"), "connector-not-a-component", "not WebAssembly"),
        (file("empty.wasm", "(component)"), "connector-manifest-invalid", "no manifest"),
        ("nowhere.wasm".to_owned(), "connector-not-a-component", "nowhere.wasm"),
    ] {
        for command in ["check", "inspect", "install"] {
            // A refusal needs no server.
            let refused = refusal(&["connector", command, &file]);
            assert_eq!(refused["code"], code, "{command} {file}: {refused:#}");
            assert!(refused["cause"].as_str().unwrap().contains(named), "{command} {file}: {refused:#}");
        }
    }
}

#[test]
fn a_folder_is_built_and_the_second_time_it_is_only_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let (out, folder) = (dir.path().join("braze.wasm"), concat!(env!("CARGO_MANIFEST_DIR"), "/../../connectors/braze"));
    let bytes = std::fs::read(component()).unwrap();
    let built = said(&["connector", "build", folder, "--out", out.to_str().unwrap()]).json(0);
    assert_eq!((built["fresh"].as_bool(), built["id"].as_str()), (Some(true), Some("braze")), "{built:#}");
    assert_eq!(std::fs::read(out).unwrap(), bytes);
    let empty = dir.path().to_str().unwrap();
    assert_eq!(refusal(&["connector", "build", empty])["code"], "connector-build-failed");
    std::fs::write(dir.path().join("connector.toml"), "id = 7\n").unwrap();
    assert_eq!(refusal(&["connector", "build", empty])["code"], "connector-manifest-invalid");
}

#[test]
fn a_connector_is_tried_against_its_twin_and_told_what_could_not_begin() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let report = said(&["connector", "test", &format!("{root}/connectors/iterable")]).json(0);
    assert_eq!((&report["id"], report["untried"].as_array().map(Vec::len)), (&Value::from("iterable"), Some(0)));
    let lines = report["lines"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["case"] == "lists list" && line["situation"] == "cut-after-write"), "{report:#}");
    assert!(lines.iter().all(|line| line["verdict"] != "broken"), "{report:#}");

    let careless = format!("{root}/tests/guests/careless");
    let refused = refusal(&["connector", "test", &careless]);
    assert_eq!(refused["code"], "connector-test-invalid");
    assert!(refused["cause"].as_str().unwrap().contains("--stand-in"), "{refused:#}");
    let refused = refusal(&["connector", "test", &careless, "--stand-in", "http://127.0.0.1:9"]);
    assert_eq!(refused["code"], "connector-test-invalid");
    assert!(refused["cause"].as_str().unwrap().contains("does not answer"), "{refused:#}");
}

#[test]
fn a_new_connector_builds_and_keeps_every_promise() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, sdk) = (dir.path().join("my-crm"), concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/rust"));
    let new = ["connector", "new", "my-crm", "--title", "My CRM", "--sdk", sdk, "--folder", folder.to_str().unwrap()];
    assert_eq!(said(&new).json(0)["title"], "My CRM");
    let report = said(&["connector", "test", folder.to_str().unwrap()]).json(0);
    assert_eq!((&report["id"], report["untried"].as_array().map(Vec::len)), (&Value::from("my-crm"), Some(0)));
    let held = |case: &str| {
        let lines = report["lines"].as_array().unwrap().iter();
        lines.filter(|line| line["case"] == case && line["verdict"] == "held").count()
    };
    assert!(held("contacts upsert") >= 20 && held("lists list") >= 20, "{report:#}");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let unit = std::process::Command::new(cargo)
        .args(["test", "--lib"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", dir.path().join("target"))
        .output()
        .unwrap();
    assert!(unit.status.success(), "{}", String::from_utf8_lossy(&unit.stderr));
    // Nothing that is there is written over, and an id is an id.
    assert_eq!(refusal(&new)["code"], "connector-new-failed");
    for id in ["My_CRM", "9crm", ""] {
        assert_eq!(refusal(&["connector", "new", id])["code"], "connector-new-failed", "{id}");
    }
}

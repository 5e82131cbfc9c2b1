//! The schema for authors' editors and the parser say the same about a manifest's structure; what only the parser knows is listed.

#![allow(missing_docs)]

mod drift;
mod hosts;
mod rules;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sluice_catalog::manifest::Manifest;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text() -> Value {
    let text = std::fs::read_to_string(root().join("wit/v0/manifest.schema.json")).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}

fn schema() -> jsonschema::Validator {
    jsonschema::validator_for(&text()).expect("a schema")
}

/// A manifest with every member that there is.
fn whole() -> Value {
    let source = json!({ "page": "https://developer.acme.example/contacts", "read": "2026-11-26" });
    let credential = |name: &str, write: Value| {
        json!({
            "name": name, "help": "Account.", "optional": true, "write": write, "hosts": ["{region}.acme.example"], "path-prefix": "/v1",
            "methods": ["POST"],
        })
    };
    json!({
        "id": "acme", "version": "1.0.0", "contract": "sluice:connector@0.1", "kind": "source", "title": "Acme",
        "publisher": "Acme", "capabilities": ["list-members"],
        "settings": { "type": "object", "properties": {
            "region": { "type": "string", "pattern": "^[a-z]+$" }, "host": {}, "port": {}, "database": {}, "user": {}, "tls": {},
            "ssh_host": {}, "ssh_port": {}, "ssh_user": {}, "ssh_fingerprint": {},
        } },
        "egress": [{
            "host": "{region}.acme.example", "port": 8443, "methods": ["POST"], "path-prefix": "/v1",
            "suffixes": [".acme.example"], "from": "POST /v1/exports", "source": source,
        }],
        "credentials": [
            credential("api_key", json!({ "kind": "static-header", "header": "authorization", "prefix": "Bearer " })),
            credential("upload", json!({ "kind": "basic" })),
            credential("password", json!({ "kind": "connection-password" })),
            credential("client_certificate", json!({ "kind": "connection-certificate" })),
            credential("client_key", json!({ "kind": "connection-key" })),
            credential("ssh_key", json!({ "kind": "connection-key" })),
            credential("ssh_passphrase", json!({ "kind": "connection-password" })),
            credential("ssh_password", json!({ "kind": "connection-password" })),
        ],
        "connections": [{
            "name": "main", "dialect": "postgresql", "password": "password",
            "client": { "certificate": "client_certificate", "key": "client_key" },
            "tunnel": { "key": "ssh_key", "passphrase": "ssh_passphrase", "password": "ssh_password" },
        }],
        "pace": [{
            "name": "all", "scope": "account", "unit": "rows", "rate": 1, "per-seconds": 1, "burst": 2, "in-flight": 3,
            "source": source,
        }],
        "limits": { "memory-bytes-max": 1_000_000, "cpu-ms-max": 100, "wall-ms-max": 200 },
        "services": { "contacts": {
            "title": "Contacts", "record": "users", "modes": ["upsert"], "identifiers": { "any-of": ["email"], "max": 1 },
            "fields": [{
                "name": "email", "type": "utf8", "role": "identifier", "required": true, "chars-max": 75, "bytes-max": 300,
                "one-of": ["a@b.example"], "semantic": ["email"], "normalise": ["trim"], "hash": "none", "help": "Lower case.",
            }],
            "custom-fields": {
                "name-chars-max": 255, "name-not-starting-with": ["$"], "names-reserved": ["id"], "name-charset": "word",
                "chars-max": 255, "types": ["utf8"],
            },
            "unit": { "rows": 1, "bytes": 1000, "row-bytes-max": 1 }, "repeat": { "class": "keyed", "within-hours": 24 },
            "sends": "all", "answers": "whole", "uploads": "ordered",
            "poll-rows": "on-demand", "age-hours-max": 24, "options": { "type": "object" },
            "source": source,
        } },
    })
}

/// [`whole`] with another value in one place, which must be there.
fn with(place: &str, value: &Value) -> Value {
    let mut changed = whole();
    *changed.pointer_mut(place).unwrap_or_else(|| panic!("{place} is not in the manifest")) = value.clone();
    changed
}

/// What the parser says of a manifest; the error as text.
fn parses(value: &Value) -> Result<Manifest, String> {
    Manifest::parse(&toml::to_string(value).expect("TOML")).map_err(|e| format!("{e:?}"))
}

#[test]
fn every_manifest_of_the_project_fits_the_schema() {
    let schema = schema();
    let mut seen = 0;
    for folder in ["connectors", "tests/rehearsal", "tests/guests"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path().join("connector.toml");
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let value: Value = toml::from_str(&text).expect("TOML");
            let wrong: Vec<String> = schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
            Manifest::parse(&text).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
            seen += 1;
        }
    }
    assert!(seen >= 9, "{seen} manifests");
}

#[test]
fn a_manifest_with_everything_fits_both() {
    let told: Vec<String> = schema().iter_errors(&whole()).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(told.is_empty(), "{told:?}");
    parses(&whole()).expect("a manifest");
}

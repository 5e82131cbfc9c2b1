//! The schema for authors' editors and the parser say the same about a manifest's structure.

#![allow(missing_docs)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sluice_catalog::manifest::Manifest;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema() -> jsonschema::Validator {
    let text = std::fs::read_to_string(root().join("wit/v0/manifest.schema.json")).expect("the schema");
    jsonschema::validator_for(&serde_json::from_str(&text).expect("JSON")).expect("a schema")
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

/// A manifest with one of everything.
fn whole() -> Value {
    let settings = json!({ "type": "object", "additionalProperties": false, "required": ["region"],
        "properties": { "region": { "type": "string", "pattern": "^[a-z]+$" } } });
    json!({
        "id": "acme", "version": "1.0.0", "contract": "sluice:connector@0.1", "kind": "destination", "title": "Acme",
        "publisher": "Acme", "settings": settings,
        "egress": [{ "host": "{region}.acme.example", "methods": ["POST"], "path-prefix": "/v1/" }],
        "credentials": [{
            "name": "api_key", "help": "Account.", "write": { "kind": "static-header", "header": "authorization", "prefix": "Bearer " },
        }],
        "pace": [{ "name": "all", "scope": "account", "rate": 1, "per-seconds": 1 }],
        "limits": { "cpu-ms-max": 100 },
        "services": { "contacts": {
            "title": "Contacts", "record": "users", "modes": ["upsert"], "identifiers": { "any-of": ["email"] },
            "fields": [{ "name": "email", "type": "utf8", "role": "identifier" }],
            "unit": { "rows": 1, "bytes": 1000, "row-bytes-max": 1000 }, "repeat": { "class": "overwrites" },
            "source": { "page": "a page", "read": "2026-11-26" },
        } },
    })
}

fn parses(value: &Value) -> Result<Manifest, String> {
    Manifest::parse(&toml::to_string(value).expect("TOML")).map_err(|e| format!("{e:?}"))
}

#[test]
fn what_the_parser_refuses_for_its_structure_the_schema_refuses_too() {
    let schema = schema();
    let told: Vec<String> = schema.iter_errors(&whole()).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(told.is_empty(), "{told:?}");
    parses(&whole()).expect("a manifest");
    let members = [
        ("", "id version contract kind title publisher"),
        ("/egress/0", "host methods"),
        ("/credentials/0", "name write help"),
        ("/credentials/0/write", "kind header"),
        ("/pace/0", "name scope rate per-seconds"),
        ("/services/contacts", "title record modes identifiers fields unit repeat source"),
        ("/services/contacts/identifiers", "any-of"),
        ("/services/contacts/fields/0", "name type"),
        ("/services/contacts/unit", "rows bytes row-bytes-max"),
        ("/services/contacts/repeat", "class"),
        ("/services/contacts/source", "page read"),
    ];
    for (place, must) in members {
        for must in must.split(' ') {
            let mut without = whole();
            without.pointer_mut(place).expect("a place").as_object_mut().expect("an object").remove(must);
            assert!(!schema.is_valid(&without) && parses(&without).is_err(), "without {place}/{must}");
        }
        let mut with = whole();
        with.pointer_mut(place).expect("a place")["surprise"] = json!(1);
        assert!(!schema.is_valid(&with) && parses(&with).is_err(), "with {place}/surprise");
    }
    for (place, value) in [
        ("/kind", json!("sink")),
        ("/contract", json!("sluice:connector@9")),
        ("/egress/0/host", json!("*.acme.example")),
        ("/egress/0/host", json!("10.0.0.1")),
        ("/egress/0/host", json!("localhost")),
        ("/credentials/0/write/kind", json!("oauth")),
        ("/pace/0/scope", json!("world")),
        ("/pace/0/rate", json!(-1)),
        ("/services/contacts/modes/0", json!("merge")),
        ("/services/contacts/fields/0/type", json!("varchar")),
        ("/services/contacts/fields/0/role", json!("key")),
        ("/services/contacts/repeat/class", json!("maybe")),
        ("/services/contacts/unit/rows", json!("many")),
        ("/limits/cpu-ms-max", json!("1s")),
    ] {
        let mut bad = whole();
        *bad.pointer_mut(place).expect("a place") = value.clone();
        assert!(!schema.is_valid(&bad) && parses(&bad).is_err(), "{place} = {value}");
    }
}

//! The manifest and the code say the same.

use sluice_catalog::manifest::{Capability, Manifest};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

#[test]
fn the_options_offered_are_those_that_are_read() {
    for (service, options, good) in [
        ("lists", r#"{"list":"VIP FR"}"#, true),
        ("lists", r#"{"list":"V","create_profiles":false}"#, true),
        ("lists", r#"{"list":""}"#, false),
        ("lists", r#"{"create_profiles":true}"#, false),
        ("lists", r#"{"list":"VIP","list_id":7}"#, false),
        ("subscriptions", r#"{"list":"News","historical_import":true,"custom_source":"Shop"}"#, true),
        ("subscriptions", r#"{"list":"News","historical_import":"yes"}"#, false),
        ("subscriptions", r#"{"historical_import":true}"#, false),
    ] {
        let validator = jsonschema::validator_for(&manifest().services[service].options).expect("a schema");
        assert_eq!(validator.is_valid(&options.parse().unwrap()), good, "{service} {options}");
    }
    let default = |service: &str, option: &str| manifest().services[service].options["properties"][option]["default"].as_bool();
    assert_eq!(default("lists", "create_profiles"), Some(true));
    assert_eq!(default("subscriptions", "historical_import"), Some(false));
    assert!(manifest().can(Capability::ListMembers));
}

#[test]
fn names_and_limits_are_those_of_the_code() {
    let manifest = manifest();
    let (code, people) = (include_str!("../../src/attributes.rs"), include_str!("../../src/people.rs"));
    let contacts = &manifest.services["contacts"];
    for name in &contacts.custom_fields.as_ref().unwrap().names_reserved {
        assert!(code.contains(&format!("\"{name}\"")), "{name}");
    }
    for field in &contacts.fields {
        let name = field.name.rsplit('.').next().unwrap();
        assert!(code.contains(&format!("\"{name}\"")), "{name}");
        assert!(
            contacts.identifiers.any_of.contains(&field.name) == people.contains(&format!("Known::new(\"{}\", ", field.name)),
            "{name}"
        );
    }
    for (service, rows, row_bytes) in [("contacts", 10_000, 100_000), ("lists", 1_000, 4_000), ("subscriptions", 1_000, 4_000)] {
        let unit = manifest.services[service].unit;
        assert_eq!((unit.rows, unit.bytes, unit.row_bytes_max), (rows, 5_000_000, row_bytes), "{service}");
    }
}

#[test]
fn every_bucket_that_is_named_is_there() {
    let manifest = manifest();
    let names: Vec<&str> = manifest.pace.iter().map(|pace| pace.name.as_str()).collect();
    for name in ["accounts", "import", "import-job", "import-errors", "list-write", "lists", "profiles", "members", "subscriptions"]
    {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(names.len(), 9);
}

/// An insert makes profiles; nobody's own is changed or taken away but by a job.
#[test]
fn profiles_are_asked_for_and_made_one_by_one_and_nothing_else() {
    let manifest = manifest();
    let profiles = manifest.egress.iter().find(|egress| egress.path_prefix == "/api/profiles").expect("listed");
    assert_eq!(profiles.methods, ["GET", "POST"]);
}

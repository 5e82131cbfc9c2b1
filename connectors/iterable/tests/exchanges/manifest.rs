//! The manifest and the code say the same.

use sluice_catalog::manifest::{Capability, Manifest};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

#[test]
fn the_settings_offered_are_those_that_are_read() {
    let offered = |name: &str| {
        let words = manifest().settings["properties"][name]["enum"].as_array().unwrap().clone();
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(offered("data_center"), ["US", "EU"]);
    assert_eq!(offered("project_type"), ["email", "userId", "hybrid"]);
    assert!(manifest().can(Capability::ListMembers));
}

#[test]
fn a_list_has_a_name() {
    let validator = jsonschema::validator_for(&manifest().services["lists"].options).expect("a schema");
    for (options, good) in [
        (r#"{"list":"VIP FR"}"#, true),
        (r#"{"list":"V","create_users":true}"#, true),
        (r#"{"list":""}"#, false),
        (r#"{"list":7}"#, false),
        (r#"{"create_users":true}"#, false),
        (r#"{"list":"VIP","list_id":7}"#, false),
    ] {
        assert_eq!(validator.is_valid(&options.parse().unwrap()), good, "{options}");
    }
}

#[test]
fn what_is_not_said_is_as_the_code_has_it() {
    let default = |service: &str, option: &str| manifest().services[service].options["properties"][option]["default"].as_bool();
    assert_eq!(default("attributes", "create_new_fields"), Some(true));
    assert_eq!(default("attributes", "merge_nested_objects"), Some(false));
    assert_eq!(default("lists", "create_users"), Some(false));
}

#[test]
fn both_services_keep_the_same_names_from_attributes() {
    let manifest = manifest();
    let kept = |service: &str| manifest.services[service].custom_fields.clone().unwrap();
    assert_eq!(kept("attributes"), kept("lists"));
    for name in kept("attributes").names_reserved {
        assert!(include_str!("../../src/users.rs").contains(&format!("\"{name}\"")), "{name}");
    }
}

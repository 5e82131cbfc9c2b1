//! The manifest and the code say the same.

use sluice_catalog::manifest::{Capability, Manifest};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

#[test]
fn what_is_offered_is_what_is_read() {
    let manifest = manifest();
    let status = &manifest.services["contacts"].options["properties"]["new_contacts"];
    let words: Vec<&str> = status["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(words, ["transactional", "subscribed", "pending", "unsubscribed"]);
    assert_eq!(status["default"], "transactional");
    let automations = &manifest.services["segments"].options["properties"]["start_automations"];
    assert_eq!(automations["default"], false);
    assert!(manifest.can(Capability::ListMembers));
}

/// "members_to_add[]: max 500", "members[]: max 500".
#[test]
fn no_batch_is_larger_than_mailchimp_takes() {
    assert!(manifest().services.values().all(|service| service.unit.rows == 500));
}

//! The manifest and the code say the same.

use sluice_catalog::manifest::{Capability, CredentialKind, Manifest};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

#[test]
fn the_settings_offered_are_those_that_are_read() {
    let manifest = manifest();
    let validator = jsonschema::validator_for(&manifest.settings).expect("a schema");
    for (settings, good) in [
        ("{}", true),
        (r#"{"sign_in":"token","api_version":"2026-09"}"#, true),
        (r#"{"sign_in":"oauth","client_id":"an-app"}"#, true),
        (r#"{"sign_in":"oauth"}"#, false),
        (r#"{"sign_in":"hapikey"}"#, false),
        (r#"{"api_version":"v3"}"#, false),
        (r#"{"api_version":"2026-3"}"#, false),
        (r#"{"api_version":"1926-03"}"#, false),
        (r#"{"portal":7}"#, false),
    ] {
        assert_eq!(validator.is_valid(&settings.parse().unwrap()), good, "{settings}");
    }
    assert!(manifest.can(Capability::ListMembers));
    assert!(manifest.credentials.iter().all(|credential| credential.optional), "one of the two is used");
    assert!(matches!(manifest.credentials[1].write, CredentialKind::Oauth2AuthorizationCode { .. }));
}

#[test]
fn the_options_offered_are_those_that_are_read() {
    let association = |more: &str| format!(r#"{{"associations":[{{"field":"company","object":"companies"{more}}}]}}"#);
    for (service, options, good) in [
        ("contacts", "{}".to_owned(), true),
        ("contacts", r#"{"unique_property":"Customer No"}"#.to_owned(), false),
        ("deals", association(""), true),
        ("deals", association(r#","key":"customer_no","required":false"#), true),
        ("deals", association(r#","label":{"category":"USER_DEFINED","type_id":37}"#), true),
        ("deals", association(r#","label":{"category":"WORK","type_id":37}"#), false),
        ("deals", association(r#","label":{"type_id":37}"#), false),
        ("deals", r#"{"associations":[{"field":"company"}]}"#.to_owned(), false),
        ("custom-objects", r#"{"object_type":"2-1234567"}"#.to_owned(), true),
        ("custom-objects", "{}".to_owned(), false),
        ("lists", r#"{"list":"VIP"}"#.to_owned(), true),
        ("lists", r#"{"list":""}"#.to_owned(), false),
    ] {
        let validator = jsonschema::validator_for(&manifest().services[service].options).expect("a schema");
        assert_eq!(validator.is_valid(&options.parse().unwrap()), good, "{service} {options}");
    }
}

#[test]
fn names_and_limits_are_those_of_the_code() {
    let manifest = manifest();
    let (records, settings) = (include_str!("../../src/records.rs"), include_str!("../../src/settings.rs"));
    for (service, rows) in [("contacts", 100), ("companies", 100), ("deals", 100), ("custom-objects", 100), ("lists", 1_000)] {
        assert_eq!(manifest.services[service].unit.rows, rows, "{service}");
        for identifier in &manifest.services[service].identifiers.any_of {
            assert!(records.contains(&format!("Known::new(\"{identifier}\", ")), "{identifier}");
        }
    }
    let names: Vec<&str> = manifest.pace.iter().map(|pace| pace.name.as_str()).collect();
    assert_eq!(names, ["calls"]);
    assert!(settings.contains(r#".pace("calls")"#));
}

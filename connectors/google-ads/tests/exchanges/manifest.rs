//! The manifest and the code say the same, and the host makes of a value what Google hashes.

use sluice_catalog::manifest::{Manifest, ServiceField};
use sluice_catalog::semantic::{form::formed, sha256};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

fn field(service: &str, name: &str) -> ServiceField {
    manifest().services[service].fields.iter().find(|field| field.name == name).expect("a field").clone()
}

#[test]
fn settings_and_options_are_those_that_are_read() {
    let fits = |schema: &serde_json::Value, json: &str| {
        jsonschema::validator_for(schema).expect("a schema").is_valid(&json.parse().unwrap())
    };
    let manifest = manifest();
    for (settings, good) in [
        (r#"{"customer_id":"123-456-7890","sign_in":"oauth","client_id":"x"}"#, true),
        (r#"{"customer_id":"1234567890","sign_in":"service-account","login_customer_id":"987-654-3210"}"#, true),
        (r#"{"customer_id":"1234567890","sign_in":"oauth"}"#, false),
        (r#"{"customer_id":"123456789","sign_in":"service-account"}"#, false),
        (r#"{"customer_id":"1234567890"}"#, false),
    ] {
        assert_eq!(fits(&manifest.settings, settings), good, "{settings}");
    }
    for (service, options, good) in [
        ("audiences", r#"{"list":"VIP","accept_customer_match_terms":true,"key_type":"mobile-id","membership_days":540}"#, true),
        ("audiences", r#"{"list":"VIP","accept_customer_match_terms":false}"#, false),
        ("audiences", r#"{"list":"VIP"}"#, false),
        ("audiences", r#"{"list":"VIP","accept_customer_match_terms":true,"membership_days":541}"#, false),
        ("click-conversions", r#"{"conversion_action_id":"7","event_source":"WEB","ad_user_data":"denied"}"#, true),
        ("click-conversions", r#"{"conversion_action_id":"customers/1"}"#, false),
        ("adjustments", "{}", false),
        ("retractions", r#"{"conversion_action_id":"7","ad_user_data":"denied"}"#, false),
    ] {
        assert_eq!(fits(&manifest.services[service].options, options), good, "{service} {options}");
    }
}

/// googleads/data-manager-python at 5abbf5d, `tests/formatter_test.py` (read 2026-11).
#[test]
fn the_host_hashes_what_google_hashes() {
    let digests = [
        ("emailAddress", " AlexZ@example.com ", "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"),
        ("phoneNumber", "+1 800 555 0100", "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"),
        ("givenName", " GivenName ", "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814"),
        ("regionCode", "france", "FR"),
        ("postalCode", " 94043 ", "94043"),
    ];
    for service in ["audiences", "enhanced-conversions-web", "click-conversions", "adjustments"] {
        for (name, value, wanted) in digests {
            let field = field(service, name);
            assert_eq!(formed(value, &field.normalise, field.hash, None).as_deref(), Ok(wanted), "{service} {name}");
        }
        for (name, value, plain) in [("emailAddress", "Alex.Z+x@Gmail.com", "alexz+x@gmail.com"), ("familyName", "O'Neil", "oneil")]
        {
            let field = field(service, name);
            assert_eq!(
                formed(value, &field.normalise, field.hash, None).as_deref(),
                Ok(sha256(plain).as_str()),
                "{service} {name}"
            );
        }
    }
}

#[test]
fn names_and_limits_are_those_of_the_code() {
    let manifest = manifest();
    let (people, events) = (include_str!("../../src/people.rs"), include_str!("../../src/events.rs"));
    for (name, service) in &manifest.services {
        let known = |id: &String| people.contains(&format!("(\"{id}\"")) || name == "retractions";
        assert!(service.identifiers.any_of.iter().all(known), "{name}");
        assert_eq!(service.unit.rows, if name == "audiences" { 10_000 } else { 2_000 }, "{name}");
    }
    for name in manifest.services["click-conversions"].fields.iter().filter_map(|field| Some(field.name.split_once('.')?.0)) {
        assert!(events.contains(&format!("\"{name}.\"")), "{name}");
    }
    assert_eq!(manifest.services["adjustments"].age_hours_max, Some(54 * 24));
    let names: Vec<&str> = manifest.pace.iter().map(|pace| pace.name.as_str()).collect();
    assert_eq!(names, ["ingest", "status", "lists"]);
    let credentials: Vec<_> =
        manifest.credentials.iter().map(|credential| (credential.name.as_str(), credential.optional)).collect();
    assert_eq!(credentials, [("login", true), ("service_account", true), ("developer_token", true)]);
}

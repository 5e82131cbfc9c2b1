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

/// A key, or a person's consent to an app that the setting names; the token's host is nobody else's.
#[test]
fn an_audience_is_reached_by_a_key_or_by_a_persons_consent() {
    let manifest = manifest();
    let validator = jsonschema::validator_for(&manifest.settings).expect("a schema");
    for (sign_in, good) in [
        ("", true),
        (r#","sign_in":"api-key""#, true),
        (r#","sign_in":"oauth","client_id":"635959587059""#, true),
        (r#","sign_in":"oauth""#, false),
        (r#","sign_in":"basic""#, false),
    ] {
        let settings = format!(r#"{{"data_center":"us19","list_id":"a1b2c3d4e5"{sign_in}}}"#);
        assert_eq!(validator.is_valid(&settings.parse().unwrap()), good, "{settings}");
    }
    for strange in [r#""US19","list_id":"a1""#, r#""0123456789abcdef-us19","list_id":"a1""#, r#""us19","list_id":"Newsletter""#] {
        let settings = format!(r#"{{"data_center":{strange}}}"#);
        assert!(!validator.is_valid(&settings.parse().unwrap()), "{settings}");
    }
    assert!(manifest.credentials.iter().all(|credential| credential.optional), "one of them is enough");
    let token = manifest.credentials.iter().find_map(|credential| credential.write.token_endpoint()).expect("one is for tokens");
    assert_eq!((token.url.as_str(), token.scopes.len()), ("https://login.mailchimp.com/oauth2/token", 0));
    assert!(manifest.egress.iter().all(|egress| egress.host.to_string() == "{data_center}.api.mailchimp.com"));
}

/// "members_to_add[]: max 500", "members[]: max 500".
#[test]
fn no_batch_is_larger_than_mailchimp_takes() {
    assert!(manifest().services.values().all(|service| service.unit.rows == 500));
}

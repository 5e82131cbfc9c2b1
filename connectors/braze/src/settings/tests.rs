use sluice_catalog::manifest::Manifest;
use sluice_sdk::code;

use super::*;

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

#[test]
fn every_instance_that_the_manifest_offers_has_an_address_within_its_reach() {
    let manifest = manifest();
    let offered: Vec<&str> = manifest.settings["properties"]["rest_host"]["enum"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|v| v.as_str())
        .collect();
    let known: Vec<&str> = ENDPOINTS.iter().map(|(host, _)| *host).collect();
    assert_eq!(offered, known);
    for (host, suffix) in ENDPOINTS {
        let url = Settings { rest_host: (*host).to_owned() }.url("/users/track").expect("an instance");
        assert_eq!(url, format!("https://{host}.{suffix}/users/track"));
        let listed = format!("{{rest_host}}.{suffix}");
        assert!(include_str!("../../connector.toml").contains(&format!("host = \"{listed}\"")), "{listed}");
    }
}

#[test]
fn an_address_of_nobody_is_the_operators_to_mend() {
    for host in ["", "rest.fra-01.braze.eu", "REST.FRA-01", "rest.fra-99", "evil.example/?"] {
        let halt = Settings { rest_host: host.to_owned() }.url("/users/track").expect_err("no instance");
        let Halt::Config(reason) = halt else { panic!("{halt:?}") };
        assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some("rest_host")), "{host}");
    }
}

#[test]
fn events_make_no_profiles_unless_somebody_says_so() {
    let options = |text: &str| sluice_sdk::serde_json::from_str::<EventsOptions>(text).expect("options").update_existing_only;
    assert_eq!((options("{}"), options(r#"{"update_existing_only":false}"#)), (true, false));
    let of_manifest = &manifest().services["events"].options["properties"]["update_existing_only"]["default"];
    assert_eq!(of_manifest.as_bool(), Some(options("{}")), "the manifest says the same");
}

#[test]
fn a_lists_attribute_is_a_word_that_names_no_person() {
    let options = &manifest().services["lists"].options;
    let validator = jsonschema::validator_for(options).expect("a schema");
    let longest = "a".repeat(255);
    let too_long = "a".repeat(256);
    for (name, good) in [
        ("in_shop", true),
        ("VIP_2026", true),
        ("external_ids", true),
        (longest.as_str(), true),
        (too_long.as_str(), false),
        ("", false),
        ("in shop", false),
        ("in-shop", false),
        ("$in", false),
        ("é", false),
        ("external_id", false),
        ("braze_id", false),
        ("user_alias", false),
        ("user_alias_name", false),
        ("_update_existing_only", false),
    ] {
        assert_eq!(validator.is_valid(&sluice_sdk::serde_json::json!({ "attribute": name })), good, "{name}");
    }
}

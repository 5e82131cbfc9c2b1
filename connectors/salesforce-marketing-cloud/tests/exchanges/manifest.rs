//! The manifest and the code say the same.

use sluice_catalog::manifest::{CredentialKind, Manifest, Mode};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

#[test]
fn settings_and_options_offered_are_those_that_are_read() {
    let manifest = manifest();
    let settings = jsonschema::validator_for(&manifest.settings).expect("a schema");
    for (json, good) in [
        (r#"{"subdomain":"mc563885gzs27c5t9-63k636ttgm","client_id":"c"}"#, true),
        (r#"{"subdomain":"mc1","client_id":"c","account_id":"110000123","rest_tenant":"mc1"}"#, true),
        (r#"{"subdomain":"mc1.evil.example/","client_id":"c"}"#, false),
        (r#"{"subdomain":"mc1@evil","client_id":"c"}"#, false),
        (r#"{"subdomain":"mc1:8443","client_id":"c"}"#, false),
        (r#"{"subdomain":"mc1","client_id":"c","account_id":"a"}"#, false),
        (r#"{"subdomain":"mc1"}"#, false),
    ] {
        assert_eq!(settings.is_valid(&json.parse().unwrap()), good, "{json}");
    }
    // One label of a host: with anything else in it, a request would go elsewhere.
    for wrong in ["", "a.b", "evil.example/", "evil@x", "x:8443", "MC1", "-mc", "mc-", &"m".repeat(64)] {
        let json = serde_json::json!({ "subdomain": "mc1", "client_id": "c", "rest_tenant": wrong });
        assert!(!settings.is_valid(&json), "{json}");
    }
    let options = jsonschema::validator_for(&manifest.services["data-extensions"].options).expect("a schema");
    for (json, good) in [
        (r#"{"data_extension":"loyalty"}"#, true),
        (r#"{"data_extension":"loyalty","attribute":"InSegment"}"#, true),
        (r#"{"data_extension":""}"#, false),
        (r#"{"attribute":"InSegment"}"#, false),
        (r#"{"data_extension":"loyalty","key":"x"}"#, false),
    ] {
        assert_eq!(options.is_valid(&json.parse().unwrap()), good, "{json}");
    }
}

#[test]
fn names_and_limits_are_those_of_the_code() {
    let manifest = manifest();
    let service = &manifest.services["data-extensions"];
    assert_eq!(service.modes, [Mode::Upsert, Mode::Insert, Mode::BooleanAttribute]);
    assert_eq!((service.unit.rows, service.unit.bytes), (32_000, 5_000_000));
    let (columns, settings) = (include_str!("../../src/columns.rs"), include_str!("../../src/settings.rs"));
    for field in &service.fields {
        assert!(columns.contains(&format!("\"{}\"", field.name)), "{}", field.name);
    }
    assert_eq!(service.identifiers.max as usize, service.identifiers.any_of.len());
    assert!(manifest.pace.iter().all(|pace| settings.contains(&format!("pace(\"{}\")", pace.name))));
}

#[test]
fn the_secret_is_for_the_tenants_token_and_the_token_for_its_rest_host() {
    let manifest = manifest();
    let [client] = &manifest.credentials[..] else { panic!("one credential") };
    let CredentialKind::Oauth2ClientCredentials { token } = &client.write else { panic!("{client:?}") };
    assert_eq!((client.name.as_str(), token.url.as_str()), ("client", "https://{subdomain}.auth.marketingcloudapis.com/v2/token"));
    assert_eq!(token.expose["rest_instance_url"], "https://{rest_tenant}.rest.marketingcloudapis.com/");
    assert!(manifest.egress.iter().all(|egress| egress.host.to_string() == "{rest_tenant}.rest.marketingcloudapis.com"));
    assert!(manifest.egress.iter().all(|egress| !egress.methods.iter().any(|method| method == "DELETE")));
}

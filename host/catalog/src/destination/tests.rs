use super::*;

fn manifest() -> Manifest {
    let text = r#"
        id = "acme"
        version = "1.0.0"
        contract = "sluice:connector@0.1"
        kind = "destination"
        title = "Acme"
        publisher = "test"
        [settings]
        type = "object"
        required = ["region"]
        additionalProperties = false
        [settings.properties.region]
        type = "string"
        [settings.properties.tenant]
        type = "string"
        readOnly = true
        [[egress]]
        host = "operator-host"
        methods = ["POST"]
        suffixes = [".acme.example"]
        [services.contacts]
        title = "Contacts"
        record = "users"
        modes = ["upsert"]
        identifiers = { any-of = ["email"] }
        fields = [{ name = "email", type = "utf8", role = "identifier" }]
        unit = { rows = 10, bytes = 1000, row-bytes-max = 100 }
        repeat = { class = "keyed" }
        source = { page = "test", read = "2026-11-24" }
    "#;
    Manifest::parse(text).expect("a sound manifest")
}

fn problems(change: serde_json::Value) -> Vec<String> {
    let mut json = serde_json::json!({ "name": "a", "connector": "acme", "settings": { "region": "eu" } });
    json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let destination: Destination = serde_json::from_value(json).unwrap();
    destination.validate(&manifest()).into_iter().map(|p| p.pointer).collect()
}

#[test]
fn a_destination_names_every_place_that_does_not_fit_its_connector() {
    use serde_json::json;
    for (change, want) in [
        (json!({}), vec![]),
        (json!({ "in_flight": 1 }), vec![]),
        (json!({ "in_flight": 64 }), vec![]),
        (json!({ "in_flight": 0 }), vec!["/in_flight"]),
        (json!({ "in_flight": 65, "name": "" }), vec!["/name", "/in_flight"]),
        (json!({ "settings": {} }), vec!["/settings"]),
        (json!({ "settings": { "region": 5 } }), vec!["/settings/region"]),
        (json!({ "settings": { "region": "eu", "tenant": "mine" } }), vec!["/settings/tenant"]),
        (json!({ "grant": { "operator_hosts": ["eu.acme.example"] } }), vec![]),
        (json!({ "grant": { "operator_hosts": ["acme.example.evil.test"] } }), vec!["/grant/operator_hosts/0"]),
        (json!({ "grant": { "operator_hosts": ["EU.acme.example"] } }), vec!["/grant/operator_hosts/0"]),
        (json!({ "grant": { "stand_ins": [{ "host": "eu.acme.example", "origin": "http://127.0.0.1:4010" }] } }), vec![]),
        (
            json!({ "grant": { "stand_ins": [{ "host": "*", "origin": "ftp://x" }] } }),
            vec!["/grant/stand_ins/0/host", "/grant/stand_ins/0/origin"],
        ),
        (
            json!({ "grant": { "stand_ins": [{ "host": "a.example", "origin": "http://u@x/path" }] } }),
            vec!["/grant/stand_ins/0/origin"],
        ),
    ] {
        assert_eq!(problems(change.clone()), want, "{change}");
    }
}

//! The rules beyond names and types: those that a schema can say are said twice, the others are the parser's alone.

use serde_json::{Value, json};

use super::{parses, schema, whole, with};

/// Takes each first value and refuses each of the others, by schema and by parser.
#[test]
fn a_rule_that_a_schema_can_say_is_in_both() {
    let validator = schema();
    let host = |host: &str, rest: Value| {
        let mut entry = json!({ "host": host, "methods": ["GET"] });
        let members = rest.as_object().expect("members").clone();
        entry.as_object_mut().expect("an object").extend(members);
        entry
    };
    let suffixes = json!([".storage.example"]);
    // The credentials of the whole manifest are bound to its one host, so the table has the host forms in a second entry.
    let second = |entry: Value| json!([whole()["egress"][0], entry]);
    let rules: Vec<(&str, Value, Vec<Value>)> = vec![
        ("/id", json!("a-1"), vec![json!(""), json!("Acme"), json!("a_b"), json!("a".repeat(61))]),
        ("/id", json!("a".repeat(60)), vec![]),
        ("/version", json!("0.10.0"), vec![json!("1.0"), json!("1.0.0.0"), json!("1.0.0-rc1"), json!("1..0"), json!("one")]),
        ("/version", json!("999999999.0.0"), vec![json!("1000000000.0.0"), json!("+1.0.0"), json!("01.0.0"), json!("1.0.00")]),
        ("/contract", json!("sluice:connector@0.1"), vec![json!("sluice:connector@0.2"), json!("")]),
        ("/settings", whole()["settings"].clone(), vec![json!({}), json!({ "type": "string" })]),
        (
            "/egress/0/methods",
            json!(["GET", "HEAD", "PUT", "PATCH", "DELETE"]),
            vec![json!([]), json!(["get"]), json!(["CONNECT"])],
        ),
        ("/egress/0/path-prefix", json!("/"), vec![json!("v1"), json!("")]),
        ("/egress/0/suffixes", json!([]), vec![json!(["acme.example"]), json!([".example"]), json!([".10.0.0.1"]), json!([""])]),
        (
            "/egress",
            second(host("operator-host", json!({ "suffixes": suffixes }))),
            vec![second(host("operator-host", json!({}))), second(host("operator-host", json!({ "suffixes": [] })))],
        ),
        (
            "/egress",
            second(host("link", json!({ "suffixes": suffixes, "from": "GET /v1/files" }))),
            vec![
                second(host("link", json!({ "suffixes": suffixes }))),
                second(host("link", json!({ "from": "GET /v1/files" }))),
                second(host("link", json!({ "suffixes": [], "from": "GET /v1/files" }))),
            ],
        ),
        ("/credentials/0/name", json!("key_2"), vec![json!(""), json!("Key"), json!("api-key")]),
        ("/credentials/0/methods", json!([]), vec![json!(["get"]), json!([""])]),
        ("/credentials/0/path-prefix", json!("/"), vec![json!("v1")]),
        ("/credentials/0/write/header", json!("x-api-key"), vec![json!(""), json!("X-Api-Key"), json!("x api"), json!("x\ny")]),
        ("/connections/0/name", json!("replica_2"), vec![json!(""), json!("Main"), json!("read-only")]),
        ("/connections/0/dialect", json!("postgresql"), vec![json!("mysql"), json!("")]),
        ("/services/contacts/modes", json!(["append"]), vec![json!([]), json!(["append", "upsert"]), json!(["upsert", "append"])]),
        ("/services/contacts/identifiers/any-of", json!(["email"]), vec![json!([])]),
        ("/services/contacts/custom-fields/name-charset", json!("word"), vec![json!("ascii"), json!("")]),
        (
            "/services/contacts/options",
            json!({ "type": "object", "required": ["list"] }),
            vec![json!({}), json!({ "type": "array" })],
        ),
    ];
    for (place, good, bad) in rules {
        let sound = with(place, &good);
        assert!(validator.is_valid(&sound), "the schema refuses {place} = {good}");
        parses(&sound).unwrap_or_else(|e| panic!("{place} = {good}: {e}"));
        for bad in bad {
            let broken = with(place, &bad);
            assert!(!validator.is_valid(&broken), "the schema takes {place} = {bad}");
            assert!(parses(&broken).is_err(), "the parser takes {place} = {bad}");
        }
    }
}

#[test]
fn a_source_needs_no_service_and_a_destination_has_no_connection() {
    let validator = schema();
    let (services, connections) = (whole()["services"].clone(), whole()["connections"].clone());
    let cases = [
        ("source", Some(&services), Some(&connections), true),
        ("source", Some(&json!({})), None, true),
        ("source", None, Some(&connections), true),
        ("destination", Some(&services), None, true),
        ("destination", Some(&services), Some(&json!([])), true),
        ("destination", Some(&services), Some(&connections), false),
        ("destination", Some(&json!({})), None, false),
        ("destination", None, None, false),
    ];
    for (kind, services, connections, fine) in cases {
        let mut manifest = with("/kind", &json!(kind));
        let members = manifest.as_object_mut().expect("an object");
        for (name, value) in [("services", services), ("connections", connections)] {
            match value {
                Some(value) => drop(members.insert(name.to_owned(), value.clone())),
                None => drop(members.remove(name)),
            }
        }
        assert_eq!((validator.is_valid(&manifest), parses(&manifest).is_ok()), (fine, fine), "{manifest:#}");
    }
}

/// What two places have to do with each other is beyond a schema. When one of these gets sayable, it moves to the table above.
#[test]
fn the_parser_alone_judges_what_places_have_to_do_with_each_other() {
    let validator = schema();
    let twice = |list: &str| {
        let first = whole().pointer(list).expect("a list")[0].clone();
        (list.to_owned(), json!([first.clone(), first]))
    };
    let plain = |place: &str, value: Value| (place.to_owned(), value);
    let link = json!({ "host": "link", "methods": ["GET"], "suffixes": [".storage.example"], "from": "GET /v1/files" });
    let untyped = json!({ "type": "object", "properties": { "region": { "type": "text" } } });
    for ((place, value), at) in [
        (plain("/settings", json!({ "type": "object" })), "egress[0]"),
        (plain("/settings", untyped.clone()), "settings"),
        (plain("/services/contacts/options", untyped), "services.contacts.options"),
        (twice("/credentials"), "credentials[1]"),
        (twice("/pace"), "pace[1]"),
        (twice("/connections"), "connections[1]"),
        (plain("/connections/0/password", json!("api_key")), "connections[0]"),
        (plain("/connections/0/client/certificate", json!("client_key")), "connections[0]"),
        (plain("/connections/0/client/key", json!("ssh_key")), "connections[0]"),
        (plain("/connections/0/tunnel/passphrase", json!("ssh_password")), "connections[0]"),
        (plain("/credentials/5/optional", json!(false)), "connections[0]"),
        (twice("/services/contacts/fields"), "services.contacts.fields[1]"),
        (plain("/credentials/0/hosts", json!(["files.acme.example"])), "credentials[0]"),
        (plain("/services/contacts/identifiers/any-of", json!(["phone"])), "services.contacts.identifiers"),
        (plain("/services/contacts/fields/0/role", json!("attribute")), "services.contacts.identifiers"),
        (plain("/services/contacts/unit/row-bytes-max", json!(1001)), "services.contacts.unit"),
    ] {
        let changed = with(&place, &value);
        assert!(validator.is_valid(&changed), "the schema refuses {place} = {value}");
        let error = parses(&changed).expect_err("the parser takes it");
        assert!(error.contains(&format!("at: \"{at}\"")), "{place} = {value}: {error}");
    }
    let mut to_a_link = whole();
    to_a_link["egress"] = json!([whole()["egress"][0], link]);
    to_a_link["credentials"][0]["hosts"] = json!(["link"]);
    assert!(validator.is_valid(&to_a_link));
    assert!(parses(&to_a_link).is_err_and(|e| e.contains("at: \"credentials[0]\"")));
}

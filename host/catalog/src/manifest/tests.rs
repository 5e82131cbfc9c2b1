use super::*;

const SMALL: &str = r#"
id = "acme-crm"
version = "1.3.0"
contract = "sluice:connector@0.1"
kind = "destination"
title = "Acme CRM"
publisher = "Acme"

[[egress]]
host = "api.acme.example"
methods = ["GET", "POST"]

[[credentials]]
name = "api_key"
write = { kind = "static-header", header = "authorization", prefix = "Bearer " }
help = "Settings, API keys."

[services.contacts]
title = "Contacts"
record = "users"
modes = ["upsert", "mirror"]
identifiers = { any-of = ["email"] }
unit = { rows = 100, bytes = 1000000, row-bytes-max = 10000 }
repeat = { class = "keyed", within-hours = 48 }
source = { page = "https://developer.acme.example/contacts", read = "2026-11-24" }
[[services.contacts.fields]]
name = "email"
type = "utf8"
role = "identifier"
normalise = ["trim", "lower"]
"#;

#[test]
fn a_small_manifest_is_read() {
    let m = Manifest::parse(SMALL).expect("sound");
    assert_eq!(m.service("contacts").map(|s| s.unit.rows), Some(100));
    assert_eq!(m.egress[0].port, 443);
    assert_eq!(m.credentials[0].write, CredentialKind::StaticHeader { header: "authorization".into(), prefix: "Bearer ".into() });
}

#[test]
fn a_manifest_with_a_problem_is_refused_and_the_place_named() {
    for (from, to, at) in [
        ("version = \"1.3.0\"", "version = \"1.3\"", "version"),
        ("connector@0.1", "connector@9.0", "contract"),
        ("\"GET\", \"POST\"", "\"GET\", \"CONNECT\"", "egress[0]"),
        ("any-of = [\"email\"]", "any-of = [\"phone\"]", "services.contacts.identifiers"),
        ("row-bytes-max = 10000 }", "row-bytes-max = 10000000 }", "services.contacts.unit"),
        ("header = \"authorization\"", "header = \"Author ization\"", "credentials[0]"),
        ("[\"upsert\", \"mirror\"]", "[\"append\", \"mirror\"]", "services.contacts.modes"),
        (
            "normalise = [\"trim\", \"lower\"]",
            "[[services.contacts.fields]]\nname = \"id\"\ntype = \"int64\"\nrole = \"remote-id\"",
            "services.contacts.fields[1]",
        ),
        ("[\"upsert\", \"mirror\"]", "[\"replace\"]", "services.contacts.uploads"),
        (
            "kind = \"destination\"",
            "kind = \"destination\"\ncapabilities = [\"list-members\", \"list-members\"]",
            "capabilities[1]",
        ),
    ] {
        assert!(SMALL.contains(from), "{from}");
        let errors = Manifest::parse(&SMALL.replace(from, to)).expect_err(to);
        assert!(errors.iter().any(|e| e.at == at), "{to}: {errors:?}");
    }
    let unknown =
        Manifest::parse(&SMALL.replace("title = \"Acme CRM\"", "title = \"Acme CRM\"\nsockets = true")).expect_err("unknown key");
    assert!(unknown[0].at.starts_with("line "), "{unknown:?}");
}

#[test]
fn hosts_of_a_manifest_are_names_of_the_public_internet() {
    for good in ["api.acme.example", "xn--bcher-kva.example", "{region}.acme.example", "operator-host", "link"] {
        assert!(good.parse::<HostPattern>().is_ok(), "{good}");
    }
    for (bad, why) in [
        ("*", HostPatternError::Characters),
        ("*.com", HostPatternError::Characters),
        ("10.0.0.0/8", HostPatternError::Characters),
        ("10.0.0.1", HostPatternError::Address),
        ("127.0x1", HostPatternError::Address),
        ("localhost", HostPatternError::SingleLabel),
        ("api.acme.example.", HostPatternError::NotCanonical),
        ("API.acme.example", HostPatternError::NotCanonical),
        ("аpi.acme.example", HostPatternError::NotCanonical),
        ("api.acme.example:443", HostPatternError::Characters),
        ("{region}.example", HostPatternError::SingleLabel),
        ("x.{region}.acme.example", HostPatternError::Characters),
        ("{}.acme.example", HostPatternError::Setting),
    ] {
        assert_eq!(bad.parse::<HostPattern>(), Err(why), "{bad}");
    }
}

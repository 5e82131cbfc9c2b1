use serde_json::json;

use super::*;
use crate::manifest::Dialect;

fn source(settings: Value, grant: Value) -> Connector {
    serde_json::from_value(json!({ "id": "postgresql", "settings": settings, "grant": grant })).expect("a source")
}

fn main() -> manifest::Connection {
    let (name, dialect, password) = ("main".into(), Dialect::Postgresql, "password".into());
    manifest::Connection { name, dialect, password, client: None, tunnel: None }
}

#[test]
fn a_connection_leads_where_the_settings_say_and_the_grant_allows() {
    let base = json!({ "host": "db.acme.example", "database": "shop", "user": "sluice" });
    let with = |name: &str, value: Value| {
        let mut settings = base.clone();
        settings[name] = value;
        settings
    };
    let plain = json!({ "connections": [{ "host": "db.acme.example" }] });
    let weak = json!({ "connections": [{ "host": "db.acme.example", "weaker_tls": "I accept" }] });
    let other = json!({ "connections": [{ "host": "db.acme.example", "port": 6432 }] });
    for (settings, grant, want) in [
        (base.clone(), plain.clone(), Ok((Tls::VerifyFull, 5432))),
        (with("port", json!(6432)), other.clone(), Ok((Tls::VerifyFull, 6432))),
        (with("tls", json!("disable")), weak.clone(), Ok((Tls::Disable, 5432))),
        (with("tls", json!("verify-ca")), weak, Ok((Tls::VerifyCa, 5432))),
        (with("tls", json!("require")), plain.clone(), Err("/kind/connector/settings/tls")),
        (with("tls", json!("prefer")), plain.clone(), Err("/kind/connector/settings/tls")),
        (base.clone(), other, Err("/kind/connector/grant/connections")),
        (base.clone(), json!({}), Err("/kind/connector/grant/connections")),
        (with("host", json!("evil.example")), plain.clone(), Err("/kind/connector/grant/connections")),
        (with("port", json!(65_536)), plain.clone(), Err("/kind/connector/settings/port")),
        (with("statement_timeout_seconds", json!(0)), plain.clone(), Err("/kind/connector/settings/statement_timeout_seconds")),
        (with("user", json!("")), plain, Err("/kind/connector/settings/user")),
    ] {
        let got = source(settings.clone(), grant).connection(&main()).map(|c| (c.tls, c.port)).map_err(|p| p.pointer);
        assert_eq!(got, want.map_err(str::to_owned), "{settings}");
    }
}

#[test]
fn a_granted_host_is_a_canonical_name_or_an_address() {
    for (host, fine) in [
        ("db.acme.example", true),
        ("db", true),
        ("127.0.0.1", true),
        ("fd00::5", true),
        ("DB.acme.example", false),
        ("db.acme.example.", false),
        ("db.acme.example:5432", false),
        ("user@db", false),
        ("/var/run/postgresql", false),
        ("127.1", false),
        ("0x7f.1", false),
        ("", false),
    ] {
        assert_eq!(is_host(host), fine, "{host}");
    }
}

use serde_json::json;

use super::*;
use crate::{
    manifest::{Connection, Dialect, Tunnel},
    source::{Grant, Granted},
};

const FINGERPRINT: &str = "SHA256:uNiVztksCsDhcc0u9e8BrwqaV34k5qh6bh0Mz3Dm5cs";

fn main() -> Connection {
    let tunnel = Tunnel { key: "ssh_key".into(), passphrase: "ssh_passphrase".into(), password: "ssh_password".into() };
    let (name, dialect, password) = ("main".to_owned(), Dialect::Postgresql, "password".to_owned());
    Connection { name, dialect, password, client: None, tunnel: Some(tunnel) }
}

fn granted(entries: Value) -> Grant {
    Grant { connections: serde_json::from_value::<Vec<Granted>>(entries).expect("entries of a grant") }
}

fn source(ssh: Value, grant: &Grant) -> Connector {
    let mut settings = json!({ "host": "db", "database": "shop", "user": "sluice" });
    settings.as_object_mut().expect("an object").extend(ssh.as_object().expect("an object").clone());
    Connector { id: "postgresql".into(), settings, grant: grant.clone() }
}

#[test]
fn a_bastion_is_what_the_settings_say_and_only_the_way_that_the_grant_allows() {
    let through = granted(json!([{ "host": "db", "through": { "host": "jump.example.com" } }]));
    let other = granted(json!([{ "host": "db", "through": { "host": "jump.example.com", "port": 2222 } }]));
    let direct = granted(json!([{ "host": "db" }]));
    let both = granted(json!([{ "host": "db" }, { "host": "db", "through": { "host": "jump.example.com" } }]));
    let nowhere = Err("/kind/connector/grant/connections".to_owned());
    let wrong = |setting: &str| Err(format!("/kind/connector/settings/{setting}"));
    let jump = json!({ "ssh_host": "jump.example.com", "ssh_user": "tunnel" });
    let with = |name: &str, value: Value| {
        let mut ssh = jump.clone();
        ssh[name] = value;
        ssh
    };
    for (ssh, grant, want) in [
        (jump.clone(), &through, Ok(Some((22, None)))),
        (jump.clone(), &both, Ok(Some((22, None)))),
        (json!({}), &both, Ok(None)),
        (json!({}), &direct, Ok(None)),
        (with("ssh_fingerprint", json!(FINGERPRINT)), &through, Ok(Some((22, Some(FINGERPRINT.to_owned()))))),
        (with("ssh_port", json!(2222)), &other, Ok(Some((2222, None)))),
        // A way that nobody granted, in either direction.
        (jump.clone(), &direct, nowhere.clone()),
        (json!({}), &through, nowhere.clone()),
        (with("ssh_port", json!(2222)), &through, nowhere.clone()),
        (with("ssh_host", json!("elsewhere.example.com")), &both, nowhere),
        (with("ssh_fingerprint", json!(FINGERPRINT.trim_start_matches("SHA256:"))), &through, wrong("ssh_fingerprint")),
        (with("ssh_fingerprint", json!("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48")), &through, wrong("ssh_fingerprint")),
        (with("ssh_fingerprint", json!(format!("256 {FINGERPRINT}"))), &through, wrong("ssh_fingerprint")),
        (with("ssh_port", json!(0)), &through, wrong("ssh_port")),
        (json!({ "ssh_host": "jump.example.com" }), &through, wrong("ssh_user")),
        (json!({ "ssh_fingerprint": FINGERPRINT }), &direct, wrong("ssh_fingerprint")),
    ] {
        let got = source(ssh.clone(), grant).connection(&main());
        let got = got.map(|c| c.bastion.map(|b| (b.port, b.fingerprint))).map_err(|problem| problem.pointer);
        assert_eq!(got, want, "{ssh}");
    }
}

#[test]
fn a_connector_without_tunnels_has_no_bastion() {
    let direct = granted(json!([{ "host": "db" }]));
    let connector = source(json!({ "ssh_host": "jump.example.com", "ssh_user": "tunnel" }), &direct);
    let connection = connector.connection(&Connection { tunnel: None, ..main() }).expect("a direct connection");
    assert_eq!(connection.bastion, None);
}

#[test]
fn what_has_no_effect_behind_a_bastion_is_not_granted() {
    let mut problems = Vec::new();
    granted(json!([
        { "host": "db", "private_address": true, "through": { "host": "Jump.example.com", "port": 0 } },
        { "host": "db", "through": { "host": "10.0.0.7", "private_address": true } },
    ]))
    .validate(&mut problems);
    let places: Vec<&str> = problems.iter().map(|p| p.pointer.as_str()).collect();
    let place = |rest: &str| format!("/kind/connector/grant/connections/0/{rest}");
    assert_eq!(places, [place("through/host"), place("through/port"), place("private_address")]);
}

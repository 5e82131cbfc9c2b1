use super::*;

const BASE: &str = r#"
id = "acme"
version = "1.0.0"
contract = "sluice:connector@0.1"
kind = "source"
title = "Acme"
publisher = "Acme"
[settings]
type = "object"
[settings.properties]
client_id = { type = "string" }
region = { type = "string", x-sluice-labels = 2 }
tenant = { type = "string", readOnly = true }
host = { type = "string" }
port = { type = "integer" }
database = { type = "string" }
user = { type = "string" }
tls = { type = "string" }
ssh_host = { type = "string" }
ssh_port = { type = "integer" }
ssh_user = { type = "string" }
ssh_fingerprint = { type = "string" }

[[egress]]
host = "api.acme.example"
methods = ["GET", "POST"]
path-prefix = "/v1"
[[egress]]
host = "{region}.acme.example"
methods = ["GET"]
[[egress]]
host = "operator-host"
methods = ["GET"]
suffixes = [".acme.example"]
[[egress]]
host = "link"
methods = ["GET"]
suffixes = [".files.example"]
from = "GET /v1/exports"

[[credentials]]
name = "api_key"
help = "h"
write = { kind = "static-header", header = "authorization", prefix = "Bearer " }
hosts = ["api.acme.example"]
methods = ["POST"]
path-prefix = "/v1/users"
[[credentials]]
name = "app_secret"
help = "h"
write = { kind = "hmac-query", parameter = "proof", of = "api_key" }
[[credentials]]
name = "account"
help = "h"
[credentials.write]
kind = "oauth2-authorization-code"
consent = { url = "https://www.acme.example/consent", parameters = { prompt = "login" } }
[credentials.write.token]
url = "https://auth.acme.example/token"
client-id = "client_id"
client-authentication = "form"
scopes = ["read", "write"]
parameters = { resource = "rest" }
expose = { base = "https://{tenant}.acme.example" }
[[credentials]]
name = "google"
help = "h"
write = { kind = "google-service-account", scopes = ["ads"] }
[[credentials]]
name = "password"
help = "h"
write = { kind = "connection-password" }
[[credentials]]
name = "passphrase"
help = "h"
optional = true
write = { kind = "connection-password" }
[[credentials]]
name = "ssh_password"
help = "h"
optional = true
write = { kind = "connection-password" }
[[credentials]]
name = "ssh_key"
help = "h"
optional = true
write = { kind = "connection-key" }

[[connections]]
name = "db"
dialect = "postgresql"
password = "password"
tunnel = { key = "ssh_key", passphrase = "passphrase", password = "ssh_password" }
"#;

fn manifest(text: &str) -> Manifest {
    Manifest::parse(text).expect("a sound manifest")
}

/// The base with one thing changed.
fn changed(from: &str, to: &str) -> Manifest {
    assert_eq!(BASE.matches(from).count(), 1, "{from}");
    manifest(&BASE.replace(from, to))
}

#[test]
fn the_same_reach_is_within_itself_and_beside_none_all_of_it_is_new() {
    let base = manifest(BASE);
    assert_eq!(base.wider_than(Some(&base)), [""; 0]);
    let all = base.wider_than(None);
    for line in [
        "hosts with up to 2 labels in the setting `region`",
        "GET, POST to api.acme.example below /v1",
        "GET to {region}.acme.example",
        "GET to granted hosts under .acme.example",
        "GET to links under .files.example from answers to `GET /v1/exports`",
        "credential `api_key` in the header `authorization`",
        "credential `api_key` with POST to api.acme.example below /v1/users",
        "credential `app_secret` with GET to {region}.acme.example",
        "credential `account` exchanged for a token at https://auth.acme.example/token",
        "credential `ssh_key` as a private key of a connection",
        "connection `db` (PostgreSQL) with `password` as the password",
    ] {
        assert!(all.iter().any(|known| known == line), "{line}: {all:#?}");
    }
    assert!(!all.iter().any(|line| line.starts_with("credential `password` with")), "no request may name it: {all:#?}");
}

#[test]
fn each_thing_that_is_asked_for_beyond_the_other_is_told() {
    let base = manifest(BASE);
    let second = "[[egress]]\nhost = \"evil.example\"\nmethods = [\"GET\"]\n[[credentials]]\nname = \"api_key\"";
    let other = "[[credentials]]\nname = \"other\"\nhelp = \"h\"\nwrite = { kind = \"basic\" }\nhosts = [\"api.acme.example\"]\n[[connections]]";
    for (from, to, line) in [
        ("[[credentials]]\nname = \"api_key\"", second, "GET to evil.example"),
        ("[[credentials]]\nname = \"api_key\"", second, "credential `app_secret` with GET to evil.example"),
        ("path-prefix = \"/v1\"\n", "path-prefix = \"/v1\"\nport = 8443\n", "GET, POST to api.acme.example port 8443 below /v1"),
        ("\"GET\", \"POST\"", "\"GET\", \"DELETE\"", "DELETE to api.acme.example below /v1"),
        ("path-prefix = \"/v1\"\n", "path-prefix = \"/v1-admin\"\n", "GET, POST to api.acme.example below /v1-admin"),
        ("path-prefix = \"/v1\"\n", "", "GET, POST to api.acme.example"),
        ("\"{region}.acme.example\"", "\"{region}.example.com\"", "GET to {region}.example.com"),
        ("\"{region}.acme.example\"", "\"eu.acme.example\"", "GET to eu.acme.example"),
        ("x-sluice-labels = 2", "x-sluice-labels = 3", "hosts with up to 3 labels in the setting `region`"),
        ("[\".acme.example\"]", "[\".acme.example\", \".evil.example\"]", "GET to granted hosts under .evil.example"),
        ("[\".files.example\"]", "[\".myfiles.example\"]", "GET to links under .myfiles.example from answers to `GET /v1/exports`"),
        ("\"GET /v1/exports\"", "\"GET /v1/all\"", "GET to links under .files.example from answers to `GET /v1/all`"),
        ("header = \"authorization\"", "header = \"x-key\"", "credential `api_key` in the header `x-key`"),
        ("hosts = [\"api.acme.example\"]\n", "", "credential `api_key` with POST to {region}.acme.example below /v1/users"),
        (
            "methods = [\"POST\"]\npath",
            "methods = [\"POST\", \"GET\"]\npath",
            "credential `api_key` with GET to api.acme.example below /v1/users",
        ),
        ("path-prefix = \"/v1/users\"", "", "credential `api_key` with POST to api.acme.example"),
        (
            "parameter = \"proof\"",
            "parameter = \"p\"",
            "credential `app_secret` as the key that signs `api_key` in the parameter `p`",
        ),
        ("{ kind = \"hmac-query\", parameter = \"proof\", of = \"api_key\" }", "{ kind = \"basic\" }", BASIC),
        (
            "https://auth.acme.example/token",
            "https://evil.example/token",
            "credential `account` exchanged for a token at https://evil.example/token",
        ),
        ("[\"read\", \"write\"]", "[\"read\", \"all\"]", "credential `account` for a token of the scope `all`"),
        ("[\"read\", \"write\"]", "[]", "credential `account` for a token of whatever scope the platform gives"),
        ("resource = \"rest\"", "resource = \"all\"", "credential `account` for a token of `resource=all`"),
        (
            "https://{tenant}.acme.example",
            "https://{tenant}.evil.example",
            "credential `account` for a token whose answer has `base` like https://{tenant}.evil.example",
        ),
        (
            "https://www.acme.example/consent",
            "https://evil.example/consent",
            "credential `account` with a consent at https://evil.example/consent",
        ),
        ("prompt = \"login\"", "prompt = \"none\"", "credential `account` with a consent of `prompt=none`"),
        ("[\"ads\"]", "[\"ads\", \"drive\"]", "credential `google` for a token of the scope `drive`"),
        ("[[connections]]", other, "credential `other` with GET, POST to api.acme.example"),
        ("name = \"db\"", "name = \"dc\"", "connection `dc` (PostgreSQL) with `password` as the password"),
        (
            "passphrase = \"passphrase\", password = \"ssh_password\"",
            "passphrase = \"ssh_password\", password = \"passphrase\"",
            "connection `db` (PostgreSQL) with `ssh_password` as the bastion's passphrase",
        ),
    ] {
        let wider = changed(from, to).wider_than(Some(&base));
        assert!(wider.iter().any(|known| known == line), "{line}: {wider:#?}");
    }
}

const BASIC: &str = "credential `app_secret` as user and password in the header `authorization`";

#[test]
fn what_is_narrower_or_no_reach_at_all_is_not_told() {
    let base = manifest(BASE);
    for (from, to) in [
        ("version = \"1.0.0\"", "version = \"1.1.0\""),
        ("title = \"Acme\"", "title = \"Acme again\""),
        ("\"GET\", \"POST\"", "\"POST\""),
        ("path-prefix = \"/v1\"\n", "path-prefix = \"/v1/users\"\n"),
        ("x-sluice-labels = 2", "x-sluice-labels = 1"),
        ("[\".acme.example\"]", "[\".eu.acme.example\"]"),
        ("[\".files.example\"]", "[\".eu.files.example\"]"),
        ("prefix = \"Bearer \"", "prefix = \"Token \""),
        ("path-prefix = \"/v1/users\"", "path-prefix = \"/v1/users/track\""),
        ("[\"read\", \"write\"]", "[\"read\"]"),
        ("parameters = { resource = \"rest\" }\n", ""),
        ("client-authentication = \"form\"", "client-authentication = \"basic\""),
        (", parameters = { prompt = \"login\" }", ", days = 30"),
        ("\ntunnel = { key = \"ssh_key\", passphrase = \"passphrase\", password = \"ssh_password\" }", ""),
        (BASE_GOOGLE, ""),
    ] {
        assert_eq!(changed(from, to).wider_than(Some(&base)), [""; 0], "{to}");
    }
    // Two entries together allow what one asks for.
    let split = changed("methods = [\"GET\", \"POST\"]\npath-prefix = \"/v1\"\n", SPLIT);
    assert_eq!(base.wider_than(Some(&split)), [""; 0]);
}

const BASE_GOOGLE: &str =
    "[[credentials]]\nname = \"google\"\nhelp = \"h\"\nwrite = { kind = \"google-service-account\", scopes = [\"ads\"] }\n";
const SPLIT: &str = "methods = [\"GET\"]\n[[egress]]\nhost = \"api.acme.example\"\nmethods = [\"POST\"]\npath-prefix = \"/v1\"\n";

#[test]
fn a_path_lies_within_a_prefix_at_a_slash() {
    for (path, prefix, within) in [
        ("/users", "/users", true),
        ("/users/track", "/users", true),
        ("/users-admin", "/users", false),
        ("/", "/users", false),
        ("/users", "/", true),
        ("/users", "/users/", false),
        ("/users/track", "/users/", true),
    ] {
        assert_eq!(path_within(path, prefix), within, "{path} {prefix}");
    }
}

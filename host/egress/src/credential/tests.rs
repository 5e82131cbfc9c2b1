use serde_json::json;
use sluice_catalog::destination::Grant;

use super::*;
use crate::testing::{ACME, manifest, pass};
use crate::{Links, Policy};

fn written(names: &[&str], method: &str, url: &str) -> Result<HeaderMap, CredentialRefusal> {
    let (pass, _) = pass(&Grant::default());
    let checked = pass.policy.check(method, url, &Links::default()).expect("an allowed request");
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut headers = HeaderMap::new();
    pass.credentials.write(&names, &checked, &mut headers).map(|()| headers)
}

const API: &str = "https://api.acme.example/v1/x";
const FILES: &str = "https://files.acme.example:8443/v1/uploads";

#[test]
fn a_credential_is_written_where_it_is_bound_and_nowhere_else() {
    let name = |n: &str| n.to_owned();
    for (names, method, url, refused) in [
        (&["api_key"][..], "GET", API, None),
        (&["api_key", "app_key"], "POST", API, None),
        (&["login"], "PUT", FILES, None),
        (&[], "PUT", FILES, None),
        (&["api_key"], "PUT", FILES, Some(CredentialRefusal::Host { name: name("api_key") })),
        (&["app_key"], "GET", API, Some(CredentialRefusal::Method { name: name("app_key") })),
        (&["app_key"], "POST", "https://api.acme.example/v2", Some(CredentialRefusal::Path { name: name("app_key") })),
        (&["app_key"], "POST", "https://api.acme.example/v1", None),
        (&["app_key"], "POST", "https://api.acme.example/v10", Some(CredentialRefusal::Path { name: name("app_key") })),
        (&["nobody"], "GET", API, Some(CredentialRefusal::Undeclared)),
        (&["api_key", "login"], "GET", API, Some(CredentialRefusal::Twice { name: name("login") })),
    ] {
        assert_eq!(written(names, method, url).err(), refused, "{names:?} {method} {url}");
    }
}

#[test]
fn each_kind_writes_its_header_and_prints_nothing() {
    let headers = written(&["api_key", "app_key"], "POST", API).expect("bound");
    assert_eq!(headers["authorization"].as_bytes(), b"Bearer k-3c/yT+w==");
    assert_eq!(headers["x-app-key"].as_bytes(), b"application-key");
    let printed = format!("{headers:?}");
    assert!(!printed.contains("k-3c") && !printed.contains("application-key"), "{printed}");
    let headers = written(&["login"], "GET", API).expect("bound");
    assert_eq!(headers["authorization"].as_bytes(), b"Basic YW5uOnBhc3Mgd29yZCYx");
    let (pass, _) = pass(&Grant::default());
    assert_eq!(format!("{:?}", pass.credentials), r#"["api_key", "app_key", "login"]"#);
}

#[test]
fn no_credential_goes_to_a_link() {
    let text = r#"
[[egress]]
host = "api.acme.example"
methods = ["POST"]
[[egress]]
host = "link"
methods = ["GET"]
from = "POST /export"
suffixes = [".files.example"]
[[credentials]]
name = "key"
write = { kind = "static-header", header = "x-key" }
help = "h"
"#;
    let manifest = manifest(text);
    let policy = Policy::resolve(&manifest, &Grant::default(), &json!({})).expect("a policy");
    let links = Links::default();
    let export = policy.check("POST", "https://api.acme.example/export", &links).expect("listed");
    policy.remember_links(&export, br#"["https://a.files.example/1"]"#, &links);
    let link = policy.check("GET", "https://a.files.example/1", &links).expect("handed out");
    let credentials = Credentials::bind(&manifest, [("key".to_owned(), Secret::new(*b"secret"))]).expect("bound");
    let mut headers = HeaderMap::new();
    let refused = credentials.write(&["key".into()], &link, &mut headers);
    assert_eq!((refused, headers.len()), (Err(CredentialRefusal::Link { name: "key".into() }), 0));
}

#[test]
fn secrets_that_cannot_be_sent_are_refused_when_they_are_bound() {
    let bind = |name: &str, secret: &[u8]| Credentials::bind(&manifest(ACME), [(name.to_owned(), Secret::new(secret))]).err();
    assert_eq!(bind("api_key", b"a\r\nx: y"), Some(CredentialError::Bytes { name: "api_key".into() }));
    assert_eq!(bind("api_key", b"a\0"), Some(CredentialError::Bytes { name: "api_key".into() }));
    assert_eq!(bind("login", b"no colon"), Some(CredentialError::BasicForm { name: "login".into() }));
    assert_eq!(bind("other", b"x"), Some(CredentialError::Undeclared { name: "other".into() }));
    assert_eq!(bind("api_key", b"fine"), None);
    let text = ACME.replace("x-app-key", "host");
    let refused = Credentials::bind(&manifest(&text), []).err();
    assert_eq!(refused, Some(CredentialError::Header { name: "app_key".into(), header: "host".into() }));
}

#[test]
fn a_credential_that_nobody_has_entered_is_refused_by_name() {
    let credentials = Credentials::bind(&manifest(ACME), []).expect("bound");
    let (pass, _) = pass(&Grant::default());
    let checked = pass.policy.check("GET", API, &Links::default()).expect("allowed");
    let refused = credentials.write(&["api_key".into()], &checked, &mut HeaderMap::new());
    assert_eq!(refused, Err(CredentialRefusal::Missing { name: "api_key".into() }));
}

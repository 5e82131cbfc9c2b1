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
    pass.credentials.write(&names, &checked, &mut headers).map(|_| headers)
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
    let refused = credentials.write(&["key".into()], &link, &mut headers).err();
    assert_eq!((refused, headers.len()), (Some(CredentialRefusal::Link { name: "key".into() }), 0));
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
    let refused = credentials.write(&["api_key".into()], &checked, &mut HeaderMap::new()).err();
    assert_eq!(refused, Some(CredentialRefusal::Missing { name: "api_key".into() }));
}

const META: &str = r#"
[[egress]]
host = "api.acme.example"
methods = ["GET"]
[[credentials]]
name = "access_token"
write = { kind = "static-header", header = "authorization", prefix = "Bearer " }
help = "h"
[[credentials]]
name = "app_secret"
write = { kind = "hmac-query", parameter = "appsecret_proof", of = "access_token" }
help = "h"
[[credentials]]
name = "pixel_key"
write = { kind = "query", parameter = "access_token" }
help = "h"
"#;

fn meta(secrets: &[(&str, &str)]) -> Result<Credentials, CredentialError> {
    let secrets = secrets.iter().map(|(name, secret)| ((*name).to_owned(), Secret::new(secret.as_bytes())));
    Credentials::bind(&manifest(META), secrets)
}

fn address(credentials: &Credentials, names: &[&str], url: &str) -> Result<Url, CredentialRefusal> {
    let policy = Policy::resolve(&manifest(META), &Grant::default(), &json!({})).expect("a policy");
    let checked = policy.check("GET", url, &Links::default()).expect("allowed");
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut dialled = checked.url().clone();
    credentials.write(&names, &checked, &mut HeaderMap::new())?.add_to(&mut dialled);
    Ok(dialled)
}

#[test]
fn parameters_stand_behind_what_the_address_has_and_nothing_else_may_have_their_name() {
    // The second vector of RFC 4231 with the roles of a vendor: the key is the app's secret, the message the access token.
    let credentials =
        meta(&[("access_token", "what do ya want for nothing?"), ("app_secret", "Jefe"), ("pixel_key", "k&y =/ü")]).expect("bound");
    let proof = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let url = address(&credentials, &["app_secret", "pixel_key"], "https://api.acme.example/v1?a=b").expect("written");
    assert_eq!(url.query(), Some(format!("a=b&appsecret_proof={proof}&access_token=k%26y+%3D%2F%C3%BC").as_str()));
    assert_eq!(address(&credentials, &[], "https://api.acme.example/v1?a=b").expect("nothing").query(), Some("a=b"));

    let parameter = |name: &str| Some(CredentialRefusal::Parameter { parameter: name.to_owned() });
    for (query, refused) in [
        ("access_token=mine", parameter("access_token")),
        ("x=1&Access_Token=mine", parameter("access_token")),
        ("%61ccess_token=mine", parameter("access_token")),
        ("access%5Ftoken", parameter("access_token")),
        ("appsecret_proof=0", parameter("appsecret_proof")),
        ("my_access_token=1", None),
        ("x=access_token", None),
    ] {
        let url = format!("https://api.acme.example/v1?{query}");
        assert_eq!(address(&credentials, &[], &url).err(), refused, "{query}");
        assert_eq!(address(&credentials, &["pixel_key"], &url).err(), refused, "{query}");
    }
    let twice = address(&credentials, &["pixel_key", "pixel_key"], "https://api.acme.example/v1").err();
    assert_eq!(twice, Some(CredentialRefusal::Twice { name: "pixel_key".into() }));
    let echo = credentials.scrubber().scrub_text(format!("{proof} Jefe k%26y+%3D%2F%C3%BC k%26y%20%3D%2F%C3%BC"));
    assert_eq!(echo, "[credential] [credential] [credential] [credential]");
}

#[test]
fn a_signature_needs_both_secrets_and_a_parameter_is_text() {
    let missing = Some(CredentialRefusal::Missing { name: "app_secret".into() });
    for secrets in [&[("access_token", "token")][..], &[("app_secret", "Jefe")]] {
        let credentials = meta(secrets).expect("bound");
        assert_eq!(address(&credentials, &["app_secret"], "https://api.acme.example/").err(), missing, "{secrets:?}");
    }
    assert_eq!(meta(&[("pixel_key", "a\nb")]).err(), Some(CredentialError::Bytes { name: "pixel_key".into() }));
}

#[test]
fn a_credential_that_is_exchanged_for_tokens_counts_as_not_entered_without_a_holder() {
    let text = r#"
[settings]
type = "object"
[settings.properties.client_id]
type = "string"
[[egress]]
host = "api.acme.example"
methods = ["GET"]
[[credentials]]
name = "client"
help = "h"
[credentials.write]
kind = "oauth2-client-credentials"
token = { url = "https://auth.acme.example/t", client-id = "client_id", client-authentication = "form" }
"#;
    let credentials = Credentials::bind(&manifest(text), [("client".to_owned(), Secret::new(*b"hush"))]).expect("bound");
    let policy = Policy::resolve(&manifest(text), &Grant::default(), &json!({})).expect("a policy");
    let checked = policy.check("GET", "https://api.acme.example/", &Links::default()).expect("allowed");
    let refused = credentials.write(&["client".into()], &checked, &mut HeaderMap::new()).err();
    assert_eq!(refused, Some(CredentialRefusal::Missing { name: "client".into() }));
    assert_eq!(credentials.scrubber().scrub_text("hush".into()), "[credential]");
}

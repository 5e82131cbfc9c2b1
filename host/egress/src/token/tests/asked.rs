//! What is on the wire: forms, JSON and basic authentication, assertions of service accounts, and what an answer exposes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use super::platform::{CLIENT, Platform, SECRET, answer, form, token};
use crate::testing::{NOW, get, ok};

const URL: &str = "https://api.acme.example/v1/x";

async fn asked(manifest: &str) -> Platform {
    let platform =
        Platform::with(manifest, |seen, n| if seen.head.starts_with("POST /v2/token") { token(n) } else { ok("") }).await;
    let tokens = platform.tokens();
    platform.send(&platform.pass(&tokens), get(URL)).await.expect("an answer");
    platform
}

#[tokio::test]
async fn a_form_has_the_client_its_scopes_and_the_parameters_that_are_set() {
    let platform = asked(&CLIENT.replace("KIND", "oauth2-client-credentials")).await;
    let requests = platform.token_requests();
    let pairs = form(&requests[0]);
    let want = [
        ("grant_type", "client_credentials"),
        ("scope", "read write"),
        ("client_id", "id 1"),
        ("client_secret", SECRET),
        ("account_id", "7"),
        ("fixed", "yes"),
    ];
    assert_eq!(pairs, want.map(|(k, v)| (k.to_owned(), v.to_owned())));
    assert_eq!(requests[0].header("host"), ["auth.acme.example"]);
    assert_eq!(requests[0].header("content-type"), ["application/x-www-form-urlencoded"]);
    assert!(requests[0].header("authorization").is_empty());

    let without =
        Platform::of(
            "oauth2-client-credentials",
            |seen, n| {
                if seen.head.starts_with("POST /v2/token") { token(n) } else { ok("") }
            },
        )
        .await
        .settings(json!({ "client_id": "id 1", "account": null }));
    without.send(&without.pass(&without.tokens()), get(URL)).await.expect("an answer");
    assert!(!form(&without.token_requests()[0]).iter().any(|(name, _)| name == "account_id"), "a setting that is not set");
}

#[tokio::test]
async fn basic_authentication_encodes_id_and_secret_before_it_joins_them() {
    let manifest = CLIENT.replace("KIND", "oauth2-client-credentials").replace("\"form\"", "\"basic\"");
    let platform = asked(&manifest).await;
    let requests = platform.token_requests();
    // RFC 6749, section 2.3.1: each is form-encoded first. `id+1:hush%2Fclient%2Bsecret`.
    assert_eq!(requests[0].header("authorization"), ["Basic aWQrMTpodXNoJTJGY2xpZW50JTJCc2VjcmV0"]);
    assert!(!form(&requests[0]).iter().any(|(name, _)| name.starts_with("client_")));
    let line = &platform.vault.lines()[0];
    assert!(!format!("{line:?}").contains("hush"), "{line:?}");
}

#[tokio::test]
async fn a_platform_that_wants_json_gets_an_object() {
    let platform = asked(&CLIENT.replace("KIND", "oauth2-client-credentials").replace("\"form\"", "\"json\"")).await;
    let request = &platform.token_requests()[0];
    assert_eq!(request.header("content-type"), ["application/json"]);
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    let want = json!({
        "grant_type": "client_credentials", "scope": "read write", "client_id": "id 1", "client_secret": SECRET,
        "account_id": "7", "fixed": "yes",
    });
    assert_eq!(body, want);
}

const GOOGLE: &str = r#"
[settings]
type = "object"
[[egress]]
host = "api.acme.example"
methods = ["GET"]
[[credentials]]
name = "client"
help = "h"
write = { kind = "google-service-account", scopes = ["https://www.googleapis.com/auth/datamanager", "other"] }
"#;

fn key_file(change: impl FnOnce(&mut Value)) -> String {
    let mut file = json!({
        "type": "service_account", "client_email": "robot@project.iam.gserviceaccount.com", "private_key_id": "k1",
        "private_key": include_str!("service_account.pem"), "token_uri": "https://oauth2.googleapis.com/token", "project_id": "p",
    });
    change(&mut file);
    file.to_string()
}

#[tokio::test]
async fn a_service_account_signs_for_its_scopes_and_for_googles_endpoint() {
    let platform = Platform::with(GOOGLE, |seen, number| match seen.header("host")[0] {
        "oauth2.googleapis.com" => token(number),
        _ => ok(""),
    })
    .await
    .secret(&key_file(|_| ()));
    platform.send(&platform.pass(&platform.tokens()), get(URL)).await.expect("an answer");
    let request = &platform.token_requests()[0];
    assert!(request.head.starts_with("POST /token HTTP/1.1"), "{}", request.head);
    let pairs = form(request);
    assert_eq!(pairs[0], ("grant_type".into(), "urn:ietf:params:oauth:grant-type:jwt-bearer".into()));
    let parts: Vec<&str> = pairs[1].1.split('.').collect();
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let read = |part: &str| serde_json::from_slice::<Value>(&bytes(part)).expect("JSON");
    let signed = format!("{}.{}", parts[0], parts[1]);
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, include_bytes!("service_account.pub.der"));
    key.verify(signed.as_bytes(), &bytes(parts[2])).expect("a good signature");
    assert_eq!(read(parts[0]), json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" }));
    let want = json!({
        "iss": "robot@project.iam.gserviceaccount.com", "scope": "https://www.googleapis.com/auth/datamanager other",
        "aud": "https://oauth2.googleapis.com/token", "iat": NOW, "exp": NOW + 3600,
    });
    assert_eq!(read(parts[1]), want);
}

#[tokio::test]
async fn a_key_file_that_would_be_sent_elsewhere_or_cannot_sign_is_refused_when_it_is_bound() {
    let platform = Platform::with(GOOGLE, |_, _| ok("")).await;
    let tokens = platform.tokens();
    for (file, why) in [
        (key_file(|f| f["token_uri"] = json!("https://evil.example/token")), "`token_uri` is not"),
        (key_file(|f| f["type"] = json!("authorized_user")), "`type` is not"),
        (key_file(|f| f["private_key"] = json!("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")), "no RSA key"),
        ("not json".to_owned(), "not the JSON key file"),
    ] {
        let secrets = [("client".to_owned(), sluice_catalog::seal::Secret::new(file.as_bytes()))];
        let refused = platform.borrow(&platform.policy(), None, |borrower| {
            crate::Credentials::bind_with_tokens(platform.manifest(), secrets, &tokens, borrower)
        });
        let error = refused.expect_err("refused").to_string();
        assert!(error.contains(why) && !error.contains("PRIVATE KEY"), "{error}");
    }
}

#[tokio::test]
async fn what_an_answer_exposes_is_kept_and_a_wrong_form_gives_no_token() {
    let manifest = CLIENT.replace("KIND", "oauth2-client-credentials").replace(
        "client_id = { type = \"string\" }",
        "client_id = { type = \"string\" }\ntenant = { type = \"string\", readOnly = true, maxLength = 8 }",
    ) + "expose = { rest_url = \"https://{tenant}.rest.acme.example/\" }\n";
    let with = |url: &'static str| {
        Platform::with(&manifest, move |seen, _| {
            if seen.head.starts_with("POST /v2/token") {
                answer("200 OK", &json!({ "access_token": "access", "expires_in": 60, "rest_url": url }))
            } else {
                ok("")
            }
        })
    };
    let platform = with("https://mc-1.rest.acme.example/").await;
    let tokens = platform.tokens();
    let exposed = platform.credentials(&tokens, None).exposed().await.expect("exposed");
    assert_eq!(exposed["tenant"], "mc-1");
    // A new process knows it without asking.
    let again = platform.credentials(&platform.tokens(), None).exposed().await.expect("exposed");
    assert_eq!((again, platform.token_requests().len()), (exposed, 1));

    for url in ["https://evil.example/", "https://much-too-long.rest.acme.example/"] {
        let platform = with(url).await;
        let failure = platform.credentials(&platform.tokens(), None).exposed().await.expect_err("refused");
        assert_eq!(failure.code.as_str(), "dest-protocol", "{failure}");
    }
}

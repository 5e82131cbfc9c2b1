//! The token endpoint (*Auth*, *Connection check*).

use serde_json::{Value, json};
use sluice_twins::{
    Answer, Apply, Fault,
    salesforce_marketing_cloud::{Client, NewDataExtension, Options, READ},
};

use crate::client::{Bench, DE, ID, SECRET, fields, moving, options, send};

const PATH: &str = "/v2/token";

fn asking() -> Value {
    json!({ "grant_type": "client_credentials", "client_id": ID, "client_secret": SECRET })
}

async fn ask(bench: &Bench, change: impl FnOnce(&mut Value)) -> (u16, Value) {
    let mut body = asking();
    change(&mut body);
    send(bench.bare("POST", PATH).header("content-type", "application/json").body(body.to_string())).await
}

async fn token(bench: &Bench) -> String {
    let (status, answer) = ask(bench, |_| {}).await;
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn check(bench: &Bench, token: &str) -> u16 {
    send(bench.bare("GET", &format!("/data/v1/customobjects/{DE}")).bearer_auth(token)).await.0
}

/// *Auth*: "form or JSON"; the response's parts.
#[tokio::test]
async fn a_token_is_asked_for_in_json_or_by_a_form() {
    let bench = Bench::with(options()).await;
    let (status, mut answer) = ask(&bench, |_| {}).await;
    let first = answer["access_token"].take();
    let host = |kind: &str| format!("https://{}.{kind}.marketingcloudapis.com/", Options::SUBDOMAIN);
    let want = json!({
        "access_token": null, "token_type": "Bearer", "expires_in": 1_080, "scope": "data_extensions_read data_extensions_write",
        "rest_instance_url": host("rest"), "soap_instance_url": host("soap"),
    });
    assert_eq!((status, &answer), (200, &want));
    let form =
        format!("grant_type=client_credentials&client_id={ID}&client_secret=a%2Dsecret&account_id=1234&scope=data_extensions_read");
    let request = bench.bare("POST", PATH).header("content-type", "application/x-www-form-urlencoded").body(form);
    let (status, answer) = send(request).await;
    assert_eq!((status, &answer["scope"]), (200, &json!(READ)), "{answer}");
    assert_ne!(answer["access_token"], first);
    assert_eq!(check(&bench, first.as_str().unwrap()).await, 200);
    assert_eq!(bench.twin.state().token_requests(), 2);
    let bench = Bench::with(Options {
        rest_instance_url: Some("http://localhost:1/".to_owned()),
        subdomain: "mcx".to_owned(),
        ..options()
    })
    .await;
    let answer = ask(&bench, |_| {}).await.1;
    assert_eq!(
        (&answer["rest_instance_url"], &answer["soap_instance_url"]),
        (&json!("http://localhost:1/"), &json!("https://mcx.soap.marketingcloudapis.com/"))
    );
}

/// *Connection check*: "400/401 from the token host, {error:invalid_client,...}"; *Errors*: "bad client id/secret or MID".
#[tokio::test]
async fn a_wrong_request_for_a_token_is_refused() {
    for bad_client_status in [400, 401] {
        let client = Client { account_ids: vec!["100".to_owned(), "200".to_owned()], ..Client::new(ID, SECRET) };
        let bench = Bench::with(Options { bad_client_status, clients: vec![client], ..options() }).await;
        for (name, value, status, error) in [
            ("client_secret", json!("another"), bad_client_status, "invalid_client"),
            ("client_id", json!("another"), bad_client_status, "invalid_client"),
            ("account_id", json!("300"), 400, "invalid_client"),
            ("account_id", json!("x"), 400, "invalid_request"),
            ("grant_type", json!("refresh_token"), 400, "unsupported_grant_type"),
            ("client_id", Value::Null, 400, "invalid_request"),
            ("client_secret", json!(7), 400, "invalid_request"),
            ("scope", json!("data_extensions_read list_and_subscribers_read"), 400, "invalid_scope"),
        ] {
            let (got, answer) = ask(&bench, |body| body[name] = value.clone()).await;
            assert_eq!((got, answer["error"].as_str().unwrap_or_default()), (status, error), "{name} {value} {answer}");
        }
        for account in [json!(200), json!("100"), Value::Null] {
            assert_eq!(ask(&bench, |body| body["account_id"] = account.clone()).await.0, 200, "{account}");
        }
    }
    let bench = Bench::with(options()).await;
    for (content_type, body) in [
        ("text/plain", asking().to_string()),
        ("application/json", "[]".to_owned()),
        ("application/x-www-form-urlencoded", "grant_type=a&grant_type=b".to_owned()),
        ("application/x-www-form-urlencoded", "grant_type=%FF".to_owned()),
    ] {
        let (status, answer) = send(bench.bare("POST", PATH).header("content-type", content_type).body(body)).await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_request")), "{content_type}");
    }
}

/// *Auth*: `expires_in`; *Errors*: "token expired or revoked: get a new one once".
#[tokio::test]
async fn a_token_is_good_until_it_ends_or_is_revoked() {
    let (clock, later) = moving();
    let bench = Bench::with(Options { clock, ..options() }).await;
    let first = token(&bench).await;
    later(1_079);
    assert_eq!(check(&bench, &first).await, 200);
    later(1);
    assert_eq!(check(&bench, &first).await, 401, "after expires_in");
    let (second, third) = (token(&bench).await, token(&bench).await);
    bench.twin.seed("revoked", json!([second])).unwrap();
    assert_eq!((check(&bench, &second).await, check(&bench, &third).await), (401, 200));
    bench.twin.seed("revoked", json!(["*"])).unwrap();
    assert_eq!(check(&bench, &third).await, 401);
    assert!(bench.twin.seed("revoked", json!(["unknown"])).is_err());
    let rotated = json!([{ "client_id": ID, "client_secret": "rotated" }]);
    bench.twin.seed("clients", rotated).unwrap();
    assert_eq!(ask(&bench, |_| {}).await.1["error"], "invalid_client");
    assert_eq!(ask(&bench, |body| body["client_secret"] = "rotated".into()).await.0, 200);
}

/// *Auth*: "at most 1 token request per 20 minutes per client machine (soft limit)".
#[tokio::test]
async fn token_requests_are_counted_and_refused_when_asked_for() {
    let (clock, later) = moving();
    let bench = Bench::with(Options { clock: clock.clone(), token_requests_max: Some(2), ..options() }).await;
    for status in [200, 200, 429] {
        let (got, answer) = ask(&bench, |_| {}).await;
        assert_eq!(got, status, "{answer}");
    }
    later(1_200);
    assert_eq!(ask(&bench, |_| {}).await.0, 200, "the next window");
    assert_eq!(bench.twin.state().token_requests(), 4);
    let bench = Bench::with(options()).await;
    for _ in 0..5 {
        token(&bench).await;
    }
    assert_eq!(bench.twin.state().token_requests(), 5, "a soft limit");
}

/// *Auth*: `account_id` is "MID of the business unit; without it the token is for the package's parent unit".
#[tokio::test]
async fn a_token_sees_the_data_of_its_unit() {
    let client = Client { account_ids: vec!["100".to_owned(), "200".to_owned()], ..Client::new(ID, SECRET) };
    let mut options = Options { clients: vec![client], ..options() };
    options.data_extensions.push(NewDataExtension { account_id: Some("200".to_owned()), ..NewDataExtension::of("Unit", fields()) });
    let bench = Bench::with(options).await;
    for (account, count) in [(Value::Null, 0), (json!("100"), 0), (json!("200"), 1)] {
        let answer = ask(&bench, |body| body["account_id"] = account.clone()).await.1;
        let token = answer["access_token"].as_str().unwrap();
        let found = send(bench.bare("GET", "/data/v1/customobjects?$search=unit").bearer_auth(token)).await.1;
        assert_eq!(found["count"], count, "{account}");
        let rows = bench.bare("PUT", "/data/v1/async/dataextensions/key:Unit/rows").bearer_auth(token);
        let rows = rows.header("content-type", "application/json").body(r#"{"items":[{"MemberId":"a","Email":"a@b.example"}]}"#);
        assert_eq!(send(rows).await.0, if count == 1 { 202 } else { 400 }, "{account}");
    }
}

#[tokio::test]
async fn a_secret_is_never_in_the_log() {
    let bench = Bench::with(options()).await;
    let token = token(&bench).await;
    ask(&bench, |body| body["client_secret"] = "a-wrong-one".into()).await;
    assert_eq!(send(bench.bare("GET", &format!("/data/v1/customobjects/{DE}?access_token={token}"))).await.0, 401);
    let log = format!(
        "{:?} {}",
        bench.twin.log().entries(),
        serde_json::to_string(&bench.twin.log().entries().iter().map(|it| it.json()).collect::<Vec<_>>()).unwrap()
    );
    for secret in [SECRET, "a-wrong-one", token.as_str()] {
        assert!(!log.contains(secret), "{secret}");
    }
    assert_eq!(bench.warnings(), [("secret-in-query", "query".to_owned())]);
}

#[tokio::test]
async fn a_token_that_a_fault_gave_is_known_to_nobody() {
    let bench = Bench::with(options()).await;
    bench.twin.faults().arm(Fault::on(PATH).apply(Apply::Nothing).answer(Answer::Normal)).unwrap();
    let lie = token(&bench).await;
    assert_eq!(check(&bench, &lie).await, 401);
    assert_eq!(check(&bench, &token(&bench).await).await, 200);
}

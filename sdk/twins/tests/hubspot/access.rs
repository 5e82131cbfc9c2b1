//! Who may call what, with what headers, size and shape (*Auth*, *Connection check*, *Errors*).

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::hubspot::{ALL_SCOPES, Options, Token};

use crate::client::{Bench, CONTACTS, LISTS, TOKEN, by_email, options, said, send, words};

const ACCOUNT: &str = "/account-info/v3/details";

/// "200 `{"portalId":…,"accountType","timeZone","uiDomain"}`".
#[tokio::test]
async fn the_account_says_who_it_is() {
    let bench = Bench::start().await;
    for path in [ACCOUNT, "/account-info/2026-03/details"] {
        let account = bench.read(path).await;
        assert_eq!(
            (&account["portalId"], &account["timeZone"], &account["uiDomain"]),
            (&json!(62515), &json!("UTC"), &json!("app.hubspot.com"))
        );
    }
    assert!(bench.warnings().is_empty());
}

#[tokio::test]
async fn a_token_that_is_not_known_is_refused_and_nothing_is_applied() {
    let bench = Bench::start().await;
    let (good, basic) = (format!("Bearer {TOKEN}"), format!("Basic {TOKEN}"));
    let body = json!({ "inputs": [by_email("a@example.org", json!({}))] });
    for sent in [vec![], vec![TOKEN], vec!["Bearer pat-another"], vec![basic.as_str()], vec![good.as_str(), good.as_str()]] {
        let mut request = bench.client.post(bench.url(&format!("{CONTACTS}/upsert"))).header("content-type", "application/json");
        for header in &sent {
            request = request.header("authorization", *header);
        }
        let refused = send(request.body(body.to_string())).await;
        assert!(refused.1["correlationId"].is_string() && refused.1["status"] == "error");
        assert_eq!(said(refused), words(401, "INVALID_AUTHENTICATION", ""), "{sent:?}");
    }
    assert_eq!(bench.count("contacts"), 0);
}

/// "Query `hapikey` is gone."
#[tokio::test]
async fn a_key_in_the_query_opens_nothing_and_is_not_kept() {
    let bench = Bench::start().await;
    let refused = send(bench.client.get(bench.url(&format!("{ACCOUNT}?hapikey={TOKEN}")))).await;
    assert_eq!(refused.0, 401);
    assert_eq!(bench.warnings(), [("key-outside-header", "query".to_owned())]);
    assert_eq!(bench.twin.log().entries()[0].query, None);
    assert_eq!(send(bench.get(&format!("{ACCOUNT}?hapikey={TOKEN}"))).await.0, 200, "beside the header it does nothing");
    bench.read(&format!("{ACCOUNT}?debug=1")).await;
    assert!(bench.warnings().contains(&("unknown-parameter", "debug".to_owned())));
}

/// *Auth*, "Scopes": each endpoint needs each of its own, and no other.
#[tokio::test]
async fn a_token_needs_the_scopes_of_an_endpoint_and_no_others() {
    let objects = |kind: &str, verb: &str| format!("/crm/objects/2026-03/{kind}/batch/{verb}");
    let ends = |from: &str, to: &str, verb: &str| format!("/crm/associations/2026-03/{from}/{to}/batch/{verb}");
    let mut cases = vec![
        (Method::GET, ACCOUNT.to_owned(), vec![]),
        (Method::POST, objects("contacts", "read"), vec!["crm.objects.contacts.read"]),
        (Method::POST, objects("0-2", "upsert"), vec!["crm.objects.companies.write"]),
        (Method::POST, objects("deals", "upsert"), vec!["crm.objects.deals.write"]),
        (Method::POST, objects("tickets", "upsert"), vec!["tickets"]),
        (Method::POST, objects("tickets", "read"), vec!["tickets"]),
        (Method::POST, objects("2-101", "upsert"), vec!["crm.objects.custom.write"]),
        (Method::POST, objects("p62515_cars", "read"), vec!["crm.objects.custom.read"]),
        (Method::GET, "/crm/properties/2026-03/contacts".to_owned(), vec!["crm.schemas.contacts.read"]),
        (Method::GET, "/crm/properties/2026-03/deals/amount".to_owned(), vec!["crm.schemas.deals.read"]),
        (Method::POST, "/crm/properties/2026-03/companies".to_owned(), vec!["crm.schemas.companies.write"]),
        (Method::GET, "/crm-object-schemas/2026-03/schemas".to_owned(), vec!["crm.schemas.custom.read"]),
        (
            Method::POST,
            ends("contacts", "companies", "associate/default"),
            vec!["crm.objects.contacts.write", "crm.objects.companies.write"],
        ),
        (Method::POST, ends("contacts", "deals", "create"), vec!["crm.objects.contacts.write", "crm.objects.deals.write"]),
        (Method::POST, ends("contacts", "2-101", "archive"), vec!["crm.objects.contacts.write", "crm.objects.custom.write"]),
        (Method::POST, LISTS.to_owned(), vec!["crm.lists.write"]),
        (Method::POST, format!("{LISTS}/search"), vec!["crm.lists.read"]),
        (Method::GET, format!("{LISTS}/1"), vec!["crm.lists.read"]),
        (Method::GET, format!("{LISTS}/object-type-id/0-1/name/x"), vec!["crm.lists.read"]),
        (Method::GET, format!("{LISTS}/1/memberships"), vec!["crm.lists.read"]),
        (Method::GET, format!("{LISTS}/1/memberships/join-order"), vec!["crm.lists.read"]),
        (Method::DELETE, format!("{LISTS}/1/memberships"), vec!["crm.lists.write"]),
        (Method::PUT, format!("{LISTS}/1/memberships/add"), vec!["crm.lists.write"]),
        (Method::PUT, format!("{LISTS}/1/memberships/remove"), vec!["crm.lists.write"]),
        (Method::PUT, format!("{LISTS}/1/memberships/add-and-remove"), vec!["crm.lists.write"]),
    ];
    for verb in ["upsert", "update", "create", "archive"] {
        cases.push((Method::POST, objects("contacts", verb), vec!["crm.objects.contacts.write"]));
    }
    for (method, path, scopes) in cases {
        let without: Vec<Vec<&str>> =
            scopes.iter().map(|lacking| ALL_SCOPES.iter().copied().filter(|scope| scope != lacking).collect()).collect();
        for few in &without {
            let bench = Bench::with(Options { tokens: vec![Token::with(TOKEN, few)], ..options() }).await;
            let (status, answer) = send(bench.send_body(method.clone(), &path, &json!({}))).await;
            assert_eq!((status, &answer["category"]), (403, &json!("MISSING_SCOPES")), "{method} {path}");
            let named = answer["errors"][0]["context"]["requiredGranularScopes"].as_array().unwrap();
            assert!(named.iter().all(|scope| !few.contains(&scope.as_str().unwrap())), "{answer}");
        }
        let bench = Bench::with(Options { tokens: vec![Token::with(TOKEN, &scopes)], ..options() }).await;
        let (status, answer) = send(bench.send_body(method.clone(), &path, &json!({}))).await;
        assert!(matches!(status, 200 | 201 | 204 | 400 | 404), "{method} {path} {status} {answer}");
    }
}

#[tokio::test]
async fn only_what_there_is_can_be_called() {
    let bench = Bench::start().await;
    for (method, path, want) in [
        (Method::GET, "/", 404),
        (Method::GET, "/account-info/v3/details/", 404),
        (Method::POST, "/crm/objects/2026-03/contacts/batch/merge", 404),
        (Method::POST, "/crm/objects/2026-03/contacts", 404),
        (Method::POST, "/crm/v4/objects/contacts/batch/upsert", 404),
        (Method::POST, "/contacts/v1/contact", 404),
        (Method::GET, "/crm/objects/2026-03/contacts/batch/upsert", 405),
        (Method::PATCH, "/crm/lists/2026-03/1/memberships/add", 405),
        (Method::POST, "/crm/lists/2026-03/1/memberships/add", 405),
        (Method::POST, ACCOUNT, 405),
        (Method::POST, "/crm/objects/2026-03/contact/batch/upsert", 400),
        (Method::GET, "/crm/properties/2026-03/0-9", 400),
    ] {
        let (status, answer) = send(bench.send_body(method.clone(), path, &json!({}))).await;
        assert_eq!((status, &answer["status"]), (want, &json!("error")), "{method} {path} {answer}");
    }
    let unknown = send(bench.client.get(bench.url("/crm/contacts"))).await;
    assert_eq!(unknown.0, 404, "whoever asks");
}

#[tokio::test]
async fn a_body_is_json_of_so_many_bytes() {
    let bench = Bench::with(Options { body_bytes_max: 200, ..options() }).await;
    let body = |pad: usize| format!("{:pad$}", json!({ "inputs": [by_email("a@example.org", json!({}))] }).to_string());
    let post = |content_type: &str, body: String| {
        bench.request(Method::POST, &format!("{CONTACTS}/upsert")).header("content-type", content_type.to_owned()).body(body)
    };
    assert_eq!(send(post("application/json", body(200))).await.0, 200);
    assert_eq!(send(post("application/json", body(201))).await.0, 413);
    assert_eq!(send(post("application/json; charset=utf-8", body(0))).await.0, 200);
    for content_type in ["text/plain", "application/vnd.api+json", "application/x-www-form-urlencoded"] {
        assert_eq!(send(post(content_type, body(0))).await.0, 415, "{content_type}");
    }
    let name = "x".repeat(9_000);
    assert_eq!(send(bench.get(&format!("{LISTS}/object-type-id/0-1/name/{name}"))).await.0, 414);
    let put: (u16, Value) = send(bench.request(Method::DELETE, &format!("{LISTS}/1/memberships"))).await;
    assert_eq!(put.0, 204, "a call without a body needs no content type");
}

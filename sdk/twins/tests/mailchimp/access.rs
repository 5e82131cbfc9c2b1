//! Who may call what (*Auth*, *Connection check*, *Global rate limits*, *Errors*).

use serde_json::{Value, json};
use sluice_twins::{
    Answer, Fault,
    mailchimp::{ApiKey, KeyKind, Options, ThrottledAs},
};

use crate::client::{BATCH, Bench, KEY, LIST, SEGMENT, options, people, send};

/// *Auth*: "either HTTP Basic with any user name and the key as password or Bearer"; *Connection check*: 401 `API Key Invalid`.
#[tokio::test]
async fn a_key_comes_by_basic_or_bearer_and_another_is_401() {
    let bench = Bench::start().await;
    for (request, status, title) in [
        (bench.bare("GET", "/3.0/ping").basic_auth("anystring", Some(KEY)), 200, ""),
        (bench.bare("GET", "/3.0/ping").basic_auth("", Some(KEY)), 200, ""),
        (bench.bare("GET", "/3.0/ping").bearer_auth(KEY), 200, ""),
        (bench.bare("GET", "/3.0/ping"), 401, "API Key Missing"),
        (bench.bare("GET", "/3.0/ping").basic_auth(KEY, Some("")), 401, "API Key Invalid"),
        (bench.bare("GET", "/3.0/ping").basic_auth("anystring", Some("another-us19")), 401, "API Key Invalid"),
        (bench.bare("GET", "/3.0/ping").bearer_auth("0123456789abcdef-us6"), 401, "API Key Invalid"),
        (bench.bare("GET", "/3.0/ping").header("authorization", KEY), 401, "API Key Invalid"),
        (bench.bare("GET", "/3.0/ping").bearer_auth(KEY).bearer_auth(KEY), 401, "API Key Invalid"),
    ] {
        let (got, answer) = send(request).await;
        assert_eq!((got, answer["title"].as_str().unwrap_or_default()), (status, title), "{answer}");
    }
    let body = json!({ "members": people(1) });
    let (status, _) =
        send(bench.bare("POST", BATCH).bearer_auth("b").header("content-type", "application/json").body(body.to_string())).await;
    assert_eq!((status, bench.count()), (401, 0), "nothing is applied");
}

/// *Auth*: an "`access_token` that does not expire, no refresh"; 401 once somebody has taken it back.
#[tokio::test]
async fn a_token_of_an_app_is_let_in_by_bearer_beside_the_key() {
    const TOKEN: &str = "5c6f7a0e1d2b3c4d5e6f";
    let bench = Bench::with(Options { access_tokens: vec![TOKEN.to_owned()], ..options() }).await;
    for (request, status) in [
        (bench.bare("GET", "/3.0/lists").bearer_auth(TOKEN), 200),
        (bench.bare("GET", "/3.0/lists").bearer_auth(TOKEN).header("host", "us19.api.mailchimp.com"), 200),
        (bench.bare("GET", "/3.0/lists").bearer_auth(KEY), 200),
        (bench.bare("GET", "/3.0/lists").bearer_auth(TOKEN).header("host", "us6.api.mailchimp.com"), 403),
        (bench.bare("GET", "/3.0/lists").bearer_auth(format!("{TOKEN}-us19")), 401),
        (bench.bare("GET", "/3.0/lists").basic_auth("anystring", Some(TOKEN)), 401),
        (bench.bare("GET", "/3.0/lists").bearer_auth(""), 401),
    ] {
        let (got, answer) = send(request).await;
        assert_eq!(got, status, "{answer}");
    }
    let body = json!({ "members": people(1) });
    let write =
        |token| bench.bare("POST", BATCH).bearer_auth(token).header("content-type", "application/json").body(body.to_string());
    assert_eq!((send(write(TOKEN)).await.0, bench.count()), (200, 1));
    let revoked = Bench::start().await;
    let (status, answer) = send(revoked.bare("GET", "/3.0/lists").bearer_auth(TOKEN)).await;
    assert_eq!((status, &answer["title"]), (401, &json!("API Key Invalid")));
}

/// *Connection check*: 403 `Forbidden` "linked to datacenter 'us6'"; *Hosts*: the data centre is the key's and the host's.
#[tokio::test]
async fn a_data_centre_is_the_keys_and_the_hosts() {
    let key = |key: &str| ApiKey { key: key.to_owned(), kind: KeyKind::Full };
    let bench = Bench::with(Options { api_keys: vec![key(KEY), key("b-us6")], ..options() }).await;
    let linked = |centre: &str| format!("The API key provided is linked to datacenter '{centre}'");
    for (key, host, status, detail) in [
        (KEY, "127.0.0.1", 200, String::new()),
        (KEY, "us19.api.mailchimp.com", 200, String::new()),
        (KEY, "us6.api.mailchimp.com", 403, linked("us19")),
        ("b-us6", "127.0.0.1", 403, linked("us6")),
        ("b-us6", "us6.api.mailchimp.com", 403, linked("us6")),
    ] {
        let (got, answer) = send(bench.bare("GET", "/3.0/lists").bearer_auth(key).header("host", host)).await;
        assert_eq!((got, answer["detail"].as_str().unwrap_or_default()), (status, &*detail), "{key} {host}");
    }
    let disabled = ApiKey { key: KEY.to_owned(), kind: KeyKind::Disabled };
    let bench = Bench::with(Options { api_keys: vec![disabled], ..options() }).await;
    assert_eq!(bench.refused("GET", "/3.0/ping", Value::Null).await.0, 403, "role, plan or disabled account (*Errors*)");
}

/// *Errors*: 404 and 405.
#[tokio::test]
async fn a_wrong_path_is_404_and_a_wrong_method_is_405() {
    let bench = Bench::start().await;
    for (method, path) in [
        ("GET", "/ping"),
        ("GET", "/3.0/campaigns"),
        ("GET", "/3.0/lists/"),
        ("GET", "/3.0/lists/unknown"),
        ("GET", "/3.0/lists/%FF"),
        ("GET", "/3.0/lists/a1b2c3d4e5/segments/404"),
        ("GET", "/3.0/lists/a1b2c3d4e5/segments/x/members"),
        ("GET", "/3.0/lists/a1b2c3d4e5/members/nobody@example.org"),
        ("GET", "/3.0/batches/unknown"),
        ("DELETE", "/3.0/lists/a1b2c3d4e5/members/nobody@example.org"),
    ] {
        let (status, title, _) = bench.refused(method, path, Value::Null).await;
        assert_eq!((status, title.as_str()), (404, "Resource Not Found"), "{method} {path}");
    }
    for (method, path, allow) in [
        ("POST", "/3.0/ping", "GET"),
        ("PATCH", "/3.0/lists/a1b2c3d4e5", "GET, POST"),
        ("GET", "/3.0/batches", "POST"),
        ("PUT", SEGMENT, "GET, POST"),
    ] {
        let response = bench.call(method, path, &Value::Null).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, allow), "{path}");
    }
}

/// *Global rate limits*: "10 simultaneous connections per user (429 beyond)", "No rate headers, no Retry-After".
#[tokio::test]
async fn an_eleventh_connection_at_once_is_429() {
    for enforce_rates in [true, false] {
        let bench = Bench::with(Options { enforce_rates, ..options() }).await;
        bench
            .twin
            .faults()
            .arm(Fault::on("/3.0/lists").pick(sluice_twins::Pick::Next(10)).answer(Answer::Hang { at_most_ms: 60_000 }))
            .unwrap();
        let hanging: Vec<_> = (0..10).map(|_| tokio::spawn(bench.get("/3.0/lists").send())).collect();
        while bench.twin.log().total() < 10 {
            tokio::task::yield_now().await;
        }
        let eleventh = bench.get("/3.0/ping").send().await.unwrap();
        assert_eq!(eleventh.status().as_u16(), if enforce_rates { 429 } else { 200 });
        assert!(!eleventh.headers().keys().any(|name| name.as_str().contains("ratelimit") || name == "retry-after"));
        for call in hanging {
            call.abort();
        }
        bench.twin.stop().await;
    }
}

/// *Global rate limits*: "a 429 or 403 WITHOUT JSON body may be returned by the edge".
#[tokio::test]
async fn throttling_has_no_headers_and_may_have_no_body() {
    for (throttled_as, status, words) in
        [(ThrottledAs::Words, 429, true), (ThrottledAs::Bare429, 429, false), (ThrottledAs::Bare403, 403, false)]
    {
        let bench = Bench::with(Options { throttled_as, ..options() }).await;
        for retry_after_s in [None, Some(7)] {
            let answer = Answer::Throttle { reset_s: Some(3), retry_after_s };
            bench.twin.faults().arm(Fault::on("/3.0/*").answer(answer)).unwrap();
            let response = bench.post(BATCH, &json!({ "members": people(1) })).send().await.unwrap();
            assert_eq!(response.status().as_u16(), status);
            assert!(!response.headers().keys().any(|name| name.as_str().contains("ratelimit")));
            assert_eq!(response.headers().contains_key("retry-after"), retry_after_s.is_some());
            assert_eq!(response.text().await.unwrap().contains("Too Many Requests"), words, "{throttled_as:?}");
        }
        assert_eq!(bench.count(), 0);
    }
}

/// *Connection check*: the ping, and an audience reduced to what it shows.
#[tokio::test]
async fn the_connection_check_shows_the_audience() {
    let bench = Bench::start().await;
    assert_eq!(bench.ok("GET", "/3.0/ping", Value::Null).await, json!({ "health_status": "Everything's Chimpy!" }));
    bench.upsert(people(2)).await;
    let check = format!("/3.0/lists/{LIST}?fields=id,name,double_optin,stats.member_count");
    let want = json!({ "id": LIST, "name": "Customers", "double_optin": false, "stats": { "member_count": 2 } });
    assert_eq!(bench.ok("GET", &check, Value::Null).await, want);
    let all = bench.ok("GET", "/3.0/lists?count=1000&fields=lists.id,lists.name", Value::Null).await;
    assert_eq!(all, json!({ "lists": [{ "id": LIST, "name": "Customers" }] }));
}

#[tokio::test]
async fn a_key_outside_its_header_is_warned_of_and_not_kept() {
    let bench = Bench::start().await;
    assert_eq!(send(bench.get(&format!("/3.0/lists?apikey={KEY}"))).await.0, 200);
    bench.ok("POST", BATCH, json!({ "members": people(1), "api_key": KEY })).await;
    assert_eq!(bench.refused("POST", BATCH, json!({ "members": 1, "apikey": KEY })).await.0, 400);
    assert_eq!(bench.warnings().iter().map(|w| w.0).collect::<Vec<_>>(), ["key-outside-header"; 3]);
    let log = format!("{:?}", bench.twin.log().entries());
    assert!(!log.contains(KEY), "no key anywhere in the log");
    assert!(log.contains("authorization"), "the name of the header is kept");
}

#[tokio::test]
async fn a_key_or_parameter_that_is_not_known_is_warned_of() {
    let bench = Bench::start().await;
    let body = json!({ "members": [{ "email_address": "a@b.example", "status": "subscribed", "status_if_new": "pending" }], "update": true });
    bench.ok("POST", &format!("/3.0/lists/{LIST}?skip_merge_validations=true"), body).await;
    let want = [
        ("unknown-key", "members.item:0.status_if_new"),
        ("unknown-key", "update"),
        ("unknown-parameter", "skip_merge_validations"),
    ];
    assert_eq!(bench.warnings(), want.map(|(code, detail)| (code, detail.to_owned())));
}

//! Audiences made, listed, looked at and deleted; the terms (the notes, "Setup objects"; *Guide*).

use serde_json::{Value, json};
use sluice_twins::meta_ads::{ACCOUNT, AdAccount, Options};

use crate::client::{AUDIENCE, BLOCKED, Bench, VALUED, account, audience, batch, ids, options, replacing, send, users};

fn vip(name: &str) -> Value {
    json!({ "name": name, "subtype": "CUSTOM", "description": "of France", "customer_file_source": "USER_PROVIDED_ONLY" })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = vip("VIP FR");
    body[name] = value;
    body
}

#[tokio::test]
async fn an_audience_is_made_and_looked_at() {
    let bench = Bench::start().await;
    let mut body = vip("VIP FR");
    body["retention_days"] = 180.into();
    body["is_value_based"] = true.into();
    let id = bench.done(bench.post(&account("/customaudiences"), &body)).await["id"].as_str().unwrap().to_owned();
    let fields = "id,name,subtype,description,customer_file_source,is_value_based,retention_days,operation_status,delivery_status,\
                  approximate_count_lower_bound,account_id,time_created";
    let answer = bench.done(bench.get(&format!("{id}?fields={fields}"))).await;
    assert_eq!(
        answer,
        json!({
            "id": id, "name": "VIP FR", "subtype": "CUSTOM", "description": "of France", "customer_file_source": "USER_PROVIDED_ONLY",
            "is_value_based": true, "retention_days": 180, "operation_status": { "code": 200, "description": "Normal" },
            "delivery_status": { "code": 300, "description": "This audience is too small." }, "approximate_count_lower_bound": 0,
            "account_id": ACCOUNT, "time_created": crate::client::noon(),
        })
    );
    assert_eq!(bench.done(bench.get(&id)).await, json!({ "id": id }));
    bench.done(bench.post(&account("/customaudiences"), &vip("VIP FR"))).await;
    assert_eq!(bench.warnings(), [("audience-name-twice", "name".to_owned())]);
}

#[tokio::test]
async fn an_audience_that_the_vendor_would_not_make_is_refused() {
    let bench = Bench::start().await;
    for body in [
        with("name", Value::Null),
        with("name", "".into()),
        with("name", json!({})),
        with("subtype", Value::Null),
        with("subtype", "custom".into()),
        with("subtype", "LOOKALIKE".into()),
        with("customer_file_source", Value::Null),
        with("customer_file_source", "MINE".into()),
        with("retention_days", 0.into()),
        with("retention_days", 181.into()),
        with("retention_days", "long".into()),
        with("is_value_based", "yes".into()),
    ] {
        assert_eq!(bench.refused(bench.post(&account("/customaudiences"), &body)).await, (400, 100, 0), "{body}");
    }
    assert_eq!(bench.twin.state().audiences().len(), options().audiences.len());
}

/// "max 500 custom audiences per account".
#[tokio::test]
async fn an_account_has_five_hundred_audiences() {
    let audiences = (0..499).map(|n| audience(&format!("{}", 1_000 + n), &format!("n{n}"))).collect();
    let bench = Bench::with(Options { audiences, ..options() }).await;
    let last = bench.done(bench.post(&account("/customaudiences"), &vip("500"))).await;
    let (status, answer) = send(bench.post(&account("/customaudiences"), &vip("501"))).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
    bench.done(bench.delete(last["id"].as_str().unwrap(), &json!({}))).await;
    bench.done(bench.post(&account("/customaudiences"), &vip("501"))).await;
}

/// "follow `paging.next`, same host".
#[tokio::test]
async fn audiences_are_listed_page_by_page() {
    let audiences = (0..60).map(|n| audience(&format!("{}", 1_000 + n), &format!("n{n}"))).collect();
    let bench = Bench::with(Options { audiences, ..options() }).await;
    for (limit, sizes) in [("", vec![25, 25, 10]), ("&limit=30", vec![30, 30]), ("&limit=100", vec![60])] {
        let mut found: Vec<String> = Vec::new();
        let mut pages = Vec::new();
        let mut next = Some(format!("{}/v25.0/{}", bench.twin.url(), account(&format!("/customaudiences?fields=id,name{limit}"))));
        while let Some(url) = next {
            assert!(url.starts_with(bench.twin.url()), "{url}");
            let answer = bench.done(bench.client.get(url).bearer_auth(crate::client::TOKEN)).await;
            let rows = answer["data"].as_array().unwrap();
            pages.push(rows.len());
            found.extend(rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()));
            next = answer["paging"]["next"].as_str().map(str::to_owned);
        }
        assert_eq!(pages, sizes);
        assert_eq!(found, (0..60).map(|n| format!("n{n}")).collect::<Vec<_>>());
    }
    let second = bench.done(bench.get(&account("/customaudiences?limit=2"))).await;
    let after = second["paging"]["cursors"]["after"].as_str().unwrap();
    let third = bench.done(bench.get(&account(&format!("/customaudiences?limit=2&after={after}")))).await;
    let previous =
        bench.done(bench.client.get(third["paging"]["previous"].as_str().unwrap()).bearer_auth(crate::client::TOKEN)).await;
    assert_eq!(previous["data"], second["data"]);
    for query in ["limit=0", "limit=-1", "limit=x", "after=%20", "fields=id,secret"] {
        assert_eq!(bench.refused(bench.get(&account(&format!("/customaudiences?{query}")))).await, (400, 100, 0), "{query}");
    }
}

/// "1487301, 1487366 | audience not shared / deleted".
#[tokio::test]
async fn a_deleted_audience_is_gone() {
    let bench = Bench::start().await;
    assert_eq!(bench.done(bench.delete(AUDIENCE, &json!({}))).await, json!({ "success": true }));
    assert_eq!(bench.refused(bench.get(AUDIENCE)).await, (400, 100, 33));
    assert_eq!(bench.refused(bench.delete(AUDIENCE, &json!({}))).await, (400, 100, 33));
    let moving = json!({ "payload": ids(&["a"]) });
    assert_eq!(bench.refused(bench.post(&users(AUDIENCE), &moving)).await, (400, 100, 1_487_366));
    assert_eq!(bench.refused(bench.post(&replacing(AUDIENCE), &batch(&["a"], 1, 1, true))).await, (400, 100, 1_487_366));
    let list = bench.done(bench.get(&account("/customaudiences"))).await;
    assert_eq!(list["data"], json!([{ "id": VALUED }, { "id": BLOCKED }]));
}

/// "100/1713230 | audience blocked for integrity (`operation_status` 471)"; "names suggesting health or finance are blocked".
#[tokio::test]
async fn a_blocked_audience_takes_and_loses_nobody() {
    let bench = Bench::start().await;
    let named = bench.done(bench.post(&account("/customaudiences"), &vip("People with Diabetes"))).await;
    for id in [BLOCKED, named["id"].as_str().unwrap()] {
        let answer = bench.done(bench.get(&format!("{id}?fields=operation_status"))).await;
        assert_eq!(answer["operation_status"]["code"], 471);
        let moving = json!({ "payload": ids(&["a"]) });
        for request in [
            bench.post(&users(id), &moving),
            bench.delete(&users(id), &moving),
            bench.post(&replacing(id), &batch(&["a"], 1, 1, true)),
        ] {
            let (status, answer) = send(request).await;
            assert_eq!((status, &answer["error"]["error_subcode"]), (400, &json!(1_713_230)));
            assert_eq!(answer["error"]["error_user_title"], "Audience Upload Blocked");
        }
    }
}

/// "customer-list terms not accepted"; *Guide*: 200/1870090. Once they are accepted everything goes on.
#[tokio::test]
async fn without_the_terms_no_audience_is_made_or_written_to() {
    for terms_subcode in [1_870_090, 1_870_034] {
        let account_without = AdAccount { terms_accepted: false, ..options().accounts.remove(0) };
        let bench = Bench::with(Options { accounts: vec![account_without], terms_subcode, ..options() }).await;
        assert_eq!(bench.done(bench.get(&account("/customaudiencestos"))).await, json!({ "data": [] }));
        let moving = json!({ "payload": ids(&["a"]) });
        let calls = || {
            [
                bench.post(&account("/customaudiences"), &vip("a")),
                bench.post(&users(AUDIENCE), &moving),
                bench.delete(&users(AUDIENCE), &moving),
                bench.post(&replacing(AUDIENCE), &batch(&["a"], 1, 1, true)),
            ]
        };
        for request in calls() {
            assert_eq!(bench.refused(request).await, (403, 200, terms_subcode));
        }
        bench.done(bench.get(&account("/customaudiences"))).await;
        assert_eq!(bench.refused(bench.post(&account("/customaudiencestos"), &json!({ "tos_id": "1" }))).await, (400, 100, 0));
        assert_eq!(bench.refused(bench.post(&account("/customaudiencestos"), &json!({}))).await, (400, 100, 0));
        bench.done(bench.post(&account("/customaudiencestos"), &json!({ "tos_id": "114747225350103" }))).await;
        for request in calls() {
            bench.done(request).await;
        }
        assert_eq!(bench.done(bench.get(&account("/customaudiencestos"))).await["data"].as_array().unwrap().len(), 1);
    }
}

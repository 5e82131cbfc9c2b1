//! The answers a client reads, in one place: their shapes are the vendor's.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{
    Answer, Fault,
    meta_ads::{AdAccount, DATASET},
};

use crate::client::{
    AUDIENCE, BLOCKED, Bench, account, batch, data, dataset_events, event, event_with, ids, noon, options, replacing, send, sha,
    users,
};

/// The twin's own address is another in each run.
fn anywhere(value: Value, url: &str) -> Value {
    value.to_string().replace(url, "http://twin").parse().unwrap()
}

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let without_terms = AdAccount { id: "2".to_owned(), terms_accepted: false, ..options().accounts.remove(0) };
    let mut set = options();
    set.accounts.push(without_terms);
    let bench = Bench::with(set).await;
    let vip = json!({ "name": "VIP FR", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
    let all = "fields=id,name,subtype,operation_status,delivery_status,approximate_count_lower_bound&limit=1";
    let send_event = |changes: Value| bench.post(&dataset_events(), &data(&[event_with(changes)]));
    let mut answers = Vec::new();
    for (situation, request) in [
        ("account", bench.get(&account("?fields=id,name,account_status"))),
        ("dataset", bench.get(&format!("{DATASET}?fields=id,name"))),
        ("no token", bench.bare(Method::GET, &account(""))),
        ("unknown token", bench.bare(Method::GET, &account("")).bearer_auth("nobody")),
        ("wrong proof", bench.get(&account("?appsecret_proof=00"))),
        ("not there", bench.get("404")),
        ("wrong edge", bench.get(&account("/campaigns"))),
        ("wrong field", bench.get(&account("?fields=colour"))),
        ("audience made", bench.post(&account("/customaudiences"), &vip)),
        ("audience without a name", bench.post(&account("/customaudiences"), &json!({}))),
        ("audience without terms", bench.post("act_2/customaudiences", &vip)),
        ("audiences", bench.get(&account(&format!("/customaudiences?{all}")))),
        (
            "people added",
            bench.post(&users(AUDIENCE), &json!({ "payload": { "schema": "EMAIL", "data": [sha("a"), "a@b.example"] } })),
        ),
        ("payload refused", bench.post(&users(AUDIENCE), &json!({ "payload": { "schema": ["EMIAL"], "data": [["a"]] } }))),
        ("people removed", bench.delete(&users(AUDIENCE), &batch(&["a"], 5, 1, true))),
        ("sessions", bench.get(&format!("{AUDIENCE}/sessions?session_id=5"))),
        ("audience blocked", bench.post(&users(BLOCKED), &json!({ "payload": ids(&["a"]) }))),
        ("replacement begun", bench.post(&replacing(AUDIENCE), &batch(&["a"], 6, 1, false))),
        ("replacement under way", bench.post(&replacing(AUDIENCE), &batch(&["a"], 7, 1, false))),
        ("replacement done", bench.post(&replacing(AUDIENCE), &batch(&["b"], 6, 2, true))),
        ("replacement finished", bench.post(&replacing(AUDIENCE), &batch(&["b"], 6, 2, true))),
        ("replacement not begun", bench.post(&replacing(AUDIENCE), &batch(&["b"], 8, 2, true))),
        ("audience deleted", bench.delete(AUDIENCE, &json!({}))),
        ("people of a deleted audience", bench.post(&users(AUDIENCE), &json!({ "payload": ids(&["a"]) }))),
        ("events", bench.post(&dataset_events(), &data(&[event("a"), event("b")]))),
        ("event too old", send_event(json!({ "action_source": "other", "event_time": noon() - 700_000 }))),
        ("event of the future", send_event(json!({ "event_time": noon() + 60 }))),
        ("event without a currency", send_event(json!({ "custom_data": { "currency": null } }))),
        ("event of nobody", send_event(json!({ "user_data": { "em": null, "external_id": null } }))),
        ("event not hashed", send_event(json!({ "user_data": { "em": "a@b.example" } }))),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, anywhere(answer, bench.twin.url())]));
    }
    for status in [401, 403, 429, 500, 502, 503] {
        bench.twin.faults().arm(Fault::on("*").answer(Answer::Status { status })).unwrap();
        let (status, answer) = send(bench.post(&users(AUDIENCE), &json!({}))).await;
        answers.push(json!(["fault", status, answer]));
    }
    bench.twin.faults().arm(Fault::on("*").answer(Answer::Throttle { reset_s: None, retry_after_s: None })).unwrap();
    let (status, answer) = send(bench.get(&account(""))).await;
    answers.push(json!(["throttled", status, answer]));
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}

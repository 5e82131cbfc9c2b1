//! Asynchronous rows, the jobs that they become, and their results (*Endpoint A*, *Sync modes*).

use serde_json::{Value, json};
use sluice_twins::salesforce_marketing_cloud::{JobsGo, Options, Stages, Status, UnknownColumns};

use crate::client::{Bench, DE, ROWS, TOKEN, at_once, member, moving, options, people, send};

/// "async `PUT .../rows` (main path)"; "columns left out keep their value on update".
#[tokio::test]
async fn an_upsert_makes_rows_and_keeps_what_is_left_out() {
    let bench = Bench::start().await;
    let first = json!([{ "MemberId": "c-1042", "Email": "lea@example.org", "LoyaltyTier": "gold", "Points": 412, "OptIn": true }]);
    assert_eq!(bench.told("PUT", ROWS, first).await, [""]);
    let by_id = format!("/data/v1/async/dataextensions/{DE}/rows");
    let second = json!([{ "MemberId": "c-1042", "Email": "new@example.org", "LoyaltyTier": null }, member("c-1043")]);
    assert_eq!(bench.told("PUT", &by_id, second).await, ["", ""]);
    let want = json!({ "MemberId": "c-1042", "Email": "new@example.org", "LoyaltyTier": null, "Points": 412, "OptIn": true });
    assert_eq!((Value::from(bench.row("c-1042").unwrap()), bench.count()), (want, 2));
    assert_eq!(bench.warnings(), []);
}

/// "insert-only: an existing key gives a row error (PRIMARY KEY violation)".
#[tokio::test]
async fn an_insert_refuses_keys_that_are_there() {
    let bench = Bench::start().await;
    bench.told("PUT", ROWS, json!([{ "MemberId": "a", "Email": "a@example.org" }])).await;
    let told = bench.told("POST", ROWS, json!([member("a"), member("b"), member("b")])).await;
    assert!(told[0].starts_with("Violation of PRIMARY KEY") && told[1].is_empty() && told[2].contains("(b)"), "{told:?}");
    assert_eq!((bench.count(), &bench.row("a").unwrap()["Email"]), (2, &json!("a@example.org")));
    assert_eq!(bench.warnings(), [("same-row-twice", "items[2]".to_owned())]);
}

/// "Max records: 32,000 per request (hard). Max body: keep ≤5 MB".
#[tokio::test]
async fn a_request_has_a_row_and_32_000_at_most_and_5_mb() {
    let bench = Bench::start().await;
    let row = |n: usize| json!({ "MemberId": n.to_string(), "Email": "a@b.example" });
    let many = |count: usize| json!({ "items": (0..count).map(row).collect::<Vec<_>>() });
    assert_eq!(bench.refused("PUT", ROWS, many(32_001)).await.0, 400);
    assert_eq!(send(bench.call("PUT", ROWS, &many(32_000))).await.0, 202);
    assert_eq!(bench.refused("PUT", ROWS, json!({ "items": [] })).await.0, 400);
    let sized = |bytes: usize| {
        let mut body = json!({ "items": people(1) }).to_string();
        body.push_str(&" ".repeat(bytes - body.len()));
        bench.bare("PUT", ROWS).bearer_auth(TOKEN).header("content-type", "application/json").body(body)
    };
    assert_eq!(send(sized(5_000_000)).await.0, 202);
    assert_eq!(send(sized(5_000_001)).await.0, 413);
}

/// "resultMessages[] … on a 4xx, with or without a requestId"; "400 … wrong id or key, unknown column".
#[tokio::test]
async fn a_request_of_a_wrong_shape_is_refused_whole() {
    let bench = Bench::start().await;
    for body in [json!([]), json!({}), json!({ "items": {} }), json!({ "items": [1] }), json!({ "items": [[]] })] {
        assert_eq!(bench.refused("PUT", ROWS, body.clone()).await.0, 400, "{body}");
    }
    let unknown = json!({ "items": [member("a"), { "MemberId": "b", "email": "b@b.example" }] });
    let (status, answer) = send(bench.call("PUT", ROWS, &unknown)).await;
    assert_eq!((status, answer["requestId"].is_string()), (400, true));
    assert!(answer["resultMessages"][0]["message"].as_str().unwrap().contains("'email'"), "names are exact: {answer}");
    for path in ["/data/v1/async/dataextensions/key:members/rows", "/data/v1/async/dataextensions/Members/rows"] {
        let (status, answer) = send(bench.call("PUT", path, &json!({ "items": people(1) }))).await;
        assert!(status == 400 && answer["resultMessages"][0]["message"].is_string(), "{path} {answer}");
    }
    assert!(bench.twin.state().jobs().is_empty());
    let bench = Bench::with(Options { unknown_columns: UnknownColumns::FailTheRow, ..at_once() }).await;
    let told = bench.told("PUT", ROWS, unknown["items"].clone()).await;
    assert!(told[0].is_empty() && told[1].contains("'email'"), "{told:?}");
    assert_eq!(bench.count(), 1);
}

/// A key is percent-encoded (*Endpoint A*).
#[tokio::test]
async fn an_external_key_is_decoded() {
    let bench = Bench::start().await;
    let new = json!([{ "key": "A key/é", "name": "x", "fields": [{ "name": "Id", "type": "Text", "isPrimaryKey": true }] }]);
    bench.twin.seed("data-extensions", new).unwrap();
    for path in ["key:A%20key%2F%C3%A9", "key%3AA%20key%2F%C3%A9"] {
        bench.told("PUT", &format!("/data/v1/async/dataextensions/{path}/rows"), json!([{ "Id": path }])).await;
    }
    assert_eq!(bench.twin.rows("A key/é").len(), 2);
}

/// "at least one required" (*Identifiers*): an upsert of a data extension without a key names nothing.
#[tokio::test]
async fn a_data_extension_without_a_key_takes_inserts_alone() {
    let bench = Bench::start().await;
    let rows = "/data/v1/async/dataextensions/key:Log/rows";
    let line = json!([{ "Line": "a" }, { "Line": "a" }]);
    let told = bench.told("PUT", rows, line.clone()).await;
    assert!(told.iter().all(|told| told.contains("primary keys")), "{told:?}");
    assert_eq!(bench.told("POST", rows, line).await, ["", ""]);
    assert_eq!(bench.twin.rows("Log").len(), 2);
}

/// "`status` object missing: not picked up yet or unknown/expired", Pending, Executing, Complete.
#[tokio::test]
async fn a_job_goes_from_state_to_state_by_questions() {
    let bench = Bench::with(options()).await;
    let id = bench.submit("PUT", ROWS, people(2)).await;
    let missing = json!({ "requestId": id, "resultMessages": [] });
    assert_eq!(bench.status(&id).await, missing);
    for state in ["Pending", "Executing"] {
        let answer = bench.status(&id).await;
        assert_eq!((&answer["status"]["requestStatus"], &answer["status"]["completionDateTime"]), (&json!(state), &Value::Null));
        assert_eq!((bench.count(), bench.results(&id).await.len()), (0, 0), "nothing yet");
    }
    let answer = bench.status(&id).await;
    let at = "2026-03-02T08:15:01Z";
    let want = json!({
        "requestStatus": "Complete", "resultStatus": "OK", "hasErrors": false, "callDateTime": at, "pickupDateTime": at,
        "completionDateTime": at,
    });
    assert_eq!((&answer["status"], bench.count()), (&want, 2));
    assert_eq!(bench.status("another").await, json!({ "requestId": "another", "resultMessages": [] }));
    assert_eq!(bench.refused("GET", "/data/v1/async/another/results", Value::Null).await.0, 404);
}

#[tokio::test]
async fn jobs_end_in_the_order_in_which_they_were_taken() {
    let bench = Bench::start().await;
    let with = |points: u32| json!([{ "MemberId": "a", "Email": "a@b.example", "Points": points }]);
    let first = bench.submit("PUT", ROWS, with(1)).await;
    let second = bench.submit("PUT", ROWS, with(2)).await;
    bench.until(&second).await;
    bench.until(&first).await;
    assert_eq!(bench.row("a").unwrap()["Points"], 2);
}

/// "results are kept for a limited time (24 h (inferred))".
#[tokio::test]
async fn a_job_goes_on_by_the_clock_and_expires() {
    let (clock, later) = moving();
    let jobs_go = JobsGo::BySeconds(Stages { missing: 10, pending: 20, executing: 30 });
    let bench = Bench::with(Options { clock, jobs_go, ..options() }).await;
    let id = bench.submit("PUT", ROWS, people(1)).await;
    for (seconds, want) in
        [(9, None), (1, Some("Pending")), (20, Some("Executing")), (29, Some("Executing")), (1, Some("Complete"))]
    {
        later(seconds);
        let answer = bench.status(&id).await;
        assert_eq!(answer["status"]["requestStatus"].as_str(), want);
    }
    assert_eq!(bench.count(), 1);
    later(86_400);
    assert_eq!(bench.results(&id).await, [""]);
    later(1);
    assert!(bench.status(&id).await["status"].is_null());
    let unasked = bench.submit("PUT", ROWS, json!([member("unasked")])).await;
    later(60);
    assert!(bench.row("unasked").is_some(), "nobody needs to ask for {unasked}");
}

/// "Items are in submission order (index = row). Default page size 50".
#[tokio::test]
async fn results_are_in_the_order_of_the_rows_by_pages() {
    let bench = Bench::start().await;
    let mut rows = people(120);
    rows[60]["Points"] = json!("x");
    rows[61]["Email"] = Value::Null;
    let id = bench.submit("PUT", ROWS, rows).await;
    let answer = bench.until(&id).await;
    assert_eq!((&answer["status"]["resultStatus"], &answer["status"]["hasErrors"]), (&json!("Has Errors"), &json!(true)));
    let results = format!("/data/v1/async/{id}/results");
    for (query, page, size, items) in [
        ("", 1, 50, 50),
        ("?$page=3", 3, 50, 20),
        ("?$page=4", 4, 50, 0),
        ("?$page=1&$pageSize=2500", 1, 2_500, 120),
        ("?%24page=2&%24pageSize=60&includeDetail=true", 2, 60, 60),
    ] {
        let answer = bench.ok("GET", &format!("{results}{query}"), Value::Null).await;
        let got = [&answer["page"], &answer["pageSize"], &answer["count"]].map(|it| it.as_u64().unwrap());
        assert_eq!((got, answer["items"].as_array().unwrap().len()), ([page, size, 120], items), "{query}");
        assert_eq!(answer["requestId"], json!(id));
    }
    assert_eq!(bench.warnings(), []);
    for query in ["?$page=0", "?$pageSize=x", "?$pageSize=-1"] {
        assert_eq!(bench.refused("GET", &format!("{results}{query}"), Value::Null).await.0, 400, "{query}");
    }
    bench.ok("GET", &format!("{results}?page=2"), Value::Null).await;
    assert_eq!(bench.warnings(), [("unknown-parameter", "page".to_owned())]);
    let all = bench.ok("GET", &format!("{results}?$pageSize=200"), Value::Null).await;
    let wrong: Vec<_> = all["items"].as_array().unwrap().iter().enumerate().filter(|(_, it)| it["status"] == "Error").collect();
    assert_eq!(wrong.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [60, 61]);
    assert_eq!(wrong.iter().map(|(_, it)| it["errorCode"].clone()).collect::<Vec<_>>(), [json!(2), json!("UnexpectedError")]);
    assert_eq!(bench.count(), 118);
}

/// "message ending in `Rerun the transaction.` = SQL deadlock"; `Error`: "whole job failed"; observed: no status for long.
#[tokio::test]
async fn harm_of_the_vendors_own_is_done_once() {
    let bench = Bench::start().await;
    let harms = json!([{ "harm": "deadlock", "key": "u1" }, { "harm": "job-error", "message": "Unable to process" }, { "harm": "job-lost" }]);
    assert_eq!(bench.twin.seed("harms", harms), Ok(3));
    let lost = bench.submit("PUT", ROWS, people(3)).await;
    let failed = bench.submit("PUT", ROWS, people(3)).await;
    let answer = bench.until(&failed).await;
    assert_eq!((&answer["status"]["requestStatus"], &answer["status"]["hasErrors"]), (&json!("Error"), &json!(true)));
    assert_eq!(answer["resultMessages"][0]["message"], "Unable to process");
    assert_eq!((bench.results(&failed).await.len(), bench.count()), (0, 0));
    for _ in 0..5 {
        assert!(bench.status(&lost).await["status"].is_null());
    }
    let told = bench.told("PUT", ROWS, people(3)).await;
    assert!(told[0].is_empty() && told[1].ends_with("Rerun the transaction.") && told[2].is_empty(), "{told:?}");
    assert_eq!((bench.count(), bench.twin.state().harms().len()), (2, 0));
    assert_eq!(bench.told("PUT", ROWS, people(3)).await, ["", "", ""]);
    let states: Vec<_> = bench.twin.state().jobs().iter().map(|job| job.status).collect();
    assert_eq!(states, [None, Some(Status::Error), Some(Status::Complete), Some(Status::Complete)]);
}

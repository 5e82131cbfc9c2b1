//! Batch jobs (*Large volumes*, *Global rate limits*).

use serde_json::{Value, json};
use sluice_twins::{Apply, Fault, mailchimp::JobStatus};

use crate::client::{Bench, LIST, SEGMENT, people};

fn operation(method: &str, path: &str, body: &Value) -> Value {
    json!({ "method": method, "path": path, "operation_id": "o", "body": body.to_string() })
}

async fn poll(bench: &Bench, id: &str) -> Value {
    bench.ok("GET", &format!("/3.0/batches/{id}"), Value::Null).await
}

/// "poll `GET /3.0/batches/{id}` `status` in `pending, preprocessing, started, finalizing, finished`".
#[tokio::test]
async fn a_job_ends_after_some_polls() {
    let bench = Bench::start().await;
    let member = json!({ "email_address": "u0@example.org", "status_if_new": "subscribed" });
    let put = format!("/lists/{LIST}/members/u0@example.org");
    let operations = json!([
        operation("PUT", &put, &member),
        operation("POST", SEGMENT.strip_prefix("/3.0").unwrap(), &json!({ "members_to_add": ["u0@example.org"] })),
        operation("PATCH", &format!("/lists/{LIST}/members/nobody@example.org"), &json!({})),
        operation("POST", "/batches", &json!({ "operations": [] })),
        json!({ "method": "GET", "path": format!("/lists/{LIST}/segments"), "params": { "type": "static", "count": 1000 } }),
    ]);
    let job = bench.ok("POST", "/3.0/batches", json!({ "operations": operations })).await;
    assert_eq!((&job["status"], &job["total_operations"], &job["response_body_url"]), (&json!("pending"), &json!(5), &json!("")));
    let id = job["id"].as_str().unwrap();
    for (status, finished) in [("preprocessing", 0), ("started", 0)] {
        let job = poll(&bench, id).await;
        assert_eq!((&job["status"], &job["finished_operations"], bench.count()), (&json!(status), &json!(finished), 0));
    }
    let job = poll(&bench, id).await;
    assert_eq!(
        (&job["status"], &job["finished_operations"], &job["errored_operations"]),
        (&json!("finalizing"), &json!(5), &json!(2))
    );
    assert_eq!(bench.on(), ["u0@example.org"]);
    for _ in 0..2 {
        let job = poll(&bench, id).await;
        assert_eq!((&job["status"], &job["completed_at"]), (&json!("finished"), &json!("2026-03-02T08:15:01Z")));
        assert!(job["response_body_url"].as_str().unwrap().ends_with("-response.tar.gz"));
    }
    let entries = bench.twin.ledger().entries();
    assert!(entries.len() == 2 && entries.iter().all(|entry| entry.request == 1), "in the ledger under the job's request");
    assert_eq!(bench.twin.with_state(|state| state.jobs()[id].status), JobStatus::Finished);
    assert_eq!(bench.warnings(), []);
}

/// "max 1,000 ops, 500 open batches".
#[tokio::test]
async fn a_thousand_operations_and_five_hundred_jobs_pass() {
    let bench = Bench::start().await;
    let body = |count: usize| json!({ "operations": vec![json!({ "method": "GET", "path": "/ping" }); count] });
    assert_eq!(bench.refused("POST", "/3.0/batches", body(1_001)).await.0, 400);
    let first = bench.ok("POST", "/3.0/batches", body(1_000)).await["id"].as_str().unwrap().to_owned();
    for _ in 1..500 {
        bench.ok("POST", "/3.0/batches", body(0)).await;
    }
    let (status, title, _) = bench.refused("POST", "/3.0/batches", body(0)).await;
    assert_eq!((status, title.as_str()), (429, "Too Many Requests"));
    for _ in 0..4 {
        poll(&bench, &first).await;
    }
    bench.ok("POST", "/3.0/batches", body(0)).await;
}

#[tokio::test]
async fn a_job_of_a_wrong_shape_is_refused() {
    let bench = Bench::start().await;
    for operations in [
        json!(null),
        json!({}),
        json!([{ "path": "/ping" }]),
        json!([{ "method": "GET" }]),
        json!([{ "method": "HEAD", "path": "/ping" }]),
        json!([{ "method": "POST", "path": "/ping", "body": {} }]),
    ] {
        assert_eq!(bench.refused("POST", "/3.0/batches", json!({ "operations": operations })).await.0, 400, "{operations}");
    }
    assert!(bench.twin.state().jobs().is_empty());
}

/// Half of a job's operations are carried out, and the others are said to have been.
#[tokio::test]
async fn half_of_a_job_is_a_lie() {
    let bench = Bench::start().await;
    let put = |n: usize| {
        let email = format!("u{n}@example.org");
        operation("PUT", &format!("/lists/{LIST}/members/{email}"), &json!({ "email_address": email, "status_if_new": "pending" }))
    };
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4)] {
        bench.twin.faults().arm(Fault::on("/3.0/batches").apply(apply)).unwrap();
        let job = bench.ok("POST", "/3.0/batches", json!({ "operations": (0..4).map(put).collect::<Vec<_>>() })).await;
        assert_eq!(job["total_operations"], 4);
        let id = job["id"].as_str().unwrap();
        if apply == Apply::Nothing {
            assert_eq!(bench.refused("GET", &format!("/3.0/batches/{id}"), Value::Null).await.0, 404, "there is no such job");
            continue;
        }
        for _ in 0..4 {
            poll(&bench, id).await;
        }
        assert_eq!((bench.count(), &poll(&bench, id).await["finished_operations"]), (want, &json!(4)), "{apply:?}");
    }
    assert_eq!(people(4).as_array().unwrap().len(), bench.count());
}

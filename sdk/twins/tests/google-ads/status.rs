//! The status of a request ("Polling", *Common DM envelope rules*): waiting, then counts for each destination, never which record.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sluice_twins::google_ads::{Options, Processing, RequestStatus};

use crate::client::{
    Bench, CLICKS, EVENTS, INGEST, LIST, REMOVE, REMOVE_ALL, WEB, event, events, hands, leaving, members, options, people, send, to,
};

#[tokio::test]
async fn the_second_question_finds_a_request_processed() {
    let bench = Bench::start().await;
    let id = bench.accepted(INGEST, &members(people(3))).await;
    let waiting = bench.status(&id).await;
    assert_eq!((&waiting["requestStatus"], &waiting["errorInfo"]), (&json!("PROCESSING"), &Value::Null));
    let ended = bench.status(&id).await;
    let counts = json!({ "userDataIngestionStatus": { "recordCount": "3", "userIdentifierCount": "3" } });
    assert_eq!((&ended["requestStatus"], &ended["audienceMembersIngestionStatus"]), (&json!("SUCCESS"), &counts));
    assert_eq!(ended["destination"], to(LIST));
}

#[tokio::test]
async fn a_request_can_be_processed_by_the_clock() {
    let (clock, forward) = hands();
    let bench = Bench::with(Options { clock, processing: Processing::AfterSeconds(1_800), ..options() }).await;
    let id = bench.accepted(EVENTS, &events(WEB, vec![event("ORD-1")])).await;
    for (second, want) in [(0, "PROCESSING"), (1_799, "PROCESSING"), (1_800, "SUCCESS")] {
        forward.store(second, Ordering::SeqCst);
        let status = bench.status(&id).await;
        assert_eq!((&status["requestStatus"], &status["eventsIngestionStatus"]), (&json!(want), &json!({ "recordCount": "1" })));
    }
}

#[tokio::test]
async fn each_kind_of_request_has_its_own_counts() {
    let bench = Bench::start().await;
    bench.accepted(INGEST, &members(people(2))).await;
    let removal = bench.accepted(REMOVE, &leaving(people(2))).await;
    let counts = json!({ "userDataRemovalStatus": { "recordCount": "2", "userIdentifierCount": "2" } });
    assert_eq!(bench.ended(&removal).await["audienceMembersRemovalStatus"], counts);
    let composite = json!({ "compositeData": { "userData": people(1)[0]["userData"], "ipData": [{ "ipAddress": "10.0.0.1" }] } });
    let id = bench.accepted(INGEST, &members(vec![composite])).await;
    let counts = json!({ "recordCount": "1", "dataTypeCounts": [{ "type": "EMAIL", "count": "1" }, { "type": "IP_ADDRESS", "count": "1" }] });
    assert_eq!(bench.ended(&id).await["audienceMembersIngestionStatus"]["compositeDataIngestionStatus"], counts);
    let all = bench.accepted(REMOVE_ALL, &json!({ "destinations": [to(LIST)] })).await;
    assert_eq!(bench.ended(&all).await["removeAllAudienceMembersStatus"], json!({}));
    let two = json!({ "destinations": [to(WEB), to(CLICKS)], "encoding": "HEX", "events": [event("ORD-1")] });
    let id = bench.accepted(EVENTS, &two).await;
    let answer = bench.taken(bench.get(&format!("/v1/requestStatus:retrieve?requestId={id}"))).await;
    let of: Vec<&Value> = answer["requestStatusPerDestination"].as_array().unwrap().iter().map(|it| &it["destination"]).collect();
    assert_eq!(of, [&to(WEB), &to(CLICKS)], "in request order");
}

/// A seed says how the next requests go.
#[tokio::test]
async fn records_fail_on_demand() {
    let bench = Bench::start().await;
    let outcomes = json!([{ "reason": "INTERNAL_ERROR", "records": 1 }, { "reason": "INTERNAL_ERROR" }, { "reason": "EVENT_TOO_OLD", "records": 1 }]);
    assert_eq!(bench.put("outcomes", outcomes).await.0, 200);
    let count = |reason: &str, count: usize| json!([{ "recordCount": count.to_string(), "reason": format!("PROCESSING_ERROR_REASON_{reason}") }]);
    let mut got = Vec::new();
    for (path, body) in [
        (INGEST, members(people(3))),
        (INGEST, members(people(3))),
        (EVENTS, events(WEB, vec![event("ORD-1"), event("ORD-2")])),
        (EVENTS, events(WEB, vec![event("ORD-3")])),
    ] {
        let id = bench.accepted(path, &body).await;
        let status = bench.ended(&id).await;
        got.push((status["requestStatus"].clone(), status["errorInfo"]["errorCounts"].clone()));
    }
    assert_eq!(
        got,
        [
            (json!("PARTIAL_SUCCESS"), count("INTERNAL_ERROR", 1)),
            (json!("FAILED"), count("INTERNAL_ERROR", 3)),
            (json!("PARTIAL_SUCCESS"), count("EVENT_TOO_OLD", 1)),
            (json!("SUCCESS"), Value::Null),
        ]
    );
    assert_eq!((bench.members(LIST).len(), bench.twin.state().conversions().all().len()), (2, 2));
    let statuses: Vec<_> = bench.twin.state().requests().values().map(|it| it.destinations[0].status()).collect();
    assert_eq!(
        statuses,
        [RequestStatus::PartialSuccess, RequestStatus::Failed, RequestStatus::PartialSuccess, RequestStatus::Success]
    );
}

#[tokio::test]
async fn an_id_that_was_not_given_is_refused() {
    let bench = Bench::start().await;
    for (path, reason) in [
        ("/v1/requestStatus:retrieve?requestId=x", "INVALID_REQUEST_ID"),
        ("/v1/requestStatus:retrieve?requestId=", "REQUIRED_FIELD_MISSING"),
        ("/v1/requestStatus:retrieve", "REQUIRED_FIELD_MISSING"),
    ] {
        let (status, found) = bench.violations(bench.get(path)).await;
        assert_eq!((status, found), (400, vec![(reason.to_owned(), "request_id".to_owned())]), "{path}");
    }
    assert_eq!(send(bench.get("/v1/requestStatus:retrieve?requestId=x")).await.1["error"]["status"], "INVALID_ARGUMENT");
}

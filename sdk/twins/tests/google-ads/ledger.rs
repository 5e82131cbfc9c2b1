//! The ledger has everything that was applied, in the order of application, before the request is answered.

use serde_json::{Value, json};
use sluice_twins::{Kind, google_ads::Options};

use crate::client::{
    ADJUST, Bench, EMAIL, EVENTS, INGEST, LIST, LISTS, REMOVE, REMOVE_ALL, WEB, adjusting, adjustment, event, events, hash,
    leaving, members, options, person, send, to,
};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let bench = Bench::with(Options { ledger_file: Some(path.clone()), ..options() }).await;
    bench.accepted(INGEST, &members(vec![person(EMAIL), person(&hash(1))])).await;
    bench.accepted(REMOVE, &leaving(vec![person(EMAIL)])).await;
    bench.accepted(REMOVE_ALL, &json!({ "destinations": [to(LIST)] })).await;
    bench.accepted(EVENTS, &events(WEB, vec![event("ORD-1")])).await;
    bench.taken(bench.ads(ADJUST, &adjusting(vec![adjustment("RETRACTION", "ORD-1")]))).await;
    let new = json!({ "displayName": "VIP", "ingestedUserListInfo": { "uploadKeyTypes": ["CONTACT_ID"] } });
    bench.taken(bench.post(LISTS, &new)).await;
    send(bench.post(INGEST, &members(vec![person("x")]))).await;
    let place = |on: bool| json!({ "user_list": LIST, "on": on });
    let mut sent = event("ORD-1");
    sent.as_object_mut().unwrap().retain(|name, _| name != "userData" && name != "consent");
    let (email, other) = (format!("email:{EMAIL}"), format!("email:{}", hash(1)));
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    assert_eq!(
        got,
        [
            (1, Kind::Membership, email.as_str(), place(true)),
            (1, Kind::Membership, other.as_str(), place(true)),
            (2, Kind::Membership, email.as_str(), place(false)),
            (3, Kind::Membership, other.as_str(), place(false)),
            (4, Kind::Event, "ORD-1", json!({ "conversion_action": WEB, "event": sent })),
            (5, Kind::Event, "ORD-1", json!({ "conversion_action": WEB, "adjustment": "RETRACTION", "value": null })),
            (6, Kind::List, "9000000001", json!({ "display_name": "VIP", "membership_status": "OPEN" })),
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!((lines.len(), &lines[4]["kind"]), (7, &json!("event")));
    assert!(!file.contains(TOKEN_START), "no token");
}

const TOKEN_START: &str = "ya29";

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|value: i32| {
        let mut event = event("ORD-1");
        event["conversionValue"] = value.into();
        let request = bench.post(EVENTS, &events(WEB, vec![event]));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap().is_success());
    }
    let last = bench.twin.ledger().entries().pop().unwrap().applied();
    let state = bench.twin.state();
    assert_eq!(bench.twin.ledger().total(), 40);
    assert_eq!(state.conversions().of_transaction(WEB, "ORD-1").unwrap().value, last["event"]["conversionValue"].as_f64());
}

//! The reserved paths and seeds, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{
    SeedError, StartError,
    mailchimp::{Options, Status, Twin},
};

use crate::client::{Bench, KEY, LIST, VIP, options, people, send};

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one() {
    let bench = Bench::start().await;
    bench.upsert(people(2)).await;
    bench.change(json!(["u1@example.org"]), json!([])).await;
    let (_, state) = get(&bench, "state").await;
    let audience = &state["audiences"][LIST];
    assert_eq!(audience["members"]["u1@example.org"]["merge_fields"], json!({ "LTV": 1 }));
    assert_eq!((&audience["segments"]["7"]["members"], &state["jobs"]), (&json!(["u1@example.org"]), &json!({})));
    assert_eq!(&get(&bench, &format!("state/audiences/{LIST}")).await.1, audience);
    assert_eq!(get(&bench, &format!("state/members/{LIST}:U1@example.org")).await.1["status"], "subscribed");
    assert_eq!(get(&bench, &format!("state/segments/{LIST}:7")).await.1["name"], "VIP FR");
    for path in [
        "state/members/nobody",
        "state/members/a1b2c3d4e5:nobody@example.org",
        "state/segments/a1b2c3d4e5:x",
        "state/audiences/x",
        "state/jobs/x",
        "state/others/1",
    ] {
        assert_eq!(get(&bench, path).await.0, 404, "{path}");
    }
}

/// A twin that starts with nothing but a key is seeded whole.
#[tokio::test]
async fn state_is_put_in_place_without_a_request() {
    let bench = Bench::with(Options::with_key(KEY)).await;
    let put =
        |kind: &str, body: Value| send(bench.client.put(format!("{}/__twin/{kind}", bench.twin.url())).body(body.to_string()));
    assert_eq!(
        put("audiences", json!([{ "id": LIST, "name": "Customers", "interests": ["i1"] }])).await,
        (200, json!({ "seeded": 1 }))
    );
    assert_eq!(put("merge-fields", json!([{ "list_id": LIST, "tag": "ltv", "name": "Value", "type": "number" }])).await.0, 200);
    let members = json!([
        { "list_id": LIST, "email_address": "Lea@example.org", "status": "archived", "merge_fields": { "LTV": 3 }, "tags": ["Old"] },
        { "list_id": LIST, "email_address": "b@example.org", "status": "cleaned" },
    ]);
    assert_eq!(put("members", members).await, (200, json!({ "seeded": 2 })));
    let segment = json!([{ "list_id": LIST, "id": VIP, "name": "VIP FR", "members": ["B@example.org"] }]);
    assert_eq!(put("segments", segment).await.0, 200);
    assert_eq!(put("forgotten", json!([{ "list_id": LIST, "email_address": "old@example.org" }])).await.0, 200);
    assert_eq!(put("fakes", json!(["Fake@example.org"])).await.0, 200);
    for (kind, body, status) in [
        ("members", json!([{ "list_id": LIST, "email_address": "000", "status": "subscribed" }]), 400),
        ("members", json!([{ "list_id": LIST, "email_address": "c@example.org" }]), 400),
        ("members", json!([{ "list_id": "x", "email_address": "c@example.org", "status": "subscribed" }]), 400),
        ("members", json!([{ "email_address": "c@example.org", "status": "subscribed" }]), 400),
        (
            "members",
            json!([{ "list_id": LIST, "email_address": "c@example.org", "status": "subscribed", "merge_fields": { "X": 1 } }]),
            400,
        ),
        ("members", json!([{ "list_id": LIST, "email_address": "c@example.org", "status": "subscribed", "colour": 1 }]), 400),
        ("members", json!({}), 400),
        ("segments", json!([{ "list_id": LIST, "id": 9, "name": "x", "members": ["nobody@example.org"] }]), 400),
        ("audiences", json!([{ "id": LIST }]), 400),
        ("campaigns", json!([]), 404),
    ] {
        assert_eq!(put(kind, body.clone()).await.0, status, "{kind} {body}");
    }
    let lea = bench.member("lea@example.org");
    assert_eq!((lea.status, &lea.merge_fields["LTV"], lea.created_by), (Status::Archived, &json!(3), 0));
    assert_eq!(bench.on(), ["b@example.org"]);
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total()), (0, 0));
    let wrong = bench.twin.seed("fakes", json!([1]));
    assert!(matches!(wrong, Err(SeedError::Shape { .. })), "{wrong:?}");
}

#[tokio::test]
async fn a_reset_twin_is_as_at_the_start() {
    let bench = Bench::start().await;
    let body = json!({ "members": people(2), "mistake": 1 });
    bench.ok("POST", crate::client::BATCH, body).await;
    bench.ok("POST", &format!("/3.0/lists/{LIST}/segments"), json!({ "name": "New", "static_segment": [] })).await;
    bench.ok("POST", "/3.0/batches", json!({ "operations": [] })).await;
    bench.twin.reset();
    let state = bench.twin.state();
    assert_eq!((bench.count(), state.audiences()[LIST].segments.len(), state.jobs().len()), (0, 2, 0));
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.warnings().len()), (0, 0, 0));
}

#[tokio::test]
async fn a_twin_serves_this_machine_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(options).await, Err(StartError::NotLoopback { .. })));
}

//! The judge: what was applied, in order, whatever the client was told.

use serde_json::{Value, json};
use sluice_twins::{Kind, mailchimp::Options};

use crate::client::{BATCH, Bench, LIST, VIP, options};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let bench = Bench::with(Options { ledger_file: Some(path.clone()), ..options() }).await;
    let lea = json!({ "email_address": "Lea@example.org", "status": "subscribed", "tags": ["VIP FR"] });
    bench.upsert(json!([lea, { "email_address": "000", "status": "subscribed" }])).await;
    let made = bench
        .ok("POST", &format!("/3.0/lists/{LIST}/segments"), json!({ "name": "New", "static_segment": ["lea@example.org"] }))
        .await;
    bench.change(json!(["lea@example.org"]), json!(["lea@example.org"])).await;
    bench.ok("PATCH", &format!("/3.0/lists/{LIST}/members/lea@example.org"), json!({ "vip": true })).await;
    bench.ok("DELETE", &format!("/3.0/lists/{LIST}/members/lea@example.org"), Value::Null).await;
    bench.ok("POST", &format!("/3.0/lists/{LIST}/members/lea@example.org/actions/delete-permanent"), Value::Null).await;
    let new = made["id"].as_i64().unwrap();
    let on = |segment: i64, on: bool| json!({ "list_id": LIST, "segment_id": segment, "on": on });
    let lea = "email:lea@example.org";
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    assert_eq!(
        got,
        [
            (1, Kind::Attributes, lea, json!({ "status": "subscribed", "tags": ["VIP FR"] })),
            (1, Kind::Membership, lea, on(VIP, true)),
            (2, Kind::List, &*new.to_string(), made),
            (2, Kind::Membership, lea, on(new, true)),
            (3, Kind::Membership, lea, on(VIP, false)),
            (4, Kind::Attributes, lea, json!({ "vip": true })),
            (5, Kind::Attributes, lea, json!({ "status": "archived" })),
            (6, Kind::Attributes, lea, Value::Null),
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["kind"], &lines[2]["kind"]), (8, &json!("membership"), &json!("list")));
}

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|ltv: i32| {
        let member = json!({ "email_address": "lea@example.org", "status": "subscribed", "merge_fields": { "LTV": ltv } });
        let request = bench.post(BATCH, &json!({ "members": [member], "update_existing": true }));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 200);
    }
    let last = bench.twin.ledger().entries().pop().unwrap().applied();
    assert_eq!(bench.twin.ledger().total(), 40);
    assert_eq!(bench.member("lea@example.org").merge_fields["LTV"], last["merge_fields"]["LTV"], "the last entry is what stands");
}

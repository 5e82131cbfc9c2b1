//! The judge: what was applied, in order, whatever the client was told.

use serde_json::{Value, json};
use sluice_twins::{Kind, salesforce_marketing_cloud::Options};

use crate::client::{Bench, DE, ROWS, ROWSET, at_once, member, pair};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let bench = Bench::with(Options { ledger_file: Some(path.clone()), ..at_once() }).await;
    let id = bench.submit("PUT", ROWS, json!([member("a"), { "MemberId": "b" }, member("c")])).await;
    assert_eq!(bench.twin.ledger().total(), 0, "a job has not run when it is taken");
    bench.ok("POST", ROWSET, json!([pair("d", json!({ "Email": "d@example.org", "Points": 3 }))])).await;
    bench.until(&id).await;
    bench.ok("POST", &format!("/data/v1/customobjects/{DE}/cleardata"), Value::Null).await;
    let of = |values: Value| json!({ "dataExtension": "Members", "values": values });
    let lea = json!({ "Email": "lea@example.org" });
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    assert_eq!(
        got,
        [
            (2, Kind::Attributes, "d", of(json!({ "Email": "d@example.org", "Points": 3 }))),
            (1, Kind::Attributes, "a", of(lea.clone())),
            (1, Kind::Attributes, "c", of(lea)),
            (4, Kind::List, DE, json!({ "cleared": 3 })),
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["key"], &lines[3]["kind"]), (4, &json!("a"), &json!("list")));
}

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|points: i32| {
        let request = bench.call("POST", ROWSET, &json!([pair("a", json!({ "Email": "a@b.example", "Points": points }))]));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 200);
    }
    let last = bench.twin.ledger().entries().pop().unwrap().applied();
    assert_eq!(bench.twin.ledger().total(), 40);
    assert_eq!(bench.row("a").unwrap()["Points"], last["values"]["Points"], "the last entry is what stands");
}

//! The judge: what was applied, in order, whatever the client was told.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{
    Kind,
    batch::{APP_API_KEY, Options},
};

use crate::client::{Bench, MASS_UPDATE, UPDATE, USERS, options, send};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let bench = Bench::with(Options { ledger_file: Some(path.clone()), ..options() }).await;
    bench.twin.seed("installations", json!([{ "apikey": "a", "installation_id": "i" }])).unwrap();
    let visited = json!({ "name": "visited", "attributes": { "page": "home" } });
    let named = |id: &str| json!({ "custom_id": id });
    let installed = |id: &str| json!({ "installation": { "apikey": "a", "installation_id": id } });
    let events = json!([visited, { "name": "Bad" }]);
    bench
        .ok(
            UPDATE,
            json!([
                { "identifiers": named("C-1"), "attributes": { "rank": 1, "old": null, "Bad": 1 }, "events": events },
                { "identifiers": named("C-2"), "events": [visited] },
                { "identifiers": named("C-3") },
                { "identifiers": installed("i"), "attributes": { "$phone_number": "+33612345678" } },
                { "identifiers": installed("unknown"), "attributes": { "rank": 1 } },
            ]),
        )
        .await;
    bench.ok(MASS_UPDATE, json!([{ "identifiers": named("C-1"), "attributes": { "tags": { "$add": ["x"] } } }])).await;
    bench.ok(USERS, json!([{ "id": "C-1", "update": { "overwrite": true, "values": { "u.a": 1 } } }])).await;
    assert_eq!(send(bench.request(Method::DELETE, &format!("{USERS}/C-1"))).await.0, 202);
    assert_eq!(send(bench.request(Method::DELETE, &format!("{USERS}/C-9"))).await.0, 202);
    let data = |values: Value| json!({ "app": APP_API_KEY, "overwrite": true, "values": values });
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    assert_eq!(
        got,
        [
            (1, Kind::Attributes, "C-1", json!({ "rank": 1, "old": null })),
            (1, Kind::Event, "C-1", visited.clone()),
            (1, Kind::Event, "C-2", visited),
            (1, Kind::Attributes, "C-3", json!({})),
            (1, Kind::Attributes, "installation:a:i", json!({})),
            (2, Kind::Attributes, "C-1", json!({ "tags": { "$add": ["x"] } })),
            (3, Kind::Attributes, "C-1", data(json!({ "u.a": 1 }))),
            (4, Kind::Attributes, "C-1", data(json!({}))),
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(lines.len(), got.len());
    assert_eq!((&lines[1]["kind"], &lines[4]["key"]), (&json!("event"), &json!("installation:a:i")));
}

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|rank: i32| {
        let request = bench.post(UPDATE, &json!([{ "identifiers": { "custom_id": "C-1" }, "attributes": { "rank": rank } }]));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 202);
    }
    let last = bench.twin.ledger().entries().pop().unwrap().applied();
    assert_eq!(bench.twin.ledger().total(), 40);
    assert_eq!(bench.attributes("C-1"), last, "the last entry is the value that stands");
}

//! The reserved paths and seeds, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{
    SeedError, StartError,
    salesforce_marketing_cloud::{Options, Twin},
};

use crate::client::{Bench, ID, ROWS, SECRET, TOKEN, at_once, options, people, send};

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one() {
    let bench = Bench::start().await;
    let id = bench.submit("PUT", ROWS, people(2)).await;
    bench.until(&id).await;
    let (_, state) = get(&bench, "state").await;
    let members = &state["data_extensions"]["Members"];
    assert_eq!(members["rows"]["u1"], json!({ "MemberId": "u1", "Email": "u1@example.org", "Points": 1 }));
    assert_eq!((&state["jobs"][0]["status"], &state["clients"][ID]["live_tokens"]), (&json!("Complete"), &json!(0)));
    assert!(!state.to_string().contains(SECRET), "no secret");
    assert_eq!(&get(&bench, "state/data-extensions/Members").await.1, members);
    assert_eq!(get(&bench, "state/rows/Members").await.1, members["rows"]);
    assert_eq!(get(&bench, "state/rows/Members:u1").await.1["Points"], 1);
    assert_eq!(get(&bench, &format!("state/jobs/{id}")).await.1["insert"], false);
    for path in ["state/rows/Members:x", "state/rows/x", "state/data-extensions/x", "state/jobs/x", "state/others/1"] {
        assert_eq!(get(&bench, path).await.0, 404, "{path}");
    }
}

/// A twin that starts with nothing but a client is seeded whole.
#[tokio::test]
async fn state_is_put_in_place_without_a_request() {
    let bench = Bench::with(Options { data_extensions: Vec::new(), fixed_token: Some(TOKEN.to_owned()), ..at_once() }).await;
    let put =
        |kind: &str, body: Value| send(bench.client.put(format!("{}/__twin/{kind}", bench.twin.url())).body(body.to_string()));
    let fields = json!([{ "name": "Id", "type": "Text", "length": 3, "isPrimaryKey": true }, { "name": "N", "type": "Decimal", "length": 4, "scale": 1 }]);
    let new = |rows: Value| json!([{ "key": "K", "name": "A name", "fields": fields, "rows": rows }]);
    assert_eq!(put("data-extensions", new(json!([{ "Id": "a", "N": 1.5 }, { "Id": "b" }]))).await, (200, json!({ "seeded": 1 })));
    assert_eq!(bench.twin.row("K", "a").unwrap()["N"], 1.5);
    assert_eq!(put("harms", json!([{ "harm": "save-failure" }])).await.0, 200);
    for (kind, body, status) in [
        ("data-extensions", new(json!([{ "Id": "long" }])), 400),
        ("data-extensions", new(json!([{ "Id": "a" }, { "Id": "a" }])), 400),
        ("data-extensions", new(json!([{ "N": 1 }])), 400),
        ("data-extensions", json!([{ "key": "L", "name": "x", "fields": [] }]), 400),
        ("data-extensions", json!([{ "key": "L", "name": "x", "fields": [{ "name": "A", "type": "Blob" }] }]), 400),
        ("data-extensions", json!([{ "key": "L" }]), 400),
        ("data-extensions", json!({}), 400),
        ("harms", json!([{ "harm": "fire" }]), 400),
        ("revoked", json!(["unknown"]), 400),
        ("clients", json!([{ "client_id": "x" }]), 400),
        ("folders", json!([]), 404),
    ] {
        assert_eq!(put(kind, body.clone()).await.0, status, "{kind} {body}");
    }
    assert_eq!(bench.twin.rows("K").len(), 2, "a seed that is refused replaces nothing");
    assert_eq!(put("data-extensions", new(json!([]))).await.0, 200);
    assert_eq!((bench.twin.rows("K").len(), bench.twin.state().data_extensions().len()), (0, 1), "one of the same key is replaced");
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total()), (0, 0));
    let wrong = bench.twin.seed("revoked", json!([1]));
    assert!(matches!(wrong, Err(SeedError::Shape { .. })), "{wrong:?}");
}

#[tokio::test]
async fn a_reset_twin_is_as_at_the_start() {
    let bench = Bench::start().await;
    bench.told("PUT", ROWS, people(2)).await;
    bench.twin.seed("harms", json!([{ "harm": "job-lost" }])).unwrap();
    let asking = json!({ "grant_type": "client_credentials", "client_id": ID, "client_secret": SECRET });
    let asked = bench.bare("POST", "/v2/token").header("content-type", "application/json").body(asking.to_string());
    let token = send(asked).await.1["access_token"].as_str().unwrap().to_owned();
    bench.twin.reset();
    let state = bench.twin.state();
    assert_eq!((bench.count(), state.data_extensions().len(), state.jobs().len(), state.harms().len()), (0, 3, 0, 0));
    assert_eq!((state.token_requests(), bench.twin.log().total(), bench.twin.ledger().total()), (0, 0, 0));
    assert_eq!(send(bench.bare("GET", "/data/v1/customobjects").bearer_auth(token)).await.0, 401);
}

#[tokio::test]
async fn a_twin_serves_this_machine_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(options).await, Err(StartError::NotLoopback { .. })));
}

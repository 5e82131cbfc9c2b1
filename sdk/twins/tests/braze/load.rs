//! Many full requests: nothing is lost, and the figure is printed (`--nocapture`), never a gate.

use std::{sync::Arc, time::Instant};

use serde_json::json;
use sluice_twins::braze::{ObjectsPerRequest, Options};

use crate::client::{Bench, options};

const REQUESTS: usize = 1_000;
const OBJECTS: usize = 75;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_full_requests_are_all_kept() {
    let bench = Arc::new(Bench::with(Options { contract: ObjectsPerRequest::SeventyFive, ..options() }).await);
    let bodies: Arc<Vec<_>> = Arc::new(
        (0..REQUESTS)
            .map(|request| {
                let object = |n: usize| {
                    json!({ "external_id": format!("C-{}", request * OBJECTS + n), "_update_existing_only": false,
                        "country": "FR", "total": 1250.75, "orders": n, "last_order": "2011-12-09T12:50:00Z",
                        "first_name": "Léa", "is_vip": n.is_multiple_of(2) })
                };
                json!({ "attributes": (0..OBJECTS).map(object).collect::<Vec<_>>() })
            })
            .collect(),
    );
    let started = Instant::now();
    let senders: Vec<_> = (0..16)
        .map(|sender| {
            let (bench, bodies) = (bench.clone(), bodies.clone());
            tokio::spawn(async move {
                for body in bodies.iter().skip(sender).step_by(16) {
                    assert_eq!(bench.post("/users/track", body).send().await.unwrap().status(), 201);
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let took = started.elapsed();
    println!("{REQUESTS} requests of {OBJECTS} objects in {took:?}, client and twin together");
    assert_eq!(bench.twin.with_state(|state| state.profiles().len()), REQUESTS * OBJECTS);
    assert_eq!(bench.twin.ledger().total(), (REQUESTS * OBJECTS) as u64);
    assert_eq!(bench.warnings(), []);
}

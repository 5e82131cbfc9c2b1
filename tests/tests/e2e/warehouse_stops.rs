//! Whoever stops a run does not wait for the database: the statement is cancelled, and a run that was only laid down is taken up again.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    rig::{Rig, Sluice, end, tally},
    server::Server,
    shop,
    warehouse::sluice,
    warehouse_faults::{model, people},
};

/// Far less than the statement takes.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_the_server_ends_when_it_is_asked_to() {
    let Some(server) = Server::start().await else { return };
    people(&server, 10).await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    let slow = "SELECT id, name, plan FROM people, pg_sleep(CASE WHEN (SELECT count(*) FROM people) > 10 THEN 60 ELSE 0 END)";
    sluice
        .apply(&json!({
            "sources": [server.source(&json!({}), &json!({}))], "models": [model(&json!({ "sql": slow }))],
            "destinations": [rig.destination()], "activations": [shop::activation("all", &json!({}))],
        }))
        .await;
    let first = sluice.run("all").await;
    assert_eq!((end(&first).as_str(), tally(&first).as_str()), ("succeeded", "accepted 10"), "{first:#}");
    server.shop("INSERT INTO people VALUES (11, 'Person 11', 'free')").await;

    // A person cancels.
    let run = sluice.start_run("all").await;
    server.until_at_work(true).await;
    let asked = Instant::now();
    sluice.post(&format!("/runs/{run}/cancel"), &json!({})).await.ok();
    let cancelled = sluice.wait(&run).await;
    assert_eq!(end(&cancelled), "cancelled", "{cancelled:#}");
    server.until_at_work(false).await;
    assert!(asked.elapsed() < SOON, "the cancel waited for the statement: {:?}", asked.elapsed());

    // The process stops, and starts again when the statement is quick once more.
    let run = sluice.start_run("all").await;
    server.until_at_work(true).await;
    let asked = Instant::now();
    sluice.stop().await;
    assert!(asked.elapsed() < SOON, "the stop waited for the statement: {:?}", asked.elapsed());
    server.until_at_work(false).await;
    server.shop("UPDATE people SET id = 12 WHERE id = 10; DELETE FROM people WHERE id = 11").await;
    let sluice = Sluice::start(&rig.state()).await;
    let taken_up = sluice.wait(&run).await;
    assert_eq!((end(&taken_up).as_str(), tally(&taken_up).as_str()), ("succeeded", "accepted 1"), "{taken_up:#}");
    sluice.stop().await;
}

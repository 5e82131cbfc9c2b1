//! An audience that is replaced: everybody in one session of numbered parts, whenever anything has changed, and nobody when nothing has.

use serde_json::{Value, json};

use crate::{
    bulk::Platform,
    rig::{Rig, Sluice, end, tally},
    shop,
};

struct Scene {
    rig: Rig,
    platform: Platform,
    sluice: Sluice,
}

impl Scene {
    async fn new() -> Self {
        let (rig, platform) = (Rig::new().await, Platform::start().await);
        shop::people(&rig, 1..=100, |_| "basic");
        let sluice = rig.sluice().await;
        platform.install(&sluice).await;
        let audience = shop::activation(
            "audience",
            &json!({
                "destination": "bulk", "service": "audience", "mode": "replace",
                "mapping": { "fields": [{ "target": "id", "role": "identifier", "value": { "field": "id" } }] },
            }),
        );
        sluice.apply(&platform.bundle(&rig, &[audience])).await;
        Self { rig, platform, sluice }
    }

    async fn run(&self, want: &str, rows: &str) -> Value {
        let run = self.sluice.run("audience").await;
        assert_eq!((end(&run).as_str(), tally(&run).as_str()), (want, rows), "{run:#}");
        run
    }

    /// The requests since the last look.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.platform.account().asked)
    }

    fn holds(&self, ids: std::ops::RangeInclusive<u32>) -> bool {
        self.platform.account().audience == ids.map(|id| id.to_string()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_goes_in_one_session_when_anything_has_changed_and_nobody_when_nothing_has() {
    let scene = Scene::new().await;
    scene.run("succeeded", "accepted 100").await;
    let parts = ["POST /audience/1", "POST /audience/2", "POST /audience/3"];
    assert_eq!(scene.asked(), parts);
    assert!(scene.holds(1..=100));
    scene.run("succeeded", "").await;
    assert!(scene.asked().is_empty());

    shop::people(&scene.rig, 6..=110, |_| "gold");
    let run = scene.run("succeeded", "accepted 105").await;
    let counters = &run["counters"];
    assert_eq!((&counters["added"], &counters["removed"], &counters["unchanged"]), (&json!(10), &json!(5), &json!(95)));
    assert_eq!((scene.asked(), scene.holds(6..=110)), (parts.map(str::to_owned).to_vec(), true));
    // What is left out of the mapping changes nothing.
    shop::people(&scene.rig, 6..=110, |_| "basic");
    scene.run("succeeded", "").await;
    assert!(scene.asked().is_empty());
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_not_taken_is_sent_again_under_its_number_before_the_next_one() {
    let scene = Scene::new().await;
    scene.platform.account().refused_parts = [(1, (429, 1)), (2, (500, 2))].into();
    scene.run("succeeded", "accepted 100").await;
    let of = |parts: &[u32]| parts.iter().map(|part| format!("POST /audience/{part}")).collect::<Vec<_>>();
    assert_eq!(scene.asked(), of(&[1, 1, 2, 2, 2, 3]));
    assert!(scene.holds(1..=100));
    assert_eq!(scene.platform.account().sessions.len(), 1);
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_breaks_off_leaves_its_rows_in_doubt_and_the_next_run_sends_everybody() {
    let scene = Scene::new().await;
    scene.run("succeeded", "accepted 100").await;
    shop::people(&scene.rig, 6..=110, |_| "basic");
    scene.platform.account().refused_parts = [(2, (401, 1))].into();
    let run = scene.sluice.run("audience").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("failed dest-auth", "carried 65, unknown 40"), "{run:#}");
    let records = scene.sluice.records(&run).await;
    assert_eq!(records.iter().filter(|record| record["outcome"] == "unknown").count(), 40, "the records say the same");
    assert!(scene.holds(1..=100), "the platform has the old audience, since no last part came");
    scene.asked();
    let run = scene.run("succeeded", "accepted 105").await;
    assert_eq!(run["counters"]["removed"], 5, "who left is not forgotten: {run:#}");
    assert!(scene.holds(6..=110));
    scene.run("succeeded", "").await;
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_is_emptied_by_a_session_of_nobody_once_a_person_has_said_so() {
    let scene = Scene::new().await;
    scene.run("succeeded", "accepted 100").await;
    scene.asked();
    shop::people(&scene.rig, [], |_| "basic");
    let held = scene.sluice.run("audience").await;
    assert_eq!(end(&held), "held guard-empty-source", "{held:#}");
    assert!(scene.asked().is_empty());
    let decision = json!({ "diff": held["hold"]["diff"] });
    scene.sluice.post(&format!("/runs/{}/confirm", held["id"].as_str().unwrap()), &decision).await.ok();
    let run = scene.sluice.finish(&held).await;
    assert_eq!((end(&run).as_str(), &run["counters"]["removed"]), ("succeeded", &json!(100)), "{run:#}");
    assert_eq!(scene.asked(), ["POST /audience/1"]);
    assert!(scene.platform.account().audience.is_empty());
    shop::people(&scene.rig, 1..=3, |_| "basic");
    scene.run("succeeded", "accepted 3").await;
    assert!(scene.holds(1..=3));
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_an_audience_that_is_replaced_counts_for_the_guard_against_mass_removal() {
    let scene = Scene::new().await;
    scene.run("succeeded", "accepted 100").await;
    shop::people(&scene.rig, 1..=60, |_| "basic");
    let held = scene.sluice.run("audience").await;
    assert_eq!(end(&held), "held guard-mass-removal", "{held:#}");
    assert!(scene.holds(1..=100));
    scene.sluice.stop().await;
}

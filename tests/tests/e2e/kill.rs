//! The three days of the real shop, with the host killed at ten random moments: nothing is lost, and no row that was settled is sent
//! again.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use serde_json::{Value, json};
use sluice_runs::limits::WINDOW_BATCHES;
use sluice_twins::{Fault, Pick};

use crate::{
    daily::{names, objects, touched},
    process::{Process, second},
    retail,
    rig::{Rig, braze, end, tally},
};

/// A source of moments; the seed is printed, so that a failure can be had again.
struct Moments(u64);

impl Moments {
    fn new() -> Self {
        let seed = std::env::var("SLUICE_SEED").ok().and_then(|s| s.parse().ok());
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        println!("moments of SLUICE_SEED={seed}");
        Self(seed)
    }

    /// Up to `ms_max` milliseconds.
    fn next(&mut self, ms_max: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % ms_max)
    }
}

/// Rows in a batch: small, so that a window of the journal is a part of the work only.
const BATCH_ROWS: usize = 2;

/// How a run is killed: so often, each time within so many milliseconds, while every answer of the platform takes `answer_ms`. The
/// three are chosen such that the run cannot end before the last kill.
struct Kills {
    times: usize,
    within_ms: u64,
    answer_ms: u64,
}

/// Rows of a run that are durably accepted, by key.
async fn accepted(process: &Process, run: &str) -> Vec<String> {
    let page = process.client.get(&format!("/runs/{run}/records?limit=500&outcome=accepted")).await;
    let items = page.json["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|record| record["key"].as_str().unwrap().to_owned()).collect()
}

/// Objects that the twin was sent after `request`, however often each.
fn sent_after(rig: &Rig, request: u64) -> usize {
    objects(&rig.twin, request).len()
}

/// Runs an activation of `rows` rows while the host is killed, the last time when rows are settled already; the process that saw its end, and the run.
async fn under_kills(
    rig: &Rig,
    mut process: Process,
    (name, rows): (&str, usize),
    kills: &Kills,
    moments: &mut Moments,
) -> (Process, Value) {
    rig.twin.faults().clear();
    rig.twin.faults().arm(Fault::on("/users/track").pick(Pick::Every(1)).delay_ms(kills.answer_ms)).unwrap();
    let before = rig.twin.log().total();
    let run = process.client.start_run(name).await;
    // Of each row that was settled when the host died: the last request by then.
    let mut settled: BTreeMap<String, u64> = BTreeMap::new();
    for kill in 1..=kills.times {
        while kill == kills.times && accepted(&process, &run).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(moments.next(kills.within_ms)).await;
        let keys = accepted(&process, &run).await;
        let seen = process.client.get(&format!("/runs/{run}")).await.ok();
        process.kill();
        assert_eq!(seen["finished"], false, "each kill meets a run that lives: {seen:#}");
        // What was under way in the twin is over after this.
        tokio::time::sleep(Duration::from_millis(kills.answer_ms + 100)).await;
        let last = rig.twin.log().total();
        for key in keys {
            settled.entry(key).or_insert(last);
        }
        process = Process::start(&rig.state()).await;
        let lines = process.client.egress(&run).await.len();
        let requests: BTreeSet<u64> =
            settled.keys().filter_map(|key| rig.twin.profile(key)?.touches.back().map(|t| t.request)).collect();
        assert!(lines >= requests.len(), "a settled batch has its line: {lines} of {} requests", requests.len());
    }
    let run = process.client.wait(&run).await;
    for (key, last) in &settled {
        let profile = rig.twin.profile(key).unwrap();
        assert!(!profile.written_after(*last), "{key} was settled and written again: {:?}", profile.touches);
    }
    let again = sent_after(rig, before) - rows;
    println!("{name}: {} rows were settled before a kill, {again} sent again", settled.len());
    assert!(again <= kills.times * WINDOW_BATCHES * BATCH_ROWS, "{again} rows again: more than the open windows");
    (process, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_lose_nothing_and_repeat_nothing_that_was_settled() {
    let Some((rig, today, table)) = retail::laid_out().await else { return };
    let mut moments = Moments::new();
    let process = Process::start(&rig.state()).await;
    process.client.install(braze()).await;
    let mut bundle = retail::bundle(&rig.data());
    bundle["destinations"] = json!([rig.destination()]);
    bundle["destinations"][0]["in_flight"] = json!(2);
    bundle["activations"] = retail::activations();
    for activation in bundle["activations"].as_array_mut().unwrap() {
        activation["batch_rows_max"] = json!(BATCH_ROWS);
    }
    process.client.apply(&bundle).await;

    let long = Kills { times: 3, within_ms: 1_000, answer_ms: 50 };
    let (process, first) = under_kills(&rig, process, ("attributes", 422), &long, &mut moments).await;
    assert_eq!((end(&first).as_str(), tally(&first).as_str()), ("succeeded", "accepted 422"), "{first:#}");
    let members = retail::segment_of(&today.customers());
    for (id, customer) in &members {
        let profile = rig.twin.profile(&id.to_string()).unwrap();
        assert_eq!(Value::Object(profile.attributes), retail::attributes(customer), "{id}");
    }
    let (process, listed) = under_kills(&rig, process, ("list", 422), &long, &mut moments).await;
    assert_eq!((end(&listed).as_str(), tally(&listed).as_str()), ("succeeded", "accepted 422"), "{listed:#}");

    let ids: Vec<i64> = members.keys().copied().collect();
    let (movers, buyers) = (&ids[..12], &ids[12..52]);
    today.tomorrow(buyers, movers).write(&table);
    let before = rig.twin.log().total();
    let (process, second_day) =
        under_kills(&rig, process, ("attributes", 40), &Kills { times: 2, within_ms: 300, answer_ms: 300 }, &mut moments).await;
    assert_eq!((end(&second_day).as_str(), tally(&second_day).as_str()), ("succeeded", "accepted 40"), "{second_day:#}");
    assert_eq!(touched(&rig.twin, before), names(buyers));
    assert!(objects(&rig.twin, before).iter().all(|o| o.as_object().unwrap().len() == 3 && o.get("total").is_some()));
    let before = rig.twin.log().total();
    let (process, second_day) =
        under_kills(&rig, process, ("list", 12), &Kills { times: 2, within_ms: 300, answer_ms: 1_000 }, &mut moments).await;
    assert_eq!((end(&second_day).as_str(), tally(&second_day).as_str()), ("succeeded", "accepted 12"), "{second_day:#}");
    assert_eq!(touched(&rig.twin, before), names(movers));
    assert!(objects(&rig.twin, before).iter().all(|o| o["lives_abroad"] == false));

    let before = rig.twin.log().total();
    for name in ["attributes", "list"] {
        let third = process.client.run(name).await;
        assert_eq!((end(&third).as_str(), tally(&third).as_str()), ("succeeded", ""), "{third:#}");
    }
    assert_eq!(rig.twin.log().total(), before, "a quiet day sends nothing");
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_host_on_the_same_state_folder_says_so_and_ends() {
    let rig = Rig::new().await;
    let first = Process::start(&rig.state()).await;
    let (said, code) = second(&rig.state());
    assert_eq!(code, Some(1), "{said}");
    for part in ["state-in-use", "cause", "next"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(first.client.get("/sources").await.status, 200, "the first goes on");
}

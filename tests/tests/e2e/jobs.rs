//! Rows that a platform's job has: `finish` before their outcomes, polls until each has one, and nothing is written twice whatever
//! dies in between.

use std::{sync::Arc, time::Duration};

use jiff::ToSpan;
use serde_json::{Value, json};
use sluice_catalog::clock::{Clock, FixedClock, SystemClock};

use crate::{
    bulk::Platform,
    process::Process,
    rig::{Client, Rig, Sluice, end, tally},
    shop,
};

fn jobs(name: &str, options: &Value, more: &Value) -> Value {
    let mut all = json!({
        "destination": "bulk", "service": "jobs", "options": options,
        "mapping": { "fields": [{ "target": "id", "role": "identifier", "value": { "field": "id" } }] },
    });
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    shop::activation(name, &all)
}

/// Waits until a run has come to a place.
async fn until(client: &Client, run: &str, there: impl Fn(&Value) -> bool) -> Value {
    loop {
        let seen = client.get(&format!("/runs/{run}")).await.ok();
        if there(&seen) {
            return seen;
        }
        assert_eq!(seen["finished"], false, "{seen:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn pending(client: &Client, run: &str) -> usize {
    client.all(&format!("/runs/{run}/records?outcome=pending")).await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_started_when_all_rows_are_in_it_and_judged_afterwards_row_by_row() {
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    shop::people(&rig, 1..=100, |_| "basic");
    {
        let mut account = platform.account();
        account.refused_at_once = ["3".to_owned()].into();
        account.refused_later = ["3".to_owned(), "50".to_owned(), "99".to_owned()].into();
        account.given_up = ["7".to_owned(), "70".to_owned()].into();
    }
    let sluice = rig.sluice().await;
    platform.install(&sluice).await;
    // The option makes `prepare` and `finish` wait in their middle, too.
    sluice.apply(&platform.bundle(&rig, &[jobs("people", &json!({ "patient": true }), &json!({}))])).await;
    let run = sluice.run("people").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded-with-errors", "accepted 97, rejected 3"), "{run:#}");
    let records = sluice.records(&run).await;
    let code = |key: &str| records.iter().find(|r| r["key"] == key).unwrap()["code"].clone();
    assert_eq!((code("3"), code("50")), (json!("row-refused"), json!("identifier-invalid")), "what was known at once stays");
    {
        let account = platform.account();
        // What the first job gave up went into a second one: the first was closed.
        let rows = |job: usize| account.jobs[job].batches.iter().map(|(_, ids)| ids.len()).sum::<usize>();
        assert_eq!((account.jobs.len(), rows(0), rows(1)), (2, 99, 2));
        assert_eq!((account.members.len(), account.members.contains("70")), (97, true));
        assert_eq!(account.count("POST /jobs/0/start"), 2, "both halves of `finish`");
        for (job, path) in account.jobs.iter().zip(["GET /jobs/0", "GET /jobs/1"]) {
            assert_eq!(account.count(path), 2 * job.batches.len(), "{path}: once, and once more with the rows");
        }
        let place = |start: &str| account.asked.iter().position(|asked| asked.starts_with(start)).unwrap();
        assert!(place("GET /jobs/0") > place("POST /jobs/0/start"), "{:?}", account.asked);
    }
    let before = platform.account().asked.len();
    let again = sluice.run("people").await;
    assert_eq!((tally(&again).as_str(), platform.account().asked.len()), ("rejected 3", before), "a quiet run asks nothing");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_write_and_poll_is_followed_by_the_poll_and_by_no_second_write() {
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    shop::people(&rig, 1..=100, |_| "basic");
    platform.account().slow = true;
    let mut process = Process::start(&rig.state()).await;
    platform.install(&process.client).await;
    process.client.apply(&platform.bundle(&rig, &[jobs("people", &json!({}), &json!({}))])).await;
    let run = process.client.start_run("people").await;
    for kill in 1..=2 {
        while pending(&process.client, &run).await < 100 || platform.account().count("GET /jobs/0") < kill {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let polls = platform.account().count("GET /jobs/0");
        process.kill();
        process = Process::start(&rig.state()).await;
        while platform.account().count("GET /jobs/0") == polls {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    platform.account().slow = false;
    let run = process.client.wait(&run).await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded", "accepted 100"), "{run:#}");
    {
        let account = platform.account();
        assert_eq!((account.jobs.len(), account.count("POST /jobs/0/rows"), account.members.len()), (1, 3, 100));
    }
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_platform_works_for_long_holds_no_worker_and_is_taken_up_when_it_is_time() {
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    shop::people(&rig, 1..=100, |_| "basic");
    let sluice = rig.sluice().await;
    platform.install(&sluice).await;
    let patience = json!({ "poll_after_ms": 1_200_000, "give_up_after_ms": 10_000_000 });
    let many: Vec<String> = (0..5).map(|n| format!("people {n}")).collect();
    let all: Vec<Value> = many.iter().map(|name| jobs(name, &patience, &json!({}))).collect();
    sluice.apply(&platform.bundle(&rig, &all)).await;
    let mut runs = Vec::new();
    for name in &many {
        runs.push(sluice.start_run(name).await);
    }
    // More runs than a process carries out at once, and none waits for another one.
    for run in &runs {
        let seen = until(&sluice, run, |seen| seen["state"] == "awaiting-vendor").await;
        assert_eq!(tally(&seen), "pending 100", "{seen:#}");
        assert_eq!(pending(&sluice, run).await, 100);
    }
    assert_eq!(platform.account().count("GET "), 0, "the platform said when it wants to be asked");
    let writes = platform.account().count("POST ");
    sluice.stop().await;

    let sluice = Sluice::start_at(&rig.state(), Arc::new(FixedClock(SystemClock.now() + 21.minutes()))).await;
    for run in &runs {
        let run = sluice.wait(run).await;
        assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded", "accepted 100"), "{run:#}");
    }
    assert_eq!(platform.account().count("POST "), writes);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_does_not_finish_in_time_is_in_doubt_and_offered_again_by_the_next_run() {
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    shop::people(&rig, 1..=60, |_| "basic");
    platform.account().slow = true;
    let sluice = rig.sluice().await;
    platform.install(&sluice).await;
    sluice.apply(&platform.bundle(&rig, &[jobs("people", &json!({ "give_up_after_ms": 400 }), &json!({}))])).await;
    let run = sluice.run("people").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded-with-errors", "unknown 60"), "{run:#}");
    assert_eq!(run["details"]["reasons"][0]["code"], "dest-timeout", "{run:#}");
    assert_eq!(platform.account().jobs.len(), 1, "not sent again by the same run");
    platform.account().slow = false;
    let next = sluice.run("people").await;
    assert_eq!((end(&next).as_str(), tally(&next).as_str()), ("succeeded", "accepted 60"), "{next:#}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_out_before_who_comes_is_in_also_where_jobs_do_it() {
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    shop::people(&rig, 1..=100, |_| "basic");
    let sluice = rig.sluice().await;
    platform.install(&sluice).await;
    sluice.apply(&platform.bundle(&rig, &[jobs("list", &json!({}), &json!({ "mode": "list" }))])).await;
    assert_eq!(tally(&sluice.run("list").await), "accepted 100");
    shop::people(&rig, 11..=110, |_| "basic");
    let run = sluice.run("list").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded", "accepted 20"), "{run:#}");
    // Stopped first: what follows looks at the platform alone.
    sluice.stop().await;
    let account = platform.account();
    let of = |job: usize| account.jobs[job].batches.iter().map(|(verb, ids)| format!("{verb} {}", ids.len())).collect::<Vec<_>>();
    assert_eq!((of(1), of(2)), (vec!["remove 10".to_owned()], vec!["add 10".to_owned()]));
    let place = |last: bool, start: &str| {
        let mut of = account.asked.iter().enumerate().filter(|(_, asked)| asked.starts_with(start)).map(|(at, _)| at);
        if last { of.next_back() } else { of.next() }.unwrap()
    };
    assert!(place(true, "GET /jobs/1") < place(false, "POST /jobs/2/rows"), "{:?}", account.asked);
    assert_eq!(account.members.len(), 100);
    // Where nobody has to be named, a batch is asked after without its rows, and once.
    assert_eq!([0, 1, 2].map(|job| account.count(&format!("GET /jobs/{job}"))), [3, 1, 1]);
}

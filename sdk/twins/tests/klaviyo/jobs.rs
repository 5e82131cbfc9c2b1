//! Jobs that end later (*Contacts*, "Polling": `queued|processing|complete|cancelled`; "jobs are FIFO per account").

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sluice_twins::klaviyo::{JobsEnd, Options, Status};

use crate::client::{Bench, JOBS, LIST, NOON, SUBSCRIBE, hands, job, options, people, profile, send, subscribing};

async fn status(bench: &Bench, id: &str) -> String {
    bench.read(&format!("{JOBS}/{id}")).await["data"]["attributes"]["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_job_ends_after_so_many_questions() {
    for (polls, want) in [
        (0, vec!["complete", "complete"]),
        (1, vec!["queued", "complete"]),
        (3, vec!["queued", "processing", "processing", "complete", "complete"]),
    ] {
        let bench = Bench::with(Options { jobs_end: JobsEnd::AfterPolls(polls), ..options() }).await;
        let (code, taken) = send(bench.post(JOBS, &job(people(2), &[]))).await;
        let attributes = &taken["data"]["attributes"];
        assert_eq!((code, &attributes["status"], &attributes["total_count"]), (202, &json!("queued"), &json!(2)));
        assert_eq!((&attributes["completed_count"], &attributes["completed_at"]), (&json!(0), &Value::Null));
        let id = taken["data"]["id"].as_str().unwrap();
        for (n, want) in want.iter().enumerate() {
            assert_eq!(status(&bench, id).await, *want, "question {n} of {polls}");
            assert_eq!(bench.count(), if *want == "complete" { 2 } else { 0 }, "nothing is there before the end");
        }
        let ended = bench.read(&format!("{JOBS}/{id}")).await["data"]["attributes"].clone();
        assert_eq!((&ended["completed_count"], &ended["failed_count"]), (&json!(2), &json!(0)));
        assert!(["completed_at", "started_at", "expires_at"].iter().all(|name| ended[*name].is_string()), "{ended}");
    }
}

#[tokio::test]
async fn jobs_end_in_the_order_in_which_they_were_taken() {
    let bench = Bench::start().await;
    let rank = |rank: u8| json!([profile(json!({ "external_id": "a", "properties": { "rank": rank } }))]);
    let first = bench.import(rank(1), &[]).await;
    let second = bench.import(rank(2), &[]).await;
    assert_eq!(bench.ended(&second).await.status, Status::Complete);
    bench.twin.with_state(|state| assert_eq!(state.jobs()[0].status, Status::Complete));
    assert_eq!(bench.data("a")["properties"]["rank"], 2);
    bench.ended(&first).await;
    assert_eq!(bench.data("a")["properties"]["rank"], 2, "a job ends once");
}

#[tokio::test]
async fn jobs_end_by_the_clock() {
    let (clock, forward) = hands();
    let bench = Bench::with(Options { jobs_end: JobsEnd::AfterSeconds(60), clock, ..options() }).await;
    let id = bench.import(people(1), &[LIST]).await;
    assert_eq!(send(bench.post(SUBSCRIBE, &subscribing(&["s@example.org"], Some(LIST), None))).await.0, 202);
    for _ in 0..5 {
        assert_ne!(status(&bench, &id).await, "complete", "questions do not hasten it");
    }
    forward.store(59, Ordering::SeqCst);
    assert_eq!((bench.count(), bench.twin.state().subscription_jobs_waiting()), (0, 1));
    forward.store(60, Ordering::SeqCst);
    assert_eq!(bench.members(LIST), ["email:s@example.org", "email:u0@example.org"]);
    assert_eq!(status(&bench, &id).await, "complete");
    let profiles = bench.twin.state();
    assert_eq!(profiles.profiles().iter().map(|p| p.created_by).collect::<Vec<_>>(), [1, 2], "in the order of the jobs");
}

/// `complete`/`cancelled`: what had been done stays (inferred).
#[tokio::test]
async fn a_job_can_be_cancelled_half_way() {
    let bench = Bench::with(Options { jobs_cancelled: 1, ..options() }).await;
    let done = bench.imported(people(4), &[LIST]).await;
    assert_eq!((done.status, done.total, done.completed, done.failed), (Status::Cancelled, 4, 2, 0));
    assert_eq!((bench.count(), bench.members(LIST).len()), (2, 2));
    assert_eq!(bench.imported(people(4), &[LIST]).await.status, Status::Complete, "the next one is not");
    assert_eq!(bench.count(), 4);
}

/// "Resulting profile ids: GET /api/profile-bulk-import-jobs/{id}/profiles."
#[tokio::test]
async fn the_profiles_of_a_job_are_listed_page_by_page() {
    let bench = Bench::start().await;
    let id = bench.import(people(45), &[]).await;
    assert_eq!(bench.read(&format!("{JOBS}/{id}/profiles")).await["data"], json!([]), "not before its end");
    bench.ended(&id).await;
    let mut emails = Vec::new();
    let mut sizes = Vec::new();
    let mut next = format!("{JOBS}/{id}/profiles?fields[profile]=email&page[size]=20");
    loop {
        let answer = bench.read(&next).await;
        let page = answer["data"].as_array().unwrap();
        sizes.push(page.len());
        emails.extend(page.iter().map(|profile| profile["attributes"]["email"].as_str().unwrap().to_owned()));
        match answer["links"]["next"].as_str() {
            Some(link) => next = link.strip_prefix(bench.twin.url()).unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(sizes, [20, 20, 5]);
    assert_eq!(emails, (0..45).map(|n| format!("u{n}@example.org")).collect::<Vec<_>>(), "in the order of the job");
}

#[tokio::test]
async fn fields_of_a_job_are_picked_and_unknown_jobs_are_404() {
    let bench = Bench::start().await;
    let id = bench.import(people(1), &[]).await;
    let (_, picked) = bench.ask(&format!("{JOBS}/{id}"), &[("fields[profile-bulk-import-job]", "status,created_at")]).await;
    let created = NOON.replace('Z', ".000000+00:00");
    assert_eq!(picked["data"]["attributes"], json!({ "status": "queued", "created_at": created }));
    for path in ["", "/profiles", "/import-errors"] {
        let refused = bench.refused(bench.get(&format!("{JOBS}/01J0B{path}"))).await;
        assert_eq!((refused.0, refused.1.as_str()), (404, "not_found"), "{path}");
    }
    assert_eq!(bench.ask(&format!("{JOBS}/{id}"), &[("fields[profile-bulk-import-job]", "colour")]).await.0, 400);
}

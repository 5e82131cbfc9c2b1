//! What a platform can do to a batch, and what becomes of its rows: nothing lost, nothing that was settled is sent again.

use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault, Pick};

use crate::{
    rig::{Rig, Sluice, end, tally},
    shop,
};

const TRACK: &str = "/users/track";
const PEOPLE: u32 = 300;

async fn shop_of_300(activations: &[Value]) -> (Rig, Sluice) {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=PEOPLE, |_| "basic");
    let sluice = rig.sluice().await;
    sluice.apply(&shop::to_braze(&rig, activations)).await;
    (rig, sluice)
}

/// The first code of a run's reasons.
fn reason(run: &Value) -> &str {
    run["details"]["reasons"][0]["code"].as_str().unwrap_or("")
}

/// How often each person's attributes were written, most often first: (least, most).
fn writes(rig: &Rig) -> (usize, u64, u64) {
    let writes: Vec<u64> = rig.twin.with_state(|s| s.profiles().iter().map(|p| p.attribute_writes()).collect());
    (writes.len(), writes.iter().copied().min().unwrap_or(0), writes.iter().copied().max().unwrap_or(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_by_itself_is_sent_again_within_the_run() {
    let faults = [
        ("429 with a wait", Fault::on(TRACK).answer(Answer::Throttle { reset_s: Some(1), retry_after_s: None }), 1),
        ("429 with Retry-After", Fault::on(TRACK).answer(Answer::Throttle { reset_s: None, retry_after_s: Some(1) }), 1),
        ("429 without a wait", Fault::on(TRACK).answer(Answer::Throttle { reset_s: None, retry_after_s: None }), 1),
        ("500", Fault::on(TRACK).answer(Answer::Status { status: 500 }), 1),
        ("503 of two batches", Fault::on(TRACK).pick(Pick::Next(2)).answer(Answer::Status { status: 503 }), 1),
        ("413", Fault::on(TRACK).answer(Answer::Status { status: 413 }), 1),
        ("cut before", Fault::on(TRACK).answer(Answer::Drop), 1),
        ("cut after", Fault::on(TRACK).apply(Apply::All).answer(Answer::Drop), 2),
        ("half applied", Fault::on(TRACK).apply(Apply::Half).answer(Answer::Status { status: 500 }), 2),
        ("half an answer", Fault::on(TRACK).answer(Answer::Truncated), 2),
        ("a portal's page", Fault::on(TRACK).answer(Answer::CaptivePortal), 2),
    ];
    let names = faults.iter().map(|(name, ..)| shop::activation(name, &json!({}))).collect::<Vec<_>>();
    let (rig, sluice) = shop_of_300(&names).await;
    for (name, fault, most) in faults {
        rig.twin.reset();
        rig.twin.faults().arm(fault).unwrap();
        let run = sluice.run(name).await;
        assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded", "accepted 300"), "{name}: {run:#}");
        let (people, least, seen) = writes(&rig);
        assert_eq!(people, 300, "{name}");
        assert!(least == 1 && seen <= most, "{name}: written {least} to {seen} times");
        let before = rig.twin.log().total();
        assert_eq!(tally(&sluice.run(name).await), "", "{name}");
        assert_eq!(rig.twin.log().total(), before, "{name}: the second run sends nothing");
    }
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_must_mend_stops_the_run_and_is_carried_to_the_next() {
    let faults = [("401", 401, "dest-auth"), ("403", 403, "dest-permission"), ("404", 404, "dest-object-missing")];
    let names = faults.iter().map(|(name, ..)| shop::activation(name, &json!({}))).collect::<Vec<_>>();
    let (rig, sluice) = shop_of_300(&names).await;
    for (name, status, code) in faults {
        rig.twin.reset();
        let fault = Fault::on(TRACK).pick(Pick::Next(10_000)).answer(Answer::Status { status });
        rig.twin.faults().arm(fault).unwrap();
        let stopped = sluice.run(name).await;
        assert_eq!((end(&stopped), tally(&stopped).as_str()), (format!("failed {code}"), "carried 300"), "{stopped:#}");
        assert!(rig.twin.log().total() <= 8, "{name}: no more than what was under way");
        for part in ["title", "cause", "next"] {
            assert!(!stopped["failure"][part].as_str().unwrap().is_empty(), "{name}: {part}");
        }
        rig.twin.faults().clear();
        let next = sluice.run(name).await;
        assert_eq!((end(&next).as_str(), tally(&next).as_str()), ("succeeded", "accepted 300"), "{name}: {next:#}");
        assert_eq!(writes(&rig), (300, 1, 1), "{name}");
    }
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_never_sent_have_the_reason_for_which_the_run_stopped() {
    let (rig, sluice) = shop_of_300(&[shop::activation("small", &json!({ "batch_rows_max": 5 }))]).await;
    rig.twin.faults().arm(Fault::on(TRACK).pick(Pick::Next(10_000)).answer(Answer::Status { status: 401 })).unwrap();
    let stopped = sluice.run("small").await;
    assert_eq!((end(&stopped).as_str(), tally(&stopped).as_str()), ("failed dest-auth", "carried 300"), "{stopped:#}");
    let reasons = stopped["details"]["reasons"].as_array().unwrap();
    let told: Vec<_> = reasons.iter().map(|r| (r["code"].as_str().unwrap(), r["rows"].as_u64().unwrap())).collect();
    assert_eq!(told, [("dest-auth", 300)], "{stopped:#}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_sending_tells_the_same_numbers_wherever_it_is_asked() {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=PEOPLE, |_| "basic");
    let sluice = rig.sluice().await;
    let mut bundle = shop::to_braze(&rig, &[shop::activation("slow", &json!({ "batch_rows_max": 50 }))]);
    bundle["destinations"][0]["in_flight"] = json!(1);
    sluice.apply(&bundle).await;
    // Two batches have their answer while the third waits for its own.
    rig.twin.faults().arm(Fault::on(TRACK).pick(Pick::Nth(3)).delay_ms(8_000)).unwrap();
    let run = sluice.start_run("slow").await;
    loop {
        let seen = sluice.get(&format!("/runs/{run}")).await.ok();
        assert_eq!(seen["finished"], false, "{seen:#}");
        if tally(&seen) == "accepted 100" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let listed = sluice.get("/runs?state=sending").await.ok();
    assert_eq!(tally(&listed["items"][0]), "accepted 100", "{listed:#}");
    let asked = sluice.post(&format!("/runs/{run}/cancel"), &json!({})).await.ok();
    assert_eq!((asked["cancel_requested"].as_bool(), tally(&asked).as_str()), (Some(true), "accepted 100"), "{asked:#}");
    let ended = sluice.wait(&run).await;
    assert_eq!(end(&ended), "cancelled", "{ended:#}");
    assert_eq!(reason(&ended), "run-cancelled", "{ended:#}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_down_stops_the_run_and_fresh_data_goes_with_the_next() {
    let (rig, sluice) = shop_of_300(&[shop::activation("down", &json!({}))]).await;
    let fault = Fault::on(TRACK).pick(Pick::Next(10_000)).answer(Answer::Status { status: 500 });
    rig.twin.faults().arm(fault).unwrap();
    let down = sluice.run("down").await;
    // A 500 says nothing about what was applied before it: the rows are in doubt, and a repeat overwrites.
    assert_eq!((end(&down).as_str(), tally(&down).as_str()), ("failed destination-gave-up", "unknown 300"), "{down:#}");
    assert_eq!(reason(&down), "dest-unavailable", "{down:#}");
    assert!(rig.twin.log().total() <= 28, "a platform that is down is left alone: {}", rig.twin.log().total());
    rig.twin.faults().clear();
    shop::people(&rig, 1..=PEOPLE, |id| if id % 2 == 0 { "gold" } else { "basic" });
    let up = sluice.run("down").await;
    assert_eq!((end(&up).as_str(), tally(&up).as_str()), ("succeeded", "accepted 300"), "{up:#}");
    assert_eq!(rig.twin.profile("2").unwrap().attributes["plan"], "gold");
    sluice.stop().await;
}

/// Attributes that a second sending overwrites go again; of events it is not known whether they arrived, and they do not. All three
/// hang at the same time, since each of them waits for the time-out.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_hangs_is_given_up_and_sent_again_where_that_does_no_harm() {
    let cut = json!({ "batch_rows_max": 50 });
    let all = [shop::activation("before", &cut), shop::activation("after", &cut), events("events", &cut)];
    let (rig, sluice) = shop_of_300(&all).await;
    let hang = |apply| Fault::on(TRACK).apply(apply).answer(Answer::Hang { at_most_ms: 600_000 });
    let mut runs = Vec::new();
    for (name, apply) in [("before", Apply::Nothing), ("after", Apply::All), ("events", Apply::All)] {
        let requests = rig.twin.log().total();
        rig.twin.faults().arm(hang(apply)).unwrap();
        runs.push(sluice.start_run(name).await);
        // All of one before the next begins, so that each of them meets its own fault.
        while rig.twin.log().total() < requests + 6 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    let mut told = Vec::new();
    for run in &runs {
        let seen = sluice.wait(run).await;
        told.push((end(&seen), tally(&seen)));
    }
    let well = ("succeeded".to_owned(), "accepted 300".to_owned());
    assert_eq!(told[..2], [well.clone(), well]);
    assert_eq!(told[2], ("succeeded-with-errors".to_owned(), "accepted 250, unknown 50".to_owned()));
    assert_eq!(writes(&rig), (300, 2, 3), "by two activations, and one batch of one of them twice");
    assert_eq!(rig.twin.with_state(|s| s.events().count()), 300, "each event once");
    let before = rig.twin.log().total();
    for (name, told) in [("before", ""), ("after", ""), ("events", "unknown 50")] {
        assert_eq!(tally(&sluice.run(name).await), told, "{name}");
    }
    assert_eq!(rig.twin.log().total(), before, "a quiet day sends nothing");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_too_large_is_halved_and_a_row_that_is_too_large_ends_alone() {
    let (rig, sluice) = shop_of_300(&[shop::activation("halved", &json!({})), shop::activation("alone", &json!({}))]).await;
    let too_large = || Fault::on(TRACK).answer(Answer::Status { status: 413 });
    rig.twin.faults().arm(too_large().pick(Pick::Next(1))).unwrap();
    let run = sluice.run("halved").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded", "accepted 300"), "{run:#}");
    let requests = rig.twin.log().entries();
    let refused = requests.iter().find(|r| r.status == Some(413)).unwrap();
    // What was cut before the answer came keeps its size; everything after is no more than half.
    let later: Vec<u32> = requests.iter().rev().take(3).map(|r| r.tally.objects).collect();
    assert!(later.iter().all(|objects| *objects <= refused.tally.objects.div_ceil(2)), "{later:?} of {}", refused.tally.objects);
    assert_eq!(writes(&rig), (300, 1, 1));

    rig.twin.reset();
    rig.twin.faults().arm(too_large().holding("\"Person 13\"").pick(Pick::Every(1))).unwrap();
    let run = sluice.run("alone").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded-with-errors", "accepted 299, invalid 1"), "{run:#}");
    let bad: Vec<_> = sluice.records(&run).await.into_iter().filter(|r| r["outcome"] == "invalid").collect();
    assert_eq!((bad[0]["key"].as_str(), bad[0]["code"].as_str()), (Some("13"), Some("too-large")));
    assert_eq!(writes(&rig), (299, 1, 1));
    sluice.stop().await;
}

/// Events of the shop: a repeat would be counted twice by the platform.
fn events(name: &str, more: &Value) -> Value {
    let mut activation = shop::activation(
        name,
        &json!({
            "service": "events", "mode": "append", "history": "send", "options": { "update_existing_only": false },
            "mapping": { "fields": [
                { "target": "external_id", "role": "identifier", "value": { "field": "id" } },
                { "target": "name", "value": { "constant": "joined" } },
                { "target": "time", "role": "event-time", "value": { "constant": "2026-11-01T00:00:00Z" } },
                { "target": "plan", "value": { "field": "plan" } },
            ] },
        }),
    );
    for (key, value) in more.as_object().unwrap() {
        activation[key] = value.clone();
    }
    activation
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_doubt_is_shown_and_not_repeated() {
    let (rig, sluice) = shop_of_300(&[events("events", &json!({ "batch_rows_max": 50 }))]).await;
    rig.twin.faults().arm(Fault::on(TRACK).apply(Apply::All).answer(Answer::Drop)).unwrap();
    let first = sluice.run("events").await;
    assert_eq!((end(&first).as_str(), tally(&first).as_str()), ("succeeded-with-errors", "accepted 250, unknown 50"), "{first:#}");
    let in_doubt = sluice.records(&first).await;
    assert_eq!(in_doubt.iter().filter(|r| r["outcome"] == "unknown").count(), 50);
    let before = rig.twin.log().total();
    let second = sluice.run("events").await;
    assert_eq!(rig.twin.log().total(), before, "{second:#}");
    assert_eq!(second["counters"]["held_unknown"], 50, "{second:#}");
    let seen = rig.twin.with_state(|s| s.events().count());
    assert_eq!(seen, 300, "each event once");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_braze_refuses_are_named_and_wait_for_new_data() {
    let rig = Rig::new().await;
    // `null` is an external id that Braze blocks.
    std::fs::write(rig.data().join("people.csv"), "id,name,plan\n1,A,x\nnull,B,x\n3,C,x\n").unwrap();
    let sluice = rig.sluice().await;
    let mut bundle = shop::to_braze(&rig, &[shop::activation("refused", &json!({}))]);
    bundle["models"][0]["fields"][0]["type"] = json!("string");
    sluice.apply(&bundle).await;
    let first = sluice.run("refused").await;
    assert_eq!((end(&first).as_str(), tally(&first).as_str()), ("succeeded-with-errors", "accepted 2, rejected 1"), "{first:#}");
    let refused: Vec<_> = sluice.records(&first).await.into_iter().filter(|r| r["outcome"] == "rejected").collect();
    assert_eq!((refused.len(), refused[0]["key"].as_str()), (1, Some("null")), "{refused:#?}");
    assert!(!refused[0]["message"].as_str().unwrap().is_empty());
    let before = rig.twin.log().total();
    let second = sluice.run("refused").await;
    assert_eq!((rig.twin.log().total(), second["counters"]["still_rejected"].as_u64()), (before, Some(1)), "{second:#}");
    sluice.stop().await;
}

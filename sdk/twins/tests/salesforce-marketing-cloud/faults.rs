//! The harm that every twin does, in this vendor's words and portions.

use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault, Pick};

use crate::client::{Bench, DE, ROWS, ROWSET, pair, people, send};

fn arm(bench: &Bench, path: &str, change: impl FnOnce(Fault) -> Fault) {
    bench.twin.faults().arm(change(Fault::on(path))).unwrap();
}

fn pairs(count: usize) -> Value {
    (0..count).map(|n| pair(&format!("u{n}"), json!({ "Email": "a@b.example" }))).collect()
}

#[tokio::test]
async fn a_status_is_answered_in_the_vendors_words_and_nothing_is_applied() {
    let bench = Bench::start().await;
    for (status, code) in
        [(401, json!(0)), (403, json!(20_002)), (404, json!(0)), (413, json!(10_000)), (500, json!(0)), (503, json!(0))]
    {
        arm(&bench, "/data/*", |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = send(bench.call("PUT", ROWS, &json!({ "items": people(1) }))).await;
        assert_eq!((got, &answer["errorcode"], answer["message"].is_string()), (status, &code, true));
    }
    for status in [502, 504] {
        arm(&bench, "/data/*", |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = send(bench.call("PUT", ROWS, &json!({ "items": people(1) }))).await;
        assert!(got == status && answer.as_str().unwrap().starts_with("<html>"), "{answer}");
    }
    assert!(bench.twin.state().jobs().is_empty());
    assert_eq!(bench.told("PUT", ROWS, people(1)).await, [""], "faults end");
}

/// A job says that all its rows were saved, or names those that a fault held back.
#[tokio::test]
async fn as_many_rows_of_a_job_are_saved_as_were_asked_for() {
    for (apply, want) in [(Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
        let bench = Bench::start().await;
        arm(&bench, ROWS, |fault| fault.apply(apply));
        let mut rows = people(5);
        rows[0]["Email"] = "no address".into();
        let told = bench.told("PUT", ROWS, rows).await;
        assert!(!told[0].is_empty() && told[1..].iter().all(String::is_empty), "a lie, when not all is applied: {told:?}");
        assert_eq!(bench.count(), want, "{apply:?}");
        assert_eq!(bench.twin.ledger().total(), if apply == Apply::Twice { 8 } else { want as u64 }, "the ledger does not lie");
    }
    let bench = Bench::start().await;
    arm(&bench, ROWS, |fault| fault.answer(Answer::ErrorsForRest { text: "Rerun the transaction.".to_owned() }));
    let told = bench.told("PUT", ROWS, people(4)).await;
    assert_eq!(
        (told, bench.count()),
        (["", "", "Rerun the transaction.", "Rerun the transaction."].map(str::to_owned).to_vec(), 2)
    );
    let tally = bench.twin.log().entries()[0].tally;
    assert_eq!((tally.objects, tally.applied, tally.refused), (4, 2, 2));
}

#[tokio::test]
async fn a_job_that_was_not_applied_is_never_picked_up_and_a_late_one_is() {
    let bench = Bench::start().await;
    arm(&bench, ROWS, |fault| fault.apply(Apply::Nothing).answer(Answer::Normal));
    let id = bench.submit("PUT", ROWS, people(1)).await;
    assert!(bench.status(&id).await["status"].is_null() && bench.twin.state().jobs().is_empty());
    arm(&bench, ROWS, |fault| fault.apply(Apply::Late { after_requests: 2 }));
    let id = bench.submit("PUT", ROWS, people(1)).await;
    assert!(bench.status(&id).await["status"].is_null());
    bench.until(&id).await;
    assert_eq!(bench.count(), 1);
}

#[tokio::test]
async fn an_answer_is_lost_after_the_job_was_taken() {
    let bench = Bench::start().await;
    arm(&bench, ROWS, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    assert!(bench.call("PUT", ROWS, &json!({ "items": people(2) })).send().await.is_err());
    let id = bench.twin.state().jobs()[0].id.clone();
    bench.until(&id).await;
    assert_eq!(bench.count(), 2);
}

#[tokio::test]
async fn as_many_rows_of_a_rowset_are_saved_as_were_asked_for() {
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
        let bench = Bench::start().await;
        arm(&bench, ROWSET, |fault| fault.apply(apply));
        assert_eq!(bench.ok("POST", ROWSET, pairs(4)).await, pairs(4), "a lie, when not all is applied");
        assert_eq!(bench.count(), want, "{apply:?}");
    }
    let bench = Bench::start().await;
    arm(&bench, ROWSET, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    assert_eq!(bench.refused("POST", ROWSET, pairs(4)).await, (400, "no".to_owned()));
    assert_eq!(bench.count(), 2);
}

#[tokio::test]
async fn one_thing_is_applied_or_not() {
    let bench = Bench::start().await;
    bench.told("PUT", ROWS, people(2)).await;
    let clear = format!("/data/v1/customobjects/{DE}/cleardata");
    arm(&bench, &clear, |fault| fault.apply(Apply::Half));
    bench.ok("POST", &clear, Value::Null).await;
    assert_eq!(bench.count(), 2);
    let one = "/hub/v1/dataevents/key:Members/rows/MemberId:x";
    arm(&bench, one, |fault| fault.apply(Apply::Nothing).answer(Answer::Normal));
    bench.ok("PUT", one, json!({ "values": { "Email": "a@b.example" } })).await;
    assert_eq!(bench.count(), 2);
}

/// What a proxy answers, and a job of a state that nobody described.
#[tokio::test]
async fn answers_that_are_none_of_the_vendors() {
    let bench = Bench::start().await;
    arm(&bench, "/data/v1/async/*", |fault| fault.method("GET").answer(Answer::NotSuccess { message: "Paused".to_owned() }));
    let id = bench.submit("PUT", ROWS, people(1)).await;
    assert_eq!(bench.status(&id).await["status"]["requestStatus"], "Paused");
    arm(&bench, ROWS, |fault| fault.pick(Pick::Next(1)).answer(Answer::CaptivePortal));
    assert!(send(bench.call("PUT", ROWS, &json!({ "items": people(1) }))).await.1.as_str().unwrap().contains("Sign in"));
    arm(&bench, ROWS, |fault| fault.answer(Answer::Truncated));
    let response = bench.call("PUT", ROWS, &json!({ "items": people(1) })).send().await.unwrap();
    assert!(response.text().await.is_err());
    arm(&bench, ROWS, |fault| fault.holding("\"u1\"").answer(Answer::Status { status: 500 }));
    assert_eq!(bench.refused("PUT", ROWS, json!({ "items": people(1) })).await.0, 202);
    assert_eq!(bench.refused("PUT", ROWS, json!({ "items": people(2) })).await.0, 500);
}

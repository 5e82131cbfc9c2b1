//! The harm that every twin does, in this vendor's words and portions.

use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault};

use crate::client::{AUDIENCE, Bench, account, batch, data, dataset_events, event, ids, replacing, send, users};

fn arm(bench: &Bench, change: impl FnOnce(Fault) -> Fault) {
    bench.twin.faults().arm(change(Fault::on("/v25.0/*"))).unwrap();
}

const FOUR: [&str; 4] = ["a", "b", "c", "d"];

#[tokio::test]
async fn a_status_is_answered_in_the_vendors_words_and_nothing_is_applied() {
    let bench = Bench::start().await;
    let body = json!({ "payload": ids(&FOUR) });
    for (status, code) in [(400, 100), (401, 190), (403, 200), (404, 100), (429, 4), (500, 1), (503, 2)] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let refused = bench.refused(bench.post(&users(AUDIENCE), &body)).await;
        assert_eq!((refused.0, refused.1), (status, code));
    }
    for status in [502, 504] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = send(bench.post(&users(AUDIENCE), &body)).await;
        assert!(got == status && answer.as_str().unwrap().starts_with("<!DOCTYPE"), "{answer}");
    }
    assert_eq!(bench.count(AUDIENCE), 0);
    bench.add(ids(&FOUR)).await;
    assert_eq!(bench.count(AUDIENCE), 4, "faults end");
}

/// Errors of the table, after the call has been let in.
#[tokio::test]
async fn a_scripted_refusal_meets_the_next_calls() {
    let bench = Bench::start().await;
    for (code, subcode, status) in [
        (1, 0, 500),
        (2, 0, 503),
        (10, 0, 403),
        (100, 1_487_301, 400),
        (100, 33, 400),
        (102, 0, 400),
        (105, 0, 400),
        (190, 460, 400),
        (200, 0, 403),
        (294, 0, 403),
        (368, 0, 400),
        (2650, 1_870_148, 400),
        (2655, 0, 400),
        (5000, 0, 500),
        (21_009, 0, 400),
        (80_014, 0, 400),
    ] {
        let mut refusal = json!({ "code": code, "path": format!("/v25.0/{AUDIENCE}/*"), "times": 2 });
        if subcode != 0 {
            refusal["subcode"] = subcode.into();
        }
        assert_eq!(bench.twin.seed("refusals", json!([refusal])), Ok(1));
        bench.done(bench.get(&account(""))).await;
        for _ in 0..2 {
            let refused = bench.refused(bench.post(&users(AUDIENCE), &json!({ "payload": ids(&["a"]) }))).await;
            assert_eq!(refused, (status, code, subcode));
        }
        assert_eq!(bench.count(AUDIENCE), 0);
        bench.add(ids(&["a"])).await;
        bench.remove(ids(&["a"])).await;
    }
}

#[tokio::test]
async fn as_many_people_are_moved_as_was_asked_for() {
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
        let bench = Bench::start().await;
        arm(&bench, |fault| fault.apply(apply));
        let answer = bench.add(ids(&FOUR)).await;
        assert_eq!(
            (&answer["num_received"], &answer["num_invalid_entries"]),
            (&json!(4), &json!(0)),
            "a lie, when not all is applied"
        );
        assert_eq!(bench.count(AUDIENCE), want, "added {apply:?}");
        bench.add(ids(&FOUR)).await;
        arm(&bench, |fault| fault.apply(apply));
        bench.remove(ids(&FOUR)).await;
        assert_eq!(bench.count(AUDIENCE), 4 - want, "removed {apply:?}");
        bench.add(ids(&FOUR)).await;
        arm(&bench, |fault| fault.apply(apply));
        bench.done(bench.delete(&account("/usersofanyaudience"), &json!({ "payload": ids(&FOUR) }))).await;
        assert_eq!(bench.count(AUDIENCE), 4 - want, "removed everywhere {apply:?}");
        arm(&bench, |fault| fault.apply(apply));
        bench.done(bench.post(&dataset_events(), &data(&FOUR.map(event)))).await;
        assert_eq!(bench.events(), want, "sent {apply:?}");
    }
}

#[tokio::test]
async fn the_rest_is_named_as_invalid() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    let answer = bench.add(ids(&FOUR)).await;
    assert_eq!((&answer["num_received"], &answer["num_invalid_entries"]), (&json!(4), &json!(2)));
    assert_eq!(answer["invalid_entry_samples"].as_object().unwrap().len(), 2);
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), ["a", "b"].map(str::to_owned).into());
}

/// Half of a last batch ends the replacement with half of it; nothing of one leaves the session as it was.
#[tokio::test]
async fn as_much_of_a_replacement_is_applied_as_was_asked_for() {
    for (apply, want, under_way) in [(Apply::Nothing, 2, true), (Apply::Half, 3, false), (Apply::All, 5, false)] {
        let bench = Bench::start().await;
        bench.add(ids(&["x", "y"])).await;
        bench.done(bench.post(&replacing(AUDIENCE), &batch(&["first"], 1, 1, false))).await;
        arm(&bench, |fault| fault.apply(apply));
        let answer = bench.done(bench.post(&replacing(AUDIENCE), &batch(&FOUR, 1, 2, true))).await;
        assert_eq!(answer["num_received"], 5);
        assert_eq!(
            (bench.count(AUDIENCE), bench.twin.audience(AUDIENCE).unwrap().replacing.is_some()),
            (want, under_way),
            "{apply:?}"
        );
    }
}

/// A lost answer: the repeat of a last batch is told that the session is finished.
#[tokio::test]
async fn an_answer_can_be_lost_torn_or_a_strangers() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    let last = || bench.post(&replacing(AUDIENCE), &batch(&FOUR, 1, 1, true));
    last().send().await.expect_err("there is no answer");
    assert_eq!((bench.count(AUDIENCE), bench.refused(last()).await), (4, (400, 2650, 1_870_159)));
    arm(&bench, |fault| fault.answer(Answer::Truncated));
    let response = bench.get(&account("/customaudiences")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.expect_err("the answer ends in the middle");
    arm(&bench, |fault| fault.answer(Answer::CaptivePortal));
    let (status, page) = send(bench.get(&account(""))).await;
    assert!(status == 200 && page.as_str().unwrap().contains("Sign in"));
    arm(&bench, |fault| fault.answer(Answer::NotSuccess { message: "not now".to_owned() }));
    let answer = bench.done(bench.post(&dataset_events(), &data(&[event("a")]))).await;
    assert_eq!((&answer["events_received"], &answer["messages"][0]), (&json!(0), &json!("not now")));
    assert_eq!(bench.events(), 0);
}

#[tokio::test]
async fn a_late_call_arrives_after_others() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::Late { after_requests: 1 }));
    bench.add(ids(&["a"])).await;
    assert_eq!(bench.count(AUDIENCE), 0);
    bench.remove(ids(&["a"])).await;
    assert_eq!(bench.count(AUDIENCE), 1, "it arrived after the removal");
}

/// Nothing of a call of one thing means nothing.
#[tokio::test]
async fn a_call_of_one_thing_is_applied_or_not() {
    let bench = Bench::start().await;
    let count = bench.twin.state().audiences().len();
    let body = json!({ "name": "a", "subtype": "CUSTOM", "customer_file_source": "BOTH_USER_AND_PARTNER_PROVIDED" });
    for apply in [Apply::Nothing, Apply::Half] {
        arm(&bench, |fault| fault.apply(apply));
        let made = bench.done(bench.post(&account("/customaudiences"), &body)).await;
        assert_ne!(made["id"], Value::Null);
        assert_eq!(bench.refused(bench.get(made["id"].as_str().unwrap())).await, (400, 100, 33));
        arm(&bench, |fault| fault.apply(apply));
        bench.done(bench.delete(AUDIENCE, &json!({}))).await;
        bench.done(bench.get(AUDIENCE)).await;
    }
    assert_eq!(bench.twin.state().audiences().len(), count);
}

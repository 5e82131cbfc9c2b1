//! Replacements (*Guide*, "Replace users API"): everything wrong with their course is 2650.

use std::sync::atomic::Ordering;

use serde_json::json;
use sluice_twins::meta_ads::{FirstBatchAgain, Options};

use crate::client::{AUDIENCE, Bench, VALUED, batch, ids, replacing, send, users};

fn set(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn the_last_batch_puts_all_batches_in_the_place_of_those_who_were_in() {
    let bench = Bench::start().await;
    bench.add(ids(&["old", "both"])).await;
    let replace = |names: &[&str], seq, last| bench.post(&replacing(AUDIENCE), &batch(names, 9, seq, last));
    bench.done(replace(&["a", "both"], 1, false)).await;
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["both", "old"]), "until the last one");
    let status = bench.done(bench.get(&format!("{AUDIENCE}?fields=operation_status"))).await;
    assert_eq!(status["operation_status"]["code"], 414);
    let answer = bench.done(replace(&["b"], 2, true)).await;
    assert_eq!((&answer["session_id"], &answer["num_received"]), (&json!("9"), &json!(3)));
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["a", "b", "both"]));
    let status = bench.done(bench.get(&format!("{AUDIENCE}?fields=operation_status"))).await;
    assert_eq!(status["operation_status"]["code"], 200);
}

/// 1870147, 1870145, 1870159, and that people are left alone meanwhile.
#[tokio::test]
async fn what_is_out_of_its_order_is_2650() {
    let bench = Bench::start().await;
    let replace = |names: &[&str], session, seq, last| bench.post(&replacing(AUDIENCE), &batch(names, session, seq, last));
    assert_eq!(bench.refused(replace(&["x"], 1, 2, true)).await, (400, 2650, 1_870_147), "no first batch");
    bench.done(replace(&["a"], 1, 1, false)).await;
    assert_eq!(bench.refused(replace(&["x"], 2, 1, true)).await, (400, 2650, 1_870_145), "another is under way");
    assert_eq!(bench.refused(replace(&["x"], 2, 2, true)).await, (400, 2650, 1_870_147), "the other's second");
    let moving = json!({ "payload": ids(&["x"]) });
    assert_eq!(bench.refused(bench.post(&users(AUDIENCE), &moving)).await, (400, 2650, 1_870_145));
    assert_eq!(bench.refused(bench.delete(&users(AUDIENCE), &moving)).await, (400, 2650, 1_870_145));
    bench
        .done(bench.post(&replacing(VALUED), &{
            let mut body = batch(&[], 3, 1, true);
            body["payload"] = json!({ "schema": ["EXTERN_ID", "LOOKALIKE_VALUE"], "data": [["v", 1]] });
            body
        }))
        .await;
    bench.done(replace(&["b"], 1, 2, true)).await;
    for seq in [1, 2, 3] {
        assert_eq!(bench.refused(replace(&["x"], 1, seq, true)).await, (400, 2650, 1_870_159), "{seq}");
    }
    let (_, answer) = send(replace(&["x"], 1, 2, true)).await;
    assert_eq!(answer["error"]["error_user_title"], "Replace Session Finished");
    bench.done(replace(&["c"], 4, 1, true)).await;
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["c"]));
}

/// "The API will reject any batches for a session received after 90 minutes"; "replaced with what you've uploaded so far".
#[tokio::test]
async fn after_ninety_minutes_it_takes_effect_with_what_there_is() {
    let (bench, forward) = Bench::with_hands(|options| options).await;
    bench.add(ids(&["old"])).await;
    let replace = |names: &[&str], seq| bench.post(&replacing(AUDIENCE), &batch(names, 1, seq, false));
    bench.done(replace(&["a"], 1)).await;
    forward.store(90 * 60 - 1, Ordering::SeqCst);
    bench.done(replace(&["b"], 2)).await;
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["old"]));
    forward.store(90 * 60, Ordering::SeqCst);
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["a", "b"]));
    for seq in [1, 2, 3] {
        assert_eq!(bench.refused(replace(&["x"], seq)).await, (400, 2650, 1_870_158), "{seq}");
    }
    bench.add(ids(&["later"])).await;
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["a", "b", "later"]));
    assert_eq!(bench.twin.state().sessions().filter(|session| session.ended.is_some() && !session.finished).count(), 1);
}

/// "A new replace session starts when we receive a `batch_seq` of `1`"; "any number except `1`".
#[tokio::test]
async fn the_first_batch_again_starts_again_and_numbers_may_be_left_out() {
    let bench = Bench::start().await;
    let replace = |names: &[&str], seq, last| bench.post(&replacing(AUDIENCE), &batch(names, 1, seq, last));
    bench.done(replace(&["a"], 1, false)).await;
    bench.done(replace(&["b"], 2, false)).await;
    let answer = bench.done(replace(&["c"], 1, false)).await;
    assert_eq!(answer["num_received"], 1);
    bench.done(replace(&["d"], 5, false)).await;
    assert_eq!(bench.done(replace(&["d"], 5, false)).await["num_received"], 2);
    bench.done(replace(&["e"], 3, true)).await;
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["c", "d", "e"]));
    let at = |code| (code, "session.batch_seq".to_owned());
    assert_eq!(bench.warnings(), [at("first-batch-twice"), at("batch-skipped")]);
    let bench = Bench::with(Options { first_batch_again: FirstBatchAgain::Refused, ..crate::client::options() }).await;
    let replace = |names: &[&str], seq, last| bench.post(&replacing(AUDIENCE), &batch(names, 1, seq, last));
    bench.done(replace(&["a"], 1, false)).await;
    assert_eq!(bench.refused(replace(&["a"], 1, false)).await, (400, 2650, 1_870_145));
    bench.done(replace(&["b"], 2, true)).await;
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["a", "b"]));
}

/// "`payload` and `session` both required"; one schema; values where the audience has them.
#[tokio::test]
async fn a_replacement_has_a_session_one_schema_and_the_audiences_kind() {
    let bench = Bench::start().await;
    for body in [json!({ "payload": ids(&["a"]) }), json!({ "session": { "session_id": 1, "batch_seq": 1 } })] {
        assert_eq!(bench.refused(bench.post(&replacing(AUDIENCE), &body)).await, (400, 100, 0), "{body}");
    }
    assert_eq!(bench.refused(bench.post(&replacing(VALUED), &batch(&["a"], 1, 1, true))).await, (400, 100, 0));
    bench.done(bench.post(&replacing(AUDIENCE), &batch(&["a"], 1, 1, false))).await;
    let mut other = batch(&["a"], 1, 2, true);
    other["payload"]["schema"] = json!(["PHONE"]);
    assert_eq!(bench.refused(bench.post(&replacing(AUDIENCE), &other)).await, (400, 100, 0));
    bench.done(bench.post(&replacing(AUDIENCE), &batch(&["b"], 1, 2, true))).await;
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), set(&["a", "b"]));
}

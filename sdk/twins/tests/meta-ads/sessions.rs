//! Sessions of uploads and removals (*Guide*, "session"; the notes, `session`).

use std::sync::atomic::Ordering;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{AUDIENCE, Bench, VALUED, account, batch, ids, replacing, send, users};

/// "`num_received`: total number of users received in this session so far"; "reuse the same `batch_seq` on retry".
#[tokio::test]
async fn batches_of_a_session_are_counted_together_and_a_repeat_once() {
    let bench = Bench::start().await;
    let invalid = json!({ "schema": ["EXTERN_ID"], "data": [["d"], [" "]] });
    for (body, received, bad) in [
        (batch(&["a", "b"], 77, 1, false), 2, 0),
        (batch(&["a", "b"], 77, 1, false), 2, 0),
        (json!({ "payload": invalid, "session": { "session_id": 77, "batch_seq": 2 } }), 4, 1),
        (batch(&["c"], 77, 3, true), 5, 1),
        (batch(&["c"], 77, 3, true), 5, 1),
    ] {
        let answer = bench.done(bench.post(&users(AUDIENCE), &body)).await;
        let said = (&answer["session_id"], &answer["num_received"], &answer["num_invalid_entries"]);
        assert_eq!(said, (&json!("77"), &json!(received), &json!(bad)), "{body}");
    }
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), ["a", "b", "c", "d"].map(str::to_owned).into());
}

/// "This number must be sequential and start from 1"; "unique within a specific ad account"; "we don't accept any further batches".
#[tokio::test]
async fn a_batch_out_of_its_place_is_refused_and_moves_nobody() {
    let (bench, forward) = Bench::with_hands(|options| options).await;
    let add = |names: &[&str], session, seq, last| bench.post(&users(AUDIENCE), &batch(names, session, seq, last));
    assert_eq!(bench.refused(add(&["x"], 1, 2, false)).await, (400, 100, 0), "a session begins with 1");
    bench.done(add(&["a"], 1, 1, false)).await;
    assert_eq!(bench.refused(add(&["x"], 1, 3, false)).await, (400, 100, 0), "2 is missing");
    bench.done(add(&["b"], 1, 2, true)).await;
    assert_eq!(bench.refused(add(&["x"], 1, 3, true)).await, (400, 100, 0), "2 was the last one");
    for request in [
        bench.post(&users(VALUED), &batch(&["x"], 1, 1, false)),
        bench.delete(&users(AUDIENCE), &batch(&["a"], 1, 1, false)),
        bench.post(&replacing(AUDIENCE), &batch(&["x"], 1, 1, true)),
    ] {
        assert_eq!(bench.refused(request).await, (400, 100, 0), "the id is another's");
    }
    let mut other = batch(&["x"], 2, 2, false);
    bench.done(add(&["c"], 2, 1, false)).await;
    other["payload"] = json!({ "schema": ["PHONE"], "data": [[crate::client::sha("x")]] });
    assert_eq!(bench.refused(bench.post(&users(AUDIENCE), &other)).await, (400, 100, 0), "another schema");
    forward.store(90 * 60 - 1, Ordering::SeqCst);
    bench.done(add(&["d"], 2, 2, false)).await;
    forward.store(90 * 60, Ordering::SeqCst);
    assert_eq!(bench.refused(add(&["x"], 2, 3, true)).await, (400, 100, 0), "90 minutes are over");
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), ["a", "b", "c", "d"].map(str::to_owned).into());
}

#[tokio::test]
async fn a_session_of_a_wrong_shape_is_refused() {
    let bench = Bench::start().await;
    for session in [
        json!([]),
        json!({}),
        json!({ "session_id": 1 }),
        json!({ "batch_seq": 1 }),
        json!({ "session_id": 0, "batch_seq": 1 }),
        json!({ "session_id": -1, "batch_seq": 1 }),
        json!({ "session_id": "x", "batch_seq": 1 }),
        json!({ "session_id": 1, "batch_seq": 0 }),
        json!({ "session_id": 1, "batch_seq": 1.5 }),
        json!({ "session_id": 1, "batch_seq": 1, "last_batch_flag": "perhaps" }),
        json!({ "session_id": 1, "batch_seq": 1, "estimated_num_total": 0 }),
    ] {
        for (method, path) in
            [(Method::POST, users(AUDIENCE)), (Method::DELETE, users(AUDIENCE)), (Method::POST, replacing(AUDIENCE))]
        {
            let body = json!({ "payload": ids(&["a"]), "session": session });
            let request = bench.request(method.clone(), &path).header("content-type", "application/json").body(body.to_string());
            assert_eq!(bench.refused(request).await, (400, 100, 0), "{method} {path} {session}");
        }
    }
    assert_eq!(bench.count(AUDIENCE), 0);
    let largest = batch(&["a"], u64::MAX, 1, true);
    assert_eq!(bench.done(bench.post(&users(AUDIENCE), &largest)).await["session_id"], u64::MAX.to_string());
}

/// "`GET /{audience_id}/sessions?session_id=..` -> num_received, num_matched, num_invalid_entries, progress, stage".
#[tokio::test]
async fn the_course_of_a_session_is_told() {
    let bench = Bench::start().await;
    let mut first = batch(&["a", "b"], 7, 1, false);
    first["session"]["estimated_num_total"] = 4.into();
    bench.done(bench.post(&users(AUDIENCE), &first)).await;
    bench.add(ids(&["z"])).await;
    let at = crate::client::noon().to_string();
    let told = |answer: Value| answer["data"].as_array().unwrap().clone();
    let course = told(bench.done(bench.get(&format!("{AUDIENCE}/sessions?session_id=7"))).await);
    let texts = |received: &str, progress: &str, stage: &str| {
        json!({
            "session_id": "7", "num_received": received, "num_invalid_entries": "0", "num_matched": received, "start_time": at,
            "progress": progress, "stage": stage,
        })
    };
    assert_eq!(course, [texts("2", "50", "uploading")]);
    bench.done(bench.post(&users(AUDIENCE), &batch(&["c", "d"], 7, 2, true))).await;
    let mut ended = texts("4", "100", "finished");
    ended["end_time"] = at.as_str().into();
    assert_eq!(told(bench.done(bench.get(&format!("{AUDIENCE}/sessions?session_id=7"))).await), [ended]);
    assert_eq!(told(bench.done(bench.get(&format!("{AUDIENCE}/sessions"))).await).len(), 2, "one that the vendor made too");
    assert_eq!(told(bench.done(bench.get(&format!("{AUDIENCE}/sessions?session_id=8"))).await).len(), 0);
    let everywhere = batch(&["a"], 9, 1, true);
    assert_eq!(bench.done(bench.delete(&account("/usersofanyaudience"), &everywhere)).await["session_id"], "9");
    assert_eq!(send(bench.get(&format!("{AUDIENCE}/sessions?session_id=x"))).await.0, 400);
}

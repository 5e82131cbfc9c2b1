use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use sluice_catalog::{
    Code,
    contract::{Failure, Level},
};
use sluice_sandbox::{Answer, Ask, Limits, Until};

use crate::fixture::*;

/// HC1: the last allowed host call is answered, the next ends the guest.
#[tokio::test]
async fn host_calls_without_end_meet_a_count_per_call_and_per_run() {
    let asks = Source { check: "(loop $more (drop (call $spool_size (i64.const 0))) (br $more))", ..PLAIN };
    let few = Limits { host_calls_per_call: 1_000, ..Limits::default() };
    for (limits, answered, says) in [(few, 1_000, "one call"), (Limits { host_calls_per_run: 700, ..few }, 700, "whole run")] {
        let door = door(obliging);
        let session = program(asks).session(door.clone(), limits);
        let fault = fault_of(&session).await;
        assert_eq!((fault.code, fault.requests_left), (Code::ConnectorHostCallLimit, false));
        assert!(fault.cause.contains(says), "{fault}");
        assert_eq!(door.asked().len(), answered);
    }
}

/// HC2: in flight, and in number.
#[tokio::test]
async fn requests_at_once_are_held_to_the_runs_limit() {
    let sends =
        |count: u32| format!("(call $send_all (i32.const {FREE}) (i32.const {count}) (i32.const -1) (i32.const {RETURNED}))");
    let limits = Limits { requests_per_call: 100, requests_in_flight: 8, ..Limits::default() };
    for (count, fits) in [(100, true), (101, false), (100_000, false)] {
        let door = door(obliging);
        let check = sends(count);
        let session = program(Source { memory: "300", check: &check, ..PLAIN }).session(door.clone(), limits);
        let mut instance = session.instance();
        let result = call(&mut instance).await;
        match door.asked().as_slice() {
            [Ask::SendAll { requests, in_flight_max: 8 }] => {
                assert!(fits && requests.len() == count as usize);
                assert_eq!(result, Ok(0));
            }
            [] => assert_eq!((fits, result.expect_err("too many").code), (false, Code::ConnectorHostCallLimit)),
            other => panic!("{other:?}"),
        }
        drop(instance);
        standing(&session);
    }
}

/// HC3: a gigabyte of log.
#[tokio::test]
async fn log_lines_beyond_the_budget_are_dropped_said_once_and_counted() {
    let logs = "(local.set $i (i32.const 4096))
        (loop $more
            (call $log (i32.const 1) (i32.const 65536) (i32.const 262144))
            (br_if $more (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))";
    let limits =
        Limits { log_lines_per_run: 10, log_bytes_per_run: 1 << 30, cpu_per_call: Duration::from_secs(60), ..Limits::default() };
    let door = door(obliging);
    let session = program(Source { memory: "8", check: logs, ..PLAIN }).session(door.clone(), limits);
    assert_eq!(call(&mut session.instance()).await, Ok(0), "a talkative guest is not ended");
    let lines = door.asked();
    assert_eq!(lines.len(), 11);
    for line in &lines[..10] {
        let Ask::Log { level: Level::Info, message } = line else { panic!("{line:?}") };
        assert!(message.starts_with("\\u{0}\\u{0}") && message.ends_with("bytes more)") && message.len() < 20_000, "{message}");
    }
    let Ask::Log { level: Level::Warn, message } = &lines[10] else { panic!("{:?}", lines[10]) };
    assert!(message.contains("dropped"), "{message}");
    assert_eq!(session.run_use().log_lines_dropped, 4_086);
    standing(&session);
}

/// HC11: the deadline comes while the guest waits for the host. What had left decides what the rows are.
#[tokio::test]
async fn a_deadline_during_a_host_call_ends_the_guest_and_says_whether_something_left() {
    let sends = |effect: u32| {
        format!("(i32.store8 (i32.const {EFFECT}) (i32.const {effect})) (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))")
    };
    for (effect, sent, left) in [(0, true, false), (1, true, true), (2, true, true), (2, false, false)] {
        // A vendor that never answers: the door waits until it may not any more, as egress does.
        let hangs = move |_: &Ask, until: &Until| {
            while !until.left().is_zero() {
                std::thread::park_timeout(until.left());
            }
            Answer::Sent(Err(Failure { code: Code::EgressTimeout.to_string(), message: "no answer".to_owned(), sent }))
        };
        let check = sends(effect);
        let session = program(Source { check: &check, ..PLAIN }).session(door(hangs), Limits::default());
        let mut asked = 0;
        for _ in 0..20 {
            let mut instance = session.instance();
            instance.start(late()).await.expect("room");
            let fault = call_until(&mut instance, Instant::now() + Duration::from_millis(5)).await.expect_err("no answer");
            // On a busy machine the deadline may come before the guest has asked for anything.
            let reached = instance.last_use().requests;
            assert_eq!(
                (fault.code, fault.requests_left),
                (Code::ConnectorWallLimit, left && reached > 0),
                "effect {effect}, sent {sent}: {fault}"
            );
            asked += reached;
        }
        assert!(asked > 0, "no guest came as far as its request");
        standing(&session);
    }
}

#[tokio::test]
async fn a_stop_reaches_a_guest_that_waits_for_the_host() {
    static WAITS: AtomicBool = AtomicBool::new(false);
    let check =
        format!("(i32.store8 (i32.const {EFFECT}) (i32.const 1)) (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))");
    let hangs = |_: &Ask, until: &Until| {
        WAITS.store(true, Ordering::Release);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(until.stopped());
        Answer::Sent(Err(Failure { code: Code::EgressCancelled.to_string(), message: "stopped".to_owned(), sent: true }))
    };
    let session = program(Source { check: &check, ..PLAIN }).session(door(hangs), Limits::default());
    let mut instance = session.instance();
    let running = tokio::spawn(async move { call(&mut instance).await });
    while !WAITS.load(Ordering::Acquire) {
        tokio::task::yield_now().await;
    }
    session.stop();
    let fault = running.await.expect("no panic").expect_err("stopped");
    assert_eq!((fault.code, fault.requests_left), (Code::RunCancelled, true));
    standing(&session);
}

#[tokio::test]
async fn a_door_that_cannot_go_on_or_answers_something_else_ends_the_guest() {
    let check =
        format!("(i32.store8 (i32.const {EFFECT}) (i32.const 1)) (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))");
    let full = |_: &Ask, _: &Until| Answer::Refused { code: Code::DiskFull, cause: "no room for\nthe spool".to_owned() };
    let fault = fault_of(&program(Source { check: &check, ..PLAIN }).session(door(full), Limits::default())).await;
    assert_eq!((fault.code, fault.cause.as_str(), fault.requests_left), (Code::DiskFull, "no room for\\u{a}the spool", true));
    let wrong = |_: &Ask, _: &Until| Answer::Noted;
    let fault = fault_of(&program(Source { check: &check, ..PLAIN }).session(door(wrong), Limits::default())).await;
    assert_eq!((fault.code, fault.requests_left), (Code::Internal, true), "a defect of ours, and nobody knows what left");
}

#[tokio::test]
async fn a_panic_behind_the_door_ends_the_one_guest_and_no_thread() {
    let check =
        format!("(i32.store8 (i32.const {EFFECT}) (i32.const 1)) (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))");
    let defect = |_: &Ask, _: &Until| -> Answer { panic!("a defect behind the door, on purpose") };
    let session = program(Source { check: &check, ..PLAIN }).session(door(defect), Limits::default());
    for _ in 0..3 {
        let fault = fault_of(&session).await;
        assert_eq!((fault.code, fault.requests_left), (Code::Internal, true), "nobody knows what left: {fault}");
    }
}

/// The requests that left before a crash make the rows of the call unknown; those of the call before do not.
#[tokio::test]
async fn what_left_is_counted_per_call() {
    let check = format!(
        "(i32.store8 (i32.const {EFFECT}) (i32.const 1))
         (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
         (if (i32.eq (global.get $calls) (i32.const 1)) (then (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))))
         (if (i32.eq (global.get $calls) (i32.const 2)) (then unreachable))"
    );
    let session = session(Source { items: "(global $calls (mut i32) (i32.const 0))", check: &check, ..PLAIN }, Limits::default());
    let mut instance = session.instance();
    assert_eq!(call(&mut instance).await, Ok(0));
    assert!(instance.last_use().requests_left);
    assert_eq!(instance.last_use().requests, 1);
    let fault = call(&mut instance).await.expect_err("crashes");
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorTrap, false));

    let check = format!("{check} unreachable");
    let session =
        self::session(Source { items: "(global $calls (mut i32) (i32.const 0))", check: &check, ..PLAIN }, Limits::default());
    let fault = fault_of(&session).await;
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorTrap, true), "crashes after it has sent");
}

#[tokio::test]
async fn a_guest_cannot_hand_over_more_bytes_in_a_run_than_allowed() {
    let check = format!(
        "(i32.store (i32.const {REQUEST}) (i32.const {FREE}))
         (i32.store (i32.const {}) (i32.const 100000))
         (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))",
        REQUEST + 4
    );
    // Three times the body, and the eight digits of the reply.
    let session = session(Source { check: &check, ..PLAIN }, Limits { copied_bytes_per_run: 300_024, ..Limits::default() });
    for _ in 0..3 {
        assert_eq!(call(&mut session.instance()).await, Ok(0));
    }
    let fault = fault_of(&session).await;
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorHostCallLimit, false), "{fault}");
}

#[tokio::test]
async fn replies_count_as_bytes_handed_over() {
    let check = format!(
        "(i32.store (i32.const {}) (i32.const {FREE})) (i32.store (i32.const {}) (i32.const 100000))",
        ANSWER + 8,
        ANSWER + 12
    );
    let session = session(Source { check: &check, ..PLAIN }, Limits { copied_bytes_per_run: 99_999, ..Limits::default() });
    let fault = fault_of(&session).await;
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorHostCallLimit, false), "{fault}");
    assert_eq!(fault.cause, "more than 99999 bytes handed to the host in the whole run");
}

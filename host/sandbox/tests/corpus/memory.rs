use sluice_catalog::Code;
use sluice_sandbox::Limits;

use crate::fixture::*;

/// MEM1.
#[tokio::test]
async fn growing_to_four_gigabytes_ends_the_guest_instead_of_answering_minus_one() {
    let grows = Source { check: "(drop (memory.grow (i32.const 65530)))", ..PLAIN };
    let fault = fault_of(&session(grows, Limits::default())).await;
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorMemoryLimit, false), "{fault}");
}

/// MEM3: the limit is the store's, kept over calls; its last page is allowed.
#[tokio::test]
async fn memory_that_grows_slowly_over_many_calls_meets_the_same_limit() {
    let grows = Source {
        check: "(local.set $n (memory.grow (i32.const 1)))
            (i32.store (i32.mul (local.get $n) (i32.const 65536)) (i32.const 1))
            (call $answer (memory.size))",
        ..PLAIN
    };
    let session = session(grows, Limits { memory_bytes: 16 << 16, ..Limits::default() });
    let mut instance = session.instance();
    for pages in 5..=16 {
        assert_eq!(call(&mut instance).await, Ok(pages));
    }
    assert_eq!(call(&mut instance).await.expect_err("page 17").code, Code::ConnectorMemoryLimit);
    drop(instance);
    standing(&session);
}

#[tokio::test]
async fn a_guest_that_starts_with_too_much_memory_does_not_start() {
    let large = Source { memory: "17", ..PLAIN };
    let fault = fault_of(&session(large, Limits { memory_bytes: 16 << 16, ..Limits::default() })).await;
    assert_eq!(fault.code, Code::ConnectorMemoryLimit);
    let fits = Source { memory: "16", ..PLAIN };
    assert_eq!(call(&mut session(fits, Limits { memory_bytes: 16 << 16, ..Limits::default() }).instance()).await, Ok(0));
}

/// MEM5: what a guest hands over is bounded before anything is allocated for it.
#[tokio::test]
async fn a_list_of_two_billion_strings_costs_the_host_nothing() {
    // One megabyte of text, named a million times over by a list of pairs.
    let overlapping = format!(
        "(loop $more
            (i32.store (i32.add (i32.const {FREE}) (i32.mul (local.get $i) (i32.const 16))) (i32.const 0))
            (i32.store (i32.add (i32.const {}) (i32.mul (local.get $i) (i32.const 16))) (i32.const 1000))
            (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000000))))
        (i32.store (i32.const {}) (i32.const {FREE}))
        (i32.store (i32.const {}) (i32.const 1000000))
        (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))",
        FREE + 4,
        REQUEST + 16,
        REQUEST + 20,
    );
    let beyond = format!(
        "(i32.store (i32.const {}) (i32.const -2147483648))
         (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))",
        REQUEST + 20
    );
    let answer = format!("(i32.store (i32.const {}) (i32.const -2147483648))", ANSWER + 12);
    for (what, memory, check, code) in [
        ("more than the budget", "300", overlapping, Code::ConnectorHostCallLimit),
        ("more than its memory", "4", beyond, Code::ConnectorProtocol),
        ("an answer longer than its memory", "4", answer, Code::ConnectorProtocol),
    ] {
        let door = door(obliging);
        let session = program(Source { memory, check: &check, ..PLAIN }).session(door.clone(), Limits::default());
        let before = resident_peak_kib();
        let fault = fault_of(&session).await;
        assert_eq!((fault.code, fault.requests_left), (code, false), "{what}: {fault}");
        assert_eq!(door.asked(), [], "{what}: nothing reaches the door");
        let grown = resident_peak_kib() - before;
        assert!(grown < 256 * 1024, "{what}: the peak grew by {grown} KiB");
    }
}

/// The highest resident size of this process so far.
fn resident_peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}

/// MEM8: two programs take turns in the only slot; each fills its memory with a canary, none ever reads anything but zero.
#[tokio::test]
async fn a_slot_of_the_pool_never_shows_the_memory_of_its_last_tenant() {
    let canary = |memory| Source {
        memory,
        items: "",
        check: "(local.set $i (i32.const 65536))
            (loop $scan
                (local.set $x (i64.or (local.get $x) (i64.load (local.get $i))))
                (i64.store (local.get $i) (i64.const 0x5ca1ab1e5ca1ab1e))
                (br_if $scan (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8)))
                    (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 64)))))
            (call $answer (i64.ne (local.get $x) (i64.const 0)))",
    };
    let engine = engine_of(1);
    let programs = ["4", "7"].map(|memory| program_in(&engine, canary(memory)).session(door(obliging), Limits::default()));
    for round in 0..600 {
        // Sometimes the same program twice, so that warm slots of its own are seen as well as another's.
        let session = &programs[round / 3 % 2];
        let mut instance = session.instance();
        assert_eq!(call(&mut instance).await, Ok(0), "round {round}");
        drop(instance);
        standing(session);
    }
}

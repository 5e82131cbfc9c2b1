use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use sluice_catalog::Code;
use sluice_sandbox::{Answer, Ask, Limits};

use crate::fixture::*;

const ENDLESS: Source<'_> = Source { check: "(loop $for_ever (br $for_ever))", ..PLAIN };
const BUDGET: Duration = Duration::from_millis(40);
const LATE_MAX: Duration = Duration::from_millis(100);

/// Wall time is left out where a test is about processor time: it says nothing on a machine that others use too.
fn limits() -> Limits {
    Limits { wall_per_cpu: 1_000, cpu_per_call: BUDGET, cpu_per_instantiation: BUDGET, ..Limits::default() }
}

/// CPU1.
#[tokio::test]
async fn an_endless_loop_is_stopped_at_its_processor_budget() {
    let session = session(ENDLESS, limits());
    for _ in 0..20 {
        let mut instance = session.instance();
        let fault = call(&mut instance).await.expect_err("it never returns");
        assert_eq!((fault.code, fault.requests_left), (Code::ConnectorCpuLimit, false), "{fault}");
        let cpu = instance.last_use().cpu;
        assert!(cpu > BUDGET && cpu < BUDGET + LATE_MAX, "{cpu:?}");
    }
    assert_eq!(fault_of(&session).await.code, Code::ConnectorCpuLimit);
}

/// CPU2.
#[tokio::test]
async fn a_loop_in_the_start_function_meets_the_budget_of_a_start() {
    let start = Source { items: "(func $start (loop $for_ever (br $for_ever))) (start $start)", ..PLAIN };
    let session = session(start, Limits { cpu_per_call: Duration::from_secs(60), ..limits() });
    let fault = fault_of(&session).await;
    assert_eq!(fault.code, Code::ConnectorCpuLimit);
    assert!(fault.cause.contains("while starting"), "{fault}");
    let mut instance = session.instance();
    assert_eq!(instance.start(late()).await.expect_err("started alone").code, Code::ConnectorCpuLimit);
}

/// CPU4: no call comes near its own budget; together they spend the run's.
#[tokio::test]
async fn many_calls_below_their_budget_spend_the_budget_of_the_run() {
    // Burns until the host says stop, so that the test does not depend on how fast the machine is.
    let burns = Source {
        check: "(loop $more
            (local.set $i (i32.const 100000))
            (loop $burn (br_if $burn (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
            (br_if $more (i64.eqz (call $spool_size (i64.const 0)))))",
        ..PLAIN
    };
    let allowed = Duration::from_millis(200);
    let limits = Limits { cpu_per_call: Duration::from_secs(60), cpu_per_run: allowed, ..Limits::default() };
    let session = program(burns).session(door(|_: &Ask, _: &_| Answer::Size(1)), limits);
    let mut spent = Duration::ZERO;
    let fault = loop {
        let mut instance = session.instance();
        let result = call(&mut instance).await;
        spent += instance.last_use().cpu;
        if let Err(fault) = result {
            break fault;
        }
    };
    assert_eq!(fault.code, Code::ConnectorCpuLimit);
    assert!(fault.cause.contains("in the whole run"), "{fault}");
    assert!(spent > allowed && spent < allowed + LATE_MAX, "{spent:?}");
    assert_eq!(fault_of(&session).await.code, Code::ConnectorCpuLimit, "and every further call of the run");
}

/// CPU7: every processor is busy, and more guests loop than there are processors.
#[tokio::test]
async fn a_busy_machine_does_not_keep_the_epoch_from_moving() {
    static BUSY: AtomicBool = AtomicBool::new(true);
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let hogs: Vec<_> = (0..processors)
        .map(|_| {
            std::thread::spawn(|| {
                while BUSY.load(Ordering::Relaxed) {
                    std::hint::spin_loop()
                }
            })
        })
        .collect();
    let session = session(ENDLESS, limits());
    let calls = (0..processors + 2).map(|_| {
        let mut instance = session.instance();
        tokio::spawn(async move { (call(&mut instance).await, instance.last_use().cpu) })
    });
    for ended in calls.collect::<Vec<_>>() {
        let (result, cpu) = ended.await.expect("no panic");
        assert_eq!(result.expect_err("it never returns").code, Code::ConnectorCpuLimit);
        assert!(cpu > BUDGET && cpu < BUDGET + LATE_MAX, "{cpu:?}");
    }
    BUSY.store(false, Ordering::Relaxed);
    hogs.into_iter().for_each(|hog| hog.join().expect("no panic"));
    standing(&session);
}

#[tokio::test]
async fn a_deadline_ends_a_guest_that_still_has_processor_budget_and_so_does_a_stop() {
    let session = session(ENDLESS, Limits { cpu_per_call: Duration::from_secs(60), ..limits() });
    let mut instance = session.instance();
    let fault = call_until(&mut instance, Instant::now() + BUDGET).await.expect_err("it never returns");
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorWallLimit, false), "{fault}");
    let fault = call_until(&mut session.instance(), Instant::now()).await.expect_err("no time at all");
    assert_eq!(fault.code, Code::ConnectorWallLimit);

    let mut instance = session.instance();
    let running = tokio::spawn(async move { call(&mut instance).await });
    while session.program().engine().pool_use().instances == 0 {
        tokio::task::yield_now().await;
    }
    session.stop();
    let fault = running.await.expect("no panic").expect_err("stopped");
    assert_eq!(fault.code, Code::RunCancelled);
    assert_eq!(fault_of(&session).await.code, Code::RunCancelled, "and every later call");
}

#[tokio::test]
async fn wall_time_of_the_guests_own_code_has_a_limit_beside_the_processors() {
    let much = Limits { cpu_per_call: Duration::from_secs(60), ..Limits::default() };
    for limits in [Limits { wall_per_cpu: 0, ..much }, Limits { wall_per_call: Duration::from_millis(20), ..much }] {
        let fault = fault_of(&session(ENDLESS, limits)).await;
        assert_eq!((fault.code, fault.requests_left), (Code::ConnectorWallLimit, false));
        assert!(fault.cause.contains("own code"), "{fault}");
    }
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_ended() {
    let session = session(ENDLESS, Limits { cpu_per_call: Duration::from_secs(60), ..limits() });
    let mut instance = session.instance();
    let given_up = tokio::time::timeout(BUDGET, call(&mut instance)).await;
    assert!(given_up.is_err());
    assert!(instance.is_ended());
    standing(&session); // long before the call's own deadline and budget
}

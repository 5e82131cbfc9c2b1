use std::sync::Barrier;

use sluice_catalog::Code;
use sluice_sandbox::{Answer, Ask, CodeCache, Engine, EngineOptions, Limits, Until};

use crate::fixture::*;

const COUNTS: Source<'_> = Source {
    items: "(global $count (mut i32) (i32.const 0))",
    check: "(call $answer (global.get $count)) (global.set $count (i32.add (global.get $count) (i32.const 1)))",
    ..PLAIN
};

/// TN1.
#[tokio::test]
async fn a_counter_kept_in_a_global_reads_zero_in_every_new_instance() {
    let engine = engine_of(2);
    let program = program_in(&engine, COUNTS);
    for _ in 0..50 {
        let session = program.session(door(obliging), Limits::default());
        let mut instance = session.instance();
        for count in 0..3 {
            assert_eq!(call(&mut instance).await, Ok(count), "within one instance it counts");
        }
        drop(instance);
        standing(&session);
    }
}

#[tokio::test]
async fn twenty_instances_of_one_program_wait_for_the_world_at_the_same_time() {
    let all = Barrier::new(20);
    let meets = move |_: &Ask, _: &Until| {
        all.wait(); // returns only when all twenty are here
        Answer::Size(7)
    };
    let asks = Source { check: "(call $answer (i32.wrap_i64 (call $spool_size (i64.const 0))))", ..PLAIN };
    let session = program(asks).session(door(meets), Limits::default());
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let mut instance = session.instance();
            tokio::spawn(async move { call(&mut instance).await })
        })
        .collect();
    for ended in calls {
        assert_eq!(ended.await.expect("no panic"), Ok(7));
    }
    assert_eq!(session.run_use().host_calls, 20);
    standing(&session);
}

#[tokio::test]
async fn a_full_pool_refuses_one_more_and_takes_it_when_one_has_gone() {
    let engine = engine_of(2);
    let session = program_in(&engine, COUNTS).session(door(obliging), Limits::default());
    let (mut one, mut two) = (session.instance(), session.instance());
    one.start(late()).await.expect("room");
    one.start(late()).await.expect("it runs already");
    two.start(late()).await.expect("room");
    let fault = session.instance().start(late()).await.expect_err("full");
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorNoRoom, false), "{fault}");
    drop(one);
    assert_eq!(call(&mut session.instance()).await, Ok(0));
    assert_eq!(call(&mut two).await, Ok(0));
    drop(two);
    standing(&session);
}

/// SP9, from outside: the second engine takes the first one's code; a damaged file is compiled again and replaced.
#[tokio::test]
async fn compiled_code_outlives_the_process_and_a_damaged_file_is_compiled_again() {
    use rand::{SeedableRng, rngs::StdRng};
    let dir = tempfile::tempdir().expect("a folder");
    let component = component(COUNTS);
    let files = || {
        let mut files: Vec<_> = std::fs::read_dir(dir.path()).expect("there").map(|entry| entry.expect("there").path()).collect();
        files.retain(|path| path.extension().is_some_and(|suffix| suffix == "cwasm"));
        files
    };
    let mut written = None;
    for damage in [None, None, Some(1_000), None] {
        if let (Some(at), [file]) = (damage, files().as_slice()) {
            let mut bytes = std::fs::read(file).expect("there");
            bytes[at] ^= 0x40;
            std::fs::write(file, bytes).expect("written");
        }
        let cache = CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(1)).expect("a cache");
        let engine =
            Engine::new(EngineOptions { instances_max: 4, cache: Some(cache), ..EngineOptions::default() }).expect("small");
        let program = engine.compile(&component).expect("a good component");
        assert_eq!(call(&mut program.session(door(obliging), Limits::default()).instance()).await, Ok(0));
        let [file] = files().try_into().expect("one file");
        let bytes = std::fs::read(file).expect("there");
        assert_eq!(written.get_or_insert(bytes.clone()), &bytes, "the same code again");
    }
}

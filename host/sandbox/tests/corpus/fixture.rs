//! Guests written as text, and the door that they meet.
//!
//! A guest here is a core module with the contract's exports; wit-component makes it a component as it does for real connectors. The
//! hostile part is the body of `check`, the one function that a test calls.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use sluice_catalog::contract::{Call, Reply, Task};
use sluice_sandbox::{Answer, Ask, Door, Engine, EngineOptions, Fault, Instance, Limits, PoolUse, Program, Session, Until};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where the answer of `check` lies: `result<string, halt>`, all zero but for the text.
pub(crate) const ANSWER: u32 = 1024;
/// A request, all zero: empty texts, no body, effect `read`.
pub(crate) const REQUEST: u32 = 2048;
/// The request's effect: 0 read, 1 repeatable, 2 once.
pub(crate) const EFFECT: u32 = REQUEST + 48;
/// Where host functions put what they return.
pub(crate) const RETURNED: u32 = 4096;
/// Zeroes from here to the end of the memory.
pub(crate) const FREE: u32 = 65_536;

/// The parts of a guest that differ.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// The exported memory.
    pub(crate) memory: &'a str,
    /// Globals, tables, functions, a start function.
    pub(crate) items: &'a str,
    /// The body of `check`, without its result: the answer is the text of eight hexadecimal digits that `$answer` was last given.
    pub(crate) check: &'a str,
}

pub(crate) const PLAIN: Source<'static> = Source { memory: "4", items: "", check: "" };

/// The component of a guest.
pub(crate) fn component(source: Source<'_>) -> Vec<u8> {
    let Source { memory, items, check } = source;
    let text = format!(
        r#"(module
          (import "sluice:connector/http@0.1.0" "send" (func $send (param i32 i32)))
          (import "sluice:connector/http@0.1.0" "send-all" (func $send_all (param i32 i32 i32 i32)))
          (import "sluice:connector/spool@0.1.0" "size" (func $spool_size (param i64) (result i64)))
          (import "sluice:connector/log@0.1.0" "log" (func $log (param i32 i32 i32)))
          (memory (export "memory") {memory})
          (global $next (mut i32) (i32.const 16384))
          {items}
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            (local.get $at))
          ;; The answer: `number` as eight hexadecimal digits.
          (func $answer (param $number i32)
            (local $digit i32) (local $at i32)
            (i32.store (i32.const {at}) (i32.const {text}))
            (i32.store (i32.const {length}) (i32.const 8))
            (local.set $at (i32.const 8))
            (loop $more
              (local.set $at (i32.sub (local.get $at) (i32.const 1)))
              (local.set $digit (i32.and (local.get $number) (i32.const 15)))
              (i32.store8 (i32.add (i32.const {text}) (local.get $at))
                (i32.add (local.get $digit)
                  (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
              (local.set $number (i32.shr_u (local.get $number) (i32.const 4)))
              (br_if $more (local.get $at))))
          (func (export "sluice:connector/destination@0.1.0#check")
            (param i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i32) (result i32)
            (local $i i32) (local $n i32) (local $x i64)
            (call $answer (i32.const 0))
            {check}
            (global.set $next (i32.const 16384))
            (i32.const {ANSWER}))
          (func (export "sluice:connector/destination@0.1.0#setup")
            (param i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
          (func (export "sluice:connector/destination@0.1.0#discover") (param i32) (result i32) unreachable)
          (func (export "sluice:connector/destination@0.1.0#prepare") (param i32) (result i32) unreachable)
          (func (export "sluice:connector/destination@0.1.0#write") (param i32) (result i32) unreachable)
          (func (export "sluice:connector/destination@0.1.0#poll") (param i32) (result i32) unreachable)
          (func (export "sluice:connector/destination@0.1.0#finish") (param i32) (result i32) unreachable)
        )"#,
        at = ANSWER + 8,
        length = ANSWER + 12,
        text = ANSWER + 256,
    );
    let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
    let (resolve, package) = contract();
    let world = resolve.select_world(&[*package], Some("destination-connector")).expect("the world is there");
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).expect("metadata");
    ComponentEncoder::default().module(&module).expect("a core module").validate(true).encode().expect("the contract's exports")
}

fn contract() -> &'static (Resolve, wit_parser::PackageId) {
    static CONTRACT: OnceLock<(Resolve, wit_parser::PackageId)> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/v0")).expect("the contract parses");
        (resolve, package)
    })
}

/// A small engine of its own, so that its pool can be looked at.
pub(crate) fn engine() -> Engine {
    engine_of(32)
}

pub(crate) fn engine_of(instances_max: u32) -> Engine {
    Engine::new(EngineOptions { instances_max, ..EngineOptions::default() }).expect("a small pool")
}

pub(crate) fn program(source: Source<'_>) -> Program {
    program_in(&engine(), source)
}

pub(crate) fn program_in(engine: &Engine, source: Source<'_>) -> Program {
    engine.compile(&component(source)).unwrap_or_else(|error| panic!("{error}"))
}

/// A door that keeps the questions and answers with a function.
pub(crate) struct Script<F> {
    pub(crate) asked: Mutex<Vec<Ask>>,
    answer: F,
}

pub(crate) fn door<F: Fn(&Ask, &Until) -> Answer + Send + Sync>(answer: F) -> Arc<Script<F>> {
    Arc::new(Script { asked: Mutex::default(), answer })
}

impl<F> Script<F> {
    pub(crate) fn asked(&self) -> Vec<Ask> {
        self.asked.lock().expect("no panic").clone()
    }
}

impl<F: Fn(&Ask, &Until) -> Answer + Send + Sync> Door for Script<F> {
    fn ask(&self, ask: Ask, until: &Until) -> Answer {
        let answer = (self.answer)(&ask, until);
        self.asked.lock().expect("no panic").push(ask);
        answer
    }
}

/// Answers everything at once, with nothing in it.
pub(crate) fn obliging(ask: &Ask, _: &Until) -> Answer {
    let response = || {
        Ok(sluice_catalog::contract::Response {
            status: 200,
            headers: vec![],
            body: sluice_catalog::contract::Body::None,
            truncated: false,
            attrs: vec![],
        })
    };
    match ask {
        Ask::Send(_) => Answer::Sent(response()),
        Ask::SendAll { requests, .. } => Answer::SentAll(requests.iter().map(|_| response()).collect()),
        Ask::SpoolCreate => Answer::Spool(1),
        Ask::SpoolAppend { .. } => Answer::Appended(Ok(())),
        Ask::SpoolSize { .. } => Answer::Size(0),
        Ask::SpoolRead { .. } => Answer::Read(Ok(vec![])),
        Ask::Log { .. } => Answer::Noted,
        Ask::SqlQuery { .. } | Ask::SqlFetch { .. } | Ask::SqlClose { .. } => unreachable!("no source is called here"),
    }
}

pub(crate) fn check() -> Call {
    let task = Task {
        service: "users".to_owned(),
        mode: "upsert".to_owned(),
        settings: "{}".to_owned(),
        options: "{}".to_owned(),
        now_ms: 1_764_000_000_000,
        keep: vec![],
        attrs: vec![],
    };
    Call::Check { task, resume: None }
}

/// Far enough away that only a defect reaches it.
pub(crate) fn late() -> Instant {
    Instant::now() + Duration::from_secs(120)
}

/// Calls `check`; the number that the guest gave to `$answer`.
pub(crate) async fn call(instance: &mut Instance) -> Result<u32, Fault> {
    call_until(instance, late()).await
}

pub(crate) async fn call_until(instance: &mut Instance, deadline: Instant) -> Result<u32, Fault> {
    match instance.call(check(), deadline).await? {
        Reply::Text(Ok(text)) => Ok(u32::from_str_radix(&text, 16).expect("eight digits")),
        other => panic!("not an answer of check: {other:?}"),
    }
}

/// One call on one instance of a guest that must not come back.
pub(crate) async fn fault_of(session: &Session) -> Fault {
    let mut instance = session.instance();
    let fault = call(&mut instance).await.expect_err("a hostile guest");
    assert!(instance.is_ended());
    let again = call(&mut instance).await.expect_err("an ended instance");
    assert_eq!((again.code, again.requests_left), (fault.code, false), "an ended instance refuses further calls");
    drop(instance);
    standing(session);
    fault
}

/// The standing conditions, once the instances are dropped.
pub(crate) fn standing(session: &Session) {
    let engine = session.program().engine();
    // The thread that answered is on its way back; it needs no time, but it needs its turn.
    let patience = late();
    while engine.pool_use() != PoolUse::default() {
        assert!(Instant::now() < patience, "not free again: {:?}", engine.pool_use());
        std::thread::yield_now();
    }
}

pub(crate) fn session(source: Source<'_>, limits: Limits) -> Session {
    program(source).session(door(obliging), limits)
}

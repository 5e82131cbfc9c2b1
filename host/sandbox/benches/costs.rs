//! What the sandbox costs: load of a compiled component, start of an instance, an empty call, a call with a request, and a thousand
//! live instances. Prints figures beside what they must be; gates nothing. `cargo bench -p sluice-sandbox`; `-- --smoke` for a few
//! rounds.

#![allow(missing_docs, clippy::print_stdout)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::StdRng};
use sluice_catalog::{
    columnar::{Batch, Column, Field, PhysicalType},
    contract::{Body, Call, Operation, Part, Reply, Response, Task},
};
use sluice_sandbox::{Answer, Ask, CodeCache, Door, Engine, EngineOptions, Instance, Limits, Until};

#[path = "../tests/guest/mod.rs"]
mod guest;

/// Takes every request at once.
struct Sink;

impl Door for Sink {
    fn ask(&self, ask: Ask, _: &Until) -> Answer {
        match ask {
            Ask::Send(_) => {
                Answer::Sent(Ok(Response { status: 200, headers: vec![], body: Body::None, truncated: false, attrs: vec![] }))
            }
            _ => Answer::Noted,
        }
    }
}

const COLUMNS: usize = 8;

/// Eight text columns of 12 bytes a cell.
fn write(mode: &str, rows: u32) -> Call {
    let offsets: Vec<u8> = (0..=rows as i32).flat_map(|row| (row * 12).to_le_bytes()).collect();
    let column = || Column { present: vec![], validity: vec![], offsets: offsets.clone(), data: vec![b'x'; rows as usize * 12] };
    let field = |n: usize| Field { name: format!("field {n}"), ty: PhysicalType::Utf8, nullable: false, attrs: vec![] };
    let task = Task {
        service: "users".to_owned(),
        mode: mode.to_owned(),
        settings: "{}".to_owned(),
        options: "{}".to_owned(),
        now_ms: 0,
        keep: vec![],
        attrs: vec![],
    };
    Call::Write {
        task,
        state: vec![],
        operation: Operation::Upsert,
        part: Part { key: "k".to_owned(), number: 0, last: true, rows_total: None, attempt: 1 },
        schema: (0..COLUMNS).map(field).collect(),
        batch: Batch { rows, columns: (0..COLUMNS).map(|_| column()).collect() },
    }
}

fn late() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

async fn written(instance: &mut Instance, call: Call) {
    let Ok(Reply::Written(Ok(_))) = instance.call(call, late()).await else { panic!("the guest writes") };
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches("kB").trim().parse::<f64>().expect("a number") / 1024.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = if std::env::args().any(|arg| arg == "--smoke" || arg == "--test") { 20 } else { 2_000 };
    let component = guest::build("echo");
    let dir = tempfile::tempdir().expect("a folder");
    let cache = CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(1)).expect("a cache");
    let engine = Engine::new(EngineOptions { cache: Some(cache), ..EngineOptions::default() }).expect("a pool");

    let began = Instant::now();
    drop(engine.compile(&component).expect("a good guest"));
    println!("component of {} KiB: compiled in {:?}", component.len() / 1024, began.elapsed());
    let mut loads = vec![];
    for _ in 0..rounds.min(200) {
        let began = Instant::now();
        drop(engine.compile(&component).expect("a good guest")); // nobody holds it, so it is read from the cache each time
        loads.push(began.elapsed());
    }
    println!("load of a compiled component   {:>10.1?}   must 1 ms, aim 0.1 ms", median(loads));

    let session =
        engine.compile(&component).expect("a good guest").session(Arc::new(Sink), Limits::default().for_rows(100_000_000));
    let (mut cpu, mut wall) = (vec![], vec![]);
    for _ in 0..rounds {
        let mut instance = session.instance();
        instance.start(late()).await.expect("room");
        let used = instance.last_use();
        cpu.push(used.cpu);
        wall.push(used.wall);
    }
    println!(
        "start of an instance           {:>10.1?}   must 50 µs, aim 15 µs (CPU of the thread {:.1?})",
        median(wall),
        median(cpu)
    );

    let mut instance = session.instance();
    for (what, mode, rows) in
        [("empty call, no rows", "", 0), ("call with 1,000 rows", "", 1_000), ("1,000 rows, body, one request", "send", 1_000)]
    {
        let (mut cpu, mut whole) = (vec![], vec![]);
        for _ in 0..rounds {
            let call = write(mode, rows);
            let began = Instant::now();
            written(&mut instance, call).await;
            whole.push(began.elapsed());
            cpu.push(instance.last_use().cpu);
        }
        println!("{what:<30} {:>10.1?}   of which CPU on the guest thread {:.1?}", median(whole), median(cpu));
    }
    drop(instance);

    let before = resident_mib();
    let mut instances = vec![];
    for _ in 0..1_000 {
        let mut instance = session.instance();
        written(&mut instance, write("send", 1_000)).await;
        instances.push(instance);
    }
    println!("1,000 instances after a batch  {:>7.0} MiB   must 400, aim 200 (process before: {before:.0} MiB)", resident_mib());
    drop(instances);
    println!("after they are gone            {:>7.0} MiB", resident_mib());
}

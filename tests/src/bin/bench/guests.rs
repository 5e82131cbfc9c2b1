//! What a row costs in the sandbox alone, for connectors of several shapes: the figure to look at when the kit or a connector changes. The
//! least of many rounds moves by one part in a hundred where the figure of a whole run moves by one in four.
//!
//! `--guests FOLDER`: components of another build beside them, `<connector>.wasm`, called in turn with these. `--guests -` has none.

use std::{path::Path, sync::Arc, time::Duration};

use sluice_catalog::{
    columnar::{Batch, Field, PhysicalType},
    contract::{Call, Operation},
};
use sluice_sandbox::{Engine, EngineOptions, Limits, Session};

use crate::{
    Result,
    bodies::{Good, ROWS, field, good_of_braze, of_braze, people, text, write},
};

/// Rounds of which the least counts, and rows of a round.
const ROUNDS: usize = 40;
const ROUND_ROWS: u32 = 75_000;

/// A connector, what it is called with, and what its platform answers.
struct Shape {
    connector: &'static str,
    rows: u32,
    call: Call,
    good: fn() -> Good,
}

fn shapes() -> [Shape; 4] {
    let upsert = |service| (service, "upsert", Operation::Upsert);
    let iterable = (r#"{"data_center":"EU","project_type":"userId"}"#, "{}", "");
    let meta = (r#"{"ad_account_id":"1"}"#, r#"{"audience":"people","customer_file_source":"USER_PROVIDED_ONLY"}"#, "23");
    [
        Shape { connector: "braze", rows: ROWS, call: of_braze(0), good: good_of_braze },
        Shape {
            connector: "iterable",
            rows: 1_000,
            call: write(upsert("attributes"), iterable, people(0, 1_000, "userId")),
            good: || Good(200, r#"{"successCount":1000,"failCount":0}"#.to_owned()),
        },
        Shape {
            connector: "klaviyo",
            rows: 10_000,
            call: write(upsert("contacts"), ("{}", "{}", ""), people(0, 10_000, "external_id")),
            good: || Good(202, r#"{"data":{"type":"profile-bulk-import-job","id":"1","attributes":{}}}"#.to_owned()),
        },
        Shape {
            connector: "meta-ads",
            rows: 10_000,
            call: write(("audiences", "list", Operation::Add), meta, digests(10_000)),
            good: || Good(200, r#"{"audience_id":"23","num_received":10000,"num_invalid_entries":0}"#.to_owned()),
        },
    ]
}

/// People by five digests.
fn digests(rows: u32) -> (Vec<Field>, Batch) {
    let of = |salt: u64| {
        let quarter = move |id: u64, at: u64| crate::mix(id + at * 7_919 + salt * 104_729).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        text((0..u64::from(rows)).map(move |id| (0..4).map(|at| format!("{:016x}", quarter(id, at))).collect()))
    };
    let role = |name: &str| if matches!(name, "EMAIL" | "PHONE") { "identifier" } else { "attribute" };
    let names = ["EMAIL", "PHONE", "FN", "CT", "COUNTRY"];
    let schema = names.iter().map(|name| field(name, PhysicalType::Utf8, role(name))).collect();
    (schema, Batch { rows, columns: (0..5).map(of).collect() })
}

/// Prints a line for each.
pub(crate) fn compare(against: Option<&Path>) -> Result<()> {
    println!("connector    rows a call  ns a row  M rows/cpu s  ns a row of the other build");
    for Shape { connector, rows, call, good } in shapes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors").join(connector);
        let ours = sluice_build::build(&folder, &sluice_build::Options::beside(&folder))?.bytes;
        let theirs = against.map(|folder| std::fs::read(folder.join(format!("{connector}.wasm")))).transpose()?;
        let engine = Engine::new(EngineOptions::default())?;
        let session = |component: &Vec<u8>| -> Result<Session> {
            Ok(engine.compile(component)?.session(Arc::new(good()), Limits::default().for_rows(1_000_000_000)))
        };
        let sessions = std::iter::once(&ours).chain(&theirs).map(session).collect::<Result<Vec<_>>>()?;
        let least = std::thread::spawn(move || least(&sessions, rows, &call)).join().map_err(|_| "the guest thread panicked")??;
        let other = least.get(1).map_or_else(String::new, |ns| format!("{ns:>8.1}"));
        println!("{connector:<12} {rows:>11} {:>9.1} {:>13.2}  {other}", least[0], 1e3 / least[0]);
    }
    Ok(())
}

/// Nanoseconds of processor time a row, for each session the least of its rounds; the sessions take turns.
fn least(sessions: &[Session], rows: u32, call: &Call) -> Result<Vec<f64>> {
    let mut instances: Vec<_> = sessions.iter().map(Session::instance).collect();
    let mut least = vec![f64::MAX; sessions.len()];
    let calls = ROUND_ROWS / rows;
    for _ in 0..ROUNDS {
        for (instance, least) in instances.iter_mut().zip(&mut least) {
            let mut used = Duration::ZERO;
            for _ in 0..calls {
                crate::bodies::written(instance, call.clone())?;
                used += instance.last_use().cpu;
            }
            *least = least.min(used.as_nanos() as f64 / f64::from(calls * rows));
        }
    }
    Ok(least)
}

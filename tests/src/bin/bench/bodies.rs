//! Braze bodies from mapped rows, in the sandbox, with nothing around it: a call's rows go in, the body comes out at the door, a good
//! answer goes back. What is counted is the processor time of the guest thread, the copies into and out of the guest included.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sluice_catalog::{
    columnar::{Batch, Column, Field, PhysicalType},
    contract::{Body, Call, Operation, Outcome, Part, Reply, Response, Task, Written},
};
use sluice_sandbox::{Answer, Ask, Door, Engine, EngineOptions, Instance, Limits, Until};

use crate::Result;

/// Rows of a call: what Braze takes in one request.
pub(crate) const ROWS: u32 = 75;

/// Answers every request with this status and JSON text, as a platform answers a good one.
pub(crate) struct Good(pub(crate) u16, pub(crate) String);

impl Door for Good {
    fn ask(&self, ask: Ask, _: &Until) -> Answer {
        match ask {
            Ask::Send(_) => Answer::Sent(Ok(Response {
                status: self.0,
                headers: vec![("content-type".into(), "application/json".into())],
                body: Body::Bytes(self.1.clone().into_bytes()),
                truncated: false,
                attrs: vec![],
            })),
            _ => Answer::Noted,
        }
    }
}

pub(crate) fn field(name: &str, ty: PhysicalType, role: &str) -> Field {
    let mut attrs = vec![("role".to_owned(), role.to_owned())];
    if role == "identifier" {
        attrs.push(("identifier".to_owned(), name.to_owned()));
    }
    Field { name: name.to_owned(), ty, nullable: false, attrs }
}

pub(crate) fn text(cells: impl Iterator<Item = String>) -> Column {
    let mut column = Column { offsets: 0i32.to_le_bytes().to_vec(), ..Column::default() };
    for cell in cells {
        column.data.extend_from_slice(cell.as_bytes());
        column.offsets.extend_from_slice(&(column.data.len() as i32).to_le_bytes());
    }
    column
}

fn fixed<const N: usize>(cells: impl Iterator<Item = [u8; N]>) -> Column {
    Column { data: cells.flatten().collect(), ..Column::default() }
}

/// The rows of the benchmark's table, mapped as its activation maps them. `id`: the identifier.
pub(crate) fn people(first: u64, rows: u32, id: &str) -> (Vec<Field>, Batch) {
    let ids = || (first..first + u64::from(rows)).map(|id| (id, crate::mix(id)));
    let columns = vec![
        text(ids().map(|(id, _)| id.to_string())),
        text(ids().map(|(_, mix)| crate::first_name(mix))),
        text(ids().map(|(_, mix)| crate::plan(mix).to_owned())),
        fixed(ids().map(|(_, mix)| crate::score(mix).to_le_bytes())),
        fixed(ids().map(|(_, mix)| crate::orders(mix).to_le_bytes())),
        fixed(ids().map(|(_, mix)| crate::last_order(mix).to_le_bytes())),
    ];
    let schema = vec![
        field(id, PhysicalType::Utf8, "identifier"),
        field("first_name", PhysicalType::Utf8, "attribute"),
        field("plan", PhysicalType::Utf8, "attribute"),
        field("score", PhysicalType::Float64, "attribute"),
        field("orders", PhysicalType::Int64, "attribute"),
        field("last_order", PhysicalType::TimestampMicros, "attribute"),
    ];
    (schema, Batch { rows, columns })
}

/// A write of these rows.
pub(crate) fn write(
    (service, mode, operation): (&str, &str, Operation),
    (settings, options, keep): (&str, &str, &str),
    (schema, batch): (Vec<Field>, Batch),
) -> Call {
    let task = Task {
        service: service.to_owned(),
        mode: mode.to_owned(),
        settings: settings.to_owned(),
        options: options.to_owned(),
        now_ms: 1_764_000_000_000,
        keep: keep.as_bytes().to_vec(),
        attrs: vec![("unit-bytes".to_owned(), "4000000".to_owned())],
    };
    let part = Part { key: "0123456789abcdef0123456789abcdef".into(), number: 1, last: false, rows_total: None, attempt: 1 };
    Call::Write { task, state: vec![], operation, part, schema, batch }
}

/// One of Braze's.
pub(crate) fn of_braze(first: u64) -> Call {
    let settings = (r#"{"rest_host":"rest.fra-01"}"#, "{}", "");
    write(("attributes", "upsert", Operation::Upsert), settings, people(first, ROWS, "external_id"))
}

/// Braze's answer to it.
pub(crate) fn good_of_braze() -> Good {
    Good(201, format!(r#"{{"message":"success","attributes_processed":{ROWS}}}"#))
}

/// A call of which every row is taken: what is refused would cost less, and say nothing.
pub(crate) fn written(instance: &mut Instance, call: Call) -> Result<()> {
    match instance.call_here(call, Instant::now() + Duration::from_secs(60))? {
        Reply::Written(Ok(Written { receipt, stop: None, .. }))
            if receipt.except.is_empty() && matches!(receipt.all, Outcome::Accepted | Outcome::Pending) =>
        {
            Ok(())
        }
        other => Err(format!("{other:?}").into()),
    }
}

/// Instances that are started for a median.
const STARTS: usize = 500;

/// Prints how long an instance takes to start, and rows per second of processor time.
pub(crate) async fn bodies(component: &[u8], rows: usize) -> Result<()> {
    let engine = Engine::new(EngineOptions::default())?;
    let session = engine.compile(component)?.session(Arc::new(good_of_braze()), Limits::default().for_rows(1_000_000_000));
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let mut instance = session.instance();
        instance.start(Instant::now() + Duration::from_secs(60)).await?;
        starts.push(instance.last_use().wall);
    }
    starts.sort();
    println!("start of an instance of the Braze component: {:.1?}   (must 50 µs, aim 15)", starts[STARTS / 2]);
    let (used, calls) = std::thread::spawn(move || -> Result<_> {
        let mut instance = session.instance();
        written(&mut instance, of_braze(0))?;
        let mut used = Duration::ZERO;
        let calls = rows as u64 / u64::from(ROWS);
        for call in 0..calls {
            written(&mut instance, of_braze(call * u64::from(ROWS)))?;
            used += instance.last_use().cpu;
        }
        Ok((used, calls))
    })
    .join()
    .map_err(|_| "the guest thread panicked")??;
    let rows = calls as f64 * f64::from(ROWS);
    println!(
        "bodies in the sandbox, {ROWS} rows a call: {:.2} M rows per CPU second, {:.1} µs a call   (must 0.8, aim 1.2)",
        rows / used.as_secs_f64() / 1e6,
        used.as_secs_f64() * 1e6 / calls as f64
    );
    Ok(())
}

//! The contract with a guest written in Rust: every value of every message arrives on the other side as it was sent.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use sluice_catalog::{
    Code,
    columnar::{Batch, Column, Field, PhysicalType},
    contract::{
        AnswerTo, Attrs, Body, Call, Effect, Failure, Halt, Level, Operation, Outcome, Part, Reason, Receipt, Reply, Request,
        Response, Task, Ticket, Written,
    },
};
use sluice_sandbox::{Answer, Ask, Door, Engine, EngineOptions, Instance, Limits, Session, Until, check_receipt};

mod guest;

/// Answers `send` with what it was made with, keeps one spool, and remembers everything.
struct World {
    answer: Result<Response, Failure>,
    asked: Mutex<Vec<Ask>>,
}

impl Door for World {
    fn ask(&self, ask: Ask, _: &Until) -> Answer {
        let answer = match &ask {
            Ask::Send(_) => Answer::Sent(self.answer.clone()),
            Ask::SendAll { requests, .. } => Answer::SentAll(vec![self.answer.clone(); requests.len()]),
            Ask::SpoolCreate => Answer::Spool(u64::MAX),
            Ask::SpoolAppend { .. } => Answer::Appended(Err("full".to_owned())),
            Ask::SpoolSize { .. } => Answer::Size(u64::MAX - 1),
            Ask::SpoolRead { .. } => Answer::Read(Ok(vec![7, 8])),
            Ask::Log { .. } => Answer::Noted,
            Ask::SqlQuery { .. } | Ask::SqlFetch { .. } | Ask::SqlClose { .. } => unreachable!("no source is called here"),
        };
        self.asked.lock().expect("no panic").push(ask);
        answer
    }
}

fn pairs(of: &[(&str, &str)]) -> Attrs {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn response() -> Response {
    Response {
        status: 207,
        headers: pairs(&[("x", "y")]),
        body: Body::Bytes(vec![0, 255]),
        truncated: true,
        attrs: pairs(&[("a", "ä")]),
    }
}

fn session(answer: Result<Response, Failure>) -> (Session, Arc<World>) {
    let engine = Engine::new(EngineOptions { instances_max: 4, ..EngineOptions::default() }).expect("a small pool");
    let world = Arc::new(World { answer, asked: Mutex::default() });
    static ECHO: OnceLock<Vec<u8>> = OnceLock::new();
    let program = engine.compile(ECHO.get_or_init(|| guest::build("echo"))).expect("a good guest");
    (program.session(world.clone(), Limits::default()), world)
}

async fn call(instance: &mut Instance, call: Call) -> Reply {
    instance.call(call, Instant::now() + Duration::from_secs(60)).await.expect("a good guest")
}

fn task(mode: &str) -> Task {
    Task {
        service: "users".to_owned(),
        mode: mode.to_owned(),
        settings: r#"{"a":1}"#.to_owned(),
        options: "{}".to_owned(),
        now_ms: 1_764_000_000_123,
        keep: vec![1, 2, 3],
        attrs: pairs(&[("k", "v"), ("", "")]),
    }
}

fn part() -> Part {
    Part { key: "https://key".to_owned(), number: 3, last: true, rows_total: Some(1 << 40), attempt: 2 }
}

fn batch() -> Batch {
    let data = b"abcdefg".to_vec();
    let offsets = [0i32, 1, 1, 3, 3, 5, 7].iter().flat_map(|at| at.to_le_bytes()).collect();
    Batch {
        rows: 6,
        columns: vec![Column { present: vec![0b11_1111], validity: vec![0b11_0111], offsets, data }, Column::default()],
    }
}

fn schema() -> Vec<Field> {
    let field = |name: &str, ty| Field { name: name.to_owned(), ty, nullable: true, attrs: pairs(&[("role", "identifier")]) };
    vec![field("id", PhysicalType::Utf8), field("at", PhysicalType::TimestampMicros)]
}

fn reason(text: &str) -> Reason {
    Reason {
        code: text.to_owned(),
        vendor_code: Some(format!("vendor {text}")),
        message: format!("message {text}"),
        field: Some(format!("field {text}")),
        after_ms: Some(u64::MAX),
        at_ms: None,
        attrs: task("").attrs,
    }
}

fn write(mode: &str) -> Call {
    let (task, part, schema, batch) = (task(mode), part(), schema(), batch());
    Call::Write { task, state: vec![9, 8, 7], operation: Operation::Append, part, schema, batch }
}

#[tokio::test]
async fn a_write_carries_every_value_both_ways() {
    let (session, world) = session(Ok(response()));
    let mut instance = session.instance();
    let Reply::Written(Ok(written)) = call(&mut instance, write("echo")).await else { panic!("not written") };
    let answer = "Ok(Response { status: 207, headers: [(\"x\", \"y\")], body: Body::Bytes([0, 255]), truncated: true, attrs: [(\"a\", \"ä\")] })";
    let receipt = Receipt {
        all: Outcome::Pending,
        except: vec![
            (4, Outcome::Accepted),
            (0, Outcome::Rejected(reason("rejected"))),
            (1, Outcome::Retry(reason("retry"))),
            (2, Outcome::Unknown(reason("unknown"))),
            (3, Outcome::Skipped(reason("skipped"))),
        ],
        notes: vec![(4, reason("note"))],
        unnamed: 0,
        remote_ids: Some(batch().columns.swap_remove(0)),
        attrs: pairs(&[("answer", answer), ("spool", "Err(\"full\") Ok([7, 8])")]),
    };
    assert_eq!(check_receipt(&receipt, 6).expect("right").of(5), Some(&Outcome::Pending));
    let want = Written {
        receipt,
        later: Some(Ticket { token: vec![9, 8, 7], poll_after_ms: 3, give_up_after_ms: 1 << 40 }),
        stop: Some(Halt::Quota(reason("stop"))),
    };
    assert_eq!(written, want);

    let asked = world.asked.lock().expect("no panic").clone();
    let [Ask::Log { level: Level::Warn, message }, create, append, read, size, send] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    for part in ["Operation::Append", "number: 3", "last: true", "attempt: 2", "PhysicalType::TimestampMicros", "nullable: true"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert_eq!(
        [create, append, read, size],
        [
            &Ask::SpoolCreate,
            &Ask::SpoolAppend { id: u64::MAX, chunk: vec![9, 8, 7] },
            &Ask::SpoolRead { id: u64::MAX, offset: 1, bytes_max: 2 },
            &Ask::SpoolSize { id: u64::MAX },
        ]
    );
    let request = Request {
        method: "PUT".to_owned(),
        url: "https://key".to_owned(),
        headers: task("").attrs,
        body: Body::Spooled(u64::MAX),
        credentials: vec!["one".to_owned(), "two".to_owned()],
        effect: Effect::Once,
        pace: vec!["requests".to_owned()],
        answer: AnswerTo::Spool,
        answer_bytes_max: u32::MAX,
        attrs: pairs(&[("size", &(u64::MAX - 1).to_string())]),
    };
    assert_eq!(send, &Ask::Send(request));
    let used = instance.last_use();
    assert_eq!((used.host_calls, used.requests, used.requests_left), (6, 1, true));
}

#[tokio::test]
async fn every_other_function_carries_its_values_too() {
    let (session, _) = session(Ok(response()));
    let mut instance = session.instance();
    let resume = Some(vec![4, 5]);
    let (state, operation, schema) = (vec![6], Operation::Replace, schema());
    for (ask, want) in [
        (
            Call::Check { task: task("m"), resume: resume.clone() },
            Reply::Text(Ok(r#"users m {"a":1} {} 1764000000123 [1, 2, 3] [("k", "v"), ("", "")] Some([4, 5])"#.to_owned())),
        ),
        (Call::Setup { task: task("m"), resume: None }, Reply::Bytes(Ok(vec![1, 2, 3]))),
        (Call::Setup { task: task("m"), resume: resume.clone() }, Reply::Bytes(Ok(vec![4, 5]))),
        (
            Call::Prepare { task: task("m"), operation, schema: vec![], resume: None },
            Reply::Bytes(Ok(b"users Operation::Replace []".to_vec())),
        ),
        (
            Call::Poll {
                task: task("m"),
                state: state.clone(),
                operation,
                part: part(),
                schema,
                batch: batch(),
                token: vec![0; 3],
            },
            Reply::Written(Err(Halt::Later(Ticket {
                token: vec![0; 3],
                poll_after_ms: 2,
                give_up_after_ms: (1_764_000_000_123 + 1 + 2 + 6) * 10 + 7,
            }))),
        ),
        (
            Call::Finish { task: task("m"), state, operation, resume },
            Reply::Attrs(Ok(pairs(&[("k", "v"), ("", ""), ("Operation::Replace", "[6] Some([4, 5])")]))),
        ),
    ] {
        assert_eq!(call(&mut instance, ask).await, want);
    }
    type MakeHalt = fn(Reason) -> Halt;
    let halts: [(&str, MakeHalt); 8] = [
        ("auth", Halt::Auth),
        ("config", Halt::Config),
        ("missing", Halt::Missing),
        ("throttled", Halt::Throttled),
        ("quota", Halt::Quota),
        ("unavailable", Halt::Unavailable),
        ("split", |reason| Halt::SplitBatch { reason, rows_fit: Some(9) }),
        ("contract", Halt::Contract),
    ];
    for (cursor, want) in halts {
        let ask = Call::Discover { task: task("m"), kind: "lists".to_owned(), cursor: Some(cursor.to_owned()), resume: None };
        assert_eq!(call(&mut instance, ask).await, Reply::Text(Err(want(reason("lists")))));
    }
}

#[tokio::test]
async fn a_failure_of_the_door_reaches_the_guest_as_it_is() {
    let failure = Failure { code: Code::EgressConnectFailed.to_string(), message: "refused".to_owned(), sent: false };
    let (session, _) = session(Err(failure));
    let mut instance = session.instance();
    let Reply::Written(Err(Halt::Unavailable(said))) = call(&mut instance, write("send")).await else { panic!("it halts") };
    assert_eq!(said.message, "message refused");
    assert!(!instance.last_use().requests_left, "nothing left the host");
}

/// ST2: the rows of such a batch are unknown, since its request has left.
#[tokio::test]
async fn a_receipt_for_a_row_that_is_not_there_is_a_fault_of_the_batch() {
    let (session, _) = session(Ok(response()));
    let Reply::Written(Ok(written)) = call(&mut session.instance(), write("miscount")).await else { panic!("it answers") };
    let fault = check_receipt(&written.receipt, 6).expect_err("row 6 of six");
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorOutcomeCount, true));
}

#[tokio::test]
async fn a_panic_of_rust_code_is_a_trap_that_names_no_value() {
    let (session, _) = session(Ok(response()));
    let deadline = Instant::now() + Duration::from_secs(60);
    let fault = session.instance().call(write("panic"), deadline).await.expect_err("it panics");
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorTrap, false));
    assert!(fault.cause.starts_with("wasm trap: wasm `unreachable` instruction executed"), "{fault}");
}

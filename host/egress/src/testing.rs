//! What the tests of this room share: a manifest, a pass whose ledger can be read, a resolver that lies, and a server that shows
//! every byte.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::Timestamp;
use sluice_catalog::{
    clock::FixedClock,
    contract::{AnswerTo, Body, Effect, Request},
    destination::{Grant, StandIn},
    manifest::Manifest,
    record::EgressRecord,
    seal::Secret,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::*;

pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) const HEAD: &str = r#"
id = "acme"
version = "1.0.0"
contract = "sluice:connector@0.1"
kind = "source"
title = "Acme"
publisher = "Acme"
"#;

pub(crate) const ACME: &str = r#"
[[egress]]
host = "api.acme.example"
methods = ["GET", "POST"]
[[egress]]
host = "files.acme.example"
port = 8443
methods = ["PUT"]
path-prefix = "/v1/uploads"

[[credentials]]
name = "api_key"
write = { kind = "static-header", header = "authorization", prefix = "Bearer " }
help = "Settings."
hosts = ["api.acme.example"]
[[credentials]]
name = "app_key"
write = { kind = "static-header", header = "x-app-key" }
help = "Settings."
path-prefix = "/v1"
methods = ["POST"]
[[credentials]]
name = "login"
write = { kind = "basic" }
help = "Settings."

[[pace]]
name = "all"
scope = "account"
rate = 1000
per-seconds = 1
[[pace]]
name = "slow"
scope = "account"
rate = 2
per-seconds = 1
[[pace]]
name = "rare"
scope = "account"
rate = 2
per-seconds = 3600
"#;

pub(crate) fn manifest(rest: &str) -> Manifest {
    Manifest::parse(&format!("{HEAD}{rest}")).expect("a sound manifest")
}

#[derive(Default)]
pub(crate) struct Ledger(Mutex<Vec<EgressRecord>>);

impl Recorder for Ledger {
    fn record(&self, record: EgressRecord) {
        self.0.lock().expect("not poisoned").push(record);
    }
}

impl Ledger {
    pub(crate) fn lines(&self) -> Vec<EgressRecord> {
        self.0.lock().expect("not poisoned").clone()
    }
}

pub(crate) fn stand_in(origin: &str) -> Grant {
    let stand_ins = vec![StandIn { host: "api.acme.example".into(), origin: origin.into() }];
    Grant { operator_hosts: vec![], stand_ins }
}

pub(crate) fn pass(grant: &Grant) -> (Pass, Arc<Ledger>) {
    let manifest = manifest(ACME);
    let policy = Policy::resolve(&manifest, grant, &serde_json::json!({})).expect("a policy");
    let secrets = [("api_key", "k-3c/yT+w=="), ("app_key", "application-key"), ("login", "ann:pass word&1")];
    let secrets = secrets.map(|(n, s)| (n.to_owned(), Secret::new(s.as_bytes())));
    let credentials = Credentials::bind(&manifest, secrets).expect("bound");
    let ledger = Arc::new(Ledger::default());
    let pacer = Arc::new(Pacer::new(&manifest));
    let pass = Pass::new(Arc::new(policy), Arc::new(credentials), pacer, "sha256:00", ledger.clone());
    (pass, ledger)
}

pub(crate) fn gate() -> Gate {
    gate_with(Options::default())
}

pub(crate) fn gate_with(options: Options) -> Gate {
    let clock = Arc::new(FixedClock(Timestamp::from_second(NOW).expect("an instant")));
    Gate::new(Options { clock, ..options }).expect("a gate")
}

pub(crate) fn get(url: &str) -> Request {
    Request {
        method: "GET".into(),
        url: url.into(),
        headers: vec![],
        body: Body::None,
        credentials: vec![],
        effect: Effect::Read,
        pace: vec![],
        answer: AnswerTo::Bytes,
        answer_bytes_max: 1_000_000,
        attrs: vec![],
    }
}

pub(crate) fn post(url: &str, body: &str) -> Request {
    Request { method: "POST".into(), body: Body::Bytes(body.into()), effect: Effect::Once, ..get(url) }
}

pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

pub(crate) fn bytes(body: &Body) -> &[u8] {
    match body {
        Body::Bytes(bytes) => bytes,
        other => panic!("not bytes: {other:?}"),
    }
}

/// Gives each answer once, the last one for ever; counts the questions.
#[derive(Debug, Default)]
pub(crate) struct Liar {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Liar {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |a: &&[&str]| a.iter().map(|t| t.parse().expect("an address")).collect();
        Arc::new(Self { answers: Mutex::new(answers.iter().map(parse).collect()), asked: Mutex::default() })
    }
}

impl Resolve for Liar {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.asked.lock().expect("not poisoned").push(name.to_owned());
        let mut answers = self.answers.lock().expect("not poisoned");
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(async move { Ok(answer.unwrap_or_default()) })
    }
}

/// A server on loopback that hands each connection to a script.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start<F, Fut>(script: F) -> Self
    where
        F: Fn(usize, TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let (mut task, counted) = (JoinSet::new(), Arc::clone(&connections));
        task.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(script(counted.fetch_add(1, Ordering::SeqCst), stream));
            }
        });
        Self { address, connections, _task: task }
    }

    /// Answers every request on every connection with the same bytes, and keeps what it was sent.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> (Self, Arc<Mutex<Vec<Seen>>>) {
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer.into()));
        let kept = Arc::clone(&seen);
        let server = Self::start(move |_, mut stream| {
            let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
            async move {
                while let Some(request) = read_request(&mut stream).await {
                    kept.lock().expect("not poisoned").push(request);
                    if stream.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            }
        })
        .await;
        (server, seen)
    }

    pub(crate) fn grant(&self) -> Grant {
        stand_in(&format!("http://{}", self.address))
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A request as it was on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.split("\r\n").filter_map(|l| l.split_once(": "));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v).collect()
    }
}

/// Reads one request with `content-length`; none when the connection ends first.
pub(crate) async fn read_request(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        let mut chunk = vec![0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    };
    let mut body = bytes.split_off(end);
    let seen = Seen { head: String::from_utf8(bytes).expect("ASCII"), body: vec![] };
    let length = seen.header("content-length").first().map_or(0, |n| n.parse().expect("a number"));
    while body.len() < length {
        let mut chunk = vec![0; 65536];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => body.extend_from_slice(&chunk[..n]),
        }
    }
    Some(Seen { body, ..seen })
}

pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A resolver that never answers.
#[derive(Debug)]
pub(crate) struct Never;

impl Resolve for Never {
    fn resolve(&self, _: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

//! What every twin shares: listening on loopback, reading a request whole, numbering and logging it, asking the fault
//! program, letting the vendor's rules answer, and shaping that answer (late, cut, or none at all). The vendor's rules are
//! a [`Vendor`]: synchronous, behind its own lock, told how much of the request to apply. The reserved paths are `control`'s.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{HttpBody, to_bytes},
    extract::{ConnectInfo, Request, State},
    response::Response,
    routing::any,
};
use bytes::Bytes;
use jiff::Timestamp;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    control,
    faults::{Answer, Apply, Fault, FaultId, Faults},
    ledger::Ledger,
    limits,
    log::{RequestEntry, RequestLog, Tally},
    tap::{Cut, TapListener},
    vendor::{Call, ComeBack, Door, Part, Portion, Reply, Vendor},
};

/// Where a twin's idea of "now" comes from, so that a test can hold it still.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's clock.
#[allow(clippy::disallowed_methods, reason = "the one place of this crate that reads the clock; every caller takes a Clock")]
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// Why a twin did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A twin holds no line against strangers, so it serves this machine alone.
    #[error("a twin listens on loopback only, and {address} is not: use 127.0.0.1 or [::1]")]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address is taken, or may not be used.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The ledger's file cannot be opened for appending.
    #[error("cannot append to the ledger file {path}", path = path.display())]
    LedgerFile {
        /// The path asked for.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// One running twin, as its handlers see it.
pub(crate) struct House {
    pub(crate) vendor: Arc<dyn Vendor>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) log: Arc<RequestLog>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) clock: Clock,
    late: Mutex<Vec<(u64, Call)>>,
    under_way: AtomicUsize,
    stop: watch::Receiver<bool>,
}

impl House {
    /// Everything as at the start: state, log, ledger in memory, faults.
    pub(crate) fn reset(&self) {
        self.vendor.reset();
        self.log.reset();
        self.ledger.reset();
        self.faults.clear();
        self.late.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Listeners at work. Dropping it lets go of them without waiting.
pub(crate) struct Serving {
    pub(crate) house: Arc<House>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<io::Result<()>>>,
}

impl Serving {
    pub(crate) fn start(vendor: Arc<dyn Vendor>, ledger: Arc<Ledger>, clock: Clock, listeners: Vec<(Door, TcpListener)>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let house = Arc::new(House {
            vendor,
            faults: Arc::default(),
            log: Arc::default(),
            ledger,
            clock,
            late: Mutex::default(),
            under_way: AtomicUsize::new(0),
            stop: stopped,
        });
        let tasks = listeners
            .into_iter()
            .map(|(door, listener)| {
                let router = match door {
                    Door::Api => Router::new().nest("/__twin", control::routes()).fallback(any(api)),
                    Door::Files => Router::new().fallback(any(files)),
                };
                let service = router.with_state(house.clone()).into_make_service_with_connect_info::<Cut>();
                let mut stopped = house.stop.clone();
                let until = async move {
                    // An error means the sender is gone, which is an end as well.
                    drop(stopped.wait_for(|stop| *stop).await);
                };
                tokio::spawn(async move { axum::serve(TapListener(listener), service).with_graceful_shutdown(until).await })
            })
            .collect();
        Self { house, stop, tasks }
    }

    /// Takes no new connection, ends hanging answers, waits for the others up to [`limits::STOP_GRACE_S`].
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        for mut task in std::mem::take(&mut self.tasks) {
            let grace = Duration::from_secs(limits::STOP_GRACE_S);
            if tokio::time::timeout(grace, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Binds a loopback address.
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback { address });
    }
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let at = listener.local_addr()?;
        Ok((listener, at))
    };
    bound.await.map_err(|source| StartError::Bind { address, source })
}

async fn api(State(house): State<Arc<House>>, ConnectInfo(cut): ConnectInfo<Cut>, request: Request) -> Response {
    serve(&house, Door::Api, &cut, request).await
}

async fn files(State(house): State<Arc<House>>, ConnectInfo(cut): ConnectInfo<Cut>, request: Request) -> Response {
    serve(&house, Door::Files, &cut, request).await
}

/// Counts a request for as long as it lives: it ends when its answer is made, or when its client goes away.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn enter(count: &'a AtomicUsize) -> (Self, usize) {
        let others = count.fetch_add(1, Ordering::SeqCst);
        (Self(count), others + 1)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(house: &House, door: Door, cut: &Cut, request: Request) -> Response {
    let (_guard, under_way) = UnderWay::enter(&house.under_way);
    let (head, body) = request.into_parts();
    let now = (house.clock)();
    let too_large = || house.vendor.words(413, now).header("connection", "close").into_response();
    // An announced size is refused before a byte of it is read; one that is not announced, when it is reached.
    if body.size_hint().lower() > limits::REQUEST_BYTES_MAX as u64 {
        return too_large();
    }
    // A client that goes away in the middle ends here as well: half a request is none.
    let Ok(body) = to_bytes(body, limits::REQUEST_BYTES_MAX).await else { return too_large() };
    let number = house.log.arrive(|number| entry(number, now, &head, &body));
    let call = Call {
        number,
        door,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        method: head.method,
        headers: head.headers,
        body,
        now,
        under_way,
    };
    let struck = house.faults.meet(call.method.as_str(), &call.path, &call.body);
    let (fault_id, reply) = match &struck {
        None => (None, house.vendor.answer(&call, Portion::ALL)),
        Some((id, fault)) => (Some(*id), hurt(house, call, fault)),
    };
    apply_late(house, number);
    finish(house, cut, number, fault_id, struck.map(|(_, fault)| fault), reply).await
}

fn entry(number: u64, at: Timestamp, head: &http::request::Parts, body: &Bytes) -> RequestEntry {
    // `keys` names a header once, however often it was sent.
    let mut headers: Vec<String> = head.headers.keys().map(|name| name.as_str().to_owned()).collect();
    headers.sort_unstable();
    RequestEntry {
        number,
        at,
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers,
        body: Some(body.clone()),
        body_bytes: body.len(),
        status: None,
        fault: None,
        tally: Tally::default(),
    }
}

/// Applies as much as the fault says and gives the answer it asks for.
fn hurt(house: &House, call: Call, fault: &Fault) -> Reply {
    let now = call.now;
    let rest = match &fault.answer {
        Answer::ErrorsForRest { text } => Some(text.as_str()),
        _ => None,
    };
    let part = |part| Portion { part, rest };
    let applied = fault.applied();
    let normal = match applied {
        Apply::Nothing => house.vendor.answer(&call, part(Part::Nothing)),
        Apply::Half => house.vendor.answer(&call, part(Part::Half)),
        Apply::All => house.vendor.answer(&call, part(Part::All)),
        Apply::Twice => {
            let first = house.vendor.answer(&call, part(Part::All));
            let mut second = house.vendor.answer(&call, part(Part::All));
            second.tally.applied += first.tally.applied;
            second
        }
        Apply::Late { after_requests } => put_off(house, call.clone(), after_requests),
    };
    let canned = match &fault.answer {
        Answer::Normal | Answer::ErrorsForRest { .. } | Answer::Truncated | Answer::Drop | Answer::Hang { .. } => {
            return normal;
        }
        Answer::Throttle { reset_s, retry_after_s } => {
            let reset = reset_s.map(|seconds| after(now, seconds));
            house.vendor.throttled_to(&call, ComeBack { reset, retry_after_s: *retry_after_s }, now)
        }
        Answer::Status { status } => house.vendor.words_to(&call, *status, now),
        Answer::NotSuccess { message } => house.vendor.not_success(message),
        Answer::CaptivePortal => Reply::bytes(200, "text/html; charset=utf-8", Bytes::from_static(CAPTIVE_PORTAL)),
    };
    Reply { tally: normal.tally, warnings: normal.warnings, withhold: normal.withhold, ..canned }
}

const CAPTIVE_PORTAL: &[u8] =
    b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><form>Sign in to use this network</form></body></html>";

fn after(now: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_second(now.as_second().saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}

/// Puts a call's effect off; the answer speaks as if it had been applied.
fn put_off(house: &House, call: Call, after_requests: u64) -> Reply {
    let reply = house.vendor.answer(&call, Portion { part: Part::Nothing, rest: None });
    let mut late = house.late.lock().unwrap_or_else(PoisonError::into_inner);
    if late.len() < limits::LATE_MAX {
        late.push((call.number.saturating_add(after_requests), call));
        return reply;
    }
    drop(late);
    house.vendor.answer(&call, Portion::ALL)
}

/// Applies what was put off until `number` had been handled.
fn apply_late(house: &House, number: u64) {
    let due: Vec<Call> = {
        let mut late = house.late.lock().unwrap_or_else(PoisonError::into_inner);
        if late.is_empty() {
            return;
        }
        late.extract_if(.., |(due, _)| *due <= number).map(|(_, call)| call).collect()
    };
    for call in due {
        let reply = house.vendor.answer(&call, Portion::ALL);
        house.log.add(call.number, reply.tally.applied);
    }
}

/// Logs the end and sends, cuts, delays or withholds the answer.
async fn finish(
    house: &House,
    cut: &Cut,
    number: u64,
    fault_id: Option<FaultId>,
    fault: Option<Fault>,
    mut reply: Reply,
) -> Response {
    house.log.warn(std::mem::take(&mut reply.warnings));
    if reply.withhold {
        house.log.withhold(number);
    }
    let silent = matches!(fault, Some(Fault { answer: Answer::Drop | Answer::Hang { .. }, .. }));
    house.log.end(number, (!silent).then_some(reply.status), fault_id, reply.tally);
    let Some(fault) = fault else { return reply.into_response() };
    wait(house, fault.delay_ms).await;
    match fault.answer {
        Answer::Drop => cut.now(),
        Answer::Hang { at_most_ms } => {
            wait(house, at_most_ms).await;
            cut.now();
        }
        Answer::Truncated => cut.in_body(reply.body.len() / 2),
        Answer::Normal
        | Answer::ErrorsForRest { .. }
        | Answer::Throttle { .. }
        | Answer::Status { .. }
        | Answer::NotSuccess { .. }
        | Answer::CaptivePortal => {}
    }
    reply.into_response()
}

/// Waits so long, or until the twin stops. When the client gives up first, the server drops this future.
async fn wait(house: &House, ms: u64) {
    if ms == 0 {
        return;
    }
    let mut stop = house.stop.clone();
    let limit = Duration::from_millis(ms.min(limits::WAIT_MS_MAX));
    drop(tokio::time::timeout(limit, stop.wait_for(|stop| *stop)).await);
}

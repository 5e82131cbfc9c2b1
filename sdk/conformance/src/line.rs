//! The line between the gate and the stand-in: a relay on loopback that hands every request on, counts them, and does harm to those that
//! write while harm is armed. It remembers the last one, for the report. So a stand-in needs no faults of its own, and all connectors meet the same ones.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

use crate::{error::Unfit, exchange::Exchange};

/// What is done to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// Not handed on; answered with this status and words of nobody.
    Status { status: u16, retry_after_s: Option<u64> },
    /// The connection ends without an answer, after the request was handed on or before.
    Cut { handed_on: bool },
    /// Not handed on and never answered.
    Hang,
    /// Not handed on; a page in HTML with status 200.
    Portal,
    /// Handed on; the answer's body is JSON of another shape, under the stand-in's own status.
    Drift,
    /// Handed on; the last element of the first list of so many elements in the answer is gone.
    Fewer { of: usize },
    /// Handed on; half of the answer's body, and the connection ends.
    Half,
}

/// Whom harm meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meets {
    /// All but `GET` and `HEAD`.
    Writes,
    /// Every request.
    All,
}

/// The relay. Dropping it closes the port.
pub(crate) struct Line {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

struct Shared {
    to: SocketAddr,
    armed: Mutex<Option<(Harm, Meets)>>,
    requests: AtomicU64,
    /// Requests that harm was done to.
    harmed: AtomicU64,
    /// The last request, by its number.
    last: Mutex<Option<(u64, Exchange)>>,
}

impl Shared {
    fn last(&self) -> MutexGuard<'_, Option<(u64, Exchange)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the client got, unless another request came after this one.
    fn answered(&self, number: u64, given: &Given) {
        if let Some((of, exchange)) = &mut *self.last()
            && *of == number
        {
            exchange.answered(given.answer.status().as_u16(), given.answer.body());
        }
    }
}

/// What the client gets.
struct Given {
    answer: Response<Bytes>,
    /// The connection ends after the body, before its announced end.
    breaks_off: bool,
    /// There was something to hurt.
    harmed: bool,
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

impl Line {
    /// Listens on a port of its own and leads to `to`.
    pub(crate) async fn start(to: SocketAddr) -> Result<Self, Unfit> {
        let machine = Unfit::machine("a port on loopback");
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| machine(&error))?;
        let address = listener.local_addr().map_err(|error| machine(&error))?;
        let (requests, harmed) = (AtomicU64::new(0), AtomicU64::new(0));
        let (armed, last) = (Mutex::new(None), Mutex::new(None));
        let shared = Arc::new(Shared { to, armed, requests, harmed, last });
        let accepting = tokio::spawn(accept(listener, shared.clone())).abort_handle();
        Ok(Self { address, shared, accepting })
    }

    /// `http://127.0.0.1:…`
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this is done to requests.
    pub(crate) fn arm(&self, harm: Harm, meets: Meets) {
        *self.armed() = Some((harm, meets));
        self.shared.harmed.store(0, Ordering::SeqCst);
    }

    /// No more harm; how many requests were met.
    pub(crate) fn disarm(&self) -> u64 {
        *self.armed() = None;
        self.shared.harmed.load(Ordering::SeqCst)
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// The last request since it was forgotten.
    pub(crate) fn last(&self) -> Option<Exchange> {
        self.shared.last().as_ref().map(|(_, exchange)| exchange.clone())
    }

    /// What comes now has nothing to do with the request before.
    pub(crate) fn forget(&self) {
        *self.shared.last() = None;
    }

    fn armed(&self) -> MutexGuard<'_, Option<(Harm, Meets)>> {
        self.shared.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| carry(shared.clone(), request));
            // An error is a connection that ended: by harm, or by the client.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error of the service closes the connection without an answer.
async fn carry(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let number = shared.requests.fetch_add(1, Ordering::SeqCst);
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let armed = *shared.armed.lock().unwrap_or_else(PoisonError::into_inner);
    let harm = armed.filter(|(_, meets)| *meets == Meets::All || !reads).map(|(harm, _)| harm);
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    *shared.last() = Some((number, Exchange::asked(&head.method, &head.uri, &body)));
    let request = Request::from_parts(head, Full::new(body));
    let given = match harm {
        None => Given::unhurt(hand_on(shared.to, request).await?),
        Some(harm) => {
            let given = hurt(harm, shared.to, request).await;
            if !matches!(given, Ok(Given { harmed: false, .. })) {
                shared.harmed.fetch_add(1, Ordering::SeqCst);
            }
            given?
        }
    };
    shared.answered(number, &given);
    Ok(given.response())
}

/// What is left of the answer, and whether there was anything to hurt.
async fn hurt(harm: Harm, to: SocketAddr, request: Request<Full<Bytes>>) -> io::Result<Given> {
    match harm {
        Harm::Status { status, retry_after_s } => {
            let mut answer = Response::new(Bytes::from_static(br#"{"words":"of nobody"}"#));
            *answer.status_mut() = StatusCode::from_u16(status).map_err(io::Error::other)?;
            json(&mut answer);
            if let Some(seconds) = retry_after_s {
                answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            Ok(Given::hurt(answer))
        }
        Harm::Cut { handed_on } => {
            if handed_on {
                hand_on(to, request).await?;
            }
            Err(cut())
        }
        Harm::Hang => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            Err(cut())
        }
        Harm::Portal => {
            let page = "<!doctype html><html><body><form action=\"/login\">Welcome to the guest network</form></body></html>";
            let mut answer = Response::new(Bytes::from_static(page.as_bytes()));
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            Ok(Given::hurt(answer))
        }
        Harm::Drift => {
            let answer = hand_on(to, request).await?;
            if answer.body().is_empty() {
                return Ok(Given::unhurt(answer));
            }
            let mut answer = replaced(answer, Bytes::from_static(br#"{"another":{"shape":true}}"#));
            json(&mut answer);
            Ok(Given::hurt(answer))
        }
        Harm::Fewer { of } => {
            let answer = hand_on(to, request).await?;
            let body: Option<Value> = serde_json::from_slice(answer.body()).ok();
            let Some(body) = body.and_then(|body| shortened(body, of)) else { return Ok(Given::unhurt(answer)) };
            Ok(Given::hurt(replaced(answer, Bytes::from(body.to_string()))))
        }
        Harm::Half => {
            let answer = hand_on(to, request).await?;
            let half = answer.body().slice(..answer.body().len() / 2);
            if half.is_empty() {
                return Ok(Given::unhurt(answer));
            }
            // With the length of the whole, or the half would be an answer.
            Ok(Given { breaks_off: true, ..Given::hurt(answer.map(|_| half)) })
        }
    }
}

impl Given {
    fn unhurt(answer: Response<Bytes>) -> Self {
        Self { answer, breaks_off: false, harmed: false }
    }

    fn hurt(answer: Response<Bytes>) -> Self {
        Self { answer, breaks_off: false, harmed: true }
    }

    fn response(self) -> Response<Body> {
        if !self.breaks_off {
            return self.answer.map(|body| Full::new(body).map_err(|never: Infallible| match never {}).boxed_unsync());
        }
        self.answer.map(|half| {
            let pieces = stream::iter([Ok(Frame::data(half))]).chain(stream::once(async {
                // The half must be on its way before the connection ends.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(cut())
            }));
            BodyExt::boxed_unsync(StreamBody::new(pieces))
        })
    }
}

fn cut() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

/// The answer with another body, whose length is its own.
fn replaced(answer: Response<Bytes>, body: Bytes) -> Response<Bytes> {
    let mut answer = answer.map(|_| body);
    answer.headers_mut().remove(header::CONTENT_LENGTH);
    answer
}

/// Without the last element of its first list of so many; none where there is no such list.
fn shortened(mut body: Value, of: usize) -> Option<Value> {
    fn cut(value: &mut Value, of: usize) -> bool {
        match value {
            Value::Array(items) if items.len() == of => items.pop().is_some(),
            Value::Array(items) => items.iter_mut().any(|item| cut(item, of)),
            Value::Object(members) => members.values_mut().any(|member| cut(member, of)),
            _ => false,
        }
    }
    cut(&mut body, of).then_some(body)
}

/// The stand-in's own answer, whole, with its length.
async fn hand_on(to: SocketAddr, request: Request<Full<Bytes>>) -> io::Result<Response<Bytes>> {
    let stream = TcpStream::connect(to).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let mut response = Response::from_parts(head, body);
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    response.headers_mut().remove(header::CONNECTION);
    Ok(response)
}

fn json(answer: &mut Response<Bytes>) {
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
}

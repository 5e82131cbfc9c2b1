//! One request from its check to its answer.

use std::{pin::pin, sync::Arc, task::Poll, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, header};
use sluice_catalog::{
    Code,
    contract::{Body, Effect, Failure, Request, Response},
};
use tokio::time::{sleep, timeout_at};
use url::Url;

use super::{
    Client, Gate,
    answer::{self, Wanted},
    held::Held,
    token,
    unpack::Packing,
};
use crate::{
    credential::Rest,
    deadline::Deadline,
    failure::Failed,
    headers,
    limits::{
        CONNECT_PAUSE, CONNECT_TRIES_MAX, HEAD_TIME_MAX, IN_FLIGHT_MAX, READ_PAUSE, READ_TRIES_MAX, READ_TURN_MAX,
        REQUEST_BYTES_MAX, REQUEST_TIME_MAX, UPLOAD_BYTES_PER_SECOND_MIN,
    },
    line::Line,
    pace::{Toll, Turn, retry_after},
    pass::Pass,
    policy::Checked,
    spool::{Spool, SpoolBody},
    token::Token,
};

/// A request that has been decided: everything but the waiting and the sending is done.
struct Ready {
    checked: Checked,
    headers: HeaderMap,
    body: Payload,
    toll: Toll,
    credentials: Vec<String>,
    /// With what is left to write: parameters are in `dialled`, which nothing shows.
    rest: Rest,
    dialled: Url,
    effect: Effect,
    wanted: Wanted,
}

enum Payload {
    None,
    Bytes(Bytes),
    Spooled { spool: Arc<Spool>, id: u64, size: u64 },
}

/// An answer, and the wait that it asks for.
struct Answered {
    response: Response,
    /// Number of the token that it was asked with.
    token: Option<u64>,
    retry_after: Option<Duration>,
}

impl Gate {
    /// Carries one request. Leaves exactly one line with the pass's recorder.
    ///
    /// Cancel-safe in the sense that dropping the future ends the exchange and writes the line (`egress-cancelled`); whether bytes
    /// had left is then not known to the caller.
    pub async fn send(&self, pass: &Pass, request: Request, deadline: Deadline) -> Result<Response, Failure> {
        self.send_beside(pass, request, deadline, &Held::default()).await
    }

    /// Carries many, at most `in_flight_max` (1 to [`IN_FLIGHT_MAX`]) at once; the results are in the order of the requests.
    ///
    /// The answers hold at most [`crate::limits::ANSWERS_BYTES_MAX`] in memory together. One that goes beyond is not read to its end, and
    /// what has not left by then does not leave.
    pub async fn send_all(
        &self,
        pass: &Pass,
        requests: Vec<Request>,
        in_flight_max: u32,
        deadline: Deadline,
    ) -> Vec<Result<Response, Failure>> {
        let at_once = in_flight_max.clamp(1, IN_FLIGHT_MAX) as usize;
        let held = &Held::default();
        let numbered = requests.into_iter().enumerate();
        let sending =
            numbered.map(|(number, request)| async move { (number, self.send_beside(pass, request, deadline, held).await) });
        let mut results: Vec<_> = stream::iter(sending).buffer_unordered(at_once).collect().await;
        results.sort_unstable_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Carries one whose answer shares `held` with others.
    async fn send_beside(&self, pass: &Pass, request: Request, deadline: Deadline, held: &Held) -> Result<Response, Failure> {
        let mut line = Line::open(pass, &*self.clock, &request);
        let result = Box::pin(self.carry(pass, request, deadline.within(REQUEST_TIME_MAX), held, &mut line)).await;
        line.close(&result);
        result.map_err(Failure::from)
    }

    async fn carry(
        &self,
        pass: &Pass,
        request: Request,
        deadline: Deadline,
        held: &Held,
        line: &mut Line<'_>,
    ) -> Result<Response, Failed> {
        let ready = prepare(pass, request, line)?;
        held.room()?;
        let (mut connects, mut reads, mut left, mut renewed) = (1, 1, false, false);
        // The refusal of a read that is asked again, for the case that its next turn is too far away.
        let mut busy_answer: Option<Response> = None;
        loop {
            let turn_until = if busy_answer.is_some() { deadline.within(READ_TURN_MAX) } else { deadline };
            let turn = match (wait_for_turn(pass, &ready.toll, turn_until).await, busy_answer.take()) {
                (Ok(turn), refused) => {
                    release(pass, refused);
                    turn
                }
                (Err(late), Some(refused)) if late.code == Code::EgressTimeout => return Ok(refused),
                (Err(failed), _) => return Err(Failed { sent: left, ..failed }),
            };
            match self.attempt(pass, &ready, turn, deadline, held, line).await {
                Ok(answered) => {
                    // A 401 wrote nothing, also to a write: once, with another token.
                    if let Some(number) = answered.token.filter(|_| answered.response.status == 401 && !renewed) {
                        renewed = true;
                        if token::renew(pass, &ready.rest, number, deadline).await? {
                            release(pass, Some(answered.response));
                            continue;
                        }
                    }
                    left = true;
                    let wait = answered.retry_after.unwrap_or(READ_PAUSE * 2u32.pow(reads - 1));
                    let busy = matches!(answered.response.status, 429 | 503) && ready.effect == Effect::Read;
                    if !busy || reads == READ_TRIES_MAX || wait >= deadline.remaining() {
                        return Ok(answered.response);
                    }
                    reads += 1;
                    busy_answer = Some(answered.response);
                    pause(pass, wait).await.map_err(|f| Failed { sent: true, ..f })?;
                }
                Err(failed) if failed.may_reconnect() && connects < CONNECT_TRIES_MAX && CONNECT_PAUSE < deadline.remaining() => {
                    connects += 1;
                    pause(pass, CONNECT_PAUSE).await.map_err(|f| Failed { sent: left, ..f })?;
                }
                Err(failed) => return Err(Failed { sent: failed.sent || left, ..failed }),
            }
        }
    }

    async fn attempt(
        &self,
        pass: &Pass,
        ready: &Ready,
        turn: Turn,
        deadline: Deadline,
        held: &Held,
        line: &mut Line<'_>,
    ) -> Result<Answered, Failed> {
        let token = token::obtain(pass, &ready.rest, deadline).await?;
        line.leaves(ready.body.size(), &ready.credentials);
        let client = if ready.checked.stand_in().is_some() { &self.named } else { &self.public };
        let response = exchange(client, pass, ready, token.as_deref(), deadline).await?;
        let (now, status) = (self.clock.now(), response.status().as_u16());
        line.answered(status);
        turn.learn(status, response.headers(), now);
        let retry_after = retry_after(response.headers(), now);
        let response = answer::read(pass, &ready.checked, ready.wanted, response, deadline, held, line).await?;
        Ok(Answered { response, token: token.map(|token| token.number), retry_after })
    }
}

/// Everything that can be refused, before anybody waits for anything.
fn prepare(pass: &Pass, request: Request, line: &mut Line<'_>) -> Result<Ready, Failed> {
    let Request { method, url, headers, body, credentials, effect, pace, answer, answer_bytes_max, attrs } = request;
    let checked = pass.policy.check(&method, &url, &pass.links).inspect_err(|r| line.refused(r))?;
    line.allowed(&checked);
    let mut headers = headers::of_component(&headers, &pass.credentials)?;
    let packing = Packing::of(&attrs)?;
    let toll = pass.pacer.toll(&pace, &attrs).map_err(|e| Failed::unsent(Code::EgressPaceUnknown, e.to_string()))?;
    let body = Payload::of(pass, body)?;
    if body.size() == 0 && matches!(*checked.method(), Method::POST | Method::PUT | Method::PATCH) {
        // RFC 9110 section 8.6: servers answer 411 to such methods without a length; the library leaves it out.
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if checked.stand_in().is_some_and(|origin| origin.is_plain()) {
        let host = HeaderValue::from_str(checked.host().as_str()).expect("a host is ASCII letters, digits, hyphens and dots");
        headers.insert(header::HOST, host);
    }
    // Last: from here on the headers hold secrets.
    let rest = pass.credentials.write(&credentials, &checked, &mut headers)?;
    let mut dialled = checked.dialled();
    rest.add_to(&mut dialled);
    let wanted = Wanted { to: answer, bytes_max: answer_bytes_max, packing };
    Ok(Ready { checked, headers, body, toll, credentials, rest, dialled, effect, wanted })
}

impl Payload {
    fn of(pass: &Pass, body: Body) -> Result<Self, Failed> {
        match body {
            Body::None => Ok(Self::None),
            Body::Bytes(bytes) if bytes.len() as u64 > REQUEST_BYTES_MAX => {
                let message = format!("the body has more than {REQUEST_BYTES_MAX} bytes");
                Err(Failed::unsent(Code::EgressRequestTooLarge, message))
            }
            Body::Bytes(bytes) => Ok(Self::Bytes(bytes.into())),
            Body::Spooled(id) => {
                let spool = pass.spool.clone().ok_or_else(|| Failed::unsent(Code::Internal, "this call has no spool"))?;
                let size = spool.size(id).map_err(|e| Failed { sent: false, ..Failed::spool(&e) })?;
                Ok(Self::Spooled { spool, id, size })
            }
        }
    }

    fn size(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Spooled { size, .. } => *size,
        }
    }

    fn to_body(&self) -> Option<reqwest::Body> {
        match self {
            Self::None => None,
            Self::Bytes(bytes) => Some(bytes.clone().into()),
            Self::Spooled { spool, id, size } => Some(reqwest::Body::wrap(SpoolBody::new(Arc::clone(spool), *id, *size))),
        }
    }
}

async fn wait_for_turn(pass: &Pass, toll: &Toll, deadline: Deadline) -> Result<Turn, Failed> {
    let turn = wait(pass, deadline, toll.pay()).await;
    turn.map_err(|vain| match vain {
        Vain::Cancelled => cancelled(),
        Vain::Late => Failed::unsent(Code::EgressTimeout, "the call's time ended while the request waited for its pace"),
    })
}

/// Why something did not come.
pub(super) enum Vain {
    /// The run was stopped.
    Cancelled,
    /// Its time was over.
    Late,
}

/// Waits, with an eye on the run's stop and on the clock. Looks once before: what is there already, as most turns and bodies are,
/// costs neither a timer nor a place among those who wait for the stop.
pub(super) async fn wait<T>(pass: &Pass, until: Deadline, what: impl Future<Output = T>) -> Result<T, Vain> {
    if pass.cancel.is_cancelled() {
        return Err(Vain::Cancelled);
    }
    let mut what = pin!(what);
    if let Poll::Ready(there) = futures::poll!(what.as_mut()) {
        return Ok(there);
    }
    tokio::select! {
        biased;
        () = pass.cancel.cancelled() => Err(Vain::Cancelled),
        there = timeout_at(until.instant(), what) => there.map_err(|_| Vain::Late),
    }
}

/// Takes away the body of an answer that nobody gets.
fn release(pass: &Pass, answer: Option<Response>) {
    if let (Some(Response { body: Body::Spooled(id), .. }), Some(spool)) = (answer, &pass.spool) {
        spool.remove(id);
    }
}

pub(super) async fn pause(pass: &Pass, wait: Duration) -> Result<(), Failed> {
    tokio::select! {
        biased;
        () = pass.cancel.cancelled() => Err(cancelled()),
        () = sleep(wait) => Ok(()),
    }
}

pub(super) fn cancelled() -> Failed {
    Failed::unsent(Code::EgressCancelled, "the run was stopped before the request left")
}

async fn exchange(
    client: &Client,
    pass: &Pass,
    ready: &Ready,
    token: Option<&Token>,
    deadline: Deadline,
) -> Result<reqwest::Response, Failed> {
    let mut request = reqwest::Request::new(ready.checked.method().clone(), ready.dialled.clone());
    *request.headers_mut() = ready.headers.clone();
    if let Some(token) = token {
        request.headers_mut().insert(header::AUTHORIZATION, token.header.clone());
    }
    *request.body_mut() = ready.body.to_body();
    let upload = Duration::from_secs(ready.body.size() / UPLOAD_BYTES_PER_SECOND_MIN);
    let until = deadline.within(HEAD_TIME_MAX + upload);
    let host = ready.checked.host().as_str();
    match wait(pass, until, client.execute(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(Failed::of_exchange(&error, host)),
        Err(Vain::Cancelled) => {
            let message = "the run was stopped while the request was under way";
            Err(Failed { code: Code::EgressCancelled, message: message.into(), sent: client.may_have_sent() })
        }
        Err(Vain::Late) => {
            let message = format!("no answer from {host} in time");
            Err(Failed { code: Code::EgressTimeout, message, sent: client.may_have_sent() })
        }
    }
}

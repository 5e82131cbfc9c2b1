//! Paces, deadlines and repeats, in paused time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sluice_catalog::contract::{Effect, Request};
use tokio::{
    io::AsyncWriteExt,
    time::{Duration, Instant, sleep},
};

use crate::{Deadline, testing::*};

fn minutes(n: u64) -> Deadline {
    Deadline::after(Duration::from_secs(60 * n))
}

/// Answers 429 (or what `busy` is) so many times on each connection, then 200.
async fn busy_server(busy: &'static str, times: usize) -> (Server, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let server = Server::start(move |_, mut stream| {
        let counted = Arc::clone(&counted);
        async move {
            while read_request(&mut stream).await.is_some() {
                let answer = if counted.fetch_add(1, Ordering::SeqCst) < times { busy.to_owned() } else { ok("") };
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    (server, requests)
}

const RETRY_AFTER: &str = "HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
const RESET: &str = "HTTP/1.1 429 Slow\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1800000020\r\ncontent-length: 0\r\n\r\n";
const UNAVAILABLE: &str = "HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_after_what_the_platform_asks_and_others_never() {
    for (busy, effect, times, status, requests, seconds) in [
        (RETRY_AFTER, Effect::Read, 1, 200, 2, 7),
        (RETRY_AFTER, Effect::Read, 9, 429, 3, 14),
        (RETRY_AFTER, Effect::Repeatable, 1, 429, 1, 0),
        (RETRY_AFTER, Effect::Once, 1, 429, 1, 0),
        (UNAVAILABLE, Effect::Read, 2, 200, 3, 3),
        (UNAVAILABLE, Effect::Once, 2, 503, 1, 0),
    ] {
        let (server, counted) = busy_server(busy, times).await;
        let (pass, ledger) = pass(&server.grant());
        let began = Instant::now();
        let request = Request { effect, ..post("https://api.acme.example/", "x") };
        let response = gate().send(&pass, request, minutes(5)).await.expect("answered");
        assert_eq!((response.status, counted.load(Ordering::SeqCst), began.elapsed().as_secs()), (status, requests, seconds));
        assert_eq!(ledger.lines().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeat_that_would_outlast_the_deadline_is_not_made() {
    let (server, counted) = busy_server(RETRY_AFTER, 9).await;
    let (pass, _) = pass(&server.grant());
    let response =
        gate().send(&pass, get("https://api.acme.example/"), Deadline::after(Duration::from_secs(6))).await.expect("429");
    assert_eq!((response.status, counted.load(Ordering::SeqCst)), (429, 1));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_whose_turn_is_far_away_is_not_waited_for() {
    let silent = "HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n";
    let (server, counted) = busy_server(silent, 9).await;
    let (pass, _) = pass(&server.grant());
    let request = Request { pace: vec!["rare".into()], ..get("https://api.acme.example/") };
    let began = Instant::now();
    // Two an hour: after the refusal the next turn is hours away.
    let response = gate().send(&pass, request, minutes(600)).await.expect("the refusal itself");
    assert_eq!((response.status, counted.load(Ordering::SeqCst)), (429, 1));
    assert_eq!(began.elapsed().as_secs(), 11, "the pause, and as long as a turn is waited for");
}

#[tokio::test(start_paused = true)]
async fn a_429_in_either_form_holds_the_next_request_of_the_bucket() {
    for (busy, seconds) in [(RETRY_AFTER, 7), (RESET, 20)] {
        let (server, _) = busy_server(busy, 1).await;
        let (pass, gate) = (pass(&server.grant()).0, gate());
        let request = || Request { pace: vec!["all".into()], ..post("https://api.acme.example/", "x") };
        assert_eq!(gate.send(&pass, request(), minutes(5)).await.expect("answered").status, 429);
        let began = Instant::now();
        assert_eq!(gate.send(&pass, request(), minutes(5)).await.expect("answered").status, 200);
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_pace_ends_with_the_deadline_and_sends_nothing() {
    let (server, seen) = Server::answering(ok("")).await;
    let (pass, gate) = (pass(&server.grant()).0, gate());
    let request = || Request { pace: vec!["slow".into()], ..post("https://api.acme.example/", "x") };
    let requests = (0..6).map(|_| request()).collect();
    let results = gate.send_all(&pass, requests, 6, Deadline::after(Duration::from_millis(1_600))).await;
    let late: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
    assert_eq!((seen.lock().expect("not poisoned").len(), late.len()), (5, 1), "two at once, then two a second");
    assert_eq!((late[0].code.as_str(), late[0].sent), ("egress-timeout", false));
}

#[tokio::test(start_paused = true)]
async fn headers_that_trickle_end_at_the_deadline_for_the_head() {
    let server = Server::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        for byte in b"HTTP/1.1 200 OK\r\nx: ".iter().chain(std::iter::repeat(&b'x')) {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_secs(10)).await;
        }
    })
    .await;
    let (pass, began) = (pass(&server.grant()).0, Instant::now());
    let failure = gate().send(&pass, get("https://api.acme.example/"), minutes(60)).await.expect_err("slow");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-timeout", true));
    assert_eq!(began.elapsed().as_secs(), crate::limits::HEAD_TIME_MAX.as_secs());
}

async fn trickling(every: Duration) -> Server {
    Server::start(move |_, mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while stream.write_all(b"1\r\nx\r\n").await.is_ok() {
            sleep(every).await;
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_body_of_one_byte_chunks_or_of_silence_ends() {
    for (every, seconds) in [(Duration::from_secs(1), 31), (Duration::from_secs(3600), 30)] {
        let server = trickling(every).await;
        let (pass, began) = (pass(&server.grant()).0, Instant::now());
        let failure = gate().send(&pass, get("https://api.acme.example/"), minutes(60)).await.expect_err("slow");
        assert_eq!((failure.code.as_str(), failure.sent), ("egress-timeout", true));
        assert_eq!(began.elapsed().as_secs(), seconds, "{every:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_callers_deadline_ends_a_body() {
    let server = trickling(Duration::from_secs(1)).await;
    let (pass, ledger) = pass(&server.grant());
    let failure =
        gate().send(&pass, get("https://api.acme.example/"), Deadline::after(Duration::from_secs(4))).await.expect_err("late");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-timeout", true));
    let [line] = ledger.lines().try_into().expect("one line");
    assert_eq!((line.status, line.code.as_deref()), (Some(200), Some("egress-timeout")));
}

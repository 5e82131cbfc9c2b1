//! `sent` is false only when no byte left, wherever the exchange is cut.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sluice_catalog::{
    contract::{Effect, Request},
    destination::Grant,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

use crate::{Deadline, Options, testing::*};

#[tokio::test]
async fn a_refused_connection_is_tried_twice_and_nothing_was_sent() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let (pass, ledger) = pass(&stand_in(&format!("http://{free}")));
    let failure = gate().send(&pass, post("https://api.acme.example/", "x"), soon()).await.expect_err("nobody listens");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-connect-failed", false));
    assert!(failure.message.contains("refused"), "{}", failure.message);
    let [line] = ledger.lines().try_into().expect("one line");
    assert_eq!(line.bytes_out, 2, "two attempts of one byte");
}

/// The server reads `cut` bytes and hangs up. Whatever the race at the first bytes, a claim that nothing was sent has to be true.
#[tokio::test]
async fn a_cut_while_the_request_is_written_is_never_called_unsent_when_a_byte_arrived() {
    let body = "x".repeat(3_000_000);
    for cut in [0usize, 1, 20, 150, 1_000, 100_000] {
        let arrived = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&arrived);
        let server = Server::start(move |_, mut stream| {
            let counted = Arc::clone(&counted);
            async move {
                let mut left = cut;
                let mut buffer = vec![0; 4096];
                while left > 0 {
                    let n = stream.read(&mut buffer[..left.min(4096)]).await.unwrap_or(0);
                    if n == 0 {
                        return;
                    }
                    counted.fetch_add(n, Ordering::SeqCst);
                    left -= n;
                }
            }
        })
        .await;
        let (pass, ledger) = pass(&server.grant());
        let failure = gate().send(&pass, post("https://api.acme.example/", &body), soon()).await.expect_err("cut");
        let arrived = arrived.load(Ordering::SeqCst);
        assert!(failure.sent || arrived == 0, "{cut}: {failure:?} after {arrived} bytes");
        assert!(server.connections() <= 2, "{cut}");
        if failure.sent {
            assert_eq!((failure.code.as_str(), server.connections()), ("egress-cut", 1), "{cut}: what has left is not repeated");
        }
        assert_eq!(ledger.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_cut_at_any_byte_of_the_answer_counts_as_sent_and_is_not_repeated() {
    let whole = ok("0123456789");
    for cut in 0..whole.len() {
        let partial = whole.as_bytes()[..cut].to_vec();
        let server = Server::start(move |_, mut stream| {
            let partial = partial.clone();
            async move {
                read_request(&mut stream).await;
                let _ = stream.write_all(&partial).await;
            }
        })
        .await;
        let (pass, ledger) = pass(&server.grant());
        for effect in [Effect::Once, Effect::Repeatable, Effect::Read] {
            let request = Request { effect, ..post("https://api.acme.example/", "x") };
            let before = server.connections();
            let failure = gate().send(&pass, request, soon()).await.expect_err("cut");
            assert_eq!((failure.code.as_str(), failure.sent), ("egress-cut", true), "{cut}");
            assert_eq!(server.connections() - before, 1, "{cut}");
        }
        assert_eq!(ledger.lines().len(), 3);
    }
}

#[tokio::test]
async fn an_answer_before_the_request_is_finished_is_an_answer_or_sent() {
    let server = Server::start(|_, mut stream| async move {
        let _ = stream.read(&mut [0; 10]).await;
        let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    })
    .await;
    let (pass, _) = pass(&server.grant());
    match gate().send(&pass, post("https://api.acme.example/", &"x".repeat(5_000_000)), soon()).await {
        Ok(response) => assert_eq!(response.status, 413),
        Err(failure) => assert!(failure.sent, "{failure:?}"),
    }
}

#[tokio::test]
async fn a_pooled_connection_that_died_never_doubles_a_request() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let server = Server::start(move |_, mut stream| {
        let counted = Arc::clone(&counted);
        async move {
            if read_request(&mut stream).await.is_some() {
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(ok("").as_bytes()).await;
            }
        }
    })
    .await;
    let (pass, gate) = (pass(&server.grant()).0, gate());
    for round in 1..=50 {
        let result = gate.send(&pass, post("https://api.acme.example/", "x"), soon()).await;
        let arrived = requests.swap(0, Ordering::SeqCst);
        match result {
            Ok(_) => assert_eq!(arrived, 1, "{round}"),
            Err(failure) => assert!(arrived == 0 || (failure.sent && arrived == 1), "{round}: {failure:?}, {arrived} arrived"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_comes_is_unsent_by_its_own_limit_and_by_the_deadline() {
    let gate = gate_with(Options { resolver: Arc::new(Never), ..Default::default() });
    let (pass, _) = pass(&Grant::default());
    let request = || post("https://api.acme.example/", "x");
    let failure = gate.send(&pass, request(), Deadline::after(Duration::from_secs(60))).await.expect_err("never");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-connect-failed", false));
    let failure = gate.send(&pass, request(), Deadline::after(Duration::from_secs(3))).await.expect_err("never");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-timeout", false));
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_unsent_while_waiting_and_sent_once_under_way() {
    let server = Server::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let cancel = CancellationToken::new();
    let pass = pass(&server.grant()).0.with_cancel(cancel.clone());
    let gate = gate();
    let under_way = gate.send(&pass, post("https://api.acme.example/", "x"), soon());
    let stop = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cancel.cancel();
    };
    let failure = tokio::join!(under_way, stop).0.expect_err("stopped");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-cancelled", true));
    let failure = gate.send(&pass, post("https://api.acme.example/", "x"), soon()).await.expect_err("stopped");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-cancelled", false));
}

//! Bodies larger than memory.

use std::{sync::Arc, time::Duration};

use rand::{SeedableRng, rngs::StdRng};
use sluice_catalog::contract::{AnswerTo, Body, Failure, Request, Response};

use crate::{Deadline, Spool, limits::ANSWERS_BYTES_MAX, testing::*};

fn spool() -> (tempfile::TempDir, Arc<Spool>) {
    let root = tempfile::tempdir().expect("a folder");
    let spool = Arc::new(Spool::new(root.path(), &mut StdRng::seed_from_u64(1)).expect("a spool"));
    (root, spool)
}

#[tokio::test]
async fn a_spooled_body_leaves_with_its_length_and_an_answer_comes_back_into_a_spool() {
    let big = ok(&"the answer and k-3c/yT+w== ".repeat(20_000));
    let (server, seen) = Server::answering(big).await;
    let (_root, spool) = spool();
    let pass = pass(&server.grant()).0.with_spool(Arc::clone(&spool));
    let id = spool.create().expect("the first");
    let piece: Vec<u8> = (0..=255).cycle().take(700_000).collect();
    spool.append(id, &piece).expect("room");
    spool.append(id, &piece).expect("room");
    let request = Request { body: Body::Spooled(id), answer: AnswerTo::Spool, ..post("https://api.acme.example/", "") };
    let response = gate().send(&pass, request, soon()).await.expect("answered");
    let seen = seen.lock().expect("not poisoned")[0].clone();
    assert_eq!((seen.header("content-length"), seen.header("transfer-encoding")), (vec!["1400000"], vec![]));
    assert!(seen.body == [piece.clone(), piece].concat());
    let Body::Spooled(answer) = response.body else { panic!("{:?}", response.body) };
    let text = spool.read(answer, 0, u32::MAX).expect("known");
    assert!(String::from_utf8(text).expect("text") == "the answer and [credential] ".repeat(20_000));
    assert!(!response.truncated);
}

#[tokio::test]
async fn a_spooled_answer_is_cut_where_the_request_says() {
    let (server, _) = Server::answering(ok(&"0123456789".repeat(100_000))).await;
    let (_root, spool) = spool();
    let pass = pass(&server.grant()).0.with_spool(Arc::clone(&spool));
    for (max, truncated) in [(1_000_000, false), (999_999, true), (0, true)] {
        let request = Request { answer: AnswerTo::Spool, answer_bytes_max: max, ..get("https://api.acme.example/") };
        let response = gate().send(&pass, request, soon()).await.expect("answered");
        let Body::Spooled(id) = response.body else { panic!("{:?}", response.body) };
        assert_eq!((spool.size(id).expect("known"), response.truncated), (max.into(), truncated));
    }
}

#[tokio::test]
async fn spooled_answers_do_not_count_as_memory() {
    const LARGE: usize = 20 * 1024 * 1024;
    let (server, _) = Server::answering(ok(&"x".repeat(LARGE))).await;
    let (_root, spool) = spool();
    let pass = pass(&server.grant()).0.with_spool(Arc::clone(&spool));
    let request = Request { answer: AnswerTo::Spool, answer_bytes_max: u32::MAX, ..get("https://api.acme.example/") };
    let results = gate().send_all(&pass, vec![request; 4], 2, Deadline::after(Duration::from_secs(120))).await;
    let size = |result: Result<Response, Failure>| {
        let response = result.expect("answered");
        let Body::Spooled(id) = response.body else { panic!("{:?}", response.body) };
        spool.size(id).expect("known")
    };
    let sizes: Vec<u64> = results.into_iter().map(size).collect();
    assert_eq!(sizes, [LARGE as u64; 4]);
    assert!(sizes.iter().sum::<u64>() > ANSWERS_BYTES_MAX);
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_no_spool() {
    let (server, _) = Server::answering("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nnot gzip!").await;
    let (_root, spool) = spool();
    let pass = pass(&server.grant()).0.with_spool(Arc::clone(&spool));
    let request = Request { answer: AnswerTo::Spool, ..get("https://api.acme.example/") };
    let failure = gate().send(&pass, request, soon()).await.expect_err("damaged");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-cut", true));
    assert!(spool.size(1).is_err());
}

#[tokio::test]
async fn an_unknown_spool_is_refused_before_anything_leaves() {
    let (server, _) = Server::answering(ok("")).await;
    let (_root, spool) = spool();
    let pass = pass(&server.grant()).0.with_spool(spool);
    let request = Request { body: Body::Spooled(99), ..post("https://api.acme.example/", "") };
    let failure = gate().send(&pass, request, soon()).await.expect_err("unknown");
    assert_eq!((failure.code.as_str(), failure.sent, server.connections()), ("connector-protocol", false, 0));
}

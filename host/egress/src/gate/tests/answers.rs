//! Answers that are too long, too packed, too talkative or plainly broken.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use sluice_catalog::contract::{Request, Response};
use tokio::io::AsyncWriteExt;

use crate::{Deadline, limits::ANSWERS_BYTES_MAX, testing::*};

async fn answer(bytes: impl Into<Vec<u8>>, request: Request) -> Result<Response, sluice_catalog::contract::Failure> {
    let bytes = bytes.into();
    let server = Server::start(move |_, mut stream| {
        let bytes = bytes.clone();
        async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(&bytes).await;
        }
    })
    .await;
    gate().send(&pass(&server.grant()).0, request, soon()).await
}

fn up_to(answer_bytes_max: u32) -> Request {
    Request { answer_bytes_max, ..get("https://api.acme.example/") }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn packed(encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_body_is_cut_behind_the_last_byte_that_was_asked_for() {
    for (max, body, truncated) in
        [(10, "0123456789", false), (9, "012345678", true), (0, "", true), (u32::MAX, "0123456789", false)]
    {
        let response = answer(ok("0123456789"), up_to(max)).await.expect("answered");
        assert_eq!((bytes(&response.body), response.truncated), (body.as_bytes(), truncated), "{max}");
    }
    let response = answer(ok(""), up_to(0)).await.expect("answered");
    assert_eq!((bytes(&response.body), response.truncated), (&b""[..], false));
}

#[tokio::test]
async fn an_endless_body_is_cut_too() {
    let server = Server::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    })
    .await;
    let response = gate().send(&pass(&server.grant()).0, up_to(1_000_000), soon()).await.expect("answered");
    assert_eq!((bytes(&response.body).len(), response.truncated), (1_000_000, true));
}

/// Each alone may be so large; a thousand of them at once would be the host's memory.
#[tokio::test]
async fn the_answers_of_one_send_all_share_one_budget() {
    const LARGE: usize = 20 * 1024 * 1024;
    for (in_flight, kept) in [(1, Some(3)), (6, None)] {
        let (server, seen) = Server::answering(ok(&"x".repeat(LARGE))).await;
        let (pass, ledger) = pass(&server.grant());
        let requests = (0..6).map(|_| up_to(u32::MAX)).collect();
        let results = gate().send_all(&pass, requests, in_flight, Deadline::after(Duration::from_secs(120))).await;
        let whole = results.iter().flatten().inspect(|answer| assert!(!answer.truncated));
        let sizes: Vec<usize> = whole.map(|answer| bytes(&answer.body).len()).collect();
        assert!(sizes.iter().all(|size| *size == LARGE) && (sizes.len() * LARGE) as u64 <= ANSWERS_BYTES_MAX, "{sizes:?}");
        let failures: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        assert!(!failures.is_empty() && failures.iter().all(|f| f.code == "egress-answer-too-large"), "{failures:?}");
        assert!(failures[0].message.contains("67108864 bytes together"), "{}", failures[0].message);
        assert_eq!(ledger.lines().len(), 6);
        if let Some(kept) = kept {
            // The early ones are whole, the next is not read to its end, and the others do not leave.
            assert!(results[..kept].iter().all(Result::is_ok), "{sizes:?}");
            assert_eq!(failures.iter().map(|f| f.sent).collect::<Vec<_>>(), [true, false, false]);
            assert_eq!(seen.lock().expect("not poisoned").len(), kept + 1);
        }
    }
}

#[tokio::test]
async fn gzip_is_unpacked_and_its_description_taken_out() {
    let plain = "{\"hello\":\"world\"}".repeat(1000);
    for encoding in ["gzip", "x-gzip", "GZIP", "identity, gzip"] {
        let response = answer(packed(encoding, &gzip(plain.as_bytes())), up_to(1_000_000)).await.expect(encoding);
        assert_eq!(bytes(&response.body), plain.as_bytes(), "{encoding}");
        assert!(!response.headers.iter().any(|(n, _)| n == "content-encoding" || n == "content-length"), "{encoding}");
    }
    let two = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(bytes(&answer(packed("gzip", &two), up_to(100)).await.expect("members").body), b"one two");
    let response = answer(packed("gzip", &gzip(plain.as_bytes())), up_to(9)).await.expect("cut");
    assert_eq!((bytes(&response.body), response.truncated), (&plain.as_bytes()[..9], true));
    assert_eq!(bytes(&answer(packed("gzip", b""), up_to(9)).await.expect("empty").body), b"");
}

#[tokio::test]
async fn a_bomb_is_cut_at_the_size_or_refused_by_its_ratio() {
    let bomb = gzip(&vec![0; 6_000_000]);
    assert!(bomb.len() < 10_000);
    let response = answer(packed("gzip", &bomb), up_to(500_000)).await.expect("cut");
    assert_eq!((bytes(&response.body).len(), response.truncated), (500_000, true));
    let failure = answer(packed("gzip", &bomb), up_to(u32::MAX)).await.expect_err("ratio");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-answer-too-large", true));
    let small = gzip(&vec![b'x'; crate::limits::GZIP_RATIO_FREE_BYTES as usize]);
    assert_eq!(bytes(&answer(packed("gzip", &small), up_to(u32::MAX)).await.expect("free").body).len(), 1024 * 1024);
}

#[tokio::test]
async fn damaged_and_unknown_packings_are_failures_that_count_as_sent() {
    let good = gzip(b"hello hello hello");
    for (encoding, body, code) in [
        ("gzip", b"not gzip at all".to_vec(), "egress-cut"),
        ("gzip", good[..good.len() - 3].to_vec(), "egress-cut"),
        ("br", b"x".to_vec(), "egress-answer-encoding"),
        ("zstd", b"x".to_vec(), "egress-answer-encoding"),
        ("gzip, gzip", gzip(&good), "egress-answer-encoding"),
    ] {
        let failure = answer(packed(encoding, &body), up_to(1000)).await.expect_err(encoding);
        assert_eq!((failure.code.as_str(), failure.sent), (code, true), "{encoding}");
    }
}

#[tokio::test]
async fn answers_that_smuggle_or_flood_are_not_understood() {
    let many = |n: usize| (0..n).map(|i| format!("x-{i}: y\r\n")).collect::<String>();
    let with = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n");
    assert!(answer(with(&many(100)), up_to(9)).await.is_ok());
    for (what, bytes) in [
        ("too many headers", with(&many(200))),
        ("a line of a megabyte", with(&format!("x: {}\r\n", "y".repeat(1_000_000)))),
        ("headers of 70 kB", with(&format!("x: {}\r\n", "y".repeat(70_000)))),
        ("two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".into()),
        ("no number", "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na".into()),
        ("a bad chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n".into()),
        ("a huge chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nab".into()),
        ("no HTTP", "SSH-2.0-OpenSSH_9\r\n".into()),
    ] {
        let failure = answer(bytes, up_to(9)).await.expect_err(what);
        assert!(failure.sent && ["egress-cut", "egress-answer-too-large"].contains(&failure.code.as_str()), "{what}: {failure:?}");
    }
}

/// The server says back what it was told, as debugging endpoints and careless error pages do.
#[tokio::test]
async fn an_echo_does_not_tell_the_component_its_credentials() {
    let server = Server::start(|_, mut stream| async move {
        while let Some(seen) = read_request(&mut stream).await {
            let said = format!("{} {}", seen.header("authorization").join(""), seen.header("x-app-key").join(""));
            let body = serde_json::json!({ "you": seen.head, "hex": hex::encode(&said) }).to_string();
            let length = body.len();
            let answer =
                format!("HTTP/1.1 401 No\r\nx-you-said: {said}\r\nlocation: /?k={said}\r\ncontent-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    let (pass, ledger) = pass(&server.grant());
    for credentials in [&["api_key", "app_key"][..], &["login", "app_key"]] {
        let credentials = credentials.iter().map(|c| (*c).to_owned()).collect();
        let request = Request { credentials, ..post("https://api.acme.example/v1", "{}") };
        let response = gate().send(&pass, request, soon()).await.expect("answered");
        let shown = format!("{:?} {}", response.headers, String::from_utf8_lossy(bytes(&response.body)));
        assert!(shown.contains("[credential]") && shown.contains("x-you-said"), "{shown}");
        for secret in
            ["k-3c", "application-key", "ann:pass", "pass word", "YW5uOnBh", &hex::encode("application-key"), &hex::encode("k-3c")]
        {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
    assert!(!format!("{:?}", ledger.lines()).contains("k-3c"));
}

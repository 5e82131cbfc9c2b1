//! What is on the wire, and what is in the ledger.

use std::fmt::Write;

use sluice_catalog::{
    contract::{Body, Request},
    destination::Grant,
};

use crate::testing::*;

#[tokio::test]
async fn framing_and_host_are_the_hosts_and_stand_once() {
    let (server, seen) = Server::answering(ok("{}")).await;
    let (pass, ledger) = pass(&server.grant());
    let request = Request {
        headers: vec![
            ("Content-Type".into(), "application/json".into()),
            ("x-two".into(), "1".into()),
            ("X-Two".into(), "2".into()),
        ],
        credentials: vec!["api_key".into(), "app_key".into()],
        pace: vec!["all".into()],
        ..post("https://API.acme.example/v1/users//track?a=%2F&b=1", "{\"a\":1}")
    };
    let response = gate().send(&pass, request, soon()).await.expect("answered");
    assert_eq!((response.status, bytes(&response.body), response.truncated), (200, &b"{}"[..], false));
    let seen = seen.lock().expect("not poisoned")[0].clone();
    let mut lines: Vec<&str> = seen.head.trim_end().split("\r\n").collect();
    lines[1..].sort_unstable();
    assert_eq!(
        lines,
        [
            "POST /v1/users//track?a=%2F&b=1 HTTP/1.1",
            "accept-encoding: gzip",
            "accept: */*",
            "authorization: Bearer k-3c/yT+w==",
            "content-length: 7",
            "content-type: application/json",
            "host: api.acme.example",
            "user-agent: sluice/0.1.0",
            "x-app-key: application-key",
            "x-two: 1",
            "x-two: 2",
        ]
    );
    assert_eq!(seen.body, b"{\"a\":1}");
    let [line] = ledger.lines().try_into().expect("one line");
    assert_eq!((line.host.as_str(), line.method.as_str(), line.path.as_str()), ("api.acme.example", "POST", "/v1/users//track"));
    assert_eq!(line.stand_in, Some(format!("http://{}", server.address)));
    assert_eq!((line.status, line.code, line.bytes_out, line.bytes_in), (Some(200), None, 7, 2));
    assert_eq!((line.at_ms, line.credentials), (NOW * 1000, vec!["api_key".to_owned(), "app_key".to_owned()]));
}

#[tokio::test]
async fn an_empty_post_says_that_it_is_empty() {
    let (server, seen) = Server::answering(ok("")).await;
    let (pass, _) = pass(&server.grant());
    let request = Request { body: Body::None, ..post("https://api.acme.example/", "") };
    gate().send(&pass, request, soon()).await.expect("answered");
    let seen = seen.lock().expect("not poisoned")[0].clone();
    assert_eq!((seen.header("content-length"), seen.header("transfer-encoding")), (vec!["0"], vec![]));
}

#[tokio::test]
async fn each_refusal_leaves_one_line_with_its_code_and_no_packet() {
    let (server, _) = Server::answering(ok("")).await;
    let (pass, ledger) = pass(&server.grant());
    let gate = gate();
    let with = |change: fn(&mut Request)| {
        let mut request = post("https://api.acme.example/v1", "x");
        change(&mut request);
        request
    };
    let refused: Vec<(&str, Request)> = vec![
        ("egress-url-refused", with(|r| r.url = "http://api.acme.example/".into())),
        ("egress-host-not-listed", with(|r| r.url = "https://evil.test/".into())),
        ("egress-method-not-listed", with(|r| r.method = "DELETE".into())),
        ("egress-path-not-listed", with(|r| (r.method, r.url) = ("PUT".into(), "https://files.acme.example:8443/".into()))),
        ("egress-header-refused", with(|r| r.headers.push(("Host".into(), "evil.test".into())))),
        ("egress-header-refused", with(|r| r.headers.push(("x".into(), "a\r\nb: c".into())))),
        ("egress-credential-refused", with(|r| r.credentials.push("nobody".into()))),
        ("egress-pace-unknown", with(|r| r.pace.push("nobody".into()))),
        ("egress-request-too-large", with(|r| r.body = Body::Bytes(vec![0; crate::limits::REQUEST_BYTES_MAX as usize + 1]))),
    ];
    let mut said = String::new();
    for (number, (code, request)) in refused.into_iter().enumerate() {
        let failure = gate.send(&pass, request, soon()).await.expect_err(code);
        assert_eq!((failure.code.as_str(), failure.sent), (code, false));
        writeln!(said, "{failure}").expect("memory");
        let lines = ledger.lines();
        assert_eq!((lines.len(), lines[number].code.as_deref(), lines[number].status), (number + 1, Some(code), None));
        assert_eq!((lines[number].bytes_out, &lines[number].credentials), (0, &vec![]));
    }
    assert_eq!(server.connections(), 0);
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn a_dropped_request_leaves_its_line() {
    let (pass, ledger) = pass(&Grant::default());
    let resolver = std::sync::Arc::new(Never);
    let gate = gate_with(crate::Options { resolver, ..Default::default() });
    let dropped =
        tokio::time::timeout(std::time::Duration::from_millis(1), gate.send(&pass, get("https://api.acme.example/"), soon()));
    assert!(dropped.await.is_err());
    let lines = ledger.lines();
    assert_eq!((lines.len(), lines[0].code.as_deref()), (1, Some("egress-cancelled")));
}

#[tokio::test]
async fn redirects_are_answers_and_nobody_follows_them() {
    let (other, _) = Server::answering(ok("secret")).await;
    let targets = [
        "http://169.254.169.254/latest".to_owned(),
        format!("http://{}/", other.address),
        "https://files.acme.example:8443/v1/uploads".into(),
        "https://api.acme.example:444/".into(),
        "/relative".into(),
    ];
    for status in [301, 302, 303, 307, 308] {
        for target in &targets {
            let extra = "refresh: 0; url=http://169.254.169.254/\r\nalt-svc: h3=\":443\"\r\nlink: </x>; rel=preload\r\n";
            let answer = format!("HTTP/1.1 {status} Moved\r\nlocation: {target}\r\n{extra}content-length: 0\r\n\r\n");
            let (server, seen) = Server::answering(answer).await;
            let (pass, ledger) = pass(&server.grant());
            let response = gate().send(&pass, post("https://api.acme.example/", "x"), soon()).await.expect("answered");
            assert_eq!(response.status, status);
            assert!(response.headers.iter().any(|(n, v)| n == "location" && v == target));
            assert_eq!((seen.lock().expect("not poisoned").len(), ledger.lines().len()), (1, 1));
        }
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_gate_keeps_its_connection_and_shares_none_and_keeps_no_cookie() {
    let answer = "HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n";
    let (server, seen) = Server::answering(answer).await;
    let (one, other, (pass, _)) = (gate(), gate(), pass(&server.grant()));
    for _ in 0..3 {
        one.send(&pass, get("https://api.acme.example/"), soon()).await.expect("answered");
    }
    assert_eq!(server.connections(), 1);
    other.send(&pass, get("https://api.acme.example/"), soon()).await.expect("answered");
    assert_eq!(server.connections(), 2);
    assert!(seen.lock().expect("not poisoned").iter().all(|r| r.header("cookie").is_empty()));
}

#[tokio::test]
async fn send_all_answers_in_the_order_of_the_requests() {
    let server = Server::start(|_, mut stream| async move {
        while let Some(request) = read_request(&mut stream).await {
            let path = request.head.split(' ').nth(1).expect("a target").to_owned();
            use tokio::io::AsyncWriteExt;
            if stream.write_all(ok(&path).as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await;
    let (pass, ledger) = pass(&server.grant());
    let mut requests: Vec<_> = (0..40).map(|i| get(&format!("https://api.acme.example/{i}"))).collect();
    requests[7].url = "https://evil.test/".into();
    let results = gate().send_all(&pass, requests, 4, soon()).await;
    for (i, result) in results.iter().enumerate() {
        match result {
            Ok(response) => assert_eq!(bytes(&response.body), format!("/{i}").as_bytes()),
            Err(failure) => assert_eq!((i, failure.code.as_str()), (7, "egress-host-not-listed")),
        }
    }
    assert_eq!((results.len(), ledger.lines().len()), (40, 40));
    assert!(server.connections() <= 4, "{} connections", server.connections());
}

/// Runs another test of this file in a process whose environment names proxies that nobody serves.
#[test]
fn proxies_of_the_environment_are_not_used() {
    let mut command = std::process::Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", "gate::tests::wire::framing_and_host_are_the_hosts_and_stand_once"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:1");
    }
    let output = command.output().expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::net::SocketAddr;

use axum::routing::get;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

use super::*;

const LONG: Duration = Duration::from_secs(20);
const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// A server of one page, which says `here`, and of `/slow`, which says that it was asked and waits until it may answer.
struct Site {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
    asked: Arc<Notify>,
    may_answer: Arc<Notify>,
}

impl Site {
    async fn with(bounds: Bounds) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, may_answer, stop) = (Arc::new(Notify::new()), Arc::new(Notify::new()), CancellationToken::new());
        let both = (Arc::clone(&asked), Arc::clone(&may_answer));
        let slow = move || {
            let (asked, may_answer) = both.clone();
            async move {
                asked.notify_one();
                may_answer.notified().await;
                "late"
            }
        };
        let router = Router::new().route("/", get(async || "here")).route("/slow", get(slow));
        let served = tokio::spawn(serve(listener, router, bounds, stop.clone()));
        Self { address, stop, served, asked, may_answer }
    }

    async fn say(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }
}

/// What comes until `end` has come or the connection is closed.
async fn heard(stream: &mut TcpStream, end: &str) -> String {
    let (mut said, mut part) = (Vec::new(), [0; 1_024]);
    while !String::from_utf8_lossy(&said).ends_with(end) {
        match timeout(LONG, stream.read(&mut part)).await.unwrap() {
            Ok(0) | Err(_) => break,
            Ok(read) => said.extend_from_slice(&part[..read]),
        }
    }
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn who_is_slow_with_his_headers_or_says_nothing_loses_the_connection() {
    let site = Site::with(Bounds { headers_wait: Duration::from_millis(500), ..Bounds::default() }).await;
    for begun in [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = site.say(begun).await;
        let mut rest = Vec::new();
        let _ = timeout(LONG, stream.read_to_end(&mut rest)).await.unwrap();
        assert!(!String::from_utf8_lossy(&rest).contains("here"));
    }
    let mut whole = site.say(WHOLE).await;
    assert!(heard(&mut whole, "here").await.starts_with("HTTP/1.1 200"));
    // The time for headers is none for answers.
    let mut slow = site.say(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    site.asked.notified().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    site.may_answer.notify_one();
    assert!(heard(&mut slow, "late").await.ends_with("late"));
}

#[tokio::test]
async fn one_connection_too_many_waits_for_a_place() {
    let site = Site::with(Bounds { connections: 1, headers_wait: LONG }).await;
    let mut first = site.say(WHOLE).await;
    assert!(heard(&mut first, "here").await.ends_with("here"));
    let mut second = site.say(WHOLE).await;
    let early = timeout(Duration::from_millis(200), second.read(&mut [0; 16])).await;
    assert!(early.is_err(), "it is not answered while the first one has the place");
    drop(first);
    assert!(heard(&mut second, "here").await.ends_with("here"));
}

#[tokio::test]
async fn a_stop_takes_nobody_any_more_and_lets_requests_end() {
    let site = Site::with(Bounds::default()).await;
    let mut idle = site.say(WHOLE).await;
    assert!(heard(&mut idle, "here").await.ends_with("here"));
    let mut slow = site.say(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    site.asked.notified().await;
    site.stop.cancel();
    assert_eq!(heard(&mut idle, "nothing more").await, "", "an idle connection is closed at once");
    assert!(!site.served.is_finished(), "a request is under way");
    site.may_answer.notify_one();
    assert!(heard(&mut slow, "late").await.ends_with("late"));
    timeout(LONG, site.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(site.address).await.is_err());
}

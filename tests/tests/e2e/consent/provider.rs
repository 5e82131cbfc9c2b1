//! A real OpenID provider (`oidc-provider` of npm) in a process of its own, and an interface behind it that takes a token only where the
//! provider's introspection calls it active. Without node, npm or its registry the tests are passed over in one line that says so.

use std::{
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::Value;

/// The newest one that Node 20 runs (2026-11-27); it warns of anything below 22.
const PACKAGE: &str = r#"{ "private": true, "type": "module", "dependencies": { "oidc-provider": "9.13.3" } }"#;

/// The folder in which the package is installed, once per process; none where it cannot be had.
fn installed() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let install = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider-9.13.3");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("package.json"), PACKAGE).unwrap();
        std::fs::write(folder.join("provider.mjs"), include_str!("provider.mjs")).unwrap();
        let runs = |program: &str, args: &[&str]| {
            let mut command = Command::new(program);
            command.args(args).current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let there = folder.join("node_modules/oidc-provider/package.json").exists();
        let ready =
            runs("node", &["--version"]) && (there || runs("npm", &["install", "--no-audit", "--no-fund", "--ignore-scripts"]));
        if !ready {
            let _ = writeln!(std::io::stderr(), "SKIPPED: consent: node and npm are not there, or npm's registry is out of reach");
        }
        ready.then_some(folder)
    };
    FOLDER.get_or_init(install).as_deref()
}

/// The provider at work; ended with its owner.
pub(crate) struct Provider {
    child: Child,
    pub(crate) url: String,
}

impl Provider {
    /// Whose access tokens are good for so many seconds, and which sends browsers back to this address.
    pub(crate) fn start(seconds: u32, redirect: &str) -> Option<Self> {
        let mut command = Command::new("node");
        command.args(["provider.mjs", &seconds.to_string(), redirect]).current_dir(installed()?);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let url = format!("http://localhost:{}", port.trim().parse::<u16>().expect("the provider says its port"));
        Some(Self { child, url })
    }

    /// The person takes every consent back.
    pub(crate) async fn withdraw(&self) {
        let answer = reqwest::Client::new().post(format!("{}/test/withdraw", self.url)).send().await.unwrap();
        assert!(answer.status().is_success());
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An interface that knows who comes with a token by asking the provider.
#[derive(Clone)]
pub(crate) struct Interface {
    provider: String,
    pub(crate) url: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// Tokens that were good, in the order in which they were first seen.
    good: Vec<String>,
    /// How many of them had ended when a wait for their end was over.
    ended: usize,
    late: usize,
    rows: usize,
}

impl Interface {
    pub(crate) async fn start(provider: &Provider) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let interface = Self { provider: provider.url.clone(), url, seen: Arc::default() };
        let router = Router::new().route("/me", get(me)).route("/contacts", post(contacts)).with_state(interface.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        interface
    }

    /// Whether the provider calls a token active.
    pub(crate) async fn is_active(&self, token: &str) -> bool {
        let body = format!("token={token}");
        let request = reqwest::Client::new().post(format!("{}/token/introspection", self.provider)).body(body);
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").basic_auth("interface", Some("interface"));
        request.send().await.unwrap().json::<Value>().await.unwrap()["active"] == true
    }

    async fn lets_in(&self, headers: &HeaderMap) -> bool {
        let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let good = match token {
            Some(token) => self.is_active(token).await,
            None => false,
        };
        let mut seen = self.seen.lock().unwrap();
        let known = seen.good.iter().position(|known| Some(known.as_str()) == token);
        match (token, known) {
            (Some(token), None) if good => seen.good.push(token.to_owned()),
            (_, Some(place)) if place < seen.ended => seen.late += 1,
            _ => {}
        }
        good
    }

    /// Tokens that were good so far.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.seen.lock().unwrap().good.clone()
    }

    /// Requests that came with a token whose end had been waited for. A token that ends on its way here, as one of seconds may on a busy
    /// machine, is not among them: it is answered with 401, and the host has to bear that.
    pub(crate) fn late(&self) -> usize {
        self.seen.lock().unwrap().late
    }

    /// Rows that were taken.
    pub(crate) fn rows(&self) -> usize {
        self.seen.lock().unwrap().rows
    }

    /// Waits until the newest token has ended by everybody's clock: the provider counts from the whole second in which it gave the token.
    pub(crate) async fn newest_ends(&self) {
        let (newest, began) = (self.tokens().pop().expect("one was good"), Instant::now());
        while self.is_active(&newest).await {
            assert!(began.elapsed() < Duration::from_secs(30), "it ends within seconds");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let mut seen = self.seen.lock().unwrap();
        seen.ended = seen.good.len();
    }
}

async fn me(State(interface): State<Interface>, headers: HeaderMap) -> StatusCode {
    if interface.lets_in(&headers).await { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
}

async fn contacts(State(interface): State<Interface>, headers: HeaderMap, Json(rows): Json<Value>) -> StatusCode {
    if !interface.lets_in(&headers).await {
        return StatusCode::UNAUTHORIZED;
    }
    interface.seen.lock().unwrap().rows += rows.as_array().unwrap().len();
    StatusCode::OK
}

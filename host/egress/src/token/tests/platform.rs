//! A platform of the tests: a token endpoint and an interface behind one address, both told by a script what they answer.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use sluice_catalog::{
    clock::Clock,
    contract::{Failure, Request, Response},
    destination::{Grant, StandIn},
    manifest::Manifest,
    seal::Secret,
};
use tokio::io::AsyncWriteExt;
use tokio_util::task::TaskTracker;

use crate::{
    Borrower, Credentials, Gate, MemoryVault, Options, Pacer, Pass, Policy, Tokens, Vault,
    testing::{HEAD, Ledger, NOW, Seen, Server, gate, read_request, soon},
};

/// The client's secret in every test.
pub(super) const SECRET: &str = "hush/client+secret";

/// A clock that a test moves.
#[derive(Debug)]
pub(super) struct TestClock(AtomicI64);

impl TestClock {
    pub(super) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("an instant")
    }
}

/// What it answers to the n-th token request (from 1), and to a request of its interface.
type Script = dyn Fn(&Seen, usize) -> String + Send + Sync;

pub(super) struct Platform {
    server: Server,
    token_requests: Arc<Mutex<Vec<Seen>>>,
    requests: Arc<Mutex<Vec<Seen>>>,
    pub(super) clock: Arc<TestClock>,
    pub(super) vault: Arc<MemoryVault>,
    pub(super) ledger: Arc<Ledger>,
    manifest: Manifest,
    settings: Value,
    secret: String,
}

/// An answer with a status.
pub(super) fn answer(status: &str, body: &Value) -> String {
    let body = body.to_string();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A token with its number, good for an hour.
pub(super) fn token(number: usize) -> String {
    answer("200 OK", &json!({ "access_token": format!("access-{number}"), "token_type": "Bearer", "expires_in": 3600 }))
}

pub(super) const CLIENT: &str = r#"
[settings]
type = "object"
[settings.properties]
client_id = { type = "string" }
account = { type = "integer" }
[[egress]]
host = "api.acme.example"
methods = ["GET", "POST"]
[[credentials]]
name = "client"
help = "h"
[credentials.write]
kind = "KIND"
[credentials.write.token]
url = "https://auth.acme.example/v2/token"
client-id = "client_id"
client-authentication = "form"
scopes = ["read", "write"]
parameters = { account_id = "{account}", fixed = "yes" }
"#;

impl Platform {
    /// Of a credential of this kind.
    pub(super) async fn of(kind: &str, script: impl Fn(&Seen, usize) -> String + Send + Sync + 'static) -> Self {
        Self::with(&CLIENT.replace("KIND", kind), script).await
    }

    pub(super) async fn with(manifest: &str, script: impl Fn(&Seen, usize) -> String + Send + Sync + 'static) -> Self {
        let script: Arc<Script> = Arc::new(script);
        let (token_requests, requests) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (tokens, others) = (Arc::clone(&token_requests), Arc::clone(&requests));
        let server = Server::start(move |_, mut stream| {
            let (script, tokens, others) = (Arc::clone(&script), Arc::clone(&tokens), Arc::clone(&others));
            async move {
                while let Some(seen) = read_request(&mut stream).await {
                    let kept = if seen.header("host")[0].starts_with("api.") { &others } else { &tokens };
                    let number = {
                        let mut kept = kept.lock().expect("not poisoned");
                        kept.push(seen.clone());
                        kept.len()
                    };
                    let answer = script(&seen, number);
                    let (wait, answer) = answer.strip_prefix("later ").map_or((0, answer.as_str()), |rest| (100, rest));
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        })
        .await;
        Self {
            server,
            token_requests,
            requests,
            clock: Arc::new(TestClock(AtomicI64::new(NOW))),
            vault: Arc::default(),
            ledger: Arc::default(),
            manifest: Manifest::parse(&format!("{HEAD}{manifest}")).expect("a sound manifest"),
            settings: json!({ "client_id": "id 1", "account": 7 }),
            secret: SECRET.into(),
        }
    }

    pub(super) fn refresh_token(self, token: &str) -> Self {
        Self { vault: Arc::new(MemoryVault::with_refresh_token(Secret::new(token.as_bytes()))), ..self }
    }

    pub(super) fn settings(self, settings: Value) -> Self {
        Self { settings, ..self }
    }

    pub(super) fn secret(self, secret: &str) -> Self {
        Self { secret: secret.into(), ..self }
    }

    pub(super) fn tokens(&self) -> Tokens {
        let options = Options { clock: self.clock.clone(), ..Options::default() };
        Tokens::new(options, TaskTracker::new())
    }

    pub(super) fn grant(&self) -> Grant {
        let to = |host: &str| StandIn { host: host.into(), origin: format!("http://{}", self.server.address) };
        let endpoint = self.manifest.credentials[0].write.token_endpoint().map_or("oauth2.googleapis.com", |_| "auth.acme.example");
        Grant { operator_hosts: vec![], stand_ins: vec![to("api.acme.example"), to(endpoint)] }
    }

    pub(super) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(super) fn policy(&self) -> Policy {
        Policy::resolve(&self.manifest, &self.grant(), &self.settings).expect("a policy")
    }

    /// Calls with what holders are made with; the vault is the platform's, or another one.
    pub(super) fn borrow<T>(&self, policy: &Policy, vault: Option<Arc<dyn Vault>>, with: impl FnOnce(&Borrower<'_>) -> T) -> T {
        let own: Arc<dyn Vault> = self.vault.clone();
        let vault = move |_: &str| vault.clone().unwrap_or_else(|| Arc::clone(&own));
        let settings = &self.settings;
        with(&Borrower { policy, settings, component: "sha256:00".into(), account: "dst_1".into(), vault: &vault })
    }

    pub(super) fn credentials(&self, tokens: &Tokens, vault: Option<Arc<dyn Vault>>) -> Credentials {
        let secrets = [("client".to_owned(), Secret::new(self.secret.as_bytes()))];
        let bound =
            self.borrow(&self.policy(), vault, |borrower| Credentials::bind_with_tokens(&self.manifest, secrets, tokens, borrower));
        bound.expect("bound")
    }

    pub(super) fn pass(&self, tokens: &Tokens) -> Pass {
        self.pass_with(tokens, None)
    }

    pub(super) fn pass_with(&self, tokens: &Tokens, vault: Option<Arc<dyn Vault>>) -> Pass {
        let credentials = Arc::new(self.credentials(tokens, vault));
        let pacer = Arc::new(Pacer::new(&self.manifest));
        Pass::new(Arc::new(self.policy()), credentials, pacer, "sha256:00", self.ledger.clone())
    }

    /// A request with the credential.
    pub(super) async fn send(&self, pass: &Pass, request: Request) -> Result<Response, Failure> {
        let gate: Gate = gate();
        gate.send(pass, Request { credentials: vec!["client".into()], ..request }, soon()).await
    }

    pub(super) fn token_requests(&self) -> Vec<Seen> {
        self.token_requests.lock().expect("not poisoned").clone()
    }

    /// `authorization` of each request of the interface.
    pub(super) fn authorizations(&self) -> Vec<String> {
        let requests = self.requests.lock().expect("not poisoned");
        requests.iter().map(|seen| seen.header("authorization").join("|")).collect()
    }
}

/// The members of a form, in its order.
pub(super) fn form(seen: &Seen) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&seen.body).map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}

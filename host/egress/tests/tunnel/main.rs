//! Database connections through a bastion and with a client certificate: a real PostgreSQL, a real SSH server, the real manifest.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bastion;
mod certificates;
mod database;
mod refusals;
mod statements;

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt, ready};
use jiff::Timestamp;
use russh::keys::{Algorithm, PrivateKey, PublicKey, key::safe_rng, ssh_key::LineEnding};
use serde_json::{Value, json};
use sluice_catalog::{
    clock::FixedClock, contract::SqlFailure, manifest::Manifest, record::EgressRecord, seal::Secret, source::Connector,
};
use sluice_egress::{
    Deadline, Recorder, Resolve,
    sql::{Around, Sessions, SqlError},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{bastion::Bastion, database::Database};

/// Every name that ends in `.test` is this machine.
#[derive(Debug)]
struct ThisMachine;

impl Resolve for ThisMachine {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let known = name == "localhost" || name.ends_with(".test");
        ready(Ok(if known { vec![IpAddr::V4(Ipv4Addr::LOCALHOST)] } else { Vec::new() })).boxed()
    }
}

/// The egress ledger.
#[derive(Default)]
struct Ledger(Mutex<Vec<EgressRecord>>);

impl Recorder for Ledger {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap().push(record);
    }
}

/// A source as an operator declares it: settings, the entry of the grant, credentials.
#[derive(Clone)]
struct Source {
    settings: Value,
    granted: Value,
    secrets: Vec<(&'static str, String)>,
}

impl Source {
    /// The user with the password, over verified TLS.
    fn of(database: &Database) -> Self {
        let port = database.port;
        Self {
            settings: json!({ "host": "localhost", "port": port, "database": "shop", "user": "sluice" }),
            granted: json!({ "host": "localhost", "port": port, "private_address": true, "ca": database.authority.pem }),
            secrets: vec![("password", database::PASSWORD.to_owned())],
        }
    }

    /// The same through a bastion whose host key is pinned.
    fn behind(self, bastion: &Bastion) -> Self {
        let port = bastion.address.port();
        let through = json!({ "host": "bastion.test", "port": port, "private_address": true });
        self.set("ssh_host", json!("bastion.test"))
            .set("ssh_port", json!(port))
            .set("ssh_user", json!("tunnel"))
            .set("ssh_fingerprint", json!(bastion.fingerprint))
            .grant("private_address", json!(false))
            .grant("through", through)
    }

    fn set(mut self, setting: &str, value: Value) -> Self {
        self.settings[setting] = value;
        self
    }

    fn unset(mut self, setting: &str) -> Self {
        self.settings.as_object_mut().unwrap().remove(setting);
        self
    }

    fn grant(mut self, member: &str, value: Value) -> Self {
        self.granted[member] = value;
        self
    }

    fn with(mut self, credential: &'static str, secret: impl Into<String>) -> Self {
        self.secrets.retain(|(name, _)| *name != credential);
        self.secrets.push((credential, secret.into()));
        self
    }

    fn without(mut self, credential: &str) -> Self {
        self.secrets.retain(|(name, _)| *name != credential);
        self
    }

    fn open(&self) -> Result<(Sessions, Arc<Ledger>), SqlError> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../connectors/postgresql/connector.toml");
        let manifest = Manifest::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        let grant = serde_json::from_value(json!({ "connections": [self.granted] })).unwrap();
        let connector = Connector { id: "postgresql".into(), settings: self.settings.clone(), grant };
        let problems = connector.validate(&manifest);
        assert!(problems.is_empty(), "{problems:?}");
        let connection = connector.connection(&manifest.connections[0]).unwrap();
        let secrets = self.secrets.iter().map(|(name, text)| ((*name).to_owned(), Secret::new(text.as_bytes()))).collect();
        let ledger = Arc::new(Ledger::default());
        let around = Around {
            resolver: Arc::new(ThisMachine),
            clock: Arc::new(FixedClock(Timestamp::UNIX_EPOCH)),
            recorder: Arc::clone(&ledger) as Arc<dyn Recorder>,
            component: "sha256:00".into(),
            label: "sluice".into(),
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        Ok((Sessions::new(connection, secrets, around)?, ledger))
    }

    /// The code and the sentence with which a statement is refused. None of the secrets is in it.
    async fn refusal(&self) -> (String, String) {
        let refused: SqlFailure = match self.open() {
            Err(error) => error.into(),
            Ok((sessions, _)) => query(&sessions, "SELECT 1 AS one").await.expect_err("a refusal"),
        };
        for (name, secret) in &self.secrets {
            assert!(!secret.lines().any(|line| !line.is_empty() && refused.message.contains(line)), "{name} is told: {refused}");
        }
        (refused.code, refused.message)
    }

    /// Fails unless a statement gives its row.
    async fn works(&self) {
        let (sessions, _) = self.open().unwrap();
        let rows = query(&sessions, "SELECT 1 AS one").await.unwrap_or_else(|refused| panic!("{refused}"));
        let batch = sessions.fetch(rows, 10, soon()).await.unwrap().unwrap();
        assert_eq!(batch.rows, 1);
        assert!(sessions.fetch(rows, 10, soon()).await.unwrap().is_none());
    }
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

async fn query(sessions: &Sessions, statement: &str) -> Result<u64, SqlFailure> {
    Ok(sessions.query("main", statement, soon()).await?.id)
}

/// A new key, as OpenSSH writes it, and its public half.
fn new_key() -> (String, PublicKey) {
    let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
    (key.to_openssh(LineEnding::LF).unwrap().to_string(), key.public_key().clone())
}

/// A key that `ssh-keygen` of OpenSSH 9.2 wrote, and its public half.
fn kept_key(name: &str) -> (String, PublicKey) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tunnel/keys").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let public = PrivateKey::from_openssh(&text).unwrap().public_key().clone();
    (text, public)
}

//! The component on a stage whose host is a twin, and a reader of what Klaviyo shows.

use std::{path::Path, sync::OnceLock, time::Duration};

use serde_json::Value;
use sluice_catalog::contract::{Halt, Operation, Written};
use sluice_conformance::{Account, Stage, Subject, Table, Work, words};
use sluice_twins::klaviyo::{Options, Running, Twin};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The key that the twin knows.
pub(crate) const API_KEY: &str = "pk_7c1e_twin";
const HOST: &str = "a.klaviyo.com";
/// Questions after a job before a test has waited long enough.
const POLLS_MAX: usize = 400;

/// Contacts that are made or updated.
pub(crate) const UPSERT: Work<'static> = Work { service: "contacts", mode: "upsert", options: "{}", keep: b"" };
/// Contacts that are updated where they are known.
pub(crate) const UPDATE: Work<'static> = Work { service: "contacts", mode: "update-only", options: "{}", keep: b"" };

/// Contacts that are made where they are not there.
pub(crate) const INSERT: Work<'static> = Work { service: "contacts", mode: "insert", options: "{}", keep: b"" };

/// Members of the list of these options.
pub(crate) fn list<'a>(options: &'a str, keep: &'a [u8]) -> Work<'a> {
    Work { service: "lists", mode: "list", options, keep }
}

/// Subscriptions on the list of these options.
pub(crate) fn subscription<'a>(options: &'a str, keep: &'a [u8]) -> Work<'a> {
    Work { service: "subscriptions", mode: "list", options, keep }
}

/// A twin and a stage that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    pub(crate) stage: Stage,
}

impl Rig {
    /// With a twin of an empty account.
    pub(crate) async fn new() -> Self {
        Self::with_key(API_KEY).await
    }

    /// The same, with a host that holds this key.
    pub(crate) async fn with_key(key: &str) -> Self {
        static SUBJECT: OnceLock<Subject> = OnceLock::new();
        let subject = SUBJECT.get_or_init(|| Subject::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());
        let twin = Twin::start(Options::with_key(API_KEY)).await.unwrap();
        let account = Account {
            settings: serde_json::json!({}),
            credentials: vec![("api_key".to_owned(), key.to_owned())],
            leads: vec![(HOST.to_owned(), twin.url().to_owned())],
        };
        Self { stage: Stage::new(subject, &account).unwrap(), twin }
    }

    /// What `setup` keeps for a list of this name.
    pub(crate) async fn kept(&self, options: &str) -> Vec<u8> {
        self.stage.setup(list(options, b"")).await.unwrap().unwrap()
    }

    /// A write, and no question after its job.
    pub(crate) async fn write(&self, work: Work<'_>, operation: Operation, table: Table) -> Result<Written, Halt> {
        self.stage.write(work, b"", operation, table).await.unwrap()
    }

    /// A write and the end of its job: each row's word and code, and the notes of the last answer, as `row field`.
    pub(crate) async fn done(&self, work: Work<'_>, operation: Operation, table: Table) -> (Vec<String>, Vec<String>) {
        let rows = table.clone().into_parts().1.rows;
        let mut written = self.write(work, operation, table.clone()).await.unwrap();
        let mut told = words::outcomes(&written, rows);
        for _ in 0..POLLS_MAX {
            let Some(ticket) = written.later.take() else { break };
            tokio::time::sleep(Duration::from_millis(10)).await;
            written = self.stage.poll(work, b"", operation, table.clone(), &ticket.token).await.unwrap().unwrap();
            // What is known of a row stays as it is, whatever a poll says.
            let now = words::outcomes(&written, rows);
            told.iter_mut().zip(now).filter(|(before, _)| *before == "pending").for_each(|(before, now)| *before = now);
        }
        assert!(written.later.is_none(), "the job does not end");
        let notes = written.receipt.notes.iter();
        (told, notes.map(|(row, reason)| format!("{row} {}", reason.field.as_deref().unwrap_or_default())).collect())
    }

    /// The outcomes alone.
    pub(crate) async fn outcomes(&self, work: Work<'_>, operation: Operation, table: Table) -> Vec<String> {
        self.done(work, operation, table).await.0
    }

    /// What Klaviyo answers to `GET /api{path}`, asked past the component.
    pub(crate) async fn shows(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(self.twin.address()).await.unwrap();
        let headers = format!(
            "host: {HOST}\r\nauthorization: Klaviyo-API-Key {API_KEY}\r\nrevision: 2026-07-15\r\naccept: application/vnd.api+json\r\nconnection: close"
        );
        stream.write_all(format!("GET /api{path} HTTP/1.1\r\n{headers}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        body.parse().unwrap()
    }

    /// The profile of an address; none where Klaviyo has none.
    pub(crate) async fn profile(&self, email: &str) -> Option<Value> {
        let path = format!("/profiles?additional-fields%5Bprofile%5D=subscriptions&filter=equals%28email%2C%22{email}%22%29");
        self.shows(&path).await["data"].get(0).cloned()
    }

    /// The addresses on a list, in order.
    pub(crate) async fn on(&self, list: &[u8]) -> Vec<String> {
        let list = std::str::from_utf8(list).unwrap();
        let page = self.shows(&format!("/lists/{list}/profiles?page%5Bsize%5D=100")).await;
        let email = |profile: &Value| profile["attributes"]["email"].as_str().unwrap_or_default().to_owned();
        let mut all: Vec<String> = page["data"].as_array().unwrap().iter().map(email).collect();
        all.sort();
        all
    }
}

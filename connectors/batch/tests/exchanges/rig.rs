//! A twin of Batch and the component on a stage that leads to it: the names of both, and nothing else.

use std::{path::Path, sync::OnceLock};

use serde_json::{Value, json};
use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation, Written},
};
use sluice_conformance::{Account, Stage, Subject, Table, Work};
use sluice_twins::batch::{Options, Running, Twin};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const KEY: &str = "0d5e-twin-key";
pub(crate) const PROJECT: &str = "project_0664hxvw";
pub(crate) const IOS: &str = "5FE1A2IOS";
pub(crate) const ANDROID: &str = "7C03B9ANDROID";
pub(crate) const UPDATE: &str = "/2.11/profiles/update";
pub(crate) const MASS_UPDATE: &str = "/2.11/profiles/mass-update";

/// The component, built and compiled once per process.
fn subject() -> &'static Subject {
    static SUBJECT: OnceLock<Subject> = OnceLock::new();
    SUBJECT.get_or_init(|| Subject::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|unfit| panic!("{unfit}")))
}

/// A project with two apps, and a destination that has both.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    stage: Stage,
}

impl Rig {
    /// With everything as it should be.
    pub(crate) async fn new() -> Self {
        Self::of(json!({ "project_key": PROJECT, "app_api_keys": [IOS, ANDROID] }), KEY).await
    }

    /// With other settings or another key of the destination.
    pub(crate) async fn of(settings: Value, key: &str) -> Self {
        let twin = Twin::start(options()).await.unwrap();
        let credentials = ["rest_api_key", "rest_api_key_mep"].map(|name| (name.to_owned(), key.to_owned())).to_vec();
        let leads = vec![("api.batch.com".to_owned(), twin.url().to_owned())];
        let account = Account { settings, credentials, leads };
        let stage = Stage::new(subject(), &account).unwrap_or_else(|unfit| panic!("{unfit}"));
        Self { twin, stage: stage.now_ms(now_ms()) }
    }

    /// One write of a whole table.
    pub(crate) async fn write(&self, work: Work<'_>, operation: Operation, table: Table) -> Result<Written, Halt> {
        self.stage.write(work, b"", operation, table).await.unwrap()
    }

    /// The connection check.
    pub(crate) async fn check(&self) -> Result<String, Halt> {
        self.stage.check().await.unwrap()
    }

    /// What the twin holds, as it shows it to anybody.
    async fn state(&self) -> Value {
        let mut stream = TcpStream::connect(self.twin.address()).await.unwrap();
        stream.write_all(b"GET /__twin/state HTTP/1.1\r\nhost: twin\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.parse().unwrap()
    }

    /// A profile of the project.
    pub(crate) async fn profile(&self, id: &str) -> Option<Value> {
        self.state().await["profiles"].as_array().unwrap().iter().find(|profile| profile["custom_id"] == id).cloned()
    }

    /// How many events a profile has.
    pub(crate) async fn events(&self, id: &str) -> usize {
        self.state().await["events"].as_array().unwrap().iter().filter(|event| event["key"] == id).count()
    }

    /// What an app has.
    pub(crate) async fn app(&self, key: &str) -> Value {
        under(&self.state().await, key).unwrap().clone()
    }

    /// Bodies that arrived at a path, in order.
    pub(crate) fn bodies(&self, path: &str) -> Vec<Value> {
        self.twin.log().to(path).iter().map(|entry| entry.json().unwrap()).collect()
    }
}

fn options() -> Options {
    let app_api_keys = vec![IOS.to_owned(), ANDROID.to_owned()];
    Options { project_key: PROJECT.to_owned(), app_api_keys, ..Options::with_key(KEY) }
}

/// The first member of this name, at any depth.
fn under<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members = value.as_object()?;
    members.get(name).or_else(|| members.values().find_map(|value| under(value, name)))
}

/// The twin lives on the real clock, and looks at how old an event is.
#[allow(clippy::disallowed_methods, reason = "the twin lives on the real clock")]
pub(crate) fn now_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64
}

/// Path of an app's users.
pub(crate) fn data_users(app: &str) -> String {
    format!("/1.0/{app}/data/users")
}

/// An activation of profiles.
pub(crate) fn profiles(options: &str) -> Work<'_> {
    Work { service: "profiles", mode: "upsert", options, keep: b"" }
}

/// An activation of events.
pub(crate) fn events() -> Work<'static> {
    Work { service: "events", mode: "append", options: "{}", keep: b"" }
}

/// An activation of contacts.
pub(crate) fn contacts() -> Work<'static> {
    Work { service: "contacts", mode: "update-only", options: "{}", keep: b"" }
}

/// People by their custom ids.
pub(crate) fn people<const N: usize>(ids: [&str; N]) -> Table {
    Table::by("custom_id", ids)
}

/// One row with one text.
pub(crate) fn row(id: &str, name: &str, value: &str) -> Table {
    people([id]).with(name, PhysicalType::Utf8, "attribute", [value])
}

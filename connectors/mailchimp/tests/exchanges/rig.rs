//! The twin of one audience, and a stage that leads to it.

use std::{path::Path, sync::OnceLock};

use serde_json::json;
use sluice_catalog::{
    contract::{Halt, MembersPage, Operation, Written},
    record::EgressRecord,
};
use sluice_conformance::{Account, Stage, Subject, Table, Told, Work};
use sluice_twins::mailchimp::{Options, Running, Twin};

use crate::state;

/// The key that the twin knows; its end is the data center.
pub(crate) const API_KEY: &str = "5e1f-us19";
/// The audience.
pub(crate) const LIST: &str = "a1b2c3d4e5";
/// Options of a segment.
pub(crate) const VIP: &str = r#"{"segment":"VIP FR"}"#;

/// The component, built and compiled once per process.
fn subject() -> &'static Subject {
    static BUILT: OnceLock<Subject> = OnceLock::new();
    BUILT.get_or_init(|| Subject::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap())
}

/// A twin and a component on stage.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    pub(crate) stage: Stage,
}

impl Rig {
    /// With an audience that has these contacts, each as the members of a batch.
    pub(crate) async fn of(members: serde_json::Value) -> Self {
        let rig = Self::with(API_KEY, LIST).await;
        state::have_members(&rig.twin, members);
        rig
    }

    /// The host holds this key and is set to this audience, whatever the twin knows.
    pub(crate) async fn with(key: &str, list_id: &str) -> Self {
        let twin = Twin::start(Options::with_key(API_KEY)).await.unwrap();
        state::have_audience(&twin);
        let account = Account {
            settings: json!({ "data_center": "us19", "list_id": list_id }),
            credentials: vec![("api_key".to_owned(), key.to_owned())],
            leads: vec![("us19.api.mailchimp.com".to_owned(), twin.url().to_owned())],
        };
        let stage = Stage::new(subject(), &account).unwrap();
        Self { twin, stage }
    }

    /// A write of contacts.
    pub(crate) async fn contacts(&self, operation: Operation, options: &str, table: Table) -> Written {
        let mode = match operation {
            Operation::Insert => "insert",
            Operation::Update => "update-only",
            _ => "upsert",
        };
        let work = Work { service: "contacts", mode, options, keep: b"" };
        self.stage.write(work, b"", operation, table).await.unwrap().unwrap()
    }

    /// What `setup` keeps of the segment [`VIP`].
    pub(crate) async fn setup(&self) -> Result<Vec<u8>, Halt> {
        self.stage.setup(segments(VIP, b"")).await.unwrap()
    }

    /// Additions to the segment, or removals, as a run makes them: prepared, then written.
    pub(crate) async fn members(&self, options: &str, keep: &[u8], operation: Operation, table: Table) -> Told {
        let (schema, _) = table.clone().into_parts();
        match self.stage.prepare(segments(options, keep), operation, schema).await.unwrap() {
            Ok(state) => self.stage.write(segments(options, keep), &state, operation, table).await,
            Err(halt) => Ok(Err(halt)),
        }
    }

    /// The same where nothing halts.
    pub(crate) async fn moved(&self, keep: &[u8], operation: Operation, emails: &[&str]) -> Written {
        self.members(VIP, keep, operation, people(emails)).await.unwrap().unwrap()
    }

    /// A page of members.
    pub(crate) async fn page(&self, segment: &str, cursor: Option<Vec<u8>>) -> Result<MembersPage, Halt> {
        self.stage.members(segment, cursor, None).await.unwrap()
    }

    /// Addresses of a segment's members, in order, read back page by page.
    pub(crate) async fn read_back(&self, segment: &str) -> Vec<String> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.page(segment, cursor).await.unwrap();
            all.extend(emails(&page));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        all.sort();
        all
    }

    /// What left through the gate.
    pub(crate) fn lines(&self) -> Vec<EgressRecord> {
        self.stage.lines()
    }
}

fn segments<'a>(options: &'a str, keep: &'a [u8]) -> Work<'a> {
    Work { service: "segments", mode: "list", options, keep }
}

/// The addresses of a page: a text column's offsets and data.
pub(crate) fn emails(page: &MembersPage) -> Vec<String> {
    let column = &page.members.columns[0];
    let end = |at: usize| i32::from_le_bytes(column.offsets[at * 4..at * 4 + 4].try_into().unwrap()) as usize;
    let text = |row: usize| String::from_utf8(column.data[end(row)..end(row + 1)].to_vec()).unwrap();
    (0..page.members.rows as usize).map(text).collect()
}

/// Rows by address.
pub(crate) fn people(emails: &[&str]) -> Table {
    Table::by("email", emails.iter().copied())
}

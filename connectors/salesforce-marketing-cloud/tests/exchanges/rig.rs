//! The component on a stage whose hosts are a twin with one data extension, and a reader of what the twin holds.

use std::{path::Path, sync::OnceLock, time::Duration};

use serde_json::{Value, json};
use sluice_catalog::contract::{Halt, Operation, Written};
use sluice_conformance::{Account, Stage, Subject, Table, Work, words};
use sluice_twins::salesforce_marketing_cloud::{Options, Running, Twin};

/// The client's secret that the twin knows.
pub(crate) const SECRET: &str = "client-secret-7c1e";
const CLIENT: &str = "client-7c1e";
const TENANT: &str = Options::SUBDOMAIN;
/// The id of the data extension `loyalty`.
pub(crate) const ID: &str = "0a1b2c3d-0000-4000-8000-00000000c0de";
/// Questions after a job before a test has waited long enough.
const POLLS_MAX: usize = 400;

const LOYALTY: &str = r#"{"data_extension":"loyalty"}"#;
const FLAGGED: &str = r#"{"data_extension":"loyalty","attribute":"InSegment"}"#;
pub(crate) const UPSERT: Work<'static> = Work { service: "data-extensions", mode: "upsert", options: LOYALTY, keep: b"" };
pub(crate) const INSERT: Work<'static> = Work { service: "data-extensions", mode: "insert", options: LOYALTY, keep: b"" };
pub(crate) const FLAG: Work<'static> = Work { service: "data-extensions", mode: "boolean-attribute", options: FLAGGED, keep: b"" };

/// A twin and a stage that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    pub(crate) stage: Stage,
}

impl Rig {
    /// With a twin that has `loyalty`, empty.
    pub(crate) async fn new() -> Self {
        Self::with_secret(SECRET).await
    }

    /// The same, with a host that holds this secret.
    pub(crate) async fn with_secret(secret: &str) -> Self {
        static SUBJECT: OnceLock<Subject> = OnceLock::new();
        let subject = SUBJECT.get_or_init(|| Subject::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());
        let twin = Twin::start(Options::with_client(CLIENT, SECRET)).await.unwrap();
        let lead = |host: &str| (format!("{TENANT}.{host}.marketingcloudapis.com"), twin.url().to_owned());
        let account = Account {
            settings: json!({ "subdomain": TENANT, "client_id": CLIENT, "account_id": "110000123" }),
            credentials: vec![("client".to_owned(), secret.to_owned())],
            leads: vec![lead("auth"), lead("rest")],
        };
        twin.seed("data-extensions", json!([loyalty()])).unwrap();
        Self { stage: Stage::new(subject, &account).unwrap(), twin }
    }

    /// A write and the end of its job: each row's word and code, and the rows that have a note.
    pub(crate) async fn done(&self, work: Work<'_>, operation: Operation, table: Table) -> (Vec<String>, Vec<u32>) {
        let (schema, batch) = table.clone().into_parts();
        let state = self.stage.prepare(work, operation, schema).await.unwrap().unwrap();
        let mut written = self.stage.write(work, &state, operation, table.clone()).await.unwrap().unwrap();
        let mut told = words::outcomes(&written, batch.rows);
        let mut notes = noted(&written);
        for _ in 0..POLLS_MAX {
            let Some(ticket) = written.later.take() else { break };
            tokio::time::sleep(Duration::from_millis(10)).await;
            written = self.stage.poll(work, &state, operation, table.clone(), &ticket.token).await.unwrap().unwrap();
            // What is known of a row stays as it is, whatever a poll says.
            let now = words::outcomes(&written, batch.rows);
            told.iter_mut().zip(now).filter(|(before, _)| *before == "pending").for_each(|(before, now)| *before = now);
            notes.extend(noted(&written));
        }
        assert!(written.later.is_none(), "the job does not end");
        (told, notes)
    }

    /// The outcomes alone.
    pub(crate) async fn outcomes(&self, work: Work<'_>, operation: Operation, table: Table) -> Vec<String> {
        self.done(work, operation, table).await.0
    }

    /// What `prepare` says of a mapping.
    pub(crate) async fn prepared(&self, work: Work<'_>, operation: Operation, table: Table) -> Result<Vec<u8>, Halt> {
        self.stage.prepare(work, operation, table.into_parts().0).await.unwrap()
    }

    /// The rows of `loyalty`, by `MemberId`.
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.twin.rows("loyalty").into_values().map(|row| json!(*row)).collect()
    }
}

fn noted(written: &Written) -> Vec<u32> {
    written.receipt.notes.iter().map(|(row, _)| *row).collect()
}

fn loyalty() -> Value {
    let field = |name: &str, ty: &str, length: Option<u32>, key: bool| json!({ "name": name, "type": ty, "length": length, "isPrimaryKey": key, "isNullable": !key });
    let fields = [
        field("MemberId", "Text", Some(50), true),
        field("Email", "EmailAddress", Some(254), false),
        field("Points", "Number", None, false),
        field("Tier", "Text", Some(5), false),
        field("LastOrderAt", "Date", None, false),
        field("InSegment", "Boolean", None, false),
    ];
    json!({ "id": ID, "key": "loyalty", "name": "Loyalty members", "fields": fields })
}

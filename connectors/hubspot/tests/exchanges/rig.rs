//! The component on a stage whose host is a twin, and a reader of what HubSpot shows.

use std::{path::Path, sync::OnceLock};

use serde_json::{Value, json};
use sluice_catalog::contract::{Halt, Operation, Written};
use sluice_conformance::{Account, Stage, Subject, Table, Work, words};
use sluice_twins::hubspot::{Options, Running, Twin};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The token that the twin knows.
pub(crate) const TOKEN: &str = "pat-na1-twin";
const HOST: &str = "api.hubapi.com";

/// Companies by a property of their own.
pub(crate) const COMPANIES: &str = r#"{"unique_property":"customer_no"}"#;

/// Records of a service in a mode.
pub(crate) fn records<'a>(service: &'a str, mode: &'a str, options: &'a str) -> Work<'a> {
    Work { service, mode, options, keep: b"" }
}

/// Members of the list that `setup` kept.
pub(crate) fn list(keep: &[u8]) -> Work<'_> {
    Work { service: "lists", mode: "list", options: r#"{"list":"VIP FR"}"#, keep }
}

/// A twin and a stage that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    pub(crate) stage: Stage,
}

impl Rig {
    /// With a twin of an account that has properties with unique values, and no records.
    pub(crate) async fn new() -> Self {
        Self::with_token(TOKEN).await
    }

    /// The same, with a host that holds this token.
    pub(crate) async fn with_token(token: &str) -> Self {
        static SUBJECT: OnceLock<Subject> = OnceLock::new();
        let subject = SUBJECT.get_or_init(|| Subject::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());
        let twin = Twin::start(Options::with_token(TOKEN)).await.unwrap();
        let account = Account {
            settings: json!({}),
            credentials: vec![("token".to_owned(), token.to_owned())],
            leads: vec![(HOST.to_owned(), twin.url().to_owned())],
        };
        let unique = |object: &str, name: &str, unique: bool| json!({ "objectType": object, "name": name, "type": "string", "hasUniqueValue": unique });
        let properties =
            [unique("contacts", "plan", false), unique("companies", "customer_no", true), unique("deals", "deal_no", true)];
        twin.seed("properties", json!(properties)).unwrap();
        Self { stage: Stage::new(subject, &account).unwrap(), twin }
    }

    /// A write: each row's word and code.
    pub(crate) async fn outcomes(&self, work: Work<'_>, operation: Operation, table: Table) -> Vec<String> {
        let rows = table.clone().into_parts().1.rows;
        words::outcomes(&self.write(work, operation, table).await.unwrap(), rows)
    }

    /// A write, whatever comes of it.
    pub(crate) async fn write(&self, work: Work<'_>, operation: Operation, table: Table) -> Result<Written, Halt> {
        self.stage.write(work, b"", operation, table).await.unwrap()
    }

    /// What HubSpot answers, asked past the component.
    pub(crate) async fn asked(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut stream = TcpStream::connect(self.twin.address()).await.unwrap();
        let headers = format!(
            "host: {HOST}\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close",
            body.len()
        );
        stream.write_all(format!("{method} {path} HTTP/1.1\r\n{headers}\r\n\r\n{body}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        body.parse().unwrap_or_default()
    }

    /// A record by a property with unique values; none where HubSpot has none.
    pub(crate) async fn record(&self, object: &str, key: &str, value: &str, property: &str) -> Option<Value> {
        let body = json!({ "idProperty": key, "properties": [key, property], "inputs": [{ "id": value }] });
        let answer = self.asked("POST", &format!("/crm/objects/2026-03/{object}/batch/read"), Some(body)).await;
        answer["results"].get(0).cloned()
    }

    /// The records on a list, by id.
    pub(crate) async fn on(&self, list: &[u8]) -> Vec<String> {
        let list = std::str::from_utf8(list).unwrap();
        let page = self.asked("GET", &format!("/crm/lists/2026-03/{list}/memberships?limit=250"), None).await;
        page["results"].as_array().unwrap().iter().map(|member| member["recordId"].as_str().unwrap().to_owned()).collect()
    }
}

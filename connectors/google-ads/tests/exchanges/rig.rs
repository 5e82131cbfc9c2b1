//! The component on a stage whose hosts are a twin.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde_json::json;
use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation, Written},
};
use sluice_conformance::{Account, Stage, Subject, Table, Work, words};
use sluice_twins::google_ads::{Options, Running, Twin};

/// `alexz@example.com` (googleads/data-manager-python at 5abbf5d, `tests/formatter_test.py`, read 2026-11).
pub(crate) const MAIL: &str = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a";
/// The stage's clock, in microseconds.
pub(crate) const NOW: i64 = 1_764_000_000_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;
const HOSTS: [&str; 3] = ["datamanager.googleapis.com", "googleads.googleapis.com", "oauth2.googleapis.com"];
/// Questions after a request before a test has waited long enough.
const POLLS_MAX: usize = 400;

pub(crate) const VIP: &str = r#"{"list":"VIP","accept_customer_match_terms":true,"ad_user_data":"granted"}"#;
/// The twin's conversion actions: `UPLOAD_CLICKS`, `WEBPAGE`.
pub(crate) const CLICKS: &str = r#"{"conversion_action_id":"7001112224"}"#;
pub(crate) const WEB: &str = r#"{"conversion_action_id":"7001112223"}"#;
/// The twin's client secret, refresh token and developer token.
pub(crate) const KEY: &str = "GOCSPX-twin-twin-twin1";

/// Members of the list of these options.
pub(crate) fn audience<'a>(options: &'a str, keep: &'a [u8]) -> Work<'a> {
    Work { service: "audiences", mode: "list", options, keep }
}

/// Conversions of a service.
pub(crate) fn events<'a>(service: &'a str, options: &'a str) -> Work<'a> {
    Work { service, mode: "append", options, keep: b"" }
}

/// Conversions of clicks with these ids, `hours` before the stage's clock.
pub(crate) fn conversions<const N: usize>(ids: [&str; N], hours: i64) -> Table {
    let clicks = std::array::from_fn::<_, N, _>(|n| sluice_conformance::Cell::Text(format!("Cj0KCQ{n}")));
    Table::by("gclid", clicks)
        .with("transactionId", PhysicalType::Utf8, "event-id", ids)
        .with("eventTimestamp", PhysicalType::TimestampMicros, "event-time", [(); N].map(|()| NOW - hours * HOUR))
        .with("conversionValue", PhysicalType::Float64, "attribute", [(); N].map(|()| 129.9))
        .with("currency", PhysicalType::Utf8, "attribute", [(); N].map(|()| "EUR"))
}

/// A twin and a stage that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    pub(crate) stage: Stage,
}

impl Rig {
    /// With a twin of an account with two conversion actions and no lists.
    pub(crate) async fn new() -> Self {
        Self::of("123-456-7890", KEY).await
    }

    /// The same, with a destination of another account or another secret.
    pub(crate) async fn of(customer: &str, secret: &str) -> Self {
        static SUBJECT: OnceLock<Subject> = OnceLock::new();
        let subject = SUBJECT.get_or_init(|| Subject::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());
        let now = jiff::Timestamp::from_microsecond(NOW).unwrap();
        let options = Options { clock: Arc::new(move || now), ..Options::with_key(KEY) };
        let twin = Twin::start(options).await.unwrap();
        let account = Account {
            settings: json!({ "customer_id": customer, "sign_in": "oauth", "client_id": "twin.apps.googleusercontent.com" }),
            credentials: [("login", secret), ("login/refresh-token", KEY), ("developer_token", KEY)]
                .map(|(name, secret)| (name.to_owned(), secret.to_owned()))
                .into(),
            leads: HOSTS.map(|host| (host.to_owned(), twin.url().to_owned())).into(),
        };
        Self { stage: Stage::new(subject, &account).unwrap(), twin }
    }

    /// What `setup` keeps for a list of these options.
    pub(crate) async fn kept(&self, options: &str) -> Vec<u8> {
        self.stage.setup(audience(options, b"")).await.unwrap().unwrap()
    }

    /// A write, and no question after it.
    pub(crate) async fn write(&self, work: Work<'_>, operation: Operation, table: Table) -> Result<Written, Halt> {
        self.stage.write(work, b"", operation, table).await.unwrap()
    }

    /// A write and the end of its request: each row's word and code, and how many were not used without being named.
    pub(crate) async fn done(&self, work: Work<'_>, operation: Operation, table: Table) -> (Vec<String>, u32) {
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
        assert!(written.later.is_none(), "the request does not end");
        (told, written.receipt.unnamed)
    }
}

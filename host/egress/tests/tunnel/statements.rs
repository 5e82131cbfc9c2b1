//! Statements that go through a bastion as they go straight: rows, cancel requests, and the end in the middle.

use std::time::{Duration, Instant};

use arrow::array::AsArray;
use sluice_egress::sql::Rows;

use crate::{
    Source,
    bastion::{Bastion, Rules},
    database::Database,
    new_key, query,
};

/// Ten megabytes of rows: more than every buffer on the way.
const MANY: &str = "SELECT n, repeat(md5(n::text), 32) AS text FROM generate_series(1, 10000) n";

async fn rig() -> Option<(Database, Bastion, Source)> {
    rig_with(Rules::default()).await
}

async fn rig_with(rules: Rules) -> Option<(Database, Bastion, Source)> {
    let database = Database::start().await?;
    let (key, public) = new_key();
    let bastion = Bastion::start(Rules { keys: vec![public], ..rules }).await;
    let source = Source::of(&database).behind(&bastion).with("ssh_key", key);
    Some((database, bastion, source))
}

/// How many further rows there are.
async fn count(rows: &mut Rows) -> usize {
    let mut all = 0;
    while let Some(batch) = rows.next(1_000).await.unwrap() {
        all += batch.num_rows();
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_come_through_a_bastion_and_the_ledger_says_so() {
    let Some((database, bastion, source)) = rig().await else { return };
    let (sessions, ledger) = source.open().unwrap();
    for _ in 0..2 {
        let rows = query(&sessions, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await.unwrap();
        let mut rows = sessions.take(rows).unwrap();
        let batch = rows.next(10).await.unwrap().unwrap();
        let encrypted = batch.column(0).as_boolean().value(0);
        assert!(encrypted, "TLS with the database inside of the tunnel");
        assert_eq!(count(&mut rows).await, 0);
    }
    // One session of each kind for both statements.
    bastion.seen(|seen| {
        assert_eq!(seen.forwarded, [format!("localhost:{}", database.port)]);
        assert_eq!(seen.sign_ons, 1);
    });
    let lines = ledger.0.lock().unwrap().clone();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let through = format!("ssh://bastion.test:{}", bastion.address.port());
    assert_eq!((lines[0].host.as_str(), lines[0].stand_in.as_ref()), ("localhost", Some(&through)));
    assert_eq!(lines[0].credentials, ["password", "ssh_key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_nobody_reads_holds_up_no_other() {
    let Some((_database, _bastion, source)) = rig().await else { return };
    let (sessions, _) = source.open().unwrap();
    let work = async {
        let (resting, read) = (query(&sessions, MANY).await.unwrap(), query(&sessions, MANY).await.unwrap());
        let (mut resting, mut read) = (sessions.take(resting).unwrap(), sessions.take(read).unwrap());
        let first = resting.next(1).await.unwrap().unwrap().num_rows();
        assert_eq!(count(&mut read).await, 10_000);
        assert_eq!(first + count(&mut resting).await, 10_000);
    };
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("both statements end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_cancelled_through_the_bastion() {
    let Some((database, bastion, source)) = rig().await else { return };
    let (sessions, _) = source.open().unwrap();
    // One that the server still thinks about, and one that it cannot get rid of.
    for statement in ["SELECT 1 AS one FROM pg_sleep(60)", &MANY.replace("10000", "10000000")] {
        let asked = Instant::now();
        let rows = query(&sessions, statement).await.unwrap();
        let mut rows = sessions.take(rows).unwrap();
        let _ = tokio::time::timeout(Duration::from_secs(1), rows.next(1)).await;
        database.until_at_work(true).await;
        drop(rows);
        database.until_at_work(false).await;
        assert!(asked.elapsed() < Duration::from_secs(30), "{statement}: {:?}", asked.elapsed());
    }
    assert_eq!(bastion.seen(|seen| seen.forwarded.len()), 4, "two statements, and a cancel request for each");
}

/// The server sees that nobody is there any more, within the five seconds after which it looks.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_though_no_cancel_request_comes_through() {
    for statement in ["SELECT 1 AS one FROM pg_sleep(60)", &MANY.replace("10000", "10000000")] {
        let Some((database, bastion, source)) = rig_with(Rules { forwards_max: Some(1), ..Rules::default() }).await else { return };
        let (sessions, _) = source.open().unwrap();
        let rows = query(&sessions, statement).await.unwrap();
        let mut rows = sessions.take(rows).unwrap();
        let _ = tokio::time::timeout(Duration::from_secs(1), rows.next(1)).await;
        database.until_at_work(true).await;
        drop(rows);
        database.until_at_work(false).await;
        assert_eq!(bastion.seen(|seen| seen.forwarded.len()), 1, "{statement}: the statement, and nothing else");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bastion_that_dies_in_the_middle_interrupts_the_statement() {
    let Some((database, mut bastion, source)) = rig().await else { return };
    let (sessions, ledger) = source.open().unwrap();
    let rows = query(&sessions, "SELECT 1 AS one FROM pg_sleep(60)").await.unwrap();
    let mut rows = sessions.take(rows).unwrap();
    let died = async {
        database.until_at_work(true).await;
        bastion.die();
        Instant::now()
    };
    let (read, died) = tokio::join!(rows.next(10), died);
    let error = read.unwrap_err();
    assert_eq!(error.code.as_str(), "source-interrupted", "{error}");
    assert_eq!(error.cause, "the connection to localhost behind bastion.test ended");
    assert!(died.elapsed() < Duration::from_secs(10), "the end is seen at once: {:?}", died.elapsed());
    drop(rows);
    assert_eq!(ledger.0.lock().unwrap()[0].code.as_deref(), Some("source-interrupted"));
    // What comes next finds nobody.
    let refused = query(&sessions, "SELECT 1 AS one").await.unwrap_err();
    assert_eq!(refused.code, "source-tunnel-failed", "{refused}");
}

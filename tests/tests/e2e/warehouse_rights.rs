//! What Sluice may do in a database, and what it cannot do there whatever a model's SQL says.

use serde_json::{Value, json};

use crate::{
    rig::Rig,
    server::{PASSWORD, Server},
    warehouse::sluice,
    warehouse_faults::{model, people},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_that_the_test_prints_let_a_new_user_read_and_nothing_else() {
    let Some(server) = Server::start().await else { return };
    server.shop("CREATE SCHEMA \"Shop 2\"; CREATE TABLE \"Shop 2\".people (id bigint PRIMARY KEY, name text, plan text)").await;
    server.shop("INSERT INTO \"Shop 2\".people VALUES (1, 'Ada', 'free'); CREATE TABLE elsewhere (id int)").await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    let settings = json!({ "user": "new \"reader\"", "schemas": ["Shop 2"] });
    sluice.apply(&json!({ "sources": [server.source(&settings, &json!({}))] })).await;
    let source = sluice.id("sources", "retail").await;
    let test = async || sluice.post(&format!("/sources/{source}/test"), &json!({})).await.ok();

    // Nobody of this name may sign on yet; the statements are printed all the same.
    let before = test().await;
    assert_eq!((&before["ok"], &before["steps"][3]["code"]), (&json!(false), &json!("source-auth")), "{before:#}");
    server.shop(before["grants"].as_str().unwrap()).await;
    server.shop(&format!("ALTER ROLE \"new \"\"reader\"\"\" PASSWORD '{}'", PASSWORD.replace('\'', "''"))).await;
    let after = test().await;
    assert_eq!((&after["ok"], &after["tables"]), (&json!(true), &json!(1)), "{after:#}");

    // A table that is made later is there, too; nothing can be written, also by a session that takes its seat belt off.
    server.shop("CREATE TABLE \"Shop 2\".later (id int)").await;
    assert_eq!(test().await["tables"], 2);
    let refusal = async |statements: &str| server.refusal("new \"reader\"", PASSWORD, statements).await.unwrap_or_default();
    let unbelted = "BEGIN READ WRITE";
    for (statements, want) in [
        ("SELECT * FROM \"Shop 2\".people", ""),
        ("SELECT * FROM elsewhere", "42501"),
        ("INSERT INTO \"Shop 2\".people VALUES (2, 'Eve', 'paid')", "25006"),
        ("CREATE TEMPORARY TABLE mine (id int)", "25006"),
        (&format!("{unbelted}; INSERT INTO \"Shop 2\".people VALUES (2, 'Eve', 'paid')"), "42501"),
        (&format!("{unbelted}; DELETE FROM \"Shop 2\".people"), "42501"),
        (&format!("{unbelted}; CREATE TABLE \"Shop 2\".mine (id int)"), "42501"),
    ] {
        assert_eq!(refusal(statements).await, want, "{statements}");
    }
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_cannot_loosen_the_session_for_the_next_one() {
    let Some(server) = Server::start().await else { return };
    people(&server, 1).await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    sluice.apply(&json!({ "sources": [server.source(&json!({ "statement_timeout_seconds": 77 }), &json!({}))] })).await;
    let source = sluice.id("sources", "retail").await;
    for (setting, loose, want) in
        [("default_transaction_read_only", "off", "on"), ("statement_timeout", "0", "77s"), ("TimeZone", "Asia/Tokyo", "UTC")]
    {
        // What the session says before and after; several statements of one preview, and of the next, run the same SQL.
        let text = format!(
            "SELECT p.id, now_is.value AS name, set_config('{setting}', '{loose}', false) AS plan \
             FROM people p CROSS JOIN LATERAL (SELECT current_setting('{setting}') AS value OFFSET 0) now_is"
        );
        let mut asked = model(&json!({ "sql": text }));
        asked["source"] = Value::from(source.as_str());
        for _ in 0..2 {
            let preview = sluice.post("/models/preview", &asked).await.ok();
            let text = preview.to_string();
            assert!(text.contains(&format!("\"{want}\"")) && text.contains(&format!("\"{loose}\"")), "{setting}: {preview:#}");
        }
    }
    sluice.stop().await;
}

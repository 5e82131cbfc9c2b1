//! What can be wrong with a database, from the wrong password to a server that dies while it is read: each has its code, and nothing is
//! lost or sent.

use serde_json::{Value, json};

use crate::{
    rig::{Rig, Sluice, end, tally},
    server::Server,
    shop,
    warehouse::sluice,
};

/// A table of so many people, whom Sluice may read.
pub(crate) async fn people(server: &Server, rows: u32) {
    server
        .shop(&format!(
            "CREATE TABLE people (id bigint PRIMARY KEY, name text, plan text); \
             INSERT INTO people SELECT n, 'Person ' || n, 'free' FROM generate_series(1, {rows}) n; \
             CREATE TABLE secret (id int, name text, plan text); GRANT USAGE ON SCHEMA public TO sluice; GRANT SELECT ON people TO sluice;"
        ))
        .await;
}

pub(crate) fn model(definition: &Value) -> Value {
    json!({
        "name": "people", "source": "retail", "kind": "users", "primary_key": ["id"], "definition": definition,
        "fields": [{ "id": "id", "type": "integer" }, { "id": "name", "type": "string" }, { "id": "plan", "type": "string" }],
    })
}

/// The red step of a source's test, as `name code`, of a source with these settings and this grant.
async fn red_step(sluice: &Sluice, source: Value) -> String {
    sluice.apply(&json!({ "sources": [source] })).await;
    let id = sluice.id("sources", "retail").await;
    let tested = sluice.post(&format!("/sources/{id}/test"), &json!({})).await.ok();
    assert_eq!(tested["ok"], false, "{tested:#}");
    let steps = tested["steps"].as_array().unwrap();
    let red = steps.iter().find(|step| step["ok"] == false).unwrap_or_else(|| panic!("no red step: {tested:#}"));
    assert!(steps.iter().take_while(|step| step["ok"] == true).count() + 1 >= steps.len().min(4), "{tested:#}");
    assert!(!tested.to_string().contains("wrong-one"), "no secret is told");
    format!("{} {}", red["name"].as_str().unwrap(), red["code"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_work_is_red_at_its_step() {
    let Some(server) = Server::start().await else { return };
    people(&server, 10).await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    let with = |settings: Value, granted: Value| server.source(&settings, &granted);
    let mut wrong_password = with(json!({}), json!({}));
    wrong_password["credentials"]["password"] = json!("wrong-one");
    let other_port = if server.port() == 1 { 2 } else { 1 };
    for (source, want) in [
        (wrong_password, "sign-on source-auth"),
        (with(json!({ "user": "nobody" }), json!({})), "sign-on source-auth"),
        (with(json!({ "database": "nowhere" }), json!({})), "sign-on source-object-missing"),
        (with(json!({ "host": "db.invalid" }), json!({ "host": "db.invalid" })), "resolve egress-resolve-failed"),
        (with(json!({}), json!({ "private_address": false })), "resolve egress-address-refused"),
        (with(json!({ "port": other_port }), json!({ "port": other_port })), "connect egress-connect-failed"),
        (with(json!({ "tls": "verify-full" }), json!({})), "tls source-tls-failed"),
        (with(json!({ "schemas": ["nowhere"] }), json!({})), "schemas source-permission"),
    ] {
        assert_eq!(red_step(&sluice, source).await, want);
    }

    // What nobody granted is not even saved.
    let ungranted = with(json!({ "host": "elsewhere" }), json!({}));
    let refused = sluice.post("/apply", &json!({ "sources": [ungranted] })).await;
    assert_eq!(refused.places(), ["/sources/0/kind/connector/grant/connections field-invalid"]);
    let unaccepted = with(json!({}), json!({ "weaker_tls": null }));
    let refused = sluice.post("/apply", &json!({ "sources": [unaccepted] })).await;
    assert_eq!(refused.places(), ["/sources/0/kind/connector/settings/tls settings-invalid"]);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_verified_as_far_as_the_setting_says() {
    let Some(server) = Server::start_with_tls().await else { return };
    people(&server, 10).await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    let with = |settings: Value, granted: Value| server.source(&settings, &granted);
    let loopback = |tls: &str| json!({ "host": "127.0.0.1", "tls": tls });
    let accepted = json!({ "host": "127.0.0.1", "weaker_tls": "I accept" });
    assert_eq!(red_step(&sluice, with(json!({}), json!({ "ca": null }))).await, "tls source-tls-failed", "an unknown authority");
    assert_eq!(red_step(&sluice, with(loopback("verify-full"), accepted.clone())).await, "tls source-tls-failed", "another name");
    let no_ca = json!({ "host": "127.0.0.1", "weaker_tls": "I accept", "ca": null });
    assert_eq!(red_step(&sluice, with(loopback("verify-ca"), no_ca.clone())).await, "tls source-tls-failed");
    for source in [with(json!({}), json!({})), with(loopback("verify-ca"), accepted), with(loopback("require"), no_ca)] {
        sluice.apply(&json!({ "sources": [source] })).await;
        let id = sluice.id("sources", "retail").await;
        let tested = sluice.post(&format!("/sources/{id}/test"), &json!({})).await.ok();
        assert_eq!(tested["ok"], true, "{tested:#}");
    }
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_the_database_refuses_says_why() {
    let Some(server) = Server::start().await else { return };
    people(&server, 10).await;
    server.shop("CREATE FUNCTION spoil() RETURNS bigint LANGUAGE sql VOLATILE AS 'DELETE FROM people RETURNING id'").await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    sluice.apply(&json!({ "sources": [server.source(&json!({ "statement_timeout_seconds": 1 }), &json!({}))] })).await;
    let sql = |text: &str| json!({ "sql": text });
    for (definition, want) in [
        (json!({ "table": "public.nobody" }), "source-object-missing"),
        (json!({ "table": "public.secret" }), "source-permission"),
        (sql("SELECT id, name, plan, nothing FROM people"), "source-object-missing"),
        (sql("SELECT id, name FROM people"), "model-broken"),
        (sql("SELECT id, name, plan FROM people, pg_sleep(20)"), "source-timeout"),
        (sql("SELECT spoil() AS id, 'a' AS name, 'b' AS plan"), "source-write-refused"),
        (sql("SELECT id / 0 AS id, name, plan FROM people"), "source-query-failed"),
        (sql("SELECT name::bigint AS id, name, plan FROM people"), "source-query-failed"),
        (sql("SELECT id, interval '1 day' AS name, plan FROM people"), "source-unsupported-type"),
        (sql("DELETE FROM people RETURNING id, name, plan"), "not-a-select"),
        (sql("SELECT id, name, plan FROM people; DROP TABLE people"), "multiple-statements"),
        (sql("SELECT id, name, plan FROM people) TO PROGRAM 'touch x' --"), "sql-invalid"),
    ] {
        let refused = sluice.post("/apply", &json!({ "models": [model(&definition)] })).await;
        let text = refused.json.to_string();
        assert!(refused.status >= 400 && text.contains(want), "{definition}: want {want}, got {text}");
        assert!(!text.contains("Person 1"), "no value of a row: {text}");
    }
    assert_eq!(server.number("SELECT count(*) FROM people").await, 10);
    sluice.apply(&json!({ "models": [model(&sql("SELECT * FROM people -- everybody"))] })).await;
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_column_or_a_dead_server_ends_the_run_and_loses_nothing() {
    let Some(mut server) = Server::start().await else { return };
    people(&server, 300).await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    let slow = "SELECT id, name, CASE WHEN id > 200 AND (SELECT count(*) FROM people) > 300 THEN pg_sleep(60)::text ELSE plan END AS plan \
                FROM people";
    sluice
        .apply(&json!({
            "sources": [server.source(&json!({}), &json!({}))], "models": [model(&json!({ "sql": slow }))],
            "destinations": [rig.destination()], "activations": [shop::activation("all", &json!({}))],
        }))
        .await;
    let first = sluice.run("all").await;
    assert_eq!((end(&first).as_str(), tally(&first).as_str()), ("succeeded", "accepted 300"), "{first:#}");

    server.shop("ALTER TABLE people RENAME COLUMN name TO full_name").await;
    let broken = sluice.run("all").await;
    assert_eq!(end(&broken), "failed source-object-missing", "{broken:#}");
    server.shop("ALTER TABLE people RENAME COLUMN full_name TO name; INSERT INTO people VALUES (1000, 'Late', 'paid')").await;

    // Now a row in the middle takes a minute, and the server dies under it.
    let before = rig.twin.log().total();
    let run = sluice.start_run("all").await;
    server.until_at_work(true).await;
    server.kill();
    let cut = sluice.wait(&run).await;
    assert_eq!(end(&cut), "failed source-interrupted", "{cut:#}");
    assert_eq!(rig.twin.log().total(), before, "nothing of what was read is sent");
    let held = rig.twin.with_state(|state| state.profiles().iter().count());
    assert_eq!(held, 300);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_nobody_wants_any_more_are_cancelled_at_the_server() {
    let Some(server) = Server::start().await else { return };
    people(&server, 300).await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    sluice
        .apply(&json!({
            "sources": [server.source(&json!({}), &json!({}))], "models": [model(&json!({ "table": "public.people" }))],
        }))
        .await;
    // A preview whose client goes away: the statement's rows are dropped with the answer.
    let mut slow = model(&json!({ "sql": "SELECT id, name || pg_sleep(1)::text AS name, plan FROM people" }));
    slow["source"] = json!(sluice.id("sources", "retail").await);
    let asked = sluice.post("/models/preview", &slow);
    tokio::select! {
        answer = asked => panic!("a preview of five minutes ended: {answer:?}"),
        () = server.until_at_work(true) => {}
    }
    server.until_at_work(false).await;
    sluice.stop().await;
}

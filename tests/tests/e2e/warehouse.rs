//! Three days of the real shop out of a real PostgreSQL: models and segments count as over files, and a change made by SQL is what is
//! sent.

use serde_json::{Value, json};
use sluice_twins::braze::Options;

use crate::{
    daily::{day_one, names, touched},
    retail::{self, Lines},
    rig::{API_KEY, Rig, Sluice, end, postgresql, tally},
    server::Server,
};

/// The bundle of the real shop over a server, with the SQL of the file's models.
pub(crate) fn bundle(rig: &Rig, source: Value) -> Value {
    let mut bundle = retail::bundle(&rig.data());
    bundle["sources"] = json!([source]);
    bundle["destinations"] = json!([rig.destination()]);
    bundle["activations"] = retail::activations();
    bundle
}

pub(crate) async fn sluice(rig: &Rig) -> Sluice {
    let sluice = rig.sluice().await;
    sluice.install(postgresql()).await;
    sluice
}

#[tokio::test(flavor = "multi_thread")]
async fn real_customers_out_of_postgresql_arrive_then_what_sql_changed_then_nothing() {
    let Some(file) = retail::real_lines() else { return };
    let Some(server) = Server::start().await else { return };
    let today = Lines::read(&file);
    server.with_retail(&today).await;
    let rig = Rig::with(Options::with_key(API_KEY)).await;
    let sluice = sluice(&rig).await;
    sluice.apply(&bundle(&rig, server.source(&json!({}), &json!({})))).await;

    // The source is tested step by step, and tells what it holds.
    let source = sluice.id("sources", "retail").await;
    let tested = sluice.post(&format!("/sources/{source}/test"), &json!({})).await.ok();
    assert_eq!(tested["ok"], true, "{tested:#}");
    let steps: Vec<&str> = tested["steps"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(steps, ["resolve", "connect", "tls", "sign-on", "version", "read-only", "clock", "schemas", "read"]);
    assert!(tested["grants"].as_str().unwrap().contains("GRANT SELECT ON ALL TABLES IN SCHEMA \"public\" TO \"sluice\";"));
    let tables = sluice.get(&format!("/sources/{source}/tables")).await.ok();
    assert_eq!(tables["tables"][0]["name"], "public.online_retail");
    let columns = tables["tables"][0]["columns"].as_array().unwrap();
    assert_eq!(columns[4]["type"], json!({ "decimal": { "precision": 12, "scale": 4 } }), "{columns:#?}");
    let shown = sluice.get(&format!("/sources/{source}")).await.ok();
    let password = shown["credentials"].as_array().unwrap().iter().find(|credential| credential["name"] == "password");
    assert_eq!(password.map(|credential| &credential["set"]), Some(&json!(true)), "{shown:#}");
    assert!(!shown.to_string().contains("p@ss"), "{shown:#}");

    // The same counts as over files, and the same first day.
    let members = day_one(&rig, &sluice, &today).await;

    // Day two: forty buy, twelve move.
    let ids: Vec<i64> = members.keys().copied().collect();
    let (movers, buyers) = (&ids[..12], &ids[12..52]);
    let list = |ids: &[i64]| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    server
        .shop(&format!(
            "UPDATE online_retail SET quantity = quantity + 1 WHERE line_id IN (SELECT min(line_id) FROM online_retail \
             WHERE customer_id IN ({}) AND unit_price > 0 GROUP BY customer_id); \
             UPDATE online_retail SET country = 'United Kingdom' WHERE customer_id IN ({});",
            list(buyers),
            list(movers)
        ))
        .await;
    let before = rig.twin.log().total();
    let second = sluice.run("attributes").await;
    assert_eq!((end(&second).as_str(), tally(&second).as_str()), ("succeeded", "accepted 40"), "{second:#}");
    assert_eq!(touched(&rig.twin, before), names(buyers));
    let before = rig.twin.log().total();
    let second = sluice.run("list").await;
    assert_eq!((end(&second).as_str(), tally(&second).as_str()), ("succeeded", "accepted 12"), "{second:#}");
    assert_eq!(touched(&rig.twin, before), names(movers));

    // Day three: nothing is sent, and every statement has left its line.
    let before = rig.twin.log().total();
    let third = sluice.run("attributes").await;
    assert_eq!((end(&third).as_str(), tally(&third).as_str()), ("succeeded", ""), "{third:#}");
    assert_eq!(rig.twin.log().total(), before, "a quiet day sends nothing");
    let egress = sluice.get(&format!("/egress?cause={source}&limit=500")).await.ok();
    let of_sql: Vec<&Value> = egress["items"].as_array().unwrap().iter().filter(|line| line["method"] == "SQL").collect();
    assert!(of_sql.len() >= 10, "{egress:#}");
    assert!(of_sql.iter().all(|line| line["credentials"] == json!(["password"]) && line["host"] == "localhost"), "{egress:#}");
    assert!(!egress.to_string().contains("United Kingdom"), "no value of a row, no statement");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_a_table_is_read_as_it_is_listed() {
    let Some(server) = Server::start_with_tls().await else { return };
    server
        .shop(
            "CREATE TYPE mood AS ENUM ('fine', 'sad'); CREATE DOMAIN cents AS numeric(10,2); \
             CREATE TABLE \"Odd table\" (id int PRIMARY KEY, small smallint, flag boolean, r real, d double precision, \
               amount numeric(12,2), exact numeric, price cents, name varchar(20), code char(4), uid uuid, doc json, docb jsonb, \
               raw bytea, day date, clock time, at timestamp, instant timestamptz, tags text[], grid int[], mood mood, gap interval); \
             INSERT INTO \"Odd table\" VALUES (1, -2, true, 0.5, 1e100, -12.50, 12345678901234567890.123, 9.99, 'Zoë \"x\"', 'ab', \
               '6f9619ff-8b86-d011-b42d-00cf4fc964ff', '{\"a\": 1}', '{\"b\":[2]}', '\\x00ff', '2000-02-29', '01:02:03', \
               '1999-12-31 23:59:59.999999', '2026-01-02 03:04:05+02', ARRAY['a', NULL, 'c\"'], ARRAY[[1,2],[3,4]], 'sad', '1 day'), \
               (2, NULL, NULL, NULL, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL); \
             GRANT USAGE ON SCHEMA public TO sluice; GRANT SELECT ON ALL TABLES IN SCHEMA public TO sluice;",
        )
        .await;
    let rig = Rig::new().await;
    let sluice = sluice(&rig).await;
    sluice.apply(&json!({ "sources": [server.source(&json!({}), &json!({}))] })).await;
    let source = sluice.id("sources", "retail").await;
    let tested = sluice.post(&format!("/sources/{source}/test"), &json!({})).await.ok();
    assert!(tested["steps"][2]["message"].as_str().unwrap().contains("TLSv1."), "{tested:#}");
    let listed = sluice.get(&format!("/sources/{source}/tables")).await.ok();
    let columns = listed["tables"][0]["columns"].as_array().unwrap().clone();
    let unread: Vec<&str> = listed["findings"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(unread, ["public.Odd table.raw", "public.Odd table.gap"]);

    // A model of every column, in the types of the list.
    let readable = columns.iter().filter(|c| !c["type"].is_null());
    let fields: Vec<Value> = readable.map(|c| json!({ "id": c["name"], "type": c["type"] })).collect();
    let model = json!({
        "name": "odd", "source": "retail", "kind": "custom", "primary_key": ["id"], "definition": { "table": "public.Odd table" },
        "fields": fields,
    });
    sluice.apply(&json!({ "models": [model] })).await;
    let model = sluice.id("models", "odd").await;
    let preview = sluice.get(&format!("/models/{model}/preview")).await.ok();
    assert_eq!(preview["count"], 2, "{preview:#}");
    let text = preview.to_string();
    for value in [
        "-12.50",
        "12345678901234567890.123",
        "9.99",
        "Zoë",
        "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "2000-02-29",
        "01:02:03",
        "1999-12-31T23:59:59.999999",
        "2026-01-02T01:04:05",
        "sad",
        "[[1,2],[3,4]]",
    ] {
        assert!(text.contains(value), "{value} is not in {preview:#}");
    }
    sluice.stop().await;
}

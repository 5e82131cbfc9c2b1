//! A million users out of a PostgreSQL server into the sink, first all and then the one in a hundred that changed, beside a program
//! that does the same with nothing around it (`bench/e2e_native` of `SLUICE_SHARED`).
//!
//! `--postgresql "host=127.0.0.1 port=5432 user=postgres dbname=postgres"` names a server that is there for this alone and lets the user
//! in without a password, as `bench/pg_setup.sh` makes one; the tables are made here, under names that begin with `e2e_`. The server's
//! time is nobody's and is not counted.

use std::process::Command;

use serde_json::{Value, json};
use tokio_postgres::{Client, Config, NoTls, config::Host as Address};

use crate::{BRAZE, Host, Ran, Result, Role, arrived, floors};

/// What a user has, and the type that a model says of it.
const FIELDS: [(&str, &str); 12] = [
    ("user_id", "integer"),
    ("email", "string"),
    ("first_name", "string"),
    ("last_name", "string"),
    ("phone", "string"),
    ("country", "string"),
    ("home_city", "string"),
    ("plan", "string"),
    ("age", "integer"),
    ("ltv", "float"),
    ("email_subscribed", "boolean"),
    ("created_at", "timestamp"),
];

/// Two days of users; in the second, one in a hundred has another plan.
fn tables(rows: usize) -> String {
    let day = |name: &str, plan: &str| {
        format!(
            "DROP TABLE IF EXISTS {name} CASCADE;
             CREATE TABLE {name} AS SELECT id AS user_id, 'user' || id || '@mail' || id % 500 || '.example.com' AS email,
                 'Name ' || id % 20 AS first_name, 'Family ' || id % 23 AS last_name,
                 '+1' || lpad((id * 7919 % 10000000000)::text, 10, '0') AS phone,
                 (ARRAY['US','GB','DE','FR','BR','IN','JP','CA','AU','ES'])[1 + id % 10] AS country, 'City ' || id % 5000 AS home_city,
                 {plan} AS plan, (18 + id % 70)::int AS age, (id * 37 % 200000)::float8 / 100 AS ltv, id % 3 = 0 AS email_subscribed,
                 timestamp '2020-01-01' + id * interval '1 minute' AS created_at
             FROM generate_series(1::bigint, {rows}) AS id;
             ALTER TABLE {name} ADD PRIMARY KEY (user_id);"
        )
    };
    let plan = "(ARRAY['free','free','free','free','basic','basic','basic','pro','pro','enterprise'])[1 + id % 10]";
    let changed = format!("CASE WHEN id % 100 = 0 THEN {plan} || '_x' ELSE {plan} END");
    format!("{}{}ANALYZE e2e_v1; ANALYZE e2e_v2;", day("e2e_v1", plan), day("e2e_v2", &changed))
}

fn bundle(server: &Config, sink: &str) -> Result<Value> {
    let Some(Address::Tcp(host)) = server.get_hosts().first() else { return Err("name the server's host".into()) };
    let port = server.get_ports().first().copied().unwrap_or(5_432);
    let settings = json!({
        "host": host, "port": port, "database": server.get_dbname().unwrap_or("postgres"),
        "user": server.get_user().unwrap_or("postgres"), "tls": "disable",
    });
    let grant = json!({ "connections": [{ "host": host, "port": port, "private_address": true, "weaker_tls": "I accept" }] });
    let fields: Vec<Value> = FIELDS.iter().map(|(id, ty)| json!({ "id": id, "type": ty })).collect();
    let sent = FIELDS[1..].iter().map(|(id, _)| json!({ "target": id, "value": { "field": id } }));
    let external = json!({ "target": "external_id", "role": "identifier", "value": { "field": "user_id" } });
    let mapped: Vec<Value> = [external].into_iter().chain(sent).collect();
    Ok(json!({
        "sources": [{
            "name": "warehouse", "credentials": { "password": "not asked for" },
            "kind": { "connector": { "id": "postgresql", "settings": settings, "grant": grant } },
        }],
        "models": [{
            "name": "users", "source": "warehouse", "kind": "users", "primary_key": ["user_id"],
            "definition": { "table": "public.e2e_users" }, "fields": fields,
        }],
        "destinations": [{
            "name": "sink", "connector": "braze", "settings": { "rest_host": "rest.fra-01" },
            "grant": { "stand_ins": [{ "host": BRAZE, "origin": sink }] }, "credentials": { "rest_api_key": "bench" },
        }],
        "activations": [{
            "name": "users", "from": { "model": "users" }, "destination": "sink", "service": "attributes", "mode": "upsert",
            "mapping": { "fields": mapped },
        }],
    }))
}

async fn show(client: &Client, day: &str) -> Result<()> {
    Ok(client.batch_execute(&format!("CREATE OR REPLACE VIEW e2e_users AS SELECT * FROM {day}")).await?)
}

/// Prints both runs of both, with the ratio of their processor time.
pub(crate) async fn compare(server: &str, rows: usize, braze: &[u8]) -> Result<()> {
    let config: Config = server.parse()?;
    let (client, driver) = config.connect(NoTls).await?;
    tokio::spawn(driver);
    client.batch_execute(&tables(rows)).await?;
    show(&client, "e2e_v1").await?;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors/postgresql");
    let source = sluice_build::build(&folder, &sluice_build::Options::beside(&folder))?.bytes;
    let native = floors::programs("e2e_native", &["e2e_native"])?;
    let dir = tempfile::tempdir()?;
    let sink = Role::start("sink", &[])?;
    let host = Host::start(&dir.path().join("state"), &[braze, &source]).await?;
    host.client.post("/apply", &bundle(&config, &sink.said)?).await?;
    println!("run      rows sent  wall s  cpu s  peak MiB over idle    floor: rows sent  cpu s  ratio of CPU");
    for (name, day, must) in [("first", "e2e_v1", 3.0), ("second", "e2e_v2", 2.5)] {
        show(&client, day).await?;
        let Ran { run, wall, cpu, peak, .. } = host.run().await?;
        let [sent, ..] = arrived(&host, &sink).await?;
        if run["state"] != "succeeded" || sent != run["counters"]["tally"]["accepted"].as_u64().unwrap_or(0) {
            return Err(format!("{sent} rows arrived: {run:#}").into());
        }
        let line = format!("{name:<8} {sent:>9} {wall:>7.2} {cpu:>6.2} {peak:>19.1}");
        let Some(native) = &native else {
            println!("{line}");
            continue;
        };
        let port = sink.said.rsplit(':').next().unwrap_or_default();
        let floor = Command::new(native.join("e2e_native")).args([server, port]).arg(dir.path().join("floor")).output()?;
        let said: Value = serde_json::from_slice(&floor.stdout).map_err(|_| String::from_utf8_lossy(&floor.stderr).into_owned())?;
        let [floor_sent, ..] = arrived(&host, &sink).await?;
        let of_floor = said["cpu_s"].as_f64().ok_or("the floor gives no figure")?;
        println!("{line}    {floor_sent:>16} {of_floor:>6.2} {:>6.2}   (must {must})", cpu / of_floor);
    }
    Ok(())
}

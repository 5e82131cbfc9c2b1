//! Customers, orders and lines of the real shop in a real PostgreSQL: five segments by what people bought have the counts that every
//! engine agrees on, each by statements that the database evaluates; one whose lines lie in a file is cut, and one follows at the
//! platform what SQL changes.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_catalog::clock::FixedClock;

use crate::{
    daily::{names, touched},
    retail::{self, Lines},
    rig::{Rig, Sluice, braze, end, postgresql, tally},
    server::Server,
};

/// Just after the last line of the file.
const NOW: &str = "2011-12-09T18:00:00Z";
/// Ninety days of 24 hours before.
const SINCE: &str = "2011-09-10T18:00:00Z";

fn all_of(children: Value) -> Value {
    json!({ "op": "and", "children": children })
}

/// Days of 24 hours back from now.
fn last_days(days: u32) -> Value {
    json!({ "operator": "in-the-last", "value": { "amount": days, "unit": "days" }, "options": { "exact": true } })
}

fn models() -> Value {
    let field = |id: &str, ty: &str| json!({ "id": id, "type": ty });
    let money = |id: &str, precision: u32| json!({ "id": id, "type": { "decimal": { "precision": precision, "scale": 4 } } });
    let many = |name: &str, by: &str| {
        let on = json!([{ "field": by, "other": by }]);
        json!({ "name": name, "kind": "has-many", "model": name, "on": on })
    };
    json!([{
        "name": "customers", "source": "retail", "kind": "users", "primary_key": ["customer_id"],
        "definition": { "sql": "SELECT customer_id, max(country) AS country FROM online_retail \
            WHERE customer_id IS NOT NULL GROUP BY customer_id" },
        "fields": [field("customer_id", "integer"), field("country", "string")],
        "relationships": [many("orders", "customer_id"), many("lines", "customer_id"), many("archived", "customer_id")],
    }, {
        "name": "orders", "source": "retail", "kind": "events", "primary_key": ["invoice_no"], "time_field": "ordered_at",
        "definition": { "sql": "SELECT invoice_no, max(customer_id) AS customer_id, min(invoice_date) AS ordered_at, \
            sum(quantity * unit_price) AS amount, invoice_no LIKE 'C%' AS cancelled FROM online_retail \
            WHERE customer_id IS NOT NULL GROUP BY invoice_no" },
        "fields": [
            field("invoice_no", "string"), field("customer_id", "integer"), field("ordered_at", "timestamp"), money("amount", 18),
            field("cancelled", "boolean"),
        ],
        "relationships": [many("lines", "invoice_no")],
    }, {
        "name": "lines", "source": "retail", "kind": "custom", "primary_key": ["line_id"],
        "definition": { "sql": "SELECT * FROM online_retail WHERE customer_id IS NOT NULL" },
        "fields": [
            field("line_id", "integer"), field("invoice_no", "string"), field("stock_code", "string"), field("quantity", "integer"),
            money("unit_price", 12), field("customer_id", "integer"),
        ],
    }, {
        "name": "archived", "source": "archive", "kind": "custom", "primary_key": ["line_id"],
        "definition": { "table": "online_retail" },
        "fields": [
            field("line_id", "integer"), field("quantity", "integer"), money("unit_price", 12), field("customer_id", "integer"),
        ],
    }])
}

/// Name, model, condition, count.
fn segments() -> Vec<(&'static str, &'static str, Value, u64)> {
    let kept = all_of(json!([{ "field": "cancelled", "operator": "is", "value": false }]));
    let large = json!({ "field": "quantity", "operator": "at-least", "value": 100 });
    let cheap = json!({ "field": "unit_price", "operator": "less-than", "value": 1 });
    let line = |wanted: &str, children: Value| json!({ "path": ["lines"], "quantifier": wanted, "where": all_of(children) });
    let code = |code: &str| json!([{ "field": "stock_code", "operator": "is", "value": code }]);
    let sum = json!({ "function": "sum", "field": "amount", "operator": "at-least", "value": 1000 });
    let none_lately = json!({ "path": ["orders"], "quantifier": { "exactly": 0 }, "window": last_days(60) });
    let two_lately = json!({ "path": ["orders"], "quantifier": { "at-least": 2 }, "where": kept, "window": last_days(90) });
    let deep = json!({ "path": ["orders", "lines"], "quantifier": "any", "where": all_of(json!([large, cheap])) });
    vec![
        ("A", "customers", json!([two_lately]), 1_387),
        ("B", "customers", json!([{ "field": "country", "operator": "is-not", "value": "United Kingdom" }]), 422),
        ("C", "customers", json!([line("any", code("85123A")), line("none", code("POST"))]), 827),
        ("D", "customers", json!([{ "path": ["orders"], "measure": sum }, none_lately]), 366),
        ("E", "customers", json!([line("any", json!([large, cheap]))]), 525),
        ("E in two boxes", "customers", json!([line("any", json!([large])), line("any", json!([cheap]))]), 662),
        ("E over two steps", "customers", json!([deep]), 525),
        ("not A", "customers", json!([{ "segment": "A", "in": "no" }]), 4_372 - 1_387),
        ("cancelled", "orders", json!([{ "field": "cancelled", "operator": "is", "value": true }]), 3_654),
    ]
}

/// Segment E with its lines in a file: who stands in the database, who bought in the host.
const APART: &str = "E over a file, abroad";

fn bundle(rig: &Rig, server: &Server) -> Value {
    let id = json!({ "target": "external_id", "role": "identifier", "value": { "field": "customer_id" } });
    let apart = json!([
        { "field": "country", "operator": "is-not", "value": "United Kingdom" },
        { "path": ["archived"], "quantifier": "any", "where": all_of(json!([
            { "field": "quantity", "operator": "at-least", "value": 100 }, { "field": "unit_price", "operator": "less-than", "value": 1 },
        ])) },
    ]);
    let segments = segments().into_iter().chain([(APART, "customers", apart, 0)]).map(|(name, model, children, _)| {
        json!({ "name": name, "model": model, "condition": { "version": 1, "root": all_of(children) } })
    });
    json!({
        "sources": [
            server.source(&json!({}), &json!({})),
            { "name": "archive", "kind": { "files": { "path": rig.data() } } },
        ],
        "models": models(),
        "segments": segments.collect::<Vec<_>>(),
        "destinations": [rig.destination()],
        "activations": [{
            "name": "profiles", "from": { "model": "customers" }, "destination": "braze", "service": "attributes", "mode": "upsert",
            "mapping": { "fields": [id, { "target": "home", "value": { "field": "country" } }] },
        }, {
            "name": "regulars", "from": { "segment": "A" }, "destination": "braze", "service": "lists", "mode": "boolean-attribute",
            "options": { "attribute": "is_regular" }, "mapping": { "fields": [id] },
        }],
    })
}

async fn sluice(rig: &Rig) -> Sluice {
    let sluice = Sluice::start_at(&rig.state(), Arc::new(FixedClock(NOW.parse().unwrap()))).await;
    sluice.install(braze()).await;
    sluice.install(postgresql()).await;
    sluice
}

/// Who is marked as a regular, and who not any more.
fn marked(rig: &Rig, wanted: bool) -> Vec<String> {
    let is = |p: &&sluice_twins::braze::Profile| p.attributes.get("is_regular") == Some(&json!(wanted));
    let ids = |p: &sluice_twins::braze::Profile| p.external_id.clone().unwrap();
    let mut found: Vec<String> = rig.twin.with_state(|state| state.profiles().iter().filter(is).map(ids).collect());
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn five_segments_over_related_tables_have_their_counts_and_one_follows_what_sql_changes() {
    let Some(file) = retail::real_lines() else { return };
    let Some(server) = Server::start().await else { return };
    let lines = Lines::read(&file);
    server.with_retail(&lines).await;
    let rig = Rig::new().await;
    lines.write(&rig.data().join("online_retail.parquet"));
    let sluice = sluice(&rig).await;
    sluice.apply(&bundle(&rig, &server)).await;

    for (model, rows) in [("customers", 4_372), ("orders", 22_190), ("lines", 406_829)] {
        let id = sluice.id("models", model).await;
        assert_eq!(sluice.get(&format!("/models/{id}/preview")).await.ok()["count"], rows, "{model}");
    }
    for (segment, model, _, count) in segments() {
        let id = sluice.id("segments", segment).await;
        let preview = sluice.get(&format!("/segments/{id}/preview")).await.ok();
        let total = if model == "orders" { 22_190 } else { 4_372 };
        assert_eq!((&preview["count"], &preview["total"]), (&json!(count), &json!(total)), "{segment}");
        let evaluation = &preview["evaluation"];
        assert_eq!((&evaluation["place"], &evaluation["why"]), (&json!("source"), &Value::Null), "{segment}: {evaluation:#}");
        let statements = evaluation["statements"].as_array().unwrap();
        let of_retail = |s: &&Value| s["source"] == "retail" && s["sql"].as_str().unwrap().starts_with("SELECT ");
        assert_eq!(statements.iter().filter(of_retail).count(), statements.len(), "{segment}: {evaluation:#}");
        assert!(statements.len() >= 2, "a count and a sample: {evaluation:#}");
    }

    // What lies in the database is asked there, what lies in the file is joined in the host.
    let id = sluice.id("segments", APART).await;
    let preview = sluice.get(&format!("/segments/{id}/preview")).await.ok();
    let both = "SELECT count(*) FROM (SELECT customer_id FROM online_retail WHERE customer_id IS NOT NULL GROUP BY customer_id \
                HAVING max(country) <> 'United Kingdom' AND bool_or(quantity >= 100 AND unit_price < 1)) abroad";
    assert_eq!(preview["count"], server.number(both).await, "{preview:#}");
    assert_eq!(preview["evaluation"]["place"], "both", "{preview:#}");
    assert_eq!(preview["evaluation"]["why"], "its rows lie in files", "{preview:#}");
    assert!(preview["evaluation"]["statements"][0]["sql"].as_str().unwrap().contains("'United Kingdom'"), "{preview:#}");

    // A list marks profiles that are there.
    let everybody = sluice.run("profiles").await;
    assert_eq!((end(&everybody).as_str(), tally(&everybody).as_str()), ("succeeded", "accepted 4372"), "{everybody:#}");
    let since = SINCE.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let orders = lines.orders_since(since);
    let with = |count: usize| orders.iter().filter(move |(_, orders)| orders.len() == count);
    let members: Vec<i64> = orders.iter().filter(|(_, orders)| orders.len() >= 2).map(|(id, _)| *id).collect();
    let first = sluice.run("regulars").await;
    assert_eq!((end(&first).as_str(), tally(&first).as_str()), ("succeeded", "accepted 1387"), "{first:#}");
    assert_eq!((marked(&rig, true), marked(&rig, false)), (names(&members), Vec::new()));

    // Seven customers cancel one of their two orders, five order a second time, and a line changes that the segment does not see.
    let leaving: Vec<(i64, String)> = with(2).take(7).map(|(id, orders)| (*id, orders[0].clone())).collect();
    let joining: Vec<i64> = with(1).take(5).map(|(id, _)| *id).collect();
    let invoices = leaving.iter().map(|(_, invoice)| format!("'{invoice}'")).collect::<Vec<_>>().join(", ");
    let buyers = joining.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    server
        .shop(&format!(
            "UPDATE online_retail SET invoice_no = 'C' || invoice_no WHERE invoice_no IN ({invoices}); \
             INSERT INTO online_retail SELECT 10000000 + customer_id, 'N' || customer_id, 1, '2011-12-09 17:59:59', 1, customer_id, \
               'France', '85123A' FROM unnest(ARRAY[{buyers}]::bigint[]) customer_id; \
             UPDATE online_retail SET quantity = quantity + 1 WHERE line_id = (SELECT min(line_id) FROM online_retail);"
        ))
        .await;
    let before = rig.twin.log().total();
    let second = sluice.run("regulars").await;
    assert_eq!((end(&second).as_str(), tally(&second).as_str()), ("succeeded", "accepted 12"), "{second:#}");
    let left: Vec<i64> = leaving.iter().map(|(id, _)| *id).collect();
    assert_eq!(touched(&rig.twin, before), names(&[left.clone(), joining.clone()].concat()));
    let stay = members.iter().filter(|id| !left.contains(id)).chain(&joining).copied().collect::<Vec<_>>();
    assert_eq!((marked(&rig, true), marked(&rig, false)), (names(&stay), names(&left)));

    // Nothing more has changed.
    let before = rig.twin.log().total();
    let third = sluice.run("regulars").await;
    assert_eq!((end(&third).as_str(), tally(&third).as_str()), ("succeeded", ""), "{third:#}");
    assert_eq!(rig.twin.log().total(), before);
    assert_eq!(rig.twin.warnings(), []);
    sluice.stop().await;
}

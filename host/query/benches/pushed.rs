//! What push-down costs: the five segments of the real shop as PostgreSQL runs the printed statements, beside statements written by hand
//! over views of the same models (`by_hand/`), and the way from a tree of 200 conditions to its SQL text.
//!
//! `cargo bench -p sluice-query --bench pushed`. Times of the server are those of `EXPLAIN ANALYZE`, the least of nine, the two
//! statements in turn. Prints figures beside what they must be; gates nothing.

#![allow(missing_docs, clippy::print_stdout)]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on says where")]

#[path = "../tests/support/postgres.rs"]
mod postgres;
#[path = "../tests/support/retail.rs"]
mod retail;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use postgres::{Server, Shop, engine};
use retail::{NOW, context, customers, lines, orders, segments};
use serde_json::{Value, json};
use sluice_catalog::{
    condition::Group,
    ids::SourceId,
    model::{Definition, Model},
};
use sluice_query::{Query, Source, Surroundings};
use support::{at, group, real_data};
use tokio_postgres::SimpleQueryMessage;

const ROUNDS: usize = 9;
const BY_HAND: [(&str, &str); 5] = [
    ("A", include_str!("by_hand/a.sql")),
    ("B", include_str!("by_hand/b.sql")),
    ("C", include_str!("by_hand/c.sql")),
    ("D", include_str!("by_hand/d.sql")),
    ("E", include_str!("by_hand/e.sql")),
];

/// Milliseconds of execution.
async fn executed(server: &Server, statement: &str) -> f64 {
    let messages = server.client.simple_query(&format!("EXPLAIN (ANALYZE, FORMAT JSON) {statement}")).await.unwrap();
    let text: String =
        messages.iter().filter_map(|message| if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None }).collect();
    let explained: Value = serde_json::from_str(&text).unwrap();
    explained[0]["Execution Time"].as_f64().unwrap()
}

async fn query(around: &Surroundings, source: &Source, condition: &Group) -> Query {
    Query::within(around, source, &customers(), Some(condition), at(NOW), &TimeZone::UTC).await.unwrap()
}

/// 180 conditions on a customer and 20 on what belongs to it, in groups of 50.
fn two_hundred() -> Group {
    let condition = |n: usize| {
        let name = json!({ "field": "country", "operator": "is-not", "value": format!("country {n}") });
        let number = json!({ "field": "customer_id", "operator": "greater-than", "value": n });
        let order = json!({ "path": ["orders"], "quantifier": { "at-least": n }, "where": { "op": "and", "children": [
            { "field": "cancelled", "operator": "is", "value": false },
        ] } });
        match n % 10 {
            9 => order,
            even if even % 2 == 0 => name,
            _ => number,
        }
    };
    let of_fifty = |part: usize| json!({ "op": "or", "children": (50 * part..50 * part + 50).map(condition).collect::<Vec<_>>() });
    group((0..4).map(of_fifty).collect())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let Some(data) = real_data() else { return };
    let Some(server) = Server::start().await else { return };
    retail::load(&server, &data.join("online_retail.parquet")).await;
    let view = |name: &str, model: Model| match model.definition {
        Definition::Sql(text) => format!("CREATE VIEW {name} AS {text};"),
        Definition::Table(table) => format!("CREATE VIEW {name} AS TABLE {table};"),
    };
    let views = [view("customers", customers()), view("orders", orders()), view("lines", lines())].concat();
    server.client.batch_execute(&views).await.unwrap();
    let spill = tempfile::tempdir().unwrap();
    let source = Shop::new(&server).open(&engine(spill.path()), "UTC");
    let around = Surroundings::new(context(), BTreeMap::from([(SourceId::new(1, 1), source.clone())]));

    println!("segment   printed ms   by hand ms   ratio (must 1.2)");
    let all = segments();
    for (letter, by_hand) in BY_HAND {
        let (_, children, count) = all.iter().find(|(name, ..)| *name == letter).unwrap();
        let printed = query(&around, &source, &group(children.clone())).await.statement().unwrap();
        let same = format!("SELECT count(*) FROM ({printed} INTERSECT {by_hand}) same");
        assert_eq!(server.numbers(&same).await.unwrap(), [*count as i64], "both have the same members");
        let (mut least, mut least_by_hand) = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            least = least.min(executed(&server, &printed).await);
            least_by_hand = least_by_hand.min(executed(&server, by_hand).await);
        }
        println!("{letter:<7} {least:>12.1} {least_by_hand:>12.1} {:>7.2}", least / least_by_hand);
    }

    let condition = two_hundred();
    let mut least = Duration::MAX;
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        bytes = query(&around, &source, &condition).await.statement().unwrap().len();
        least = least.min(began.elapsed());
    }
    println!("a tree of 200 conditions: plan and {bytes} bytes of SQL in {least:.1?} (must 20 ms)");
}

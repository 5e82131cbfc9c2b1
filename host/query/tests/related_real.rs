//! The real order lines once more: customers, their orders and their lines, in five segments whose counts every engine agrees on.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{
    condition::{Context, sentence},
    ids::{ModelId, SourceId},
    model::Model,
    relationship::{Join, Relationship, RelationshipKind},
    types::DataType::{self, Boolean, Integer, String, Timestamp},
};
use sluice_query::{Query, Source, Surroundings};
use support::{all, at, group, real_data, sql};

const NOW: &str = "2011-12-09T18:00:00Z";
const PRICE: DataType = DataType::Decimal { precision: 12, scale: 4 };
const MONEY: DataType = DataType::Decimal { precision: 18, scale: 4 };

fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

fn has_many(name: &str, model: u64, field: &str) -> Relationship {
    let on = vec![Join { field: field.into(), other: field.into() }];
    Relationship { name: name.into(), kind: RelationshipKind::HasMany, model: id(model), on, inverse: None }
}

fn customers() -> Model {
    let model = sql(
        "SELECT customer_id, max(country) AS country FROM online_retail WHERE customer_id IS NOT NULL GROUP BY customer_id",
        &[("customer_id", Integer), ("country", String)],
    );
    Model {
        name: "customers".into(),
        relationships: vec![has_many("orders", 2, "customer_id"), has_many("lines", 3, "customer_id")],
        ..model
    }
}

fn orders() -> Model {
    let model = sql(
        "SELECT invoice_no, max(customer_id) AS customer_id, min(invoice_date) AS ordered_at,
                sum(quantity * unit_price) AS amount, invoice_no LIKE 'C%' AS cancelled
         FROM online_retail WHERE customer_id IS NOT NULL GROUP BY invoice_no",
        &[("invoice_no", String), ("customer_id", Integer), ("ordered_at", Timestamp), ("amount", MONEY), ("cancelled", Boolean)],
    );
    Model {
        name: "orders".into(),
        time_field: Some("ordered_at".into()),
        relationships: vec![has_many("lines", 3, "invoice_no")],
        ..model
    }
}

fn lines() -> Model {
    let model = sql(
        "SELECT * FROM online_retail WHERE customer_id IS NOT NULL",
        &[
            ("line_id", Integer),
            ("invoice_no", String),
            ("stock_code", String),
            ("quantity", Integer),
            ("unit_price", PRICE),
            ("invoice_date", Timestamp),
            ("customer_id", Integer),
        ],
    );
    Model { name: "lines".into(), time_field: Some("invoice_date".into()), ..model }
}

async fn shop() -> Option<(Source, Surroundings, tempfile::TempDir)> {
    let data = real_data()?;
    let spill = tempfile::tempdir().unwrap();
    let source = support::open(&data, spill.path(), "UTC", ',').await.unwrap();
    let models = [(id(1), customers()), (id(2), orders()), (id(3), lines())];
    let context = Context { model: Some(id(1)), models: models.into(), ..Context::default() };
    let sources = BTreeMap::from([(SourceId::new(1, 1), source.clone())]);
    Some((source, Surroundings { context, sources }, spill))
}

/// Days of 24 hours back from now, or calendar days.
fn last_days(days: u32, exact: bool) -> Value {
    json!({ "operator": "in-the-last", "value": { "amount": days, "unit": "days" }, "options": { "exact": exact } })
}

/// Letter, condition, count.
fn segments() -> Vec<(&'static str, Value, u64)> {
    let and = |children: Value| json!({ "op": "and", "children": children });
    let large = json!({ "field": "quantity", "operator": "at-least", "value": 100 });
    let cheap = json!({ "field": "unit_price", "operator": "less-than", "value": 1 });
    let line = |wanted: &str, children: Value| json!({ "path": ["lines"], "quantifier": wanted, "where": and(children) });
    let deep = |children: Value| json!({ "path": ["orders", "lines"], "quantifier": "any", "where": and(children) });
    let code = |code: &str| json!([{ "field": "stock_code", "operator": "is", "value": code }]);
    let not_cancelled = and(json!([{ "field": "cancelled", "operator": "is", "value": false }]));
    let sum = json!({ "function": "sum", "field": "amount", "operator": "at-least", "value": 1000 });
    vec![
        (
            "A",
            json!([{ "path": ["orders"], "quantifier": { "at-least": 2 }, "where": not_cancelled, "window": last_days(90, true) }]),
            1_387,
        ),
        (
            "A by calendar days",
            json!([{ "path": ["orders"], "quantifier": { "at-least": 2 }, "where": not_cancelled, "window": last_days(90, false) }]),
            1_387,
        ),
        ("B", json!([{ "field": "country", "operator": "is-not", "value": "United Kingdom" }]), 422),
        ("C", json!([line("any", code("85123A")), line("none", code("POST"))]), 827),
        (
            "D",
            json!([
                { "path": ["orders"], "measure": sum },
                { "path": ["orders"], "quantifier": { "exactly": 0 }, "window": last_days(60, true) },
            ]),
            366,
        ),
        ("E", json!([line("any", json!([large, cheap]))]), 525),
        ("E in two boxes", json!([line("any", json!([large])), line("any", json!([cheap]))]), 662),
        ("E over two steps", json!([deep(json!([large, cheap]))]), 525),
    ]
}

#[tokio::test]
async fn the_orders_of_the_real_shop_are_known() {
    let Some((source, ..)) = shop().await else { return };
    assert_eq!(all(&source, &orders()).await.unwrap().count().await.unwrap(), 22_190);
    let cancelled = group(json!([{ "field": "cancelled", "operator": "is", "value": true }]));
    let query = Query::new(&source, &orders(), Some(&cancelled), at(NOW), &TimeZone::UTC).await.unwrap();
    assert_eq!(query.count().await.unwrap(), 3_654);
}

#[tokio::test]
async fn the_five_segments_of_the_real_shop_have_their_counts_and_complements_the_rest() {
    let Some((source, around, _spill)) = shop().await else { return };
    for (letter, children, want) in segments() {
        let condition = group(children);
        let count = async |condition| {
            let query = Query::within(&around, &source, &customers(), Some(condition), at(NOW), &TimeZone::UTC).await.unwrap();
            query.preview(0).await.unwrap()
        };
        let met = count(&condition).await;
        assert_eq!((met.count, met.total), (want, 4_372), "{letter}: {}", sentence(&condition, &customers(), &around.context));
        let rest = sluice_catalog::condition::Group { not: true, ..condition.clone() };
        assert_eq!(count(&rest).await.count, 4_372 - want, "not {letter}");
    }
}

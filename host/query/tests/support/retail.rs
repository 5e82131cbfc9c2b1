//! The real shop: customers, their orders and their lines as models, five segments whose counts every engine agrees on, and the lines in
//! a real PostgreSQL.

#![allow(dead_code)] // each test file uses its part

use std::{fmt::Write as _, fs::File, path::Path};

use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::SinkExt;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use sluice_catalog::{
    condition::Context,
    ids::ModelId,
    model::Model,
    relationship::{Join, Relationship, RelationshipKind},
    types::DataType::{self, Boolean, Integer, String, Timestamp},
};

use crate::{postgres::Server, support::sql};

pub(crate) const NOW: &str = "2011-12-09T18:00:00Z";
const PRICE: DataType = DataType::Decimal { precision: 12, scale: 4 };
const MONEY: DataType = DataType::Decimal { precision: 18, scale: 4 };

pub(crate) fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

pub(crate) fn has_many(name: &str, model: u64, field: &str) -> Relationship {
    let on = vec![Join { field: field.into(), other: field.into() }];
    Relationship { name: name.into(), kind: RelationshipKind::HasMany, model: id(model), on, inverse: None }
}

pub(crate) fn customers() -> Model {
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

pub(crate) fn orders() -> Model {
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

pub(crate) fn lines() -> Model {
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

/// The three models.
pub(crate) fn context() -> Context {
    let models = [(id(1), customers()), (id(2), orders()), (id(3), lines())];
    Context { model: Some(id(1)), models: models.into(), ..Context::default() }
}

/// Days of 24 hours back from now, or calendar days.
pub(crate) fn last_days(days: u32, exact: bool) -> Value {
    json!({ "operator": "in-the-last", "value": { "amount": days, "unit": "days" }, "options": { "exact": exact } })
}

/// Letter, condition, count.
pub(crate) fn segments() -> Vec<(&'static str, Value, u64)> {
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

/// The lines of the file as a table of the server.
pub(crate) async fn load(server: &Server, file: &Path) {
    server
        .client
        .batch_execute(
            "CREATE TABLE online_retail (line_id bigint PRIMARY KEY, invoice_no text, quantity bigint, invoice_date timestamp, \
             unit_price numeric(12,4), customer_id bigint, country text, stock_code text)",
        )
        .await
        .unwrap();
    let columns = ["line_id", "invoice_no", "quantity", "invoice_date", "unit_price", "customer_id", "country", "stock_code"];
    let sink = server.client.copy_in::<_, bytes::Bytes>("COPY online_retail FROM STDIN").await.unwrap();
    let mut sink = std::pin::pin!(sink);
    let batches = ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap().build().unwrap();
    // No text of the file has a tab or a backslash.
    let options = FormatOptions::default().with_null("\\N");
    for batch in batches {
        let batch = batch.unwrap();
        let cells: Vec<ArrayFormatter<'_>> = columns
            .iter()
            .map(|name| ArrayFormatter::try_new(batch.column_by_name(name).unwrap().as_ref(), &options).unwrap())
            .collect();
        let mut text = std::string::String::new();
        for row in 0..batch.num_rows() {
            for (at, cell) in cells.iter().enumerate() {
                write!(text, "{}{}", cell.value(row), if at + 1 == cells.len() { '\n' } else { '\t' }).unwrap();
            }
        }
        sink.send(text.into()).await.unwrap();
    }
    sink.close().await.unwrap();
    server.client.batch_execute("ANALYZE").await.unwrap();
}

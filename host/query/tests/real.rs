//! The real order lines: 541,909 rows of an online shop, through models, keys and segments, with the counts that every engine agrees on.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use futures::TryStreamExt;
use jiff::tz::TimeZone;
use serde_json::json;
use sluice_catalog::{
    Code,
    model::Model,
    types::DataType::{self, Integer, String, Timestamp},
};
use sluice_query::{Query, Source, Verdict};
use support::{all, at, group, real_data, sql};

const MONEY: DataType = DataType::Decimal { precision: 18, scale: 4 };

fn lines() -> Model {
    sql(
        "SELECT * FROM online_retail WHERE customer_id IS NOT NULL;",
        &[
            ("line_id", Integer),
            ("invoice_no", String),
            ("stock_code", String),
            ("quantity", Integer),
            ("invoice_date", Timestamp),
            ("country", String),
        ],
    )
}

fn customers() -> Model {
    sql(
        "SELECT customer_id, max(country) AS country, min(invoice_date) AS first_order, max(invoice_date) AS last_order,
                count(DISTINCT invoice_no) AS orders, sum(quantity * unit_price) AS total
         FROM online_retail WHERE customer_id IS NOT NULL GROUP BY customer_id",
        &[
            ("customer_id", Integer),
            ("country", String),
            ("first_order", Timestamp),
            ("last_order", Timestamp),
            ("orders", Integer),
            ("total", MONEY),
        ],
    )
}

async fn shop() -> Option<(Source, tempfile::TempDir)> {
    let data = real_data()?;
    let spill = tempfile::tempdir().unwrap();
    Some((support::open(&data, spill.path(), "UTC", ',').await.unwrap(), spill))
}

#[tokio::test]
async fn the_table_is_discovered_with_its_columns() {
    let Some((source, _spill)) = shop().await else { return };
    let (tables, findings) = source.discover().await.unwrap();
    let retail = tables.iter().find(|table| table.name == "online_retail").unwrap();
    let columns: Vec<_> = retail.columns.iter().map(|c| format!("{}: {}", c.name, c.ty.unwrap())).collect();
    insta::assert_snapshot!(columns.join("\n"));
    assert_eq!(findings, []);
}

#[tokio::test]
async fn lines_have_a_key_each() {
    let Some((source, _spill)) = shop().await else { return };
    let query = all(&source, &lines()).await.unwrap();
    assert_eq!(query.count().await.unwrap(), 406_829);
    let report = query.keys().await.unwrap();
    assert_eq!((report.rows, report.distinct, report.null_keys, report.verdict), (406_829, 406_829, 0, Verdict::Unique));
    assert_eq!(report.problems(), []);
}

#[tokio::test]
async fn the_invoice_is_refused_as_key_of_the_lines() {
    let Some((source, _spill)) = shop().await else { return };
    let model = Model { primary_key: vec!["invoice_no".into()], ..lines() };
    let report = all(&source, &model).await.unwrap().keys().await.unwrap();
    assert_eq!(report.verdict, Verdict::Refused);
    assert_eq!(format!("{:.2}", report.unique_percent), "5.45");
    assert_eq!(report.samples.len(), 20);
    assert!(report.samples.is_sorted_by_key(|sample| std::cmp::Reverse(sample.rows)));
    let problem = &report.problems()[0];
    assert_eq!(problem.code, Code::DuplicateKeys);
    assert_eq!(problem.cause, "22190 of 406829 keys are different: 5.45 % are unique, and more than 95 % must be.");
}

#[tokio::test]
async fn the_segment_outside_of_the_united_kingdom_has_422_customers() {
    let Some((source, _spill)) = shop().await else { return };
    let condition = group(json!([{ "field": "country", "operator": "is-not", "value": "United Kingdom" }]));
    let query = Query::new(&source, &customers(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
    let preview = query.preview(20).await.unwrap();
    assert_eq!((preview.count, preview.total, preview.sample.len()), (422, 4_372, 20));
    assert!((preview.share - 422.0 / 4_372.0).abs() < 1e-12);
    let bytes = preview.evaluation.bytes_read.expect("Parquet tells");
    assert!(bytes > 100_000, "the columns of half a million lines, and not {bytes} bytes");
    assert!(preview.sample.iter().all(|row| row["country"] != "United Kingdom" && row.len() == 6));
}

#[tokio::test]
async fn rows_arrive_in_batches_of_the_promised_columns() {
    let Some((source, _spill)) = shop().await else { return };
    let selection = all(&source, &lines()).await.unwrap().select(&["country", "line_id", "invoice_date"]).unwrap();
    let mut rows = selection.stream().await.unwrap();
    let schema = rows.schema();
    let names: Vec<_> = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect();
    assert_eq!(names, ["line_id Int64", "country Utf8", "line_id Int64", "invoice_date Timestamp(µs, \"UTC\")"]);
    let mut seen = 0;
    while let Some(batch) = rows.try_next().await.unwrap() {
        assert!(batch.num_rows() <= 8_192 && batch.schema() == schema);
        seen += batch.num_rows();
    }
    assert_eq!(seen, 406_829);
}

//! The forms in which conditions beyond the row are planned: the same plan is what other engines will be given as SQL.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use std::collections::BTreeMap;

use arrow::array::{Int64Array, StringArray, TimestampMicrosecondArray};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{
    condition::Context,
    ids::{ModelId, SegmentId, SourceId},
    model::Model,
    segment::Segment,
    types::DataType::{Integer, String as Text, Timestamp},
};
use sluice_query::{Query, Surroundings};
use support::{Folder, array, at, group, table};

fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

fn relationships(value: Value) -> Vec<sluice_catalog::relationship::Relationship> {
    serde_json::from_value(value).unwrap()
}

fn customers() -> Model {
    let orders = json!([
        { "name": "orders", "kind": "has-many", "model": id(2), "on": [{ "field": "id", "other": "customer" }] },
        { "name": "local_orders", "kind": "has-many", "model": id(2),
            "on": [{ "field": "id", "other": "customer" }, { "field": "country", "other": "country" }] },
    ]);
    Model { relationships: relationships(orders), ..table("customers", &[("id", Integer), ("country", Text)]) }
}

fn orders() -> Model {
    let lines = json!([{ "name": "lines", "kind": "has-many", "model": id(3), "on": [{ "field": "id", "other": "order" }] }]);
    let fields = [("id", Integer), ("customer", Integer), ("country", Text), ("at", Timestamp)];
    Model { relationships: relationships(lines), time_field: Some("at".into()), ..table("orders", &fields) }
}

fn lines() -> Model {
    table("lines", &[("id", Integer), ("order", Integer), ("quantity", Integer)])
}

#[tokio::test]
async fn every_condition_beyond_the_row_is_a_list_of_keys() {
    let folder = Folder::new();
    let (numbers, texts) = (|| array(Int64Array::from(vec![1, 2])), || array(StringArray::from(vec!["a", "b"])));
    folder.parquet("customers.parquet", vec![("id", numbers()), ("country", texts())]);
    let times = array(TimestampMicrosecondArray::from(vec![0, 1]));
    folder.parquet("orders.parquet", vec![("id", numbers()), ("customer", numbers()), ("country", texts()), ("at", times)]);
    folder.parquet("lines.parquet", vec![("id", numbers()), ("order", numbers()), ("quantity", numbers())]);
    let source = folder.open().await;
    let french = json!({ "version": 1, "root": group(json!([{ "field": "country", "operator": "is", "value": "a" }])) });
    let french: Segment = serde_json::from_value(json!({ "name": "french", "model": id(1), "condition": french })).unwrap();
    let context = Context {
        model: Some(id(1)),
        models: [(id(1), customers()), (id(2), orders()), (id(3), lines())].into(),
        segments: [(SegmentId::new(1, 1), french)].into(),
        ..Context::default()
    };
    let around = Surroundings { context, sources: BTreeMap::from([(SourceId::new(1, 1), source.clone())]) };
    let last = json!({ "operator": "after", "value": "2026-11-01T00:00:00Z" });
    let two = json!({ "op": "and", "children": [{ "field": "quantity", "operator": "at-least", "value": 2 }] });
    let abroad =
        json!({ "op": "and", "children": [{ "field": "country", "operator": "is-not", "value_ref": { "parent": "country" } }] });
    let sum = |operator: &str| json!({ "function": "sum", "field": "quantity", "operator": operator, "value": 10 });
    let avg = json!({ "function": "avg", "field": "quantity", "operator": "at-least", "value": 1.5 });
    for (name, node) in [
        ("none", json!({ "path": ["orders"], "quantifier": "none", "window": last })),
        ("nested", json!({ "path": ["orders", "lines"], "quantifier": "any", "where": two })),
        ("two_keys", json!({ "path": ["local_orders"], "quantifier": "any" })),
        ("counted", json!({ "path": ["orders"], "quantifier": { "at-least": 2 } })),
        ("at_most", json!({ "path": ["orders"], "quantifier": { "at-most": 2 } })),
        ("sum_over_two_steps", json!({ "path": ["orders", "lines"], "measure": sum("at-least") })),
        ("average", json!({ "path": ["orders", "lines"], "measure": avg })),
        ("last_ever", json!({ "path": ["orders"], "quantifier": "last-ever", "window": last })),
        ("parent_field", json!({ "path": ["orders"], "quantifier": "any", "where": abroad })),
        ("member", json!({ "segment": SegmentId::new(1, 1), "in": "no" })),
    ] {
        let condition = group(json!([node]));
        let query =
            Query::within(&around, &source, &customers(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
        let plan = query.explain().await.unwrap();
        let logical = plan.split("\n\n").next().unwrap();
        insta::assert_snapshot!(name, logical);
    }
}

#[tokio::test]
async fn a_random_limit_draws_the_same_members_each_time_and_others_for_another_text() {
    let folder = Folder::new();
    let ids = || array((0..1_000).collect::<Int64Array>());
    let countries = array((0..1_000).map(|at| Some(if at % 2 == 0 { "a" } else { "b" })).collect::<StringArray>());
    folder.parquet("customers.parquet", vec![("id", ids()), ("country", countries)]);
    let source = folder.open().await;
    let condition = group(json!([{ "field": "country", "operator": "is", "value": "a" }]));
    let drawn = async |keep: Value, seed: &str| {
        let limit = serde_json::from_value(json!({ "keep": keep, "order": { "random": seed } })).unwrap();
        let query = Query::new(&source, &customers(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
        let query = query.limited_to(&limit);
        let preview = query.preview(0).await.unwrap();
        let rows = support::rows(&query, &["country"]).await.unwrap();
        assert_eq!((preview.count, preview.total), (rows.len() as u64, 1_000));
        assert!(rows.iter().all(|row| row.ends_with("| a")));
        rows
    };
    let first = drawn(json!({ "rows": 100 }), "spring").await;
    assert_eq!(first.len(), 100);
    assert_eq!(drawn(json!({ "rows": 100 }), "spring").await, first);
    assert_eq!(drawn(json!({ "percent": 20 }), "spring").await, first, "a fifth of 500 members");
    let other = drawn(json!({ "rows": 100 }), "autumn").await;
    let both = other.iter().filter(|row| first.contains(row)).count();
    assert!((5..40).contains(&both), "some 20 of 100 are in both draws: {both}");
    assert_eq!(drawn(json!({ "rows": 1_000 }), "spring").await.len(), 500, "a limit above the size keeps all");
    let limit = serde_json::from_value(json!({ "keep": { "rows": 3 }, "order": { "random": "spring" } })).unwrap();
    let query = Query::new(&source, &customers(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
    let plan = query.limited_to(&limit).explain().await.unwrap();
    insta::assert_snapshot!("limited", plan.split("\n\n").next().unwrap());
}

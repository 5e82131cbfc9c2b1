//! Conditions beyond the row: what each means on a handful of rows, and the forms in which they are planned, since the same plan is what
//! other engines will be given as SQL.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use std::collections::BTreeMap;

use arrow::array::{Int64Array, StringArray, TimestampMicrosecondArray};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{
    condition::{Context, Group},
    ids::{ModelId, SegmentId, SourceId},
    model::Model,
    segment::Segment,
    types::DataType::{Integer, String as Text, Timestamp},
};
use sluice_query::{Query, Source, Surroundings};
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
    let around = Surroundings::new(context, BTreeMap::from([(SourceId::new(1, 1), source.clone())]));
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
    // Two measures of the same rows are one group of them.
    let both = group(json!([
        { "path": ["orders", "lines"], "quantifier": { "at-least": 2 } },
        { "path": ["orders", "lines"], "measure": sum("at-least") },
    ]));
    let query = Query::within(&around, &source, &customers(), Some(&both), at(support::NOW), &TimeZone::UTC).await.unwrap();
    insta::assert_snapshot!("together", query.explain().await.unwrap().split("\n\n").next().unwrap());
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

/// Customer 3 is of no country; 4 has no orders. Order 1 stands there twice, so its lines are reached in two ways.
async fn handful() -> (Folder, Source) {
    let folder = Folder::new();
    let numbers = |numbers: &[Option<i64>]| array(Int64Array::from(numbers.to_vec()));
    let texts = |texts: &[Option<&str>]| array(StringArray::from(texts.to_vec()));
    let (a, b) = (Some("a"), Some("b"));
    folder.parquet(
        "customers.parquet",
        vec![("id", numbers(&[Some(1), Some(2), Some(3), Some(4)])), ("country", texts(&[a, b, None, a]))],
    );
    let days = [1, 2, 2, 3, 5, 4].map(|day| at(&format!("2026-11-0{day}T12:00:00Z")).as_microsecond());
    folder.parquet(
        "orders.parquet",
        vec![
            ("id", numbers(&[Some(1), Some(2), Some(3), Some(4), Some(1), Some(5)])),
            ("customer", numbers(&[Some(1), Some(1), Some(2), None, Some(1), Some(3)])),
            ("country", texts(&[a, b, b, a, a, a])),
            ("at", array(TimestampMicrosecondArray::from(days.to_vec()))),
        ],
    );
    folder.parquet(
        "lines.parquet",
        vec![
            ("id", numbers(&[Some(1), Some(2), Some(3), Some(4)])),
            ("order", numbers(&[Some(1), Some(1), Some(3), None])),
            ("quantity", numbers(&[Some(5), None, Some(10), Some(1)])),
        ],
    );
    let source = folder.open().await;
    (folder, source)
}

/// The three models in one source.
fn around(source: &Source) -> Surroundings {
    let context = Context {
        model: Some(id(1)),
        models: [(id(1), customers()), (id(2), orders()), (id(3), lines())].into(),
        ..Context::default()
    };
    Surroundings::new(context, BTreeMap::from([(SourceId::new(1, 1), source.clone())]))
}

#[tokio::test]
async fn each_rule_holds_on_a_handful_of_rows_and_its_complement_is_the_rest() {
    let (_folder, source) = handful().await;
    let around = around(&source);
    let lines = |quantifier: Value| json!({ "path": ["orders", "lines"], "quantifier": quantifier });
    let measured = |function: &str, operator: &str, value: Value| {
        json!({ "path": ["orders", "lines"],
            "measure": { "function": function, "field": "quantity", "operator": operator, "value": value } })
    };
    let orders = |quantifier: Value, children: Value| json!({ "path": ["orders"], "quantifier": quantifier, "where": { "op": "and", "children": children } });
    let country = |country: &str| json!([{ "field": "country", "operator": "is", "value": country }]);
    let own = |operator: &str| json!([{ "field": "country", "operator": operator, "value_ref": { "parent": "country" } }]);
    let late = json!({ "operator": "on-or-after", "value": "2026-11-04" });
    for (node, want) in [
        // A line of an order that stands there twice is one line.
        (lines(json!({ "exactly": 2 })), vec!["1"]),
        (lines(json!({ "at-least": 3 })), vec![]),
        (lines(json!({ "at-most": 1 })), vec!["2", "3", "4"]),
        (lines(json!("none")), vec!["3", "4"]),
        (measured("sum", "is", json!(5)), vec!["1"]),
        (measured("sum", "at-most", json!(5)), vec!["1", "3", "4"]),
        (measured("sum", "greater-than", json!(5)), vec!["2"]),
        (measured("avg", "at-least", json!(5)), vec!["1", "2"]),
        (measured("avg", "is-not", json!(5)), vec!["2", "3", "4"]),
        (measured("min", "less-than", json!(100)), vec!["1", "2"]),
        (measured("count-distinct", "at-most", json!(1)), vec!["1", "2", "3", "4"]),
        // A null in a key equals nothing.
        (json!({ "path": ["local_orders"], "quantifier": "any" }), vec!["1", "2"]),
        (json!({ "path": ["local_orders"], "quantifier": { "at-most": 1 } }), vec!["2", "3", "4"]),
        // Nothing is what a missing country is: the complement rule holds beside the record's own field, too.
        (orders(json!("any"), own("is")), vec!["1", "2"]),
        (orders(json!("any"), own("is-not")), vec!["1", "3"]),
        (orders(json!({ "exactly": 2 }), own("is")), vec!["1"]),
        (orders(json!({ "at-most": 0 }), own("is")), vec!["3", "4"]),
        (orders(json!("first-ever"), country("a")), vec!["1", "3"]),
        (orders(json!("last-ever"), country("b")), vec!["2"]),
        (json!({ "path": ["orders"], "quantifier": "last-ever", "window": late }), vec!["1", "3"]),
        (json!({ "path": ["orders"], "quantifier": "first-ever", "window": late }), vec!["3"]),
        (json!({ "path": ["orders"], "quantifier": { "at-least-days": 3 } }), vec!["1"]),
        (orders(json!("all"), country("a")), vec!["3"]),
    ] {
        let count = async |not: bool| {
            let condition = Group { not, ..group(json!([node])) };
            let query =
                Query::within(&around, &source, &customers(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
            support::rows(&query, &[]).await.unwrap()
        };
        assert_eq!(count(false).await, want, "{node}");
        let rest: Vec<String> =
            ["1", "2", "3", "4"].map(str::to_owned).into_iter().filter(|id| !want.contains(&id.as_str())).collect();
        assert_eq!(count(true).await, rest, "not {node}");
    }
}

#[tokio::test]
async fn measures_side_by_side_answer_as_each_does_alone() {
    let (_folder, source) = handful().await;
    let around = around(&source);
    let rows = async |condition: Value| {
        let condition: Group = serde_json::from_value(condition).unwrap();
        let query =
            Query::within(&around, &source, &customers(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
        support::rows(&query, &[]).await.unwrap()
    };
    let counted = |quantifier: Value| json!({ "path": ["orders", "lines"], "quantifier": quantifier });
    let measured = |function: &str, operator: &str, value: i64| {
        json!({ "path": ["orders", "lines"],
            "measure": { "function": function, "field": "quantity", "operator": operator, "value": value } })
    };
    // Some hold for a customer without lines, and some do not; some have two results of a group.
    let nodes = [
        counted(json!({ "exactly": 2 })),
        counted(json!({ "at-most": 1 })),
        measured("sum", "is", 5),
        measured("sum", "at-most", 5),
        measured("avg", "at-least", 5),
        measured("avg", "less-than", 10),
        measured("max", "less-than", 100),
    ];
    for one in &nodes {
        for other in &nodes {
            let (of_one, of_other) =
                (rows(json!({ "op": "and", "children": [one] })).await, rows(json!({ "op": "and", "children": [other] })).await);
            for (op, not) in [("and", false), ("and", true), ("or", false), ("or", true)] {
                let found = rows(json!({ "op": op, "not": not, "children": [one, other] })).await;
                let want = ["1", "2", "3", "4"].map(str::to_owned).into_iter().filter(|id| {
                    let (one, other) = (of_one.contains(id), of_other.contains(id));
                    not != if op == "and" { one && other } else { one || other }
                });
                assert_eq!(found, want.collect::<Vec<_>>(), "{op} {not}: {one} {other}");
            }
        }
    }
}

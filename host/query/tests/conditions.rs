//! Conditions against data: every operator on both sides and on rows without a value, and random trees against the naive evaluator.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/naive.rs"]
mod naive;
#[path = "support/random_rows.rs"]
mod random_rows;
mod support;

use std::collections::BTreeSet;

use arrow::array::{
    AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use futures::TryStreamExt;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use naive::{Cell, Row, World, id};
use proptest::prelude::*;
use random_rows::{cells, trees};
use serde_json::{Value, json};
use sluice_catalog::{
    condition::Group,
    model::Model,
    semantic::Semantic,
    types::DataType::{self, Boolean, Float, Integer, String as Text},
};
use sluice_query::{Query, Source};
use support::{Folder, array, at, group, table};

const MONEY: DataType = DataType::Decimal { precision: 10, scale: 2 };

fn model() -> Model {
    table(
        "t",
        &[
            ("id", Integer),
            ("country", Text),
            ("city", Text),
            ("orders", Integer),
            ("visits", Integer),
            ("total", MONEY),
            ("score", Float),
            ("active", Boolean),
            ("born", DataType::Date),
            ("seen", DataType::Timestamp),
            ("first_seen", DataType::Timestamp),
        ],
    )
}

fn write(folder: &Folder, rows: &[Row]) {
    let column = |at: usize| rows.iter().map(move |row| row[at].1.clone());
    let texts = |at| array(column(at).map(|c| if let Cell::Text(text) = c { Some(text) } else { None }).collect::<StringArray>());
    let integers = |at| array(column(at).map(|c| if let Cell::Integer(n) = c { Some(n) } else { None }).collect::<Int64Array>());
    let decimals = column(5).map(|c| if let Cell::Decimal(n) = c { Some(n) } else { None }).collect::<Decimal128Array>();
    // Rows without a score are null or NaN, which is the same.
    let floats = column(6).enumerate().map(|(at, c)| match c {
        Cell::Float(x) => Some(x),
        _ if at % 2 == 0 => Some(f64::NAN),
        _ => None,
    });
    let booleans = column(7).map(|c| if let Cell::Boolean(b) = c { Some(b) } else { None }).collect::<BooleanArray>();
    let days = column(8)
        .map(|c| if let Cell::Day(day) = c { Some(Date::constant(1970, 1, 1).until(day).unwrap().get_days()) } else { None });
    let instants = |at| {
        array(
            column(at)
                .map(|c| if let Cell::Instant(t) = c { Some(t.as_microsecond()) } else { None })
                .collect::<TimestampMicrosecondArray>(),
        )
    };
    folder.parquet(
        "t.parquet",
        vec![
            ("id", integers(0)),
            ("country", texts(1)),
            ("city", texts(2)),
            ("orders", integers(3)),
            ("visits", integers(4)),
            ("total", array(decimals.with_precision_and_scale(10, 2).unwrap())),
            ("score", array(floats.collect::<Float64Array>())),
            ("active", array(booleans)),
            ("born", array(days.collect::<Date32Array>())),
            ("seen", instants(9)),
            ("first_seen", instants(10)),
        ],
    );
}

async fn members(source: &Source, group: &Group, now: Timestamp, zone: &TimeZone) -> BTreeSet<i64> {
    let query = Query::new(source, &model(), Some(group), now, zone).await.unwrap();
    let rows = query.select::<&str>(&[]).unwrap().stream().await.unwrap();
    let batches: Vec<_> = rows.try_collect().await.unwrap();
    let ids: Vec<i64> =
        batches.iter().flat_map(|b| b.column(0).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()).collect();
    let unique: BTreeSet<i64> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "no row comes twice");
    assert_eq!(query.count().await.unwrap(), ids.len() as u64, "count and rows agree");
    unique
}

/// Five rows that differ in one field, the last without a value.
async fn table_of(field: &'static str, cells: [Cell; 4]) -> (Folder, Source) {
    let folder = Folder::new();
    let rows: Vec<Row> = cells
        .into_iter()
        .chain([Cell::None])
        .enumerate()
        .map(|(at, cell)| {
            let mut row: Row = model().fields.iter().map(|f| (leaked(&f.id), Cell::None)).collect();
            row[0].1 = Cell::Integer(at as i64 + 1);
            let place = row.iter().position(|(name, _)| *name == field).unwrap();
            row[place].1 = cell;
            row
        })
        .collect();
    write(&folder, &rows);
    let source = folder.open().await;
    (folder, source)
}

fn leaked(id: &str) -> &'static str {
    FIELDS.iter().find(|known| **known == id).unwrap()
}

const FIELDS: [&str; 11] = ["id", "country", "city", "orders", "visits", "total", "score", "active", "born", "seen", "first_seen"];

async fn found(source: &Source, field: &str, operator: &str, value: Value, options: Value) -> Vec<i64> {
    let group = group(json!([{ "field": field, "operator": operator, "value": value, "options": options }]));
    members(source, &group, at(support::NOW), &TimeZone::get("Europe/Paris").unwrap()).await.into_iter().collect()
}

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

#[tokio::test]
async fn text_operators() {
    let (_folder, source) = table_of("country", [text("France"), text("fRANCE%_\\"), text(""), text("Cafe\u{301} 12")]).await;
    let fold = json!({ "case_insensitive": true });
    for (operator, value, options, want) in [
        ("is", json!("France"), json!({}), vec![1]),
        ("is", json!("FRANCE"), fold.clone(), vec![1]),
        ("is", json!("Caf\u{e9} 12"), json!({}), vec![4]),
        ("is", json!(""), json!({}), vec![3]),
        ("is-not", json!("France"), json!({}), vec![2, 3, 4, 5]),
        ("is-any-of", json!(["France", ""]), json!({}), vec![1, 3]),
        ("is-any-of", json!(["france", "CAF\u{c9} 12"]), fold.clone(), vec![1, 4]),
        ("is-none-of", json!(["France", ""]), json!({}), vec![2, 4, 5]),
        ("contains", json!("ran"), json!({}), vec![1]),
        ("contains", json!("ran"), fold.clone(), vec![1, 2]),
        ("contains", json!("%"), json!({}), vec![2]),
        ("contains", json!("_"), json!({}), vec![2]),
        ("contains", json!("\\"), json!({}), vec![2]),
        ("contains", json!(""), json!({}), vec![1, 2, 3, 4]),
        ("does-not-contain", json!("ran"), json!({}), vec![2, 3, 4, 5]),
        ("contains-any-of", json!(["ran", "12"]), json!({}), vec![1, 4]),
        ("contains-all-of", json!(["ran", "F"]), json!({}), vec![1]),
        ("contains-none-of", json!(["ran", "12"]), json!({}), vec![2, 3, 5]),
        ("starts-with", json!("F"), json!({}), vec![1]),
        ("starts-with", json!("f"), fold.clone(), vec![1, 2]),
        ("starts-with", json!("%"), json!({}), vec![]),
        ("does-not-start-with", json!("F"), json!({}), vec![2, 3, 4, 5]),
        ("ends-with", json!("_\\"), json!({}), vec![2]),
        ("does-not-end-with", json!("e"), json!({}), vec![2, 3, 4, 5]),
        ("matches-pattern", json!("^F"), json!({}), vec![1]),
        ("matches-pattern", json!("^f"), fold, vec![1, 2]),
        ("matches-pattern", json!(r"\s\d\d$"), json!({}), vec![4]),
        ("matches-pattern", json!("^Cafe\u{301} "), json!({}), vec![4]),
        ("has-any-value", Value::Null, json!({}), vec![1, 2, 4]),
        ("has-no-value", Value::Null, json!({}), vec![3, 5]),
        ("has-any-value", Value::Null, json!({ "empty_as_no_value": false }), vec![1, 2, 3, 4]),
        ("has-no-value", Value::Null, json!({ "empty_as_no_value": false }), vec![5]),
    ] {
        assert_eq!(found(&source, "country", operator, value.clone(), options.clone()).await, want, "{operator} {value} {options}");
    }
}

#[tokio::test]
async fn a_sigma_at_a_words_end_is_one_like_every_other_in_any_case() {
    let (_folder, source) = table_of("country", [text("ΟΔΟΣΑ"), text("ΟΔΟΣ"), text("οδοσα"), text("οδος")]).await;
    let fold = json!({ "case_insensitive": true });
    for (operator, value, want) in [
        ("starts-with", json!("ΟΔΟΣ"), vec![1, 2, 3, 4]),
        ("contains", json!("ΔΟς"), vec![1, 2, 3, 4]),
        ("ends-with", json!("σ"), vec![2, 4]),
        ("is-any-of", json!(["ΟΔΟΣ", "οδοΣΑ"]), vec![1, 2, 3, 4]),
        ("matches-pattern", json!("^ΟΔΟΣ$"), vec![2, 4]),
    ] {
        assert_eq!(found(&source, "country", operator, value.clone(), fold.clone()).await, want, "{operator} {value}");
    }
}

#[tokio::test]
async fn a_hostile_value_is_a_value() {
    let hostile = "x\\'; DROP TABLE t; --\"$1{}";
    let (_folder, source) = table_of("country", [text(hostile), text("x"), text("'"), text("\\")]).await;
    for (operator, want) in [("is", vec![1]), ("contains", vec![1]), ("is-not", vec![2, 3, 4, 5]), ("ends-with", vec![1])] {
        assert_eq!(found(&source, "country", operator, json!(hostile), json!({})).await, want, "{operator}");
    }
}

#[tokio::test]
async fn number_operators() {
    let (_a, integers) = table_of("orders", [1, 2, 3, i64::MAX].map(Cell::Integer)).await;
    let (_b, decimals) = table_of("total", [100, 199, 200, -1].map(Cell::Decimal)).await;
    let (_c, floats) = table_of("score", [0.0, -0.0, 0.1 + 0.2, f64::INFINITY].map(Cell::Float)).await;
    for (source, field, operator, value, want) in [
        (&integers, "orders", "is", json!(2), vec![2]),
        (&integers, "orders", "is", json!(i64::MAX), vec![4]),
        (&integers, "orders", "is-not", json!(2), vec![1, 3, 4, 5]),
        (&integers, "orders", "is-any-of", json!([1, 3, 7]), vec![1, 3]),
        (&integers, "orders", "is-none-of", json!([1, 3]), vec![2, 4, 5]),
        (&integers, "orders", "greater-than", json!(2), vec![3, 4]),
        (&integers, "orders", "at-least", json!(2), vec![2, 3, 4]),
        (&integers, "orders", "less-than", json!(2), vec![1]),
        (&integers, "orders", "at-most", json!(2), vec![1, 2]),
        (&integers, "orders", "between", json!([2, 3]), vec![2, 3]),
        (&integers, "orders", "not-between", json!([2, 3]), vec![1, 4, 5]),
        (&integers, "orders", "has-any-value", Value::Null, vec![1, 2, 3, 4]),
        (&integers, "orders", "has-no-value", Value::Null, vec![5]),
        (&integers, "orders", "in-top-percent", json!(25), vec![4]),
        (&integers, "orders", "in-top-percent", json!(24), vec![]),
        (&integers, "orders", "in-top-percent", json!(100), vec![1, 2, 3, 4]),
        (&integers, "orders", "in-bottom-percent", json!(50), vec![1, 2]),
        (&decimals, "total", "is", json!("2.00"), vec![3]),
        (&decimals, "total", "less-than", json!(2), vec![1, 2, 4]),
        (&decimals, "total", "between", json!(["1.00", "1.99"]), vec![1, 2]),
        (&decimals, "total", "is-any-of", json!(["1", "-0.01"]), vec![1, 4]),
        (&decimals, "total", "at-most", json!("99999999.99"), vec![1, 2, 3, 4]),
        (&floats, "score", "is", json!(0), vec![1, 2]),
        (&floats, "score", "is", json!(0.3), vec![]),
        (&floats, "score", "is-any-of", json!([0, 0.30000000000000004]), vec![1, 2, 3]),
        (&floats, "score", "greater-than", json!(1e308), vec![4]),
        (&floats, "score", "has-no-value", Value::Null, vec![5]),
        (&floats, "score", "at-most", json!(0.3), vec![1, 2]),
    ] {
        assert_eq!(found(source, field, operator, value.clone(), json!({})).await, want, "{field} {operator} {value}");
    }
}

#[tokio::test]
async fn boolean_operators() {
    let (_folder, source) = table_of("active", [true, false, true, false].map(Cell::Boolean)).await;
    for (operator, value, want) in [
        ("is", json!(true), vec![1, 3]),
        ("is", json!(false), vec![2, 4]),
        ("is-not", json!(true), vec![2, 4, 5]),
        ("has-no-value", Value::Null, vec![5]),
    ] {
        assert_eq!(found(&source, "active", operator, value.clone(), json!({})).await, want, "{operator} {value}");
    }
}

#[tokio::test]
async fn time_operators_at_the_edges_of_days_in_paris() {
    // The last and first microsecond around midnight in Paris of today, 24 November, and of the change of clocks on 25 October.
    let edges =
        ["2026-11-23T22:59:59.999999Z", "2026-11-23T23:00:00Z", "2026-10-24T21:59:59.999999Z", "2026-10-25T22:59:59.999999Z"];
    let (_folder, source) = table_of("seen", edges.map(|edge| Cell::Instant(at(edge)))).await;
    let window = |amount: u32, unit: &str| json!({ "amount": amount, "unit": unit });
    for (operator, value, want) in [
        ("is", json!("2026-11-24"), vec![2]),
        ("is-not", json!("2026-11-24"), vec![1, 3, 4, 5]),
        ("is", json!("2026-10-25"), vec![4]),
        ("is", json!("2026-10-24"), vec![3]),
        ("before", json!("2026-11-24"), vec![1, 3, 4]),
        ("on-or-after", json!("2026-11-24"), vec![2]),
        ("on-or-before", json!("2026-10-25"), vec![3, 4]),
        ("after", json!("2026-10-25"), vec![1, 2]),
        ("between", json!(["2026-10-25", "2026-11-23"]), vec![1, 4]),
        ("not-between", json!(["2026-10-25", "2026-11-23"]), vec![2, 3, 5]),
        ("is", json!("2026-11-24T00:00:00+01:00"), vec![2]),
        ("in-the-last", window(1, "days"), vec![2]),
        ("not-in-the-last", window(1, "days"), vec![1, 3, 4, 5]),
        ("in-the-last", window(2, "days"), vec![1, 2]),
        ("more-than-ago", window(29, "days"), vec![3, 4]),
        ("more-than-ago", window(30, "days"), vec![3]),
        ("between-ago", json!({ "from": 30, "to": 30, "unit": "days" }), vec![4]),
        ("in-the-past", Value::Null, vec![1, 2, 3, 4]),
        ("in-the-future", Value::Null, vec![]),
        ("anniversary", json!(0), vec![2]),
        ("anniversary", json!(1), vec![1, 2]),
        ("has-no-value", Value::Null, vec![5]),
    ] {
        assert_eq!(found(&source, "seen", operator, value.clone(), json!({})).await, want, "{operator} {value}");
    }
}

#[tokio::test]
async fn date_operators() {
    let days = ["2026-11-24", "2026-11-23", "1988-02-29", "2026-12-01"].map(|day| Cell::Day(day.parse().unwrap()));
    let (_folder, source) = table_of("born", days).await;
    let window = |amount: u32, unit: &str| json!({ "amount": amount, "unit": unit });
    for (operator, value, want) in [
        ("is", json!("1988-02-29"), vec![3]),
        ("before", json!("2026-11-24"), vec![2, 3]),
        ("after", json!("2026-11-24"), vec![4]),
        ("between", json!(["2026-11-23", "2026-11-24"]), vec![1, 2]),
        ("in-the-last", window(1, "days"), vec![1]),
        ("in-the-last", window(2, "days"), vec![1, 2]),
        ("in-the-next", window(8, "days"), vec![1, 4]),
        ("in-the-next", window(7, "days"), vec![1]),
        ("more-than-from-now", window(6, "days"), vec![4]),
        ("more-than-ago", window(38, "years"), vec![]),
        ("more-than-ago", window(37, "years"), vec![3]),
        ("in-the-past", Value::Null, vec![2, 3]),
        ("in-the-future", Value::Null, vec![4]),
        ("anniversary", json!(0), vec![1]),
        ("anniversary", json!(7), vec![1, 2, 4]),
    ] {
        assert_eq!(found(&source, "born", operator, value.clone(), json!({})).await, want, "{operator} {value}");
    }
    let on = |day: &str| {
        let now = at(&format!("{day}T12:00:00Z"));
        let source = source.clone();
        async move {
            members(&source, &group(json!([{ "field": "born", "operator": "anniversary", "value": 0 }])), now, &TimeZone::UTC).await
        }
    };
    assert!(on("2027-02-28").await.contains(&3) && on("2028-02-29").await.contains(&3));
    assert!(!on("2027-03-01").await.contains(&3) && !on("2028-02-28").await.contains(&3));
}

#[tokio::test]
async fn the_plan_has_two_valued_leaves_functions_and_constants() {
    let (folder, source) = table_of("country", [text("a"), text("b"), text("c"), text("d")]).await;
    let condition: Group = serde_json::from_value(json!({ "op": "or", "children": [
        { "field": "country", "operator": "does-not-contain", "value": "x", "options": { "case_insensitive": true } },
        { "field": "total", "operator": "at-least", "value": "12.5" },
        { "op": "and", "not": true, "children": [
            { "field": "seen", "operator": "in-the-last", "value": { "amount": 7, "unit": "days" } },
            { "field": "orders", "operator": "in-top-percent", "value": 20 },
            { "field": "city", "operator": "matches-pattern", "value": "^[0-9]+$" },
            { "field": "city", "operator": "is", "value_ref": "country" },
        ] },
    ] }))
    .unwrap();
    let query = Query::new(&source, &model(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
    let plan = query.explain().await.unwrap();
    assert!(!plan.contains(folder.path().to_str().unwrap().trim_matches('/')), "{plan}");
    assert!(plan.contains("t.parquet"), "{plan}");
    let logical = plan.split("\n\n").next().unwrap();
    insta::assert_snapshot!(logical.replace(" AND ", "\n  AND ").replace(" OR ", "\n  OR "));
}

#[tokio::test]
async fn a_preview_counts_exactly_and_masks_personal_data() {
    let (_folder, source) = table_of("country", [text("France"), text("Spain"), text(""), text("France")]).await;
    let mut model = model();
    model.fields[1].pii = true;
    model.fields[2].hidden = true;
    let condition = group(json!([{ "field": "country", "operator": "is", "value": "France" }]));
    let query = Query::new(&source, &model, Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
    let preview = query.preview(1).await.unwrap();
    assert_eq!((preview.count, preview.total, preview.share, preview.sample.len()), (2, 5, 0.4, 1));
    assert_eq!(preview.sample[0]["country"], "•••");
    assert_eq!((preview.sample[0].get("city"), preview.sample[0].get("total")), (None, Some(&Value::Null)));
    // With a semantic type, its own rule says what is shown; what is not there stays not there.
    model.fields[1].semantic = Some(Semantic::City);
    let everyone = Query::new(&source, &model, None, at(support::NOW), &TimeZone::UTC).await.unwrap().preview(9).await.unwrap();
    let shown: BTreeSet<String> = everyone.sample.iter().map(|row| row["country"].to_string()).collect();
    assert_eq!(shown, ["\"F…\"", "\"S…\"", "\"•••\"", "null"].map(str::to_owned).into());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// size(X) + size(not X) = size(model), and X is what the naive evaluator says, row by row.
    #[test]
    fn compiler_and_naive_evaluator_agree_and_complements_add_up(
        rows in prop::collection::vec(cells(), 1..40),
        trees in prop::collection::vec(trees(), 4),
        zone in prop::sample::select(vec!["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
    ) {
        let mut rows = rows;
        for (at, row) in rows.iter_mut().enumerate() {
            row[0].1 = Cell::Integer(at as i64);
        }
        let zone = TimeZone::get(zone).unwrap();
        let now = at(support::NOW);
        let world = World { rows: &rows, now, zone: zone.clone() };
        let folder = Folder::new();
        write(&folder, &rows);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for tree in trees {
            let group: Group = serde_json::from_value(tree.clone()).unwrap();
            let opposite = Group { not: !group.not, ..group.clone() };
            let (met, unmet) = runtime.block_on(async {
                let source = folder.open().await;
                (members(&source, &group, now, &zone).await, members(&source, &opposite, now, &zone).await)
            });
            let want: BTreeSet<i64> = rows.iter().filter(|row| world.holds(&group, row)).map(id).collect();
            prop_assert_eq!(&met, &want, "{}", tree);
            prop_assert_eq!(met.len() + unmet.len(), rows.len(), "{}", tree);
        }
    }
}

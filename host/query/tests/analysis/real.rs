//! The real shop: sequences beside plain SQL and beside loops over all rows, the overlap of five segments whose sizes are known, a
//! breakdown beside SQL.

use std::collections::{BTreeMap, BTreeSet};

use arrow::{
    array::AsArray,
    datatypes::{Int64Type, TimestampMicrosecondType},
};
use futures::TryStreamExt;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{
    condition::{Context, Group},
    ids::{ModelId, SourceId},
    model::Model,
    relationship::{Join, Relationship, RelationshipKind},
    segment::Segment,
    types::DataType::{self, Boolean, Integer, String, Timestamp},
};
use sluice_query::{Analysis, Query, Source, Surroundings};

use crate::support::{self, at, group, real_data, sql};

const NOW: &str = "2011-12-09T18:00:00Z";
const MONEY: DataType = DataType::Decimal { precision: 18, scale: 4 };
const DAY: i64 = 86_400_000_000;

fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

fn customers() -> Model {
    let has_many = |name: &str, model: u64| Relationship {
        name: name.into(),
        kind: RelationshipKind::HasMany,
        model: id(model),
        on: vec![Join { field: "customer_id".into(), other: "customer_id".into() }],
        inverse: None,
    };
    let mut model = sql(
        "SELECT customer_id, max(country) AS country FROM online_retail WHERE customer_id IS NOT NULL GROUP BY customer_id",
        &[("customer_id", Integer), ("country", String)],
    );
    model.relationships = vec![has_many("orders", 2), has_many("lines", 3)];
    model.fields[1].categorical = true;
    model
}

const ORDERS: &str = "SELECT invoice_no, max(customer_id) AS customer_id, min(invoice_date) AS ordered_at,
    sum(quantity * unit_price) AS amount, invoice_no LIKE 'C%' AS cancelled
    FROM online_retail WHERE customer_id IS NOT NULL GROUP BY invoice_no";

fn orders() -> Model {
    let fields =
        [("invoice_no", String), ("customer_id", Integer), ("ordered_at", Timestamp), ("amount", MONEY), ("cancelled", Boolean)];
    Model { time_field: Some("ordered_at".into()), ..sql(ORDERS, &fields) }
}

fn lines() -> Model {
    let fields = [
        ("line_id", Integer),
        ("stock_code", String),
        ("quantity", Integer),
        ("unit_price", DataType::Decimal { precision: 12, scale: 4 }),
        ("invoice_date", Timestamp),
        ("customer_id", Integer),
    ];
    Model { time_field: Some("invoice_date".into()), ..sql("SELECT * FROM online_retail WHERE customer_id IS NOT NULL", &fields) }
}

struct Real {
    source: Source,
    around: Surroundings,
    _spill: tempfile::TempDir,
}

impl Real {
    async fn open() -> Option<Self> {
        let data = real_data()?;
        let spill = tempfile::tempdir().unwrap();
        let source = support::open(&data, spill.path(), "UTC", ',').await.unwrap();
        let models = [(id(1), customers()), (id(2), orders()), (id(3), lines())];
        let context = Context { model: Some(id(1)), models: models.into(), ..Context::default() };
        let sources = BTreeMap::from([(SourceId::new(1, 1), source.clone())]);
        Some(Self { source, around: Surroundings::new(context, sources), _spill: spill })
    }

    async fn query(&self, condition: &Group) -> Query {
        Query::within(&self.around, &self.source, &customers(), Some(condition), at(NOW), &TimeZone::UTC).await.unwrap()
    }

    /// Customers of a sequence, after a look whether the complement is the rest.
    async fn sequence(&self, steps: Value) -> BTreeSet<i64> {
        let condition = group(json!([{ "steps": steps }]));
        let query = self.query(&condition).await;
        let found = customer_ids(&query).await;
        let rest = self.query(&Group { not: true, ..condition }).await.count().await.unwrap();
        assert_eq!(found.len() as u64 + rest, 4_372, "{steps}");
        found
    }

    /// Customers that a SELECT of ours finds.
    async fn by_sql(&self, text: &str) -> BTreeSet<i64> {
        let model = sql(text, &[("customer_id", Integer)]);
        customer_ids(&support::all(&self.source, &model).await.unwrap()).await
    }

    /// Every line: customer, code, quantity, instant in microseconds.
    async fn lines(&self) -> BTreeMap<i64, Vec<(std::string::String, i64, i64)>> {
        let query = support::all(&self.source, &lines()).await.unwrap();
        let mut rows = query.select(&["customer_id", "stock_code", "quantity", "invoice_date"]).unwrap().stream().await.unwrap();
        let mut all: BTreeMap<i64, Vec<_>> = BTreeMap::new();
        while let Some(batch) = rows.try_next().await.unwrap() {
            let [customers, quantities] = [1, 3].map(|at| batch.column(at).as_primitive::<Int64Type>().clone());
            let codes = batch.column(2).as_string::<i32>();
            let times = batch.column(4).as_primitive::<TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                let line = (codes.value(row).to_owned(), quantities.value(row), times.value(row));
                all.entry(customers.value(row)).or_default().push(line);
            }
        }
        all
    }
}

async fn customer_ids(query: &Query) -> BTreeSet<i64> {
    let batches: Vec<_> = query.select::<&str>(&[]).unwrap().stream().await.unwrap().try_collect().await.unwrap();
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

fn cancelled(is: bool) -> Value {
    json!({ "op": "and", "children": [{ "field": "cancelled", "operator": "is", "value": is }] })
}

#[tokio::test]
async fn sequences_of_orders_find_whom_plain_sql_finds() {
    let Some(real) = Real::open().await else { return };
    // Bought, and cancelled something within 14 days.
    let found = real
        .sequence(json!([
            { "path": ["orders"], "where": cancelled(false) },
            { "path": ["orders"], "where": cancelled(true), "within": { "amount": 14, "unit": "days" } },
        ]))
        .await;
    let select = format!(
        "WITH orders AS ({ORDERS}) SELECT DISTINCT a.customer_id FROM orders a JOIN orders b ON a.customer_id = b.customer_id
         WHERE NOT a.cancelled AND b.cancelled AND b.ordered_at > a.ordered_at AND b.ordered_at <= a.ordered_at + INTERVAL '14 days'"
    );
    let want = real.by_sql(&select).await;
    assert!(want.len() > 100);
    assert_eq!(found, want);

    // Bought, then nothing at all for 60 days that are over.
    let found = real
        .sequence(json!([
            { "path": ["orders"], "where": cancelled(false) },
            { "path": ["orders"], "did": "no", "within": { "amount": 60, "unit": "days" } },
        ]))
        .await;
    let select = format!(
        "WITH orders AS ({ORDERS}),
              followed AS (SELECT a.customer_id, a.invoice_no,
                           sum(CASE WHEN b.ordered_at > a.ordered_at AND b.ordered_at <= a.ordered_at + INTERVAL '60 days' THEN 1 ELSE 0 END) AS after
                           FROM orders a JOIN orders b ON a.customer_id = b.customer_id
                           WHERE NOT a.cancelled AND a.ordered_at + INTERVAL '60 days' < TIMESTAMP '2011-12-09 18:00:00'
                           GROUP BY a.customer_id, a.invoice_no)
         SELECT DISTINCT customer_id FROM followed WHERE after = 0"
    );
    let want = real.by_sql(&select).await;
    assert!(want.len() > 100);
    assert_eq!(found, want);
}

#[tokio::test]
async fn sequences_of_lines_find_whom_a_loop_over_all_lines_finds() {
    let Some(real) = Real::open().await else { return };
    let lines = real.lines().await;
    assert_eq!(lines.values().map(Vec::len).sum::<usize>(), 406_829);
    let quantity = |operator: &str, value: i64| json!({ "op": "and", "children": [{ "field": "quantity", "operator": operator, "value": value }] });
    let same = |step: usize| json!([{ "field": "stock_code", "step": step, "other": "stock_code" }]);
    // 24 or more of a thing, none of it given back, then 24 or more of it again within 30 days.
    let found = real
        .sequence(json!([
            { "path": ["lines"], "where": quantity("at-least", 24) },
            { "path": ["lines"], "where": quantity("less-than", 0), "did": "no", "same": same(1) },
            { "path": ["lines"], "where": quantity("at-least", 24), "within": { "amount": 30, "unit": "days" }, "same": same(1) },
        ]))
        .await;
    let again = |lines: &Vec<(std::string::String, i64, i64)>| {
        let mut by_code: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
        for (code, quantity, at) in lines {
            by_code.entry(code).or_default().push((*at, *quantity));
        }
        by_code.values().any(|all| {
            let large = || all.iter().filter(|(_, quantity)| *quantity >= 24).map(|(at, _)| *at);
            large().any(|first| {
                large().any(|second| {
                    let between = |at: i64| first < at && at < second;
                    first < second && second <= first + 30 * DAY && !all.iter().any(|(at, quantity)| *quantity < 0 && between(*at))
                })
            })
        })
    };
    let want: BTreeSet<i64> = lines.iter().filter(|(_, lines)| again(lines)).map(|(customer, _)| *customer).collect();
    assert!(want.len() > 100);
    assert_eq!(found, want);

    // A lamp, later a postage, later the same amount of something as of the lamp: a field carried over a step.
    let code = |code: &str| json!({ "op": "and", "children": [{ "field": "stock_code", "operator": "is", "value": code }] });
    let found = real
        .sequence(json!([
            { "path": ["lines"], "where": code("85123A") },
            { "path": ["lines"], "where": code("POST") },
            { "path": ["lines"], "where": code("22423"), "same": [{ "field": "quantity", "step": 1, "other": "quantity" }] },
        ]))
        .await;
    let carried = |lines: &Vec<(std::string::String, i64, i64)>| {
        let of = |wanted: &'static str| lines.iter().filter(move |(code, ..)| code == wanted);
        of("85123A").any(|(_, amount, lamp)| {
            of("POST").any(|(_, _, post)| lamp < post && of("22423").any(|(_, same, stand)| post < stand && same == amount))
        })
    };
    let want: BTreeSet<i64> = lines.iter().filter(|(_, lines)| carried(lines)).map(|(customer, _)| *customer).collect();
    assert!(!want.is_empty());
    assert_eq!(found, want);
}

#[tokio::test]
async fn the_five_segments_of_the_real_shop_overlap_and_break_down_exactly() {
    let Some(real) = Real::open().await else { return };
    let segment = |name: &str, children: Value| -> Segment {
        let condition = json!({ "version": 1, "root": { "op": "and", "children": children } });
        serde_json::from_value(json!({ "name": name, "model": id(1), "condition": condition })).unwrap()
    };
    let last =
        |days: u32| json!({ "operator": "in-the-last", "value": { "amount": days, "unit": "days" }, "options": { "exact": true } });
    let line = |wanted: &str, children: Value| json!({ "path": ["lines"], "quantifier": wanted, "where": { "op": "and", "children": children } });
    let code = |code: &str| json!([{ "field": "stock_code", "operator": "is", "value": code }]);
    let cheap = json!([{ "field": "quantity", "operator": "at-least", "value": 100 }, { "field": "unit_price", "operator": "less-than", "value": 1 }]);
    let sum = json!({ "function": "sum", "field": "amount", "operator": "at-least", "value": 1000 });
    let segments = [
        segment(
            "A",
            json!([{ "path": ["orders"], "quantifier": { "at-least": 2 }, "where": cancelled(false), "window": last(90) }]),
        ),
        segment("B", json!([{ "field": "country", "operator": "is-not", "value": "United Kingdom" }])),
        segment("C", json!([line("any", code("85123A")), line("none", code("POST"))])),
        segment(
            "D",
            json!([{ "path": ["orders"], "measure": sum }, { "path": ["orders"], "quantifier": "none", "window": last(60) }]),
        ),
        segment("E", json!([line("any", cheap)])),
    ];
    let analysis = Analysis::new(real.around.clone(), real.source.clone(), customers(), at(NOW), TimeZone::UTC);
    let overlap = analysis.overlap(&segments).await.unwrap();
    assert_eq!((overlap.total, overlap.sizes.as_slice()), (4_372, [1_387, 422, 827, 366, 525].as_slice()));
    let mut members = Vec::new();
    for segment in &segments {
        members.push(customer_ids(&real.query(&segment.condition.root).await).await);
    }
    let everyone = customer_ids(&real.query(&group(json!([]))).await).await;
    for part in &overlap.parts {
        let inside =
            |customer: &i64| members.iter().zip(&part.inside).all(|(members, inside)| members.contains(customer) == *inside);
        assert_eq!(everyone.iter().filter(|customer| inside(customer)).count() as u64, part.rows, "{part:?}");
    }
    assert_eq!(overlap.parts.iter().map(|part| part.rows).sum::<u64>(), 4_372);

    let found = analysis.breakdown(Some(&segments[0].condition.root), None, &["country".into()], true).await.unwrap().remove(0);
    let by_country = async |country: &str, model: bool| {
        let is = json!({ "field": "country", "operator": "is", "value": country });
        let mut condition = if model { group(json!([])) } else { segments[0].condition.root.clone() };
        condition.children.push(serde_json::from_value(is).unwrap());
        real.query(&condition).await.count().await.unwrap()
    };
    assert_eq!((found.rows, found.values[0].value.as_str()), (1_387, Some("United Kingdom")));
    for share in &found.values[..3] {
        let country = share.value.as_str().unwrap();
        assert_eq!(
            (share.rows, share.model_rows),
            (by_country(country, false).await, Some(by_country(country, true).await)),
            "{country}"
        );
    }

    let funnel = analysis.funnel(&segments[3].condition.root, None).await.unwrap();
    assert_eq!(funnel.stages.iter().map(|stage| stage.remaining).collect::<Vec<_>>(), [first_of_d(&real).await, 366]);
}

/// Customers whose orders are worth 1000 or more, by SQL.
async fn first_of_d(real: &Real) -> u64 {
    let select =
        format!("WITH orders AS ({ORDERS}) SELECT customer_id FROM orders GROUP BY customer_id HAVING sum(amount) >= 1000");
    real.by_sql(&select).await.len() as u64
}

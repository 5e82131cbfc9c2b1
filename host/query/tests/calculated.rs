//! Calculated fields over related rows: every function on a shop of a few rows, fields made of fields over three models, conditions on
//! them, and the real order lines against sums made by hand.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use std::collections::BTreeMap;

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{Decimal128Type, Int64Type},
};
use futures::TryStreamExt;
use jiff::tz::TimeZone;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use sluice_catalog::{
    calculated::Calculated,
    condition::Context,
    ids::{ModelId, SourceId},
    model::{Field, Model},
    relationship::{Join, Relationship, RelationshipKind},
    types::DataType::{self, Array as List, Boolean, Date, Decimal, Float, Integer, Timestamp},
};
use sluice_query::{Query, QueryError, Source, Surroundings};
use support::{Folder, NOW, at, group, real_data, rows, sql, table};

const MONEY: DataType = Decimal { precision: 12, scale: 2 };
const WIDE: DataType = Decimal { precision: 38, scale: 2 };

fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

fn way(name: &str, model: u64, field: &str, other: &str) -> Relationship {
    let on = vec![Join { field: field.into(), other: other.into() }];
    Relationship { name: name.into(), kind: RelationshipKind::HasMany, model: id(model), on, inverse: None }
}

fn formula(id: &str, ty: DataType, text: &str) -> Field {
    Field { calculated: Some(Calculated::Formula(text.into())), ..Field::plain(id, ty) }
}

fn aggregate(id: &str, ty: DataType, aggregated: Value) -> Field {
    let aggregated = serde_json::from_value(aggregated).unwrap();
    Field { calculated: Some(Calculated::Aggregate(aggregated)), ..Field::plain(id, ty) }
}

/// Customers 1 to 4 with orders and lines: 3 has no order, 4 an order whose values are all null.
fn shop() -> Folder {
    let folder = Folder::new();
    folder.text("customers.csv", "id,country\n1,FR\n2,DE\n3,\n4,FR\n");
    folder.text(
        "orders.csv",
        "no,customer,at,day,amount,city,weight\n\
         10,1,2026-11-01T10:00:00,2026-11-01,10.00,Lyon,1.5\n\
         11,1,2026-11-20T23:30:00,2026-11-20,5.01,Paris,2.5\n\
         12,1,2026-11-20T23:30:00,2026-11-21,5.00,Lyon,\n\
         13,2,2026-10-01T00:00:00,2026-10-01,-1.00,Bonn,0.5\n\
         14,2,,,7.25,Bonn,\n\
         15,2,2026-10-02T00:00:00,2026-10-02,7.25,Aachen,1.0\n\
         16,4,,,,,\n\
         17,,2026-11-11T00:00:00,2026-11-11,99.00,Nowhere,9.0\n",
    );
    folder.text("lines.csv", "line,order,pieces\n1,10,2\n2,10,3\n3,11,1\n4,13,4\n5,15,\n");
    folder
}

fn customers(calculated: Vec<Field>) -> Model {
    let mut model = table("customers", &[("id", Integer), ("country", DataType::String)]);
    model.name = "customers".into();
    model.fields.extend(calculated);
    model.relationships = vec![way("orders", 2, "id", "customer")];
    model
}

fn orders(calculated: Vec<Field>) -> Model {
    let fields = [
        ("no", Integer),
        ("customer", Integer),
        ("at", Timestamp),
        ("day", Date),
        ("amount", MONEY),
        ("city", DataType::String),
        ("weight", Float),
    ];
    let mut model = table("orders", &fields);
    model.name = "orders".into();
    model.time_field = Some("at".into());
    model.fields.extend(calculated);
    model.relationships = vec![way("lines", 3, "no", "order"), way("customer_of", 1, "customer", "id")];
    model
}

fn lines() -> Model {
    let mut model = table("lines", &[("line", Integer), ("order", Integer), ("pieces", Integer)]);
    model.name = "lines".into();
    model
}

fn around(source: &Source, customers: &Model, orders: &Model) -> Surroundings {
    let models = [(id(1), customers.clone()), (id(2), orders.clone()), (id(3), lines())];
    let context = Context { model: Some(id(1)), models: models.into(), ..Context::default() };
    Surroundings::new(context, BTreeMap::from([(SourceId::new(1, 1), source.clone())]))
}

async fn values(source: &Source, customers: &Model, orders: &Model, fields: &[&str]) -> Result<Vec<String>, QueryError> {
    let around = around(source, customers, orders);
    let problems = customers.validate().into_iter().chain(customers.calculated_problems(&around.context));
    assert_eq!(problems.map(|p| p.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let query = Query::asking(&around, source, customers, None, fields, at(NOW), &zone).await?;
    rows(&query, fields).await
}

#[tokio::test]
async fn every_function_counts_each_related_row_once_and_says_what_nothing_is() {
    let folder = shop();
    let source = folder.open().await;
    let of = |function: &str, field: &str| json!({ "path": ["orders"], "function": function, "field": field });
    let by_day = |function: &str| json!({ "path": ["orders"], "function": function, "field": "amount", "by": "day" });
    let since = json!({ "path": ["orders"], "function": "days-since-last", "default": -1 });
    for (ty, aggregated, wanted) in [
        (Integer, json!({ "path": ["orders"], "function": "count" }), ["3", "3", "0", "1"]),
        (Boolean, json!({ "path": ["orders"], "function": "exists" }), ["true", "true", "false", "true"]),
        (Integer, of("count-distinct", "city"), ["2", "2", "0", "0"]),
        (WIDE, of("sum", "amount"), ["20.01", "13.50", "∅", "∅"]),
        (Float, of("sum", "weight"), ["4.0", "1.5", "∅", "∅"]),
        (Decimal { precision: 38, scale: 6 }, of("avg", "amount"), ["6.670000", "4.500000", "∅", "∅"]),
        (MONEY, of("min", "amount"), ["5.00", "-1.00", "∅", "∅"]),
        (Timestamp, of("max", "at"), ["2026-11-20T23:30:00Z", "2026-10-02T00:00:00Z", "∅", "∅"]),
        // Two orders of one instant: the smaller number decides.
        (MONEY, of("first", "amount"), ["10.00", "-1.00", "∅", "∅"]),
        (MONEY, of("last", "amount"), ["5.01", "7.25", "∅", "∅"]),
        (MONEY, by_day("last"), ["5.00", "7.25", "∅", "∅"]),
        (DataType::String, of("most-frequent", "city"), ["Lyon", "Bonn", "∅", "∅"]),
        (MONEY, of("most-frequent", "amount"), ["5.00", "7.25", "∅", "∅"]),
        (List, of("list", "city"), [r#"["Lyon","Paris"]"#, r#"["Aachen","Bonn"]"#, "∅", "∅"]),
        (List, of("list", "amount"), [r#"["5.00","5.01","10.00"]"#, r#"["-1.00","7.25"]"#, "∅", "∅"]),
        (List, of("list", "day"), [r#"["2026-11-01","2026-11-20","2026-11-21"]"#, r#"["2026-10-01","2026-10-02"]"#, "∅", "∅"]),
        // 23:30 UTC is the 21st in Paris; now is the 24th.
        (Integer, since, ["3", "53", "-1", "-1"]),
        (
            MONEY,
            json!({ "path": ["orders"], "function": "max", "field": "amount", "default": "0.00",
                    "where": { "op": "and", "children": [{ "field": "city", "operator": "is", "value": "Lyon" }] } }),
            ["10.00", "0.00", "0.00", "0.00"],
        ),
        (
            Integer,
            json!({ "path": ["orders"], "function": "count",
                    "window": { "operator": "in-the-last", "value": { "amount": 30, "unit": "days" } } }),
            ["3", "0", "0", "0"],
        ),
        // Over two steps the average is over lines, not over averages of orders.
        (
            Decimal { precision: 38, scale: 4 },
            json!({ "path": ["orders", "lines"], "function": "avg", "field": "pieces" }),
            ["2.0000", "4.0000", "∅", "∅"],
        ),
        (Integer, json!({ "path": ["orders", "lines"], "function": "sum", "field": "pieces" }), ["6", "4", "∅", "∅"]),
    ] {
        let told = aggregated.to_string();
        let customers = customers(vec![aggregate("made", ty, aggregated)]);
        let got = values(&source, &customers, &orders(vec![]), &["made"]).await.unwrap_or_else(|error| panic!("{told}: {error}"));
        let wanted: Vec<String> = wanted.iter().zip(1..).map(|(value, id)| format!("{id} | {value}")).collect();
        assert_eq!(got, wanted, "{told}");
    }
}

#[tokio::test]
async fn a_path_that_reaches_a_row_in_two_ways_counts_it_once() {
    let folder = Folder::new();
    folder.text("people.csv", "id,team\n1,a\n2,a\n3,b\n");
    let source = folder.open().await;
    let mut people = table("people", &[("id", Integer), ("team", DataType::String)]);
    people.relationships = vec![way("mates", 1, "team", "team")];
    // Everybody of the team is reached from each of its members.
    people.fields.push(aggregate("mates_of_mates", Integer, json!({ "path": ["mates", "mates"], "function": "count" })));
    people.fields.push(aggregate("sum", Integer, json!({ "path": ["mates", "mates"], "function": "sum", "field": "id" })));
    let got = values(&source, &people, &orders(vec![]), &["mates_of_mates", "sum"]).await.unwrap();
    assert_eq!(got, ["1 | 2 | 3", "2 | 2 | 3", "3 | 1 | 3"]);
}

/// Customers over orders over lines, and formulas on each floor.
fn floors() -> (Model, Model) {
    let orders = orders(vec![
        aggregate("pieces", Integer, json!({ "path": ["lines"], "function": "sum", "field": "pieces", "default": 0 })),
        formula("heavy", Boolean, "pieces >= 3"),
        aggregate(
            "country",
            DataType::String,
            json!({ "path": ["customer_of"], "function": "first", "field": "country", "by": "born" }),
        ),
    ]);
    let children = json!([{ "field": "heavy", "operator": "is", "value": true }]);
    let customers = customers(vec![
        formula("average", MONEY, "round(total / orders_count, 2)"),
        aggregate("total", WIDE, json!({ "path": ["orders"], "function": "sum", "field": "amount" })),
        aggregate("orders_count", Integer, json!({ "path": ["orders"], "function": "count" })),
        aggregate(
            "heavy_total",
            WIDE,
            json!({ "path": ["orders"], "function": "sum", "field": "amount", "where": { "op": "and", "children": children } }),
        ),
        formula("kind", DataType::String, "case when orders_count = 0 then 'none' when average > 5 then 'good' else 'small' end"),
    ]);
    (customers, orders)
}

#[tokio::test]
async fn fields_are_made_of_fields_over_three_models_and_serve_in_conditions() {
    let folder = shop();
    let source = folder.open().await;
    let (customers, orders) = floors();
    let got = values(&source, &customers, &orders, &["average", "heavy_total", "kind"]).await.unwrap();
    assert_eq!(got, ["1 | 6.67 | 10.00 | good", "2 | 4.50 | -1.00 | small", "3 | ∅ | ∅ | none", "4 | ∅ | ∅ | small"]);

    let around = around(&source, &customers, &orders);
    for (children, wanted) in [
        (json!([{ "field": "average", "operator": "at-least", "value": "4.50" }]), vec!["1", "2"]),
        (json!([{ "field": "average", "operator": "has-no-value" }]), vec!["3", "4"]),
        (json!([{ "field": "kind", "operator": "is-not", "value": "good" }]), vec!["2", "3", "4"]),
        // A calculated field of the related model, asked for by the condition alone.
        (
            json!([{ "path": ["orders"], "quantifier": "any",
                     "where": { "op": "and", "children": [{ "field": "heavy", "operator": "is", "value": true }] } }]),
            vec!["1", "2"],
        ),
        (
            json!([{ "path": ["orders"], "measure": { "function": "sum", "field": "pieces", "operator": "is", "value": 6 } }]),
            vec!["1"],
        ),
    ] {
        let condition = group(children);
        let none: [&str; 0] = [];
        let query = Query::asking(&around, &source, &customers, Some(&condition), &none, at(NOW), &TimeZone::UTC).await.unwrap();
        assert_eq!(rows(&query, &[]).await.unwrap(), wanted, "{condition:?}");
    }
}

#[tokio::test]
async fn a_broken_field_breaks_only_what_uses_it() {
    let folder = shop();
    let source = folder.open().await;
    let (customers, orders) = floors();
    // `country` names a field that customers do not have.
    let got = values(&source, &customers, &orders, &["heavy_total"]).await.unwrap();
    assert_eq!(got.len(), 4);
    let around = around(&source, &customers, &orders);
    let zone = TimeZone::UTC;
    let error = Query::asking(&around, &source, &orders, None, &["country"], at(NOW), &zone).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the calculated field country of model orders is broken: The model customers has no field born; it has id, country, average, \
         total, orders_count, heavy_total, kind."
    );
    // A source that is gone fails what needs it and nothing else.
    let mut gone = around.clone();
    gone.context.models.get_mut(&id(3)).unwrap().source = SourceId::new(9, 9);
    assert!(Query::asking(&gone, &source, &customers, None, &["average"], at(NOW), &zone).await.is_ok());
    assert!(Query::asking(&gone, &source, &customers, None, &["heavy_total"], at(NOW), &zone).await.is_err());
}

#[tokio::test]
async fn what_is_made_of_personal_data_is_personal_over_models_and_formulas() {
    let folder = shop();
    let source = folder.open().await;
    let mut orders = orders(vec![formula("where", DataType::String, "upper(city)")]);
    orders.fields.iter_mut().find(|field| field.id == "city").unwrap().pii = true;
    let of = |function: &str| json!({ "path": ["orders"], "function": function, "field": "where" });
    let customers = customers(vec![
        aggregate("last_city", DataType::String, of("last")),
        aggregate("cities", Integer, of("count-distinct")),
        formula("short", DataType::String, "substring(last_city, 1, 1)"),
    ]);
    let around = around(&source, &customers, &orders);
    let query = Query::within(&around, &source, &customers, None, at(NOW), &TimeZone::UTC).await.unwrap();
    let sample = query.preview(10).await.unwrap().sample;
    let first = sample.iter().find(|row| row["id"] == 1).unwrap();
    let wanted = json!({ "id": 1, "country": "FR", "last_city": "•••", "cities": 2, "short": "•••" });
    assert_eq!(Value::Object(first.clone()), wanted);
}

#[tokio::test]
async fn a_result_that_does_not_fit_ends_the_query_and_names_the_field() {
    let folder = Folder::new();
    folder.text("t.csv", "id,n\n1,9223372036854775807\n2,1\n");
    let source = folder.open().await;
    let mut model = table("t", &[("id", Integer), ("n", Integer)]);
    model.fields.push(formula("more", Integer, "n + 1"));
    model.fields.push(formula("less", Decimal { precision: 3, scale: 1 }, "n - 2"));
    let query = support::all(&source, &model).await.unwrap();
    let error = rows(&query, &["more"]).await.unwrap_err();
    assert_eq!(error.to_string(), "a result of the calculated field more does not fit integer");
    let error = rows(&query, &["less"]).await.unwrap_err();
    assert_eq!(error.to_string(), "a result of the calculated field less does not fit decimal(3,1)");
}

#[tokio::test]
async fn the_average_basket_of_real_customers_is_that_of_sums_made_by_hand() {
    let Some(data) = real_data() else { return };
    // By hand: the file's rows, added up in whole ten-thousandths.
    let file = std::fs::File::open(data.join("online_retail.parquet")).unwrap();
    let mut by_hand: BTreeMap<i64, BTreeMap<String, i128>> = BTreeMap::new();
    let price = |text: f64| (text * 10_000.0).round() as i128;
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch: RecordBatch = batch.unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
        let cast = |name: &str, ty: &arrow::datatypes::DataType| arrow::compute::cast(column(name), ty).unwrap();
        let customers = cast("customer_id", &arrow::datatypes::DataType::Int64);
        let quantities = cast("quantity", &arrow::datatypes::DataType::Int64);
        let prices = cast("unit_price", &arrow::datatypes::DataType::Float64);
        let invoices = cast("invoice_no", &arrow::datatypes::DataType::Utf8);
        for row in (0..batch.num_rows()).filter(|row| !customers.is_null(*row)) {
            let units = price(prices.as_primitive::<arrow::datatypes::Float64Type>().value(row));
            let amount = units * i128::from(quantities.as_primitive::<Int64Type>().value(row));
            let invoice = invoices.as_string::<i32>().value(row).to_owned();
            *by_hand.entry(customers.as_primitive::<Int64Type>().value(row)).or_default().entry(invoice).or_default() += amount;
        }
    }
    // Half away from zero, in cents.
    let average = |orders: &BTreeMap<String, i128>| {
        let (sum, count) = (orders.values().sum::<i128>(), orders.len() as i128);
        let (whole, rest) = (sum.abs() / (count * 100), sum.abs() % (count * 100));
        sum.signum() * (whole + i128::from(2 * rest >= count * 100))
    };

    let spill = tempfile::tempdir().unwrap();
    let source = support::open(&data, spill.path(), "UTC", ',').await.unwrap();
    let money = Decimal { precision: 18, scale: 4 };
    let mut orders = sql(
        "SELECT invoice_no, max(customer_id) AS customer_id, sum(quantity * unit_price) AS amount
         FROM online_retail WHERE customer_id IS NOT NULL GROUP BY invoice_no",
        &[("invoice_no", DataType::String), ("customer_id", Integer), ("amount", money)],
    );
    orders.name = "orders".into();
    let mut customers =
        sql("SELECT DISTINCT customer_id FROM online_retail WHERE customer_id IS NOT NULL", &[("customer_id", Integer)]);
    customers.relationships = vec![way("orders", 2, "customer_id", "customer_id")];
    let total = json!({ "path": ["orders"], "function": "sum", "field": "amount" });
    let count = json!({ "path": ["orders"], "function": "count" });
    customers.fields.push(aggregate("total", Decimal { precision: 38, scale: 4 }, total));
    customers.fields.push(aggregate("orders", Integer, count));
    customers.fields.push(formula("average_basket", MONEY, "round(total / orders, 2)"));
    let models = [(id(1), customers.clone()), (id(2), orders)];
    let context = Context { model: Some(id(1)), models: models.into(), ..Context::default() };
    let around = Surroundings::new(context, BTreeMap::from([(SourceId::new(1, 1), source.clone())]));
    let now = at("2011-12-09T18:00:00Z");
    let query = Query::asking(&around, &source, &customers, None, &["average_basket"], now, &TimeZone::UTC).await.unwrap();
    let batches: Vec<RecordBatch> = query.select(&["average_basket"]).unwrap().stream().await.unwrap().try_collect().await.unwrap();
    let mut got = BTreeMap::new();
    for batch in &batches {
        let (ids, averages) = (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Decimal128Type>());
        got.extend((0..batch.num_rows()).map(|row| (ids.value(row), averages.value(row))));
    }
    assert_eq!(got.len(), 4_372);
    let wanted: BTreeMap<i64, i128> = by_hand.iter().map(|(customer, orders)| (*customer, average(orders))).collect();
    assert_eq!(got, wanted);

    // And in a condition: how many spend 500 or more at a time.
    let condition = group(json!([{ "field": "average_basket", "operator": "at-least", "value": 500 }]));
    let none: [&str; 0] = [];
    let query = Query::asking(&around, &source, &customers, Some(&condition), &none, now, &TimeZone::UTC).await.unwrap();
    let good = wanted.values().filter(|cents| **cents >= 50_000).count() as u64;
    assert!(good > 100);
    assert_eq!(query.count().await.unwrap(), good);
}

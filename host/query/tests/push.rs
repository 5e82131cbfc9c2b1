//! What is asked of a database and what is left to the engine, on a real PostgreSQL: which statements are run, that the answer is the
//! same in every way, and what a person is told about it.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::collections::BTreeMap;

use arrow::array::Int64Array;
use jiff::tz::TimeZone;
use postgres::{Server, Shop, engine};
use serde_json::{Value, json};
use sluice_catalog::{
    condition::{Context, Group},
    ids::{ModelId, SourceId},
    model::{Definition, Model},
    relationship::Relationship,
    types::DataType::{self, Boolean, Integer, Json, String as Text, Timestamp},
};
use sluice_query::{Place, Query, Source, Surroundings};
use support::{Folder, array, at, group, table};

const AMOUNT: DataType = DataType::Decimal { precision: 12, scale: 2 };

fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

fn customers() -> Model {
    let on = json!([{ "field": "id", "other": "customer" }]);
    let orders: Vec<Relationship> =
        serde_json::from_value(json!([{ "name": "orders", "kind": "has-many", "model": id(2), "on": on }])).unwrap();
    Model { relationships: orders, ..table("public.customers", &[("id", Integer), ("country", Text), ("note", Text)]) }
}

fn orders() -> Model {
    table("public.orders", &[("id", Integer), ("customer", Integer), ("amount", AMOUNT)])
}

/// Six customers of two countries; customer n has n - 1 orders.
const ROWS: &str = "CREATE TABLE customers (id bigint, country text, note text); CREATE TABLE orders (id bigint, customer bigint, \
     amount numeric(12,2)); \
     INSERT INTO customers SELECT n, CASE WHEN n % 2 = 0 THEN 'France' ELSE 'Spain' END, 'note ' || n FROM generate_series(1, 6) n; \
     INSERT INTO orders SELECT 10 * n + m, n, m * 1.5 FROM generate_series(1, 6) n, generate_series(2, 6) m WHERE m <= n";

fn around(source: &Source, orders_in: &Source, orders: Model) -> Surroundings {
    let context = Context { model: Some(id(1)), models: [(id(1), customers()), (id(2), orders)].into(), ..Context::default() };
    Surroundings::new(context, BTreeMap::from([(SourceId::new(1, 1), source.clone()), (SourceId::new(2, 1), orders_in.clone())]))
}

async fn query(around: &Surroundings, source: &Source, condition: &Group) -> Query {
    Query::within(around, source, &customers(), Some(condition), at(support::NOW), &TimeZone::UTC).await.unwrap()
}

fn two_orders_and(other: Value) -> Group {
    group(json!([other, { "path": ["orders"], "quantifier": { "at-least": 2 } }]))
}

fn french() -> Value {
    json!({ "field": "country", "operator": "is", "value": "France" })
}

#[tokio::test]
async fn what_lies_in_one_database_is_one_statement_and_nothing_else_is_read() {
    let Some(server) = Server::start().await else { return };
    server.client.batch_execute(ROWS).await.unwrap();
    let folder = Folder::new();
    let shop = Shop::new(&server);
    let source = shop.open(&engine(&folder.path()), "UTC");
    let query = query(&around(&source, &source, orders()), &source, &two_orders_and(french())).await;
    let preview = query.preview(20).await.unwrap();
    assert_eq!((preview.count, preview.total, preview.sample.len()), (2, 6, 2));
    assert_eq!((preview.evaluation.place, &preview.evaluation.why), (Place::Source, &None));
    assert_eq!(preview.evaluation.bytes_read, None, "PostgreSQL does not tell");
    let told: Vec<&str> = preview.evaluation.statements.iter().map(|statement| statement.sql.as_str()).collect();
    assert_eq!(shop.said(), told, "the count, the count of all, and the sample");
    assert_eq!(told.len(), 3);
    assert!(preview.evaluation.statements.iter().all(|statement| statement.source == "shop"));
    insta::assert_snapshot!("one_statement", told.join("\n"));

    // The rows of a run are those of the members' own statement.
    assert_eq!(support::rows(&query, &["note"]).await.unwrap(), ["4 | note 4", "6 | note 6"]);
    assert_eq!(shop.said().len(), 1);
    assert_eq!(query.keys().await.unwrap().rows, 2);
    assert!(shop.said().iter().all(|statement| statement.contains("'France'")), "keys are checked there too");
}

#[tokio::test]
async fn a_condition_over_two_places_is_cut_and_the_rest_is_joined_in_the_host() {
    let Some(server) = Server::start().await else { return };
    server.client.batch_execute(ROWS).await.unwrap();
    let folder = Folder::new();
    let of_two = |n: i64| (2..=n).map(move |_| n);
    let customers = (1..=6).flat_map(of_two).collect::<Int64Array>();
    let ids = array((0..customers.len() as i64).collect::<Int64Array>());
    let amounts = array(Int64Array::from(vec![1; customers.len()]));
    folder.parquet("orders.parquet", vec![("id", ids), ("customer", array(customers)), ("amount", amounts)]);
    let files = folder.open().await;
    let shop = Shop::new(&server);
    let source = shop.open(&engine(&folder.path()), "UTC");
    let orders = Model {
        source: SourceId::new(2, 1),
        definition: Definition::Table("orders".into()),
        ..table("orders", &[("id", Integer), ("customer", Integer), ("amount", Integer)])
    };
    let around = around(&source, &files, orders);
    let cut = query(&around, &source, &two_orders_and(french())).await;
    let rows = cut.select(&["note"]).unwrap().stream().await.unwrap();
    let evaluation = rows.evaluation();
    drop(rows);
    assert_eq!((evaluation.place, evaluation.why.as_deref()), (Place::Both, Some("its rows lie in files")));
    insta::assert_snapshot!("cut", evaluation.statements[0].sql);
    assert_eq!(support::rows(&cut, &["note"]).await.unwrap(), ["4 | note 4", "6 | note 6"]);
    assert_eq!(
        shop.said(),
        [evaluation.statements[0].sql.clone()],
        "the filter is asked there, and only the columns that are read"
    );
    assert_eq!(cut.count().await.unwrap(), 2);

    // Where the two stand in one OR nothing can be asked below it, and the columns that are read are all that is.
    let either = json!({ "op": "or", "children": [french(), { "path": ["orders"], "quantifier": { "at-least": 5 } }] });
    let either = query(&around, &source, &group(json!([either]))).await;
    assert_eq!(support::rows(&either, &[]).await.unwrap(), ["2", "4", "6"]);
}

#[tokio::test]
async fn what_is_not_said_in_sql_is_read_as_tables_with_the_same_answer() {
    let Some(server) = Server::start().await else { return };
    server.client.batch_execute(ROWS).await.unwrap();
    let folder = Folder::new();
    let begins = json!({ "field": "note", "operator": "starts-with", "value": "note" });
    let condition = two_orders_and(begins);
    let preview = async |shop: &Shop| {
        let source = shop.open(&engine(&folder.path()), "UTC");
        let query = query(&around(&source, &source, orders()), &source, &condition).await;
        let preview = query.preview(0).await.unwrap();
        assert_eq!((preview.count, preview.total), (4, 6));
        preview.evaluation
    };
    assert_eq!(preview(&Shop::new(&server)).await.place, Place::Source);

    // A server whose SQL is not known is asked for columns of its tables alone.
    let tables = Shop::of_tables(&server);
    let evaluation = preview(&tables).await;
    assert_eq!((evaluation.place, evaluation.statements.len()), (Place::Host, 0));
    assert!(tables.said().iter().all(|statement| !statement.contains("WHERE")));

    // A server that does not know a function of ours says so before a row is read, and then the tables are read.
    server.client.batch_execute("ALTER FUNCTION starts_with(text, text) RENAME TO begins_with").await.unwrap();
    let evaluation = preview(&Shop::new(&server)).await;
    assert_eq!(evaluation.place, Place::Both, "the count of all rows is asked there still");
    assert_eq!(evaluation.why.as_deref(), Some("function starts_with(text, unknown) does not exist"));
    assert!(evaluation.statements.iter().all(|statement| !statement.sql.contains("starts_with")));
}

#[tokio::test]
async fn a_column_that_compares_in_a_way_of_its_own_is_carried_and_compared_in_the_host() {
    let Some(server) = Server::start().await else { return };
    server
        .client
        .batch_execute(
            "CREATE TYPE mood AS ENUM ('fine', 'sad'); CREATE TABLE odd (id bigint, doc jsonb, mood mood, code char(4), size numeric, \
             wall timestamp, instant timestamptz, number text, flag boolean); \
             INSERT INTO odd VALUES (1, '{\"a\": 1}', 'sad', 'ab', 1.25, '2026-07-01 12:00:00', '2026-07-01 12:00:00+00', '7', true), \
               (2, NULL, 'fine', 'abcd', 2.5, '2026-01-01 00:00:00', '2026-01-01 00:00:00+00', '8', true), \
               (3, NULL, 'fine', NULL, NULL, NULL, NULL, 'not a number', false)",
        )
        .await
        .unwrap();
    let folder = Folder::new();
    let model = table(
        "public.odd",
        &[
            ("id", Integer),
            ("doc", Json),
            ("mood", Text),
            ("code", Text),
            ("size", AMOUNT),
            ("wall", Timestamp),
            ("instant", Timestamp),
            ("number", Integer),
            ("flag", Boolean),
        ],
    );
    let all = ["doc", "mood", "code", "size", "wall", "instant", "number"];
    let flagged = json!({ "field": "flag", "operator": "is", "value": true });
    let rows = [
        "1 | {\"a\": 1} | sad | ab   | 1.25 | 2026-07-01T10:00:00Z | 2026-07-01T12:00:00Z | 7",
        "2 | ∅ | fine | abcd | 2.50 | 2025-12-31T23:00:00Z | 2026-01-01T00:00:00Z | 8",
    ];
    for (shop, place) in [(Shop::new(&server), Place::Source), (Shop::of_tables(&server), Place::Host)] {
        let source = shop.open(&engine(&folder.path()), "Europe/Paris");
        let ask = async |condition: Value| {
            Query::new(&source, &model, Some(&group(condition)), at(support::NOW), &TimeZone::UTC).await.unwrap()
        };
        // Wall time and texts become fields in the host, and only of the rows that are members: the third has no number.
        let query = ask(json!([flagged])).await;
        assert_eq!(query.select(&all).unwrap().stream().await.unwrap().evaluation().place, place);
        if place == Place::Source {
            assert_eq!(support::rows(&query, &all).await.unwrap(), rows);
        }
        // A condition on one of them is asked in the host, of the rows that the other condition left.
        for (field, operator, value) in [
            ("mood", "is", json!("sad")),
            ("code", "starts-with", json!("ab  ")),
            ("wall", "after", json!("2026-06-01T00:00:00Z")),
            ("number", "at-most", json!(7)),
        ] {
            let query = ask(json!([flagged, { "field": field, "operator": operator, "value": value }])).await;
            if place == Place::Host && field == "number" {
                assert!(support::rows(&query, &[]).await.is_err(), "a table that is read as it is has its third row read too");
                continue;
            }
            assert_eq!(support::rows(&query, &[]).await.unwrap(), ["1"], "{field}");
        }
        let sized = ask(json!([flagged, { "field": "size", "operator": "less-than", "value": "1.30" }])).await;
        assert_eq!(support::rows(&sized, &["size"]).await.unwrap(), ["1 | 1.25"]);
        assert_eq!(sized.select::<&str>(&[]).unwrap().stream().await.unwrap().evaluation().place, place);
    }
}

//! Names and values that try to be SQL, on a real PostgreSQL whose backslashes escape: each is one name or one value of one SELECT, the
//! rows are those that the host finds by itself, and every table is there afterwards.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use jiff::tz::TimeZone;
use postgres::{Server, Shop, engine};
use serde_json::{Value, json};
use sluice_catalog::{
    model::{Field, Model},
    types::DataType::{Integer, String as Text},
};
use sluice_query::{Place, Query, Source};
use support::{Folder, at, group, table};

/// Quotes, comments, stacked statements, unicode escapes, backslashes, dollar quotes, and what looks like a quote and is none.
const HOSTILE: [&str; 28] = [
    "ΟΔΟΣ",
    "ΟΔΟΣΑ",
    "it's",
    "''",
    "'",
    "\"",
    "\"\"",
    "x'; DROP TABLE canary; --",
    "x\\'; DROP TABLE canary; --",
    "x\\\\'; DROP TABLE canary; --",
    "x''; DROP TABLE canary; --",
    "\"; DROP TABLE canary; --",
    "\\",
    "\\\\",
    "50\\%",
    "\" /* */ \"; DROP TABLE canary; --",
    "/* ' */",
    "-- '",
    "$$; DROP TABLE canary; $$",
    "$q$ '",
    "U&'\\0027; DROP TABLE canary; --'",
    "\\u0027; DROP TABLE canary; --",
    "\\x27; DROP TABLE canary; --",
    "E'\\'' || 'x",
    "\u{2019}; DROP TABLE canary; --",
    "\u{ff07} \u{02bc} \u{201d}",
    "line\nbreak\r\t'; DROP TABLE canary; --",
    "\u{1f600}\u{feff}\u{202e}'",
];

/// The test's own way to write them, so that the printer's is not believed.
fn own(text: &str, quote: char) -> String {
    format!("{quote}{}{quote}", text.replace(quote, &format!("{quote}{quote}")))
}

async fn members(source: &Source, model: &Model, condition: Value) -> (Vec<String>, Place) {
    let query = Query::new(source, model, Some(&group(json!([condition]))), at(support::NOW), &TimeZone::UTC).await.unwrap();
    let rows = query.select::<&str>(&[]).unwrap().stream().await.unwrap();
    let place = rows.evaluation().place;
    drop(rows);
    (support::rows(&query, &[]).await.unwrap(), place)
}

#[tokio::test]
async fn a_hostile_value_selects_its_own_row_and_does_nothing_else() {
    let Some(server) = Server::start().await else { return };
    let client = &server.client;
    client.batch_execute("CREATE TABLE canary (id int); CREATE TABLE notes (id bigint, note text)").await.unwrap();
    for (at, text) in HOSTILE.iter().enumerate() {
        client.execute("INSERT INTO notes VALUES ($1, $2)", &[&(at as i64), text]).await.unwrap();
    }
    let folder = Folder::new();
    let (shop, tables) = (Shop::new(&server), Shop::of_tables(&server));
    let (there, here) = (shop.open(&engine(&folder.path()), "UTC"), tables.open(&engine(&folder.path()), "UTC"));
    let model = table("public.notes", &[("id", Integer), ("note", Text)]);
    for (at, text) in HOSTILE.iter().enumerate() {
        for operator in ["is", "is-not", "contains", "does-not-contain", "starts-with", "ends-with", "is-any-of", "contains-any-of"]
        {
            let value = if operator.ends_with("-of") { json!([text, "no such note"]) } else { json!(text) };
            for fold in [false, true] {
                let condition =
                    json!({ "field": "note", "operator": operator, "value": value, "options": { "case_insensitive": fold } });
                let (found, place) = members(&there, &model, condition.clone()).await;
                let (want, _) = members(&here, &model, condition).await;
                assert_eq!((&found, place), (&want, Place::Source), "{operator} {text:?}");
                if ["is", "is-any-of"].contains(&operator) {
                    assert_eq!(found, [at.to_string()], "{operator} {text:?}");
                }
            }
        }
    }
    assert!(shop.said().iter().all(|statement| statement.starts_with("SELECT ")));
    assert_eq!(server.numbers("SELECT count(*) FROM canary").await.unwrap(), [0]);
    assert_eq!(server.numbers("SELECT count(*) FROM notes").await.unwrap(), [HOSTILE.len() as i64]);
}

#[tokio::test]
async fn a_hostile_name_is_the_name_of_its_table_and_column() {
    let Some(server) = Server::start().await else { return };
    let client = &server.client;
    client.batch_execute("CREATE TABLE canary (id int)").await.unwrap();
    let folder = Folder::new();
    let shop = Shop::new(&server);
    let source = shop.open(&engine(&folder.path()), "UTC");
    for (at, name) in HOSTILE.iter().enumerate() {
        let (table_name, column) = (own(name, '"'), own(name, '"'));
        let made = format!("CREATE TABLE public.{table_name} (id bigint, {column} text)");
        client.batch_execute(&made).await.unwrap();
        client.batch_execute(&format!("INSERT INTO public.{table_name} VALUES ({at}, 'x'), (1000, 'y')")).await.unwrap();
        let field = Field { column: (*name).to_owned(), ..Field::plain("note", Text) };
        let plain = table(&format!("public.{name}"), &[("id", Integer)]);
        let model = Model { fields: vec![Field::plain("id", Integer), field], ..plain };
        let found = members(&source, &model, json!({ "field": "note", "operator": "is", "value": "x" })).await;
        assert_eq!(found, (vec![at.to_string()], Place::Source), "{name:?}");
    }
    assert!(shop.said().iter().all(|statement| statement.starts_with("SELECT ")));
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    assert_eq!(server.numbers(tables).await.unwrap(), [1 + HOSTILE.len() as i64], "each is there still, under its own name");
    let named = "SELECT count(*) FROM information_schema.columns WHERE table_name = $1 AND column_name = $1";
    for name in HOSTILE {
        let there = client.query_one(named, &[&name]).await.unwrap();
        assert_eq!(there.get::<_, i64>(0), 1, "{name:?}");
    }
}

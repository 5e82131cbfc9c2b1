//! SQL models: what is one SELECT and what is refused, and that nothing but the source's tables can be seen.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use sluice_catalog::{
    model::Definition,
    types::DataType::{Integer, String},
};
use support::{Folder, all, rows, sql};

fn shop() -> Folder {
    let folder = Folder::new();
    folder.text("orders.csv", "id,customer,amount\n1,ann,10\n2,bob,20\n3,ann,5\n").text("Mixed.csv", "Id\n9\n");
    folder
}

#[tokio::test]
async fn one_select_is_read_as_a_sub_query() {
    let folder = shop();
    let source = folder.open().await;
    for (text, want) in [
        ("SELECT customer AS id, count(*) AS n FROM orders GROUP BY customer;", vec!["ann | 2", "bob | 1"]),
        (
            "WITH big AS (SELECT * FROM orders WHERE amount >= 10) SELECT customer AS id, id AS n FROM big ;;",
            vec!["ann | 1", "bob | 2"],
        ),
        ("(SELECT customer AS id, id AS n FROM orders ORDER BY amount DESC LIMIT 1)", vec!["bob | 2"]),
        ("SELECT 'x;y' AS id, 1 AS n UNION ALL SELECT 'z', 2 -- ; DROP TABLE orders", vec!["x;y | 1", "z | 2"]),
        ("SELECT 'q' AS id, \"Id\" AS n FROM \"Mixed\"", vec!["q | 9"]),
        (
            "SELECT lpad(customer, 5, '.') AS id, character_length(rpad(customer, 1000)) AS n FROM orders WHERE id = 2",
            vec!["..bob | 1000"],
        ),
        ("WITH v(id, n) AS (VALUES ('a', 1)) SELECT * FROM v", vec!["a | 1"]),
    ] {
        let query = all(&source, &sql(text, &[("id", String), ("n", Integer)])).await.unwrap();
        assert_eq!(rows(&query, &["n"]).await.unwrap(), want, "{text}");
    }
}

#[tokio::test]
async fn everything_else_is_refused() {
    let folder = shop();
    let source = folder.open().await;
    let file = std::env::temp_dir().join("sluice-must-not-exist.csv");
    let copy = format!("COPY orders TO '{}'", file.display());
    let nested = format!("SELECT {}1{} AS id", "(".repeat(200), ")".repeat(200));
    let long = format!("SELECT 1 AS id{}", " ".repeat(65_522));
    let mut found = Vec::new();
    for text in [
        "",
        ";",
        "SELECT",
        "SELECT id FROM orders; SELECT id FROM orders",
        "SELECT id FROM orders; DROP TABLE orders",
        "DROP TABLE orders",
        "INSERT INTO orders SELECT * FROM orders",
        "WITH x AS (SELECT 1) INSERT INTO orders SELECT * FROM x",
        "CREATE TABLE x AS SELECT 1 AS id",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        copy.as_str(),
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "EXPLAIN SELECT 1 AS id",
        "SET datafusion.catalog.information_schema = true",
        "SHOW TABLES",
        "VALUES (1)",
        "SELECT 1 AS id INTO x",
        "SELECT id FROM orders FOR UPDATE",
        "SELECT id, id FROM orders",
        "SELECT a.id, b.id FROM orders a JOIN orders b ON a.id = b.id",
        "SELECT id, amount + 1 FROM orders",
        "SELECT count(*) FROM orders",
        "SELECT nope AS id FROM orders",
        "SELECT id FROM nope",
        "SELECT id FROM information_schema.tables",
        "SELECT id FROM datafusion.public.orders",
        "SELECT id FROM '/etc/passwd'",
        "SELECT id FROM read_csv('/etc/passwd')",
        "SELECT value AS id FROM generate_series(1, 10)",
        "SELECT unnest(range(0, 300000000)) AS id",
        "SELECT id FROM orders WHERE id IN (SELECT unnest(\"generate_series\"(1, 9)) AS n)",
        "SELECT Repeat('x', 1000000000) AS id",
        "SELECT array_repeat(1, 9) AS id",
        "SELECT list_resize(make_array(1), 9) AS id",
        "SELECT lpad(customer, amount) AS id FROM orders",
        "SELECT rpad(customer, 1001, ' ') AS id FROM orders",
        "WITH RECURSIVE t AS (SELECT 1 AS id) SELECT id FROM t",
        "SELECT id FROM orders WHERE id IN (WITH RECURSIVE t AS (SELECT 1 AS n) SELECT n FROM t)",
        "SELECT uuid() AS id",
        "SELECT random() AS id",
        "SELECT id FROM orders WHERE customer > 5 +",
        nested.as_str(),
        long.as_str(),
    ] {
        let error = source.definition_columns(&Definition::Sql(text.into())).await.expect_err(text);
        let shown: std::string::String =
            text.chars().take(60).collect::<std::string::String>().replace(&file.display().to_string(), "FILE");
        found.push(format!("{shown}\n  {}: {error}", error.code()));
    }
    assert!(!file.exists());
    insta::assert_snapshot!(found.join("\n"));
}

#[tokio::test]
async fn the_longest_text_is_taken() {
    let text = format!("SELECT 1 AS id{}", " ".repeat(65_535 - 14));
    assert_eq!(shop().open().await.definition_columns(&Definition::Sql(text)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn now_in_sql_is_the_now_of_the_query() {
    let folder = shop();
    let source = folder.open().await;
    let query = all(
        &source,
        &sql(
            "SELECT 'n' AS id, CAST(now() AS VARCHAR) AS t, CAST(current_date() AS VARCHAR) AS d",
            &[("id", String), ("t", String), ("d", String)],
        ),
    )
    .await
    .unwrap();
    assert_eq!(rows(&query, &["t", "d"]).await.unwrap(), ["n | 2026-11-24T08:30:00Z | 2026-11-24"]);
}

#[tokio::test]
async fn a_failure_while_running_says_its_kind_and_no_value() {
    let folder = shop();
    let source = folder.open().await;
    let query = all(&source, &sql("SELECT id, CAST(customer AS BIGINT) AS n FROM orders", &[("id", Integer), ("n", Integer)]))
        .await
        .unwrap();
    let error = rows(&query, &["n"]).await.unwrap_err();
    assert_eq!(
        format!("{}: {error}", error.code()),
        "source-query-failed: a value does not convert to the type that the query asks for"
    );
    let query = all(&source, &sql("SELECT id, 1 / (id - 1) AS n FROM orders", &[("id", Integer), ("n", Integer)])).await.unwrap();
    assert_eq!(rows(&query, &["n"]).await.unwrap_err().to_string(), "a division by zero");
}

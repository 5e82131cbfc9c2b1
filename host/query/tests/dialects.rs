//! The same conditions printed for the databases that no test can reach: each text is snapshot-tested, parsed for its dialect by sqlglot,
//! and, where sqlglot translates it, run on DuckDB beside the engine over the same rows.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![allow(clippy::print_stdout, reason = "what was skipped")]

mod support;

use std::{
    collections::{BTreeMap, HashMap},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use arrow::{
    array::{BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray},
    datatypes::{Field as ArrowField, Schema, SchemaRef},
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{
    columnar::SOURCE_TYPE,
    condition::Context,
    ids::{ModelId, SegmentId, SourceId},
    model::{Definition, Field, Model},
    relationship::Relationship,
    segment::Segment,
    size::SizeLimit,
    types::DataType::{self, Boolean, Date, Float, Integer, String as Text, Timestamp},
};
use sluice_query::{Dialect, Engine, Opened, Query, QueryError, Settings, Source, Surroundings, Table, Warehouse, arrow_type};
use support::{Folder, array, at, group, table};

const MONEY: DataType = DataType::Decimal { precision: 10, scale: 2 };
/// sqlglot and DuckDB, as the package index has them.
const PACKAGES: [&str; 2] = ["sqlglot==30.30.0", "duckdb==2.0.1"];
const DIALECTS: [(&str, Dialect); 5] = [
    ("postgres", Dialect::Postgresql),
    ("redshift", Dialect::Redshift),
    ("bigquery", Dialect::Bigquery),
    ("snowflake", Dialect::Snowflake),
    ("databricks", Dialect::Databricks),
];

/// What each database calls the type of such a column.
fn source_type(dialect: Dialect, ty: DataType) -> &'static str {
    let at = match ty {
        Boolean => 0,
        Integer => 1,
        Float => 2,
        Date => 3,
        Timestamp => 4,
        MONEY => 5,
        _ => 6,
    };
    match dialect {
        Dialect::Postgresql => ["bool", "int8", "float8", "date", "timestamp", "numeric(10,2)", "text"][at],
        Dialect::Redshift => ["bool", "int8", "float8", "date", "timestamp", "numeric(10,2)", "varchar"][at],
        Dialect::Bigquery => ["BOOL", "INT64", "FLOAT64", "DATE", "DATETIME", "NUMERIC", "STRING"][at],
        Dialect::Snowflake => ["BOOLEAN", "FIXED", "REAL", "DATE", "TIMESTAMP_NTZ", "FIXED", "TEXT"][at],
        Dialect::Databricks => ["boolean", "bigint", "double", "date", "timestamp_ntz", "decimal(10,2)", "string"][at],
    }
}

/// A database that tells what its tables are. Nothing is read from it.
#[derive(Debug)]
struct Told {
    dialect: Dialect,
    tables: BTreeMap<String, SchemaRef>,
}

impl Told {
    fn new(dialect: Dialect, models: &[Model]) -> Self {
        let column = |field: &Field| {
            let ty = match field.ty {
                Timestamp => arrow::datatypes::DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None),
                other => arrow_type(other),
            };
            let metadata = HashMap::from([(SOURCE_TYPE.into(), source_type(dialect, field.ty).into())]);
            ArrowField::new(field.column(), ty, true).with_metadata(metadata)
        };
        let table = |model: &Model| {
            let Definition::Table(name) = &model.definition else { panic!() };
            let name = name.strip_prefix("shop.").unwrap();
            let schema = Schema::new(model.fields.iter().map(column).collect::<Vec<_>>());
            (format!("SELECT * FROM \"shop\".\"{name}\""), Arc::new(schema))
        };
        Self { dialect, tables: models.iter().map(table).collect() }
    }
}

impl Warehouse for Told {
    fn tables(&self) -> BoxFuture<'_, Result<Vec<Table>, QueryError>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn open(&self, statement: String) -> BoxFuture<'_, Result<Opened, QueryError>> {
        let schema = Arc::clone(&self.tables[&statement]);
        async move { Ok(Opened { schema, dialect: Some(self.dialect), rows: stream::empty().boxed() }) }.boxed()
    }
}

fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

/// Customers and their orders; `schema` stands before the tables' names.
fn models(schema: &str) -> [Model; 2] {
    let on = json!([{ "field": "id", "other": "customer" }]);
    let orders = json!([{ "name": "orders", "kind": "has-many", "model": id(2), "on": on }]);
    let orders: Vec<Relationship> = serde_json::from_value(orders).unwrap();
    let customers = table(
        &format!("{schema}customers"),
        &[("id", Integer), ("country", Text), ("score", Float), ("active", Boolean), ("born", Date), ("seen", Timestamp)],
    );
    let lines = table(
        &format!("{schema}orders"),
        &[("id", Integer), ("customer", Integer), ("at", Timestamp), ("amount", MONEY), ("note", Text)],
    );
    [Model { relationships: orders, ..customers }, Model { time_field: Some("at".into()), ..lines }]
}

const HOSTILE: [&str; 6] = ["O'Brien", "x\\'; SELECT 1; --", "x\\\\'; SELECT 1; --", "50\\%", "\\", "\" ` /* $$ */ U&'\\0027' \n"];

/// No value in every seventh row.
fn some<T>(n: i64, value: T) -> Option<T> {
    (n % 7 != 3).then_some(value)
}

/// Forty customers, some of whose values are missing, and some hundred orders.
fn rows() -> Folder {
    let folder = Folder::new();
    let day = 86_400_000_000_i64;
    let now = at(support::NOW).as_microsecond();
    let ids = || 0..40_i64;
    let text = |n: i64| HOSTILE.get(n as usize).copied().unwrap_or(["France", "Spain", "Zo\u{eb}", ""][n as usize % 4]);
    folder.parquet(
        "customers.parquet",
        vec![
            ("id", array(ids().collect::<Int64Array>())),
            ("country", array(ids().map(|n| some(n, text(n))).collect::<StringArray>())),
            ("score", array(ids().map(|n| some(n, n as f64 / 4.0)).collect::<Float64Array>())),
            ("active", array(ids().map(|n| some(n, n % 2 == 0)).collect::<BooleanArray>())),
            ("born", array(ids().map(|n| some(n, (n * 301) as i32)).collect::<Date32Array>())),
            ("seen", array(ids().map(|n| some(n, now - n * day)).collect::<TimestampMicrosecondArray>())),
        ],
    );
    let orders = || (0..120_i64).map(|n| (n, n * n % 37));
    let amounts = orders().map(|(n, _)| some(n, i128::from(n * 13 % 5000))).collect::<Decimal128Array>();
    folder.parquet(
        "orders.parquet",
        vec![
            ("id", array(orders().map(|(n, _)| n).collect::<Int64Array>())),
            ("customer", array(orders().map(|(_, customer)| customer).collect::<Int64Array>())),
            ("at", array(orders().map(|(n, _)| some(n, now - n * day / 2)).collect::<TimestampMicrosecondArray>())),
            ("amount", array(amounts.with_precision_and_scale(10, 2).unwrap())),
            ("note", array(orders().map(|(n, _)| some(n, text(n % 11))).collect::<StringArray>())),
        ],
    );
    folder
}

/// Name, condition on customers, limit.
fn cases() -> Vec<(String, Value, Value)> {
    let test = |field: &str, operator: &str, value: Value| json!({ "field": field, "operator": operator, "value": value });
    let related = |node: Value| {
        let mut node = node;
        node["path"] = json!(["orders"]);
        node
    };
    let all = |children: Value| json!({ "op": "and", "children": children });
    let last = |amount: i64, unit: &str| json!({ "amount": amount, "unit": unit });
    let mut cases = vec![
        ("text", test("country", "is", json!("France"))),
        ("not a text", test("country", "is-not", json!("France"))),
        ("a text beyond ASCII", test("country", "is", json!("Zo\u{eb}"))),
        ("one of", test("country", "is-any-of", json!(["France", "Spain"]))),
        ("contains", test("country", "contains", json!("pai"))),
        ("starts", test("country", "starts-with", json!("Fr"))),
        ("does not end", test("country", "does-not-end-with", json!("e"))),
        ("pattern", test("country", "matches-pattern", json!("^Fra"))),
        ("folded", json!({ "field": "country", "operator": "is", "value": "FRANCE", "options": { "case_insensitive": true } })),
        ("no value", json!({ "field": "country", "operator": "has-no-value", "options": { "empty_as_no_value": true } })),
        ("number", test("id", "at-least", json!(20))),
        ("float", test("score", "less-than", json!(2.5))),
        ("truth", test("active", "is", json!(true))),
        ("date", test("born", "before", json!("1990-01-01"))),
        ("days", test("seen", "in-the-last", last(10, "days"))),
        ("hours", test("seen", "more-than-ago", last(36, "hours"))),
        ("anniversary of a date", test("born", "anniversary", json!(20))),
        ("anniversary of an instant", test("seen", "anniversary", json!(3))),
        ("top percent", test("score", "in-top-percent", json!(25))),
        ("any", related(json!({ "quantifier": "any", "where": all(json!([test("amount", "at-least", json!("20.50"))])) }))),
        (
            "none lately",
            related(json!({ "quantifier": { "exactly": 0 }, "window": { "operator": "in-the-last", "value": last(20, "days") } })),
        ),
        ("three", related(json!({ "quantifier": { "at-least": 3 } }))),
        ("at most three", related(json!({ "quantifier": { "at-most": 3 } }))),
        ("days with orders", related(json!({ "quantifier": { "at-least-days": 3 } }))),
        ("sum", related(json!({ "measure": { "function": "sum", "field": "amount", "operator": "at-least", "value": "50.00" } }))),
        (
            "average",
            related(json!({ "measure": { "function": "avg", "field": "amount", "operator": "less-than", "value": "8.00" } })),
        ),
        (
            "sum of numbers",
            related(json!({ "measure": { "function": "sum", "field": "id", "operator": "at-least", "value": 100 } })),
        ),
        (
            "different notes",
            related(json!({ "measure": { "function": "count-distinct", "field": "note", "operator": "at-least", "value": 3 } })),
        ),
        ("last ever", related(json!({ "quantifier": "last-ever", "where": all(json!([test("amount", "at-least", json!("5"))])) }))),
        (
            "field of the record",
            related(json!({ "quantifier": "any", "where": all(json!([
            { "field": "note", "operator": "is", "value_ref": { "parent": "country" } } ])) })),
        ),
        (
            "then",
            json!({ "steps": [
                { "path": ["orders"], "where": all(json!([test("amount", "at-least", json!("5"))])) },
                { "path": ["orders"], "where": all(json!([test("amount", "less-than", json!("5"))])), "within": last(20, "days") },
            ] }),
        ),
        (
            "and then not",
            json!({ "steps": [
                { "path": ["orders"], "where": all(json!([test("amount", "at-least", json!("5"))])) },
                { "path": ["orders"], "did": "no", "within": last(10, "days") },
            ] }),
        ),
        (
            "then the same",
            json!({ "steps": [
                { "path": ["orders"], "where": all(json!([test("amount", "at-least", json!("8"))])) },
                { "path": ["orders"], "same": [{ "field": "customer", "step": 1, "other": "customer" }] },
            ] }),
        ),
        ("member", json!({ "segment": SegmentId::new(1, 1), "in": "no" })),
    ]
    .into_iter()
    .map(|(name, node)| (name.to_owned(), node, Value::Null))
    .collect::<Vec<_>>();
    for (at, text) in HOSTILE.iter().enumerate() {
        cases.push((format!("hostile {at}"), test("country", "is", json!(text)), Value::Null));
    }
    let active = || test("active", "is", json!(true));
    cases.push((
        "the ten best".into(),
        active(),
        json!({ "keep": { "rows": 10 }, "order": { "field": { "id": "score", "descending": true } } }),
    ));
    cases.push(("a random third".into(), active(), json!({ "keep": { "percent": 33 }, "order": { "random": "spring" } })));
    cases
}

async fn query(source: &Source, models: &[Model; 2], node: &Value, limit: &Value) -> Query {
    let spanish = json!({ "version": 1, "root": group(json!([{ "field": "country", "operator": "is", "value": "Spain" }])) });
    let spanish: Segment = serde_json::from_value(json!({ "name": "spanish", "model": id(1), "condition": spanish })).unwrap();
    let context = Context {
        model: Some(id(1)),
        models: [(id(1), models[0].clone()), (id(2), models[1].clone())].into(),
        segments: [(SegmentId::new(1, 1), spanish)].into(),
        ..Context::default()
    };
    let around = Surroundings::new(context, BTreeMap::from([(SourceId::new(1, 1), source.clone())]));
    let paris = TimeZone::get("Europe/Paris").unwrap();
    let condition = group(json!([node]));
    let query = Query::within(&around, source, &models[0], Some(&condition), at(support::NOW), &paris).await.unwrap();
    match serde_json::from_value::<Option<SizeLimit>>(limit.clone()).unwrap() {
        Some(limit) => query.limited_to(&limit),
        None => query,
    }
}

/// The interpreter of an environment with the packages, made once; a line that says what is missing.
fn python() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{}", PACKAGES.join("-").replace("==", "-")));
    let (python, done) = (dir.join("bin/python"), dir.join("complete"));
    let ran =
        |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !done.is_file() {
        if !ran(Command::new("python3").args(["-m", "venv"]).arg(&dir)) {
            println!("SKIPPED: python3 with its module venv is not there; texts are compared with their snapshots only");
            return None;
        }
        if !ran(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES)) {
            println!(
                "SKIPPED: the package index of Python gives no {}; texts are compared with their snapshots only",
                PACKAGES.join(" and ")
            );
            return None;
        }
        std::fs::write(done, "").unwrap();
    }
    Some(python)
}

/// What sqlglot and DuckDB say of each statement.
fn read(python: &Path, folder: &Folder, statements: &[Value]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/dialects.py");
    let mut process =
        Command::new(python).arg(script).arg(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let lines: String = statements.iter().map(|statement| format!("{statement}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn every_dialect_says_the_same_in_one_statement_that_its_parser_takes() {
    let folder = rows();
    let files = folder.open().await;
    let spill = tempfile::tempdir().unwrap();
    let engine = Engine::new(Settings::new(spill.path())).unwrap();
    let (here, there) = (models(""), models("shop."));
    let mut wanted = Vec::new();
    for (_, node, limit) in cases() {
        wanted.push(query(&files, &here, &node, &limit).await.count().await.unwrap());
    }
    assert!(
        wanted.iter().filter(|rows| (1..40).contains(*rows)).count() * 10 > wanted.len() * 9,
        "most tell rows apart: {wanted:?}"
    );
    let mut statements = Vec::new();
    for (name, dialect) in DIALECTS {
        let declared = support::declared(Path::new("/"), "UTC", ',');
        let source = Source::behind(&engine, &declared, Arc::new(Told::new(dialect, &there))).unwrap();
        let mut shown = String::new();
        for ((case, node, limit), rows) in cases().into_iter().zip(&wanted) {
            let printed = query(&source, &there, &node, &limit).await.statement();
            match &printed {
                Ok(sql) => shown += &format!("-- {case}\n{sql}\n"),
                Err(why) => shown += &format!("-- {case}\nrefused: {why}\n"),
            }
            statements.extend(printed.ok().map(|sql| json!({ "dialect": name, "case": case, "sql": sql, "rows": rows })));
        }
        insta::assert_snapshot!(name, shown);
    }
    let Some(python) = python() else { return };
    let answers = read(&python, &folder, &statements);
    assert_eq!(answers.len(), statements.len(), "an answer for each");
    let (mut run, mut wrong, mut not_run) = (0, Vec::new(), Vec::new());
    for (statement, answer) in statements.iter().zip(&answers) {
        let told = || {
            format!("{} in {}: {answer}, not {}\n{}", statement["case"], statement["dialect"], statement["rows"], statement["sql"])
        };
        if answer["statements"] != 1 {
            wrong.push(told());
        }
        match answer.get("rows") {
            Some(rows) if rows == &statement["rows"] => run += 1,
            Some(_) => wrong.push(told()),
            None => not_run.push(format!("{}: {} ({})", statement["dialect"], statement["case"], answer["error"])),
        }
    }
    println!("{} statements parsed, {run} of them gave the engine's rows on DuckDB", answers.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("not_translated", not_run.join("\n"));
}

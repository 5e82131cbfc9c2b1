//! The files source: which tables a folder has, how their columns become fields, and what happens when the files change or break.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use arrow::array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array, StringArray,
    StringViewArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use jiff::tz::TimeZone;
use sluice_catalog::types::DataType::{self, Boolean, Date, Float, Integer, String, Timestamp};
use sluice_query::{Engine, Query, QueryError, Settings, Source};
use support::{Folder, all, array, at, rows, table};

const MONEY: DataType = DataType::Decimal { precision: 8, scale: 2 };

fn error_of<T: std::fmt::Debug>(result: Result<T, QueryError>) -> std::string::String {
    let error = result.unwrap_err();
    format!("{}: {error}", error.code())
}

#[tokio::test]
async fn a_folder_is_its_files_and_sub_folders() {
    let folder = Folder::new();
    folder
        .text("customers.csv", "id,name\n1,Ann\n")
        .text("events/a.csv", "id,at\n1,2026-01-01\n")
        .text("events/b.CSV", "id,at\n2,2026-01-02\n");
    folder.text("notes.txt", "x").text(".hidden.csv", "x\n").text("_tmp/a.csv", "x\n").text("empty/readme.md", "x");
    folder.text("twice.csv", "id\n1\n").text("twice/a.csv", "id\n1\n").text("mixed/a.csv", "id\n").bytes("mixed/b.parquet", b"");
    folder
        .text("deep/er/a.csv", "id\n1\n")
        .text("quo\"te.csv", "id\n1\n")
        .bytes("broken.parquet", b"PAR1 not really")
        .text("header.csv", "");
    folder.parquet(
        "odd.parquet",
        vec![
            ("id", array(Int64Array::from(vec![1]))),
            ("raw", array(BinaryArray::from(vec![&b"x"[..]]))),
            ("at", array(TimestampNanosecondArray::from(vec![1]))),
        ],
    );
    let source = folder.open().await;
    let (tables, findings) = source.discover().await.unwrap();
    let text = |t: &sluice_query::Table| {
        format!(
            "{}: {}",
            t.name,
            t.columns.iter().map(|c| format!("{} {:?} {:?}", c.name, c.ty, c.warning)).collect::<Vec<_>>().join(", ")
        )
    };
    let tables: Vec<_> = tables.iter().map(text).collect();
    let findings: Vec<_> = findings.iter().map(|f| format!("{} {} {}", f.name, f.code, f.cause)).collect();
    insta::assert_snapshot!(format!("{}\n\n{}", tables.join("\n"), findings.join("\n")));
    assert_eq!(
        rows(&all(&source, &table("events", &[("id", Integer), ("at", Date)])).await.unwrap(), &["at"]).await.unwrap(),
        ["1 | 2026-01-01", "2 | 2026-01-02"]
    );
}

#[tokio::test]
async fn a_column_has_no_nulls_only_if_no_file_of_the_table_has_one() {
    let folder = Folder::new();
    let ids = |ids: Vec<i64>| array(Int64Array::from(ids));
    let names = |names: Vec<Option<&str>>| array(StringArray::from(names));
    folder.parquet("people/a.parquet", vec![("id", ids(vec![1, 2])), ("name", names(vec![Some("Ann"), Some("Bo")]))]);
    folder.parquet("people/b.parquet", vec![("id", ids(vec![3, 4])), ("name", names(vec![None, Some("Cy")]))]);
    let (source, model) = (folder.open().await, table("people", &[("id", Integer), ("name", String)]));
    let found = async |source: &sluice_query::Source, operator: &str| {
        let condition = support::group(serde_json::json!([{ "field": "name", "operator": operator }]));
        let query = Query::new(source, &model, Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
        rows(&query, &["name"]).await.unwrap()
    };
    assert_eq!(found(&source, "has-no-value").await, ["3 | ∅"]);
    assert_eq!(found(&source, "has-any-value").await, ["1 | Ann", "2 | Bo", "4 | Cy"]);
    folder.parquet("people/b.parquet", vec![("id", ids(vec![3])), ("name", names(vec![Some("Di")]))]);
    assert!(found(&folder.open().await, "has-no-value").await.is_empty());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_unreachable() {
    let folder = Folder::new();
    folder.text("file", "x");
    let open = |path: &str, zone: &'static str| {
        let (path, spill) = (folder.path().join(path), folder.path());
        async move { error_of(support::open(&path, &spill, zone, ',').await) }
    };
    assert_eq!(open("nowhere", "UTC").await, "source-unreachable: the folder of source shop is not there");
    assert_eq!(open("file", "UTC").await, "source-unreachable: the folder of source shop is not a folder");
    assert_eq!(
        open("", "Mars/Olympus").await,
        "source-unreachable: the folder of source shop names a time zone that this machine does not know"
    );
}

#[tokio::test]
async fn a_private_folder_is_no_source_nor_is_what_lies_in_it_or_around_it() {
    let folder = Folder::new();
    folder.text("private/inner/t.csv", "id\n1\n").text("private-not/t.csv", "id\n1\n");
    std::os::unix::fs::symlink(folder.path().join("private/inner"), folder.path().join("link")).unwrap();
    let settings = Settings { private: Some(folder.path().join("private")), ..Settings::new(folder.path().join("spill")) };
    let engine = Engine::new(settings).unwrap();
    let open = async |path: &str| {
        let declared = support::declared(&folder.path().join(path), "UTC", ',');
        Source::open(&engine, &declared).await.map(|source| source.name().to_owned())
    };
    for path in ["private", "private/inner", "", "..", "private-not/../private/", "link"] {
        let why = "source-unreachable: the folder of source shop is, holds or lies in the state folder of this server, which is no source";
        assert_eq!(error_of(open(path).await), why, "{path}");
    }
    assert_eq!(open("private-not").await.unwrap(), "shop");
}

#[tokio::test]
async fn parquet_columns_become_fields_of_our_types() {
    let folder = Folder::new();
    let codes: DictionaryArray<arrow::datatypes::Int32Type> = vec!["a", "b", "a"].into_iter().collect();
    folder.parquet(
        "t.parquet",
        vec![
            ("id", array(Int32Array::from(vec![1, 2, 3]))),
            ("big", array(UInt64Array::from(vec![Some(1), Some(u64::MAX / 4), None]))),
            ("name", array(StringViewArray::from(vec![Some("Ann"), Some(""), None]))),
            ("code", array(codes)),
            ("price", array(Decimal128Array::from(vec![100, 250, -5]).with_precision_and_scale(6, 2).unwrap())),
            ("ratio", array(Float64Array::from(vec![0.5, f64::NAN, -0.0]))),
            ("ok", array(BooleanArray::from(vec![Some(true), Some(false), None]))),
            ("day", array(Date32Array::from(vec![0, -1, 20_781]))),
            ("at", array(TimestampNanosecondArray::from(vec![1_500, 0, 1_000_000_000]).with_timezone("+02:00"))),
        ],
    );
    let model = table(
        "t",
        &[
            ("id", Integer),
            ("big", Integer),
            ("name", String),
            ("code", String),
            ("price", MONEY),
            ("ratio", Float),
            ("ok", Boolean),
            ("day", Date),
            ("at", Timestamp),
        ],
    );
    let got =
        rows(&all(&folder.open().await, &model).await.unwrap(), &["big", "name", "code", "price", "ratio", "ok", "day", "at"])
            .await
            .unwrap();
    insta::assert_snapshot!(got.join("\n"));
}

#[tokio::test]
async fn a_cast_keeps_the_value_or_fails_by_the_names_of_field_and_column() {
    let folder = Folder::new();
    folder.parquet(
        "t.parquet",
        vec![
            ("id", array(Int64Array::from(vec![1, 2]))),
            ("whole", array(Float64Array::from(vec![1.0, 2.0]))),
            ("half", array(Float64Array::from(vec![1.0, 2.5]))),
            ("text", array(StringArray::from(vec!["12", "secret"]))),
            ("number", array(StringArray::from(vec!["12", "-3"]))),
            ("fine", array(Decimal128Array::from(vec![1_000, 1_001]).with_precision_and_scale(8, 3).unwrap())),
            ("midnight", array(TimestampMicrosecondArray::from(vec![0, 86_400_000_000]))),
            ("noon", array(TimestampMicrosecondArray::from(vec![0, 43_200_000_000]))),
        ],
    );
    let source = folder.open().await;
    let one = |column: &'static str, ty| {
        let source = source.clone();
        Box::pin(async move { rows(&all(&source, &table("t", &[("id", Integer), (column, ty)])).await?, &[column]).await })
    };
    assert_eq!(one("whole", Integer).await.unwrap(), ["1 | 1", "2 | 2"]);
    assert_eq!(one("number", Integer).await.unwrap(), ["1 | 12", "2 | -3"]);
    assert_eq!(one("half", MONEY).await.unwrap(), ["1 | 1.00", "2 | 2.50"]);
    assert_eq!(one("midnight", Date).await.unwrap(), ["1 | 1970-01-01", "2 | 1970-01-02"]);
    assert_eq!(one("whole", String).await.unwrap(), ["1 | 1.0", "2 | 2.0"]);
    let refused = [
        error_of(one("half", Integer).await),
        error_of(one("text", Integer).await),
        error_of(one("text", Boolean).await),
        error_of(one("text", Timestamp).await),
        error_of(one("fine", MONEY).await),
        error_of(one("noon", Date).await),
        error_of(one("noon", Boolean).await),
        error_of(one("whole", DataType::Json).await),
    ];
    assert!(refused.iter().all(|text| !text.contains("secret") && !text.contains("2.5")));
    insta::assert_snapshot!(refused.join("\n"));
    // A column that the query does not use fails nothing.
    assert_eq!(
        rows(&all(&source, &table("t", &[("id", Integer), ("text", Integer)])).await.unwrap(), &[]).await.unwrap(),
        ["1", "2"]
    );
}

#[tokio::test]
async fn times_without_a_zone_are_meant_in_the_zone_of_the_source() {
    let mut folder = Folder::new();
    folder.zone = "Europe/Paris".into();
    // Summer, winter, in the gap of 29 March 2026 02:30, in the fold of 25 October 2026 02:30.
    folder.text("t.csv", "id,at\n1,2026-07-01T12:00:00\n2,2026-01-01T12:00:00\n3,2026-03-29T02:30:00\n4,2026-10-25T02:30:00\n5,\n");
    let model = table("t", &[("id", Integer), ("at", Timestamp)]);
    let got = rows(&all(&folder.open().await, &model).await.unwrap(), &["at"]).await.unwrap();
    insta::assert_snapshot!(got.join("\n"));
}

#[tokio::test]
async fn an_offset_in_a_text_wins_over_the_zone_of_the_source() {
    let mut folder = Folder::new();
    folder.zone = "Europe/Paris".into();
    // UTC, an offset, wall time, the second of two hours in the fold, a day.
    let times = ["2024-07-01T10:00:00Z", "2024-07-01 10:00:00+02:00", "2024-07-01T10:00:00", "2026-10-25T01:30:00Z", "2024-07-01"];
    let mut csv = std::string::String::from("id,at\n");
    for (at, time) in times.iter().enumerate() {
        csv.push_str(&format!("{at},{time}\n"));
    }
    folder.text("t.csv", &csv).parquet(
        "p.parquet",
        vec![("id", array(Int64Array::from_iter_values(0..5))), ("at", array(StringArray::from(times.to_vec())))],
    );
    let wanted = [
        "0 | 2024-07-01T10:00:00Z",
        "1 | 2024-07-01T08:00:00Z",
        "2 | 2024-07-01T08:00:00Z",
        "3 | 2026-10-25T01:30:00Z",
        "4 | 2024-06-30T22:00:00Z",
    ];
    let source = folder.open().await;
    let fields = [("id", Integer), ("at", Timestamp)];
    for model in [table("t", &fields), table("p", &fields), support::sql("select id, at from t where at is not null", &fields)] {
        let got = rows(&all(&source, &model).await.unwrap(), &["at"]).await.unwrap();
        assert_eq!(got, wanted, "{:?}", model.definition);
    }
    folder.text("t.csv", "id,at\n1,2024-07-01T10:00:00Z\n2,secret\n");
    assert_eq!(
        error_of(rows(&all(&source, &table("t", &fields)).await.unwrap(), &["at"]).await),
        "source-damaged-file: table t: a cell in column at is not a timestamp like 2026-11-01T08:00:00"
    );
}

#[tokio::test]
async fn csv_types_are_guessed_and_settled_by_the_model() {
    let folder = Folder::new();
    folder.text(
        "t.csv",
        "\u{feff}id,zip,amount,note,day,flag\n1,01234,1.10,\"two\nlines, \"\"quoted\"\"\",2026-01-31,true\n2,75001,,,,\n",
    );
    let source = folder.open().await;
    let guessed: Vec<_> = source.columns("t").await.unwrap().iter().map(|c| format!("{} {}", c.name, c.ty.unwrap())).collect();
    assert_eq!(guessed, ["id integer", "zip integer", "amount float", "note string", "day date", "flag boolean"]);
    let model =
        table("t", &[("id", Integer), ("zip", String), ("amount", MONEY), ("note", String), ("day", Date), ("flag", Boolean)]);
    let got = rows(&all(&source, &model).await.unwrap(), &["zip", "amount", "note", "day", "flag"]).await.unwrap();
    assert_eq!(got, ["1 | 01234 | 1.10 | two\nlines, \"quoted\" | 2026-01-31 | true", "2 | 75001 | ∅ | ∅ | ∅ | ∅"]);
}

#[tokio::test]
async fn another_delimiter_is_a_setting_of_the_source() {
    let mut folder = Folder::new();
    folder.delimiter = ';';
    folder.text("t.csv", "id;name\n1;Ann, or Anne\n");
    let got = rows(&all(&folder.open().await, &table("t", &[("id", Integer), ("name", String)])).await.unwrap(), &["name"])
        .await
        .unwrap();
    assert_eq!(got, ["1 | Ann, or Anne"]);
}

#[tokio::test]
async fn a_bad_cell_is_named_by_line_and_column_and_not_by_value() {
    let folder = Folder::new();
    let mut text = std::string::String::from("id,age\n");
    for id in 1..=12_000 {
        text.push_str(&format!("{id},{}\n", if id == 11_000 { "as type 'Int64' for column 0 at line 3" } else { "40" }));
    }
    folder.text("t.csv", &text);
    folder
        .text("ragged.csv", "id,age\n1,2\n3\n")
        .bytes("latin.csv", b"id,name\n1,Ren\xe9\n")
        .text("late.csv", "id,at\n1,2026-01-01T00:00:00\n");
    let source = folder.open().await;
    let read = |name: &'static str, ty| {
        let source = source.clone();
        Box::pin(async move { rows(&all(&source, &table(name, &[("id", Integer), ("age", ty)])).await?, &["age"]).await })
    };
    insta::assert_snapshot!(
        [error_of(read("t", Integer).await), error_of(read("ragged", Integer).await), error_of(read("latin", String).await)]
            .join("\n")
    );
}

#[tokio::test]
async fn a_bad_cell_is_counted_from_the_first_row_behind_the_header() {
    let folder = Folder::new();
    folder.text("t.csv", "id,n,at\n1,\"1\",2026-01-01T00:00:00\n2,x,secret\n").text("late.csv", &late());
    let source = folder.open().await;
    let read = |table: &'static str, column: &'static str, ty| {
        let source = source.clone();
        let fields = [("id", Integer), (column, ty)];
        Box::pin(async move { rows(&all(&source, &support::table(table, &fields)).await?, &[column]).await })
    };
    let row = "source-damaged-file: row 2 of table t, counted without the header: a cell in column number";
    assert_eq!(error_of(read("t", "n", Integer).await), format!("{row} 2 is not an integer"));
    assert_eq!(error_of(read("t", "at", Timestamp).await), format!("{row} 3 is not a timestamp like 2026-11-01T08:00:00"));
    assert_eq!(error_of(read("t", "n", MONEY).await), "source-damaged-file: table t: a cell is not a decimal number");
    assert_eq!(
        error_of(read("late", "n", Integer).await),
        "source-damaged-file: table late cannot be read: row 10001, counted without the header, has another number of cells than \
         the header"
    );
}

/// A file whose first row without a cell lies behind the sample.
fn late() -> std::string::String {
    format!("id,n\n{}3\n", "1,2\n".repeat(10_000))
}

#[tokio::test]
async fn a_column_that_is_gone_breaks_the_model_by_name() {
    let folder = Folder::new();
    folder.text("t.csv", "id,name,city\n1,Ann,Oslo\n");
    let source = folder.open().await;
    let model = table("t", &[("id", Integer), ("city", String)]);
    assert_eq!(all(&source, &model).await.unwrap().count().await.unwrap(), 1);
    folder.text("t.csv", "id,name\n1,Ann\n");
    assert_eq!(
        error_of(all(&source, &model).await),
        "model-broken: field city of model rows reads column city, which table t does not have any more; it has id, name"
    );
    std::fs::remove_file(folder.path().join("t.csv")).unwrap();
    assert_eq!(error_of(all(&source, &model).await), "source-damaged-file: file t.csv cannot be read: it has gone");
    assert_eq!(
        error_of(all(&folder.open().await, &model).await),
        "source-object-missing: there is no table t in the source; it has none"
    );
}

#[tokio::test]
async fn files_of_one_table_have_one_schema() {
    let folder = Folder::new();
    folder.parquet("p/a.parquet", vec![("id", array(Int64Array::from(vec![1]))), ("x", array(Int64Array::from(vec![1])))]);
    folder.parquet("p/b.parquet", vec![("id", array(Int64Array::from(vec![2])))]);
    folder.parquet("q/a.parquet", vec![("id", array(Int64Array::from(vec![1])))]);
    folder.parquet("q/b.parquet", vec![("id", array(StringArray::from(vec!["2"])))]);
    folder.text("c/a.csv", "id,x\n1,2\n").text("c/b.csv", "x,id\n1,2\n");
    let source = folder.open().await;
    let mut found = Vec::new();
    for name in ["p", "q", "c"] {
        found.push(error_of(all(&source, &table(name, &[("id", Integer)])).await));
    }
    insta::assert_snapshot!(found.join("\n"));
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_never_fewer_rows() {
    let folder = Folder::new();
    let many = Int64Array::from_iter_values((0..200_000).map(|n| n * 7_919 % 1_000_003));
    folder.parquet("t.parquet", vec![("id", array(many))]);
    let path = folder.path().join("t.parquet");
    let good = std::fs::read(&path).unwrap();
    let source = folder.open().await;
    let model = table("t", &[("id", Integer)]);
    let mut cut = good.clone();
    cut.truncate(good.len() / 2);
    std::fs::write(&path, &cut).unwrap();
    assert_eq!(
        error_of(all(&source, &model).await),
        "source-damaged-file: file t.parquet cannot be read: it is not a complete Parquet file"
    );
    let mut scratched = good.clone();
    scratched[4..20_000].fill(0xff);
    std::fs::write(&path, &scratched).unwrap();
    let query = all(&source, &model).await.unwrap();
    assert_eq!(error_of(rows(&query, &[]).await), "source-damaged-file: table t cannot be read: its contents do not decode");
}

#[tokio::test]
async fn names_with_signs_of_patterns_are_plain_names() {
    let folder = Folder::new();
    folder.text("a*b?[c] d%20é.csv", "id\n1\n").text("aXb.csv", "id\n2\n");
    let source = folder.open().await;
    assert_eq!(rows(&all(&source, &table("a*b?[c] d%20é", &[("id", Integer)])).await.unwrap(), &[]).await.unwrap(), ["1"]);
}

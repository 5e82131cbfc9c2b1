//! Questions about the rows of a model: whether its key is one, whether a field is what it is said to be; and a stream that nobody reads to
//! its end.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use arrow::array::Int64Array;
use jiff::tz::TimeZone;
use sluice_catalog::{
    Code,
    types::DataType::{Integer, String},
};
use sluice_query::{Query, QueryError};
use support::{Folder, all, array, at, table};

#[tokio::test]
async fn a_stream_that_is_dropped_and_a_field_that_is_unknown() {
    let folder = Folder::new();
    folder.parquet("t.parquet", vec![("id", array(Int64Array::from_iter_values(0..100_000)))]);
    let query =
        Query::new(&folder.open().await, &table("t", &[("id", Integer)]), None, at(support::NOW), &TimeZone::UTC).await.unwrap();
    assert_eq!(query.select(&["name"]).unwrap_err().code(), Code::FieldUnknown);
    drop(query.select::<&str>(&[]).unwrap().stream().await.unwrap());
    assert_eq!(query.count().await.unwrap(), 100_000);
}

#[tokio::test]
async fn keys_are_judged_by_the_thresholds() {
    use sluice_query::Verdict;
    let report = |keys: Vec<Option<i64>>| async {
        let folder = Folder::new();
        folder.parquet("t.parquet", vec![("id", array(Int64Array::from(keys)))]);
        all(&folder.open().await, &table("t", &[("id", Integer)])).await.unwrap().keys().await.unwrap()
    };
    let keys = |unique: i64, repeats: usize, nulls: usize| {
        (0..unique).map(Some).chain(vec![Some(0); repeats]).chain(vec![None; nulls]).collect::<Vec<_>>()
    };
    for (keys, verdict) in [
        (keys(100, 0, 0), Verdict::Unique),
        (keys(0, 0, 0), Verdict::Unique),
        (keys(96, 4, 0), Verdict::Warning),
        (keys(95, 5, 0), Verdict::Refused),
        (keys(96, 0, 4), Verdict::Warning),
        (keys(95, 0, 5), Verdict::Refused),
        (keys(0, 0, 1), Verdict::Refused),
    ] {
        let shown = format!("{keys:?}");
        assert_eq!(report(keys).await.verdict, verdict, "{shown}");
    }
    let found = report(keys(95, 5, 5)).await;
    assert_eq!((found.rows, found.null_keys, found.keyed, found.distinct, found.unique_percent), (105, 5, 100, 95, 95.0));
    assert_eq!((found.samples.len(), found.samples[0].rows, &found.samples[0].key), (1, 6, &vec![serde_json::json!(0)]));
}

#[tokio::test]
async fn composite_keys_are_compared_part_by_part() {
    let folder = Folder::new();
    folder.text("t.csv", "a,b\na,bc\nab,c\na,bc\n,x\ny,\n");
    let mut model = table("t", &[("a", String), ("b", String)]);
    model.primary_key = vec!["b".into(), "a".into()];
    model.fields[0].pii = true;
    let query = all(&folder.open().await, &model).await.unwrap();
    let report = query.keys().await.unwrap();
    assert_eq!((report.rows, report.null_keys, report.keyed, report.distinct), (5, 2, 3, 2));
    assert_eq!(report.samples[0].key, [serde_json::json!("bc"), serde_json::json!("•••")]);
    assert_eq!(query.select(&["a"]).unwrap().fields().iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["b", "a", "a"]);
}

#[tokio::test]
async fn a_check_of_a_semantic_type_counts_over_a_sample_and_shows_masks() {
    let folder = Folder::new();
    folder.text("t.csv", "id,country\n1,France\n2,ES\n3,\n4,Atlantis\n5,Lemuria\n");
    let mut model = table("t", &[("id", Integer), ("country", String)]);
    let source = folder.open().await;
    assert_eq!(all(&source, &model).await.unwrap().semantic("country").await.unwrap(), None, "it has none");
    model.fields[1].semantic = Some(sluice_catalog::semantic::Semantic::Country);
    let query = all(&source, &model).await.unwrap();
    let report = query.semantic("country").await.unwrap().unwrap();
    assert_eq!((report.rows, report.without, report.passed, report.flaws[0].rows), (5, 1, 2, 2));
    assert_eq!(report.samples.iter().map(|sample| &sample.value).collect::<Vec<_>>(), ["•••"], "one mask for both");
    assert!(matches!(query.semantic("nobody").await, Err(QueryError::FieldUnknown { .. })));
}

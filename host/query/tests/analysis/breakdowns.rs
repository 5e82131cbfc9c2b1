//! Breakdowns on a handful of people, and with more values than are shown.

use arrow::array::{Int64Array, StringArray};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::types::DataType::{Integer, String as Text};
use sluice_query::{Analysis, QueryError, Surroundings};

use crate::{
    shop::Shop,
    support::{Folder, array, at, group, table},
};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn rows_fall_into_values_beside_those_of_the_model() {
    let shop = Shop::new(&[], &[]).await;
    let gold = group(json!([{ "field": "tier", "operator": "is", "value": "gold" }]));
    let found = shop.analysis().breakdown(Some(&gold), None, &names(&["country", "tier"]), true).await.unwrap();
    let told = |at: usize| {
        let values = found[at].values.iter().map(|share| (share.value.clone(), share.rows, share.model_rows, share.index));
        values.collect::<Vec<_>>()
    };
    // Half of the two golden people are French, two of five in the model.
    assert_eq!(told(0), [(json!("DE"), 1, Some(2), Some(125.0)), (json!("FR"), 1, Some(2), Some(125.0))]);
    let none = found[0].no_value.as_ref().unwrap();
    assert_eq!((none.rows, none.model_rows, none.index), (0, Some(1), Some(0.0)));
    assert_eq!(told(1), [(json!("gold"), 2, Some(2), Some(250.0))]);
    // Silver is in the model alone.
    let other = found[1].other.as_ref().unwrap();
    assert_eq!((other.rows, other.model_rows), (0, Some(1)));
    assert_eq!((found[1].rows, found[1].distinct, found[1].no_value.as_ref().unwrap().model_rows), (2, 1, Some(2)));

    let alone = shop.analysis().breakdown(None, None, &names(&["tier"]), false).await.unwrap();
    let shares: Vec<_> =
        alone[0].values.iter().map(|share| (share.value.clone(), share.rows, share.share, share.model_rows)).collect();
    assert_eq!(shares, [(json!("gold"), 2, 0.4, None), (json!("silver"), 1, 0.2, None)]);
    assert_eq!((alone[0].no_value.as_ref().unwrap().rows, &alone[0].other), (2, &None));
}

#[tokio::test]
async fn a_limit_and_related_rows_narrow_what_is_broken_down() {
    let shop = Shop::new(&[("1", "2026-11-01T10:00:00Z", None), ("3", "2026-11-01T10:00:00Z", None)], &[]).await;
    let bought = group(json!([{ "path": ["orders"], "quantifier": "any" }]));
    let limit =
        serde_json::from_value(json!({ "keep": { "rows": 1 }, "order": { "field": { "id": "id", "descending": true } } })).unwrap();
    let found = shop.analysis().breakdown(Some(&bought), Some(&limit), &names(&["country"]), true).await.unwrap();
    assert_eq!((found[0].rows, found[0].values[0].value.clone(), found[0].values[0].rows), (1, json!("DE"), 1));
}

#[tokio::test]
async fn twenty_values_are_shown_and_too_many_are_refused() {
    let folder = Folder::new();
    let many = 10_001;
    let ids = array((0..many).collect::<Int64Array>());
    // One value is 25 times there, one 24 times, and so on.
    let few: Vec<String> = (0..25).flat_map(|value| vec![format!("v{value:02}"); 25 - value]).collect();
    let few: StringArray = (0..many as usize).map(|row| few.get(row).map(String::as_str)).collect();
    let all: StringArray = (0..many).map(|row| Some(format!("w{row}"))).collect();
    folder.parquet("rows.parquet", vec![("id", ids), ("few", array(few)), ("all", array(all))]);
    let source = folder.open().await;
    let model = table("rows", &[("id", Integer), ("few", Text), ("all", Text)]);
    let analysis = Analysis::new(Surroundings::default(), source, model, at(crate::support::NOW), TimeZone::UTC);
    let found = analysis.breakdown(None, None, &names(&["few"]), true).await.unwrap().remove(0);
    let shown: Vec<u64> = found.values.iter().map(|share| share.rows).collect();
    assert_eq!(shown, (6..=25).rev().collect::<Vec<u64>>());
    let other = found.other.unwrap();
    assert_eq!((other.value, other.rows, other.model_rows, found.distinct), (Value::Null, 15, Some(15), 25));
    assert_eq!((found.no_value.unwrap().rows, found.rows), (10_001 - 325, 10_001));
    let refused = analysis.breakdown(None, None, &names(&["few", "all"]), false).await.unwrap_err();
    assert_eq!(refused, QueryError::TooManyValues { field: "all".into(), max: 10_000 });
}

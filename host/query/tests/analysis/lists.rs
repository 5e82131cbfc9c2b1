//! Conditions on arrays, which travel as JSON text.

use arrow::array::{Int64Array, StringArray};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{condition::Group, types::DataType};
use sluice_query::Query;

use crate::support::{self, Folder, array, at, group, table};

async fn folder(cells: &[Option<&str>]) -> (Folder, sluice_query::Source) {
    let folder = Folder::new();
    let ids = array((1..=cells.len() as i64).collect::<Int64Array>());
    folder.parquet("baskets.parquet", vec![("id", ids), ("tags", array(StringArray::from(cells.to_vec())))]);
    let source = folder.open().await;
    (folder, source)
}

fn baskets() -> sluice_catalog::model::Model {
    table("baskets", &[("id", DataType::Integer), ("tags", DataType::Array)])
}

#[tokio::test]
async fn list_operators_and_their_complements() {
    let cells = [Some(r#"["tea", "Cup", 1]"#), Some("[1.0, true, null]"), Some("[]"), Some("[\"Cafe\u{301}\", [\"tea\"]]"), None];
    let (_folder, source) = folder(&cells).await;
    let fold = json!({ "case_insensitive": true });
    for (operator, value, options, want) in [
        ("contains", json!("tea"), json!({}), vec!["1"]),
        ("does-not-contain", json!("tea"), json!({}), vec!["2", "3", "4", "5"]),
        ("contains", json!("cup"), json!({}), vec![]),
        ("contains", json!("cup"), fold.clone(), vec!["1"]),
        ("contains", json!(1), json!({}), vec!["1", "2"]),
        ("contains", json!("1"), json!({}), vec![]),
        ("contains", json!(true), json!({}), vec!["2"]),
        ("contains", json!("Caf\u{e9}"), json!({}), vec!["4"]),
        ("contains-any-of", json!(["tea", true]), json!({}), vec!["1", "2"]),
        ("contains-all-of", json!(["tea", 1]), json!({}), vec!["1"]),
        ("contains-none-of", json!(["tea", true]), json!({}), vec!["3", "4", "5"]),
        ("length-is", json!(3), json!({}), vec!["1", "2"]),
        ("longer-than", json!(1), json!({}), vec!["1", "2", "4"]),
        ("shorter-than", json!(3), json!({}), vec!["3", "4"]),
        ("is-empty-list", Value::Null, json!({}), vec!["3"]),
        ("has-no-value", Value::Null, json!({}), vec!["5"]),
    ] {
        let node = json!({ "field": "tags", "operator": operator, "value": value, "options": options });
        let members = async |not: bool| {
            let condition = Group { not, ..group(json!([node])) };
            let query = Query::new(&source, &baskets(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
            support::rows(&query, &[]).await.unwrap()
        };
        assert_eq!(members(false).await, want, "{node}");
        let rest: Vec<&str> = ["1", "2", "3", "4", "5"].into_iter().filter(|id| !want.contains(id)).collect();
        assert_eq!(members(true).await, rest, "not {node}");
    }
}

#[tokio::test]
async fn what_is_no_list_is_named_by_field_and_column_and_not_by_value() {
    let (_folder, source) = folder(&[Some("[]"), Some("secret")]).await;
    let condition = group(json!([{ "field": "tags", "operator": "is-empty-list" }]));
    let query = Query::new(&source, &baskets(), Some(&condition), at(support::NOW), &TimeZone::UTC).await.unwrap();
    let told = query.count().await.unwrap_err().to_string();
    assert!(told.contains("tags") && told.contains("array") && !told.contains("secret"), "{told}");
}
